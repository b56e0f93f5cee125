// Where the newest version of a page lies in the WAL, as of any frame: the reader's side of the log.
// Kept in memory by the process that owns the log; a shared-memory form would stand behind the same calls.
#pragma once

#include <cstdint>

#include "storage/pager/page_cache.h"

namespace sqlrite::storage {

// Frames are numbered from 1 in the order of the log; 0 means "not in the log".
class WalIndex {
 public:
  // Largest frame <= frame_max that holds `page`.
  uint32_t find(uint32_t page, uint32_t frame_max) const {
    if (slots_.empty()) return 0;
    uint32_t frame = slots_[slot_of(page)].frame;
    while (frame > frame_max) frame = entries_[frame - 1].previous;
    return frame;
  }
  uint32_t page_of(uint32_t frame) const { return entries_[frame - 1].page; }
  bool is_newest_below(uint32_t frame, uint32_t frame_max) const { return find(page_of(frame), frame_max) == frame; }
  uint32_t frame_count() const { return static_cast<uint32_t>(entries_.size()); }
  // Makes the next `count` append() calls certain to succeed.
  [[nodiscard]] bool reserve(uint32_t count);
  void append(uint32_t page);
  void clear();

 private:
  struct Entry {
    uint32_t page;
    uint32_t previous;
  };
  struct Slot {
    uint32_t page;
    uint32_t frame;
  };
  size_t slot_of(uint32_t page) const {
    size_t mask = slots_.size() - 1;
    size_t slot = (page * 0x9e3779b1u) & mask;
    while (slots_[slot].frame != 0 && slots_[slot].page != page) slot = (slot + 1) & mask;
    return slot;
  }
  GrowArray<Entry> entries_;
  GrowArray<Slot> slots_;  // open addressing by page; frame 0 is an empty slot
  size_t used_count_ = 0;
};

}  // namespace sqlrite::storage
