#include "types/affinity.h"

#include "base/text.h"
#include "types/number_text.h"
#include "types/value_text.h"

namespace sqlrite {

Affinity affinity_from_type_name(std::string_view declared_type) {
  if (declared_type.empty()) return Affinity::Blob;
  // A sliding window of four folded characters finds the words wherever they stand in the type.
  constexpr auto word = [](const char* w) {
    return (uint32_t(w[0]) << 24) | (uint32_t(w[1]) << 16) | (uint32_t(w[2]) << 8) | uint32_t(w[3]);
  };
  uint32_t window = 0;
  Affinity affinity = Affinity::Numeric;
  for (char c : declared_type) {
    window = (window << 8) | static_cast<uint8_t>(ascii_lower(c));
    if (window == word("char") || window == word("clob") || window == word("text")) {
      affinity = Affinity::Text;
    } else if (window == word("blob") && (affinity == Affinity::Numeric || affinity == Affinity::Real)) {
      affinity = Affinity::Blob;
    } else if ((window == word("real") || window == word("floa") || window == word("doub")) &&
               affinity == Affinity::Numeric) {
      affinity = Affinity::Real;
    } else if ((window & 0x00ffffff) == (word("\0int") & 0x00ffffff)) {
      return Affinity::Integer;
    }
  }
  return affinity;
}

void integer_if_exact(Value& value) {
  if (value.type != ValueType::Real) return;
  int64_t integer = real_to_integer(value.real);
  if (static_cast<double>(integer) == value.real && integer > INT64_MIN && integer < INT64_MAX) {
    value = Value::from_integer(integer);
  }
}

void apply_numeric_to_text(Value& value, bool prefer_integer) {
  if (value.type != ValueType::Text) return;
  double real;
  uint8_t syntax = parse_real(value.view(), &real);
  if ((syntax & number_syntax::kWhole) == 0) return;
  if ((syntax & number_syntax::kReal) == 0) {
    int64_t integer;
    if (real_is_small_integer(real, &integer) || parse_integer(value.view(), &integer) == IntegerSyntax::Whole) {
      value = Value::from_integer(integer);
      return;
    }
  }
  value = Value::from_real(real);
  if (prefer_integer) integer_if_exact(value);
}

Status apply_affinity_slow(Value& value, Affinity affinity, Arena& heap) {
  switch (affinity) {
    case Affinity::None:
    case Affinity::Blob: break;
    case Affinity::Text:
      if (value.is_numeric()) return make_text(value, heap);
      break;
    case Affinity::Numeric:
    case Affinity::Integer:
      if (value.type == ValueType::Text) {
        apply_numeric_to_text(value, true);
      } else {
        integer_if_exact(value);
      }
      break;
    case Affinity::Real:
      if (value.type == ValueType::Text) apply_numeric_to_text(value, true);
      if (value.type == ValueType::Integer) value = Value::from_real(static_cast<double>(value.integer));
      break;
  }
  return Status();
}

Status apply_comparison_affinity(Value& left, Value& right, Affinity affinity, Arena& heap) {
  if (is_numeric_affinity(affinity)) {
    apply_numeric_to_text(left, false);
    apply_numeric_to_text(right, false);
  } else if (affinity == Affinity::Text) {
    if (left.type == ValueType::Text && right.is_numeric()) return make_text(right, heap);
    if (right.type == ValueType::Text && left.is_numeric()) return make_text(left, heap);
  }
  return Status();
}

}  // namespace sqlrite
