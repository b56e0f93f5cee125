// Statements from rules: the text of a rule names other rules as @name, each replaced by one of that rule's
// alternatives.
//
//   grammar.add("path", {"'$'", "'$.a'"});
//   grammar.add("call", {"json_type('[]')", "json_type(@json, @path)"});
//
// Beyond a depth the first alternative of a rule is taken, so it must not lead back to the rule. What depends on the
// case's schema is built in: @table is a table chosen once per statement, @col one of its columns, @this always the
// same one, @value_col one of no unique index, @literal and @expr and @cond come from Expressions, @n is a small number.
// A statement over several tables calls @table l, @second r and @third m; @lr_col, @lr_expr and @lr_cond then are over
// the columns of l and r, and so on for every choice of the three letters.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "differential/expressions.h"

namespace sqlrite::differential {

// The tables of one statement; two of them may be the same.
struct ChosenTables {
  const Table& first;
  const Table& second;
  const Table& third;
};

class Grammar {
 public:
  void add(const std::string& name, std::vector<std::string> alternatives) { rules_[name] = std::move(alternatives); }
  std::string expand(const std::string& text, const ChosenTables& tables, Expressions& expressions) const {
    return expand(text, tables, expressions, 0);
  }

 private:
  std::string expand(const std::string& text, const ChosenTables& tables, Expressions& expressions, int depth) const;
  std::string replacement(const std::string& name, const ChosenTables& tables, Expressions& expressions,
                          int depth) const;

  std::map<std::string, std::vector<std::string>> rules_;
};

}  // namespace sqlrite::differential
