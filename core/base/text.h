// ASCII-only text helpers with SQLite's case rules (only A-Z fold), independent of the locale.
#pragma once

#include <cstdint>
#include <string_view>

namespace sqlrite {

constexpr char ascii_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

inline bool iequals(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (ascii_lower(a[i]) != ascii_lower(b[i])) return false;
  }
  return true;
}

// FNV-1a over folded bytes: equal for texts that iequals() calls equal.
inline uint32_t ihash(std::string_view text) {
  uint32_t hash = 2166136261u;
  for (char c : text) hash = (hash ^ static_cast<uint8_t>(ascii_lower(c))) * 16777619u;
  return hash;
}

}  // namespace sqlrite
