// Opening, closing, locks, and reading pages. Commits and checkpoints are in database_file_commit.cc.
#include "storage/pager/database_file.h"

#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "base/guarded.h"
#include "base/log.h"

namespace sqlrite::storage {

// All database files this process has open, so that a second open of the same inode finds the first. A file stays
// listed while its last user closes it; an open of the same inode waits for that.
struct FileRegistry {
  os::Mutex mutex;
  os::ConditionVariable closed;
  DatabaseFile* first_file = nullptr;

  static FileRegistry& instance() {
    static FileRegistry* registry = new FileRegistry;  // never destroyed: connections may outlive static destructors
    return *registry;
  }
  DatabaseFile* find(os::Vfs& vfs, const os::FileIdentity& identity) {
    if (!identity) return nullptr;
    for (DatabaseFile* file = first_file; file != nullptr; file = file->next_file_) {
      if (&file->vfs_ == &vfs && file->identity_ == identity) return file;
    }
    return nullptr;
  }
  void add(DatabaseFile* file) {
    file->next_file_ = first_file;
    first_file = file;
  }
  void remove(DatabaseFile* file) {
    DatabaseFile** at = &first_file;
    while (*at != file) at = &(*at)->next_file_;
    *at = file->next_file_;
  }
};

DatabaseFile::~DatabaseFile() = default;

Result<DatabaseFile*> DatabaseFile::open_private(os::Vfs& vfs, bool in_memory, const PagerOptions& options) {
  DatabaseFile* file = new (std::nothrow) DatabaseFile(vfs);
  if (file == nullptr) return Code::NoMem;
  file->private_ = true;
  file->in_memory_ = in_memory;
  file->cache_.set_evictable(false);
  file->cache_.set_page_size(options.page_size_bytes);
  file->empty_page_size_bytes_ = options.page_size_bytes;
  file->newest_.page_size_bytes = options.page_size_bytes;
  file->newest_.sequence = 1;
  file->newest_sequence_.store(1);
  file->journal_mode_.store(in_memory ? JournalMode::Memory : JournalMode::Delete);
  file->steady_.store(true);
  return file;
}

Result<DatabaseFile*> DatabaseFile::open(os::Vfs& vfs, const std::string& path, const PagerOptions& options) {
  SQLRITE_TRY_ASSIGN(std::string full, vfs.full_path(path));
  FileRegistry& registry = FileRegistry::instance();
  os::UniqueLock<os::Mutex> lock(registry.mutex);
  for (;;) {
    DatabaseFile* existing = registry.find(vfs, vfs.identity(full));
    if (existing == nullptr) break;
    if (existing->reference_count_ == 0) {
      registry.closed.wait(lock);
      continue;
    }
    if (!options.read_only && existing->read_only_ && !existing->immutable_) {
      // The first opener could not write either, or asked for it; nothing to upgrade here.
      log_message(Code::Notice, "database already open read-only in this process");
    }
    ++existing->reference_count_;
    if (!options.read_only) existing->had_writer_ = true;
    return existing;
  }
  os::OpenOptions open_options;
  open_options.role = options.temporary ? os::FileRole::Temporary : os::FileRole::Database;
  open_options.read_only = options.immutable;
  open_options.create = options.create && !options.read_only;
  open_options.delete_on_close = options.temporary;
  SQLRITE_TRY_ASSIGN(std::unique_ptr<os::File> handle, vfs.open(full, open_options));
  DatabaseFile* file = new (std::nothrow) DatabaseFile(vfs);
  if (file == nullptr) return Code::NoMem;
  Status named = guarded([&]() -> Status {
    file->log_path_ = full + "-wal";
    file->journal_path_ = full + "-journal";
    file->path_ = std::move(full);
    return {};
  });
  if (!named.ok()) {
    delete file;
    return named;
  }
  file->identity_ = handle->identity();
  file->read_only_ = handle->is_read_only();
  file->immutable_ = options.immutable;
  file->had_writer_ = !options.read_only;
  file->file_ = std::move(handle);
  file->empty_page_size_bytes_ = options.page_size_bytes;
  file->newest_.page_size_bytes = options.page_size_bytes;
  file->cache_.set_page_size(options.page_size_bytes);
  file->journal_mode_.store(options.default_journal_mode);
  registry.add(file);
  return file;
}

void DatabaseFile::release() {
  if (private_) {
    delete this;
    return;
  }
  FileRegistry& registry = FileRegistry::instance();
  {
    os::LockGuard<os::Mutex> guard(registry.mutex);
    if (--reference_count_ > 0) return;
  }
  close();
  {
    os::LockGuard<os::Mutex> guard(registry.mutex);
    registry.remove(this);
    registry.closed.notify_all();
  }
  delete this;
}

// Leaves the file as a single-user SQLite does: everything in it, no log beside it.
void DatabaseFile::close() {
  if (log_active_.load() && log_.is_open() && !read_only_ && had_writer_ && !io_lost_.load()) {
    auto result = checkpoint(CheckpointMode::Full, Synchronous::Full, {});
    if (result.ok() && !result.value().busy &&
        result.value().wal_frame_count == result.value().checkpointed_frame_count) {
      log_.close();
      vfs_.remove(log_path_, false).ignore();
    }
  }
  log_.close();
  if (exclusive_locking_ && journal_mode() == JournalMode::Persist) journal_.abandon();
  if (file_->lock_level() != os::LockLevel::None) file_->unlock(os::LockLevel::None).ignore();
  file_.reset();
}

void DatabaseFile::add_mark(ReadMark* mark) {
  os::LockGuard<os::Mutex> guard(mutex_);
  mark->next = first_mark_;
  first_mark_ = mark;
}

void DatabaseFile::remove_mark(ReadMark* mark) {
  os::LockGuard<os::Mutex> guard(mutex_);
  ReadMark** at = &first_mark_;
  while (*at != mark) at = &(*at)->next;
  *at = mark->next;
}

void DatabaseFile::set_cache_budget(ReadMark* mark, uint64_t size_bytes) {
  os::LockGuard<os::Mutex> guard(mutex_);
  mark->cache_budget_bytes = size_bytes;
  uint64_t largest = 0;
  for (const ReadMark* at = first_mark_; at != nullptr; at = at->next)
    largest = std::max(largest, at->cache_budget_bytes);
  cache_.set_budget(largest);
  cache_budget_bytes_.store(largest, std::memory_order_relaxed);
}

Status DatabaseFile::begin_access(ReadMark* mark, Snapshot* snapshot, bool* counted, BusyPolicy busy) {
  for (;;) {
    {
      os::LockGuard<os::Mutex> guard(mutex_);
      Status status = try_begin_access_locked();
      if (status.ok()) {
        *counted = true;
        *snapshot = newest_;
        mark->sequence.store(newest_.sequence, std::memory_order_seq_cst);
        return {};
      }
      if (status.primary() != Code::Busy) return status;
    }
    if (!busy.wait()) return Status(Code::Busy);
  }
}

void DatabaseFile::end_access() {
  os::LockGuard<os::Mutex> guard(mutex_);
  --access_count_;
  if (private_ || access_count_ > 0 || steady_.load(std::memory_order_relaxed) || exclusive_locking_) return;
  if (file_->lock_level() == os::LockLevel::None) return;
  if (!file_->unlock(os::LockLevel::None).ok()) log_message(Code::IoErrUnlock, "unlocking the database failed");
}

Status DatabaseFile::try_begin_access_locked() {
  if (steady_.load(std::memory_order_relaxed)) {
    ++access_count_;
    return {};
  }
  if (exclusive_pending_) return Status(Code::Busy);
  if (needs_recovery_.load(std::memory_order_relaxed) && access_count_ > 0) return Status(Code::Busy);
  if (access_count_ == 0 && (!exclusive_locking_ || file_->lock_level() == os::LockLevel::None || !validated_)) {
    if (!immutable_) SQLRITE_TRY(file_->lock(os::LockLevel::Shared));
    Status status = validate_locked();
    if (!status.ok()) {
      if (!immutable_ && !log_active_.load()) file_->unlock(os::LockLevel::None).ignore();
      return status;
    }
  }
  ++access_count_;
  return {};
}

// Plays back a hot journal. BUSY when another process has to do it.
Status DatabaseFile::recover_journal_locked(bool* done) {
  *done = false;
  // What a failed commit of our own left is hot whatever locks are held: they are ours.
  const bool left_by_us = needs_recovery_.load(std::memory_order_relaxed);
  SQLRITE_TRY_ASSIGN(bool hot, left_by_us ? RollbackJournal::has_content(vfs_, journal_path_)
                                          : RollbackJournal::is_hot(vfs_, journal_path_, *file_));
  if (!hot) return {};
  // Whoever only wants to read leaves the files as they are.
  if (read_only_ || !had_writer_.load()) return Status(Code::ReadOnlyRollback);
  SQLRITE_TRY(file_->lock(os::LockLevel::Exclusive));
  SQLRITE_TRY(guarded([&] { return RollbackJournal::recover(vfs_, journal_path_, *file_); }));
  SQLRITE_TRY(file_->unlock(os::LockLevel::Shared));
  *done = true;
  return {};
}

// Called with a fresh SHARED lock: is the file still what the cache holds?
Status DatabaseFile::validate_locked() {
  bool recovered = false;
  if (!immutable_) SQLRITE_TRY(recover_journal_locked(&recovered));
  needs_recovery_.store(false, std::memory_order_relaxed);
  SQLRITE_TRY_ASSIGN(uint64_t size, file_->size());
  if (size == 0) {
    if (!validated_ || newest_.page_count != 0) {
      if (!immutable_ && !read_only_ && had_writer_.load()) {
        SQLRITE_TRY_ASSIGN(bool has_log, vfs_.exists(log_path_));
        if (has_log) SQLRITE_TRY(vfs_.remove(log_path_, false));
      }
      cache_.set_page_size(empty_page_size_bytes_);
      Snapshot empty;
      empty.sequence = newest_.sequence + 1;
      empty.page_size_bytes = empty_page_size_bytes_;
      publish_locked(empty);
      std::memset(header_bytes_, 0, sizeof header_bytes_);
    }
    validated_size_bytes_ = 0;
    validated_ = true;
    return {};
  }
  uint8_t bytes[kHeaderSizeBytes] = {};
  SQLRITE_TRY_ASSIGN(size_t got, file_->read_at(0, bytes, sizeof bytes));
  static_cast<void>(got);
  if (validated_ && !recovered && size == validated_size_bytes_ && std::memcmp(bytes, header_bytes_, sizeof bytes) == 0)
    return {};
  cache_.remove_all();
  validated_ = false;
  std::memcpy(header_bytes_, bytes, sizeof bytes);
  validated_size_bytes_ = size;
  bool use_log = bytes[19] == 2;
  if (!use_log && !immutable_) {
    SQLRITE_TRY_ASSIGN(use_log, vfs_.exists(log_path_));
  }
  if (use_log && !immutable_) {
    ++newest_.sequence;
    SQLRITE_TRY(enter_log_locked());
  } else {
    SQLRITE_TRY(load_snapshot_locked());
    if (journal_mode() == JournalMode::Wal) journal_mode_.store(JournalMode::Delete);
  }
  validated_ = true;
  return {};
}

// Takes the file for this process and recovers the log into memory.
Status DatabaseFile::enter_log_locked() {
  if (!read_only_) SQLRITE_TRY(file_->lock(os::LockLevel::Exclusive));
  // Readers do not create a log; begin_write() does.
  Status status;
  SQLRITE_TRY_ASSIGN(bool has_log, vfs_.exists(log_path_));
  if (has_log || had_writer_) status = log_.open(vfs_, log_path_, read_only_);
  uint32_t page_size = 0;
  uint32_t page_count = 0;
  if (status.ok()) status = log_.recover(&page_size, &page_count);
  DatabaseHeader header;
  bool header_valid = parse_header(header_bytes_, &header).ok();
  if (status.ok() && log_.committed_frame_count() > 0 && header_valid && page_size != header.page_size_bytes) {
    status = Status(Code::Corrupt);
    log_about_file(Code::Corrupt, "the page size of its write-ahead log is another one");
  }
  log_base_ = newest_.sequence;
  ++log_generation_;
  backfilled_frame_count_ = 0;
  if (status.ok()) {
    log_active_.store(true);
    uint32_t frames = log_.committed_frame_count();
    newest_.sequence = log_base_ + frames;
    if (frames > 0) {
      cache_.set_page_size(page_size);
      newest_.page_size_bytes = page_size;
      newest_.page_count = page_count;
    }
    status = load_snapshot_locked();
    if (status.ok() && frames == 0) status = log_.start(newest_.page_size_bytes, vfs_.random());
  }
  if (!status.ok()) {
    log_active_.store(false);
    log_.close();
    return status;
  }
  journal_mode_.store(JournalMode::Wal);
  steady_.store(true, std::memory_order_release);
  return {};
}

void DatabaseFile::log_about_file(Code code, std::string_view what) const {
  Status detail = status_format(code, "%s: %.*s", path_.c_str(), static_cast<int>(what.size()), what.data());
  log_message(code, detail.message());
}

// Reads page 1 as the newest state has it and publishes what it says.
Status DatabaseFile::load_snapshot_locked() {
  uint8_t bytes[kHeaderSizeBytes];
  std::memcpy(bytes, header_bytes_, sizeof bytes);
  uint32_t frames = log_active_.load() ? log_.committed_frame_count() : 0;
  uint32_t frame = frames > 0 ? log_.index().find(1, frames) : 0;
  if (frame != 0) {
    GrowArray<uint8_t> page;
    if (!page.reserve(newest_.page_size_bytes)) return Code::NoMem;
    SQLRITE_TRY(log_.read_frame(frame, page.data()));
    std::memcpy(bytes, page.data(), sizeof bytes);
  }
  if (const char* fault = header_fault(bytes)) log_about_file(Code::NotADb, fault);
  DatabaseHeader header;
  SQLRITE_TRY(parse_header(bytes, &header));
  write_protected_.store(header.write_version > 2);
  Snapshot snapshot;
  snapshot.sequence = log_active_.load() ? newest_.sequence : newest_.sequence + 1;
  snapshot.page_size_bytes = header.page_size_bytes;
  snapshot.reserved_size_bytes = header.reserved_size_bytes;
  snapshot.schema_cookie = header.schema_cookie;
  cache_.set_page_size(header.page_size_bytes);
  uint64_t there =
      frames > 0 ? newest_.page_count : (validated_size_bytes_ + header.page_size_bytes - 1) / header.page_size_bytes;
  if (there > 0xfffffffe) {
    log_about_file(Code::Corrupt, "it is larger than a database can be");
    return Status(Code::Corrupt);
  }
  snapshot.page_count = header.page_count != 0 ? header.page_count : static_cast<uint32_t>(there);
  if (snapshot.page_count > there) {
    Status detail = status_format(Code::Corrupt, "%s holds %llu pages, its header says %u",
                                  frames > 0 ? "the last commit of the log" : "the database file",
                                  static_cast<unsigned long long>(there), snapshot.page_count);
    log_about_file(Code::Corrupt, detail.message());
    return Status(Code::Corrupt);
  }
  publish_locked(snapshot);
  return {};
}

void DatabaseFile::publish_locked(const Snapshot& snapshot) {
  newest_ = snapshot;
  newest_sequence_.store(snapshot.sequence, std::memory_order_seq_cst);
}

uint64_t DatabaseFile::oldest_mark_locked() const {
  uint64_t oldest = ReadMark::kNone;
  for (const ReadMark* mark = first_mark_; mark != nullptr; mark = mark->next) {
    oldest = std::min(oldest, mark->sequence.load(std::memory_order_seq_cst));
  }
  return oldest;
}

bool DatabaseFile::other_readers_locked(const ReadMark* own) const {
  for (const ReadMark* mark = first_mark_; mark != nullptr; mark = mark->next) {
    if (mark != own && mark->sequence.load(std::memory_order_seq_cst) != ReadMark::kNone) return true;
  }
  return false;
}

void DatabaseFile::give_back(Frame* frame) {
  os::LockGuard<os::Mutex> guard(mutex_);
  cache_.give_back(frame);
}

Result<Frame*> DatabaseFile::new_frame() {
  os::LockGuard<os::Mutex> guard(mutex_);
  Frame* frame = cache_.acquire();
  if (frame == nullptr) return Status(Code::NoMem);
  return frame;
}

Status DatabaseFile::read_page_bytes(uint32_t page, uint32_t frame, uint8_t* out) {
  if (frame != 0) return log_.read_frame(frame, out);
  if (needs_recovery_.load(std::memory_order_relaxed)) return Status(Code::IoErr);
  const uint32_t page_size = cache_.page_size_bytes();
  SQLRITE_TRY_ASSIGN(size_t got, file_->read_at(static_cast<uint64_t>(page - 1) * page_size, out, page_size));
  if (got < page_size) std::memset(out + got, 0, page_size - got);
  return {};
}

Result<Frame*> DatabaseFile::fetch(uint32_t page, uint64_t sequence) {
  for (;;) {
    Frame* frame;
    uint32_t log_frame = 0;
    uint64_t want = 0;
    uint64_t generation;
    {
      os::LockGuard<os::Mutex> guard(mutex_);
      uint64_t file_base = UINT64_MAX;
      if (log_active_.load(std::memory_order_relaxed)) {
        log_frame = log_.index().find(page, static_cast<uint32_t>(sequence - log_base_));
        want = log_frame != 0 ? log_base_ + log_frame : 0;
        file_base = log_base_;
      }
      if (Frame* cached = cache_.find_and_pin(page, want, file_base)) return cached;
      generation = log_generation_;
      frame = cache_.acquire();
      if (frame == nullptr) return Status(Code::NoMem);
      if (cache_.is_over_budget()) over_budget_hint_.store(true, std::memory_order_relaxed);
    }
    frame->page = page;
    frame->version = want;
    Status status;
    if (private_) {
      std::memset(frame->data, 0, cache_.page_size_bytes());  // a page of the file that nobody wrote
    } else {
      status = read_page_bytes(page, log_frame, frame->data);
    }
    os::LockGuard<os::Mutex> guard(mutex_);
    // A restart of the log while we read it: the bytes may be another page's.
    bool retry = generation != log_generation_;
    if (!status.ok() || retry) {
      frame->unpin_is_last();
      cache_.give_back(frame);
      if (retry) continue;
      return status;
    }
    uint64_t file_base = log_active_.load(std::memory_order_relaxed) ? log_base_ : UINT64_MAX;
    if (Frame* cached = cache_.find_and_pin(page, want, file_base)) {
      frame->unpin_is_last();
      cache_.give_back(frame);
      return cached;
    }
    if (!cache_.insert(frame)) {
      frame->unpin_is_last();
      cache_.give_back(frame);
      return Status(Code::NoMem);
    }
    return frame;
  }
}

bool DatabaseFile::changed_pages(uint64_t from, uint64_t to, uint32_t count_max, GrowArray<uint32_t>* pages) {
  os::LockGuard<os::Mutex> guard(mutex_);
  if (!log_active_.load(std::memory_order_relaxed) || from < log_base_ || to - from > count_max) return false;
  for (uint64_t s = from + 1; s <= to; ++s) {
    if (!pages->push_back(log_.index().page_of(static_cast<uint32_t>(s - log_base_)))) return false;
  }
  return true;
}

void DatabaseFile::remove_cold_journal() {
  journal_.abandon();
  RollbackJournal::remove_file(vfs_, journal_path_).ignore();
}

void DatabaseFile::set_exclusive_locking(bool exclusive) {
  os::LockGuard<os::Mutex> guard(mutex_);
  exclusive_locking_ = exclusive;
}

Status DatabaseFile::set_empty_page_size(uint32_t page_size_bytes) {
  os::LockGuard<os::Mutex> guard(mutex_);
  empty_page_size_bytes_ = page_size_bytes;
  if (newest_.page_count == 0) {
    cache_.set_page_size(page_size_bytes);
    Snapshot snapshot = newest_;
    snapshot.page_size_bytes = page_size_bytes;
    ++snapshot.sequence;
    publish_locked(snapshot);
  }
  return {};
}

uint32_t DatabaseFile::empty_page_size_bytes() {
  os::LockGuard<os::Mutex> guard(mutex_);
  return empty_page_size_bytes_;
}

void DatabaseFile::release_memory() {
  os::LockGuard<os::Mutex> guard(mutex_);
  cache_.shrink_to(0);
}

}  // namespace sqlrite::storage
