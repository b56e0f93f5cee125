// Comparison of values: the built-in collations and the order over all types.
#include "types/value.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"

namespace sqlrite {

const Collation kBinaryCollation{Collation::Kind::Binary, nullptr, nullptr, "BINARY"};
const Collation kNoCaseCollation{Collation::Kind::NoCase, nullptr, nullptr, "NOCASE"};
const Collation kRTrimCollation{Collation::Kind::RTrim, nullptr, nullptr, "RTRIM"};

namespace {

int compare_sizes(size_t a, size_t b) { return a < b ? -1 : a > b; }

int compare_bytes(std::string_view a, std::string_view b) {
  size_t common = std::min(a.size(), b.size());
  if (common > 0) {
    int order = std::memcmp(a.data(), b.data(), common);
    if (order != 0) return order;
  }
  return compare_sizes(a.size(), b.size());
}

// A NUL ends the comparison of characters, as if both texts agreed from there on; then the lengths decide.
int compare_no_case(std::string_view a, std::string_view b) {
  size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    int x = static_cast<unsigned char>(ascii_lower(a[i]));
    int y = static_cast<unsigned char>(ascii_lower(b[i]));
    if (x != y) return x - y;
    if (x == 0) break;
  }
  return compare_sizes(a.size(), b.size());
}

std::string_view without_trailing_spaces(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// By exact value: the integer is not rounded to a double where that would lose bits.
int compare_integer_real(int64_t integer, double real) {
  if (real < -9223372036854775808.0) return 1;
  if (real >= 9223372036854775808.0) return -1;
  int64_t truncated = static_cast<int64_t>(real);
  if (integer != truncated) return integer < truncated ? -1 : 1;
  double back = static_cast<double>(truncated);
  return back < real ? -1 : back > real;
}

int compare_blobs(const Value& a, const Value& b) {
  if (((a.flags | b.flags) & value_flags::kZeroBlob) == 0) return compare_bytes(a.view(), b.view());
  size_t common = std::min(a.length, b.length);
  bool a_zero = (a.flags & value_flags::kZeroBlob) != 0;
  bool b_zero = (b.flags & value_flags::kZeroBlob) != 0;
  if (!a_zero || !b_zero) {
    const char* bytes = a_zero ? b.bytes : a.bytes;
    for (size_t i = 0; i < common; ++i) {
      if (bytes[i] != 0) return a_zero ? -1 : 1;
    }
  }
  return compare_sizes(a.length, b.length);
}

// NULL, numbers, text, blob: the order of type classes.
constexpr int8_t kClass[6] = {0, 1, 1, 2, 3, 0};

}  // namespace

int compare_text(const Collation& collation, std::string_view a, std::string_view b) {
  switch (collation.kind) {
    case Collation::Kind::Binary: return compare_bytes(a, b);
    case Collation::Kind::NoCase: return compare_no_case(a, b);
    case Collation::Kind::RTrim: return compare_bytes(without_trailing_spaces(a), without_trailing_spaces(b));
    case Collation::Kind::User: return collation.compare(collation.context, a, b);
  }
  return 0;
}

int compare_values(const Value& a, const Value& b, const Collation& collation) {
  if (a.type == b.type) {
    switch (a.type) {
      case ValueType::Integer: return a.integer < b.integer ? -1 : a.integer > b.integer;
      case ValueType::Real: return a.real < b.real ? -1 : a.real > b.real;
      case ValueType::Text: return compare_text(collation, a.view(), b.view());
      case ValueType::Blob: return compare_blobs(a, b);
      case ValueType::Null: return 0;
    }
  }
  int a_class = kClass[static_cast<uint8_t>(a.type)];
  int b_class = kClass[static_cast<uint8_t>(b.type)];
  if (a_class != b_class) return a_class - b_class;
  return a.type == ValueType::Integer ? compare_integer_real(a.integer, b.real)
                                      : -compare_integer_real(b.integer, a.real);
}

}  // namespace sqlrite
