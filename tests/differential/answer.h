// What an engine answers to one statement, in a form that can be compared.
#pragma once

#include <string>
#include <vector>

#include "differential/statement.h"
#include "harness/sqlite_api.h"

namespace sqlrite::differential {

struct Answer {
  int code = 0;  // 0, or the primary error code
  std::string message;
  int changes = 0;
  std::vector<std::string> rows;
};

// `loose`: numbers that are equal look equal, whatever their type.
Answer run(const harness::SqliteApi& api, void* db, const std::string& sql, bool loose);

// "" or the first difference in words.
std::string difference(const Answer& ours, const Answer& stock, bool ordered, bool count_changes);

}  // namespace sqlrite::differential
