// The sqlite3 ABI under threads: one connection and its statements used by many at once (serialized mode), connections
// of their own, handles closed while others use theirs, functions and hooks called from several threads.
#include <memory>

#include "sqlite3.h"
#include "stress/stress.h"

using sqlrite::stress::Draw;
using sqlrite::stress::in_threads;
using sqlrite::stress::Run;

namespace {

constexpr int kRowCount = 600;

struct Close {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using Handle = std::unique_ptr<sqlite3, Close>;

Handle open(Run& run, const std::string& file, int extra_flags = 0) {
  sqlite3* db = nullptr;
  int code = sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | extra_flags, nullptr);
  if (code != SQLITE_OK) run.fail("open: %d %s", code, sqlite3_errmsg(db));
  sqlite3_busy_timeout(db, 10000);
  return Handle(db);
}

bool exec(Run& run, sqlite3* db, const char* sql) {
  char* message = nullptr;
  int code = sqlite3_exec(db, sql, nullptr, nullptr, &message);
  if (code != SQLITE_OK && code != SQLITE_BUSY) run.fail("%s: %d %s", sql, code, message != nullptr ? message : "");
  sqlite3_free(message);
  return code == SQLITE_OK;
}

bool fill(Run& run, sqlite3* db) {
  return exec(run, db,
              "CREATE TABLE t(id INTEGER PRIMARY KEY, a INT, b TEXT); CREATE INDEX t_a ON t(a);"
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<600) INSERT INTO t SELECT i, 10, "
              "'row'||i FROM n;");
}

// Reads the sum with a statement of the caller's; -1 when it could not.
int64_t sum_of(sqlite3_stmt* statement) {
  int64_t sum = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
  sqlite3_reset(statement);
  return sum;
}

// One writer and four readers, each with a connection of its own.
void writer_and_readers(Run& run) {
  const std::string file = run.file("a.db");
  {
    Handle db = open(run, file);
    if (!exec(run, db.get(), "PRAGMA journal_mode=WAL") || !fill(run, db.get())) return;
  }
  in_threads(5, [&](int thread) {
    Handle db = open(run, file, thread % 2 == 0 ? SQLITE_OPEN_NOMUTEX : SQLITE_OPEN_FULLMUTEX);
    Draw draw{static_cast<uint64_t>(thread) + 11};
    if (thread == 0) {
      exec(run, db.get(), "PRAGMA synchronous=OFF");
      sqlite3_stmt* update = nullptr;
      sqlite3_prepare_v2(db.get(), "UPDATE t SET a=a+?1, b=b||'x' WHERE id=?2", -1, &update, nullptr);
      while (run.goes_on()) {
        exec(run, db.get(), "BEGIN IMMEDIATE");
        int amount = static_cast<int>(draw.below(5));
        for (int side : {-1, 1}) {
          sqlite3_bind_int(update, 1, side * amount);
          sqlite3_bind_int64(update, 2, 1 + draw.below(kRowCount));
          if (sqlite3_step(update) != SQLITE_DONE) run.fail("update: %s", sqlite3_errmsg(db.get()));
          sqlite3_reset(update);
        }
        exec(run, db.get(), draw.below(3) == 0 ? "ROLLBACK" : "COMMIT");
        if (draw.below(50) == 0) exec(run, db.get(), "UPDATE t SET b='row'||id");
        if (draw.below(90) == 0)
          sqlite3_wal_checkpoint_v2(db.get(), nullptr, static_cast<int>(draw.below(4)), nullptr, nullptr);
        run.write_count.fetch_add(1);
      }
      sqlite3_finalize(update);
    } else {
      sqlite3_stmt* scan = nullptr;
      sqlite3_stmt* index = nullptr;
      sqlite3_prepare_v2(db.get(), "SELECT sum(a) FROM t", -1, &scan, nullptr);
      sqlite3_prepare_v2(db.get(), "SELECT sum(a) FROM t INDEXED BY t_a WHERE a>-100000", -1, &index, nullptr);
      while (run.goes_on()) {
        for (sqlite3_stmt* statement : {scan, index}) {
          int64_t sum = sum_of(statement);
          if (sum != kRowCount * 10) run.fail("sum %lld (%s)", static_cast<long long>(sum), sqlite3_errmsg(db.get()));
        }
        run.read_count.fetch_add(2);
      }
      sqlite3_finalize(scan);
      sqlite3_finalize(index);
    }
  });
  Handle db = open(run, file);
  sqlite3_stmt* check = nullptr;
  sqlite3_prepare_v2(db.get(), "PRAGMA integrity_check", -1, &check, nullptr);
  if (sqlite3_step(check) != SQLITE_ROW ||
      std::string(reinterpret_cast<const char*>(sqlite3_column_text(check, 0))) != "ok")
    run.fail("integrity_check");
  sqlite3_finalize(check);
}

// One connection for all threads; each prepares, steps and finalizes statements of its own on it.
void one_connection(Run& run) {
  Handle db = open(run, run.file("a.db"), SQLITE_OPEN_FULLMUTEX);
  if (!fill(run, db.get())) return;
  exec(run, db.get(), "PRAGMA synchronous=OFF");
  in_threads(4, [&](int thread) {
    Draw draw{static_cast<uint64_t>(thread) + 21};
    while (run.goes_on()) {
      sqlite3_stmt* statement = nullptr;
      bool writes = draw.below(3) == 0;
      const char* sql =
          writes ? "UPDATE t SET a=a WHERE id=?1" : "SELECT id, b, a FROM t WHERE id>=?1 ORDER BY id LIMIT 20";
      int code = sqlite3_prepare_v2(db.get(), sql, -1, &statement, nullptr);
      if (code != SQLITE_OK) return run.fail("prepare: %d", code);
      int64_t first = 1 + draw.below(kRowCount - 30);
      sqlite3_bind_int64(statement, 1, first);
      int64_t expected = first;
      while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        const unsigned char* text = sqlite3_column_text(statement, 1);
        if (sqlite3_column_int64(statement, 0) != expected ||
            std::string(reinterpret_cast<const char*>(text)) != "row" + std::to_string(expected)) {
          run.fail("row %lld says %s", static_cast<long long>(expected), text);
        }
        ++expected;
      }
      if (code != SQLITE_DONE) run.fail("step: %d", code);
      if (!writes && expected != first + 20) run.fail("%lld rows", static_cast<long long>(expected - first));
      sqlite3_finalize(statement);
      static_cast<void>(sqlite3_changes(db.get()));
      static_cast<void>(sqlite3_errcode(db.get()));
      static_cast<void>(sqlite3_last_insert_rowid(db.get()));
      (writes ? run.write_count : run.read_count).fetch_add(1);
    }
  });
}

// One statement for all threads: rows are shared out, and no call crashes or answers something else than its codes.
void one_statement(Run& run) {
  Handle db = open(run, run.file("a.db"), SQLITE_OPEN_FULLMUTEX);
  if (!fill(run, db.get())) return;
  sqlite3_stmt* statement = nullptr;
  sqlite3_prepare_v2(db.get(), "SELECT id, b FROM t WHERE id>?1", -1, &statement, nullptr);
  in_threads(4, [&](int thread) {
    Draw draw{static_cast<uint64_t>(thread) + 41};
    while (run.goes_on()) {
      int code = sqlite3_step(statement);
      if (code != SQLITE_ROW && code != SQLITE_DONE) run.fail("step: %d", code);
      if (draw.below(10) == 0) {
        code = sqlite3_reset(statement);
        if (code != SQLITE_OK) run.fail("reset: %d", code);
      }
      if (draw.below(10) == 0) {
        code = sqlite3_bind_int64(statement, 1, draw.below(500));  // MISUSE while it runs
        if (code != SQLITE_OK && code != SQLITE_MISUSE) run.fail("bind: %d", code);
      }
      static_cast<void>(sqlite3_stmt_busy(statement));
      static_cast<void>(sqlite3_column_count(statement));
      run.read_count.fetch_add(1);
    }
  });
  sqlite3_finalize(statement);
}

// Interrupts come from another thread all the time; errors are INTERRUPT and nothing is left half done.
void interrupts(Run& run) {
  Handle db = open(run, run.file("a.db"), SQLITE_OPEN_FULLMUTEX);
  if (!fill(run, db.get())) return;
  exec(run, db.get(), "PRAGMA synchronous=OFF");
  std::atomic<bool> ended{false};
  std::thread other([&] {
    Draw draw{5};
    while (!ended.load()) {
      sqlite3_interrupt(db.get());
      static_cast<void>(sqlite3_is_interrupted(db.get()));
      std::this_thread::sleep_for(std::chrono::microseconds(draw.below(2000)));
    }
  });
  while (run.goes_on()) {
    int code = sqlite3_exec(db.get(), "UPDATE t SET a=a+1", nullptr, nullptr, nullptr);
    if (code != SQLITE_OK && code != SQLITE_INTERRUPT) run.fail("update: %d %s", code, sqlite3_errmsg(db.get()));
    sqlite3_stmt* statement = nullptr;
    do {
      sqlite3_finalize(statement);
      code = sqlite3_prepare_v2(db.get(), "SELECT max(a)-min(a) FROM t", -1, &statement, nullptr);
      if (code == SQLITE_OK) code = sqlite3_step(statement);
    } while (code == SQLITE_INTERRUPT);
    if (code != SQLITE_ROW || sqlite3_column_int64(statement, 0) != 0) run.fail("half an UPDATE: %d", code);
    sqlite3_finalize(statement);
    run.write_count.fetch_add(1);
  }
  ended.store(true);
  other.join();
}

void twice(sqlite3_context* context, int, sqlite3_value** values) {
  sqlite3_result_int64(context, 2 * sqlite3_value_int64(values[0]));
}
int backwards(void*, int left_size, const void* left, int right_size, const void* right) {
  int order = std::string(static_cast<const char*>(right), static_cast<size_t>(right_size))
                  .compare(std::string(static_cast<const char*>(left), static_cast<size_t>(left_size)));
  return order;
}

// Handles come and go in every thread, with functions, collations, hooks and statements that outlive their connection.
void open_and_close(Run& run) {
  const std::string file = run.file("a.db");
  Handle keep = open(run, file);
  if (!fill(run, keep.get())) return;
  in_threads(4, [&](int thread) {
    Draw draw{static_cast<uint64_t>(thread) + 61};
    while (run.goes_on()) {
      sqlite3* db = open(run, file).release();
      sqlite3_create_function_v2(db, "twice", 1, SQLITE_UTF8, nullptr, twice, nullptr, nullptr, nullptr);
      sqlite3_create_collation(db, "backwards", SQLITE_UTF8, nullptr, backwards);
      sqlite3_stmt* statement = nullptr;
      int code =
          sqlite3_prepare_v2(db, "SELECT sum(twice(a)), max(b COLLATE backwards) FROM t", -1, &statement, nullptr);
      if (code != SQLITE_OK) return run.fail("prepare: %s", sqlite3_errmsg(db));
      if (draw.below(2) == 0) {
        sqlite3_close_v2(db);  // the statement keeps it
        db = nullptr;
      }
      if (sum_of(statement) != kRowCount * 20) run.fail("sum of doubles");
      sqlite3_finalize(statement);
      if (db != nullptr && sqlite3_close(db) != SQLITE_OK) run.fail("close");
      run.read_count.fetch_add(1);
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  return sqlrite::stress::run_scenarios(argc, argv,
                                        {{"abi_writer_and_readers", writer_and_readers},
                                         {"abi_one_connection", one_connection},
                                         {"abi_one_statement", one_statement},
                                         {"abi_interrupts", interrupts},
                                         {"abi_open_and_close", open_and_close}});
}
