// Filters: compare an array with a constant or another array and keep the rows that pass, as a selection vector.
//
// Common to all: `selection` lists the rows to look at in ascending order (null: rows 0..count-1), `count` is their
// number, `nulls` (may be null) has one byte per row, non-zero = NULL; a NULL never passes. Passing rows are written to
// `out` (room for `count` entries; may be `selection` itself) and their number is returned.
#pragma once

#include <cstdint>

namespace sqlrite::kernels {

enum class Compare : uint8_t { Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual };

uint32_t select_ints(Compare op, const int64_t* values, int64_t constant, const uint8_t* nulls,
                     const uint16_t* selection, uint32_t count, uint16_t* out);
uint32_t select_reals(Compare op, const double* values, double constant, const uint8_t* nulls,
                      const uint16_t* selection, uint32_t count, uint16_t* out);
// low <= value <= high.
uint32_t select_ints_between(const int64_t* values, int64_t low, int64_t high, const uint8_t* nulls,
                             const uint16_t* selection, uint32_t count, uint16_t* out);
uint32_t select_reals_between(const double* values, double low, double high, const uint8_t* nulls,
                              const uint16_t* selection, uint32_t count, uint16_t* out);
// left[row] op right[row].
uint32_t select_ints_pair(Compare op, const int64_t* left, const int64_t* right, const uint8_t* left_nulls,
                          const uint8_t* right_nulls, const uint16_t* selection, uint32_t count, uint16_t* out);
uint32_t select_reals_pair(Compare op, const double* left, const double* right, const uint8_t* left_nulls,
                           const uint8_t* right_nulls, const uint16_t* selection, uint32_t count, uint16_t* out);
// Rows whose byte is zero (`wanted` false) or non-zero (true): IS NOT NULL, IS NULL, boolean columns.
uint32_t select_bytes(bool wanted, const uint8_t* bytes, const uint16_t* selection, uint32_t count, uint16_t* out);

}  // namespace sqlrite::kernels
