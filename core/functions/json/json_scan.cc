#include "functions/json/json_scan.h"

#include <bit>
#include <cstring>
#include <utility>

#include "functions/json/json_path.h"
#include "types/number_text.h"

namespace sqlrite::functions {

namespace {

constexpr uint32_t kScanDepthMax = 64;  // of the recursion; deeper texts are left to the parser

using Bytes16 = unsigned char __attribute__((vector_size(16)));
constexpr ptrdiff_t kBlockSize = sizeof(Bytes16);

// How many of the sixteen bytes at `at` stand before the first that ends the plain part of a string: a quote, a
// backslash, a control character.
ptrdiff_t plain_bytes(const char* at) {
  Bytes16 bytes;
  std::memcpy(&bytes, at, sizeof bytes);
  auto stops = (bytes < 0x20) | (bytes == '"') | (bytes == '\\');
  uint64_t halves[2];
  std::memcpy(halves, &stops, sizeof halves);
  if (halves[0] != 0) return std::countr_zero(halves[0]) / 8;
  return 8 + std::countr_zero(halves[1]) / 8;
}

class TextScan {
 public:
  explicit TextScan(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  JsonScan run(std::string_view path, std::string_view* element) {
    skip_space();
    if (!value_on_path(path, 0)) return JsonScan::Unsure;
    skip_space();
    if (at_ != end_) return JsonScan::Unsure;
    *element = element_;
    return element_.data() != nullptr ? JsonScan::Found : JsonScan::NotFound;
  }

 private:
  bool next_is(char c) const { return at_ < end_ && *at_ == c; }
  bool take(char c) {
    if (!next_is(c)) return false;
    ++at_;
    return true;
  }
  bool take_word(std::string_view word) {
    if (static_cast<size_t>(end_ - at_) < word.size() || std::memcmp(at_, word.data(), word.size()) != 0) return false;
    at_ += word.size();
    return true;
  }
  void skip_space() {
    const char* at = at_;
    while (at < end_ && static_cast<unsigned char>(*at) <= ' ' &&
           (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r')) {
      ++at;
    }
    at_ = at;
  }

  // Each of these reads one value from its first byte on; false when it is not plain JSON.

  // The value that the path has led to so far; `path` is its rest.
  bool value_on_path(std::string_view path, uint32_t depth) {
    if (path.empty()) {
      const char* start = at_;
      if (!value(nullptr, {}, depth)) return false;
      element_ = {start, static_cast<size_t>(at_ - start)};
      return true;
    }
    JsonPathStep step;
    bool ok = path[0] == '.' ? read_json_label_step(path, &step) : path[0] == '[' && read_json_index_step(path, &step);
    if (!ok || !step.plain || step.from_end) return false;
    return value(&step, path.substr(step.size), depth);
  }
  // `step`: the one that leads on from this value, null when no path does; `rest`: the path behind it.
  bool value(const JsonPathStep* step, std::string_view rest, uint32_t depth) {
    if (at_ == end_ || depth > kScanDepthMax) return false;
    switch (*at_) {
      case '"': {
        bool escaped;
        return string(&escaped);
      }
      case '{': return object(step != nullptr && step->is_label ? step : nullptr, rest, depth);
      case '[': return array(step != nullptr && !step->is_label ? step : nullptr, rest, depth);
      case 't': return take_word("true");
      case 'f': return take_word("false");
      case 'n': return take_word("null");
      default: return number();
    }
  }

  bool object(const JsonPathStep* step, std::string_view rest, uint32_t depth) {
    ++at_;
    skip_space();
    if (take('}')) return true;
    for (;;) {
      const char* label = at_ + 1;
      bool escaped = false;
      if (!next_is('"') || !string(&escaped)) return false;
      bool leads_on = step != nullptr && step->label == std::string_view(label, static_cast<size_t>(at_ - 1 - label));
      if (leads_on) {
        step = nullptr;  // the first of several equal labels counts
      } else if (step != nullptr && escaped) {
        return false;
      }
      skip_space();
      if (!take(':')) return false;
      skip_space();
      if (!(leads_on ? value_on_path(rest, depth + 1) : value(nullptr, {}, depth + 1))) return false;
      skip_space();
      if (take('}')) return true;
      if (!take(',')) return false;
      skip_space();
    }
  }

  bool array(const JsonPathStep* step, std::string_view rest, uint32_t depth) {
    ++at_;
    skip_space();
    if (take(']')) return true;
    for (uint64_t index = 0;; ++index) {
      bool leads_on = step != nullptr && step->index == index;
      if (!(leads_on ? value_on_path(rest, depth + 1) : value(nullptr, {}, depth + 1))) return false;
      skip_space();
      if (take(']')) return true;
      if (!take(',')) return false;
      skip_space();
    }
  }

  // From quote to quote. `*escaped` is set when there are escapes in between.
  bool string(bool* escaped) {
    ++at_;
    for (;;) {
      skip_plain();
      if (at_ == end_) return false;
      if (*at_ == '"') {
        ++at_;
        return true;
      }
      if (*at_ != '\\' || !escape()) return false;
      *escaped = true;
    }
  }
  // To the next quote, backslash or control character.
  void skip_plain() {
    const char* at = at_;
    while (end_ - at >= kBlockSize) {
      ptrdiff_t plain = plain_bytes(at);
      at += plain;
      if (plain < kBlockSize) {
        at_ = at;
        return;
      }
    }
    while (at < end_ && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
    at_ = at;
  }
  bool escape() {
    if (end_ - at_ < 2) return false;
    char c = at_[1];
    at_ += 2;
    if (c != 'u') return c != '\0' && std::strchr("\"\\/bfnrt", c) != nullptr;
    if (end_ - at_ < 4) return false;
    for (int i = 0; i < 4; ++i, ++at_) {
      if (hex_digit_value(*at_) < 0) return false;
    }
    return true;
  }

  bool digits() {
    const char* at = at_;
    while (at < end_ && is_digit(*at)) ++at;
    return std::exchange(at_, at) < at;
  }
  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (at_ == end_) return true;
    if (*at_ == '.') {
      ++at_;
      if (!digits()) return false;
    }
    if (at_ < end_ && (*at_ | 0x20) == 'e') {
      ++at_;
      if (!take('-')) take('+');
      if (!digits()) return false;
    }
    return true;
  }

  const char* at_;
  const char* end_;
  std::string_view element_;
};

}  // namespace

JsonScan scan_json_text(std::string_view text, std::string_view steps, std::string_view* element) {
  return TextScan(text).run(steps, element);
}

}  // namespace sqlrite::functions
