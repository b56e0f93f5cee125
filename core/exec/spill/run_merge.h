// RunMerge: sorted runs of rows on files, read as one ordered sequence.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/sorter.h"
#include "exec/spill/spill_file.h"

namespace sqlrite::exec {

// Rows with equal keys leave in the order in which their runs were added.
class RunMerge {
 public:
  // Memory grows with the number of runs: more of them are first to be merged into fewer.
  static constexpr size_t kRunsMax = 64;

  // Starts without runs. `keys` outlive the merge; `run_count`: about how many runs there will be, for the size of what is
  // read ahead of each.
  void start(std::span<const SortKey> keys, uint32_t column_count, size_t run_count);
  // A run in bytes [begin, end) of a SpillFile. More of them may come while others are half read.
  Status add(os::File* file, uint64_t begin, uint64_t end);
  bool is_empty() const { return heap_.empty(); }
  // Of those that have rows left.
  size_t run_count() const { return heap_.size(); }
  // The first row is first_rows()[first_row()]. REQUIRES !is_empty().
  const RowStore& first_rows() const { return runs_[heap_.front()]->rows; }
  uint32_t first_row() const { return runs_[heap_.front()]->next; }
  // Leaves the first row behind. REQUIRES !is_empty().
  Status advance();
  void clear();

 private:
  struct Run {
    SpillReader reader;
    RowStore rows;
    uint32_t next = 0;
  };
  Status refill(Run& run);
  bool before(uint32_t a, uint32_t b) const;
  std::vector<std::unique_ptr<Run>> runs_;
  BufferVector<uint32_t> heap_;  // run numbers, least row first
  std::span<const SortKey> keys_;
  uint32_t column_count_ = 0;
  size_t rows_size_bytes_ = 0;  // of one refill
};

}  // namespace sqlrite::exec
