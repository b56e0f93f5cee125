// Statements whose answers once differed from stock SQLite's, by topic. The expected texts are stock SQLite's.
#include "session.h"

namespace sqlrite::test {

TEST_CASE("Agreement, TableFunctionsReadArgumentsMadeByFunctions") {
  Session s;
  CHECK_EQ(s.rows("SELECT key, value, type, fullkey FROM json_each(jsonb('{\"a\":[1,2,3]}'))"), "a|[1,2,3]|array|$.a");
  CHECK_EQ(s.rows("SELECT json_group_array(value) FROM json_each(jsonb('[0.5,\"q\",null]'))"), "[0.5,\"q\",null]");
  // Their columns have no type: no text is made of the number that is compared with a TEXT column.
  s.rows("CREATE TABLE t(b TEXT); INSERT INTO t VALUES('1')");
  CHECK_EQ(s.rows("SELECT count(*) FROM t, json_each('[1]') AS j WHERE j.value = b"), "0");
}

TEST_CASE("Agreement, TheLeastIntegerWithAPointIsReal") {
  Session s;
  CHECK_EQ(
      s.rows("SELECT typeof(-9223372036854775808.0), typeof(-9223372036854775808), typeof(-9223372036854775808e0)"),
      "real|integer|real");
}

TEST_CASE("Agreement, UnknownCollationsFailWhereTextsAreCompared") {
  Session s;
  s.rows("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 2)");
  const std::string failure = "Error: no such collation sequence: nowhere";
  CHECK_EQ(s.rows("SELECT 1 COLLATE nowhere"), "1");
  CHECK_EQ(s.rows("SELECT a COLLATE nowhere, coalesce(a COLLATE nowhere, 2) FROM t GROUP BY b"), "1|1");
  CHECK_EQ(s.rows("SELECT 1 UNION ALL SELECT 2 COLLATE nowhere"), "1\n2");
  CHECK_EQ(s.rows("SELECT a FROM t WHERE a = 'x' COLLATE nowhere"), failure);
  CHECK_EQ(s.rows("SELECT a FROM t ORDER BY a COLLATE nowhere"), failure);
  CHECK_EQ(s.rows("SELECT a FROM t GROUP BY a COLLATE nowhere"), failure);
  CHECK_EQ(s.rows("SELECT DISTINCT a COLLATE nowhere FROM t"), failure);
  CHECK_EQ(s.rows("SELECT max(a COLLATE nowhere) FROM t"), failure);
  CHECK_EQ(s.rows("SELECT a COLLATE nowhere FROM t UNION SELECT 1"), failure);
  CHECK_EQ(s.rows("SELECT x FROM (SELECT a COLLATE nowhere AS x FROM t) WHERE x = 1"), failure);
}

TEST_CASE("Agreement, CreateTableAsIsWrittenOnOneLineWhileItIsShort") {
  Session s;
  s.rows("CREATE TABLE t AS SELECT 1 AS a, 2 AS b, 3 AS c, 4 AS d, 5 AS extra");
  s.rows("CREATE TABLE u AS SELECT 1 AS first_of_them, 2 AS second_of_them, 3 AS third");
  CHECK_EQ(s.rows("SELECT sql FROM sqlite_schema"),
           "CREATE TABLE t(a,b,c,d,extra)\nCREATE TABLE u(\n  first_of_them,\n  second_of_them,\n  third\n)");
}

TEST_CASE("Agreement, ViewsReadTheirOwnDatabase") {
  Session s;
  s.rows("CREATE TABLE t(a); CREATE TEMP TABLE p(a); ATTACH ':memory:' AS x; CREATE TABLE x.y(a)");
  CHECK_EQ(s.rows("CREATE VIEW v AS SELECT * FROM x.y"), "Error: view v cannot reference objects in database x");
  CHECK_EQ(s.rows("CREATE VIEW v AS SELECT * FROM t WHERE a IN (SELECT a FROM temp.p)"),
           "Error: view v cannot reference objects in database temp");
  CHECK_EQ(s.rows("CREATE VIEW v AS SELECT * FROM main.t; CREATE VIEW x.v AS SELECT * FROM x.y; SELECT * FROM v"), "");
  CHECK_EQ(s.rows("CREATE TEMP VIEW w AS SELECT t.a FROM main.t, x.y"), "");
}

TEST_CASE("Agreement, TypesOfViewColumns") {
  Session s;
  s.rows(
      "CREATE TABLE t(a, b INT, c TEXT, d REAL); CREATE VIEW v AS SELECT CAST(1 AS INT) AS a, CAST(2 AS TEXT) AS b, a "
      "+ 1 AS c, "
      "a AS d, CAST(a AS odd) AS e, d AS f FROM t");
  CHECK_EQ(s.rows("SELECT name, type FROM pragma_table_info('v')"), "a|INT\nb|TEXT\nc|\nd|BLOB\ne|NUM\nf|REAL");
}

TEST_CASE("Agreement, RenamingEditsTemporaryViews") {
  Session s;
  s.rows("CREATE TABLE t(a, b); CREATE TEMP VIEW v AS SELECT t.a, main.t.b FROM t WHERE t.a > 0");
  s.rows("ALTER TABLE t RENAME TO u");
  CHECK_EQ(s.rows("SELECT sql FROM sqlite_temp_schema"),
           "CREATE VIEW v AS SELECT \"u\".a, main.\"u\".b FROM \"u\" WHERE \"u\".a > 0");
  s.rows("ALTER TABLE u RENAME COLUMN a TO c");
  CHECK_EQ(s.rows("SELECT * FROM v"), "");
  // A table of another database that has the name is not meant.
  s.rows("CREATE TABLE o(a); CREATE TEMP TABLE p(a); CREATE TEMP VIEW w AS SELECT a FROM p; ALTER TABLE o RENAME TO q");
  CHECK_EQ(s.rows("SELECT sql FROM sqlite_temp_schema WHERE name = 'w'"), "CREATE VIEW w AS SELECT a FROM p");
  // A temporary view that has lost its table stops renaming in all databases.
  s.rows("ATTACH ':memory:' AS x; CREATE TABLE x.y(a); CREATE TEMP VIEW z AS SELECT * FROM x.y; DETACH x");
  CHECK_EQ(s.rows("ALTER TABLE q RENAME COLUMN a TO b"), "Error: error in view z: no such table: x.y");
}

TEST_CASE("Agreement, RenamingLeavesStatisticsAlone") {
  Session s;
  s.rows("CREATE TABLE t(a); INSERT INTO t VALUES(1); CREATE INDEX i ON t(a); ANALYZE; ALTER TABLE t RENAME TO u");
  CHECK_EQ(s.rows("SELECT * FROM sqlite_stat1"), "t|i|1 1");
}

TEST_CASE("Agreement, AnalyzeOfEmptyPartialAndOfUniqueIndexes") {
  Session s;
  s.rows("CREATE TABLE t(a, b); CREATE INDEX p ON t(a) WHERE b > 5; INSERT INTO t VALUES(1, 2); ANALYZE");
  CHECK_EQ(s.rows("SELECT idx, stat FROM sqlite_stat1 WHERE idx IS NOT NULL"), "p|0 0");
  s.rows(
      "CREATE TABLE u(a); CREATE UNIQUE INDEX d ON u(a DESC); INSERT INTO u VALUES(1), (NULL), (NULL), (NULL); ANALYZE "
      "u");
  CHECK_EQ(s.rows("SELECT stat FROM sqlite_stat1 WHERE idx = 'd'"), "4 1");
}

TEST_CASE("Agreement, OptimizeAnalyzesWhatHasNoStatistics") {
  Session s;
  s.rows(
      "CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 2), (3, 4); CREATE INDEX i ON t(a); CREATE TABLE n(a); INSERT "
      "INTO n VALUES(1)");
  CHECK_EQ(s.rows("PRAGMA optimize(3)"), "ANALYZE \"main\".\"t\"");
  CHECK_EQ(s.rows("PRAGMA optimize(0); PRAGMA optimize; SELECT tbl, idx, stat FROM sqlite_stat1"), "t|i|2 1");
  CHECK_EQ(s.rows("PRAGMA optimize(3)"), "");
  CHECK_EQ(s.rows("PRAGMA optimize(0x10003)"), "ANALYZE \"main\".\"n\"");
  // Ten times as many rows as the statistics say.
  s.rows(
      "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 50) INSERT INTO t SELECT i, i FROM c");
  CHECK_EQ(s.rows("PRAGMA optimize(3)"), "ANALYZE \"main\".\"t\"");
}

TEST_CASE("Agreement, StrictTables") {
  Session s;
  // NOT NULL skips the row before its types are looked at.
  s.rows("CREATE TABLE t(a INT, b INT, PRIMARY KEY(a, b)) STRICT; INSERT INTO t VALUES(1, 2)");
  CHECK_EQ(s.rows("INSERT OR IGNORE INTO t VALUES('a', NULL); SELECT count(*) FROM t"), "1");
  CHECK_EQ(s.rows("ALTER TABLE t ADD COLUMN c REAL DEFAULT 'd'"), "Error: type mismatch on DEFAULT");
  CHECK_EQ(s.rows("ALTER TABLE t ADD COLUMN c REAL DEFAULT 3; SELECT c FROM t"), "3.0");
}

TEST_CASE("Agreement, UpsertClausesAreTriedInTheirOrder") {
  Session s;
  s.rows(
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b UNIQUE, c UNIQUE, d); INSERT INTO t VALUES(1, 2, 3, 'x'), (5, 6, 7, "
      "'y')");
  s.rows("INSERT INTO t VALUES(1, 6, 30, 0) ON CONFLICT(b) DO NOTHING ON CONFLICT(a) DO UPDATE SET d = 'a'");
  CHECK_EQ(s.rows("SELECT d FROM t"), "x\ny");
  s.rows("INSERT INTO t VALUES(1, 6, 30, 0) ON CONFLICT(c) DO NOTHING ON CONFLICT DO UPDATE SET d = 'any'");
  CHECK_EQ(s.rows("SELECT d FROM t"), "any\ny");
}

TEST_CASE("Agreement, TextsOfUtf16DatabasesCompareByTheirBytes") {
  Session s;
  s.rows("PRAGMA encoding = 'UTF-16le'; CREATE TABLE t(a); INSERT INTO t VALUES('abc'), (char(128512)), ('b')");
  CHECK_EQ(s.rows("SELECT char(128512) < 'abc', unicode(min(char(128512), 'abc'))"), "1|128512");
  CHECK_EQ(s.rows("SELECT unicode(a) FROM t ORDER BY a || ''"), "128512\n97\n98");
  CHECK_EQ(s.rows("SELECT unicode(a) FROM t ORDER BY a || '' COLLATE BINARY"), "128512\n97\n98");
  CHECK_EQ(s.rows("CREATE INDEX i ON t(a); SELECT a FROM t WHERE a GLOB 'a*'"), "abc");
}

TEST_CASE("Agreement, TheEncodingIsSettledOnceATemporaryTableExists") {
  Session s;
  CHECK_EQ(s.rows("CREATE TEMP TABLE t(a); PRAGMA encoding = 'UTF-16be'; PRAGMA encoding"), "UTF-8");
}

TEST_CASE("Agreement, RowsByTheKeyOfATableWithoutRowid") {
  Session s;
  s.rows("CREATE TABLE t(a REAL PRIMARY KEY, b) WITHOUT ROWID; INSERT INTO t VALUES(1.5, 'x'), (2, 'y')");
  CHECK_EQ(s.rows("SELECT a, b FROM t WHERE a = 1.5; SELECT b FROM t WHERE a = 2; SELECT b FROM t WHERE a = 0"),
           "1.5|x\ny");
  CHECK_EQ(s.rows("UPDATE t SET b = 'z' WHERE a = 1.5 RETURNING b; DELETE FROM t WHERE a = 9"), "z");
}

TEST_CASE("Agreement, TheFirstInsertMakesTheSequencesEntry") {
  Session s;
  s.rows("CREATE TABLE t(a INTEGER PRIMARY KEY AUTOINCREMENT, b NOT NULL)");
  CHECK_EQ(s.rows("SELECT * FROM sqlite_sequence; INSERT INTO t(b) SELECT 1 WHERE 0; SELECT * FROM sqlite_sequence"),
           "t|0");
  CHECK_EQ(s.rows("INSERT INTO t VALUES(5, 1); SELECT * FROM sqlite_sequence"), "t|5");
}

TEST_CASE("Agreement, SmallAnswersOfPragmas") {
  Session s;
  CHECK_EQ(s.rows("PRAGMA main.locking_mode; PRAGMA locking_mode"), "exclusive\nnormal");
  CHECK_EQ(s.rows("PRAGMA auto_vacuum = incremental; PRAGMA auto_vacuum = none; PRAGMA auto_vacuum"), "2");
  s.rows("CREATE TABLE t(a PRIMARY KEY, b, UNIQUE(b, a) ON CONFLICT REPLACE) WITHOUT ROWID");
  CHECK_EQ(s.rows("SELECT origin FROM pragma_index_list('t')"), "pk\nu");
  CHECK_EQ(s.rows("BEGIN; SELECT count(*) FROM t; PRAGMA wal_checkpoint"), "0\nError: database table is locked");
}

TEST_CASE("Agreement, EachBoundOfAnIndexRangeHasItsAffinity") {
  Session s;
  s.rows(
      "CREATE TABLE l(c); INSERT INTO l VALUES(7), ('1'), (3.5); CREATE TABLE r(c TEXT); INSERT INTO r VALUES('1'), "
      "('25'), ('9')");
  const char* query = "SELECT l.c, r.c FROM l, r WHERE r.c >= l.c AND r.c <= 29 ORDER BY 1, 2";
  const std::string expected = "3.5|1\n3.5|25\n7|1\n7|25\n1|1\n1|25";
  CHECK_EQ(s.rows(query), expected);
  s.rows("CREATE INDEX i ON r(c)");
  CHECK_EQ(s.rows(query), expected);
}

TEST_CASE("Agreement, MergedColumnsBeforeAFullJoinShowOnce") {
  Session s;
  s.rows("CREATE TABLE t1(c INT); CREATE TABLE t2(c BLOB); CREATE TABLE t3(c BLOB); CREATE TABLE t4(d)");
  s.rows("INSERT INTO t1 VALUES(0); INSERT INTO t3 VALUES('0')");
  CHECK_EQ(s.rows("SELECT * FROM t1 NATURAL LEFT JOIN t2 NATURAL JOIN t3 FULL JOIN t4 ON true"), "0|");
  CHECK_EQ(s.rows("SELECT * FROM (t3 NATURAL LEFT JOIN t2 NATURAL JOIN t1) AS q FULL JOIN t4 ON true"), "0|");
}

TEST_CASE("Agreement, UsingMeansTheFirstOfSeveralColumnsInParentheses") {
  Session s;
  s.rows("CREATE TABLE t(a, b); CREATE TABLE u(a, b); INSERT INTO t VALUES(1, 2); INSERT INTO u VALUES(1, 4)");
  CHECK_EQ(s.rows("SELECT * FROM t AS m JOIN (t JOIN u USING(a)) USING(b)"), "1|2|1|4");
  CHECK_EQ(s.rows("SELECT * FROM (t JOIN u USING(a)) AS x RIGHT JOIN t AS m USING(b)"), "1|2|4|1");
  CHECK_EQ(s.rows("SELECT * FROM (t JOIN u USING(a)) RIGHT JOIN t AS m USING(b)"),
           "Error: ambiguous reference to b in USING()");
}

TEST_CASE("Agreement, TheLastPartOfACompoundDecidesTheAffinity") {
  Session s;
  s.rows("CREATE TABLE t(a INTEGER PRIMARY KEY, b BLOB); INSERT INTO t VALUES(18, '18')");
  CHECK_EQ(s.rows("SELECT b IN (SELECT 18 UNION SELECT a FROM t), b IN (SELECT a FROM t UNION SELECT 18) FROM t"),
           "1|0");
  CHECK_EQ(s.rows("SELECT b IN (VALUES (18), (a)), b IN (VALUES (a), (18)) FROM t"), "1|0");
  CHECK_EQ(s.rows("SELECT b = (VALUES (18), (a)), b = (VALUES (a), (18)) FROM t"), "1|0");
}

TEST_CASE("Agreement, AnIndexCannotBeFilledWithTheTimeOfToday") {
  Session s;
  s.rows("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 'now'), (2, '2024-01-01')");
  CHECK_EQ(s.rows("CREATE INDEX i ON t(date(b))"), "Error: non-deterministic use of date() in an index");
  CHECK_EQ(s.rows("CREATE INDEX i ON t(a) WHERE datetime(b) > 'x'"),
           "Error: non-deterministic use of datetime() in an index");
  CHECK_EQ(
      s.rows("DELETE FROM t WHERE a = 1; CREATE INDEX i ON t(date(b)); SELECT a FROM t WHERE date(b) = '2024-01-01'"),
      "2");
  CHECK_EQ(s.rows("SELECT date('now') > '2024'"), "1");
}

TEST_CASE("Agreement, NoTreeIsDroppedWhileAStatementRuns") {
  Session s;
  s.rows(
      "CREATE TABLE t(a); CREATE INDEX i ON t(a); CREATE TABLE u(a); CREATE VIEW v AS SELECT 1; INSERT INTO t "
      "VALUES(1), (2)");
  {
    Statement reader = s.connection.prepare("SELECT a FROM t").take();
    CHECK(reader.step().take());
    for (const char* sql : {"DROP TABLE t", "DROP TABLE u", "DROP INDEX i"}) {
      CHECK_EQ(s.rows(sql), "Error: database table is locked");
    }
    CHECK_EQ(s.rows("DROP VIEW v"), "");
    CHECK(reader.step().take());
    CHECK_FALSE(reader.step().take());
  }
  CHECK_EQ(s.rows("DROP INDEX i; DROP TABLE t; DROP TABLE u; SELECT name FROM sqlite_schema"), "");
}

TEST_CASE("Agreement, NothingIsAskedOfWhatIsInNothing") {
  Session s;
  s.rows("CREATE TABLE t(a, b); INSERT INTO t VALUES(1, 2), (3, 4)");
  CHECK_EQ(s.rows("SELECT nosuch IN (), (SELECT x FROM nosuch) NOT IN (), nosuch(1) IN ()"),
           "Error: no such function: nosuch");
  CHECK_EQ(s.rows("SELECT nosuch IN (), (SELECT x FROM nosuch) NOT IN ()"), "0|1");
  CHECK_EQ(s.rows("SELECT count(*) IN () FROM t; SELECT a IN () FROM t"), "0\n0\n0");
  CHECK_EQ(s.rows("CREATE VIEW v AS SELECT * FROM t WHERE a = 1 OR (b IN ()); ALTER TABLE t RENAME b TO c; SELECT sql "
                  "FROM sqlite_schema WHERE name = 'v'"),
           "CREATE VIEW v AS SELECT * FROM t WHERE a = 1 OR (b IN ())");
  CHECK_EQ(s.rows("CREATE TABLE u(a CHECK(nosuch IN () IS FALSE)); INSERT INTO u VALUES(1); SELECT * FROM u"), "1");
}

TEST_CASE("Agreement, BlobsUsedAsTextsHaveTheEncodingOfTheDatabase") {
  for (const bool little : {true, false}) {
    CAPTURE(little);
    Session s;
    s.rows(little ? "PRAGMA encoding='UTF-16le'" : "PRAGMA encoding='UTF-16be'");
    // 'ab' and 'a%' as the file holds them.
    const std::string ab = little ? "x'61006200'" : "x'00610062'";
    const std::string pattern = little ? "x'61002500'" : "x'00610025'";
    s.rows("CREATE TABLE t(a, b); INSERT INTO t VALUES(" + ab + ", 'c')");
    CHECK_EQ(s.rows("SELECT a || b, b || a, upper(a), printf('%s', a), trim(a, 'a'), replace(b, 'c', a) FROM t"),
             "abc|cab|AB|ab|b|ab");
    CHECK_EQ(s.rows("SELECT a LIKE 'ab', 'abc' LIKE " + pattern + ", instr('cab', a), concat(a, 'c') FROM t"),
             "1|1|2|abc");
    CHECK_EQ(s.rows("SELECT b FROM t WHERE CAST(a AS TEXT) LIKE CAST(" + pattern + " AS TEXT) AND " + ab +
                    " || 'c' = 'abc'"),
             "c");
    CHECK_EQ(s.rows("SELECT group_concat(a, ',') FROM (SELECT a FROM t UNION ALL SELECT a FROM t)"), "ab,ab");
    // As blobs they stay what they are.
    CHECK_EQ(s.rows("SELECT hex(a), length(a), instr(a, substr(a, 2, 1)), typeof(a) FROM t"),
             little ? "61006200|4|2|blob" : "00610062|4|2|blob");
  }
}

}  // namespace sqlrite::test
