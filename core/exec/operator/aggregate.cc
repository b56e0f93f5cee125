// Aggregate: groups by hash, by order of the input, or everything as one group.
#include <algorithm>
#include <cstring>

#include "exec/operator/aggregate_state.h"
#include "exec/operator/column_writer.h"
#include "exec/operator/key_hash.h"
#include "exec/operator/operators.h"
#include "exec/operator/sorter.h"

namespace sqlrite::exec {

namespace {

using plan::AggregateMode;

// Bare columns: one row of values per group, replaced when the row of a min/max changes.
class BareRows {
 public:
  Status make(std::span<bind::BoundExpr* const> exprs, Arena& arena) {
    count_ = static_cast<uint32_t>(exprs.size());
    SQLRITE_TRY_ASSIGN(exprs_, make_column_exprs(exprs, arena));
    return {};
  }
  uint32_t count() const { return count_; }
  void clear() {
    values_.clear();
    capacities_.clear();
    if (values_.capacity() > 256) values_.shrink_to_fit();
    shrink_arena(memory_);
  }
  void add_groups(uint32_t group_count) {
    if (values_.size() < size_t{group_count} * count_) {
      values_.resize(size_t{group_count} * count_);
      capacities_.resize(values_.size());
    }
  }
  Status set(expr::EvalContext& eval, uint32_t group, const Batch& batch, uint32_t row) {
    for (uint32_t i = 0; i < count_; ++i) {
      Value value;
      SQLRITE_TRY(exprs_[i].evaluate_row(eval, batch, row, &value));
      keep(value, size_t{group} * count_ + i);
    }
    return {};
  }
  const Value& at(uint32_t group, uint32_t index) const { return values_[size_t{group} * count_ + index]; }

 private:
  void keep(const Value& value, size_t at) {
    if (!value.is_bytes() || value.owner == ValueOwner::Static || (value.flags & value_flags::kZeroBlob) != 0) {
      values_[at] = value;
      return;
    }
    char* room = capacities_[at].room;
    if (room == nullptr || capacities_[at].size_bytes < value.length) {
      capacities_[at].size_bytes = value.length + value.length / 2 + 16;
      room = capacities_[at].room = static_cast<char*>(memory_.allocate(capacities_[at].size_bytes, 1));
    }
    if (value.length > 0) std::memcpy(room, value.bytes, value.length);
    values_[at] = value;
    values_[at].bytes = room;
    values_[at].owner = ValueOwner::Heap;
    values_[at].flags &= static_cast<uint8_t>(~value_flags::kNulFollows);
  }
  struct Room {
    char* room = nullptr;
    uint32_t size_bytes = 0;
  };
  ColumnExprs exprs_;
  uint32_t count_ = 0;
  std::vector<Value> values_;
  std::vector<Room> capacities_;
  Arena memory_{512};
};

class Aggregate final : public BaseOperator {
 public:
  Status prepare(const plan::AggregateNode& node, OperatorBuild& build) {
    Arena& arena = *build.arena;
    node_ = &node;
    SQLRITE_TRY_ASSIGN(input_, build_operator(node.input, build));
    key_count_ = static_cast<uint32_t>(node.keys.size());
    SQLRITE_TRY_ASSIGN(keys_, make_column_exprs(node.keys, arena));
    key_columns_ = arena.make_array<Column>(key_count_);
    key_values_ = arena.make_array<Value>(key_count_);
    call_count_ = static_cast<uint32_t>(node.aggregates.size());
    calls_.reset(new AggregateCall[call_count_]);
    for (uint32_t i = 0; i < call_count_; ++i) {
      SQLRITE_TRY(calls_[i].make(*node.aggregates[i], arena, node.bare_follows == static_cast<int32_t>(i)));
    }
    SQLRITE_TRY(bare_.make(node.bare, arena));
    init_batch(std::max<uint32_t>(node.slot_count, key_count_ + call_count_ + bare_.count()), arena);
    if (node.mode == AggregateMode::Hash) table_.init(node.key_collations);
    ordered_keys_.init(key_count_);
    sort_keys_ = arena.make_array<SortKey>(key_count_);
    for (uint32_t k = 0; k < key_count_; ++k) {
      sort_keys_[k].column = k;
      sort_keys_[k].collation = node.key_collations[k];
    }
    key_buffers_.reset(new ColumnBuffer[key_count_]);
    single_ = arena.make_array<Value>(call_count_ + bare_.count());
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    heap_.reset();
    clear_groups();
    consumed_ = false;
    emitting_ = false;
    input_done_ = false;
    held_ = nullptr;
    return input_->open(context, outer_batch, outer_row);
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (has_pending()) return take_pending();
    if (node_->mode == AggregateMode::Plain) return next_plain(context, out);
    for (;;) {
      if (emitting_) {
        if (next_group_ < group_count()) return emit(rows_wanted, out);
        if (input_done_) return finish(out);
        emitting_ = false;
        clear_groups();
      }
      if (node_->mode == AggregateMode::Hash) {
        SQLRITE_TRY(consume_hash(context));
        input_done_ = true;
      } else {
        SQLRITE_TRY(consume_ordered(context, rows_wanted));
      }
      for (uint32_t i = 0; i < call_count_; ++i) SQLRITE_TRY(calls_[i].complete(eval_));
      next_group_ = 0;
      emitting_ = true;
      ordered_output_ = node_->mode == AggregateMode::Hash && node_->output_in_key_order;
      if (ordered_output_) SQLRITE_TRY(sort_rows(table_.keys(), 0, sort_keys_, order_));
    }
  }

  void close(ExecContext& context) override {
    input_->close(context);
    clear_groups();
    if (order_.capacity() > 1024) std::vector<uint32_t>().swap(order_);
    if (writers_count_ > 0) {
      writers_.reset();
      writers_count_ = 0;
    }
    BaseOperator::close(context);
  }

 private:
  uint32_t group_count() const {
    return node_->mode == AggregateMode::Hash ? table_.count() : ordered_keys_.row_count();
  }

  void clear_groups() {
    for (uint32_t i = 0; i < call_count_; ++i) calls_[i].start();
    bare_.clear();
    if (node_->mode == AggregateMode::Hash) table_.clear();
    ordered_keys_.clear();
  }

  // Rows of one batch into their groups. `known`: groups that existed before this batch.
  Status feed(const Batch& batch, const uint32_t* groups, uint32_t known, uint32_t total) {
    for (uint32_t i = 0; i < call_count_; ++i) {
      SQLRITE_TRY(calls_[i].add_groups(total));
      bool leads = node_->bare_follows == static_cast<int32_t>(i) && bare_.count() > 0;
      updates_.clear();
      SQLRITE_TRY(calls_[i].feed(eval_, batch, groups, leads ? &updates_ : nullptr));
      if (!leads) continue;
      // A group's first row stands in until min or max meets a row (its FILTER may let none through).
      SQLRITE_TRY(keep_first_rows(batch, groups, known, total));
      for (size_t u = 0; u < updates_.size(); ++u) {
        // Only the last change counts; runs of changes to one group are the common case.
        if (u + 1 < updates_.size() && updates_[u + 1].group == updates_[u].group) continue;
        SQLRITE_TRY(bare_.set(eval_, updates_[u].group, batch, updates_[u].row));
      }
    }
    if (bare_.count() == 0 || node_->bare_follows >= 0) return {};
    return keep_first_rows(batch, groups, known, total);
  }

  // Bare columns of the groups that this batch brought.
  Status keep_first_rows(const Batch& batch, const uint32_t* groups, uint32_t known, uint32_t total) {
    if (known == total) return {};
    bare_.add_groups(total);
    for (uint32_t i = 0; i < batch.selected_count && known < total; ++i) {
      if ((groups != nullptr ? groups[i] : 0) != known) continue;
      SQLRITE_TRY(bare_.set(eval_, known, batch, batch.live_row(i)));
      ++known;
    }
    return {};
  }

  Status next_plain(ExecContext& context, Batch** out) {
    if (consumed_) return finish(out);
    consumed_ = true;
    uint32_t known = 0;
    for (uint32_t i = 0; i < call_count_; ++i) SQLRITE_TRY(calls_[i].add_groups(1));
    bare_.add_groups(1);
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(input_->next(context, all_rows(context), &batch));
      if (batch->selected_count == 0) break;
      heap_.reset();
      SQLRITE_TRY(feed(*batch, nullptr, known, 1));
      known = 1;
    }
    heap_.reset();
    for (uint32_t i = 0; i < call_count_; ++i) {
      SQLRITE_TRY(calls_[i].complete(eval_));
      SQLRITE_TRY(calls_[i].finalize(eval_, 0, &single_[i]));
    }
    for (uint32_t i = 0; i < bare_.count(); ++i) single_[call_count_ + i] = bare_.at(0, i);
    for (uint32_t i = 0; i < single_.size(); ++i) {
      Column& column = columns_[key_count_ + i];
      column.rep = Column::Rep::Cells;
      column.constant = false;
      column.has_nulls = false;
      column.cells = &single_[i];
    }
    batch_.select_all(1);
    *out = &batch_;
    return {};
  }

  Status consume_hash(ExecContext& context) {
    if (node_->groups_estimate > 1000) {
      table_.expect(static_cast<uint64_t>(std::min(node_->groups_estimate, 4e6)));
    }
    if (!groups_) groups_.reset(new uint32_t[kBatchRowsMax]);
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(input_->next(context, all_rows(context), &batch));
      if (batch->selected_count == 0) return {};
      heap_.reset();
      for (uint32_t k = 0; k < key_count_; ++k) SQLRITE_TRY(keys_[k].evaluate(eval_, *batch, &key_columns_[k]));
      uint32_t known = table_.count();
      SQLRITE_TRY(table_.find_or_add(*batch, key_columns_.data(), groups_.get()));
      SQLRITE_TRY(feed(*batch, groups_.get(), known, table_.count()));
    }
  }

  // Takes complete groups until there are enough of them; the rest of the batch in hand waits in held_.
  Status consume_ordered(ExecContext& context, uint32_t rows_wanted) {
    uint32_t enough = std::min(std::max<uint32_t>(rows_wanted, 1), kBatchRowsMax);
    if (!groups_) groups_.reset(new uint32_t[kBatchRowsMax]);
    for (;;) {
      if (held_ == nullptr) {
        SQLRITE_TRY(input_->next(context, rows_wanted < 64 ? grow_wanted(context, rows_wanted) : all_rows(context), &held_));
        held_from_ = 0;
        if (held_->selected_count == 0) {
          held_ = nullptr;
          input_done_ = true;
          return {};
        }
        heap_.reset();
        for (uint32_t k = 0; k < key_count_; ++k) SQLRITE_TRY(keys_[k].evaluate(eval_, *held_, &key_columns_[k]));
      }
      uint32_t known = ordered_keys_.row_count();
      uint32_t position = held_from_;
      bool full = false;
      uint32_t previous_row = kNoRow;
      for (; position < held_->selected_count; ++position) {
        uint32_t row = held_->live_row(position);
        bool same = ordered_keys_.row_count() > 0;
        for (uint32_t k = 0; k < key_count_ && same; ++k) {
          Value before = previous_row != kNoRow ? key_columns_[k].at(previous_row)
                                                : ordered_keys_.at(k, ordered_keys_.row_count() - 1);
          same = equal_values(before, key_columns_[k].at(row), *node_->key_collations[k]);
        }
        if (!same) {
          if (ordered_keys_.row_count() >= enough) {
            full = true;
            break;
          }
          for (uint32_t k = 0; k < key_count_; ++k) key_values_[k] = key_columns_[k].at(row);
          SQLRITE_TRY(ordered_keys_.append_row(key_values_.data()));
        }
        previous_row = row;
        groups_[position - held_from_] = ordered_keys_.row_count() - 1;
      }
      if (position > held_from_) {
        Batch part = *held_;
        if (held_from_ > 0 || position < held_->selected_count) {
          uint16_t* chosen = selection_buffer(*held_);
          for (uint32_t i = held_from_; i < position; ++i) chosen[i - held_from_] = static_cast<uint16_t>(held_->live_row(i));
          part.selection = chosen;
          part.selected_count = position - held_from_;
        }
        SQLRITE_TRY(feed(part, groups_.get(), known, ordered_keys_.row_count()));
      }
      held_from_ = position;
      if (position == held_->selected_count) held_ = nullptr;
      if (full) return {};
    }
  }

  Status emit(uint32_t rows_wanted, Batch** out) {
    uint32_t rows = std::min(std::min(std::max<uint32_t>(rows_wanted, 1), kBatchRowsMax), group_count() - next_group_);
    // Key expressions of a held batch may still live in the heap.
    if (held_ == nullptr) heap_.reset();
    const RowStore& keys = node_->mode == AggregateMode::Hash ? table_.keys() : ordered_keys_;
    for (uint32_t k = 0; k < key_count_; ++k) {
      if (ordered_output_) {
        SQLRITE_TRY(keys.gather(k, order_.data() + next_group_, rows, key_buffers_[k], &columns_[k]));
      } else {
        keys.view(k, next_group_, &columns_[k]);
      }
    }
    uint32_t output_count = call_count_ + bare_.count();
    if (writers_count_ < output_count) {
      writers_.reset(new ColumnWriter[output_count]);
      writers_count_ = output_count;
    }
    uint32_t good_rows = rows;
    for (uint32_t i = 0; i < output_count; ++i) {
      SQLRITE_TRY(writers_[i].begin(rows));
      for (uint32_t r = 0; r < good_rows; ++r) {
        uint32_t group = ordered_output_ ? order_[next_group_ + r] : next_group_ + r;
        Value value;
        if (i < call_count_) {
          Status status = calls_[i].finalize(eval_, group, &value);
          if (!status.ok()) {
            if (r == 0) return status;
            pending_ = std::move(status);
            good_rows = r;
            break;
          }
        } else {
          value = bare_.at(group, i - call_count_);
        }
        writers_[i].push(value);
      }
      writers_[i].finish(&columns_[key_count_ + i]);
    }
    next_group_ += rows;
    batch_.select_all(good_rows);
    *out = &batch_;
    return {};
  }

  const plan::AggregateNode* node_ = nullptr;
  std::unique_ptr<Operator> input_;
  uint32_t key_count_ = 0;
  uint32_t call_count_ = 0;
  ColumnExprs keys_;
  std::span<Column> key_columns_;
  std::span<Value> key_values_;
  std::unique_ptr<AggregateCall[]> calls_;
  BareRows bare_;
  KeyTable table_;
  RowStore ordered_keys_;
  std::span<SortKey> sort_keys_;
  std::vector<uint32_t> order_;
  std::unique_ptr<uint32_t[]> groups_;
  std::vector<ExtremeUpdate> updates_;
  std::unique_ptr<ColumnBuffer[]> key_buffers_;
  std::unique_ptr<ColumnWriter[]> writers_;
  uint32_t writers_count_ = 0;
  std::span<Value> single_;
  uint32_t next_group_ = 0;
  bool consumed_ = false;
  bool emitting_ = false;
  bool input_done_ = false;
  bool ordered_output_ = false;
  Batch* held_ = nullptr;
  uint32_t held_from_ = 0;
};

}  // namespace

OperatorResult make_aggregate(const plan::AggregateNode& node, OperatorBuild& build) {
  auto made = std::make_unique<Aggregate>();
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
