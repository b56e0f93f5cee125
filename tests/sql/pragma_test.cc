// Values of storage pragmas at the edges of what they take. The answers are those of stock SQLite.
#include <doctest/doctest.h>

#include "harness/temporary_folder.h"
#include "session.h"

using namespace sqlrite::test;

TEST_CASE("Pragma, HeaderNumbersThatDoNotFitAreZero") {
  Session s;
  s.rows("CREATE TABLE t(a)");
  CHECK_EQ(s.rows("PRAGMA user_version=-5; PRAGMA user_version"), "-5");
  CHECK_EQ(s.rows("PRAGMA user_version=2147483647; PRAGMA user_version"), "2147483647");
  CHECK_EQ(s.rows("PRAGMA user_version=2147483648; PRAGMA user_version"), "0");
  CHECK_EQ(s.rows("PRAGMA application_id=0x7fffffff; PRAGMA application_id"), "2147483647");
  CHECK_EQ(s.rows("PRAGMA application_id=99999999999999999999; PRAGMA application_id"), "0");
}

TEST_CASE("Pragma, SynchronousWrapsAround") {
  Session s;
  CHECK_EQ(s.rows("PRAGMA synchronous=3; PRAGMA synchronous; PRAGMA synchronous=7; PRAGMA synchronous"), "3\n0");
  CHECK_EQ(s.rows("PRAGMA synchronous=extra; PRAGMA synchronous=bogus; PRAGMA synchronous"), "1");
}

TEST_CASE("Pragma, UnknownEncodingsMatterOnlyToAnEmptyFile") {
  Session s;
  CHECK_EQ(s.rows("PRAGMA encoding='bogus'"), "Error: unsupported encoding: bogus");
  CHECK_EQ(s.rows("CREATE TABLE t(a); PRAGMA encoding='bogus'; PRAGMA encoding"), "UTF-8");
  CHECK_EQ(s.rows("PRAGMA default_cache_size; PRAGMA default_cache_size=50; PRAGMA default_cache_size"), "-2000\n50");
}

TEST_CASE("Pragma, TableListNamesEachTableOnce") {
  Session s;
  s.rows(
      "CREATE TABLE a(x); CREATE TABLE b(x, y); CREATE VIEW v AS SELECT * FROM b; CREATE TEMP TABLE q(x); ATTACH "
      "':memory:' AS m");
  CHECK_EQ(s.rows("PRAGMA table_list"),
           "main|v|view|2|0|0\nmain|b|table|2|0|0\nmain|a|table|1|0|0\nmain|sqlite_schema|table|5|0|0\n"
           "temp|q|table|1|0|0\ntemp|sqlite_temp_schema|table|5|0|0\nm|sqlite_schema|table|5|0|0");
  CHECK_EQ(s.rows("PRAGMA table_list(B)"), "main|b|table|2|0|0");
}

TEST_CASE("Pragma, IntegrityCheckComparesEachKeyWithTheOneBefore") {
  sqlrite::harness::TemporaryFolder folder("pragma");
  const std::string file = folder.file("order.db");
  Session(file).rows(
      "CREATE TABLE t(a TEXT PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO t VALUES('B', 1), ('a', 2), ('c', 3);"
      "PRAGMA writable_schema = ON;"
      "UPDATE sqlite_schema SET sql = replace(sql, 'TEXT', 'TEXT COLLATE NOCASE')");
  Session s(file);
  CHECK_EQ(s.rows("PRAGMA integrity_check"), "row not in PRIMARY KEY order for t");
  CHECK_EQ(s.rows("PRAGMA quick_check"), "ok");
}

TEST_CASE("Pragma, TableInfoNumbersTheColumnsItShows") {
  Session s;
  s.rows("CREATE TABLE t(x AS (y + 1), y, z AS (y) STORED, k)");
  CHECK_EQ(s.rows("SELECT cid, name FROM pragma_table_info('t')"), "0|y\n1|k");
  CHECK_EQ(s.rows("SELECT cid, name, hidden FROM pragma_table_xinfo('t')"), "0|x|2\n1|y|0\n2|z|3\n3|k|0");
}

TEST_CASE("Pragma, JournalModeStaysOnceTheTransactionHasWritten") {
  sqlrite::harness::TemporaryFolder folder("pragma");
  Session s(folder.file("journal_mode.db"));
  s.rows("PRAGMA journal_mode=delete; CREATE TABLE t(a)");
  CHECK_EQ(s.rows("BEGIN; INSERT INTO t VALUES(1); PRAGMA journal_mode=wal; PRAGMA journal_mode=persist; COMMIT"),
           "delete\ndelete");
  CHECK_EQ(s.rows("BEGIN; PRAGMA journal_mode=wal"), "Error: cannot change into wal mode from within a transaction");
  CHECK_EQ(s.rows("ROLLBACK; BEGIN IMMEDIATE; PRAGMA journal_mode=truncate; COMMIT; PRAGMA journal_mode"),
           "truncate\ntruncate");
  CHECK_EQ(s.rows("PRAGMA journal_mode=wal; BEGIN; INSERT INTO t VALUES(2); PRAGMA journal_mode=delete; COMMIT"),
           "wal\nwal");
  CHECK_EQ(s.rows("BEGIN; SELECT count(*) FROM t; PRAGMA journal_mode=delete"),
           "2\nError: cannot change out of wal mode from within a transaction");
}

TEST_CASE("Pragma, TemporaryDatabasesHaveTheJournalModesOfFiles") {
  Session s;
  CHECK_EQ(s.rows("PRAGMA temp.journal_mode; PRAGMA temp.journal_mode=persist; PRAGMA temp.journal_mode=wal"),
           "delete\npersist\npersist");
  CHECK_EQ(s.rows("PRAGMA main.journal_mode=persist; PRAGMA main.journal_mode=off"), "memory\noff");
  CHECK_EQ(s.rows("PRAGMA temp_store=memory; PRAGMA temp.journal_mode; PRAGMA temp.journal_mode=persist"),
           "memory\nmemory");
  CHECK_EQ(s.rows("ATTACH '' AS m; PRAGMA m.journal_mode"), "memory");
}

TEST_CASE("Pragma, CacheSpillIsASizeAndASwitch") {
  Session s;
  CHECK_EQ(s.rows("PRAGMA cache_spill; PRAGMA cache_spill=5000; PRAGMA cache_spill"), "483\n5000");
  CHECK_EQ(s.rows("PRAGMA cache_spill=off; PRAGMA cache_spill; PRAGMA cache_spill=yes; PRAGMA cache_spill"), "0\n5000");
  CHECK_EQ(s.rows("PRAGMA cache_spill=-8000; PRAGMA cache_spill; PRAGMA cache_size=10; PRAGMA cache_spill"),
           "1935\n1935");
  CHECK_EQ(s.rows("PRAGMA cache_spill=99999999999; PRAGMA cache_spill"), "0");
  CHECK_EQ(s.rows("PRAGMA cache_spill=20; ATTACH ':memory:' AS m; PRAGMA m.cache_spill; PRAGMA main.cache_spill"),
           "483\n20");
}

TEST_CASE("Pragma, HardHeapLimitIsOnlyLowered") {
  Session s;
  CHECK_EQ(s.rows("PRAGMA hard_heap_limit=100000000; PRAGMA hard_heap_limit=200000000; PRAGMA hard_heap_limit=0"),
           "100000000\n100000000\n100000000");
  CHECK_EQ(s.rows("PRAGMA soft_heap_limit; PRAGMA soft_heap_limit=0; PRAGMA soft_heap_limit=95000000"),
           "100000000\n100000000\n95000000");
  CHECK_EQ(s.rows("PRAGMA hard_heap_limit=90000000; PRAGMA soft_heap_limit; PRAGMA soft_heap_limit=1e3"),
           "90000000\n90000000\n90000000");
}

TEST_CASE("Pragma, DeferForeignKeysEndsWithTheTransaction") {
  Session s;
  const std::string asked = "; PRAGMA defer_foreign_keys";
  CHECK_EQ(s.rows("CREATE TABLE t(a); BEGIN; PRAGMA defer_foreign_keys=1" + asked + "; COMMIT" + asked), "1\n0");
  CHECK_EQ(s.rows("BEGIN; PRAGMA defer_foreign_keys=1; INSERT INTO t VALUES(1)" + asked + "; ROLLBACK" + asked),
           "1\n0");
  CHECK_EQ(s.rows("SAVEPOINT a; PRAGMA defer_foreign_keys=1; ROLLBACK TO a" + asked + "; RELEASE a" + asked), "1\n0");
  CHECK_EQ(s.rows("PRAGMA defer_foreign_keys=1" + asked + "; INSERT INTO t VALUES(1)" + asked), "1\n0");
}

TEST_CASE("Pragma, CountChangesCountsRowsOfUpdatesButNotOfUpserts") {
  Session s;
  s.rows("CREATE TABLE t(a UNIQUE, b DEFAULT 1); INSERT INTO t(a) VALUES(1), (2); PRAGMA count_changes=ON");
  CHECK_EQ(s.rows("INSERT INTO t(a) VALUES(1), (2), (4) ON CONFLICT(a) DO UPDATE SET b = b + 1; SELECT changes()"),
           "1\n3");
  CHECK_EQ(s.rows("UPDATE t SET a = a + 10; UPDATE t SET b = 5; DELETE FROM t"), "3\n3\n3");
}

TEST_CASE("Pragma, AnalysisLimitSamplesIndexes") {
  Session s;
  s.rows("CREATE TABLE t(a, b); CREATE INDEX i ON t(a, b); CREATE INDEX j ON t(b)");
  s.rows(
      "WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO t SELECT i / 7000, i FROM n");
  const std::string read = "; ANALYZE; SELECT idx, stat FROM sqlite_stat1 ORDER BY 1";
  CHECK_EQ(s.rows("PRAGMA analysis_limit=2" + read), "2\ni|20000 3 1\nj|20000 1");
  CHECK_EQ(s.rows("PRAGMA analysis_limit=1000" + read), "1000\ni|20000 1001 1\nj|20000 1");
  CHECK_EQ(s.rows("PRAGMA analysis_limit=0" + read), "0\ni|20000 6667 1\nj|20000 1");
  // PRAGMA optimize has a limit of its own.
  const std::string optimized = "; SELECT idx, stat FROM sqlite_stat1 ORDER BY 1";
  s.rows("DELETE FROM sqlite_stat1; ANALYZE sqlite_schema");
  CHECK_EQ(s.rows("PRAGMA optimize" + optimized), "i|20000 2001 1\nj|20000 1");
  CHECK_EQ(s.rows("PRAGMA analysis_limit"), "0");
}

TEST_CASE("Pragma, WritableSchemaAllowsChangesOfTheSchemaTable") {
  Session s;
  s.rows("CREATE TABLE t(a); INSERT INTO t VALUES(3)");
  const std::string change = "UPDATE sqlite_schema SET sql = 'CREATE TABLE t(a, b DEFAULT 7)' WHERE name = 't'";
  CHECK_EQ(s.rows(change), "Error: table sqlite_master may not be modified");
  CHECK_EQ(s.rows("PRAGMA writable_schema=ON; " + change + "; SELECT * FROM t"), "3");
  CHECK_EQ(s.rows("PRAGMA writable_schema=RESET; SELECT * FROM t"), "3|7");
  CHECK_EQ(s.rows("DELETE FROM sqlite_schema"), "Error: table sqlite_master may not be modified");
  s.rows(
      "PRAGMA writable_schema=ON; INSERT INTO sqlite_schema SELECT type, 'u', 'u', rootpage, replace(sql, ' t(', ' "
      "u(') "
      "FROM sqlite_schema; DELETE FROM sqlite_schema WHERE name = 't'; PRAGMA writable_schema=RESET");
  CHECK_EQ(s.rows("SELECT * FROM u; PRAGMA integrity_check; SELECT count(*) FROM t"),
           "3|7\nok\nError: no such table: t");
  s.rows("PRAGMA writable_schema=ON; DELETE FROM sqlite_schema; PRAGMA writable_schema=RESET");
  CHECK_EQ(s.rows("SELECT count(*) FROM sqlite_schema; CREATE TABLE v(x); INSERT INTO v VALUES(1); SELECT * FROM v"),
           "0\n1");
}

TEST_CASE("Pragma, NumbersAreReadAsSqliteReadsThem") {
  Session s;
  // Settings that are 32-bit numbers take no others, and no space in front; switches are on for all but 0.
  CHECK_EQ(s.rows("PRAGMA cache_size=99999999999; PRAGMA cache_size; PRAGMA cache_size=' 5'; PRAGMA cache_size"),
           "0\n0");
  CHECK_EQ(s.rows("PRAGMA busy_timeout=99999999999; PRAGMA busy_timeout='5x'"), "0\n5");
  CHECK_EQ(s.rows("PRAGMA query_only=256; PRAGMA query_only; PRAGMA query_only=99999999999; PRAGMA query_only"),
           "1\n0");
  // Limits are whole texts or nothing.
  CHECK_EQ(
      s.rows("PRAGMA analysis_limit=1e3; PRAGMA analysis_limit=99999999999; PRAGMA threads=1.5; PRAGMA threads=99"),
      "0\n1215752191\n0\n8");
  CHECK_EQ(s.rows("PRAGMA max_page_count=1e3; PRAGMA max_page_count=70"), "4294967294\n70");
  CHECK_EQ(s.rows("PRAGMA schema_version=-1; PRAGMA schema_version"), "-1");
}

TEST_CASE("Pragma, ArgumentsAreChecked") {
  Session s;
  CHECK_EQ(s.rows("PRAGMA foreign_key_check(nosuch)"), "Error: no such table: nosuch");
  CHECK_EQ(s.rows("SELECT * FROM pragma_user_version(1)"),
           "Error: too many arguments on pragma_user_version() - max 0");
  CHECK_EQ(s.rows("SELECT * FROM pragma_cache_size('nosuch')"), "Error: unknown database 'nosuch'");
  CHECK_EQ(s.rows("PRAGMA locking_mode=normal; PRAGMA locking_mode"), "exclusive\nnormal");
}
