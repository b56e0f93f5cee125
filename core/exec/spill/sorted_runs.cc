#include "exec/spill/sorted_runs.h"

#include <algorithm>

#include "base/buffer_memory.h"

namespace sqlrite::exec {

namespace {
constexpr size_t kOutSizeBytes = 256 * 1024;
}  // namespace

Status SortedRuns::need_file(ExecContext& context) {
  if (file_) return {};
  auto made = std::make_unique<SpillFile>();
  SQLRITE_TRY(made->create(context));
  file_ = std::move(made);
  return {};
}

Status SortedRuns::add_run(ExecContext& context, const RowStore& store, std::span<const uint32_t> order) {
  SQLRITE_TRY(need_file(context));
  uint32_t until_check = kBatchRowsMax;
  for (uint32_t row : order) {
    SQLRITE_TRY(file_->write(store, row));
    if (--until_check > 0) continue;
    until_check = kBatchRowsMax;
    SQLRITE_TRY(context.interrupted());
  }
  return end_run();
}

Status SortedRuns::append(ExecContext& context, const RowStore& store, uint32_t row) {
  SQLRITE_TRY(need_file(context));
  return file_->write(store, row);
}

Status SortedRuns::append(ExecContext& context, const Value* row, uint32_t column_count) {
  SQLRITE_TRY(need_file(context));
  return file_->write(row, column_count);
}

Status SortedRuns::end_run() {
  if (!file_ || file_->size_bytes() == (ends_.empty() ? 0 : ends_.back())) return {};
  SQLRITE_TRY(file_->flush());
  ends_.push_back(file_->size_bytes());
  return {};
}

Status SortedRuns::open_runs(size_t first, size_t count) {
  merge_.start(keys_, column_count_, count);
  uint64_t begin = first == 0 ? 0 : ends_[first - 1];
  for (size_t i = first; i < first + count; ++i) {
    SQLRITE_TRY(merge_.add(file_->file(), begin, ends_[i]));
    begin = ends_[i];
  }
  return {};
}

// Neighbouring runs become one, so that rows with equal keys keep their order.
Status SortedRuns::merge_pass(ExecContext& context) {
  SpillFile merged;
  SQLRITE_TRY(merged.create(context));
  BufferVector<uint64_t> merged_ends;
  RowStore rows;
  rows.init(column_count_);
  for (size_t first = 0; first < ends_.size(); first += RunMerge::kRunsMax) {
    SQLRITE_TRY(open_runs(first, std::min(RunMerge::kRunsMax, ends_.size() - first)));
    for (;;) {
      SQLRITE_TRY(next(context, rows, kBatchRowsMax));
      if (rows.row_count() == 0) break;
      for (uint32_t row = 0; row < rows.row_count(); ++row) SQLRITE_TRY(merged.write(rows, row));
    }
    SQLRITE_TRY(merged.flush());
    merged_ends.push_back(merged.size_bytes());
  }
  *file_ = std::move(merged);
  ends_ = std::move(merged_ends);
  return {};
}

Status SortedRuns::start_merge(ExecContext& context, std::span<const SortKey> keys, uint32_t column_count) {
  keys_ = keys;
  column_count_ = column_count;
  merging_ = true;
  while (ends_.size() > RunMerge::kRunsMax) SQLRITE_TRY(merge_pass(context));
  return ends_.empty() ? Status() : open_runs(0, ends_.size());
}

Status SortedRuns::next(ExecContext& context, RowStore& out, uint32_t rows) {
  out.clear();
  SQLRITE_TRY(context.interrupted());
  while (out.row_count() < rows && !merge_.is_empty() && out.size_bytes() < kOutSizeBytes) {
    uint32_t row = merge_.first_row();
    SQLRITE_TRY(out.append_from(merge_.first_rows(), &row, 1));
    SQLRITE_TRY(merge_.advance());
  }
  return {};
}

void SortedRuns::reset() {
  merge_.clear();
  ends_.clear();
  file_.reset();
  merging_ = false;
}

}  // namespace sqlrite::exec
