// LIKE and GLOB patterns, compiled once and matched many times. A Pattern refers to the bytes it was made from, owns
// nothing and may be copied freely.
#pragma once

#include <cstdint>
#include <string_view>

namespace sqlrite::functions {

struct PatternOptions {
  enum class Syntax : uint8_t { Like, Glob };
  Syntax syntax = Syntax::Like;
  bool fold_case = true;    // ASCII letters only; false for GLOB and PRAGMA case_sensitive_like
  bool has_escape = false;  // LIKE ... ESCAPE
  uint32_t escape = 0;
};

class Pattern {
 public:
  // What the pattern amounts to. All but General need only `literal()`; it is plain ASCII then.
  enum class Shape : uint8_t {
    Any,       // %
    Exact,     // abc
    Prefix,    // abc%
    Suffix,    // %abc
    Contains,  // %abc%
    General,
  };
  Pattern() = default;
  // `pattern` must outlive the Pattern. It ends at its first NUL.
  Pattern(std::string_view pattern, const PatternOptions& options);
  // The text ends at its first NUL, as in SQLite.
  bool matches(std::string_view text) const;
  Shape shape() const { return shape_; }
  std::string_view literal() const { return literal_; }
  bool fold_case() const { return options_.fold_case; }

 private:
  bool matches_general(std::string_view text) const;
  size_t plain_run(const char* p, const char* end) const;
  std::string_view pattern_;
  std::string_view literal_;
  PatternOptions options_;
  uint32_t match_all_ = '%';  // 0 when the escape character took its place
  uint32_t match_one_ = '_';
  Shape shape_ = Shape::Exact;
  bool needs_wide_ = false;  // cannot match a text that is all ASCII
};

inline constexpr PatternOptions kLikeOptions{PatternOptions::Syntax::Like, true, false, 0};
inline constexpr PatternOptions kGlobOptions{PatternOptions::Syntax::Glob, false, false, 0};

// Position of `needle` in `text` or npos; `fold_case`: ASCII letters match in either case. REQUIRES: needle not empty.
size_t find_literal(std::string_view text, std::string_view needle, bool fold_case);

}  // namespace sqlrite::functions
