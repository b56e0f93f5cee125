/* Threads: each has its own latest error, one connection serves several, interrupt comes from outside, and two
 * connections to one file wait for each other. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "check.h"
#include "sqlrite.h"

static SqlriteConnection *shared;
static const char *const kEndless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n WHERE i < 0";

static void *fail_elsewhere(void *message_is_right) {
  SqlriteStatement *statement = NULL;
  *(int *)message_is_right = sqlrite_query(shared, "SELECT * FROM elsewhere", &statement) == SQLRITE_ERROR &&
                             strcmp(sqlrite_last_error(), "no such table: elsewhere") == 0;
  return NULL;
}

static void *insert_rows(void *failures) {
  SqlriteStatement *insert = NULL;
  if (sqlrite_query(shared, "INSERT INTO t(x) VALUES (?1)", &insert) != SQLRITE_OK) ++*(int *)failures;
  for (int i = 0; i < 500; ++i) {
    SqlriteValue value = {{i}, 0, SQLRITE_INTEGER, {0}};
    if (sqlrite_run(insert, &value, 1, NULL, NULL) != SQLRITE_OK) ++*(int *)failures;
  }
  sqlrite_finalize(insert);
  return NULL;
}

static void *interrupt_until_told(void *stop) {
  const struct timespec pause = {0, 2000000};
  while (!__atomic_load_n((int *)stop, __ATOMIC_ACQUIRE)) {
    nanosleep(&pause, NULL);
    sqlrite_interrupt(shared);
  }
  return NULL;
}

static void *commit_soon(void *connection) {
  const struct timespec pause = {0, 50000000};
  nanosleep(&pause, NULL);
  return sqlrite_execute((SqlriteConnection *)connection, "COMMIT") == SQLRITE_OK ? connection : NULL;
}

/* A transaction that has read is too late to write when somebody else has written: it has to begin anew. */
static void too_late(SqlriteConnection *one, SqlriteConnection *other) {
  CHECK_INT(sqlrite_execute(one, "PRAGMA journal_mode = WAL; BEGIN; SELECT count(*) FROM t"), SQLRITE_OK);
  CHECK_INT(sqlrite_execute(other, "INSERT INTO t VALUES (3)"), SQLRITE_OK);
  CHECK_INT(sqlrite_execute(one, "INSERT INTO t VALUES (4)"), SQLRITE_BUSY_SNAPSHOT);
  CHECK_INT(sqlrite_extended_code(one), 517);
  CHECK(sqlrite_status_is_retryable(SQLRITE_BUSY_SNAPSHOT));
  CHECK_INT(sqlrite_execute(one, "ROLLBACK; BEGIN; SELECT count(*) FROM t; INSERT INTO t VALUES (4); COMMIT"),
            SQLRITE_OK);
}

int main(int argument_count, char **arguments) {
  char path[500];
  snprintf(path, sizeof path, "%s/sqlrite_threads.db", argument_count > 1 ? arguments[1] : ".");
  remove(path);
  pthread_t threads[4];
  CHECK_INT(sqlrite_open(path, &shared), SQLRITE_OK);
  CHECK_INT(sqlrite_execute(shared, "PRAGMA synchronous = OFF; CREATE TABLE t(x)"), SQLRITE_OK);

  int message_is_right = 0;
  CHECK_INT(sqlrite_execute(shared, "here is no SQL"), SQLRITE_ERROR);
  pthread_create(&threads[0], NULL, &fail_elsewhere, &message_is_right);
  pthread_join(threads[0], NULL);
  CHECK(message_is_right);
  CHECK_TEXT(sqlrite_last_error(), "near \"here\": syntax error");
  CHECK_TEXT(sqlrite_error_message(shared), "no such table: elsewhere"); /* the connection's latest, whoever made it */

  int failures[4] = {0};
  for (int i = 0; i < 4; ++i) pthread_create(&threads[i], NULL, &insert_rows, &failures[i]);
  for (int i = 0; i < 4; ++i) pthread_join(threads[i], NULL);
  for (int i = 0; i < 4; ++i) CHECK_INT(failures[i], 0);
  CHECK_INT(sqlrite_total_changes(shared), 2000);

  int stop = 0;
  SqlriteStatement *endless = NULL;
  SqlriteRows rows;
  CHECK_INT(sqlrite_query(shared, kEndless, &endless), SQLRITE_OK);
  pthread_create(&threads[0], NULL, &interrupt_until_told, &stop);
  CHECK_INT(sqlrite_fetch(endless, 1, &rows), SQLRITE_ERROR);
  CHECK_INT(sqlrite_extended_code(shared), 9);
  CHECK_TEXT(sqlrite_error_message(shared), "interrupted");
  __atomic_store_n(&stop, 1, __ATOMIC_RELEASE);
  pthread_join(threads[0], NULL);
  sqlrite_finalize(endless);
  CHECK_INT(sqlrite_execute(shared, "SELECT 1"), SQLRITE_OK);

  SqlriteConnection *other = NULL;
  void *committed = NULL;
  CHECK_INT(sqlrite_connect_sibling(shared, &other), SQLRITE_OK);
  CHECK_INT(sqlrite_execute(shared, "BEGIN IMMEDIATE"), SQLRITE_OK);
  CHECK_INT(sqlrite_execute(other, "INSERT INTO t VALUES (1)"), SQLRITE_BUSY);
  CHECK_INT(sqlrite_extended_code(other) & 0xff, 5);
  CHECK_INT(sqlrite_set_busy_timeout(other, 5000), SQLRITE_OK);
  pthread_create(&threads[0], NULL, &commit_soon, shared);
  CHECK_INT(sqlrite_execute(other, "INSERT INTO t VALUES (1)"), SQLRITE_OK);
  pthread_join(threads[0], &committed);
  CHECK(committed != NULL);
  too_late(shared, other);
  sqlrite_close(shared); /* siblings end on their own */
  CHECK_INT(sqlrite_execute(other, "INSERT INTO t VALUES (2)"), SQLRITE_OK);
  sqlrite_close(other);
  return check_result("threads");
}
