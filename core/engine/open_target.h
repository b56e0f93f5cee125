// What a name given to open or ATTACH means: a path, ":memory:", or a URI "file:path?option=value".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"

namespace sqlrite::engine {

struct OpenTarget {
  std::string path;  // "" or ":memory:" for private databases
  bool read_only = false;
  bool create = true;
  bool immutable = false;
  bool memory = false;
  std::vector<std::pair<std::string, std::string>> parameters;  // of the URI, decoded
};

// `flags` are open_flags; a URI is taken apart only with kUri. Errors are SQLite's ("no such access mode: x").
Result<OpenTarget> parse_open_target(std::string_view name, uint32_t flags);

}  // namespace sqlrite::engine
