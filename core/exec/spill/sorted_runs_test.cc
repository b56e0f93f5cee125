#include "exec/spill/sorted_runs.h"

#include <doctest/doctest.h>

#include <string>

#include "base/buffer_memory.h"

using namespace sqlrite;
using namespace sqlrite::exec;

// Runs of sorted rows written to a temporary file come back as one ordered sequence with every value intact: all types,
// empty and large texts (beyond one read), NULLs. Rows with equal keys leave in the order of their runs.
TEST_CASE("SortedRuns merge runs from a temporary file") {
  ExecContext context;
  context.vfs = &os::default_vfs();
  SortKey key;
  std::span<const SortKey> keys(&key, 1);
  SortedRuns runs;
  uint64_t seed = 11;
  int64_t serial = 0;
  std::string large(200000, 'x');
  for (int run = 0; run < 5; ++run) {
    RowStore store;
    store.init(3);
    for (int i = 0; i < 3000; ++i) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      auto number = static_cast<int64_t>((seed >> 33) % 500);
      std::string text = "t" + std::to_string(number);
      Value values[3];
      values[0] = number % 50 == 0 ? Value() : Value::from_integer(number);
      values[1] = Value::from_integer(serial++);
      if (i == 1500) {
        values[2] = Value::from_blob(large, ValueOwner::Caller);
      } else if (number % 3 == 0) {
        values[2] = Value::from_real(static_cast<double>(number) / 8);
      } else if (number % 3 == 1) {
        values[2] = Value::from_text(text, ValueOwner::Caller);
      } else {
        values[2] = Value::from_text("", ValueOwner::Static);
      }
      REQUIRE(store.append_row(values).ok());
    }
    BufferVector<uint32_t> order;
    REQUIRE(sort_rows(store, 0, keys, order).ok());
    REQUIRE(runs.add_run(context, store, order).ok());
  }
  REQUIRE(runs.has_runs());
  REQUIRE(runs.start_merge(context, keys, 3).ok());
  RowStore out;
  out.init(3);
  uint32_t total = 0;
  Value previous;
  int64_t previous_serial = -1;
  int large_seen = 0;
  for (;;) {
    REQUIRE(runs.next(context, out, 700).ok());
    if (out.row_count() == 0) break;
    for (uint32_t row = 0; row < out.row_count(); ++row) {
      Value number = out.at(0, row);
      int64_t serial_number = out.at(1, row).integer;
      int order = total == 0 ? 1 : compare_sort_values(number, previous, key);
      REQUIRE(order >= 0);
      if (order == 0) REQUIRE(serial_number > previous_serial);
      Value payload = out.at(2, row);
      if (payload.type == ValueType::Blob) {
        ++large_seen;
        REQUIRE(payload.view() == large);
      } else if (!number.is_null() && number.integer % 3 == 0) {
        REQUIRE(payload.real == static_cast<double>(number.integer) / 8);
      } else if (!number.is_null() && number.integer % 3 == 1) {
        REQUIRE(payload.view() == "t" + std::to_string(number.integer));
      }
      previous = number;
      previous_serial = serial_number;
      ++total;
    }
  }
  CHECK(total == 15000);
  CHECK(large_seen == 5);
}
