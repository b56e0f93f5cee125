#include "batch/batch.h"

#include "base/buffer_memory.h"

namespace sqlrite {

namespace {
// Cells first (16-byte alignment), validity bytes behind them; 64 bytes of slack for wide stores.
size_t buffer_size(uint32_t rows) { return size_t{rows} * (sizeof(Value) + 1) + 64; }
}  // namespace

ColumnBuffer::~ColumnBuffer() { free_buffer(data_, buffer_size(capacity_)); }

Status ColumnBuffer::reserve(uint32_t rows) {
  if (rows <= capacity_) return {};
  constexpr uint32_t kRowsMin = 16;  // so that a scan's first batches, of one and of eight rows, share one allocation
  rows = rows < kRowsMin ? kRowsMin : rows;
  void* grown = allocate_buffer(buffer_size(rows));
  if (grown == nullptr) return Code::NoMem;
  free_buffer(data_, buffer_size(capacity_));
  data_ = grown;
  nulls_ = static_cast<uint8_t*>(grown) + size_t{rows} * sizeof(Value);
  capacity_ = rows;
  return {};
}

}  // namespace sqlrite
