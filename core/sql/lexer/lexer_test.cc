#include "sql/lexer/lexer.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace sqlrite::sql {
namespace {

using K = TokenKind;

std::vector<K> kinds(std::string_view text) {
  Lexer lexer(text);
  std::vector<K> result;
  while (true) {
    Token token = lexer.next();
    if (token.kind == K::End) return result;
    result.push_back(token.kind);
  }
}

// The texts of the tokens, joined by '|'.
std::string texts(std::string_view text) {
  Lexer lexer(text);
  std::string result;
  while (true) {
    Token token = lexer.next();
    if (token.kind == K::End) return result;
    if (!result.empty()) result += '|';
    result += text.substr(token.begin, token.end - token.begin);
  }
}

TEST_CASE("operators") {
  CHECK(texts("a<=b<>c!=d==e->>f->g||h|i<<j>>k>=l") == "a|<=|b|<>|c|!=|d|==|e|->>|f|->|g||||h|||i|<<|j|>>|k|>=|l");
  CHECK(kinds("- -> ->>") == std::vector<K>{K::Minus, K::Arrow, K::LongArrow});
  CHECK(kinds("= ==") == std::vector<K>{K::Equal, K::Equal});
  CHECK(kinds("!") == std::vector<K>{K::Illegal});
}

TEST_CASE("space and comments") {
  CHECK(texts(" a -- b\n c /* d ; */ e") == "a|c|e");
  CHECK(texts("a /* open") == "a");
  CHECK(texts("a/*") == "a|/|*");
  CHECK(texts("\xef\xbb\xbf a") == "a");
  CHECK(texts(std::string_view("a\0b", 3)) == "a");
  CHECK(texts("a \vb") == "a|b");
}

TEST_CASE("numbers") {
  for (const char* text : {"0", "12", "0x1F", "0XaB"}) CHECK(kinds(text) == std::vector<K>{K::Integer});
  for (const char* text : {"1.", ".5", "1.5", "1e5", "1e+5", "1.5E-10"}) CHECK(kinds(text) == std::vector<K>{K::Float});
  for (const char* text : {"1_000", "0x1_F", "1_0.5_5", "1__0", "1_"}) {
    CHECK(kinds(text) == std::vector<K>{K::SeparatedNumber});
  }
  for (const char* text : {"1a", "0xg", "1e", "12$", "0x"}) CHECK(kinds(text) == std::vector<K>{K::Illegal});
  CHECK(texts("1.e5") == "1.e5");
  CHECK(texts("a.5") == "a|.5");
}

TEST_CASE("strings, names, blobs") {
  CHECK(kinds("'a''b' \"c\" `d` [e f]") == std::vector<K>{K::String, K::Identifier, K::Identifier, K::Identifier});
  CHECK(texts("'a''b'\"c\"\"d\"") == "'a''b'|\"c\"\"d\"");
  CHECK(kinds("'abc") == std::vector<K>{K::Illegal});
  CHECK(kinds("[abc") == std::vector<K>{K::Illegal});
  CHECK(kinds("x'ab' X'' x'a' x'zz' x") == std::vector<K>{K::Blob, K::Blob, K::Illegal, K::Illegal, K::Identifier});
  CHECK(kinds("\xc3\xa9t\xc3\xa9 _a a$b") == std::vector<K>{K::Identifier, K::Identifier, K::Identifier});
}

TEST_CASE("variables") {
  CHECK(texts("? ?12 :a @b $c $d::e $f(g) #h") == "?|?12|:a|@b|$c|$d::e|$f(g)|#h");
  CHECK(kinds(":") == std::vector<K>{K::Illegal});
  CHECK(kinds("$a(b c") == std::vector<K>{K::Illegal, K::Identifier});
}

TEST_CASE("keywords") {
  CHECK(keyword_kind("select") == K::Select);
  CHECK(keyword_kind("SeLeCt") == K::Select);
  CHECK(keyword_kind("temporary") == K::Temp);
  CHECK(keyword_kind("current_timestamp") == K::CurrentTimeWord);
  CHECK(keyword_kind("glob") == K::LikeWord);
  CHECK(keyword_kind("outer") == K::JoinWord);
  CHECK(keyword_kind("selec") == K::Identifier);
  CHECK(keyword_kind("a") == K::Identifier);
  CHECK(keyword_kind("concurrent") == K::Identifier);
  CHECK(is_fallback_keyword(K::Key));
  CHECK(!is_fallback_keyword(K::Select));
}

}  // namespace
}  // namespace sqlrite::sql
