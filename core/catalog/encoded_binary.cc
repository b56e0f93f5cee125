#include "catalog/encoded_binary.h"

#include <cstddef>
#include <cstdint>

namespace sqlrite::catalog {
namespace {

// Walks a UTF-8 text as UTF-16 code units; malformed bytes count as themselves.
struct UnitReader {
  std::string_view text;
  size_t at = 0;
  uint16_t pending = 0;

  bool next(uint16_t* unit) {
    if (pending != 0) {
      *unit = pending;
      pending = 0;
      return true;
    }
    if (at >= text.size()) return false;
    uint32_t c = static_cast<uint8_t>(text[at++]);
    int extra = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : c >= 0xc0 ? 1 : 0;
    if (extra > 0) c &= 0x3fu >> extra;
    for (; extra > 0 && at < text.size() && (static_cast<uint8_t>(text[at]) & 0xc0) == 0x80; --extra) {
      c = (c << 6) | (static_cast<uint8_t>(text[at++]) & 0x3f);
    }
    if (c >= 0x10000) {
      c -= 0x10000;
      pending = static_cast<uint16_t>(0xdc00 | (c & 0x3ff));
      c = 0xd800 | ((c >> 10) & 0x3ff);
    }
    *unit = static_cast<uint16_t>(c);
    return true;
  }
};

template <bool kLittleEndian>
int compare_as_utf16(void*, std::string_view a, std::string_view b) {
  UnitReader left{a}, right{b};
  while (true) {
    uint16_t x = 0, y = 0;
    bool has_x = left.next(&x), has_y = right.next(&y);
    if (!has_x || !has_y) return static_cast<int>(has_x) - static_cast<int>(has_y);
    if (x == y) continue;
    if constexpr (kLittleEndian) {
      x = static_cast<uint16_t>((x << 8) | (x >> 8));
      y = static_cast<uint16_t>((y << 8) | (y >> 8));
    }
    return x < y ? -1 : 1;
  }
}

const Collation kBinaryUtf16Le{Collation::Kind::User, &compare_as_utf16<true>, nullptr, "BINARY"};
const Collation kBinaryUtf16Be{Collation::Kind::User, &compare_as_utf16<false>, nullptr, "BINARY"};

}  // namespace

const Collation* binary_collation(TextEncoding encoding) {
  switch (encoding) {
    case TextEncoding::Utf16Le: return &kBinaryUtf16Le;
    case TextEncoding::Utf16Be: return &kBinaryUtf16Be;
    case TextEncoding::Utf8: break;
  }
  return &kBinaryCollation;
}

}  // namespace sqlrite::catalog
