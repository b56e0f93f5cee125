// (SELECT ...), EXISTS (...), x IN (SELECT ...): evaluate the correlation row, then ask the SubqueryRunner.
#include "base/check.h"
#include "expr/node.h"

namespace sqlrite::expr {

namespace {

class OuterArgs {
 public:
  Status make(const bind::BoundQuery* query, Arena& arena) {
    values_ = arena.make_array<Value>(query->outer_args.size());
    return exprs_.make(query->outer_args, arena);
  }
  Status evaluate(EvalContext& context, const Batch& batch, uint32_t row) {
    return exprs_.evaluate_row(context, batch, row, values_.data());
  }
  const Value* values() const { return values_.data(); }

 private:
  EvaluatorList exprs_;
  std::span<Value> values_;
};

class ScalarQueryNode final : public ExprNode {
 public:
  explicit ScalarQueryNode(const bind::BoundScalarQuery* bound) : bound_(bound) {}
  OuterArgs outer_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    SQLRITE_TRY(outer_.evaluate(context, batch, row));
    const Value* result = nullptr;
    bool found = false;
    SQLRITE_TRY(context.subqueries->first_row(bound_->subquery_index, outer_.values(), &result, &found));
    *out = found ? result[bound_->result_column] : Value::null();
    if (!out->is_bytes() || out->owner == ValueOwner::Static) return {};
    // The next run of the sub-query reuses its row: batches keep a copy.
    std::string_view bytes = out->view();
    bytes = context.heap->copy(bytes);
    out->bytes = bytes.data();
    out->owner = ValueOwner::Heap;
    out->flags |= value_flags::kNulFollows;
    return {};
  }

 private:
  const bind::BoundScalarQuery* bound_;
};

class ExistsNode final : public ExprNode {
 public:
  explicit ExistsNode(int32_t index) : index_(index) {}
  OuterArgs outer_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    SQLRITE_TRY(outer_.evaluate(context, batch, row));
    bool found = false;
    SQLRITE_TRY(context.subqueries->exists(index_, outer_.values(), &found));
    *out = Value::from_bool(found);
    return {};
  }

 private:
  int32_t index_;
};

class InQueryNode final : public ExprNode {
 public:
  InQueryNode(const bind::BoundInQuery* bound, Arena& arena) : bound_(bound) {
    operand_values_ = arena.make_array<Value>(bound->operands.size());
  }
  OuterArgs outer_;
  EvaluatorList operands_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    SQLRITE_TRY(outer_.evaluate(context, batch, row));
    SQLRITE_TRY(operands_.evaluate_row(context, batch, row, operand_values_.data()));
    for (size_t i = 0; i < operand_values_.size(); ++i) {
      SQLRITE_TRY(apply_affinity(operand_values_[i], bound_->operand_affinities[i], *context.heap));
    }
    int truth = 0;
    SQLRITE_TRY(context.subqueries->contains(*bound_, outer_.values(), operand_values_.data(), &truth));
    if (bound_->negated && truth >= 0) truth = 1 - truth;
    *out = truth_value(truth);
    return {};
  }

 private:
  const bind::BoundInQuery* bound_;
  std::span<Value> operand_values_;
};

}  // namespace

Result<ExprNode*> make_subquery(const bind::BoundExpr* expr, Arena& arena) {
  switch (expr->kind) {
    case bind::BoundKind::ScalarQuery: {
      const auto* bound = expr->as<bind::BoundScalarQuery>();
      SQLRITE_ENSURE(bound->subquery_index >= 0);
      auto* node = place<ScalarQueryNode>(arena, bound);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->outer_.make(bound->query, arena));
      return guard.release();
    }
    case bind::BoundKind::Exists: {
      const auto* bound = expr->as<bind::BoundExists>();
      SQLRITE_ENSURE(bound->subquery_index >= 0);
      auto* node = place<ExistsNode>(arena, bound->subquery_index);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->outer_.make(bound->query, arena));
      return guard.release();
    }
    default: {
      const auto* bound = expr->as<bind::BoundInQuery>();
      SQLRITE_ENSURE(bound->subquery_index >= 0);
      auto* node = place<InQueryNode>(arena, bound, arena);
      Evaluator guard = adopt_evaluator(node);
      SQLRITE_TRY(node->outer_.make(bound->query, arena));
      SQLRITE_TRY(node->operands_.make(bound->operands, arena));
      return guard.release();
    }
  }
}

}  // namespace sqlrite::expr
