// Random SQL for the differential test: schemas, changes and queries that both engines must answer alike.
// Everything follows from the seed. Real values are multiples of 0.25, so that sums do not depend on their order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sqlrite::differential {

class Generator {
 public:
  explicit Generator(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 0x1234567) {}

  // Statements that make tables, indexes, views and rows.
  std::vector<std::string> setup();
  struct Statement {
    std::string sql;
    bool ordered = false;  // rows must come in the same order
    bool grouped = false;  // 1 and 1.0 may stand for each other: either represents a group
  };
  Statement next();
  // One query per table that shows all its rows.
  std::vector<std::string> content() const {
    std::vector<std::string> queries;
    for (const Table& table : tables_) queries.push_back("SELECT * FROM " + table.name);
    return queries;
  }

 private:
  struct Table {
    std::string name;
    std::vector<std::string> columns;
    std::vector<bool> unique;  // part of a unique index
    bool without_rowid = false;
  };
  uint64_t random() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }
  int below(int n) { return static_cast<int>((random() >> 11) % static_cast<uint64_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(below(static_cast<int>(from.size())))];
  }

  // Columns that an expression may name, innermost scope last.
  using Scope = std::vector<std::string>;
  std::string literal();
  std::string column(const Scope& scope);
  std::string expr(const Scope& scope, int depth);
  std::string condition(const Scope& scope, int depth);
  std::string aggregate(const Scope& scope);
  std::string from_clause(Scope* scope, const char* prefix);
  std::string simple_select(const Scope& outer, int width, int depth);
  Statement query();
  std::string insert();
  std::string update();
  std::string remove();
  std::string create_table(int number);
  std::string create_index();

  uint64_t state_;
  int names_ = 0;
  std::vector<Table> tables_;
};

}  // namespace sqlrite::differential
