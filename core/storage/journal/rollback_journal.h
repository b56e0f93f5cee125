// The rollback journal in SQLite's format: writing one, and playing back what a crash left.
//
//   segment header (padded to a sector): magic, 8 bytes | record count | nonce | database size in pages before |
//                                        sector size | page size
//   record: page number | page | checksum (nonce + every 200th byte from the end)
//
// Records of a segment are synced before its pages in the database are overwritten; the count in the header is written
// in between, so that a torn segment announces no record that is not there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "os/vfs.h"
#include "storage/pager/page_cache.h"
#include "storage/pager/pager.h"

namespace sqlrite::storage {

class RollbackJournal {
 public:
  RollbackJournal() = default;
  // Starts a journal for a database that had `page_count` pages. In memory mode no file is made.
  Status begin(os::Vfs& vfs, const std::string& path, JournalMode mode, Synchronous level, uint32_t page_size_bytes,
               uint32_t page_count);
  bool is_active() const { return active_; }
  // Another open of the database could find and play it back.
  bool is_in_file() const { return mode_ != JournalMode::Off && mode_ != JournalMode::Memory; }
  Status add(uint32_t page, const uint8_t* bytes);
  // The commit is one of several that stand or fall with this file. After the last add(), before flush().
  Status add_super_journal(std::string_view name);
  bool names_super_journal() const { return names_super_journal_; }
  // Everything added so far is durable (as far as the level asks): its pages may be overwritten.
  Status flush();
  // Writes the old pages back and cuts the database to its old size. The journal stays until finish().
  Status play_back(os::File& database);
  // The transaction has ended: makes the journal cold, in the way of its mode.
  Status finish();
  // Forgets the journal without touching the file (it stays hot).
  void abandon();

  // Is there a journal with content at `path` that nobody's transaction owns?
  static Result<bool> is_hot(os::Vfs& vfs, const std::string& path, os::File& database);
  // Plays a hot journal back into `database` and removes it, and its super-journal if no other journal needs that. A
  // journal whose super-journal is gone was committed: it is only removed. REQUIRES the EXCLUSIVE lock.
  static Status recover(os::Vfs& vfs, const std::string& path, os::File& database);
  // Plays it back without removing it.
  static Status play_back_file(os::Vfs& vfs, const std::string& path, os::File& database);
  // Does the file exist and not start with a zero? (Whoever may own it.)
  static Result<bool> has_content(os::Vfs& vfs, const std::string& path);
  // Removes a cold journal file (after a change of the mode).
  static Status remove_file(os::Vfs& vfs, const std::string& path) { return vfs.remove(path, false); }

 private:
  Status open_file();
  Status write_out();
  Status start_segment();

  os::Vfs* vfs_ = nullptr;
  const std::string* path_ = nullptr;
  std::unique_ptr<os::File> file_;
  GrowArray<uint8_t> buffer_;    // not written yet; in memory mode the whole journal
  uint64_t buffer_offset_ = 0;   // where buffer_ goes in the file
  uint64_t segment_offset_ = 0;  // of the current segment header
  JournalMode mode_ = JournalMode::Delete;
  Synchronous level_ = Synchronous::Full;
  uint32_t page_size_bytes_ = 0;
  uint32_t page_count_ = 0;
  uint32_t nonce_ = 0;
  uint32_t record_count_ = 0;  // in the current segment
  uint32_t announced_count_ = 0;
  bool active_ = false;
  bool created_ = false;
  bool names_super_journal_ = false;
};

}  // namespace sqlrite::storage
