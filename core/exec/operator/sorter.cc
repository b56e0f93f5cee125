#include "exec/operator/sorter.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <new>

#include "base/buffer_memory.h"
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
    case ValueType::Null: return key.nulls_last ? ~uint64_t{0} : 0;
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

// Sorting of texts eight bytes at a time: by the first eight, then runs that agree in them by the next eight.
class TextSort {
 public:
  TextSort(const RowStore& store, std::span<const SortKey> keys, Entry* entries, Entry* scratch)
      : store_(store), key_(keys[0]), rest_(keys.subspan(1)), base_(entries), scratch_(scratch) {}

  // Whether the column is texts and NULLs only, under a collation that orders by (folded, trimmed) bytes.
  static bool applies(const RowStore& store, const SortKey& key, uint32_t first_row, uint32_t count) {
    if (store.rep(key.column) != Column::Rep::Cells || key.collation->kind == Collation::Kind::User) return false;
    const Value* cells = store.cells(key.column);
    for (uint32_t i = 0; i < count; ++i) {
      ValueType type = cells[first_row + i].type;
      if (type != ValueType::Text && type != ValueType::Null) return false;
    }
    return true;
  }

  void run(uint32_t count) {
    // NULLs to their end first; they are equal in this key.
    const Value* cells = store_.cells(key_.column);
    uint32_t kept = 0;
    uint32_t null_count = 0;
    for (uint32_t i = 0; i < count; ++i) {
      if (cells[base_[i].row].is_null()) {
        scratch_[null_count++] = base_[i];
      } else {
        base_[kept++] = base_[i];
      }
    }
    Entry* texts = base_;
    Entry* nulls = base_ + kept;
    if (null_count > 0) {
      if (!key_.nulls_last) {
        std::memmove(static_cast<void*>(base_ + null_count), base_, size_t{kept} * sizeof(Entry));
        texts = base_ + null_count;
        nulls = base_;
      }
      std::memcpy(static_cast<void*>(nulls), scratch_, size_t{null_count} * sizeof(Entry));
      settle_equal(nulls, null_count);
    }
    sort_range(texts, kept, 0);
  }

 private:
  static constexpr uint32_t kCompareRowsMax = 48;
  static constexpr uint32_t kOffsetMax = 4096;  // longer common beginnings are compared, not split further

  std::string_view text_of(uint32_t row) const {
    std::string_view text = store_.cells(key_.column)[row].view();
    if (key_.collation->kind == Collation::Kind::RTrim) {
      while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    }
    return text;
  }
  uint64_t chunk_at(uint32_t row, size_t offset) const {
    std::string_view text = text_of(row);
    unsigned char head[8] = {};
    if (text.size() > offset) std::memcpy(head, text.data() + offset, std::min<size_t>(8, text.size() - offset));
    if (key_.collation->kind == Collation::Kind::NoCase) {
      for (unsigned char& byte : head) byte = static_cast<unsigned char>(ascii_lower(static_cast<char>(byte)));
    }
    uint64_t chunk;
    std::memcpy(&chunk, head, 8);
    chunk = __builtin_bswap64(chunk);
    return key_.descending ? ~chunk : chunk;
  }
  // Rows equal in the text: by the remaining keys.
  void settle_equal(Entry* entries, uint32_t count) const {
    if (rest_.empty() || count < 2) return;
    std::sort(entries, entries + count, [&](const Entry& a, const Entry& b) {
      int order = compare_rows(store_, a.row, store_, b.row, rest_);
      return order != 0 ? order < 0 : a.row < b.row;
    });
  }
  void compare_range(Entry* entries, uint32_t count, size_t offset) const {
    std::sort(entries, entries + count, [&](const Entry& a, const Entry& b) {
      std::string_view left = text_of(a.row);
      std::string_view right = text_of(b.row);
      int order;
      if (key_.collation->kind == Collation::Kind::Binary && left.size() >= offset && right.size() >= offset) {
        order = left.substr(offset).compare(right.substr(offset));
      } else {
        order = compare_text(*key_.collation, left, right);
      }
      if (order != 0) return key_.descending ? order > 0 : order < 0;
      order = compare_rows(store_, a.row, store_, b.row, rest_);
      return order != 0 ? order < 0 : a.row < b.row;
    });
  }
  // Entries agree in the bytes before `offset`, and their rows ascend.
  void sort_range(Entry* entries, uint32_t count, size_t offset) {
    if (count < 2) return;
    if (count <= kCompareRowsMax || offset > kOffsetMax) return compare_range(entries, count, offset);
    constexpr uint32_t kAhead = 12;
    const Value* cells = store_.cells(key_.column);
    for (uint32_t i = 0; i < count; ++i) {
      if (i + kAhead < count) __builtin_prefetch(cells[entries[i + kAhead].row].bytes + offset);
      entries[i].key = chunk_at(entries[i].row, offset);
    }
    if (count >= kRadixRowsMin) {
      radix_sort(entries, scratch_, count);
    } else {
      std::sort(entries, entries + count,
                [](const Entry& a, const Entry& b) { return a.key != b.key ? a.key < b.key : a.row < b.row; });
    }
    for (uint32_t begin = 0; begin < count;) {
      uint32_t end = begin + 1;
      while (end < count && entries[end].key == entries[begin].key) ++end;
      if (end - begin > 1) split_run(entries + begin, end - begin, offset);
      begin = end;
    }
  }
  // Equal chunks: texts that end within the chunk differ at most in trailing NULs; the others go on with the next chunk.
  void split_run(Entry* entries, uint32_t count, size_t offset) {
    bool any_ends = false;
    for (uint32_t i = 0; i < count && !any_ends; ++i) any_ends = text_of(entries[i].row).size() <= offset + 8;
    if (!any_ends) return sort_range(entries, count, offset + 8);
    size_t size = text_of(entries[0].row).size();
    bool all_same = true;
    for (uint32_t i = 1; i < count && all_same; ++i) all_same = text_of(entries[i].row).size() == size;
    if (all_same) return settle_equal(entries, count);
    compare_range(entries, count, offset);
  }

  const RowStore& store_;
  const SortKey& key_;
  std::span<const SortKey> rest_;
  Entry* base_;
  Entry* scratch_;
};

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
                 BufferVector<uint32_t>& order) {
  uint32_t count = store.row_count() - first_row;
  order.resize(count);
  bool typed = count >= kRadixRowsMin;
  for (const SortKey& key : keys) typed = typed && is_typed(store, key);
  bool texts = !typed && count >= 32 && !keys.empty() && TextSort::applies(store, keys[0], first_row, count);
  BufferArray<Entry> room = make_buffer_array<Entry>(size_t{count} * (typed || texts ? 2 : 1));
  Entry* entries = room.get();
  for (uint32_t i = 0; i < count; ++i) entries[i] = {0, first_row + i};
  if (typed) {
    for (size_t k = keys.size(); k-- > 0;) sort_by_typed(store, keys[k], entries, entries + count, count);
  } else if (texts) {
    TextSort(store, keys, entries, entries + count).run(count);
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
    std::sort(entries, entries + count, [&](const Entry& a, const Entry& b) {
      if (a.key != b.key) return a.key < b.key;
      int result = compare_rows(store, a.row, store, b.row, rest);
      return result != 0 ? result < 0 : a.row < b.row;
    });
  }
  for (uint32_t i = 0; i < count; ++i) order[i] = entries[i].row;
  return {};
}

}  // namespace sqlrite::exec
