// Whole databases to start from: every page size class, encoding, vacuum mode and table shape, logs and hot journals
// beside them, all made by the engine over files in memory.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sqlrite::fuzz {

struct FileImage {
  std::string name;  // of the seed
  std::vector<uint8_t> database;
  std::vector<uint8_t> wal;      // empty: none
  std::vector<uint8_t> journal;  // empty: none
  uint32_t page_size_bytes = 0;
};

// Empty, with a message on stderr, when one could not be made.
std::vector<FileImage> make_seed_files();

}  // namespace sqlrite::fuzz
