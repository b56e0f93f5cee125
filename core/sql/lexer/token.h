// Token kinds of the SQL language and what the parser asks about them.
#pragma once

#include <cstdint>
#include <string_view>

namespace sqlrite::sql {

enum class TokenKind : uint8_t {
  End,      // end of the text
  Failed,   // what the parser sees after an error: matches nothing
  Illegal,  // a token that SQL does not have
  Semicolon,
  LeftParen,
  RightParen,
  Comma,
  Dot,
  Plus,
  Minus,
  Star,
  Slash,
  Percent,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  ShiftLeft,
  ShiftRight,
  BitAnd,
  BitOr,
  BitNot,
  Concat,
  Arrow,
  LongArrow,
  Identifier,  // a plain word or a "quoted", `quoted` or [quoted] name
  String,
  Blob,
  Integer,
  Float,
  SeparatedNumber,  // a number with digit separators
  Variable,
  // Keywords. Those in the first group become identifiers wherever the grammar has no use for them as keywords.
  Abort,
  Action,
  After,
  Always,
  Analyze,
  Asc,
  Attach,
  Before,
  Begin,
  By,
  Cascade,
  Cast,
  Column,
  Conflict,
  Current,
  CurrentTimeWord,  // CURRENT_TIME, CURRENT_DATE, CURRENT_TIMESTAMP
  Database,
  Deferred,
  Desc,
  Detach,
  Do,
  Each,
  EndWord,
  Exclude,
  Exclusive,
  Explain,
  Fail,
  First,
  Following,
  For,
  Generated,
  Groups,
  If,
  Ignore,
  Immediate,
  Initially,
  Instead,
  Key,
  Last,
  LikeWord,  // LIKE, GLOB, REGEXP
  Match,
  Materialized,
  No,
  Nulls,
  Of,
  Offset,
  Others,
  Partition,
  Plan,
  Pragma,
  Preceding,
  Query,
  Raise,
  Range,
  Recursive,
  Reindex,
  Release,
  Rename,
  Replace,
  Restrict,
  Rollback,
  Row,
  Rows,
  Savepoint,
  Temp,
  Ties,
  Trigger,
  Unbounded,
  Vacuum,
  View,
  Virtual,
  With,
  Without,
  // Reserved words that are names in some places.
  Indexed,
  JoinWord,  // CROSS, FULL, INNER, LEFT, NATURAL, OUTER, RIGHT
  // Words whose neighbours decide whether they are keywords.
  Window,
  Over,
  Filter,
  // Reserved words.
  Add,
  All,
  Alter,
  And,
  As,
  Autoincrement,
  Between,
  Case,
  Check,
  Collate,
  Commit,
  Constraint,
  Create,
  Default,
  Deferrable,
  Delete,
  Distinct,
  Drop,
  Else,
  Escape,
  Except,
  Exists,
  Foreign,
  From,
  Group,
  Having,
  In,
  Index,
  Insert,
  Intersect,
  Into,
  Is,
  IsNull,
  Join,
  Limit,
  Not,
  Nothing,
  NotNull,
  Null,
  On,
  Or,
  Order,
  Primary,
  References,
  Returning,
  Select,
  Set,
  Table,
  Then,
  To,
  Transaction,
  Union,
  Unique,
  Update,
  Using,
  Values,
  When,
  Where,
};

constexpr int kTokenKindCount = static_cast<int>(TokenKind::Where) + 1;

struct Token {
  TokenKind kind = TokenKind::End;
  uint32_t begin = 0;
  uint32_t end = 0;
};

constexpr bool is_keyword(TokenKind kind) { return kind >= TokenKind::Abort; }
// A keyword that is a plain identifier where the grammar does not expect the keyword.
constexpr bool is_fallback_keyword(TokenKind kind) { return kind >= TokenKind::Abort && kind <= TokenKind::Without; }
constexpr bool is_identifier(TokenKind kind) { return kind == TokenKind::Identifier || is_fallback_keyword(kind); }
// An alias without AS, a collation, a word of a type name.
constexpr bool is_identifier_or_string(TokenKind kind) { return is_identifier(kind) || kind == TokenKind::String; }
// A table, column, schema... name.
constexpr bool is_name(TokenKind kind) {
  return is_identifier_or_string(kind) || kind == TokenKind::Indexed || kind == TokenKind::JoinWord;
}
// What can begin a column reference or a function call.
constexpr bool is_expression_name(TokenKind kind) {
  return is_identifier(kind) || kind == TokenKind::Indexed || kind == TokenKind::JoinWord;
}

// The keyword's kind, or Identifier. Upper and lower case are the same.
TokenKind keyword_kind(std::string_view word);
// All keywords in alphabetical order, in upper case.
size_t keyword_count();
std::string_view keyword_word(size_t index);

}  // namespace sqlrite::sql
