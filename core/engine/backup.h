// Backup: copies one database over another page by page while both connections stay usable (sqlite3_backup_*).
#pragma once

#include <memory>
#include <string_view>

#include "engine/connection.h"

namespace sqlrite::engine {

class Backup {
 public:
  // Errors are those of the target connection ("unknown database x", "source and destination must be distinct", ...).
  static Result<std::unique_ptr<Backup>> begin(Connection& target, std::string_view target_name, Connection& source,
                                               std::string_view source_name);
  ~Backup();
  Backup(const Backup&) = delete;
  Backup& operator=(const Backup&) = delete;
  // Copies up to `page_count` pages (negative: all that remain). DONE when finished, OK when more remain; BUSY and LOCKED
  // may be tried again. A source that changed in between starts the copy again.
  Code step(int page_count);
  int remaining_page_count() const { return remaining_; }
  int total_page_count() const { return total_; }
  // The error of the last step that ends the backup, OK after a complete or abandoned copy.
  Code finish();

 private:
  Backup(Connection& target, uint32_t target_database, Connection& source, uint32_t source_database);
  Status copy(int page_count, bool* done);
  Status begin_copy(const storage::Pager& from);
  Status copy_pages(storage::Pager& from, storage::View view, int page_count);
  Status finish_copy();
  void stop_writing();
  // Where the pages are copied to.
  storage::Pager& receiver() { return staged_ != nullptr ? *staged_ : *target_.database(target_database_).pager; }

  Connection& target_;
  uint32_t target_database_;
  Connection& source_;
  uint32_t source_database_;
  // A target with pages of another size takes the source as a whole: the copy is made beside it, and then replaces it.
  std::unique_ptr<storage::Pager> staged_;
  uint32_t next_page_ = 1;
  uint64_t source_snapshot_ = 0;
  int remaining_ = 0;
  int total_ = 0;
  bool writing_ = false;
  bool done_ = false;
  Code error_ = Code::Ok;
};

}  // namespace sqlrite::engine
