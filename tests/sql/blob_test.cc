// Blob handles as participants in transactions: what they see of changes by others and by their own connection, and
// when their writes are committed. The answers are those of stock SQLite.
#include "sqlrite/blob.h"

#include <doctest/doctest.h>

#include "harness/temporary_folder.h"
#include "session.h"

using namespace sqlrite;
using namespace sqlrite::test;

namespace {

// Two connections to one file.
class Pair {
  harness::TemporaryFolder folder_{"blob"};

 public:
  explicit Pair(const char* mode) : own(folder_.file("d")), other(folder_.file("d")) {
    own.rows(std::string("PRAGMA journal_mode=") + mode +
             "; CREATE TABLE t(id INTEGER PRIMARY KEY, b, c); CREATE TABLE u(x);"
             "INSERT INTO t VALUES(1, x'6161616161', 1), (2, 'bbbbb', 2), (3, zeroblob(5), 3)");
  }
  Blob open(int64_t rowid, bool writable) {
    auto opened = own.connection.open_blob("main", "t", "b", rowid, writable);
    REQUIRE(opened.ok());
    return opened.take();
  }

  Session own;
  Session other;
};

// The bytes, or "Error: message".
std::string read(Blob& blob, uint32_t size_bytes = 5) {
  std::string out(size_bytes, '\0');
  Status status = blob.read(0, out.data(), size_bytes);
  return status.ok() ? out : "Error: " + std::string(status.message());
}

const char* const kModes[] = {"WAL", "DELETE"};

}  // namespace

TEST_CASE("Blob, KeepsItsSnapshotOverCommitsOfOthers") {
  Pair pair("WAL");
  Blob blob = pair.open(1, false);
  CHECK_EQ(pair.other.rows("UPDATE t SET b='zzzzz' WHERE id<3; DROP TABLE u"), "");
  CHECK_EQ(read(blob), "aaaaa");
  CHECK(blob.reopen(2).ok());
  CHECK_EQ(read(blob), "bbbbb");
  CHECK(blob.close().code() == Code::Ok);
  CHECK_EQ(pair.own.rows("SELECT b FROM t WHERE id=1"), "zzzzz");
  // Without a log the writer has to wait for the handle.
  Pair locked("DELETE");
  Blob held = locked.open(1, false);
  CHECK_EQ(locked.other.rows("DELETE FROM t"), "Error: database is locked");
  CHECK(held.close().code() == Code::Ok);
  CHECK_EQ(locked.other.rows("DELETE FROM t"), "");
}

TEST_CASE("Blob, EndsWhenItsRowIsChanged") {
  for (const char* mode : kModes) {
    for (const char* change :
         {"UPDATE t SET c=9 WHERE id=1", "UPDATE t SET b=b WHERE id=1", "DELETE FROM t WHERE id=1", "DELETE FROM t",
          "REPLACE INTO t VALUES(1, x'6262626262', 2)", "UPDATE t SET id=77 WHERE id=1"}) {
      Pair pair(mode);
      Blob blob = pair.open(1, false);
      CHECK_EQ(pair.own.rows(change), "");
      CHECK_EQ(read(blob), "Error: query aborted");
      CHECK_EQ(blob.size_bytes(), 0);
      CHECK(blob.reopen(2).code() == Code::Abort);
    }
    for (const char* change :
         {"UPDATE t SET c=9 WHERE id=2", "INSERT INTO t VALUES(10, 1, 1)", "INSERT INTO u VALUES(1)",
          "CREATE TABLE v(x)", "ALTER TABLE t ADD COLUMN z", "BEGIN; DELETE FROM t WHERE id=2; ROLLBACK"}) {
      Pair pair(mode);
      Blob blob = pair.open(1, false);
      CHECK_EQ(pair.own.rows(change), "");
      CHECK_EQ(read(blob), "aaaaa");
    }
  }
}

TEST_CASE("Blob, WritesAreCommittedWhenTheLastWriterCloses") {
  for (const char* mode : kModes) {
    Pair pair(mode);
    Blob blob = pair.open(1, true);
    Blob second = pair.open(2, true);
    Blob reader = pair.open(1, false);
    CHECK(blob.write(0, "yy").ok());
    CHECK(second.write(3, "ww").ok());
    CHECK_EQ(read(reader), "yyaaa");
    CHECK(reader.write(0, "q").code() == Code::ReadOnly);
    CHECK_EQ(pair.own.rows("SELECT b FROM t WHERE id<3"), "yyaaa\nbbbww");
    CHECK_EQ(pair.other.rows("INSERT INTO u VALUES(2)"), "Error: database is locked");
    CHECK(second.close().code() == Code::Ok);
    CHECK_EQ(pair.other.rows("SELECT b FROM t WHERE id<3"), "aaaaa\nbbbbb");
    CHECK(blob.close().code() == Code::Ok);
    CHECK(reader.close().code() == Code::ReadOnly);  // of its last call
    CHECK_EQ(pair.other.rows("SELECT b FROM t WHERE id<3"), "yyaaa\nbbbww");
    CHECK_EQ(pair.other.rows("INSERT INTO u VALUES(2); PRAGMA integrity_check"), "ok");
  }
}

TEST_CASE("Blob, IsAWriterOfTheTransaction") {
  for (const char* mode : kModes) {
    Pair pair(mode);
    CHECK_EQ(pair.other.rows("BEGIN IMMEDIATE"), "");
    CHECK(pair.own.connection.open_blob("main", "t", "b", 1, true).status().code() == Code::Busy);
    CHECK_EQ(pair.other.rows("COMMIT; "), "");
    pair.own.rows("BEGIN");
    Blob blob = pair.open(1, true);
    CHECK(blob.write(0, "yy").ok());
    CHECK_EQ(pair.own.rows("COMMIT"), "Error: cannot commit transaction - SQL statements in progress");
    CHECK_EQ(pair.own.rows("VACUUM"), "Error: cannot VACUUM from within a transaction");
    CHECK_EQ(pair.own.rows("ROLLBACK"), "");
    CHECK_EQ(read(blob), "Error: abort due to ROLLBACK");
    CHECK_EQ(blob.size_bytes(), 5);
    CHECK(blob.close().code() == Code::AbortRollback);
    CHECK_EQ(pair.own.rows("SELECT b FROM t WHERE id=1"), "aaaaa");
    pair.own.rows("SAVEPOINT s");
    Blob undone = pair.open(1, true);
    CHECK(undone.write(0, "yy").ok());
    CHECK_EQ(pair.own.rows("ROLLBACK TO s"), "");
    CHECK_EQ(read(undone), "Error: abort due to ROLLBACK");
    CHECK_EQ(pair.own.rows("RELEASE s"), "Error: cannot release savepoint - SQL statements in progress");
    CHECK(undone.close().code() == Code::AbortRollback);
    CHECK_EQ(pair.own.rows("RELEASE s; SELECT b FROM t WHERE id=1"), "aaaaa");
  }
}

// Values that reach over many overflow pages, at both ends of each.
TEST_CASE("Blob, WritesAnywhereInALargeValue") {
  Pair pair("WAL");
  pair.own.rows("INSERT INTO t VALUES(9, zeroblob(50000), 'end')");
  Blob blob = pair.open(9, true);
  std::string expected(50000, '\0');
  for (uint32_t at : {0u, 1u, 3900u, 4091u, 4092u, 8184u, 20000u, 49990u}) {
    const std::string text = "<" + std::to_string(at) + std::string(at == 20000 ? 9000 : 1, '>');
    CHECK(blob.write(at, text).ok());
    expected.replace(at, text.size(), text);
    CHECK_EQ(read(blob, 50000), expected);
  }
  CHECK(blob.write(49999, "xx").code() == Code::Error);
  CHECK(blob.close().code() == Code::Ok);
  CHECK_EQ(
      pair.other.rows("SELECT b=(SELECT b FROM t WHERE id=9), length(b), c FROM t WHERE id=9; PRAGMA integrity_check"),
      "1|50000|end\nok");
}
