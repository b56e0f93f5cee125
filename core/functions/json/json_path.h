// Paths into JSON ("$.a[3].b"): finding elements, and edits at the place a path names.
#pragma once

#include <string_view>

#include "functions/json/jsonb.h"

namespace sqlrite::functions {

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
