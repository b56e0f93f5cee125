// The objects behind the opaque types of sqlite3.h, and how their calls are guarded.
//
// Handles live in slots that are never given back to the allocator: a call with a handle that was closed or finalized
// finds an empty slot and answers MISUSE. A slot is reused as late as possible.
//
// Thread safety: a connection opened in serialized mode (all but NOMUTEX) takes its recursive mutex in every call, except
// in the column accessors, which belong to the thread that steps. Slot lists have a lock of their own.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/border.h"
#include "base/arena.h"
#include "base/guarded.h"
#include "os/sync.h"
#include "sqlite3.h"
#include "types/value.h"

namespace sqlrite::compat {

// A number of this thread that no other live thread has.
inline uintptr_t thread_token() {
  static thread_local char token __attribute__((tls_model("initial-exec")));
  return reinterpret_cast<uintptr_t>(&token);
}

// A pointer given to sqlite3_bind_pointer() or sqlite3_result_pointer(); a Value of type Null with kPointer points here.
struct PointerBox {
  void* pointer = nullptr;
  const char* type = nullptr;
  void (*destroy)(void*) = nullptr;
  int parameter = 0;
  PointerBox* next = nullptr;
};
void release_boxes(PointerBox*& list, int parameter);  // parameter 0: all

struct ClientData {
  std::string name;
  void* data = nullptr;
  void (*destroy)(void*) = nullptr;
};

}  // namespace sqlrite::compat

struct sqlite3_mutex {
  std::atomic<uintptr_t> owner{0};
  int depth = 0;
  bool fixed = false;  // one of the static mutexes
  sqlrite::os::Mutex mutex;

  void enter() {
    uintptr_t self = sqlrite::compat::thread_token();
    if (owner.load(std::memory_order_relaxed) == self) {  // only this thread can have written its own number
      ++depth;
      return;
    }
    mutex.lock();
    owner.store(self, std::memory_order_relaxed);
    depth = 1;
  }
  bool try_enter();
  void leave() {
    if (--depth > 0) return;
    owner.store(0, std::memory_order_relaxed);
    mutex.unlock();
  }
  bool held() const { return owner.load(std::memory_order_relaxed) == sqlrite::compat::thread_token(); }
};

struct sqlite3 {
  sqlrite::engine::Connection* connection = nullptr;  // null: the slot is empty
  bool open = false;                                  // false also after close_v2 while statements keep the session
  bool serialized = true;
  bool failed_open = false;
  int error_mask = 0xff;
  sqlite3_mutex mutex;

  std::vector<char> message16;
  std::vector<std::string> filenames;  // per database, with the URI options behind the name
  std::vector<std::string> names;
  std::vector<sqlrite::compat::ClientData> client_data;
  sqlrite::compat::PointerBox* result_boxes = nullptr;
  std::string metadata_type, metadata_collation;

  void (*update_hook)(void*, int, const char*, const char*, sqlite3_int64) = nullptr;
  void* update_context = nullptr;
  int (*wal_hook)(void*, sqlite3*, const char*, int) = nullptr;
  void* wal_context = nullptr;
  void (*collation_needed)(void*, sqlite3*, int, const char*) = nullptr;
  void (*collation_needed16)(void*, sqlite3*, int, const void*) = nullptr;
  void* collation_needed_context = nullptr;
  int (*trace_v2)(unsigned, void*, void*, void*) = nullptr;
  void (*trace)(void*, const char*) = nullptr;
  void (*profile)(void*, const char*, sqlite3_uint64) = nullptr;
  void* trace_context = nullptr;
  void* profile_context = nullptr;
  void (*autovacuum_destroy)(void*) = nullptr;

  sqlite3* next_free = nullptr;
};

// One SQL value as functions and sqlite3_column_value() see it, with the forms it was converted to.
struct sqlite3_value {
  sqlrite::Value value;
  sqlrite::Arena* heap = nullptr;  // converted forms and owned bytes
  std::string_view text;           // data() null: not made yet
  std::string_view text16;
  sqlrite::TextEncoding text16_encoding = sqlrite::TextEncoding::Utf8;
  bool from_parameter = false;

  sqlite3_value() = default;
  sqlite3_value(const sqlite3_value&) = delete;
  sqlite3_value& operator=(const sqlite3_value&) = delete;
  ~sqlite3_value() { delete heap; }
  void set(const sqlrite::Value& from) {
    value = from;
    text = {};
    text16 = {};
    if (heap != nullptr) heap->reset();
  }
  // Null when memory is gone.
  sqlrite::Arena* arena() {
    if (heap == nullptr) heap = new (std::nothrow) sqlrite::Arena(64);
    return heap;
  }
  // UTF-8 with a NUL behind it; a null data() for NULL, and when memory is gone. Bytes of blobs as they are.
  std::string_view as_text();
  std::string_view as_text16(sqlrite::TextEncoding encoding);
};

struct sqlite3_stmt {
  sqlrite::engine::Statement* impl = nullptr;  // null: the slot is empty
  sqlite3* db = nullptr;
  bool legacy = false;              // made by sqlite3_prepare(): step() answers ERROR, reset() tells which
  sqlite3_value* values = nullptr;  // of sqlite3_column_value()
  uint32_t value_count = 0;
  std::vector<uint64_t> value_stamps;
  sqlrite::compat::PointerBox* boxes = nullptr;
  sqlrite::Arena* names16 = nullptr;  // UTF-16 forms of column names
  std::string normalized;
  sqlite3_stmt* next_free = nullptr;
};

namespace sqlrite::compat {

inline constexpr TextEncoding kNativeUtf16 =
    __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? TextEncoding::Utf16Le : TextEncoding::Utf16Be;

class Lock {
 public:
  explicit Lock(sqlite3* db) : mutex_(db->serialized ? &db->mutex : nullptr) {
    if (mutex_ != nullptr) mutex_->enter();
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (mutex_ != nullptr) mutex_->leave();
  }

 private:
  sqlite3_mutex* mutex_;
};

// A handle whose opening failed knows its error and can be closed; nothing else may be done with it.
inline bool is_handle(const sqlite3* db) { return db != nullptr && db->open && db->connection != nullptr; }
inline bool usable(const sqlite3* db) { return is_handle(db) && !db->failed_open; }
inline bool usable(const sqlite3_stmt* statement) { return statement != nullptr && statement->impl != nullptr; }

// Code that the caller is shown: extended ones only where they are switched on.
inline int masked(const sqlite3* db, int code) { return code & db->error_mask; }
inline int answer(sqlite3* db, const Status& status) { return masked(db, db->connection->set_error(status)); }
inline int answer_ok(sqlite3* db) {
  db->connection->set_result_code(0);
  return SQLITE_OK;
}

// Runs a call; where memory is gone, `db` (may be null) keeps that as its error, and `failed` is the answer.
template <typename T, typename Call>
T attempt(sqlite3* db, T failed, Call&& call) {
  T result = failed;
  Status status = guarded([&] {
    result = call();
    return Status();
  });
  if (!status.ok() && db != nullptr && db->connection != nullptr) db->connection->set_error(status);
  return status.ok() ? result : failed;
}
// The same for calls that answer a result code.
template <typename Call>
int attempt(sqlite3* db, Call&& call) {
  return attempt(db, SQLITE_NOMEM, std::forward<Call>(call));
}

sqlite3* take_connection_slot();
void free_connection_slot(sqlite3* db);
sqlite3_stmt* take_statement_slot();
void free_statement_slot(sqlite3_stmt* statement);
inline sqlite3* slot_of(engine::Connection* connection) { return static_cast<sqlite3*>(connection->owner); }
inline sqlite3_stmt* slot_of(engine::Statement* statement) { return static_cast<sqlite3_stmt*>(statement->owner); }

// Bytes up to `size` or, when that is negative, up to the NUL (two zero bytes in UTF-16).
std::string_view bytes_of(const void* data, int64_t size);
std::string_view bytes16_of(const void* data, int64_t size);
// UTF-16 text of the machine's byte order as UTF-8.
std::string utf8_of(const void* text16, int64_t size);

// A copy from sqlite3_malloc(), NUL behind it; null when memory is gone.
char* allocated_copy(std::string_view text);

// Calls `destroy` unless it is one of the two special values.
inline void destroy_bytes(void (*destroy)(void*), const void* bytes) {
  if (destroy != SQLITE_STATIC && destroy != SQLITE_TRANSIENT) destroy(const_cast<void*>(bytes));
}

int prepare(sqlite3* db, std::string_view sql, bool legacy, sqlite3_stmt** out, size_t* tail);
void run_auto_extensions(sqlite3* db, int* code);
bool uri_names_by_default();

}  // namespace sqlrite::compat
