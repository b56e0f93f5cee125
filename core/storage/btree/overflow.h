// Overflow chains: payload beyond what a cell keeps on its page. Each overflow page: next page (4 bytes), content.
#pragma once

#include <span>

#include "base/status.h"
#include "storage/btree/btree.h"
#include "storage/pager/pager.h"

namespace sqlrite::storage {

// CORRUPT when the payload cannot lie in this file: to be asked before memory of that size is allocated.
Status check_payload_size(Pager& pager, View view, const CellRef& cell);
// Copies payload bytes [offset, offset + size) to `out`.
Status read_cell_payload(Pager& pager, View view, const CellRef& cell, uint64_t offset, uint32_t size_bytes,
                         uint8_t* out);

// Where a chain was left, so that reading on needs no walk from its start.
struct OverflowPlace {
  uint32_t page_index = 0;  // number of the page in the chain; valid when `page` is set
  PageId page;
};
Status read_cell_payload_from(Pager& pager, View view, const CellRef& cell, uint64_t offset, uint32_t size_bytes,
                              uint8_t* out, OverflowPlace* place);

// Puts bytes in place of those at `offset` of the payload, which lie in the chain.
Status overwrite_overflow(Pager& pager, const CellRef& cell, uint64_t offset, std::span<const uint8_t> bytes);
// Writes the part of `payload` from `offset` on into new overflow pages; returns the first. `near` is the cell's page.
Result<PageId> write_overflow(Pager& pager, const Payload& payload, uint64_t offset, PageId near);
// Frees the chain that begins at `first` and holds `size_bytes` of content.
Status free_overflow(Pager& pager, PageId first, uint64_t size_bytes);

}  // namespace sqlrite::storage
