// Scenarios of several threads: each runs for a given time and then says whether what its threads saw was consistent.
// Data races are ThreadSanitizer's to find (preset tsan); the checks here find lost, torn and mixed states in any
// build.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "harness/temporary_folder.h"

namespace sqlrite::stress {

// One run of one scenario: its folder, its end, and the first thing that went wrong.
class Run {
 public:
  Run(const char* scenario, double seconds)
      : until_(std::chrono::steady_clock::now() + std::chrono::microseconds(static_cast<int64_t>(seconds * 1e6))),
        folder_(scenario) {}
  std::string file(const std::string& name) const { return folder_.file(name); }
  bool goes_on() const { return !failed() && std::chrono::steady_clock::now() < until_; }
  bool failed() const { return failed_.load(); }
  [[gnu::format(printf, 2, 3)]] void fail(const char* format, ...) {
    char text[1000];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    std::lock_guard<std::mutex> guard(mutex_);
    if (!failed_.exchange(true)) first_ = text;
  }
  std::string first_failure() {
    std::lock_guard<std::mutex> guard(mutex_);
    return first_;
  }
  // What the threads did, for the line that reports the scenario.
  std::atomic<uint64_t> write_count{0};
  std::atomic<uint64_t> read_count{0};

 private:
  std::chrono::steady_clock::time_point until_;
  harness::TemporaryFolder folder_;
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::string first_;
};

struct Scenario {
  const char* name;
  void (*body)(Run& run);
};

// Starts `count` threads of `body(number)` and waits for them.
template <typename Body>
void in_threads(int count, Body body) {
  std::vector<std::thread> threads;
  for (int number = 0; number < count; ++number) threads.emplace_back([body, number] { body(number); });
  for (std::thread& thread : threads) thread.join();
}

// A generator of its own for each thread, from a seed that is printed.
struct Draw {
  uint64_t state;
  uint32_t below(uint32_t limit) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>((state >> 33) % limit);
  }
};

// Program: NAME [--seconds N] [--only SCENARIO]. N is for each scenario.
inline int run_scenarios(int argc, char** argv, const std::vector<Scenario>& scenarios) {
  double seconds = 1;
  std::string only;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string option = argv[i];
    if (option == "--seconds") seconds = std::atof(argv[i + 1]);
    if (option == "--only") only = argv[i + 1];
  }
  int passed = 0;
  int failed = 0;
  for (const Scenario& scenario : scenarios) {
    if (!only.empty() && only != scenario.name) continue;
    Run run(scenario.name, seconds);
    if (!run.failed()) scenario.body(run);
    std::printf("%-36s %9llu writes %9llu reads  %s%s\n", scenario.name,
                static_cast<unsigned long long>(run.write_count.load()),
                static_cast<unsigned long long>(run.read_count.load()), run.failed() ? "FAILED: " : "ok",
                run.first_failure().c_str());
    std::fflush(stdout);
    if (run.failed()) {
      ++failed;
    } else {
      ++passed;
    }
  }
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed > 0 || passed == 0 ? 1 : 0;
}

}  // namespace sqlrite::stress
