#include <string>

#include "catalog/definition.h"
#include "catalog/index_builder.h"
#include "catalog/self_reference.h"

namespace sqlrite::catalog {
namespace {

Status error(const std::string& text, int64_t offset = -1) { return Status(Code::Error, text, offset); }

bool same_collation(const IndexField& a, const IndexField& b) { return iequals(a.collation_name, b.collation_name); }

// Whether `field`'s column is among the first `count` fields with the same collation.
bool has_field(std::span<const IndexField> fields, size_t count, const IndexField& field) {
  for (size_t i = 0; i < count; ++i) {
    if (fields[i].column == field.column && field.column != kExpressionColumn && same_collation(fields[i], field)) {
      return true;
    }
  }
  return false;
}

bool has_column(std::span<const IndexField> fields, size_t count, int16_t column) {
  for (size_t i = 0; i < count; ++i) {
    if (fields[i].column == column) return true;
  }
  return false;
}

}  // namespace

IndexBuilder::IndexBuilder(Table& table, DefinitionContext& context)
    : table_(table), context_(context), arena_(context.arena), automatic_(context.arena) {}

Status IndexBuilder::find_collation(std::string_view name, const Collation** collation) const {
  *collation = iequals(name, "BINARY") ? binary_collation(context_.encoding) : context_.collations.find_collation(name);
  if (*collation == nullptr && !context_.loading) return error("no such collation sequence: " + std::string(name));
  return Status();
}

Status IndexBuilder::add_column_constraint(size_t column, IndexOrigin origin, ConflictAction conflict,
                                           bool descending) {
  Index* index = arena_.make<Index>();
  index->origin = origin;
  index->conflict = conflict;
  index->key_field_count = 1;
  index->fields = arena_.make_array<IndexField>(1);
  IndexField& field = index->fields[0];
  field.column = static_cast<int16_t>(column);
  field.collation = table_.columns[column].collation;
  field.collation_name = table_.columns[column].collation_name;
  field.descending = descending && context_.file_format >= 4;
  return add(index);
}

Status IndexBuilder::add_constraint(std::span<sql::IndexedColumn> terms, IndexOrigin origin, ConflictAction conflict) {
  Index* index = arena_.make<Index>();
  index->origin = origin;
  index->conflict = conflict;
  index->key_field_count = static_cast<uint16_t>(terms.size());
  index->fields = arena_.make_array<IndexField>(terms.size());
  for (size_t i = 0; i < terms.size(); ++i) SQLRITE_TRY(resolve_term(terms[i], true, index, &index->fields[i]));
  return add(index);
}

Status IndexBuilder::resolve_term(const sql::IndexedColumn& term, bool constraint, Index* index,
                                  IndexField* field) const {
  if (term.nulls != sql::NullsOrder::Unspecified) {
    return error(std::string("unsupported use of NULLS ") + (term.nulls == sql::NullsOrder::First ? "FIRST" : "LAST"));
  }
  std::string_view name = plain_column_name(*term.expr);
  int column = kExpressionColumn;
  if (name.data() != nullptr) {
    column = table_.find_column(name);
    if (column == kRowIdColumn) column = kExpressionColumn;
    const auto* reference = term.expr->try_as<sql::ColumnRefExpr>();
    bool may_be_string = !constraint && reference != nullptr && reference->column.quote == sql::Quote::Double &&
                         context_.double_quoted_strings;
    if (column < 0 && !may_be_string) {
      return error("no such column: " + std::string(name), term.expr->span.begin);
    }
  }
  field->descending = term.order == sql::SortOrder::Descending && context_.file_format >= 4;
  const Collation* collation = nullptr;
  if (const auto* collate = term.expr->try_as<sql::CollateExpr>()) {
    SQLRITE_TRY(find_collation(collate->collation.text, &collation));
    field->collation_name = collate->collation.text;
  } else if (column >= 0) {
    field->collation_name = table_.columns[static_cast<size_t>(column)].collation_name;
    SQLRITE_TRY(find_collation(field->collation_name, &collation));
  } else {
    collation = binary_collation(context_.encoding);
  }
  if (collation == nullptr) {
    std::string reason = "no such collation sequence: " + std::string(field->collation_name);
    index->unusable_reason = arena_.copy(reason);
    collation = binary_collation(context_.encoding);
  }
  field->collation = collation;
  field->column = static_cast<int16_t>(column);
  if (column >= 0) return Status();
  if (constraint) return error("expressions prohibited in PRIMARY KEY and UNIQUE constraints");
  const sql::Expr* expr = term.expr;
  while (expr->kind == sql::ExprKind::Collate) expr = expr->as<sql::CollateExpr>()->operand;
  field->expr = expr;
  if (context_.loading) return Status();
  return check_stored_expr(*term.expr, table_, StoredExprKind::IndexExpression, context_);
}

// Equal constraints share one index; that decides the numbers in the names of the later ones.
Status IndexBuilder::add(Index* index) {
  index->table = &table_;
  index->unique = true;
  for (Index* existing : automatic_) {
    if (existing->key_field_count != index->key_field_count) continue;
    bool equal = true;
    for (size_t i = 0; equal && i < index->key_field_count; ++i) {
      equal = existing->fields[i].column == index->fields[i].column &&
              same_collation(existing->fields[i], index->fields[i]);
    }
    if (!equal) continue;
    if (existing->conflict != index->conflict) {
      if (existing->conflict != ConflictAction::Default && index->conflict != ConflictAction::Default) {
        return error("conflicting ON CONFLICT clauses specified");
      }
      if (existing->conflict == ConflictAction::Default) existing->conflict = index->conflict;
    }
    if (index->origin == IndexOrigin::PrimaryKey) existing->origin = IndexOrigin::PrimaryKey;
    return Status();
  }
  index->name = automatic_index_name(table_.name, static_cast<uint32_t>(automatic_.size() + 1), arena_);
  automatic_.push_back(index);
  return Status();
}

void IndexBuilder::column_collation_changed(size_t column, bool unknown) {
  for (Index* index : automatic_) {
    if (index->key_field_count != 1 || index->fields[0].column != static_cast<int16_t>(column)) continue;
    index->fields[0].collation = table_.columns[column].collation;
    index->fields[0].collation_name = table_.columns[column].collation_name;
    if (unknown) index->unusable_reason = "no such collation sequence";
  }
}

Index* IndexBuilder::primary_key() const {
  for (Index* index : automatic_) {
    if (index->origin == IndexOrigin::PrimaryKey) return index;
  }
  return nullptr;
}

Status IndexBuilder::make_table_tree() {
  Index* key = primary_key();
  SQLRITE_TRY(key == nullptr ? error("PRIMARY KEY missing on table " + std::string(table_.name)) : Status());
  // A column counts once: PRIMARY KEY(a, b, a) is PRIMARY KEY(a, b).
  uint16_t kept = 1;
  for (uint16_t i = 1; i < key->key_field_count; ++i) {
    if (!has_field(key->fields, kept, key->fields[i])) key->fields[kept++] = key->fields[i];
  }
  key->key_field_count = kept;
  std::span<IndexField> all = arena_.make_array<IndexField>(kept + table_.columns.size());
  size_t count = 0;
  for (; count < kept; ++count) all[count] = key->fields[count];
  for (size_t i = 0; i < table_.columns.size(); ++i) {
    const TableColumn& column = table_.columns[i];
    if (column.generated == GeneratedKind::Virtual || has_column(all, count, static_cast<int16_t>(i))) continue;
    IndexField& field = all[count++];
    field.column = static_cast<int16_t>(i);
    field.collation = column.collation;
    field.collation_name = column.collation_name;
  }
  key->fields = all.first(count);
  key->is_without_rowid_table = true;
  for (size_t i = count; i > 0; --i) {
    table_.columns[static_cast<size_t>(all[i - 1].column)].storage_position = static_cast<int16_t>(i - 1);
  }
  table_.record_field_count = static_cast<uint16_t>(count);
  table_.primary_key_index = key;
  return Status();
}

// Adds what follows the key fields in each record, and the comparison data.
void IndexBuilder::complete(Index* index) {
  if (!index->is_without_rowid_table) {
    const Index* primary = table_.without_rowid ? table_.primary_key_index : nullptr;
    size_t suffix_max = primary != nullptr ? primary->key_field_count : 1;
    std::span<IndexField> all = arena_.make_array<IndexField>(index->key_field_count + suffix_max);
    size_t count = 0;
    for (; count < index->key_field_count; ++count) all[count] = index->fields[count];
    if (primary == nullptr) {
      all[count].column = kRowIdColumn;
      all[count].collation = binary_collation(context_.encoding);
      ++count;
    } else {
      for (size_t i = 0; i < primary->key_field_count; ++i) {
        if (has_field(all, index->key_field_count, primary->fields[i])) continue;
        all[count] = primary->fields[i];
        // Automatic indexes were laid out before the key was known to be one; their suffix is ascending in every file.
        if (index->origin != IndexOrigin::Create) all[count].descending = false;
        ++count;
      }
    }
    index->fields = all.first(count);
  }
  std::span<const Collation*> collations = arena_.make_array<const Collation*>(index->fields.size());
  std::span<bool> descending = arena_.make_array<bool>(index->fields.size());
  for (size_t i = 0; i < index->fields.size(); ++i) {
    collations[i] = index->fields[i].collation;
    descending[i] = index->fields[i].descending;
  }
  index->key_info.collations = collations.data();
  index->key_info.descending = descending.data();
  index->key_info.field_count = static_cast<uint16_t>(index->fields.size());
  index->key_info.encoding = context_.encoding;
}

Status IndexBuilder::finish() {
  ArenaVector<Index*> listed(arena_);
  // Newest first, those that replace rows last, so that every other constraint is checked before a row is deleted.
  for (int pass = 0; pass < 2; ++pass) {
    for (size_t i = automatic_.size(); i > 0; --i) {
      Index* index = automatic_[i - 1];
      bool replaces = index->conflict == ConflictAction::Replace;
      if (index->is_without_rowid_table || replaces != (pass == 1)) continue;
      listed.push_back(index);
    }
  }
  for (Index* index : automatic_) complete(index);
  table_.indexes = listed.span();
  return Status();
}

Result<Index*> IndexBuilder::define(const sql::CreateIndexStatement& statement) {
  std::string_view name = statement.name.name.text;
  if (!context_.loading) {
    SQLRITE_TRY(check_object_name(name));
    if (table_.is_system) return error("table " + std::string(table_.name) + " may not be indexed");
  }
  if (table_.kind == TableKind::View) return error("views may not be indexed");
  if (table_.kind == TableKind::Virtual) return error("virtual tables may not be indexed");
  Index* index = arena_.make<Index>();
  index->name = name;
  index->table = &table_;
  index->unique = statement.unique;
  // An explicit UNIQUE index always aborts.
  index->conflict = statement.unique ? ConflictAction::Abort : ConflictAction::Default;
  index->sql = context_.sql_text;
  index->statement = &statement;
  index->method = statement.method.text;
  if (statement.columns.size() > context_.column_count_max) return error("too many columns in index");
  index->key_field_count = static_cast<uint16_t>(statement.columns.size());
  index->fields = arena_.make_array<IndexField>(statement.columns.size());
  // Both are judged, the condition first; but a mistake in the first column, if a plain one, is the one to tell.
  Status where_status;
  if (statement.where != nullptr && !context_.loading) {
    where_status = check_stored_expr(*statement.where, table_, StoredExprKind::PartialIndex, context_);
  }
  index->where = statement.where;
  bool plain = !statement.columns.empty() && statement.columns[0].expr->kind == sql::ExprKind::ColumnRef;
  if (!where_status.ok() && !plain) return where_status;
  for (size_t i = 0; i < statement.columns.size(); ++i) {
    SQLRITE_TRY(resolve_term(statement.columns[i], false, index, &index->fields[i]));
    if (!where_status.ok()) return where_status;
  }
  if (!index->method.empty()) {
    std::string reason = "index method " + std::string(index->method) + " is not available";
    index->unusable_reason = arena_.copy(reason);
  }
  complete(index);
  return index;
}

Result<Index*> define_index(const sql::CreateIndexStatement& statement, const Table& table,
                            DefinitionContext& context) {
  // The builder reads the table only when it defines created indexes.
  return IndexBuilder(const_cast<Table&>(table), context).define(statement);
}

std::string_view automatic_index_name(std::string_view table_name, uint32_t number, Arena& arena) {
  std::string name = "sqlite_autoindex_" + std::string(table_name) + "_" + std::to_string(number);
  return arena.copy(name);
}

}  // namespace sqlrite::catalog
