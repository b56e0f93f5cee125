/* Many values per call: bind, run, start and fetch, with what can go wrong in the middle of them. */
#include <stdlib.h>

#include "check.h"
#include "sqlrite.h"

static SqlriteValue integer_value(int64_t integer) {
  SqlriteValue value = {{0}, 0, SQLRITE_INTEGER, {0}};
  value.as.integer = integer;
  return value;
}

static SqlriteValue bytes_value(SqlriteType type, const char *bytes, uint32_t size) {
  SqlriteValue value = {{0}, size, (uint8_t)type, {0}};
  value.as.bytes = bytes;
  return value;
}

/* Values of every type go in by pointer and by offset, and come out as they went in. */
static void round_trip(SqlriteConnection *db) {
  SqlriteStatement *insert = NULL, *query = NULL;
  SqlriteValue values[5];
  SqlriteRunResult result;
  SqlriteRows rows;
  const char *heap = "..text\0more..";
  CHECK_INT(sqlrite_query(db, "INSERT INTO v(a, b, c, d, e) VALUES(?, ?, ?, ?, ?)", &insert), SQLRITE_OK);
  values[0] = integer_value(INT64_MIN);
  values[1] = integer_value(0);
  values[1].type = SQLRITE_REAL;
  values[1].as.real = 0.1;
  values[2] = bytes_value(SQLRITE_TEXT, "te\0xt\xff", 6);
  values[3] = bytes_value(SQLRITE_BLOB, NULL, 0);
  values[4] = integer_value(7);
  values[4].type = SQLRITE_NULL;
  CHECK_INT(sqlrite_run(insert, values, 5, NULL, &result), SQLRITE_OK);
  CHECK_INT(result.changes, 1);
  CHECK_INT(result.last_insert_rowid, 1);
  values[2].as.offset = 2;
  values[2].size = 9;
  CHECK_INT(sqlrite_run(insert, values, 3, heap, &result), SQLRITE_OK); /* the others become NULL */
  CHECK_INT(result.last_insert_rowid, 2);
  CHECK_INT(sqlrite_run(insert, values, 6, heap, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_error_message(db), "6 values for a statement with 5 parameters");
  values[0].type = 9;
  CHECK_INT(sqlrite_run(insert, values, 1, NULL, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_error_message(db), "unknown type 9 of parameter 1");
  values[0] = bytes_value(SQLRITE_TEXT, NULL, 3);
  CHECK_INT(sqlrite_run(insert, values, 1, NULL, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_run(insert, NULL, 1, NULL, NULL), SQLRITE_INVALID_ARGUMENT);
  sqlrite_finalize(insert);

  CHECK_INT(sqlrite_query(db, "SELECT a, b, c, d, e FROM v ORDER BY rowid", &query), SQLRITE_OK);
  CHECK_INT(sqlrite_fetch(query, 100, &rows), SQLRITE_ROW);
  CHECK_INT(rows.row_count, 2);
  CHECK_INT(rows.column_count, 5);
  CHECK_INT(rows.done, 1);
  CHECK_INT(rows.values[0].type, SQLRITE_INTEGER);
  CHECK(rows.values[0].as.integer == INT64_MIN);
  CHECK(rows.values[1].type == SQLRITE_REAL && rows.values[1].as.real == 0.1);
  CHECK(rows.values[2].type == SQLRITE_TEXT && rows.values[2].size == 6 &&
        memcmp(rows.values[2].as.bytes, "te\0xt\xff", 6) == 0);
  CHECK(rows.values[3].type == SQLRITE_BLOB && rows.values[3].size == 0 && rows.values[3].as.bytes != NULL);
  CHECK_INT(rows.values[4].type, SQLRITE_NULL);
  CHECK(rows.values[7].size == 9 && memcmp(rows.values[7].as.bytes, "text\0more", 9) == 0);
  CHECK(rows.values[7].as.bytes >= rows.heap && rows.values[7].as.bytes + 9 <= rows.heap + rows.heap_size);
  CHECK_INT(rows.values[8].type, SQLRITE_NULL);
  CHECK_INT(sqlrite_statement_is_running(query), 0);
  sqlrite_finalize(query);
}

/* A long result in pieces: every row once, in order; pieces end at the wanted count or at the size of their bytes. */
static void pieces(SqlriteConnection *db) {
  SqlriteStatement *query = NULL;
  SqlriteRows rows;
  SqlriteStatus status;
  SqlriteValue count = integer_value(20000);
  int64_t expected = 1;
  int pieces_seen = 0;
  CHECK_INT(sqlrite_query(db,
                          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1) "
                          "SELECT i, printf('%0*d', i % 50, i) FROM n",
                          &query),
            SQLRITE_OK);
  CHECK_INT(sqlrite_fetch(query, 0, &rows), SQLRITE_INVALID_ARGUMENT);
  for (status = sqlrite_start(query, &count, 1, NULL, 8, &rows); status == SQLRITE_ROW;
       status = sqlrite_fetch(query, 700, &rows)) {
    ++pieces_seen;
    CHECK(rows.row_count > 0 && rows.row_count <= 700);
    for (int i = 0; i < rows.row_count; ++i, ++expected) {
      char text[64];
      const SqlriteValue *row = rows.values + i * 2;
      snprintf(text, sizeof text, "%0*lld", (int)(expected % 50), (long long)expected);
      if (row[0].as.integer != expected || row[1].size != strlen(text) ||
          memcmp(row[1].as.bytes, text, row[1].size) != 0) {
        CHECK_INT(row[0].as.integer, expected);
        CHECK(!"the row's text is right");
        i = rows.row_count;
      }
    }
    if (rows.done) break;
  }
  CHECK_INT(expected, 20001);
  CHECK(pieces_seen >= 20000 / 700);
  sqlrite_finalize(query);

  /* Each value alone is above what a piece carries, and lies in overflow pages. */
  CHECK_INT(
      sqlrite_execute(
          db,
          "CREATE TABLE large(x BLOB, y); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30) "
          "INSERT INTO large SELECT zeroblob(100000 + i), i FROM n"),
      SQLRITE_OK);
  CHECK_INT(sqlrite_query(db, "SELECT x, y FROM large", &query), SQLRITE_OK);
  int64_t seen = 0;
  while ((status = sqlrite_fetch(query, 1000, &rows)) == SQLRITE_ROW) {
    CHECK_INT(rows.row_count, 1);
    ++seen;
    CHECK_INT(rows.values[0].size, 100000 + seen);
    CHECK_INT(rows.values[0].as.bytes[rows.values[0].size - 1], 0);
    CHECK_INT(rows.values[1].as.integer, seen);
  }
  CHECK_INT(status, SQLRITE_DONE);
  CHECK_INT(seen, 30);
  sqlrite_finalize(query);
}

/* Rows before an error are delivered; the error comes with the next fetch, once, and then the statement runs again. */
static void errors(SqlriteConnection *db) {
  SqlriteStatement *query = NULL;
  SqlriteRows rows;
  CHECK_INT(sqlrite_query(db,
                          "SELECT abs(a) FROM (SELECT 1 AS a UNION ALL SELECT 2 UNION ALL SELECT -9223372036854775808 "
                          "UNION ALL SELECT 4)",
                          &query),
            SQLRITE_OK);
  for (int repeat = 0; repeat < 2; ++repeat) {
    int row_count = 0;
    SqlriteStatus status;
    while ((status = sqlrite_fetch(query, 10, &rows)) == SQLRITE_ROW) {
      CHECK_INT(rows.done, 0);
      row_count += rows.row_count;
    }
    CHECK_INT(row_count, 2);
    CHECK_INT(status, SQLRITE_ERROR);
    CHECK_TEXT(sqlrite_error_message(db), "integer overflow");
  }
  CHECK_INT(sqlrite_reset(query), SQLRITE_OK);
  sqlrite_finalize(query);

  /* A run is read in one way. */
  CHECK_INT(sqlrite_query(db, "SELECT 1 UNION ALL SELECT 2", &query), SQLRITE_OK);
  CHECK_INT(sqlrite_step(query), SQLRITE_ROW);
  CHECK_INT(sqlrite_fetch(query, 1, &rows), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_reset(query), SQLRITE_OK);
  CHECK_INT(sqlrite_fetch(query, 1, &rows), SQLRITE_ROW);
  CHECK_INT(sqlrite_step(query), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_reset(query), SQLRITE_OK);
  CHECK_INT(sqlrite_step(query), SQLRITE_ROW);
  sqlrite_finalize(query);
  CHECK_INT(sqlrite_fetch(query, 1, &rows), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_start(NULL, NULL, 0, NULL, 1, &rows), SQLRITE_INVALID_ARGUMENT);
}

/* Rows that do not come from a query's batches: RETURNING, PRAGMA, EXPLAIN; changes are told of changes only. */
static void other_rows(SqlriteConnection *db) {
  SqlriteStatement *statement = NULL;
  SqlriteRows rows;
  SqlriteRunResult result;
  CHECK_INT(sqlrite_query(db, "INSERT INTO v(a) VALUES (10), (11), (12) RETURNING a, rowid", &statement), SQLRITE_OK);
  CHECK_INT(sqlrite_fetch(statement, 10, &rows), SQLRITE_ROW);
  CHECK_INT(rows.row_count, 3);
  CHECK_INT(rows.done, 1);
  CHECK_INT(rows.values[4].as.integer, 12);
  CHECK_INT(sqlrite_in_transaction(db), 0);
  sqlrite_finalize(statement);
  CHECK_INT(sqlrite_query(db, "PRAGMA table_info(v)", &statement), SQLRITE_OK);
  CHECK_INT(sqlrite_fetch(statement, 10, &rows), SQLRITE_ROW);
  CHECK_INT(rows.row_count, 5);
  CHECK_INT(rows.values[rows.column_count + 1].size, 1);
  sqlrite_finalize(statement);
  CHECK_INT(sqlrite_query(db, "UPDATE v SET e = 1 WHERE a >= 10", &statement), SQLRITE_OK);
  CHECK_INT(sqlrite_run(statement, NULL, 0, NULL, &result), SQLRITE_OK);
  CHECK_INT(result.changes, 3);
  CHECK_INT(sqlrite_fetch(statement, 10, &rows), SQLRITE_DONE); /* runs it once more */
  CHECK_INT(rows.done, 1);
  sqlrite_finalize(statement);
  CHECK_INT(sqlrite_query(db, "CREATE TABLE other(x)", &statement), SQLRITE_OK);
  CHECK_INT(sqlrite_run(statement, NULL, 0, NULL, &result), SQLRITE_OK);
  CHECK_INT(result.changes, 0);
  sqlrite_finalize(statement);
}

/* The schema changes under a prepared statement: it goes on with what is there now. */
static void schema_change(SqlriteConnection *db) {
  SqlriteStatement *query = NULL;
  SqlriteRows rows;
  int count = 0;
  const SqlriteColumn *columns = NULL;
  CHECK_INT(sqlrite_execute(db, "CREATE TABLE grow(a); INSERT INTO grow VALUES (1)"), SQLRITE_OK);
  CHECK_INT(sqlrite_query(db, "SELECT * FROM grow", &query), SQLRITE_OK);
  CHECK_INT(sqlrite_fetch(query, 10, &rows), SQLRITE_ROW);
  CHECK_INT(rows.column_count, 1);
  int generation = rows.generation;
  CHECK_INT(sqlrite_execute(db, "ALTER TABLE grow ADD COLUMN b DEFAULT 'new'"), SQLRITE_OK);
  CHECK_INT(sqlrite_fetch(query, 10, &rows), SQLRITE_ROW);
  CHECK_INT(rows.column_count, 2);
  CHECK(rows.generation != generation);
  CHECK(rows.values[1].size == 3 && memcmp(rows.values[1].as.bytes, "new", 3) == 0);
  CHECK_INT(sqlrite_columns(query, &columns, &count), SQLRITE_OK);
  CHECK_INT(count, 2);
  CHECK_TEXT(columns[1].origin, "b");
  sqlrite_finalize(query);
}

int main(void) {
  SqlriteConnection *db = NULL;
  CHECK_INT(sqlrite_open_in_memory(&db), SQLRITE_OK);
  CHECK_INT(sqlrite_execute(db, "CREATE TABLE v(a, b, c, d, e)"), SQLRITE_OK);
  round_trip(db);
  pieces(db);
  errors(db);
  other_rows(db);
  schema_change(db);
  sqlrite_close(db);
  return check_result("many values per call");
}
