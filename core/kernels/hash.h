// Hashes for grouping and joins. Not stable across versions: never write them to a file.
// Static, not inline: each file keeps its own copies, so that none compiled for a newer processor is picked for all.
#pragma once

#include <cstdint>
#include <cstring>

namespace sqlrite::kernels {

static inline uint64_t hash_int(int64_t value) {
  uint64_t x = static_cast<uint64_t>(value) * 0x9E3779B97F4A7C15ull;
  x ^= x >> 32;
  x *= 0xD6E8FEB86659FD93ull;
  return x ^ (x >> 29);
}
static inline uint64_t combine_hashes(uint64_t a, uint64_t b) {
  return (a ^ (b + 0x9E3779B97F4A7C15ull + (a << 6) + (a >> 2))) * 0xFF51AFD7ED558CCDull;
}

// Mixes 16 bytes a step by 64x64->128 multiplications.
static inline uint64_t hash_bytes(const void* data, uint64_t size_bytes, uint64_t seed = 0x243F6A8885A308D3ull) {
  const auto* p = static_cast<const unsigned char*>(data);
  auto load64 = [](const unsigned char* at) {
    uint64_t v;
    std::memcpy(&v, at, 8);
    return v;
  };
  auto load32 = [](const unsigned char* at) {
    uint32_t v;
    std::memcpy(&v, at, 4);
    return static_cast<uint64_t>(v);
  };
  auto mix = [](uint64_t a, uint64_t b) {
    unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  };
  uint64_t hash = seed ^ (size_bytes * 0x9E3779B97F4A7C15ull);
  uint64_t left = size_bytes;
  while (left > 16) {
    hash = mix(load64(p) ^ 0xA0761D6478BD642Full, load64(p + 8) ^ hash);
    p += 16;
    left -= 16;
  }
  uint64_t a = 0;
  uint64_t b = 0;
  if (left >= 8) {
    a = load64(p);
    b = load64(p + left - 8);
  } else if (left >= 4) {
    a = load32(p);
    b = load32(p + left - 4);
  } else if (left > 0) {
    a = (static_cast<uint64_t>(p[0]) << 16) | (static_cast<uint64_t>(p[left >> 1]) << 8) | p[left - 1];
  }
  return mix(a ^ 0xE7037ED1A0B428DBull, b ^ hash ^ 0x8EBC6AF09C88C6E3ull);
}

// out[i] = hash_int(values[selection[i]]) (selection null: values[i]). With `combine`, folded into what out[i] holds.
void hash_ints(const int64_t* values, const uint16_t* selection, uint32_t count, bool combine, uint64_t* out);

}  // namespace sqlrite::kernels
