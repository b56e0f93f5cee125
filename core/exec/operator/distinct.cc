// Distinct: the first of equal rows, in order of appearance. Equal rows that are adjacent need no table. Beyond the
// memory budget the table takes no more keys: rows that it does not know wait on files until the input has ended.
#include <algorithm>

#include "exec/operator/key_hash.h"
#include "exec/operator/operators.h"
#include "exec/spill/first_rows.h"
#include "exec/spill/memory_budget.h"

namespace sqlrite::exec {

namespace {

class Distinct final : public BaseOperator {
 public:
  Status prepare(const plan::DistinctNode& node, OperatorBuild& build) {
    node_ = &node;
    SQLRITE_TRY_ASSIGN(input_, build_operator(node.input, build));
    table_.init(node.collations.first(node.key_count));
    if (node.input_is_grouped) last_.init(node.key_count);
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    table_.clear();
    last_.clear();
    rest_.reset();
    input_done_ = false;
    return input_->open(context, outer_batch, outer_row);
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (input_done_) return next_of_rest(context, rows_wanted, out);
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(input_->next(context, rows_wanted, &batch));
      *out = batch;
      if (batch->selected_count == 0) {
        if (rest_ == nullptr) return {};
        input_done_ = true;
        SQLRITE_TRY(rest_->rows.finish(context));
        return next_of_rest(context, rows_wanted, out);
      }
      if (rest_ != nullptr) {
        SQLRITE_TRY(keep_for_later(context, *batch));
      } else {
        SQLRITE_TRY(node_->input_is_grouped ? keep_first_of_runs(*batch) : keep_new(context, *batch));
      }
      if (batch->selected_count > 0) return {};
      rows_wanted = grow_wanted(context, rows_wanted);
    }
  }

  void close(ExecContext& context) override {
    input_->close(context);
    table_.clear();
    share_.release();
    last_.clear();
    rest_.reset();
    BaseOperator::close(context);
  }

 private:
  // Rows behind the point where the table was full.
  struct Rest {
    FirstRows rows;
    RowStore shown;
    uint32_t column_count = 0;
    std::unique_ptr<Column[]> columns;
    Batch batch;
  };

  Status start_rest(const Batch& batch) {
    rest_ = std::make_unique<Rest>();
    // The batch that ends the input may have no columns: the number is that of a batch with rows.
    rest_->column_count = batch.column_count;
    rest_->rows.init(batch.column_count, node_->collations.first(node_->key_count));
    rest_->shown.init(batch.column_count + 1);
    rest_->columns.reset(new Column[batch.column_count]);
    rest_->batch.columns = rest_->columns.get();
    rest_->batch.column_count = batch.column_count;
    return {};
  }

  // Nothing is delivered now: whether a row is the first one is known at the end.
  Status keep_for_later(ExecContext& context, Batch& batch) {
    uint32_t ids[kBatchRowsMax];
    SQLRITE_TRY(table_.find(batch, batch.columns, false, ids));
    uint16_t* kept = selection_buffer(batch);
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      if (ids[i] == kNoRow) kept[count++] = static_cast<uint16_t>(batch.live_row(i));
    }
    select(batch, kept, count);
    SQLRITE_TRY(rest_->rows.add(context, batch, batch.columns));
    batch.selected_count = 0;
    return {};
  }

  Status next_of_rest(ExecContext& context, uint32_t rows_wanted, Batch** out) {
    Rest& rest = *rest_;
    SQLRITE_TRY(rest.rows.next(context, rest.shown, std::min(std::max<uint32_t>(rows_wanted, 1), kBatchRowsMax)));
    for (uint32_t c = 0; c < rest.column_count; ++c) rest.shown.view(c, 0, &rest.columns[c]);
    rest.batch.select_all(rest.shown.row_count());
    *out = &rest.batch;
    return {};
  }

  Status keep_new(ExecContext& context, Batch& batch) {
    uint32_t ids[kBatchRowsMax];
    uint32_t known = table_.count();
    SQLRITE_TRY(table_.find_or_add(batch, batch.columns, ids));
    // New keys get consecutive numbers. As a rule the first rows are all new: then the batch stays as it is.
    uint32_t count = 0;
    while (count < batch.selected_count && ids[count] == known + count) ++count;
    if (count < batch.selected_count) {
      uint16_t* kept = selection_buffer(batch);
      for (uint32_t i = 0; i < count; ++i) kept[i] = static_cast<uint16_t>(batch.live_row(i));
      for (uint32_t i = count + 1; i < batch.selected_count; ++i) {
        if (ids[i] == known + count) kept[count++] = static_cast<uint16_t>(batch.live_row(i));
      }
      select(batch, kept, count);
    }
    return context.must_spill(share_, table_.size_bytes()) ? start_rest(batch) : Status();
  }

  Status keep_first_of_runs(Batch& batch) {
    uint16_t* kept = selection_buffer(batch);
    uint32_t count = 0;
    uint32_t previous = kNoRow;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      bool same = previous != kNoRow || last_.row_count() > 0;
      for (uint16_t k = 0; k < node_->key_count && same; ++k) {
        Value before = previous != kNoRow ? batch.columns[k].at(previous) : last_.at(k, 0);
        same = equal_values(before, batch.columns[k].at(row), *node_->collations[k]);
      }
      if (same) continue;
      kept[count++] = static_cast<uint16_t>(row);
      previous = row;
    }
    if (previous != kNoRow) {
      Value values[64];
      std::unique_ptr<Value[]> many;
      Value* key = values;
      if (node_->key_count > 64) {
        many.reset(new Value[node_->key_count]);
        key = many.get();
      }
      for (uint16_t k = 0; k < node_->key_count; ++k) key[k] = batch.columns[k].at(previous);
      last_.clear();
      SQLRITE_TRY(last_.append_row(key));
    }
    select(batch, kept, count);
    return {};
  }

  static void select(Batch& batch, uint16_t* kept, uint32_t count) {
    if (count == batch.selected_count) return;
    batch.selection = kept;
    batch.selected_count = count;
  }

  const plan::DistinctNode* node_ = nullptr;
  std::unique_ptr<Operator> input_;
  KeyTable table_;
  MemoryShare share_;
  RowStore last_;
  std::unique_ptr<Rest> rest_;  // the table is full
  bool input_done_ = false;
};

}  // namespace

OperatorResult make_distinct(const plan::DistinctNode& node, OperatorBuild& build) {
  std::unique_ptr<Distinct> made(new (*build.arena) Distinct());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
