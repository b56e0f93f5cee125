// Commits by rollback journal: the old pages go into the journal, then the new ones over them in the file.
//
//   lock_commit()      EXCLUSIVE, and nobody in this process reads
//   prepare_commit()   journal and database are written and synced; rollback() plays the journal back
//   finish_commit()    the journal goes, and with it the way back
#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "storage/pager/database_file.h"

namespace sqlrite::storage {
namespace {

constexpr uint32_t kRunSizeBytes = 256 * 1024;  // what one write puts down of a whole file

bool is_failed_sync(const Status& status) {
  return status.code() == Code::IoErrFsync || status.code() == Code::IoErrDirFsync;
}

}  // namespace

Status DatabaseFile::lock_commit(BusyPolicy busy) {
  if (private_ || log_active_.load(std::memory_order_relaxed)) return {};
  if (io_lost_.load(std::memory_order_relaxed)) return Status(Code::IoErrFsync);
  for (;;) {
    {
      os::LockGuard<os::Mutex> guard(mutex_);
      exclusive_pending_ = true;
      Status status = access_count_ > 1 ? file_->lock(os::LockLevel::Pending) : file_->lock(os::LockLevel::Exclusive);
      if (status.ok() && access_count_ <= 1) return {};
      if (!status.ok() && status.primary() != Code::Busy) return status;
    }
    if (!busy.wait()) return Status(Code::Busy);
  }
}

Status DatabaseFile::prepare_commit(const CommitRequest& request, std::string_view super_journal) {
  Status status = write_journal(request, super_journal);
  if (!status.ok()) {
    if (journal_.is_active() && !journal_.finish().ok()) journal_.abandon();
    return status;
  }
  status = request.replacement != nullptr ? overwrite_whole_file(request) : overwrite_pages(request);
  if (status.ok() && request.level >= Synchronous::Normal && !SQLRITE_PLANTED_BUG(48))
    status = file_->sync(os::SyncKind::Data);
  if (!status.ok()) return undo_overwritten(std::move(status));
  prepared_ = true;
  return {};
}

Status DatabaseFile::finish_commit(const CommitRequest& request, CommitOutcome* outcome) {
  prepared_ = false;
  Status status = journal_.finish();
  if (!status.ok()) SQLRITE_TRY(settle_failed_end(std::move(status)));
  os::LockGuard<os::Mutex> guard(mutex_);
  uint64_t sequence = newest_.sequence + 1;
  if (request.replacement != nullptr) {
    cache_.set_page_size(request.replacement->page_size_bytes);
    std::memcpy(header_bytes_, request.replacement->header, kHeaderSizeBytes);
  } else {
    publish_frames_locked(request, sequence, false);
    if (request.count > 0 && request.pages[0].page == 1)
      std::memcpy(header_bytes_, request.pages[0].frame->data, kHeaderSizeBytes);
  }
  publish_locked(next_snapshot(request, sequence));
  validated_size_bytes_ = static_cast<uint64_t>(newest_.page_count) * newest_.page_size_bytes;
  outcome->published = newest_;
  spill_file_.reset();
  return {};
}

Status DatabaseFile::write_journal(const CommitRequest& request, std::string_view super_journal) {
  // Before a log takes over, the journal's removal must be durable: a journal that comes back would win over the log.
  const bool enters_log = journal_mode() == JournalMode::Wal && request.level >= Synchronous::Normal;
  const Synchronous level = enters_log ? Synchronous::Extra : request.level;
  const uint32_t page_count = request.base.page_count;
  SQLRITE_TRY(journal_.begin(vfs_, journal_path_, journal_mode(), level, request.base.page_size_bytes, page_count));
  SQLRITE_TRY(request.replacement != nullptr ? journal_whole_file(page_count) : journal_pages(request));
  if (!super_journal.empty()) SQLRITE_TRY(journal_.add_super_journal(super_journal));
  return journal_.flush();
}

Status DatabaseFile::journal_pages(const CommitRequest& request) {
  auto add_original = [&](uint32_t page, const Frame* original) -> Status {
    if (original != nullptr) return journal_.add(page, original->data);
    SQLRITE_TRY_ASSIGN(Frame * frame, fetch(page, request.base.sequence));
    Status status = journal_.add(page, frame->data);
    unpin(frame);
    return status;
  };
  for (uint32_t i = 0; i < request.count; ++i) {
    if (request.pages[i].page <= request.base.page_count)
      SQLRITE_TRY(add_original(request.pages[i].page, request.pages[i].original));
  }
  // Pages that are cut off, unless they were changed and so are in already.
  uint32_t next_dirty = 0;
  for (uint32_t page = request.page_count + 1; page <= request.base.page_count; ++page) {
    while (next_dirty < request.count && request.pages[next_dirty].page < page) ++next_dirty;
    if (SQLRITE_PLANTED_BUG(47) || (next_dirty < request.count && request.pages[next_dirty].page == page)) continue;
    SQLRITE_TRY(add_original(page, nullptr));
  }
  return {};
}

Status DatabaseFile::journal_whole_file(uint32_t page_count) {
  if (journal_mode() == JournalMode::Off) return {};
  const uint32_t page_size = cache_.page_size_bytes();
  const uint32_t lock_page = static_cast<uint32_t>(os::lock_bytes::kPending / page_size) + 1;
  GrowArray<uint8_t> bytes;
  if (!bytes.reserve(page_size)) return Status(Code::NoMem);
  for (uint32_t page = 1; page <= page_count; ++page) {
    if (page == lock_page) continue;
    SQLRITE_TRY(read_page_bytes(page, 0, bytes.begin()));
    SQLRITE_TRY(journal_.add(page, bytes.begin()));
  }
  return {};
}

Status DatabaseFile::overwrite_pages(const CommitRequest& request) {
  const uint32_t page_size = request.base.page_size_bytes;
  GrowArray<uint8_t> spilled;
  if (!spilled.reserve(page_size)) return Status(Code::NoMem);
  for (uint32_t i = 0; i < request.count; ++i) {
    const DirtyPage& dirty = request.pages[i];
    if (dirty.page > request.page_count) continue;
    if (dirty.frame == nullptr) SQLRITE_TRY(read_pending(dirty.spilled_sequence, spilled.begin()));
    const uint8_t* bytes = dirty.frame != nullptr ? dirty.frame->data : spilled.begin();
    SQLRITE_TRY(file_->write_at(static_cast<uint64_t>(dirty.page - 1) * page_size, bytes, page_size));
  }
  if (request.page_count >= request.base.page_count) return {};
  return file_->truncate(static_cast<uint64_t>(request.page_count) * page_size);
}

Status DatabaseFile::overwrite_whole_file(const CommitRequest& request) {
  const Replacement& replacement = *request.replacement;
  const uint32_t page_size = replacement.page_size_bytes;
  const uint32_t lock_page = static_cast<uint32_t>(os::lock_bytes::kPending / page_size) + 1;
  GrowArray<uint8_t> run;
  if (!run.reserve(kRunSizeBytes)) return Status(Code::NoMem);
  for (uint32_t first = 1; first <= request.page_count;) {
    uint32_t count = std::min(kRunSizeBytes / page_size, request.page_count - first + 1);
    if (first < lock_page) count = std::min(count, lock_page - first);
    for (uint32_t i = 0; i < count; ++i) SQLRITE_TRY(replacement.pages->read(first + i, run.begin() + i * page_size));
    if (first == 1) std::memcpy(run.begin(), replacement.header, kHeaderSizeBytes);
    SQLRITE_TRY(file_->write_at(static_cast<uint64_t>(first - 1) * page_size, run.begin(),
                                static_cast<size_t>(count) * page_size));
    first += count;
    if (first == lock_page) ++first;
  }
  const uint64_t size = static_cast<uint64_t>(request.page_count) * page_size;
  SQLRITE_TRY_ASSIGN(uint64_t size_before, file_->size());
  return size < size_before ? file_->truncate(size) : Status();
}

// The database was overwritten, in part or whole: brings the old state back. Returns `status`.
Status DatabaseFile::undo_overwritten(Status status) {
  if (!journal_.play_back(*file_).ok()) return leave_to_recovery(std::move(status));
  // A journal that stays although it was played back does no harm: it holds the state the file is in.
  if (!journal_.finish().ok()) journal_.abandon();
  return status;
}

// Everything is written and synced; only ending the journal failed. What is left of it decides: OK means that the
// commit stands.
Status DatabaseFile::settle_failed_end(Status status) {
  if (journal_.names_super_journal()) {
    // The super-journal is gone, and so the journal means nothing; whoever comes next removes it.
    journal_.abandon();
    log_message(status.code(), "a journal that is not needed any more could not be removed");
    return {};
  }
  if (!is_failed_sync(status)) {
    auto hot = RollbackJournal::has_content(vfs_, journal_path_);
    if (hot.ok() && !hot.value()) {
      log_message(Code::Warning, "ending the journal reported an error, but it is gone: the commit stands");
      return {};
    }
    bool restored = hot.ok() && RollbackJournal::play_back_file(vfs_, journal_path_, *file_).ok();
    if (restored) {
      RollbackJournal::remove_file(vfs_, journal_path_).ignore();
      journal_.abandon();
      return status;
    }
  }
  return leave_to_recovery(std::move(status));
}

// A journal in a file is complete and synced: the next transaction finds it hot and plays it back. Until then nobody
// may look at the half-written file, and the cache must not be mixed with it.
Status DatabaseFile::leave_to_recovery(Status status) {
  const bool recoverable = journal_.is_in_file() && !is_failed_sync(status);
  journal_.abandon();
  os::LockGuard<os::Mutex> guard(mutex_);
  validated_ = false;
  cache_.remove_all();
  if (!recoverable) return lost(std::move(status));
  needs_recovery_.store(true);
  log_message(status.code(), "a failed commit could not be undone: the next transaction plays back its journal");
  return status;
}

void DatabaseFile::undo_prepared() {
  prepared_ = false;
  undo_overwritten(Status(Code::Abort)).ignore();
}

}  // namespace sqlrite::storage
