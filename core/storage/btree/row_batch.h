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

 private:
  Status find_one(RowId rowid, CellRef* cell, PageRef* pin);
  Status find_leaf(RowId rowid, int leaf_depth, RowId* least, RowId* most, PageId* leaf);
};

}  // namespace sqlrite::storage
