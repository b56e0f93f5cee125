// Joins of two and three tables: USING and NATURAL through outer joins, joins in parentheses, conditions in ON and
// WHERE, derived tables on either side.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) {
  g.add("kind", {"JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "INNER JOIN", "LEFT OUTER JOIN", "FULL OUTER JOIN"});
  g.add("half", {"JOIN", "LEFT JOIN", "RIGHT JOIN", "CROSS JOIN"});
  g.add("using", {"USING (a)", "USING (a)", "USING (b)", "USING (a, b)", "USING (b, a)", "USING (c)"});
  g.add("derived",
        {"(SELECT * FROM @second AS r WHERE @r_cond)", "(SELECT DISTINCT a, b FROM @second)",
         "(SELECT a, count(*) AS b FROM @second GROUP BY a)", "(SELECT max(a) AS a, min(b) AS b FROM @second)",
         "(SELECT +a AS a, +b AS b FROM @second UNION SELECT +a, +b FROM @third)",
         "(SELECT 7 AS a, b FROM @second AS r WHERE @r_cond)", "(VALUES (1, 2), ('a', NULL), (@n, @n))",
         "(SELECT l.a, r.b FROM @second AS l @kind @third AS r USING (a))",
         "(SELECT a, coalesce(b, 'none') AS b FROM @second ORDER BY 1, 2 LIMIT @n)"});
  g.add("on", {"ON @lr_cond", "ON @l_col = @r_col", "ON @l_col = @r_col AND @r_cond", "ON @l_col IS @r_col",
               "ON @l_expr = @r_col", "ON @l_cond", "ON @r_cond", "ON @l_col = @r_col OR @lr_cond",
               "ON @l_col < @r_col AND @lr_cond", "ON @l_col = @r_col COLLATE NOCASE", "ON true", "ON NULL",
               "ON EXISTS (SELECT 1 FROM @third AS m WHERE @lrm_cond)",
               "ON @l_col IN (SELECT @m_col FROM @third AS m WHERE @rm_cond)"});
  g.add("on_third", {"ON @lrm_cond", "ON @r_col = @m_col", "ON @l_col = @m_col AND @rm_cond", "ON @m_cond",
                     "ON @l_col = @m_col AND @r_col IS @m_col", "ON @r_col BETWEEN @l_col AND @m_col"});
  g.add("from_two", {"@table AS l @kind @second AS r @on", "@table AS l @kind @second AS r @on",
                     "@table AS l, @second AS r", "@table AS l CROSS JOIN @second AS r"});
  g.add("from_three",
        {"@table AS l @kind @second AS r @on @kind @third AS m @on_third",
         "@table AS l @kind (@second AS r @kind @third AS m ON @rm_cond) @on_third",
         "(@table AS l @kind @second AS r @on) @kind @third AS m @on_third",
         "@table AS l, @second AS r @kind @third AS m ON @rm_cond", "@table AS l @kind @second AS r @on, @third AS m"});
  g.add("from_using", {"@table AS l @kind @second AS r @using", "@table AS l NATURAL @kind @second AS r",
                       "@table AS l @kind @second AS r USING (a) @kind @third AS m USING (a)",
                       "@table AS l NATURAL @kind @second AS r NATURAL @kind @third AS m",
                       "@table AS l @kind @second AS r USING (a) @kind @third AS m USING (b)",
                       "@table AS l @kind (@second AS r @half @third AS m USING (a)) USING (a)",
                       "@derived AS l @kind @table AS r @using", "@table AS l @kind @derived AS r @using"});
  g.add("where_two", {"", "", " WHERE @lr_cond", " WHERE @r_col IS NULL", " WHERE @l_col IS NULL OR @r_cond",
                      " WHERE @l_col = @literal AND @r_cond", " WHERE NOT @lr_cond"});
  g.add("where_three", {"", " WHERE @lrm_cond", " WHERE @m_col IS NULL", " WHERE @l_col = @m_col",
                        " WHERE @r_col IS NOT NULL AND @lm_cond", " WHERE @l_col = @n"});
  g.add("where_using", {"", "", " WHERE a = @literal", " WHERE a IS NULL", " WHERE b > @literal", " WHERE l.a IS NULL",
                        " WHERE r.a IS NOT l.a", " WHERE a IN (1, 2)", " WHERE coalesce(a, 7) = 7"});
}

}  // namespace

Family join_family() {
  return {"joins",
          add_rules,
          {"SELECT * FROM @from_two@where_two",
           "SELECT l.*, @r_expr FROM @from_two@where_two",
           "SELECT @lr_expr, @lr_expr FROM @from_two@where_two",
           "SELECT count(*), count(@l_col), count(@r_col) FROM @from_two@where_two",
           "SELECT typeof(@l_col), count(*), max(@r_col) FROM @from_two@where_two GROUP BY 1",
           "SELECT DISTINCT @l_col, @r_col FROM @from_two@where_two",
           "SELECT @lr_expr, @lr_expr FROM @from_two@where_two ORDER BY 1, 2",
           "SELECT @lr_expr AS x, @lr_expr AS y FROM @from_two@where_two ORDER BY y DESC, x LIMIT @n",
           "SELECT @lrm_expr, @lrm_expr FROM @from_three@where_three",
           "SELECT count(*), count(@l_col), count(@r_col), count(@m_col) FROM @from_three@where_three",
           "SELECT @l_col, @r_col, @m_col FROM @from_three@where_three ORDER BY 1, 2, 3 LIMIT @n",
           "SELECT * FROM @from_using@where_using",
           "SELECT a, l.a, r.a FROM @from_using@where_using",
           "SELECT a, b FROM @from_using@where_using",
           "SELECT a, count(*) FROM @from_using@where_using GROUP BY a",
           "SELECT * FROM (SELECT * FROM @from_using@where_using)@where_using",
           "SELECT count(*), count(a), count(l.a), count(r.a) FROM @from_using@where_using",
           "SELECT a FROM @from_using@where_using ORDER BY a, 1 LIMIT @n",
           "SELECT * FROM @table AS l @kind @derived AS r ON l.a = r.a",
           "SELECT l.a, r.* FROM @table AS l @kind @derived AS r ON @l_col = r.a WHERE @l_cond",
           "SELECT * FROM @derived AS r @kind @table AS l ON r.b = @l_col",
           "SELECT (SELECT count(*) FROM @from_two@where_two), @m_col FROM @third AS m",
           "SELECT * FROM @third AS m WHERE EXISTS (SELECT 1 FROM @from_two WHERE @lrm_cond)",
           "SELECT * FROM @third AS m WHERE @m_col IN (SELECT @lr_col FROM @from_two@where_two)"}};
}

}  // namespace sqlrite::differential
