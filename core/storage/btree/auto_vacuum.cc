// Shrinking auto-vacuum files: pages from the end move into free pages further front, then the end is cut off.
#include <algorithm>

#include "storage/btree/free_pages.h"
#include "storage/btree/relocate.h"
#include "storage/format/corruption.h"
#include "storage/format/page_layout.h"

namespace sqlrite::storage {
namespace {

bool is_special_page(const Pager& pager, uint32_t id) {
  return PageId{id} == pager.lock_byte_page() || is_pointer_map_page(pager, PageId{id});
}

// Size of the file once all free pages are gone: the map pages that only speak for them go too.
uint32_t final_page_count(const Pager& pager, uint32_t page_count, uint32_t free_count) {
  uint32_t entries = pager.usable_size_bytes() / 5;
  uint32_t map = pointer_map_page(pager, PageId{page_count}).value;
  uint32_t map_pages = (free_count - page_count + map + entries) / entries;
  uint32_t lock = pager.lock_byte_page().value;
  uint32_t final_count = page_count - free_count - map_pages;
  if (page_count > lock && final_count < lock) --final_count;
  while (final_count > 1 && is_special_page(pager, final_count)) --final_count;
  return final_count;
}

}  // namespace

Status auto_vacuum_commit(Pager& pager) {
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager));
  if (!mapped) return {};
  SQLRITE_TRY_ASSIGN(uint32_t incremental, read_meta(pager, kNewestView, 7));
  if (incremental != 0) return {};
  SQLRITE_TRY_ASSIGN(FreePages free, read_free_pages(pager));
  if (free.count == 0) return {};
  uint32_t page_count = pager.page_count(kNewestView);
  if (is_special_page(pager, page_count))
    return corrupt_page(PageId{page_count}, "the file ends in a page of the pointer map");
  uint32_t final_count = final_page_count(pager, page_count, free.count);
  if (final_count > page_count) return corrupt_page(PageId{1}, "more pages are free than the file has");
  pager.note_change();
  uint32_t next_free = 0;
  for (uint32_t id = page_count; id > final_count; --id) {
    if (is_special_page(pager, id)) continue;
    SQLRITE_TRY_ASSIGN(PointerEntry entry, get_pointer(pager, PageId{id}, kNewestView));
    if (entry.kind == PointerKind::Root) return corrupt_page(PageId{id}, "a root page lies among those at the end");
    if (entry.kind == PointerKind::Free) continue;
    if (next_free >= free.count || free.ids[next_free] > final_count)
      return corrupt_page(PageId{id}, "there is no free page to move it to");
    SQLRITE_TRY(relocate_page(pager, PageId{id}, PageId{free.ids[next_free++]}, entry));
  }
  SQLRITE_TRY_ASSIGN(uint8_t* header, pager.fetch_mut(PageId{1}));
  store_be32(header + kHeaderFirstTrunk, 0);
  store_be32(header + kHeaderFreeCount, 0);
  pager.truncate_pages(final_count);
  return {};
}

Result<bool> incremental_vacuum_step(Pager& pager, uint32_t page_count_max) {
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager));
  if (!mapped) return false;
  SQLRITE_TRY_ASSIGN(FreePages free, read_free_pages(pager));
  if (free.count == 0) return false;
  uint32_t last = pager.page_count(kNewestView);
  uint32_t final_count = final_page_count(pager, last, free.count);
  if (final_count > last) return corrupt_page(PageId{1}, "more pages are free than the file has");
  pager.note_change();
  uint32_t low = 0;  // free.ids[low..high) are still free
  uint32_t high = free.count;
  for (uint32_t moved = 0; last > final_count && low < high && (page_count_max == 0 || moved < page_count_max);
       ++moved) {
    if (!is_special_page(pager, last)) {
      if (free.ids[high - 1] == last) {
        --high;
      } else {
        SQLRITE_TRY_ASSIGN(PointerEntry entry, get_pointer(pager, PageId{last}, kNewestView));
        if (entry.kind == PointerKind::Root || entry.kind == PointerKind::Free)
          return corrupt_page(PageId{last}, "a page that cannot move lies at the end");
        SQLRITE_TRY(relocate_page(pager, PageId{last}, PageId{free.ids[low++]}, entry));
      }
    }
    do --last;
    while (last > 1 && is_special_page(pager, last));
  }
  SQLRITE_TRY(write_free_pages(pager, free.ids + low, high - low));
  pager.truncate_pages(last);
  return high > low;
}

}  // namespace sqlrite::storage
