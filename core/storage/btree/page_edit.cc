#include "storage/btree/page_edit.h"

#include <cstdlib>
#include <cstring>

#include "base/buffer_memory.h"
#include "storage/format/corruption.h"

namespace sqlrite::storage {

void CellDraft::write(uint8_t* out) const {
  std::memcpy(out, head, head_size_bytes);
  uint8_t* p = out + head_size_bytes;
  if (local_size_bytes > 0) std::memcpy(p, local, local_size_bytes);
  p += local_size_bytes;
  if (local_zero_bytes > 0) std::memset(p, 0, local_zero_bytes);
  p += local_zero_bytes;
  if (overflow) {
    store_be32(p, overflow.value);
    p += 4;
  }
  for (uint8_t* end = out + size_bytes; p < end; ++p) *p = 0;
}

bool PageEdit::open(uint8_t* bytes, PageId id, const PayloadLimits& limits, bool table) {
  bytes_ = bytes;
  id_ = id;
  limits_ = limits;
  return view_.parse(bytes, id, limits.usable_size_bytes, table) && view_.content_start() >= view_.pointers_end() &&
         view_.content_start() <= limits.usable_size_bytes;
}

Result<uint32_t> PageEdit::free_size_bytes() const {
  uint32_t start = view_.content_start();
  uint32_t end = view_.pointers_end();
  if (start < end || start > view_.usable) return corrupt_page(id_, "the content area overlaps the cell pointers");
  uint32_t total = start - end + bytes_[view_.head + 7];
  uint32_t block = load_be16(bytes_ + view_.head + 1);
  uint32_t low = start;
  while (block != 0) {
    if (block < low || block > view_.usable - 4) return corrupt_page(id_, "a freeblock leads outside of its content");
    uint32_t size = load_be16(bytes_ + block + 2);
    if (size < 4 || block + size > view_.usable) return corrupt_page(id_, "a freeblock is larger than the page");
    total += size;
    low = block + size + 4;  // neighbours closer than this would have been joined
    block = load_be16(bytes_ + block);
  }
  if (total + end > view_.usable) return corrupt_page(id_, "its free space is larger than the page");
  return total;
}

Status PageEdit::defragment() { return remove_cells(nullptr, 0); }

Status PageEdit::remove_cells(const uint16_t* indexes, uint32_t count) {
  auto* copy = static_cast<uint8_t*>(allocate_buffer(view_.usable + size_t{64}));
  if (copy == nullptr) return Code::NoMem;
  std::memcpy(copy, bytes_, view_.usable);
  std::memset(copy + view_.usable, 0, 64);
  PageView before = view_;
  before.data = copy;
  uint32_t at = view_.usable;
  uint32_t kept = 0;
  uint32_t removed = 0;
  Status status;
  for (uint32_t i = 0; i < view_.cell_count; ++i) {
    if (removed < count && indexes[removed] == i) {
      ++removed;
      continue;
    }
    uint32_t size_bytes;
    if (!measure_cell(before, i, limits_, &size_bytes) || at < view_.pointers_end() + size_bytes) {
      status = corrupt_page(id_, "a cell does not fit on it");
      break;
    }
    at -= size_bytes;
    std::memcpy(bytes_ + at, copy + before.cell_offset(i), size_bytes);
    store_be16(bytes_ + view_.pointers + 2 * kept++, static_cast<uint16_t>(at));
  }
  if (status.ok() && removed != count) status = corrupt_page(id_, "it has no such cell");
  if (status.ok()) {
    view_.cell_count = static_cast<uint16_t>(kept);
    store_be16(bytes_ + view_.head + 3, view_.cell_count);
    store_be16(bytes_ + view_.head + 1, 0);
    store_be16(bytes_ + view_.head + 5, static_cast<uint16_t>(at));
    bytes_[view_.head + 7] = 0;
  } else {
    std::memcpy(bytes_, copy, view_.usable);
  }
  free_buffer(copy, view_.usable + size_t{64});
  return status;
}

Result<uint8_t*> PageEdit::insert(uint32_t index, uint32_t size_bytes) {
  uint32_t start = view_.content_start();
  uint32_t end = view_.pointers_end();
  if (start < end || start > view_.usable || index > view_.cell_count)
    return corrupt_page(id_, "the content area overlaps the cell pointers");
  uint32_t slot = 0;
  if (start - end < size_bytes + 2) {
    SQLRITE_TRY_ASSIGN(uint32_t free_size, free_size_bytes());
    if (free_size < size_bytes + 2) return static_cast<uint8_t*>(nullptr);
    if (start - end >= 2) {
      // First freeblock that is large enough; the cell takes its end.
      uint32_t link = view_.head + 1;
      for (uint32_t block = load_be16(bytes_ + link); block != 0; link = block, block = load_be16(bytes_ + block)) {
        uint32_t block_size = load_be16(bytes_ + block + 2);
        if (block_size < size_bytes) continue;
        uint32_t rest = block_size - size_bytes;
        if (rest >= 4) {
          store_be16(bytes_ + block + 2, static_cast<uint16_t>(rest));
          slot = block + rest;
        } else if (bytes_[view_.head + 7] + rest <= 57) {
          std::memmove(bytes_ + link, bytes_ + block, 2);
          bytes_[view_.head + 7] = static_cast<uint8_t>(bytes_[view_.head + 7] + rest);
          slot = block + rest;
        }
        break;
      }
    }
    if (slot == 0) {
      SQLRITE_TRY(defragment());
      start = view_.content_start();
      if (start < end + size_bytes + 2) return corrupt_page(id_, "its free space is less than it says");
    }
  }
  if (slot == 0) {
    slot = start - size_bytes;
    store_be16(bytes_ + view_.head + 5, static_cast<uint16_t>(slot));
  }
  uint8_t* pointer = bytes_ + view_.pointers + 2 * index;
  if (index < view_.cell_count) std::memmove(pointer + 2, pointer, 2 * (view_.cell_count - index));
  store_be16(pointer, static_cast<uint16_t>(slot));
  ++view_.cell_count;
  store_be16(bytes_ + view_.head + 3, view_.cell_count);
  return bytes_ + slot;
}

Status PageEdit::release(uint32_t offset, uint32_t size_bytes) {
  uint32_t start = view_.content_start();
  if (offset < start || offset + size_bytes > view_.usable) return corrupt_page(id_, "a cell does not fit on it");
  uint32_t end = offset + size_bytes;
  uint32_t fragments = bytes_[view_.head + 7];
  uint32_t link = view_.head + 1;  // where the number of the block after `offset` stands
  uint32_t next = load_be16(bytes_ + link);
  uint32_t previous = 0;
  while (next != 0 && next < offset) {
    if (next <= previous || next > view_.usable - 4) return corrupt_page(id_, "its freeblocks are out of order");
    previous = next;
    link = next;
    next = load_be16(bytes_ + next);
  }
  if (next > view_.usable - 4) return corrupt_page(id_, "a freeblock leads outside of its content");
  if (next != 0 && end + 3 >= next) {
    uint32_t gap = next - end;
    if (next < end || gap > fragments) return corrupt_page(id_, "a cell overlaps a freeblock");
    fragments -= gap;
    end = next + load_be16(bytes_ + next + 2);
    if (end > view_.usable) return corrupt_page(id_, "a freeblock is larger than the page");
    next = load_be16(bytes_ + next);
  }
  if (previous != 0) {
    uint32_t previous_end = previous + load_be16(bytes_ + previous + 2);
    if (previous_end > offset) return corrupt_page(id_, "a cell overlaps a freeblock");
    if (previous_end + 3 >= offset) {
      uint32_t gap = offset - previous_end;
      if (gap > fragments) return corrupt_page(id_, "it has more fragments than it says");
      fragments -= gap;
      store_be16(bytes_ + previous, static_cast<uint16_t>(next));
      store_be16(bytes_ + previous + 2, static_cast<uint16_t>(end - previous));
      bytes_[view_.head + 7] = static_cast<uint8_t>(fragments);
      return {};
    }
  }
  bytes_[view_.head + 7] = static_cast<uint8_t>(fragments);
  if (offset == start) {
    // The block touches the gap: it becomes part of it.
    if (previous != 0) return corrupt_page(id_, "a freeblock lies before its content");
    store_be16(bytes_ + view_.head + 1, static_cast<uint16_t>(next));
    store_be16(bytes_ + view_.head + 5, static_cast<uint16_t>(end));
    return {};
  }
  store_be16(bytes_ + link, static_cast<uint16_t>(offset));
  store_be16(bytes_ + offset, static_cast<uint16_t>(next));
  store_be16(bytes_ + offset + 2, static_cast<uint16_t>(end - offset));
  return {};
}

Status PageEdit::remove(uint32_t index, uint32_t size_bytes) {
  if (index >= view_.cell_count) return corrupt_page(id_, "it has no such cell");
  SQLRITE_TRY(release(view_.cell_offset(index), size_bytes));
  --view_.cell_count;
  uint8_t* pointer = bytes_ + view_.pointers + 2 * index;
  std::memmove(pointer, pointer + 2, 2 * (view_.cell_count - index));
  store_be16(bytes_ + view_.head + 3, view_.cell_count);
  if (view_.cell_count == 0) {
    store_be16(bytes_ + view_.head + 1, 0);
    store_be16(bytes_ + view_.head + 5, static_cast<uint16_t>(view_.usable));
    bytes_[view_.head + 7] = 0;
  }
  return {};
}

void PageEdit::set_child(uint32_t index, PageId child) {
  store_be32(index == view_.cell_count ? bytes_ + view_.head + 8 : bytes_ + view_.cell_offset(index), child.value);
}

void format_page(uint8_t* bytes, PageId id, uint8_t type, uint32_t usable_size_bytes) {
  uint32_t head = page_head(id);
  bytes[head] = type;
  store_be16(bytes + head + 1, 0);
  store_be16(bytes + head + 3, 0);
  store_be16(bytes + head + 5, static_cast<uint16_t>(usable_size_bytes));
  bytes[head + 7] = 0;
  if (!is_leaf_type(type)) store_be32(bytes + head + 8, 0);
}

void write_page(uint8_t* bytes, PageId id, uint8_t type, const LooseCell* cells, uint32_t count, PageId right_child,
                uint32_t usable_size_bytes) {
  format_page(bytes, id, type, usable_size_bytes);
  uint32_t head = page_head(id);
  uint32_t pointers = head + (is_leaf_type(type) ? 8 : 12);
  uint32_t at = usable_size_bytes;
  for (uint32_t i = 0; i < count;) {
    // Cells that already lie one below the other, as on the page they come from, are copied as one piece.
    const uint8_t* lowest = cells[i].bytes;
    uint32_t piece_size = cells[i].size_bytes;
    store_be16(bytes + pointers + 2 * i, static_cast<uint16_t>(at - piece_size));
    for (++i; i < count && cells[i].bytes + cells[i].size_bytes == lowest; ++i) {
      lowest = cells[i].bytes;
      piece_size += cells[i].size_bytes;
      store_be16(bytes + pointers + 2 * i, static_cast<uint16_t>(at - piece_size));
    }
    at -= piece_size;
    std::memcpy(bytes + at, lowest, piece_size);
  }
  store_be16(bytes + head + 3, static_cast<uint16_t>(count));
  store_be16(bytes + head + 5, static_cast<uint16_t>(at));
  if (!is_leaf_type(type)) store_be32(bytes + head + 8, right_child.value);
}

}  // namespace sqlrite::storage
