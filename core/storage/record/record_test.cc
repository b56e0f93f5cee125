// The record codec: encode and decode give values back; columns decode like single records; keys compare like values.
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "kernels/cpu.h"
#include "storage/btree/tree_test_support.h"
#include "storage/record/columnar.h"
#include "storage/record/compare.h"
#include "types/utf.h"

using namespace sqlrite;
using namespace sqlrite::storage;
using namespace sqlrite::storage::testing;

namespace {

int64_t random_integer(std::mt19937_64& random) {
  int64_t value = static_cast<int64_t>(random()) >> (random() % 64);
  return random() % 8 == 0 ? static_cast<int64_t>(random() % 3) : value;
}

Value random_value(std::mt19937_64& random, Arena& heap, int kinds) {
  switch (random() % static_cast<uint64_t>(kinds)) {
    case 0: return Value::from_integer(random_integer(random));
    case 1: return Value();
    case 2: return Value::from_real(static_cast<double>(static_cast<int64_t>(random())) / 1024.0);
    default: {
      std::string text;
      for (uint64_t n = random() % (random() % 10 == 0 ? 200 : 12); n > 0; --n) text.push_back("abcXYZ"[random() % 6]);
      std::string_view copy = heap.copy(text);
      return random() % 2 ? Value::from_text(copy, ValueOwner::Heap) : Value::from_blob(copy, ValueOwner::Heap);
    }
  }
}

bool same(const Value& a, const Value& b) {
  if (a.type != b.type) return false;
  switch (a.type) {
    case ValueType::Null: return true;
    case ValueType::Integer: return a.integer == b.integer;
    case ValueType::Real: return std::memcmp(&a.real, &b.real, 8) == 0;
    default: return a.view() == b.view();
  }
}

Value sink_value(const ColumnSink& sink, uint32_t row) {
  bool null = sink.has_nulls && sink.nulls[row] != 0;
  switch (sink.rep) {
    case ColumnSink::Rep::Nulls: return Value();
    case ColumnSink::Rep::Ints: return null ? Value() : Value::from_integer(static_cast<int64_t*>(sink.data)[row]);
    case ColumnSink::Rep::Reals: return null ? Value() : Value::from_real(static_cast<double*>(sink.data)[row]);
    case ColumnSink::Rep::Cells: return static_cast<Value*>(sink.data)[row];
  }
  return Value();
}

}  // namespace

TEST_CASE("Varints of every length") {
  for (uint64_t value :
       {0ull, 1ull, 127ull, 128ull, 16383ull, 16384ull, 0x1fffffull, 0x200000ull, 0xfffffffull, 0x7ffffffffull,
        0x3ffffffffffull, 0x1ffffffffffffull, 0xffffffffffffffull, 0x100000000000000ull, ~0ull}) {
    uint8_t bytes[16] = {};
    uint32_t size = put_varint(bytes, value);
    CHECK(size == varint_size(value));
    uint64_t back = 0;
    CHECK(get_varint(bytes, bytes + size, &back) == size);
    CHECK(back == value);
    CHECK(get_varint(bytes, bytes + size - 1, &back) == 0);
    CHECK(read_varint(bytes, &back) == size);
    CHECK(back == value);
  }
}

TEST_CASE("Columns decode like single records, on every instruction set") {
  std::mt19937_64 random(test_seed());
  for (int round = 0; round < 120; ++round) {
    TestFile file(round % 3 == 0 ? 1024 : 4096);
    PageId root = file.add_tree("t1", TreeKind::Table);
    TableCursor cursor;
    REQUIRE_OK(cursor.open(file.pager.get(), root, kNewestView));
    RecordEncoder encoder;
    Arena heap;
    uint32_t column_count = 1 + static_cast<uint32_t>(random() % (round % 10 == 0 ? 40 : 12));
    std::vector<int> kinds(column_count);
    for (int& kind : kinds) kind = static_cast<int>(random() % 5);  // 0: one kind only ... 4: anything
    std::vector<int> base(column_count);
    for (int& kind : base) kind = static_cast<int>(random() % 5);
    const int rows = 200;
    for (int i = 1; i <= rows; ++i) {
      std::vector<Value> row(column_count);
      for (uint32_t c = 0; c < column_count; ++c) {
        row[c] = random_value(random, heap, 4);
        bool odd = kinds[c] == 4 || (kinds[c] == 3 && random() % 40 == 0);
        if (odd) continue;
        if (kinds[c] == 2 && random() % 5 == 0) {
          row[c] = Value();
        } else if (base[c] == 0) {
          row[c] = Value::from_integer(random_integer(random));
        } else if (base[c] == 1) {
          row[c] = Value::from_real(static_cast<double>(random() % 1000) / 4);
        } else if (base[c] == 2) {
          row[c] = Value::from_text(heap.copy(std::string(random() % 20, 'q')), ValueOwner::Heap);
        }
      }
      uint32_t stored = random() % 30 == 0 ? static_cast<uint32_t>(random() % (column_count + 1)) : column_count;
      if (random() % 50 == 0 && stored > 0)
        row[0] = Value::from_text(heap.copy(std::string(6000, 'w')), ValueOwner::Heap);
      REQUIRE_OK(cursor.insert(i, take(encoder.encode(row.data(), stored, TextEncoding::Utf8, nullptr))));
    }
    std::vector<uint16_t> wanted;
    for (uint32_t c = 0; c < column_count; ++c) {
      if (random() % 2) wanted.push_back(static_cast<uint16_t>(c));
    }
    if (wanted.empty()) wanted.push_back(static_cast<uint16_t>(column_count - 1));
    uint32_t wanted_count = static_cast<uint32_t>(wanted.size());
    std::vector<Value> defaults(wanted_count);
    std::vector<char> real_flags(wanted_count);
    for (uint32_t w = 0; w < wanted_count; ++w) {
      if (random() % 2) defaults[w] = Value::from_integer(static_cast<int64_t>(w));
      real_flags[w] = random() % 4 == 0;
    }
    ColumnPlan plan;
    plan.wanted = wanted.data();
    plan.wanted_count = wanted_count;
    plan.defaults = defaults.data();
    plan.real_column = reinterpret_cast<bool*>(real_flags.data());
    plan.rowid_alias = random() % 3 == 0 ? static_cast<uint32_t>(random() % wanted_count) : kNoRowIdAlias;
    plan.pager = file.pager.get();
    plan.view = kNewestView;
    for (kernels::Isa isa : {kernels::Isa::Scalar, kernels::Isa::Avx512}) {
      kernels::limit_isa(isa);
      std::vector<ColumnSink> sinks(wanted_count);
      std::vector<std::vector<Value>> data(wanted_count, std::vector<Value>(rows));
      std::vector<std::vector<uint8_t>> nulls(wanted_count, std::vector<uint8_t>(rows + 8));
      for (uint32_t w = 0; w < wanted_count; ++w) {
        sinks[w].data = data[w].data();
        sinks[w].nulls = nulls[w].data();
      }
      uint32_t row = 0;
      REQUIRE(take(cursor.first()));
      std::vector<CellRef> cells(rows);
      PageRef pin;
      std::vector<CellRef> all;
      Arena scan_heap;
      uint32_t chunk = 1 + static_cast<uint32_t>(random() % 100);
      while (uint32_t n = take(cursor.next_cells(cells.data(), chunk, false, &pin))) {
        REQUIRE_OK(decode_columns(cells.data(), n, plan, row, sinks.data(), &scan_heap));
        all.insert(all.end(), cells.begin(), cells.begin() + n);
        row += n;
      }
      REQUIRE(row == rows);
      for (uint32_t i = 0; i < row; ++i) {
        std::vector<Value> expected(wanted_count);
        uint32_t missing;
        REQUIRE_OK(decode_record(all[i], *file.pager, kNewestView, TextEncoding::Utf8, wanted.data(), wanted_count,
                                 expected.data(), &missing, &scan_heap, nullptr, plan.real_column));
        for (uint32_t w = 0; w < wanted_count; ++w) {
          if (w >= missing) expected[w] = defaults[w];
          if (w == plan.rowid_alias) expected[w] = Value::from_integer(all[i].rowid);
          REQUIRE(same(sink_value(sinks[w], i), expected[w]));
        }
      }
    }
    kernels::limit_isa(kernels::Isa::Avx512);
  }
}

TEST_CASE("Index keys compare like values, in both encodings") {
  std::mt19937_64 random(test_seed() + 5);
  Arena heap;
  RecordEncoder encoder;
  const Collation* collations[3] = {&kBinaryCollation, &kNoCaseCollation, &kRTrimCollation};
  bool descending[3] = {false, true, false};
  for (TextEncoding encoding : {TextEncoding::Utf8, TextEncoding::Utf16Le, TextEncoding::Utf16Be}) {
    KeyInfo info{collations, descending, 3, encoding};
    for (int round = 0; round < 3000; ++round) {
      Value a[3], b[3];
      for (int i = 0; i < 3; ++i) {
        a[i] = random_value(random, heap, 5);
        b[i] = random() % 2 ? a[i] : random_value(random, heap, 5);
      }
      Payload payload = take(encoder.encode(a, 3, encoding, nullptr));
      std::vector<uint8_t> bytes(payload.bytes.begin(), payload.bytes.end());
      bytes.resize(bytes.size() + 16);
      int expected = 0;
      for (int i = 0; i < 3 && expected == 0; ++i) {
        expected = compare_values(a[i], b[i], *collations[i]);
        if (descending[i]) expected = -expected;
      }
      uint32_t equal = 0;
      int got = take(compare_payload(bytes.data(), payload.bytes.size(), info, SearchKey{b, 3}, &equal));
      CHECK((got < 0) == (expected < 0));
      CHECK((got > 0) == (expected > 0));
      Value back[3];
      CHECK(take(split_record(payload.bytes, encoding, back, 3, heap)) == 3);
      for (int i = 0; i < 3; ++i) CHECK(same(back[i], a[i]));
    }
  }
}
