// Filter: keeps the rows for which a condition is true.
#include "exec/operator/operators.h"

namespace sqlrite::exec {

namespace {

class Filter final : public BaseOperator {
 public:
  Status prepare(const plan::FilterNode& node, OperatorBuild& build) {
    SQLRITE_TRY_ASSIGN(input_, build_operator(node.input, build));
    once_ = node.once;
    return condition_.make(node.condition, *build.arena);
  }
  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    if (once_) {
      heap_.reset();
      const Batch empty;
      Value truth;
      SQLRITE_TRY(condition_->evaluate_row(eval_, outer_batch != nullptr ? *outer_batch : empty, outer_row, &truth));
      passes_ = expr::truth_of(truth) == 1;
      if (!passes_) return {};
    }
    return input_->open(context, outer_batch, outer_row);
  }
  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (once_) return passes_ ? input_->next(context, rows_wanted, out) : finish(out);
    if (has_pending()) return take_pending();
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(input_->next(context, rows_wanted, &batch));
      *out = batch;
      if (batch->selected_count == 0) return {};
      heap_.reset();
      SQLRITE_TRY(filter_or_cut(condition_, *batch));
      if (batch->selected_count > 0) return {};
      if (has_pending()) return take_pending();
      rows_wanted = grow_wanted(context, rows_wanted);
    }
  }
  void close(ExecContext& context) override {
    input_->close(context);
    BaseOperator::close(context);
  }

 private:
  std::unique_ptr<Operator> input_;
  expr::Evaluator condition_;
  bool once_ = false;  // the condition reads no column: it lets everything or nothing through
  bool passes_ = false;
};

}  // namespace

OperatorResult make_filter(const plan::FilterNode& node, OperatorBuild& build) {
  std::unique_ptr<Filter> made(new (*build.arena) Filter());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
