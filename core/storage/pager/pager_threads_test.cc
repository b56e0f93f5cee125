// Connections in several threads on one file: snapshots stay whole while the log is written, checkpointed and restarted.
#include <doctest/doctest.h>

#include <atomic>
#include <cstring>
#include <memory>
#include <vector>

#include "base/endian.h"
#include "os/memory/memory_vfs.h"
#include "os/sync.h"
#include "storage/pager/pager.h"

using namespace sqlrite;
using namespace sqlrite::storage;

namespace {

constexpr uint32_t kPages = 12;

std::unique_ptr<Pager> open_pager(os::Vfs& vfs) {
  auto opened = Pager::open(vfs, "/shared.db", {});
  REQUIRE(opened.ok());
  return opened.take();
}

bool yield_and_retry(void*, int attempt) {
  std::this_thread::yield();
  return attempt < 1000000;
}

void create(Pager& pager) {
  REQUIRE(pager.begin_immediate().ok());
  for (uint32_t i = 1; i <= kPages; ++i) {
    auto id = pager.append_page();
    REQUIRE(id.ok());
  }
  uint8_t* page = pager.fetch_mut(PageId{1}).value();
  std::memcpy(page, "SQLite format 3", 16);
  store_be16(page + 16, 4096);
  page[21] = 64;
  page[22] = page[23] = 32;
  REQUIRE(pager.commit().ok());
  pager.end_read();
}

}  // namespace

TEST_CASE("Pager, SnapshotsStayWholeUnderThreads") {
  os::MemoryVfs vfs;
  auto creator = open_pager(vfs);
  create(*creator);
  std::atomic<bool> stop{false};
  std::atomic<int> torn{0};
  std::atomic<int> errors{0};
  std::atomic<uint64_t> reads{0};
  constexpr int kWriters = 2;
  constexpr int kCommits = 1500;
  std::vector<os::Thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&, r] {
      auto pager = Pager::open(vfs, "/shared.db", {}).take();
      uint32_t last = 0;
      while (!stop.load()) {
        if (!pager->begin_read().ok()) {
          ++errors;
          continue;
        }
        if (r == 1) pager->release_memory();
        uint32_t first = 0;
        for (uint32_t page = 2; page <= kPages; ++page) {
          auto ref = pager->fetch(PageId{page}, kNewestView);
          if (!ref.ok()) {
            ++errors;
            break;
          }
          uint32_t value = load_be32(ref.value().data() + 100);
          if (page == 2) {
            first = value;
          } else if (value != first) {
            ++torn;
          }
        }
        if (first < last) ++torn;
        last = first;
        pager->end_read();
        ++reads;
      }
    });
  }
  std::vector<os::Thread> writers;
  for (int w = 0; w < kWriters; ++w) {
    writers.emplace_back([&] {
      auto pager = Pager::open(vfs, "/shared.db", {}).take();
      pager->set_busy_handler(yield_and_retry, nullptr);
      pager->set_auto_checkpoint(40);
      for (int i = 0; i < kCommits; ++i) {
        if (!pager->begin_immediate().ok()) {
          ++errors;
          continue;
        }
        for (uint32_t page = 2; page <= kPages; ++page) {
          auto bytes = pager->fetch_mut(PageId{page});
          if (!bytes.ok()) {
            ++errors;
            break;
          }
          store_be32(bytes.value() + 100, load_be32(bytes.value() + 100) + 1);
        }
        if (i % 7 == 3) {
          pager->rollback();
          pager->end_read();
          if (!pager->begin_immediate().ok()) ++errors;
          for (uint32_t page = 2; page <= kPages; ++page) {
            uint8_t* bytes = pager->fetch_mut(PageId{page}).value();
            store_be32(bytes + 100, load_be32(bytes + 100) + 1);
          }
        }
        if (!pager->commit().ok()) ++errors;
        pager->end_read();
      }
    });
  }
  for (os::Thread& writer : writers) writer.join();
  stop.store(true);
  for (os::Thread& reader : readers) reader.join();
  CHECK(torn.load() == 0);
  CHECK(errors.load() == 0);
  CHECK(reads.load() > 0);
  REQUIRE(creator->begin_read().ok());
  CHECK(load_be32(creator->fetch(PageId{5}, kNewestView).value().data() + 100) == kWriters * kCommits);
  creator->end_read();
}
