#include "engine/blob.h"

#include "base/text.h"

namespace sqlrite::engine {

namespace {

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

}  // namespace

Result<std::unique_ptr<Blob>> Blob::open(Connection& connection, std::string_view database, std::string_view table,
                                         std::string_view column, int64_t rowid, bool writable) {
  SQLRITE_TRY(connection.refresh_schemas().take_status());
  SQLRITE_TRY(connection.load_schemas());
  std::unique_ptr<Blob> blob(new Blob(connection, writable));
  if (int number = connection.find_database(database); number >= 0) {
    SQLRITE_TRY(blob->join_transaction(static_cast<uint32_t>(number)));
  }
  SQLRITE_TRY(blob->resolve(database, table, column));
  SQLRITE_TRY(blob->reopen(rowid));
  return blob;
}

Blob::~Blob() { close().ignore(); }

Status Blob::close() {
  if (!joined_) return {};
  joined_ = false;
  cursor_.close();
  (previous_ != nullptr ? previous_->next_ : connection_.first_blob_) = next_;
  if (next_ != nullptr) next_->previous_ = previous_;
  Status status = connection_.transaction().statement_finished(writable_, false, false);
  if (status.ok() && !ended_ && last_code_ != Code::Ok) status = last_code_;
  connection_.end_if_orphaned();
  return status;
}

Status Blob::join_transaction(uint32_t database) {
  Transaction& transaction = connection_.transaction();
  database_ = database;
  next_ = connection_.first_blob_;
  if (next_ != nullptr) next_->previous_ = this;
  connection_.first_blob_ = this;
  joined_ = true;
  transaction.statement_started(writable_);
  abort_count_ = transaction.abort_count();
  Status status = writable_ ? transaction.ensure_write(database) : transaction.ensure_read(database);
  if (status.code() == Code::Schema) {
    // The snapshot is newer than the schema in memory, and stays: once more is enough.
    SQLRITE_TRY(connection_.load_schemas());
    status = writable_ ? transaction.ensure_write(database) : transaction.ensure_read(database);
  }
  return status;
}

Status Blob::resolve(std::string_view database, std::string_view table, std::string_view column) {
  const catalog::Table* found =
      connection_.find_database(database) < 0 ? nullptr : connection_.find_table(database, table).table;
  if (found == nullptr) {
    return status_format(Code::Error, "no such table: %.*s.%.*s", static_cast<int>(database.size()), database.data(),
                         static_cast<int>(table.size()), table.data());
  }
  if (found->kind == catalog::TableKind::Virtual) return refuse("virtual table", table);
  if (found->kind == catalog::TableKind::View) return refuse("view", table);
  if (found->without_rowid) return refuse("table without rowid", table);
  if (found->has_generated) return refuse("table with generated columns", table);
  const int number = found->find_column(column);
  if (number < 0) {
    return status_format(Code::Error, "no such column: \"%.*s\"", static_cast<int>(column.size()), column.data());
  }
  if (writable_) SQLRITE_TRY(check_writable(connection_, *found, number));
  table_ = found->name;
  column_ = found->columns[static_cast<size_t>(number)].name;
  schema_ = connection_.database(database_).schema;
  root_ = found->root;
  column_number_ = static_cast<uint32_t>(number);
  return {};
}

Status Blob::seek(int64_t rowid, storage::FieldPlace* place) {
  SQLRITE_TRY(cursor_.open(&pager(), root_, storage::kNewestView));
  SQLRITE_TRY_ASSIGN(bool found, cursor_.seek(rowid, storage::Seek::Equal));
  if (!found) return status_format(Code::Error, "no such rowid: %lld", static_cast<long long>(rowid));
  SQLRITE_TRY_ASSIGN(*place, storage::locate_field(cursor_.cell(), pager(), storage::kNewestView, column_number_));
  if (place->serial_type >= 12) return {};
  return status_format(Code::Error, "cannot open value of type %s",
                       place->serial_type == 0   ? "null"
                       : place->serial_type == 7 ? "real"
                                                 : "integer");
}

Status Blob::stand() {
  ended_ = ended_ || row_changed_;
  if (ended_) return Code::Abort;
  if (writable_ && connection_.transaction().abort_count() != abort_count_) return Code::AbortRollback;
  Status status;
  if (schema_.get() != connection_.database(database_).schema.get()) {
    // A schema change of this connection may have moved the table, or the column in its rows.
    SQLRITE_TRY(connection_.load_schemas());
    status = resolve(connection_.database(database_).name, std::string(table_), std::string(column_));
  }
  storage::FieldPlace place;
  if (status.ok()) status = seek(rowid_, &place);
  if (!status.ok() && status.code() != Code::Error) return status;
  ended_ = !status.ok() || place != place_;
  return ended_ ? Status(Code::Abort) : Status();
}

// Whatever the change was: the row as the handle knew it is gone.
void Blob::note_row_change(DatabaseId database, std::string_view table, RowId rowid) {
  if (database.value == database_ && rowid == rowid_ && iequals(table, table_)) row_changed_ = true;
}

Status Blob::check_range(int64_t offset, int64_t size_bytes) const {
  const int64_t size = static_cast<int64_t>(place_.size_bytes);
  if (size_bytes >= 0 && offset >= 0 && offset <= size && size_bytes <= size - offset) return {};
  return Code::Error;
}

Status Blob::read(int64_t offset, void* out, int64_t size_bytes) {
  SQLRITE_TRY(check_range(offset, size_bytes));
  Status status = stand();
  if (status.ok() && size_bytes > 0) {
    status = cursor_.read_payload(place_.offset + static_cast<uint64_t>(offset), static_cast<uint32_t>(size_bytes),
                                  static_cast<uint8_t*>(out));
  }
  cursor_.rest();
  last_code_ = status.code();
  return status;
}

Status Blob::write(int64_t offset, const void* bytes, int64_t size_bytes) {
  SQLRITE_TRY(check_range(offset, size_bytes));
  Status status = stand();
  if (status.ok() && !writable_) status = Code::ReadOnly;
  if (status.ok() && size_bytes > 0) {
    status = cursor_.overwrite(place_.offset + static_cast<uint64_t>(offset),
                               {static_cast<const uint8_t*>(bytes), static_cast<size_t>(size_bytes)});
  }
  cursor_.rest();
  last_code_ = status.code();
  return status;
}

Status Blob::reopen(int64_t rowid) {
  if (ended_) return Code::Abort;
  storage::FieldPlace place;
  Status status = seek(rowid, &place);
  cursor_.rest();
  ended_ = !status.ok();
  if (!ended_) {
    row_changed_ = false;
    rowid_ = rowid;
    place_ = place;
  }
  last_code_ = status.code();
  return status;
}

}  // namespace sqlrite::engine
