// Sub-queries, correlated and not, in every clause; aggregates of the outer query inside; compound selects as
// sub-queries; row values.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) {
  g.add(
      "scalar",
      {"(SELECT max(@r_col) FROM @second AS r)", "(SELECT count(*) FROM @second AS r WHERE @lr_cond)",
       "(SELECT min(@r_expr) FROM @second AS r WHERE @r_col = @l_col)",
       "(SELECT @r_col FROM @second AS r WHERE @r_col = @l_col ORDER BY @r_col, 1 LIMIT 1)",
       "(SELECT sum((@r_col) % 100) FROM @second AS r WHERE @r_col > @l_col)",
       "(SELECT count(*) FROM @second AS r, @third AS m WHERE @r_col = @m_col AND @lm_cond)",
       "(SELECT @lr_expr AS x FROM @second AS r ORDER BY x LIMIT 1 OFFSET @n)", "(SELECT @l_col)",
       "(SELECT max(x) FROM (SELECT @r_col AS x FROM @second AS r WHERE @lr_cond))",
       "(SELECT max(x) FROM (SELECT @r_col AS x FROM @second AS r UNION SELECT @l_col))",
       "(SELECT count(*) FROM (SELECT @r_col FROM @second AS r EXCEPT SELECT @m_col FROM @third AS m WHERE @lm_cond))",
       "(SELECT (SELECT count(*) FROM @third AS m WHERE @lrm_cond) FROM @second AS r ORDER BY 1 LIMIT 1)",
       "(SELECT group_concat(x, '/') FROM (SELECT quote(@r_col) AS x FROM @second AS r WHERE @lr_cond ORDER BY 1))",
       "(SELECT count(*) FROM @second AS r GROUP BY @l_col)",
       "(SELECT total(1) FROM @second AS r HAVING count(*) > @n)",
       "(WITH w AS (SELECT @r_col AS x FROM @second AS r WHERE @lr_cond) SELECT max(x) FROM w)",
       "(WITH RECURSIVE w(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM w WHERE x < @n) SELECT count(*) FROM w WHERE x > "
       "@l_col)",
       "(VALUES (@l_col))"});
  g.add("test", {"@l_col IN (SELECT @r_col FROM @second AS r)",
                 "@l_col NOT IN (SELECT @r_col FROM @second AS r WHERE @r_cond)",
                 "@l_expr IN (SELECT @r_expr FROM @second AS r WHERE @lr_cond)",
                 "EXISTS (SELECT 1 FROM @second AS r WHERE @r_col = @l_col)",
                 "NOT EXISTS (SELECT * FROM @second AS r WHERE @lr_cond)",
                 "EXISTS (SELECT 1 FROM @second AS r WHERE @r_col = @l_col AND EXISTS (SELECT 1 FROM @third AS m WHERE "
                 "@lrm_cond))",
                 "@l_col = @scalar",
                 "@scalar > @literal",
                 "@l_col < @scalar",
                 "@scalar IS NULL",
                 "@scalar",
                 "(@l_col, @l_col) IN (SELECT @r_col, @r_col FROM @second AS r WHERE @lr_cond)",
                 "(@l_col, @l_col) = (SELECT @r_col, @r_expr FROM @second AS r WHERE @lr_cond ORDER BY 1, 2 LIMIT 1)",
                 "(@l_col, @l_col) < (SELECT @r_col, @r_col FROM @second AS r ORDER BY 1, 2 LIMIT 1)",
                 "(@l_col, 1, @l_col) IS NOT (@l_col, @l_col, @literal)",
                 "(@l_col, @l_col) >= (@literal, @literal)",
                 "(@l_col, @l_col) BETWEEN (@literal, @literal) AND (@l_col, @literal)",
                 "(@l_col, @l_col) IN (VALUES (@literal, @literal), (@l_col, @literal))",
                 "@l_col IN (SELECT @r_col FROM @second AS r UNION ALL SELECT @m_col FROM @third AS m WHERE @lm_cond)",
                 "@l_col IN (SELECT @r_col FROM @second AS r INTERSECT SELECT @m_col FROM @third AS m)",
                 "@l_col IN @second",
                 "@l_col IN (SELECT @r_col FROM @second AS r ORDER BY 1, @r_col LIMIT @n)",
                 "@l_col BETWEEN @scalar AND @scalar",
                 "CASE WHEN @l_cond THEN @scalar ELSE @l_col END = @l_col"});
  g.add("aggregate", {"count(*)", "max(@l_col)", "min(@l_expr)", "sum((@l_col) % 100)", "count(DISTINCT @l_col)",
                      "sum(@test)", "max(@scalar)", "count(*) FILTER (WHERE @test)"});
  g.add("operator", {"UNION", "UNION ALL", "INTERSECT", "EXCEPT"});
  // Without affinity: which part of a compound gives its columns theirs is not promised.
  g.add("side", {"SELECT +@l_col AS x, +@l_col AS y FROM @table AS l",
                 "SELECT +@r_col, +@r_expr FROM @second AS r WHERE @r_cond", "SELECT +@m_col, +@m_col FROM @third AS m",
                 "VALUES (1, 'a'), (@literal, @literal)",
                 "SELECT +@lr_col, count(*) FROM @table AS l JOIN @second AS r ON @l_col = @r_col GROUP BY 1",
                 "SELECT DISTINCT +@l_col, +@l_expr FROM @table AS l WHERE @l_cond"});
  g.add("compound",
        {"SELECT +@l_expr AS x, +@l_col AS y FROM @table AS l @operator @side",
         "SELECT +@l_expr AS x, +@l_col AS y FROM @table AS l WHERE @l_cond @operator @side @operator @side",
         "SELECT +@l_col COLLATE NOCASE AS x, +@l_col AS y FROM @table AS l @operator @side"});
  g.add("limit",
        {"", "", " LIMIT @n", " LIMIT -1 OFFSET @n", " LIMIT @n OFFSET @n", " LIMIT (SELECT count(*) / 2 FROM @second)",
         " LIMIT @n + 1 OFFSET (SELECT 1)", " LIMIT '3'", " LIMIT @n, @n", " LIMIT 2.0", " LIMIT 0"});
  g.add("where", {"", " WHERE @test", " WHERE @l_cond AND @test", " WHERE @test OR @test", " WHERE NOT (@test)"});
}

}  // namespace

Family subquery_family() {
  return {
      "subqueries",
      add_rules,
      {"SELECT * FROM @table AS l WHERE @test",
       "SELECT * FROM @table AS l WHERE @test AND @test",
       "SELECT @l_col, @scalar FROM @table AS l@where",
       "SELECT @scalar, @scalar FROM @table AS l@where",
       "SELECT @test, @test FROM @table AS l",
       "SELECT quote(@l_col), @scalar AS s FROM @table AS l@where ORDER BY s, 1@limit",
       "SELECT quote(@l_col) AS q FROM @table AS l@where ORDER BY @scalar, q@limit",
       "SELECT @aggregate, @aggregate FROM @table AS l@where",
       "SELECT typeof(@l_col) AS t, @aggregate FROM @table AS l@where GROUP BY t",
       "SELECT @scalar AS s, count(*) FROM @table AS l GROUP BY s",
       "SELECT typeof(@l_col) AS t, @aggregate FROM @table AS l GROUP BY t HAVING @aggregate >= @n",
       "SELECT a, count(*) FROM @table AS l GROUP BY a HAVING count(*) >= (SELECT count(*) FROM @second AS r WHERE r.a "
       "= l.a)",
       "SELECT a, (SELECT count(*) FROM @second AS r WHERE r.a = l.a AND r.b > max(l.b)) FROM @table AS l GROUP BY a",
       "SELECT (SELECT count(l.a) FROM @second AS r) FROM @table AS l",
       "SELECT (SELECT count(l.a + r.a) FROM @second AS r) FROM @table AS l",
       "SELECT (SELECT max(l.a) || min(r.a) FROM @second AS r) FROM @table AS l",
       "SELECT max((SELECT count(*) FROM @second AS r WHERE @lr_cond)) FROM @table AS l",
       "SELECT DISTINCT @scalar FROM @table AS l@where",
       "SELECT * FROM @table AS l JOIN @second AS r ON @l_col = @r_col WHERE @test",
       "SELECT @l_col, @r_col FROM @table AS l LEFT JOIN @second AS r ON @l_col = @r_col AND @test",
       "SELECT * FROM (SELECT @l_col AS x, @scalar AS y FROM @table AS l) WHERE y > @literal OR x IS y",
       "SELECT x, count(*) FROM (SELECT @scalar AS x FROM @table AS l@where) GROUP BY x",
       "@compound",
       "@compound ORDER BY 1, 2@limit",
       "@compound ORDER BY x, y@limit",
       "@compound ORDER BY y DESC, x DESC@limit",
       "@compound ORDER BY x COLLATE NOCASE, quote(x), y",
       "@compound ORDER BY 2 DESC NULLS LAST, 1 NULLS LAST@limit",
       "SELECT * FROM (@compound) WHERE x = @literal",
       "SELECT * FROM (@compound) WHERE y > @literal AND x IS NOT NULL",
       "SELECT y, count(*) FROM (@compound) GROUP BY y",
       "SELECT x FROM (@compound) ORDER BY x, y@limit",
       "SELECT count(*), max(x) FROM (@compound)",
       "SELECT * FROM (@compound) AS c JOIN @third AS m ON c.x = @m_col",
       "SELECT * FROM @third AS m LEFT JOIN (@compound) AS c ON c.y = @m_col WHERE @m_cond",
       "SELECT (@n, @literal) = (SELECT * FROM (@compound) ORDER BY 1, 2 LIMIT 1)",
       "WITH c AS (@compound) SELECT * FROM c AS p JOIN c AS q ON p.x = q.y",
       "WITH c AS (@compound) SELECT x FROM c WHERE y IN (SELECT x FROM c)",
       "SELECT @l_col FROM @table AS l ORDER BY 1@limit",
       "SELECT quote(@l_col), quote(@l_col) FROM @table AS l@where ORDER BY 2, 1@limit"}};
}

}  // namespace sqlrite::differential
