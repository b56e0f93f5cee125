// CAST and conversions by affinity, of texts that are almost numbers.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_texts(Grammar& g) {
  g.add("text", {"' 12'",
                 "'12 '",
                 "'12abc'",
                 "'1e5'",
                 "'1e'",
                 "'1e+'",
                 "'0x1F'",
                 "'-'",
                 "'+5'",
                 "'+-5'",
                 "'9223372036854775807'",
                 "'9223372036854775808'",
                 "'-9223372036854775808'",
                 "'-9223372036854775809'",
                 "'1e400'",
                 "'-1e-400'",
                 "'.5'",
                 "'5.'",
                 "'.'",
                 "'1_000'",
                 "'Infinity'",
                 "'nan'",
                 "'0.1'",
                 "'1.0'",
                 "'1.50'",
                 "'00012'",
                 "char(9) || '7'",
                 "char(10) || '7' || char(13)",
                 "char(160) || '7'",
                 "'٣'",
                 "'9007199254740993'",
                 "'123456789012345678901234567890'",
                 "'1.7976931348623157e308'",
                 "'1.7976931348623159e308'",
                 "'4.9e-324'",
                 "'2.4e-324'",
                 "'0.30000000000000004'",
                 "'9.2233720368547758e18'",
                 "'1e18'",
                 "'12345678901234567890.5'",
                 "''",
                 "' '",
                 "'-0'",
                 "'-0.0'",
                 "'0e5'",
                 "'3.14159265358979323846'",
                 "x'3132'",
                 "x''",
                 "x'00'",
                 "x'31003200'",
                 "'1' || char(0) || '2'",
                 "'TRUE'",
                 "'1,5'",
                 "'１'"});
}

void add_numbers(Grammar& g) {
  g.add("number", {"1",
                   "-1",
                   "1.0",
                   "1.5",
                   "-0.0",
                   "9223372036854775807",
                   "-9223372036854775808",
                   "9223372036854775808",
                   "1e18",
                   "9.2233720368547758e18",
                   "-9.2233720368547758e18",
                   "1e400",
                   "-1e400",
                   "0.1",
                   "1e15",
                   "123456789012345680.0",
                   "1e16",
                   "1e-5",
                   "0x7fffffffffffffff",
                   "0xffffffffffffffff",
                   "1_000_000",
                   "2.5e-10",
                   "NULL",
                   "123456.789e3",
                   "100000000000000000000"});
}

void add_rules(Grammar& g) {
  add_texts(g);
  add_numbers(g);
  g.add("value", {"@text", "@text", "@number"});
  g.add("type", {"INTEGER", "REAL", "NUMERIC", "TEXT", "BLOB", "INT", "DECIMAL(10,5)", "FLOATING POINT", "CHARINT",
                 "NONE", "VARCHAR", "DOUBLE", "BOOLEAN", "DATE", "CLOB", "\"\"", "STRING", "ANY"});
  g.add("operator", {"+", "-", "*", "/", "%", "||", "=", "<", ">=", "IS", "&", "|", "<<", ">>", "AND", "OR", "<>"});
  g.add("cast", {"CAST(@value AS @type)"});
}

}  // namespace

Family cast_family() {
  return {"casts",
          add_rules,
          {"SELECT @cast, typeof(@cast)",
           "SELECT quote(@cast)",
           "SELECT CAST(@cast AS @type)",
           "SELECT @value @operator @value",
           "SELECT @cast @operator @value",
           "SELECT @cast @operator @cast",
           "SELECT -@value, +@value, ~@value, NOT @value",
           "SELECT @value + 0, @value || '', @value * 1.0",
           "SELECT quote(@value), hex(@value), length(@value)",
           "SELECT CASE WHEN @value THEN 1 ELSE 0 END",
           "SELECT @value BETWEEN @value AND @value",
           "SELECT @cast IN (@value, @value, @cast)",
           "SELECT CAST(@col AS @type), typeof(CAST(@col AS @type)) FROM @table",
           "SELECT quote(CAST(CAST(@col AS @type) AS @type)) FROM @table",
           "SELECT * FROM @table WHERE @col = @value",
           "SELECT * FROM @table WHERE @col < @cast",
           "SELECT @value IS TRUE, @value IS NOT FALSE, @value IS NULL",
           "SELECT abs(@text), round(@text), sum(@text), avg(@text), max(@text, @number)",
           "SELECT x FROM (SELECT @value AS x UNION ALL SELECT @value UNION ALL SELECT @value) ORDER BY x, typeof(x)",
           "SELECT * FROM (SELECT 1 LIMIT @text)"}};
}

}  // namespace sqlrite::differential
