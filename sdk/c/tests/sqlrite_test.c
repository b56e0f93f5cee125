/* SQLRite's own C interface: the whole life of a connection, errors as sentences, values of every type. */
#include <stdlib.h>

#include "check.h"
#include "sqlrite.h"

int main(int argument_count, char **arguments) {
  char path[500];
  snprintf(path, sizeof path, "%s/sqlrite_c.db", argument_count > 1 ? arguments[1] : ".");
  remove(path);
  SqlriteConnection *db = NULL, *sibling = NULL;
  SqlriteStatement *statement = NULL;
  CHECK_INT(sqlrite_open(NULL, &db), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_open("\xff", &db), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_last_error(), "input string was not valid UTF-8");
  CHECK_INT(sqlrite_open(path, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_last_error(), "output pointer is null");
  CHECK_INT(sqlrite_open_read_only("/nowhere/x.db", &db), SQLRITE_ERROR);
  CHECK(db == NULL);
  CHECK_INT(sqlrite_open(path, &db), SQLRITE_OK);
  CHECK(sqlrite_last_error() == NULL);
  CHECK_INT(sqlrite_execute(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, score REAL, data BLOB); "), SQLRITE_OK);
  CHECK_INT(sqlrite_query(db, "INSERT INTO t(name, score, data) VALUES(?1, :score, ?3)", &statement), SQLRITE_OK);
  CHECK_INT(sqlrite_parameter_count(statement), 3);
  CHECK_INT(sqlrite_parameter_index(statement, ":score"), 2);
  CHECK_INT(sqlrite_bind_text(statement, 1, "Ada", -1), SQLRITE_OK);
  CHECK_INT(sqlrite_bind_double(statement, 2, 1.5), SQLRITE_OK);
  CHECK_INT(sqlrite_bind_blob(statement, 3, "\0\1", 2), SQLRITE_OK);
  CHECK_INT(sqlrite_bind_int64(statement, 4, 1), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_step(statement), SQLRITE_DONE);
  CHECK_INT(sqlrite_changes(db), 1);
  CHECK_INT(sqlrite_last_insert_rowid(db), 1);
  CHECK_INT(sqlrite_reset(statement), SQLRITE_OK);
  CHECK_INT(sqlrite_step(statement), SQLRITE_ERROR);
  CHECK_TEXT(sqlrite_last_error(), "UNIQUE constraint failed: t.name");
  CHECK_INT(sqlrite_extended_code(db), 2067);
  CHECK_INT(sqlrite_reset(statement), SQLRITE_OK);
  CHECK_INT(sqlrite_clear_bindings(statement), SQLRITE_OK);
  CHECK_INT(sqlrite_step(statement), SQLRITE_DONE);
  sqlrite_finalize(statement);

  CHECK_INT(sqlrite_query(db, "SELECT id, name, score, data, 'a'||char(0)||'b' FROM t ORDER BY id", &statement), SQLRITE_OK);
  int count = 0, is_null = 0;
  int64_t number = 0;
  double real = 0;
  char *text = NULL;
  const void *bytes = NULL;
  size_t size = 0;
  SqlriteType type = SQLRITE_NULL;
  CHECK_INT(sqlrite_column_count(statement, &count), SQLRITE_OK);
  CHECK_INT(count, 5);
  CHECK_INT(sqlrite_column_name(statement, 1, &text), SQLRITE_OK);
  CHECK_TEXT(text, "name");
  sqlrite_free_string(text);
  CHECK_INT(sqlrite_column_int64(statement, 0, &number), SQLRITE_INVALID_ARGUMENT);
  CHECK(strstr(sqlrite_last_error(), "no current row") != NULL);
  CHECK_INT(sqlrite_step(statement), SQLRITE_ROW);
  CHECK_INT(sqlrite_column_int64(statement, 0, &number), SQLRITE_OK);
  CHECK_INT(number, 1);
  CHECK_INT(sqlrite_column_int64(statement, 1, &number), SQLRITE_ERROR);
  CHECK_TEXT(sqlrite_last_error(), "cannot convert text to i64");
  CHECK_INT(sqlrite_column_double(statement, 2, &real), SQLRITE_OK);
  CHECK(real == 1.5);
  CHECK_INT(sqlrite_column_type(statement, 3, &type), SQLRITE_OK);
  CHECK_INT(type, SQLRITE_BLOB);
  CHECK_INT(sqlrite_column_blob(statement, 3, &bytes, &size), SQLRITE_OK);
  CHECK(size == 2 && memcmp(bytes, "\0\1", 2) == 0);
  CHECK_INT(sqlrite_column_text(statement, 4, &text), SQLRITE_OK);
  CHECK_TEXT(text, "a\\0b");
  sqlrite_free_string(text);
  CHECK_INT(sqlrite_column_text(statement, 9, &text), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_last_error(), "column index 9 out of bounds (row has 5 columns)");
  CHECK_INT(sqlrite_step(statement), SQLRITE_ROW);
  CHECK_INT(sqlrite_column_is_null(statement, 1, &is_null), SQLRITE_OK);
  CHECK_INT(is_null, 1);
  CHECK_INT(sqlrite_column_text(statement, 1, &text), SQLRITE_ERROR);
  CHECK_TEXT(sqlrite_last_error(), "column is NULL");
  CHECK_INT(sqlrite_step(statement), SQLRITE_DONE);
  sqlrite_finalize(statement);

  CHECK_INT(sqlrite_query(db, "SELECT * FROM nix", &statement), SQLRITE_ERROR);
  CHECK(statement == NULL);
  CHECK_INT(sqlrite_error_offset(db), 14);
  CHECK_INT(sqlrite_connect_sibling(db, &sibling), SQLRITE_OK);
  CHECK_INT(sqlrite_execute(db, "BEGIN IMMEDIATE"), SQLRITE_OK);
  CHECK_INT(sqlrite_in_transaction(db), 1);
  CHECK_INT(sqlrite_in_transaction(sibling), 0);
  CHECK_INT(sqlrite_execute(sibling, "BEGIN IMMEDIATE"), SQLRITE_BUSY);
  CHECK(sqlrite_status_is_retryable(SQLRITE_BUSY));
  CHECK_INT(sqlrite_execute(db, "ROLLBACK"), SQLRITE_OK);
  CHECK_INT(sqlrite_query(sibling, "SELECT count(*) FROM t", &statement), SQLRITE_OK);
  sqlrite_close(sibling);
  CHECK_INT(sqlrite_step(statement), SQLRITE_ROW); /* a statement outlives its connection's handle */
  sqlrite_finalize(statement);
  CHECK_INT(sqlrite_is_read_only(db), 0);
  CHECK_INT(sqlrite_is_read_only(NULL), -1);
  CHECK_INT(sqlrite_ask(db, "how many?", NULL, &text), SQLRITE_ERROR);
  CHECK(sqlrite_version()[0] >= '0' && sqlrite_version()[0] <= '9');
  CHECK_TEXT(sqlrite_status_name(SQLRITE_BUSY_SNAPSHOT), "BUSY_SNAPSHOT");
  sqlrite_close(db);
  sqlrite_close(NULL);
  CHECK_INT(sqlrite_open_read_only(path, &db), SQLRITE_OK);
  CHECK_INT(sqlrite_is_read_only(db), 1);
  CHECK_INT(sqlrite_execute(db, "DELETE FROM t"), SQLRITE_ERROR);
  sqlrite_close(db);
  CHECK_INT(sqlrite_open_in_memory(&db), SQLRITE_OK);
  CHECK_INT(sqlrite_connect_sibling(db, &sibling), SQLRITE_ERROR);
  sqlrite_close(db);
  return check_result("sqlrite C interface");
}
