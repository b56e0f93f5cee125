#include "base/arena.h"

#include <algorithm>
#include <bit>

#include "base/buffer_memory.h"

namespace sqlrite {

namespace {

constexpr size_t kBlockSizeBytesMax = 64 * 1024;

// Blocks that arenas of this thread gave back: statements are prepared and dropped far more often than the allocator likes
// blocks of some kilobytes to come and go. One list for each power of two; small blocks are the allocator's strength.
class BlockCache {
 public:
  static constexpr size_t kSizeBytesMin = 2048;
  // The thread ends. Arenas that end later free their blocks.
  void close() {
    for (void*& list : lists_) {
      while (list != nullptr) free_buffer(pop(list), kSizeBytesMin << (&list - lists_));
    }
    closed_ = true;
  }
  // Null when there is none. REQUIRES is_cached(size_bytes).
  void* take(size_t size_bytes) {
    void*& list = list_of(size_bytes);
    if (list == nullptr) return nullptr;
    held_size_bytes_ -= size_bytes;
    return pop(list);
  }
  // False: the caller frees it.
  bool keep(void* block, size_t size_bytes) {
    if (closed_ || held_size_bytes_ + size_bytes > kHeldSizeBytesMax) return false;
    void*& list = list_of(size_bytes);
    *static_cast<void**>(block) = list;
    list = block;
    held_size_bytes_ += size_bytes;
    return true;
  }
  static bool is_cached(size_t size_bytes) {
#if defined(__SANITIZE_ADDRESS__)
    static_cast<void>(size_bytes);
    return false;  // so that every use after the end is seen
#else
    return size_bytes >= kSizeBytesMin && size_bytes <= kBlockSizeBytesMax && std::has_single_bit(size_bytes);
#endif
  }

 private:
  static constexpr size_t kHeldSizeBytesMax = 256 * 1024;
  void*& list_of(size_t size_bytes) { return lists_[std::countr_zero(size_bytes) - std::countr_zero(kSizeBytesMin)]; }
  static void* pop(void*& list) {
    void* block = list;
    list = *static_cast<void**>(block);
    return block;
  }
  void* lists_[6] = {};
  size_t held_size_bytes_ = 0;
  bool closed_ = false;
};

thread_local BlockCache t_blocks;  // without a destructor, so that it can be asked to the very end
struct BlockCacheEnd {
  void expect() {}
  ~BlockCacheEnd() { t_blocks.close(); }
};
thread_local BlockCacheEnd t_blocks_end;

void free_block(void* block, size_t size_bytes) {
  if (BlockCache::is_cached(size_bytes)) {
    t_blocks_end.expect();
    if (t_blocks.keep(block, size_bytes)) return;
  }
  free_buffer(block, size_bytes);
}

}  // namespace

bool Arena::add_block(size_t size_bytes, bool may_throw) {
  size_t wanted = std::max(next_block_size_bytes_, size_bytes + sizeof(Block));
  void* memory = BlockCache::is_cached(wanted) ? t_blocks.take(wanted) : nullptr;
  if (memory == nullptr) memory = may_throw ? require_buffer(wanted) : allocate_buffer(wanted);
  if (memory == nullptr) return false;
  Block* block = static_cast<Block*>(memory);
  block->previous = blocks_;
  block->size_bytes = wanted;
  blocks_ = block;
  cursor_ = static_cast<char*>(memory) + sizeof(Block);
  limit_ = static_cast<char*>(memory) + wanted;
  total_size_bytes_ += wanted;
  next_block_size_bytes_ = std::min(next_block_size_bytes_ * 2, kBlockSizeBytesMax);
  return true;
}

void* Arena::allocate_slow(size_t size_bytes, size_t alignment) {
  add_block(size_bytes + alignment, true);
  uintptr_t at = (reinterpret_cast<uintptr_t>(cursor_) + alignment - 1) & ~(alignment - 1);
  cursor_ = reinterpret_cast<char*>(at + size_bytes);
  return reinterpret_cast<void*>(at);
}

void* Arena::try_allocate(size_t size_bytes, size_t alignment) noexcept {
  uintptr_t at = (reinterpret_cast<uintptr_t>(cursor_) + alignment - 1) & ~(alignment - 1);
  if (at + size_bytes > reinterpret_cast<uintptr_t>(limit_)) {
    if (!add_block(size_bytes + alignment, false)) return nullptr;
    at = (reinterpret_cast<uintptr_t>(cursor_) + alignment - 1) & ~(alignment - 1);
  }
  cursor_ = reinterpret_cast<char*>(at + size_bytes);
  return reinterpret_cast<void*>(at);
}

void Arena::free_all_but_largest() {
  Block* largest = blocks_;
  for (Block* block = blocks_; block != nullptr; block = block->previous) {
    if (block->size_bytes > largest->size_bytes) largest = block;
  }
  for (Block* block = blocks_; block != nullptr;) {
    Block* previous = block->previous;
    if (block != largest) free_block(block, block->size_bytes);
    block = previous;
  }
  largest->previous = nullptr;
  blocks_ = largest;
  total_size_bytes_ = largest->size_bytes;
  limit_ = reinterpret_cast<char*>(largest) + largest->size_bytes;
}

void Arena::free_all() {
  for (Block* block = blocks_; block != nullptr;) {
    Block* previous = block->previous;
    free_block(block, block->size_bytes);
    block = previous;
  }
  blocks_ = nullptr;
  cursor_ = limit_ = nullptr;
  total_size_bytes_ = 0;
}

}  // namespace sqlrite
