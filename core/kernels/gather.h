// Copies chosen rows together, and fills arrays.
#pragma once

#include <cstdint>

namespace sqlrite::kernels {

// out[i] = from[selection[i]]. `out` may be `from` (selections ascend).
void gather_bytes(const uint8_t* from, const uint16_t* selection, uint32_t count, uint8_t* out);
void gather_words(const uint64_t* from, const uint16_t* selection, uint32_t count, uint64_t* out);  // ints, reals
void gather_cells(const void* from, const uint16_t* selection, uint32_t count, void* out);          // 16-byte values
// out[i] = from[rows[i]] with 32-bit row numbers in any order (`out` and `from` distinct).
void gather_words_by_row(const uint64_t* from, const uint32_t* rows, uint32_t count, uint64_t* out);
// out[i] = (double)from[i].
void ints_to_reals(const int64_t* from, uint32_t count, double* out);

}  // namespace sqlrite::kernels
