// Splits SQL text into tokens. A NUL byte ends the text, as it does in SQLite.
#pragma once

#include <string_view>

#include "sql/lexer/token.h"

namespace sqlrite::sql {

// Letters, digits, '_', '$' and every byte from 0x80 on.
bool is_identifier_byte(char c);

class Lexer {
 public:
  explicit Lexer(std::string_view text, size_t position = 0) : text_(text), position_(position) {}

  // The next token that is neither space nor comment. At the end it keeps answering End.
  Token next();
  size_t position() const { return position_; }
  void seek(size_t position) { position_ = position; }
  // A comment ran into the end of the text: /* without */, or -- without a line end.
  bool in_open_comment() const { return open_comment_; }
  std::string_view text() const { return text_; }

 private:
  size_t scan_number(size_t at, TokenKind& kind) const;
  size_t scan_variable(size_t at, TokenKind& kind) const;
  size_t scan_quoted(size_t at, char quote, bool& closed) const;
  size_t scan_blob(size_t at, TokenKind& kind) const;
  char peek(size_t at) const { return at < text_.size() ? text_[at] : '\0'; }

  std::string_view text_;
  size_t position_;
  bool open_comment_ = false;
};

}  // namespace sqlrite::sql
