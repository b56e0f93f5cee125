// LIKE and GLOB: the shapes that need no matcher, and the matcher.
#include "functions/scalar/pattern.h"

#include <doctest/doctest.h>

#include <string>

using namespace sqlrite::functions;

namespace {

bool like(std::string_view pattern, std::string_view text) { return Pattern(pattern, kLikeOptions).matches(text); }
bool glob(std::string_view pattern, std::string_view text) { return Pattern(pattern, kGlobOptions).matches(text); }
Pattern::Shape shape(std::string_view pattern) { return Pattern(pattern, kLikeOptions).shape(); }

}  // namespace

TEST_CASE("Pattern: shapes") {
  CHECK(shape("%") == Pattern::Shape::Any);
  CHECK(shape("%%") == Pattern::Shape::Any);
  CHECK(shape("") == Pattern::Shape::Exact);
  CHECK(shape("abc") == Pattern::Shape::Exact);
  CHECK(shape("abc%") == Pattern::Shape::Prefix);
  CHECK(shape("%abc") == Pattern::Shape::Suffix);
  CHECK(shape("%abc%") == Pattern::Shape::Contains);
  CHECK(shape("a%c") == Pattern::Shape::General);
  CHECK(shape("a_c") == Pattern::Shape::General);
  CHECK(shape("%\xc3\xa9%") == Pattern::Shape::General);
  PatternOptions escaped = kLikeOptions;
  escaped.has_escape = true;
  escaped.escape = '\\';
  CHECK(Pattern("abc\\%", escaped).shape() == Pattern::Shape::General);
  CHECK(Pattern("abc%", escaped).shape() == Pattern::Shape::Prefix);
}

TEST_CASE("LIKE: ASCII letters fold, others do not") {
  CHECK(like("ABC", "abc"));
  CHECK(like("a%", "Apple"));
  CHECK(like("%PLE", "apple"));
  CHECK(like("%pP%", "Apple"));
  CHECK_FALSE(like("%pp", "Apple"));
  CHECK(like("a_c", "aBc"));
  CHECK(like("a_c",
             "a\xc3\xa9"
             "c"));
  CHECK_FALSE(like("\xc3\xa9", "\xc3\x89"));
  CHECK(like("a%b%c", "aXXbYYbZZc"));
  CHECK_FALSE(like("a%b%c", "aXXcYYb"));
  CHECK(like("%_", "x"));
  CHECK_FALSE(like("%_", ""));
  CHECK(like("abc", std::string_view("abc\0def", 7)));
}

TEST_CASE("LIKE: escapes") {
  PatternOptions options = kLikeOptions;
  options.has_escape = true;
  options.escape = '!';
  CHECK(Pattern("10!%", options).matches("10%"));
  CHECK_FALSE(Pattern("10!%", options).matches("100"));
  CHECK(Pattern("a!_b", options).matches("a_b"));
  CHECK_FALSE(Pattern("a!_b", options).matches("axb"));
  CHECK_FALSE(Pattern("abc!", options).matches("abc!"));
  options.escape = '%';  // then % is no wildcard any more
  CHECK(Pattern("a%%", options).matches("a%"));
  CHECK_FALSE(Pattern("a%%", options).matches("ab"));
}

TEST_CASE("GLOB: case matters, sets") {
  CHECK(glob("*.txt", "a.txt"));
  CHECK_FALSE(glob("*.TXT", "a.txt"));
  CHECK(glob("[a-c]x", "bx"));
  CHECK_FALSE(glob("[^a-c]x", "bx"));
  CHECK(glob("[]]", "]"));
  CHECK(glob("[^]]", "a"));
  CHECK(glob("*[0-9]*", "abc7def"));
  CHECK_FALSE(glob("[abc", "a"));
  CHECK(glob("?", "\xe2\x82\xac"));
  CHECK(glob("[a-]", "-"));
}

TEST_CASE("find_literal: long texts, both cases, ends") {
  std::string text(100, 'x');
  text += "Needle";
  CHECK(find_literal(text, "needle", true) == 100);
  CHECK(find_literal(text, "needle", false) == std::string_view::npos);
  CHECK(find_literal(text, "Needle", false) == 100);
  for (size_t at = 0; at < 40; ++at) {
    std::string padded = std::string(at, 'n') + "NEEDLE" + std::string(40 - at, 'e');
    REQUIRE(find_literal(padded, "needle", true) == at);
  }
  CHECK(find_literal("ab", "abc", true) == std::string_view::npos);
}
