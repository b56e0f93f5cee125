#include "failing_allocator.h"

#include <atomic>
#include <cstdlib>
#include <new>

extern "C" {
void* __real_malloc(size_t size);
void* __real_calloc(size_t count, size_t size);
void* __real_realloc(void* block, size_t size);
void* __real_aligned_alloc(size_t alignment, size_t size);
void __real_free(void* block);
}

namespace sqlrite::test {

namespace {

std::atomic<int64_t> held{0};
std::atomic<uint64_t> seen{0};
std::atomic<uint64_t> failed{0};
std::atomic<uint64_t> first_failing{UINT64_MAX};
std::atomic<uint64_t> last_failing{0};

bool refused() {
  uint64_t number = seen.fetch_add(1, std::memory_order_relaxed) + 1;
  if (number < first_failing.load(std::memory_order_relaxed) || number > last_failing.load(std::memory_order_relaxed))
    return false;
  failed.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void* counted(void* block) {
  if (block != nullptr) held.fetch_add(1, std::memory_order_relaxed);
  return block;
}

}  // namespace

void fail_allocation(uint64_t number, Failing failing) {
  seen.store(0);
  failed.store(0);
  first_failing.store(number > 0 ? number : UINT64_MAX);
  last_failing.store(failing == Failing::Once ? number : UINT64_MAX);
}

void stop_failing() { first_failing.store(UINT64_MAX); }
uint64_t allocations_seen() { return seen.load(); }
uint64_t allocations_failed() { return failed.load(); }
int64_t blocks_held() { return held.load(); }

}  // namespace sqlrite::test

using sqlrite::test::counted;
using sqlrite::test::held;
using sqlrite::test::refused;

extern "C" {

void* __wrap_malloc(size_t size) { return refused() ? nullptr : counted(__real_malloc(size)); }
void* __wrap_calloc(size_t count, size_t size) { return refused() ? nullptr : counted(__real_calloc(count, size)); }
void* __wrap_aligned_alloc(size_t alignment, size_t size) {
  return refused() ? nullptr : counted(__real_aligned_alloc(alignment, size));
}
void* __wrap_realloc(void* block, size_t size) {
  if (refused()) return nullptr;
  void* moved = __real_realloc(block, size);
  return block == nullptr ? counted(moved) : moved;
}
void __wrap_free(void* block) {
  if (block != nullptr) held.fetch_sub(1, std::memory_order_relaxed);
  __real_free(block);
}

}  // extern "C"

// Buffers come from a pool of the engine's own.
void* real_allocate_buffer(size_t size) noexcept asm("__real__ZN7sqlrite15allocate_bufferEm");
void* real_allocate_zeroed_buffer(size_t size) noexcept asm("__real__ZN7sqlrite22allocate_zeroed_bufferEm");
void* real_resize_buffer(void* buffer, size_t old_size, size_t size) noexcept
    asm("__real__ZN7sqlrite13resize_bufferEPvmm");
void real_free_buffer(void* buffer, size_t size) noexcept asm("__real__ZN7sqlrite11free_bufferEPvm");

void* wrap_allocate_buffer(size_t size) noexcept asm("__wrap__ZN7sqlrite15allocate_bufferEm");
void* wrap_require_buffer(size_t size) asm("__wrap__ZN7sqlrite14require_bufferEm");
void* wrap_allocate_zeroed_buffer(size_t size) noexcept asm("__wrap__ZN7sqlrite22allocate_zeroed_bufferEm");
void* wrap_resize_buffer(void* buffer, size_t old_size, size_t size) noexcept
    asm("__wrap__ZN7sqlrite13resize_bufferEPvmm");
void wrap_free_buffer(void* buffer, size_t size) noexcept asm("__wrap__ZN7sqlrite11free_bufferEPvm");

void* wrap_allocate_buffer(size_t size) noexcept { return refused() ? nullptr : counted(real_allocate_buffer(size)); }
void* wrap_require_buffer(size_t size) {
  void* buffer = wrap_allocate_buffer(size);
  if (buffer == nullptr) throw std::bad_alloc();
  return buffer;
}
void* wrap_allocate_zeroed_buffer(size_t size) noexcept {
  return refused() ? nullptr : counted(real_allocate_zeroed_buffer(size));
}
void* wrap_resize_buffer(void* buffer, size_t old_size, size_t size) noexcept {
  if (refused()) return nullptr;
  void* moved = real_resize_buffer(buffer, old_size, size);
  return buffer == nullptr ? counted(moved) : moved;
}
void wrap_free_buffer(void* buffer, size_t size) noexcept {
  if (buffer != nullptr) held.fetch_sub(1, std::memory_order_relaxed);
  real_free_buffer(buffer, size);
}

void* operator new(size_t size, const std::nothrow_t&) noexcept {
  return refused() ? nullptr : counted(__real_malloc(size > 0 ? size : 1));
}
void* operator new(size_t size) {
  void* block = operator new(size, std::nothrow);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void* operator new(size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  size_t unit = static_cast<size_t>(alignment);
  return refused() ? nullptr : counted(__real_aligned_alloc(unit, (size + unit - 1) / unit * unit));
}
void* operator new(size_t size, std::align_val_t alignment) {
  void* block = operator new(size, alignment, std::nothrow);
  if (block == nullptr) throw std::bad_alloc();
  return block;
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new[](size_t size, const std::nothrow_t& no) noexcept { return operator new(size, no); }
void* operator new[](size_t size, std::align_val_t alignment) { return operator new(size, alignment); }

void operator delete(void* block) noexcept {
  if (block != nullptr) held.fetch_sub(1, std::memory_order_relaxed);
  __real_free(block);
}
void operator delete(void* block, size_t) noexcept { operator delete(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { operator delete(block); }
void operator delete(void* block, std::align_val_t) noexcept { operator delete(block); }
void operator delete(void* block, size_t, std::align_val_t) noexcept { operator delete(block); }
void operator delete[](void* block) noexcept { operator delete(block); }
void operator delete[](void* block, size_t) noexcept { operator delete(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { operator delete(block); }
void operator delete[](void* block, std::align_val_t) noexcept { operator delete(block); }
void operator delete[](void* block, size_t, std::align_val_t) noexcept { operator delete(block); }
