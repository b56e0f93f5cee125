#include "storage/btree/pointer_map.h"

#include "base/endian.h"
#include "storage/format/corruption.h"
#include "storage/format/page_layout.h"

namespace sqlrite::storage {

Result<bool> uses_pointer_map(Pager& pager) {
  if (pager.page_count(kNewestView) == 0) return false;
  SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(PageId{1}, kNewestView));
  return load_be32(page.data() + kHeaderLargestRoot) != 0;
}

PageId pointer_map_page(const Pager& pager, PageId id) {
  uint32_t group = pager.usable_size_bytes() / 5 + 1;  // the map page and the pages it speaks for
  PageId map{(id.value - 2) / group * group + 2};
  if (map == pager.lock_byte_page()) ++map.value;
  return map;
}

namespace {

// Offset of the entry on the map page, or -1 for pages that have none.
int64_t entry_offset(const Pager& pager, PageId map, PageId id) {
  if (id.value <= map.value) return -1;
  int64_t offset = 5 * (static_cast<int64_t>(id.value) - map.value - 1);
  return offset + 5 <= pager.usable_size_bytes() ? offset : -1;
}

}  // namespace

Status put_pointer(Pager& pager, PageId id, PointerKind kind, PageId parent) {
  if (id.value < 2) return corrupt_page(id, "it has no entry in the pointer map");
  PageId map = pointer_map_page(pager, id);
  int64_t offset = entry_offset(pager, map, id);
  if (offset < 0) return corrupt_page(id, "it has no entry in the pointer map");
  {
    SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(map, kNewestView));
    const uint8_t* entry = page.data() + offset;
    if (entry[0] == static_cast<uint8_t>(kind) && load_be32(entry + 1) == parent.value) return {};
  }
  SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager.fetch_mut(map));
  bytes[offset] = static_cast<uint8_t>(kind);
  store_be32(bytes + offset + 1, parent.value);
  return {};
}

Result<PointerEntry> get_pointer(Pager& pager, PageId id, View view) {
  if (id.value < 2) return corrupt_page(id, "it has no entry in the pointer map");
  PageId map = pointer_map_page(pager, id);
  int64_t offset = entry_offset(pager, map, id);
  if (offset < 0) return corrupt_page(id, "it has no entry in the pointer map");
  SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(map, view));
  const uint8_t* entry = page.data() + offset;
  if (entry[0] < 1 || entry[0] > 5) return corrupt_page(id, "its entry in the pointer map is of no known kind");
  return PointerEntry{static_cast<PointerKind>(entry[0]), PageId{load_be32(entry + 1)}};
}

Status put_child_pointers(Pager& pager, PageId id) {
  PayloadLimits limits(pager.usable_size_bytes());
  SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(id, kNewestView));
  PageView view;
  bool table = is_table_type(page.data()[page_head(id)]);
  if (!view.parse(page.data(), id, limits.usable_size_bytes, table))
    return corrupt_page(id, "it is no page of this tree");
  for (uint32_t i = 0; i < view.cell_count; ++i) {
    CellInfo info;
    if (!parse_cell(view, i, limits, &info)) return corrupt_page(id, "a cell does not fit on it");
    if (info.overflow) SQLRITE_TRY(put_pointer(pager, info.overflow, PointerKind::OverflowFirst, id));
    if (!view.leaf()) SQLRITE_TRY(put_pointer(pager, info.child, PointerKind::Child, id));
  }
  if (!view.leaf()) SQLRITE_TRY(put_pointer(pager, view.right_child(), PointerKind::Child, id));
  return {};
}

}  // namespace sqlrite::storage
