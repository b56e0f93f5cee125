#include "base/buffer_memory.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <mutex>

#if defined(__unix__) && !defined(__SANITIZE_ADDRESS__)
#define SQLRITE_MAPS_BUFFERS 1  // under AddressSanitizer the heap watches the ends of each buffer
#include <sys/mman.h>
#endif

namespace sqlrite {

namespace {
void* copy_to_new_buffer(void* buffer, size_t old_size_bytes, size_t new_size_bytes) {
  void* resized = allocate_buffer(new_size_bytes);
  if (resized == nullptr || buffer == nullptr) return resized;
  std::memcpy(resized, buffer, std::min(old_size_bytes, new_size_bytes));
  free_buffer(buffer, old_size_bytes);
  return resized;
}
}  // namespace

#if defined(SQLRITE_MAPS_BUFFERS)
namespace {

constexpr size_t kHeapSizeBytesMax = 1023;  // what the C library serves without looking around
constexpr size_t kSpanSizeBytes = size_t{256} << 10;
constexpr size_t kSlotSizeBytesMax = size_t{32} << 10;
constexpr size_t kPageSizeBytes = 4096;
constexpr size_t kWarmSizeBytesMax = size_t{8} << 20;
constexpr size_t kIdleSizeBytesMax = size_t{128} << 20;
constexpr uint32_t kSlotClassCount = 21;  // 1024, 1280, 1536, 1792, 2048, 2560, ... 32768

// The least size of the four-steps-a-doubling series that is no less than `size_bytes`.
constexpr size_t rounded_size(size_t size_bytes) {
  size_t step = std::bit_floor(size_bytes) / 4;
  return (size_bytes + step - 1) / step * step;
}
// REQUIRES: slot_size is in the series, 1024 <= slot_size <= kSlotSizeBytesMax.
constexpr uint32_t slot_class(size_t slot_size) {
  auto doubling = static_cast<uint32_t>(std::countr_zero(std::bit_floor(slot_size)));
  return (doubling - 10) * 4 + static_cast<uint32_t>((slot_size >> (doubling - 2)) & 3);
}
static_assert(slot_class(rounded_size(1024)) == 0 &&
              slot_class(rounded_size(kSlotSizeBytesMax)) == kSlotClassCount - 1);

// The size of a run that is mapped for itself.
size_t run_size(size_t size_bytes) {
  size_t unit = size_bytes >= kHugePageSizeBytes ? kHugePageSizeBytes : kPageSizeBytes;
  return (rounded_size(size_bytes) + unit - 1) / unit * unit;
}

// REQUIRES: both are multiples of the page size, alignment a power of two. Null when memory is gone.
void* map_run(size_t size_bytes, size_t alignment) {
  size_t mapped_size = alignment > kPageSizeBytes ? size_bytes + alignment : size_bytes;
  void* mapped = mmap(nullptr, mapped_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  if (mapped_size == size_bytes) return mapped;
  auto address = reinterpret_cast<uintptr_t>(mapped);
  uintptr_t start = (address + alignment - 1) & ~(alignment - 1);
  if (start > address) munmap(mapped, start - address);
  size_t behind = address + mapped_size - (start + size_bytes);
  if (behind > 0) munmap(reinterpret_cast<void*>(start + size_bytes), behind);
  return reinterpret_cast<void*>(start);
}

void ask_for_huge_pages([[maybe_unused]] void* memory, [[maybe_unused]] size_t size_bytes) {
#if defined(MADV_HUGEPAGE)
  if (size_bytes >= kHugePageSizeBytes) madvise(memory, size_bytes, MADV_HUGEPAGE);
#endif
}

// Slots of one size. The head lies at the start of the span, which its size aligns, so that a slot finds it.
struct Span {
  Span* next;
  Span* previous;
  void* free_slots;  // given back, linked through their first word
  uint32_t used_count;
  uint32_t fresh_at;  // offset of the first slot that was never handed out
};
static_assert(sizeof(Span) <= kBufferAlignmentBytes);

class SlotClass {
 public:
  void* take(size_t slot_size) {
    Span* span = open_;
    if (span == nullptr) {
      span = static_cast<Span*>(map_run(kSpanSizeBytes, kSpanSizeBytes));
      if (span == nullptr) return nullptr;
      span->fresh_at = kBufferAlignmentBytes;
      link(span);
    }
    ++span->used_count;
    void* slot = span->free_slots;
    if (slot != nullptr) {
      span->free_slots = *static_cast<void**>(slot);
    } else {
      slot = reinterpret_cast<char*>(span) + span->fresh_at;
      span->fresh_at += static_cast<uint32_t>(slot_size);
    }
    if (is_full(*span, slot_size)) unlink(span);
    return slot;
  }
  void give_back(void* slot, size_t slot_size) {
    Span* span = reinterpret_cast<Span*>(reinterpret_cast<uintptr_t>(slot) & ~(kSpanSizeBytes - 1));
    bool was_full = is_full(*span, slot_size);
    *static_cast<void**>(slot) = span->free_slots;
    span->free_slots = slot;
    --span->used_count;
    if (was_full) link(span);
    // One empty span stays, so that a statement that comes and goes does not map one each time.
    if (span->used_count == 0 && (span->next != nullptr || span->previous != nullptr)) drop(span);
  }
  size_t release_idle() {
    if (open_ == nullptr || open_->used_count > 0 || open_->next != nullptr) return 0;
    drop(open_);
    return kSpanSizeBytes;
  }

 private:
  static bool is_full(const Span& span, size_t slot_size) {
    return span.free_slots == nullptr && span.fresh_at + slot_size > kSpanSizeBytes;
  }
  void link(Span* span) {
    span->previous = nullptr;
    span->next = open_;
    if (open_ != nullptr) open_->previous = span;
    open_ = span;
  }
  void unlink(Span* span) {
    (span->previous != nullptr ? span->previous->next : open_) = span->next;
    if (span->next != nullptr) span->next->previous = span->previous;
    span->next = span->previous = nullptr;
  }
  void drop(Span* span) {
    unlink(span);
    munmap(span, kSpanSizeBytes);
  }
  Span* open_ = nullptr;  // spans with a free slot
};

// Runs that were given back lately, last come first. The newest are kept warm: as they are. Older ones are cold: the
// system may take their pages when it is short of memory, and needs no fault to give them back when it is not. That
// matters where a page has its price: a fresh one is cleared, and a virtual machine may have to fetch it from its host.
// Idle runs fill up what was in use at the peak: but for the warm ones, keeping them never makes the process larger than
// it was.
class Runs {
 public:
  // An idle run of this size, or null. Either way the caller will use one, see mapped().
  void* take_idle(size_t size_bytes) {
    for (uint32_t i = idle_count_; i-- > 0;) {
      if (idle_[i].size_bytes != size_bytes) continue;
      void* memory = idle_[i].memory;
      remove(i);
      in_use_size_bytes_ += size_bytes;
      return memory;
    }
    return nullptr;
  }
  // A run was mapped, or became longer by this much.
  void mapped(size_t size_bytes) {
    in_use_size_bytes_ += size_bytes;
    while (idle_size_bytes_ > idle_size_max()) unmap_oldest();
    if (in_use_size_bytes_ > peak_size_bytes_) peak_size_bytes_ = in_use_size_bytes_;
  }
  // A run became shorter by this much.
  void shortened(size_t size_bytes) { in_use_size_bytes_ -= size_bytes; }
  void keep(void* memory, size_t size_bytes) {
    in_use_size_bytes_ -= size_bytes;
    if (size_bytes > idle_size_max()) {
      munmap(memory, size_bytes);
      return;
    }
    while (idle_count_ == kCountMax || idle_size_bytes_ + size_bytes > idle_size_max()) unmap_oldest();
    idle_[idle_count_++] = {memory, size_bytes};
    idle_size_bytes_ += size_bytes;
    warm_size_bytes_ += size_bytes;
    while (warm_size_bytes_ > kWarmSizeBytesMax) cool_oldest();
  }
  size_t release_idle() {
    size_t size_bytes = idle_size_bytes_;
    while (idle_count_ > 0) unmap_oldest();
    peak_size_bytes_ = in_use_size_bytes_;
    return size_bytes;
  }

 private:
  struct Run {
    void* memory;
    size_t size_bytes;
  };
  size_t idle_size_max() const {
    size_t below_peak = peak_size_bytes_ > in_use_size_bytes_ ? peak_size_bytes_ - in_use_size_bytes_ : 0;
    return std::clamp(below_peak, kWarmSizeBytesMax, kIdleSizeBytesMax);
  }
  void cool_oldest() {
    Run& run = idle_[cold_count_++];
    warm_size_bytes_ -= run.size_bytes;
#if defined(MADV_FREE)
    madvise(run.memory, run.size_bytes, MADV_FREE);
#endif
  }
  void unmap_oldest() {
    munmap(idle_[0].memory, idle_[0].size_bytes);
    remove(0);
  }
  void remove(uint32_t at) {
    idle_size_bytes_ -= idle_[at].size_bytes;
    if (at < cold_count_) {
      --cold_count_;
    } else {
      warm_size_bytes_ -= idle_[at].size_bytes;
    }
    std::copy(idle_ + at + 1, idle_ + idle_count_, idle_ + at);
    --idle_count_;
  }
  static constexpr uint32_t kCountMax = 256;
  Run idle_[kCountMax] = {};  // oldest first; the first cold_count_ of them are cold
  uint32_t idle_count_ = 0;
  uint32_t cold_count_ = 0;
  size_t idle_size_bytes_ = 0;
  size_t warm_size_bytes_ = 0;
  size_t in_use_size_bytes_ = 0;
  size_t peak_size_bytes_ = 0;  // of in_use_size_bytes_
};

// Constant-initialized and never destroyed: buffers of other statics may end later.
struct BufferPool {
  std::mutex mutex;
  SlotClass slots[kSlotClassCount];
  Runs runs;
};
constinit BufferPool g_pool;

// Null when memory is gone. `is_zero`: the memory is known to be.
void* allocate(size_t size_bytes, bool& is_zero) {
  is_zero = false;
  if (size_bytes <= kHeapSizeBytesMax) return std::malloc(size_bytes > 0 ? size_bytes : 1);
  if (size_bytes > SIZE_MAX / 4) return nullptr;
  if (size_bytes <= kSlotSizeBytesMax) {
    size_t slot_size = rounded_size(size_bytes);
    std::lock_guard lock(g_pool.mutex);
    return g_pool.slots[slot_class(slot_size)].take(slot_size);
  }
  size_t mapped_size = run_size(size_bytes);
  {
    std::lock_guard lock(g_pool.mutex);
    void* idle = g_pool.runs.take_idle(mapped_size);
    if (idle != nullptr) return idle;
    g_pool.runs.mapped(mapped_size);
  }
  void* memory = map_run(mapped_size, mapped_size >= kHugePageSizeBytes ? kHugePageSizeBytes : kPageSizeBytes);
  if (memory == nullptr) {
    std::lock_guard lock(g_pool.mutex);
    g_pool.runs.shortened(mapped_size);
    return nullptr;
  }
  ask_for_huge_pages(memory, mapped_size);
  is_zero = true;
  return memory;
}

}  // namespace

void* allocate_buffer(size_t size_bytes) noexcept {
  bool is_zero;
  return allocate(size_bytes, is_zero);
}

void* allocate_zeroed_buffer(size_t size_bytes) noexcept {
  bool is_zero;
  void* buffer = allocate(size_bytes, is_zero);
  if (buffer != nullptr && !is_zero) std::memset(buffer, 0, size_bytes);
  return buffer;
}

void free_buffer(void* buffer, size_t size_bytes) noexcept {
  if (buffer == nullptr) return;
  if (size_bytes <= kHeapSizeBytesMax) {
    std::free(buffer);
    return;
  }
  if (size_bytes <= kSlotSizeBytesMax) {
    size_t slot_size = rounded_size(size_bytes);
    std::lock_guard lock(g_pool.mutex);
    g_pool.slots[slot_class(slot_size)].give_back(buffer, slot_size);
    return;
  }
  std::lock_guard lock(g_pool.mutex);
  g_pool.runs.keep(buffer, run_size(size_bytes));
}

size_t release_idle_buffers() noexcept {
  std::lock_guard lock(g_pool.mutex);
  size_t size_bytes = g_pool.runs.release_idle();
  for (SlotClass& slots : g_pool.slots) size_bytes += slots.release_idle();
  return size_bytes;
}

void* resize_buffer(void* buffer, size_t old_size_bytes, size_t new_size_bytes) noexcept {
  if (buffer == nullptr) return allocate_buffer(new_size_bytes);
  if (old_size_bytes > kSlotSizeBytesMax && new_size_bytes > kSlotSizeBytesMax && new_size_bytes <= SIZE_MAX / 4) {
    size_t old_run_size = run_size(old_size_bytes);
    size_t new_run_size = run_size(new_size_bytes);
    if (old_run_size == new_run_size) return buffer;
#if defined(__linux__)
    // The pages move, not the bytes: a large array never exists twice.
    void* target = map_run(new_run_size, new_run_size >= kHugePageSizeBytes ? kHugePageSizeBytes : kPageSizeBytes);
    if (target == nullptr) return nullptr;
    void* moved = mremap(buffer, old_run_size, new_run_size, MREMAP_MAYMOVE | MREMAP_FIXED, target);
    if (moved != MAP_FAILED) {
      ask_for_huge_pages(moved, new_run_size);
      std::lock_guard lock(g_pool.mutex);
      if (new_run_size > old_run_size) {
        g_pool.runs.mapped(new_run_size - old_run_size);
      } else {
        g_pool.runs.shortened(old_run_size - new_run_size);
      }
      return moved;
    }
    return nullptr;  // the target is not ours any more
#endif
  }
  return copy_to_new_buffer(buffer, old_size_bytes, new_size_bytes);
}

#else

void* allocate_buffer(size_t size_bytes) noexcept {
  if (size_bytes >= kHugePageSizeBytes) {
    size_t rounded = (size_bytes + kHugePageSizeBytes - 1) / kHugePageSizeBytes * kHugePageSizeBytes;
    return rounded < size_bytes ? nullptr : std::aligned_alloc(kHugePageSizeBytes, rounded);
  }
  if (size_bytes < 1024) return std::malloc(size_bytes > 0 ? size_bytes : 1);
  return std::aligned_alloc(kBufferAlignmentBytes,
                            (size_bytes + kBufferAlignmentBytes - 1) / kBufferAlignmentBytes * kBufferAlignmentBytes);
}
void free_buffer(void* buffer, size_t) noexcept { std::free(buffer); }
void* allocate_zeroed_buffer(size_t size_bytes) noexcept {
  void* buffer = allocate_buffer(size_bytes);
  if (buffer != nullptr) std::memset(buffer, 0, size_bytes);
  return buffer;
}
size_t release_idle_buffers() noexcept { return 0; }
void* resize_buffer(void* buffer, size_t old_size_bytes, size_t new_size_bytes) noexcept {
  return copy_to_new_buffer(buffer, old_size_bytes, new_size_bytes);
}

#endif

void* require_buffer(size_t size_bytes) {
  void* buffer = allocate_buffer(size_bytes);
  if (buffer == nullptr) throw std::bad_alloc();
  return buffer;
}

}  // namespace sqlrite
