// Date and time functions: times that are none, leap days, borders of the calendar, chains of modifiers.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_times(Grammar& g) {
  g.add("time", {"'2024-02-29'",
                 "'2023-02-29'",
                 "'2024-02-30'",
                 "'2024-02-32'",
                 "'2023-12-31 23:59:59.999'",
                 "'2024-01-01T00:00:00Z'",
                 "'2024-06-15 12:30'",
                 "'2024-06-15 12:30:45+05:30'",
                 "'2024-06-15 12:30-12:00'",
                 "'12:34'",
                 "'12:34:56.789'",
                 "'24:00'",
                 "'23:60'",
                 "2460000.5",
                 "2451544.5",
                 "0",
                 "-1",
                 "5373484.5",
                 "5373484.499999",
                 "1700000000",
                 "'1700000000'",
                 "'2460000.5'",
                 "NULL",
                 "''",
                 "'bad'",
                 "'2024-13-01'",
                 "'0000-01-01'",
                 "'9999-12-31 23:59:59'",
                 "'-4713-11-24 12:00:00'",
                 "'-0001-05-05'",
                 "'1969-12-31 23:59:59'",
                 "'2000-01-31'",
                 "'1900-03-01'",
                 "' 2024-01-01'",
                 "'2024-01-01 '",
                 "'2024-1-1'",
                 "1e10",
                 "1721059.5",
                 "x'323032342d30312d3031'",
                 "'2024-01-01 00:00:00.9995'",
                 "'2024-03-10 02:30:00'",
                 "12345.678"});
}

void add_modifiers(Grammar& g) {
  g.add("modifier", {"'+1 day'",
                     "'-1 month'",
                     "'+1 year'",
                     "'+13 months'",
                     "'-400 days'",
                     "'+1.5 hours'",
                     "'-90 minutes'",
                     "'+30.5 seconds'",
                     "'start of month'",
                     "'start of year'",
                     "'start of day'",
                     "'weekday 0'",
                     "'weekday 6'",
                     "'weekday 7'",
                     "'unixepoch'",
                     "'julianday'",
                     "'auto'",
                     "'subsec'",
                     "'subsecond'",
                     "'ceiling'",
                     "'floor'",
                     "'+0001-02-03'",
                     "'-0001-02-03 04:05'",
                     "'+0000-00-01 00:00:01.5'",
                     "'+12:30'",
                     "'-01:00:00'",
                     "'+1 days'",
                     "'1 day'",
                     "'+ 1 day'",
                     "'utc'",
                     "'localtime'",
                     "'bad'",
                     "''",
                     "NULL",
                     "'+1e2 days'",
                     "'+1000000 years'",
                     "'START OF MONTH'",
                     "'+1.5 months'",
                     "'+2.7 years'",
                     "'weekday 1.5'",
                     "'-1 Day '"});
  g.add("modifiers",
        {"", "", ", @modifier", ", @modifier", ", @modifier, @modifier", ", @modifier, @modifier, @modifier"});
}

void add_rules(Grammar& g) {
  add_times(g);
  add_modifiers(g);
  g.add("function", {"date", "time", "datetime", "julianday", "unixepoch"});
  g.add("part", {"%d", "%e", "%f", "%F", "%G", "%g", "%H", "%I", "%j", "%J", "%k", "%l", "%m", "%M", "%p", "%P",
                 "%R", "%s", "%S", "%T", "%u", "%U", "%V", "%w", "%W", "%Y", "%%", "-",  "é",  "%q", "%"});
  g.add("format", {"'@part'", "'@part@part'", "'@part @part @part'"});
}

}  // namespace

Family date_family() {
  return {"dates",
          add_rules,
          {"SELECT @function(@time@modifiers)", "SELECT @function(@time@modifiers), @function(@time@modifiers)",
           "SELECT strftime(@format, @time@modifiers)",
           "SELECT strftime(@format, @time@modifiers), strftime(@format, @time)", "SELECT timediff(@time, @time)",
           "SELECT quote(@function(@time@modifiers))", "SELECT typeof(@function(@time@modifiers))",
           "SELECT @function(@col@modifiers) FROM @table", "SELECT strftime(@format, @col) FROM @table",
           "SELECT timediff(@time, @time), @function(@time, @modifier)",
           "SELECT date(@time) < date(@time), julianday(@time) - julianday(@time)",
           "SELECT @function(), strftime('%Y') FROM @table WHERE false"}};
}

}  // namespace sqlrite::differential
