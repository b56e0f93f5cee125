// Differential test: the same random statements on our library and on stock SQLite, in one process; rows, types and error
// classes must be equal.
//
//   differential_test --ours LIB --stock LIB [--seed S] [--first N] [--cases N] [--statements N] [--show N] [--verbose]
//
// A case is a fresh database in both engines. The first difference ends the case and prints seed and script; the same seed
// with --first set to the case's number runs it again.
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>

#include "differential/generator.h"
#include "harness/sqlite_api.h"

using sqlrite::differential::Generator;
using sqlrite::harness::SqliteApi;

namespace {

struct Answer {
  int code = 0;  // 0, or the primary error code
  std::string message;
  int changes = 0;
  std::vector<std::string> rows;
};

// `loose`: numbers that are equal look equal, whatever their type.
std::string render_row(const SqliteApi& api, void* statement, bool loose) {
  std::string row;
  for (int i = 0; i < api.column_count(statement); ++i) {
    int type = api.column_type(statement, i);
    char number[64];
    switch (type) {
      case 1:
        std::snprintf(number, sizeof number, "%s%lld", loose ? "n" : "i", static_cast<long long>(api.column_int64(statement, i)));
        row += number;
        break;
      case 2:  // + 0.0: both zeros print alike
        std::snprintf(number, sizeof number, "%s%.15g", loose ? "n" : "r", api.column_double(statement, i) + 0.0);
        row += number;
        break;
      case 5: row += "NULL"; break;
      default: {
        const void* bytes = api.column_blob(statement, i);
        int size = api.column_bytes(statement, i);
        row += type == 3 ? "t'" : "x'";
        row.append(static_cast<const char*>(bytes), bytes != nullptr ? static_cast<size_t>(size) : 0);
        row += "'";
      }
    }
    row += '|';
  }
  return row;
}

Answer run(const SqliteApi& api, void* db, const std::string& sql, bool loose) {
  Answer answer;
  void* statement = nullptr;
  int code = api.prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  if (code == 0 && statement != nullptr) {
    while ((code = api.step(statement)) == sqlrite::harness::kRow) {
      answer.rows.push_back(render_row(api, statement, loose));
      if (answer.rows.size() > 200000) break;
    }
    if (code == sqlrite::harness::kDone || code == sqlrite::harness::kRow) code = 0;
  }
  if (code != 0) {
    answer.message = api.errmsg(db);
    answer.rows.clear();
  }
  answer.code = code & 0xff;
  answer.changes = api.changes(db);
  api.finalize(statement);
  return answer;
}

bool is_change(const std::string& sql) {
  return sql.compare(0, 6, "INSERT") == 0 || sql.compare(0, 7, "REPLACE") == 0 || sql.compare(0, 6, "UPDATE") == 0 ||
         sql.compare(0, 6, "DELETE") == 0;
}

std::string difference(const Answer& ours, const Answer& stock, bool ordered, bool count_changes) {
  if (ours.code != stock.code) {
    return "code " + std::to_string(ours.code) + " (" + ours.message + "), stock " + std::to_string(stock.code) + " (" + stock.message + ")";
  }
  if (ours.code != 0) return "";
  if (count_changes && ours.changes != stock.changes) return "changes " + std::to_string(ours.changes) + ", stock " + std::to_string(stock.changes);
  std::vector<std::string> a = ours.rows;
  std::vector<std::string> b = stock.rows;
  if (!ordered) {
    std::sort(a.begin(), a.end());
    std::sort(b.begin(), b.end());
  }
  if (a.size() != b.size()) return std::to_string(a.size()) + " rows, stock " + std::to_string(b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i]) return "row " + std::to_string(i) + ": " + a[i] + ", stock " + b[i];
  }
  return "";
}

}  // namespace

int main(int argc, char** argv) {
  std::string ours_path, stock_path;
  long first = 0, cases = 300, statements = 60;
  uint64_t seed = 1;
  int shown_max = 10;
  bool verbose = false;
  for (int i = 1; i < argc; ++i) {
    std::string option = argv[i];
    auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
    if (option == "--ours") ours_path = value();
    else if (option == "--stock") stock_path = value();
    else if (option == "--cases") cases = std::atol(value());
    else if (option == "--first") first = std::atol(value());
    else if (option == "--statements") statements = std::atol(value());
    else if (option == "--seed") seed = std::strtoull(value(), nullptr, 10);
    else if (option == "--show") shown_max = std::atoi(value());
    else if (option == "--verbose") verbose = true;
    else { std::fprintf(stderr, "differential_test: unknown option %s\n", option.c_str()); return 2; }
  }
  SqliteApi ours, stock;
  if (!ours.load(ours_path) || !stock.load(stock_path)) return 2;
  std::printf("ours %s, stock %s, seed %llu, %ld cases of %ld statements\n", ours.libversion(), stock.libversion(),
              static_cast<unsigned long long>(seed), cases, statements);
  long passed = 0, failed = 0;
  for (long number = first; number < first + cases; ++number) {
    uint64_t case_seed = seed * 1000003 + static_cast<uint64_t>(number);
    Generator generator(case_seed);
    void* db_ours = nullptr;
    void* db_stock = nullptr;
    ours.open_v2(":memory:", &db_ours, sqlrite::harness::kOpenReadWriteCreate, nullptr);
    stock.open_v2(":memory:", &db_stock, sqlrite::harness::kOpenReadWriteCreate, nullptr);
    std::vector<std::string> script;
    auto compare = [&](const std::string& sql, bool ordered, bool loose) {
      script.push_back(sql);
      if (verbose) { std::printf("%s;\n", sql.c_str()); std::fflush(stdout); }
      Answer b = run(stock, db_stock, sql, loose);
      Answer a = run(ours, db_ours, sql, loose);
      std::string found = difference(a, b, ordered, is_change(sql));
      bool query = sql.compare(0, 6, "SELECT") == 0 || sql.compare(0, 4, "WITH") == 0;
      for (const std::string& table : generator.content()) {  // what a change left behind, failed ones included
        if (query || !found.empty()) break;
        found = difference(run(ours, db_ours, table, false), run(stock, db_stock, table, false), false, false);
        if (!found.empty()) found = table + ": " + found;
      }
      if (found.empty()) {
        ++passed;
        return true;
      }
      ++failed;
      if (failed <= shown_max) {
        std::printf("--- difference, seed %llu case %ld, statement %zu: %s\n", static_cast<unsigned long long>(seed), number, script.size(), found.c_str());
        if (failed <= 3) {
          for (size_t i = 0; i + 1 < script.size(); ++i) {
            if (script[i].compare(0, 6, "SELECT") != 0 && script[i].compare(0, 4, "WITH") != 0) std::printf("%s;\n", script[i].c_str());
          }
        }
        std::printf("%s;\n", sql.c_str());
      }
      return false;
    };
    bool good = true;
    for (const std::string& sql : generator.setup()) {
      if (good) good = compare(sql, true, false);
    }
    for (long i = 0; i < statements && good; ++i) {
      Generator::Statement statement = generator.next();
      good = compare(statement.sql, statement.ordered, statement.grouped);
    }
    ours.close(db_ours);
    stock.close(db_stock);
  }
  std::printf("%ld passed, %ld failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
