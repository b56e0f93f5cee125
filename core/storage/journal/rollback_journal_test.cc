// The rollback journal by itself: what a crash at any byte of it leaves, and journals of other writers.
#include "storage/journal/rollback_journal.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/endian.h"
#include "os/memory/memory_vfs.h"
#include "storage/journal/super_journal.h"

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
    for (int i = 0; i < 3; ++i)
      bytes[random.next() % (round % 2 == 0 ? 40 : bytes.size())] = static_cast<uint8_t>(random.next());
    bytes.resize(random.next() % 4 == 0 ? random.next() % bytes.size() : bytes.size());
    // A journal that asks for a huge file is cut by the size it names only downwards.
    vfs.set_content(kJournal, bytes);
    auto file = vfs.open("/d", {}).take();
    Status status = RollbackJournal::recover(vfs, kJournal, *file);
    CHECK(status.ok());
    CHECK(vfs.content("/d").size() <= 7 * kPage);
  }
}

// SQLite keeps no content of free pages that a transaction cuts off.
TEST_CASE("RollbackJournal, AFileThatWasCutHasItsOldSizeAgain") {
  os::MemoryVfs vfs;
  crash_in_commit(vfs, Synchronous::Full);
  std::vector<uint8_t> cut = vfs.content("/d");
  cut.resize(2 * kPage);
  const uint8_t header[] = {'S', 'Q', 'L', 'i', 't',        'e', ' ', 'f', 'o', 'r', 'm', 'a',
                            't', ' ', '3', 0,   kPage >> 8, 0,   1,   1,   0,   64,  32,  32};
  std::copy(std::begin(header), std::end(header), cut.begin());
  store_be32(&cut[24], 7);
  store_be32(&cut[28], 9);  // pages, the last four not in the journal
  store_be32(&cut[92], 7);
  std::vector<uint8_t> journal = vfs.content(kJournal);
  uint32_t announced = 9;
  SUBCASE("as both headers say") {}
  SUBCASE("unless they do not agree") { announced = 4000000; }
  store_be32(&journal[16], announced);
  vfs.set_content("/d", cut);
  vfs.set_content(kJournal, journal);
  auto file = vfs.open("/d", {}).take();
  REQUIRE(RollbackJournal::recover(vfs, kJournal, *file).ok());
  CHECK(vfs.content("/d").size() == (announced == 9 ? 9 : 5) * kPage);
}

TEST_CASE("RollbackJournal, TheSuperJournalDecides") {
  os::MemoryVfs vfs;
  crash_in_commit(vfs, Synchronous::Full);
  const std::vector<uint8_t> before = vfs.content("/d");
  std::vector<uint8_t> bytes = vfs.content(kJournal);
  const std::string name = "/main-mj1234569AB";
  GrowArray<uint8_t> record;
  REQUIRE(append_super_journal_record(record, name, kPage));
  bytes.insert(bytes.end(), record.begin(), record.end());
  vfs.set_content(kJournal, bytes);
  auto file = vfs.open("/d", {}).take();
  auto list = [&](std::string_view names) { vfs.set_content(name, std::vector<uint8_t>(names.begin(), names.end())); };
  SUBCASE("gone: committed") {
    REQUIRE(RollbackJournal::recover(vfs, kJournal, *file).ok());
    CHECK(vfs.content("/d") == before);
    CHECK(!vfs.exists(kJournal).value());
  }
  SUBCASE("there, and nobody else needs it") {
    list(std::string_view("/other-journal\0/d-journal\0", 26));
    REQUIRE(RollbackJournal::recover(vfs, kJournal, *file).ok());
    CHECK(vfs.content("/d") == database_of(5, 10));
    CHECK(!vfs.exists(name).value());
  }
  SUBCASE("there, and another journal names it") {
    list(std::string_view("/other-journal\0/d-journal\0", 26));
    vfs.set_content("/other-journal", bytes);
    REQUIRE(RollbackJournal::recover(vfs, kJournal, *file).ok());
    CHECK(vfs.content("/d") == database_of(5, 10));
    CHECK(vfs.exists(name).value());
  }
  SUBCASE("there, but about others: none of our business") {
    list(std::string_view("/other-journal\0", 15));
    REQUIRE(RollbackJournal::recover(vfs, kJournal, *file).ok());
    CHECK(vfs.content("/d") == database_of(5, 10));
    CHECK(vfs.exists(name).value());
  }
}

TEST_CASE("SuperJournal, ReadsBackWhatItWrote") {
  os::MemoryVfs vfs;
  const std::string journals[] = {"/a-journal", "/b-journal"};
  auto name = create_super_journal(vfs, "/a", journals);
  REQUIRE(name.ok());
  CHECK(name.value().substr(0, 5) == "/a-mj");
  CHECK(name.value().size() == 14);
  std::vector<uint8_t> content = vfs.content(name.value());
  CHECK(std::string(content.begin(), content.end()) == std::string("/a-journal\0/b-journal\0", 22));
  GrowArray<uint8_t> record;
  REQUIRE(append_super_journal_record(record, name.value(), kPage));
  vfs.set_content("/a-journal", std::vector<uint8_t>(record.begin(), record.end()));
  auto journal = vfs.open("/a-journal", {}).take();
  CHECK(read_super_journal_name(*journal).take() == name.value());
  // Names of any other shape are not believed: their files would be removed.
  record.clear();
  REQUIRE(append_super_journal_record(record, "/etc/important-file", kPage));
  vfs.set_content("/a-journal", std::vector<uint8_t>(record.begin(), record.end()));
  CHECK(read_super_journal_name(*journal).take().empty());
}

// More than the playback looks at at once, in segments.
TEST_CASE("RollbackJournal, PlaysBackALargeJournal") {
  constexpr uint32_t kPageCount = 3000;
  os::MemoryVfs vfs;
  const std::vector<uint8_t> before = database_of(kPageCount, 3);
  vfs.set_content("/d", before);
  auto file = vfs.open("/d", {}).take();
  for (JournalMode mode : {JournalMode::Delete, JournalMode::Memory}) {
    RollbackJournal journal;
    REQUIRE(journal.begin(vfs, kJournal, mode, Synchronous::Full, kPage, kPageCount).ok());
    const std::vector<uint8_t> changed(kPage, 77);
    for (uint32_t page = 1; page <= kPageCount; ++page) {
      REQUIRE(journal.add(page, &before[(page - 1) * kPage]).ok());
      if (page % 700 == 0) REQUIRE(journal.flush().ok());
    }
    REQUIRE(journal.flush().ok());
    for (uint32_t page = 1; page <= kPageCount; ++page)
      REQUIRE(file->write_at((page - 1) * kPage, changed.data(), kPage).ok());
    REQUIRE(journal.play_back(*file).ok());
    CHECK(vfs.content("/d") == before);
    REQUIRE(journal.finish().ok());
  }
}
