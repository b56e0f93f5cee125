#include "storage/pager/database_header.h"

#include <cstring>

#include "base/endian.h"

namespace sqlrite::storage {

Status parse_header(const uint8_t* bytes, DatabaseHeader* header) {
  static const char kMagic[16] = {'S', 'Q', 'L', 'i', 't', 'e', ' ', 'f', 'o', 'r', 'm', 'a', 't', ' ', '3', '\0'};
  if (std::memcmp(bytes, kMagic, sizeof kMagic) != 0) return Status(Code::NotADb);
  uint32_t page_size = load_be16(bytes + 16);
  if (page_size == 1) page_size = 65536;
  if (!is_page_size(page_size)) return Status(Code::NotADb);
  if (bytes[19] > 2) return Status(Code::NotADb);
  if (bytes[21] != 64 || bytes[22] != 32 || bytes[23] != 32) return Status(Code::NotADb);
  if (page_size - bytes[20] < 480) return Status(Code::NotADb);
  header->page_size_bytes = page_size;
  header->write_version = bytes[18];
  header->read_version = bytes[19];
  header->reserved_size_bytes = bytes[20];
  header->change_counter = load_be32(bytes + 24);
  uint32_t page_count = load_be32(bytes + 28);
  header->page_count = load_be32(bytes + 92) == header->change_counter ? page_count : 0;
  header->schema_cookie = load_be32(bytes + 40);
  return {};
}

}  // namespace sqlrite::storage
