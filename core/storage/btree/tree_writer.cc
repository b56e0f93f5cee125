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

Status TreeWriter::read_step(const Step& step, Sibling* out) {
  if (step.loose == nullptr) return read_sibling(step.id, 0, out);
  static_cast<LooseNode&>(*out) = *step.loose;
  out->id = step.id;
  return {};
}

Status TreeWriter::loosen(int depth) {
  Step& step = steps_[depth];
  if (step.loose != nullptr) return {};
  Sibling page;
  SQLRITE_TRY(read_sibling(step.id, kPagesMax, &page));
  SQLRITE_TRY_ASSIGN(LooseNode * node, make_array<LooseNode>(1));
  *node = page;
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

Result<std::span<const LooseCell>> TreeWriter::take_cells(int depth) {
  SQLRITE_TRY(loosen(depth));
  const LooseNode& node = *steps_[depth].loose;
  return std::span<const LooseCell>{node.cells, node.count};
}

Result<bool> TreeWriter::give_cells(int depth, LooseCell* cells, uint32_t count) {
  Step& step = steps_[depth];
  LooseNode& node = *step.loose;
  node.cells = cells;
  node.count = count;
  const uint32_t usable = limits_.usable_size_bytes;
  const uint32_t overhead = page_head(step.id) + (is_leaf_type(node.type) ? 8 : 12);
  uint64_t used = overhead;
  for (uint32_t i = 0; i < count; ++i) used += cells[i].size_bytes + 2;
  if (used > usable || (depth > 0 && (usable - used) * 3 > usable * uint64_t{2})) return false;
  SQLRITE_TRY(put_page(step.id, node.type, cells, count, node.right_child));
  step.loose = nullptr;
  return true;
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
