// Serial types, inline for hot code.
//
//   type   0     1  2  3  4  5  6   7      8   9   10,11     even >= 12    odd >= 13
//   value  NULL  integer            real   0   1   reserved  blob          text
//   bytes  0     1  2  3  4  6  8   8      0   0   0         (t - 12) / 2  (t - 13) / 2
#pragma once

#include <bit>
#include <cstdint>

#include "base/endian.h"

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

// The smallest integer serial type for a value.
inline uint32_t integer_serial_type(int64_t value) {
  uint64_t magnitude = static_cast<uint64_t>(value ^ (value >> 63));
  if (magnitude <= 127) return (value & ~int64_t{1}) == 0 ? 8 + static_cast<uint32_t>(value) : 1;
  if (magnitude <= 0x7fff) return 2;
  if (magnitude <= 0x7fffff) return 3;
  if (magnitude <= 0x7fffffff) return 4;
  if (magnitude <= 0x7fffffffffffull) return 5;
  return 6;
}

}  // namespace sqlrite::storage
