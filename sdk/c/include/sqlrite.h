/* SQLRite's own C interface.
 *
 *   SqlriteConnection *db;
 *   if (sqlrite_open("app.db", &db) != SQLRITE_OK) puts(sqlrite_last_error());
 *   SqlriteStatement *query;
 *   sqlrite_query(db, "SELECT id, name FROM person WHERE id > ?1", &query);
 *   sqlrite_bind_int64(query, 1, 10);
 *   while (sqlrite_step(query) == SQLRITE_ROW) { ... sqlrite_column_text(query, 1, &name) ... sqlrite_free_string(name); }
 *   sqlrite_finalize(query);
 *   sqlrite_close(db);
 *
 * Every function that can fail returns a SqlriteStatus and leaves a sentence in sqlrite_last_error(). Handles that a
 * function gives out are NULL when it fails. Texts are UTF-8. A connection and its statements may be used by several
 * threads, one call at a time; sqlrite_interrupt() may come at any time. */
#ifndef SQLRITE_H
#define SQLRITE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#ifndef SQLRITE_API
#define SQLRITE_API
#endif

typedef enum SqlriteStatus {
  SQLRITE_OK = 0,
  SQLRITE_ERROR = 1,            /* sqlrite_last_error() says what; sqlrite_extended_code() gives SQLite's number */
  SQLRITE_INVALID_ARGUMENT = 2, /* a NULL handle, an index out of range, text that is not UTF-8 */
  SQLRITE_BUSY = 5,             /* somebody else is writing, or a concurrent transaction lost: try again */
  SQLRITE_BUSY_SNAPSHOT = 6,    /* what was read has changed since: roll back and try again */
  SQLRITE_DONE = 101,
  SQLRITE_ROW = 102
} SqlriteStatus;

typedef enum SqlriteType {
  SQLRITE_INTEGER = 1,
  SQLRITE_REAL = 2,
  SQLRITE_TEXT = 3,
  SQLRITE_BLOB = 4,
  SQLRITE_NULL = 5
} SqlriteType;

typedef struct SqlriteConnection SqlriteConnection;
typedef struct SqlriteStatement SqlriteStatement;

/* The message of this thread's latest failure; NULL when its latest call succeeded. Valid until its next call. */
SQLRITE_API const char *sqlrite_last_error(void);
/* "0.x.y" */
SQLRITE_API const char *sqlrite_version(void);
/* 1 for BUSY and BUSY_SNAPSHOT: the same work may succeed when it is tried again. */
SQLRITE_API int sqlrite_status_is_retryable(SqlriteStatus status);
/* The name of a status, "BUSY". */
SQLRITE_API const char *sqlrite_status_name(SqlriteStatus status);

/* Opens a database file and creates it if it is missing. */
SQLRITE_API SqlriteStatus sqlrite_open(const char *path, SqlriteConnection **out);
/* Opens an existing file for reading only. */
SQLRITE_API SqlriteStatus sqlrite_open_read_only(const char *path, SqlriteConnection **out);
/* A private database in memory. */
SQLRITE_API SqlriteStatus sqlrite_open_in_memory(SqlriteConnection **out);
/* Another connection to the same database file, for another thread or a concurrent transaction. Closed on its own. */
SQLRITE_API SqlriteStatus sqlrite_connect_sibling(SqlriteConnection *existing, SqlriteConnection **out);
/* Closes; an open transaction is rolled back. Statements still alive keep working until they are finalized. NULL is ok. */
SQLRITE_API void sqlrite_close(SqlriteConnection *connection);

/* Runs every statement of the text and drops their rows. */
SQLRITE_API SqlriteStatus sqlrite_execute(SqlriteConnection *connection, const char *sql);
/* Prepares one statement of any kind; an empty text is an error. */
SQLRITE_API SqlriteStatus sqlrite_query(SqlriteConnection *connection, const char *sql, SqlriteStatement **out);
/* How long to wait for a lock before BUSY is answered. */
SQLRITE_API SqlriteStatus sqlrite_set_busy_timeout(SqlriteConnection *connection, int timeout_ms);
/* Makes running statements of the connection stop with an error. Any thread. */
SQLRITE_API void sqlrite_interrupt(SqlriteConnection *connection);
/* 1 inside a transaction, 0 outside, -1 for NULL. */
SQLRITE_API int sqlrite_in_transaction(SqlriteConnection *connection);
/* 1 when opened for reading only, 0 otherwise, -1 for NULL. */
SQLRITE_API int sqlrite_is_read_only(SqlriteConnection *connection);
/* Rows that the latest INSERT, UPDATE or DELETE changed; 0 for NULL. */
SQLRITE_API int64_t sqlrite_changes(SqlriteConnection *connection);
/* Rows changed since the connection was opened; 0 for NULL. */
SQLRITE_API int64_t sqlrite_total_changes(SqlriteConnection *connection);
/* The rowid of the latest successful INSERT; 0 for NULL. */
SQLRITE_API int64_t sqlrite_last_insert_rowid(SqlriteConnection *connection);
/* SQLite's extended result code of the latest call on the connection (2067: a UNIQUE constraint failed). */
SQLRITE_API int sqlrite_extended_code(SqlriteConnection *connection);
/* Byte offset of the latest error in its SQL text; -1 when it is not about a place. */
SQLRITE_API int64_t sqlrite_error_offset(SqlriteConnection *connection);

/* Parameters are numbered from 1. Bytes are copied. A NULL pointer binds NULL; `size` -1: up to the terminating zero. */
SQLRITE_API SqlriteStatus sqlrite_bind_null(SqlriteStatement *statement, int number);
SQLRITE_API SqlriteStatus sqlrite_bind_int64(SqlriteStatement *statement, int number, int64_t value);
SQLRITE_API SqlriteStatus sqlrite_bind_double(SqlriteStatement *statement, int number, double value);
SQLRITE_API SqlriteStatus sqlrite_bind_text(SqlriteStatement *statement, int number, const char *text, int64_t size);
SQLRITE_API SqlriteStatus sqlrite_bind_blob(SqlriteStatement *statement, int number, const void *bytes, int64_t size);
/* How many parameters there are; 0 for NULL. */
SQLRITE_API int sqlrite_parameter_count(SqlriteStatement *statement);
/* The number of a named parameter (":id" with its prefix), 0 when there is none. */
SQLRITE_API int sqlrite_parameter_index(SqlriteStatement *statement, const char *name);
/* Makes all parameters NULL. */
SQLRITE_API SqlriteStatus sqlrite_clear_bindings(SqlriteStatement *statement);

/* ROW: a row is there to be read. DONE: no more. */
SQLRITE_API SqlriteStatus sqlrite_step(SqlriteStatement *statement);
/* Ready to run again; bindings stay. */
SQLRITE_API SqlriteStatus sqlrite_reset(SqlriteStatement *statement);
/* NULL is ok. */
SQLRITE_API void sqlrite_finalize(SqlriteStatement *statement);

/* Columns are numbered from 0. Count and names are known before the first step. */
SQLRITE_API SqlriteStatus sqlrite_column_count(SqlriteStatement *statement, int *out);
/* The caller frees the name with sqlrite_free_string(). */
SQLRITE_API SqlriteStatus sqlrite_column_name(SqlriteStatement *statement, int index, char **out);
/* The type of the value in the current row. */
SQLRITE_API SqlriteStatus sqlrite_column_type(SqlriteStatement *statement, int index, SqlriteType *out);
/* 1 or 0. */
SQLRITE_API SqlriteStatus sqlrite_column_is_null(SqlriteStatement *statement, int index, int *out);
/* An error for NULL and for values that are no integer. */
SQLRITE_API SqlriteStatus sqlrite_column_int64(SqlriteStatement *statement, int index, int64_t *out);
/* Integers and reals. */
SQLRITE_API SqlriteStatus sqlrite_column_double(SqlriteStatement *statement, int index, double *out);
/* Any value but NULL as text. The caller frees it with sqlrite_free_string(). A NUL inside becomes the characters \0. */
SQLRITE_API SqlriteStatus sqlrite_column_text(SqlriteStatement *statement, int index, char **out);
/* Bytes of a text or blob, valid until the next step, reset or finalize. NULL and 0 for NULL. */
SQLRITE_API SqlriteStatus sqlrite_column_blob(SqlriteStatement *statement, int index, const void **out, size_t *size);

/* Asks a language model for SQL. Not part of this library build: always SQLRITE_ERROR, with a message that says so. */
SQLRITE_API SqlriteStatus sqlrite_ask(SqlriteConnection *connection, const char *question, const char *config_json, char **out);

/* Frees a text that this library gave out. NULL is ok. */
SQLRITE_API void sqlrite_free_string(char *text);

#ifdef __cplusplus
}
#endif
#endif /* SQLRITE_H */
