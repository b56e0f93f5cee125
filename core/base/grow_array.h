// GrowArray: a growing array for the layers that must answer NoMem with a Status instead of an exception.
#pragma once

#include <cstdlib>
#include <cstring>
#include <type_traits>

#include "base/status.h"

namespace sqlrite {

template <typename T>
class GrowArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  GrowArray() = default;
  GrowArray(const GrowArray&) = delete;
  GrowArray& operator=(const GrowArray&) = delete;
  ~GrowArray() { std::free(static_cast<void*>(data_)); }

  Status push_back(const T& value) {
    if (size_ == capacity_) SQLRITE_TRY(reserve(capacity_ == 0 ? 16 : capacity_ * 2));
    data_[size_++] = value;
    return {};
  }
  // Appends `count` entries for the caller to fill; null when memory is gone.
  T* append(size_t count) {
    if (size_ + count > capacity_ && !reserve(size_ + count > capacity_ * 2 ? size_ + count : capacity_ * 2).ok()) {
      return nullptr;
    }
    T* at = data_ + size_;
    size_ += count;
    return at;
  }
  Status reserve(size_t capacity) {
    if (capacity <= capacity_) return {};
    void* grown = std::realloc(static_cast<void*>(data_), capacity * sizeof(T));
    if (grown == nullptr) return Code::NoMem;
    data_ = static_cast<T*>(grown);
    capacity_ = capacity;
    return {};
  }
  void clear() { size_ = 0; }
  void truncate(size_t size) { size_ = size; }
  // Gives the memory back when more than `capacity_max` entries were ever held.
  void shrink(size_t capacity_max) {
    size_ = 0;
    if (capacity_ <= capacity_max) return;
    std::free(static_cast<void*>(data_));
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
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace sqlrite
