#include "exec/operator/row_store.h"

#include <doctest/doctest.h>

#include <string>

using namespace sqlrite;
using exec::RowStore;

namespace {
Value text(std::string_view bytes) { return Value::from_text(bytes, ValueOwner::Caller); }
}  // namespace

// Columns stay typed while the values allow it and become cells without losing what they held.
TEST_CASE("RowStore keeps types and values when they mix") {
  RowStore store;
  store.init(2);
  std::string bytes = "hello";
  for (int i = 0; i < 100; ++i) {
    Value row[2] = {Value::from_integer(i), i % 10 == 0 ? Value() : Value::from_real(i * 0.5)};
    REQUIRE(store.append_row(row).ok());
  }
  CHECK(store.rep(0) == Column::Rep::Ints);
  CHECK(store.rep(1) == Column::Rep::Reals);
  Value mixed[2] = {text(bytes), text(bytes)};
  REQUIRE(store.append_row(mixed).ok());
  bytes = "other";  // the store has its own copy
  CHECK(store.at(0, 42).integer == 42);
  CHECK(store.at(1, 40).is_null());
  CHECK(store.at(1, 41).real == 20.5);
  CHECK(store.at(0, 100).view() == "hello");
  CHECK(store.row_count() == 101);
}

// A store that was cleared takes rows of any type again.
TEST_CASE("RowStore takes other types after clear()") {
  RowStore store;
  store.init(1);
  for (int round = 0; round < 3; ++round) {
    for (int type = 0; type < 4; ++type) {
      store.clear();
      for (int i = 0; i < 40; ++i) {
        Value value = type == 0   ? Value::from_integer(i)
                      : type == 1 ? Value::from_real(i)
                      : type == 2 ? Value()
                                  : text("x");
        REQUIRE(store.append_row(&value).ok());
      }
      Value last = store.at(0, 39);
      CHECK(last.type == (type == 0   ? ValueType::Integer
                          : type == 1 ? ValueType::Real
                          : type == 2 ? ValueType::Null
                                      : ValueType::Text));
    }
  }
}

// Appending a batch with a selection and gathering by row numbers, with "no row" as NULL.
TEST_CASE("RowStore appends selections and gathers") {
  int64_t numbers[8] = {0, 1, 2, 3, 4, 5, 6, 7};
  uint8_t nulls[8] = {0, 0, 0, 1, 0, 0, 0, 0};
  Column column;
  column.rep = Column::Rep::Ints;
  column.ints = numbers;
  column.nulls = nulls;
  column.has_nulls = true;
  uint16_t selection[3] = {1, 3, 6};
  Batch batch;
  batch.columns = &column;
  batch.column_count = 1;
  batch.row_count = 8;
  batch.selection = selection;
  batch.selected_count = 3;
  int32_t slot = 0;
  RowStore store;
  store.init(1);
  REQUIRE(store.append(batch, std::span<const int32_t>(&slot, 1)).ok());
  REQUIRE(store.row_count() == 3);
  uint32_t rows[4] = {2, 1, UINT32_MAX, 0};
  ColumnBuffer buffer;
  Column out;
  REQUIRE(store.gather(0, rows, 4, buffer, &out).ok());
  CHECK(out.at(0).integer == 6);
  CHECK(out.at(1).is_null());
  CHECK(out.at(2).is_null());
  CHECK(out.at(3).integer == 1);
}
