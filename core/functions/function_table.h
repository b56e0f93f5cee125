// How the built-in tables are written: short makers for FunctionDef rows, and what every implementation needs.
#pragma once

#include <string_view>
#include <vector>

#include "functions/function.h"
#include "types/blob_text.h"
#include "types/cast.h"
#include "types/value_text.h"

namespace sqlrite::functions {

inline constexpr uint32_t kPure = function_flags::kDeterministic | function_flags::kInnocuous;
inline constexpr int64_t kLengthLimitDefault = 1000000000;

inline FunctionDef scalar_def(std::string_view name, int argument_count, ScalarFn fn, uint32_t flags = kPure,
                              BuiltinKind kind = BuiltinKind::None) {
  FunctionDef def;
  def.name = name;
  def.argument_count = static_cast<int16_t>(argument_count);
  def.scalar = fn;
  def.flags = flags;
  def.kind = kind;
  return def;
}

// Any number of arguments from `least` on.
inline FunctionDef variadic_def(std::string_view name, int least, ScalarFn fn, uint32_t flags = kPure,
                                BuiltinKind kind = BuiltinKind::None) {
  FunctionDef def = scalar_def(name, -1, fn, flags, kind);
  def.argument_count_min = static_cast<int16_t>(least);
  return def;
}

inline FunctionDef aggregate_def(std::string_view name, int argument_count, const AggregateFns& fns,
                                 uint32_t flags = kPure, BuiltinKind kind = BuiltinKind::None) {
  FunctionDef def;
  def.name = name;
  def.argument_count = static_cast<int16_t>(argument_count);
  def.type = FunctionType::Aggregate;
  def.aggregate = fns;
  def.flags = flags;
  def.kind = kind;
  return def;
}

inline int64_t length_limit(const CallContext& ctx) {
  return ctx.connection != nullptr ? ctx.connection->length_limit_bytes() : kLengthLimitDefault;
}

Status too_big();
inline Status call_error(std::string_view message) { return Status(Code::Error, message); }

// The bytes of an argument, of texts as they are here (UTF-8); numbers are formatted into `buffer`. REQUIRES: not NULL.
// Status: a zero blob needs the heap.
inline Status argument_bytes(CallContext& ctx, const Value& argument, NumberText& buffer, std::string_view* out) {
  if (argument.is_bytes() && (argument.flags & value_flags::kZeroBlob) != 0) [[unlikely]] {
    Value blob = argument;
    SQLRITE_TRY(make_bytes(blob, *ctx.heap));
    *out = blob.view();
    return Status();
  }
  *out = text_of(argument, buffer);
  return Status();
}

// The same with an argument read as text: a blob's bytes are in the encoding of the database.
inline Status argument_text(CallContext& ctx, const Value& argument, NumberText& buffer, std::string_view* out) {
  if (argument.type == ValueType::Blob && encoding_of(ctx) != TextEncoding::Utf8) [[unlikely]] {
    Value text = argument;
    SQLRITE_TRY(blob_to_text(text, encoding_of(ctx), *ctx.heap));
    *out = text.view();
    return Status();
  }
  return argument_bytes(ctx, argument, buffer, out);
}

// Makes a Text of an argument's copy. NULL stays NULL.
inline Status make_argument_text(CallContext& ctx, Value& value) {
  SQLRITE_TRY(blob_to_text(value, encoding_of(ctx), *ctx.heap));
  return make_text(value, *ctx.heap);
}

// Sets `*result` to a text of `size` bytes in the heap (a NUL behind it) and `*bytes` to where they go.
Status allocate_text(CallContext& ctx, size_t size, char** bytes, Value* result);
// A copy of `text` in the heap, unless it already lies in an argument that outlives the call (then it is shared).
inline Value shared_text(const Value& owner, std::string_view text) {
  Value value = Value::from_text(text, owner.owner);
  if ((owner.flags & value_flags::kNulFollows) != 0 && text.data() + text.size() == owner.bytes + owner.length) {
    value.flags = value_flags::kNulFollows;
  }
  return value;
}

// Numbers stay; text that is a number from end to end becomes one (sqlite3_value_numeric_type()).
Value numeric_argument(const Value& value);

// The tables, in the order in which registry.cc lists them.
void add_text_functions(std::vector<FunctionDef>& table);
void add_byte_functions(std::vector<FunctionDef>& table);
void add_number_functions(std::vector<FunctionDef>& table);
void add_math_functions(std::vector<FunctionDef>& table);
void add_conditional_functions(std::vector<FunctionDef>& table);
void add_connection_functions(std::vector<FunctionDef>& table);

}  // namespace sqlrite::functions
