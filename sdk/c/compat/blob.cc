// Incremental blobs: one value of one row, read and written in place of its bytes.
//
// The handle keeps the value's bytes and reads them again when the connection or somebody else changed the database in
// between; a row that vanished or changed its type ends the handle (ABORT), as in SQLite.
#include <cstring>

#include "base/text.h"
#include "handles.h"

using namespace sqlrite;
using namespace sqlrite::compat;

struct sqlite3_blob {
  sqlite3* db = nullptr;
  sqlite3_stmt* read = nullptr;
  sqlite3_stmt* write = nullptr;    // null: opened for reading
  std::string bytes;
  bool text = false;
  bool expired = false;
  sqlite3_int64 rowid = 0;
  int64_t seen_changes = 0;         // total_changes() when the bytes were read
};

namespace {

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

Status load(sqlite3_blob* blob, sqlite3_int64 rowid) {
  engine::Statement& statement = *blob->read->impl;
  statement.reset();
  SQLRITE_TRY(statement.bind_int64(1, rowid));
  Code code = statement.step();
  if (code != Code::Row) {
    Status status = code == Code::Done ? status_format(Code::Error, "no such rowid: %lld", static_cast<long long>(rowid))
                                       : Status(code, blob->db->connection->error_message());
    statement.reset();
    return status;
  }
  ValueType type = statement.column_type(0);
  if (type != ValueType::Text && type != ValueType::Blob) {
    statement.reset();
    return status_format(Code::Error, "cannot open value of type %s",
                         type == ValueType::Null ? "null" : type == ValueType::Real ? "real" : "integer");
  }
  blob->bytes = statement.column_text(0);
  blob->text = type == ValueType::Text;
  blob->rowid = rowid;
  statement.reset();
  blob->seen_changes = blob->db->connection->total_changes();
  return {};
}

// False: the handle has expired.
bool refresh(sqlite3_blob* blob) {
  if (blob->expired) return false;
  if (blob->seen_changes == blob->db->connection->total_changes()) return true;
  size_t size = blob->bytes.size();
  Status status = load(blob, blob->rowid);
  blob->expired = !status.ok() || blob->bytes.size() != size;
  return !blob->expired;
}

Status check_target(sqlite3* db, const char* database, const char* table, const char* column, bool write) {
  engine::Connection& connection = *db->connection;
  SQLRITE_TRY_ASSIGN(bool refreshed, connection.refresh_schemas());
  static_cast<void>(refreshed);
  SQLRITE_TRY(connection.load_schemas());
  if (connection.find_database(database) < 0) return status_format(Code::Error, "no such table: %s.%s", database, table);
  const catalog::Table* found = connection.find_table(database, table).table;
  if (found == nullptr) return status_format(Code::Error, "no such table: %s.%s", database, table);
  if (found->kind == catalog::TableKind::Virtual) return status_format(Code::Error, "cannot open virtual table: %s", table);
  if (found->kind == catalog::TableKind::View) return status_format(Code::Error, "cannot open view: %s", table);
  if (found->without_rowid) return status_format(Code::Error, "cannot open table without rowid: %s", table);
  if (found->has_generated) return status_format(Code::Error, "cannot open table with generated columns: %s", table);
  int number = found->find_column(column);
  if (number < 0) return status_format(Code::Error, "no such column: \"%s\"", column);
  if (!write) return {};
  for (const catalog::Index* index : found->indexes) {
    for (const catalog::IndexField& field : index->fields.first(index->key_field_count)) {
      if (field.column == number || field.column == catalog::kExpressionColumn) {
        return Status(Code::Error, "cannot open indexed column for writing");
      }
    }
  }
  if (found->rowid_alias == number) return Status(Code::Error, "cannot open value of type integer");
  if (connection.settings().foreign_keys) {
    for (const catalog::ForeignKey& key : found->foreign_keys) {
      for (uint16_t child : key.columns) {
        if (child == number) return Status(Code::Error, "cannot open foreign key column for writing");
      }
    }
  }
  return {};
}

}  // namespace

extern "C" {

int sqlite3_blob_open(sqlite3* db, const char* database, const char* table, const char* column, sqlite3_int64 rowid, int write,
                      sqlite3_blob** out) {
  if (out == nullptr) return SQLITE_MISUSE;
  *out = nullptr;
  if (!usable(db) || table == nullptr || column == nullptr) return SQLITE_MISUSE;
  Lock lock(db);
  if (database == nullptr) database = "main";
  if (Status status = check_target(db, database, table, column, write != 0); !status.ok()) return answer(db, status);
  std::string place = quoted(database) + '.' + quoted(table);
  std::string read = "SELECT " + quoted(column) + " FROM " + place + " WHERE rowid=?1";
  std::string change = "UPDATE " + place + " SET " + quoted(column) + "=?1 WHERE rowid=?2";
  auto blob = std::make_unique<sqlite3_blob>();
  blob->db = db;
  size_t used = 0;
  int code = compat::prepare(db, read, false, &blob->read, &used);
  if (code == SQLITE_OK && write != 0) code = compat::prepare(db, change, false, &blob->write, &used);
  if (code == SQLITE_OK) {
    Status status = load(blob.get(), rowid);
    if (status.ok()) {
      *out = blob.release();
      return answer_ok(db);
    }
    sqlite3_finalize(blob->read);
    sqlite3_finalize(blob->write);
    return answer(db, status);
  }
  Status kept(static_cast<Code>(db->connection->extended_error_code()), db->connection->error_message());
  sqlite3_finalize(blob->read);
  sqlite3_finalize(blob->write);
  return answer(db, kept);
}

int sqlite3_blob_reopen(sqlite3_blob* blob, sqlite3_int64 rowid) {
  if (blob == nullptr) return SQLITE_MISUSE;
  Lock lock(blob->db);
  if (blob->expired) return answer(blob->db, Code::Abort);
  Status status = load(blob, rowid);
  blob->expired = !status.ok();
  return status.ok() ? answer_ok(blob->db) : answer(blob->db, status);
}

int sqlite3_blob_close(sqlite3_blob* blob) {
  if (blob == nullptr) return SQLITE_OK;
  sqlite3_finalize(blob->write);
  sqlite3_finalize(blob->read);
  delete blob;
  return SQLITE_OK;
}

int sqlite3_blob_bytes(sqlite3_blob* blob) { return blob != nullptr && !blob->expired ? static_cast<int>(blob->bytes.size()) : 0; }

int sqlite3_blob_read(sqlite3_blob* blob, void* out, int size, int offset) {
  if (blob == nullptr) return SQLITE_MISUSE;
  Lock lock(blob->db);
  if (size < 0 || offset < 0 || static_cast<size_t>(size) + static_cast<size_t>(offset) > blob->bytes.size()) {
    return answer(blob->db, blob->expired ? Code::Abort : Code::Error);
  }
  if (!refresh(blob)) return answer(blob->db, Code::Abort);
  if (size > 0) std::memcpy(out, blob->bytes.data() + offset, static_cast<size_t>(size));
  return answer_ok(blob->db);
}

int sqlite3_blob_write(sqlite3_blob* blob, const void* bytes, int size, int offset) {
  if (blob == nullptr) return SQLITE_MISUSE;
  Lock lock(blob->db);
  if (size < 0 || offset < 0 || static_cast<size_t>(size) + static_cast<size_t>(offset) > blob->bytes.size()) {
    return answer(blob->db, blob->expired ? Code::Abort : Code::Error);
  }
  if (blob->write == nullptr) return answer(blob->db, Code::ReadOnly);
  if (!refresh(blob)) return answer(blob->db, Code::Abort);
  std::string changed = blob->bytes;
  if (size > 0) std::memcpy(changed.data() + offset, bytes, static_cast<size_t>(size));
  engine::Connection& connection = *blob->db->connection;
  engine::Statement& statement = *blob->write->impl;
  statement.reset();
  Status bound = blob->text ? statement.bind_text(1, changed, engine::Bytes::Static) : statement.bind_blob(1, changed, engine::Bytes::Static);
  if (bound.ok()) bound = statement.bind_int64(2, blob->rowid);
  if (!bound.ok()) return answer(blob->db, bound);
  Code code = statement.step();
  if (code != Code::Done) {
    Status status(code, connection.error_message());
    statement.reset();
    return answer(blob->db, status);
  }
  statement.reset();
  statement.clear_bindings();
  blob->bytes = std::move(changed);
  blob->seen_changes = connection.total_changes();
  return answer_ok(blob->db);
}

}  // extern "C"
