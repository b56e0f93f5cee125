// Reading sqlite3_value objects.
#include <cstring>

#include "handles.h"
#include "types/affinity.h"
#include "types/cast.h"

using namespace sqlrite;
using namespace sqlrite::compat;

extern "C" {

int sqlite3_value_type(sqlite3_value* value) {
  return value != nullptr ? static_cast<int>(value->value.type) : SQLITE_NULL;
}

int sqlite3_value_numeric_type(sqlite3_value* value) {
  if (value == nullptr) return SQLITE_NULL;
  if (value->value.type == ValueType::Text) {
    Value number = value->value;
    apply_numeric_to_text(number, false);
    if (number.is_numeric()) value->set(number);
  }
  return static_cast<int>(value->value.type);
}

int sqlite3_value_int(sqlite3_value* value) { return static_cast<int>(sqlite3_value_int64(value)); }

sqlite3_int64 sqlite3_value_int64(sqlite3_value* value) {
  if (value == nullptr || (value->value.flags & value_flags::kZeroBlob) != 0) return 0;
  return to_integer(value->value);
}

double sqlite3_value_double(sqlite3_value* value) {
  if (value == nullptr || (value->value.flags & value_flags::kZeroBlob) != 0) return 0;
  return to_real(value->value);
}

const unsigned char* sqlite3_value_text(sqlite3_value* value) {
  if (value == nullptr) return nullptr;
  return reinterpret_cast<const unsigned char*>(value->as_text().data());
}

const void* sqlite3_value_blob(sqlite3_value* value) {
  if (value == nullptr) return nullptr;
  std::string_view bytes = value->as_text();
  return bytes.empty() ? nullptr : bytes.data();
}

int sqlite3_value_bytes(sqlite3_value* value) {
  if (value == nullptr) return 0;
  if (value->value.is_bytes()) return static_cast<int>(value->value.length);
  return static_cast<int>(value->as_text().size());
}

const void* sqlite3_value_text16(sqlite3_value* value) {
  return value != nullptr ? value->as_text16(kNativeUtf16).data() : nullptr;
}
const void* sqlite3_value_text16le(sqlite3_value* value) {
  return value != nullptr ? value->as_text16(TextEncoding::Utf16Le).data() : nullptr;
}
const void* sqlite3_value_text16be(sqlite3_value* value) {
  return value != nullptr ? value->as_text16(TextEncoding::Utf16Be).data() : nullptr;
}
int sqlite3_value_bytes16(sqlite3_value* value) {
  return value != nullptr ? static_cast<int>(value->as_text16(kNativeUtf16).size()) : 0;
}

unsigned int sqlite3_value_subtype(sqlite3_value* value) { return value != nullptr ? value->value.subtype : 0; }

void* sqlite3_value_pointer(sqlite3_value* value, const char* type) {
  if (value == nullptr || type == nullptr || (value->value.flags & value_flags::kPointer) == 0) return nullptr;
  const auto* box = reinterpret_cast<const PointerBox*>(value->value.bytes);
  return std::strcmp(box->type, type) == 0 ? box->pointer : nullptr;
}

int sqlite3_value_nochange(sqlite3_value*) { return 0; }

int sqlite3_value_frombind(sqlite3_value* value) {
  return value != nullptr && value->value.is_bytes() && value->value.owner == ValueOwner::Caller ? 1 : 0;
}

int sqlite3_value_encoding(sqlite3_value*) { return SQLITE_UTF8; }

sqlite3_value* sqlite3_value_dup(const sqlite3_value* from) {
  if (from == nullptr) return nullptr;
  auto* copy = new (std::nothrow) sqlite3_value();
  if (copy == nullptr) return nullptr;
  copy->value = from->value;
  Value& value = copy->value;
  if ((value.flags & value_flags::kPointer) != 0) value = Value::null();
  if (value.is_bytes() && (value.flags & value_flags::kZeroBlob) == 0) {
    Arena* heap = copy->arena();
    std::string_view bytes = heap != nullptr ? heap->try_copy(value.view()) : std::string_view();
    if (bytes.data() == nullptr) {
      delete copy;
      return nullptr;
    }
    value.bytes = bytes.data();
    value.owner = ValueOwner::Heap;
    value.flags = value_flags::kNulFollows;
  }
  return copy;
}

void sqlite3_value_free(sqlite3_value* value) { delete value; }

}  // extern "C"
