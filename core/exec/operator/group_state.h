// GroupState: the aggregates and bare columns of a set of groups, by group number.
#pragma once

#include <memory>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/aggregate_state.h"
#include "exec/operator/operator_base.h"

namespace sqlrite::exec {

// Bare columns: one row of values per group, replaced when the row of a min/max changes.
class BareRows {
 public:
  Status make(std::span<bind::BoundExpr* const> exprs, Arena& arena);
  uint32_t count() const { return count_; }
  void clear();
  void add_groups(uint32_t group_count);
  Status set(expr::EvalContext& eval, uint32_t group, const Batch& batch, uint32_t row);
  const Value& at(uint32_t group, uint32_t index) const { return values_[size_t{group} * count_ + index]; }
  size_t size_bytes() const {
    return values_.capacity() * sizeof(Value) + capacities_.capacity() * sizeof(Room) + memory_.size_bytes();
  }

 private:
  struct Room {
    char* room = nullptr;
    uint32_t size_bytes = 0;
  };
  Status keep(const Value& value, size_t at);
  ColumnExprs exprs_;
  uint32_t count_ = 0;
  BufferVector<Value> values_;
  BufferVector<Room> capacities_;
  Arena memory_{512};
};

class GroupState {
 public:
  Status make(const plan::AggregateNode& node, Arena& arena);
  // Aggregates, then bare columns.
  uint32_t value_count() const { return call_count_ + bare_.count(); }
  void clear();
  // Makes states up to `group_count`.
  Status add_groups(uint32_t group_count);
  // Rows of one batch into their groups (null: all into group 0). `known`: groups that existed before this batch.
  Status feed(ExecContext& context, expr::EvalContext& eval, const Batch& batch, const uint32_t* groups, uint32_t known,
              uint32_t total);
  // No more rows come.
  Status complete(ExecContext& context, expr::EvalContext& eval);
  // REQUIRES complete(). Once per group and value.
  Status value(expr::EvalContext& eval, uint32_t group, uint32_t index, Value* out) {
    if (index < call_count_) return calls_[index].finalize(eval, group, out);
    *out = bare_.at(group, index - call_count_);
    return {};
  }
  // Without what the calls put on files themselves (DISTINCT, ORDER BY).
  size_t size_bytes() const;

 private:
  Status keep_first_rows(expr::EvalContext& eval, const Batch& batch, const uint32_t* groups, uint32_t known,
                         uint32_t total);
  const plan::AggregateNode* node_ = nullptr;
  uint32_t call_count_ = 0;
  std::unique_ptr<AggregateCall[]> calls_;
  BareRows bare_;
  BufferVector<ExtremeUpdate> updates_;
};

}  // namespace sqlrite::exec
