// Incremental blobs: one value of one row, read and written where it lies (sqlite3_blob_*).
//
// An open handle takes part in the transaction as a running statement does: it keeps its snapshot, whatever others
// commit; opened for writing it is a writer, so that autocommit comes with its close and COMMIT is refused before.
// Writing changes bytes only: no index, constraint, trigger or hook hears of it.
//
//            another connection's commit        the snapshot stays
//            own change of the row              the handle has ended: ABORT from then on
//            ROLLBACK, ROLLBACK TO              a writing handle answers ABORT_ROLLBACK
//
// Life: open() puts it into the connection's list, the destructor takes it out; the connection lives as long.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/connection.h"
#include "storage/btree/btree.h"
#include "storage/record/record.h"

namespace sqlrite::engine {

class Blob {
 public:
  // Errors are SQLite's ("no such rowid: 7", "cannot open indexed column for writing", ...).
  static Result<std::unique_ptr<Blob>> open(Connection& connection, std::string_view database, std::string_view table,
                                            std::string_view column, int64_t rowid, bool writable);
  ~Blob();
  Blob(const Blob&) = delete;
  Blob& operator=(const Blob&) = delete;

  Connection& connection() const { return connection_; }
  uint32_t size_bytes() const { return ended_ ? 0 : static_cast<uint32_t>(place_.size_bytes); }
  // A range that is not inside the value is ERROR; READONLY without write permission; ABORT once the handle has ended.
  Status read(int64_t offset, void* out, int64_t size_bytes);
  Status write(int64_t offset, const void* bytes, int64_t size_bytes);
  Status reopen(int64_t rowid);
  // Leaves the transaction, which may commit it; says what became of that or, as SQLite does, of the last call.
  Status close();

 private:
  friend class Connection;
  Blob(Connection& connection, bool writable) : connection_(connection), writable_(writable) {}
  Status join_transaction(uint32_t database);
  Status resolve(std::string_view database, std::string_view table, std::string_view column);
  Status seek(int64_t rowid, storage::FieldPlace* place);
  // Stands on the row, or ends the handle.
  Status stand();
  Status check_range(int64_t offset, int64_t size_bytes) const;
  void note_row_change(DatabaseId database, std::string_view table, RowId rowid);
  storage::Pager& pager() const { return *connection_.database(database_).pager; }

  Connection& connection_;
  const bool writable_;
  bool joined_ = false;
  bool row_changed_ = false;  // the row as the handle knew it is gone: the next read or write ends the handle
  bool ended_ = false;
  uint32_t database_ = 0;
  std::string table_;
  std::string column_;
  catalog::SchemaRef schema_;  // for which root_ and column_number_ hold
  PageId root_;
  uint32_t column_number_ = 0;
  int64_t rowid_ = 0;
  storage::FieldPlace place_;
  storage::TableCursor cursor_;  // without pins between calls
  uint64_t abort_count_ = 0;     // the transaction's, when the handle was opened
  Code last_code_ = Code::Ok;    // of the last read or write
  Blob* previous_ = nullptr;     // in the connection's list
  Blob* next_ = nullptr;
};

}  // namespace sqlrite::engine
