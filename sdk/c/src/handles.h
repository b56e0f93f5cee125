// The objects behind the handles of sqlrite.h, how calls on them are guarded, and how failures are told.
//
// Handles are never given back to the allocator: a call with a handle that was closed or finalized finds it without a
// session and answers INVALID_ARGUMENT. They are used again, the one that has been dead longest first.
//
//   SqlriteConnection ---+
//                        +--> Session (mutex, C++ connection, latest error); ends with the last handle that shares it
//   SqlriteStatement ----+
//
// Thread safety: every call takes the session's mutex, but interrupt() and the accessors of the current row, which
// belongs to the thread that steps.
#pragma once

#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <string_view>
#include <vector>

#include "base/guarded.h"
#include "sqlrite.h"
#include "sqlrite/sqlrite.h"

namespace sqlrite::capi {

struct Session {
  explicit Session(Connection opened) : connection(std::move(opened)) {}
  std::recursive_mutex mutex;
  Connection connection;
  std::string path;
  SqlriteOpenMode mode = SQLRITE_OPEN_CREATE;
  // The latest failure; `extended_code` 0: the latest call succeeded.
  std::string message;
  int extended_code = 0;
  int64_t error_offset = -1;
};

// Memory that grows and is used again fetch after fetch; what one huge value needed is not kept.
struct Buffer {
  char* data = nullptr;
  size_t size = 0;
  size_t capacity = 0;
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { release(); }
  // False when memory is gone. Content stays, its place may change.
  bool reserve(size_t capacity_wanted);
  void release();
};

}  // namespace sqlrite::capi

struct SqlriteConnection {
  std::shared_ptr<sqlrite::capi::Session> session;  // null: closed
  SqlriteConnection* next_free = nullptr;
};

struct SqlriteStatement {
  std::shared_ptr<sqlrite::capi::Session> session;  // null: finalized
  sqlrite::Statement statement;
  bool has_row = false;  // a step's row can be read
  bool failed = false;   // the run has told its error
  std::vector<SqlriteColumn> columns;
  bool fetching = false;  // the run is read by fetch
  // Rows of `batch` from `batch_position` on are still to be handed out.
  const sqlrite::Batch* batch = nullptr;
  uint32_t batch_position = 0;
  sqlrite::Status pending;  // an error behind rows that were handed out
  sqlrite::capi::Buffer values;
  sqlrite::capi::Buffer heap;
  SqlriteStatement* next_free = nullptr;
};

namespace sqlrite::capi {

SqlriteConnection* take_connection();
SqlriteStatement* take_statement();
void give_back(SqlriteConnection* connection);
void give_back(SqlriteStatement* statement);

using Guard = std::lock_guard<std::recursive_mutex>;

// --- Telling failures. `session` may be null: then only the thread knows.
SqlriteStatus fail(Session* session, SqlriteStatus status, Code code, std::string_view message, int64_t offset = -1);
SqlriteStatus fail(Session* session, const Status& status);
inline SqlriteStatus refuse(Session* session, std::string_view message) {
  return fail(session, SQLRITE_INVALID_ARGUMENT, Code::Misuse, message);
}
SqlriteStatus succeed(Session* session, SqlriteStatus status = SQLRITE_OK);
SqlriteStatus answer(Session* session, const Status& status);

// Runs `work`, which returns a SqlriteStatus; memory that is gone becomes an error.
template <typename Work>
SqlriteStatus guarded(Session* session, Work&& work) {
  SqlriteStatus result = SQLRITE_ERROR;
  Status status = sqlrite::guarded([&] {
    result = work();
    return Status();
  });
  return status.ok() ? result : fail(session, status);
}

// OK for a live handle.
SqlriteStatus check(const SqlriteConnection* connection);
SqlriteStatus check(const SqlriteStatement* statement);
inline bool is_live(const SqlriteConnection* connection) {
  return connection != nullptr && connection->session != nullptr;
}
inline bool is_live(const SqlriteStatement* statement) { return statement != nullptr && statement->session != nullptr; }

static_assert(sizeof(SqlriteValue) == 16);

bool is_utf8(std::string_view text);
// A copy for the caller; null when memory is gone.
char* copy_text(std::string_view text);
// Gives a copy to the caller.
SqlriteStatus give_text(Session* session, std::string_view text, char** out);

// Ends a run and forgets what was fetched of it.
Status end_run(SqlriteStatement& statement);

}  // namespace sqlrite::capi
