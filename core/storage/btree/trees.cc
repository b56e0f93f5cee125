// Whole trees: create, clear, drop, count; and moving pages, which creating and dropping need in auto-vacuum files.
#include <cstring>

#include "base/check.h"
#include "storage/btree/free_pages.h"
#include "storage/btree/overflow.h"
#include "storage/btree/page_edit.h"
#include "storage/btree/relocate.h"
#include "storage/format/corruption.h"

namespace sqlrite::storage {
namespace {

bool is_special_page(const Pager& pager, PageId id) {
  return id == pager.lock_byte_page() || is_pointer_map_page(pager, id);
}

// Walks a subtree from the leaves up. `visited` ends walks through damaged trees that share pages.
struct TreeWalk {
  Pager& pager;
  View view;
  PayloadLimits limits;
  bool table;
  uint64_t entries = 0;
  uint32_t visited = 0;

  // Whether the payload of a cell certainly lies on its page.
  bool is_local(const PageView& page, uint32_t index) const {
    uint32_t offset = page.cell_offset(index);
    if (page.type == kTableInterior || !page.cell_offset_ok(offset)) return false;
    uint64_t payload_size;
    read_varint(page.data + offset + (page.leaf() ? 0 : 4), &payload_size);
    return payload_size <= (table ? limits.table_local_max : limits.index_local_max);
  }
  Status free_below(PageId id, uint32_t depth) {
    if (depth >= kDepthLimit || ++visited > pager.page_count(kNewestView))
      return corrupt_page(id, "the tree is too deep, or has more pages than the file");
    SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(id, kNewestView));
    PageView p;
    if (!p.parse(page.data(), id, limits.usable_size_bytes, table))
      return corrupt_page(id, "it is no page of this tree");
    if (p.leaf() || !table) entries += p.cell_count;
    for (uint32_t i = 0; i <= p.cell_count; ++i) {
      if (i < p.cell_count && !is_local(p, i)) {
        CellInfo info;
        if (!parse_cell(p, i, limits, &info)) return corrupt_page(id, "a cell does not fit on it");
        if (info.overflow)
          SQLRITE_TRY(free_overflow(pager, info.overflow, info.payload_size_bytes - info.local_size_bytes));
      }
      if (p.leaf()) continue;
      PageId child;
      if (!child_of(p, i, &child)) return corrupt_page(id, "a cell pointer leads outside of its content");
      SQLRITE_TRY(free_below(child, depth + 1));
      SQLRITE_TRY(free_page(pager, child));
    }
    return {};
  }

  Status count_below(PageId id, uint32_t depth) {
    if (depth >= kDepthLimit || ++visited > pager.page_count(view))
      return corrupt_page(id, "the tree is too deep, or has more pages than the file");
    SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(id, view));
    PageView p;
    if (!p.parse(page.data(), id, limits.usable_size_bytes, table))
      return corrupt_page(id, "it is no page of this tree");
    if (p.leaf() || !table) entries += p.cell_count;
    if (p.leaf()) return {};
    for (uint32_t i = 0; i <= p.cell_count; ++i) {
      PageId child;
      if (!child_of(p, i, &child)) return corrupt_page(id, "a cell pointer leads outside of its content");
      SQLRITE_TRY(count_below(child, depth + 1));
    }
    return {};
  }
};

Result<bool> root_is_table(Pager& pager, PageId root, View view) {
  SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(root, view));
  uint8_t type = page.data()[page_head(root)];
  if (type != kTableLeaf && type != kTableInterior && type != kIndexLeaf && type != kIndexInterior)
    return corrupt_page(root, "it is no b-tree page");
  return is_table_type(type);
}

}  // namespace

Status relocate_page(Pager& pager, PageId from, PageId to, PointerEntry entry) {
  pager.note_change();
  if (from.value < 3 || to.value < 3 || from == to) return corrupt_page(from, "it cannot move");
  {
    SQLRITE_TRY_ASSIGN(PageRef source, pager.fetch(from, kNewestView));
    SQLRITE_TRY_ASSIGN(uint8_t* target, pager.fetch_mut(to));
    std::memcpy(target, source.data(), pager.usable_size_bytes());
  }
  if (entry.kind == PointerKind::Child || entry.kind == PointerKind::Root) {
    SQLRITE_TRY(put_child_pointers(pager, to));
  } else {
    SQLRITE_TRY_ASSIGN(PageRef moved, pager.fetch(to, kNewestView));
    PageId next{load_be32(moved.data())};
    moved.release();
    if (next) SQLRITE_TRY(put_pointer(pager, next, PointerKind::OverflowLater, to));
  }
  SQLRITE_TRY(put_pointer(pager, to, entry.kind, entry.parent));
  if (entry.kind == PointerKind::Root) return {};

  SQLRITE_TRY_ASSIGN(uint8_t* parent, pager.fetch_mut(entry.parent));
  if (entry.kind == PointerKind::OverflowLater) {
    if (load_be32(parent) != from.value)
      return corrupt_page(entry.parent, "the pointer map names it as the parent of another page");
    store_be32(parent, to.value);
    return {};
  }
  PayloadLimits limits(pager.usable_size_bytes());
  PageView view;
  if (!view.parse(parent, entry.parent, limits.usable_size_bytes, is_table_type(parent[page_head(entry.parent)])))
    return corrupt_page(entry.parent, "it is no page of this tree");
  for (uint32_t i = 0; i < view.cell_count; ++i) {
    CellInfo info;
    if (!parse_cell(view, i, limits, &info)) return corrupt_page(entry.parent, "a cell does not fit on it");
    uint8_t* cell = parent + view.cell_offset(i);
    if (entry.kind == PointerKind::OverflowFirst && info.overflow == from) {
      store_be32(cell + info.payload_offset + info.local_size_bytes, to.value);
      return {};
    }
    if (entry.kind == PointerKind::Child && !view.leaf() && info.child == from) {
      store_be32(cell, to.value);
      return {};
    }
  }
  if (entry.kind != PointerKind::Child || view.leaf() || view.right_child() != from)
    return corrupt_page(entry.parent, "the pointer map names it as the parent of another page");
  store_be32(parent + view.head + 8, to.value);
  return {};
}

Result<PageId> create_tree(Pager& pager, TreeKind kind) {
  SQLRITE_ENSURE(pager.is_writing());
  uint8_t type = kind == TreeKind::Table ? kTableLeaf : kIndexLeaf;
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager));
  PageId root;
  if (!mapped) {
    SQLRITE_TRY_ASSIGN(root, allocate_page(pager, PageId{}));
  } else {
    // Roots stay together at the front of the file: the next page number, whoever has it now.
    SQLRITE_TRY_ASSIGN(uint32_t largest, read_meta(pager, kNewestView, 4));
    if (largest > pager.page_count(kNewestView))
      return corrupt_page(PageId{1}, "the largest root page lies beyond the end");
    root = PageId{largest + 1};
    while (is_special_page(pager, root)) ++root.value;
    SQLRITE_TRY_ASSIGN(bool free, allocate_exact(pager, root));
    if (!free) {
      SQLRITE_TRY_ASSIGN(PageId to, allocate_page(pager, PageId{}));
      SQLRITE_TRY_ASSIGN(PointerEntry entry, get_pointer(pager, root, kNewestView));
      if (entry.kind == PointerKind::Root || entry.kind == PointerKind::Free)
        return corrupt_page(root, "it is in the way of a root page and cannot move");
      SQLRITE_TRY(relocate_page(pager, root, to, entry));
    }
    SQLRITE_TRY(put_pointer(pager, root, PointerKind::Root, PageId{}));
    SQLRITE_TRY(write_meta(pager, 4, root.value));
  }
  pager.note_change();
  SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager.fetch_mut(root));
  std::memset(bytes, 0, pager.usable_size_bytes());
  format_page(bytes, root, type, pager.usable_size_bytes());
  return root;
}

Result<uint64_t> clear_tree(Pager& pager, PageId root) {
  SQLRITE_ENSURE(pager.is_writing());
  SQLRITE_TRY_ASSIGN(bool table, root_is_table(pager, root, kNewestView));
  TreeWalk walk{pager, kNewestView, PayloadLimits(pager.usable_size_bytes()), table};
  SQLRITE_TRY(walk.free_below(root, 0));
  pager.note_change();
  SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager.fetch_mut(root));
  format_page(bytes, root, table ? kTableLeaf : kIndexLeaf, pager.usable_size_bytes());
  return walk.entries;
}

Result<DropResult> drop_tree(Pager& pager, PageId root) {
  SQLRITE_ENSURE(pager.is_writing());
  if (root.value < 2) return corrupt_page(root, "it is no root page");
  SQLRITE_TRY_ASSIGN(uint64_t removed, clear_tree(pager, root));
  static_cast<void>(removed);
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager));
  if (!mapped) {
    SQLRITE_TRY(free_page(pager, root));
    return DropResult{};
  }
  SQLRITE_TRY_ASSIGN(uint32_t largest_number, read_meta(pager, kNewestView, 4));
  PageId largest{largest_number};
  if (largest < root) return corrupt_page(PageId{1}, "the largest root page is smaller than a root page");
  DropResult result;
  if (largest != root) {
    SQLRITE_TRY(relocate_page(pager, largest, root, PointerEntry{PointerKind::Root, PageId{}}));
    result.moved_from = largest;
    result.moved_to = root;
  }
  SQLRITE_TRY(free_page(pager, largest));
  --largest.value;
  while (largest.value > 1 && is_special_page(pager, largest)) --largest.value;
  SQLRITE_TRY(write_meta(pager, 4, largest.value));
  return result;
}

Result<uint64_t> count_entries(Pager& pager, PageId root, View view) {
  if (root.value == 1 && pager.page_count(view) == 0) return uint64_t{0};  // no pages yet
  SQLRITE_TRY_ASSIGN(bool table, root_is_table(pager, root, view));
  TreeWalk walk{pager, view, PayloadLimits(pager.usable_size_bytes()), table};
  SQLRITE_TRY(walk.count_below(root, 0));
  return walk.entries;
}

Result<uint64_t> estimate_entries(Pager& pager, PageId root, View view) {
  if (root.value == 1 && pager.page_count(view) == 0) return uint64_t{0};  // no pages yet
  SQLRITE_TRY_ASSIGN(bool table, root_is_table(pager, root, view));
  const PayloadLimits limits(pager.usable_size_bytes());
  uint64_t entries = 1;
  PageId id = root;
  for (uint32_t depth = 0; depth < kDepthLimit; ++depth) {
    SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(id, view));
    PageView node;
    if (!node.parse(page.data(), id, limits.usable_size_bytes, table))
      return corrupt_page(id, "it is no page of this tree");
    if (node.leaf()) return entries * node.cell_count;
    entries *= node.cell_count + uint64_t{1};
    // A page in the middle: those at the right edge are seldom full.
    CellInfo middle;
    if (node.cell_count == 0) {
      id = node.right_child();
    } else if (parse_cell(node, node.cell_count / 2u, limits, &middle)) {
      id = middle.child;
    } else {
      return corrupt_page(id, "a cell does not fit on it");
    }
  }
  return corrupt_page(root, "the tree is too deep");
}

}  // namespace sqlrite::storage
