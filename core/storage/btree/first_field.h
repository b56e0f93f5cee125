// The first fields of an index page's entries as numbers that sort like them, and the search for one among them: most
// look-ups are decided by it.
//
//   integer   the value with the sign bit turned
//   text      its first eight bytes, big-endian (BINARY, UTF-8): equal numbers do not mean equal texts
//
// Entries whose first field is of another kind, and malformed ones, have no number; whoever needs their order compares
// the records.
#pragma once

#include "base/endian.h"
#include "storage/btree/btree.h"
#include "storage/format/page_layout.h"
#include "storage/format/varint.h"
#include "storage/pager/page_cache.h"
#include "storage/record/serial.h"

namespace sqlrite::storage {

inline uint64_t integer_order(int64_t value) { return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63); }
inline uint64_t text_order(const uint8_t* bytes, uint64_t size) {
  if (size >= 8) return load_be64(bytes);
  uint64_t value = 0;
  for (uint64_t i = 0; i < size; ++i) value |= static_cast<uint64_t>(bytes[i]) << (56 - 8 * i);
  return value;
}

template <FirstFieldKind kKind>
struct FirstFields {
  // A cell begins four bytes before the end of the page at the latest; child, payload size and the eight bytes come on
  // top.
  static constexpr uint32_t kHeaderSizeBytesMax = kPageSlackSizeBytes - 4 - 2 - 8 + kMinCellSizeBytes;
  static constexpr uint8_t kShifts[7] = {0,  56, 48, 40,
                                         32, 16, 0};  // by serial type: bits of eight bytes that do not count

  const uint8_t* data;
  const uint8_t* pointers;
  uint32_t usable;
  uint32_t payload_at;  // in a cell: behind the child number

  // False: the entry has no number.
  [[gnu::always_inline]] bool read(uint32_t index, uint64_t* number) const {
    uint32_t offset = load_be16(pointers + 2 * index);
    if (offset > usable - kMinCellSizeBytes) [[unlikely]]
      return false;
    const uint8_t* p = data + offset + payload_at;
    if (*p++ >= 0x80) [[unlikely]] {
      if (*p++ >= 0x80) return false;  // larger payloads are mostly elsewhere anyway
    }
    uint32_t header_size = p[0];
    uint32_t type = p[1];
    // Eight bytes of the body are read, wherever on the page the cell begins: with short headers the slack behind the
    // page has them, whatever the cell says.
    if (header_size - 2 > kHeaderSizeBytesMax - 2) [[unlikely]]
      return false;
    const uint8_t* body = p + header_size;
    if constexpr (kKind == FirstFieldKind::Integer) {
      if (type - 1 < 6) [[likely]] {
        *number = integer_order(static_cast<int64_t>(load_be64(body)) >> kShifts[type]);
        return true;
      }
      *number = integer_order(type & 1);
      return (type & ~1u) == 8;
    } else {
      uint64_t size;
      if (type < 0x80) {
        if (type < 13 || (type & 1) == 0) return false;
        size = kSerialSizes.size_bytes[type];
      } else {
        uint64_t wide;
        read_varint(p + 1, &wide);
        if ((wide & 1) == 0) return false;
        size = serial_size(wide);
      }
      *number = text_order(body, size);
      return true;
    }
  }

  // Narrows [*low, *high) to the first entry with a number >= `key`, or to where one without a number is in the way.
  // Looks at `at` first and widens the search around it in growing steps. REQUIRES: `at` lies in the range.
  void search(uint64_t key, uint32_t at, uint32_t* low, uint32_t* high) const {
    uint32_t from = *low;
    uint32_t to = *high;
    uint32_t step = 0;
    int direction = 0;
    bool bracketed = false;
    while (from < to) {
      uint64_t number;
      if (!read(at, &number)) [[unlikely]]
        break;
      bool less = number < key;
      if (less) {
        from = at + 1;
      } else {
        to = at;
      }
      bracketed |= direction == (less ? -1 : 1);
      direction = less ? 1 : -1;
      if (!bracketed && step < to - from) {
        at = less ? from + step : to - 1 - step;
        step = 4 * step + 2;
      } else {
        at = (from + to) / 2;
      }
    }
    *low = from;
    *high = to;
  }

  // Where `key` would stand among `count` entries if they were evenly spread between `least` and `most`.
  static uint32_t guess(uint64_t key, uint64_t least, uint64_t most, uint32_t count) {
    if (key <= least) return 0;
    if (key >= most) return count - 1;
    // Halves, because signed numbers are converted quicker.
    double part = static_cast<double>(static_cast<int64_t>((key - least) >> 1));
    double whole = static_cast<double>(static_cast<int64_t>((most - least) >> 1)) + 1;
    return static_cast<uint32_t>(part / whole * (count - 1));
  }
};

}  // namespace sqlrite::storage
