// Statements: prepare, step, reset, finalize, and the conveniences built on them (exec, get_table).
#include <cstring>

#include "base/grow_array.h"
#include "handles.h"
#include "sql/lexer/lexer.h"
#include "sql/parser/parser.h"
#include "types/utf.h"

using namespace sqlrite;
using namespace sqlrite::compat;

namespace sqlrite::compat {

int prepare(sqlite3* db, std::string_view sql, bool legacy, sqlite3_stmt** out, size_t* tail) {
  *out = nullptr;
  *tail = sql.size();
  engine::Statement* impl = nullptr;
  Status status = guarded([&] { return db->connection->prepare(sql, 0, &impl, tail); });
  if (!status.ok()) return answer(db, status);
  if (impl == nullptr) return answer_ok(db);
  sqlite3_stmt* statement = take_statement_slot();
  if (statement == nullptr) {
    engine::Statement::finalize(impl);
    return answer(db, Code::NoMem);
  }
  statement->impl = impl;
  statement->db = db;
  statement->legacy = legacy;
  impl->owner = statement;
  *out = statement;
  return SQLITE_OK;
}

}  // namespace sqlrite::compat

namespace {

int prepare_utf8(sqlite3* db, const char* sql, int size, bool legacy, sqlite3_stmt** out, const char** tail) {
  if (out == nullptr) return SQLITE_MISUSE;
  *out = nullptr;
  if (!usable(db) || sql == nullptr) return SQLITE_MISUSE;
  Lock lock(db);
  size_t length = size < 0 ? std::strlen(sql) : strnlen(sql, static_cast<size_t>(size));
  size_t used = 0;
  int code = compat::prepare(db, {sql, length}, legacy, out, &used);
  if (tail != nullptr) *tail = sql + used;
  return code;
}

int prepare_utf16(sqlite3* db, const void* sql, int size, bool legacy, sqlite3_stmt** out, const void** tail) {
  if (out == nullptr) return SQLITE_MISUSE;
  *out = nullptr;
  if (!usable(db) || sql == nullptr) return SQLITE_MISUSE;
  Lock lock(db);
  std::string_view bytes = bytes16_of(sql, size);
  for (size_t i = 0; i + 1 < bytes.size(); i += 2) {
    if (bytes[i] == 0 && bytes[i + 1] == 0) bytes = bytes.substr(0, i);
  }
  Arena heap(512);
  auto text = utf16_to_utf8(bytes, kNativeUtf16, heap);
  if (!text.ok()) return answer(db, text.status());
  size_t used = 0;
  int code = compat::prepare(db, text.value(), legacy, out, &used);
  if (tail != nullptr) {
    // As many UTF-16 units as the characters used have.
    size_t units = 0;
    const char* end = text.value().data() + used;
    for (const char* at = text.value().data(); at < end;) units += read_utf8(at, end) >= 0x10000 ? 2 : 1;
    *tail = static_cast<const char*>(sql) + units * 2;
  }
  return code;
}

int finalize(sqlite3_stmt* statement) {
  sqlite3* db = statement->db;
  Lock lock(db);
  int mask = db->error_mask;
  engine::Statement* impl = statement->impl;
  impl->owner = nullptr;
  free_statement_slot(statement);
  Code code = engine::Statement::finalize(impl);  // may end a connection that was closed before
  return static_cast<int>(code) & mask;
}

// Values and names of the current row for a callback; false when memory is gone.
bool fill_row(sqlite3_stmt* statement, bool values, bool names, GrowArray<char*>* row) {
  size_t columns = static_cast<size_t>(sqlite3_column_count(statement));
  if (!row->reserve(columns * 2 + 1)) return false;
  row->truncate(columns * 2 + 1);
  for (size_t i = 0; i < columns; ++i) {
    int column = static_cast<int>(i);
    if (names) (*row)[columns + i] = const_cast<char*>(sqlite3_column_name(statement, column));
    if ((*row)[columns + i] == nullptr) return false;
    if (!values) continue;
    (*row)[i] = reinterpret_cast<char*>(const_cast<unsigned char*>(sqlite3_column_text(statement, column)));
    if ((*row)[i] == nullptr && sqlite3_column_type(statement, column) != SQLITE_NULL) return false;
  }
  return true;
}

void set_message(char** message, sqlite3* db) {
  if (message != nullptr) *message = allocated_copy(db->connection->error_message());
}

}  // namespace

extern "C" {

int sqlite3_prepare(sqlite3* db, const char* sql, int size, sqlite3_stmt** out, const char** tail) {
  return prepare_utf8(db, sql, size, true, out, tail);
}
int sqlite3_prepare_v2(sqlite3* db, const char* sql, int size, sqlite3_stmt** out, const char** tail) {
  return prepare_utf8(db, sql, size, false, out, tail);
}
int sqlite3_prepare_v3(sqlite3* db, const char* sql, int size, unsigned, sqlite3_stmt** out, const char** tail) {
  return prepare_utf8(db, sql, size, false, out, tail);
}
int sqlite3_prepare16(sqlite3* db, const void* sql, int size, sqlite3_stmt** out, const void** tail) {
  return prepare_utf16(db, sql, size, true, out, tail);
}
int sqlite3_prepare16_v2(sqlite3* db, const void* sql, int size, sqlite3_stmt** out, const void** tail) {
  return prepare_utf16(db, sql, size, false, out, tail);
}
int sqlite3_prepare16_v3(sqlite3* db, const void* sql, int size, unsigned, sqlite3_stmt** out, const void** tail) {
  return prepare_utf16(db, sql, size, false, out, tail);
}

int sqlite3_step(sqlite3_stmt* statement) {
  if (!usable(statement)) [[unlikely]]
    return SQLITE_MISUSE;
  sqlite3* db = statement->db;
  Lock lock(db);
  Code code = statement->impl->step();
  if (code == Code::Row || code == Code::Done) [[likely]]
    return static_cast<int>(code);
  if (statement->legacy) {
    Code primary = primary_code(code);
    return primary == Code::Busy || primary == Code::Misuse ? static_cast<int>(primary) : SQLITE_ERROR;
  }
  return masked(db, static_cast<int>(code));
}

int sqlite3_reset(sqlite3_stmt* statement) {
  if (statement == nullptr) return SQLITE_OK;
  if (!usable(statement)) return SQLITE_MISUSE;
  sqlite3* db = statement->db;
  Lock lock(db);
  Code code = statement->impl->reset();
  if (db->result_boxes != nullptr && db->connection->transaction().active_count() == 0)
    release_boxes(db->result_boxes, 0);
  return masked(db, static_cast<int>(code));
}

int sqlite3_finalize(sqlite3_stmt* statement) {
  if (statement == nullptr) return SQLITE_OK;
  if (!usable(statement)) return SQLITE_MISUSE;
  return finalize(statement);
}

sqlite3* sqlite3_db_handle(sqlite3_stmt* statement) { return usable(statement) ? statement->db : nullptr; }

int sqlite3_stmt_readonly(sqlite3_stmt* statement) {
  return !usable(statement) || statement->impl->is_read_only() ? 1 : 0;
}

int sqlite3_stmt_isexplain(sqlite3_stmt* statement) { return usable(statement) ? statement->impl->explain_mode() : 0; }

int sqlite3_stmt_explain(sqlite3_stmt* statement, int mode) {
  if (!usable(statement)) return SQLITE_MISUSE;
  if (mode < 0 || mode > 2) return SQLITE_ERROR;
  if (mode == statement->impl->explain_mode()) return SQLITE_OK;
  Lock lock(statement->db);
  return answer(statement->db,
                Status(Code::Error, "a prepared statement cannot be changed to EXPLAIN in this version"));
}

int sqlite3_stmt_busy(sqlite3_stmt* statement) {
  if (!usable(statement)) return 0;
  Lock lock(statement->db);
  return statement->impl->is_running() && statement->impl->has_row() ? 1 : 0;
}

int sqlite3_stmt_status(sqlite3_stmt* statement, int op, int reset) {
  return usable(statement) ? static_cast<int>(statement->impl->status_counter(op, reset != 0)) : 0;
}

sqlite3_stmt* sqlite3_next_stmt(sqlite3* db, sqlite3_stmt* statement) {
  if (!usable(db)) return nullptr;
  Lock lock(db);
  engine::Statement* next = usable(statement) ? statement->impl->next_statement() : db->connection->first_statement();
  while (next != nullptr && next->owner == nullptr) next = next->next_statement();  // the engine's own
  return next != nullptr ? slot_of(next) : nullptr;
}

const char* sqlite3_sql(sqlite3_stmt* statement) {
  if (!usable(statement)) return nullptr;
  Lock lock(statement->db);
  std::string_view text = statement->impl->sql();
  if (text.data()[text.size()] == '\0') return text.data();
  // The text goes on behind the statement: a copy that ends.
  return attempt<const char*>(statement->db, nullptr, [&] {
    if (statement->normalized.empty()) statement->normalized = text;
    return statement->normalized.c_str();
  });
}

char* sqlite3_expanded_sql(sqlite3_stmt* statement) {
  if (!usable(statement)) return nullptr;
  Lock lock(statement->db);
  return attempt<char*>(statement->db, nullptr, [&] { return allocated_copy(statement->impl->expanded_sql()); });
}

const char* sqlite3_normalized_sql(sqlite3_stmt* statement) { return sqlite3_sql(statement); }

int sqlite3_expired(sqlite3_stmt*) { return 0; }

int sqlite3_transfer_bindings(sqlite3_stmt* from, sqlite3_stmt* to) {
  if (!usable(from) || !usable(to)) return SQLITE_MISUSE;
  uint32_t count = from->impl->parameter_count();
  if (count != to->impl->parameter_count()) return SQLITE_ERROR;
  Lock lock(to->db);
  for (uint32_t i = 0; i < count; ++i) {
    Status status = to->impl->bind_value(i + 1, from->impl->parameters()[i], engine::Bytes::Copy);
    if (!status.ok()) return answer(to->db, status);
  }
  from->impl->clear_bindings();
  return SQLITE_OK;
}

// ---------------------------------------------------------------- exec

int sqlite3_exec(sqlite3* db, const char* sql, int (*callback)(void*, int, char**, char**), void* context,
                 char** message) {
  if (message != nullptr) *message = nullptr;
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  std::string_view rest = sql != nullptr ? sql : "";
  answer_ok(db);
  GrowArray<char*> row;  // values, then names
  while (!rest.empty()) {
    sqlite3_stmt* statement = nullptr;
    size_t used = 0;
    int code = compat::prepare(db, rest, false, &statement, &used);
    if (code != SQLITE_OK) {
      set_message(message, db);
      return code;
    }
    rest.remove_prefix(used);
    if (statement == nullptr) continue;
    bool have_names = false;
    for (;;) {
      code = sqlite3_step(statement);
      bool empty_too = code == SQLITE_DONE && !have_names && db->connection->settings().empty_result_callbacks;
      if (callback != nullptr && (code == SQLITE_ROW || empty_too)) {
        int count = sqlite3_column_count(statement);
        size_t columns = static_cast<size_t>(count);
        if (!fill_row(statement, code == SQLITE_ROW, !have_names, &row)) {
          finalize(statement);
          code = answer(db, Code::NoMem);
          set_message(message, db);
          return code;
        }
        have_names = true;
        if (callback(context, count, code == SQLITE_ROW ? row.data() : nullptr, row.data() + columns) != 0) {
          finalize(statement);
          code = answer(db, Status(Code::Abort, "query aborted"));
          set_message(message, db);
          return code;
        }
      }
      if (code != SQLITE_ROW) break;
    }
    code = finalize(statement);
    if (code != SQLITE_OK) {
      set_message(message, db);
      return code;
    }
  }
  return SQLITE_OK;
}

namespace {

struct TableResult {
  GrowArray<char*> cells;  // names first
  int column_count = 0;
  int row_count = 0;
  bool mismatch = false;
  bool out_of_memory = false;

  bool add(const char* text) {
    char* copy = text != nullptr ? allocated_copy(text) : nullptr;
    out_of_memory = (text != nullptr && copy == nullptr) || !cells.push_back(copy);
    if (out_of_memory) sqlite3_free(copy);
    return !out_of_memory;
  }
};

int collect_row(void* context, int count, char** values, char** names) {
  TableResult& result = *static_cast<TableResult*>(context);
  if (result.row_count == 0 && result.cells.empty()) {
    result.column_count = count;
    for (int i = 0; i < count; ++i) {
      if (!result.add(names[i])) return 1;
    }
  } else if (count != result.column_count) {
    result.mismatch = true;
    return 1;
  }
  if (values == nullptr) return 0;
  ++result.row_count;
  for (int i = 0; i < count; ++i) {
    if (!result.add(values[i])) return 1;
  }
  return 0;
}

}  // namespace

int sqlite3_get_table(sqlite3* db, const char* sql, char*** out, int* row_count, int* column_count, char** message) {
  if (out == nullptr) return SQLITE_MISUSE;
  *out = nullptr;
  if (row_count != nullptr) *row_count = 0;
  if (column_count != nullptr) *column_count = 0;
  if (message != nullptr) *message = nullptr;
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  TableResult result;
  int code = sqlite3_exec(db, sql, &collect_row, &result, message);
  if (code == SQLITE_ABORT && result.mismatch) {
    if (message != nullptr) {
      sqlite3_free(*message);
      *message = allocated_copy("sqlite3_get_table() called with two or more incompatible queries");
    }
    code = SQLITE_ERROR;
  }
  if (code == SQLITE_ABORT && result.out_of_memory) code = answer(db, Code::NoMem);
  // The block carries its number of cells in front, for sqlite3_free_table().
  char** block =
      code == SQLITE_OK ? static_cast<char**>(sqlite3_malloc64((result.cells.size() + 1) * sizeof(char*))) : nullptr;
  if (block == nullptr) {
    for (char* cell : result.cells) sqlite3_free(cell);
    return code == SQLITE_OK ? SQLITE_NOMEM : code;
  }
  block[0] = reinterpret_cast<char*>(result.cells.size());
  for (size_t i = 0; i < result.cells.size(); ++i) block[i + 1] = result.cells[i];
  *out = block + 1;
  if (row_count != nullptr) *row_count = result.row_count;
  if (column_count != nullptr) *column_count = result.column_count;
  return SQLITE_OK;
}

void sqlite3_free_table(char** table) {
  if (table == nullptr) return;
  char** block = table - 1;
  size_t count = reinterpret_cast<size_t>(block[0]);
  for (size_t i = 0; i < count; ++i) sqlite3_free(block[i + 1]);
  sqlite3_free(block);
}

int sqlite3_complete(const char* sql) { return sql != nullptr && sql::is_complete(sql) ? 1 : 0; }

int sqlite3_complete16(const void* sql) {
  if (sql == nullptr) return 0;
  return attempt(nullptr, [&] { return sql::is_complete(utf8_of(sql, -1)) ? 1 : 0; });
}

}  // extern "C"
