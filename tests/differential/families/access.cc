// Access paths: partial and expression indexes, INDEXED BY, several terms on one index, OR, ORDER BY and min/max by
// index, DESC, conditions hidden from indexes; the answer must not depend on the path.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) {
  g.add("order", {"", " DESC", " COLLATE NOCASE", " COLLATE RTRIM DESC"});
  g.add("field",
        {"@col@order", "@col@order", "lower(@col)@order", "@col + 1", "length(@col)", "@col || 'x'", "quote(@col)",
         "@col IS NULL", "CAST(@col AS TEXT)@order", "coalesce(@col, 0)", "typeof(@col)", "substr(@col, 1, 1)"});
  g.add("partial",
        {"", "", " WHERE @col IS NOT NULL", " WHERE @col > 5", " WHERE @col = 3", " WHERE @col < 10 OR @col = 'a'",
         " WHERE typeof(@col) = 'integer'", " WHERE @col > 0 AND @col IS NOT NULL", " WHERE @col IN (1, 2, 3)",
         " WHERE @col <> ''", " WHERE length(@col) = 1"});
  g.add("bound", {"@literal", "@literal", "@n", "(SELECT max(@r_col) FROM @second AS r)", "'a'", "NULL", "@n + 0.5"});
  g.add("term", {"@col = @bound",
                 "@col > @bound",
                 "@col <= @bound",
                 "@col BETWEEN @bound AND @bound",
                 "@col IN (@bound, @bound, @bound)",
                 "@col IS NULL",
                 "@col IS NOT NULL",
                 "@col IS @bound",
                 "lower(@col) = 'a'",
                 "@col + 1 = @bound",
                 "length(@col) = 1",
                 "length(@col) > @n",
                 "@col || 'x' = 'ax'",
                 "quote(@col) > '2'",
                 "(@col IS NULL) = 1",
                 "coalesce(@col, 0) = @bound",
                 "typeof(@col) = 'text'",
                 "substr(@col, 1, 1) = 'a'",
                 "@col > 5",
                 "@col = 3",
                 "@col LIKE 'a%'",
                 "@col GLOB 'a*'",
                 "+@col = @bound",
                 "@col = @bound COLLATE NOCASE",
                 "likely(@col > @bound)",
                 "unlikely(@col = @bound)",
                 "@col IN (SELECT @r_col FROM @second AS r)",
                 "@col IN (1, 2, 3)",
                 "@col <> ''",
                 "@bound < @col",
                 "CAST(@col AS TEXT) >= 'a'",
                 "(@col, @col) > (@bound, @bound)",
                 "(@col, @col) = (@bound, @bound)",
                 "rowid = @n",
                 "rowid > @n",
                 "rowid IN (1, 2, @n)",
                 "@col = @col",
                 "@col NOT IN (@bound, @bound)",
                 "NOT (@col > @bound)"});
  g.add("where",
        {"@term", "@term AND @term", "@term AND @term AND @term", "@term OR @term", "(@term OR @term) AND @term",
         "@term AND NOT (@term)", "(@term AND @term) OR (@term AND @term) OR @term"});
  g.add("hint", {"", "", "", " NOT INDEXED"});
}

}  // namespace

Family access_family() {
  return {"access",
          add_rules,
          {"CREATE INDEX IF NOT EXISTS x@n ON @name(@field)@partial",
           "CREATE INDEX IF NOT EXISTS x@n ON @name(@field, @field)@partial",
           "CREATE INDEX IF NOT EXISTS x@n ON @name(@field, @field, @field)",
           "DROP INDEX IF EXISTS x@n",
           "SELECT * FROM @table@hint WHERE @where",
           "SELECT * FROM @table WHERE @where",
           "SELECT count(*) FROM @table WHERE @where",
           "SELECT count(*), min(@col), max(@col) FROM @table WHERE @where",
           "SELECT min(@col) FROM @table WHERE @where",
           "SELECT max(@col) FROM @table@hint",
           "SELECT max(@col) FROM @table WHERE @where",
           "SELECT @this, @col FROM @table WHERE @where ORDER BY 2, 1",
           "SELECT quote(@col) AS q, quote(@col) AS z FROM @table WHERE @where ORDER BY q DESC, z LIMIT @n",
           "SELECT @col, count(*) FROM @table WHERE @where GROUP BY 1",
           "SELECT DISTINCT @col FROM @table WHERE @where",
           "SELECT count(DISTINCT @col) FROM @table WHERE @where",
           "SELECT lower(@col), length(@col) FROM @table WHERE @where",
           "SELECT l.*, r.* FROM @table AS l JOIN @second AS r ON @l_col = @r_col AND @r_cond WHERE @l_cond",
           "SELECT count(*) FROM @table AS l LEFT JOIN @second AS r ON lower(@r_col) = @l_col",
           "SELECT count(*) FROM @table AS l JOIN @second AS r ON length(@r_col) = @l_col AND @r_col > 5",
           "SELECT l.rowid, r.rowid FROM @table AS l LEFT JOIN @second AS r ON @r_col = @l_col AND @r_col IS NOT NULL",
           "SELECT * FROM @table INDEXED BY x@n WHERE @where",
           "DELETE FROM @table WHERE @where AND @term AND @term",
           "UPDATE @table SET @value_col = @literal WHERE @where AND @term",
           "INSERT INTO @table(a, b) VALUES (@n + 40, @literal)",
           "ANALYZE",
           "PRAGMA integrity_check"}};
}

}  // namespace sqlrite::differential
