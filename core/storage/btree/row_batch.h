// BatchTableCursor: a TableCursor that looks up many rowids at once. Their leaves and cells are asked for together, so
// that the waits for memory overlap; one look-up after the other waits for each.
#pragma once

#include "storage/btree/btree.h"

namespace sqlrite::storage {

class BatchTableCursor : public TableCursor {
 public:
  static constexpr uint32_t kRowsMax = 64;
  // cells[i] is the row with rowids[i], its payload null when there is none; pins[i] holds its page. The cursor stands
  // nowhere afterwards. REQUIRES: count <= kRowsMax.
  Status find_rows(const RowId* rowids, uint32_t count, CellRef* cells, PageRef* pins);
  // After next_cells(): the tree is one leaf, and its last entry in that direction was handed out.
  bool is_only_leaf_done(bool descending) const {
    return depth_ == 0 && place_ == Place::Gap &&
           (descending ? levels_[0].index == 0 : levels_[0].index >= levels_[0].cell_count);
  }

 private:
  Status find_one(RowId rowid, CellRef* cell, PageRef* pin);
  Status find_leaf(RowId rowid, int leaf_depth, RowId* least, RowId* most, PageId* leaf);
};

}  // namespace sqlrite::storage
