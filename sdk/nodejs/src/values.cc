#include "values.h"

namespace sqlrite::node {

namespace {
// Bytes that napi_get_value_string_utf8 may leave unused in front of a code point that does not fit, and its NUL.
constexpr size_t kSlackBytes = 4;
}  // namespace

Status utf8_of(napi_env env, napi_value text, std::vector<char>& buffer, std::string& overflow, std::string_view* out) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, text, buffer.data(), buffer.size(), &length) != napi_ok) return Code::Mismatch;
  if (length + kSlackBytes < buffer.size()) {
    *out = {buffer.data(), length};
    return {};
  }
  if (napi_get_value_string_utf8(env, text, nullptr, 0, &length) != napi_ok) return Code::Mismatch;
  if (length > overflow.max_size()) return Code::TooBig;
  overflow.resize(length);
  if (napi_get_value_string_utf8(env, text, overflow.data(), length + 1, &length) != napi_ok) return Code::Mismatch;
  *out = {overflow.data(), length};
  return {};
}

std::string to_utf8(napi_env env, napi_value text) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, text, nullptr, 0, &length) != napi_ok) return {};
  std::string bytes(length, '\0');
  napi_get_value_string_utf8(env, text, bytes.data(), length + 1, &length);
  return bytes;
}

napi_status make_text(napi_env env, std::string_view bytes, napi_value* out) {
  return napi_create_string_utf8(env, bytes.empty() ? "" : bytes.data(), bytes.size(), out);
}

napi_status make_blob(napi_env env, std::string_view bytes, napi_value* out) {
  if (bytes.empty()) {
    void* unused = nullptr;
    return napi_create_buffer(env, 0, &unused, out);
  }
  return napi_create_buffer_copy(env, bytes.size(), bytes.data(), nullptr, out);
}

napi_status make_value(napi_env env, const Value& value, bool safe_integers, napi_value* out) {
  switch (value.type) {
    case ValueType::Integer:
      return safe_integers ? napi_create_bigint_int64(env, value.integer, out)
                           : napi_create_double(env, static_cast<double>(value.integer), out);
    case ValueType::Real: return napi_create_double(env, value.real, out);
    case ValueType::Text: return make_text(env, value.view(), out);
    case ValueType::Blob: return make_blob(env, value.view(), out);
    case ValueType::Null: break;
  }
  return napi_get_null(env, out);
}

}  // namespace sqlrite::node
