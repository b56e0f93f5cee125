// Searching and scanning table trees by rowid.
#include "base/check.h"
#include "storage/btree/btree.h"
#include "storage/btree/leaf_map.h"
#include "storage/btree/table_cells.h"
#include "storage/format/corruption.h"

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

// Index of the first rowid >= `rowid`, count when there is none; *exact: it is `rowid` itself. The page's rowids lie in
// [least, most] by the keys above it. Guesses the place from these bounds, because rowids are mostly dense, and searches by
// halves where the guess is wrong. REQUIRES: count > 0.
template <bool kLeaf>
inline uint32_t search(RowidReader<kLeaf>& reader, uint32_t count, RowId rowid, RowId least, RowId most, bool* exact) {
  uint32_t low = 0;
  uint32_t high = count;
  *exact = false;
  if (least == INT64_MIN || most == INT64_MAX) {
    // No bound from above: the page's own first and last rowids serve.
    RowId last = reader.at(count - 1);
    if (rowid >= last) {
      *exact = rowid == last;
      return rowid == last ? count - 1 : count;
    }
    RowId first = reader.at(0);
    if (rowid <= first) {
      *exact = rowid == first;
      return 0;
    }
    least = first;
    most = last;
    low = 1;
    high = count - 1;
  }
  if (count > 4) {
    double range = static_cast<double>(static_cast<uint64_t>(most) - static_cast<uint64_t>(least));
    double distance = static_cast<double>(static_cast<uint64_t>(rowid) - static_cast<uint64_t>(least));
    double position = distance / range * (count - 1);
    uint32_t guess = position < count - 1 ? static_cast<uint32_t>(position) : count - 1;  // NaN: the last
    if constexpr (kLeaf) {
      RowId found = reader.at(guess);
      if (found == rowid) [[likely]] {
        *exact = true;
        return guess;
      }
      // Often a neighbour is it.
      if (found < rowid) {
        low = guess + 1;
        if (low < high) {
          found = reader.at(low);
          if (found >= rowid) {
            *exact = found == rowid;
            return low;
          }
          ++low;
        }
      } else {
        high = guess;
        if (guess > low) {
          found = reader.at(guess - 1);
          if (found < rowid) return guess;
          high = guess - 1;
        }
      }
    } else {
      // Above leaves the guess is near but rarely exact. Three keys around it, compared without branches.
      guess = guess < 1 ? 1 : guess > count - 2 ? count - 2 : guess;
      uint32_t below = (reader.at(guess - 1) < rowid) + (reader.at(guess) < rowid) + (reader.at(guess + 1) < rowid);
      if (below == 1 || below == 2) [[likely]]
        return guess - 1 + below;
      if (below == 0) {
        high = guess - 1 < high ? guess - 1 : high;
        low = low < high ? low : high;
      } else {
        low = guess + 2;
      }
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
  *exact = low < count && reader.at(low) == rowid;
  return low;
}

}  // namespace

// Asks the processor for the bytes of a row before its leaf is looked at. Where rowids are dense and rows alike, which is
// most tables, the place of a cell follows from the rowids that belong on the leaf: leaves are filled from the back. So
// the wait for the row overlaps the wait for the head of the page. A wrong guess costs a few useless reads.
void TableCursor::prefetch_row(PageId leaf, RowId rowid, RowId least, RowId most) const {
  uint64_t span = static_cast<uint64_t>(most) - static_cast<uint64_t>(least);
  const uint32_t usable = limits_.usable_size_bytes;
  if (span >= usable / 8) return;
  const uint8_t* data = pager_->peek(leaf, view_);
  if (data == nullptr) return;
  uint32_t count = static_cast<uint32_t>(span) + 1;
  uint32_t place = static_cast<uint32_t>(static_cast<uint64_t>(rowid) - static_cast<uint64_t>(least)) + 1;
  // Half a cell of free space is the mean of a full leaf.
  uint32_t from_end = (usable - 8 - 2 * count) * (2 * place) / (2 * count + 1);
  const uint8_t* cell = data + usable - from_end;
  __builtin_prefetch(data);
  __builtin_prefetch(data + 64);
  for (int at = -64; at <= 128; at += 64) __builtin_prefetch(cell + at);
}

Status TableCursor::open(Pager* pager, PageId root, View view) { return open_tree(pager, root, view, true); }

Status TableCursor::locate(RowId rowid, bool* exact) {
  *exact = false;
  refresh();
  leaf_moves_ = 0;
  valid_ = false;
  place_ = Place::Nowhere;
  const uint32_t usable = limits_.usable_size_bytes;
  const bool near = leaf_range_known_ && rowid >= leaf_min_ && rowid <= leaf_max_;
  if (!near) {
    RowId least = INT64_MIN;
    RowId most = INT64_MAX;
    SQLRITE_TRY(enter(0, root_));
    while (!levels_[depth_].leaf()) {
      Level& level = levels_[depth_];
      const uint8_t* data = level.data();
      uint32_t offset = page_head(level.id) + 8;
      level.index = 0;
      if (level.cell_count > 0) [[likely]] {
        RowidReader<false> reader{data, data + level.pointers, usable - kMinCellSizeBytes};
        uint32_t count = level.cell_count;
        bool equal;
        uint32_t index = search(reader, count, rowid, least, most, &equal);
        level.index = static_cast<uint16_t>(index);
        if (index > 0) least = reader.at(index - 1) + 1;
        if (index < count) {
          most = reader.at(index);
          offset = load_be16(data + level.pointers + 2 * index);
        }
        if (reader.bad || offset > usable - kMinCellSizeBytes)
          return corrupt_page(level.id, "a cell pointer leads outside of its content");
      }
      PageId child{load_be32(data + offset)};
      prefetch_row(child, rowid, least, most);
      SQLRITE_TRY(enter(depth_ + 1, child));
    }
    leaf_min_ = least;
    leaf_max_ = most;
    leaf_range_known_ = true;
  }
  Level& level = levels_[depth_];
  const uint32_t last_index = level.index;
  level.index = 0;
  if (level.cell_count == 0) return {};
  const uint8_t* data = level.data();
  RowidReader<true> reader{data, data + level.pointers, usable - kMinCellSizeBytes};
  // Changes mostly go from row to row: one of the next two is it.
  for (uint32_t index = last_index; near && index < last_index + 2 && index < level.cell_count; ++index) {
    if (reader.at(index) != rowid || reader.bad) continue;
    level.index = static_cast<uint16_t>(index);
    *exact = true;
    return {};
  }
  level.index = static_cast<uint16_t>(search(reader, level.cell_count, rowid, leaf_min_, leaf_max_, exact));
  if (reader.bad) {
    leaf_range_known_ = false;
    return corrupt_page(level.id, "a cell pointer leads outside of its content");
  }
  return {};
}

Result<bool> TableCursor::seek(RowId rowid, Seek op) {
  SQLRITE_ENSURE(pager_ != nullptr);
  if (is_without_pages()) return nowhere();
  if (op == Seek::Equal && last_known_ && rowid > leaf_last_) {
    refresh();
    if (last_known_) return nowhere();  // still the edge: inserts behind it find their place
  }
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

Result<bool> TableCursor::find(RowId rowid) {
  SQLRITE_ENSURE(pager_ != nullptr);
  LeafPlace place;
  if (!pager_->leaf_maps().locate(*pager_, root_, view_, rowid, &place)) return seek(rowid, Seek::Equal);
  refresh();
  leaf_moves_ = 0;
  prefetch_row(place.leaf, rowid, place.least, place.most);
  SQLRITE_TRY(enter(0, place.leaf));
  Level& level = levels_[0];
  if (!level.leaf() || level.cell_count == 0) return corrupt_page(level.id, "it is not the leaf it was");
  RowidReader<true> reader{level.data(), level.data() + level.pointers, limits_.usable_size_bytes - kMinCellSizeBytes};
  bool exact;
  level.index = static_cast<uint16_t>(search(reader, level.cell_count, rowid, place.least, place.most, &exact));
  if (reader.bad) return corrupt_page(level.id, "a cell pointer leads outside of its content");
  if (!exact) return nowhere();
  SQLRITE_TRY_ASSIGN(bool standing, stand());
  SQLRITE_ENSURE(standing);
  // The pages above the leaf are not known: moving on from here begins with a descent.
  place_ = Place::Key;
  key_is_entry_ = true;
  gap_rowid_ = rowid;
  return true;
}

Result<bool> TableCursor::last_rowid(RowId* rowid) {
  *rowid = 0;
  refresh();
  if (!last_known_) {
    // The way to the largest possible rowid is the way to the right edge.
    bool exact;
    SQLRITE_TRY(locate(INT64_MAX, &exact));
    const Level& level = levels_[depth_];
    if (level.cell_count == 0) return false;
    RowidReader<true> reader{level.data(), level.data() + level.pointers,
                             limits_.usable_size_bytes - kMinCellSizeBytes};
    leaf_last_ = reader.at(level.cell_count - 1u);
    if (reader.bad) return corrupt_page(level.id, "a cell pointer leads outside of its content");
    last_known_ = at_right_edge();
  }
  *rowid = leaf_last_;
  return true;
}

Result<uint32_t> TableCursor::next_cells(CellRef* cells, uint32_t max, bool descending, PageRef* pin) {
  SQLRITE_ENSURE(pager_ != nullptr);
  refresh();
  if (place_ == Place::Key) {
    // The tree changed: an entry not handed out yet is found again, one that was handed out or erased is passed.
    Seek op = descending ? (key_is_entry_ ? Seek::LessOrEqual : Seek::Less)
                         : (key_is_entry_ ? Seek::GreaterOrEqual : Seek::Greater);
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
    if (moved && (descending ? cell_.rowid >= edge : cell_.rowid <= edge))
      return corrupt_page(levels_[depth_].id, "its rowids do not follow those of the leaf before");
  }
  Level& level = levels_[depth_];
  uint32_t available = descending ? level.index + 1u : static_cast<uint32_t>(level.cell_count - level.index);
  uint32_t count = available < max ? available : max;
  TableCellRun run{level.data(), level.pointers, level.index, descending ? -1 : 1, count};
  leaf_ahead_ = count == available && !descending ? look_ahead() : BytesAhead();
  Status read = read_table_cells(run, limits_, &leaf_ahead_, cells);
  if (read.primary() == Code::Corrupt) return corrupt_page(level.id, "a cell does not fit on it");
  SQLRITE_TRY(std::move(read));
  if (pin != nullptr) *pin = level.page.clone();
  gap_rowid_ = cells[count - 1].rowid;
  level.index = static_cast<uint16_t>(descending ? level.index + 1u - count : level.index + count);
  place_ = Place::Gap;
  valid_ = false;
  return count;
}

}  // namespace sqlrite::storage
