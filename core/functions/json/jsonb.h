// JSONB, the binary form of JSON that all JSON functions work on: elements, their headers, validity, and their text.
//
// An element is a header and a payload. The header's first byte holds the kind in its low four bits and in its high
// four bits the payload size (0 to 11) or how many bytes of big-endian size follow (12: one, 13: two, 14: four, 15: eight).
// The payload of an array is its elements, that of an object labels and values in turn, that of all others their text.
#pragma once

#include <cstdint>
#include <string_view>

#include "types/value_text.h"

namespace sqlrite::functions {

enum class JsonKind : uint8_t {
  Null,
  True,
  False,
  Int,      // canonical decimal
  Int5,     // hexadecimal
  Float,    // canonical
  Float5,   // digits missing before or after the point
  Text,     // no escapes needed
  TextJ,    // with escapes of JSON
  Text5,    // with escapes of JSON5
  TextRaw,  // needs escapes when shown as JSON
  Array,
  Object,
};

inline constexpr uint32_t kJsonDepthMax = 1000;
inline constexpr uint8_t kJsonSubtype = 'J';

constexpr bool is_json_text(JsonKind kind) { return kind >= JsonKind::Text && kind <= JsonKind::TextRaw; }
constexpr bool is_json_container(JsonKind kind) { return kind >= JsonKind::Array; }
// Texts whose bytes are the characters themselves.
constexpr bool is_plain_json_text(JsonKind kind) { return kind == JsonKind::Text || kind == JsonKind::TextRaw; }

struct JsonElement {
  JsonKind kind = JsonKind::Null;
  size_t start = 0;    // of the header
  size_t payload = 0;  // start of the payload
  size_t end = 0;      // behind the payload
  size_t size() const { return end - payload; }
};

// False when there is no whole element at `at`, or one of a reserved kind.
bool read_json_element(std::string_view jsonb, size_t at, JsonElement* out);
inline std::string_view json_payload(std::string_view jsonb, const JsonElement& element) {
  return jsonb.substr(element.payload, element.size());
}

// Writes a header of the smallest size (1 to 9 bytes) and returns its length.
size_t write_json_header(JsonKind kind, uint64_t payload_size, char* out);
void append_json_element(TextBuilder& out, JsonKind kind, std::string_view payload);

// 0 when all of `jsonb` is one element, valid in every part, else the byte offset of the fault plus one.
size_t jsonb_fault(std::string_view jsonb);
// Looks like JSONB: one element of just that size. Small blobs, which might as well be JSON text, are checked in full.
bool looks_like_jsonb(std::string_view blob);

enum class JsonTextError : uint8_t { None, Malformed, TooDeep };
// The canonical JSON text of the element at `at`.
JsonTextError append_json_text(TextBuilder& out, std::string_view jsonb, size_t at);
// With line breaks and `indent` for each level.
JsonTextError append_json_pretty(TextBuilder& out, std::string_view jsonb, size_t at, std::string_view indent);
// A JSON string literal: quotes, and escapes where needed.
void append_json_string(TextBuilder& out, std::string_view text);
Status json_text_status(JsonTextError error);

// An element as SQL sees it: numbers, texts, NULL; containers as JSON text or JSONB.
Status json_to_value(std::string_view jsonb, size_t at, bool containers_as_jsonb, Arena& heap, Value* result);
// `integer`: the text has neither a point nor an exponent.
Status json_number_to_value(std::string_view text, bool integer, Value* result);

// One escape sequence at the start of `text`: its character (kInvalidEscape if malformed) and how many bytes it takes.
inline constexpr uint32_t kInvalidEscape = 0x99999;
size_t read_json_escape(std::string_view text, uint32_t* character);
// Labels are compared by characters; `plain` sides have no escapes.
bool same_json_label(std::string_view a, bool a_plain, std::string_view b, bool b_plain);

// JSON names of the kinds: "null", "true", "integer", "real", "text", "array"...
std::string_view json_type_name(JsonKind kind);

size_t json_array_count(std::string_view jsonb, const JsonElement& array);

}  // namespace sqlrite::functions
