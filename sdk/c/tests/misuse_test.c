/* Wrong calls: every function with a NULL handle, with a dead one, without a place for its answer, and with numbers
 * that are out of range. The answer is a status or the documented value, never a crash. */
#include <stdlib.h>

#include "check.h"
#include "sqlrite.h"

static void wrong_connection(SqlriteConnection *db, const char *message) {
  SqlriteConnection *other = (SqlriteConnection *)1;
  SqlriteStatement *statement = (SqlriteStatement *)1;
  char *text = (char *)1;
  CHECK_INT(sqlrite_connect_sibling(db, &other), SQLRITE_INVALID_ARGUMENT);
  CHECK(other == NULL);
  CHECK_TEXT(sqlrite_last_error(), message);
  CHECK_INT(sqlrite_last_extended_code(), 21);
  CHECK_INT(sqlrite_execute(db, "SELECT 1"), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_query(db, "SELECT 1", &statement), SQLRITE_INVALID_ARGUMENT);
  CHECK(statement == NULL);
  CHECK_INT(sqlrite_prepare(db, "SELECT 1", -1, &statement, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_set_busy_timeout(db, 1), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_ask(db, "?", NULL, &text), SQLRITE_INVALID_ARGUMENT);
  CHECK(text == NULL);
  CHECK_INT(sqlrite_in_transaction(db), -1);
  CHECK_INT(sqlrite_is_autocommit(db), -1);
  CHECK_INT(sqlrite_is_read_only(db), -1);
  CHECK_INT(sqlrite_changes(db), 0);
  CHECK_INT(sqlrite_total_changes(db), 0);
  CHECK_INT(sqlrite_last_insert_rowid(db), 0);
  CHECK_INT(sqlrite_extended_code(db), 0);
  CHECK_INT(sqlrite_error_offset(db), -1);
  CHECK(sqlrite_error_message(db) == NULL);
  sqlrite_interrupt(db);
  sqlrite_close(db);
}

static void wrong_statement(SqlriteStatement *statement, const char *message) {
  SqlriteValue value = {{0}, 0, SQLRITE_INTEGER, {0}};
  SqlriteRows rows;
  SqlriteRunResult result;
  const SqlriteColumn *columns = NULL;
  const void *bytes = NULL;
  char *text = (char *)1;
  size_t size = 1;
  int64_t integer = 1;
  double real = 1;
  int number = 1;
  SqlriteType type = SQLRITE_TEXT;
  CHECK_INT(sqlrite_step(statement), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_last_error(), message);
  CHECK_INT(sqlrite_reset(statement), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_statement_is_read_only(statement), -1);
  CHECK_INT(sqlrite_statement_is_running(statement), -1);
  CHECK_INT(sqlrite_statement_sql(statement, &text), SQLRITE_INVALID_ARGUMENT);
  CHECK(text == NULL);
  CHECK_INT(sqlrite_expanded_sql(statement, &text), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_bind_null(statement, 1), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_bind_int64(statement, 1, 1), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_bind_double(statement, 1, 1), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_bind_text(statement, 1, "x", -1), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_bind_blob(statement, 1, "x", 1), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_bind_values(statement, &value, 1, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_clear_bindings(statement), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_parameter_count(statement), 0);
  CHECK_INT(sqlrite_parameter_index(statement, ":a"), 0);
  CHECK(sqlrite_parameter_name(statement, 1) == NULL);
  CHECK_INT(sqlrite_column_count(statement, &number), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(number, 0);
  CHECK_INT(sqlrite_column_name(statement, 0, &text), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_columns(statement, &columns, &number), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_type(statement, 0, &type), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_is_null(statement, 0, &number), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_int64(statement, 0, &integer), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_double(statement, 0, &real), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_text(statement, 0, &text), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_blob(statement, 0, &bytes, &size), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(size, 0);
  CHECK_INT(sqlrite_column_bytes(statement, 0, &size), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_run(statement, &value, 1, NULL, &result), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_start(statement, &value, 1, NULL, 1, &rows), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_fetch(statement, 1, &rows), SQLRITE_INVALID_ARGUMENT);
  sqlrite_finalize(statement);
}

/* No place for the answer, no text, numbers out of range. */
static void wrong_arguments(SqlriteConnection *db) {
  SqlriteStatement *query = NULL;
  SqlriteStatement *none = NULL;
  int number = 0;
  const SqlriteColumn *columns = NULL;
  const void *bytes = NULL;
  size_t size = 0;
  CHECK_INT(sqlrite_open(NULL, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_open_in_memory(NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_connect_sibling(db, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_execute(db, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_error_message(db), "SQL text is null");
  CHECK_INT(sqlrite_execute(db, "SELECT '\xff'"), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_query(db, NULL, &none), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_query(db, "SELECT 1", NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_prepare(db, NULL, 3, &none, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_prepare(db, "\x80", 1, &none, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_query(db, "SELECT ?1, 'text'", &query), SQLRITE_OK);
  CHECK_INT(sqlrite_bind_null(query, 1), SQLRITE_OK);
  for (int wrong = -1; wrong <= 2; wrong += wrong < 0 ? 1 : 2) {
    CHECK_INT(sqlrite_bind_null(query, wrong), SQLRITE_INVALID_ARGUMENT);
    CHECK_INT(sqlrite_extended_code(db), 25);
    CHECK(sqlrite_parameter_name(query, wrong) == NULL);
  }
  CHECK_INT(sqlrite_bind_blob(query, 1, "x", -1), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_bind_values(query, NULL, -1, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_parameter_index(query, NULL), 0);
  CHECK_INT(sqlrite_column_count(query, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_name(query, 0, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_columns(query, NULL, &number), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_columns(query, &columns, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_statement_sql(query, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_expanded_sql(query, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_start(query, NULL, 0, NULL, 1, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_fetch(query, 1, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_step(query), SQLRITE_ROW);
  CHECK_INT(sqlrite_bind_null(query, 1), SQLRITE_INVALID_ARGUMENT); /* while it runs */
  CHECK_INT(sqlrite_column_type(query, 1, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_is_null(query, -1, &number), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_int64(query, 1, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_double(query, 1, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_text(query, 1, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_blob(query, 1, &bytes, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_blob(query, 1, NULL, &size), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_bytes(query, 1, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_column_bytes(query, 1, &size), SQLRITE_OK);
  CHECK_INT(size, 4);
  CHECK_TEXT(sqlrite_status_name((SqlriteStatus)77), "unknown status");
  CHECK_INT(sqlrite_status_is_retryable(SQLRITE_ERROR), 0);
  sqlrite_free_string(NULL);
  sqlrite_close(db);
  CHECK_INT(sqlrite_reset(query), SQLRITE_OK); /* it outlives the connection's handle */
  sqlrite_finalize(query);
  wrong_statement(query, "statement is finalized");
}

int main(void) {
  SqlriteConnection *db = NULL;
  wrong_connection(NULL, "connection handle is null");
  wrong_statement(NULL, "statement handle is null");
  CHECK_INT(sqlrite_open_in_memory(&db), SQLRITE_OK);
  wrong_arguments(db);
  wrong_connection(db, "connection is closed");
  return check_result("wrong calls");
}
