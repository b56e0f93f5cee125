// SpillFile: rows on a temporary file, written from front to back and read in pieces.
#pragma once

#include <memory>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator.h"
#include "exec/operator/row_store.h"
#include "os/vfs.h"

namespace sqlrite::exec {

// The file has no name any more once it is open, so nothing is left behind whatever happens to the process.
//
//   row: per column one type byte (ValueType; 0x80: a subtype follows the value), then 8 bytes for numbers, or 4 bytes
//        length and the bytes
class SpillFile {
 public:
  Status create(ExecContext& context, size_t buffer_size_bytes = kBufferSizeBytes);
  // Appends row `row` of `store`.
  Status write(const RowStore& store, uint32_t row);
  Status write(const Value* values, uint32_t count);
  Status flush();
  bool is_open() const { return file_ != nullptr; }
  // Where the next row goes.
  uint64_t size_bytes() const { return flushed_size_bytes_ + buffer_.size(); }
  uint64_t row_count() const { return row_count_; }
  os::File* file() const { return file_.get(); }
  // Drops the file and its content.
  void close();

 private:
  static constexpr size_t kBufferSizeBytes = 256 * 1024;
  void put(const Value& value);
  std::unique_ptr<os::File> file_;
  BufferVector<char> buffer_;
  size_t buffer_size_bytes_ = kBufferSizeBytes;
  uint64_t flushed_size_bytes_ = 0;
  uint64_t row_count_ = 0;
};

// Reads the rows in bytes [begin, end) of a SpillFile in order. REQUIRES: they were flushed.
class SpillReader {
 public:
  void start(os::File* file, uint64_t begin, uint64_t end, uint32_t column_count);
  // Appends up to `rows` rows to `store`, fewer once they take `size_bytes`; none at the end.
  Status read(RowStore& store, uint32_t rows, size_t size_bytes = SIZE_MAX);
  // The same for rows sorted by their first column, an integer: appends only those where it is `value`, passing over the
  // rows before these.
  Status read_equal(int64_t value, RowStore& store, uint32_t rows, size_t size_bytes);
  // Where the next row begins.
  uint64_t offset() const { return offset_ - (buffer_.size() - at_); }

 private:
  Result<bool> need(size_t size_bytes);
  Result<size_t> parse_row();
  Status take_row(size_t size_bytes, RowStore& store);
  os::File* file_ = nullptr;
  uint64_t offset_ = 0;  // of the next byte to fetch from the file
  uint64_t end_ = 0;
  BufferVector<char> buffer_;
  size_t at_ = 0;  // in buffer_
  BufferVector<Value> row_;
  BufferVector<size_t> offsets_;
};

}  // namespace sqlrite::exec
