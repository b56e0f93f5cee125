// Transactions as SQL sees them: BEGIN, COMMIT, ROLLBACK, savepoints, schema changes inside them, several databases.
#include <cstdio>

#include "session.h"

namespace sqlrite::test {

TEST_CASE("Transaction, SavepointsNestAndRollBackToThemselves") {
  Session s;
  s.rows(
      "CREATE TABLE t(a); BEGIN; INSERT INTO t VALUES(1); SAVEPOINT one; INSERT INTO t VALUES(2); SAVEPOINT two; "
      "INSERT INTO t VALUES(3)");
  CHECK_EQ(s.rows("ROLLBACK TO two; SELECT group_concat(a) FROM t"), "1,2");
  CHECK_EQ(s.rows("INSERT INTO t VALUES(4); ROLLBACK TO one; SELECT group_concat(a) FROM t"), "1");
  CHECK_EQ(s.rows("RELEASE two"), "Error: no such savepoint: two");
  CHECK_EQ(s.rows("INSERT INTO t VALUES(5); RELEASE one; COMMIT; SELECT group_concat(a) FROM t"), "1,5");
}

TEST_CASE("Transaction, OutermostSavepointIsATransaction") {
  Session s;
  s.rows("CREATE TABLE t(a); SAVEPOINT x; INSERT INTO t VALUES(1)");
  CHECK(!s.connection.is_autocommit());
  CHECK_EQ(s.rows("RELEASE x; SELECT count(*) FROM t"), "1");
  CHECK(s.connection.is_autocommit());
  s.rows("SAVEPOINT x; INSERT INTO t VALUES(2); ROLLBACK TO x");
  CHECK(!s.connection.is_autocommit());
  CHECK_EQ(s.rows("RELEASE x; SELECT count(*) FROM t"), "1");
}

TEST_CASE("Transaction, MistakesGetSqlitesWords") {
  Session s;
  CHECK_EQ(s.rows("COMMIT"), "Error: cannot commit - no transaction is active");
  CHECK_EQ(s.rows("ROLLBACK"), "Error: cannot rollback - no transaction is active");
  CHECK_EQ(s.rows("BEGIN; BEGIN"), "Error: cannot start a transaction within a transaction");
  CHECK_EQ(s.rows("ROLLBACK TO absent"), "Error: no such savepoint: absent");
}

TEST_CASE("Transaction, RollbackTakesTheSchemaBack") {
  Session s;
  s.rows("CREATE TABLE t(a)");
  CHECK_EQ(s.rows("BEGIN; CREATE TABLE u(b); INSERT INTO u VALUES(1); ROLLBACK; SELECT name FROM sqlite_schema"), "t");
  CHECK_EQ(s.rows("SELECT * FROM u"), "Error: no such table: u");
  CHECK_EQ(s.rows("BEGIN; SAVEPOINT x; CREATE TABLE u(b); ROLLBACK TO x; CREATE TABLE w(c); COMMIT; SELECT name FROM "
                  "sqlite_schema"),
           "t\nw");
}

TEST_CASE("Transaction, FailedStatementLeavesTheTransaction") {
  Session s;
  s.rows("CREATE TABLE t(a UNIQUE); BEGIN; INSERT INTO t VALUES(1)");
  CHECK_EQ(s.rows("INSERT INTO t VALUES(2),(3),(1)"), "Error: UNIQUE constraint failed: t.a");
  CHECK_EQ(s.rows("SELECT group_concat(a) FROM t"), "1");
  CHECK_EQ(s.rows("INSERT OR FAIL INTO t VALUES(2),(3),(1)"), "Error: UNIQUE constraint failed: t.a");
  CHECK_EQ(s.rows("SELECT group_concat(a) FROM t"), "1,2,3");
  CHECK_EQ(s.rows("INSERT OR ROLLBACK INTO t VALUES(4),(1)"), "Error: UNIQUE constraint failed: t.a");
  CHECK(s.connection.is_autocommit());
  CHECK_EQ(s.rows("SELECT count(*) FROM t"), "0");
}

TEST_CASE("Transaction, ReaderGoesOnOverWritesAndCommit") {
  Session s;
  s.rows("CREATE TABLE t(a); INSERT INTO t VALUES(1),(2),(3)");
  Statement query = s.connection.prepare("SELECT a FROM t").take();
  CHECK(query.step().take());
  s.rows("BEGIN; DELETE FROM t; INSERT INTO t VALUES(9); COMMIT");
  CHECK_EQ(query.column_int64(0), 1);
  CHECK(query.step().take());
  CHECK_EQ(query.column_int64(0), 2);
  CHECK(query.step().take());
  CHECK_EQ(query.column_int64(0), 3);
  CHECK(!query.step().take());
  CHECK(query.step().take());
  CHECK_EQ(query.column_int64(0), 9);
}

TEST_CASE("Transaction, SpansAttachedDatabases") {
  Session s;
  s.rows("CREATE TABLE t(a); ATTACH ':memory:' AS other; CREATE TABLE other.u(a)");
  CHECK_EQ(s.rows("BEGIN; INSERT INTO t VALUES(1); INSERT INTO u VALUES(2); ROLLBACK; SELECT (SELECT count(*) FROM t) "
                  "+ (SELECT count(*) FROM u)"),
           "0");
  CHECK_EQ(s.rows("BEGIN; INSERT INTO t VALUES(1); INSERT INTO u VALUES(2); COMMIT; SELECT * FROM t, other.u"), "1|2");
  CHECK_EQ(s.rows("DETACH other; SELECT * FROM u"), "Error: no such table: u");
}

TEST_CASE("Transaction, SecondConnectionSeesCommittedSchemaAndRows") {
  std::string path = "transaction_test.db";
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::remove((path + suffix).c_str());
  {
    Session one(path), two(path);
    one.rows("CREATE TABLE t(a); INSERT INTO t VALUES(1)");
    CHECK_EQ(two.rows("SELECT * FROM t"), "1");
    Statement prepared = two.connection.prepare("SELECT * FROM t").take();
    one.rows("ALTER TABLE t ADD COLUMN b DEFAULT 7");
    CHECK(prepared.step().take());
    CHECK_EQ(prepared.column_count(), 2);
    CHECK_EQ(prepared.column_int64(1), 7);
    prepared.reset().ignore();
    one.rows("BEGIN IMMEDIATE; INSERT INTO t VALUES(2, 8)");
    CHECK_EQ(two.rows("SELECT count(*) FROM t"), "1");
    CHECK_EQ(two.rows("INSERT INTO t VALUES(3, 9)"), "Error: database is locked");
    one.rows("COMMIT");
    CHECK_EQ(two.rows("SELECT count(*) FROM t"), "2");
  }
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) std::remove((path + suffix).c_str());
}

// Two that hold what the other wants must not wait for each other: the one that has read is told at once, and the busy
// timeout (a minute here) is not spent. A change of the journal mode waits holding nothing.
TEST_CASE("Transaction, WhoHasReadIsToldBusyAtOnce") {
  const std::string file = "/tmp/sqlrite_busy_test.db";
  for (const char* suffix : {"", "-journal", "-wal"}) std::remove((file + suffix).c_str());
  Session a(file);
  Session b(file);
  a.rows("PRAGMA journal_mode=DELETE; CREATE TABLE t(x); INSERT INTO t VALUES(1)");
  a.connection.set_busy_timeout(60000);
  b.connection.set_busy_timeout(0);
  CHECK_EQ(a.rows("BEGIN; SELECT x FROM t"), "1");
  CHECK_EQ(b.rows("BEGIN IMMEDIATE; UPDATE t SET x=2; COMMIT"), "Error: database is locked");
  CHECK_EQ(a.rows("UPDATE t SET x=3"), "Error: database is locked");
  CHECK_EQ(a.rows("ROLLBACK"), "");
  CHECK_EQ(b.rows("COMMIT; SELECT x FROM t"), "2");
  for (const char* suffix : {"", "-journal", "-wal"}) std::remove((file + suffix).c_str());
}

}  // namespace sqlrite::test
