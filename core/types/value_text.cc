#include "types/value_text.h"

#include <algorithm>
#include <cmath>

#include "types/utf.h"

namespace sqlrite {

namespace {

constexpr char kHexUpper[] = "0123456789ABCDEF";
constexpr char kHexLower[] = "0123456789abcdef";

size_t format_number(const Value& value, char* out) {
  return value.type == ValueType::Integer ? format_integer(value.integer, out) : format_real(value.real, out);
}

void append_quoted_text(TextBuilder& out, std::string_view text, bool escape_controls) {
  text = until_nul(text);
  if (escape_controls) {
    escape_controls =
        std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  }
  out.append(escape_controls ? "unistr('" : "'");
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\'' || (escape_controls && c == '\\')) {
      out.append(text.substr(done, i + 1 - done));
      out.append(c);
      done = i + 1;
    } else if (escape_controls && static_cast<unsigned char>(c) < 0x20) {
      out.append(text.substr(done, i - done));
      out.append("\\u00");
      out.append(c >= 0x10 ? '1' : '0');
      out.append(kHexLower[c & 0xf]);
      done = i + 1;
    }
  }
  out.append(text.substr(done));
  out.append(escape_controls ? "')" : "'");
}

}  // namespace

std::string_view text_of(const Value& value, NumberText& buffer) {
  if (value.is_bytes()) return value.view();
  if (value.is_null()) return {};
  return {buffer.bytes, format_number(value, buffer.bytes)};
}

Status make_bytes(Value& value, Arena& heap) {
  if ((value.flags & value_flags::kZeroBlob) == 0 || !value.is_bytes()) return Status();
  char* bytes = static_cast<char*>(heap.try_allocate(size_t{value.length} + 1, 1));
  if (bytes == nullptr) return Code::NoMem;
  std::memset(bytes, 0, size_t{value.length} + 1);
  value.bytes = bytes;
  value.flags = value_flags::kNulFollows;
  value.owner = ValueOwner::Heap;
  return Status();
}

Status make_text(Value& value, Arena& heap) {
  switch (value.type) {
    case ValueType::Null:
    case ValueType::Text: return Status();
    case ValueType::Blob:
      SQLRITE_TRY(make_bytes(value, heap));
      value.type = ValueType::Text;
      return Status();
    default: break;
  }
  char buffer[kRealTextSizeMax];
  size_t size = format_number(value, buffer);
  char* bytes = static_cast<char*>(heap.try_allocate(size + 1, 1));
  if (bytes == nullptr) return Code::NoMem;
  std::memcpy(bytes, buffer, size);
  bytes[size] = '\0';
  value = Value::from_text({bytes, size}, ValueOwner::Heap);
  value.flags = value_flags::kNulFollows;
  return Status();
}

char* TextBuilder::grow_slow(size_t count) {
  if (error_ != Code::Ok) return nullptr;
  if (count > size_max_ || size_ > size_max_ - count) {
    fail(Code::TooBig);
    return nullptr;
  }
  // One byte more than asked for, for the NUL of finish().
  size_t wanted = std::max(size_ + count + 1, capacity_ * 2);
  if (wanted < 64) wanted = 64;
  char* grown = static_cast<char*>(heap_->try_allocate(wanted, 1));
  if (grown == nullptr) {
    fail(Code::NoMem);
    return nullptr;
  }
  if (size_ > 0) std::memcpy(grown, data_, size_);
  data_ = grown;
  capacity_ = wanted - 1;
  char* at = data_ + size_;
  size_ += count;
  return at;
}

Status TextBuilder::status() const {
  if (error_ == Code::TooBig) return Status(Code::TooBig, "string or blob too big");
  return error_;
}

Status TextBuilder::finish(Value* out) {
  if (error_ == Code::Ok && size_ > size_max_) error_ = Code::TooBig;
  if (error_ != Code::Ok) return status();
  if (data_ == nullptr) {
    *out = Value::from_text({"", 0}, ValueOwner::Static);
    out->flags = value_flags::kNulFollows;
    return Status();
  }
  data_[size_] = '\0';
  *out = Value::from_text({data_, size_}, ValueOwner::Heap);
  out->flags = value_flags::kNulFollows;
  return Status();
}

void append_quoted(TextBuilder& out, const Value& value, bool escape_controls) {
  switch (value.type) {
    case ValueType::Null: out.append("NULL"); break;
    case ValueType::Integer:
    case ValueType::Real: {
      if (value.type == ValueType::Real && std::isinf(value.real)) {
        // A literal that overflows back into infinity.
        out.append(value.real < 0 ? "-9.0e+999" : "9.0e+999");
        break;
      }
      char buffer[kRealTextSizeMax];
      out.append({buffer, format_number(value, buffer)});
      break;
    }
    case ValueType::Text: append_quoted_text(out, value.view(), escape_controls); break;
    case ValueType::Blob: {
      char* p = out.grow(size_t{value.length} * 2 + 3);
      if (p == nullptr) break;
      *p++ = 'X';
      *p++ = '\'';
      for (size_t i = 0; i < value.length; ++i) {
        unsigned char byte =
            (value.flags & value_flags::kZeroBlob) != 0 ? 0 : static_cast<unsigned char>(value.bytes[i]);
        *p++ = kHexUpper[byte >> 4];
        *p++ = kHexUpper[byte & 0xf];
      }
      *p = '\'';
      break;
    }
  }
}

}  // namespace sqlrite
