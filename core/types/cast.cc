#include "types/cast.h"

#include "types/number_text.h"
#include "types/value_text.h"

namespace sqlrite {

namespace {

// The bytes that are read as a number; a blob of zeros has none that count.
std::string_view number_bytes(const Value& value) {
  if (!value.is_bytes() || (value.flags & value_flags::kZeroBlob) != 0) return {};
  return value.view();
}

}  // namespace

int64_t to_integer(const Value& value) {
  switch (value.type) {
    case ValueType::Integer: return value.integer;
    case ValueType::Real: return real_to_integer(value.real);
    case ValueType::Null: return 0;
    default: {
      int64_t integer = 0;
      parse_integer(number_bytes(value), &integer);
      return integer;
    }
  }
}

double to_real(const Value& value) {
  switch (value.type) {
    case ValueType::Real: return value.real;
    case ValueType::Integer: return static_cast<double>(value.integer);
    case ValueType::Null: return 0.0;
    default: {
      double real;
      parse_real(number_bytes(value), &real);
      return real;
    }
  }
}

Value to_number(const Value& value) {
  if (!value.is_bytes()) return value.type == ValueType::Null ? Value::null() : value;
  std::string_view bytes = number_bytes(value);
  double real;
  uint8_t syntax = parse_real(bytes, &real);
  if ((syntax & number_syntax::kReal) == 0) {
    int64_t integer = 0;
    IntegerSyntax integer_syntax = parse_integer(bytes, &integer);
    if (integer_syntax == IntegerSyntax::Whole ||
        ((syntax & number_syntax::kWhole) == 0 && integer_syntax <= IntegerSyntax::Trailing)) {
      return Value::from_integer(integer);
    }
  }
  return Value::from_real(real);
}

Value cast_to_numeric(const Value& value) {
  if (!value.is_bytes()) return value.type == ValueType::Null ? Value::null() : value;
  std::string_view bytes = number_bytes(value);
  double real;
  int64_t integer;
  uint8_t syntax = parse_real(bytes, &real);
  if ((syntax & number_syntax::kReal) == 0 && parse_integer(bytes, &integer) <= IntegerSyntax::Trailing) {
    return Value::from_integer(integer);
  }
  if (real_is_small_integer(real, &integer)) return Value::from_integer(integer);
  return Value::from_real(real);
}

Status cast_value(Value& value, Affinity affinity, Arena& heap) {
  if (value.type == ValueType::Null) {
    value = Value::null();
    return Status();
  }
  switch (affinity) {
    case Affinity::None:
    case Affinity::Blob:
      if (value.type != ValueType::Blob) {
        SQLRITE_TRY(make_text(value, heap));
        value.type = ValueType::Blob;
      }
      value.subtype = 0;
      return Status();
    case Affinity::Text: return make_text(value, heap);
    case Affinity::Numeric: value = cast_to_numeric(value); return Status();
    case Affinity::Integer: value = Value::from_integer(to_integer(value)); return Status();
    case Affinity::Real: value = Value::from_real(to_real(value)); return Status();
  }
  return Status();
}

}  // namespace sqlrite
