// Redistribution: the cells of a page and its neighbours are dealt out again. The steps, in order: read the siblings,
// gather their cells, deal them out to pages, even these out, take the pages, write them, mend the parent.
#include <algorithm>

#include "storage/btree/pointer_map.h"
#include "storage/btree/tree_writer.h"
#include "storage/format/corruption.h"

namespace sqlrite::storage {

namespace {

Status cannot_be_shared_out(PageId parent) {
  return corrupt_page(parent, "the cells of its children cannot be shared out among them");
}

}  // namespace

// One redistribution under way.
struct TreeWriter::Redistribution {
  int depth = 0;
  bool bulk = false;
  // The parent as read: its page is edited while the siblings still need its cells.
  Sibling above;
  // Children `first` and following of the parent, as they were.
  uint32_t first = 0;
  uint32_t old_count = 0;
  Sibling old[kSiblingsMax];
  uint8_t type = 0;
  bool leaf = false;
  bool leaf_data = false;  // table leaves: no cell of theirs is a divider
  // All their cells in order, with the dividers that stand between them.
  LooseCell* cells = nullptr;
  uint32_t cell_count = 0;
  PageId last_right_child;
  // Pages to come: page j gets cells start[j] to end[j], size[j] bytes with their pointers.
  uint32_t new_count = 0;
  uint32_t start[kPagesMax];
  uint32_t end[kPagesMax];
  uint32_t size[kPagesMax];
  PageId ids[kPagesMax + kSiblingsMax];
};

// Gathers the cells of the page and up to two siblings (with the dividers between them, except above table leaves), deals
// them out again to as few pages as they need, evened out from the right, and mends the parent.
Status TreeWriter::redistribute(int depth, bool bulk) {
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(pager_));
  Redistribution work;
  work.depth = depth;
  work.bulk = bulk;
  SQLRITE_TRY(read_siblings(&work));
  SQLRITE_TRY(gather_cells(&work));
  SQLRITE_TRY(deal_out(&work));
  SQLRITE_TRY(even_out(&work));
  SQLRITE_TRY(take_pages(&work));

  // A root that would keep a single child takes the child's cells instead and the tree gets lower.
  Step& step = steps_[depth];
  Step& parent = steps_[depth - 1];
  if (depth == 1 && work.new_count == 1 && work.above.count + 1 == work.old_count &&
      work.size[0] <= limits_.usable_size_bytes - page_head(parent.id) - (work.leaf ? 8 : 12)) {
    SQLRITE_TRY(put_page(parent.id, work.type, work.cells, work.cell_count, work.last_right_child));
    SQLRITE_TRY(free_page(pager_, work.ids[0]));
    parent.loose = nullptr;
    step.loose = nullptr;
    return mapped ? put_child_pointers(pager_, parent.id) : Status();
  }

  for (uint32_t j = 0; j < work.new_count; ++j) {
    PageId right_child;
    if (!work.leaf) {
      right_child = j + 1 == work.new_count ? work.last_right_child : PageId{load_be32(work.cells[work.end[j]].bytes)};
    }
    SQLRITE_TRY(put_page(work.ids[j], work.type, work.cells + work.start[j], work.end[j] - work.start[j], right_child));
  }
  step.loose = nullptr;
  SQLRITE_TRY(replace_children(work));
  SQLRITE_TRY(insert_dividers(work, mapped));
  for (uint32_t j = 0; mapped && j < work.new_count; ++j) {
    SQLRITE_TRY(put_pointer(pager_, work.ids[j], PointerKind::Child, parent.id));
    SQLRITE_TRY(put_child_pointers(pager_, work.ids[j]));
  }
  return {};
}

// The parent, and the children that take part: the page itself, and what stands left and right of it.
Status TreeWriter::read_siblings(Redistribution* work) {
  const Step& step = steps_[work->depth];
  const Step& parent = steps_[work->depth - 1];
  Sibling& above = work->above;
  SQLRITE_TRY(read_step(parent, &above));
  if (is_leaf_type(above.type) || parent.index > above.count) return corrupt_page(parent.id, "it has no such child");
  uint32_t wanted = work->bulk ? 2 : kSiblingsMax;
  work->old_count = std::min(wanted, above.count + 1);
  work->first = parent.index == 0 ? 0 : std::min(parent.index - 1, above.count + 1 - work->old_count);
  for (uint32_t k = 0; k < work->old_count; ++k) {
    uint32_t index = work->first + k;
    PageId id = index == above.count ? above.right_child : PageId{load_be32(above.cells[index].bytes)};
    if (id.value < 2 || id == parent.id) return corrupt_page(parent.id, "a child pointer leads nowhere or back");
    for (uint32_t other = 0; other < k; ++other) {
      if (work->old[other].id == id) return corrupt_page(parent.id, "two of its child pointers lead to one page");
    }
    Sibling& sibling = work->old[k];
    if (index != parent.index) {
      SQLRITE_TRY(read_sibling(id, 0, &sibling));
    } else if (id != step.id) {
      return corrupt_page(parent.id, "its child is not where it was found");
    } else {
      SQLRITE_TRY(read_step(step, &sibling));
    }
    if (sibling.type != work->old[0].type) return corrupt_page(parent.id, "its children are of different kinds");
  }
  work->type = work->old[0].type;
  work->leaf = is_leaf_type(work->type);
  work->leaf_data = work->leaf && table_;
  work->last_right_child = work->old[work->old_count - 1].right_child;
  return {};
}

Status TreeWriter::gather_cells(Redistribution* work) {
  uint32_t total = 0;
  for (uint32_t k = 0; k < work->old_count; ++k) total += work->old[k].count + 1;
  SQLRITE_TRY_ASSIGN(work->cells, make_array<LooseCell>(total));
  LooseCell* out = work->cells;
  for (uint32_t k = 0; k < work->old_count; ++k) {
    const Sibling& sibling = work->old[k];
    out = std::copy(sibling.cells, sibling.cells + sibling.count, out);
    if (work->leaf_data || k + 1 == work->old_count) continue;
    const LooseCell& divider = work->above.cells[work->first + k];
    if (work->leaf) {
      *out++ = LooseCell{divider.bytes + 4, std::max(divider.size_bytes - 4, kMinCellSizeBytes)};
    } else {
      SQLRITE_TRY_ASSIGN(LooseCell copy, copy_cell(divider.bytes, divider.size_bytes));
      store_be32(const_cast<uint8_t*>(copy.bytes), sibling.right_child.value);
      *out++ = copy;
    }
  }
  work->cell_count = static_cast<uint32_t>(out - work->cells);
  return {};
}

// Greedily from the left. Between pages that are not table leaves one cell goes up as divider.
Status TreeWriter::deal_out(Redistribution* work) {
  const PageId parent = steps_[work->depth - 1].id;
  const uint32_t capacity = limits_.usable_size_bytes - (work->leaf ? 8 : 12);
  const uint32_t divider_count = work->leaf_data ? 0 : 1;
  const LooseCell* cells = work->cells;
  const uint32_t n = work->cell_count;
  for (uint32_t i = 0;;) {
    if (work->new_count == kPagesMax) return cannot_be_shared_out(parent);
    const uint32_t begin = i;
    uint32_t used = 0;
    while (i < n && used + cells[i].size_bytes + 2 <= capacity) used += cells[i++].size_bytes + 2;
    work->start[work->new_count] = begin;
    work->end[work->new_count] = i;
    work->size[work->new_count++] = used;
    if (i >= n) return {};
    if (begin == i) return cannot_be_shared_out(parent);
    i += divider_count;
    if (i >= n && divider_count == 1) {
      // The divider would be the last cell: an empty page stands behind it for now, the evening out fills it.
      if (work->new_count == kPagesMax) return cannot_be_shared_out(parent);
      work->start[work->new_count] = work->end[work->new_count] = n;
      work->size[work->new_count++] = 0;
      return {};
    }
  }
}

// Shifts cells to the right while that brings two neighbours closer together.
Status TreeWriter::even_out(Redistribution* work) {
  const uint32_t divider_count = work->leaf_data ? 0 : 1;
  uint32_t* start = work->start;
  uint32_t* end = work->end;
  uint32_t* size = work->size;
  for (uint32_t i = work->new_count - 1; i > 0; --i) {
    while (end[i - 1] > start[i - 1]) {
      uint32_t moved = end[i - 1] - 1;                         // leaves the left page
      uint32_t gained = work->leaf_data ? moved : end[i - 1];  // enters the right page
      uint32_t left_after = size[i - 1] - (work->cells[moved].size_bytes + 2);
      uint32_t right_after = size[i] + work->cells[gained].size_bytes + 2;
      if (size[i] != 0 && (work->bulk || right_after > left_after + (i == work->new_count - 1 ? 2 : 0))) break;
      size[i - 1] = left_after;
      size[i] = right_after;
      end[i - 1] = moved;
      start[i] = moved + divider_count;
    }
    if (end[i - 1] <= start[i - 1]) return cannot_be_shared_out(steps_[work->depth - 1].id);
  }
  return {};
}

// As many pages as there will be, in ascending order, so that a scan reads the file forwards.
Status TreeWriter::take_pages(Redistribution* work) {
  PageId* ids = work->ids;
  uint32_t count = 0;
  for (; count < work->old_count; ++count) ids[count] = work->old[count].id;
  while (count < work->new_count) {
    SQLRITE_TRY_ASSIGN(PageId fresh, allocate_page(pager_, ids[count - 1]));
    bool in_use = fresh == steps_[work->depth - 1].id || std::find(ids, ids + count, fresh) != ids + count;
    if (in_use) return corrupt_page(fresh, "it is free and in use");
    ids[count++] = fresh;
  }
  std::sort(ids, ids + count);
  while (count > work->new_count) SQLRITE_TRY(free_page(pager_, ids[--count]));
  return {};
}

// In the parent the old dividers go, and the child behind them becomes the last new page.
Status TreeWriter::replace_children(const Redistribution& work) {
  Step& parent = steps_[work.depth - 1];
  const uint32_t first = work.first;
  const uint32_t divider_count = work.old_count - 1;
  const PageId last = work.ids[work.new_count - 1];
  if (parent.loose == nullptr) {
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_.fetch_mut(parent.id));
    PageEdit edit;
    if (!edit.open(bytes, parent.id, limits_, table_)) return corrupt_page(parent.id, "it is no page of this tree");
    for (uint32_t k = 0; k < divider_count; ++k)
      SQLRITE_TRY(edit.remove(first, work.above.cells[first + k].size_bytes));
    edit.set_child(first, last);
    return {};
  }
  LooseNode& node = *parent.loose;
  std::copy(node.cells + first + divider_count, node.cells + node.count, node.cells + first);
  node.count -= divider_count;
  if (first == node.count) {
    node.right_child = last;
  } else {
    SQLRITE_TRY_ASSIGN(LooseCell copy, copy_cell(node.cells[first].bytes, node.cells[first].size_bytes));
    store_be32(const_cast<uint8_t*>(copy.bytes), last.value);
    node.cells[first] = copy;
  }
  return {};
}

// The new dividers come in before the last new page. Of a table leaf it is the last rowid, else the cell between two pages.
Status TreeWriter::insert_dividers(const Redistribution& work, bool mapped) {
  const PageId parent = steps_[work.depth - 1].id;
  for (uint32_t j = 0; j + 1 < work.new_count; ++j) {
    CellDraft divider;
    store_be32(divider.head, work.ids[j].value);
    divider.head_size_bytes = 4;
    const LooseCell& cell = work.cells[work.leaf_data ? work.end[j] - 1 : work.end[j]];
    CellInfo info;
    if (!parse_cell_at(cell.bytes, cell.bytes + cell.size_bytes + 4, work.type, limits_, &info))
      return cannot_be_shared_out(parent);
    if (work.leaf_data) {
      divider.head_size_bytes += write_varint(divider.head + 4, static_cast<uint64_t>(info.rowid));
      info.overflow = PageId{};
    } else {
      // A leaf cell may be padded to four bytes; its true end is where the payload ends.
      uint32_t from = work.leaf ? 0 : 4;
      uint32_t true_size = info.payload_offset + info.local_size_bytes + (info.overflow ? 4 : 0);
      divider.local = cell.bytes + from;
      divider.local_size_bytes = true_size - from;
    }
    divider.finish();
    SQLRITE_TRY(insert_cell(work.depth - 1, work.first + j, divider));
    if (mapped && info.overflow) SQLRITE_TRY(put_pointer(pager_, info.overflow, PointerKind::OverflowFirst, parent));
  }
  return {};
}

}  // namespace sqlrite::storage
