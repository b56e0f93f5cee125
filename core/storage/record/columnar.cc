#include "storage/record/columnar.h"

#include <cstring>

#include "kernels/cpu.h"
#include "storage/format/varint.h"
#include "storage/record/serial.h"

namespace sqlrite::storage {
namespace {

using Rep = ColumnSink::Rep;

int64_t* ints_of(ColumnSink& sink) { return static_cast<int64_t*>(sink.data); }
double* reals_of(ColumnSink& sink) { return static_cast<double*>(sink.data); }
Value* cells_of(ColumnSink& sink) { return static_cast<Value*>(sink.data); }

// Turns the first `rows` entries into 16-byte values, in place from the end.
[[gnu::noinline]] void demote(ColumnSink& sink, uint32_t rows) {
  Value* cells = cells_of(sink);
  for (uint32_t i = rows; i-- > 0;) {
    bool null = sink.rep == Rep::Nulls || (sink.has_nulls && sink.nulls[i] != 0);
    Value value;
    if (!null && sink.rep == Rep::Ints) value = Value::from_integer(ints_of(sink)[i]);
    if (!null && sink.rep == Rep::Reals) value = Value::from_real(reals_of(sink)[i]);
    cells[i] = value;
  }
  sink.rep = Rep::Cells;
  sink.has_nulls = false;
}

// Gives a sink that saw only NULLs its type.
[[gnu::noinline]] void become(ColumnSink& sink, Rep rep, uint32_t rows) {
  if (rep == Rep::Cells) {
    demote(sink, rows);
    return;
  }
  sink.rep = rep;
  sink.has_nulls = rows > 0;
  if (rows > 0) {
    std::memset(sink.nulls, 1, rows);
    std::memset(sink.data, 0, sizeof(int64_t) * rows);
  }
}

[[gnu::noinline]] void put_null(ColumnSink& sink, uint32_t row) {
  switch (sink.rep) {
    case Rep::Nulls: return;
    case Rep::Cells: cells_of(sink)[row] = Value(); return;
    case Rep::Ints:
    case Rep::Reals:
      if (!sink.has_nulls) {
        std::memset(sink.nulls, 0, row);
        sink.has_nulls = true;
      }
      sink.nulls[row] = 1;
      ints_of(sink)[row] = 0;
      return;
  }
}

inline void put_integer(ColumnSink& sink, uint32_t row, int64_t value) {
  if (sink.rep != Rep::Ints) [[unlikely]] {
    if (sink.rep == Rep::Nulls) {
      become(sink, Rep::Ints, row);
    } else {
      if (sink.rep != Rep::Cells) demote(sink, row);
      cells_of(sink)[row] = Value::from_integer(value);
      return;
    }
  }
  ints_of(sink)[row] = value;
  if (sink.has_nulls) sink.nulls[row] = 0;
}

inline void put_real(ColumnSink& sink, uint32_t row, double value) {
  if (value != value) [[unlikely]] {
    put_null(sink, row);
    return;
  }
  if (sink.rep != Rep::Reals) [[unlikely]] {
    if (sink.rep == Rep::Nulls) {
      become(sink, Rep::Reals, row);
    } else {
      if (sink.rep != Rep::Cells) demote(sink, row);
      cells_of(sink)[row] = Value::from_real(value);
      return;
    }
  }
  reals_of(sink)[row] = value;
  if (sink.has_nulls) sink.nulls[row] = 0;
}

inline void put_cell(ColumnSink& sink, uint32_t row, const Value& value) {
  if (sink.rep != Rep::Cells) [[unlikely]]
    demote(sink, row);
  cells_of(sink)[row] = value;
}

void put_value(ColumnSink& sink, uint32_t row, const Value& value) {
  switch (value.type) {
    case ValueType::Null: put_null(sink, row); return;
    case ValueType::Integer: put_integer(sink, row, value.integer); return;
    case ValueType::Real: put_real(sink, row, value.real); return;
    default: put_cell(sink, row, value); return;
  }
}

// Records with overflow, long headers or UTF-16 text: through decode_record, some columns at a time.
[[gnu::noinline]] Status decode_row_slowly(const CellRef& cell, const ColumnPlan& plan, uint32_t row, ColumnSink* sinks,
                                           Arena* heap, OverflowRef* lazy) {
  constexpr uint32_t kChunk = 32;
  Value values[kChunk];
  for (uint32_t from = 0; from < plan.wanted_count; from += kChunk) {
    uint32_t count = plan.wanted_count - from < kChunk ? plan.wanted_count - from : kChunk;
    uint32_t missing;
    SQLRITE_TRY(decode_record(cell, *plan.pager, plan.view, plan.encoding, plan.wanted + from, count, values, &missing,
                              heap, lazy == nullptr ? nullptr : lazy + from,
                              plan.real_column == nullptr ? nullptr : plan.real_column + from));
    for (uint32_t i = 0; i < count; ++i) {
      uint32_t w = from + i;
      if (w == plan.rowid_alias) {
        put_integer(sinks[w], row, cell.rowid);
      } else if (i >= missing) {
        put_value(sinks[w], row, plan.defaults != nullptr ? plan.defaults[w] : Value());
      } else {
        put_value(sinks[w], row, values[i]);
      }
    }
  }
  return {};
}

}  // namespace

Status decode_columns_scalar(const CellRef* cells, uint32_t count, const ColumnPlan& plan, uint32_t first_row,
                             ColumnSink* sinks, Arena* heap, OverflowRef* lazy) {
  const uint32_t wanted_count = plan.wanted_count;
  const uint16_t* wanted = plan.wanted;
  const bool utf8 = plan.encoding == TextEncoding::Utf8;
  for (uint32_t i = 0; i < count; ++i) {
    const CellRef& cell = cells[i];
    const uint8_t* payload = cell.payload;
    const uint32_t row = first_row + i;
    const uint32_t local = cell.local_size_bytes;
    const uint32_t header_size = local > 0 ? payload[0] : 255;
    OverflowRef* row_lazy = lazy == nullptr ? nullptr : lazy + size_t{i} * wanted_count;
    if (header_size >= 128 || header_size > local || cell.payload_size_bytes != local || !utf8) [[unlikely]] {
      SQLRITE_TRY(decode_row_slowly(cell, plan, row, sinks, heap, row_lazy));
      continue;
    }
    const uint8_t* h = payload + 1;
    const uint8_t* h_end = payload + header_size;
    uint64_t body = header_size;
    uint32_t column = 0;
    for (uint32_t w = 0; w < wanted_count; ++w) {
      const uint32_t target = wanted[w];
      while (column < target && h < h_end) {
        uint64_t type = *h;
        if (type < 128) [[likely]] {
          ++h;
          body += kSerialSizes.size_bytes[type];
        } else {
          h += read_varint(h, &type);
          body += serial_size(type);
        }
        ++column;
      }
      ColumnSink& sink = sinks[w];
      if (h >= h_end) [[unlikely]] {
        if (h > h_end || body > local) return Code::Corrupt;
        if (w == plan.rowid_alias) {
          put_integer(sink, row, cell.rowid);
        } else {
          put_value(sink, row, plan.defaults != nullptr ? plan.defaults[w] : Value());
        }
        continue;
      }
      uint64_t type = *h;
      uint64_t size;
      if (type < 128) [[likely]] {
        ++h;
        size = kSerialSizes.size_bytes[type];
      } else {
        h += read_varint(h, &type);
        size = serial_size(type);
      }
      ++column;
      if (size > local || body + size > local || h > h_end) [[unlikely]]
        return Code::Corrupt;
      const uint8_t* bytes = payload + body;
      body += size;
      if (w == plan.rowid_alias) {
        put_integer(sink, row, cell.rowid);
      } else if (is_serial_integer(type)) {
        int64_t value = read_serial_integer(bytes, type);
        if (plan.real_column != nullptr && plan.real_column[w]) {
          put_real(sink, row, static_cast<double>(value));
        } else {
          put_integer(sink, row, value);
        }
      } else if (type >= 12) {
        std::string_view view{reinterpret_cast<const char*>(bytes), size};
        put_cell(sink, row,
                 (type & 1) != 0 ? Value::from_text(view, ValueOwner::Page) : Value::from_blob(view, ValueOwner::Page));
      } else if (type == 7) {
        put_real(sink, row, read_serial_real(bytes));
      } else {
        put_null(sink, row);
      }
    }
  }
  return {};
}

Status decode_columns(const CellRef* cells, uint32_t count, const ColumnPlan& plan, uint32_t first_row,
                      ColumnSink* sinks, Arena* heap, OverflowRef* lazy, BytesAhead* ahead) {
  BytesAhead none;
  if (ahead == nullptr) ahead = &none;
#if defined(__x86_64__)
  // Below sixteen rows setting up costs more than it saves.
  if (count >= 16 && plan.encoding == TextEncoding::Utf8 && kernels::best_isa() == kernels::Isa::Avx512) {
    uint32_t done = 0;
    while (done < count) {
      // The very first rows give the sinks their types.
      uint32_t fast = done == 0 && first_row == 0
                          ? 0
                          : decode_columns_avx512(cells + done, count - done, plan, first_row + done, sinks, ahead);
      done += fast;
      if (done >= count) break;
      uint32_t block = count - done < 8 ? count - done : 8;
      SQLRITE_TRY(decode_columns_scalar(cells + done, block, plan, first_row + done, sinks, heap,
                                        lazy == nullptr ? nullptr : lazy + size_t{done} * plan.wanted_count));
      done += block;
    }
    ahead->prefetch_all();
    return {};
  }
#endif
  ahead->prefetch_all();
  return decode_columns_scalar(cells, count, plan, first_row, sinks, heap, lazy);
}

}  // namespace sqlrite::storage
