// The formatter, fed with SQL values and with C varargs.
#include "functions/scalar/format.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <string>

#include "functions/function_test_context.h"

using namespace sqlrite;
using namespace sqlrite::functions;

namespace {

std::string c_format(const char* format, ...) {
  Arena heap;
  TextBuilder out(heap);
  va_list list;
  va_start(list, format);
  {
    VaListFormatArguments arguments(list, std::free);
    format_text(out, format, arguments);
  }
  va_end(list);
  return std::string(out.view());
}

}  // namespace

TEST_CASE("printf: integers") {
  Caller call;
  CHECK(call("printf", {"%d|%5d|%-5d|%05d|%+d|% d", 42, 42, 42, 42, 42, 42}) == "'42|   42|42   |00042|+42| 42'");
  CHECK(call("printf", {"%,d", 1234567}) == "'1,234,567'");
  CHECK(call("printf", {"%x %X %#x %o %#o", 255, 255, 255, 8, 8}) == "'ff FF 0xff 10 010'");
  CHECK(call("printf", {"%u", -1}) == "'18446744073709551615'");
  CHECK(call("printf", {"%r %r %r %r", 1, 2, 3, 11}) == "'1st 2nd 3rd 11th'");
  CHECK(call("printf", {"%*d|%.3d", 6, 42, 7}) == "'    42|007'");
  CHECK(call("printf", {"%d"}) == "'0'");
}

TEST_CASE("printf: reals") {
  Caller call;
  CHECK(call("printf", {"%.2f|%8.3f|%-8.1f|%08.2f", 3.14159, 2.5, 1.25, -1.5}) == "'3.14|   2.500|1.3     |-0001.50'");
  CHECK(call("printf", {"%e %E %g %G", 12345.678, 0.00012, 1e20, 1e-10}) == "'1.234568e+04 1.200000E-04 1e+20 1E-10'");
  CHECK(call("printf", {"%!.17g", 0.1}) == "'0.1'");
  CHECK(call("printf", {"%.20f", 0.1}) == "'0.10000000000000000000'");
  CHECK(call("printf", {"%!.20f", 0.1}) == "'0.1000000000000000056'");
  CHECK(call("printf", {"%,.2f", 1234567.891}) == "'1,234,567.89'");
  CHECK(call("printf", {"%f %f", INFINITY, -INFINITY}) == "'Inf -Inf'");
  CHECK(call("printf", {"%#.0f|%.0f", 2.0, 2.5}) == "'2.|3'");
}

TEST_CASE("printf: texts") {
  Caller call;
  CHECK(call("printf", {"%s|%5s|%-5s|%.2s", "abc", "ab", "ab", "abc"}) == "'abc|   ab|ab   |ab'");
  CHECK(call("printf", {"%!.2s|%!4s", "\xc3\xa9\xc3\xa9\xc3\xa9", "\xc3\xa9"}) == "'\xc3\xa9\xc3\xa9|   \xc3\xa9'");
  CHECK(call("printf", {"%c%c", "xyz", 7}) == "'x7'");
  CHECK(call("printf", {"%.3c", "x"}) == "'xxx'");
  CHECK(call("printf", {"%q %Q %w", "it's", "it's", "a\"b"}) == "'it''''s ''it''''s'' a\"\"b'");
  CHECK(call("printf", {"%Q|%s|%q", nullptr, nullptr, nullptr}) == "'NULL||(NULL)'");
  CHECK(call("printf", {"100%%|%"}) == "'100%|%'");
  CHECK(call("printf", {"a%yb", 1}) == "'a'");  // an unknown conversion ends the output
  CHECK(call("printf", {nullptr}) == "NULL");
  CHECK(call("printf", {"%2000d", 1}) == "E:string or blob too big");
}

TEST_CASE("format_text: C varargs") {
  CHECK(c_format("%d %lld %s", 5, 1LL << 40, "x") == "5 1099511627776 x");
  CHECK(c_format("%.3s|%.*s", "abcdef", 2, "xyz") == "abc|xy");
  CHECK(c_format("%c%c", 'a', 0x20ac) == "a\xe2\x82\xac");
  CHECK(c_format("%z!", strdup("owned")) == "owned!");
  CHECK(c_format("%z%z", strdup("a"), strdup("b")) == "ab");
  CHECK(c_format("%Q %Q", "a'b", static_cast<const char*>(nullptr)) == "'a''b' NULL");
  CHECK(c_format("%f", 2.5) == "2.500000");
  int size = 0;
  CHECK(c_format("abc%ndef", &size) == "abcdef");
  CHECK(size == 3);
}
