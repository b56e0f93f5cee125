// Memory for what grows with the data: page frames, columns, rows, hash tables, blocks of arenas.
//
// From a kilobyte on it comes from the system in runs of pages and not from the C library's heap. The engine lives in
// someone else's process: there, glibc answers a request of a kilobyte or more by first joining every small chunk that
// the process has freed since the last one, which in a program with a million small objects takes longer than a query;
// and buffers between small objects leave holes that no one can use.
//
// Every size is rounded to one of four steps between two powers of two. Runs of up to 32 KiB are cut from spans of
// 256 KiB, longer ones are mapped one by one, and those that were given back are kept for the next statement: at most
// 128 MiB, beyond the newest 8 MiB no more than was in use at the peak, and these the system may take when it is short
// of memory.
// All functions may be called from any thread.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

namespace sqlrite {

constexpr size_t kBufferAlignmentBytes = 64;
constexpr size_t kHugePageSizeBytes = size_t{2} << 20;

// `size_bytes` bytes, not initialized; from a kilobyte on aligned to kBufferAlignmentBytes, from kHugePageSizeBytes on
// to huge pages, which the system is asked for. Null when memory is gone.
[[nodiscard]] void* allocate_buffer(size_t size_bytes) noexcept;
// The same for cold code and containers: never null, raises std::bad_alloc as operator new does.
void* require_buffer(size_t size_bytes);
// As allocate_buffer(), all zero.
[[nodiscard]] void* allocate_zeroed_buffer(size_t size_bytes) noexcept;
// As realloc(): null leaves the old buffer as it is. `buffer` may be null when `old_size_bytes` is 0.
[[nodiscard]] void* resize_buffer(void* buffer, size_t old_size_bytes, size_t new_size_bytes) noexcept;
// `size_bytes` as it was asked for. Null is allowed.
void free_buffer(void* buffer, size_t size_bytes) noexcept;
// Gives the runs that wait for the next statement back to the system; returns their size in bytes.
size_t release_idle_buffers() noexcept;

// The standard allocator over these functions.
template <typename T>
struct BufferAllocator {
  using value_type = T;
  static_assert(alignof(T) <= alignof(std::max_align_t));
  BufferAllocator() = default;
  template <typename U>
  BufferAllocator(const BufferAllocator<U>&) {}
  T* allocate(size_t count) {
    bool possible = count <= static_cast<size_t>(-1) / sizeof(T);
    return static_cast<T*>(require_buffer(possible ? count * sizeof(T) : static_cast<size_t>(-1)));
  }
  void deallocate(T* memory, size_t count) noexcept { free_buffer(memory, count * sizeof(T)); }
  friend bool operator==(const BufferAllocator&, const BufferAllocator&) { return true; }
};

// For vectors whose length follows the number of rows.
template <typename T>
using BufferVector = std::vector<T, BufferAllocator<T>>;

// An array of a fixed length, not initialized.
template <typename T>
struct BufferDeleter {
  size_t count = 0;
  void operator()(T* memory) const noexcept { free_buffer(memory, count * sizeof(T)); }
};
template <typename T>
using BufferArray = std::unique_ptr<T[], BufferDeleter<T>>;
template <typename T>
BufferArray<T> make_buffer_array(size_t count) {
  static_assert(std::is_trivially_destructible_v<T>);
  T* memory = BufferAllocator<T>().allocate(count);
  for (size_t i = 0; i < count; ++i) new (memory + i) T;
  return BufferArray<T>(memory, BufferDeleter<T>{count});
}

}  // namespace sqlrite
