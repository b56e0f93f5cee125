#include "engine/ddl/rename.h"

#include <algorithm>
#include <optional>

#include "catalog/definition.h"
#include "engine/ddl/schema_writer.h"
#include "engine/pragma/table_functions.h"
#include "sql/ast/calls.h"
#include "sql/parser/parser.h"
#include "sql/print/print.h"

namespace sqlrite::engine {

namespace {

// Walks one stored text and collects the spans that name the renamed table, or one of its columns.
class PlaceFinder {
 public:
  // `home`: the database whose text is walked; `column` empty: places of the table's name.
  PlaceFinder(Connection& connection, DatabaseId database, DatabaseId home, std::string_view table,
              std::string_view column)
      : connection_(connection), database_(database), home_(home), table_(table), column_(column) {}

  void visit(const sql::Statement& statement) {
    switch (statement.kind) {
      case sql::StatementKind::CreateTable: return visit_table(*statement.as<sql::CreateTableStatement>());
      case sql::StatementKind::CreateIndex: return visit_index(*statement.as<sql::CreateIndexStatement>());
      case sql::StatementKind::CreateView: return visit(*statement.as<sql::CreateViewStatement>()->select, nullptr);
      case sql::StatementKind::CreateTrigger: return visit_trigger(*statement.as<sql::CreateTriggerStatement>());
      default: return visit_body(statement, nullptr);
    }
  }
  // From the end of the text to its start, each once.
  std::vector<sql::Span> take_places() {
    std::sort(places_.begin(), places_.end(), [](sql::Span a, sql::Span b) { return a.begin > b.begin; });
    places_.erase(
        std::unique(places_.begin(), places_.end(), [](sql::Span a, sql::Span b) { return a.begin == b.begin; }),
        places_.end());
    return std::move(places_);
  }

 private:
  struct Source {
    std::string_view name;  // alias, or the table's name
    bool is_target = false;
    bool by_table_name = false;  // no alias: a qualifier names the table itself
    const catalog::Table* table = nullptr;
    const sql::Select* select = nullptr;
  };
  struct Scope {
    Scope* outer = nullptr;
    std::vector<Source> sources;
  };

  bool renames_column() const { return !column_.empty(); }
  bool is_table(std::string_view name) const { return iequals(name, table_); }
  // Names without a schema mean the text's own database; those of temporary texts mean the first database that has them.
  bool means_table(const sql::QualifiedName& name) const {
    if (!is_table(name.name.text)) return false;
    if (name.schema.present()) return connection_.find_database(name.schema.text) == static_cast<int>(database_.value);
    if (home_ == database_) return true;
    const catalog::Table* found = connection_.find_table({}, table_).table;
    return home_ == kTempDatabase && found != nullptr && found->database == database_;
  }
  void place(const sql::Identifier& name) {
    if (!name.span.empty()) places_.push_back(name.span);
  }
  void table_place(const sql::Identifier& name) {
    if (!renames_column() && is_table(name.text)) place(name);
  }
  void column_place(const sql::Identifier& name) {
    if (renames_column() && iequals(name.text, column_)) place(name);
  }
  bool is_cte(std::string_view name) const {
    return std::any_of(ctes_.begin(), ctes_.end(), [name](std::string_view cte) { return iequals(cte, name); });
  }

  Source table_source(const sql::QualifiedName& name, const sql::Identifier& alias) {
    Source source;
    source.name = alias.present() ? alias.text : name.name.text;
    source.by_table_name = !alias.present();
    if (!name.schema.present() && is_cte(name.name.text)) return source;
    source.table = connection_.find_table_in(database_, name.name.text).table;
    if (source.table == nullptr) source.table = connection_.find_table({}, name.name.text).table;
    source.is_target = means_table(name);
    if (source.is_target) table_place(name.name);
    return source;
  }

  void visit_table(const sql::CreateTableStatement& statement) {
    if (home_ != database_) return;
    bool own = is_table(statement.name.name.text);
    if (own) table_place(statement.name.name);
    Scope scope;
    Source self;
    self.name = statement.name.name.text;
    self.is_target = own;
    self.by_table_name = true;
    self.table = connection_.find_table_in(database_, self.name).table;
    scope.sources.push_back(self);
    auto reference = [&](const sql::ForeignKeyReference* to) {
      if (to == nullptr || !is_table(to->table.text)) return;
      table_place(to->table);
      for (const sql::Identifier& column : to->columns) column_place(column);
    };
    for (const sql::ColumnDefinition& column : statement.columns) {
      if (own) column_place(column.name);
      for (const sql::ColumnConstraint& constraint : column.constraints) {
        visit(constraint.expr, &scope);
        reference(constraint.reference);
      }
    }
    for (const sql::TableConstraint& constraint : statement.constraints) {
      visit(constraint.columns, &scope);
      visit(constraint.expr, &scope);
      if (own) {
        for (const sql::Identifier& column : constraint.foreign_columns) column_place(column);
      }
      reference(constraint.reference);
    }
  }

  void visit_index(const sql::CreateIndexStatement& statement) {
    if (home_ != database_ || !is_table(statement.table.text)) return;
    table_place(statement.table);
    Scope scope;
    scope.sources.push_back(
        {statement.table.text, true, true, connection_.find_table_in(database_, table_).table, nullptr});
    visit(statement.columns, &scope);
    visit(statement.where, &scope);
  }

  void visit_trigger(const sql::CreateTriggerStatement& statement) {
    bool own = means_table(statement.table);
    if (own) {
      table_place(statement.table.name);
      for (const sql::Identifier& column : statement.update_columns) column_place(column);
    }
    const catalog::Table* table = connection_.find_table_in(database_, statement.table.name.text).table;
    Scope scope;
    scope.sources.push_back({"new", own, false, table, nullptr});
    scope.sources.push_back({"old", own, false, table, nullptr});
    row_scope_ = &scope;
    visit(statement.when, &scope);
    for (const sql::Statement* body : statement.body) visit_body(*body, &scope);
    row_scope_ = nullptr;
  }

  void visit_assignments(std::span<sql::Assignment> assignments, const Source& target, Scope* scope) {
    for (const sql::Assignment& assignment : assignments) {
      if (target.is_target) {
        for (const sql::Identifier& column : assignment.columns) column_place(column);
      }
      visit(assignment.value, scope);
    }
  }

  void visit_body(const sql::Statement& statement, Scope* outer) {
    size_t cte_count = ctes_.size();
    switch (statement.kind) {
      case sql::StatementKind::Select: visit(*statement.as<sql::SelectStatement>()->select, outer); break;
      case sql::StatementKind::Insert: {
        const auto& insert = *statement.as<sql::InsertStatement>();
        visit(insert.with, outer);
        Scope scope{outer, {table_source(insert.table, insert.alias)}};
        const Source target = scope.sources[0];
        if (target.is_target) {
          for (const sql::Identifier& column : insert.columns) column_place(column);
        }
        if (insert.source != nullptr) visit(*insert.source, outer);
        for (const sql::UpsertClause& upsert : insert.upserts) {
          visit(upsert.target, &scope);
          visit(upsert.target_where, &scope);
          Scope with_excluded = scope;
          with_excluded.sources.push_back({"excluded", target.is_target, false, nullptr, nullptr});
          visit_assignments(upsert.assignments, target, &with_excluded);
          visit(upsert.where, &with_excluded);
        }
        visit(insert.returning, &scope);
        break;
      }
      case sql::StatementKind::Update: {
        const auto& update = *statement.as<sql::UpdateStatement>();
        visit(update.with, outer);
        Scope scope{outer, {table_source(update.table, update.alias)}};
        const Source target = scope.sources[0];
        visit(update.from, &scope, outer);
        visit_assignments(update.assignments, target, &scope);
        visit(update.where, &scope);
        visit(update.returning, &scope);
        visit(update.order_by, &scope);
        break;
      }
      case sql::StatementKind::Delete: {
        const auto& remove = *statement.as<sql::DeleteStatement>();
        visit(remove.with, outer);
        Scope scope{outer, {table_source(remove.table, remove.alias)}};
        visit(remove.where, &scope);
        visit(remove.returning, &scope);
        visit(remove.order_by, &scope);
        break;
      }
      default: break;
    }
    ctes_.resize(cte_count);
  }

  void visit(const sql::With* with, Scope* outer) {
    if (with == nullptr) return;
    for (const sql::CommonTable& table : with->tables) ctes_.push_back(table.name.text);
    for (const sql::CommonTable& table : with->tables) {
      if (table.select != nullptr) visit(*table.select, outer);
    }
  }

  void visit(const sql::Select& select, Scope* outer) {
    size_t cte_count = ctes_.size();
    visit(select.with, outer);
    Scope last{outer, {}};
    for (const sql::CompoundPart& part : select.parts) {
      const sql::SelectCore& core = *part.core;
      Scope scope{outer, {}};
      visit(core.from, &scope, outer);
      visit(core.columns, &scope);
      visit(core.where, &scope);
      for (sql::Expr* expr : core.group_by) visit(expr, &scope);
      visit(core.having, &scope);
      for (const sql::WindowDefinition& window : core.windows) visit(window.spec, &scope);
      for (const sql::ExprList& row : core.rows) {
        for (sql::Expr* expr : row) visit(expr, &scope);
      }
      last = scope;
    }
    visit(select.order_by, &last);
    visit(select.limit, outer);
    visit(select.offset, outer);
    ctes_.resize(cte_count);
  }

  void visit(const sql::TableExpr* from, Scope* scope, Scope* outer) {
    if (from == nullptr) return;
    switch (from->kind) {
      case sql::TableExprKind::Name: {
        const auto& named = *from->as<sql::TableNameExpr>();
        scope->sources.push_back(table_source(named.name, named.alias));
        break;
      }
      case sql::TableExprKind::Function:
        for (sql::Expr* argument : from->as<sql::TableFunctionExpr>()->arguments) visit(argument, scope);
        break;
      case sql::TableExprKind::Subquery: {
        const auto& sub = *from->as<sql::TableSubqueryExpr>();
        visit(*sub.select, outer);
        scope->sources.push_back({sub.alias.text, false, false, nullptr, sub.select});
        break;
      }
      case sql::TableExprKind::Join: {
        const auto& join = *from->as<sql::JoinExpr>();
        visit(join.left, scope, outer);
        visit(join.right, scope, outer);
        visit(join.on, scope);
        bool concerns =
            std::any_of(scope->sources.begin(), scope->sources.end(), [](const Source& s) { return s.is_target; });
        if (concerns) {
          for (const sql::Identifier& column : join.using_columns) column_place(column);
        }
        break;
      }
    }
  }

  void visit(std::span<sql::ResultColumn> columns, Scope* scope) {
    for (const sql::ResultColumn& column : columns) {
      visit(column.expr, scope);
      if (column.kind == sql::ResultColumnKind::TableStar) qualifier_place(column.table, scope);
    }
  }
  void visit(std::span<sql::OrderTerm> terms, Scope* scope) {
    for (const sql::OrderTerm& term : terms) visit(term.expr, scope);
  }
  void visit(const sql::WindowSpec* spec, Scope* scope) {
    if (spec == nullptr) return;
    for (sql::Expr* expr : spec->partition_by) visit(expr, scope);
    visit(spec->order_by, scope);
    visit(spec->frame.start.offset, scope);
    visit(spec->frame.end.offset, scope);
  }
  void visit_list(sql::ExprList list, Scope* scope) {
    for (sql::Expr* expr : list) visit(expr, scope);
  }

  const Source* find_source(std::string_view name, Scope* scope) const {
    for (; scope != nullptr; scope = scope->outer) {
      for (const Source& source : scope->sources) {
        if (iequals(source.name, name)) return &source;
      }
    }
    return nullptr;
  }
  void qualifier_place(const sql::Identifier& qualifier, Scope* scope) {
    if (renames_column() || !qualifier.present() || !is_table(qualifier.text)) return;
    const Source* source = find_source(qualifier.text, scope);
    if (source != nullptr && source->is_target && source->by_table_name) place(qualifier);
  }
  static bool has_column(const Source& source, std::string_view name) {
    if (source.table != nullptr) return source.table->find_column(name) >= 0;
    if (source.select == nullptr || source.select->parts.empty()) return false;
    for (const sql::ResultColumn& column : source.select->parts[0].core->columns) {
      if (column.alias.present() ? iequals(column.alias.text, name)
                                 : column.expr != nullptr && column.expr->kind == sql::ExprKind::ColumnRef &&
                                       iequals(column.expr->as<sql::ColumnRefExpr>()->column.text, name)) {
        return true;
      }
    }
    return false;
  }
  void column_reference(const sql::ColumnRefExpr& reference, Scope* scope) {
    if (!renames_column()) {
      qualifier_place(reference.table, scope);
      return;
    }
    if (!iequals(reference.column.text, column_)) return;
    if (reference.table.present()) {
      const Source* source = find_source(reference.table.text, scope);
      if (source != nullptr && source->is_target) place(reference.column);
      return;
    }
    for (; scope != nullptr; scope = scope->outer) {
      if (scope == row_scope_) continue;  // NEW and OLD are named explicitly
      for (const Source& source : scope->sources) {
        if (source.is_target) {
          place(reference.column);
          return;
        }
        if (has_column(source, reference.column.text)) return;
      }
    }
  }

  void visit(const sql::Expr* expr, Scope* scope) {
    if (expr == nullptr) return;
    switch (expr->kind) {
      case sql::ExprKind::Literal:
      case sql::ExprKind::Parameter: return;
      case sql::ExprKind::ColumnRef: return column_reference(*expr->as<sql::ColumnRefExpr>(), scope);
      case sql::ExprKind::Unary: return visit(expr->as<sql::UnaryExpr>()->operand, scope);
      case sql::ExprKind::Binary:
        visit(expr->as<sql::BinaryExpr>()->left, scope);
        return visit(expr->as<sql::BinaryExpr>()->right, scope);
      case sql::ExprKind::Like: {
        const auto& like = *expr->as<sql::LikeExpr>();
        visit(like.subject, scope);
        visit(like.pattern, scope);
        return visit(like.escape, scope);
      }
      case sql::ExprKind::Between: {
        const auto& between = *expr->as<sql::BetweenExpr>();
        visit(between.subject, scope);
        visit(between.low, scope);
        return visit(between.high, scope);
      }
      case sql::ExprKind::In: {
        const auto& in = *expr->as<sql::InExpr>();
        if (sql::ignores_subject(in)) return;
        visit(in.subject, scope);
        visit_list(in.list, scope);
        if (in.select != nullptr) visit(*in.select, scope);
        if (in.source == sql::InSource::Table && means_table(in.table)) table_place(in.table.name);
        return;
      }
      case sql::ExprKind::Case: {
        const auto& choice = *expr->as<sql::CaseExpr>();
        visit(choice.operand, scope);
        for (const sql::CaseBranch& branch : choice.branches) {
          visit(branch.when, scope);
          visit(branch.then, scope);
        }
        return visit(choice.otherwise, scope);
      }
      case sql::ExprKind::Cast: return visit(expr->as<sql::CastExpr>()->operand, scope);
      case sql::ExprKind::Collate: return visit(expr->as<sql::CollateExpr>()->operand, scope);
      case sql::ExprKind::Exists: return visit(*expr->as<sql::ExistsExpr>()->select, scope);
      case sql::ExprKind::Subquery: return visit(*expr->as<sql::SubqueryExpr>()->select, scope);
      case sql::ExprKind::RowValue: return visit_list(expr->as<sql::RowValueExpr>()->elements, scope);
      case sql::ExprKind::Function: {
        const auto& call = *expr->as<sql::FunctionExpr>();
        visit_list(call.arguments, scope);
        visit(call.order_by, scope);
        visit(call.filter, scope);
        return visit(call.over, scope);
      }
      case sql::ExprKind::Raise: return visit(expr->as<sql::RaiseExpr>()->message, scope);
    }
  }

  Connection& connection_;
  DatabaseId database_;
  DatabaseId home_;
  std::string_view table_;
  std::string_view column_;
  std::vector<sql::Span> places_;
  std::vector<std::string_view> ctes_;
  Scope* row_scope_ = nullptr;
};

// What gets a new name: a table, or one of its columns.
struct Renaming {
  DatabaseId database;
  std::string table;
  std::string column;  // empty: the table itself
  std::string new_text;
};

// Replaces the places in a stored text of `home`. A place that was quoted, or a name that needs it, gets double quotes.
Status edit_places(Connection& connection, const Renaming& renaming, DatabaseId home, SchemaRecord& record,
                   bool* changed) {
  *changed = false;
  if (!record.has_sql) return {};
  Arena arena(4096);
  SQLRITE_TRY_ASSIGN(sql::ParsedStatement parsed, sql::parse_statement(record.sql, arena));
  if (parsed.statement == nullptr) return {};
  PlaceFinder finder(connection, renaming.database, home, renaming.table, renaming.column);
  finder.visit(*parsed.statement);
  std::vector<sql::Span> places = finder.take_places();
  std::string edited = record.sql;
  for (sql::Span place : places) {
    char first = edited[place.begin];
    bool quoted = first == '"' || first == '`' || first == '[' || first == '\'';
    std::string replacement;
    if (quoted && (renaming.new_text.empty() || renaming.new_text[0] != '"')) {
      replacement = quoted_name(renaming.new_text);
    } else {
      replacement = renaming.new_text;
    }
    // A name must not run into the word before it ("REFERENCES[t]").
    edited.replace(place.begin, place.end - place.begin, replacement);
  }
  *changed = !places.empty();
  record.sql = std::move(edited);
  return {};
}

Status edit_text(Connection& connection, const Renaming& renaming, DatabaseId home, SchemaRecord& record,
                 bool* changed) {
  Status status = edit_places(connection, renaming, home, record, changed);
  if (status.ok()) return {};
  return status_format(Code::Error, "error in %s %s: %s", record.type.c_str(), record.name.c_str(),
                       std::string(status.message()).c_str());
}

bool has_temporary_schema(Connection& connection) { return connection.database(kTempDatabase.value).schema != nullptr; }

// Temporary views and triggers may name tables of all databases: their texts are edited too, and what was edited goes back
// with this object unless finish() is called.
class TemporaryTexts {
 public:
  TemporaryTexts(Connection& connection, const Renaming& renaming) : connection_(connection), renaming_(renaming) {}

  Status edit() {
    if (renaming_.database == kTempDatabase || !has_temporary_schema(connection_)) return {};
    SQLRITE_TRY(connection_.transaction().ensure_read(kTempDatabase.value));
    std::vector<SchemaRecord> records;
    SQLRITE_TRY(read_schema_records(connection_, kTempDatabase.value, &records));
    for (SchemaRecord& record : records) {
      bool changed = false;
      SQLRITE_TRY(edit_text(connection_, renaming_, kTempDatabase, record, &changed));
      if (!changed) continue;
      if (!writer_.has_value()) {
        writer_.emplace(connection_, uint32_t{kTempDatabase.value});
        SQLRITE_TRY(writer_->begin());
      }
      SQLRITE_TRY(writer_->update(record));
    }
    return writer_.has_value() ? writer_->publish() : Status();
  }
  Status finish() { return writer_.has_value() ? writer_->finish() : Status(); }

 private:
  Connection& connection_;
  const Renaming& renaming_;
  std::optional<SchemaWriter> writer_;
};

}  // namespace

Status check_stored_texts(Connection& connection, uint32_t database, const char* when) {
  catalog::SchemaRef schema = connection.database(database).schema;
  for (const catalog::Table* table : schema->tables_in_order) {
    if (table->kind != catalog::TableKind::View) continue;
    Arena arena(2048);
    std::string text =
        "SELECT * FROM " + quoted_name(connection.database(database).name) + "." + quoted_name(table->name);
    SQLRITE_TRY_ASSIGN(sql::ParsedStatement parsed, sql::parse_statement(text, arena));
    bind::BindContext context{arena, text, connection, connection.registry(), connection, &connection.table_functions(),
                              true};
    bind::Binder binder(context);
    auto bound = binder.bind_select(*parsed.statement->as<sql::SelectStatement>()->select);
    if (bound.ok()) continue;
    return status_format(Code::Error, "error in view %s%s%s: %s", std::string(table->name).c_str(),
                         when[0] != '\0' ? " " : "", when, std::string(bound.status().message()).c_str());
  }
  bool temporary_too = database != kTempDatabase.value && has_temporary_schema(connection);
  return temporary_too ? check_stored_texts(connection, kTempDatabase.value, when) : Status();
}

Status rename_table(Connection& connection, const catalog::Table& table, std::string_view new_name) {
  uint32_t database = table.database.value;
  catalog::SchemaRef keep = connection.database(database).schema;
  const catalog::Schema& schema = *keep;
  SQLRITE_TRY(catalog::check_object_name(new_name));
  const catalog::Table* existing = schema.find_table(new_name);
  if ((existing != nullptr && existing != &table) || schema.find_index(new_name) != nullptr ||
      (existing == &table && table.name == new_name)) {
    return status_format(Code::Error, "there is already another table or index with this name: %.*s",
                         static_cast<int>(new_name.size()), new_name.data());
  }
  if (!connection.settings().legacy_alter_table) SQLRITE_TRY(check_stored_texts(connection, database, ""));
  std::string old_name(table.name);
  SchemaWriter writer(connection, database);
  SQLRITE_TRY(writer.begin());
  std::vector<SchemaRecord> records;
  SQLRITE_TRY(writer.records(&records));
  const Renaming renaming{table.database, old_name, {}, quoted_name(new_name)};
  TemporaryTexts temporary(connection, renaming);
  SQLRITE_TRY(temporary.edit());
  for (SchemaRecord& record : records) {
    bool changed = false;
    bool own = iequals(record.table_name, old_name);
    SQLRITE_TRY(edit_text(connection, renaming, renaming.database, record, &changed));
    if (own) {
      changed = true;
      record.table_name = new_name;
      if (record.type == "table" || record.type == "view") record.name = new_name;
      std::string automatic = "sqlite_autoindex_" + old_name + "_";
      if (record.type == "index" && record.name.size() > automatic.size() &&
          iequals(record.name.substr(0, automatic.size()), automatic)) {
        record.name = "sqlite_autoindex_" + std::string(new_name) + "_" + record.name.substr(automatic.size());
      }
    }
    if (changed) SQLRITE_TRY(writer.update(record));
  }
  Value names[2] = {Value::from_text(new_name, ValueOwner::Caller), Value::from_text(old_name, ValueOwner::Caller)};
  std::string prefix = quoted_name(connection.database(database).name) + ".";
  if (schema.find_table("sqlite_sequence") != nullptr) {
    SQLRITE_TRY(connection.exec_internal("UPDATE " + prefix + "sqlite_sequence SET name = ?1 WHERE name = ?2", nullptr,
                                         nullptr, names, 2));
  }
  SQLRITE_TRY(writer.publish());
  if (!connection.settings().legacy_alter_table) SQLRITE_TRY(check_stored_texts(connection, database, "after rename"));
  SQLRITE_TRY(temporary.finish());
  return writer.finish();
}

Status rename_column(Connection& connection, const catalog::Table& table, std::string_view column,
                     const sql::Identifier& new_name) {
  uint32_t database = table.database.value;
  catalog::SchemaRef keep = connection.database(database).schema;
  int position = table.find_column(column);
  if (position < 0) {
    return status_format(Code::Error, "no such column: \"%.*s\"", static_cast<int>(column.size()), column.data());
  }
  SQLRITE_TRY(check_stored_texts(connection, database, ""));
  std::string old_name(table.columns[static_cast<size_t>(position)].name);
  int other = table.find_column(new_name.text);
  if (other >= 0 && other != position) {
    return status_format(Code::Error, "error in table %s after rename: duplicate column name: %s",
                         std::string(table.name).c_str(), std::string(new_name.text).c_str());
  }
  std::string new_text(new_name.text);
  if (new_name.quote != sql::Quote::None) {
    new_text = quoted_name(new_name.text);
  } else {
    std::string printed;
    sql::print_identifier(new_name.text, printed);
    new_text = printed;
  }
  SchemaWriter writer(connection, database);
  SQLRITE_TRY(writer.begin());
  std::vector<SchemaRecord> records;
  SQLRITE_TRY(writer.records(&records));
  const Renaming renaming{table.database, std::string(table.name), old_name, new_text};
  TemporaryTexts temporary(connection, renaming);
  SQLRITE_TRY(temporary.edit());
  for (SchemaRecord& record : records) {
    bool changed = false;
    SQLRITE_TRY(edit_text(connection, renaming, renaming.database, record, &changed));
    if (changed) SQLRITE_TRY(writer.update(record));
  }
  SQLRITE_TRY(writer.publish());
  SQLRITE_TRY(check_stored_texts(connection, database, "after rename"));
  SQLRITE_TRY(temporary.finish());
  return writer.finish();
}

}  // namespace sqlrite::engine
