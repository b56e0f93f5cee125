#include "exec/spill/distinct_rows.h"

#include <algorithm>

#include "base/buffer_memory.h"

namespace sqlrite::exec {

void DistinctRows::init(std::span<const Collation* const> collations) {
  auto column_count = static_cast<uint32_t>(collations.size());
  keys_.resize(column_count);
  for (uint32_t c = 0; c < column_count; ++c) {
    keys_[c].column = c;
    keys_[c].collation = collations[c];
  }
  table_.init(collations);
  sorter_.init(column_count, keys_);
  sorted_.init(column_count);
  last_.init(column_count);
}

Status DistinctRows::add(ExecContext& context, const Batch& batch, const Column* columns) {
  if (spilled_) return sorter_.add(context, batch, columns);
  uint32_t ids[kBatchRowsMax];
  SQLRITE_TRY(table_.find_or_add(batch, columns, ids));
  if (!context.must_spill(share_, table_.size_bytes())) return {};
  spilled_ = true;
  SQLRITE_TRY(sorter_.add(context, table_.keys()));
  table_.clear();
  share_.release();
  return {};
}

Status DistinctRows::add(ExecContext& context, const RowStore& rows) {
  std::vector<Column> columns(keys_.size());
  for (uint32_t first = 0; first < rows.row_count(); first += kBatchRowsMax) {
    Batch batch;
    batch.select_all(std::min<uint32_t>(kBatchRowsMax, rows.row_count() - first));
    for (uint32_t c = 0; c < columns.size(); ++c) rows.view(c, first, &columns[c]);
    SQLRITE_TRY(add(context, batch, columns.data()));
  }
  return {};
}

Status DistinctRows::start(ExecContext& context) {
  next_ = 0;
  last_.clear();
  return spilled_ ? sorter_.finish(context) : sort_rows(table_.keys(), 0, keys_, order_);
}

Status DistinctRows::next(ExecContext& context, RowStore& out, uint32_t rows) {
  out.clear();
  if (!spilled_) {
    auto count = static_cast<uint32_t>(std::min<size_t>(rows, order_.size() - next_));
    SQLRITE_TRY(out.append_from(table_.keys(), order_.data() + next_, count));
    next_ += count;
    return {};
  }
  while (out.row_count() == 0) {
    SQLRITE_TRY(sorter_.next(context, sorted_, rows));
    uint32_t count = sorted_.row_count();
    if (count == 0) return {};
    for (uint32_t row = 0; row < count; ++row) {
      bool same = row > 0                 ? compare_rows(sorted_, row - 1, sorted_, row, keys_) == 0
                  : last_.row_count() > 0 ? compare_rows(last_, 0, sorted_, row, keys_) == 0
                                          : false;
      if (!same) SQLRITE_TRY(out.append_from(sorted_, &row, 1));
    }
    uint32_t end = count - 1;
    last_.clear();
    SQLRITE_TRY(last_.append_from(sorted_, &end, 1));
  }
  return {};
}

void DistinctRows::clear() {
  table_.clear();
  share_.release();
  spilled_ = false;
  sorter_.clear();
  sorted_.clear();
  last_.clear();
  if (order_.capacity() > 1024) BufferVector<uint32_t>().swap(order_);
  next_ = 0;
}

}  // namespace sqlrite::exec
