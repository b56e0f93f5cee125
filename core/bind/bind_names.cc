// Names: which column a name means, in its own block, in the blocks around it, or as a result alias.
#include <cstring>
#include <string>

#include "base/check.h"
#include "bind/binder_impl.h"
#include "types/number_text.h"

namespace sqlrite::bind {

void Binder::Impl::mark_used(BoundSource* source, int column) {
  size_t bit = column < 0 ? source->columns.size() : static_cast<size_t>(column);
  source->used_columns[bit / 64] |= uint64_t{1} << (bit % 64);
}

BoundExpr* Binder::Impl::source_column(const SourceEntry& entry, int column, const sql::Expr* ast) {
  BoundSource* source = entry.source;
  const catalog::Table* table = source->table;
  if (column == catalog::kRowIdColumn && table != nullptr && table->rowid_alias >= 0) column = table->rowid_alias;
  last_origin = {source, column};
  if (column >= 0 && table != nullptr && !entry.row_is_complete &&
      table->columns[static_cast<size_t>(column)].generated == catalog::GeneratedKind::Virtual) {
    BoundExpr* value = generated_column(entry, column, ast);
    last_origin = {source, column};
    return value;
  }
  mark_used(source, column);
  auto* node = make<BoundColumn>(BoundKind::Column, ast);
  node->source = source;
  node->column = static_cast<int16_t>(column);
  node->has_column = true;
  if (column < 0) {
    node->affinity = Affinity::Integer;
    node->collation = &kBinaryCollation;
    return node;
  }
  const SourceColumn& described = source->columns[static_cast<size_t>(column)];
  node->affinity = described.affinity;
  node->collation = described.collation;
  return node;
}

BoundExpr* Binder::Impl::generated_column(const SourceEntry& entry, int column, const sql::Expr* ast) {
  const catalog::TableColumn& definition = entry.source->table->columns[static_cast<size_t>(column)];
  static constexpr uint32_t kDepthMax = 64;
  if (generated_depth >= kDepthMax) {
    return fail("generated column loop on \"%.*s\"", static_cast<int>(definition.name.size()), definition.name.data());
  }
  TextGuard guard(*this);
  text = entry.source->table->sql;
  foreign_text = true;
  strings_allowed = true;
  Frame frame(arena);
  Scope scope(arena, frame);
  scope.sources.push_back(entry);
  const char* outer = std::exchange(stored_in, "a generated column");
  ++generated_depth;
  BoundExpr* value = bind_scalar(*definition.generated_expr, scope);
  --generated_depth;
  stored_in = outer;
  if (value == nullptr) return nullptr;
  auto arguments = arena.make_array<BoundExpr*>(1);
  arguments[0] = value;
  BoundExpr* node = call_function(affinity_function(definition.affinity), arguments, nullptr);
  node->affinity = definition.affinity;
  node->collation = definition.collation;
  node->explicit_collation = false;
  if (ast != nullptr && !guard.foreign_text) {
    node->span_begin = ast->span.begin;
    node->span_end = ast->span.end;
  }
  return node;
}

namespace {

// Candidates for one name within one block.
struct Matches {
  size_t count = 0;
  const SourceEntry* entry = nullptr;
  int column = 0;
  size_t rowid_count = 0;
  const SourceEntry* rowid_entry = nullptr;
  int rowid_column = catalog::kRowIdColumn;  // of a nested join: one of its hidden columns
  // FULL JOIN ... USING: all of them, for coalesce().
  static constexpr size_t kMergedMax = 64;
  size_t merged_count = 0;
  struct Pair {
    const SourceEntry* entry;
    int column;
  } merged[kMergedMax];
};

bool names_column(std::span<std::string_view> names, std::string_view column) {
  for (std::string_view name : names) {
    if (iequals(name, column)) return true;
  }
  return false;
}

// A further match in a source to the right of the first: what it means depends on the join between them.
void add_match(Matches* matches, const SourceEntry& entry, int column, std::string_view name) {
  if (matches->count > 0) {
    JoinKind join = entry.source->join;
    if (!names_column(entry.using_columns, name) || matches->entry == &entry) {
      matches->merged_count = 0;
    } else if (join == JoinKind::Inner || join == JoinKind::Cross || join == JoinKind::Left) {
      return;  // the left one
    } else if (join == JoinKind::Right) {
      matches->count = 0;  // the right one
      matches->merged_count = 0;
    } else if (matches->merged_count < Matches::kMergedMax) {
      matches->merged[matches->merged_count++] = {matches->entry, matches->column};
    }
  }
  ++matches->count;
  matches->entry = &entry;
  matches->column = column;
}

bool is_schema_table_name(std::string_view name) {
  return iequals(name, "sqlite_master") || iequals(name, "sqlite_schema") || iequals(name, "sqlite_temp_master") ||
         iequals(name, "sqlite_temp_schema");
}

bool source_has_name(const BoundSource& source, std::string_view name) {
  if (iequals(source.alias, name)) return true;
  return source.table != nullptr && source.table->root == PageId{1} && source.table->is_system &&
         is_schema_table_name(name) && is_schema_table_name(source.alias);
}

void find_in_source(Matches* matches, const SourceEntry& entry, const sql::ColumnRefExpr& ast) {
  const BoundSource& source = *entry.source;
  std::string_view name = ast.column.text;
  bool qualified = ast.table.present();
  if (source.is_nested_join() && !(qualified && iequals(source.alias, ast.table.text))) {
    for (size_t i = 0; i < source.nested.size(); ++i) {
      const NestedColumn& column = source.nested[i];
      if (qualified && !iequals(column.table_alias, ast.table.text)) continue;
      if (column.is_rowid) {
        if (matches->count > 0 || !catalog::is_rowid_name(name)) continue;
        ++matches->rowid_count;
        matches->rowid_entry = &entry;
        matches->rowid_column = static_cast<int>(i);
        continue;
      }
      // What USING merged inside is there twice: as the merged column, and under its table's name.
      if (!qualified && column.merged_away) continue;
      if (qualified && column.table_alias.empty()) continue;
      if (!iequals(column.inner_name, name)) continue;
      add_match(matches, entry, static_cast<int>(i), name);
      if (column.table_alias.empty()) break;  // merged by USING
    }
    return;
  }
  if (qualified) {
    if (!source_has_name(source, ast.table.text)) return;
    if (ast.schema.present() && (source.kind != SourceKind::Table || !iequals(source.database_name, ast.schema.text))) {
      return;
    }
  } else if (entry.qualified_only) {
    return;
  }
  const size_t count = source.columns.size();
  for (size_t i = 0; i < count; ++i) {
    if (iequals(source.columns[i].name, name)) {
      add_match(matches, entry, static_cast<int>(i), name);
      return;
    }
  }
  bool has_rowid =
      source.kind == SourceKind::TableFunction || (source.table != nullptr && !source.table->without_rowid);
  if (matches->count == 0 && has_rowid) {
    ++matches->rowid_count;
    matches->rowid_entry = &entry;
    matches->rowid_column = catalog::kRowIdColumn;
  }
}

std::string spelled(const sql::ColumnRefExpr& ast) {
  std::string full;
  if (ast.schema.present()) full.append(ast.schema.text).append(".");
  if (ast.table.present()) full.append(ast.table.text).append(".");
  full.append(ast.column.text);
  return full;
}

}  // namespace

BoundExpr* Binder::Impl::find_in_scope(Scope& scope, const sql::ColumnRefExpr& ast) {
  std::string_view name = ast.column.text;
  if (!scope.sources.empty()) {
    Matches matches;
    for (const SourceEntry& entry : scope.sources) find_in_source(&matches, entry, ast);
    if (matches.count == 1) return source_column(*matches.entry, matches.column, &ast);
    if (matches.count > 1) {
      if (matches.merged_count == matches.count - 1) {
        auto arguments = arena.make_array<BoundExpr*>(matches.count);
        for (size_t i = 0; i + 1 < matches.count; ++i) {
          arguments[i] = source_column(*matches.merged[i].entry, matches.merged[i].column, &ast);
          if (arguments[i] == nullptr) return nullptr;
        }
        arguments[matches.count - 1] = source_column(*matches.entry, matches.column, &ast);
        if (arguments[matches.count - 1] == nullptr) return nullptr;
        BoundExpr* merged = call("coalesce", arguments);
        if (merged == nullptr) return nullptr;
        // It stands for the column: same affinity and collation.
        merged->affinity = arguments[0]->affinity;
        merged->collation = arguments[0]->collation;
        last_origin = {};
        return merged;
      }
      return fail_at(ast.span, "ambiguous column name: " + spelled(ast));
    }
    if (matches.rowid_count > 0 && catalog::is_rowid_name(name)) {
      if (matches.rowid_count > 1) return fail_at(ast.span, "ambiguous column name: " + spelled(ast));
      return source_column(*matches.rowid_entry, matches.rowid_column, &ast);
    }
  }
  if (scope.results_visible && !ast.table.present()) {
    for (const ResultEntry& entry : scope.results) {
      if (!entry.has_alias || !iequals(entry.alias, name)) continue;
      if (entry.expr->has_aggregate && !scope.aggregates_allowed) {
        return fail("misuse of aliased aggregate %.*s", static_cast<int>(entry.alias.size()), entry.alias.data());
      }
      if (entry.expr->has_aggregate && scope.aggregate_error != nullptr) {
        return fail("misuse of aggregate: %s()", aggregate_name(entry.expr));
      }
      last_origin = {};
      return clone_expr(entry.expr, arena);
    }
  }
  return nullptr;
}

const char* Binder::Impl::aggregate_name(const BoundExpr* expr) {
  const char* name = "";
  struct Finder {
    static void visit(void* state, BoundExpr** child) {
      auto** found = static_cast<const char**>(state);
      if ((*child)->kind == BoundKind::Aggregate) *found = (*child)->as<BoundAggregate>()->function->name.data();
      if (**found == '\0') for_each_child(*child, &visit, state);
    }
  };
  BoundExpr* root = const_cast<BoundExpr*>(expr);
  Finder::visit(&name, &root);
  return name;
}

BoundExpr* Binder::Impl::lift(BoundExpr* expr, Scope& from, Scope& to) {
  if (&from == &to) return expr;
  Frame& frame = *to.frame;
  BoundExpr* argument = lift(expr, from, *frame.parent);
  size_t index = 0;
  while (index < frame.outer_args.size() && !equal_exprs(frame.outer_args[index], argument)) ++index;
  if (index == frame.outer_args.size()) frame.outer_args.push_back(argument);
  auto* node = make<BoundOuter>(BoundKind::Outer);
  node->index = static_cast<uint16_t>(index);
  node->affinity = expr->affinity;
  node->collation = expr->collation;
  node->explicit_collation = expr->explicit_collation;
  node->has_outer = true;
  node->span_begin = expr->span_begin;
  node->span_end = expr->span_end;
  return node;
}

BoundExpr* Binder::Impl::bind_column(const sql::ColumnRefExpr& ast, Scope& scope) {
  for (Scope* at = &scope; at != nullptr;) {
    BoundExpr* found = find_in_scope(*at, ast);
    if (found != nullptr) return lift(found, *at, scope);
    if (failed()) return nullptr;
    // A query in FROM sees neither its siblings nor the aliases of the block it stands in.
    bool visible = at->frame->sees_siblings;
    at = at->frame->parent;
    while (at != nullptr && !visible) {
      visible = at->frame->sees_siblings;
      at = at->frame->parent;
    }
  }
  last_origin = {};
  if (!ast.table.present()) {
    std::string_view name = ast.column.text;
    if (ast.column.quote == sql::Quote::Double && strings_allowed) return text_constant(name, &ast);
    if (scope.strings_for_names) return text_constant(name, &ast);
    if (ast.column.quote == sql::Quote::None) {
      if (iequals(name, "true")) return constant(Value::from_bool(true), &ast);
      if (iequals(name, "false")) return constant(Value::from_bool(false), &ast);
    }
    if (ast.column.quote == sql::Quote::Bracket) {
      std::string_view blob;
      if (parse_vector_literal(name, arena, &blob)) return constant(Value::from_blob(blob, ValueOwner::Static), &ast);
    }
    if (ast.column.quote == sql::Quote::Double) {
      return fail_at(ast.span, "no such column: \"" + std::string(name) +
                                   "\" - should this be a string literal in single-quotes?");
    }
  }
  return fail_at(ast.span, "no such column: " + spelled(ast));
}

bool parse_vector_literal(std::string_view list, Arena& arena, std::string_view* blob) {
  ArenaVector<float> numbers(arena);
  size_t at = 0;
  while (true) {
    size_t end = list.find(',', at);
    if (end == std::string_view::npos) end = list.size();
    double number = 0;
    if ((parse_real(list.substr(at, end - at), &number) & number_syntax::kWhole) == 0) return false;
    numbers.push_back(static_cast<float>(number));
    if (end == list.size()) break;
    at = end + 1;
  }
  char* bytes = static_cast<char*>(arena.allocate(numbers.size() * sizeof(float) + 1, alignof(float)));
  for (size_t i = 0; i < numbers.size(); ++i) {
    uint32_t bits = 0;
    std::memcpy(&bits, &numbers[i], sizeof bits);
    for (int byte = 0; byte < 4; ++byte)
      bytes[i * 4 + static_cast<size_t>(byte)] = static_cast<char>(bits >> (8 * byte));
  }
  *blob = {bytes, numbers.size() * sizeof(float)};
  return true;
}

}  // namespace sqlrite::bind
