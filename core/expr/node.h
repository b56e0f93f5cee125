// What the node families share: the factories, in one list, and small helpers for typed loops.
#pragma once

#include "expr/evaluator.h"
#include "kernels/select.h"
#include "types/affinity.h"
#include "types/cast.h"
#include "types/value_text.h"

namespace sqlrite::expr {

// One factory per family of BoundKind; make_evaluator() dispatches.
Result<ExprNode*> make_leaf(const bind::BoundExpr* expr, Arena& arena);
Result<ExprNode*> make_arithmetic(const bind::BoundExpr* expr, Arena& arena);
Result<ExprNode*> make_compare(const bind::BoundExpr* expr, Arena& arena);
Result<ExprNode*> make_logic(const bind::BoundExpr* expr, Arena& arena);
Result<ExprNode*> make_conditional(const bind::BoundExpr* expr, Arena& arena);
Result<ExprNode*> make_text_node(const bind::BoundExpr* expr, Arena& arena);
Result<ExprNode*> make_membership(const bind::BoundExpr* expr, Arena& arena);
Result<ExprNode*> make_function(const bind::BoundExpr* expr, Arena& arena);
Result<ExprNode*> make_subquery(const bind::BoundExpr* expr, Arena& arena);

// Nodes live in the arena and are ended by destroy_evaluator().
template <typename Node, typename... Args>
Node* place(Arena& arena, Args&&... args) {
  return new (arena.allocate(sizeof(Node), alignof(Node))) Node(std::forward<Args>(args)...);
}

// Several expressions evaluated together.
class EvaluatorList {
 public:
  EvaluatorList() = default;
  EvaluatorList(const EvaluatorList&) = delete;
  EvaluatorList& operator=(const EvaluatorList&) = delete;
  ~EvaluatorList() {
    for (ExprNode* node : nodes_) destroy_evaluator(node);
  }
  Status make(std::span<bind::BoundExpr* const> exprs, Arena& arena) {
    nodes_ = arena.make_array<ExprNode*>(exprs.size());
    for (size_t i = 0; i < exprs.size(); ++i) {
      SQLRITE_TRY_ASSIGN(nodes_[i], make_evaluator(exprs[i], arena));
    }
    return {};
  }
  size_t size() const { return nodes_.size(); }
  ExprNode* operator[](size_t index) const { return nodes_[index]; }
  Status evaluate_row(EvalContext& context, const Batch& batch, uint32_t row, Value* out) const {
    for (size_t i = 0; i < nodes_.size(); ++i) SQLRITE_TRY(nodes_[i]->evaluate_row(context, batch, row, &out[i]));
    return {};
  }

 private:
  std::span<ExprNode*> nodes_;
};

// -1, 0, 1 as IN and IS use it; `truth` -1 is NULL.
inline Value truth_value(int truth) { return truth < 0 ? Value::null() : Value::from_bool(truth != 0); }

inline const uint8_t* nulls_of(const Column& column) { return column.has_nulls ? column.nulls : nullptr; }

// Comparison of two values that are not NULL, after affinity; int pairs without a call.
inline int compare_non_null(const Value& left, const Value& right, const Collation& collation) {
  if (left.type == ValueType::Integer && right.type == ValueType::Integer) {
    return left.integer < right.integer ? -1 : left.integer > right.integer ? 1 : 0;
  }
  return compare_values(left, right, collation);
}

inline bool decides(bind::CompareOp op, int order) {
  switch (op) {
    case bind::CompareOp::Eq:
    case bind::CompareOp::Is: return order == 0;
    case bind::CompareOp::Ne:
    case bind::CompareOp::IsNot: return order != 0;
    case bind::CompareOp::Lt: return order < 0;
    case bind::CompareOp::Le: return order <= 0;
    case bind::CompareOp::Gt: return order > 0;
    case bind::CompareOp::Ge: return order >= 0;
  }
  return false;
}

}  // namespace sqlrite::expr
