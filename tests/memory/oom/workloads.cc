#include "workloads.h"

namespace sqlrite::test {

namespace {

// Two small tables and one WITHOUT ROWID, with indexes; `mode` is the journal mode.
std::vector<std::string> small_tables(const char* mode) {
  return {std::string("PRAGMA journal_mode = ") + mode,
          "CREATE TABLE t1(a INTEGER PRIMARY KEY, b TEXT, c TEXT)",
          "CREATE INDEX t1_c_down ON t1(c DESC); CREATE UNIQUE INDEX t1_c ON t1(c, a)",
          "CREATE TABLE t2(x INTEGER, y REAL, z BLOB, CHECK(x < 1000000)); CREATE INDEX t2_x ON t2(x)",
          "CREATE TABLE t3(k TEXT PRIMARY KEY, v) WITHOUT ROWID",
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60) INSERT INTO t1 SELECT i, 'text "
          "number ' "
          "|| (i % 7), 'other text ' || i FROM n",
          "INSERT INTO t2 SELECT a % 20, a / 3.0, CAST(b AS BLOB) FROM t1",
          "INSERT INTO t3 SELECT 'key ' || a, c FROM t1"};
}

// Enough rows for several pages and for operators that spill at a budget of some kilobytes.
std::vector<std::string> larger_table(const char* mode) {
  std::vector<std::string> setup = small_tables(mode);
  setup.push_back("CREATE TABLE big(id INTEGER PRIMARY KEY, k INTEGER, t TEXT)");
  setup.push_back(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) INSERT INTO big SELECT i, i * "
      "7919 % 1500, "
      "'a text of some length, number ' || (i * 31 % 1500) FROM n");
  return setup;
}

std::vector<std::string> rich_schema() {
  std::vector<std::string> setup = small_tables("DELETE");
  setup.push_back(
      "CREATE VIEW v1 AS SELECT a, b FROM t1 WHERE a > 3; CREATE VIEW v2(p, q) AS SELECT x, count(*) FROM t2 GROUP BY "
      "x");
  setup.push_back(
      "CREATE TABLE child(id INTEGER PRIMARY KEY AUTOINCREMENT, parent INTEGER REFERENCES t1(a) ON DELETE CASCADE, d "
      "TEXT DEFAULT ('d' || 1) COLLATE NOCASE)");
  setup.push_back(
      "CREATE INDEX child_part ON child(parent) WHERE parent > 3; CREATE INDEX t2_expr ON t2(x + y, abs(x) DESC)");
  setup.push_back("INSERT INTO child(parent) SELECT a FROM t1 WHERE a < 6; ANALYZE");
  return setup;
}

// A step that changes something is one statement, so that there is no state in between.
const std::vector<std::string> kReading = {
    "SELECT * FROM t1 WHERE a = 7",
    "SELECT b, count(*), max(c), group_concat(a) FROM t1 GROUP BY b HAVING count(*) > 2 ORDER BY 2 DESC, 1",
    "SELECT DISTINCT x, typeof(y) FROM t2 ORDER BY x LIMIT 5 OFFSET 2",
    "SELECT t1.a, t2.y FROM t1 JOIN t2 ON t1.a = t2.x LEFT JOIN t3 ON t3.k = 'key ' || t1.a WHERE t1.b LIKE '%number%' "
    "ORDER BY t2.y",
    "SELECT a FROM t1 WHERE a IN (SELECT x FROM t2 WHERE y > 3) AND EXISTS (SELECT 1 FROM t3 WHERE v = t1.c)",
    "SELECT (SELECT max(y) FROM t2 WHERE t2.x = t1.a), a FROM t1 WHERE b = 'text number 3' OR c = 'other text 9' OR a "
    "IN (1, 2, 3)",
    "WITH RECURSIVE r(i, s) AS (SELECT 1, 'x' UNION SELECT i + 1, s || i FROM r WHERE i < 12 ORDER BY 1 DESC) SELECT * "
    "FROM r",
    "WITH q AS MATERIALIZED (SELECT x, sum(y) AS s FROM t2 GROUP BY x) SELECT * FROM q AS one JOIN q AS two ON one.x = "
    "two.x",
    "SELECT x FROM t2 UNION SELECT a FROM t1 EXCEPT SELECT 5 INTERSECT SELECT a FROM t1 ORDER BY 1",
    "SELECT json_extract('{\"a\":[1,{\"b\":\"x\"}]}', '$.a[1].b'), printf('%08.3f|%s', 3.5, 'abc'), hex(zeroblob(20)), "
    "datetime('2024-01-01', '+3 days'), upper(replace('abcabc', 'b', 'xyz')), quote(x'0102')",
    "SELECT value FROM json_each('[1, \"two\", null, {\"k\": 4}]')",
    "EXPLAIN QUERY PLAN SELECT * FROM t1, t2 WHERE t1.a = t2.x",
    // Without temp, which is listed once the test has looked at the state.
    "PRAGMA table_info(t1); PRAGMA index_list(t1); SELECT * FROM pragma_database_list WHERE name <> 'temp'; "
    "PRAGMA integrity_check",
};

const std::vector<std::string> kChanging = {
    "INSERT INTO t1(b, c) VALUES('new', 'row'), ('newer', 'row 2')",
    "INSERT INTO t2 SELECT a, a * 0.5, zeroblob(5) FROM t1 WHERE a % 3 = 0",
    "UPDATE t1 SET b = b || ' changed' WHERE a BETWEEN 10 AND 20",
    "UPDATE t1 SET a = a + 1000 WHERE a > 50",
    "REPLACE INTO t3 SELECT 'key ' || a, 'replaced ' || b FROM t1 WHERE a < 12",
    "INSERT INTO t1(a, b, c) VALUES(1, 'up', 'sert') ON CONFLICT(a) DO UPDATE SET b = excluded.b || b RETURNING a, b",
    "INSERT OR IGNORE INTO t1(a, b, c) SELECT a, 'ignored', 'x' FROM t1",
    "DELETE FROM t2 WHERE x IN (SELECT a FROM t1 WHERE b LIKE '%3%')",
    "UPDATE t2 SET y = y + (SELECT count(*) FROM t1) WHERE x < 5 RETURNING x, y",
    "DELETE FROM t1 WHERE a > 1005",
    "INSERT INTO t1(a, b, c) VALUES(2001, 'long', printf('%.*c', 9000, 'x'))",
    "UPDATE t1 SET c = c || 'y' WHERE a = 2001",
    "DELETE FROM t3",
};

const std::vector<std::string> kTransactions = {
    "BEGIN",
    "INSERT INTO t1(b, c) SELECT b, c || ' again' FROM t1",
    "SAVEPOINT one",
    "DELETE FROM t2 WHERE x < 10",
    "SAVEPOINT two",
    "UPDATE t1 SET b = 'x' || b",
    "ROLLBACK TO two",
    "INSERT INTO t3 VALUES('in a savepoint', 1)",
    "RELEASE one",
    "CREATE TABLE inside(a, b UNIQUE)",
    "INSERT INTO inside VALUES(1, 2)",
    "COMMIT",
    "BEGIN IMMEDIATE",
    "UPDATE t2 SET y = 0",
    "DROP TABLE inside",
    "ROLLBACK",
    "SAVEPOINT outermost",
    "INSERT INTO inside VALUES(3, 4)",
    "RELEASE outermost",
};

const std::vector<std::string> kDefining = {
    "CREATE TABLE n1(a INTEGER PRIMARY KEY AUTOINCREMENT, b TEXT NOT NULL DEFAULT 'd', c REAL CHECK(c > 0), UNIQUE(b, "
    "c))",
    "INSERT INTO n1(b, c) SELECT b, a FROM t1",
    "CREATE TABLE n2 AS SELECT a, upper(b) AS u FROM t1",
    "CREATE INDEX n2_u ON n2(u COLLATE NOCASE, a DESC) WHERE a > 5",
    "CREATE VIEW n3 AS SELECT n1.a, n2.u FROM n1 JOIN n2 USING(a)",
    "ALTER TABLE n1 ADD COLUMN d INTEGER DEFAULT 7",
    "ALTER TABLE n1 RENAME COLUMN b TO bb",
    "ALTER TABLE n2 RENAME TO n4",
    "ALTER TABLE n1 DROP COLUMN d",
    "SELECT count(*), max(u) FROM n3",
    "REINDEX",
    "ANALYZE",
    "DROP VIEW n3",
    "DROP INDEX n2_u",
    "DROP TABLE n1",
    "DROP TABLE n4",
    "PRAGMA user_version = 5",
};

const std::vector<std::string> kSpilling = {
    "PRAGMA soft_heap_limit = 40000",
    "SELECT count(*), min(t), max(id) FROM (SELECT * FROM big ORDER BY t, k)",
    "SELECT sum(n) FROM (SELECT t, count(*) AS n FROM big GROUP BY t)",
    "SELECT count(*) FROM big AS l JOIN big AS r ON l.t = r.t",
    "SELECT count(*) FROM (SELECT DISTINCT t FROM big)",
    "SELECT count(*) FROM (SELECT t FROM big UNION SELECT t || 'x' FROM big)",
    "WITH c AS MATERIALIZED (SELECT id, t FROM big) SELECT (SELECT count(*) FROM c), (SELECT max(t) FROM c)",
    "SELECT count(*) FROM big WHERE t IN (SELECT t FROM big WHERE k % 2)",
    "WITH RECURSIVE r(i, t) AS (SELECT 1, 'x' UNION SELECT i + 1, 'a text for the rows that were seen ' || i FROM r "
    "WHERE i < 500) "
    "SELECT count(*) FROM r",
    "UPDATE big SET id = id + 10000 WHERE k < 1200",
    "DELETE FROM big WHERE t IN (SELECT t FROM big WHERE k > 1000)",
};

const std::vector<std::string> kAttaching = {
    "ATTACH ':memory:' AS extra",
    "CREATE TABLE extra.e(a, b)",
    "INSERT INTO extra.e SELECT a, b FROM main.t1",
    "CREATE TEMP TABLE tt AS SELECT x, y FROM t2",
    "CREATE INDEX tt_x ON tt(x)",
    "SELECT count(*) FROM extra.e JOIN tt ON e.a = tt.x",
    "BEGIN",
    "UPDATE extra.e SET b = 'z' WHERE a < 5",
    "UPDATE t1 SET c = 'w' || c WHERE a < 5",
    "DELETE FROM tt WHERE x < 3",
    "COMMIT",
    "DETACH extra",
    "VACUUM",
    "PRAGMA auto_vacuum = FULL",
    "VACUUM",
    "DELETE FROM t1 WHERE a > 20",
    "PRAGMA incremental_vacuum",
    "PRAGMA wal_checkpoint(TRUNCATE)",
};

const std::vector<std::string> kInterfaces = {
    ".functions",
    "SELECT twice(b), joined(c) FROM t1 GROUP BY b",
    "SELECT b FROM t1 ORDER BY b COLLATE backwards, a LIMIT 9",
    "UPDATE t1 SET c = twice(c) WHERE a < 9",
    ".bind",
    ".columns",
    ".blob",
    ".backup",
    ".image",
};

}  // namespace

std::vector<Workload> workloads() {
  return {
      {"open and read the schema",
       rich_schema(),
       {"SELECT count(*) FROM sqlite_schema", "SELECT * FROM v2 JOIN v1 ON p = a LIMIT 3"}},
      {"read", small_tables("DELETE"), kReading},
      {"change, rollback journal", small_tables("DELETE"), kChanging},
      {"change, log", small_tables("WAL"), kChanging},
      {"transactions, rollback journal", small_tables("DELETE"), kTransactions},
      {"transactions, log", small_tables("WAL"), kTransactions},
      {"define", rich_schema(), kDefining},
      {"define, log", small_tables("WAL"), kDefining},
      {"spill", larger_table("WAL"), kSpilling},
      {"attach, vacuum", small_tables("DELETE"), kAttaching},
      {"attach, vacuum, log", small_tables("WAL"), kAttaching},
      {"interfaces", small_tables("DELETE"), kInterfaces},
  };
}

}  // namespace sqlrite::test
