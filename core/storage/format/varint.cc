#include "storage/format/varint.h"

#include "storage/record/record.h"

namespace sqlrite::storage {

uint32_t read_varint_slow(const uint8_t* p, uint64_t* value) {
  uint64_t v = 0;
  for (uint32_t i = 0; i < 8; ++i) {
    v = (v << 7) | (p[i] & 0x7f);
    if (p[i] < 0x80) {
      *value = v;
      return i + 1;
    }
  }
  *value = (v << 8) | p[8];
  return 9;
}

uint32_t write_varint_slow(uint8_t* p, uint64_t value) {
  uint32_t n = varint_length(value);
  if (n == 9) {
    p[8] = static_cast<uint8_t>(value);
    value >>= 8;
    for (int i = 7; i >= 0; --i) {
      p[i] = static_cast<uint8_t>((value & 0x7f) | 0x80);
      value >>= 7;
    }
    return 9;
  }
  for (int i = static_cast<int>(n) - 1; i >= 0; --i) {
    p[i] = static_cast<uint8_t>((value & 0x7f) | 0x80);
    value >>= 7;
  }
  p[n - 1] &= 0x7f;
  return n;
}

uint32_t get_varint(const uint8_t* p, const uint8_t* end, uint64_t* value) {
  uint64_t v = 0;
  for (uint32_t i = 0; i < 8; ++i) {
    if (p + i >= end) return 0;
    v = (v << 7) | (p[i] & 0x7f);
    if (p[i] < 0x80) {
      *value = v;
      return i + 1;
    }
  }
  if (p + 8 >= end) return 0;
  *value = (v << 8) | p[8];
  return 9;
}

uint32_t put_varint(uint8_t* p, uint64_t value) { return write_varint(p, value); }
uint32_t varint_size(uint64_t value) { return varint_length(value); }

}  // namespace sqlrite::storage
