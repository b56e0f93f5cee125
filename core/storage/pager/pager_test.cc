// Pager over files in memory: transactions, marks, views, modes, locks.
#include "storage/pager/pager.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "base/endian.h"
#include "base/log.h"
#include "os/fault/fault_vfs.h"
#include "os/memory/memory_vfs.h"

using namespace sqlrite;
using namespace sqlrite::storage;

namespace {

PagerOptions options_with(JournalMode mode) {
  PagerOptions options;
  options.default_journal_mode = mode;
  return options;
}

std::unique_ptr<Pager> open_pager(os::Vfs& vfs, const std::string& path, const PagerOptions& options = {}) {
  auto opened = Pager::open(vfs, path, options);
  REQUIRE(opened.ok());
  return opened.take();
}

// The first page of a database, as the b-tree layer writes it.
void make_first_page(Pager& pager) {
  auto id = pager.append_page();
  REQUIRE(id.ok());
  REQUIRE(id.value().value == 1);
  auto page = pager.fetch_mut(PageId{1});
  REQUIRE(page.ok());
  uint8_t* bytes = page.value();
  std::memcpy(bytes, "SQLite format 3", 16);
  uint32_t size = pager.page_size_bytes();
  store_be16(bytes + 16, static_cast<uint16_t>(size == 65536 ? 1 : size));
  bytes[18] = bytes[19] = 1;
  bytes[21] = 64;
  bytes[22] = bytes[23] = 32;
  store_be32(bytes + 44, 4);
  store_be32(bytes + 56, 1);
  bytes[100] = 13;
  store_be16(bytes + 105, static_cast<uint16_t>(size == 65536 ? 0 : size));
}

void create_database(Pager& pager, uint32_t page_count) {
  REQUIRE(pager.begin_read().ok());
  REQUIRE(pager.begin_write().ok());
  make_first_page(pager);
  for (uint32_t i = 2; i <= page_count; ++i) {
    auto id = pager.append_page();
    REQUIRE(id.ok());
    auto page = pager.fetch_mut(id.value());
    REQUIRE(page.ok());
    store_be32(page.value() + 200, i);
  }
  Status status = pager.commit();
  REQUIRE_MESSAGE(status.ok(), std::string(status.message()));
  pager.end_read();
}

void put(Pager& pager, uint32_t page, uint32_t value) {
  auto bytes = pager.fetch_mut(PageId{page});
  REQUIRE(bytes.ok());
  store_be32(bytes.value() + 200, value);
}

uint32_t get(Pager& pager, uint32_t page, View view = kNewestView) {
  auto ref = pager.fetch(PageId{page}, view);
  REQUIRE_MESSAGE(ref.ok(), std::string(ref.status().message()));
  return load_be32(ref.value().data() + 200);
}

void set_committed(Pager& pager, uint32_t page, uint32_t value) {
  REQUIRE(pager.begin_immediate().ok());
  put(pager, page, value);
  REQUIRE(pager.commit().ok());
  pager.end_read();
}

uint32_t get_committed(Pager& pager, uint32_t page) {
  Status status = pager.begin_read();
  REQUIRE_MESSAGE(status.ok(), std::string(status.message()));
  uint32_t value = get(pager, page);
  pager.end_read();
  return value;
}

const JournalMode kFileModes[] = {JournalMode::Wal,     JournalMode::Delete, JournalMode::Truncate,
                                  JournalMode::Persist, JournalMode::Memory, JournalMode::Off};

}  // namespace

TEST_CASE("Pager, CommitsAndReopensInEveryMode") {
  for (JournalMode mode : kFileModes) {
    for (uint32_t page_size : {512u, 4096u, 65536u}) {
      CAPTURE(static_cast<int>(mode));
      os::MemoryVfs vfs;
      PagerOptions options = options_with(mode);
      options.page_size_bytes = page_size;
      {
        auto pager = open_pager(vfs, "/a.db", options);
        create_database(*pager, 10);
        CHECK(pager->journal_mode() == mode);
        for (uint32_t i = 0; i < 50; ++i) set_committed(*pager, 2 + i % 9, 1000 + i);
        CHECK(get_committed(*pager, 5) == 1048);
      }
      auto pager = open_pager(vfs, "/a.db");
      CHECK(get_committed(*pager, 5) == 1048);
      CHECK(pager->page_size_bytes() == page_size);
      CHECK(pager->journal_mode() == (mode == JournalMode::Wal ? JournalMode::Wal : JournalMode::Delete));
      set_committed(*pager, 5, 7);
      CHECK(get_committed(*pager, 5) == 7);
      pager.reset();
      if (mode != JournalMode::Truncate && mode != JournalMode::Persist)
        CHECK(vfs.names() == std::vector<std::string>{"/a.db"});
      CHECK(vfs.content("/a.db").size() == 10u * page_size);
    }
  }
}

TEST_CASE("Pager, MemoryDatabase") {
  os::MemoryVfs vfs;
  auto pager = open_pager(vfs, ":memory:");
  CHECK(pager->is_memory());
  CHECK(pager->journal_mode() == JournalMode::Memory);
  create_database(*pager, 3000);
  REQUIRE(pager->begin_immediate().ok());
  for (uint32_t i = 2; i <= 3000; ++i) put(*pager, i, i * 3);
  pager->rollback();
  CHECK(get(*pager, 2999) == 2999);
  pager->end_read();
  set_committed(*pager, 77, 5);
  CHECK(get_committed(*pager, 77) == 5);
  CHECK(vfs.names().empty());
}

TEST_CASE("Pager, MarksUndoAndRelease") {
  for (JournalMode mode : {JournalMode::Wal, JournalMode::Delete}) {
    os::MemoryVfs vfs;
    auto pager = open_pager(vfs, "/a.db", options_with(mode));
    create_database(*pager, 5);
    REQUIRE(pager->begin_immediate().ok());
    put(*pager, 2, 20);
    uint32_t outer = pager->open_mark().take();
    put(*pager, 2, 21);
    put(*pager, 3, 31);
    auto appended = pager->append_page();
    REQUIRE(appended.ok());
    CHECK(pager->page_count(kNewestView) == 6);
    uint32_t inner = pager->open_mark().take();
    put(*pager, 2, 22);
    put(*pager, 3, 32);
    REQUIRE(pager->rollback_to(inner).ok());
    CHECK(get(*pager, 2) == 21);
    CHECK(get(*pager, 3) == 31);
    put(*pager, 3, 33);
    pager->release(inner);
    CHECK(get(*pager, 3) == 33);
    REQUIRE(pager->rollback_to(outer).ok());
    CHECK(get(*pager, 2) == 20);
    CHECK(get(*pager, 3) == 3);
    CHECK(pager->page_count(kNewestView) == 5);
    put(*pager, 4, 44);
    pager->release(outer);
    REQUIRE(pager->commit().ok());
    pager->end_read();
    CHECK(get_committed(*pager, 2) == 20);
    CHECK(get_committed(*pager, 3) == 3);
    CHECK(get_committed(*pager, 4) == 44);
  }
}

TEST_CASE("Pager, ViewsKeepTheirState") {
  for (JournalMode mode : {JournalMode::Wal, JournalMode::Delete, JournalMode::Memory}) {
    for (bool in_memory : {false, true}) {
      os::MemoryVfs vfs;
      auto pager = open_pager(vfs, in_memory ? ":memory:" : "/a.db", options_with(mode));
      create_database(*pager, 5);
      REQUIRE(pager->begin_read().ok());
      View clean = pager->open_view().take();
      REQUIRE(pager->begin_write().ok());
      put(*pager, 2, 100);
      View dirty = pager->open_view().take();
      put(*pager, 2, 101);
      put(*pager, 3, 102);
      CHECK(get(*pager, 2, clean) == 2);
      CHECK(get(*pager, 2, dirty) == 100);
      CHECK(get(*pager, 3, dirty) == 3);
      CHECK(get(*pager, 2) == 101);
      pager->rollback();
      CHECK(get(*pager, 2) == 2);
      CHECK(get(*pager, 2, dirty) == 100);
      CHECK(get(*pager, 2, clean) == 2);
      View later = pager->open_view().take();
      CHECK(get(*pager, 2, later) == 2);
      REQUIRE(pager->begin_write().ok());
      put(*pager, 2, 200);
      put(*pager, 4, 204);
      REQUIRE(pager->commit().ok());
      CHECK(get(*pager, 2, clean) == 2);
      CHECK(get(*pager, 2, dirty) == 100);
      CHECK(get(*pager, 2, later) == 2);
      CHECK(get(*pager, 4, clean) == 4);
      CHECK(get(*pager, 2) == 200);
      View newest = pager->open_view().take();
      REQUIRE(pager->begin_write().ok());
      put(*pager, 2, 300);
      REQUIRE(pager->append_page().ok());
      REQUIRE(pager->commit().ok());
      CHECK(get(*pager, 2, newest) == 200);
      CHECK(get(*pager, 2, clean) == 2);
      CHECK(get(*pager, 4, clean) == 4);
      CHECK(get(*pager, 4, newest) == 204);
      CHECK(pager->page_count(newest) == 5);
      CHECK(get(*pager, 2) == 300);
      CHECK(!pager->fetch(PageId{6}, newest).ok());
      CHECK(pager->fetch(PageId{6}, kNewestView).ok());
      for (View view : {clean, dirty, later, newest}) pager->close_view(view);
      CHECK(get(*pager, 2) == 300);
      pager->end_read();
      CHECK(get_committed(*pager, 4) == 204);
    }
  }
}

TEST_CASE("Pager, RollbackToUnderViewsShowsOldStateAgain") {
  os::MemoryVfs vfs;
  auto pager = open_pager(vfs, "/a.db");
  create_database(*pager, 5);
  REQUIRE(pager->begin_immediate().ok());
  put(*pager, 2, 10);
  uint32_t mark = pager->open_mark().take();
  put(*pager, 2, 11);
  put(*pager, 3, 13);
  View view = pager->open_view().take();
  REQUIRE(pager->rollback_to(mark).ok());
  CHECK(get(*pager, 2) == 10);
  CHECK(get(*pager, 3) == 3);
  CHECK(get(*pager, 2, view) == 11);
  CHECK(get(*pager, 3, view) == 13);
  put(*pager, 2, 12);
  CHECK(get(*pager, 2, view) == 11);
  REQUIRE(pager->rollback_to(mark).ok());
  CHECK(get(*pager, 2) == 10);
  pager->close_view(view);
  pager->release(mark);
  REQUIRE(pager->commit().ok());
  pager->end_read();
  CHECK(get_committed(*pager, 2) == 10);
  CHECK(get_committed(*pager, 3) == 3);
}

TEST_CASE("Pager, TwoConnectionsShareTheFile") {
  os::MemoryVfs vfs;
  auto writer = open_pager(vfs, "/a.db");
  auto reader = open_pager(vfs, "/a.db");
  create_database(*writer, 5);
  REQUIRE(reader->begin_read().ok());
  CHECK(get(*reader, 2) == 2);
  uint64_t version = reader->data_version();
  set_committed(*writer, 2, 50);
  CHECK(get(*reader, 2) == 2);
  CHECK(get(*reader, 3) == 3);
  CHECK(reader->begin_write().code() == Code::BusySnapshot);
  reader->end_read();
  CHECK(get_committed(*reader, 2) == 50);
  CHECK(reader->data_version() != version);
  REQUIRE(reader->begin_immediate().ok());
  CHECK(writer->begin_immediate().code() == Code::Busy);
  reader->rollback();
  reader->end_read();
  // Readers at an old snapshot hold checkpoints back but do not stop them.
  REQUIRE(reader->begin_read().ok());
  for (uint32_t i = 0; i < 20; ++i) set_committed(*writer, 3, i);
  auto result = writer->checkpoint(CheckpointMode::Passive);
  REQUIRE(result.ok());
  CHECK(result.value().checkpointed_frame_count < result.value().wal_frame_count);
  CHECK(get(*reader, 3) == 3);
  reader->end_read();
  result = writer->checkpoint(CheckpointMode::Truncate);
  REQUIRE(result.ok());
  CHECK(result.value().wal_frame_count == 0);
  CHECK(vfs.content("/a.db-wal").empty());
  CHECK(get_committed(*reader, 3) == 19);
}

TEST_CASE("Pager, LogIsReusedAfterCheckpoint") {
  os::MemoryVfs vfs;
  auto pager = open_pager(vfs, "/a.db");
  pager->set_auto_checkpoint(100);
  create_database(*pager, 20);
  for (uint32_t i = 0; i < 5000; ++i) {
    set_committed(*pager, 2 + i % 19, i);
    REQUIRE(get_committed(*pager, 2 + i % 19) == i);
  }
  CHECK(vfs.content("/a.db-wal").size() <= 1024 * 1024);
}

TEST_CASE("Pager, ModesConvertBothWays") {
  os::MemoryVfs vfs;
  auto pager = open_pager(vfs, "/a.db");
  create_database(*pager, 5);
  set_committed(*pager, 2, 9);
  for (JournalMode mode : {JournalMode::Delete, JournalMode::Wal, JournalMode::Truncate, JournalMode::Persist,
                           JournalMode::Delete, JournalMode::Wal, JournalMode::Memory}) {
    auto result = pager->set_journal_mode(mode);
    REQUIRE(result.ok());
    CHECK(result.value() == mode);
    CHECK(vfs.content("/a.db")[18] == (mode == JournalMode::Wal ? 2 : 1));
    CHECK(get_committed(*pager, 2) == 9);
    set_committed(*pager, 3, static_cast<uint32_t>(mode) + 50);
    CHECK(get_committed(*pager, 3) == static_cast<uint32_t>(mode) + 50);
    if (mode != JournalMode::Wal) CHECK(vfs.content("/a.db-wal").empty());
  }
}

TEST_CASE("Pager, LargeTransactionsSpill") {
  os::MemoryVfs vfs;
  auto pager = open_pager(vfs, "/a.db");
  pager->set_cache_size(100);
  create_database(*pager, 9000);
  REQUIRE(pager->begin_immediate().ok());
  for (uint32_t i = 2; i <= 9000; ++i) put(*pager, i, i + 1);
  uint32_t mark = pager->open_mark().take();
  for (uint32_t i = 2; i <= 9000; ++i) put(*pager, i, i + 2);
  for (uint32_t i = 2; i <= 9000; i += 7) CHECK(get(*pager, i) == i + 2);
  REQUIRE(pager->rollback_to(mark).ok());
  for (uint32_t i = 2; i <= 9000; i += 5) put(*pager, i, i + 3);
  for (uint32_t i = 2; i <= 9000; ++i) REQUIRE(get(*pager, i) == i + ((i - 2) % 5 == 0 ? 3 : 1));
  CHECK(vfs.content("/a.db-wal").size() > 4000u * 4096);
  pager->release(mark);
  REQUIRE(pager->commit().ok());
  pager->end_read();
  for (uint32_t i = 2; i <= 9000; ++i) REQUIRE(get_committed(*pager, i) == i + ((i - 2) % 5 == 0 ? 3 : 1));
  // Undone as a whole.
  REQUIRE(pager->begin_immediate().ok());
  for (uint32_t i = 2; i <= 9000; ++i) put(*pager, i, 1);
  pager->rollback();
  pager->end_read();
  for (uint32_t i = 2; i <= 9000; i += 3) REQUIRE(get_committed(*pager, i) == i + ((i - 2) % 5 == 0 ? 3 : 1));
  pager.reset();
  pager = open_pager(vfs, "/a.db");
  for (uint32_t i = 2; i <= 9000; ++i) REQUIRE(get_committed(*pager, i) == i + ((i - 2) % 5 == 0 ? 3 : 1));
}

// As an insertion at the end of a tree does it: the page above the leaves is read before every change and changed now and
// then, while leaves are made and left behind. What is written to it after a spill must not go to a frame left behind.
TEST_CASE("Pager, APageThatIsReadAndChangedOutlivesSpills") {
  constexpr uint32_t kLeafCount = 20'000;
  os::MemoryVfs vfs;
  auto pager = open_pager(vfs, "/a.db");
  pager->set_cache_size(100);
  create_database(*pager, 3);
  REQUIRE(pager->begin_immediate().ok());
  put(*pager, 2, 0);
  for (uint32_t i = 0; i < kLeafCount; ++i) {
    REQUIRE(get(*pager, 2) == i);
    auto leaf = pager->append_page();
    REQUIRE(leaf.ok());
    put(*pager, leaf.value().value, i);
    REQUIRE(get(*pager, 2) == i);
    put(*pager, 2, i + 1);
  }
  REQUIRE(pager->commit().ok());
  pager->end_read();
  pager.reset();
  pager = open_pager(vfs, "/a.db");
  CHECK(get_committed(*pager, 2) == kLeafCount);
  for (uint32_t i = 0; i < kLeafCount; i += 11) REQUIRE(get_committed(*pager, 4 + i) == i);
}

namespace {
// Writes to files that never had a name in the directory: temporary ones.
size_t temporary_write_count(const os::FaultVfs& vfs) {
  std::vector<uint32_t> named;
  size_t count = 0;
  for (const os::Effect& effect : vfs.effects()) {
    if (effect.kind == os::Effect::Kind::Create) named.push_back(effect.file);
    if (effect.kind == os::Effect::Kind::Write)
      count += std::find(named.begin(), named.end(), effect.file) == named.end();
  }
  return count;
}
}  // namespace

// Without a log, pages of a large transaction wait in a temporary file, and neither the database nor its journal is
// touched before the commit. Marks, views, a second transaction and a rollback see what they should.
TEST_CASE("Pager, LargeTransactionsSpillWithoutLog") {
  for (JournalMode mode : {JournalMode::Delete, JournalMode::Truncate, JournalMode::Persist, JournalMode::Memory}) {
    CAPTURE(static_cast<int>(mode));
    os::FaultVfs vfs;
    auto pager = open_pager(vfs, "/a.db");
    pager->set_cache_size(100);
    create_database(*pager, 9000);
    REQUIRE(pager->set_journal_mode(mode).ok());
    REQUIRE(pager->begin_immediate().ok());
    View before = pager->open_view().take();
    const size_t effect_count = vfs.effects().size();
    const size_t spilled_before = temporary_write_count(vfs);
    for (uint32_t i = 2; i <= 9000; ++i) put(*pager, i, i + 1);
    uint32_t mark = pager->open_mark().take();
    for (uint32_t i = 2; i <= 9000; ++i) put(*pager, i, i + 2);
    for (uint32_t i = 2; i <= 9000; i += 7) CHECK(get(*pager, i) == i + 2);
    REQUIRE(pager->rollback_to(mark).ok());
    for (uint32_t i = 2; i <= 9000; i += 5) put(*pager, i, i + 3);
    for (uint32_t i = 2; i <= 9000; ++i) REQUIRE(get(*pager, i) == i + ((i - 2) % 5 == 0 ? 3 : 1));
    const size_t spilled = temporary_write_count(vfs) - spilled_before;
    CHECK(spilled > 4000);
    CHECK(vfs.effects().size() - effect_count == spilled);
    pager->release(mark);
    REQUIRE(pager->commit().ok());
    // The view outlives the commit and sees what was there at its opening.
    for (uint32_t i = 2; i <= 9000; i += 3) {
      REQUIRE(get(*pager, i, before) == i);
    }
    pager->close_view(before);
    pager->end_read();
    for (uint32_t i = 2; i <= 9000; ++i) REQUIRE(get_committed(*pager, i) == i + ((i - 2) % 5 == 0 ? 3 : 1));
    REQUIRE(pager->begin_immediate().ok());
    for (uint32_t i = 2; i <= 9000; ++i) put(*pager, i, 1);
    pager->rollback();
    pager->end_read();
    for (uint32_t i = 2; i <= 9000; i += 3) REQUIRE(get_committed(*pager, i) == i + ((i - 2) % 5 == 0 ? 3 : 1));
    // A full disk while it spills: the change fails, the transaction can be rolled back, nothing is lost.
    REQUIRE(pager->begin_immediate().ok());
    os::Fault fault;
    fault.kinds = os::Fault::kWrite;
    fault.nth = 20;
    fault.code = Code::Full;
    vfs.arm(fault);
    Status status;
    for (uint32_t i = 2; i <= 9000 && status.ok(); ++i) {
      auto bytes = pager->fetch_mut(PageId{i});
      status = bytes.ok() ? Status() : bytes.take_status();
    }
    CHECK(status.code() == Code::Full);
    vfs.disarm();
    pager->rollback();
    pager->end_read();
    pager.reset();
    pager = open_pager(vfs, "/a.db");
    for (uint32_t i = 2; i <= 9000; ++i) REQUIRE(get_committed(*pager, i) == i + ((i - 2) % 5 == 0 ? 3 : 1));
  }
}

TEST_CASE("Pager, LocksKeepOtherProcessesOut") {
  os::MemoryVfs vfs;
  auto pager = open_pager(vfs, "/a.db");
  create_database(*pager, 5);
  os::OpenOptions open_options;
  auto other = vfs.open("/a.db", open_options);
  REQUIRE(other.ok());
  CHECK(get_committed(*pager, 2) == 2);
  CHECK(other.value()->lock(os::LockLevel::Shared).code() == Code::Busy);
  REQUIRE(pager->set_journal_mode(JournalMode::Delete).ok());
  REQUIRE(other.value()->lock(os::LockLevel::Shared).ok());
  CHECK(get_committed(*pager, 2) == 2);
  REQUIRE(pager->begin_immediate().ok());
  put(*pager, 2, 5);
  CHECK(pager->commit().code() == Code::Busy);
  CHECK(pager->is_writing());
  REQUIRE(other.value()->unlock(os::LockLevel::None).ok());
  CHECK(pager->commit().ok());
  pager->end_read();
  REQUIRE(other.value()->lock(os::LockLevel::Reserved).ok());
  CHECK(get_committed(*pager, 2) == 5);
  CHECK(pager->begin_immediate().code() == Code::Busy);
  CHECK(!pager->is_reading());
}

TEST_CASE("Pager, ForeignBytesAreRefused") {
  os::MemoryVfs vfs;
  vfs.set_content("/text.db", std::vector<uint8_t>(5000, 'x'));
  auto text = open_pager(vfs, "/text.db");
  CHECK(text->begin_read().code() == Code::NotADb);
  CHECK(text->begin_read().message() == "file is not a database");
  {
    auto pager = open_pager(vfs, "/a.db", options_with(JournalMode::Delete));
    create_database(*pager, 5);
  }
  std::vector<uint8_t> good = vfs.content("/a.db");
  std::vector<uint8_t> bytes = good;
  bytes.resize(3 * 4096);
  vfs.set_content("/short.db", bytes);
  auto shorter = open_pager(vfs, "/short.db");
  CHECK(shorter->begin_read().code() == Code::Corrupt);
  bytes = good;
  bytes[18] = 3;
  vfs.set_content("/new_writer.db", bytes);
  auto new_writer = open_pager(vfs, "/new_writer.db");
  CHECK(get_committed(*new_writer, 3) == 3);
  CHECK(new_writer->begin_immediate().code() == Code::ReadOnly);
  bytes[19] = 3;
  vfs.set_content("/new_reader.db", bytes);
  auto new_reader = open_pager(vfs, "/new_reader.db");
  CHECK(new_reader->begin_read().code() == Code::NotADb);
  auto pager = open_pager(vfs, "/a.db");
  REQUIRE(pager->begin_read().ok());
  CHECK(pager->fetch(PageId{0}, kNewestView).status().code() == Code::Corrupt);
  CHECK(pager->fetch(PageId{6}, kNewestView).status().code() == Code::Corrupt);
  CHECK(pager->fetch(PageId{6}, kNewestView).status().message() == "database disk image is malformed");
  pager->end_read();
}

// Results keep SQLite's words; the log says which file or page, and what is wrong.
TEST_CASE("Pager, TheLogNamesTheDamage") {
  std::string log;
  set_log_sink([](void* context, Code,
                  std::string_view message) { static_cast<std::string*>(context)->append(message).append("\n"); },
               &log);
  os::MemoryVfs vfs;
  vfs.set_content("/text.db", std::vector<uint8_t>(5000, 'x'));
  CHECK(open_pager(vfs, "/text.db")->begin_read().message() == "file is not a database");
  CHECK(log == "/text.db: it does not begin as a database does\n");
  {
    auto pager = open_pager(vfs, "/a.db", options_with(JournalMode::Delete));
    create_database(*pager, 5);
  }
  std::vector<uint8_t> bytes = vfs.content("/a.db");
  bytes.resize(3 * 4096);
  vfs.set_content("/short.db", bytes);
  log.clear();
  CHECK(open_pager(vfs, "/short.db")->begin_read().message() == "database disk image is malformed");
  CHECK(log == "/short.db: the database file holds 3 pages, its header says 5\n");
  log.clear();
  auto pager = open_pager(vfs, "/a.db");
  REQUIRE(pager->begin_read().ok());
  CHECK(pager->fetch(PageId{6}, kNewestView).status().message() == "database disk image is malformed");
  CHECK(log == "corrupt page 6: it is asked for, but lies beyond the end of the file\n");
  pager->end_read();
  set_log_sink(nullptr, nullptr);
}

TEST_CASE("Pager, LogOfAKilledProcessIsRecovered") {
  os::MemoryVfs vfs;
  auto pager = open_pager(vfs, "/a.db");
  create_database(*pager, 5);
  for (uint32_t i = 0; i < 10; ++i) set_committed(*pager, 2, 100 + i);
  os::MemoryVfs after;
  after.set_content("/a.db", vfs.content("/a.db"));
  std::vector<uint8_t> log = vfs.content("/a.db-wal");
  log.resize(log.size() + 1000, 0x5a);
  after.set_content("/a.db-wal", log);
  auto reopened = open_pager(after, "/a.db");
  CHECK(get_committed(*reopened, 2) == 109);
  set_committed(*reopened, 3, 7);
  CHECK(get_committed(*reopened, 3) == 7);
  reopened.reset();
  CHECK(after.names() == std::vector<std::string>{"/a.db"});
}
