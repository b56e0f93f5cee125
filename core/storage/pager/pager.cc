// Transactions and pages of one connection. Commits are in pager_commit.cc, the overlay in overlay.cc, settings in
// pager_settings.cc.
#include "storage/pager/pager.h"

#include <algorithm>
#include <atomic>
#include <new>

#include "base/endian.h"
#include "base/log.h"
#include "storage/btree/leaf_map.h"
#include "storage/format/corruption.h"
#include "storage/pager/pager_impl.h"

namespace sqlrite::storage {

namespace {
constexpr uint64_t kDefaultCacheBudgetBytes = 16u << 20;  // for the unchanged PRAGMA cache_size, shared by the process
constexpr uint32_t kIncrementalInvalidationMax = 64;
constexpr uint32_t kSpillDirtyCountMin = 2048;
constexpr uint64_t kSpillQuietTouches = 1024;  // more than any tree operation holds pages for
}  // namespace

// The first count of each pager lies further up than any pager before it will ever get.
Pager::Pager() {
  static std::atomic<uint64_t> pager_count{0};
  change_count_ = (pager_count.fetch_add(1, std::memory_order_relaxed) + 1) << 36;
}

Pager::Impl::Impl(Pager* pager, DatabaseFile* file, const PagerOptions& options)
    : pager_(pager), file_(file), options_(options), tables_(file) {
  snapshot_.page_size_bytes = file->empty_page_size_bytes();
  file_->add_mark(&mark_);
  file_->set_cache_budget(&mark_, kDefaultCacheBudgetBytes);
}

bool Pager::Impl::prepare() {
  constexpr size_t kViewCountAtFirst = 4;
  return grow_views(kViewCountAtFirst);
}

Pager::Impl::~Impl() {
  undo_all();
  clear_overlay();
  tables_.clear(tables_.newest());
  tables_.clear(tables_.views());
  give_back_spares();
  for (OverlayVersion* block : version_blocks_) delete[] block;
}

Result<std::unique_ptr<Pager>> Pager::open(os::Vfs& vfs, const std::string& path, const PagerOptions& options) {
  DatabaseFile* file;
  if (path.empty() || path == ":memory:") {
    SQLRITE_TRY_ASSIGN(file, DatabaseFile::open_private(vfs, !path.empty(), options));
  } else {
    SQLRITE_TRY_ASSIGN(file, DatabaseFile::open(vfs, path, options));
  }
  std::unique_ptr<Pager> pager(new (std::nothrow) Pager);
  if (pager != nullptr) pager->impl_.reset(new (std::nothrow) Impl(pager.get(), file, options));
  if (pager == nullptr || pager->impl_ == nullptr) {
    file->release();
    return Code::NoMem;
  }
  pager->leaf_maps_.reset(new (std::nothrow) LeafMaps);
  if (pager->leaf_maps_ == nullptr || !pager->impl_->prepare()) return Code::NoMem;
  return pager;
}

Pager::~Pager() {
  if (impl_ == nullptr) return;
  Impl& m = *impl_;
  if (m.writing_) rollback();
  for (size_t i = 1; i < m.views_.size(); ++i) {
    if (m.views_[i].open) close_view(View{static_cast<uint32_t>(i)});
  }
  end_read();
  DatabaseFile* file = m.file_;
  file->remove_mark(&m.mark_);
  impl_.reset();
  file->release();
}

// --- Transactions.

Status Pager::begin_read() {
  Impl& m = *impl_;
  if (m.reading_) return {};
  if (m.file_->is_steady() && m.snapshot_.sequence != 0) [[likely]] {
    m.mark_.sequence.store(m.snapshot_.sequence, std::memory_order_seq_cst);
    if (m.file_->newest_sequence() == m.snapshot_.sequence && m.table_sequence_ == m.snapshot_.sequence &&
        m.file_->is_steady()) [[likely]] {
      m.reading_ = true;
      m.rolled_back_by_error_ = false;
      return {};
    }
    m.mark_.sequence.store(ReadMark::kNone, std::memory_order_release);
  }
  return m.begin_read_slow();
}

Status Pager::Impl::begin_read_slow() {
  Snapshot snapshot;
  SQLRITE_TRY(file_->begin_access(&mark_, &snapshot, &counted_, busy()));
  reading_ = true;
  rolled_back_by_error_ = false;
  install_snapshot(snapshot, false);
  return {};
}

// Moves to a snapshot; the newest table keeps the pages that are the same in both.
void Pager::Impl::install_snapshot(const Snapshot& snapshot, bool own) {
  if (snapshot.sequence != table_sequence_ && !own) {
    changed_pages_.clear();
    bool incremental =
        snapshot.page_count >= snapshot_.page_count && snapshot.page_size_bytes == snapshot_.page_size_bytes &&
        table_sequence_ != 0 &&
        file_->changed_pages(table_sequence_, snapshot.sequence, kIncrementalInvalidationMax, &changed_pages_);
    if (incremental) {
      for (uint32_t page : changed_pages_) tables_.remove(tables_.newest(), page);
    } else {
      tables_.clear(tables_.newest());
    }
    ++pager_->change_count_;
  }
  if (snapshot.page_size_bytes != snapshot_.page_size_bytes) give_back_spares();  // they are of the old size
  if (data_version_known_ && !own && snapshot.sequence != last_own_sequence_) ++data_version_;
  data_version_known_ = true;
  last_own_sequence_ = snapshot.sequence;
  if (own && snapshot.page_count < snapshot_.page_count) tables_.clear(tables_.newest());
  table_sequence_ = snapshot.sequence;
  snapshot_ = snapshot;
}

void Pager::Impl::update_mark() {
  uint64_t oldest = reading_ ? snapshot_.sequence : ReadMark::kNone;
  if (open_view_count_ > 0) {
    for (const ViewSlot& view : views_) {
      if (view.open) oldest = std::min(oldest, view.sequence);
    }
  }
  mark_.sequence.store(oldest, std::memory_order_seq_cst);
}

void Pager::end_read() {
  Impl& m = *impl_;
  if (!m.reading_ || m.open_view_count_ > 0) return;
  if (m.writing_) rollback();
  m.marks_.clear();
  m.reading_ = false;
  m.mark_.sequence.store(ReadMark::kNone, std::memory_order_release);
  if (m.counted_) {
    m.counted_ = false;
    m.file_->end_access();
  }
}

bool Pager::is_reading() const { return impl_->reading_; }
bool Pager::is_writing() const { return impl_->writing_; }
bool Pager::rolled_back_by_error() const { return impl_->rolled_back_by_error_; }

Status Pager::begin_write(bool exclusive) {
  Impl& m = *impl_;
  if (m.writing_) return {};
  SQLRITE_ENSURE(m.reading_);
  if (m.is_write_protected()) return Status(Code::ReadOnly);
  SQLRITE_TRY(m.file_->begin_write(m.snapshot_, exclusive));
  m.writing_ = true;
  m.transaction_floor_ = m.generation_++;
  m.undo_floor_ = 0;
  m.page_count_ = m.snapshot_.page_count;
  m.dirty_count_ = 0;
  m.spilled_count_ = 0;
  m.spill_marked_ = false;
  m.rolled_back_by_error_ = false;
  m.recompute_floor();
  return {};
}

Status Pager::begin_immediate(bool exclusive) {
  Impl& m = *impl_;
  if (m.writing_) return {};
  if (m.reading_) return begin_write(exclusive);
  BusyPolicy policy = m.busy();
  for (;;) {
    SQLRITE_TRY(begin_read());
    Status status = begin_write(exclusive);
    if (status.ok()) return status;
    end_read();
    if (status.code() == Code::BusySnapshot) continue;
    if (status.primary() != Code::Busy || !policy.wait()) return status;
  }
}

void Pager::Impl::finish_write() {
  writing_ = false;
  marks_.clear();
  pager_->copy_floor_ = UINT32_MAX;
  spilled_count_ = 0;
  if (!writer_released_) file_->end_write();
  writer_released_ = false;
}

void Pager::Impl::undo_all() {
  if (!writing_) return;
  marks_.clear();
  spilled_count_ = 0;
  if (open_view_count_ == 0) {
    ++pager_->change_count_;
    for (OverlayEntry& entry : entries_) tables_.remove(tables_.newest(), entry.page);
    clear_overlay();
  } else {
    for (OverlayEntry& entry : entries_) entry.was_spilled = false;
    Status restored = restore_visible();
    if (!restored.ok())
      log_message(restored.code(), "pages of a rolled-back transaction are lost for statements that still read them");
    // Without memory for the markers the views lose their state: their next fetch of such a page reads the snapshot.
    undo_to(transaction_floor_).ignore();
  }
  dirty_count_ = 0;
  file_->rollback();
  finish_write();
  prune();
}

void Pager::rollback() { impl_->undo_all(); }

// --- Pages.

Status Pager::Impl::out_of_range(uint32_t page) const {
  return corrupt_page(PageId{page}, "it is asked for, but lies beyond the end of the file");
}

Result<PageRef> Pager::fetch_slow(PageId id, View view) {
  Impl& m = *impl_;
  SQLRITE_ENSURE(m.reading_);
  bool newest = view.slot == 0 || m.views_[view.slot].attached;
  auto pin = newest ? m.pin_newest(id.value) : m.pin_view(id.value, view.slot);
  if (!pin.ok()) return pin.take_status();
  return PageRef(pin.value(), pin.value()->data);
}

// A pinned frame with the version's content, read back if it was spilled.
Result<Frame*> Pager::Impl::version_frame(OverlayVersion* version) {
  if (version->frame == nullptr) {
    SQLRITE_TRY_ASSIGN(Frame * frame, file_->new_frame());
    Status status = file_->read_pending(version->spilled_sequence, frame->data);
    if (!status.ok()) {
      file_->unpin(frame);
      return status;
    }
    version->frame = frame;
    if (spilled_count_ > 0) --spilled_count_;
  }
  version->frame->pin();
  return version->frame;
}

Result<PagePin*> Pager::Impl::pin_newest(uint32_t page) {
  if (page == 0 || page > newest_page_count()) return out_of_range(page);
  Frame* frame = nullptr;
  uint32_t stamp = 0;
  OverlayEntry* entry = writing_ ? find_entry(page) : nullptr;
  if (entry != nullptr && entry->dirty) {
    SQLRITE_TRY_ASSIGN(frame, version_frame(entry->newest));
    // A candidate for spilling is no longer one when it is changed: that has to come by make_mutable().
    const bool quiet = entry->spill_candidate || entry->forgotten || entry->newest->spilled_sequence != 0;
    if (!quiet) stamp = entry->newest->stamp;
  } else {
    SQLRITE_TRY_ASSIGN(frame, file_->fetch(page, snapshot_.sequence));
    if (file_->take_over_budget_hint()) {
      tables_.sweep(tables_.newest());
      tables_.sweep(tables_.views());
    }
  }
  PagePin* pin = tables_.insert(tables_.newest(), page, 0, frame, stamp);
  if (pin == nullptr) return Status(Code::NoMem);
  return pin;
}

Result<PagePin*> Pager::Impl::pin_view(uint32_t page, uint32_t slot) {
  const ViewSlot& view = views_[slot];
  if (page == 0 || page > view.page_count) return out_of_range(page);
  Frame* frame = nullptr;
  if (OverlayEntry* entry = find_entry(page)) {
    OverlayVersion* version = entry->newest;
    while (version != nullptr && version->stamp > view.stamp) version = version->older;
    if (version != nullptr && version->kind == OverlayVersion::Kind::Content) {
      SQLRITE_TRY_ASSIGN(frame, version_frame(version));
    }
  }
  if (frame == nullptr) {
    SQLRITE_TRY_ASSIGN(frame, file_->fetch(page, view.sequence));
  }
  PagePin* pin = tables_.insert(tables_.views(), page, view_state_storage_[slot].tag, frame, 0);
  if (pin == nullptr) return Status(Code::NoMem);
  return pin;
}

Result<uint8_t*> Pager::fetch_mut_slow(PageId id, bool fresh) { return impl_->make_mutable(id.value, fresh); }

Result<uint8_t*> Pager::Impl::make_mutable(uint32_t page, bool fresh) {
  SQLRITE_ENSURE(writing_);
  if (page == 0 || page > page_count_) return out_of_range(page);
  detach_views();
  ++slow_touch_count_;
  SQLRITE_TRY(maybe_spill());
  OverlayEntry* entry = find_entry(page);
  if (entry == nullptr) {
    entry = add_entry(page);
    if (entry == nullptr) return Status(Code::NoMem);
  }
  entry->spill_candidate = false;
  const uint32_t page_size = snapshot_.page_size_bytes;
  OverlayVersion* version = entry->newest;
  if (entry->dirty && version->stamp > pager_->copy_floor_) {
    // In place, unless a fetch in between has replaced the pin.
    SQLRITE_TRY_ASSIGN(Frame * frame, version_frame(version));
    version->spilled_sequence = 0;
    entry->forgotten = false;
    if (fresh) std::memset(frame->data, 0, page_size);
    PagePin* pin = tables_.insert(tables_.newest(), page, 0, frame, version->stamp);
    if (pin == nullptr) return Status(Code::NoMem);
    --pin->pins;
    return pin->data;
  }
  // A new version, from the newest content.
  Frame* source = nullptr;
  if (entry->dirty) {
    SQLRITE_TRY_ASSIGN(source, version_frame(version));
  } else {
    const bool existed = page <= snapshot_.page_count;
    const bool keep_original = existed && file_->needs_originals();
    PagePin* known = tables_.newest()->find(page, 0);
    if (known != nullptr) {
      source = known->frame;
      source->pin();
    } else if (existed && (!fresh || keep_original)) {
      SQLRITE_TRY_ASSIGN(source, file_->fetch(page, snapshot_.sequence));
    }
    if (keep_original && source != nullptr) {
      if (version == nullptr) {
        source->pin();
        if (push_version(entry, source, 0, OverlayVersion::Kind::Content) == nullptr) {
          file_->unpin(source);
          file_->unpin(source);
          return Status(Code::NoMem);
        }
      } else if (version->kind == OverlayVersion::Kind::UseShared) {
        source->pin();
        version->frame = source;
        version->kind = OverlayVersion::Kind::Content;
      }
    }
  }
  auto created = take_frame();
  if (!created.ok()) {
    if (source != nullptr) file_->unpin(source);
    return created.take_status();
  }
  Frame* frame = created.value();
  frame->page = page;
  if (source != nullptr && !fresh) {
    std::memcpy(frame->data, source->data, page_size);
  } else {
    std::memset(frame->data, 0, page_size);
  }
  if (source != nullptr) file_->unpin(source);
  if (push_version(entry, frame, generation_, OverlayVersion::Kind::Content) == nullptr) {
    file_->unpin(frame);
    return Status(Code::NoMem);
  }
  if (!entry->dirty) {
    entry->dirty = true;
    ++dirty_count_;
  }
  entry->forgotten = false;
  frame->pin();
  PagePin* pin = tables_.insert(tables_.newest(), page, 0, frame, generation_);
  if (pin == nullptr) return Status(Code::NoMem);
  --pin->pins;
  return pin->data;
}

// A private frame; those of dropped versions are used again without the file's lock.
Result<Frame*> Pager::Impl::take_frame() {
  if (spare_frame_count_ == 0) return file_->new_frame();
  Frame* frame = spare_frames_[--spare_frame_count_];
  frame->pins.store(Frame::kDetached | 1, std::memory_order_relaxed);
  frame->version = 0;
  return frame;
}

void Pager::Impl::drop_frame(Frame* frame) {
  if (!frame->unpin_is_last()) return;
  if (spare_frame_count_ < kSpareFramesMax) {
    spare_frames_[spare_frame_count_++] = frame;
  } else {
    file_->give_back(frame);
  }
}

void Pager::Impl::give_back_spares() {
  while (spare_frame_count_ > 0) file_->give_back(spare_frames_[--spare_frame_count_]);
}

// What the page held before the transaction can be read from the file until the commit.
void Pager::Impl::drop_original(OverlayEntry& entry) {
  for (OverlayVersion* old = entry.newest->older; old != nullptr; old = old->older) {
    if (old->stamp > transaction_floor_ || old->kind != OverlayVersion::Kind::Content ||
        entry.page > snapshot_.page_count)
      continue;
    if (old->older != nullptr) return;  // kept for views of earlier snapshots
    for (const ViewSlot& view : views_) {
      if (view.open && view.sequence != snapshot_.sequence) return;
    }
    file_->unpin(old->frame);
    old->frame = nullptr;
    old->kind = OverlayVersion::Kind::UseShared;
    return;
  }
}

void Pager::Impl::clear_pins() {
  tables_.clear(tables_.newest());
  tables_.clear(tables_.views());
  give_back_spares();
}

// The views that outlive a commit without a log need what it overwrites.
Status Pager::Impl::restore_originals() {
  for (OverlayEntry& entry : entries_) {
    if (!entry.dirty || entry.newest == nullptr || entry.page > snapshot_.page_count) continue;
    for (OverlayVersion* old = entry.newest->older; old != nullptr; old = old->older) {
      if (old->stamp > transaction_floor_ || old->kind != OverlayVersion::Kind::UseShared || old->frame != nullptr)
        continue;
      SQLRITE_TRY_ASSIGN(old->frame, file_->fetch(entry.page, snapshot_.sequence));
      old->kind = OverlayVersion::Kind::Content;
    }
  }
  return {};
}

// Views that outlive the transaction keep the versions that they see, wherever these were spilled to.
Status Pager::Impl::restore_visible() {
  for (OverlayEntry& entry : entries_) {
    for (OverlayVersion* version = entry.newest; version != nullptr; version = version->older) {
      if (version->spilled_sequence == 0 || version->frame != nullptr) continue;
      bool visible = false;
      for (const ViewSlot& view : views_) visible |= view.open && view.stamp >= version->stamp;
      if (!visible) continue;
      SQLRITE_TRY_ASSIGN(Frame * frame, version_frame(version));
      file_->unpin(frame);
    }
  }
  return {};
}

void Pager::Impl::count_spilled() {
  spilled_count_ = 0;
  for (const OverlayEntry& entry : entries_) {
    spilled_count_ += entry.dirty && entry.newest->spilled_sequence != 0 && entry.newest->frame == nullptr;
  }
}

// Large transactions: pages that nothing has asked to change for a while go to the log (or a temporary file, where there
// is no log) ahead of the commit. First they become candidates and leave the fast path; what is still untouched a
// thousand changes later is written.
Status Pager::Impl::maybe_spill() {
  const uint64_t budget_pages = std::max<uint64_t>(file_->cache_budget_bytes() / snapshot_.page_size_bytes,
                                                   static_cast<uint64_t>(spill_size_pages_));
  if (dirty_count_ - spilled_count_ < std::max<uint64_t>(budget_pages, kSpillDirtyCountMin)) return {};
  if (!spilling_ || file_->is_private() ||
      (spill_marked_ && slow_touch_count_ - spill_mark_touch_ < kSpillQuietTouches))
    return {};
  const bool in_log = !file_->needs_originals();
  if (spill_marked_) {
    GrowArray<WalPage> pages;
    GrowArray<OverlayVersion*> versions;
    for (OverlayEntry& entry : entries_) {
      if (!entry.spill_candidate || !entry.dirty || entry.page == 1 || entry.page > page_count_ ||
          entry.newest->spilled_sequence != 0)
        continue;
      if (!pages.push_back(WalPage{entry.page, entry.newest->frame->data}) || !versions.push_back(entry.newest))
        return Code::NoMem;
      entry.was_spilled = in_log;
      if (!in_log) drop_original(entry);
    }
    if (!pages.empty()) {
      uint64_t sequence = 0;
      SQLRITE_TRY(file_->spill(pages.data(), static_cast<uint32_t>(pages.size()), synchronous_, &sequence));
      for (OverlayVersion* version : versions) {
        version->spilled_sequence = sequence++;
        file_->unpin(version->frame);
        version->frame = nullptr;
      }
    }
    // What was read back can go again: pages that were not changed since, and older versions for marks and views.
    for (OverlayEntry& entry : entries_) {
      if (!entry.dirty || entry.page == 1) continue;
      for (OverlayVersion* version = entry.spill_candidate ? entry.newest : entry.newest->older; version != nullptr;
           version = version->older) {
        if (version->spilled_sequence == 0 || version->frame == nullptr) continue;
        file_->unpin(version->frame);
        version->frame = nullptr;
      }
    }
    count_spilled();
  }
  for (OverlayEntry& entry : entries_) {
    if (!entry.dirty || entry.newest->frame == nullptr) continue;
    entry.spill_candidate = true;
    tables_.remove(tables_.newest(), entry.page);
  }
  spill_marked_ = true;
  spill_mark_touch_ = slow_touch_count_;
  return {};
}

uint32_t Pager::page_count(View view) const {
  return view.slot == 0 ? impl_->newest_page_count() : impl_->views_[view.slot].page_count;
}

Result<PageId> Pager::append_page() {
  Impl& m = *impl_;
  SQLRITE_ENSURE(m.writing_);
  uint32_t id = m.page_count_ + 1;
  if (id == lock_byte_page().value) ++id;
  if (id > m.max_page_count_ || id == 0) return Status(Code::Full);
  uint32_t before = m.page_count_;
  m.page_count_ = id;
  auto made = m.make_mutable(id, true);
  if (!made.ok()) {
    m.page_count_ = before;
    return made.take_status();
  }
  return PageId{id};
}

void Pager::truncate_pages(uint32_t page_count) {
  Impl& m = *impl_;
  if (!m.writing_ || page_count >= m.page_count_) return;
  m.detach_views();
  if (m.page_count_ - page_count < 1024) {
    for (uint32_t page = page_count + 1; page <= m.page_count_; ++page) m.tables_.remove(m.tables_.newest(), page);
  } else {
    m.tables_.clear(m.tables_.newest());
  }
  m.page_count_ = page_count;
  ++change_count_;
}

void Pager::forget_content(PageId id) {
  Impl& m = *impl_;
  // With a mark the content may have to come back.
  if (!m.writing_ || !m.marks_.empty() || id.value == 1) return;
  OverlayEntry* entry = m.find_entry(id.value);
  if (entry == nullptr || !entry->dirty || entry->was_spilled) return;
  entry->forgotten = true;
  m.tables_.remove(m.tables_.newest(), id.value);
}

}  // namespace sqlrite::storage
