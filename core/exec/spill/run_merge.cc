#include "exec/spill/run_merge.h"

#include <algorithm>

namespace sqlrite::exec {

namespace {
constexpr uint32_t kRowsPerRefill = 512;
constexpr size_t kRefillSizeBytes = 8u << 20;  // of all runs together
}  // namespace

void RunMerge::start(std::span<const SortKey> keys, uint32_t column_count, size_t run_count) {
  runs_.clear();
  heap_.clear();
  keys_ = keys;
  column_count_ = column_count;
  rows_size_bytes_ = kRefillSizeBytes / run_count;
}

Status RunMerge::refill(Run& run) {
  run.rows.clear();
  run.next = 0;
  return run.reader.read(run.rows, kRowsPerRefill, rows_size_bytes_);
}

bool RunMerge::before(uint32_t a, uint32_t b) const {
  int order = compare_rows(runs_[a]->rows, runs_[a]->next, runs_[b]->rows, runs_[b]->next, keys_);
  return order != 0 ? order < 0 : a < b;
}

Status RunMerge::add(os::File* file, uint64_t begin, uint64_t end) {
  runs_.push_back(std::make_unique<Run>());
  Run& run = *runs_.back();
  run.rows.init(column_count_);
  run.reader.start(file, begin, end, column_count_);
  SQLRITE_TRY(refill(run));
  if (run.rows.row_count() == 0) return {};
  heap_.push_back(static_cast<uint32_t>(runs_.size() - 1));
  std::push_heap(heap_.begin(), heap_.end(), [this](uint32_t a, uint32_t b) { return before(b, a); });
  return {};
}

Status RunMerge::advance() {
  auto after = [this](uint32_t a, uint32_t b) { return before(b, a); };
  std::pop_heap(heap_.begin(), heap_.end(), after);
  Run& run = *runs_[heap_.back()];
  if (++run.next == run.rows.row_count()) SQLRITE_TRY(refill(run));
  if (run.rows.row_count() == 0) {
    runs_[heap_.back()].reset();
    heap_.pop_back();
  } else {
    std::push_heap(heap_.begin(), heap_.end(), after);
  }
  return {};
}

void RunMerge::clear() {
  std::vector<std::unique_ptr<Run>>().swap(runs_);
  heap_.clear();
}

}  // namespace sqlrite::exec
