// One generated statement and how its answers are compared.
#pragma once

#include <string>

namespace sqlrite::differential {

struct Statement {
  std::string sql;
  bool ordered = false;  // rows must come in the same order
  bool grouped = false;  // 1 and 1.0 may stand for each other: either represents a group
};

}  // namespace sqlrite::differential
