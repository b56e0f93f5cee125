#include "sql/ast/calls.h"

#include <algorithm>

namespace sqlrite::sql {

namespace {

bool any_has_call(std::initializer_list<const Expr*> exprs) {
  return std::any_of(exprs.begin(), exprs.end(), [](const Expr* expr) { return expr != nullptr && has_call(*expr); });
}

bool any_has_call(ExprList exprs) {
  return std::any_of(exprs.begin(), exprs.end(), [](const Expr* expr) { return has_call(*expr); });
}

bool case_has_call(const CaseExpr& choice) {
  for (const CaseBranch& branch : choice.branches) {
    if (any_has_call({branch.when, branch.then})) return true;
  }
  return any_has_call({choice.operand, choice.otherwise});
}

}  // namespace

bool has_call(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::Function: return true;
    case ExprKind::Unary: return has_call(*expr.as<UnaryExpr>()->operand);
    case ExprKind::Binary: return any_has_call({expr.as<BinaryExpr>()->left, expr.as<BinaryExpr>()->right});
    // LIKE and its kin are calls, too.
    case ExprKind::Like: return true;
    case ExprKind::Between: {
      const auto* between = expr.as<BetweenExpr>();
      return any_has_call({between->subject, between->low, between->high});
    }
    case ExprKind::In: return has_call(*expr.as<InExpr>()->subject) || any_has_call(expr.as<InExpr>()->list);
    case ExprKind::Case: return case_has_call(*expr.as<CaseExpr>());
    case ExprKind::Cast: return has_call(*expr.as<CastExpr>()->operand);
    case ExprKind::Collate: return has_call(*expr.as<CollateExpr>()->operand);
    case ExprKind::RowValue: return any_has_call(expr.as<RowValueExpr>()->elements);
    default: return false;
  }
}

bool ignores_subject(const InExpr& in) {
  return in.source == InSource::List && in.list.empty() && !has_call(*in.subject);
}

}  // namespace sqlrite::sql
