// Value: one SQL value in 16 bytes, as it travels through expressions, rows and the C ABIs.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/status.h"

namespace sqlrite {

// Numbers are SQLite's fundamental datatype codes.
enum class ValueType : uint8_t { Integer = 1, Real = 2, Text = 3, Blob = 4, Null = 5 };

// Where the bytes of a Text or Blob live, i.e. how long they stay valid.
enum class ValueOwner : uint8_t {
  Page,    // an immutable page version pinned by the batch
  Heap,    // the batch heap or an operator's arena
  Static,  // outlives every statement (plan constants, literals)
  Caller,  // bound by the caller with a promise to keep it
};

namespace value_flags {
inline constexpr uint8_t kNulFollows = 1;  // bytes[length] is a NUL that is not part of the value
inline constexpr uint8_t kZeroBlob = 2;    // Blob of `length` zero bytes, `bytes` is null
inline constexpr uint8_t kPointer = 4;     // Null that carries a pointer value (sqlite3_bind_pointer)
inline constexpr uint8_t kOverflow = 8;    // bytes not read yet: `overflow` is set; see storage/record/overflow_ref.h
}  // namespace value_flags

namespace storage {
struct OverflowRef;
}

struct Value {
  union {
    int64_t integer;
    double real;
    const char* bytes;
    const storage::OverflowRef* overflow;
  };
  uint32_t length = 0;  // bytes, Text and Blob only
  ValueType type = ValueType::Null;
  uint8_t subtype = 0;  // 'J' for JSON
  ValueOwner owner = ValueOwner::Static;
  uint8_t flags = 0;

  Value() : integer(0) {}
  static Value null() { return Value(); }
  static Value from_integer(int64_t v) {
    Value value;
    value.integer = v;
    value.type = ValueType::Integer;
    return value;
  }
  static Value from_bool(bool v) { return from_integer(v ? 1 : 0); }
  // NaN becomes NULL, as everywhere in SQLite.
  static Value from_real(double v) {
    Value value;
    if (v != v) return value;
    value.real = v;
    value.type = ValueType::Real;
    return value;
  }
  static Value from_text(std::string_view text, ValueOwner owner) {
    Value value;
    value.bytes = text.data();
    value.length = static_cast<uint32_t>(text.size());
    value.type = ValueType::Text;
    value.owner = owner;
    return value;
  }
  static Value from_blob(std::string_view bytes, ValueOwner owner) {
    Value value = from_text(bytes, owner);
    value.type = ValueType::Blob;
    return value;
  }
  bool is_null() const { return type == ValueType::Null; }
  bool is_numeric() const { return type <= ValueType::Real; }
  bool is_bytes() const { return type == ValueType::Text || type == ValueType::Blob; }
  // REQUIRES: is_bytes() and neither kZeroBlob nor kOverflow.
  std::string_view view() const { return {bytes, length}; }
};
static_assert(sizeof(Value) == 16);

// Column affinities (https://sqlite.org/datatype3.html section 3). None means: no affinity applies (an expression).
enum class Affinity : uint8_t { None, Blob, Text, Numeric, Integer, Real };

enum class TextEncoding : uint8_t { Utf8 = 1, Utf16Le = 2, Utf16Be = 3 };

// A collating sequence compares two texts: negative, zero, positive.
struct Collation {
  enum class Kind : uint8_t { Binary, NoCase, RTrim, User };
  using CompareFn = int (*)(void* context, std::string_view a, std::string_view b);
  Kind kind = Kind::Binary;
  CompareFn compare = nullptr;  // User only
  void* context = nullptr;
  std::string_view name = "BINARY";
};
// Built-in collations; they live for ever. The encoding-aware BINARY of UTF-16 files is made by the catalog.
extern const Collation kBinaryCollation;
extern const Collation kNoCaseCollation;
extern const Collation kRTrimCollation;

int compare_text(const Collation& collation, std::string_view a, std::string_view b);
// Total order of all values: NULL < numbers < text < blob; numbers by exact value, text by `collation`.
// REQUIRES: no kOverflow.
int compare_values(const Value& a, const Value& b, const Collation& collation);

}  // namespace sqlrite
