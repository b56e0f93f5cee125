// The border to the operating system: files, their locks, time and randomness. Nothing else in core/ calls the system.
// posix/ is the real thing, memory/ keeps files in this process, fault/ records and breaks them for tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"

namespace sqlrite::os {

// SQLite's locks on a database file. The byte ranges they stand for are in lock_bytes below.
enum class LockLevel : uint8_t { None = 0, Shared = 1, Reserved = 2, Pending = 3, Exclusive = 4 };

namespace lock_bytes {
inline constexpr uint64_t kPending = 0x40000000;
inline constexpr uint64_t kReserved = kPending + 1;
inline constexpr uint64_t kSharedFirst = kPending + 2;
inline constexpr uint64_t kSharedSize = 510;
}  // namespace lock_bytes

// Data: contents and what is needed to read them back (fdatasync). Full: all metadata too.
enum class SyncKind : uint8_t { Data, Full };
enum class FileRole : uint8_t { Database, Wal, Journal, SuperJournal, Temporary, Other };

struct OpenOptions {
  FileRole role = FileRole::Database;
  bool read_only = false;
  bool create = true;      // ignored when read_only
  bool exclusive = false;  // fail if it exists (with create)
  bool fall_back_to_read_only = true;
  bool delete_on_close = false;
};

// What a file is, whatever name led to it. All zero: unknown (the file then never counts as the same as another).
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  explicit operator bool() const { return device != 0 || inode != 0; }
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

// Thread safety: positional reads and writes may run at the same time; locks are changed by one thread at a time.
class File {
 public:
  virtual ~File() = default;
  // Returns how many bytes were read: fewer than asked only at the end of the file.
  virtual Result<size_t> read_at(uint64_t offset, void* out, size_t size_bytes) = 0;
  // All or an error (FULL when the disk is full, else IOERR_WRITE); after an error any part may have been written.
  virtual Status write_at(uint64_t offset, const void* bytes, size_t size_bytes) = 0;
  virtual Status truncate(uint64_t size_bytes) = 0;
  virtual Status sync(SyncKind kind) = 0;
  virtual Result<uint64_t> size() = 0;
  virtual bool is_read_only() const = 0;
  virtual FileIdentity identity() const { return {}; }

  // SQLite's protocol: None -> Shared -> Reserved -> Exclusive; asking for Exclusive may stop at Pending (BUSY is then
  // returned and lock_level() says Pending). unlock() goes down to Shared or None.
  virtual Status lock(LockLevel level) = 0;
  virtual Status unlock(LockLevel level) = 0;
  virtual LockLevel lock_level() const = 0;
  // Does anybody hold Reserved or more?
  virtual Result<bool> check_reserved() = 0;
};

// A moment in the time zone of this machine.
struct LocalTime {
  int year = 0;   // 2026
  int month = 0;  // 1 to 12
  int day = 0;    // 1 to 31
  int hour = 0;
  int minute = 0;
  int second = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t wall_ms() = 0;  // since 1970-01-01 UTC
  virtual int64_t monotonic_ns() = 0;
  virtual void sleep_us(int64_t duration_us) = 0;
  // False when the time zone cannot be had. `unix_seconds`: since 1970-01-01 UTC.
  virtual bool local_time(int64_t unix_seconds, LocalTime* out) = 0;
};

class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(void* out, size_t size_bytes) = 0;
  uint64_t next() {
    uint64_t value = 0;
    fill(&value, sizeof value);
    return value;
  }
};

class Vfs {
 public:
  virtual ~Vfs() = default;
  virtual Result<std::unique_ptr<File>> open(const std::string& path, const OpenOptions& options) = 0;
  // OK when the file did not exist. `sync_directory`: the removal is durable on return.
  virtual Status remove(const std::string& path, bool sync_directory) = 0;
  virtual Result<bool> exists(const std::string& path) = 0;
  // Absolute, symbolic links resolved as far as the path exists.
  virtual Result<std::string> full_path(const std::string& path) = 0;
  // Makes created and removed names in the directory of `path` durable.
  virtual Status sync_directory(const std::string& path) = 0;
  // A name nobody uses, in the directory for temporary files.
  virtual Result<std::string> temp_name() = 0;
  // Identity of the file at `path` without opening it; all zero when there is none.
  virtual FileIdentity identity(const std::string& path) { return path.empty() ? FileIdentity{} : FileIdentity{}; }
  virtual Clock& clock() = 0;
  virtual Random& random() = 0;
};

// The real file system, clock and random source of this machine. Lives as long as the process.
Vfs& default_vfs();

}  // namespace sqlrite::os
