#include "batch/batch.h"

#include <cstdlib>

namespace sqlrite {

ColumnBuffer::~ColumnBuffer() { std::free(data_); }

Status ColumnBuffer::reserve(uint32_t rows) {
  if (rows <= capacity_) return {};
  constexpr uint32_t kRowsMin = 16;  // so that a scan's first batches, of one and of eight rows, share one allocation
  rows = rows < kRowsMin ? kRowsMin : rows;
  // One allocation: cells first (16-byte alignment), validity bytes behind them. 64 bytes of slack for wide stores.
  size_t cells_size_bytes = size_t{rows} * sizeof(Value);
  void* grown = std::malloc(cells_size_bytes + rows + 64);
  if (grown == nullptr) return Code::NoMem;
  std::free(data_);
  data_ = grown;
  nulls_ = static_cast<uint8_t*>(grown) + cells_size_bytes;
  capacity_ = rows;
  return {};
}

}  // namespace sqlrite
