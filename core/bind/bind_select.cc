// SELECT: cores, result columns and their names, grouping, ordering, compounds.
#include <cstdio>
#include <string>

#include "bind/binder_impl.h"
#include "sql/parser/parser.h"
#include "types/affinity.h"

namespace sqlrite::bind {

BoundQuery* Binder::Impl::bind_subquery(const sql::Select& ast, Scope& parent, bool sees_siblings) {
  static constexpr uint32_t kDepthMax = 200;
  if (query_depth >= kDepthMax) return fail("VIEWs and/or subqueries nested too deep");
  ++query_depth;
  Frame frame(arena);
  frame.parent = &parent;
  frame.sees_siblings = sees_siblings;
  BoundQuery* query = bind_query(ast, frame);
  --query_depth;
  if (query != nullptr) query->outer_args = frame.outer_args.span();
  return query;
}

BoundQuery* Binder::Impl::bind_query(const sql::Select& ast, Frame& frame) {
  WithScope own_with;
  WithScope* saved_with = with;
  if (ast.with != nullptr && !push_with(ast.with, &own_with)) return nullptr;
  BoundQuery* query = arena.make<BoundQuery>();
  size_t count = ast.parts.size();
  query->cores = arena.make_array<BoundCore*>(count);
  query->operators = arena.make_array<CompoundOp>(count);
  if (!bind_limit(ast.limit, ast.offset, &query->limit, &query->offset)) return nullptr;
  ArenaVector<ResultColumn> columns(arena);
  if (count == 1) {
    const sql::SelectCore& core_ast = *ast.parts[0].core;
    Scope scope(arena, frame);
    query->cores[0] = bind_core(core_ast, scope, &columns);
    if (query->cores[0] == nullptr) return nullptr;
    query->columns = columns.span();
    if (!ast.order_by.empty()) {
      scope.aggregates_allowed = true;
      scope.aggregate_error = query->cores[0]->is_aggregate ? nullptr : "";
      if (!bind_order_by(ast.order_by, scope, &query->order_by)) return nullptr;
      query->cores[0]->aggregates = scope.aggregates.span();
    }
  } else {
    std::span<Scope*> scopes = arena.make_array<Scope*>(count);
    for (size_t i = 0; i < count; ++i) {
      scopes[i] = new (arena.allocate(sizeof(Scope), alignof(Scope))) Scope(arena, frame);
      columns.clear();
      ArenaVector<ResultColumn> part_columns(arena);
      query->cores[i] = bind_core(*ast.parts[i].core, *scopes[i], &part_columns);
      if (query->cores[i] == nullptr) return nullptr;
      if (i == 0) query->columns = part_columns.span();
    }
    if (!join_parts(ast, query, 0, count)) return nullptr;
    finish_columns(query);
    if (!ast.order_by.empty() && !bind_compound_order_by(ast.order_by, scopes, query)) return nullptr;
  }
  with = saved_with;
  return query;
}

bool Binder::Impl::join_parts(const sql::Select& ast, BoundQuery* query, size_t first, size_t count) {
  for (size_t i = first; i < count; ++i) {
    const char* name = "";
    switch (ast.parts[i].op) {
      case sql::CompoundOp::None: query->operators[i] = CompoundOp::None; break;
      case sql::CompoundOp::Union:
        query->operators[i] = CompoundOp::Union;
        name = "UNION";
        break;
      case sql::CompoundOp::UnionAll:
        query->operators[i] = CompoundOp::UnionAll;
        name = "UNION ALL";
        break;
      case sql::CompoundOp::Except:
        query->operators[i] = CompoundOp::Except;
        name = "EXCEPT";
        break;
      case sql::CompoundOp::Intersect:
        query->operators[i] = CompoundOp::Intersect;
        name = "INTERSECT";
        break;
    }
    if (i > 0 && query->cores[i]->results.size() != query->cores[i - 1]->results.size()) {
      if (ast.parts[i].core->is_values) return fail("all VALUES must have the same number of terms");
      return fail("SELECTs to the left and right of %s do not have the same number of result columns", name);
    }
    if (i == 0 || query->operators[i] == CompoundOp::UnionAll) continue;
    for (size_t column = 0; column < query->columns.size(); ++column) compared(compound_collation(query, column));
  }
  return true;
}

namespace {

// Which types a result may have: 1 number, 2 text, 4 blob.
int possible_types(const BoundExpr* expr) {
  switch (expr->kind) {
    case BoundKind::Collate: return possible_types(expr->as<BoundCollate>()->operand);
    case BoundKind::Unary:
      if (expr->as<BoundUnary>()->op == UnaryOp::Plus) return possible_types(expr->as<BoundUnary>()->operand);
      return 1;
    case BoundKind::Constant:
      switch (expr->as<BoundConstant>()->value.type) {
        case ValueType::Null: return 0;
        case ValueType::Text: return 2;
        case ValueType::Blob: return 4;
        default: return 1;
      }
    case BoundKind::Concat: return 6;
    case BoundKind::Parameter:
    case BoundKind::Aggregate:
    case BoundKind::Function: return 7;
    case BoundKind::Column:
    case BoundKind::Outer:
    case BoundKind::ScalarQuery:
    case BoundKind::Cast:
      if (is_numeric_affinity(expr->affinity)) return 5;
      return expr->affinity == Affinity::Text ? 6 : 7;
    case BoundKind::Case: {
      int types = 0;
      const auto* choice = expr->as<BoundCase>();
      for (const auto& arm : choice->arms) types |= possible_types(arm.then);
      if (choice->otherwise != nullptr) types |= possible_types(choice->otherwise);
      return types;
    }
    default: return 1;
  }
}

}  // namespace

// Affinity and collation of a compound's columns, for those who read it as a source.
void Binder::Impl::finish_columns(BoundQuery* query) {
  for (size_t i = 0; i < query->columns.size(); ++i) {
    ResultColumn& column = query->columns[i];
    const BoundExpr* first = query->cores[0]->results[i];
    Affinity affinity = first->affinity;
    int types = 0;
    size_t at = 0;
    while (affinity == Affinity::None && at + 1 < query->cores.size()) {
      types |= possible_types(query->cores[at]->results[i]);
      affinity = query->cores[++at]->results[i]->affinity;
    }
    if (affinity >= Affinity::Text && query->cores.size() > 1) {
      for (size_t j = at + 1; j < query->cores.size(); ++j) types |= possible_types(query->cores[j]->results[i]);
      if (affinity == Affinity::Text && (types & 1) != 0)
        affinity = Affinity::Blob;
      else if (is_numeric_affinity(affinity) && (types & 2) != 0)
        affinity = Affinity::Blob;
      if (is_numeric_affinity(affinity) && first->kind == BoundKind::Cast) affinity = Affinity::Numeric;
    }
    column.affinity = affinity;
    column.collation = first->collation;
  }
}

const Collation* Binder::Impl::compound_collation(const BoundQuery* query, size_t column) const {
  for (const BoundCore* core : query->cores) {
    if (core->results[column]->collation != nullptr) return core->results[column]->collation;
  }
  return binary;
}

namespace {

// "column1", "column2" ...: what VALUES and nameless results are called.
std::string_view numbered_column(size_t number, Arena& arena) {
  static constexpr std::string_view kFirst[] = {"column1", "column2", "column3", "column4",  "column5",  "column6",
                                                "column7", "column8", "column9", "column10", "column11", "column12"};
  if (number <= std::size(kFirst)) return kFirst[number - 1];
  char name[32];
  int size = std::snprintf(name, sizeof name, "column%zu", number);
  return arena.copy(std::string_view(name, static_cast<size_t>(size)));
}

}  // namespace

BoundCore* Binder::Impl::bind_values(const sql::SelectCore& ast, Scope& scope, ArenaVector<ResultColumn>* columns) {
  BoundCore* core = arena.make<BoundCore>();
  core->values = arena.make_array<std::span<BoundExpr*>>(ast.rows.size());
  scope.aggregates_allowed = true;
  scope.aggregate_error = "";
  for (size_t i = 0; i < ast.rows.size(); ++i) {
    if (ast.rows[i].size() != ast.rows[0].size()) return fail("all VALUES must have the same number of terms");
    if (!bind_list(ast.rows[i], scope, &core->values[i])) return nullptr;
  }
  core->results = core->values[0];
  size_t width = core->results.size();
  core->result_collations = arena.make_array<const Collation*>(width);
  columns->reserve(width);
  for (size_t i = 0; i < width; ++i) {
    core->result_collations[i] = collation_or_binary(core->results[i]->collation);
    ResultColumn column;
    column.name = column.source_name = numbered_column(i + 1, arena);
    column.affinity = core->results[i]->affinity;
    column.collation = core->results[i]->collation;
    columns->push_back(column);
  }
  return core;
}

BoundCore* Binder::Impl::bind_core(const sql::SelectCore& ast, Scope& scope, ArenaVector<ResultColumn>* columns) {
  if (ast.is_values) return bind_values(ast, scope, columns);
  BoundCore* core = arena.make<BoundCore>();
  scope.aggregates_possible = true;
  FromState from(arena);
  if (ast.from != nullptr && !bind_from(*ast.from, scope, &from)) return nullptr;

  scope.aggregates_allowed = true;
  ArenaVector<BoundExpr*> results(arena);
  ArenaVector<ResultEntry> entries(arena);
  results.reserve(ast.columns.size());
  entries.reserve(ast.columns.size());
  columns->reserve(ast.columns.size());
  if (!bind_results(ast.columns, scope, &results, &entries, columns)) return nullptr;
  if (results.size() > context.column_count_max) return fail("too many columns in result set");
  core->results = results.span();
  core->distinct = ast.distinct;
  core->is_aggregate = !ast.group_by.empty() || scope.has_aggregate;

  scope.results = entries.span();
  scope.results_visible = true;
  scope.aggregates_allowed = core->is_aggregate;
  if (ast.having != nullptr) {
    if (!core->is_aggregate) return fail("HAVING clause on a non-aggregate query");
    core->having = bind_scalar(*ast.having, scope);
    if (core->having == nullptr) return nullptr;
  }
  scope.aggregate_error = "";
  BoundExpr* where = nullptr;
  if (ast.where != nullptr) {
    where = bind_scalar(*ast.where, scope);
    if (where == nullptr) return nullptr;
  }
  if (!scope.sources.empty() && !finish_from(scope, &from, core)) return nullptr;
  core->where = make_and(core->where, where);
  take_hidden_arguments(core);
  scope.aggregate_error = nullptr;
  if (!ast.group_by.empty() && !bind_group_by(ast, scope, core)) return nullptr;

  core->aggregates = scope.aggregates.span();
  core->result_collations = arena.make_array<const Collation*>(results.size());
  for (size_t i = 0; i < results.size(); ++i) {
    core->result_collations[i] =
        core->distinct ? compared(results[i]->collation) : collation_or_binary(results[i]->collation);
  }
  return core;
}

bool Binder::Impl::bind_results(std::span<sql::ResultColumn> list, Scope& scope, ArenaVector<BoundExpr*>* exprs,
                                ArenaVector<ResultEntry>* entries, ArenaVector<ResultColumn>* columns) {
  for (const sql::ResultColumn& ast : list) {
    if (ast.kind != sql::ResultColumnKind::Expr) {
      if (!expand_star(ast, scope, exprs, entries, columns)) return false;
      continue;
    }
    last_origin = {};
    BoundExpr* expr = bind_scalar(*ast.expr, scope);
    if (expr == nullptr) return false;
    bool plain = ast.expr->kind == sql::ExprKind::ColumnRef;
    const sql::Expr* inner = skip_collate(ast.expr);
    ColumnOrigin origin = inner->kind == sql::ExprKind::ColumnRef ? last_origin : ColumnOrigin{};
    ResultColumn column;
    describe_column(&column, expr, plain ? origin : ColumnOrigin{});
    std::string_view column_name;
    if (origin.source != nullptr) {
      column_name = origin.column >= 0 ? origin.source->columns[static_cast<size_t>(origin.column)].name : "rowid";
    }
    if (ast.alias.present()) {
      column.name = column.source_name = ast.alias.text;
      column.has_alias = true;
    } else {
      std::string_view source_text = sql::column_name_text(ast, text);
      column.name = plain && column_name.data() != nullptr ? column_name : source_text;
      column.source_name = column_name.data() != nullptr ? column_name : source_text;
    }
    if (column.source_name.empty() || iequals(column.source_name, "true") || iequals(column.source_name, "false")) {
      column.source_name = numbered_column(columns->size() + 1, arena);
    }
    exprs->push_back(expr);
    entries->push_back({expr, ast.alias.text, ast.alias.present()});
    columns->push_back(column);
  }
  return true;
}

namespace {

// Another source that goes by the same full name and has the column too makes a star ambiguous.
bool has_namesake(const Scope& scope, size_t own, std::string_view column) {
  const BoundSource& source = *scope.sources[own].source;
  auto merges = [column](const SourceEntry& entry) {
    for (std::string_view name : entry.using_columns) {
      if (iequals(name, column)) return true;
    }
    return false;
  };
  if (source.is_nested_join() || merges(scope.sources[own])) return false;
  for (size_t i = 0; i < scope.sources.size(); ++i) {
    const SourceEntry& entry = scope.sources[i];
    const BoundSource& other = *entry.source;
    if (i == own || entry.qualified_only || !iequals(other.alias, source.alias) || merges(entry)) continue;
    if (other.is_nested_join() || !iequals(other.database_name, source.database_name)) continue;
    for (const SourceColumn& each : other.columns) {
      if (iequals(each.name, column)) return true;
    }
  }
  return false;
}

// Of several columns of one name in a parenthesised join, USING means the first.
bool is_first_of_name(const BoundSource& source, size_t own) {
  if (!source.is_nested_join()) return true;
  for (size_t i = 0; i < own; ++i) {
    const NestedColumn& column = source.nested[i];
    if (column.merged_away || column.is_rowid) continue;
    if (iequals(column.inner_name, source.nested[own].inner_name)) return false;
  }
  return true;
}

}  // namespace

bool Binder::Impl::expand_star(const sql::ResultColumn& star, Scope& scope, ArenaVector<BoundExpr*>* exprs,
                               ArenaVector<ResultEntry>* entries, ArenaVector<ResultColumn>* columns) {
  std::string_view table = star.table.text;
  bool qualified = star.kind == sql::ResultColumnKind::TableStar;
  bool seen = false;
  for (size_t i = 0; i < scope.sources.size(); ++i) {
    const SourceEntry& entry = scope.sources[i];
    if (entry.qualified_only) continue;
    const BoundSource& source = *entry.source;
    bool whole_join = source.is_nested_join() && qualified && iequals(source.alias, table);
    if (qualified && !source.is_nested_join() && !iequals(source.alias, table)) continue;
    for (size_t j = 0; j < source.columns.size(); ++j) {
      const SourceColumn& from = source.columns[j];
      std::string_view name = from.name;
      if (source.is_nested_join()) {
        const NestedColumn& nested = source.nested[j];
        if (nested.is_rowid) continue;
        if (qualified && !whole_join) {
          if (!iequals(nested.table_alias, table)) continue;
        } else if (nested.merged_away) {
          continue;
        }
        name = nested.inner_name;
      } else if (from.hidden) {
        continue;
      }
      seen = true;
      bool merged = false;
      bool joins_by_name = !qualified && is_first_of_name(source, j);
      if (joins_by_name) {
        for (std::string_view other : entry.using_columns) merged |= iequals(other, name);
        if (merged) continue;
      }
      if (scope.sources.size() > 1 && has_namesake(scope, i, name)) {
        std::string full(source.database_name.empty() ? std::string_view("*") : source.database_name);
        return fail_at({},
                       "ambiguous column name: " + full + "." + std::string(source.alias) + "." + std::string(name));
      }
      BoundExpr* expr = nullptr;
      if (joins_by_name && scope.has_right_join) {
        // Merged columns of later RIGHT and FULL joins are what the bare name means.
        bool merges_later = false;
        for (size_t k = i + 1; k < scope.sources.size(); ++k) {
          for (std::string_view other : scope.sources[k].using_columns) merges_later |= iequals(other, name);
        }
        if (merges_later) {
          sql::ColumnRefExpr reference;
          reference.column.text = name;
          expr = find_in_scope(scope, reference);
          if (expr == nullptr) return false;
        }
      }
      if (expr == nullptr) expr = source_column(entry, static_cast<int>(j), nullptr);
      if (expr == nullptr) return false;
      ResultColumn column;
      describe_column(&column, expr, {&source, static_cast<int>(j)});
      column.name = column.source_name = from.name;
      column.has_alias = true;
      exprs->push_back(expr);
      entries->push_back({expr, column.name, true});
      columns->push_back(column);
    }
  }
  if (seen) return true;
  if (qualified) return fail("no such table: %.*s", static_cast<int>(table.size()), table.data());
  return fail("no tables specified");
}

void Binder::Impl::describe_column(ResultColumn* column, const BoundExpr* expr, const ColumnOrigin& origin) {
  column->affinity = expr->affinity;
  column->collation = expr->collation;
  if (origin.source == nullptr) {
    if (expr->kind == BoundKind::ScalarQuery) {
      const auto* scalar = expr->as<BoundScalarQuery>();
      const ResultColumn& from = scalar->query->columns[static_cast<size_t>(scalar->result_column)];
      column->declared_type = from.declared_type;
      column->origin_database = from.origin_database;
      column->origin_table = from.origin_table;
      column->origin_column = from.origin_column;
    }
    return;
  }
  const BoundSource& source = *origin.source;
  if (source.kind == SourceKind::Query) {
    if (origin.column < 0) return;
    const ResultColumn& from = source.query->columns[static_cast<size_t>(origin.column)];
    column->declared_type = from.declared_type;
    column->origin_database = from.origin_database;
    column->origin_table = from.origin_table;
    column->origin_column = from.origin_column;
    return;
  }
  if (origin.column < 0) {
    column->declared_type = "INTEGER";
    column->origin_column = "rowid";
  } else {
    column->declared_type = source.columns[static_cast<size_t>(origin.column)].declared_type;
    column->origin_column = source.columns[static_cast<size_t>(origin.column)].name;
  }
  if (source.table == nullptr) {
    column->origin_column = {};
    return;
  }
  column->origin_database = source.database_name;
  column->origin_table = source.table->name;
}

void Binder::Impl::fill_term(OrderTerm* term, const sql::OrderTerm& ast, BoundExpr* expr) {
  term->expr = expr;
  term->descending = ast.order == sql::SortOrder::Descending;
  term->nulls_last = ast.nulls == sql::NullsOrder::Unspecified ? term->descending : ast.nulls == sql::NullsOrder::Last;
  if (expr != nullptr) term->collation = compared(expr->collation);
}

bool Binder::Impl::bind_group_by(const sql::SelectCore& ast, Scope& scope, BoundCore* core) {
  core->group_by = arena.make_array<BoundExpr*>(ast.group_by.size());
  // Aggregates pass here to get the message about GROUP BY instead of a general one.
  size_t aggregate_count = scope.aggregates.size();
  for (size_t i = 0; i < ast.group_by.size(); ++i) {
    const sql::Expr& term = *ast.group_by[i];
    int64_t number = 0;
    BoundExpr* expr = nullptr;
    if (integer_literal(*skip_collate(&term), &number)) {
      if (number < 1 || static_cast<uint64_t>(number) > core->results.size()) {
        char buffer[24];
        std::string_view nth = ordinal(i + 1, buffer);
        return fail("%.*s GROUP BY term out of range - should be between 1 and %zu", static_cast<int>(nth.size()),
                    nth.data(), core->results.size());
      }
      expr = clone_expr(core->results[static_cast<size_t>(number - 1)], arena);
    } else {
      expr = bind_scalar(term, scope);
    }
    if (expr == nullptr) return false;
    if (expr->has_aggregate && scope.aggregates.size() >= aggregate_count) {
      return fail("aggregate functions are not allowed in the GROUP BY clause");
    }
    compared(expr->collation);
    core->group_by[i] = expr;
  }
  return true;
}

namespace {

const Collation* explicit_collation(const sql::Expr* ast, catalog::CollationSource& collations) {
  if (ast->kind != sql::ExprKind::Collate) return nullptr;
  return collations.find_collation(ast->as<sql::CollateExpr>()->collation.text);
}

}  // namespace

bool Binder::Impl::bind_order_by(std::span<sql::OrderTerm> terms, Scope& scope, std::span<OrderTerm>* out) {
  *out = arena.make_array<OrderTerm>(terms.size());
  for (size_t i = 0; i < terms.size(); ++i) {
    OrderTerm& term = (*out)[i];
    const sql::Expr* bare = skip_collate(terms[i].expr);
    int64_t number = 0;
    int64_t column = -1;
    if (const auto* name = bare->try_as<sql::ColumnRefExpr>(); name != nullptr && !name->table.present()) {
      for (size_t j = 0; j < scope.results.size() && column < 0; ++j) {
        if (scope.results[j].has_alias && iequals(scope.results[j].alias, name->column.text)) {
          column = static_cast<int64_t>(j);
        }
      }
    }
    if (column < 0 && integer_literal(*bare, &number)) {
      if (number < 1 || static_cast<uint64_t>(number) > scope.results.size()) {
        char buffer[24];
        std::string_view nth = ordinal(i + 1, buffer);
        return fail_at(bare->span, std::string(nth) + " ORDER BY term out of range - should be between 1 and " +
                                       std::to_string(scope.results.size()));
      }
      column = number - 1;
    }
    if (column >= 0) {
      fill_term(&term, terms[i], scope.results[static_cast<size_t>(column)].expr);
      term.result_column = static_cast<int32_t>(column);
      if (bare != terms[i].expr) {
        term.collation = explicit_collation(terms[i].expr, context.collations);
        if (term.collation == nullptr) {
          std::string_view name = terms[i].expr->as<sql::CollateExpr>()->collation.text;
          return fail_collation(name);
        }
      }
      continue;
    }
    BoundExpr* expr = bind_scalar(*terms[i].expr, scope);
    if (expr == nullptr) return false;
    fill_term(&term, terms[i], expr);
    for (size_t j = 0; j < scope.results.size(); ++j) {
      if (equal_exprs(expr, scope.results[j].expr)) {
        term.result_column = static_cast<int32_t>(j);
        break;
      }
    }
  }
  return true;
}

// Every term must be a result column of one of the members, by number, by name or by being the same expression.
bool Binder::Impl::bind_compound_order_by(std::span<sql::OrderTerm> terms, std::span<Scope*> scopes,
                                          BoundQuery* query) {
  size_t width = query->columns.size();
  query->order_by = arena.make_array<OrderTerm>(terms.size());
  for (size_t i = 0; i < terms.size(); ++i) {
    OrderTerm& term = query->order_by[i];
    fill_term(&term, terms[i], nullptr);
    const sql::Expr* bare = skip_collate(terms[i].expr);
    char buffer[24];
    std::string_view nth = ordinal(i + 1, buffer);
    int64_t number = 0;
    if (integer_literal(*bare, &number)) {
      if (number < 1 || static_cast<uint64_t>(number) > width) {
        return fail_at(bare->span, std::string(nth) + " ORDER BY term out of range - should be between 1 and " +
                                       std::to_string(width));
      }
      term.result_column = static_cast<int32_t>(number - 1);
    }
    for (size_t part = 0; part < scopes.size() && term.result_column < 0; ++part) {
      Scope& scope = *scopes[part];
      if (const auto* name = bare->try_as<sql::ColumnRefExpr>(); name != nullptr && !name->table.present()) {
        for (size_t j = 0; j < scope.results.size(); ++j) {
          if (!scope.results[j].has_alias || !iequals(scope.results[j].alias, name->column.text)) continue;
          term.result_column = static_cast<int32_t>(j);
          break;
        }
      }
      if (term.result_column >= 0 || bare->kind == sql::ExprKind::Subquery) continue;
      // Tried in the block alone; a failure only means that it is not this member's.
      Frame frame(arena);
      Scope attempt = scope;
      attempt.frame = &frame;
      attempt.aggregates_allowed = true;
      BoundExpr* expr = bind_any(*bare, attempt);
      error = Status();
      for (size_t j = 0; expr != nullptr && j < scope.results.size(); ++j) {
        if (!equal_exprs(expr, scope.results[j].expr)) continue;
        term.result_column = static_cast<int32_t>(j);
        break;
      }
    }
    if (term.result_column < 0) {
      return fail("%.*s ORDER BY term does not match any column in the result set", static_cast<int>(nth.size()),
                  nth.data());
    }
    term.collation = compound_collation(query, static_cast<size_t>(term.result_column));
    if (bare != terms[i].expr) {
      std::string_view name = terms[i].expr->as<sql::CollateExpr>()->collation.text;
      term.collation = context.collations.find_collation(name);
      if (term.collation == nullptr) {
        return fail_collation(name);
      }
    }
  }
  return true;
}

// LIMIT and OFFSET see no names at all.
bool Binder::Impl::bind_limit(const sql::Expr* limit, const sql::Expr* offset, BoundExpr** out_limit,
                              BoundExpr** out_offset) {
  if (limit == nullptr && offset == nullptr) return true;
  Frame frame(arena);
  Scope scope(arena, frame);
  if (limit != nullptr) {
    *out_limit = bind_scalar(*limit, scope);
    if (*out_limit == nullptr) return false;
  }
  if (offset != nullptr) {
    *out_offset = bind_scalar(*offset, scope);
    if (*out_offset == nullptr) return false;
  }
  return true;
}

}  // namespace sqlrite::bind
