// Expressions over the columns of a scope. They raise no errors, because which rows are evaluated is the planner's
// choice, and depend on no order: REAL values are multiples of 0.25, so that sums come out the same.
#pragma once

#include <functional>
#include <string>

#include "differential/random.h"
#include "differential/schema.h"

namespace sqlrite::differential {

class Expressions {
 public:
  Expressions(Random& random, const Schema& schema) : random_(random), schema_(schema) {}

  Random& random() { return random_; }
  std::string literal();
  // An integer or REAL where one type or the other loses digits.
  std::string edge_number();
  std::string column(const Scope& scope) { return scope.empty() ? literal() : random_.pick(scope); }
  std::string expr(const Scope& scope, int depth);
  std::string condition(const Scope& scope, int depth);
  std::string aggregate(const Scope& scope);

  // A sub-query of `width` columns named c0, c1, ...; false leads to a join of few tables.
  std::string simple_select(const Scope& outer, int width, int depth);
  // Tables and their joins; their columns are added to `scope`.
  std::string from_clause(Scope* scope, const char* prefix);
  bool has_tables() const { return !schema_.tables.empty(); }

 private:
  std::string call(const Scope& scope, int depth);
  std::string comparison(const Scope& scope, int depth);
  std::string source(const std::string& alias, Scope* own);

  Random& random_;
  const Schema& schema_;
  int names_ = 0;
};

}  // namespace sqlrite::differential
