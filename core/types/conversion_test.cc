// Affinity, CAST, comparison, quoting and UTF conversion.
#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "types/affinity.h"
#include "types/cast.h"
#include "types/utf.h"
#include "types/value_text.h"

using namespace sqlrite;

namespace {

Value text(std::string_view t) { return Value::from_text(t, ValueOwner::Static); }
Value blob(std::string_view t) { return Value::from_blob(t, ValueOwner::Static); }
Value integer(int64_t v) { return Value::from_integer(v); }
Value real(double v) { return Value::from_real(v); }

// The value as a literal, so that type and content are compared at once.
std::string show(const Value& value) {
  Arena heap;
  TextBuilder out(heap);
  append_quoted(out, value, false);
  return std::string(out.view());
}

std::string stored(Value value, Affinity affinity) {
  Arena heap;
  REQUIRE(apply_affinity(value, affinity, heap).ok());
  return show(value);
}

std::string cast(Value value, Affinity affinity) {
  Arena heap;
  REQUIRE(cast_value(value, affinity, heap).ok());
  return show(value);
}

int order(const Value& a, const Value& b) { return compare_values(a, b, kBinaryCollation); }

}  // namespace

TEST_CASE("affinity_from_type_name: the first rule that fits") {
  CHECK(affinity_from_type_name("") == Affinity::Blob);
  CHECK(affinity_from_type_name("INT") == Affinity::Integer);
  CHECK(affinity_from_type_name("BIGINT UNSIGNED") == Affinity::Integer);
  CHECK(affinity_from_type_name("CHARINT") == Affinity::Integer);
  CHECK(affinity_from_type_name("FLOATING POINT") == Affinity::Integer);
  CHECK(affinity_from_type_name("varchar(10)") == Affinity::Text);
  CHECK(affinity_from_type_name("CLOB") == Affinity::Text);
  CHECK(affinity_from_type_name("BLOB") == Affinity::Blob);
  CHECK(affinity_from_type_name("REAL") == Affinity::Real);
  CHECK(affinity_from_type_name("DOUBLE PRECISION") == Affinity::Real);
  CHECK(affinity_from_type_name("FLOAT") == Affinity::Real);
  CHECK(affinity_from_type_name("DECIMAL(10,5)") == Affinity::Numeric);
  CHECK(affinity_from_type_name("STRING") == Affinity::Numeric);
}

TEST_CASE("apply_affinity: only what loses nothing") {
  CHECK(stored(text("123"), Affinity::Integer) == "123");
  CHECK(stored(text(" 48.00 "), Affinity::Integer) == "48");
  CHECK(stored(text("12.5"), Affinity::Integer) == "12.5");
  CHECK(stored(text("12x"), Affinity::Integer) == "'12x'");
  CHECK(stored(text("0x10"), Affinity::Integer) == "'0x10'");
  CHECK(stored(text("9223372036854775807"), Affinity::Numeric) == "9223372036854775807");
  CHECK(stored(text("9223372036854775808"), Affinity::Numeric) == "9.2233720368547758e+18");
  CHECK(stored(real(3.0), Affinity::Integer) == "3");
  CHECK(stored(real(3.5), Affinity::Integer) == "3.5");
  CHECK(stored(integer(3), Affinity::Real) == "3.0");
  CHECK(stored(text("3"), Affinity::Real) == "3.0");
  CHECK(stored(integer(3), Affinity::Text) == "'3'");
  CHECK(stored(real(3.0), Affinity::Text) == "'3.0'");
  CHECK(stored(blob("12"), Affinity::Integer) == "X'3132'");
  CHECK(stored(Value::null(), Affinity::Text) == "NULL");
  CHECK(stored(text("1"), Affinity::Blob) == "'1'");
}

TEST_CASE("comparison affinity: a numeric side converts text, TEXT converts numbers of expressions") {
  CHECK(comparison_affinity(Affinity::Integer, Affinity::Text) == Affinity::Numeric);
  CHECK(comparison_affinity(Affinity::Text, Affinity::Blob) == Affinity::Blob);
  CHECK(comparison_affinity(Affinity::Text, Affinity::None) == Affinity::Text);
  CHECK(comparison_affinity(Affinity::None, Affinity::None) == Affinity::None);
  Arena heap;
  Value a = text("10"), b = integer(10);
  REQUIRE(apply_comparison_affinity(a, b, Affinity::Numeric, heap).ok());
  CHECK(order(a, b) == 0);
  a = text("10");
  REQUIRE(apply_comparison_affinity(a, b, Affinity::Text, heap).ok());
  CHECK(show(b) == "'10'");
}

TEST_CASE("cast_value: by force") {
  CHECK(cast(text("12abc"), Affinity::Integer) == "12");
  CHECK(cast(text("1e3"), Affinity::Integer) == "1");
  CHECK(cast(text("1e3"), Affinity::Numeric) == "1000");
  CHECK(cast(text("1.5x"), Affinity::Numeric) == "1.5");
  CHECK(cast(text("abc"), Affinity::Real) == "0.0");
  CHECK(cast(real(-7.9), Affinity::Integer) == "-7");
  CHECK(cast(real(1e300), Affinity::Integer) == "9223372036854775807");
  CHECK(cast(blob("42"), Affinity::Integer) == "42");
  CHECK(cast(blob("ab"), Affinity::Text) == "'ab'");
  CHECK(cast(integer(65), Affinity::Blob) == "X'3635'");
  CHECK(cast(Value::null(), Affinity::Integer) == "NULL");
}

TEST_CASE("to_number and to_truth") {
  CHECK(show(to_number(text("  3 apples"))) == "3");
  CHECK(show(to_number(text("3.5 apples"))) == "3.5");
  CHECK(show(to_number(text("none"))) == "0");
  CHECK(show(to_number(text("9223372036854775808"))) == "9.2233720368547758e+18");
  CHECK(to_truth(text("0.5")) == Truth::True);
  CHECK(to_truth(text("x")) == Truth::False);
  CHECK(to_truth(Value::null()) == Truth::Null);
}

TEST_CASE("compare_values: NULL, numbers, text, blob") {
  CHECK(order(Value::null(), integer(-5)) < 0);
  CHECK(order(integer(5), text("")) < 0);
  CHECK(order(text("z"), blob("")) < 0);
  CHECK(order(integer(1), real(1.0)) == 0);
  CHECK(order(integer(1), real(1.5)) < 0);
  CHECK(order(real(-1.5), integer(-1)) < 0);
  // 2^53 + 1 has no double; it must not be equal to 2^53.
  CHECK(order(integer(9007199254740993), real(9007199254740992.0)) > 0);
  CHECK(order(integer(INT64_MAX), real(9223372036854775808.0)) < 0);
  CHECK(order(text("abc"), text("abcd")) < 0);
  CHECK(order(text("\xff"), text("a")) > 0);
  Value zeros = blob({});
  zeros.length = 3;
  zeros.flags = value_flags::kZeroBlob;
  CHECK(order(zeros, blob(std::string_view("\0\0\0", 3))) == 0);
  CHECK(order(zeros, blob(std::string_view("\0\0\1", 3))) < 0);
  CHECK(order(blob(std::string_view("\0\0", 2)), zeros) < 0);
}

TEST_CASE("compare_text: built-in collations") {
  CHECK(compare_text(kNoCaseCollation, "aBc", "AbC") == 0);
  CHECK(compare_text(kNoCaseCollation, "\xc3\x84", "\xc3\xa4") != 0);
  CHECK(compare_text(kRTrimCollation, "a  ", "a") == 0);
  CHECK(compare_text(kRTrimCollation, " a", "a") != 0);
  CHECK(compare_text(kBinaryCollation, "a", "B") > 0);
}

TEST_CASE("append_quoted: literals that read back") {
  CHECK(show(text("it's")) == "'it''s'");
  CHECK(show(blob("\x01\xab")) == "X'01AB'");
  CHECK(show(real(INFINITY)) == "9.0e+999");
  CHECK(show(real(-INFINITY)) == "-9.0e+999");
  Arena heap;
  TextBuilder out(heap);
  append_quoted(out, text("a\nb\\'"), true);
  CHECK(out.view() == "unistr('a\\u000ab\\\\''')");
}

TEST_CASE("TextBuilder: too big is an error, kept until the end") {
  Arena heap;
  TextBuilder out(heap, 10);
  out.append("12345678");
  out.append("90");
  CHECK_FALSE(out.failed());
  out.append("x");
  Value value;
  Status status = out.finish(&value);
  CHECK(status.code() == Code::TooBig);
  CHECK(status.message() == "string or blob too big");
}

TEST_CASE("UTF: surrogates, malformed bytes, lengths") {
  Arena heap;
  auto round = [&](std::string_view utf8, TextEncoding encoding) {
    auto wide = utf8_to_utf16(utf8, encoding, heap);
    REQUIRE(wide.ok());
    auto back = utf16_to_utf8(wide.value(), encoding, heap);
    REQUIRE(back.ok());
    return std::string(back.value());
  };
  for (auto encoding : {TextEncoding::Utf16Le, TextEncoding::Utf16Be}) {
    CHECK(round("a\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e", encoding) == "a\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e");
    CHECK(round("\xed\xa0\x80x", encoding) == "\xed\xa0\x80x");  // a lone surrogate survives
  }
  CHECK(utf8_to_utf16("\xf0\x9d\x84\x9e", TextEncoding::Utf16Be, heap).value() ==
        std::string_view("\xd8\x34\xdd\x1e", 4));
  CHECK(utf8_length("a\xc3\xa9\xf0\x9d\x84\x9e") == 3);
  CHECK(utf8_length("0123456789") == 10);
  const char* p = "\xc0\x80";
  CHECK(read_utf8(p, p + 2) == kReplacementCharacter);
  CHECK(until_nul(std::string_view("ab\0c", 4)) == "ab");
}
