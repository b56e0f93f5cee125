// Conversion between decimal text and binary numbers.
//
// Both directions of the floating-point conversion scale by a power of ten kept to 96 bits (the method of Russ Cox,
// "Floating-Point Printing and Parsing Can Be Simple And Fast", 2026). SQLite keeps just as many bits, taken in steps
// of 10^27, and mantissas of 64 bits; results can only be equal in every last digit if the same bits are used.
#include "types/number_text.h"

#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace sqlrite {

namespace {

using uint128 = unsigned __int128;

// 10^exponent as 96 bits with the highest bit set; the binary exponent is known from the decimal one.
struct PowerOfTen {
  uint64_t high;
  uint32_t low;
};

constexpr int kPowerMin = -348;
constexpr int kPowerMax = 347;
constexpr int kStep = 27;

// 10^(27 * k) for k = -13 .. 12, rounded to 96 bits. Entry 13 (10^0) is exact and goes through kSmall instead.
constexpr PowerOfTen kLarge[26] = {
    {0x8049a4ac0c5811ae, 0x205b896d}, {0xcf42894a5dce35ea, 0x52064cad}, {0xa76c582338ed2621, 0xaf2af2b8},
    {0x873e4f75e2224e68, 0x5a7744a7}, {0xda7f5bf590966848, 0xaf39a475}, {0xb080392cc4349dec, 0xbd8d794e},
    {0x8e938662882af53e, 0x547eb47b}, {0xe65829b3046b0afa, 0x0cb4a5a3}, {0xba121a4650e4ddeb, 0x92f34d62},
    {0x964e858c91ba2655, 0x3a6a07f9}, {0xf2d56790ab41c2a2, 0xfae27299}, {0xc428d05aa4751e4c, 0xaa97e14c},
    {0x9e74d1b791e07e48, 0x775ea265}, {0x8000000000000000, 0x00000000}, {0xcecb8f27f4200f3a, 0x00000000},
    {0xa70c3c40a64e6c51, 0x999090b6}, {0x86f0ac99b4e8dafd, 0x69a028bb}, {0xda01ee641a708de9, 0xe80e6f48},
    {0xb01ae745b101e9e4, 0x5ec05dd0}, {0x8e41ade9fbebc27d, 0x14588f14}, {0xe5d3ef282a242e81, 0x8f1668c9},
    {0xb9a74a0637ce2ee1, 0x6d953e2c}, {0x95f83d0a1fb69cd9, 0x4abdaf10}, {0xf24a01a73cf2dccf, 0xbc633b39},
    {0xc3b8358109e84f07, 0x0a862f81}, {0x9e19db92b4e31ba9, 0x6c07a2c2},
};

constexpr auto make_powers() {
  std::array<PowerOfTen, kPowerMax - kPowerMin + 1> table{};
  uint64_t small[kStep] = {};  // 10^n, highest bit set; exact, since 5^26 has 61 bits
  uint128 power = 1;
  for (int n = 0; n < kStep; ++n) {
    uint128 p = power;
    while (p >> 64 != 0) p >>= 1;
    while ((p >> 63) == 0) p <<= 1;
    small[n] = static_cast<uint64_t>(p);
    power *= 10;
  }
  for (int exponent = kPowerMin; exponent <= kPowerMax; ++exponent) {
    PowerOfTen& entry = table[exponent - kPowerMin];
    if (exponent >= 0 && exponent < kStep) {
      entry = {small[exponent], 0};
      continue;
    }
    if (exponent == -1) {  // one step and a multiplication would lose the last bit of 0.1
      entry = {0xcccccccccccccccc, 0xcccccccc};
      continue;
    }
    int step = exponent >= 0 ? exponent / kStep : -((-exponent + kStep - 1) / kStep);
    int rest = exponent - step * kStep;
    const PowerOfTen& large = kLarge[step + 13];
    if (rest == 0) {
      entry = large;
      continue;
    }
    uint128 product = static_cast<uint128>(large.high) * small[rest];
    product += (static_cast<uint128>(large.low) * small[rest]) >> 32;
    uint64_t high = static_cast<uint64_t>(product >> 64);
    uint32_t low = static_cast<uint32_t>(product >> 32);
    if ((high >> 63) == 0) {
      high = (high << 1) | (low >> 31);
      low = (low << 1) | 1;
    }
    entry = {high, low};
  }
  return table;
}

constexpr auto kPowers = make_powers();

// floor(log2(10^p)) and floor(log10(2^e)) for the exponents of doubles.
constexpr int log2_of_power_of_ten(int p) { return (p * 108853) >> 15; }
constexpr int log10_of_power_of_two(int e) { return (e * 78913) >> 18; }

constexpr char kDigitPairs[201] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849"
    "5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899";

// Writes the digits of `value` so that they end before `end`; returns the first.
char* write_digits_backwards(uint64_t value, char* end) {
  while (value >= 100) {
    end -= 2;
    std::memcpy(end, kDigitPairs + (value % 100) * 2, 2);
    value /= 100;
  }
  if (value >= 10) {
    end -= 2;
    std::memcpy(end, kDigitPairs + value * 2, 2);
  } else {
    *--end = static_cast<char>('0' + value);
  }
  return end;
}

// mantissa * 2^exponent2 as about `digit_count` (at most 18) decimal digits: *digits * 10^*exponent10. With 18 the last
// bit is rounded, with fewer it is cut (the caller asks for one more digit than it shows).
// REQUIRES: the highest bit of mantissa is set.
void scale_to_decimal(uint64_t mantissa, int exponent2, int digit_count, uint64_t* digits, int* exponent10) {
  int p = digit_count - 1 - log10_of_power_of_two(exponent2 + 63);
  uint64_t high = static_cast<uint64_t>((static_cast<uint128>(mantissa) * kPowers[p - kPowerMin].high) >> 64);
  int shift = -(exponent2 + log2_of_power_of_ten(p) + 1);
  if (digit_count == 18) {
    high >>= shift - 1;
    *digits = (high + ((high << 1) & 2)) >> 1;
  } else {
    *digits = high >> shift;
  }
  *exponent10 = -p;
}

}  // namespace

double real_from_decimal(uint64_t mantissa, int exponent10) {
  if (exponent10 < kPowerMin) return 0.0;
  if (exponent10 > kPowerMax) return std::numeric_limits<double>::infinity();
  int bits = 64 - std::countl_zero(mantissa);
  int log2_power = log2_of_power_of_ten(exponent10);
  int e = 53 - bits - log2_power;
  if (e > 1074) {  // denormal: fewer bits of the mantissa remain
    if (e >= 1130) return 0.0;
    e = 1074;
  }
  int shift = -(e - (64 - bits) + log2_power + 3);
  // The power is split as high - low/2^64 with low kept complemented, so that the low part is only needed (and
  // subtracted) when the high product alone does not settle the rounding.
  uint64_t power_high = kPowers[exponent10 - kPowerMin].high;
  uint32_t power_low = kPowers[exponent10 - kPowerMin].low;
  if (power_low != 0) {
    ++power_high;
    power_low = ~power_low;
  }
  uint64_t x = mantissa << (64 - bits);
  uint128 product = static_cast<uint128>(x) * power_high;
  uint64_t high = static_cast<uint64_t>(product >> 64);
  uint32_t middle = static_cast<uint32_t>(product >> 32);
  uint64_t sticky = 1;
  if ((high & ((uint64_t{1} << shift) - 1)) == 0) {
    uint32_t subtract = static_cast<uint32_t>(
        static_cast<uint64_t>((static_cast<uint128>(x) * (uint64_t{power_low} << 32)) >> 64) >> 32);
    sticky = static_cast<uint32_t>(middle - subtract) > 1 ? 1 : 0;
    if (middle < subtract) --high;
  }
  // Two guard bits and the sticky bit below the 53 bits that stay.
  uint64_t u = (high >> shift) | sticky;
  if (u >= (uint64_t{1} << 55) - 2) {
    u = (u >> 1) | (u & 1);
    --e;
  }
  uint64_t m = (u + 1 + ((u >> 2) & 1)) >> 2;
  if (e <= -972) return std::numeric_limits<double>::infinity();
  if ((m & (uint64_t{1} << 52)) != 0) {
    m = (m & ~(uint64_t{1} << 52)) | (static_cast<uint64_t>(1075 - e) << 52);
  }
  return std::bit_cast<double>(m);
}

uint8_t parse_real(std::string_view text, double* out) {
  // Digits beyond this bound could overflow the mantissa; they only move the exponent.
  constexpr uint64_t kMantissaFull = (std::numeric_limits<uint64_t>::max() - 9) / 10;
  const char* p = text.data();
  const char* end = p + text.size();
  *out = 0.0;
  while (p < end && is_sql_space(*p)) ++p;
  bool negative = false;
  if (p < end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  uint64_t mantissa = 0;
  int exponent = 0;
  uint8_t syntax = 0;
  if (p < end && is_digit(*p)) {
    syntax = number_syntax::kPrefix;
    mantissa = static_cast<uint64_t>(*p++ - '0');
    while (p < end && is_digit(*p)) {
      mantissa = mantissa * 10 + static_cast<uint64_t>(*p++ - '0');
      if (mantissa >= kMantissaFull) {
        syntax |= number_syntax::kManyDigits;
        for (; p < end && is_digit(*p); ++p) {
          if (exponent < 1000000) ++exponent;
        }
        break;
      }
    }
  }
  if (p < end && *p == '.') {
    ++p;
    if (p < end && is_digit(*p)) {
      syntax |= number_syntax::kPrefix;
      do {
        if (mantissa < kMantissaFull) {
          mantissa = mantissa * 10 + static_cast<uint64_t>(*p - '0');
          --exponent;
        } else {
          syntax |= number_syntax::kManyDigits;
        }
        ++p;
      } while (p < end && is_digit(*p));
    } else if (syntax == 0) {
      return 0;
    }
    syntax |= number_syntax::kReal;
  } else if (syntax == 0) {
    return 0;
  }
  if (p < end && (*p == 'e' || *p == 'E')) {
    const char* q = p + 1;
    bool negative_exponent = false;
    if (q < end && (*q == '-' || *q == '+')) negative_exponent = *q++ == '-';
    if (q < end && is_digit(*q)) {
      int value = 0;
      for (; q < end && is_digit(*q); ++q) value = value < 10000 ? value * 10 + (*q - '0') : 10000;
      syntax |= number_syntax::kReal;
      exponent += negative_exponent ? -value : value;
      p = q;
    } else {
      // Neither part of the number nor white space: the prefix ends before the 'e'.
      end = nullptr;
    }
  }
  if (mantissa == 0) {
    syntax |= number_syntax::kZero;
  } else {
    *out = real_from_decimal(mantissa, exponent);
  }
  if (negative) *out = -*out;
  if (end == nullptr) return syntax;
  while (p < end && is_sql_space(*p)) ++p;
  if (p == end || *p == '\0') syntax |= number_syntax::kWhole;
  return syntax;
}

IntegerSyntax parse_integer(std::string_view text, int64_t* out) {
  const char* p = text.data();
  const char* end = p + text.size();
  while (p < end && is_sql_space(*p)) ++p;
  bool negative = false;
  if (p < end && (*p == '-' || *p == '+')) negative = *p++ == '-';
  const char* start = p;
  while (p < end && *p == '0') ++p;
  const char* digits = p;
  uint64_t value = 0;
  while (p < end && is_digit(*p)) value = value * 10 + static_cast<uint64_t>(*p++ - '0');
  IntegerSyntax syntax = IntegerSyntax::Whole;
  if (p == start) {
    syntax = IntegerSyntax::NoDigits;
  } else {
    for (const char* rest = p; rest < end; ++rest) {
      if (!is_sql_space(*rest)) {
        syntax = IntegerSyntax::Trailing;
        break;
      }
    }
  }
  size_t digit_count = static_cast<size_t>(p - digits);
  constexpr uint64_t kTwoPow63 = uint64_t{1} << 63;
  if (digit_count < 19 || (digit_count == 19 && value < kTwoPow63)) {
    *out = negative ? static_cast<int64_t>(-value) : static_cast<int64_t>(value);
    return syntax;
  }
  *out = negative ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int64_t>::max();
  if (digit_count == 19 && value == kTwoPow63) return negative ? syntax : IntegerSyntax::TwoPow63;
  return IntegerSyntax::Overflow;
}

IntegerSyntax parse_integer_literal(std::string_view text, int64_t* out) {
  if (text.size() < 2 || text[0] != '0' || (text[1] | 0x20) != 'x') return parse_integer(text, out);
  size_t at = 2;
  while (at < text.size() && text[at] == '0') ++at;
  size_t first = at;
  uint64_t value = 0;
  while (at < text.size() && hex_digit_value(text[at]) >= 0) {
    value = value * 16 + static_cast<uint64_t>(hex_digit_value(text[at++]));
  }
  *out = static_cast<int64_t>(value);
  if (at - first > 16) return IntegerSyntax::Overflow;
  return at < text.size() ? IntegerSyntax::Trailing : IntegerSyntax::Whole;
}

int64_t real_to_integer(double value) {
  // The largest double below 2^63; anything beyond clamps.
  constexpr double kLimit = 9223372036854774784.0;
  if (value < -kLimit) return std::numeric_limits<int64_t>::min();
  if (value > kLimit) return std::numeric_limits<int64_t>::max();
  if (value != value) return 0;
  return static_cast<int64_t>(value);
}

bool real_is_small_integer(double value, int64_t* out) {
  constexpr int64_t kLimit = int64_t{1} << 51;
  int64_t integer = real_to_integer(value);
  *out = integer;
  if (value == 0.0) return true;
  return static_cast<double>(integer) == value && integer >= -kLimit && integer < kLimit;
}

size_t format_unsigned(uint64_t value, char* out) {
  char buffer[24];
  char* first = write_digits_backwards(value, buffer + sizeof buffer);
  size_t size = static_cast<size_t>(buffer + sizeof buffer - first);
  std::memcpy(out, first, size);
  return size;
}

size_t format_integer(int64_t value, char* out) {
  if (value >= 0) return format_unsigned(static_cast<uint64_t>(value), out);
  *out = '-';
  return format_unsigned(-static_cast<uint64_t>(value), out + 1) + 1;
}

namespace {

// With 17 digits asked for, a run of nines or zeros near the end hints at a shorter text: returns the number of digits
// to round to when that text reads back as `value`, else 17. So 49.47 prints as such and not as 49.469999999999999.
int shorter_digit_count(const char* digits, int count, int point, int exponent10, double value) {
  if (digits[15] == '9' && digits[14] == '9') {
    int keep = 14;
    while (keep > 0 && digits[keep - 1] == '9') --keep;
    uint64_t candidate = 1;
    if (keep > 0) {
      candidate = 0;
      for (int i = 0; i < keep; ++i) candidate = candidate * 10 + static_cast<uint64_t>(digits[i] - '0');
      ++candidate;
    }
    if (value == real_from_decimal(candidate, exponent10 + count - keep)) return keep + 1;
  } else if (point >= count || (digits[15] == '0' && digits[14] == '0' && digits[13] == '0')) {
    int keep = 13;
    while (digits[keep - 1] == '0') --keep;
    uint64_t candidate = 0;
    for (int i = 0; i < keep; ++i) candidate = candidate * 10 + static_cast<uint64_t>(digits[i] - '0');
    if (value == real_from_decimal(candidate, exponent10 + count - keep)) return keep + 1;
  }
  return 17;
}

}  // namespace

void decimal_digits(double value, int round, int significant_max, DecimalDigits* out) {
  out->kind = DecimalDigits::Kind::Finite;
  out->negative = value < 0.0;
  if (out->negative) value = -value;
  if (value == 0.0) {
    out->count = 1;
    out->point = 1;
    out->digits = "0";
    return;
  }
  uint64_t mantissa = std::bit_cast<uint64_t>(value);
  int exponent2 = static_cast<int>((mantissa >> 52) & 0x7ff);
  mantissa &= (uint64_t{1} << 52) - 1;
  if (exponent2 == 0x7ff) {
    out->kind = mantissa != 0 ? DecimalDigits::Kind::NotANumber : DecimalDigits::Kind::Infinite;
    out->count = 0;
    out->point = 0;
    out->digits = out->buffer;
    return;
  }
  if (exponent2 == 0) {
    int shift = std::countl_zero(mantissa);
    mantissa <<= shift;
    exponent2 = -1074 - shift;
  } else {
    mantissa = (mantissa << 11) | (uint64_t{1} << 63);
    exponent2 -= 1086;
  }
  uint64_t decimal;
  int exponent10;
  scale_to_decimal(mantissa, exponent2, round <= 0 || round >= 18 ? 18 : round + 1, &decimal, &exponent10);

  // Two spare bytes in front: rounding up may put one digit before the first, and a leading zero may come before it.
  char* end = out->buffer + sizeof out->buffer;
  char* digits = write_digits_backwards(decimal, end);
  int count = static_cast<int>(end - digits);
  int point = count + exponent10;
  if (round <= 0) {
    round = point - round;
    if (round == 0 && *digits >= '5') {
      round = 1;
      *--digits = '0';
      ++count;
      ++point;
    }
  }
  if (round > 0 && (round < count || count > significant_max)) {
    if (round > significant_max) round = significant_max;
    if (round == 17) round = shorter_digit_count(digits, count, point, exponent10, value);
    bool up = digits[round] >= '5';
    count = round;
    if (up) {
      int i = round - 1;
      while (i >= 0 && digits[i] == '9') digits[i--] = '0';
      if (i >= 0) {
        ++digits[i];
      } else {
        *--digits = '1';
        ++count;
        ++point;
      }
    }
  }
  while (count > 1 && digits[count - 1] == '0') --count;
  out->count = count;
  out->point = point;
  out->digits = digits;
}

size_t format_real(double value, char* out) {
  // Integral values print as an integer and ".0"; this is exact as long as all digits fit into 53 bits.
  if (value > -9007199254740992.0 && value < 9007199254740992.0) {
    int64_t integer = static_cast<int64_t>(value);
    if (static_cast<double>(integer) == value) {
      size_t size = format_integer(integer, out);
      out[size] = '.';
      out[size + 1] = '0';
      return size + 2;
    }
  }
  DecimalDigits decimal;
  decimal_digits(value, 17, 20, &decimal);
  char* p = out;
  if (decimal.kind == DecimalDigits::Kind::NotANumber) {
    std::memcpy(p, "NaN", 3);
    return 3;
  }
  if (decimal.negative) *p++ = '-';
  if (decimal.kind == DecimalDigits::Kind::Infinite) {
    std::memcpy(p, "Inf", 3);
    return static_cast<size_t>(p + 3 - out);
  }
  const char* digits = decimal.digits;
  int count = decimal.count;
  int exponent = decimal.point - 1;
  if (exponent < -4 || exponent > 16) {
    *p++ = digits[0];
    *p++ = '.';
    if (count > 1) {
      std::memcpy(p, digits + 1, static_cast<size_t>(count - 1));
      p += count - 1;
    } else {
      *p++ = '0';
    }
    *p++ = 'e';
    *p++ = exponent < 0 ? '-' : '+';
    if (exponent < 0) exponent = -exponent;
    if (exponent >= 100) {
      *p++ = static_cast<char>('0' + exponent / 100);
      exponent %= 100;
    }
    *p++ = static_cast<char>('0' + exponent / 10);
    *p++ = static_cast<char>('0' + exponent % 10);
  } else if (decimal.point <= 0) {
    *p++ = '0';
    *p++ = '.';
    for (int i = decimal.point; i < 0; ++i) *p++ = '0';
    std::memcpy(p, digits, static_cast<size_t>(count));
    p += count;
  } else if (count <= decimal.point) {
    std::memcpy(p, digits, static_cast<size_t>(count));
    p += count;
    for (int i = count; i < decimal.point; ++i) *p++ = '0';
    *p++ = '.';
    *p++ = '0';
  } else {
    std::memcpy(p, digits, static_cast<size_t>(decimal.point));
    p += decimal.point;
    *p++ = '.';
    std::memcpy(p, digits + decimal.point, static_cast<size_t>(count - decimal.point));
    p += count - decimal.point;
  }
  return static_cast<size_t>(p - out);
}

}  // namespace sqlrite
