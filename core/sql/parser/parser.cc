// Entry points, tokens, errors and names.
#include "sql/parser/parser.h"

#include "base/text.h"
#include "sql/parser/parser_impl.h"

namespace sqlrite::sql {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

void Parser::advance() {
  if (failed_) return;
  if (!pending_error_.ok()) [[unlikely]] {
    fail_now({});
    return;
  }
  Kind previous = token_.kind;
  previous_kind_ = previous;
  previous_end_ = token_.end;
  token_ = lexer_.next();
  if (token_.kind >= Kind::Window && token_.kind <= Kind::Filter) [[unlikely]] {
    token_.kind = resolve_contextual_keyword(token_.kind, previous);
  }
  if (token_.kind == Kind::Illegal) [[unlikely]] {
    Token bad = token_;
    fail_parts({"unrecognized token: \"", raw(bad), "\""}, bad.begin, When::Now);
  }
}

Token Parser::peek_token() {
  size_t position = lexer_.position();
  Token token = lexer_.next();
  lexer_.seek(position);
  return token;
}

// WINDOW, OVER and FILTER are keywords only in front of (or behind) what must surround them.
TokenKind Parser::resolve_contextual_keyword(Kind kind, Kind previous) {
  size_t position = lexer_.position();
  Kind next = lexer_.next().kind;
  bool keyword = false;
  auto can_be_name = [](Kind k) {
    return is_identifier_or_string(k) || k == Kind::JoinWord || k == Kind::Window || k == Kind::Over;
  };
  if (kind == Kind::Window) {
    keyword = can_be_name(next) && lexer_.next().kind == Kind::As;
  } else if (kind == Kind::Over) {
    keyword = previous == Kind::RightParen && (next == Kind::LeftParen || can_be_name(next));
  } else {
    keyword = previous == Kind::RightParen && next == Kind::LeftParen;
  }
  lexer_.seek(position);
  return keyword ? kind : Kind::Identifier;
}

bool Parser::at_word(std::string_view word) const { return at(Kind::Identifier) && iequals(raw(token_), word); }

Span Parser::trimmed(Span span) const {
  while (span.begin < span.end && is_space(text_[span.begin])) ++span.begin;
  while (span.end > span.begin && is_space(text_[span.end - 1])) --span.end;
  return span;
}

Span Parser::span_until_token(uint32_t begin) const {
  if (failed_) return {begin, begin};
  return trimmed({begin, token_.begin});
}

void Parser::fail_now(std::string_view message, int64_t offset) {
  if (failed_) return;
  failed_ = true;
  error_ = pending_error_.ok() ? Status(Code::Error, message, offset) : std::move(pending_error_);
  token_.kind = Kind::Failed;
}

void Parser::fail_parts(std::initializer_list<std::string_view> parts, int64_t offset, When when) {
  std::string message;
  for (std::string_view part : parts) message += part;
  if (when == When::Now) fail_now(message, offset);
  if (when == When::Soon) fail_text(message, offset);
  if (when == When::Late) fail_late(message, offset);
}

void Parser::fail_text(std::string_view message, int64_t offset) {
  if (!failed_) pending_error_ = Status(Code::Error, message, offset);
}

void Parser::fail_late(std::string_view message, int64_t offset) {
  if (!failed_ && late_error_.ok()) late_error_ = Status(Code::Error, message, offset);
}

void Parser::syntax_error() {
  if (failed_) return;
  pending_error_ = Status();
  if (at(Kind::End)) return fail_now("incomplete input");
  fail_parts({"near \"", raw(token_), "\": syntax error"}, token_.begin, When::Now);
}

bool Parser::enter(uint32_t cost) {
  nesting_ += cost;
  if (nesting_ <= options_.nesting_max) [[likely]]
    return true;
  fail_now("parser stack overflow");
  return false;
}

std::string_view Parser::unquote(std::string_view quoted, char close_quote) {
  std::string_view inner = quoted.substr(1, quoted.size() - 2);
  if (close_quote == ']' || inner.find(close_quote) == std::string_view::npos) return inner;
  char* out = static_cast<char*>(arena_.allocate(inner.size(), 1));
  size_t size = 0;
  for (size_t i = 0; i < inner.size(); ++i) {
    out[size++] = inner[i];
    if (inner[i] == close_quote) ++i;
  }
  return {out, size};
}

Identifier Parser::make_identifier(const Token& token) {
  Identifier id;
  id.span = {token.begin, token.end};
  id.text = raw(token);
  switch (id.text.empty() ? '\0' : id.text[0]) {
    case '"':
      id.quote = Quote::Double;
      id.text = unquote(id.text, '"');
      break;
    case '`':
      id.quote = Quote::Backtick;
      id.text = unquote(id.text, '`');
      break;
    case '[':
      id.quote = Quote::Bracket;
      id.text = unquote(id.text, ']');
      break;
    case '\'':
      id.quote = Quote::Single;
      id.text = unquote(id.text, '\'');
      break;
    default: break;
  }
  return id;
}

Identifier Parser::parse_name() {
  if (!is_name(token_.kind)) {
    syntax_error();
    return {};
  }
  Identifier id = make_identifier(token_);
  advance();
  return id;
}

Identifier Parser::parse_identifier_or_string() {
  if (!is_identifier_or_string(token_.kind)) {
    syntax_error();
    return {};
  }
  return parse_name();
}

QualifiedName Parser::parse_qualified_name() {
  QualifiedName name;
  name.name = parse_name();
  if (accept(Kind::Dot)) {
    name.schema = name.name;
    name.name = parse_name();
  }
  return name;
}

std::span<Identifier> Parser::parse_name_list() {
  ListBuilder<Identifier, 8> names(arena_);
  do {
    names.add(parse_name());
  } while (accept(Kind::Comma));
  return names.finish();
}

std::span<Identifier> Parser::parse_optional_name_list() {
  if (!accept(Kind::LeftParen)) return {};
  std::span<Identifier> names = parse_name_list();
  expect(Kind::RightParen);
  return names;
}

std::span<Identifier> Parser::parse_column_name_list() {
  if (!accept(Kind::LeftParen)) return {};
  ListBuilder<Identifier, 8> names(arena_);
  do {
    Identifier name = parse_name();
    bool decorated = false;
    if (accept(Kind::Collate)) {
      parse_identifier_or_string();
      decorated = true;
    }
    if (accept(Kind::Asc) || accept(Kind::Desc)) decorated = true;
    if (decorated && !failed_) {
      fail_parts({"syntax error after column name \"", name.text, "\""});
    }
    names.add(name);
  } while (accept(Kind::Comma));
  expect(Kind::RightParen);
  return names.finish();
}

Result<ParsedStatement> Parser::parse_first_statement() {
  do {
    advance();
  } while (at(Kind::Semicolon));
  ParsedStatement result;
  if (!at(Kind::End)) {
    result.statement = parse_explained();
    if (at(Kind::Semicolon)) {
      result.has_semicolon = true;
    } else if (!at(Kind::End)) {
      syntax_error();
    }
  } else {
    result.has_semicolon = previous_kind_ == Kind::Semicolon;
  }
  if (!pending_error_.ok()) fail_now({});
  if (failed_) return std::move(error_);
  if (!late_error_.ok()) return std::move(late_error_);
  result.tail = token_.end;
  result.parameter_count = parameter_count_;
  result.parameters = parameters_.span();
  return result;
}

Result<Expr*> Parser::parse_whole_expression() {
  advance();
  Expr* expr = parse_expr();
  if (!at(Kind::End)) syntax_error();
  if (!pending_error_.ok()) fail_now({});
  if (failed_) return std::move(error_);
  if (!late_error_.ok()) return std::move(late_error_);
  return expr;
}

Result<ParsedStatement> parse_statement(std::string_view text, Arena& arena, const ParseOptions& options) {
  if (text.size() > 0x7fffffff) return Status(Code::TooBig);
  return Parser(text, arena, options).parse_first_statement();
}

Result<Expr*> parse_expression(std::string_view text, Arena& arena, const ParseOptions& options) {
  if (text.size() > 0x7fffffff) return Status(Code::TooBig);
  return Parser(text, arena, options).parse_whole_expression();
}

std::string_view column_name_text(const ResultColumn& column, std::string_view statement_text) {
  return column.span.in(statement_text);
}

}  // namespace sqlrite::sql
