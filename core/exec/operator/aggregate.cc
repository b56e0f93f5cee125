// Aggregate: groups by hash, by order of the input, or everything as one group. A hash table beyond the memory budget
// takes no more groups: rows of others go to files, and their groups are made when the input has ended.
#include <algorithm>

#include "base/buffer_memory.h"
#include "exec/operator/column_writer.h"
#include "exec/operator/group_state.h"
#include "exec/operator/key_hash.h"
#include "exec/operator/operators.h"
#include "exec/operator/sorter.h"
#include "exec/operator/spilled_groups.h"
#include "exec/spill/memory_budget.h"

namespace sqlrite::exec {

namespace {

using plan::AggregateMode;

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
    SQLRITE_TRY(state_.make(node, arena));
    init_batch(std::max<uint32_t>(node.slot_count, key_count_ + state_.value_count()), arena);
    if (node.mode == AggregateMode::Hash) table_.init(node.key_collations);
    ordered_keys_.init(key_count_);
    sort_keys_ = arena.make_array<SortKey>(key_count_);
    for (uint32_t k = 0; k < key_count_; ++k) {
      sort_keys_[k].column = k;
      sort_keys_[k].collation = node.key_collations[k];
    }
    key_buffers_.reset(new ColumnBuffer[key_count_]);
    single_ = arena.make_array<Value>(state_.value_count());
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
        if (spilled_) return emit_merged(context, rows_wanted, out);
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
      SQLRITE_TRY(state_.complete(context, eval_));
      next_group_ = 0;
      emitting_ = true;
      ordered_output_ = node_->mode == AggregateMode::Hash && (node_->output_in_key_order || spilled_);
      if (ordered_output_) SQLRITE_TRY(sort_rows(table_.keys(), 0, sort_keys_, order_));
    }
  }

  void close(ExecContext& context) override {
    input_->close(context);
    clear_groups();
    if (order_.capacity() > 1024) BufferVector<uint32_t>().swap(order_);
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
    state_.clear();
    if (node_->mode == AggregateMode::Hash) table_.clear();
    ordered_keys_.clear();
    spilled_.reset();
    share_.release();
  }

  Status next_plain(ExecContext& context, Batch** out) {
    if (consumed_) return finish(out);
    consumed_ = true;
    uint32_t known = 0;
    SQLRITE_TRY(state_.add_groups(1));
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(input_->next(context, all_rows(context), &batch));
      if (batch->selected_count == 0) break;
      heap_.reset();
      SQLRITE_TRY(state_.feed(context, eval_, *batch, nullptr, known, 1));
      known = 1;
    }
    heap_.reset();
    SQLRITE_TRY(state_.complete(context, eval_));
    for (uint32_t i = 0; i < state_.value_count(); ++i) SQLRITE_TRY(state_.value(eval_, 0, i, &single_[i]));
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
      table_.expect(MemoryBudget::keys_expected(context.spill_budget(), node_->groups_estimate));
    }
    if (!groups_) groups_ = make_buffer_array<uint32_t>(kBatchRowsMax);
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(input_->next(context, all_rows(context), &batch));
      if (batch->selected_count == 0) return spilled_ ? spilled_->finish(context) : Status();
      heap_.reset();
      for (uint32_t k = 0; k < key_count_; ++k) SQLRITE_TRY(keys_[k].evaluate(eval_, *batch, &key_columns_[k]));
      if (spilled_) {
        SQLRITE_TRY(feed_known(context, *batch));
        continue;
      }
      uint32_t known = table_.count();
      SQLRITE_TRY(table_.find_or_add(*batch, key_columns_.data(), groups_.get()));
      SQLRITE_TRY(state_.feed(context, eval_, *batch, groups_.get(), known, table_.count()));
      if (!context.must_spill(share_, table_.size_bytes() + state_.size_bytes())) continue;
      spilled_ = std::make_unique<SpilledGroups>();
      SQLRITE_TRY(spilled_->make(*node_, sort_keys_));
      spilled_next_ = 0;
      spilled_done_ = false;
    }
  }

  // The table is full: rows of its groups go on being aggregated, others wait.
  Status feed_known(ExecContext& context, const Batch& batch) {
    SQLRITE_TRY(table_.find(batch, key_columns_.data(), false, groups_.get()));
    uint16_t rows[2 * kBatchRowsMax];
    uint16_t* others = rows + kBatchRowsMax;
    uint32_t count = 0;
    uint32_t other_count = 0;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      auto row = static_cast<uint16_t>(batch.live_row(i));
      if (groups_[i] == kNoRow) {
        others[other_count++] = row;
      } else {
        groups_[count] = groups_[i];
        rows[count++] = row;
      }
    }
    Batch part = batch;
    part.selection = others;
    part.selected_count = other_count;
    if (other_count > 0) SQLRITE_TRY(spilled_->add(context, part, key_columns_));
    if (count == 0) return {};
    part.selection = rows;
    part.selected_count = count;
    return state_.feed(context, eval_, part, groups_.get(), table_.count(), table_.count());
  }

  // Takes complete groups until there are enough of them; the rest of the batch in hand waits in held_.
  Status consume_ordered(ExecContext& context, uint32_t rows_wanted) {
    uint32_t enough = std::min(std::max<uint32_t>(rows_wanted, 1), kBatchRowsMax);
    if (!groups_) groups_ = make_buffer_array<uint32_t>(kBatchRowsMax);
    for (;;) {
      if (held_ == nullptr) {
        SQLRITE_TRY(
            input_->next(context, rows_wanted < 64 ? grow_wanted(context, rows_wanted) : all_rows(context), &held_));
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
          for (uint32_t i = held_from_; i < position; ++i)
            chosen[i - held_from_] = static_cast<uint16_t>(held_->live_row(i));
          part.selection = chosen;
          part.selected_count = position - held_from_;
        }
        SQLRITE_TRY(state_.feed(context, eval_, part, groups_.get(), known, ordered_keys_.row_count()));
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
    uint32_t output_count = state_.value_count();
    need_writers(output_count);
    uint32_t good_rows = rows;
    for (uint32_t i = 0; i < output_count; ++i) {
      SQLRITE_TRY(writers_[i].begin(rows));
      for (uint32_t r = 0; r < good_rows; ++r) {
        uint32_t group = ordered_output_ ? order_[next_group_ + r] : next_group_ + r;
        Value value;
        Status status = state_.value(eval_, group, i, &value);
        if (!status.ok()) {
          if (r == 0) return status;
          pending_ = std::move(status);
          good_rows = r;
          break;
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

  void need_writers(uint32_t count) {
    if (writers_count_ >= count) return;
    writers_.reset(new ColumnWriter[count]);
    writers_count_ = count;
  }

  // Groups of the table and groups from files, both in key order, as one sequence.
  Status emit_merged(ExecContext& context, uint32_t rows_wanted, Batch** out) {
    uint32_t rows = std::min(std::max<uint32_t>(rows_wanted, 1), kBatchRowsMax);
    heap_.reset();
    if (!spilled_done_ && spilled_next_ == spilled_->keys().row_count()) {
      SQLRITE_TRY(spilled_->fill(context, eval_, kBatchRowsMax));
      spilled_next_ = 0;
      spilled_done_ = spilled_->keys().row_count() == 0;
    }
    uint32_t value_count = state_.value_count();
    need_writers(key_count_ + value_count);
    for (uint32_t i = 0; i < key_count_ + value_count; ++i) SQLRITE_TRY(writers_[i].begin(rows));
    uint32_t count = 0;
    // Values from files hold until the next fill(): the batch ends before it.
    while (count < rows) {
      bool more_known = next_group_ < order_.size();
      bool more_spilled = !spilled_done_;
      if (more_spilled && spilled_next_ == spilled_->keys().row_count()) break;
      if (!more_known && !more_spilled) break;
      bool known = more_known && (!more_spilled || compare_rows(table_.keys(), order_[next_group_], spilled_->keys(),
                                                                spilled_next_, sort_keys_) < 0);
      const RowStore& keys = known ? table_.keys() : spilled_->keys();
      uint32_t group = known ? order_[next_group_++] : spilled_next_++;
      for (uint32_t i = 0; i < value_count; ++i) {
        Value value;
        Status status = known ? state_.value(eval_, group, i, &value) : spilled_->value(eval_, group, i, &value);
        if (!status.ok()) {
          if (count == 0) return status;
          pending_ = std::move(status);
          rows = count;
          break;
        }
        writers_[key_count_ + i].push(value);
      }
      if (has_pending()) break;
      for (uint32_t k = 0; k < key_count_; ++k) writers_[k].push(keys.at(k, group));
      ++count;
    }
    for (uint32_t i = 0; i < key_count_ + value_count; ++i) writers_[i].finish(&columns_[i]);
    batch_.select_all(count);
    *out = &batch_;
    return {};
  }

  const plan::AggregateNode* node_ = nullptr;
  std::unique_ptr<Operator> input_;
  uint32_t key_count_ = 0;
  ColumnExprs keys_;
  std::span<Column> key_columns_;
  std::span<Value> key_values_;
  GroupState state_;
  KeyTable table_;
  MemoryShare share_;
  std::unique_ptr<SpilledGroups> spilled_;  // the table is full
  uint32_t spilled_next_ = 0;
  bool spilled_done_ = false;
  RowStore ordered_keys_;
  std::span<SortKey> sort_keys_;
  BufferVector<uint32_t> order_;
  BufferArray<uint32_t> groups_;
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
  std::unique_ptr<Aggregate> made(new (*build.arena) Aggregate());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
