// VACUUM and VACUUM INTO on files: what they change besides the order of pages, and what a failure leaves.
#include <doctest/doctest.h>

#include "harness/temporary_folder.h"
#include "session.h"

using sqlrite::harness::TemporaryFolder;
using namespace sqlrite::test;

namespace {

constexpr const char* kFill =
    "CREATE TABLE t(id INTEGER PRIMARY KEY, b); CREATE INDEX t_b ON t(b);"
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i<3000) INSERT INTO t SELECT i, 'row'||i FROM "
    "n;"
    "DELETE FROM t WHERE id%2=0";
constexpr const char* kContent = "PRAGMA integrity_check; SELECT count(*), sum(id), max(b) FROM t";
constexpr const char* kWhole = "ok\n1500|2250000|row999";

}  // namespace

TEST_CASE("Vacuum, ChangesThePageSizeInRollbackMode") {
  TemporaryFolder folder("vacuum");
  for (const char* mode : {"delete", "truncate", "persist", "memory", "off"}) {
    const std::string file = folder.file(mode);
    Session s(file);
    s.rows(std::string("PRAGMA page_size=1024; PRAGMA journal_mode=") + mode + ";" + kFill);
    Session other(file);
    CHECK_EQ(other.rows("PRAGMA page_size; SELECT count(*) FROM t"), "1024\n1500");
    CHECK_EQ(s.rows("PRAGMA page_size=8192; VACUUM; PRAGMA page_size; PRAGMA freelist_count"), "8192\n0");
    CHECK_EQ(s.rows(kContent), kWhole);
    // The other connection of the process moves to the new pages, reading and writing.
    CHECK_EQ(other.rows(kContent), kWhole);
    CHECK_EQ(
        other.rows("INSERT INTO t VALUES(2, 'new'); SELECT count(*) FROM t; PRAGMA page_size; PRAGMA integrity_check"),
        "1501\n8192\nok");
    // What is no page size changes nothing.
    CHECK_EQ(s.rows("PRAGMA page_size=1000; VACUUM; PRAGMA page_size"), "8192");
  }
}

TEST_CASE("Vacuum, KeepsThePageSizeOfALog") {
  TemporaryFolder folder("vacuum");
  Session s(folder.file("wal"));
  s.rows(std::string("PRAGMA page_size=1024; PRAGMA journal_mode=WAL;") + kFill);
  CHECK_EQ(s.rows("PRAGMA page_size=8192; VACUUM; PRAGMA page_size; PRAGMA freelist_count"), "1024\n0");
  CHECK_EQ(s.rows(kContent), kWhole);
  // The wish is forgotten with it, but VACUUM INTO may have another size.
  CHECK_EQ(s.rows("PRAGMA journal_mode=DELETE; VACUUM; PRAGMA page_size"), "delete\n1024");
  s.rows("PRAGMA page_size=8192; VACUUM INTO '" + folder.file("copy") + "'");
  Session copy(folder.file("copy"));
  CHECK_EQ(copy.rows("PRAGMA page_size"), "8192");
  CHECK_EQ(copy.rows(kContent), kWhole);
}

TEST_CASE("Vacuum, AReaderOfTheLogKeepsItsState") {
  TemporaryFolder folder("vacuum");
  Session s(folder.file("wal"));
  s.rows(std::string("PRAGMA journal_mode=WAL;") + kFill);
  Session reader(folder.file("wal"));
  reader.rows("BEGIN; SELECT count(*) FROM t");
  CHECK_EQ(s.rows("DELETE FROM t WHERE id>100; VACUUM; SELECT count(*) FROM t"), "50");
  CHECK_EQ(reader.rows(kContent), kWhole);
  CHECK_EQ(reader.rows("COMMIT; SELECT count(*) FROM t; PRAGMA integrity_check"), "50\nok");
}

TEST_CASE("Vacuum, AppliesTheVacuumMode") {
  TemporaryFolder folder("vacuum");
  Session s(folder.file("d"));
  s.rows(std::string("PRAGMA journal_mode=DELETE;") + kFill);
  CHECK_EQ(s.rows("PRAGMA auto_vacuum=FULL; PRAGMA auto_vacuum; VACUUM; PRAGMA auto_vacuum"), "0\n1");
  CHECK_EQ(s.rows(kContent), kWhole);
  CHECK_EQ(s.rows("DELETE FROM t WHERE id>500; PRAGMA freelist_count"), "0");
  CHECK_EQ(s.rows("PRAGMA auto_vacuum=NONE; VACUUM; PRAGMA auto_vacuum; PRAGMA integrity_check"), "0\nok");
}

TEST_CASE("Vacuum, IntoAFileThatIsThereIsRefused") {
  TemporaryFolder folder("vacuum");
  Session s(folder.file("d"));
  s.rows(kFill);
  const std::string into = "VACUUM INTO '" + folder.file("copy") + "'";
  CHECK_EQ(s.rows(into), "");
  CHECK_EQ(s.rows(into), "Error: output file already exists");
  Session copy(folder.file("copy"));
  CHECK_EQ(copy.rows(kContent), kWhole);
}
