// Random edits of table and index trees against a std::map, over page sizes, payload sizes and file kinds; then both our
// page check and a stock sqlite3 judge the file.
#include <algorithm>
#include <cstring>
#include <map>
#include <set>

#include "storage/btree/tree_test_support.h"

using namespace sqlrite;
using namespace sqlrite::storage;
using namespace sqlrite::storage::testing;

namespace {

// A record (a integer, b blob) of roughly the wanted size.
std::string record_of(RecordEncoder& encoder, std::mt19937_64& random, uint32_t blob_size) {
  std::string blob(blob_size, '\0');
  for (char& c : blob) c = static_cast<char>(random());
  Value row[2] = {Value::from_integer(static_cast<int64_t>(random() % 1000)),
                  Value::from_blob(blob, ValueOwner::Caller)};
  Payload payload = take(encoder.encode(row, 2, TextEncoding::Utf8, nullptr));
  return std::string(reinterpret_cast<const char*>(payload.bytes.data()), payload.bytes.size());
}
Payload payload_of(const std::string& bytes) {
  return Payload{{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 0};
}

std::string payload_at(CursorBase& cursor) {
  Arena heap;
  std::span<const uint8_t> bytes = take(cursor.whole_payload(heap));
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

uint32_t random_size(std::mt19937_64& random, uint32_t page_size, int flavour) {
  if (flavour == 0) return static_cast<uint32_t>(random() % 40);
  if (flavour == 1) return static_cast<uint32_t>(random() % (page_size / 2));
  return random() % 8 == 0 ? static_cast<uint32_t>(random() % (page_size * 4)) : static_cast<uint32_t>(random() % 100);
}

using Model = std::map<RowId, std::string>;

void compare_table(Pager& pager, PageId root, const Model& model) {
  TableCursor cursor;
  REQUIRE_OK(cursor.open(&pager, root, kNewestView));
  bool found = take(cursor.first());
  for (const auto& [rowid, payload] : model) {
    REQUIRE(found);
    REQUIRE(cursor.rowid() == rowid);
    REQUIRE(payload_at(cursor) == payload);
    found = take(cursor.next());
  }
  REQUIRE(!found);
  found = take(cursor.last());
  for (auto it = model.rbegin(); it != model.rend(); ++it) {
    REQUIRE(found);
    REQUIRE(cursor.rowid() == it->first);
    found = take(cursor.previous());
  }
  REQUIRE(!found);
  // A few cells at a time are read one by one, whole leaves in groups.
  for (uint32_t max : {7u, 200u}) {
    for (bool descending : {false, true}) {
      std::vector<RowId> rowids;
      std::vector<CellRef> cells(max);
      PageRef pin;
      if (take(descending ? cursor.last() : cursor.first())) {
        while (uint32_t n = take(cursor.next_cells(cells.data(), max, descending, &pin))) {
          for (uint32_t i = 0; i < n; ++i) {
            const CellRef& cell = cells[i];
            rowids.push_back(cell.rowid);
            const auto& payload = model.at(cell.rowid);
            REQUIRE(cell.payload_size_bytes == payload.size());
            REQUIRE(cell.local_size_bytes <= payload.size());
            REQUIRE(std::memcmp(cell.payload, payload.data(), cell.local_size_bytes) == 0);
            REQUIRE((cell.local_size_bytes < payload.size()) == static_cast<bool>(cell.overflow));
          }
        }
      }
      if (descending) std::reverse(rowids.begin(), rowids.end());
      REQUIRE(rowids.size() == model.size());
      size_t i = 0;
      for (const auto& [rowid, payload] : model) REQUIRE(rowids[i++] == rowid);
    }
  }
  CHECK(take(count_entries(pager, root, kNewestView)) == model.size());
}

void seek_randomly(TableCursor& cursor, const Model& model, std::mt19937_64& random, RowId range) {
  RowId wanted = static_cast<RowId>(random() % static_cast<uint64_t>(range + 2)) - 1;
  auto at_least = model.lower_bound(wanted);
  auto beyond = model.upper_bound(wanted);
  auto expect = [&](Model::const_iterator it, Seek op) {
    bool found = take(cursor.seek(wanted, op));
    REQUIRE(found == (it != model.end()));
    if (found) REQUIRE(cursor.rowid() == it->first);
  };
  expect(at_least, Seek::GreaterOrEqual);
  expect(beyond, Seek::Greater);
  expect(beyond == model.begin() ? model.end() : std::prev(beyond), Seek::LessOrEqual);
  expect(at_least == model.begin() ? model.end() : std::prev(at_least), Seek::Less);
  expect(model.find(wanted), Seek::Equal);
}

void fuzz_table(uint32_t page_size, int reserved, AutoVacuum auto_vacuum, int flavour, int steps) {
  INFO("page size " << page_size << " reserved " << reserved << " auto_vacuum " << static_cast<int>(auto_vacuum)
                    << " flavour " << flavour);
  std::mt19937_64 random(test_seed() + page_size + static_cast<uint64_t>(flavour) * 7 +
                         static_cast<uint64_t>(auto_vacuum));
  TestFile file(page_size, reserved, auto_vacuum);
  PageId root = file.add_tree("t1", TreeKind::Table);
  PageId other = file.add_tree("t2", TreeKind::Table);
  RecordEncoder encoder;
  Model model, second;
  TableCursor cursor, other_cursor;
  REQUIRE_OK(cursor.open(file.pager.get(), root, kNewestView));
  REQUIRE_OK(other_cursor.open(file.pager.get(), other, kNewestView));
  RowId range = steps;
  for (int step = 0; step < steps; ++step) {
    bool shrinking = (step / (steps / 4 + 1)) % 2 == 1;
    uint64_t dice = random() % 10;
    RowId rowid = static_cast<RowId>(random() % static_cast<uint64_t>(range));
    if (dice < (shrinking ? 2u : 6u)) {
      std::string payload = record_of(encoder, random, random_size(random, page_size, flavour));
      REQUIRE_OK(cursor.insert(rowid, payload_of(payload)));
      model[rowid] = payload;
    } else if (dice < 9) {
      bool found = take(cursor.seek(rowid, Seek::GreaterOrEqual));
      auto it = model.lower_bound(rowid);
      REQUIRE(found == (it != model.end()));
      if (found) {
        REQUIRE(cursor.rowid() == it->first);
        REQUIRE_OK(cursor.erase());
        it = model.erase(it);
        bool more = take(random() % 2 ? cursor.next() : cursor.previous());
        static_cast<void>(more);
        if (cursor.is_valid()) REQUIRE(model.count(cursor.rowid()) == 1);
      }
    } else {
      RowId last = 0;
      bool any = take(other_cursor.last_rowid(&last));
      REQUIRE(any == !second.empty());
      std::string payload = record_of(encoder, random, random_size(random, page_size, flavour));
      REQUIRE_OK(other_cursor.insert(last + 1, payload_of(payload)));
      second[last + 1] = payload;
    }
    if (step % 16 == 0) seek_randomly(cursor, model, random, range);
    if (step % 400 == 0) REQUIRE(file.check() == "");
    if (auto_vacuum == AutoVacuum::Full && step % 500 == 499) REQUIRE_OK(auto_vacuum_commit(*file.pager));
    if (auto_vacuum == AutoVacuum::Incremental && step % 500 == 499)
      REQUIRE_OK(incremental_vacuum_step(*file.pager, 5));
  }
  compare_table(*file.pager, root, model);
  compare_table(*file.pager, other, second);
  file.check_all();
  // Empty one tree by erasing from the front, the other by clearing, and drop it.
  bool found = take(cursor.first());
  while (found) {
    REQUIRE_OK(cursor.erase());
    found = take(cursor.next());
  }
  CHECK(take(count_entries(*file.pager, root, kNewestView)) == 0);
  file.check_all();
  CHECK(take(clear_tree(*file.pager, other)) == second.size());
  file.check_all();
  DropResult dropped = take(drop_tree(*file.pager, root));
  file.trees.erase(file.trees.begin());
  if (dropped.moved_from) {
    CHECK(dropped.moved_from == other);
    file.trees[0].root = dropped.moved_to;
  }
  file.check_all();
}

const Collation* const kBinary2[2] = {&kBinaryCollation, &kBinaryCollation};

}  // namespace

TEST_CASE("Table trees: random edits match a map, on every page size") {
  for (uint32_t page_size = 512; page_size <= 65536; page_size *= 2) {
    for (int flavour = 0; flavour < 3; ++flavour)
      fuzz_table(page_size, 0, AutoVacuum::None, flavour, page_size > 8192 ? 1200 : 3000);
  }
  fuzz_table(1024, 32, AutoVacuum::None, 2, 2000);
  fuzz_table(512, 20, AutoVacuum::None, 1, 2000);
}

TEST_CASE("Table trees in auto-vacuum files keep their pointer map") {
  for (AutoVacuum kind : {AutoVacuum::Full, AutoVacuum::Incremental}) {
    for (uint32_t page_size : {512u, 1024u, 4096u}) {
      for (int flavour = 0; flavour < 3; ++flavour) fuzz_table(page_size, 0, kind, flavour, 2500);
    }
  }
}

TEST_CASE("Index trees: random edits match a set") {
  for (AutoVacuum kind : {AutoVacuum::None, AutoVacuum::Full}) {
    for (uint32_t page_size : {512u, 1024u, 4096u, 65536u}) {
      for (int flavour = 0; flavour < 3; ++flavour) {
        INFO("page size " << page_size << " flavour " << flavour << " auto_vacuum " << static_cast<int>(kind));
        std::mt19937_64 random(test_seed() + page_size * 3 + static_cast<uint64_t>(flavour));
        TestFile file(page_size, 0, kind);
        PageId root = file.add_tree("i1", TreeKind::Index);
        KeyInfo info{kBinary2, nullptr, 2, TextEncoding::Utf8};
        IndexCursor cursor;
        REQUIRE_OK(cursor.open(file.pager.get(), root, kNewestView, &info));
        RecordEncoder encoder;
        std::set<std::pair<int64_t, std::string>> model;
        auto key_of = [](const std::pair<int64_t, std::string>& entry, Value* fields) {
          fields[0] = Value::from_integer(entry.first);
          fields[1] = Value::from_blob(entry.second, ValueOwner::Caller);
        };
        int steps = page_size > 4096 ? 1500 : 3000;
        for (int step = 0; step < steps; ++step) {
          bool shrinking = (step / (steps / 4 + 1)) % 2 == 1;
          std::pair<int64_t, std::string> entry{static_cast<int64_t>(random() % 300), std::string()};
          Value fields[2];
          if (random() % 10 < (shrinking ? 3u : 7u)) {
            entry.second.resize(random_size(random, page_size, flavour));
            for (char& c : entry.second) c = static_cast<char>(random());
            if (model.count(entry)) continue;
            key_of(entry, fields);
            REQUIRE_OK(cursor.insert(take(encoder.encode(fields, 2, TextEncoding::Utf8, nullptr))));
            model.insert(entry);
          } else {
            auto it = model.lower_bound(entry);
            key_of(entry, fields);
            bool found = take(cursor.seek(SearchKey{fields, 2}, Seek::GreaterOrEqual));
            REQUIRE(found == (it != model.end()));
            if (!found) continue;
            key_of(*it, fields);
            REQUIRE(take(cursor.compare_current(SearchKey{fields, 2})) == 0);
            REQUIRE_OK(cursor.erase());
            it = model.erase(it);
            bool forward = random() % 2;
            bool more = take(forward ? cursor.next() : cursor.previous());
            if (forward) {
              REQUIRE(more == (it != model.end()));
            } else {
              REQUIRE(more == (it != model.begin()));
              if (more) --it;
            }
            if (more) {
              key_of(*it, fields);
              REQUIRE(take(cursor.compare_current(SearchKey{fields, 2})) == 0);
            }
          }
          if (step % 400 == 0) REQUIRE(file.check() == "");
          if (kind == AutoVacuum::Full && step % 500 == 499) REQUIRE_OK(auto_vacuum_commit(*file.pager));
        }
        bool found = take(cursor.first());
        for (const auto& entry : model) {
          REQUIRE(found);
          Value fields[2];
          key_of(entry, fields);
          REQUIRE(take(cursor.compare_current(SearchKey{fields, 2})) == 0);
          found = take(cursor.next());
        }
        REQUIRE(!found);
        for (bool descending : {false, true}) {
          size_t count = 0;
          CellRef cells[5];
          PageRef pin;
          if (take(descending ? cursor.last() : cursor.first())) {
            while (uint32_t n = take(cursor.next_cells(cells, 5, descending, &pin))) count += n;
          }
          CHECK(count == model.size());
        }
        CHECK(take(count_entries(*file.pager, root, kNewestView)) == model.size());
        file.check_all();
        // Prefix seeks: the first and last of the entries that share the first field.
        for (int64_t first = -1; first < 302; first += 7) {
          Value field = Value::from_integer(first);
          auto low = model.lower_bound({first, ""});
          auto high = model.lower_bound({first + 1, ""});
          Value fields[2];
          bool any = take(cursor.seek(SearchKey{&field, 1}, Seek::Equal));
          REQUIRE(any == (low != high));
          if (any) {
            key_of(*low, fields);
            CHECK(take(cursor.compare_current(SearchKey{fields, 2})) == 0);
            REQUIRE(take(cursor.seek(SearchKey{&field, 1}, Seek::LessOrEqual)));
            key_of(*std::prev(high), fields);
            CHECK(take(cursor.compare_current(SearchKey{fields, 2})) == 0);
          }
        }
      }
    }
  }
}

TEST_CASE("Rising rowids fill pages; bulk-built indexes are packed and sound") {
  for (uint32_t page_size : {512u, 4096u, 65536u}) {
    for (int entries : {0, 1, 20, 1000, 20000}) {
      TestFile file(page_size, 0, page_size == 4096 ? AutoVacuum::Full : AutoVacuum::None);
      PageId table = file.add_tree("t1", TreeKind::Table);
      PageId index = file.add_tree("i1", TreeKind::Index);
      TableCursor cursor;
      REQUIRE_OK(cursor.open(file.pager.get(), table, kNewestView));
      IndexBuilder builder;
      REQUIRE_OK(builder.open(file.pager.get(), index));
      RecordEncoder encoder;
      uint64_t bytes = 0;
      for (int i = 1; i <= entries; ++i) {
        std::string text(static_cast<size_t>(i % 37), 'x');
        Value row[2] = {Value::from_integer(i), Value::from_text(text, ValueOwner::Caller)};
        Payload payload = take(encoder.encode(row, 2, TextEncoding::Utf8, nullptr));
        bytes += payload.bytes.size() + 7;
        REQUIRE_OK(cursor.insert(i, payload));
        REQUIRE_OK(builder.append(payload));
      }
      REQUIRE_OK(builder.finish());
      CHECK(take(count_entries(*file.pager, index, kNewestView)) == static_cast<uint64_t>(entries));
      uint64_t estimate = take(estimate_entries(*file.pager, index, kNewestView));
      CHECK(estimate >= static_cast<uint64_t>(entries) / 3);
      CHECK(estimate <= static_cast<uint64_t>(entries) * 3);
      CHECK(file.pager->page_count(kNewestView) <= 2 * (bytes / (page_size * 9 / 10) + 6));
      file.check_all();
    }
  }
}

TEST_CASE("Rows keep their zero tail and reading parts of them") {
  TestFile file(1024);
  PageId root = file.add_tree("t1", TreeKind::Table);
  TableCursor cursor;
  REQUIRE_OK(cursor.open(file.pager.get(), root, kNewestView));
  RecordEncoder encoder;
  Value row[2] = {Value::from_integer(5), Value::from_blob({}, ValueOwner::Static)};
  row[1].flags = value_flags::kZeroBlob;
  row[1].length = 10000;
  REQUIRE_OK(cursor.insert(9, take(encoder.encode(row, 2, TextEncoding::Utf8, nullptr))));
  REQUIRE(take(cursor.seek(9, Seek::Equal)));
  CHECK(cursor.cell().payload_size_bytes == 10006);
  uint8_t part[600];
  std::memset(part, 1, sizeof part);
  REQUIRE_OK(cursor.read_payload(7000, sizeof part, part));
  for (uint8_t byte : part) CHECK(byte == 0);
  uint16_t wanted[2] = {0, 1};
  Value out[2];
  uint32_t missing = 0;
  OverflowRef lazy[2];
  REQUIRE_OK(decode_record(cursor.cell(), *file.pager, kNewestView, TextEncoding::Utf8, wanted, 2, out, &missing,
                           nullptr, lazy));
  CHECK(out[0].integer == 5);
  CHECK(out[1].length == 10000);
  CHECK(out[1].flags == value_flags::kOverflow);
  Arena heap;
  Value loaded = take(load_overflow(out[1], TextEncoding::Utf8, heap));
  CHECK(loaded.view() == std::string(10000, '\0'));
  file.check_all();
}
