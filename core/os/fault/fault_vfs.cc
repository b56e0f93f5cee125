#include "os/fault/fault_vfs.h"

#include <algorithm>

namespace sqlrite::os {

class FaultFile final : public File {
 public:
  FaultFile(FaultVfs* vfs, std::unique_ptr<File> inner, uint32_t number)
      : vfs_(vfs), inner_(std::move(inner)), number_(number) {}

  Result<size_t> read_at(uint64_t offset, void* out, size_t size_bytes) override {
    uint32_t partial = 0;
    Status status = vfs_->check(Fault::kRead, &partial);
    if (!status.ok()) {
      if (partial == 0) return status;
      return inner_->read_at(offset, out, size_bytes * partial / 512);
    }
    return inner_->read_at(offset, out, size_bytes);
  }
  Status write_at(uint64_t offset, const void* bytes, size_t size_bytes) override {
    uint32_t partial = 0;
    Status status = vfs_->check(Fault::kWrite, &partial);
    size_t arriving = status.ok() ? size_bytes : size_bytes * partial / 512;
    if (arriving > 0) {
      const uint8_t* from = static_cast<const uint8_t*>(bytes);
      vfs_->record(Effect{Effect::Kind::Write, number_, {}, offset, std::vector<uint8_t>(from, from + arriving)});
      SQLRITE_TRY(inner_->write_at(offset, bytes, arriving));
    }
    return status;
  }
  Status truncate(uint64_t size_bytes) override {
    uint32_t partial = 0;
    SQLRITE_TRY(vfs_->check(Fault::kTruncate, &partial));
    vfs_->record(Effect{Effect::Kind::Truncate, number_, {}, size_bytes, {}});
    return inner_->truncate(size_bytes);
  }
  Status sync(SyncKind) override {
    uint32_t partial = 0;
    SQLRITE_TRY(vfs_->check(Fault::kSync, &partial));
    vfs_->record(Effect{Effect::Kind::Sync, number_, {}, 0, {}});
    return {};
  }
  Result<uint64_t> size() override { return inner_->size(); }
  bool is_read_only() const override { return inner_->is_read_only(); }
  FileIdentity identity() const override { return inner_->identity(); }
  Status lock(LockLevel level) override { return inner_->lock(level); }
  Status unlock(LockLevel level) override { return inner_->unlock(level); }
  LockLevel lock_level() const override { return inner_->lock_level(); }
  Result<bool> check_reserved() override { return inner_->check_reserved(); }

 private:
  FaultVfs* vfs_;
  std::unique_ptr<File> inner_;
  uint32_t number_;
};

Result<std::unique_ptr<File>> FaultVfs::open(const std::string& path, const OpenOptions& options) {
  uint32_t partial = 0;
  if (!check(Fault::kOpen, &partial).ok()) return Status(Code::CantOpen);
  SQLRITE_TRY_ASSIGN(bool existed, exists(path));
  SQLRITE_TRY_ASSIGN(std::unique_ptr<File> inner, MemoryVfs::open(path, options));
  uint32_t number;
  bool created;
  {
    LockGuard<Mutex> guard(fault_mutex_);
    created = !existed && !options.delete_on_close;
    if (!existed || file_numbers_.count(path) == 0) file_numbers_[path] = next_file_number_++;
    number = file_numbers_[path];
  }
  if (created) record(Effect{Effect::Kind::Create, number, path, 0, {}});
  return std::unique_ptr<File>(new FaultFile(this, std::move(inner), number));
}

Status FaultVfs::remove(const std::string& path, bool sync) {
  uint32_t partial = 0;
  SQLRITE_TRY(check(Fault::kRemove, &partial));
  SQLRITE_TRY_ASSIGN(bool existed, exists(path));
  SQLRITE_TRY(MemoryVfs::remove(path, sync));
  if (existed) record(Effect{Effect::Kind::Remove, 0, path, 0, {}});
  return sync ? sync_directory(path) : Status();
}

Status FaultVfs::sync_directory(const std::string&) {
  uint32_t partial = 0;
  SQLRITE_TRY(check(Fault::kSyncDirectory, &partial));
  record(Effect{Effect::Kind::SyncDirectory, 0, {}, 0, {}});
  return {};
}

void FaultVfs::arm(const Fault& fault) {
  LockGuard<Mutex> guard(fault_mutex_);
  fault_ = fault;
  armed_ = true;
  fired_ = false;
  call_count_ = 0;
}

void FaultVfs::disarm() {
  LockGuard<Mutex> guard(fault_mutex_);
  armed_ = false;
}

Status FaultVfs::check(uint32_t kind, uint32_t* partial) {
  LockGuard<Mutex> guard(fault_mutex_);
  *partial = 0;
  if (!armed_ || suspended_ || (fault_.kinds & kind) == 0) return {};
  ++call_count_;
  if (call_count_ < fault_.nth || (call_count_ > fault_.nth && !fault_.for_ever)) return {};
  fired_ = true;
  *partial = fault_.partial_512ths;
  if (kind == Fault::kSync) return Status(Code::IoErrFsync);
  if (kind == Fault::kRead) return Status(Code::IoErrRead);
  if (kind == Fault::kTruncate) return Status(Code::IoErrTruncate);
  if (kind == Fault::kRemove) return Status(Code::IoErrDelete);
  if (kind == Fault::kSyncDirectory) return Status(Code::IoErrDirFsync);
  return Status(fault_.code);
}

void FaultVfs::record(Effect effect) {
  if (!recording_) return;
  LockGuard<Mutex> guard(fault_mutex_);
  effects_.push_back(std::move(effect));
}

void FaultVfs::note(uint64_t value) { record(Effect{Effect::Kind::Note, 0, {}, value, {}}); }

void CrashImager::apply(const Effect& effect, size_t size_bytes, std::map<std::string, uint32_t>* names,
                        std::map<uint32_t, std::vector<uint8_t>>* files) {
  switch (effect.kind) {
    case Effect::Kind::Write: {
      std::vector<uint8_t>& file = (*files)[effect.file];
      if (file.size() < effect.offset + size_bytes) file.resize(effect.offset + size_bytes);
      std::copy(effect.bytes.begin(), effect.bytes.begin() + static_cast<ptrdiff_t>(size_bytes),
                file.begin() + static_cast<ptrdiff_t>(effect.offset));
      break;
    }
    case Effect::Kind::Truncate: (*files)[effect.file].resize(effect.offset); break;
    case Effect::Kind::Create: (*names)[effect.path] = effect.file; break;
    case Effect::Kind::Remove: names->erase(effect.path); break;
    case Effect::Kind::Sync:
    case Effect::Kind::SyncDirectory:
    case Effect::Kind::Note: break;
  }
}

void CrashImager::advance(const Effect& effect) {
  auto is_name = [](const Effect& e) { return e.kind == Effect::Kind::Create || e.kind == Effect::Kind::Remove; };
  if (effect.kind == Effect::Kind::Note) return;
  if (effect.kind != Effect::Kind::Sync && effect.kind != Effect::Kind::SyncDirectory) {
    pending_.push_back(Pending{&effect});
    return;
  }
  std::vector<Pending> rest;
  for (const Pending& pending : pending_) {
    const Effect& e = *pending.effect;
    bool durable = effect.kind == Effect::Kind::SyncDirectory ? is_name(e) : !is_name(e) && e.file == effect.file;
    if (durable) {
      apply(e, e.bytes.size(), &names_, &files_);
    } else {
      rest.push_back(pending);
    }
  }
  pending_.swap(rest);
}

CrashImager::Image CrashImager::build(const std::vector<bool>& keep, size_t torn, size_t torn_size_bytes) const {
  std::map<std::string, uint32_t> names = names_;
  std::map<uint32_t, std::vector<uint8_t>> files = files_;
  for (size_t i = 0; i < pending_.size(); ++i) {
    if (!keep[i]) continue;
    const Effect& effect = *pending_[i].effect;
    apply(effect, i == torn ? std::min(torn_size_bytes, effect.bytes.size()) : effect.bytes.size(), &names, &files);
  }
  Image image;
  for (const auto& [name, number] : names) image[name] = files[number];
  return image;
}

}  // namespace sqlrite::os
