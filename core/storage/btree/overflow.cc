#include "storage/btree/overflow.h"

#include <algorithm>
#include <cstring>

#include "base/endian.h"
#include "storage/btree/free_pages.h"
#include "storage/btree/pointer_map.h"
#include "storage/format/corruption.h"

namespace sqlrite::storage {

Status check_payload_size(Pager& pager, View view, const CellRef& cell) {
  if (cell.payload_size_bytes <= cell.local_size_bytes) return {};
  uint64_t content = pager.usable_size_bytes() - 4;
  uint64_t page_count = (cell.payload_size_bytes - cell.local_size_bytes + content - 1) / content;
  if (page_count > pager.page_count(view))
    return corrupt_page(cell.overflow, "the payload that goes on here is larger than the file");
  return {};
}

Status read_cell_payload_from(Pager& pager, View view, const CellRef& cell, uint64_t offset, uint32_t size_bytes,
                              uint8_t* out, OverflowPlace* place) {
  if (offset + size_bytes > cell.payload_size_bytes)
    return corrupt_page(cell.overflow, "a record is larger than its payload");
  if (offset < cell.local_size_bytes) {
    uint32_t part = static_cast<uint32_t>(std::min<uint64_t>(size_bytes, cell.local_size_bytes - offset));
    std::memcpy(out, cell.payload + offset, part);
    out += part;
    offset += part;
    size_bytes -= part;
  }
  if (size_bytes == 0) return {};
  SQLRITE_TRY(check_payload_size(pager, view, cell));
  uint32_t content = pager.usable_size_bytes() - 4;
  uint64_t at = offset - cell.local_size_bytes;
  uint32_t wanted_index = static_cast<uint32_t>(at / content);
  uint32_t within = static_cast<uint32_t>(at % content);
  uint32_t index = 0;
  PageId id = cell.overflow;
  if (place != nullptr && place->page && place->page_index <= wanted_index) {
    index = place->page_index;
    id = place->page;
  }
  while (true) {
    if (!id) return corrupt_page(cell.overflow, "the overflow chain ends early");
    SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(id, view));
    if (index == wanted_index) {
      if (place != nullptr) *place = OverflowPlace{index, id};
      uint32_t part = std::min(size_bytes, content - within);
      std::memcpy(out, page.data() + 4 + within, part);
      out += part;
      size_bytes -= part;
      if (size_bytes == 0) return {};
      within = 0;
      ++wanted_index;
    }
    id = PageId{load_be32(page.data())};
    ++index;
  }
}

Status read_cell_payload(Pager& pager, View view, const CellRef& cell, uint64_t offset, uint32_t size_bytes,
                         uint8_t* out) {
  return read_cell_payload_from(pager, view, cell, offset, size_bytes, out, nullptr);
}

Status overwrite_overflow(Pager& pager, const CellRef& cell, uint64_t offset, std::span<const uint8_t> bytes) {
  const uint32_t content = pager.usable_size_bytes() - 4;
  uint64_t skipped = offset - cell.local_size_bytes;
  PageId id = cell.overflow;
  while (!bytes.empty()) {
    if (!id) return corrupt_page(cell.overflow, "the overflow chain ends early");
    PageId next;
    if (skipped >= content) {
      SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(id, kNewestView));
      next = PageId{load_be32(page.data())};
      skipped -= content;
    } else {
      SQLRITE_TRY_ASSIGN(uint8_t* page, pager.fetch_mut(id));
      next = PageId{load_be32(page)};
      const size_t part = std::min<size_t>(bytes.size(), content - skipped);
      std::memcpy(page + 4 + skipped, bytes.data(), part);
      bytes = bytes.subspan(part);
      skipped = 0;
    }
    id = next;
  }
  return {};
}

Result<PageId> write_overflow(Pager& pager, const Payload& payload, uint64_t offset, PageId near) {
  uint64_t total = payload.bytes.size() + payload.zero_tail_size_bytes;
  uint32_t content = pager.usable_size_bytes() - 4;
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager));
  PageId first;
  PageId previous;
  while (offset < total) {
    SQLRITE_TRY_ASSIGN(PageId id, allocate_page(pager, previous ? previous : near));
    SQLRITE_TRY_ASSIGN(uint8_t* page, pager.fetch_mut(id));
    uint32_t part = static_cast<uint32_t>(std::min<uint64_t>(content, total - offset));
    uint32_t real = offset >= payload.bytes.size()
                        ? 0
                        : static_cast<uint32_t>(std::min<uint64_t>(part, payload.bytes.size() - offset));
    store_be32(page, 0);
    if (real > 0) std::memcpy(page + 4, payload.bytes.data() + offset, real);
    if (part > real) std::memset(page + 4 + real, 0, part - real);
    if (previous) {
      SQLRITE_TRY_ASSIGN(uint8_t* before, pager.fetch_mut(previous));
      store_be32(before, id.value);
      if (mapped) SQLRITE_TRY(put_pointer(pager, id, PointerKind::OverflowLater, previous));
    } else {
      first = id;
      if (mapped) SQLRITE_TRY(put_pointer(pager, id, PointerKind::OverflowFirst, near));
    }
    previous = id;
    offset += part;
  }
  return first;
}

Status free_overflow(Pager& pager, PageId first, uint64_t size_bytes) {
  uint32_t content = pager.usable_size_bytes() - 4;
  uint64_t left = (size_bytes + content - 1) / content;
  if (left > pager.page_count(kNewestView))
    return corrupt_page(first, "the payload that goes on here is larger than the file");
  PageId id = first;
  for (; left > 0; --left) {
    if (id.value < 2) return corrupt_page(first, "the overflow chain ends early");
    PageId next;
    if (left > 1) {
      SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(id, kNewestView));
      next = PageId{load_be32(page.data())};
    }
    SQLRITE_TRY(free_page(pager, id));
    id = next;
  }
  return {};
}

}  // namespace sqlrite::storage
