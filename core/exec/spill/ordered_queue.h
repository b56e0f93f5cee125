// OrderedQueue: rows that come at any time and leave in order, those with equal keys as they came. Beyond the budget they
// wait on a file.
#pragma once

#include <memory>
#include <span>

#include "base/buffer_memory.h"
#include "exec/operator/row_store.h"
#include "exec/operator/sorter.h"
#include "exec/spill/memory_budget.h"
#include "exec/spill/run_merge.h"
#include "exec/spill/spill_file.h"

namespace sqlrite::exec {

class OrderedQueue {
 public:
  // `keys` outlive the queue.
  void init(uint32_t column_count, std::span<const SortKey> keys);
  Status add(ExecContext& context, const Batch& batch, std::span<const int32_t> slots);
  // Moves the first row to `out`; none is moved when the queue is empty.
  Status take(RowStore& out);
  void clear();

 private:
  // Sorted runs, the older ones first; the rows of the heap came after all of them.
  struct OnFile {
    SpillFile file;
    RunMerge merge;
  };
  bool before(uint32_t a, uint32_t b) const;
  Status spill(ExecContext& context);
  Status merge_runs(ExecContext& context);
  Status drop_taken();
  std::span<const SortKey> keys_;
  RowStore stores_[2];
  RowStore* rows_ = &stores_[0];
  RowStore* spare_ = &stores_[1];
  BufferVector<uint32_t> heap_;  // the rows of *rows_ that wait, the first one at the front
  MemoryShare share_;
  std::unique_ptr<OnFile> on_file_;
};

}  // namespace sqlrite::exec
