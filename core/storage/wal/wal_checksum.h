// The running checksum of SQLite's WAL: over pairs of 32-bit words (a, b): s0 += a + s1; s1 += b + s0.
//
// The step is linear modulo 2^32, so the effect of a whole page is two dot products of its words with fixed
// coefficients, plus a constant 2x2 matrix applied to the state before it. PageChecksum holds those constants for one
// page size.
#pragma once

#include <cstdint>

namespace sqlrite::storage {

struct WalChecksum {
  uint32_t s0 = 0;
  uint32_t s1 = 0;
  friend bool operator==(const WalChecksum&, const WalChecksum&) = default;
};

// REQUIRES: size_bytes is a multiple of 8. `big_endian`: how the words are read.
WalChecksum wal_checksum(WalChecksum state, const uint8_t* bytes, uint32_t size_bytes, bool big_endian);

class PageChecksum {
 public:
  PageChecksum() = default;
  ~PageChecksum();
  PageChecksum(const PageChecksum&) = delete;
  PageChecksum& operator=(const PageChecksum&) = delete;
  // False when memory is gone; update() then works the slow way.
  bool prepare(uint32_t page_size_bytes);
  // Little-endian words, as this engine writes them.
  WalChecksum update(WalChecksum state, const uint8_t* page) const;

 private:
  uint32_t page_size_bytes_ = 0;
  void release();
  uint32_t* first_ = nullptr;   // coefficients for s0
  uint32_t* second_ = nullptr;  // coefficients for s1
  uint32_t matrix_[4] = {1, 0, 0, 1};
};

}  // namespace sqlrite::storage
