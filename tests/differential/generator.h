// Random SQL for the differential test: schemas, changes and queries that both engines must answer alike. What is
// generated leaves nothing open that SQL leaves open; what a statement promises about the order of its rows goes with
// it.
//
// Expressions, Queries, Changes and Definitions write statements over the tables there are; the families of families/
// write those about a topic by grammars.
#pragma once

#include <memory>

#include "differential/changes.h"
#include "differential/definitions.h"
#include "differential/families/family.h"
#include "differential/queries.h"

namespace sqlrite::differential {

class Generator {
 public:
  // `topic`: "" for everything, or a family's name, "queries", "changes", "definitions" to have mostly that.
  Generator(uint64_t seed, std::string topic);

  // The next statement that makes tables, indexes, views and rows; none when that is done.
  std::unique_ptr<Statement> setup();
  Statement next();
  // One query per table that shows all its rows.
  std::vector<Statement> content() const;
  // Read by the caller after each statement that may change it.
  Schema& schema() { return schema_; }

 private:
  std::unique_ptr<Statement> setup_step(int step);
  Statement any();
  Statement from_family(const Family& family);

  Random random_;
  std::string topic_;
  Schema schema_;
  Expressions expressions_;
  Queries queries_;
  Changes changes_;
  Definitions definitions_;
  int setup_steps_ = 0;
  bool utf16_ = false;
  int setup_rows_ = 0;
};

// True when `sql` may change the schema as Schema knows it.
bool changes_schema(const std::string& sql);

}  // namespace sqlrite::differential
