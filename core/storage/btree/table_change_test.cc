// Changes of single fields and removals of many rows at once, against a std::map, over page sizes and row sizes: every
// answer "done" must leave exactly the row that encoding it anew would give. Then the file is checked as a whole.
#include <map>

#include "storage/btree/tree_test_support.h"

using namespace sqlrite;
using namespace sqlrite::storage;
using namespace sqlrite::storage::testing;

namespace {

struct Row {
  int64_t number = 0;
  double real = 0;
  std::string text;
  bool number_is_null = false;
};
using Model = std::map<RowId, Row>;

std::string encode(RecordEncoder& encoder, const Row& row) {
  const bool real_as_integer[4] = {false, false, true, false};
  Value fields[4] = {row.number_is_null ? Value::null() : Value::from_integer(row.number),
                     Value::from_text("between", ValueOwner::Static), Value::from_real(row.real),
                     Value::from_text(row.text, ValueOwner::Caller)};
  Payload payload = take(encoder.encode(fields, 4, TextEncoding::Utf8, real_as_integer));
  return std::string(reinterpret_cast<const char*>(payload.bytes.data()), payload.bytes.size());
}

Row random_row(std::mt19937_64& random, uint32_t text_size_max) {
  Row row;
  row.number = static_cast<int64_t>(random()) >> (random() % 64);
  row.number_is_null = random() % 16 == 0;
  row.real = random() % 2 == 0 ? static_cast<double>(random() % 1000) : static_cast<double>(random() % 1000) / 7;
  row.text.assign(random() % text_size_max, static_cast<char>('a' + random() % 26));
  return row;
}

void compare(Pager& pager, PageId root, const Model& model) {
  RecordEncoder encoder;
  TableCursor cursor;
  REQUIRE_OK(cursor.open(&pager, root, kNewestView));
  bool found = take(cursor.first());
  for (const auto& [rowid, row] : model) {
    REQUIRE(found);
    REQUIRE(cursor.rowid() == rowid);
    Arena heap;
    std::span<const uint8_t> bytes = take(cursor.whole_payload(heap));
    REQUIRE(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == encode(encoder, row));
    found = take(cursor.next());
  }
  REQUIRE(!found);
}

}  // namespace

TEST_CASE("TableChange, FieldsChangeAsIfTheRowWereWrittenAnew") {
  std::mt19937_64 random(test_seed());
  for (uint32_t page_size : {512u, 1024u, 4096u, 65536u}) {
    for (uint32_t text_size_max : {30u, 400u, 3000u}) {
      TestFile file(page_size);
      PageId root = file.add_tree("t", TreeKind::Table);
      RecordEncoder encoder;
      Model model;
      TableCursor cursor;
      REQUIRE_OK(cursor.open(file.pager.get(), root, kNewestView));
      for (int i = 0; i < 600; ++i) {
        RowId rowid = static_cast<RowId>(random() % 5000) - 1000;
        Row row = random_row(random, text_size_max);
        std::string bytes = encode(encoder, row);
        REQUIRE_OK(cursor.insert(rowid, Payload{{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 0}));
        model[rowid] = row;
      }
      int done_count = 0;
      for (int round = 0; round < 3; ++round) {
        for (auto& [rowid, row] : model) {
          if (random() % 4 == 0) continue;
          Row other = random_row(random, text_size_max);
          FieldChange changes[3];
          size_t count = 0;
          Row wanted = row;
          if (random() % 2 == 0) {
            wanted.number = other.number;
            wanted.number_is_null = other.number_is_null;
            changes[count++] = {0, false, other.number_is_null ? Value::null() : Value::from_integer(other.number)};
          }
          if (random() % 2 == 0) {
            wanted.real = other.real;
            changes[count++] = {2, true, Value::from_real(other.real)};
          }
          if (random() % 2 == 0) {
            wanted.text = other.text;
            changes[count++] = {3, false, Value::from_text(other.text, ValueOwner::Caller)};
          }
          REQUIRE(take(cursor.seek(rowid, Seek::Equal)));
          if (!take(cursor.change_fields({changes, count}))) continue;
          ++done_count;
          row = wanted;
        }
      }
      CHECK(done_count > 0);
      compare(*file.pager, root, model);
      // A field that the record does not have: the row has to be written whole.
      REQUIRE(take(cursor.seek(model.begin()->first, Seek::Equal)));
      FieldChange beyond{4, false, Value::from_integer(1)};
      CHECK(!take(cursor.change_fields({&beyond, 1})));
      file.check_all();
    }
  }
}

TEST_CASE("TableChange, RowsOfALeafGoAtOnce") {
  std::mt19937_64 random(test_seed() + 1);
  for (uint32_t page_size : {512u, 4096u}) {
    for (AutoVacuum auto_vacuum : {AutoVacuum::None, AutoVacuum::Full}) {
      for (uint32_t text_size_max : {30u, 3000u}) {
        for (int kept_of_eight : {0, 1, 4, 7}) {
          TestFile file(page_size, 0, auto_vacuum);
          PageId root = file.add_tree("t", TreeKind::Table);
          RecordEncoder encoder;
          Model model;
          TableCursor cursor;
          REQUIRE_OK(cursor.open(file.pager.get(), root, kNewestView));
          for (RowId rowid = 1; rowid <= 700; ++rowid) {
            if (random() % 5 == 0) continue;
            Row row = random_row(random, text_size_max);
            std::string bytes = encode(encoder, row);
            REQUIRE_OK(
                cursor.insert(rowid, Payload{{reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}, 0}));
            model[rowid] = row;
          }
          // Rowids that are not there, and some out of order, are passed over.
          std::vector<RowId> rowids;
          for (RowId rowid = -3; rowid <= 710; ++rowid) {
            if (static_cast<int>(random() % 8) >= kept_of_eight) rowids.push_back(rowid);
          }
          if (rowids.size() > 20) std::swap(rowids[10], rowids[18]);
          uint64_t expected = 0;
          for (RowId rowid : rowids) expected += model.erase(rowid);
          uint64_t erased_count = 0;
          for (size_t at = 0; at < rowids.size();) {
            uint32_t erased = 0;
            uint32_t dealt_with = take(cursor.erase_rows(std::span<const RowId>(rowids).subspan(at), &erased));
            REQUIRE(dealt_with > 0);
            at += dealt_with;
            erased_count += erased;
          }
          CHECK(erased_count == expected);
          compare(*file.pager, root, model);
          file.check_all();
        }
      }
    }
  }
}
