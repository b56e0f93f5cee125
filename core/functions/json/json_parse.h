// JSON text (with the extensions of JSON5) to JSONB.
#pragma once

#include <cstddef>
#include <string_view>

#include "types/value_text.h"

namespace sqlrite::functions {

struct JsonParseResult {
  bool ok = false;
  bool nonstandard = false;  // the text needs JSON5
  size_t error_offset = 0;   // where it is no JSON, in bytes
};
// Appends the JSONB form of `text` to `out`, which starts empty. The text ends at its first NUL.
JsonParseResult parse_json(std::string_view text, TextBuilder& out);

}  // namespace sqlrite::functions
