// Syntax tree to text. The text parses again to an equal tree.
#pragma once

#include <string>

#include "sql/ast/statements.h"

namespace sqlrite::sql {

struct PrintOptions {
  bool all_parentheses = false;  // parenthesise every operator, whatever its precedence: makes tree shape visible
};

void print_expr(const Expr& expr, std::string& out, const PrintOptions& options = {});
void print_statement(const Statement& statement, std::string& out, const PrintOptions& options = {});
std::string print_expr(const Expr& expr);
std::string print_statement(const Statement& statement);

// Appends the name, in double quotes when it is a keyword, not a plain word, or `quote_always`.
void print_identifier(std::string_view name, std::string& out, bool quote_always = false);
// Appends 'text' with its quotes doubled.
void print_string_literal(std::string_view text, std::string& out);

}  // namespace sqlrite::sql
