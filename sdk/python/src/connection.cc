// Connection: opening, transactions, closing, and the shortcuts that make cursors. Functions and hooks are in
// callbacks.cc, backup and settings in transfer.cc.
#include <cmath>
#include <cstring>

#include "objects.h"
#include "type_table.h"

// Behind Python.h, which the line above brings.
#include <structmember.h>

namespace sqlrite_python {

namespace {

ConnectionObject* connection_of(PyObject* self) { return reinterpret_cast<ConnectionObject*>(self); }

// ---------------------------------------------------------------- isolation levels

constexpr const char* kBegins[] = {"BEGIN ", "BEGIN DEFERRED", "BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"};
constexpr size_t kBeginSize = 6;  // of "BEGIN "

const char* begin_of(const char* level) {
  for (const char* begin : kBegins) {
    const char* name = begin + kBeginSize;
    size_t i = 0;
    while (level[i] != '\0' && std::toupper(static_cast<unsigned char>(level[i])) == name[i]) ++i;
    if (level[i] == '\0' && name[i] == '\0') return begin;
  }
  return nullptr;
}

// Takes over what `level` (str or None) says; false with an error set.
bool take_isolation_level(ConnectionObject* connection, PyObject* level) {
  if (level == Py_None) {
    set_ref(connection->begin, nullptr);
    set_ref(connection->isolation_level, none());
    return true;
  }
  if (!PyUnicode_Check(level)) {
    PyErr_SetString(PyExc_TypeError, "isolation_level must be str or None");
    return false;
  }
  const char* text = PyUnicode_AsUTF8(level);
  if (text == nullptr) return false;
  const char* begin = std::strlen(text) == static_cast<size_t>(PyUnicode_GET_LENGTH(level)) ? begin_of(text) : nullptr;
  if (begin == nullptr) {
    PyErr_SetString(PyExc_ValueError, "isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'");
    return false;
  }
  PyObject* statement = PyUnicode_FromString(begin);
  PyObject* name = PyUnicode_FromString(begin + kBeginSize);
  if (statement == nullptr || name == nullptr) {
    Py_XDECREF(statement);
    Py_XDECREF(name);
    return false;
  }
  set_ref(connection->begin, statement);
  set_ref(connection->isolation_level, name);
  return true;
}

bool take_autocommit(PyObject* value, int* out) {
  if (value == Py_True) {
    *out = 1;
  } else if (value == Py_False) {
    *out = 0;
  } else if (PyLong_Check(value) && PyLong_AsLong(value) == kLegacyTransactionControl) {
    *out = kLegacyTransactionControl;
  } else {
    PyErr_Clear();
    PyErr_SetString(PyExc_ValueError, "autocommit must be True, False, or sqlrite.LEGACY_TRANSACTION_CONTROL");
    return false;
  }
  return true;
}

bool in_transaction(ConnectionObject* connection) {
  QuickCall call(*connection->session);
  return connection->session->db && !connection->session->db->is_autocommit();
}

// ---------------------------------------------------------------- life

// Ends everything the connection runs and lets go of the session. Errors of what is rolled back are nobody's any more.
void end_session(ConnectionObject* connection) {
  Session* session = connection->session;
  if (session == nullptr || !session->db) return;
  clear_callbacks(connection);
  for (CursorObject* cursor = connection->cursors; cursor != nullptr;) {
    CursorObject* next = cursor->next;
    if (!cursor->locked) release_statement(cursor);
    cursor = next;
  }
  clear_statements(connection);
  if (connection->blobs != nullptr) {
    PyObject* blobs = new_ref(connection->blobs);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(blobs); ++i) {
      PyObject* blob = PyObject_CallNoArgs(PyList_GET_ITEM(blobs, i));
      if (blob == nullptr) {
        PyErr_Clear();
        continue;
      }
      if (blob != Py_None) {
        PyObject* closed = PyObject_CallMethod(blob, "_end", nullptr);
        if (closed == nullptr) PyErr_Clear();
        Py_XDECREF(closed);
      }
      Py_DECREF(blob);
    }
    Py_DECREF(blobs);
    PyList_SetSlice(connection->blobs, 0, PyList_GET_SIZE(connection->blobs), nullptr);
  }
  std::optional<sqlrite::Connection> ended = std::move(session->db);
  session->db.reset();
  {
    EngineCall call(*session);  // closing may write the log back
    ended.reset();
  }
}

bool open_session(ConnectionObject* connection, PyObject* database, double timeout_s, bool uri, bool read_only) {
  PyObject* bytes = nullptr;
  if (PyUnicode_FSConverter(database, &bytes) == 0) return false;
  std::string path(PyBytes_AS_STRING(bytes), static_cast<size_t>(PyBytes_GET_SIZE(bytes)));
  Py_DECREF(bytes);
  sqlrite::OpenOptions options;
  options.mode = read_only ? sqlrite::OpenMode::ReadOnly : sqlrite::OpenMode::ReadWriteCreate;
  options.uri = uri;
  options.busy_timeout_ms = static_cast<int>(std::min(std::max(timeout_s * 1000.0, 0.0), 2147483647.0));
  Session* session = new Session();
  session->shared = !connection->check_same_thread;
  sqlrite::Status status;
  {
    EngineCall call(*session);
    auto opened = sqlrite::Connection::open(path, options);
    if (opened.ok()) {
      session->db.emplace(opened.take());
    } else {
      status = opened.take_status();
    }
  }
  if (!status.ok()) {
    session->release();
    set_error(status);
    return false;
  }
  connection->session = session;
  return true;
}

int connection_init(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"database", "timeout",           "detect_types", "isolation_level", "check_same_thread",
                                "factory",  "cached_statements", "uri",          "autocommit",      "read_only",
                                nullptr};
  ConnectionObject* connection = connection_of(self);
  PyObject* database = nullptr;
  double timeout_s = 5.0;
  int detect_types = 0;
  PyObject* isolation_level = nullptr;
  int check_same_thread = 1;
  PyObject* factory = nullptr;
  int cached_statements = 128;
  int uri = 0;
  PyObject* autocommit = nullptr;
  int read_only = 0;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|diOpOip$Op:Connection", const_cast<char**>(names), &database,
                                   &timeout_s, &detect_types, &isolation_level, &check_same_thread, &factory,
                                   &cached_statements, &uri, &autocommit, &read_only)) {
    return -1;
  }
  int autocommit_mode = kLegacyTransactionControl;
  if (autocommit != nullptr && !take_autocommit(autocommit, &autocommit_mode)) return -1;
  if (PySys_Audit("sqlrite.connect", "O", database) < 0) return -1;
  if (connection->session != nullptr) {
    if (!check_thread(connection)) return -1;
    connection->initialized = false;
    end_session(connection);
    connection->session->release();
    connection->session = nullptr;
  }
  PyObject* deferred = isolation_level == nullptr ? PyUnicode_FromString("") : new_ref(isolation_level);
  bool level_taken = deferred != nullptr && take_isolation_level(connection, deferred);
  Py_XDECREF(deferred);
  if (!level_taken) return -1;
  connection->check_same_thread = check_same_thread != 0;
  if (!open_session(connection, database, timeout_s, uri != 0, read_only != 0)) return -1;
  connection->thread_id = PyThread_get_thread_ident();
  connection->detect_types = detect_types;
  connection->autocommit = autocommit_mode;
  connection->statement_count_max = cached_statements > 0 ? cached_statements : 0;
  set_ref(connection->statements, PyDict_New());
  set_ref(connection->blobs, PyList_New(0));
  set_ref(connection->row_factory, none());
  set_ref(connection->text_factory, new_ref(reinterpret_cast<PyObject*>(&PyUnicode_Type)));
  if (connection->statements == nullptr || connection->blobs == nullptr) return -1;
  connection->initialized = true;
  return autocommit_mode == 0 && !run_sql(connection, "BEGIN") ? -1 : 0;
}

int connection_traverse(PyObject* self, visitproc visit, void* arg) {
  ConnectionObject* connection = connection_of(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(connection->statements);
  Py_VISIT(connection->blobs);
  Py_VISIT(connection->row_factory);
  Py_VISIT(connection->text_factory);
  Py_VISIT(connection->trace);
  Py_VISIT(connection->progress);
  Py_VISIT(connection->authorizer);
  return 0;
}

int connection_clear(PyObject* self) {
  ConnectionObject* connection = connection_of(self);
  end_session(connection);
  Py_CLEAR(connection->statements);
  Py_CLEAR(connection->blobs);
  Py_CLEAR(connection->row_factory);
  Py_CLEAR(connection->text_factory);
  return 0;
}

void connection_dealloc(PyObject* self) {
  ConnectionObject* connection = connection_of(self);
  PyObject_GC_UnTrack(self);
  if (connection->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  connection_clear(self);
  PyErr_Restore(type, value, traceback);
  if (connection->session != nullptr) connection->session->release();
  Py_CLEAR(connection->isolation_level);
  Py_CLEAR(connection->begin);
  PyTypeObject* object_type = Py_TYPE(self);
  object_type->tp_free(self);
  Py_DECREF(object_type);
}

PyObject* connection_close(PyObject* self, PyObject*) {
  ConnectionObject* connection = connection_of(self);
  if (!connection->initialized) {
    PyErr_SetString(module.programming_error, "Base Connection.__init__ not called.");
    return nullptr;
  }
  if (!check_thread(connection)) return nullptr;
  Session& session = *connection->session;
  QuickCall call(session);
  if (!session.db) return none();
  if (session.depth > 0) {
    PyErr_SetString(module.programming_error, "Cannot close a connection inside a callback of its own statement.");
    return nullptr;
  }
  bool rolled_back = connection->autocommit != 0 || !in_transaction(connection) || run_sql(connection, "ROLLBACK");
  end_session(connection);
  return rolled_back ? none() : nullptr;
}

// A second connection to the same database, opened in the same way.
PyObject* connection_connect(PyObject* self, PyObject*) {
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return nullptr;
  Session* session = new Session();
  session->shared = !connection->check_same_thread;
  sqlrite::Status status;
  {
    EngineCall call(*connection->session);
    auto opened = connection->session->db->connect();
    if (opened.ok()) {
      session->db.emplace(opened.take());
    } else {
      status = opened.take_status();
    }
  }
  PyObject* object = status.ok() ? Py_TYPE(self)->tp_alloc(Py_TYPE(self), 0) : nullptr;
  if (object == nullptr) {
    session->release();
    if (!status.ok()) set_error(status);
    return nullptr;
  }
  ConnectionObject* sibling = connection_of(object);
  sibling->session = session;
  sibling->statements = PyDict_New();
  sibling->blobs = PyList_New(0);
  sibling->statement_count_max = connection->statement_count_max;
  sibling->isolation_level = new_ref(connection->isolation_level);
  sibling->begin = connection->begin != nullptr ? new_ref(connection->begin) : nullptr;
  sibling->row_factory = new_ref(connection->row_factory);
  sibling->text_factory = new_ref(connection->text_factory);
  sibling->thread_id = PyThread_get_thread_ident();
  sibling->autocommit = connection->autocommit;
  sibling->detect_types = connection->detect_types;
  sibling->check_same_thread = connection->check_same_thread;
  sibling->initialized = sibling->statements != nullptr && sibling->blobs != nullptr;
  if (!sibling->initialized || (sibling->autocommit == 0 && !run_sql(sibling, "BEGIN"))) {
    Py_DECREF(object);
    return nullptr;
  }
  return object;
}

// ---------------------------------------------------------------- transactions

// COMMIT or ROLLBACK, and the next BEGIN where transactions are always open.
bool end_transaction(ConnectionObject* connection, const char* sql) {
  if (!check_connection(connection)) return false;
  if (connection->autocommit == 1 || !in_transaction(connection)) return true;
  if (!run_sql(connection, sql)) return false;
  return connection->autocommit != 0 || run_sql(connection, "BEGIN");
}

PyObject* connection_commit(PyObject* self, PyObject*) {
  return end_transaction(connection_of(self), "COMMIT") ? none() : nullptr;
}
PyObject* connection_rollback(PyObject* self, PyObject*) {
  return end_transaction(connection_of(self), "ROLLBACK") ? none() : nullptr;
}

PyObject* connection_enter(PyObject* self, PyObject*) {
  return check_connection(connection_of(self)) ? new_ref(self) : nullptr;
}

PyObject* connection_exit(PyObject* self, PyObject* arguments) {
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  if (!PyArg_UnpackTuple(arguments, "__exit__", 3, 3, &type, &value, &traceback)) return nullptr;
  const char* method = type == Py_None ? "commit" : "rollback";
  PyObject* result = PyObject_CallMethod(self, method, nullptr);
  if (result == nullptr) {
    if (type == Py_None && connection_of(self)->session->db) {
      // What could not be committed does not stay open.
      PyObject *failed = nullptr, *reason = nullptr, *where = nullptr;
      PyErr_Fetch(&failed, &reason, &where);
      PyObject* rolled_back = PyObject_CallMethod(self, "rollback", nullptr);
      if (rolled_back == nullptr) PyErr_Clear();
      Py_XDECREF(rolled_back);
      PyErr_Restore(failed, reason, where);
    }
    return nullptr;
  }
  Py_DECREF(result);
  Py_RETURN_FALSE;
}

// ---------------------------------------------------------------- cursors

PyObject* connection_cursor(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"factory", nullptr};
  ConnectionObject* connection = connection_of(self);
  PyObject* factory = nullptr;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|O:cursor", const_cast<char**>(names), &factory))
    return nullptr;
  if (!check_connection(connection)) return nullptr;
  if (factory == nullptr) return reinterpret_cast<PyObject*>(new_cursor(connection));
  PyObject* made = PyObject_CallFunctionObjArgs(factory, self, nullptr);
  if (made == nullptr) return nullptr;
  if (!PyObject_TypeCheck(made, module.cursor_type)) {
    PyErr_Format(PyExc_TypeError, "factory must return a cursor, not %.100s", Py_TYPE(made)->tp_name);
    Py_DECREF(made);
    return nullptr;
  }
  auto* cursor = reinterpret_cast<CursorObject*>(made);
  if (connection->row_factory != Py_None) set_ref(cursor->row_factory, new_ref(connection->row_factory));
  return made;
}

PyObject* run_on_new_cursor(PyObject* self, PyObject* sql, PyObject* parameters, bool many) {
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return nullptr;
  CursorObject* cursor = new_cursor(connection);
  if (cursor == nullptr) return nullptr;
  PyObject* result = execute(cursor, sql, parameters, many);
  Py_DECREF(cursor);
  return result;
}

PyObject* connection_execute(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count < 1 || count > 2) {
    PyErr_Format(
        PyExc_TypeError,
        count < 1 ? "execute expected at least 1 argument, got %zd" : "execute expected at most 2 arguments, got %zd",
        count);
    return nullptr;
  }
  return run_on_new_cursor(self, arguments[0], count > 1 ? arguments[1] : nullptr, false);
}

PyObject* connection_executemany(PyObject* self, PyObject* const* arguments, Py_ssize_t count) {
  if (count != 2) {
    PyErr_Format(PyExc_TypeError, "executemany expected 2 arguments, got %zd", count);
    return nullptr;
  }
  return run_on_new_cursor(self, arguments[0], arguments[1], true);
}

PyObject* connection_executescript(PyObject* self, PyObject* script) {
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return nullptr;
  CursorObject* cursor = new_cursor(connection);
  if (cursor == nullptr) return nullptr;
  PyObject* result = execute_script(cursor, script);
  Py_DECREF(cursor);
  return result;
}

PyObject* connection_call(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"sql", nullptr};
  PyObject* sql = nullptr;
  if (!check_connection(connection_of(self))) return nullptr;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "U:Connection", const_cast<char**>(names), &sql))
    return nullptr;
  QuickCall call(*connection_of(self)->session);
  return check_open(connection_of(self)) ? reinterpret_cast<PyObject*>(take_statement(connection_of(self), sql))
                                         : nullptr;
}

PyObject* connection_interrupt(PyObject* self, PyObject*) {
  ConnectionObject* connection = connection_of(self);
  if (!check_open(connection)) return nullptr;
  connection->session->db->interrupt();
  return none();
}

// ---------------------------------------------------------------- attributes

PyObject* get_isolation_level(PyObject* self, void*) {
  if (!check_connection(connection_of(self))) return nullptr;
  return new_ref(connection_of(self)->isolation_level);
}

int set_isolation_level(PyObject* self, PyObject* value, void*) {
  if (value == nullptr) {
    PyErr_SetString(PyExc_AttributeError, "cannot delete attribute");
    return -1;
  }
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return -1;
  if (!take_isolation_level(connection, value)) return -1;
  // Without a level there are no transactions opened by the package: an open one ends.
  if (value == Py_None && connection->autocommit == kLegacyTransactionControl && in_transaction(connection)) {
    return run_sql(connection, "COMMIT") ? 0 : -1;
  }
  return 0;
}

PyObject* get_autocommit(PyObject* self, void*) {
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return nullptr;
  if (connection->autocommit == kLegacyTransactionControl) return PyLong_FromLong(kLegacyTransactionControl);
  return PyBool_FromLong(connection->autocommit);
}

int set_autocommit(PyObject* self, PyObject* value, void*) {
  ConnectionObject* connection = connection_of(self);
  if (value == nullptr) {
    PyErr_SetString(PyExc_AttributeError, "cannot delete attribute");
    return -1;
  }
  if (!check_connection(connection)) return -1;
  int mode = 0;
  if (!take_autocommit(value, &mode)) return -1;
  if (mode == 1 && in_transaction(connection) && !run_sql(connection, "COMMIT")) return -1;
  if (mode == 0 && !in_transaction(connection) && !run_sql(connection, "BEGIN")) return -1;
  connection->autocommit = mode;
  return 0;
}

PyObject* get_total_changes(PyObject* self, void*) {
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return nullptr;
  QuickCall call(*connection->session);
  return check_open(connection) ? PyLong_FromLongLong(connection->session->db->total_changes()) : nullptr;
}

PyObject* get_in_transaction(PyObject* self, void*) {
  if (!check_connection(connection_of(self))) return nullptr;
  return PyBool_FromLong(in_transaction(connection_of(self)));
}

PyObject* get_read_only(PyObject* self, void*) {
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return nullptr;
  QuickCall call(*connection->session);
  return check_open(connection) ? PyBool_FromLong(connection->session->db->is_read_only()) : nullptr;
}

template <PyObject* ConnectionObject::* Member>
PyObject* get_object(PyObject* self, void*) {
  PyObject* object = connection_of(self)->*Member;
  return object != nullptr ? new_ref(object) : none();
}

template <PyObject* ConnectionObject::* Member>
int set_object(PyObject* self, PyObject* value, void*) {
  set_ref(connection_of(self)->*Member, value != nullptr ? new_ref(value) : none());
  return 0;
}

template <PyObject* Module::* Member>
PyObject* get_exception(PyObject*, void*) {
  return new_ref(module.*Member);
}

PyMethodDef methods[] = {
    {"cursor", as_method(&connection_cursor), METH_VARARGS | METH_KEYWORDS,
     "cursor($self, /, factory=Cursor)\n--\n\nA new cursor."},
    {"execute", as_method(&connection_execute), METH_FASTCALL,
     "execute($self, sql, parameters=(), /)\n--\n\nRuns one statement on a new cursor and returns it."},
    {"executemany", as_method(&connection_executemany), METH_FASTCALL,
     "executemany($self, sql, seq_of_parameters, /)\n--\n\nRuns one statement for many sets of parameters on a new "
     "cursor."},
    {"executescript", &connection_executescript, METH_O,
     "executescript($self, sql_script, /)\n--\n\nRuns all statements of a text on a new cursor."},
    {"commit", &connection_commit, METH_NOARGS,
     "commit($self, /)\n--\n\nCommits the open transaction; nothing without one."},
    {"rollback", &connection_rollback, METH_NOARGS,
     "rollback($self, /)\n--\n\nRolls the open transaction back; nothing without one."},
    {"close", &connection_close, METH_NOARGS,
     "close($self, /)\n--\n\nEnds the connection; what is not committed is lost."},
    {"connect", &connection_connect, METH_NOARGS,
     "connect($self, /)\n--\n\nA second connection to the same file, opened in the same way."},
    {"interrupt", &connection_interrupt, METH_NOARGS,
     "interrupt($self, /)\n--\n\nMakes running statements stop with an OperationalError. Any thread may call it."},
    {"__enter__", &connection_enter, METH_NOARGS, "__enter__($self, /)\n--\n\nThe connection itself."},
    {"__exit__", &connection_exit, METH_VARARGS,
     "__exit__($self, type, value, traceback, /)\n--\n\nCommits, after an exception rolls back. Does not close."},
    {nullptr, nullptr, 0, nullptr},
};

PyGetSetDef attributes[] = {
    {"isolation_level", &get_isolation_level, &set_isolation_level,
     "How transactions begin in front of changes: '', 'DEFERRED', 'IMMEDIATE', 'EXCLUSIVE'; None: they do not.",
     nullptr},
    {"autocommit", &get_autocommit, &set_autocommit,
     "True, False (always in a transaction), or LEGACY_TRANSACTION_CONTROL.", nullptr},
    {"total_changes", &get_total_changes, nullptr, "Rows changed since the connection was opened.", nullptr},
    {"in_transaction", &get_in_transaction, nullptr, "True while a transaction is open.", nullptr},
    {"read_only", &get_read_only, nullptr, "True when the database cannot be written.", nullptr},
    {"row_factory", &get_object<&ConnectionObject::row_factory>, &set_object<&ConnectionObject::row_factory>,
     "Row factory of new cursors.", nullptr},
    {"text_factory", &get_object<&ConnectionObject::text_factory>, &set_object<&ConnectionObject::text_factory>,
     "Makes texts of bytes: str, bytes, bytearray, or a callable.", nullptr},
    {"Warning", &get_exception<&Module::warning>, nullptr, nullptr, nullptr},
    {"Error", &get_exception<&Module::error>, nullptr, nullptr, nullptr},
    {"InterfaceError", &get_exception<&Module::interface_error>, nullptr, nullptr, nullptr},
    {"DatabaseError", &get_exception<&Module::database_error>, nullptr, nullptr, nullptr},
    {"InternalError", &get_exception<&Module::internal_error>, nullptr, nullptr, nullptr},
    {"OperationalError", &get_exception<&Module::operational_error>, nullptr, nullptr, nullptr},
    {"ProgrammingError", &get_exception<&Module::programming_error>, nullptr, nullptr, nullptr},
    {"IntegrityError", &get_exception<&Module::integrity_error>, nullptr, nullptr, nullptr},
    {"DataError", &get_exception<&Module::data_error>, nullptr, nullptr, nullptr},
    {"NotSupportedError", &get_exception<&Module::not_supported_error>, nullptr, nullptr, nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyMemberDef members[] = {
    {"__weaklistoffset__", T_PYSSIZET, offsetof(ConnectionObject, weak_references), READONLY, nullptr},
    {nullptr, 0, 0, 0, nullptr},
};

bool add_methods(PyTypeObject* type, PyMethodDef* definitions) {
  for (PyMethodDef* method = definitions; method->ml_name != nullptr; ++method) {
    PyObject* descriptor = PyDescr_NewMethod(type, method);
    if (descriptor == nullptr) return false;
    int failed = PyObject_SetAttrString(reinterpret_cast<PyObject*>(type), method->ml_name, descriptor);
    Py_DECREF(descriptor);
    if (failed != 0) return false;
  }
  return true;
}

}  // namespace

bool check_thread(ConnectionObject* connection) {
  if (!connection->initialized) {
    PyErr_SetString(module.programming_error, "Base Connection.__init__ not called.");
    return false;
  }
  if (!connection->check_same_thread || PyThread_get_thread_ident() == connection->thread_id) [[likely]]
    return true;
  PyErr_Format(
      module.programming_error,
      "SQLite objects created in a thread can only be used in that same thread. The object was created in thread id "
      "%lu and this is thread id %lu.",
      connection->thread_id, PyThread_get_thread_ident());
  return false;
}

bool check_open(ConnectionObject* connection) {
  if (!connection->initialized) {
    PyErr_SetString(module.programming_error, "Base Connection.__init__ not called.");
    return false;
  }
  if (connection->session->db) [[likely]]
    return true;
  PyErr_SetString(module.programming_error, "Cannot operate on a closed database.");
  return false;
}

bool run_sql(ConnectionObject* connection, std::string_view sql) {
  Session& session = *connection->session;
  sqlrite::Status status;
  {
    EngineCall call(session);
    if (session.db) status = session.db->exec(sql);
  }
  if (!status.ok()) set_error_unless_raised(status);
  return PyErr_Occurred() == nullptr;
}

bool add_connection_type(PyObject* target) {
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("One session with a database; made by connect().")},
      type_slot(Py_tp_new, &PyType_GenericNew),
      type_slot(Py_tp_init, &connection_init),
      type_slot(Py_tp_dealloc, &connection_dealloc),
      type_slot(Py_tp_traverse, &connection_traverse),
      type_slot(Py_tp_clear, &connection_clear),
      type_slot(Py_tp_call, &connection_call),
      {Py_tp_methods, methods},
      {Py_tp_getset, attributes},
      {Py_tp_members, members},
      {0, nullptr},
  };
  static PyType_Spec spec = {"sqlrite.Connection", sizeof(ConnectionObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  module.connection_type = make_type(spec);
  return module.connection_type != nullptr && add_methods(module.connection_type, callback_methods) &&
         add_methods(module.connection_type, transfer_methods) &&
         add_to_module(target, "Connection", module.connection_type);
}

}  // namespace sqlrite_python
