// SQLRite's own C interface over the C++ one. Each handle has a mutex of its connection, so that bindings from languages
// with several threads need none.
#include "sqlrite.h"

#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <string>

#include "sqlrite/sqlrite.h"

// The state a connection shares with its statements; it ends with the last of them.
struct Session {
  explicit Session(sqlrite::Connection opened) : connection(std::move(opened)) {}
  std::recursive_mutex mutex;
  sqlrite::Connection connection;
  std::string path;
  bool read_only = false;
  int extended_code = 0;
  int64_t error_offset = -1;
};

struct SqlriteConnection {
  std::shared_ptr<Session> session;
};

struct SqlriteStatement {
  std::shared_ptr<Session> session;
  sqlrite::Statement statement;
  bool has_row = false;
};

namespace {

thread_local std::string last_error;
thread_local bool has_error = false;

using Guard = std::lock_guard<std::recursive_mutex>;

SqlriteStatus fail(SqlriteStatus status, std::string_view message) {
  last_error = message;
  has_error = true;
  return status;
}

SqlriteStatus succeed(SqlriteStatus status = SQLRITE_OK) {
  has_error = false;
  return status;
}

SqlriteStatus fail(Session* session, const sqlrite::Status& status) {
  if (session != nullptr) {
    session->extended_code = static_cast<int>(status.code());
    session->error_offset = status.sql_offset();
  }
  SqlriteStatus code = SQLRITE_ERROR;
  if (status.code() == sqlrite::Code::BusySnapshot) {
    code = SQLRITE_BUSY_SNAPSHOT;
  } else if (status.primary() == sqlrite::Code::Busy) {
    code = SQLRITE_BUSY;
  } else if (status.primary() == sqlrite::Code::Range) {
    code = SQLRITE_INVALID_ARGUMENT;
  }
  return fail(code, status.message());
}

SqlriteStatus answer(Session* session, const sqlrite::Status& status) {
  if (!status.ok()) return fail(session, status);
  session->extended_code = 0;
  session->error_offset = -1;
  return succeed();
}

bool is_utf8(std::string_view text) {
  for (size_t i = 0; i < text.size();) {
    unsigned char c = static_cast<unsigned char>(text[i]);
    size_t more = c < 0x80 ? 0 : (c & 0xe0) == 0xc0 && c >= 0xc2 ? 1 : (c & 0xf0) == 0xe0 ? 2 : (c & 0xf8) == 0xf0 && c <= 0xf4 ? 3 : 9;
    if (more == 9 || i + more >= text.size() + (more == 0 ? 1 : 0)) return false;
    for (size_t k = 1; k <= more; ++k) {
      if ((static_cast<unsigned char>(text[i + k]) & 0xc0) != 0x80) return false;
    }
    i += more + 1;
  }
  return true;
}

char* copy_text(std::string_view text) {
  char* copy = static_cast<char*>(std::malloc(text.size() + 1));
  if (copy == nullptr) return nullptr;
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  copy[text.size()] = '\0';
  return copy;
}

SqlriteStatus open(const char* path, sqlrite::OpenMode mode, SqlriteConnection** out) {
  if (out == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "output pointer is null");
  *out = nullptr;
  if (path == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "path is null");
  if (!is_utf8(path)) return fail(SQLRITE_INVALID_ARGUMENT, "input string was not valid UTF-8");
  try {
    auto opened = sqlrite::Connection::open(path, mode);
    if (!opened.ok()) return fail(nullptr, opened.status());
    auto session = std::make_shared<Session>(opened.take());
    session->path = path;
    session->read_only = mode == sqlrite::OpenMode::ReadOnly;
    // The file is looked at now, so that "not a database" is an error of opening.
    sqlrite::Status status = session->connection.exec("PRAGMA schema_version");
    if (!status.ok() && status.primary() != sqlrite::Code::Busy) return fail(nullptr, status);
    *out = new SqlriteConnection{std::move(session)};
    return succeed();
  } catch (const std::bad_alloc&) {
    return fail(SQLRITE_ERROR, "out of memory");
  }
}

SqlriteStatus check_connection(const SqlriteConnection* connection) {
  return connection != nullptr ? SQLRITE_OK : fail(SQLRITE_INVALID_ARGUMENT, "connection handle is null");
}

SqlriteStatus check_column(const SqlriteStatement* statement, int index, const void* out, bool needs_row) {
  if (out == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "output pointer is null");
  if (statement == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "statement handle is null");
  if (needs_row && !statement->has_row) {
    return fail(SQLRITE_INVALID_ARGUMENT, "no current row: call sqlrite_step() until it answers ROW");
  }
  uint32_t count = statement->statement.column_count();
  if (index < 0 || static_cast<uint32_t>(index) >= count) {
    return fail(SQLRITE_INVALID_ARGUMENT, "column index " + std::to_string(index) + " out of bounds (row has " + std::to_string(count) + " columns)");
  }
  return SQLRITE_OK;
}

const char* type_name(sqlrite::ValueType type) {
  switch (type) {
    case sqlrite::ValueType::Integer: return "integer";
    case sqlrite::ValueType::Real: return "real";
    case sqlrite::ValueType::Text: return "text";
    case sqlrite::ValueType::Blob: return "blob";
    case sqlrite::ValueType::Null: break;
  }
  return "NULL";
}

template <typename Bind>
SqlriteStatus bind(SqlriteStatement* statement, int number, Bind&& call) {
  if (statement == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "statement handle is null");
  Guard guard(statement->session->mutex);
  if (number < 1 || static_cast<uint32_t>(number) > statement->statement.parameter_count()) {
    return fail(SQLRITE_INVALID_ARGUMENT, "parameter number " + std::to_string(number) + " out of bounds (statement has " +
                                              std::to_string(statement->statement.parameter_count()) + " parameters)");
  }
  return answer(statement->session.get(), call(statement->statement, static_cast<uint32_t>(number)));
}

}  // namespace

extern "C" {

const char* sqlrite_last_error(void) { return has_error ? last_error.c_str() : nullptr; }
const char* sqlrite_version(void) { return sqlrite::version(); }

int sqlrite_status_is_retryable(SqlriteStatus status) { return status == SQLRITE_BUSY || status == SQLRITE_BUSY_SNAPSHOT; }

const char* sqlrite_status_name(SqlriteStatus status) {
  switch (status) {
    case SQLRITE_OK: return "OK";
    case SQLRITE_ERROR: return "ERROR";
    case SQLRITE_INVALID_ARGUMENT: return "INVALID_ARGUMENT";
    case SQLRITE_BUSY: return "BUSY";
    case SQLRITE_BUSY_SNAPSHOT: return "BUSY_SNAPSHOT";
    case SQLRITE_DONE: return "DONE";
    case SQLRITE_ROW: return "ROW";
  }
  return "unknown";
}

SqlriteStatus sqlrite_open(const char* path, SqlriteConnection** out) { return open(path, sqlrite::OpenMode::ReadWriteCreate, out); }
SqlriteStatus sqlrite_open_read_only(const char* path, SqlriteConnection** out) { return open(path, sqlrite::OpenMode::ReadOnly, out); }
SqlriteStatus sqlrite_open_in_memory(SqlriteConnection** out) { return open(":memory:", sqlrite::OpenMode::ReadWriteCreate, out); }

SqlriteStatus sqlrite_connect_sibling(SqlriteConnection* existing, SqlriteConnection** out) {
  if (out == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "output pointer is null");
  *out = nullptr;
  if (SqlriteStatus status = check_connection(existing); status != SQLRITE_OK) return status;
  const Session& session = *existing->session;
  if (session.path.empty() || session.path == ":memory:") {
    return fail(SQLRITE_ERROR, "a database in memory belongs to one connection: open a file to connect siblings");
  }
  return open(session.path.c_str(), session.read_only ? sqlrite::OpenMode::ReadOnly : sqlrite::OpenMode::ReadWrite, out);
}

void sqlrite_close(SqlriteConnection* connection) { delete connection; }

SqlriteStatus sqlrite_execute(SqlriteConnection* connection, const char* sql) {
  if (SqlriteStatus status = check_connection(connection); status != SQLRITE_OK) return status;
  if (sql == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "SQL text is null");
  if (!is_utf8(sql)) return fail(SQLRITE_INVALID_ARGUMENT, "input string was not valid UTF-8");
  Guard guard(connection->session->mutex);
  try {
    return answer(connection->session.get(), connection->session->connection.exec(sql));
  } catch (const std::bad_alloc&) {
    return fail(SQLRITE_ERROR, "out of memory");
  }
}

SqlriteStatus sqlrite_query(SqlriteConnection* connection, const char* sql, SqlriteStatement** out) {
  if (out == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "output pointer is null");
  *out = nullptr;
  if (SqlriteStatus status = check_connection(connection); status != SQLRITE_OK) return status;
  if (sql == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "SQL text is null");
  if (!is_utf8(sql)) return fail(SQLRITE_INVALID_ARGUMENT, "input string was not valid UTF-8");
  Session& session = *connection->session;
  Guard guard(session.mutex);
  try {
    auto prepared = session.connection.prepare(sql);
    if (!prepared.ok()) return fail(&session, prepared.status());
    if (!prepared.value()) return fail(SQLRITE_INVALID_ARGUMENT, "the text holds no statement");
    *out = new SqlriteStatement{connection->session, prepared.take(), false};
    return answer(&session, sqlrite::Status());
  } catch (const std::bad_alloc&) {
    return fail(SQLRITE_ERROR, "out of memory");
  }
}

SqlriteStatus sqlrite_set_busy_timeout(SqlriteConnection* connection, int timeout_ms) {
  if (SqlriteStatus status = check_connection(connection); status != SQLRITE_OK) return status;
  Guard guard(connection->session->mutex);
  connection->session->connection.set_busy_timeout(timeout_ms);
  return succeed();
}

void sqlrite_interrupt(SqlriteConnection* connection) {
  if (connection != nullptr) connection->session->connection.interrupt();
}

int sqlrite_in_transaction(SqlriteConnection* connection) {
  if (connection == nullptr) return -1;
  return connection->session->connection.is_autocommit() ? 0 : 1;
}

int sqlrite_is_read_only(SqlriteConnection* connection) { return connection == nullptr ? -1 : connection->session->read_only ? 1 : 0; }

int64_t sqlrite_changes(SqlriteConnection* connection) { return connection != nullptr ? connection->session->connection.changes() : 0; }
int64_t sqlrite_total_changes(SqlriteConnection* connection) {
  return connection != nullptr ? connection->session->connection.total_changes() : 0;
}
int64_t sqlrite_last_insert_rowid(SqlriteConnection* connection) {
  return connection != nullptr ? connection->session->connection.last_insert_rowid() : 0;
}
int sqlrite_extended_code(SqlriteConnection* connection) { return connection != nullptr ? connection->session->extended_code : 0; }
int64_t sqlrite_error_offset(SqlriteConnection* connection) { return connection != nullptr ? connection->session->error_offset : -1; }

// ---------------------------------------------------------------- parameters

SqlriteStatus sqlrite_bind_null(SqlriteStatement* statement, int number) {
  return bind(statement, number, [](sqlrite::Statement& s, uint32_t n) { return s.bind(n, nullptr); });
}
SqlriteStatus sqlrite_bind_int64(SqlriteStatement* statement, int number, int64_t value) {
  return bind(statement, number, [value](sqlrite::Statement& s, uint32_t n) { return s.bind(n, value); });
}
SqlriteStatus sqlrite_bind_double(SqlriteStatement* statement, int number, double value) {
  return bind(statement, number, [value](sqlrite::Statement& s, uint32_t n) { return s.bind(n, value); });
}
SqlriteStatus sqlrite_bind_text(SqlriteStatement* statement, int number, const char* text, int64_t size) {
  if (text == nullptr) return sqlrite_bind_null(statement, number);
  std::string_view view(text, size < 0 ? std::strlen(text) : static_cast<size_t>(size));
  if (!is_utf8(view)) return fail(SQLRITE_INVALID_ARGUMENT, "input string was not valid UTF-8");
  return bind(statement, number, [view](sqlrite::Statement& s, uint32_t n) { return s.bind(n, view); });
}
SqlriteStatus sqlrite_bind_blob(SqlriteStatement* statement, int number, const void* bytes, int64_t size) {
  if (bytes == nullptr) return sqlrite_bind_null(statement, number);
  if (size < 0) return fail(SQLRITE_INVALID_ARGUMENT, "size of a blob is negative");
  std::string_view view(static_cast<const char*>(bytes), static_cast<size_t>(size));
  return bind(statement, number, [view](sqlrite::Statement& s, uint32_t n) { return s.bind_blob(n, view); });
}
int sqlrite_parameter_count(SqlriteStatement* statement) {
  return statement != nullptr ? static_cast<int>(statement->statement.parameter_count()) : 0;
}
int sqlrite_parameter_index(SqlriteStatement* statement, const char* name) {
  return statement != nullptr && name != nullptr ? static_cast<int>(statement->statement.parameter_index(name)) : 0;
}
SqlriteStatus sqlrite_clear_bindings(SqlriteStatement* statement) {
  if (statement == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "statement handle is null");
  Guard guard(statement->session->mutex);
  statement->statement.clear_bindings();
  return succeed();
}

// ---------------------------------------------------------------- running

SqlriteStatus sqlrite_step(SqlriteStatement* statement) {
  if (statement == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "statement handle is null");
  Session& session = *statement->session;
  Guard guard(session.mutex);
  statement->has_row = false;
  try {
    auto row = statement->statement.step();
    if (!row.ok()) return fail(&session, row.status());
    statement->has_row = row.value();
    return succeed(row.value() ? SQLRITE_ROW : SQLRITE_DONE);
  } catch (const std::bad_alloc&) {
    return fail(SQLRITE_ERROR, "out of memory");
  }
}

SqlriteStatus sqlrite_reset(SqlriteStatement* statement) {
  if (statement == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "statement handle is null");
  Guard guard(statement->session->mutex);
  statement->has_row = false;
  statement->statement.reset().ignore();  // the failed step has already said why
  return succeed();
}

void sqlrite_finalize(SqlriteStatement* statement) {
  if (statement == nullptr) return;
  std::shared_ptr<Session> session = statement->session;  // outlives the statement
  Guard guard(session->mutex);
  delete statement;
}

// ---------------------------------------------------------------- columns

SqlriteStatus sqlrite_column_count(SqlriteStatement* statement, int* out) {
  if (out == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "output pointer is null");
  *out = 0;
  if (statement == nullptr) return fail(SQLRITE_INVALID_ARGUMENT, "statement handle is null");
  *out = static_cast<int>(statement->statement.column_count());
  return succeed();
}

SqlriteStatus sqlrite_column_name(SqlriteStatement* statement, int index, char** out) {
  if (out != nullptr) *out = nullptr;
  if (SqlriteStatus status = check_column(statement, index, out, false); status != SQLRITE_OK) return status;
  Guard guard(statement->session->mutex);
  *out = copy_text(statement->statement.column_name(static_cast<uint32_t>(index)));
  return *out != nullptr ? succeed() : fail(SQLRITE_ERROR, "out of memory");
}

SqlriteStatus sqlrite_column_type(SqlriteStatement* statement, int index, SqlriteType* out) {
  if (out != nullptr) *out = SQLRITE_NULL;
  if (SqlriteStatus status = check_column(statement, index, out, true); status != SQLRITE_OK) return status;
  *out = static_cast<SqlriteType>(statement->statement.column_type(static_cast<uint32_t>(index)));
  return succeed();
}

SqlriteStatus sqlrite_column_is_null(SqlriteStatement* statement, int index, int* out) {
  if (out != nullptr) *out = 0;
  if (SqlriteStatus status = check_column(statement, index, out, true); status != SQLRITE_OK) return status;
  *out = statement->statement.is_null(static_cast<uint32_t>(index)) ? 1 : 0;
  return succeed();
}

SqlriteStatus sqlrite_column_int64(SqlriteStatement* statement, int index, int64_t* out) {
  if (out != nullptr) *out = 0;
  if (SqlriteStatus status = check_column(statement, index, out, true); status != SQLRITE_OK) return status;
  uint32_t column = static_cast<uint32_t>(index);
  sqlrite::ValueType type = statement->statement.column_type(column);
  if (type != sqlrite::ValueType::Integer) return fail(SQLRITE_ERROR, std::string("cannot convert ") + type_name(type) + " to i64");
  *out = statement->statement.column_int64(column);
  return succeed();
}

SqlriteStatus sqlrite_column_double(SqlriteStatement* statement, int index, double* out) {
  if (out != nullptr) *out = 0;
  if (SqlriteStatus status = check_column(statement, index, out, true); status != SQLRITE_OK) return status;
  uint32_t column = static_cast<uint32_t>(index);
  sqlrite::ValueType type = statement->statement.column_type(column);
  if (type != sqlrite::ValueType::Integer && type != sqlrite::ValueType::Real) {
    return fail(SQLRITE_ERROR, std::string("cannot convert ") + type_name(type) + " to f64");
  }
  *out = statement->statement.column_double(column);
  return succeed();
}

SqlriteStatus sqlrite_column_text(SqlriteStatement* statement, int index, char** out) {
  if (out != nullptr) *out = nullptr;
  if (SqlriteStatus status = check_column(statement, index, out, true); status != SQLRITE_OK) return status;
  uint32_t column = static_cast<uint32_t>(index);
  if (statement->statement.is_null(column)) return fail(SQLRITE_ERROR, "column is NULL");
  std::string_view text = statement->statement.column_text(column);
  if (text.find('\0') == std::string_view::npos) {
    *out = copy_text(text);
  } else {
    std::string escaped;
    for (char c : text) {
      if (c == '\0') {
        escaped += "\\0";
      } else {
        escaped += c;
      }
    }
    *out = copy_text(escaped);
  }
  return *out != nullptr ? succeed() : fail(SQLRITE_ERROR, "out of memory");
}

SqlriteStatus sqlrite_column_blob(SqlriteStatement* statement, int index, const void** out, size_t* size) {
  if (out != nullptr) *out = nullptr;
  if (size != nullptr) *size = 0;
  if (SqlriteStatus status = check_column(statement, index, size != nullptr ? out : nullptr, true); status != SQLRITE_OK) return status;
  std::string_view bytes = statement->statement.column_blob(static_cast<uint32_t>(index));
  *out = bytes.data();
  *size = bytes.size();
  return succeed();
}

SqlriteStatus sqlrite_ask(SqlriteConnection* connection, const char*, const char*, char** out) {
  if (out != nullptr) *out = nullptr;
  if (SqlriteStatus status = check_connection(connection); status != SQLRITE_OK) return status;
  return fail(SQLRITE_ERROR, "asking questions in natural language is not available in this version of the library");
}

void sqlrite_free_string(char* text) { std::free(text); }

}  // extern "C"
