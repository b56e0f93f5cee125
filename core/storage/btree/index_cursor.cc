// Searching and scanning index trees by record.
#include <cstdlib>

#include "base/check.h"
#include "storage/btree/btree.h"
#include "storage/btree/overflow.h"
#include "storage/record/compare.h"
#include "storage/record/record.h"

namespace sqlrite::storage {

Status IndexCursor::open(Pager* pager, PageId root, View view, const KeyInfo* key_info) {
  key_info_ = key_info;
  return open_tree(pager, root, view, false);
}

// First cell of the page that is >= key (after_equal: > key), by its leading fields; cell_count when there is none.
Result<uint32_t> IndexCursor::lower_bound(const Level& level, const SearchKey& key, bool after_equal) {
  const uint8_t* data = level.data();
  const uint8_t* end = data + limits_.usable_size_bytes;
  const uint32_t offset_max = limits_.usable_size_bytes - kMinCellSizeBytes;
  const uint32_t prefix = level.leaf() ? 0 : 4;
  uint32_t low = 0;
  uint32_t high = level.cell_count;
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    uint32_t offset = load_be16(data + level.pointers + 2 * middle);
    if (offset > offset_max) return Code::Corrupt;
    const uint8_t* p = data + offset + prefix;
    uint64_t payload_size;
    p += read_varint(p, &payload_size);
    int order;
    if (payload_size <= limits_.index_local_max) [[likely]] {
      if (p > end || payload_size > static_cast<uint64_t>(end - p)) return Code::Corrupt;
      uint32_t equal_fields;
      Result<int> compared = payload_size == 0 ? Result<int>(key.count == 0 ? 0 : -1)
                                               : compare_payload(p, payload_size, *key_info_, key, &equal_fields);
      if (!compared.ok()) return compared.take_status();
      order = compared.value();
    } else {
      if (payload_size > kPayloadSizeMax) return Code::Corrupt;
      uint32_t local = limits_.local_part(payload_size, limits_.index_local_max);
      if (p > end || local + 4 > static_cast<uint64_t>(end - p)) return Code::Corrupt;
      CellRef cell;
      cell.payload = p;
      cell.local_size_bytes = local;
      cell.payload_size_bytes = static_cast<uint32_t>(payload_size);
      cell.overflow = PageId{load_be32(p + local)};
      SQLRITE_TRY_ASSIGN(order, compare_record(cell, *pager_, view_, *key_info_, key));
    }
    if (order < 0 || (after_equal && order == 0)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

Status IndexCursor::locate(const SearchKey& key, bool after_equal) {
  refresh();
  leaf_moves_ = 0;
  valid_ = false;
  place_ = Place::Nowhere;
  SQLRITE_TRY(enter(0, root_));
  while (true) {
    Level& level = levels_[depth_];
    SQLRITE_TRY_ASSIGN(uint32_t index, lower_bound(level, key, after_equal));
    level.index = static_cast<uint16_t>(index);
    if (level.leaf()) return {};
    PageId child;
    if (index == level.cell_count) {
      child = PageId{load_be32(level.data() + page_head(level.id) + 8)};
    } else {
      child = PageId{load_be32(level.data() + load_be16(level.data() + level.pointers + 2 * index))};
    }
    SQLRITE_TRY(enter(depth_ + 1, child));
  }
}

Result<bool> IndexCursor::seek(const SearchKey& key, Seek op) {
  SQLRITE_ENSURE(pager_ != nullptr && key_info_ != nullptr);
  SQLRITE_TRY(locate(key, op == Seek::Greater || op == Seek::LessOrEqual));
  switch (op) {
    case Seek::Equal: {
      SQLRITE_TRY_ASSIGN(bool found, stand_or_next());
      if (!found) return false;
      SQLRITE_TRY_ASSIGN(int order, compare_current(key));
      if (order != 0) return nowhere();
      return true;
    }
    case Seek::GreaterOrEqual:
    case Seek::Greater: return stand_or_next();
    case Seek::LessOrEqual:
    case Seek::Less: return stand_or_previous();
  }
  return nowhere();
}

Result<int> IndexCursor::compare_current(const SearchKey& key) {
  SQLRITE_ENSURE(valid_);
  return compare_record(cell_, *pager_, view_, *key_info_, key);
}

Result<uint32_t> IndexCursor::next_cells(CellRef* cells, uint32_t max, bool descending, PageRef* pin) {
  SQLRITE_ENSURE(pager_ != nullptr);
  if (!refresh()) return Code::Abort;
  if (max == 0 || place_ == Place::Nowhere) return 0u;
  if (place_ != Place::Entry) {
    SQLRITE_TRY_ASSIGN(bool found, descending ? previous() : next());
    if (!found) return 0u;
  }
  Level& level = levels_[depth_];
  if (!level.leaf()) {
    cells[0] = cell_;
    if (pin != nullptr) *pin = level.page.clone();
    // Stand in the gap on the leaf beside this entry.
    if (descending) {
      SQLRITE_TRY(descend_right());
    } else {
      ++level.index;
      SQLRITE_TRY(descend_left());
    }
    place_ = Place::Gap;
    valid_ = false;
    return 1u;
  }
  const uint8_t* data = level.data();
  const uint8_t* end = data + limits_.usable_size_bytes;
  const uint32_t offset_max = limits_.usable_size_bytes - kMinCellSizeBytes;
  const uint32_t local_max = limits_.index_local_max;
  uint32_t available = descending ? level.index + 1u : static_cast<uint32_t>(level.cell_count - level.index);
  uint32_t count = available < max ? available : max;
  const uint8_t* pointer = data + level.pointers + 2 * level.index;
  const int step = descending ? -2 : 2;
  for (uint32_t i = 0; i < count; ++i, pointer += step) {
    uint32_t offset = load_be16(pointer);
    if (offset > offset_max) [[unlikely]] return Code::Corrupt;
    const uint8_t* p = data + offset;
    uint64_t payload_size;
    p += read_varint(p, &payload_size);
    CellRef& cell = cells[i];
    cell.payload = p;
    cell.rowid = 0;
    cell.payload_size_bytes = static_cast<uint32_t>(payload_size);
    if (payload_size <= local_max) [[likely]] {
      cell.local_size_bytes = static_cast<uint32_t>(payload_size);
      cell.overflow = PageId{};
      if (p > end || payload_size > static_cast<uint64_t>(end - p)) [[unlikely]] return Code::Corrupt;
    } else {
      if (payload_size > kPayloadSizeMax) return Code::Corrupt;
      uint32_t local = limits_.local_part(payload_size, local_max);
      if (p > end || local + 4 > static_cast<uint64_t>(end - p)) return Code::Corrupt;
      cell.local_size_bytes = local;
      cell.overflow = PageId{load_be32(p + local)};
    }
  }
  if (count == available && !descending) look_ahead();
  if (pin != nullptr) *pin = level.page.clone();
  level.index = static_cast<uint16_t>(descending ? level.index + 1u - count : level.index + count);
  place_ = Place::Gap;
  valid_ = false;
  return count;
}

}  // namespace sqlrite::storage
