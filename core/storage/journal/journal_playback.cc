#include "storage/journal/journal_playback.h"

#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "base/ids.h"
#include "base/planted_bug.h"
#include "storage/pager/database_header.h"

namespace sqlrite::storage {
namespace {

constexpr uint32_t kWindowSizeBytes = 256 * 1024;  // more than the largest record, 65536 + 8 bytes

struct SegmentHeader {
  uint32_t record_count = 0;
  uint32_t nonce = 0;
  uint32_t page_count = 0;
  uint32_t sector_size_bytes = 0;
  uint32_t page_size_bytes = 0;

  bool has_valid_sector_size() const {
    return sector_size_bytes >= 32 && sector_size_bytes <= 65536 && (sector_size_bytes & (sector_size_bytes - 1)) == 0;
  }
};

// What the header of the database says; SQLite's default where it says nothing sensible.
Result<uint32_t> page_size_in(os::File& database) {
  uint8_t field[2] = {};
  SQLRITE_TRY_ASSIGN(size_t got, database.read_at(16, field, sizeof field));
  uint32_t size = got == sizeof field ? load_be16(field) : 0;
  if (size == 1) size = 65536;
  return is_page_size(size) ? size : 4096;
}

class Playback {
 public:
  Playback(JournalBytes& journal, os::File& database) : journal_(journal), database_(database) {}

  Status run(bool* anything) {
    SQLRITE_TRY(play_back(anything));
    return *anything ? restore_size() : Status();
  }

 private:
  Status play_back(bool* anything) {
    *anything = false;
    // A header fills its sector; until it has said how large that is, SQLite takes it to be 512 bytes.
    uint32_t header_size = kJournalSectorSizeBytes;
    for (uint64_t at = 0;;) {
      SegmentHeader header;
      SQLRITE_TRY_ASSIGN(bool found, read_header(at, header_size, &header));
      if (!found || !header.has_valid_sector_size()) return {};
      if (!*anything) {
        SQLRITE_TRY_ASSIGN(*anything, begin(header));
        if (!*anything) return {};
      }
      header_size = header.sector_size_bytes;
      at += header_size;
      SQLRITE_TRY_ASSIGN(bool complete, play_back_segment(header, &at));
      if (!complete) return {};
      at = (at + header_size - 1) / header_size * header_size;
    }
  }

  // Pages that were cut off need not all be in the journal: of free ones SQLite keeps no content. The count in the
  // journal has no checksum, so the database's own header has to agree.
  Status restore_size() {
    uint8_t bytes[kHeaderSizeBytes] = {};
    SQLRITE_TRY_ASSIGN(size_t got, database_.read_at(0, bytes, sizeof bytes));
    DatabaseHeader header;
    if (got < sizeof bytes || !parse_header(bytes, &header).ok() || header.page_count != page_count_) return {};
    const uint64_t old_size = static_cast<uint64_t>(page_count_) * page_size_;
    SQLRITE_TRY_ASSIGN(uint64_t size, database_.size());
    const uint8_t zero = 0;
    return size < old_size ? database_.write_at(old_size - 1, &zero, 1) : Status();
  }

  Result<bool> read_header(uint64_t at, uint32_t size_bytes, SegmentHeader* header) {
    SQLRITE_TRY_ASSIGN(const uint8_t* bytes, journal_.at(at, size_bytes));
    if (bytes == nullptr || std::memcmp(bytes, kJournalMagic, sizeof kJournalMagic) != 0) return false;
    header->record_count = load_be32(bytes + 8);
    header->nonce = load_be32(bytes + 12);
    header->page_count = load_be32(bytes + 16);
    header->sector_size_bytes = load_be32(bytes + 20);
    header->page_size_bytes = load_be32(bytes + 24);
    return true;
  }

  // The first header says what the database was: false when it makes no sense.
  Result<bool> begin(const SegmentHeader& header) {
    page_count_ = header.page_count;
    page_size_ = header.page_size_bytes;
    if (page_size_ == 0) {  // as SQLite wrote it before 3.5.8
      SQLRITE_TRY_ASSIGN(page_size_, page_size_in(database_));
    }
    if (!is_page_size(page_size_)) return false;
    const uint64_t old_size = static_cast<uint64_t>(page_count_) * page_size_;
    SQLRITE_TRY_ASSIGN(uint64_t size, database_.size());
    if (size > old_size && !SQLRITE_PLANTED_BUG(24)) SQLRITE_TRY(database_.truncate(old_size));
    return true;
  }

  // False: the first record that does not count ended the playback.
  Result<bool> play_back_segment(const SegmentHeader& header, uint64_t* at) {
    const uint32_t record_size = page_size_ + 8;
    const PageId no_page{static_cast<uint32_t>(os::lock_bytes::kPending / page_size_) + 1};
    uint64_t record_count = header.record_count;
    // Announced without a number: to the end of the file.
    if (record_count == 0xffffffffu)
      record_count = (journal_.size_bytes() - std::min(*at, journal_.size_bytes())) / record_size;
    for (uint64_t done = 0; done < record_count; ++done, *at += record_size) {
      SQLRITE_TRY_ASSIGN(const uint8_t* record, journal_.at(*at, record_size));
      if (record == nullptr) return false;
      const PageId page{load_be32(record)};
      const uint8_t* content = record + 4;
      if (!page || page == no_page) return false;  // the second begins the super-journal's name
      const uint32_t sum = load_be32(content + page_size_);
      if (sum != journal_record_checksum(header.nonce, content, page_size_) && !SQLRITE_PLANTED_BUG(25)) return false;
      if (page.value > page_count_) continue;
      SQLRITE_TRY(database_.write_at(static_cast<uint64_t>(page.value - 1) * page_size_, content, page_size_));
    }
    return true;
  }

  JournalBytes& journal_;
  os::File& database_;
  uint32_t page_count_ = 0;
  uint32_t page_size_ = 0;
};

}  // namespace

uint32_t journal_record_checksum(uint32_t nonce, const uint8_t* page, uint32_t page_size_bytes) {
  uint32_t sum = nonce;
  const int64_t last = static_cast<int64_t>(page_size_bytes) - (SQLRITE_PLANTED_BUG(28) ? 100 : 200);
  for (int64_t at = last; at > 0; at -= 200) sum += page[at];
  return sum;
}

Status JournalBytes::open() {
  SQLRITE_TRY_ASSIGN(size_bytes_, file_->size());
  return window_.reserve(kWindowSizeBytes) ? Status() : Status(Code::NoMem);
}

Result<const uint8_t*> JournalBytes::at(uint64_t offset, uint32_t size_bytes) {
  if (offset > size_bytes_ || size_bytes > size_bytes_ - offset) return static_cast<const uint8_t*>(nullptr);
  if (file_ == nullptr) return memory_.data() + offset;
  if (offset < window_offset_ || offset + size_bytes > window_offset_ + window_.size()) {
    const size_t wanted = static_cast<size_t>(std::min<uint64_t>(kWindowSizeBytes, size_bytes_ - offset));
    window_.clear();
    SQLRITE_TRY_ASSIGN(size_t got, file_->read_at(offset, window_.begin(), wanted));
    window_.truncate(got);
    window_offset_ = offset;
    if (got < size_bytes) return static_cast<const uint8_t*>(nullptr);
  }
  return static_cast<const uint8_t*>(window_.begin() + (offset - window_offset_));
}

Status play_back_journal(JournalBytes& journal, os::File& database, bool* anything) {
  return Playback(journal, database).run(anything);
}

}  // namespace sqlrite::storage
