// Compound: UNION ALL streams its inputs one after the other; UNION, INTERSECT and EXCEPT collect, and deliver distinct
// rows sorted by all columns (or by ORDER BY first). What is collected spills beyond the memory budget.
#include <algorithm>

#include "base/buffer_memory.h"
#include "exec/operator/operators.h"
#include "exec/operator/row_store.h"
#include "exec/operator/sorter.h"
#include "exec/spill/distinct_rows.h"
#include "exec/spill/external_sorter.h"

namespace sqlrite::exec {

namespace {

using bind::CompoundOp;

class Compound final : public BaseOperator {
 public:
  Status prepare(const plan::CompoundNode& node, OperatorBuild& build) {
    Arena& arena = *build.arena;
    node_ = &node;
    column_count_ = static_cast<uint32_t>(node.collations.size());
    if (column_count_ == 0) column_count_ = node.slot_count;
    for (const plan::Node* input : node.inputs) {
      SQLRITE_TRY_ASSIGN(auto made, build_operator(input, build));
      inputs_.push_back(std::move(made));
    }
    init_batch(std::max<uint32_t>(node.slot_count, column_count_), arena);
    // Inputs from `stream_from_` on are only appended.
    stream_from_ = 0;
    for (size_t i = 1; i < node.operators.size(); ++i) {
      if (node.operators[i] != CompoundOp::UnionAll) stream_from_ = static_cast<uint32_t>(i) + 1;
    }
    if (!node.order_by.empty()) stream_from_ = static_cast<uint32_t>(inputs_.size());
    if (stream_from_ == 0) return {};
    collations_ = arena.make_array<const Collation*>(column_count_);
    for (uint32_t c = 0; c < column_count_; ++c) {
      collations_[c] = c < node.collations.size() ? node.collations[c] : &kBinaryCollation;
    }
    ArenaVector<SortKey> keys(arena);
    for (const bind::OrderTerm& term : node.order_by) {
      SortKey key;
      key.column = static_cast<uint32_t>(term.result_column);
      key.descending = term.descending;
      key.nulls_last = term.nulls_last;
      if (term.collation != nullptr) key.collation = term.collation;
      keys.push_back(key);
    }
    for (uint32_t c = 0; c < column_count_; ++c) {
      SortKey key;
      key.column = c;
      key.collation = collations_[c];
      // Rows with equal ORDER BY terms leave by the remaining columns when the operator sorts anyway.
      if (!only_union_all()) keys.push_back(key);
    }
    order_keys_ = keys.span();
    state_ = std::make_unique<State>();
    for (DistinctRows& set : state_->sets) set.init(collations_);
    state_->kept.init(column_count_);
    state_->shown.init(column_count_);
    state_->other.init(column_count_);
    state_->sorter.init(column_count_, order_keys_);
    slots_ = arena.make_array<int32_t>(column_count_);
    for (uint32_t c = 0; c < column_count_; ++c) slots_[c] = static_cast<int32_t>(c);
    buffers_.reset(new ColumnBuffer[column_count_]);
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    outer_batch_ = outer_batch;
    outer_row_ = outer_row;
    collected_ = false;
    current_ = stream_from_;
    current_open_ = false;
    next_ = 0;
    return {};
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (stream_from_ > 0 && !collected_) {
      SQLRITE_TRY(collect(context));
      collected_ = true;
    }
    if (stream_from_ > 0) {
      SQLRITE_TRY(next_collected(context, std::min(std::max<uint32_t>(rows_wanted, 1), kBatchRowsMax)));
      if (batch_.selected_count > 0) {
        *out = &batch_;
        return {};
      }
    }
    while (current_ < inputs_.size()) {
      if (!current_open_) {
        SQLRITE_TRY(inputs_[current_]->open(context, outer_batch_, outer_row_));
        current_open_ = true;
      }
      SQLRITE_TRY(inputs_[current_]->next(context, rows_wanted, out));
      if ((*out)->selected_count > 0) return {};
      ++current_;
      current_open_ = false;
    }
    return finish(out);
  }

  void close(ExecContext& context) override {
    for (auto& input : inputs_) input->close(context);
    if (state_) state_->clear();
    if (order_.capacity() > 1024) BufferVector<uint32_t>().swap(order_);
    BaseOperator::close(context);
  }

 private:
  struct State {
    DistinctRows sets[3];
    ExternalSorter sorter;  // by ORDER BY
    RowStore kept;
    RowStore shown, other;  // pieces of spilled rows
    void clear() {
      for (DistinctRows& set : sets) set.clear();
      sorter.clear();
      kept.clear();
      shown.clear();
      other.clear();
    }
  };

  bool only_union_all() const {
    for (size_t i = 1; i < node_->operators.size(); ++i) {
      if (node_->operators[i] != CompoundOp::UnionAll) return false;
    }
    return true;
  }

  template <typename Take>
  Status drain(ExecContext& context, size_t input, Take&& take) {
    SQLRITE_TRY(inputs_[input]->open(context, outer_batch_, outer_row_));
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(inputs_[input]->next(context, all_rows(context), &batch));
      if (batch->selected_count == 0) return {};
      SQLRITE_TRY(take(*batch));
    }
  }

  // Left to right.
  Status collect(ExecContext& context) {
    State& state = *state_;
    state.clear();
    order_.clear();
    next_ = 0;
    size_t count = std::min<size_t>(stream_from_, inputs_.size());
    size_t current = 0;      // the set that holds the rows so far
    bool in_sorter = false;  // they are in the sorter instead: no operator after this makes rows distinct
    auto into_set = [&](size_t input, DistinctRows& set) {
      return drain(context, input, [&](Batch& batch) { return set.add(context, batch, batch.columns); });
    };
    // Of rows that are equal but not the same (1 and 1.0), UNION shows the first one of its right side. A chain of UNIONs
    // is therefore collected from its end.
    bool only_union = true;
    for (size_t i = 1; i < count; ++i) only_union = only_union && node_->operators[i] == CompoundOp::Union;
    if (only_union && count > 1) {
      for (size_t i = count; i-- > 0;) SQLRITE_TRY(into_set(i, state.sets[0]));
      return finish_set(context, state.sets[0]);
    }
    size_t last_distinct = 0;  // the last operator that makes rows distinct
    for (size_t i = 1; i < count; ++i) {
      if (node_->operators[i] != CompoundOp::UnionAll) last_distinct = i;
    }
    for (size_t i = 0; i < count; ++i) {
      CompoundOp op = i == 0 ? CompoundOp::UnionAll : node_->operators[i];
      DistinctRows& left = state.sets[current];
      if (op == CompoundOp::UnionAll) {
        // Rows that a later operator makes distinct may be so at once.
        if (i < last_distinct) {
          SQLRITE_TRY(into_set(i, left));
          continue;
        }
        if (!in_sorter) SQLRITE_TRY(move_to_sorter(context, left));
        in_sorter = true;
        SQLRITE_TRY(drain(context, i, [&](Batch& batch) { return state.sorter.add(context, batch, slots_); }));
        continue;
      }
      size_t target = (current + 1) % 3;
      DistinctRows& result = state.sets[target];
      if (op == CompoundOp::Union) {
        SQLRITE_TRY(into_set(i, result));
        if (left.is_spilled()) {
          SQLRITE_TRY(for_each_piece(context, left, [&](RowStore& rows) { return result.add(context, rows); }));
        } else {
          SQLRITE_TRY(result.add(context, left.table().keys()));
        }
      } else if (left.is_spilled()) {
        DistinctRows& right = state.sets[(current + 2) % 3];
        SQLRITE_TRY(into_set(i, right));
        SQLRITE_TRY(merge(context, op, left, right, result));
        right.clear();
      } else {
        SQLRITE_TRY(mark(context, op, i, left, result));
      }
      left.clear();
      current = target;
    }
    if (!in_sorter) return finish_set(context, state.sets[current]);
    SQLRITE_TRY(state.sorter.finish(context));
    show_sorter();
    return {};
  }

  // INTERSECT and EXCEPT with a left side in memory: marks the left rows that the right side has.
  Status mark(ExecContext& context, CompoundOp op, size_t input, DistinctRows& left, DistinctRows& result) {
    uint32_t ids[kBatchRowsMax];
    BufferVector<uint8_t> hit(left.table().count(), 0);
    auto find = [&](Batch& batch) -> Status {
      SQLRITE_TRY(left.table().find(batch, batch.columns, false, ids));
      for (uint32_t r = 0; r < batch.selected_count; ++r) {
        if (ids[r] != kNoRow) hit[ids[r]] = 1;
      }
      return {};
    };
    SQLRITE_TRY(drain(context, input, find));
    bool wanted = op == CompoundOp::Intersect;
    BufferVector<uint32_t> kept;
    for (uint32_t r = 0; r < hit.size(); ++r) {
      if ((hit[r] != 0) == wanted) kept.push_back(r);
    }
    RowStore& rows = state_->kept;
    rows.clear();
    SQLRITE_TRY(rows.append_from(left.table().keys(), kept.data(), static_cast<uint32_t>(kept.size())));
    SQLRITE_TRY(result.add(context, rows));
    rows.clear();
    return {};
  }

  // The same with both sides in order.
  Status merge(ExecContext& context, CompoundOp op, DistinctRows& left, DistinctRows& right, DistinctRows& result) {
    RowStore& other = state_->other;
    uint32_t at = 0;
    bool more = true;
    other.clear();
    SQLRITE_TRY(right.start(context));
    return for_each_piece(context, left, [&](RowStore& rows) -> Status {
      RowStore& kept = state_->kept;
      kept.clear();
      for (uint32_t row = 0; row < rows.row_count(); ++row) {
        int order = -1;
        while (more) {
          if (at == other.row_count()) {
            SQLRITE_TRY(right.next(context, other, kBatchRowsMax));
            at = 0;
            more = other.row_count() > 0;
            if (!more) break;
          }
          order = compare_rows(rows, row, other, at, left.keys());
          if (order <= 0) break;
          ++at;
        }
        bool hit = more && order == 0;
        if (hit == (op == CompoundOp::Intersect)) SQLRITE_TRY(kept.append_from(rows, &row, 1));
      }
      return result.add(context, kept);
    });
  }

  template <typename Take>
  Status for_each_piece(ExecContext& context, DistinctRows& set, Take&& take) {
    RowStore& rows = state_->shown;
    SQLRITE_TRY(set.start(context));
    for (;;) {
      SQLRITE_TRY(set.next(context, rows, kBatchRowsMax));
      if (rows.row_count() == 0) return {};
      SQLRITE_TRY(take(rows));
    }
  }

  Status move_to_sorter(ExecContext& context, DistinctRows& set) {
    SQLRITE_TRY(for_each_piece(context, set, [&](RowStore& rows) { return state_->sorter.add(context, rows); }));
    set.clear();
    return {};
  }

  // The rows of a set are the result.
  Status finish_set(ExecContext& context, DistinctRows& set) {
    if (!set.is_spilled()) {
      result_ = &set.table().keys();
      return sort_rows(*result_, 0, order_keys_, order_);
    }
    result_ = nullptr;
    if (node_->order_by.empty()) {
      spilled_result_ = &set;
      return set.start(context);
    }
    SQLRITE_TRY(move_to_sorter(context, set));
    SQLRITE_TRY(state_->sorter.finish(context));
    show_sorter();
    return {};
  }

  void show_sorter() {
    spilled_result_ = nullptr;
    result_ = nullptr;
    if (state_->sorter.is_spilled()) return;
    result_ = &state_->sorter.rows();
    order_.assign(state_->sorter.order().begin(), state_->sorter.order().end());
  }

  Status next_collected(ExecContext& context, uint32_t rows) {
    if (result_ != nullptr) {
      rows = static_cast<uint32_t>(std::min<size_t>(rows, order_.size() - next_));
      for (uint32_t c = 0; c < column_count_ && rows > 0; ++c) {
        SQLRITE_TRY(result_->gather(c, order_.data() + next_, rows, buffers_[c], &columns_[c]));
      }
      next_ += rows;
      batch_.select_all(rows);
      return {};
    }
    RowStore& shown = state_->shown;
    SQLRITE_TRY(spilled_result_ != nullptr ? spilled_result_->next(context, shown, rows)
                                           : state_->sorter.next(context, shown, rows));
    for (uint32_t c = 0; c < column_count_; ++c) shown.view(c, 0, &columns_[c]);
    batch_.select_all(shown.row_count());
    return {};
  }

  const plan::CompoundNode* node_ = nullptr;
  std::vector<std::unique_ptr<Operator>> inputs_;
  uint32_t column_count_ = 0;
  uint32_t stream_from_ = 0;
  std::span<const Collation*> collations_;
  std::span<SortKey> order_keys_;
  std::span<int32_t> slots_;
  std::unique_ptr<State> state_;            // null: everything streams
  const RowStore* result_ = nullptr;        // in the order of order_; null: it is on files
  DistinctRows* spilled_result_ = nullptr;  // null: the sorter has the rows
  BufferVector<uint32_t> order_;
  std::unique_ptr<ColumnBuffer[]> buffers_;
  size_t next_ = 0;
  const Batch* outer_batch_ = nullptr;
  uint32_t outer_row_ = 0;
  bool collected_ = false;
  uint32_t current_ = 0;
  bool current_open_ = false;
};

}  // namespace

OperatorResult make_compound(const plan::CompoundNode& node, OperatorBuild& build) {
  std::unique_ptr<Compound> made(new (*build.arena) Compound());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
