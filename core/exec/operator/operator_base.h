// What all operators share: evaluation context, output batch, broadcast of the outer row, deferred errors.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/buffer_memory.h"
#include "base/check.h"
#include "exec/operator.h"

namespace sqlrite::exec {

class RecursiveUnionOperator;

inline constexpr uint32_t kNoRow = UINT32_MAX;

// Slot of a plain column reference (COLLATE looked through), -1 for any other expression.
int32_t plain_slot(const bind::BoundExpr* expr);

// State of one make_operator() call.
struct OperatorBuild {
  const plan::StatementPlan* plan = nullptr;
  Arena* arena = nullptr;
  // Outer slots that expressions of the inner side under construction use; leaf operators fill them as constants.
  std::span<const int32_t> broadcast;
  // Recursive queries under construction, innermost last.
  struct Recursion {
    const bind::BoundQuery* query;
    RecursiveUnionOperator* op;
  };
  std::vector<Recursion>* recursions = nullptr;
};
Result<std::unique_ptr<Operator>> build_operator(const plan::Node* node, OperatorBuild& build);

// Slots (ascending, unique) that expressions hanging on the nodes of one query core below `node` read.
void collect_slots(const plan::Node* node, std::vector<int32_t>& slots);
void collect_slots(const bind::BoundExpr* expr, std::vector<int32_t>& slots);
// Whether any expression of the query (sub-queries in FROM included) calls a user function.
bool calls_user_function(const plan::Node* node);

// An expression made ready; plain columns cost no virtual call.
class ColumnExpr {
 public:
  Status make(const bind::BoundExpr* expr, Arena& arena);
  int32_t slot() const { return slot_; }
  bool is_constant() const { return constant_; }
  Status evaluate(expr::EvalContext& context, const Batch& batch, Column* out) {
    if (slot_ >= 0) {
      *out = batch.columns[slot_];
      return {};
    }
    if (constant_) {
      out->rep = Column::Rep::Cells;
      out->constant = true;
      out->has_nulls = false;
      out->cells = &value_;
      return {};
    }
    return node_->evaluate(context, batch, buffer_, out);
  }
  Status evaluate_row(expr::EvalContext& context, const Batch& batch, uint32_t row, Value* out) {
    if (slot_ >= 0) {
      *out = batch.columns[slot_].at(row);
      return {};
    }
    if (constant_) {
      *out = value_;
      return {};
    }
    return node_->evaluate_row(context, batch, row, out);
  }

 private:
  int32_t slot_ = -1;
  bool constant_ = false;
  Value value_;
  expr::Evaluator node_;
  ColumnBuffer buffer_;
};
using ColumnExprs = std::unique_ptr<ColumnExpr[]>;
Result<ColumnExprs> make_column_exprs(std::span<bind::BoundExpr* const> exprs, Arena& arena);

// Makes `to` a constant column holding row `row` of `from`.
inline void broadcast_column(const Column& from, uint32_t row, Column* to) {
  *to = from;
  to->constant = true;
  if (from.constant) return;
  switch (from.rep) {
    case Column::Rep::Ints:
    case Column::Rep::Reals:
      to->ints = from.ints + row;
      if (from.has_nulls) to->nulls = from.nulls + row;
      break;
    case Column::Rep::Cells: to->cells = from.cells + row; break;
    case Column::Rep::Nulls: break;
  }
}

// Makes `to` hold rows[i] of `from` as row i. `buffer` backs it.
Status gather_column(const Column& from, const uint16_t* rows, uint32_t count, ColumnBuffer& buffer, Column* to);

// A scan by keys computed from the outer row can look up a whole outer batch at once.
class BatchLookup {
 public:
  virtual ~BatchLookup() = default;
  virtual bool can_look_up(bool keep_unmatched) const = 0;
  // Instead of open(), once per run.
  virtual Status open_lookup(ExecContext& context) = 0;
  // Rows found for the rows of `outer`, in the order of these, beside their `outer_slots`; outer rows without a partner are
  // dropped or, with `keep_unmatched`, get NULLs. `*more`: not all were found yet, the next call goes on with the same
  // `outer`.
  virtual Status look_up(ExecContext& context, const Batch& outer, std::span<const int32_t> outer_slots,
                         bool keep_unmatched, Batch** out, bool* more) = 0;
  // The error of a row that the last look_up() stopped before, to be raised when its rows were delivered.
  virtual Status look_up_error() = 0;
};

// A scan that can tell whether it would have a row without making one.
class ExistenceProbe {
 public:
  virtual ~ExistenceProbe() = default;
  virtual bool can_probe() const = 0;
  // Instead of open() and next(), outside of any loop.
  virtual Result<bool> probe(ExecContext& context) = 0;
};

// Drops everything but a small block, so that a statement at rest stays small.
void shrink_arena(Arena& arena);

// Keeps the first `position` live rows.
inline void cut_batch(Batch& batch, uint32_t position) {
  if (batch.selection == nullptr) batch.row_count = position;
  batch.selected_count = position;
}

class BaseOperator : public Operator {
 public:
  void close(ExecContext& context) override {
    static_cast<void>(context);
    pending_ = Status();
    shrink_arena(heap_);
  }

 protected:
  void init_batch(uint32_t slot_count, Arena& arena) {
    columns_ = arena.make_array<Column>(slot_count);
    batch_.columns = columns_.data();
    batch_.column_count = slot_count;
  }
  void start(ExecContext& context) {
    eval_.parameters = context.parameters;
    eval_.parameter_count = context.parameter_count;
    eval_.outer = context.outer;
    eval_.heap = &heap_;
    eval_.connection = context.connection;
    eval_.subqueries = context.subqueries;
    if (!context.databases.empty()) eval_.encoding = context.databases[0].encoding;
    if (!pending_.ok()) pending_ = Status();
  }
  void broadcast(const Batch* outer_batch, uint32_t outer_row, std::span<const int32_t> slots) {
    if (outer_batch == nullptr) return;
    for (int32_t slot : slots) broadcast_column(outer_batch->columns[slot], outer_row, &columns_[slot]);
  }
  static Status check_interrupt(ExecContext& context) { return context.interrupted(); }
  // Evaluates over the live rows. When a row other than the first fails, the batch is cut before it and the error kept
  // for the next call.
  Status evaluate_or_cut(ColumnExpr& expr, Batch& batch, Column* out) {
    if (expr.slot() >= 0) {
      *out = batch.columns[expr.slot()];
      return {};
    }
    eval_.failed_row = kNoRow;
    Status status = expr.evaluate(eval_, batch, out);
    if (status.ok()) [[likely]]
      return status;
    return keep_error(std::move(status), batch);
  }
  // Keeps the live rows before eval_.failed_row (a physical row) and the error; an error of the first row is returned.
  Status keep_error(Status status, Batch& batch);
  // Shrinks the batch's selection to the rows that pass. Errors as above.
  Status filter_or_cut(expr::Evaluator& condition, Batch& batch);
  // Room for a selection that is not the batch's present one.
  uint16_t* selection_buffer(const Batch& batch);
  // The error kept from the last batch, if any; it is handed out once.
  Status take_pending() { return std::move(pending_); }
  bool has_pending() const { return !pending_.ok(); }
  // The end: an empty batch.
  Status finish(Batch** out) {
    batch_.select_all(0);
    *out = &batch_;
    return {};
  }

  expr::EvalContext eval_;
  Arena heap_{512};
  Batch batch_;
  std::span<Column> columns_;
  Status pending_;
  BufferArray<uint16_t> selection_;
};

// rows to ask a child for after `misses` empty-handed rounds.
inline uint32_t grow_wanted(const ExecContext& context, uint32_t rows_wanted) {
  if (context.row_by_row) return 1;
  uint32_t grown = rows_wanted < 8 ? 8 : rows_wanted < 64 ? 64 : kBatchRowsMax;
  return grown;
}
inline uint32_t all_rows(const ExecContext& context) { return context.row_by_row ? 1 : kBatchRowsMax; }

}  // namespace sqlrite::exec
