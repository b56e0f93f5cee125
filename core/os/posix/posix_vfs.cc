// Files, time and randomness of a POSIX system.
//
// Locks are open-file-description locks where the kernel has them: they conflict with the classic record locks of
// other programs, and even of an SQLite inside this process, and closing another descriptor of the same file does not
// drop them. Elsewhere classic locks are used, and a registry per device and inode puts off closing a descriptor while
// another one of the same file holds a lock.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "base/guarded.h"
#include "base/log.h"
#include "os/sync.h"
#include "os/vfs.h"

namespace sqlrite::os {
namespace {

constexpr int kTransferSizeMax = 1 << 30;

Code write_error_code(int error) {
  return error == ENOSPC || error == EDQUOT || error == EFBIG ? Code::Full : Code::IoErrWrite;
}

std::string directory_of(const std::string& path) {
  size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

#ifdef F_OFD_SETLK
std::atomic<bool> g_has_ofd_locks{true};
#endif

// Sets a byte-range lock; returns 0 or errno.
int set_range_lock(int fd, short type, uint64_t start, uint64_t size) {
  struct flock range;
  std::memset(&range, 0, sizeof range);
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(start);
  range.l_len = static_cast<off_t>(size);
#ifdef F_OFD_SETLK
  if (g_has_ofd_locks.load(std::memory_order_relaxed)) {
    for (;;) {
      if (fcntl(fd, F_OFD_SETLK, &range) == 0) return 0;
      if (errno == EINTR) continue;
      if (errno != EINVAL) return errno;
      g_has_ofd_locks.store(false, std::memory_order_relaxed);
      break;
    }
  }
#endif
  while (fcntl(fd, F_SETLK, &range) != 0) {
    if (errno != EINTR) return errno;
  }
  return 0;
}

int query_range_lock(int fd, uint64_t start, uint64_t size, bool* locked) {
  struct flock range;
  std::memset(&range, 0, sizeof range);
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(start);
  range.l_len = static_cast<off_t>(size);
  int command = F_GETLK;
#ifdef F_OFD_SETLK
  if (g_has_ofd_locks.load(std::memory_order_relaxed)) command = F_OFD_GETLK;
#endif
  while (fcntl(fd, command, &range) != 0) {
    if (errno != EINTR) return errno;
  }
  *locked = range.l_type != F_UNLCK;
  return 0;
}

// One open descriptor. Closing any descriptor of a file would drop the classic locks held through another one: it then
// waits here until those are gone. Made when the file is opened, so that closing needs no memory.
struct InodeUse {
  InodeUse(int opened, const FileIdentity& file) : fd(opened), identity(file) {}
  int fd;
  FileIdentity identity;
  bool locked = false;
  bool closing = false;
  InodeUse* next = nullptr;
};

struct InodeRegistry {
  Mutex mutex;
  InodeUse* first = nullptr;

  void add(InodeUse* use) {
    LockGuard<Mutex> guard(mutex);
    use->next = first;
    first = use;
  }
  void add_lock(InodeUse* use) {
    LockGuard<Mutex> guard(mutex);
    use->locked = true;
  }
  void drop_lock(InodeUse* use) {
    LockGuard<Mutex> guard(mutex);
    use->locked = false;
    const FileIdentity identity = use->identity;
    if (!is_locked(identity)) {
      remove_if([&](const InodeUse& other) { return other.closing && other.identity == identity; });
    }
  }
  void close(InodeUse* use) {
    LockGuard<Mutex> guard(mutex);
    use->closing = true;
    if (!is_locked(use->identity)) remove_if([use](const InodeUse& other) { return &other == use; });
  }

 private:
  bool is_locked(const FileIdentity& identity) const {
    for (const InodeUse* use = first; use != nullptr; use = use->next) {
      if (use->locked && use->identity == identity) return true;
    }
    return false;
  }
  template <typename Test>
  void remove_if(Test&& test) {
    for (InodeUse** at = &first; *at != nullptr;) {
      InodeUse* use = *at;
      if (!test(*use)) {
        at = &use->next;
        continue;
      }
      *at = use->next;
      ::close(use->fd);
      delete use;
    }
  }
};

InodeRegistry& inode_registry() {
  static InodeRegistry* registry = new InodeRegistry;  // never destroyed: files may be closed by static destructors
  return *registry;
}

class PosixFile final : public File {
 public:
  // The descriptor is this object's from here on.
  PosixFile(std::unique_ptr<InodeUse> use, bool read_only)
      : use_(use.release()), fd_(use_->fd), read_only_(read_only), identity_(use_->identity) {
    inode_registry().add(use_);
  }
  ~PosixFile() override {
    if (level_ != LockLevel::None) unlock(LockLevel::None).ignore();
    inode_registry().close(use_);
  }

  Result<size_t> read_at(uint64_t offset, void* out, size_t size_bytes) override {
    size_t done = 0;
    while (done < size_bytes) {
      size_t chunk = size_bytes - done < kTransferSizeMax ? size_bytes - done : kTransferSizeMax;
      ssize_t got = pread(fd_, static_cast<char*>(out) + done, chunk, static_cast<off_t>(offset + done));
      if (got < 0) {
        if (errno == EINTR) continue;
        return Status(Code::IoErrRead);
      }
      if (got == 0) break;
      done += static_cast<size_t>(got);
    }
    return done;
  }
  Status write_at(uint64_t offset, const void* bytes, size_t size_bytes) override {
    size_t done = 0;
    while (done < size_bytes) {
      size_t chunk = size_bytes - done < kTransferSizeMax ? size_bytes - done : kTransferSizeMax;
      ssize_t put = pwrite(fd_, static_cast<const char*>(bytes) + done, chunk, static_cast<off_t>(offset + done));
      if (put < 0) {
        if (errno == EINTR) continue;
        return Status(write_error_code(errno));
      }
      if (put == 0) return Status(Code::Full);
      done += static_cast<size_t>(put);
    }
    return {};
  }
  Status truncate(uint64_t size_bytes) override {
    while (ftruncate(fd_, static_cast<off_t>(size_bytes)) != 0) {
      if (errno != EINTR) return Status(Code::IoErrTruncate);
    }
    return {};
  }
  Status sync(SyncKind kind) override {
    // A failed sync is never tried again here: the kernel may have marked the pages clean already.
#if defined(__APPLE__)
    static_cast<void>(kind);
    int rc = fcntl(fd_, F_FULLFSYNC, 0);
    if (rc != 0) rc = fsync(fd_);
#else
    int rc = kind == SyncKind::Full ? fsync(fd_) : fdatasync(fd_);
#endif
    return rc == 0 ? Status() : Status(Code::IoErrFsync);
  }
  Result<uint64_t> size() override {
    struct stat info;
    if (fstat(fd_, &info) != 0) return Status(Code::IoErrFstat);
    return static_cast<uint64_t>(info.st_size);
  }
  bool is_read_only() const override { return read_only_; }
  FileIdentity identity() const override { return identity_; }
  LockLevel lock_level() const override { return level_; }

  Status lock(LockLevel level) override {
    if (level <= level_) return {};
    if (level == LockLevel::Shared) return lock_shared();
    if (level_ == LockLevel::None) SQLRITE_TRY(lock_shared());
    if (level == LockLevel::Reserved) {
      SQLRITE_TRY(take(F_WRLCK, lock_bytes::kReserved, 1, Code::IoErrLock));
      level_ = LockLevel::Reserved;
      return {};
    }
    if (level_ < LockLevel::Pending) {
      SQLRITE_TRY(take(F_WRLCK, lock_bytes::kPending, 1, Code::IoErrLock));
      level_ = LockLevel::Pending;
    }
    if (level == LockLevel::Exclusive) {
      SQLRITE_TRY(take(F_WRLCK, lock_bytes::kSharedFirst, lock_bytes::kSharedSize, Code::IoErrLock));
      level_ = LockLevel::Exclusive;
    }
    return {};
  }
  Status unlock(LockLevel level) override {
    if (level >= level_) return {};
    Status result;
    if (level == LockLevel::Shared) {
      if (level_ == LockLevel::Exclusive) {
        if (set_range_lock(fd_, F_RDLCK, lock_bytes::kSharedFirst, lock_bytes::kSharedSize) != 0)
          return Status(Code::IoErrRdLock);
      }
      if (set_range_lock(fd_, F_UNLCK, lock_bytes::kPending, 2) != 0) result = Status(Code::IoErrUnlock);
      level_ = LockLevel::Shared;
      return result;
    }
    if (set_range_lock(fd_, F_UNLCK, 0, 0) != 0) result = Status(Code::IoErrUnlock);
    level_ = LockLevel::None;
    inode_registry().drop_lock(use_);
    return result;
  }
  Result<bool> check_reserved() override {
    if (level_ >= LockLevel::Reserved) return true;
    bool locked = false;
    if (query_range_lock(fd_, lock_bytes::kReserved, 1, &locked) != 0) return Status(Code::IoErrLock);
    return locked;
  }

 private:
  Status lock_shared() {
    // The pending byte first: a writer that waits for EXCLUSIVE keeps new readers out with it.
    SQLRITE_TRY(take(F_RDLCK, lock_bytes::kPending, 1, Code::IoErrRdLock));
    Status status = take(F_RDLCK, lock_bytes::kSharedFirst, lock_bytes::kSharedSize, Code::IoErrRdLock);
    int error = set_range_lock(fd_, F_UNLCK, lock_bytes::kPending, 1);
    if (!status.ok()) return status;
    if (error != 0) {
      set_range_lock(fd_, F_UNLCK, 0, 0);
      return Status(Code::IoErrUnlock);
    }
    level_ = LockLevel::Shared;
    inode_registry().add_lock(use_);
    return {};
  }
  Status take(short type, uint64_t start, uint64_t size, Code failure) {
    int error = set_range_lock(fd_, type, start, size);
    if (error == 0) return {};
    if (error == EAGAIN || error == EACCES || error == EBUSY || error == ETIMEDOUT || error == ENOLCK)
      return Status(Code::Busy);
    return Status(error == EPERM ? Code::Perm : failure);
  }

  InodeUse* use_;
  int fd_;
  bool read_only_;
  FileIdentity identity_;
  LockLevel level_ = LockLevel::None;
};

class PosixClock final : public Clock {
 public:
  int64_t wall_ms() override {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
  }
  int64_t monotonic_ns() override {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<int64_t>(now.tv_sec) * 1000000000 + now.tv_nsec;
  }
  void sleep_us(int64_t duration_us) override {
    struct timespec rest = {static_cast<time_t>(duration_us / 1000000),
                            static_cast<long>(duration_us % 1000000 * 1000)};
    while (nanosleep(&rest, &rest) != 0 && errno == EINTR) {
    }
  }
  bool local_time(int64_t unix_seconds, LocalTime* out) override {
    time_t seconds = static_cast<time_t>(unix_seconds);
    struct tm fields = {};
    if (localtime_r(&seconds, &fields) == nullptr) return false;
    *out = LocalTime{fields.tm_year + 1900, fields.tm_mon + 1, fields.tm_mday,
                     fields.tm_hour,        fields.tm_min,     fields.tm_sec};
    return true;
  }
};

class PosixRandom final : public Random {
 public:
  void fill(void* out, size_t size_bytes) override {
    char* at = static_cast<char*>(out);
    while (size_bytes > 0) {
      size_t chunk = size_bytes < 256 ? size_bytes : 256;
#if defined(__linux__)
      ssize_t got = getrandom(at, chunk, 0);
      if (got < 0) {
        if (errno == EINTR) continue;
        std::memset(at, 0x5a, chunk);  // a kernel without a random source
        got = static_cast<ssize_t>(chunk);
      }
#else
      arc4random_buf(at, chunk);
      ssize_t got = static_cast<ssize_t>(chunk);
#endif
      at += got;
      size_bytes -= static_cast<size_t>(got);
    }
  }
};

// Which file it was, and why: for the log, results keep SQLite's words.
Status cannot_open(const std::string& path) {
  Status detail = status_format(Code::CantOpen, "cannot open %s: %s", path.c_str(), std::strerror(errno));
  log_message(Code::CantOpen, detail.message());
  return Status(Code::CantOpen);
}

class PosixVfs final : public Vfs {
 public:
  Result<std::unique_ptr<File>> open(const std::string& path, const OpenOptions& options) override {
    bool read_only = options.read_only;
    int flags = O_CLOEXEC | (read_only ? O_RDONLY : O_RDWR);
    if (!read_only && options.create) flags |= O_CREAT;
    if (!read_only && options.create && options.exclusive) flags |= O_EXCL | O_NOFOLLOW;
    int fd = open_retrying(path, flags, 0644);
    if (fd < 0 && !read_only && options.fall_back_to_read_only &&
        (errno == EACCES || errno == EROFS || errno == EPERM)) {
      fd = open_retrying(path, O_CLOEXEC | O_RDONLY, 0);
      read_only = true;
    }
    if (fd < 0) return cannot_open(path);
    // Descriptors 0..2 belong to the standard streams: a stray message must not land in a database.
    if (fd <= 2) {
      int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
      ::close(fd);
      if (moved < 0) return Status(Code::CantOpen);
      fd = moved;
    }
    struct stat info;
    if (fstat(fd, &info) != 0) {
      ::close(fd);
      return Status(Code::IoErrFstat);
    }
    if (S_ISDIR(info.st_mode)) {
      ::close(fd);
      errno = EISDIR;
      return cannot_open(path);
    }
    if (options.delete_on_close) ::unlink(path.c_str());
    FileIdentity id{static_cast<uint64_t>(info.st_dev), static_cast<uint64_t>(info.st_ino)};
    auto made = guarded([&]() -> Result<std::unique_ptr<File>> {
      auto use = std::make_unique<InodeUse>(fd, id);
      return std::unique_ptr<File>(new PosixFile(std::move(use), read_only));
    });
    if (!made.ok()) ::close(fd);
    return made;
  }
  Status remove(const std::string& path, bool sync) override {
    if (::unlink(path.c_str()) != 0) return errno == ENOENT ? Status() : Status(Code::IoErrDelete);
    return sync ? sync_directory(path) : Status();
  }
  Result<bool> exists(const std::string& path) override {
    struct stat info;
    return ::stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode);
  }
  Result<std::string> full_path(const std::string& path) override {
    return guarded([&]() -> Result<std::string> {
      char resolved[PATH_MAX];
      if (realpath(path.c_str(), resolved) != nullptr) return std::string(resolved);
      if (errno != ENOENT) return Status(Code::CantOpenFullPath);
      // The file is not there yet: resolve its directory. (A dangling link is followed by open itself.)
      size_t slash = path.rfind('/');
      std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
      if (realpath(directory_of(path).c_str(), resolved) == nullptr) return cannot_open(path);
      std::string full(resolved);
      if (full != "/") full += '/';
      return full + name;
    });
  }
  Status sync_directory(const std::string& path) override {
    int fd = -1;
    SQLRITE_TRY(guarded([&] {
      fd = open_retrying(directory_of(path), O_CLOEXEC | O_RDONLY | O_DIRECTORY, 0);
      return Status();
    }));
    if (fd < 0) return {};  // a directory we may not read cannot be synced; SQLite goes on as well
    int rc = fsync(fd);
    int error = errno;
    ::close(fd);
    return rc == 0 || error == EINVAL ? Status() : Status(Code::IoErrDirFsync);
  }
  Result<std::string> temp_name() override {
    const char* names[] = {getenv("SQLITE_TMPDIR"), getenv("TMPDIR"), "/var/tmp", "/usr/tmp", "/tmp", "."};
    const char* directory = nullptr;
    for (const char* name : names) {
      struct stat info;
      if (name != nullptr && ::stat(name, &info) == 0 && S_ISDIR(info.st_mode) && access(name, W_OK | X_OK) == 0) {
        directory = name;
        break;
      }
    }
    if (directory == nullptr) return Status(Code::CantOpen);
    char suffix[32];
    std::snprintf(suffix, sizeof suffix, "/sqlrite_%016llx", static_cast<unsigned long long>(random_.next()));
    return guarded([&]() -> Result<std::string> { return std::string(directory) + suffix; });
  }
  FileIdentity identity(const std::string& path) override {
    struct stat info;
    if (::stat(path.c_str(), &info) != 0) return {};
    return {static_cast<uint64_t>(info.st_dev), static_cast<uint64_t>(info.st_ino)};
  }
  Clock& clock() override { return clock_; }
  Random& random() override { return random_; }

 private:
  static int open_retrying(const std::string& path, int flags, mode_t mode) {
    int fd;
    do {
      fd = ::open(path.c_str(), flags, mode);
    } while (fd < 0 && errno == EINTR);
    return fd;
  }
  PosixClock clock_;
  PosixRandom random_;
};

}  // namespace

Vfs& default_vfs() {
  static PosixVfs* vfs = new PosixVfs;
  return *vfs;
}

}  // namespace sqlrite::os
