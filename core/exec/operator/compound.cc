// Compound: UNION ALL streams its inputs one after the other; UNION, INTERSECT and EXCEPT collect, and deliver distinct
// rows sorted by all columns (or by ORDER BY first).
#include <algorithm>

#include "exec/operator/key_hash.h"
#include "exec/operator/operators.h"
#include "exec/operator/row_store.h"
#include "exec/operator/sorter.h"

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
    ArenaVector<SortKey> column_keys(arena);
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
      column_keys.push_back(key);
      // Rows with equal ORDER BY terms leave by the remaining columns when the operator sorts anyway.
      if (!only_union_all()) keys.push_back(key);
    }
    order_keys_ = keys.span();
    column_keys_ = column_keys.span();
    for (RowStore& store : stores_) store.init(column_count_);
    for (KeyTable& table : tables_) table.init(collations_);
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
    if (stream_from_ > 0 && next_ < order_.size()) {
      auto rows = static_cast<uint32_t>(std::min<size_t>(std::min(std::max<uint32_t>(rows_wanted, 1), kBatchRowsMax), order_.size() - next_));
      for (uint32_t c = 0; c < column_count_; ++c) {
        SQLRITE_TRY(result_->gather(c, order_.data() + next_, rows, buffers_[c], &columns_[c]));
      }
      next_ += rows;
      batch_.select_all(rows);
      *out = &batch_;
      return {};
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
    for (RowStore& store : stores_) store.clear();
    for (KeyTable& table : tables_) table.clear();
    if (order_.capacity() > 1024) std::vector<uint32_t>().swap(order_);
    BaseOperator::close(context);
  }

 private:
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

  // Left to right. A set of distinct rows is a KeyTable; rows that may repeat are a RowStore.
  Status collect(ExecContext& context) {
    for (RowStore& store : stores_) store.clear();
    for (KeyTable& table : tables_) table.clear();
    order_.clear();
    uint32_t ids[kBatchRowsMax];
    size_t count = std::min<size_t>(stream_from_, inputs_.size());
    bool distinct = false;       // the rows so far are in tables_[current], else in stores_[0]
    size_t current = 0;
    // Of rows that are equal but not the same (1 and 1.0), UNION shows the first one of its right side. A chain of UNIONs
    // is therefore collected from its end.
    bool only_union = true;
    for (size_t i = 1; i < count; ++i) only_union = only_union && node_->operators[i] == CompoundOp::Union;
    if (only_union && count > 1) {
      for (size_t i = count; i-- > 0;) {
        SQLRITE_TRY(drain(context, i, [&](Batch& batch) { return tables_[0].find_or_add(batch, batch.columns, ids); }));
      }
      result_ = &tables_[0].keys();
      return sort_rows(*result_, 0, order_keys_, order_);
    }
    for (size_t i = 0; i < count; ++i) {
      CompoundOp op = i == 0 ? CompoundOp::UnionAll : node_->operators[i];
      if (op == CompoundOp::UnionAll) {
        if (distinct) {
          SQLRITE_TRY(append_all(tables_[current].keys(), stores_[0]));
          distinct = false;
        }
        // Rows that the next operator makes distinct go to its table at once.
        if (i == 0 && count > 1 && node_->operators[1] != CompoundOp::UnionAll) {
          distinct = true;
          SQLRITE_TRY(drain(context, i, [&](Batch& batch) { return tables_[current].find_or_add(batch, batch.columns, ids); }));
        } else {
          SQLRITE_TRY(drain(context, i, [&](Batch& batch) { return stores_[0].append(batch, slots_); }));
        }
        continue;
      }
      if (!distinct) {
        tables_[current].clear();
        SQLRITE_TRY(add_all(stores_[0], tables_[current]));
        stores_[0].clear();
        distinct = true;
      }
      KeyTable& left = tables_[current];
      if (op == CompoundOp::Union) {
        KeyTable& both = tables_[1 - current];
        both.clear();
        SQLRITE_TRY(drain(context, i, [&](Batch& batch) { return both.find_or_add(batch, batch.columns, ids); }));
        SQLRITE_TRY(add_all(left.keys(), both));
        left.clear();
        current = 1 - current;
        continue;
      }
      // INTERSECT and EXCEPT: mark the left rows that the right side has.
      std::vector<uint8_t> hit(left.count(), 0);
      auto mark = [&](Batch& batch) -> Status {
        SQLRITE_TRY(left.find(batch, batch.columns, false, ids));
        for (uint32_t r = 0; r < batch.selected_count; ++r) {
          if (ids[r] != kNoRow) hit[ids[r]] = 1;
        }
        return {};
      };
      SQLRITE_TRY(drain(context, i, mark));
      bool wanted = op == CompoundOp::Intersect;
      std::vector<uint32_t> kept;
      for (uint32_t r = 0; r < hit.size(); ++r) {
        if ((hit[r] != 0) == wanted) kept.push_back(r);
      }
      stores_[1].clear();
      SQLRITE_TRY(stores_[1].append_from(left.keys(), kept.data(), static_cast<uint32_t>(kept.size())));
      current = 1 - current;
      tables_[current].clear();
      SQLRITE_TRY(add_all(stores_[1], tables_[current]));
      stores_[1].clear();
      left.clear();
    }
    result_ = distinct ? &tables_[current].keys() : &stores_[0];
    return sort_rows(*result_, 0, order_keys_, order_);
  }

  Status append_all(const RowStore& from, RowStore& to) {
    std::vector<uint32_t> rows(from.row_count());
    for (uint32_t r = 0; r < rows.size(); ++r) rows[r] = r;
    // The distinct rows of UNION and friends leave sorted, whatever is appended to them.
    SQLRITE_TRY(sort_rows(from, 0, column_keys_, rows));
    return to.append_from(from, rows.data(), static_cast<uint32_t>(rows.size()));
  }

  Status add_all(const RowStore& from, KeyTable& to) {
    std::vector<Column> columns(column_count_);
    uint32_t ids[kBatchRowsMax];
    for (uint32_t first = 0; first < from.row_count(); first += kBatchRowsMax) {
      Batch batch;
      batch.select_all(std::min<uint32_t>(kBatchRowsMax, from.row_count() - first));
      for (uint32_t c = 0; c < column_count_; ++c) from.view(c, first, &columns[c]);
      SQLRITE_TRY(to.find_or_add(batch, columns.data(), ids));
    }
    return {};
  }

  const plan::CompoundNode* node_ = nullptr;
  std::vector<std::unique_ptr<Operator>> inputs_;
  uint32_t column_count_ = 0;
  uint32_t stream_from_ = 0;
  std::span<const Collation*> collations_;
  std::span<SortKey> order_keys_, column_keys_;
  std::span<int32_t> slots_;
  RowStore stores_[2];
  KeyTable tables_[2];
  const RowStore* result_ = nullptr;
  std::vector<uint32_t> order_;
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
