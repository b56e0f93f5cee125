// TableWriter: one table with all its indexes, open for change. It reads rows by key, finds what a new row would collide
// with, and writes, removes and replaces rows in the table and in every index they belong to.
//
// Rows travel as *slots*: slot i is column i of the table, slot columns.size() the rowid (NULL in WITHOUT ROWID tables).
#pragma once

#include <memory>
#include <span>

#include "base/arena.h"
#include "exec/change/index_changes.h"
#include "exec/operator.h"
#include "storage/btree/btree.h"
#include "storage/record/record.h"

namespace sqlrite::exec {

// Slots as a batch of one row, so that evaluators read them.
class SlotRow {
 public:
  void attach(Value* slots, uint32_t slot_count, Arena& arena) {
    slots_ = slots;
    std::span<Column> columns = arena.make_array<Column>(slot_count);
    for (uint32_t i = 0; i < slot_count; ++i) {
      columns[i].rep = Column::Rep::Cells;
      columns[i].constant = true;
      columns[i].cells = slots + i;
    }
    batch_.columns = columns.data();
    batch_.column_count = slot_count;
    batch_.select_all(1);
  }
  Value* slots() { return slots_; }
  const Value* slots() const { return slots_; }
  const Batch& batch() const { return batch_; }

 private:
  Value* slots_ = nullptr;
  Batch batch_;
};

class TableWriter {
 public:
  TableWriter() = default;
  TableWriter(const TableWriter&) = delete;
  TableWriter& operator=(const TableWriter&) = delete;

  // Once per statement. `arena` keeps evaluators and arrays.
  Status prepare(const bind::BoundTarget& target, Arena& arena);
  // Opens the cursors at the newest state. REQUIRES: the table's pager is writing.
  Status open(ExecContext& context);
  void close();
  // From now to close(): changes of indexes wait for apply_deferred(). Those of unique indexes, which are searched for
  // collisions, wait only if `unique_too`.
  void defer_index_changes(bool unique_too);
  Status apply_deferred();

  const bind::BoundTarget& target() const { return *target_; }
  const catalog::Table& table() const { return *table_; }
  size_t index_count() const { return indexes_.size(); }
  const catalog::Index& index(size_t number) const { return *indexes_[number].bound->index; }
  uint32_t column_count() const { return static_cast<uint32_t>(table_->columns.size()); }
  uint32_t rowid_slot() const { return column_count(); }
  TextEncoding encoding() const { return encoding_; }
  uint16_t key_count() const { return table_->without_rowid ? table_->primary_key_index->key_field_count : 1; }

  // Stands on the row with this key (rowid, or the primary key's fields); false when there is none.
  Result<bool> find(const Value* key);
  // The current row into slots, with defaults for columns newer than the row. Bytes are copied to `heap`: the page may
  // change while the row is in use.
  Status read(Arena& heap, Value* slots);
  // Copies the key of the row in `slots` to `key`.
  void key_of(const Value* slots, Value* key) const;

  // Would a row of these slots collide? Primary key: rowid, or the key of a WITHOUT ROWID table. On a collision *other_key
  // (room for key_count() values; bytes in `heap`) names the row that is in the way. A row with key `self` (null: none) is
  // the one being changed and never in the way.
  Status find_key_conflict(const Value* slots, bool* conflict);
  Status find_index_conflict(expr::EvalContext& eval, size_t number, const SlotRow& row, const Value* self, Arena& heap,
                             bool* conflict, Value* other_key);

  Status insert(expr::EvalContext& eval, const SlotRow& row);
  // Removes the current row, whose content is `row`.
  Status erase(expr::EvalContext& eval, const SlotRow& row);
  // Turns the current row `before` into `after`. `index_changed[number]`: the index has to follow.
  Status replace(expr::EvalContext& eval, const SlotRow& before, const SlotRow& after, const bool* index_changed,
                 bool key_changed);
  // Of the current row, where no index follows and no key changes: see TableCursor::change_fields().
  Result<bool> change_fields(std::span<const storage::FieldChange> changes) { return rows_.change_fields(changes); }
  // Of a rowid table without indexes: see TableCursor::erase_rows().
  Result<uint32_t> erase_rows(std::span<const RowId> rowids, uint32_t* erased) {
    return rows_.erase_rows(rowids, erased);
  }
  // Removes all rows of table and indexes; returns their number.
  Result<uint64_t> clear();
  // Largest rowid in use; false when the table is empty.
  Result<bool> last_rowid(RowId* rowid) { return rows_.last_rowid(rowid); }
  // Whether a column's change concerns index `number`.
  bool index_uses_column(size_t number, int16_t column) const;

 private:
  struct IndexState {
    const bind::BoundTarget::IndexExprs* bound = nullptr;
    storage::IndexCursor cursor;
    std::span<expr::ExprNode*> exprs;  // per field; null where the field is a column
    expr::ExprNode* where = nullptr;
    std::span<bool> real_fields;
    bool defers = false;
    std::unique_ptr<IndexChanges> changes;  // made when first needed
    ~IndexState();
  };

  // Index record fields of a row; *belongs is false when a partial index leaves the row out.
  Status index_record(expr::EvalContext& eval, IndexState& index, const SlotRow& row, bool* belongs);
  Status defer(IndexState& index, bool erases);
  Status insert_index_entry(expr::EvalContext& eval, IndexState& index, const SlotRow& row);
  Status erase_index_entry(expr::EvalContext& eval, IndexState& index, const SlotRow& row);
  Status write_row(const Value* slots);
  Status erase_row(const Value* slots);
  bool same_key(const Value* a, const Value* b) const;

  const catalog::Table* table_ = nullptr;
  const bind::BoundTarget* target_ = nullptr;
  storage::Pager* pager_ = nullptr;
  TextEncoding encoding_ = TextEncoding::Utf8;
  storage::TableCursor rows_;
  storage::IndexCursor primary_;  // WITHOUT ROWID
  std::span<IndexState> indexes_;
  storage::RecordEncoder encoder_;
  std::span<Value> record_;               // stored fields of a table row
  std::span<bool> record_real_;           // fields with REAL affinity
  std::span<uint16_t> stored_positions_;  // 0 .. record fields - 1
  std::span<int16_t> stored_columns_;     // column of each stored field
  std::span<Value> fields_;               // scratch for index records
  std::span<Value> defaults_;             // per column, for rows written before the column was added
  std::span<Value> decoded_;

 public:
  ~TableWriter();
};

}  // namespace sqlrite::exec
