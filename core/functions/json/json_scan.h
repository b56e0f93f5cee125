// Finding what a path leads to in the text of JSON, without making JSONB of all of it first.
#pragma once

#include <cstdint>
#include <string_view>

namespace sqlrite::functions {

enum class JsonScan : uint8_t {
  Found,
  NotFound,
  // The text or the path is not of the plain kind that the scan reads: JSON5, escapes in labels, deep nesting, indexes
  // from the end, anything malformed. parse_json() and find_json_path() know.
  Unsure,
};

// Reads all of `text`, which is well-formed unless the answer is Unsure. `steps` is the path behind its $; `*element`
// is the part of the text that it leads to.
JsonScan scan_json_text(std::string_view text, std::string_view steps, std::string_view* element);

}  // namespace sqlrite::functions
