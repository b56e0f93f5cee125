// Queries: WITH, compound SELECT, VALUES, FROM, ORDER BY, LIMIT, windows.
#include <algorithm>

#include "base/text.h"
#include "sql/parser/parser_impl.h"

namespace sqlrite::sql {
namespace {

constexpr uint32_t kSelectNestingCost = 8;

const char* op_name(CompoundOp op) {
  switch (op) {
    case CompoundOp::UnionAll: return "UNION ALL";
    case CompoundOp::Except: return "EXCEPT";
    case CompoundOp::Intersect: return "INTERSECT";
    default: return "UNION";
  }
}

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

Expr* Parser::note_depth(Expr* expr) {
  query_depth_ = std::max(query_depth_, expr->depth);
  return expr;
}

Select* Parser::parse_select() {
  uint32_t begin = token_.begin;
  With* with = at(Kind::With) ? parse_with() : nullptr;
  return parse_select_body(with, begin);
}

Select* Parser::parse_select_body(With* with, uint32_t begin) {
  auto* select = arena_.make<Select>();
  select->with = with;
  if (!enter(kSelectNestingCost)) return select;
  uint16_t outer_depth = query_depth_;
  query_depth_ = 0;
  ListBuilder<CompoundPart, 2> parts(arena_);
  CompoundOp op = CompoundOp::None;
  std::string misplaced;
  while (true) {
    auto* core = arena_.make<SelectCore>();
    uint32_t core_begin = token_.begin;
    if (accept(Kind::Values)) {
      parse_values(core);
      core->span = span_from(core_begin);
    } else {
      expect(Kind::Select);
      if (accept(Kind::Distinct)) {
        core->distinct = true;
      } else if (accept(Kind::All)) {
        core->all = true;
      }
      core->columns = parse_result_columns();
      if (accept(Kind::From)) core->from = parse_from();
      if (accept(Kind::Where)) core->where = note_depth(parse_expr());
      if (accept(Kind::Group)) {
        expect(Kind::By);
        core->group_by = parse_expr_list();
        for (Expr* expr : core->group_by) note_depth(expr);
      }
      if (accept(Kind::Having)) core->having = note_depth(parse_expr());
      if (accept(Kind::Window)) core->windows = parse_window_definitions();
      core->span = span_from(core_begin);
      select->order_by = parse_optional_order_by();
      parse_limit(select->limit, select->offset);
      for (const OrderTerm& term : select->order_by) note_depth(term.expr);
    }
    parts.add({op, core});
    if (accept(Kind::Union)) {
      op = accept(Kind::All) ? CompoundOp::UnionAll : CompoundOp::Union;
    } else if (accept(Kind::Except)) {
      op = CompoundOp::Except;
    } else if (accept(Kind::Intersect)) {
      op = CompoundOp::Intersect;
    } else {
      break;
    }
    if (!select->order_by.empty() || select->limit != nullptr) {
      misplaced = select->order_by.empty() ? "LIMIT" : "ORDER BY";
      misplaced += " clause should come after ";
      misplaced += op_name(op);
      misplaced += " not before";
      select->order_by = {};
      select->limit = select->offset = nullptr;
    }
  }
  select->parts = parts.finish();
  select->span = span_from(begin);
  select->depth = std::max<uint16_t>(query_depth_, 1);
  if (!misplaced.empty()) {
    fail_text(misplaced);
  } else if (options_.compound_select_max != 0 && select->parts.size() > options_.compound_select_max) {
    fail_text("too many terms in compound SELECT");
  }
  query_depth_ = outer_depth;
  leave(kSelectNestingCost);
  return select;
}

SelectCore* Parser::parse_values(SelectCore* core) {
  core->is_values = true;
  ListBuilder<ExprList, 4> rows(arena_);
  do {
    expect(Kind::LeftParen);
    ExprList row = parse_expr_list();
    expect(Kind::RightParen);
    for (Expr* expr : row) note_depth(expr);
    if (!rows.empty() && row.size() != rows[0].size()) fail_late("all VALUES must have the same number of terms");
    rows.add(row);
  } while (accept(Kind::Comma));
  core->rows = rows.finish();
  return core;
}

With* Parser::parse_with() {
  auto* with = arena_.make<With>();
  if (!enter(kSelectNestingCost)) return with;
  expect(Kind::With);
  with->recursive = accept(Kind::Recursive);
  ListBuilder<CommonTable, 2> tables(arena_);
  do {
    CommonTable table;
    table.name = parse_name();
    table.columns = parse_column_name_list();
    expect(Kind::As);
    if (accept(Kind::Materialized)) {
      table.materialized = Materialized::Yes;
    } else if (accept(Kind::Not)) {
      expect(Kind::Materialized);
      table.materialized = Materialized::No;
    }
    expect(Kind::LeftParen);
    table.select = parse_select();
    expect(Kind::RightParen);
    for (size_t i = 0; i < tables.size(); ++i) {
      if (!failed_ && iequals(tables[i].name.text, table.name.text)) {
        fail_parts({"duplicate WITH table name: ", table.name.text});
      }
    }
    tables.add(table);
  } while (accept(Kind::Comma));
  with->tables = tables.finish();
  leave(kSelectNestingCost);
  return with;
}

// The current token begins "name.*".
bool Parser::at_table_star() {
  if (!is_name(token_.kind)) return false;
  // Cheap refusal first: most names are not followed by a dot.
  size_t at = token_.end;
  if (at >= text_.size() || (text_[at] != '.' && !is_space(text_[at]) && text_[at] != '/' && text_[at] != '-')) {
    return false;
  }
  size_t position = lexer_.position();
  bool star = lexer_.next().kind == Kind::Dot && lexer_.next().kind == Kind::Star;
  lexer_.seek(position);
  return star;
}

std::span<ResultColumn> Parser::parse_result_columns() {
  ListBuilder<ResultColumn, 4> columns(arena_);
  do {
    ResultColumn column;
    uint32_t begin = token_.begin;
    if (accept(Kind::Star)) {
      column.kind = ResultColumnKind::Star;
      column.span = span_from(begin);
    } else if (at_table_star()) {
      column.kind = ResultColumnKind::TableStar;
      column.table = parse_name();
      advance();
      advance();
      column.span = span_from(begin);
    } else {
      column.expr = note_depth(parse_expr());
      column.span = span_until_token(begin);
      column.alias = parse_optional_alias();
    }
    columns.add(column);
  } while (accept(Kind::Comma));
  return columns.finish();
}

Identifier Parser::parse_optional_alias() {
  if (accept(Kind::As)) return parse_name();
  if (is_identifier_or_string(token_.kind)) return parse_name();
  return {};
}

void Parser::parse_index_hint(IndexHint& hint, Identifier& index) {
  if (accept(Kind::Indexed)) {
    expect(Kind::By);
    hint = IndexHint::IndexedBy;
    index = parse_name();
  } else if (accept(Kind::Not)) {
    expect(Kind::Indexed);
    hint = IndexHint::NotIndexed;
  }
}

TableExpr* Parser::parse_from() {
  if (!enter(kSelectNestingCost)) return arena_.make<TableNameExpr>();
  uint32_t begin = token_.begin;
  TableExpr* left = parse_table_term();
  if (at(Kind::On) || at(Kind::Using)) {
    const char* word = at(Kind::On) ? "ON" : "USING";
    JoinExpr discarded;
    parse_join_condition(&discarded);
    fail_parts({"a JOIN clause is required before ", word});
  }
  uint32_t term_count = 1;
  while (at(Kind::Comma) || at(Kind::Join) || at(Kind::JoinWord)) {
    if (++term_count > options_.from_terms_max) {
      fail_parts({"too many FROM clause terms, max: ", std::to_string(options_.from_terms_max)});
    }
    auto* join = arena_.make<JoinExpr>();
    join->type = parse_join_operator();
    join->left = left;
    join->right = parse_table_term();
    parse_join_condition(join);
    bool conditional = join->on != nullptr || !join->using_columns.empty();
    if ((join->type & kJoinNatural) != 0 && conditional && !in_stored_definition_) {
      fail_late("a NATURAL join may not have an ON or USING clause");
    }
    join->span = span_from(begin);
    left = join;
  }
  leave(kSelectNestingCost);
  return left;
}

void Parser::parse_join_condition(JoinExpr* join) {
  if (accept(Kind::On)) {
    join->on = parse_expr();
  } else if (accept(Kind::Using)) {
    expect(Kind::LeftParen);
    join->using_columns = parse_name_list();
    expect(Kind::RightParen);
  }
}

uint8_t Parser::parse_join_operator() {
  if (accept(Kind::Comma)) return kJoinComma;
  if (accept(Kind::Join)) return 0;
  // A join word, then up to two more names, then JOIN.
  uint8_t type = 0;
  bool unknown = false;
  uint32_t begin = token_.begin;
  std::string words;
  for (int count = 0; count < 3 && !at(Kind::Join); ++count) {
    if (!is_name(token_.kind)) break;
    std::string_view word = raw(token_);
    if (iequals(word, "natural")) {
      type |= kJoinNatural;
    } else if (iequals(word, "left")) {
      type |= kJoinLeft;
    } else if (iequals(word, "right")) {
      type |= kJoinRight;
    } else if (iequals(word, "full")) {
      type |= kJoinFull;
    } else if (iequals(word, "outer")) {
      type |= kJoinOuter;
    } else if (iequals(word, "inner")) {
      type |= kJoinInner;
    } else if (iequals(word, "cross")) {
      type |= kJoinCross;
    } else {
      unknown = true;
    }
    if (!words.empty()) words += ' ';
    words += word;
    advance();
  }
  expect(Kind::Join);
  bool outer_side = (type & kJoinFull) != 0;
  bool outer = outer_side || (type & kJoinOuter) != 0;
  bool inner = (type & (kJoinInner | kJoinCross)) != 0;
  if (unknown || (inner && outer) || (outer && !outer_side)) {
    fail_parts({"unknown join type: ", words}, begin);
  }
  return type;
}

TableExpr* Parser::parse_table_term() {
  uint32_t begin = token_.begin;
  if (accept(Kind::LeftParen)) {
    if (at_select_start()) {
      auto* subquery = arena_.make<TableSubqueryExpr>();
      subquery->select = parse_select();
      expect(Kind::RightParen);
      subquery->alias = parse_optional_alias();
      subquery->span = span_from(begin);
      return subquery;
    }
    TableExpr* inner = parse_from();
    expect(Kind::RightParen);
    Identifier alias = parse_optional_alias();
    if (auto* join = inner->try_as<JoinExpr>()) {
      join->parenthesized = true;
      if (alias.present()) join->alias = alias;
    } else if (alias.present()) {
      // A lone table in parentheses takes the alias from outside.
      if (auto* name = inner->try_as<TableNameExpr>()) name->alias = alias;
      if (auto* function = inner->try_as<TableFunctionExpr>()) function->alias = alias;
      if (auto* subquery = inner->try_as<TableSubqueryExpr>()) subquery->alias = alias;
    }
    inner->span = span_from(begin);
    return inner;
  }
  QualifiedName name = parse_source_name();
  if (accept(Kind::LeftParen)) {
    auto* function = arena_.make<TableFunctionExpr>();
    function->name = name;
    function->arguments = parse_optional_expr_list();
    expect(Kind::RightParen);
    function->alias = parse_optional_alias();
    function->span = span_from(begin);
    return function;
  }
  auto* table = arena_.make<TableNameExpr>();
  table->name = name;
  table->alias = parse_optional_alias();
  parse_index_hint(table->index_hint, table->index);
  table->span = span_from(begin);
  return table;
}

QualifiedName Parser::parse_source_name() {
  QualifiedName name = parse_qualified_name();
  if (in_stored_definition_ && name.schema.present()) schemas_named_.push_back(name.schema);
  return name;
}

std::span<OrderTerm> Parser::parse_order_terms() {
  ListBuilder<OrderTerm, 4> terms(arena_);
  do {
    OrderTerm term;
    term.expr = parse_expr();
    if (accept(Kind::Asc)) {
      term.order = SortOrder::Ascending;
    } else if (accept(Kind::Desc)) {
      term.order = SortOrder::Descending;
    }
    if (accept(Kind::Nulls)) {
      if (accept(Kind::First)) {
        term.nulls = NullsOrder::First;
      } else {
        expect(Kind::Last);
        term.nulls = NullsOrder::Last;
      }
    }
    terms.add(term);
  } while (accept(Kind::Comma));
  return terms.finish();
}

std::span<OrderTerm> Parser::parse_optional_order_by() {
  if (!accept(Kind::Order)) return {};
  expect(Kind::By);
  return parse_order_terms();
}

void Parser::parse_limit(Expr*& limit, Expr*& offset) {
  if (!accept(Kind::Limit)) return;
  limit = note_depth(parse_expr());
  if (accept(Kind::Offset)) {
    offset = note_depth(parse_expr());
  } else if (accept(Kind::Comma)) {
    // LIMIT offset, limit
    offset = limit;
    limit = note_depth(parse_expr());
  }
}

std::span<WindowDefinition> Parser::parse_window_definitions() {
  ListBuilder<WindowDefinition, 2> definitions(arena_);
  do {
    WindowDefinition definition;
    definition.name = parse_name();
    expect(Kind::As);
    expect(Kind::LeftParen);
    definition.spec = parse_window_body();
    expect(Kind::RightParen);
    definitions.add(definition);
  } while (accept(Kind::Comma));
  return definitions.finish();
}

// What stands between the parentheses of OVER (...) and WINDOW name AS (...).
WindowSpec* Parser::parse_window_body() {
  auto* spec = arena_.make<WindowSpec>();
  uint32_t begin = token_.begin;
  bool at_clause = at(Kind::Partition) || at(Kind::Range) || at(Kind::Rows) || at(Kind::Groups);
  if (!at_clause && is_name(token_.kind)) spec->base = parse_name();
  if (accept(Kind::Partition)) {
    expect(Kind::By);
    spec->partition_by = parse_expr_list();
  }
  spec->order_by = parse_optional_order_by();
  parse_frame(spec->frame);
  spec->span = span_from(begin);
  return spec;
}

void Parser::parse_frame(WindowFrame& frame) {
  if (accept(Kind::Range)) {
    frame.unit = FrameUnit::Range;
  } else if (accept(Kind::Rows)) {
    frame.unit = FrameUnit::Rows;
  } else if (accept(Kind::Groups)) {
    frame.unit = FrameUnit::Groups;
  } else {
    return;
  }
  frame.explicit_frame = true;
  if (accept(Kind::Between)) {
    frame.between = true;
    frame.start = parse_frame_bound(false);
    expect(Kind::And);
    frame.end = parse_frame_bound(true);
  } else {
    frame.start = parse_frame_bound(false);
    frame.end = {FrameBoundKind::CurrentRow, nullptr};
  }
  if (frame.start.kind > frame.end.kind) fail_text("unsupported frame specification");
  if (!accept(Kind::Exclude)) return;
  if (accept(Kind::No)) {
    expect(Kind::Others);
    frame.exclude = FrameExclude::NoOthers;
  } else if (accept(Kind::Current)) {
    expect(Kind::Row);
    frame.exclude = FrameExclude::CurrentRow;
  } else if (accept(Kind::Group)) {
    frame.exclude = FrameExclude::Group;
  } else {
    expect(Kind::Ties);
    frame.exclude = FrameExclude::Ties;
  }
}

FrameBound Parser::parse_frame_bound(bool is_end) {
  if (accept(Kind::Current)) {
    expect(Kind::Row);
    return {FrameBoundKind::CurrentRow, nullptr};
  }
  if (accept(Kind::Unbounded)) {
    expect(is_end ? Kind::Following : Kind::Preceding);
    return {is_end ? FrameBoundKind::UnboundedFollowing : FrameBoundKind::UnboundedPreceding, nullptr};
  }
  Expr* offset = parse_expr();
  if (accept(Kind::Preceding)) return {FrameBoundKind::Preceding, offset};
  expect(Kind::Following);
  return {FrameBoundKind::Following, offset};
}

}  // namespace sqlrite::sql
