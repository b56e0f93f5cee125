// ExternalSorter: takes rows, gives them back in order. Rows beyond the statement's memory budget wait in sorted runs.
#pragma once

#include <span>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/row_store.h"
#include "exec/operator/sorter.h"
#include "exec/spill/memory_budget.h"
#include "exec/spill/sorted_runs.h"

namespace sqlrite::exec {

class ExternalSorter {
 public:
  // `keys` outlive the sorter. Rows with equal keys keep their order.
  void init(uint32_t column_count, std::span<const SortKey> keys);
  Status add(ExecContext& context, const Batch& batch, const Column* columns);
  Status add(ExecContext& context, const RowStore& rows);
  Status add(ExecContext& context, const Batch& batch, std::span<const int32_t> slots);
  Status add_row(ExecContext& context, const Value* row);
  // No more rows come.
  Status finish(ExecContext& context);
  // Replaces the content of `out` by the next rows, `rows` at most; none at the end. REQUIRES finish().
  Status next(ExecContext& context, RowStore& out, uint32_t rows);
  // Forgets everything and gives memory and file back.
  void clear();
  // While all rows are in memory they can be read in place: rows()[order()[i]]. REQUIRES finish().
  bool is_spilled() const { return runs_.has_runs(); }
  const RowStore& rows() const { return store_; }
  std::span<const uint32_t> order() const { return order_; }
  uint64_t row_count() const { return row_count_; }
  size_t size_bytes() const { return store_.size_bytes(); }

 private:
  Status spill_if_large(ExecContext& context);
  RowStore store_;
  SortedRuns runs_;
  MemoryShare share_;
  std::span<const SortKey> keys_;
  BufferVector<uint32_t> order_;
  size_t next_ = 0;
  uint64_t row_count_ = 0;
};

}  // namespace sqlrite::exec
