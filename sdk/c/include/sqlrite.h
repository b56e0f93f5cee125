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
 * What holds for every function, unless its own comment says otherwise:
 *
 * Errors. A function that can fail returns a SqlriteStatus. After a failure sqlrite_last_error() has a sentence for this
 *   thread, and sqlrite_error_message(), sqlrite_extended_code() and sqlrite_error_offset() tell the same of the
 *   connection, whatever thread asks. No argument makes the library crash: a NULL pointer, an index out of range and a
 *   handle that was closed or finalized before are answered with SQLRITE_INVALID_ARGUMENT.
 * Ownership. Handles that a function gives out are NULL when it fails. `char **` results belong to the caller, who frees
 *   them with sqlrite_free_string(). `const char *` results belong to the library; each comment says until when they live.
 *   What the caller passes in is read during the call only; bound bytes are copied.
 * Text. UTF-8, ended by a NUL byte unless a size in bytes is passed beside it.
 * Numbers. Parameters count from 1, columns and rows from 0. Times are milliseconds, sizes are bytes.
 * Threads. A connection and its statements may be used by any thread; calls on one connection wait for each other, and
 *   sqlrite_interrupt() waits for nobody. What is read from a statement's current row belongs to the thread that steps it. */
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
  SQLRITE_INVALID_ARGUMENT = 2, /* a NULL or dead handle, an index out of range, text that is not UTF-8 */
  SQLRITE_BUSY = 5,             /* somebody else is writing, or a concurrent transaction lost: try again */
  SQLRITE_BUSY_SNAPSHOT = 6,    /* what was read has changed since: roll back and try again */
  SQLRITE_DONE = 101,           /* no more rows */
  SQLRITE_ROW = 102             /* a row is there to be read */
} SqlriteStatus;

/* Types of values; the numbers are SQLite's. */
typedef enum SqlriteType {
  SQLRITE_INTEGER = 1, /* 64 bits, signed */
  SQLRITE_REAL = 2,    /* an IEEE 754 double, never NaN */
  SQLRITE_TEXT = 3,    /* UTF-8; bytes that are not valid UTF-8 are kept as they are */
  SQLRITE_BLOB = 4,    /* bytes */
  SQLRITE_NULL = 5
} SqlriteType;

typedef enum SqlriteOpenMode {
  SQLRITE_OPEN_CREATE = 0,     /* read and write; a missing file is created */
  SQLRITE_OPEN_READ_WRITE = 1, /* read and write; a missing file is an error */
  SQLRITE_OPEN_READ_ONLY = 2   /* an existing file, which stays as it is */
} SqlriteOpenMode;

typedef struct SqlriteConnection SqlriteConnection;
typedef struct SqlriteStatement SqlriteStatement;

/* ---------------------------------------------------------------- library */

/* The message of this thread's latest failure; NULL when this thread's latest call succeeded. Lives until the thread's
 * next call. A language that moves between threads asks the connection instead: sqlrite_error_message(). */
SQLRITE_API const char *sqlrite_last_error(void);
/* SQLite's extended result code of this thread's latest failure (14: cannot open), 0 when its latest call succeeded. */
SQLRITE_API int sqlrite_last_extended_code(void);
/* "0.x.y". Lives for ever. */
SQLRITE_API const char *sqlrite_version(void);
/* The same as a number: major * 1000000 + minor * 1000 + patch. */
SQLRITE_API int sqlrite_version_number(void);
/* 1 for BUSY and BUSY_SNAPSHOT: the same work may succeed when it is tried again. Else 0. */
SQLRITE_API int sqlrite_status_is_retryable(SqlriteStatus status);
/* The name of a status, "BUSY"; "unknown status" for other numbers. Lives for ever. */
SQLRITE_API const char *sqlrite_status_name(SqlriteStatus status);
/* SQLite's text for a primary or extended result code: 5 gives "database is locked". Lives for ever. */
SQLRITE_API const char *sqlrite_code_text(int code);
/* Frees a text that this library gave out as `char **`. NULL is ok. */
SQLRITE_API void sqlrite_free_string(char *text);

/* ---------------------------------------------------------------- connections */

/* Opens a database file and creates it if it is missing. ":memory:" is a private database in memory, "" a private one in
 * a temporary file. Also fails when the file is no database. */
SQLRITE_API SqlriteStatus sqlrite_open(const char *path, SqlriteConnection **out);
/* Opens an existing file for reading only. */
SQLRITE_API SqlriteStatus sqlrite_open_read_only(const char *path, SqlriteConnection **out);
/* A private database in memory. */
SQLRITE_API SqlriteStatus sqlrite_open_in_memory(SqlriteConnection **out);
/* Opens in one of the three modes, with a busy timeout that is in force from the first access on. */
SQLRITE_API SqlriteStatus sqlrite_open_mode(const char *path, SqlriteOpenMode mode, int busy_timeout_ms,
                                            SqlriteConnection **out);
/* Another connection to the same database file, in the same mode and with the same busy timeout: for another thread or a
 * transaction beside the first one. Each is closed on its own, in any order. A database in memory has no siblings. */
SQLRITE_API SqlriteStatus sqlrite_connect_sibling(SqlriteConnection *existing, SqlriteConnection **out);
/* Closes; an open transaction is rolled back. Statements that are still alive keep working, and keep the file open, until
 * they are finalized. NULL and a closed handle are ok. */
SQLRITE_API void sqlrite_close(SqlriteConnection *connection);

/* Runs every statement of the text and drops their rows. The first failure ends it; what ran before stays done. */
SQLRITE_API SqlriteStatus sqlrite_execute(SqlriteConnection *connection, const char *sql);
/* How long to wait for somebody else's lock before BUSY is answered; 0 (the default): not at all. */
SQLRITE_API SqlriteStatus sqlrite_set_busy_timeout(SqlriteConnection *connection, int timeout_ms);
/* Makes the statements that are running on the connection stop with SQLite's code 9 (interrupted). Any thread, any time
 * before sqlrite_close(). Nothing happens when none is running. */
SQLRITE_API void sqlrite_interrupt(SqlriteConnection *connection);
/* 1 inside a transaction, 0 outside (autocommit), -1 for a NULL or closed handle. */
SQLRITE_API int sqlrite_in_transaction(SqlriteConnection *connection);
/* 1 outside a transaction: each statement commits by itself. 0 inside, -1 for a NULL or closed handle. */
SQLRITE_API int sqlrite_is_autocommit(SqlriteConnection *connection);
/* 1 when opened for reading only, 0 otherwise, -1 for a NULL or closed handle. */
SQLRITE_API int sqlrite_is_read_only(SqlriteConnection *connection);
/* Rows that the latest INSERT, UPDATE or DELETE changed, without those of foreign-key actions and triggers. 0 for NULL. */
SQLRITE_API int64_t sqlrite_changes(SqlriteConnection *connection);
/* Rows changed since the connection was opened. 0 for NULL. */
SQLRITE_API int64_t sqlrite_total_changes(SqlriteConnection *connection);
/* The rowid of the latest successful INSERT into a table with rowids; 0 before the first one and for NULL. */
SQLRITE_API int64_t sqlrite_last_insert_rowid(SqlriteConnection *connection);

/* The connection's latest failure, as long as no later call on it succeeded. These do not depend on the thread, and do not
 * change what they tell. */
/* The message; NULL when the latest call succeeded. Lives until the next call on the connection or its statements. */
SQLRITE_API const char *sqlrite_error_message(SqlriteConnection *connection);
/* SQLite's extended result code (2067: a UNIQUE constraint failed); the low byte is the primary code. 0: no failure. */
SQLRITE_API int sqlrite_extended_code(SqlriteConnection *connection);
/* Byte offset of the error in its SQL text; -1 when it is not about a place. */
SQLRITE_API int64_t sqlrite_error_offset(SqlriteConnection *connection);

/* ---------------------------------------------------------------- statements */

/* Prepares the first statement of the text, of any kind. A text without a statement is SQLRITE_INVALID_ARGUMENT. */
SQLRITE_API SqlriteStatus sqlrite_query(SqlriteConnection *connection, const char *sql, SqlriteStatement **out);
/* The same for a text of `size` bytes (-1: up to its NUL) of which the first statement is taken. `tail` (may be NULL) gets
 * the offset of what follows it, so that a caller can go on from there. White space and comments alone give SQLRITE_OK and
 * a NULL statement. A NUL byte inside the text ends it. */
SQLRITE_API SqlriteStatus sqlrite_prepare(SqlriteConnection *connection, const char *sql, int64_t size,
                                          SqlriteStatement **out, size_t *tail);
/* Runs the statement to its next row: SQLRITE_ROW, or SQLRITE_DONE at the end, after which the next step begins anew. */
SQLRITE_API SqlriteStatus sqlrite_step(SqlriteStatement *statement);
/* Ends the run, if there is one; ready to run again, bindings stay. It repeats no error of a step, but outside a
 * transaction it commits what the statement changed, and that can fail. */
SQLRITE_API SqlriteStatus sqlrite_reset(SqlriteStatement *statement);
/* Ends the run and the statement. NULL and a finalized handle are ok. */
SQLRITE_API void sqlrite_finalize(SqlriteStatement *statement);
/* 1 when the statement cannot change the database file, 0 when it can, -1 for a NULL or finalized handle. */
SQLRITE_API int sqlrite_statement_is_read_only(SqlriteStatement *statement);
/* 1 between the first step and the end or reset, else 0; -1 for a NULL or finalized handle. */
SQLRITE_API int sqlrite_statement_is_running(SqlriteStatement *statement);
/* The statement's text. The caller frees it. */
SQLRITE_API SqlriteStatus sqlrite_statement_sql(SqlriteStatement *statement, char **out);
/* The text with the bound values in place of the parameters. The caller frees it. */
SQLRITE_API SqlriteStatus sqlrite_expanded_sql(SqlriteStatement *statement, char **out);

/* ---------------------------------------------------------------- parameters */

/* Bindings stay until they are replaced or cleared. Binding while the statement runs is an error: reset it first. A NULL
 * pointer binds NULL. `size` is in bytes, without a NUL; -1: up to the NUL. Text has to be valid UTF-8. */
SQLRITE_API SqlriteStatus sqlrite_bind_null(SqlriteStatement *statement, int number);
SQLRITE_API SqlriteStatus sqlrite_bind_int64(SqlriteStatement *statement, int number, int64_t value);
/* NaN binds NULL, as in SQLite. */
SQLRITE_API SqlriteStatus sqlrite_bind_double(SqlriteStatement *statement, int number, double value);
SQLRITE_API SqlriteStatus sqlrite_bind_text(SqlriteStatement *statement, int number, const char *text, int64_t size);
SQLRITE_API SqlriteStatus sqlrite_bind_blob(SqlriteStatement *statement, int number, const void *bytes, int64_t size);
/* How many parameters there are (the largest number); 0 for NULL. */
SQLRITE_API int sqlrite_parameter_count(SqlriteStatement *statement);
/* The number of a named parameter (":id", "@id" or "$id", with the prefix); 0 when there is none. */
SQLRITE_API int sqlrite_parameter_index(SqlriteStatement *statement, const char *name);
/* The name of a parameter with its prefix ("?5" for numbered ones); NULL for a plain "?" and for a number out of range.
 * Lives until the statement is finalized or made again after a change of the schema. */
SQLRITE_API const char *sqlrite_parameter_name(SqlriteStatement *statement, int number);
/* Makes all parameters NULL. */
SQLRITE_API SqlriteStatus sqlrite_clear_bindings(SqlriteStatement *statement);

/* ---------------------------------------------------------------- columns and the current row */

/* Count and names are known before the first step; the count is 0 for statements that give no rows. */
SQLRITE_API SqlriteStatus sqlrite_column_count(SqlriteStatement *statement, int *out);
/* The caller frees the name. */
SQLRITE_API SqlriteStatus sqlrite_column_name(SqlriteStatement *statement, int index, char **out);

/* What is known of a column before its values. Members are NULL where they do not apply: an expression has a name only. */
typedef struct SqlriteColumn {
  const char *name;
  const char *declared_type; /* as in CREATE TABLE: "VARCHAR(10)" */
  const char *database;      /* "main" */
  const char *table;
  const char *origin; /* the column's name in that table */
} SqlriteColumn;
/* All columns at once. The array and its texts live until the statement is finalized, or stepped after a change of the
 * schema. */
SQLRITE_API SqlriteStatus sqlrite_columns(SqlriteStatement *statement, const SqlriteColumn **out, int *count);

/* The type of the value in the current row. */
SQLRITE_API SqlriteStatus sqlrite_column_type(SqlriteStatement *statement, int index, SqlriteType *out);
/* 1 or 0. */
SQLRITE_API SqlriteStatus sqlrite_column_is_null(SqlriteStatement *statement, int index, int *out);
/* An error for NULL and for values that are no integer: "cannot convert text to i64". */
SQLRITE_API SqlriteStatus sqlrite_column_int64(SqlriteStatement *statement, int index, int64_t *out);
/* Integers and reals; an error for others. */
SQLRITE_API SqlriteStatus sqlrite_column_double(SqlriteStatement *statement, int index, double *out);
/* Any value but NULL as text. The caller frees it. A NUL inside becomes the characters \0. */
SQLRITE_API SqlriteStatus sqlrite_column_text(SqlriteStatement *statement, int index, char **out);
/* Bytes of a text or blob (a number: of its text), with a NUL behind them that `size` does not count. NULL and 0 for NULL
 * and for an empty blob. They live until the next step, reset or finalize of the statement. */
SQLRITE_API SqlriteStatus sqlrite_column_blob(SqlriteStatement *statement, int index, const void **out, size_t *size);
/* The size in bytes that sqlrite_column_blob() gives. */
SQLRITE_API SqlriteStatus sqlrite_column_bytes(SqlriteStatement *statement, int index, size_t *out);

/* ---------------------------------------------------------------- many values per call
 *
 * For languages in which a call into C costs more than the work: values travel as arrays of plain structs. A fetch hands
 * out many rows, a start binds, runs and fetches, a run binds and runs to the end. */

/* One value, 16 bytes. */
typedef struct SqlriteValue {
  union {
    int64_t integer;   /* SQLRITE_INTEGER */
    double real;       /* SQLRITE_REAL */
    const char *bytes; /* SQLRITE_TEXT and SQLRITE_BLOB */
    uint64_t offset;   /* the same, as an offset: see sqlrite_bind_values() */
  } as;
  uint32_t size; /* of text and blobs, in bytes */
  uint8_t type;  /* a SqlriteType */
  uint8_t reserved[3];
} SqlriteValue;

/* Rows of one fetch, row after row. */
typedef struct SqlriteRows {
  const SqlriteValue *values; /* row_count * column_count of them */
  int row_count;
  int column_count;
  const char *heap; /* the bytes of all texts and blobs of these rows lie here, one behind the other, without NULs */
  size_t heap_size;
  int done;       /* 1: these were the last rows; the statement has ended and committed and may run again */
  int generation; /* another number than before: ask sqlrite_columns() again, the schema has changed */
} SqlriteRows;

/* What a run did. */
typedef struct SqlriteRunResult {
  int64_t changes;           /* rows that this run inserted, updated or deleted; 0 for statements of other kinds */
  int64_t last_insert_rowid; /* as sqlrite_last_insert_rowid() */
} SqlriteRunResult;

/* Binds parameters 1 to `count` (all other parameters become NULL). `count` may not be above the number of parameters. With
 * `base` NULL, texts and blobs are at `as.bytes`; else they are at `base + as.offset`, so that one buffer carries all of
 * them. Bytes of texts are stored as they are, valid UTF-8 or not. A statement that is running is reset first. */
SQLRITE_API SqlriteStatus sqlrite_bind_values(SqlriteStatement *statement, const SqlriteValue *values, int count,
                                              const char *base);
/* Binds as above, runs the statement to its end, drops its rows. `out` may be NULL. */
SQLRITE_API SqlriteStatus sqlrite_run(SqlriteStatement *statement, const SqlriteValue *values, int count,
                                      const char *base, SqlriteRunResult *out);
/* Binds as above, begins a run and fetches its first rows. */
SQLRITE_API SqlriteStatus sqlrite_start(SqlriteStatement *statement, const SqlriteValue *values, int count,
                                        const char *base, int row_count_max, SqlriteRows *out);
/* The next rows, at most `row_count_max` and at most about 64 KiB of bytes, but always one if there is one. SQLRITE_ROW:
 * there are rows (`done` tells whether more may follow). SQLRITE_DONE: there are none. An error after some rows were read
 * comes with the next fetch. `values` and `heap` live until the next call on the statement. A run is read either by fetch
 * or by step, not by both. */
SQLRITE_API SqlriteStatus sqlrite_fetch(SqlriteStatement *statement, int row_count_max, SqlriteRows *out);

/* ---------------------------------------------------------------- language models */

/* Asks a language model for SQL. Not part of this library build: always SQLRITE_ERROR, with a message that says so. */
SQLRITE_API SqlriteStatus sqlrite_ask(SqlriteConnection *connection, const char *question, const char *config_json,
                                      char **out);

#ifdef __cplusplus
}
#endif
#endif /* SQLRITE_H */
