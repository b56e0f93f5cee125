// Views and FROM sub-queries that only select, filter and join become part of the block around them, so that their
// tables take part in its choice of indexes and join order.
//
//   SELECT v.a FROM (SELECT x+1 AS a FROM t WHERE y=2) v WHERE v.a>5   =>   SELECT x+1 FROM t WHERE y=2 AND x+1>5
#include "plan/rules/rewrite.h"
#include "plan/rules/rules.h"

namespace sqlrite::plan {

namespace {

bool can_flatten(const BoundQuery& query, const BoundCore& core, size_t at) {
  const BoundSource& source = *core.sources[at];
  if (source.kind != SourceKind::Query || source.materialize || source.query == nullptr) return false;
  const BoundQuery& inner_query = *source.query;
  if (inner_query.cores.size() != 1 || inner_query.is_recursive) return false;
  if (inner_query.limit != nullptr || inner_query.offset != nullptr) return false;
  const BoundCore& inner = *inner_query.cores[0];
  if (inner.is_aggregate || inner.distinct || inner.sources.empty() || !inner.values.empty()) return false;
  if (core.sources.size() - 1 + inner.sources.size() > kSourcesMax) return false;
  // The order of a sub-query lives on only where nothing else decides the order.
  if (!inner_query.order_by.empty() && (core.is_aggregate || query.cores.size() > 1 || core.distinct)) return false;
  if (!inner_query.order_by.empty() && core.sources.size() > 1) return false;  // dropped before, unless it must stay
  if (core.sources.size() > 1 && (has_right_or_full_join(core) || has_right_or_full_join(inner))) return false;
  for (const BoundExpr* result : inner.results) {
    if (result->is_volatile || result->has_subquery || result->has_aggregate) return false;
  }
  if (at > 0 && source.join == JoinKind::Left) {
    // NULL rows must make every result NULL: true for plain columns of a single table.
    if (inner.sources.size() != 1 || core.is_aggregate || core.distinct) return false;
    for (const BoundExpr* result : inner.results) {
      if (result->kind != BoundKind::Column) return false;
    }
  }
  return true;
}

// The order of a FROM sub-query means nothing in a join or under another order.
void drop_useless_order(const BoundQuery& query, const BoundCore& core) {
  for (const bind::BoundAggregate* call : core.aggregates) {
    functions::BuiltinKind kind = call->function->kind;
    bool order_free = kind == functions::BuiltinKind::Count || kind == functions::BuiltinKind::CountStar ||
                      kind == functions::BuiltinKind::Sum || kind == functions::BuiltinKind::Total ||
                      kind == functions::BuiltinKind::Avg || kind == functions::BuiltinKind::Min ||
                      kind == functions::BuiltinKind::Max;
    if (!order_free) return;
  }
  for (BoundSource* source : core.sources) {
    if (source->kind != SourceKind::Query || source->query == nullptr || source->materialize) continue;
    BoundQuery& inner = *source->query;
    if (inner.order_by.empty() || inner.limit != nullptr || inner.offset != nullptr || inner.is_recursive) continue;
    bool ordered_again = query.cores.size() == 1 && !query.order_by.empty();
    if (ordered_again || core.sources.size() > 1) inner.order_by = {};
  }
}

void flatten(PlanContext& context, BoundQuery& query, BoundCore& core, size_t at) {
  Arena& arena = context.arena;
  BoundSource& source = *core.sources[at];
  BoundQuery& inner_query = *source.query;
  BoundCore& inner = *inner_query.cores[0];
  // 1. What the sub-query takes from further out is known here as this block's own expressions.
  if (!inner_query.outer_args.empty()) {
    Substitution outer{arena, nullptr, {}, true, inner_query.outer_args};
    for_each_root(inner_query, inner, [](void* self, BoundExpr** root) { static_cast<Substitution*>(self)->apply(root); }, &outer);
    inner_query.outer_args = {};
  }
  // 2. Its sources take its place.
  std::span<BoundSource*> sources = arena.make_array<BoundSource*>(core.sources.size() - 1 + inner.sources.size());
  size_t count = 0;
  for (size_t i = 0; i < at; ++i) sources[count++] = core.sources[i];
  for (BoundSource* moved : inner.sources) sources[count++] = moved;
  for (size_t i = at + 1; i < core.sources.size(); ++i) sources[count++] = core.sources[i];
  BoundSource& first = *inner.sources[0];
  first.join = source.join;
  if (at > 0 && source.join == JoinKind::Left) {
    first.on = conjunction(arena, source.on, inner.where);
  } else {
    core.where = conjunction(arena, inner.where, core.where);
    first.on = source.on;
  }
  core.sources = sources;
  for (size_t i = 0; i < count; ++i) sources[i]->position = static_cast<uint16_t>(i);
  // 3. Its columns are its result expressions.
  Substitution columns{arena, &source, inner.results, false, {}};
  for_each_root(query, core, [](void* self, BoundExpr** root) { static_cast<Substitution*>(self)->apply(root); }, &columns);
  if (query.cores.size() == 1 && query.order_by.empty() && !inner_query.order_by.empty()) {
    query.order_by = inner_query.order_by;
    for (OrderTerm& term : query.order_by) {
      // The place among the inner results means nothing here.
      if (term.result_column >= 0) term.expr = bind::clone_expr(inner.results[static_cast<size_t>(term.result_column)], arena);
      term.result_column = -1;
    }
  }
}

}  // namespace

void flatten_subqueries(PlanContext& context, BoundQuery& query, BoundCore& core) {
  bool any = false;
  for (const BoundSource* source : core.sources) any |= source->kind == SourceKind::Query;
  if (!any) return;
  drop_useless_order(query, core);
  for (size_t i = 0; i < core.sources.size();) {
    if (can_flatten(query, core, i)) {
      flatten(context, query, core, i);
      drop_useless_order(query, core);
      i = 0;  // what moved up may be flattened in turn
    } else {
      ++i;
    }
  }
}

}  // namespace sqlrite::plan
