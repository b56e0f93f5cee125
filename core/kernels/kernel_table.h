// The table of function pointers that each instruction set fills; private to kernels/.
#pragma once

#include <cstdint>

#include "kernels/select.h"

namespace sqlrite::kernels {

struct Cell16Opaque {
  uint64_t words[2];
};

struct KernelTable {
  uint32_t (*select_ints)(Compare, const int64_t*, const int64_t*, bool, const uint8_t*, const uint8_t*,
                          const uint16_t*, uint32_t, uint16_t*);
  uint32_t (*select_reals)(Compare, const double*, const double*, bool, const uint8_t*, const uint8_t*, const uint16_t*,
                           uint32_t, uint16_t*);
  uint32_t (*select_ints_between)(const int64_t*, int64_t, int64_t, const uint8_t*, const uint16_t*, uint32_t,
                                  uint16_t*);
  uint32_t (*select_reals_between)(const double*, double, double, const uint8_t*, const uint16_t*, uint32_t, uint16_t*);
  uint32_t (*select_bytes)(bool, const uint8_t*, const uint16_t*, uint32_t, uint16_t*);
  bool (*all_small)(const int64_t*, uint32_t);
  int64_t (*sum_dense)(const int64_t*, uint32_t);
  int64_t (*sum_dense_valid)(const int64_t*, const uint8_t*, uint32_t);
  bool (*min_ints)(const int64_t*, const uint8_t*, const uint16_t*, uint32_t, int64_t*);
  bool (*max_ints)(const int64_t*, const uint8_t*, const uint16_t*, uint32_t, int64_t*);
  bool (*min_reals)(const double*, const uint8_t*, const uint16_t*, uint32_t, double*);
  bool (*max_reals)(const double*, const uint8_t*, const uint16_t*, uint32_t, double*);
  void (*hash_ints)(const int64_t*, const uint16_t*, uint32_t, bool, uint64_t*);
  const char* (*find_bytes)(const char*, uint64_t, const char*, uint64_t);
  const char* (*find_bytes_nocase)(const char*, uint64_t, const char*, uint64_t);
  void (*gather_bytes)(const uint8_t*, const uint16_t*, uint32_t, uint8_t*);
  void (*gather_words)(const uint64_t*, const uint16_t*, uint32_t, uint64_t*);
  void (*gather_cells)(const Cell16Opaque*, const uint16_t*, uint32_t, Cell16Opaque*);
  void (*gather_words_by_row)(const uint64_t*, const uint32_t*, uint32_t, uint64_t*);
  void (*ints_to_reals)(const int64_t*, uint32_t, double*);
};

extern const KernelTable kScalarKernels;
extern const KernelTable kAvx2Kernels;
extern const KernelTable kAvx512Kernels;

}  // namespace sqlrite::kernels
