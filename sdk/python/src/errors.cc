// Exceptions: the tree of PEP 249, and which class a failure of the engine becomes.
#include "objects.h"

namespace sqlrite_python {

namespace {

using sqlrite::Code;

PyObject* class_of(Code code) {
  if (code == Code::BusySnapshot) return module.busy_snapshot_error;
  switch (sqlrite::primary_code(code)) {
    case Code::Internal:
    case Code::NotFound: return module.internal_error;
    case Code::Busy: return module.busy_error;
    case Code::Error:
    case Code::Perm:
    case Code::Abort:
    case Code::Locked:
    case Code::ReadOnly:
    case Code::Interrupt:
    case Code::IoErr:
    case Code::Full:
    case Code::CantOpen:
    case Code::Protocol:
    case Code::Empty:
    case Code::Schema: return module.operational_error;
    case Code::TooBig: return module.data_error;
    case Code::Constraint:
    case Code::Mismatch: return module.integrity_error;
    case Code::Misuse:
    case Code::Range: return module.interface_error;
    default: return module.database_error;
  }
}

}  // namespace

void set_error(const sqlrite::Status& status) {
  const Code code = status.code();
  if (code == Code::NoMem) {
    PyErr_NoMemory();
    return;
  }
  std::string_view text = status.message();
  PyObject* message = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
  if (message == nullptr) return;
  PyObject* type = class_of(code);
  PyObject* exception = PyObject_CallFunctionObjArgs(type, message, nullptr);
  Py_DECREF(message);
  if (exception == nullptr) return;
  const char* name = sqlrite::code_name(code);
  PyObject* number = PyLong_FromLong(static_cast<long>(code));
  PyObject* label = PyUnicode_FromString(name != nullptr ? name : "unknown");
  if (number != nullptr && label != nullptr && PyObject_SetAttrString(exception, "sqlite_errorcode", number) == 0 &&
      PyObject_SetAttrString(exception, "sqlite_errorname", label) == 0) {
    PyErr_SetObject(type, exception);
  }
  Py_XDECREF(number);
  Py_XDECREF(label);
  Py_DECREF(exception);
}

void set_error_unless_raised(const sqlrite::Status& status) {
  if (PyErr_Occurred() == nullptr) set_error(status);
}

void report_callback_error(PyObject* callable) {
  if (PyErr_Occurred() == nullptr) return;
  if (module.callback_tracebacks) {
    PyErr_WriteUnraisable(callable);
  } else {
    PyErr_Clear();
  }
}

bool add_exceptions(PyObject* target) {
  auto add = [target](PyObject*& slot, const char* name, const char* text, PyObject* base) {
    std::string full = std::string("sqlrite.") + name;
    slot = PyErr_NewExceptionWithDoc(full.c_str(), text, base, nullptr);
    return slot != nullptr && PyObject_SetAttrString(target, name, slot) == 0;
  };
  return add(module.warning, "Warning", "Important warnings. Raised by nothing in this package; part of PEP 249.",
             PyExc_Exception) &&
         add(module.error, "Error", "Base class of all errors of this package, also known as SQLRiteError.",
             PyExc_Exception) &&
         add(module.interface_error, "InterfaceError", "The interface was misused.", module.error) &&
         add(module.database_error, "DatabaseError", "An error of the database.", module.error) &&
         add(module.internal_error, "InternalError", "An error inside the engine.", module.database_error) &&
         add(module.operational_error, "OperationalError",
             "An error of the database's operation: missing tables, locks, files.", module.database_error) &&
         add(module.programming_error, "ProgrammingError",
             "A mistake of the program: closed objects, wrong parameters.", module.database_error) &&
         add(module.integrity_error, "IntegrityError", "A constraint was violated.", module.database_error) &&
         add(module.data_error, "DataError", "A value is too big.", module.database_error) &&
         add(module.not_supported_error, "NotSupportedError", "Something that this version does not offer.",
             module.database_error) &&
         add(module.busy_error, "BusyError", "Somebody else holds a lock; the transaction may be tried again.",
             module.operational_error) &&
         add(module.busy_snapshot_error, "BusySnapshotError",
             "What the transaction has read was changed by somebody else; it has to be tried again from its start.",
             module.busy_error) &&
         PyObject_SetAttrString(target, "SQLRiteError", module.error) == 0;
}

}  // namespace sqlrite_python
