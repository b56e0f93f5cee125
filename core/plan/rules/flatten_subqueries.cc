// Views and FROM sub-queries that only select, filter and join become part of the block around them, so that their
// tables take part in its choice of indexes and join order.
//
//   SELECT v.a FROM (SELECT x+1 AS a FROM t WHERE y=2) v WHERE v.a>5   =>   SELECT x+1 FROM t WHERE y=2 AND x+1>5
#include "plan/rules/rewrite.h"
#include "plan/rules/rules.h"

namespace sqlrite::plan {

namespace {

constexpr size_t kSplitArmsMax = 32;  // a longer union is materialized rather than planned arm by arm

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
    // A NULL row must make every result NULL: plain columns are, other results are tied to a column that is never NULL
    // in a real row.
    if (inner.sources.size() != 1 || inner.sources[0]->kind != SourceKind::Table) return false;
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

// `result`, but NULL in the rows that a LEFT JOIN adds for want of a partner.
BoundExpr* null_with_row(Arena& arena, BoundExpr* result, BoundSource* source) {
  if (result->kind == BoundKind::Column) return result;
  auto* key = arena.make<BoundColumn>();
  key->kind = BoundKind::Column;
  key->has_column = true;
  key->source = source;
  key->column =
      source->table->without_rowid ? source->table->primary_key_index->fields[0].column : catalog::kRowIdColumn;
  key->affinity = Affinity::Integer;
  auto* present = arena.make<bind::BoundIsNull>();
  present->kind = BoundKind::IsNull;
  present->has_column = true;
  present->operand = key;
  present->negated = true;
  auto* choice = arena.make<bind::BoundCase>();
  static_cast<BoundExpr&>(*choice) = *result;
  choice->kind = BoundKind::Case;
  choice->has_column = true;
  choice->arms = arena.make_array<bind::BoundCase::Arm>(1);
  choice->arms[0] = {present, result};
  return choice;
}

void flatten(PlanContext& context, BoundQuery& query, BoundCore& core, size_t at) {
  Arena& arena = context.arena;
  BoundSource& source = *core.sources[at];
  BoundQuery& inner_query = *source.query;
  BoundCore& inner = *inner_query.cores[0];
  // 1. What the sub-query takes from further out is known here as this block's own expressions.
  if (!inner_query.outer_args.empty()) {
    Substitution outer{arena, nullptr, {}, true, inner_query.outer_args};
    for_each_root(
        inner_query, inner, [](void* self, BoundExpr** root) { static_cast<Substitution*>(self)->apply(root); },
        &outer);
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
  std::span<BoundExpr*> results = inner.results;
  if (at > 0 && source.join == JoinKind::Left) {
    // Inside ON the row is there.
    if (source.on != nullptr) {
      Substitution own{arena, &source, inner.results, false, {}};
      own.apply(&source.on);
    }
    first.on = conjunction(arena, source.on, inner.where);
    results = arena.make_array<BoundExpr*>(inner.results.size());
    for (size_t i = 0; i < results.size(); ++i) results[i] = null_with_row(arena, inner.results[i], &first);
  } else {
    core.where = conjunction(arena, inner.where, core.where);
    first.on = source.on;
  }
  core.sources = sources;
  for (size_t i = 0; i < count; ++i) sources[i]->position = static_cast<uint16_t>(i);
  // 3. Its columns are its result expressions.
  Substitution columns{arena, &source, results, false, {}};
  for_each_root(
      query, core, [](void* self, BoundExpr** root) { static_cast<Substitution*>(self)->apply(root); }, &columns);
  if (query.cores.size() == 1 && query.order_by.empty() && !inner_query.order_by.empty()) {
    query.order_by = inner_query.order_by;
    for (OrderTerm& term : query.order_by) {
      // The place among the inner results means nothing here.
      if (term.result_column >= 0)
        term.expr = bind::clone_expr(inner.results[static_cast<size_t>(term.result_column)], arena);
      term.result_column = -1;
    }
  }
}

bool can_split(const BoundQuery& query, size_t at) {
  const BoundCore& core = *query.cores[0];
  const BoundSource& source = *core.sources[at];
  if (source.kind != SourceKind::Query || source.materialize || source.query == nullptr) return false;
  const BoundQuery& inner = *source.query;
  if (inner.cores.size() < 2 || inner.cores.size() > kSplitArmsMax || inner.is_recursive) return false;
  if (inner.limit != nullptr || inner.offset != nullptr || !inner.order_by.empty()) return false;
  if (at > 0 && source.join != JoinKind::Inner && source.join != JoinKind::Cross) return false;
  for (size_t i = 1; i < inner.operators.size(); ++i) {
    if (inner.operators[i] != bind::CompoundOp::UnionAll) return false;
  }
  for (const BoundCore* arm : inner.cores) {
    if (arm->is_aggregate || arm->distinct || arm->sources.empty() || !arm->values.empty()) return false;
    if (core.sources.size() > 1 && has_right_or_full_join(*arm)) return false;
    for (size_t i = 0; i < arm->results.size(); ++i) {
      if (arm->results[i]->is_volatile || arm->results[i]->has_aggregate) return false;
      // Comparisons were resolved for the affinity of the union's column.
      if (arm->results[i]->affinity != inner.cores[0]->results[i]->affinity) return false;
    }
  }
  return true;
}

// The same query once more, with sources of its own.
BoundQuery* copy_query(Arena& arena, BoundQuery& query) {
  bind::BoundScalarQuery holder;
  holder.kind = BoundKind::ScalarQuery;
  holder.query = &query;
  return bind::clone_expr(&holder, arena)->as<bind::BoundScalarQuery>()->query;
}

}  // namespace

void split_compound_sources(PlanContext& context, BoundQuery& query) {
  // Each arm joined on its own may use indexes that the union as a whole has not.
  for (int rounds = 0; rounds < 8; ++rounds) {
    if (query.cores.size() != 1) return;
    BoundCore& core = *query.cores[0];
    if (core.is_aggregate || core.distinct || !core.values.empty() || query.is_recursive ||
        has_right_or_full_join(core))
      return;
    for (const OrderTerm& term : query.order_by) {
      if (term.result_column < 0) return;
    }
    for (const BoundExpr* result : core.results) {
      if (result->is_volatile) return;
    }
    size_t at = 0;
    while (at < core.sources.size() && !can_split(query, at)) ++at;
    if (at == core.sources.size()) return;
    Arena& arena = context.arena;
    size_t arms = core.sources[at]->query->cores.size();
    std::span<BoundCore*> cores = arena.make_array<BoundCore*>(arms);
    std::span<bind::CompoundOp> operators = arena.make_array<bind::CompoundOp>(arms);
    for (size_t i = 0; i < arms; ++i) {
      BoundQuery* copy = i + 1 < arms ? copy_query(arena, query) : &query;
      cores[i] = copy->cores[0];
      operators[i] = i == 0 ? bind::CompoundOp::None : bind::CompoundOp::UnionAll;
      BoundSource& source = *cores[i]->sources[at];
      auto* arm = arena.make<BoundQuery>(*source.query);
      arm->cores = source.query->cores.subspan(i, 1);
      arm->operators = operators.first(1);
      source.query = arm;
    }
    query.cores = cores;
    query.operators = operators;
  }
}

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
