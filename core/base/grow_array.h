// GrowArray: a growing array of plain values for the layers that must answer NoMem with a Status instead of an
// exception.
#pragma once

#include <cstddef>
#include <type_traits>

#include "base/buffer_memory.h"

namespace sqlrite {

template <typename T>
class GrowArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  GrowArray() = default;
  GrowArray(const GrowArray&) = delete;
  GrowArray& operator=(const GrowArray&) = delete;
  ~GrowArray() { release(); }

  // False when memory is gone.
  [[nodiscard]] bool push_back(const T& value) {
    T copy = value;  // may lie in this array
    if (size_ == capacity_ && !reserve(size_ + 1)) return false;
    data_[size_++] = copy;
    return true;
  }
  void pop_back() { --size_; }
  // Appends `count` entries for the caller to fill; null when memory is gone.
  T* append(size_t count) {
    if (!reserve(size_ + count)) return nullptr;
    T* at = data_ + size_;
    size_ += count;
    return at;
  }
  [[nodiscard]] bool reserve(size_t capacity) {
    if (capacity <= capacity_) return true;
    size_t wanted = capacity_ == 0 ? 8 : capacity_ * 2;
    if (wanted < capacity) wanted = capacity;
    void* grown = resize_buffer(static_cast<void*>(data_), capacity_ * sizeof(T), wanted * sizeof(T));
    if (grown == nullptr) return false;
    data_ = static_cast<T*>(grown);
    capacity_ = wanted;
    return true;
  }
  void clear() { size_ = 0; }
  void truncate(size_t size) { size_ = size; }
  // Gives the memory back when more than `capacity_max` entries were ever held.
  void shrink(size_t capacity_max) {
    size_ = 0;
    if (capacity_ <= capacity_max) return;
    release();
    data_ = nullptr;
    capacity_ = 0;
  }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](size_t index) { return data_[index]; }
  const T& operator[](size_t index) const { return data_[index]; }
  T& back() { return data_[size_ - 1]; }
  T* data() { return data_; }
  const T* data() const { return data_; }
  T* begin() { return data_; }
  T* end() { return data_ + size_; }
  const T* begin() const { return data_; }
  const T* end() const { return data_ + size_; }

 private:
  void release() { free_buffer(static_cast<void*>(data_), capacity_ * sizeof(T)); }
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace sqlrite
