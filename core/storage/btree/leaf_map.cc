#include "storage/btree/leaf_map.h"

#include <algorithm>

#include "base/endian.h"
#include "storage/format/corruption.h"

namespace sqlrite::storage {

void LeafMaps::clear() {
  for (Map& map : maps_) {
    map.root = PageId{};
    map.most.shrink(0);
    map.leaf.shrink(0);
  }
}

// Called for a map that does not hold: counts the look-up, and builds the map when there were many.
bool LeafMaps::consider(Pager& pager, PageId root, View view) {
  if (!pager.shows_newest(view)) return false;
  Map& map = maps_[root.value % kMapCount];
  if (map.root != root || map.stamp != pager.change_count(root)) {
    map.root = root;
    map.stamp = pager.change_count(root);
    map.look_up_count = 0;
    map.most.clear();
    map.leaf.clear();
  }
  // The file has at least as many pages as the tree has leaves, so an eighth of them in look-ups pays for the building.
  if (++map.look_up_count <= pager.page_count(view) / 8) return false;
  map.look_up_count = 0;
  if (!build(pager, view, map).ok()) {
    map.most.clear();
    map.leaf.clear();
  }
  return !map.most.empty();
}

Status LeafMaps::build(Pager& pager, View view, Map& map) {
  SQLRITE_TRY(add_children(pager, view, map, map.root, INT64_MIN, INT64_MAX, 0));
  size_t count = map.most.size();
  if (count < kLeafCountMin) return Code::NotFound;
  double range = static_cast<double>(map.most[count - 2]) - static_cast<double>(map.most[0]);
  map.leaves_per_rowid = static_cast<double>(count - 2) / std::max(range, 1.0);
  return {};
}

// Adds the leaves below an interior page, whose rowids lie in [least, most].
Status LeafMaps::add_children(Pager& pager, View view, Map& map, PageId page, RowId least, RowId most, uint32_t depth) {
  if (depth >= kDepthLimit) return corrupt_page(page, "the tree is too deep");
  SQLRITE_TRY_ASSIGN(PageRef pin, pager.fetch(page, view));
  PageView head;
  const uint32_t usable = pager.usable_size_bytes();
  if (!head.parse(pin.data(), page, usable, true)) return corrupt_page(page, "it is no page of this tree");
  if (head.leaf()) return Code::NotFound;  // the root is the only page, or branches differ in depth
  // All children are of one kind in a sound tree; the first one tells which.
  PageId first = head.right_child();
  if (head.cell_count > 0) {
    if (!head.cell_offset_ok(head.cell_offset(0)))
      return corrupt_page(page, "a cell pointer leads outside of its content");
    first = PageId{load_be32(head.data + head.cell_offset(0))};
  }
  SQLRITE_TRY_ASSIGN(PageRef child_pin, pager.fetch(first, view));
  PageView child_head;
  if (!child_head.parse(child_pin.data(), first, usable, true))
    return corrupt_page(first, "it is no page of this tree");
  for (uint32_t i = 0; i <= head.cell_count; ++i) {
    PageId child = head.right_child();
    RowId last = most;
    if (i < head.cell_count) {
      uint32_t offset = head.cell_offset(i);
      if (!head.cell_offset_ok(offset)) return corrupt_page(page, "a cell pointer leads outside of its content");
      child = PageId{load_be32(head.data + offset)};
      uint64_t key;
      read_varint(head.data + offset + 4, &key);
      last = static_cast<RowId>(key);
      if (last < least || last > most) return corrupt_page(page, "its keys are out of order");
    }
    if (!child_head.leaf()) {
      SQLRITE_TRY(add_children(pager, view, map, child, least, last, depth + 1));
    } else {
      if (map.most.size() >= kLeafCountMax) return Code::NotFound;
      if (!map.most.push_back(last) || !map.leaf.push_back(child.value)) return Code::NoMem;
    }
    least = last == INT64_MAX ? last : last + 1;
  }
  return {};
}

LeafPlace LeafMaps::Map::find(RowId rowid) const {
  const RowId* ends = most.begin();
  const size_t last = most.size() - 1;
  size_t index;
  if (rowid <= ends[0]) {
    index = 0;
  } else if (rowid > ends[last - 1]) {
    index = last;
  } else {
    double distance = static_cast<double>(static_cast<uint64_t>(rowid) - static_cast<uint64_t>(ends[0]));
    index = std::min(static_cast<size_t>(distance * leaves_per_rowid), last - 2) + 1;
    // Within a few leaves of the guess step by step, else by halves. ENSURES: ends[index - 1] < rowid <= ends[index].
    constexpr int kSteps = 4;
    int steps = 0;
    while (ends[index] < rowid && steps < kSteps) ++index, ++steps;
    while (ends[index - 1] >= rowid && steps < kSteps) --index, ++steps;
    if (ends[index] < rowid || ends[index - 1] >= rowid) {
      index = static_cast<size_t>(std::lower_bound(ends + 1, ends + last, rowid) - ends);
    }
  }
  return {PageId{leaf[index]}, index == 0 ? INT64_MIN : ends[index - 1] + 1, ends[index]};
}

}  // namespace sqlrite::storage
