#include "exec/operator/row_fetch.h"

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "types/affinity.h"
#include "types/cast.h"
#include "types/number_text.h"

namespace sqlrite::exec {

namespace {

constexpr size_t kFewColumnsMax = 7;          // 7 columns * 64 rows * 17 bytes: less than 8 KiB
constexpr size_t kColumnSlackSizeBytes = 64;  // for wide stores, as ColumnBuffer has it; keeps columns aligned to 16

struct Wanted {
  uint16_t position;
  int32_t slot;
  bool real;
  Value missing;
};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_sql_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_sql_space(text.back())) text.remove_suffix(1);
  return text;
}

// A quoted text without its quotes, doubled ones made single.
std::string_view unquoted(std::string_view text, Arena& arena) {
  char quote = text.front();
  auto out = arena.make_array<char>(text.size());
  size_t size = 0;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    out[size++] = text[i];
    if (text[i] == quote && text[i + 1] == quote) ++i;
  }
  return {out.data(), size};
}

Value literal_value(std::string_view text, Arena& arena) {
  text = trimmed(text);
  while (text.size() >= 2 && text.front() == '(' && text.back() == ')') text = trimmed(text.substr(1, text.size() - 2));
  if (text.empty() || iequals(text, "null")) return Value();
  if (iequals(text, "true")) return Value::from_integer(1);
  if (iequals(text, "false")) return Value::from_integer(0);
  if (text.front() == '-' || text.front() == '+') {
    bool negative = text.front() == '-';
    std::string_view digits = trimmed(text.substr(1));
    int64_t limit;
    if (negative && parse_integer_literal(digits, &limit) == IntegerSyntax::TwoPow63)
      return Value::from_integer(INT64_MIN);
    Value operand = to_number(literal_value(digits, arena));
    if (!negative) return operand;
    if (operand.type == ValueType::Integer) {
      if (operand.integer == INT64_MIN) return Value::from_real(9223372036854775808.0);
      return Value::from_integer(-operand.integer);
    }
    if (operand.type == ValueType::Real) return Value::from_real(-operand.real);
    return operand;
  }
  if (text.front() == '\'' || text.front() == '"' || text.front() == '`') {
    return Value::from_text(unquoted(text, arena), ValueOwner::Static);
  }
  if (text.size() >= 3 && (text.front() == 'x' || text.front() == 'X') && text[1] == '\'') {
    std::string_view hex = text.substr(2, text.size() - 3);
    auto out = arena.make_array<char>(hex.size() / 2);
    for (size_t i = 0; i + 1 < hex.size(); i += 2) {
      out[i / 2] = static_cast<char>(hex_digit_value(hex[i]) * 16 + hex_digit_value(hex[i + 1]));
    }
    return Value::from_blob({out.data(), hex.size() / 2}, ValueOwner::Static);
  }
  if (is_digit(text.front()) || text.front() == '.') {
    char clean[64];
    size_t size = 0;
    for (char c : text) {
      if (c != '_' && size < sizeof clean) clean[size++] = c;
    }
    std::string_view digits{clean, size};
    int64_t integer;
    IntegerSyntax syntax = parse_integer_literal(digits, &integer);
    if (syntax == IntegerSyntax::Whole) return Value::from_integer(integer);
    double real;
    parse_real(digits, &real);
    return Value::from_real(real);
  }
  // A bare word (DEFAULT abc) is a text.
  return Value::from_text(arena.copy(text), ValueOwner::Static);
}

}  // namespace

Result<Value> parse_column_default(const catalog::TableColumn& column, Arena& arena) {
  Value value = literal_value(column.default_text, arena);
  SQLRITE_TRY(apply_affinity(value, column.affinity, arena));
  if (value.is_bytes()) value.owner = ValueOwner::Static;
  return value;
}

Status own_bytes(Value& value, Arena& heap) {
  if (!value.is_bytes() || value.owner == ValueOwner::Static || value.owner == ValueOwner::Heap) return {};
  if ((value.flags & value_flags::kZeroBlob) != 0) return {};
  char* copy = static_cast<char*>(heap.try_allocate(value.length + 1, 1));
  if (copy == nullptr) return Code::NoMem;
  if (value.length > 0) std::memcpy(copy, value.bytes, value.length);
  copy[value.length] = '\0';
  value.bytes = copy;
  value.owner = ValueOwner::Heap;
  value.flags |= value_flags::kNulFollows;
  return {};
}

Status RowFetch::prepare_table(const catalog::Table& table, std::span<const plan::ColumnFetch> fetch, Arena& arena) {
  arena_ = &arena;
  ArenaVector<Wanted> wanted(arena);
  ArenaVector<int32_t> rowids(arena);
  for (const plan::ColumnFetch& column : fetch) {
    if (column.column == catalog::kRowIdColumn || (column.column == table.rowid_alias && !table.without_rowid)) {
      rowids.push_back(column.slot);
      continue;
    }
    const catalog::TableColumn& info = table.columns[static_cast<size_t>(column.column)];
    if (info.storage_position < 0) {
      return Status(Code::Error, "a virtual generated column cannot be read from storage");
    }
    Value missing;
    if (!info.default_text.empty()) {
      SQLRITE_TRY_ASSIGN(missing, parse_column_default(info, arena));
    }
    wanted.push_back(
        {static_cast<uint16_t>(info.storage_position), column.slot, info.affinity == Affinity::Real, missing});
  }
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.position < b.position; });
  wanted_ = arena.make_array<uint16_t>(wanted.size());
  slots_ = arena.make_array<int32_t>(wanted.size());
  real_ = arena.make_array<bool>(wanted.size());
  defaults_ = arena.make_array<Value>(wanted.size());
  row_ = arena.make_array<Value>(wanted.size());
  sinks_ = arena.make_array<storage::ColumnSink>(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    wanted_[i] = wanted[i].position;
    slots_[i] = wanted[i].slot;
    real_[i] = wanted[i].real;
    defaults_[i] = wanted[i].missing;
  }
  rowid_slots_ = rowids.span();
  return {};
}

Status RowFetch::prepare_index(const catalog::Index& index, std::span<const plan::ColumnFetch> fetch, Arena& arena) {
  arena_ = &arena;
  const catalog::Table& table = *index.table;
  ArenaVector<Wanted> wanted(arena);
  for (const plan::ColumnFetch& column : fetch) {
    int position = -1;
    for (size_t i = 0; i < index.fields.size() && position < 0; ++i) {
      bool same = index.fields[i].column == column.column;
      if (!table.without_rowid && table.rowid_alias >= 0) {
        same = same || (index.fields[i].column == catalog::kRowIdColumn && column.column == table.rowid_alias) ||
               (column.column == catalog::kRowIdColumn && index.fields[i].column == table.rowid_alias);
      }
      if (same) position = static_cast<int>(i);
    }
    if (position < 0) return Status(Code::Internal, "column is not part of the index");
    bool real = column.column >= 0 && column.column != table.rowid_alias &&
                table.columns[static_cast<size_t>(column.column)].affinity == Affinity::Real;
    wanted.push_back({static_cast<uint16_t>(position), column.slot, real, Value()});
  }
  std::sort(wanted.begin(), wanted.end(), [](const Wanted& a, const Wanted& b) { return a.position < b.position; });
  wanted_ = arena.make_array<uint16_t>(wanted.size());
  slots_ = arena.make_array<int32_t>(wanted.size());
  real_ = arena.make_array<bool>(wanted.size());
  row_ = arena.make_array<Value>(wanted.size());
  sinks_ = arena.make_array<storage::ColumnSink>(wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    wanted_[i] = wanted[i].position;
    slots_[i] = wanted[i].slot;
    real_[i] = wanted[i].real;
  }
  return {};
}

void RowFetch::attach_single(std::span<Column> columns) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    Column& column = columns[static_cast<size_t>(slots_[i])];
    column.rep = Column::Rep::Cells;
    column.constant = false;
    column.has_nulls = false;
    column.cells = &row_[i];
  }
  for (int32_t slot : rowid_slots_) {
    Column& column = columns[static_cast<size_t>(slot)];
    column.rep = Column::Rep::Ints;
    column.constant = false;
    column.has_nulls = false;
    column.ints = &rowid_.integer;
  }
}

Status RowFetch::decode(const storage::CellRef& cell, const TreeSource& source, Arena& heap) {
  uint32_t count = static_cast<uint32_t>(wanted_.size());
  uint32_t missing_from = count;
  SQLRITE_TRY(storage::decode_record(cell, *source.pager, source.view, source.encoding, wanted_.data(), count,
                                     row_.data(), &missing_from, &heap));
  if (missing_from < count && !defaults_.empty()) [[unlikely]] {
    for (uint32_t i = missing_from; i < count; ++i) row_[i] = defaults_[i];
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (real_[i] && row_[i].type == ValueType::Integer) {
      row_[i] = Value::from_real(static_cast<double>(row_[i].integer));
    }
  }
  return {};
}

Status RowFetch::decode_single(const storage::CellRef& cell, const TreeSource& source, Arena& heap) {
  rowid_.integer = cell.rowid;
  return wanted_.empty() ? Status() : decode(cell, source, heap);
}

Status RowFetch::begin(uint32_t rows) {
  if (first_ == nullptr) first_rows_max_ = wanted_.size() <= kFewColumnsMax ? 64 : wanted_.size() <= 64 ? 16 : 0;
  if (rows > first_rows_max_) {
    SQLRITE_TRY(begin_many(rows));
  } else if (!wanted_.empty()) {
    size_t column_size_bytes = first_rows_max_ * (sizeof(Value) + 1) + kColumnSlackSizeBytes;
    if (first_ == nullptr) {
      first_ = static_cast<char*>(arena_->try_allocate(wanted_.size() * column_size_bytes, alignof(std::max_align_t)));
      if (first_ == nullptr) return Code::NoMem;
    }
    char* room = first_;
    for (storage::ColumnSink& sink : sinks_) {
      sink = storage::ColumnSink();
      sink.data = room;
      sink.nulls = reinterpret_cast<uint8_t*>(room + first_rows_max_ * sizeof(Value));
      room += column_size_bytes;
    }
  }
  if (!rowid_slots_.empty()) {
    SQLRITE_TRY(rowid_buffer_.reserve(rows));
    rowid_buffer_.attach(rowid_column_, Column::Rep::Ints);
  }
  rows_ = 0;
  return {};
}

Status RowFetch::begin_many(uint32_t rows) {
  if (!buffers_ && !wanted_.empty()) buffers_.reset(new ColumnBuffer[wanted_.size()]);
  for (size_t i = 0; i < wanted_.size(); ++i) {
    SQLRITE_TRY(buffers_[i].reserve(rows));
    Column column;
    buffers_[i].attach(column, Column::Rep::Nulls);
    sinks_[i] = storage::ColumnSink();
    sinks_[i].data = column.data;
    sinks_[i].nulls = column.nulls;
  }
  return {};
}

Status RowFetch::decode_rows(const storage::CellRef* cells, uint32_t count, const TreeSource& source, Arena& heap,
                             storage::BytesAhead* ahead) {
  storage::ColumnPlan plan;
  plan.wanted = wanted_.data();
  plan.wanted_count = static_cast<uint32_t>(wanted_.size());
  plan.defaults = defaults_.empty() ? nullptr : defaults_.data();
  plan.real_column = real_.data();
  plan.encoding = source.encoding;
  plan.pager = source.pager;
  plan.view = source.view;
  return storage::decode_columns(cells, count, plan, rows_, sinks_.data(), &heap, nullptr, ahead);
}

Status RowFetch::add(const storage::CellRef* cells, uint32_t count, const TreeSource& source, Arena& heap,
                     storage::BytesAhead* ahead) {
  if (!rowid_slots_.empty()) {
    for (uint32_t i = 0; i < count; ++i) rowid_column_.ints[rows_ + i] = cells[i].rowid;
    if (rowid_column_.has_nulls) std::memset(rowid_column_.nulls + rows_, 0, count);
  }
  if (!wanted_.empty()) SQLRITE_TRY(decode_rows(cells, count, source, heap, ahead));
  rows_ += count;
  return {};
}

Status RowFetch::add_unpinned(const storage::CellRef* cells, uint32_t count, const TreeSource& source, Arena& heap) {
  if (!rowid_slots_.empty()) {
    for (uint32_t i = 0; i < count; ++i) rowid_column_.ints[rows_ + i] = cells[i].rowid;
    if (rowid_column_.has_nulls) std::memset(rowid_column_.nulls + rows_, 0, count);
  }
  if (!wanted_.empty()) {
    SQLRITE_TRY(decode_rows(cells, count, source, heap, nullptr));
    for (storage::ColumnSink& sink : sinks_) {
      if (sink.rep != storage::ColumnSink::Rep::Cells) continue;
      Value* values = static_cast<Value*>(sink.data) + rows_;
      for (uint32_t i = 0; i < count; ++i) SQLRITE_TRY(own_bytes(values[i], heap));
    }
  }
  rows_ += count;
  return {};
}

void RowFetch::add_missing(uint32_t until) {
  if (until <= rows_) return;
  uint32_t count = until - rows_;
  for (storage::ColumnSink& sink : sinks_) {
    switch (sink.rep) {
      case storage::ColumnSink::Rep::Nulls: break;
      case storage::ColumnSink::Rep::Cells:
        for (uint32_t row = rows_; row < until; ++row) static_cast<Value*>(sink.data)[row] = Value();
        break;
      case storage::ColumnSink::Rep::Ints:
      case storage::ColumnSink::Rep::Reals:
        if (!sink.has_nulls) std::memset(sink.nulls, 0, rows_);
        sink.has_nulls = true;
        std::memset(sink.nulls + rows_, 1, count);
        std::memset(static_cast<int64_t*>(sink.data) + rows_, 0, count * sizeof(int64_t));
        break;
    }
  }
  if (!rowid_slots_.empty()) {
    if (!rowid_column_.has_nulls) std::memset(rowid_column_.nulls, 0, rows_);
    rowid_column_.has_nulls = true;
    std::memset(rowid_column_.nulls + rows_, 1, count);
    std::memset(rowid_column_.ints + rows_, 0, count * sizeof(int64_t));
  }
  rows_ = until;
}

void RowFetch::finish(std::span<Column> columns) {
  for (size_t i = 0; i < wanted_.size(); ++i) {
    Column& column = columns[static_cast<size_t>(slots_[i])];
    column.rep = static_cast<Column::Rep>(sinks_[i].rep);
    column.constant = false;
    column.has_nulls = sinks_[i].has_nulls;
    column.nulls = sinks_[i].nulls;
    column.data = sinks_[i].data;
  }
  for (int32_t slot : rowid_slots_) columns[static_cast<size_t>(slot)] = rowid_column_;
}

Status decode_fields(const storage::CellRef& cell, const TreeSource& source, std::span<const uint16_t> positions,
                     Value* out, Arena& heap) {
  uint32_t missing_from = static_cast<uint32_t>(positions.size());
  return storage::decode_record(cell, *source.pager, source.view, source.encoding, positions.data(),
                                static_cast<uint32_t>(positions.size()), out, &missing_from, &heap);
}

}  // namespace sqlrite::exec
