// Functions over numbers that every build of SQLite has: abs, round, sign, random.
#include "functions/function_table.h"
#include "functions/scalar/format.h"

namespace sqlrite::functions {

namespace {

Status absolute(CallContext&, const Value* arguments, int, Value* result) {
  const Value& value = arguments[0];
  if (value.type == ValueType::Integer) {
    if (value.integer == INT64_MIN) return call_error("integer overflow");
    *result = Value::from_integer(value.integer < 0 ? -value.integer : value.integer);
  } else if (value.is_null()) {
    *result = Value::null();
  } else {
    double real = to_real(value);
    *result = Value::from_real(real < 0 ? -real : real);
  }
  return Status();
}

Status round(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  int64_t digits = 0;
  if (argument_count == 2) {
    if (arguments[1].is_null()) return Status();
    digits = to_integer(arguments[1]);
    if (digits > 30) digits = 30;
    if (digits < 0) digits = 0;
  }
  if (arguments[0].is_null()) return Status();
  double real = to_real(arguments[0]);
  constexpr double kNoFraction = 4503599627370496.0;  // 2^52: from here on every double is an integer
  if (real < -kNoFraction || real > kNoFraction) {
    *result = Value::from_real(real);
    return Status();
  }
  if (digits == 0) {
    *result = Value::from_real(static_cast<double>(static_cast<int64_t>(real + (real < 0 ? -0.5 : 0.5))));
    return Status();
  }
  // Round in decimal, as "%!.<digits>f" prints it, and read the digits back.
  Value format_values[2] = {Value::from_integer(digits), Value::from_real(real)};
  ValueFormatArguments source(format_values, 2, *ctx.heap);
  TextBuilder text(*ctx.heap);
  format_text(text, "%!.*f", source);
  SQLRITE_TRY(text.status());
  parse_real(text.view(), &real);
  *result = Value::from_real(real);
  return Status();
}

Status sign(CallContext&, const Value* arguments, int, Value* result) {
  Value number = numeric_argument(arguments[0]);
  *result = Value::null();
  if (!number.is_numeric()) return Status();
  double real = to_real(number);
  *result = Value::from_integer(real < 0.0 ? -1 : real > 0.0 ? 1 : 0);
  return Status();
}

Status random(CallContext& ctx, const Value*, int, Value* result) {
  int64_t value;
  ctx.connection->random_bytes(&value, sizeof value);
  // abs() has no answer for the smallest integer: negative numbers are made from 63 bits.
  if (value < 0) value = -(value & INT64_MAX);
  *result = Value::from_integer(value);
  return Status();
}

}  // namespace

void add_number_functions(std::vector<FunctionDef>& table) {
  table.push_back(scalar_def("abs", 1, absolute, kPure, BuiltinKind::Abs));
  table.push_back(scalar_def("round", 1, round));
  table.push_back(scalar_def("round", 2, round));
  table.push_back(scalar_def("sign", 1, sign));
  table.push_back(scalar_def("random", 0, random, function_flags::kInnocuous));
}

}  // namespace sqlrite::functions
