// Calls built-in functions in tests, and shows results as SQL literals.
#pragma once

#include <cstring>
#include <initializer_list>
#include <string>
#include <vector>

#include "functions/function.h"
#include "types/value_text.h"

namespace sqlrite::functions {

class TestConnection final : public FunctionContext {
 public:
  int64_t statement_time_julian_ms() override { return 212569660800000; }  // 2023-12-18 12:00:00
  void random_bytes(void* out, size_t size_bytes) override { std::memset(out, 0xff, size_bytes); }
  bool local_time(int64_t, LocalTime*) override { return false; }
  int64_t last_insert_rowid() const override { return 7; }
  int64_t changes() const override { return 8; }
  int64_t total_changes() const override { return 9; }
  int64_t length_limit_bytes() const override { return 1000; }
  int64_t like_pattern_limit_bytes() const override { return 100; }
  bool case_sensitive_like() const override { return case_sensitive; }
  TextEncoding text_encoding() const override { return TextEncoding::Utf8; }
  bool case_sensitive = false;
};

// A literal of a test: integers, reals and texts convert by themselves.
struct Argument {
  Value value;
  Argument(int v) : value(Value::from_integer(v)) {}
  Argument(int64_t v) : value(Value::from_integer(v)) {}
  Argument(double v) : value(Value::from_real(v)) {}
  Argument(const char* v) : value(Value::from_text(v, ValueOwner::Static)) {}
  Argument(std::string_view v) : value(Value::from_text(v, ValueOwner::Static)) {}
  Argument(std::nullptr_t) {}
  Argument(const Value& v) : value(v) {}
};

class Caller {
 public:
  // "E:" and the message when the call fails, "?" when there is no such function.
  std::string operator()(std::string_view name, std::initializer_list<Argument> arguments) {
    std::vector<Value> values;
    for (const Argument& argument : arguments) values.push_back(argument.value);
    const FunctionDef* def = registry.find(name, static_cast<int>(values.size()), nullptr);
    if (def == nullptr || def->scalar == nullptr) return "?";
    CallContext ctx;
    ctx.connection = &connection;
    ctx.heap = &heap;
    ctx.collation = collation;
    ctx.function = def;
    Value result;
    Status status = def->scalar(ctx, values.data(), static_cast<int>(values.size()), &result);
    if (!status.ok()) return "E:" + std::string(status.message());
    return show(result);
  }
  // Runs an aggregate over rows of one argument.
  std::string aggregate(std::string_view name, std::initializer_list<Argument> rows) {
    const FunctionDef* def = registry.find(name, 1, nullptr);
    if (def == nullptr || def->aggregate.step == nullptr) return "?";
    std::vector<char> state(def->aggregate.state_size_bytes, 0);
    CallContext ctx;
    ctx.connection = &connection;
    ctx.heap = &heap;
    ctx.collation = collation;
    ctx.function = def;
    std::string shown;
    for (const Argument& row : rows) {
      Status status = def->aggregate.step(ctx, state.data(), &row.value, 1);
      if (!status.ok()) shown = "E:" + std::string(status.message());
    }
    Value result;
    Status status = def->aggregate.finalize(ctx, state.data(), &result);
    if (shown.empty()) shown = status.ok() ? show(result) : "E:" + std::string(status.message());
    if (def->aggregate.destroy != nullptr) def->aggregate.destroy(state.data());
    return shown;
  }
  std::string show(const Value& value) {
    TextBuilder out(heap);
    append_quoted(out, value, false);
    return std::string(out.view());
  }
  Registry registry;
  TestConnection connection;
  Arena heap;
  const Collation* collation = &kBinaryCollation;
};

inline Value blob_value(std::string_view bytes) { return Value::from_blob(bytes, ValueOwner::Static); }

}  // namespace sqlrite::functions
