// Changes that read other tables or the one they change: INSERT ... SELECT from itself, SET of row values and
// sub-queries, DELETE by sub-queries, UPDATE FROM joins, RETURNING with sub-queries.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) {
  // Whether the least integer as a REAL may be a rowid depends on the version of SQLite.
  g.add("key", {"typeof(a) <> 'real'"});
  g.add("chosen", {"@this IN (SELECT @r_col FROM @second AS r WHERE @r_cond)",
                   "EXISTS (SELECT 1 FROM @second AS r WHERE @r_col = @name.@this)",
                   "@col = (SELECT max(@r_col) FROM @second AS r)", "@col > (SELECT min(@col) FROM @table)",
                   "@this NOT IN (SELECT @this FROM @table WHERE @cond)", "rowid % 3 = 1", "@cond AND @cond",
                   "(@col, @col) IN (SELECT @r_col, @r_col FROM @second AS r)",
                   "@col IN (SELECT @col FROM @table WHERE @cond)", "NOT @cond"});
  g.add("value",
        {"(SELECT max(@r_col) FROM @second AS r)", "(SELECT count(*) FROM @second AS r WHERE @r_col = @name.@this)",
         "(SELECT count(*) FROM @table)", "(SELECT count(*) FROM @table AS l WHERE l.@this > @name.@this)", "@expr",
         "CASE WHEN @cond THEN @value_col ELSE @literal END"});
  g.add("returning",
        {"", "", " RETURNING *", " RETURNING @this, (SELECT max(name) FROM sqlite_schema WHERE name <> @name.@this)",
         " RETURNING @expr AS x, typeof(@col)", " RETURNING @col IN (1, 2, 3), rowid > 0"});
  g.add("or", {"", "", "", "OR IGNORE ", "OR REPLACE ", "OR ABORT ", "OR ROLLBACK "});
}

}  // namespace

Family rewrite_family() {
  return {
      "rewrites",
      add_rules,
      {"UPDATE @table SET @value_col = @value WHERE @chosen@returning",
       "UPDATE @table SET @value_col = @value@returning",
       "UPDATE @table SET (@value_col) = (SELECT max(@r_col) FROM @second AS r)@returning",
       "UPDATE @table SET (@value_col, @value_col) = (@literal, @literal) WHERE @chosen",
       "UPDATE @table SET (b, c) = (SELECT r.a, r.b FROM @second AS r ORDER BY 1, 2 LIMIT 1) WHERE @chosen@returning",
       "UPDATE @table SET (b, c) = (SELECT max(r.b), count(*) FROM @second AS r WHERE r.a = @name.a)@returning",
       "UPDATE @table SET @value_col = r.b FROM (SELECT a, max(b) AS b FROM @second GROUP BY a) AS r WHERE r.a = "
       "@name.@this@returning",
       "UPDATE @table SET @value_col = r.n FROM (SELECT count(*) AS n FROM @second) AS r LEFT JOIN (SELECT max(a) AS z "
       "FROM @third) AS m ON m.z = r.n@returning",
       "UPDATE @table AS l SET @value_col = @l_expr WHERE EXISTS (SELECT 1 FROM @second AS r WHERE @lr_cond)",
       "DELETE FROM @table WHERE @chosen AND @cond@returning",
       "DELETE FROM @table AS l WHERE EXISTS (SELECT 1 FROM @second AS r WHERE @lr_cond AND @l_cond)",
       "DELETE FROM @table WHERE @this = (SELECT max(@this) FROM @table)@returning",
       "DELETE FROM @table WHERE rowid IN (SELECT rowid FROM @table ORDER BY rowid LIMIT 2)",
       "INSERT INTO @table(@value_col) SELECT @value_col FROM @table WHERE @cond ORDER BY 1 LIMIT 3",
       "INSERT INTO @table SELECT * FROM @table WHERE @cond",
       "INSERT OR IGNORE INTO @table SELECT * FROM @table",
       "INSERT OR IGNORE INTO @table(@this) SELECT @this FROM @second WHERE typeof(@this) <> 'real' AND @cond ORDER BY "
       "@this LIMIT 4",
       "INSERT INTO @table(a, b) SELECT a, b FROM @second AS r WHERE @key AND @r_cond ORDER BY a, b LIMIT 3",
       "INSERT INTO @table(a, b) SELECT max(a) + 1, count(*) FROM @table",
       "INSERT INTO @table(a, b) SELECT a, count(*) FROM @second WHERE @key GROUP BY a ORDER BY 1 LIMIT 4 ON CONFLICT "
       "DO "
       "NOTHING",
       "INSERT INTO @table(a, b) VALUES (@n, (SELECT count(*) FROM @table)), (@n + 50, (SELECT max(b) FROM "
       "@second))@returning",
       "INSERT INTO @table(a, b) VALUES (@n, NULL) ON CONFLICT(a) DO UPDATE SET b = (SELECT count(*) FROM @second "
       "AS r WHERE r.a = excluded.a)@returning",
       "INSERT INTO @table(a, b) VALUES (@n, NULL) ON CONFLICT(a) DO UPDATE SET (b) = (SELECT max(r.b) FROM "
       "@second AS r) WHERE @name.a > @n@returning",
       "REPLACE INTO @table(a, b) SELECT a, b FROM @table WHERE @cond ORDER BY a LIMIT 3",
       "WITH w(x, y) AS (SELECT a, count(*) FROM @second GROUP BY a) UPDATE @table SET @value_col = (SELECT y FROM w "
       "WHERE x = @name.@this) WHERE @this IN (SELECT x FROM w)",
       "WITH w(x) AS (SELECT a FROM @second WHERE @cond) DELETE FROM @table WHERE @this IN w AND @cond",
       "WITH w(x, y) AS (VALUES (@n, @literal), (@n + 20, @literal)) INSERT @orINTO @table(a, b) SELECT x, y FROM w "
       "ORDER BY 1"}};
}

}  // namespace sqlrite::differential
