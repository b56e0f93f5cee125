#include "exec/spill/first_rows.h"

namespace sqlrite::exec {

void FirstRows::init(uint32_t column_count, std::span<const Collation* const> collations) {
  keys_.resize(collations.size());
  for (size_t k = 0; k < keys_.size(); ++k) {
    keys_[k].column = static_cast<uint32_t>(k);
    keys_[k].collation = collations[k];
  }
  place_key_.column = column_count;
  by_key_.init(column_count + 1, keys_);
  by_place_.init(column_count + 1, {&place_key_, 1});
  row_.resize(column_count + 1);
  place_ = 0;
}

Status FirstRows::add(ExecContext& context, const Batch& batch, const Column* columns) {
  for (uint32_t i = 0; i < batch.selected_count; ++i) {
    uint32_t row = batch.live_row(i);
    for (size_t c = 0; c + 1 < row_.size(); ++c) row_[c] = columns[c].at(row);
    row_.back() = Value::from_integer(place_++);
    SQLRITE_TRY(by_key_.add_row(context, row_.data()));
  }
  return {};
}

Status FirstRows::finish(ExecContext& context) {
  SQLRITE_TRY(by_key_.finish(context));
  RowStore rows, last;
  rows.init(static_cast<uint32_t>(row_.size()));
  last.init(static_cast<uint32_t>(row_.size()));
  for (;;) {
    SQLRITE_TRY(by_key_.next(context, rows, kBatchRowsMax));
    if (rows.row_count() == 0) break;
    for (uint32_t row = 0; row < rows.row_count(); ++row) {
      bool same = row > 0                ? compare_rows(rows, row - 1, rows, row, keys_) == 0
                  : last.row_count() > 0 ? compare_rows(last, 0, rows, row, keys_) == 0
                                         : false;
      if (same) continue;
      for (size_t c = 0; c < row_.size(); ++c) row_[c] = rows.at(static_cast<uint32_t>(c), row);
      SQLRITE_TRY(by_place_.add_row(context, row_.data()));
    }
    uint32_t end = rows.row_count() - 1;
    last.clear();
    SQLRITE_TRY(last.append_from(rows, &end, 1));
  }
  by_key_.clear();
  return by_place_.finish(context);
}

void FirstRows::clear() {
  by_key_.clear();
  by_place_.clear();
  place_ = 0;
}

}  // namespace sqlrite::exec
