#include "exec/operator/sorter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "base/buffer_memory.h"

using namespace sqlrite;
using exec::RowStore;
using exec::SortKey;

namespace {

uint64_t next_random(uint64_t& seed) {
  seed = seed * 6364136223846793005u + 1442695040888963407u;
  return seed >> 33;
}

// `kind` 0 integers, 1 reals, 2 texts, 3 anything; every one with some NULLs.
Value random_value(uint64_t& seed, int kind, std::string& text) {
  uint64_t draw = next_random(seed);
  if (draw % 17 == 0) return Value();
  if (kind == 3) kind = static_cast<int>(draw % 3);
  auto small = static_cast<int64_t>(next_random(seed) % 200) - 100;
  if (kind == 0) return Value::from_integer(draw % 5 == 0 ? small * (int64_t{1} << 50) : small);
  if (kind == 1) return Value::from_real(static_cast<double>(small) / 4);
  text.assign(next_random(seed) % 20, static_cast<char>('A' + next_random(seed) % 3));
  text += static_cast<char>(next_random(seed) % 2 == 0 ? 'a' : 'A');
  text.append(next_random(seed) % 3, ' ');
  return Value::from_text(text, ValueOwner::Caller);
}

}  // namespace

// Every fast path must give what a stable sort by comparison gives.
TEST_CASE("sort_rows agrees with a stable comparison sort") {
  uint64_t seed = 7;
  const Collation* collations[] = {&kBinaryCollation, &kNoCaseCollation, &kRTrimCollation};
  for (int round = 0; round < 120; ++round) {
    RowStore store;
    store.init(2);
    uint32_t count = round % 3 == 0 ? 20 : round % 3 == 1 ? 300 : 2500;
    int kinds[2] = {static_cast<int>(next_random(seed) % 4), static_cast<int>(next_random(seed) % 4)};
    for (uint32_t i = 0; i < count; ++i) {
      std::string texts[2];
      Value row[2] = {random_value(seed, kinds[0], texts[0]), random_value(seed, kinds[1], texts[1])};
      REQUIRE(store.append_row(row).ok());
    }
    SortKey keys[2];
    for (int k = 0; k < 2; ++k) {
      keys[k].column = static_cast<uint32_t>(k);
      keys[k].descending = next_random(seed) % 2 == 0;
      keys[k].nulls_last = next_random(seed) % 2 == 0;
      keys[k].collation = collations[next_random(seed) % 3];
    }
    std::span<const SortKey> used(keys, 1 + next_random(seed) % 2);
    BufferVector<uint32_t> order;
    REQUIRE(exec::sort_rows(store, 0, used, order).ok());
    BufferVector<uint32_t> expected(count);
    for (uint32_t i = 0; i < count; ++i) expected[i] = i;
    std::stable_sort(expected.begin(), expected.end(),
                     [&](uint32_t a, uint32_t b) { return exec::compare_rows(store, a, store, b, used) < 0; });
    REQUIRE(order == expected);
  }
}
