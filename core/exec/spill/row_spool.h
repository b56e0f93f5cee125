// RowSpool: rows kept in order of arrival, to be read any number of times from the front. Beyond the budget they are on
// a file.
#pragma once

#include "exec/operator/row_store.h"
#include "exec/spill/memory_budget.h"
#include "exec/spill/spill_file.h"

namespace sqlrite::exec {

class RowSpool {
 public:
  void init(uint32_t column_count) { rows_.init(column_count); }
  Status append(ExecContext& context, const Batch& batch, std::span<const int32_t> slots) {
    SQLRITE_TRY(rows_.append(batch, slots));
    if (!file_.is_open() && !share_.must_spill(context.spill_budget(), rows_.size_bytes())) return {};
    if (!file_.is_open()) SQLRITE_TRY(file_.create(context));
    for (uint32_t row = 0; row < rows_.row_count(); ++row) SQLRITE_TRY(file_.write(rows_, row));
    rows_.clear();
    share_.release();
    return {};
  }
  // No more rows come.
  Status finish() { return file_.is_open() ? file_.flush() : Status(); }
  bool is_spilled() const { return file_.is_open(); }
  // REQUIRES !is_spilled().
  const RowStore& rows() const { return rows_; }
  // REQUIRES is_spilled() and finish().
  void start(SpillReader& reader) const { reader.start(file_.file(), 0, file_.size_bytes(), rows_.column_count()); }
  uint32_t column_count() const { return rows_.column_count(); }
  void clear() {
    rows_.clear();
    file_.close();
    share_.release();
  }

 private:
  RowStore rows_;
  MemoryShare share_;
  SpillFile file_;
};

}  // namespace sqlrite::exec
