// Joins that look up an index for whole batches of outer rows, beside the same joins without the index: keys of all
// types, keys with no, one and thousands of partners, ranges, filters, outer joins.
#include "session.h"

namespace sqlrite::test {

namespace {

constexpr const char* kTables =
    "CREATE TABLE o(id INTEGER PRIMARY KEY, k, n INTEGER);"
    "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 1300)"
    " INSERT INTO o SELECT x, CASE x % 5 WHEN 0 THEN NULL WHEN 1 THEN x * 7 % 1009 WHEN 2 THEN x % 40 + 0.5"
    " WHEN 3 THEN 'text number ' || (x % 90) ELSE CAST('b' || x % 70 AS BLOB) END, x % 50 FROM i;"
    "CREATE TABLE m(k, n INTEGER, extra TEXT);"
    "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 1100)"
    " INSERT INTO m SELECT CASE x % 5 WHEN 0 THEN NULL WHEN 1 THEN x * 11 % 1013 WHEN 2 THEN x % 60 + 0.5"
    " WHEN 3 THEN 'text number ' || (x % 120) ELSE CAST('b' || x % 90 AS BLOB) END, x % 60, 'extra ' || x FROM i;"
    "INSERT INTO m SELECT 77, 3, 'many' FROM o LIMIT 1250;"
    "CREATE INDEX mk ON m(k); CREATE INDEX mkn ON m(k, n DESC);";

// The rows of the query with the index and, with the look-up made impossible, without it.
void check_same(Session& s, const std::string& select, const std::string& join, const std::string& condition,
                const std::string& rest) {
  std::string order = " ORDER BY 1, 2, 3, 4";
  for (const char* index : {"mk", "mkn"}) {
    std::string by_index = s.rows(select + join + " m INDEXED BY " + index + " ON m.k" + condition + rest + order);
    std::string without = s.rows(select + join + " m NOT INDEXED ON +m.k" + condition + rest + order);
    CAPTURE(join);
    CAPTURE(condition);
    CHECK(by_index.size() > 0);
    CHECK(by_index == without);
  }
}

}  // namespace

TEST_CASE("IndexJoin, SameRowsAsWithoutIndex") {
  Session s;
  REQUIRE(s.rows(kTables).empty());
  for (const char* join : {" CROSS JOIN", " LEFT JOIN"}) {
    std::string covering = "SELECT o.id, m.rowid, m.k, o.k FROM o";
    check_same(s, covering, join, " = o.k", "");
    check_same(s, covering, join, " = o.k AND m.n = o.n", "");
    check_same(s, covering, join, " IS o.k AND m.n = o.n", "");
    check_same(s, covering, join, " = o.k AND m.n BETWEEN o.n - 3 AND o.n + 3", "");
    check_same(s, covering, join, " IN (o.k, o.n)", "");
    std::string rows = "SELECT o.id, m.extra, m.n, o.n FROM o";
    check_same(s, rows, join, " = o.k", "");
    check_same(s, rows, join, " = o.k", " WHERE m.extra LIKE '%7%' OR m.n < o.n");
    check_same(s, rows, join, " = o.k AND m.n + o.n > 40", "");
  }
}

TEST_CASE("IndexJoin, OrderOfOuterRowsAndOfEntries") {
  Session s;
  s.rows(kTables);
  // Without ORDER BY: the outer rows as they come, the entries of each as the index has them.
  std::string rows = s.rows("SELECT o.id, m.n FROM o CROSS JOIN m INDEXED BY mkn ON m.k = o.k WHERE o.id < 700");
  std::string sorted =
      s.rows("SELECT o.id, m.n FROM o CROSS JOIN m NOT INDEXED ON +m.k = o.k WHERE o.id < 700 ORDER BY o.id, m.n DESC");
  CHECK(rows == sorted);
}

TEST_CASE("IndexJoin, AnErrorComesAfterTheRowsBeforeIt") {
  Session s;
  s.rows(
      "CREATE TABLE a(x); CREATE TABLE b(y); CREATE INDEX by ON b(y);"
      "WITH RECURSIVE i(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 500) INSERT INTO a SELECT n FROM i;"
      "INSERT INTO b SELECT x FROM a; UPDATE a SET x = -9223372036854775808 WHERE x = 300;");
  std::string rows = s.rows("SELECT b.y FROM a CROSS JOIN b INDEXED BY by ON b.y = abs(a.x)");
  CHECK(rows.find("\n299\nError: integer overflow") != std::string::npos);
}

// The distance between the first and the last key does not fit a signed number.
TEST_CASE("IndexSearch, KeysOfTheWholeRange") {
  Session s;
  s.rows(
      "CREATE TABLE t(a UNIQUE); INSERT INTO t VALUES(-9223372036854775808), (9223372036854775807), (1), (2), (3), "
      "(4), (5)");
  for (const char* key : {"-9223372036854775808", "-9223372036854775807", "-20", "0", "3", "4", "9223372036854775806",
                          "9223372036854775807"}) {
    CAPTURE(key);
    CHECK_EQ(s.rows(std::string("SELECT count(*) FROM t WHERE a = ") + key),
             s.rows(std::string("SELECT count(*) FROM t WHERE +a = ") + key));
    s.rows(std::string("INSERT OR IGNORE INTO t VALUES(") + key + ")");
  }
  CHECK_EQ(s.rows("SELECT count(*) FROM t; PRAGMA integrity_check"), "11\nok");
}

}  // namespace sqlrite::test
