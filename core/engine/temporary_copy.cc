#include "engine/temporary_copy.h"

namespace sqlrite::engine {

namespace {

Result<std::unique_ptr<storage::Pager>> open_empty(Connection& connection, const storage::Pager& original,
                                                   storage::PagerOptions options, const std::string& path) {
  options.default_journal_mode = storage::JournalMode::Off;
  SQLRITE_TRY_ASSIGN(auto copy, storage::Pager::open(connection.vfs(), path, options));
  copy->set_synchronous(storage::Synchronous::Off);
  SQLRITE_TRY(copy->set_page_size(options.page_size_bytes, static_cast<int>(original.reserved_size_bytes())));
  SQLRITE_TRY(copy->begin_read());
  if (copy->page_count(storage::kNewestView) > 0) return Status(Code::Error, "output file already exists");
  copy->set_exclusive_locking(true);
  SQLRITE_TRY(copy->begin_write());
  return copy;
}

}  // namespace

Result<std::unique_ptr<storage::Pager>> open_temporary_copy(Connection& connection, const storage::Pager& original,
                                                            uint32_t page_size_bytes) {
  storage::PagerOptions options;
  options.page_size_bytes = page_size_bytes;
  std::string path;
  if (!original.is_memory() && connection.settings().temp_store != 2) {
    SQLRITE_TRY_ASSIGN(path, connection.vfs().temp_name());
    options.temporary = true;
  }
  return open_empty(connection, original, options, path);
}

Result<std::unique_ptr<storage::Pager>> open_copy(Connection& connection, const storage::Pager& original,
                                                  uint32_t page_size_bytes, const std::string& path) {
  storage::PagerOptions options;
  options.page_size_bytes = page_size_bytes;
  return open_empty(connection, original, options, path);
}

}  // namespace sqlrite::engine
