#include <new>

#include "base/buffer_memory.h"
#include "storage/pager/pager_impl.h"

namespace sqlrite::storage {

namespace {
constexpr uint32_t kSlotCountMin = 64;
// Before the first insertion: one empty slot, so that a lookup needs no test.
PinTable::Slot g_no_slot[1] = {};

size_t slots_size(uint32_t slot_count) { return slot_count * sizeof(PinTable::Slot); }
}  // namespace

void release_page_pin(PagePin* pin) {
  PinTable* table = pin->table;
  table->file_->unpin(pin->frame);
  pin->next_free = table->free_pins_;
  table->free_pins_ = pin;
}

PinTables::PinTables(DatabaseFile* file) : file_(file) {
  for (PinTable* table : {&newest_, &views_}) {
    table->slots_ = g_no_slot;
    table->file_ = file;
  }
}

PinTables::~PinTables() {
  for (PinTable* table : {&newest_, &views_}) {
    clear(table);
    if (table->slots_ != g_no_slot) free_buffer(table->slots_, slots_size(table->mask_ + 1));
    while (PagePin* pin = table->free_pins_) {
      table->free_pins_ = pin->next_free;
      delete pin;
    }
  }
}

void PinTables::empty_slot(PinTable* table, PinTable::Slot& slot) {
  static_cast<void>(table);
  PagePin* pin = slot.pin;
  slot = PinTable::Slot{0, 0, nullptr, nullptr};
  pin->in_table = false;
  if (pin->pins == 0) release_page_pin(pin);
}

bool PinTables::resize(PinTable* table, uint32_t slot_count) {
  PinTable::Slot* slots = static_cast<PinTable::Slot*>(allocate_zeroed_buffer(slots_size(slot_count)));
  if (slots == nullptr) return table->slots_ != g_no_slot;
  if (table->slots_ != g_no_slot) {
    for (uint32_t i = 0; i <= table->mask_; ++i) {
      PinTable::Slot& old = table->slots_[i];
      if (old.pin == nullptr) continue;
      slots[old.page & (slot_count - 1)] = old;  // doubling never makes two pages meet
    }
    free_buffer(table->slots_, slots_size(table->mask_ + 1));
  }
  table->slots_ = slots;
  table->mask_ = slot_count - 1;
  table->insert_count_ = 0;
  return true;
}

PagePin* PinTables::insert(PinTable* table, uint32_t page, uint32_t tag, Frame* frame, uint32_t stamp) {
  if (table->slots_ == g_no_slot && !resize(table, kSlotCountMin)) {
    file_->unpin(frame);
    return nullptr;
  }
  PagePin* pin = table->free_pins_;
  if (pin != nullptr) {
    table->free_pins_ = pin->next_free;
  } else {
    pin = new (std::nothrow) PagePin;
    if (pin == nullptr) {
      file_->unpin(frame);
      return nullptr;
    }
  }
  PinTable::Slot* slot = &table->slots_[page & table->mask_];
  if (slot->pin != nullptr) {
    if (slot->page != page && ++table->insert_count_ > table->mask_ / 4 && table->mask_ + 1 < slot_count_max_) {
      resize(table, (table->mask_ + 1) * 2);
      slot = &table->slots_[page & table->mask_];
    }
    if (slot->pin != nullptr) empty_slot(table, *slot);
  }
  *pin = PagePin{frame->data, 1, page, tag, stamp, true, frame, table, nullptr};
  *slot = PinTable::Slot{page, tag, pin, frame->data};
  return pin;
}

void PinTables::remove(PinTable* table, uint32_t page) {
  PinTable::Slot& slot = table->slots_[page & table->mask_];
  if (slot.page == page && slot.pin != nullptr) empty_slot(table, slot);
}

void PinTables::clear(PinTable* table) {
  for (uint32_t i = 0; i <= table->mask_; ++i) {
    if (table->slots_[i].pin != nullptr) empty_slot(table, table->slots_[i]);
  }
}

void PinTables::sweep(PinTable* table) {
  uint32_t count = (table->mask_ + 1) / 8 + 1;
  for (uint32_t i = 0; i < count; ++i) {
    PinTable::Slot& slot = table->slots_[sweep_hand_++ & table->mask_];
    if (slot.pin != nullptr && slot.pin->pins == 0) empty_slot(table, slot);
  }
}

}  // namespace sqlrite::storage
