// CASE, coalesce(), ifnull(), iif(): arms are evaluated only where the earlier ones did not decide.
#include "expr/node.h"

namespace sqlrite::expr {

namespace {

class CaseNode final : public ExprNode {
 public:
  explicit CaseNode(const bind::BoundCase* bound) : bound_(bound) {}
  Evaluator base_, otherwise_;
  EvaluatorList when_, then_;

  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value base;
    if (base_) SQLRITE_TRY(base_->evaluate_row(context, batch, row, &base));
    for (size_t i = 0; i < when_.size(); ++i) {
      Value when;
      SQLRITE_TRY(when_[i]->evaluate_row(context, batch, row, &when));
      bool taken;
      if (base_) {
        taken = !base.is_null() && !when.is_null();
        if (taken) {
          Value subject = base;
          SQLRITE_TRY(apply_comparison_affinity(subject, when, bound_->base_affinities[i], *context.heap));
          taken = compare_non_null(subject, when, *bound_->base_collations[i]) == 0;
        }
      } else {
        taken = to_truth(when) == Truth::True;
      }
      if (taken) return then_[i]->evaluate_row(context, batch, row, out);
    }
    if (otherwise_) return otherwise_->evaluate_row(context, batch, row, out);
    *out = Value::null();
    return {};
  }

 private:
  const bind::BoundCase* bound_;
};

class CoalesceNode final : public ExprNode {
 public:
  EvaluatorList arguments_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    *out = Value::null();
    for (size_t i = 0; i < arguments_.size() && out->is_null(); ++i) {
      SQLRITE_TRY(arguments_[i]->evaluate_row(context, batch, row, out));
    }
    return {};
  }
};

// iif(c1, v1, c2, v2, ..., [otherwise])
class IifNode final : public ExprNode {
 public:
  EvaluatorList arguments_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    size_t at = 0;
    for (; at + 1 < arguments_.size(); at += 2) {
      Value condition;
      SQLRITE_TRY(arguments_[at]->evaluate_row(context, batch, row, &condition));
      if (to_truth(condition) == Truth::True) return arguments_[at + 1]->evaluate_row(context, batch, row, out);
    }
    if (at < arguments_.size()) return arguments_[at]->evaluate_row(context, batch, row, out);
    *out = Value::null();
    return {};
  }
};

template <typename Node>
Result<ExprNode*> with_arguments(Node* node, const bind::BoundFunction* bound, Arena& arena) {
  Evaluator guard = adopt_evaluator(node);
  SQLRITE_TRY(node->arguments_.make(bound->arguments, arena));
  return guard.release();
}

}  // namespace

Result<ExprNode*> make_conditional(const bind::BoundExpr* expr, Arena& arena) {
  if (expr->kind == bind::BoundKind::Function) {
    const auto* bound = expr->as<bind::BoundFunction>();
    if (bound->function->kind == functions::BuiltinKind::Iif)
      return with_arguments(place<IifNode>(arena), bound, arena);
    return with_arguments(place<CoalesceNode>(arena), bound, arena);
  }
  const auto* bound = expr->as<bind::BoundCase>();
  auto* node = place<CaseNode>(arena, bound);
  Evaluator guard = adopt_evaluator(node);
  if (bound->base != nullptr) SQLRITE_TRY(node->base_.make(bound->base, arena));
  if (bound->otherwise != nullptr) SQLRITE_TRY(node->otherwise_.make(bound->otherwise, arena));
  std::span<bind::BoundExpr*> when = arena.make_array<bind::BoundExpr*>(bound->arms.size());
  std::span<bind::BoundExpr*> then = arena.make_array<bind::BoundExpr*>(bound->arms.size());
  for (size_t i = 0; i < bound->arms.size(); ++i) {
    when[i] = bound->arms[i].when;
    then[i] = bound->arms[i].then;
  }
  SQLRITE_TRY(node->when_.make(when, arena));
  SQLRITE_TRY(node->then_.make(then, arena));
  return guard.release();
}

}  // namespace sqlrite::expr
