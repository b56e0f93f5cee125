#include "engine/blob.h"

#include <cstring>

#include "base/text.h"

namespace sqlrite::engine {

namespace {

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + '"';
}

Status refuse(const char* what, std::string_view name) {
  return status_format(Code::Error, "cannot open %s: %.*s", what, static_cast<int>(name.size()), name.data());
}

Status check_writable(Connection& connection, const catalog::Table& table, int column) {
  for (const catalog::Index* index : table.indexes) {
    for (const catalog::IndexField& field : index->fields.first(index->key_field_count)) {
      if (field.column == column || field.column == catalog::kExpressionColumn) {
        return Status(Code::Error, "cannot open indexed column for writing");
      }
    }
  }
  if (table.rowid_alias == column) return Status(Code::Error, "cannot open value of type integer");
  if (!connection.settings().foreign_keys) return {};
  for (const catalog::ForeignKey& key : table.foreign_keys) {
    for (uint16_t child : key.columns) {
      if (child == column) return Status(Code::Error, "cannot open foreign key column for writing");
    }
  }
  return {};
}

Status check_target(Connection& connection, std::string_view database, std::string_view table, std::string_view column,
                    bool writable) {
  SQLRITE_TRY(connection.refresh_schemas().take_status());
  SQLRITE_TRY(connection.load_schemas());
  const catalog::Table* found =
      connection.find_database(database) < 0 ? nullptr : connection.find_table(database, table).table;
  if (found == nullptr) {
    return status_format(Code::Error, "no such table: %.*s.%.*s", static_cast<int>(database.size()), database.data(),
                         static_cast<int>(table.size()), table.data());
  }
  if (found->kind == catalog::TableKind::Virtual) return refuse("virtual table", table);
  if (found->kind == catalog::TableKind::View) return refuse("view", table);
  if (found->without_rowid) return refuse("table without rowid", table);
  if (found->has_generated) return refuse("table with generated columns", table);
  int number = found->find_column(column);
  if (number < 0) {
    return status_format(Code::Error, "no such column: \"%.*s\"", static_cast<int>(column.size()), column.data());
  }
  return writable ? check_writable(connection, *found, number) : Status();
}

}  // namespace

Result<std::unique_ptr<Blob>> Blob::open(Connection& connection, std::string_view database, std::string_view table,
                                         std::string_view column, int64_t rowid, bool writable) {
  SQLRITE_TRY(check_target(connection, database, table, column, writable));
  std::string place = quoted(database) + '.' + quoted(table);
  std::unique_ptr<Blob> blob(new Blob(connection));
  SQLRITE_TRY(
      connection.prepare("SELECT " + quoted(column) + " FROM " + place + " WHERE rowid=?1", 0, &blob->read_, nullptr));
  if (writable) {
    SQLRITE_TRY(connection.prepare("UPDATE " + place + " SET " + quoted(column) + "=?1 WHERE rowid=?2", 0,
                                   &blob->write_, nullptr));
  }
  SQLRITE_TRY(blob->load(rowid));
  return blob;
}

Blob::~Blob() {
  if (write_ != nullptr) Statement::finalize(write_);
  if (read_ != nullptr) Statement::finalize(read_);
}

Status Blob::load(int64_t rowid) {
  read_->reset();
  SQLRITE_TRY(read_->bind_int64(1, rowid));
  Code code = read_->step();
  Status status;
  if (code == Code::Row) {
    ValueType type = read_->column_type(0);
    if (type == ValueType::Text || type == ValueType::Blob) {
      bytes_ = read_->column_text(0);
      text_ = type == ValueType::Text;
      rowid_ = rowid;
      seen_changes_ = connection_.total_changes();
    } else {
      status = status_format(Code::Error, "cannot open value of type %s",
                             type == ValueType::Null   ? "null"
                             : type == ValueType::Real ? "real"
                                                       : "integer");
    }
  } else if (code == Code::Done) {
    status = status_format(Code::Error, "no such rowid: %lld", static_cast<long long>(rowid));
  } else {
    status = Status(code, connection_.error_message());
  }
  read_->reset();
  return status;
}

Status Blob::refresh() {
  if (expired_) return Code::Abort;
  if (seen_changes_ == connection_.total_changes()) return {};
  size_t size = bytes_.size();
  Status status = load(rowid_);
  expired_ = !status.ok() || bytes_.size() != size;
  return expired_ ? Status(Code::Abort) : Status();
}

Status Blob::check_range(int64_t offset, int64_t size_bytes) const {
  if (size_bytes >= 0 && offset >= 0 && offset <= static_cast<int64_t>(bytes_.size()) &&
      size_bytes <= static_cast<int64_t>(bytes_.size()) - offset) {
    return {};
  }
  return expired_ ? Code::Abort : Code::Error;
}

Status Blob::read(int64_t offset, void* out, int64_t size_bytes) {
  SQLRITE_TRY(check_range(offset, size_bytes));
  SQLRITE_TRY(refresh());
  if (size_bytes > 0) std::memcpy(out, bytes_.data() + offset, static_cast<size_t>(size_bytes));
  return {};
}

Status Blob::write(int64_t offset, const void* bytes, int64_t size_bytes) {
  SQLRITE_TRY(check_range(offset, size_bytes));
  if (write_ == nullptr) return Code::ReadOnly;
  SQLRITE_TRY(refresh());
  std::string changed = bytes_;
  if (size_bytes > 0) std::memcpy(changed.data() + offset, bytes, static_cast<size_t>(size_bytes));
  write_->reset();
  SQLRITE_TRY(text_ ? write_->bind_text(1, changed, Bytes::Static) : write_->bind_blob(1, changed, Bytes::Static));
  SQLRITE_TRY(write_->bind_int64(2, rowid_));
  Code code = write_->step();
  Status status = code == Code::Done ? Status() : Status(code, connection_.error_message());
  write_->reset();
  write_->clear_bindings();
  if (!status.ok()) return status;
  bytes_ = std::move(changed);
  seen_changes_ = connection_.total_changes();
  return {};
}

Status Blob::reopen(int64_t rowid) {
  if (expired_) return Code::Abort;
  Status status = load(rowid);
  expired_ = !status.ok();
  return status;
}

}  // namespace sqlrite::engine
