// Functions over texts: length, substr, trim, replace, like, printf and their kin.
#include "base/text.h"

#include <cstring>

#include "functions/function_table.h"
#include "functions/scalar/format.h"
#include "functions/scalar/pattern.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

// Past one character in the way length() and substr() count: any byte from 0x80 on takes the continuation bytes behind
// it along. Stops at `end`.
const char* next_counted(const char* p, const char* end) {
  if (static_cast<unsigned char>(*p++) >= 0x80) {
    while (p < end && is_utf8_continuation(*p)) ++p;
  }
  return p;
}

size_t counted_length(std::string_view text) {
  const char* end = text.data() + text.size();
  const char* p = skip_ascii_words(text.data(), end);
  size_t count = static_cast<size_t>(p - text.data());
  for (; p < end; ++count) p = next_counted(p, end);
  return count;
}

Status length(CallContext&, const Value* arguments, int, Value* result) {
  const Value& value = arguments[0];
  switch (value.type) {
    case ValueType::Null: *result = Value::null(); break;
    case ValueType::Text:
      *result = Value::from_integer(static_cast<int64_t>(counted_length(until_nul(value.view()))));
      break;
    case ValueType::Blob: *result = Value::from_integer(value.length); break;
    default: {
      NumberText buffer;
      *result = Value::from_integer(static_cast<int64_t>(text_of(value, buffer).size()));
    }
  }
  return Status();
}

Status octet_length(CallContext& ctx, const Value* arguments, int, Value* result) {
  const Value& value = arguments[0];
  if (value.is_null()) {
    *result = Value::null();
  } else if (value.type == ValueType::Blob) {
    *result = Value::from_integer(value.length);
  } else {
    NumberText buffer;
    std::string_view bytes = text_of(value, buffer);
    if (encoding_of(ctx) != TextEncoding::Utf8) {
      SQLRITE_TRY_ASSIGN(bytes, utf8_to_utf16(bytes, encoding_of(ctx), *ctx.heap));
    }
    *result = Value::from_integer(static_cast<int64_t>(bytes.size()));
  }
  return Status();
}

template <char (*fold)(char)>
Status change_case(CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = Value::null();
  if (arguments[0].is_null()) return Status();
  NumberText buffer;
  std::string_view text;
  SQLRITE_TRY(argument_text(ctx, arguments[0], buffer, &text));
  char* out;
  SQLRITE_TRY(allocate_text(ctx, text.size(), &out, result));
  for (size_t i = 0; i < text.size(); ++i) out[i] = fold(text[i]);
  return Status();
}

char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
char to_lower(char c) { return ascii_lower(c); }

// The window [start, start + count) that substr() cuts, from its arguments as SQL gives them. `length` matters only for
// a negative start.
void substr_window(int64_t start, int64_t count, int64_t length, int64_t* first, int64_t* size) {
  if (start < 0) {
    start += length;
    if (start < 0) {
      count = count < 0 ? 0 : count + start;
      start = 0;
    }
  } else if (start > 0) {
    --start;
  } else if (count > 0) {
    --count;  // position 0 is the place before the first character
  }
  if (count < 0) {  // counted backwards from the start position
    count = count < -start ? start : -count;
    start -= count;
  }
  *first = start;
  *size = count;
}

Status substr(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  const Value& value = arguments[0];
  if (value.is_null() || arguments[1].is_null()) return Status();
  if (argument_count == 3 && arguments[2].is_null()) return Status();
  int64_t start = to_integer(arguments[1]);
  int64_t count = argument_count == 3 ? to_integer(arguments[2]) : INT64_MAX;
  int64_t first, size;
  if (value.type == ValueType::Blob) {
    int64_t length = value.length;
    if (length == 0) return Status();  // an empty blob has no bytes to take from: NULL
    substr_window(start, count, length, &first, &size);
    if (first >= length) {
      first = size = 0;
    } else if (size > length - first) {
      size = length - first;
    }
    if ((value.flags & value_flags::kZeroBlob) != 0) {
      *result = value;
      result->length = static_cast<uint32_t>(size);
      return Status();
    }
    *result = shared_text(value, value.view().substr(static_cast<size_t>(first), static_cast<size_t>(size)));
    result->type = ValueType::Blob;
    return Status();
  }
  Value text_value = value;
  SQLRITE_TRY(make_text(text_value, *ctx.heap));
  std::string_view text = text_value.view();
  // Texts end at their first NUL here, but looking for it would touch bytes behind the window: each step looks itself.
  const char* p = text.data();
  const char* end = p + text.size();
  int64_t length = start < 0 ? static_cast<int64_t>(utf8_length(until_nul(text))) : 0;
  substr_window(start, count, length, &first, &size);
  for (; first > 0 && p < end && *p != '\0'; --first) p = next_counted(p, end);
  const char* from = p;
  for (; size > 0 && p < end && *p != '\0'; --size) p = next_counted(p, end);
  *result = shared_text(text_value, {from, static_cast<size_t>(p - from)});
  return Status();
}

Status instr(CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = Value::null();
  if (arguments[0].is_null() || arguments[1].is_null()) return Status();
  bool blobs = arguments[0].type == ValueType::Blob && arguments[1].type == ValueType::Blob;
  NumberText buffers[2];
  std::string_view haystack, needle;
  const auto argument = blobs ? &argument_bytes : &argument_text;
  SQLRITE_TRY(argument(ctx, arguments[0], buffers[0], &haystack));
  SQLRITE_TRY(argument(ctx, arguments[1], buffers[1], &needle));
  if (needle.empty()) {
    *result = Value::from_integer(1);
    return Status();
  }
  size_t from = 0;
  for (;;) {
    size_t at = haystack.find(needle, from);
    if (at == std::string_view::npos) {
      *result = Value::from_integer(0);
      return Status();
    }
    if (blobs) {
      *result = Value::from_integer(static_cast<int64_t>(at) + 1);
      return Status();
    }
    // A place inside a character does not count, except the very first byte.
    if (at == 0 || !is_utf8_continuation(haystack[at])) {
      int64_t position = 1;
      for (size_t i = 1; i <= at; ++i) position += is_utf8_continuation(haystack[i]) ? 0 : 1;
      *result = Value::from_integer(position);
      return Status();
    }
    from = at + 1;
  }
}

Status replace(CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = Value::null();
  if (arguments[0].is_null() || arguments[1].is_null()) return Status();
  NumberText buffers[3];
  std::string_view text, pattern, with;
  SQLRITE_TRY(argument_text(ctx, arguments[1], buffers[1], &pattern));
  Value text_value = arguments[0];
  SQLRITE_TRY(make_argument_text(ctx, text_value));
  text_value.subtype = 0;
  text = text_value.view();
  if (pattern.empty() || pattern[0] == '\0') {
    *result = text_value;
    return Status();
  }
  if (arguments[2].is_null()) return Status();
  SQLRITE_TRY(argument_text(ctx, arguments[2], buffers[2], &with));
  size_t at = text.find(pattern);
  if (at == std::string_view::npos) {
    *result = text_value;
    return Status();
  }
  TextBuilder out(*ctx.heap, length_limit(ctx));
  size_t done = 0;
  for (; at != std::string_view::npos; at = text.find(pattern, done)) {
    out.append(text.substr(done, at - done));
    out.append(with);
    done = at + pattern.size();
  }
  out.append(text.substr(done));
  return out.finish(result);
}

// Bytes of the character of `set` that `text` starts (or ends) with; 0 when it is none of them.
size_t trimmed_size(std::string_view text, std::string_view set, bool at_end) {
  const char* p = set.data();
  const char* end = p + set.size();
  while (p < end) {
    const char* next = skip_utf8(p, end);
    size_t size = static_cast<size_t>(next - p);
    if (size <= text.size()) {
      const char* at = at_end ? text.data() + text.size() - size : text.data();
      if (std::memcmp(at, p, size) == 0) return size;
    }
    p = next;
  }
  return 0;
}

template <bool left, bool right>
Status trim(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  if (arguments[0].is_null()) return Status();
  std::string_view set = " ";
  NumberText buffer;
  if (argument_count == 2) {
    if (arguments[1].is_null()) return Status();
    SQLRITE_TRY(argument_text(ctx, arguments[1], buffer, &set));
    set = until_nul(set);
  }
  Value text_value = arguments[0];
  SQLRITE_TRY(make_argument_text(ctx, text_value));
  std::string_view text = text_value.view();
  if (left) {
    while (!text.empty()) {
      size_t size = trimmed_size(text, set, false);
      if (size == 0) break;
      text.remove_prefix(size);
    }
  }
  if (right) {
    while (!text.empty()) {
      size_t size = trimmed_size(text, set, true);
      if (size == 0) break;
      text.remove_suffix(size);
    }
  }
  *result = shared_text(text_value, text);
  return Status();
}

Status concat_values(CallContext& ctx, const Value* values, int count, std::string_view separator, Value* result) {
  TextBuilder out(*ctx.heap, length_limit(ctx));
  bool first = true;
  for (int i = 0; i < count; ++i) {
    if (values[i].is_null()) continue;
    NumberText buffer;
    std::string_view text;
    SQLRITE_TRY(argument_text(ctx, values[i], buffer, &text));
    if (!first) out.append(separator);
    first = false;
    out.append(text);
  }
  return out.finish(result);
}

Status concat(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  return concat_values(ctx, arguments, argument_count, {}, result);
}

Status concat_ws(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  if (arguments[0].is_null()) return Status();
  NumberText buffer;
  std::string_view separator;
  SQLRITE_TRY(argument_text(ctx, arguments[0], buffer, &separator));
  return concat_values(ctx, arguments + 1, argument_count - 1, separator, result);
}

Status format(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  *result = Value::null();
  if (argument_count == 0 || arguments[0].is_null()) return Status();
  NumberText buffer;
  std::string_view text;
  SQLRITE_TRY(argument_text(ctx, arguments[0], buffer, &text));
  if (text.empty()) return Status();  // an empty format gives NULL, not an empty text
  TextBuilder out(*ctx.heap, length_limit(ctx));
  ValueFormatArguments source(arguments + 1, argument_count - 1, *ctx.heap, encoding_of(ctx));
  format_text(out, text, source);
  return out.finish(result);
}

Status character(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  char* out;
  SQLRITE_TRY(allocate_text(ctx, static_cast<size_t>(argument_count) * 4, &out, result));
  char* p = out;
  for (int i = 0; i < argument_count; ++i) {
    int64_t code = to_integer(arguments[i]);
    if (code < 0 || code > 0x10ffff) code = kReplacementCharacter;
    p += write_utf8(static_cast<uint32_t>(code), p);
  }
  *p = '\0';
  result->length = static_cast<uint32_t>(p - out);
  return Status();
}

Status unicode(CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = Value::null();
  if (arguments[0].is_null()) return Status();
  NumberText buffer;
  std::string_view text;
  SQLRITE_TRY(argument_text(ctx, arguments[0], buffer, &text));
  if (text.empty() || text[0] == '\0') return Status();
  const char* p = text.data();
  *result = Value::from_integer(static_cast<int32_t>(read_utf8(p, p + text.size())));
  return Status();
}

Status unistr(CallContext& ctx, const Value* arguments, int, Value* result) {
  *result = Value::null();
  if (arguments[0].is_null()) return Status();
  NumberText buffer;
  std::string_view text;
  SQLRITE_TRY(argument_text(ctx, arguments[0], buffer, &text));
  char* out;
  SQLRITE_TRY(allocate_text(ctx, text.size(), &out, result));
  char* p = out;
  size_t at = 0;
  while (at < text.size()) {
    size_t backslash = text.find('\\', at);
    size_t plain = (backslash == std::string_view::npos ? text.size() : backslash) - at;
    std::memcpy(p, text.data() + at, plain);
    p += plain;
    at += plain;
    if (at == text.size()) break;
    char kind = at + 1 < text.size() ? text[at + 1] : '\0';
    if (kind == '\\') {
      *p++ = '\\';
      at += 2;
      continue;
    }
    // \XXXX, \uXXXX, \+XXXXXX, \UXXXXXXXX
    size_t digits = kind == '+' ? 6 : kind == 'U' ? 8 : 4;
    size_t first = at + (kind == '+' || kind == 'u' || kind == 'U' ? 2 : 1);
    uint32_t code = 0;
    for (size_t i = 0; i < digits; ++i) {
      int digit = first + i < text.size() ? hex_digit_value(text[first + i]) : -1;
      if (digit < 0) return call_error("invalid Unicode escape");
      code = (code << 4) + static_cast<uint32_t>(digit);
    }
    p += write_utf8(code, p);
    at = first + digits;
  }
  *p = '\0';
  result->length = static_cast<uint32_t>(p - out);
  return Status();
}

Status match(CallContext& ctx, const Value* arguments, int argument_count, PatternOptions options, Value* result) {
  *result = Value::null();
  int64_t limit = ctx.connection != nullptr ? ctx.connection->like_pattern_limit_bytes() : 50000;
  NumberText buffers[2];
  std::string_view pattern, text;
  if (!arguments[0].is_null()) {
    SQLRITE_TRY(argument_text(ctx, arguments[0], buffers[0], &pattern));
    if (static_cast<int64_t>(pattern.size()) > limit) return call_error("LIKE or GLOB pattern too complex");
  }
  if (argument_count == 3) {
    if (arguments[2].is_null()) return Status();
    NumberText buffer;
    std::string_view escape;
    SQLRITE_TRY(argument_text(ctx, arguments[2], buffer, &escape));
    escape = until_nul(escape);
    if (utf8_length(escape) != 1) return call_error("ESCAPE expression must be a single character");
    const char* p = escape.data();
    options.has_escape = true;
    options.escape = read_utf8(p, p + escape.size());
  }
  if (arguments[0].is_null() || arguments[1].is_null()) return Status();
  SQLRITE_TRY(argument_text(ctx, arguments[1], buffers[1], &text));
  *result = Value::from_bool(Pattern(pattern, options).matches(text));
  return Status();
}

Status like(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  PatternOptions options = kLikeOptions;
  if (ctx.connection != nullptr && ctx.connection->case_sensitive_like()) options.fold_case = false;
  return match(ctx, arguments, argument_count, options, result);
}

Status glob(CallContext& ctx, const Value* arguments, int argument_count, Value* result) {
  return match(ctx, arguments, argument_count, kGlobOptions, result);
}

// MATCH has a meaning only for indexes that provide one.
Status match_operator(CallContext&, const Value*, int, Value*) {
  return call_error("unable to use function MATCH in the requested context");
}

}  // namespace

void add_text_functions(std::vector<FunctionDef>& table) {
  table.push_back(scalar_def("length", 1, length, kPure, BuiltinKind::Length));
  table.push_back(scalar_def("octet_length", 1, octet_length));
  table.push_back(scalar_def("upper", 1, change_case<to_upper>));
  table.push_back(scalar_def("lower", 1, change_case<to_lower>));
  for (int count : {2, 3}) {
    table.push_back(scalar_def("substr", count, substr));
    table.push_back(scalar_def("substring", count, substr));
    table.push_back(scalar_def("like", count, like, kPure, BuiltinKind::Like));
  }
  table.push_back(scalar_def("glob", 2, glob, kPure, BuiltinKind::Glob));
  table.push_back(scalar_def("match", 2, match_operator, function_flags::kInnocuous));
  for (int count : {1, 2}) {
    table.push_back(scalar_def("trim", count, trim<true, true>));
    table.push_back(scalar_def("ltrim", count, trim<true, false>));
    table.push_back(scalar_def("rtrim", count, trim<false, true>));
  }
  table.push_back(scalar_def("instr", 2, instr));
  table.push_back(scalar_def("replace", 3, replace));
  table.push_back(variadic_def("concat", 1, concat));
  table.push_back(variadic_def("concat_ws", 2, concat_ws));
  table.push_back(variadic_def("format", 0, format));
  table.push_back(variadic_def("printf", 0, format));
  table.push_back(variadic_def("char", 0, character));
  table.push_back(scalar_def("unicode", 1, unicode));
  table.push_back(scalar_def("unistr", 1, unistr));
}

}  // namespace sqlrite::functions
