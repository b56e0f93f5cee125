// Key ranges at run time: the values of a plan::KeyRange evaluated for one outer row, and the walks over a tree that
// deliver the entries in the range leaf by leaf.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/operator_base.h"
#include "exec/operator/row_fetch.h"
#include "storage/btree/row_batch.h"

namespace sqlrite::exec {

// Expressions of one KeyEqual.
struct KeyEqualExprs {
  const plan::KeyEqual* plan = nullptr;
  ColumnExpr value;
  ColumnExprs values;
  ColumnExprs outer_args;
  std::span<Value> outer_values;
};

class KeyRangeExprs {
 public:
  Status make(const plan::KeyRange& range, Arena& arena);
  // Values of equality `index` with affinity applied, NULLs dropped (unless IS). A single value costs no list.
  Status equal_values_of(size_t index, ExecContext& context, expr::EvalContext& eval, const Batch& outer,
                         uint32_t outer_row, BufferVector<Value>& out);
  Status bound(bool upper, expr::EvalContext& eval, const Batch& outer, uint32_t outer_row, Value* out);
  // The value of equality `index`, which is a single one, with affinity applied. False: no entry equals it.
  Result<bool> single_value_of(size_t index, expr::EvalContext& eval, const Batch& outer, uint32_t outer_row,
                               Value* out);
  // LIKE/GLOB prefix; empty when the pattern gives none.
  Status like_prefix(expr::EvalContext& eval, const Batch& outer, uint32_t outer_row, std::string_view* prefix,
                     Arena& heap);
  const plan::KeyRange& plan() const { return *plan_; }
  ColumnExpr& single_value() { return equals_[0].value; }
  bool has_single_values() const;
  size_t equal_count() const { return plan_->equals.size(); }

 private:
  const plan::KeyRange* plan_ = nullptr;
  std::unique_ptr<KeyEqualExprs[]> equals_;
  struct Bounds {
    ColumnExpr lower, upper, pattern, escape;
  };
  std::unique_ptr<Bounds> bounds_;  // null: equalities only
};

// Whether the range is one field equal to one expression.
bool has_single_key(const plan::KeyRange& range);
// The rowid that equals the value after conversion, if there is one.
bool rowid_of(Value value, RowId* out);

// Walks a rowid tree.
class RowIdWalk {
 public:
  Status prepare(const plan::TableAccess& access, Arena& arena);
  Status open(ExecContext& context, expr::EvalContext& eval, const Batch* outer_batch, uint32_t outer_row);
  // Opens the tree only; then find() may be used.
  Status open_tree(ExecContext& context);
  bool has_single_key() const { return exec::has_single_key(exprs_.plan()); }
  ColumnExpr& single_key() { return exprs_.single_value(); }
  // Up to `max` cells of one leaf; 0 at the end. `pin` may stay empty: the cursor itself then holds the page until the
  // next call.
  Result<uint32_t> next(storage::CellRef* cells, uint32_t max, storage::PageRef* pin);
  void close();
  storage::BatchTableCursor& cursor() { return cursor_; }
  const TreeSource& source() const { return source_; }
  bool is_full_scan() const { return full_; }
  // Nothing more will come: known as soon as the last cells are out when the range or a tree of one leaf ends there.
  bool at_end() const { return by_point_ ? next_point_ >= points_.size() : done_; }

 private:
  Status narrow(Value value, bool upper, bool inclusive);
  const plan::TableAccess* access_ = nullptr;
  KeyRangeExprs exprs_;
  storage::BatchTableCursor cursor_;
  TreeSource source_;
  bool open_ = false;
  bool by_point_ = false;
  bool full_ = false;
  bool done_ = false;
  bool started_ = false;
  RowId low_ = 0, high_ = 0;
  BufferVector<RowId> points_;
  size_t next_point_ = 0;
  BufferVector<Value> values_;
};

// Walks an index tree (or the tree of a WITHOUT ROWID table).
class IndexWalk {
 public:
  Status prepare(const plan::TableAccess& access, const catalog::Index& index, Arena& arena);
  Status open(ExecContext& context, expr::EvalContext& eval, const Batch* outer_batch, uint32_t outer_row);
  Result<uint32_t> next(storage::CellRef* cells, uint32_t max, storage::PageRef* pin);
  // Cells come with pins even where the cursor holds their page until the next call.
  void pin_all() { pins_all_ = true; }
  void close();
  const TreeSource& source() const { return source_; }
  const catalog::Index& index() const { return *index_; }

 private:
  struct Bound {
    bool present = false;
    bool inclusive = false;
    Value value;
  };
  static constexpr uint32_t kFirstStep = 4;
  struct Pass {  // bounds of the field after the equalities, in column order
    Bound low, high;
    bool empty = false;
  };
  Status open_key(ExecContext& context, expr::EvalContext& eval, const Batch& outer, uint32_t outer_row);
  Status make_lists(ExecContext& context, expr::EvalContext& eval, const Batch& outer, uint32_t outer_row);
  Status make_passes(expr::EvalContext& eval, const Batch& outer, uint32_t outer_row);
  bool next_combination();
  Result<bool> start_pass();
  Result<bool> within(const storage::CellRef& cell);
  Result<uint32_t> count_within(const storage::CellRef* cells, uint32_t count);
  const plan::TableAccess* access_ = nullptr;
  const catalog::Index* index_ = nullptr;
  KeyRangeExprs exprs_;
  storage::IndexCursor cursor_;
  TreeSource source_;
  Arena heap_{512};
  bool open_ = false;
  bool done_ = false;
  bool active_ = false;  // the cursor stands in a range
  bool first_combination_ = true;
  bool several_ = false;  // more than one range: entries need pins
  bool pins_all_ = false;
  bool bounded_ = false;        // something limits the field after the equalities
  bool single_values_ = false;  // every equality has one value: they stand in start_key_, lists_ is not used
  std::vector<BufferVector<Value>> lists_;  // per equality
  BufferVector<size_t> positions_;
  Pass passes_[2];
  uint32_t pass_count_ = 1;
  uint32_t pass_ = 0;
  std::unique_ptr<Value[]> start_key_, stop_key_;  // alike in the fields of the equalities
  uint32_t step_ = kFirstStep;                     // entries to take at once
  uint32_t known_within_ = 0;                      // of the entries to come: found by an equal key
  uint16_t stop_count_ = 0;
  bool stop_inclusive_ = false;
};

}  // namespace sqlrite::exec
