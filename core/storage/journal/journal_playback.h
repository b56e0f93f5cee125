// Playing back a rollback journal. It is read piece by piece: journals of any size need one buffer.
#pragma once

#include <cstdint>
#include <span>

#include "base/grow_array.h"
#include "base/status.h"
#include "os/vfs.h"

namespace sqlrite::storage {

inline constexpr uint8_t kJournalMagic[8] = {0xd9, 0xd5, 0x05, 0xf9, 0x20, 0xa1, 0x63, 0xd7};
inline constexpr uint32_t kJournalSectorSizeBytes = 512;

uint32_t journal_record_checksum(uint32_t nonce, const uint8_t* page, uint32_t page_size_bytes);

// The bytes of a journal, in a file or in memory.
class JournalBytes {
 public:
  explicit JournalBytes(std::span<const uint8_t> memory) : memory_(memory), size_bytes_(memory.size()) {}
  explicit JournalBytes(os::File& file) : file_(&file) {}
  Status open();  // needed for files only

  uint64_t size_bytes() const { return size_bytes_; }
  // Bytes [offset, offset + size_bytes), or null where the journal ends before. They live until the next call.
  Result<const uint8_t*> at(uint64_t offset, uint32_t size_bytes);

 private:
  os::File* file_ = nullptr;
  std::span<const uint8_t> memory_;
  uint64_t size_bytes_ = 0;
  GrowArray<uint8_t> window_;
  uint64_t window_offset_ = 0;
};

// Writes the old pages into `database` and cuts it to its old size. *anything: the journal had a header, so that the
// database may have been written. Does not sync.
Status play_back_journal(JournalBytes& journal, os::File& database, bool* anything);

}  // namespace sqlrite::storage
