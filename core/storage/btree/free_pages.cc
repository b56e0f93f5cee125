#include "storage/btree/free_pages.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/endian.h"
#include "storage/btree/pointer_map.h"
#include "storage/format/corruption.h"
#include "storage/format/page_layout.h"

namespace sqlrite::storage {
namespace {

// SQLite leaves the last six slots of a trunk unused, because old versions misread a full one.
uint32_t trunk_leaf_max(const Pager& pager) { return pager.usable_size_bytes() / 4 - 8; }
// What a reader must accept.
uint32_t trunk_leaf_limit(const Pager& pager) { return pager.usable_size_bytes() / 4 - 2; }

bool usable_id(const Pager& pager, PageId id) { return id.value >= 2 && id.value <= pager.page_count(kNewestView); }

Result<PageId> append_content_page(Pager& pager) {
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager));
  SQLRITE_TRY_ASSIGN(PageId id, pager.append_page());
  if (mapped && is_pointer_map_page(pager, id)) {
    SQLRITE_TRY_ASSIGN(PageId next, pager.append_page());
    id = next;
  }
  return id;
}

}  // namespace

FreePages::~FreePages() { std::free(ids); }

Result<PageId> allocate_page(Pager& pager, PageId near) {
  SQLRITE_TRY_ASSIGN(PageRef first, pager.fetch(PageId{1}, kNewestView));
  uint32_t free_count = load_be32(first.data() + kHeaderFreeCount);
  PageId trunk{load_be32(first.data() + kHeaderFirstTrunk)};
  first.release();
  if (free_count >= pager.page_count(kNewestView))
    return corrupt_page(PageId{1}, "more pages are free than the file has");
  if (free_count == 0) return append_content_page(pager);
  if (!usable_id(pager, trunk)) return corrupt_page(trunk, "it cannot be a trunk page of the freelist");
  SQLRITE_TRY_ASSIGN(PageRef trunk_page, pager.fetch(trunk, kNewestView));
  uint32_t leaf_count = load_be32(trunk_page.data() + 4);
  if (leaf_count > trunk_leaf_limit(pager))
    return corrupt_page(trunk, "a trunk page of the freelist lists too many pages");
  PageId taken;
  if (leaf_count == 0) {
    PageId next{load_be32(trunk_page.data())};
    trunk_page.release();
    SQLRITE_TRY_ASSIGN(uint8_t* header, pager.fetch_mut(PageId{1}));
    store_be32(header + kHeaderFirstTrunk, next.value);
    store_be32(header + kHeaderFreeCount, free_count - 1);
    taken = trunk;
  } else {
    uint32_t chosen = leaf_count - 1;
    if (near) {
      uint32_t best = ~0u;
      for (uint32_t i = 0; i < leaf_count; ++i) {
        uint32_t id = load_be32(trunk_page.data() + 8 + 4 * i);
        uint32_t distance = id > near.value ? id - near.value : near.value - id;
        if (distance < best) {
          best = distance;
          chosen = i;
        }
      }
    }
    taken = PageId{load_be32(trunk_page.data() + 8 + 4 * chosen)};
    trunk_page.release();
    if (!usable_id(pager, taken)) return corrupt_page(taken, "it cannot be free, but the freelist has it");
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager.fetch_mut(trunk));
    std::memmove(bytes + 8 + 4 * chosen, bytes + 8 + 4 * (leaf_count - 1), 4);
    store_be32(bytes + 4, leaf_count - 1);
    SQLRITE_TRY_ASSIGN(uint8_t* header, pager.fetch_mut(PageId{1}));
    store_be32(header + kHeaderFreeCount, free_count - 1);
  }
  SQLRITE_TRY_ASSIGN(uint8_t* fresh, pager.fetch_mut_fresh(taken));
  static_cast<void>(fresh);
  return taken;
}

Status free_page(Pager& pager, PageId id) {
  if (!usable_id(pager, id)) return corrupt_page(id, "it cannot be freed");
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager));
  if (mapped) SQLRITE_TRY(put_pointer(pager, id, PointerKind::Free, PageId{}));
  SQLRITE_TRY_ASSIGN(uint8_t* header, pager.fetch_mut(PageId{1}));
  uint32_t free_count = load_be32(header + kHeaderFreeCount);
  PageId trunk{load_be32(header + kHeaderFirstTrunk)};
  store_be32(header + kHeaderFreeCount, free_count + 1);
  if (free_count != 0) {
    if (!usable_id(pager, trunk)) return corrupt_page(trunk, "it cannot be a trunk page of the freelist");
    SQLRITE_TRY_ASSIGN(PageRef trunk_page, pager.fetch(trunk, kNewestView));
    uint32_t leaf_count = load_be32(trunk_page.data() + 4);
    trunk_page.release();
    if (leaf_count > trunk_leaf_limit(pager))
      return corrupt_page(trunk, "a trunk page of the freelist lists too many pages");
    if (leaf_count < trunk_leaf_max(pager)) {
      SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager.fetch_mut(trunk));
      store_be32(bytes + 8 + 4 * leaf_count, id.value);
      store_be32(bytes + 4, leaf_count + 1);
      pager.forget_content(id);
      return {};
    }
  }
  SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager.fetch_mut_fresh(id));
  store_be32(bytes, free_count != 0 ? trunk.value : 0);
  store_be32(bytes + 4, 0);
  SQLRITE_TRY_ASSIGN(header, pager.fetch_mut(PageId{1}));
  store_be32(header + kHeaderFirstTrunk, id.value);
  return {};
}

Result<FreePages> read_free_pages(Pager& pager) {
  FreePages pages;
  uint32_t free_count;
  PageId trunk;
  {
    SQLRITE_TRY_ASSIGN(PageRef first, pager.fetch(PageId{1}, kNewestView));
    free_count = load_be32(first.data() + kHeaderFreeCount);
    trunk = PageId{load_be32(first.data() + kHeaderFirstTrunk)};
  }
  if (free_count == 0) return pages;
  if (free_count >= pager.page_count(kNewestView))
    return corrupt_page(PageId{1}, "more pages are free than the file has");
  pages.ids = static_cast<uint32_t*>(std::malloc(sizeof(uint32_t) * free_count));
  if (pages.ids == nullptr) return Code::NoMem;
  while (trunk) {
    if (!usable_id(pager, trunk) || pages.count == free_count)
      return corrupt_page(trunk, "it cannot be a trunk page of the freelist");
    pages.ids[pages.count++] = trunk.value;
    SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(trunk, kNewestView));
    uint32_t leaf_count = load_be32(page.data() + 4);
    if (leaf_count > trunk_leaf_limit(pager) || leaf_count > free_count - pages.count)
      return corrupt_page(trunk, "a trunk page of the freelist lists too many pages");
    for (uint32_t i = 0; i < leaf_count; ++i) {
      PageId leaf{load_be32(page.data() + 8 + 4 * i)};
      if (!usable_id(pager, leaf)) return corrupt_page(leaf, "it cannot be free, but the freelist has it");
      pages.ids[pages.count++] = leaf.value;
    }
    trunk = PageId{load_be32(page.data())};
  }
  if (pages.count != free_count) return corrupt_page(PageId{1}, "the freelist is shorter than the header says");
  std::sort(pages.ids, pages.ids + pages.count);
  return pages;
}

Status write_free_pages(Pager& pager, const uint32_t* ids, uint32_t count) {
  pager.note_change();
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager));
  uint32_t per_trunk = trunk_leaf_max(pager);
  uint32_t i = 0;
  PageId first;
  PageId previous;
  while (i < count) {
    PageId trunk{ids[i++]};
    uint32_t leaf_count = std::min(per_trunk, count - i);
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager.fetch_mut_fresh(trunk));
    store_be32(bytes, 0);
    store_be32(bytes + 4, leaf_count);
    for (uint32_t k = 0; k < leaf_count; ++k) {
      store_be32(bytes + 8 + 4 * k, ids[i + k]);
    }
    for (uint32_t k = 0; k < leaf_count; ++k) pager.forget_content(PageId{ids[i + k]});
    i += leaf_count;
    if (previous) {
      SQLRITE_TRY_ASSIGN(uint8_t* before, pager.fetch_mut(previous));
      store_be32(before, trunk.value);
    } else {
      first = trunk;
    }
    previous = trunk;
  }
  if (mapped) {
    for (i = 0; i < count; ++i) SQLRITE_TRY(put_pointer(pager, PageId{ids[i]}, PointerKind::Free, PageId{}));
  }
  SQLRITE_TRY_ASSIGN(uint8_t* header, pager.fetch_mut(PageId{1}));
  store_be32(header + kHeaderFirstTrunk, first.value);
  store_be32(header + kHeaderFreeCount, count);
  return {};
}

Result<bool> allocate_exact(Pager& pager, PageId id) {
  pager.note_change();
  while (pager.page_count(kNewestView) < id.value) {
    uint32_t before = pager.page_count(kNewestView);
    SQLRITE_TRY_ASSIGN(PageId appended, append_content_page(pager));
    if (appended == id) return true;
    if (appended.value <= before || appended.value > id.value)
      return corrupt_page(appended, "it was appended out of order");
    // Pages skipped on the way (there are none in a sound file) stay usable.
    SQLRITE_TRY(free_page(pager, appended));
  }
  SQLRITE_TRY_ASSIGN(FreePages pages, read_free_pages(pager));
  uint32_t* end = pages.ids + pages.count;
  uint32_t* found = pages.count == 0 ? end : std::lower_bound(pages.ids, end, id.value);
  if (found == end || *found != id.value) return false;
  std::memmove(found, found + 1, sizeof(uint32_t) * static_cast<size_t>(end - found - 1));
  SQLRITE_TRY(write_free_pages(pager, pages.ids, pages.count - 1));
  SQLRITE_TRY_ASSIGN(uint8_t* fresh, pager.fetch_mut_fresh(id));
  static_cast<void>(fresh);
  return true;
}

Result<uint32_t> freelist_count(Pager& pager, View view) {
  if (pager.page_count(view) == 0) return 0u;
  SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(PageId{1}, view));
  return load_be32(page.data() + kHeaderFreeCount);
}

Result<uint32_t> read_meta(Pager& pager, View view, int slot) {
  if (pager.page_count(view) == 0) return 0u;
  SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(PageId{1}, view));
  return load_be32(page.data() + kHeaderMeta + 4 * slot);
}

Status write_meta(Pager& pager, int slot, uint32_t value) {
  pager.note_change();
  SQLRITE_TRY_ASSIGN(uint8_t* page, pager.fetch_mut(PageId{1}));
  store_be32(page + kHeaderMeta + 4 * slot, value);
  return {};
}

Status initialize_database(Pager& pager, TextEncoding encoding, AutoVacuum auto_vacuum) {
  if (pager.page_count(kNewestView) != 0) return {};
  pager.note_change();
  SQLRITE_TRY_ASSIGN(PageId id, pager.append_page());
  SQLRITE_TRY_ASSIGN(uint8_t* page, pager.fetch_mut(id));
  uint32_t page_size = pager.page_size_bytes();
  std::memcpy(page, "SQLite format 3", 16);
  store_be16(page + 16, page_size == 65536 ? 1 : static_cast<uint16_t>(page_size));
  page[18] = page[19] = pager.journal_mode() == JournalMode::Wal ? 2 : 1;
  page[20] = static_cast<uint8_t>(pager.reserved_size_bytes());
  page[21] = 64;
  page[22] = 32;
  page[23] = 32;
  store_be32(page + 28, 1);
  store_be32(page + 40, 0);  // schema cookie
  store_be32(page + 44, 4);  // schema format: descending indexes, constants 0 and 1
  if (auto_vacuum != AutoVacuum::None) store_be32(page + kHeaderLargestRoot, 1);
  store_be32(page + 56, static_cast<uint32_t>(encoding));
  if (auto_vacuum == AutoVacuum::Incremental) store_be32(page + kHeaderIncremental, 1);
  store_be32(page + 96, 3053002);  // the SQLite version this format is that of
  page[100] = kTableLeaf;
  store_be16(page + 105, static_cast<uint16_t>(pager.usable_size_bytes()));
  return {};
}

}  // namespace sqlrite::storage
