// Numbers to text and back, bit for bit as SQLite does it: which prefix of a text counts as a number, when an integer
// overflows into a real, how many digits of a double are printed. Nothing here allocates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sqlrite {

// What parse_real() saw; a set of these bits, or zero when not even a prefix is a number.
namespace number_syntax {
inline constexpr uint8_t kPrefix = 1;      // some prefix is a number
inline constexpr uint8_t kReal = 2;        // it has a decimal point or an exponent
inline constexpr uint8_t kZero = 4;        // it is exactly zero, not an underflow
inline constexpr uint8_t kManyDigits = 8;  // more digits than the 64-bit mantissa holds
inline constexpr uint8_t kWhole = 16;      // the whole text is the number, white space around it allowed
}  // namespace number_syntax

// Longest prefix that is [space][+-]digits[.digits][e[+-]digits]. A NUL ends the text. `*out` is 0.0 without a prefix.
uint8_t parse_real(std::string_view text, double* out);

enum class IntegerSyntax : int8_t {
  NoDigits = -1,
  Whole = 0,     // the whole text, white space around it allowed
  Trailing = 1,  // other text follows the digits
  Overflow = 2,  // too large: `*out` is the nearest limit
  TwoPow63 = 3,  // exactly 9223372036854775808
};
IntegerSyntax parse_integer(std::string_view text, int64_t* out);

// An integer literal of SQL: decimal or 0x..., no sign. Hex literals wrap into the sign bit.
// Overflow and TwoPow63 as above; a hex literal of more than 16 significant digits is Overflow.
IntegerSyntax parse_integer_literal(std::string_view text, int64_t* out);

// mantissa * 10^exponent10, rounded. REQUIRES: mantissa != 0.
double real_from_decimal(uint64_t mantissa, int exponent10);

// Truncates toward zero and clamps to the 64-bit range; 0 for NaN.
int64_t real_to_integer(double value);
// True when `value` is an integer that a double holds with room to spare (below 2^51); `*out` gets it.
bool real_is_small_integer(double value, int64_t* out);

inline constexpr size_t kIntegerTextSizeMax = 20;
inline constexpr size_t kRealTextSizeMax = 32;
// Write the text without NUL and return its length.
size_t format_integer(int64_t value, char* out);
size_t format_unsigned(uint64_t value, char* out);
// CAST(value AS TEXT): 17 significant digits at most, fewer when they suffice; "Inf" and "-Inf".
size_t format_real(double value, char* out);

// The decimal digits of a double: 0.d1d2d3... * 10^point.
struct DecimalDigits {
  enum class Kind : uint8_t { Finite, Infinite, NotANumber };
  Kind kind = Kind::Finite;
  bool negative = false;
  int count = 0;                 // digits, no trailing zero except for the value 0 itself ("0", point 1)
  int point = 0;                 // position of the decimal point relative to the first digit
  const char* digits = nullptr;  // points into `buffer` or to static text
  char buffer[24];
};
// `round` > 0: that many significant digits; `round` <= 0: -round digits after the decimal point. Never more than
// `significant_max` digits in all.
void decimal_digits(double value, int round, int significant_max, DecimalDigits* out);

constexpr bool is_sql_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_digit(char c) { return static_cast<unsigned char>(c - '0') <= 9; }
// Value of a hexadecimal digit or -1.
constexpr int hex_digit_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace sqlrite
