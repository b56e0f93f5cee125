// The table a change writes: what its rows must pass, and RETURNING.
#include <string>

#include "bind/binder_impl.h"

namespace sqlrite::bind {

const catalog::Table* Binder::Impl::find_target(const sql::QualifiedName& name, FoundTable* found) {
  *found = find_table(name);
  std::string full;
  if (name.schema.present()) full.append(name.schema.text).append(".");
  full.append(name.name.text);
  if (found->table == nullptr) return fail_at(name.name.span, "no such table: " + full);
  const catalog::Table& table = *found->table;
  std::string shown(table.name);
  if (table.kind == catalog::TableKind::View) {
    if (!table.triggers.empty()) return fail("INSTEAD OF triggers are not executed yet: %s", shown.c_str());
    return fail("cannot modify %s because it is a view", shown.c_str());
  }
  if (table.kind == catalog::TableKind::Virtual) {
    return fail("virtual tables are not executed yet: %s", shown.c_str());
  }
  if (table.read_only && !context.writable_schema) return fail("table %s may not be modified", shown.c_str());
  return &table;
}

BoundSource* Binder::Impl::bind_target(const sql::QualifiedName& name, const sql::Identifier& alias,
                                       sql::IndexHint hint, const sql::Identifier& index, BoundTarget* out) {
  FoundTable found;
  if (find_target(name, &found) == nullptr) return nullptr;
  BoundSource* source = table_source(found, alias.present() ? alias.text : std::string_view());
  if (!resolve_index_hint(source, hint, index)) return nullptr;
  return fill_target(out, source) ? source : nullptr;
}

bool Binder::Impl::fill_target(BoundTarget* out, BoundSource* source) {
  const catalog::Table& table = *source->table;
  out->target = source;
  out->table = &table;
  size_t width = table.columns.size();
  out->defaults = arena.make_array<BoundExpr*>(width);
  out->generated = arena.make_array<BoundExpr*>(table.has_generated ? width : 0);
  out->checks = arena.make_array<BoundExpr*>(table.checks.size());
  out->indexes = arena.make_array<BoundTarget::IndexExprs>(table.indexes.size());

  TextGuard guard(*this);
  text = table.sql;
  foreign_text = true;
  strings_allowed = true;
  with = nullptr;
  Frame frame(arena);
  // Defaults look at no row; everything else at the row being written, whose generated columns are there.
  Scope rowless(arena, frame);
  rowless.aggregate_error = "";
  Scope row(arena, frame);
  row.aggregate_error = "";
  SourceEntry entry;
  entry.source = source;
  entry.row_is_complete = true;
  row.sources.push_back(entry);
  // Generated columns are computed from the others, whatever their order.
  Scope stored(arena, frame);
  stored.aggregate_error = "";
  entry.row_is_complete = false;
  stored.sources.push_back(entry);

  for (size_t i = 0; i < width; ++i) {
    const catalog::TableColumn& column = table.columns[i];
    if (column.default_expr != nullptr) {
      rowless.strings_for_names = column.default_expr->kind == sql::ExprKind::ColumnRef &&
                                  !iequals(column.default_expr->as<sql::ColumnRefExpr>()->column.text, "true") &&
                                  !iequals(column.default_expr->as<sql::ColumnRefExpr>()->column.text, "false");
      out->defaults[i] = bind_scalar(*column.default_expr, rowless);
      if (out->defaults[i] == nullptr) return false;
    }
    if (column.generated != catalog::GeneratedKind::None) {
      out->generated[i] = generated_column(stored.sources[0], static_cast<int>(i), nullptr);
      if (out->generated[i] == nullptr) return false;
    }
  }
  const char* outer = std::exchange(stored_in, "a CHECK constraint");
  for (size_t i = 0; i < table.checks.size(); ++i) {
    out->checks[i] = bind_scalar(*table.checks[i].expr, row);
    if (out->checks[i] == nullptr) return false;
  }
  stored_in = "an index";
  for (size_t i = 0; i < out->indexes.size(); ++i) {
    BoundTarget::IndexExprs& exprs = out->indexes[i];
    exprs.index = table.indexes[i];
    const catalog::Index& index = *exprs.index;
    text = index.sql;
    for (size_t j = 0; j < index.fields.size(); ++j) {
      if (index.fields[j].column != catalog::kExpressionColumn || index.fields[j].expr == nullptr) continue;
      if (exprs.fields.empty()) exprs.fields = arena.make_array<BoundExpr*>(index.fields.size());
      exprs.fields[j] = bind_scalar(*index.fields[j].expr, row);
      if (exprs.fields[j] == nullptr) return false;
    }
    if (index.where != nullptr) {
      exprs.where = bind_scalar(*index.where, row);
      if (exprs.where == nullptr) return false;
    }
  }
  stored_in = outer;
  return true;
}

bool Binder::Impl::bind_returning(std::span<sql::ResultColumn> list, BoundSource* source, BoundReturning** out) {
  if (list.empty()) return true;
  BoundReturning* returning = arena.make<BoundReturning>();
  Frame frame(arena);
  Scope scope(arena, frame);
  SourceEntry entry;
  entry.source = source;
  entry.row_is_complete = true;
  scope.sources.push_back(entry);
  // RETURNING knows the table by its own name only.
  std::string_view alias = source->alias;
  source->alias = source->table->name;
  ArenaVector<BoundExpr*> results(arena);
  ArenaVector<ResultEntry> entries(arena);
  ArenaVector<ResultColumn> columns(arena);
  bool bound = bind_results(list, scope, &results, &entries, &columns);
  source->alias = alias;
  if (!bound) return false;
  returning->results = results.span();
  returning->columns = columns.span();
  *out = returning;
  return true;
}

}  // namespace sqlrite::bind
