// Batch: rows in flight between operators, column by column.
//
// A column has one of four representations, so that SQLite's dynamic typing costs one check per batch:
//   Nulls   every row is NULL, no data
//   Ints    int64_t[]  + one validity byte per row when has_nulls
//   Reals   double[]   + one validity byte per row when has_nulls
//   Cells   Value[]    anything, NULLs included (texts, blobs and mixtures)
// A *constant* column has one entry that stands for every row (literals, the outer row of a nested loop).
// A selection lists the live rows in ascending order; filters shrink the selection, they copy nothing.
#pragma once

#include <cstdint>

#include "base/arena.h"
#include "types/value.h"

namespace sqlrite {

inline constexpr uint32_t kBatchRowsMax = 1024;

struct Column {
  enum class Rep : uint8_t { Nulls, Ints, Reals, Cells };
  Rep rep = Rep::Nulls;
  bool constant = false;
  bool has_nulls = false;    // Ints and Reals: `nulls` is meaningful
  uint8_t* nulls = nullptr;  // one byte per row, non-zero = NULL
  union {
    void* data = nullptr;
    int64_t* ints;
    double* reals;
    Value* cells;
  };

  // Reads one entry as a Value (bytes are not copied).
  Value at(uint32_t row) const {
    uint32_t index = constant ? 0 : row;
    switch (rep) {
      case Rep::Ints: return has_nulls && nulls[index] ? Value::null() : Value::from_integer(ints[index]);
      case Rep::Reals: return has_nulls && nulls[index] ? Value::null() : Value::from_real(reals[index]);
      case Rep::Cells: return cells[index];
      case Rep::Nulls: break;
    }
    return Value::null();
  }
};

// Owner of one column's buffers, with room for `capacity` rows; grows by reserve() and is reused batch after batch.
class ColumnBuffer {
 public:
  ColumnBuffer() = default;
  ColumnBuffer(const ColumnBuffer&) = delete;
  ColumnBuffer& operator=(const ColumnBuffer&) = delete;
  ~ColumnBuffer();
  // Room for `rows` entries of 16 bytes and their validity bytes. Content is lost when it grows.
  Status reserve(uint32_t rows);
  uint32_t capacity() const { return capacity_; }
  // Points `column` at this buffer with the given representation (constant = false, has_nulls = false).
  void attach(Column& column, Column::Rep rep) const {
    column.rep = rep;
    column.constant = false;
    column.has_nulls = false;
    column.nulls = nulls_;
    column.data = data_;
  }

 private:
  void* data_ = nullptr;
  uint8_t* nulls_ = nullptr;
  uint32_t capacity_ = 0;
};

struct Batch {
  Column* columns = nullptr;
  uint32_t column_count = 0;
  uint32_t row_count = 0;               // physical rows
  const uint16_t* selection = nullptr;  // null: all physical rows are live
  uint32_t selected_count = 0;          // live rows; equals row_count when selection is null

  uint32_t live_row(uint32_t position) const { return selection != nullptr ? selection[position] : position; }
  void select_all(uint32_t rows) {
    row_count = rows;
    selected_count = rows;
    selection = nullptr;
  }
};

}  // namespace sqlrite
