// SortedRuns: sorted runs of rows on a temporary file, and their merge.
#pragma once

#include <memory>
#include <span>

#include "base/buffer_memory.h"
#include "exec/operator/sorter.h"
#include "exec/spill/run_merge.h"
#include "exec/spill/spill_file.h"

namespace sqlrite::exec {

// Rows with equal keys leave in the order of their runs. Memory does not grow with the number of runs: too many of them
// are first merged into fewer.
class SortedRuns {
 public:
  bool has_runs() const { return !ends_.empty(); }
  bool is_active() const { return merging_; }
  // One run: rows[order[0]], rows[order[1]] ...
  Status add_run(ExecContext& context, const RowStore& store, std::span<const uint32_t> order);
  // One run row by row. REQUIRES: rows come in order.
  Status append(ExecContext& context, const RowStore& store, uint32_t row);
  Status append(ExecContext& context, const Value* row, uint32_t column_count);
  Status end_run();
  Status start_merge(ExecContext& context, std::span<const SortKey> keys, uint32_t column_count);
  // Replaces the content of `out` by the next rows, `rows` at most; none at the end.
  Status next(ExecContext& context, RowStore& out, uint32_t rows);
  void reset();

 private:
  Status need_file(ExecContext& context);
  Status open_runs(size_t first, size_t count);
  Status merge_pass(ExecContext& context);
  std::unique_ptr<SpillFile> file_;
  BufferVector<uint64_t> ends_;
  RunMerge merge_;
  std::span<const SortKey> keys_;
  uint32_t column_count_ = 0;
  bool merging_ = false;
};

}  // namespace sqlrite::exec
