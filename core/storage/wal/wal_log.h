// The write-ahead log file in SQLite's format: recovery, appending, reading, restarting.
//
//   header, 32 bytes: magic | format 3007000 | page size | checkpoint number | salt 1 | salt 2 | checksum (2 words)
//   frame: page number | database size in pages (commit frames, else 0) | salt 1 | salt 2 | checksum (2 words) | page
//
// All numbers are big-endian. The checksum runs on from the header over the first eight bytes and the page of every
// frame. A frame counts if salts and checksum fit, and all up to the last commit frame before the first misfit are the
// log. So the file may be longer than the log: it grows in steps of 64 KiB and is overwritten after a restart.
//
// Thread safety: appending and restarting belong to the writer; index() and committed_frame_count() are read under the
// database file's mutex, which the writer holds while it publishes; read_frame() may run at any time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/status.h"
#include "os/vfs.h"
#include "storage/wal/wal_checksum.h"
#include "storage/wal/wal_index.h"

namespace sqlrite::storage {

struct WalPage {
  uint32_t page;
  const uint8_t* data;
};

class WalLog {
 public:
  static constexpr uint32_t kHeaderSizeBytes = 32;
  static constexpr uint32_t kFrameHeaderSizeBytes = 24;

  // Opens or creates the file; reads nothing. `read_only`: a missing file is an empty log.
  Status open(os::Vfs& vfs, const std::string& path, bool read_only);
  bool is_open() const { return file_ != nullptr; }
  // Reads the log and builds the index. Afterwards committed_frame_count() may be 0 (nothing to recover).
  Status recover(uint32_t* page_size_bytes, uint32_t* page_count);
  // Starts an empty log for pages of this size.
  Status start(uint32_t page_size_bytes, os::Random& random);
  void close() {
    file_.reset();
    file_size_bytes_ = 0;
  }

  uint32_t committed_frame_count() const { return committed_frame_count_; }
  const WalIndex& index() const { return index_; }
  Status read_frame(uint32_t frame, uint8_t* out) const;

  // Writes frames behind those already there. `commit_page_count` not zero: the last one is a commit frame.
  // Nothing is visible, and the next append after rollback_pending() overwrites, until publish().
  Status append(const WalPage* pages, uint32_t count, uint32_t commit_page_count, bool sync_header);
  Status sync();
  uint32_t pending_frame_count() const { return static_cast<uint32_t>(pending_pages_.size()); }
  // Memory for publish(). Changes the index: REQUIRES the database file's mutex.
  [[nodiscard]] bool reserve_index(uint32_t count) { return index_.reserve(pending_frame_count() + count); }
  // Makes the pending frames part of the log. REQUIRES reserve_index().
  void publish();
  void rollback_pending();
  // A new generation: empties index and log; the header with new salts is written by the next append.
  // REQUIRES everything is in the database file and synced there, and no reader needs a frame.
  void restart(os::Random& random);
  Status truncate_file(uint64_t size_bytes);

 private:
  uint64_t frame_offset(uint32_t frame) const {
    return kHeaderSizeBytes + static_cast<uint64_t>(frame - 1) * (kFrameHeaderSizeBytes + page_size_bytes_);
  }
  Status write_header(bool sync_header);
  WalChecksum page_checksum(WalChecksum state, const uint8_t* page) const;
  void draw_salts(os::Random& random, bool first);

  os::Vfs* vfs_ = nullptr;
  const std::string* path_ = nullptr;
  bool name_unsynced_ = false;  // the file was created and its name may not survive a power cut yet
  std::unique_ptr<os::File> file_;
  WalIndex index_;
  PageChecksum checksum_;
  GrowArray<uint8_t> buffer_;
  GrowArray<uint32_t> pending_pages_;
  uint64_t file_size_bytes_ = 0;
  uint32_t page_size_bytes_ = 0;
  uint32_t committed_frame_count_ = 0;
  uint32_t checkpoint_number_ = 0;
  uint32_t salt1_ = 0;
  uint32_t salt2_ = 0;
  WalChecksum committed_checksum_;
  WalChecksum pending_checksum_;
  bool header_written_ = false;
  bool big_endian_ = false;  // checksum words, in logs written on such a machine
};

}  // namespace sqlrite::storage
