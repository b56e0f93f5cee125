#include "exec/operator/key_hash.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

#include "base/buffer_memory.h"
#include "base/text.h"
#include "kernels/hash.h"

namespace sqlrite::exec {

namespace {

constexpr uint64_t kNullHash = 0x8B72E1C3A94D5F01ull;
constexpr uint64_t kBlobSeed = 0x51ED270B7F4A7C15ull;
constexpr uint32_t kPrefetchDistance = 16;
constexpr uint32_t kNone = UINT32_MAX;
// An estimate of many keys counts once this many rows have come: clearing a large table for a few rows costs more than
// all else they need.
constexpr uint64_t kTrustRows = 512;
constexpr uint32_t kFirstKeysMin =
    64;  // of fewer the hash table takes the first ones: clearing an array would cost more
constexpr uint64_t kDirectSizeMin = 32768;
constexpr uint64_t kDirectSizeMax = 1u << 24;
constexpr uint64_t kDirectEntriesPerKey = 16;

uint64_t hash_real(double value) {
  if (value >= -0x1p63 && value < 0x1p63) {
    auto integer = static_cast<int64_t>(value);
    if (static_cast<double>(integer) == value) return kernels::hash_int(integer);
  }
  return kernels::hash_int(std::bit_cast<int64_t>(value));
}

uint64_t hash_folded(std::string_view text) {
  char buffer[256];
  uint64_t hash = text.size();
  while (!text.empty()) {
    size_t part = text.size() < sizeof buffer ? text.size() : sizeof buffer;
    for (size_t i = 0; i < part; ++i) buffer[i] = ascii_lower(text[i]);
    hash = kernels::hash_bytes(buffer, part, hash);
    text.remove_prefix(part);
  }
  return hash;
}

uint64_t hash_text(std::string_view text, const Collation& collation) {
  switch (collation.kind) {
    case Collation::Kind::Binary: return kernels::hash_bytes(text.data(), text.size());
    case Collation::Kind::NoCase: return hash_folded(text);
    case Collation::Kind::RTrim:
      while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
      return kernels::hash_bytes(text.data(), text.size());
    case Collation::Kind::User:
      // BINARY of a UTF-16 file orders differently, but equality is that of bytes. What other functions call equal is
      // unknown: all texts fall together, and comparisons tell them apart.
      return collation.name == "BINARY" ? kernels::hash_bytes(text.data(), text.size()) : kNullHash;
  }
  return 0;
}

uint64_t hash_blob(const Value& value) {
  if ((value.flags & value_flags::kZeroBlob) == 0) return kernels::hash_bytes(value.bytes, value.length, kBlobSeed);
  // The same hash as for the bytes written out.
  void* zeros = allocate_zeroed_buffer(value.length);
  if (zeros == nullptr) return kBlobSeed;
  uint64_t hash = kernels::hash_bytes(zeros, value.length, kBlobSeed);
  free_buffer(zeros, value.length);
  return hash;
}

}  // namespace

uint64_t hash_value(const Value& value, const Collation& collation) {
  switch (value.type) {
    case ValueType::Integer: return kernels::hash_int(value.integer);
    case ValueType::Real: return hash_real(value.real);
    case ValueType::Text: return hash_text(value.view(), collation);
    case ValueType::Blob: return hash_blob(value);
    case ValueType::Null: break;
  }
  return kNullHash;
}

void hash_keys(const Batch& batch, const Column* keys, std::span<const Collation* const> collations, uint64_t* out) {
  uint32_t count = batch.selected_count;
  for (size_t k = 0; k < collations.size(); ++k) {
    const Column& key = keys[k];
    bool combine = k > 0;
    if (key.rep == Column::Rep::Ints && !key.constant && !key.has_nulls) {
      kernels::hash_ints(key.ints, batch.selection, count, combine, out);
      continue;
    }
    for (uint32_t i = 0; i < count; ++i) {
      uint64_t hash = hash_value(key.at(batch.live_row(i)), *collations[k]);
      out[i] = combine ? kernels::combine_hashes(out[i], hash) : hash;
    }
  }
}

uint64_t hash_row(const Value* key, std::span<const Collation* const> collations) {
  uint64_t hash = 0;
  for (size_t k = 0; k < collations.size(); ++k) {
    uint64_t part = hash_value(key[k], *collations[k]);
    hash = k > 0 ? kernels::combine_hashes(hash, part) : part;
  }
  return hash;
}

void KeyTable::init(std::span<const Collation* const> collations) {
  collations_ = collations;
  keys_.init(static_cast<uint32_t>(collations.size()));
  ints_ = collations.size() == 1;
}

void KeyTable::clear() {
  keys_.clear();
  free_direct();
  direct_tried_ = false;
  ints_ = collations_.size() == 1;
  null_id_ = 0;
  if (capacity_ > 512) {
    free_slots();
  } else if (capacity_ > 0) {
    std::memset(slots_, 0, size_t{capacity_} * kSlotSizeBytes);
  }
}

void KeyTable::free_direct() {
  free_buffer(direct_, size_t{direct_size_} * sizeof(uint32_t));
  direct_ = nullptr;
  direct_size_ = 0;
}

void KeyTable::free_slots() {
  free_direct();
  free_buffer(slots_, size_t{capacity_} * kSlotSizeBytes);
  slots_ = nullptr;
  capacity_ = 0;
}

void KeyTable::place_int(int64_t key, uint32_t id) {
  auto* slots = static_cast<IntSlot*>(slots_);
  uint64_t at = kernels::hash_int(key) & (capacity_ - 1);
  while (slots[at].id != 0) at = (at + 1) & (capacity_ - 1);
  slots[at].key = key;
  slots[at].id = id;
}

void KeyTable::place_hash(uint64_t hash, uint32_t id) {
  auto* slots = static_cast<HashSlot*>(slots_);
  uint64_t at = hash & (capacity_ - 1);
  while (slots[at].id != 0) at = (at + 1) & (capacity_ - 1);
  slots[at].hash = hash;
  slots[at].id = id;
}

Status KeyTable::grow(uint32_t capacity) {
  void* fresh = allocate_zeroed_buffer(size_t{capacity} * kSlotSizeBytes);
  if (fresh == nullptr) return Code::NoMem;
  void* old = slots_;
  uint32_t old_capacity = capacity_;
  slots_ = fresh;
  capacity_ = capacity;
  if (ints_) {
    for (uint32_t i = 0; i < old_capacity; ++i) {
      const IntSlot& slot = static_cast<IntSlot*>(old)[i];
      if (slot.id != 0) place_int(slot.key, slot.id);
    }
  } else {
    for (uint32_t i = 0; i < old_capacity; ++i) {
      const HashSlot& slot = static_cast<HashSlot*>(old)[i];
      if (slot.id != 0) place_hash(slot.hash, slot.id);
    }
  }
  free_buffer(old, size_t{old_capacity} * kSlotSizeBytes);
  return {};
}

bool KeyTable::is_narrow(int64_t low, int64_t high, uint64_t key_count) const {
  uint64_t size = static_cast<uint64_t>(high) - static_cast<uint64_t>(low);
  return size < kDirectSizeMin || (size < kDirectSizeMax && size / kDirectEntriesPerKey < key_count);
}

// REQUIRES: is_narrow(low, high). Room beyond both ends keeps neighbours from making it grow one by one.
Status KeyTable::become_direct(int64_t low, int64_t high) {
  uint64_t span = static_cast<uint64_t>(high) - static_cast<uint64_t>(low) + 1;
  uint64_t slack = span / 4 + 64;
  int64_t first = low < INT64_MIN + static_cast<int64_t>(slack) ? INT64_MIN : low - static_cast<int64_t>(slack);
  uint64_t size = static_cast<uint64_t>(high) - static_cast<uint64_t>(first) + 1 + slack;
  auto* fresh = static_cast<uint32_t*>(allocate_zeroed_buffer(size * sizeof(uint32_t)));
  if (fresh == nullptr) return Code::NoMem;
  free_slots();
  direct_ = fresh;
  direct_low_ = first;
  direct_size_ = static_cast<uint32_t>(size);
  for (uint32_t id = 0; id < keys_.row_count(); ++id) {
    if (id + 1 == null_id_) continue;
    direct_[static_cast<uint64_t>(keys_.ints(0)[id]) - static_cast<uint64_t>(first)] = id + 1;
  }
  return {};
}

Status KeyTable::leave_direct() {
  free_direct();
  uint32_t capacity = 64;
  while (capacity < keys_.row_count() * 2 + 2 * kBatchRowsMax) capacity *= 2;
  SQLRITE_TRY(grow(capacity));
  for (uint32_t id = 0; id < keys_.row_count(); ++id) {
    if (id + 1 != null_id_) place_int(keys_.ints(0)[id], id + 1);
  }
  return {};
}

// A key that the array does not know yet: beyond its ends the array grows, or makes way for the hash table.
Status KeyTable::add_direct(int64_t key, uint32_t* id) {
  bool first = keys_.row_count() == (null_id_ != 0 ? 1u : 0u);
  lowest_ = first || key < lowest_ ? key : lowest_;
  highest_ = first || key > highest_ ? key : highest_;
  SQLRITE_TRY(keys_.append_integer(key));
  *id = keys_.row_count() - 1;
  uint64_t at = static_cast<uint64_t>(key) - static_cast<uint64_t>(direct_low_);
  if (at < direct_size_) {
    direct_[at] = *id + 1;
    return {};
  }
  if (is_narrow(lowest_, highest_, keys_.row_count())) return become_direct(lowest_, highest_);
  return leave_direct();
}

uint32_t KeyTable::find_integer(int64_t key) const {
  if (direct_ != nullptr) {
    uint64_t at = static_cast<uint64_t>(key) - static_cast<uint64_t>(direct_low_);
    return at < direct_size_ ? direct_[at] - 1 : kNone;
  }
  const auto* slots = static_cast<const IntSlot*>(slots_);
  uint64_t at = kernels::hash_int(key) & (capacity_ - 1);
  while (slots[at].id != 0 && slots[at].key != key) at = (at + 1) & (capacity_ - 1);
  return slots[at].id - 1;
}

// REQUIRES: direct_ and integers without NULL. Ends early (and without direct_) when the keys turn out to lie too far
// apart: then the rest of the ids is unset and the caller goes on with the hash table.
Status KeyTable::find_or_add_direct(const Batch& batch, const Column& key, uint32_t* ids) {
  for (uint32_t i = 0; i < batch.selected_count && direct_ != nullptr; ++i) {
    int64_t value = key.ints[batch.live_row(i)];
    uint64_t at = static_cast<uint64_t>(value) - static_cast<uint64_t>(direct_low_);
    uint32_t id = at < direct_size_ ? direct_[at] : 0;
    if (id == 0) [[unlikely]] {
      SQLRITE_TRY(add_direct(value, &ids[i]));
    } else {
      ids[i] = id - 1;
    }
  }
  return {};
}

// The first key that is not an integer ends the integer table.
Status KeyTable::become_generic() {
  if (direct_ != nullptr) SQLRITE_TRY(leave_direct());
  ints_ = false;
  if (capacity_ == 0) return {};
  std::memset(slots_, 0, size_t{capacity_} * sizeof(HashSlot));
  for (uint32_t id = 0; id < keys_.row_count(); ++id) {
    place_hash(hash_value(keys_.at(0, id), *collations_[0]), id + 1);
  }
  return {};
}

uint32_t KeyTable::find_hash(uint64_t hash, const Batch& batch, const Column* keys, uint32_t row) const {
  static_cast<void>(batch);
  const auto* slots = static_cast<const HashSlot*>(slots_);
  uint64_t at = hash & (capacity_ - 1);
  for (; slots[at].id != 0; at = (at + 1) & (capacity_ - 1)) {
    if (slots[at].hash != hash) continue;
    uint32_t id = slots[at].id - 1;
    bool equal = true;
    for (uint32_t k = 0; k < collations_.size() && equal; ++k) {
      equal = equal_values(keys_.at(k, id), keys[k].at(row), *collations_[k]);
    }
    if (equal) return id;
  }
  return kNone;
}

uint32_t KeyTable::find_row(const Value* key) const {
  if (capacity_ == 0 && direct_ == nullptr) return kNone;
  if (ints_) {
    Value value = key[0];
    if (value.type == ValueType::Real) {
      if (!(value.real >= -0x1p63 && value.real < 0x1p63)) return kNone;
      auto integer = static_cast<int64_t>(value.real);
      if (static_cast<double>(integer) != value.real) return kNone;
      value = Value::from_integer(integer);
    }
    if (value.is_null()) return null_id_ - 1;
    if (value.type != ValueType::Integer) return kNone;
    return find_integer(value.integer);
  }
  uint64_t hash = hash_row(key, collations_);
  const auto* slots = static_cast<const HashSlot*>(slots_);
  uint64_t at = hash & (capacity_ - 1);
  for (; slots[at].id != 0; at = (at + 1) & (capacity_ - 1)) {
    if (slots[at].hash != hash) continue;
    uint32_t id = slots[at].id - 1;
    bool equal = true;
    for (uint32_t k = 0; k < collations_.size() && equal; ++k) {
      equal = equal_values(keys_.at(k, id), key[k], *collations_[k]);
    }
    if (equal) return id;
  }
  return kNone;
}

namespace {

// Whether every live value is an integer or NULL.
bool all_integers(const Batch& batch, const Column& column) {
  switch (column.rep) {
    case Column::Rep::Ints:
    case Column::Rep::Nulls: return true;
    case Column::Rep::Reals: return false;
    case Column::Rep::Cells: break;
  }
  if (column.constant) return column.cells[0].type == ValueType::Integer || column.cells[0].is_null();
  for (uint32_t i = 0; i < batch.selected_count; ++i) {
    ValueType type = column.cells[batch.live_row(i)].type;
    if (type != ValueType::Integer && type != ValueType::Null) return false;
  }
  return true;
}

}  // namespace

Status KeyTable::find_or_add(const Batch& batch, const Column* keys, uint32_t* ids) {
  uint32_t count = batch.selected_count;
  if (count == 0) return {};
  if (collations_.empty()) {
    if (keys_.row_count() == 0) SQLRITE_TRY(keys_.append_row(nullptr));
    std::memset(ids, 0, count * sizeof(uint32_t));
    return {};
  }
  if (ints_ && !all_integers(batch, keys[0])) SQLRITE_TRY(become_generic());
  bool typed_keys = ints_ && keys[0].rep == Column::Rep::Ints && !keys[0].constant && !keys[0].has_nulls;
  if (ints_ && keys_.row_count() == 0 && !direct_tried_ && typed_keys && count >= kFirstKeysMin) {
    // The first keys tell whether their range is narrow.
    direct_tried_ = true;
    int64_t low = INT64_MAX;
    int64_t high = INT64_MIN;
    for (uint32_t i = 0; i < count; ++i) {
      int64_t value = keys[0].ints[batch.live_row(i)];
      low = value < low ? value : low;
      high = value > high ? value : high;
    }
    uint64_t keys_likely = count >= kTrustRows ? std::max<uint64_t>(count, expected_keys_) : count;
    if (is_narrow(low, high, keys_likely)) SQLRITE_TRY(become_direct(low, high));
  }
  if (direct_ != nullptr && typed_keys) {
    SQLRITE_TRY(find_or_add_direct(batch, keys[0], ids));
    if (direct_ != nullptr) return {};
    // The hash table has taken over; it knows the keys done so far.
  } else if (direct_ != nullptr) {
    SQLRITE_TRY(leave_direct());
  }
  uint64_t room = uint64_t{keys_.row_count()} + count;
  if (room * 2 > capacity_) {
    // Doubling from the number of keys there are, not from what this batch could add at worst.
    uint32_t wanted = capacity_ > 0 ? capacity_ : 64;
    while (room >= kTrustRows && wanted < expected_keys_ * 2) wanted *= 2;
    while (uint64_t{keys_.row_count()} * 2 + count + (count >> 1) > wanted) wanted *= 2;
    if (ints_ && typed_keys && capacity_ > 0 && wanted > capacity_ && is_narrow(lowest_, highest_, keys_.row_count())) {
      SQLRITE_TRY(become_direct(lowest_, highest_));
      return find_or_add(batch, keys, ids);
    }
    if (wanted > capacity_) SQLRITE_TRY(grow(wanted));
  }
  if (ints_) {
    const Column& key = keys[0];
    auto* slots = static_cast<IntSlot*>(slots_);
    uint64_t mask = capacity_ - 1;
    bool typed = key.rep == Column::Rep::Ints && !key.constant && !key.has_nulls;
    for (uint32_t i = 0; i < count; ++i) {
      int64_t value;
      if (typed) {
        value = key.ints[batch.live_row(i)];
        if (capacity_ > 4096 && i + kPrefetchDistance < count) {
          __builtin_prefetch(&slots[kernels::hash_int(key.ints[batch.live_row(i + kPrefetchDistance)]) & mask]);
        }
      } else {
        Value cell = key.at(batch.live_row(i));
        if (cell.is_null()) {
          if (null_id_ == 0) {
            SQLRITE_TRY(keys_.append_row(&cell));
            null_id_ = keys_.row_count();
          }
          ids[i] = null_id_ - 1;
          continue;
        }
        value = cell.integer;
      }
      uint64_t at = kernels::hash_int(value) & mask;
      while (slots[at].id != 0 && slots[at].key != value) at = (at + 1) & mask;
      if (slots[at].id == 0) {
        bool first = keys_.row_count() == (null_id_ != 0 ? 1u : 0u);
        lowest_ = first || value < lowest_ ? value : lowest_;
        highest_ = first || value > highest_ ? value : highest_;
        SQLRITE_TRY(keys_.append_integer(value));
        slots[at].key = value;
        slots[at].id = keys_.row_count();
      }
      ids[i] = slots[at].id - 1;
    }
    return {};
  }
  uint64_t hashes[kBatchRowsMax];
  hash_keys(batch, keys, collations_, hashes);
  auto* slots = static_cast<HashSlot*>(slots_);
  uint64_t mask = capacity_ - 1;
  Value small_row[8];
  std::unique_ptr<Value[]> large_row;
  Value* row_values = small_row;
  if (collations_.size() > 8) {
    large_row.reset(new Value[collations_.size()]);
    row_values = large_row.get();
  }
  for (uint32_t i = 0; i < count; ++i) {
    if (capacity_ > 4096 && i + kPrefetchDistance < count)
      __builtin_prefetch(&slots[hashes[i + kPrefetchDistance] & mask]);
    uint32_t row = batch.live_row(i);
    uint32_t id = find_hash(hashes[i], batch, keys, row);
    if (id == kNone) {
      for (size_t k = 0; k < collations_.size(); ++k) row_values[k] = keys[k].at(row);
      SQLRITE_TRY(keys_.append_row(row_values));
      id = keys_.row_count() - 1;
      place_hash(hashes[i], id + 1);
    }
    ids[i] = id;
  }
  return {};
}

Status KeyTable::find(const Batch& batch, const Column* keys, bool nulls_never_match, uint32_t* ids) {
  uint32_t count = batch.selected_count;
  if (capacity_ == 0 && direct_ == nullptr) {
    for (uint32_t i = 0; i < count; ++i) ids[i] = kNone;
    return {};
  }
  if (ints_ && direct_ != nullptr) {
    const Column& key = keys[0];
    bool typed = key.rep == Column::Rep::Ints && !key.constant;
    for (uint32_t i = 0; i < count; ++i) {
      uint32_t row = batch.live_row(i);
      if (typed && !(key.has_nulls && key.nulls[row] != 0)) {
        ids[i] = find_integer(key.ints[row]);
        continue;
      }
      Value cell = key.at(row);
      ids[i] = cell.is_null() && nulls_never_match ? kNone : find_row(&cell);
    }
    return {};
  }
  if (ints_) {
    const Column& key = keys[0];
    const auto* slots = static_cast<const IntSlot*>(slots_);
    uint64_t mask = capacity_ - 1;
    if (key.rep == Column::Rep::Ints && !key.constant) {
      const uint8_t* nulls = key.has_nulls ? key.nulls : nullptr;
      for (uint32_t i = 0; i < count; ++i) {
        uint32_t row = batch.live_row(i);
        if (capacity_ > 4096 && i + kPrefetchDistance < count) {
          __builtin_prefetch(&slots[kernels::hash_int(key.ints[batch.live_row(i + kPrefetchDistance)]) & mask]);
        }
        if (nulls != nullptr && nulls[row] != 0) {
          ids[i] = nulls_never_match ? kNone : null_id_ - 1;
          continue;
        }
        int64_t value = key.ints[row];
        uint64_t at = kernels::hash_int(value) & mask;
        while (slots[at].id != 0 && slots[at].key != value) at = (at + 1) & mask;
        ids[i] = slots[at].id - 1;
      }
      return {};
    }
    for (uint32_t i = 0; i < count; ++i) {
      Value cell = key.at(batch.live_row(i));
      ids[i] = cell.is_null() && nulls_never_match ? kNone : find_row(&cell);
    }
    return {};
  }
  uint64_t hashes[kBatchRowsMax];
  hash_keys(batch, keys, collations_, hashes);
  const auto* slots = static_cast<const HashSlot*>(slots_);
  for (uint32_t i = 0; i < count; ++i) {
    if (capacity_ > 4096 && i + kPrefetchDistance < count) {
      __builtin_prefetch(&slots[hashes[i + kPrefetchDistance] & (capacity_ - 1)]);
    }
    uint32_t row = batch.live_row(i);
    if (nulls_never_match) {
      bool null = false;
      for (size_t k = 0; k < collations_.size(); ++k) null |= keys[k].at(row).is_null();
      if (null) {
        ids[i] = kNone;
        continue;
      }
    }
    ids[i] = find_hash(hashes[i], batch, keys, row);
  }
  return {};
}

}  // namespace sqlrite::exec
