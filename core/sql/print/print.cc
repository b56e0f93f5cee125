// Names, literals, expressions and queries.
#include "sql/print/print.h"

#include <algorithm>

#include "sql/lexer/lexer.h"
#include "sql/print/printer.h"

namespace sqlrite::sql {
namespace {

// Mirrors the parser's table.
constexpr int kEqualPrecedence = 4;
constexpr int kNotPrecedence = 3;
constexpr int kCollatePrecedence = 11;
constexpr int kPrefixPrecedence = 12;
constexpr int kPrimaryPrecedence = 13;

struct BinaryInfo {
  const char* text;
  int precedence;
};

BinaryInfo binary_info(BinaryOp op) {
  switch (op) {
    case BinaryOp::Or: return {"OR", 1};
    case BinaryOp::And: return {"AND", 2};
    case BinaryOp::Equal: return {"=", 4};
    case BinaryOp::NotEqual: return {"<>", 4};
    case BinaryOp::Is: return {"IS", 4};
    case BinaryOp::IsNot: return {"IS NOT", 4};
    case BinaryOp::IsDistinctFrom: return {"IS DISTINCT FROM", 4};
    case BinaryOp::IsNotDistinctFrom: return {"IS NOT DISTINCT FROM", 4};
    case BinaryOp::Less: return {"<", 5};
    case BinaryOp::LessEqual: return {"<=", 5};
    case BinaryOp::Greater: return {">", 5};
    case BinaryOp::GreaterEqual: return {">=", 5};
    case BinaryOp::BitAnd: return {"&", 7};
    case BinaryOp::BitOr: return {"|", 7};
    case BinaryOp::ShiftLeft: return {"<<", 7};
    case BinaryOp::ShiftRight: return {">>", 7};
    case BinaryOp::Add: return {"+", 8};
    case BinaryOp::Subtract: return {"-", 8};
    case BinaryOp::Multiply: return {"*", 9};
    case BinaryOp::Divide: return {"/", 9};
    case BinaryOp::Modulo: return {"%", 9};
    case BinaryOp::Concat: return {"||", 10};
    case BinaryOp::Arrow: return {"->", 10};
    case BinaryOp::LongArrow: return {"->>", 10};
  }
  return {"", 0};
}

int precedence_of(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::Binary: return binary_info(expr.as<BinaryExpr>()->op).precedence;
    case ExprKind::Like:
    case ExprKind::Between:
    case ExprKind::In: return kEqualPrecedence;
    case ExprKind::Collate: return kCollatePrecedence;
    case ExprKind::Unary:
      switch (expr.as<UnaryExpr>()->op) {
        case UnaryOp::Not: return kNotPrecedence;
        case UnaryOp::IsNull:
        case UnaryOp::NotNull: return kEqualPrecedence;
        default: return kPrefixPrecedence;
      }
    case ExprKind::Literal:
      // The smallest integer is a literal with a sign.
      return expr.as<LiteralExpr>()->text.starts_with('-') && expr.as<LiteralExpr>()->literal == LiteralKind::Integer
                 ? kPrefixPrecedence
                 : kPrimaryPrecedence;
    default: return kPrimaryPrecedence;
  }
}

void quoted(std::string_view text, char open, char close, std::string& out) {
  out += open;
  for (char c : text) {
    out += c;
    if (c == close) out += c;
  }
  out += close;
}

// Words, then perhaps (n) or (n, n).
bool is_plain_type(std::string_view type) {
  if (type.front() <= ' ' || type.back() <= ' ') return false;
  Lexer lexer(type);
  Token token = lexer.next();
  if (!is_identifier(token.kind)) return false;
  while (is_identifier(token.kind)) {
    char first = type[token.begin];
    if (first == '"' || first == '`' || first == '[') return false;
    token = lexer.next();
  }
  if (token.kind == TokenKind::End) return true;
  if (token.kind != TokenKind::LeftParen) return false;
  for (int numbers = 0; numbers < 2; ++numbers) {
    token = lexer.next();
    if (token.kind == TokenKind::Minus || token.kind == TokenKind::Plus) token = lexer.next();
    if (token.kind != TokenKind::Integer && token.kind != TokenKind::Float) return false;
    token = lexer.next();
    if (token.kind == TokenKind::RightParen) return lexer.next().kind == TokenKind::End;
    if (token.kind != TokenKind::Comma) return false;
  }
  return false;
}

}  // namespace

void print_identifier(std::string_view name, std::string& out, bool quote_always) {
  bool plain = !quote_always && !name.empty() && !(name[0] >= '0' && name[0] <= '9') && name[0] != '$' &&
               std::all_of(name.begin(), name.end(), is_identifier_byte) && keyword_kind(name) == TokenKind::Identifier;
  if (plain) {
    out += name;
  } else {
    quoted(name, '"', '"', out);
  }
}

void print_string_literal(std::string_view text, std::string& out) { quoted(text, '\'', '\'', out); }

// Keeps the quotes of the source, since they can matter ("x" may be a string, [1,2] a vector).
void Printer::identifier(const Identifier& id) {
  switch (id.quote) {
    case Quote::None:
      if (id.span.empty()) {
        print_identifier(id.text, out_);
      } else if (keyword_kind(id.text) == TokenKind::With) {
        // Bare, it would begin a query where a parenthesis stands before it.
        quoted(id.text, '`', '`', out_);
      } else {
        out_ += id.text;
      }
      break;
    case Quote::Double: quoted(id.text, '"', '"', out_); break;
    case Quote::Backtick: quoted(id.text, '`', '`', out_); break;
    case Quote::Bracket:
      out_ += '[';
      out_ += id.text;
      out_ += ']';
      break;
    case Quote::Single: quoted(id.text, '\'', '\'', out_); break;
  }
}

void Printer::qualified(const QualifiedName& name) {
  if (name.schema.present()) {
    identifier(name.schema);
    out_ += '.';
  }
  identifier(name.name);
}

void Printer::names(std::span<const Identifier> list) {
  const char* separator = "";
  for (const Identifier& id : list) {
    out_ += separator;
    identifier(id);
    separator = ", ";
  }
}

void Printer::optional_names(std::span<const Identifier> list) {
  if (list.empty()) return;
  out_ += " (";
  names(list);
  out_ += ')';
}

void Printer::type_name(std::string_view type) {
  if (type.empty()) return;
  if (is_plain_type(type)) {
    out_ += type;
  } else {
    quoted(type, '"', '"', out_);
  }
}

void Printer::literal(const LiteralExpr& literal) {
  switch (literal.literal) {
    case LiteralKind::Null: out_ += "NULL"; break;
    case LiteralKind::Integer:
      if (literal.text.empty()) {
        out_ += std::to_string(literal.integer);
      } else {
        out_ += literal.text;
      }
      break;
    case LiteralKind::Real: out_ += literal.text; break;
    case LiteralKind::String: print_string_literal(literal.text, out_); break;
    case LiteralKind::Blob:
      out_ += "x'";
      for (char c : literal.text) {
        out_ += "0123456789abcdef"[static_cast<uint8_t>(c) >> 4];
        out_ += "0123456789abcdef"[static_cast<uint8_t>(c) & 15];
      }
      out_ += '\'';
      break;
    case LiteralKind::CurrentTime: out_ += "CURRENT_TIME"; break;
    case LiteralKind::CurrentDate: out_ += "CURRENT_DATE"; break;
    case LiteralKind::CurrentTimestamp: out_ += "CURRENT_TIMESTAMP"; break;
  }
}

void Printer::expr_list(std::span<Expr* const> list) {
  const char* separator = "";
  for (const Expr* each : list) {
    out_ += separator;
    expr(*each);
    separator = ", ";
  }
}

void Printer::expr(const Expr& node, int precedence_min) {
  int precedence = precedence_of(node);
  bool parentheses = precedence < precedence_min ||
                     (options_.all_parentheses && precedence < kPrimaryPrecedence && node.kind != ExprKind::Literal);
  if (parentheses) out_ += '(';
  expr_body(node, precedence);
  if (parentheses) out_ += ')';
}

void Printer::expr_body(const Expr& node, int precedence) {
  switch (node.kind) {
    case ExprKind::Literal: literal(*node.as<LiteralExpr>()); break;
    case ExprKind::ColumnRef: {
      const auto& column = *node.as<ColumnRefExpr>();
      if (column.schema.present()) {
        identifier(column.schema);
        out_ += '.';
      }
      if (column.table.present()) {
        identifier(column.table);
        out_ += '.';
      }
      identifier(column.column);
      break;
    }
    case ExprKind::Parameter: {
      const auto& parameter = *node.as<ParameterExpr>();
      if (parameter.name.empty()) {
        out_ += '?';
      } else {
        out_ += parameter.name;
      }
      break;
    }
    case ExprKind::Unary: unary(*node.as<UnaryExpr>()); break;
    case ExprKind::Binary: {
      const auto& binary = *node.as<BinaryExpr>();
      expr(*binary.left, precedence);
      out_ += ' ';
      out_ += binary_info(binary.op).text;
      out_ += ' ';
      expr(*binary.right, precedence + 1);
      break;
    }
    case ExprKind::Like: like(*node.as<LikeExpr>()); break;
    case ExprKind::Between: {
      const auto& between = *node.as<BetweenExpr>();
      expr(*between.subject, kEqualPrecedence);
      out_ += between.negated ? " NOT BETWEEN " : " BETWEEN ";
      expr(*between.low, kEqualPrecedence + 1);
      out_ += " AND ";
      expr(*between.high, kEqualPrecedence + 1);
      break;
    }
    case ExprKind::In: in(*node.as<InExpr>()); break;
    case ExprKind::Case: case_expr(*node.as<CaseExpr>()); break;
    case ExprKind::Cast: {
      const auto& cast = *node.as<CastExpr>();
      out_ += "CAST(";
      expr(*cast.operand);
      out_ += " AS ";
      type_name(cast.type_name);
      out_ += ')';
      break;
    }
    case ExprKind::Collate: {
      const auto& collate = *node.as<CollateExpr>();
      expr(*collate.operand, kCollatePrecedence);
      out_ += " COLLATE ";
      identifier(collate.collation);
      break;
    }
    case ExprKind::Exists:
      out_ += "EXISTS (";
      select(*node.as<ExistsExpr>()->select);
      out_ += ')';
      break;
    case ExprKind::Subquery:
      out_ += '(';
      select(*node.as<SubqueryExpr>()->select);
      out_ += ')';
      break;
    case ExprKind::RowValue:
      out_ += '(';
      expr_list(node.as<RowValueExpr>()->elements);
      out_ += ')';
      break;
    case ExprKind::Function: function(*node.as<FunctionExpr>()); break;
    case ExprKind::Raise: {
      const auto& raise = *node.as<RaiseExpr>();
      switch (raise.action) {
        case RaiseAction::Ignore: out_ += "RAISE(IGNORE"; break;
        case RaiseAction::Rollback: out_ += "RAISE(ROLLBACK, "; break;
        case RaiseAction::Abort: out_ += "RAISE(ABORT, "; break;
        case RaiseAction::Fail: out_ += "RAISE(FAIL, "; break;
      }
      if (raise.message != nullptr) expr(*raise.message);
      out_ += ')';
      break;
    }
  }
}

void Printer::unary(const UnaryExpr& unary) {
  switch (unary.op) {
    case UnaryOp::IsNull:
    case UnaryOp::NotNull:
      expr(*unary.operand, kEqualPrecedence);
      out_ += unary.op == UnaryOp::IsNull ? " ISNULL" : " NOTNULL";
      return;
    case UnaryOp::Not:
      out_ += "NOT ";
      expr(*unary.operand, kNotPrecedence);
      return;
    case UnaryOp::Plus: out_ += '+'; break;
    case UnaryOp::BitNot: out_ += '~'; break;
    case UnaryOp::Minus: {
      out_ += '-';
      size_t at = out_.size();
      expr(*unary.operand, kPrefixPrecedence);
      // Two minus signs would begin a comment.
      if (at < out_.size() && out_[at] == '-') out_.insert(at, " ");
      return;
    }
  }
  expr(*unary.operand, kPrefixPrecedence);
}

void Printer::like(const LikeExpr& like) {
  expr(*like.subject, kEqualPrecedence);
  if (like.negated) out_ += " NOT";
  switch (like.op) {
    case LikeOp::Like: out_ += " LIKE "; break;
    case LikeOp::Glob: out_ += " GLOB "; break;
    case LikeOp::Regexp: out_ += " REGEXP "; break;
    case LikeOp::Match: out_ += " MATCH "; break;
  }
  expr(*like.pattern, kEqualPrecedence + 1);
  if (like.escape == nullptr) return;
  out_ += " ESCAPE ";
  expr(*like.escape, kEqualPrecedence + 1);
}

void Printer::in(const InExpr& in) {
  expr(*in.subject, kEqualPrecedence);
  out_ += in.negated ? " NOT IN " : " IN ";
  if (in.source == InSource::Table || in.source == InSource::TableFunction) qualified(in.table);
  if (in.source == InSource::Table) return;
  out_ += '(';
  if (in.source == InSource::Select) {
    select(*in.select);
  } else {
    expr_list(in.list);
  }
  out_ += ')';
}

void Printer::case_expr(const CaseExpr& node) {
  out_ += "CASE";
  if (node.operand != nullptr) {
    out_ += ' ';
    expr(*node.operand);
  }
  for (const CaseBranch& branch : node.branches) {
    out_ += " WHEN ";
    expr(*branch.when);
    out_ += " THEN ";
    expr(*branch.then);
  }
  optional(" ELSE ", node.otherwise);
  out_ += " END";
}

void Printer::function(const FunctionExpr& function) {
  identifier(function.name);
  out_ += '(';
  if (function.star) out_ += '*';
  if (function.distinct) out_ += "DISTINCT ";
  expr_list(function.arguments);
  order_by(function.order_by);
  out_ += ')';
  if (function.filter != nullptr) {
    out_ += " FILTER (WHERE ";
    expr(*function.filter);
    out_ += ')';
  }
  if (function.over == nullptr) return;
  out_ += " OVER ";
  if (function.over->reference) {
    identifier(function.over->base);
    return;
  }
  out_ += '(';
  window(*function.over);
  out_ += ')';
}

void Printer::optional(const char* keyword, const Expr* node) {
  if (node == nullptr) return;
  out_ += keyword;
  expr(*node);
}

void Printer::window(const WindowSpec& spec) {
  if (spec.base.present()) identifier(spec.base);
  if (!spec.partition_by.empty()) {
    out_ += " PARTITION BY ";
    expr_list(spec.partition_by);
  }
  order_by(spec.order_by);
  if (spec.frame.explicit_frame) frame(spec.frame);
}

void Printer::frame(const WindowFrame& frame) {
  out_ += frame.unit == FrameUnit::Range ? " RANGE " : frame.unit == FrameUnit::Rows ? " ROWS " : " GROUPS ";
  if (frame.between) out_ += "BETWEEN ";
  frame_bound(frame.start);
  if (frame.between) {
    out_ += " AND ";
    frame_bound(frame.end);
  }
  switch (frame.exclude) {
    case FrameExclude::Unspecified: break;
    case FrameExclude::NoOthers: out_ += " EXCLUDE NO OTHERS"; break;
    case FrameExclude::CurrentRow: out_ += " EXCLUDE CURRENT ROW"; break;
    case FrameExclude::Group: out_ += " EXCLUDE GROUP"; break;
    case FrameExclude::Ties: out_ += " EXCLUDE TIES"; break;
  }
}

void Printer::frame_bound(const FrameBound& bound) {
  switch (bound.kind) {
    case FrameBoundKind::UnboundedPreceding: out_ += "UNBOUNDED PRECEDING"; return;
    case FrameBoundKind::CurrentRow: out_ += "CURRENT ROW"; return;
    case FrameBoundKind::UnboundedFollowing: out_ += "UNBOUNDED FOLLOWING"; return;
    default: break;
  }
  expr(*bound.offset);
  out_ += bound.kind == FrameBoundKind::Preceding ? " PRECEDING" : " FOLLOWING";
}

void Printer::order_terms(std::span<const OrderTerm> terms) {
  const char* separator = "";
  for (const OrderTerm& term : terms) {
    out_ += separator;
    expr(*term.expr);
    if (term.order == SortOrder::Ascending) out_ += " ASC";
    if (term.order == SortOrder::Descending) out_ += " DESC";
    if (term.nulls == NullsOrder::First) out_ += " NULLS FIRST";
    if (term.nulls == NullsOrder::Last) out_ += " NULLS LAST";
    separator = ", ";
  }
}

void Printer::order_by(std::span<const OrderTerm> terms) {
  if (terms.empty()) return;
  out_ += " ORDER BY ";
  order_terms(terms);
}

void Printer::limit(const Expr* limit, const Expr* offset) {
  optional(" LIMIT ", limit);
  optional(" OFFSET ", offset);
}

void Printer::with(const With* with) {
  if (with == nullptr) return;
  out_ += with->recursive ? "WITH RECURSIVE " : "WITH ";
  const char* separator = "";
  for (const CommonTable& common : with->tables) {
    out_ += separator;
    identifier(common.name);
    optional_names(common.columns);
    out_ += " AS ";
    if (common.materialized == Materialized::Yes) out_ += "MATERIALIZED ";
    if (common.materialized == Materialized::No) out_ += "NOT MATERIALIZED ";
    out_ += '(';
    select(*common.select);
    out_ += ')';
    separator = ", ";
  }
  out_ += ' ';
}

void Printer::select(const Select& node) {
  with(node.with);
  for (const CompoundPart& part : node.parts) {
    switch (part.op) {
      case CompoundOp::None: break;
      case CompoundOp::Union: out_ += " UNION "; break;
      case CompoundOp::UnionAll: out_ += " UNION ALL "; break;
      case CompoundOp::Except: out_ += " EXCEPT "; break;
      case CompoundOp::Intersect: out_ += " INTERSECT "; break;
    }
    core(*part.core);
  }
  order_by(node.order_by);
  limit(node.limit, node.offset);
}

void Printer::core(const SelectCore& core) {
  if (core.is_values) {
    out_ += "VALUES ";
    const char* separator = "";
    for (const ExprList& row : core.rows) {
      out_ += separator;
      out_ += '(';
      expr_list(row);
      out_ += ')';
      separator = ", ";
    }
    return;
  }
  out_ += core.distinct ? "SELECT DISTINCT " : core.all ? "SELECT ALL " : "SELECT ";
  result_columns(core.columns);
  if (core.from != nullptr) {
    out_ += " FROM ";
    table(*core.from);
  }
  optional(" WHERE ", core.where);
  if (!core.group_by.empty()) {
    out_ += " GROUP BY ";
    expr_list(core.group_by);
  }
  optional(" HAVING ", core.having);
  const char* separator = " WINDOW ";
  for (const WindowDefinition& definition : core.windows) {
    out_ += separator;
    identifier(definition.name);
    out_ += " AS (";
    window(*definition.spec);
    out_ += ')';
    separator = ", ";
  }
}

void Printer::result_columns(std::span<const ResultColumn> columns) {
  const char* separator = "";
  for (const ResultColumn& column : columns) {
    out_ += separator;
    separator = ", ";
    switch (column.kind) {
      case ResultColumnKind::Star: out_ += '*'; break;
      case ResultColumnKind::TableStar:
        identifier(column.table);
        out_ += ".*";
        break;
      case ResultColumnKind::Expr:
        expr(*column.expr);
        alias(column.alias);
        break;
    }
  }
}

void Printer::alias(const Identifier& alias) {
  if (!alias.present()) return;
  out_ += " AS ";
  identifier(alias);
}

void Printer::index_hint(IndexHint hint, const Identifier& index) {
  if (hint == IndexHint::NotIndexed) out_ += " NOT INDEXED";
  if (hint != IndexHint::IndexedBy) return;
  out_ += " INDEXED BY ";
  identifier(index);
}

void Printer::table(const TableExpr& node) {
  switch (node.kind) {
    case TableExprKind::Name: {
      const auto& name = *node.as<TableNameExpr>();
      qualified(name.name);
      alias(name.alias);
      index_hint(name.index_hint, name.index);
      break;
    }
    case TableExprKind::Function: {
      const auto& function = *node.as<TableFunctionExpr>();
      qualified(function.name);
      out_ += '(';
      expr_list(function.arguments);
      out_ += ')';
      alias(function.alias);
      break;
    }
    case TableExprKind::Subquery: {
      const auto& subquery = *node.as<TableSubqueryExpr>();
      out_ += '(';
      select(*subquery.select);
      out_ += ')';
      alias(subquery.alias);
      break;
    }
    case TableExprKind::Join: join(*node.as<JoinExpr>()); break;
  }
}

void Printer::join(const JoinExpr& join) {
  bool parentheses = join.parenthesized || join.alias.present();
  if (parentheses) out_ += '(';
  table(*join.left);
  if ((join.type & kJoinComma) != 0) {
    out_ += ", ";
  } else {
    out_ += ' ';
    if ((join.type & kJoinNatural) != 0) out_ += "NATURAL ";
    if ((join.type & kJoinFull) == kJoinFull) {
      out_ += "FULL ";
    } else if ((join.type & kJoinLeft) != 0) {
      out_ += "LEFT ";
    } else if ((join.type & kJoinRight) != 0) {
      out_ += "RIGHT ";
    }
    if ((join.type & kJoinOuter) != 0) out_ += "OUTER ";
    if ((join.type & kJoinCross) != 0) out_ += "CROSS ";
    if ((join.type & kJoinInner) != 0) out_ += "INNER ";
    out_ += "JOIN ";
  }
  table(*join.right);
  optional(" ON ", join.on);
  if (!join.using_columns.empty()) {
    out_ += " USING (";
    names(join.using_columns);
    out_ += ')';
  }
  if (parentheses) out_ += ')';
  alias(join.alias);
}

void print_expr(const Expr& expr, std::string& out, const PrintOptions& options) { Printer(out, options).expr(expr); }

std::string print_expr(const Expr& expr) {
  std::string out;
  print_expr(expr, out, {});
  return out;
}

}  // namespace sqlrite::sql
