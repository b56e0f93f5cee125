// Logs and journals as another program reads them: at every operation of a workload, a decoder written from SQLite's
// file format document alone, sharing no code with the engine, takes database, log and journal as a killed process
// leaves them and works out the state. It must be the last acknowledged transaction or the one after it.
#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "crash/page_workload.h"
#include "os/fault/fault_vfs.h"

using namespace sqlrite;
using namespace sqlrite::test;
using os::CrashImager;
using storage::JournalMode;
using storage::Synchronous;

namespace {

using Bytes = std::vector<uint8_t>;

constexpr const char* kPath = "/crash.db";

uint32_t big(const uint8_t* p) { return uint32_t{p[0]} << 24 | uint32_t{p[1]} << 16 | uint32_t{p[2]} << 8 | p[3]; }
uint32_t word(const uint8_t* p, bool big_endian) {
  return big_endian ? big(p) : uint32_t{p[3]} << 24 | uint32_t{p[2]} << 16 | uint32_t{p[1]} << 8 | p[0];
}

struct Sum {
  uint32_t s0 = 0, s1 = 0;
  void add(const uint8_t* p, size_t size, bool big_endian) {
    for (size_t i = 0; i < size; i += 8) {
      s0 += word(p + i, big_endian) + s1;
      s1 += word(p + i + 4, big_endian) + s0;
    }
  }
  bool is(const uint8_t* p) const { return s0 == big(p) && s1 == big(p + 4); }
};

// "File Format For SQLite Databases", section 4: frames count as long as salts and checksums go on, up to the last
// commit.
void apply_log(const Bytes& wal, Bytes* database) {
  if (wal.size() < 32) return;
  uint32_t magic = big(&wal[0]);
  if ((magic & ~1u) != 0x377f0682) return;
  bool big_endian = (magic & 1) != 0;
  uint32_t page_size = big(&wal[8]);
  Sum sum;
  sum.add(&wal[0], 24, big_endian);
  if (!sum.is(&wal[24]) || big(&wal[4]) != 3007000) return;
  Bytes pending = *database;
  for (size_t frame = 32; frame + 24 + page_size <= wal.size(); frame += 24 + page_size) {
    const uint8_t* head = &wal[frame];
    if (std::memcmp(head + 8, &wal[16], 8) != 0) return;
    sum.add(head, 8, big_endian);
    sum.add(head + 24, page_size, big_endian);
    if (!sum.is(head + 16)) return;
    size_t end = size_t{big(head)} * page_size;
    if (end == 0) return;
    if (pending.size() < end) pending.resize(end);
    std::memcpy(&pending[end - page_size], head + 24, page_size);
    if (uint32_t page_count = big(head + 4)) {
      pending.resize(size_t{page_count} * page_size);
      *database = pending;
    }
  }
}

// Section 3: segments of records, each with its checksum; the database gets its old size back.
void apply_journal(const Bytes& journal, Bytes* database) {
  static const uint8_t magic[] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
  size_t at = 0;
  uint32_t page_size = 0;
  while (at + 28 <= journal.size() && std::memcmp(&journal[at], magic, 8) == 0) {
    uint32_t count = big(&journal[at + 8]);
    uint32_t nonce = big(&journal[at + 12]);
    uint32_t page_count = big(&journal[at + 16]);
    uint32_t sector = big(&journal[at + 20]);
    page_size = big(&journal[at + 24]);
    at += sector;
    if (count == 0xffffffff) count = static_cast<uint32_t>((journal.size() - at) / (page_size + 8));
    if (count > 0 || at == sector) database->resize(size_t{page_count} * page_size);
    for (uint32_t i = 0; i < count; ++i, at += page_size + 8) {
      if (at + page_size + 8 > journal.size()) return;
      const uint8_t* page = &journal[at + 4];
      uint32_t sum = nonce;
      for (int64_t k = int64_t{page_size} - 200; k > 0; k -= 200) sum += page[k];
      if (sum != big(page + page_size)) return;
      size_t end = size_t{big(&journal[at])} * page_size;
      if (end == 0) return;
      if (end <= database->size()) std::memcpy(&(*database)[end - page_size], page, page_size);
    }
    at = (at + sector - 1) / sector * sector;
  }
}

struct Outcome {
  size_t states = 0;
  std::string first_wrong;
};

Outcome read_at_every_operation(const WorkloadOptions& options) {
  PageWorkload workload(options);
  os::FaultVfs vfs(options.seed);
  Status status = workload.run_all(vfs, false);
  REQUIRE_MESSAGE(status.ok(), std::string(status.message()));
  Outcome outcome;
  CrashImager imager;
  uint64_t acknowledged = 0;
  for (const os::Effect& effect : vfs.effects()) {
    if (effect.kind == os::Effect::Kind::Note) {
      acknowledged = effect.offset;
    } else {
      imager.advance(effect);
    }
    CrashImager::Image files =
        imager.build(std::vector<bool>(imager.pending().size(), true), imager.pending().size(), 0);
    Bytes database = files[kPath];
    apply_journal(files[std::string(kPath) + "-journal"], &database);
    apply_log(files[std::string(kPath) + "-wal"], &database);
    if (database.size() > 20) database[18] = database[19] = 1;
    os::MemoryVfs alone;
    alone.set_content(kPath, database);
    std::string reason;
    int state = workload.identify(alone, &reason);
    ++outcome.states;
    if (outcome.first_wrong.empty() &&
        (state < 0 || static_cast<uint64_t>(state) < acknowledged || static_cast<uint64_t>(state) > acknowledged + 1)) {
      outcome.first_wrong = "operation " + std::to_string(outcome.states) + ": state " + std::to_string(state) +
                            ", acknowledged " + std::to_string(acknowledged) + " " + reason;
    }
  }
  return outcome;
}

}  // namespace

TEST_CASE("Format, AnotherReaderFindsEveryCommit") {
  for (JournalMode mode : {JournalMode::Wal, JournalMode::Delete, JournalMode::Truncate, JournalMode::Persist}) {
    for (uint64_t seed = 1; seed <= 6; ++seed) {
      WorkloadOptions options;
      options.mode = mode;
      options.seed = seed;
      options.page_size_bytes = seed % 2 == 0 ? 512 : 1024;
      Outcome outcome = read_at_every_operation(options);
      CHECK(outcome.states > 200);
      CHECK_MESSAGE(outcome.first_wrong.empty(), "mode ", static_cast<int>(mode), " seed ", seed, ": ",
                    outcome.first_wrong);
    }
  }
}
