#include "plan/rules/rewrite.h"

namespace sqlrite::plan {

void for_each_root(BoundQuery& query, BoundCore& core, void (*visit)(void* context, BoundExpr** root), void* context) {
  auto root = [&](BoundExpr*& expr) {
    if (expr != nullptr) visit(context, &expr);
  };
  for (BoundExpr*& result : core.results) root(result);
  root(core.where);
  for (BoundExpr*& key : core.group_by) root(key);
  root(core.having);
  for (bind::BoundAggregate* call : core.aggregates) {
    for (BoundExpr*& argument : call->arguments) root(argument);
    root(call->filter);
    for (OrderTerm& term : call->order_by) root(term.expr);
  }
  for (BoundSource* source : core.sources) {
    root(source->on);
    for (BoundExpr*& argument : source->arguments) root(argument);
    if (source->kind == SourceKind::Query && source->query != nullptr) {
      for (BoundExpr*& argument : source->query->outer_args) root(argument);
    }
  }
  if (query.cores.size() == 1) {
    for (OrderTerm& term : query.order_by) {
      // A term that is a result column follows the result.
      if (term.result_column >= 0) {
        term.expr = core.results[static_cast<size_t>(term.result_column)];
      } else {
        root(term.expr);
      }
    }
  }
}

void Substitution::apply(BoundExpr** expr) {
  BoundExpr* node = *expr;
  if (node == nullptr) return;
  if (node->kind == BoundKind::Column && node->as<BoundColumn>()->source == source && source != nullptr) {
    *expr = bind::clone_expr(results[static_cast<size_t>(node->as<BoundColumn>()->column)], arena);
    return;
  }
  if (node->kind == BoundKind::Outer && replace_outer) {
    *expr = bind::clone_expr(outer[node->as<bind::BoundOuter>()->index], arena);
    return;
  }
  struct Visit {
    Substitution* self;
    BoundExpr* parent;
  } visit{this, node};
  bind::for_each_child(
      node,
      [](void* context, BoundExpr** child) {
        auto* at = static_cast<Visit*>(context);
        if (*child == nullptr) return;
        at->self->apply(child);
        at->parent->has_outer |= (*child)->has_outer;
        at->parent->has_column |= (*child)->has_column;
        at->parent->has_subquery |= (*child)->has_subquery;
        at->parent->is_volatile |= (*child)->is_volatile;
      },
      &visit);
}

BoundExpr* conjunction(Arena& arena, BoundExpr* left, BoundExpr* right) {
  if (left == nullptr) return right;
  if (right == nullptr) return left;
  auto* node = arena.make<bind::BoundBinaryLogic>();
  node->kind = BoundKind::And;
  node->left = left;
  node->right = right;
  node->has_aggregate = left->has_aggregate || right->has_aggregate;
  node->has_subquery = left->has_subquery || right->has_subquery;
  node->has_outer = left->has_outer || right->has_outer;
  node->has_column = left->has_column || right->has_column;
  node->is_volatile = left->is_volatile || right->is_volatile;
  return node;
}

void split_conjuncts(BoundExpr* expr, ArenaVector<BoundExpr*>& out) {
  if (expr == nullptr) return;
  if (expr->kind == BoundKind::And) {
    split_conjuncts(expr->as<bind::BoundBinaryLogic>()->left, out);
    split_conjuncts(expr->as<bind::BoundBinaryLogic>()->right, out);
    return;
  }
  out.push_back(expr);
}

bool has_right_or_full_join(const BoundCore& core) {
  for (size_t i = 1; i < core.sources.size(); ++i) {
    if (core.sources[i]->join == JoinKind::Right || core.sources[i]->join == JoinKind::Full) return true;
  }
  return false;
}

}  // namespace sqlrite::plan
