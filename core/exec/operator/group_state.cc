#include "exec/operator/group_state.h"

#include <cstring>

namespace sqlrite::exec {

Status BareRows::make(std::span<bind::BoundExpr* const> exprs, Arena& arena) {
  count_ = static_cast<uint32_t>(exprs.size());
  SQLRITE_TRY_ASSIGN(exprs_, make_column_exprs(exprs, arena));
  return {};
}

void BareRows::clear() {
  values_.clear();
  capacities_.clear();
  if (values_.capacity() > 256) {
    values_.shrink_to_fit();
    capacities_.shrink_to_fit();
  }
  shrink_arena(memory_);
}

void BareRows::add_groups(uint32_t group_count) {
  if (values_.size() >= size_t{group_count} * count_) return;
  values_.resize(size_t{group_count} * count_);
  capacities_.resize(values_.size());
}

Status BareRows::set(expr::EvalContext& eval, uint32_t group, const Batch& batch, uint32_t row) {
  for (uint32_t i = 0; i < count_; ++i) {
    Value value;
    SQLRITE_TRY(exprs_[i].evaluate_row(eval, batch, row, &value));
    SQLRITE_TRY(keep(value, size_t{group} * count_ + i));
  }
  return {};
}

Status BareRows::keep(const Value& value, size_t at) {
  if (!value.is_bytes() || value.owner == ValueOwner::Static || (value.flags & value_flags::kZeroBlob) != 0) {
    values_[at] = value;
    return {};
  }
  char* room = capacities_[at].room;
  if (room == nullptr || capacities_[at].size_bytes < value.length) {
    uint32_t size_bytes = value.length + value.length / 2 + 16;
    room = static_cast<char*>(memory_.try_allocate(size_bytes, 1));
    if (room == nullptr) return Code::NoMem;
    capacities_[at] = {room, size_bytes};
  }
  if (value.length > 0) std::memcpy(room, value.bytes, value.length);
  values_[at] = value;
  values_[at].bytes = room;
  values_[at].owner = ValueOwner::Heap;
  values_[at].flags &= static_cast<uint8_t>(~value_flags::kNulFollows);
  return {};
}

Status GroupState::make(const plan::AggregateNode& node, Arena& arena) {
  node_ = &node;
  call_count_ = static_cast<uint32_t>(node.aggregates.size());
  calls_.reset(new AggregateCall[call_count_]);
  for (uint32_t i = 0; i < call_count_; ++i) SQLRITE_TRY(calls_[i].make(*node.aggregates[i], arena));
  return bare_.make(node.bare, arena);
}

void GroupState::clear() {
  for (uint32_t i = 0; i < call_count_; ++i) calls_[i].clear();
  bare_.clear();
}

Status GroupState::add_groups(uint32_t group_count) {
  for (uint32_t i = 0; i < call_count_; ++i) SQLRITE_TRY(calls_[i].add_groups(group_count));
  bare_.add_groups(group_count);
  return {};
}

Status GroupState::feed(ExecContext& context, expr::EvalContext& eval, const Batch& batch, const uint32_t* groups,
                        uint32_t known, uint32_t total) {
  for (uint32_t i = 0; i < call_count_; ++i) {
    SQLRITE_TRY(calls_[i].add_groups(total));
    bool leads = node_->bare_follows == static_cast<int32_t>(i) && bare_.count() > 0;
    updates_.clear();
    SQLRITE_TRY(calls_[i].feed(context, eval, batch, groups, leads ? &updates_ : nullptr));
    if (!leads) continue;
    // A group's first row stands in until min or max meets a row (its FILTER may let none through).
    SQLRITE_TRY(keep_first_rows(eval, batch, groups, known, total));
    for (size_t u = 0; u < updates_.size(); ++u) {
      // Only the last change counts; runs of changes to one group are the common case.
      if (u + 1 < updates_.size() && updates_[u + 1].group == updates_[u].group) continue;
      SQLRITE_TRY(bare_.set(eval, updates_[u].group, batch, updates_[u].row));
    }
  }
  if (bare_.count() == 0 || node_->bare_follows >= 0) return {};
  return keep_first_rows(eval, batch, groups, known, total);
}

// Bare columns of the groups that this batch brought.
Status GroupState::keep_first_rows(expr::EvalContext& eval, const Batch& batch, const uint32_t* groups, uint32_t known,
                                   uint32_t total) {
  if (known == total) return {};
  bare_.add_groups(total);
  for (uint32_t i = 0; i < batch.selected_count && known < total; ++i) {
    if ((groups != nullptr ? groups[i] : 0) != known) continue;
    SQLRITE_TRY(bare_.set(eval, known, batch, batch.live_row(i)));
    ++known;
  }
  return {};
}

Status GroupState::complete(ExecContext& context, expr::EvalContext& eval) {
  for (uint32_t i = 0; i < call_count_; ++i) SQLRITE_TRY(calls_[i].complete(context, eval));
  return {};
}

size_t GroupState::size_bytes() const {
  size_t size = bare_.size_bytes();
  for (uint32_t i = 0; i < call_count_; ++i) size += calls_[i].size_bytes();
  return size;
}

}  // namespace sqlrite::exec
