// Statements: preparing, running, parameters.
#include <cstring>

#include "handles.h"

using namespace sqlrite::capi;

namespace {

// The first statement of a text as a handle; null when there is none.
SqlriteStatus prepare(const std::shared_ptr<Session>& session, std::string_view sql, SqlriteStatement** out,
                      size_t* tail) {
  return guarded(session.get(), [&] {
    auto prepared = session->connection.prepare(sql, tail);
    if (!prepared.ok()) return fail(session.get(), prepared.status());
    if (!prepared.value()) return succeed(session.get());
    SqlriteStatement* handle = take_statement();
    if (handle == nullptr) return fail(session.get(), sqlrite::Status(sqlrite::Code::NoMem));
    handle->statement = prepared.take();
    handle->session = session;
    *out = handle;
    return succeed(session.get());
  });
}

template <typename Bind>
SqlriteStatus bind(SqlriteStatement* statement, int number, Bind&& call) {
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Session* session = statement->session.get();
  Guard guard(session->mutex);
  uint32_t count = statement->statement.parameter_count();
  if (number < 1 || static_cast<uint32_t>(number) > count) {
    return fail(session, SQLRITE_INVALID_ARGUMENT, sqlrite::Code::Range,
                "parameter number " + std::to_string(number) + " out of bounds (statement has " +
                    std::to_string(count) + " parameters)");
  }
  return guarded(session, [&] { return answer(session, call(statement->statement, static_cast<uint32_t>(number))); });
}

// REQUIRES: the lock is held.
SqlriteStatus bind_all(SqlriteStatement* statement, const SqlriteValue* values, int count, const char* base) {
  Session* session = statement->session.get();
  uint32_t parameter_count = statement->statement.parameter_count();
  if (count < 0 || static_cast<uint32_t>(count) > parameter_count) {
    return fail(
        session, SQLRITE_INVALID_ARGUMENT, sqlrite::Code::Range,
        std::to_string(count) + " values for a statement with " + std::to_string(parameter_count) + " parameters");
  }
  if (values == nullptr && count > 0) return refuse(session, "values are null");
  if (statement->statement.is_running() || statement->failed || statement->fetching) {
    if (sqlrite::Status status = end_run(*statement); !status.ok()) return fail(session, status);
  }
  for (uint32_t i = 0; i < parameter_count; ++i) {
    uint32_t number = i + 1;
    sqlrite::Status status;
    const SqlriteValue* value = i < static_cast<uint32_t>(count) ? &values[i] : nullptr;
    uint8_t type = value != nullptr ? value->type : static_cast<uint8_t>(SQLRITE_NULL);
    switch (type) {
      case SQLRITE_INTEGER: status = statement->statement.bind(number, value->as.integer); break;
      case SQLRITE_REAL: status = statement->statement.bind(number, value->as.real); break;
      case SQLRITE_TEXT:
      case SQLRITE_BLOB: {
        const char* bytes = base != nullptr ? base + value->as.offset : value->as.bytes;
        if (bytes == nullptr && value->size > 0)
          return refuse(session, "bytes of parameter " + std::to_string(number) + " are null");
        std::string_view view(bytes != nullptr ? bytes : "", value->size);
        status = type == SQLRITE_TEXT ? statement->statement.bind(number, view)
                                      : statement->statement.bind_blob(number, view);
        break;
      }
      case SQLRITE_NULL: status = statement->statement.bind(number, nullptr); break;
      default:
        return refuse(session, "unknown type " + std::to_string(type) + " of parameter " + std::to_string(number));
    }
    if (!status.ok()) return fail(session, status);
  }
  return SQLRITE_OK;
}

}  // namespace

extern "C" {

SqlriteStatus sqlrite_query(SqlriteConnection* connection, const char* sql, SqlriteStatement** out) {
  if (out == nullptr) return refuse(nullptr, "output pointer is null");
  *out = nullptr;
  if (SqlriteStatus status = check(connection); status != SQLRITE_OK) return status;
  Session* session = connection->session.get();
  if (sql == nullptr) return refuse(session, "SQL text is null");
  if (!is_utf8(sql)) return refuse(session, "input string was not valid UTF-8");
  Guard guard(session->mutex);
  SqlriteStatus status = prepare(connection->session, sql, out, nullptr);
  return status == SQLRITE_OK && *out == nullptr ? refuse(session, "the text holds no statement") : status;
}

SqlriteStatus sqlrite_prepare(SqlriteConnection* connection, const char* sql, int64_t size, SqlriteStatement** out,
                              size_t* tail) {
  if (out == nullptr) return refuse(nullptr, "output pointer is null");
  *out = nullptr;
  if (tail != nullptr) *tail = 0;
  if (SqlriteStatus status = check(connection); status != SQLRITE_OK) return status;
  Session* session = connection->session.get();
  if (sql == nullptr) return refuse(session, "SQL text is null");
  std::string_view text(sql, size < 0 ? std::strlen(sql) : strnlen(sql, static_cast<size_t>(size)));
  if (!is_utf8(text)) return refuse(session, "input string was not valid UTF-8");
  Guard guard(session->mutex);
  size_t used = text.size();
  SqlriteStatus status = prepare(connection->session, text, out, &used);
  if (tail != nullptr) *tail = used;
  return status;
}

SqlriteStatus sqlrite_step(SqlriteStatement* statement) {
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Session* session = statement->session.get();
  Guard guard(session->mutex);
  statement->has_row = false;
  return guarded(session, [&] {
    if (statement->fetching)
      return refuse(session, "rows of this run are read with sqlrite_fetch(): reset the statement to step it");
    auto row = statement->statement.step();
    statement->failed = !row.ok();
    if (!row.ok()) return fail(session, row.status());
    statement->has_row = row.value();
    return succeed(session, row.value() ? SQLRITE_ROW : SQLRITE_DONE);
  });
}

SqlriteStatus sqlrite_reset(SqlriteStatement* statement) {
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Session* session = statement->session.get();
  Guard guard(session->mutex);
  return guarded(session, [&] { return answer(session, end_run(*statement)); });
}

void sqlrite_finalize(SqlriteStatement* statement) {
  if (!is_live(statement)) return;
  std::shared_ptr<Session> session = statement->session;  // outlives the statement and the lock
  Guard guard(session->mutex);
  give_back(statement);
}

int sqlrite_statement_is_read_only(SqlriteStatement* statement) {
  if (!is_live(statement)) return -1;
  Guard guard(statement->session->mutex);
  return statement->statement.is_read_only() ? 1 : 0;
}

int sqlrite_statement_is_running(SqlriteStatement* statement) {
  if (!is_live(statement)) return -1;
  Guard guard(statement->session->mutex);
  return statement->statement.is_running() ? 1 : 0;
}

SqlriteStatus sqlrite_statement_sql(SqlriteStatement* statement, char** out) {
  if (out == nullptr) return refuse(nullptr, "output pointer is null");
  *out = nullptr;
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Guard guard(statement->session->mutex);
  return give_text(statement->session.get(), statement->statement.sql(), out);
}

SqlriteStatus sqlrite_expanded_sql(SqlriteStatement* statement, char** out) {
  if (out == nullptr) return refuse(nullptr, "output pointer is null");
  *out = nullptr;
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Session* session = statement->session.get();
  Guard guard(session->mutex);
  return guarded(session, [&] { return give_text(session, statement->statement.expanded_sql(), out); });
}

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
  return bind(statement, number, [view](sqlrite::Statement& s, uint32_t n) {
    if (!is_utf8(view)) return sqlrite::Status(sqlrite::Code::Misuse, "input string was not valid UTF-8");
    return s.bind(n, view);
  });
}

SqlriteStatus sqlrite_bind_blob(SqlriteStatement* statement, int number, const void* bytes, int64_t size) {
  if (bytes == nullptr) return sqlrite_bind_null(statement, number);
  return bind(statement, number, [bytes, size](sqlrite::Statement& s, uint32_t n) {
    if (size < 0) return sqlrite::Status(sqlrite::Code::Misuse, "size of a blob is negative");
    return s.bind_blob(n, {static_cast<const char*>(bytes), static_cast<size_t>(size)});
  });
}

int sqlrite_parameter_count(SqlriteStatement* statement) {
  return is_live(statement) ? static_cast<int>(statement->statement.parameter_count()) : 0;
}

int sqlrite_parameter_index(SqlriteStatement* statement, const char* name) {
  if (!is_live(statement) || name == nullptr) return 0;
  Guard guard(statement->session->mutex);
  return static_cast<int>(statement->statement.parameter_index(name));
}

const char* sqlrite_parameter_name(SqlriteStatement* statement, int number) {
  if (!is_live(statement) || number < 1) return nullptr;
  Guard guard(statement->session->mutex);
  return statement->statement.parameter_name(static_cast<uint32_t>(number)).data();
}

SqlriteStatus sqlrite_clear_bindings(SqlriteStatement* statement) {
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Guard guard(statement->session->mutex);
  statement->statement.clear_bindings();
  return succeed(statement->session.get());
}

SqlriteStatus sqlrite_bind_values(SqlriteStatement* statement, const SqlriteValue* values, int count,
                                  const char* base) {
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Session* session = statement->session.get();
  Guard guard(session->mutex);
  return guarded(session, [&] {
    SqlriteStatus status = bind_all(statement, values, count, base);
    return status == SQLRITE_OK ? succeed(session) : status;
  });
}

SqlriteStatus sqlrite_run(SqlriteStatement* statement, const SqlriteValue* values, int count, const char* base,
                          SqlriteRunResult* out) {
  if (out != nullptr) *out = {};
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Session* session = statement->session.get();
  Guard guard(session->mutex);
  return guarded(session, [&] {
    if (SqlriteStatus status = bind_all(statement, values, count, base); status != SQLRITE_OK) return status;
    sqlrite::Connection& connection = session->connection;
    int64_t total_before = connection.total_changes();
    sqlrite::Status status = statement->statement.run();
    if (out != nullptr) {
      out->changes = connection.total_changes() != total_before ? connection.changes() : 0;
      out->last_insert_rowid = connection.last_insert_rowid();
    }
    return answer(session, status);
  });
}

SqlriteStatus sqlrite_start(SqlriteStatement* statement, const SqlriteValue* values, int count, const char* base,
                            int row_count_max, SqlriteRows* out) {
  if (out == nullptr) return refuse(nullptr, "output pointer is null");
  *out = {};
  SqlriteStatus status = sqlrite_bind_values(statement, values, count, base);
  return status == SQLRITE_OK ? sqlrite_fetch(statement, row_count_max, out) : status;
}

}  // extern "C"
