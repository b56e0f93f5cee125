// Records to columns: decodes many rows at once into typed arrays, for table scans.
//
// A sink starts as Nulls and takes the type of its first non-NULL value. It stays typed while the values are of that type
// or NULL, and is demoted to Cells when types mix:
//
//   Nulls --first integer--> Ints  --anything else--> Cells
//   Nulls --first real-----> Reals --anything else--> Cells
//   Nulls --text, blob-----> Cells
#pragma once

#include <cstdint>

#include "base/arena.h"
#include "base/status.h"
#include "storage/btree/btree.h"
#include "storage/record/record.h"
#include "types/value.h"

namespace sqlrite::storage {

struct ColumnSink {
  // The numbers are those of batch Column::Rep.
  enum class Rep : uint8_t { Nulls, Ints, Reals, Cells };
  Rep rep = Rep::Nulls;
  bool has_nulls = false;    // Ints and Reals: `nulls` is filled (one byte a row, non-zero = NULL; NULL rows hold 0)
  void* data = nullptr;      // room for 16 bytes a row, aligned to 16
  uint8_t* nulls = nullptr;  // room for one byte a row and 8 more
};

inline constexpr uint32_t kNoRowIdAlias = ~0u;

struct ColumnPlan {
  const uint16_t* wanted = nullptr;  // ascending column numbers
  uint32_t wanted_count = 0;
  uint32_t rowid_alias = kNoRowIdAlias;  // position in `wanted` of the INTEGER PRIMARY KEY: its value is the rowid
  const Value* defaults = nullptr;       // per wanted column, for records that end before it; null: NULL
  const bool* real_column = nullptr;     // per wanted column: integers read as reals; null: none
  TextEncoding encoding = TextEncoding::Utf8;
  Pager* pager = nullptr;
  View view;
};

// Decodes cells[0..count) into rows first_row.. of the sinks, which hold rows 0..first_row of earlier calls (or are fresh).
// Text and blobs point into the pages; what lies on overflow pages or needs conversion is copied to `heap`, or, with
// `lazy` (room for count * wanted_count entries that live as long as the values), comes back with kOverflow. Between the
// rows the processor is asked for what is left of `ahead`.
Status decode_columns(const CellRef* cells, uint32_t count, const ColumnPlan& plan, uint32_t first_row,
                      ColumnSink* sinks, Arena* heap, OverflowRef* lazy = nullptr, BytesAhead* ahead = nullptr);

// --- For the implementations only.

// Rows one by one; any record, any type.
Status decode_columns_scalar(const CellRef* cells, uint32_t count, const ColumnPlan& plan, uint32_t first_row,
                             ColumnSink* sinks, Arena* heap, OverflowRef* lazy);
// Eight rows at a time from the start; stops before the first eight that need the scalar form and returns the rows done.
uint32_t decode_columns_avx512(const CellRef* cells, uint32_t count, const ColumnPlan& plan, uint32_t first_row,
                               ColumnSink* sinks, BytesAhead* ahead);

}  // namespace sqlrite::storage
