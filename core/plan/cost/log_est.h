// LogEst: estimates as ten times the base-2 logarithm, in 16 bits. Costs that differ by orders of magnitude are added
// and multiplied without overflow, and small differences vanish, which is what an estimate deserves.
#pragma once

#include <bit>
#include <cstdint>

namespace sqlrite::plan {

using LogEst = int16_t;

// 10 * log2(x), for x >= 1 exact to about one unit.
constexpr LogEst log_est(uint64_t x) {
  if (x < 2) return 0;
  // Fractions of an octave, by the three bits that follow the leading one: 10*log2(1 + i/8), rounded.
  constexpr LogEst kEighths[8] = {0, 2, 3, 5, 6, 7, 8, 9};
  int top = 63 - std::countl_zero(x);
  uint64_t eighth = top >= 3 ? (x >> (top - 3)) & 7 : (x << (3 - top)) & 7;
  return static_cast<LogEst>(top * 10 + kEighths[eighth]);
}

// log_est(a' + b') from the logarithms a and b.
constexpr LogEst log_add(LogEst a, LogEst b) {
  // 10*log2(1 + 2^(-d/10)) for the difference d.
  constexpr uint8_t kSum[32] = {10, 10, 9, 9, 8, 8, 7, 7, 7, 6, 6, 6, 5, 5, 5, 4,
                                4,  4,  4, 3, 3, 3, 3, 3, 3, 2, 2, 2, 2, 2, 2, 2};
  LogEst high = a > b ? a : b;
  int difference = a > b ? a - b : b - a;
  if (difference > 49) return high;
  if (difference > 31) return static_cast<LogEst>(high + 1);
  return static_cast<LogEst>(high + kSum[difference]);
}

// The logarithm (to the base 2) of an estimated number, again as LogEst: the depth of a search among n entries.
constexpr LogEst log_of(LogEst n) {
  return n <= 10 ? LogEst{0} : static_cast<LogEst>(log_est(static_cast<uint64_t>(n)) - 33);
}

constexpr double from_log_est(LogEst x) {
  if (x <= 0) return 1;
  constexpr double kTenths[10] = {1, 1.0718, 1.1487, 1.2311, 1.3195, 1.4142, 1.5157, 1.6245, 1.7411, 1.8661};
  double value = kTenths[x % 10];
  for (int i = x / 10; i > 0; --i) value *= 2;
  return value;
}

}  // namespace sqlrite::plan
