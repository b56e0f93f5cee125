// Facts and settings of a pager: what the PRAGMAs read and change.
#include <algorithm>

#include "base/endian.h"
#include "storage/btree/leaf_map.h"
#include "storage/pager/pager.h"
#include "storage/pager/pager_impl.h"

namespace sqlrite::storage {

namespace {
constexpr uint64_t kDefaultCacheBudgetBytes = 16u << 20;
constexpr uint64_t kCacheBudgetMinBytes = 64u << 10;
// SQLite counts its own bookkeeping of a page when a size in KiB is told in pages.
constexpr int64_t kSqlitePageOverheadBytes = 136;

// A number of pages as PRAGMAs give it: negative ones are KiB.
int64_t pages_of_size(int64_t size, uint32_t page_size_bytes) {
  constexpr int64_t kPagesMax = 1000000000;
  if (size >= 0) return size;
  return std::min(kPagesMax, -1024 * size / (page_size_bytes + kSqlitePageOverheadBytes));
}
}  // namespace

uint32_t Pager::page_size_bytes() const { return impl_->snapshot_.page_size_bytes; }
uint32_t Pager::reserved_size_bytes() const {
  const Impl& m = *impl_;
  return m.newest_page_count() == 0 || m.snapshot_.page_count == 0 ? static_cast<uint32_t>(m.empty_reserved_size_bytes_)
                                                                   : m.snapshot_.reserved_size_bytes;
}
uint32_t Pager::usable_size_bytes() const { return page_size_bytes() - reserved_size_bytes(); }
bool Pager::is_read_only() const { return impl_->is_write_protected(); }
bool Pager::is_memory() const { return impl_->file_->is_private(); }
const std::string& Pager::path() const { return impl_->file_->path(); }
uint32_t Pager::schema_cookie() const { return impl_->snapshot_.schema_cookie; }
uint64_t Pager::data_version() const { return impl_->data_version_; }

uint64_t Pager::snapshot_id() const {
  const Impl& m = *impl_;
  if (m.writing_ && m.dirty_count_ > 0) return (uint64_t{1} << 63) | change_count_;
  return m.snapshot_.sequence;
}

Status Pager::set_page_size(uint32_t page_size_bytes, int reserved_size_bytes) {
  Impl& m = *impl_;
  if (!is_page_size(page_size_bytes)) return {};  // as SQLite: silently kept
  const bool was_reading = m.reading_;
  if (!was_reading) SQLRITE_TRY(begin_read());
  Status status;
  if (m.snapshot_.page_count == 0 && m.dirty_count_ == 0) {
    if (reserved_size_bytes >= 0 && static_cast<uint32_t>(reserved_size_bytes) <= page_size_bytes - 480) {
      m.empty_reserved_size_bytes_ = std::min(reserved_size_bytes, 255);
    }
    if (page_size_bytes != m.snapshot_.page_size_bytes && !m.writing_) {
      m.clear_pins();
      status = m.file_->set_empty_page_size(page_size_bytes);
      m.snapshot_.page_size_bytes = page_size_bytes;
      if (was_reading && status.ok()) {
        // The empty state got a new number; stay on it.
        end_read();
        status = begin_read();
      }
    }
  }
  if (!was_reading) end_read();
  return status;
}

// The mode is known once the file's header was read; asking for it counts as an access.
JournalMode Pager::journal_mode() const {
  if (!impl_->file_->is_private() && !impl_->file_->is_validated() && !impl_->reading_) {
    Pager* self = const_cast<Pager*>(this);
    if (self->begin_read().ok()) self->end_read();
  }
  return impl_->file_->journal_mode();
}

Result<JournalMode> Pager::set_journal_mode(JournalMode mode) {
  Impl& m = *impl_;
  if (has_changes()) return m.file_->journal_mode();  // their journal is being kept
  if (m.file_->is_private()) {
    const bool journal_only_in_memory = m.file_->is_in_memory();
    if (mode == JournalMode::Memory || mode == JournalMode::Off ||
        (!journal_only_in_memory && mode != JournalMode::Wal))
      m.file_->set_rollback_mode(mode);
    return m.file_->journal_mode();
  }
  const bool was_reading = m.reading_;
  if (!was_reading) SQLRITE_TRY(begin_read());
  Status status = m.change_journal_mode(mode, was_reading);
  if (!was_reading) end_read();
  if (!status.ok()) return status;
  return m.file_->journal_mode();
}

// REQUIRES reading_. A mode that cannot be had now is left as it is, as SQLite does.
Status Pager::Impl::change_journal_mode(JournalMode mode, bool in_transaction) {
  DatabaseFile& file = *file_;
  const JournalMode before = file.journal_mode();
  const bool to_log = mode == JournalMode::Wal;
  if (mode == before) return {};
  if (is_write_protected()) return {};
  if (snapshot_.page_count == 0) {
    file.set_rollback_mode(mode);
    return {};
  }
  if (!to_log && before != JournalMode::Wal) {
    file.set_rollback_mode(mode);
    if (before == JournalMode::Persist || before == JournalMode::Truncate) {
      const bool was_writing = writing_;
      if (was_writing || pager_->begin_write().ok()) {
        file.remove_cold_journal();
        if (!was_writing) finish_write();
      }
    }
    return {};
  }
  if (in_transaction) {
    return status_format(Code::Error, "cannot change %s wal mode from within a transaction",
                         to_log ? "into" : "out of");
  }
  BusyPolicy waiting = busy();
  Status status;
  for (;;) {
    if (!counted_) {
      // The change needs the file's locks, not only a read mark.
      pager_->end_read();
      SQLRITE_TRY(begin_read_slow());
    }
    status = pager_->begin_write(to_log);
    if (status.primary() != Code::Busy) break;
    pager_->end_read();  // whom we wait for may wait for us
    if (status.code() != Code::BusySnapshot && !waiting.wait()) return status;
  }
  if (status.ok() && !to_log) {
    BusyPolicy policy = busy();
    for (;;) {
      status = file.leave_log(&mark_, synchronous_);
      if (status.primary() != Code::Busy || !policy.wait()) break;
    }
  }
  if (!status.ok()) {
    if (writing_) pager_->rollback();
    return status;
  }
  file.set_rollback_mode(mode);
  // Committing writes the header, with the format of the mode in force.
  auto header = make_mutable(1, false);
  status = header.ok() ? pager_->commit() : header.take_status();
  if (!status.ok()) {
    if (writing_) pager_->rollback();
    file.set_rollback_mode(to_log ? before : JournalMode::Delete);
    return status;
  }
  return {};
}

void Pager::set_synchronous(Synchronous level) { impl_->synchronous_ = level; }
Synchronous Pager::synchronous() const { return impl_->synchronous_; }

void Pager::set_cache_size(int64_t cache_size) {
  Impl& m = *impl_;
  m.cache_size_ = cache_size;
  uint64_t budget;
  if (cache_size == 0) {
    budget = kDefaultCacheBudgetBytes;
  } else if (cache_size < 0) {
    budget = static_cast<uint64_t>(-std::max<int64_t>(cache_size, -(int64_t{1} << 40))) * 1024;
  } else {
    budget = static_cast<uint64_t>(std::min<int64_t>(cache_size, int64_t{1} << 32)) *
             (m.snapshot_.page_size_bytes + kPageSlackSizeBytes);
  }
  budget = std::max(budget, kCacheBudgetMinBytes);
  m.file_->set_cache_budget(&m.mark_, budget);
  uint64_t pages = budget / m.snapshot_.page_size_bytes;
  uint32_t slots = 64;
  while (slots < 65536 && slots * 2 <= pages) slots *= 2;
  m.tables_.set_slot_count_max(slots);
}
int64_t Pager::cache_size() const { return impl_->cache_size_; }

void Pager::set_spill_size(int64_t spill_size) {
  if (spill_size != 0) impl_->spill_size_pages_ = pages_of_size(spill_size, page_size_bytes());
}
int64_t Pager::spill_size_pages() const {
  return std::max(impl_->spill_size_pages_, pages_of_size(impl_->cache_size_, page_size_bytes()));
}
void Pager::set_spilling(bool allowed) { impl_->spilling_ = allowed; }

void Pager::set_exclusive_locking(bool exclusive) { impl_->file_->set_exclusive_locking(exclusive); }
void Pager::set_auto_checkpoint(int frame_count) { impl_->auto_checkpoint_ = frame_count > 0 ? frame_count : 0; }
int Pager::auto_checkpoint() const { return impl_->auto_checkpoint_; }

void Pager::set_max_page_count(uint32_t page_count) {
  if (page_count > 0) impl_->max_page_count_ = std::max(page_count, impl_->newest_page_count());
}
uint32_t Pager::max_page_count() const { return impl_->max_page_count_; }
void Pager::set_journal_size_limit(int64_t size_bytes) {
  impl_->file_->set_journal_size_limit(size_bytes < -1 ? -1 : size_bytes);
}
int64_t Pager::journal_size_limit() const { return impl_->file_->journal_size_limit(); }

void Pager::set_busy_handler(bool (*handler)(void* context, int attempt), void* context) {
  impl_->options_.busy_handler = handler;
  impl_->options_.busy_context = context;
}

Result<Pager::CheckpointResult> Pager::checkpoint(CheckpointMode mode) {
  Impl& m = *impl_;
  if (m.writing_) return Status(Code::Locked);
  const bool was_reading = m.reading_;
  if (!was_reading) SQLRITE_TRY(begin_read());
  if (!was_reading) end_read();
  return m.file_->checkpoint(mode, m.synchronous_, m.busy());
}

void Pager::set_wal_hook(void (*hook)(void* context, int frame_count), void* context) {
  impl_->wal_hook_ = hook;
  impl_->wal_hook_context_ = context;
}

void Pager::release_memory() {
  Impl& m = *impl_;
  leaf_maps_->clear();
  m.tables_.sweep(m.tables_.newest());
  for (int i = 0; i < 8; ++i) {
    m.tables_.sweep(m.tables_.newest());
    m.tables_.sweep(m.tables_.views());
  }
  m.file_->release_memory();
}

}  // namespace sqlrite::storage
