#include "functions/json/json_argument.h"

#include <cmath>

#include "types/number_text.h"

namespace sqlrite::functions {

namespace {

Status malformed() { return call_error("malformed JSON"); }
Status no_blobs() { return call_error("JSON cannot hold BLOB values"); }

Status parse_to_jsonb(CallContext& ctx, std::string_view text, std::string_view* out) {
  TextBuilder jsonb(*ctx.heap);
  if (text.empty()) return malformed();
  bool ok = parse_json(text, jsonb).ok;
  if (jsonb.failed()) return jsonb.status();
  if (!ok) return malformed();
  *out = jsonb.view();
  return Status();
}

}  // namespace

Status json_argument(CallContext& ctx, const Value& argument, std::string_view* out, bool* is_null) {
  *is_null = argument.is_null();
  *out = {};
  if (*is_null) return Status();
  NumberText buffer;
  std::string_view bytes;
  SQLRITE_TRY(argument_bytes(ctx, argument, buffer, &bytes));
  if (argument.type == ValueType::Blob && looks_like_jsonb(bytes)) {
    *out = bytes;
    return Status();
  }
  return parse_to_jsonb(ctx, bytes, out);
}

Status append_value_as_jsonb(CallContext& ctx, const Value& value, TextBuilder& out) {
  NumberText buffer;
  std::string_view bytes;
  if (!value.is_null()) SQLRITE_TRY(argument_bytes(ctx, value, buffer, &bytes));
  switch (value.type) {
    case ValueType::Null: out.append('\0'); break;
    case ValueType::Integer: append_json_element(out, JsonKind::Int, bytes); break;
    case ValueType::Real:
      if (std::isinf(value.real)) bytes = value.real < 0 ? "-9e999" : "9e999";
      append_json_element(out, JsonKind::Float, bytes);
      break;
    case ValueType::Text:
      if (value.subtype == kJsonSubtype) {
        std::string_view jsonb;
        SQLRITE_TRY(parse_to_jsonb(ctx, bytes, &jsonb));
        out.append(jsonb);
      } else {
        append_json_element(out, JsonKind::TextRaw, bytes);
      }
      break;
    case ValueType::Blob:
      if (!looks_like_jsonb(bytes)) return no_blobs();
      out.append(bytes);
      break;
  }
  return out.status();
}

Status append_value_as_json_text(CallContext& ctx, const Value& value, TextBuilder& out) {
  NumberText buffer;
  std::string_view bytes;
  if (!value.is_null()) SQLRITE_TRY(argument_bytes(ctx, value, buffer, &bytes));
  switch (value.type) {
    case ValueType::Null: out.append("null"); break;
    case ValueType::Integer: out.append(bytes); break;
    case ValueType::Real: append_quoted(out, value, false); break;
    case ValueType::Text:
      if (value.subtype == kJsonSubtype) {
        out.append(bytes);
      } else {
        append_json_string(out, bytes);
      }
      break;
    case ValueType::Blob:
      if (!looks_like_jsonb(bytes)) return no_blobs();
      SQLRITE_TRY(json_text_status(append_json_text(out, bytes, 0)));
      break;
  }
  return out.status();
}

Status json_result(CallContext& ctx, std::string_view jsonb, size_t at, bool as_jsonb, Value* result) {
  TextBuilder out(*ctx.heap, length_limit(ctx));
  if (as_jsonb) {
    out.append(jsonb.substr(at));
    SQLRITE_TRY(out.finish(result));
    result->type = ValueType::Blob;
    return Status();
  }
  SQLRITE_TRY(json_text_status(append_json_text(out, jsonb, at)));
  SQLRITE_TRY(out.finish(result));
  result->subtype = kJsonSubtype;
  return Status();
}

Status json_text_result(CallContext& ctx, TextBuilder& text, bool as_jsonb, Value* result) {
  SQLRITE_TRY(text.finish(result));
  if (!as_jsonb) {
    result->subtype = kJsonSubtype;
    return Status();
  }
  std::string_view jsonb;
  SQLRITE_TRY(parse_to_jsonb(ctx, result->view(), &jsonb));
  *result = Value::from_blob(jsonb, ValueOwner::Heap);
  return Status();
}

}  // namespace sqlrite::functions
