// RowUpdate: one row becomes another, in the table and its indexes. Used by UPDATE and by ON CONFLICT DO UPDATE.
#pragma once

#include "exec/change/change_run.h"

namespace sqlrite::exec {

class RowUpdate {
 public:
  // `columns`: what SET assigns to (kRowIdColumn: the rowid).
  Status prepare(ChangeCore& core, std::span<const int16_t> columns, Arena& arena);
  // Evaluates nothing: `after` holds the assigned values (REQUIRES: the other slots equal `before`). The writer stands on
  // the row. *fate Skip: the row stays as it is (IGNORE).
  Status apply(ChangeRun& run, ChangeCore& core, SlotRow& before, SlotRow& after, RowFate* fate,
               catalog::ConflictAction* action);
  std::span<const int16_t> columns() const { return columns_; }
  // No index and no key has to follow a change of these columns.
  bool touches_table_only() const { return table_only_; }

 private:
  std::span<const int16_t> columns_;
  std::span<bool> index_changed_;  // because of the assigned columns
  std::span<bool> index_all_;      // every index: the key moved
  std::span<Value> self_;
  bool assigns_key_ = false;
  bool table_only_ = false;
};

}  // namespace sqlrite::exec
