// Pointer map of auto-vacuum files: for every page who points to it, so that pages can move.
// Map pages stand at regular distances from page 2; each entry is a kind (1 byte) and the parent page (4 bytes).
#pragma once

#include <cstdint>

#include "base/status.h"
#include "storage/pager/pager.h"

namespace sqlrite::storage {

enum class PointerKind : uint8_t {
  Root = 1,           // parent 0
  Free = 2,           // parent 0
  OverflowFirst = 3,  // parent: the b-tree page with the cell
  OverflowLater = 4,  // parent: the page before it in the chain
  Child = 5,          // parent: the b-tree page above
};

struct PointerEntry {
  PointerKind kind;
  PageId parent;
};

// Whether the file is an auto-vacuum file (newest state).
Result<bool> uses_pointer_map(Pager& pager);
// The map page that holds the entry of `id` (itself for a map page). `id` >= 2.
PageId pointer_map_page(const Pager& pager, PageId id);
inline bool is_pointer_map_page(const Pager& pager, PageId id) {
  return id.value >= 2 && pointer_map_page(pager, id) == id;
}
Status put_pointer(Pager& pager, PageId id, PointerKind kind, PageId parent);
Result<PointerEntry> get_pointer(Pager& pager, PageId id, View view);
// Enters this b-tree page as the parent of its children and of the overflow chains of its cells.
Status put_child_pointers(Pager& pager, PageId id);

}  // namespace sqlrite::storage
