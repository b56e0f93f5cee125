// Expressions: precedence climbing over SQLite's operator table.
#include <algorithm>
#include <array>

#include "base/text.h"
#include "sql/parser/parser_impl.h"

namespace sqlrite::sql {
namespace {

// Lowest to highest. All binary operators associate to the left.
enum : int {
  kPrecedenceOr = 1,
  kPrecedenceAnd = 2,
  kPrecedenceNot = 3,
  kPrecedenceEqual = 4,  // = <> IS LIKE BETWEEN IN ISNULL ...
  kPrecedenceLess = 5,
  kPrecedenceBits = 7,  // & | << >>
  kPrecedenceAdd = 8,
  kPrecedenceMultiply = 9,
  kPrecedenceConcat = 10,  // || -> ->>
  kPrecedenceCollate = 11,
  kPrecedencePrefix = 12,  // ~ - +
};

constexpr std::array<uint8_t, kTokenKindCount> build_precedences() {
  std::array<uint8_t, kTokenKindCount> table{};
  auto set = [&](TokenKind kind, int precedence) {
    table[static_cast<size_t>(kind)] = static_cast<uint8_t>(precedence);
  };
  set(TokenKind::Or, kPrecedenceOr);
  set(TokenKind::And, kPrecedenceAnd);
  for (TokenKind kind : {TokenKind::Equal, TokenKind::NotEqual, TokenKind::Is, TokenKind::LikeWord, TokenKind::Match,
                         TokenKind::Between, TokenKind::In, TokenKind::IsNull, TokenKind::NotNull, TokenKind::Not}) {
    set(kind, kPrecedenceEqual);
  }
  for (TokenKind kind : {TokenKind::Less, TokenKind::LessEqual, TokenKind::Greater, TokenKind::GreaterEqual}) {
    set(kind, kPrecedenceLess);
  }
  for (TokenKind kind : {TokenKind::BitAnd, TokenKind::BitOr, TokenKind::ShiftLeft, TokenKind::ShiftRight}) {
    set(kind, kPrecedenceBits);
  }
  set(TokenKind::Plus, kPrecedenceAdd);
  set(TokenKind::Minus, kPrecedenceAdd);
  for (TokenKind kind : {TokenKind::Star, TokenKind::Slash, TokenKind::Percent}) set(kind, kPrecedenceMultiply);
  for (TokenKind kind : {TokenKind::Concat, TokenKind::Arrow, TokenKind::LongArrow}) set(kind, kPrecedenceConcat);
  set(TokenKind::Collate, kPrecedenceCollate);
  return table;
}
constexpr std::array<uint8_t, kTokenKindCount> kPrecedences = build_precedences();

BinaryOp binary_op(TokenKind kind) {
  switch (kind) {
    case TokenKind::Or: return BinaryOp::Or;
    case TokenKind::And: return BinaryOp::And;
    case TokenKind::Equal: return BinaryOp::Equal;
    case TokenKind::NotEqual: return BinaryOp::NotEqual;
    case TokenKind::Less: return BinaryOp::Less;
    case TokenKind::LessEqual: return BinaryOp::LessEqual;
    case TokenKind::Greater: return BinaryOp::Greater;
    case TokenKind::GreaterEqual: return BinaryOp::GreaterEqual;
    case TokenKind::BitAnd: return BinaryOp::BitAnd;
    case TokenKind::BitOr: return BinaryOp::BitOr;
    case TokenKind::ShiftLeft: return BinaryOp::ShiftLeft;
    case TokenKind::ShiftRight: return BinaryOp::ShiftRight;
    case TokenKind::Plus: return BinaryOp::Add;
    case TokenKind::Minus: return BinaryOp::Subtract;
    case TokenKind::Star: return BinaryOp::Multiply;
    case TokenKind::Slash: return BinaryOp::Divide;
    case TokenKind::Percent: return BinaryOp::Modulo;
    case TokenKind::Concat: return BinaryOp::Concat;
    case TokenKind::Arrow: return BinaryOp::Arrow;
    default: return BinaryOp::LongArrow;
  }
}

uint32_t deepest(ExprList list) {
  uint32_t depth = 0;
  for (const Expr* expr : list) depth = std::max<uint32_t>(depth, expr->depth);
  return depth;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
int hex_value(char c) { return is_digit(c) ? c - '0' : ascii_lower(c) - 'a' + 10; }
bool is_hex_digit(char c) { return is_digit(c) || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f'); }

}  // namespace

Expr* Parser::dummy_expr() { return arena_.make<LiteralExpr>(); }

// Sets span and depth of a finished node and enforces the depth limit.
void Parser::close(Expr* expr, uint32_t begin, uint32_t child_depth) {
  expr->span = span_from(begin);
  uint32_t depth = child_depth + 1;
  expr->depth = static_cast<uint16_t>(std::min<uint32_t>(depth, 0xffff));
  if (options_.expr_depth_max != 0 && depth > options_.expr_depth_max) [[unlikely]] {
    fail_parts({"Expression tree is too large (maximum depth ", std::to_string(options_.expr_depth_max), ")"});
  }
}

Expr* Parser::parse_operators(int precedence_min) {
  if (!enter(1)) return dummy_expr();
  uint32_t begin = token_.begin;
  Expr* left = parse_prefix();
  while (true) {
    int precedence = kPrecedences[static_cast<size_t>(token_.kind)];
    if (precedence == 0 || precedence < precedence_min) break;
    left = parse_infix(left, begin);
  }
  leave(1);
  return left;
}

Expr* Parser::make_unary(UnaryOp op, Expr* operand, uint32_t begin) {
  auto* unary = arena_.make<UnaryExpr>();
  unary->op = op;
  unary->operand = operand;
  close(unary, begin, operand->depth);
  return unary;
}

Expr* Parser::make_binary(BinaryOp op, Span op_span, Expr* left, Expr* right, uint32_t begin) {
  auto* binary = arena_.make<BinaryExpr>();
  binary->op = op;
  binary->op_span = op_span;
  binary->left = left;
  binary->right = right;
  close(binary, begin, std::max(left->depth, right->depth));
  return binary;
}

Expr* Parser::parse_infix(Expr* left, uint32_t begin) {
  Token op = token_;
  if (op.kind == Kind::LikeWord || op.kind == Kind::Match) return parse_like(left, false, begin);
  advance();
  switch (op.kind) {
    case Kind::Collate: {
      auto* collate = arena_.make<CollateExpr>();
      collate->operand = left;
      collate->collation = parse_identifier_or_string();
      close(collate, begin, left->depth);
      return collate;
    }
    case Kind::IsNull: return make_unary(UnaryOp::IsNull, left, begin);
    case Kind::NotNull: return make_unary(UnaryOp::NotNull, left, begin);
    case Kind::Is: return parse_is(left, begin);
    case Kind::Not:
      if (accept(Kind::Null)) return make_unary(UnaryOp::NotNull, left, begin);
      if (at(Kind::LikeWord) || at(Kind::Match)) return parse_like(left, true, begin);
      if (accept(Kind::Between)) return parse_between(left, true, begin);
      if (accept(Kind::In)) return parse_in(left, true, begin);
      syntax_error();
      return left;
    case Kind::Between: return parse_between(left, false, begin);
    case Kind::In: return parse_in(left, false, begin);
    default: {
      Expr* right = parse_operators(kPrecedences[static_cast<size_t>(op.kind)] + 1);
      return make_binary(binary_op(op.kind), {op.begin, op.end}, left, right, begin);
    }
  }
}

Expr* Parser::parse_is(Expr* left, uint32_t begin) {
  Span op_span = {previous_end_ - 2, previous_end_};
  bool negated = accept(Kind::Not);
  BinaryOp op = negated ? BinaryOp::IsNot : BinaryOp::Is;
  bool distinct = accept(Kind::Distinct);
  if (distinct) {
    expect(Kind::From);
    op = negated ? BinaryOp::IsNotDistinctFrom : BinaryOp::IsDistinctFrom;
  }
  Expr* right = parse_operators(kPrecedenceEqual + 1);
  const auto* literal = right->try_as<LiteralExpr>();
  if (!distinct && literal != nullptr && literal->literal == LiteralKind::Null) {
    return make_unary(negated ? UnaryOp::NotNull : UnaryOp::IsNull, left, begin);
  }
  return make_binary(op, op_span, left, right, begin);
}

Expr* Parser::parse_like(Expr* left, bool negated, uint32_t begin) {
  auto* like = arena_.make<LikeExpr>();
  like->negated = negated;
  if (at(Kind::Match)) {
    like->op = LikeOp::Match;
  } else {
    char first = ascii_lower(failed_ ? 'l' : text_[token_.begin]);
    like->op = first == 'l' ? LikeOp::Like : first == 'g' ? LikeOp::Glob : LikeOp::Regexp;
  }
  advance();
  like->subject = left;
  like->pattern = parse_operators(kPrecedenceEqual + 1);
  uint32_t depth = std::max(left->depth, like->pattern->depth);
  if (accept(Kind::Escape)) {
    like->escape = parse_operators(kPrecedenceEqual + 1);
    depth = std::max<uint32_t>(depth, like->escape->depth);
  }
  close(like, begin, depth);
  return like;
}

Expr* Parser::parse_between(Expr* left, bool negated, uint32_t begin) {
  auto* between = arena_.make<BetweenExpr>();
  between->negated = negated;
  between->subject = left;
  between->low = parse_operators(kPrecedenceNot);
  // "a BETWEEN b OR c AND d": the AND belongs to the OR's right side, so that BETWEEN stays without one.
  while (accept(Kind::Or)) parse_operators(kPrecedenceAnd);
  expect(Kind::And);
  between->high = parse_operators(kPrecedenceEqual + 1);
  close(between, begin, std::max({left->depth, between->low->depth, between->high->depth}));
  return between;
}

Expr* Parser::parse_in(Expr* left, bool negated, uint32_t begin) {
  auto* in = arena_.make<InExpr>();
  if (!enter(1)) return in;
  in->negated = negated;
  in->subject = left;
  uint32_t depth = left->depth;
  if (accept(Kind::LeftParen)) {
    if (at_select_start()) {
      in->source = InSource::Select;
      in->select = parse_select();
      depth = std::max<uint32_t>(depth, in->select->depth);
    } else {
      in->list = parse_optional_expr_list();
      depth = std::max(depth, deepest(in->list));
    }
    expect(Kind::RightParen);
  } else {
    in->source = InSource::Table;
    in->table = parse_source_name();
    if (accept(Kind::LeftParen)) {
      in->source = InSource::TableFunction;
      in->list = parse_optional_expr_list();
      expect(Kind::RightParen);
    }
    depth = std::max(depth, deepest(in->list) + 1);
  }
  leave(1);
  close(in, begin, depth);
  return in;
}

Expr* Parser::parse_unary(UnaryOp op, int operand_precedence) {
  uint32_t begin = token_.begin;
  advance();
  negated_number_ = op == UnaryOp::Minus && at(Kind::Integer);
  Expr* operand = parse_operators(operand_precedence);
  if (op == UnaryOp::Minus) {
    // The one integer whose digits alone do not fit.
    auto* literal = operand->try_as<LiteralExpr>();
    if (literal != nullptr && literal->literal == LiteralKind::Real && literal->text == "9223372036854775808") {
      literal->literal = LiteralKind::Integer;
      literal->integer = INT64_MIN;
      literal->text = "-9223372036854775808";
      literal->span = span_from(begin);
      return literal;
    }
  }
  return make_unary(op, operand, begin);
}

Expr* Parser::parse_prefix() {
  switch (token_.kind) {
    case Kind::Integer:
    case Kind::Float:
    case Kind::SeparatedNumber: return parse_number();
    case Kind::Null:
    case Kind::Blob:
    case Kind::CurrentTimeWord: return parse_literal();
    case Kind::String:  // a literal, or the table in 'table'.column
      return parse_name_expr();
    case Kind::Variable: return parse_parameter();
    case Kind::LeftParen: return parse_parenthesized();
    case Kind::Minus: return parse_unary(UnaryOp::Minus, kPrecedencePrefix);
    case Kind::Plus: return parse_unary(UnaryOp::Plus, kPrecedencePrefix);
    case Kind::BitNot: return parse_unary(UnaryOp::BitNot, kPrecedencePrefix);
    case Kind::Not: return parse_unary(UnaryOp::Not, kPrecedenceNot);
    case Kind::Case: return parse_case();
    case Kind::Cast: return parse_cast();
    case Kind::Raise: return parse_raise();
    case Kind::Exists: return parse_exists();
    default:
      if (is_expression_name(token_.kind)) return parse_name_expr();
      syntax_error();
      return dummy_expr();
  }
}

Expr* Parser::parse_literal() {
  auto* literal = arena_.make<LiteralExpr>();
  std::string_view text = raw(token_);
  switch (token_.kind) {
    case Kind::Blob: {
      literal->literal = LiteralKind::Blob;
      std::string_view digits = text.substr(2, text.size() - 3);
      char* bytes = static_cast<char*>(arena_.allocate(digits.size() / 2 + 1, 1));
      for (size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes[i / 2] = static_cast<char>(hex_value(digits[i]) * 16 + hex_value(digits[i + 1]));
      }
      literal->text = {bytes, digits.size() / 2};
      break;
    }
    case Kind::CurrentTimeWord:
      literal->literal = text.size() == 17             ? LiteralKind::CurrentTimestamp
                         : ascii_lower(text[8]) == 'd' ? LiteralKind::CurrentDate
                                                       : LiteralKind::CurrentTime;
      break;
    default: break;
  }
  uint32_t begin = token_.begin;
  advance();
  literal->span = span_from(begin);
  return literal;
}

Expr* Parser::parse_number() {
  auto* literal = arena_.make<LiteralExpr>();
  uint32_t begin = token_.begin;
  std::string_view text = raw(token_);
  bool hex = text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
  bool real = token_.kind == Kind::Float;
  Kind kind = token_.kind;
  bool negated = negated_number_;
  negated_number_ = false;
  advance();
  literal->span = span_from(begin);
  if (kind == Kind::SeparatedNumber) {
    // Separators may only stand between two digits.
    char* out = static_cast<char*>(arena_.allocate(text.size(), 1));
    size_t size = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '_') {
        if (!hex && (text[i] == '.' || ascii_lower(text[i]) == 'e')) real = true;
        out[size++] = text[i];
        continue;
      }
      auto counts = [&](char c) { return hex ? is_hex_digit(c) : is_digit(c); };
      if (i == 0 || i + 1 >= text.size() || !counts(text[i - 1]) || !counts(text[i + 1])) {
        fail_parts({"unrecognized token: \"", std::string_view(out, size), text.substr(size), "\""});
        return literal;
      }
    }
    text = {out, size};
  }
  literal->text = text;
  literal->literal = LiteralKind::Integer;
  if (real) {
    literal->literal = LiteralKind::Real;
    return literal;
  }
  uint64_t value = 0;
  if (hex) {
    size_t first = 2;
    while (first < text.size() && text[first] == '0') ++first;
    for (size_t i = first; i < text.size(); ++i) value = value * 16 + static_cast<uint64_t>(hex_value(text[i]));
    if (text.size() - first > 16 || (negated && value == uint64_t{1} << 63)) {
      fail_parts({negated ? "hex literal too big: -" : "hex literal too big: ", text}, begin, When::Late);
    }
    literal->integer = static_cast<int64_t>(value);
    return literal;
  }
  for (char c : text) {
    uint64_t digit = static_cast<uint64_t>(c - '0');
    if (value > (static_cast<uint64_t>(INT64_MAX) - digit) / 10) {
      literal->literal = LiteralKind::Real;
      return literal;
    }
    value = value * 10 + digit;
  }
  literal->integer = static_cast<int64_t>(value);
  return literal;
}

Expr* Parser::parse_parameter() {
  auto* parameter = arena_.make<ParameterExpr>();
  Token token = token_;
  std::string_view name = raw(token);
  if (name[0] == '#' && is_digit(name[1])) {
    advance();
    fail_parts({"near \"", name, "\": syntax error"}, token.begin);
    return parameter;
  }
  advance();
  if (failed_) return parameter;
  parameter->span = span_from(token.begin);
  uint32_t number = 0;
  bool named = name.size() > 1;
  if (!named) {
    number = ++parameter_count_;
  } else {
    bool numbered = name[0] == '?';
    bool known = false;
    if (numbered) {
      uint64_t value = 0;
      for (char c : name.substr(1)) value = std::min<uint64_t>(value * 10 + static_cast<uint64_t>(c - '0'), 1u << 31);
      if (value < 1 || value > options_.parameter_number_max) {
        fail_parts({"variable number must be between ?1 and ?", std::to_string(options_.parameter_number_max)},
                   token.begin);
        return parameter;
      }
      number = static_cast<uint32_t>(value);
      for (const ParameterInfo& info : parameters_) known = known || info.number == number;
      parameter_count_ = std::max(parameter_count_, number);
    } else {
      for (const ParameterInfo& info : parameters_) {
        if (info.name == name) {
          number = info.number;
          known = true;
          break;
        }
      }
      if (!known) number = ++parameter_count_;
    }
    if (!known) parameters_.push_back({number, name});
    parameter->name = name;
  }
  if (number > options_.parameter_number_max) {
    fail_text("too many SQL variables", token.begin);
    return parameter;
  }
  parameter->number = number;
  return parameter;
}

Expr* Parser::parse_name_expr() {
  Token first = token_;
  advance();
  if (first.kind == Kind::String && !at(Kind::Dot)) {
    auto* literal = arena_.make<LiteralExpr>();
    literal->literal = LiteralKind::String;
    literal->text = unquote(raw(first), '\'');
    literal->span = {first.begin, first.end};
    return literal;
  }
  if (at(Kind::LeftParen)) return parse_function(first);
  auto* column = arena_.make<ColumnRefExpr>();
  column->column = make_identifier(first);
  if (accept(Kind::Dot)) {
    column->table = column->column;
    column->column = parse_name();
    if (accept(Kind::Dot)) {
      column->schema = column->table;
      column->table = column->column;
      column->column = parse_name();
    }
  }
  column->span = span_from(first.begin);
  return column;
}

Expr* Parser::parse_function(const Token& name) {
  auto* function = arena_.make<FunctionExpr>();
  if (!enter(1)) return function;
  function->name = make_identifier(name);
  advance();
  uint32_t depth = 0;
  if (accept(Kind::Star)) {
    function->star = true;
  } else {
    if (accept(Kind::Distinct)) {
      function->distinct = true;
    } else {
      accept(Kind::All);
    }
    if (!at(Kind::RightParen) && !at(Kind::Order)) {
      function->arguments = parse_expr_list();
      depth = deepest(function->arguments);
    }
    if (accept(Kind::Order)) {
      expect(Kind::By);
      function->order_by = parse_order_terms();
      for (const OrderTerm& term : function->order_by) depth = std::max<uint32_t>(depth, term.expr->depth);
    }
  }
  expect(Kind::RightParen);
  if (function->arguments.size() > options_.function_arguments_max) {
    fail_parts({"too many arguments on function ", raw(name)}, name.begin);
  }
  if (accept(Kind::Filter)) {
    expect(Kind::LeftParen);
    expect(Kind::Where);
    function->filter = parse_expr();
    depth = std::max<uint32_t>(depth, function->filter->depth);
    expect(Kind::RightParen);
  }
  if (accept(Kind::Over)) {
    if (accept(Kind::LeftParen)) {
      function->over = parse_window_body();
      expect(Kind::RightParen);
    } else {
      function->over = arena_.make<WindowSpec>();
      function->over->reference = true;
      uint32_t begin = token_.begin;
      function->over->base = parse_name();
      function->over->span = span_from(begin);
    }
  }
  leave(1);
  close(function, name.begin, depth);
  return function;
}

Expr* Parser::parse_exists() {
  uint32_t begin = token_.begin;
  advance();
  expect(Kind::LeftParen);
  auto* exists = arena_.make<ExistsExpr>();
  exists->select = parse_select();
  expect(Kind::RightParen);
  close(exists, begin, exists->select->depth);
  return exists;
}

Expr* Parser::parse_parenthesized() {
  uint32_t begin = token_.begin;
  advance();
  if (at_select_start()) return parse_subquery(begin);
  Expr* first = parse_expr();
  if (at(Kind::Comma)) return parse_row(first, begin);
  expect(Kind::RightParen);
  return first;
}

Expr* Parser::parse_subquery(uint32_t begin) {
  auto* subquery = arena_.make<SubqueryExpr>();
  subquery->select = parse_select();
  expect(Kind::RightParen);
  close(subquery, begin, subquery->select->depth);
  return subquery;
}

Expr* Parser::parse_row(Expr* first, uint32_t begin) {
  ListBuilder<Expr*, 4> elements(arena_);
  elements.add(first);
  while (accept(Kind::Comma)) elements.add(parse_expr());
  expect(Kind::RightParen);
  auto* row = arena_.make<RowValueExpr>();
  row->elements = elements.finish();
  close(row, begin, deepest(row->elements));
  return row;
}

Expr* Parser::parse_case() {
  auto* expr = arena_.make<CaseExpr>();
  if (!enter(1)) return expr;
  uint32_t begin = token_.begin;
  uint32_t depth = 0;
  auto part = [&]() {
    Expr* child = parse_expr();
    depth = std::max<uint32_t>(depth, child->depth);
    return child;
  };
  advance();
  if (!at(Kind::When)) expr->operand = part();
  ListBuilder<CaseBranch, 4> branches(arena_);
  do {
    expect(Kind::When);
    CaseBranch branch;
    branch.when = part();
    expect(Kind::Then);
    branch.then = part();
    branches.add(branch);
  } while (at(Kind::When));
  expr->branches = branches.finish();
  if (accept(Kind::Else)) expr->otherwise = part();
  expect(Kind::EndWord);
  leave(1);
  close(expr, begin, depth);
  return expr;
}

Expr* Parser::parse_cast() {
  auto* cast = arena_.make<CastExpr>();
  uint32_t begin = token_.begin;
  advance();
  expect(Kind::LeftParen);
  cast->operand = parse_expr();
  expect(Kind::As);
  cast->type_name = parse_type_name(false);
  expect(Kind::RightParen);
  close(cast, begin, cast->operand->depth);
  return cast;
}

Expr* Parser::parse_raise() {
  auto* raise = arena_.make<RaiseExpr>();
  uint32_t begin = token_.begin;
  uint32_t depth = 0;
  advance();
  expect(Kind::LeftParen);
  if (!accept(Kind::Ignore)) {
    if (accept(Kind::Rollback)) {
      raise->action = RaiseAction::Rollback;
    } else if (accept(Kind::Abort)) {
      raise->action = RaiseAction::Abort;
    } else {
      expect(Kind::Fail);
      raise->action = RaiseAction::Fail;
    }
    expect(Kind::Comma);
    raise->message = parse_expr();
    depth = raise->message->depth;
  }
  expect(Kind::RightParen);
  close(raise, begin, depth);
  return raise;
}

ExprList Parser::parse_expr_list() {
  ListBuilder<Expr*, 4> list(arena_);
  do {
    list.add(parse_expr());
  } while (accept(Kind::Comma));
  return list.finish();
}

ExprList Parser::parse_optional_expr_list() {
  if (at(Kind::RightParen)) return {};
  return parse_expr_list();
}

// words [( number [, number] )]. A quoted type is cut at its closing quote, and a column's trailing
// GENERATED ALWAYS (which the word loop cannot tell from type words) is taken off, both as SQLite does.
std::string_view Parser::parse_type_name(bool column) {
  if (!is_identifier_or_string(token_.kind)) return {};
  Token first = token_;
  while (is_identifier_or_string(token_.kind)) advance();
  if (accept(Kind::LeftParen)) {
    auto parse_size = [&]() {
      if (!accept(Kind::Plus)) accept(Kind::Minus);
      if (!accept(Kind::Float)) expect(Kind::Integer);
    };
    parse_size();
    if (accept(Kind::Comma)) parse_size();
    expect(Kind::RightParen);
  }
  if (failed_) return {};
  std::string_view type = text_.substr(first.begin, previous_end_ - first.begin);
  auto strip_word = [&](std::string_view word) {
    if (type.size() < word.size() || !iequals(type.substr(type.size() - word.size()), word)) return false;
    type.remove_suffix(word.size());
    while (!type.empty() && (type.back() == ' ' || (type.back() >= '\t' && type.back() <= '\r'))) type.remove_suffix(1);
    return true;
  };
  if (column && type.size() >= 16 && strip_word("always")) strip_word("generated");
  if (type.empty()) return type;
  char open = type[0];
  if (open == '"' || open == '`' || open == '[' || open == '\'') return make_identifier(first).text;
  return type;
}

}  // namespace sqlrite::sql
