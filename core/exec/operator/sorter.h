// Sorting of stored rows: by normalized integer keys and radix passes where the columns allow it, else by comparison.
#pragma once

#include <span>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/row_store.h"

namespace sqlrite::exec {

struct SortKey {
  uint32_t column = 0;  // of the RowStore
  bool descending = false;
  bool nulls_last = false;
  const Collation* collation = &kBinaryCollation;
};

// Order of two rows (negative: a first); 0 when all keys are equal.
int compare_rows(const RowStore& a_store, uint32_t a, const RowStore& b_store, uint32_t b,
                 std::span<const SortKey> keys);
int compare_sort_values(const Value& a, const Value& b, const SortKey& key);
// The rows of `store` from `first_row` on in order; rows with equal keys keep their order.
Status sort_rows(const RowStore& store, uint32_t first_row, std::span<const SortKey> keys,
                 BufferVector<uint32_t>& order);

}  // namespace sqlrite::exec
