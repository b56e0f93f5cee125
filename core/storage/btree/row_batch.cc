#include "storage/btree/row_batch.h"

#include "base/check.h"
#include "storage/btree/leaf_map.h"
#include "storage/format/corruption.h"

namespace sqlrite::storage {

namespace {

constexpr uint32_t kRowsMin = 4;  // fewer are looked up one by one

// Rowid of a cell, REQUIRES offset within the page's usable part less four bytes; pages are followed by readable bytes.
RowId rowid_at(const uint8_t* data, uint32_t offset, bool leaf) {
  const uint8_t* p = data + offset;
  if (leaf) {
    while (*p >= 0x80 && p < data + offset + 8) ++p;
    ++p;
  } else {
    p += 4;
  }
  uint64_t rowid;
  read_varint(p, &rowid);
  return static_cast<RowId>(rowid);
}

// Where `rowid` should be among `count` entries whose rowids lie in [least, most].
uint32_t guess_index(uint32_t count, RowId rowid, RowId least, RowId most) {
  double range = static_cast<double>(static_cast<uint64_t>(most) - static_cast<uint64_t>(least));
  double distance = static_cast<double>(static_cast<uint64_t>(rowid) - static_cast<uint64_t>(least));
  double position = distance / range * (count - 1);
  return position < count - 1 ? static_cast<uint32_t>(position) : count - 1;
}

// Index of the first rowid >= `rowid`; count when there is none, UINT32_MAX on a page that is damaged. Goes from the guess
// in growing steps, then by halves.
uint32_t first_not_less(const PageView& page, RowId rowid, uint32_t guess) {
  uint32_t offset_max = page.usable - kMinCellSizeBytes;
  bool bad = false;
  auto less = [&](uint32_t index) {
    uint32_t offset = page.cell_offset(index);
    bad |= offset > offset_max;
    return !bad && rowid_at(page.data, offset, page.leaf()) < rowid;
  };
  uint32_t low = 0;                 // everything before is less
  uint32_t high = page.cell_count;  // not less, or the end
  uint32_t step = 1;
  if (less(guess)) {
    low = guess + 1;
    while (low < high && low - 1 + step < high) {
      uint32_t probe = low - 1 + step;
      if (!less(probe)) {
        high = probe;
        break;
      }
      low = probe + 1;
      step *= 2;
    }
  } else {
    high = guess;
    while (high > low) {
      uint32_t probe = high > step ? high - step : 0;
      if (less(probe)) {
        low = probe + 1;
        break;
      }
      high = probe;
      step *= 2;
    }
  }
  while (low < high && !bad) {
    uint32_t middle = low + (high - low) / 2;
    if (less(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return bad ? UINT32_MAX : low;
}

}  // namespace

Status BatchTableCursor::find_one(RowId rowid, CellRef* cell, PageRef* pin) {
  SQLRITE_TRY_ASSIGN(bool found, find(rowid));
  if (!found) return {};
  *cell = cell_;
  *pin = pin_current_page();
  return {};
}

// Goes down to the page above the leaf of `rowid`; the leaf's rowids lie in [*least, *most].
Status BatchTableCursor::find_leaf(RowId rowid, int leaf_depth, RowId* least, RowId* most, PageId* leaf) {
  *least = INT64_MIN;
  *most = INT64_MAX;
  PageId id = root_;
  for (int depth = 0; depth < leaf_depth; ++depth) {
    SQLRITE_TRY(enter(depth, id));
    const Level& level = levels_[depth];
    PageView page;
    if (level.leaf() || !page.parse(level.data(), level.id, limits_.usable_size_bytes, true))
      return corrupt_page(level.id, "it is no page of this tree");
    uint32_t count = page.cell_count;
    uint32_t offset = page.head + 8;
    if (count > 0) {
      bool bounded = *least != INT64_MIN && *most != INT64_MAX;
      uint32_t index = first_not_less(page, rowid, bounded ? guess_index(count, rowid, *least, *most) : count / 2);
      if (index == UINT32_MAX) return corrupt_page(level.id, "a cell pointer leads outside of its content");
      if (index > 0) *least = rowid_at(page.data, page.cell_offset(index - 1), false) + 1;
      if (index < count) {
        offset = page.cell_offset(index);
        *most = rowid_at(page.data, offset, false);
      }
    }
    id = PageId{load_be32(level.data() + offset)};
  }
  *leaf = id;
  return {};
}

Status BatchTableCursor::find_rows(const RowId* rowids, uint32_t count, CellRef* cells, PageRef* pins) {
  for (uint32_t i = 0; i < count; ++i) cells[i] = CellRef();
  uint32_t done = 0;
  if (count < kRowsMin) {
    for (; done < count; ++done) SQLRITE_TRY(find_one(rowids[done], &cells[done], &pins[done]));
    return {};
  }
  struct Target : LeafPlace {
    PageView page;
    uint32_t guess = 0;  // where the row may be, then where it is or would be
    bool bounded() const { return least != INT64_MIN && most != INT64_MAX; }
  };
  Target targets[kRowsMax];
  LeafMaps& maps = pager_->leaf_maps();
  bool mapped = maps.locate(*pager_, root_, view_, rowids[0], &targets[0]);
  int leaf_depth = 0;
  if (!mapped) {
    // The first look-up tells how deep the tree is.
    SQLRITE_TRY(find_one(rowids[0], &cells[0], &pins[0]));
    done = 1;
    leaf_depth = depth_;
    if (leaf_depth <= 0 || !levels_[leaf_depth].leaf()) {
      for (; done < count; ++done) SQLRITE_TRY(find_one(rowids[done], &cells[done], &pins[done]));
      return {};
    }
  }
  for (uint32_t i = done; i < count; ++i) {
    Target& target = targets[i];
    if (i > done && rowids[i] >= targets[i - 1].least && rowids[i] <= targets[i - 1].most) {
      // Neighbours are often asked for together: then they lie on the leaf that is already there.
      static_cast<LeafPlace&>(target) = targets[i - 1];
      pins[i] = pins[i - 1].clone();
      continue;
    }
    if (mapped) {
      SQLRITE_ENSURE(maps.locate(*pager_, root_, view_, rowids[i], &target));
    } else {
      SQLRITE_TRY(find_leaf(rowids[i], leaf_depth, &target.least, &target.most, &target.leaf));
    }
    prefetch_row(target.leaf, rowids[i], target.least, target.most);
    SQLRITE_TRY(pager_->fetch_into(target.leaf, view_, &pins[i]));
    const uint8_t* data = pins[i].data();
    __builtin_prefetch(data);
    __builtin_prefetch(data + 64);
    __builtin_prefetch(data + 128);
  }
  nowhere().value();
  leaf_range_known_ = false;
  for (uint32_t i = done; i < count; ++i) {
    Target& target = targets[i];
    PageView& page = target.page;
    if (i > done && target.leaf == targets[i - 1].leaf) {
      page = targets[i - 1].page;
    } else if (!page.parse(pins[i].data(), target.leaf, limits_.usable_size_bytes, true) || !page.leaf())
      return corrupt_page(target.leaf, "it is no page of this tree");
    if (page.cell_count == 0) continue;
    target.guess =
        target.bounded() ? guess_index(page.cell_count, rowids[i], target.least, target.most) : page.cell_count / 2;
    uint32_t offset = page.cell_offset(target.guess);
    if (offset > page.usable - kMinCellSizeBytes)
      return corrupt_page(targets[i].leaf, "a cell pointer leads outside of its content");
    __builtin_prefetch(page.data + offset);
    __builtin_prefetch(page.data + offset + 64);
  }
  for (uint32_t i = done; i < count; ++i) {
    Target& target = targets[i];
    const PageView& page = target.page;
    if (page.cell_count == 0) continue;
    if (i > done && target.leaf == targets[i - 1].leaf && rowids[i] > rowids[i - 1]) {
      // Not behind the previous row by more entries than there are rowids between.
      uint64_t distance = static_cast<uint64_t>(rowids[i]) - static_cast<uint64_t>(rowids[i - 1]);
      uint32_t last = page.cell_count - 1u;
      uint32_t from = targets[i - 1].guess;
      uint32_t reach = from >= last || distance >= last - from ? last : from + static_cast<uint32_t>(distance);
      target.guess = !target.bounded() || reach < target.guess ? reach : target.guess < from ? from : target.guess;
    } else if (!target.bounded()) {
      // The leaves at both ends of the tree: what stands on them bounds them.
      uint32_t first = page.cell_offset(0);
      uint32_t last = page.cell_offset(page.cell_count - 1u);
      uint32_t offset_max = page.usable - kMinCellSizeBytes;
      if (first > offset_max || last > offset_max)
        return corrupt_page(targets[i].leaf, "a cell pointer leads outside of its content");
      RowId least = rowid_at(page.data, first, true);
      RowId most = rowid_at(page.data, last, true);
      if (rowids[i] <= least) {
        target.guess = 0;
      } else if (rowids[i] >= most) {
        target.guess = page.cell_count - 1u;
      } else {
        target.guess = guess_index(page.cell_count, rowids[i], least, most);
      }
    }
    uint32_t index = first_not_less(page, rowids[i], target.guess);
    if (index == UINT32_MAX) return corrupt_page(targets[i].leaf, "a cell pointer leads outside of its content");
    target.guess = index;
    if (index == page.cell_count) continue;
    uint32_t offset = page.cell_offset(index);
    if (offset > page.usable - kMinCellSizeBytes)
      return corrupt_page(targets[i].leaf, "a cell pointer leads outside of its content");
    CellInfo info;
    if (!parse_cell_at(page.data + offset, page.data + page.usable, page.type, limits_, &info))
      return corrupt_page(targets[i].leaf, "a cell pointer leads outside of its content");
    if (info.rowid != rowids[i]) continue;
    cells[i].payload = page.data + offset + info.payload_offset;
    cells[i].local_size_bytes = info.local_size_bytes;
    cells[i].payload_size_bytes = info.payload_size_bytes;
    cells[i].rowid = info.rowid;
    cells[i].overflow = info.overflow;
  }
  return {};
}

}  // namespace sqlrite::storage
