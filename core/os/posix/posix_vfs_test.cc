// The real file system: locks against another process, sync, sizes, names; and the memory files' locks.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "os/fault/fault_vfs.h"
#include "os/memory/memory_vfs.h"
#include "os/vfs.h"

using namespace sqlrite;
using namespace sqlrite::os;

namespace {

struct TempFile {
  std::string path;
  TempFile() {
    auto name = default_vfs().temp_name();
    REQUIRE(name.ok());
    path = name.value();
  }
  ~TempFile() { default_vfs().remove(path, false).ignore(); }
};

// Runs `body` in a child process and returns its answer.
template <typename Body>
int in_child(Body body) {
  pid_t child = fork();
  if (child == 0) _exit(body());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// 1 busy, 0 got it, 2 other.
int try_lock(const std::string& path, LockLevel level) {
  return in_child([&] {
    auto file = default_vfs().open(path, {});
    if (!file.ok()) return 3;
    Status status = file.value()->lock(level);
    return status.ok() ? 0 : status.primary() == Code::Busy ? 1 : 2;
  });
}

}  // namespace

TEST_CASE("PosixFile, ReadsWritesAndSizes") {
  TempFile temp;
  auto opened = default_vfs().open(temp.path, {});
  REQUIRE(opened.ok());
  File& file = *opened.value();
  REQUIRE(file.write_at(10, "hello", 5).ok());
  CHECK(file.size().value() == 15);
  char buffer[32];
  CHECK(file.read_at(8, buffer, sizeof buffer).value() == 7);
  CHECK(std::memcmp(buffer, "\0\0hello", 7) == 0);
  CHECK(file.read_at(100, buffer, 4).value() == 0);
  REQUIRE(file.truncate(12).ok());
  CHECK(file.size().value() == 12);
  CHECK(file.sync(SyncKind::Data).ok());
  CHECK(default_vfs().sync_directory(temp.path).ok());
  CHECK(default_vfs().identity(temp.path) == file.identity());
  CHECK(default_vfs().exists(temp.path).value());
  OpenOptions exclusive;
  exclusive.exclusive = true;
  CHECK(!default_vfs().open(temp.path, exclusive).ok());
  CHECK(default_vfs().open("/tmp", {}).status().code() == Code::CantOpen);
  OpenOptions no_create;
  no_create.create = false;
  CHECK(default_vfs().open(temp.path + ".none", no_create).status().code() == Code::CantOpen);
}

TEST_CASE("PosixFile, LocksExcludeOtherProcesses") {
  TempFile temp;
  auto opened = default_vfs().open(temp.path, {});
  REQUIRE(opened.ok());
  File& file = *opened.value();
  REQUIRE(file.lock(LockLevel::Shared).ok());
  CHECK(try_lock(temp.path, LockLevel::Shared) == 0);
  CHECK(try_lock(temp.path, LockLevel::Reserved) == 0);
  CHECK(try_lock(temp.path, LockLevel::Exclusive) == 1);
  REQUIRE(file.lock(LockLevel::Reserved).ok());
  CHECK(try_lock(temp.path, LockLevel::Shared) == 0);
  CHECK(try_lock(temp.path, LockLevel::Reserved) == 1);
  CHECK(in_child([&] {
          auto other = default_vfs().open(temp.path, {});
          auto reserved = other.value()->check_reserved();
          return reserved.ok() && reserved.value() ? 1 : 0;
        }) == 1);
  // Closing another descriptor of the file drops nothing.
  {
    auto second = default_vfs().open(temp.path, {});
  }
  CHECK(try_lock(temp.path, LockLevel::Reserved) == 1);
  REQUIRE(file.lock(LockLevel::Exclusive).ok());
  CHECK(try_lock(temp.path, LockLevel::Shared) == 1);
  REQUIRE(file.unlock(LockLevel::Shared).ok());
  CHECK(try_lock(temp.path, LockLevel::Reserved) == 0);
  CHECK(try_lock(temp.path, LockLevel::Exclusive) == 1);
  REQUIRE(file.unlock(LockLevel::None).ok());
  CHECK(try_lock(temp.path, LockLevel::Exclusive) == 0);
}

TEST_CASE("MemoryFile, LocksFollowTheProtocol") {
  MemoryVfs vfs;
  auto a = vfs.open("/x", {}).take();
  auto b = vfs.open("/x", {}).take();
  REQUIRE(a->lock(LockLevel::Shared).ok());
  REQUIRE(b->lock(LockLevel::Shared).ok());
  REQUIRE(a->lock(LockLevel::Reserved).ok());
  CHECK(b->lock(LockLevel::Reserved).code() == Code::Busy);
  CHECK(b->check_reserved().value());
  CHECK(a->lock(LockLevel::Exclusive).code() == Code::Busy);
  CHECK(a->lock_level() == LockLevel::Pending);
  REQUIRE(b->unlock(LockLevel::None).ok());
  CHECK(b->lock(LockLevel::Shared).code() == Code::Busy);
  REQUIRE(a->lock(LockLevel::Exclusive).ok());
  a.reset();
  CHECK(b->lock(LockLevel::Exclusive).ok());
}

TEST_CASE("CrashImager, KeepsSyncedWritesAndChosenOthers") {
  FaultVfs vfs;
  auto file = vfs.open("/f", {}).take();
  REQUIRE(vfs.sync_directory("/f").ok());
  REQUIRE(file->write_at(0, "aaaa", 4).ok());
  REQUIRE(file->sync(SyncKind::Data).ok());
  REQUIRE(file->write_at(0, "bbbb", 4).ok());
  REQUIRE(file->write_at(2, "cccc", 4).ok());
  CrashImager imager;
  for (const Effect& effect : vfs.effects()) imager.advance(effect);
  REQUIRE(imager.pending().size() == 2);
  auto text = [&](const std::vector<bool>& keep, size_t torn, size_t size) {
    auto image = imager.build(keep, torn, size);
    return std::string(image["/f"].begin(), image["/f"].end());
  };
  CHECK(text({false, false}, 9, 0) == "aaaa");
  CHECK(text({true, false}, 9, 0) == "bbbb");
  CHECK(text({false, true}, 9, 0) == "aacccc");
  CHECK(text({true, true}, 1, 1) == "bbcb");
}

TEST_CASE("FaultVfs, FailsTheNthCall") {
  FaultVfs vfs;
  auto file = vfs.open("/f", {}).take();
  Fault fault;
  fault.kinds = Fault::kWrite;
  fault.nth = 2;
  fault.code = Code::Full;
  fault.partial_512ths = 256;
  vfs.arm(fault);
  CHECK(file->write_at(0, "aaaa", 4).ok());
  CHECK(file->write_at(0, "bbbb", 4).code() == Code::Full);
  CHECK(file->write_at(4, "cc", 2).ok());
  std::vector<uint8_t> bytes = vfs.content("/f");
  CHECK(std::string(bytes.begin(), bytes.end()) == "bbaacc");
}
