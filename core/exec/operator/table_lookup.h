// TableLookup: the table row that an index entry points to.
#pragma once

#include "exec/operator/row_fetch.h"
#include "storage/btree/row_batch.h"

namespace sqlrite::exec {

class TableLookup {
 public:
  // `index`: the secondary index whose entries will be looked up.
  Status prepare(const catalog::Table& table, const catalog::Index& index, Arena& arena);
  // From rowids alone (REQUIRES a rowid table).
  void prepare(const catalog::Table& table) { table_ = &table; }
  Status open(const TreeSource& source);
  // The row's cell, in place until the next look-up. A missing row means that index and table disagree: CORRUPT.
  Status find(const storage::CellRef& index_cell, Arena& heap, storage::CellRef* out);
  Status find_rowid(RowId rowid, storage::CellRef* out, bool* found);
  // Rows of up to BatchTableCursor::kRowsMax entries at once; `pins` hold their pages.
  Status find_many(const storage::CellRef* index_cells, uint32_t count, Arena& heap, storage::CellRef* out,
                   storage::PageRef* pins);
  // The same from rowids; a missing row is CORRUPT.
  Status find_rowids(const RowId* rowids, uint32_t count, storage::CellRef* out, storage::PageRef* pins);
  bool finds_many() const { return !key_order_.size(); }
  Result<RowId> rowid_of(const storage::CellRef& index_cell, Arena& heap);
  void close();

 private:
  const catalog::Table* table_ = nullptr;
  std::span<uint16_t> positions_;  // of the rowid or the primary key columns in an index entry, ascending
  std::span<uint16_t> key_order_;  // key field i is positions_[key_order_[i]]
  std::span<Value> decoded_, key_;
  storage::BatchTableCursor rows_;
  storage::IndexCursor key_rows_;
  TreeSource source_;
  bool open_ = false;
};

}  // namespace sqlrite::exec
