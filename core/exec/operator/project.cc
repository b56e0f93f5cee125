// Project: the result columns. Plain columns are passed on as they are, nothing is copied.
#include "exec/operator/operators.h"

namespace sqlrite::exec {

namespace {

class Project final : public BaseOperator {
 public:
  Status prepare(const plan::ProjectNode& node, OperatorBuild& build) {
    Arena& arena = *build.arena;
    SQLRITE_TRY_ASSIGN(input_, build_operator(node.input, build));
    count_ = static_cast<uint32_t>(node.exprs.size());
    init_batch(count_, arena);
    SQLRITE_TRY_ASSIGN(exprs_, make_column_exprs(node.exprs, arena));
    single_ = arena.make_array<Value>(count_);
    for (uint32_t i = 0; i < count_; ++i) plain_ = plain_ && (exprs_[i].slot() >= 0 || exprs_[i].is_constant());
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    return input_->open(context, outer_batch, outer_row);
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (has_pending()) return take_pending();
    Batch* input = nullptr;
    SQLRITE_TRY(input_->next(context, rows_wanted, &input));
    *out = &batch_;
    if (input->selected_count == 0) {
      batch_.select_all(0);
      return {};
    }
    if (plain_) {
      for (uint32_t i = 0; i < count_; ++i) SQLRITE_TRY(exprs_[i].evaluate(eval_, *input, &columns_[i]));
    } else if (input->selected_count == 1) {
      heap_.reset();
      uint32_t row = input->live_row(0);
      for (uint32_t i = 0; i < count_; ++i) {
        SQLRITE_TRY(exprs_[i].evaluate_row(eval_, *input, row, &single_[i]));
        Column& column = columns_[i];
        column.rep = Column::Rep::Cells;
        column.constant = true;
        column.has_nulls = false;
        column.cells = &single_[i];
      }
    } else {
      heap_.reset();
      for (uint32_t i = 0; i < count_; ++i) SQLRITE_TRY(evaluate_or_cut(exprs_[i], *input, &columns_[i]));
    }
    batch_.row_count = input->row_count;
    batch_.selection = input->selection;
    batch_.selected_count = input->selected_count;
    return {};
  }

  void close(ExecContext& context) override {
    input_->close(context);
    BaseOperator::close(context);
  }

 private:
  std::unique_ptr<Operator> input_;
  ColumnExprs exprs_;
  std::span<Value> single_;
  uint32_t count_ = 0;
  bool plain_ = true;
};

}  // namespace

OperatorResult make_project(const plan::ProjectNode& node, OperatorBuild& build) {
  std::unique_ptr<Project> made(new (*build.arena) Project());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
