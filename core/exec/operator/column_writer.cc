#include "exec/operator/column_writer.h"

namespace sqlrite::exec {

void ColumnWriter::push_other(const Value& value) {
  bool plain_null = value.is_null() && value.flags == 0;
  if (rep_ == Column::Rep::Nulls) {
    if (plain_null) {
      ++count_;
      return;
    }
    // The first value decides; rows before it are NULL.
    rep_ = value.type == ValueType::Integer ? Column::Rep::Ints
           : value.type == ValueType::Real  ? Column::Rep::Reals
                                            : Column::Rep::Cells;
    if (rep_ == Column::Rep::Cells) {
      for (uint32_t i = 0; i < count_; ++i) column_.cells[i] = Value();
    } else if (count_ > 0) {
      std::memset(column_.nulls, 1, count_);
      std::memset(column_.data, 0, count_ * sizeof(int64_t));
      has_nulls_ = true;
    }
    push(value);
    return;
  }
  if (plain_null && rep_ != Column::Rep::Cells) {
    if (!has_nulls_) std::memset(column_.nulls, 0, count_);
    has_nulls_ = true;
    column_.nulls[count_] = 1;
    column_.ints[count_] = 0;
    ++count_;
    return;
  }
  // A second type: cells from here on. Backwards, as entries grow in place.
  for (uint32_t i = count_; i-- > 0;) {
    bool null = has_nulls_ && column_.nulls[i] != 0;
    Value cell;
    if (!null) {
      int64_t bits;
      std::memcpy(&bits, static_cast<const char*>(column_.data) + i * sizeof bits, sizeof bits);
      if (rep_ == Column::Rep::Ints) {
        cell = Value::from_integer(bits);
      } else {
        double real;
        std::memcpy(&real, &bits, sizeof real);
        cell = Value::from_real(real);
      }
    }
    std::memcpy(static_cast<char*>(column_.data) + i * sizeof cell, &cell, sizeof cell);
  }
  rep_ = Column::Rep::Cells;
  has_nulls_ = false;
  column_.cells[count_++] = value;
}

}  // namespace sqlrite::exec
