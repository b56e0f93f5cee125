// Damaged files: random bytes of trees, freelist and pointer map are changed; whatever the bytes say, reading, checking and
// writing must end with a Status. Run under the address sanitizer to see reads past the page's slack.
#include "kernels/cpu.h"
#include "storage/btree/tree_test_support.h"
#include "storage/record/columnar.h"

using namespace sqlrite;
using namespace sqlrite::storage;
using namespace sqlrite::storage::testing;

namespace {

const Collation* const kBinary3[3] = {&kBinaryCollation, &kNoCaseCollation, &kBinaryCollation};

struct Image {
  std::vector<uint8_t> bytes;
  PageId table, index;
  uint32_t page_size;
  AutoVacuum auto_vacuum;
};

Image make_image(uint32_t page_size, AutoVacuum auto_vacuum, std::mt19937_64& random) {
  TestFile file(page_size, 0, auto_vacuum);
  Image image{{}, file.add_tree("t1", TreeKind::Table), file.add_tree("i1", TreeKind::Index), page_size, auto_vacuum};
  KeyInfo info{kBinary3, nullptr, 3, TextEncoding::Utf8};
  TableCursor table;
  IndexCursor index;
  REQUIRE_OK(table.open(file.pager.get(), image.table, kNewestView));
  REQUIRE_OK(index.open(file.pager.get(), image.index, kNewestView, &info));
  RecordEncoder encoder;
  for (int i = 0; i < 300; ++i) {
    std::string text(random() % 20 == 0 ? page_size * 2 : random() % 30, 't');
    Value row[3] = {Value::from_integer(static_cast<int64_t>(random() % 100)),
                    Value::from_text(text, ValueOwner::Caller), Value::from_integer(i)};
    Payload payload = take(encoder.encode(row, 3, TextEncoding::Utf8, nullptr));
    REQUIRE_OK(table.insert(i * 3, payload));
    REQUIRE_OK(index.insert(payload));
  }
  for (int i = 0; i < 100; ++i) {
    if (take(table.seek(static_cast<RowId>(random() % 900), Seek::GreaterOrEqual))) REQUIRE_OK(table.erase());
  }
  image.bytes = file.image();
  return image;
}

// Moves in both directions, at most `limit` steps: the walks' own guards must end them earlier.
template <typename Cursor>
void walk(Cursor& cursor, Pager& pager) {
  Arena heap;
  for (bool forward : {true, false}) {
    Result<bool> more = forward ? cursor.first() : cursor.last();
    for (int steps = 0; more.ok() && more.value() && steps < 20000; ++steps) {
      Value values[3];
      uint16_t wanted[3] = {0, 1, 2};
      uint32_t missing;
      decode_record(cursor.cell(), pager, kNewestView, TextEncoding::Utf8, wanted, 3, values, &missing, &heap).ignore();
      more = forward ? cursor.next() : cursor.previous();
    }
    CellRef cells[50];
    PageRef pin;
    more = forward ? cursor.first() : cursor.last();
    for (int steps = 0; more.ok() && more.value() && steps < 2000; ++steps) {
      Result<uint32_t> count = cursor.next_cells(cells, 50, !forward, &pin);
      if (!count.ok() || count.value() == 0) break;
      Value data[3][50];
      uint8_t nulls[3][64];
      ColumnSink sinks[3];
      for (int c = 0; c < 3; ++c) {
        sinks[c].data = data[c];
        sinks[c].nulls = nulls[c];
      }
      uint16_t wanted[3] = {0, 1, 2};
      ColumnPlan plan;
      plan.wanted = wanted;
      plan.wanted_count = 3;
      plan.pager = &pager;
      decode_columns(cells, count.value(), plan, 0, sinks, &heap).ignore();
    }
  }
}

void exercise(TestFile& file, const Image& image, std::mt19937_64& random) {
  Pager& pager = *file.pager;
  PageId roots[3] = {PageId{1}, image.table, image.index};
  check_pages(pager, kNewestView, roots, 100, [](void*, std::string_view) {}, nullptr).ignore();
  count_entries(pager, image.table, kNewestView).status().ignore();
  count_entries(pager, image.index, kNewestView).status().ignore();
  KeyInfo info{kBinary3, nullptr, 3, TextEncoding::Utf8};
  TableCursor table;
  IndexCursor index;
  table.open(&pager, image.table, kNewestView).ignore();
  index.open(&pager, image.index, kNewestView, &info).ignore();
  walk(table, pager);
  walk(index, pager);
  RecordEncoder encoder;
  for (int i = 0; i < 60; ++i) {
    std::string text(random() % 10 == 0 ? image.page_size * 2 : random() % 30, 'u');
    Value row[3] = {Value::from_integer(static_cast<int64_t>(random() % 100)),
                    Value::from_text(text, ValueOwner::Caller), Value::from_integer(1000 + i)};
    Payload payload = take(encoder.encode(row, 3, TextEncoding::Utf8, nullptr));
    table.insert(static_cast<RowId>(random() % 1000), payload).ignore();
    index.insert(payload).ignore();
    Result<bool> found = table.seek(static_cast<RowId>(random() % 1000), Seek::GreaterOrEqual);
    if (found.ok() && found.value()) table.erase().ignore();
    found = index.seek(SearchKey{row, 1}, static_cast<Seek>(random() % 5));
    if (found.ok() && found.value() && random() % 2) index.erase().ignore();
  }
  if (image.auto_vacuum == AutoVacuum::Full) auto_vacuum_commit(pager).ignore();
  if (image.auto_vacuum == AutoVacuum::Incremental) incremental_vacuum_step(pager, 3).status().ignore();
  create_tree(pager, TreeKind::Table).status().ignore();
  drop_tree(pager, image.index).status().ignore();
  clear_tree(pager, image.table).status().ignore();
}

}  // namespace

TEST_CASE("Damaged pages give errors, never crashes or endless walks") {
  const char* rounds_given = std::getenv("SQLRITE_DAMAGE_ROUNDS");
  int rounds = rounds_given != nullptr ? std::atoi(rounds_given) : 60;
  for (AutoVacuum kind : {AutoVacuum::None, AutoVacuum::Full, AutoVacuum::Incremental}) {
    for (uint32_t page_size : {512u, 1024u, 4096u}) {
      std::mt19937_64 random(test_seed() + page_size + static_cast<uint64_t>(kind));
      Image image = make_image(page_size, kind, random);
      uint32_t page_count = static_cast<uint32_t>(image.bytes.size() / page_size);
      for (int round = 0; round < rounds; ++round) {
        uint64_t seed = random();
        INFO("page size " << page_size << " auto_vacuum " << static_cast<int>(kind) << " round seed " << seed);
        std::mt19937_64 damage(seed);
        TestFile file(page_size, 0, kind);
        while (file.pager->page_count(kNewestView) < page_count) REQUIRE_OK(file.pager->append_page());
        std::vector<uint8_t> bytes = image.bytes;
        for (uint64_t n = 1 + damage() % 12; n > 0; --n) {
          size_t page = damage() % page_count;
          // Headers and pointer arrays are hit more often than content.
          size_t offset = damage() % 3 == 0 ? damage() % page_size : damage() % 64 + (page == 0 ? 32 : 0);
          uint8_t& byte = bytes[page * page_size + offset];
          switch (damage() % 4) {
            case 0: byte = static_cast<uint8_t>(damage()); break;
            case 1: byte = 0xff; break;
            case 2: byte = static_cast<uint8_t>(byte ^ (1u << (damage() % 8))); break;
            default: byte = static_cast<uint8_t>(damage() % (page_count + 2)); break;
          }
        }
        for (uint32_t id = 1; id <= page_count; ++id) {
          uint8_t* page = take(file.pager->fetch_mut(PageId{id}));
          std::memcpy(page, bytes.data() + (id - 1) * size_t{page_size}, page_size);
        }
        file.pager->note_change();
        kernels::limit_isa(round % 2 ? kernels::Isa::Avx512 : kernels::Isa::Scalar);
        exercise(file, image, damage);
      }
      kernels::limit_isa(kernels::Isa::Avx512);
    }
  }
}
