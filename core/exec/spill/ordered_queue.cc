#include "exec/spill/ordered_queue.h"

#include <algorithm>
#include <utility>

namespace sqlrite::exec {

namespace {
constexpr uint32_t kDropRowsMin = 4096;
}  // namespace

void OrderedQueue::init(uint32_t column_count, std::span<const SortKey> keys) {
  keys_ = keys;
  for (RowStore& store : stores_) store.init(column_count);
}

bool OrderedQueue::before(uint32_t a, uint32_t b) const {
  int order = compare_rows(*rows_, a, *rows_, b, keys_);
  return order != 0 ? order < 0 : a < b;
}

Status OrderedQueue::add(ExecContext& context, const Batch& batch, std::span<const int32_t> slots) {
  uint32_t first = rows_->row_count();
  SQLRITE_TRY(rows_->append(batch, slots));
  for (uint32_t row = first; row < rows_->row_count(); ++row) {
    heap_.push_back(row);
    std::push_heap(heap_.begin(), heap_.end(), [this](uint32_t a, uint32_t b) { return before(b, a); });
  }
  if (rows_->row_count() >= kDropRowsMin && heap_.size() < rows_->row_count() / 2) SQLRITE_TRY(drop_taken());
  size_t held_bytes = rows_->size_bytes() + heap_.capacity() * sizeof(uint32_t);
  return context.must_spill(share_, held_bytes) ? spill(context) : Status();
}

// Rows that were taken give their room back. The others keep their order, so the heap stays one.
Status OrderedQueue::drop_taken() {
  BufferVector<uint32_t> kept(heap_);
  std::sort(kept.begin(), kept.end());
  spare_->clear();
  SQLRITE_TRY(spare_->append_from(*rows_, kept.data(), static_cast<uint32_t>(kept.size())));
  for (uint32_t& row : heap_) {
    row = static_cast<uint32_t>(std::lower_bound(kept.begin(), kept.end(), row) - kept.begin());
  }
  rows_->clear();
  std::swap(rows_, spare_);
  return {};
}

Status OrderedQueue::spill(ExecContext& context) {
  if (heap_.empty()) return {};
  if (on_file_ == nullptr) {
    auto made = std::make_unique<OnFile>();
    SQLRITE_TRY(made->file.create(context));
    made->merge.start(keys_, rows_->column_count(), RunMerge::kRunsMax);
    on_file_ = std::move(made);
  }
  std::sort(heap_.begin(), heap_.end(), [this](uint32_t a, uint32_t b) { return before(a, b); });
  uint64_t begin = on_file_->file.size_bytes();
  for (size_t i = 0; i < heap_.size(); ++i) {
    if (i % kBatchRowsMax == 0) SQLRITE_TRY(context.interrupted());
    SQLRITE_TRY(on_file_->file.write(*rows_, heap_[i]));
  }
  SQLRITE_TRY(on_file_->file.flush());
  SQLRITE_TRY(on_file_->merge.add(on_file_->file.file(), begin, on_file_->file.size_bytes()));
  rows_->clear();
  BufferVector<uint32_t>().swap(heap_);
  share_.report(*context.memory, rows_->size_bytes());
  return on_file_->merge.run_count() > RunMerge::kRunsMax ? merge_runs(context) : Status();
}

Status OrderedQueue::merge_runs(ExecContext& context) {
  SpillFile merged;
  SQLRITE_TRY(merged.create(context));
  RunMerge& merge = on_file_->merge;
  for (uint64_t done = 0; !merge.is_empty(); ++done) {
    if (done % kBatchRowsMax == 0) SQLRITE_TRY(context.interrupted());
    SQLRITE_TRY(merged.write(merge.first_rows(), merge.first_row()));
    SQLRITE_TRY(merge.advance());
  }
  SQLRITE_TRY(merged.flush());
  on_file_->file = std::move(merged);
  merge.start(keys_, rows_->column_count(), RunMerge::kRunsMax);
  return merge.add(on_file_->file.file(), 0, on_file_->file.size_bytes());
}

Status OrderedQueue::take(RowStore& out) {
  if (on_file_ != nullptr) {
    RunMerge& merge = on_file_->merge;
    uint32_t row = merge.first_row();
    if (heap_.empty() || compare_rows(merge.first_rows(), row, *rows_, heap_.front(), keys_) <= 0) {
      SQLRITE_TRY(out.append_from(merge.first_rows(), &row, 1));
      SQLRITE_TRY(merge.advance());
      if (merge.is_empty()) on_file_.reset();
      return {};
    }
  }
  if (heap_.empty()) return {};
  std::pop_heap(heap_.begin(), heap_.end(), [this](uint32_t a, uint32_t b) { return before(b, a); });
  uint32_t row = heap_.back();
  heap_.pop_back();
  SQLRITE_TRY(out.append_from(*rows_, &row, 1));
  if (heap_.empty()) rows_->clear();
  return {};
}

void OrderedQueue::clear() {
  for (RowStore& store : stores_) store.clear();
  if (heap_.capacity() > 1024) BufferVector<uint32_t>().swap(heap_);
  heap_.clear();
  share_.release();
  on_file_.reset();
}

}  // namespace sqlrite::exec
