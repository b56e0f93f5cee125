// Column affinities: which one a declared type gets, and what storing or comparing does to a value because of it.
#pragma once

#include <string_view>

#include "base/arena.h"
#include "base/status.h"
#include "types/value.h"

namespace sqlrite {

// By the words in the type: INT, CHAR/CLOB/TEXT, BLOB or no type at all, REAL/FLOA/DOUB, otherwise NUMERIC.
Affinity affinity_from_type_name(std::string_view declared_type);

constexpr bool is_numeric_affinity(Affinity affinity) { return affinity >= Affinity::Numeric; }

Status apply_affinity_slow(Value& value, Affinity affinity, Arena& heap);
// What storing into a column of that affinity does. REAL yields reals (integers become reals, as a column read does).
inline Status apply_affinity(Value& value, Affinity affinity, Arena& heap) {
  if (affinity <= Affinity::Blob || value.type >= ValueType::Blob) return Status();
  if (affinity == Affinity::Text && value.type == ValueType::Text) return Status();
  if (value.type == ValueType::Integer && (affinity == Affinity::Integer || affinity == Affinity::Numeric)) {
    return Status();
  }
  return apply_affinity_slow(value, affinity, heap);
}

// Text that is a number from end to end becomes one; other values stay. `prefer_integer`: "48.00" becomes 48, not 48.0.
void apply_numeric_to_text(Value& value, bool prefer_integer);
// A real without fraction, not at the ends of the 64-bit range, becomes an integer.
void integer_if_exact(Value& value);

// The affinity to apply to both sides of a comparison between operands of these affinities (None: an expression).
constexpr Affinity comparison_affinity(Affinity left, Affinity right) {
  if (left != Affinity::None && right != Affinity::None) {
    return is_numeric_affinity(left) || is_numeric_affinity(right) ? Affinity::Numeric : Affinity::Blob;
  }
  return left == Affinity::None ? right : left;
}
// Applies comparison_affinity()'s answer to the operands just before they are compared.
Status apply_comparison_affinity(Value& left, Value& right, Affinity affinity, Arena& heap);

}  // namespace sqlrite
