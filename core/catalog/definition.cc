// Tables, views, triggers. Automatic and created indexes are in index_definition.cc.
#include "catalog/definition.h"

#include <string>

#include "catalog/index_builder.h"
#include "catalog/self_reference.h"
#include "types/affinity.h"

namespace sqlrite::catalog {
namespace {

using sql::ColumnConstraintKind;
using sql::ExprKind;
using sql::TableConstraintKind;

Status error(const std::string& text, int64_t offset = -1) { return Status(Code::Error, text, offset); }

// The type names SQLite knows by heart; they are shown in this spelling however they were written.
struct StandardType {
  std::string_view name;
  Affinity affinity;
};
constexpr StandardType kStandardTypes[] = {
    {"ANY", Affinity::Numeric},     {"BLOB", Affinity::Blob}, {"INT", Affinity::Integer},
    {"INTEGER", Affinity::Integer}, {"REAL", Affinity::Real}, {"TEXT", Affinity::Text},
};

const StandardType* find_standard_type(std::string_view name) {
  for (const auto& type : kStandardTypes) {
    if (iequals(type.name, name)) return &type;
  }
  return nullptr;
}

// "INTEGER GENERATED ALWAYS" may reach us as one type name, since these words are not reserved.
std::string_view strip_generated_always(std::string_view type) {
  auto strip = [&type](std::string_view word) {
    if (type.size() < word.size() || !iequals(type.substr(type.size() - word.size()), word)) return false;
    type.remove_suffix(word.size());
    while (!type.empty() && (type.back() == ' ' || type.back() == '\n' || type.back() == '\t' || type.back() == '\r')) {
      type.remove_suffix(1);
    }
    return true;
  };
  if (type.size() >= 16 && strip("always")) strip("generated");
  return type;
}

std::string_view trim(std::string_view text) {
  auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

uint8_t action_number(sql::ForeignKeyAction action) {
  switch (action) {
    case sql::ForeignKeyAction::Restrict: return 1;
    case sql::ForeignKeyAction::SetNull: return 2;
    case sql::ForeignKeyAction::SetDefault: return 3;
    case sql::ForeignKeyAction::Cascade: return 4;
    default: return 0;
  }
}

class TableDefiner {
 public:
  TableDefiner(const sql::CreateTableStatement& statement, DefinitionContext& context)
      : statement_(statement),
        context_(context),
        arena_(context.arena),
        table_(context.arena.make<Table>()),
        checks_(context.arena),
        foreign_keys_(context.arena),
        indexes_(*table_, context) {}

  Result<Table*> define() {
    table_->name = statement_.name.name.text;
    table_->database = context_.database;
    table_->sql = context_.sql_text;
    table_->strict = statement_.strict;
    table_->is_system = table_->name.size() >= 7 && iequals(table_->name.substr(0, 7), "sqlite_");
    if (!context_.loading) SQLRITE_TRY(check_object_name(table_->name));
    if (statement_.columns.size() > context_.column_count_max) {
      return error("too many columns on " + std::string(table_->name));
    }
    all_columns_ = arena_.make_array<TableColumn>(statement_.columns.size());
    for (size_t i = 0; i < statement_.columns.size(); ++i) SQLRITE_TRY(define_column(i));
    for (const auto& constraint : statement_.constraints) SQLRITE_TRY(apply(constraint));
    if (table_->strict) SQLRITE_TRY(apply_strict());
    if (statement_.without_rowid) {
      SQLRITE_TRY(make_without_rowid());
    } else {
      number_stored_columns();
    }
    SQLRITE_TRY(indexes_.finish());
    table_->checks = checks_.span();
    // Newest first.
    table_->foreign_keys = foreign_keys_.span();
    for (size_t i = 0, j = table_->foreign_keys.size(); i + 1 < j; ++i) {
      std::swap(table_->foreign_keys[i], table_->foreign_keys[--j]);
    }
    if (!context_.loading) SQLRITE_TRY(check_expressions());
    return table_;
  }

 private:
  Status define_column(size_t number) {
    const sql::ColumnDefinition& definition = statement_.columns[number];
    TableColumn& column = all_columns_[number];
    column.name = definition.name.text;
    for (size_t i = 0; i < number; ++i) {
      if (iequals(all_columns_[i].name, column.name)) {
        return error("duplicate column name: " + std::string(column.name), definition.name.span.begin);
      }
    }
    table_->columns = all_columns_.first(number + 1);
    std::string_view type = strip_generated_always(definition.type_name);
    const StandardType* standard = find_standard_type(type);
    column.declared_type = standard != nullptr ? standard->name : type;
    column.affinity = type.empty()          ? Affinity::Blob
                      : standard != nullptr ? standard->affinity
                                            : affinity_from_type_name(type);
    column.collation = binary_collation(context_.encoding);
    for (const auto& constraint : definition.constraints) SQLRITE_TRY(apply(constraint, number));
    return Status();
  }

  Status apply(const sql::ColumnConstraint& constraint, size_t number) {
    TableColumn& column = all_columns_[number];
    switch (constraint.kind) {
      case ColumnConstraintKind::Null:
      case ColumnConstraintKind::Deferrable: return Status();
      case ColumnConstraintKind::NotNull:
        column.not_null = true;
        column.not_null_conflict = conflict_action(constraint.conflict);
        return Status();
      case ColumnConstraintKind::PrimaryKey:
        return add_primary_key({}, number, constraint.order, conflict_action(constraint.conflict),
                               constraint.autoincrement);
      case ColumnConstraintKind::Unique:
        return indexes_.add_column_constraint(number, IndexOrigin::Unique, conflict_action(constraint.conflict), false);
      case ColumnConstraintKind::Check:
        add_check(constraint.name, constraint.expr, constraint.expr_span);
        return Status();
      case ColumnConstraintKind::Default: return apply_default(constraint, column);
      case ColumnConstraintKind::Collate: {
        const Collation* collation = nullptr;
        SQLRITE_TRY(indexes_.find_collation(constraint.collation.text, &collation));
        column.collation_name = constraint.collation.text;
        if (collation != nullptr) column.collation = collation;
        indexes_.column_collation_changed(number, collation == nullptr);
        return Status();
      }
      case ColumnConstraintKind::References: return add_foreign_key(*constraint.reference, {}, number);
      case ColumnConstraintKind::Generated: {
        column.generated = constraint.stored ? GeneratedKind::Stored : GeneratedKind::Virtual;
        column.generated_expr = constraint.expr;
        table_->has_generated = true;
        if (column.primary_key) return error("generated columns cannot be part of the PRIMARY KEY");
        if (column.default_expr != nullptr) return error("cannot use DEFAULT on a generated column");
        return Status();
      }
    }
    return Status();
  }

  Status apply_default(const sql::ColumnConstraint& constraint, TableColumn& column) {
    bool bare_word = !constraint.parenthesized && constraint.expr->kind == ExprKind::ColumnRef;
    if (!bare_word && !context_.loading && !is_constant_expr(*constraint.expr, true)) {
      return error("default value of column [" + std::string(column.name) + "] is not constant");
    }
    if (column.generated != GeneratedKind::None) return error("cannot use DEFAULT on a generated column");
    column.default_expr = constraint.expr;
    column.default_text = trim(constraint.expr_span.in(context_.sql_text));
    return Status();
  }

  void add_check(const sql::Identifier& name, const sql::Expr* expr, sql::Span text) {
    CheckConstraint check;
    check.name = name.text;
    check.expr = expr;
    check.text = trim(text.in(context_.sql_text));
    checks_.push_back(check);
  }

  Status apply(const sql::TableConstraint& constraint) {
    switch (constraint.kind) {
      case TableConstraintKind::PrimaryKey:
        return add_primary_key(constraint.columns, 0, sql::SortOrder::Unspecified, conflict_action(constraint.conflict),
                               constraint.autoincrement);
      case TableConstraintKind::Unique:
        return indexes_.add_constraint(constraint.columns, IndexOrigin::Unique, conflict_action(constraint.conflict));
      case TableConstraintKind::Check:
        add_check(constraint.name, constraint.expr, constraint.expr_span);
        return Status();
      case TableConstraintKind::ForeignKey:
        return add_foreign_key(*constraint.reference, constraint.foreign_columns, 0);
    }
    return Status();
  }

  Status add_to_primary_key(size_t number, uint16_t position) {
    TableColumn& column = all_columns_[number];
    column.primary_key = true;
    if (column.primary_key_position == 0) column.primary_key_position = position;
    if (column.generated != GeneratedKind::None) {
      return error("generated columns cannot be part of the PRIMARY KEY");
    }
    return Status();
  }

  // `terms` empty: the column's own constraint.
  Status add_primary_key(std::span<sql::IndexedColumn> terms, size_t own_column, sql::SortOrder own_order,
                         ConflictAction conflict, bool autoincrement) {
    if (has_primary_key_) {
      return error("table \"" + std::string(table_->name) + "\" has more than one primary key");
    }
    has_primary_key_ = true;
    int alias = -1;
    size_t term_count = terms.empty() ? 1 : terms.size();
    if (terms.empty()) {
      SQLRITE_TRY(add_to_primary_key(own_column, 1));
      alias = static_cast<int>(own_column);
    } else {
      for (size_t i = 0; i < terms.size(); ++i) {
        std::string_view name = plain_column_name(*terms[i].expr);
        int number = name.data() != nullptr ? find_own_column(name) : -1;
        if (number < 0) continue;
        SQLRITE_TRY(add_to_primary_key(static_cast<size_t>(number), static_cast<uint16_t>(i + 1)));
        alias = number;
      }
    }
    // The rowid alias: exactly INTEGER, one column, and not the words PRIMARY KEY DESC in the column's own constraint
    // (an old quirk that the file format depends on).
    bool own_descending = terms.empty() && own_order == sql::SortOrder::Descending;
    if (term_count == 1 && alias >= 0 && all_columns_[static_cast<size_t>(alias)].declared_type == "INTEGER" &&
        !own_descending) {
      table_->rowid_alias = static_cast<int16_t>(alias);
      table_->rowid_conflict = conflict;
      table_->autoincrement = autoincrement;
      alias_descending_ = !terms.empty() && terms[0].order == sql::SortOrder::Descending;
      return Status();
    }
    if (autoincrement) return error("AUTOINCREMENT is only allowed on an INTEGER PRIMARY KEY");
    if (terms.empty()) {
      return indexes_.add_column_constraint(own_column, IndexOrigin::PrimaryKey, conflict, own_descending);
    }
    return indexes_.add_constraint(terms, IndexOrigin::PrimaryKey, conflict);
  }

  int find_own_column(std::string_view name) const {
    for (size_t i = 0; i < table_->columns.size(); ++i) {
      if (iequals(all_columns_[i].name, name)) return static_cast<int>(i);
    }
    return -1;
  }

  // `columns` empty: the column's own REFERENCES.
  Status add_foreign_key(const sql::ForeignKeyReference& reference, std::span<sql::Identifier> columns,
                         size_t own_column) {
    if (columns.empty() && reference.columns.size() > 1) {
      return error("foreign key on " + std::string(all_columns_[own_column].name) +
                   " should reference only one column of table " + std::string(reference.table.text));
    }
    if (!columns.empty() && !reference.columns.empty() && columns.size() != reference.columns.size()) {
      return error("number of columns in foreign key does not match the number of columns in the referenced table");
    }
    ForeignKey key;
    key.parent_table = reference.table.text;
    key.columns = arena_.make_array<uint16_t>(columns.empty() ? 1 : columns.size());
    if (columns.empty()) key.columns[0] = static_cast<uint16_t>(own_column);
    for (size_t i = 0; i < columns.size(); ++i) {
      int number = find_own_column(columns[i].text);
      if (number < 0) {
        return error("unknown column \"" + std::string(columns[i].text) + "\" in foreign key definition");
      }
      key.columns[i] = static_cast<uint16_t>(number);
    }
    key.parent_columns = arena_.make_array<std::string_view>(reference.columns.size());
    for (size_t i = 0; i < reference.columns.size(); ++i) key.parent_columns[i] = reference.columns[i].text;
    key.on_delete = action_number(reference.on_delete);
    key.on_update = action_number(reference.on_update);
    key.deferred = reference.is_deferred();
    key.match = reference.match.text;
    foreign_keys_.push_back(key);
    return Status();
  }

  Status apply_strict() {
    for (size_t i = 0; i < all_columns_.size(); ++i) {
      TableColumn& column = all_columns_[i];
      std::string where = std::string(table_->name) + "." + std::string(column.name);
      if (column.declared_type.empty()) return error("missing datatype for " + where);
      if (find_standard_type(column.declared_type) == nullptr) {
        return error("unknown datatype for " + where + ": \"" + std::string(column.declared_type) + "\"");
      }
      if (column.declared_type == "ANY") column.affinity = Affinity::Blob;
      if (column.primary_key && table_->rowid_alias != static_cast<int>(i)) column.not_null = true;
    }
    return Status();
  }

  Status make_without_rowid() {
    if (table_->autoincrement) return error("AUTOINCREMENT not allowed on WITHOUT ROWID tables");
    if (!has_primary_key_) return error("PRIMARY KEY missing on table " + std::string(table_->name));
    table_->without_rowid = true;
    for (TableColumn& column : all_columns_) {
      if (column.primary_key) column.not_null = true;
    }
    if (table_->rowid_alias >= 0) {
      size_t number = static_cast<size_t>(table_->rowid_alias);
      table_->rowid_alias = -1;
      SQLRITE_TRY(
          indexes_.add_column_constraint(number, IndexOrigin::PrimaryKey, table_->rowid_conflict, alias_descending_));
    }
    return indexes_.make_table_tree();
  }

  void number_stored_columns() {
    int16_t position = 0;
    for (TableColumn& column : all_columns_) {
      if (column.generated != GeneratedKind::Virtual) column.storage_position = position++;
    }
    table_->record_field_count = static_cast<uint16_t>(position);
  }

  Status check_expressions() {
    for (const CheckConstraint& check : table_->checks) {
      SQLRITE_TRY(check_stored_expr(*check.expr, *table_, StoredExprKind::Check, context_));
    }
    if (!table_->has_generated) return Status();
    bool has_ordinary = false;
    for (const TableColumn& column : all_columns_) {
      if (column.generated == GeneratedKind::None) {
        has_ordinary = true;
        continue;
      }
      SQLRITE_TRY(check_stored_expr(*column.generated_expr, *table_, StoredExprKind::Generated, context_));
    }
    if (!has_ordinary) return error("must have at least one non-generated column");
    return Status();
  }

  const sql::CreateTableStatement& statement_;
  DefinitionContext& context_;
  Arena& arena_;
  Table* table_;
  std::span<TableColumn> all_columns_;
  ArenaVector<CheckConstraint> checks_;
  ArenaVector<ForeignKey> foreign_keys_;
  IndexBuilder indexes_;
  bool has_primary_key_ = false;
  bool alias_descending_ = false;
};

}  // namespace

ConflictAction conflict_action(sql::ConflictAction action) { return static_cast<ConflictAction>(action); }
static_assert(static_cast<int>(sql::ConflictAction::Replace) == static_cast<int>(ConflictAction::Replace));

std::string_view plain_column_name(const sql::Expr& expr) {
  const sql::Expr* inner = &expr;
  while (inner->kind == ExprKind::Collate) inner = inner->as<sql::CollateExpr>()->operand;
  if (const auto* column = inner->try_as<sql::ColumnRefExpr>()) {
    if (!column->table.present()) return column->column.text;
  }
  if (const auto* literal = inner->try_as<sql::LiteralExpr>()) {
    if (literal->literal == sql::LiteralKind::String) return literal->text;
  }
  return {};
}

Result<Table*> define_table(const sql::CreateTableStatement& statement, DefinitionContext& context) {
  return TableDefiner(statement, context).define();
}

namespace {

// The part that views and virtual tables have in common.
Result<Table*> define_object(TableKind kind, const sql::QualifiedName& name, DefinitionContext& context) {
  if (!context.loading) SQLRITE_TRY(check_object_name(name.name.text));
  Table* table = context.arena.make<Table>();
  table->name = name.name.text;
  table->kind = kind;
  table->database = context.database;
  table->sql = context.sql_text;
  return table;
}

}  // namespace

Result<Table*> define_view(const sql::CreateViewStatement& statement, DefinitionContext& context) {
  SQLRITE_TRY_ASSIGN(Table * view, define_object(TableKind::View, statement.name, context));
  view->view_select = statement.select;
  view->view_columns = context.arena.make_array<std::string_view>(statement.columns.size());
  for (size_t i = 0; i < statement.columns.size(); ++i) view->view_columns[i] = statement.columns[i].text;
  return view;
}

Result<Table*> define_virtual_table(const sql::CreateVirtualTableStatement& statement, DefinitionContext& context) {
  SQLRITE_TRY_ASSIGN(Table * table, define_object(TableKind::Virtual, statement.name, context));
  table->module = statement.module.text;
  table->module_arguments = statement.arguments;
  return table;
}

Result<Trigger*> define_trigger(const sql::CreateTriggerStatement& statement, DefinitionContext& context) {
  if (!context.loading) SQLRITE_TRY(check_object_name(statement.name.name.text));
  Trigger* trigger = context.arena.make<Trigger>();
  trigger->name = statement.name.name.text;
  trigger->table_name = statement.table.name.text;
  trigger->database = context.database;
  trigger->statement = &statement;
  trigger->sql = context.sql_text;
  return trigger;
}

Table* define_schema_table(Arena& arena, DatabaseId database) {
  static constexpr struct {
    std::string_view name, type;
    Affinity affinity;
  } kColumns[] = {{"type", "TEXT", Affinity::Text},
                  {"name", "TEXT", Affinity::Text},
                  {"tbl_name", "TEXT", Affinity::Text},
                  {"rootpage", "INT", Affinity::Integer},
                  {"sql", "TEXT", Affinity::Text}};
  Table* table = arena.make<Table>();
  bool is_temp = database == kTempDatabase;
  // The names SQLite shows are the old ones; the new ones are aliases.
  table->name = is_temp ? "sqlite_temp_master" : "sqlite_master";
  table->database = database;
  table->root = PageId{1};
  table->is_system = true;
  table->read_only = true;
  table->sql =
      is_temp
          ? "CREATE TABLE sqlite_temp_master(\n  type text,\n  name text,\n  tbl_name text,\n  rootpage int,\n  sql "
            "text\n)"
          : "CREATE TABLE sqlite_master(\n  type text,\n  name text,\n  tbl_name text,\n  rootpage int,\n  sql text\n)";
  table->columns = arena.make_array<TableColumn>(std::size(kColumns));
  for (size_t i = 0; i < std::size(kColumns); ++i) {
    TableColumn& column = table->columns[i];
    column.name = kColumns[i].name;
    column.declared_type = kColumns[i].type;
    column.affinity = kColumns[i].affinity;
    column.collation = &kBinaryCollation;
    column.storage_position = static_cast<int16_t>(i);
  }
  table->record_field_count = static_cast<uint16_t>(std::size(kColumns));
  return table;
}

Status check_object_name(std::string_view name) {
  if (name.size() >= 7 && iequals(name.substr(0, 7), "sqlite_")) {
    return error("object name reserved for internal use: " + std::string(name));
  }
  return Status();
}

Status check_added_column(const TableColumn& column, const Table& table, bool default_is_constant, bool foreign_keys) {
  (void)table;
  if (column.primary_key) return error("Cannot add a PRIMARY KEY column");
  if (column.generated == GeneratedKind::Stored) return error("cannot add a STORED column");
  bool default_is_null = column.default_expr == nullptr ||
                         (column.default_expr->kind == ExprKind::Literal &&
                          column.default_expr->as<sql::LiteralExpr>()->literal == sql::LiteralKind::Null);
  if (column.generated != GeneratedKind::None) return Status();
  if (foreign_keys && !default_is_null) {
    return error("Cannot add a REFERENCES column with non-NULL default value");
  }
  if (column.not_null && default_is_null) return error("Cannot add a NOT NULL column with default value NULL");
  if (!default_is_null && !default_is_constant) return error("Cannot add a column with non-constant default");
  return Status();
}

bool is_constant_expr(const sql::Expr& expr, bool allow_current_time) {
  auto all = [allow_current_time](std::initializer_list<const sql::Expr*> parts) {
    for (const sql::Expr* part : parts) {
      if (part != nullptr && !is_constant_expr(*part, allow_current_time)) return false;
    }
    return true;
  };
  auto all_of = [allow_current_time](sql::ExprList parts) {
    for (const sql::Expr* part : parts) {
      if (!is_constant_expr(*part, allow_current_time)) return false;
    }
    return true;
  };
  switch (expr.kind) {
    case ExprKind::Literal: {
      auto kind = expr.as<sql::LiteralExpr>()->literal;
      bool is_time = kind == sql::LiteralKind::CurrentTime || kind == sql::LiteralKind::CurrentDate ||
                     kind == sql::LiteralKind::CurrentTimestamp;
      return allow_current_time || !is_time;
    }
    case ExprKind::ColumnRef: {
      const auto* column = expr.as<sql::ColumnRefExpr>();
      return !column->table.present() && column->column.quote == sql::Quote::None &&
             (iequals(column->column.text, "true") || iequals(column->column.text, "false"));
    }
    case ExprKind::Unary: return all({expr.as<sql::UnaryExpr>()->operand});
    case ExprKind::Binary: return all({expr.as<sql::BinaryExpr>()->left, expr.as<sql::BinaryExpr>()->right});
    case ExprKind::Like: {
      const auto* like = expr.as<sql::LikeExpr>();
      return all({like->subject, like->pattern, like->escape});
    }
    case ExprKind::Between: {
      const auto* between = expr.as<sql::BetweenExpr>();
      return all({between->subject, between->low, between->high});
    }
    case ExprKind::In: {
      const auto* in = expr.as<sql::InExpr>();
      return in->source == sql::InSource::List && all({in->subject}) && all_of(in->list);
    }
    case ExprKind::Case: {
      const auto* choice = expr.as<sql::CaseExpr>();
      for (const auto& branch : choice->branches) {
        if (!all({branch.when, branch.then})) return false;
      }
      return all({choice->operand, choice->otherwise});
    }
    case ExprKind::Cast: return all({expr.as<sql::CastExpr>()->operand});
    case ExprKind::Collate: return all({expr.as<sql::CollateExpr>()->operand});
    case ExprKind::RowValue: return all_of(expr.as<sql::RowValueExpr>()->elements);
    case ExprKind::Function: {
      const auto* call = expr.as<sql::FunctionExpr>();
      return allow_current_time && call->over == nullptr && call->filter == nullptr && all_of(call->arguments);
    }
    case ExprKind::Parameter:
    case ExprKind::Exists:
    case ExprKind::Subquery:
    case ExprKind::Raise: return false;
  }
  return false;
}

}  // namespace sqlrite::catalog
