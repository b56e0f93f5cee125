// QueryScan: the rows of a sub-query in FROM, streamed or kept (beyond the memory budget on a file); and TableFunctionScan, whose rows are always kept.
#include <algorithm>

#include "base/buffer_memory.h"
#include "exec/operator/key_hash.h"
#include "exec/operator/operators.h"
#include "exec/operator/row_store.h"
#include "exec/spill/row_spool.h"
#include "exec/subquery.h"
#include "types/affinity.h"
#include "types/value_text.h"

namespace sqlrite::exec {

namespace {

class QueryScan final : public BaseOperator, public ExistenceProbe {
 public:
  Status prepare(const plan::QueryScanNode& node, OperatorBuild& build) {
    Arena& arena = *build.arena;
    node_ = &node;
    OperatorBuild inside = build;
    inside.broadcast = {};
    SQLRITE_TRY_ASSIGN(input_, build_operator(node.query->root, inside));
    SQLRITE_TRY_ASSIGN(outer_exprs_, make_column_exprs(node.query->outer_args, arena));
    outer_values_ = arena.make_array<Value>(node.query->outer_args.size());
    known_values_ = arena.make_array<Value>(node.query->outer_args.size());
    broadcast_slots_ = build.broadcast;
    init_batch(node.slot_count, arena);
    if (node.filter != nullptr) SQLRITE_TRY(filter_.make(node.filter, arena));
    keeps_ = node.materialize || node.shared_index >= 0 || !node.key_columns.empty();
    if (!keeps_) return {};
    // A shared CTE is kept whole, as its readers want different columns.
    column_count_ = node.query->result_count;
    own_rows_.init(column_count_);
    looked_up_.init(column_count_);
    all_slots_ = arena.make_array<int32_t>(column_count_);
    for (uint32_t i = 0; i < column_count_; ++i) all_slots_[i] = static_cast<int32_t>(i);
    if (!node.key_columns.empty()) {
      SQLRITE_TRY_ASSIGN(key_exprs_, make_column_exprs(node.key_values, arena));
      key_values_ = arena.make_array<Value>(node.key_columns.size());
      key_view_ = arena.make_array<Column>(node.key_columns.size());
      converted_.reset(new ColumnBuffer[node.key_columns.size()]);
      table_.init(node.key_collations);
      buffers_.reset(new ColumnBuffer[node.fetch.size()]);
    }
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    broadcast(outer_batch, outer_row, broadcast_slots_);
    const Batch empty;
    const Batch& outer = outer_batch != nullptr ? *outer_batch : empty;
    for (size_t i = 0; i < outer_values_.size(); ++i) {
      SQLRITE_TRY(outer_exprs_[i].evaluate_row(eval_, outer, outer_row, &outer_values_[i]));
    }
    child_context_ = context;
    child_context_.outer = outer_values_.data();
    if (!keeps_) return input_->open(child_context_, nullptr, 0);
    SQLRITE_TRY(keep_rows(context));
    if (node_->key_columns.empty()) {
      scan_.start(*rows_);
      return {};
    }
    heap_.reset();
    match_ = kNoRow;
    for (size_t k = 0; k < key_values_.size(); ++k) {
      Value& value = key_values_[k];
      SQLRITE_TRY(key_exprs_[k].evaluate_row(eval_, outer, outer_row, &value));
      if (value.is_null()) return {};
      SQLRITE_TRY(convert(value, k));
    }
    uint32_t id = table_.find_row(key_values_.data());
    if (id != kNoRow) match_ = first_[id];
    return {};
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (has_pending()) return take_pending();
    uint32_t wanted = std::min(rows_wanted, kBatchRowsMax);
    for (;;) {
      if (!keeps_) {
        Batch* input = nullptr;
        SQLRITE_TRY(input_->next(child_context_, wanted, &input));
        if (input->selected_count > 0) {  // the batch that ends the input may have no columns
          for (const plan::ColumnFetch& fetch : node_->fetch)
            columns_[static_cast<size_t>(fetch.slot)] = input->columns[fetch.column];
        }
        batch_.row_count = input->row_count;
        batch_.selection = input->selection;
        batch_.selected_count = input->selected_count;
      } else if (!node_->key_columns.empty()) {
        SQLRITE_TRY(next_matches(wanted));
      } else {
        if (rows_->is_spilled()) SQLRITE_TRY(check_interrupt(context));
        SQLRITE_TRY_ASSIGN(RowSpoolScan::Piece piece, scan_.next(wanted));
        for (const plan::ColumnFetch& fetch : node_->fetch) {
          piece.rows->view(static_cast<uint32_t>(fetch.column), piece.first,
                           &columns_[static_cast<size_t>(fetch.slot)]);
        }
        batch_.select_all(piece.count);
      }
      *out = &batch_;
      if (batch_.selected_count == 0 || !filter_) return {};
      heap_.reset();
      SQLRITE_TRY(filter_or_cut(filter_, batch_));
      if (batch_.selected_count > 0) return {};
      if (has_pending()) return take_pending();
      wanted = grow_wanted(context, wanted);
    }
  }

  bool can_probe() const override { return !node_->key_columns.empty() && !filter_; }
  Result<bool> probe(ExecContext& context) override {
    match_ = kNoRow;
    SQLRITE_TRY(open(context, nullptr, 0));
    return match_ != kNoRow;
  }

  void close(ExecContext& context) override {
    input_->close(context);
    own_rows_.clear();
    looked_up_.clear();
    scan_.clear();
    own_complete_ = false;
    table_.clear();
    table_ready_ = false;
    shrink_arena(known_heap_);
    BufferVector<uint32_t>().swap(first_);
    BufferVector<uint32_t>().swap(next_row_);
    BaseOperator::close(context);
  }

 private:
  bool same_arguments() const {
    for (size_t i = 0; i < outer_values_.size(); ++i) {
      if (outer_values_[i].type != known_values_[i].type) return false;
      if (compare_values(outer_values_[i], known_values_[i], kBinaryCollation) != 0) return false;
    }
    return true;
  }

  Status keep_rows(ExecContext& context) {
    if (node_->shared_index >= 0) {
      auto& shared = static_cast<SubqueryRuntime*>(context.subqueries)->shared_rows(node_->shared_index);
      if (shared.complete) {
        rows_ = &shared.rows;
      } else {
        shared.rows.clear();
        shared.rows.init(column_count_);
        SQLRITE_TRY(run_into(child_context_, shared.rows));
        shared.complete = true;
        rows_ = &shared.rows;
        table_ready_ = false;
      }
    } else {
      rows_ = &own_rows_;
      if (!own_complete_ || node_->query->is_volatile || node_->query->reads_working_table || !same_arguments()) {
        own_complete_ = false;
        own_rows_.clear();
        table_ready_ = false;
        SQLRITE_TRY(run_into(child_context_, own_rows_));
        known_heap_.reset();
        for (size_t i = 0; i < outer_values_.size(); ++i) {
          known_values_[i] = outer_values_[i];
          if (known_values_[i].is_bytes() && (known_values_[i].flags & value_flags::kZeroBlob) == 0) {
            known_values_[i].bytes = known_heap_.copy(outer_values_[i].view()).data();
          }
        }
        own_complete_ = true;
      }
    }
    if (!node_->key_columns.empty() && !table_ready_) {
      SQLRITE_TRY(build_table());
      table_ready_ = true;
    }
    return {};
  }

  Status run_into(ExecContext& context, RowSpool& rows) {
    SQLRITE_TRY(input_->open(context, nullptr, 0));
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(input_->next(context, all_rows(context), &batch));
      if (batch->selected_count == 0) return rows.finish();
      SQLRITE_TRY(rows.append(context, *batch, all_slots_));
    }
  }

  // Rows that are looked up by key are all in memory.
  Status load_spilled() {
    looked_up_.clear();
    SpillReader reader;
    rows_->start(reader);
    for (;;) {
      uint32_t before = looked_up_.row_count();
      SQLRITE_TRY(reader.read(looked_up_, kBatchRowsMax));
      if (looked_up_.row_count() == before) return {};
    }
  }

  Status convert(Value& value, size_t key) {
    Affinity affinity = node_->key_affinities.empty() ? Affinity::None : node_->key_affinities[key];
    if (is_numeric_affinity(affinity)) {
      apply_numeric_to_text(value, false);
    } else if (affinity == Affinity::Text && value.is_numeric()) {
      return make_text(value, heap_);
    }
    return {};
  }

  Status build_table() {
    if (rows_->is_spilled()) SQLRITE_TRY(load_spilled());
    const RowStore& rows = keyed_rows();
    table_.clear();
    first_.clear();
    next_row_.assign(rows.row_count(), kNoRow);
    BufferVector<uint32_t> last;
    size_t key_count = node_->key_columns.size();
    for (uint32_t first_row = 0; first_row < rows.row_count(); first_row += kBatchRowsMax) {
      uint32_t count = std::min<uint32_t>(kBatchRowsMax, rows.row_count() - first_row);
      heap_.reset();
      Batch batch;
      batch.select_all(count);
      uint16_t* live = selection_buffer(batch);
      for (size_t k = 0; k < key_count; ++k) {
        Column stored;
        rows.view(node_->key_columns[k], first_row, &stored);
        SQLRITE_TRY(converted_[k].reserve(count));
        converted_[k].attach(key_view_[k], Column::Rep::Cells);
        for (uint32_t i = 0; i < count; ++i) {
          Value value = stored.at(i);
          SQLRITE_TRY(convert(value, k));
          key_view_[k].cells[i] = value;
        }
      }
      uint32_t kept = 0;
      for (uint32_t i = 0; i < count; ++i) {
        bool null = false;
        for (size_t k = 0; k < key_count; ++k) null |= key_view_[k].cells[i].is_null();
        live[kept] = static_cast<uint16_t>(i);
        kept += !null;
      }
      batch.selection = live;
      batch.selected_count = kept;
      uint32_t ids[kBatchRowsMax];
      SQLRITE_TRY(table_.find_or_add(batch, key_view_.data(), ids));
      for (uint32_t i = 0; i < kept; ++i) {
        uint32_t row = first_row + live[i];
        if (ids[i] == first_.size()) {
          first_.push_back(row);
          last.push_back(row);
        } else {
          next_row_[last[ids[i]]] = row;
          last[ids[i]] = row;
        }
      }
    }
    return {};
  }

  const RowStore& keyed_rows() const { return rows_->is_spilled() ? looked_up_ : rows_->rows(); }

  Status next_matches(uint32_t wanted) {
    if (!match_rows_) match_rows_ = make_buffer_array<uint32_t>(kBatchRowsMax);
    uint32_t rows = 0;
    while (rows < wanted && match_ != kNoRow) {
      match_rows_[rows++] = match_;
      match_ = next_row_[match_];
    }
    batch_.select_all(rows);
    for (size_t i = 0; i < node_->fetch.size() && rows > 0; ++i) {
      const plan::ColumnFetch& fetch = node_->fetch[i];
      SQLRITE_TRY(keyed_rows().gather(static_cast<uint32_t>(fetch.column), match_rows_.get(), rows, buffers_[i],
                                      &columns_[static_cast<size_t>(fetch.slot)]));
    }
    return {};
  }

  const plan::QueryScanNode* node_ = nullptr;
  std::unique_ptr<Operator> input_;
  ColumnExprs outer_exprs_;
  std::span<Value> outer_values_, known_values_;
  Arena known_heap_{256};
  std::span<const int32_t> broadcast_slots_;
  expr::Evaluator filter_;
  ExecContext child_context_;
  bool keeps_ = false;
  uint32_t column_count_ = 0;
  std::span<int32_t> all_slots_;
  RowSpool own_rows_;
  bool own_complete_ = false;
  const RowSpool* rows_ = nullptr;
  RowStore looked_up_;  // rows_ again, where they were spilled and are looked up by key
  RowSpoolScan scan_;
  // Look-up by key.
  ColumnExprs key_exprs_;
  std::span<Value> key_values_;
  std::span<Column> key_view_;
  std::unique_ptr<ColumnBuffer[]> converted_, buffers_;
  KeyTable table_;
  bool table_ready_ = false;
  BufferVector<uint32_t> first_, next_row_;
  BufferArray<uint32_t> match_rows_;
  uint32_t match_ = kNoRow;
};

class TableFunctionScan final : public BaseOperator {
 public:
  Status prepare(const plan::TableFunctionNode& node, OperatorBuild& build) {
    node_ = &node;
    broadcast_slots_ = build.broadcast;
    init_batch(node.slot_count, *build.arena);
    SQLRITE_TRY_ASSIGN(arguments_, make_column_exprs(node.arguments, *build.arena));
    values_ = build.arena->make_array<Value>(node.arguments.size());
    if (node.filter != nullptr) SQLRITE_TRY(filter_.make(node.filter, *build.arena));
    rows_.init(static_cast<uint32_t>(node.source->columns.size()) + 1);  // the last one is the rowid
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    heap_.reset();
    broadcast(outer_batch, outer_row, broadcast_slots_);
    const Batch empty;
    for (size_t i = 0; i < values_.size(); ++i) {
      SQLRITE_TRY(
          arguments_[i].evaluate_row(eval_, outer_batch != nullptr ? *outer_batch : empty, outer_row, &values_[i]));
    }
    rows_.clear();
    next_ = 0;
    if (context.table_functions == nullptr) return Status(Code::Error, "no such table function");
    row_.assign(rows_.column_count(), Value());
    return context.table_functions->run(
        *node_->source, values_, heap_,
        [](void* scan, std::span<const Value> row) { return static_cast<TableFunctionScan*>(scan)->add(row); }, this);
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (has_pending()) return take_pending();
    uint32_t wanted = std::min(rows_wanted, kBatchRowsMax);
    for (;;) {
      uint32_t rows = std::min(wanted, rows_.row_count() - next_);
      for (const plan::ColumnFetch& fetch : node_->fetch) {
        uint32_t column = fetch.column < 0 ? rows_.column_count() - 1 : static_cast<uint32_t>(fetch.column);
        rows_.view(column, next_, &columns_[static_cast<size_t>(fetch.slot)]);
      }
      next_ += rows;
      batch_.select_all(rows);
      *out = &batch_;
      if (rows == 0 || !filter_) return {};
      SQLRITE_TRY(filter_or_cut(filter_, batch_));
      if (batch_.selected_count > 0) return {};
      if (has_pending()) return take_pending();
      wanted = grow_wanted(context, wanted);
    }
  }

  void close(ExecContext& context) override {
    rows_.clear();
    BaseOperator::close(context);
  }

 private:
  // Hidden columns that the function does not give are its arguments, in order.
  Status add(std::span<const Value> row) {
    size_t count = row_.size() - 1;
    size_t given = std::min(row.size(), count);
    for (size_t i = 0; i < given; ++i) row_[i] = row[i];
    size_t argument = 0;
    for (size_t i = given; i < count; ++i) row_[i] = argument < values_.size() ? values_[argument++] : Value();
    row_[count] = Value::from_integer(rows_.row_count());
    return rows_.append_row(row_.data());
  }

  const plan::TableFunctionNode* node_ = nullptr;
  std::span<const int32_t> broadcast_slots_;
  ColumnExprs arguments_;
  std::span<Value> values_;
  expr::Evaluator filter_;
  RowStore rows_;
  BufferVector<Value> row_;
  uint32_t next_ = 0;
};

}  // namespace

OperatorResult make_query_scan(const plan::QueryScanNode& node, OperatorBuild& build) {
  std::unique_ptr<QueryScan> made(new (*build.arena) QueryScan());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

OperatorResult make_table_function_scan(const plan::TableFunctionNode& node, OperatorBuild& build) {
  std::unique_ptr<TableFunctionScan> made(new (*build.arena) TableFunctionScan());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
