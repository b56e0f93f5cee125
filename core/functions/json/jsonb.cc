#include "functions/json/jsonb.h"

#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "types/number_text.h"
#include "types/utf.h"

namespace sqlrite::functions {

namespace {

bool is_hex(char c) { return hex_digit_value(c) >= 0; }

bool is_hex4(std::string_view text, size_t at) {
  if (at + 4 > text.size()) return false;
  return is_hex(text[at]) && is_hex(text[at + 1]) && is_hex(text[at + 2]) && is_hex(text[at + 3]);
}

uint32_t hex4(std::string_view text, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) value = value * 16 + static_cast<uint32_t>(std::max(hex_digit_value(text[at + i]), 0));
  return value;
}

// Needs no escape in any of the string forms.
bool is_plain_byte(char c) { return static_cast<unsigned char>(c) >= 0x20 && c != '"' && c != '\\'; }

char at(std::string_view text, size_t index) { return index < text.size() ? text[index] : '\0'; }

size_t int_fault(std::string_view z, size_t start, size_t from, size_t to) {
  size_t j = from;
  if (j < to && z[j] == '-') ++j;
  if (j == to) return start + 1;
  for (; j < to; ++j) {
    if (!is_digit(z[j])) return j + 1;
  }
  return 0;
}

size_t int5_fault(std::string_view z, size_t start, size_t from, size_t to) {
  size_t j = from;
  if (to - from < 3) return start + 1;
  if (z[j] == '-') {
    if (to - from < 4) return start + 1;
    ++j;
  }
  if (z[j] != '0') return start + 1;
  if (z[j + 1] != 'x' && z[j + 1] != 'X') return j + 2;
  for (j += 2; j < to; ++j) {
    if (!is_hex(z[j])) return j + 1;
  }
  return 0;
}

size_t float_fault(std::string_view z, size_t start, size_t from, size_t to, bool canonical) {
  bool seen_point = false, seen_exponent = false;
  size_t j = from;
  if (to - from < 2) return start + 1;
  if (z[j] == '-') {
    ++j;
    if (to - from < 3) return start + 1;
  }
  if (z[j] == '.') {
    if (canonical || !is_digit(at(z, j + 1))) return j + 1;
    j += 2;
    seen_point = true;
  } else if (z[j] == '0' && canonical) {
    if (j + 3 > to) return j + 1;
    if (z[j + 1] != '.' && z[j + 1] != 'e' && z[j + 1] != 'E') return j + 1;
    ++j;
  }
  for (; j < to; ++j) {
    if (is_digit(z[j])) continue;
    if (z[j] == '.') {
      if (seen_point || seen_exponent) return j + 1;
      if (canonical && (j == to - 1 || !is_digit(z[j + 1]))) return j + 1;
      seen_point = true;
      continue;
    }
    if (z[j] == 'e' || z[j] == 'E') {
      if (seen_exponent || j == to - 1) return j + 1;
      if (z[j + 1] == '+' || z[j + 1] == '-') {
        ++j;
        if (j == to - 1) return j + 1;
      }
      seen_exponent = true;
      continue;
    }
    return j + 1;
  }
  return seen_point || seen_exponent ? 0 : start + 1;
}

size_t text_fault(std::string_view z, size_t from, size_t to, JsonKind kind) {
  for (size_t j = from; j < to; ++j) {
    if (is_plain_byte(z[j])) continue;
    if (kind == JsonKind::Text) return j + 1;
    if (z[j] != '\\') {  // a quote or a control character, which only JSON5 may hold
      if (kind == JsonKind::TextJ) return j + 1;
      continue;
    }
    if (j + 1 >= to) return j + 1;
    char c = z[j + 1];
    if (c != '\0' && std::strchr("\"\\/bfnrt", c) != nullptr) {
      ++j;
    } else if (c == 'u') {
      if (j + 5 >= to || !is_hex4(z, j + 2)) return j + 1;
      ++j;
    } else if (kind != JsonKind::Text5) {
      return j + 1;
    } else {
      uint32_t character;
      size_t size = read_json_escape(z.substr(j, to - j), &character);
      if (character == kInvalidEscape) return j + 1;
      j += size - 1;
    }
  }
  return 0;
}

size_t element_fault(std::string_view z, const JsonElement& element, uint32_t depth) {
  if (depth > kJsonDepthMax) return element.start + 1;
  size_t from = element.payload, to = element.end;
  switch (element.kind) {
    case JsonKind::Null:
    case JsonKind::True:
    case JsonKind::False: return to - element.start == 1 ? 0 : element.start + 1;
    case JsonKind::Int: return int_fault(z, element.start, from, to);
    case JsonKind::Int5: return int5_fault(z, element.start, from, to);
    case JsonKind::Float:
    case JsonKind::Float5: return float_fault(z, element.start, from, to, element.kind == JsonKind::Float);
    case JsonKind::Text:
    case JsonKind::TextJ:
    case JsonKind::Text5: return text_fault(z, from, to, element.kind);
    case JsonKind::TextRaw: return 0;
    case JsonKind::Array:
    case JsonKind::Object: break;
  }
  size_t count = 0;
  for (size_t j = from; j < to; ++count) {
    JsonElement child;
    if (!read_json_element(z, j, &child)) {
      // Of a reserved kind: the size is still readable, but the element itself is at fault.
      return j + 1;
    }
    if (child.end > to) return j + 1;
    if (element.kind == JsonKind::Object && count % 2 == 0 && !is_json_text(child.kind)) return j + 1;
    size_t fault = element_fault(z, child, depth + 1);
    if (fault != 0) return fault;
    j = child.end;
  }
  return element.kind == JsonKind::Object && count % 2 != 0 ? to + 1 : 0;
}

void append_control(TextBuilder& out, char c) {
  switch (c) {
    case '\b': out.append("\\b"); return;
    case '\t': out.append("\\t"); return;
    case '\n': out.append("\\n"); return;
    case '\f': out.append("\\f"); return;
    case '\r': out.append("\\r"); return;
    default:
      out.append("\\u00");
      out.append("0123456789abcdef"[static_cast<unsigned char>(c) >> 4]);
      out.append("0123456789abcdef"[c & 0xf]);
  }
}

bool append_int5(TextBuilder& out, std::string_view text) {
  size_t k = 2;
  uint64_t value = 0;
  bool overflow = false;
  if (text.empty()) return false;
  if (text[0] == '-') {
    out.append('-');
    ++k;
  } else if (text[0] == '+') {
    ++k;
  }
  for (; k < text.size(); ++k) {
    int digit = hex_digit_value(text[k]);
    if (digit < 0) return false;
    if (value >> 60 != 0) {
      overflow = true;
    } else {
      value = value * 16 + static_cast<uint64_t>(digit);
    }
  }
  if (overflow) {
    out.append("9.0e999");
  } else {
    char buffer[24];
    out.append({buffer, format_unsigned(value, buffer)});
  }
  return true;
}

bool append_float5(TextBuilder& out, std::string_view text) {
  size_t k = 0;
  if (text.empty()) return false;
  if (text[0] == '-') {
    out.append('-');
    if (text.size() <= 1) return false;
    k = 1;
  }
  if (text[k] == '.') out.append('0');
  for (; k < text.size(); ++k) {
    out.append(text[k]);
    if (text[k] == '.' && !is_digit(at(text, k + 1))) out.append('0');
  }
  return true;
}

// JSON5 escapes rewritten as JSON ones.
bool append_text5(TextBuilder& out, std::string_view text) {
  out.append('"');
  while (!text.empty()) {
    size_t plain = 0;
    while (plain < text.size() && is_plain_byte(text[plain])) ++plain;
    out.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    if (text[0] == '"') {
      out.append("\\\"");
      text.remove_prefix(1);
      continue;
    }
    if (text[0] != '\\') {
      append_control(out, text[0]);
      text.remove_prefix(1);
      continue;
    }
    if (text.size() < 2) return false;
    size_t used = 2;
    switch (text[1]) {
      case '\'': out.append('\''); break;
      case 'v': out.append("\\u000b"); break;
      case 'x':
        if (text.size() < 4) return false;
        out.append("\\u00");
        out.append(text.substr(2, 2));
        used = 4;
        break;
      case '0': out.append("\\u0000"); break;
      case '\r':
        if (at(text, 2) == '\n') used = 3;
        break;
      case '\n': break;
      case '\xe2':  // U+2028 and U+2029 after a backslash continue the line
        if (at(text, 2) != '\x80' || (at(text, 3) != '\xa8' && at(text, 3) != '\xa9')) return false;
        used = 4;
        break;
      default: out.append(text.substr(0, 2));
    }
    text.remove_prefix(used);
  }
  out.append('"');
  return true;
}

JsonTextError append_text_at(TextBuilder& out, std::string_view jsonb, size_t start, uint32_t depth, size_t* end) {
  JsonElement element;
  if (!read_json_element(jsonb, start, &element)) return JsonTextError::Malformed;
  *end = element.end;
  std::string_view payload = json_payload(jsonb, element);
  auto ok_if = [](bool ok) { return ok ? JsonTextError::None : JsonTextError::Malformed; };
  switch (element.kind) {
    case JsonKind::Null:
      out.append("null");
      *end = element.start + 1;
      return JsonTextError::None;
    case JsonKind::True:
      out.append("true");
      *end = element.start + 1;
      return JsonTextError::None;
    case JsonKind::False:
      out.append("false");
      *end = element.start + 1;
      return JsonTextError::None;
    case JsonKind::Int:
    case JsonKind::Float: out.append(payload); return ok_if(!payload.empty());
    case JsonKind::Int5: return ok_if(append_int5(out, payload));
    case JsonKind::Float5: return ok_if(append_float5(out, payload));
    case JsonKind::Text:
    case JsonKind::TextJ: {
      char* p = out.grow(payload.size() + 2);
      if (p == nullptr) return JsonTextError::None;
      p[0] = '"';
      std::memcpy(p + 1, payload.data(), payload.size());
      p[payload.size() + 1] = '"';
      return JsonTextError::None;
    }
    case JsonKind::Text5: return ok_if(append_text5(out, payload));
    case JsonKind::TextRaw: append_json_string(out, payload); return JsonTextError::None;
    case JsonKind::Array:
    case JsonKind::Object: break;
  }
  if (depth >= kJsonDepthMax) return JsonTextError::TooDeep;
  bool object = element.kind == JsonKind::Object;
  out.append(object ? '{' : '[');
  size_t count = 0;
  for (size_t j = element.payload; j < element.end; ++count) {
    if (count > 0) out.append(object && count % 2 == 1 ? ':' : ',');
    JsonTextError error = append_text_at(out, jsonb, j, depth + 1, &j);
    if (error != JsonTextError::None) return error;
    if (j > element.end || out.failed()) return ok_if(out.failed());
  }
  out.append(object ? '}' : ']');
  return ok_if(!object || count % 2 == 0);
}

struct PrettyPrinter {
  TextBuilder& out;
  std::string_view jsonb;
  std::string_view indent;

  void start_line(uint32_t depth) {
    for (uint32_t i = 0; i < depth; ++i) out.append(indent);
  }
  JsonTextError print(size_t start, uint32_t depth, size_t* end) {
    JsonElement element;
    if (!read_json_element(jsonb, start, &element)) return JsonTextError::Malformed;
    if (!is_json_container(element.kind)) return append_text_at(out, jsonb, start, depth, end);
    bool object = element.kind == JsonKind::Object;
    *end = element.end;
    out.append(object ? '{' : '[');
    if (element.size() > 0) {
      if (depth + 1 >= kJsonDepthMax) return JsonTextError::TooDeep;
      out.append('\n');
      for (size_t j = element.payload;;) {
        start_line(depth + 1);
        if (object) {
          JsonTextError error = append_text_at(out, jsonb, j, depth + 1, &j);
          if (error != JsonTextError::None) return error;
          if (j > element.end) return JsonTextError::Malformed;
          out.append(": ");
        }
        JsonTextError error = print(j, depth + 1, &j);
        if (error != JsonTextError::None) return error;
        if (j > element.end) return JsonTextError::Malformed;
        if (j == element.end || out.failed()) break;
        out.append(",\n");
      }
      out.append('\n');
      start_line(depth);
    }
    out.append(object ? '}' : ']');
    return JsonTextError::None;
  }
};

}  // namespace

bool read_json_element(std::string_view jsonb, size_t start, JsonElement* out) {
  if (start >= jsonb.size()) return false;
  uint8_t first = static_cast<uint8_t>(jsonb[start]);
  if ((first & 0x0f) > static_cast<uint8_t>(JsonKind::Object)) return false;
  size_t left = jsonb.size() - start;
  auto* p = reinterpret_cast<const uint8_t*>(jsonb.data()) + start;
  uint64_t size = first >> 4;
  size_t header = 1;
  if (size > 11) {
    header = 1 + (size_t{1} << (size - 12));
    if (left < header) return false;
    switch (size) {
      case 12: size = p[1]; break;
      case 13: size = load_be16(p + 1); break;
      case 14: size = load_be32(p + 1); break;
      default: size = load_be64(p + 1); break;
    }
  }
  if (size > left - header) return false;
  out->kind = static_cast<JsonKind>(first & 0x0f);
  out->start = start;
  out->payload = start + header;
  out->end = start + header + size;
  return true;
}

size_t write_json_header(JsonKind kind, uint64_t payload_size, char* out) {
  auto* p = reinterpret_cast<uint8_t*>(out);
  uint8_t low = static_cast<uint8_t>(kind);
  if (payload_size <= 11) {
    p[0] = static_cast<uint8_t>(low | (payload_size << 4));
    return 1;
  }
  if (payload_size <= 0xff) {
    p[0] = low | 0xc0;
    p[1] = static_cast<uint8_t>(payload_size);
    return 2;
  }
  if (payload_size <= 0xffff) {
    p[0] = low | 0xd0;
    store_be16(p + 1, static_cast<uint16_t>(payload_size));
    return 3;
  }
  p[0] = low | 0xe0;
  store_be32(p + 1, static_cast<uint32_t>(payload_size));
  return 5;
}

void append_json_element(TextBuilder& out, JsonKind kind, std::string_view payload) {
  char header[9];
  out.append({header, write_json_header(kind, payload.size(), header)});
  out.append(payload);
}

size_t jsonb_fault(std::string_view jsonb) {
  JsonElement element;
  if (!read_json_element(jsonb, 0, &element) || element.end != jsonb.size()) return 1;
  return element_fault(jsonb, element, 1);
}

bool looks_like_jsonb(std::string_view blob) {
  JsonElement element;
  if (!read_json_element(blob, 0, &element) || element.end != blob.size()) return false;
  if (element.kind <= JsonKind::False && element.size() != 0) return false;
  char first = blob[0];
  return element.size() > 7 || (first != '{' && first != '[' && !is_digit(first)) || jsonb_fault(blob) == 0;
}

JsonTextError append_json_text(TextBuilder& out, std::string_view jsonb, size_t start) {
  size_t end;
  return append_text_at(out, jsonb, start, 0, &end);
}

JsonTextError append_json_pretty(TextBuilder& out, std::string_view jsonb, size_t start, std::string_view indent) {
  size_t end;
  return PrettyPrinter{out, jsonb, indent}.print(start, 0, &end);
}

void append_json_string(TextBuilder& out, std::string_view text) {
  out.append('"');
  size_t done = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (is_plain_byte(text[i])) continue;
    out.append(text.substr(done, i - done));
    done = i + 1;
    if (text[i] == '"' || text[i] == '\\') {
      out.append('\\');
      out.append(text[i]);
    } else {
      append_control(out, text[i]);
    }
  }
  out.append(text.substr(done));
  out.append('"');
}

Status json_text_status(JsonTextError error) {
  switch (error) {
    case JsonTextError::None: return Status();
    case JsonTextError::TooDeep: return Status(Code::Error, "JSON nested too deep");
    case JsonTextError::Malformed: break;
  }
  return Status(Code::Error, "malformed JSON");
}

namespace {

// A backslash before a line end joins the lines: the bytes of all such pairs at the start.
size_t line_joins_size(std::string_view text) {
  size_t i = 0;
  while (i + 1 < text.size() && text[i] == '\\') {
    if (text[i + 1] == '\n') {
      i += 2;
    } else if (text[i + 1] == '\r') {
      i += at(text, i + 2) == '\n' ? 3 : 2;
    } else if (text[i + 1] == '\xe2' && at(text, i + 2) == '\x80' &&
               (at(text, i + 3) == '\xa8' || at(text, i + 3) == '\xa9')) {
      i += 4;
    } else {
      break;
    }
  }
  return i;
}

// A character of at most four bytes, as it stands.
size_t read_character(std::string_view text, uint32_t* character) {
  const char* p = text.data();
  size_t limit = std::min<size_t>(text.size(), 4);
  uint8_t first = static_cast<uint8_t>(*p);
  size_t size = 1;
  if (first >= 0xc0) {
    while (size < limit && is_utf8_continuation(p[size])) ++size;
  }
  uint32_t c = first;
  if (first >= 0xc0) {
    c = first < 0xe0 ? first & 0x1f : first < 0xf0 ? first & 0x0f : first & 0x07;
    for (size_t i = 1; i < size; ++i) c = (c << 6) + (static_cast<uint8_t>(p[i]) & 0x3f);
  }
  *character = c;
  return size;
}

// The next character of a label, 0 at its end.
uint32_t next_label_character(std::string_view& label, bool plain) {
  if (label.empty()) return 0;
  uint32_t c;
  size_t size = plain || label[0] != '\\' ? read_character(label, &c) : read_json_escape(label, &c);
  label.remove_prefix(std::min(size, label.size()));
  return c;
}

}  // namespace

size_t read_json_escape(std::string_view text, uint32_t* character) {
  *character = kInvalidEscape;
  if (text.size() < 2) return text.size();
  switch (text[1]) {
    case 'u': {
      if (text.size() < 6) return text.size();
      uint32_t c = hex4(text, 2);
      *character = c;
      if ((c & 0xfc00) == 0xd800 && text.size() >= 12 && text[6] == '\\' && text[7] == 'u') {
        uint32_t low = hex4(text, 8);
        if ((low & 0xfc00) == 0xdc00) {
          *character = ((c & 0x3ff) << 10) + (low & 0x3ff) + 0x10000;
          return 12;
        }
      }
      return 6;
    }
    case 'b': *character = '\b'; return 2;
    case 'f': *character = '\f'; return 2;
    case 'n': *character = '\n'; return 2;
    case 'r': *character = '\r'; return 2;
    case 't': *character = '\t'; return 2;
    case 'v': *character = '\v'; return 2;
    case '0':
      if (!is_digit(at(text, 2))) *character = 0;
      return 2;
    case '\'':
    case '"':
    case '/':
    case '\\': *character = static_cast<uint8_t>(text[1]); return 2;
    case 'x':
      if (text.size() < 4) return text.size();
      *character =
          static_cast<uint32_t>(std::max(hex_digit_value(text[2]), 0) * 16 + std::max(hex_digit_value(text[3]), 0));
      return 4;
    case '\xe2':
    case '\r':
    case '\n': {
      size_t skip = line_joins_size(text);
      if (skip == 0) return text.size();
      if (skip == text.size()) {
        *character = 0;
        return skip;
      }
      std::string_view rest = text.substr(skip);
      return skip + (rest[0] == '\\' ? read_json_escape(rest, character) : read_character(rest, character));
    }
    default: return 2;
  }
}

bool same_json_label(std::string_view a, bool a_plain, std::string_view b, bool b_plain) {
  if (a_plain && b_plain) return a == b;
  for (;;) {
    uint32_t c = next_label_character(a, a_plain);
    if (c != next_label_character(b, b_plain)) return false;
    if (c == 0) return true;
  }
}

std::string_view json_type_name(JsonKind kind) {
  constexpr std::string_view kNames[] = {"null", "true", "false", "integer", "integer", "real",  "real",
                                         "text", "text", "text",  "text",    "array",   "object"};
  return kNames[static_cast<uint8_t>(kind)];
}

size_t json_array_count(std::string_view jsonb, const JsonElement& array) {
  size_t count = 0;
  JsonElement element;
  for (size_t j = array.payload; j < array.end && read_json_element(jsonb, j, &element); j = element.end) ++count;
  return count;
}

namespace {

Status malformed() { return Status(Code::Error, "malformed JSON"); }

}  // namespace

Status json_number_to_value(std::string_view text, bool integer, Value* result) {
  if (text.empty()) return malformed();
  if (integer) {
    bool negative = text[0] == '-';
    std::string_view digits = negative ? text.substr(1) : text;
    if (digits.empty()) return malformed();
    int64_t value;
    switch (parse_integer_literal(digits, &value)) {
      case IntegerSyntax::Whole:
        if (value < 0) {  // sixteen hexadecimal digits: too large for an integer
          double real = static_cast<double>(static_cast<uint64_t>(value));
          *result = Value::from_real(negative ? -real : real);
        } else {
          *result = Value::from_integer(negative ? -value : value);
        }
        return Status();
      case IntegerSyntax::TwoPow63:
        if (!negative) break;
        *result = Value::from_integer(INT64_MIN);
        return Status();
      case IntegerSyntax::Overflow: break;
      default: return malformed();
    }
  }
  double real;
  if ((parse_real(text, &real) & number_syntax::kWhole) == 0) return malformed();
  *result = Value::from_real(real);
  return Status();
}

namespace {

Status escaped_to_value(std::string_view text, Arena& heap, Value* result) {
  char* out = static_cast<char*>(heap.try_allocate(text.size() + 1, 1));
  if (out == nullptr) return Code::NoMem;
  char* p = out;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      *p++ = text[i++];
      continue;
    }
    uint32_t character;
    i += read_json_escape(text.substr(i), &character);
    if (character != kInvalidEscape) p += write_utf8(character, p);
  }
  *p = '\0';
  *result = Value::from_text({out, static_cast<size_t>(p - out)}, ValueOwner::Heap);
  result->flags = value_flags::kNulFollows;
  return Status();
}

}  // namespace

Status json_to_value(std::string_view jsonb, size_t start, bool containers_as_jsonb, Arena& heap, Value* result) {
  JsonElement element;
  if (!read_json_element(jsonb, start, &element)) return malformed();
  std::string_view payload = json_payload(jsonb, element);
  switch (element.kind) {
    case JsonKind::Null:
    case JsonKind::True:
    case JsonKind::False:
      if (!payload.empty()) return malformed();
      *result = element.kind == JsonKind::Null ? Value::null() : Value::from_bool(element.kind == JsonKind::True);
      return Status();
    case JsonKind::Int:
    case JsonKind::Int5: return json_number_to_value(payload, true, result);
    case JsonKind::Float:
    case JsonKind::Float5: return json_number_to_value(payload, false, result);
    case JsonKind::Text:
    case JsonKind::TextRaw: {
      TextBuilder out(heap);
      out.append(payload);
      return out.finish(result);
    }
    case JsonKind::TextJ:
    case JsonKind::Text5: return escaped_to_value(payload, heap, result);
    case JsonKind::Array:
    case JsonKind::Object: break;
  }
  TextBuilder out(heap);
  if (containers_as_jsonb) {
    out.append(jsonb.substr(element.start, element.end - element.start));
    SQLRITE_TRY(out.finish(result));
    result->type = ValueType::Blob;
    return Status();
  }
  SQLRITE_TRY(json_text_status(append_json_text(out, jsonb, start)));
  SQLRITE_TRY(out.finish(result));
  result->subtype = kJsonSubtype;
  return Status();
}

}  // namespace sqlrite::functions
