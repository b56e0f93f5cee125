// Searching and scanning index trees by record.
#include <cstdlib>

#include "base/check.h"
#include "storage/btree/btree.h"
#include "storage/btree/first_field.h"
#include "storage/btree/overflow.h"
#include "storage/format/corruption.h"
#include "storage/record/compare.h"
#include "storage/record/record.h"
#include "storage/record/serial.h"

namespace sqlrite::storage {

Status IndexCursor::open(Pager* pager, PageId root, View view, const KeyInfo* key_info) {
  key_info_ = key_info;
  return open_tree(pager, root, view, false);
}

template <FirstFieldKind kKind>
static FirstFields<kKind> first_fields(const uint8_t* data, uint32_t pointers, uint32_t usable, bool leaf) {
  return {data, data + pointers, usable, leaf ? 0u : 4u};
}

// False: the entry has no such number.
inline bool IndexCursor::read_first_field(const Level& level, uint32_t index, FirstFieldKind kind,
                                          uint64_t* number) const {
  const uint32_t usable = limits_.usable_size_bytes;
  if (kind == FirstFieldKind::Integer) {
    return first_fields<FirstFieldKind::Integer>(level.data(), level.pointers, usable, level.leaf())
        .read(index, number);
  }
  return kind == FirstFieldKind::Text &&
         first_fields<FirstFieldKind::Text>(level.data(), level.pointers, usable, level.leaf()).read(index, number);
}

// Sign of (entry `index` of the page - key).
Result<int> IndexCursor::compare_cell(const Level& level, uint32_t index, const SearchKey& key) {
  const uint8_t* data = level.data();
  const uint8_t* end = data + limits_.usable_size_bytes;
  uint32_t offset = load_be16(data + level.pointers + 2 * index);
  if (offset > limits_.usable_size_bytes - kMinCellSizeBytes)
    return corrupt_page(level.id, "a cell pointer leads outside of its content");
  const uint8_t* p = data + offset + (level.leaf() ? 0 : 4);
  uint64_t payload_size;
  p += read_varint(p, &payload_size);
  if (payload_size <= limits_.index_local_max) [[likely]] {
    if (p > end || payload_size > static_cast<uint64_t>(end - p))
      return corrupt_page(level.id, "a cell does not fit on it");
    if (payload_size == 0) return key.count == 0 ? 0 : -1;
    uint32_t equal_fields;
    return compare_payload(p, payload_size, *key_info_, key, &equal_fields);
  }
  if (payload_size > kPayloadSizeMax) return corrupt_page(level.id, "a cell does not fit on it");
  uint32_t local = limits_.local_part(payload_size, limits_.index_local_max);
  if (p > end || local + 4 > static_cast<uint64_t>(end - p)) return corrupt_page(level.id, "a cell does not fit on it");
  CellRef cell;
  cell.payload = p;
  cell.local_size_bytes = local;
  cell.payload_size_bytes = static_cast<uint32_t>(payload_size);
  cell.overflow = PageId{load_be32(p + local)};
  return compare_record(cell, *pager_, view_, *key_info_, key);
}

// The same; the first field is looked at alone where that decides.
Result<int> IndexCursor::order_of_cell(const Level& level, uint32_t index, const SearchKey& key,
                                       const FirstField& first) {
  uint64_t number;
  if (read_first_field(level, index, first.kind, &number)) {
    if (number != first.key) return number < first.key ? -1 : 1;
    if (first.is_whole_key) return 0;
  }
  return compare_cell(level, index, key);
}

// Narrows [*low, *high), the whole page, to the entries among which the first fields leave the place of the key open.
// Starts at `hint` or, without one, where the key would stand if entries were evenly spread: on pages out of the
// processor's caches every probe saved counts. False: the page's numbers are all that of the key, as those of texts with
// a long common beginning are.
template <FirstFieldKind kKind>
bool IndexCursor::narrow_by_numbers(const Level& level, const FirstField& first, bool after_equal, uint32_t hint,
                                    uint32_t* low, uint32_t* high) const {
  const auto fields = first_fields<kKind>(level.data(), level.pointers, limits_.usable_size_bytes, level.leaf());
  const uint32_t count = *high;
  uint64_t least = first.low;
  uint64_t most = first.high;
  bool bounded = first.has_low && first.has_high;
  uint32_t at = hint;
  if (at >= count) {
    at = count / 2;
    if (!bounded && count > 4) {
      bounded = (first.has_low || fields.read(0, &least)) && (first.has_high || fields.read(count - 1, &most));
    }
    if (bounded && count > 4) at = fields.guess(first.key, least, most, count);
  }
  if (bounded && least == first.key && most == first.key && !first.is_whole_key) return false;
  const bool past_equal = first.is_whole_key && after_equal;
  if (past_equal && first.key == UINT64_MAX) return true;
  fields.search(first.key + past_equal, at, low, high);
  const bool interrupted = *low < *high;  // by an entry without a number: no more is known than what lies before *low
  if (!interrupted && (first.is_whole_key || *low == count)) return true;
  *high = count;
  // Left are the entries with the number of the key and what comes behind them. Texts with one number may be many.
  if (interrupted || kKind != FirstFieldKind::Text || first.key == UINT64_MAX) return true;
  uint32_t end = *low;
  fields.search(first.key + 1, end, &end, high);
  return true;
}

// First entry of the page that is >= key (after_equal: > key), by its leading fields; cell_count when there is none.
Result<uint32_t> IndexCursor::lower_bound(const Level& level, const SearchKey& key, bool after_equal,
                                          const FirstField& first, uint32_t hint) {
  uint32_t low = 0;
  uint32_t high = level.cell_count;
  if (high == 0) return low;
  uint32_t step = high;  // ahead of `low`; not less than the range: by halves
  bool numbers_tell = false;
  if (first.kind == FirstFieldKind::Integer) {
    numbers_tell = narrow_by_numbers<FirstFieldKind::Integer>(level, first, after_equal, hint, &low, &high);
    if (numbers_tell && high == step) step = 1;  // few entries share an integer, and none is known that has more
  } else if (first.kind == FirstFieldKind::Text) {
    numbers_tell = narrow_by_numbers<FirstFieldKind::Text>(level, first, after_equal, hint, &low, &high);
  }
  const int bound = after_equal ? 1 : 0;  // an entry lies before the place when its order is below this
  while (low < high) {
    uint32_t at = step < high - low ? low + step - 1 : (low + high) / 2;
    SQLRITE_TRY_ASSIGN(int order, numbers_tell ? order_of_cell(level, at, key, first) : compare_cell(level, at, key));
    if (order < bound) {
      low = at + 1;
      step *= 2;
    } else {
      high = at;
      step = level.cell_count;
    }
  }
  return low;
}

IndexCursor::FirstField IndexCursor::first_field_of(const SearchKey& key) const {
  FirstField field;
  if (key.count == 0 || key_info_->field_count == 0) return field;
  if (key_info_->descending != nullptr && key_info_->descending[0]) return field;
  const Value& first = key.fields[0];
  if (first.type == ValueType::Integer) {
    field.kind = FirstFieldKind::Integer;
    field.is_whole_key = key.count == 1;
    field.key = integer_order(first.integer);
  } else if (first.type == ValueType::Text && key_info_->encoding == TextEncoding::Utf8 &&
             (key_info_->collations == nullptr || key_info_->collations[0] == nullptr ||
              key_info_->collations[0]->kind == Collation::Kind::Binary)) {
    field.kind = FirstFieldKind::Text;
    field.key = text_order(reinterpret_cast<const uint8_t*>(first.bytes), first.length);
  }
  return field;
}

// From what lies around the page to what lies around its child `index`.
inline void IndexCursor::narrow(const Level& level, uint32_t index, FirstField* around) const {
  if (index > 0) {
    around->has_low = read_first_field(level, index - 1, around->kind, &around->low);
    around->is_sure = around->is_sure && around->has_low;
  }
  if (index < level.cell_count) {
    around->has_high = read_first_field(level, index, around->kind, &around->high);
    around->is_sure = around->is_sure && around->has_high;
  }
}

// Whether the key's place is on the leaf where the cursor is. Look-ups that come in key order, as those of a join often
// do, are spared the descent. The leaf's own entries are asked where those around it do not tell, and soon no longer when
// keys come in no order.
Result<bool> IndexCursor::is_on_leaf(const SearchKey& key, bool after_equal, const FirstField& first) {
  constexpr uint8_t kScoreMax = 3;
  constexpr uint32_t kTryAgainMask = 31;
  if (depth_ <= 0 || !levels_[depth_].page || !levels_[depth_].leaf()) return false;
  const FirstField& around = leaf_around_;
  if (leaf_range_known_ && first.kind == around.kind) {
    if ((around.has_low && first.key < around.low) || (around.has_high && first.key > around.high)) return false;
    if ((!around.has_low || first.key > around.low) && (!around.has_high || first.key < around.high)) return true;
  }
  if (near_score_ == 0 && (++near_skip_count_ & kTryAgainMask) != 0) return false;
  const Level& leaf = levels_[depth_];
  const int bound = after_equal ? 1 : 0;
  SQLRITE_TRY_ASSIGN(int first_order, order_of_cell(leaf, 0, key, first));
  bool on_leaf = first_order < bound;
  if (on_leaf) {
    SQLRITE_TRY_ASSIGN(int last_order, order_of_cell(leaf, leaf.cell_count - 1u, key, first));
    on_leaf = last_order >= bound;
  }
  if (on_leaf) {
    if (near_score_ < kScoreMax) ++near_score_;
  } else if (near_score_ > 0) {
    --near_score_;
  }
  return on_leaf;
}

Status IndexCursor::locate(const SearchKey& key, bool after_equal) {
  refresh();
  leaf_moves_ = 0;
  valid_ = false;
  place_ = Place::Nowhere;
  FirstField first = first_field_of(key);
  SQLRITE_TRY_ASSIGN(bool on_leaf, is_on_leaf(key, after_equal, first));
  if (on_leaf) {
    if (leaf_range_known_ && first.kind == leaf_around_.kind) {
      first.has_low = leaf_around_.has_low;
      first.has_high = leaf_around_.has_high;
      first.low = leaf_around_.low;
      first.high = leaf_around_.high;
    }
    Level& leaf = levels_[depth_];
    SQLRITE_TRY_ASSIGN(uint32_t index, lower_bound(leaf, key, after_equal, first, leaf.index));
    leaf.index = static_cast<uint16_t>(index);
    return {};
  }
  SQLRITE_TRY(enter(0, root_));
  while (true) {
    Level& level = levels_[depth_];
    SQLRITE_TRY_ASSIGN(uint32_t index, lower_bound(level, key, after_equal, first, kNoHint));
    level.index = static_cast<uint16_t>(index);
    if (level.leaf()) break;
    if (first.kind != FirstFieldKind::None) narrow(level, index, &first);
    SQLRITE_TRY_ASSIGN(PageId child, child_page(level));
    SQLRITE_TRY(enter(depth_ + 1, child));
  }
  if (first.kind != FirstFieldKind::None && first.is_sure) {
    leaf_around_ = first;
    leaf_range_known_ = true;
  }
  return {};
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
  if (count == available && !descending) look_ahead().prefetch_all();
  const uint8_t* pointer = data + level.pointers + 2 * level.index;
  const int step = descending ? -2 : 2;
  for (uint32_t i = 0; i < count; ++i, pointer += step) {
    uint32_t offset = load_be16(pointer);
    if (offset > offset_max) [[unlikely]]
      return corrupt_page(level.id, "a cell pointer leads outside of its content");
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
      if (p > end || payload_size > static_cast<uint64_t>(end - p)) [[unlikely]]
        return corrupt_page(level.id, "a cell does not fit on it");
    } else {
      if (payload_size > kPayloadSizeMax) return corrupt_page(level.id, "a cell does not fit on it");
      uint32_t local = limits_.local_part(payload_size, local_max);
      if (p > end || local + 4 > static_cast<uint64_t>(end - p))
        return corrupt_page(level.id, "a cell does not fit on it");
      cell.local_size_bytes = local;
      cell.overflow = PageId{load_be32(p + local)};
    }
  }
  if (pin != nullptr) *pin = level.page.clone();
  level.index = static_cast<uint16_t>(descending ? level.index + 1u - count : level.index + count);
  place_ = Place::Gap;
  valid_ = false;
  return count;
}

}  // namespace sqlrite::storage
