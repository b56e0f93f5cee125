// Files that live in this process: for tests, and under the fault injection. Each open handle counts as a process of
// its own for the locks, so two handles on one file behave as two programs would.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "os/sync.h"
#include "os/vfs.h"

namespace sqlrite::os {

// Content and lock table of one file; shared by its handles, outlives its name.
struct MemoryNode {
  Mutex mutex;
  std::vector<uint8_t> bytes;
  uint64_t inode = 0;
  int shared_count = 0;            // handles at Shared or above
  const void* reserved = nullptr;  // the handle at Reserved or above
  const void* pending = nullptr;   // ... that asked for Exclusive
  const void* exclusive = nullptr;
};

// Time that moves only when somebody sleeps.
class ManualClock final : public Clock {
 public:
  int64_t wall_ms() override { return wall_ms_ + now_ns_ / 1000000; }
  int64_t monotonic_ns() override { return now_ns_; }
  void sleep_us(int64_t duration_us) override { now_ns_ += duration_us * 1000; }
  // There is no zone here but UTC's, which the test of date functions does not need.
  bool local_time(int64_t, LocalTime*) override { return false; }

 private:
  int64_t wall_ms_ = 1767225600000;
  int64_t now_ns_ = 0;
};

class SeededRandom final : public Random {
 public:
  explicit SeededRandom(uint64_t seed) : state_(seed) {}
  void fill(void* out, size_t size_bytes) override;

 private:
  uint64_t state_;
};

class MemoryVfs : public Vfs {
 public:
  explicit MemoryVfs(uint64_t seed = 1) : random_(seed) {}
  Result<std::unique_ptr<File>> open(const std::string& path, const OpenOptions& options) override;
  Status remove(const std::string& path, bool sync_directory) override;
  Result<bool> exists(const std::string& path) override;
  Result<std::string> full_path(const std::string& path) override;
  Status sync_directory(const std::string& path) override;
  Result<std::string> temp_name() override;
  FileIdentity identity(const std::string& path) override;
  Clock& clock() override { return clock_; }
  Random& random() override { return random_; }

  // --- For tests.
  void set_content(const std::string& path, std::vector<uint8_t> bytes);
  // Empty when there is no such file.
  std::vector<uint8_t> content(const std::string& path);
  std::vector<std::string> names();

 private:
  Mutex mutex_;
  std::map<std::string, std::shared_ptr<MemoryNode>> nodes_;
  ManualClock clock_;
  SeededRandom random_;
};

}  // namespace sqlrite::os
