/* SQLRite's own C interface: the whole life of a connection, errors as sentences, values of every type. */
#include "sqlrite.h"

#include <stdlib.h>

#include "check.h"

static void opening(const char *path) {
  SqlriteConnection *db = NULL;
  CHECK_INT(sqlrite_open(NULL, &db), SQLRITE_INVALID_ARGUMENT);
  CHECK_INT(sqlrite_open("\xff", &db), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_last_error(), "input string was not valid UTF-8");
  CHECK_INT(sqlrite_open(path, NULL), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_last_error(), "output pointer is null");
  CHECK_INT(sqlrite_open("\xed\xa0\x80", &db), SQLRITE_INVALID_ARGUMENT); /* half a surrogate pair */
  CHECK_INT(sqlrite_open_read_only("/nowhere/x.db", &db), SQLRITE_ERROR);
  CHECK(db == NULL);
  CHECK_INT(sqlrite_last_extended_code() & 0xff, 14);
  CHECK_TEXT(sqlrite_code_text(14), "unable to open database file");
  CHECK_INT(sqlrite_open_mode(path, (SqlriteOpenMode)7, 0, &db), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_last_error(), "unknown open mode 7");
  CHECK_INT(sqlrite_open_mode(path, SQLRITE_OPEN_READ_WRITE, 0, &db), SQLRITE_ERROR);
}

/* Binding, running, and what a failure leaves behind; then the statement's handle is dead. */
static void changing(SqlriteConnection *db) {
  SqlriteStatement *statement = NULL;
  CHECK_INT(sqlrite_execute(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, name TEXT UNIQUE, score REAL, data BLOB); "),
            SQLRITE_OK);
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
  CHECK_INT(sqlrite_last_extended_code(), 2067);
  CHECK_TEXT(sqlrite_error_message(db), "UNIQUE constraint failed: t.name");
  CHECK_INT(sqlrite_reset(statement), SQLRITE_OK);
  CHECK(sqlrite_error_message(db) == NULL);
  CHECK_INT(sqlrite_extended_code(db), 0);
  CHECK_TEXT(sqlrite_parameter_name(statement, 2), ":score");
  CHECK_TEXT(sqlrite_parameter_name(statement, 1), "?1");
  CHECK(sqlrite_parameter_name(statement, 9) == NULL);
  CHECK_INT(sqlrite_statement_is_read_only(statement), 0);
  CHECK_INT(sqlrite_bind_text(statement, 1, "\xc0\x80", 2), SQLRITE_INVALID_ARGUMENT);
  char *sql = NULL;
  CHECK_INT(sqlrite_expanded_sql(statement, &sql), SQLRITE_OK);
  CHECK_TEXT(sql, "INSERT INTO t(name, score, data) VALUES('Ada', 1.5, x'0001')");
  sqlrite_free_string(sql);
  CHECK_INT(sqlrite_statement_sql(statement, &sql), SQLRITE_OK);
  CHECK_TEXT(sql, "INSERT INTO t(name, score, data) VALUES(?1, :score, ?3)");
  sqlrite_free_string(sql);
  CHECK_INT(sqlrite_clear_bindings(statement), SQLRITE_OK);
  CHECK_INT(sqlrite_step(statement), SQLRITE_DONE);
  sqlrite_finalize(statement);
  CHECK_INT(sqlrite_step(statement), SQLRITE_INVALID_ARGUMENT); /* a dead handle is recognised */
  CHECK_TEXT(sqlrite_last_error(), "statement is finalized");
  sqlrite_finalize(statement);
}

static void script_by_statement(SqlriteConnection *db) {
  SqlriteStatement *statement = NULL;
  size_t tail = 0;
  const char *script = "SELECT 1; -- one\n SELECT 2";
  CHECK_INT(sqlrite_prepare(db, script, -1, &statement, &tail), SQLRITE_OK);
  CHECK_INT(tail, 9);
  sqlrite_finalize(statement);
  CHECK_INT(sqlrite_prepare(db, script + tail, (int64_t)strlen(script + tail), &statement, &tail), SQLRITE_OK);
  CHECK_INT(sqlrite_step(statement), SQLRITE_ROW);
  CHECK_INT(sqlrite_statement_is_running(statement), 1);
  CHECK_INT(sqlrite_bind_values(statement, NULL, 0, NULL), SQLRITE_OK); /* resets */
  CHECK_INT(sqlrite_statement_is_running(statement), 0);
  sqlrite_finalize(statement);
  CHECK_INT(sqlrite_prepare(db, " -- nothing\n", -1, &statement, &tail), SQLRITE_OK);
  CHECK(statement == NULL);
  CHECK_INT(sqlrite_query(db, " ", &statement), SQLRITE_INVALID_ARGUMENT);
}

static void columns_known_before_rows(SqlriteStatement *statement) {
  int count = 0;
  char *text = NULL;
  CHECK_INT(sqlrite_column_count(statement, &count), SQLRITE_OK);
  CHECK_INT(count, 5);
  CHECK_INT(sqlrite_column_name(statement, 1, &text), SQLRITE_OK);
  CHECK_TEXT(text, "name");
  sqlrite_free_string(text);
  const SqlriteColumn *columns = NULL;
  CHECK_INT(sqlrite_columns(statement, &columns, &count), SQLRITE_OK);
  CHECK_INT(count, 5);
  CHECK_TEXT(columns[1].name, "name");
  CHECK_TEXT(columns[1].declared_type, "TEXT");
  CHECK_TEXT(columns[1].database, "main");
  CHECK_TEXT(columns[1].table, "t");
  CHECK_TEXT(columns[1].origin, "name");
  CHECK_TEXT(columns[4].name, "'a'||char(0)||'b'");
  CHECK(columns[4].declared_type == NULL && columns[4].table == NULL);
}

static void rows_and_conversions(SqlriteConnection *db) {
  SqlriteStatement *statement = NULL;
  int is_null = 0;
  int64_t number = 0;
  double real = 0;
  char *text = NULL;
  const void *bytes = NULL;
  size_t size = 0;
  SqlriteType type = SQLRITE_NULL;
  CHECK_INT(sqlrite_query(db, "SELECT id, name, score, data, 'a'||char(0)||'b' FROM t ORDER BY id", &statement),
            SQLRITE_OK);
  columns_known_before_rows(statement);
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
  CHECK_INT(sqlrite_column_bytes(statement, 3, &size), SQLRITE_OK);
  CHECK_INT(size, 2);
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
}

static void siblings(SqlriteConnection *db) {
  SqlriteConnection *sibling = NULL;
  SqlriteStatement *statement = NULL;
  CHECK_INT(sqlrite_query(db, "SELECT * FROM nix", &statement), SQLRITE_ERROR);
  CHECK(statement == NULL);
  CHECK_INT(sqlrite_error_offset(db), 14);
  CHECK_INT(sqlrite_connect_sibling(db, &sibling), SQLRITE_OK);
  CHECK_INT(sqlrite_execute(db, "BEGIN IMMEDIATE"), SQLRITE_OK);
  CHECK_INT(sqlrite_in_transaction(db), 1);
  CHECK_INT(sqlrite_is_autocommit(db), 0);
  CHECK_INT(sqlrite_in_transaction(sibling), 0);
  CHECK_INT(sqlrite_execute(sibling, "BEGIN IMMEDIATE"), SQLRITE_BUSY);
  CHECK(sqlrite_status_is_retryable(SQLRITE_BUSY));
  CHECK_INT(sqlrite_execute(db, "ROLLBACK"), SQLRITE_OK);
  CHECK_INT(sqlrite_query(sibling, "SELECT count(*) FROM t", &statement), SQLRITE_OK);
  sqlrite_close(sibling);
  CHECK_INT(sqlrite_step(statement), SQLRITE_ROW); /* a statement outlives its connection's handle */
  sqlrite_finalize(statement);
}

static void facts(SqlriteConnection *db) {
  CHECK_INT(sqlrite_is_read_only(db), 0);
  CHECK_INT(sqlrite_is_read_only(NULL), -1);
  char *text = NULL;
  CHECK_INT(sqlrite_ask(db, "how many?", NULL, &text), SQLRITE_ERROR);
  int major = 0, minor = 0, patch = 0;
  CHECK_INT(sscanf(sqlrite_version(), "%d.%d.%d", &major, &minor, &patch), 3);
  CHECK_INT(sqlrite_version_number(), major * 1000000 + minor * 1000 + patch);
  CHECK(sqlrite_version()[0] >= '0' && sqlrite_version()[0] <= '9');
  CHECK_TEXT(sqlrite_status_name(SQLRITE_BUSY_SNAPSHOT), "BUSY_SNAPSHOT");
}

static void closing(SqlriteConnection *db, const char *path) {
  SqlriteConnection *sibling = NULL;
  sqlrite_close(db);
  sqlrite_close(db);
  sqlrite_close(NULL);
  CHECK_INT(sqlrite_execute(db, "SELECT 1"), SQLRITE_INVALID_ARGUMENT);
  CHECK_TEXT(sqlrite_last_error(), "connection is closed");
  CHECK_INT(sqlrite_in_transaction(db), -1);
  CHECK_INT(sqlrite_open_read_only(path, &db), SQLRITE_OK);
  CHECK_INT(sqlrite_is_read_only(db), 1);
  CHECK_INT(sqlrite_execute(db, "DELETE FROM t"), SQLRITE_ERROR);
  sqlrite_close(db);
  CHECK_INT(sqlrite_open_in_memory(&db), SQLRITE_OK);
  CHECK_INT(sqlrite_connect_sibling(db, &sibling), SQLRITE_ERROR);
  sqlrite_close(db);
}

int main(int argument_count, char **arguments) {
  char path[500];
  snprintf(path, sizeof path, "%s/sqlrite_c.db", argument_count > 1 ? arguments[1] : ".");
  remove(path);
  SqlriteConnection *db = NULL;
  opening(path);
  CHECK_INT(sqlrite_open(path, &db), SQLRITE_OK);
  CHECK(sqlrite_last_error() == NULL);
  changing(db);
  script_by_statement(db);
  rows_and_conversions(db);
  siblings(db);
  facts(db);
  closing(db, path);
  return check_result("sqlrite C interface");
}
