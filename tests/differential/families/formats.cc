// format() and printf(): flags, widths, precisions, conversions, values of the wrong type.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_rules(Grammar& g) {
  g.add("flags", {"", "", "-", "+", " ", "0", "#", ",", "!", "+,", "-0", "#0", "!,", "+0", "0,", "!+", "l", "-+ "});
  g.add("width", {"", "", "5", "12", "30", "1", "*"});
  g.add("precision", {"", "", ".0", ".1", ".3", ".10", ".20", ".*", "."});
  g.add("conversion", {"d", "i", "u", "x", "X", "o", "f", "e", "E",   "g",  "G", "c", "s",
                       "q", "Q", "w", "z", "p", "%", "n", "r", "lld", "ld", "S", "a"});
  g.add("piece", {"%@flags@width@precision@conversion", "%@conversion", "text", "%%", "é", "%@flags@conversion", "%"});
  g.add("format", {"'@piece'", "'@piece@piece'", "'@piece|@piece|@piece'", "NULL", "12"});
  g.add("value", {"1",
                  "-1",
                  "0",
                  "NULL",
                  "'text'",
                  "'it''s \"q\"'",
                  "1.5",
                  "-0.0",
                  "123456789",
                  "9223372036854775807",
                  "-9223372036854775808",
                  "1e100",
                  "1e-7",
                  "0.1",
                  "2.5",
                  "999999.5",
                  "'12abc'",
                  "x'414243'",
                  "'日本語'",
                  "''",
                  "1e400",
                  "-1e400",
                  "3.999999",
                  "1234567.891",
                  "100000",
                  "1e15",
                  "123456789012345678",
                  "'é'",
                  "0.00001234",
                  "5e-324",
                  "4.35",
                  "1.005"});
}

}  // namespace

Family format_family() {
  return {"formats",
          add_rules,
          {"SELECT format(@format, @value, @value, @value)", "SELECT printf(@format, @value)",
           "SELECT quote(format(@format, @value, @value))", "SELECT format(@format, @col, @col) FROM @table",
           "SELECT printf('%@flags@width@precision@conversion', @value)",
           "SELECT printf('%@flags@precision@conversion', @value, @value)",
           "SELECT length(printf('%@flags@width@precision@conversion', @value, @value))", "SELECT format(@format)",
           "SELECT format()"}};
}

}  // namespace sqlrite::differential
