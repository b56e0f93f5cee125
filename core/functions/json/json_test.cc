// JSON functions: text and JSONB in and out, paths, edits, JSON5, groups, and the rows of json_each and json_tree.
#include <doctest/doctest.h>

#include <cstdlib>

#include "functions/function_test_context.h"
#include "functions/json/json_each.h"
#include "types/number_text.h"

using namespace sqlrite;
using namespace sqlrite::functions;

namespace {

Value json_text(std::string_view text) {
  Value value = Value::from_text(text, ValueOwner::Static);
  value.subtype = kJsonSubtype;
  return value;
}

}  // namespace

TEST_CASE("json: minified, JSON5 made standard, errors") {
  Caller call;
  CHECK(call("json", {" { \"a\" : [ 1 , 2.50 , null ] } "}) == "'{\"a\":[1,2.50,null]}'");
  CHECK(call("json", {"{a:'x',b:0x1F,c:.5,d:+1,e:Infinity,}//end"}) ==
        "'{\"a\":\"x\",\"b\":31,\"c\":0.5,\"d\":1,\"e\":9e999}'");
  CHECK(call("json", {"[1,2"}) == "E:malformed JSON");
  CHECK(call("json", {""}) == "E:malformed JSON");
  CHECK(call("json", {nullptr}) == "NULL");
  CHECK(call("jsonb", {"[1,\"a\"]"}) == "X'4B13311761'");
  CHECK(call("json", {blob_value("\x4b\x13\x31\x17\x61")}) == "'[1,\"a\"]'");
  CHECK(call("json_valid", {"{a:1}"}) == "0");
  CHECK(call("json_valid", {"{a:1}", 2}) == "1");
  CHECK(call("json_valid", {"[1]", 0}) == "E:FLAGS parameter to json_valid() must be between 1 and 15");
  CHECK(call("json_error_position", {"[1,x]"}) == "4");
  CHECK(call("json_error_position", {"[1]"}) == "0");
}

TEST_CASE("json_extract and the arrows") {
  Caller call;
  const char* json = "{\"a\":{\"b\":[1,\"x\\u00e9\",null]},\"c d\":2.5}";
  CHECK(call("json_extract", {json, "$.a.b[0]"}) == "1");
  CHECK(call("json_extract", {json, "$.a.b[1]"}) == "'x\xc3\xa9'");
  CHECK(call("json_extract", {json, "$.a.b[2]"}) == "NULL");
  CHECK(call("json_extract", {json, "$.a.b[#-1]"}) == "NULL");
  CHECK(call("json_extract", {json, "$.\"c d\""}) == "2.5");
  CHECK(call("json_extract", {json, "$.a"}) == "'{\"b\":[1,\"x\\u00e9\",null]}'");
  CHECK(call("json_extract", {json, "$.a.b[0]", "$.no", "$.\"c d\""}) == "'[1,null,2.5]'");
  CHECK(call("json_extract", {json, "a"}) == "E:bad JSON path: 'a'");
  CHECK(call("json_extract", {json, "$["}) == "NULL");
  CHECK(call("json_extract", {"[1]", "$["}) == "E:bad JSON path: '$['");
  CHECK(call("->", {json, "a"}) == "'{\"b\":[1,\"x\\u00e9\",null]}'");
  CHECK(call("->>", {json, "c d"}) == "2.5");
  CHECK(call("->", {"[10,20]", -1}) == "'20'");
  CHECK(call("->>", {"[10,20]", 0}) == "10");
  CHECK(call("->>", {"{\"a\":true}", "a"}) == "1");
  CHECK(call("json_type", {json, "$.a.b"}) == "'array'");
  CHECK(call("json_array_length", {json, "$.a.b"}) == "3");
  CHECK(call("json_array_length", {json}) == "0");
}

// One path into a text is looked for without making JSONB, unless something is out of the ordinary. With a second path
// all of the text becomes JSONB: the same must be found.
TEST_CASE("json_extract: one path alone finds what it finds beside another") {
  const char* texts[] = {"{\"a\":1,\"a\":2}",
                         " { \"b\" : [ 1 , -2.5e3 , \"x\" ] , \"a\" : { \"c\" : true } } ",
                         "[[1,2],[3,[4]],null]",
                         "{\"\\u0061\":1,\"a\":2}",
                         "{a:1,'b':[.5]}",
                         "\"text\"",
                         "-0",
                         "12",
                         "1.",
                         "01",
                         "{\"a\":\"long enough for blocks \\n\\u00e4\"}",
                         "{\"a\":[1,2}",
                         "{\"a\":1} x",
                         "{\"a\":1}\x01",
                         "{\"a\":\"\x02\"}",
                         "{\"a\":nul}",
                         "{\"a\":truex}",
                         "[1,]",
                         "{\"a\":1,}",
                         "{\"a\" 1}",
                         "",
                         "[",
                         "{\"a\":1e}",
                         "{\"a\":\"\\q\"}",
                         "{\"a\":\"\\u12g4\"}",
                         "{\"a b\":{\"\":7}}",
                         "{\"b\":9223372036854775808}",
                         "[9e999,-9e999]",
                         "{\"sixteen bytes or more\":[1]}",
                         "{\"a\":\"x'y\"}",
                         "\xef\xbb\xbf{\"a\":1}"};
  const char* paths[] = {"$.a",
                         "$.b",
                         "$.b[1]",
                         "$.b[2]",
                         "$.b[#-1]",
                         "$.a.c",
                         "$[0]",
                         "$[1][1][0]",
                         "$[2]",
                         "$.\"a\"",
                         "$.\"\\u0061\"",
                         "$",
                         "$.",
                         "$.a.",
                         "$[x",
                         "$.\"a b\".\"\"",
                         "$.\"sixteen bytes or more\"[0]",
                         "$.a.a.a.a.a.a.a.a.a.a",
                         "a"};
  Caller call;
  for (const char* text : texts) {
    for (const char* path : paths) {
      CAPTURE(text);
      CAPTURE(path);
      std::string both = call("json_extract", {text, path, "$.none"});
      std::string alone = call("json_extract", {text, path});
      if (both.substr(0, 2) == "E:") {
        CHECK(alone == both);
        continue;
      }
      std::string json = call("->", {text, path});
      if (json == "NULL") json = "'null'";
      CHECK("'[" + json.substr(1, json.size() - 2) + ",null]'" == both);
      if (json[1] == '-' || is_digit(json[1]))
        CHECK(std::strtod(alone.c_str(), nullptr) == std::strtod(json.c_str() + 1, nullptr));
    }
  }
}

TEST_CASE("json edits") {
  Caller call;
  CHECK(call("json_set", {"{\"a\":1}", "$.a", 2, "$.b.c", "x"}) == "'{\"a\":2,\"b\":{\"c\":\"x\"}}'");
  CHECK(call("json_insert", {"{\"a\":1}", "$.a", 2, "$.b", json_text("[1]")}) == "'{\"a\":1,\"b\":[1]}'");
  CHECK(call("json_replace", {"{\"a\":1}", "$.a", nullptr, "$.b", 1}) == "'{\"a\":null}'");
  CHECK(call("json_insert", {"[1]", "$[#]", 2, "$[5]", 3}) == "'[1,2]'");
  CHECK(call("json_array_insert", {"[1,3]", "$[1]", 2}) == "'[1,2,3]'");
  CHECK(call("json_array_insert", {"{\"a\":1}", "$.a", 2}) == "E:not an array element: '$.a'");
  CHECK(call("json_remove", {"{\"a\":1,\"b\":[1,2,3]}", "$.a", "$.b[1]"}) == "'{\"b\":[1,3]}'");
  CHECK(call("json_remove", {"[1]", "$"}) == "NULL");
  CHECK(call("json_set", {"{}", "$.a"}) == "E:json_set() needs an odd number of arguments");
  CHECK(call("json_patch", {"{\"a\":1,\"b\":{\"c\":2}}", "{\"a\":null,\"b\":{\"d\":3},\"e\":{\"f\":null}}"}) ==
        "'{\"b\":{\"c\":2,\"d\":3},\"e\":{}}'");
  // A payload that grows over a header size: lengths of all parents follow.
  std::string filler(300, 'x');
  CHECK(call("json_array_length", {call.heap.copy("[1,2]")}) == "2");
  std::string grown = call("json_set", {"{\"a\":{\"b\":1},\"c\":2}", "$.a.b", std::string_view(filler)});
  CHECK(grown == "'{\"a\":{\"b\":\"" + filler + "\"},\"c\":2}'");
}

TEST_CASE("json_array, json_object, json_quote, json_pretty") {
  Caller call;
  CHECK(call("json_array", {1, 2.5, "a\"b", nullptr, json_text("[1]")}) == "'[1,2.5,\"a\\\"b\",null,[1]]'");
  CHECK(call("json_array", {blob_value("\xff\xff")}) == "E:JSON cannot hold BLOB values");
  CHECK(call("json_object", {"a", 1, "b", "x"}) == "'{\"a\":1,\"b\":\"x\"}'");
  CHECK(call("json_object", {1, 2}) == "E:json_object() labels must be TEXT");
  CHECK(call("json_object", {"a"}) == "E:json_object() requires an even number of arguments");
  CHECK(call("json_quote", {"a\tb"}) == "'\"a\\tb\"'");
  CHECK(call("json_pretty", {"{\"a\":[1,2],\"b\":{}}", " "}) == "'{\n \"a\": [\n  1,\n  2\n ],\n \"b\": {}\n}'");
}

TEST_CASE("json depth has a limit") {
  Caller call;
  std::string deep = std::string(1000, '[') + std::string(1000, ']');
  std::string deeper = "[" + deep + "]";
  CHECK(call("json_valid", {std::string_view(deep)}) == "1");
  CHECK(call("json_valid", {std::string_view(deeper)}) == "0");
}

TEST_CASE("json_group_array and json_group_object") {
  Caller call;
  CHECK(call.aggregate("json_group_array", {1, "x", nullptr}) == "'[1,\"x\",null]'");
  CHECK(call.aggregate("json_group_array", {}) == "'[]'");
  const FunctionDef* def = call.registry.find("json_group_object", 2, nullptr);
  std::vector<char> state(def->aggregate.state_size_bytes, 0);
  CallContext ctx;
  ctx.connection = &call.connection;
  ctx.heap = &call.heap;
  auto value = [&] {
    Value result;
    REQUIRE(def->aggregate.value(ctx, state.data(), &result).ok());
    return call.show(result);
  };
  auto step = [&](Argument name, Argument member) {
    Value arguments[2] = {name.value, member.value};
    REQUIRE(def->aggregate.step(ctx, state.data(), arguments, 2).ok());
  };
  step("a", 1);
  step(nullptr, 2);
  step("b", "x,y");
  CHECK(value() == "'{\"a\":1,\"b\":\"x,y\"}'");
  Value ignored[2];
  REQUIRE(def->aggregate.inverse(ctx, state.data(), ignored, 2).ok());
  REQUIRE(def->aggregate.inverse(ctx, state.data(), ignored, 2).ok());
  CHECK(value() == "'{\"b\":\"x,y\"}'");
  REQUIRE(def->aggregate.inverse(ctx, state.data(), ignored, 2).ok());
  CHECK(value() == "'{}'");
  def->aggregate.destroy(state.data());
}

TEST_CASE("JsonEach: rows of json_each and json_tree") {
  Caller call;
  CallContext ctx;
  ctx.connection = &call.connection;
  ctx.heap = &call.heap;
  auto rows = [&](bool tree, std::string_view json, const Value* root) {
    Arena arena;
    JsonEach each(arena, tree, false);
    std::string out;
    Status status = each.open(ctx, Value::from_text(json, ValueOwner::Static), root);
    while (status.ok() && !each.at_end()) {
      for (JsonEach::Column column : {JsonEach::kKey, JsonEach::kAtom, JsonEach::kFullKey, JsonEach::kPath}) {
        Value value;
        REQUIRE(each.column(column, call.heap, &value).ok());
        out += call.show(value) + " ";
      }
      out += "\n";
      status = each.next();
    }
    if (!status.ok()) out += "E:" + std::string(status.message());
    return out;
  };
  CHECK(rows(false, "{\"a\":1,\"b c\":[2]}", nullptr) == "'a' 1 '$.a' '$' \n'b c' NULL '$.\"b c\"' '$' \n");
  CHECK(rows(false, "[5,6]", nullptr) == "0 5 '$[0]' '$' \n1 6 '$[1]' '$' \n");
  CHECK(rows(true, "{\"a\":[7]}", nullptr) == "NULL NULL '$' '$' \n'a' NULL '$.a' '$' \n0 7 '$.a[0]' '$.a' \n");
  Value root = Value::from_text("$.a", ValueOwner::Static);
  CHECK(rows(true, "{\"a\":[7]}", &root) == "'a' NULL '$.a' '$' \n0 7 '$.a[0]' '$.a' \n");
  CHECK(rows(false, "3", nullptr) == "NULL 3 '$' '$' \n");
  root = Value::from_text("x", ValueOwner::Static);
  CHECK(rows(false, "[]", &root) == "E:bad JSON path: 'x'");
  CHECK(rows(false, "[", nullptr) == "E:malformed JSON");
}
