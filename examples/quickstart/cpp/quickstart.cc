// SQLRite in C++: open a file, insert in a transaction, query with parameters, see an error, roll back, open read-only.
#include <cstdio>
#include <optional>

#include "sqlrite/sqlrite.h"

namespace {

struct Book {
  const char* title;
  int64_t pages;
  std::optional<double> rating;
};

constexpr Book kBooks[] = {{"Dune", 412, 4.5}, {"Emma", 474, {}}, {"Ulysses", 730, 3.75}};

sqlrite::Status insert_books(sqlrite::Connection& db) {
  SQLRITE_TRY(db.exec("BEGIN"));
  SQLRITE_TRY_ASSIGN(sqlrite::Statement insert, db.prepare("INSERT INTO book(title, pages, rating) VALUES (?, ?, ?)"));
  for (const Book& book : kBooks) {
    SQLRITE_TRY(insert.bind(1, book.title));
    SQLRITE_TRY(insert.bind(2, book.pages));
    SQLRITE_TRY(book.rating ? insert.bind(3, *book.rating) : insert.bind(3, nullptr));
    SQLRITE_TRY(insert.run());
  }
  SQLRITE_TRY(db.exec("COMMIT"));
  std::printf("inserted 3 books, the last one has id %lld\n", static_cast<long long>(db.last_insert_rowid()));
  return {};
}

sqlrite::Status print_long_books(sqlrite::Connection& db) {
  SQLRITE_TRY_ASSIGN(sqlrite::Statement query,
                     db.prepare("SELECT id, title, pages, rating FROM book WHERE pages > :pages ORDER BY title"));
  SQLRITE_TRY(query.bind(query.parameter_index(":pages"), 420));
  while (true) {
    SQLRITE_TRY_ASSIGN(bool has_row, query.step());
    if (!has_row) return {};
    std::printf("%lld %s: %lld pages, ", static_cast<long long>(query.column_int64(0)), query.column_text(1).data(),
                static_cast<long long>(query.column_int64(2)));
    if (query.is_null(3)) {
      std::printf("not rated\n");
    } else {
      std::printf("rated %.2f\n", query.column_double(3));
    }
  }
}

// The first column of the first row of a query.
sqlrite::Result<int64_t> number(sqlrite::Connection& db, const char* sql) {
  SQLRITE_TRY_ASSIGN(sqlrite::Statement query, db.prepare(sql));
  SQLRITE_TRY_ASSIGN(bool has_row, query.step());
  return has_row ? query.column_int64(0) : 0;
}

sqlrite::Status change(const char* path) {
  SQLRITE_TRY_ASSIGN(sqlrite::Connection db, sqlrite::Connection::open(path));
  SQLRITE_TRY(
      db.exec("CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, pages INTEGER, rating REAL)"));
  SQLRITE_TRY(insert_books(db));
  SQLRITE_TRY(print_long_books(db));

  SQLRITE_TRY(db.exec("UPDATE book SET rating = 4.25 WHERE title = 'Emma'"));
  std::printf("changed %lld book\n", static_cast<long long>(db.changes()));

  sqlrite::Status status = db.exec("INSERT INTO book(title) VALUES ('Dune')");
  if (status.code() == sqlrite::Code::ConstraintUnique) std::printf("refused: %s\n", status.message().data());

  SQLRITE_TRY(db.exec("BEGIN; DELETE FROM book; ROLLBACK"));
  SQLRITE_TRY_ASSIGN(int64_t books, number(db, "SELECT count(*) FROM book"));
  std::printf("after a rollback: %lld books\n", static_cast<long long>(books));
  return {};
}

sqlrite::Status look(const char* path) {
  SQLRITE_TRY_ASSIGN(sqlrite::Connection db, sqlrite::Connection::open(path, sqlrite::OpenMode::ReadOnly));
  SQLRITE_TRY_ASSIGN(int64_t pages, number(db, "SELECT sum(pages) FROM book"));
  std::printf("read-only: %lld pages in all\n", static_cast<long long>(pages));
  sqlrite::Status status = db.exec("DELETE FROM book");
  std::printf("read-only: %s\n", status.message().data());
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const char* path = argc > 1 ? argv[1] : "quickstart.db";
  sqlrite::Status status = change(path);
  if (status.ok()) status = look(path);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.message().data());
  return status.ok() ? 0 : 1;
}
