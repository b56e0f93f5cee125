// Numbers and text: what is printed, what is read, where integers end and reals begin.
#include "types/number_text.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>

using namespace sqlrite;

namespace {

std::string real_text(double value) {
  char buffer[kRealTextSizeMax];
  return {buffer, format_real(value, buffer)};
}

std::string integer_text(int64_t value) {
  char buffer[kIntegerTextSizeMax];
  return {buffer, format_integer(value, buffer)};
}

double read_real(std::string_view text) {
  double value;
  parse_real(text, &value);
  return value;
}

uint8_t syntax_of(std::string_view text) {
  double value;
  return parse_real(text, &value);
}

}  // namespace

TEST_CASE("format_real: as many digits as needed, at most 17") {
  CHECK(real_text(0.0) == "0.0");
  CHECK(real_text(-0.0) == "0.0");
  CHECK(real_text(1.0) == "1.0");
  CHECK(real_text(-2.5) == "-2.5");
  CHECK(real_text(0.1) == "0.1");
  CHECK(real_text(49.47) == "49.47");
  CHECK(real_text(0.1 + 0.2) == "0.30000000000000004");
  CHECK(real_text(1.0 / 3) == "0.33333333333333332");
  CHECK(real_text(1e15) == "1000000000000000.0");
  CHECK(real_text(1e16) == "10000000000000000.0");
  CHECK(real_text(1e17) == "1.0e+17");
  CHECK(real_text(1e100) == "1.0e+100");
  CHECK(real_text(1.5e-5) == "1.5e-05");
  CHECK(real_text(0.0001) == "0.0001");
  CHECK(real_text(5e-324) == "4.9406564584124654e-324");
  CHECK(real_text(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
  CHECK(real_text(INFINITY) == "Inf");
  CHECK(real_text(-INFINITY) == "-Inf");
}

TEST_CASE("format_real and parse_real: round trip") {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    uint64_t bits = random();
    double value;
    static_assert(sizeof bits == sizeof value);
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value) || std::fabs(value) < 1e-300) continue;
    REQUIRE(read_real(real_text(value)) == value);
  }
}

TEST_CASE("format_integer: limits") {
  CHECK(integer_text(0) == "0");
  CHECK(integer_text(-1) == "-1");
  CHECK(integer_text(1234567) == "1234567");
  CHECK(integer_text(std::numeric_limits<int64_t>::max()) == "9223372036854775807");
  CHECK(integer_text(std::numeric_limits<int64_t>::min()) == "-9223372036854775808");
}

TEST_CASE("parse_real: prefixes and what follows them") {
  using namespace number_syntax;
  CHECK(syntax_of("12") == (kPrefix | kWhole));
  CHECK(syntax_of(" 12.5 ") == (kPrefix | kReal | kWhole));
  CHECK(syntax_of("12abc") == kPrefix);
  CHECK(syntax_of("1e") == kPrefix);
  CHECK(syntax_of("1e+") == kPrefix);
  CHECK(syntax_of("abc") == 0);
  CHECK(syntax_of(".") == 0);
  CHECK(syntax_of("") == 0);
  CHECK(syntax_of("0.0") == (kPrefix | kReal | kZero | kWhole));
  CHECK(syntax_of(std::string_view("1\0x", 3)) == (kPrefix | kWhole));
  CHECK(read_real("  -1.5e3xyz") == -1500.0);
  CHECK(read_real(".5") == 0.5);
  CHECK(read_real("5.") == 5.0);
  CHECK(read_real("1e999") == INFINITY);
  CHECK(read_real("1e-999") == 0.0);
  CHECK(read_real("0x10") == 0.0);
  CHECK(read_real("123456789012345678901234567890") == 123456789012345678901234567890.0);
  CHECK(std::signbit(read_real("-0.0")));
}

TEST_CASE("parse_integer: overflow and trailing text") {
  int64_t value;
  CHECK(parse_integer("9223372036854775807", &value) == IntegerSyntax::Whole);
  CHECK(value == std::numeric_limits<int64_t>::max());
  CHECK(parse_integer("9223372036854775808", &value) == IntegerSyntax::TwoPow63);
  CHECK(value == std::numeric_limits<int64_t>::max());
  CHECK(parse_integer("-9223372036854775808", &value) == IntegerSyntax::Whole);
  CHECK(value == std::numeric_limits<int64_t>::min());
  CHECK(parse_integer("-9223372036854775809", &value) == IntegerSyntax::Overflow);
  CHECK(value == std::numeric_limits<int64_t>::min());
  CHECK(parse_integer("0000000000000000000000012", &value) == IntegerSyntax::Whole);
  CHECK(value == 12);
  CHECK(parse_integer(" 7 ", &value) == IntegerSyntax::Whole);
  CHECK(parse_integer("7up", &value) == IntegerSyntax::Trailing);
  CHECK(value == 7);
  CHECK(parse_integer("-", &value) == IntegerSyntax::NoDigits);
}

TEST_CASE("parse_integer_literal: hexadecimal wraps into the sign") {
  int64_t value;
  CHECK(parse_integer_literal("0xff", &value) == IntegerSyntax::Whole);
  CHECK(value == 255);
  CHECK(parse_integer_literal("0XFFFFFFFFFFFFFFFF", &value) == IntegerSyntax::Whole);
  CHECK(value == -1);
  CHECK(parse_integer_literal("0x10000000000000000", &value) == IntegerSyntax::Overflow);
  CHECK(parse_integer_literal("42", &value) == IntegerSyntax::Whole);
  CHECK(value == 42);
}

TEST_CASE("real_to_integer: truncates and clamps") {
  CHECK(real_to_integer(-1.9) == -1);
  CHECK(real_to_integer(1e19) == std::numeric_limits<int64_t>::max());
  CHECK(real_to_integer(-1e19) == std::numeric_limits<int64_t>::min());
}
