// What a prepared statement costs at rest, and that running it again does not allocate.
#include <malloc.h>

#include <atomic>
#include <string>
#include <vector>

#include "../sql/session.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

extern "C" {
void* __libc_malloc(size_t size);
void* __libc_calloc(size_t count, size_t size);
void* __libc_realloc(void* memory, size_t size);
}

namespace {
std::atomic<uint64_t> allocation_count{0};
}

// Every allocation of the process passes here, operator new included.
extern "C" void* malloc(size_t size) {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_malloc(size);
}
extern "C" void* calloc(size_t count, size_t size) {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_calloc(count, size);
}
extern "C" void* realloc(void* memory, size_t size) {
  allocation_count.fetch_add(1, std::memory_order_relaxed);
  return __libc_realloc(memory, size);
}

namespace sqlrite::test {
namespace {

// Stock SQLite 3.53 needs 10.6 KB for each.
TEST_CASE("StatementMemory, TenThousandPreparedPointSelects") {
  Session s;
  s.rows("CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b TEXT, c REAL)");
  s.rows(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO t SELECT i, i * 3, "
      "'row ' || i, i / 7.0 FROM n");
  std::vector<Statement> statements;
  statements.reserve(10000);
  size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
  for (int i = 0; i < 10000; ++i) {
    statements.push_back(
        s.connection.prepare("SELECT a, b, c FROM t WHERE id = ?1 /* " + std::to_string(i) + " */").take());
  }
  // Used once, as programs do.
  for (int i = 0; i < 10000; ++i) {
    statements[static_cast<size_t>(i)].bind(1, i % 1000 + 1).ignore();
    REQUIRE(statements[static_cast<size_t>(i)].step().take());
    statements[static_cast<size_t>(i)].reset().ignore();
  }
  size_t per_statement = (mallinfo2().uordblks + mallinfo2().hblkhd - before) / 10000;
  MESSAGE("bytes per prepared statement: ", per_statement);
  CHECK(per_statement <= 2 * 10600);
}

TEST_CASE("StatementMemory, RunningAgainDoesNotAllocate") {
  Session s;
  s.rows("CREATE TABLE t(id INTEGER PRIMARY KEY, a INTEGER, b TEXT); CREATE INDEX t_a ON t(a)");
  s.rows(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i, i % 100, "
      "'text ' || i FROM n");
  struct Case {
    const char* sql;
    int64_t step;  // from one run to the next
  };
  for (Case c :
       {Case{"SELECT a, b FROM t WHERE id = ?1", 7}, Case{"SELECT b FROM t WHERE id BETWEEN ?1 AND ?1 + 20", 5},
        Case{"SELECT id, b FROM t WHERE a = ?1 % 100", 3}, Case{"SELECT count(*), sum(a) FROM t WHERE id > ?1", 11},
        Case{"UPDATE t SET b = 'other ' || id WHERE id = ?1", 13}, Case{"DELETE FROM t WHERE id = ?1 + 100000", 1}}) {
    CAPTURE(c.sql);
    Statement statement = s.connection.prepare(c.sql).take();
    s.rows("BEGIN");
    auto run = [&](int64_t i) {
      statement.bind(1, i * c.step % 4000 + 1).ignore();
      while (statement.step().take()) {
        for (uint32_t column = 0; column < statement.column_count(); ++column) statement.column_text(column);
      }
      statement.reset().ignore();
    };
    for (int64_t i = 0; i < 400; ++i) run(i);
    uint64_t before = allocation_count.load();
    for (int64_t i = 0; i < 200; ++i) run(i);
    CHECK(allocation_count.load() == before);
    s.rows("COMMIT");
  }
  // New rows need new pages now and then: less than one allocation in ten rows.
  Statement insert = s.connection.prepare("INSERT INTO t(a, b) VALUES(?1, ?2)").take();
  s.rows("BEGIN");
  auto run = [&](int64_t i) {
    insert.bind(1, i % 100).ignore();
    insert.bind(2, "inserted").ignore();
    REQUIRE(insert.step().ok());
    insert.reset().ignore();
  };
  for (int64_t i = 0; i < 2000; ++i) run(i);
  uint64_t before = allocation_count.load();
  for (int64_t i = 0; i < 2000; ++i) run(i);
  CHECK(allocation_count.load() - before < 200);
  s.rows("COMMIT");
}

}  // namespace
}  // namespace sqlrite::test

#endif
