// Sums, minima and maxima over arrays. `nulls` and `selection` as in select.h.
#pragma once

#include <cstdint>

namespace sqlrite::kernels {

// Adds the values to *sum in row order; false when any running sum leaves 64 bits (*sum then is the sum before the value
// that overflowed, *stopped_at its position among the `count` looked at). *non_null grows by the number added.
bool sum_ints(const int64_t* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, int64_t* sum,
              uint64_t* non_null, uint32_t* stopped_at);

// Kahan-Babuska-Neumaier sum, step by step the one SQLite's sum(), total() and avg() use.
struct CompensatedSum {
  double sum = 0;
  double error = 0;
  void add(double value) {
    double before = sum;
    double after = before + value;
    if (before<0 ? -before > (value < 0 ? -value : value) : before>(value < 0 ? -value : value)) {
      error += (before - after) + value;
    } else {
      error += (value - after) + before;
    }
    sum = after;
  }
  // Large integers lose bits in one double: they go in as two parts.
  void add_integer(int64_t value) {
    if (value <= -4503599627370496 || value >= 4503599627370496) {
      int64_t small = value % 16384;
      add(static_cast<double>(value - small));
      add(static_cast<double>(small));
    } else {
      add(static_cast<double>(value));
    }
  }
  double result() const {
    double total = sum + error;
    return error != error || total != total ? sum : total;
  }
};
void sum_reals(const double* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count,
               CompensatedSum* sum, uint64_t* non_null);
uint32_t count_non_null(const uint8_t* nulls, const uint16_t* selection, uint32_t count);
// False when every row is NULL (or count is 0); else *result is the extreme. NaN never occurs (it is NULL).
bool min_ints(const int64_t* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, int64_t* result);
bool max_ints(const int64_t* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, int64_t* result);
bool min_reals(const double* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, double* result);
bool max_reals(const double* values, const uint8_t* nulls, const uint16_t* selection, uint32_t count, double* result);

}  // namespace sqlrite::kernels
