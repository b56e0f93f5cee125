#include "storage/record/compare.h"

#include <cmath>
#include <cstdlib>
#include <cstring>

#include "base/buffer_memory.h"
#include "storage/btree/overflow.h"
#include "storage/format/page_layout.h"
#include "storage/record/serial.h"
#include "types/utf.h"

namespace sqlrite::storage {
namespace {

inline int sign_of(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

// Exact order of a double and an integer.
int compare_real_integer(double real, int64_t integer) {
  if (real >= 9223372036854775808.0) return 1;
  if (real < -9223372036854775808.0) return -1;
  int64_t whole = static_cast<int64_t>(real);
  if (whole != integer) return whole < integer ? -1 : 1;
  double rest = real - static_cast<double>(whole);
  return rest < 0 ? -1 : rest > 0;
}

inline int compare_bytes(const uint8_t* a, uint64_t a_size, const char* b, uint64_t b_size) {
  uint64_t common = a_size < b_size ? a_size : b_size;
  int order = common == 0 ? 0 : std::memcmp(a, b, common);
  return order != 0 ? order : a_size < b_size ? -1 : a_size > b_size;
}

int compare_with_zeros(const uint8_t* a, uint64_t a_size, uint64_t zeros) {
  for (uint64_t i = 0; i < a_size && i < zeros; ++i) {
    if (a[i] != 0) return 1;
  }
  return a_size < zeros ? -1 : a_size > zeros;
}

// Text of a UTF-16 file: BINARY goes by the file's bytes, other collations see UTF-8.
[[gnu::noinline]] Status compare_utf16(const uint8_t* text, uint64_t size, TextEncoding encoding, const Value& key,
                                       const Collation& collation, int* order) {
  Arena scratch(512);
  if (collation.kind == Collation::Kind::Binary) {
    SQLRITE_TRY_ASSIGN(std::string_view bytes, utf8_to_utf16(key.view(), encoding, scratch));
    *order = compare_bytes(text, size, bytes.data(), bytes.size());
    return {};
  }
  std::string_view bytes{reinterpret_cast<const char*>(text), size & ~uint64_t{1}};
  SQLRITE_TRY_ASSIGN(std::string_view converted, utf16_to_utf8(bytes, encoding, scratch));
  *order = compare_text(collation, converted, key.view());
  return {};
}

// Sign of (field - key), ascending; not for two texts in UTF-16. The field's bytes lie in memory.
inline int compare_field(uint64_t type, const uint8_t* bytes, uint64_t size, const Value& key,
                         const Collation& collation) {
  if (is_serial_integer(type)) {
    int64_t value = read_serial_integer(bytes, type);
    if (key.type == ValueType::Integer) [[likely]]
      return sign_of(value, key.integer);
    if (key.type == ValueType::Real) return -compare_real_integer(key.real, value);
    return key.type == ValueType::Null ? 1 : -1;
  }
  if (type >= 12) {
    bool text = (type & 1) != 0;
    if (text) {
      if (key.type != ValueType::Text) return key.type == ValueType::Blob ? -1 : 1;
      if (collation.kind == Collation::Kind::Binary) return compare_bytes(bytes, size, key.bytes, key.length);
      return compare_text(collation, {reinterpret_cast<const char*>(bytes), size}, key.view());
    }
    if (key.type != ValueType::Blob) return 1;
    if ((key.flags & value_flags::kZeroBlob) != 0) return compare_with_zeros(bytes, size, key.length);
    return compare_bytes(bytes, size, key.bytes, key.length);
  }
  if (type == 7) {
    double value = read_serial_real(bytes);
    if (value != value) return key.type == ValueType::Null ? 0 : -1;
    if (key.type == ValueType::Real) return value < key.real ? -1 : value > key.real;
    if (key.type == ValueType::Integer) return compare_real_integer(value, key.integer);
    return key.type == ValueType::Null ? 1 : -1;
  }
  return key.type == ValueType::Null ? 0 : -1;
}

}  // namespace

// A key of one integer, as most keys of joins are, beside a record that begins with one. False: not decided here.
static inline bool compare_integer(const uint8_t* payload, uint64_t payload_size_bytes, const KeyInfo& key_info,
                                   const SearchKey& key, int* order) {
  if (key.count != 1 || key.fields[0].type != ValueType::Integer) return false;
  uint32_t header_size = payload[0];
  uint32_t type = payload[1];
  if (header_size < 2 || header_size >= 0x80 || !is_serial_integer(type)) return false;
  if (header_size + kSerialSizes.size_bytes[type] > payload_size_bytes) return false;
  *order = sign_of(read_serial_integer(payload + header_size, type), key.fields[0].integer);
  if (key_info.descending != nullptr && key_info.field_count > 0 && key_info.descending[0]) *order = -*order;
  return true;
}

Result<int> compare_payload(const uint8_t* payload, uint64_t payload_size_bytes, const KeyInfo& key_info,
                            const SearchKey& key, uint32_t* equal_fields) {
  int integer_order;
  if (compare_integer(payload, payload_size_bytes, key_info, key, &integer_order)) {
    *equal_fields = integer_order == 0;
    return integer_order;
  }
  *equal_fields = 0;
  uint64_t header_size;
  uint32_t n = read_varint(payload, &header_size);
  if (header_size > payload_size_bytes || header_size < n) return Code::Corrupt;
  const uint8_t* h = payload + n;
  const uint8_t* h_end = payload + header_size;
  uint64_t body = header_size;
  for (uint32_t i = 0; i < key.count; ++i) {
    // A record with fewer fields sorts before every key that has more.
    if (h >= h_end) return -1;
    uint64_t type = *h;
    uint64_t size;
    if (type < 128) [[likely]] {
      ++h;
      size = kSerialSizes.size_bytes[type];
    } else {
      h += read_varint(h, &type);
      size = serial_size(type);
    }
    if (h > h_end || size > payload_size_bytes || body + size > payload_size_bytes) return Code::Corrupt;
    const Value& wanted = key.fields[i];
    int order;
    if (wanted.type == ValueType::Integer && is_serial_integer(type)) [[likely]] {
      order = sign_of(read_serial_integer(payload + body, type), wanted.integer);
    } else {
      const bool named =
          key_info.collations != nullptr && i < key_info.field_count && key_info.collations[i] != nullptr;
      const Collation& collation = named ? *key_info.collations[i] : kBinaryCollation;
      const bool texts = type >= 13 && (type & 1) != 0 && wanted.type == ValueType::Text;
      if (texts && key_info.encoding != TextEncoding::Utf8) [[unlikely]] {
        SQLRITE_TRY(compare_utf16(payload + body, size, key_info.encoding, wanted, collation, &order));
      } else {
        order = compare_field(type, payload + body, size, wanted, collation);
      }
    }
    if (order != 0) {
      bool descending = key_info.descending != nullptr && i < key_info.field_count && key_info.descending[i];
      return (order < 0) != descending ? -1 : 1;
    }
    ++*equal_fields;
    body += size;
  }
  return 0;
}

Result<int> compare_record(const CellRef& cell, Pager& pager, View view, const KeyInfo& key_info,
                           const SearchKey& key) {
  uint32_t equal_fields = 0;
  if (cell.payload_size_bytes == 0) return key.count == 0 ? 0 : -1;
  if (cell.payload_size_bytes == cell.local_size_bytes) [[likely]] {
    return compare_payload(cell.payload, cell.payload_size_bytes, key_info, key, &equal_fields);
  }
  // The leading fields often decide without the overflow pages: compare as many as lie on the leaf.
  uint64_t header_size;
  uint32_t n = read_varint(cell.payload, &header_size);
  if (header_size > cell.payload_size_bytes || header_size < n) return Code::Corrupt;
  if (header_size <= cell.local_size_bytes) {
    const uint8_t* h = cell.payload + n;
    uint64_t body = header_size;
    SearchKey local = key;
    local.count = 0;
    while (local.count < key.count && h < cell.payload + header_size) {
      uint64_t type;
      h += read_varint(h, &type);
      body += serial_size(type);
      if (body > cell.local_size_bytes) break;
      ++local.count;
    }
    if (local.count > 0) {
      SQLRITE_TRY_ASSIGN(int order,
                         compare_payload(cell.payload, cell.payload_size_bytes, key_info, local, &equal_fields));
      if (order != 0 || local.count == key.count) return order;
    }
  }
  SQLRITE_TRY(check_payload_size(pager, view, cell));
  size_t whole_size_bytes = cell.payload_size_bytes + size_t{16};
  auto* whole = static_cast<uint8_t*>(allocate_buffer(whole_size_bytes));
  if (whole == nullptr) return Code::NoMem;
  std::memset(whole + cell.payload_size_bytes, 0, 16);
  Status status = read_cell_payload(pager, view, cell, 0, cell.payload_size_bytes, whole);
  Result<int> order = status.ok() ? compare_payload(whole, cell.payload_size_bytes, key_info, key, &equal_fields)
                                  : Result<int>(std::move(status));
  free_buffer(whole, whole_size_bytes);
  return order;
}

Result<uint32_t> split_record(std::span<const uint8_t> payload, TextEncoding encoding, Value* values, uint32_t max,
                              Arena& heap) {
  if (payload.empty()) return 0u;
  const uint8_t* end = payload.data() + payload.size();
  uint64_t header_size;
  uint32_t n = get_varint(payload.data(), end, &header_size);
  if (n == 0 || header_size > payload.size() || header_size < n) return Code::Corrupt;
  const uint8_t* h = payload.data() + n;
  const uint8_t* h_end = payload.data() + header_size;
  const uint8_t* body = h_end;
  uint32_t count = 0;
  while (h < h_end) {
    uint64_t type;
    uint32_t length = get_varint(h, h_end, &type);
    if (length == 0) return Code::Corrupt;
    h += length;
    uint64_t size = serial_size(type);
    if (size > static_cast<uint64_t>(end - body)) return Code::Corrupt;
    if (count < max) {
      Value& value = values[count];
      if (type >= 12) {
        std::string_view bytes{reinterpret_cast<const char*>(body), size};
        if ((type & 1) == 0) {
          value = Value::from_blob(bytes, ValueOwner::Caller);
        } else if (encoding == TextEncoding::Utf8) {
          value = Value::from_text(bytes, ValueOwner::Caller);
        } else {
          SQLRITE_TRY_ASSIGN(std::string_view text,
                             utf16_to_utf8(bytes.substr(0, size & ~uint64_t{1}), encoding, heap));
          value = Value::from_text(text, ValueOwner::Heap);
        }
      } else if (type == 0 || type >= 10) {
        value = Value();
      } else {
        uint8_t padded[16] = {};
        std::memcpy(padded, body, size);
        value = type == 7 ? Value::from_real(read_serial_real(padded))
                          : Value::from_integer(read_serial_integer(padded, type));
      }
    }
    ++count;
    body += size;
  }
  return count;
}

}  // namespace sqlrite::storage
