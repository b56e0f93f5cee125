// Ways to damage a database file, its log or its journal. All follow from a seed.
#pragma once

#include <string>

#include "fuzz/seed_files.h"

namespace sqlrite::fuzz {

struct Random {
  uint64_t state;
  uint32_t below(uint32_t limit) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return limit == 0 ? 0 : static_cast<uint32_t>((state >> 33) % limit);
  }
};

// Damages `image` in one to five ways; says which, for the report.
std::string mutate(FileImage* image, Random& random);

}  // namespace sqlrite::fuzz
