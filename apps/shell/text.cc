// Text helpers of the shell; see text.h.
#include "text.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace sqlrite::shell {

namespace {

// Words that cannot be names without quotes, in alphabetical order.
// clang-format off
constexpr std::string_view kKeywords[] = {
    "ABORT",     "ACTION",     "ADD",          "AFTER",       "ALL",       "ALTER",        "ALWAYS",    "ANALYZE",
    "AND",       "AS",         "ASC",          "ATTACH",      "AUTOINCREMENT", "BEFORE",   "BEGIN",     "BETWEEN",
    "BY",        "CASCADE",    "CASE",         "CAST",        "CHECK",     "COLLATE",      "COLUMN",    "COMMIT",
    "CONFLICT",  "CONSTRAINT", "CREATE",       "CROSS",       "CURRENT",   "CURRENT_DATE", "CURRENT_TIME",
    "CURRENT_TIMESTAMP", "DATABASE", "DEFAULT", "DEFERRABLE", "DEFERRED",  "DELETE",       "DESC",      "DETACH",
    "DISTINCT",  "DO",         "DROP",         "EACH",        "ELSE",      "END",          "ESCAPE",    "EXCEPT",
    "EXCLUDE",   "EXCLUSIVE",  "EXISTS",       "EXPLAIN",     "FAIL",      "FILTER",       "FIRST",     "FOLLOWING",
    "FOR",       "FOREIGN",    "FROM",         "FULL",        "GENERATED", "GLOB",         "GROUP",     "GROUPS",
    "HAVING",    "IF",         "IGNORE",       "IMMEDIATE",   "IN",        "INDEX",        "INDEXED",   "INITIALLY",
    "INNER",     "INSERT",     "INSTEAD",      "INTERSECT",   "INTO",      "IS",           "ISNULL",    "JOIN",
    "KEY",       "LAST",       "LEFT",         "LIKE",        "LIMIT",     "MATCH",        "MATERIALIZED", "NATURAL",
    "NO",        "NOT",        "NOTHING",      "NOTNULL",     "NULL",      "NULLS",        "OF",        "OFFSET",
    "ON",        "OR",         "ORDER",        "OTHERS",      "OUTER",     "OVER",         "PARTITION", "PLAN",
    "PRAGMA",    "PRECEDING",  "PRIMARY",      "QUERY",       "RAISE",     "RANGE",        "RECURSIVE", "REFERENCES",
    "REGEXP",    "REINDEX",    "RELEASE",      "RENAME",      "REPLACE",   "RESTRICT",     "RETURNING", "RIGHT",
    "ROLLBACK",  "ROW",        "ROWS",         "SAVEPOINT",   "SELECT",    "SET",          "TABLE",     "TEMP",
    "TEMPORARY", "THEN",       "TIES",         "TO",          "TRANSACTION", "TRIGGER",    "UNBOUNDED", "UNION",
    "UNIQUE",    "UPDATE",     "USING",        "VACUUM",      "VALUES",    "VIEW",         "VIRTUAL",   "WHEN",
    "WHERE",     "WINDOW",     "WITH",         "WITHOUT"};
// clang-format on

bool is_keyword(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return std::binary_search(std::begin(kKeywords), std::end(kKeywords), std::string_view(upper));
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_'; }
bool is_word(char c) { return is_letter(c) || std::isdigit(static_cast<unsigned char>(c)) || (c & 0x80); }

std::string quote_with(std::string_view text, char quote) {
  std::string out(1, quote);
  for (char c : text) {
    if (c == quote) out += quote;
    out += c;
  }
  out += quote;
  return out;
}

// A mark for a line end that the text does not contain itself.
std::string unused_mark(std::string_view text, std::string_view first, std::string_view second) {
  if (text.find(first) == std::string_view::npos) return std::string(first);
  if (text.find(second) == std::string_view::npos) return std::string(second);
  for (unsigned number = 0;; ++number) {
    std::string mark = "(" + std::string(first) + std::to_string(number) + ")";
    if (text.find(mark) == std::string_view::npos) return mark;
  }
}

// Skips the white space, comment or token at `at`; kind is ' ' for blanks, ';', 'w' for a word, else 'x'.
// An unterminated comment or string ends at the end of the text and is reported as '?'.
size_t next_token(std::string_view sql, size_t at, char* kind) {
  char c = sql[at];
  char next = at + 1 < sql.size() ? sql[at + 1] : '\0';
  *kind = 'x';
  if (is_space(c)) {
    *kind = ' ';
    return at + 1;
  }
  if (c == '-' && next == '-') {
    *kind = ' ';
    size_t end = sql.find('\n', at);
    return end == std::string_view::npos ? sql.size() : end + 1;
  }
  if (c == '/' && next == '*') {
    size_t end = sql.find("*/", at + 2);
    *kind = end == std::string_view::npos ? '?' : ' ';
    return end == std::string_view::npos ? sql.size() : end + 2;
  }
  if (c == '\'' || c == '"' || c == '`' || c == '[') {
    size_t end = sql.find(c == '[' ? ']' : c, at + 1);
    if (end == std::string_view::npos) *kind = '?';
    return end == std::string_view::npos ? sql.size() : end + 1;
  }
  if (c == ';') {
    *kind = ';';
    return at + 1;
  }
  if (!is_word(c)) return at + 1;
  *kind = 'w';
  while (at < sql.size() && is_word(sql[at])) ++at;
  return at;
}

}  // namespace

std::string_view until_nul(std::string_view text) { return text.substr(0, text.find('\0')); }

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && starts_with_ignoring_case(a, b);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (size_t i = 0; i < prefix.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(text[i])) != std::tolower(static_cast<unsigned char>(prefix[i])))
      return false;
  }
  return true;
}

size_t character_count(std::string_view text) {
  size_t count = 0;
  for (char c : text) count += (c & 0xc0) != 0x80;
  return count;
}

std::string quote_text(std::string_view text) { return quote_with(text, '\''); }

std::string quote_text_on_one_line(std::string_view text) {
  bool line_feeds = text.find('\n') != std::string_view::npos;
  bool returns = text.find('\r') != std::string_view::npos;
  if (!line_feeds && !returns) return quote_text(text);
  std::string line_feed_mark = unused_mark(text, "\\n", "\\012");
  std::string return_mark = unused_mark(text, "\\r", "\\015");
  std::string marked;
  for (char c : text) {
    if (c == '\n') {
      marked += line_feed_mark;
    } else if (c == '\r') {
      marked += return_mark;
    } else {
      marked += c;
    }
  }
  std::string out;
  if (line_feeds) out += "replace(";
  if (returns) out += "replace(";
  out += quote_text(marked);
  if (returns) out += ",'" + return_mark + "',char(13))";
  if (line_feeds) out += ",'" + line_feed_mark + "',char(10))";
  return out;
}

std::string quote_blob(std::string_view bytes, char letter) {
  static const char digits[] = "0123456789abcdef";
  std::string out(1, letter);
  out += '\'';
  for (unsigned char c : bytes) {
    out += digits[c >> 4];
    out += digits[c & 15];
  }
  out += '\'';
  return out;
}

std::string quote_identifier(std::string_view name) {
  bool bare = !name.empty() && is_letter(name[0]);
  for (char c : name) bare = bare && (is_letter(c) || std::isdigit(static_cast<unsigned char>(c)));
  return bare && !is_keyword(name) ? std::string(name) : quote_with(name, '"');
}

std::string quote_identifier_always(std::string_view name) { return quote_with(name, '"'); }

std::string quote_c(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\t': out += "\\t"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      default:
        if (c >= ' ' && c < 0x7f) {
          out += c;
        } else {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\%03o", static_cast<unsigned char>(c));
          out += escape;
        }
    }
  }
  return out + "\"";
}

std::string quote_json(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    switch (c) {
      case '\\': out += "\\\\"; break;
      case '"': out += "\\\""; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < ' ') {
          char escape[8];
          std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned char>(c));
          out += escape;
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

std::string real_literal(double value, std::string_view text) {
  if (std::isinf(value)) return value < 0 ? "-1e999" : "1e999";
  std::string shown(text);
  if (std::strtod(shown.c_str(), nullptr) == value) return shown;
  char digits[32];
  for (int precision = 16; precision <= 17; ++precision) {
    std::snprintf(digits, sizeof digits, "%.*g", precision, value);
    if (std::strtod(digits, nullptr) == value) break;
  }
  shown = digits;
  if (shown.find_first_of(".eE") == std::string::npos) shown += ".0";
  // SQL's form of an exponent has a fraction before it: 1.0e+20.
  size_t exponent = shown.find('e');
  if (exponent != std::string::npos && shown.find('.') == std::string::npos) shown.insert(exponent, ".0");
  return shown;
}

std::vector<std::string> split_words(std::string_view line) {
  std::vector<std::string> words;
  size_t at = 0;
  while (true) {
    while (at < line.size() && is_space(line[at])) ++at;
    if (at >= line.size()) return words;
    std::string word;
    char quote = line[at];
    if (quote != '\'' && quote != '"') {
      while (at < line.size() && !is_space(line[at])) word += line[at++];
      words.push_back(std::move(word));
      continue;
    }
    for (++at; at < line.size() && line[at] != quote; ++at) {
      if (quote != '"' || line[at] != '\\' || at + 1 >= line.size()) {
        word += line[at];
        continue;
      }
      char c = line[++at];
      if (c == 'n') {
        word += '\n';
      } else if (c == 't') {
        word += '\t';
      } else if (c == 'r') {
        word += '\r';
      } else if (c >= '0' && c <= '7') {
        int code = 0;
        size_t end = std::min(line.size(), at + 3);
        for (; at < end && line[at] >= '0' && line[at] <= '7'; ++at) code = code * 8 + (line[at] - '0');
        --at;
        word += static_cast<char>(code);
      } else {
        word += c;
      }
    }
    if (at < line.size()) ++at;  // the closing quote
    words.push_back(std::move(word));
  }
}

bool is_complete_sql(std::string_view sql) {
  // Outside: no statement begun. In a trigger a statement ends with "; END ;" only.
  enum class Place { Outside, Explain, Create, Statement, Trigger, TriggerSemicolon, TriggerEnd };
  Place place = Place::Outside;
  bool ended = false;
  for (size_t at = 0; at < sql.size();) {
    char kind;
    size_t end = next_token(sql, at, &kind);
    std::string_view token = sql.substr(at, end - at);
    at = end;
    if (kind == '?') return false;
    if (kind == ' ') continue;
    ended = false;
    auto is = [&](std::string_view word) { return kind == 'w' && equals_ignoring_case(token, word); };
    if (kind == ';') {
      if (place == Place::Trigger || place == Place::TriggerSemicolon) {
        place = Place::TriggerSemicolon;
      } else {
        place = Place::Outside;
        ended = true;
      }
    } else if (place == Place::TriggerSemicolon) {
      place = is("END") ? Place::TriggerEnd : Place::Trigger;
    } else if (place == Place::TriggerEnd) {
      place = Place::Trigger;
    } else if (place == Place::Outside && is("EXPLAIN")) {
      place = Place::Explain;
    } else if (place == Place::Explain && (is("QUERY") || is("PLAN"))) {
      continue;
    } else if ((place == Place::Outside || place == Place::Explain) && is("CREATE")) {
      place = Place::Create;
    } else if (place == Place::Create && (is("TEMP") || is("TEMPORARY"))) {
      continue;
    } else if (place == Place::Create && is("TRIGGER")) {
      place = Place::Trigger;
    } else if (place != Place::Trigger) {
      place = Place::Statement;
    }
  }
  return ended;
}

bool is_blank_sql(std::string_view sql) {
  for (size_t at = 0; at < sql.size();) {
    char kind;
    at = next_token(sql, at, &kind);
    if (kind != ' ') return false;
  }
  return true;
}

}  // namespace sqlrite::shell
