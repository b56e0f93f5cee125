// INSERT, UPDATE and DELETE, as statements and as trigger steps.
#include "sql/parser/parser_impl.h"

namespace sqlrite::sql {

ConflictAction Parser::parse_conflict_action() {
  if (accept(Kind::Rollback)) return ConflictAction::Rollback;
  if (accept(Kind::Abort)) return ConflictAction::Abort;
  if (accept(Kind::Fail)) return ConflictAction::Fail;
  if (accept(Kind::Ignore)) return ConflictAction::Ignore;
  expect(Kind::Replace);
  return ConflictAction::Replace;
}

ConflictAction Parser::parse_optional_or_conflict() {
  return accept(Kind::Or) ? parse_conflict_action() : ConflictAction::Default;
}

void Parser::parse_change_target(QualifiedName& table, Identifier& alias, bool in_trigger) {
  table = parse_qualified_name();
  if (in_trigger && table.schema.present() && !in_temporary_trigger_) {
    fail_late("qualified table names are not allowed on INSERT, UPDATE, and DELETE statements within triggers");
  }
  if (accept(Kind::As)) alias = parse_name();
}

void Parser::reject_index_hint_in_trigger(IndexHint hint) {
  if (hint == IndexHint::IndexedBy) {
    fail_text("the INDEXED BY clause is not allowed on UPDATE or DELETE statements within triggers");
  } else if (hint == IndexHint::NotIndexed) {
    fail_text("the NOT INDEXED clause is not allowed on UPDATE or DELETE statements within triggers");
  }
}

std::span<ResultColumn> Parser::parse_optional_returning(bool in_trigger) {
  if (!accept(Kind::Returning)) return {};
  std::span<ResultColumn> columns = parse_result_columns();
  if (in_trigger) fail_text("cannot use RETURNING in a trigger");
  return columns;
}

std::span<Assignment> Parser::parse_assignments() {
  ListBuilder<Assignment, 4> assignments(arena_);
  do {
    Assignment assignment;
    if (accept(Kind::LeftParen)) {
      assignment.row = true;
      assignment.columns = parse_name_list();
      expect(Kind::RightParen);
    } else {
      Identifier name = parse_name();
      assignment.columns = arena_.make_array<Identifier>(1);
      assignment.columns[0] = name;
    }
    expect(Kind::Equal);
    assignment.value = parse_expr();
    if (assignment.row && assignment.value->kind != ExprKind::Subquery) {
      const auto* row = assignment.value->try_as<RowValueExpr>();
      size_t value_count = row != nullptr ? row->elements.size() : 1;
      if (value_count != assignment.columns.size()) {
        fail_parts(
            {std::to_string(assignment.columns.size()), " columns assigned ", std::to_string(value_count), " values"});
      }
    }
    assignments.add(assignment);
  } while (accept(Kind::Comma));
  if (assignments.size() > options_.column_count_max) fail_text("too many columns in set list");
  return assignments.finish();
}

void Parser::parse_upserts(InsertStatement* insert, bool in_trigger) {
  ListBuilder<UpsertClause, 2> clauses(arena_);
  while (accept(Kind::On)) {
    UpsertClause clause;
    expect(Kind::Conflict);
    if (accept(Kind::LeftParen)) {
      clause.has_target = true;
      clause.target = parse_order_terms();
      expect(Kind::RightParen);
      if (accept(Kind::Where)) clause.target_where = parse_expr();
    }
    expect(Kind::Do);
    if (accept(Kind::Nothing)) {
      clause.do_nothing = true;
    } else {
      expect(Kind::Update);
      expect(Kind::Set);
      clause.assignments = parse_assignments();
      if (accept(Kind::Where)) clause.where = parse_expr();
    }
    clauses.add(clause);
    // A clause without target catches everything, so that none may follow.
    if (!clause.has_target) break;
  }
  insert->upserts = clauses.finish();
  insert->returning = parse_optional_returning(in_trigger);
}

Statement* Parser::parse_insert(With* with, bool in_trigger) {
  auto* insert = arena_.make<InsertStatement>();
  insert->with = with;
  if (accept(Kind::Replace)) {
    insert->replace_keyword = true;
    insert->conflict = ConflictAction::Replace;
  } else {
    expect(Kind::Insert);
    insert->conflict = parse_optional_or_conflict();
  }
  expect(Kind::Into);
  parse_change_target(insert->table, insert->alias, in_trigger);
  insert->columns = parse_optional_name_list();
  if (!in_trigger && accept(Kind::Default)) {
    expect(Kind::Values);
    insert->default_values = true;
    insert->returning = parse_optional_returning(in_trigger);
    return insert;
  }
  if (!at_select_start()) {
    syntax_error();
    return insert;
  }
  insert->source = parse_select();
  parse_upserts(insert, in_trigger);
  return insert;
}

void Parser::parse_change_limit(std::span<OrderTerm>& order_by, Expr*& limit, Expr*& offset) {
  const char* word = at(Kind::Order) ? "ORDER" : "LIMIT";
  bool present = at(Kind::Order) || at(Kind::Limit);
  order_by = parse_optional_order_by();
  parse_limit(limit, offset);
  if (present && !options_.update_delete_limit) {
    fail_parts({"syntax error near \"", word, "\""});
  }
}

Statement* Parser::parse_update(With* with, bool in_trigger) {
  auto* update = arena_.make<UpdateStatement>();
  update->with = with;
  expect(Kind::Update);
  update->conflict = parse_optional_or_conflict();
  parse_change_target(update->table, update->alias, in_trigger);
  parse_index_hint(update->index_hint, update->index);
  if (in_trigger) reject_index_hint_in_trigger(update->index_hint);
  expect(Kind::Set);
  update->assignments = parse_assignments();
  if (accept(Kind::From)) update->from = parse_from();
  if (accept(Kind::Where)) update->where = parse_expr();
  if (in_trigger) return update;
  update->returning = parse_optional_returning(false);
  parse_change_limit(update->order_by, update->limit, update->offset);
  return update;
}

Statement* Parser::parse_delete(With* with, bool in_trigger) {
  auto* statement = arena_.make<DeleteStatement>();
  statement->with = with;
  expect(Kind::Delete);
  expect(Kind::From);
  parse_change_target(statement->table, statement->alias, in_trigger);
  parse_index_hint(statement->index_hint, statement->index);
  if (in_trigger) reject_index_hint_in_trigger(statement->index_hint);
  if (accept(Kind::Where)) statement->where = parse_expr();
  if (in_trigger) return statement;
  statement->returning = parse_optional_returning(false);
  parse_change_limit(statement->order_by, statement->limit, statement->offset);
  return statement;
}

}  // namespace sqlrite::sql
