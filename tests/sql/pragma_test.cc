// Values of storage pragmas at the edges of what they take. The answers are those of stock SQLite.
#include <doctest/doctest.h>

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

TEST_CASE("Pragma, TableInfoNumbersTheColumnsItShows") {
  Session s;
  s.rows("CREATE TABLE t(x AS (y + 1), y, z AS (y) STORED, k)");
  CHECK_EQ(s.rows("SELECT cid, name FROM pragma_table_info('t')"), "0|y\n1|k");
  CHECK_EQ(s.rows("SELECT cid, name, hidden FROM pragma_table_xinfo('t')"), "0|x|2\n1|y|0\n2|z|3\n3|k|0");
}
