// UTF-8 as SQLite reads it (malformed bytes tolerated, never rejected) and its exchange with UTF-16.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/arena.h"
#include "base/status.h"
#include "types/value.h"

namespace sqlrite {

inline constexpr uint32_t kReplacementCharacter = 0xfffd;

constexpr bool is_utf8_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// One character at `p`, which moves past it. Characters below U+0080 in long form and surrogates give U+FFFD.
// REQUIRES: p < end.
uint32_t read_utf8(const char*& p, const char* end);
// Moves past one character: a byte and, after a leading byte, all continuation bytes. REQUIRES: p < end.
inline const char* skip_utf8(const char* p, const char* end) {
  if (static_cast<unsigned char>(*p++) >= 0xc0) {
    while (p < end && is_utf8_continuation(*p)) ++p;
  }
  return p;
}
// Past the ASCII bytes at the beginning, in steps of eight: texts are mostly that.
inline const char* skip_ascii_words(const char* p, const char* end) {
  while (p + 8 <= end) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    if ((word & 0x8080808080808080u) != 0) break;
    p += 8;
  }
  return p;
}
// Writes 1 to 4 bytes and returns how many.
int write_utf8(uint32_t character, char* out);
// Characters in all of `text`; NULs count. (length() stops at the first NUL: cut the text before.)
size_t utf8_length(std::string_view text);
// `text` up to its first NUL.
std::string_view until_nul(std::string_view text);

// UTF-16 bytes to UTF-8. Lone surrogates become their three-byte (WTF-8) form, so that they survive a round trip.
// The result is followed by a NUL.
Result<std::string_view> utf16_to_utf8(std::string_view bytes, TextEncoding from, Arena& heap);
// UTF-8 (or WTF-8) to UTF-16 bytes, followed by two NUL bytes. `to` is one of the UTF-16 encodings.
Result<std::string_view> utf8_to_utf16(std::string_view text, TextEncoding to, Arena& heap);

}  // namespace sqlrite
