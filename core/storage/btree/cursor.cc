// What all cursors share: the path of pinned pages, and moving along the tree.
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "storage/btree/btree.h"
#include "storage/btree/overflow.h"
#include "storage/format/corruption.h"
#include "storage/record/compare.h"

namespace sqlrite::storage {

CursorBase::~CursorBase() { close(); }

void CursorBase::close() {
  if (pager_ == nullptr) return;
  forget_levels();
  if (saved_key_ != nullptr) {
    std::free(saved_key_);
    saved_key_ = nullptr;
    saved_key_size_bytes_ = 0;
  }
  pager_ = nullptr;
}

void CursorBase::forget_levels() {
  for (int depth = 0; depth <= deepest_; ++depth) {
    levels_[depth].page.release();
    levels_[depth].id = PageId{};
  }
  ahead_.release();
  ahead_id_ = PageId{};
  depth_ = -1;
  deepest_ = -1;
  resting_ = false;
  valid_ = false;
  leaf_range_known_ = false;
  last_known_ = false;
  place_ = Place::Nowhere;
}

void CursorBase::rest() {
  for (int depth = 0; depth <= deepest_; ++depth) levels_[depth].page.release();
  ahead_.release();
  ahead_id_ = PageId{};
  valid_ = false;
  place_ = Place::Nowhere;
  resting_ = depth_ >= 0;
}

// Equal counts mean the same pager and the same tree: then the pages remembered are those to pin again. The leaf is enough:
// whoever goes up or starts at the root pins what is missing.
bool CursorBase::wake(Pager* pager, PageId root, View view) {
  if (!resting_ || pager != pager_ || root != root_ || !view.is_newest() || !view_.is_newest()) return false;
  if (stamp_ != pager->change_count(root)) return false;
  resting_ = false;
  if (!table_) return true;
  Result<PageRef> page = pager_->fetch(levels_[depth_].id, view_);
  if (!page.ok()) return false;  // whoever goes there again will meet the error
  levels_[depth_].page = page.take();
  return true;
}

Status CursorBase::open_tree(Pager* pager, PageId root, View view, bool table) {
  if (wake(pager, root, view)) return {};
  close();
  pager_ = pager;
  root_ = root;
  view_ = view;
  table_ = table;
  limits_ = PayloadLimits(pager->usable_size_bytes());
  stamp_ = pager->change_count(root);
  if (!root) return corrupt_page(PageId{}, "a table or index has no root page");
  return {};
}

bool CursorBase::refresh() {
  if (!view_.is_newest() || stamp_ == pager_->change_count(root_)) return true;
  Place before = place_;
  RowId rowid = cell_.rowid;
  forget_levels();
  stamp_ = pager_->change_count(root_);
  if (before == Place::Key) {
    place_ = Place::Key;
    return true;
  }
  if (table_ && (before == Place::Entry || before == Place::Gap)) {
    key_is_entry_ = before == Place::Entry;
    if (key_is_entry_) gap_rowid_ = rowid;
    place_ = Place::Key;
    return true;
  }
  return before == Place::Nowhere;
}

Status CursorBase::enter(int depth, PageId id) {
  if (depth >= kDepthMax) return corrupt_page(id, "the tree is too deep");
  if (depth > deepest_) deepest_ = static_cast<int8_t>(depth);
  Level& level = levels_[depth];
  if (level.id != id || !level.page) {
    level.id = PageId{};
    if (ahead_ && ahead_id_ == id) {
      level.page = std::move(ahead_);
      ahead_id_ = PageId{};
    } else {
      SQLRITE_TRY(pager_->fetch_into(id, view_, &level.page));
    }
    PageView view;
    if (!view.parse(level.page.data(), id, limits_.usable_size_bytes, table_))
      return corrupt_page(id, "it is no page of this tree");
    if (depth > 0 && view.cell_count == 0) return corrupt_page(id, "it is empty, but not the root");
    level.id = id;
    level.cell_count = view.cell_count;
    level.pointers = static_cast<uint16_t>(view.pointers);
    level.type = view.type;
  }
  depth_ = static_cast<int8_t>(depth);
  leaf_range_known_ = false;
  last_known_ = false;
  return {};
}

// Child `index` of an interior page; cell_count is the right-most one.
Result<PageId> CursorBase::child_page(Level& level) {
  if (!level.page) [[unlikely]] {
    SQLRITE_TRY_ASSIGN(level.page, pager_->fetch(level.id, view_));
  }
  const uint8_t* data = level.data();
  if (level.index == level.cell_count) return PageId{load_be32(data + page_head(level.id) + 8)};
  uint32_t offset = load_be16(data + level.pointers + 2 * level.index);
  if (offset > limits_.usable_size_bytes - kMinCellSizeBytes)
    return corrupt_page(level.id, "a cell pointer leads outside of its content");
  return PageId{load_be32(data + offset)};
}

// Pins the leaf after the current one, if both hang on the same parent. Its bytes, for the caller to ask the processor
// for: all of them, as a scan waits for memory more than for anything else, and the hardware does not cross pages.
BytesAhead CursorBase::look_ahead() {
  if (depth_ < 1) return {};
  const Level& parent = levels_[depth_ - 1];
  if (parent.index >= parent.cell_count || !parent.page) return {};
  uint32_t next = parent.index + 1u;
  uint32_t offset =
      next == parent.cell_count ? page_head(parent.id) + 8 : load_be16(parent.data() + parent.pointers + 2 * next);
  if (offset > limits_.usable_size_bytes - kMinCellSizeBytes) return {};
  PageId id{load_be32(parent.data() + offset)};
  if (id == ahead_id_) return {};
  Result<PageRef> page = pager_->fetch(id, view_);
  if (!page.ok()) return {};  // whoever goes there will meet the error
  ahead_ = page.take();
  ahead_id_ = id;
  return {ahead_.data(), limits_.usable_size_bytes < BytesAhead::kSizeBytesMax ? limits_.usable_size_bytes
                                                                               : BytesAhead::kSizeBytesMax};
}

// From levels_[depth_] down: if it is interior, to the left-most leaf below its child `index`.
Status CursorBase::descend_left() {
  while (!levels_[depth_].leaf()) {
    SQLRITE_TRY_ASSIGN(PageId child, child_page(levels_[depth_]));
    SQLRITE_TRY(enter(depth_ + 1, child));
    levels_[depth_].index = 0;
  }
  return {};
}

// The same to the right-most leaf; `index` there is cell_count (behind the last entry).
Status CursorBase::descend_right() {
  while (!levels_[depth_].leaf()) {
    SQLRITE_TRY_ASSIGN(PageId child, child_page(levels_[depth_]));
    SQLRITE_TRY(enter(depth_ + 1, child));
    levels_[depth_].index = levels_[depth_].cell_count;
  }
  return {};
}

bool CursorBase::at_right_edge() const {
  for (int d = 0; d < depth_; ++d) {
    if (levels_[d].index != levels_[d].cell_count) return false;
  }
  return true;
}

Result<bool> CursorBase::stand() {
  const Level& level = levels_[depth_];
  const uint8_t* data = level.data();
  uint32_t offset = load_be16(data + level.pointers + 2 * level.index);
  if (offset > limits_.usable_size_bytes - kMinCellSizeBytes)
    return corrupt_page(level.id, "a cell pointer leads outside of its content");
  CellInfo info;
  if (!parse_cell_at(data + offset, data + limits_.usable_size_bytes, level.type, limits_, &info))
    return corrupt_page(level.id, "a cell does not fit on it");
  cell_.payload = data + offset + info.payload_offset;
  cell_.local_size_bytes = info.local_size_bytes;
  cell_.payload_size_bytes = info.payload_size_bytes;
  cell_.rowid = info.rowid;
  cell_.overflow = info.overflow;
  overflow_page_ = PageId{};
  place_ = Place::Entry;
  valid_ = true;
  return true;
}

Result<bool> CursorBase::next_leaf() {
  // A tree without damage has fewer leaves than the file has pages.
  if ((++leaf_moves_ & 1023) == 0 && leaf_moves_ > pager_->page_count(view_))
    return corrupt_page(levels_[depth_].id, "the tree has more pages than the file");
  int d = depth_ - 1;
  while (d >= 0 && levels_[d].index >= levels_[d].cell_count) --d;
  if (d < 0) return false;
  if (!table_) {
    depth_ = static_cast<int8_t>(d);
    leaf_range_known_ = false;
    last_known_ = false;
    return true;
  }
  ++levels_[d].index;
  depth_ = static_cast<int8_t>(d);
  SQLRITE_TRY(descend_left());
  return true;
}

Result<bool> CursorBase::previous_leaf() {
  if ((++leaf_moves_ & 1023) == 0 && leaf_moves_ > pager_->page_count(view_))
    return corrupt_page(levels_[depth_].id, "the tree has more pages than the file");
  int d = depth_ - 1;
  while (d >= 0 && levels_[d].index == 0) --d;
  if (d < 0) return false;
  --levels_[d].index;
  depth_ = static_cast<int8_t>(d);
  leaf_range_known_ = false;
  last_known_ = false;
  if (table_) SQLRITE_TRY(descend_right());
  return true;
}

Result<bool> CursorBase::stand_or_next() {
  if (levels_[depth_].index < levels_[depth_].cell_count) return stand();
  int8_t leaf = depth_;
  SQLRITE_TRY_ASSIGN(bool found, next_leaf());
  if (!found) {
    // Stay behind the last entry: appends find their place here.
    depth_ = leaf;
    return nowhere();
  }
  return stand();
}

Result<bool> CursorBase::stand_or_previous() {
  Level& level = levels_[depth_];
  if (level.index > 0) {
    --level.index;
    return stand();
  }
  SQLRITE_TRY_ASSIGN(bool found, previous_leaf());
  if (!found) return nowhere();
  if (table_) --levels_[depth_].index;
  return stand();
}

Result<bool> CursorBase::first() {
  SQLRITE_ENSURE(pager_ != nullptr);
  refresh();
  leaf_moves_ = 0;
  valid_ = false;
  if (is_without_pages()) return nowhere();
  SQLRITE_TRY(enter(0, root_));
  levels_[0].index = 0;
  SQLRITE_TRY(descend_left());
  return stand_or_next();
}

Result<bool> CursorBase::last() {
  SQLRITE_ENSURE(pager_ != nullptr);
  refresh();
  leaf_moves_ = 0;
  valid_ = false;
  if (is_without_pages()) return nowhere();
  SQLRITE_TRY(enter(0, root_));
  levels_[0].index = levels_[0].cell_count;
  SQLRITE_TRY(descend_right());
  return stand_or_previous();
}

Result<bool> CursorBase::seek_saved(bool forward) {
  if (table_) return static_cast<TableCursor*>(this)->seek(gap_rowid_, forward ? Seek::Greater : Seek::Less);
  Arena scratch(1024);
  constexpr uint32_t kFields = 64;
  Value inline_fields[kFields];
  Value* fields = inline_fields;
  std::span<const uint8_t> record{saved_key_, saved_key_size_bytes_};
  SQLRITE_TRY_ASSIGN(uint32_t count, split_record(record, key_info_->encoding, fields, kFields, scratch));
  if (count > kFields) {
    fields = static_cast<Value*>(scratch.try_allocate(sizeof(Value) * count, alignof(Value)));
    if (fields == nullptr) return Code::NoMem;
    SQLRITE_TRY_ASSIGN(uint32_t again, split_record(record, key_info_->encoding, fields, count, scratch));
    static_cast<void>(again);
  }
  SearchKey key{fields, static_cast<uint16_t>(count)};
  return static_cast<IndexCursor*>(this)->seek(key, forward ? Seek::Greater : Seek::Less);
}

Result<bool> CursorBase::next() {
  SQLRITE_ENSURE(pager_ != nullptr);
  if (!refresh()) return Code::Abort;
  switch (place_) {
    case Place::Nowhere: return false;
    case Place::Key: return seek_saved(true);
    case Place::Gap: return stand_or_next();
    case Place::Entry: break;
  }
  Level& level = levels_[depth_];
  ++level.index;
  if (level.leaf()) [[likely]]
    return stand_or_next();
  SQLRITE_TRY(descend_left());
  return stand_or_next();
}

Result<bool> CursorBase::previous() {
  SQLRITE_ENSURE(pager_ != nullptr);
  if (!refresh()) return Code::Abort;
  switch (place_) {
    case Place::Nowhere: return false;
    case Place::Key: return seek_saved(false);
    case Place::Gap: return stand_or_previous();
    case Place::Entry: break;
  }
  if (!levels_[depth_].leaf()) SQLRITE_TRY(descend_right());
  return stand_or_previous();
}

Status CursorBase::read_payload(uint64_t offset, uint32_t size_bytes, uint8_t* out) {
  SQLRITE_ENSURE(valid_);
  OverflowPlace place{overflow_page_index_, overflow_page_};
  Status status = read_cell_payload_from(*pager_, view_, cell_, offset, size_bytes, out, &place);
  overflow_page_index_ = place.page_index;
  overflow_page_ = place.page;
  return status;
}

Result<std::span<const uint8_t>> CursorBase::whole_payload(Arena& heap) {
  SQLRITE_ENSURE(valid_);
  if (cell_.payload_size_bytes == cell_.local_size_bytes)
    return std::span<const uint8_t>{cell_.payload, cell_.local_size_bytes};
  SQLRITE_TRY(check_payload_size(*pager_, view_, cell_));
  auto* bytes = static_cast<uint8_t*>(heap.try_allocate(cell_.payload_size_bytes + size_t{64}, 8));
  if (bytes == nullptr) return Code::NoMem;
  SQLRITE_TRY(read_cell_payload(*pager_, view_, cell_, 0, cell_.payload_size_bytes, bytes));
  std::memset(bytes + cell_.payload_size_bytes, 0, 64);
  return std::span<const uint8_t>{bytes, cell_.payload_size_bytes};
}

PageRef CursorBase::pin_current_page() {
  if (depth_ < 0 || !levels_[depth_].page) return PageRef();
  return levels_[depth_].page.clone();
}

Status CursorBase::save_key() {
  SQLRITE_TRY(check_payload_size(*pager_, view_, cell_));
  auto* bytes = static_cast<uint8_t*>(std::realloc(saved_key_, cell_.payload_size_bytes + size_t{16}));
  if (bytes == nullptr) return Code::NoMem;
  saved_key_ = bytes;
  saved_key_size_bytes_ = cell_.payload_size_bytes;
  std::memset(bytes + saved_key_size_bytes_, 0, 16);
  return read_cell_payload(*pager_, view_, cell_, 0, saved_key_size_bytes_, bytes);
}

}  // namespace sqlrite::storage
