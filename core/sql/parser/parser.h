// Text to syntax tree: parses the first statement of a text. Everything is allocated in the caller's arena;
// the text must stay in place as long as the tree is used.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/status.h"
#include "sql/ast/statements.h"

namespace sqlrite::sql {

struct ParseOptions {
  uint32_t expr_depth_max = 1000;  // 0: no limit
  uint32_t parameter_number_max = 32766;
  uint32_t column_count_max = 2000;
  uint32_t compound_select_max = 500;  // 0: no limit
  uint32_t function_arguments_max = 1000;
  uint32_t from_terms_max = 200;
  uint32_t nesting_max = 2400;  // bounds recursion: an operand costs 1, a function or CASE 1 more, a query 8
  // ORDER BY and LIMIT on UPDATE and DELETE. Off in stock SQLite, where they are a syntax error.
  bool update_delete_limit = false;
};

struct ParameterInfo {
  uint32_t number = 0;
  std::string_view name;  // with prefix
};

struct ParsedStatement {
  Statement* statement = nullptr;       // null: only whitespace, comments or a semicolon
  size_t tail = 0;                      // offset of the first byte after the statement and its semicolon
  bool has_semicolon = false;           // false: the text ended without one
  uint32_t parameter_count = 0;         // the largest parameter number
  std::span<ParameterInfo> parameters;  // the named ones (also ?N), each name once
};

// Parses the first statement. Errors are Code::Error with SQLite's message and the offset of the offending token.
Result<ParsedStatement> parse_statement(std::string_view text, Arena& arena, const ParseOptions& options = {});

// Parses a lone expression that takes up the whole text (a DEFAULT, a CHECK, an index expression).
Result<Expr*> parse_expression(std::string_view text, Arena& arena, const ParseOptions& options = {});

// True when the text ends in a complete statement: a semicolon outside strings, comments and trigger bodies
// (what sqlite3_complete() says).
bool is_complete(std::string_view text);

// The name SQLite gives an unaliased result column: its source text.
std::string_view column_name_text(const ResultColumn& column, std::string_view statement_text);

}  // namespace sqlrite::sql
