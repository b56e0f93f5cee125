// Moving pages in auto-vacuum files.
#pragma once

#include "storage/btree/pointer_map.h"

namespace sqlrite::storage {

// Moves the content of page `from` to page `to` (whose content does not matter) and mends whoever points at it.
// `entry` is the pointer map's word on `from`. A root's parent is the catalog: the caller tells it.
Status relocate_page(Pager& pager, PageId from, PageId to, PointerEntry entry);

}  // namespace sqlrite::storage
