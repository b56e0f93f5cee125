// CREATE, DROP and ALTER: what the schema table keeps, what is refused and with which words.
#include "session.h"

namespace sqlrite::test {

TEST_CASE("SchemaChange, StoredTextIsTheUsersText") {
  Session s;
  s.rows(
      "CREATE  TEMP   TABLE tt ( a , b ) ; create table  main.\"t 1\" (  a int /* c */ , b ); create unique index "
      "main.i on \"t 1\" ( a )");
  CHECK_EQ(s.rows("SELECT sql FROM sqlite_schema"),
           "CREATE TABLE \"t 1\" (  a int /* c */ , b )\nCREATE UNIQUE INDEX i on \"t 1\" ( a )");
  CHECK_EQ(s.rows("SELECT sql FROM sqlite_temp_schema"), "CREATE TABLE tt ( a , b )");
}

TEST_CASE("SchemaChange, IndexOnExistingRowsIsFilledAndChecked") {
  Session s;
  s.rows("CREATE TABLE t(a, b); INSERT INTO t VALUES(3,'c'),(1,'a'),(2,NULL),(NULL,'x'),(NULL,'y')");
  CHECK_EQ(s.rows("CREATE UNIQUE INDEX u ON t(a); SELECT b FROM t WHERE a = 3; PRAGMA integrity_check"), "c\nok");
  s.rows("DROP INDEX u; INSERT INTO t VALUES(3,'d')");
  CHECK_EQ(s.rows("CREATE UNIQUE INDEX u ON t(a)"), "Error: UNIQUE constraint failed: t.a");
  CHECK_EQ(s.rows("SELECT count(*) FROM sqlite_schema WHERE type = 'index'"), "0");
  CHECK_EQ(s.rows("CREATE INDEX e ON t(lower(b), a DESC) WHERE b IS NOT NULL; PRAGMA integrity_check"), "ok");
}

TEST_CASE("SchemaChange, RenameFollowsReferences") {
  Session s;
  s.rows(
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b CHECK(b > 0)); CREATE INDEX i ON t(b) WHERE t.b < 9; CREATE VIEW v AS "
      "SELECT t.a, x.b FROM t JOIN t AS x ON t.a = x.a");
  s.rows("CREATE TABLE child(r REFERENCES t(a)); INSERT INTO t VALUES(1, 2)");
  CHECK_EQ(s.rows("ALTER TABLE t RENAME TO t2; SELECT * FROM v"), "1|2");
  CHECK_EQ(s.rows("SELECT sql FROM sqlite_schema WHERE name = 'child'"), "CREATE TABLE child(r REFERENCES \"t2\"(a))");
  CHECK_EQ(
      s.rows("ALTER TABLE t2 RENAME b TO bb; SELECT * FROM v; SELECT sql FROM sqlite_schema WHERE name IN ('t2', 'i')"),
      "1|2\nCREATE TABLE \"t2\"(a INTEGER PRIMARY KEY, bb CHECK(bb > 0))\nCREATE INDEX i ON \"t2\"(bb) WHERE \"t2\".bb "
      "< 9");
}

TEST_CASE("SchemaChange, AddAndDropColumn") {
  Session s;
  s.rows("CREATE TABLE t(a INTEGER PRIMARY KEY, b, CHECK(b IS NOT 5)); INSERT INTO t VALUES(1, 'x')");
  CHECK_EQ(s.rows("ALTER TABLE t ADD COLUMN c REAL DEFAULT 3; SELECT * FROM t"), "1|x|3.0");
  CHECK_EQ(s.rows("SELECT sql FROM sqlite_schema"),
           "CREATE TABLE t(a INTEGER PRIMARY KEY, b, c REAL DEFAULT 3, CHECK(b IS NOT 5))");
  CHECK_EQ(s.rows("ALTER TABLE t ADD d NOT NULL"), "Error: Cannot add a NOT NULL column with default value NULL");
  CHECK_EQ(s.rows("ALTER TABLE t ADD d UNIQUE"), "Error: Cannot add a UNIQUE column");
  CHECK_EQ(s.rows("ALTER TABLE t DROP COLUMN a"), "Error: cannot drop PRIMARY KEY column: \"a\"");
  CHECK_EQ(s.rows("ALTER TABLE t DROP COLUMN c; SELECT * FROM t; PRAGMA integrity_check"), "1|x\nok");
}

TEST_CASE("SchemaChange, WhatCannotBeWrittenIsRefused") {
  Session s;
  s.rows("CREATE TABLE t(a); CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; END");
  CHECK_EQ(s.rows("INSERT INTO t VALUES(1)"),
           "Error: cannot write to table t: it has a trigger, and triggers cannot be run in this version");
  CHECK_EQ(s.rows("DELETE FROM t; SELECT count(*) FROM t"), "0");
  CHECK_EQ(s.rows("DROP TRIGGER tr; INSERT INTO t VALUES(1); SELECT * FROM t"), "1");
  s.rows("CREATE TABLE p(a PRIMARY KEY); CREATE TABLE c(a REFERENCES p)");
  CHECK_EQ(s.rows("INSERT INTO c VALUES(1); PRAGMA foreign_key_check"), "c|1|p|0");
  CHECK_EQ(s.rows("PRAGMA foreign_keys = on; INSERT INTO c VALUES(1)"),
           "Error: cannot write to table c: it has foreign keys, which cannot be enforced in this version");
}

TEST_CASE("SchemaChange, IndexesAndTriggersWithoutSchemaAreNotForAttachedTables") {
  Session s;
  s.rows("ATTACH ':memory:' AS aux0; CREATE TABLE aux0.t(a); CREATE TEMP TABLE u(a)");
  CHECK_EQ(s.rows("CREATE INDEX i ON t(a)"), "Error: no such table: main.t");
  CHECK_EQ(s.rows("CREATE INDEX aux0.i ON t(a); CREATE INDEX IF NOT EXISTS i ON t(a)"), "Error: no such table: main.t");
  CHECK_EQ(s.rows("CREATE INDEX j ON u(a); SELECT name FROM aux0.sqlite_schema WHERE type = 'index'"), "i");
  CHECK_EQ(s.rows("SELECT name FROM sqlite_temp_schema WHERE type = 'index'"), "j");
  const std::string body = " AFTER INSERT ON t BEGIN SELECT 1; END";
  CHECK_EQ(s.rows("CREATE TRIGGER x" + body), "Error: no such table: main.t");
  CHECK_EQ(s.rows("CREATE TEMP TRIGGER y" + body + "; CREATE TRIGGER aux0.z" + body), "");
  CHECK_EQ(s.rows("SELECT name FROM aux0.sqlite_schema WHERE type = 'trigger'"), "z");
}

TEST_CASE("SchemaChange, CreateTableAsSelect") {
  Session s;
  CHECK_EQ(
      s.rows("CREATE TABLE t AS SELECT 1 AS a, 'x' AS b, 2.5 AS c; SELECT * FROM t; SELECT sql FROM sqlite_schema"),
      "1|x|2.5\nCREATE TABLE t(a,b,c)");
  CHECK_EQ(s.rows("CREATE TABLE u AS SELECT missing"), "Error: no such column: missing");
  CHECK_EQ(s.rows("SELECT count(*) FROM sqlite_schema"), "1");
}

TEST_CASE("SchemaChange, VacuumKeepsEverything") {
  Session s;
  s.rows(
      "CREATE TABLE t(a INTEGER PRIMARY KEY, b); CREATE INDEX i ON t(b); CREATE TABLE w(k PRIMARY KEY, v) WITHOUT "
      "ROWID; PRAGMA user_version = 12");
  s.rows(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT i, "
      "hex(randomblob(40)) FROM n");
  s.rows("INSERT INTO w SELECT a, b FROM t; DELETE FROM t WHERE a % 3");
  std::string before = s.rows("SELECT count(*), sum(length(b)) FROM t; SELECT count(*), sum(length(v)) FROM w");
  CHECK_EQ(s.rows("VACUUM; PRAGMA integrity_check; PRAGMA freelist_count; PRAGMA user_version"), "ok\n0\n12");
  CHECK_EQ(s.rows("SELECT count(*), sum(length(b)) FROM t; SELECT count(*), sum(length(v)) FROM w"), before);
  CHECK_EQ(s.rows("BEGIN; VACUUM"), "Error: cannot VACUUM from within a transaction");
}

}  // namespace sqlrite::test
