// Every write, sync, truncate and removal fails in turn, once and for ever. What was acknowledged must stay; what failed
// must be gone (or, after a failed sync, be undecided until the next open); after an error that passed the database works.
#include <doctest/doctest.h>

#include <cstdio>
#include <string>

#include "crash/page_workload.h"
#include "os/fault/fault_vfs.h"

using namespace sqlrite;
using namespace sqlrite::test;
using os::Fault;
using storage::JournalMode;
using storage::Synchronous;

namespace {

struct Sweep {
  size_t runs = 0;
  size_t failures = 0;
  std::string first_failure;
};

// One run with one fault. Returns false when the fault was never reached.
bool run_with_fault(const WorkloadOptions& options, const Fault& fault, Sweep* sweep) {
  PageWorkload workload(options);
  os::FaultVfs vfs(options.seed);
  vfs.set_recording(false);
  std::string what = "mode " + std::to_string(static_cast<int>(options.mode)) + " kinds " +
                     std::to_string(fault.kinds) + " nth " + std::to_string(fault.nth) +
                     (fault.for_ever ? " for ever" : " once") + " partial " + std::to_string(fault.partial_512ths);
  auto fail = [&](const std::string& reason) {
    if (sweep->failures++ == 0) sweep->first_failure = what + ": " + reason;
  };
  ++sweep->runs;
  vfs.arm(fault);
  uint32_t acknowledged = 0;
  uint32_t attempted = 0;
  bool undecided = false;
  {
    auto opened = workload.open(vfs);
    if (opened.ok()) {
      storage::Pager& pager = *opened.value();
      for (uint32_t number = 1; number <= options.transaction_count; ++number) {
        attempted = number;
        Status status = workload.run_transaction(pager, number);
        if (status.ok()) {
          acknowledged = number;
          continue;
        }
        // A failed sync leaves the outcome to the next open.
        if (status.code() == Code::IoErrFsync || status.code() == Code::IoErrDirFsync) undecided = true;
        if (pager.is_writing()) fail("still writing after an error");
        // (The first commit of a new database goes through a journal, which holds the old state whatever became of the sync.)
        if (undecided && options.mode == JournalMode::Wal && acknowledged > 0 && status.code() == Code::IoErrFsync) {
          // What the disk lost stays lost: no later commit may pretend that it stands on it.
          vfs.disarm();
          PageWorkload later(options);
          if (later.run_transaction(pager, number + 1).ok()) fail("a commit succeeded after a sync that failed");
        }
        if (undecided) break;
        std::string reason;
        vfs.disarm();
        int state = workload.identify(pager, &reason);
        if (state < 0) fail("after a failed commit: " + reason);
        if (state >= 0 && static_cast<uint32_t>(state) != acknowledged) {
          fail("after a failed commit: state " + std::to_string(state) + ", acknowledged " +
               std::to_string(acknowledged));
        }
        if (fault.for_ever) break;
      }
    }
    if (fault.for_ever && vfs.fired()) vfs.arm(fault);
  }
  bool reached = vfs.fired();
  vfs.disarm();
  std::string reason;
  int state = workload.identify(vfs, &reason);
  if (state < 0) {
    // A transaction of unknown outcome is not in the model; only its number may show.
    if (!undecided || reason != "page 1 names transaction " + std::to_string(attempted))
      fail("after reopening: " + reason);
  } else if (static_cast<uint32_t>(state) < acknowledged) {
    fail("after reopening: state " + std::to_string(state) + ", acknowledged " + std::to_string(acknowledged));
  }
  return reached;
}

}  // namespace

TEST_CASE("IoError, EveryCallFailsInTurn") {
  for (JournalMode mode : {JournalMode::Wal, JournalMode::Delete, JournalMode::Truncate, JournalMode::Persist}) {
    Sweep sweep;
    for (uint32_t kind : {Fault::kWrite, Fault::kSync, Fault::kTruncate, Fault::kRead, Fault::kOpen, Fault::kRemove,
                          Fault::kSyncDirectory}) {
      for (bool for_ever : {false, true}) {
        for (uint32_t partial : {0u, 100u, 512u}) {
          if (partial != 0 && kind != Fault::kWrite) continue;
          for (uint64_t nth = 1; nth <= 3000; ++nth) {
            WorkloadOptions options;
            options.mode = mode;
            options.transaction_count = 24;
            Fault fault;
            fault.kinds = kind;
            fault.nth = nth;
            fault.for_ever = for_ever;
            fault.partial_512ths = partial;
            fault.code = nth % 2 == 0 ? Code::Full : Code::IoErrWrite;
            if (!run_with_fault(options, fault, &sweep)) break;
          }
        }
      }
    }
    std::printf("mode %d: %zu runs with one fault\n", static_cast<int>(mode), sweep.runs);
    CHECK_MESSAGE(sweep.failures == 0, sweep.failures, " failures, first: ", sweep.first_failure);
  }
}
