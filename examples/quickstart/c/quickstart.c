/* SQLRite in C: open a file, insert in a transaction, query with parameters, see an error, roll back, open read-only.
 */
#include <sqlrite.h>
#include <stdio.h>
#include <stdlib.h>

struct book {
  const char* title;
  int64_t pages;
  double rating; /* below 0: not rated */
};

static const struct book books[] = {{"Dune", 412, 4.5}, {"Emma", 474, -1}, {"Ulysses", 730, 3.75}};

/* Ends the program when a call that has to go well did not. */
static void must(SqlriteStatus status) {
  if (status == SQLRITE_OK || status == SQLRITE_ROW || status == SQLRITE_DONE) return;
  fprintf(stderr, "%s\n", sqlrite_last_error());
  exit(1);
}

static void insert_books(SqlriteConnection* db) {
  SqlriteStatement* insert;
  must(sqlrite_execute(db, "BEGIN"));
  must(sqlrite_query(db, "INSERT INTO book(title, pages, rating) VALUES (?, ?, ?)", &insert));
  for (size_t i = 0; i < sizeof books / sizeof *books; ++i) {
    must(sqlrite_bind_text(insert, 1, books[i].title, -1));
    must(sqlrite_bind_int64(insert, 2, books[i].pages));
    must(books[i].rating < 0 ? sqlrite_bind_null(insert, 3) : sqlrite_bind_double(insert, 3, books[i].rating));
    must(sqlrite_step(insert));
    must(sqlrite_reset(insert));
  }
  sqlrite_finalize(insert);
  must(sqlrite_execute(db, "COMMIT"));
  printf("inserted 3 books, the last one has id %lld\n", (long long)sqlrite_last_insert_rowid(db));
}

static void print_long_books(SqlriteConnection* db) {
  SqlriteStatement* query;
  SqlriteStatus status;
  must(sqlrite_query(db, "SELECT id, title, pages, rating FROM book WHERE pages > :pages ORDER BY title", &query));
  must(sqlrite_bind_int64(query, sqlrite_parameter_index(query, ":pages"), 420));
  while ((status = sqlrite_step(query)) == SQLRITE_ROW) {
    int64_t id, pages;
    char* title;
    int is_null;
    double rating = 0;
    must(sqlrite_column_int64(query, 0, &id));
    must(sqlrite_column_text(query, 1, &title));
    must(sqlrite_column_int64(query, 2, &pages));
    must(sqlrite_column_is_null(query, 3, &is_null));
    if (!is_null) must(sqlrite_column_double(query, 3, &rating));
    printf("%lld %s: %lld pages, ", (long long)id, title, (long long)pages);
    if (is_null) {
      printf("not rated\n");
    } else {
      printf("rated %.2f\n", rating);
    }
    sqlrite_free_string(title);
  }
  must(status);
  sqlrite_finalize(query);
}

/* The first column of the first row of a query. */
static int64_t number(SqlriteConnection* db, const char* sql) {
  SqlriteStatement* query;
  int64_t value = 0;
  must(sqlrite_query(db, sql, &query));
  if (sqlrite_step(query) == SQLRITE_ROW) must(sqlrite_column_int64(query, 0, &value));
  sqlrite_finalize(query);
  return value;
}

int main(int argc, char** argv) {
  const char* path = argc > 1 ? argv[1] : "quickstart.db";
  SqlriteConnection* db;

  must(sqlrite_open(path, &db));
  must(sqlrite_execute(
      db, "CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, pages INTEGER, rating REAL)"));
  insert_books(db);
  print_long_books(db);

  must(sqlrite_execute(db, "UPDATE book SET rating = 4.25 WHERE title = 'Emma'"));
  printf("changed %lld book\n", (long long)sqlrite_changes(db));

  if (sqlrite_execute(db, "INSERT INTO book(title) VALUES ('Dune')") != SQLRITE_OK &&
      sqlrite_extended_code(db) == 2067) {
    printf("refused: %s\n", sqlrite_last_error());
  }

  must(sqlrite_execute(db, "BEGIN; DELETE FROM book; ROLLBACK"));
  printf("after a rollback: %lld books\n", (long long)number(db, "SELECT count(*) FROM book"));
  sqlrite_close(db);

  must(sqlrite_open_read_only(path, &db));
  printf("read-only: %lld pages in all\n", (long long)number(db, "SELECT sum(pages) FROM book"));
  if (sqlrite_execute(db, "DELETE FROM book") != SQLRITE_OK) printf("read-only: %s\n", sqlrite_last_error());
  sqlrite_close(db);
  return 0;
}
