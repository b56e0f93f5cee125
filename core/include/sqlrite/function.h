// Functions and collations of the application.
//
//   static void twice(sqlrite::FunctionCall& call) { call.set_int64(2 * call.argument_int64(0)); }
//   db.create_function("twice", 1, {.call = &twice}, {.deterministic = true});
//
// An aggregate keeps `state_size_bytes` of zeroed memory per group. For each group that saw a row, exactly one of
// `finalize` and `destroy_state` is called last; a group without rows goes to `finalize` with zeroed memory. With
// `value` and `inverse` the aggregate also serves as a window function; without them OVER gives an error.
//
// Calls come on the thread that runs the statement. They may use the same connection (not close it). Nothing may be
// thrown through a call: report with set_error().
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "types/value.h"

namespace sqlrite {

namespace functions {
struct CallContext;
}

// One call: its arguments and where its result goes. A call that sets nothing gives NULL.
class FunctionCall {
 public:
  int argument_count() const { return argument_count_; }
  // As it is; a zeroblob may have no bytes yet (see argument_bytes).
  const Value& argument(int number) const { return arguments_[number]; }
  ValueType argument_type(int number) const { return arguments_[number].type; }
  // Converted as SQLite does. Bytes stay valid for the call; those of numbers are their text, NULL gives a null data().
  int64_t argument_int64(int number) const;
  double argument_double(int number) const;
  std::string_view argument_bytes(int number);
  // As given when the function was created.
  void* data() const { return data_; }

  // Bytes are copied; longer than Limit::Length is the error TOOBIG.
  void set_null();
  void set_int64(int64_t value);
  void set_double(double value);
  void set_text(std::string_view text);
  void set_blob(std::string_view bytes);
  void set_zeroblob(uint64_t size_bytes);
  void set_value(const Value& value);
  // The statement fails with this message. The code may be any failure, as a Status has it.
  void set_error(std::string_view message) { set_error(Status(Code::Error, message)); }
  void set_error(Status error);

  // For those who make calls (core/api/function.cc).
  FunctionCall(functions::CallContext* context, void* data, const Value* arguments, int argument_count)
      : context_(context), data_(data), arguments_(arguments), argument_count_(argument_count) {}
  Status take(Value* result);

 private:
  void set_bytes(std::string_view bytes, ValueType type);
  functions::CallContext* context_;
  void* data_;
  const Value* arguments_;
  int argument_count_;
  Value result_;
  Status error_;
};

struct FunctionOptions {
  bool deterministic = false;  // same arguments, same result: may stand in indexes, CHECK and generated columns
  bool direct_only = false;    // not from views, which may have come with a foreign file
  bool innocuous = false;      // harmless even in an untrusted schema
};

// `destroy` (may be null) is called once with `data` when the function is replaced, removed, refused, or its connection
// ends.
struct ScalarFunction {
  void (*call)(FunctionCall& call) = nullptr;
  void* data = nullptr;
  void (*destroy)(void* data) = nullptr;
};

struct AggregateFunction {
  uint32_t state_size_bytes = 0;
  void (*step)(FunctionCall& call, void* state) = nullptr;
  void (*finalize)(FunctionCall& call, void* state) = nullptr;
  void (*value)(FunctionCall& call, void* state) = nullptr;    // the result so far; the state goes on
  void (*inverse)(FunctionCall& call, void* state) = nullptr;  // takes back the oldest step
  void (*destroy_state)(void* state) = nullptr;                // may be null
  void* data = nullptr;
  void (*destroy)(void* data) = nullptr;
};

// Negative, zero, positive, as memcmp. Must be a total order that never changes.
struct CollationFunction {
  int (*compare)(void* data, std::string_view a, std::string_view b) = nullptr;
  void* data = nullptr;
  void (*destroy)(void* data) = nullptr;
};

}  // namespace sqlrite
