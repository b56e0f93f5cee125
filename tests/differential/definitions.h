// CREATE, ALTER and DROP of tables, indexes and views, in all databases of the connection.
#pragma once

#include "differential/expressions.h"
#include "differential/statement.h"

namespace sqlrite::differential {

class Definitions {
 public:
  Definitions(Expressions& expressions, const Schema& schema)
      : expressions_(expressions), random_(expressions.random()), schema_(schema) {}

  std::string create_table();
  std::string create_index();
  std::string create_view();
  std::string alter_table();
  std::string drop();
  Statement next();

 private:
  std::string database();
  std::string column_definition(const std::string& name, bool key, bool strict, bool without_rowid);
  // A query of two tables, none of them a view.
  std::string stored_join(int width);
  std::string create_table_as(const std::string& name);

  Expressions& expressions_;
  Random& random_;
  const Schema& schema_;
  int names_ = 0;
};

}  // namespace sqlrite::differential
