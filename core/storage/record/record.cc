#include "storage/record/record.h"

#include <cstdlib>
#include <cstring>

#include "base/buffer_memory.h"
#include "base/check.h"
#include "storage/btree/overflow.h"
#include "storage/format/page_layout.h"
#include "storage/record/serial.h"
#include "types/utf.h"

namespace sqlrite::storage {
namespace {

// A record header longer than this never occurs: 32767 columns of at most three bytes and the size itself.
constexpr uint64_t kRecordHeaderSizeMax = 98307 + 3;

// Heap bytes that free themselves; the eight spare bytes are for wide loads.
struct ScratchBytes {
  uint8_t* bytes = nullptr;
  uint64_t size_bytes = 0;
  ~ScratchBytes() { free_buffer(bytes, size_bytes); }
  Status allocate(uint64_t size) {
    size_bytes = size + 16;
    bytes = static_cast<uint8_t*>(allocate_buffer(size_bytes));
    if (bytes == nullptr) return Code::NoMem;
    std::memset(bytes + size, 0, 16);
    return {};
  }
};

Status text_from_file(const uint8_t* bytes, uint64_t size, TextEncoding encoding, ValueOwner owner, Arena* heap,
                      Value* out) {
  if (encoding == TextEncoding::Utf8) {
    *out = Value::from_text({reinterpret_cast<const char*>(bytes), size}, owner);
    return {};
  }
  SQLRITE_ENSURE(heap != nullptr);
  SQLRITE_TRY_ASSIGN(std::string_view text,
                     utf16_to_utf8({reinterpret_cast<const char*>(bytes), size & ~uint64_t{1}}, encoding, *heap));
  *out = Value::from_text(text, ValueOwner::Heap);
  out->flags = value_flags::kNulFollows;
  return {};
}

struct DecodeContext {
  const CellRef& cell;
  Pager& pager;
  View view;
  TextEncoding encoding;
  Arena* heap;
  OverflowRef* lazy;
};

// A value that lies partly or wholly on overflow pages.
[[gnu::noinline]] Status decode_overflowing(const DecodeContext& c, uint64_t type, uint64_t offset, uint64_t size,
                                            uint32_t position, Value* out) {
  if (type < 12) {
    uint8_t bytes[16] = {};
    SQLRITE_TRY(read_cell_payload(c.pager, c.view, c.cell, offset, static_cast<uint32_t>(size), bytes));
    *out =
        type == 7 ? Value::from_real(read_serial_real(bytes)) : Value::from_integer(read_serial_integer(bytes, type));
    return {};
  }
  bool text = (type & 1) != 0;
  if (c.lazy != nullptr) {
    c.lazy[position] = OverflowRef{&c.pager, c.view, c.cell.overflow, c.cell.local_size_bytes, c.cell.payload, offset};
    Value value;
    value.overflow = &c.lazy[position];
    value.length = static_cast<uint32_t>(size);
    value.type = text ? ValueType::Text : ValueType::Blob;
    value.owner = ValueOwner::Page;
    value.flags = value_flags::kOverflow;
    *out = value;
    return {};
  }
  SQLRITE_ENSURE(c.heap != nullptr);
  SQLRITE_TRY(check_payload_size(c.pager, c.view, c.cell));
  auto* bytes = static_cast<uint8_t*>(c.heap->try_allocate(size + 16, 8));
  if (bytes == nullptr) return Code::NoMem;
  SQLRITE_TRY(read_cell_payload(c.pager, c.view, c.cell, offset, static_cast<uint32_t>(size), bytes));
  std::memset(bytes + size, 0, 16);
  if (text) {
    SQLRITE_TRY(text_from_file(bytes, size, c.encoding, ValueOwner::Heap, c.heap, out));
  } else {
    *out = Value::from_blob({reinterpret_cast<const char*>(bytes), size}, ValueOwner::Heap);
  }
  out->flags |= value_flags::kNulFollows;
  return {};
}

}  // namespace

Status decode_record(const CellRef& cell, Pager& pager, View view, TextEncoding encoding, const uint16_t* wanted,
                     uint32_t wanted_count, Value* out, uint32_t* missing_from, Arena* heap, OverflowRef* lazy,
                     const bool* real_column) {
  const uint8_t* payload = cell.payload;
  *missing_from = wanted_count;
  uint64_t header_size = 0;
  uint32_t n = cell.payload_size_bytes == 0 ? 1 : read_varint(payload, &header_size);
  if (header_size < n) [[unlikely]] {
    // A header that does not hold even its own size: SQLite takes it for a record without columns.
    for (uint32_t w = 0; w < wanted_count; ++w) out[w] = Value();
    *missing_from = 0;
    return {};
  }
  if (header_size > cell.payload_size_bytes || header_size > kRecordHeaderSizeMax) return Code::Corrupt;
  const uint8_t* h = payload + n;
  const uint8_t* h_end = payload + header_size;
  ScratchBytes long_header;
  if (header_size > cell.local_size_bytes) [[unlikely]] {
    SQLRITE_TRY(long_header.allocate(header_size));
    SQLRITE_TRY(read_cell_payload(pager, view, cell, 0, static_cast<uint32_t>(header_size), long_header.bytes));
    h = long_header.bytes + n;
    h_end = long_header.bytes + header_size;
  }
  uint64_t body = header_size;
  uint32_t column = 0;
  uint32_t local_size = cell.local_size_bytes;
  for (uint32_t w = 0; w < wanted_count; ++w) {
    uint64_t type = 0;
    uint32_t target = wanted[w];
    while (column < target && h < h_end) {
      uint64_t skipped = *h;
      if (skipped < 128) [[likely]] {
        ++h;
        body += kSerialSizes.size_bytes[skipped];
      } else {
        h += read_varint(h, &skipped);
        body += serial_size(skipped);
      }
      ++column;
    }
    if (h >= h_end) [[unlikely]] {
      if (h > h_end || body > cell.payload_size_bytes) return Code::Corrupt;
      *missing_from = w;
      for (; w < wanted_count; ++w) out[w] = Value();
      return {};
    }
    type = *h;
    uint64_t size;
    if (type < 128) [[likely]] {
      ++h;
      size = kSerialSizes.size_bytes[type];
    } else {
      h += read_varint(h, &type);
      size = serial_size(type);
    }
    ++column;
    uint64_t end = body + size;
    if (end > local_size && (end > cell.payload_size_bytes || h > h_end)) return Code::Corrupt;
    // Values without bytes (NULL, 0, 1, empty text) need no overflow page wherever they stand.
    const uint8_t* bytes = size == 0 ? payload : payload + body;
    if (end > local_size && size > 0) [[unlikely]] {
      SQLRITE_TRY(decode_overflowing({cell, pager, view, encoding, heap, lazy}, type, body, size, w, &out[w]));
    } else if (type >= 12) {
      if (type & 1) {
        if (encoding == TextEncoding::Utf8) [[likely]] {
          out[w] = Value::from_text({reinterpret_cast<const char*>(bytes), size}, ValueOwner::Page);
        } else {
          SQLRITE_TRY(text_from_file(bytes, size, encoding, ValueOwner::Page, heap, &out[w]));
        }
      } else {
        out[w] = Value::from_blob({reinterpret_cast<const char*>(bytes), size}, ValueOwner::Page);
      }
    } else if (is_serial_integer(type)) {
      out[w] = Value::from_integer(read_serial_integer(bytes, type));
    } else if (type == 7) {
      out[w] = Value::from_real(read_serial_real(bytes));
    } else {
      out[w] = Value();
    }
    body = end;
    if (real_column != nullptr && real_column[w] && out[w].type == ValueType::Integer) {
      out[w] = Value::from_real(static_cast<double>(out[w].integer));
    }
  }
  if (h > h_end) return Code::Corrupt;
  return {};
}

Result<FieldPlace> locate_field(const CellRef& cell, Pager& pager, View view, uint32_t column) {
  FieldPlace place;
  uint64_t header_size = 0;
  const uint32_t n = cell.payload_size_bytes == 0 ? 1 : read_varint(cell.payload, &header_size);
  if (header_size < n) return place;
  if (header_size > cell.payload_size_bytes || header_size > kRecordHeaderSizeMax) return Code::Corrupt;
  const uint8_t* header = cell.payload;
  ScratchBytes long_header;
  if (header_size > cell.local_size_bytes) {
    SQLRITE_TRY(long_header.allocate(header_size));
    SQLRITE_TRY(read_cell_payload(pager, view, cell, 0, static_cast<uint32_t>(header_size), long_header.bytes));
    header = long_header.bytes;
  }
  const uint8_t* h = header + n;
  const uint8_t* const h_end = header + header_size;
  place.offset = header_size;
  for (uint32_t i = 0; i <= column && h < h_end; ++i) {
    place.offset += place.size_bytes;
    h += read_varint(h, &place.serial_type);
    place.size_bytes = serial_size(place.serial_type);
    if (h > h_end || place.offset + place.size_bytes > cell.payload_size_bytes) return Code::Corrupt;
    if (i == column) return place;
  }
  return FieldPlace();
}

Result<Value> load_overflow(const Value& value, TextEncoding encoding, Arena& heap) {
  SQLRITE_ENSURE((value.flags & value_flags::kOverflow) != 0);
  const OverflowRef& ref = *value.overflow;
  CellRef cell;
  cell.payload = ref.local;
  cell.local_size_bytes = ref.local_size_bytes;
  uint64_t payload_size = ref.offset + value.length;
  if (payload_size > kPayloadSizeMax) return Code::Corrupt;
  cell.payload_size_bytes = static_cast<uint32_t>(payload_size);
  cell.overflow = ref.first_page;
  SQLRITE_TRY(check_payload_size(*ref.pager, ref.view, cell));
  auto* bytes = static_cast<uint8_t*>(heap.try_allocate(value.length + size_t{16}, 8));
  if (bytes == nullptr) return Code::NoMem;
  SQLRITE_TRY(read_cell_payload(*ref.pager, ref.view, cell, ref.offset, value.length, bytes));
  std::memset(bytes + value.length, 0, 16);
  Value loaded;
  if (value.type == ValueType::Text) {
    SQLRITE_TRY(text_from_file(bytes, value.length, encoding, ValueOwner::Heap, &heap, &loaded));
  } else {
    loaded = Value::from_blob({reinterpret_cast<const char*>(bytes), value.length}, ValueOwner::Heap);
  }
  loaded.flags |= value_flags::kNulFollows;
  loaded.subtype = value.subtype;
  return loaded;
}

namespace {

constexpr uint32_t kShortCountMax = 32;
constexpr size_t kShortValueSizeMax = 57;  // of a text whose serial type is below 128
constexpr size_t kWriteSlackSizeBytes = 16;

// A record whose types all take one byte, which most do: one pass, as the length of the header is known beforehand.
// Returns its size in bytes, 0 when a type is longer. REQUIRES: count <= kShortCountMax, room for that many values of
// kShortValueSizeMax, the header and kWriteSlackSizeBytes.
size_t encode_short(const Value* values, uint32_t count, const bool* real_as_integer, uint8_t* out) {
  uint8_t* body = out + count + 1;
  out[0] = static_cast<uint8_t>(count + 1);
  for (uint32_t i = 0; i < count; ++i) {
    const Value& value = values[i];
    uint64_t type = serial_type_of(value, real_as_integer != nullptr && real_as_integer[i]);
    if (type >= 128) return 0;
    out[i + 1] = static_cast<uint8_t>(type);
    if (type >= 12) {
      if ((value.flags & (value_flags::kZeroBlob | value_flags::kOverflow)) != 0) return 0;
      if (value.length > 0) std::memcpy(body, value.bytes, value.length);
      body += value.length;
    } else if (type >= 1 && type <= 7) {
      // Eight bytes are stored, those that do not count are overwritten by the next value.
      store_be64(body, serial_number_bits(value, type));
      body += kSerialSizes.size_bytes[type];
    }
  }
  return static_cast<size_t>(body - out);
}

}  // namespace

RecordEncoder::~RecordEncoder() { free_buffer(buffer_, capacity_bytes_); }

Status RecordEncoder::reserve(size_t size_bytes) {
  if (size_bytes <= capacity_bytes_) return {};
  size_t capacity = size_bytes + size_bytes / 2;
  auto* grown = static_cast<uint8_t*>(resize_buffer(buffer_, capacity_bytes_, capacity));
  if (grown == nullptr) return Code::NoMem;
  buffer_ = grown;
  capacity_bytes_ = capacity;
  return {};
}

Result<Payload> RecordEncoder::encode(const Value* values, uint32_t count, TextEncoding encoding,
                                      const bool* real_as_integer) {
  if (encoding != TextEncoding::Utf8) {
    bool has_text = false;
    for (uint32_t i = 0; i < count; ++i) has_text |= values[i].type == ValueType::Text;
    if (has_text) {
      Arena heap(4096);
      auto* converted = static_cast<Value*>(heap.try_allocate(sizeof(Value) * count, alignof(Value)));
      if (converted == nullptr) return Code::NoMem;
      std::memcpy(static_cast<void*>(converted), values, sizeof(Value) * count);
      for (uint32_t i = 0; i < count; ++i) {
        if (values[i].type != ValueType::Text) continue;
        SQLRITE_ENSURE((values[i].flags & value_flags::kOverflow) == 0);
        SQLRITE_TRY_ASSIGN(std::string_view bytes, utf8_to_utf16(values[i].view(), encoding, heap));
        converted[i] = Value::from_text(bytes, ValueOwner::Heap);
      }
      return encode(converted, count, TextEncoding::Utf8, real_as_integer);
    }
  }
  if (count <= kShortCountMax) {
    SQLRITE_TRY(reserve(1 + count * (1 + kShortValueSizeMax) + kWriteSlackSizeBytes));
    size_t size = encode_short(values, count, real_as_integer, buffer_);
    if (size > 0) return Payload{{buffer_, size}, 0};
  }
  // First pass: serial types and sizes.
  constexpr uint32_t kInline = 128;
  uint64_t inline_types[kInline];
  ScratchBytes many_types;
  uint64_t* types = inline_types;
  if (count > kInline) {
    SQLRITE_TRY(many_types.allocate(sizeof(uint64_t) * count));
    types = reinterpret_cast<uint64_t*>(many_types.bytes);
  }
  uint64_t header_size = 0;
  uint64_t body_size = 0;
  uint32_t tail_from = count;  // values from here on are zeroblobs
  for (uint32_t i = 0; i < count; ++i) {
    const Value& value = values[i];
    uint64_t type = serial_type_of(value, real_as_integer != nullptr && real_as_integer[i]);
    types[i] = type;
    header_size += varint_length(type);
    body_size += serial_size(type);
    bool zeros = value.type == ValueType::Blob && (value.flags & value_flags::kZeroBlob) != 0;
    if (!zeros) {
      tail_from = count;
    } else if (tail_from == count) {
      tail_from = i;
    }
  }
  uint32_t size_length = varint_length(header_size + 1);
  if (size_length > 1) size_length = varint_length(header_size + size_length);
  header_size += size_length;
  uint64_t tail_size = 0;
  for (uint32_t i = tail_from; i < count; ++i) tail_size += values[i].length;
  uint64_t total = header_size + body_size;
  if (total > kPayloadSizeMax) return Code::TooBig;
  uint64_t stored = total - tail_size;
  SQLRITE_TRY(reserve(static_cast<size_t>(stored) + kWriteSlackSizeBytes));
  // Second pass: write.
  uint8_t* h = buffer_;
  h += write_varint(h, header_size);
  uint8_t* body = buffer_ + header_size;
  for (uint32_t i = 0; i < count; ++i) {
    const Value& value = values[i];
    uint64_t type = types[i];
    h += write_varint(h, type);
    if (type >= 12) {
      if (i >= tail_from || value.length == 0) continue;
      if ((value.flags & value_flags::kZeroBlob) != 0) {
        std::memset(body, 0, value.length);
      } else {
        SQLRITE_ENSURE((value.flags & value_flags::kOverflow) == 0);
        std::memcpy(body, value.bytes, value.length);
      }
      body += value.length;
    } else if (type >= 1 && type <= 7) {
      // Eight bytes are stored, those that do not count are overwritten by the next value.
      store_be64(body, serial_number_bits(value, type));
      body += kSerialSizes.size_bytes[type];
    }
  }
  Payload payload;
  payload.bytes = {buffer_, static_cast<size_t>(stored)};
  payload.zero_tail_size_bytes = tail_size;
  return payload;
}

}  // namespace sqlrite::storage
