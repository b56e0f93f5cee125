// Statements from rules: the text of a rule names other rules as @name, each replaced by one of that rule's
// alternatives.
//
//   grammar.add("path", {"'$'", "'$.a'"});
//   grammar.add("call", {"json_type('[]')", "json_type(@json, @path)"});
//
// Beyond a depth the first alternative of a rule is taken, so it must not lead back to the rule. What depends on the
// case's schema is built in: @table is a table chosen once per statement, @col one of its columns, @this always the
// same one, @value_col one that is no key, @literal and @expr and @cond come from Expressions, @n is a small number.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "differential/expressions.h"

namespace sqlrite::differential {

class Grammar {
 public:
  void add(const std::string& name, std::vector<std::string> alternatives) { rules_[name] = std::move(alternatives); }
  std::string expand(const std::string& text, const Table& table, Expressions& expressions) const;

 private:
  std::string expand(const std::string& text, const Table& table, Expressions& expressions, int depth) const;
  std::string replacement(const std::string& name, const Table& table, Expressions& expressions, int depth) const;

  std::map<std::string, std::vector<std::string>> rules_;
};

}  // namespace sqlrite::differential
