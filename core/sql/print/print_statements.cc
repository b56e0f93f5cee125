// Statements other than queries.
#include "base/text.h"
#include "sql/lexer/lexer.h"
#include "sql/print/printer.h"

namespace sqlrite::sql {
namespace {

const char* conflict_word(ConflictAction action) {
  switch (action) {
    case ConflictAction::Default: return "";
    case ConflictAction::Rollback: return "ROLLBACK";
    case ConflictAction::Abort: return "ABORT";
    case ConflictAction::Fail: return "FAIL";
    case ConflictAction::Ignore: return "IGNORE";
    case ConflictAction::Replace: return "REPLACE";
  }
  return "";
}

const char* action_words(ForeignKeyAction action) {
  switch (action) {
    case ForeignKeyAction::Unspecified: return "";
    case ForeignKeyAction::NoAction: return "NO ACTION";
    case ForeignKeyAction::Restrict: return "RESTRICT";
    case ForeignKeyAction::SetNull: return "SET NULL";
    case ForeignKeyAction::SetDefault: return "SET DEFAULT";
    case ForeignKeyAction::Cascade: return "CASCADE";
  }
  return "";
}

// A value that may stand bare after PRAGMA name =.
bool is_bare_pragma_value(std::string_view value) {
  Lexer lexer(value);
  Token token = lexer.next();
  bool minus = token.kind == TokenKind::Minus;
  if (minus) token = lexer.next();
  bool number = token.kind == TokenKind::Integer || token.kind == TokenKind::Float;
  bool word = !minus && (is_identifier(token.kind) || token.kind == TokenKind::On || token.kind == TokenKind::Delete ||
                         token.kind == TokenKind::Default);
  bool whole = token.begin == (minus ? 1u : 0u) && token.end == value.size();
  bool is_quoted = !value.empty() && (value[0] == '"' || value[0] == '`' || value[0] == '[');
  return (number || word) && whole && !is_quoted;
}

}  // namespace

void Printer::statement(const Statement& node) {
  switch (node.explain) {
    case ExplainMode::None: break;
    case ExplainMode::Program: out_ += "EXPLAIN "; break;
    case ExplainMode::QueryPlan: out_ += "EXPLAIN QUERY PLAN "; break;
    case ExplainMode::Analyze: out_ += "EXPLAIN ANALYZE "; break;
  }
  switch (node.kind) {
    case StatementKind::Select: return select(*node.as<SelectStatement>()->select);
    case StatementKind::Insert: return insert(*node.as<InsertStatement>());
    case StatementKind::Update: return update(*node.as<UpdateStatement>());
    case StatementKind::Delete: return delete_from(*node.as<DeleteStatement>());
    case StatementKind::CreateTable: return create_table(*node.as<CreateTableStatement>());
    case StatementKind::CreateIndex: return create_index(*node.as<CreateIndexStatement>());
    case StatementKind::CreateView: return create_view(*node.as<CreateViewStatement>());
    case StatementKind::CreateTrigger: return create_trigger(*node.as<CreateTriggerStatement>());
    case StatementKind::CreateVirtualTable: return create_virtual_table(*node.as<CreateVirtualTableStatement>());
    case StatementKind::AlterTable: return alter(*node.as<AlterTableStatement>());
    case StatementKind::Pragma: return pragma(*node.as<PragmaStatement>());
    case StatementKind::Drop: {
      const auto& drop = *node.as<DropStatement>();
      switch (drop.what) {
        case DropKind::Table: out_ += "DROP TABLE "; break;
        case DropKind::Index: out_ += "DROP INDEX "; break;
        case DropKind::View: out_ += "DROP VIEW "; break;
        case DropKind::Trigger: out_ += "DROP TRIGGER "; break;
      }
      if (drop.if_exists) out_ += "IF EXISTS ";
      return qualified(drop.name);
    }
    case StatementKind::Begin:
      out_ += "BEGIN";
      switch (node.as<BeginStatement>()->mode) {
        case BeginMode::Unspecified: break;
        case BeginMode::Deferred: out_ += " DEFERRED"; break;
        case BeginMode::Immediate: out_ += " IMMEDIATE"; break;
        case BeginMode::Exclusive: out_ += " EXCLUSIVE"; break;
        case BeginMode::Concurrent: out_ += " CONCURRENT"; break;
      }
      return;
    case StatementKind::Commit: out_ += "COMMIT"; return;
    case StatementKind::Rollback: {
      out_ += "ROLLBACK";
      const Identifier& savepoint = node.as<RollbackStatement>()->savepoint;
      if (!savepoint.present()) return;
      out_ += " TO ";
      out_ += "SAVEPOINT ";
      return identifier(savepoint);
    }
    case StatementKind::Savepoint: out_ += "SAVEPOINT "; return identifier(node.as<SavepointStatement>()->name);
    case StatementKind::Release: out_ += "RELEASE SAVEPOINT "; return identifier(node.as<ReleaseStatement>()->name);
    case StatementKind::Vacuum: {
      const auto& vacuum = *node.as<VacuumStatement>();
      out_ += "VACUUM";
      if (vacuum.schema.present()) {
        out_ += ' ';
        identifier(vacuum.schema);
      }
      return optional(" INTO ", vacuum.into);
    }
    case StatementKind::Analyze: {
      const QualifiedName& target = node.as<AnalyzeStatement>()->target;
      out_ += "ANALYZE";
      if (!target.name.present()) return;
      out_ += ' ';
      return qualified(target);
    }
    case StatementKind::Reindex: {
      const QualifiedName& target = node.as<ReindexStatement>()->target;
      out_ += "REINDEX";
      if (!target.name.present()) return;
      out_ += ' ';
      return qualified(target);
    }
    case StatementKind::Attach: {
      const auto& attach = *node.as<AttachStatement>();
      out_ += "ATTACH DATABASE ";
      expr(*attach.file);
      out_ += " AS ";
      expr(*attach.schema);
      return optional(" KEY ", attach.key);
    }
    case StatementKind::Detach: out_ += "DETACH DATABASE "; return expr(*node.as<DetachStatement>()->schema);
  }
}

// ---- Changes ----------------------------------------------------------------------------------------------------

void Printer::assignments(std::span<const Assignment> list) {
  const char* separator = "";
  for (const Assignment& assignment : list) {
    out_ += separator;
    separator = ", ";
    if (assignment.row) out_ += '(';
    names(assignment.columns);
    if (assignment.row) out_ += ')';
    out_ += " = ";
    expr(*assignment.value);
  }
}

void Printer::returning(std::span<const ResultColumn> columns) {
  if (columns.empty()) return;
  out_ += " RETURNING ";
  result_columns(columns);
}

void Printer::insert(const InsertStatement& insert) {
  with(insert.with);
  if (insert.replace_keyword) {
    out_ += "REPLACE";
  } else {
    out_ += "INSERT";
    if (insert.conflict != ConflictAction::Default) {
      out_ += " OR ";
      out_ += conflict_word(insert.conflict);
    }
  }
  out_ += " INTO ";
  qualified(insert.table);
  alias(insert.alias);
  optional_names(insert.columns);
  if (insert.default_values) {
    out_ += " DEFAULT VALUES";
  } else {
    out_ += ' ';
    select(*insert.source);
  }
  for (const UpsertClause& clause : insert.upserts) {
    out_ += " ON CONFLICT";
    if (clause.has_target) {
      out_ += " (";
      order_terms(clause.target);
      out_ += ')';
      optional(" WHERE ", clause.target_where);
    }
    if (clause.do_nothing) {
      out_ += " DO NOTHING";
      continue;
    }
    out_ += " DO UPDATE SET ";
    assignments(clause.assignments);
    optional(" WHERE ", clause.where);
  }
  returning(insert.returning);
}

void Printer::update(const UpdateStatement& update) {
  with(update.with);
  out_ += "UPDATE ";
  if (update.conflict != ConflictAction::Default) {
    out_ += "OR ";
    out_ += conflict_word(update.conflict);
    out_ += ' ';
  }
  qualified(update.table);
  alias(update.alias);
  index_hint(update.index_hint, update.index);
  out_ += " SET ";
  assignments(update.assignments);
  if (update.from != nullptr) {
    out_ += " FROM ";
    table(*update.from);
  }
  optional(" WHERE ", update.where);
  returning(update.returning);
  order_by(update.order_by);
  limit(update.limit, update.offset);
}

void Printer::delete_from(const DeleteStatement& statement) {
  with(statement.with);
  out_ += "DELETE FROM ";
  qualified(statement.table);
  alias(statement.alias);
  index_hint(statement.index_hint, statement.index);
  optional(" WHERE ", statement.where);
  returning(statement.returning);
  order_by(statement.order_by);
  limit(statement.limit, statement.offset);
}

// ---- CREATE -----------------------------------------------------------------------------------------------------

void Printer::on_conflict(ConflictAction action) {
  if (action == ConflictAction::Default) return;
  out_ += " ON CONFLICT ";
  out_ += conflict_word(action);
}

void Printer::deferrable(Deferrable deferrable, Initially initially) {
  if (deferrable == Deferrable::Unspecified) return;
  out_ += deferrable == Deferrable::Deferrable ? " DEFERRABLE" : " NOT DEFERRABLE";
  if (initially == Initially::Deferred) out_ += " INITIALLY DEFERRED";
  if (initially == Initially::Immediate) out_ += " INITIALLY IMMEDIATE";
}

void Printer::reference(const ForeignKeyReference& reference) {
  out_ += " REFERENCES ";
  identifier(reference.table);
  optional_names(reference.columns);
  if (reference.match.present()) {
    out_ += " MATCH ";
    identifier(reference.match);
  }
  if (reference.on_delete != ForeignKeyAction::Unspecified) {
    out_ += " ON DELETE ";
    out_ += action_words(reference.on_delete);
  }
  if (reference.on_update != ForeignKeyAction::Unspecified) {
    out_ += " ON UPDATE ";
    out_ += action_words(reference.on_update);
  }
  deferrable(reference.deferrable, reference.initially);
}

void Printer::column_constraint(const ColumnConstraint& constraint) {
  using K = ColumnConstraintKind;
  if (constraint.name.present()) {
    out_ += " CONSTRAINT ";
    identifier(constraint.name);
  }
  switch (constraint.kind) {
    case K::Null: out_ += " NULL"; break;
    case K::NotNull: out_ += " NOT NULL"; break;
    case K::PrimaryKey:
      out_ += " PRIMARY KEY";
      if (constraint.order == SortOrder::Ascending) out_ += " ASC";
      if (constraint.order == SortOrder::Descending) out_ += " DESC";
      break;
    case K::Unique: out_ += " UNIQUE"; break;
    case K::Check:
      out_ += " CHECK (";
      expr(*constraint.expr);
      out_ += ')';
      break;
    case K::Default:
      out_ += constraint.parenthesized ? " DEFAULT (" : " DEFAULT ";
      if (constraint.parenthesized) {
        expr(*constraint.expr);
        out_ += ')';
      } else {
        // Signs stand bare here even when every operator gets parentheses.
        PrintOptions plain;
        Printer(out_, plain).expr(*constraint.expr);
      }
      break;
    case K::Collate:
      out_ += " COLLATE ";
      identifier(constraint.collation);
      break;
    case K::References: reference(*constraint.reference); break;
    case K::Generated:
      out_ += " GENERATED ALWAYS AS (";
      expr(*constraint.expr);
      out_ += constraint.stored ? ") STORED" : ")";
      break;
    case K::Deferrable: deferrable(constraint.deferrable, constraint.initially); break;
  }
  on_conflict(constraint.conflict);
  if (constraint.autoincrement) out_ += " AUTOINCREMENT";
}

void Printer::column_definition(const ColumnDefinition& column) {
  identifier(column.name);
  if (!column.type_name.empty()) {
    out_ += ' ';
    type_name(column.type_name);
  }
  for (const ColumnConstraint& constraint : column.constraints) column_constraint(constraint);
}

void Printer::table_constraint(const TableConstraint& constraint) {
  if (constraint.name.present()) {
    out_ += "CONSTRAINT ";
    identifier(constraint.name);
    out_ += ' ';
  }
  switch (constraint.kind) {
    case TableConstraintKind::PrimaryKey:
    case TableConstraintKind::Unique:
      out_ += constraint.kind == TableConstraintKind::Unique ? "UNIQUE (" : "PRIMARY KEY (";
      order_terms(constraint.columns);
      out_ += constraint.autoincrement ? " AUTOINCREMENT)" : ")";
      break;
    case TableConstraintKind::Check:
      out_ += "CHECK (";
      expr(*constraint.expr);
      out_ += ')';
      break;
    case TableConstraintKind::ForeignKey:
      out_ += "FOREIGN KEY (";
      names(constraint.foreign_columns);
      out_ += ')';
      reference(*constraint.reference);
      break;
  }
  on_conflict(constraint.conflict);
}

void Printer::create_table(const CreateTableStatement& table) {
  out_ += table.temporary ? "CREATE TEMP TABLE " : "CREATE TABLE ";
  if_not_exists(table.if_not_exists);
  qualified(table.name);
  if (table.as_select != nullptr) {
    out_ += " AS ";
    return select(*table.as_select);
  }
  const char* separator = " (";
  for (const ColumnDefinition& column : table.columns) {
    out_ += separator;
    column_definition(column);
    separator = ", ";
  }
  for (const TableConstraint& constraint : table.constraints) {
    out_ += separator;
    table_constraint(constraint);
  }
  out_ += ')';
  if (table.without_rowid) out_ += " WITHOUT ROWID";
  if (table.without_rowid && table.strict) out_ += ',';
  if (table.strict) out_ += " STRICT";
}

void Printer::create_index(const CreateIndexStatement& index) {
  out_ += index.unique ? "CREATE UNIQUE INDEX " : "CREATE INDEX ";
  if_not_exists(index.if_not_exists);
  qualified(index.name);
  out_ += " ON ";
  identifier(index.table);
  if (index.method.present()) {
    out_ += " USING ";
    identifier(index.method);
  }
  out_ += " (";
  order_terms(index.columns);
  out_ += ')';
  const char* separator = " WITH (";
  for (const IndexOption& option : index.options) {
    out_ += separator;
    identifier(option.key);
    out_ += " = ";
    expr(*option.value);
    separator = ", ";
  }
  if (!index.options.empty()) out_ += ')';
  optional(" WHERE ", index.where);
}

void Printer::create_view(const CreateViewStatement& view) {
  out_ += view.temporary ? "CREATE TEMP VIEW " : "CREATE VIEW ";
  if_not_exists(view.if_not_exists);
  qualified(view.name);
  optional_names(view.columns);
  out_ += " AS ";
  select(*view.select);
}

void Printer::create_trigger(const CreateTriggerStatement& trigger) {
  out_ += trigger.temporary ? "CREATE TEMP TRIGGER " : "CREATE TRIGGER ";
  if_not_exists(trigger.if_not_exists);
  qualified(trigger.name);
  switch (trigger.time) {
    case TriggerTime::Unspecified: break;
    case TriggerTime::Before: out_ += " BEFORE"; break;
    case TriggerTime::After: out_ += " AFTER"; break;
    case TriggerTime::InsteadOf: out_ += " INSTEAD OF"; break;
  }
  switch (trigger.event) {
    case TriggerEvent::Delete: out_ += " DELETE"; break;
    case TriggerEvent::Insert: out_ += " INSERT"; break;
    case TriggerEvent::Update: out_ += " UPDATE"; break;
  }
  if (!trigger.update_columns.empty()) {
    out_ += " OF ";
    names(trigger.update_columns);
  }
  out_ += " ON ";
  qualified(trigger.table);
  if (trigger.for_each_row) out_ += " FOR EACH ROW";
  optional(" WHEN ", trigger.when);
  out_ += " BEGIN ";
  for (const Statement* step : trigger.body) {
    statement(*step);
    out_ += "; ";
  }
  out_ += "END";
}

void Printer::create_virtual_table(const CreateVirtualTableStatement& table) {
  out_ += "CREATE VIRTUAL TABLE ";
  if_not_exists(table.if_not_exists);
  qualified(table.name);
  out_ += " USING ";
  identifier(table.module);
  if (!table.has_arguments) return;
  out_ += '(';
  const char* separator = "";
  for (std::string_view argument : table.arguments) {
    out_ += separator;
    out_ += argument;
    separator = ", ";
  }
  out_ += ')';
}

// ---- ALTER and PRAGMA -------------------------------------------------------------------------------------------

void Printer::alter(const AlterTableStatement& alter) {
  out_ += "ALTER TABLE ";
  qualified(alter.table);
  switch (alter.action) {
    case AlterAction::RenameTable: out_ += " RENAME TO "; return identifier(alter.new_name);
    case AlterAction::RenameColumn:
      out_ += " RENAME COLUMN ";
      identifier(alter.column);
      out_ += " TO ";
      return identifier(alter.new_name);
    case AlterAction::AddColumn: out_ += " ADD COLUMN "; return column_definition(*alter.definition);
    case AlterAction::DropColumn: out_ += " DROP COLUMN "; return identifier(alter.column);
    case AlterAction::DropConstraint: out_ += " DROP CONSTRAINT "; return identifier(alter.constraint);
    case AlterAction::DropNotNull:
    case AlterAction::SetNotNull:
      out_ += " ALTER COLUMN ";
      identifier(alter.column);
      out_ += alter.action == AlterAction::DropNotNull ? " DROP NOT NULL" : " SET NOT NULL";
      return on_conflict(alter.conflict);
    case AlterAction::AddCheck:
      out_ += " ADD ";
      if (alter.constraint.present()) {
        out_ += "CONSTRAINT ";
        identifier(alter.constraint);
        out_ += ' ';
      }
      out_ += "CHECK (";
      expr(*alter.check);
      out_ += ')';
      return on_conflict(alter.conflict);
  }
}

void Printer::pragma(const PragmaStatement& pragma) {
  out_ += "PRAGMA ";
  qualified({pragma.schema, pragma.name});
  if (!pragma.has_value) return;
  out_ += pragma.call ? "(" : " = ";
  if (is_bare_pragma_value(pragma.value)) {
    out_ += pragma.value;
  } else {
    print_string_literal(pragma.value, out_);
  }
  if (pragma.call) out_ += ')';
}

void print_statement(const Statement& statement, std::string& out, const PrintOptions& options) {
  Printer(out, options).statement(statement);
}

std::string print_statement(const Statement& statement) {
  std::string out;
  print_statement(statement, out, {});
  return out;
}

}  // namespace sqlrite::sql
