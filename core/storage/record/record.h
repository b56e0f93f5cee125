// Record codec: the row format of https://sqlite.org/fileformat2.html#record_format.
// Header: varint header size, one varint serial type per column; body: the values in order.
#pragma once

#include <cstdint>
#include <span>

#include "base/arena.h"
#include "base/status.h"
#include "storage/btree/btree.h"
#include "types/value.h"

namespace sqlrite::storage {

// What is needed to read the part of a value that lies on overflow pages.
struct OverflowRef {
  Pager* pager;
  View view;
  PageId first_page;          // of the row's overflow chain
  uint32_t local_size_bytes;  // payload bytes that lie on the leaf
  const uint8_t* local;       // the leaf's part of the payload
  uint64_t offset;            // of the value within the payload
};

// 1..9 bytes, big-endian base 128. Returns the number of bytes read; never reads past `end` (0 when it would).
uint32_t get_varint(const uint8_t* p, const uint8_t* end, uint64_t* value);
uint32_t put_varint(uint8_t* p, uint64_t value);
uint32_t varint_size(uint64_t value);

// Decodes columns `wanted[0..wanted_count)` (ascending column numbers) of one cell. Columns beyond the record's end are
// left as Null with *missing_from set to the first such position in `wanted` (callers put the column default there).
// Text and Blob values point into the page. Those that reach into overflow pages are read into `heap`; with `lazy` (room
// for wanted_count entries, living as long as the values) they come back with kOverflow instead, their length in the
// file's bytes. UTF-16 text is converted to UTF-8 in `heap`. `real_column[w]` (may be null): an integer reads as a real.
// REQUIRES: heap or lazy when payloads may overflow, heap for UTF-16.
Status decode_record(const CellRef& cell, Pager& pager, View view, TextEncoding encoding, const uint16_t* wanted,
                     uint32_t wanted_count, Value* out, uint32_t* missing_from, Arena* heap,
                     OverflowRef* lazy = nullptr, const bool* real_column = nullptr);
// Where a column's value lies in a record, and its serial type (0, NULL, when the record ends before it).
struct FieldPlace {
  uint64_t serial_type = 0;
  uint64_t offset = 0;  // in the payload
  uint64_t size_bytes = 0;
  friend bool operator==(const FieldPlace&, const FieldPlace&) = default;
};
Result<FieldPlace> locate_field(const CellRef& cell, Pager& pager, View view, uint32_t column);
// Reads a kOverflow value. The bytes are followed by a NUL.
Result<Value> load_overflow(const Value& value, TextEncoding encoding, Arena& heap);

// Encodes a record. `buffer` grows as needed and is reused. Zeroblobs at the end become the zero tail.
class RecordEncoder {
 public:
  RecordEncoder() = default;
  ~RecordEncoder();
  RecordEncoder(const RecordEncoder&) = delete;
  RecordEncoder& operator=(const RecordEncoder&) = delete;
  // The payload is valid until the next encode. `real_as_integer[i]` (may be null): column has REAL affinity, so a real
  // without fraction is stored as an integer.
  Result<Payload> encode(const Value* values, uint32_t count, TextEncoding encoding, const bool* real_as_integer);

 private:
  Status reserve(size_t size_bytes);
  uint8_t* buffer_ = nullptr;
  size_t capacity_bytes_ = 0;
};

// Compares a record's leading fields with a key: sign of (record - key) in index order. Touches overflow pages only when
// it must.
Result<int> compare_record(const CellRef& cell, Pager& pager, View view, const KeyInfo& key_info, const SearchKey& key);

}  // namespace sqlrite::storage
