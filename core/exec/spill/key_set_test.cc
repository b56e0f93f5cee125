#include "exec/spill/key_set.h"

#include <doctest/doctest.h>

#include <string>
#include <unordered_set>
#include <vector>

using namespace sqlrite;
using namespace sqlrite::exec;

// Under a budget of nothing every batch becomes a run of the file, and many runs are merged. What is new, and what is
// there, is the same as for a set in memory; numbers are equal whatever their type.
TEST_CASE("KeySet, KnowsItsKeysInMemoryAndOnAFile") {
  for (size_t limit_bytes : {size_t{0}, size_t{300000}, MemoryBudget::kDefaultLimitBytes}) {
    MemoryBudget budget;
    budget.limit_bytes = limit_bytes;
    ExecContext context;
    context.vfs = &os::default_vfs();
    context.memory = &budget;
    const Collation* collations[] = {&kBinaryCollation, &kNoCaseCollation};
    KeySet set;
    set.init(collations);
    std::unordered_set<int64_t> expected;
    uint64_t seed = 7;
    for (int round = 0; round < 60; ++round) {
      constexpr uint32_t kRows = 500;
      std::vector<Value> numbers(kRows), texts(kRows);
      std::vector<std::string> bytes(kRows);
      std::vector<bool> is_new(kRows);
      for (uint32_t i = 0; i < kRows; ++i) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        auto number = static_cast<int64_t>((seed >> 33) % 20000);
        is_new[i] = expected.insert(number).second;
        bytes[i] = (round % 2 == 0 ? "k" : "K") + std::to_string(number % 7);
        numbers[i] = i % 2 == 0 ? Value::from_integer(number) : Value::from_real(static_cast<double>(number));
        texts[i] = Value::from_text(bytes[i], ValueOwner::Caller);
      }
      Column columns[2];
      columns[0].rep = columns[1].rep = Column::Rep::Cells;
      columns[0].cells = numbers.data();
      columns[1].cells = texts.data();
      Batch batch;
      batch.columns = columns;
      batch.column_count = 2;
      batch.select_all(kRows);
      uint16_t fresh[kBatchRowsMax];
      uint32_t fresh_count = 0;
      REQUIRE(set.add(context, batch, columns, fresh, &fresh_count).ok());
      uint32_t next = 0;
      for (uint32_t i = 0; i < kRows; ++i) {
        if (!is_new[i]) continue;
        REQUIRE(next < fresh_count);
        REQUIRE(fresh[next++] == i);
      }
      REQUIRE(next == fresh_count);
    }
    for (int64_t number = 0; number < 20000; ++number) {
      std::string text = "k" + std::to_string(number % 7);
      Value key[] = {Value::from_integer(number), Value::from_text(text, ValueOwner::Caller)};
      auto found = set.contains(key);
      REQUIRE(found.ok());
      REQUIRE(found.value() == expected.contains(number));
    }
    set.clear();
    CHECK(budget.used_bytes == 0);
  }
}
