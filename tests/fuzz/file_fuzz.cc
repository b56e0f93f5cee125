// Damaged files, opened through SQL. For each case a seed file is damaged, and then
//
//   read     The schema is loaded, every table and index is read whole and by key, integrity_check and quick_check
//            run. The files must be as before, byte for byte.
//   write    On a copy, rows and tables come and go, and the file is vacuumed. What was whole before must be whole
//            after.
//   compare  With --stock, SQLite opens the same files: where its integrity_check says "ok" ours does too, and the
//            other way round, and both read the same rows.
//
// A crash or a sanitizer's report ends the program, and so does a case that runs for a minute; both print the case.
// Errors have to be errors of the file (CORRUPT, NOTADB, CANTOPEN, ...): INTERNAL, NOMEM and the like are failures.
//
//   file_fuzz [--seed S] [--first N] [--cases N] [--stock LIBRARY] [--keep FILE] [--verbose]
//     --keep: stores the files of the last case as FILE, FILE-wal, FILE-journal
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "api/border.h"
#include "fuzz/mutation.h"
#include "harness/sqlite_api.h"
#include "harness/temporary_folder.h"
#include "os/memory/memory_vfs.h"

using namespace sqlrite;
using namespace sqlrite::fuzz;

namespace {

constexpr const char* kPath = "/fuzz.db";
constexpr int kHangSeconds = 60;
// Rows of one statement and steps of one statement: a cycle in the file shows as either.
constexpr uint64_t kRowCountMax = 200000;

char g_case_text[2000];
std::atomic<uint64_t> g_progress{0};

extern "C" void print_case() { std::fprintf(stderr, "file_fuzz: %s\n", g_case_text); }
#if defined(__SANITIZE_ADDRESS__)
extern "C" void __sanitizer_set_death_callback(void (*callback)());
#endif

// Ends the program when a case does not end.
class Watchdog {
 public:
  Watchdog() : thread_([this] { watch(); }) {}
  ~Watchdog() {
    {
      std::lock_guard<std::mutex> guard(mutex_);
      ended_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

 private:
  void watch() {
    uint64_t seen = 0;
    std::unique_lock<std::mutex> lock(mutex_);
    while (!wake_.wait_for(lock, std::chrono::seconds(kHangSeconds), [this] { return ended_; })) {
      uint64_t now = g_progress.load();
      if (now == seen) {
        std::fprintf(stderr, "file_fuzz: no end after %d seconds\n", kHangSeconds);
        print_case();
        std::abort();
      }
      seen = now;
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ended_ = false;
  std::thread thread_;
};

struct Tally {
  uint64_t cases = 0;
  uint64_t read_whole = 0;  // every statement of the read phase succeeded
  uint64_t checked_ok = 0;  // integrity_check said ok
  uint64_t compared = 0;
  uint64_t failed = 0;
  std::map<int, uint64_t> codes;  // of the first failing statement of a case
};

void fail(Tally* tally, const std::string& reason) {
  std::printf("FAILED: %s\n  %s\n", g_case_text, reason.c_str());
  std::fflush(stdout);
  ++tally->failed;
}

uint64_t mix(uint64_t hash, const void* data, size_t size_bytes) {
  const uint8_t* at = static_cast<const uint8_t*>(data);
  for (size_t i = 0; i < size_bytes; ++i) hash = (hash ^ at[i]) * 1099511628211u;
  return hash;
}

// What one side saw of one statement.
struct Answer {
  int code = 0;
  std::string message;
  uint64_t row_count = 0;
  uint64_t hash = 14695981039346656037u;  // of the rows in their order
  uint64_t set_hash = 0;                  // of the rows in any order
  std::string first;                      // first column of the first row

  void add_row(uint64_t row_hash) {
    hash = mix(hash, &row_hash, sizeof row_hash);
    set_hash += row_hash;
    ++row_count;
  }
};

// Without ORDER BY the rows may come in any order: damaged statistics let the planners go different ways.
bool same_rows(const std::string& sql, const Answer& a, const Answer& b) {
  const bool ordered = sql.find("ORDER BY") != std::string::npos;
  return a.row_count == b.row_count && (ordered ? a.hash == b.hash : a.set_hash == b.set_hash);
}

Answer ask(engine::Connection& connection, const std::string& sql) {
  Answer answer;
  engine::Statement* statement = nullptr;
  size_t tail = 0;
  Status status = connection.prepare(sql, 0, &statement, &tail);
  if (status.ok() && statement != nullptr) {
    Code code;
    while ((code = statement->step()) == Code::Row && answer.row_count < kRowCountMax) {
      uint64_t row_hash = 14695981039346656037u;
      for (uint32_t i = 0; i < statement->column_count(); ++i) {
        int type = static_cast<int>(statement->column_type(i));
        std::string_view text =
            statement->column_type(i) == ValueType::Blob ? statement->column_blob(i) : statement->column_text(i);
        if (answer.row_count == 0 && i == 0) answer.first = std::string(text);
        row_hash = mix(mix(row_hash, &type, sizeof type), text.data(), text.size());
      }
      answer.add_row(row_hash);
    }
    if (code != Code::Row && code != Code::Done) answer.code = static_cast<int>(code);
  } else if (!status.ok()) {
    answer.code = static_cast<int>(status.code());
  }
  if (answer.code != 0) answer.message = std::string(connection.error_message());
  if (statement != nullptr) engine::Statement::finalize(statement);
  return answer;
}

Answer ask(const harness::SqliteApi& api, void* db, const std::string& sql) {
  Answer answer;
  void* statement = nullptr;
  answer.code = api.prepare_v2(db, sql.c_str(), -1, &statement, nullptr);
  if (answer.code == 0 && statement != nullptr) {
    int code;
    while ((code = api.step(statement)) == harness::kRow && answer.row_count < kRowCountMax) {
      uint64_t row_hash = 14695981039346656037u;
      for (int i = 0; i < api.column_count(statement); ++i) {
        // The engine numbers types from NULL on as its own enumeration does.
        constexpr ValueType kTypes[] = {ValueType::Null, ValueType::Integer, ValueType::Real,
                                        ValueType::Text, ValueType::Blob,    ValueType::Null};
        int type = static_cast<int>(kTypes[api.column_type(statement, i)]);
        const void* text =
            api.column_type(statement, i) == 4 ? api.column_blob(statement, i) : api.column_text(statement, i);
        size_t size = static_cast<size_t>(api.column_bytes(statement, i));
        if (answer.row_count == 0 && i == 0 && text != nullptr)
          answer.first.assign(static_cast<const char*>(text), size);
        row_hash = mix(mix(row_hash, &type, sizeof type), text, size);
      }
      answer.add_row(row_hash);
    }
    if (code != harness::kRow && code != harness::kDone) answer.code = code;
  }
  if (answer.code != 0) answer.message = api.errmsg(db);
  api.finalize(statement);
  return answer;
}

// Errors that a damaged file may give. MISUSE, INTERNAL, NOMEM, LOCKED, INTERRUPT are ours.
bool is_error_of_file(int code) {
  switch (static_cast<Code>(code & 0xff)) {
    case Code::Ok:
    case Code::Error:
    case Code::Corrupt:
    case Code::NotADb:
    case Code::CantOpen:
    case Code::Full:
    case Code::TooBig:
    case Code::Constraint:
    case Code::Mismatch:
    case Code::ReadOnly:
    case Code::IoErr:
    case Code::Schema: return true;
    case Code::Busy: return true;  // a log of a file that says it has none
    default: return false;
  }
}

// What is read of every case. The tables of the seeds by name, then whatever else the schema holds.
std::vector<std::string> reading(engine::Connection& connection) {
  std::vector<std::string> sql = {"SELECT * FROM sqlite_schema"};
  engine::Statement* statement = nullptr;
  size_t tail = 0;
  if (connection
          .prepare("SELECT type, name, tbl_name FROM sqlite_schema WHERE type IN ('table','index','view')", 0,
                   &statement, &tail)
          .ok()) {
    while (statement->step() == Code::Row && sql.size() < 150) {
      auto quoted = [&](uint32_t column) {
        std::string text = "\"";
        for (char c : statement->column_text(column)) {
          if (c == '\0') break;
          text += c;
          if (c == '"') text += c;
        }
        return text + "\"";
      };
      std::string type(statement->column_text(0));
      std::string name = quoted(1);
      if (type == "index") {
        sql.push_back("SELECT count(*) FROM " + quoted(2) + " INDEXED BY " + name + " WHERE 1");
        continue;
      }
      sql.push_back("SELECT * FROM " + name);
      if (type == "view") continue;
      sql.push_back("SELECT count(*), max(rowid) FROM " + name);
      sql.push_back("SELECT rowid, * FROM " + name + " WHERE rowid>=30 AND rowid<100 ORDER BY rowid DESC");
    }
    engine::Statement::finalize(statement);
  }
  for (const char* more :
       {"SELECT * FROM t WHERE a=5", "SELECT * FROM t WHERE b='name77'", "SELECT b FROM t WHERE b>'name2' ORDER BY b",
        "SELECT a, c FROM t WHERE a>3 ORDER BY a, c DESC", "SELECT length(big), length(txt), substr(txt,500,20) FROM t",
        "SELECT id FROM t WHERE txt>'xy' ORDER BY txt", "SELECT * FROM t WHERE b=100 AND a='k0'",
        "SELECT * FROM u WHERE a=3", "SELECT k FROM w WHERE k>'C'", "SELECT t.a, v.n FROM t JOIN v ON t.a=v.a",
        "PRAGMA quick_check", "PRAGMA integrity_check", "SELECT * FROM sqlite_stat1", "PRAGMA table_info(t)",
        "PRAGMA freelist_count", "PRAGMA page_count"}) {
    sql.push_back(more);
  }
  return sql;
}

const char* const kWriting[] = {
    "INSERT INTO t(id, a, b, c) VALUES(100000,1,'new',2)",
    "INSERT INTO t(a, b, c) VALUES('N', 100001, x'00')",
    "INSERT INTO t(id, big, txt) VALUES(100002, zeroblob(9000), hex(zeroblob(3000)))",
    "UPDATE t SET a=a+1 WHERE a%3=0",
    "UPDATE t SET big=zeroblob(20), txt=txt||'longer'",
    "DELETE FROM t WHERE a=5",
    "DELETE FROM t WHERE id%2=0",
    "DELETE FROM t WHERE b<90",
    "BEGIN; DELETE FROM t; ROLLBACK",
    "INSERT INTO s(y) VALUES('next')",
    "DELETE FROM w WHERE k>'D'; INSERT INTO w VALUES(hex(zeroblob(900)),1)",
    "UPDATE u SET a=a+1, b=b||'x'",
    "CREATE TABLE fresh(a PRIMARY KEY, b); INSERT INTO fresh VALUES(1,zeroblob(3000)),(2,'x')",
    "CREATE INDEX fresh_i ON t(a)",
    "DROP INDEX t_a",
    "ALTER TABLE t ADD COLUMN added DEFAULT 5",
    "DROP TABLE t7",
    "REINDEX",
    "PRAGMA incremental_vacuum",
    "DROP TABLE w",
    "ANALYZE",
    "PRAGMA integrity_check",
    "VACUUM",
    "DROP TABLE t",
    "PRAGMA journal_mode=WAL",
    "INSERT INTO fresh VALUES(3,'in the log')",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA journal_mode=DELETE",
    "VACUUM",
};

void set_files(os::MemoryVfs& vfs, const FileImage& image) {
  vfs.set_content(kPath, image.database);
  if (!image.wal.empty()) vfs.set_content(std::string(kPath) + "-wal", image.wal);
  if (!image.journal.empty()) vfs.set_content(std::string(kPath) + "-journal", image.journal);
}

struct Reading {
  std::vector<std::string> sql;
  std::vector<Answer> answers;
  bool opened = false;
};

Reading read_whole(os::MemoryVfs& vfs, bool read_only, Tally* tally) {
  Reading result;
  std::unique_ptr<engine::Connection> connection;
  Status status = engine::Connection::open(
      kPath, read_only ? engine::open_flags::kReadOnly : engine::open_flags::kReadWrite, &vfs, &connection);
  if (!status.ok()) {
    if (!is_error_of_file(static_cast<int>(status.code()))) fail(tally, "open: " + std::string(status.message()));
    return result;
  }
  result.opened = true;
  result.sql = reading(*connection);
  bool whole = true;
  for (const std::string& sql : result.sql) {
    Answer answer = ask(*connection, sql);
    if (!is_error_of_file(answer.code))
      fail(tally, sql + ": code " + std::to_string(answer.code) + " " + answer.message);
    if (answer.code == static_cast<int>(Code::Corrupt) || answer.code == static_cast<int>(Code::NotADb)) {
      if (whole) ++tally->codes[answer.code];
      whole = false;
    }
    result.answers.push_back(std::move(answer));
  }
  tally->read_whole += whole;
  return result;
}

const Answer* answer_to(const Reading& reading, const std::string& sql) {
  for (size_t i = 0; i < reading.answers.size(); ++i) {
    if (reading.sql[i] == sql) return &reading.answers[i];
  }
  return nullptr;
}

void write_much(const FileImage& image, bool was_whole, Random& random, Tally* tally) {
  os::MemoryVfs vfs;
  set_files(vfs, image);
  std::unique_ptr<engine::Connection> connection;
  Status status = engine::Connection::open(kPath, engine::open_flags::kReadWrite, &vfs, &connection);
  if (!status.ok()) return;
  bool shuffled = random.below(2) == 0;
  constexpr uint32_t kCount = sizeof kWriting / sizeof *kWriting;
  bool damaged = false;
  for (uint32_t i = 0; i < kCount; ++i) {
    const char* sql = kWriting[shuffled ? random.below(kCount) : i];
    Status done = connection->exec(sql);
    if (!is_error_of_file(static_cast<int>(done.code())))
      fail(tally, std::string(sql) + ": code " + std::to_string(static_cast<int>(done.code())) + " " +
                      std::string(done.message()));
    if (!connection->is_autocommit()) connection->exec("ROLLBACK").ignore();
    if (was_whole && done.primary() == Code::Corrupt && !damaged) {
      damaged = true;
      fail(tally, std::string(sql) + " on a file that integrity_check calls ok: " + std::string(done.message()));
    }
  }
  Answer check = ask(*connection, "PRAGMA integrity_check");
  if (was_whole && check.first != "ok")
    fail(tally, "integrity_check after the changes: " + check.first + check.message);
}

// The files of a case in the file system.
void store(const FileImage& image, const std::string& path) {
  auto put = [&](const std::string& suffix, const std::vector<uint8_t>& bytes) {
    std::error_code ignored;
    std::filesystem::remove(path + suffix, ignored);
    if (bytes.empty() && !suffix.empty()) return;
    std::ofstream(path + suffix, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };
  put("", image.database);
  put("-wal", image.wal);
  put("-journal", image.journal);
  put("-shm", {});
}

// SQLite on the same files, in a folder of the file system.
void compare(const harness::SqliteApi& stock, const std::string& folder, const FileImage& image, const Reading& ours,
             Tally* tally) {
  const std::string path = folder + "/stock.db";
  store(image, path);
  void* db = nullptr;
  if (stock.open_v2(path.c_str(), &db, 2, nullptr) == 0) {
    Answer stock_check = ask(stock, db, "PRAGMA integrity_check");
    const Answer* our_check = answer_to(ours, "PRAGMA integrity_check");
    bool stock_ok = stock_check.code == 0 && stock_check.first == "ok";
    bool ours_ok = our_check != nullptr && our_check->code == 0 && our_check->first == "ok";
    if (stock_ok != ours_ok) {
      fail(tally, "integrity_check: ours " +
                      (our_check == nullptr ? "did not open" : our_check->first + our_check->message) + "; stock " +
                      stock_check.first + stock_check.message);
    } else if (stock_ok) {
      for (size_t i = 0; i < ours.sql.size(); ++i) {
        const Answer& mine = ours.answers[i];
        if (ours.sql[i].find("sqlite_stat1") != std::string::npos || ours.sql[i].compare(0, 6, "PRAGMA") == 0) continue;
        Answer theirs = ask(stock, db, ours.sql[i]);
        if ((mine.code & 0xff) != (theirs.code & 0xff)) {
          fail(tally, ours.sql[i] + ": code " + std::to_string(mine.code) + " " + mine.message + ", stock " +
                          std::to_string(theirs.code) + " " + theirs.message);
        } else if (mine.code == 0 && !same_rows(ours.sql[i], mine, theirs)) {
          fail(tally, ours.sql[i] + ": rows differ (" + std::to_string(mine.row_count) + ", stock " +
                          std::to_string(theirs.row_count) + ")");
        }
      }
    }
    ++tally->compared;
  }
  stock.close(db);
}

// Reads, compares and writes one image.
void judge_case(const FileImage& image, bool intact, const harness::SqliteApi* stock, const std::string& folder,
                Random& random, Tally* tally) {
  os::MemoryVfs vfs;
  set_files(vfs, image);
  // A log or a hot journal is played back by whoever may write; read-only openers leave it alone.
  bool has_more = !image.wal.empty() || !image.journal.empty();
  bool read_only = has_more ? random.below(2) == 0 : random.below(4) == 0;
  Reading ours = read_whole(vfs, read_only, tally);
  if (!has_more || read_only) {
    if (vfs.content(kPath) != image.database) fail(tally, "the database was written, though it was only read");
    if (vfs.content(std::string(kPath) + "-wal") != image.wal)
      fail(tally, "the log was written, though the file was only read");
    if (vfs.content(std::string(kPath) + "-journal") != image.journal)
      fail(tally, "the journal was written, though the file was only read");
  }
  const Answer* check = answer_to(ours, "PRAGMA integrity_check");
  bool whole = check != nullptr && check->code == 0 && check->first == "ok";
  tally->checked_ok += whole;
  if (intact && !read_only && !whole) fail(tally, "an intact file is not ok");
  if (stock != nullptr && !(has_more && read_only)) compare(*stock, folder, image, ours, tally);
  write_much(image, whole && !(has_more && read_only), random, tally);
}

struct Options {
  uint64_t seed = 1;
  uint64_t first = 0;
  uint64_t cases = 1000;
  bool verbose = false;
  std::string stock_path;
  std::string keep_path;

  // False, with a message, for what is not an option.
  bool read(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      std::string option = argv[i];
      auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
      if (option == "--seed") {
        seed = std::strtoull(value(), nullptr, 10);
      } else if (option == "--first") {
        first = std::strtoull(value(), nullptr, 10);
      } else if (option == "--cases") {
        cases = std::strtoull(value(), nullptr, 10);
      } else if (option == "--stock") {
        stock_path = value();
      } else if (option == "--keep") {
        keep_path = value();
      } else if (option == "--verbose") {
        verbose = true;
      } else {
        std::fprintf(stderr, "file_fuzz: unknown option %s\n", option.c_str());
        return false;
      }
    }
    return true;
  }
};

int report(const Tally& tally) {
  std::printf(
      "file_fuzz: %llu cases, %llu read without an error, %llu ok by integrity_check, %llu compared with stock\n",
      static_cast<unsigned long long>(tally.cases), static_cast<unsigned long long>(tally.read_whole),
      static_cast<unsigned long long>(tally.checked_ok), static_cast<unsigned long long>(tally.compared));
  for (const auto& [code, count] : tally.codes)
    std::printf("  first error %d (%s): %llu cases\n", code, code_text(static_cast<Code>(code)),
                static_cast<unsigned long long>(count));
  std::printf("%llu passed, %llu failed\n",
              static_cast<unsigned long long>(tally.cases > tally.failed ? tally.cases - tally.failed : 0),
              static_cast<unsigned long long>(tally.failed));
  return tally.failed > 0 ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!options.read(argc, argv)) return 2;
  const auto& [seed, first, cases, verbose, stock_path, keep_path] = options;
  harness::SqliteApi stock;
  if (!stock_path.empty() && !stock.load(stock_path)) return 2;
  harness::TemporaryFolder folder("fuzz");
#if defined(__SANITIZE_ADDRESS__)
  __sanitizer_set_death_callback(print_case);
#endif
  std::vector<FileImage> seeds = make_seed_files();
  if (seeds.empty()) return 2;
  std::printf("file_fuzz: seed %llu, cases %llu to %llu, %zu seed files\n", static_cast<unsigned long long>(seed),
              static_cast<unsigned long long>(first), static_cast<unsigned long long>(first + cases), seeds.size());
  Tally tally;
  {
    Watchdog watchdog;
    for (uint64_t number = first; number < first + cases; ++number) {
      g_progress.fetch_add(1);
      Random random{(seed * 1000003 + number) * 0x9e3779b97f4a7c15u};
      random.below(2);
      FileImage image = seeds[random.below(static_cast<uint32_t>(seeds.size()))];
      // Case 0 to 17 of every seed: the files as they are. They must be fine, or the test would judge nothing.
      bool intact = number < seeds.size();
      if (intact) image = seeds[number];
      std::string what = intact ? "intact" : mutate(&image, random);
      std::snprintf(g_case_text, sizeof g_case_text, "--seed %llu --first %llu --cases 1: %s %s",
                    static_cast<unsigned long long>(seed), static_cast<unsigned long long>(number), image.name.c_str(),
                    what.c_str());
      if (verbose) {
        std::printf("%s\n", g_case_text);
        std::fflush(stdout);
      }
      ++tally.cases;
      if (!keep_path.empty()) store(image, keep_path);
      judge_case(image, intact, stock_path.empty() ? nullptr : &stock, folder.path(), random, &tally);
    }
  }
  return report(tally);
}
