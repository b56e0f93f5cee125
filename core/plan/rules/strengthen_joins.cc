// Outer joins become inner ones when WHERE is never true for the rows they would add.
//
//   a LEFT JOIN b ON a.x = b.y WHERE b.z > 5     b's NULL row fails b.z > 5: an inner join gives the same
#include "plan/rules/rewrite.h"
#include "plan/rules/rules.h"

namespace sqlrite::plan {

namespace {

// Is `expr` surely NULL when all columns of the sources in [first, last] are NULL?
bool null_for(const BoundExpr* expr, int first, int last) {
  switch (expr->kind) {
    case BoundKind::Column: {
      int position = expr->as<BoundColumn>()->source->position;
      return position >= first && position <= last;
    }
    case BoundKind::Unary: return null_for(expr->as<bind::BoundUnary>()->operand, first, last);
    case BoundKind::Arithmetic:
      return null_for(expr->as<bind::BoundArithmetic>()->left, first, last) ||
             null_for(expr->as<bind::BoundArithmetic>()->right, first, last);
    case BoundKind::Concat:
      return null_for(expr->as<bind::BoundConcat>()->left, first, last) ||
             null_for(expr->as<bind::BoundConcat>()->right, first, last);
    case BoundKind::Collate: return null_for(expr->as<bind::BoundCollate>()->operand, first, last);
    case BoundKind::Cast: return null_for(expr->as<bind::BoundCast>()->operand, first, last);
    case BoundKind::Not: return null_for(expr->as<bind::BoundNot>()->operand, first, last);
    case BoundKind::Compare: {
      const auto* compare = expr->as<bind::BoundCompare>();
      if (compare->op == bind::CompareOp::Is || compare->op == bind::CompareOp::IsNot) return false;
      return null_for(compare->left, first, last) || null_for(compare->right, first, last);
    }
    case BoundKind::Between: return null_for(expr->as<bind::BoundBetween>()->operand, first, last);
    case BoundKind::InList:
      return !expr->as<bind::BoundInList>()->items.empty() &&
             null_for(expr->as<bind::BoundInList>()->operand, first, last);
    case BoundKind::Like: {
      const auto* like = expr->as<bind::BoundLike>();
      return like->function == nullptr && (like->op == bind::LikeOp::Like || like->op == bind::LikeOp::Glob) &&
             (null_for(like->operand, first, last) || null_for(like->pattern, first, last));
    }
    default: return false;
  }
}

// Can `expr` not be true when those columns are NULL?
bool rejects_null(const BoundExpr* expr, int first, int last) {
  switch (expr->kind) {
    case BoundKind::And:
      return rejects_null(expr->as<bind::BoundBinaryLogic>()->left, first, last) ||
             rejects_null(expr->as<bind::BoundBinaryLogic>()->right, first, last);
    case BoundKind::Or:
      return rejects_null(expr->as<bind::BoundBinaryLogic>()->left, first, last) &&
             rejects_null(expr->as<bind::BoundBinaryLogic>()->right, first, last);
    case BoundKind::IsNull: {
      const auto* is_null = expr->as<bind::BoundIsNull>();
      return is_null->negated && null_for(is_null->operand, first, last);
    }
    case BoundKind::Truth: {
      const auto* truth = expr->as<bind::BoundTruth>();
      return !truth->negated && null_for(truth->operand, first, last);
    }
    case BoundKind::InQuery: {
      const auto* in = expr->as<bind::BoundInQuery>();
      return !in->negated && in->operands.size() == 1 && null_for(in->operands[0], first, last);
    }
    default: return null_for(expr, first, last);
  }
}

}  // namespace

void strengthen_joins(PlanContext& context, BoundCore& core) {
  for (size_t i = 0; i < core.sources.size(); ++i) core.sources[i]->position = static_cast<uint16_t>(i);
  bool changed = true;
  while (changed && core.where != nullptr) {
    changed = false;
    for (size_t i = 1; i < core.sources.size(); ++i) {
      BoundSource* source = core.sources[i];
      if (source->join != JoinKind::Left && source->join != JoinKind::Right && source->join != JoinKind::Full) continue;
      int own = static_cast<int>(i);
      bool needs_own = rejects_null(core.where, own, own);
      bool needs_left = rejects_null(core.where, 0, own - 1) && source->join != JoinKind::Left;
      // Every single source to the left is NULL in such a row; a condition on any of them is enough, and rejects_null over
      // the whole range covers that.
      JoinKind before = source->join;
      if (source->join == JoinKind::Left && needs_own) source->join = JoinKind::Inner;
      if (source->join == JoinKind::Right && needs_left) source->join = JoinKind::Inner;
      if (before == JoinKind::Full) {
        source->join = needs_own && needs_left ? JoinKind::Inner
                       : needs_own             ? JoinKind::Right
                       : needs_left            ? JoinKind::Left
                                               : JoinKind::Full;
      }
      if (source->join == before) continue;
      changed = true;
      if (source->join == JoinKind::Inner) {
        core.where = conjunction(context.arena, source->on, core.where);
        source->on = nullptr;
      }
    }
  }
}

}  // namespace sqlrite::plan
