// Connections: opening, siblings, settings, the latest error.
#include <cstring>

#include "handles.h"

using namespace sqlrite::capi;

namespace {

SqlriteStatus open(const char* path, SqlriteOpenMode mode, int busy_timeout_ms, SqlriteConnection** out) {
  if (out == nullptr) return refuse(nullptr, "output pointer is null");
  *out = nullptr;
  if (path == nullptr) return refuse(nullptr, "path is null");
  if (!is_utf8(path)) return refuse(nullptr, "input string was not valid UTF-8");
  sqlrite::OpenMode wanted = sqlrite::OpenMode::ReadWriteCreate;
  switch (mode) {
    case SQLRITE_OPEN_CREATE: break;
    case SQLRITE_OPEN_READ_WRITE: wanted = sqlrite::OpenMode::ReadWrite; break;
    case SQLRITE_OPEN_READ_ONLY: wanted = sqlrite::OpenMode::ReadOnly; break;
    default: return refuse(nullptr, "unknown open mode " + std::to_string(static_cast<int>(mode)));
  }
  return guarded(nullptr, [&] {
    auto opened = sqlrite::Connection::open(path, wanted);
    if (!opened.ok()) return fail(nullptr, opened.status());
    auto session = std::make_shared<Session>(opened.take());
    session->path = path;
    session->mode = mode;
    session->connection.set_busy_timeout(busy_timeout_ms);
    // The file is looked at now, so that "not a database" is an error of opening.
    sqlrite::Status status = session->connection.exec("PRAGMA schema_version");
    if (!status.ok() && status.primary() != sqlrite::Code::Busy) return fail(nullptr, status);
    SqlriteConnection* handle = take_connection();
    if (handle == nullptr) return fail(nullptr, sqlrite::Status(sqlrite::Code::NoMem));
    handle->session = std::move(session);
    *out = handle;
    return succeed(nullptr);
  });
}

// A number the connection knows, `missing` without a connection.
template <typename Ask>
auto ask(SqlriteConnection* connection, decltype(std::declval<Ask>()(std::declval<Session&>())) missing,
         Ask&& question) {
  if (!is_live(connection)) return missing;
  Guard guard(connection->session->mutex);
  return question(*connection->session);
}

}  // namespace

extern "C" {

SqlriteStatus sqlrite_open(const char* path, SqlriteConnection** out) {
  return open(path, SQLRITE_OPEN_CREATE, 0, out);
}
SqlriteStatus sqlrite_open_read_only(const char* path, SqlriteConnection** out) {
  return open(path, SQLRITE_OPEN_READ_ONLY, 0, out);
}
SqlriteStatus sqlrite_open_in_memory(SqlriteConnection** out) { return open(":memory:", SQLRITE_OPEN_CREATE, 0, out); }

SqlriteStatus sqlrite_open_mode(const char* path, SqlriteOpenMode mode, int busy_timeout_ms, SqlriteConnection** out) {
  return open(path, mode, busy_timeout_ms, out);
}

SqlriteStatus sqlrite_connect_sibling(SqlriteConnection* existing, SqlriteConnection** out) {
  if (out == nullptr) return refuse(nullptr, "output pointer is null");
  *out = nullptr;
  if (SqlriteStatus status = check(existing); status != SQLRITE_OK) return status;
  Session& session = *existing->session;
  Guard guard(session.mutex);
  if (session.path.empty() || session.path == ":memory:") {
    return fail(&session, SQLRITE_ERROR, sqlrite::Code::Error,
                "a database in memory belongs to one connection: open a file to connect siblings");
  }
  // The file exists by now; if somebody removed it, a new one would be a stranger and no sibling.
  SqlriteOpenMode mode = session.mode == SQLRITE_OPEN_CREATE ? SQLRITE_OPEN_READ_WRITE : session.mode;
  return open(session.path.c_str(), mode, session.connection.busy_timeout_ms(), out);
}

void sqlrite_close(SqlriteConnection* connection) {
  if (!is_live(connection)) return;
  std::shared_ptr<Session> session = connection->session;  // outlives the handle and the lock
  Guard guard(session->mutex);
  give_back(connection);
}

SqlriteStatus sqlrite_execute(SqlriteConnection* connection, const char* sql) {
  if (SqlriteStatus status = check(connection); status != SQLRITE_OK) return status;
  Session* session = connection->session.get();
  if (sql == nullptr) return refuse(session, "SQL text is null");
  if (!is_utf8(sql)) return refuse(session, "input string was not valid UTF-8");
  Guard guard(session->mutex);
  return guarded(session, [&] { return answer(session, session->connection.exec(sql)); });
}

SqlriteStatus sqlrite_set_busy_timeout(SqlriteConnection* connection, int timeout_ms) {
  if (SqlriteStatus status = check(connection); status != SQLRITE_OK) return status;
  Guard guard(connection->session->mutex);
  connection->session->connection.set_busy_timeout(timeout_ms);
  return succeed(connection->session.get());
}

void sqlrite_interrupt(SqlriteConnection* connection) {
  if (is_live(connection)) connection->session->connection.interrupt();
}

int sqlrite_in_transaction(SqlriteConnection* connection) {
  return ask(connection, -1, [](Session& session) { return session.connection.is_autocommit() ? 0 : 1; });
}
int sqlrite_is_autocommit(SqlriteConnection* connection) {
  return ask(connection, -1, [](Session& session) { return session.connection.is_autocommit() ? 1 : 0; });
}
int sqlrite_is_read_only(SqlriteConnection* connection) {
  return ask(connection, -1, [](Session& session) { return session.mode == SQLRITE_OPEN_READ_ONLY ? 1 : 0; });
}
int64_t sqlrite_changes(SqlriteConnection* connection) {
  return ask(connection, 0, [](Session& session) { return session.connection.changes(); });
}
int64_t sqlrite_total_changes(SqlriteConnection* connection) {
  return ask(connection, 0, [](Session& session) { return session.connection.total_changes(); });
}
int64_t sqlrite_last_insert_rowid(SqlriteConnection* connection) {
  return ask(connection, 0, [](Session& session) { return session.connection.last_insert_rowid(); });
}
const char* sqlrite_error_message(SqlriteConnection* connection) {
  return ask(connection, nullptr, [](Session& session) -> const char* {
    return session.extended_code != 0 ? session.message.c_str() : nullptr;
  });
}
int sqlrite_extended_code(SqlriteConnection* connection) {
  return ask(connection, 0, [](Session& session) { return session.extended_code; });
}
int64_t sqlrite_error_offset(SqlriteConnection* connection) {
  return ask(connection, -1, [](Session& session) { return session.error_offset; });
}

SqlriteStatus sqlrite_ask(SqlriteConnection* connection, const char*, const char*, char** out) {
  if (out != nullptr) *out = nullptr;
  if (SqlriteStatus status = check(connection); status != SQLRITE_OK) return status;
  return fail(connection->session.get(), SQLRITE_ERROR, sqlrite::Code::Error,
              "asking questions in natural language is not available in this version of the library");
}

}  // extern "C"
