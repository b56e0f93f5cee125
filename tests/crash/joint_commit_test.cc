// Commits over three files with a rollback journal each: whatever a power cut or an I/O error leaves, all three show
// the same transaction.
#include "storage/pager/joint_commit.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

#include "crash/page_workload.h"
#include "os/fault/fault_vfs.h"

using namespace sqlrite;
using namespace sqlrite::test;
using os::CrashImager;
using storage::JournalMode;
using storage::Pager;

namespace {

constexpr size_t kFileCount = 3;
constexpr const char* kPaths[kFileCount] = {"/a.db", "/b.db", "/c.db"};
constexpr uint32_t kTransactionCount = 12;

class Trio {
 public:
  Trio(JournalMode mode, uint64_t seed) {
    WorkloadOptions options;
    options.mode = mode;
    options.page_count_max = 8;
    for (size_t i = 0; i < kFileCount; ++i) {
      options.path = kPaths[i];
      options.seed = seed * kFileCount + i;
      workloads_.emplace_back(options);
    }
  }

  Status open(os::Vfs& vfs) {
    pagers_.clear();
    for (PageWorkload& workload : workloads_) {
      SQLRITE_TRY_ASSIGN(auto pager, workload.open(vfs));
      pagers_.push_back(std::move(pager));
    }
    return {};
  }
  void close() { pagers_.clear(); }

  Status run_transaction(os::Vfs& vfs, uint32_t number) {
    Status status;
    Pager* pagers[kFileCount];
    for (size_t i = 0; i < kFileCount; ++i) {
      pagers[i] = pagers_[i].get();
      if (status.ok()) status = workloads_[i].begin_transaction(*pagers[i], number);
    }
    if (status.ok()) status = storage::commit_jointly(vfs, kPaths[0], pagers);
    for (size_t i = 0; i < kFileCount; ++i) workloads_[i].end_transaction(*pagers[i], number, status.ok());
    return status;
  }

  // The transaction that all files show, opened one after the other from number `first` on; -1 and a reason when they
  // do not agree.
  int identify(os::Vfs& vfs, size_t first, std::string* reason) const {
    int states[kFileCount];
    for (size_t i = 0; i < kFileCount; ++i) {
      const size_t file = (first + i) % kFileCount;
      states[file] = workloads_[file].identify(vfs, reason);
      if (states[file] < 0) return -1;
    }
    if (states[0] == states[1] && states[1] == states[2]) return states[0];
    *reason =
        "states " + std::to_string(states[0]) + ", " + std::to_string(states[1]) + ", " + std::to_string(states[2]);
    return -1;
  }

  // Transaction `number` is in every file: a failed commit turned out to stand. The workloads have to know its states.
  void note_transaction(uint32_t number) {
    for (size_t i = 0; i < kFileCount; ++i) workloads_[i].end_transaction(*pagers_[i], number, true);
  }

 private:
  std::vector<PageWorkload> workloads_;
  std::vector<std::unique_ptr<Pager>> pagers_;
};

struct Tally {
  size_t states = 0;
  size_t broken = 0;
  std::string first_broken;

  void judge(const Trio& trio, const CrashImager& imager, const std::vector<bool>& keep, uint32_t acknowledged) {
    os::MemoryVfs vfs;
    for (auto& [name, bytes] : imager.build(keep, keep.size(), 0)) vfs.set_content(name, bytes);
    std::string reason;
    const int state = trio.identify(vfs, states % kFileCount, &reason);
    if (state >= 0 && static_cast<uint32_t>(state) < acknowledged) reason = "an acknowledged commit is gone";
    ++states;
    if (state >= 0 && reason.empty()) return;
    if (broken++ == 0) first_broken = reason + ", acknowledged " + std::to_string(acknowledged);
  }
};

void cut_power(JournalMode mode, uint64_t seed, Tally* tally) {
  os::FaultVfs vfs(seed);
  Trio trio(mode, seed);
  REQUIRE(trio.open(vfs).ok());
  for (uint32_t number = 1; number <= kTransactionCount; ++number) {
    REQUIRE(trio.run_transaction(vfs, number).ok());
    vfs.note(number);
  }
  trio.close();
  os::SeededRandom random(seed);
  CrashImager imager;
  uint32_t acknowledged = 0;
  for (const os::Effect& effect : vfs.effects()) {
    if (effect.kind == os::Effect::Kind::Note) {
      acknowledged = static_cast<uint32_t>(effect.offset);
    } else {
      imager.advance(effect);
    }
    const size_t count = imager.pending().size();
    tally->judge(trio, imager, std::vector<bool>(count, true), acknowledged);
    tally->judge(trio, imager, std::vector<bool>(count, false), acknowledged);
    for (int round = 0; count > 0 && round < 6; ++round) {
      std::vector<bool> keep(count);
      const size_t place = random.next() % count;
      for (size_t i = 0; i < count; ++i)
        keep[i] = round == 0 ? i < place : round == 1 ? i != place : round == 2 ? i == place : (random.next() & 1) != 0;
      tally->judge(trio, imager, keep, acknowledged);
    }
  }
}

// One call fails. False: it was never reached.
bool fail_call(JournalMode mode, const os::Fault& fault) {
  os::FaultVfs vfs;
  vfs.set_recording(false);
  Trio trio(mode, 5);
  REQUIRE(trio.open(vfs).ok());
  vfs.arm(fault);
  for (uint32_t number = 1; number <= kTransactionCount && !vfs.fired(); ++number) {
    Status status = trio.run_transaction(vfs, number);
    if (status.ok()) continue;
    // The state of a failed transaction is one that the files may show.
    trio.note_transaction(number);
  }
  const bool reached = vfs.fired();
  vfs.disarm();
  trio.close();
  std::string reason;
  const int state = trio.identify(vfs, 0, &reason);
  CHECK_MESSAGE(state >= 0, "call ", fault.nth, " of kind ", fault.kinds, ": ", reason);
  return reached;
}

}  // namespace

TEST_CASE("JointCommit, PowerCutsNeverPartTheFiles") {
  for (JournalMode mode : {JournalMode::Delete, JournalMode::Truncate, JournalMode::Persist}) {
    Tally tally;
    for (uint64_t seed = 1; seed <= 4; ++seed) cut_power(mode, seed, &tally);
    CHECK(tally.states > 5000);
    CHECK_MESSAGE(tally.broken == 0, "mode ", static_cast<int>(mode), ": ", tally.broken, " of ", tally.states,
                  ", first: ", tally.first_broken);
  }
}

TEST_CASE("JointCommit, ErrorsNeverPartTheFiles") {
  using os::Fault;
  for (JournalMode mode : {JournalMode::Delete, JournalMode::Truncate, JournalMode::Persist}) {
    for (uint32_t kind : {Fault::kWrite, Fault::kTruncate, Fault::kSync, Fault::kRead, Fault::kOpen, Fault::kRemove,
                          Fault::kSyncDirectory}) {
      for (bool for_ever : {false, true}) {
        Fault fault;
        fault.kinds = kind;
        fault.for_ever = for_ever;
        for (fault.nth = 1; fault.nth < 2000 && fail_call(mode, fault); fault.nth += fault.nth < 60 ? 1 : 7) {
        }
      }
    }
  }
}
