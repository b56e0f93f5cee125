// One aggregate call of a grouping: its state per group and the loops that feed it.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/key_hash.h"
#include "exec/operator/operator_base.h"
#include "exec/operator/row_store.h"
#include "exec/operator/sorter.h"
#include "exec/spill/external_sorter.h"
#include "exec/spill/first_rows.h"
#include "kernels/aggregate.h"

namespace sqlrite::exec {

// Sum of integers while it is exact, compensated reals after that; SQLite's rules for overflow.
struct SumState {
  int64_t integer_sum = 0;
  kernels::CompensatedSum real_sum;
  uint64_t count = 0;
  bool approximate = false;
  bool overflowed = false;
  void add_integer(int64_t value) {
    int64_t sum;
    if (!approximate && !__builtin_add_overflow(integer_sum, value, &sum)) [[likely]] {
      integer_sum = sum;
      ++count;
      return;
    }
    add_inexact_integer(value);
  }
  void add_inexact_integer(int64_t value);
  void add_real(double value);
  void add(const Value& value);
};

// Which input row decided the last step of min/max, for bare columns.
struct ExtremeUpdate {
  uint32_t group;
  uint32_t row;
};

class AggregateCall {
 public:
  Status make(const bind::BoundAggregate& bound, Arena& arena);
  // Makes states up to `group_count`.
  Status add_groups(uint32_t group_count);
  // Feeds the live rows; groups[i] is the group of live row i (null: all rows belong to group 0). When the call tracks
  // rows, `updates` gets the rows that set a new extreme, in order.
  Status feed(ExecContext& context, expr::EvalContext& eval, const Batch& batch, const uint32_t* groups,
              BufferVector<ExtremeUpdate>* updates);
  // What waits for the end (DISTINCT, ORDER BY).
  Status complete(ExecContext& context, expr::EvalContext& eval);
  // REQUIRES complete(). Once per group.
  Status finalize(expr::EvalContext& eval, uint32_t group, Value* out);
  // Forgets all groups.
  void clear();
  // Of the states; DISTINCT and ORDER BY spill by themselves.
  size_t size_bytes() const;

 private:
  using Kind = functions::BuiltinKind;
  Status keep_new(ExecContext& context, expr::EvalContext& eval, Batch& batch, const uint32_t** groups);
  Status evaluate_terms(expr::EvalContext& eval, const Batch& batch);
  // Rows that DISTINCT let through; columns_ holds their arguments and terms.
  Status take(ExecContext& context, expr::EvalContext& eval, const Batch& batch, const uint32_t* groups,
              BufferVector<ExtremeUpdate>* updates);
  Status feed_rows(expr::EvalContext& eval, const Batch& batch, const Column* arguments, const uint32_t* groups,
                   BufferVector<ExtremeUpdate>* updates);
  Status feed_sum(const Batch& batch, const Column& argument, const uint32_t* groups);
  Status feed_extreme(const Batch& batch, const Column& argument, const uint32_t* groups,
                      BufferVector<ExtremeUpdate>* updates);
  Status feed_generic(expr::EvalContext& eval, const Batch& batch, const Column* arguments, const uint32_t* groups);
  bool take_if_better(uint32_t group, const Value& value);
  void* generic_state(uint32_t group);
  functions::CallContext call_context(expr::EvalContext& eval) const;

  const bind::BoundAggregate* bound_ = nullptr;
  const functions::FunctionDef* function_ = nullptr;
  Kind kind_ = Kind::None;
  const Collation* collation_ = &kBinaryCollation;
  uint32_t argument_count_ = 0;
  uint32_t buffered_count_ = 0;  // arguments and order terms
  ColumnExprs arguments_;
  std::unique_ptr<ColumnExpr[]> order_exprs_;
  expr::Evaluator filter_;
  std::span<Column> columns_;  // arguments (and terms) of the present batch
  BufferArray<uint16_t> filtered_;
  BufferArray<uint32_t> filtered_groups_;
  // States by group.
  BufferVector<uint64_t> counts_;
  BufferVector<SumState> sums_;
  BufferVector<Value> extremes_;  // texts are owned
  BufferVector<uint32_t> extreme_capacity_;
  BufferVector<void*> states_;
  Arena memory_{1024};
  // DISTINCT: (group, arguments) seen so far. Once the table is full, rows it does not know wait in distinct_rest_.
  KeyTable distinct_;
  MemoryShare distinct_share_;
  std::unique_ptr<FirstRows> distinct_rest_;
  bool distinct_grouped_ = false;
  std::span<const Collation*> distinct_collations_;
  std::span<Column> distinct_columns_;  // group, arguments, terms
  ColumnBuffer group_buffer_;
  BufferArray<uint16_t> distinct_rows_;
  BufferArray<uint32_t> distinct_groups_;
  // ORDER BY: rows kept until the end: group, arguments, terms.
  std::unique_ptr<ExternalSorter> ordered_;
  std::span<SortKey> order_keys_;
  std::span<Value> row_values_;
};

}  // namespace sqlrite::exec
