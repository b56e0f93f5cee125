// Aggregates: exact integers, compensated reals, what is NULL without rows, and taking rows back in windows.
#include <doctest/doctest.h>

#include "functions/aggregate/sum_state.h"
#include "functions/function_test_context.h"

using namespace sqlrite;
using namespace sqlrite::functions;

TEST_CASE("sum, total, avg, count") {
  Caller call;
  CHECK(call.aggregate("sum", {1, 2, nullptr, 3}) == "6");
  CHECK(call.aggregate("sum", {1, 2.5}) == "3.5");
  CHECK(call.aggregate("sum", {"12", "x"}) == "12.0");
  CHECK(call.aggregate("sum", {}) == "NULL");
  CHECK(call.aggregate("total", {}) == "0.0");
  CHECK(call.aggregate("total", {1, 2}) == "3.0");
  CHECK(call.aggregate("avg", {1, 2}) == "1.5");
  CHECK(call.aggregate("avg", {nullptr}) == "NULL");
  CHECK(call.aggregate("count", {1, nullptr, "x"}) == "2");
  CHECK(call.aggregate("sum", {INT64_MAX, 1}) == "E:integer overflow");
  CHECK(call.aggregate("sum", {INT64_MAX, 1, 0.5}) == "9.2233720368547758e+18");
  // Lost without compensation.
  CHECK(call.aggregate("sum", {1e16, 1.0, -1e16}) == "1.0");
  CHECK(call.aggregate("total", {1e308, 1e308}) == "9.0e+999");
}

TEST_CASE("min and max keep bytes of their own") {
  Caller call;
  CHECK(call.aggregate("min", {"b", nullptr, "a", 5}) == "5");
  CHECK(call.aggregate("max", {"b", nullptr, "abc", 5}) == "'b'");
  CHECK(call.aggregate("max", {}) == "NULL");
  call.collation = &kNoCaseCollation;
  CHECK(call.aggregate("max", {"a", "B", "b"}) == "'B'");
}

TEST_CASE("group_concat: separators, also when entries leave at the front") {
  Caller call;
  CHECK(call.aggregate("group_concat", {1, nullptr, "x", 2.5}) == "'1,x,2.5'");
  CHECK(call.aggregate("group_concat", {}) == "NULL");
  const FunctionDef* def = call.registry.find("string_agg", 2, nullptr);
  std::vector<char> state(def->aggregate.state_size_bytes, 0);
  CallContext ctx;
  ctx.heap = &call.heap;
  auto step = [&](Argument entry, Argument separator, bool inverse) {
    Value arguments[2] = {entry.value, separator.value};
    auto fn = inverse ? def->aggregate.inverse : def->aggregate.step;
    REQUIRE(fn(ctx, state.data(), arguments, 2).ok());
    Value result;
    REQUIRE(def->aggregate.value(ctx, state.data(), &result).ok());
    return call.show(result);
  };
  CHECK(step("a", "-", false) == "'a'");
  CHECK(step("b", "+", false) == "'a+b'");
  CHECK(step("c", "---", false) == "'a+b---c'");
  CHECK(step("a", "-", true) == "'b---c'");
  CHECK(step("b", "+", true) == "'c'");
  CHECK(step("c", "---", true) == "NULL");
  CHECK(step("d", "+", false) == "'d'");
  def->aggregate.destroy(state.data());
}

TEST_CASE("SumState: inverse restores") {
  SumState sum;
  sum.step_integer(5);
  sum.step_integer(7);
  sum.unstep_integer(5);
  Value result;
  REQUIRE(sum.sum_result(&result).ok());
  CHECK(result.type == ValueType::Integer);
  CHECK(result.integer == 7);
  sum.step_real(0.5);
  sum.unstep_real(0.5);
  REQUIRE(sum.sum_result(&result).ok());
  CHECK(result.real == 7.0);
}
