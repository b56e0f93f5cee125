// The JSON functions of SQL. Each reads JSON text or JSONB; the jsonb_ forms give JSONB back.
#include "functions/json/json_argument.h"
#include "functions/json/json_path.h"
#include "functions/json/json_scan.h"
#include "types/number_text.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

constexpr uint32_t kJsonText = kPure | function_flags::kSubtypeResult;

// The text of a path argument; false for NULL.
Status path_argument(CallContext& ctx, const Value& argument, NumberText& buffer, std::string_view* path,
                     bool* is_null) {
  *is_null = argument.is_null();
  if (*is_null) return Status();
  SQLRITE_TRY(argument_text(ctx, argument, buffer, path));
  *path = until_nul(*path);
  return Status();
}

bool starts_at_root(std::string_view path) { return !path.empty() && path[0] == '$'; }

Status bad_path(CallContext& ctx, std::string_view path) {
  return json_path_status(JsonLookup::BadPath, path, *ctx.heap);
}

// json(X), json_remove(X, path, ...)
template <bool as_jsonb>
Status json_remove(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  if (argument_count < 1) return Status();
  std::string_view jsonb;
  bool is_null;
  SQLRITE_TRY(json_argument(ctx, arguments[0], &jsonb, &is_null));
  if (is_null) return Status();
  for (int i = 1; i < argument_count; ++i) {
    NumberText buffer;
    std::string_view path;
    SQLRITE_TRY(path_argument(ctx, arguments[i], buffer, &path, &is_null));
    if (is_null) return Status();
    if (!starts_at_root(path)) return bad_path(ctx, path);
    if (path.size() == 1) return Status();
    TextBuilder out(*ctx.heap);
    JsonLookup lookup = edit_json_path(jsonb, path.substr(1), JsonEdit::Remove, {}, *ctx.heap, out);
    if (lookup == JsonLookup::NotFound) continue;
    if (lookup != JsonLookup::Found) return json_path_status(lookup, path, *ctx.heap);
    SQLRITE_TRY(out.status());
    jsonb = out.view();
  }
  return json_result(ctx, jsonb, 0, as_jsonb, result);
}

Status edit(CallContext& ctx, const Value* arguments, int argument_count, JsonEdit kind, std::string_view name,
            bool as_jsonb, Value* result) {
  *result = Value::null();
  if (argument_count < 1) return Status();
  if (argument_count % 2 == 0) {
    TextBuilder message(*ctx.heap);
    message.append("json_");
    message.append(name);
    message.append("() needs an odd number of arguments");
    return call_error(message.view());
  }
  std::string_view jsonb;
  bool is_null;
  SQLRITE_TRY(json_argument(ctx, arguments[0], &jsonb, &is_null));
  if (is_null) return Status();
  for (int i = 1; i + 1 < argument_count; i += 2) {
    NumberText buffer;
    std::string_view path;
    SQLRITE_TRY(path_argument(ctx, arguments[i], buffer, &path, &is_null));
    if (is_null) continue;
    if (!starts_at_root(path)) return bad_path(ctx, path);
    TextBuilder content(*ctx.heap);
    SQLRITE_TRY(append_value_as_jsonb(ctx, arguments[i + 1], content));
    if (path.size() == 1) {
      if (kind == JsonEdit::Replace || kind == JsonEdit::Set) jsonb = content.view();
      continue;
    }
    TextBuilder out(*ctx.heap);
    JsonLookup lookup = edit_json_path(jsonb, path.substr(1), kind, content.view(), *ctx.heap, out);
    if (lookup == JsonLookup::NotFound) continue;
    if (lookup != JsonLookup::Found) return json_path_status(lookup, path, *ctx.heap);
    SQLRITE_TRY(out.status());
    jsonb = out.view();
  }
  return json_result(ctx, jsonb, 0, as_jsonb, result);
}

template <JsonEdit kind, bool as_jsonb>
Status json_edit(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  constexpr std::string_view kName = kind == JsonEdit::Set       ? "set"
                                     : kind == JsonEdit::Replace ? "replace"
                                     : kind == JsonEdit::Insert  ? "insert"
                                                                 : "array_insert";
  return edit(ctx, arguments, argument_count, kind, kName, as_jsonb, result);
}

enum class ExtractKind : uint8_t { Extract, ArrowJson, ArrowSql };

// The arrows also take a label or an index alone: 'a' for $.a, 3 for $[3], -1 for $[#-1].
std::string_view arrow_steps(CallContext& ctx, const Value& argument, std::string_view path) {
  bool word = true;
  for (char c : path) {
    word = word && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
  }
  TextBuilder steps(*ctx.heap);
  if (argument.type == ValueType::Integer) {
    steps.append('[');
    if (path[0] == '-') steps.append('#');
    steps.append(path);
    steps.append(']');
  } else if (word) {
    steps.append('.');
    steps.append(path);
  } else if (path[0] == '[' && path.size() >= 3 && path.back() == ']') {
    return path;
  } else {
    steps.append(".\"");
    steps.append(path);
    steps.append('"');
  }
  return steps.view();
}

// The steps of a path argument; false when it is no path at all.
template <ExtractKind kind>
bool steps_of(CallContext& ctx, const Value& argument, std::string_view path, std::string_view* steps) {
  if (starts_at_root(path)) {
    *steps = path.substr(1);
    return true;
  }
  if (kind == ExtractKind::Extract) return false;
  *steps = arrow_steps(ctx, argument, path);
  return true;
}

// With one path into a text: looks for the element without converting the rest of the text.
template <ExtractKind kind>
Status scan_for_element(CallContext& ctx, const Value* arguments, JsonScan* scan, std::string_view* element) {
  *scan = JsonScan::Unsure;
  if (arguments[0].type != ValueType::Text) return Status();
  NumberText buffer;
  std::string_view path, steps;
  bool is_null;
  SQLRITE_TRY(path_argument(ctx, arguments[1], buffer, &path, &is_null));
  if (is_null || !steps_of<kind>(ctx, arguments[1], path, &steps) || steps.empty()) return Status();
  *scan = scan_json_text(arguments[0].view(), steps, element);
  return Status();
}

template <ExtractKind kind, bool as_jsonb>
Status extracted(CallContext& ctx, std::string_view jsonb, size_t at, Value* result) {
  if (kind == ExtractKind::ArrowJson) return json_result(ctx, jsonb, at, false, result);
  SQLRITE_TRY(json_to_value(jsonb, at, as_jsonb, *ctx.heap, result));
  if (kind == ExtractKind::ArrowSql) result->subtype = 0;
  return Status();
}

// The same for an element in plain JSON text. Numbers, which are many, need no JSONB.
template <ExtractKind kind, bool as_jsonb>
Status extracted_text(CallContext& ctx, std::string_view element, Value* result) {
  if (kind != ExtractKind::ArrowJson && (element[0] == '-' || is_digit(element[0]))) {
    return json_number_to_value(element, element.find_first_of(".eE") == std::string_view::npos, result);
  }
  std::string_view jsonb;
  bool is_null;
  SQLRITE_TRY(json_argument(ctx, Value::from_text(element, ValueOwner::Static), &jsonb, &is_null));
  return extracted<kind, as_jsonb>(ctx, jsonb, 0, result);
}

template <ExtractKind kind, bool as_jsonb>
Status json_extract(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  if (argument_count < 2) return Status();
  std::string_view jsonb;
  bool is_null;
  bool several = argument_count > 2;
  if (!several) {
    JsonScan scan;
    std::string_view element;
    SQLRITE_TRY(scan_for_element<kind>(ctx, arguments, &scan, &element));
    if (scan == JsonScan::NotFound) return Status();
    if (scan == JsonScan::Found) return extracted_text<kind, as_jsonb>(ctx, element, result);
  }
  SQLRITE_TRY(json_argument(ctx, arguments[0], &jsonb, &is_null));
  if (is_null) return Status();
  TextBuilder list(*ctx.heap, length_limit(ctx));
  if (several) list.append('[');
  for (int i = 1; i < argument_count; ++i) {
    NumberText buffer;
    std::string_view path, steps;
    SQLRITE_TRY(path_argument(ctx, arguments[i], buffer, &path, &is_null));
    if (is_null) return Status();
    if (!steps_of<kind>(ctx, arguments[i], path, &steps)) return bad_path(ctx, path);
    size_t found, label;
    JsonLookup lookup = find_json_path(jsonb, steps, &found, &label);
    if (lookup != JsonLookup::Found && lookup != JsonLookup::NotFound) return json_path_status(lookup, path, *ctx.heap);
    if (several) {
      if (i > 1) list.append(',');
      if (lookup == JsonLookup::NotFound) {
        list.append("null");
      } else {
        SQLRITE_TRY(json_text_status(append_json_text(list, jsonb, found)));
      }
      continue;
    }
    if (lookup == JsonLookup::NotFound) return Status();
    return extracted<kind, as_jsonb>(ctx, jsonb, found, result);
  }
  list.append(']');
  return json_text_result(ctx, list, as_jsonb, result);
}

template <bool as_jsonb>
Status json_array(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  TextBuilder out(*ctx.heap, length_limit(ctx));
  out.append('[');
  for (int i = 0; i < argument_count; ++i) {
    if (i > 0) out.append(',');
    SQLRITE_TRY(append_value_as_json_text(ctx, arguments[i], out));
  }
  out.append(']');
  return json_text_result(ctx, out, as_jsonb, result);
}

template <bool as_jsonb>
Status json_object(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  if (argument_count % 2 != 0) return call_error("json_object() requires an even number of arguments");
  TextBuilder out(*ctx.heap, length_limit(ctx));
  out.append('{');
  for (int i = 0; i < argument_count; i += 2) {
    if (arguments[i].type != ValueType::Text) return call_error("json_object() labels must be TEXT");
    if (i > 0) out.append(',');
    append_json_string(out, arguments[i].view());
    out.append(':');
    SQLRITE_TRY(append_value_as_json_text(ctx, arguments[i + 1], out));
  }
  out.append('}');
  return json_text_result(ctx, out, as_jsonb, result);
}

Status json_quote(CallContext& ctx, const Value* arguments, int, Value* result) {
  TextBuilder out(*ctx.heap, length_limit(ctx));
  SQLRITE_TRY(append_value_as_json_text(ctx, arguments[0], out));
  return json_text_result(ctx, out, false, result);
}

template <bool as_jsonb>
Status json_patch(CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = Value::null();
  std::string_view target, patch;
  bool is_null;
  SQLRITE_TRY(json_argument(ctx, arguments[0], &target, &is_null));
  if (is_null) return Status();
  SQLRITE_TRY(json_argument(ctx, arguments[1], &patch, &is_null));
  if (is_null) return Status();
  TextBuilder out(*ctx.heap);
  switch (merge_json_patch(target, 0, patch, 0, 0, *ctx.heap, out)) {
    case JsonLookup::Found: break;
    case JsonLookup::TooDeep: return call_error("JSON nested too deep");
    default: return call_error("malformed JSON");
  }
  SQLRITE_TRY(out.status());
  return json_result(ctx, out.view(), 0, as_jsonb, result);
}

// Finds the element that json_type() and json_array_length() are about. Not found: `*found` false.
Status locate(CallContext& ctx, const Value* arguments, int argument_count, std::string_view* jsonb,
              JsonElement* element, bool* found) {
  *found = false;
  bool is_null;
  SQLRITE_TRY(json_argument(ctx, arguments[0], jsonb, &is_null));
  if (is_null) return Status();
  size_t at = 0, label;
  if (argument_count == 2) {
    NumberText buffer;
    std::string_view path;
    SQLRITE_TRY(path_argument(ctx, arguments[1], buffer, &path, &is_null));
    if (is_null) return Status();
    if (!starts_at_root(path)) return bad_path(ctx, path);
    JsonLookup lookup = find_json_path(*jsonb, path.substr(1), &at, &label);
    if (lookup == JsonLookup::NotFound) return Status();
    if (lookup != JsonLookup::Found) return json_path_status(lookup, path, *ctx.heap);
  }
  if (!read_json_element(*jsonb, at, element)) return call_error("malformed JSON");
  *found = true;
  return Status();
}

Status json_array_length(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  std::string_view jsonb;
  JsonElement element;
  bool found;
  SQLRITE_TRY(locate(ctx, arguments, argument_count, &jsonb, &element, &found));
  if (!found) return Status();
  size_t count = element.kind == JsonKind::Array ? functions::json_array_count(jsonb, element) : 0;
  *result = Value::from_integer(static_cast<int64_t>(count));
  return Status();
}

Status json_type(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  std::string_view jsonb;
  JsonElement element;
  bool found;
  SQLRITE_TRY(locate(ctx, arguments, argument_count, &jsonb, &element, &found));
  if (found) *result = Value::from_text(json_type_name(element.kind), ValueOwner::Static);
  return Status();
}

Status json_pretty(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  std::string_view jsonb;
  bool is_null;
  SQLRITE_TRY(json_argument(ctx, arguments[0], &jsonb, &is_null));
  if (is_null) return Status();
  NumberText buffer;
  std::string_view indent = "    ";
  if (argument_count == 2 && !arguments[1].is_null()) {
    SQLRITE_TRY(argument_text(ctx, arguments[1], buffer, &indent));
    indent = until_nul(indent);
  }
  TextBuilder out(*ctx.heap, length_limit(ctx));
  SQLRITE_TRY(json_text_status(append_json_pretty(out, jsonb, 0, indent)));
  return out.finish(result);
}

Status json_valid(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  constexpr int64_t kStrictText = 1, kJson5Text = 2, kMaybeJsonb = 4, kStrictJsonb = 8;
  *result = Value::null();
  int64_t flags = kStrictText;
  if (argument_count == 2) {
    flags = to_integer(arguments[1]);
    if (flags < 1 || flags > 15) return call_error("FLAGS parameter to json_valid() must be between 1 and 15");
  }
  if (arguments[0].is_null()) return Status();
  NumberText buffer;
  std::string_view bytes;
  SQLRITE_TRY(argument_bytes(ctx, arguments[0], buffer, &bytes));
  bool valid = false;
  if (arguments[0].type == ValueType::Blob && looks_like_jsonb(bytes)) {
    valid = (flags & kMaybeJsonb) != 0 || ((flags & kStrictJsonb) != 0 && jsonb_fault(bytes) == 0);
  } else if ((flags & (kStrictText | kJson5Text)) != 0 && !bytes.empty()) {
    TextBuilder jsonb(*ctx.heap);
    JsonParseResult parsed = parse_json(bytes, jsonb);
    SQLRITE_TRY(jsonb.status());
    valid = parsed.ok && ((flags & kJson5Text) != 0 || !parsed.nonstandard);
  }
  *result = Value::from_bool(valid);
  return Status();
}

// 0 for valid JSON, else the position of the fault from 1: a character of text, a byte of JSONB.
Status json_error_position(CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = Value::null();
  if (arguments[0].is_null()) return Status();
  NumberText buffer;
  std::string_view bytes;
  SQLRITE_TRY(argument_bytes(ctx, arguments[0], buffer, &bytes));
  if (arguments[0].type == ValueType::Blob && looks_like_jsonb(bytes)) {
    *result = Value::from_integer(static_cast<int64_t>(jsonb_fault(bytes)));
    return Status();
  }
  TextBuilder jsonb(*ctx.heap);
  JsonParseResult parsed = parse_json(bytes, jsonb);
  SQLRITE_TRY(jsonb.status());
  int64_t position = 0;
  if (!parsed.ok) {
    for (size_t i = 0; i < parsed.error_offset && i < bytes.size(); ++i)
      position += is_utf8_continuation(bytes[i]) ? 0 : 1;
    ++position;
  }
  *result = Value::from_integer(position);
  return Status();
}

}  // namespace

std::vector<FunctionDef> json_functions() {
  std::vector<FunctionDef> table;
  table.push_back(scalar_def("json", 1, json_remove<false>, kJsonText));
  table.push_back(scalar_def("jsonb", 1, json_remove<true>));
  table.push_back(variadic_def("json_remove", 0, json_remove<false>, kJsonText));
  table.push_back(variadic_def("jsonb_remove", 0, json_remove<true>));
  table.push_back(variadic_def("json_set", 0, json_edit<JsonEdit::Set, false>, kJsonText));
  table.push_back(variadic_def("jsonb_set", 0, json_edit<JsonEdit::Set, true>));
  table.push_back(variadic_def("json_insert", 0, json_edit<JsonEdit::Insert, false>, kJsonText));
  table.push_back(variadic_def("jsonb_insert", 0, json_edit<JsonEdit::Insert, true>));
  table.push_back(variadic_def("json_replace", 0, json_edit<JsonEdit::Replace, false>, kJsonText));
  table.push_back(variadic_def("jsonb_replace", 0, json_edit<JsonEdit::Replace, true>));
  table.push_back(variadic_def("json_array_insert", 0, json_edit<JsonEdit::ArrayInsert, false>, kJsonText));
  table.push_back(variadic_def("jsonb_array_insert", 0, json_edit<JsonEdit::ArrayInsert, true>));
  table.push_back(variadic_def("json_extract", 0, json_extract<ExtractKind::Extract, false>, kJsonText));
  table.push_back(variadic_def("jsonb_extract", 0, json_extract<ExtractKind::Extract, true>));
  table.push_back(scalar_def("->", 2, json_extract<ExtractKind::ArrowJson, false>, kJsonText));
  table.push_back(scalar_def("->>", 2, json_extract<ExtractKind::ArrowSql, false>));
  table.push_back(variadic_def("json_array", 0, json_array<false>, kJsonText));
  table.push_back(variadic_def("jsonb_array", 0, json_array<true>));
  table.push_back(variadic_def("json_object", 0, json_object<false>, kJsonText));
  table.push_back(variadic_def("jsonb_object", 0, json_object<true>));
  table.push_back(scalar_def("json_quote", 1, json_quote, kJsonText));
  table.push_back(scalar_def("json_patch", 2, json_patch<false>, kJsonText));
  table.push_back(scalar_def("jsonb_patch", 2, json_patch<true>));
  for (int count : {1, 2}) {
    table.push_back(scalar_def("json_array_length", count, json_array_length));
    table.push_back(scalar_def("json_type", count, json_type));
    table.push_back(scalar_def("json_pretty", count, json_pretty));
    table.push_back(scalar_def("json_valid", count, json_valid));
  }
  table.push_back(scalar_def("json_error_position", 1, json_error_position));
  add_json_aggregates(table);
  return table;
}

}  // namespace sqlrite::functions
