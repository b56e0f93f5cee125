// x IN (list). Lists of integer constants are kept sorted and searched; others are compared one by one.
#include <algorithm>

#include "expr/node.h"

namespace sqlrite::expr {

namespace {

// All items are non-NULL integer constants and no affinity turns integers into text.
class IntegerSetNode final : public ExprNode {
 public:
  IntegerSetNode(const bind::BoundInList* bound, std::span<int64_t> sorted) : bound_(bound), sorted_(sorted) {}
  Evaluator operand_;

  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    Value value;
    SQLRITE_TRY(operand_->evaluate_row(context, batch, row, &value));
    if (value.is_null()) {
      *out = Value::null();
      return {};
    }
    *out = Value::from_bool(contains(value) != bound_->negated);
    return {};
  }

  Status filter(EvalContext& context, const Batch& batch, uint16_t* selection_out, uint32_t* count) override {
    Column column;
    SQLRITE_TRY(operand_->evaluate(context, batch, buffer_, &column));
    uint32_t kept = 0;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      Value value = column.at(row);
      selection_out[kept] = static_cast<uint16_t>(row);
      kept += !value.is_null() && contains(value) != bound_->negated;
    }
    *count = kept;
    return {};
  }

 private:
  bool contains(Value value) const {
    if (value.type == ValueType::Text && is_numeric_affinity(bound_->operand_affinity))
      apply_numeric_to_text(value, true);
    if (value.type == ValueType::Real) {
      int64_t whole = real_to_integer(value.real);
      if (compare_values(Value::from_integer(whole), value, kBinaryCollation) != 0) return false;
      return std::binary_search(sorted_.begin(), sorted_.end(), whole);
    }
    return value.type == ValueType::Integer && std::binary_search(sorted_.begin(), sorted_.end(), value.integer);
  }

  const bind::BoundInList* bound_;
  std::span<int64_t> sorted_;
  ColumnBuffer buffer_;
};

class InListNode final : public ExprNode {
 public:
  explicit InListNode(const bind::BoundInList* bound) : bound_(bound) {}
  Evaluator operand_;
  EvaluatorList items_;

  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) override {
    if (items_.size() == 0) {  // NULL IN () is false too, and the operand is not looked at
      *out = Value::from_bool(bound_->negated);
      return {};
    }
    Value operand;
    SQLRITE_TRY(operand_->evaluate_row(context, batch, row, &operand));
    if (operand.is_null()) {
      *out = Value::null();
      return {};
    }
    bool seen_null = false;
    for (size_t i = 0; i < items_.size(); ++i) {
      Value item;
      SQLRITE_TRY(items_[i]->evaluate_row(context, batch, row, &item));
      if (item.is_null()) {
        seen_null = true;
        continue;
      }
      Value subject = operand;
      SQLRITE_TRY(apply_comparison_affinity(subject, item, bound_->operand_affinity, *context.heap));
      if (compare_non_null(subject, item, *bound_->compare_collation) == 0) {
        *out = Value::from_bool(!bound_->negated);
        return {};
      }
    }
    *out = seen_null ? Value::null() : Value::from_bool(bound_->negated);
    return {};
  }

 private:
  const bind::BoundInList* bound_;
};

bool all_integer_constants(const bind::BoundInList* bound) {
  if (bound->operand_affinity == Affinity::Text || bound->items.empty()) return false;
  for (const bind::BoundExpr* item : bound->items) {
    if (item->kind != bind::BoundKind::Constant) return false;
    if (item->as<bind::BoundConstant>()->value.type != ValueType::Integer) return false;
  }
  return true;
}

}  // namespace

Result<ExprNode*> make_membership(const bind::BoundExpr* expr, Arena& arena) {
  const auto* bound = expr->as<bind::BoundInList>();
  if (all_integer_constants(bound)) {
    std::span<int64_t> sorted = arena.make_array<int64_t>(bound->items.size());
    for (size_t i = 0; i < sorted.size(); ++i) sorted[i] = bound->items[i]->as<bind::BoundConstant>()->value.integer;
    std::sort(sorted.begin(), sorted.end());
    auto* node = place<IntegerSetNode>(arena, bound, sorted);
    Evaluator guard = adopt_evaluator(node);
    SQLRITE_TRY(node->operand_.make(bound->operand, arena));
    return guard.release();
  }
  auto* node = place<InListNode>(arena, bound);
  Evaluator guard = adopt_evaluator(node);
  SQLRITE_TRY(node->operand_.make(bound->operand, arena));
  SQLRITE_TRY(node->items_.make(bound->items, arena));
  return guard.release();
}

}  // namespace sqlrite::expr
