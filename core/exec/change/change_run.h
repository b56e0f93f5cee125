// What the three kinds of change share while they run: contexts, the writer, the checker, conflict handling, RETURNING.
#pragma once

#include <memory>
#include <vector>

#include "base/buffer_memory.h"
#include "base/grow_array.h"
#include "exec/change/change_executor.h"
#include "exec/change/row_checker.h"
#include "exec/change/table_writer.h"
#include "exec/operator/operator_base.h"
#include "exec/spill/memory_budget.h"
#include "exec/spill/spill_file.h"

namespace sqlrite::exec {

// The key list of a change: rows found first, changed afterwards. Keys are `width` values each; bytes are in the heap.
class KeyList {
 public:
  explicit KeyList(uint16_t width = 1) : width_(width) {}
  void set_width(uint16_t width) { width_ = width; }
  // All rows of a finder, replacing what was here.
  Status collect(QueryExecutor& finder, ExecContext& source);
  size_t size() const { return size_; }
  // Makes rows `index` and `index` + 1 readable. Rows are taken in order, one by one.
  Status need(size_t index) { return index + 2 <= end_ || end_ == size_ ? Status() : load(index); }
  Value* at(size_t index) { return values_.data() + (index - begin_) * width_; }
  void clear() {
    values_.shrink(4096);
    shrink_arena(heap_);
    share_.release();
    spilled_.reset();
    size_ = begin_ = end_ = 0;
  }

 private:
  // Keys beyond the memory budget.
  struct Spilled {
    SpillFile file;
    SpillReader reader;
    RowStore rows;
    BufferVector<Value> row;
  };
  Status add(const Batch& batch, uint32_t row);
  Status spill(ExecContext& context);
  Status load(size_t index);

  uint16_t width_;
  GrowArray<Value> values_;  // rows begin_ .. end_
  Arena heap_{1024};
  size_t size_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  MemoryShare share_;
  std::unique_ptr<Spilled> spilled_;
};

struct ChangeRun {
  ExecContext* context = nullptr;  // views at the newest state: SET, CHECK and RETURNING see what is written
  ChangeHost* host = nullptr;
  ChangeOutcome* outcome = nullptr;
  expr::EvalContext eval;
  storage::Pager* pager = nullptr;
  uint32_t mark = 0;   // 0: none taken
  bool wrote = false;  // something was changed: without a mark only the transaction can undo it
};

// The parts of an executor that do not depend on the kind of change.
class ChangeCore {
 public:
  Status prepare(const bind::BoundTarget& target, catalog::ConflictAction action, const bind::BoundReturning* returning,
                 Arena& arena);
  ~ChangeCore();

  // Checks the types of a STRICT table where RowChecker left that, unless the row's rowid is taken: such a row may never be
  // stored, and SQLite judges it by that first. *left: they are to be checked once it may. The writer's position is lost.
  Status check_types_unless_taken(const SlotRow& row, bool check_key, bool* left);
  // Deals with everything a new row collides with, self excluded. Replaced rows are removed from table and indexes.
  // *moved: the writer's position was lost.
  Status resolve_conflicts(ChangeRun& run, SlotRow& row, const Value* self, bool check_key, const bool* check_index,
                           RowFate* fate, catalog::ConflictAction* action, bool* moved);
  // The message of a collision: key (index_number < 0) or index.
  Status collision_status(int index_number) const;
  Status remove_row(ChangeRun& run, const Value* key);
  Status add_returned(ChangeRun& run, const SlotRow& row);
  const Value* next_returned();
  void forget_returned();

  TableWriter writer;
  RowChecker checker;
  // Some constraint of the table, or the statement, makes room by removing rows.
  bool may_replace() const { return may_replace_; }

 private:
  bool may_replace_ = false;
  std::span<expr::ExprNode*> returning_;
  SlotRow victim_;  // a row that REPLACE removes
  std::span<Value> other_key_;
  Arena returned_heap_{1024};
  GrowArray<Value> returned_;
  size_t returned_at_ = 0;
};

}  // namespace sqlrite::exec
