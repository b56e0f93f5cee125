// Every allocation fails once: workloads run again and again, and the Nth allocation of each run is refused, alone or
// with all that follow. Whatever fails has to say NOMEM, leave no block behind, keep the connection usable, and leave
// the database in the state before or after the step that failed; the step and all behind it then succeed.
//
//   oom_test [--stride N] [--only TEXT] [--stock LIBRARY]
//     --stride: every Nth allocation instead of each; --only: workloads with this in their name; --stock: SQLite has to
//     find every file intact
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "failing_allocator.h"
#include "harness/sqlite_api.h"
#include "harness/temporary_folder.h"
#include "session.h"
#include "workloads.h"

using namespace sqlrite;
using namespace sqlrite::test;

namespace {

struct Interface {
  const char* name;
  std::unique_ptr<Session> (*make)();
  bool sql_only = false;  // the steps that begin with a point are not there
};
constexpr Interface kInterfaces[] = {{"sqlite3.h", &make_abi_session},
                                     {"sqlrite.h of C++", &make_cpp_session},
                                     {"sqlrite.h of C", &make_c_session, true}};

// How a run goes on after the failure.
enum class Mode : uint8_t {
  Once,         // one allocation fails
  FromThenOn,   // all fail, until a step has said NOMEM
  UntilClosed,  // all fail, until the connection is closed; another one goes on
};
constexpr Mode kModes[] = {Mode::Once, Mode::FromThenOn, Mode::UntilClosed};
constexpr const char* kModeNames[] = {"once", "from then on", "until closed"};

// Digests of what the databases hold.
struct State {
  uint64_t all = 0;  // with temp and what is attached
  uint64_t main = 0;
};

// What the workload does without failures.
struct Reference {
  std::vector<State> states;     // before each step and after the last
  std::vector<bool> autocommit;  // at the same places
  std::vector<uint64_t> rows;    // of each step
  uint64_t allocation_count = 0;
};

char g_where[400];  // for the signal handler

void tell_crash(int signal_number) {
  ssize_t ignored = write(STDERR_FILENO, g_where, std::strlen(g_where));
  static_cast<void>(ignored);
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

class Sweep {
 public:
  Sweep(const Workload& workload, const Interface& interface, std::string folder, harness::SqliteApi* stock)
      : workload_(workload), interface_(interface), path_(folder + "/test.db"), stock_(stock) {}

  // False: reported.
  bool run(uint64_t stride) {
    if (!make_file() || !make_reference()) return report();
    // What the first failure makes for good is no leak.
    std::thread([&] { one_run(1, Mode::Once); }).join();
    problem_.clear();
    refused_count_ = 0;
    int64_t held = blocks_held();
    for (Mode mode : kModes) {
      for (uint64_t number = 1 + static_cast<uint64_t>(mode) % stride; number <= reference_.allocation_count;
           number += stride) {
        std::snprintf(g_where, sizeof g_where, "\ncrashed: %s, %s, allocation %llu fails %s\n", workload_.name.c_str(),
                      interface_.name, static_cast<unsigned long long>(number), kModeNames[static_cast<int>(mode)]);
        // A thread of its own: what a thread keeps for its next use is gone, so every run allocates the same.
        std::thread([&] { one_run(number, mode); }).join();
        if (int64_t now = blocks_held(); now != held) {
          fail("%lld blocks were not given back", static_cast<long long>(now - held));
          held = now;
        }
        if (!problem_.empty()) {
          if (++failure_count_ <= 5)
            std::printf("  allocation %llu, %s: %s\n", static_cast<unsigned long long>(number),
                        kModeNames[static_cast<int>(mode)], problem_.c_str());
          problem_.clear();
          held = blocks_held();
        }
        ++run_count_;
      }
    }
    return report();
  }

 private:
  template <typename... Arguments>
  void fail(const char* format, Arguments... arguments) {
    if (!problem_.empty()) return;
    char text[300];
    std::snprintf(text, sizeof text, format, arguments...);
    problem_ = text;
  }
  bool report() {
    if (!problem_.empty()) std::printf("  %s\n", problem_.c_str());
    bool ok = failure_count_ == 0 && problem_.empty();
    std::printf("%-32s %-17s %6llu allocations, %7llu runs, %7llu failed with NOMEM  %s\n", workload_.name.c_str(),
                interface_.name, static_cast<unsigned long long>(reference_.allocation_count),
                static_cast<unsigned long long>(run_count_), static_cast<unsigned long long>(refused_count_),
                ok ? "ok" : "FAILED");
    std::fflush(stdout);
    return ok;
  }

  bool make_file() {
    remove_files();
    std::unique_ptr<Session> session = interface_.make();
    Reply reply = session->open(path_.c_str());
    for (const std::string& text : workload_.setup) {
      if (reply.code == 0) reply = session->run(text);
      if (reply.code != 0) {
        fail("setup: %s: %s", text.c_str(), reply.message);
        return false;
      }
    }
    session->close();
    std::ifstream file(path_, std::ios::binary);
    image_.assign(std::istreambuf_iterator<char>(file), {});
    return true;
  }

  void remove_files() {
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) unlink((path_ + suffix).c_str());
  }
  void restore_file() {
    remove_files();
    std::ofstream(path_, std::ios::binary).write(image_.data(), static_cast<std::streamsize>(image_.size()));
  }

  // All databases of the connection.
  std::optional<State> state_of(Session& session) {
    State state;
    Digest digest;
    for (const char* schema : {"main", "temp", "extra"}) {
      std::string tables =
          std::string("SELECT type, name, tbl_name, sql FROM ") + schema + ".sqlite_schema ORDER BY name";
      Reply reply = session.run(tables);
      if (reply.code != 0) {
        if (schema[0] == 'e') continue;  // not attached
        fail("state: %s", reply.message);
        return std::nullopt;
      }
      digest.add({reinterpret_cast<const char*>(&reply.rows), sizeof reply.rows});
      for (const char* table : {"t1", "t2", "t3", "big", "child", "n1", "n2", "n4", "inside", "tt", "e"}) {
        Reply rows = session.run(std::string("SELECT * FROM ") + schema + '.' + table);
        digest.add({reinterpret_cast<const char*>(&rows.rows), sizeof rows.rows});
      }
      if (schema[0] == 'm') state.main = digest.value();
    }
    state.all = digest.value();
    return state;
  }

  bool make_reference() {
    // More runs than handles are kept aside before they are used again.
    for (int run = 0; run < 70; ++run) {
      std::unique_ptr<Session> session = interface_.make();
      if (session->open(":memory:").code != 0) return false;
      for (int i = 0; i < 70 && run == 0; ++i) session->run("SELECT 1");
    }
    // The second run counts, without looks at the state in between, and with what the first one made for good.
    std::thread([&] { reference_run(true); }).join();
    if (problem_.empty()) std::thread([&] { reference_run(false); }).join();
    return problem_.empty();
  }
  void reference_run(bool look) {
    restore_file();
    std::unique_ptr<Session> session = interface_.make();
    fail_allocation(0, Failing::Once);
    Reply reply = session->open(path_.c_str());
    auto note_state = [&] {
      if (!look) return;
      reference_.states.push_back(state_of(*session).value_or(State()));
      reference_.autocommit.push_back(session->is_autocommit());
    };
    note_state();
    for (const std::string& text : workload_.steps) {
      reply = session->run(text);
      if (reply.code != 0) return fail("%s: %s", text.c_str(), reply.message);
      if (look) reference_.rows.push_back(reply.rows);
      note_state();
    }
    session->close();
    reference_.allocation_count = allocations_seen();
  }

  void one_run(uint64_t number, Mode mode) {
    restore_file();
    std::unique_ptr<Session> session = interface_.make();
    const size_t step_count = workload_.steps.size();
    size_t step = 0;
    Reply reply;
    fail_allocation(number, mode == Mode::Once ? Failing::Once : Failing::FromThenOn);
    try {
      reply = session->open(path_.c_str());
      bool opened = reply.code == 0;
      while (reply.code == 0 && step < step_count) {
        reply = session->run(workload_.steps[step]);
        if (reply.code == 0 && reply.rows != reference_.rows[step])
          fail("other rows: %s", workload_.steps[step].c_str());
        if (reply.code == 0) ++step;
      }
      if (reply.code == 0) {
        session->close();
      } else if (mode == Mode::UntilClosed) {
        session->close();
        opened = false;
      }
      stop_failing();
      if (reply.code != 0 && reply.code != kNoMemory) {
        fail("%s: answered %d, %s", step < step_count ? workload_.steps[step].c_str() : "", reply.code, reply.message);
      }
      if (reply.code != 0) {
        ++refused_count_;
        go_on(*session, opened, mode == Mode::UntilClosed, step);
      }
    } catch (const std::exception& error) {  // nothing may be thrown through an interface
      stop_failing();
      fail("%s: exception %s", step < step_count ? workload_.steps[step].c_str() : "open or close", error.what());
    }
    session.reset();
    check_file();
  }

  // After NOMEM in `step`: the state is one that was there before, and the rest of the workload works.
  void go_on(Session& session, bool opened, bool closed, size_t step) {
    if (!opened) {
      Reply reply = session.open(path_.c_str());
      if (reply.code != 0) return fail("opening again: %s", reply.message);
    }
    std::optional<State> state = state_of(session);
    if (!state) return;
    const char* text = workload_.steps[step].c_str();
    size_t begin = step;
    while (begin > 0 && !reference_.autocommit[begin]) --begin;
    const std::vector<State>& states = reference_.states;
    if (closed) {
      // What was not committed is gone, and so are functions, temp, and what was attached.
      if (state->main != states[begin].main && state->main != states[step + 1].main)
        fail("neither before nor after, closed: %s", text);
      return;
    }
    bool autocommit = session.is_autocommit();
    if (state->all == states[step].all && autocommit == reference_.autocommit[step]) {
      // undone
    } else if (state->all == states[step + 1].all && autocommit == reference_.autocommit[step + 1]) {
      ++step;
    } else if (autocommit && state->all == states[begin].all) {
      step = begin;
    } else {
      return fail("neither before nor after: %s", text);
    }
    for (; step < workload_.steps.size(); ++step) {
      Reply reply = session.run(workload_.steps[step]);
      if (reply.code != 0) return fail("after it, %s: %s", workload_.steps[step].c_str(), reply.message);
      if (reply.rows != reference_.rows[step]) return fail("after it, other rows: %s", workload_.steps[step].c_str());
    }
    state = state_of(session);
    if (state && state->all != states.back().all) fail("another state at the end");
    session.close();
  }

  void check_file() {
    if (!problem_.empty()) return;
    std::unique_ptr<Session> session = interface_.make();
    static const std::string kCheck =
        "SELECT 1 WHERE (SELECT group_concat(integrity_check) FROM pragma_integrity_check) = 'ok'";
    Reply reply = session->open(path_.c_str());
    if (reply.code == 0) reply = session->run(kCheck);
    if (reply.code != 0) return fail("integrity_check: %s", reply.message);
    if (reply.rows == Digest().value()) fail("integrity_check finds something");
    session->close();
    if (stock_ == nullptr) return;
    void* db = nullptr;
    void* statement = nullptr;
    std::string answer = "could not open";
    if (stock_->open_v2(path_.c_str(), &db, harness::kOpenReadWriteCreate, nullptr) == 0) {
      int code = stock_->prepare_v2(db, "PRAGMA integrity_check", -1, &statement, nullptr);
      if (code == 0) code = stock_->step(statement);
      answer =
          code == harness::kRow ? reinterpret_cast<const char*>(stock_->column_text(statement, 0)) : stock_->errmsg(db);
      stock_->finalize(statement);
    }
    stock_->close(db);
    if (answer != "ok") fail("SQLite's integrity_check: %s", answer.c_str());
  }

  const Workload& workload_;
  const Interface& interface_;
  std::string path_;
  harness::SqliteApi* stock_;
  std::string image_;
  Reference reference_;
  std::string problem_;
  uint64_t failure_count_ = 0;
  uint64_t run_count_ = 0;
  uint64_t refused_count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  uint64_t stride = 1;
  std::string only;
  harness::SqliteApi api;
  harness::SqliteApi* stock = nullptr;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (std::strcmp(argv[i], "--stride") == 0) stride = std::strtoull(argv[i + 1], nullptr, 10);
    if (std::strcmp(argv[i], "--only") == 0) only = argv[i + 1];
    if (std::strcmp(argv[i], "--stock") == 0) {
      if (!api.load(argv[i + 1])) return 2;
      stock = &api;
    }
  }
  for (int signal_number : {SIGSEGV, SIGABRT, SIGBUS, SIGFPE}) std::signal(signal_number, &tell_crash);
  // In memory where there is such a folder: nothing here is about what a disk does.
  std::filesystem::path parent = "/dev/shm";
  if (!std::filesystem::is_directory(parent)) parent = std::filesystem::temp_directory_path();
  harness::TemporaryFolder folder("oom", parent);
  int passed = 0, failed = 0;
  for (const Workload& workload : workloads()) {
    if (workload.name.find(only) == std::string::npos) continue;
    for (const Interface& interface : kInterfaces) {
      if (interface.sql_only && workload.steps[0][0] == '.') continue;
      ++(Sweep(workload, interface, folder.path(), stock).run(stride) ? passed : failed);
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0;
}
