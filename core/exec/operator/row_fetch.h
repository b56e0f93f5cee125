// RowFetch: which columns of a stored record go to which slots, and the loops that decode them into a batch.
#pragma once

#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/buffer_memory.h"
#include "batch/batch.h"
#include "catalog/schema.h"
#include "plan/physical.h"
#include "storage/btree/btree.h"
#include "storage/record/columnar.h"
#include "storage/record/record.h"

namespace sqlrite::exec {

// Where a scan reads: set at open().
struct TreeSource {
  storage::Pager* pager = nullptr;
  storage::View view;
  TextEncoding encoding = TextEncoding::Utf8;
};

// Value of a constant DEFAULT text (what ALTER TABLE ADD COLUMN accepts), with the column's affinity applied.
Result<Value> parse_column_default(const catalog::TableColumn& column, Arena& arena);

// Room for the cells of one leaf, got when first asked for and never cleared: that would cost more than a look-up.
class LeafCells {
 public:
  static constexpr uint32_t kCount = 128;
  // Null when memory is gone.
  storage::CellRef* get() {
    if (cells_ == nullptr)
      cells_ = static_cast<storage::CellRef*>(memory_.try_allocate(kCount * sizeof(storage::CellRef)));
    return cells_;
  }

 private:
  static_assert(std::is_trivially_copyable_v<storage::CellRef>);
  Arena memory_{8192};
  storage::CellRef* cells_ = nullptr;
};

// The pages that a batch's bytes lie on. Most batches lie on one, which costs no allocation.
class PagePins {
 public:
  void add(storage::PageRef&& pin) {
    if (!first_) {
      first_ = std::move(pin);
    } else if ((more_.empty() ? first_ : more_.back()).data() != pin.data()) {
      more_.push_back(std::move(pin));
    }
  }
  void clear() {
    first_ = storage::PageRef();
    if (!more_.empty()) more_.clear();
  }

 private:
  storage::PageRef first_;
  BufferVector<storage::PageRef> more_;
};

class RowFetch {
 public:
  // Columns of a table's own tree (rowid table, or primary key tree of a WITHOUT ROWID table).
  Status prepare_table(const catalog::Table& table, std::span<const plan::ColumnFetch> fetch, Arena& arena);
  // Columns of a secondary index entry.
  Status prepare_index(const catalog::Index& index, std::span<const plan::ColumnFetch> fetch, Arena& arena);

  // One row into single-row storage: columns are cells of one entry. Bytes point into the page.
  void attach_single(std::span<Column> columns);
  Status decode_single(const storage::CellRef& cell, const TreeSource& source, Arena& heap);

  // Many rows: begin, add any number of times (up to `rows` in all), finish.
  Status begin(uint32_t rows);
  // `ahead` as in storage::decode_columns.
  Status add(const storage::CellRef* cells, uint32_t count, const TreeSource& source, Arena& heap,
             storage::BytesAhead* ahead = nullptr);
  // The same for a cell whose page will not stay pinned: bytes are copied to `heap`.
  Status add_unpinned(const storage::CellRef& cell, const TreeSource& source, Arena& heap) {
    return add_unpinned(&cell, 1, source, heap);
  }
  // Several such cells; their pages must stay pinned during the call.
  Status add_unpinned(const storage::CellRef* cells, uint32_t count, const TreeSource& source, Arena& heap);
  // Rows of NULLs, up to row number `until`.
  void add_missing(uint32_t until);
  uint32_t row_count() const { return rows_; }
  void finish(std::span<Column> columns);

 private:
  Status decode(const storage::CellRef& cell, const TreeSource& source, Arena& heap);
  Status decode_rows(const storage::CellRef* cells, uint32_t count, const TreeSource& source, Arena& heap,
                     storage::BytesAhead* ahead);
  std::span<uint16_t> wanted_;  // record positions, ascending
  std::span<int32_t> slots_;    // parallel
  std::span<bool> real_;        // parallel: REAL affinity, integers are read as reals
  std::span<Value> defaults_;   // parallel, empty for indexes
  std::span<int32_t> rowid_slots_;
  std::span<Value> row_;  // decoded values; attach_single() shows them as columns
  Value rowid_;
  // Many rows.
  std::span<storage::ColumnSink> sinks_;
  // The first rows of a scan, often all of them, find room in the operator's arena; `buffers_` are made for more.
  Status begin_many(uint32_t rows);
  Arena* arena_ = nullptr;
  uint32_t first_rows_max_ = 0;  // that have room in `first_`
  char* first_ = nullptr;
  std::unique_ptr<ColumnBuffer[]> buffers_;
  ColumnBuffer rowid_buffer_;
  Column rowid_column_;
  uint32_t rows_ = 0;
};

// Leading part of a record: what a WITHOUT ROWID look-up or a rowid needs.
Status decode_fields(const storage::CellRef& cell, const TreeSource& source, std::span<const uint16_t> positions,
                     Value* out, Arena& heap);
// Texts and blobs of `value` into `heap`.
Status own_bytes(Value& value, Arena& heap);

}  // namespace sqlrite::exec
