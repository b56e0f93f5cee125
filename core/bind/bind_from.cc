// FROM: tables, views, sub-queries and table functions, and the joins between them.
#include <string>

#include "bind/binder_impl.h"

namespace sqlrite::bind {

using sql::TableExprKind;

namespace {

constexpr uint8_t kOuterSides = sql::kJoinLeft | sql::kJoinRight;

JoinKind join_kind(uint8_t type) {
  switch (type & kOuterSides) {
    case sql::kJoinLeft: return JoinKind::Left;
    case sql::kJoinRight: return JoinKind::Right;
    case kOuterSides: return JoinKind::Full;
    default: break;
  }
  return (type & sql::kJoinCross) != 0 ? JoinKind::Cross : JoinKind::Inner;
}

bool is_outer(JoinKind join) { return join >= JoinKind::Left; }

// A parenthesised join that can be written out in place: inner joins only, nothing merged by name.
bool is_plain_inner(const sql::TableExpr& ast) {
  const auto* join = ast.kind == TableExprKind::Join ? ast.as<sql::JoinExpr>() : nullptr;
  if (join == nullptr) return true;
  return !join->alias.present() && join->using_columns.empty() &&
         (join->type & (kOuterSides | sql::kJoinNatural)) == 0 && is_plain_inner(*join->left) &&
         is_plain_inner(*join->right);
}

// Whether what this join writes out in place has an inner condition: one that must hold before a RIGHT or FULL join
// adds its unmatched rows.
bool has_inner_condition(const sql::TableExpr& ast) {
  const auto* join = ast.kind == TableExprKind::Join ? ast.as<sql::JoinExpr>() : nullptr;
  if (join == nullptr || join->alias.present()) return false;
  bool conditional = join->on != nullptr || !join->using_columns.empty() || (join->type & sql::kJoinNatural) != 0;
  return ((join->type & kOuterSides) == 0 && conditional) || has_inner_condition(*join->left) ||
         has_inner_condition(*join->right);
}

std::string full_name(const sql::QualifiedName& name) {
  std::string text;
  if (name.schema.present()) text.append(name.schema.text).append(".");
  text.append(name.name.text);
  return text;
}

int find_source_column(const BoundSource& source, std::string_view name, bool hidden_too) {
  for (size_t i = 0; i < source.nested.size(); ++i) {
    const NestedColumn& column = source.nested[i];
    if (!column.is_rowid && !column.merged_away && iequals(column.inner_name, name)) return static_cast<int>(i);
  }
  if (source.is_nested_join()) return -1;
  for (size_t i = 0; i < source.columns.size(); ++i) {
    const SourceColumn& column = source.columns[i];
    if ((hidden_too || !column.hidden) && iequals(column.name, name)) return static_cast<int>(i);
  }
  return -1;
}

// A join without a name of its own in which `name` is the column of several tables.
bool has_several(const BoundSource& source, std::string_view name) {
  if (!source.alias.empty()) return false;
  size_t count = 0;
  for (const NestedColumn& column : source.nested) {
    if (!column.is_rowid && !column.merged_away && iequals(column.inner_name, name)) ++count;
  }
  return count > 1;
}

}  // namespace

bool Binder::Impl::bind_from(const sql::TableExpr& ast, Scope& scope, FromState* state) {
  if (!add_tables(ast, scope, state, 0, nullptr)) return false;
  if (scope.sources.size() > context.source_count_max) {
    return fail("at most %u tables in a join", context.source_count_max);
  }
  for (const SourceEntry& entry : scope.sources) {
    scope.has_right_join |= entry.source->join == JoinKind::Right || entry.source->join == JoinKind::Full;
  }
  return true;
}

// `join` is the operator that has `ast` on its right; null for what stands leftmost.
bool Binder::Impl::add_tables(const sql::TableExpr& ast, Scope& scope, FromState* state, uint8_t join_type,
                              const sql::JoinExpr* join) {
  BoundSource* source = nullptr;
  switch (ast.kind) {
    case TableExprKind::Name: source = bind_table_name(*ast.as<sql::TableNameExpr>(), scope); break;
    case TableExprKind::Function: source = bind_table_function(*ast.as<sql::TableFunctionExpr>(), scope, state); break;
    case TableExprKind::Subquery: {
      const auto& subquery = *ast.as<sql::TableSubqueryExpr>();
      BoundQuery* query = bind_subquery(*subquery.select, scope, false);
      if (query == nullptr) return false;
      source = query_source(query, subquery.alias.text, {});
      break;
    }
    case TableExprKind::Join: {
      const auto& inner = *ast.as<sql::JoinExpr>();
      bool leftmost = join == nullptr;
      bool dissolves = leftmost ? !inner.alias.present()
                                : (join_type & (kOuterSides | sql::kJoinNatural)) == 0 && join->using_columns.empty() &&
                                      is_plain_inner(ast);
      if (dissolves) {
        // Inside parentheses on the right, the first table is joined by the operator before the parenthesis.
        if ((inner.type & sql::kJoinRight) != 0 && has_inner_condition(*inner.left)) {
          BoundSource* left = nested_join(*inner.left->as<sql::JoinExpr>(), scope);
          if (left == nullptr) return false;
          // Nobody wrote parentheses: stars show the plain names.
          for (size_t i = 0; i < left->nested.size(); ++i) left->columns[i].name = left->nested[i].inner_name;
          add_source(scope, left, join_type, join);
        } else if (!add_tables(*inner.left, scope, state, join_type, join)) {
          return false;
        }
        size_t first_right = scope.sources.size();
        if (!add_tables(*inner.right, scope, state, inner.type, &inner)) return false;
        return add_join_condition(inner, scope, state, first_right);
      }
      source = nested_join(inner, scope);
      break;
    }
  }
  if (source == nullptr) return false;
  add_source(scope, source, join_type, join);
  return true;
}

void Binder::Impl::add_source(Scope& scope, BoundSource* source, uint8_t join_type, const sql::JoinExpr* join) {
  if (join != nullptr) source->join = join_kind(join_type);
  source->position = static_cast<uint16_t>(scope.sources.size());
  SourceEntry entry;
  entry.source = source;
  scope.sources.push_back(entry);
}

// The condition of `join`, whose right side starts at source number `right`.
bool Binder::Impl::add_join_condition(const sql::JoinExpr& join, Scope& scope, FromState* state, size_t right) {
  PendingJoin pending;
  pending.source = right;
  pending.on = join.on;
  std::span<std::string_view> names;
  BoundSource* right_source = scope.sources[right].source;
  bool natural = (join.type & sql::kJoinNatural) != 0;
  if (natural) {
    if (join.on != nullptr || !join.using_columns.empty()) {
      return fail("a NATURAL join may not have an ON or USING clause");
    }
    ArenaVector<std::string_view> common(arena);
    for (size_t j = 0; j < right_source->columns.size(); ++j) {
      if (right_source->columns[j].hidden) continue;
      std::string_view name =
          right_source->is_nested_join() ? right_source->nested[j].inner_name : right_source->columns[j].name;
      for (size_t i = 0; i < right; ++i) {
        if (find_source_column(*scope.sources[i].source, name, false) < 0) continue;
        common.push_back(name);
        break;
      }
    }
    names = common.span();
  } else if (!join.using_columns.empty()) {
    names = arena.make_array<std::string_view>(join.using_columns.size());
    for (size_t i = 0; i < names.size(); ++i) names[i] = join.using_columns[i].text;
  }
  bool right_join_seen = false;
  for (size_t i = 0; i <= right; ++i) {
    JoinKind kind = scope.sources[i].source->join;
    right_join_seen |= kind == JoinKind::Right || kind == JoinKind::Full;
  }
  for (std::string_view name : names) {
    int right_column = find_source_column(*right_source, name, true);
    ArenaVector<BoundExpr*> left(arena);
    for (size_t i = 0; i < right; ++i) {
      const SourceEntry& entry = scope.sources[i];
      int column = find_source_column(*entry.source, name, !natural);
      if (column < 0) continue;
      if (!left.empty() && !right_join_seen) break;
      bool merged = left.empty();
      for (std::string_view other : entry.using_columns) merged |= iequals(other, name);
      if (!merged || (right_join_seen && has_several(*entry.source, name))) {
        return fail("ambiguous reference to %.*s in USING()", static_cast<int>(name.size()), name.data());
      }
      BoundExpr* value = source_column(entry, column, nullptr);
      if (value == nullptr) return false;
      left.push_back(value);
    }
    if (right_column < 0 || left.empty()) {
      return fail("cannot join using column %.*s - column not present in both tables", static_cast<int>(name.size()),
                  name.data());
    }
    BoundExpr* left_value = left[0];
    if (left.size() > 1) {
      left_value = call("coalesce", left.span());
      if (left_value == nullptr) return false;
      left_value->affinity = left[0]->affinity;
      left_value->collation = left[0]->collation;
    }
    BoundExpr* right_value = source_column(scope.sources[right], right_column, nullptr);
    if (right_value == nullptr) return false;
    BoundExpr* equal = compare(CompareOp::Eq, left_value, right_value, nullptr);
    if (equal == nullptr) return false;
    pending.equalities = make_and(pending.equalities, equal);
  }
  scope.sources[right].using_columns = names;
  // A dissolved parenthesis: its condition may look at all of its tables.
  if (names.empty()) pending.source = scope.sources.size() - 1;
  if (pending.on != nullptr || pending.equalities != nullptr) state->pending.push_back(pending);
  return true;
}

// Binds what had to wait for the result list, since ON may use its aliases as WHERE may.
bool Binder::Impl::finish_from(Scope& scope, FromState* state, BoundCore* core) {
  for (auto& function : state->functions) {
    if (!bind_list(function.arguments, scope, &function.source->arguments)) return false;
  }
  for (const PendingJoin& pending : state->pending) {
    BoundSource* source = scope.sources[pending.source].source;
    BoundExpr* condition = pending.equalities;
    if (pending.on != nullptr) {
      BoundExpr* on = bind_scalar(*pending.on, scope);
      if (on == nullptr) return false;
      condition = make_and(condition, on);
    }
    // An inner join's condition is part of WHERE, unless a RIGHT or FULL JOIN follows: its NULL rows come after it.
    bool stays = is_outer(source->join);
    for (size_t later = pending.source + 1; later < scope.sources.size(); ++later) {
      JoinKind join = scope.sources[later].source->join;
      stays |= join == JoinKind::Right || join == JoinKind::Full;
    }
    if (stays) {
      source->on = make_and(source->on, condition);
    } else {
      core->where = make_and(core->where, condition);
    }
  }
  core->sources = arena.make_array<BoundSource*>(scope.sources.size());
  for (size_t i = 0; i < scope.sources.size(); ++i) core->sources[i] = scope.sources[i].source;
  return check_on_clauses(scope);
}

namespace {

struct RightwardSearch {
  uint16_t position;
  const Scope* scope;
  bool found = false;
  static void visit(void* state, BoundExpr** child) {
    auto& search = *static_cast<RightwardSearch*>(state);
    if ((*child)->kind == BoundKind::Column) {
      const BoundSource* source = (*child)->as<BoundColumn>()->source;
      if (source->position > search.position && source->position < search.scope->sources.size() &&
          search.scope->sources[source->position].source == source) {
        search.found = true;
      }
    }
    if (!search.found) for_each_child(*child, &visit, state);
  }
};

}  // namespace

bool Binder::Impl::check_on_clauses(Scope& scope) {
  for (const SourceEntry& entry : scope.sources) {
    if (entry.source->on == nullptr) continue;
    RightwardSearch search{entry.source->position, &scope};
    BoundExpr* on = entry.source->on;
    RightwardSearch::visit(&search, &on);
    if (search.found) return fail("ON clause references tables to its right");
  }
  return true;
}

FoundTable Binder::Impl::find_table(const sql::QualifiedName& name) {
  if (home_only && !name.schema.present()) {
    return context.schemas.find_table_in(home, name.name.text);
  }
  return context.schemas.find_table(name.schema.text, name.name.text);
}

BoundSource* Binder::Impl::table_source(const FoundTable& found, std::string_view alias) {
  const catalog::Table& table = *found.table;
  databases |= uint64_t{1} << table.database.value;
  if (&table == target) target_was_read = true;
  BoundSource* source = arena.make<BoundSource>();
  source->kind = SourceKind::Table;
  source->table = &table;
  source->alias = alias.data() != nullptr && !alias.empty() ? alias : table.name;
  source->database_name = found.database_name;
  source->columns = arena.make_array<SourceColumn>(table.columns.size());
  for (size_t i = 0; i < table.columns.size(); ++i) {
    const catalog::TableColumn& from = table.columns[i];
    SourceColumn& column = source->columns[i];
    column.name = from.name;
    column.affinity = from.affinity;
    column.collation = from.collation;
    column.declared_type = from.declared_type;
    column.hidden = from.hidden;
  }
  source->used_columns = arena.make_array<uint64_t>(table.columns.size() / 64 + 1);
  return source;
}

BoundSource* Binder::Impl::bind_table_name(const sql::TableNameExpr& ast, Scope& scope) {
  BoundSource* source = named_source(ast, scope);
  if (source == nullptr || !resolve_index_hint(source, ast.index_hint, ast.index)) return nullptr;
  return source;
}

BoundSource* Binder::Impl::named_source(const sql::TableNameExpr& ast, Scope& scope) {
  std::string_view alias = ast.alias.present() ? ast.alias.text : std::string_view();
  if (!ast.name.schema.present()) {
    if (CteState* cte = find_cte(ast.name.name.text)) {
      return bind_cte(*cte, alias.empty() ? ast.name.name.text : alias, scope);
    }
  }
  FoundTable found = find_table(ast.name);
  if (found.table == nullptr) {
    if (!ast.name.schema.present() && context.table_functions != nullptr &&
        context.table_functions->find_table_function(ast.name.name.text) != nullptr) {
      sql::TableFunctionExpr function;
      function.name = ast.name;
      function.alias = ast.alias;
      return bind_table_function(function, scope, nullptr);
    }
    // In a stored view the name of its database is told too.
    std::string database =
        home_only && !ast.name.schema.present() ? std::string(found.database_name) + "." : std::string();
    return fail_at(ast.name.name.span, "no such table: " + database + full_name(ast.name));
  }
  if (found.table->kind == catalog::TableKind::View) return bind_view(found, alias, scope);
  if (found.table->kind == catalog::TableKind::Virtual) {
    return fail("virtual tables are not executed yet: %.*s (module %.*s)", static_cast<int>(found.table->name.size()),
                found.table->name.data(), static_cast<int>(found.table->module.size()), found.table->module.data());
  }
  BoundSource* source = table_source(found, alias);
  // "sqlite_schema" keeps the spelling it was asked by.
  if (alias.empty() && found.table->read_only) source->alias = ast.name.name.text;
  return source;
}

bool Binder::Impl::resolve_index_hint(BoundSource* source, sql::IndexHint hint, const sql::Identifier& index) {
  if (hint == sql::IndexHint::None) return true;
  if (hint == sql::IndexHint::NotIndexed) {
    source->not_indexed = true;
    return true;
  }
  source->indexed_by = index.text;
  if (source->table != nullptr) {
    for (const catalog::Index* candidate : source->table->indexes) {
      if (iequals(candidate->name, index.text)) source->indexed_by_index = candidate;
    }
    const catalog::Index* primary = source->table->primary_key_index;
    if (primary != nullptr && iequals(primary->name, index.text)) source->indexed_by_index = primary;
  }
  if (source->indexed_by_index != nullptr) return true;
  return fail("no such index: %.*s", static_cast<int>(index.text.size()), index.text.data());
}

namespace {

// `column = value` among the AND terms of a condition, where value does not look at the function's own row: the value
// becomes an argument, as if it had been written between the parentheses.
struct ArgumentSearch {
  BoundSource* source;
  static bool uses(BoundExpr* expr, const BoundSource* source) {
    struct State {
      const BoundSource* source;
      bool found;
      static void visit(void* state, BoundExpr** child) {
        auto& self = *static_cast<State*>(state);
        self.found |= (*child)->kind == BoundKind::Column && (*child)->as<BoundColumn>()->source == self.source;
        if (!self.found) for_each_child(*child, &visit, state);
      }
    } state{source, false};
    State::visit(&state, &expr);
    return state.found;
  }
  // The argument number that `expr` stands for, or -1.
  int hidden_column(const BoundExpr* expr) const {
    if (expr->kind != BoundKind::Column || expr->as<BoundColumn>()->source != source) return -1;
    int first = static_cast<int>(source->columns.size()) - source->function->hidden_count;
    int column = expr->as<BoundColumn>()->column;
    return column >= first ? column - first : -1;
  }
  void take(BoundExpr** condition, Binder::Impl& impl) const {
    if (*condition == nullptr) return;
    if ((*condition)->kind == BoundKind::And) {
      take(&(*condition)->as<BoundBinaryLogic>()->left, impl);
      take(&(*condition)->as<BoundBinaryLogic>()->right, impl);
      return;
    }
    if ((*condition)->kind != BoundKind::Compare) return;
    auto* compare = (*condition)->as<BoundCompare>();
    if (compare->op != CompareOp::Eq && compare->op != CompareOp::Is) return;
    for (auto [column, value] : {std::pair{compare->left, compare->right}, std::pair{compare->right, compare->left}}) {
      int number = hidden_column(column);
      if (number < 0 || uses(value, source)) continue;
      auto position = static_cast<size_t>(number);
      if (position < source->arguments.size() && source->arguments[position] != nullptr) continue;
      if (position >= source->arguments.size()) {
        auto grown = impl.arena.make_array<BoundExpr*>(position + 1);
        for (size_t i = 0; i < source->arguments.size(); ++i) grown[i] = source->arguments[i];
        source->arguments = grown;
      }
      source->arguments[position] = value;
      *condition = impl.constant(Value::from_bool(true));
      return;
    }
  }
};

}  // namespace

void Binder::Impl::take_hidden_arguments(BoundCore* core) {
  for (BoundSource* source : core->sources) {
    if (source->kind != SourceKind::TableFunction || source->arguments.size() >= source->function->hidden_count)
      continue;
    ArgumentSearch search{source};
    search.take(&core->where, *this);
    search.take(&source->on, *this);
    // What was skipped over is NULL.
    for (BoundExpr*& argument : source->arguments) {
      if (argument == nullptr) argument = constant(Value::null());
    }
  }
}

BoundSource* Binder::Impl::bind_table_function(const sql::TableFunctionExpr& ast, Scope& scope, FromState* state) {
  (void)scope;
  std::string_view name = ast.name.name.text;
  const TableFunctionInfo* info =
      context.table_functions != nullptr ? context.table_functions->find_table_function(name) : nullptr;
  if (info == nullptr) {
    FoundTable found = find_table(ast.name);
    bool exists = found.table != nullptr || find_cte(name) != nullptr;
    if (exists) return fail("'%.*s' is not a function", static_cast<int>(name.size()), name.data());
    return fail_at(ast.name.name.span, "no such table: " + full_name(ast.name));
  }
  if (ast.arguments.size() > info->hidden_count) {
    return fail("too many arguments on %.*s() - max %u", static_cast<int>(name.size()), name.data(),
                static_cast<unsigned>(info->hidden_count));
  }
  BoundSource* source = arena.make<BoundSource>();
  source->kind = SourceKind::TableFunction;
  source->function = info;
  source->alias = ast.alias.present() ? ast.alias.text : info->name;
  source->columns = arena.copy_array<SourceColumn>(info->columns);
  for (SourceColumn& column : source->columns) column.collation = collation_or_binary(column.collation);
  source->used_columns = arena.make_array<uint64_t>(source->columns.size() / 64 + 1);
  if (state != nullptr && !ast.arguments.empty()) state->functions.push_back({source, ast.arguments});
  return source;
}

// A query as a source: its columns get names of their own, numbered where they repeat.
BoundSource* Binder::Impl::query_source(BoundQuery* query, std::string_view alias, std::span<std::string_view> names) {
  BoundSource* source = arena.make<BoundSource>();
  source->kind = SourceKind::Query;
  source->query = query;
  source->alias = alias;
  source->columns = arena.make_array<SourceColumn>(query->columns.size());
  source->used_columns = arena.make_array<uint64_t>(query->columns.size() / 64 + 1);
  for (size_t i = 0; i < query->columns.size(); ++i) {
    const ResultColumn& from = query->columns[i];
    SourceColumn& column = source->columns[i];
    std::string_view base = names.empty() ? from.source_name : names[i];
    column.name = base;
    for (unsigned number = 1;; ++number) {
      bool taken = false;
      for (size_t j = 0; j < i && !taken; ++j) taken = iequals(source->columns[j].name, column.name);
      if (!taken) break;
      std::string numbered = std::string(base) + ":" + std::to_string(number);
      column.name = arena.copy(numbered);
    }
    column.affinity = from.affinity;
    column.collation = collation_or_binary(from.collation);
    column.declared_type = from.declared_type;
  }
  return source;
}

BoundSource* Binder::Impl::bind_view(const FoundTable& found, std::string_view alias, Scope& scope) {
  const catalog::Table& view = *found.table;
  for (ViewFrame* frame = views; frame != nullptr; frame = frame->outer) {
    if (frame->view == &view) {
      return fail("view %.*s is circularly defined", static_cast<int>(view.name.size()), view.name.data());
    }
  }
  databases |= uint64_t{1} << view.database.value;
  TextGuard guard(*this);
  text = view.sql;
  foreign_text = true;
  // A temporary view may look into every database.
  home_only = view.database != kTempDatabase;
  home = view.database;
  with = nullptr;
  ViewFrame frame{views, &view};
  views = &frame;
  BoundQuery* query = bind_subquery(*view.view_select, scope, false);
  views = frame.outer;
  if (query == nullptr) return nullptr;
  if (!view.view_columns.empty() && view.view_columns.size() != query->columns.size()) {
    return fail("expected %zu columns for '%.*s' but got %zu", view.view_columns.size(),
                static_cast<int>(view.name.size()), view.name.data(), query->columns.size());
  }
  BoundSource* source = query_source(query, alias.empty() ? view.name : alias, view.view_columns);
  source->database_name = found.database_name;
  return source;
}

// A parenthesised join that cannot be written out becomes a query of all its columns, which keep answering to the
// names of the tables inside.
BoundSource* Binder::Impl::nested_join(const sql::JoinExpr& ast, Scope& scope) {
  Frame* frame = new (arena.allocate(sizeof(Frame), alignof(Frame))) Frame(arena);
  frame->parent = &scope;
  frame->sees_siblings = false;
  Scope inner(arena, *frame);
  FromState state(arena);
  BoundCore* core = arena.make<BoundCore>();
  if (!add_tables(*ast.left, inner, &state, 0, nullptr)) return nullptr;
  size_t right = inner.sources.size();
  if (!add_tables(*ast.right, inner, &state, ast.type, &ast)) return nullptr;
  if (!add_join_condition(ast, inner, &state, right)) return nullptr;
  if (!finish_from(inner, &state, core)) return nullptr;

  ArenaVector<BoundExpr*> results(arena);
  ArenaVector<NestedColumn> nested(arena);
  ArenaVector<std::string_view> types(arena);
  auto add = [&](BoundExpr* expr, const NestedColumn& column, std::string_view type) {
    results.push_back(expr);
    nested.push_back(column);
    types.push_back(type);
  };
  auto merges = [](const SourceEntry& entry, std::string_view name) {
    for (std::string_view other : entry.using_columns) {
      if (iequals(other, name)) return true;
    }
    return false;
  };
  auto merges_later = [&](size_t position, std::string_view name) {
    for (size_t k = position + 1; k < inner.sources.size(); ++k) {
      if (merges(inner.sources[k], name)) return true;
    }
    return false;
  };
  // Once for each merged name, where its first table has the column.
  auto add_merged = [&](std::string_view name) {
    for (const NestedColumn& column : nested) {
      if (column.table_alias.data() == nullptr && iequals(column.inner_name, name)) return true;
    }
    sql::ColumnRefExpr reference;
    reference.column.text = name;
    BoundExpr* merged = find_in_scope(inner, reference);
    if (merged != nullptr) add(merged, {{}, name, false, false}, {});
    return merged != nullptr;
  };
  for (size_t i = 0; i < inner.sources.size(); ++i) {
    const SourceEntry& entry = inner.sources[i];
    const BoundSource& source = *entry.source;
    for (size_t j = 0; j < source.columns.size(); ++j) {
      if (source.columns[j].hidden && !source.is_nested_join()) continue;
      BoundExpr* value = source_column(entry, static_cast<int>(j), nullptr);
      if (value == nullptr) return nullptr;
      NestedColumn column{source.alias, source.columns[j].name, false, false};
      if (source.is_nested_join()) column = source.nested[j];
      bool shown = !column.merged_away && !column.is_rowid && !merges(entry, column.inner_name);
      bool merged = shown && merges_later(i, column.inner_name);
      if (merged && !add_merged(column.inner_name)) return nullptr;
      column.merged_away = column.merged_away || merged || merges(entry, column.inner_name);
      add(value, column, source.columns[j].declared_type);
    }
    if (source.table != nullptr && !source.table->without_rowid && source.table->rowid_alias < 0) {
      add(source_column(entry, catalog::kRowIdColumn, nullptr), {source.alias, "rowid", false, true}, "INTEGER");
    }
  }
  core->results = results.span();
  core->result_collations = arena.make_array<const Collation*>(results.size());
  for (size_t i = 0; i < results.size(); ++i) {
    core->result_collations[i] = collation_or_binary(results[i]->collation);
  }
  BoundQuery* query = arena.make<BoundQuery>();
  query->cores = arena.make_array<BoundCore*>(1);
  query->cores[0] = core;
  query->operators = arena.make_array<CompoundOp>(1);
  query->columns = arena.make_array<ResultColumn>(nested.size());
  for (size_t i = 0; i < nested.size(); ++i) {
    ResultColumn& column = query->columns[i];
    column.name = column.source_name = nested[i].inner_name;
    column.affinity = results[i]->affinity;
    column.collation = results[i]->collation;
    column.declared_type = types[i];
  }
  query->outer_args = frame->outer_args.span();
  BoundSource* source = query_source(query, ast.alias.text, {});
  source->nested = nested.span();
  for (size_t i = 0; i < nested.size(); ++i) source->columns[i].hidden = nested[i].merged_away || nested[i].is_rowid;
  // What star expansion and look-ups use decides; nothing is used yet.
  for (uint64_t& word : source->used_columns) word = 0;
  return source;
}

}  // namespace sqlrite::bind
