// Text and blob functions: positions outside, letters outside ASCII, bytes that are no text, collations.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_texts(Grammar& g) {
  g.add("text", {"'abc'",
                 "'ABC '",
                 "''",
                 "'éÉ'",
                 "'日本語テキスト'",
                 "char(128512, 65)",
                 "'  pad  '",
                 "'a''b'",
                 "'aXbXc'",
                 "x'00ff10'",
                 "x'616263'",
                 "x''",
                 "'a' || char(0) || 'b'",
                 "NULL",
                 "12",
                 "-1.5",
                 "'aaaa'",
                 "char(10, 13, 9)",
                 "'ß'",
                 "zeroblob(3)",
                 "CAST(x'ff41' AS TEXT)",
                 "CAST(x'c3' AS TEXT)"});
  g.add("place", {"0", "1", "2", "-1", "-2", "5", "100", "-100", "NULL", "9223372036854775807", "-9223372036854775808",
                  "'2'", "1.9"});
}

void add_rules(Grammar& g) {
  add_texts(g);
  g.add("call", {"length(@text)",
                 "octet_length(@text)",
                 "lower(@text)",
                 "upper(@text)",
                 "substr(@text, @place)",
                 "substr(@text, @place, @place)",
                 "substring(@text, @place, @place)",
                 "trim(@text)",
                 "ltrim(@text, @text)",
                 "rtrim(@text, @text)",
                 "trim(@text, @text)",
                 "replace(@text, @text, @text)",
                 "instr(@text, @text)",
                 "hex(@text)",
                 "unhex(@text)",
                 "unhex(hex(@text))",
                 "unhex('41-42', '-')",
                 "unhex(@text, @text)",
                 "quote(@text)",
                 "unistr_quote(@text)",
                 "unistr('\\0041\\+01F600\\u00e9')",
                 "unistr(@text)",
                 "unicode(@text)",
                 "char(@place, 65)",
                 "concat(@text, @text, @text)",
                 "concat_ws(@text, @text, @text)",
                 "soundex(@text)",
                 "typeof(@text || @text)",
                 "@text || @text",
                 "zeroblob(@n)",
                 "length(zeroblob(@n))",
                 "CAST(@text AS BLOB)",
                 "CAST(@text AS TEXT)",
                 "nullif(@text, @text)",
                 "likelihood(@text, 0.5)",
                 "glob(@text, @text)",
                 "sqlite_compileoption_used('x')",
                 "max(@text, @text)",
                 "min(@text, @text)",
                 "coalesce(NULL, @text)",
                 "iif(@text, @text)",
                 "if(@text, @text, @text)"});
  g.add("collation", {"BINARY", "NOCASE", "RTRIM", "nocase", "nowhere"});
  g.add("known", {"BINARY", "NOCASE", "RTRIM"});
  g.add("compare", {"=", "<", ">=", "<>", "IS", "IS NOT"});
}

}  // namespace

Family text_family() {
  return {"texts",
          add_rules,
          {"SELECT @call", "SELECT @call, @call", "SELECT quote(@call)", "SELECT hex(@call)",
           "SELECT @text @compare @text COLLATE @collation", "SELECT @text COLLATE @collation @compare @text",
           "SELECT @text COLLATE @collation", "SELECT @text COLLATE @collation IN (@text, @text)",
           "SELECT x FROM (SELECT @text AS x UNION ALL SELECT @text UNION ALL SELECT @text) ORDER BY x COLLATE NOCASE, "
           "quote(x)",
           "SELECT count(DISTINCT x COLLATE @collation) FROM (SELECT @text AS x UNION ALL SELECT @text)",
           "SELECT min(@col COLLATE NOCASE) IS NULL, count(*) FROM @table",
           "SELECT * FROM @table WHERE @col = @text COLLATE @known", "SELECT * FROM @table WHERE @col > @text",
           "SELECT length(@col), octet_length(@col), hex(@col), quote(@col) FROM @table",
           "SELECT substr(@col, @place, @place) FROM @table",
           "SELECT instr(@col, @text), upper(@col), replace(@col, @text, @text) FROM @table",
           "SELECT @this FROM @table ORDER BY @this COLLATE NOCASE, quote(@this)",
           "SELECT count(*) FROM @table GROUP BY @col COLLATE NOCASE", "SELECT CAST(@col AS BLOB) FROM @table"}};
}

}  // namespace sqlrite::differential
