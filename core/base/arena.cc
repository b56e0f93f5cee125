#include "base/arena.h"

#include <algorithm>

namespace sqlrite {

namespace {
constexpr size_t kBlockSizeBytesMax = 64 * 1024;
}

bool Arena::add_block(size_t size_bytes, bool may_throw) {
  size_t wanted = std::max(next_block_size_bytes_, size_bytes + sizeof(Block));
  void* memory = may_throw ? ::operator new(wanted) : ::operator new(wanted, std::nothrow);
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

void Arena::reset() {
  if (blocks_ == nullptr) return;
  Block* largest = blocks_;
  for (Block* block = blocks_; block != nullptr; block = block->previous) {
    if (block->size_bytes > largest->size_bytes) largest = block;
  }
  for (Block* block = blocks_; block != nullptr;) {
    Block* previous = block->previous;
    if (block != largest) ::operator delete(block);
    block = previous;
  }
  largest->previous = nullptr;
  blocks_ = largest;
  total_size_bytes_ = largest->size_bytes;
  cursor_ = reinterpret_cast<char*>(largest) + sizeof(Block);
  limit_ = reinterpret_cast<char*>(largest) + largest->size_bytes;
}

void Arena::free_all() {
  for (Block* block = blocks_; block != nullptr;) {
    Block* previous = block->previous;
    ::operator delete(block);
    block = previous;
  }
  blocks_ = nullptr;
  cursor_ = limit_ = nullptr;
  total_size_bytes_ = 0;
}

}  // namespace sqlrite
