#include "exec/operator/sorter.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>

#include "base/text.h"

namespace sqlrite::exec {

namespace {

struct Entry {
  uint64_t key;
  uint32_t row;
};

constexpr uint64_t kSignBit = uint64_t{1} << 63;
constexpr uint32_t kRadixRowsMin = 512;

uint64_t sortable_real(double value) {
  if (value == 0) value = 0;  // -0.0 equals 0.0
  uint64_t bits = std::bit_cast<uint64_t>(value);
  return (bits & kSignBit) != 0 ? ~bits : bits ^ kSignBit;
}

// Entries stably ordered by key: one pass per byte in which the keys differ.
void radix_sort(Entry* entries, Entry* scratch, uint32_t count) {
  uint64_t any = 0;
  uint64_t all = ~uint64_t{0};
  for (uint32_t i = 0; i < count; ++i) {
    any |= entries[i].key;
    all &= entries[i].key;
  }
  uint64_t differing = any ^ all;
  Entry* from = entries;
  Entry* to = scratch;
  // Digits of 11 bits: six passes for random 64-bit keys, two for keys of about a million.
  constexpr uint32_t kDigitBits = 11;
  constexpr uint32_t kBuckets = 1u << kDigitBits;
  uint32_t starts[kBuckets];
  for (uint32_t shift = 0; shift < 64; shift += kDigitBits) {
    if (((differing >> shift) & (kBuckets - 1)) == 0) continue;
    std::memset(starts, 0, sizeof starts);
    for (uint32_t i = 0; i < count; ++i) ++starts[(from[i].key >> shift) & (kBuckets - 1)];
    uint32_t sum = 0;
    for (uint32_t b = 0; b < kBuckets; ++b) {
      uint32_t size = starts[b];
      starts[b] = sum;
      sum += size;
    }
    for (uint32_t i = 0; i < count; ++i) to[starts[(from[i].key >> shift) & (kBuckets - 1)]++] = from[i];
    std::swap(from, to);
  }
  if (from != entries) std::memcpy(static_cast<void*>(entries), from, size_t{count} * sizeof(Entry));
}

bool is_typed(const RowStore& store, const SortKey& key) { return store.rep(key.column) != Column::Rep::Cells; }

// One stable pass by one typed key.
void sort_by_typed(const RowStore& store, const SortKey& key, Entry* entries, Entry* scratch, uint32_t count) {
  Column::Rep rep = store.rep(key.column);
  if (rep == Column::Rep::Nulls) return;
  uint64_t flip = key.descending ? ~uint64_t{0} : 0;
  if (rep == Column::Rep::Ints) {
    const int64_t* values = store.ints(key.column);
    for (uint32_t i = 0; i < count; ++i) {
      entries[i].key = (static_cast<uint64_t>(values[entries[i].row]) ^ kSignBit) ^ flip;
    }
  } else {
    const double* values = store.reals(key.column);
    for (uint32_t i = 0; i < count; ++i) entries[i].key = sortable_real(values[entries[i].row]) ^ flip;
  }
  const uint8_t* nulls = store.nulls(key.column);
  uint32_t null_count = 0;
  if (nulls != nullptr) {
    // NULLs go to one end; they are equal among themselves.
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; ++i) {
      if (nulls[entries[i].row] != 0) {
        scratch[null_count++] = entries[i];
      } else {
        entries[kept++] = entries[i];
      }
    }
    if (key.nulls_last) {
      std::memcpy(static_cast<void*>(entries + kept), scratch, size_t{null_count} * sizeof(Entry));
    } else {
      std::memmove(static_cast<void*>(entries + null_count), entries, size_t{kept} * sizeof(Entry));
      std::memcpy(static_cast<void*>(entries), scratch, size_t{null_count} * sizeof(Entry));
      entries += null_count;
    }
    count = kept;
  }
  radix_sort(entries, scratch, count);
}

// The first 61 bits that decide between most values, under a class in the top three bits.
uint64_t prefix_of(const Value& value, const SortKey& key) {
  uint64_t prefix = 0;
  uint64_t type_class = 0;
  switch (value.type) {
    case ValueType::Null:
      return key.nulls_last ? ~uint64_t{0} : 0;
    case ValueType::Integer:
      type_class = 1;
      prefix = sortable_real(static_cast<double>(value.integer));
      break;
    case ValueType::Real:
      type_class = 1;
      prefix = sortable_real(value.real);
      break;
    case ValueType::Text:
    case ValueType::Blob: {
      type_class = value.type == ValueType::Text ? 2 : 3;
      bool is_text = value.type == ValueType::Text;
      if (is_text && key.collation->kind == Collation::Kind::User) break;
      if ((value.flags & value_flags::kZeroBlob) != 0) break;
      std::string_view bytes = value.view();
      if (is_text && key.collation->kind == Collation::Kind::RTrim) {
        while (!bytes.empty() && bytes.back() == ' ') bytes.remove_suffix(1);
      }
      unsigned char head[8] = {};
      std::memcpy(head, bytes.data(), std::min<size_t>(8, bytes.size()));
      if (is_text && key.collation->kind == Collation::Kind::NoCase) {
        for (unsigned char& byte : head) byte = static_cast<unsigned char>(ascii_lower(static_cast<char>(byte)));
      }
      for (unsigned char byte : head) prefix = (prefix << 8) | byte;
      break;
    }
  }
  prefix = (prefix >> 3) | (type_class << 61);
  return key.descending ? ~prefix : prefix;
}

}  // namespace

int compare_sort_values(const Value& a, const Value& b, const SortKey& key) {
  if (a.is_null() || b.is_null()) {
    if (a.is_null() && b.is_null()) return 0;
    return a.is_null() == key.nulls_last ? 1 : -1;
  }
  int order = compare_values(a, b, *key.collation);
  return key.descending ? -order : order;
}

int compare_rows(const RowStore& a_store, uint32_t a, const RowStore& b_store, uint32_t b,
                 std::span<const SortKey> keys) {
  for (const SortKey& key : keys) {
    int order = compare_sort_values(a_store.at(key.column, a), b_store.at(key.column, b), key);
    if (order != 0) return order;
  }
  return 0;
}

Status sort_rows(const RowStore& store, uint32_t first_row, std::span<const SortKey> keys,
                 std::vector<uint32_t>& order) {
  uint32_t count = store.row_count() - first_row;
  order.resize(count);
  bool typed = count >= kRadixRowsMin;
  for (const SortKey& key : keys) typed = typed && is_typed(store, key);
  std::unique_ptr<Entry[]> entries(new (std::nothrow) Entry[size_t{count} * (typed ? 2 : 1)]);
  if (!entries) return Code::NoMem;
  for (uint32_t i = 0; i < count; ++i) entries[i] = {0, first_row + i};
  if (typed) {
    for (size_t k = keys.size(); k-- > 0;) sort_by_typed(store, keys[k], entries.get(), entries.get() + count, count);
  } else if (!keys.empty()) {
    const SortKey& first = keys[0];
    // Equal prefixes say nothing only where information was cut off: numbers in full width are decisive.
    bool decisive = false;
    if (store.rep(first.column) == Column::Rep::Ints && store.nulls(first.column) == nullptr) {
      uint64_t flip = first.descending ? ~uint64_t{0} : 0;
      const int64_t* values = store.ints(first.column);
      for (uint32_t i = 0; i < count; ++i) {
        entries[i].key = (static_cast<uint64_t>(values[entries[i].row]) ^ kSignBit) ^ flip;
      }
      decisive = true;
    } else {
      for (uint32_t i = 0; i < count; ++i) entries[i].key = prefix_of(store.at(first.column, entries[i].row), first);
    }
    std::span<const SortKey> rest = decisive ? keys.subspan(1) : keys;
    std::sort(entries.get(), entries.get() + count, [&](const Entry& a, const Entry& b) {
      if (a.key != b.key) return a.key < b.key;
      int result = compare_rows(store, a.row, store, b.row, rest);
      return result != 0 ? result < 0 : a.row < b.row;
    });
  }
  for (uint32_t i = 0; i < count; ++i) order[i] = entries[i].row;
  return {};
}

}  // namespace sqlrite::exec
