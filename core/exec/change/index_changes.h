// IndexChanges: the changes that a statement makes to one index, kept until the index's turn comes and then made in its
// order, leaf by leaf, instead of one by one wherever each belongs.
//
//   add() ... apply(), any number of times; clear() drops what a failed statement leaves
//
// Only for statements that do not look into the index while they run (see ChangeExecutor).
#pragma once

#include <span>

#include "catalog/schema.h"
#include "exec/operator/sorter.h"
#include "storage/btree/btree.h"
#include "storage/record/record.h"

namespace sqlrite::exec {

class IndexChanges {
 public:
  // `real_fields`: as RecordEncoder::encode takes them. `size_bytes_max`: when enough is kept.
  IndexChanges(const catalog::Index& index, std::span<const bool> real_fields, size_t size_bytes_max);
  // `fields`: the whole entry.
  Status add(const Value* fields, bool erases);
  // Nothing more should be added before apply().
  bool is_full() const { return rows_.row_count() >= kChangesMax || rows_.size_bytes() >= size_bytes_max_; }
  // Makes the changes and forgets them.
  Status apply(storage::IndexCursor& cursor, TextEncoding encoding);
  void clear() { rows_.clear(); }

 private:
  // Enough that most leaves of an index of a million entries are met several times; the rows take a few MiB.
  static constexpr uint32_t kChangesMax = 1u << 17;
  static constexpr uint32_t kPartMax = 512;  // decoded and encoded at once

  bool cancel_out(uint32_t erasing, uint32_t inserting) const;
  Status apply_part(storage::IndexCursor& cursor, TextEncoding encoding, std::span<const uint32_t> part);

  const uint32_t field_count_;
  std::span<const bool> real_fields_;
  const size_t size_bytes_max_;
  RowStore rows_;  // the fields, and whether they are to be erased
  std::vector<Value> row_;
  std::vector<SortKey> keys_;
  BufferVector<uint32_t> order_;
  BufferVector<Value> values_;
  BufferVector<storage::IndexChange> changes_;
  Arena records_{4096};
  storage::RecordEncoder encoder_;
};

}  // namespace sqlrite::exec
