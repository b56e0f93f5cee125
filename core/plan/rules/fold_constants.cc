// Operators over constants are computed once, here. Functions stay: they may want their connection. What fails stays too,
// and fails when (and if) it is reached.
#include "expr/evaluator.h"
#include "plan/rules/rewrite.h"
#include "plan/rules/rules.h"

namespace sqlrite::plan {

namespace {

bool is_foldable(const BoundExpr* node) {
  switch (node->kind) {
    case BoundKind::Cast: {
      // The bytes of a text as a blob are those of the database's encoding.
      const Affinity target = node->as<bind::BoundCast>()->target;
      return target != Affinity::None && target != Affinity::Blob;
    }
    case BoundKind::Unary:
    case BoundKind::Arithmetic:
    case BoundKind::Concat:
    case BoundKind::Compare:
    case BoundKind::And:
    case BoundKind::Or:
    case BoundKind::Not:
    case BoundKind::IsNull:
    case BoundKind::Truth: return true;
    default: return false;
  }
}

void fold(PlanContext& context, BoundExpr** expr);

struct FoldChildren {
  PlanContext* context;
  bool all_constant = true;
};

void fold_child(void* state, BoundExpr** child) {
  auto* children = static_cast<FoldChildren*>(state);
  if (*child == nullptr) return;
  fold(*children->context, child);
  // A blob may be read as a text, which depends on the database's encoding.
  children->all_constant &=
      (*child)->kind == BoundKind::Constant && (*child)->as<bind::BoundConstant>()->value.type != ValueType::Blob;
}

void fold(PlanContext& context, BoundExpr** expr) {
  BoundExpr* node = *expr;
  switch (node->kind) {
    case BoundKind::Constant:
    case BoundKind::Parameter:
    case BoundKind::Column:
    case BoundKind::Outer:
    case BoundKind::Slot: return;
    default: break;
  }
  FoldChildren children{&context};
  bind::for_each_child(node, &fold_child, &children);
  if (!children.all_constant || !is_foldable(node) || node->is_volatile || node->has_subquery) return;
  expr::Evaluator evaluator;
  if (!evaluator.make(node, context.scratch).ok()) return;
  expr::EvalContext eval;
  eval.heap = &context.arena;
  Batch no_columns;
  no_columns.select_all(1);
  Value value;
  if (!evaluator->evaluate_row(eval, no_columns, 0, &value).ok()) return;
  if (value.is_bytes() && value.flags != 0 && (value.flags & value_flags::kNulFollows) == 0) return;
  if (value.is_bytes() && value.owner != ValueOwner::Static) {
    std::string_view copy = context.arena.copy(value.view());
    value = value.type == ValueType::Text ? Value::from_text(copy, ValueOwner::Static)
                                          : Value::from_blob(copy, ValueOwner::Static);
    value.flags = value_flags::kNulFollows;
  }
  auto* constant = context.arena.make<bind::BoundConstant>();
  static_cast<BoundExpr&>(*constant) = *node;
  constant->kind = BoundKind::Constant;
  constant->value = value;
  *expr = constant;
}

}  // namespace

void fold_constants(PlanContext& context, BoundCore& core) {
  // Conditions only: results of constants are computed once per batch anyway, and keep their text and type.
  if (core.where != nullptr) fold(context, &core.where);
  for (BoundSource* source : core.sources) {
    if (source->on != nullptr) fold(context, &source->on);
  }
  if (core.having != nullptr) fold(context, &core.having);
}

}  // namespace sqlrite::plan
