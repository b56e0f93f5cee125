// The C++ interface under threads: one connection a thread, all on one file. The account book keeps three laws that
// every reader checks in its snapshot: the sum of all balances, that the sum found through the index is the same, and
// that the journal table has as many rows as page-spanning notes say. A torn or mixed snapshot breaks one of them.
#include "sqlrite/sqlrite.h"
#include "stress/stress.h"

using namespace sqlrite;
using stress::Draw;
using stress::in_threads;
using stress::Run;

namespace {

constexpr int64_t kAccountCount = 400;
constexpr int64_t kBalance = 1000;

bool is_conflict(const Status& status) { return status.primary() == Code::Busy || status.primary() == Code::Locked; }

// Opens and waits for others at most ten seconds.
bool open(Run& run, const std::string& file, std::unique_ptr<Connection>* out) {
  auto opened = Connection::open(file);
  if (!opened.ok()) {
    run.fail("open: %s", std::string(opened.status().message()).c_str());
    return false;
  }
  *out = std::make_unique<Connection>(opened.take());
  (*out)->set_busy_timeout(10000);
  return true;
}

bool exec(Run& run, Connection& connection, const std::string& sql) {
  Status status = connection.exec(sql);
  if (!status.ok()) run.fail("%s: %s", sql.c_str(), std::string(status.message()).c_str());
  return status.ok();
}

// The single number a query answers. False: it failed (and `run` knows, unless it was a conflict).
bool number(Run& run, Connection& connection, const std::string& sql, int64_t* out) {
  auto prepared = connection.prepare(sql);
  Status status = prepared.ok() ? Status() : prepared.take_status();
  if (status.ok()) {
    Statement statement = prepared.take();
    auto row = statement.step();
    if (row.ok() && row.value()) {
      *out = statement.column_int64(0);
      return true;
    }
    status = row.ok() ? Status(Code::Internal, "no row") : row.take_status();
  }
  if (!is_conflict(status)) run.fail("%s: %s", sql.c_str(), std::string(status.message()).c_str());
  return false;
}

bool make_book(Run& run, const std::string& file, const char* mode) {
  std::unique_ptr<Connection> connection;
  if (!open(run, file, &connection)) return false;
  return exec(run, *connection, std::string("PRAGMA journal_mode=") + mode + ";") &&
         exec(run, *connection,
              "CREATE TABLE account(id INTEGER PRIMARY KEY, owner TEXT, balance INT);"
              "CREATE INDEX account_owner ON account(owner, balance);"
              "CREATE TABLE entry(id INTEGER PRIMARY KEY, source INT, target INT, note TEXT);"
              "CREATE TABLE total(entries INT, note_bytes INT); INSERT INTO total VALUES(0,0);"
              "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<" +
                  std::to_string(kAccountCount) + ") INSERT INTO account SELECT i, 'owner'||(i%37), " +
                  std::to_string(kBalance) + " FROM n;");
}

// Moves money about: in one of four transactions the change is taken back.
void write(Run& run, Connection& connection, Draw& draw) {
  int64_t source = 1 + draw.below(kAccountCount);
  int64_t target = 1 + draw.below(kAccountCount);
  int64_t amount = draw.below(50);
  bool take_back = draw.below(4) == 0;
  bool savepoint = draw.below(3) == 0;
  std::string note(draw.below(6) == 0 ? 5000 : 20, 'n');
  std::string sql = "BEGIN IMMEDIATE;";
  if (savepoint) sql += "SAVEPOINT s; UPDATE account SET balance=balance+7 WHERE id%3=0; ROLLBACK TO s; RELEASE s;";
  sql += "UPDATE account SET balance=balance-" + std::to_string(amount) + " WHERE id=" + std::to_string(source) + ";";
  sql += "UPDATE account SET balance=balance+" + std::to_string(amount) + ", owner='owner'||" +
         std::to_string(draw.below(37)) + " WHERE id=" + std::to_string(target) + ";";
  sql += "INSERT INTO entry(source,target,note) VALUES(" + std::to_string(source) + "," + std::to_string(target) +
         ",'" + note + "');";
  sql += "UPDATE total SET entries=entries+1, note_bytes=note_bytes+" + std::to_string(note.size()) + ";";
  if (draw.below(20) == 0) sql += "DELETE FROM entry; UPDATE total SET entries=0, note_bytes=0;";
  sql += take_back ? "ROLLBACK;" : "COMMIT;";
  Status status = connection.exec(sql);
  if (!status.ok()) {
    if (!is_conflict(status)) run.fail("transfer: %s", std::string(status.message()).c_str());
    if (!connection.is_autocommit()) connection.exec("ROLLBACK").ignore();
    return;
  }
  run.write_count.fetch_add(1, std::memory_order_relaxed);
}

// All laws in one statement, and again over a transaction of several.
void read(Run& run, Connection& connection, Draw& draw) {
  int64_t value = 0;
  constexpr int64_t kSum = kAccountCount * kBalance;
  if (draw.below(2) == 0) {
    auto prepared = connection.prepare(
        "SELECT (SELECT sum(balance) FROM account), (SELECT sum(balance) FROM account INDEXED BY account_owner WHERE "
        "owner>=''),"
        " (SELECT count(*) FROM entry)-(SELECT entries FROM total), (SELECT ifnull(sum(length(note)),0) FROM "
        "entry)-(SELECT note_bytes FROM total)");
    Status status = prepared.ok() ? Status() : prepared.take_status();
    if (status.ok()) {
      Statement statement = prepared.take();
      auto row = statement.step();
      if (row.ok()) {
        if (statement.column_int64(0) != kSum || statement.column_int64(1) != kSum || statement.column_int64(2) != 0 ||
            statement.column_int64(3) != 0) {
          run.fail("one statement saw %lld, %lld, %lld, %lld", static_cast<long long>(statement.column_int64(0)),
                   static_cast<long long>(statement.column_int64(1)), static_cast<long long>(statement.column_int64(2)),
                   static_cast<long long>(statement.column_int64(3)));
        }
        run.read_count.fetch_add(1, std::memory_order_relaxed);
        return;
      }
      status = row.take_status();
    }
    if (!is_conflict(status)) run.fail("reading: %s", std::string(status.message()).c_str());
    return;
  }
  if (!exec(run, connection, "BEGIN")) return;
  int64_t first = 0;
  int64_t entries = 0;
  if (number(run, connection, "SELECT sum(balance) FROM account", &value) &&
      number(run, connection, "SELECT entries FROM total", &first) &&
      number(run, connection, "SELECT count(*) FROM entry", &entries)) {
    if (value != kSum || first != entries) {
      run.fail("one transaction saw the sum %lld, %lld entries in total and %lld in the table",
               static_cast<long long>(value), static_cast<long long>(first), static_cast<long long>(entries));
    }
    run.read_count.fetch_add(1, std::memory_order_relaxed);
  }
  exec(run, connection, "COMMIT");
}

void finish(Run& run, const std::string& file) {
  std::unique_ptr<Connection> connection;
  if (run.failed() || !open(run, file, &connection)) return;
  auto prepared = connection->prepare("PRAGMA integrity_check");
  if (!prepared.ok()) return run.fail("integrity_check: %s", std::string(prepared.status().message()).c_str());
  Statement statement = prepared.take();
  auto row = statement.step();
  if (!row.ok() || statement.column_text(0) != "ok")
    run.fail("integrity_check: %s", std::string(statement.column_text(0)).c_str());
}

// One writer, four readers, each with a connection for the whole run.
void writer_and_readers(Run& run, const char* mode, bool checkpoints) {
  const std::string file = run.file("book.db");
  if (!make_book(run, file, mode)) return;
  in_threads(checkpoints ? 6 : 5, [&](int thread) {
    std::unique_ptr<Connection> connection;
    if (!open(run, file, &connection)) return;
    Draw draw{static_cast<uint64_t>(thread) * 977 + 1};
    // A small cache, so that pages leave it and come back.
    exec(run, *connection, "PRAGMA cache_size=20");
    if (thread == 0) exec(run, *connection, "PRAGMA synchronous=OFF");
    const char* kinds[] = {"PRAGMA wal_checkpoint", "PRAGMA wal_checkpoint(FULL)", "PRAGMA wal_checkpoint(RESTART)",
                           "PRAGMA wal_checkpoint(TRUNCATE)"};
    while (run.goes_on()) {
      if (thread == 0) {
        write(run, *connection, draw);
      } else if (thread < 5) {
        read(run, *connection, draw);
      } else {
        int64_t busy = 0;
        connection->set_busy_timeout(20);
        number(run, *connection, kinds[draw.below(4)], &busy);
      }
    }
  });
  finish(run, file);
}

void wal(Run& run) { writer_and_readers(run, "WAL", false); }
void wal_with_checkpoints(Run& run) { writer_and_readers(run, "WAL", true); }
void rollback(Run& run) { writer_and_readers(run, "DELETE", false); }
void rollback_persist(Run& run) { writer_and_readers(run, "PERSIST", false); }

// Connections come and go while others write: the last close removes the log, the next open makes it again.
void open_and_close(Run& run) {
  const std::string file = run.file("book.db");
  if (!make_book(run, file, "WAL")) return;
  in_threads(5, [&](int thread) {
    Draw draw{static_cast<uint64_t>(thread) * 31 + 5};
    while (run.goes_on()) {
      std::unique_ptr<Connection> connection;
      if (!open(run, file, &connection)) return;
      for (uint32_t i = draw.below(4); i > 0; --i) {
        if (thread < 2) {
          write(run, *connection, draw);
        } else {
          read(run, *connection, draw);
        }
      }
    }
  });
  finish(run, file);
}

// The journal mode changes to and fro under readers and a writer.
void journal_modes(Run& run) {
  const std::string file = run.file("book.db");
  if (!make_book(run, file, "WAL")) return;
  in_threads(5, [&](int thread) {
    std::unique_ptr<Connection> connection;
    if (!open(run, file, &connection)) return;
    Draw draw{static_cast<uint64_t>(thread) * 131 + 9};
    const char* modes[] = {"WAL", "DELETE", "WAL", "TRUNCATE", "PERSIST"};
    while (run.goes_on()) {
      if (thread == 0) {
        write(run, *connection, draw);
      } else if (thread < 4) {
        read(run, *connection, draw);
      } else {
        // Refused while others read.
        Status status = connection->exec(std::string("PRAGMA journal_mode=") + modes[draw.below(5)]);
        if (!status.ok() && !is_conflict(status)) run.fail("journal_mode: %s", std::string(status.message()).c_str());
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
      }
    }
  });
  finish(run, file);
}

// Tables, columns and indexes come and go under readers that prepare anew.
void schema_changes(Run& run) {
  const std::string file = run.file("book.db");
  if (!make_book(run, file, "WAL")) return;
  in_threads(4, [&](int thread) {
    std::unique_ptr<Connection> connection;
    if (!open(run, file, &connection)) return;
    Draw draw{static_cast<uint64_t>(thread) * 7 + 3};
    for (int round = 0; run.goes_on(); ++round) {
      if (thread == 0) {
        exec(run, *connection,
             "BEGIN; CREATE TABLE extra(a, b); CREATE INDEX extra_a ON extra(a); INSERT INTO extra SELECT id, owner "
             "FROM account; COMMIT;"
             "ALTER TABLE extra ADD COLUMN c DEFAULT 5; UPDATE extra SET b=c WHERE a%5=0; DROP INDEX extra_a;"
             "BEGIN; DROP TABLE extra; COMMIT;");
        if (round % 5 == 0) exec(run, *connection, "ANALYZE");
        if (round % 7 == 0) exec(run, *connection, "VACUUM");
        run.write_count.fetch_add(1, std::memory_order_relaxed);
      } else {
        read(run, *connection, draw);
        int64_t there = 0;
        number(run, *connection, "SELECT count(*) FROM sqlite_schema WHERE name='extra'", &there);
        auto prepared = connection->prepare("SELECT count(*), sum(a) FROM extra");
        if (prepared.ok()) {
          Statement statement = prepared.take();
          auto row = statement.step();
          if (row.ok() && statement.column_int64(0) != kAccountCount && statement.column_int64(0) != 0) {
            run.fail("a table that is filled in one transaction was seen with %lld rows",
                     static_cast<long long>(statement.column_int64(0)));
          }
        }
      }
    }
  });
  finish(run, file);
}

// Statements are interrupted at any moment; the next one runs.
void interrupts(Run& run) {
  const std::string file = run.file("book.db");
  if (!make_book(run, file, "WAL")) return;
  std::unique_ptr<Connection> victim;
  if (!open(run, file, &victim)) return;
  std::atomic<bool> ended{false};
  std::thread other([&] {
    Draw draw{77};
    while (!ended.load()) {
      victim->interrupt();
      std::this_thread::sleep_for(std::chrono::microseconds(draw.below(3000)));
    }
  });
  while (run.goes_on()) {
    Status status = victim->exec(
        "SELECT count(*) FROM account a, account b WHERE a.balance+b.id>3; UPDATE account SET balance=balance+1; "
        "UPDATE account SET balance=balance-1");
    if (!status.ok() && status.primary() != Code::Interrupt)
      run.fail("interrupted: %s", std::string(status.message()).c_str());
    // An UPDATE that was interrupted left nothing; put the pair right again.
    int64_t sum = 0;
    while (!run.failed()) {
      auto prepared = victim->prepare("SELECT sum(balance) FROM account");
      if (!prepared.ok()) {
        if (prepared.status().primary() != Code::Interrupt)
          run.fail("prepare: %s", std::string(prepared.status().message()).c_str());
        continue;
      }
      Statement statement = prepared.take();
      auto row = statement.step();
      if (!row.ok()) continue;
      sum = statement.column_int64(0);
      break;
    }
    if (sum != kAccountCount * kBalance && sum != kAccountCount * (kBalance + 1)) {
      run.fail("half an UPDATE stayed: %lld", static_cast<long long>(sum));
    }
    while (!run.failed() && !victim->exec("UPDATE account SET balance=1000").ok()) {
    }
    run.write_count.fetch_add(1, std::memory_order_relaxed);
  }
  ended.store(true);
  other.join();
  victim.reset();
  finish(run, file);
}

// A backup is taken, page by page, while the source changes; every finished copy obeys the laws.
void backups(Run& run) {
  const std::string file = run.file("book.db");
  if (!make_book(run, file, "WAL")) return;
  in_threads(3, [&](int thread) {
    std::unique_ptr<Connection> connection;
    if (!open(run, file, &connection)) return;
    Draw draw{static_cast<uint64_t>(thread) + 100};
    while (run.goes_on()) {
      if (thread != 0) {
        write(run, *connection, draw);
        continue;
      }
      std::unique_ptr<Connection> copy;
      if (!open(run, ":memory:", &copy)) return;
      auto backup = connection->backup_to(*copy);
      if (!backup.ok()) return run.fail("backup: %s", std::string(backup.status().message()).c_str());
      bool done = false;
      {
        Backup steps = backup.take();
        for (int step = 0; !done && run.goes_on(); ++step) {
          auto result = steps.step(step < 20 ? 3 : -1);
          if (!result.ok() && !is_conflict(result.status()))
            return run.fail("backup step: %s", std::string(result.status().message()).c_str());
          done = result.ok() && result.value();
        }
      }
      if (done) read(run, *copy, draw);
    }
  });
  finish(run, file);
}

// Private databases share nothing but the tables of functions and the like.
void private_databases(Run& run) {
  in_threads(4, [&](int thread) {
    while (run.goes_on()) {
      const std::string name = thread % 2 == 0 ? ":memory:" : "";
      std::unique_ptr<Connection> connection;
      if (!open(run, name, &connection)) return;
      exec(run, *connection, "CREATE TABLE t(a, b); CREATE TEMP TABLE u(c)");
      exec(run, *connection,
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<300) INSERT INTO t SELECT i, "
           "printf('%05d|%s', i, hex(i)) FROM n;"
           "INSERT INTO u SELECT json_group_array(a) FROM t WHERE b LIKE '%1%'; UPDATE t SET "
           "b=datetime(a*86400,'unixepoch')");
      int64_t value = 0;
      number(run, *connection, "SELECT sum(a) FROM t WHERE b GLOB '19*'", &value);
      if (value != 45150) run.fail("sum of a private table: %lld", static_cast<long long>(value));
      run.read_count.fetch_add(1, std::memory_order_relaxed);
    }
  });
}

// Several writers with a busy timeout: none is starved or loses a transaction.
void writers(Run& run) {
  const std::string file = run.file("book.db");
  if (!make_book(run, file, "WAL")) return;
  std::atomic<int64_t> acknowledged{0};
  in_threads(4, [&](int) {
    std::unique_ptr<Connection> connection;
    if (!open(run, file, &connection)) return;
    exec(run, *connection, "PRAGMA synchronous=OFF");
    while (run.goes_on()) {
      if (exec(run, *connection, "UPDATE total SET entries=entries+1")) acknowledged.fetch_add(1);
      run.write_count.fetch_add(1, std::memory_order_relaxed);
    }
  });
  std::unique_ptr<Connection> connection;
  if (!open(run, file, &connection)) return;
  int64_t stored = 0;
  if (number(run, *connection, "SELECT entries FROM total", &stored) && stored != acknowledged.load()) {
    run.fail("%lld acknowledged, %lld stored", static_cast<long long>(acknowledged.load()),
             static_cast<long long>(stored));
  }
}

}  // namespace

int main(int argc, char** argv) {
  return stress::run_scenarios(argc, argv,
                               {{"wal", wal},
                                {"wal_with_checkpoints", wal_with_checkpoints},
                                {"rollback", rollback},
                                {"rollback_persist", rollback_persist},
                                {"open_and_close", open_and_close},
                                {"journal_modes", journal_modes},
                                {"schema_changes", schema_changes},
                                {"interrupts", interrupts},
                                {"backups", backups},
                                {"private_databases", private_databases},
                                {"writers", writers}});
}
