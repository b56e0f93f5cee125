// Filter: keeps the rows for which a condition is true.
#include "exec/operator/operators.h"

namespace sqlrite::exec {

namespace {

class Filter final : public BaseOperator {
 public:
  Status prepare(const plan::FilterNode& node, OperatorBuild& build) {
    SQLRITE_TRY_ASSIGN(input_, build_operator(node.input, build));
    return condition_.make(node.condition, *build.arena);
  }
  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    return input_->open(context, outer_batch, outer_row);
  }
  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
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
};

}  // namespace

OperatorResult make_filter(const plan::FilterNode& node, OperatorBuild& build) {
  auto made = std::make_unique<Filter>();
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
