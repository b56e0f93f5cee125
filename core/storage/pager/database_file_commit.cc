// The writing side of DatabaseFile: the writer lock, commits in memory and to the log, checkpoints, change of journal mode.
// Commits by rollback journal are in database_file_journaled.cc.
#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "storage/pager/database_file.h"

namespace sqlrite::storage {
namespace {
constexpr uint32_t kCheckpointRunPages = 16;
}

Status DatabaseFile::lost(Status status) {
  io_lost_.store(!SQLRITE_PLANTED_BUG(49));
  log_message(status.code(), "a sync failed: this open of the database writes no more");
  return status;
}

Status DatabaseFile::begin_write(const Snapshot& snapshot, bool exclusive) {
  if (read_only_ || write_protected_.load(std::memory_order_relaxed)) return Status(Code::ReadOnly);
  if (io_lost_.load(std::memory_order_relaxed)) return Status(Code::IoErrFsync);
  os::LockGuard<os::Mutex> guard(mutex_);
  if (newest_.sequence != snapshot.sequence) return Status(Code::BusySnapshot);
  if (writer_active_) return Status(Code::Busy);
  Status status;
  if (private_) {
    // Nobody else can write.
  } else if (steady_.load(std::memory_order_relaxed)) {
    if (log_active_.load() && !log_.is_open()) {
      status = log_.open(vfs_, log_path_, false);
      if (status.ok()) status = log_.start(newest_.page_size_bytes, vfs_.random());
    }
  } else {
    status = file_->lock(os::LockLevel::Reserved);
    if (status.ok() && exclusive) {
      exclusive_pending_ = true;
      status = access_count_ > 1 ? Status(Code::Busy) : file_->lock(os::LockLevel::Exclusive);
      if (!status.ok()) {
        exclusive_pending_ = false;
        file_->unlock(os::LockLevel::Shared).ignore();
      }
    }
  }
  if (status.ok()) writer_active_ = true;
  return status;
}

void DatabaseFile::end_write() {
  os::LockGuard<os::Mutex> guard(mutex_);
  writer_active_ = false;
  exclusive_pending_ = false;
  if (private_ || steady_.load(std::memory_order_relaxed) || exclusive_locking_) return;
  if (file_->lock_level() > os::LockLevel::Shared && !file_->unlock(os::LockLevel::Shared).ok()) {
    log_message(Code::IoErrUnlock, "unlocking the database failed");
  }
}

void DatabaseFile::rollback() {
  if (log_active_.load()) log_.rollback_pending();
  if (prepared_) undo_prepared();
  spill_file_.reset();
}

Status DatabaseFile::spill(const WalPage* pages, uint32_t count, Synchronous level, uint64_t* first_sequence) {
  if (io_lost_.load(std::memory_order_relaxed)) return Status(Code::IoErrFsync);
  if (!log_active_.load()) return spill_to_file(pages, count, first_sequence);
  {
    os::LockGuard<os::Mutex> guard(mutex_);
    if (log_.pending_frame_count() == 0) maybe_restart_log_locked();
    *first_sequence = log_base_ + log_.committed_frame_count() + log_.pending_frame_count() + 1;
  }
  return log_.append(pages, count, 0, level >= Synchronous::Normal);
}

Status DatabaseFile::spill_to_file(const WalPage* pages, uint32_t count, uint64_t* first_sequence) {
  if (spill_file_ == nullptr) {
    SQLRITE_TRY_ASSIGN(std::string path, vfs_.temp_name());
    os::OpenOptions options;
    options.role = os::FileRole::Temporary;
    options.exclusive = true;
    options.fall_back_to_read_only = false;
    options.delete_on_close = true;
    SQLRITE_TRY_ASSIGN(spill_file_, vfs_.open(path, options));
    spill_page_count_ = 0;
  }
  const uint32_t page_size = newest_.page_size_bytes;
  for (uint32_t i = 0; i < count; ++i) {
    SQLRITE_TRY(spill_file_->write_at((spill_page_count_ + i) * page_size, pages[i].data, page_size));
  }
  *first_sequence = spill_page_count_ + 1;
  spill_page_count_ += count;
  return {};
}

Status DatabaseFile::read_pending(uint64_t sequence, uint8_t* out) {
  if (log_active_.load(std::memory_order_relaxed))
    return log_.read_frame(static_cast<uint32_t>(sequence - log_base_), out);
  if (spill_file_ == nullptr) return Status(Code::IoErrRead);
  const uint32_t page_size = newest_.page_size_bytes;
  SQLRITE_TRY_ASSIGN(size_t got, spill_file_->read_at((sequence - 1) * page_size, out, page_size));
  return got == page_size ? Status() : Status(Code::IoErrShortRead);
}

Status DatabaseFile::commit(const CommitRequest& request, BusyPolicy busy, CommitOutcome* outcome) {
  if (private_) return commit_private(request, outcome);
  if (log_active_.load()) return commit_log(request, outcome);
  Status status = lock_commit(busy);
  outcome->rolled_back = status.primary() != Code::Busy;
  SQLRITE_TRY(std::move(status));
  SQLRITE_TRY(prepare_commit(request, {}));
  return finish_commit(request, outcome);
}

// Hands the frames of a transaction to the cache. `in_log`: versions count up frame by frame, else all are the same.
void DatabaseFile::publish_frames_locked(const CommitRequest& request, uint64_t sequence_of_first_frame, bool in_log) {
  bool drop_old = !in_log || (!request.keep_old_versions && !other_readers_locked(request.mark));
  uint64_t version = sequence_of_first_frame;
  for (uint32_t i = 0; i < request.count; ++i) {
    Frame* frame = request.pages[i].frame;
    if (frame == nullptr) {
      // Without a log the file holds the new content now.
      if (!in_log) cache_.remove_others(request.pages[i].page, nullptr);
      continue;
    }
    if (drop_old) cache_.remove_others(request.pages[i].page, nullptr);
    frame->page = request.pages[i].page;
    frame->version = version;
    if (in_log) ++version;
    if (!cache_.insert(frame)) log_message(Code::NoMem, "page cache cannot grow");
  }
  if (request.page_count < request.base.page_count) cache_.remove_above(request.page_count);
}

Snapshot DatabaseFile::next_snapshot(const CommitRequest& request, uint64_t sequence) {
  Snapshot snapshot = request.base;
  snapshot.sequence = sequence;
  snapshot.page_count = request.page_count;
  snapshot.reserved_size_bytes = request.reserved_size_bytes;
  if (request.replacement != nullptr) {
    snapshot.page_size_bytes = request.replacement->page_size_bytes;
    snapshot.schema_cookie = load_be32(request.replacement->header + 40);
  } else if (request.count > 0 && request.pages[0].page == 1 && request.pages[0].frame != nullptr) {
    snapshot.schema_cookie = load_be32(request.pages[0].frame->data + 40);
  }
  return snapshot;
}

Status DatabaseFile::commit_private(const CommitRequest& request, CommitOutcome* outcome) {
  os::LockGuard<os::Mutex> guard(mutex_);
  if (!cache_.prepare_insert()) return Code::NoMem;  // its frames are all there is of the database
  uint64_t sequence = newest_.sequence + 1;
  publish_frames_locked(request, sequence, false);
  publish_locked(next_snapshot(request, sequence));
  outcome->published = newest_;
  return {};
}

bool DatabaseFile::maybe_restart_log_locked() {
  if (checkpoint_running_ || log_.committed_frame_count() == 0 ||
      backfilled_frame_count_ != log_.committed_frame_count())
    return false;
  for (const ReadMark* mark = first_mark_; mark != nullptr; mark = mark->next) {
    uint64_t at = mark->sequence.load(std::memory_order_seq_cst);
    if (at != ReadMark::kNone && at != newest_.sequence) return false;
  }
  // Frames that the log superseded must not answer for "as in the file" from now on.
  const uint32_t count = log_.committed_frame_count();
  for (uint32_t frame = 1; frame <= count; ++frame) {
    if (log_.index().is_newest_below(frame, count)) cache_.keep_version(log_.index().page_of(frame), log_base_ + frame);
  }
  log_base_ += count;
  ++log_generation_;
  backfilled_frame_count_ = 0;
  log_.restart(vfs_.random());
  int64_t limit = journal_size_limit();
  if (limit >= 0 && !log_.truncate_file(static_cast<uint64_t>(limit)).ok())
    log_message(Code::IoErrTruncate, "cutting the log failed");
  return true;
}

Status DatabaseFile::commit_log(const CommitRequest& request, CommitOutcome* outcome) {
  if (io_lost_.load(std::memory_order_relaxed)) {
    log_.rollback_pending();
    return Status(Code::IoErrFsync);
  }
  WalPage on_stack[16];
  GrowArray<WalPage> on_heap;
  WalPage* pages = on_stack;
  if (request.count + 1 > 16) {
    if (!on_heap.reserve(request.count + 1)) {
      log_.rollback_pending();
      return Status(Code::NoMem);
    }
    pages = on_heap.begin();
  }
  uint32_t count = 0;
  for (uint32_t i = 0; i < request.count; ++i) {
    if (request.pages[i].frame != nullptr) pages[count++] = {request.pages[i].page, request.pages[i].frame->data};
  }
  uint64_t first_sequence;
  {
    os::LockGuard<os::Mutex> guard(mutex_);
    if (log_.pending_frame_count() == 0) maybe_restart_log_locked();
    if (!log_.reserve_index(count)) {
      log_.rollback_pending();
      return Status(Code::NoMem);
    }
    first_sequence = log_base_ + log_.committed_frame_count() + log_.pending_frame_count() + 1;
  }
  SQLRITE_ENSURE(count > 0);  // the pager keeps page 1 back from spilling
  Status status = log_.append(pages, count, request.page_count, request.level >= Synchronous::Normal);
  if (status.ok() && request.level >= Synchronous::Full && !SQLRITE_PLANTED_BUG(41)) {
    status = log_.sync();
    if (!status.ok()) status = lost(std::move(status));
  } else if (status.code() == Code::IoErrFsync) {
    status = lost(std::move(status));
  }
  if (!status.ok()) {
    log_.rollback_pending();
    return status;
  }
  os::LockGuard<os::Mutex> guard(mutex_);
  log_.publish();
  publish_frames_locked(request, first_sequence, true);
  publish_locked(next_snapshot(request, log_base_ + log_.committed_frame_count()));
  outcome->published = newest_;
  outcome->log_frame_count = static_cast<int>(log_.committed_frame_count());
  writer_active_ = false;  // as end_write() does in this mode
  outcome->lock_released = true;
  return {};
}

// Copies the newest version at `limit` of every page in the log into the database. REQUIRES checkpoint_running_.
Status DatabaseFile::backfill(uint64_t limit, Synchronous level) {
  uint32_t page_size;
  uint32_t page_count = 0;
  uint32_t limit_frame;
  checkpoint_frames_.clear();
  {
    os::LockGuard<os::Mutex> guard(mutex_);
    page_size = newest_.page_size_bytes;
    if (limit <= log_base_) return {};
    limit_frame = static_cast<uint32_t>(limit - log_base_);
    if (limit_frame <= backfilled_frame_count_) return {};
    if (limit == newest_.sequence) page_count = newest_.page_count;
    for (uint32_t frame = backfilled_frame_count_ + 1; frame <= limit_frame; ++frame) {
      if (SQLRITE_PLANTED_BUG(44) && frame == limit_frame) break;
      if (!log_.index().is_newest_below(frame, limit_frame)) continue;
      if (page_count != 0 && log_.index().page_of(frame) > page_count) continue;
      if (!checkpoint_frames_.push_back(frame)) return Status(Code::NoMem);
    }
    std::sort(checkpoint_frames_.begin(), checkpoint_frames_.end(),
              [&](uint32_t a, uint32_t b) { return log_.index().page_of(a) < log_.index().page_of(b); });
  }
  if (level >= Synchronous::Normal && !SQLRITE_PLANTED_BUG(42)) {
    Status status = log_.sync();
    if (!status.ok()) return lost(std::move(status));
  }
  GrowArray<uint8_t> run;
  if (!run.reserve(static_cast<size_t>(kCheckpointRunPages) * page_size)) return Status(Code::NoMem);
  for (size_t done = 0; done < checkpoint_frames_.size();) {
    uint32_t first_page = 0;
    uint32_t run_count = 0;
    uint32_t log_frames[kCheckpointRunPages];
    Frame* cached[kCheckpointRunPages];  // pinned; null: to be read from the log
    {
      os::LockGuard<os::Mutex> guard(mutex_);
      while (run_count < kCheckpointRunPages && done + run_count < checkpoint_frames_.size()) {
        uint32_t frame = checkpoint_frames_[done + run_count];
        uint32_t page = log_.index().page_of(frame);
        if (run_count == 0) {
          first_page = page;
        } else if (page != first_page + run_count) {
          break;
        }
        log_frames[run_count] = frame;
        cached[run_count] = cache_.find_and_pin(page, log_base_ + frame, log_base_);
        ++run_count;
      }
    }
    Status status;
    const uint64_t offset = static_cast<uint64_t>(first_page - 1) * page_size;
    if (run_count == 1 && cached[0] != nullptr) {
      status = file_->write_at(offset, cached[0]->data, page_size);
    } else {
      for (uint32_t i = 0; i < run_count && status.ok(); ++i) {
        uint8_t* to = run.begin() + static_cast<size_t>(i) * page_size;
        if (cached[i] != nullptr) {
          std::memcpy(to, cached[i]->data, page_size);
        } else {
          status = log_.read_frame(log_frames[i], to);
        }
      }
      if (status.ok()) status = file_->write_at(offset, run.begin(), static_cast<size_t>(run_count) * page_size);
    }
    for (uint32_t i = 0; i < run_count; ++i) {
      if (cached[i] != nullptr) unpin(cached[i]);
    }
    SQLRITE_TRY(std::move(status));
    done += run_count;
  }
  if (page_count != 0) {
    SQLRITE_TRY_ASSIGN(uint64_t size, file_->size());
    uint64_t wanted = static_cast<uint64_t>(page_count) * page_size;
    if (size > wanted) SQLRITE_TRY(file_->truncate(wanted));
  }
  if (level >= Synchronous::Normal && !SQLRITE_PLANTED_BUG(43)) {
    Status status = file_->sync(os::SyncKind::Data);
    if (!status.ok()) return lost(std::move(status));
  }
  os::LockGuard<os::Mutex> guard(mutex_);
  backfilled_frame_count_ = limit_frame;
  return {};
}

Result<Pager::CheckpointResult> DatabaseFile::checkpoint(CheckpointMode mode, Synchronous level, BusyPolicy busy) {
  Pager::CheckpointResult result;
  if (!log_active_.load()) return result;
  if (io_lost_.load()) return Status(Code::IoErrFsync);
  if (read_only_) return Status(Code::ReadOnly);
  bool has_writer_lock = false;
  for (;;) {
    {
      os::LockGuard<os::Mutex> guard(mutex_);
      if (!checkpoint_running_ && (mode == CheckpointMode::Passive || !writer_active_)) {
        checkpoint_running_ = true;
        if (mode != CheckpointMode::Passive) has_writer_lock = writer_active_ = true;
        break;
      }
      if (mode == CheckpointMode::Passive) {
        result.busy = true;
        result.wal_frame_count = static_cast<int>(log_.committed_frame_count());
        result.checkpointed_frame_count = static_cast<int>(backfilled_frame_count_);
        return result;
      }
    }
    if (!busy.wait()) {
      os::LockGuard<os::Mutex> guard(mutex_);
      result.busy = true;
      if (checkpoint_running_) {
        result.wal_frame_count = static_cast<int>(log_.committed_frame_count());
        result.checkpointed_frame_count = static_cast<int>(backfilled_frame_count_);
        return result;
      }
      checkpoint_running_ = true;  // another connection writes: do what a passive one can
      break;
    }
  }
  Status status;
  if (log_.is_open()) {
    uint64_t limit = 0;
    for (;;) {
      {
        os::LockGuard<os::Mutex> guard(mutex_);
        limit = SQLRITE_PLANTED_BUG(45) ? newest_sequence() : std::min(newest_sequence(), oldest_mark_locked());
        if (!has_writer_lock || limit == newest_.sequence) break;
      }
      if (!busy.wait()) {
        result.busy = true;
        break;
      }
    }
    status = backfill(limit, level);
  }
  {
    os::LockGuard<os::Mutex> guard(mutex_);
    checkpoint_running_ = false;
    result.wal_frame_count = static_cast<int>(log_.committed_frame_count());
    result.checkpointed_frame_count = static_cast<int>(backfilled_frame_count_);
    if (status.ok() && has_writer_lock && !result.busy && mode >= CheckpointMode::Restart) {
      maybe_restart_log_locked();
      if (log_.committed_frame_count() != 0) {
        result.busy = result.checkpointed_frame_count != result.wal_frame_count;
      } else if (mode == CheckpointMode::Truncate) {
        result.wal_frame_count = result.checkpointed_frame_count = 0;
        status = log_.truncate_file(0);
      }
    }
    if (has_writer_lock) writer_active_ = false;
  }
  if (!status.ok()) return status;
  return result;
}

Status DatabaseFile::leave_log(const ReadMark* own, Synchronous level) {
  {
    os::LockGuard<os::Mutex> guard(mutex_);
    steady_.store(false, std::memory_order_seq_cst);
    if (other_readers_locked(own) || checkpoint_running_) {
      steady_.store(true, std::memory_order_seq_cst);
      return Status(Code::Busy);
    }
    checkpoint_running_ = true;
  }
  Status status = log_.is_open() ? backfill(newest_sequence(), std::max(level, Synchronous::Normal)) : Status();
  os::LockGuard<os::Mutex> guard(mutex_);
  checkpoint_running_ = false;
  if (!status.ok()) {
    steady_.store(true, std::memory_order_seq_cst);
    return status;
  }
  log_.close();
  status = vfs_.remove(log_path_, true);
  log_active_.store(false);
  cache_.remove_all();
  ++log_generation_;
  if (!status.ok()) {
    validated_.store(false);  // the header still says WAL: the next access goes back to it
    return status;
  }
  SQLRITE_TRY_ASSIGN(validated_size_bytes_, file_->size());
  SQLRITE_TRY_ASSIGN(size_t got, file_->read_at(0, header_bytes_, sizeof header_bytes_));
  static_cast<void>(got);
  journal_mode_.store(JournalMode::Delete);
  return status;
}

Status DatabaseFile::enter_log_after_commit() {
  os::LockGuard<os::Mutex> guard(mutex_);
  if (log_active_.load() || private_) return {};
  if (access_count_ > 1) return {};  // the next transaction that finds the file alone enters it
  exclusive_pending_ = false;
  Status status = enter_log_locked();
  if (!status.ok()) validated_ = false;
  return status;
}

}  // namespace sqlrite::storage
