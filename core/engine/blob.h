// Incremental blobs: one value of one row, read and written in place of its bytes (sqlite3_blob_*).
//
// The handle keeps the value's bytes and reads them again when the connection changed something in between; a row that
// vanished or changed its type or size ends the handle (ABORT), as in SQLite. Its statements keep the session alive.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "engine/connection.h"
#include "engine/statement.h"

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
  uint32_t size_bytes() const { return expired_ ? 0 : static_cast<uint32_t>(bytes_.size()); }
  // A range that is not inside the value is ERROR; READONLY without write permission; ABORT once the handle has ended.
  Status read(int64_t offset, void* out, int64_t size_bytes);
  Status write(int64_t offset, const void* bytes, int64_t size_bytes);
  Status reopen(int64_t rowid);

 private:
  explicit Blob(Connection& connection) : connection_(connection) {}
  Status check_range(int64_t offset, int64_t size_bytes) const;
  Status load(int64_t rowid);
  Status refresh();

  Connection& connection_;
  Statement* read_ = nullptr;
  Statement* write_ = nullptr;  // null: opened for reading
  std::string bytes_;
  bool text_ = false;
  bool expired_ = false;
  int64_t rowid_ = 0;
  int64_t seen_changes_ = 0;  // total_changes() when the bytes were read
};

}  // namespace sqlrite::engine
