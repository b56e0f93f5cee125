// Rows on temporary files: runs of sorted rows and their merge, and plain row streams for partitions.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "exec/operator.h"
#include "exec/operator/row_store.h"
#include "exec/operator/sorter.h"
#include "os/vfs.h"

namespace sqlrite::exec {

// One temporary file, written once from front to back and read in pieces. Removed when it ends.
//
//   row: per column one type byte (ValueType), then 8 bytes for numbers, or 4 bytes length and the bytes
class SpillFile {
 public:
  SpillFile() = default;
  ~SpillFile();
  SpillFile(const SpillFile&) = delete;
  SpillFile& operator=(const SpillFile&) = delete;
  Status create(ExecContext& context);
  // Appends row `row` of `store`.
  Status write(const RowStore& store, uint32_t row);
  Status flush();
  uint64_t size_bytes() const { return size_bytes_; }
  os::File* file() { return file_.get(); }

 private:
  std::unique_ptr<os::File> file_;
  os::Vfs* vfs_ = nullptr;
  std::string path_;
  std::vector<char> buffer_;
  uint64_t size_bytes_ = 0;  // flushed
};

// Reads rows [begin, end) bytes of a SpillFile in order.
class SpillReader {
 public:
  void start(os::File* file, uint64_t begin, uint64_t end, uint32_t column_count);
  // Appends up to `rows` rows to `store`; none at the end.
  Status read(RowStore& store, uint32_t rows);

 private:
  Result<bool> need(size_t size_bytes);
  os::File* file_ = nullptr;
  uint64_t offset_ = 0;     // of the next byte to fetch from the file
  uint64_t end_ = 0;
  std::vector<char> buffer_;
  size_t at_ = 0;           // in buffer_
  std::vector<Value> row_;
};

// Sorted runs and their merge; equal rows leave in the order of their runs.
class SortedRuns {
 public:
  bool has_runs() const { return !ends_.empty(); }
  bool is_active() const { return merging_; }
  Status add_run(ExecContext& context, const RowStore& store, std::span<const uint32_t> order);
  Status start_merge(ExecContext& context, std::span<const SortKey> keys, uint32_t column_count);
  // Replaces the content of `out` by the next rows.
  Status next(RowStore& out, uint32_t rows);
  void reset();

 private:
  struct Run {
    SpillReader reader;
    RowStore rows;
    uint32_t next = 0;
    bool done = false;
  };
  Status refill(Run& run);
  bool before(uint32_t a, uint32_t b) const;
  std::unique_ptr<SpillFile> file_;
  std::vector<uint64_t> ends_;
  std::vector<std::unique_ptr<Run>> runs_;
  std::vector<uint32_t> heap_;   // run numbers, least row first
  std::span<const SortKey> keys_;
  bool merging_ = false;
};

}  // namespace sqlrite::exec
