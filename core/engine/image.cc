#include "engine/image.h"

#include <cstring>

#include "base/guarded.h"

namespace sqlrite::engine {

Status write_image(Connection& connection, uint32_t index, char* (*allocate)(void* context, size_t size_bytes),
                   void* context) {
  storage::Pager* pager = connection.database(index).pager.get();
  if (pager == nullptr)
    return allocate(context, 0) != nullptr ? Status() : Status(Code::NoMem);  // temp: nothing there yet
  bool was_reading = pager->is_reading();
  if (!was_reading) SQLRITE_TRY(pager->begin_read());
  uint32_t page_count = pager->page_count(storage::kNewestView);
  size_t page_size = pager->page_size_bytes();
  Status status = guarded([&]() -> Status {
    char* image = allocate(context, page_size * page_count);
    if (image == nullptr) return Code::NoMem;
    for (uint32_t number = 1; number <= page_count; ++number) {
      char* at = image + page_size * (number - 1);
      if (PageId{number} == pager->lock_byte_page()) {
        std::memset(at, 0, page_size);
        continue;
      }
      SQLRITE_TRY_ASSIGN(storage::PageRef page, pager->fetch(PageId{number}, storage::kNewestView));
      std::memcpy(at, page.data(), page_size);
    }
    return {};
  });
  if (!was_reading) pager->end_read();
  return status;
}

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
      SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager->fetch_mut_fresh(id));
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
