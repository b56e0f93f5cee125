// The layout of b-tree pages (https://sqlite.org/fileformat2.html section 1.6), and views that read it safely.
//
//   offset  size  meaning (from the page header: 100 on page 1, else 0)
//        0     1  page type: 2 index interior, 5 table interior, 10 index leaf, 13 table leaf
//        1     2  first freeblock, 0 if none
//        3     2  number of cells
//        5     2  start of the cell content area; 0 means 65536
//        7     1  fragmented free bytes within the content area
//        8     4  right-most child (interior pages only)
//   8 or 12       cell pointer array, two bytes a cell
//
// A freeblock is: next freeblock (2), size including these four bytes (2).
// A cell is: left child (4, interior), payload size (varint, not on table interior), rowid (varint, tables),
// local payload, first overflow page (4, when the payload does not fit).
#pragma once

#include <cstdint>

#include "base/endian.h"
#include "base/ids.h"
#include "storage/format/varint.h"

namespace sqlrite::storage {

inline constexpr uint8_t kIndexInterior = 2;
inline constexpr uint8_t kTableInterior = 5;
inline constexpr uint8_t kIndexLeaf = 10;
inline constexpr uint8_t kTableLeaf = 13;

inline constexpr uint32_t kFileHeaderSizeBytes = 100;
inline constexpr uint32_t kDepthLimit = 20;
inline constexpr uint32_t kMinCellSizeBytes = 4;
inline constexpr uint32_t kPayloadSizeMax = 0x7fffffff;

// Offsets in the file header.
inline constexpr uint32_t kHeaderFirstTrunk = 32;
inline constexpr uint32_t kHeaderFreeCount = 36;
inline constexpr uint32_t kHeaderMeta = 36;  // slot n at 36 + 4n
inline constexpr uint32_t kHeaderLargestRoot = 52;
inline constexpr uint32_t kHeaderIncremental = 64;

inline uint32_t page_head(PageId id) { return id.value == 1 ? kFileHeaderSizeBytes : 0; }
inline bool is_leaf_type(uint8_t type) { return (type & 8) != 0; }
inline bool is_table_type(uint8_t type) { return (type & 1) != 0; }

// How much payload stays on a page, from the usable page size.
struct PayloadLimits {
  uint32_t usable_size_bytes = 0;
  uint32_t table_local_max = 0;
  uint32_t index_local_max = 0;
  uint32_t local_min = 0;

  PayloadLimits() = default;
  explicit PayloadLimits(uint32_t usable)
      : usable_size_bytes(usable),
        table_local_max(usable - 35),
        index_local_max((usable - 12) * 64 / 255 - 23),
        local_min((usable - 12) * 32 / 255 - 23) {}
  // Bytes that stay on the page of a payload larger than `local_max`.
  uint32_t local_part(uint64_t payload_size, uint32_t local_max) const {
    uint32_t part = local_min + static_cast<uint32_t>((payload_size - local_min) % (usable_size_bytes - 4));
    return part <= local_max ? part : local_min;
  }
};

// A page as read. `parse` checks everything in the header, so that cell numbers below cell_count have a pointer inside
// the page; where a pointer leads is checked by the cell functions.
struct PageView {
  const uint8_t* data = nullptr;
  uint32_t head = 0;
  uint32_t pointers = 0;  // offset of the cell pointer array
  uint32_t usable = 0;
  uint16_t cell_count = 0;
  uint8_t type = 0;

  bool leaf() const { return is_leaf_type(type); }
  bool table() const { return is_table_type(type); }
  uint32_t cell_offset(uint32_t index) const { return load_be16(data + pointers + 2 * index); }
  PageId right_child() const { return PageId{load_be32(data + head + 8)}; }
  uint32_t pointers_end() const { return pointers + 2u * cell_count; }
  uint32_t content_start() const {
    uint32_t start = load_be16(data + head + 5);
    return start == 0 ? 65536 : start;
  }
  bool parse(const uint8_t* bytes, PageId id, uint32_t usable_size_bytes, bool table_tree) {
    data = bytes;
    head = page_head(id);
    usable = usable_size_bytes;
    type = bytes[head];
    if (table_tree ? (type != kTableLeaf && type != kTableInterior) : (type != kIndexLeaf && type != kIndexInterior)) {
      return false;
    }
    pointers = head + (leaf() ? 8 : 12);
    cell_count = load_be16(bytes + head + 3);
    return pointers + 2u * cell_count <= usable;
  }
  // Whether `offset` may start a cell: behind the pointer array, with four bytes before the end.
  bool cell_offset_ok(uint32_t offset) const { return offset >= pointers && offset <= usable - kMinCellSizeBytes; }
};

// Everything about one cell.
struct CellInfo {
  uint32_t size_bytes = 0;      // on the page, at least 4 on leaves
  uint32_t payload_offset = 0;  // from the cell's start
  uint32_t local_size_bytes = 0;
  uint32_t payload_size_bytes = 0;
  RowId rowid = 0;
  PageId child;  // interior
  PageId overflow;
};

// Reads the cell at `cell` of a page of this type. `end` bounds the page's usable part; false when the cell is malformed.
inline bool parse_cell_at(const uint8_t* cell, const uint8_t* end, uint8_t type, const PayloadLimits& limits,
                          CellInfo* info) {
  const uint8_t* p = cell;
  if (!is_leaf_type(type)) {
    info->child = PageId{load_be32(p)};
    p += 4;
  } else {
    info->child = PageId{};
  }
  uint64_t value;
  if (type == kTableInterior) {
    p += read_varint(p, &value);
    info->rowid = static_cast<RowId>(value);
    info->payload_offset = static_cast<uint32_t>(p - cell);
    info->size_bytes = info->payload_offset;
    info->local_size_bytes = 0;
    info->payload_size_bytes = 0;
    info->overflow = PageId{};
    return p <= end;
  }
  uint64_t payload_size;
  p += read_varint(p, &payload_size);
  if (payload_size > kPayloadSizeMax) return false;
  if (type == kTableLeaf) {
    p += read_varint(p, &value);
    info->rowid = static_cast<RowId>(value);
  } else {
    info->rowid = 0;
  }
  uint32_t local_max = type == kTableLeaf ? limits.table_local_max : limits.index_local_max;
  info->payload_offset = static_cast<uint32_t>(p - cell);
  info->payload_size_bytes = static_cast<uint32_t>(payload_size);
  if (payload_size <= local_max) {
    info->local_size_bytes = static_cast<uint32_t>(payload_size);
    info->overflow = PageId{};
    p += payload_size;
    uint32_t size = static_cast<uint32_t>(p - cell);
    info->size_bytes = size < kMinCellSizeBytes ? kMinCellSizeBytes : size;
    return p <= end;
  }
  info->local_size_bytes = limits.local_part(payload_size, local_max);
  p += info->local_size_bytes;
  info->size_bytes = static_cast<uint32_t>(p - cell) + 4;
  if (p + 4 > end) return false;
  info->overflow = PageId{load_be32(p)};
  return true;
}
inline bool parse_cell(const PageView& page, uint32_t index, const PayloadLimits& limits, CellInfo* info) {
  uint32_t offset = page.cell_offset(index);
  if (!page.cell_offset_ok(offset)) return false;
  return parse_cell_at(page.data + offset, page.data + page.usable, page.type, limits, info);
}
// The size of cell `index` alone. Most cells are short, with a payload size in one byte: those take no full parse.
inline bool measure_cell(const PageView& page, uint32_t index, const PayloadLimits& limits, uint32_t* size_bytes) {
  uint32_t offset = page.cell_offset(index);
  if (!page.cell_offset_ok(offset)) return false;
  const uint8_t* p = page.data + offset + (page.leaf() ? 0 : 4);
  if (p[0] < 0x80 && page.type != kTableInterior && p[0] <= limits.local_min) [[likely]] {
    uint32_t size = static_cast<uint32_t>(p - (page.data + offset)) + 1u + p[0];
    if (page.type == kTableLeaf) {
      uint64_t rowid;
      size += read_varint(p + 1, &rowid);
    }
    if (size < kMinCellSizeBytes) size = kMinCellSizeBytes;
    *size_bytes = size;
    return offset + size <= page.usable;
  }
  CellInfo info;
  if (!parse_cell_at(page.data + offset, page.data + page.usable, page.type, limits, &info)) return false;
  *size_bytes = info.size_bytes;
  return true;
}
// The child to the left of cell `index`; `index` == cell_count is the right-most child. False: malformed.
inline bool child_of(const PageView& page, uint32_t index, PageId* child) {
  if (index == page.cell_count) {
    *child = page.right_child();
    return true;
  }
  uint32_t offset = page.cell_offset(index);
  if (!page.cell_offset_ok(offset)) return false;
  *child = PageId{load_be32(page.data + offset)};
  return true;
}

}  // namespace sqlrite::storage
