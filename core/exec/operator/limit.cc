// Limit: skips OFFSET rows and passes LIMIT rows on.
#include <algorithm>

#include "exec/operator/operators.h"
#include "types/affinity.h"

namespace sqlrite::exec {

namespace {

// As SQLite: a value that is or exactly converts to an integer; anything else, NULL included, is a mismatch.
Status integer_of(Value value, int64_t* out) {
  apply_numeric_to_text(value, true);
  integer_if_exact(value);
  if (value.type != ValueType::Integer) return Status(Code::Mismatch, "datatype mismatch");
  *out = value.integer;
  return {};
}

class Limit final : public BaseOperator {
 public:
  Status prepare(const plan::LimitNode& node, OperatorBuild& build) {
    SQLRITE_TRY_ASSIGN(input_, build_operator(node.input, build));
    return exprs_.make(node.limit, node.offset, *build.arena);
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    heap_.reset();
    SQLRITE_TRY(exprs_.evaluate(eval_, &left_, &skip_));
    opened_ = left_ != 0;
    return opened_ ? input_->open(context, outer_batch, outer_row) : Status();
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (left_ == 0) return finish(out);
    for (;;) {
      uint64_t useful = left_ < 0 ? rows_wanted : std::min<uint64_t>(rows_wanted, static_cast<uint64_t>(left_));
      useful = std::min<uint64_t>(useful + static_cast<uint64_t>(skip_), all_rows(context));
      Batch* batch = nullptr;
      SQLRITE_TRY(input_->next(context, static_cast<uint32_t>(useful), &batch));
      *out = batch;
      if (batch->selected_count == 0) return {};
      if (skip_ > 0) {
        auto skipped = static_cast<uint32_t>(std::min<int64_t>(skip_, batch->selected_count));
        skip_ -= skipped;
        if (skipped == batch->selected_count) continue;
        if (batch->selection != nullptr) {
          batch->selection += skipped;
        } else {
          uint16_t* kept = selection_buffer(*batch);
          for (uint32_t i = skipped; i < batch->row_count; ++i) kept[i - skipped] = static_cast<uint16_t>(i);
          batch->selection = kept;
        }
        batch->selected_count -= skipped;
      }
      if (left_ >= 0) {
        if (batch->selected_count > static_cast<uint64_t>(left_)) cut_batch(*batch, static_cast<uint32_t>(left_));
        left_ -= batch->selected_count;
      }
      return {};
    }
  }

  void close(ExecContext& context) override {
    input_->close(context);
    BaseOperator::close(context);
  }

 private:
  std::unique_ptr<Operator> input_;
  LimitExprs exprs_;
  int64_t left_ = -1;
  int64_t skip_ = 0;
  bool opened_ = false;
};

}  // namespace

Status LimitExprs::make(const bind::BoundExpr* limit, const bind::BoundExpr* offset, Arena& arena) {
  has_limit_ = limit != nullptr;
  has_offset_ = offset != nullptr;
  if (has_limit_) SQLRITE_TRY(limit_.make(limit, arena));
  if (has_offset_) SQLRITE_TRY(offset_.make(offset, arena));
  return {};
}

Status LimitExprs::evaluate(expr::EvalContext& eval, int64_t* limit, int64_t* offset) {
  const Batch empty;
  *limit = -1;
  *offset = 0;
  Value value;
  if (has_limit_) {
    SQLRITE_TRY(limit_.evaluate_row(eval, empty, 0, &value));
    SQLRITE_TRY(integer_of(value, limit));
    if (*limit < 0) *limit = -1;
  }
  if (has_offset_) {
    SQLRITE_TRY(offset_.evaluate_row(eval, empty, 0, &value));
    SQLRITE_TRY(integer_of(value, offset));
    if (*offset < 0) *offset = 0;
  }
  return {};
}

OperatorResult make_limit(const plan::LimitNode& node, OperatorBuild& build) {
  std::unique_ptr<Limit> made(new (*build.arena) Limit());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
