#include "exec/spill/external_sorter.h"

#include <algorithm>

#include "base/buffer_memory.h"

namespace sqlrite::exec {

namespace {
constexpr size_t kSortBytesPerRow = 20;  // what sort_rows() needs beside the rows
}  // namespace

void ExternalSorter::init(uint32_t column_count, std::span<const SortKey> keys) {
  store_.init(column_count);
  keys_ = keys;
}

Status ExternalSorter::spill_if_large(ExecContext& context) {
  if (!context.must_spill(share_, store_.size_bytes() + store_.row_count() * kSortBytesPerRow)) return {};
  SQLRITE_TRY(sort_rows(store_, 0, keys_, order_));
  SQLRITE_TRY(runs_.add_run(context, store_, order_));
  store_.clear();
  context.must_spill(share_, store_.size_bytes());
  return {};
}

Status ExternalSorter::add(ExecContext& context, const Batch& batch, const Column* columns) {
  SQLRITE_TRY(store_.append(batch, columns));
  row_count_ += batch.selected_count;
  return spill_if_large(context);
}

Status ExternalSorter::add(ExecContext& context, const Batch& batch, std::span<const int32_t> slots) {
  SQLRITE_TRY(store_.append(batch, slots));
  row_count_ += batch.selected_count;
  return spill_if_large(context);
}

Status ExternalSorter::add(ExecContext& context, const RowStore& rows) {
  for (uint32_t row = 0; row < rows.row_count(); ++row) SQLRITE_TRY(store_.append_from(rows, &row, 1));
  row_count_ += rows.row_count();
  return spill_if_large(context);
}

Status ExternalSorter::add_row(ExecContext& context, const Value* row) {
  SQLRITE_TRY(store_.append_row(row));
  // The measure of what is held is only taken now and then.
  return (++row_count_ & 255) == 0 ? spill_if_large(context) : Status();
}

Status ExternalSorter::finish(ExecContext& context) {
  next_ = 0;
  SQLRITE_TRY(sort_rows(store_, 0, keys_, order_));
  if (!runs_.has_runs()) return {};
  SQLRITE_TRY(runs_.add_run(context, store_, order_));
  store_.clear();
  BufferVector<uint32_t>().swap(order_);
  share_.release();
  return runs_.start_merge(context, keys_, store_.column_count());
}

Status ExternalSorter::next(ExecContext& context, RowStore& out, uint32_t rows) {
  if (runs_.is_active()) return runs_.next(context, out, rows);
  out.clear();
  auto count = static_cast<uint32_t>(std::min<size_t>(rows, order_.size() - next_));
  SQLRITE_TRY(out.append_from(store_, order_.data() + next_, count));
  next_ += count;
  return {};
}

void ExternalSorter::clear() {
  store_.clear();
  runs_.reset();
  share_.release();
  if (order_.capacity() > 1024) BufferVector<uint32_t>().swap(order_);
  order_.clear();
  next_ = 0;
  row_count_ = 0;
}

}  // namespace sqlrite::exec
