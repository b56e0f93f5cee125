// Values and SingleRow: rows that come from no table.
#include "exec/operator/column_writer.h"
#include "exec/operator/operators.h"

namespace sqlrite::exec {

namespace {

class SingleRow final : public BaseOperator {
 public:
  void prepare(const plan::Node& node, OperatorBuild& build) {
    init_batch(node.slot_count, *build.arena);
    broadcast_slots_ = build.broadcast;
  }
  Status open(ExecContext&, const Batch* outer_batch, uint32_t outer_row) override {
    done_ = false;
    broadcast(outer_batch, outer_row, broadcast_slots_);
    return {};
  }
  Status next(ExecContext&, uint32_t, Batch** out) override {
    batch_.select_all(done_ ? 0 : 1);
    done_ = true;
    *out = &batch_;
    return {};
  }

 private:
  std::span<const int32_t> broadcast_slots_;
  bool done_ = false;
};

class ValuesScan final : public BaseOperator {
 public:
  Status prepare(const plan::ValuesNode& node, OperatorBuild& build) {
    node_ = &node;
    init_batch(node.slot_count, *build.arena);
    broadcast_slots_ = build.broadcast;
    exprs_.reset(new ColumnExprs[node.rows.size()]);
    for (size_t i = 0; i < node.rows.size(); ++i) {
      SQLRITE_TRY_ASSIGN(exprs_[i], make_column_exprs(node.rows[i], *build.arena));
    }
    single_ = build.arena->make_array<Value>(node.slots.size());
    writers_.reset(new ColumnWriter[node.rows.size() > 1 ? node.slots.size() : 0]);
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    broadcast(outer_batch, outer_row, broadcast_slots_);
    next_ = 0;
    return {};
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (has_pending()) return take_pending();
    heap_.reset();
    if (next_ == node_->rows.size()) return finish(out);
    size_t columns = node_->slots.size();
    const Batch empty;
    if (node_->rows.size() == 1) {
      for (size_t c = 0; c < columns; ++c) {
        SQLRITE_TRY(exprs_[0][c].evaluate_row(eval_, empty, 0, &single_[c]));
        Column& column = columns_[static_cast<size_t>(node_->slots[c])];
        column.rep = Column::Rep::Cells;
        column.constant = false;
        column.cells = &single_[c];
      }
      ++next_;
      batch_.select_all(1);
      *out = &batch_;
      return {};
    }
    SQLRITE_TRY(check_interrupt(context));
    auto rows =
        static_cast<uint32_t>(std::min<size_t>(std::min(rows_wanted, kBatchRowsMax), node_->rows.size() - next_));
    for (size_t c = 0; c < columns; ++c) SQLRITE_TRY(writers_[c].begin(rows));
    uint32_t made = 0;
    for (; made < rows && !has_pending(); ++made) {
      const ColumnExprs& row = exprs_[next_ + made];
      for (size_t c = 0; c < columns; ++c) {
        Status status = row[c].evaluate_row(eval_, empty, 0, &single_[c]);
        if (status.ok()) continue;
        if (made == 0) return status;
        pending_ = std::move(status);
        break;
      }
      if (has_pending()) break;
      for (size_t c = 0; c < columns; ++c) writers_[c].push(single_[c]);
    }
    for (size_t c = 0; c < columns; ++c) writers_[c].finish(&columns_[static_cast<size_t>(node_->slots[c])]);
    next_ += made;
    batch_.select_all(made);
    *out = &batch_;
    return {};
  }

 private:
  const plan::ValuesNode* node_ = nullptr;
  std::span<const int32_t> broadcast_slots_;
  std::unique_ptr<ColumnExprs[]> exprs_;
  std::span<Value> single_;
  std::unique_ptr<ColumnWriter[]> writers_;
  size_t next_ = 0;
};

}  // namespace

OperatorResult make_single_row(const plan::Node& node, OperatorBuild& build) {
  std::unique_ptr<SingleRow> made(new (*build.arena) SingleRow());
  made->prepare(node, build);
  return OperatorResult(std::move(made));
}

OperatorResult make_values(const plan::ValuesNode& node, OperatorBuild& build) {
  std::unique_ptr<ValuesScan> made(new (*build.arena) ValuesScan());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
