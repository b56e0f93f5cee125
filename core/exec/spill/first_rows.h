// FirstRows: of rows with equal keys the first one, all in order of arrival. For DISTINCT beyond the memory budget: the
// rows are sorted by key to find the first ones, and these by their place.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/spill/external_sorter.h"

namespace sqlrite::exec {

class FirstRows {
 public:
  // The first collations.size() columns are the key.
  void init(uint32_t column_count, std::span<const Collation* const> collations);
  Status add(ExecContext& context, const Batch& batch, const Column* columns);
  Status finish(ExecContext& context);
  // Replaces the content of `out`, which has one column more than the rows; empty at the end.
  Status next(ExecContext& context, RowStore& out, uint32_t rows) { return by_place_.next(context, out, rows); }
  void clear();

 private:
  ExternalSorter by_key_, by_place_;
  std::vector<SortKey> keys_;
  SortKey place_key_;
  BufferVector<Value> row_;
  int64_t place_ = 0;
};

}  // namespace sqlrite::exec
