#include "types/utf.h"

#include <cstring>

namespace sqlrite {

namespace {

// The bits of a leading byte that belong to the character. 0xF8 and above start the five- and six-byte forms of old.
constexpr uint32_t leading_bits(uint8_t c) {
  if (c < 0xe0) return c & 0x1f;
  if (c < 0xf0) return c & 0x0f;
  if (c < 0xf8) return c & 0x07;
  if (c < 0xfc) return c & 0x03;
  if (c < 0xfe) return c & 0x01;
  return 0;
}

constexpr bool is_surrogate(uint32_t c) { return (c & 0xfffff800) == 0xd800; }

uint32_t read_utf8_raw(const char*& p, const char* end) {
  uint8_t first = static_cast<uint8_t>(*p++);
  if (first < 0xc0) return first;
  uint32_t c = leading_bits(first);
  while (p < end && is_utf8_continuation(*p)) c = (c << 6) + (static_cast<uint8_t>(*p++) & 0x3f);
  return c < 0x80 ? kReplacementCharacter : c;
}

uint32_t unit_at(const char* p, TextEncoding encoding) {
  uint32_t a = static_cast<uint8_t>(p[0]);
  uint32_t b = static_cast<uint8_t>(p[1]);
  return encoding == TextEncoding::Utf16Le ? a | (b << 8) : (a << 8) | b;
}

char* put_unit(char* out, uint32_t unit, TextEncoding encoding) {
  bool little = encoding == TextEncoding::Utf16Le;
  out[little ? 0 : 1] = static_cast<char>(unit & 0xff);
  out[little ? 1 : 0] = static_cast<char>(unit >> 8);
  return out + 2;
}

}  // namespace

uint32_t read_utf8(const char*& p, const char* end) {
  if (static_cast<uint8_t>(*p) < 0x80) return static_cast<uint8_t>(*p++);
  uint32_t c = read_utf8_raw(p, end);
  return is_surrogate(c) ? kReplacementCharacter : c;
}

int write_utf8(uint32_t c, char* out) {
  if (c < 0x80) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = static_cast<char>(0xc0 | (c >> 6));
    out[1] = static_cast<char>(0x80 | (c & 0x3f));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = static_cast<char>(0xe0 | (c >> 12));
    out[1] = static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out[2] = static_cast<char>(0x80 | (c & 0x3f));
    return 3;
  }
  out[0] = static_cast<char>(0xf0 | ((c >> 18) & 0x07));
  out[1] = static_cast<char>(0x80 | ((c >> 12) & 0x3f));
  out[2] = static_cast<char>(0x80 | ((c >> 6) & 0x3f));
  out[3] = static_cast<char>(0x80 | (c & 0x3f));
  return 4;
}

size_t utf8_length(std::string_view text) {
  const char* end = text.data() + text.size();
  const char* p = skip_ascii_words(text.data(), end);
  size_t count = static_cast<size_t>(p - text.data());
  for (; p < end; ++count) p = skip_utf8(p, end);
  return count;
}

std::string_view until_nul(std::string_view text) {
  const void* nul = text.empty() ? nullptr : std::memchr(text.data(), 0, text.size());
  return nul == nullptr ? text : text.substr(0, static_cast<size_t>(static_cast<const char*>(nul) - text.data()));
}

Result<std::string_view> utf16_to_utf8(std::string_view bytes, TextEncoding from, Arena& heap) {
  size_t unit_count = bytes.size() / 2;
  char* out = static_cast<char*>(heap.try_allocate(unit_count * 3 + 1, 1));
  if (out == nullptr) return Status(Code::NoMem);
  char* p = out;
  for (size_t i = 0; i < unit_count; ++i) {
    uint32_t c = unit_at(bytes.data() + i * 2, from);
    if (c >= 0xd800 && c < 0xdc00 && i + 1 < unit_count) {
      uint32_t low = unit_at(bytes.data() + i * 2 + 2, from);
      if (low >= 0xdc00 && low < 0xe000) {
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        ++i;
      }
    }
    p += write_utf8(c, p);
  }
  *p = '\0';
  return std::string_view(out, static_cast<size_t>(p - out));
}

Result<std::string_view> utf8_to_utf16(std::string_view text, TextEncoding to, Arena& heap) {
  char* out = static_cast<char*>(heap.try_allocate(text.size() * 2 + 2, 2));
  if (out == nullptr) return Status(Code::NoMem);
  char* p = out;
  const char* in = text.data();
  const char* end = in + text.size();
  while (in < end) {
    uint32_t c = read_utf8_raw(in, end);
    if (c < 0x10000) {
      p = put_unit(p, c, to);
    } else if (c < 0x110000) {
      p = put_unit(p, 0xd800 + ((c - 0x10000) >> 10), to);
      p = put_unit(p, 0xdc00 + ((c - 0x10000) & 0x3ff), to);
    } else {
      p = put_unit(p, kReplacementCharacter, to);
    }
  }
  p[0] = p[1] = '\0';
  return std::string_view(out, static_cast<size_t>(p - out));
}

}  // namespace sqlrite
