/* The sqlite3 ABI from a C program: misuse, binding and reading of every type, functions, collations, hooks, backup,
   blobs, images, formatted texts. Facts were compared with SQLite 3.53. */
#include <stdlib.h>

#include "check.h"
#include "sqlite3.h"

static sqlite3 *open_memory(void) {
  sqlite3 *db = NULL;
  CHECK_INT(sqlite3_open(":memory:", &db), SQLITE_OK);
  return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
  sqlite3_stmt *statement = NULL;
  int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
  if (code != SQLITE_OK) printf("prepare %s: %s\n", sql, sqlite3_errmsg(db));
  CHECK_INT(code, SQLITE_OK);
  return statement;
}

static void run(sqlite3 *db, const char *sql) {
  char *message = NULL;
  int code = sqlite3_exec(db, sql, NULL, NULL, &message);
  if (code != SQLITE_OK) printf("%s: %s\n", sql, message ? message : "?");
  CHECK_INT(code, SQLITE_OK);
  sqlite3_free(message);
}

static long long one(sqlite3 *db, const char *sql) {
  sqlite3_stmt *statement = prepare(db, sql);
  CHECK_INT(sqlite3_step(statement), SQLITE_ROW);
  long long value = sqlite3_column_int64(statement, 0);
  sqlite3_finalize(statement);
  return value;
}

static void misuse(void) {
  CHECK_INT(sqlite3_step(NULL), SQLITE_MISUSE);
  CHECK_INT(sqlite3_finalize(NULL), SQLITE_OK);
  CHECK_INT(sqlite3_reset(NULL), SQLITE_OK);
  CHECK_INT(sqlite3_close(NULL), SQLITE_OK);
  CHECK_INT(sqlite3_errcode(NULL), SQLITE_NOMEM);
  CHECK_TEXT(sqlite3_errmsg(NULL), "out of memory");
  CHECK_INT(sqlite3_column_int(NULL, 0), 0);
  CHECK_INT(sqlite3_bind_int(NULL, 1, 1), SQLITE_MISUSE);
  CHECK_INT(sqlite3_exec(NULL, "SELECT 1", NULL, NULL, NULL), SQLITE_MISUSE);
  sqlite3 *db = open_memory();
  sqlite3_stmt *statement = (sqlite3_stmt *)1;
  const char *tail = NULL;
  CHECK_INT(sqlite3_prepare_v2(db, "  -- nothing\n", -1, &statement, &tail), SQLITE_OK);
  CHECK(statement == NULL);
  CHECK_INT(sqlite3_prepare_v2(db, "SELECT 1; SELECT 2", -1, &statement, &tail), SQLITE_OK);
  CHECK_TEXT(tail, " SELECT 2");
  CHECK_TEXT(sqlite3_sql(statement), "SELECT 1;");
  CHECK_INT(sqlite3_bind_int(statement, 1, 5), SQLITE_RANGE);
  CHECK_INT(sqlite3_errcode(db), SQLITE_RANGE);
  CHECK_INT(sqlite3_close(db), SQLITE_BUSY);
  CHECK_TEXT(sqlite3_errmsg(db), "unable to close due to unfinalized statements or unfinished backups");
  CHECK_INT(sqlite3_step(statement), SQLITE_ROW);
  CHECK_INT(sqlite3_errcode(db), SQLITE_ROW);
  CHECK_INT(sqlite3_column_int(statement, 7), 0);
  CHECK_INT(sqlite3_errcode(db), SQLITE_RANGE);
  CHECK_INT(sqlite3_data_count(statement), 1);
  CHECK_INT(sqlite3_step(statement), SQLITE_DONE);
  CHECK_INT(sqlite3_data_count(statement), 0);
  CHECK_INT(sqlite3_step(statement), SQLITE_ROW); /* starts again */
  CHECK_INT(sqlite3_finalize(statement), SQLITE_OK);
  CHECK_INT(sqlite3_step(statement), SQLITE_MISUSE); /* stale handle */
  CHECK_INT(sqlite3_finalize(statement), SQLITE_MISUSE);
  CHECK_INT(sqlite3_prepare_v2(db, "SELEC 1", -1, &statement, NULL), SQLITE_ERROR);
  CHECK(statement == NULL);
  CHECK_TEXT(sqlite3_errmsg(db), "near \"SELEC\": syntax error");
  CHECK_INT(sqlite3_error_offset(db), 0);
  CHECK_INT(sqlite3_prepare_v2(db, "SELECT 1xx", 8, &statement, NULL), SQLITE_OK);
  sqlite3_finalize(statement);
  CHECK_INT(sqlite3_open_v2(":memory:", &db, 0, NULL), SQLITE_MISUSE);
  CHECK_TEXT(sqlite3_errstr(SQLITE_BUSY), "database is locked");
}

static void zombie(void) {
  sqlite3 *db = open_memory();
  run(db, "CREATE TABLE t(a); INSERT INTO t VALUES(1),(2)");
  sqlite3_stmt *statement = prepare(db, "SELECT a FROM t");
  CHECK_INT(sqlite3_step(statement), SQLITE_ROW);
  CHECK_INT(sqlite3_close_v2(db), SQLITE_OK);
  CHECK_INT(sqlite3_step(statement), SQLITE_ROW);
  CHECK_INT(sqlite3_column_int(statement, 0), 2);
  CHECK_INT(sqlite3_finalize(statement), SQLITE_OK);
  CHECK_INT(sqlite3_errcode(db), SQLITE_MISUSE);
}

static int destroyed = 0;
static void count_destroy(void *bytes) {
  ++destroyed;
  free(bytes);
}

static void values(void) {
  sqlite3 *db = open_memory();
  run(db, "CREATE TABLE t(i INTEGER, r REAL, x TEXT, b BLOB, n)");
  sqlite3_stmt *insert = prepare(db, "INSERT INTO t VALUES(?1, :real, @text, $blob, ?5)");
  CHECK_INT(sqlite3_bind_parameter_count(insert), 5);
  CHECK_INT(sqlite3_bind_parameter_index(insert, "@text"), 3);
  CHECK_TEXT(sqlite3_bind_parameter_name(insert, 2), ":real");
  CHECK_TEXT(sqlite3_bind_parameter_name(insert, 1), "?1");
  CHECK_INT(sqlite3_bind_int64(insert, 1, -9223372036854775807LL - 1), SQLITE_OK);
  CHECK_INT(sqlite3_bind_double(insert, 2, 2.5), SQLITE_OK);
  CHECK_INT(sqlite3_bind_text(insert, 3, "h\xc3\xa4llo world", 6, SQLITE_TRANSIENT), SQLITE_OK);
  char *bytes = malloc(4);
  memcpy(bytes, "\0\1\2\3", 4);
  CHECK_INT(sqlite3_bind_blob(insert, 4, bytes, 4, count_destroy), SQLITE_OK);
  CHECK_INT(sqlite3_step(insert), SQLITE_DONE);
  CHECK_INT(sqlite3_reset(insert), SQLITE_OK);
  CHECK_INT(sqlite3_clear_bindings(insert), SQLITE_OK);
  CHECK_INT(destroyed, 1);
  CHECK_INT(sqlite3_bind_blob(insert, 99, malloc(1), 1, count_destroy), SQLITE_RANGE);
  CHECK_INT(destroyed, 2);
  CHECK_INT(sqlite3_bind_text16(insert, 3, u"\u00e4\u20ac", -1, SQLITE_STATIC), SQLITE_OK);
  CHECK_INT(sqlite3_bind_zeroblob(insert, 4, 3), SQLITE_OK);
  CHECK_INT(sqlite3_bind_text(insert, 5, "12abc", -1, SQLITE_STATIC), SQLITE_OK);
  char *expanded = sqlite3_expanded_sql(insert);
  CHECK_TEXT(expanded, "INSERT INTO t VALUES(NULL, NULL, '\xc3\xa4\xe2\x82\xac', zeroblob(3), '12abc')");
  sqlite3_free(expanded);
  CHECK_INT(sqlite3_step(insert), SQLITE_DONE);
  CHECK_INT(sqlite3_finalize(insert), SQLITE_OK);
  CHECK_INT(sqlite3_changes(db), 1);
  CHECK_INT(sqlite3_total_changes(db), 2);
  CHECK_INT(sqlite3_last_insert_rowid(db), 2);

  sqlite3_stmt *query = prepare(db, "SELECT i, r, x, b, n, i+1 AS more FROM t");
  CHECK_INT(sqlite3_column_count(query), 6);
  CHECK_TEXT(sqlite3_column_name(query, 5), "more");
  CHECK_TEXT(sqlite3_column_decltype(query, 2), "TEXT");
  CHECK(sqlite3_column_decltype(query, 5) == NULL);
  CHECK_TEXT(sqlite3_column_table_name(query, 0), "t");
  CHECK_TEXT(sqlite3_column_origin_name(query, 1), "r");
  CHECK_TEXT(sqlite3_column_database_name(query, 1), "main");
  CHECK(memcmp(sqlite3_column_name16(query, 5), u"more", 10) == 0);
  CHECK_INT(sqlite3_column_type(query, 0), SQLITE_NULL);
  CHECK_INT(sqlite3_step(query), SQLITE_ROW);
  CHECK_INT(sqlite3_column_type(query, 0), SQLITE_INTEGER);
  CHECK_INT(sqlite3_column_type(query, 1), SQLITE_FLOAT);
  CHECK_INT(sqlite3_column_type(query, 2), SQLITE_TEXT);
  CHECK_INT(sqlite3_column_type(query, 3), SQLITE_BLOB);
  CHECK_INT(sqlite3_column_type(query, 4), SQLITE_NULL);
  CHECK(sqlite3_column_int64(query, 0) == -9223372036854775807LL - 1);
  CHECK_TEXT(sqlite3_column_text(query, 0), "-9223372036854775808");
  CHECK_INT(sqlite3_column_bytes(query, 0), 20);
  CHECK(sqlite3_column_double(query, 1) == 2.5);
  CHECK_INT(sqlite3_column_int(query, 1), 2);
  CHECK_TEXT(sqlite3_column_text(query, 1), "2.5");
  CHECK_TEXT(sqlite3_column_text(query, 2), "h\xc3\xa4llo");
  CHECK_INT(sqlite3_column_bytes(query, 2), 6);
  CHECK(memcmp(sqlite3_column_text16(query, 2), u"h\u00e4llo", 12) == 0);
  CHECK_INT(sqlite3_column_bytes16(query, 2), 10);
  CHECK_INT(sqlite3_column_bytes(query, 3), 4);
  CHECK(memcmp(sqlite3_column_blob(query, 3), "\0\1\2\3", 4) == 0);
  CHECK(sqlite3_column_text(query, 4) == NULL);
  CHECK(sqlite3_column_blob(query, 4) == NULL);
  CHECK_INT(sqlite3_column_bytes(query, 4), 0);
  sqlite3_value *copy = sqlite3_value_dup(sqlite3_column_value(query, 2));
  CHECK_INT(sqlite3_step(query), SQLITE_ROW);
  CHECK_TEXT(sqlite3_value_text(copy), "h\xc3\xa4llo");
  CHECK_INT(sqlite3_value_type(copy), SQLITE_TEXT);
  sqlite3_value_free(copy);
  CHECK_TEXT(sqlite3_column_text(query, 2), "\xc3\xa4\xe2\x82\xac");
  CHECK_INT(sqlite3_column_bytes(query, 3), 3);
  CHECK_INT(sqlite3_column_int(query, 4), 12);
  CHECK_INT(sqlite3_value_numeric_type(sqlite3_column_value(query, 4)), SQLITE_TEXT);
  CHECK_INT(sqlite3_column_type(query, 5), SQLITE_NULL);
  CHECK_INT(sqlite3_step(query), SQLITE_DONE);
  sqlite3_finalize(query);

  const char *type = NULL, *collation = NULL;
  int not_null = 0, key = 0, automatic = 0;
  CHECK_INT(sqlite3_table_column_metadata(db, NULL, "t", "x", &type, &collation, &not_null, &key, &automatic),
            SQLITE_OK);
  CHECK_TEXT(type, "TEXT");
  CHECK_TEXT(collation, "BINARY");
  CHECK_INT(sqlite3_table_column_metadata(db, NULL, "t", "q", NULL, NULL, NULL, NULL, NULL), SQLITE_ERROR);
  CHECK_TEXT(sqlite3_errmsg(db), "no such table column: t.q");
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void codes(void) {
  sqlite3 *db = open_memory();
  run(db, "CREATE TABLE t(a UNIQUE)");
  run(db, "INSERT INTO t VALUES(1)");
  sqlite3_stmt *insert = prepare(db, "INSERT INTO t VALUES(1)");
  CHECK_INT(sqlite3_step(insert), SQLITE_CONSTRAINT);
  CHECK_INT(sqlite3_errcode(db), SQLITE_CONSTRAINT);
  CHECK_INT(sqlite3_extended_errcode(db), SQLITE_CONSTRAINT_UNIQUE);
  CHECK_TEXT(sqlite3_errmsg(db), "UNIQUE constraint failed: t.a");
  CHECK_INT(sqlite3_reset(insert), SQLITE_CONSTRAINT);
  CHECK_INT(sqlite3_reset(insert), SQLITE_OK);
  sqlite3_extended_result_codes(db, 1);
  CHECK_INT(sqlite3_step(insert), SQLITE_CONSTRAINT_UNIQUE);
  CHECK_INT(sqlite3_finalize(insert), SQLITE_CONSTRAINT_UNIQUE);
  sqlite3_extended_result_codes(db, 0);
  CHECK_INT(sqlite3_prepare(db, "INSERT INTO t VALUES(1)", -1, &insert, NULL), SQLITE_OK);
  CHECK_INT(sqlite3_step(insert), SQLITE_ERROR); /* the old interface tells at reset */
  CHECK_INT(sqlite3_reset(insert), SQLITE_CONSTRAINT);
  sqlite3_finalize(insert);
  char *message = NULL;
  CHECK_INT(sqlite3_exec(db, "SELECT * FROM nix", NULL, NULL, &message), SQLITE_ERROR);
  CHECK_TEXT(message, "no such table: nix");
  sqlite3_free(message);
  char **table = NULL;
  int rows = 0, columns = 0;
  CHECK_INT(sqlite3_get_table(db, "SELECT 1 AS x, NULL AS y UNION ALL SELECT 2, 'b'", &table, &rows, &columns, NULL),
            SQLITE_OK);
  CHECK_INT(rows, 2);
  CHECK_INT(columns, 2);
  CHECK_TEXT(table[0], "x");
  CHECK(table[3] == NULL);
  CHECK_TEXT(table[5], "b");
  sqlite3_free_table(table);
  sqlite3 *missing = NULL;
  CHECK_INT(sqlite3_open_v2("/nowhere/at/all.db", &missing, SQLITE_OPEN_READWRITE, NULL), SQLITE_CANTOPEN);
  CHECK_TEXT(sqlite3_errmsg(missing), "unable to open database file");
  CHECK_INT(sqlite3_exec(missing, "PRAGMA journal_mode = WAL; SELECT 1", NULL, NULL, NULL), SQLITE_MISUSE);
  sqlite3_stmt *impossible = NULL;
  CHECK_INT(sqlite3_prepare_v2(missing, "SELECT 1", -1, &impossible, NULL), SQLITE_MISUSE);
  CHECK(impossible == NULL);
  CHECK_TEXT(sqlite3_errmsg(missing), "unable to open database file");
  CHECK_INT(sqlite3_close(missing), SQLITE_OK);
  CHECK_INT(sqlite3_create_module(db, "m", NULL, NULL), SQLITE_ERROR);
  CHECK(strstr(sqlite3_errmsg(db), "not available") != NULL);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void twice(sqlite3_context *context, int count, sqlite3_value **arguments) {
  CHECK_INT(count, 1);
  switch (sqlite3_value_type(arguments[0])) {
    case SQLITE_INTEGER: sqlite3_result_int64(context, 2 * sqlite3_value_int64(arguments[0])); break;
    case SQLITE_TEXT: {
      char *text = sqlite3_mprintf("%s%s", sqlite3_value_text(arguments[0]), sqlite3_value_text(arguments[0]));
      sqlite3_result_text(context, text, -1, sqlite3_free);
      break;
    }
    case SQLITE_NULL: sqlite3_result_error(context, "twice nothing", -1); break;
    default: sqlite3_result_value(context, arguments[0]);
  }
}

typedef struct Longest {
  int size;
  char *text;
} Longest;
static void longest_step(sqlite3_context *context, int count, sqlite3_value **arguments) {
  Longest *state = sqlite3_aggregate_context(context, sizeof(Longest));
  (void)count;
  if (sqlite3_value_bytes(arguments[0]) > state->size) {
    state->size = sqlite3_value_bytes(arguments[0]);
    sqlite3_free(state->text);
    state->text = sqlite3_mprintf("%s", sqlite3_value_text(arguments[0]));
  }
}
static void longest_final(sqlite3_context *context) {
  Longest *state = sqlite3_aggregate_context(context, 0);
  if (state == NULL) {
    sqlite3_result_text(context, "none", -1, SQLITE_STATIC);
  } else {
    sqlite3_result_text(context, state->text, -1, sqlite3_free);
  }
}

static void cached(sqlite3_context *context, int count, sqlite3_value **arguments) {
  int *made = sqlite3_user_data(context);
  (void)count;
  char *text = sqlite3_get_auxdata(context, 0);
  if (text == NULL) {
    ++*made;
    text = sqlite3_mprintf("<%s>", sqlite3_value_text(arguments[0]));
    sqlite3_set_auxdata(context, 0, text, sqlite3_free);
    text = sqlite3_get_auxdata(context, 0);
  }
  sqlite3_result_text(context, text != NULL ? text : "?", -1, SQLITE_TRANSIENT);
}

static int backwards(void *data, int a_size, const void *a, int b_size, const void *b) {
  int size = a_size < b_size ? a_size : b_size;
  int order = memcmp(b, a, (size_t)size);
  (void)data;
  return order != 0 ? order : b_size - a_size;
}

static int collation_asked = 0;
static void need_collation(void *data, sqlite3 *db, int encoding, const char *name) {
  (void)data;
  (void)encoding;
  ++collation_asked;
  sqlite3_create_collation(db, name, SQLITE_UTF8, NULL, backwards);
}

static int functions_freed = 0;
static void free_function(void *data) {
  (void)data;
  ++functions_freed;
}

static void functions(void) {
  sqlite3 *db = open_memory();
  int made = 0;
  CHECK_INT(sqlite3_create_function_v2(db, "twice", 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, twice, NULL, NULL,
                                       free_function),
            SQLITE_OK);
  CHECK_INT(sqlite3_create_function(db, "longest", 1, SQLITE_UTF8, NULL, NULL, longest_step, longest_final), SQLITE_OK);
  CHECK_INT(sqlite3_create_function(db, "cached", 1, SQLITE_UTF8, &made, cached, NULL, NULL), SQLITE_OK);
  CHECK_INT(sqlite3_create_function(db, "bad", 1, SQLITE_UTF8, NULL, twice, longest_step, NULL), SQLITE_MISUSE);
  CHECK_INT(one(db, "SELECT twice(21)"), 42);
  CHECK_INT(one(db, "SELECT twice('ab') = 'abab'"), 1);
  sqlite3_stmt *statement = prepare(db, "SELECT twice(NULL)");
  CHECK_INT(sqlite3_step(statement), SQLITE_ERROR);
  CHECK_TEXT(sqlite3_errmsg(db), "twice nothing");
  sqlite3_finalize(statement);
  run(db, "CREATE TABLE t(x); INSERT INTO t VALUES('a'),('ccc'),('bb')");
  CHECK_INT(one(db, "SELECT longest(x) = 'ccc' FROM t"), 1);
  CHECK_INT(one(db, "SELECT longest(x) = 'none' FROM t WHERE 0"), 1);
  CHECK_INT(one(db, "SELECT count(*) FROM t WHERE cached('k') = '<k>'"), 3);
  CHECK_INT(made, 1);
  CHECK_INT(sqlite3_create_function_v2(db, "twice", 1, SQLITE_UTF8, NULL, NULL, NULL, NULL, NULL), SQLITE_OK);
  CHECK_INT(functions_freed, 1);
  CHECK_INT(sqlite3_prepare_v2(db, "SELECT twice(1)", -1, &statement, NULL), SQLITE_ERROR);
  CHECK_TEXT(sqlite3_errmsg(db), "no such function: twice");
  CHECK_INT(sqlite3_collation_needed(db, NULL, need_collation), SQLITE_OK);
  statement = prepare(db, "SELECT x FROM t ORDER BY x COLLATE otherwise");
  CHECK_INT(sqlite3_step(statement), SQLITE_ROW);
  CHECK_TEXT(sqlite3_column_text(statement, 0), "ccc");
  sqlite3_finalize(statement);
  CHECK_INT(collation_asked, 1);
  statement = prepare(db, "SELECT ?1");
  int target = 5;
  CHECK_INT(sqlite3_bind_pointer(statement, 1, &target, "target", NULL), SQLITE_OK);
  CHECK_INT(sqlite3_step(statement), SQLITE_ROW);
  CHECK_INT(sqlite3_column_type(statement, 0), SQLITE_NULL);
  sqlite3_finalize(statement);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static int updates = 0, commits = 0, rollbacks = 0, refuse_commit = 0, statements = 0, rows_traced = 0;
static void on_update(void *data, int action, const char *database, const char *table, sqlite3_int64 rowid) {
  (void)data;
  ++updates;
  CHECK(action == SQLITE_INSERT || action == SQLITE_UPDATE || action == SQLITE_DELETE);
  CHECK_TEXT(database, "main");
  CHECK_TEXT(table, "t");
  CHECK(rowid > 0);
}
static int on_commit(void *data) {
  (void)data;
  ++commits;
  return refuse_commit;
}
static void on_rollback(void *data) {
  (void)data;
  ++rollbacks;
}
static int on_trace(unsigned event, void *data, void *subject, void *x) {
  (void)data;
  if (event == SQLITE_TRACE_STMT) {
    ++statements;
    CHECK(sqlite3_db_handle((sqlite3_stmt *)subject) != NULL);
    CHECK(strlen((const char *)x) > 3);
  }
  if (event == SQLITE_TRACE_ROW) ++rows_traced;
  return 0;
}
static int busy_calls = 0;
static int on_busy(void *data, int attempt) {
  (void)data;
  ++busy_calls;
  return attempt < 2;
}
static int stop(void *data) {
  (void)data;
  return 1;
}

static void hooks(const char *folder) {
  char path[500];
  snprintf(path, sizeof path, "%s/abi_hooks.db", folder);
  remove(path);
  sqlite3 *db = NULL, *other = NULL;
  CHECK_INT(sqlite3_open(path, &db), SQLITE_OK);
  run(db, "CREATE TABLE t(a)");
  sqlite3_update_hook(db, on_update, NULL);
  sqlite3_commit_hook(db, on_commit, NULL);
  sqlite3_rollback_hook(db, on_rollback, NULL);
  run(db, "INSERT INTO t VALUES(1),(2)");
  run(db, "UPDATE t SET a=5 WHERE a=1");
  run(db, "DELETE FROM t WHERE a=2");
  CHECK_INT(updates, 4);
  CHECK_INT(commits, 3);
  run(db, "BEGIN; INSERT INTO t VALUES(7); ROLLBACK");
  CHECK_INT(rollbacks, 1);
  refuse_commit = 1;
  CHECK_INT(sqlite3_exec(db, "INSERT INTO t VALUES(8)", NULL, NULL, NULL), SQLITE_CONSTRAINT);
  CHECK_INT(sqlite3_extended_errcode(db), SQLITE_CONSTRAINT_COMMITHOOK);
  refuse_commit = 0;
  sqlite3_commit_hook(db, NULL, NULL);
  sqlite3_update_hook(db, NULL, NULL);
  sqlite3_rollback_hook(db, NULL, NULL);
  CHECK_INT(sqlite3_trace_v2(db, SQLITE_TRACE_STMT | SQLITE_TRACE_ROW, on_trace, NULL), SQLITE_OK);
  CHECK_INT(one(db, "SELECT count(*) FROM t"), 1);
  CHECK_INT(statements, 1);
  CHECK_INT(rows_traced, 1);
  sqlite3_trace_v2(db, 0, NULL, NULL);
  CHECK_INT(sqlite3_open(path, &other), SQLITE_OK);
  CHECK_INT(sqlite3_busy_handler(other, on_busy, NULL), SQLITE_OK);
  run(db, "BEGIN IMMEDIATE");
  CHECK_INT(sqlite3_txn_state(db, "main"), SQLITE_TXN_WRITE);
  CHECK_INT(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_BUSY);
  CHECK_INT(busy_calls, 3);
  CHECK_INT(sqlite3_get_autocommit(db), 0);
  run(db, "COMMIT");
  CHECK_INT(sqlite3_get_autocommit(db), 1);
  CHECK_TEXT(strrchr(sqlite3_db_filename(db, "main"), '/'), "/abi_hooks.db");
  CHECK_TEXT(sqlite3_db_name(db, 0), "main");
  CHECK_INT(sqlite3_db_readonly(db, "main"), 0);
  CHECK_INT(sqlite3_db_readonly(db, "nix"), -1);
  sqlite3_progress_handler(db, 1, stop, NULL);
  CHECK_INT(
      sqlite3_exec(
          db, "WITH RECURSIVE n(i) AS (VALUES(1) UNION ALL SELECT i+1 FROM n WHERE i<9999999) SELECT sum(i) FROM n",
          NULL, NULL, NULL),
      SQLITE_INTERRUPT);
  sqlite3_progress_handler(db, 0, NULL, NULL);
  CHECK_INT(sqlite3_close(other), SQLITE_OK);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
  snprintf(path, sizeof path, "file:%s/abi_hooks.db?mode=ro&colour=red", folder);
  CHECK_INT(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, NULL), SQLITE_OK);
  CHECK_TEXT(sqlite3_uri_parameter(sqlite3_db_filename(db, NULL), "colour"), "red");
  CHECK_INT(sqlite3_exec(db, "DELETE FROM t", NULL, NULL, NULL), SQLITE_READONLY);
  CHECK_INT(sqlite3_close(db), SQLITE_OK);
}

static void copies(void) {
  sqlite3 *from = open_memory(), *to = open_memory();
  run(from, "CREATE TABLE t(a, b); INSERT INTO t VALUES(1, zeroblob(20)), (2, 'text'), (3, NULL)");
  sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
  CHECK(backup != NULL);
  CHECK_INT(sqlite3_backup_step(backup, 1), SQLITE_OK);
  CHECK(sqlite3_backup_remaining(backup) > 0);
  CHECK_INT(sqlite3_backup_step(backup, -1), SQLITE_DONE);
  CHECK_INT(sqlite3_backup_finish(backup), SQLITE_OK);
  CHECK_INT(one(to, "SELECT count(*) FROM t"), 3);
  CHECK(sqlite3_backup_init(to, "main", to, "main") == NULL);
  CHECK_TEXT(sqlite3_errmsg(to), "source and destination must be distinct");

  sqlite3_blob *blob = NULL;
  CHECK_INT(sqlite3_blob_open(from, "main", "t", "b", 1, 1, &blob), SQLITE_OK);
  CHECK_INT(sqlite3_blob_bytes(blob), 20);
  CHECK_INT(sqlite3_blob_write(blob, "hello", 5, 10), SQLITE_OK);
  char buffer[6] = "";
  CHECK_INT(sqlite3_blob_read(blob, buffer, 5, 10), SQLITE_OK);
  CHECK_TEXT(buffer, "hello");
  CHECK_INT(sqlite3_blob_read(blob, buffer, 5, 18), SQLITE_ERROR);
  CHECK_INT(sqlite3_blob_reopen(blob, 2), SQLITE_OK);
  CHECK_INT(sqlite3_blob_bytes(blob), 4);
  CHECK_INT(sqlite3_blob_reopen(blob, 3), SQLITE_ERROR);
  CHECK_TEXT(sqlite3_errmsg(from), "cannot open value of type null");
  CHECK_INT(sqlite3_blob_close(blob), SQLITE_OK);
  CHECK_INT(sqlite3_blob_open(from, "main", "t", "b", 77, 0, &blob), SQLITE_ERROR);
  CHECK_TEXT(sqlite3_errmsg(from), "no such rowid: 77");
  CHECK_INT(one(from, "SELECT substr(b, 11, 5) = x'68656c6c6f' FROM t WHERE a=1"), 1);

  sqlite3_int64 size = 0;
  unsigned char *image = sqlite3_serialize(from, "main", &size, 0);
  CHECK(image != NULL && size >= 8192);
  sqlite3_close(to);
  to = open_memory();
  CHECK_INT(sqlite3_deserialize(to, "main", image, size, size, SQLITE_DESERIALIZE_FREEONCLOSE), SQLITE_OK);
  CHECK_INT(one(to, "SELECT sum(a) FROM t"), 6);
  run(to, "INSERT INTO t VALUES(10, 10)");
  CHECK_INT(sqlite3_close(to), SQLITE_OK);
  CHECK_INT(sqlite3_close(from), SQLITE_OK);
}

static void texts(void) {
  char *text = sqlite3_mprintf("%d|%s|%q|%Q|%w|%.2f|%z", 5, "a", "it's", "it's", "a\"b", 2.5, sqlite3_mprintf("zz"));
  CHECK_TEXT(text, "5|a|it''s|'it''s'|a\"\"b|2.50|zz");
  CHECK(sqlite3_msize(text) >= strlen(text));
  sqlite3_free(text);
  char small[6];
  CHECK_TEXT(sqlite3_snprintf(sizeof small, small, "%s", "abcdefgh"), "abcde");
  sqlite3_str *growing = sqlite3_str_new(NULL);
  sqlite3_str_appendf(growing, "%d-", 1);
  sqlite3_str_appendall(growing, "two");
  sqlite3_str_appendchar(growing, 3, '.');
  CHECK_INT(sqlite3_str_length(growing), 8);
  CHECK_TEXT(sqlite3_str_value(growing), "1-two...");
  text = sqlite3_str_finish(growing);
  CHECK_TEXT(text, "1-two...");
  sqlite3_free(text);
  CHECK_INT(sqlite3_stricmp("HeLLo", "hello"), 0);
  CHECK(sqlite3_strnicmp("abX", "aby", 3) < 0);
  CHECK_INT(sqlite3_strglob("a*c", "abc"), 0);
  CHECK_INT(sqlite3_strlike("A%C", "abc", 0), 0);
  CHECK_INT(sqlite3_complete("SELECT 1;"), 1);
  CHECK_INT(sqlite3_complete("CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1;"), 0);
  CHECK_INT(sqlite3_keyword_check("select", 6), 1);
  CHECK_INT(sqlite3_keyword_check("selects", 7), 0);
  CHECK_TEXT(sqlite3_libversion(), SQLITE_VERSION);
  CHECK_INT(sqlite3_libversion_number(), SQLITE_VERSION_NUMBER);
  CHECK_TEXT(sqlite3_sourceid(), SQLITE_SOURCE_ID);
  sqlite3_mutex *mutex = sqlite3_mutex_alloc(SQLITE_MUTEX_RECURSIVE);
  sqlite3_mutex_enter(mutex);
  CHECK_INT(sqlite3_mutex_try(mutex), SQLITE_OK);
  sqlite3_mutex_leave(mutex);
  CHECK(sqlite3_mutex_held(mutex));
  sqlite3_mutex_leave(mutex);
  CHECK(sqlite3_mutex_notheld(mutex));
  sqlite3_mutex_free(mutex);
  CHECK_INT(sqlite3_memory_used(), 0);
}

int main(int argument_count, char **arguments) {
  const char *folder = argument_count > 1 ? arguments[1] : ".";
  misuse();
  zombie();
  values();
  codes();
  functions();
  hooks(folder);
  copies();
  texts();
  return check_result("sqlite3 ABI");
}
