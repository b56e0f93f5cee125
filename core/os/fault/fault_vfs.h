// Files in memory that record every effect and can fail on demand; and the states a power cut could leave behind.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "os/memory/memory_vfs.h"

namespace sqlrite::os {

// One thing that happened to the files, in order. Note: a mark the test put between them.
struct Effect {
  enum class Kind : uint8_t { Write, Truncate, Sync, Create, Remove, SyncDirectory, Note };
  Kind kind;
  uint32_t file = 0;    // number of the file (not of its name: a name made again is a new file)
  std::string path;     // Create, Remove
  uint64_t offset = 0;  // Write; Truncate: the new size; Note: its value
  std::vector<uint8_t> bytes;
};

// Which call fails, and how. Counted over all calls of the kinds in `kinds` since arm().
struct Fault {
  enum : uint32_t { kWrite = 1, kTruncate = 2, kSync = 4, kRead = 8, kOpen = 16, kRemove = 32, kSyncDirectory = 64 };
  uint32_t kinds = 0;
  uint64_t nth = 1;
  bool for_ever = false;
  Code code = Code::IoErrWrite;
  // Writes: how many 512ths of the bytes still arrive. Reads: the data comes short if not zero, else the call fails.
  uint32_t partial_512ths = 0;
};

class FaultVfs final : public MemoryVfs {
 public:
  explicit FaultVfs(uint64_t seed = 1) : MemoryVfs(seed) {}
  Result<std::unique_ptr<File>> open(const std::string& path, const OpenOptions& options) override;
  Status remove(const std::string& path, bool sync_directory) override;
  Status sync_directory(const std::string& path) override;

  void arm(const Fault& fault);
  void disarm();
  // While suspended nothing fails and no call counts: a test looks at the files.
  void suspend(bool on) { suspended_ = on; }
  bool fired() const { return fired_; }
  uint64_t call_count() const { return call_count_; }

  void set_recording(bool on) { recording_ = on; }
  void note(uint64_t value);
  const std::vector<Effect>& effects() const { return effects_; }

 private:
  friend class FaultFile;
  // OK, or the error this call has to report. `partial`: how much of a write still arrives.
  Status check(uint32_t kind, uint32_t* partial);
  void record(Effect effect);

  Mutex fault_mutex_;
  Fault fault_;
  bool armed_ = false;
  bool suspended_ = false;
  bool fired_ = false;
  uint64_t call_count_ = 0;
  bool recording_ = true;
  std::vector<Effect> effects_;
  std::map<std::string, uint32_t> file_numbers_;
  uint32_t next_file_number_ = 1;
};

// Replays effects into what is durable and what is still on its way. A file's writes and truncates become durable with
// its sync, names with a sync of the directory (there is one directory).
class CrashImager {
 public:
  using Image = std::map<std::string, std::vector<uint8_t>>;
  struct Pending {
    const Effect* effect;
  };
  void advance(const Effect& effect);
  const std::vector<Pending>& pending() const { return pending_; }
  // The files after a power cut that let through the pending effects with keep[i] (in their order), of which number
  // `torn` (if below the count) only with its first `torn_size_bytes` bytes.
  Image build(const std::vector<bool>& keep, size_t torn, size_t torn_size_bytes) const;

 private:
  static void apply(const Effect& effect, size_t size_bytes, std::map<std::string, uint32_t>* names,
                    std::map<uint32_t, std::vector<uint8_t>>* files);
  std::map<std::string, uint32_t> names_;           // durable
  std::map<uint32_t, std::vector<uint8_t>> files_;  // durable
  std::vector<Pending> pending_;
};

}  // namespace sqlrite::os
