// The log file by itself: checksums, recovery of every damaged tail, restarts.
#include "storage/wal/wal_log.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "base/endian.h"
#include "os/memory/memory_vfs.h"

using namespace sqlrite;
using namespace sqlrite::storage;

namespace {

std::vector<uint8_t> random_page(os::Random& random, uint32_t size_bytes) {
  std::vector<uint8_t> page(size_bytes);
  random.fill(page.data(), page.size());
  return page;
}

// Recovers the log at /w and returns its number of committed frames.
uint32_t recovered_frames(os::MemoryVfs& vfs, uint32_t* page_count = nullptr) {
  WalLog log;
  uint32_t page_size = 0;
  uint32_t count = 0;
  REQUIRE(log.open(vfs, "/w", false).ok());
  REQUIRE(log.recover(&page_size, &count).ok());
  if (page_count != nullptr) *page_count = count;
  return log.committed_frame_count();
}

void append(WalLog& log, const std::vector<std::vector<uint8_t>>& pages, uint32_t first, uint32_t commit_page_count) {
  std::vector<WalPage> list;
  for (size_t i = 0; i < pages.size(); ++i) list.push_back({first + static_cast<uint32_t>(i), pages[i].data()});
  REQUIRE(log.reserve_index(static_cast<uint32_t>(list.size())));
  REQUIRE(log.append(list.data(), static_cast<uint32_t>(list.size()), commit_page_count, true).ok());
  log.publish();
}

}  // namespace

TEST_CASE("PageChecksum, EqualsTheSerialSum") {
  os::SeededRandom random(3);
  for (uint32_t size = 512; size <= 65536; size *= 2) {
    PageChecksum checksum;
    REQUIRE(checksum.prepare(size));
    for (int round = 0; round < 5; ++round) {
      std::vector<uint8_t> page = random_page(random, size + 8);
      WalChecksum start{static_cast<uint32_t>(random.next()), static_cast<uint32_t>(random.next())};
      for (uint32_t shift : {0u, 1u, 8u}) {
        CHECK(checksum.update(start, page.data() + shift) == wal_checksum(start, page.data() + shift, size, false));
      }
    }
  }
}

TEST_CASE("WalLog, EveryDamagedTailEndsAtACommit") {
  os::MemoryVfs vfs;
  os::SeededRandom random(5);
  constexpr uint32_t kPage = 512;
  {
    WalLog log;
    REQUIRE(log.open(vfs, "/w", false).ok());
    REQUIRE(log.start(kPage, random).ok());
    for (uint32_t i = 0; i < 4; ++i)
      append(log, {random_page(random, kPage), random_page(random, kPage)}, 2 * i + 1, 2 * i + 2);
    CHECK(log.committed_frame_count() == 8);
    std::vector<uint8_t> out(kPage);
    REQUIRE(log.read_frame(log.index().find(3, 8), out.data()).ok());
  }
  uint32_t page_count = 0;
  CHECK(recovered_frames(vfs, &page_count) == 8);
  CHECK(page_count == 8);
  const std::vector<uint8_t> whole = vfs.content("/w");
  const size_t frame_size = kPage + 24;
  // Cut anywhere: the commits that are whole.
  for (size_t size = 0; size <= 32 + 8 * frame_size; size += 7) {
    vfs.set_content("/w", std::vector<uint8_t>(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size)));
    uint32_t expected = size < 32 ? 0 : static_cast<uint32_t>((size - 32) / frame_size) / 2 * 2;
    CHECK(recovered_frames(vfs) == expected);
  }
  // Any bit turned: the commits before it.
  for (size_t at = 0; at < 32 + 8 * frame_size; at += 3) {
    std::vector<uint8_t> bytes = whole;
    bytes[at] ^= static_cast<uint8_t>(1u << (at % 8));
    vfs.set_content("/w", bytes);
    if (at >= 4 && at < 8) continue;  // the version number is refused aloud
    uint32_t expected = at < 32 ? 0 : static_cast<uint32_t>((at - 32) / frame_size) / 2 * 2;
    CHECK(recovered_frames(vfs) == expected);
  }
}

TEST_CASE("WalLog, ARestartForgetsTheOldFrames") {
  os::MemoryVfs vfs;
  os::SeededRandom random(9);
  WalLog log;
  REQUIRE(log.open(vfs, "/w", false).ok());
  REQUIRE(log.start(512, random).ok());
  for (uint32_t i = 0; i < 10; ++i) append(log, {random_page(random, 512)}, i + 1, 10);
  uint64_t size = vfs.content("/w").size();
  log.restart(random);
  CHECK(log.index().find(3, UINT32_MAX) == 0);
  append(log, {random_page(random, 512)}, 3, 10);
  CHECK(vfs.content("/w").size() == size);
  CHECK(recovered_frames(vfs) == 1);
  CHECK(log.index().find(3, 1) == 1);
  CHECK(log.index().find(3, 0) == 0);
}

TEST_CASE("WalLog, UncommittedFramesDoNotCount") {
  os::MemoryVfs vfs;
  os::SeededRandom random(11);
  WalLog log;
  REQUIRE(log.open(vfs, "/w", false).ok());
  REQUIRE(log.start(512, random).ok());
  append(log, {random_page(random, 512)}, 1, 1);
  std::vector<uint8_t> page = random_page(random, 512);
  WalPage spilled{2, page.data()};
  REQUIRE(log.reserve_index(1));
  REQUIRE(log.append(&spilled, 1, 0, true).ok());
  CHECK(recovered_frames(vfs) == 1);
  log.rollback_pending();
  append(log, {random_page(random, 512)}, 3, 3);
  CHECK(recovered_frames(vfs) == 2);
  CHECK(log.index().find(2, 9) == 0);
}

TEST_CASE("WalLog, BigEndianChecksumsAreRead") {
  os::MemoryVfs vfs;
  std::vector<uint8_t> file(32 + 24 + 512);
  store_be32(&file[0], 0x377f0683);
  store_be32(&file[4], 3007000);
  store_be32(&file[8], 512);
  store_be32(&file[16], 77);
  store_be32(&file[20], 78);
  WalChecksum state = wal_checksum({}, file.data(), 24, true);
  store_be32(&file[24], state.s0);
  store_be32(&file[28], state.s1);
  store_be32(&file[32], 1);
  store_be32(&file[36], 1);
  store_be32(&file[40], 77);
  store_be32(&file[44], 78);
  file[100] = 5;
  state = wal_checksum(state, &file[32], 8, true);
  state = wal_checksum(state, &file[56], 512, true);
  store_be32(&file[48], state.s0);
  store_be32(&file[52], state.s1);
  vfs.set_content("/w", file);
  CHECK(recovered_frames(vfs) == 1);
  // Appending goes on in the same byte order.
  WalLog log;
  uint32_t page_size = 0;
  uint32_t page_count = 0;
  REQUIRE(log.open(vfs, "/w", false).ok());
  REQUIRE(log.recover(&page_size, &page_count).ok());
  os::SeededRandom random(1);
  append(log, {random_page(random, 512)}, 2, 2);
  CHECK(recovered_frames(vfs) == 2);
}
