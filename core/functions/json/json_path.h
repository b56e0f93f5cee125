// Paths into JSON ("$.a[3].b"): finding elements, and edits at the place a path names.
#pragma once

#include <string_view>

#include "functions/json/jsonb.h"

namespace sqlrite::functions {

// One step of a path: .label, ."label", [3], [#], [#-1].
struct JsonPathStep {
  bool is_label = false;
  std::string_view label;
  bool plain = true;  // the label has no escapes
  bool from_end = false;
  uint64_t index = 0;  // with from_end: counted back from the end
  size_t size = 0;     // bytes of the path it takes
};
// The step at the start of `path`, which begins with a point or a bracket; false when it is none.
bool read_json_label_step(std::string_view path, JsonPathStep* step);
bool read_json_index_step(std::string_view path, JsonPathStep* step);

enum class JsonLookup : uint8_t { Found, NotFound, BadPath, Malformed, TooDeep, NotArrayElement };

// Finds the element that `steps` (the path behind its $) leads to. `*label` is its label's offset when it is a value of
// an object, else 0.
JsonLookup find_json_path(std::string_view jsonb, std::string_view steps, size_t* found, size_t* label);

enum class JsonEdit : uint8_t {
  Remove,       // if it is there
  Replace,      // if it is there
  Insert,       // if it is not there, with what the path needs on the way
  Set,          // in either case
  ArrayInsert,  // before an array element
};
// Writes the edited JSONB to `out` (empty before). Found: `out` holds the result, which may equal the original;
// NotFound: nothing to do. `content` is the JSONB to put in.
JsonLookup edit_json_path(std::string_view jsonb, std::string_view steps, JsonEdit edit, std::string_view content,
                          Arena& heap, TextBuilder& out);

// The error of a lookup, in SQLite's words. `path` is the whole path.
Status json_path_status(JsonLookup lookup, std::string_view path, Arena& heap);

// RFC 7396: `patch` merged into `target`, appended to `out`.
JsonLookup merge_json_patch(std::string_view target, size_t target_at, std::string_view patch, size_t patch_at,
                            uint32_t depth, Arena& heap, TextBuilder& out);

}  // namespace sqlrite::functions
