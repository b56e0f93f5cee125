// Correlated sub-queries that are run often enough to be answered from groups, beside the same ones that no index serves:
// keys of all types, keys without rows, bounds and further equalities behind the key, failing groups, changing data.
#include "session.h"

namespace sqlrite::test {

namespace {

constexpr const char* kTables =
    "CREATE TABLE o(id INTEGER PRIMARY KEY, k, n INTEGER, c TEXT COLLATE NOCASE);"
    "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 1500)"
    " INSERT INTO o SELECT x, CASE x % 5 WHEN 0 THEN NULL WHEN 1 THEN x * 7 % 1009 WHEN 2 THEN x % 40 + 0.5"
    " WHEN 3 THEN 'text number ' || (x % 90) ELSE CAST('b' || x % 70 AS BLOB) END, x % 50,"
    " CASE x % 2 WHEN 0 THEN 'Name ' ELSE 'name ' END || (x % 120) FROM i;"
    "CREATE TABLE m(k, n INTEGER, r REAL, c TEXT COLLATE NOCASE, extra TEXT);"
    "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 1100)"
    " INSERT INTO m SELECT CASE x % 5 WHEN 0 THEN NULL WHEN 1 THEN x * 11 % 1013 WHEN 2 THEN x % 60 + 0.5"
    " WHEN 3 THEN 'text number ' || (x % 120) ELSE CAST('b' || x % 90 AS BLOB) END, x % 60, x / 7.0,"
    " CASE x % 3 WHEN 0 THEN 'NAME ' ELSE 'name ' END || (x % 90), 'extra ' || x FROM i;"
    "INSERT INTO m SELECT 77, 3, 0.1, 'many', 'many' FROM o;"
    "CREATE INDEX mk ON m(k); CREATE INDEX mkn ON m(k, n DESC); CREATE INDEX mcn ON m(c, n);"
    "CREATE INDEX mnk ON m(n, k) WHERE extra IS NOT NULL; CREATE INDEX mrn ON m(r, n);";

void check_same(Session& s, const std::string& index, const std::string& result, const std::string& key,
                const std::string& more = "") {
  std::string by_index = s.rows("SELECT o.id, " + result + " FROM m INDEXED BY " + index + " WHERE " + key + more +
                                ") FROM o ORDER BY o.id");
  std::string without =
      s.rows("SELECT o.id, " + result + " FROM m NOT INDEXED WHERE +" + key + more + ") FROM o ORDER BY o.id");
  CAPTURE(index);
  CAPTURE(result);
  CAPTURE(key);
  CAPTURE(more);
  CHECK(by_index.size() > 1500);
  const bool same = by_index == without;
  CHECK(same);
}

}  // namespace

TEST_CASE("GroupedSubquery, SameAnswersAsWithoutIndex") {
  Session s;
  REQUIRE(s.rows(kTables).empty());
  for (const char* result : {"(SELECT count(*)", "(SELECT sum(n)", "(SELECT count(extra) + max(n) * 2",
                             "(SELECT count(DISTINCT n) || ' of ' || total(n)", "(SELECT sum(n) FILTER (WHERE n > 30)",
                             "EXISTS (SELECT 1", "NOT EXISTS (SELECT extra"}) {
    check_same(s, "mk", result, "m.k = o.k");
    check_same(s, "mkn", result, "m.k = o.k");
    check_same(s, "mkn", result, "m.k = o.k", " AND n > 20");
    check_same(s, "mkn", result, "m.k = o.k", " AND n BETWEEN 10 AND 40");
    check_same(s, "mkn", result, "m.k = o.k", " AND n = 3");
    check_same(s, "mkn", result, "m.k = o.k", " AND n = o.n");
    check_same(s, "mkn", result, "m.k = o.n + 10", " AND n <= 30 AND extra LIKE '%7%'");
    check_same(s, "mkn", result, "m.k IS o.k", " AND n < 30");
    check_same(s, "mcn", result, "m.c = o.c", " AND n >= 30");
    check_same(s, "mcn", result, "m.c = o.c", " AND n < '30'");
    check_same(s, "mnk", result, "m.n = 7 AND m.k = o.k", " AND extra IS NOT NULL");
    check_same(s, "mrn", result, "m.r = o.n", " AND n > 1.5");
  }
}

TEST_CASE("GroupedSubquery, RowsOfAGroupComeInTheOrderOfTheIndex") {
  Session s;
  REQUIRE(s.rows(kTables).empty());
  std::string expected;
  for (int id = 3; id <= 1500; id += 5) {
    if (id > 3) expected += '\n';
    expected += s.rows("SELECT group_concat(n) FROM m INDEXED BY mkn WHERE k = (SELECT k FROM o WHERE id = " +
                       std::to_string(id) + ")");
  }
  CHECK(s.rows("SELECT (SELECT group_concat(n) FROM m INDEXED BY mkn WHERE m.k = o.k) FROM o WHERE id % 5 = 3") ==
        expected);
}

TEST_CASE("GroupedSubquery, AGroupThatNobodyAsksForMayFail") {
  Session s;
  REQUIRE(s.rows(kTables).empty());
  s.rows("INSERT INTO m(k, n) VALUES('fails', 9223372036854775807), ('fails', 1)");
  CHECK_EQ(s.rows("SELECT count((SELECT sum(n) FROM m INDEXED BY mkn WHERE m.k = o.k)) FROM o"),
           s.rows("SELECT count((SELECT sum(n) FROM m NOT INDEXED WHERE +m.k = o.k)) FROM o"));
  s.rows("INSERT INTO o(id, k) VALUES(1400000, 'fails')");
  CHECK_EQ(s.rows("SELECT count((SELECT sum(n) FROM m INDEXED BY mkn WHERE m.k = o.k)) FROM o"),
           "Error: integer overflow");
}

TEST_CASE("GroupedSubquery, EachRunSeesTheDataAsItIs") {
  Session s;
  REQUIRE(s.rows(kTables).empty());
  auto prepared = s.connection.prepare("SELECT sum((SELECT count(*) FROM m WHERE m.k = o.k)) FROM o");
  Statement statement = prepared.take();
  auto answer = [&] {
    REQUIRE(statement.step().value());
    std::string text(statement.column_text(0));
    REQUIRE(statement.reset().ok());
    return text;
  };
  std::string before = answer();
  CHECK_EQ(answer(), before);
  s.rows("INSERT INTO m(k) SELECT k FROM o WHERE id = 3");
  std::string same_k = s.rows("SELECT count(*) FROM o WHERE k = (SELECT k FROM o WHERE id = 3)");
  CHECK_EQ(std::stoi(answer()), std::stoi(before) + std::stoi(same_k));
}

TEST_CASE("GroupedSubquery, AnUpdateSeesItsOwnChanges") {
  Session s;
  s.rows(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, k INTEGER, v INTEGER); CREATE INDEX tk ON t(k, v);"
      "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 400) INSERT INTO t SELECT x, x / 2, x "
      "FROM i;");
  // Both rows of a k: the second sees what the first has become.
  s.rows("UPDATE t SET v = (SELECT sum(x.v) FROM t x WHERE x.k = t.k)");
  CHECK_EQ(s.rows("SELECT id, v FROM t WHERE k IN (1, 150)"), "2|5\n3|8\n300|601\n301|902");
  s.rows(
      "UPDATE t SET v = id; WITH w AS (SELECT k, v FROM t) UPDATE t SET v = (SELECT sum(w.v) FROM w WHERE w.k = t.k)");
  CHECK_EQ(s.rows("SELECT id, v FROM t WHERE k IN (1, 150)"), "2|5\n3|8\n300|601\n301|902");
  s.rows(
      "UPDATE t SET v = id; CREATE VIEW vt AS SELECT k, v FROM t;"
      "UPDATE t SET v = (SELECT sum(vt.v) FROM vt WHERE vt.k = t.k)");
  CHECK_EQ(s.rows("SELECT id, v FROM t WHERE k IN (1, 150)"), "2|5\n3|8\n300|601\n301|902");
  s.rows("CREATE TABLE u AS SELECT k, id v FROM t; CREATE INDEX uk ON u(k);");
  s.rows("UPDATE t SET v = (SELECT sum(u.v) FROM u WHERE u.k = t.k)");
  CHECK_EQ(s.rows("SELECT id, v FROM t WHERE k IN (1, 150)"), "2|5\n3|5\n300|601\n301|601");
  CHECK_EQ(s.rows("PRAGMA integrity_check"), "ok");
}

}  // namespace sqlrite::test
