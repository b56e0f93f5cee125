// The C++ interface in one page: open, change in a transaction, query row by row and in batches.
#include <cstdio>

#include "sqlrite/sqlrite.h"

namespace {

sqlrite::Status lend_books(sqlrite::Connection& db) {
  SQLRITE_TRY(
      db.exec("CREATE TABLE IF NOT EXISTS loan(id INTEGER PRIMARY KEY, reader TEXT NOT NULL, book TEXT NOT NULL, days "
              "INTEGER)"));
  SQLRITE_TRY(db.exec("BEGIN"));
  SQLRITE_TRY_ASSIGN(sqlrite::Statement insert, db.prepare("INSERT INTO loan(reader, book, days) VALUES (?1, ?2, ?3)"));
  const char* readers[] = {"Ada", "Grace", "Edsger"};
  const char* books[] = {"Notes", "Compilers", "Structured Programming"};
  for (int i = 0; i < 9; ++i) {
    SQLRITE_TRY(insert.bind(1, readers[i % 3]));
    SQLRITE_TRY(insert.bind(2, books[i / 3]));
    SQLRITE_TRY(insert.bind(3, 7 + i * 3));
    SQLRITE_TRY(insert.run());
  }
  return db.exec("COMMIT");
}

sqlrite::Status print_loans(sqlrite::Connection& db) {
  SQLRITE_TRY_ASSIGN(sqlrite::Statement query,
                     db.prepare("SELECT reader, count(*), avg(days) FROM loan GROUP BY reader ORDER BY reader"));
  while (true) {
    SQLRITE_TRY_ASSIGN(bool has_row, query.step());
    if (!has_row) return sqlrite::Status();
    std::printf("%-8s %lld books, %.1f days on average\n", query.column_text(0).data(),
                static_cast<long long>(query.column_int64(1)), query.column_double(2));
  }
}

// Many rows: whole batches, column by column, without a call per value.
sqlrite::Status count_in_batches(sqlrite::Connection& db) {
  SQLRITE_TRY_ASSIGN(sqlrite::Statement query, db.prepare("SELECT id FROM loan WHERE days > 10"));
  long long rows = 0;
  while (true) {
    SQLRITE_TRY_ASSIGN(const sqlrite::Batch* batch, query.next_batch());
    if (batch->row_count == 0) break;
    rows += batch->selected_count;  // a filter leaves rows in place and selects among them
  }
  std::printf("%lld loans of more than 10 days\n", rows);
  return sqlrite::Status();
}

sqlrite::Status run() {
  SQLRITE_TRY_ASSIGN(sqlrite::Connection db, sqlrite::Connection::open(":memory:"));
  SQLRITE_TRY(lend_books(db));
  SQLRITE_TRY(print_loans(db));
  SQLRITE_TRY(count_in_batches(db));
  // What fails says why; codes are SQLite's.
  sqlrite::Status refused = db.exec("INSERT INTO loan(reader) VALUES ('Alan')");
  std::printf("refused: %s (%d)\n", refused.message().data(), static_cast<int>(refused.code()));
  return sqlrite::Status();
}

}  // namespace

int main() {
  sqlrite::Status status = run();
  if (!status.ok()) std::fprintf(stderr, "error: %s\n", status.message().data());
  return status.ok() ? 0 : 1;
}
