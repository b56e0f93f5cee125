// The freelist beyond what btree.h offers: exact allocation and wholesale reading and rewriting, for auto-vacuum.
// A trunk page: next trunk (4 bytes), number of leaves (4), leaf page numbers (4 each).
#pragma once

#include <cstdint>

#include "storage/btree/btree.h"

namespace sqlrite::storage {

// Takes this very page off the freelist (or appends pages up to it). False: the page is in use.
Result<bool> allocate_exact(Pager& pager, PageId id);

// All free pages, ascending, in a malloc'ed array the caller frees by destruction.
struct FreePages {
  uint32_t* ids = nullptr;
  uint32_t count = 0;
  FreePages() = default;
  FreePages(FreePages&& other) noexcept : ids(other.ids), count(other.count) { other.ids = nullptr; }
  FreePages& operator=(FreePages&&) = delete;
  ~FreePages();
};
Result<FreePages> read_free_pages(Pager& pager);
// Replaces the freelist by these pages (ascending).
Status write_free_pages(Pager& pager, const uint32_t* ids, uint32_t count);

}  // namespace sqlrite::storage
