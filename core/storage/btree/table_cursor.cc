// Searching and scanning table trees by rowid.
#include "base/check.h"
#include "storage/btree/btree.h"

namespace sqlrite::storage {
namespace {

// Rowids of one page. Offsets are clamped into the page and remembered as bad, so that the search loop has no exits.
template <bool kLeaf>
struct RowidReader {
  const uint8_t* data;
  const uint8_t* pointers;
  uint32_t offset_max;
  bool bad = false;

  RowId at(uint32_t index) {
    uint32_t offset = load_be16(pointers + 2 * index);
    bad |= offset > offset_max;
    offset = offset > offset_max ? offset_max : offset;
    const uint8_t* p = data + offset;
    if constexpr (kLeaf) {
      while (*p >= 0x80 && p < data + offset + 8) ++p;
      ++p;
    } else {
      p += 4;
    }
    uint64_t rowid;
    read_varint(p, &rowid);
    return static_cast<RowId>(rowid);
  }
};

// Index of the first rowid >= `rowid`, count when there is none. Guesses the place from the first and last rowid, because
// rowids are mostly dense, and searches by halves where the guess is wrong. REQUIRES: count > 0.
template <bool kLeaf>
uint32_t search(RowidReader<kLeaf>& reader, uint32_t count, RowId rowid, RowId first, RowId last) {
  if (rowid <= first) return 0;
  if (rowid > last) return count;
  // first < rowid <= last: the answer lies in [low, high] with at(low - 1) < rowid <= at(high).
  uint32_t low = 1;
  uint32_t high = count - 1;
  if (count > 4) {
    double range = static_cast<double>(static_cast<uint64_t>(last) - static_cast<uint64_t>(first));
    double distance = static_cast<double>(static_cast<uint64_t>(rowid) - static_cast<uint64_t>(first));
    uint32_t guess = static_cast<uint32_t>(distance / range * (count - 1));
    if (guess >= count - 1) guess = count - 2;
    // Usual case: at(guess) is the row, or the one just before it.
    if (reader.at(guess) < rowid) {
      low = guess + 1;
      if (reader.at(low) >= rowid) return low;
      ++low;
    } else {
      high = guess;
      if (guess == 0) return 0;
      if (reader.at(guess - 1) < rowid) return guess;
      high = guess - 1;
    }
  }
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    if (reader.at(middle) < rowid) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

Status TableCursor::open(Pager* pager, PageId root, View view) { return open_tree(pager, root, view, true); }

Status TableCursor::locate(RowId rowid, bool* exact) {
  *exact = false;
  refresh();
  leaf_moves_ = 0;
  valid_ = false;
  place_ = Place::Nowhere;
  const uint32_t usable = limits_.usable_size_bytes;
  bool in_leaf = leaf_range_known_ && rowid >= leaf_first_ && (rowid <= leaf_last_ || at_right_edge());
  if (!in_leaf) {
    SQLRITE_TRY(enter(0, root_));
    while (!levels_[depth_].leaf()) {
      Level& level = levels_[depth_];
      const uint8_t* data = level.data();
      PageId child;
      if (level.cell_count == 0) [[unlikely]] {
        level.index = 0;
        child = PageId{load_be32(data + page_head(level.id) + 8)};
      } else {
        RowidReader<false> reader{data, data + level.pointers, usable - kMinCellSizeBytes};
        uint32_t count = level.cell_count;
        uint32_t index = search(reader, count, rowid, reader.at(0), reader.at(count - 1));
        level.index = static_cast<uint16_t>(index);
        uint32_t offset = index == count ? page_head(level.id) + 8 : load_be16(data + level.pointers + 2 * index);
        if (reader.bad || offset > usable - kMinCellSizeBytes) return Code::Corrupt;
        child = PageId{load_be32(data + offset)};
      }
      SQLRITE_TRY(enter(depth_ + 1, child));
    }
  }
  Level& level = levels_[depth_];
  level.index = 0;
  if (level.cell_count == 0) {
    leaf_range_known_ = false;
    return {};
  }
  const uint8_t* data = level.data();
  RowidReader<true> reader{data, data + level.pointers, usable - kMinCellSizeBytes};
  uint32_t count = level.cell_count;
  if (!leaf_range_known_) {
    leaf_first_ = reader.at(0);
    leaf_last_ = reader.at(count - 1);
    leaf_range_known_ = true;
  }
  uint32_t index = search(reader, count, rowid, leaf_first_, leaf_last_);
  level.index = static_cast<uint16_t>(index);
  *exact = index < count && reader.at(index) == rowid;
  if (reader.bad) {
    leaf_range_known_ = false;
    return Code::Corrupt;
  }
  return {};
}

Result<bool> TableCursor::seek(RowId rowid, Seek op) {
  SQLRITE_ENSURE(pager_ != nullptr);
  bool exact;
  SQLRITE_TRY(locate(rowid, &exact));
  Level& level = levels_[depth_];
  switch (op) {
    case Seek::Equal:
      if (exact) return stand();
      return nowhere();
    case Seek::GreaterOrEqual: return stand_or_next();
    case Seek::Greater:
      if (exact) ++level.index;
      return stand_or_next();
    case Seek::LessOrEqual:
      if (exact) return stand();
      return stand_or_previous();
    case Seek::Less: return stand_or_previous();
  }
  return nowhere();
}

Result<bool> TableCursor::last_rowid(RowId* rowid) {
  *rowid = 0;
  refresh();
  if (leaf_range_known_ && levels_[depth_].cell_count > 0 && at_right_edge()) {
    *rowid = leaf_last_;
    return true;
  }
  valid_ = false;
  place_ = Place::Nowhere;
  leaf_moves_ = 0;
  SQLRITE_TRY(enter(0, root_));
  levels_[0].index = levels_[0].cell_count;
  SQLRITE_TRY(descend_right());
  const Level& level = levels_[depth_];
  if (level.cell_count == 0) return false;
  const uint8_t* data = level.data();
  RowidReader<true> reader{data, data + level.pointers, limits_.usable_size_bytes - kMinCellSizeBytes};
  leaf_first_ = reader.at(0);
  leaf_last_ = reader.at(level.cell_count - 1u);
  if (reader.bad) return Code::Corrupt;
  leaf_range_known_ = true;
  *rowid = leaf_last_;
  return true;
}

Result<uint32_t> TableCursor::next_cells(CellRef* cells, uint32_t max, bool descending, PageRef* pin) {
  SQLRITE_ENSURE(pager_ != nullptr);
  refresh();
  if (place_ == Place::Key) {
    // The tree changed: an entry not handed out yet is found again, one that was handed out or erased is passed.
    Seek op = descending ? (key_is_entry_ ? Seek::LessOrEqual : Seek::Less) : (key_is_entry_ ? Seek::GreaterOrEqual : Seek::Greater);
    SQLRITE_TRY_ASSIGN(bool found, seek(gap_rowid_, op));
    if (!found) return 0u;
  }
  if (place_ == Place::Nowhere || max == 0) return 0u;
  if (place_ == Place::Gap) {
    Level& gap = levels_[depth_];
    RowId edge = gap_rowid_;
    bool moved = descending ? gap.index == 0 : gap.index >= gap.cell_count;
    SQLRITE_TRY_ASSIGN(bool found, descending ? stand_or_previous() : stand_or_next());
    if (!found) return 0u;
    // Rowids must go on in order from leaf to leaf: this ends walks in circles on damaged trees.
    if (moved && (descending ? cell_.rowid >= edge : cell_.rowid <= edge)) return Code::Corrupt;
  }
  Level& level = levels_[depth_];
  const uint8_t* data = level.data();
  const uint8_t* end = data + limits_.usable_size_bytes;
  const uint8_t* pointers = data + level.pointers;
  const uint32_t offset_max = limits_.usable_size_bytes - kMinCellSizeBytes;
  const uint32_t local_max = limits_.table_local_max;
  uint32_t available = descending ? level.index + 1u : static_cast<uint32_t>(level.cell_count - level.index);
  uint32_t count = available < max ? available : max;
  const uint8_t* pointer = pointers + 2 * level.index;
  const int step = descending ? -2 : 2;
  for (uint32_t i = 0; i < count; ++i, pointer += step) {
    uint32_t offset = load_be16(pointer);
    if (offset > offset_max) [[unlikely]] return Code::Corrupt;
    const uint8_t* p = data + offset;
    uint64_t payload_size = *p;
    if (payload_size < 0x80) [[likely]] {
      ++p;
    } else {
      p += read_varint(p, &payload_size);
    }
    uint64_t rowid;
    p += read_varint(p, &rowid);
    CellRef& cell = cells[i];
    cell.payload = p;
    cell.rowid = static_cast<RowId>(rowid);
    cell.payload_size_bytes = static_cast<uint32_t>(payload_size);
    if (payload_size <= local_max) [[likely]] {
      cell.local_size_bytes = static_cast<uint32_t>(payload_size);
      cell.overflow = PageId{};
      if (payload_size > static_cast<uint64_t>(end - p) || p > end) [[unlikely]] return Code::Corrupt;
    } else {
      if (payload_size > kPayloadSizeMax) return Code::Corrupt;
      uint32_t local = limits_.local_part(payload_size, local_max);
      if (p > end || local + 4 > static_cast<uint64_t>(end - p)) return Code::Corrupt;
      cell.local_size_bytes = local;
      cell.overflow = PageId{load_be32(p + local)};
    }
  }
  if (pin != nullptr) *pin = level.page.clone();
  gap_rowid_ = cells[count - 1].rowid;
  level.index = static_cast<uint16_t>(descending ? level.index + 1u - count : level.index + count);
  place_ = Place::Gap;
  valid_ = false;
  return count;
}

}  // namespace sqlrite::storage
