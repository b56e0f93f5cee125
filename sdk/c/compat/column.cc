// Columns of the current row. These calls take no lock and are as short as a check and a load: a program makes one or more
// of them per column of every row.
#include <cstring>
#include <utility>

#include "handles.h"
#include "types/utf.h"

using namespace sqlrite;
using namespace sqlrite::compat;

namespace {

// True when the column is there to be read. Otherwise the connection's state says RANGE, as SQLite does.
inline bool readable(sqlite3_stmt* statement, int column) {
  if (statement == nullptr || statement->impl == nullptr) [[unlikely]]
    return false;
  if (static_cast<uint32_t>(column) < statement->impl->data_count()) [[likely]]
    return true;
  statement->db->connection->set_error(Code::Range);
  return false;
}

const void* name16(sqlite3_stmt* statement, const char* name) {
  if (name == nullptr) return nullptr;
  Lock lock(statement->db);
  if (statement->names16 == nullptr) statement->names16 = new (std::nothrow) Arena(256);
  if (statement->names16 == nullptr) return nullptr;
  auto converted = utf8_to_utf16(name, kNativeUtf16, *statement->names16);
  return converted.ok() ? converted.value().data() : nullptr;
}

// One sqlite3_value for each column.
bool make_values(sqlite3_stmt& statement, uint32_t count) {
  delete[] std::exchange(statement.values, nullptr);
  statement.value_count = 0;
  statement.value_stamps.assign(count, 0);
  statement.values = new sqlite3_value[count];
  statement.value_count = count;
  return true;
}

using NameOf = const char* (engine::Statement::*)(uint32_t) const;

const char* column_fact(sqlite3_stmt* statement, int column, NameOf name) {
  if (!usable(statement) || column < 0) return nullptr;
  Lock lock(statement->db);
  return (statement->impl->*name)(static_cast<uint32_t>(column));
}

}  // namespace

extern "C" {

int sqlite3_column_count(sqlite3_stmt* statement) {
  return usable(statement) ? static_cast<int>(statement->impl->column_count()) : 0;
}

int sqlite3_data_count(sqlite3_stmt* statement) {
  return usable(statement) ? static_cast<int>(statement->impl->data_count()) : 0;
}

int sqlite3_column_type(sqlite3_stmt* statement, int column) {
  if (!readable(statement, column)) return SQLITE_NULL;
  return static_cast<int>(statement->impl->column_type(static_cast<uint32_t>(column)));
}

int sqlite3_column_int(sqlite3_stmt* statement, int column) {
  if (!readable(statement, column)) return 0;
  return static_cast<int>(statement->impl->column_int64(static_cast<uint32_t>(column)));
}

sqlite3_int64 sqlite3_column_int64(sqlite3_stmt* statement, int column) {
  if (!readable(statement, column)) return 0;
  return statement->impl->column_int64(static_cast<uint32_t>(column));
}

double sqlite3_column_double(sqlite3_stmt* statement, int column) {
  if (!readable(statement, column)) return 0;
  return statement->impl->column_double(static_cast<uint32_t>(column));
}

const unsigned char* sqlite3_column_text(sqlite3_stmt* statement, int column) {
  if (!readable(statement, column)) return nullptr;
  return reinterpret_cast<const unsigned char*>(statement->impl->column_text(static_cast<uint32_t>(column)).data());
}

const void* sqlite3_column_blob(sqlite3_stmt* statement, int column) {
  if (!readable(statement, column)) return nullptr;
  std::string_view bytes = statement->impl->column_blob(static_cast<uint32_t>(column));
  return bytes.empty() ? nullptr : bytes.data();
}

int sqlite3_column_bytes(sqlite3_stmt* statement, int column) {
  if (!readable(statement, column)) return 0;
  return static_cast<int>(statement->impl->column_bytes(static_cast<uint32_t>(column)));
}

const void* sqlite3_column_text16(sqlite3_stmt* statement, int column) {
  if (!readable(statement, column)) return nullptr;
  return statement->impl->column_text16(static_cast<uint32_t>(column)).data();
}

int sqlite3_column_bytes16(sqlite3_stmt* statement, int column) {
  if (!readable(statement, column)) return 0;
  return static_cast<int>(statement->impl->column_bytes16(static_cast<uint32_t>(column)));
}

sqlite3_value* sqlite3_column_value(sqlite3_stmt* statement, int column) {
  static sqlite3_value nothing;
  if (!readable(statement, column)) return &nothing;
  engine::Statement& impl = *statement->impl;
  if (statement->value_count != impl.column_count()) {
    bool made = attempt(statement->db, false, [&] { return make_values(*statement, impl.column_count()); });
    if (!made) return nullptr;
  }
  uint32_t index = static_cast<uint32_t>(column);
  sqlite3_value& value = statement->values[index];
  if (statement->value_stamps[index] != impl.row_stamp()) {
    value.set(impl.column_value(index));
    statement->value_stamps[index] = impl.row_stamp();
  }
  return &value;
}

const char* sqlite3_column_name(sqlite3_stmt* s, int column) {
  return column_fact(s, column, &engine::Statement::column_name);
}
const char* sqlite3_column_decltype(sqlite3_stmt* s, int column) {
  return column_fact(s, column, &engine::Statement::column_declared_type);
}
const char* sqlite3_column_database_name(sqlite3_stmt* s, int column) {
  return column_fact(s, column, &engine::Statement::column_database);
}
const char* sqlite3_column_table_name(sqlite3_stmt* s, int column) {
  return column_fact(s, column, &engine::Statement::column_table);
}
const char* sqlite3_column_origin_name(sqlite3_stmt* s, int column) {
  return column_fact(s, column, &engine::Statement::column_origin);
}

const void* sqlite3_column_name16(sqlite3_stmt* s, int column) { return name16(s, sqlite3_column_name(s, column)); }
const void* sqlite3_column_decltype16(sqlite3_stmt* s, int column) {
  return name16(s, sqlite3_column_decltype(s, column));
}
const void* sqlite3_column_database_name16(sqlite3_stmt* s, int column) {
  return name16(s, sqlite3_column_database_name(s, column));
}
const void* sqlite3_column_table_name16(sqlite3_stmt* s, int column) {
  return name16(s, sqlite3_column_table_name(s, column));
}
const void* sqlite3_column_origin_name16(sqlite3_stmt* s, int column) {
  return name16(s, sqlite3_column_origin_name(s, column));
}

}  // extern "C"
