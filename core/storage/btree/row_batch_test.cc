#include "storage/btree/row_batch.h"

#include <set>

#include "storage/btree/tree_test_support.h"

using namespace sqlrite;
using namespace sqlrite::storage;
using namespace sqlrite::storage::testing;

// find_rows() finds exactly the rows that single seeks find, on trees of every depth, dense and sparse, for keys in any
// order, present or not, and more than once.
TEST_CASE("BatchTableCursor finds what single look-ups find") {
  for (int spread : {1, 7, 1000003}) {
    for (int row_count : {0, 3, 40, 5000}) {
      TestFile file(1024);
      PageId root = file.add_tree("t1", TreeKind::Table);
      std::mt19937_64 random(test_seed() + static_cast<uint64_t>(spread + row_count));
      TableCursor writer;
      REQUIRE_OK(writer.open(file.pager.get(), root, kNewestView));
      std::set<RowId> model;
      for (int i = 0; i < row_count; ++i) {
        RowId rowid = static_cast<RowId>(random() % static_cast<uint64_t>(row_count * 2)) * spread - row_count;
        if (i == 0) rowid = INT64_MIN;
        if (i == 1) rowid = INT64_MAX;
        std::vector<uint8_t> bytes(10 + random() % 60, static_cast<uint8_t>(rowid));
        REQUIRE_OK(writer.insert(rowid, Payload{bytes, 0}));
        model.insert(rowid);
      }
      BatchTableCursor cursor;
      REQUIRE_OK(cursor.open(file.pager.get(), root, kNewestView));
      for (int round = 0; round < 60; ++round) {
        RowId rowids[BatchTableCursor::kRowsMax];
        auto count = static_cast<uint32_t>(random() % (BatchTableCursor::kRowsMax + 1));
        for (uint32_t i = 0; i < count; ++i) {
          rowids[i] = static_cast<RowId>(random() % static_cast<uint64_t>(row_count * 2 + 10)) * spread - row_count;
          if (random() % 20 == 0) rowids[i] = INT64_MIN;
          if (random() % 20 == 0) rowids[i] = INT64_MAX;
          if (i > 0 && random() % 5 == 0) rowids[i] = rowids[i - 1];
          // Every third round goes up in small steps, as joins by a dense key do.
          if (i > 0 && round % 3 == 1 && rowids[i - 1] < INT64_MAX - 10 * spread) {
            rowids[i] = rowids[i - 1] + static_cast<RowId>(random() % 4) * spread;
          }
        }
        CellRef cells[BatchTableCursor::kRowsMax];
        PageRef pins[BatchTableCursor::kRowsMax];
        REQUIRE_OK(cursor.find_rows(rowids, count, cells, pins));
        for (uint32_t i = 0; i < count; ++i) {
          bool found = cells[i].payload != nullptr;
          REQUIRE(found == (model.count(rowids[i]) != 0));
          if (found) REQUIRE(cells[i].rowid == rowids[i]);
          if (found) REQUIRE(cells[i].payload[0] == static_cast<uint8_t>(rowids[i]));
        }
        // The cursor serves single look-ups in between.
        RowId single = rowids[0];
        if (count > 0) REQUIRE(take(cursor.seek(single, Seek::Equal)) == (model.count(single) != 0));
      }
    }
  }
}
