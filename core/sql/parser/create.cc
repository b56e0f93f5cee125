// CREATE TABLE, INDEX, VIEW, TRIGGER and VIRTUAL TABLE.
#include "base/text.h"
#include "sql/parser/parser_impl.h"

namespace sqlrite::sql {

bool Parser::parse_if_not_exists() {
  if (!accept(Kind::If)) return false;
  expect(Kind::Not);
  expect(Kind::Exists);
  return true;
}

Statement* Parser::parse_create() {
  expect(Kind::Create);
  if (accept(Kind::Unique)) {
    expect(Kind::Index);
    return parse_create_index(true);
  }
  if (accept(Kind::Index)) return parse_create_index(false);
  if (accept(Kind::Virtual)) {
    expect(Kind::Table);
    return parse_create_virtual_table();
  }
  bool temporary = accept(Kind::Temp);
  if (accept(Kind::View)) return parse_create_view(temporary);
  if (accept(Kind::Trigger)) return parse_create_trigger(temporary);
  expect(Kind::Table);
  return parse_create_table(temporary);
}

// ---- Tables -----------------------------------------------------------------------------------------------------

Statement* Parser::parse_create_table(bool temporary) {
  auto* table = arena_.make<CreateTableStatement>();
  table->temporary = temporary;
  table->if_not_exists = parse_if_not_exists();
  table->name = parse_qualified_name();
  uint32_t name_begin = table->name.name.span.begin;
  if (accept(Kind::As)) {
    if (!at_select_start()) syntax_error();
    table->as_select = parse_select();
    table->definition_span = span_from(name_begin);
    return table;
  }
  expect(Kind::LeftParen);
  parse_table_body(table);
  expect(Kind::RightParen);
  table->definition_span = span_from(name_begin);
  // Options are separated by commas; one may even stand before the first.
  bool has_options = is_name(token_.kind) || at(Kind::Comma);
  bool more = has_options;
  while (more) {
    accept(Kind::Comma);
    bool without = accept(Kind::Without);
    Identifier option = parse_name();
    if (without && iequals(option.text, "rowid")) {
      table->without_rowid = true;
    } else if (!without && iequals(option.text, "strict")) {
      table->strict = true;
    } else if (!failed_) {
      fail_parts({"unknown table option: ", option.span.in(text_)});
    }
    more = at(Kind::Comma);
  }
  // With options, SQLite keeps everything up to the semicolon.
  if (has_options && !failed_) table->definition_span.end = token_.begin;
  return table;
}

void Parser::parse_table_body(CreateTableStatement* table) {
  ListBuilder<ColumnDefinition, 8> columns(arena_);
  auto at_constraint = [&]() {
    return at(Kind::Constraint) || at(Kind::Primary) || at(Kind::Unique) || at(Kind::Check) || at(Kind::Foreign);
  };
  columns.add(parse_column_definition());
  bool constraints_follow = false;
  while (accept(Kind::Comma)) {
    if (at_constraint()) {
      constraints_follow = true;
      break;
    }
    columns.add(parse_column_definition());
  }
  table->columns = columns.finish();
  if (!constraints_follow) return;
  ListBuilder<TableConstraint, 4> constraints(arena_);
  Identifier name;
  while (true) {
    // The comma between constraints may be missing; CONSTRAINT name may stand alone and then means nothing.
    if (accept(Kind::Constraint)) {
      name = parse_name();
    } else {
      TableConstraint constraint;
      constraint.name = name;
      if (parse_table_constraint(constraint)) constraints.add(constraint);
      name = {};
    }
    if (failed_) break;
    if (accept(Kind::Comma)) {
      name = {};
      if (!at_constraint()) syntax_error();
    }
    if (!at_constraint()) break;
  }
  table->constraints = constraints.finish();
}

ColumnDefinition Parser::parse_column_definition() {
  ColumnDefinition column;
  uint32_t begin = token_.begin;
  column.name = parse_name();
  column.type_name = parse_type_name(true);
  parse_column_constraints(column);
  column.span = span_from(begin);
  return column;
}

void Parser::parse_column_constraints(ColumnDefinition& column) {
  ListBuilder<ColumnConstraint, 4> constraints(arena_);
  Identifier name;
  while (true) {
    if (accept(Kind::Constraint)) {
      name = parse_name();
      continue;
    }
    ColumnConstraint constraint;
    constraint.name = name;
    uint32_t begin = token_.begin;
    if (!parse_column_constraint(constraint, column.name)) break;
    name = {};
    constraint.span = span_from(begin);
    // [NOT] DEFERRABLE belongs to the latest REFERENCES.
    bool attached = false;
    if (constraint.kind == ColumnConstraintKind::Deferrable) {
      for (size_t i = constraints.size(); i-- > 0 && !attached;) {
        if (constraints[i].kind != ColumnConstraintKind::References) continue;
        constraints[i].reference->deferrable = constraint.deferrable;
        constraints[i].reference->initially = constraint.initially;
        constraints[i].span.end = constraint.span.end;
        attached = true;
      }
    }
    if (!attached) constraints.add(constraint);
  }
  column.constraints = constraints.finish();
}

// False, without an error, when the current token begins no column constraint.
bool Parser::parse_column_constraint(ColumnConstraint& constraint, const Identifier& column_name) {
  using K = ColumnConstraintKind;
  switch (token_.kind) {
    case Kind::Default:
      constraint.kind = K::Default;
      parse_default(constraint);
      return true;
    case Kind::Null:
      advance();
      constraint.kind = K::Null;
      constraint.conflict = parse_on_conflict();
      return true;
    case Kind::Not:
      advance();
      if (at(Kind::Deferrable)) {
        constraint.kind = K::Deferrable;
        parse_deferrable(constraint.deferrable, constraint.initially);
        constraint.deferrable = Deferrable::NotDeferrable;
        return true;
      }
      expect(Kind::Null);
      constraint.kind = K::NotNull;
      constraint.conflict = parse_on_conflict();
      return true;
    case Kind::Primary:
      advance();
      expect(Kind::Key);
      constraint.kind = K::PrimaryKey;
      if (accept(Kind::Asc)) {
        constraint.order = SortOrder::Ascending;
      } else if (accept(Kind::Desc)) {
        constraint.order = SortOrder::Descending;
      }
      constraint.conflict = parse_on_conflict();
      constraint.autoincrement = accept(Kind::Autoincrement);
      return true;
    case Kind::Unique:
      advance();
      constraint.kind = K::Unique;
      constraint.conflict = parse_on_conflict();
      return true;
    case Kind::Check: {
      advance();
      constraint.kind = K::Check;
      expect(Kind::LeftParen);
      uint32_t begin = previous_end_;
      constraint.expr = parse_expr();
      constraint.expr_span = span_until_token(begin);
      expect(Kind::RightParen);
      return true;
    }
    case Kind::References:
      constraint.kind = K::References;
      constraint.reference = parse_reference();
      return true;
    case Kind::Deferrable:
      constraint.kind = K::Deferrable;
      parse_deferrable(constraint.deferrable, constraint.initially);
      return true;
    case Kind::Collate:
      advance();
      constraint.kind = K::Collate;
      constraint.collation = parse_identifier_or_string();
      return true;
    case Kind::Generated:
      advance();
      expect(Kind::Always);
      constraint.generated_always = true;
      expect(Kind::As);
      parse_generated(constraint, column_name);
      return true;
    case Kind::As:
      advance();
      // The type loop has eaten GENERATED ALWAYS when the words stood right behind the type.
      parse_generated(constraint, column_name);
      return true;
    default: return false;
  }
}

void Parser::parse_default(ColumnConstraint& constraint) {
  advance();
  if (at(Kind::LeftParen)) {
    constraint.parenthesized = true;
    uint32_t begin = token_.end;
    advance();
    constraint.expr = parse_expr();
    constraint.expr_span = span_until_token(begin);
    expect(Kind::RightParen);
    return;
  }
  uint32_t begin = token_.begin;
  bool minus = at(Kind::Minus);
  bool sign = minus || at(Kind::Plus);
  if (sign) advance();
  switch (token_.kind) {
    case Kind::Integer:
    case Kind::Float:
    case Kind::SeparatedNumber:
    case Kind::String:
    case Kind::Blob:
    case Kind::Null:
    case Kind::CurrentTimeWord: {
      if (at(Kind::String)) {
        auto* literal = arena_.make<LiteralExpr>();
        literal->literal = LiteralKind::String;
        literal->text = unquote(raw(token_), '\'');
        literal->span = {token_.begin, token_.end};
        advance();
        constraint.expr = literal;
      } else if (at(Kind::Blob) || at(Kind::Null) || at(Kind::CurrentTimeWord)) {
        constraint.expr = parse_literal();
      } else {
        constraint.expr = parse_number();
      }
      break;
    }
    default: {
      if (sign || !(is_identifier(token_.kind) || at(Kind::Indexed))) {
        syntax_error();
        constraint.expr = dummy_expr();
        return;
      }
      // A bare word is a string, except for TRUE and FALSE.
      Identifier word = parse_name();
      if (word.quote == Quote::None && (iequals(word.text, "true") || iequals(word.text, "false"))) {
        auto* column = arena_.make<ColumnRefExpr>();
        column->column = word;
        constraint.expr = column;
      } else {
        auto* literal = arena_.make<LiteralExpr>();
        literal->literal = LiteralKind::String;
        literal->text = word.text;
        constraint.expr = literal;
      }
      constraint.expr->span = word.span;
      break;
    }
  }
  if (sign) {
    auto* literal = constraint.expr->as<LiteralExpr>();
    if (minus && literal->literal == LiteralKind::Real && literal->text == "9223372036854775808") {
      literal->literal = LiteralKind::Integer;
      literal->integer = INT64_MIN;
      literal->text = "-9223372036854775808";
      literal->span = span_from(begin);
    } else {
      constraint.expr = make_unary(minus ? UnaryOp::Minus : UnaryOp::Plus, constraint.expr, begin);
    }
  }
  constraint.expr_span = span_from(begin);
}

// After AS: ( expr ) [VIRTUAL | STORED]
void Parser::parse_generated(ColumnConstraint& constraint, const Identifier& column_name) {
  constraint.kind = ColumnConstraintKind::Generated;
  expect(Kind::LeftParen);
  uint32_t begin = previous_end_;
  constraint.expr = parse_expr();
  constraint.expr_span = span_until_token(begin);
  expect(Kind::RightParen);
  if (!is_identifier(token_.kind)) return;
  std::string_view word = raw(token_);
  if (iequals(word, "stored")) {
    constraint.stored = true;
  } else if (!iequals(word, "virtual")) {
    advance();
    fail_parts({"error in generated column \"", column_name.text, "\""});
    return;
  }
  advance();
}

ConflictAction Parser::parse_on_conflict() {
  if (!accept(Kind::On)) return ConflictAction::Default;
  expect(Kind::Conflict);
  return parse_conflict_action();
}

ForeignKeyReference* Parser::parse_reference() {
  auto* reference = arena_.make<ForeignKeyReference>();
  expect(Kind::References);
  reference->table = parse_name();
  reference->columns = parse_column_name_list();
  while (true) {
    if (accept(Kind::Match)) {
      reference->match = parse_name();
      continue;
    }
    if (!accept(Kind::On)) break;
    Kind event = token_.kind;
    if (!accept(Kind::Insert) && !accept(Kind::Delete)) expect(Kind::Update);
    ForeignKeyAction action = ForeignKeyAction::Unspecified;
    if (accept(Kind::Set)) {
      if (accept(Kind::Null)) {
        action = ForeignKeyAction::SetNull;
      } else {
        expect(Kind::Default);
        action = ForeignKeyAction::SetDefault;
      }
    } else if (accept(Kind::Cascade)) {
      action = ForeignKeyAction::Cascade;
    } else if (accept(Kind::Restrict)) {
      action = ForeignKeyAction::Restrict;
    } else {
      expect(Kind::No);
      expect(Kind::Action);
      action = ForeignKeyAction::NoAction;
    }
    // ON INSERT is accepted and means nothing.
    if (event == Kind::Delete) reference->on_delete = action;
    if (event == Kind::Update) reference->on_update = action;
  }
  return reference;
}

void Parser::parse_deferrable(Deferrable& deferrable, Initially& initially) {
  expect(Kind::Deferrable);
  deferrable = Deferrable::Deferrable;
  if (!accept(Kind::Initially)) return;
  if (accept(Kind::Deferred)) {
    initially = Initially::Deferred;
  } else {
    expect(Kind::Immediate);
    initially = Initially::Immediate;
  }
}

bool Parser::parse_table_constraint(TableConstraint& constraint) {
  uint32_t begin = token_.begin;
  if (accept(Kind::Primary)) {
    expect(Kind::Key);
    constraint.kind = TableConstraintKind::PrimaryKey;
    constraint.columns = parse_indexed_columns(true, constraint.autoincrement);
    constraint.conflict = parse_on_conflict();
  } else if (accept(Kind::Unique)) {
    bool autoincrement = false;
    constraint.kind = TableConstraintKind::Unique;
    constraint.columns = parse_indexed_columns(false, autoincrement);
    constraint.conflict = parse_on_conflict();
  } else if (accept(Kind::Check)) {
    constraint.kind = TableConstraintKind::Check;
    expect(Kind::LeftParen);
    uint32_t expr_begin = previous_end_;
    constraint.expr = parse_expr();
    constraint.expr_span = span_until_token(expr_begin);
    expect(Kind::RightParen);
    constraint.conflict = parse_on_conflict();
  } else {
    expect(Kind::Foreign);
    expect(Kind::Key);
    constraint.kind = TableConstraintKind::ForeignKey;
    if (!at(Kind::LeftParen)) syntax_error();
    constraint.foreign_columns = parse_column_name_list();
    constraint.reference = parse_reference();
    if (accept(Kind::Not)) {
      parse_deferrable(constraint.reference->deferrable, constraint.reference->initially);
      constraint.reference->deferrable = Deferrable::NotDeferrable;
    } else if (at(Kind::Deferrable)) {
      parse_deferrable(constraint.reference->deferrable, constraint.reference->initially);
    }
  }
  constraint.span = span_from(begin);
  return !failed_;
}

void Parser::reject_explicit_nulls(std::span<const OrderTerm> terms) {
  for (const OrderTerm& term : terms) {
    if (term.nulls == NullsOrder::Unspecified) continue;
    fail_late(term.nulls == NullsOrder::First ? "unsupported use of NULLS FIRST" : "unsupported use of NULLS LAST");
  }
}

std::span<IndexedColumn> Parser::parse_indexed_columns(bool allow_autoincrement, bool& autoincrement) {
  expect(Kind::LeftParen);
  std::span<IndexedColumn> columns = parse_order_terms();
  if (allow_autoincrement) autoincrement = accept(Kind::Autoincrement);
  expect(Kind::RightParen);
  reject_explicit_nulls(columns);
  return columns;
}

// ---- Indexes and views ------------------------------------------------------------------------------------------

Statement* Parser::parse_create_index(bool unique) {
  auto* index = arena_.make<CreateIndexStatement>();
  index->unique = unique;
  index->if_not_exists = parse_if_not_exists();
  index->name = parse_qualified_name();
  expect(Kind::On);
  index->table = parse_name();
  if (at(Kind::Using)) {
    // Anything but "USING method (" is reported at USING, which stock SQLite does not know.
    size_t position = lexer_.position();
    bool method = is_name(lexer_.next().kind) && lexer_.next().kind == Kind::LeftParen;
    lexer_.seek(position);
    if (!method) syntax_error();
    advance();
    index->method = parse_name();
  }
  bool autoincrement = false;
  index->columns = parse_indexed_columns(false, autoincrement);
  if (index->method.present() && accept(Kind::With)) index->options = parse_index_options();
  if (accept(Kind::Where)) {
    uint32_t begin = token_.begin;
    index->where = parse_expr();
    index->where_span = span_until_token(begin);
  }
  index->definition_span = {index->name.name.span.begin, failed_ ? previous_end_ : token_.begin};
  return index;
}

std::span<IndexOption> Parser::parse_index_options() {
  ListBuilder<IndexOption, 4> options(arena_);
  expect(Kind::LeftParen);
  do {
    IndexOption option;
    option.key = parse_name();
    expect(Kind::Equal);
    option.value = parse_expr();
    options.add(option);
  } while (accept(Kind::Comma));
  expect(Kind::RightParen);
  return options.finish();
}

Statement* Parser::parse_create_view(bool temporary) {
  auto* view = arena_.make<CreateViewStatement>();
  view->temporary = temporary;
  view->if_not_exists = parse_if_not_exists();
  view->name = parse_qualified_name();
  view->columns = parse_column_name_list();
  expect(Kind::As);
  if (!at_select_start()) syntax_error();
  in_stored_definition_ = true;
  view->select = parse_select();
  view->schemas_named = schemas_named_.span();
  view->definition_span = span_until_token(view->name.name.span.begin);
  if (parameter_count_ > 0) fail_text("parameters are not allowed in views");
  return view;
}

// ---- Triggers ---------------------------------------------------------------------------------------------------

Statement* Parser::parse_create_trigger(bool temporary) {
  auto* trigger = arena_.make<CreateTriggerStatement>();
  trigger->temporary = temporary;
  trigger->if_not_exists = parse_if_not_exists();
  trigger->name = parse_qualified_name();
  in_temporary_trigger_ = temporary || iequals(trigger->name.schema.text, "temp");
  if (accept(Kind::Before)) {
    trigger->time = TriggerTime::Before;
  } else if (accept(Kind::After)) {
    trigger->time = TriggerTime::After;
  } else if (accept(Kind::Instead)) {
    expect(Kind::Of);
    trigger->time = TriggerTime::InsteadOf;
  }
  if (accept(Kind::Delete)) {
    trigger->event = TriggerEvent::Delete;
  } else if (accept(Kind::Insert)) {
    trigger->event = TriggerEvent::Insert;
  } else {
    expect(Kind::Update);
    trigger->event = TriggerEvent::Update;
    if (accept(Kind::Of)) trigger->update_columns = parse_name_list();
  }
  expect(Kind::On);
  trigger->table = parse_qualified_name();
  if (accept(Kind::For)) {
    expect(Kind::Each);
    expect(Kind::Row);
    trigger->for_each_row = true;
  }
  if (accept(Kind::When)) trigger->when = parse_expr();
  expect(Kind::Begin);
  in_stored_definition_ = true;
  ListBuilder<Statement*, 4> body(arena_);
  do {
    body.add(parse_trigger_step());
    expect(Kind::Semicolon);
  } while (!failed_ && !at(Kind::EndWord));
  expect(Kind::EndWord);
  trigger->body = body.finish();
  trigger->definition_span = span_from(trigger->name.name.span.begin);
  return trigger;
}

Statement* Parser::parse_trigger_step() {
  uint32_t begin = token_.begin;
  Statement* step = nullptr;
  if (at(Kind::Update)) {
    step = parse_update(nullptr, true);
  } else if (at(Kind::Insert) || at(Kind::Replace)) {
    step = parse_insert(nullptr, true);
  } else if (at(Kind::Delete)) {
    step = parse_delete(nullptr, true);
  } else {
    auto* select = arena_.make<SelectStatement>();
    if (!at_select_start()) syntax_error();
    select->select = parse_select();
    step = select;
  }
  step->span = span_from(begin);
  return step;
}

// ---- Virtual tables ---------------------------------------------------------------------------------------------

Statement* Parser::parse_create_virtual_table() {
  auto* table = arena_.make<CreateVirtualTableStatement>();
  table->if_not_exists = parse_if_not_exists();
  table->name = parse_qualified_name();
  expect(Kind::Using);
  table->module = parse_name();
  ListBuilder<std::string_view, 8> arguments(arena_);
  if (at(Kind::LeftParen)) {
    table->has_arguments = true;
    advance();
    // Any tokens may stand here; parentheses must match.
    uint32_t nesting = 0;
    uint32_t begin = token_.begin;
    uint32_t end = begin;
    bool empty = true;
    while (!failed_) {
      if (at(Kind::End)) {
        syntax_error();
        break;
      }
      if (nesting == 0 && (at(Kind::Comma) || at(Kind::RightParen))) {
        if (!empty) arguments.add(text_.substr(begin, end - begin));
        empty = true;
        bool last = at(Kind::RightParen);
        advance();
        if (last) break;
        continue;
      }
      if (at(Kind::LeftParen)) ++nesting;
      if (at(Kind::RightParen)) --nesting;
      if (empty) begin = token_.begin;
      empty = false;
      end = token_.end;
      advance();
    }
  }
  table->arguments = arguments.finish();
  table->definition_span = span_from(table->name.name.span.begin);
  return table;
}

}  // namespace sqlrite::sql
