// Commits of one connection: what the overlay gives the file to write, and what the pager shows afterwards.
#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "base/log.h"
#include "storage/pager/pager_impl.h"

namespace sqlrite::storage {

namespace {
constexpr uint64_t kManyChangesBytes = 4u << 20;
constexpr uint32_t kLogRunPages = 16;
}  // namespace

bool Pager::has_many_changes() const { return uint64_t{impl_->dirty_count_} * page_size_bytes() >= kManyChangesBytes; }

bool Pager::has_changes() const { return impl_->writing_ && impl_->has_changes(); }

bool Pager::Impl::has_changes() const {
  return dirty_count_ > 0 || page_count_ != snapshot_.page_count || spilled_count_ > 0;
}

// What every commit says in the header: how large the file is, that it changed, and in which mode it is written.
void Pager::Impl::stamp_header(uint8_t* header, uint32_t change_counter) const {
  store_be32(header + 24, change_counter);
  store_be32(header + 28, page_count_);
  store_be32(header + 92, change_counter);
  store_be32(header + 96, kLibraryVersionNumber);
  if (!file_->is_private() && header[18] <= 2 && header[19] <= 2) {
    header[18] = header[19] = file_->journal_mode() == JournalMode::Wal ? 2 : 1;
  }
}

Status Pager::Impl::prepare_header() {
  OverlayEntry* first = find_entry(1);
  bool is_dirty = first != nullptr && first->dirty;
  bool must_change = page_count_ != snapshot_.page_count || file_->needs_originals();
  if (!is_dirty && !must_change) return {};
  SQLRITE_TRY_ASSIGN(uint8_t* header, make_mutable(1, false));
  stamp_header(header, load_be32(header + 24) + 1);
  return {};
}

// What the commit writes, by page. *any_in_memory: at least one page is not in the log yet.
Status Pager::Impl::collect_commit_pages(bool journaled, bool* any_in_memory) {
  commit_pages_.clear();
  bool sorted = true;
  for (OverlayEntry& entry : entries_) {
    if (!entry.dirty || entry.page > page_count_ || (entry.forgotten && entry.page < page_count_)) continue;
    OverlayVersion* version = entry.newest;
    const Frame* original = nullptr;
    if (journaled) {
      for (OverlayVersion* old = version->older; old != nullptr; old = old->older) {
        if (old->stamp <= transaction_floor_) {
          original = old->frame;
          break;
        }
      }
    }
    // A spilled page that was read back is in the log all the same; without a log it is as good as any other.
    Frame* frame = version->spilled_sequence != 0 && !journaled ? nullptr : version->frame;
    if (frame != nullptr) *any_in_memory = true;
    if (!commit_pages_.empty() && commit_pages_.back().page > entry.page) sorted = false;
    if (!commit_pages_.push_back(DirtyPage{entry.page, frame, original, version->spilled_sequence}))
      return Status(Code::NoMem);
  }
  if (!sorted) {
    std::sort(commit_pages_.begin(), commit_pages_.end(),
              [](const DirtyPage& a, const DirtyPage& b) { return a.page < b.page; });
  }
  return {};
}

DatabaseFile::CommitRequest Pager::Impl::empty_request() {
  DatabaseFile::CommitRequest request;
  request.pages = nullptr;
  request.count = 0;
  request.base = snapshot_;
  request.page_count = page_count_;
  request.reserved_size_bytes = snapshot_.reserved_size_bytes;
  request.level = synchronous_;
  request.mark = &mark_;
  request.keep_old_versions = open_view_count_ > 0;
  return request;
}

// REQUIRES has_changes().
Result<DatabaseFile::CommitRequest> Pager::Impl::request_of_overlay() {
  SQLRITE_TRY(prepare_header());
  if (!commit_pages_.reserve(dirty_count_ + 1)) return Status(Code::NoMem);
  const bool journaled = file_->needs_originals();
  if (journaled && open_view_count_ > 0) {
    SQLRITE_TRY(restore_originals());
    SQLRITE_TRY(restore_visible());
  }
  bool any_in_memory = false;
  SQLRITE_TRY(collect_commit_pages(journaled, &any_in_memory));
  if (!any_in_memory) {
    // Everything was spilled, or what changed need not be written: the commit needs a frame all the same.
    SQLRITE_TRY_ASSIGN(uint8_t* header, make_mutable(1, false));
    static_cast<void>(header);
    SQLRITE_TRY(collect_commit_pages(journaled, &any_in_memory));
  }
  DatabaseFile::CommitRequest request = empty_request();
  request.pages = commit_pages_.begin();
  request.count = static_cast<uint32_t>(commit_pages_.size());
  const DirtyPage& first = commit_pages_[0];
  if (first.page == 1 && first.frame != nullptr) request.reserved_size_bytes = first.frame->data[20];
  return request;
}

// The overlay is published: nothing in it differs from the file any more.
void Pager::Impl::settle_overlay() {
  for (OverlayEntry& entry : entries_) {
    if (entry.forgotten || entry.page > page_count_) tables_.remove(tables_.newest(), entry.page);
    entry.dirty = entry.forgotten = entry.spill_candidate = entry.was_spilled = false;
    if (open_view_count_ > 0 && entry.newest != nullptr && entry.newest->spilled_sequence != 0) {
      // Readable through the published snapshot from now on.
      entry.newest->kind = OverlayVersion::Kind::UseShared;
      entry.newest->spilled_sequence = 0;
    }
  }
  dirty_count_ = 0;
}

// Moves to the state that the file has published, and ends the transaction.
void Pager::Impl::finish_commit(const DatabaseFile::CommitOutcome& outcome) {
  settle_overlay();
  if (page_count_ < snapshot_.page_count) detach_views();
  const bool journaled = file_->needs_originals();
  install_snapshot(outcome.published, true);
  update_mark();
  if (journaled && !file_->is_private() && file_->journal_mode() == JournalMode::Wal) {
    Status entered = file_->enter_log_after_commit();
    if (!entered.ok()) log_message(entered.code(), "the log could not be opened after the first commit");
  }
  writer_released_ = outcome.lock_released;
  finish_write();
  prune();
  const int frame_count = outcome.log_frame_count;
  if (auto_checkpoint_ > 0 && frame_count >= auto_checkpoint_) {
    auto result = file_->checkpoint(CheckpointMode::Passive, synchronous_, {});
    if (!result.ok()) log_message(result.status().code(), "automatic checkpoint failed");
  }
  if (wal_hook_ != nullptr && frame_count > 0) wal_hook_(wal_hook_context_, frame_count);
}

Status Pager::Impl::commit() {
  if (!has_changes()) {
    finish_write();
    prune();
    return {};
  }
  SQLRITE_TRY_ASSIGN(DatabaseFile::CommitRequest request, request_of_overlay());
  DatabaseFile::CommitOutcome outcome;
  Status status = file_->commit(request, busy(), &outcome);
  if (status.primary() == Code::Busy && outcome.rolled_back) return Status(Code::IoErrLock);
  SQLRITE_TRY(std::move(status));
  finish_commit(outcome);
  return {};
}

// A transaction that cannot be committed is over, unless it only has to wait.
Status Pager::Impl::end_failed_commit(Status status) {
  if (status.ok() || status.primary() == Code::Busy) return status;
  undo_all();
  rolled_back_by_error_ = true;
  return status;
}

Status Pager::commit() { return impl_->writing_ ? impl_->end_failed_commit(impl_->commit()) : Status(); }

// --- Commits over several files.

bool Pager::commits_in_steps() const {
  const Impl& m = *impl_;
  if (!m.writing_ || !m.has_changes() || m.file_->is_private() || !m.file_->needs_originals()) return false;
  return m.file_->journal_mode() != JournalMode::Off;  // without a journal nothing is taken back
}

bool Pager::needs_super_journal() const {
  return commits_in_steps() && impl_->file_->journal_mode() != JournalMode::Memory &&
         impl_->synchronous_ > Synchronous::Off;
}

Status Pager::lock_commit() { return impl_->has_changes() ? impl_->file_->lock_commit(impl_->busy()) : Status(); }

Status Pager::prepare_commit(std::string_view super_journal) {
  SQLRITE_TRY_ASSIGN(impl_->prepared_request_, impl_->request_of_overlay());
  return impl_->file_->prepare_commit(impl_->prepared_request_, super_journal);
}

Status Pager::finish_commit() {
  DatabaseFile::CommitOutcome outcome;
  SQLRITE_TRY(impl_->end_failed_commit(impl_->file_->finish_commit(impl_->prepared_request_, &outcome)));
  impl_->finish_commit(outcome);
  return {};
}

// --- Replacing everything.

namespace {

// The newest state of another database.
class SnapshotPages final : public PageSource {
 public:
  SnapshotPages(DatabaseFile& file, const Snapshot& snapshot) : file_(file), snapshot_(snapshot) {}
  Status read(uint32_t page, uint8_t* out) override {
    SQLRITE_TRY_ASSIGN(Frame * frame, file_.fetch(page, snapshot_.sequence));
    std::memcpy(out, frame->data, snapshot_.page_size_bytes);
    file_.unpin(frame);
    return {};
  }

 private:
  DatabaseFile& file_;
  const Snapshot& snapshot_;
};

}  // namespace

Status Pager::replace_content(const Pager& source) {
  Impl& m = *impl_;
  SQLRITE_ENSURE(m.writing_ && !m.has_changes() && m.marks_.empty() && m.open_view_count_ == 0 && source.is_reading());
  SnapshotPages pages(*source.impl_->file_, source.impl_->snapshot_);
  const Snapshot& content = source.impl_->snapshot_;
  const bool same_page_size = content.page_size_bytes == m.snapshot_.page_size_bytes;
  if (m.file_->is_private()) {
    SQLRITE_ENSURE(same_page_size);
    return m.end_failed_commit(m.replace_in_memory(pages, content));
  }
  if (!m.file_->needs_originals()) {
    SQLRITE_ENSURE(same_page_size);
    return m.end_failed_commit(m.replace_in_log(pages, content));
  }
  return m.end_failed_commit(m.replace_in_file(pages, content));
}

Status Pager::Impl::replace_in_memory(PageSource& pages, const Snapshot& content) {
  const uint32_t lock_page = pager_->lock_byte_page().value;
  for (uint32_t page = 1; page <= content.page_count; ++page) {
    if (page == lock_page) continue;
    while (page_count_ < page) SQLRITE_TRY(pager_->append_page().take_status());
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, make_mutable(page, page != 1));
    const uint32_t change_counter = load_be32(bytes + 24);
    SQLRITE_TRY(pages.read(page, bytes));
    if (page == 1) store_be32(bytes + 24, change_counter);  // counts on
  }
  pager_->truncate_pages(content.page_count);
  pager_->note_change();
  return commit();
}

// All pages but the first go to the log as those of a large transaction do, ahead of their commit.
Status Pager::Impl::replace_in_log(PageSource& pages, const Snapshot& content) {
  const uint32_t page_size = content.page_size_bytes;
  const uint32_t lock_page = pager_->lock_byte_page().value;
  clear_pins();
  page_count_ = content.page_count;
  GrowArray<uint8_t> bytes;
  if (!bytes.reserve(size_t{kLogRunPages} * page_size)) return Status(Code::NoMem);
  for (uint32_t page = 2; page <= content.page_count;) {
    WalPage run[kLogRunPages];
    uint32_t count = 0;
    for (; count < kLogRunPages && page <= content.page_count; ++page) {
      if (page == lock_page) continue;
      uint8_t* at = bytes.begin() + size_t{count} * page_size;
      SQLRITE_TRY(pages.read(page, at));
      run[count++] = {page, at};
    }
    uint64_t first_sequence = 0;
    if (count > 0) SQLRITE_TRY(file_->spill(run, count, synchronous_, &first_sequence));
  }
  SQLRITE_TRY_ASSIGN(uint8_t* first, make_mutable(1, false));
  const uint32_t change_counter = load_be32(first + 24);
  SQLRITE_TRY(pages.read(1, first));
  store_be32(first + 24, change_counter);
  pager_->note_change();
  return commit();
}

Status Pager::Impl::replace_in_file(PageSource& pages, const Snapshot& content) {
  GrowArray<uint8_t> first;
  if (!first.reserve(content.page_size_bytes)) return Status(Code::NoMem);
  SQLRITE_TRY(pages.read(1, first.begin()));
  SQLRITE_TRY_ASSIGN(Frame * before, file_->fetch(1, snapshot_.sequence));
  const uint32_t change_counter = load_be32(before->data + 24) + 1;
  file_->unpin(before);

  Replacement replacement;
  replacement.pages = &pages;
  replacement.page_size_bytes = content.page_size_bytes;
  page_count_ = content.page_count;
  stamp_header(first.begin(), change_counter);
  std::memcpy(replacement.header, first.begin(), kHeaderSizeBytes);
  DatabaseFile::CommitRequest request = empty_request();
  request.reserved_size_bytes = content.reserved_size_bytes;
  request.replacement = &replacement;

  SQLRITE_TRY(file_->lock_commit(busy()));
  clear_pins();
  SQLRITE_TRY(file_->prepare_commit(request, {}));
  DatabaseFile::CommitOutcome outcome;
  SQLRITE_TRY(file_->finish_commit(request, &outcome));
  pager_->note_change();
  finish_commit(outcome);
  return {};
}

}  // namespace sqlrite::storage
