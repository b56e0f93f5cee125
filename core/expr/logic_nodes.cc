// AND, OR, NOT, IS NULL, IS TRUE: three-valued logic. The right side of AND and OR is evaluated only where it decides.
#include "expr/node.h"

namespace sqlrite::expr {

namespace {

// AND and OR: one side with the truth kDecides decides, whatever the other one is.
template <Truth kDecides>
class LogicNode : public ExprNode {
 public:
  Evaluator left_, right_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value left, right;
    SQLRITE_TRY(left_->evaluate_row(context, batch, row, &left));
    Truth a = to_truth(left);
    if (a == kDecides) {
      *out = Value::from_bool(kDecides == Truth::True);
      return {};
    }
    SQLRITE_TRY(right_->evaluate_row(context, batch, row, &right));
    Truth b = to_truth(right);
    if (b == kDecides) {
      *out = Value::from_bool(kDecides == Truth::True);
    } else {
      *out = a == Truth::Null || b == Truth::Null ? Value::null() : Value::from_bool(kDecides != Truth::True);
    }
    return {};
  }
};

class AndNode final : public LogicNode<Truth::False> {
 public:
  Status filter(EvalContext& context, const Batch& batch, uint16_t* selection_out, uint32_t* count) override {
    uint32_t kept;
    SQLRITE_TRY(left_->filter(context, batch, selection_out, &kept));
    if (kept == 0) {
      *count = 0;
      return {};
    }
    Batch rest = batch;
    rest.selection = selection_out;
    rest.selected_count = kept;
    return right_->filter(context, rest, selection_out, count);
  }
};

class OrNode final : public LogicNode<Truth::True> {
 public:
  Status filter(EvalContext& context, const Batch& batch, uint16_t* selection_out, uint32_t* count) override {
    uint16_t passed_left[kBatchRowsMax];
    uint16_t rest[kBatchRowsMax];
    uint32_t left_count;
    SQLRITE_TRY(left_->filter(context, batch, passed_left, &left_count));
    uint32_t rest_count = 0;
    uint32_t next_left = 0;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      if (next_left < left_count && passed_left[next_left] == row) {
        ++next_left;
      } else {
        rest[rest_count++] = static_cast<uint16_t>(row);
      }
    }
    uint32_t right_count = 0;
    if (rest_count > 0) {
      Batch remaining = batch;
      remaining.selection = rest;
      remaining.selected_count = rest_count;
      SQLRITE_TRY(right_->filter(context, remaining, rest, &right_count));
    }
    uint32_t left_at = 0, right_at = 0, kept = 0;  // merge: both ascend, no row is in both
    while (left_at < left_count || right_at < right_count) {
      bool take_left = right_at == right_count || (left_at < left_count && passed_left[left_at] < rest[right_at]);
      selection_out[kept++] = take_left ? passed_left[left_at++] : rest[right_at++];
    }
    *count = kept;
    return {};
  }
};

class NotNode final : public ExprNode {
 public:
  Evaluator operand_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value value;
    SQLRITE_TRY(operand_->evaluate_row(context, batch, row, &value));
    Truth truth = to_truth(value);
    *out = truth == Truth::Null ? Value::null() : Value::from_bool(truth == Truth::False);
    return {};
  }
};

class IsNullNode final : public ExprNode {
 public:
  explicit IsNullNode(bool negated) : negated_(negated) {}
  Evaluator operand_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value value;
    SQLRITE_TRY(operand_->evaluate_row(context, batch, row, &value));
    *out = Value::from_bool(value.is_null() != negated_);
    return {};
  }
  Status filter(EvalContext& context, const Batch& batch, uint16_t* selection_out, uint32_t* count) override {
    Column column;
    SQLRITE_TRY(operand_->evaluate(context, batch, buffer_, &column));
    bool typed = column.rep == Column::Rep::Ints || column.rep == Column::Rep::Reals;
    if (typed && column.has_nulls && !column.constant) {
      *count = kernels::select_bytes(!negated_, column.nulls, batch.selection, batch.selected_count, selection_out);
      return {};
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      selection_out[kept] = static_cast<uint16_t>(row);
      kept += column.at(row).is_null() != negated_;
    }
    *count = kept;
    return {};
  }

 private:
  bool negated_;
  ColumnBuffer buffer_;
};

// x IS [NOT] TRUE / FALSE: never NULL.
class TruthNode final : public ExprNode {
 public:
  TruthNode(bool negated, bool value) : negated_(negated), value_(value) {}
  Evaluator operand_;
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value value;
    SQLRITE_TRY(operand_->evaluate_row(context, batch, row, &value));
    bool is = to_truth(value) == (value_ ? Truth::True : Truth::False);
    *out = Value::from_bool(is != negated_);
    return {};
  }

 private:
  bool negated_;
  bool value_;
};

template <typename Node>
Result<ExprNode*> make_binary(const bind::BoundExpr* expr, Arena& arena) {
  const auto* bound = expr->as<bind::BoundBinaryLogic>();
  auto* node = place<Node>(arena);
  Evaluator guard = adopt_evaluator(node);
  SQLRITE_TRY(node->left_.make(bound->left, arena));
  SQLRITE_TRY(node->right_.make(bound->right, arena));
  return guard.release();
}

template <typename Node>
Result<ExprNode*> with_operand(Node* node, const bind::BoundExpr* operand, Arena& arena) {
  Evaluator guard = adopt_evaluator(node);
  SQLRITE_TRY(node->operand_.make(operand, arena));
  return guard.release();
}

}  // namespace

Result<ExprNode*> make_logic(const bind::BoundExpr* expr, Arena& arena) {
  switch (expr->kind) {
    case bind::BoundKind::And: return make_binary<AndNode>(expr, arena);
    case bind::BoundKind::Or: return make_binary<OrNode>(expr, arena);
    case bind::BoundKind::Not: return with_operand(place<NotNode>(arena), expr->as<bind::BoundNot>()->operand, arena);
    case bind::BoundKind::IsNull: {
      const auto* bound = expr->as<bind::BoundIsNull>();
      return with_operand(place<IsNullNode>(arena, bound->negated), bound->operand, arena);
    }
    default: {
      const auto* bound = expr->as<bind::BoundTruth>();
      return with_operand(place<TruthNode>(arena, bound->negated, bound->value), bound->operand, arena);
    }
  }
}

}  // namespace sqlrite::expr
