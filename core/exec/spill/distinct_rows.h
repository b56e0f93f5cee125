// DistinctRows: a set of rows. In memory it is a hash table; beyond the budget its rows are sorted on files.
#pragma once

#include <span>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/key_hash.h"
#include "exec/spill/external_sorter.h"

namespace sqlrite::exec {

// Of equal rows the first one added counts.
class DistinctRows {
 public:
  // `collations` outlive the set.
  void init(std::span<const Collation* const> collations);
  Status add(ExecContext& context, const Batch& batch, const Column* columns);
  Status add(ExecContext& context, const RowStore& rows);
  bool is_spilled() const { return spilled_; }
  // REQUIRES !is_spilled().
  const KeyTable& table() const { return table_; }
  KeyTable& table() { return table_; }
  std::span<const SortKey> keys() const { return keys_; }
  // The rows in order, in pieces. REQUIRES: nothing is added any more.
  Status start(ExecContext& context);
  Status next(ExecContext& context, RowStore& out, uint32_t rows);
  void clear();

 private:
  std::vector<SortKey> keys_;
  KeyTable table_;
  MemoryShare share_;
  bool spilled_ = false;
  ExternalSorter sorter_;
  RowStore sorted_, last_;
  BufferVector<uint32_t> order_;
  size_t next_ = 0;
};

}  // namespace sqlrite::exec
