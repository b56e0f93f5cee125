#include "engine/open_target.h"

#include "engine/connection.h"
#include "types/number_text.h"

namespace sqlrite::engine {

namespace {

// Decodes %XX up to one of `stops`; moves `at` to the stop. A %00 ends the text but not the scan.
std::string decode_until(std::string_view text, size_t& at, std::string_view stops) {
  std::string out;
  bool ended = false;
  while (at < text.size() && stops.find(text[at]) == std::string_view::npos) {
    char c = text[at];
    if (c == '%' && at + 2 < text.size() && hex_digit_value(text[at + 1]) >= 0 && hex_digit_value(text[at + 2]) >= 0) {
      c = static_cast<char>(hex_digit_value(text[at + 1]) * 16 + hex_digit_value(text[at + 2]));
      at += 2;
      if (c == '\0') ended = true;
    }
    if (!ended) out += c;
    ++at;
  }
  return out;
}

Status bad_mode(const char* kind, const std::string& value) {
  return status_format(Code::Error, "no such %s mode: %s", kind, value.c_str());
}

}  // namespace

Result<OpenTarget> parse_open_target(std::string_view name, uint32_t flags) {
  OpenTarget target;
  target.read_only = (flags & open_flags::kReadOnly) != 0;
  target.create = (flags & open_flags::kCreate) != 0;
  target.memory = (flags & open_flags::kMemory) != 0;
  if ((flags & open_flags::kUri) == 0 || name.substr(0, 5) != "file:") {
    target.path = name;
    if (target.path == ":memory:") target.memory = true;
    if (target.memory) target.path = ":memory:";
    return target;
  }
  size_t at = 5;
  if (name.substr(5, 2) == "//") {
    at = 7;
    size_t slash = name.find('/', at);
    std::string_view authority = name.substr(at, slash == std::string_view::npos ? name.size() - at : slash - at);
    if (!authority.empty() && authority != "localhost") {
      return status_format(Code::Error, "invalid uri authority: %.*s", static_cast<int>(authority.size()),
                           authority.data());
    }
    at += authority.size();
  }
  target.path = decode_until(name, at, "?#");
  if (target.path == ":memory:") target.memory = true;
  if (at < name.size() && name[at] == '?') {
    ++at;
    while (at < name.size() && name[at] != '#') {
      std::string key = decode_until(name, at, "=&#");
      std::string value;
      if (at < name.size() && name[at] == '=') {
        ++at;
        value = decode_until(name, at, "&#");
      }
      if (at < name.size() && name[at] == '&') ++at;
      if (key.empty()) continue;
      if (key == "mode") {
        if (value == "ro") {
          target.read_only = true;
          target.create = false;
        } else if (value == "rw") {
          if (target.read_only) return Status(Code::Perm, "access mode not allowed: rw");
          target.create = false;
        } else if (value == "rwc") {
          if (target.read_only) return Status(Code::Perm, "access mode not allowed: rwc");
          target.create = true;
        } else if (value == "memory") {
          target.memory = true;
        } else {
          return bad_mode("access", value);
        }
      } else if (key == "cache") {
        if (value != "shared" && value != "private") return bad_mode("cache", value);
      } else if (key == "immutable") {
        target.immutable = value == "1" || iequals(value, "true") || iequals(value, "yes") || iequals(value, "on");
      }
      target.parameters.emplace_back(std::move(key), std::move(value));
    }
  }
  if (target.memory) target.path = ":memory:";
  return target;
}

}  // namespace sqlrite::engine
