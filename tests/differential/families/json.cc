// JSON functions and operators, over texts of JSON, JSON5 and neither.
#include "differential/families/family.h"

namespace sqlrite::differential {

namespace {

void add_values(Grammar& g) {
  g.add("json", {R"('{"a":1,"b":[1,2,{"c":null}],"d":"x"}')",
                 R"('[1,2.5,"three",null,true,false,[4,{"five":5}]]')",
                 "'{}'",
                 "'[]'",
                 "'null'",
                 "'17'",
                 "'-1.5e3'",
                 R"('"text"')",
                 R"('{"a":{"a":{"a":[]}}}')",
                 R"('{"a":1,"a":2}')",
                 R"('{"x y":1,"":2,"é":"日本"}')",
                 R"('["\u00e9\n\t\"\\\/\ud83d\ude00"]')",
                 "'{a:1,b:0x1F,c:+.5,d:Infinity,e:NaN,/*c*/\"f\":''s'',}'",
                 "'[1,2,]'",
                 "'[1 2]'",
                 "'{\"a\"}'",
                 "'{\"a\":1'",
                 "'[1,,2]'",
                 "''",
                 "'tru'",
                 "' [ 1 , 2 ] '",
                 "NULL",
                 "12",
                 "1.5",
                 "'[9223372036854775807,9223372036854775808,1e400,-0,0.1,1.0,1E5]'",
                 "jsonb('{\"a\":[1,2,3]}')",
                 "jsonb('[0.5,\"q\\u0041\",null]')",
                 "x'00'",
                 "x'1301'",
                 "'\"\\x41\\v\\0\"'",
                 "'[[[[[[1]]]]]]'",
                 "json_array(@value, @value)",
                 "json_object('a', @value, 'b', @json_of)"});
  g.add("json_of", {"json('[1]')", "json('{\"z\":0}')", "jsonb('[true]')", "json_array(1)"});
  g.add("path", {"'$'",        "'$.a'",   "'$.b'",       "'$[0]'",   "'$[1]'",     "'$[#-1]'",  "'$[#]'",
                 "'$.b[2].c'", "'$.a.a'", "'$.\"x y\"'", "'$.d'",    "'$.b[#-2]'", "'$.z'",     "'$.a[0]'",
                 "'$.e.f.g'",  "'$[7]'",  "'$.x.y'",     "'$.'",     "'$['",       "'a'",       "'$a'",
                 "'$[a]'",     "'$[-1]'", "NULL",        "'$.\"\"'", "''",         "'$[0][0]'", "'$.a.b[0].c'"});
  g.add("arrow",
        {"'$.a'", "'a'", "'b'", "0", "1", "-1", "'$[1]'", "'x y'", "''", "2", "'$[#-1]'", "NULL", "'[0]'", "1.0"});
  g.add("value", {"NULL", "1", "2.5", "'t'", "'[1,2]'", "@json_of", "'é'", "''", "1e10", "-3", "9223372036854775807",
                  "'\"q\"'", "0.1", "1e300"});
  g.add("flag", {"0", "1", "2", "4", "5", "6", "8", "15", "16"});
}

void add_rules(Grammar& g) {
  add_values(g);
  g.add("call", {"json(@json)",
                 "json_type(@json)",
                 "json_type(@json, @path)",
                 "json_array_length(@json)",
                 "json_array_length(@json, @path)",
                 "json_extract(@json, @path)",
                 "json_extract(@json, @path, @path)",
                 "@json -> @arrow",
                 "@json ->> @arrow",
                 "@json -> 'b' -> @arrow",
                 "@json -> @arrow ->> @arrow",
                 "json_insert(@json, @path, @value)",
                 "json_replace(@json, @path, @value)",
                 "json_set(@json, @path, @value)",
                 "json_set(@json, @path, @value, @path, @value)",
                 "json_insert(@json, '$.a[#]', @value, '$[#]', @value)",
                 "json_remove(@json, @path)",
                 "json_remove(@json, @path, @path)",
                 "json_remove(@json)",
                 "json_patch(@json, @json)",
                 "json_pretty(@json)",
                 "json_pretty(@json, '..')",
                 "json_valid(@json)",
                 "json_valid(@json, @flag)",
                 "json_quote(@value)",
                 "json_error_position(@json)",
                 "json_array()",
                 "json_array(@value, @value, @value)",
                 "json_object()",
                 "json_object('a', @value)",
                 "json_object('a', @value, @value, @value)",
                 "hex(jsonb(@json))",
                 "json(jsonb(@json))",
                 "hex(jsonb_extract(@json, @path))",
                 "json(jsonb_set(@json, @path, @value))",
                 "json(jsonb_remove(@json, @path))",
                 "json(jsonb_patch(@json, @json))",
                 "hex(jsonb_array(@value, @value))",
                 "json(jsonb_object('k', @value))",
                 "json_array_insert(@json, @path, @value)",
                 "typeof(@json -> @arrow)",
                 "typeof(@json ->> @arrow)",
                 "subtype(@json -> @arrow)",
                 "json_quote(json_extract(@json, @path))",
                 "json_array(@json -> @arrow)"});
}

}  // namespace

Family json_family() {
  return {"json",
          add_rules,
          {"SELECT @call", "SELECT @call, @call", "SELECT quote(@call)", "SELECT @call",
           "SELECT json_valid(@json), json_error_position(@json)",
           "SELECT key, value, type, atom, fullkey, path FROM json_each(@json)",
           "SELECT key, value, type, atom, fullkey, path FROM json_each(@json, @path)",
           "SELECT key, value, type, atom, fullkey, path FROM json_tree(@json)",
           "SELECT key, value, type, atom, fullkey, path FROM json_tree(@json, @path)",
           "SELECT count(*), count(key), group_concat(type, ',' ORDER BY fullkey) FROM json_tree(@json) WHERE atom IS "
           "NOT @value",
           "SELECT json_group_array(value ORDER BY key, type) FROM json_each(@json)",
           "SELECT json_group_object(coalesce(key, 'k'), value ORDER BY key, type) FROM json_each(@json)",
           "SELECT json(jsonb_group_array(type ORDER BY key)) FROM json_each(@json)",
           "SELECT json_quote(@col) FROM @table WHERE typeof(@col) <> 'blob'",
           "SELECT @col, json_array(@col, 1) FROM @table WHERE typeof(@col) IN ('integer', 'null')",
           "SELECT json_type(@col), @col -> '$' FROM @table WHERE json_valid(@col)",
           "SELECT j.value FROM @table, json_each(json_array(@value, 1, 2)) AS j WHERE j.value = @col"}};
}

}  // namespace sqlrite::differential
