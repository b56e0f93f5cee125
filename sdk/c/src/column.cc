// Columns of a statement and the values of its current row.
#include "handles.h"

using namespace sqlrite::capi;

namespace {

SqlriteStatus check_column(const SqlriteStatement* statement, int index, const void* out, bool needs_row) {
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Session* session = statement->session.get();
  if (out == nullptr) return refuse(session, "output pointer is null");
  if (needs_row && !statement->has_row)
    return refuse(session, "no current row: call sqlrite_step() until it answers ROW");
  uint32_t count = statement->statement.column_count();
  if (index >= 0 && static_cast<uint32_t>(index) < count) return SQLRITE_OK;
  return fail(
      session, SQLRITE_INVALID_ARGUMENT, sqlrite::Code::Range,
      "column index " + std::to_string(index) + " out of bounds (row has " + std::to_string(count) + " columns)");
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

SqlriteStatus cannot_convert(SqlriteStatement* statement, sqlrite::ValueType type, const char* to) {
  return fail(statement->session.get(), SQLRITE_ERROR, sqlrite::Code::Mismatch,
              std::string("cannot convert ") + type_name(type) + " to " + to);
}

}  // namespace

extern "C" {

SqlriteStatus sqlrite_column_count(SqlriteStatement* statement, int* out) {
  if (out == nullptr) return refuse(nullptr, "output pointer is null");
  *out = 0;
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  *out = static_cast<int>(statement->statement.column_count());
  return succeed(statement->session.get());
}

SqlriteStatus sqlrite_column_name(SqlriteStatement* statement, int index, char** out) {
  if (out != nullptr) *out = nullptr;
  if (SqlriteStatus status = check_column(statement, index, out, false); status != SQLRITE_OK) return status;
  Guard guard(statement->session->mutex);
  return guarded(statement->session.get(), [&] {
    return give_text(statement->session.get(), statement->statement.column_name(static_cast<uint32_t>(index)), out);
  });
}

SqlriteStatus sqlrite_columns(SqlriteStatement* statement, const SqlriteColumn** out, int* count) {
  if (out != nullptr) *out = nullptr;
  if (count != nullptr) *count = 0;
  if (SqlriteStatus status = check(statement); status != SQLRITE_OK) return status;
  Session* session = statement->session.get();
  if (out == nullptr || count == nullptr) return refuse(session, "output pointer is null");
  Guard guard(session->mutex);
  return guarded(session, [&] {
    const sqlrite::Statement& from = statement->statement;
    statement->columns.clear();
    for (uint32_t i = 0; i < from.column_count(); ++i) {
      // data() is null where a text does not apply; the others end in a NUL.
      statement->columns.push_back({from.column_name(i).data(), from.column_declared_type(i).data(),
                                    from.column_database(i).data(), from.column_table(i).data(),
                                    from.column_origin(i).data()});
    }
    *out = statement->columns.data();
    *count = static_cast<int>(statement->columns.size());
    return succeed(session);
  });
}

SqlriteStatus sqlrite_column_type(SqlriteStatement* statement, int index, SqlriteType* out) {
  if (out != nullptr) *out = SQLRITE_NULL;
  if (SqlriteStatus status = check_column(statement, index, out, true); status != SQLRITE_OK) return status;
  *out = static_cast<SqlriteType>(statement->statement.column_type(static_cast<uint32_t>(index)));
  return succeed(statement->session.get());
}

SqlriteStatus sqlrite_column_is_null(SqlriteStatement* statement, int index, int* out) {
  if (out != nullptr) *out = 0;
  if (SqlriteStatus status = check_column(statement, index, out, true); status != SQLRITE_OK) return status;
  *out = statement->statement.is_null(static_cast<uint32_t>(index)) ? 1 : 0;
  return succeed(statement->session.get());
}

SqlriteStatus sqlrite_column_int64(SqlriteStatement* statement, int index, int64_t* out) {
  if (out != nullptr) *out = 0;
  if (SqlriteStatus status = check_column(statement, index, out, true); status != SQLRITE_OK) return status;
  uint32_t column = static_cast<uint32_t>(index);
  sqlrite::ValueType type = statement->statement.column_type(column);
  if (type != sqlrite::ValueType::Integer) return cannot_convert(statement, type, "i64");
  *out = statement->statement.column_int64(column);
  return succeed(statement->session.get());
}

SqlriteStatus sqlrite_column_double(SqlriteStatement* statement, int index, double* out) {
  if (out != nullptr) *out = 0;
  if (SqlriteStatus status = check_column(statement, index, out, true); status != SQLRITE_OK) return status;
  uint32_t column = static_cast<uint32_t>(index);
  sqlrite::ValueType type = statement->statement.column_type(column);
  if (type != sqlrite::ValueType::Integer && type != sqlrite::ValueType::Real)
    return cannot_convert(statement, type, "f64");
  *out = statement->statement.column_double(column);
  return succeed(statement->session.get());
}

SqlriteStatus sqlrite_column_text(SqlriteStatement* statement, int index, char** out) {
  if (out != nullptr) *out = nullptr;
  if (SqlriteStatus status = check_column(statement, index, out, true); status != SQLRITE_OK) return status;
  Session* session = statement->session.get();
  uint32_t column = static_cast<uint32_t>(index);
  return guarded(session, [&] {
    if (statement->statement.is_null(column))
      return fail(session, SQLRITE_ERROR, sqlrite::Code::Mismatch, "column is NULL");
    std::string_view text = statement->statement.column_text(column);
    if (text.find('\0') == std::string_view::npos) return give_text(session, text, out);
    std::string escaped;
    for (char c : text) {
      if (c == '\0') {
        escaped += "\\0";
      } else {
        escaped += c;
      }
    }
    return give_text(session, escaped, out);
  });
}

SqlriteStatus sqlrite_column_blob(SqlriteStatement* statement, int index, const void** out, size_t* size) {
  if (out != nullptr) *out = nullptr;
  if (size != nullptr) *size = 0;
  if (SqlriteStatus status = check_column(statement, index, size != nullptr ? out : nullptr, true);
      status != SQLRITE_OK)
    return status;
  return guarded(statement->session.get(), [&] {
    std::string_view bytes = statement->statement.column_blob(static_cast<uint32_t>(index));
    *out = bytes.data();
    *size = bytes.size();
    return succeed(statement->session.get());
  });
}

SqlriteStatus sqlrite_column_bytes(SqlriteStatement* statement, int index, size_t* out) {
  const void* bytes = nullptr;
  if (out == nullptr) return check_column(statement, index, out, true);
  return sqlrite_column_blob(statement, index, &bytes, out);
}

}  // extern "C"
