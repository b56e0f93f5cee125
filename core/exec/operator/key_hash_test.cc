#include "exec/operator/key_hash.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace sqlrite;
using exec::KeyTable;

namespace {

struct Numbers {
  explicit Numbers(std::vector<int64_t> list) : values(std::move(list)) {
    column.rep = Column::Rep::Ints;
    column.ints = values.data();
    batch.columns = &column;
    batch.column_count = 1;
    batch.select_all(static_cast<uint32_t>(values.size()));
  }
  std::vector<int64_t> values;
  Column column;
  Batch batch;
};

const Collation* const kBinary[] = {&kBinaryCollation};

}  // namespace

TEST_CASE("hash_value: equal values hash equal") {
  CHECK(exec::hash_value(Value::from_integer(7), kBinaryCollation) ==
        exec::hash_value(Value::from_real(7.0), kBinaryCollation));
  auto text = [](std::string_view bytes) { return Value::from_text(bytes, ValueOwner::Static); };
  CHECK(exec::hash_value(text("aBc"), kNoCaseCollation) == exec::hash_value(text("AbC"), kNoCaseCollation));
  CHECK(exec::hash_value(text("a  "), kRTrimCollation) == exec::hash_value(text("a"), kRTrimCollation));
  CHECK(exec::hash_value(text("a"), kBinaryCollation) !=
        exec::hash_value(Value::from_blob("a", ValueOwner::Static), kBinaryCollation));
}

// Narrow ranges (array by key), wide ones (hash table), and ranges that turn from one into the other, must number keys
// alike: in order of first appearance.
TEST_CASE("KeyTable numbers integer keys in order of appearance, whatever their range") {
  for (int64_t step : {int64_t{1}, int64_t{37}, int64_t{1} << 20, int64_t{1} << 40}) {
    KeyTable table;
    table.init(kBinary);
    std::map<int64_t, uint32_t> expected;
    uint64_t seed = 99;
    for (int round = 0; round < 60; ++round) {
      std::vector<int64_t> list;
      for (int i = 0; i < 700; ++i) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        int64_t key = (static_cast<int64_t>(seed >> 40) % (500 * (round + 1)) - 250) * step;
        list.push_back(round == 30 && i == 5 ? INT64_MIN : round == 31 && i == 6 ? INT64_MAX : key);
      }
      Numbers numbers(list);
      uint32_t ids[1024];
      REQUIRE(table.find_or_add(numbers.batch, &numbers.column, ids).ok());
      for (size_t i = 0; i < list.size(); ++i) {
        auto next = static_cast<uint32_t>(expected.size());
        REQUIRE(ids[i] == expected.emplace(list[i], next).first->second);
      }
    }
    CHECK(table.count() == expected.size());
    for (auto [key, id] : expected) {
      Value value = Value::from_integer(key);
      REQUIRE(table.find_row(&value) == id);
    }
    Value missing = Value::from_real(0.5);
    CHECK(table.find_row(&missing) == UINT32_MAX);
  }
}

// The first text among integers ends the integer table without losing keys.
TEST_CASE("KeyTable goes from integers to mixed keys") {
  KeyTable table;
  table.init(kBinary);
  Numbers numbers({5, 6, 5, 7});
  uint32_t ids[1024];
  REQUIRE(table.find_or_add(numbers.batch, &numbers.column, ids).ok());
  Value cells[4] = {Value::from_text("x", ValueOwner::Static), Value::from_real(6.0), Value(), Value::from_integer(7)};
  Column column;
  column.rep = Column::Rep::Cells;
  column.cells = cells;
  Batch batch;
  batch.select_all(4);
  REQUIRE(table.find_or_add(batch, &column, ids).ok());
  CHECK(ids[0] == 3);
  CHECK(ids[1] == 1);
  CHECK(ids[2] == 4);
  CHECK(ids[3] == 2);
  REQUIRE(table.find(batch, &column, true, ids).ok());
  CHECK(ids[2] == UINT32_MAX);
}
