// Cursor: runs statements and hands out their rows.
//
// While it runs a query the cursor has its statement (in_use) and the batch of rows not fetched yet. With the last row
// the statement goes back to the cache and what it read is let go, so that an idle cursor holds no snapshot.
#include <climits>

#include "objects.h"
#include "type_table.h"

// Behind Python.h, which the line above brings.
#include <structmember.h>

namespace sqlrite_python {

namespace {

CursorObject* cursor_of(PyObject* self) { return reinterpret_cast<CursorObject*>(self); }

bool check_cursor(CursorObject* cursor) {
  if (cursor->connection == nullptr) {
    PyErr_SetString(module.programming_error, "Base Cursor.__init__ not called.");
    return false;
  }
  if (cursor->closed) {
    PyErr_SetString(module.programming_error, "Cannot operate on a closed cursor.");
    return false;
  }
  if (cursor->locked) {
    PyErr_SetString(module.programming_error, "Recursive use of cursors not allowed.");
    return false;
  }
  return check_connection(cursor->connection);
}

class CursorLock {
 public:
  explicit CursorLock(CursorObject* cursor) : cursor_(cursor) { cursor->locked = true; }
  CursorLock(const CursorLock&) = delete;
  CursorLock& operator=(const CursorLock&) = delete;
  ~CursorLock() {
    cursor_->locked = false;
    // close() of the connection left alone what was under way.
    if (!cursor_->connection->session->db) [[unlikely]]
      release_statement(cursor_);
  }

 private:
  CursorObject* cursor_;
};

void link(CursorObject* cursor) {
  ConnectionObject* connection = cursor->connection;
  cursor->previous = nullptr;
  cursor->next = connection->cursors;
  if (cursor->next != nullptr) cursor->next->previous = cursor;
  connection->cursors = cursor;
}

void unlink(CursorObject* cursor) {
  ConnectionObject* connection = cursor->connection;
  if (cursor->previous != nullptr) {
    cursor->previous->next = cursor->next;
  } else if (connection->cursors == cursor) {
    connection->cursors = cursor->next;
  }
  if (cursor->next != nullptr) cursor->next->previous = cursor->previous;
  cursor->next = nullptr;
  cursor->previous = nullptr;
}

void attach(CursorObject* cursor, ConnectionObject* connection) {
  cursor->connection = reinterpret_cast<ConnectionObject*>(new_ref(reinterpret_cast<PyObject*>(connection)));
  cursor->description = none();
  cursor->row_factory = new_ref(connection->row_factory);
  cursor->arraysize = 1;
  cursor->rowcount = -1;
  link(cursor);
}

// BEGIN in front of the first change, as the connection's isolation level says.
bool begin_if_needed(ConnectionObject* connection, StatementObject* statement) {
  if (!statement->is_dml || connection->autocommit != kLegacyTransactionControl || connection->begin == nullptr)
    return true;
  {
    QuickCall call(*connection->session);
    if (!connection->session->db->is_autocommit()) return true;
  }
  return run_sql(connection, PyUnicode_AsUTF8(connection->begin));
}

// Runs the statement with the parameters bound; what it answers is in the cursor.
bool run_once(CursorObject* cursor, bool many) {
  StatementObject* statement = cursor->statement;
  Session& session = *statement->session;
  const int64_t changed_before = cursor->rowcount;
  cursor->wanted = 1;
  if (!advance(cursor)) return false;
  const bool over = cursor->statement == nullptr;
  // While rows of RETURNING are left the count waits for the last of them.
  if (statement->is_dml && (over || many)) {
    QuickCall call(session);
    if (session.db) cursor->rowcount = changed_before + session.db->changes();
  }
  // The rows of RETURNING are not wanted: what was changed is what counts.
  if (many && !over) release_statement(cursor);
  return true;
}

class Borrowed {
 public:
  explicit Borrowed(StatementObject* statement) : statement_(statement) {}
  Borrowed(const Borrowed&) = delete;
  Borrowed& operator=(const Borrowed&) = delete;
  // The bytes that parameters point to end with the call.
  ~Borrowed() {
    if (!statement_->borrowed) return;
    statement_->borrowed = false;
    if (!statement_->statement) return;
    QuickCall call(*statement_->session);
    statement_->statement.clear_bindings();
  }

 private:
  StatementObject* statement_;
};

bool describe(CursorObject* cursor, StatementObject* statement) {
  if (statement->statement.column_count() == 0) return true;
  constexpr int kParseColumnNames = 2;
  PyObject* description = statement_description(statement, (cursor->connection->detect_types & kParseColumnNames) != 0);
  if (description == nullptr) return false;
  set_ref(cursor->description, description);
  return true;
}

// Puts the statement into the cursor's hands for one run.
void take(CursorObject* cursor, StatementObject* statement) {
  ++statement->users;
  cursor->statement = reinterpret_cast<StatementObject*>(new_ref(reinterpret_cast<PyObject*>(statement)));
}

bool execute_once(CursorObject* cursor, StatementObject* statement, PyObject* parameters) {
  // Changes are over when the call is, so that long values need no copy; rows may be fetched when their values are
  // gone.
  const Binding binding =
      statement->is_dml && statement->statement.column_count() == 0 ? Binding::Borrow : Binding::Copy;
  Borrowed borrowed(statement);
  if (parameters != nullptr || statement->parameter_count > 0) {
    static PyObject* nothing = PyTuple_New(0);
    if (!bind_parameters(statement, parameters != nullptr ? parameters : nothing, binding)) return false;
  }
  take(cursor, statement);
  if (!run_once(cursor, false)) return false;
  if (!describe(cursor, statement)) return false;
  if (cursor->statement == nullptr || cursor->connection->detect_types == 0) return true;
  set_ref(cursor->converters, build_converters(cursor));
  return PyErr_Occurred() == nullptr;
}

bool execute_many(CursorObject* cursor, StatementObject* statement, PyObject* sequence) {
  PyObject* iterator = PyIter_Check(sequence) ? new_ref(sequence) : PyObject_GetIter(sequence);
  if (iterator == nullptr) return false;
  bool good = true;
  while (good) {
    PyObject* parameters = PyIter_Next(iterator);
    if (parameters == nullptr) {
      good = PyErr_Occurred() == nullptr;
      break;
    }
    {
      Borrowed borrowed(statement);
      good = bind_parameters(statement, parameters, Binding::Borrow);
      if (good) {
        take(cursor, statement);
        good = run_once(cursor, true);
      }
    }
    Py_DECREF(parameters);
    // The iterator may have closed the connection.
    good = good && check_open(cursor->connection);
  }
  Py_DECREF(iterator);
  return good && describe(cursor, statement);
}

PyObject* run(CursorObject* cursor, PyObject* sql, PyObject* parameters, bool many) {
  ConnectionObject* connection = cursor->connection;
  Session& session = *connection->session;
  CursorLock lock(cursor);
  release_statement(cursor);
  set_ref(cursor->description, none());
  set_ref(cursor->converters, nullptr);
  QuickCall whole(session);  // no other thread's statement comes between this one and what it says of its changes
  StatementObject* statement = check_open(connection) ? take_statement(connection, sql) : nullptr;
  if (statement == nullptr) {
    cursor->rowcount = -1;
    return nullptr;
  }
  ++statement->users;
  bool good = true;
  cursor->rowcount = statement->is_dml ? 0 : -1;
  if (statement->statement) {
    if (many && statement->statement.is_read_only()) {
      PyErr_SetString(module.programming_error, "executemany() can only execute DML statements.");
      good = false;
    }
    good = good && begin_if_needed(connection, statement);
    good = good && (many ? execute_many(cursor, statement, parameters) : execute_once(cursor, statement, parameters));
  } else if (!many && parameters != nullptr) {
    good = bind_parameters(statement, parameters, Binding::Copy);
  }
  if (good && !many && statement->statement && session.db) {
    cursor->lastrowid = session.db->last_insert_rowid();
    cursor->has_lastrowid = true;
  }
  --statement->users;
  Py_DECREF(statement);
  if (!good) {
    release_statement(cursor);
    cursor->rowcount = -1;
    return nullptr;
  }
  return new_ref(reinterpret_cast<PyObject*>(cursor));
}

// ---------------------------------------------------------------- methods

PyObject* cursor_execute(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count < 1 || count > 2) {
    PyErr_Format(
        PyExc_TypeError,
        count < 1 ? "execute expected at least 1 argument, got %zd" : "execute expected at most 2 arguments, got %zd",
        count);
    return nullptr;
  }
  return execute(cursor_of(self), arguments[0], count > 1 ? arguments[1] : nullptr, false);
}

PyObject* cursor_executemany(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count != 2) {
    PyErr_Format(PyExc_TypeError, "executemany expected 2 arguments, got %zd", count);
    return nullptr;
  }
  return execute(cursor_of(self), arguments[0], arguments[1], true);
}

PyObject* cursor_executescript(PyObject* self, PyObject* script) { return execute_script(cursor_of(self), script); }

PyObject* cursor_next(PyObject* self) {
  CursorObject* cursor = cursor_of(self);
  if (!check_cursor(cursor)) return nullptr;
  if (cursor->batch == nullptr) return nullptr;
  CursorLock lock(cursor);
  return fetch_row(cursor);
}

PyObject* cursor_fetchone(PyObject* self, PyObject*) {
  PyObject* row = cursor_next(self);
  return row != nullptr || PyErr_Occurred() != nullptr ? row : none();
}

PyObject* fetch_into_list(CursorObject* cursor, int64_t row_count_max) {
  if (!check_cursor(cursor)) return nullptr;
  CursorLock lock(cursor);
  return fetch_rows(cursor, row_count_max);
}

PyObject* cursor_fetchall(PyObject* self, PyObject*) { return fetch_into_list(cursor_of(self), INT64_MAX); }

PyObject* cursor_fetchmany(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"size", nullptr};
  CursorObject* cursor = cursor_of(self);
  int size = static_cast<int>(cursor->arraysize);
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|i:fetchmany", const_cast<char**>(names), &size))
    return nullptr;
  return fetch_into_list(cursor, size > 0 ? size : INT64_MAX);  // as the standard module: no limit
}

PyObject* cursor_close(PyObject* self, PyObject*) {
  CursorObject* cursor = cursor_of(self);
  if (cursor->connection == nullptr) {
    PyErr_SetString(module.programming_error, "Base Cursor.__init__ not called.");
    return nullptr;
  }
  if (cursor->locked) {
    PyErr_SetString(module.programming_error, "Recursive use of cursors not allowed.");
    return nullptr;
  }
  if (!check_connection(cursor->connection)) return nullptr;
  release_statement(cursor);
  cursor->closed = true;
  return none();
}

PyObject* cursor_setinputsizes(PyObject*, PyObject*) { return none(); }
PyObject* cursor_setoutputsize(PyObject*, PyObject* arguments) {
  PyObject* size = nullptr;
  PyObject* column = nullptr;
  if (!PyArg_UnpackTuple(arguments, "setoutputsize", 1, 2, &size, &column)) return nullptr;
  return none();
}

// ---------------------------------------------------------------- life

int cursor_init(PyObject* self, PyObject* arguments, PyObject* keywords) {
  CursorObject* cursor = cursor_of(self);
  if (keywords != nullptr && PyDict_GET_SIZE(keywords) > 0) {
    PyErr_SetString(PyExc_TypeError, "Cursor() takes no keyword arguments");
    return -1;
  }
  PyObject* connection = nullptr;
  if (!PyArg_UnpackTuple(arguments, "Cursor", 1, 1, &connection)) return -1;
  if (!PyObject_TypeCheck(connection, module.connection_type)) {
    PyErr_Format(PyExc_TypeError, "Cursor() argument 1 must be sqlrite.Connection, not %.200s",
                 Py_TYPE(connection)->tp_name);
    return -1;
  }
  if (cursor->locked) {
    PyErr_SetString(module.programming_error, "Recursive use of cursors not allowed.");
    return -1;
  }
  auto* target = reinterpret_cast<ConnectionObject*>(connection);
  if (!target->initialized) {
    PyErr_SetString(module.programming_error, "Base Connection.__init__ not called.");
    return -1;
  }
  if (cursor->connection != nullptr) {
    release_statement(cursor);
    unlink(cursor);
    Py_CLEAR(cursor->connection);
    Py_CLEAR(cursor->description);
    Py_CLEAR(cursor->row_factory);
    Py_CLEAR(cursor->converters);
    cursor->closed = false;
    cursor->has_lastrowid = false;
  }
  attach(cursor, target);
  return check_thread(target) ? 0 : -1;
}

int cursor_traverse(PyObject* self, visitproc visit, void* arg) {
  CursorObject* cursor = cursor_of(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(cursor->connection);
  Py_VISIT(cursor->converters);
  Py_VISIT(cursor->row_factory);
  return 0;
}

int cursor_clear(PyObject* self) {
  CursorObject* cursor = cursor_of(self);
  if (cursor->connection != nullptr) {
    release_statement(cursor);
    unlink(cursor);
  }
  Py_CLEAR(cursor->connection);
  Py_CLEAR(cursor->converters);
  Py_CLEAR(cursor->row_factory);
  return 0;
}

void cursor_dealloc(PyObject* self) {
  CursorObject* cursor = cursor_of(self);
  PyObject_GC_UnTrack(self);
  if (cursor->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  cursor_clear(self);
  Py_CLEAR(cursor->description);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

// ---------------------------------------------------------------- attributes

PyObject* get_connection(PyObject* self, void*) {
  PyObject* connection = reinterpret_cast<PyObject*>(cursor_of(self)->connection);
  return connection != nullptr ? new_ref(connection) : none();
}
PyObject* get_description(PyObject* self, void*) {
  PyObject* description = cursor_of(self)->description;
  return description != nullptr ? new_ref(description) : none();
}
PyObject* get_lastrowid(PyObject* self, void*) {
  CursorObject* cursor = cursor_of(self);
  return cursor->has_lastrowid ? PyLong_FromLongLong(cursor->lastrowid) : none();
}
PyObject* get_rowcount(PyObject* self, void*) { return PyLong_FromLongLong(cursor_of(self)->rowcount); }
PyObject* get_arraysize(PyObject* self, void*) { return PyLong_FromLongLong(cursor_of(self)->arraysize); }
int set_arraysize(PyObject* self, PyObject* value, void*) {
  if (value == nullptr) {
    PyErr_SetString(PyExc_TypeError, "can't delete numeric/char attribute");
    return -1;
  }
  long size = PyLong_AsLong(value);
  if (size == -1 && PyErr_Occurred() != nullptr) return -1;
  cursor_of(self)->arraysize = size > INT_MAX ? INT_MAX : size;
  return 0;
}

PyObject* get_row_factory(PyObject* self, void*) {
  PyObject* factory = cursor_of(self)->row_factory;
  return factory != nullptr ? new_ref(factory) : none();
}
int set_row_factory(PyObject* self, PyObject* value, void*) {
  if (cursor_of(self)->locked) {
    PyErr_SetString(module.programming_error, "Recursive use of cursors not allowed.");
    return -1;
  }
  set_ref(cursor_of(self)->row_factory, value != nullptr ? new_ref(value) : none());
  return 0;
}

PyMethodDef methods[] = {
    {"execute", as_method(&cursor_execute), METH_FASTCALL,
     "execute($self, sql, parameters=(), /)\n--\n\nRuns one statement with its parameters and returns the cursor."},
    {"executemany", as_method(&cursor_executemany), METH_FASTCALL,
     "executemany($self, sql, seq_of_parameters, /)\n--\n\nRuns one changing statement for every set of parameters."},
    {"executescript", &cursor_executescript, METH_O,
     "executescript($self, sql_script, /)\n--\n\nCommits an open transaction, then runs all statements of the text."},
    {"fetchone", &cursor_fetchone, METH_NOARGS, "fetchone($self, /)\n--\n\nThe next row, None behind the last."},
    {"fetchmany", as_method(&cursor_fetchmany), METH_VARARGS | METH_KEYWORDS,
     "fetchmany($self, /, size=1)\n--\n\nThe next rows as a list, up to size (arraysize by default)."},
    {"fetchall", &cursor_fetchall, METH_NOARGS, "fetchall($self, /)\n--\n\nThe rows that are left as a list."},
    {"close", &cursor_close, METH_NOARGS,
     "close($self, /)\n--\n\nEnds what the cursor runs; it cannot be used any more."},
    {"setinputsizes", &cursor_setinputsizes, METH_O,
     "setinputsizes($self, sizes, /)\n--\n\nDoes nothing; part of PEP 249."},
    {"setoutputsize", &cursor_setoutputsize, METH_VARARGS,
     "setoutputsize($self, size, column=None, /)\n--\n\nDoes nothing; part of PEP 249."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef attributes[] = {
    {"connection", &get_connection, nullptr, "The connection that the cursor belongs to.", nullptr},
    {"description", &get_description, nullptr, "One 7-tuple per column, its name first; None without rows.", nullptr},
    {"lastrowid", &get_lastrowid, nullptr, "Row id of the last INSERT or REPLACE; None before the first execute().",
     nullptr},
    {"rowcount", &get_rowcount, nullptr, "Rows changed by the last statement, -1 for others.", nullptr},
    {"arraysize", &get_arraysize, &set_arraysize, "How many rows fetchmany() fetches by default.", nullptr},
    {"row_factory", &get_row_factory, &set_row_factory, "Makes rows of (cursor, tuple); None leaves tuples.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(CursorObject, weak_references), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

}  // namespace

void release_statement(CursorObject* cursor) {
  StatementObject* statement = cursor->statement;
  if (statement == nullptr) return;
  cursor->statement = nullptr;
  cursor->batch = nullptr;
  if (statement->statement.is_running()) {
    if (statement->session->busy > 0) {
      // The garbage collector came while another call is under way: nobody may use this statement again.
      statement->session->drop(std::move(statement->statement));
      ++statement->users;
    } else {
      PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
      PyErr_Fetch(&type, &value, &traceback);
      {
        EngineCall call(*statement->session);
        statement->statement.reset().ignore();
      }
      PyErr_Restore(type, value, traceback);
    }
  }
  --statement->users;
  Py_DECREF(statement);
}

CursorObject* new_cursor(ConnectionObject* connection) {
  PyObject* object = module.cursor_type->tp_alloc(module.cursor_type, 0);
  if (object == nullptr) return nullptr;
  attach(cursor_of(object), connection);
  return cursor_of(object);
}

PyObject* execute(CursorObject* cursor, PyObject* sql, PyObject* parameters, bool many) {
  if (!PyUnicode_Check(sql)) {
    PyErr_Format(PyExc_TypeError, "%s() argument 1 must be str, not %.200s", many ? "executemany" : "execute",
                 Py_TYPE(sql)->tp_name);
    return nullptr;
  }
  if (!check_cursor(cursor)) return nullptr;
  return run(cursor, sql, parameters, many);
}

PyObject* execute_script(CursorObject* cursor, PyObject* script) {
  if (!PyUnicode_Check(script)) {
    PyErr_Format(PyExc_TypeError, "executescript() argument must be str, not %.200s", Py_TYPE(script)->tp_name);
    return nullptr;
  }
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(script, &size);
  if (text == nullptr) return nullptr;
  std::string_view sql(text, static_cast<size_t>(size));
  if (sql.find('\0') != std::string_view::npos) {
    PyErr_SetString(PyExc_ValueError, "embedded null character");
    return nullptr;
  }
  if (!check_cursor(cursor)) return nullptr;
  ConnectionObject* connection = cursor->connection;
  Session& session = *connection->session;
  if (size > session.db->limit(sqlrite::Limit::SqlLength)) {
    PyErr_SetString(module.data_error, "query string is too large");
    return nullptr;
  }
  CursorLock lock(cursor);
  QuickCall whole(session);
  if (!check_open(connection)) return nullptr;
  if (connection->autocommit == kLegacyTransactionControl && !session.db->is_autocommit() &&
      !run_sql(connection, "COMMIT")) {
    return nullptr;
  }
  return run_sql(connection, sql) ? new_ref(reinterpret_cast<PyObject*>(cursor)) : nullptr;
}

bool add_cursor_type(PyObject* target) {
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("Cursor(connection, /)\n--\n\nRuns statements and hands out their rows.")},
      type_slot(Py_tp_new, &PyType_GenericNew),
      type_slot(Py_tp_init, &cursor_init),
      type_slot(Py_tp_dealloc, &cursor_dealloc),
      type_slot(Py_tp_traverse, &cursor_traverse),
      type_slot(Py_tp_clear, &cursor_clear),
      type_slot(Py_tp_iter, &PyObject_SelfIter),
      type_slot(Py_tp_iternext, &cursor_next),
      {Py_tp_methods, methods},
      {Py_tp_getset, attributes},
      {Py_tp_members, members},
      {0, nullptr},
  };
  static PyType_Spec spec = {"sqlrite.Cursor", sizeof(CursorObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  module.cursor_type = make_type(spec);
  return add_to_module(target, "Cursor", module.cursor_type);
}

}  // namespace sqlrite_python
