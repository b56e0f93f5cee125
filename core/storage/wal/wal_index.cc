#include "storage/wal/wal_index.h"

namespace sqlrite::storage {

bool WalIndex::reserve(uint32_t count) {
  if (!entries_.reserve(entries_.size() + count)) return false;
  size_t wanted = slots_.empty() ? 256 : slots_.size();
  while (wanted < (used_count_ + count) * 2) wanted *= 2;
  if (wanted == slots_.size()) return true;
  GrowArray<Slot> old;
  if (!old.reserve(slots_.size() + 1)) return false;
  for (const Slot& slot : slots_) {
    if (slot.frame != 0 && !old.push_back(slot)) return false;
  }
  if (!slots_.reserve(wanted)) return false;
  slots_.truncate(wanted);
  for (Slot& slot : slots_) slot = Slot{0, 0};
  for (const Slot& slot : old) slots_[slot_of(slot.page)] = slot;
  return true;
}

void WalIndex::append(uint32_t page) {
  Slot& slot = slots_[slot_of(page)];
  if (slot.frame == 0) ++used_count_;
  bool pushed = entries_.push_back(Entry{page, slot.frame});
  SQLRITE_CHECK(pushed);
  slot = Slot{page, static_cast<uint32_t>(entries_.size())};
}

void WalIndex::clear() {
  for (Slot& slot : slots_) slot = Slot{0, 0};
  entries_.clear();
  used_count_ = 0;
}

}  // namespace sqlrite::storage
