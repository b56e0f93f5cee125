#include "os/memory/memory_vfs.h"

#include <atomic>
#include <cstdio>
#include <cstring>

namespace sqlrite::os {
namespace {

constexpr uint64_t kMemoryDevice = 0x6d656d;
std::atomic<uint64_t> g_next_inode{1};

class MemoryFile final : public File {
 public:
  MemoryFile(std::shared_ptr<MemoryNode> node, bool read_only) : node_(std::move(node)), read_only_(read_only) {}
  ~MemoryFile() override { unlock(LockLevel::None).ignore(); }

  Result<size_t> read_at(uint64_t offset, void* out, size_t size_bytes) override {
    LockGuard<Mutex> guard(node_->mutex);
    if (offset >= node_->bytes.size()) return size_t{0};
    size_t got = node_->bytes.size() - offset < size_bytes ? node_->bytes.size() - offset : size_bytes;
    std::memcpy(out, node_->bytes.data() + offset, got);
    return got;
  }
  Status write_at(uint64_t offset, const void* bytes, size_t size_bytes) override {
    if (read_only_) return Status(Code::IoErrWrite);
    if (size_bytes == 0) return {};
    LockGuard<Mutex> guard(node_->mutex);
    if (node_->bytes.size() < offset + size_bytes) node_->bytes.resize(offset + size_bytes);
    std::memcpy(node_->bytes.data() + offset, bytes, size_bytes);
    return {};
  }
  Status truncate(uint64_t size_bytes) override {
    LockGuard<Mutex> guard(node_->mutex);
    node_->bytes.resize(size_bytes);
    return {};
  }
  Status sync(SyncKind) override { return {}; }
  Result<uint64_t> size() override {
    LockGuard<Mutex> guard(node_->mutex);
    return static_cast<uint64_t>(node_->bytes.size());
  }
  bool is_read_only() const override { return read_only_; }
  FileIdentity identity() const override { return {kMemoryDevice, node_->inode}; }
  LockLevel lock_level() const override { return level_; }

  Status lock(LockLevel level) override {
    if (level <= level_) return {};
    LockGuard<Mutex> guard(node_->mutex);
    MemoryNode& node = *node_;
    if (level_ == LockLevel::None) {
      if (node.pending != nullptr || node.exclusive != nullptr) return Status(Code::Busy);
      ++node.shared_count;
      level_ = LockLevel::Shared;
      if (level == LockLevel::Shared) return {};
    }
    if (level == LockLevel::Reserved || level_ < LockLevel::Reserved) {
      if (node.reserved != nullptr && node.reserved != this) return Status(Code::Busy);
      node.reserved = this;
      level_ = LockLevel::Reserved;
      if (level == LockLevel::Reserved) return {};
    }
    if (node.pending != nullptr && node.pending != this) return Status(Code::Busy);
    node.pending = this;
    level_ = LockLevel::Pending;
    if (level == LockLevel::Pending) return {};
    if (node.shared_count > 1) return Status(Code::Busy);
    node.exclusive = this;
    level_ = LockLevel::Exclusive;
    return {};
  }
  Status unlock(LockLevel level) override {
    if (level >= level_) return {};
    LockGuard<Mutex> guard(node_->mutex);
    if (node_->exclusive == this) node_->exclusive = nullptr;
    if (node_->pending == this) node_->pending = nullptr;
    if (node_->reserved == this) node_->reserved = nullptr;
    if (level == LockLevel::None) --node_->shared_count;
    level_ = level;
    return {};
  }
  Result<bool> check_reserved() override {
    LockGuard<Mutex> guard(node_->mutex);
    return node_->reserved != nullptr;
  }

 private:
  std::shared_ptr<MemoryNode> node_;
  bool read_only_;
  LockLevel level_ = LockLevel::None;
};

}  // namespace

void SeededRandom::fill(void* out, size_t size_bytes) {
  uint8_t* at = static_cast<uint8_t*>(out);
  for (size_t i = 0; i < size_bytes; ++i) {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    at[i] = static_cast<uint8_t>(state_ >> 56);
  }
}

Result<std::unique_ptr<File>> MemoryVfs::open(const std::string& path, const OpenOptions& options) {
  LockGuard<Mutex> guard(mutex_);
  auto it = nodes_.find(path);
  if (it == nodes_.end()) {
    if (options.read_only || !options.create) return Status(Code::CantOpen);
    auto node = std::make_shared<MemoryNode>();
    node->inode = g_next_inode.fetch_add(1);
    if (options.delete_on_close) return std::unique_ptr<File>(new MemoryFile(std::move(node), false));
    it = nodes_.emplace(path, std::move(node)).first;
  } else if (options.exclusive) {
    return Status(Code::CantOpen);
  }
  return std::unique_ptr<File>(new MemoryFile(it->second, options.read_only));
}

Status MemoryVfs::remove(const std::string& path, bool) {
  LockGuard<Mutex> guard(mutex_);
  nodes_.erase(path);
  return {};
}

Result<bool> MemoryVfs::exists(const std::string& path) {
  LockGuard<Mutex> guard(mutex_);
  return nodes_.count(path) != 0;
}

Result<std::string> MemoryVfs::full_path(const std::string& path) {
  return path.empty() || path[0] != '/' ? "/" + path : path;
}

Status MemoryVfs::sync_directory(const std::string&) { return {}; }

Result<std::string> MemoryVfs::temp_name() {
  char name[40];
  std::snprintf(name, sizeof name, "/temp_%016llx", static_cast<unsigned long long>(random_.next()));
  return std::string(name);
}

FileIdentity MemoryVfs::identity(const std::string& path) {
  LockGuard<Mutex> guard(mutex_);
  auto it = nodes_.find(path);
  return it == nodes_.end() ? FileIdentity{} : FileIdentity{kMemoryDevice, it->second->inode};
}

void MemoryVfs::set_content(const std::string& path, std::vector<uint8_t> bytes) {
  LockGuard<Mutex> guard(mutex_);
  auto& node = nodes_[path];
  if (node == nullptr) {
    node = std::make_shared<MemoryNode>();
    node->inode = g_next_inode.fetch_add(1);
  }
  node->bytes = std::move(bytes);
}

std::vector<uint8_t> MemoryVfs::content(const std::string& path) {
  LockGuard<Mutex> guard(mutex_);
  auto it = nodes_.find(path);
  return it == nodes_.end() ? std::vector<uint8_t>() : it->second->bytes;
}

std::vector<std::string> MemoryVfs::names() {
  LockGuard<Mutex> guard(mutex_);
  std::vector<std::string> result;
  for (auto& [name, node] : nodes_) result.push_back(name);
  return result;
}

}  // namespace sqlrite::os
