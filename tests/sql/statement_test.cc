// Statements through the public interface: parameters, conversions, ownership of what accessors hand out, batches, cache.
#include "harness/temporary_folder.h"
#include "session.h"

namespace sqlrite::test {

TEST_CASE("Statement, ParametersByNumberAndName") {
  Session s;
  Statement query = s.connection.prepare("SELECT ?1, :name, ?, typeof(?5)").take();
  CHECK_EQ(query.parameter_count(), 5);
  CHECK_EQ(query.parameter_index(":name"), 2);
  query.bind(1, 7).ignore();
  query.bind(2, "text").ignore();
  query.bind(3, 2.5).ignore();
  query.bind_blob(5, std::string_view("\0\1", 2)).ignore();
  CHECK(query.step().take());
  CHECK_EQ(query.column_int64(0), 7);
  CHECK_EQ(query.column_text(1), "text");
  CHECK_EQ(query.column_double(2), 2.5);
  CHECK_EQ(query.column_text(3), "blob");
  CHECK_EQ(query.bind(1, 8).code(), Code::Misuse);
  query.reset().ignore();
  CHECK_EQ(query.bind(9, 8).code(), Code::Range);
  CHECK_EQ(query.expanded_sql(), "SELECT 7, 'text', 2.5, typeof(x'0001')");
}

TEST_CASE("Statement, ConversionsAndNulEnds") {
  Session s;
  Statement query = s.connection.prepare("SELECT 12, '34abc', 1.5, x'3536', NULL, zeroblob(3)").take();
  CHECK(query.step().take());
  CHECK_EQ(query.column_text(0), "12");
  CHECK_EQ(query.column_text(0).data()[2], '\0');
  CHECK_EQ(query.column_type(0), ValueType::Integer);
  CHECK_EQ(query.column_int64(1), 34);
  CHECK_EQ(query.column_text(1).data()[5], '\0');
  CHECK_EQ(query.column_int64(2), 1);
  CHECK_EQ(query.column_text(2), "1.5");
  CHECK_EQ(query.column_int64(3), 56);
  CHECK(query.is_null(4));
  CHECK_EQ(query.column_text(4).data(), nullptr);
  CHECK_EQ(query.column_blob(5), std::string_view("\0\0\0", 3));
  CHECK(!query.step().take());
}

TEST_CASE("Statement, TextStaysOverOtherStatements") {
  Session s;
  s.rows("CREATE TABLE t(a); INSERT INTO t VALUES('first'),('second')");
  Statement query = s.connection.prepare("SELECT a FROM t").take();
  CHECK(query.step().take());
  std::string_view text = query.column_text(0);
  s.rows("UPDATE t SET a = 'xxxxx'; DELETE FROM t; VACUUM");
  CHECK_EQ(text, "first");
  CHECK(query.step().take());
  CHECK_EQ(query.column_text(0), "second");
}

TEST_CASE("Statement, LookUpByRowIdTakesKeysOfEveryType") {
  Session s;
  s.rows(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b REAL, c TEXT DEFAULT 'c'); "
      "INSERT INTO t(id, a, b) VALUES(5, 'five', 5), (-3, NULL, 0.5), (9007199254740993, x'01', 1)");
  auto find = [&s](const std::string& key) { return s.rows("SELECT id, a, b, id FROM t WHERE id = " + key); };
  CHECK_EQ(find("5"), "5|five|5.0|5");
  CHECK_EQ(find("5.0"), "5|five|5.0|5");
  CHECK_EQ(find("'5'"), "5|five|5.0|5");
  CHECK_EQ(find("' 5.0 '"), "5|five|5.0|5");
  CHECK_EQ(find("5.5"), "");
  CHECK_EQ(find("'5x'"), "");
  CHECK_EQ(find("x'35'"), "");
  CHECK_EQ(find("NULL"), "");
  CHECK_EQ(find("1e300"), "");
  CHECK_EQ(find("-3"), "-3||0.5|-3");
  CHECK_EQ(find("9007199254740993"), "9007199254740993|\x01|1.0|9007199254740993");
  CHECK_EQ(find("9007199254740992.0"), "");
  CHECK_EQ(
      s.rows("SELECT x, (SELECT a FROM t WHERE id = x) FROM (SELECT 5 AS x UNION ALL SELECT 6 UNION ALL SELECT 5)"),
      "5|five\n6|\n5|five");
  // The row may go and come back between two runs of one statement.
  Statement query = s.connection.prepare("SELECT b, c FROM t WHERE id = ?").take();
  for (const char* change : {"", "DELETE FROM t WHERE id = 5", "INSERT INTO t(id, b) VALUES(5, 7)"}) {
    s.rows(change);
    query.bind(1, 5).ignore();
    bool gone = std::string_view(change).starts_with("DELETE");
    CHECK_EQ(query.step().take(), !gone);
    if (!gone) CHECK_EQ(query.column_text(1), "c");
    if (!gone) CHECK(!query.step().take());
    query.reset().ignore();
  }
}

TEST_CASE("Statement, BatchesHoldAllRows") {
  Session s;
  s.rows("CREATE TABLE t(a INTEGER PRIMARY KEY)");
  s.rows(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i FROM n");
  Statement query = s.connection.prepare("SELECT a FROM t WHERE a % 2 = 0").take();
  int64_t sum = 0, count = 0;
  for (;;) {
    const Batch* batch = query.next_batch().take();
    if (batch->selected_count == 0) break;
    for (uint32_t i = 0; i < batch->selected_count; ++i) sum += batch->columns[0].at(batch->live_row(i)).integer;
    count += batch->selected_count;
  }
  CHECK_EQ(count, 2500);
  CHECK_EQ(sum, 2500 * 2501);
}

TEST_CASE("Statement, BatchesCompleteValuesFromOverflowPages") {
  Session s;
  s.rows(
      "CREATE TABLE t(id INTEGER PRIMARY KEY, a BLOB); INSERT INTO t VALUES(1, zeroblob(50000)), (2, 'short'), (3, "
      "printf('%.*c', 70000, 'x'))");
  Statement query = s.connection.prepare("SELECT a FROM t").take();
  std::string lengths;
  for (;;) {
    const Batch* batch = query.next_batch().take();
    if (batch->selected_count == 0) break;
    for (uint32_t i = 0; i < batch->selected_count; ++i) {
      Value value = query.complete(batch->columns[0].at(batch->live_row(i))).take();
      CHECK_EQ(value.flags & (value_flags::kOverflow | value_flags::kZeroBlob), 0);
      lengths += std::to_string(value.view().size()) + value.view().substr(0, 1).data()[0] + " ";
    }
  }
  CHECK_EQ(lengths, std::string("50000\0 5s 70000x ", 17));
}

TEST_CASE("Statement, BatchesEndWithTheirSchema") {
  Session s;
  s.rows(
      "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t "
      "SELECT i FROM n");
  s.rows("BEGIN; CREATE TABLE u(a)");
  Statement query = s.connection.prepare("SELECT a FROM t").take();
  CHECK_EQ(query.next_batch(10).take()->selected_count, 10);
  s.rows("ROLLBACK");
  CHECK_EQ(query.next_batch(10).status().code(), Code::AbortRollback);
  CHECK_EQ(query.next_batch(10).take()->selected_count, 10);
}

TEST_CASE("Statement, PreparedAgainFromTheCacheIsFresh") {
  Session s;
  s.rows("CREATE TABLE t(a)");
  for (int64_t i = 0; i < 100; ++i) {
    Statement insert = s.connection.prepare("INSERT INTO t VALUES(?)").take();
    if (i % 2 == 0) insert.bind(1, i).ignore();
    CHECK(insert.run().ok());
  }
  CHECK_EQ(s.rows("SELECT count(*), count(a) FROM t"), "100|50");
  CHECK_EQ(s.connection.changes(), 1);
  CHECK_EQ(s.connection.last_insert_rowid(), 100);
}

TEST_CASE("Statement, ErrorsCarryCodeMessageAndOffset") {
  Session s;
  auto prepared = s.connection.prepare("SELECT missing");
  CHECK_EQ(prepared.status().message(), "no such column: missing");
  CHECK_EQ(prepared.status().sql_offset(), 7);
  s.rows("CREATE TABLE t(a NOT NULL)");
  Statement insert = s.connection.prepare("INSERT INTO t VALUES(NULL)").take();
  CHECK_EQ(insert.step().status().code(), Code::ConstraintNotNull);
  CHECK_EQ(insert.reset().code(), Code::ConstraintNotNull);
}

TEST_CASE("Statement, FailedRunLeavesNothingToTheNext") {
  Session s;
  s.rows("CREATE TABLE t(a INTEGER PRIMARY KEY); INSERT INTO t VALUES(2)");
  Statement insert = s.connection.prepare("INSERT INTO t VALUES(1),(2),(3)").take();
  CHECK_EQ(insert.run().message(), "UNIQUE constraint failed: t.a");
  s.rows("DELETE FROM t");
  CHECK(insert.run().ok());
  CHECK_EQ(s.rows("SELECT group_concat(a) FROM t"), "1,2,3");
}

// A value longer than a batch's heap leaves a block of its size behind; the rows after it must not be lost for that.
TEST_CASE("Statement, ScansGoOnAfterLongValues") {
  Session s;
  s.rows("CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE INDEX i ON t(b, a)");
  s.rows(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40) INSERT INTO t SELECT i, "
      "zeroblob(250000 + i * 1000) FROM n");
  CHECK_EQ(s.rows("SELECT count(*), sum(length(b)), max(a) FROM t NOT INDEXED"), "40|10820000|40");
  CHECK_EQ(s.rows("SELECT count(*), sum(length(b)), max(a) FROM t INDEXED BY i WHERE b > ''"), "40|10820000|40");
}

TEST_CASE("Statement, BackupCopiesADatabase") {
  Session from, to;
  from.rows("CREATE TABLE t(a, b); CREATE INDEX i ON t(a)");
  from.rows(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT i, hex(i) "
      "FROM n");
  to.rows("CREATE TABLE old(x)");
  Backup backup = from.connection.backup_to(to.connection).take();
  CHECK(!backup.step(5).take());
  CHECK(backup.remaining_page_count() > 0);
  CHECK(backup.step().take());
  CHECK_EQ(to.rows("SELECT count(*), max(a) FROM t; PRAGMA integrity_check; SELECT count(*) FROM sqlite_schema"),
           "3000|3000\nok\n2");
}

// Pages of another size are taken by files without a log only, and then by the copy as a whole.
TEST_CASE("Statement, BackupChangesThePageSizeOfAFileInRollbackMode") {
  harness::TemporaryFolder folder("backup");
  Session from;
  from.rows("PRAGMA page_size=1024; CREATE TABLE t(a, b)");
  from.rows(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO t SELECT i, hex(i) "
      "FROM n");
  const std::string made = "PRAGMA page_size=4096; PRAGMA journal_mode=delete; CREATE TABLE old(x)";
  const std::string asked =
      "SELECT count(*), max(a) FROM t; PRAGMA page_size; PRAGMA journal_mode; PRAGMA integrity_check";
  {
    Session to(folder.file("rollback.db"));
    to.rows(made);
    Backup backup = from.connection.backup_to(to.connection).take();
    CHECK(!backup.step(5).take());
    CHECK_EQ(backup.remaining_page_count(), backup.total_page_count() - 5);
    from.rows("INSERT INTO t VALUES(3001, 'late')");  // the copy begins again
    CHECK(backup.step().take());
    CHECK_EQ(to.rows(asked), "3001|3001\n1024\ndelete\nok");
  }
  CHECK_EQ(Session(folder.file("rollback.db")).rows(asked), "3001|3001\n1024\ndelete\nok");
  for (const char* place : {"", ":memory:", "log.db"}) {
    CAPTURE(place);
    Session to(place == std::string("log.db") ? folder.file(place) : place);
    to.rows(made + "; PRAGMA journal_mode=wal");
    Backup backup = from.connection.backup_to(to.connection).take();
    CHECK_EQ(std::string(backup.step().status().message()), "attempt to write a readonly database");
    CHECK_EQ(to.rows("PRAGMA page_size; SELECT name FROM sqlite_schema"), "4096\nold");
  }
}

// What an index, a CHECK or a generated column holds must not depend on when it was computed.
TEST_CASE("Statement, StoredDateExpressionsMayNotLookAtTheClock") {
  Session s;
  s.rows("CREATE TABLE t(a); CREATE INDEX t_date ON t(date(a)); CREATE TABLE c(a, CHECK (date(a, 'localtime') > ''))");
  CHECK_EQ(s.rows("INSERT INTO t VALUES('2020-01-02'); SELECT a FROM t WHERE date(a)='2020-01-02'"), "2020-01-02");
  CHECK_EQ(s.rows("INSERT INTO t VALUES('now')"), "Error: non-deterministic use of date() in an index");
  CHECK_EQ(s.rows("INSERT INTO c VALUES('2020-01-02')"),
           "Error: non-deterministic use of date() in a CHECK constraint");
  CHECK_EQ(s.rows("SELECT count(*) FROM t WHERE date('now')>a"), "1");
}

TEST_CASE("Statement, Utf16TextsShowTheBytesOfTheFile") {
  Session s;
  s.rows("PRAGMA encoding='UTF-16le'; CREATE TABLE t(a); INSERT INTO t VALUES('ab'),(12),(x'6100')");
  CHECK_EQ(s.rows("SELECT hex(a), octet_length(a), hex(CAST(a AS BLOB)), CAST(a AS TEXT) FROM t"),
           "61006200|4|61006200|ab\n3132|4|31003200|12\n6100|2|6100|a");
  CHECK_EQ(s.rows("SELECT hex('ab'), CAST(x'6200' AS TEXT), octet_length(7)"), "61006200|b|2");
}

}  // namespace sqlrite::test
