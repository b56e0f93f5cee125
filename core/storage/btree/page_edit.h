// Editing one b-tree page in place: cells in and out, freeblocks, fragments, defragmentation.
#pragma once

#include <cstdint>

#include "base/status.h"
#include "storage/format/page_layout.h"

namespace sqlrite::storage {

// A cell to be written: built apart from the page, so that its local part is copied once.
struct CellDraft {
  uint8_t head[24];  // child, payload size, rowid as the page type asks
  uint32_t head_size_bytes = 0;
  const uint8_t* local = nullptr;  // payload bytes on the page ...
  uint32_t local_size_bytes = 0;
  uint32_t local_zero_bytes = 0;  // ... followed by zeros (zeroblob)
  PageId overflow;                // appended when set
  uint32_t size_bytes = 0;        // of all this, at least kMinCellSizeBytes
  void finish() {
    size_bytes = head_size_bytes + local_size_bytes + local_zero_bytes + (overflow ? 4 : 0);
    if (size_bytes < kMinCellSizeBytes) size_bytes = kMinCellSizeBytes;
  }
  void write(uint8_t* out) const;
};

class PageEdit {
 public:
  // `bytes` are the page's, to be changed in place. False when the header is malformed.
  bool open(uint8_t* bytes, PageId id, const PayloadLimits& limits, bool table);
  const PageView& view() const { return view_; }
  // Room for a cell of this size as cell `index`: its bytes, to be filled by the caller. Null: the page is too full.
  Result<uint8_t*> insert(uint32_t index, uint32_t size_bytes);
  Status remove(uint32_t index, uint32_t size_bytes);
  // Removes the cells `indexes`, ascending, and packs the rest.
  Status remove_cells(const uint16_t* indexes, uint32_t count);
  // Free bytes in all (gap, freeblocks, fragments).
  Result<uint32_t> free_size_bytes() const;
  void set_child(uint32_t index, PageId child);  // index == cell_count: the right-most

 private:
  Status defragment();
  Status release(uint32_t offset, uint32_t size_bytes);

  uint8_t* bytes_ = nullptr;
  PageId id_;
  PageView view_;
  PayloadLimits limits_;
};

// Makes the page an empty one of this type; file header bytes on page 1 stay.
void format_page(uint8_t* bytes, PageId id, uint8_t type, uint32_t usable_size_bytes);

struct LooseCell {
  const uint8_t* bytes = nullptr;
  uint32_t size_bytes = 0;
};
// Writes a whole page, cells packed at its end. REQUIRES: they fit and do not lie on this page.
void write_page(uint8_t* bytes, PageId id, uint8_t type, const LooseCell* cells, uint32_t count, PageId right_child,
                uint32_t usable_size_bytes);

}  // namespace sqlrite::storage
