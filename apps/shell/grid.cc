// Results drawn as a grid: column, box, table and markdown modes. Long or multi-line values take several lines.
#include <algorithm>
#include <cstdlib>

#include "output.h"
#include "text.h"

namespace sqlrite::shell {

namespace {

// The lines and crossings of a grid. A rule has a left, middle and right end.
struct Strokes {
  const char* left;
  const char* between;
  const char* right;
  const char* dash;
  const char* top[3];
  const char* rule[3];
  const char* bottom[3];
};

constexpr Strokes kBox = {"│ ", " │ ", " │\n", "─", {"┌", "┬", "┐"}, {"├", "┼", "┤"}, {"└", "┴", "┘"}};
constexpr Strokes kTable = {"| ", " | ", " |\n", "-", {"+", "+", "+"}, {"+", "+", "+"}, {"+", "+", "+"}};
constexpr Strokes kMarkdown = {
    "| ", " | ", " |\n", "-", {nullptr, nullptr, nullptr}, {"|", "|", "|"}, {nullptr, nullptr, nullptr}};
constexpr Strokes kColumn = {
    "", "  ", "\n", "-", {nullptr, nullptr, nullptr}, {"", "  ", ""}, {nullptr, nullptr, nullptr}};

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z'); }

// Takes one line of at most `width` characters off the front of `text`. Tabs become spaces, control characters end the line.
// `rest` is what follows it, empty when nothing does.
std::string take_line(std::string_view text, size_t width, bool word_wrap, std::string_view* rest) {
  if (width == 0) width = 1000000;
  size_t at = 0;
  size_t shown = 0;
  while (at < text.size() && shown < width) {
    unsigned char c = static_cast<unsigned char>(text[at]);
    if (c >= ' ') {
      ++shown;
      ++at;
      while (at < text.size() && (text[at] & 0xc0) == 0x80) ++at;
    } else if (c == '\t') {
      do {
        ++shown;
      } while (shown % 8 != 0 && shown < width);
      ++at;
    } else {
      break;
    }
  }
  size_t end = at;
  bool cut = shown >= width && at < text.size() && static_cast<unsigned char>(text[at]) >= ' ';
  // A text that just fits is split at its last space too: SQLite's shell has it so.
  if (shown >= width && word_wrap) {
    auto character = [&](size_t i) { return i < text.size() ? text[i] : '\0'; };
    size_t split = at;
    while (split > at / 2 && !is_space(text[split - 1])) --split;
    if (split <= at / 2) {
      split = at;
      while (split > at / 2 && (is_alphanumeric(text[split - 1]) == is_alphanumeric(character(split)) ||
                                (character(split) & 0xc0) == 0x80))
        --split;
    }
    if (split > at / 2) {
      at = end = split;
      cut = true;
      while (at < text.size() && text[at] == ' ') ++at;
    }
  }
  std::string line;
  size_t column = 0;
  for (size_t i = 0; i < end; ++i) {
    if (text[i] == '\t') {
      do {
        line += ' ';
        ++column;
      } while (column % 8 != 0 && column < width);
    } else {
      line += text[i];
      column += (text[i] & 0xc0) != 0x80;
    }
  }
  if (!cut && at < text.size()) at += text.substr(at, 2) == "\r\n" ? 2 : 1;
  *rest = text.substr(std::min(at, text.size()));
  return line;
}

void append_padded(std::string& out, std::string_view text, int width) {
  size_t count = character_count(text);
  size_t target = static_cast<size_t>(std::abs(width));
  size_t padding = target > count ? target - count : 0;
  if (width < 0) out.append(padding, ' ');
  out += text;
  if (width >= 0) out.append(padding, ' ');
}

void append_rule(std::string& out, const Strokes& strokes, const char* const (&ends)[3], const std::vector<int>& widths,
                 bool wide) {
  for (size_t i = 0; i < widths.size(); ++i) {
    out += ends[i == 0 ? 0 : 1];
    for (int n = std::abs(widths[i]) + (wide ? 2 : 0); n > 0; --n) out += strokes.dash;
  }
  out += ends[2];
  out += '\n';
}

}  // namespace

std::string draw_grid(const OutputOptions& options, const std::vector<std::string>& titles,
                      const std::vector<std::vector<std::string>>& rows) {
  size_t count = titles.size();
  std::vector<int> widths(count, 0);
  std::vector<size_t> wraps(count, static_cast<size_t>(options.wrap));
  for (size_t i = 0; i < count && i < options.widths.size(); ++i) {
    widths[i] = options.widths[i];
    if (widths[i] != 0) wraps[i] = static_cast<size_t>(std::abs(widths[i]));
  }
  auto widen = [&](size_t column, std::string_view text) {
    int shown = static_cast<int>(character_count(text));
    if (shown > std::abs(widths[column])) widths[column] = widths[column] < 0 ? -shown : shown;
  };
  std::vector<std::string> heads;
  for (size_t i = 0; i < count; ++i) {
    std::string_view rest;
    heads.push_back(take_line(titles[i], wraps[i], options.word_wrap, &rest));
    widen(i, heads[i]);
  }
  // Screen lines; `starts` marks those that begin a row of the result.
  std::vector<std::vector<std::string>> lines;
  std::vector<bool> starts;
  for (const std::vector<std::string>& row : rows) {
    std::vector<std::string_view> rest(row.begin(), row.end());
    bool first = true;
    bool more = true;
    while (more) {
      more = false;
      std::vector<std::string>& line = lines.emplace_back();
      starts.push_back(first);
      first = false;
      for (size_t i = 0; i < count; ++i) {
        line.push_back(take_line(rest[i], wraps[i], options.word_wrap, &rest[i]));
        more = more || !rest[i].empty();
        widen(i, line[i]);
      }
    }
  }
  bool multi_line = lines.size() > rows.size();

  const Strokes& strokes = options.mode == Mode::Box        ? kBox
                           : options.mode == Mode::Table    ? kTable
                           : options.mode == Mode::Markdown ? kMarkdown
                                                            : kColumn;
  bool framed = options.mode != Mode::Column;
  std::string out;
  if (strokes.top[0]) append_rule(out, strokes, strokes.top, widths, framed);
  if (framed || options.header) {
    for (size_t i = 0; i < count; ++i) {
      out += i == 0 ? strokes.left : strokes.between;
      if (framed) {
        size_t shown = character_count(heads[i]);
        size_t padding = static_cast<size_t>(std::abs(widths[i])) - shown;
        out.append(padding / 2, ' ');
        out += heads[i];
        out.append((padding + 1) / 2, ' ');
      } else {
        append_padded(out, heads[i], widths[i]);
      }
    }
    out += strokes.right;
    append_rule(out, strokes, strokes.rule, widths, framed);
  }
  for (size_t n = 0; n < lines.size(); ++n) {
    if (multi_line && n > 0 && starts[n]) {
      if (options.mode == Mode::Column) {
        out += '\n';
      } else if (options.mode != Mode::Markdown) {
        append_rule(out, strokes, strokes.rule, widths, true);
      }
    }
    for (size_t i = 0; i < count; ++i) {
      out += i == 0 ? strokes.left : strokes.between;
      append_padded(out, lines[n][i], widths[i]);
    }
    out += strokes.right;
  }
  if (strokes.bottom[0]) append_rule(out, strokes, strokes.bottom, widths, framed);
  return out;
}

}  // namespace sqlrite::shell
