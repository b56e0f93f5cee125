#include "storage/wal/wal_log.h"

#include <cstring>

#include "base/endian.h"
#include "base/log.h"
#include "base/planted_bug.h"

namespace sqlrite::storage {
namespace {

constexpr uint32_t kMagicLittleEndian = 0x377f0682;
constexpr uint32_t kMagicBigEndian = 0x377f0683;
constexpr uint32_t kFormatVersion = 3007000;
constexpr uint64_t kGrowthStepBytes = 64 * 1024;
constexpr uint32_t kWriteSizeMaxBytes = 64 * 1024;

}  // namespace

Status WalLog::open(os::Vfs& vfs, const std::string& path, bool read_only) {
  os::OpenOptions options;
  options.role = os::FileRole::Wal;
  options.read_only = read_only;
  vfs_ = &vfs;
  path_ = &path;
  SQLRITE_TRY_ASSIGN(bool existed, vfs.exists(path));
  auto opened = vfs.open(path, options);
  if (!opened.ok()) {
    if (read_only) return {};
    return opened.take_status();
  }
  file_ = opened.take();
  name_unsynced_ = !existed;
  SQLRITE_TRY_ASSIGN(file_size_bytes_, file_->size());
  return {};
}

void WalLog::draw_salts(os::Random& random, bool first) {
  salt1_ = first ? static_cast<uint32_t>(random.next()) : salt1_ + 1;
  if (salt1_ == 0) salt1_ = 1;  // the unwritten rest of the file is zeros
  salt2_ = static_cast<uint32_t>(random.next());
}

Status WalLog::start(uint32_t page_size_bytes, os::Random& random) {
  page_size_bytes_ = page_size_bytes;
  checksum_.prepare(page_size_bytes);
  index_.clear();
  pending_pages_.clear();
  committed_frame_count_ = 0;
  checkpoint_number_ = 0;
  header_written_ = false;
  big_endian_ = false;
  draw_salts(random, true);
  return {};
}

void WalLog::restart(os::Random& random) {
  index_.clear();
  pending_pages_.clear();
  committed_frame_count_ = 0;
  ++checkpoint_number_;
  header_written_ = SQLRITE_PLANTED_BUG(1);
  big_endian_ = false;
  draw_salts(random, false);
}

Status WalLog::recover(uint32_t* page_size_bytes, uint32_t* page_count) {
  *page_count = 0;
  committed_frame_count_ = 0;
  index_.clear();
  if (file_ == nullptr || file_size_bytes_ < kHeaderSizeBytes) return {};
  uint8_t header[kHeaderSizeBytes];
  SQLRITE_TRY_ASSIGN(size_t got, file_->read_at(0, header, sizeof header));
  if (got < sizeof header) return {};
  uint32_t magic = load_be32(header);
  uint32_t page_size = load_be32(header + 8);
  if ((magic != kMagicLittleEndian && magic != kMagicBigEndian) || page_size < 512 || page_size > 65536 ||
      (page_size & (page_size - 1)) != 0) {
    return {};
  }
  bool big_endian = magic == kMagicBigEndian;
  WalChecksum state = wal_checksum({}, header, 24, big_endian);
  if (state.s0 != load_be32(header + 24) || state.s1 != load_be32(header + 28)) return {};
  if (load_be32(header + 4) != kFormatVersion) return Status(Code::CantOpen, "write-ahead log of an unknown version");
  big_endian_ = big_endian;
  page_size_bytes_ = page_size;
  checksum_.prepare(page_size);
  checkpoint_number_ = load_be32(header + 12);
  salt1_ = load_be32(header + 16);
  salt2_ = load_be32(header + 20);
  header_written_ = true;
  committed_checksum_ = state;

  const uint32_t frame_size = kFrameHeaderSizeBytes + page_size;
  const uint32_t frames_per_read = frame_size >= (1u << 18) ? 1 : (1u << 18) / frame_size;
  if (!buffer_.reserve(static_cast<size_t>(frame_size) * frames_per_read)) return Status(Code::NoMem);
  GrowArray<uint32_t> uncommitted;
  uint32_t frame = 1;
  for (bool valid = true; valid;) {
    SQLRITE_TRY_ASSIGN(size_t size, file_->read_at(frame_offset(frame), buffer_.begin(),
                                                   static_cast<size_t>(frame_size) * frames_per_read));
    if (size < frame_size) break;
    for (size_t at = 0; at + frame_size <= size; at += frame_size, ++frame) {
      const uint8_t* bytes = buffer_.begin() + at;
      uint32_t page = load_be32(bytes);
      valid = page != 0 && load_be32(bytes + 8) == salt1_ && load_be32(bytes + 12) == salt2_;
      if (valid) {
        if (!SQLRITE_PLANTED_BUG(7)) state = wal_checksum(state, bytes, 8, big_endian_);
        state = page_checksum(state, bytes + kFrameHeaderSizeBytes);
        valid = state.s0 == load_be32(bytes + 16) && state.s1 == load_be32(bytes + 20);
        if (SQLRITE_PLANTED_BUG(3)) valid = true;
      }
      if (!valid) break;
      if (!uncommitted.push_back(page)) return Status(Code::NoMem);
      uint32_t size_after = load_be32(bytes + 4);
      if (SQLRITE_PLANTED_BUG(4) && size_after == 0) size_after = *page_count;
      if (size_after != 0) {
        if (!index_.reserve(static_cast<uint32_t>(uncommitted.size()))) return Status(Code::NoMem);
        for (uint32_t p : uncommitted) index_.append(p);
        uncommitted.clear();
        committed_frame_count_ = frame;
        committed_checksum_ = state;
        *page_count = size_after;
      }
    }
  }
  *page_size_bytes = page_size;
  if (committed_frame_count_ > 0) log_message(Code::Notice, "recovered frames from the write-ahead log");
  return {};
}

Status WalLog::read_frame(uint32_t frame, uint8_t* out) const {
  SQLRITE_TRY_ASSIGN(size_t got, file_->read_at(frame_offset(frame) + kFrameHeaderSizeBytes, out, page_size_bytes_));
  if (got < page_size_bytes_) return Status(Code::IoErrShortRead);
  return {};
}

WalChecksum WalLog::page_checksum(WalChecksum state, const uint8_t* page) const {
  return big_endian_ ? wal_checksum(state, page, page_size_bytes_, true) : checksum_.update(state, page);
}

Status WalLog::write_header(bool sync_header) {
  uint8_t header[kHeaderSizeBytes];
  store_be32(header, kMagicLittleEndian);
  store_be32(header + 4, kFormatVersion);
  store_be32(header + 8, page_size_bytes_);
  store_be32(header + 12, checkpoint_number_);
  store_be32(header + 16, salt1_);
  store_be32(header + 20, salt2_);
  WalChecksum state = wal_checksum({}, header, 24, false);
  store_be32(header + 24, state.s0);
  store_be32(header + 28, state.s1);
  SQLRITE_TRY(file_->write_at(0, header, sizeof header));
  if (file_size_bytes_ < sizeof header) file_size_bytes_ = sizeof header;
  // Before the first frame may reach the disk: else a crash could leave the old header in front of what is left of
  // the old frames, and recovery would take back pages that were checkpointed long ago.
  if (sync_header && !SQLRITE_PLANTED_BUG(5)) SQLRITE_TRY(sync());
  committed_checksum_ = state;
  header_written_ = true;
  return {};
}

Status WalLog::append(const WalPage* pages, uint32_t count, uint32_t commit_page_count, bool sync_header) {
  if (!header_written_) SQLRITE_TRY(write_header(sync_header));
  if (pending_pages_.empty()) pending_checksum_ = committed_checksum_;
  uint32_t pending_before = pending_frame_count();
  if (!pending_pages_.reserve(pending_before + count)) return Status(Code::NoMem);

  const uint32_t frame_size = kFrameHeaderSizeBytes + page_size_bytes_;
  uint32_t frames_per_write = kWriteSizeMaxBytes / frame_size;
  if (frames_per_write == 0) frames_per_write = 1;
  if (frames_per_write > count) frames_per_write = count;
  WalChecksum state = pending_checksum_;
  for (uint32_t done = 0; done < count;) {
    uint32_t batch = count - done < frames_per_write ? count - done : frames_per_write;
    uint64_t offset = frame_offset(committed_frame_count_ + pending_before + done + 1);
    uint64_t size = static_cast<uint64_t>(batch) * frame_size;
    // A growing file takes zeros up to the next step in the same write.
    uint64_t padded = size;
    if (offset + size > file_size_bytes_)
      padded = (offset + size + kGrowthStepBytes - 1) / kGrowthStepBytes * kGrowthStepBytes - offset;
    if (!buffer_.reserve(padded)) return Status(Code::NoMem);
    uint8_t* out = buffer_.begin();
    for (uint32_t i = 0; i < batch; ++i, out += frame_size) {
      const WalPage& page = pages[done + i];
      store_be32(out, page.page);
      store_be32(out + 4, done + i + 1 == count || SQLRITE_PLANTED_BUG(6) ? commit_page_count : 0);
      store_be32(out + 8, salt1_);
      store_be32(out + 12, salt2_);
      std::memcpy(out + kFrameHeaderSizeBytes, page.data, page_size_bytes_);
      if (!SQLRITE_PLANTED_BUG(7)) state = wal_checksum(state, out, 8, big_endian_);
      state = page_checksum(state, out + kFrameHeaderSizeBytes);
      store_be32(out + 16, state.s0);
      store_be32(out + 20, state.s1);
    }
    if (padded > size) std::memset(out, 0, padded - size);
    SQLRITE_TRY(file_->write_at(offset, buffer_.begin(), padded));
    if (offset + padded > file_size_bytes_) file_size_bytes_ = offset + padded;
    done += batch;
  }
  for (uint32_t i = 0; i < count; ++i) {
    bool pushed = pending_pages_.push_back(pages[i].page);
    SQLRITE_CHECK(pushed);
  }
  pending_checksum_ = state;
  return {};
}

Status WalLog::sync() {
  SQLRITE_TRY(file_->sync(os::SyncKind::Data));
  if (!name_unsynced_ || SQLRITE_PLANTED_BUG(8)) return {};
  SQLRITE_TRY(vfs_->sync_directory(*path_));
  name_unsynced_ = false;
  return {};
}

void WalLog::publish() {
  for (uint32_t page : pending_pages_) index_.append(page);
  committed_frame_count_ += pending_frame_count();
  committed_checksum_ = pending_checksum_;
  pending_pages_.clear();
}

void WalLog::rollback_pending() { pending_pages_.clear(); }

Status WalLog::truncate_file(uint64_t size_bytes) {
  if (file_ == nullptr || file_size_bytes_ <= size_bytes) return {};
  SQLRITE_TRY(file_->truncate(size_bytes));
  file_size_bytes_ = size_bytes;
  return {};
}

}  // namespace sqlrite::storage
