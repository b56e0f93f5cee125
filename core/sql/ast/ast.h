// The abstract syntax tree of one SQL statement: expressions, queries and the pieces both share.
// Every node is a plain, trivially destructible struct in the statement's Arena. Views point either into the
// statement text (which must outlive the tree) or into the arena (names and strings that needed unquoting).
// Statements are in ast/statements.h, which includes this file.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/tagged_node.h"

namespace sqlrite::sql {

// Bytes [begin, end) of the statement text. Empty for nodes that the parser made up.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
  bool empty() const { return begin == end; }
  std::string_view in(std::string_view text) const { return text.substr(begin, end - begin); }
};

enum class Quote : uint8_t { None, Double, Backtick, Bracket, Single };

// A name, unquoted. `text` is empty with an empty span when an optional name is absent (see `present`).
struct Identifier {
  std::string_view text;
  Span span;  // with its quotes
  // When it names nothing, Double may mean a string literal and Bracket a vector literal.
  Quote quote = Quote::None;
  bool present() const { return !span.empty() || !text.empty(); }
};

struct QualifiedName {
  Identifier schema;  // may be absent
  Identifier name;
};

// ---- Expressions ------------------------------------------------------------------------------------------------

struct Select;
struct WindowSpec;
struct OrderTerm;

enum class ExprKind : uint8_t {
  Literal,
  ColumnRef,
  Parameter,
  Unary,
  Binary,
  Like,
  Between,
  In,
  Case,
  Cast,
  Collate,
  Exists,
  Subquery,
  RowValue,
  Function,
  Raise,
};

struct Expr : TaggedNode<ExprKind> {
  uint16_t depth = 1;  // height of the tree below and including this node, subqueries included
  Span span;           // the source text without surrounding parentheses
  explicit Expr(ExprKind k) : TaggedNode{k} {}
};

using ExprList = std::span<Expr*>;

enum class LiteralKind : uint8_t { Null, Integer, Real, String, Blob, CurrentTime, CurrentDate, CurrentTimestamp };

// TRUE and FALSE are column references until name resolution finds no such column (as in SQLite).
struct LiteralExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Literal;
  LiteralKind literal = LiteralKind::Null;
  int64_t integer = 0;    // Integer: the value (decimal or hex)
  std::string_view text;  // Integer, Real: the number without digit separators; String: unquoted; Blob: the bytes
  LiteralExpr() : Expr(kKind) {}
};

struct ColumnRefExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::ColumnRef;
  Identifier schema;  // may be absent
  Identifier table;   // may be absent
  Identifier column;
  ColumnRefExpr() : Expr(kKind) {}
};

struct ParameterExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Parameter;
  uint32_t number = 0;    // 1-based
  std::string_view name;  // with its prefix (":a", "?12"); empty for a plain "?"
  ParameterExpr() : Expr(kKind) {}
};

enum class UnaryOp : uint8_t { Minus, Plus, BitNot, Not, IsNull, NotNull };

struct UnaryExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Unary;
  UnaryOp op = UnaryOp::Minus;
  Expr* operand = nullptr;
  UnaryExpr() : Expr(kKind) {}
};

enum class BinaryOp : uint8_t {
  Or,
  And,
  Equal,
  NotEqual,
  Is,
  IsNot,
  IsDistinctFrom,     // same meaning as IsNot
  IsNotDistinctFrom,  // same meaning as Is
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  BitAnd,
  BitOr,
  ShiftLeft,
  ShiftRight,
  Add,
  Subtract,
  Multiply,
  Divide,
  Modulo,
  Concat,
  Arrow,      // ->
  LongArrow,  // ->>
};

struct BinaryExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Binary;
  BinaryOp op = BinaryOp::Add;
  Span op_span;
  Expr* left = nullptr;
  Expr* right = nullptr;
  BinaryExpr() : Expr(kKind) {}
};

enum class LikeOp : uint8_t { Like, Glob, Regexp, Match };

// subject [NOT] LIKE pattern [ESCAPE escape]; evaluates the function like(pattern, subject[, escape]).
struct LikeExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Like;
  LikeOp op = LikeOp::Like;
  bool negated = false;
  Expr* subject = nullptr;
  Expr* pattern = nullptr;
  Expr* escape = nullptr;  // may be null
  LikeExpr() : Expr(kKind) {}
};

struct BetweenExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Between;
  bool negated = false;
  Expr* subject = nullptr;
  Expr* low = nullptr;
  Expr* high = nullptr;
  BetweenExpr() : Expr(kKind) {}
};

enum class InSource : uint8_t { List, Select, Table, TableFunction };

struct InExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::In;
  bool negated = false;
  InSource source = InSource::List;
  Expr* subject = nullptr;
  ExprList list;             // List: the values (may be empty); TableFunction: the arguments
  Select* select = nullptr;  // Select
  QualifiedName table;       // Table, TableFunction
  InExpr() : Expr(kKind) {}
};

struct CaseBranch {
  Expr* when = nullptr;
  Expr* then = nullptr;
};

struct CaseExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Case;
  Expr* operand = nullptr;  // may be null
  std::span<CaseBranch> branches;
  Expr* otherwise = nullptr;  // may be null
  CaseExpr() : Expr(kKind) {}
};

struct CastExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Cast;
  Expr* operand = nullptr;
  std::string_view type_name;  // as written, for example "varchar(10)", unquoted; may be empty
  CastExpr() : Expr(kKind) {}
};

struct CollateExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Collate;
  Expr* operand = nullptr;
  Identifier collation;
  CollateExpr() : Expr(kKind) {}
};

// EXISTS (select); NOT EXISTS is a Unary Not around it.
struct ExistsExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Exists;
  Select* select = nullptr;
  ExistsExpr() : Expr(kKind) {}
};

// (select) used as a value; several result columns make a row value.
struct SubqueryExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Subquery;
  Select* select = nullptr;
  SubqueryExpr() : Expr(kKind) {}
};

// (a, b, ...): two or more elements.
struct RowValueExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::RowValue;
  ExprList elements;
  RowValueExpr() : Expr(kKind) {}
};

struct FunctionExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Function;
  Identifier name;
  bool distinct = false;
  bool star = false;  // f(*)
  ExprList arguments;
  std::span<OrderTerm> order_by;  // f(x ORDER BY y)
  Expr* filter = nullptr;         // FILTER (WHERE ...); may be null
  WindowSpec* over = nullptr;     // OVER ...; may be null
  FunctionExpr() : Expr(kKind) {}
};

enum class RaiseAction : uint8_t { Ignore, Rollback, Abort, Fail };

struct RaiseExpr : Expr {
  static constexpr ExprKind kKind = ExprKind::Raise;
  RaiseAction action = RaiseAction::Ignore;
  Expr* message = nullptr;  // null for Ignore
  RaiseExpr() : Expr(kKind) {}
};

// ---- Ordering and windows ---------------------------------------------------------------------------------------

enum class SortOrder : uint8_t { Unspecified, Ascending, Descending };
enum class NullsOrder : uint8_t { Unspecified, First, Last };

struct OrderTerm {
  Expr* expr = nullptr;
  SortOrder order = SortOrder::Unspecified;
  NullsOrder nulls = NullsOrder::Unspecified;
};

enum class FrameUnit : uint8_t { Range, Rows, Groups };
enum class FrameBoundKind : uint8_t { UnboundedPreceding, Preceding, CurrentRow, Following, UnboundedFollowing };
enum class FrameExclude : uint8_t { Unspecified, NoOthers, CurrentRow, Group, Ties };

struct FrameBound {
  FrameBoundKind kind = FrameBoundKind::CurrentRow;
  Expr* offset = nullptr;  // Preceding, Following
};

// Without an explicit frame the fields hold the default: RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW.
struct WindowFrame {
  bool explicit_frame = false;
  bool between = false;  // written with BETWEEN
  FrameUnit unit = FrameUnit::Range;
  FrameBound start{FrameBoundKind::UnboundedPreceding, nullptr};
  FrameBound end;
  FrameExclude exclude = FrameExclude::Unspecified;
};

// OVER name (`reference` is true, only `base` is set) or OVER ([base] PARTITION BY ... ORDER BY ... frame).
struct WindowSpec {
  bool reference = false;
  Identifier base;  // may be absent
  ExprList partition_by;
  std::span<OrderTerm> order_by;
  WindowFrame frame;
  Span span;
};

struct WindowDefinition {
  Identifier name;
  WindowSpec* spec = nullptr;
};

// ---- FROM -------------------------------------------------------------------------------------------------------

enum class TableExprKind : uint8_t { Name, Function, Subquery, Join };

struct TableExpr : TaggedNode<TableExprKind> {
  bool parenthesized = false;  // a join written in parentheses
  Span span;
  explicit TableExpr(TableExprKind k) : TaggedNode{k} {}
};

enum class IndexHint : uint8_t { None, IndexedBy, NotIndexed };

struct TableNameExpr : TableExpr {
  static constexpr TableExprKind kKind = TableExprKind::Name;
  QualifiedName name;
  Identifier alias;  // may be absent
  IndexHint index_hint = IndexHint::None;
  Identifier index;  // IndexedBy
  TableNameExpr() : TableExpr(kKind) {}
};

struct TableFunctionExpr : TableExpr {
  static constexpr TableExprKind kKind = TableExprKind::Function;
  QualifiedName name;
  ExprList arguments;
  Identifier alias;  // may be absent
  TableFunctionExpr() : TableExpr(kKind) {}
};

struct TableSubqueryExpr : TableExpr {
  static constexpr TableExprKind kKind = TableExprKind::Subquery;
  Select* select = nullptr;
  Identifier alias;  // may be absent
  TableSubqueryExpr() : TableExpr(kKind) {}
};

// Join type flags. Plain JOIN is 0; "a, b" is kJoinComma; LEFT OUTER is kJoinLeft|kJoinOuter; FULL is both sides.
enum : uint8_t {
  kJoinInner = 0x01,
  kJoinCross = 0x02,
  kJoinNatural = 0x04,
  kJoinLeft = 0x08,
  kJoinRight = 0x10,
  kJoinFull = kJoinLeft | kJoinRight,
  kJoinOuter = 0x20,  // the word OUTER was written
  kJoinComma = 0x40,
};

// Left-deep unless the right side was written in parentheses.
struct JoinExpr : TableExpr {
  static constexpr TableExprKind kKind = TableExprKind::Join;
  uint8_t type = 0;
  TableExpr* left = nullptr;
  TableExpr* right = nullptr;
  // NATURAL with ON or USING is an error; the parser leaves it to name resolution inside views and triggers.
  Expr* on = nullptr;  // may be null
  std::span<Identifier> using_columns;
  Identifier alias;  // of a parenthesised join; may be absent
  JoinExpr() : TableExpr(kKind) {}
};

// ---- SELECT -----------------------------------------------------------------------------------------------------

enum class ResultColumnKind : uint8_t { Expr, Star, TableStar };

struct ResultColumn {
  ResultColumnKind kind = ResultColumnKind::Expr;
  Expr* expr = nullptr;  // Expr
  Identifier table;      // TableStar
  Identifier alias;      // may be absent
  Span span;             // the expression's exact source text (with parentheses): names an unaliased column
};

struct SelectCore {
  bool distinct = false;
  bool all = false;        // ALL was written
  bool is_values = false;  // VALUES (...), (...): only `rows` is set
  std::span<ResultColumn> columns;
  TableExpr* from = nullptr;  // may be null
  Expr* where = nullptr;      // may be null
  ExprList group_by;          // may be empty
  Expr* having = nullptr;     // may be null
  std::span<WindowDefinition> windows;
  std::span<ExprList> rows;  // VALUES: all of one length
  Span span;
};

enum class CompoundOp : uint8_t { None, Union, UnionAll, Except, Intersect };

struct CompoundPart {
  CompoundOp op = CompoundOp::None;  // how this core joins what stands left of it; None for the first
  SelectCore* core = nullptr;
};

enum class Materialized : uint8_t { Unspecified, Yes, No };

struct CommonTable {
  Identifier name;
  std::span<Identifier> columns;  // may be empty
  Materialized materialized = Materialized::Unspecified;
  Select* select = nullptr;
};

struct With {
  bool recursive = false;
  std::span<CommonTable> tables;
};

struct Select {
  With* with = nullptr;           // may be null
  std::span<CompoundPart> parts;  // at least one; left-associative
  std::span<OrderTerm> order_by;
  Expr* limit = nullptr;   // may be null
  Expr* offset = nullptr;  // may be null
  uint16_t depth = 1;      // height of the deepest expression inside
  Span span;
};

}  // namespace sqlrite::sql
