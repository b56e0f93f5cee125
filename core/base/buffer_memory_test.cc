#include "base/buffer_memory.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include "doctest/doctest.h"

namespace sqlrite {
namespace {

struct Buffer {
  unsigned char* bytes;
  size_t size_bytes;
};

unsigned char mark_of(size_t size_bytes) { return static_cast<unsigned char>(size_bytes * 37 + 11); }

bool holds_mark(const Buffer& buffer, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (buffer.bytes[i] != mark_of(buffer.size_bytes)) return false;
  }
  return true;
}

Buffer marked(size_t size_bytes) {
  auto* bytes = static_cast<unsigned char*>(allocate_buffer(size_bytes));
  REQUIRE(bytes != nullptr);
  std::memset(bytes, mark_of(size_bytes), size_bytes);
  return {bytes, size_bytes};
}

// Takes, resizes and gives back buffers in an order that the seed decides; each must keep its own bytes.
bool churn(uint64_t seed) {
  uint64_t state = seed;
  auto random = [&state](uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  std::vector<Buffer> held;
  bool sound = true;
  for (int step = 0; step < 3000; ++step) {
    size_t size_bytes = random(size_t{1} << (1 + random(17)));
    if (held.size() < 50 || random(2) == 0) {
      held.push_back(marked(size_bytes));
    } else {
      Buffer& buffer = held[random(held.size())];
      sound = sound && holds_mark(buffer, buffer.size_bytes);
      if (random(2) == 0) {
        void* resized = resize_buffer(buffer.bytes, buffer.size_bytes, size_bytes);
        Buffer kept{static_cast<unsigned char*>(resized), buffer.size_bytes};
        sound = sound && resized != nullptr && holds_mark(kept, std::min(buffer.size_bytes, size_bytes));
        buffer = {kept.bytes, size_bytes};
        std::memset(buffer.bytes, mark_of(size_bytes), size_bytes);
      } else {
        free_buffer(buffer.bytes, buffer.size_bytes);
        buffer = held.back();
        held.pop_back();
      }
    }
  }
  for (const Buffer& buffer : held) {
    sound = sound && holds_mark(buffer, buffer.size_bytes);
    free_buffer(buffer.bytes, buffer.size_bytes);
  }
  return sound;
}

TEST_CASE("buffers of all sizes keep their bytes while others come, grow and go") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    INFO("seed ", seed);
    CHECK(churn(seed));
  }
}

TEST_CASE("several threads share the pool") {
  bool sound[4] = {};
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < 4; ++i) threads.emplace_back([&sound, i] { sound[i] = churn(100 + i); });
  for (std::thread& thread : threads) thread.join();
  for (bool one : sound) CHECK(one);
}

TEST_CASE("alignment follows the size") {
  for (size_t size_bytes : {size_t{1024}, size_t{1025}, size_t{20000}, size_t{32768}, size_t{32769}, size_t{1} << 20}) {
    INFO("size ", size_bytes);
    Buffer buffer = marked(size_bytes);
    CHECK(reinterpret_cast<uintptr_t>(buffer.bytes) % kBufferAlignmentBytes == 0);
    free_buffer(buffer.bytes, size_bytes);
  }
  Buffer huge = marked(kHugePageSizeBytes);
  CHECK(reinterpret_cast<uintptr_t>(huge.bytes) % kHugePageSizeBytes == 0);
  free_buffer(huge.bytes, huge.size_bytes);
}

TEST_CASE("a large buffer grows and shrinks through every step") {
  size_t size_bytes = 512;
  Buffer buffer = marked(size_bytes);
  for (size_t next : {size_t{2000}, size_t{40000}, size_t{300000}, size_t{5000000}, size_t{40000000}, size_t{3000000},
                      size_t{50000}, size_t{900}}) {
    INFO("from ", buffer.size_bytes, " to ", next);
    Buffer resized{static_cast<unsigned char*>(resize_buffer(buffer.bytes, buffer.size_bytes, next)),
                   buffer.size_bytes};
    REQUIRE(resized.bytes != nullptr);
    CHECK(holds_mark(resized, std::min(buffer.size_bytes, next)));
    buffer = {resized.bytes, next};
    std::memset(buffer.bytes, mark_of(next), next);
  }
  free_buffer(buffer.bytes, buffer.size_bytes);
}

TEST_CASE("zeroed buffers are zero after use, null is no buffer, nonsense is refused") {
  for (size_t size_bytes : {size_t{100}, size_t{5000}, size_t{100000}}) {
    free_buffer(marked(size_bytes).bytes, size_bytes);
    auto* zeros = static_cast<unsigned char*>(allocate_zeroed_buffer(size_bytes));
    REQUIRE(zeros != nullptr);
    size_t sum = 0;
    for (size_t i = 0; i < size_bytes; ++i) sum += zeros[i];
    CHECK(sum == 0);
    free_buffer(zeros, size_bytes);
  }
  free_buffer(nullptr, 0);
  free_buffer(nullptr, 4096);
  CHECK(allocate_buffer(SIZE_MAX - 5) == nullptr);
  release_idle_buffers();
  CHECK(release_idle_buffers() == 0);
}

#if !defined(__SANITIZE_ADDRESS__)  // there the heap serves, and nothing waits
TEST_CASE("long buffers wait for their next use, but never above the peak or the limit") {
  release_idle_buffers();
  constexpr size_t kRunSizeBytes = size_t{4} << 20;
  auto use_at_once = [](size_t count) {
    std::vector<Buffer> held;
    for (size_t i = 0; i < count; ++i) held.push_back(marked(kRunSizeBytes));
    bool sound = true;
    for (const Buffer& buffer : held) {
      sound = sound && holds_mark(buffer, buffer.size_bytes);
      free_buffer(buffer.bytes, buffer.size_bytes);
    }
    return sound;
  };
  CHECK(use_at_once(10));
  CHECK(use_at_once(10));
  size_t idle_size_bytes = release_idle_buffers();
  CHECK(idle_size_bytes == 10 * kRunSizeBytes);

  // A buffer of another size takes the room of those that wait.
  CHECK(use_at_once(10));
  Buffer other = marked(6 * kRunSizeBytes);
  CHECK(release_idle_buffers() == 4 * kRunSizeBytes);
  free_buffer(other.bytes, other.size_bytes);

  CHECK(use_at_once(50));
  idle_size_bytes = release_idle_buffers();
  CHECK(idle_size_bytes > 0);
  CHECK(idle_size_bytes <= size_t{128} << 20);
}
#endif

TEST_CASE("vectors over the pool") {
  BufferVector<uint64_t> numbers;
  for (uint64_t i = 0; i < 100000; ++i) numbers.push_back(i * i);
  uint64_t wrong = 0;
  for (uint64_t i = 0; i < numbers.size(); ++i) wrong += numbers[i] != i * i;
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace sqlrite
