// Aggregates with DISTINCT, FILTER and ORDER BY inside, over groups and none.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) {
  // In an order that leaves no ties between different texts.
  g.add("joined", {"group_concat(quote(@this), ',' ORDER BY quote(@this))",
                   "string_agg(typeof(@this), '-' ORDER BY typeof(@this))",
                   "group_concat(DISTINCT typeof(@this) ORDER BY typeof(@this))",
                   "json_group_array(quote(@this) ORDER BY quote(@this) DESC)",
                   "group_concat(typeof(@this), NULL ORDER BY typeof(@this))",
                   "string_agg(hex(@this), x'2d' ORDER BY hex(@this))"});
  g.add("plain", {"count(*)", "count(@col)", "count(DISTINCT @col)", "sum((@col) % 100)", "total((@col) % 100)",
                  "avg((@col) % 100)", "min(@col)", "max(@col)", "sum(DISTINCT (@col) % 100)", "sum(@cond)",
                  "median((@col) % 100)", "count()"});
  g.add("filter", {"", "", " FILTER (WHERE @cond)", " FILTER (WHERE false)"});
  g.add("call", {"@plain@filter", "@joined@filter", "@plain"});
  g.add("having", {"", "", " HAVING @plain > @literal", " HAVING count(*) > 1"});
  g.add("where", {"", " WHERE @cond", " WHERE false"});
}

}  // namespace

Family aggregate_family() {
  return {
      "aggregates",
      add_rules,
      {"SELECT @call FROM @table@where", "SELECT @call, @call FROM @table@where",
       "SELECT typeof(@col), @call FROM @table@where GROUP BY 1@having",
       "SELECT typeof(@col), length(@col), @call, @call FROM @table@where GROUP BY 1, 2@having",
       "SELECT @call FROM @table GROUP BY quote(@cond)@having",
       "SELECT @call + 1, coalesce(@call, 'none') FROM @table@where",
       "SELECT (SELECT @call FROM @table@where), @call FROM @table",
       "SELECT DISTINCT @call FROM @table GROUP BY typeof(@col) ORDER BY 1", "SELECT sum(@plain) FROM @table",
       "SELECT @col FROM @table WHERE @plain > 1", "SELECT typeof(@col) AS t, @call FROM @table GROUP BY t ORDER BY t",
       "SELECT @call FROM (SELECT * FROM @table@where)", "SELECT group_concat(@col, 1, 2) FROM @table",
       "SELECT max(DISTINCT @col), min(DISTINCT @col) FROM @table", "SELECT count(DISTINCT @col, @col) FROM @table"}};
}

}  // namespace sqlrite::differential
