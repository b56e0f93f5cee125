// INSERT, UPDATE and DELETE with all their clauses, so that no rule is left open: rows that collide are changed one at
// a time, and INSERT ... SELECT takes its rows in one order.
#pragma once

#include "differential/expressions.h"
#include "differential/statement.h"

namespace sqlrite::differential {

class Changes {
 public:
  Changes(Expressions& expressions, const Schema& schema)
      : expressions_(expressions), random_(expressions.random()), schema_(schema) {}

  Statement insert();
  Statement update();
  Statement remove();
  Statement next();

 private:
  const Table& target();
  std::string value_for(const Table& table, size_t column);
  std::string new_value(const Table& table, size_t column, const Scope& scope);
  std::string rows_for(const Table& table, const std::vector<size_t>& columns);
  std::string upsert_clauses(const Table& table);
  std::string assignment(const Table& table, const Scope& scope);
  std::string returning(const Table& table);

  Expressions& expressions_;
  Random& random_;
  const Schema& schema_;
};

}  // namespace sqlrite::differential
