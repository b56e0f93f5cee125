// The mathematical functions. An argument that is no number gives NULL, as does a result that is none.
#include <cmath>
#include <numbers>

#include "functions/function_table.h"

namespace sqlrite::functions {

namespace {

template <double (*fn)(double)>
Status unary(CallContext&, const Value* arguments, int, Value* result) {
  Value number = numeric_argument(arguments[0]);
  *result = number.is_numeric() ? Value::from_real(fn(to_real(number))) : Value::null();
  return Status();
}

template <double (*fn)(double, double)>
Status binary(CallContext&, const Value* arguments, int, Value* result) {
  Value a = numeric_argument(arguments[0]);
  Value b = numeric_argument(arguments[1]);
  *result = a.is_numeric() && b.is_numeric() ? Value::from_real(fn(to_real(a), to_real(b))) : Value::null();
  return Status();
}

// ceil, floor, trunc: integers stay integers.
template <double (*fn)(double)>
Status to_whole(CallContext&, const Value* arguments, int, Value* result) {
  Value number = numeric_argument(arguments[0]);
  *result = number.type == ValueType::Integer ? number
            : number.type == ValueType::Real  ? Value::from_real(fn(number.real))
                                              : Value::null();
  return Status();
}

template <double (*fn)(double)>
Status logarithm(CallContext&, const Value* arguments, int, Value* result) {
  Value number = numeric_argument(arguments[0]);
  *result = Value::null();
  if (!number.is_numeric()) return Status();
  double x = to_real(number);
  if (x > 0.0) *result = Value::from_real(fn(x));
  return Status();
}

// log(base, x): only the base must look like a number; x is read as far as it is one.
Status logarithm_to_base(CallContext&, const Value* arguments, int, Value* result) {
  Value base = numeric_argument(arguments[0]);
  *result = Value::null();
  if (!base.is_numeric()) return Status();
  double b = to_real(base);
  if (!(b > 0.0)) return Status();
  b = std::log(b);
  if (b <= 0.0) return Status();
  double x = to_real(arguments[1]);
  if (x > 0.0) *result = Value::from_real(std::log(x) / b);
  return Status();
}

double radians(double x) { return x * (std::numbers::pi / 180.0); }
double degrees(double x) { return x * (180.0 / std::numbers::pi); }

Status pi(CallContext&, const Value*, int, Value* result) {
  *result = Value::from_real(std::numbers::pi);
  return Status();
}

}  // namespace

void add_math_functions(std::vector<FunctionDef>& table) {
  table.push_back(scalar_def("ceil", 1, to_whole<std::ceil>));
  table.push_back(scalar_def("ceiling", 1, to_whole<std::ceil>));
  table.push_back(scalar_def("floor", 1, to_whole<std::floor>));
  table.push_back(scalar_def("trunc", 1, to_whole<std::trunc>));
  table.push_back(scalar_def("ln", 1, logarithm<std::log>));
  table.push_back(scalar_def("log", 1, logarithm<std::log10>));
  table.push_back(scalar_def("log10", 1, logarithm<std::log10>));
  table.push_back(scalar_def("log2", 1, logarithm<std::log2>));
  table.push_back(scalar_def("log", 2, logarithm_to_base));
  table.push_back(scalar_def("exp", 1, unary<std::exp>));
  table.push_back(scalar_def("pow", 2, binary<std::pow>));
  table.push_back(scalar_def("power", 2, binary<std::pow>));
  table.push_back(scalar_def("mod", 2, binary<std::fmod>));
  table.push_back(scalar_def("acos", 1, unary<std::acos>));
  table.push_back(scalar_def("asin", 1, unary<std::asin>));
  table.push_back(scalar_def("atan", 1, unary<std::atan>));
  table.push_back(scalar_def("atan2", 2, binary<std::atan2>));
  table.push_back(scalar_def("cos", 1, unary<std::cos>));
  table.push_back(scalar_def("sin", 1, unary<std::sin>));
  table.push_back(scalar_def("tan", 1, unary<std::tan>));
  table.push_back(scalar_def("cosh", 1, unary<std::cosh>));
  table.push_back(scalar_def("sinh", 1, unary<std::sinh>));
  table.push_back(scalar_def("tanh", 1, unary<std::tanh>));
  table.push_back(scalar_def("acosh", 1, unary<std::acosh>));
  table.push_back(scalar_def("asinh", 1, unary<std::asinh>));
  table.push_back(scalar_def("atanh", 1, unary<std::atanh>));
  table.push_back(scalar_def("sqrt", 1, unary<std::sqrt>));
  table.push_back(scalar_def("radians", 1, unary<radians>));
  table.push_back(scalar_def("degrees", 1, unary<degrees>));
  table.push_back(scalar_def("pi", 0, pi));
}

}  // namespace sqlrite::functions
