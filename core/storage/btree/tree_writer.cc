#include "storage/btree/tree_writer.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "storage/btree/pointer_map.h"
#include "storage/format/corruption.h"

namespace sqlrite::storage {

Result<LooseCell> TreeWriter::copy_cell(const uint8_t* bytes, uint32_t size_bytes) {
  SQLRITE_TRY_ASSIGN(uint8_t* copy, make_array<uint8_t>(size_bytes + size_t{16}));
  std::memcpy(copy, bytes, size_bytes);
  std::memset(copy + size_bytes, 0, 16);
  return LooseCell{copy, size_bytes};
}

// Copies the page into the arena and lists its cells, with room for `extra_cells` more in the list.
Status TreeWriter::read_sibling(PageId id, uint32_t extra_cells, Sibling* out) {
  SQLRITE_TRY_ASSIGN(PageRef page, pager_.fetch(id, kNewestView));
  PageView view;
  if (!view.parse(page.data(), id, limits_.usable_size_bytes, table_))
    return corrupt_page(id, "it is no page of this tree");
  SQLRITE_TRY_ASSIGN(uint8_t* bytes, make_array<uint8_t>(limits_.usable_size_bytes + size_t{64}));
  std::memcpy(bytes, page.data(), limits_.usable_size_bytes);
  std::memset(bytes + limits_.usable_size_bytes, 0, 64);
  SQLRITE_TRY_ASSIGN(LooseCell * cells, make_array<LooseCell>(view.cell_count + size_t{extra_cells}));
  view.data = bytes;
  uint64_t total = view.pointers_end();
  uint32_t measured = 0;
  if (view.type == kIndexLeaf || view.type == kIndexInterior) {
    // The common case: payload sizes of one byte, nothing on overflow pages.
    const uint32_t before = view.leaf() ? 1 : 5;
    for (; measured < view.cell_count; ++measured) {
      uint32_t offset = view.cell_offset(measured);
      if (!view.cell_offset_ok(offset)) return corrupt_page(id, "a cell pointer leads outside of its content");
      uint32_t payload_size = bytes[offset + before - 1];
      if (payload_size >= 0x80 || payload_size > limits_.local_min) break;
      uint32_t size_bytes = std::max(before + payload_size, kMinCellSizeBytes);
      if (offset + size_bytes > view.usable) return corrupt_page(id, "a cell does not fit on it");
      cells[measured] = LooseCell{bytes + offset, size_bytes};
      total += size_bytes;
    }
  }
  for (uint32_t i = measured; i < view.cell_count; ++i) {
    uint32_t size_bytes;
    if (!measure_cell(view, i, limits_, &size_bytes)) return corrupt_page(id, "a cell does not fit on it");
    cells[i] = LooseCell{bytes + view.cell_offset(i), size_bytes};
    total += size_bytes;
  }
  // Cells that share bytes could add up to more than a page.
  if (total > limits_.usable_size_bytes) return corrupt_page(id, "its cells overlap");
  out->id = id;
  out->cells = cells;
  out->count = view.cell_count;
  out->type = view.type;
  out->right_child = view.leaf() ? PageId{} : view.right_child();
  return {};
}

Status TreeWriter::loosen(int depth) {
  Step& step = steps_[depth];
  if (step.loose != nullptr) return {};
  Sibling page;
  SQLRITE_TRY(read_sibling(step.id, kPagesMax, &page));
  SQLRITE_TRY_ASSIGN(LooseNode * node, make_array<LooseNode>(1));
  node->cells = const_cast<LooseCell*>(page.cells);
  node->count = page.count;
  node->right_child = page.right_child;
  node->type = page.type;
  step.loose = node;
  return {};
}

Status TreeWriter::insert_loose(int depth, uint32_t index, LooseCell cell) {
  LooseNode& node = *steps_[depth].loose;
  if (index > node.count) return corrupt_page(steps_[depth].id, "it has no such cell");
  // The list grows by at most kPagesMax cells between two rewrites; a fresh copy keeps that promise simple.
  SQLRITE_TRY_ASSIGN(LooseCell * cells, make_array<LooseCell>(node.count + size_t{1}));
  std::copy(node.cells, node.cells + index, cells);
  cells[index] = cell;
  std::copy(node.cells + index, node.cells + node.count, cells + index + 1);
  node.cells = cells;
  ++node.count;
  return {};
}

Status TreeWriter::insert_cell(int depth, uint32_t index, const CellDraft& draft) {
  Step& step = steps_[depth];
  if (step.loose == nullptr) {
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_.fetch_mut(step.id));
    PageEdit edit;
    if (!edit.open(bytes, step.id, limits_, table_)) return corrupt_page(step.id, "it is no page of this tree");
    SQLRITE_TRY_ASSIGN(uint8_t* slot, edit.insert(index, draft.size_bytes));
    if (slot != nullptr) {
      draft.write(slot);
      return {};
    }
    SQLRITE_TRY(loosen(depth));
  }
  SQLRITE_TRY_ASSIGN(uint8_t* copy, make_array<uint8_t>(draft.size_bytes + size_t{16}));
  draft.write(copy);
  std::memset(copy + draft.size_bytes, 0, 16);
  return insert_loose(depth, index, LooseCell{copy, draft.size_bytes});
}

Status TreeWriter::put_page(PageId id, uint8_t type, const LooseCell* cells, uint32_t count, PageId right_child) {
  SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_.fetch_mut(id));
  write_page(bytes, id, type, cells, count, right_child, limits_.usable_size_bytes);
  return {};
}

// The loose root's cells go to a new page below it; the root becomes an interior page with that one child.
Status TreeWriter::deepen_root() {
  if (depth_ + 2 >= static_cast<int>(kDepthLimit)) return corrupt_page(steps_[0].id, "the tree is too deep");
  Step root = steps_[0];
  SQLRITE_TRY_ASSIGN(PageId child, allocate_page(pager_, root.id));
  for (int d = depth_; d >= 1; --d) steps_[d + 1] = steps_[d];
  steps_[1] = Step{child, root.index, root.loose, true};
  steps_[0] = Step{root.id, 0, nullptr, false};
  ++depth_;
  SQLRITE_TRY(put_page(root.id, table_ ? kTableInterior : kIndexInterior, nullptr, 0, child));
  // Until redistribute() writes it, the child must at least be a page of its kind.
  return put_page(child, steps_[1].loose->type, nullptr, 0, steps_[1].loose->right_child);
}

// A rowid beyond all others on a full right-most leaf: the leaf stays as it is, the new row begins a new leaf.
Status TreeWriter::split_append(int depth) {
  Step& step = steps_[depth];
  Step& parent = steps_[depth - 1];
  const LooseNode& node = *step.loose;
  SQLRITE_TRY_ASSIGN(PageId fresh, allocate_page(pager_, step.id));
  SQLRITE_TRY(put_page(fresh, kTableLeaf, &node.cells[node.count - 1], 1, PageId{}));
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager_));
  if (step.fresh) {
    SQLRITE_TRY(put_page(step.id, kTableLeaf, node.cells, node.count - 1, PageId{}));
    if (mapped) {
      SQLRITE_TRY(put_pointer(pager_, step.id, PointerKind::Child, parent.id));
      SQLRITE_TRY(put_child_pointers(pager_, step.id));
    }
  }
  if (mapped) {
    SQLRITE_TRY(put_pointer(pager_, fresh, PointerKind::Child, parent.id));
    SQLRITE_TRY(put_child_pointers(pager_, fresh));
  }
  CellInfo last;
  const LooseCell& last_cell = node.cells[node.count - 2];
  if (!parse_cell_at(last_cell.bytes, last_cell.bytes + last_cell.size_bytes + 4, kTableLeaf, limits_, &last))
    return corrupt_page(step.id, "a cell does not fit on it");
  step.loose = nullptr;
  return link_leaf(depth, fresh, last.rowid);
}

// Enters `fresh` as the parent's right-most child, behind the leaf at `depth` whose last rowid is `last`.
Status TreeWriter::link_leaf(int depth, PageId fresh, RowId last) {
  Step& step = steps_[depth];
  Step& parent = steps_[depth - 1];
  CellDraft divider;
  store_be32(divider.head, step.id.value);
  divider.head_size_bytes = 4 + write_varint(divider.head + 4, static_cast<uint64_t>(last));
  divider.finish();
  {
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_.fetch_mut(parent.id));
    store_be32(bytes + page_head(parent.id) + 8, fresh.value);
  }
  return insert_cell(depth - 1, parent.index, divider);
}

Status TreeWriter::append_leaf(int depth, const CellDraft& draft, RowId last) {
  SQLRITE_TRY_ASSIGN(PageId fresh, allocate_page(pager_, steps_[depth].id));
  {
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_.fetch_mut(fresh));
    format_page(bytes, fresh, kTableLeaf, limits_.usable_size_bytes);
    PageEdit edit;
    SQLRITE_ENSURE(edit.open(bytes, fresh, limits_, true));
    SQLRITE_TRY_ASSIGN(uint8_t* slot, edit.insert(0, draft.size_bytes));
    SQLRITE_ENSURE(slot != nullptr);
    draft.write(slot);
  }
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager_));
  if (mapped) {
    SQLRITE_TRY(put_pointer(pager_, fresh, PointerKind::Child, steps_[depth - 1].id));
    SQLRITE_TRY(put_child_pointers(pager_, fresh));
  }
  SQLRITE_TRY(link_leaf(depth, fresh, last));
  return balance(depth - 1, false);
}

// Gathers the cells of the page and up to two siblings (with the dividers between them, except above table leaves), deals
// them out again to as few pages as they need, evened out from the right, and mends the parent.
Status TreeWriter::redistribute(int depth, bool bulk) {
  Step& step = steps_[depth];
  Step& parent = steps_[depth - 1];
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager_));

  // The parent as read; its bytes are copied, because the page is edited below.
  Sibling above;
  if (parent.loose != nullptr) {
    above.cells = parent.loose->cells;
    above.count = parent.loose->count;
    above.right_child = parent.loose->right_child;
    above.type = parent.loose->type;
  } else {
    SQLRITE_TRY(read_sibling(parent.id, 0, &above));
  }
  if (is_leaf_type(above.type) || parent.index > above.count) return corrupt_page(parent.id, "it has no such child");
  auto child_at = [&](uint32_t index) {
    return index == above.count ? above.right_child : PageId{load_be32(above.cells[index].bytes)};
  };

  uint32_t wanted = bulk ? 2 : kSiblingsMax;
  uint32_t old_count = std::min(wanted, above.count + 1);
  uint32_t first = parent.index == 0 ? 0 : std::min(parent.index - 1, above.count + 1 - old_count);

  Sibling old[kSiblingsMax];
  uint32_t total = 0;
  for (uint32_t k = 0; k < old_count; ++k) {
    PageId id = child_at(first + k);
    if (id.value < 2 || id == parent.id) return corrupt_page(parent.id, "a child pointer leads nowhere or back");
    for (uint32_t other = 0; other < k; ++other) {
      if (old[other].id == id) return corrupt_page(parent.id, "two of its child pointers lead to one page");
    }
    if (first + k == parent.index) {
      if (id != step.id) return corrupt_page(parent.id, "its child is not where it was found");
    }
    if (first + k == parent.index && step.loose != nullptr) {
      old[k].id = id;
      old[k].cells = step.loose->cells;
      old[k].count = step.loose->count;
      old[k].right_child = step.loose->right_child;
      old[k].type = step.loose->type;
    } else {
      SQLRITE_TRY(read_sibling(id, 0, &old[k]));
    }
    if (old[k].type != old[0].type) return corrupt_page(parent.id, "its children are of different kinds");
    total += old[k].count + 1;
  }
  const uint8_t type = old[0].type;
  const bool leaf = is_leaf_type(type);
  const bool leaf_data = leaf && table_;
  SQLRITE_TRY_ASSIGN(LooseCell * cells, make_array<LooseCell>(total));
  uint32_t n = 0;
  for (uint32_t k = 0; k < old_count; ++k) {
    std::copy(old[k].cells, old[k].cells + old[k].count, cells + n);
    n += old[k].count;
    if (leaf_data || k + 1 == old_count) continue;
    const LooseCell& divider = above.cells[first + k];
    if (leaf) {
      cells[n++] = LooseCell{divider.bytes + 4, std::max(divider.size_bytes - 4, kMinCellSizeBytes)};
    } else {
      SQLRITE_TRY_ASSIGN(LooseCell copy, copy_cell(divider.bytes, divider.size_bytes));
      store_be32(const_cast<uint8_t*>(copy.bytes), old[k].right_child.value);
      cells[n++] = copy;
    }
  }
  const PageId last_right_child = old[old_count - 1].right_child;

  // Deal the cells out greedily from the left. Between pages that are not table leaves one cell goes up as divider.
  const uint32_t capacity = limits_.usable_size_bytes - (leaf ? 8 : 12);
  const uint32_t skip = leaf_data ? 0 : 1;
  uint32_t start[kPagesMax];
  uint32_t end[kPagesMax];
  uint32_t size[kPagesMax];
  uint32_t new_count = 0;
  for (uint32_t i = 0;;) {
    if (new_count == kPagesMax)
      return corrupt_page(parent.id, "the cells of its children cannot be shared out among them");
    uint32_t used = 0;
    start[new_count] = i;
    while (i < n && used + cells[i].size_bytes + 2 <= capacity) used += cells[i++].size_bytes + 2;
    end[new_count] = i;
    size[new_count] = used;
    ++new_count;
    if (i >= n) break;
    if (start[new_count - 1] == i)
      return corrupt_page(parent.id, "the cells of its children cannot be shared out among them");
    i += skip;
    if (i >= n && skip == 1) {
      // The divider would be the last cell: an empty page stands behind it for now, the evening out fills it.
      if (new_count == kPagesMax)
        return corrupt_page(parent.id, "the cells of its children cannot be shared out among them");
      start[new_count] = end[new_count] = n;
      size[new_count++] = 0;
      break;
    }
  }
  // Even out: shift cells to the right while that brings the two pages closer together.
  for (uint32_t i = new_count - 1; i > 0; --i) {
    while (end[i - 1] > start[i - 1]) {
      uint32_t moved = end[i - 1] - 1;                   // leaves the left page
      uint32_t gained = leaf_data ? moved : end[i - 1];  // enters the right page
      uint32_t left_after = size[i - 1] - (cells[moved].size_bytes + 2);
      uint32_t right_after = size[i] + cells[gained].size_bytes + 2;
      if (size[i] != 0 && (bulk || right_after > left_after + (i == new_count - 1 ? 2 : 0))) break;
      size[i - 1] = left_after;
      size[i] = right_after;
      end[i - 1] = moved;
      start[i] = moved + skip;
    }
    if (end[i - 1] <= start[i - 1])
      return corrupt_page(parent.id, "the cells of its children cannot be shared out among them");
  }

  // Pages in ascending order, so that a scan reads the file forwards.
  PageId ids[kPagesMax + kSiblingsMax];
  uint32_t id_count = 0;
  for (uint32_t k = 0; k < old_count; ++k) ids[id_count++] = old[k].id;
  while (id_count < new_count) {
    SQLRITE_TRY_ASSIGN(PageId fresh, allocate_page(pager_, ids[id_count - 1]));
    for (uint32_t k = 0; k < id_count; ++k) {
      if (ids[k] == fresh) return corrupt_page(fresh, "it is free and in use");
    }
    if (fresh == parent.id) return corrupt_page(fresh, "it is free and in use");
    ids[id_count++] = fresh;
  }
  std::sort(ids, ids + id_count);
  while (id_count > new_count) SQLRITE_TRY(free_page(pager_, ids[--id_count]));

  // A root that would keep a single child takes the child's cells instead and the tree gets lower.
  bool root_parent = depth == 1;
  if (root_parent && new_count == 1 && above.count + 1 == old_count &&
      size[0] <= limits_.usable_size_bytes - page_head(parent.id) - (leaf ? 8 : 12)) {
    SQLRITE_TRY(put_page(parent.id, type, cells, n, last_right_child));
    SQLRITE_TRY(free_page(pager_, ids[0]));
    parent.loose = nullptr;
    step.loose = nullptr;
    if (mapped) SQLRITE_TRY(put_child_pointers(pager_, parent.id));
    return {};
  }

  for (uint32_t j = 0; j < new_count; ++j) {
    PageId right_child;
    if (!leaf) right_child = j + 1 == new_count ? last_right_child : PageId{load_be32(cells[end[j]].bytes)};
    SQLRITE_TRY(put_page(ids[j], type, cells + start[j], end[j] - start[j], right_child));
  }
  step.loose = nullptr;

  // Parent: the old dividers go, the child behind them becomes the last new page, the new dividers come in before it.
  if (parent.loose != nullptr) {
    LooseNode& node = *parent.loose;
    std::copy(node.cells + first + old_count - 1, node.cells + node.count, node.cells + first);
    node.count -= old_count - 1;
    if (first == node.count) {
      node.right_child = ids[new_count - 1];
    } else {
      SQLRITE_TRY_ASSIGN(LooseCell copy, copy_cell(node.cells[first].bytes, node.cells[first].size_bytes));
      store_be32(const_cast<uint8_t*>(copy.bytes), ids[new_count - 1].value);
      node.cells[first] = copy;
    }
  } else {
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_.fetch_mut(parent.id));
    PageEdit edit;
    if (!edit.open(bytes, parent.id, limits_, table_)) return corrupt_page(parent.id, "it is no page of this tree");
    for (uint32_t k = 0; k + 1 < old_count; ++k) SQLRITE_TRY(edit.remove(first, above.cells[first + k].size_bytes));
    edit.set_child(first, ids[new_count - 1]);
  }
  for (uint32_t j = 0; j + 1 < new_count; ++j) {
    CellDraft divider;
    store_be32(divider.head, ids[j].value);
    divider.head_size_bytes = 4;
    CellInfo info;
    if (leaf_data) {
      const LooseCell& last = cells[end[j] - 1];
      if (!parse_cell_at(last.bytes, last.bytes + last.size_bytes + 4, type, limits_, &info))
        return corrupt_page(parent.id, "the cells of its children cannot be shared out among them");
      divider.head_size_bytes += write_varint(divider.head + 4, static_cast<uint64_t>(info.rowid));
      info.overflow = PageId{};
    } else {
      const LooseCell& cell = cells[end[j]];
      if (!parse_cell_at(cell.bytes, cell.bytes + cell.size_bytes + 4, type, limits_, &info))
        return corrupt_page(parent.id, "the cells of its children cannot be shared out among them");
      // A leaf cell may be padded to four bytes; its true end is where the payload ends.
      uint32_t from = leaf ? 0 : 4;
      uint32_t true_size = info.payload_offset + info.local_size_bytes + (info.overflow ? 4 : 0);
      divider.local = cell.bytes + from;
      divider.local_size_bytes = true_size - from;
    }
    divider.finish();
    SQLRITE_TRY(insert_cell(depth - 1, first + j, divider));
    if (mapped && info.overflow) SQLRITE_TRY(put_pointer(pager_, info.overflow, PointerKind::OverflowFirst, parent.id));
  }
  if (mapped) {
    for (uint32_t j = 0; j < new_count; ++j) {
      SQLRITE_TRY(put_pointer(pager_, ids[j], PointerKind::Child, parent.id));
      SQLRITE_TRY(put_child_pointers(pager_, ids[j]));
    }
  }
  return {};
}

Status TreeWriter::balance(int depth, bool bulk) {
  pager_.note_tree_change(steps_[0].id);
  while (true) {
    balanced_up_to_ = std::min(balanced_up_to_, depth);
    Step& step = steps_[depth];
    if (step.loose == nullptr) {
      if (depth == 0) return {};
      SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_.fetch_mut(step.id));
      PageEdit edit;
      if (!edit.open(bytes, step.id, limits_, table_)) return corrupt_page(step.id, "it is no page of this tree");
      SQLRITE_TRY_ASSIGN(uint32_t free_size, edit.free_size_bytes());
      if (free_size * 3 <= limits_.usable_size_bytes * 2) return {};
    } else if (depth == 0) {
      SQLRITE_TRY(deepen_root());
      depth = 1;
      continue;
    } else if (step.loose->type == kTableLeaf && step.index + 1 == step.loose->count && step.loose->count > 1 &&
               steps_[depth - 1].loose == nullptr) {
      SQLRITE_TRY_ASSIGN(PageRef above, pager_.fetch(steps_[depth - 1].id, kNewestView));
      PageView view;
      if (!view.parse(above.data(), steps_[depth - 1].id, limits_.usable_size_bytes, table_))
        return corrupt_page(steps_[depth - 1].id, "it is no page of this tree");
      bool edge = steps_[depth - 1].index == view.cell_count;
      above.release();
      if (edge) {
        SQLRITE_TRY(split_append(depth));
        --depth;
        continue;
      }
    }
    SQLRITE_TRY(redistribute(depth, bulk));
    --depth;
  }
}

}  // namespace sqlrite::storage
