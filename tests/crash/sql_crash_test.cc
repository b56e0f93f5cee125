// Power cuts and I/O errors under the whole engine: real statements over files in memory. After a cut the database
// shows the state before or after the step that ran, and integrity_check finds nothing; with --stock, SQLite has to
// agree on the same files. After an error the same connection goes on: the failed step left nothing, and can be
// repeated.
//
//   sql_crash_test [--stock LIBRARY] [--states N] [--stride N]
//     --states: images of power cuts for each variant; --stride: every Nth call of each kind fails
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <unordered_set>

#include "crash/sql_workload.h"
#include "harness/sqlite_api.h"
#include "harness/temporary_folder.h"
#include "os/fault/fault_vfs.h"

using namespace sqlrite;
using namespace sqlrite::test;
using os::CrashImager;
using os::Fault;

namespace {

int g_passed = 0;
int g_failed = 0;

void report(const std::string& name, const std::string& what, const std::string& first_failure) {
  std::printf("%-22s %s  %s\n", name.c_str(), what.c_str(),
              first_failure.empty() ? "ok" : ("FAILED: " + first_failure).c_str());
  std::fflush(stdout);
  ++(first_failure.empty() ? g_passed : g_failed);
}

// SQLite's word on files that we left, before anybody recovered them.
class Stock {
 public:
  bool load(const std::string& library) {
    loaded_ = api_.load(library);
    return loaded_;
  }
  bool is_loaded() const { return loaded_; }
  // Empty: integrity_check says ok.
  std::string check(const CrashImager::Image& image) {
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) std::filesystem::remove(entry.path());
    for (const auto& [name, bytes] : image) {
      std::ofstream(folder_.path() + name, std::ios::binary)
          .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    }
    void* db = nullptr;
    void* statement = nullptr;
    std::string answer = "could not open";
    if (api_.open_v2((folder_.path() + kSqlPath).c_str(), &db, harness::kOpenReadWriteCreate, nullptr) == 0) {
      int code = api_.prepare_v2(db, "PRAGMA integrity_check", -1, &statement, nullptr);
      if (code == 0) code = api_.step(statement);
      answer = code == harness::kRow ? reinterpret_cast<const char*>(api_.column_text(statement, 0)) : api_.errmsg(db);
      api_.finalize(statement);
    }
    api_.close(db);
    return answer == "ok" ? "" : answer;
  }

 private:
  harness::SqliteApi api_;
  harness::TemporaryFolder folder_{"crash"};
  bool loaded_ = false;
};

uint64_t hash_image(const CrashImager::Image& image) {
  uint64_t hash = 14695981039346656037u;
  for (const auto& [name, bytes] : image) {
    for (char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 1099511628211u;
    size_t i = 0;
    for (; i + 8 <= bytes.size(); i += 8) {
      uint64_t word;
      std::memcpy(&word, &bytes[i], 8);
      hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
      hash ^= hash >> 29;
    }
    hash = (hash ^ bytes.size()) * 1099511628211u;
  }
  return hash;
}

// ---------------------------------------------------------------- power cuts

// All steps without a fault: what the database holds after each, which the notes number. Empty, and reported, on
// failure.
std::vector<uint64_t> run_steps(const SqlVariant& variant, os::FaultVfs& vfs) {
  std::vector<uint64_t> states;
  auto fail = [&](const std::string& what) {
    report(variant.name, "steps", what);
    return std::vector<uint64_t>();
  };
  auto opened = open_sql(vfs, variant);
  if (!opened.ok()) return fail("open: " + std::string(opened.status().message()));
  std::unique_ptr<engine::Connection> connection = opened.take();
  states.push_back(read_state(*connection, false).digest);
  vfs.note(0);
  for (const std::string& step : sql_steps()) {
    Status status = connection->exec(step);
    if (!status.ok()) return fail(step + ": " + std::string(status.message()));
    states.push_back(read_state(*connection, false).digest);
    vfs.note(states.size() - 1);
  }
  return states;
}

void cut_power(const SqlVariant& variant, size_t state_count_max, Stock& stock) {
  os::FaultVfs vfs;
  std::string failure;
  std::vector<uint64_t> states = run_steps(variant, vfs);
  if (states.empty()) return;
  const std::vector<os::Effect>& effects = vfs.effects();
  os::SeededRandom random(11);
  std::unordered_set<uint64_t> seen;
  size_t judged = 0;
  size_t by_stock = 0;
  CrashImager imager;
  uint64_t acknowledged = 0;
  bool made = false;  // from here on there is a state to keep
  // The budget is spread over the whole run.
  const size_t images_per_effect = state_count_max / effects.size() + 3;
  auto judge = [&](const std::vector<bool>& keep, size_t torn, size_t torn_size) {
    CrashImager::Image image = imager.build(keep, torn, torn_size);
    if (!seen.insert(hash_image(image) ^ (acknowledged * 0x9e3779b97f4a7c15u)).second) return;
    ++judged;
    os::MemoryVfs after;
    for (const auto& [name, bytes] : image) after.set_content(name, bytes);
    SqlState state = read_state(after);
    std::string problem = state.problem;
    if (problem.empty()) {
      uint64_t first = variant.strict ? acknowledged : 0;
      bool known = false;
      for (uint64_t i = first; i <= acknowledged + 1 && i < states.size(); ++i) known |= states[i] == state.digest;
      if (!known) problem = "a state that is neither before nor after";
    }
    if (problem.empty() && stock.is_loaded() && judged % 16 == 0) {
      ++by_stock;
      problem = stock.check(image);
      if (!problem.empty()) problem = "stock: " + problem;
    }
    if (!problem.empty() && failure.empty()) {
      failure = "in step " + std::to_string(acknowledged + 1) + " (" +
                (acknowledged < sql_steps().size() ? sql_steps()[acknowledged] : "close") + "): " + problem;
    }
  };
  for (const os::Effect& effect : effects) {
    if (effect.kind == os::Effect::Kind::Note) {
      acknowledged = effect.offset;
      made = true;
    } else {
      imager.advance(effect);
    }
    if (!made) continue;
    const size_t count = imager.pending().size();
    judge(std::vector<bool>(count, true), count, 0);
    judge(std::vector<bool>(count, false), count, 0);
    for (size_t i = 0; count > 0 && i < images_per_effect; ++i) {
      std::vector<bool> keep(count);
      uint64_t kind = random.next() % 4;
      size_t place = random.next() % count;
      for (size_t j = 0; j < count; ++j)
        keep[j] = kind == 0 ? j < place : kind == 1 ? j != place : kind == 2 ? j == place : (random.next() & 1) != 0;
      bool torn = random.next() % 4 == 0;
      judge(keep, torn ? place : count, torn ? (random.next() % 8) * 512 : 0);
    }
  }
  report(variant.name, std::to_string(judged) + " power cuts, " + std::to_string(by_stock) + " judged by stock",
         failure);
}

// ---------------------------------------------------------------- I/O errors

struct Kind {
  uint32_t kind;
  const char* name;
};
const Kind kKinds[] = {{Fault::kWrite, "write"},
                       {Fault::kSync, "sync"},
                       {Fault::kTruncate, "truncate"},
                       {Fault::kRead, "read"},
                       {Fault::kOpen, "open"},
                       {Fault::kRemove, "remove"},
                       {Fault::kSyncDirectory, "directory sync"}};

// The database as the next process finds it: before or after `step`, which is then done if it was not.
std::unique_ptr<engine::Connection> reopen(const SqlVariant& variant, os::FaultVfs& vfs,
                                           const std::vector<uint64_t>& states, size_t step, std::string* problem) {
  SqlState state = read_state(vfs);
  if (!state.readable || !state.problem.empty() || (state.digest != states[step] && state.digest != states[step + 1])) {
    *problem = "another state " + state.problem;
  }
  auto opened = open_sql(vfs, variant);
  if (!opened.ok()) {
    *problem = std::string(opened.status().message());
    return nullptr;
  }
  std::unique_ptr<engine::Connection> connection = opened.take();
  if (state.digest == states[step] && states[step] != states[step + 1]) {
    Status again = connection->exec(sql_steps()[step]);
    if (!again.ok()) *problem = "cannot be repeated: " + std::string(again.message());
  }
  return connection;
}

// Runs the steps with one fault armed. False: it was never reached.
bool run_with_fault(const SqlVariant& variant, const std::vector<uint64_t>& states, const Fault& fault,
                    std::string* failure) {
  os::FaultVfs vfs;
  vfs.set_recording(false);
  auto fail = [&](size_t step, const std::string& what) {
    if (failure->empty()) *failure = "step " + std::to_string(step + 1) + " (" + sql_steps()[step] + "): " + what;
  };
  auto opened = open_sql(vfs, variant);
  if (!opened.ok()) {
    *failure = "open: " + std::string(opened.status().message());
    return false;
  }
  std::unique_ptr<engine::Connection> connection = opened.take();
  vfs.arm(fault);
  const std::vector<std::string>& steps = sql_steps();
  for (size_t step = 0; step < steps.size(); ++step) {
    Status status = connection->exec(steps[step]);
    if (vfs.fired()) vfs.disarm();
    if (!connection->is_autocommit()) {
      if (status.ok()) fail(step, "a transaction stayed open");
      connection->exec("ROLLBACK").ignore();
    }
    vfs.suspend(true);
    SqlState state = read_state(*connection, false);
    vfs.suspend(false);
    if (status.ok()) {
      // Only errors behind the commit (a checkpoint's) may be passed over.
      if (!state.readable || state.digest != states[step + 1])
        fail(step, "acknowledged, but shows another state " + state.problem);
      continue;
    }
    if (!vfs.fired()) fail(step, std::string("failed without a fault: ") + std::string(status.message()));
    Code code = status.code();
    // After a failed sync, what is on the disk is only known after opening again. In DELETE mode a failure to sync the
    // removal of the journal comes behind the commit.
    bool undecided = code == Code::IoErrFsync || code == Code::IoErrDirFsync;
    auto is_before_or_after = [&](const SqlState& s) {
      return s.readable && (s.digest == states[step] || s.digest == states[step + 1]);
    };
    if (!is_before_or_after(state) && !undecided)
      fail(step, "after error " + std::to_string(static_cast<int>(code)) + " the connection shows another state " +
                     state.problem);
    bool again_fails = false;
    if (state.digest != states[step + 1] || !state.readable) {
      Status again = connection->exec(steps[step]);
      again_fails = !again.ok();
      if (again_fails && !connection->is_autocommit()) connection->exec("ROLLBACK").ignore();
      if (again_fails && !undecided)
        fail(step, "cannot be repeated after error " + std::to_string(static_cast<int>(code)) + ": " +
                       std::string(again.message()));
    }
    if (again_fails || undecided) {
      connection.reset();
      std::string problem;
      connection = reopen(variant, vfs, states, step, &problem);
      if (!problem.empty()) fail(step, "after reopening: " + problem);
    }
    if (!failure->empty()) return true;
  }
  bool reached = vfs.fired();
  vfs.disarm();
  SqlState last = read_state(*connection, true);
  if (last.digest != states.back() || !last.problem.empty()) fail(steps.size() - 1, "at the end: " + last.problem);
  return reached;
}

void fail_calls(const SqlVariant& variant, uint64_t stride) {
  os::FaultVfs without_faults;
  std::vector<uint64_t> states = run_steps(variant, without_faults);
  if (states.empty()) return;
  size_t runs = 0;
  std::string first_failure;
  for (const Kind& kind : kKinds) {
    for (bool for_ever : {false, true}) {
      for (uint32_t partial : {0u, 200u}) {
        if (partial != 0 && kind.kind != Fault::kWrite) continue;
        for (uint64_t nth = 1; nth <= 20000; nth += stride) {
          Fault fault;
          fault.kinds = kind.kind;
          fault.nth = nth;
          fault.for_ever = for_ever;
          fault.partial_512ths = partial;
          fault.code = nth % 2 == 0 ? Code::Full : Code::IoErrWrite;
          std::string failure;
          bool reached = run_with_fault(variant, states, fault, &failure);
          ++runs;
          if (!failure.empty() && first_failure.empty()) {
            first_failure = std::string(kind.name) + " " + std::to_string(nth) + (for_ever ? " for ever" : " once") +
                            (partial != 0 ? " short" : "") + ": " + failure;
          }
          if (!reached) break;
        }
      }
    }
  }
  report(variant.name, std::to_string(runs) + " runs with an I/O error", first_failure);
}

}  // namespace

int main(int argc, char** argv) {
  size_t states = 1500;
  uint64_t stride = 17;
  Stock stock;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string option = argv[i];
    if (option == "--stock" && !stock.load(argv[i + 1])) return 2;
    if (option == "--states") states = std::strtoul(argv[i + 1], nullptr, 10);
    if (option == "--stride") stride = std::strtoul(argv[i + 1], nullptr, 10);
  }
  for (const SqlVariant& variant : sql_variants()) {
    cut_power(variant, states, stock);
    fail_calls(variant, stride);
  }
  std::printf("%d passed, %d failed\n", g_passed, g_failed);
  return g_failed > 0 ? 1 : 0;
}
