// Searching and scanning index trees by record.
#include <cstdlib>

#include "base/check.h"
#include "storage/btree/btree.h"
#include "storage/btree/overflow.h"
#include "storage/record/compare.h"
#include "storage/record/record.h"
#include "storage/record/serial.h"

namespace sqlrite::storage {

Status IndexCursor::open(Pager* pager, PageId root, View view, const KeyInfo* key_info) {
  key_info_ = key_info;
  return open_tree(pager, root, view, false);
}

namespace {

// Numbers that sort like the values: integers with the sign bit turned, the first eight bytes of texts.
uint64_t integer_order(int64_t value) { return static_cast<uint64_t>(value) ^ (uint64_t{1} << 63); }
uint64_t text_order(const uint8_t* bytes, uint64_t size) {
  uint64_t value = 0;
  if (size >= 8) return load_be64(bytes);
  for (uint64_t i = 0; i < size; ++i) value |= static_cast<uint64_t>(bytes[i]) << (56 - 8 * i);
  return value;
}

}  // namespace

// False when the entry's first field is of another kind (or the cell is malformed: comparing will tell).
inline bool IndexCursor::read_first_field(const Level& level, uint32_t index, bool text, uint64_t* value) const {
  const uint8_t* data = level.data();
  uint32_t offset = load_be16(data + level.pointers + 2 * index);
  if (offset > limits_.usable_size_bytes - kMinCellSizeBytes) return false;
  const uint8_t* p = data + offset + (level.leaf() ? 0 : 4);
  uint64_t payload_size;
  p += read_varint(p, &payload_size);
  uint64_t header_size = p[0];
  uint64_t type = p[1];
  // Eight bytes of the body may be read: they lie within the page's slack whatever the header says.
  if (header_size < 2 || header_size >= 64 || p >= data + limits_.usable_size_bytes - header_size) return false;
  const uint8_t* body = p + header_size;
  if (!text) {
    if (!is_serial_integer(type)) return false;
    *value = integer_order(read_serial_integer(body, type));
    return true;
  }
  if (type < 13 || (type < 0x80 && (type & 1) == 0)) return false;
  if (type >= 0x80) {
    read_varint(p + 1, &type);
    if ((type & 1) == 0) return false;
  }
  *value = text_order(body, serial_size(type));
  return true;
}

// Sign of (entry `index` of the page - key).
Result<int> IndexCursor::compare_cell(const Level& level, uint32_t index, const SearchKey& key) {
  const uint8_t* data = level.data();
  const uint8_t* end = data + limits_.usable_size_bytes;
  uint32_t offset = load_be16(data + level.pointers + 2 * index);
  if (offset > limits_.usable_size_bytes - kMinCellSizeBytes) return Code::Corrupt;
  const uint8_t* p = data + offset + (level.leaf() ? 0 : 4);
  uint64_t payload_size;
  p += read_varint(p, &payload_size);
  if (payload_size <= limits_.index_local_max) [[likely]] {
    if (p > end || payload_size > static_cast<uint64_t>(end - p)) return Code::Corrupt;
    if (payload_size == 0) return key.count == 0 ? 0 : -1;
    uint32_t equal_fields;
    return compare_payload(p, payload_size, *key_info_, key, &equal_fields);
  }
  if (payload_size > kPayloadSizeMax) return Code::Corrupt;
  uint32_t local = limits_.local_part(payload_size, limits_.index_local_max);
  if (p > end || local + 4 > static_cast<uint64_t>(end - p)) return Code::Corrupt;
  CellRef cell;
  cell.payload = p;
  cell.local_size_bytes = local;
  cell.payload_size_bytes = static_cast<uint32_t>(payload_size);
  cell.overflow = PageId{load_be32(p + local)};
  return compare_record(cell, *pager_, view_, *key_info_, key);
}

// The same; the first fields mostly decide.
inline Result<int> IndexCursor::order_of_cell(const Level& level, uint32_t index, const SearchKey& key, const FirstField& guess) {
  uint64_t first;
  if (guess.usable && read_first_field(level, index, guess.text, &first) && first != guess.key) return first < guess.key ? -1 : 1;
  return compare_cell(level, index, key);
}

// First entry of the page that is >= key (after_equal: > key), by its leading fields; cell_count when there is none.
// Starts where the first field would stand if it were evenly spread, and widens the search around it: on pages out of the
// processor's caches every probe saved counts.
Result<uint32_t> IndexCursor::lower_bound(const Level& level, const SearchKey& key, bool after_equal, const FirstField& guess) {
  uint32_t low = 0;
  uint32_t high = level.cell_count;
  const int bound = after_equal ? 1 : 0;  // an entry lies before the place when its order is below this
  if (guess.has_low && guess.has_high && guess.low < guess.high && high > 8) {
    double position = guess.key <= guess.low ? 0
                                             : static_cast<double>(guess.key - guess.low) / static_cast<double>(guess.high - guess.low) * (high - 1);
    uint32_t at = position < high - 1 ? static_cast<uint32_t>(position) : high - 1;
    SQLRITE_TRY_ASSIGN(int order, order_of_cell(level, at, key, guess));
    if (order < bound) {
      low = at + 1;
      for (uint32_t step = 2; low + step < high; step *= 4) {
        SQLRITE_TRY_ASSIGN(order, order_of_cell(level, low + step, key, guess));
        if (order >= bound) {
          high = low + step;
          break;
        }
        low += step + 1;
      }
    } else {
      high = at;
      for (uint32_t step = 3; high > low + step; step *= 4) {
        SQLRITE_TRY_ASSIGN(order, order_of_cell(level, high - step, key, guess));
        if (order < bound) {
          low = high - step + 1;
          break;
        }
        high -= step;
      }
    }
  }
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    SQLRITE_TRY_ASSIGN(int order, order_of_cell(level, middle, key, guess));
    if (order < bound) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

// The place of the key, if it lies on the leaf where the cursor is: searched in growing steps from there. Look-ups that come
// in key order, as those of a join often do, are spared the descent; those that do not are soon no longer tried.
Result<bool> IndexCursor::locate_near(const SearchKey& key, bool after_equal, const FirstField& guess) {
  constexpr uint8_t kScoreMax = 3;
  constexpr uint32_t kTryAgainMask = 31;
  if (depth_ <= 0 || !levels_[depth_].page || !levels_[depth_].leaf()) return false;
  if (near_score_ == 0 && (++near_skip_count_ & kTryAgainMask) != 0) return false;
  Level& leaf = levels_[depth_];
  const uint32_t count = leaf.cell_count;
  const int bound = after_equal ? 1 : 0;
  uint32_t low = 0;       // everything before lies before the place
  uint32_t high = count;  // lies behind it, or the end
  uint32_t start = leaf.index < count ? leaf.index : count - 1u;
  SQLRITE_TRY_ASSIGN(int order, order_of_cell(leaf, start, key, guess));
  if (order < bound) {
    low = start + 1;
    for (uint32_t step = 1; high == count && low < count; step *= 2) {
      uint32_t probe = low + step - 1 < count ? low + step - 1 : count - 1u;
      SQLRITE_TRY_ASSIGN(order, order_of_cell(leaf, probe, key, guess));
      if (order < bound) {
        low = probe + 1;
      } else {
        high = probe;
      }
    }
  } else {
    high = start;
    for (uint32_t step = 1; low == 0 && high > 0; step *= 2) {
      uint32_t probe = high > step ? high - step : 0;
      SQLRITE_TRY_ASSIGN(order, order_of_cell(leaf, probe, key, guess));
      if (order < bound) {
        low = probe + 1;
      } else {
        high = probe;
      }
    }
  }
  // Before the first entry or behind the last one: the entries above decide.
  if (low == count || high == 0) {
    if (near_score_ > 0) --near_score_;
    return false;
  }
  while (low < high) {
    uint32_t middle = (low + high) / 2;
    SQLRITE_TRY_ASSIGN(order, order_of_cell(leaf, middle, key, guess));
    if (order < bound) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  if (near_score_ < kScoreMax) ++near_score_;
  leaf.index = static_cast<uint16_t>(low);
  return true;
}

Status IndexCursor::locate(const SearchKey& key, bool after_equal) {
  refresh();
  leaf_moves_ = 0;
  valid_ = false;
  place_ = Place::Nowhere;
  FirstField guess;
  if (key.count > 0 && key_info_->field_count > 0 && (key_info_->descending == nullptr || !key_info_->descending[0])) {
    const Value& first = key.fields[0];
    if (first.type == ValueType::Integer) {
      guess.usable = true;
      guess.key = integer_order(first.integer);
    } else if (first.type == ValueType::Text && key_info_->encoding == TextEncoding::Utf8 &&
               (key_info_->collations == nullptr || key_info_->collations[0] == nullptr ||
                key_info_->collations[0]->kind == Collation::Kind::Binary)) {
      guess.usable = true;
      guess.text = true;
      guess.key = text_order(reinterpret_cast<const uint8_t*>(first.bytes), first.length);
    }
  }
  SQLRITE_TRY_ASSIGN(bool near, locate_near(key, after_equal, guess));
  if (near) return {};
  SQLRITE_TRY(enter(0, root_));
  while (true) {
    Level& level = levels_[depth_];
    const uint32_t count = level.cell_count;
    if (guess.usable && count > 8) {
      if (!guess.has_low) guess.has_low = read_first_field(level, 0, guess.text, &guess.low);
      if (!guess.has_high) guess.has_high = read_first_field(level, count - 1, guess.text, &guess.high);
    }
    SQLRITE_TRY_ASSIGN(uint32_t index, lower_bound(level, key, after_equal, guess));
    level.index = static_cast<uint16_t>(index);
    if (level.leaf()) return {};
    if (guess.usable) {
      guess.has_low = index > 0 && read_first_field(level, index - 1, guess.text, &guess.low);
      guess.has_high = index < count && read_first_field(level, index, guess.text, &guess.high);
    }
    uint32_t offset = page_head(level.id) + 8;
    if (index < count) offset = load_be16(level.data() + level.pointers + 2 * index);
    if (offset > limits_.usable_size_bytes - kMinCellSizeBytes) return Code::Corrupt;
    SQLRITE_TRY(enter(depth_ + 1, PageId{load_be32(level.data() + offset)}));
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
  if (count == available && !descending) look_ahead();
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
  if (pin != nullptr) *pin = level.page.clone();
  level.index = static_cast<uint16_t>(descending ? level.index + 1u - count : level.index + count);
  place_ = Place::Gap;
  valid_ = false;
  return count;
}

}  // namespace sqlrite::storage
