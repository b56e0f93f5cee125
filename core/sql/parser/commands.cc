// The statement dispatcher, EXPLAIN, ALTER, DROP, transactions, PRAGMA and the other commands.
#include "sql/parser/parser_impl.h"

namespace sqlrite::sql {

Statement* Parser::parse_explained() {
  ExplainMode mode = ExplainMode::None;
  if (accept(Kind::Explain)) {
    mode = ExplainMode::Program;
    if (accept(Kind::Query)) {
      expect(Kind::Plan);
      mode = ExplainMode::QueryPlan;
    } else if (at(Kind::Analyze)) {
      // EXPLAIN ANALYZE SELECT ... is ours; EXPLAIN ANALYZE and EXPLAIN ANALYZE name explain the command ANALYZE.
      Kind next = peek_token().kind;
      if (next == Kind::Select || next == Kind::Values || next == Kind::With || next == Kind::Insert ||
          next == Kind::Replace || next == Kind::Update || next == Kind::Delete) {
        mode = ExplainMode::Analyze;
        advance();
      }
    }
  }
  uint32_t begin = token_.begin;
  Statement* statement = parse_statement_body();
  statement->explain = mode;
  statement->span = span_from(begin);
  return statement;
}

Statement* Parser::parse_statement_body() {
  switch (token_.kind) {
    case Kind::Select:
    case Kind::Values: {
      auto* statement = arena_.make<SelectStatement>();
      statement->select = parse_select();
      return statement;
    }
    case Kind::With: return parse_with_statement();
    case Kind::Insert:
    case Kind::Replace: return parse_insert(nullptr, false);
    case Kind::Update: return parse_update(nullptr, false);
    case Kind::Delete: return parse_delete(nullptr, false);
    case Kind::Create: return parse_create();
    case Kind::Drop: return parse_drop();
    case Kind::Alter: return parse_alter();
    case Kind::Begin: return parse_begin();
    case Kind::Commit:
    case Kind::EndWord:
      advance();
      parse_optional_transaction_name();
      return arena_.make<CommitStatement>();
    case Kind::Rollback: return parse_rollback();
    case Kind::Savepoint: {
      auto* statement = arena_.make<SavepointStatement>();
      advance();
      statement->name = parse_name();
      return statement;
    }
    case Kind::Release: {
      auto* statement = arena_.make<ReleaseStatement>();
      advance();
      accept(Kind::Savepoint);
      statement->name = parse_name();
      return statement;
    }
    case Kind::Pragma: return parse_pragma();
    case Kind::Vacuum: return parse_vacuum();
    case Kind::Analyze: {
      auto* statement = arena_.make<AnalyzeStatement>();
      advance();
      if (is_name(token_.kind)) statement->target = parse_qualified_name();
      return statement;
    }
    case Kind::Reindex: {
      auto* statement = arena_.make<ReindexStatement>();
      advance();
      if (is_name(token_.kind)) statement->target = parse_qualified_name();
      return statement;
    }
    case Kind::Attach: return parse_attach();
    case Kind::Detach: return parse_detach();
    default: syntax_error(); return arena_.make<CommitStatement>();
  }
}

Statement* Parser::parse_with_statement() {
  uint32_t begin = token_.begin;
  With* with = parse_with();
  switch (token_.kind) {
    case Kind::Insert:
    case Kind::Replace: return parse_insert(with, false);
    case Kind::Update: return parse_update(with, false);
    case Kind::Delete: return parse_delete(with, false);
    default: {
      auto* statement = arena_.make<SelectStatement>();
      if (!at(Kind::Select) && !at(Kind::Values)) syntax_error();
      statement->select = parse_select_body(with, begin);
      return statement;
    }
  }
}

bool Parser::parse_if_exists() {
  if (!accept(Kind::If)) return false;
  expect(Kind::Exists);
  return true;
}

Statement* Parser::parse_drop() {
  auto* drop = arena_.make<DropStatement>();
  advance();
  if (accept(Kind::Index)) {
    drop->what = DropKind::Index;
  } else if (accept(Kind::View)) {
    drop->what = DropKind::View;
  } else if (accept(Kind::Trigger)) {
    drop->what = DropKind::Trigger;
  } else {
    expect(Kind::Table);
  }
  drop->if_exists = parse_if_exists();
  drop->name = parse_qualified_name();
  return drop;
}

Statement* Parser::parse_alter() {
  auto* alter = arena_.make<AlterTableStatement>();
  advance();
  expect(Kind::Table);
  alter->table = parse_qualified_name();
  if (accept(Kind::Rename)) {
    if (accept(Kind::To)) {
      alter->action = AlterAction::RenameTable;
    } else {
      alter->action = AlterAction::RenameColumn;
      accept(Kind::Column);
      alter->column = parse_name();
      expect(Kind::To);
    }
    alter->new_name = parse_name();
  } else if (accept(Kind::Add)) {
    if (at(Kind::Constraint) || at(Kind::Check)) {
      alter->action = AlterAction::AddCheck;
      uint32_t begin = token_.begin;
      if (accept(Kind::Constraint)) alter->constraint = parse_name();
      expect(Kind::Check);
      expect(Kind::LeftParen);
      alter->check = parse_expr();
      expect(Kind::RightParen);
      alter->conflict = parse_on_conflict();
      alter->check_span = span_from(begin);
    } else {
      alter->action = AlterAction::AddColumn;
      accept(Kind::Column);
      alter->definition = arena_.make<ColumnDefinition>(parse_column_definition());
    }
  } else if (accept(Kind::Drop)) {
    if (accept(Kind::Constraint)) {
      alter->action = AlterAction::DropConstraint;
      alter->constraint = parse_name();
    } else {
      alter->action = AlterAction::DropColumn;
      accept(Kind::Column);
      alter->column = parse_name();
    }
  } else {
    expect(Kind::Alter);
    accept(Kind::Column);
    alter->column = parse_name();
    if (accept(Kind::Drop)) {
      alter->action = AlterAction::DropNotNull;
      expect(Kind::Not);
      expect(Kind::Null);
    } else {
      alter->action = AlterAction::SetNotNull;
      expect(Kind::Set);
      expect(Kind::Not);
      expect(Kind::Null);
      alter->conflict = parse_on_conflict();
    }
  }
  return alter;
}

void Parser::parse_optional_transaction_name() {
  if (accept(Kind::Transaction) && is_name(token_.kind)) parse_name();
}

Statement* Parser::parse_begin() {
  auto* begin = arena_.make<BeginStatement>();
  advance();
  if (accept(Kind::Deferred)) {
    begin->mode = BeginMode::Deferred;
  } else if (accept(Kind::Immediate)) {
    begin->mode = BeginMode::Immediate;
  } else if (accept(Kind::Exclusive)) {
    begin->mode = BeginMode::Exclusive;
  } else if (at_word("concurrent")) {
    advance();
    begin->mode = BeginMode::Concurrent;
  }
  parse_optional_transaction_name();
  return begin;
}

Statement* Parser::parse_rollback() {
  auto* rollback = arena_.make<RollbackStatement>();
  advance();
  parse_optional_transaction_name();
  if (accept(Kind::To)) {
    accept(Kind::Savepoint);
    rollback->savepoint = parse_name();
  }
  return rollback;
}

Statement* Parser::parse_pragma() {
  auto* pragma = arena_.make<PragmaStatement>();
  advance();
  QualifiedName name = parse_qualified_name();
  pragma->schema = name.schema;
  pragma->name = name.name;
  if (accept(Kind::Equal)) {
    parse_pragma_value(pragma);
  } else if (accept(Kind::LeftParen)) {
    pragma->call = true;
    parse_pragma_value(pragma);
    expect(Kind::RightParen);
  }
  return pragma;
}

void Parser::parse_pragma_value(PragmaStatement* pragma) {
  pragma->has_value = true;
  if (at(Kind::On) || at(Kind::Delete) || at(Kind::Default)) {
    pragma->value = raw(token_);
    advance();
    return;
  }
  if (is_name(token_.kind)) {
    pragma->value = parse_name().text;
    return;
  }
  bool minus = accept(Kind::Minus);
  if (!minus) accept(Kind::Plus);
  if (!at(Kind::Integer) && !at(Kind::Float)) {
    syntax_error();
    return;
  }
  std::string_view number = raw(token_);
  if (minus) {
    char* out = static_cast<char*>(arena_.allocate(number.size() + 1, 1));
    out[0] = '-';
    number.copy(out + 1, number.size());
    number = {out, number.size() + 1};
  }
  pragma->value = number;
  advance();
}

Statement* Parser::parse_vacuum() {
  auto* vacuum = arena_.make<VacuumStatement>();
  advance();
  if (is_name(token_.kind)) vacuum->schema = parse_name();
  if (accept(Kind::Into)) vacuum->into = parse_expr();
  return vacuum;
}

// ATTACH and DETACH take a bare name for a string.
Expr* Parser::name_as_string(Expr* expr) {
  const auto* column = expr->try_as<ColumnRefExpr>();
  if (column == nullptr || column->table.present()) return expr;
  auto* literal = arena_.make<LiteralExpr>();
  literal->literal = LiteralKind::String;
  literal->text = column->column.text;
  literal->span = column->span;
  return literal;
}

Statement* Parser::parse_attach() {
  auto* attach = arena_.make<AttachStatement>();
  advance();
  accept(Kind::Database);
  attach->file = name_as_string(parse_expr());
  expect(Kind::As);
  attach->schema = name_as_string(parse_expr());
  if (accept(Kind::Key)) attach->key = name_as_string(parse_expr());
  return attach;
}

Statement* Parser::parse_detach() {
  auto* detach = arena_.make<DetachStatement>();
  advance();
  accept(Kind::Database);
  detach->schema = name_as_string(parse_expr());
  return detach;
}

}  // namespace sqlrite::sql
