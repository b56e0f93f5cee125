// RowSet: rows that a command (PRAGMA, EXPLAIN, VACUUM ...) answers with, kept until the statement handed them out.
#pragma once

#include <string_view>
#include <vector>

#include "base/arena.h"
#include "types/value.h"

namespace sqlrite::engine {

class RowSet {
 public:
  // Forgets all rows; the next ones have `column_count` columns.
  void reset(uint32_t column_count) {
    heap_.reset();
    values_.clear();
    column_count_ = column_count;
  }
  uint32_t column_count() const { return column_count_; }
  uint32_t row_count() const { return column_count_ == 0 ? 0 : static_cast<uint32_t>(values_.size() / column_count_); }
  const Value* row(uint32_t index) const { return values_.data() + size_t{index} * column_count_; }
  Arena& heap() { return heap_; }

  // Values go in column by column, row after row.
  void add(const Value& value) { values_.push_back(value); }
  void add_null() { values_.emplace_back(); }
  void add_integer(int64_t value) { values_.push_back(Value::from_integer(value)); }
  void add_real(double value) { values_.push_back(Value::from_real(value)); }
  void add_text(std::string_view text) {
    Value value = Value::from_text(heap_.copy(text), ValueOwner::Heap);
    value.flags = value_flags::kNulFollows;
    values_.push_back(value);
  }
  void add_copy(const Value& value) {
    Value copy = value;
    if (value.is_bytes() && (value.flags & value_flags::kZeroBlob) == 0) {
      copy.bytes = heap_.copy(value.view()).data();
      copy.owner = ValueOwner::Heap;
      copy.flags = value_flags::kNulFollows;
    }
    values_.push_back(copy);
  }

 private:
  Arena heap_{1024};
  std::vector<Value> values_;
  uint32_t column_count_ = 0;
};

}  // namespace sqlrite::engine
