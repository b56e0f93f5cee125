// Runs the SQL of its arguments, or of standard input, on one database and prints rows as text: the least that can show
// the whole way from text to file at work.
//   smoke FILE [SQL ...]
#include <chrono>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "sqlrite/sqlrite.h"

namespace {

int run(sqlrite::Connection& connection, std::string_view text) {
  int failures = 0;
  while (!text.empty()) {
    size_t tail = 0;
    auto prepared = connection.prepare(text, &tail);
    if (!prepared.ok()) {
      std::printf("Error: %s\n", std::string(prepared.status().message()).c_str());
      return failures + 1;
    }
    text.remove_prefix(tail);
    sqlrite::Statement statement = prepared.take();
    if (!statement) continue;
    for (;;) {
      auto row = statement.step();
      if (!row.ok()) {
        std::printf("Error: %s\n", std::string(row.status().message()).c_str());
        ++failures;
        break;
      }
      if (!row.value()) break;
      for (uint32_t i = 0; i < statement.column_count(); ++i) {
        if (i > 0) std::fputc('|', stdout);
        std::string_view value = statement.column_text(i);
        std::fwrite(value.data(), 1, value.size(), stdout);
      }
      std::fputc('\n', stdout);
    }
  }
  return failures;
}

}  // namespace

int main(int argc, char** argv) {
  auto opened = sqlrite::Connection::open(argc > 1 ? argv[1] : ":memory:");
  if (!opened.ok()) {
    std::printf("Error: %s\n", std::string(opened.status().message()).c_str());
    return 1;
  }
  sqlrite::Connection connection = opened.take();
  int failures = 0;
  for (int i = 2; i < argc; ++i) failures += run(connection, argv[i]);
  if (argc <= 2) {
    std::string text(std::istreambuf_iterator<char>(std::cin), {});
    failures += run(connection, text);
  }
  return failures == 0 ? 0 : 1;
}
