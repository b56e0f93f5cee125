// Tools of the rules: visiting the expressions of a block, replacing columns and outer references.
#pragma once

#include "plan/logical/core_plan.h"

namespace sqlrite::plan {

// Calls visit(context, slot) for every root expression of the block: results, WHERE, ON, keys, aggregates, ORDER BY.
void for_each_root(BoundQuery& query, BoundCore& core, void (*visit)(void* context, BoundExpr** root), void* context);

// Replaces columns of `source` by copies of `results` and outer references by copies of `outer`, where given. Brings the
// flags of everything above a replacement up to date.
struct Substitution {
  Arena& arena;
  const BoundSource* source = nullptr;
  std::span<BoundExpr* const> results;
  bool replace_outer = false;
  std::span<BoundExpr* const> outer;
  void apply(BoundExpr** expr);
};

// `left` AND `right`; null stands for no condition.
BoundExpr* conjunction(Arena& arena, BoundExpr* left, BoundExpr* right);
void split_conjuncts(BoundExpr* expr, ArenaVector<BoundExpr*>& out);
bool has_right_or_full_join(const BoundCore& core);

}  // namespace sqlrite::plan
