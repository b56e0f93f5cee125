// The rollback journal by itself: what a crash at any byte of it leaves, and journals of other writers.
#include "storage/journal/rollback_journal.h"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

#include "base/endian.h"
#include "os/memory/memory_vfs.h"

using namespace sqlrite;
using namespace sqlrite::storage;

namespace {

constexpr uint32_t kPage = 512;
constexpr const char* kJournal = "/d-journal";

std::vector<uint8_t> database_of(uint32_t page_count, uint8_t fill) {
  std::vector<uint8_t> bytes(page_count * kPage);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(fill + i / kPage);
  return bytes;
}

// A journal of pages 2, 4 and 5 of a database of five pages; the database then overwritten and grown to seven.
void crash_in_commit(os::MemoryVfs& vfs, Synchronous level) {
  vfs.set_content("/d", database_of(5, 10));
  auto file = vfs.open("/d", {}).take();
  RollbackJournal journal;
  REQUIRE(journal.begin(vfs, kJournal, JournalMode::Delete, level, kPage, 5).ok());
  std::vector<uint8_t> page(kPage);
  for (uint32_t id : {2u, 4u, 5u}) {
    REQUIRE(file->read_at((id - 1) * kPage, page.data(), kPage).ok());
    REQUIRE(journal.add(id, page.data()).ok());
  }
  REQUIRE(journal.flush().ok());
  std::vector<uint8_t> changed(kPage, 99);
  for (uint32_t id : {2u, 4u, 5u, 6u, 7u}) REQUIRE(file->write_at((id - 1) * kPage, changed.data(), kPage).ok());
  journal.abandon();
}

bool is_hot(os::MemoryVfs& vfs, os::File& file) {
  auto hot = RollbackJournal::is_hot(vfs, kJournal, file);
  REQUIRE(hot.ok());
  return hot.value();
}

}  // namespace

TEST_CASE("RollbackJournal, PlaysBackAHotJournal") {
  for (Synchronous level : {Synchronous::Off, Synchronous::Normal, Synchronous::Full}) {
    os::MemoryVfs vfs;
    crash_in_commit(vfs, level);
    auto file = vfs.open("/d", {}).take();
    CHECK(is_hot(vfs, *file));
    auto owner = vfs.open("/d", {}).take();
    REQUIRE(owner->lock(os::LockLevel::Reserved).ok());
    CHECK(!is_hot(vfs, *file));
    owner.reset();
    REQUIRE(RollbackJournal::recover(vfs, kJournal, *file).ok());
    CHECK(vfs.content("/d") == database_of(5, 10));
    CHECK(!vfs.exists(kJournal).value());
  }
}

TEST_CASE("RollbackJournal, ASpoiledRecordEndsThePlayback") {
  os::MemoryVfs vfs;
  crash_in_commit(vfs, Synchronous::Full);
  std::vector<uint8_t> bytes = vfs.content(kJournal);
  bytes[512 + (kPage + 8) + 4 + kPage - 200] ^= 1;  // a byte the checksum of the second record covers
  vfs.set_content(kJournal, bytes);
  auto file = vfs.open("/d", {}).take();
  REQUIRE(RollbackJournal::recover(vfs, kJournal, *file).ok());
  std::vector<uint8_t> after = vfs.content("/d");
  CHECK(after.size() == 5 * kPage);
  CHECK(after[kPage] == 11);
  CHECK(after[3 * kPage] == 99);
}

TEST_CASE("RollbackJournal, GarbageNeverBreaksRecovery") {
  os::SeededRandom random(17);
  for (int round = 0; round < 2000; ++round) {
    os::MemoryVfs vfs;
    crash_in_commit(vfs, Synchronous::Full);
    std::vector<uint8_t> bytes = vfs.content(kJournal);
    for (int i = 0; i < 3; ++i) bytes[random.next() % (round % 2 == 0 ? 40 : bytes.size())] = static_cast<uint8_t>(random.next());
    bytes.resize(random.next() % 4 == 0 ? random.next() % bytes.size() : bytes.size());
    // A journal that asks for a huge file is cut by the size it names only downwards.
    vfs.set_content(kJournal, bytes);
    auto file = vfs.open("/d", {}).take();
    Status status = RollbackJournal::recover(vfs, kJournal, *file);
    CHECK(status.ok());
    CHECK(vfs.content("/d").size() <= 7 * kPage);
  }
}

TEST_CASE("RollbackJournal, AVanishedSuperJournalMeansCommitted") {
  os::MemoryVfs vfs;
  crash_in_commit(vfs, Synchronous::Full);
  std::vector<uint8_t> before = vfs.content("/d");
  std::vector<uint8_t> bytes = vfs.content(kJournal);
  const char name[] = "/main-mj1234";
  uint32_t sum = 0;
  for (const char* c = name; *c != '\0'; ++c) sum += static_cast<uint8_t>(*c);
  uint8_t tail[16];
  store_be32(tail, sizeof name - 1);
  store_be32(tail + 4, sum);
  std::memcpy(tail + 8, bytes.data(), 8);
  bytes.insert(bytes.end(), name, name + sizeof name - 1);
  bytes.insert(bytes.end(), tail, tail + 16);
  SUBCASE("gone") {
    vfs.set_content(kJournal, bytes);
    auto file = vfs.open("/d", {}).take();
    REQUIRE(RollbackJournal::recover(vfs, kJournal, *file).ok());
    CHECK(vfs.content("/d") == before);
  }
  SUBCASE("still there") {
    vfs.set_content(kJournal, bytes);
    vfs.set_content(name, {1});
    auto file = vfs.open("/d", {}).take();
    REQUIRE(RollbackJournal::recover(vfs, kJournal, *file).ok());
    CHECK(vfs.content("/d") == database_of(5, 10));
  }
}
