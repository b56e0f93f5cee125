// A database in memory (or a file) and its rows as text, for tests that put SQL in and compare what comes out.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "sqlrite/sqlrite.h"

namespace sqlrite::test {

class Session {
 public:
  explicit Session(const std::string& path = ":memory:") : connection(Connection::open(path).take()) {}

  // All rows of all statements: columns joined by '|', rows by '\n', NULL as "". A failure gives "Error: message".
  std::string rows(std::string_view text) {
    std::string out;
    while (!text.empty()) {
      size_t tail = 0;
      auto prepared = connection.prepare(text, &tail);
      if (!prepared.ok()) return append(out, "Error: " + std::string(prepared.status().message()));
      text.remove_prefix(tail);
      Statement statement = prepared.take();
      if (!statement) continue;
      for (;;) {
        auto row = statement.step();
        if (!row.ok()) return append(out, "Error: " + std::string(row.status().message()));
        if (!row.value()) break;
        std::string line;
        for (uint32_t i = 0; i < statement.column_count(); ++i) {
          if (i > 0) line += '|';
          line += statement.column_text(i);
        }
        append(out, line);
      }
    }
    return out;
  }

  Connection connection;

 private:
  static std::string& append(std::string& out, const std::string& line) {
    if (!out.empty()) out += '\n';
    return out += line;
  }
};

}  // namespace sqlrite::test
