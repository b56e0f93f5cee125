#include "functions/scalar/pattern.h"

#include <cstring>

#include "base/text.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

bool equals(const char* a, const char* b, size_t size, bool fold_case) {
  if (!fold_case) return size == 0 || std::memcmp(a, b, size) == 0;
  for (size_t i = 0; i < size; ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

constexpr char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

// Sixteen bytes at once, in the vector form that both compilers understand on every machine.
using Bytes16 = uint8_t __attribute__((vector_size(16)));

Bytes16 load16(const char* p) {
  Bytes16 v;
  std::memcpy(&v, p, sizeof v);
  return v;
}

bool any(Bytes16 mask) {
  uint64_t halves[2];
  std::memcpy(halves, &mask, sizeof mask);
  return (halves[0] | halves[1]) != 0;
}

uint32_t next_character(const char*& p, const char* end) { return p < end ? read_utf8(p, end) : 0; }

bool same_character(uint32_t a, uint32_t b, bool fold_case) {
  if (a == b) return true;
  return fold_case && a < 0x80 && b < 0x80 && ascii_lower(static_cast<char>(a)) == ascii_lower(static_cast<char>(b));
}

// Matches one character against the set after '['; moves `p` past the ']'. False also when there is no ']'.
bool matches_set(const char*& p, const char* end, uint32_t c) {
  bool seen = false;
  bool invert = false;
  uint32_t before = 0;
  uint32_t item = next_character(p, end);
  if (item == '^') {
    invert = true;
    item = next_character(p, end);
  }
  if (item == ']') {
    if (c == ']') seen = true;
    item = next_character(p, end);
  }
  while (item != 0 && item != ']') {
    if (item == '-' && p < end && *p != ']' && before > 0) {
      item = next_character(p, end);
      if (c >= before && c <= item) seen = true;
      before = 0;
    } else {
      if (c == item) seen = true;
      before = item;
    }
    item = next_character(p, end);
  }
  return item != 0 && seen != invert;
}

bool is_ascii(std::string_view text) {
  const char* p = text.data();
  const char* end = p + text.size();
  uint64_t seen = 0;
  for (; p + 8 <= end; p += 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    seen |= word;
  }
  for (; p < end; ++p) seen |= static_cast<uint8_t>(*p) & 0x80;
  return (seen & 0x8080808080808080u) == 0;
}

}  // namespace

size_t find_literal(std::string_view text, std::string_view needle, bool fold_case) {
  if (needle.size() > text.size()) return std::string_view::npos;
  const char* start = text.data();
  const char* p = start;
  const char* last_start = start + (text.size() - needle.size());
  size_t tail = needle.size() - 1;
  char first_lower = fold_case ? ascii_lower(needle[0]) : needle[0];
  char first_upper = fold_case ? ascii_upper(needle[0]) : needle[0];
  char last_lower = fold_case ? ascii_lower(needle[tail]) : needle[tail];
  char last_upper = fold_case ? ascii_upper(needle[tail]) : needle[tail];
  auto splat = [](char c) { return Bytes16{} + static_cast<uint8_t>(c); };
  Bytes16 v_first_lower = splat(first_lower), v_first_upper = splat(first_upper);
  Bytes16 v_last_lower = splat(last_lower), v_last_upper = splat(last_upper);
  // Blocks in which no place has both the first and the last byte of the needle are skipped whole.
  while (p + 15 <= last_start) {
    Bytes16 head = load16(p);
    Bytes16 end = load16(p + tail);
    Bytes16 mask = reinterpret_cast<Bytes16>(((head == v_first_lower) | (head == v_first_upper)) &
                                             ((end == v_last_lower) | (end == v_last_upper)));
    if (any(mask)) {
      for (int i = 0; i < 16; ++i) {
        if (mask[i] != 0 && equals(p + i, needle.data(), needle.size(), fold_case)) {
          return static_cast<size_t>(p + i - start);
        }
      }
    }
    p += 16;
  }
  for (; p <= last_start; ++p) {
    if ((*p == first_lower || *p == first_upper) && equals(p, needle.data(), needle.size(), fold_case)) {
      return static_cast<size_t>(p - start);
    }
  }
  return std::string_view::npos;
}

Pattern::Pattern(std::string_view pattern, const PatternOptions& options)
    : pattern_(until_nul(pattern)), options_(options) {
  bool glob = options.syntax == PatternOptions::Syntax::Glob;
  match_all_ = glob ? '*' : '%';
  match_one_ = glob ? '?' : '_';
  if (options.has_escape) {
    if (options.escape == match_all_) match_all_ = 0;
    if (options.escape == match_one_) match_one_ = 0;
  }
  shape_ = Shape::General;
  // Simple shapes: wildcards for any number of characters only at the ends, ASCII between, no escapes. Other bytes are
  // left to the general matcher, which compares characters, not bytes, where the encoding is malformed.
  std::string_view middle = pattern_;
  bool open_start = false;
  bool open_end = false;
  auto is_all = [this](char c) { return match_all_ != 0 && static_cast<uint8_t>(c) == match_all_; };
  while (!middle.empty() && is_all(middle.front())) {
    open_start = true;
    middle.remove_prefix(1);
  }
  while (!middle.empty() && is_all(middle.back())) {
    open_end = true;
    middle.remove_suffix(1);
  }
  if (!glob && !options.has_escape) needs_wide_ = !is_ascii(pattern_);
  for (char c : middle) {
    uint8_t byte = static_cast<uint8_t>(c);
    if (byte >= 0x80 || is_all(c) || (match_one_ != 0 && byte == match_one_) || (glob && c == '[') ||
        (options.has_escape && byte == options.escape)) {
      return;
    }
  }
  // An escape before the trailing wildcard would have been seen above; one that is itself a wildcard as well.
  if (options.has_escape && options.escape < 0x80 &&
      pattern_.find(static_cast<char>(options.escape)) != pattern_.npos) {
    return;
  }
  literal_ = middle;
  if (middle.empty()) {
    shape_ = open_start || open_end ? Shape::Any : Shape::Exact;
  } else if (open_start) {
    shape_ = open_end ? Shape::Contains : Shape::Suffix;
  } else {
    shape_ = open_end ? Shape::Prefix : Shape::Exact;
  }
}

bool Pattern::matches(std::string_view text) const {
  switch (shape_) {
    case Shape::Any: return true;
    case Shape::Prefix:
      // A NUL in the first bytes cannot equal the literal, so the text need not be cut.
      return text.size() >= literal_.size() &&
             equals(text.data(), literal_.data(), literal_.size(), options_.fold_case);
    case Shape::Exact:
      text = until_nul(text);
      return text.size() == literal_.size() &&
             equals(text.data(), literal_.data(), literal_.size(), options_.fold_case);
    case Shape::Suffix:
      text = until_nul(text);
      return text.size() >= literal_.size() &&
             equals(text.data() + text.size() - literal_.size(), literal_.data(), literal_.size(), options_.fold_case);
    case Shape::Contains: return find_literal(until_nul(text), literal_, options_.fold_case) != std::string_view::npos;
    case Shape::General: break;
  }
  return matches_general(until_nul(text));
}

// How many bytes at `p` are ASCII characters that stand for themselves.
size_t Pattern::plain_run(const char* p, const char* end) const {
  const char* start = p;
  for (; p < end; ++p) {
    uint8_t byte = static_cast<uint8_t>(*p);
    if (byte >= 0x80 || byte == match_all_ || byte == match_one_ ||
        (byte == '[' && options_.syntax == PatternOptions::Syntax::Glob) ||
        (options_.has_escape && byte == options_.escape)) {
      break;
    }
  }
  return static_cast<size_t>(p - start);
}

// Every pattern element but the wildcard takes exactly one character, so on a mismatch it is enough to go back to the
// last wildcard and let it take one character more. Where plain characters follow the wildcard, it goes on to the next
// place that has them.
bool Pattern::matches_general(std::string_view text) const {
  if (needs_wide_ && is_ascii(text)) return false;
  const char* p = pattern_.data();
  const char* p_end = p + pattern_.size();
  const char* t = text.data();
  const char* t_end = t + text.size();
  const char* p_retry = nullptr;
  const char* t_retry = nullptr;
  size_t run = 0;  // plain characters behind the last wildcard
  auto next_place = [&] {
    if (run > 0) {
      size_t at = find_literal({t_retry, static_cast<size_t>(t_end - t_retry)}, {p_retry, run}, options_.fold_case);
      if (at == std::string_view::npos) return false;
      t_retry += at;
    }
    t = t_retry + run;
    p = p_retry + run;
    return true;
  };
  bool glob = options_.syntax == PatternOptions::Syntax::Glob;
  for (;;) {
    bool matched;
    if (p == p_end) {
      if (t == t_end) return true;
      matched = false;
    } else {
      uint32_t c = read_utf8(p, p_end);
      if (c == match_all_ && match_all_ != 0) {
        while (p < p_end && static_cast<uint8_t>(*p) == match_all_) ++p;
        if (p == p_end) return true;
        p_retry = p;
        t_retry = t;
        run = plain_run(p, p_end);
        if (!next_place()) return false;
        continue;
      }
      bool escaped = false;
      if (options_.has_escape && c == options_.escape) {
        if (p == p_end) return false;
        c = read_utf8(p, p_end);
        escaped = true;
      }
      if (t == t_end) return false;  // more characters are needed than are left, wherever the wildcards end
      uint32_t d = read_utf8(t, t_end);
      if (glob && c == '[') {
        matched = matches_set(p, p_end, d);
      } else {
        matched = same_character(c, d, options_.fold_case) || (c == match_one_ && match_one_ != 0 && !escaped);
      }
    }
    if (matched) continue;
    if (p_retry == nullptr) return false;
    t_retry = skip_utf8(t_retry, t_end);
    if (!next_place()) return false;
  }
}

}  // namespace sqlrite::functions
