#include "exec/operator/row_store.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/buffer_memory.h"
#include "kernels/gather.h"

namespace sqlrite::exec {

namespace {
constexpr size_t kKeptSizeBytes = 16 * 1024;
constexpr uint32_t kNone = UINT32_MAX;
size_t entry_size(Column::Rep rep) { return rep == Column::Rep::Cells ? sizeof(Value) : sizeof(int64_t); }
}  // namespace

RowStore::~RowStore() {
  for (StoreColumn& column : columns_) free_arrays(column);
}

void RowStore::free_arrays(StoreColumn& column) {
  free_buffer(column.data, column.data_capacity * entry_size(column.rep));
  free_buffer(column.nulls, column.nulls_capacity);
}

void RowStore::init(uint32_t column_count) { columns_.resize(column_count); }

void RowStore::clear() {
  bool keep = arrays_size_bytes_ <= kKeptSizeBytes;
  for (StoreColumn& column : columns_) {
    if (!keep) {
      free_arrays(column);
      column.data = nullptr;
      column.nulls = nullptr;
      column.data_capacity = column.nulls_capacity = 0;
    } else if (column.rep == Column::Rep::Cells) {
      column.data_capacity *= 2;  // counted in words while the representation is open
    }
    // Typed columns stay typed, as the next rows are likely to be of the same type.
    if (!keep || column.rep == Column::Rep::Cells) column.rep = Column::Rep::Nulls;
    column.has_nulls = false;
  }
  if (!keep) arrays_size_bytes_ = 0;
  row_count_ = 0;
  if (bytes_.size_bytes() > kKeptSizeBytes) {
    bytes_.~Arena();
    new (&bytes_) Arena(1024);
  } else {
    bytes_.reset();
  }
}

Status RowStore::reserve(StoreColumn& column, uint32_t rows) {
  if (rows <= column.data_capacity) return {};
  size_t entry = entry_size(column.rep);
  uint64_t wanted =
      std::max<uint64_t>(rows, std::max<uint64_t>(16, uint64_t{column.data_capacity} + column.data_capacity / 2));
  // Even, so that words of typed columns and cells of two words share a buffer.
  wanted = std::min<uint64_t>(wanted + (wanted & 1), UINT32_MAX - 1);
  void* grown = resize_buffer(column.data, column.data_capacity * entry, wanted * entry);
  if (grown == nullptr) return Code::NoMem;
  arrays_size_bytes_ += (wanted - column.data_capacity) * entry;
  column.data = grown;
  column.data_capacity = static_cast<uint32_t>(wanted);
  return {};
}

// Validity bytes for `rows` rows; those before `valid_until` are set to "not NULL" when there were none so far.
Status RowStore::need_nulls(StoreColumn& column, uint32_t rows, uint32_t valid_until) {
  if (rows > column.nulls_capacity) {
    uint64_t wanted = std::max<uint64_t>(rows, column.data_capacity);
    void* grown = resize_buffer(column.nulls, column.nulls_capacity, wanted);
    if (grown == nullptr) return Code::NoMem;
    arrays_size_bytes_ += wanted - column.nulls_capacity;
    column.nulls = static_cast<uint8_t*>(grown);
    column.nulls_capacity = static_cast<uint32_t>(wanted);
  }
  if (!column.has_nulls) {
    std::memset(column.nulls, 0, valid_until);
    column.has_nulls = true;
  }
  return {};
}

Status RowStore::become(StoreColumn& column, Column::Rep rep) {
  if (column.rep == rep) return {};
  if (column.rep == Column::Rep::Nulls) {
    if (rep == Column::Rep::Cells) column.data_capacity /= 2;
    column.rep = rep;
    SQLRITE_TRY(reserve(column, row_count_ + 1));
    if (rep == Column::Rep::Cells) {
      for (uint32_t i = 0; i < row_count_; ++i) new (&column.cells()[i]) Value();
    } else if (row_count_ > 0) {
      std::memset(column.data, 0, row_count_ * sizeof(int64_t));
      column.has_nulls = false;
      SQLRITE_TRY(need_nulls(column, row_count_ + 1, 0));
      std::memset(column.nulls, 1, row_count_);
    }
    return {};
  }
  // Typed to cells.
  uint32_t capacity = std::max<uint32_t>(column.data_capacity, row_count_ + 1);
  auto* cells = static_cast<Value*>(allocate_buffer(size_t{capacity} * sizeof(Value)));
  if (cells == nullptr) return Code::NoMem;
  for (uint32_t i = 0; i < row_count_; ++i) {
    bool null = column.has_nulls && column.nulls[i] != 0;
    new (&cells[i]) Value(null                              ? Value()
                          : column.rep == Column::Rep::Ints ? Value::from_integer(column.ints()[i])
                                                            : Value::from_real(column.reals()[i]));
  }
  arrays_size_bytes_ += size_t{capacity} * sizeof(Value) - size_t{column.data_capacity} * sizeof(int64_t);
  free_buffer(column.data, column.data_capacity * entry_size(column.rep));
  column.data = cells;
  column.data_capacity = capacity;
  column.rep = Column::Rep::Cells;
  column.has_nulls = false;
  return {};
}

Status RowStore::keep_bytes(Value& value) {
  if (!value.is_bytes() || value.owner == ValueOwner::Static || (value.flags & value_flags::kZeroBlob) != 0) return {};
  char* copy = static_cast<char*>(bytes_.try_allocate(value.length + 1, 1));
  if (copy == nullptr) return Code::NoMem;
  if (value.length > 0) std::memcpy(copy, value.bytes, value.length);
  copy[value.length] = '\0';
  value.bytes = copy;
  value.owner = ValueOwner::Heap;
  value.flags |= value_flags::kNulFollows;
  return {};
}

// Writes one entry; REQUIRES room was not checked yet. Rows before `row` are complete.
Status RowStore::put(StoreColumn& column, uint32_t row, const Value& value) {
  uint32_t rows_before = row_count_;
  row_count_ = row;  // become() converts the rows before this one
  Status status;
  if (value.is_null() && value.flags == 0) {
    if (column.rep == Column::Rep::Ints || column.rep == Column::Rep::Reals) {
      status = reserve(column, row + 1);
      if (status.ok()) status = need_nulls(column, row + 1, row);
      if (status.ok()) {
        column.nulls[row] = 1;
        column.ints()[row] = 0;
      }
    } else if (column.rep == Column::Rep::Cells) {
      status = reserve(column, row + 1);
      if (status.ok()) column.cells()[row] = value;
    }
  } else {
    Column::Rep wanted = value.type == ValueType::Integer ? Column::Rep::Ints
                         : value.type == ValueType::Real  ? Column::Rep::Reals
                                                          : Column::Rep::Cells;
    if (row == 0 && column.rep != Column::Rep::Cells && column.rep != wanted) column.rep = Column::Rep::Nulls;
    if (column.rep != wanted && column.rep != Column::Rep::Cells) {
      status = become(column, column.rep == Column::Rep::Nulls ? wanted : Column::Rep::Cells);
    }
    if (status.ok()) status = reserve(column, row + 1);
    if (status.ok() && column.rep == Column::Rep::Cells) {
      Value kept = value;
      status = keep_bytes(kept);
      column.cells()[row] = kept;
    } else if (status.ok()) {
      if (column.has_nulls) {
        status = need_nulls(column, row + 1, 0);
        if (status.ok()) column.nulls[row] = 0;
      }
      if (wanted == Column::Rep::Ints) {
        column.ints()[row] = value.integer;
      } else {
        column.reals()[row] = value.real;
      }
    }
  }
  row_count_ = rows_before;
  return status;
}

Status RowStore::append_cells(StoreColumn& to, const Column& from, const Batch& batch) {
  uint32_t count = batch.selected_count;
  for (uint32_t i = 0; i < count; ++i) SQLRITE_TRY(put(to, row_count_ + i, from.at(batch.live_row(i))));
  return {};
}

Status RowStore::append_column(StoreColumn& to, const Column& from, const Batch& batch) {
  uint32_t count = batch.selected_count;
  uint32_t total = row_count_ + count;
  if (from.constant || from.rep == Column::Rep::Cells || count == 1) {
    if (from.rep == Column::Rep::Cells && !from.constant && to.rep == Column::Rep::Cells) {
      SQLRITE_TRY(reserve(to, total));
      Value* out = to.cells() + row_count_;
      for (uint32_t i = 0; i < count; ++i) {
        out[i] = from.cells[batch.live_row(i)];
        SQLRITE_TRY(keep_bytes(out[i]));
      }
      return {};
    }
    return append_cells(to, from, batch);
  }
  if (from.rep == Column::Rep::Nulls) {
    if (to.rep == Column::Rep::Nulls) return {};
    return append_cells(to, from, batch);
  }
  if (row_count_ == 0 && to.rep != Column::Rep::Cells && to.rep != from.rep) to.rep = Column::Rep::Nulls;
  if (to.rep == Column::Rep::Nulls) SQLRITE_TRY(become(to, from.rep));
  if (to.rep != from.rep) return append_cells(to, from, batch);
  SQLRITE_TRY(reserve(to, total));
  const uint8_t* from_nulls = from.has_nulls ? from.nulls : nullptr;
  if (from_nulls != nullptr) SQLRITE_TRY(need_nulls(to, total, row_count_));
  if (to.has_nulls) {
    SQLRITE_TRY(need_nulls(to, total, 0));
    if (from_nulls == nullptr) {
      std::memset(to.nulls + row_count_, 0, count);
    } else if (batch.selection != nullptr) {
      kernels::gather_bytes(from_nulls, batch.selection, count, to.nulls + row_count_);
    } else {
      std::memcpy(to.nulls + row_count_, from_nulls, count);
    }
  }
  if (batch.selection != nullptr) {
    kernels::gather_words(reinterpret_cast<const uint64_t*>(from.ints), batch.selection, count,
                          reinterpret_cast<uint64_t*>(to.ints() + row_count_));
  } else {
    std::memcpy(to.ints() + row_count_, from.ints, count * sizeof(int64_t));
  }
  return {};
}

Status RowStore::append(const Batch& batch, std::span<const int32_t> slots) {
  if (batch.selected_count > kNone - 1 - row_count_) return Code::NoMem;
  if (batch.selected_count == 1) {
    uint32_t row = batch.live_row(0);
    for (size_t i = 0; i < columns_.size(); ++i) {
      StoreColumn& to = columns_[i];
      Value value = batch.columns[slots[i]].at(row);
      if (to.rep == Column::Rep::Ints && value.type == ValueType::Integer && !to.has_nulls &&
          row_count_ < to.data_capacity) {
        to.ints()[row_count_] = value.integer;
      } else {
        SQLRITE_TRY(put(to, row_count_, value));
      }
    }
    ++row_count_;
    return {};
  }
  for (size_t i = 0; i < columns_.size(); ++i) {
    SQLRITE_TRY(append_column(columns_[i], batch.columns[slots[i]], batch));
  }
  row_count_ += batch.selected_count;
  return {};
}

Status RowStore::append(const Batch& batch, const Column* columns) {
  if (batch.selected_count > kNone - 1 - row_count_) return Code::NoMem;
  for (size_t i = 0; i < columns_.size(); ++i) SQLRITE_TRY(append_column(columns_[i], columns[i], batch));
  row_count_ += batch.selected_count;
  return {};
}

Status RowStore::append_row(const Value* values) {
  if (row_count_ >= kNone - 1) return Code::NoMem;
  for (size_t i = 0; i < columns_.size(); ++i) {
    StoreColumn& to = columns_[i];
    const Value& value = values[i];
    if (to.rep == Column::Rep::Ints && value.type == ValueType::Integer && !to.has_nulls &&
        row_count_ < to.data_capacity) {
      to.ints()[row_count_] = value.integer;
    } else {
      SQLRITE_TRY(put(to, row_count_, value));
    }
  }
  ++row_count_;
  return {};
}

Status RowStore::append_from(const RowStore& other, const uint32_t* rows, uint32_t count) {
  if (count > kNone - 1 - row_count_) return Code::NoMem;
  for (size_t c = 0; c < columns_.size(); ++c) {
    for (uint32_t i = 0; i < count; ++i) {
      SQLRITE_TRY(put(columns_[c], row_count_ + i, other.at(static_cast<uint32_t>(c), rows[i])));
    }
  }
  row_count_ += count;
  return {};
}

void RowStore::view(uint32_t column, uint32_t first_row, Column* out) const {
  const StoreColumn& from = columns_[column];
  out->rep = from.rep;
  out->constant = false;
  out->has_nulls = from.has_nulls;
  out->nulls = from.has_nulls ? from.nulls + first_row : nullptr;
  if (from.rep == Column::Rep::Nulls) {
    out->data = nullptr;
  } else {
    out->data = static_cast<char*>(from.data) + size_t{first_row} * entry_size(from.rep);
  }
}

Status RowStore::gather(uint32_t column, const uint32_t* rows, uint32_t count, ColumnBuffer& buffer,
                        Column* out) const {
  SQLRITE_TRY(buffer.reserve(count));
  const StoreColumn& from = columns_[column];
  buffer.attach(*out, from.rep);
  switch (from.rep) {
    case Column::Rep::Nulls: return {};
    case Column::Rep::Cells:
      for (uint32_t i = 0; i < count; ++i) {
        out->cells[i] = rows[i] == kNone ? Value() : from.cells()[rows[i]];
      }
      return {};
    case Column::Rep::Ints:
    case Column::Rep::Reals: break;
  }
  bool any_none = false;
  for (uint32_t i = 0; i < count; ++i) any_none |= rows[i] == kNone;
  if (!any_none) {
    kernels::gather_words_by_row(static_cast<const uint64_t*>(from.data), rows, count,
                                 reinterpret_cast<uint64_t*>(out->ints));
    if (from.has_nulls) {
      for (uint32_t i = 0; i < count; ++i) out->nulls[i] = from.nulls[rows[i]];
      out->has_nulls = true;
    }
    return {};
  }
  out->has_nulls = true;
  for (uint32_t i = 0; i < count; ++i) {
    bool null = rows[i] == kNone || (from.has_nulls && from.nulls[rows[i]] != 0);
    out->nulls[i] = null;
    out->ints[i] = null ? 0 : from.ints()[rows[i]];
  }
  return {};
}

}  // namespace sqlrite::exec
