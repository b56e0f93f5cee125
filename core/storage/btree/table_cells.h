// The cells of a leaf of a table tree, many at a time.
#pragma once

#include "base/status.h"
#include "storage/btree/btree.h"
#include "storage/format/page_layout.h"

namespace sqlrite::storage {

// Cells `first`, `first + step`, ... of the leaf at `page`; step is 1 or -1. REQUIRES: all of them exist by the page's
// head.
struct TableCellRun {
  const uint8_t* page;
  uint32_t pointers;  // offset of the cell pointer array
  uint32_t first;
  int step;
  uint32_t count;
};

// cells[i] is cell i of the run. Meanwhile the processor is asked for some of the bytes of `ahead`.
Status read_table_cells(const TableCellRun& run, const PayloadLimits& limits, BytesAhead* ahead, CellRef* cells);

// Reads cells from `done` on in groups of eight; the number read in the end. It stops before a group with something
// rare, where read_table_cells goes on: a payload that overflows or needs three bytes for its size, a rowid of many
// bytes, damage. REQUIRES: kernels::best_isa() == Isa::Avx512.
uint32_t read_table_cells_avx512(const TableCellRun& run, uint32_t done, const PayloadLimits& limits, BytesAhead* ahead,
                                 CellRef* cells);

}  // namespace sqlrite::storage
