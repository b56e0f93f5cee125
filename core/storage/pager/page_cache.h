// Page frames and the cache of page versions of one database file.
//
// A frame holds one version of one page. `version` is the commit position that published it. A lookup asks for the
// exact position, or for 0: "as in the database file", which any version at or below the last WAL reset satisfies.
//
// Pins: a frame in the cache may be evicted when its count is zero. A frame outside the cache (private to an overlay,
// or superseded while pinned) carries kDetached and goes back to the pool with its last pin.
//
// Thread safety: everything here REQUIRES the database file's mutex, except Frame::unpin_is_last() and frame bytes.
#pragma once

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "base/grow_array.h"

namespace sqlrite::storage {

inline constexpr uint32_t kPageSlackSizeBytes = 64;

struct Frame {
  static constexpr uint32_t kDetached = 0x80000000u;

  uint8_t* data = nullptr;
  std::atomic<uint32_t> pins{0};
  uint32_t page = 0;
  uint64_t version = 0;
  Frame* next = nullptr;         // hash chain, or free list
  uint32_t pool_generation = 0;  // frames of another page size never return to the free list
  bool referenced = false;       // second chance

  void pin() { pins.fetch_add(1, std::memory_order_relaxed); }
  // True when that was the last pin of a detached frame: the caller must give it back.
  bool unpin_is_last() { return pins.fetch_sub(1, std::memory_order_acq_rel) == (kDetached | 1); }
};

class PageCache {
 public:
  PageCache() = default;
  ~PageCache();
  PageCache(const PageCache&) = delete;
  PageCache& operator=(const PageCache&) = delete;

  // Empties the cache first; frames still pinned stay readable until they are let go.
  void set_page_size(uint32_t page_size_bytes);
  uint32_t page_size_bytes() const { return page_size_bytes_; }
  void set_budget(uint64_t size_bytes) { budget_size_bytes_ = size_bytes; }
  // Frames of a private database hold the only copy of their page.
  void set_evictable(bool evictable) { evictable_ = evictable; }
  bool is_over_budget() const { return evictable_ && frame_count_used_ * frame_size_bytes_ > budget_size_bytes_; }

  // Pinned, or null.
  Frame* find_and_pin(uint32_t page, uint64_t want, uint64_t file_base) {
    if (bucket_count_ == 0) return nullptr;
    for (Frame* frame = buckets_[page & (bucket_count_ - 1)]; frame != nullptr; frame = frame->next) {
      if (frame->page == page && (want == 0 ? frame->version <= file_base : frame->version == want)) {
        frame->pin();
        frame->referenced = true;
        return frame;
      }
    }
    return nullptr;
  }
  // A detached frame with one pin and undefined content; null when memory is gone. May evict others.
  Frame* acquire();
  // Takes back a detached frame without pins.
  void give_back(Frame* frame);
  // True: insert() will not fail.
  [[nodiscard]] bool prepare_insert() { return bucket_count_ > 0 || grow_buckets(); }
  // Puts a detached, pinned frame into the cache (its pins stay).
  [[nodiscard]] bool insert(Frame* frame);
  // Takes versions of a page out of the cache: all but `keep`.
  void remove_others(uint32_t page, const Frame* keep);
  void remove_all();
  // Takes out the versions of a page other than this one.
  void keep_version(uint32_t page, uint64_t version);
  // Removes pages above `page_count`, whatever their version.
  void remove_above(uint32_t page_count);
  // Evicts what nobody pins until `target_size_bytes` is met.
  void shrink_to(uint64_t target_size_bytes);
  uint64_t used_size_bytes() const { return frame_count_used_ * frame_size_bytes_; }

 private:
  struct Slab {
    Slab* next;
    void* memory;
    Frame* frames;
    size_t frame_count;
    size_t size_bytes;  // of memory
  };
  static void free_slab(Slab* slab);
  bool add_slab();
  bool grow_buckets();
  void detach(Frame* frame);  // already unlinked
  bool evict_some(size_t scan_count_max);

  Frame** buckets_ = nullptr;
  size_t bucket_count_ = 0;
  size_t cached_count_ = 0;
  size_t clock_hand_ = 0;
  Frame* free_list_ = nullptr;
  Slab* slabs_ = nullptr;
  size_t next_slab_frame_count_ = 8;
  uint32_t page_size_bytes_ = 0;
  uint32_t pool_generation_ = 0;
  uint64_t frame_size_bytes_ = 0;
  uint64_t frame_count_used_ = 0;
  uint64_t budget_size_bytes_ = 16u << 20;
  bool evictable_ = true;
};

}  // namespace sqlrite::storage
