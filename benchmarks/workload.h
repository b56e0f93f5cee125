// What a workload is: a name that never changes its meaning (kWorkloadVersion counts changes), the data it runs on, and
// the work itself, done through the sqlite3 C interface of whichever engine is being measured.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "harness/sqlite_api.h"

namespace sqlrite::bench {

// Raise when any workload or data set changes: results of different versions are not compared.
inline constexpr int kWorkloadVersion = 1;

using harness::SqliteApi;

struct Random {
  uint64_t state;
  explicit Random(uint64_t seed) : state(seed * 0x9e3779b97f4a7c15ull + 1) {}
  uint64_t next() {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545f4914f6cdd1dull;
  }
  int64_t below(int64_t n) { return static_cast<int64_t>((next() >> 16) % static_cast<uint64_t>(n)); }
};

// An open connection; failures end the program, since a benchmark that limps measures nothing.
class Database {
 public:
  Database(const SqliteApi& engine, const std::string& file);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  void exec(const std::string& sql);
  const SqliteApi& api;
  void* handle = nullptr;
};

class Statement {
 public:
  Statement(Database& database, const std::string& sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  void bind(int index, int64_t value) { api.bind_int64(handle, index, value); }
  void bind(int index, const std::string& value) {
    api.bind_text(handle, index, value.data(), static_cast<int>(value.size()), nullptr);
  }
  // Runs to the end; every value of every row goes into `sum` (order counts).
  int64_t drain(uint64_t* sum);
  const SqliteApi& api;
  void* handle = nullptr;

 private:
  Database& database_;
};

struct Outcome {
  int64_t operations = 0;
  uint64_t checksum = 0;   // of the answers
  bool wall_time = false;  // waits for the disk: judged by wall time
};

struct Workload {
  std::string name;
  std::string data;      // data set it opens: "t", "big", "nar", "wide", "join", "empty"
  bool writes = false;   // works on a fresh copy each time
  std::string settings;  // PRAGMAs beyond the common ones
  Outcome (*run)(Database& database, int repetition) = nullptr;
  std::string sql;  // instead of `run`: this statement, counted as `rows` operations
  int64_t rows = 0;
};

std::vector<Workload> all_workloads();
// Fills `file` with a data set, through the given engine.
void make_data(const SqliteApi& engine, const std::string& data, const std::string& file);
std::vector<std::string> data_sets();

}  // namespace sqlrite::bench
