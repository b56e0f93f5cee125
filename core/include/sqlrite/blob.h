// A text or blob of one row, read and written in pieces without going through SQL.
//
//   auto blob = db.open_blob("main", "files", "content", 7, true).take();
//   blob.write(0, "new head").ignore();
//   Status committed = blob.close();
//
// An open handle takes part in the connection's transaction as a running statement does: it keeps its snapshot,
// whatever others commit, and opened for writing it holds the write lock; outside of BEGIN its writes are committed
// when the last such handle is closed. It ends (ABORT in every later call) when this connection changes or deletes its
// row. It keeps its connection's session: close it first.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "base/status.h"

namespace sqlrite {

namespace engine {
class Blob;
}

class Blob {
 public:
  Blob();
  Blob(Blob&&) noexcept;
  Blob& operator=(Blob&&) noexcept;
  ~Blob();
  explicit operator bool() const { return impl_ != nullptr; }

  // 0 once the handle has ended.
  uint32_t size_bytes() const;
  // All of [offset, offset + size) or an error; a range beyond the value is ERROR and moves nothing.
  Status read(uint32_t offset, void* out, uint32_t size_bytes);
  // The size of the value stays.
  Status write(uint32_t offset, std::string_view bytes);
  // The same column of another row.
  Status reopen(int64_t rowid);
  Status close();

 private:
  friend class Connection;
  explicit Blob(std::unique_ptr<engine::Blob> impl);
  std::unique_ptr<engine::Blob> impl_;
};

}  // namespace sqlrite
