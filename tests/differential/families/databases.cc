// Attached and temporary databases, and statements across them.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) {
  g.add("database", {"main", "temp", "aux0", "aux1"});
  g.add("attached", {"aux0", "aux0", "aux1"});
}

}  // namespace

Family database_family() {
  return {"databases",
          add_rules,
          {"ATTACH ':memory:' AS aux0",
           "ATTACH ':memory:' AS aux0",
           "ATTACH ':memory:' AS aux1",
           "ATTACH DATABASE '' AS @database",
           "DETACH @attached",
           "CREATE TABLE @attached.t0(a INTEGER PRIMARY KEY, b, c TEXT)",
           "CREATE TABLE IF NOT EXISTS @attached.t1(a TEXT, b INT UNIQUE)",
           "CREATE TEMP TABLE s1(a INTEGER PRIMARY KEY, b)",
           "INSERT INTO @database.t0(a, b) VALUES (@n, @literal)",
           "INSERT OR REPLACE INTO @attached.t0 SELECT rowid, @literal, 'x' FROM main.t0",
           "UPDATE @database.t0 SET b = (SELECT max(b) FROM @attached.t0) WHERE a < 5",
           "DELETE FROM @attached.t0 WHERE a IN (SELECT a FROM main.t0)",
           "SELECT count(*) FROM @database.t0 AS x JOIN @attached.t0 AS y ON x.a = y.a",
           "SELECT * FROM @database.t0",
           "SELECT t0.* FROM t0",
           "SELECT main.t0.a, aux0.t0.a FROM main.t0 JOIN aux0.t0 ON main.t0.a = aux0.t0.a",
           "SELECT name, type, sql FROM @database.sqlite_schema ORDER BY name, type",
           "SELECT name FROM sqlite_temp_schema ORDER BY name",
           "CREATE INDEX @attached.ia ON t0(b)",
           "CREATE VIEW @database.vx AS SELECT a FROM t0",
           "CREATE TEMP VIEW vt AS SELECT a, b FROM @attached.t0",
           "SELECT * FROM vt",
           "SELECT * FROM @database.vx",
           "DROP TABLE @attached.t1",
           "DROP VIEW IF EXISTS @database.vx",
           "PRAGMA @database.table_info(t0)",
           "PRAGMA @database.index_list(t0)",
           "ANALYZE @attached",
           "REINDEX @attached.t0",
           "VACUUM @attached",
           "INSERT INTO @attached.t0(b) SELECT name FROM pragma_table_info('t0')"}};
}

}  // namespace sqlrite::differential
