// The Python objects of the package as C structures, and what its source files share.
//
// Connection, Cursor, Row and Statement are plain CPython types, since execute() and fetching are hot; module set-up
// and what is cold goes through pybind11.
#pragma once

#include <cstdint>

#include "session.h"

namespace sqlrite_python {

inline PyObject* new_ref(PyObject* object) {
  Py_INCREF(object);
  return object;
}
inline PyObject* none() { return new_ref(Py_None); }
// Puts `value` (a reference of its own) where `slot` is and lets go of what was there.
inline void set_ref(PyObject*& slot, PyObject* value) {
  PyObject* old = slot;
  slot = value;
  Py_XDECREF(old);
}

// A statement of a connection's cache, or one made while the cached one was in use.
struct StatementObject {
  PyObject_HEAD Session* session;
  sqlrite::Statement statement;  // empty for a text without a statement
  PyObject* sql;
  PyObject* description;        // tuple of 7-tuples; null: not made yet
  PyObject* parameter_names;    // tuple of str without prefix or None; null: not made yet
  int64_t description_version;  // recompile_count() when it was made
  uint32_t parameter_count;
  int users;               // calls and cursors that have it; one at a time may run it
  bool is_dml;             // INSERT, UPDATE, DELETE, REPLACE: opens transactions
  bool borrowed;           // parameters point into Python objects of the call under way
  StatementObject* newer;  // order of use in the cache
  StatementObject* older;
};

inline constexpr int kLegacyTransactionControl = -1;

struct CursorObject;

struct ConnectionObject {
  PyObject_HEAD Session* session;  // null until __init__ ran
  PyObject* statements;            // dict: text -> StatementObject
  StatementObject* newest;         // of the cache
  StatementObject* oldest;
  Py_ssize_t statement_count;
  Py_ssize_t statement_count_max;
  CursorObject* cursors;      // all that live, so that close() can end what they run
  PyObject* blobs;            // list of weak references
  PyObject* isolation_level;  // str or None
  PyObject* begin;            // the BEGIN of that level; null: autocommit
  PyObject* row_factory;
  PyObject* text_factory;
  PyObject* trace;
  PyObject* progress;
  PyObject* authorizer;
  PyObject* weak_references;
  unsigned long thread_id;
  int autocommit;  // kLegacyTransactionControl, 0 or 1
  int detect_types;
  bool check_same_thread;
  bool initialized;
};

struct CursorObject {
  PyObject_HEAD ConnectionObject* connection;  // null until __init__ ran
  StatementObject* statement;                  // what it runs; null: no rows left
  const sqlrite::Batch* batch;                 // rows not fetched yet, owned by the statement; null: none
  uint32_t position;                           // in batch
  uint32_t wanted;                             // rows of the next batch
  PyObject* description;
  PyObject* converters;  // tuple of callables or None by column; null: none
  PyObject* row_factory;
  PyObject* weak_references;
  CursorObject* next;  // of the connection
  CursorObject* previous;
  int64_t rowcount;
  int64_t lastrowid;
  int64_t arraysize;
  bool has_lastrowid;
  bool closed;
  bool locked;  // inside execute() or a fetch
};

struct RowObject {
  PyObject_HEAD PyObject* values;  // tuple
  PyObject* description;           // of the cursor: tuple or None
};

// Everything the module has once: types, exceptions, registries.
struct Module {
  PyTypeObject* connection_type;
  PyTypeObject* cursor_type;
  PyTypeObject* row_type;
  PyTypeObject* statement_type;
  PyTypeObject* protocol_type;
  PyObject* warning;
  PyObject* error;
  PyObject* interface_error;
  PyObject* database_error;
  PyObject* internal_error;
  PyObject* operational_error;
  PyObject* programming_error;
  PyObject* integrity_error;
  PyObject* data_error;
  PyObject* not_supported_error;
  PyObject* busy_error;
  PyObject* busy_snapshot_error;
  PyObject* adapters;       // dict: (type, protocol) -> callable
  PyObject* converters;     // dict: NAME -> callable
  PyObject* adapt_name;     // "__adapt__"
  PyObject* conform_name;   // "__conform__"
  PyObject* upper_name;     // "upper"
  bool base_types_adapted;  // an adapter for int, float, str, bool or bytearray was registered
  bool callback_tracebacks;
};
extern Module module;

// errors.cc
void set_error(const sqlrite::Status& status);
// Of a failed engine call during which a callback may have raised: that error stays.
void set_error_unless_raised(const sqlrite::Status& status);
bool add_exceptions(PyObject* target);
// Shows the error that is set, if the user wants to see errors of callbacks, and clears it.
void report_callback_error(PyObject* callable);

// adapters.cc: null and an error when the object cannot be adapted; `object` itself where no adapter is registered.
PyObject* adapt(PyObject* object);
PyObject* adapt_to(PyObject* object, PyObject* protocol, PyObject* otherwise);
bool add_adapters(PyObject* target);

// convert.cc
enum class Binding : uint8_t { Copy, Borrow };

bool bind_object(StatementObject* statement, uint32_t number, PyObject* object, Binding binding);
bool bind_parameters(StatementObject* statement, PyObject* parameters, Binding binding);
// Of an int; false with an error set where it has more than 64 bits.
bool to_int64(PyObject* object, int64_t* value);
PyObject* to_object(const sqlrite::Value& value);
PyObject* text_to_str(const char* bytes, size_t size_bytes);

// statement.cc
StatementObject* take_statement(ConnectionObject* connection, PyObject* sql);
PyObject* statement_description(StatementObject* statement, bool cut_at_bracket);
void clear_statements(ConnectionObject* connection);
bool add_statement_type(PyObject* target);

// fetch.cc
// The next batch into the cursor; false with an error set. At the end of the rows the statement is let go.
bool advance(CursorObject* cursor);
PyObject* fetch_row(CursorObject* cursor);
PyObject* fetch_rows(CursorObject* cursor, int64_t row_count_max);
PyObject* build_converters(CursorObject* cursor);

// cursor.cc
CursorObject* new_cursor(ConnectionObject* connection);
PyObject* execute(CursorObject* cursor, PyObject* sql, PyObject* parameters, bool many);
PyObject* execute_script(CursorObject* cursor, PyObject* script);
// Ends what the cursor runs.
void release_statement(CursorObject* cursor);
bool add_cursor_type(PyObject* target);

// row.cc
PyObject* new_row(PyObject* values, PyObject* description);
bool add_row_type(PyObject* target);

// connection.cc
bool check_thread(ConnectionObject* connection);
bool check_open(ConnectionObject* connection);
inline bool check_connection(ConnectionObject* connection) {
  return check_thread(connection) && check_open(connection);
}
// Runs every statement of `sql`; false with an error set.
bool run_sql(ConnectionObject* connection, std::string_view sql);
bool add_connection_type(PyObject* target);

// callbacks.cc
extern PyMethodDef callback_methods[];
void clear_callbacks(ConnectionObject* connection);

// transfer.cc: backup, images, limits and switches
extern PyMethodDef transfer_methods[];

// blob.cc
void add_blob_type(PyObject* target);

// sql_text.cc
// What is left of `sql` behind white space and comments.
std::string_view skip_blank(std::string_view sql);
bool starts_as_dml(std::string_view sql);
bool is_complete(std::string_view sql);

// constants.cc
bool add_constants(PyObject* target);

}  // namespace sqlrite_python
