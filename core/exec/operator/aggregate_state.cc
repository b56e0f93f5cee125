#include "exec/operator/aggregate_state.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/buffer_memory.h"
#include "exec/operator/row_fetch.h"
#include "types/affinity.h"
#include "types/cast.h"

namespace sqlrite::exec {

void SumState::add_inexact_integer(int64_t value) {
  ++count;
  if (!approximate) {
    overflowed = true;
    approximate = true;
    real_sum = kernels::CompensatedSum();
    real_sum.add_integer(integer_sum);
  }
  real_sum.add_integer(value);
}

void SumState::add_real(double value) {
  ++count;
  if (!approximate) {
    approximate = true;
    real_sum = kernels::CompensatedSum();
    real_sum.add_integer(integer_sum);
  }
  overflowed = false;
  real_sum.add(value);
}

void SumState::add(const Value& value) {
  if (value.type == ValueType::Integer) return add_integer(value.integer);
  if (value.type == ValueType::Real) return add_real(value.real);
  if (value.is_null()) return;
  Value number = value;
  apply_numeric_to_text(number, false);
  if (number.type == ValueType::Integer) return add_integer(number.integer);
  add_real(number.type == ValueType::Real ? number.real : to_real(value));
}

Status AggregateCall::make(const bind::BoundAggregate& bound, Arena& arena) {
  bound_ = &bound;
  function_ = bound.function;
  kind_ = function_->kind;
  switch (kind_) {
    case Kind::Count:
    case Kind::CountStar:
    case Kind::Sum:
    case Kind::Total:
    case Kind::Avg:
    case Kind::Min:
    case Kind::Max: break;
    default: kind_ = Kind::None;
  }
  if (kind_ == Kind::Count && bound.arguments.empty()) kind_ = Kind::CountStar;
  if (kind_ != Kind::CountStar && kind_ != Kind::None && bound.arguments.size() != 1) kind_ = Kind::None;
  if (bound.call_collation != nullptr) collation_ = bound.call_collation;
  argument_count_ = static_cast<uint32_t>(bound.arguments.size());
  SQLRITE_TRY_ASSIGN(arguments_, make_column_exprs(bound.arguments, arena));
  if (bound.filter != nullptr) SQLRITE_TRY(filter_.make(bound.filter, arena));
  auto term_count = static_cast<uint32_t>(bound.order_by.size());
  buffered_count_ = argument_count_ + term_count;
  columns_ = arena.make_array<Column>(buffered_count_);
  row_values_ = arena.make_array<Value>(buffered_count_ + 1);
  if (term_count > 0) {
    order_exprs_.reset(new ColumnExpr[term_count]);
    // Buffered rows: group, arguments, terms; ordered by group, then by the terms.
    ordered_ = std::make_unique<ExternalSorter>();
    order_keys_ = arena.make_array<SortKey>(term_count + 1);
    ordered_->init(buffered_count_ + 1, order_keys_);
    for (uint32_t i = 0; i < term_count; ++i) {
      const bind::OrderTerm& term = bound.order_by[i];
      SQLRITE_TRY(order_exprs_[i].make(term.expr, arena));
      order_keys_[i + 1].column = 1 + argument_count_ + i;
      order_keys_[i + 1].descending = term.descending;
      order_keys_[i + 1].nulls_last = term.nulls_last;
      if (term.collation != nullptr) order_keys_[i + 1].collation = term.collation;
    }
  }
  // DISTINCT changes nothing for min and max.
  if (bound.distinct && argument_count_ > 0 && kind_ != Kind::Min && kind_ != Kind::Max) {
    distinct_collations_ = arena.make_array<const Collation*>(argument_count_ + 1);
    distinct_collations_[0] = &kBinaryCollation;
    for (uint32_t i = 0; i < argument_count_; ++i) {
      const Collation* collation = bound.arguments[i]->collation;
      distinct_collations_[i + 1] = collation != nullptr ? collation : &kBinaryCollation;
    }
    distinct_columns_ = arena.make_array<Column>(buffered_count_ + 1);
  }
  return {};
}

void AggregateCall::clear() {
  if (function_ != nullptr && function_->aggregate.destroy != nullptr) {
    for (void* state : states_) {
      if (state != nullptr) function_->aggregate.destroy(state);
    }
  }
  auto forget = [](auto& list) {
    list.clear();
    if (list.capacity() > 256) list.shrink_to_fit();
  };
  forget(counts_);
  forget(sums_);
  forget(extremes_);
  forget(extreme_capacity_);
  forget(states_);
  shrink_arena(memory_);
  if (!distinct_columns_.empty()) {
    distinct_.clear();
    distinct_rest_.reset();
    distinct_share_.release();
  }
  if (ordered_) ordered_->clear();
}

size_t AggregateCall::size_bytes() const {
  return counts_.capacity() * sizeof(uint64_t) + sums_.capacity() * sizeof(SumState) +
         extremes_.capacity() * (sizeof(Value) + 4) + states_.capacity() * sizeof(void*) + memory_.size_bytes();
}

Status AggregateCall::add_groups(uint32_t group_count) {
  switch (kind_) {
    case Kind::Count:
    case Kind::CountStar:
      if (counts_.size() < group_count) counts_.resize(group_count);
      break;
    case Kind::Sum:
    case Kind::Total:
    case Kind::Avg:
      if (sums_.size() < group_count) sums_.resize(group_count);
      break;
    case Kind::Min:
    case Kind::Max:
      if (extremes_.size() < group_count) {
        extremes_.resize(group_count);
        extreme_capacity_.resize(group_count);
      }
      break;
    default:
      if (states_.size() < group_count) states_.resize(group_count, nullptr);
  }
  return {};
}

functions::CallContext AggregateCall::call_context(expr::EvalContext& eval) const {
  functions::CallContext call;
  call.connection = eval.connection;
  call.heap = eval.heap;
  call.collation = collation_;
  call.function = function_;
  return call;
}

// Zeroed and never moved, as functions may keep pointers into it.
void* AggregateCall::generic_state(uint32_t group) {
  void*& state = states_[group];
  if (state == nullptr) {
    size_t size = std::max<size_t>(function_->aggregate.state_size_bytes, 8);
    state = memory_.try_allocate(size);
    if (state != nullptr) std::memset(state, 0, size);
  }
  return state;
}

Status AggregateCall::feed(ExecContext& context, expr::EvalContext& eval, const Batch& input, const uint32_t* groups,
                           BufferVector<ExtremeUpdate>* updates) {
  Batch batch = input;
  if (filter_) {
    if (!filtered_) {
      filtered_ = make_buffer_array<uint16_t>(kBatchRowsMax);
      filtered_groups_ = make_buffer_array<uint32_t>(kBatchRowsMax);
    }
    uint32_t count = 0;
    SQLRITE_TRY(filter_->filter(eval, batch, filtered_.get(), &count));
    if (groups != nullptr) {
      uint32_t position = 0;
      for (uint32_t i = 0; i < count; ++i) {
        while (batch.live_row(position) != filtered_[i]) ++position;
        filtered_groups_[i] = groups[position];
      }
      groups = filtered_groups_.get();
    }
    batch.selection = filtered_.get();
    batch.selected_count = count;
  }
  if (batch.selected_count == 0) return {};
  for (uint32_t i = 0; i < argument_count_; ++i) SQLRITE_TRY(arguments_[i].evaluate(eval, batch, &columns_[i]));
  if (!distinct_columns_.empty()) {
    SQLRITE_TRY(keep_new(context, eval, batch, &groups));
    if (batch.selected_count == 0) return {};
  }
  if (ordered_) SQLRITE_TRY(evaluate_terms(eval, batch));
  return take(context, eval, batch, groups, updates);
}

// Leaves the rows whose (group, arguments) were not seen before.
Status AggregateCall::keep_new(ExecContext& context, expr::EvalContext& eval, Batch& batch, const uint32_t** groups) {
  if (distinct_.count() == 0) {
    distinct_grouped_ = *groups != nullptr;
    distinct_.init(
        std::span<const Collation* const>(distinct_grouped_ ? distinct_collations_ : distinct_collations_.subspan(1)));
    distinct_.clear();
  }
  for (uint32_t i = 0; i < argument_count_; ++i) distinct_columns_[i + 1] = columns_[i];
  const Column* keys = distinct_columns_.data() + 1;
  if (distinct_grouped_) {
    SQLRITE_TRY(group_buffer_.reserve(batch.row_count));
    group_buffer_.attach(distinct_columns_[0], Column::Rep::Ints);
    for (uint32_t i = 0; i < batch.selected_count; ++i) distinct_columns_[0].ints[batch.live_row(i)] = (*groups)[i];
    keys = distinct_columns_.data();
  }
  if (!distinct_rows_) {
    distinct_rows_ = make_buffer_array<uint16_t>(kBatchRowsMax);
    distinct_groups_ = make_buffer_array<uint32_t>(2 * kBatchRowsMax);
  }
  uint32_t* ids = distinct_groups_.get() + kBatchRowsMax;
  uint32_t known = distinct_.count();
  bool full = distinct_rest_ != nullptr;
  SQLRITE_TRY(full ? distinct_.find(batch, keys, false, ids) : distinct_.find_or_add(batch, keys, ids));
  uint32_t count = 0;
  for (uint32_t i = 0; i < batch.selected_count; ++i) {
    if (full ? ids[i] != kNoRow : ids[i] != known) continue;
    ++known;
    if (distinct_grouped_) distinct_groups_[count] = (*groups)[i];
    distinct_rows_[count++] = static_cast<uint16_t>(batch.live_row(i));
  }
  batch.selection = distinct_rows_.get();
  batch.selected_count = count;
  if (full) {
    SQLRITE_TRY(evaluate_terms(eval, batch));
    for (uint32_t i = argument_count_; i < buffered_count_; ++i) distinct_columns_[i + 1] = columns_[i];
    SQLRITE_TRY(distinct_rest_->add(context, batch, keys));
    batch.selected_count = 0;
    return {};
  }
  if (distinct_grouped_) *groups = distinct_groups_.get();
  if (context.must_spill(distinct_share_, distinct_.size_bytes())) {
    distinct_rest_ = std::make_unique<FirstRows>();
    size_t from = distinct_grouped_ ? 0 : 1;
    distinct_rest_->init(buffered_count_ + 1 - static_cast<uint32_t>(from),
                         std::span<const Collation* const>(distinct_collations_.subspan(from)));
  }
  return {};
}

Status AggregateCall::evaluate_terms(expr::EvalContext& eval, const Batch& batch) {
  for (uint32_t i = argument_count_; i < buffered_count_; ++i) {
    SQLRITE_TRY(order_exprs_[i - argument_count_].evaluate(eval, batch, &columns_[i]));
  }
  return {};
}

Status AggregateCall::take(ExecContext& context, expr::EvalContext& eval, const Batch& batch, const uint32_t* groups,
                           BufferVector<ExtremeUpdate>* updates) {
  if (!ordered_) return feed_rows(eval, batch, columns_.data(), groups, updates);
  for (uint32_t i = 0; i < batch.selected_count; ++i) {
    uint32_t row = batch.live_row(i);
    row_values_[0] = Value::from_integer(groups != nullptr ? groups[i] : 0);
    for (uint32_t c = 0; c < buffered_count_; ++c) row_values_[c + 1] = columns_[c].at(row);
    SQLRITE_TRY(ordered_->add_row(context, row_values_.data()));
  }
  return {};
}

Status AggregateCall::feed_rows(expr::EvalContext& eval, const Batch& batch, const Column* arguments,
                                const uint32_t* groups, BufferVector<ExtremeUpdate>* updates) {
  uint32_t count = batch.selected_count;
  switch (kind_) {
    case Kind::CountStar:
      if (groups == nullptr) {
        counts_[0] += count;
      } else {
        for (uint32_t i = 0; i < count; ++i) ++counts_[groups[i]];
      }
      return {};
    case Kind::Count: {
      const Column& argument = arguments[0];
      bool typed = argument.rep == Column::Rep::Ints || argument.rep == Column::Rep::Reals;
      if (groups == nullptr && typed && !argument.constant) {
        counts_[0] += argument.has_nulls ? kernels::count_non_null(argument.nulls, batch.selection, count) : count;
        return {};
      }
      for (uint32_t i = 0; i < count; ++i) {
        counts_[groups != nullptr ? groups[i] : 0] += !argument.at(batch.live_row(i)).is_null();
      }
      return {};
    }
    case Kind::Sum:
    case Kind::Total:
    case Kind::Avg: return feed_sum(batch, arguments[0], groups);
    case Kind::Min:
    case Kind::Max: return feed_extreme(batch, arguments[0], groups, updates);
    default: return feed_generic(eval, batch, arguments, groups);
  }
}

Status AggregateCall::feed_sum(const Batch& batch, const Column& argument, const uint32_t* groups) {
  uint32_t count = batch.selected_count;
  const uint8_t* nulls = argument.has_nulls ? argument.nulls : nullptr;
  if (argument.rep == Column::Rep::Nulls) return {};
  if (groups == nullptr && !argument.constant) {
    SumState& sum = sums_[0];
    if (argument.rep == Column::Rep::Ints && !sum.approximate) {
      uint32_t stopped = 0;
      if (kernels::sum_ints(argument.ints, nulls, batch.selection, count, &sum.integer_sum, &sum.count, &stopped)) {
        return {};
      }
      for (uint32_t i = stopped; i < count; ++i) sum.add(argument.at(batch.live_row(i)));
      return {};
    }
    if (argument.rep == Column::Rep::Reals && sum.approximate) {
      uint64_t before = sum.count;
      kernels::sum_reals(argument.reals, nulls, batch.selection, count, &sum.real_sum, &sum.count);
      if (sum.count != before) sum.overflowed = false;
      return {};
    }
  }
  if (groups != nullptr && argument.rep == Column::Rep::Ints && !argument.constant && nulls == nullptr) {
    if (batch.selection == nullptr) {
      for (uint32_t i = 0; i < count; ++i) sums_[groups[i]].add_integer(argument.ints[i]);
    } else {
      for (uint32_t i = 0; i < count; ++i) sums_[groups[i]].add_integer(argument.ints[batch.selection[i]]);
    }
    return {};
  }
  for (uint32_t i = 0; i < count; ++i) sums_[groups != nullptr ? groups[i] : 0].add(argument.at(batch.live_row(i)));
  return {};
}

// Whether `value` (not NULL) is the group's new extreme; keeps it if so. Earlier rows win ties.
bool AggregateCall::take_if_better(uint32_t group, const Value& value) {
  Value& best = extremes_[group];
  if (!best.is_null()) {
    int order;
    if (best.type == ValueType::Integer && value.type == ValueType::Integer) {
      order = value.integer < best.integer ? -1 : value.integer > best.integer;
    } else {
      order = compare_values(value, best, *collation_);
    }
    if (kind_ == Kind::Min ? order >= 0 : order <= 0) return false;
  }
  if (!value.is_bytes() || value.owner == ValueOwner::Static || (value.flags & value_flags::kZeroBlob) != 0) {
    best = value;
    if (value.is_bytes()) extreme_capacity_[group] = 0;
    return true;
  }
  // The previous text's room is used again when it suffices.
  char* room = best.is_bytes() && extreme_capacity_[group] >= value.length && extreme_capacity_[group] > 0
                   ? const_cast<char*>(best.bytes)
                   : nullptr;
  if (room == nullptr) {
    extreme_capacity_[group] = value.length < 16 ? 32 : value.length * 2;
    room = static_cast<char*>(memory_.allocate(extreme_capacity_[group], 1));
  }
  if (value.length > 0) std::memcpy(room, value.bytes, value.length);
  best = value;
  best.bytes = room;
  best.owner = ValueOwner::Heap;
  best.flags &= static_cast<uint8_t>(~value_flags::kNulFollows);
  return true;
}

Status AggregateCall::feed_extreme(const Batch& batch, const Column& argument, const uint32_t* groups,
                                   BufferVector<ExtremeUpdate>* updates) {
  uint32_t count = batch.selected_count;
  const uint8_t* nulls = argument.has_nulls ? argument.nulls : nullptr;
  if (groups == nullptr && updates == nullptr && !argument.constant) {
    if (argument.rep == Column::Rep::Ints) {
      int64_t best;
      bool any = kind_ == Kind::Min ? kernels::min_ints(argument.ints, nulls, batch.selection, count, &best)
                                    : kernels::max_ints(argument.ints, nulls, batch.selection, count, &best);
      if (any) take_if_better(0, Value::from_integer(best));
      return {};
    }
    if (argument.rep == Column::Rep::Reals) {
      double best;
      bool any = kind_ == Kind::Min ? kernels::min_reals(argument.reals, nulls, batch.selection, count, &best)
                                    : kernels::max_reals(argument.reals, nulls, batch.selection, count, &best);
      if (any) take_if_better(0, Value::from_real(best));
      return {};
    }
  }
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t row = batch.live_row(i);
    uint32_t group = groups != nullptr ? groups[i] : 0;
    Value value = argument.at(row);
    // While there is no extreme yet, NULL rows count as the latest candidate for bare columns.
    bool taken = value.is_null() ? extremes_[group].is_null() : take_if_better(group, value);
    if (taken && updates != nullptr) updates->push_back({group, row});
  }
  return {};
}

Status AggregateCall::feed_generic(expr::EvalContext& eval, const Batch& batch, const Column* arguments,
                                   const uint32_t* groups) {
  functions::CallContext call = call_context(eval);
  Value values[8];
  std::unique_ptr<Value[]> many;
  Value* row_values = values;
  if (argument_count_ > 8) {
    many.reset(new Value[argument_count_]);
    row_values = many.get();
  }
  for (uint32_t i = 0; i < batch.selected_count; ++i) {
    uint32_t row = batch.live_row(i);
    for (uint32_t a = 0; a < argument_count_; ++a) row_values[a] = arguments[a].at(row);
    void* state = generic_state(groups != nullptr ? groups[i] : 0);
    if (state == nullptr) return Code::NoMem;
    SQLRITE_TRY(function_->aggregate.step(call, state, row_values, static_cast<int>(argument_count_)));
  }
  return {};
}

Status AggregateCall::complete(ExecContext& context, expr::EvalContext& eval) {
  if (!distinct_rest_ && (!ordered_ || ordered_->row_count() == 0)) return {};
  RowStore rows;
  uint32_t groups[kBatchRowsMax];
  if (distinct_rest_) {
    uint32_t first = distinct_grouped_ ? 1 : 0;
    rows.init(buffered_count_ + first + 1);
    SQLRITE_TRY(distinct_rest_->finish(context));
    for (;;) {
      SQLRITE_TRY(distinct_rest_->next(context, rows, kBatchRowsMax));
      if (rows.row_count() == 0) break;
      Batch batch;
      batch.select_all(rows.row_count());
      for (uint32_t c = 0; c < buffered_count_; ++c) rows.view(first + c, 0, &columns_[c]);
      for (uint32_t i = 0; i < rows.row_count() && distinct_grouped_; ++i) {
        groups[i] = static_cast<uint32_t>(rows.at(0, i).integer);
      }
      SQLRITE_TRY(take(context, eval, batch, distinct_grouped_ ? groups : nullptr, nullptr));
    }
    distinct_rest_.reset();
    rows.clear();
  }
  if (!ordered_) return {};
  RowStore sorted;
  sorted.init(buffered_count_ + 1);
  SQLRITE_TRY(ordered_->finish(context));
  for (;;) {
    SQLRITE_TRY(ordered_->next(context, sorted, kBatchRowsMax));
    if (sorted.row_count() == 0) return {};
    Batch batch;
    batch.select_all(sorted.row_count());
    for (uint32_t a = 0; a < argument_count_; ++a) sorted.view(a + 1, 0, &columns_[a]);
    for (uint32_t i = 0; i < sorted.row_count(); ++i) groups[i] = static_cast<uint32_t>(sorted.at(0, i).integer);
    SQLRITE_TRY(feed_rows(eval, batch, columns_.data(), groups, nullptr));
  }
}

Status AggregateCall::finalize(expr::EvalContext& eval, uint32_t group, Value* out) {
  switch (kind_) {
    case Kind::Count:
    case Kind::CountStar: *out = Value::from_integer(static_cast<int64_t>(counts_[group])); return {};
    case Kind::Sum: {
      const SumState& sum = sums_[group];
      if (sum.count == 0) {
        *out = Value();
      } else if (!sum.approximate) {
        *out = Value::from_integer(sum.integer_sum);
      } else if (sum.overflowed) {
        return Status(Code::Error, "integer overflow");
      } else {
        *out = Value::from_real(sum.real_sum.result());
      }
      return {};
    }
    case Kind::Total:
    case Kind::Avg: {
      const SumState& sum = sums_[group];
      double total = sum.approximate ? sum.real_sum.result() : static_cast<double>(sum.integer_sum);
      if (kind_ == Kind::Total) {
        *out = Value::from_real(total);
      } else {
        *out = sum.count == 0 ? Value() : Value::from_real(total / static_cast<double>(sum.count));
      }
      return {};
    }
    case Kind::Min:
    case Kind::Max: *out = extremes_[group]; return {};
    default: {
      functions::CallContext call = call_context(eval);
      void* state = generic_state(group);
      if (state == nullptr) return Code::NoMem;
      return function_->aggregate.finalize(call, state, out);
    }
  }
}

}  // namespace sqlrite::exec
