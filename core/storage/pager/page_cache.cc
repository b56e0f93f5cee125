#include "storage/pager/page_cache.h"

#include <new>

#include "base/buffer_memory.h"

namespace sqlrite::storage {

namespace {
constexpr size_t kSlabSizeMaxBytes = 4u << 20;
}  // namespace

PageCache::~PageCache() {
  for (Slab* slab = slabs_; slab != nullptr;) {
    Slab* next = slab->next;
    free_slab(slab);
    slab = next;
  }
  free_buffer(buckets_, bucket_count_ * sizeof(Frame*));
}

void PageCache::free_slab(Slab* slab) {
  free_buffer(slab->memory, slab->size_bytes);
  free_buffer(slab->frames, slab->frame_count * sizeof(Frame));
  delete slab;
}

void PageCache::set_page_size(uint32_t page_size_bytes) {
  remove_all();
  if (page_size_bytes == page_size_bytes_) return;
  page_size_bytes_ = page_size_bytes;
  frame_size_bytes_ = page_size_bytes + kPageSlackSizeBytes;
  free_list_ = nullptr;
  frame_count_used_ = 0;
  ++pool_generation_;
  next_slab_frame_count_ = 8;
}

bool PageCache::add_slab() {
  size_t count = next_slab_frame_count_;
  size_t size_bytes = count * frame_size_bytes_;
  Slab* slab = new (std::nothrow) Slab;
  if (slab == nullptr) return false;
  slab->size_bytes = size_bytes;
  slab->frame_count = count;
  slab->memory = allocate_buffer(size_bytes);
  slab->frames = static_cast<Frame*>(allocate_buffer(count * sizeof(Frame)));
  if (slab->memory == nullptr || slab->frames == nullptr) {
    free_slab(slab);
    return false;
  }
  slab->next = slabs_;
  slabs_ = slab;
  for (size_t i = count; i-- > 0;) {
    Frame* frame = new (&slab->frames[i]) Frame;
    frame->data = static_cast<uint8_t*>(slab->memory) + i * frame_size_bytes_;
    std::memset(frame->data + page_size_bytes_, 0, kPageSlackSizeBytes);
    frame->pool_generation = pool_generation_;
    frame->next = free_list_;
    free_list_ = frame;
  }
  if (size_bytes * 2 <= kSlabSizeMaxBytes) next_slab_frame_count_ *= 2;
  return true;
}

Frame* PageCache::acquire() {
  if (evictable_ && (frame_count_used_ + 1) * frame_size_bytes_ > budget_size_bytes_) evict_some(64);
  if (free_list_ == nullptr && !add_slab()) {
    // Memory is gone: anything evictable will do.
    if (!evictable_ || !evict_some(bucket_count_ * 2)) return nullptr;
  }
  if (free_list_ == nullptr) return nullptr;
  Frame* frame = free_list_;
  free_list_ = frame->next;
  frame->next = nullptr;
  frame->pins.store(Frame::kDetached | 1, std::memory_order_relaxed);
  frame->referenced = false;
  frame->version = 0;
  ++frame_count_used_;
  return frame;
}

void PageCache::give_back(Frame* frame) {
  frame->pins.store(0, std::memory_order_relaxed);
  if (frame->pool_generation != pool_generation_) return;
  frame->next = free_list_;
  free_list_ = frame;
  --frame_count_used_;
}

bool PageCache::grow_buckets() {
  size_t count = bucket_count_ == 0 ? 64 : bucket_count_ * 2;
  Frame** grown = static_cast<Frame**>(allocate_zeroed_buffer(count * sizeof(Frame*)));
  if (grown == nullptr) return bucket_count_ != 0;
  for (size_t i = 0; i < bucket_count_; ++i) {
    for (Frame* frame = buckets_[i]; frame != nullptr;) {
      Frame* next = frame->next;
      Frame** bucket = &grown[frame->page & (count - 1)];
      frame->next = *bucket;
      *bucket = frame;
      frame = next;
    }
  }
  free_buffer(buckets_, bucket_count_ * sizeof(Frame*));
  buckets_ = grown;
  bucket_count_ = count;
  return true;
}

bool PageCache::insert(Frame* frame) {
  if (cached_count_ >= bucket_count_ && !grow_buckets()) return false;
  frame->pins.fetch_and(~Frame::kDetached, std::memory_order_acq_rel);
  frame->referenced = true;
  Frame** bucket = &buckets_[frame->page & (bucket_count_ - 1)];
  frame->next = *bucket;
  *bucket = frame;
  ++cached_count_;
  return true;
}

void PageCache::detach(Frame* frame) {
  --cached_count_;
  if (frame->pins.fetch_or(Frame::kDetached, std::memory_order_acq_rel) == 0) give_back(frame);
}

void PageCache::remove_others(uint32_t page, const Frame* keep) {
  if (bucket_count_ == 0) return;
  for (Frame** link = &buckets_[page & (bucket_count_ - 1)]; *link != nullptr;) {
    Frame* frame = *link;
    if (frame->page == page && frame != keep) {
      *link = frame->next;
      detach(frame);
    } else {
      link = &frame->next;
    }
  }
}

void PageCache::remove_all() {
  for (size_t i = 0; i < bucket_count_; ++i) {
    while (Frame* frame = buckets_[i]) {
      buckets_[i] = frame->next;
      detach(frame);
    }
  }
}

void PageCache::keep_version(uint32_t page, uint64_t version) {
  if (bucket_count_ == 0) return;
  for (Frame** link = &buckets_[page & (bucket_count_ - 1)]; *link != nullptr;) {
    Frame* frame = *link;
    if (frame->page == page && frame->version != version) {
      *link = frame->next;
      detach(frame);
    } else {
      link = &frame->next;
    }
  }
}

void PageCache::remove_above(uint32_t page_count) {
  for (size_t i = 0; i < bucket_count_; ++i) {
    for (Frame** link = &buckets_[i]; *link != nullptr;) {
      Frame* frame = *link;
      if (frame->page > page_count) {
        *link = frame->next;
        detach(frame);
      } else {
        link = &frame->next;
      }
    }
  }
}

bool PageCache::evict_some(size_t scan_count_max) {
  if (bucket_count_ == 0) return false;
  bool evicted = false;
  for (size_t scanned = 0; scanned < scan_count_max && !(evicted && !is_over_budget() && free_list_ != nullptr);
       ++scanned) {
    clock_hand_ = (clock_hand_ + 1) & (bucket_count_ - 1);
    for (Frame** link = &buckets_[clock_hand_]; *link != nullptr;) {
      Frame* frame = *link;
      if (frame->pins.load(std::memory_order_acquire) != 0) {
        link = &frame->next;
      } else if (frame->referenced) {
        frame->referenced = false;
        link = &frame->next;
      } else {
        *link = frame->next;
        detach(frame);
        evicted = true;
      }
    }
  }
  return evicted;
}

void PageCache::shrink_to(uint64_t target_size_bytes) {
  if (!evictable_) return;
  for (size_t i = 0; i < bucket_count_ && used_size_bytes() > target_size_bytes; ++i) {
    for (Frame** link = &buckets_[i]; *link != nullptr;) {
      Frame* frame = *link;
      if (frame->pins.load(std::memory_order_acquire) == 0) {
        *link = frame->next;
        detach(frame);
      } else {
        link = &frame->next;
      }
    }
  }
}

}  // namespace sqlrite::storage
