// Distinct: the first of equal rows, in order of appearance. Equal rows that are adjacent need no table.
#include "exec/operator/key_hash.h"
#include "exec/operator/operators.h"

namespace sqlrite::exec {

namespace {

class Distinct final : public BaseOperator {
 public:
  Status prepare(const plan::DistinctNode& node, OperatorBuild& build) {
    node_ = &node;
    SQLRITE_TRY_ASSIGN(input_, build_operator(node.input, build));
    table_.init(node.collations.first(node.key_count));
    last_.init(node.key_count);
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    table_.clear();
    last_.clear();
    return input_->open(context, outer_batch, outer_row);
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(input_->next(context, rows_wanted, &batch));
      *out = batch;
      if (batch->selected_count == 0) return {};
      SQLRITE_TRY(node_->input_is_grouped ? keep_first_of_runs(*batch) : keep_new(*batch));
      if (batch->selected_count > 0) return {};
      rows_wanted = grow_wanted(context, rows_wanted);
    }
  }

  void close(ExecContext& context) override {
    input_->close(context);
    table_.clear();
    last_.clear();
    BaseOperator::close(context);
  }

 private:
  Status keep_new(Batch& batch) {
    uint32_t ids[kBatchRowsMax];
    uint32_t known = table_.count();
    SQLRITE_TRY(table_.find_or_add(batch, batch.columns, ids));
    uint16_t* kept = selection_buffer(batch);
    uint32_t count = 0;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      if (ids[i] != known) continue;  // new keys get consecutive numbers
      ++known;
      kept[count++] = static_cast<uint16_t>(batch.live_row(i));
    }
    select(batch, kept, count);
    return {};
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
  RowStore last_;
};

}  // namespace

OperatorResult make_distinct(const plan::DistinctNode& node, OperatorBuild& build) {
  auto made = std::make_unique<Distinct>();
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
