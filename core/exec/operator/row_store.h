// RowStore: rows that an operator keeps, column by column, in memory of its own. Texts and blobs are copied.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "base/arena.h"
#include "batch/batch.h"

namespace sqlrite::exec {

class RowStore {
 public:
  RowStore() = default;
  RowStore(const RowStore&) = delete;
  RowStore& operator=(const RowStore&) = delete;
  ~RowStore();
  // Sets the number of columns of an empty store.
  void init(uint32_t column_count);
  // Forgets the rows; large buffers are given back, small ones kept.
  void clear();
  uint32_t row_count() const { return row_count_; }
  uint32_t column_count() const { return static_cast<uint32_t>(columns_.size()); }
  size_t size_bytes() const { return bytes_.size_bytes() + arrays_size_bytes_; }
  // Appends the live rows of `batch`: store column i is batch.columns[slots[i]].
  Status append(const Batch& batch, std::span<const int32_t> slots);
  // The same from columns[0..column_count) with the selection of `batch`.
  Status append(const Batch& batch, const Column* columns);
  Status append_row(const Value* values);
  // A row of one column that holds an integer.
  Status append_integer(int64_t value) {
    StoreColumn& column = columns_[0];
    if (column.rep == Column::Rep::Ints && !column.has_nulls && row_count_ < column.data_capacity) [[likely]] {
      column.ints()[row_count_++] = value;
      return {};
    }
    Value cell = Value::from_integer(value);
    return append_row(&cell);
  }
  // Appends rows[0..count) of another store with as many columns.
  Status append_from(const RowStore& other, const uint32_t* rows, uint32_t count);
  void truncate(uint32_t row_count) { row_count_ = row_count; }

  Value at(uint32_t column, uint32_t row) const {
    const StoreColumn& from = columns_[column];
    switch (from.rep) {
      case Column::Rep::Ints:
        return from.has_nulls && from.nulls[row] ? Value() : Value::from_integer(from.ints()[row]);
      case Column::Rep::Reals: return from.has_nulls && from.nulls[row] ? Value() : Value::from_real(from.reals()[row]);
      case Column::Rep::Cells: return from.cells()[row];
      case Column::Rep::Nulls: break;
    }
    return Value();
  }
  // Column `column` from `first_row` on, in place; valid until the store changes.
  void view(uint32_t column, uint32_t first_row, Column* out) const;
  // out[i] = the value in rows[i]; UINT32_MAX gives NULL. `buffer` backs `out`.
  Status gather(uint32_t column, const uint32_t* rows, uint32_t count, ColumnBuffer& buffer, Column* out) const;
  Column::Rep rep(uint32_t column) const { return columns_[column].rep; }
  bool has_nulls(uint32_t column) const { return columns_[column].has_nulls; }
  const int64_t* ints(uint32_t column) const { return columns_[column].ints(); }
  const double* reals(uint32_t column) const { return columns_[column].reals(); }
  const Value* cells(uint32_t column) const { return columns_[column].cells(); }
  const uint8_t* nulls(uint32_t column) const { return columns_[column].has_nulls ? columns_[column].nulls : nullptr; }

 private:
  struct StoreColumn {
    Column::Rep rep = Column::Rep::Nulls;
    bool has_nulls = false;
    uint8_t* nulls = nullptr;
    void* data = nullptr;
    uint32_t data_capacity = 0;  // rows of the current representation
    uint32_t nulls_capacity = 0;
    int64_t* ints() const { return static_cast<int64_t*>(data); }
    double* reals() const { return static_cast<double*>(data); }
    Value* cells() const { return static_cast<Value*>(data); }
  };
  static void free_arrays(StoreColumn& column);
  Status append_column(StoreColumn& to, const Column& from, const Batch& batch);
  Status append_cells(StoreColumn& to, const Column& from, const Batch& batch);
  Status reserve(StoreColumn& column, uint32_t rows);
  Status need_nulls(StoreColumn& column, uint32_t rows, uint32_t valid_until);
  Status become(StoreColumn& column, Column::Rep rep);
  Status put(StoreColumn& column, uint32_t row, const Value& value);
  Status keep_bytes(Value& value);
  std::vector<StoreColumn> columns_;
  uint32_t row_count_ = 0;
  size_t arrays_size_bytes_ = 0;
  Arena bytes_{1024};
};

}  // namespace sqlrite::exec
