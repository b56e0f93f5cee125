// The running sum of sum(), total() and avg(): exact while all inputs are integers that fit, else a compensated
// (Kahan-Babuska-Neumaier) sum of doubles. Used by the aggregate functions and by the executor's own loops.
#pragma once

#include <cmath>
#include <cstdint>

#include "types/value.h"

namespace sqlrite::functions {

struct SumState {
  double sum = 0.0;
  double error = 0.0;   // what `sum` has lost so far
  int64_t integer = 0;  // exact sum while !approximate
  int64_t count = 0;
  bool approximate = false;
  bool overflow = false;  // integers overflowed and no real has come since

  void add_real(double value) {
    double total = sum + value;
    error += std::fabs(sum) > std::fabs(value) ? (sum - total) + value : (value - total) + sum;
    sum = total;
  }
  // An integer too large for a double is added in two exact parts.
  void add_integer_as_real(int64_t value) {
    if (value <= -kExactLimit || value >= kExactLimit) {
      int64_t small = value % 16384;
      add_real(static_cast<double>(value - small));
      add_real(static_cast<double>(small));
    } else {
      add_real(static_cast<double>(value));
    }
  }
  void step_integer(int64_t value) {
    ++count;
    if (!approximate) {
      if (!__builtin_add_overflow(integer, value, &integer_next_)) {
        integer = integer_next_;
        return;
      }
      overflow = true;
      start_approximate();
    }
    add_integer_as_real(value);
  }
  void step_real(double value) {
    ++count;
    if (!approximate) {
      start_approximate();
    } else {
      overflow = false;
    }
    add_real(value);
  }
  void unstep_integer(int64_t value) {
    --count;
    if (!approximate) {
      if (!__builtin_sub_overflow(integer, value, &integer_next_)) {
        integer = integer_next_;
        return;
      }
      overflow = true;
      start_approximate();
    }
    if (value != INT64_MIN) {
      add_integer_as_real(-value);
    } else {
      add_integer_as_real(INT64_MAX);
      add_integer_as_real(1);
    }
  }
  void unstep_real(double value) {
    --count;
    if (!approximate) start_approximate();
    add_real(-value);
  }
  // The sum as a double, whatever it is made of.
  double real() const {
    if (!approximate) return static_cast<double>(integer);
    return std::isfinite(error) ? sum + error : sum;
  }
  // Results: NULL without rows for sum() and avg(). sum() fails with "integer overflow".
  Status sum_result(Value* result) const;
  Value avg_result() const { return count > 0 ? Value::from_real(real() / static_cast<double>(count)) : Value::null(); }
  Value total_result() const { return Value::from_real(real()); }

 private:
  static constexpr int64_t kExactLimit = int64_t{1} << 52;
  void start_approximate() {
    approximate = true;
    if (integer <= -kExactLimit || integer >= kExactLimit) {
      int64_t small = integer % 16384;
      sum = static_cast<double>(integer - small);
      error = static_cast<double>(small);
    } else {
      sum = static_cast<double>(integer);
      error = 0.0;
    }
  }
  int64_t integer_next_ = 0;
};

}  // namespace sqlrite::functions
