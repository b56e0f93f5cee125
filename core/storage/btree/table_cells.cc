#include "storage/btree/table_cells.h"

#include "base/endian.h"
#include "kernels/cpu.h"
#include "storage/format/varint.h"

namespace sqlrite::storage {

namespace {

// Cells `done` to `end` of the run, one by one.
Status read_one_by_one(const TableCellRun& run, uint32_t done, uint32_t end, const PayloadLimits& limits,
                       CellRef* cells) {
  const uint8_t* page_end = run.page + limits.usable_size_bytes;
  const uint32_t offset_max = limits.usable_size_bytes - kMinCellSizeBytes;
  const uint32_t local_max = limits.table_local_max;
  const ptrdiff_t step = 2 * run.step;
  const uint8_t* pointer = run.page + run.pointers + 2 * run.first + step * static_cast<ptrdiff_t>(done);
  for (uint32_t i = done; i < end; ++i, pointer += step) {
    uint32_t offset = load_be16(pointer);
    if (offset > offset_max) [[unlikely]]
      return Code::Corrupt;
    const uint8_t* p = run.page + offset;
    uint64_t payload_size = *p;
    if (payload_size < 0x80) [[likely]] {
      ++p;
    } else {
      p += read_varint(p, &payload_size);
    }
    uint64_t rowid;
    p += read_varint(p, &rowid);
    CellRef& cell = cells[i];
    cell.payload = p;
    cell.rowid = static_cast<RowId>(rowid);
    cell.payload_size_bytes = static_cast<uint32_t>(payload_size);
    if (payload_size <= local_max) [[likely]] {
      cell.local_size_bytes = static_cast<uint32_t>(payload_size);
      cell.overflow = PageId{};
      if (payload_size > static_cast<uint64_t>(page_end - p) || p > page_end) [[unlikely]]
        return Code::Corrupt;
    } else {
      if (payload_size > kPayloadSizeMax) return Code::Corrupt;
      uint32_t local = limits.local_part(payload_size, local_max);
      if (p > page_end || local + 4 > static_cast<uint64_t>(page_end - p)) return Code::Corrupt;
      cell.local_size_bytes = local;
      cell.overflow = PageId{load_be32(p + local)};
    }
  }
  return {};
}

}  // namespace

Status read_table_cells(const TableCellRun& run, const PayloadLimits& limits, BytesAhead* ahead, CellRef* cells) {
#if defined(__x86_64__)
  if (run.count >= 8 && kernels::best_isa() == kernels::Isa::Avx512) {
    uint32_t done = 0;
    for (;;) {
      done = read_table_cells_avx512(run, done, limits, ahead, cells);
      if (done == run.count) break;
      uint32_t end = run.count - done < 8 ? run.count : done + 8;
      SQLRITE_TRY(read_one_by_one(run, done, end, limits, cells));
      done = end;
      if (done == run.count) break;
    }
    return {};
  }
#endif
  return read_one_by_one(run, 0, run.count, limits, cells);
}

}  // namespace sqlrite::storage
