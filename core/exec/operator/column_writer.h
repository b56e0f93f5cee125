// ColumnWriter: fills one column with values of whatever type comes, typed as long as they agree.
#pragma once

#include <cstring>

#include "batch/batch.h"

namespace sqlrite::exec {

class ColumnWriter {
 public:
  // Starts a column of up to `rows` entries.
  Status begin(uint32_t rows) {
    SQLRITE_TRY(buffer_.reserve(rows));
    rep_ = Column::Rep::Nulls;
    has_nulls_ = false;
    count_ = 0;
    buffer_.attach(column_, Column::Rep::Nulls);
    return {};
  }
  void push(const Value& value) {
    switch (rep_) {
      case Column::Rep::Ints:
        if (value.type == ValueType::Integer) [[likely]] {
          column_.ints[count_] = value.integer;
          if (has_nulls_) column_.nulls[count_] = 0;
          ++count_;
          return;
        }
        break;
      case Column::Rep::Cells: column_.cells[count_++] = value; return;
      case Column::Rep::Reals:
        if (value.type == ValueType::Real) [[likely]] {
          column_.reals[count_] = value.real;
          if (has_nulls_) column_.nulls[count_] = 0;
          ++count_;
          return;
        }
        break;
      case Column::Rep::Nulls: break;
    }
    push_other(value);
  }
  uint32_t count() const { return count_; }
  // The column as it stands; valid until the next begin().
  void finish(Column* out) {
    column_.rep = rep_;
    column_.has_nulls = has_nulls_;
    *out = column_;
  }

 private:
  void push_other(const Value& value);
  ColumnBuffer buffer_;
  Column column_;
  Column::Rep rep_ = Column::Rep::Nulls;
  bool has_nulls_ = false;
  uint32_t count_ = 0;
};

}  // namespace sqlrite::exec
