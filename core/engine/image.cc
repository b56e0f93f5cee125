#include "engine/image.h"

#include <cstring>

namespace sqlrite::engine {

Status replace_by_image(Connection& connection, uint32_t index, std::string_view image) {
  if (connection.transaction_state(static_cast<int>(index)) != 0) return Code::Busy;
  storage::PagerOptions options;
  SQLRITE_TRY_ASSIGN(auto pager, storage::Pager::open(connection.vfs(), ":memory:", options));
  if (!image.empty()) {
    constexpr size_t kHeaderSize = 100;
    constexpr char kMagic[] = "SQLite format 3";
    if (image.size() < kHeaderSize || std::memcmp(image.data(), kMagic, sizeof kMagic) != 0) return Code::NotADb;
    auto byte = [&image](size_t at) { return static_cast<uint8_t>(image[at]); };
    uint32_t page_size = static_cast<uint32_t>(byte(16)) << 8 | byte(17);
    if (page_size == 1) page_size = 65536;
    if (page_size < 512 || (page_size & (page_size - 1)) != 0) return Code::NotADb;
    SQLRITE_TRY(pager->set_page_size(page_size, byte(20)));
    SQLRITE_TRY(pager->begin_immediate());
    uint32_t page_count = static_cast<uint32_t>(image.size() / page_size);
    for (uint32_t number = 1; number <= page_count; ++number) {
      PageId id{number};
      if (id == pager->lock_byte_page()) continue;
      while (pager->page_count(storage::kNewestView) < number) SQLRITE_TRY(pager->append_page().take_status());
      SQLRITE_TRY_ASSIGN(uint8_t * bytes, pager->fetch_mut_fresh(id));
      std::memcpy(bytes, image.data() + size_t{page_size} * (number - 1), page_size);
      if (number == 1) bytes[18] = bytes[19] = 1;  // a database in memory has no log
    }
    pager->note_change();
    SQLRITE_TRY(pager->commit());
    pager->end_read();
  }
  Database& database = connection.database(index);
  connection.transaction().leave_database(index);
  database.pager = std::move(pager);
  database.file.clear();
  connection.publish_schema(index, nullptr);
  return {};
}

}  // namespace sqlrite::engine
