// Hashing and equality of key values, and KeyTable: dense numbers for distinct keys in order of first appearance.
#pragma once

#include <memory>
#include <span>

#include "exec/operator/row_store.h"
#include "types/value.h"

namespace sqlrite::exec {

// Equal values (1 and 1.0, 'a' and 'A' under NOCASE) hash equal. NULL is a value here.
uint64_t hash_value(const Value& value, const Collation& collation);
inline bool equal_values(const Value& a, const Value& b, const Collation& collation) {
  if (a.type == b.type && a.type == ValueType::Integer) return a.integer == b.integer;
  return compare_values(a, b, collation) == 0;
}
// out[i] = hash of the key in live row i.
void hash_keys(const Batch& batch, const Column* keys, std::span<const Collation* const> collations, uint64_t* out);

// The same of one key.
uint64_t hash_row(const Value* key, std::span<const Collation* const> collations);

class KeyTable {
 public:
  // `collations` outlives the table. `rows_estimate` sizes it.
  void init(std::span<const Collation* const> collations);
  void clear();
  // ids[i] = number of the key in live row i; unknown keys get the next numbers.
  Status find_or_add(const Batch& batch, const Column* keys, uint32_t* ids);
  // The same without adding: UINT32_MAX for unknown keys, and for keys with a NULL when `nulls_never_match`.
  Status find(const Batch& batch, const Column* keys, bool nulls_never_match, uint32_t* ids);
  uint32_t find_row(const Value* key) const;
  uint32_t count() const { return keys_.row_count(); }
  // The keys by number.
  const RowStore& keys() const { return keys_; }
  size_t size_bytes() const { return keys_.size_bytes() + size_t{capacity_} * 16 + size_t{direct_size_} * 4; }
  // How many keys are likely: the first table is made for them.
  void expect(uint64_t key_count) { expected_keys_ = key_count < (1u << 22) ? key_count : 1u << 22; }

 private:
  struct IntSlot {
    int64_t key;
    uint32_t id;  // number + 1; 0: free
    uint32_t unused;
  };
  struct HashSlot {
    uint64_t hash;
    uint32_t id;
    uint32_t unused;
  };
  static constexpr size_t kSlotSizeBytes = sizeof(IntSlot);
  static_assert(sizeof(HashSlot) == kSlotSizeBytes);
  Status grow(uint32_t capacity);
  Status become_generic();
  uint32_t find_hash(uint64_t hash, const Batch& batch, const Column* keys, uint32_t row) const;
  void place_int(int64_t key, uint32_t id);
  void place_hash(uint64_t hash, uint32_t id);
  void free_slots();
  // Integers in a narrow range need no hash: an array by key gives the number.
  bool is_narrow(int64_t low, int64_t high, uint64_t key_count) const;
  void free_direct();
  Status become_direct(int64_t low, int64_t high);
  Status leave_direct();
  Status add_direct(int64_t key, uint32_t* id);
  Status find_or_add_direct(const Batch& batch, const Column& key, uint32_t* ids);
  uint32_t find_integer(int64_t key) const;
  std::span<const Collation* const> collations_;
  RowStore keys_;
  bool ints_ = false;      // one integer key: IntSlot table
  uint32_t null_id_ = 0;   // ints_: number + 1 of the NULL key
  uint32_t capacity_ = 0;  // power of two
  void* slots_ = nullptr;
  uint32_t* direct_ = nullptr;  // numbers + 1 of keys from direct_low_ on; then there are no slots
  int64_t direct_low_ = 0;
  uint32_t direct_size_ = 0;
  bool direct_tried_ = false;
  uint64_t expected_keys_ = 0;
  int64_t lowest_ = 0, highest_ = 0;  // of the integer keys
  struct FreeSlots {
    KeyTable* table;
    ~FreeSlots() { table->free_slots(); }
  } free_slots_{this};
};

}  // namespace sqlrite::exec
