// What the package needs to know of a text before the engine sees it.
#include <cctype>

#include "objects.h"

namespace sqlrite_python {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (c & 0x80) != 0; }

bool equals_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size()) return false;
  for (size_t i = 0; i < word.size(); ++i) {
    if (std::toupper(static_cast<unsigned char>(text[i])) != word[i]) return false;
  }
  return true;
}

// Offset behind the quoted text that begins at `at`; the size of `sql` when its end is missing.
size_t skip_quoted(std::string_view sql, size_t at) {
  char end = sql[at] == '[' ? ']' : sql[at];
  size_t found = sql.find(end, at + 1);
  return found == std::string_view::npos ? sql.size() : found + 1;
}

// Where a text is, as far as it matters for the meaning of a semicolon.
enum class Place : uint8_t { Start, Explain, Create, Inside, Trigger, BodyEnd, EndWord };

Place place_after(Place place, std::string_view word) {
  switch (place) {
    case Place::Start:
      return equals_word(word, "CREATE")    ? Place::Create
             : equals_word(word, "EXPLAIN") ? Place::Explain
                                            : Place::Inside;
    case Place::Explain:
      if (equals_word(word, "CREATE")) return Place::Create;
      return equals_word(word, "QUERY") || equals_word(word, "PLAN") ? Place::Explain : Place::Inside;
    case Place::Create:
      if (equals_word(word, "TRIGGER")) return Place::Trigger;
      return equals_word(word, "TEMP") || equals_word(word, "TEMPORARY") ? Place::Create : Place::Inside;
    case Place::BodyEnd: return equals_word(word, "END") ? Place::EndWord : Place::Trigger;
    case Place::EndWord: return Place::Trigger;
    case Place::Inside:
    case Place::Trigger: break;
  }
  return place;
}

}  // namespace

std::string_view skip_blank(std::string_view sql) {
  size_t at = 0;
  while (at < sql.size()) {
    std::string_view rest = sql.substr(at);
    if (is_space(rest[0])) {
      ++at;
    } else if (rest.substr(0, 2) == "--") {
      size_t end = rest.find('\n');
      if (end == std::string_view::npos) return {};
      at += end + 1;
    } else if (rest.substr(0, 2) == "/*") {
      size_t end = rest.find("*/", 2);
      if (end == std::string_view::npos) return {};
      at += end + 2;
    } else {
      return rest;
    }
  }
  return {};
}

bool starts_as_dml(std::string_view sql) {
  sql = skip_blank(sql);
  for (std::string_view word : {"INSERT", "UPDATE", "DELETE", "REPLACE"}) {
    if (equals_word(sql.substr(0, word.size()), word)) return true;
  }
  return false;
}

// A text is complete when its last token is the semicolon of a statement. Those inside CREATE TRIGGER belong to its
// body, which ends with "; END;".
bool is_complete(std::string_view sql) {
  Place place = Place::Start;
  bool complete = false;
  for (size_t at = 0; at < sql.size();) {
    char c = sql[at];
    if (is_space(c)) {
      ++at;
      continue;
    }
    if (sql.substr(at, 2) == "--" || sql.substr(at, 2) == "/*") {
      bool block = c == '/';
      size_t end = block ? sql.find("*/", at + 2) : sql.find('\n', at);
      if (end == std::string_view::npos) return complete && !block;
      at = end + (block ? 2 : 1);
      continue;
    }
    bool in_trigger = place == Place::Trigger || place == Place::BodyEnd;
    complete = c == ';' && !in_trigger;
    if (c == ';') {
      ++at;
      place = in_trigger ? Place::BodyEnd : Place::Start;
    } else if (c == '\'' || c == '"' || c == '`' || c == '[') {
      at = skip_quoted(sql, at);
      place = in_trigger || place == Place::EndWord ? Place::Trigger : Place::Inside;
    } else {
      size_t begin = at;
      while (at < sql.size() && is_word(sql[at])) ++at;
      if (at == begin) ++at;
      place = place_after(place, sql.substr(begin, at - begin));
    }
  }
  return complete;
}

}  // namespace sqlrite_python
