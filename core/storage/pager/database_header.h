// The first 100 bytes of a database file, as far as the pager reads and writes them.
//
//   offset size meaning
//        0   16 "SQLite format 3\0"
//       16    2 page size; 1 means 65536
//       18    2 write version, read version: 1 rollback journal, 2 WAL
//       20    1 reserved bytes at the end of each page
//       21    3 payload fractions: 64, 32, 32
//       24    4 change counter
//       28    4 size in pages, valid if the next two agree and it is not zero
//       40    4 schema cookie
//       92    4 change counter for which the size at 28 holds
//       96    4 version number of the library that wrote last
#pragma once

#include <cstdint>

#include "base/status.h"

namespace sqlrite::storage {

inline constexpr uint32_t kHeaderSizeBytes = 100;
inline constexpr uint32_t kLibraryVersionNumber = 3053000;  // what stock tools read at offset 96

struct DatabaseHeader {
  uint32_t page_size_bytes = 0;
  uint8_t write_version = 0;
  uint8_t read_version = 0;
  uint8_t reserved_size_bytes = 0;
  uint32_t change_counter = 0;
  uint32_t page_count = 0;  // 0: not valid, take it from the file's size
  uint32_t schema_cookie = 0;
};

// What keeps these bytes from being the header of a database of a version we read; null: nothing.
const char* header_fault(const uint8_t* bytes);
// NOTADB unless these bytes can be a database of a version we read.
Status parse_header(const uint8_t* bytes, DatabaseHeader* header);
constexpr bool is_page_size(uint64_t size_bytes) {
  return size_bytes >= 512 && size_bytes <= 65536 && (size_bytes & (size_bytes - 1)) == 0;
}

}  // namespace sqlrite::storage
