// The families of statements that come from grammars. Each has a file of its own with its rules and statement texts;
// families.cc lists them.
#pragma once

#include <string>
#include <vector>

#include "differential/grammar.h"

namespace sqlrite::differential {

struct Family {
  const char* name;
  void (*add_rules)(Grammar& grammar);
  // Statements as grammar texts. Rows are compared in order unless `from` is in the text.
  std::vector<std::string> statements;
};

Family access_family();
Family aggregate_family();
Family cast_family();
Family date_family();
Family format_family();
Family join_family();
Family json_family();
Family number_family();
Family pattern_family();
Family pragma_family();
Family rewrite_family();
Family subquery_family();
Family text_family();
Family transaction_family();
Family database_family();

// All of them.
const std::vector<Family>& families();

}  // namespace sqlrite::differential
