// Numbers where 64-bit integers and REALs part: 2^53 to 2^63, infinities, denormals; arithmetic and mathematical
// functions.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) {
  g.add("integer", {"9007199254740991",
                    "9007199254740992",
                    "9007199254740993",
                    "-9007199254740993",
                    "9223372036854775807",
                    "9223372036854775806",
                    "9223372036854775295",
                    "9223372036854775296",
                    "9223372036854775297",
                    "-9223372036854775808",
                    "-9223372036854775807",
                    "4611686018427387904",
                    "4611686018427387905",
                    "4503599627370497",
                    "1",
                    "0",
                    "-1",
                    "3",
                    "1000000007",
                    "3037000500",
                    "2147483648"});
  g.add("real", {"9007199254740992.0",
                 "9007199254740994.0",
                 "9223372036854775807.0",
                 "9223372036854774784.0",
                 "-9223372036854775808.0",
                 "4611686018427387904.0",
                 "1e18",
                 "1e19",
                 "-1e19",
                 "9.3e18",
                 "0.5",
                 "-0.0",
                 "0.1",
                 "1e308",
                 "1e-308",
                 "5e-324",
                 "1e999",
                 "-1e999",
                 "2.5",
                 "-2.5",
                 "3.5",
                 "1e15",
                 "123456.789",
                 "4503599627370496.5",
                 "0.49999999999999994",
                 "1.0",
                 "3.0"});
  g.add("number", {"@integer", "@real", "@integer", "@real", "NULL", "'9223372036854775807'", "'1e3'"});
  g.add("operator",
        {"+", "-", "*", "/", "%", "&", "|", "<<", ">>", "=", "<", "<=", ">", ">=", "<>", "IS", "=", "<", ">"});
  g.add("unary",
        {"abs",     "sign",    "ceil",  "floor",  "trunc", "sqrt", "exp",    "ln",      "log10",   "log2",  "sin",
         "cos",     "tan",     "asin",  "acos",   "atan",  "sinh", "cosh",   "tanh",    "asinh",   "acosh", "atanh",
         "degrees", "radians", "round", "typeof", "quote", "hex",  "length", "unicode", "unlikely"});
  g.add("binary", {"pow", "mod", "atan2", "log", "max", "min", "nullif", "round", "ifnull", "power"});
  g.add("digits", {"0", "1", "2", "5", "15", "16", "-1", "30", "NULL"});
}

}  // namespace

Family number_family() {
  return {"numbers",
          add_rules,
          {"SELECT @number @operator @number",
           "SELECT @number @operator @number, @number @operator @number",
           "SELECT typeof(@number @operator @number)",
           "SELECT (@number @operator @number) @operator @number",
           "SELECT @unary(@number)",
           "SELECT @unary(@number), @unary(@number)",
           "SELECT @binary(@number, @number)",
           "SELECT round(@number, @digits)",
           "SELECT quote(@number @operator @number)",
           "SELECT CAST(@number AS INTEGER), CAST(@number AS REAL), CAST(@number AS TEXT)",
           "SELECT @number IN (@number, @number, @number)",
           "SELECT @number BETWEEN @number AND @number",
           "SELECT x FROM (SELECT @number AS x UNION ALL SELECT @number UNION ALL SELECT @number UNION ALL SELECT "
           "@number) ORDER BY x, typeof(x)",
           "SELECT count(*) FROM (SELECT @number UNION SELECT @number UNION SELECT @number)",
           "SELECT @integer + 0 INTERSECT SELECT @real",
           "SELECT max(@number, @number, @number), min(@number, @number, @number)",
           "SELECT sum(x), total(x), avg(x), count(DISTINCT x) FROM (SELECT @number AS x UNION ALL SELECT @number)",
           "SELECT * FROM @table WHERE @col @operator @number",
           "SELECT * FROM @table WHERE @col = @number",
           "SELECT * FROM @table WHERE @col BETWEEN @number AND @number",
           "SELECT * FROM @table WHERE @col IN (@number, @number)",
           "SELECT @col @operator @number FROM @table",
           "SELECT count(*) FROM @table WHERE rowid > @number",
           "SELECT * FROM @table AS l JOIN @table AS r ON l.@col = r.@col",
           "SELECT * FROM @table AS l WHERE l.@col > (SELECT @number)",
           "SELECT - @number, + @number, ~ @number",
           "INSERT OR IGNORE INTO @table(@value_col) VALUES (@number)",
           "INSERT OR IGNORE INTO @table(@value_col) SELECT @number",
           "SELECT CASE @number WHEN @number THEN 'a' WHEN @number THEN 'b' ELSE 'c' END"}};
}

}  // namespace sqlrite::differential
