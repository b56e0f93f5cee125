// Forced conversions: CAST, and the number an operator or function sees in any value.
#pragma once

#include "base/arena.h"
#include "base/status.h"
#include "types/value.h"

namespace sqlrite {

// CAST(value AS <type of that affinity>); Affinity::None counts as Blob. NULL stays NULL.
Status cast_value(Value& value, Affinity affinity, Arena& heap);

// The value as sqlite3_value_int64() / sqlite3_value_double() give it: numeric prefix of text and blobs, 0 for NULL.
int64_t to_integer(const Value& value);
double to_real(const Value& value);
// The number arithmetic works on: NULL stays, numbers stay, texts and blobs give their numeric prefix (0 without one).
Value to_number(const Value& value);
// CAST AS NUMERIC: as to_number(), but integral reals read from text become integers.
Value cast_to_numeric(const Value& value);

// Truth of a value in WHERE, AND, IIF...: NULL is neither.
enum class Truth : uint8_t { False, True, Null };
inline Truth to_truth(const Value& value) {
  if (value.type == ValueType::Integer) return value.integer != 0 ? Truth::True : Truth::False;
  if (value.type == ValueType::Null) return Truth::Null;
  return to_real(value) != 0.0 ? Truth::True : Truth::False;
}

}  // namespace sqlrite
