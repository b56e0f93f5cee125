// LeafMaps: which leaf of a table tree holds a rowid, kept flat beside the pages for trees that are often looked up.
//
// A map is two arrays over the leaves in order: the largest rowid that belongs on each, and its page.
//
//     interior page         (child 7, key 30) (child 9, key 58) (right-most child 4)
//     map                   most: 30, 58, INT64_MAX      leaf: 7, 9, 4
//
// A look-up guesses its place by interpolation and looks at the neighbours, instead of searching one page per level.
//
// A map holds for the pager's newest state as of one change count, and for views that show that state; any change of
// the state makes it useless. It is built once a tree has been looked up often enough that reading its interior pages
// is little beside that. Where it cannot help (few leaves, damage, no memory) nothing is kept and cursors descend as
// usual.
#pragma once

#include <cstdint>

#include "base/grow_array.h"
#include "storage/btree/btree.h"

namespace sqlrite::storage {

struct LeafPlace {
  PageId leaf;
  RowId least = 0;  // rowids that belong on the leaf, by the keys above it
  RowId most = 0;
};

class LeafMaps {
 public:
  LeafMaps() = default;
  LeafMaps(const LeafMaps&) = delete;
  LeafMaps& operator=(const LeafMaps&) = delete;

  // False: there is no map of the tree for this view (yet), descend.
  bool locate(Pager& pager, PageId root, View view, RowId rowid, LeafPlace* place) {
    Map& map = maps_[root.value % kMapCount];
    if (map.most.empty() || map.root != root || map.stamp != pager.change_count(root) || !pager.shows_newest(view)) {
      if (!consider(pager, root, view)) return false;
    }
    *place = map.find(rowid);
    return true;
  }
  void clear();

 private:
  static constexpr uint32_t kMapCount = 8;
  static constexpr uint32_t kLeafCountMin = 8;           // below that one interior page tells all
  static constexpr uint32_t kLeafCountMax = 128 * 1024;  // 1.5 MiB a map
  struct Map {
    PageId root;
    uint64_t stamp = 0;
    uint32_t look_up_count = 0;  // since the state changed
    double leaves_per_rowid = 0;
    GrowArray<RowId> most;  // empty: not built, or not worth it
    GrowArray<uint32_t> leaf;
    LeafPlace find(RowId rowid) const;
  };
  bool consider(Pager& pager, PageId root, View view);
  Status build(Pager& pager, View view, Map& map);
  Status add_children(Pager& pager, View view, Map& map, PageId page, RowId least, RowId most, uint32_t depth);

  Map maps_[kMapCount];
};

}  // namespace sqlrite::storage
