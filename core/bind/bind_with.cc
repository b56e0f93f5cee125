// WITH: common table expressions, shared where they are used twice, and recursive ones.
#include "bind/binder_impl.h"

namespace sqlrite::bind {

bool Binder::Impl::push_with(const sql::With* ast, WithScope* scope) {
  scope->outer = with;
  scope->tables = arena.make_array<CteState>(ast->tables.size());
  for (size_t i = 0; i < ast->tables.size(); ++i) {
    const sql::CommonTable& table = ast->tables[i];
    for (size_t j = 0; j < i; ++j) {
      if (iequals(ast->tables[j].name.text, table.name.text)) {
        return fail("duplicate WITH table name: %.*s", static_cast<int>(table.name.text.size()),
                    table.name.text.data());
      }
    }
    scope->tables[i].definition = &table;
    scope->tables[i].home = scope;
  }
  with = scope;
  return true;
}

CteState* Binder::Impl::find_cte(std::string_view name) const {
  for (WithScope* scope = with; scope != nullptr; scope = scope->outer) {
    for (CteState& cte : scope->tables) {
      if (iequals(cte.definition->name.text, name)) return &cte;
    }
  }
  return nullptr;
}

namespace {

// How often the FROM of a core names the table itself, not inside a sub-query.
size_t count_direct_references(const sql::TableExpr* ast, std::string_view name) {
  if (ast == nullptr) return 0;
  if (const auto* join = ast->kind == sql::TableExprKind::Join ? ast->as<sql::JoinExpr>() : nullptr) {
    return count_direct_references(join->left, name) + count_direct_references(join->right, name);
  }
  if (ast->kind != sql::TableExprKind::Name) return 0;
  const auto* table = ast->as<sql::TableNameExpr>();
  return !table->name.schema.present() && iequals(table->name.name.text, name) ? 1 : 0;
}

}  // namespace

BoundSource* Binder::Impl::bind_cte(CteState& cte, std::string_view alias, Scope& scope) {
  const sql::CommonTable& definition = *cte.definition;
  std::span<std::string_view> names = arena.make_array<std::string_view>(definition.columns.size());
  for (size_t i = 0; i < names.size(); ++i) names[i] = definition.columns[i].text;

  if (cte.recursive_query != nullptr && &scope == cte.recursive_scope) {
    if (cte.recursive_seen) {
      return fail("multiple references to recursive table: %.*s", static_cast<int>(definition.name.text.size()),
                  definition.name.text.data());
    }
    cte.recursive_seen = true;
    BoundSource* source = query_source(cte.recursive_query, alias, names);
    source->kind = SourceKind::CteRecursive;
    source->query = nullptr;
    source->recursive_of = cte.recursive_query;
    source->from_cte = true;
    return source;
  }
  if (cte.reference_error != nullptr) {
    return fail("%s: %.*s", cte.reference_error, static_cast<int>(definition.name.text.size()),
                definition.name.text.data());
  }

  bool may_share = definition.materialized != sql::Materialized::No;
  BoundQuery* query = cte.shared;
  bool reused = query != nullptr;
  if (!reused) {
    Frame frame(arena);
    frame.parent = &scope;
    frame.sees_siblings = false;
    WithScope* saved = with;
    with = cte.home;
    query = bind_cte_body(cte, scope, frame);
    with = saved;
    if (query == nullptr) return nullptr;
    if (may_share && !query->is_correlated()) cte.shared = query;
  }
  if (!names.empty() && names.size() != query->columns.size()) {
    return fail("table %.*s has %zu values for %zu columns", static_cast<int>(definition.name.text.size()),
                definition.name.text.data(), query->columns.size(), names.size());
  }
  BoundSource* source = query_source(query, alias, names);
  source->from_cte = true;
  source->materialize = definition.materialized == sql::Materialized::Yes;
  if (reused) {
    source->materialize = true;
    cte.first_use->materialize = true;
  } else {
    cte.first_use = source;
  }
  return source;
}

BoundQuery* Binder::Impl::bind_cte_body(CteState& cte, Scope& scope, Frame& frame) {
  (void)scope;
  const sql::CommonTable& definition = *cte.definition;
  const sql::Select& select = *definition.select;
  std::string_view name = definition.name.text;

  // The recursive part: the last members that name the table, all joined by the same UNION or UNION ALL.
  size_t first_recursive = select.parts.size();
  sql::CompoundOp op = select.parts.back().op;
  if (op == sql::CompoundOp::Union || op == sql::CompoundOp::UnionAll) {
    while (first_recursive > 1 && select.parts[first_recursive - 1].op == op &&
           count_direct_references(select.parts[first_recursive - 1].core->from, name) > 0) {
      --first_recursive;
    }
  }
  cte.reference_error = "circular reference";
  if (first_recursive == select.parts.size()) {
    BoundQuery* query = bind_query(select, frame);
    cte.reference_error = nullptr;
    if (query != nullptr) query->outer_args = frame.outer_args.span();
    return query;
  }

  WithScope own_with;
  WithScope* saved = with;
  if (select.with != nullptr && !push_with(select.with, &own_with)) return nullptr;
  BoundQuery* query = arena.make<BoundQuery>();
  query->cores = arena.make_array<BoundCore*>(select.parts.size());
  query->operators = arena.make_array<CompoundOp>(select.parts.size());
  std::span<Scope*> scopes = arena.make_array<Scope*>(select.parts.size());
  bool bound = true;
  for (size_t i = 0; bound && i < select.parts.size(); ++i) {
    scopes[i] = new (arena.allocate(sizeof(Scope), alignof(Scope))) Scope(arena, frame);
    if (i == first_recursive) {
      // The seed settles names, affinities and collations of the columns.
      std::span<BoundCore*> all = query->cores;
      query->cores = all.first(i);
      bound = join_parts(select, query, 0, i);
      finish_columns(query);
      query->cores = all;
      query->is_recursive = true;
      query->recursive_from = static_cast<uint16_t>(first_recursive);
      query->recursive_distinct = op == sql::CompoundOp::Union;
      cte.recursive_query = query;
      cte.reference_error = "multiple recursive references";
      if (!bound) break;
      if (!definition.columns.empty() && definition.columns.size() != query->columns.size()) {
        bound = fail("table %.*s has %zu values for %zu columns", static_cast<int>(name.size()), name.data(),
                     query->columns.size(), definition.columns.size());
        break;
      }
    }
    cte.recursive_scope = i >= first_recursive ? scopes[i] : nullptr;
    cte.recursive_seen = false;
    ArenaVector<ResultColumn> columns(arena);
    query->cores[i] = bind_core(*select.parts[i].core, *scopes[i], &columns);
    bound = query->cores[i] != nullptr;
    if (i == 0) query->columns = columns.span();
    if (bound && i >= first_recursive && query->cores[i]->is_aggregate) {
      bound = fail("recursive aggregate queries not supported");
    }
  }
  cte.recursive_query = nullptr;
  cte.recursive_scope = nullptr;
  cte.reference_error = nullptr;
  if (bound) bound = join_parts(select, query, 0, select.parts.size());
  if (bound && !select.order_by.empty()) bound = bind_compound_order_by(select.order_by, scopes, query);
  if (bound) bound = bind_limit(select.limit, select.offset, &query->limit, &query->offset);
  with = saved;
  query->outer_args = frame.outer_args.span();
  return bound ? query : nullptr;
}

}  // namespace sqlrite::bind
