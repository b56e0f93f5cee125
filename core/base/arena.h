// Arena: bump allocation with one lifetime. Objects are never destroyed one by one, so only trivially
// destructible types may live here. Blocks grow from small to 64 KiB, so that a prepared statement at rest stays small.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sqlrite {

class Arena {
 public:
  explicit Arena(size_t first_block_size_bytes = 1024) : next_block_size_bytes_(first_block_size_bytes) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { free_all(); }

  // Never null: raises std::bad_alloc through operator new when memory is gone (cold layers; see architecture, Errors).
  void* allocate(size_t size_bytes, size_t alignment = alignof(std::max_align_t)) {
    uintptr_t at = (reinterpret_cast<uintptr_t>(cursor_) + alignment - 1) & ~(alignment - 1);
    if (at + size_bytes <= reinterpret_cast<uintptr_t>(limit_)) [[likely]] {
      cursor_ = reinterpret_cast<char*>(at + size_bytes);
      return reinterpret_cast<void*>(at);
    }
    return allocate_slow(size_bytes, alignment);
  }
  // Null when memory is gone: for the layers that must return Status::NoMem.
  void* try_allocate(size_t size_bytes, size_t alignment = alignof(std::max_align_t)) noexcept;

  template <typename T, typename... Args>
  T* make(Args&&... args) {
    static_assert(std::is_trivially_destructible_v<T>);
    return new (allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
  }
  template <typename T>
  std::span<T> make_array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    T* data = static_cast<T*>(allocate(sizeof(T) * (count > 0 ? count : 1), alignof(T)));
    for (size_t i = 0; i < count; ++i) new (data + i) T();
    return {data, count};
  }
  template <typename T>
  std::span<T> copy_array(std::span<const T> from) {
    static_assert(std::is_trivially_copyable_v<T>);
    T* data = static_cast<T*>(allocate(sizeof(T) * (from.empty() ? 1 : from.size()), alignof(T)));
    if (!from.empty()) std::memcpy(static_cast<void*>(data), from.data(), from.size_bytes());
    return {data, from.size()};
  }
  // The copy is followed by a NUL that is not part of the view.
  std::string_view copy(std::string_view text) {
    char* data = static_cast<char*>(allocate(text.size() + 1, 1));
    if (!text.empty()) std::memcpy(data, text.data(), text.size());
    data[text.size()] = '\0';
    return {data, text.size()};
  }
  // The same for layers that must not throw: a null data() when memory is gone.
  std::string_view try_copy(std::string_view text) noexcept {
    char* data = static_cast<char*>(try_allocate(text.size() + 1, 1));
    if (data == nullptr) return {};
    if (!text.empty()) std::memcpy(data, text.data(), text.size());
    data[text.size()] = '\0';
    return {data, text.size()};
  }
  // Forgets everything; keeps the largest block for reuse.
  void reset() {
    if (blocks_ == nullptr) return;
    if (blocks_->previous != nullptr) [[unlikely]]
      free_all_but_largest();
    cursor_ = reinterpret_cast<char*>(blocks_) + sizeof(Block);
  }
  size_t size_bytes() const { return total_size_bytes_; }

 private:
  struct Block {
    Block* previous;
    size_t size_bytes;
  };
  void* allocate_slow(size_t size_bytes, size_t alignment);
  bool add_block(size_t size_bytes, bool may_throw);
  void free_all();
  void free_all_but_largest();

  char* cursor_ = nullptr;
  char* limit_ = nullptr;
  Block* blocks_ = nullptr;
  size_t next_block_size_bytes_;
  size_t total_size_bytes_ = 0;
};

// A growing array inside an arena (old copies are left behind: use for lists of modest length).
template <typename T>
class ArenaVector {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit ArenaVector(Arena& arena) : arena_(&arena) {}
  void push_back(const T& value) {
    if (size_ == capacity_) reserve(capacity_ == 0 ? 4 : capacity_ * 2);
    data_[size_++] = value;
  }
  void reserve(size_t capacity) {
    if (capacity <= capacity_) return;
    T* grown = static_cast<T*>(arena_->allocate(sizeof(T) * capacity, alignof(T)));
    if (size_ > 0) std::memcpy(static_cast<void*>(grown), data_, sizeof(T) * size_);
    data_ = grown;
    capacity_ = capacity;
  }
  void pop_back() { --size_; }
  void clear() { size_ = 0; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t index) { return data_[index]; }
  const T& operator[](size_t index) const { return data_[index]; }
  T& back() { return data_[size_ - 1]; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }
  std::span<T> span() const { return {data_, size_}; }

 private:
  Arena* arena_;
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace sqlrite
