// DatabaseFile: what all connections of this process share of one database file: descriptor and file locks, page cache,
// log and its index, the newest snapshot.
//
// Ways to own the file:
//   private    no file; the cache holds the only copy. Never shared.
//   WAL        the process holds SQLite's EXCLUSIVE lock from its first access to its last close. Reading then needs no
//              system call: a reader stores its snapshot in its read mark and checks that it is still the newest.
//   rollback   SQLite's protocol per transaction: SHARED while anybody here reads, RESERVED for the writer, EXCLUSIVE
//              to overwrite pages.
//
// Positions: every commit has a number that only grows (`sequence`). In WAL mode the frame f of the current generation
// of the log has sequence log_base + f; a restart of the log moves log_base up to the newest sequence.
//
// Thread safety: `mutex_` guards all members but those marked otherwise. No busy handler, and no sync, runs under it.
// Order: registry mutex, then mutex_. Read marks pair with newest_sequence_: a reader stores its mark, then looks whether
// its snapshot is still the newest (both seq_cst); a checkpointer loads the newest, then looks at the marks. So a mark it
// misses belongs to a snapshot at or above the position it works up to.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "os/sync.h"
#include "os/vfs.h"
#include "storage/journal/rollback_journal.h"
#include "storage/pager/database_header.h"
#include "storage/pager/page_cache.h"
#include "storage/pager/pager.h"
#include "storage/wal/wal_log.h"

namespace sqlrite::storage {

// Everything a reader needs to know about the state it sees, taken in one step.
struct Snapshot {
  uint64_t sequence = 0;
  uint32_t page_count = 0;
  uint32_t schema_cookie = 0;
  uint32_t page_size_bytes = 0;
  uint32_t reserved_size_bytes = 0;
};

// One per pager.
struct ReadMark {
  static constexpr uint64_t kNone = UINT64_MAX;
  std::atomic<uint64_t> sequence{kNone};
  uint64_t cache_budget_bytes = 0;
  ReadMark* next = nullptr;  // of the same file
};

struct DirtyPage {
  uint32_t page;
  Frame* frame;               // null: spilled, its content is in the log already (rollback mode: in the spill file)
  const Frame* original;      // what the page held before the transaction, where known (rollback mode)
  uint64_t spilled_sequence;  // of a spilled page
};

// The pages of a whole database, one by one.
class PageSource {
 public:
  virtual ~PageSource() = default;
  virtual Status read(uint32_t page, uint8_t* out) = 0;
};

// For a commit that puts other content in place of everything there is, maybe in pages of another size. It needs little
// memory, whatever the size of the database. Not for the log.
struct Replacement {
  PageSource* pages = nullptr;
  uint32_t page_size_bytes = 0;
  uint8_t header[kHeaderSizeBytes] = {};  // of page 1, instead of what `pages` has there
};

// Calls the connection's busy handler between attempts.
struct BusyPolicy {
  bool (*handler)(void* context, int attempt) = nullptr;
  void* context = nullptr;
  int attempt = 0;
  bool wait() { return handler != nullptr && handler(context, attempt++); }
};

class DatabaseFile {
 public:
  static Result<DatabaseFile*> open(os::Vfs& vfs, const std::string& path, const PagerOptions& options);
  // `in_memory`: asked for as a database in memory, not as a temporary file; the two differ in their journal modes.
  static Result<DatabaseFile*> open_private(os::Vfs& vfs, bool in_memory, const PagerOptions& options);
  // Every open() and every pager has one; the last one closes the file.
  void release();

  void add_mark(ReadMark* mark);
  void remove_mark(ReadMark* mark);
  // The largest budget of all marks is the cache's.
  void set_cache_budget(ReadMark* mark, uint64_t size_bytes);

  // --- Reading.
  bool is_steady() const { return steady_.load(std::memory_order_acquire); }
  uint64_t newest_sequence() const { return newest_sequence_.load(std::memory_order_seq_cst); }
  // Takes the file's locks for a reading transaction (nothing to do when steady) and registers its snapshot.
  Status begin_access(ReadMark* mark, Snapshot* snapshot, bool* counted, BusyPolicy busy);
  void end_access();
  // The version of a page that `sequence` sees, pinned.
  Result<Frame*> fetch(uint32_t page, uint64_t sequence);
  // Pages that commits after `from` and up to `to` changed; false when that is not known any more.
  bool changed_pages(uint64_t from, uint64_t to, uint32_t count_max, GrowArray<uint32_t>* pages);
  Result<Frame*> new_frame();
  void unpin(Frame* frame) {
    if (frame->unpin_is_last()) give_back(frame);
  }
  void give_back(Frame* frame);
  // Content of a frame of the log that is not committed yet.
  // A page of the running transaction that was spilled.
  Status read_pending(uint64_t sequence, uint8_t* out);
  uint64_t cache_budget_bytes() const { return cache_budget_bytes_.load(std::memory_order_relaxed); }
  // The cache found nothing to evict: pins nobody uses should go.
  bool take_over_budget_hint() {
    return over_budget_hint_.load(std::memory_order_relaxed) &&
           over_budget_hint_.exchange(false, std::memory_order_relaxed);
  }

  // --- Writing. The writer lock lies between begin_write and end_write.
  Status begin_write(const Snapshot& snapshot, bool exclusive);
  void end_write();
  // Writes pages of the running transaction to the log ahead of its commit or, without a log, to a temporary file.
  // `first_sequence`: of the first of them. REQUIRES !is_private().
  Status spill(const WalPage* pages, uint32_t count, Synchronous level, uint64_t* first_sequence);
  // Writes and publishes. `pages` are sorted by number. On success the frames belong to the cache as well.
  struct CommitRequest {
    const DirtyPage* pages;
    uint32_t count;
    Snapshot base;
    uint32_t page_count;
    uint32_t reserved_size_bytes;
    Synchronous level;
    ReadMark* mark;
    bool keep_old_versions;                    // the committing pager has open views
    const Replacement* replacement = nullptr;  // then `count` is 0
  };
  struct CommitOutcome {
    Snapshot published;
    bool rolled_back = true;     // a failure ended the transaction (else BUSY: may be tried again)
    bool lock_released = false;  // end_write() is done already
    int log_frame_count = 0;
  };
  Status commit(const CommitRequest& request, BusyPolicy busy, CommitOutcome* outcome);
  // A commit by rollback journal in its three steps, for transactions over several files. BUSY changes nothing and may be
  // tried again. What was prepared is finished or rolled back. `super_journal` empty: the commit stands on its own.
  Status lock_commit(BusyPolicy busy);
  Status prepare_commit(const CommitRequest& request, std::string_view super_journal);
  Status finish_commit(const CommitRequest& request, CommitOutcome* outcome);
  // Takes a prepared commit back and drops what a transaction spilled.
  void rollback();
  // True: every change must keep the old version of its page (it cannot be read again after the commit).
  bool needs_originals() const { return !log_active_.load(std::memory_order_relaxed); }

  // --- Log and modes.
  Result<Pager::CheckpointResult> checkpoint(CheckpointMode mode, Synchronous level, BusyPolicy busy);
  void set_rollback_mode(JournalMode mode) { journal_mode_.store(mode, std::memory_order_relaxed); }
  // Leaves WAL mode: checkpoints and removes the log. REQUIRES the writer lock.
  Status leave_log(const ReadMark* own, Synchronous level);
  // Enters WAL mode after the header in the file says so. REQUIRES the writer lock.
  Status enter_log_after_commit();
  bool is_validated() const { return validated_.load(std::memory_order_relaxed); }
  JournalMode journal_mode() const { return journal_mode_.load(std::memory_order_relaxed); }
  // REQUIRES the writer lock, so that no journal is in use.
  void remove_cold_journal();
  void set_exclusive_locking(bool exclusive);
  void set_journal_size_limit(int64_t size_bytes) { journal_size_limit_.store(size_bytes, std::memory_order_relaxed); }
  int64_t journal_size_limit() const { return journal_size_limit_.load(std::memory_order_relaxed); }
  Status set_empty_page_size(uint32_t page_size_bytes);
  uint32_t empty_page_size_bytes();
  void release_memory();

  bool is_private() const { return private_; }
  bool is_in_memory() const { return in_memory_; }
  bool is_read_only() const { return read_only_; }
  bool is_write_protected() const { return write_protected_.load(std::memory_order_relaxed); }
  const std::string& path() const { return path_; }
  os::Vfs& vfs() { return vfs_; }

 private:
  explicit DatabaseFile(os::Vfs& vfs) : vfs_(vfs) {}
  ~DatabaseFile();
  friend struct FileRegistry;

  void close();
  void log_about_file(Code code, std::string_view what) const;
  // These REQUIRE mutex_.
  Status try_begin_access_locked();
  Status validate_locked();
  Status recover_journal_locked(bool* done);
  Status enter_log_locked();
  Status load_snapshot_locked();
  void publish_locked(const Snapshot& snapshot);
  uint64_t oldest_mark_locked() const;
  bool other_readers_locked(const ReadMark* own) const;
  bool maybe_restart_log_locked();
  Status read_page_bytes(uint32_t page, uint32_t frame, uint8_t* out);

  Status commit_private(const CommitRequest& request, CommitOutcome* outcome);
  Status commit_log(const CommitRequest& request, CommitOutcome* outcome);
  Status spill_to_file(const WalPage* pages, uint32_t count, uint64_t* first_sequence);
  Status write_journal(const CommitRequest& request, std::string_view super_journal);
  Status journal_pages(const CommitRequest& request);
  Status journal_whole_file(uint32_t page_count);
  Status overwrite_pages(const CommitRequest& request);
  Status overwrite_whole_file(const CommitRequest& request);
  Status undo_overwritten(Status status);
  Status settle_failed_end(Status status);
  Status leave_to_recovery(Status status);
  void undo_prepared();
  static Snapshot next_snapshot(const CommitRequest& request, uint64_t sequence);
  void publish_frames_locked(const CommitRequest& request, uint64_t sequence_of_first_frame, bool in_log);
  Status backfill(uint64_t limit, Synchronous level);
  Status lost(Status status);

  os::Vfs& vfs_;
  os::Mutex mutex_;
  std::string path_;
  std::string log_path_;
  std::string journal_path_;
  std::unique_ptr<os::File> file_;  // its locks: mutex_; reads and writes: any time
  PageCache cache_;
  WalLog log_;
  RollbackJournal journal_;  // the writer's
  bool prepared_ = false;    // the writer's: journal and database are written, the journal decides
  // The writer's: pages spilled in rollback mode. Page n (from 1) is in bytes [n - 1, n) * page size.
  std::unique_ptr<os::File> spill_file_;
  uint64_t spill_page_count_ = 0;
  ReadMark* first_mark_ = nullptr;         // every pager's mark is in this list
  GrowArray<uint32_t> checkpoint_frames_;  // the checkpointer's

  Snapshot newest_;
  std::atomic<uint64_t> newest_sequence_{0};
  std::atomic<bool> steady_{false};
  std::atomic<bool> log_active_{false};
  std::atomic<bool> write_protected_{false};  // header asks for a newer writer
  std::atomic<bool> validated_{false};        // the header was read and the cache fits the file
  std::atomic<bool> io_lost_{false};          // a sync failed: no more writes through this open
  std::atomic<bool> needs_recovery_{
      false};  // the file is half-written, its journal hot: nothing is read before playback
  std::atomic<JournalMode> journal_mode_{kDefaultJournalMode};
  std::atomic<int64_t> journal_size_limit_{-1};
  std::atomic<uint64_t> cache_budget_bytes_{16u << 20};
  std::atomic<bool> over_budget_hint_{false};
  std::atomic<bool> had_writer_{false};  // some pager here may write: the last close tidies up
  uint64_t log_base_ = 0;
  uint64_t log_generation_ = 0;
  uint32_t backfilled_frame_count_ = 0;
  bool checkpoint_running_ = false;
  bool writer_active_ = false;
  bool exclusive_pending_ = false;  // a writer waits for the readers of this process to end
  bool private_ = false;
  bool in_memory_ = false;
  bool read_only_ = false;
  bool immutable_ = false;
  bool exclusive_locking_ = false;
  uint32_t access_count_ = 0;
  uint32_t empty_page_size_bytes_ = 4096;
  uint8_t header_bytes_[kHeaderSizeBytes] = {};
  uint64_t validated_size_bytes_ = 0;

  // The registry's.
  os::FileIdentity identity_;
  DatabaseFile* next_file_ = nullptr;
  int reference_count_ = 1;
};

}  // namespace sqlrite::storage
