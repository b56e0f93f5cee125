// Serial types, inline for hot code.
//
//   type   0     1  2  3  4  5  6   7      8   9   10,11     even >= 12    odd >= 13
//   value  NULL  integer            real   0   1   reserved  blob          text
//   bytes  0     1  2  3  4  6  8   8      0   0   0         (t - 12) / 2  (t - 13) / 2
#pragma once

#include <bit>
#include <cstdint>

#include "base/endian.h"
#include "types/value.h"

namespace sqlrite::storage {

struct SerialSizes {
  uint8_t size_bytes[128];
  constexpr SerialSizes() : size_bytes() {
    constexpr uint8_t small[12] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0};
    for (int i = 0; i < 128; ++i) size_bytes[i] = i < 12 ? small[i] : static_cast<uint8_t>((i - 12) / 2);
  }
};
inline constexpr SerialSizes kSerialSizes;

inline uint64_t serial_size(uint64_t type) { return type < 128 ? kSerialSizes.size_bytes[type] : (type - 12) / 2; }
inline bool is_serial_integer(uint64_t type) { return (type >= 1 && type <= 6) || type == 8 || type == 9; }

// REQUIRES: is_serial_integer(type) and eight readable bytes at `p`.
inline int64_t read_serial_integer(const uint8_t* p, uint64_t type) {
  if (type >= 8) return static_cast<int64_t>(type - 8);
  uint32_t shift = 64 - 8u * kSerialSizes.size_bytes[type];
  return static_cast<int64_t>(load_be64(p)) >> shift;
}
inline double read_serial_real(const uint8_t* p) { return std::bit_cast<double>(load_be64(p)); }

// Integer serial types by the bits that a number has besides its sign.
struct IntegerTypes {
  uint8_t type[64];
  constexpr IntegerTypes() : type() {
    for (int bits = 0; bits < 64; ++bits)
      type[bits] = bits < 8 ? 1 : bits < 16 ? 2 : bits < 24 ? 3 : bits < 32 ? 4 : bits < 48 ? 5 : 6;
  }
};
inline constexpr IntegerTypes kIntegerTypes;

// The smallest integer serial type for a value.
inline uint32_t integer_serial_type(int64_t value) {
  if ((value & ~int64_t{1}) == 0) return 8 + static_cast<uint32_t>(value);
  return kIntegerTypes.type[std::bit_width(static_cast<uint64_t>(value ^ (value >> 63)))];
}

// How a value is stored. `real_as_integer`: the column has REAL affinity, so a real without fraction is stored as an
// integer; reading gives the real back.
inline uint64_t serial_type_of(const Value& value, bool real_as_integer) {
  switch (value.type) {
    case ValueType::Integer: return integer_serial_type(value.integer);
    case ValueType::Real:
      if (value.real != value.real) return 0;
      if (real_as_integer && value.real > -140737488355328.0 && value.real < 140737488355328.0) {
        int64_t whole = static_cast<int64_t>(value.real);
        if (static_cast<double>(whole) == value.real) return integer_serial_type(whole);
      }
      return 7;
    case ValueType::Text: return uint64_t{value.length} * 2 + 13;
    case ValueType::Blob: return uint64_t{value.length} * 2 + 12;
    case ValueType::Null: break;
  }
  return 0;
}

// The eight bytes of which the first serial_size(type) are a number's body. REQUIRES: type is
// serial_type_of(value), 1..7.
inline uint64_t serial_number_bits(const Value& value, uint64_t type) {
  if (type == 7) return std::bit_cast<uint64_t>(value.real);
  int64_t integer = value.type == ValueType::Integer ? value.integer : static_cast<int64_t>(value.real);
  return static_cast<uint64_t>(integer) << (64 - 8 * kSerialSizes.size_bytes[type]);
}

}  // namespace sqlrite::storage
