// KeySet: a set of keys that can be asked at any time. In memory it is a hash table; beyond the budget its keys go to a
// file, run by run, and the table begins anew.
#pragma once

#include <memory>
#include <span>

#include "base/buffer_memory.h"
#include "exec/operator/key_hash.h"
#include "exec/operator/operator_base.h"
#include "exec/spill/hashed_rows.h"
#include "exec/spill/memory_budget.h"

namespace sqlrite::exec {

class KeySet {
 public:
  // `collations` outlive the set.
  void init(std::span<const Collation* const> collations);
  // Adds the keys of the live rows. fresh[0..*fresh_count): those among the physical rows whose keys were new.
  Status add(ExecContext& context, const Batch& batch, const Column* keys, uint16_t* fresh, uint32_t* fresh_count);
  Result<bool> contains(const Value* key) {
    if (table_.count() > 0 && table_.find_row(key) != kNoRow) return true;
    return spilled_ != nullptr ? is_on_file(hash_row(key, collations_), key) : Result<bool>(false);
  }
  void clear();

 private:
  struct Spilled {
    HashedRows keys;
    HashedRowsLookup lookup;
    RowStore found;
    BufferVector<Value> key;
    MemoryShare share;
  };
  Status spill(ExecContext& context);
  Result<bool> is_on_file(uint64_t hash, const Value* key);
  std::span<const Collation* const> collations_;
  KeyTable table_;
  MemoryShare share_;
  std::unique_ptr<Spilled> spilled_;
};

}  // namespace sqlrite::exec
