#include "exec/operator/spilled_groups.h"

#include <algorithm>

namespace sqlrite::exec {

Status SpilledGroups::make(const plan::AggregateNode& node, std::span<const SortKey> sort_keys) {
  sort_keys_ = sort_keys;
  key_count_ = static_cast<uint32_t>(sort_keys.size());
  for (const bind::BoundAggregate* call : node.aggregates) collect_slots(call, slots_);
  for (const bind::BoundExpr* expr : node.bare) collect_slots(expr, slots_);
  auto stored_count = key_count_ + static_cast<uint32_t>(slots_.size());
  stored_.resize(stored_count);
  rows_.init(stored_count, sort_keys);
  chunk_.init(stored_count);
  keys_.init(key_count_);
  columns_.resize(slots_.empty() ? 1 : static_cast<size_t>(slots_.back()) + 1);
  groups_.resize(kBatchRowsMax);
  part_.resize(kBatchRowsMax);
  key_values_.resize(key_count_);
  return state_.make(node, arena_);
}

Status SpilledGroups::add(ExecContext& context, const Batch& batch, std::span<const Column> keys) {
  std::copy(keys.begin(), keys.end(), stored_.begin());
  for (size_t i = 0; i < slots_.size(); ++i) stored_[key_count_ + i] = batch.columns[slots_[i]];
  return rows_.add(context, batch, stored_.data());
}

// Whether row `row` of the chunk belongs to the newest group.
bool SpilledGroups::is_same_group(uint32_t row) const {
  return keys_.row_count() > 0 && compare_rows(keys_, keys_.row_count() - 1, chunk_, row, sort_keys_) == 0;
}

Status SpilledGroups::fill(ExecContext& context, expr::EvalContext& eval, uint32_t group_count) {
  state_.clear();
  keys_.clear();
  for (;;) {
    if (chunk_next_ == chunk_.row_count()) {
      SQLRITE_TRY(rows_.next(context, chunk_, kBatchRowsMax));
      chunk_next_ = 0;
      if (chunk_.row_count() == 0) break;
      for (size_t i = 0; i < slots_.size(); ++i) {
        chunk_.view(key_count_ + static_cast<uint32_t>(i), 0, &columns_[static_cast<size_t>(slots_[i])]);
      }
    }
    uint32_t known = keys_.row_count();
    uint32_t count = 0;
    bool full = false;
    for (; chunk_next_ < chunk_.row_count(); ++chunk_next_) {
      if (!is_same_group(chunk_next_)) {
        full = keys_.row_count() == group_count;
        if (full) break;
        for (uint32_t k = 0; k < key_count_; ++k) key_values_[k] = chunk_.at(k, chunk_next_);
        SQLRITE_TRY(keys_.append_row(key_values_.data()));
      }
      groups_[count] = keys_.row_count() - 1;
      part_[count++] = static_cast<uint16_t>(chunk_next_);
    }
    if (count > 0) {
      Batch batch;
      batch.columns = columns_.data();
      batch.column_count = static_cast<uint32_t>(columns_.size());
      batch.row_count = chunk_.row_count();
      batch.selection = part_.data();
      batch.selected_count = count;
      eval.heap->reset();
      SQLRITE_TRY(state_.feed(context, eval, batch, groups_.data(), known, keys_.row_count()));
    }
    if (full) break;
  }
  return state_.complete(context, eval);
}

}  // namespace sqlrite::exec
