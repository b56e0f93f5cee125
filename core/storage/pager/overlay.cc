// The overlay of a pager: versions of changed pages, marks, views, undo. See the invariants in pager_impl.h.
#include <algorithm>
#include <new>

#include "base/planted_bug.h"
#include "storage/pager/pager_impl.h"

namespace sqlrite::storage {

namespace {
constexpr size_t kVersionsPerBlock = 64;
}

OverlayEntry* Pager::Impl::find_entry(uint32_t page) {
  if (entries_.empty()) return nullptr;
  size_t mask = entry_slots_.size() - 1;
  for (size_t slot = (page * 0x9e3779b1u) & mask;; slot = (slot + 1) & mask) {
    uint32_t index = entry_slots_[slot];
    if (index == 0) return nullptr;
    if (entries_[index - 1].page == page) return &entries_[index - 1];
  }
}

OverlayEntry* Pager::Impl::add_entry(uint32_t page) {
  if (entry_slots_.size() < (entries_.size() + 1) * 2) {
    size_t wanted = entry_slots_.empty() ? 64 : entry_slots_.size() * 2;
    if (!entry_slots_.reserve(wanted)) return nullptr;
    entry_slots_.truncate(wanted);
    std::memset(entry_slots_.begin(), 0, wanted * sizeof(uint32_t));
    for (size_t i = 0; i < entries_.size(); ++i) {
      size_t slot = (entries_[i].page * 0x9e3779b1u) & (wanted - 1);
      while (entry_slots_[slot] != 0) slot = (slot + 1) & (wanted - 1);
      entry_slots_[slot] = static_cast<uint32_t>(i + 1);
    }
  }
  OverlayEntry entry = {page, false, false, false, false, false, nullptr};
  if (!entries_.push_back(entry)) return nullptr;
  size_t mask = entry_slots_.size() - 1;
  size_t slot = (page * 0x9e3779b1u) & mask;
  while (entry_slots_[slot] != 0) slot = (slot + 1) & mask;
  entry_slots_[slot] = static_cast<uint32_t>(entries_.size());
  return &entries_.back();
}

OverlayVersion* Pager::Impl::push_version(OverlayEntry* entry, Frame* frame, uint32_t stamp,
                                          OverlayVersion::Kind kind) {
  if (free_versions_ == nullptr) {
    OverlayVersion* block = new (std::nothrow) OverlayVersion[kVersionsPerBlock];
    if (block == nullptr) return nullptr;
    if (!version_blocks_.push_back(block)) {
      delete[] block;
      return nullptr;
    }
    for (size_t i = 0; i < kVersionsPerBlock; ++i) {
      block[i].older = free_versions_;
      free_versions_ = &block[i];
    }
  }
  OverlayVersion* version = free_versions_;
  free_versions_ = version->older;
  *version = OverlayVersion{frame, 0, stamp, kind, entry->newest};
  // The content before the transaction is dropped with the whole overlay, not by pruning.
  bool older_is_prunable =
      entry->newest != nullptr && (entry->newest->stamp > transaction_floor_ || open_view_count_ > 0);
  entry->newest = version;
  if (older_is_prunable && !entry->in_multi_list) {
    uint32_t index = static_cast<uint32_t>(entry - entries_.begin());
    entry->in_multi_list = multi_entries_.push_back(index);
  }
  return version;
}

void Pager::Impl::drop_version(OverlayVersion* version) {
  if (version->frame != nullptr) drop_frame(version->frame);
  version->older = free_versions_;
  free_versions_ = version;
}

bool Pager::Impl::is_visible(uint32_t stamp, uint32_t newer_stamp) const {
  for (const Mark& mark : marks_) {
    if (mark.stamp >= stamp && mark.stamp < newer_stamp) return true;
  }
  for (const ViewSlot& view : views_) {
    if (view.open && view.stamp >= stamp && view.stamp < newer_stamp) return true;
  }
  return false;
}

void Pager::Impl::drop_invisible(OverlayEntry* entry) {
  bool needs_original = writing_ && file_->needs_originals();
  OverlayVersion* newer = entry->newest;
  while (newer != nullptr && newer->older != nullptr) {
    OverlayVersion* version = newer->older;
    bool is_original = needs_original && version->stamp <= transaction_floor_ && newer->stamp > transaction_floor_;
    if (is_original || is_visible(version->stamp, newer->stamp)) {
      newer = version;
    } else {
      newer->older = version->older;
      drop_version(version);
    }
  }
}

void Pager::Impl::prune() {
  if (!writing_ && open_view_count_ == 0) {
    clear_overlay();
    return;
  }
  size_t kept = 0;
  for (uint32_t index : multi_entries_) {
    OverlayEntry& entry = entries_[index];
    drop_invisible(&entry);
    entry.in_multi_list = entry.newest != nullptr && entry.newest->older != nullptr;
    if (entry.in_multi_list) multi_entries_[kept++] = index;
  }
  multi_entries_.truncate(kept);
}

void Pager::Impl::clear_overlay() {
  if (entries_.empty()) return;
  for (OverlayEntry& entry : entries_) {
    while (OverlayVersion* version = entry.newest) {
      entry.newest = version->older;
      drop_version(version);
    }
  }
  if (entry_slots_.size() > 4096 && entries_.size() * 64 < entry_slots_.size()) {
    entry_slots_.truncate(64);
    std::memset(entry_slots_.begin(), 0, 64 * sizeof(uint32_t));
  } else if (entries_.size() * 8 < entry_slots_.size()) {
    size_t mask = entry_slots_.size() - 1;
    for (OverlayEntry& entry : entries_) {
      // Every slot of the entry's probe run is emptied; all runs go, so no chain is cut that is still needed.
      for (size_t slot = (entry.page * 0x9e3779b1u) & mask; entry_slots_[slot] != 0; slot = (slot + 1) & mask)
        entry_slots_[slot] = 0;
    }
  } else {
    std::memset(entry_slots_.begin(), 0, entry_slots_.size() * sizeof(uint32_t));
  }
  entries_.clear();
  multi_entries_.clear();
  dirty_count_ = 0;
}

uint32_t Pager::Impl::max_view_stamp() const {
  uint32_t stamp = 0;
  if (open_view_count_ == 0) return 0;
  for (const ViewSlot& view : views_) {
    if (view.open && view.stamp > stamp) stamp = view.stamp;
  }
  return stamp;
}

void Pager::Impl::recompute_floor() {
  if (!writing_) {
    pager_->copy_floor_ = UINT32_MAX;
    return;
  }
  uint32_t floor = std::max(transaction_floor_, undo_floor_);
  if (!marks_.empty()) floor = std::max(floor, marks_.back().stamp);
  pager_->copy_floor_ = std::max(floor, max_view_stamp());
}

void Pager::Impl::detach_views() {
  if (attached_view_count_ == 0) return;
  for (size_t i = 1; i < views_.size(); ++i) {
    if (!views_[i].open || !views_[i].attached) continue;
    views_[i].attached = false;
    view_state_storage_[i].table = tables_.views();
    view_state_storage_[i].tag = ++next_tag_;
  }
  attached_view_count_ = 0;
}

bool Pager::Impl::grow_views(size_t count) {
  if (!views_.reserve(count) || !view_state_storage_.reserve(count)) return false;
  while (views_.size() < count) *views_.append(1) = ViewSlot();
  while (view_state_storage_.size() < count) *view_state_storage_.append(1) = ViewState{tables_.newest(), 0, 0};
  pager_->view_states_ = view_state_storage_.data();
  return true;
}

Result<View> Pager::open_view() {
  Impl& m = *impl_;
  uint32_t slot = 1;
  while (slot < m.views_.size() && m.views_[slot].open) ++slot;
  if (slot == m.views_.size() && !m.grow_views(m.views_.size() * 2)) return Code::NoMem;
  ViewSlot& view = m.views_[slot];
  view.open = true;
  view.attached = true;
  view.sequence = m.snapshot_.sequence;
  view.stamp = m.generation_;
  view.page_count = m.newest_page_count();
  view_states_[slot].table = m.tables_.newest();
  view_states_[slot].tag = 0;
  ++m.open_view_count_;
  ++m.attached_view_count_;
  if (m.writing_) {
    ++m.generation_;
    if (!SQLRITE_PLANTED_BUG(63)) copy_floor_ = std::max(copy_floor_, view.stamp);
  }
  return View{slot};
}

void Pager::close_view(View view) {
  Impl& m = *impl_;
  ViewSlot& slot = m.views_[view.slot];
  if (view.slot == 0 || !slot.open) return;
  slot.open = false;
  if (slot.attached) --m.attached_view_count_;
  --m.open_view_count_;
  if (m.writing_) m.recompute_floor();
  if (!m.entries_.empty()) m.prune();
  if (slot.sequence != m.snapshot_.sequence) m.update_mark();
  if (m.open_view_count_ == 0 && !slot.attached) m.tables_.clear(m.tables_.views());
}

Result<uint32_t> Pager::open_mark() {
  Impl& m = *impl_;
  Mark mark{m.generation_, m.writing_ ? m.page_count_ : UINT32_MAX};
  if (!m.marks_.push_back(mark)) return Code::NoMem;
  ++m.generation_;
  if (m.writing_ && !SQLRITE_PLANTED_BUG(61)) copy_floor_ = std::max(copy_floor_, mark.stamp);
  return mark.stamp;
}

void Pager::release(uint32_t mark) {
  Impl& m = *impl_;
  while (!m.marks_.empty() && m.marks_.back().stamp >= mark) m.marks_.pop_back();
  m.recompute_floor();
  if (!m.multi_entries_.empty()) m.prune();
}

Status Pager::rollback_to(uint32_t mark) {
  Impl& m = *impl_;
  while (!m.marks_.empty() && m.marks_.back().stamp > mark) m.marks_.pop_back();
  SQLRITE_ENSURE(!m.marks_.empty() && m.marks_.back().stamp == mark);
  if (!m.writing_) return {};
  uint32_t page_count = m.marks_.back().page_count;
  SQLRITE_TRY(m.undo_to(std::max(mark, m.transaction_floor_)));
  if (SQLRITE_PLANTED_BUG(62)) return {};
  m.page_count_ = page_count == UINT32_MAX ? m.snapshot_.page_count : page_count;
  return {};
}

Status Pager::Impl::undo_to(uint32_t stamp) {
  detach_views();
  ++pager_->change_count_;
  const uint32_t view_stamp = max_view_stamp();
  bool pushed_marker = false;
  for (size_t i = 0; i < entries_.size(); ++i) {
    OverlayEntry& entry = entries_[i];
    if (entry.newest == nullptr || entry.newest->stamp <= stamp) continue;
    tables_.remove(tables_.newest(), entry.page);
    // The first version that survives.
    OverlayVersion* survivor = entry.newest;
    while (survivor != nullptr && survivor->stamp > stamp) survivor = survivor->older;
    bool survivor_is_own =
        survivor != nullptr && survivor->stamp > transaction_floor_ && survivor->kind == OverlayVersion::Kind::Content;
    if (view_stamp > stamp) {
      // A view may see what is undone: keep it below a marker that shows the state before.
      Frame* frame = nullptr;
      if (survivor_is_own) {
        SQLRITE_TRY_ASSIGN(frame, version_frame(survivor));
      }
      OverlayVersion* marker =
          push_version(&entry, frame, generation_,
                       survivor_is_own ? OverlayVersion::Kind::Content : OverlayVersion::Kind::UseShared);
      if (marker == nullptr) {
        if (frame != nullptr) file_->unpin(frame);
        return Status(Code::NoMem);
      }
      pushed_marker = true;
      drop_invisible(&entry);
    } else {
      while (entry.newest != survivor) {
        OverlayVersion* version = entry.newest;
        entry.newest = version->older;
        drop_version(version);
      }
      if (survivor_is_own && entry.was_spilled && survivor->spilled_sequence != 0) {
        // The log holds a later version of the page behind this one: it must be written again.
        SQLRITE_TRY_ASSIGN(Frame * frame, version_frame(survivor));
        file_->unpin(frame);
        survivor->spilled_sequence = 0;
      }
    }
    if (!survivor_is_own && entry.was_spilled && writing_) {
      // The log holds an undone version: write the old content behind it.
      SQLRITE_TRY_ASSIGN(Frame * shared, file_->fetch(entry.page, snapshot_.sequence));
      auto copy = file_->new_frame();
      if (!copy.ok()) {
        file_->unpin(shared);
        return copy.take_status();
      }
      std::memcpy(copy.value()->data, shared->data, snapshot_.page_size_bytes);
      file_->unpin(shared);
      if (push_version(&entry, copy.value(), generation_, OverlayVersion::Kind::Content) == nullptr)
        return Status(Code::NoMem);
      pushed_marker = true;
      continue;
    }
    if (entry.dirty && !survivor_is_own) {
      entry.dirty = false;
      --dirty_count_;
    }
  }
  count_spilled();
  if (pushed_marker) {
    undo_floor_ = generation_;
    ++generation_;
    recompute_floor();
  }
  return {};
}

}  // namespace sqlrite::storage
