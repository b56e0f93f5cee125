// The core scalar functions, on the edges that programs rely on.
#include <doctest/doctest.h>

#include "functions/function_test_context.h"

using namespace sqlrite;
using namespace sqlrite::functions;

TEST_CASE("substr: positions from either end, negative lengths, zero") {
  Caller call;
  CHECK(call("substr", {"hello", 2, 3}) == "'ell'");
  CHECK(call("substr", {"hello", 2}) == "'ello'");
  CHECK(call("substr", {"hello", -3, 2}) == "'ll'");
  CHECK(call("substr", {"hello", 0, 3}) == "'he'");
  CHECK(call("substr", {"hello", 4, -2}) == "'el'");
  CHECK(call("substr", {"hello", -10, 7}) == "'he'");
  CHECK(call("substr", {"hello", 9, 3}) == "''");
  CHECK(call("substr", {"h\xc3\xa9llo", 2, 2}) == "'\xc3\xa9l'");
  CHECK(call("substr", {12345, 2, 3}) == "'234'");
  CHECK(call("substr", {blob_value("abcd"), 2, 2}) == "X'6263'");
  CHECK(call("substr", {blob_value(""), 1, 1}) == "NULL");
  CHECK(call("substr", {"hello", nullptr}) == "NULL");
  CHECK(call("substring", {"hello", 1, 1}) == "'h'");
}

TEST_CASE("length and its kin") {
  Caller call;
  CHECK(call("length", {"h\xc3\xa9llo"}) == "5");
  CHECK(call("length", {std::string_view("a\0b", 3)}) == "1");
  CHECK(call("length", {blob_value("h\xc3\xa9")}) == "3");
  CHECK(call("length", {12.5}) == "4");
  CHECK(call("length", {nullptr}) == "NULL");
  CHECK(call("octet_length", {"h\xc3\xa9"}) == "3");
  CHECK(call("upper", {"aZ\xc3\xa9"}) == "'AZ\xc3\xa9'");
  CHECK(call("lower", {"aZ"}) == "'az'");
}

TEST_CASE("instr: characters in texts, bytes in blobs") {
  Caller call;
  CHECK(call("instr", {"h\xc3\xa9llo", "l"}) == "3");
  CHECK(call("instr", {blob_value("h\xc3\xa9llo"), blob_value("l")}) == "4");
  CHECK(call("instr", {"abc", ""}) == "1");
  CHECK(call("instr", {"abc", "z"}) == "0");
  CHECK(call("instr", {12345, 34}) == "3");
  CHECK(call("instr", {nullptr, "a"}) == "NULL");
}

TEST_CASE("replace, trim, concat") {
  Caller call;
  CHECK(call("replace", {"banana", "an", "AN"}) == "'bANANa'");
  CHECK(call("replace", {"banana", "", "x"}) == "'banana'");
  CHECK(call("replace", {"banana", "an", nullptr}) == "NULL");
  CHECK(call("replace", {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "a",
                         "0123456789012345678901234567890123456789"}) == "E:string or blob too big");
  CHECK(call("trim", {"  a b "}) == "'a b'");
  CHECK(call("ltrim", {"xxhixx", "x"}) == "'hixx'");
  CHECK(call("rtrim", {"hi\xc3\xa9\xc3\xa9", "\xc3\xa9"}) == "'hi'");
  CHECK(call("trim", {"abcba", "ba"}) == "'c'");
  CHECK(call("concat", {1, nullptr, "x"}) == "'1x'");
  CHECK(call("concat_ws", {"-", 1, nullptr, 2.5}) == "'1-2.5'");
  CHECK(call("concat_ws", {nullptr, 1, 2}) == "NULL");
}

TEST_CASE("round, abs, sign") {
  Caller call;
  CHECK(call("round", {2.5}) == "3.0");
  CHECK(call("round", {-2.5}) == "-3.0");
  CHECK(call("round", {2.675, 2}) == "2.67");
  CHECK(call("round", {1234.5678, -2}) == "1235.0");
  CHECK(call("round", {9007199254740993.0}) == "9007199254740992.0");
  CHECK(call("round", {"abc"}) == "0.0");
  CHECK(call("abs", {-5}) == "5");
  CHECK(call("abs", {"-5"}) == "5.0");
  CHECK(call("abs", {INT64_MIN}) == "E:integer overflow");
  CHECK(call("sign", {-0.5}) == "-1");
  CHECK(call("sign", {"x"}) == "NULL");
}

TEST_CASE("hex, unhex, char, unicode, unistr, quote") {
  Caller call;
  CHECK(call("hex", {"abc"}) == "'616263'");
  CHECK(call("hex", {12}) == "'3132'");
  CHECK(call("unhex", {"6162"}) == "X'6162'");
  CHECK(call("unhex", {"61-62", "-"}) == "X'6162'");
  CHECK(call("unhex", {"61-62"}) == "NULL");
  CHECK(call("char", {104, 233, 0x1d11e}) == "'h\xc3\xa9\xf0\x9d\x84\x9e'");
  CHECK(call("unicode", {"\xe2\x82\xac"}) == "8364");
  CHECK(call("unicode", {""}) == "NULL");
  CHECK(call("unistr", {"\\u00e9\\+01d11e\\\\"}) == "'\xc3\xa9\xf0\x9d\x84\x9e\\'");
  CHECK(call("unistr", {"\\q"}) == "E:invalid Unicode escape");
  CHECK(call("quote", {"it's"}) == "'''it''''s'''");
  CHECK(call("zeroblob", {3}) == "X'000000'");
  CHECK(call("zeroblob", {2000}) == "E:string or blob too big");
}

TEST_CASE("choosing among arguments") {
  Caller call;
  CHECK(call("coalesce", {nullptr, nullptr, 3}) == "3");
  CHECK(call("coalesce", {1}) == "?");
  CHECK(call("ifnull", {nullptr, "x"}) == "'x'");
  CHECK(call("iif", {0, "a", 1, "b", "c"}) == "'b'");
  CHECK(call("if", {0, "a"}) == "NULL");
  CHECK(call("nullif", {1, 1.0}) == "NULL");
  CHECK(call("max", {1, "a", 2.5}) == "'a'");
  CHECK(call("min", {3, 2, nullptr}) == "NULL");
  CHECK(call("typeof", {blob_value("")}) == "'blob'");
  call.collation = &kNoCaseCollation;
  CHECK(call("nullif", {"a", "A"}) == "NULL");
  CHECK(call("min", {"b", "A"}) == "'A'");
}

TEST_CASE("mathematics: NULL for what is no number") {
  Caller call;
  CHECK(call("ceil", {2}) == "2");
  CHECK(call("ceil", {2.1}) == "3.0");
  CHECK(call("trunc", {-2.7}) == "-2.0");
  CHECK(call("log", {100}) == "2.0");
  CHECK(call("log", {2, 8}) == "3.0");
  CHECK(call("ln", {0}) == "NULL");
  CHECK(call("sqrt", {-1}) == "NULL");
  CHECK(call("pow", {2, 10}) == "1024.0");
  CHECK(call("mod", {7, 3}) == "1.0");
  CHECK(call("sin", {"x"}) == "NULL");
  CHECK(call("pi", {}) == "3.1415926535897931");
}

TEST_CASE("like and glob as functions") {
  Caller call;
  CHECK(call("like", {"a%", "ABC"}) == "1");
  CHECK(call("like", {"a\\%", "a%", "\\"}) == "1");
  CHECK(call("like", {"a", "a", "xy"}) == "E:ESCAPE expression must be a single character");
  CHECK(call("like", {nullptr, "a"}) == "NULL");
  CHECK(call("like", {std::string_view("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                                       "xxxxxxxxxxxxxxxxxxxxxxxxxx"),
                      "a"}) == "E:LIKE or GLOB pattern too complex");
  CHECK(call("glob", {"a*", "ABC"}) == "0");
  call.connection.case_sensitive = true;
  CHECK(call("like", {"a%", "ABC"}) == "0");
}

TEST_CASE("connection functions") {
  Caller call;
  CHECK(call("last_insert_rowid", {}) == "7");
  CHECK(call("changes", {}) == "8");
  CHECK(call("total_changes", {}) == "9");
  CHECK(call("random", {}) == "-9223372036854775807");
  CHECK(call("sqlite_compileoption_used", {"SQLITE_THREADSAFE"}) == "1");
  CHECK(call("sqlite_compileoption_used", {"THREAD"}) == "0");
  CHECK(call("load_extension", {"x"}) == "E:not authorized");
}

TEST_CASE("Registry: exact argument count first, names without case, user functions above built-ins") {
  Registry registry;
  bool known = false;
  CHECK(registry.find("MAX", 1, nullptr)->type == FunctionType::Aggregate);
  CHECK(registry.find("max", 2, nullptr)->type == FunctionType::Scalar);
  CHECK(registry.find("substr", 5, &known) == nullptr);
  CHECK(known);
  CHECK(registry.find("no_such", 1, &known) == nullptr);
  CHECK_FALSE(known);
  static int destroyed;
  destroyed = 0;
  FunctionDef mine;
  mine.name = "Upper";
  mine.argument_count = 1;
  mine.flags = function_flags::kUser;
  mine.user_data = &destroyed;
  mine.scalar = [](CallContext&, const Value*, int, Value* result) {
    *result = Value::from_integer(1);
    return Status();
  };
  auto destroy = [](void* data) { ++*static_cast<int*>(data); };
  uint64_t version = registry.version();
  REQUIRE(registry.add(mine, destroy).ok());
  CHECK(registry.version() != version);
  CHECK(registry.find("upper", 1, nullptr)->flags == function_flags::kUser);
  REQUIRE(registry.add(mine, destroy).ok());
  CHECK(destroyed == 1);
  mine.scalar = nullptr;
  REQUIRE(registry.add(mine, nullptr).ok());
  CHECK(destroyed == 2);
  CHECK(registry.find("upper", 1, nullptr) == nullptr);
}
