#include "storage/btree/leaf_map.h"

#include <set>

#include "storage/btree/tree_test_support.h"

using namespace sqlrite;
using namespace sqlrite::storage;
using namespace sqlrite::storage::testing;

// find() agrees with a model before a map exists, through the map, and after each change that makes the map useless;
// walks that begin at a found row go on as after a seek. Rowids are dense, spread evenly, or in far clusters (bad
// guesses).
TEST_CASE("TableCursor finds rows through the leaf map, and without it after changes") {
  for (int shape : {0, 1, 2}) {
    TestFile file(512);
    PageId root = file.add_tree("t1", TreeKind::Table);
    std::mt19937_64 random(test_seed() + static_cast<uint64_t>(shape));
    auto rowid_of = [&](uint64_t i) -> RowId {
      if (shape == 0) return static_cast<RowId>(i);
      if (shape == 1) return static_cast<RowId>(i * 1000003) - 700000000;
      return static_cast<RowId>((i % 50) * (INT64_MAX / 50) + i / 50);
    };
    std::set<RowId> model;
    TableCursor writer;
    REQUIRE_OK(writer.open(file.pager.get(), root, kNewestView));
    auto insert = [&](RowId rowid) {
      std::vector<uint8_t> bytes(10 + random() % 60, static_cast<uint8_t>(rowid));
      REQUIRE_OK(writer.insert(rowid, Payload{bytes, 0}));
      model.insert(rowid);
    };
    for (uint64_t i = 0; i < 3000; ++i) insert(rowid_of(i * 2));
    LeafPlace place;
    for (int round = 0; round < 12; ++round) {
      CHECK_FALSE(file.pager->leaf_maps().locate(*file.pager, root, kNewestView, 7, &place));
      TableCursor cursor;
      REQUIRE_OK(cursor.open(file.pager.get(), root, kNewestView));
      for (int i = 0; i < 1000; ++i) {
        RowId rowid = rowid_of(random() % 6200);
        if (i % 100 == 7) rowid = INT64_MIN;
        if (i % 100 == 8) rowid = INT64_MAX;
        bool found = take(cursor.find(rowid));
        REQUIRE(found == (model.count(rowid) != 0));
        if (!found) continue;
        REQUIRE(cursor.cell().rowid == rowid);
        REQUIRE(cursor.cell().payload[0] == static_cast<uint8_t>(rowid));
        auto after = model.upper_bound(rowid);
        REQUIRE(take(cursor.next()) == (after != model.end()));
        if (after != model.end()) REQUIRE(cursor.cell().rowid == *after);
      }
      REQUIRE(file.pager->leaf_maps().locate(*file.pager, root, kNewestView, 7, &place));
      for (int i = 0; i < 40; ++i) insert(rowid_of(random() % 6200));
      for (int i = 0; i < 40; ++i) {
        RowId rowid = rowid_of(random() % 6200);
        if (model.erase(rowid) == 0) continue;
        REQUIRE(take(writer.seek(rowid, Seek::Equal)));
        REQUIRE_OK(writer.erase());
      }
    }
  }
}
