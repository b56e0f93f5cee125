#include "storage/pager/database_header.h"

#include <cstring>

#include "base/endian.h"

namespace sqlrite::storage {

namespace {
uint32_t page_size_of(const uint8_t* bytes) {
  const uint32_t size = load_be16(bytes + 16);
  return size == 1 ? 65536 : size;
}
}  // namespace

const char* header_fault(const uint8_t* bytes) {
  static const char kMagic[16] = {'S', 'Q', 'L', 'i', 't', 'e', ' ', 'f', 'o', 'r', 'm', 'a', 't', ' ', '3', '\0'};
  if (std::memcmp(bytes, kMagic, sizeof kMagic) != 0) return "it does not begin as a database does";
  const uint32_t page_size = page_size_of(bytes);
  if (!is_page_size(page_size)) return "the page size in its header is none";
  if (bytes[19] > 2) return "its header asks for a newer reader";
  if (bytes[21] != 64 || bytes[22] != 32 || bytes[23] != 32)
    return "the payload fractions in its header are not 64, 32, 32";
  if (page_size - bytes[20] < 480) return "its header reserves too much of each page";
  return nullptr;
}

Status parse_header(const uint8_t* bytes, DatabaseHeader* header) {
  if (header_fault(bytes) != nullptr) return Status(Code::NotADb);
  header->page_size_bytes = page_size_of(bytes);
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
