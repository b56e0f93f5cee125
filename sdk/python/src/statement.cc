// Statements and the cache that each connection keeps of them: the texts used last, up to `cached_statements`.
#include "objects.h"
#include "type_table.h"

namespace sqlrite_python {

namespace {

void unlink(ConnectionObject* connection, StatementObject* statement) {
  (statement->newer != nullptr ? statement->newer->older : connection->newest) = statement->older;
  (statement->older != nullptr ? statement->older->newer : connection->oldest) = statement->newer;
  statement->newer = nullptr;
  statement->older = nullptr;
}

void link_newest(ConnectionObject* connection, StatementObject* statement) {
  statement->newer = nullptr;
  statement->older = connection->newest;
  if (connection->newest != nullptr) connection->newest->newer = statement;
  connection->newest = statement;
  if (connection->oldest == nullptr) connection->oldest = statement;
}

void statement_dealloc(PyObject* self) {
  auto* statement = reinterpret_cast<StatementObject*>(self);
  if (statement->session != nullptr) {
    statement->session->drop(std::move(statement->statement));
    statement->session->release();
  }
  statement->statement.~Statement();
  Py_XDECREF(statement->sql);
  Py_XDECREF(statement->description);
  Py_XDECREF(statement->parameter_names);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

// The text as the engine wants it; false with an error set.
bool check_text(ConnectionObject* connection, PyObject* sql, std::string_view* out) {
  Py_ssize_t size = 0;
  const char* text = PyUnicode_AsUTF8AndSize(sql, &size);
  if (text == nullptr) return false;
  if (size > connection->session->db->limit(sqlrite::Limit::SqlLength)) {
    PyErr_SetString(module.data_error, "query string is too large");
    return false;
  }
  *out = {text, static_cast<size_t>(size)};
  if (out->find('\0') != std::string_view::npos) {
    PyErr_SetString(module.programming_error, "the query contains a null character");
    return false;
  }
  return true;
}

StatementObject* make_statement(ConnectionObject* connection, PyObject* sql) {
  std::string_view text;
  if (!check_text(connection, sql, &text)) return nullptr;
  size_t tail = text.size();
  sqlrite::Status status;
  sqlrite::Statement prepared;
  {
    // Preparing may read the schema, and asks the authorizer.
    EngineCall call(*connection->session);
    auto result = connection->session->db->prepare(text, &tail);
    if (result.ok()) {
      prepared = result.take();
    } else {
      status = result.take_status();
    }
  }
  if (PyErr_Occurred() != nullptr) return nullptr;
  if (!status.ok()) {
    set_error(status);
    return nullptr;
  }
  if (!skip_blank(text.substr(tail)).empty()) {
    PyErr_SetString(module.programming_error, "You can only execute one statement at a time.");
    return nullptr;
  }
  auto* statement = PyObject_New(StatementObject, module.statement_type);
  if (statement == nullptr) return nullptr;
  statement->session = connection->session;
  statement->session->retain();
  new (&statement->statement) sqlrite::Statement(std::move(prepared));
  statement->sql = new_ref(sql);
  statement->description = nullptr;
  statement->parameter_names = nullptr;
  statement->description_version = 0;
  statement->parameter_count = statement->statement ? statement->statement.parameter_count() : 0;
  statement->users = 0;
  statement->is_dml = starts_as_dml(text);
  statement->borrowed = false;
  statement->newer = nullptr;
  statement->older = nullptr;
  return statement;
}

bool keep_statement(ConnectionObject* connection, StatementObject* statement) {
  while (connection->statement_count >= connection->statement_count_max) {
    StatementObject* oldest = connection->oldest;
    unlink(connection, oldest);
    --connection->statement_count;
    if (PyDict_DelItem(connection->statements, oldest->sql) != 0) return false;
  }
  if (PyDict_SetItem(connection->statements, statement->sql, reinterpret_cast<PyObject*>(statement)) != 0) return false;
  ++connection->statement_count;
  link_newest(connection, statement);
  return true;
}

}  // namespace

StatementObject* take_statement(ConnectionObject* connection, PyObject* sql) {
  StatementObject* cached = connection->newest;
  if (cached == nullptr || cached->sql != sql) {
    cached = reinterpret_cast<StatementObject*>(PyDict_GetItemWithError(connection->statements, sql));
    if (cached == nullptr) {
      if (PyErr_Occurred() != nullptr) return nullptr;
      StatementObject* made = make_statement(connection, sql);
      if (made == nullptr || connection->statement_count_max == 0) return made;
      // While it was prepared an authorizer may have run SQL, even the same.
      if (PyDict_Contains(connection->statements, sql) == 0 && !keep_statement(connection, made)) {
        Py_DECREF(made);
        return nullptr;
      }
      return made;
    }
    if (connection->newest != cached) {
      unlink(connection, cached);
      link_newest(connection, cached);
    }
  }
  if (cached->users > 0) return make_statement(connection, sql);
  Py_INCREF(cached);
  return cached;
}

PyObject* statement_description(StatementObject* statement, bool cut_at_bracket) {
  sqlrite::Statement& prepared = statement->statement;
  const int64_t version = prepared.recompile_count();
  if (statement->description != nullptr && statement->description_version == version)
    return new_ref(statement->description);
  const uint32_t count = prepared.column_count();
  PyObject* description = PyTuple_New(count);
  if (description == nullptr) return nullptr;
  for (uint32_t i = 0; i < count; ++i) {
    std::string_view name = prepared.column_name(i);
    if (cut_at_bracket) {
      // "name [type]": what stands in brackets chooses a converter.
      size_t bracket = name.find('[');
      if (bracket != std::string_view::npos) {
        if (bracket > 0 && name[bracket - 1] == ' ') --bracket;
        name = name.substr(0, bracket);
      }
    }
    PyObject* text = PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), "replace");
    PyObject* entry =
        text != nullptr ? PyTuple_Pack(7, text, Py_None, Py_None, Py_None, Py_None, Py_None, Py_None) : nullptr;
    Py_XDECREF(text);
    if (entry == nullptr) {
      Py_DECREF(description);
      return nullptr;
    }
    PyTuple_SET_ITEM(description, i, entry);
  }
  set_ref(statement->description, new_ref(description));
  statement->description_version = version;
  return description;
}

void clear_statements(ConnectionObject* connection) {
  while (connection->oldest != nullptr) unlink(connection, connection->oldest);
  connection->statement_count = 0;
  if (connection->statements != nullptr) PyDict_Clear(connection->statements);
}

bool add_statement_type(PyObject*) {
  static PyType_Slot slots[] = {
      type_slot(Py_tp_dealloc, &statement_dealloc),
      {0, nullptr},
  };
  static PyType_Spec spec = {"sqlrite.Statement", sizeof(StatementObject), 0, Py_TPFLAGS_DEFAULT, slots};
  module.statement_type = make_type(spec);
  if (module.statement_type == nullptr) return false;
  module.statement_type->tp_new = nullptr;
  return true;
}

}  // namespace sqlrite_python
