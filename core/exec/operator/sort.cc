// Sort: all rows, or with a limit the best of them, in order. Rows with equal terms keep their input order.
#include <algorithm>

#include "base/buffer_memory.h"
#include "exec/operator/operators.h"
#include "exec/operator/row_store.h"
#include "exec/operator/sorter.h"
#include "exec/spill/memory_budget.h"
#include "exec/spill/sorted_runs.h"

namespace sqlrite::exec {

namespace {

constexpr uint64_t kTopRowsMax = 65536;  // larger limits sort everything
constexpr size_t kSortBytesPerRow = 20;  // what sort_rows() needs beside the rows

class Sort final : public BaseOperator {
 public:
  Status prepare(const plan::SortNode& node, OperatorBuild& build) {
    Arena& arena = *build.arena;
    node_ = &node;
    SQLRITE_TRY_ASSIGN(input_, build_operator(node.input, build));
    SQLRITE_TRY(limit_.make(node.limit, node.offset, arena));
    init_batch(node.slot_count, arena);
    // Store columns: the payload, then terms that are no payload column.
    auto term_count = static_cast<uint32_t>(node.terms.size());
    exprs_.reset(new ColumnExpr[term_count]);
    keys_ = arena.make_array<SortKey>(term_count);
    store_column_count_ = static_cast<uint32_t>(node.payload_slots.size());
    term_sources_ = arena.make_array<int32_t>(term_count);
    for (uint32_t i = 0; i < term_count; ++i) {
      const bind::OrderTerm& term = node.terms[i];
      keys_[i].descending = term.descending;
      keys_[i].nulls_last = term.nulls_last;
      if (term.collation != nullptr) keys_[i].collation = term.collation;
      SQLRITE_TRY(exprs_[i].make(term.expr, arena));
      auto at = std::find(node.payload_slots.begin(), node.payload_slots.end(), exprs_[i].slot());
      if (exprs_[i].slot() >= 0 && at != node.payload_slots.end()) {
        keys_[i].column = static_cast<uint32_t>(at - node.payload_slots.begin());
        term_sources_[i] = -1;
      } else {
        keys_[i].column = store_column_count_++;
        term_sources_[i] = static_cast<int32_t>(keys_[i].column);
      }
    }
    store_.init(store_column_count_);
    spare_.init(store_column_count_);
    in_columns_ = arena.make_array<Column>(store_column_count_);
    buffers_.reset(new ColumnBuffer[node.payload_slots.size()]);
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    store_.clear();
    order_.clear();
    runs_.reset();
    sorted_ = false;
    input_done_ = false;
    next_ = 0;
    threshold_known_ = false;
    held_ = nullptr;
    held_from_ = 0;
    heap_.reset();
    int64_t limit = -1;
    int64_t offset = 0;
    if (limit_.has_limit()) SQLRITE_TRY(limit_.evaluate(eval_, &limit, &offset));
    top_rows_ = limit < 0 || static_cast<uint64_t>(limit) + static_cast<uint64_t>(offset) > kTopRowsMax
                    ? 0
                    : static_cast<uint32_t>(limit + offset);
    empty_ = limit == 0;
    return empty_ ? Status() : input_->open(context, outer_batch, outer_row);
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (empty_) return finish(out);
    for (;;) {
      if (!sorted_) {
        SQLRITE_TRY(node_->ordered_prefix > 0 ? collect_group(context, rows_wanted) : collect_all(context));
        sorted_ = true;
      }
      if (runs_.is_active()) return next_merged(context, rows_wanted, out);
      if (next_ < order_.size()) return emit(rows_wanted, out);
      if (input_done_) return finish(out);
      sorted_ = false;
    }
  }

  void close(ExecContext& context) override {
    input_->close(context);
    store_.clear();
    spare_.clear();
    runs_.reset();
    share_.release();
    if (order_.capacity() > 1024) BufferVector<uint32_t>().swap(order_);
    BaseOperator::close(context);
  }

 private:
  // Payload and term columns of a batch in store order. An error in a term is raised at once: nothing can be delivered
  // before all rows are known.
  Status gather_input(Batch& batch) {
    for (size_t i = 0; i < node_->payload_slots.size(); ++i) in_columns_[i] = batch.columns[node_->payload_slots[i]];
    for (size_t i = 0; i < keys_.size(); ++i) {
      if (term_sources_[i] >= 0) {
        SQLRITE_TRY(exprs_[i].evaluate(eval_, batch, &in_columns_[static_cast<size_t>(term_sources_[i])]));
      }
    }
    return {};
  }

  Status collect_all(ExecContext& context) {
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(input_->next(context, all_rows(context), &batch));
      if (batch->selected_count == 0) break;
      heap_.reset();
      SQLRITE_TRY(gather_input(*batch));
      if (top_rows_ > 0 && threshold_known_) {
        drop_beyond_threshold(*batch);
        if (batch->selected_count == 0) continue;
      }
      SQLRITE_TRY(store_.append(*batch, in_columns_.data()));
      if (top_rows_ > 0) {
        if (store_.row_count() >= std::max<uint32_t>(2 * top_rows_, 2048)) SQLRITE_TRY(keep_top());
      } else if (context.must_spill(share_, store_.size_bytes() + store_.row_count() * kSortBytesPerRow)) {
        SQLRITE_TRY(sort_rows(store_, 0, keys_, order_));
        SQLRITE_TRY(runs_.add_run(context, store_, order_));
        store_.clear();
        context.must_spill(share_, store_.size_bytes());
      }
    }
    input_done_ = true;
    SQLRITE_TRY(sort_rows(store_, 0, keys_, order_));
    if (runs_.has_runs()) {
      SQLRITE_TRY(runs_.add_run(context, store_, order_));
      store_.clear();
      BufferVector<uint32_t>().swap(order_);
      share_.release();
      return runs_.start_merge(context, keys_, store_column_count_);
    }
    if (top_rows_ > 0 && order_.size() > top_rows_) order_.resize(top_rows_);
    next_ = 0;
    return {};
  }

  // Sorts what is there, keeps the best rows and remembers the worst of them as the threshold.
  Status keep_top() {
    SQLRITE_TRY(sort_rows(store_, 0, keys_, order_));
    uint32_t kept = std::min<uint32_t>(top_rows_, static_cast<uint32_t>(order_.size()));
    spare_.clear();
    SQLRITE_TRY(spare_.append_from(store_, order_.data(), kept));
    store_.clear();
    SQLRITE_TRY(store_.append_from(spare_, identity(kept), kept));
    threshold_known_ = kept == top_rows_;
    return {};
  }

  const uint32_t* identity(uint32_t count) {
    order_.resize(count);
    for (uint32_t i = 0; i < count; ++i) order_[i] = i;
    return order_.data();
  }

  // A row that does not come before the worst kept row cannot be among the best: ties go to earlier rows.
  void drop_beyond_threshold(Batch& batch) {
    uint32_t worst = top_rows_ - 1;
    const SortKey& first = keys_[0];
    const Column& column = in_columns_[first.column];
    uint16_t* kept = selection_buffer(batch);
    uint32_t count = 0;
    bool typed = column.rep == Column::Rep::Ints && !column.has_nulls && !column.constant;
    Value limit = store_.at(first.column, worst);
    if (typed && limit.type == ValueType::Integer) {
      bool ties_stay = keys_.size() > 1;
      for (uint32_t i = 0; i < batch.selected_count; ++i) {
        uint32_t row = batch.live_row(i);
        int64_t value = column.ints[row];
        bool better = first.descending ? value > limit.integer : value < limit.integer;
        kept[count] = static_cast<uint16_t>(row);
        count += better || (ties_stay && value == limit.integer);
      }
    } else {
      for (uint32_t i = 0; i < batch.selected_count; ++i) {
        uint32_t row = batch.live_row(i);
        int order = 0;
        for (size_t k = 0; k < keys_.size() && order == 0; ++k) {
          order =
              compare_sort_values(in_columns_[keys_[k].column].at(row), store_.at(keys_[k].column, worst), keys_[k]);
        }
        if (order < 0) kept[count++] = static_cast<uint16_t>(row);
      }
    }
    batch.selection = kept;
    batch.selected_count = count;
  }

  // The input is ordered by the leading terms: collects the rows of one group of equal leading terms and sorts them by
  // the rest. Several complete groups may be taken together, as their order is kept.
  Status collect_group(ExecContext& context, uint32_t rows_wanted) {
    store_.clear();
    next_ = 0;
    for (;;) {
      if (held_ == nullptr) {
        Batch* batch = nullptr;
        SQLRITE_TRY(input_->next(context, rows_wanted, &batch));
        if (batch->selected_count == 0) {
          input_done_ = true;
          break;
        }
        heap_.reset();
        SQLRITE_TRY(gather_input(*batch));
        held_ = batch;
        held_from_ = 0;
        rows_wanted = grow_wanted(context, rows_wanted);
      }
      // Rows of the held batch up to where the last group in it begins.
      uint32_t begin = held_from_;
      uint32_t end = held_->selected_count;
      uint32_t row = begin;
      bool closed = false;
      for (; row < end; ++row) {
        if (store_.row_count() == 0 && row == begin) continue;
        bool same = true;
        for (uint16_t k = 0; k < node_->ordered_prefix && same; ++k) {
          uint32_t column = keys_[k].column;
          Value before = row > begin ? in_columns_[column].at(held_->live_row(row - 1))
                                     : store_.at(column, store_.row_count() - 1);
          same = compare_sort_values(before, in_columns_[column].at(held_->live_row(row)), keys_[k]) == 0;
        }
        if (!same) {
          closed = true;
          break;
        }
      }
      if (row > begin) {
        Batch part = *held_;
        uint16_t* chosen = selection_buffer(*held_);
        for (uint32_t i = begin; i < row; ++i) chosen[i - begin] = static_cast<uint16_t>(held_->live_row(i));
        part.selection = chosen;
        part.selected_count = row - begin;
        SQLRITE_TRY(store_.append(part, in_columns_.data()));
      }
      held_from_ = row;
      if (row == end) held_ = nullptr;
      if (closed) break;
    }
    return sort_rows(store_, 0, keys_, order_);
  }

  Status emit(uint32_t rows_wanted, Batch** out) {
    auto rows = static_cast<uint32_t>(
        std::min<size_t>(std::min(std::max<uint32_t>(rows_wanted, 1), kBatchRowsMax), order_.size() - next_));
    for (size_t i = 0; i < node_->payload_slots.size(); ++i) {
      SQLRITE_TRY(store_.gather(static_cast<uint32_t>(i), order_.data() + next_, rows, buffers_[i],
                                &columns_[static_cast<size_t>(node_->payload_slots[i])]));
    }
    next_ += rows;
    batch_.select_all(rows);
    *out = &batch_;
    return {};
  }

  Status next_merged(ExecContext& context, uint32_t rows_wanted, Batch** out) {
    SQLRITE_TRY(check_interrupt(context));
    SQLRITE_TRY(runs_.next(context, store_, std::min(rows_wanted, kBatchRowsMax)));
    uint32_t rows = store_.row_count();
    for (size_t i = 0; i < node_->payload_slots.size(); ++i) {
      store_.view(static_cast<uint32_t>(i), 0, &columns_[static_cast<size_t>(node_->payload_slots[i])]);
    }
    batch_.select_all(rows);
    *out = &batch_;
    return {};
  }

  const plan::SortNode* node_ = nullptr;
  std::unique_ptr<Operator> input_;
  LimitExprs limit_;
  std::unique_ptr<ColumnExpr[]> exprs_;
  std::span<SortKey> keys_;
  std::span<int32_t> term_sources_;  // store column that holds the term, -1: it is a payload column
  std::span<Column> in_columns_;     // of the present batch, by store column
  uint32_t store_column_count_ = 0;
  RowStore store_, spare_;
  SortedRuns runs_;
  MemoryShare share_;
  BufferVector<uint32_t> order_;
  std::unique_ptr<ColumnBuffer[]> buffers_;
  size_t next_ = 0;
  uint32_t top_rows_ = 0;
  bool empty_ = false;
  bool sorted_ = false;
  bool input_done_ = false;
  bool threshold_known_ = false;
  Batch* held_ = nullptr;  // ordered_prefix: batch whose rows from held_from_ on start the next group
  uint32_t held_from_ = 0;
};

}  // namespace

OperatorResult make_sort(const plan::SortNode& node, OperatorBuild& build) {
  std::unique_ptr<Sort> made(new (*build.arena) Sort());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
