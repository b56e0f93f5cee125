#include "storage/wal/wal_checksum.h"

#include <cstdlib>
#include <cstring>

#include "base/buffer_memory.h"
#include "base/endian.h"

#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_THREAD__)
#define SQLRITE_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define SQLRITE_VECTOR_CLONES
#endif

namespace sqlrite::storage {
namespace {

typedef uint32_t Lanes __attribute__((vector_size(64), may_alias));

SQLRITE_VECTOR_CLONES
void dot_products(const uint8_t* page, const uint32_t* first, const uint32_t* second, uint32_t word_count,
                  uint32_t out[2]) {
  Lanes sum0 = {};
  Lanes sum1 = {};
  Lanes sum2 = {};
  Lanes sum3 = {};
  for (uint32_t i = 0; i < word_count; i += 32) {
    Lanes x, y, a, b, c, d;
    std::memcpy(&x, page + i * 4, sizeof x);
    std::memcpy(&y, page + i * 4 + 64, sizeof y);
    std::memcpy(&a, first + i, sizeof a);
    std::memcpy(&b, first + i + 16, sizeof b);
    std::memcpy(&c, second + i, sizeof c);
    std::memcpy(&d, second + i + 16, sizeof d);
    sum0 += x * a;
    sum1 += x * c;
    sum2 += y * b;
    sum3 += y * d;
  }
  sum0 += sum2;
  sum1 += sum3;
  uint32_t s0 = 0;
  uint32_t s1 = 0;
  for (int lane = 0; lane < 16; ++lane) {
    s0 += sum0[lane];
    s1 += sum1[lane];
  }
  out[0] = s0;
  out[1] = s1;
}

}  // namespace

WalChecksum wal_checksum(WalChecksum state, const uint8_t* bytes, uint32_t size_bytes, bool big_endian) {
  uint32_t s0 = state.s0;
  uint32_t s1 = state.s1;
  for (uint32_t at = 0; at < size_bytes; at += 8) {
    uint32_t a = load_be32(bytes + at);
    uint32_t b = load_be32(bytes + at + 4);
    if (!big_endian) {
      a = __builtin_bswap32(a);
      b = __builtin_bswap32(b);
    }
    s0 += a + s1;
    s1 += b + s0;
  }
  return {s0, s1};
}

PageChecksum::~PageChecksum() { release(); }

void PageChecksum::release() {
  free_buffer(first_, page_size_bytes_);
  free_buffer(second_, page_size_bytes_);
  first_ = second_ = nullptr;
}

bool PageChecksum::prepare(uint32_t page_size_bytes) {
  if (page_size_bytes == page_size_bytes_ && first_ != nullptr) return true;
  release();
  page_size_bytes_ = page_size_bytes;
  first_ = static_cast<uint32_t*>(allocate_buffer(page_size_bytes));
  second_ = static_cast<uint32_t*>(allocate_buffer(page_size_bytes));
  if (first_ == nullptr || second_ == nullptr) {
    release();
    return false;
  }
  // One pair (a, b) maps the state by M = [1 1; 1 2] and adds (a, a + b). K = M^(pairs still to come).
  uint32_t p = 1, q = 0, r = 0, t = 1;
  for (uint32_t word = page_size_bytes / 4; word > 0; word -= 2) {
    first_[word - 2] = p + q;
    first_[word - 1] = q;
    second_[word - 2] = r + t;
    second_[word - 1] = t;
    uint32_t p2 = p + q, q2 = p + 2 * q, r2 = r + t, t2 = r + 2 * t;
    p = p2, q = q2, r = r2, t = t2;
  }
  matrix_[0] = p;
  matrix_[1] = q;
  matrix_[2] = r;
  matrix_[3] = t;
  return true;
}

WalChecksum PageChecksum::update(WalChecksum state, const uint8_t* page) const {
  if (first_ == nullptr) return wal_checksum(state, page, page_size_bytes_, false);
  uint32_t sums[2];
  dot_products(page, first_, second_, page_size_bytes_ / 4, sums);
  return {matrix_[0] * state.s0 + matrix_[1] * state.s1 + sums[0],
          matrix_[2] * state.s0 + matrix_[3] * state.s1 + sums[1]};
}

}  // namespace sqlrite::storage
