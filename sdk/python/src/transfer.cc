// Whole databases in and out (backup, images), and the limits and switches of a connection.
#include <string>

#include "objects.h"
#include "type_table.h"

namespace sqlrite_python {

namespace {

using sqlrite::Code;
using sqlrite::Status;

ConnectionObject* connection_of(PyObject* self) { return reinterpret_cast<ConnectionObject*>(self); }

// Sleeps without the GIL; signals are heard.
bool sleep_for(double duration_s) {
  PyObject* time = PyImport_ImportModule("time");
  PyObject* slept = time != nullptr ? PyObject_CallMethod(time, "sleep", "d", duration_s) : nullptr;
  Py_XDECREF(time);
  Py_XDECREF(slept);
  return slept != nullptr;
}

bool tell_progress(PyObject* progress, const Status& status, bool done, const sqlrite::Backup& backup) {
  if (progress == Py_None) return true;
  constexpr int kDone = 101;
  int code = done ? kDone : static_cast<int>(status.code());
  PyObject* told =
      PyObject_CallFunction(progress, "iii", code, backup.remaining_page_count(), backup.total_page_count());
  Py_XDECREF(told);
  return told != nullptr;
}

bool copy_pages(ConnectionObject* source, sqlrite::Backup& backup, int page_count, PyObject* progress, double sleep_s) {
  for (;;) {
    auto step = [&] {
      EngineCall call(*source->session);
      return backup.step(page_count);
    }();
    bool done = step.ok() && step.value();
    Status status = step.ok() ? Status() : step.take_status();
    if (!tell_progress(progress, status, done, backup)) return false;
    if (done) return true;
    bool may_try_again = status.primary() == Code::Busy || status.primary() == Code::Locked;
    if (!status.ok() && !may_try_again) {
      set_error_unless_raised(status);
      return false;
    }
    if (may_try_again && !sleep_for(sleep_s)) return false;
    if (!check_open(source)) return false;
  }
}

PyObject* backup(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"target", "pages", "progress", "name", "sleep", nullptr};
  ConnectionObject* source = connection_of(self);
  PyObject* target_object = nullptr;
  int page_count = -1;
  PyObject* progress = Py_None;
  const char* name = "main";
  double sleep_s = 0.25;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O|$iOsd:backup", const_cast<char**>(names), &target_object,
                                   &page_count, &progress, &name, &sleep_s)) {
    return nullptr;
  }
  if (!PyObject_TypeCheck(target_object, module.connection_type)) {
    PyErr_Format(PyExc_TypeError, "backup() argument 'target' must be sqlrite.Connection, not %.200s",
                 Py_TYPE(target_object)->tp_name);
    return nullptr;
  }
  if (!check_connection(source)) return nullptr;
  if (self == target_object) {
    PyErr_SetString(PyExc_ValueError, "target cannot be the same connection instance");
    return nullptr;
  }
  ConnectionObject* target = connection_of(target_object);
  if (!check_connection(target)) return nullptr;
  if (progress != Py_None && PyCallable_Check(progress) == 0) {
    PyErr_SetString(PyExc_TypeError, "progress argument must be a callable");
    return nullptr;
  }
  auto begun = source->session->db->backup_to(*target->session->db, "main", name);
  if (!begun.ok()) {
    set_error(begun.status());
    return nullptr;
  }
  std::optional<sqlrite::Backup> copy(begun.take());
  bool good = copy_pages(source, *copy, page_count == 0 ? -1 : page_count, progress, sleep_s);
  {
    EngineCall call(*source->session);
    copy.reset();
  }
  return good ? none() : nullptr;
}

PyObject* serialize(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"name", nullptr};
  const char* name = "main";
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "|$s:serialize", const_cast<char**>(names), &name))
    return nullptr;
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return nullptr;
  if (connection->session->db->find_database(name) < 0) {
    PyErr_Format(module.operational_error, "unable to serialize '%s'", name);
    return nullptr;
  }
  auto image = [&] {
    EngineCall call(*connection->session);
    return connection->session->db->serialize(name);
  }();
  if (!image.ok()) {
    set_error(image.status());
    return nullptr;
  }
  return PyBytes_FromStringAndSize(image.value().data(), static_cast<Py_ssize_t>(image.value().size()));
}

PyObject* deserialize(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"", "name", nullptr};
  Py_buffer image;
  const char* name = "main";
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "s*|$s:deserialize", const_cast<char**>(names), &image, &name))
    return nullptr;
  ConnectionObject* connection = connection_of(self);
  Status status;
  bool good = check_connection(connection);
  if (good) {
    std::string_view bytes(static_cast<const char*>(image.buf), static_cast<size_t>(image.len));
    EngineCall call(*connection->session);
    status = connection->session->db->deserialize(bytes, name);
  }
  PyBuffer_Release(&image);
  if (!good) return nullptr;
  if (status.ok()) return none();
  set_error(status);
  return nullptr;
}

constexpr int kLimitCount = 12;

bool check_limit(int category) {
  if (category >= 0 && category < kLimitCount) return true;
  PyErr_SetString(module.programming_error, "'category' is out of bounds");
  return false;
}

PyObject* getlimit(PyObject* self, PyObject* argument) {
  int category = static_cast<int>(PyLong_AsLong(argument));
  if (PyErr_Occurred() != nullptr || !check_connection(connection_of(self)) || !check_limit(category)) return nullptr;
  return PyLong_FromLong(connection_of(self)->session->db->limit(static_cast<sqlrite::Limit>(category)));
}

PyObject* setlimit(PyObject* self, PyObject* arguments) {
  int category = 0, limit = 0;
  if (!PyArg_ParseTuple(arguments, "ii:setlimit", &category, &limit)) return nullptr;
  if (!check_connection(connection_of(self)) || !check_limit(category)) return nullptr;
  QuickCall call(*connection_of(self)->session);
  return PyLong_FromLong(connection_of(self)->session->db->set_limit(static_cast<sqlrite::Limit>(category), limit));
}

bool check_switch(int number) {
  switch (static_cast<sqlrite::Setting>(number)) {
    case sqlrite::Setting::ForeignKeys:
    case sqlrite::Setting::Triggers:
    case sqlrite::Setting::LoadExtension:
    case sqlrite::Setting::NoCheckpointOnClose:
    case sqlrite::Setting::Defensive:
    case sqlrite::Setting::WritableSchema:
    case sqlrite::Setting::LegacyAlterTable:
    case sqlrite::Setting::DoubleQuotedDml:
    case sqlrite::Setting::DoubleQuotedDdl:
    case sqlrite::Setting::Views:
    case sqlrite::Setting::LegacyFileFormat:
    case sqlrite::Setting::TrustedSchema: return true;
    default: PyErr_Format(PyExc_ValueError, "unknown config 'op': %d", number); return false;
  }
}

PyObject* getconfig(PyObject* self, PyObject* argument) {
  int number = static_cast<int>(PyLong_AsLong(argument));
  if (PyErr_Occurred() != nullptr || !check_connection(connection_of(self)) || !check_switch(number)) return nullptr;
  return PyBool_FromLong(connection_of(self)->session->db->setting(static_cast<sqlrite::Setting>(number)));
}

PyObject* setconfig(PyObject* self, PyObject* arguments) {
  int number = 0, on = 1;
  if (!PyArg_ParseTuple(arguments, "i|p:setconfig", &number, &on)) return nullptr;
  if (!check_connection(connection_of(self)) || !check_switch(number)) return nullptr;
  QuickCall call(*connection_of(self)->session);
  connection_of(self)->session->db->set_setting(static_cast<sqlrite::Setting>(number), on != 0);
  return none();
}

}  // namespace

PyMethodDef transfer_methods[] = {
    {"backup", as_method(&backup), METH_VARARGS | METH_KEYWORDS,
     "backup($self, /, target, *, pages=-1, progress=None, name='main', sleep=0.25)\n--\n\n"
     "Copies this database over that of another connection."},
    {"serialize", as_method(&serialize), METH_VARARGS | METH_KEYWORDS,
     "serialize($self, /, *, name='main')\n--\n\nThe bytes that a file of the database would have."},
    {"deserialize", as_method(&deserialize), METH_VARARGS | METH_KEYWORDS,
     "deserialize($self, data, /, *, name='main')\n--\n\nThe database becomes one in memory with the content of a "
     "database file."},
    {"getlimit", &getlimit, METH_O, "getlimit($self, category, /)\n--\n\nA limit of the connection."},
    {"setlimit", &setlimit, METH_VARARGS,
     "setlimit($self, category, limit, /)\n--\n\nSets a limit and returns what it was."},
    {"getconfig", &getconfig, METH_O, "getconfig($self, op, /)\n--\n\nA switch of the connection."},
    {"setconfig", &setconfig, METH_VARARGS,
     "setconfig($self, op, enable=True, /)\n--\n\nSets a switch of the connection."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace sqlrite_python
