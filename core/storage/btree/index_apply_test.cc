// Batches of changes to an index tree beside a set: dense ones, which leaves are merged with, and thin ones, entries that
// reach into overflow pages, entries that go and come again.
#include <algorithm>
#include <set>

#include "storage/btree/tree_test_support.h"

namespace sqlrite::storage::testing {
namespace {

const Collation* const kBinary[2] = {&kBinaryCollation, &kBinaryCollation};
const KeyInfo kKeyInfo{kBinary, nullptr, 2, TextEncoding::Utf8};

using Entry = std::pair<int64_t, std::string>;

struct Batch {
  std::vector<std::pair<Entry, bool>> entries;  // and whether each is erased
  std::vector<Value> fields;
  std::vector<std::string> records;
  std::vector<IndexChange> changes;

  void make_changes() {
    fields.resize(2 * entries.size());
    records.resize(entries.size());
    changes.resize(entries.size());
    RecordEncoder encoder;
    for (size_t i = 0; i < entries.size(); ++i) {
      const auto& [entry, erases] = entries[i];
      fields[2 * i] = Value::from_integer(entry.first);
      fields[2 * i + 1] = Value::from_blob(entry.second, ValueOwner::Caller);
      changes[i] = IndexChange{{&fields[2 * i], 2}, {}, erases};
      if (erases) continue;
      Payload payload = take(encoder.encode(&fields[2 * i], 2, TextEncoding::Utf8, nullptr));
      records[i].assign(reinterpret_cast<const char*>(payload.bytes.data()), payload.bytes.size());
      changes[i].record.bytes = {reinterpret_cast<const uint8_t*>(records[i].data()), records[i].size()};
    }
  }

  Status apply(IndexCursor& cursor) {
    make_changes();
    std::span<const IndexChange> rest(changes);
    while (!rest.empty()) {
      SQLRITE_TRY_ASSIGN(uint32_t done, cursor.apply(rest));
      rest = rest.subspan(done);
    }
    return {};
  }
};

void check_content(TestFile& file, IndexCursor& cursor, const std::set<Entry>& model) {
  REQUIRE(file.check() == "");
  bool found = take(cursor.first());
  for (const Entry& entry : model) {
    REQUIRE(found);
    Value fields[2] = {Value::from_integer(entry.first), Value::from_blob(entry.second, ValueOwner::Caller)};
    REQUIRE(take(cursor.compare_current(SearchKey{fields, 2})) == 0);
    found = take(cursor.next());
  }
  REQUIRE(!found);
}

void run_batches(uint32_t page_size, AutoVacuum auto_vacuum, uint32_t size_max) {
  INFO("page size " << page_size << " sizes up to " << size_max);
  std::mt19937_64 random(test_seed() + page_size + size_max);
  TestFile file(page_size, 0, auto_vacuum);
  IndexCursor cursor;
  REQUIRE_OK(cursor.open(file.pager.get(), file.add_tree("i1", TreeKind::Index), kNewestView, &kKeyInfo));
  std::set<Entry> model;
  for (int round = 0; round < 30; ++round) {
    const int64_t range = round % 3 == 0 ? 100000 : 300 + static_cast<int64_t>(random() % 3000);
    const uint32_t wanted = round % 4 == 3 ? 5 : 200 + static_cast<uint32_t>(random() % 1500);
    const uint64_t erase_chance = round / 10 % 2 == 1 ? 80 : 25;
    std::set<Entry> after = model;
    Batch batch;
    for (uint32_t i = 0; i < wanted; ++i) {
      Entry entry{static_cast<int64_t>(random() % static_cast<uint64_t>(range)), std::string()};
      if (random() % 100 < erase_chance) {
        auto it = model.lower_bound(entry);
        if (it == model.end() || after.erase(*it) == 0) continue;
        batch.entries.push_back({*it, true});
        if (random() % 10 == 0) {  // and comes again, at once
          batch.entries.push_back({*it, false});
          after.insert(*it);
        }
        continue;
      }
      entry.second.resize(random() % (size_max + 1));
      for (char& c : entry.second) c = static_cast<char>(random());
      if (model.count(entry) != 0 || !after.insert(entry).second) continue;
      batch.entries.push_back({entry, false});
      if (random() % 20 == 0) {  // and goes at once
        batch.entries.push_back({entry, true});
        after.erase(entry);
      }
    }
    std::stable_sort(batch.entries.begin(), batch.entries.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    REQUIRE_OK(batch.apply(cursor));
    model = after;
    check_content(file, cursor, model);
    if (auto_vacuum == AutoVacuum::Full && round % 10 == 9) REQUIRE_OK(auto_vacuum_commit(*file.pager));
  }
  Batch rest;
  for (const Entry& entry : model) rest.entries.push_back({entry, true});
  REQUIRE_OK(rest.apply(cursor));
  check_content(file, cursor, {});
  file.check_all();
}

}  // namespace

TEST_CASE("Batches of index changes match a set") {
  for (uint32_t page_size : {512u, 1024u, 4096u, 65536u}) {
    for (uint32_t size_max : {3u, 40u, 1500u}) run_batches(page_size, AutoVacuum::None, size_max);
  }
  run_batches(1024, AutoVacuum::Full, 300);
}

TEST_CASE("An entry to erase that is not there is damage") {
  TestFile file(1024);
  IndexCursor cursor;
  REQUIRE_OK(cursor.open(file.pager.get(), file.add_tree("i1", TreeKind::Index), kNewestView, &kKeyInfo));
  Batch batch;
  for (int i = 0; i < 500; ++i) batch.entries.push_back({{2 * i, "x"}, false});
  REQUIRE_OK(batch.apply(cursor));
  for (int count : {1, 30}) {
    Batch wrong;
    for (int i = 0; i < count; ++i) wrong.entries.push_back({{2 * i + 1, "x"}, true});
    CHECK(wrong.apply(cursor).code() == Code::CorruptIndex);
  }
}

}  // namespace sqlrite::storage::testing
