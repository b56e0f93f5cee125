#include "storage/journal/rollback_journal.h"

#include <cstring>

#include "base/endian.h"
#include "base/log.h"
#include "base/planted_bug.h"
#include "storage/journal/journal_playback.h"
#include "storage/journal/super_journal.h"

namespace sqlrite::storage {
namespace {

constexpr uint32_t kSegmentHeaderSizeBytes = 28;
constexpr size_t kBufferSizeMaxBytes = 256 * 1024;

bool append(GrowArray<uint8_t>& buffer, const void* bytes, size_t size_bytes) {
  size_t at = buffer.size();
  if (!buffer.reserve(at + size_bytes)) return false;
  buffer.truncate(at + size_bytes);
  std::memcpy(buffer.begin() + at, bytes, size_bytes);
  return true;
}

}  // namespace

Status RollbackJournal::begin(os::Vfs& vfs, const std::string& path, JournalMode mode, Synchronous level,
                              uint32_t page_size_bytes, uint32_t page_count) {
  vfs_ = &vfs;
  path_ = &path;
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
  names_super_journal_ = false;
  active_ = true;
  if (mode_ == JournalMode::Off) return {};
  Status status = mode_ != JournalMode::Memory && file_ == nullptr ? open_file() : Status();
  if (status.ok()) status = start_segment();
  if (!status.ok()) active_ = false;
  return status;
}

Status RollbackJournal::open_file() {
  os::OpenOptions options;
  options.role = os::FileRole::Journal;
  options.fall_back_to_read_only = false;
  SQLRITE_TRY_ASSIGN(file_, vfs_->open(*path_, options));
  created_ = true;
  // A journal whose end failed, though its transaction is over: the super-journal that it names would decide about ours.
  uint8_t first = 0;
  SQLRITE_TRY_ASSIGN(size_t got, file_->read_at(0, &first, 1));
  return got == 1 && first != 0 ? file_->truncate(0) : Status();
}

Status RollbackJournal::start_segment() {
  uint64_t end = buffer_offset_ + buffer_.size();
  uint64_t start = (end + kJournalSectorSizeBytes - 1) / kJournalSectorSizeBytes * kJournalSectorSizeBytes;
  uint8_t sector[kJournalSectorSizeBytes] = {};
  if (start > end && !append(buffer_, sector, start - end)) return Status(Code::NoMem);
  nonce_ = static_cast<uint32_t>(vfs_->random().next());
  std::memcpy(sector, kJournalMagic, sizeof kJournalMagic);
  // A count of zero announces nothing until the records are synced. Without syncs nobody comes back to write it.
  store_be32(sector + 8, level_ == Synchronous::Off || mode_ == JournalMode::Memory ? 0xffffffffu : 0);
  store_be32(sector + 12, nonce_);
  store_be32(sector + 16, page_count_);
  store_be32(sector + 20, kJournalSectorSizeBytes);
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
  store_be32(word, journal_record_checksum(nonce_, bytes, page_size_bytes_));
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
  std::memcpy(head, kJournalMagic, sizeof kJournalMagic);
  store_be32(head + 8, record_count_ - (SQLRITE_PLANTED_BUG(22) ? 1 : 0));
  SQLRITE_TRY(file_->write_at(segment_offset_, head, sizeof head));
  SQLRITE_TRY(file_->sync(os::SyncKind::Data));
  announced_count_ = record_count_;
  if (created_ && !SQLRITE_PLANTED_BUG(23)) {
    SQLRITE_TRY(vfs_->sync_directory(*path_));
    created_ = false;
  }
  return {};
}

// The name stands at the end of the file, where recovery looks for it: what an earlier transaction left behind it goes.
Status RollbackJournal::add_super_journal(std::string_view name) {
  if (!is_in_file()) return {};
  names_super_journal_ = true;
  if (!append_super_journal_record(buffer_, name, page_size_bytes_)) return Status(Code::NoMem);
  SQLRITE_TRY(write_out());
  return file_->truncate(buffer_offset_);
}

Status RollbackJournal::play_back(os::File& database) {
  if (mode_ == JournalMode::Off) return Status(Code::IoErr);
  bool anything = false;
  if (is_in_file()) {
    JournalBytes journal(*file_);
    SQLRITE_TRY(journal.open());
    SQLRITE_TRY(play_back_journal(journal, database, &anything));
  } else {
    JournalBytes journal(std::span<const uint8_t>(buffer_.begin(), buffer_.size()));
    SQLRITE_TRY(play_back_journal(journal, database, &anything));
  }
  return anything && level_ != Synchronous::Off ? database.sync(os::SyncKind::Data) : Status();
}

Status RollbackJournal::finish() {
  active_ = false;
  buffer_.clear();
  if (mode_ == JournalMode::Off || mode_ == JournalMode::Memory || file_ == nullptr) return {};
  // The file stays and the next transaction writes into it: unless its end is durable before that, a power cut could leave
  // the old header in front of a mixture of both transactions' records, and half of this one would be taken back.
  const bool sync_end = level_ >= Synchronous::Normal && !SQLRITE_PLANTED_BUG(29);
  // A name left at the end of a file that is used again would decide about the next transaction.
  if (mode_ == JournalMode::Truncate || (mode_ == JournalMode::Persist && names_super_journal_)) {
    SQLRITE_TRY(file_->truncate(0));
    return sync_end ? file_->sync(os::SyncKind::Data) : Status();
  }
  if (mode_ == JournalMode::Persist) {
    uint8_t zeros[kSegmentHeaderSizeBytes] = {};
    SQLRITE_TRY(file_->write_at(0, zeros, sizeof zeros));
    return sync_end ? file_->sync(os::SyncKind::Data) : Status();
  }
  file_.reset();
  return vfs_->remove(*path_, level_ == Synchronous::Extra);
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

namespace {

// Null: another process recovered it before we got the lock.
Result<std::unique_ptr<os::File>> open_hot(os::Vfs& vfs, const std::string& path) {
  os::OpenOptions options;
  options.role = os::FileRole::Journal;
  options.create = false;
  options.fall_back_to_read_only = false;
  auto opened = vfs.open(path, options);
  if (opened.ok()) return opened;
  SQLRITE_TRY_ASSIGN(bool still_there, vfs.exists(path));
  if (still_there) return opened;
  return std::unique_ptr<os::File>();
}

Status play_back_hot(os::File& file, os::File& database) {
  // What we play back must not be lost again while the pages are overwritten.
  SQLRITE_TRY(file.sync(os::SyncKind::Data));
  JournalBytes journal(file);
  SQLRITE_TRY(journal.open());
  bool anything = false;
  SQLRITE_TRY(play_back_journal(journal, database, &anything));
  if (!anything) return {};
  log_message(Code::Notice, "recovered pages from a rollback journal");
  return SQLRITE_PLANTED_BUG(27) ? Status() : database.sync(os::SyncKind::Data);
}

}  // namespace

Status RollbackJournal::recover(os::Vfs& vfs, const std::string& path, os::File& database) {
  SQLRITE_TRY_ASSIGN(std::unique_ptr<os::File> file, open_hot(vfs, path));
  if (file == nullptr) return {};
  SQLRITE_TRY_ASSIGN(std::string super_journal, read_super_journal_name(*file));
  bool is_committed = false;
  if (!super_journal.empty()) {
    SQLRITE_TRY_ASSIGN(bool exists, vfs.exists(super_journal));
    is_committed = !exists && !SQLRITE_PLANTED_BUG(30);
  }
  if (!is_committed && !SQLRITE_PLANTED_BUG(26)) SQLRITE_TRY(play_back_hot(*file, database));
  file.reset();
  SQLRITE_TRY(vfs.remove(path, true));
  if (super_journal.empty() || is_committed) return {};
  Status status = remove_stale_super_journal(vfs, super_journal, path);
  if (!status.ok()) log_message(status.code(), "a super-journal that is not needed any more could not be removed");
  return {};
}

Status RollbackJournal::play_back_file(os::Vfs& vfs, const std::string& path, os::File& database) {
  SQLRITE_TRY_ASSIGN(std::unique_ptr<os::File> file, open_hot(vfs, path));
  return file == nullptr ? Status() : play_back_hot(*file, database);
}

}  // namespace sqlrite::storage
