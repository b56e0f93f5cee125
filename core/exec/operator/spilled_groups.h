// SpilledGroups: the rows of groups that a full hash table does not know. They are sorted by key on files; then one group
// after the other is aggregated, its rows in order of arrival.
#pragma once

#include <memory>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/group_state.h"
#include "exec/spill/external_sorter.h"

namespace sqlrite::exec {

class SpilledGroups {
 public:
  // `sort_keys`: the keys of the groups, columns 0 ...; they outlive this.
  Status make(const plan::AggregateNode& node, std::span<const SortKey> sort_keys);
  // The live rows of an input batch with their keys.
  Status add(ExecContext& context, const Batch& batch, std::span<const Column> keys);
  // No more rows come.
  Status finish(ExecContext& context) { return rows_.finish(context); }
  // Replaces the groups by the next ones, `group_count` at most; none at the end. They come in key order.
  Status fill(ExecContext& context, expr::EvalContext& eval, uint32_t group_count);
  const RowStore& keys() const { return keys_; }
  Status value(expr::EvalContext& eval, uint32_t group, uint32_t index, Value* out) {
    return state_.value(eval, group, index, out);
  }

 private:
  bool is_same_group(uint32_t row) const;
  std::span<const SortKey> sort_keys_;
  uint32_t key_count_ = 0;
  std::vector<int32_t> slots_;  // of the input that aggregates and bare columns read
  std::vector<Column> stored_;  // keys, then slots_
  ExternalSorter rows_;
  Arena arena_{1024};
  GroupState state_;
  RowStore keys_;
  RowStore chunk_;  // sorted rows from chunk_next_ on wait
  uint32_t chunk_next_ = 0;
  std::vector<Column> columns_;  // of the chunk in the layout of the input
  BufferVector<uint32_t> groups_;
  BufferVector<uint16_t> part_;
  BufferVector<Value> key_values_;
};

}  // namespace sqlrite::exec
