// Changes of many rows: each row is found in the state before the statement, changed once, and undone with all others
// when one fails, whichever way the rows are written.
#include "session.h"

namespace sqlrite::test {

namespace {

// 5,000 rows over many leaves: v = 7 * id, s a short text, r a real.
void fill(Session& s) {
  s.rows("CREATE TABLE t(id INTEGER PRIMARY KEY, v INTEGER NOT NULL, s TEXT, r REAL)");
  s.rows(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i, 7 * i, "
      "'text ' || i, i FROM n");
}
constexpr const char* kSums = "SELECT count(*), sum(v), sum(length(s)), sum(r) FROM t";
constexpr const char* kFilled = "5000|87517500|43893|12502500.0";

}  // namespace

TEST_CASE("Delete, ClearedTreesGiveBackEveryPage") {
  for (const char* end : {"DELETE FROM t", "DROP TABLE t", "DROP INDEX t_a"}) {
    CAPTURE(end);
    Session s;
    s.rows("CREATE TABLE t(a TEXT, b); CREATE INDEX t_a ON t(a)");
    s.rows(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
        "INSERT INTO t SELECT printf('%060d', i), zeroblob(i % 97 * 50) FROM n");
    CHECK_EQ(s.rows(end), "");
    CHECK_EQ(s.rows("PRAGMA integrity_check"), "ok");
  }
}

TEST_CASE("Change, FieldsInPlaceAndRowsThatGrow") {
  Session s;
  fill(s);
  CHECK_EQ(s.rows(kSums), kFilled);
  s.rows("UPDATE t SET v = v + 1");
  CHECK_EQ(s.rows(kSums), "5000|87522500|43893|12502500.0");
  s.rows("UPDATE t SET r = r + 0.5, v = v - 1");
  CHECK_EQ(s.rows(kSums), "5000|87517500|43893|12505000.0");
  s.rows("UPDATE t SET s = s || substr('................................', 1, id % 30), v = -v WHERE id > 100");
  CHECK_EQ(s.rows("SELECT count(*), sum(v), sum(length(s)) FROM t"), "5000|-87446800|114953");
  s.rows("UPDATE t SET s = NULL, r = 1 WHERE id % 3 = 0");
  CHECK_EQ(s.rows("SELECT count(s), sum(r = 1.0), sum(typeof(r) = 'real') FROM t"), "3334|1666|5000");
  CHECK_EQ(s.rows("PRAGMA integrity_check"), "ok");
}

TEST_CASE("Change, AFailureInTheMiddleUndoesTheStatement") {
  Session s;
  fill(s);
  CHECK_EQ(s.rows("UPDATE t SET v = CASE WHEN id = 4000 THEN abs(-9223372036854775807 - 1) ELSE v + 1 END"),
           "Error: integer overflow");
  CHECK_EQ(s.rows(kSums), kFilled);
  CHECK_EQ(s.rows("UPDATE t SET v = nullif(v + 1, 21001)"), "Error: NOT NULL constraint failed: t.v");
  CHECK_EQ(s.rows(kSums), kFilled);
  s.rows("UPDATE OR IGNORE t SET v = nullif(v + 1, 21001)");
  CHECK_EQ(s.rows("SELECT sum(v), (SELECT v FROM t WHERE id = 3000) FROM t"), "87522499|21000");
  CHECK_EQ(s.rows("UPDATE OR FAIL t SET v = nullif(v - 1, 21000 - 1)"), "Error: NOT NULL constraint failed: t.v");
  CHECK_EQ(s.rows("SELECT sum(v), (SELECT v FROM t WHERE id = 3000) FROM t"), "87519500|21000");
}

TEST_CASE("Change, ReadersKeepTheStateBefore") {
  Session s;
  fill(s);
  Statement reader = s.connection.prepare("SELECT v FROM t").take();
  int64_t sum = 0;
  for (int i = 0; i < 10; ++i) {
    CHECK(reader.step().take());
    sum += reader.column_int64(0);
  }
  s.rows("UPDATE t SET v = 0; DELETE FROM t WHERE id % 5 <> 0");
  while (reader.step().take()) sum += reader.column_int64(0);
  CHECK_EQ(sum, 87517500);
  CHECK_EQ(s.rows("SELECT count(*), sum(v) FROM t"), "1000|0");
}

TEST_CASE("Change, RowsFoundThroughTheIndexThatChanges") {
  Session s;
  fill(s);
  s.rows("CREATE INDEX t_v ON t(v)");
  s.rows("UPDATE t SET v = v + 1000 WHERE v > 0");
  CHECK_EQ(s.rows("SELECT sum(v), min(v) FROM t"), "92517500|1007");
  s.rows("DELETE FROM t WHERE v BETWEEN 2000 AND 30000");
  CHECK_EQ(s.rows("SELECT count(*), sum(v) FROM t INDEXED BY t_v"),
           s.rows("SELECT count(*), sum(v) FROM t NOT INDEXED"));
  CHECK_EQ(s.rows("PRAGMA integrity_check"), "ok");
}

TEST_CASE("Change, LeavesAreEmptiedAndComeBack") {
  Session s;
  fill(s);
  s.rows("BEGIN; SAVEPOINT a; DELETE FROM t WHERE id % 2 = 1");
  CHECK_EQ(s.rows("SELECT count(*), sum(v) FROM t; SELECT changes()"), "2500|43767500\n2500");
  s.rows("DELETE FROM t WHERE id > 1000");
  CHECK_EQ(s.rows("SELECT count(*), sum(v) FROM t; SELECT changes()"), "500|1753500\n2000");
  s.rows("ROLLBACK TO a; COMMIT");
  CHECK_EQ(s.rows(kSums), kFilled);
  s.rows("DELETE FROM t WHERE id > 0");
  CHECK_EQ(s.rows("SELECT count(*) FROM t; SELECT changes(); PRAGMA integrity_check"), "0\n5000\nok");
}

TEST_CASE("Change, RowsOlderThanTheirColumn") {
  Session s;
  fill(s);
  s.rows("ALTER TABLE t ADD COLUMN added INTEGER DEFAULT 5; INSERT INTO t VALUES(5001, 1, 'x', 1, 6)");
  s.rows("UPDATE t SET added = added + 1, v = v + 1 WHERE id % 2 = 1");
  CHECK_EQ(s.rows("SELECT added, count(*) FROM t GROUP BY added"), "5|2500\n6|2500\n7|1");
  s.rows("UPDATE t SET v = v - 1 WHERE id % 2 = 1");
  CHECK_EQ(s.rows("SELECT sum(v), sum(added) FROM t"), "87517501|27507");
}

// The place where a statement appends is remembered from run to run, whatever happens to the tree in between.
TEST_CASE("Change, AppendsAfterOtherChangesOfTheTree") {
  Session s;
  s.rows("CREATE TABLE t(id INTEGER PRIMARY KEY, v); CREATE TABLE other(a)");
  Statement insert = s.connection.prepare("INSERT INTO t(v) VALUES(?)").take();
  auto append = [&](int count) {
    for (int i = 0; i < count; ++i) {
      insert.bind(1, std::string(50, 'x')).ignore();
      CHECK(!insert.step().take());
      insert.reset().ignore();
    }
  };
  append(500);
  s.rows("DELETE FROM t WHERE id > 400; INSERT INTO other SELECT v FROM t");
  append(10);
  CHECK_EQ(s.rows("SELECT count(*), max(id) FROM t"), "410|410");
  s.rows("BEGIN; INSERT INTO t VALUES(1000, 'y')");
  append(300);
  s.rows("ROLLBACK");
  append(1);
  CHECK_EQ(s.rows("SELECT count(*), max(id) FROM t"), "411|411");
  s.rows("DELETE FROM t");
  append(3);
  CHECK_EQ(s.rows("SELECT count(*), max(id) FROM t; PRAGMA integrity_check"), "3|3\nok");
}

namespace {

// Indexes of all kinds on a table of 3,000 rows; each change of many rows is checked against them.
void fill_indexed(Session& s) {
  s.rows(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b INTEGER, c TEXT COLLATE NOCASE);"
      "CREATE UNIQUE INDEX ta ON t(a); CREATE INDEX tb ON t(b); CREATE INDEX tc ON t(c, b DESC);"
      "CREATE INDEX te ON t(b % 10, length(c)); CREATE INDEX tp ON t(b) WHERE c IS NOT NULL;"
      "WITH RECURSIVE i(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM i WHERE x < 3000)"
      " INSERT INTO t SELECT x, x * 7919 % 30011, x % 300, CASE x % 3 WHEN 0 THEN 'Name ' ELSE 'name ' END || x % 40 "
      "FROM "
      "i;");
}

// The number of rows and a sum, which all indexes have to agree with.
std::string by_indexes(Session& s) {
  auto sum = [&](const char* access, const char* condition) {
    return s.rows(std::string("SELECT count(*), sum(b), total(length(c)) FROM t ") + access + " WHERE " + condition);
  };
  CHECK_EQ(sum("INDEXED BY tb", "b > 200"), sum("NOT INDEXED", "b > 200"));
  CHECK_EQ(sum("INDEXED BY tc", "c > 'name 3'"), sum("NOT INDEXED", "c > 'name 3'"));
  CHECK_EQ(sum("INDEXED BY te", "b % 10 = 3"), sum("NOT INDEXED", "b % 10 = 3"));
  CHECK_EQ(sum("INDEXED BY tp", "b > 5 AND c IS NOT NULL"), sum("NOT INDEXED", "b > 5"));
  CHECK_EQ(s.rows("PRAGMA integrity_check"), "ok");
  return s.rows("SELECT count(*), sum(b) FROM t NOT INDEXED");
}

}  // namespace

TEST_CASE("Change, IndexesFollowManyRows") {
  Session s;
  fill_indexed(s);
  CHECK_EQ(by_indexes(s), "3000|448500");
  s.rows("UPDATE t SET b = b + 1");
  CHECK_EQ(by_indexes(s), "3000|451500");
  s.rows("UPDATE t SET c = upper(c) WHERE id % 2");
  CHECK_EQ(by_indexes(s), "3000|451500");
  s.rows("REPLACE INTO t SELECT id, a, b, c FROM t; REPLACE INTO t SELECT id, a, b - 1, c FROM t");
  CHECK_EQ(by_indexes(s), "3000|448500");
  s.rows("DELETE FROM t WHERE id % 3 = 1");
  s.rows("INSERT INTO t SELECT id + 100000, a + 100000, b, c FROM t");
  CHECK_EQ(by_indexes(s), "4000|598000");
}

TEST_CASE("Change, IndexesOfAStatementThatFails") {
  Session s;
  fill_indexed(s);
  const std::string all =
      "WITH RECURSIVE i(x) AS (SELECT 5000 UNION ALL SELECT x + 1 FROM i WHERE x < 6000)"
      " SELECT x, CASE x WHEN 5900 THEN 7919 ELSE x * 100 END, 250, 'name 5' FROM i";
  CHECK_EQ(s.rows("INSERT INTO t " + all), "Error: UNIQUE constraint failed: t.a");
  CHECK_EQ(by_indexes(s), "3000|448500");
  CHECK_EQ(s.rows("INSERT OR FAIL INTO t " + all), "Error: UNIQUE constraint failed: t.a");
  CHECK_EQ(by_indexes(s), "3900|673500");
  CHECK_EQ(s.rows("BEGIN; UPDATE t SET b = 0; UPDATE OR ROLLBACK t SET b = 1, a = 1"),
           "Error: UNIQUE constraint failed: t.a");
  CHECK_EQ(by_indexes(s), "3900|673500");
}

// A function that reads the table sees the rows changed before, through an index too.
TEST_CASE("Change, AFunctionLooksIntoTheIndex") {
  Session s;
  fill_indexed(s);
  ScalarFunction look;
  look.data = &s;
  look.call = [](FunctionCall& call) {
    auto* session = static_cast<Session*>(call.data());
    call.set_int64(std::stoll(session->rows("SELECT count(*) FROM t INDEXED BY tb WHERE b = 1000")));
  };
  REQUIRE(s.connection.create_function("look", 0, look).ok());
  s.rows("UPDATE t SET b = 1000, a = 100000 + id * 10000 + look() WHERE id <= 50");
  CHECK_EQ(s.rows("SELECT min(a % 10000), max(a % 10000), count(DISTINCT a % 10000) FROM t WHERE id <= 50"), "0|49|50");
}

TEST_CASE("Change, StrictTypesAreJudgedAfterTheRowid") {
  Session s;
  const std::string refused = "Error: cannot store INT value in BLOB column t.b";
  s.rows("CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB UNIQUE) STRICT; INSERT INTO t VALUES(1, x'00')");
  CHECK_EQ(s.rows("INSERT INTO t VALUES(1, 5) ON CONFLICT DO NOTHING; INSERT OR IGNORE INTO t VALUES(1, 5)"), "");
  CHECK_EQ(s.rows("INSERT INTO t VALUES(1, 5)"), "Error: UNIQUE constraint failed: t.a");
  CHECK_EQ(s.rows("INSERT OR IGNORE INTO t VALUES(2, 5)"), refused);
  CHECK_EQ(s.rows("INSERT OR REPLACE INTO t VALUES(1, 5)"), refused);
  CHECK_EQ(s.rows("UPDATE t SET b = 5"), refused);
  s.rows("INSERT INTO t VALUES(2, x'01')");
  CHECK_EQ(s.rows("UPDATE OR IGNORE t SET a = 2, b = 5 WHERE a = 1"), "");
  CHECK_EQ(s.rows("UPDATE OR IGNORE t SET a = 3, b = 5 WHERE a = 1"), refused);
  CHECK_EQ(s.rows("UPDATE OR REPLACE t SET a = 2, b = 5 WHERE a = 1"), refused);
  CHECK_EQ(s.rows("SELECT a, hex(b) FROM t"), "1|00\n2|01");
  CHECK_EQ(s.rows("UPDATE OR REPLACE t SET a = 1, b = x'00' WHERE a = 2"), "");
  CHECK_EQ(s.rows("SELECT a, hex(b) FROM t"), "1|00");
  s.rows("CREATE TABLE u(a INTEGER PRIMARY KEY, b BLOB CHECK (true)) STRICT; INSERT INTO u VALUES(1, x'00')");
  CHECK_EQ(s.rows("INSERT OR IGNORE INTO u VALUES(1, 5)"), "Error: cannot store INT value in BLOB column u.b");
}

}  // namespace sqlrite::test
