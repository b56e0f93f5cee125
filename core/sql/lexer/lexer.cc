#include "sql/lexer/lexer.h"

#include <array>

namespace sqlrite::sql {
namespace {

enum class CharClass : uint8_t {
  Illegal,
  End,  // NUL
  Space,
  Word,      // starts an identifier that may be a keyword
  WordOnly,  // starts an identifier that cannot be one
  X,         // x'..' or an identifier
  Digit,
  Dot,
  Dollar,  // '$', '@', '#', ':'
  Question,
  Quote,  // ' " `
  Bracket,
  Minus,
  Less,
  Greater,
  Equal,
  Bang,
  Slash,
  Pipe,
  ByteOrderMark,
};

constexpr std::array<CharClass, 256> build_classes() {
  std::array<CharClass, 256> classes{};
  for (int c = 0x80; c < 256; ++c) classes[static_cast<size_t>(c)] = CharClass::WordOnly;
  classes[0xef] = CharClass::ByteOrderMark;
  for (int c = 'a'; c <= 'z'; ++c) {
    classes[static_cast<size_t>(c)] = CharClass::Word;
    classes[static_cast<size_t>(c - 32)] = CharClass::Word;
  }
  classes['x'] = classes['X'] = CharClass::X;
  classes['_'] = CharClass::WordOnly;
  for (int c = '0'; c <= '9'; ++c) classes[static_cast<size_t>(c)] = CharClass::Digit;
  for (char c : {' ', '\t', '\n', '\f', '\r'}) classes[static_cast<size_t>(c)] = CharClass::Space;
  for (char c : {'$', '@', '#', ':'}) classes[static_cast<size_t>(c)] = CharClass::Dollar;
  for (char c : {'\'', '"', '`'}) classes[static_cast<size_t>(c)] = CharClass::Quote;
  classes[0] = CharClass::End;
  classes['.'] = CharClass::Dot;
  classes['?'] = CharClass::Question;
  classes['['] = CharClass::Bracket;
  classes['-'] = CharClass::Minus;
  classes['<'] = CharClass::Less;
  classes['>'] = CharClass::Greater;
  classes['='] = CharClass::Equal;
  classes['!'] = CharClass::Bang;
  classes['/'] = CharClass::Slash;
  classes['|'] = CharClass::Pipe;
  return classes;
}
constexpr std::array<CharClass, 256> kClasses = build_classes();

// The tokens that are one byte whatever follows; Failed (no token of the lexer's) elsewhere.
constexpr std::array<TokenKind, 256> build_single_byte_tokens() {
  std::array<TokenKind, 256> tokens{};
  for (TokenKind& token : tokens) token = TokenKind::Failed;
  tokens['('] = TokenKind::LeftParen;
  tokens[')'] = TokenKind::RightParen;
  tokens[';'] = TokenKind::Semicolon;
  tokens['+'] = TokenKind::Plus;
  tokens['*'] = TokenKind::Star;
  tokens['%'] = TokenKind::Percent;
  tokens[','] = TokenKind::Comma;
  tokens['&'] = TokenKind::BitAnd;
  tokens['~'] = TokenKind::BitNot;
  return tokens;
}
constexpr std::array<TokenKind, 256> kSingleByteTokens = build_single_byte_tokens();

constexpr std::array<bool, 256> build_identifier_bytes() {
  std::array<bool, 256> bytes{};
  for (int c = 0; c < 256; ++c) {
    bytes[static_cast<size_t>(c)] =
        c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '$';
  }
  return bytes;
}
constexpr std::array<bool, 256> kIdentifierBytes = build_identifier_bytes();

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex_digit(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
// Inside a run of space the vertical tab counts too; alone it is illegal.
bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

bool is_identifier_byte(char c) { return kIdentifierBytes[static_cast<uint8_t>(c)]; }

size_t Lexer::scan_number(size_t at, TokenKind& kind) const {
  kind = TokenKind::Integer;
  bool separated = false;
  auto skip_digits = [&](auto is_wanted) {
    while (true) {
      char c = peek(at);
      if (c == '_') {
        separated = true;
      } else if (!is_wanted(c)) {
        return;
      }
      ++at;
    }
  };
  if (peek(at) == '0' && (peek(at + 1) == 'x' || peek(at + 1) == 'X') && is_hex_digit(peek(at + 2))) {
    at += 3;
    skip_digits(is_hex_digit);
  } else {
    if (is_digit(peek(at))) skip_digits(is_digit);
    if (peek(at) == '.') {
      kind = TokenKind::Float;
      ++at;
      skip_digits(is_digit);
    }
    char e = peek(at);
    if ((e == 'e' || e == 'E') &&
        (is_digit(peek(at + 1)) || ((peek(at + 1) == '+' || peek(at + 1) == '-') && is_digit(peek(at + 2))))) {
      kind = TokenKind::Float;
      at += 2;
      skip_digits(is_digit);
    }
  }
  if (separated) kind = TokenKind::SeparatedNumber;
  while (at < text_.size() && is_identifier_byte(text_[at])) {
    kind = TokenKind::Illegal;
    ++at;
  }
  return at;
}

size_t Lexer::scan_variable(size_t at, TokenKind& kind) const {
  kind = TokenKind::Variable;
  size_t name_size = 0;
  for (++at; at < text_.size(); ++at) {
    char c = text_[at];
    if (is_identifier_byte(c)) {
      ++name_size;
    } else if (c == '(' && name_size > 0) {
      do {
        ++at;
      } while (peek(at) != '\0' && !is_space(peek(at)) && peek(at) != ')');
      if (peek(at) == ')') {
        ++at;
      } else {
        kind = TokenKind::Illegal;
      }
      break;
    } else if (c == ':' && peek(at + 1) == ':') {
      ++at;
    } else {
      break;
    }
  }
  if (name_size == 0) kind = TokenKind::Illegal;
  return at;
}

// From the opening quote to past the closing one; a doubled quote stands for itself.
size_t Lexer::scan_quoted(size_t at, char quote, bool& closed) const {
  for (++at; at < text_.size() && text_[at] != '\0'; ++at) {
    if (text_[at] != quote) continue;
    if (peek(at + 1) != quote) {
      closed = true;
      return at + 1;
    }
    ++at;
  }
  closed = false;
  return at;
}

size_t Lexer::scan_blob(size_t at, TokenKind& kind) const {
  size_t digits_begin = at + 2;
  at = digits_begin;
  while (is_hex_digit(peek(at))) ++at;
  kind = TokenKind::Blob;
  if (peek(at) != '\'' || (at - digits_begin) % 2 != 0) {
    kind = TokenKind::Illegal;
    while (peek(at) != '\0' && peek(at) != '\'') ++at;
  }
  if (peek(at) == '\'') ++at;
  return at;
}

Token Lexer::next() {
  const char* data = text_.data();
  const size_t size = text_.size();
  size_t at = position_;
  TokenKind kind = TokenKind::Illegal;
  size_t begin = at;
  while (true) {
    while (at < size && data[at] == ' ') {
      do {
        ++at;
      } while (at < size && is_space(data[at]));
    }
    begin = at;
    if (at >= size) [[unlikely]] {
      position_ = size;
      return {TokenKind::End, static_cast<uint32_t>(size), static_cast<uint32_t>(size)};
    }
    char c = data[at++];
    TokenKind single = kSingleByteTokens[static_cast<uint8_t>(c)];
    if (single != TokenKind::Failed) {
      position_ = at;
      return {single, static_cast<uint32_t>(begin), static_cast<uint32_t>(at)};
    }
    CharClass char_class = kClasses[static_cast<uint8_t>(c)];
    if (char_class == CharClass::Word) [[likely]] {
      while (at < size && kIdentifierBytes[static_cast<uint8_t>(data[at])]) ++at;
      kind = keyword_kind(text_.substr(begin, at - begin));
      break;
    }
    char ahead = at < size ? data[at] : '\0';
    switch (char_class) {
      case CharClass::Space:
        while (at < size && is_space(data[at])) ++at;
        continue;
      case CharClass::X:
        if (ahead == '\'') {
          at = scan_blob(begin, kind);
          break;
        }
        [[fallthrough]];
      case CharClass::WordOnly:
        while (at < size && kIdentifierBytes[static_cast<uint8_t>(data[at])]) ++at;
        kind = TokenKind::Identifier;
        break;
      case CharClass::ByteOrderMark:
        if (static_cast<uint8_t>(ahead) == 0xbb && static_cast<uint8_t>(peek(at + 1)) == 0xbf) {
          at += 2;
          continue;
        }
        while (at < size && kIdentifierBytes[static_cast<uint8_t>(data[at])]) ++at;
        kind = TokenKind::Identifier;
        break;
      case CharClass::Dot:
        if (!is_digit(ahead)) {
          kind = TokenKind::Dot;
          break;
        }
        [[fallthrough]];
      case CharClass::Digit: at = scan_number(begin, kind); break;
      case CharClass::Dollar: at = scan_variable(begin, kind); break;
      case CharClass::Question:
        while (at < size && is_digit(data[at])) ++at;
        kind = TokenKind::Variable;
        break;
      case CharClass::Quote: {
        bool closed = false;
        at = scan_quoted(begin, c, closed);
        kind = !closed ? TokenKind::Illegal : c == '\'' ? TokenKind::String : TokenKind::Identifier;
        break;
      }
      case CharClass::Bracket:
        while (at < size && data[at] != ']' && data[at] != '\0') ++at;
        if (at < size && data[at] == ']') {
          ++at;
          kind = TokenKind::Identifier;
        }
        break;
      case CharClass::Minus:
        if (ahead == '-') {
          while (at < size && data[at] != '\n' && data[at] != '\0') ++at;
          if (peek(at) != '\n') open_comment_ = true;
          continue;
        }
        if (ahead == '>') {
          ++at;
          kind = TokenKind::Arrow;
          if (peek(at) == '>') {
            ++at;
            kind = TokenKind::LongArrow;
          }
          break;
        }
        kind = TokenKind::Minus;
        break;
      case CharClass::Slash:
        if (ahead == '*' && peek(at + 1) != '\0') {
          ++at;
          while (at < size && data[at] != '\0' && !(data[at] == '*' && peek(at + 1) == '/')) ++at;
          if (at < size && data[at] == '*') {
            at += 2;
          } else {
            open_comment_ = true;
          }
          continue;
        }
        kind = TokenKind::Slash;
        break;
      case CharClass::Less:
        kind = TokenKind::Less;
        if (ahead == '=' || ahead == '>' || ahead == '<') {
          kind = ahead == '=' ? TokenKind::LessEqual : ahead == '>' ? TokenKind::NotEqual : TokenKind::ShiftLeft;
          ++at;
        }
        break;
      case CharClass::Greater:
        kind = TokenKind::Greater;
        if (ahead == '=' || ahead == '>') {
          kind = ahead == '=' ? TokenKind::GreaterEqual : TokenKind::ShiftRight;
          ++at;
        }
        break;
      case CharClass::Equal:
        if (ahead == '=') ++at;
        kind = TokenKind::Equal;
        break;
      case CharClass::Bang:
        if (ahead == '=') {
          ++at;
          kind = TokenKind::NotEqual;
        }
        break;
      case CharClass::Pipe:
        kind = TokenKind::BitOr;
        if (ahead == '|') {
          ++at;
          kind = TokenKind::Concat;
        }
        break;
      case CharClass::End:
        position_ = begin;
        return {TokenKind::End, static_cast<uint32_t>(begin), static_cast<uint32_t>(begin)};
      case CharClass::Word:  // taken above
      case CharClass::Illegal: break;
    }
    break;
  }
  position_ = at;
  return {kind, static_cast<uint32_t>(begin), static_cast<uint32_t>(at)};
}

}  // namespace sqlrite::sql
