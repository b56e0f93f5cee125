#include "types/blob_text.h"

#include "types/utf.h"
#include "types/value_text.h"

namespace sqlrite {

Status blob_to_text(Value& value, TextEncoding encoding, Arena& heap) {
  if (value.type != ValueType::Blob) return Status();
  SQLRITE_TRY(make_bytes(value, heap));
  if (encoding == TextEncoding::Utf8) return make_text(value, heap);
  SQLRITE_TRY_ASSIGN(std::string_view text, utf16_to_utf8(value.view(), encoding, heap));
  value = Value::from_text(text, ValueOwner::Heap);
  return Status();
}

}  // namespace sqlrite
