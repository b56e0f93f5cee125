// For b-tree tests: a writing pager in memory, and its pages judged by our check and by a stock sqlite3 if there is one.
#pragma once

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "base/endian.h"
#include "os/vfs.h"
#include "storage/btree/btree.h"
#include "storage/record/record.h"

namespace sqlrite::storage::testing {

#define REQUIRE_OK(expression)                                                    \
  do {                                                                            \
    auto&& outcome_of = (expression);                                             \
    REQUIRE_MESSAGE(status_of(outcome_of).ok(), status_of(outcome_of).message()); \
  } while (false)

inline const Status& status_of(const Status& status) { return status; }
template <typename T>
const Status& status_of(const Result<T>& result) {
  return result.status();
}
template <typename T>
T take(Result<T> result) {
  REQUIRE_MESSAGE(result.ok(), result.status().message());
  return result.take();
}

inline uint64_t test_seed() {
  static uint64_t seed = [] {
    const char* given = std::getenv("SQLRITE_TEST_SEED");
    uint64_t value = given != nullptr ? std::strtoull(given, nullptr, 10) : 20261120;
    std::printf("seed %llu\n", static_cast<unsigned long long>(value));
    return value;
  }();
  return seed;
}

struct TestTree {
  std::string name;
  PageId root;
  bool table;
};

struct TestFile {
  std::unique_ptr<Pager> pager;
  std::vector<TestTree> trees;  // besides the schema table

  explicit TestFile(uint32_t page_size, int reserved = 0, AutoVacuum auto_vacuum = AutoVacuum::None) {
    PagerOptions options;
    options.page_size_bytes = page_size;
    pager = take(Pager::open(os::default_vfs(), ":memory:", options));
    REQUIRE_OK(pager->set_page_size(page_size, reserved));
    REQUIRE_OK(pager->begin_read());
    REQUIRE_OK(pager->begin_write());
    REQUIRE_OK(initialize_database(*pager, TextEncoding::Utf8, auto_vacuum));
  }
  PageId add_tree(const std::string& name, TreeKind kind) {
    PageId root = take(create_tree(*pager, kind));
    trees.push_back({name, root, kind == TreeKind::Table});
    return root;
  }
  std::vector<uint8_t> image() {
    std::vector<uint8_t> bytes;
    uint32_t size = pager->page_size_bytes();
    for (uint32_t id = 1; id <= pager->page_count(kNewestView); ++id) {
      if (PageId{id} == pager->lock_byte_page()) {
        bytes.resize(bytes.size() + size);
        continue;
      }
      PageRef page = take(pager->fetch(PageId{id}, kNewestView));
      bytes.insert(bytes.end(), page.data(), page.data() + size);
    }
    return bytes;
  }
  std::string check() {
    std::vector<PageId> roots{PageId{1}};
    for (const TestTree& tree : trees) roots.push_back(tree.root);
    std::string text;
    REQUIRE_OK(check_pages(
        *pager, kNewestView, roots, 100,
        [](void* context, std::string_view message) {
          static_cast<std::string*>(context)->append(message).append("\n");
        },
        &text));
    return text;
  }
  // Rewrites the schema table so that stock SQLite finds the trees: tables t(a), indexes i on table "tN"(a, b).
  void write_schema() {
    REQUIRE_OK(clear_tree(*pager, PageId{1}));
    TableCursor cursor;
    REQUIRE_OK(cursor.open(pager.get(), PageId{1}, kNewestView));
    RecordEncoder encoder;
    RowId rowid = 0;
    auto add = [&](const char* type, const std::string& name, PageId root, const std::string& sql) {
      Value row[5] = {Value::from_text(type, ValueOwner::Static), Value::from_text(name, ValueOwner::Static),
                      Value::from_text(name, ValueOwner::Static), Value::from_integer(root.value),
                      Value::from_text(sql, ValueOwner::Static)};
      REQUIRE_OK(cursor.insert(++rowid, take(encoder.encode(row, 5, TextEncoding::Utf8, nullptr))));
    };
    for (const TestTree& tree : trees) {
      if (tree.table) {
        add("table", tree.name, tree.root, "CREATE TABLE " + tree.name + "(a, b)");
      } else {
        add("table", tree.name, tree.root, "CREATE TABLE " + tree.name + "(a, b, PRIMARY KEY(a, b)) WITHOUT ROWID");
      }
    }
  }
  // "ok", "no sqlite3" or the complaints.
  std::string stock_check() {
    write_schema();
    if (std::system("command -v sqlite3 > /dev/null 2>&1") != 0) return "no sqlite3";
    std::vector<uint8_t> bytes = image();
    store_be32(bytes.data() + 24, 1);
    store_be32(bytes.data() + 28, pager->page_count(kNewestView));
    store_be32(bytes.data() + 92, 1);
    bytes[18] = bytes[19] = 1;
    char path[] = "/tmp/sqlrite_tree_test_XXXXXX";
    int file = mkstemp(path);
    REQUIRE(file >= 0);
    REQUIRE(write(file, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    ::close(file);
    std::string command = std::string("sqlite3 ") + path + " 'PRAGMA integrity_check' 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    char buffer[512];
    while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) output += buffer;
    pclose(pipe);
    if (output == "ok\n") {
      unlink(path);
      return "ok";
    }
    return output + " (kept: " + path + ")";
  }
  void check_all() {
    CHECK(check() == "");
    std::string verdict = stock_check();
    CHECK((verdict == "ok" || verdict == "no sqlite3"));
    if (verdict != "ok") MESSAGE(verdict);
  }
};

}  // namespace sqlrite::storage::testing
