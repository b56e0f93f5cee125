// INSERT, UPDATE, DELETE and upsert.
#include <string>

#include "bind/binder_impl.h"

namespace sqlrite::bind {

namespace {

catalog::ConflictAction conflict(sql::ConflictAction action) { return static_cast<catalog::ConflictAction>(action); }

std::string shown_name(const sql::QualifiedName& name, const sql::Identifier& alias, const catalog::Table& table) {
  if (alias.present()) return std::string(alias.text);
  std::string text;
  if (name.schema.present()) text.append(name.schema.text).append(".");
  return text.append(table.name);
}

}  // namespace

BoundInsert* Binder::Impl::bind_insert(const sql::InsertStatement& ast) {
  TextGuard guard(*this);
  WithScope own_with;
  if (ast.with != nullptr && !push_with(ast.with, &own_with)) return nullptr;
  BoundInsert* insert = arena.make<BoundInsert>();
  insert->on_conflict = conflict(ast.conflict);
  BoundSource* source = bind_target(ast.table, ast.alias, sql::IndexHint::None, {}, &insert->target);
  if (source == nullptr) return nullptr;
  const catalog::Table* table = source->table;

  ArenaVector<int16_t> columns(arena);
  if (!bind_insert_columns(ast, *table, &columns)) return nullptr;
  if (ast.default_values && !columns.empty()) return fail("0 values for %zu columns", columns.size());
  insert->columns = columns.span();

  if (ast.source != nullptr) {
    target = table;
    target_was_read = false;
    Frame frame(arena);
    insert->source = bind_query(*ast.source, frame);
    target = nullptr;
    if (insert->source == nullptr) return nullptr;
    insert->source_reads_target = target_was_read;
    size_t supplied = insert->source->columns.size();
    if (supplied != columns.size()) {
      if (!ast.columns.empty()) return fail("%zu values for %zu columns", supplied, columns.size());
      return fail("table %s has %zu columns but %zu values were supplied",
                  shown_name(ast.table, ast.alias, *table).c_str(), columns.size(), supplied);
    }
  }
  if (!ast.upserts.empty() && !bind_upserts(ast, insert)) return nullptr;
  if (!bind_returning(ast.returning, source, &insert->returning)) return nullptr;
  insert->target.calls_user_function = user_function_seen;
  return insert;
}

bool Binder::Impl::bind_insert_columns(const sql::InsertStatement& ast, const catalog::Table& table,
                                       ArenaVector<int16_t>* columns) {
  if (!ast.columns.empty()) {
    columns->reserve(ast.columns.size());
    for (const sql::Identifier& name : ast.columns) {
      int column = table.find_column(name.text);
      if (column == catalog::kExpressionColumn) {
        std::string shown = shown_name(ast.table, ast.alias, table);
        return fail_at(name.span, "table " + shown + " has no column named " + std::string(name.text));
      }
      if (column == catalog::kRowIdColumn && table.rowid_alias >= 0) column = table.rowid_alias;
      if (column >= 0 && table.columns[static_cast<size_t>(column)].generated != catalog::GeneratedKind::None) {
        return fail("cannot INSERT into generated column \"%.*s\"", static_cast<int>(name.text.size()),
                    name.text.data());
      }
      // A column named twice takes the first value.
      for (int16_t earlier : *columns) {
        if (earlier == column) column = catalog::kExpressionColumn;
      }
      columns->push_back(static_cast<int16_t>(column));
    }
  } else if (!ast.default_values) {
    columns->reserve(table.columns.size());
    for (size_t i = 0; i < table.columns.size(); ++i) {
      const catalog::TableColumn& column = table.columns[i];
      if (!column.hidden && column.generated == catalog::GeneratedKind::None)
        columns->push_back(static_cast<int16_t>(i));
    }
  }
  return true;
}

bool Binder::Impl::bind_upserts(const sql::InsertStatement& ast, BoundInsert* insert) {
  const catalog::Table& table = *insert->target.table;
  insert->upserts = arena.make_array<BoundUpsert>(ast.upserts.size());
  for (size_t i = 0; i < ast.upserts.size(); ++i) {
    const sql::UpsertClause& clause = ast.upserts[i];
    BoundUpsert& upsert = insert->upserts[i];
    upsert.do_nothing = clause.do_nothing;
    Frame frame(arena);
    Scope scope(arena, frame);
    scope.aggregate_error = "";
    SourceEntry entry;
    entry.source = insert->target.target;
    scope.sources.push_back(entry);
    if (clause.has_target && !find_conflict_target(clause, i, ast.upserts.size(), scope, &upsert)) return false;
    if (clause.do_nothing) continue;
    FoundTable found;
    found.table = &table;
    found.database_name = insert->target.target->database_name;
    upsert.excluded = table_source(found, "excluded");
    upsert.excluded->position = 1;
    SourceEntry excluded;
    excluded.source = upsert.excluded;
    excluded.qualified_only = true;
    excluded.row_is_complete = true;
    scope.sources.push_back(excluded);
    ArenaVector<int16_t> columns(arena);
    ArenaVector<BoundExpr*> values(arena);
    if (!bind_assignments(clause.assignments, table, scope, &columns, &values)) return false;
    upsert.columns = arena.make_array<uint16_t>(columns.size());
    for (size_t j = 0; j < columns.size(); ++j) {
      if (columns[j] < 0) return fail("the rowid cannot be changed by an upsert: give it a column name");
      upsert.columns[j] = static_cast<uint16_t>(columns[j]);
    }
    upsert.values = values.span();
    if (clause.where != nullptr) {
      upsert.where = bind_scalar(*clause.where, scope);
      if (upsert.where == nullptr) return false;
    }
  }
  return true;
}

namespace {

// Whether the conflict target's terms are exactly the index's key, in any order.
bool target_matches(const sql::UpsertClause& clause, const catalog::Table& table, const catalog::Index& index,
                    std::span<BoundExpr*> terms, std::span<BoundExpr*> index_exprs,
                    catalog::CollationSource& collations) {
  if (index.key_field_count != clause.target.size()) return false;
  for (size_t i = 0; i < index.key_field_count; ++i) {
    const catalog::IndexField& field = index.fields[i];
    bool found = false;
    for (size_t j = 0; j < clause.target.size() && !found; ++j) {
      const sql::Expr* ast = clause.target[j].expr;
      const sql::Expr* bare = skip_collate(ast);
      if (const auto* collate = ast->try_as<sql::CollateExpr>()) {
        const Collation* collation = collations.find_collation(collate->collation.text);
        if (collation == nullptr || !iequals(collate->collation.text, field.collation_name)) continue;
      }
      if (field.column >= 0) {
        const auto* name = bare->try_as<sql::ColumnRefExpr>();
        found = name != nullptr && table.find_column(name->column.text) == field.column;
      } else {
        const BoundExpr* term = terms[j];
        while (term->kind == BoundKind::Collate) term = term->as<BoundCollate>()->operand;
        found = !index_exprs.empty() && index_exprs[i] != nullptr && equal_exprs(term, index_exprs[i]);
      }
    }
    if (!found) return false;
  }
  return true;
}

}  // namespace

bool Binder::Impl::find_conflict_target(const sql::UpsertClause& clause, size_t number, size_t count, Scope& scope,
                                        BoundUpsert* out) {
  const catalog::Table& table = *scope.sources[0].source->table;
  std::span<BoundExpr*> terms = arena.make_array<BoundExpr*>(clause.target.size());
  for (size_t i = 0; i < terms.size(); ++i) {
    terms[i] = bind_scalar(*clause.target[i].expr, scope);
    if (terms[i] == nullptr) return false;
  }
  BoundExpr* where = nullptr;
  if (clause.target_where != nullptr) {
    where = bind_scalar(*clause.target_where, scope);
    if (where == nullptr) return false;
  }
  if (terms.size() == 1 && !table.without_rowid && terms[0]->kind == BoundKind::Column) {
    int16_t column = terms[0]->as<BoundColumn>()->column;
    if (column == catalog::kRowIdColumn || column == table.rowid_alias) {
      out->conflict_on_rowid = true;
      return true;
    }
  }
  if (table.primary_key_index != nullptr &&
      target_matches(clause, table, *table.primary_key_index, terms, {}, context.collations)) {
    out->index = table.primary_key_index;
    return true;
  }
  for (const catalog::Index* index : table.indexes) {
    if (!index->unique) continue;
    std::span<BoundExpr*> exprs = arena.make_array<BoundExpr*>(index->fields.size());
    TextGuard guard(*this);
    text = index->sql;
    foreign_text = true;
    for (size_t i = 0; i < index->key_field_count; ++i) {
      if (index->fields[i].expr != nullptr) exprs[i] = bind_scalar(*index->fields[i].expr, scope);
    }
    if (failed()) return false;
    if (!target_matches(clause, table, *index, terms, exprs, context.collations)) continue;
    if (index->where != nullptr) {
      if (where == nullptr) continue;
      BoundExpr* condition = bind_scalar(*index->where, scope);
      if (condition == nullptr) return false;
      if (!equal_exprs(condition, where)) continue;
    }
    out->index = index;
    return true;
  }
  std::string which;
  if (number > 0 || count > 1) {
    char buffer[24];
    which = std::string(ordinal(number + 1, buffer)) + " ";
  }
  return fail("%sON CONFLICT clause does not match any PRIMARY KEY or UNIQUE constraint", which.c_str());
}

// SET a = x, (b, c) = (SELECT ...). A column set twice keeps the last value.
bool Binder::Impl::bind_assignments(std::span<sql::Assignment> assignments, const catalog::Table& table, Scope& scope,
                                    ArenaVector<int16_t>* columns, ArenaVector<BoundExpr*>* values) {
  auto assign = [&](const sql::Identifier& name, BoundExpr* value) -> bool {
    int column = table.find_column(name.text);
    if (column == catalog::kExpressionColumn) {
      return fail_at(name.span, "no such column: " + std::string(name.text));
    }
    if (column == catalog::kRowIdColumn && table.rowid_alias >= 0) column = table.rowid_alias;
    if (column >= 0 && table.columns[static_cast<size_t>(column)].generated != catalog::GeneratedKind::None) {
      std::string_view shown = table.columns[static_cast<size_t>(column)].name;
      return fail("cannot UPDATE generated column \"%.*s\"", static_cast<int>(shown.size()), shown.data());
    }
    for (size_t i = 0; i < columns->size(); ++i) {
      if ((*columns)[i] != column) continue;
      (*values)[i] = value;
      return true;
    }
    columns->push_back(static_cast<int16_t>(column));
    values->push_back(value);
    return true;
  };
  for (const sql::Assignment& assignment : assignments) {
    if (!assignment.row) {
      BoundExpr* value = bind_scalar(*assignment.value, scope);
      if (value == nullptr || !assign(assignment.columns[0], value)) return false;
      continue;
    }
    BoundExpr* value = bind_any(*assignment.value, scope);
    if (value == nullptr) return false;
    bool is_row = value->kind == BoundKind::RowValue;
    size_t width = is_row ? value->as<BoundRowValue>()->items.size() : 1;
    if (width != assignment.columns.size()) {
      return fail("%zu columns assigned %zu values", assignment.columns.size(), width);
    }
    for (size_t i = 0; i < width; ++i) {
      if (!assign(assignment.columns[i], is_row ? value->as<BoundRowValue>()->items[i] : value)) return false;
    }
  }
  return true;
}

namespace {

// The name UPDATE ... FROM may not use again.
bool names_source(const Scope& scope, std::string_view alias) {
  for (size_t i = 1; i < scope.sources.size(); ++i) {
    if (iequals(scope.sources[i].source->alias, alias)) return true;
  }
  return false;
}

}  // namespace

BoundUpdate* Binder::Impl::bind_update(const sql::UpdateStatement& ast) {
  TextGuard guard(*this);
  WithScope own_with;
  if (ast.with != nullptr && !push_with(ast.with, &own_with)) return nullptr;
  BoundUpdate* update = arena.make<BoundUpdate>();
  update->on_conflict = conflict(ast.conflict);
  update->core = arena.make<BoundCore>();
  BoundSource* source = bind_target(ast.table, ast.alias, ast.index_hint, ast.index, &update->target);
  if (source == nullptr) return nullptr;

  target = source->table;
  target_was_read = false;
  Frame frame(arena);
  Scope scope(arena, frame);
  SourceEntry entry;
  entry.source = source;
  scope.sources.push_back(entry);
  FromState from(arena);
  if (ast.from != nullptr) {
    // What stands in FROM is joined to the target as by a comma.
    sql::JoinExpr comma;
    comma.type = sql::kJoinComma;
    if (!add_tables(*ast.from, scope, &from, ast.from->kind == sql::TableExprKind::Join ? 0 : sql::kJoinComma,
                    ast.from->kind == sql::TableExprKind::Join ? nullptr : &comma)) {
      return nullptr;
    }
    if (names_source(scope, source->alias)) {
      return fail("target object/alias may not appear in FROM clause: %.*s", static_cast<int>(source->alias.size()),
                  source->alias.data());
    }
  }
  scope.aggregate_error = "";
  ArenaVector<int16_t> columns(arena);
  ArenaVector<BoundExpr*> values(arena);
  if (!bind_assignments(ast.assignments, *source->table, scope, &columns, &values)) return nullptr;
  update->columns = columns.span();
  update->core->results = values.span();
  BoundExpr* where = nullptr;
  if (ast.where != nullptr) {
    where = bind_scalar(*ast.where, scope);
    if (where == nullptr) return nullptr;
  }
  if (!finish_from(scope, &from, update->core)) return nullptr;
  update->core->where = make_and(update->core->where, where);
  if (!ast.order_by.empty() && !bind_order_by(ast.order_by, scope, &update->order_by)) return nullptr;
  if (!bind_limit(ast.limit, ast.offset, &update->limit, &update->offset)) return nullptr;
  target = nullptr;
  update->reads_target = target_was_read;
  if (!bind_returning(ast.returning, source, &update->returning)) return nullptr;
  update->target.calls_user_function = user_function_seen;
  return update;
}

BoundDelete* Binder::Impl::bind_delete(const sql::DeleteStatement& ast) {
  TextGuard guard(*this);
  WithScope own_with;
  if (ast.with != nullptr && !push_with(ast.with, &own_with)) return nullptr;
  BoundDelete* result = arena.make<BoundDelete>();
  result->core = arena.make<BoundCore>();
  BoundSource* source = bind_target(ast.table, ast.alias, ast.index_hint, ast.index, &result->target);
  if (source == nullptr) return nullptr;
  Frame frame(arena);
  Scope scope(arena, frame);
  scope.aggregate_error = "";
  SourceEntry entry;
  entry.source = source;
  scope.sources.push_back(entry);
  result->core->sources = arena.make_array<BoundSource*>(1);
  result->core->sources[0] = source;
  if (ast.where != nullptr) {
    result->core->where = bind_scalar(*ast.where, scope);
    if (result->core->where == nullptr) return nullptr;
  }
  if (!ast.order_by.empty() && !bind_order_by(ast.order_by, scope, &result->order_by)) return nullptr;
  if (!bind_limit(ast.limit, ast.offset, &result->limit, &result->offset)) return nullptr;
  if (!bind_returning(ast.returning, source, &result->returning)) return nullptr;
  result->target.calls_user_function = user_function_seen;
  return result;
}

}  // namespace sqlrite::bind
