// Many changes of an index, in its order: a leaf that several of them concern is taken apart, merged with them and written
// once.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "storage/btree/btree.h"
#include "storage/btree/overflow.h"
#include "storage/btree/tree_writer.h"
#include "storage/format/corruption.h"
#include "storage/record/compare.h"

namespace sqlrite::storage {
namespace {

// Taking a leaf apart and writing it costs about as much as so many changes one by one (sqlrite_scaling, "update indexed"
// and "delete by index").
constexpr uint32_t kMergedMin = 8;

}  // namespace

// How many of the changes belong on the leaf where the first one was located; below kMergedMin they are not counted.
Result<uint32_t> IndexCursor::count_for_leaf(std::span<const IndexChange> changes) {
  if (changes.size() < kMergedMin) return 0u;
  int above = depth_ - 1;
  while (above >= 0 && levels_[above].index >= levels_[above].cell_count) --above;
  if (above < 0) return static_cast<uint32_t>(changes.size());
  Level& level = levels_[above];
  if (!level.page) {
    SQLRITE_TRY_ASSIGN(level.page, pager_->fetch(level.id, view_));
  }
  // Changes before the entry that ends the leaf.
  auto low = kMergedMin - 1;
  auto high = static_cast<uint32_t>(changes.size());
  SQLRITE_TRY_ASSIGN(int order, compare_cell(level, level.index, changes[low].key));
  if (order <= 0) return 0u;
  for (++low; low < high;) {
    const uint32_t middle = (low + high) / 2;
    SQLRITE_TRY_ASSIGN(order, compare_cell(level, level.index, changes[middle].key));
    if (order > 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Status IndexCursor::apply_here(const IndexChange& change) {
  if (!change.erases) return insert_here(change.record);
  SQLRITE_TRY_ASSIGN(bool standing, stand_or_next());
  if (!standing) return Code::CorruptIndex;
  SQLRITE_TRY_ASSIGN(int order, compare_current(change.key));
  if (order != 0) return Code::CorruptIndex;
  return erase();
}

// Merges a leading part of the changes into the leaf; none when the first one needs more than that.
Result<uint32_t> IndexCursor::merge_into_leaf(std::span<const IndexChange> changes) {
  Level& leaf = levels_[depth_];
  TreeWriter writer(*pager_, limits_, false);
  for (int depth = 0; depth <= depth_; ++depth) writer.push(levels_[depth].id, levels_[depth].index);
  SQLRITE_TRY_ASSIGN(std::span<const LooseCell> old, writer.take_cells(depth_));
  auto free_overflow_of = [&](const LooseCell& cell) -> Status {
    CellInfo info;
    if (!parse_cell_at(cell.bytes, cell.bytes + cell.size_bytes + 4, leaf.type, limits_, &info))
      return corrupt_page(leaf.id, "a cell does not fit on it");
    if (!info.overflow) return {};
    return free_overflow(*pager_, info.overflow, info.payload_size_bytes - info.local_size_bytes);
  };
  SQLRITE_TRY_ASSIGN(LooseCell * cells, writer.make_array<LooseCell>(old.size() + changes.size()));
  // New cells of at most one page: dealt out with two siblings they still fit the pages that balancing makes.
  SQLRITE_TRY_ASSIGN(uint8_t* fresh, writer.make_array<uint8_t>(limits_.usable_size_bytes + size_t{16}));
  const uint8_t* fresh_end = fresh + limits_.usable_size_bytes;
  // Their overflow pages go in the end: the search looks at the leaf as it was.
  SQLRITE_TRY_ASSIGN(LooseCell * erased, writer.make_array<LooseCell>(std::min(old.size(), changes.size())));
  uint32_t erased_count = 0;
  uint32_t count = 0;
  uint32_t taken = 0;                     // of the old cells
  const IndexChange* inserted = nullptr;  // the last one, while nothing old has come behind it
  uint32_t done = 0;
  for (; done < changes.size(); ++done) {
    const IndexChange& change = changes[done];
    const size_t record_size = change.record.bytes.size();
    if (!change.erases && (record_size > limits_.index_local_max || change.record.zero_tail_size_bytes > 0 ||
                           record_size + 8 > static_cast<size_t>(fresh_end - fresh))) {
      break;
    }
    const FirstField first = first_field_of(change.key);
    SQLRITE_TRY_ASSIGN(uint32_t at, lower_bound(leaf, change.key, false, first, taken));
    if (at < taken) break;  // not in order, or the entry erased just now comes again
    if (at > taken) inserted = nullptr;
    while (taken < at) cells[count++] = old[taken++];
    if (inserted != nullptr) {
      uint32_t equal_fields;
      SQLRITE_TRY_ASSIGN(int order, compare_payload(inserted->record.bytes.data(), inserted->record.bytes.size(),
                                                    *key_info_, change.key, &equal_fields));
      if (order >= 0) break;
    }
    if (!change.erases) {
      const uint32_t size_bytes = write_varint(fresh, record_size) + static_cast<uint32_t>(record_size);
      std::memcpy(fresh + size_bytes - record_size, change.record.bytes.data(), record_size);
      cells[count] = LooseCell{fresh, std::max(size_bytes, kMinCellSizeBytes)};
      std::memset(fresh + size_bytes, 0, kMinCellSizeBytes);
      fresh += cells[count++].size_bytes;
      inserted = &change;
      continue;
    }
    int order = 1;
    if (at < leaf.cell_count) {
      SQLRITE_TRY_ASSIGN(order, order_of_cell(leaf, at, change.key, first));
    }
    if (order != 0) return Code::CorruptIndex;
    erased[erased_count++] = old[taken++];
  }
  if (done == 0) return done;
  while (taken < old.size()) cells[count++] = old[taken++];
  for (uint32_t i = 0; i < erased_count; ++i) SQLRITE_TRY(free_overflow_of(erased[i]));
  pager_->note_tree_change(root_);
  SQLRITE_TRY_ASSIGN(bool settled, writer.give_cells(depth_, cells, count));
  if (settled) {
    SQLRITE_TRY_ASSIGN(leaf.page, pager_->fetch(leaf.id, kNewestView));
    leaf.cell_count = static_cast<uint16_t>(count);
    leaf.index = 0;
  } else {
    SQLRITE_TRY(writer.balance(depth_, false));
    forget_levels();
  }
  stamp_ = pager_->change_count(root_);
  return done;
}

Result<uint32_t> IndexCursor::apply(std::span<const IndexChange> changes) {
  SQLRITE_ENSURE(pager_ != nullptr && view_.is_newest() && key_info_ != nullptr && !changes.empty());
  const Payload& record = changes[0].record;
  if (record.bytes.size() + record.zero_tail_size_bytes > kPayloadSizeMax) return Code::TooBig;
  SQLRITE_TRY(locate(changes[0].key, false));
  SQLRITE_TRY_ASSIGN(uint32_t together, count_for_leaf(changes));
  if (together >= kMergedMin) {
    SQLRITE_TRY_ASSIGN(uint32_t done, merge_into_leaf(changes.first(together)));
    place_ = Place::Nowhere;
    if (done > 0) return done;
  }
  SQLRITE_TRY(apply_here(changes[0]));
  return 1u;
}

}  // namespace sqlrite::storage
