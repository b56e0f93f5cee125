// SELECT: joins, groups, compounds, common table expressions.
#pragma once

#include "differential/expressions.h"
#include "differential/statement.h"

namespace sqlrite::differential {

class Queries {
 public:
  Queries(Expressions& expressions, const Schema& schema)
      : expressions_(expressions), random_(expressions.random()), schema_(schema) {}

  Statement next();

 private:
  struct Core {
    std::string text;
    size_t width = 0;
  };
  Core core();
  std::string order_by(size_t width);
  Statement plain();
  Statement compound();
  Statement common_table();
  Statement recursive();
  Statement bare_columns();
  Statement row_values();

  Expressions& expressions_;
  Random& random_;
  const Schema& schema_;
};

}  // namespace sqlrite::differential
