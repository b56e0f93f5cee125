// Functions over blobs and literal forms: hex, unhex, quote, zeroblob, randomblob.
#include <cstring>

#include "functions/function_table.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

Status hex(CallContext& ctx, const Value* arguments, int, Value* result) {
  NumberText buffer;
  std::string_view bytes;
  SQLRITE_TRY(argument_bytes(ctx, arguments[0], buffer, &bytes));
  if (arguments[0].type == ValueType::Text && encoding_of(ctx) != TextEncoding::Utf8) {
    SQLRITE_TRY_ASSIGN(bytes, utf8_to_utf16(bytes, encoding_of(ctx), *ctx.heap));
  }
  char* out;
  SQLRITE_TRY(allocate_text(ctx, bytes.size() * 2, &out, result));
  for (unsigned char c : bytes) {
    *out++ = "0123456789ABCDEF"[c >> 4];
    *out++ = "0123456789ABCDEF"[c & 0xf];
  }
  return Status();
}

bool contains_character(std::string_view set, uint32_t character) {
  const char* p = set.data();
  const char* end = p + set.size();
  while (p < end) {
    if (read_utf8(p, end) == character) return true;
  }
  return false;
}

// unhex(text [, characters that may stand between the bytes]); NULL when anything else stands there.
Status unhex(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  if (arguments[0].is_null() || (argument_count == 2 && arguments[1].is_null())) return Status();
  NumberText buffers[2];
  std::string_view text, ignored;
  SQLRITE_TRY(argument_text(ctx, arguments[0], buffers[0], &text));
  if (argument_count == 2) SQLRITE_TRY(argument_text(ctx, arguments[1], buffers[1], &ignored));
  char* out = static_cast<char*>(ctx.heap->try_allocate(text.size() / 2 + 1, 1));
  if (out == nullptr) return Code::NoMem;
  char* q = out;
  text = until_nul(text);
  const char* p = text.data();
  const char* end = p + text.size();
  while (p < end) {
    int high = hex_digit_value(*p);
    if (high < 0) {
      if (!contains_character(ignored, read_utf8(p, end))) return Status();
      continue;
    }
    int low = ++p < end ? hex_digit_value(*p) : -1;
    if (low < 0) return Status();
    ++p;
    *q++ = static_cast<char>(high * 16 + low);
  }
  *result = Value::from_blob({out, static_cast<size_t>(q - out)}, ValueOwner::Heap);
  return Status();
}

template <bool escape_controls>
Status quote(CallContext& ctx, const Value* arguments, int, Value* result) {
  TextBuilder out(*ctx.heap, length_limit(ctx));
  append_quoted(out, arguments[0], escape_controls);
  return out.finish(result);
}

Status zeroblob(CallContext& ctx, const Value* arguments, int, Value* result) {
  int64_t size = to_integer(arguments[0]);
  if (size < 0) size = 0;
  if (size > length_limit(ctx)) return too_big();
  *result = Value::from_blob({}, ValueOwner::Static);
  result->length = static_cast<uint32_t>(size);
  result->flags = value_flags::kZeroBlob;
  return Status();
}

Status randomblob(CallContext& ctx, const Value* arguments, int, Value* result) {
  int64_t size = to_integer(arguments[0]);
  if (size < 1) size = 1;
  char* out;
  SQLRITE_TRY(allocate_text(ctx, static_cast<size_t>(size), &out, result));
  ctx.connection->random_bytes(out, static_cast<size_t>(size));
  result->type = ValueType::Blob;
  return Status();
}

}  // namespace

void add_byte_functions(std::vector<FunctionDef>& table) {
  table.push_back(scalar_def("hex", 1, hex));
  table.push_back(scalar_def("unhex", 1, unhex));
  table.push_back(scalar_def("unhex", 2, unhex));
  table.push_back(scalar_def("quote", 1, quote<false>));
  table.push_back(scalar_def("unistr_quote", 1, quote<true>));
  table.push_back(scalar_def("zeroblob", 1, zeroblob));
  table.push_back(scalar_def("randomblob", 1, randomblob, function_flags::kInnocuous));
}

}  // namespace sqlrite::functions
