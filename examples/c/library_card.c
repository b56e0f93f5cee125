/* The C interface in one page: open, change in a transaction, query. */
#include <stdio.h>

#include "sqlrite.h"

static int fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, sqlrite_last_error());
  return 1;
}

int main(void) {
  SqlriteConnection *db = NULL;
  SqlriteStatement *insert = NULL;
  SqlriteStatement *query = NULL;
  const char *readers[] = {"Ada", "Grace", "Edsger"};

  printf("sqlrite %s\n", sqlrite_version());
  if (sqlrite_open_in_memory(&db) != SQLRITE_OK) return fail("open");
  if (sqlrite_execute(db, "CREATE TABLE loan(id INTEGER PRIMARY KEY, reader TEXT NOT NULL, days INTEGER); BEGIN") !=
      SQLRITE_OK)
    return fail("create");
  if (sqlrite_query(db, "INSERT INTO loan(reader, days) VALUES (?1, ?2)", &insert) != SQLRITE_OK)
    return fail("prepare");
  for (int i = 0; i < 9; ++i) {
    sqlrite_bind_text(insert, 1, readers[i % 3], -1);
    sqlrite_bind_int64(insert, 2, 7 + i * 3);
    if (sqlrite_step(insert) != SQLRITE_DONE) return fail("insert");
    sqlrite_reset(insert);
  }
  sqlrite_finalize(insert);
  if (sqlrite_execute(db, "COMMIT") != SQLRITE_OK) return fail("commit");

  if (sqlrite_query(db, "SELECT reader, sum(days) FROM loan GROUP BY reader ORDER BY 2 DESC", &query) != SQLRITE_OK)
    return fail("query");
  while (sqlrite_step(query) == SQLRITE_ROW) {
    char *reader = NULL;
    int64_t days = 0;
    if (sqlrite_column_text(query, 0, &reader) != SQLRITE_OK || sqlrite_column_int64(query, 1, &days) != SQLRITE_OK)
      return fail("read");
    printf("%-8s %lld days\n", reader, (long long)days);
    sqlrite_free_string(reader);
  }
  sqlrite_finalize(query);

  if (sqlrite_execute(db, "INSERT INTO loan(reader) VALUES (NULL)") != SQLRITE_OK) {
    printf("refused: %s (%d)\n", sqlrite_last_error(), sqlrite_extended_code(db));
  }
  sqlrite_close(db);
  return 0;
}
