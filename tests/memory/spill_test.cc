// Statements under a small memory budget (soft_heap_limit) write rows to temporary files. Their rows, and the order of
// these, are those of the same statement in memory; a full disk or an interrupt on the way ends the statement and
// nothing else.
#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "engine/connection.h"
#include "engine/statement.h"
#include "os/fault/fault_vfs.h"

namespace sqlrite::test {
namespace {

constexpr uint32_t kReadWriteCreate = 6;

// A database of files in memory that count and break.
class FaultySession {
 public:
  FaultySession() {
    vfs.set_recording(false);
    REQUIRE(engine::Connection::open("/a.db", kReadWriteCreate, &vfs, &connection).ok());
  }

  // All rows as text, or the error.
  std::string rows(std::string_view sql) {
    std::string out;
    engine::Statement* statement = nullptr;
    size_t tail = 0;
    Status status = connection->prepare(sql, 0, &statement, &tail);
    if (!status.ok()) return "Error: " + std::string(status.message());
    for (;;) {
      code = statement->step();
      if (code != Code::Row) break;
      for (uint32_t i = 0; i < statement->column_count(); ++i) {
        out += i > 0 ? "|" : "";
        out += statement->column_text(i);
      }
      out += '\n';
    }
    if (code != Code::Done) out += "Error: " + std::string(connection->error_message());
    engine::Statement::finalize(statement);
    return out;
  }

  void limit(int64_t bytes) { rows("PRAGMA soft_heap_limit = " + std::to_string(bytes)); }

  os::FaultVfs vfs;
  std::unique_ptr<engine::Connection> connection;
  Code code = Code::Ok;
};

void fill(FaultySession& s) {
  for (const char* sql : {
           "CREATE TABLE t(id INTEGER PRIMARY KEY, k INTEGER, s TEXT, v REAL, m)",
           "CREATE TABLE u(id INTEGER PRIMARY KEY, k INTEGER, s TEXT COLLATE NOCASE, w)",
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) INSERT INTO t "
           "SELECT i, CASE WHEN i % 50 = 0 THEN NULL ELSE i * 7919 % 3001 END, 's' || (i * 104729 % 4001), i * 0.37, "
           "CASE i % 6 WHEN 0 THEN NULL WHEN 1 THEN 1 WHEN 2 THEN 1.0 WHEN 3 THEN 'x' WHEN 4 THEN x'78' ELSE i % 17 "
           "END FROM n",
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO u "
           "SELECT i, CASE WHEN i % 30 = 0 THEN NULL ELSE i * 5003 % 6007 END, CASE WHEN i % 2 THEN 's' ELSE 'S' END "
           "|| (i * 7727 % 4001), i % 100 FROM n",
       }) {
    std::string out = s.rows(sql);
    REQUIRE_MESSAGE(out.empty(), out);
  }
}

// With `spills`: the statement has to use files under the smallest budget.
struct Query {
  const char* sql;
  bool spills = true;
};
const Query kQueries[] = {
    {"SELECT k, count(*), sum(v), group_concat(s) FROM t GROUP BY k"},
    {"SELECT k, count(*), total(v), avg(v) FROM t GROUP BY k ORDER BY k DESC"},
    {"SELECT s, count(*), min(id), max(v), m, k FROM t GROUP BY s"},
    {"SELECT s, v, id FROM t GROUP BY k, s, m"},
    {"SELECT m, count(DISTINCT s), sum(DISTINCT v), group_concat(DISTINCT k) FROM t GROUP BY m"},
    {"SELECT count(DISTINCT s), sum(DISTINCT k), total(DISTINCT v), max(DISTINCT s) FROM t"},
    {"SELECT group_concat(s, '/' ORDER BY v DESC) FROM t"},
    {"SELECT k, group_concat(s, ',' ORDER BY s, id) FROM t GROUP BY k"},
    {"SELECT k % 5, group_concat(DISTINCT s ORDER BY s DESC) FROM t GROUP BY k % 5"},
    {"SELECT k, count(*) FILTER (WHERE id % 2), sum(v) FILTER (WHERE m IS NULL) FROM t GROUP BY k HAVING count(*) > 3"},
    {"SELECT DISTINCT s FROM t"},
    {"SELECT DISTINCT k, m FROM t"},
    {"SELECT DISTINCT m FROM t", false},
    {"SELECT DISTINCT s, k FROM t LIMIT 500 OFFSET 3000"},
    {"SELECT t.id, u.id FROM t JOIN u ON t.k = u.k"},
    {"SELECT t.id, u.id, u.s FROM t LEFT JOIN u ON t.k = u.k AND u.w > t.v"},
    {"SELECT t.id, u.id, u.s FROM t RIGHT JOIN u ON t.k = u.k AND u.w > t.v"},
    {"SELECT t.id, u.id, u.s FROM t FULL JOIN u ON t.k = u.k AND u.w > t.v"},
    {"SELECT t.id, u.id, u.s FROM t FULL JOIN u ON t.k = u.k WHERE t.id IS NULL OR u.id IS NULL OR t.id % 7 = 0"},
    {"SELECT t.id, u.id FROM t JOIN u ON u.s = t.s"},
    {"SELECT t.id, u.id FROM t LEFT JOIN u ON u.s = t.s"},
    // One key has nearly all rows: no splitting helps.
    {"SELECT a.id, b.id FROM (SELECT id, id % 2 * (id < 100) AS z FROM t WHERE id < 60) a JOIN (SELECT id, id % 3 / 2 "
     "AS z FROM t WHERE id < 3000) b ON a.z = b.z",
     false},
    {"SELECT x.id, u.id FROM (SELECT id, w % 2 AS h FROM u WHERE id < 40) x LEFT JOIN u ON x.h = u.w AND u.id % 7 = "
     "x.id % 7",
     false},
    {"SELECT s FROM t UNION SELECT s FROM u"},
    {"SELECT k, m FROM t UNION SELECT k, w FROM u ORDER BY 2, 1 DESC"},
    {"SELECT s FROM t INTERSECT SELECT s FROM u"},
    {"SELECT s FROM t EXCEPT SELECT s FROM u"},
    {"SELECT k FROM t UNION ALL SELECT k FROM u ORDER BY 1"},
    {"SELECT k FROM t EXCEPT SELECT k FROM u UNION SELECT w FROM u INTERSECT SELECT k FROM t UNION ALL SELECT id FROM "
     "u WHERE id < 10"},
    {"SELECT m FROM t UNION ALL SELECT w FROM u EXCEPT SELECT k FROM u ORDER BY 1 DESC"},
    {"WITH c AS MATERIALIZED (SELECT k, s, v FROM t) SELECT count(*), sum(a.v), (SELECT max(s) FROM c) FROM c a"},
    {"WITH RECURSIVE r(x, y) AS (SELECT id, s FROM t UNION ALL SELECT -x, y FROM r WHERE x > 0) SELECT x, y FROM r"},
    {"WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x * 2 FROM r WHERE x < 9000 UNION ALL SELECT x * 2 + 1 FROM r "
     "WHERE x < 9000) SELECT x FROM r"},
    {"WITH RECURSIVE r(x, y) AS (SELECT id % 3000, s FROM t UNION SELECT (x * 7 + 1) % 3001, y FROM r) SELECT x, y "
     "FROM r LIMIT 20000"},
    {"WITH RECURSIVE r(x) AS (SELECT 'a' COLLATE NOCASE UNION SELECT CASE WHEN length(x) > 11 THEN 'B' ELSE x || 'a' "
     "END "
     "FROM r UNION SELECT x || 'B' FROM r WHERE length(x) < 11) SELECT x FROM r"},
    {"WITH RECURSIVE r(x) AS (SELECT 1 UNION SELECT NULL UNION SELECT x * 1.0 + 1 FROM r WHERE x < 3000) SELECT x FROM "
     "r"},
    {"WITH RECURSIVE r(x, y) AS (SELECT id, s FROM t UNION ALL SELECT -x, y FROM r WHERE x > 0 ORDER BY 2 DESC) SELECT "
     "x, "
     "y FROM r"},
    {"WITH RECURSIVE r(x, y) AS (SELECT 1, 'a' UNION ALL SELECT x * 2, y || x FROM r WHERE x < 5000 UNION ALL SELECT x "
     "* 2 "
     "+ 1, NULL FROM r WHERE x < 5000 ORDER BY 2 NULLS LAST, 1) SELECT x, y FROM r LIMIT 8000 OFFSET 10"},
    {"SELECT id, k IN (SELECT w * 59 FROM u), s IN (SELECT s FROM u), v IN (SELECT k * 0.37 FROM u) FROM t"},
    {"SELECT count(*) FROM t WHERE s IN (SELECT s || '' FROM u) AND k NOT IN (SELECT k FROM u WHERE k IS NOT NULL)"},
    {"SELECT id, (k, s) IN (SELECT id, 's' || id FROM u WHERE id % 500 <> 3 UNION ALL SELECT NULL, s FROM u WHERE id = "
     "7) "
     "FROM t WHERE id % 40 < 2"},
    {"SELECT id, (k, m) NOT IN (SELECT k, w FROM u) FROM t WHERE id % 40 < 2"},
    {"SELECT s, id FROM t ORDER BY v * 7919 % 101, s DESC"},
    {"SELECT * FROM t ORDER BY m, s, id DESC"},
    {"SELECT x.s, (SELECT count(*) FROM u WHERE u.s = x.s) FROM (SELECT DISTINCT s FROM t WHERE id < 400) x"},
};

TEST_CASE("Spill, SameRowsInTheSameOrder") {
  FaultySession s;
  fill(s);
  for (const Query& query : kQueries) {
    CAPTURE(std::string(query.sql));
    s.limit(0);
    std::string expected = s.rows(query.sql);
    REQUIRE(s.code == Code::Done);
    REQUIRE(std::count(expected.begin(), expected.end(), '\n') > 0);
    for (int64_t limit : {1, 20000, 150000}) {
      CAPTURE(limit);
      s.limit(limit);
      os::Fault counting;
      counting.kinds = os::Fault::kWrite;
      counting.nth = UINT64_MAX;
      s.vfs.arm(counting);
      CHECK(s.rows(query.sql) == expected);
      if (limit == 1 && query.spills) CHECK(s.vfs.call_count() > 0);
      s.vfs.disarm();
    }
    // temp_store = MEMORY: no file, whatever the budget.
    s.limit(1);
    s.rows("PRAGMA temp_store = MEMORY");
    os::Fault counting;
    counting.kinds = os::Fault::kWrite | os::Fault::kOpen;
    counting.nth = UINT64_MAX;
    s.vfs.arm(counting);
    CHECK(s.rows(query.sql) == expected);
    CHECK(s.vfs.call_count() == 0);
    s.vfs.disarm();
    s.rows("PRAGMA temp_store = DEFAULT");
  }
}

TEST_CASE("Spill, FullDiskEndsTheStatementOnly") {
  FaultySession s;
  fill(s);
  for (const Query& query : kQueries) {
    if (!query.spills) continue;
    CAPTURE(std::string(query.sql));
    s.limit(0);
    std::string expected = s.rows(query.sql);
    s.limit(1);
    for (uint64_t nth : {1, 2, 9, 40}) {
      for (uint32_t kind : {os::Fault::kWrite, os::Fault::kRead, os::Fault::kOpen}) {
        os::Fault fault;
        fault.kinds = kind;
        fault.nth = nth;
        fault.code = Code::Full;
        s.vfs.arm(fault);
        std::string out = s.rows(query.sql);
        bool fired = s.vfs.fired();
        s.vfs.disarm();
        if (!fired) {
          CHECK(out == expected);
        } else {
          CHECK(s.code == (kind == os::Fault::kWrite  ? Code::Full
                           : kind == os::Fault::kRead ? Code::IoErrRead
                                                      : Code::CantOpen));
        }
      }
    }
    CHECK(s.rows(query.sql) == expected);
  }
  std::vector<std::string> names = s.vfs.names();
  for (const std::string& name : names) CHECK(name.find("/a.db") == 0);
}

// The callback stops the statement at its nth call; wherever that is, the next run of the same statement is whole.
TEST_CASE("Spill, InterruptsEndEveryPhase") {
  FaultySession s;
  fill(s);
  struct Countdown {
    int64_t left;
    static int call(void* self) { return --static_cast<Countdown*>(self)->left <= 0; }
  };
  engine::Hooks& hooks = s.connection->hooks();
  hooks.progress = &Countdown::call;
  hooks.progress_interval = 1;
  Countdown countdown{INT64_MAX};
  hooks.progress_context = &countdown;
  for (const Query& query : kQueries) {
    CAPTURE(std::string(query.sql));
    for (int64_t limit : {0, 1}) {
      s.limit(limit);
      countdown.left = INT64_MAX;
      std::string expected = s.rows(query.sql);
      REQUIRE(s.code == Code::Done);
      int64_t calls = INT64_MAX - countdown.left;
      CHECK(calls > 3);
      for (int64_t at : {int64_t{1}, calls / 7, calls / 3, calls / 2, calls * 3 / 4, calls - 1}) {
        countdown.left = std::max<int64_t>(at, 1);
        s.rows(query.sql);
        CHECK(s.code == Code::Interrupt);
      }
      countdown.left = INT64_MAX;
      CHECK(s.rows(query.sql) == expected);
    }
  }
}

// Keys of a change that are collected first: same result, whatever the budget.
TEST_CASE("Spill, ChangesWithManyKeys") {
  for (const char* change :
       {"UPDATE t SET id = -id WHERE k % 3 > 0", "UPDATE OR REPLACE t SET id = id / 2 WHERE id % 2 = 0",
        "UPDATE t SET v = w, s = u.s FROM u WHERE u.k = t.k",
        "DELETE FROM t WHERE s IN (SELECT s FROM t WHERE id % 3 = 0)",
        "INSERT INTO t SELECT id + 100000, k, s, v, m FROM t ORDER BY s"}) {
    CAPTURE(std::string(change));
    std::string expected;
    for (int64_t limit : {0, 1, 30000}) {
      FaultySession s;
      fill(s);
      s.limit(limit);
      CHECK(s.rows(change).empty());
      CHECK(s.code == Code::Done);
      s.limit(0);
      std::string out = s.rows("SELECT * FROM t") + s.rows("PRAGMA integrity_check");
      if (limit == 0) expected = out;
      CHECK(out == expected);
    }
  }
}

// What must not spill ends the statement above the hard limit, the same statement with files ends well; the connection
// goes on.
TEST_CASE("Spill, HardLimit") {
  for (const char* sql :
       {"SELECT count(*) FROM t WHERE s IN (SELECT s || id FROM t)",
        "WITH RECURSIVE r(x) AS (SELECT 1 UNION SELECT x + 1 FROM r WHERE x < 100000) SELECT count(*) FROM r"}) {
    CAPTURE(std::string(sql));
    FaultySession s;
    fill(s);
    const std::string expected = s.rows(sql);
    s.rows("PRAGMA hard_heap_limit = 200000");
    CHECK(s.rows(sql) == expected);
    s.rows("PRAGMA temp_store = MEMORY");
    CHECK(s.rows(sql) == "Error: out of memory");
    CHECK(s.code == Code::NoMem);
    CHECK(s.rows("SELECT DISTINCT m FROM t WHERE m = 'x'") == "x\n");
  }
}

}  // namespace
}  // namespace sqlrite::test
