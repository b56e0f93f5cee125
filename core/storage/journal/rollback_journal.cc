#include "storage/journal/rollback_journal.h"

#include <cstring>

#include "base/endian.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "storage/pager/database_header.h"

namespace sqlrite::storage {
namespace {

constexpr uint8_t kMagic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
constexpr uint32_t kSectorSizeBytes = 512;
constexpr uint32_t kSegmentHeaderSizeBytes = 28;
constexpr size_t kBufferSizeMaxBytes = 256 * 1024;

uint32_t record_checksum(uint32_t nonce, const uint8_t* page, uint32_t page_size_bytes) {
  uint32_t sum = nonce;
  for (int64_t at = static_cast<int64_t>(page_size_bytes) - (SQLRITE_PLANTED_BUG(28) ? 100 : 200); at > 0; at -= 200) sum += page[at];
  return sum;
}

bool append(GrowArray<uint8_t>& buffer, const void* bytes, size_t size_bytes) {
  size_t at = buffer.size();
  if (!buffer.reserve(at + size_bytes)) return false;
  buffer.truncate(at + size_bytes);
  std::memcpy(buffer.begin() + at, bytes, size_bytes);
  return true;
}

// The super-journal a journal names at its end, empty if none.
std::string super_journal_of(const uint8_t* bytes, uint64_t size_bytes) {
  if (size_bytes < 16 || std::memcmp(bytes + size_bytes - 8, kMagic, 8) != 0) return {};
  uint32_t length = load_be32(bytes + size_bytes - 16);
  if (length == 0 || length > 4096 || length + 16 > size_bytes) return {};
  const uint8_t* name = bytes + size_bytes - 16 - length;
  uint32_t sum = 0;
  for (uint32_t i = 0; i < length; ++i) sum += name[i];
  if (sum != load_be32(bytes + size_bytes - 12)) return {};
  return std::string(reinterpret_cast<const char*>(name), length);
}

// What the header of the database says; SQLite's default where it says nothing sensible.
Result<uint32_t> page_size_in(os::File& database) {
  uint8_t field[2] = {};
  SQLRITE_TRY_ASSIGN(size_t got, database.read_at(16, field, sizeof field));
  uint32_t size = got == sizeof field ? load_be16(field) : 0;
  if (size == 1) size = 65536;
  return is_page_size(size) ? size : 4096;
}

Status read_all(os::File& file, GrowArray<uint8_t>* out) {
  SQLRITE_TRY_ASSIGN(uint64_t size, file.size());
  if (!out->reserve(size + 1)) return Status(Code::NoMem);
  SQLRITE_TRY_ASSIGN(size_t got, file.read_at(0, out->begin(), size));
  out->truncate(got);
  return {};
}

}  // namespace

Status RollbackJournal::begin(os::Vfs& vfs, const std::string& path, JournalMode mode, Synchronous level,
                              uint32_t page_size_bytes, uint32_t page_count) {
  vfs_ = &vfs;
  path_ = path;
  mode_ = mode == JournalMode::Wal ? JournalMode::Delete : mode;
  level_ = level;
  page_size_bytes_ = page_size_bytes;
  page_count_ = page_count;
  buffer_.clear();
  buffer_offset_ = 0;
  segment_offset_ = 0;
  record_count_ = 0;
  announced_count_ = 0;
  created_ = false;
  active_ = true;
  if (mode_ == JournalMode::Off) return {};
  if (mode_ != JournalMode::Memory && file_ == nullptr) {
    os::OpenOptions options;
    options.role = os::FileRole::Journal;
    options.fall_back_to_read_only = false;
    auto opened = vfs.open(path, options);
    if (!opened.ok()) {
      active_ = false;
      return opened.take_status();
    }
    file_ = opened.take();
    created_ = true;
  }
  Status status = start_segment();
  if (!status.ok()) active_ = false;
  return status;
}

Status RollbackJournal::start_segment() {
  uint64_t end = buffer_offset_ + buffer_.size();
  uint64_t start = (end + kSectorSizeBytes - 1) / kSectorSizeBytes * kSectorSizeBytes;
  uint8_t sector[kSectorSizeBytes] = {};
  if (start > end && !append(buffer_, sector, start - end)) return Status(Code::NoMem);
  nonce_ = static_cast<uint32_t>(vfs_->random().next());
  std::memcpy(sector, kMagic, 8);
  // A count of zero announces nothing until the records are synced. Without syncs nobody comes back to write it.
  store_be32(sector + 8, level_ == Synchronous::Off || mode_ == JournalMode::Memory ? 0xffffffffu : 0);
  store_be32(sector + 12, nonce_);
  store_be32(sector + 16, page_count_);
  store_be32(sector + 20, kSectorSizeBytes);
  store_be32(sector + 24, page_size_bytes_);
  segment_offset_ = start;
  record_count_ = 0;
  announced_count_ = 0;
  return append(buffer_, sector, sizeof sector) ? Status() : Status(Code::NoMem);
}

Status RollbackJournal::add(uint32_t page, const uint8_t* bytes) {
  if (mode_ == JournalMode::Off) return {};
  if (record_count_ != 0 && record_count_ == announced_count_) SQLRITE_TRY(start_segment());
  uint8_t word[4];
  store_be32(word, page);
  if (!append(buffer_, word, 4) || !append(buffer_, bytes, page_size_bytes_)) return Status(Code::NoMem);
  store_be32(word, record_checksum(nonce_, bytes, page_size_bytes_));
  if (!append(buffer_, word, 4)) return Status(Code::NoMem);
  ++record_count_;
  if (mode_ != JournalMode::Memory && buffer_.size() >= kBufferSizeMaxBytes) return write_out();
  return {};
}

Status RollbackJournal::write_out() {
  if (buffer_.empty()) return {};
  SQLRITE_TRY(file_->write_at(buffer_offset_, buffer_.begin(), buffer_.size()));
  buffer_offset_ += buffer_.size();
  buffer_.clear();
  return {};
}

Status RollbackJournal::flush() {
  if (mode_ == JournalMode::Off || mode_ == JournalMode::Memory) return {};
  SQLRITE_TRY(write_out());
  if (level_ == Synchronous::Off || SQLRITE_PLANTED_BUG(21)) return {};
  // FULL: the records first, then the count that announces them, so that no order of writes inside the disk can
  // make an unwritten record count. (Its checksum would nearly always tell; NORMAL relies on that.)
  if (level_ >= Synchronous::Full) SQLRITE_TRY(file_->sync(os::SyncKind::Data));
  uint8_t head[12];
  std::memcpy(head, kMagic, 8);
  store_be32(head + 8, record_count_ - (SQLRITE_PLANTED_BUG(22) ? 1 : 0));
  SQLRITE_TRY(file_->write_at(segment_offset_, head, sizeof head));
  SQLRITE_TRY(file_->sync(os::SyncKind::Data));
  announced_count_ = record_count_;
  if (created_ && !SQLRITE_PLANTED_BUG(23)) {
    SQLRITE_TRY(vfs_->sync_directory(path_));
    created_ = false;
  }
  return {};
}

Status RollbackJournal::play_back(os::File& database) {
  if (mode_ == JournalMode::Off) return Status(Code::IoErr);
  bool anything = false;
  if (mode_ == JournalMode::Memory) {
    SQLRITE_TRY(play_back_bytes(buffer_.begin(), buffer_.size(), database, &anything));
  } else {
    GrowArray<uint8_t> bytes;
    SQLRITE_TRY(read_all(*file_, &bytes));
    SQLRITE_TRY(play_back_bytes(bytes.begin(), bytes.size(), database, &anything));
  }
  if (!anything) return {};
  return level_ == Synchronous::Off ? Status() : database.sync(os::SyncKind::Data);
}

Status RollbackJournal::play_back_bytes(const uint8_t* bytes, uint64_t size_bytes, os::File& database, bool* anything) {
  uint64_t at = 0;
  uint32_t page_count = 0;
  uint32_t page_size = 0;
  uint64_t header_size = kSectorSizeBytes;
  *anything = false;
  for (;;) {
    // A header fills its sector; until it has said how large that is, SQLite takes it to be 512 bytes.
    if (at + header_size > size_bytes || std::memcmp(bytes + at, kMagic, 8) != 0) break;
    uint32_t record_count = load_be32(bytes + at + 8);
    uint32_t nonce = load_be32(bytes + at + 12);
    uint32_t sector_size = load_be32(bytes + at + 20);
    if (!*anything) {
      page_count = load_be32(bytes + at + 16);
      page_size = load_be32(bytes + at + 24);
      if (page_size == 0) {  // as SQLite wrote it before 3.5.8
        SQLRITE_TRY_ASSIGN(page_size, page_size_in(database));
      }
      if (!is_page_size(page_size) || sector_size < 32 || sector_size > 65536 || (sector_size & (sector_size - 1)) != 0) return {};
      *anything = true;
      SQLRITE_TRY_ASSIGN(uint64_t size, database.size());
      if (size > static_cast<uint64_t>(page_count) * page_size && !SQLRITE_PLANTED_BUG(24)) SQLRITE_TRY(database.truncate(static_cast<uint64_t>(page_count) * page_size));
    }
    if (sector_size < 32 || sector_size > 65536) break;
    header_size = sector_size;
    at += sector_size;
    const uint64_t record_size = page_size + 8;
    if (record_count == 0xffffffffu) record_count = static_cast<uint32_t>(at < size_bytes ? (size_bytes - at) / record_size : 0);
    uint32_t done = 0;
    for (; done < record_count && at + record_size <= size_bytes; ++done, at += record_size) {
      uint32_t page = load_be32(bytes + at);
      const uint8_t* content = bytes + at + 4;
      if (page == 0) break;
      if (load_be32(content + page_size) != record_checksum(nonce, content, page_size) && !SQLRITE_PLANTED_BUG(25)) break;
      if (page > page_count) continue;
      SQLRITE_TRY(database.write_at(static_cast<uint64_t>(page - 1) * page_size, content, page_size));
    }
    if (done < record_count) break;
    at = (at + sector_size - 1) / sector_size * sector_size;
  }
  return {};
}

Status RollbackJournal::finish() {
  active_ = false;
  buffer_.clear();
  if (mode_ == JournalMode::Off || mode_ == JournalMode::Memory || file_ == nullptr) return {};
  // The file stays and the next transaction writes into it: unless its end is durable before that, a power cut could leave
  // the old header in front of a mixture of both transactions' records, and half of this one would be taken back.
  const bool sync_end = level_ >= Synchronous::Normal && !SQLRITE_PLANTED_BUG(29);
  if (mode_ == JournalMode::Truncate) {
    SQLRITE_TRY(file_->truncate(0));
    return sync_end ? file_->sync(os::SyncKind::Data) : Status();
  }
  if (mode_ == JournalMode::Persist) {
    uint8_t zeros[kSegmentHeaderSizeBytes] = {};
    SQLRITE_TRY(file_->write_at(0, zeros, sizeof zeros));
    return sync_end ? file_->sync(os::SyncKind::Data) : Status();
  }
  file_.reset();
  return vfs_->remove(path_, level_ == Synchronous::Extra);
}

void RollbackJournal::abandon() {
  active_ = false;
  buffer_.clear();
  file_.reset();
}

Result<bool> RollbackJournal::is_hot(os::Vfs& vfs, const std::string& path, os::File& database) {
  SQLRITE_TRY_ASSIGN(bool exists, vfs.exists(path));
  if (!exists) return false;
  SQLRITE_TRY_ASSIGN(bool reserved, database.check_reserved());
  if (reserved) return false;
  return has_content(vfs, path);
}

Result<bool> RollbackJournal::has_content(os::Vfs& vfs, const std::string& path) {
  os::OpenOptions options;
  options.role = os::FileRole::Journal;
  options.read_only = true;
  auto opened = vfs.open(path, options);
  if (!opened.ok()) {
    // Gone meanwhile: its transaction ended between the two looks.
    SQLRITE_TRY_ASSIGN(bool still_there, vfs.exists(path));
    if (!still_there) return false;
    return opened.take_status();
  }
  uint8_t first = 0;
  SQLRITE_TRY_ASSIGN(size_t got, opened.value()->read_at(0, &first, 1));
  return got == 1 && first != 0;
}

Status RollbackJournal::recover(os::Vfs& vfs, const std::string& path, os::File& database) {
  if (!SQLRITE_PLANTED_BUG(26)) SQLRITE_TRY(play_back_file(vfs, path, database));
  return vfs.remove(path, true);
}

Status RollbackJournal::play_back_file(os::Vfs& vfs, const std::string& path, os::File& database) {
  os::OpenOptions options;
  options.role = os::FileRole::Journal;
  options.create = false;
  options.fall_back_to_read_only = false;
  auto opened = vfs.open(path, options);
  if (!opened.ok()) {
    // Another process may have recovered it before we got the lock.
    SQLRITE_TRY_ASSIGN(bool still_there, vfs.exists(path));
    return still_there ? opened.take_status() : Status();
  }
  std::unique_ptr<os::File> file = opened.take();
  GrowArray<uint8_t> bytes;
  SQLRITE_TRY(read_all(*file, &bytes));
  std::string super_journal = super_journal_of(bytes.begin(), bytes.size());
  if (!super_journal.empty()) {
    SQLRITE_TRY_ASSIGN(bool super_exists, vfs.exists(super_journal));
    if (!super_exists) return {};
  }
  // What we play back must not be lost again while the pages are overwritten.
  SQLRITE_TRY(file->sync(os::SyncKind::Data));
  bool anything = false;
  SQLRITE_TRY(play_back_bytes(bytes.begin(), bytes.size(), database, &anything));
  if (anything) {
    log_message(Code::Notice, "recovered pages from a rollback journal");
    if (!SQLRITE_PLANTED_BUG(27)) SQLRITE_TRY(database.sync(os::SyncKind::Data));
  }
  return {};
}

}  // namespace sqlrite::storage
