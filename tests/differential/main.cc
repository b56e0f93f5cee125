// Differential test: the same random statements on our library and on stock SQLite, in one process; rows, types, error
// classes and, after changes, the contents of all tables must be equal.
//
//   differential_test --ours LIB --stock LIB [--seed S] [--first N] [--cases N] [--statements N] [--topic T] [--show N]
//                     [--verbose]
//
// A case is a fresh database in both engines. A difference prints seed and script and, unless a query has shown it,
// ends the case; the same seed with --first set to the case's number runs it again. --topic gives a case mostly
// statements of one kind.
#include <cstdlib>
#include <cstring>

#include "differential/answer.h"
#include "differential/generator.h"

using namespace sqlrite::differential;
using sqlrite::harness::SqliteApi;

namespace {

struct Options {
  std::string ours_path, stock_path, topic;
  long first = 0, cases = 300, statements = 60;
  uint64_t seed = 1;
  int shown_max = 10;
  bool verbose = false;
};

bool begins(const std::string& sql, const char* word) { return sql.rfind(word, 0) == 0; }

bool is_query(const std::string& sql) { return begins(sql, "SELECT") || begins(sql, "WITH"); }

bool is_change(const std::string& sql) {
  return begins(sql, "INSERT") || begins(sql, "REPLACE") || begins(sql, "UPDATE") || begins(sql, "DELETE");
}

// One case: a database of each engine and the script that was run on both.
class Case {
 public:
  Case(const SqliteApi& ours, const SqliteApi& stock, const Options& options, long number)
      : ours_(ours),
        stock_(stock),
        options_(options),
        number_(number),
        generator_(options.seed * 1000003 + static_cast<uint64_t>(number), options.topic) {
    ours.open_v2(":memory:", &db_ours_, sqlrite::harness::kOpenReadWriteCreate, nullptr);
    stock.open_v2(":memory:", &db_stock_, sqlrite::harness::kOpenReadWriteCreate, nullptr);
  }
  ~Case() {
    ours_.close(db_ours_);
    stock_.close(db_stock_);
  }
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;

  // The number of statements that agreed. `shown` counts the differences, of all cases.
  long run_all(int* shown) {
    long passed = 0;
    while (auto statement = generator_.setup()) {
      if (!check(*statement, shown, &passed)) return passed;
    }
    for (long i = 0; i < options_.statements; ++i) {
      if (!check(generator_.next(), shown, &passed)) return passed;
    }
    return passed;
  }

 private:
  std::string compare(const Statement& statement, bool count_changes) {
    Answer stock = run(stock_, db_stock_, statement.sql, statement.grouped);
    Answer ours = run(ours_, db_ours_, statement.sql, statement.grouped);
    return difference(ours, stock, statement.ordered, count_changes);
  }

  // False when the databases may have parted.
  bool check(const Statement& statement, int* shown, long* passed) {
    script_.push_back(statement.sql);
    if (options_.verbose) {
      std::printf("%s;\n", statement.sql.c_str());
      std::fflush(stdout);
    }
    std::string found = compare(statement, is_change(statement.sql));
    if (found.empty() && changes_schema(statement.sql)) {
      Schema ours;
      ours.read(ours_, db_ours_);
      generator_.schema().read(stock_, db_stock_);
      if (!ours.agrees_with(generator_.schema())) found = "the schemas differ";
    }
    if (!is_query(statement.sql)) {  // what a change left behind, failed ones included
      for (const Statement& table : generator_.content()) {
        if (!found.empty()) break;
        found = compare(table, false);
        if (!found.empty()) found = table.sql + ": " + found;
      }
    }
    if (found.empty()) {
      ++*passed;
      return true;
    }
    if ((*shown)++ < options_.shown_max) show(found, *shown <= 3);
    return is_query(statement.sql);
  }

  void show(const std::string& found, bool with_script) const {
    std::printf("--- difference, seed %llu case %ld, statement %zu: %s\n",
                static_cast<unsigned long long>(options_.seed), number_, script_.size(), found.c_str());
    for (size_t i = 0; with_script && i + 1 < script_.size(); ++i) {
      if (!is_query(script_[i])) std::printf("%s;\n", script_[i].c_str());
    }
    std::printf("%s;\n", script_.back().c_str());
  }

  const SqliteApi& ours_;
  const SqliteApi& stock_;
  const Options& options_;
  long number_;
  Generator generator_;
  void* db_ours_ = nullptr;
  void* db_stock_ = nullptr;
  std::vector<std::string> script_;
};

bool read_options(int argc, char** argv, Options* options) {
  for (int i = 1; i < argc; ++i) {
    std::string option = argv[i];
    auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
    if (option == "--ours")
      options->ours_path = value();
    else if (option == "--stock")
      options->stock_path = value();
    else if (option == "--topic")
      options->topic = value();
    else if (option == "--cases")
      options->cases = std::atol(value());
    else if (option == "--first")
      options->first = std::atol(value());
    else if (option == "--statements")
      options->statements = std::atol(value());
    else if (option == "--seed")
      options->seed = std::strtoull(value(), nullptr, 10);
    else if (option == "--show")
      options->shown_max = std::atoi(value());
    else if (option == "--verbose")
      options->verbose = true;
    else {
      std::fprintf(stderr, "differential_test: unknown option %s\n", option.c_str());
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  SqliteApi ours, stock;
  if (!read_options(argc, argv, &options) || !ours.load(options.ours_path) || !stock.load(options.stock_path)) return 2;
  std::printf("ours %s, stock %s, seed %llu, %ld cases of %ld statements\n", ours.libversion(), stock.libversion(),
              static_cast<unsigned long long>(options.seed), options.cases, options.statements);
  long passed = 0;
  int failed = 0;
  for (long number = options.first; number < options.first + options.cases; ++number) {
    passed += Case(ours, stock, options, number).run_all(&failed);
  }
  std::printf("%ld passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
