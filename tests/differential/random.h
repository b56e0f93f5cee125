// The random numbers of the differential test. Everything it generates follows from one seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sqlrite::differential {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 0x1234567) {}

  int below(int n) { return static_cast<int>((next() >> 11) % static_cast<uint64_t>(n)); }
  bool chance(int percent) { return below(100) < percent; }
  template <typename T>
  const T& pick(const std::vector<T>& from) {
    return from[static_cast<size_t>(below(static_cast<int>(from.size())))];
  }
  // One of `items`, `count` times, between commas.
  template <typename Make>
  std::string list(int count, Make make) {
    std::string text;
    for (int i = 0; i < count; ++i) text += (i > 0 ? ", " : "") + make();
    return text;
  }

 private:
  uint64_t next() {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return state_;
  }

  uint64_t state_;
};

inline std::string join(const std::vector<std::string>& parts, const char* separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) text += (i > 0 ? separator : "") + parts[i];
  return text;
}

}  // namespace sqlrite::differential
