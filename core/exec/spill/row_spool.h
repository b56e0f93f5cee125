// RowSpool: rows kept in order of arrival, to be read any number of times from the front. Beyond the budget they are on
// a file.
#pragma once

#include <algorithm>
#include <memory>

#include "exec/operator/row_store.h"
#include "exec/spill/memory_budget.h"
#include "exec/spill/spill_file.h"

namespace sqlrite::exec {

class RowSpool {
 public:
  void init(uint32_t column_count) { rows_.init(column_count); }
  Status append(ExecContext& context, const Batch& batch, std::span<const int32_t> slots) {
    SQLRITE_TRY(rows_.append(batch, slots));
    if (!file_.is_open() && !context.must_spill(share_, rows_.size_bytes())) return {};
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

// Reads the rows of a spool in pieces, wherever they are.
class RowSpoolScan {
 public:
  // rows[first .. first + count); valid until the next one.
  struct Piece {
    const RowStore* rows = nullptr;
    uint32_t first = 0;
    uint32_t count = 0;  // 0: the end
  };
  // The spool stays unchanged meanwhile. REQUIRES finish().
  void start(const RowSpool& spool) {
    spool_ = &spool;
    next_ = 0;
    if (!spool.is_spilled()) return;
    if (from_file_ == nullptr) from_file_ = std::make_unique<FromFile>();
    from_file_->rows.init(spool.column_count());
    spool.start(from_file_->reader);
  }
  Result<Piece> next(uint32_t rows) {
    if (spool_->is_spilled()) {
      from_file_->rows.clear();
      SQLRITE_TRY(from_file_->reader.read(from_file_->rows, rows, kPieceSizeBytes));
      return Piece{&from_file_->rows, 0, from_file_->rows.row_count()};
    }
    Piece piece{&spool_->rows(), next_, std::min(rows, spool_->rows().row_count() - next_)};
    next_ += piece.count;
    return piece;
  }
  void clear() { from_file_.reset(); }

 private:
  static constexpr size_t kPieceSizeBytes = 256 * 1024;
  struct FromFile {
    SpillReader reader;
    RowStore rows;
  };
  const RowSpool* spool_ = nullptr;
  uint32_t next_ = 0;
  std::unique_ptr<FromFile> from_file_;
};

}  // namespace sqlrite::exec
