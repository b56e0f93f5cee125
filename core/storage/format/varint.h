// Varints inline, for hot code: 1 to 9 bytes, big-endian base 128, the ninth byte with all eight bits.
#pragma once

#include <cstdint>

namespace sqlrite::storage {

uint32_t read_varint_slow(const uint8_t* p, uint64_t* value);

// Reads up to nine bytes from `p` unconditionally: REQUIRES nine readable bytes (page slack, padded buffers).
inline uint32_t read_varint(const uint8_t* p, uint64_t* value) {
  if (p[0] < 0x80) [[likely]] {
    *value = p[0];
    return 1;
  }
  if (p[1] < 0x80) {
    *value = (static_cast<uint64_t>(p[0] & 0x7f) << 7) | p[1];
    return 2;
  }
  if (p[2] < 0x80) {
    *value = (static_cast<uint64_t>(p[0] & 0x7f) << 14) | (static_cast<uint64_t>(p[1] & 0x7f) << 7) | p[2];
    return 3;
  }
  return read_varint_slow(p, value);
}

inline uint32_t varint_length(uint64_t value) {
  if (value < 0x80) return 1;
  uint32_t bits = 64 - static_cast<uint32_t>(__builtin_clzll(value));
  return bits > 56 ? 9 : (bits + 6) / 7;
}

uint32_t write_varint_slow(uint8_t* p, uint64_t value);
inline uint32_t write_varint(uint8_t* p, uint64_t value) {
  if (value < 0x80) {
    p[0] = static_cast<uint8_t>(value);
    return 1;
  }
  if (value < 0x4000) {
    p[0] = static_cast<uint8_t>((value >> 7) | 0x80);
    p[1] = static_cast<uint8_t>(value & 0x7f);
    return 2;
  }
  if (value < 0x200000) {
    p[0] = static_cast<uint8_t>((value >> 14) | 0x80);
    p[1] = static_cast<uint8_t>((value >> 7) | 0x80);
    p[2] = static_cast<uint8_t>(value & 0x7f);
    return 3;
  }
  return write_varint_slow(p, value);
}

}  // namespace sqlrite::storage
