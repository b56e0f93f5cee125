#include "functions/json/json_parse.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "functions/json/jsonb.h"
#include "types/number_text.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

bool is_json_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }
bool is_letter(char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; }
bool is_alphanumeric(char c) { return is_letter(c) || is_digit(c); }
bool is_label_start(char c) { return is_letter(c) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80; }
bool is_label_byte(char c) { return is_label_start(c) || is_digit(c); }
bool is_hex(char c) { return hex_digit_value(c) >= 0; }
// Bytes that need no look inside a string.
constexpr auto kPlainBytes = [] {
  std::array<bool, 256> plain{};
  for (int c = 0x20; c < 256; ++c) plain[static_cast<size_t>(c)] = c != '"' && c != '\\' && c != '\'';
  return plain;
}();
bool is_plain_byte(char c) { return kPlainBytes[static_cast<unsigned char>(c)]; }

// NULs behind the text: no look ahead is longer.
constexpr size_t kPadding = 8;

class JsonParser {
 public:
  // REQUIRES: kPadding NULs stand behind `text`.
  JsonParser(std::string_view text, TextBuilder& out) : text_(text), out_(out) {}

  JsonParseResult run() {
    JsonParseResult result;
    Found found = value(0);
    if (found.token == Token::Value && !out_.failed()) {
      size_t at = found.at;
      while (is_json_space(peek(at))) ++at;
      if (at < text_.size()) {
        at += extended_space(at);
        nonstandard_ = true;
      }
      result.ok = at >= text_.size();
    }
    result.nonstandard = nonstandard_;
    result.error_offset = error_;
    return result;
  }

 private:
  // What value() came upon: a value (`at` is behind it), a delimiter (`at` is its place), the end, or an error.
  enum class Token : uint8_t { Value, End, Error, CloseObject, CloseArray, Comma, Colon };
  struct Found {
    Token token;
    size_t at;
  };

  char peek(size_t at) const { return text_.data()[at]; }
  Found error(size_t at) {
    error_ = at;
    return {Token::Error, at};
  }
  // The place is remembered: it is what an error behind the whole value is reported at.
  Found delimiter_found(Token token, size_t at) {
    error_ = at;
    return {token, at};
  }
  // An error at `at` unless a deeper one was reported already.
  Found wrong_token(Found found, size_t at) { return found.token == Token::Error ? found : error(at); }

  // Bytes of white space and comments in the wide sense of JSON5.
  size_t extended_space(size_t start) const {
    size_t at = start;
    for (;;) {
      switch (static_cast<unsigned char>(peek(at))) {
        case 0x09:
        case 0x0a:
        case 0x0b:
        case 0x0c:
        case 0x0d:
        case 0x20: ++at; continue;
        case '/':
          if (peek(at + 1) == '*' && at + 2 < text_.size()) {
            size_t end = text_.find("*/", at + 2);
            if (end == std::string_view::npos) return at - start;
            at = end + 2;
            continue;
          }
          if (peek(at + 1) == '/') {
            at = end_of_line(at + 2);
            continue;
          }
          return at - start;
        case 0xc2:
          if (!follows(at, "\xc2\xa0")) return at - start;
          at += 2;
          continue;
        case 0xe1:
          if (!follows(at, "\xe1\x9a\x80")) return at - start;
          at += 3;
          continue;
        case 0xe2: {
          unsigned char third = static_cast<unsigned char>(peek(at + 2));
          bool space = peek(at + 1) == '\x80' &&
                       ((third >= 0x80 && third <= 0x8a) || third == 0xa8 || third == 0xa9 || third == 0xaf);
          if (!space && !follows(at, "\xe2\x81\x9f")) return at - start;
          at += 3;
          continue;
        }
        case 0xe3:
          if (!follows(at, "\xe3\x80\x80")) return at - start;
          at += 3;
          continue;
        case 0xef:
          if (!follows(at, "\xef\xbb\xbf")) return at - start;
          at += 3;
          continue;
        default: return at - start;
      }
    }
  }
  size_t end_of_line(size_t at) const {
    for (; at < text_.size(); ++at) {
      if (text_[at] == '\n' || text_[at] == '\r') return at + 1;
      if (follows(at, "\xe2\x80\xa8") || follows(at, "\xe2\x80\xa9")) return at + 3;
    }
    return at;
  }
  bool follows(size_t at, std::string_view what) const {
    return text_.substr(std::min(at, text_.size())).starts_with(what);
  }
  bool follows_folded(size_t at, std::string_view what) const {
    return at <= text_.size() && iequals(text_.substr(at, what.size()), what);
  }

  Found append(JsonKind kind, std::string_view payload, size_t next) {
    size_t size = payload.size();
    if (size > 11) {
      append_json_element(out_, kind, payload);
      return {Token::Value, next};
    }
    char* p = out_.grow(size + 1);
    if (p == nullptr) return error(next);
    *p++ = static_cast<char>(static_cast<uint8_t>(kind) | (size << 4));
    const char* from = payload.data();
    // Two overlapping copies of fixed size instead of a call.
    if (size >= 4) {
      uint32_t head, tail;
      std::memcpy(&head, from, 4);
      std::memcpy(&tail, from + size - 4, 4);
      if (size > 8) {
        uint32_t middle;
        std::memcpy(&middle, from + 4, 4);
        std::memcpy(p + 4, &middle, 4);
      }
      std::memcpy(p, &head, 4);
      std::memcpy(p + size - 4, &tail, 4);
    } else {
      for (size_t i = 0; i < size; ++i) p[i] = from[i];
    }
    return {Token::Value, next};
  }
  Found append_literal(JsonKind kind, size_t next) {
    out_.append(static_cast<char>(kind));
    return {Token::Value, next};
  }

  // The payload from `start` on is complete: give it its header, of which one byte was kept free.
  void close_container(JsonKind kind, size_t start) {
    if (out_.failed()) return;
    char header[9];
    size_t payload_size = out_.size() - start;
    size_t header_size = write_json_header(kind, payload_size, header);
    if (header_size > 1) {
      if (out_.grow(header_size - 1) == nullptr) return;
      std::memmove(out_.data() + start + header_size - 1, out_.data() + start, payload_size);
    }
    std::memcpy(out_.data() + start - 1, header, header_size);
  }

  Found value(size_t at) {
    for (;;) {
      char c = peek(at);
      switch (c) {
        case '\0': return {Token::End, at};
        case ' ':
        case '\n':
        case '\t':
        case '\r': ++at; continue;
        case '{': return object(at);
        case '[': return array(at);
        case '}': return delimiter_found(Token::CloseObject, at);
        case ']': return delimiter_found(Token::CloseArray, at);
        case ',': return delimiter_found(Token::Comma, at);
        case ':': return delimiter_found(Token::Colon, at);
        case '"':
        case '\'': return string(at);
        case 't':
          if (follows(at, "true") && !is_alphanumeric(peek(at + 4))) return append_literal(JsonKind::True, at + 4);
          return error(at);
        case 'f':
          if (follows(at, "false") && !is_alphanumeric(peek(at + 5))) return append_literal(JsonKind::False, at + 5);
          return error(at);
        case 'n':
          if (follows(at, "null") && !is_alphanumeric(peek(at + 4))) return append_literal(JsonKind::Null, at + 4);
          return special_number(at);
        case '+': nonstandard_ = true; return number(at);
        case '.':
          if (!is_digit(peek(at + 1))) return error(at);
          nonstandard_ = true;
          return number_digits(at, at, true, true);
        case '-':
        case '0':
        case '1':
        case '2':
        case '3':
        case '4':
        case '5':
        case '6':
        case '7':
        case '8':
        case '9': return number(at);
        case '\x0b':
        case '\x0c':
        case '/':
        case '\xc2':
        case '\xe1':
        case '\xe2':
        case '\xe3':
        case '\xef': {
          size_t space = extended_space(at);
          if (space == 0) return error(at);
          nonstandard_ = true;
          at += space;
          continue;
        }
        default: return special_number(at);
      }
    }
  }

  Found special_number(size_t at) {
    struct Name {
      std::string_view text;
      bool infinite;
    };
    for (Name name :
         {Name{"infinity", true}, Name{"inf", true}, Name{"nan", false}, Name{"qnan", false}, Name{"snan", false}}) {
      if (!follows_folded(at, name.text) || is_alphanumeric(peek(at + name.text.size()))) continue;
      nonstandard_ = true;
      size_t next = at + name.text.size();
      return name.infinite ? append(JsonKind::Float, "9e999", next) : append_literal(JsonKind::Null, next);
    }
    return error(at);
  }

  // A number with a sign or a leading digit. `at` is its first byte.
  Found number(size_t at) {
    char c = peek(at);
    size_t digits = at;
    bool json5 = false;
    if (c == '-' || c == '+') {
      ++digits;
      if (!is_digit(peek(digits))) {
        if (follows_folded(digits, "inf")) {
          nonstandard_ = true;
          size_t next = digits + (follows_folded(digits, "infinity") ? 8 : 3);
          return append(JsonKind::Float, c == '-' ? "-9e999" : "9e999", next);
        }
        if (peek(digits) != '.') return error(at);
        nonstandard_ = true;
        return number_digits(at, digits, true, false);
      }
    }
    if (peek(digits) == '0') {
      char x = peek(digits + 1);
      if (is_digit(x)) return error(c == '0' ? at + 1 : digits);
      if ((x == 'x' || x == 'X') && is_hex(peek(digits + 2))) {
        nonstandard_ = true;
        size_t end = digits + 3;
        while (is_hex(peek(end))) ++end;
        return finish_number(at, end, JsonKind::Int5);
      }
    }
    return number_digits(at, digits, json5, false);
  }

  // Digits, point and exponent from `at` on; `point_first`: the byte at `at` is the point of ".5".
  Found number_digits(size_t start, size_t at, bool json5, bool point_first) {
    bool real = point_first;
    bool exponent = false;
    size_t j = point_first || is_digit(peek(at)) ? at + 1 : at;
    for (;; ++j) {
      char c = peek(j);
      if (is_digit(c)) continue;
      if (c == '.') {
        if (real) return error(j);
        real = true;
        continue;
      }
      if (c != 'e' && c != 'E') break;
      if (peek(j - 1) == '.') {
        if (j < start + 2 || !is_digit(peek(j - 2))) return error(j);
        nonstandard_ = true;
        json5 = true;
      }
      if (exponent) return error(j);
      real = true;
      exponent = true;
      size_t mark = j;
      if (peek(j + 1) == '+' || peek(j + 1) == '-') ++j;
      if (!is_digit(peek(j + 1))) return error(mark == j ? mark : j);
    }
    if (peek(j - 1) == '.') {
      if (j < start + 2 || !is_digit(peek(j - 2))) return error(j);
      nonstandard_ = true;
      json5 = true;
    }
    JsonKind kind = real ? (json5 ? JsonKind::Float5 : JsonKind::Float) : (json5 ? JsonKind::Int5 : JsonKind::Int);
    return finish_number(start, j, kind);
  }
  Found finish_number(size_t start, size_t end, JsonKind kind) {
    if (peek(start) == '+') ++start;
    return append(kind, text_.substr(start, end - start), end);
  }

  Found string(size_t at) {
    char delimiter = peek(at);
    JsonKind kind = JsonKind::Text;
    if (delimiter == '\'') nonstandard_ = true;
    size_t j = at + 1;
    auto json5 = [&] {
      kind = JsonKind::Text5;
      nonstandard_ = true;
    };
    for (;; ++j) {
      while (is_plain_byte(text_.data()[j])) ++j;
      char c = peek(j);
      if (c == delimiter) break;
      if (c == '\\') {
        c = peek(++j);
        if ((c != '\0' && std::strchr("\"\\/bfnrt", c) != nullptr) || (c == 'u' && is_hex4(j + 1))) {
          if (kind == JsonKind::Text) kind = JsonKind::TextJ;
        } else if (c == '\'' || c == 'v' || c == '\n' || (c == '0' && !is_digit(peek(j + 1))) ||
                   follows(j, "\xe2\x80\xa8") || follows(j, "\xe2\x80\xa9") ||
                   (c == 'x' && is_hex(peek(j + 1)) && is_hex(peek(j + 2)))) {
          json5();
        } else if (c == '\r') {
          if (peek(j + 1) == '\n') ++j;
          json5();
        } else {
          return error(j);
        }
      } else if (static_cast<unsigned char>(c) < 0x20) {
        if (j >= text_.size()) return error(j);
        json5();
      } else if (c == '"') {
        kind = JsonKind::Text5;
      }
    }
    return append(kind, text_.substr(at + 1, j - at - 1), j + 1);
  }
  bool is_hex4(size_t at) const {
    return is_hex(peek(at)) && is_hex(peek(at + 1)) && is_hex(peek(at + 2)) && is_hex(peek(at + 3));
  }

  // The delimiter behind a value: a comma, the closing bracket, or nothing of the kind.
  Found delimiter(size_t at) {
    while (is_json_space(peek(at))) ++at;
    switch (peek(at)) {
      case ',': return {Token::Comma, at};
      case '}': return {Token::CloseObject, at};
      case ']': return {Token::CloseArray, at};
      default: return value(at);  // skips the wider white space
    }
  }

  Found array(size_t at) {
    out_.append('\0');
    size_t start = out_.size();
    if (++depth_ > kJsonDepthMax) return error(at);
    for (size_t j = at + 1;; ++j) {
      Found found = value(j);
      if (found.token != Token::Value) {
        if (found.token != Token::CloseArray) return wrong_token(found, j);
        j = found.at;
        if (out_.size() != start) nonstandard_ = true;  // a comma before the bracket
        close_container(JsonKind::Array, start);
        --depth_;
        return {Token::Value, j + 1};
      }
      size_t after = found.at;
      found = delimiter(after);
      if (found.token == Token::Comma) {
        j = found.at;
        continue;
      }
      if (found.token == Token::CloseArray) {
        close_container(JsonKind::Array, start);
        --depth_;
        return {Token::Value, found.at + 1};
      }
      while (is_json_space(peek(after))) ++after;
      return error(after);
    }
  }

  // A label without quotes; false when there is none at `at`.
  bool bare_label(size_t at, size_t* next) {
    JsonKind kind = JsonKind::Text;
    auto escape = [&](size_t i) {
      if (peek(i) != '\\' || peek(i + 1) != 'u' || !is_hex4(i + 2)) return false;
      kind = JsonKind::TextJ;
      return true;
    };
    if (!is_label_start(peek(at)) && !escape(at)) return false;
    size_t end = at + 1;
    while ((is_label_byte(peek(end)) && extended_space(end) == 0) || escape(end)) ++end;
    append_json_element(out_, kind, text_.substr(at, end - at));
    nonstandard_ = true;
    *next = end;
    return true;
  }

  Found object(size_t at) {
    out_.append('\0');
    size_t start = out_.size();
    if (++depth_ > kJsonDepthMax) return error(at);
    for (size_t j = at + 1;; ++j) {
      size_t label_start = out_.size();
      Found found = value(j);
      if (found.token != Token::Value) {
        if (found.token == Token::CloseObject) {
          if (out_.size() != start) nonstandard_ = true;
          close_container(JsonKind::Object, start);
          --depth_;
          return {Token::Value, found.at + 1};
        }
        j += extended_space(j);
        out_.shrink(out_.size() - label_start);  // of an element that was begun
        size_t next;
        if (!bare_label(j, &next)) return wrong_token(found, j);
        found = {Token::Value, next};
      }
      if (out_.failed()) return error(j);
      if (!is_json_text(static_cast<JsonKind>(out_.data()[label_start] & 0x0f))) return error(j);
      j = found.at;
      while (is_json_space(peek(j))) ++j;
      if (peek(j) != ':') {
        found = value(j);
        if (found.token != Token::Colon) return wrong_token(found, j);
        j = found.at;
      }
      ++j;
      found = value(j);
      if (found.token != Token::Value) return wrong_token(found, j);
      size_t after = found.at;
      found = delimiter(after);
      if (found.token == Token::Comma) {
        j = found.at;
        continue;
      }
      if (found.token == Token::CloseObject) {
        close_container(JsonKind::Object, start);
        --depth_;
        return {Token::Value, found.at + 1};
      }
      while (is_json_space(peek(after))) ++after;
      return error(after);
    }
  }

  std::string_view text_;
  TextBuilder& out_;
  size_t error_ = 0;
  uint32_t depth_ = 0;
  bool nonstandard_ = false;
};

}  // namespace

JsonParseResult parse_json(std::string_view text, TextBuilder& out) {
  text = until_nul(text);
  char* copy = static_cast<char*>(out.heap().try_allocate(text.size() + kPadding, 1));
  if (copy == nullptr) {
    out.fail(Code::NoMem);
    return {};
  }
  if (!text.empty()) std::memcpy(copy, text.data(), text.size());
  std::memset(copy + text.size(), 0, kPadding);
  return JsonParser({copy, text.size()}, out).run();
}

}  // namespace sqlrite::functions
