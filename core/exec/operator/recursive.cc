// RecursiveUnion and RecursiveScan: WITH RECURSIVE. The union keeps a queue of rows; each row taken from it is a result
// and, seen through the RecursiveScans of the step, the source of further rows.
#include "exec/operator/recursive.h"

#include <algorithm>

#include "base/buffer_memory.h"
#include "exec/operator/operators.h"

namespace sqlrite::exec {

namespace {

constexpr size_t kRefillSizeBytes = 1u << 20;

// Whether the step gives, for several rows at once, the same rows in the same order as for one row after the other: the
// recursive scan must drive everything.
bool steps_in_order(const plan::Node* node) {
  using plan::NodeKind;
  switch (node->kind) {
    case NodeKind::RecursiveScan: return true;
    case NodeKind::Filter: return steps_in_order(static_cast<const plan::FilterNode*>(node)->input);
    case NodeKind::Project: return steps_in_order(static_cast<const plan::ProjectNode*>(node)->input);
    case NodeKind::NestedLoopJoin: {
      const auto* join = static_cast<const plan::NestedLoopJoinNode*>(node);
      bool plain = join->join == bind::JoinKind::Inner || join->join == bind::JoinKind::Cross ||
                   join->join == bind::JoinKind::Left;
      return plain && steps_in_order(join->outer);
    }
    default: return false;
  }
}

class RecursiveScan final : public BaseOperator {
 public:
  Status prepare(const plan::RecursiveScanNode& node, OperatorBuild& build) {
    node_ = &node;
    for (size_t i = build.recursions->size(); i-- > 0 && source_ == nullptr;) {
      if ((*build.recursions)[i].query == node.recursive_of) source_ = (*build.recursions)[i].op;
    }
    SQLRITE_ENSURE(source_ != nullptr);
    broadcast_slots_ = build.broadcast;
    init_batch(node.slot_count, *build.arena);
    return node.filter != nullptr ? filter_.make(node.filter, *build.arena) : Status();
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    broadcast(outer_batch, outer_row, broadcast_slots_);
    next_ = source_->working_begin();
    return {};
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (has_pending()) return take_pending();
    uint32_t wanted = std::min(rows_wanted, kBatchRowsMax);
    for (;;) {
      uint32_t rows = std::min(wanted, source_->working_end() - next_);
      for (const plan::ColumnFetch& fetch : node_->fetch) {
        source_->working_rows().view(static_cast<uint32_t>(fetch.column), next_,
                                     &columns_[static_cast<size_t>(fetch.slot)]);
      }
      next_ += rows;
      batch_.select_all(rows);
      *out = &batch_;
      if (rows == 0 || !filter_) return {};
      heap_.reset();
      SQLRITE_TRY(filter_or_cut(filter_, batch_));
      if (batch_.selected_count > 0) return {};
      if (has_pending()) return take_pending();
      wanted = grow_wanted(context, wanted);
    }
  }

 private:
  const plan::RecursiveScanNode* node_ = nullptr;
  RecursiveUnionOperator* source_ = nullptr;
  std::span<const int32_t> broadcast_slots_;
  expr::Evaluator filter_;
  uint32_t next_ = 0;
};

}  // namespace

Status RecursiveUnionOperator::prepare(const plan::RecursiveUnionNode& node, OperatorBuild& build) {
  Arena& arena = *build.arena;
  node_ = &node;
  column_count_ = node.slot_count;
  SQLRITE_TRY_ASSIGN(seed_, build_operator(node.seed, build));
  build.recursions->push_back({node.query, this});
  auto made = build_operator(node.step, build);
  build.recursions->pop_back();
  if (!made.ok()) return made.take_status();
  step_ = made.take();
  many_at_once_ = node.order_by.empty() && steps_in_order(node.step);
  SQLRITE_TRY(limit_.make(node.limit, node.offset, arena));
  init_batch(column_count_, arena);
  queue_->init(column_count_);
  spare_->init(column_count_);
  working_->init(column_count_);
  results_->init(column_count_);
  slots_ = arena.make_array<int32_t>(column_count_);
  for (uint32_t i = 0; i < column_count_; ++i) slots_[i] = static_cast<int32_t>(i);
  if (node.distinct) seen_.init(node.collations);
  keys_ = arena.make_array<SortKey>(node.order_by.size());
  for (size_t i = 0; i < node.order_by.size(); ++i) {
    const bind::OrderTerm& term = node.order_by[i];
    keys_[i].column = static_cast<uint32_t>(term.result_column);
    keys_[i].descending = term.descending;
    keys_[i].nulls_last = term.nulls_last;
    if (term.collation != nullptr) keys_[i].collation = term.collation;
  }
  if (!keys_.empty()) ordered_.init(column_count_, keys_);
  return {};
}

Status RecursiveUnionOperator::open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) {
  start(context);
  outer_batch_ = outer_batch;
  outer_row_ = outer_row;
  seeded_ = false;
  queue_->clear();
  working_->clear();
  if (!keys_.empty()) ordered_.clear();
  tail_.reset();
  if (node_->distinct) seen_.clear();
  head_ = 0;
  pending_step_ = false;
  heap_.reset();
  return limit_.evaluate(eval_, &left_, &skip_);
}

Status RecursiveUnionOperator::enqueue(ExecContext& context, Batch& batch) {
  if (node_->distinct) {
    uint16_t* kept = selection_buffer(batch);
    uint32_t count = 0;
    SQLRITE_TRY(seen_.add(context, batch, batch.columns, kept, &count));
    batch.selection = kept;
    batch.selected_count = count;
    if (count == 0) return {};
  }
  if (!keys_.empty()) return ordered_.add(context, batch, slots_);
  if (tail_) {
    spare_->clear();
    SQLRITE_TRY(spare_->append(batch, slots_));
    for (uint32_t row = 0; row < spare_->row_count(); ++row) SQLRITE_TRY(tail_->file.write(*spare_, row));
    tail_->rows_left += spare_->row_count();
    spare_->clear();
    return {};
  }
  SQLRITE_TRY(queue_->append(batch, slots_));
  if (!context.must_spill(share_, queue_->size_bytes())) return {};
  auto tail = std::make_unique<Tail>();
  SQLRITE_TRY(tail->file.create(context));
  tail_ = std::move(tail);
  return {};
}

Status RecursiveUnionOperator::run(ExecContext& context, Operator& input) {
  SQLRITE_TRY(input.open(context, outer_batch_, outer_row_));
  for (;;) {
    Batch* batch = nullptr;
    SQLRITE_TRY(input.next(context, all_rows(context), &batch));
    if (batch->selected_count == 0) return {};
    SQLRITE_TRY(enqueue(context, *batch));
  }
}

// REQUIRES: the queue in memory is empty.
Status RecursiveUnionOperator::refill_queue() {
  if (!tail_) return {};
  Tail& tail = *tail_;
  if (tail.rows_left == 0) {
    tail_.reset();
    share_.release();
    return {};
  }
  SQLRITE_TRY(tail.file.flush());
  tail.reader.start(tail.file.file(), tail.begin, tail.file.size_bytes(), column_count_);
  SQLRITE_TRY(tail.reader.read(*queue_, 64 * kBatchRowsMax, kRefillSizeBytes));
  tail.begin = tail.reader.offset();
  tail.rows_left -= queue_->row_count();
  return {};
}

// Moves the next rows of the queue into working_: results now, sources of the step on the next call.
Status RecursiveUnionOperator::take(ExecContext& context, uint32_t rows_wanted) {
  working_->clear();
  if (!keys_.empty()) return ordered_.take(*working_);
  if (head_ == queue_->row_count()) {
    queue_->clear();
    head_ = 0;
    SQLRITE_TRY(refill_queue());
  }
  uint32_t waiting = queue_->row_count() - head_;
  uint32_t rows =
      std::min<uint32_t>(waiting, many_at_once_ && !context.row_by_row ? std::min(rows_wanted, kBatchRowsMax) : 1);
  if (rows == 0) return {};
  if (head_ == 0 && rows == waiting) {
    std::swap(queue_, working_);
    return {};
  }
  uint32_t numbers[kBatchRowsMax];
  for (uint32_t i = 0; i < rows; ++i) numbers[i] = head_ + i;
  SQLRITE_TRY(working_->append_from(*queue_, numbers, rows));
  head_ += rows;
  if (head_ == queue_->row_count()) {
    queue_->clear();
    head_ = 0;
  } else if (head_ >= 4096 && head_ * 2 > queue_->row_count()) {
    // Rows that were taken give their room back.
    BufferVector<uint32_t> rest(queue_->row_count() - head_);
    for (size_t i = 0; i < rest.size(); ++i) rest[i] = head_ + static_cast<uint32_t>(i);
    spare_->clear();
    SQLRITE_TRY(spare_->append_from(*queue_, rest.data(), static_cast<uint32_t>(rest.size())));
    queue_->clear();
    for (size_t i = 0; i < rest.size(); ++i) rest[i] = static_cast<uint32_t>(i);
    SQLRITE_TRY(queue_->append_from(*spare_, rest.data(), static_cast<uint32_t>(rest.size())));
    spare_->clear();
    head_ = 0;
  }
  return {};
}

Status RecursiveUnionOperator::next(ExecContext& context, uint32_t rows_wanted, Batch** out) {
  if (has_pending()) return take_pending();
  if (!seeded_) {
    if (left_ == 0) return finish(out);
    SQLRITE_TRY(run(context, *seed_));
    seeded_ = true;
  }
  uint32_t wanted = std::max<uint32_t>(std::min(rows_wanted, kBatchRowsMax), 1);
  results_->clear();
  for (uint32_t steps = 0;; ++steps) {
    if (left_ == 0) break;
    if ((steps & 63) == 0) SQLRITE_TRY(check_interrupt(context));
    if (pending_step_) {
      pending_step_ = false;
      Status status = run(context, *step_);
      if (!status.ok()) {
        if (results_->row_count() == 0) return status;
        pending_ = std::move(status);
        break;
      }
    }
    uint32_t room = wanted - results_->row_count();
    SQLRITE_TRY(take(context, left_ > 0 ? static_cast<uint32_t>(std::min<int64_t>(room, left_ + skip_)) : room));
    uint32_t rows = working_->row_count();
    if (rows == 0) break;
    pending_step_ = true;
    uint32_t first = 0;
    if (skip_ > 0) {
      first = static_cast<uint32_t>(std::min<int64_t>(skip_, rows));
      skip_ -= first;
      if (first == rows) continue;
    }
    uint32_t count = rows - first;
    if (left_ >= 0) {
      count = static_cast<uint32_t>(std::min<int64_t>(count, left_));
      left_ -= count;
    }
    SQLRITE_TRY(show(*working_, first, count, out));
    if (results_->row_count() == 0 && (count >= 64 || count >= wanted)) return {};
    SQLRITE_TRY(results_->append(batch_, slots_));
    if (results_->row_count() >= wanted) break;
  }
  return show(*results_, 0, results_->row_count(), out);
}

Status RecursiveUnionOperator::show(const RowStore& rows, uint32_t first, uint32_t count, Batch** out) {
  for (uint32_t c = 0; c < column_count_; ++c) rows.view(c, first, &columns_[c]);
  batch_.select_all(count);
  *out = &batch_;
  return {};
}

void RecursiveUnionOperator::close(ExecContext& context) {
  seed_->close(context);
  step_->close(context);
  queue_->clear();
  spare_->clear();
  working_->clear();
  results_->clear();
  tail_.reset();
  share_.release();
  if (!keys_.empty()) ordered_.clear();
  if (node_->distinct) seen_.clear();
  BaseOperator::close(context);
}

OperatorResult make_recursive_union(const plan::RecursiveUnionNode& node, OperatorBuild& build) {
  std::unique_ptr<RecursiveUnionOperator> made(new (*build.arena) RecursiveUnionOperator());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

OperatorResult make_recursive_scan(const plan::RecursiveScanNode& node, OperatorBuild& build) {
  std::unique_ptr<RecursiveScan> made(new (*build.arena) RecursiveScan());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
