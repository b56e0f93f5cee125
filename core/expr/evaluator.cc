#include "expr/evaluator.h"

#include "base/check.h"
#include "expr/node.h"

namespace sqlrite::expr {

using bind::BoundKind;

Status ExprNode::evaluate(EvalContext& context, const Batch& batch, ColumnBuffer& buffer, Column* out) {
  SQLRITE_TRY(buffer.reserve(batch.row_count));
  buffer.attach(*out, Column::Rep::Cells);
  for (uint32_t i = 0; i < batch.selected_count; ++i) {
    uint32_t row = batch.live_row(i);
    Status status = evaluate_row(context, batch, row, &out->cells[row]);
    if (!status.ok()) {
      context.failed_row = row;
      return status;
    }
  }
  return {};
}

Status ExprNode::filter(EvalContext& context, const Batch& batch, uint16_t* selection_out, uint32_t* count) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < batch.selected_count; ++i) {
    uint32_t row = batch.live_row(i);
    Value value;
    Status status = evaluate_row(context, batch, row, &value);
    if (!status.ok()) {
      context.failed_row = row;
      return status;
    }
    selection_out[kept] = static_cast<uint16_t>(row);
    kept += to_truth(value) == Truth::True;
  }
  *count = kept;
  return {};
}

Result<ExprNode*> make_evaluator(const bind::BoundExpr* expr, Arena& arena) {
  switch (expr->kind) {
    case BoundKind::Constant:
    case BoundKind::Parameter:
    case BoundKind::Column:
    case BoundKind::Outer:
    case BoundKind::Slot: return make_leaf(expr, arena);
    case BoundKind::Collate: return make_evaluator(expr->as<bind::BoundCollate>()->operand, arena);
    case BoundKind::Unary:
    case BoundKind::Arithmetic: return make_arithmetic(expr, arena);
    case BoundKind::Compare:
    case BoundKind::RowCompare:
    case BoundKind::Between: return make_compare(expr, arena);
    case BoundKind::And:
    case BoundKind::Or:
    case BoundKind::Not:
    case BoundKind::IsNull:
    case BoundKind::Truth: return make_logic(expr, arena);
    case BoundKind::Case: return make_conditional(expr, arena);
    case BoundKind::Concat:
    case BoundKind::Cast:
    case BoundKind::Like: return make_text_node(expr, arena);
    case BoundKind::InList: return make_membership(expr, arena);
    case BoundKind::Function: {
      auto kind = expr->as<bind::BoundFunction>()->function->kind;
      bool lazy = kind == functions::BuiltinKind::Coalesce || kind == functions::BuiltinKind::IfNull ||
                  kind == functions::BuiltinKind::Iif;
      return lazy ? make_conditional(expr, arena) : make_function(expr, arena);
    }
    case BoundKind::InQuery:
    case BoundKind::ScalarQuery:
    case BoundKind::Exists: return make_subquery(expr, arena);
    case BoundKind::RowValue: return Status(Code::Error, "row value misused");
    case BoundKind::Raise: return Status(Code::Error, "RAISE() may only be used within a trigger-program");
    case BoundKind::Aggregate: break;
  }
  return ensure_failed("expression can be evaluated", __FILE__, __LINE__);
}

void destroy_evaluator(ExprNode* node) {
  if (node != nullptr) node->~ExprNode();
}

int truth_of(const Value& value) {
  switch (to_truth(value)) {
    case Truth::True: return 1;
    case Truth::False: return 0;
    case Truth::Null: break;
  }
  return -1;
}

}  // namespace sqlrite::expr
