// Inserting and erasing through cursors.
#include <cstring>

#include "base/check.h"
#include "storage/btree/btree.h"
#include "storage/btree/overflow.h"
#include "storage/btree/page_edit.h"
#include "storage/btree/pointer_map.h"
#include "storage/btree/tree_writer.h"
#include "storage/format/corruption.h"
#include "storage/record/compare.h"

namespace sqlrite::storage {
namespace {

// Fills the payload part of a draft whose head holds everything before it; writes the overflow chain.
Status draft_payload(Pager& pager, const PayloadLimits& limits, uint32_t local_max, const Payload& payload, PageId page,
                     CellDraft* draft) {
  uint64_t total = payload.bytes.size() + payload.zero_tail_size_bytes;
  uint64_t local = total;
  if (total > local_max) {
    local = limits.local_part(total, local_max);
    SQLRITE_TRY_ASSIGN(draft->overflow, write_overflow(pager, payload, local, page));
  }
  uint64_t real = payload.bytes.size() < local ? payload.bytes.size() : local;
  draft->local = payload.bytes.data();
  draft->local_size_bytes = static_cast<uint32_t>(real);
  draft->local_zero_bytes = static_cast<uint32_t>(local - real);
  draft->finish();
  return {};
}

}  // namespace

// Puts the draft in at levels_[depth_].index. `append`: behind everything in the tree. REQUIRES depth_ is a leaf.
Status CursorBase::insert_cell(CellDraft& draft, bool append) {
  Level& leaf = levels_[depth_];
  SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_->fetch_mut(leaf.id));
  pager_->note_tree_change(root_);
  PageEdit edit;
  if (!edit.open(bytes, leaf.id, limits_, table_)) return corrupt_page(leaf.id, "it is no page of this tree");
  SQLRITE_TRY_ASSIGN(uint8_t* slot, edit.insert(leaf.index, draft.size_bytes));
  if (slot != nullptr) {
    draft.write(slot);
    if (leaf.page.data() != bytes) {
      SQLRITE_TRY_ASSIGN(leaf.page, pager_->fetch(leaf.id, kNewestView));
    }
    leaf.cell_count = edit.view().cell_count;
    stamp_ = pager_->change_count(root_);
    return {};
  }
  TreeWriter writer(*pager_, limits_, table_);
  for (int d = 0; d <= depth_; ++d) writer.push(levels_[d].id, levels_[d].index);
  Status status;
  CellInfo last;
  if (append && table_ && depth_ > 0 && leaf.cell_count > 0 &&
      parse_cell(edit.view(), leaf.cell_count - 1u, limits_, &last)) {
    status = writer.append_leaf(depth_, draft, last.rowid);
  } else {
    status = writer.insert_cell(depth_, leaf.index, draft);
    if (status.ok()) status = writer.balance(depth_, append);
  }
  forget_levels();
  stamp_ = pager_->change_count(root_);
  return status;
}

Status TableCursor::insert(RowId rowid, const Payload& payload) {
  SQLRITE_ENSURE(pager_ != nullptr && view_.is_newest());
  uint64_t total = payload.bytes.size() + payload.zero_tail_size_bytes;
  if (total > kPayloadSizeMax) return Code::TooBig;
  bool exact = false;
  bool append = false;
  refresh();
  if (last_known_ && rowid > leaf_last_) {
    levels_[depth_].index = levels_[depth_].cell_count;
    append = true;
  } else {
    SQLRITE_TRY(locate(rowid, &exact));
    append = !exact && levels_[depth_].index == levels_[depth_].cell_count && at_right_edge();
  }
  valid_ = false;
  PageId page = levels_[depth_].id;
  if (exact) {
    SQLRITE_TRY_ASSIGN(bool standing, stand());
    static_cast<void>(standing);
    valid_ = false;
    CellRef before = cell_;
    uint32_t index = levels_[depth_].index;
    // Same size in place: the usual UPDATE of fixed-size columns moves nothing.
    bool local = before.payload_size_bytes == before.local_size_bytes;
    if (local && total == before.payload_size_bytes && payload.zero_tail_size_bytes == 0) {
      SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_->fetch_mut(page));
      pager_->note_tree_change(root_);
      uint32_t offset = static_cast<uint32_t>(before.payload - levels_[depth_].data());
      if (total > 0) std::memmove(bytes + offset, payload.bytes.data(), payload.bytes.size());
      if (levels_[depth_].data() != bytes) {
        SQLRITE_TRY_ASSIGN(levels_[depth_].page, pager_->fetch(page, kNewestView));
      }
      stamp_ = pager_->change_count(root_);
      ++levels_[depth_].index;
      gap_rowid_ = rowid;
      place_ = Place::Gap;
      return {};
    }
    CellInfo info;
    const uint8_t* data = levels_[depth_].data();
    uint32_t offset = load_be16(data + levels_[depth_].pointers + 2 * index);
    if (!parse_cell_at(data + offset, data + limits_.usable_size_bytes, kTableLeaf, limits_, &info))
      return corrupt_page(levels_[depth_].id, "a cell does not fit on it");
    if (before.overflow) {
      SQLRITE_TRY(free_overflow(*pager_, before.overflow, before.payload_size_bytes - before.local_size_bytes));
    }
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_->fetch_mut(page));
    pager_->note_tree_change(root_);
    PageEdit edit;
    if (!edit.open(bytes, page, limits_, true)) return corrupt_page(page, "it is no page of this tree");
    SQLRITE_TRY(edit.remove(index, info.size_bytes));
    if (levels_[depth_].data() != bytes) {
      SQLRITE_TRY_ASSIGN(levels_[depth_].page, pager_->fetch(page, kNewestView));
    }
    levels_[depth_].cell_count = edit.view().cell_count;
    stamp_ = pager_->change_count(root_);
  }
  CellDraft draft;
  draft.head_size_bytes = write_varint(draft.head, total);
  draft.head_size_bytes += write_varint(draft.head + draft.head_size_bytes, static_cast<uint64_t>(rowid));
  SQLRITE_TRY(draft_payload(*pager_, limits_, limits_.table_local_max, payload, page, &draft));
  SQLRITE_TRY(insert_cell(draft, append));
  gap_rowid_ = rowid;
  if (depth_ < 0) {
    place_ = Place::Key;
    key_is_entry_ = false;
    return {};
  }
  if (append) {
    leaf_last_ = rowid;
    last_known_ = true;
  }
  ++levels_[depth_].index;
  place_ = Place::Gap;
  return {};
}

Status IndexCursor::insert(const Payload& record) {
  SQLRITE_ENSURE(pager_ != nullptr && view_.is_newest() && key_info_ != nullptr);
  uint64_t total = record.bytes.size() + record.zero_tail_size_bytes;
  if (total > kPayloadSizeMax) return Code::TooBig;
  Arena scratch(2048);
  constexpr uint32_t kFields = 32;
  Value inline_fields[kFields];
  Value* fields = inline_fields;
  std::span<const uint8_t> bytes = record.bytes;
  if (record.zero_tail_size_bytes > 0) {
    // Comparing needs the zeros in memory.
    auto* whole = static_cast<uint8_t*>(scratch.try_allocate(total + 16, 8));
    if (whole == nullptr) return Code::NoMem;
    std::memcpy(whole, record.bytes.data(), record.bytes.size());
    std::memset(whole + record.bytes.size(), 0, record.zero_tail_size_bytes + 16);
    bytes = {whole, static_cast<size_t>(total)};
  }
  SQLRITE_TRY_ASSIGN(uint32_t count, split_record(bytes, key_info_->encoding, fields, kFields, scratch));
  if (count > kFields) {
    fields = static_cast<Value*>(scratch.try_allocate(sizeof(Value) * count, alignof(Value)));
    if (fields == nullptr) return Code::NoMem;
    SQLRITE_TRY_ASSIGN(uint32_t again, split_record(bytes, key_info_->encoding, fields, count, scratch));
    static_cast<void>(again);
  }
  return insert(record, SearchKey{fields, static_cast<uint16_t>(count)});
}

Status IndexCursor::insert(const Payload& record, const SearchKey& fields) {
  SQLRITE_ENSURE(pager_ != nullptr && view_.is_newest() && key_info_ != nullptr);
  uint64_t total = record.bytes.size() + record.zero_tail_size_bytes;
  if (total > kPayloadSizeMax) return Code::TooBig;
  SQLRITE_TRY(locate(fields, false));
  return insert_here(record);
}

Status IndexCursor::insert_here(const Payload& record) {
  const uint64_t total = record.bytes.size() + record.zero_tail_size_bytes;
  bool append = levels_[depth_].index == levels_[depth_].cell_count && at_right_edge();
  CellDraft draft;
  draft.head_size_bytes = write_varint(draft.head, total);
  SQLRITE_TRY(draft_payload(*pager_, limits_, limits_.index_local_max, record, levels_[depth_].id, &draft));
  SQLRITE_TRY(CursorBase::insert_cell(draft, append));
  place_ = Place::Nowhere;
  if (depth_ >= 0) {
    ++levels_[depth_].index;
    place_ = Place::Gap;
  }
  return {};
}

// Whether at least a third of a page with so many cells is in use, supposing that they are like one of this size: then it
// need not be balanced. Adding up its free blocks would tell exactly; their list is long where many cells were removed.
static bool looks_dense(uint32_t cell_count, uint32_t size_bytes, uint32_t usable_size_bytes) {
  return cell_count * (size_bytes + 2) > usable_size_bytes / 2;
}

Status CursorBase::erase() {
  SQLRITE_ENSURE(pager_ != nullptr && view_.is_newest());
  if (stamp_ != pager_->change_count(root_)) {
    // Changed through another cursor: find the entry again.
    if (!table_) return Code::Abort;
    RowId rowid = cell_.rowid;
    SQLRITE_ENSURE(valid_);
    SQLRITE_TRY_ASSIGN(bool found, static_cast<TableCursor*>(this)->seek(rowid, Seek::Equal));
    if (!found) return Code::Abort;
  }
  SQLRITE_ENSURE(valid_);
  Level& level = levels_[depth_];
  const int depth = depth_;
  CellInfo info;
  {
    const uint8_t* data = level.data();
    uint32_t offset = load_be16(data + level.pointers + 2 * level.index);
    if (offset > limits_.usable_size_bytes - kMinCellSizeBytes)
      return corrupt_page(level.id, "a cell pointer leads outside of its content");
    if (!parse_cell_at(data + offset, data + limits_.usable_size_bytes, level.type, limits_, &info))
      return corrupt_page(level.id, "a cell does not fit on it");
  }
  // What stays on its leaf keeps its place there; else it is found again by key.
  const bool dense = level.leaf() && looks_dense(level.cell_count - 1u, info.size_bytes, limits_.usable_size_bytes);
  if (table_) {
    gap_rowid_ = cell_.rowid;
  } else if (!dense) {
    SQLRITE_TRY(save_key());
  }
  key_is_entry_ = false;
  valid_ = false;
  overflow_page_ = PageId{};
  if (info.overflow) {
    SQLRITE_TRY(free_overflow(*pager_, info.overflow, info.payload_size_bytes - info.local_size_bytes));
  }
  pager_->note_tree_change(root_);

  if (level.leaf()) {
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_->fetch_mut(level.id));
    PageEdit edit;
    if (!edit.open(bytes, level.id, limits_, table_)) return corrupt_page(level.id, "it is no page of this tree");
    SQLRITE_TRY(edit.remove(level.index, info.size_bytes));
    uint32_t free_size = 0;
    if (!dense) {
      SQLRITE_TRY_ASSIGN(free_size, edit.free_size_bytes());
    }
    if (depth == 0 || free_size * 3 <= limits_.usable_size_bytes * 2) {
      if (level.page.data() != bytes) {
        SQLRITE_TRY_ASSIGN(level.page, pager_->fetch(level.id, kNewestView));
      }
      level.cell_count = edit.view().cell_count;
      last_known_ = false;
      stamp_ = pager_->change_count(root_);
      place_ = Place::Gap;
      return {};
    }
    TreeWriter writer(*pager_, limits_, table_);
    for (int d = 0; d <= depth; ++d) writer.push(levels_[d].id, levels_[d].index);
    Status status = writer.balance(depth, false);
    forget_levels();
    stamp_ = pager_->change_count(root_);
    place_ = Place::Key;
    return status;
  }

  // An entry of an index tree's interior page: the entry before it, the last one below its left child, takes its place.
  TreeWriter writer(*pager_, limits_, table_);
  uint32_t index = level.index;
  SQLRITE_TRY(descend_right());
  for (int d = 0; d <= depth_; ++d) {
    writer.push(levels_[d].id, d == depth_ ? levels_[d].cell_count - 1u : levels_[d].index);
  }
  Level& leaf = levels_[depth_];
  CellInfo moved;
  const uint8_t* data = leaf.data();
  uint32_t offset = load_be16(data + leaf.pointers + 2 * (leaf.cell_count - 1));
  if (offset > limits_.usable_size_bytes - kMinCellSizeBytes ||
      !parse_cell_at(data + offset, data + limits_.usable_size_bytes, kIndexLeaf, limits_, &moved)) {
    return corrupt_page(level.id, "a cell does not fit on it");
  }
  uint32_t true_size = moved.payload_offset + moved.local_size_bytes + (moved.overflow ? 4 : 0);
  auto* copy = static_cast<uint8_t*>(writer.arena().try_allocate(true_size + size_t{16}, 8));
  if (copy == nullptr) return Code::NoMem;
  std::memcpy(copy, data + offset, true_size);
  {
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_->fetch_mut(level.id));
    PageEdit edit;
    if (!edit.open(bytes, level.id, limits_, table_)) return corrupt_page(level.id, "it is no page of this tree");
    CellDraft draft;
    store_be32(draft.head, info.child.value);
    draft.head_size_bytes = 4;
    draft.local = copy;
    draft.local_size_bytes = true_size;
    draft.finish();
    SQLRITE_TRY(edit.remove(index, info.size_bytes));
    SQLRITE_TRY(writer.insert_cell(depth, index, draft));
  }
  if (moved.overflow) {
    SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(*pager_));
    if (mapped) SQLRITE_TRY(put_pointer(*pager_, moved.overflow, PointerKind::OverflowFirst, level.id));
  }
  {
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_->fetch_mut(leaf.id));
    PageEdit edit;
    if (!edit.open(bytes, leaf.id, limits_, table_)) return corrupt_page(leaf.id, "it is no page of this tree");
    SQLRITE_TRY(edit.remove(leaf.cell_count - 1u, moved.size_bytes));
  }
  Status status = writer.balance(depth_, false);
  if (status.ok() && writer.balanced_up_to() > depth) status = writer.balance(depth, false);
  forget_levels();
  stamp_ = pager_->change_count(root_);
  place_ = Place::Key;
  return status;
}

// --- IndexBuilder.

Status IndexBuilder::open(Pager* pager, PageId root) {
  pager_ = pager;
  root_ = root;
  limits_ = PayloadLimits(pager->usable_size_bytes());
  depth_ = 0;
  edge_[0] = Edge{root};
  SQLRITE_TRY_ASSIGN(PageRef page, pager->fetch(root, kNewestView));
  PageView view;
  if (!view.parse(page.data(), root, limits_.usable_size_bytes, false))
    return corrupt_page(root, "it is no page of this tree");
  SQLRITE_ENSURE(view.leaf() && view.cell_count == 0);
  return {};
}

// The right edge becomes one level deeper: the root's cells move to a new page below it.
Status IndexBuilder::split_root() {
  if (depth_ + 2 >= static_cast<int>(kDepthLimit)) return corrupt_page(root_, "the tree is too deep");
  SQLRITE_TRY_ASSIGN(PageId child, allocate_page(*pager_, root_));
  SQLRITE_TRY_ASSIGN(uint8_t* to, pager_->fetch_mut(child));
  SQLRITE_TRY_ASSIGN(uint8_t* from, pager_->fetch_mut(root_));
  // Roots built here never are page 1, so the bytes can be taken as they are.
  SQLRITE_ENSURE(root_.value != 1);
  std::memcpy(to, from, limits_.usable_size_bytes);
  format_page(from, root_, kIndexInterior, limits_.usable_size_bytes);
  store_be32(from + 8, child.value);
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(*pager_));
  if (mapped) {
    SQLRITE_TRY(put_pointer(*pager_, child, PointerKind::Child, root_));
    SQLRITE_TRY(put_child_pointers(*pager_, child));
  }
  for (int d = depth_; d >= 1; --d) edge_[d + 1] = edge_[d];
  edge_[1] = Edge{child};
  ++depth_;
  return {};
}

// Puts a leaf cell at the end of the edge page of this level. On interior levels (level < depth_) the page's right-most
// child is complete: it becomes the cell's left child and a fresh page takes its place.
Status IndexBuilder::append_cell(int level, const uint8_t* cell, uint32_t size_bytes) {
  bool leaf = level == depth_;
  SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_->fetch_mut(edge_[level].id));
  PageEdit edit;
  if (!edit.open(bytes, edge_[level].id, limits_, false))
    return corrupt_page(edge_[level].id, "it is no page of this tree");
  uint32_t size = leaf ? (size_bytes < kMinCellSizeBytes ? kMinCellSizeBytes : size_bytes) : size_bytes + 4;
  SQLRITE_TRY_ASSIGN(uint8_t* slot, edit.insert(edit.view().cell_count, size));
  if (slot == nullptr) {
    // Full: this cell goes up as the divider to the right of this page, and a fresh empty page follows.
    if (level == 0) {
      SQLRITE_TRY(split_root());
      level = 1;
    }
    SQLRITE_TRY(append_cell(level - 1, cell, size_bytes));
    return {};
  }
  if (leaf) {
    std::memcpy(slot, cell, size_bytes);
    std::memset(slot + size_bytes, 0, size - size_bytes);
    return {};
  }
  uint32_t head = page_head(edge_[level].id);
  PageId completed{load_be32(bytes + head + 8)};
  store_be32(slot, completed.value);
  std::memcpy(slot + 4, cell, size_bytes);
  SQLRITE_TRY_ASSIGN(bool mapped, uses_pointer_map(*pager_));
  if (mapped) {
    CellInfo info;
    if (!parse_cell_at(slot, slot + size, kIndexInterior, limits_, &info))
      return corrupt_page(edge_[level].id, "a cell does not fit on it");
    if (info.overflow) SQLRITE_TRY(put_pointer(*pager_, info.overflow, PointerKind::OverflowFirst, edge_[level].id));
  }
  // Fresh pages from here down: empty interior pages hold only a right-most child until their first divider comes.
  PageId above = edge_[level].id;
  for (int d = level + 1; d <= depth_; ++d) {
    SQLRITE_TRY_ASSIGN(PageId fresh, allocate_page(*pager_, edge_[d].id));
    SQLRITE_TRY_ASSIGN(uint8_t* page, pager_->fetch_mut(fresh));
    format_page(page, fresh, d == depth_ ? kIndexLeaf : kIndexInterior, limits_.usable_size_bytes);
    SQLRITE_TRY_ASSIGN(uint8_t* above_bytes, pager_->fetch_mut(above));
    store_be32(above_bytes + page_head(above) + 8, fresh.value);
    if (mapped) SQLRITE_TRY(put_pointer(*pager_, fresh, PointerKind::Child, above));
    edge_[d] = Edge{fresh};
    above = fresh;
  }
  return {};
}

Status IndexBuilder::append(const Payload& record) {
  SQLRITE_ENSURE(pager_ != nullptr);
  uint64_t total = record.bytes.size() + record.zero_tail_size_bytes;
  if (total > kPayloadSizeMax) return Code::TooBig;
  pager_->note_tree_change(root_);
  CellDraft draft;
  draft.head_size_bytes = write_varint(draft.head, total);
  SQLRITE_TRY(draft_payload(*pager_, limits_, limits_.index_local_max, record, edge_[depth_].id, &draft));
  PageId leaf = edge_[depth_].id;
  SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_->fetch_mut(leaf));
  PageEdit edit;
  if (!edit.open(bytes, leaf, limits_, false)) return corrupt_page(leaf, "it is no page of this tree");
  SQLRITE_TRY_ASSIGN(uint8_t* slot, edit.insert(edit.view().cell_count, draft.size_bytes));
  if (slot != nullptr) {
    draft.write(slot);
    return {};
  }
  uint8_t cell[65536 / 4 + 64];
  uint32_t true_size =
      draft.head_size_bytes + draft.local_size_bytes + draft.local_zero_bytes + (draft.overflow ? 4 : 0);
  SQLRITE_ENSURE(draft.size_bytes <= sizeof cell);
  draft.write(cell);
  int level = depth_;
  if (level == 0) {
    SQLRITE_TRY(split_root());
    level = 1;
  }
  return append_cell(level - 1, cell, true_size);
}

Status IndexBuilder::finish() {
  SQLRITE_ENSURE(pager_ != nullptr);
  // Top down: after a level is mended its right edge is no longer empty, so the level below finds a sibling there.
  int height = -1;
  for (int pass = 1; pass <= static_cast<int>(kDepthLimit); ++pass) {
    PageId path[kDepthLimit];
    int level = 0;
    for (PageId id = root_;; ++level) {
      if (level >= static_cast<int>(kDepthLimit)) return corrupt_page(root_, "the tree is too deep");
      path[level] = id;
      SQLRITE_TRY_ASSIGN(PageRef page, pager_->fetch(id, kNewestView));
      PageView view;
      if (!view.parse(page.data(), id, limits_.usable_size_bytes, false))
        return corrupt_page(id, "it is no page of this tree");
      if (view.leaf()) break;
      id = view.right_child();
    }
    // Mending may have made the tree lower: the levels below moved up by as much.
    if (height > level) pass -= height - level;
    height = level;
    if (pass < 1) pass = 1;
    if (pass > height) break;
    TreeWriter mender(*pager_, limits_, false);
    for (int d = 0; d <= pass; ++d) {
      SQLRITE_TRY_ASSIGN(PageRef page, pager_->fetch(path[d], kNewestView));
      PageView view;
      if (!view.parse(page.data(), path[d], limits_.usable_size_bytes, false))
        return corrupt_page(path[d], "it is no page of this tree");
      mender.push(path[d], view.leaf() ? 0 : view.cell_count);
    }
    SQLRITE_TRY(mender.balance(pass, false));
  }
  pager_->note_tree_change(root_);
  pager_ = nullptr;
  return {};
}

}  // namespace sqlrite::storage
