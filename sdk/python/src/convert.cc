// Values: Python objects as parameters and results, values of the engine as Python objects.
#include <climits>
#include <cstring>

#include "objects.h"

namespace sqlrite_python {

namespace {

// Longer bytes are not copied into the statement when the call holds on to their object until it is over.
constexpr Py_ssize_t kBorrowedSizeMin = 4096;

sqlrite::Lifetime lifetime_of(StatementObject* statement, Binding binding, Py_ssize_t size_bytes) {
  if (binding == Binding::Copy || size_bytes < kBorrowedSizeMin) return sqlrite::Lifetime::Copy;
  statement->borrowed = true;
  return sqlrite::Lifetime::Borrow;
}

bool accepted(const sqlrite::Status& status) {
  if (status.ok()) [[likely]]
    return true;
  set_error(status);
  return false;
}

bool bind_integer(StatementObject* statement, uint32_t number, PyObject* object) {
  int64_t value = 0;
  return to_int64(object, &value) && accepted(statement->statement.bind(number, value));
}

bool bind_str(StatementObject* statement, uint32_t number, PyObject* object, Binding binding) {
  Py_ssize_t size = 0;
  const char* text = nullptr;
  if (PyUnicode_IS_COMPACT_ASCII(object)) [[likely]] {
    text = static_cast<const char*>(PyUnicode_DATA(object));
    size = PyUnicode_GET_LENGTH(object);
  } else {
    text = PyUnicode_AsUTF8AndSize(object, &size);
    if (text == nullptr) return false;
  }
  if (size > INT_MAX) {
    PyErr_SetString(PyExc_OverflowError, "string longer than INT_MAX bytes");
    return false;
  }
  std::string_view view(text, static_cast<size_t>(size));
  return accepted(statement->statement.bind_text(number, view, lifetime_of(statement, binding, size)));
}

bool bind_bytes(StatementObject* statement, uint32_t number, const void* bytes, Py_ssize_t size, Binding binding) {
  if (size > INT_MAX) {
    PyErr_SetString(PyExc_OverflowError, "BLOB longer than INT_MAX bytes");
    return false;
  }
  std::string_view view(static_cast<const char*>(bytes), static_cast<size_t>(size));
  return accepted(statement->statement.bind_blob(number, view, lifetime_of(statement, binding, size)));
}

// Subclasses of the basic types, buffers, and what adapters made.
bool bind_adapted(StatementObject* statement, uint32_t number, PyObject* object) {
  if (object == Py_None) return accepted(statement->statement.bind(number, nullptr));
  if (PyLong_Check(object)) return bind_integer(statement, number, object);
  if (PyFloat_Check(object)) return accepted(statement->statement.bind(number, PyFloat_AS_DOUBLE(object)));
  if (PyUnicode_Check(object)) return bind_str(statement, number, object, Binding::Copy);
  if (PyObject_CheckBuffer(object)) {
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) return false;
    bool bound = bind_bytes(statement, number, view.buf, view.len, Binding::Copy);
    PyBuffer_Release(&view);
    return bound;
  }
  PyErr_Format(module.programming_error, "Error binding parameter %u: type '%s' is not supported", number,
               Py_TYPE(object)->tp_name);
  return false;
}

bool refuse_count(StatementObject* statement, Py_ssize_t given) {
  PyErr_Format(module.programming_error,
               "Incorrect number of bindings supplied. The current statement uses %u, and there are %zd supplied.",
               statement->parameter_count, given);
  return false;
}

bool make_parameter_names(StatementObject* statement) {
  PyObject* names = PyTuple_New(statement->parameter_count);
  if (names == nullptr) return false;
  for (uint32_t i = 0; i < statement->parameter_count; ++i) {
    std::string_view name = statement->statement.parameter_name(i + 1);
    PyObject* entry = nullptr;
    if (name.empty()) {
      entry = none();
    } else {
      name.remove_prefix(1);
      entry = PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), "strict");
      if (entry != nullptr) PyUnicode_InternInPlace(&entry);
    }
    if (entry == nullptr) {
      Py_DECREF(names);
      return false;
    }
    PyTuple_SET_ITEM(names, i, entry);
  }
  statement->parameter_names = names;
  return true;
}

bool bind_mapping(StatementObject* statement, PyObject* parameters) {
  if (statement->parameter_names == nullptr && !make_parameter_names(statement)) return false;
  bool exact = PyDict_CheckExact(parameters);
  for (uint32_t i = 0; i < statement->parameter_count; ++i) {
    PyObject* name = PyTuple_GET_ITEM(statement->parameter_names, i);
    if (name == Py_None) {
      PyErr_Format(module.programming_error,
                   "Binding %u has no name, but you supplied a dictionary (which has only names).", i + 1);
      return false;
    }
    PyObject* item = nullptr;
    if (exact) {
      item = PyDict_GetItemWithError(parameters, name);
      Py_XINCREF(item);
    } else {
      item = PyObject_GetItem(parameters, name);
    }
    if (item == nullptr) {
      if (PyErr_Occurred() == nullptr || PyErr_ExceptionMatches(PyExc_LookupError)) {
        PyErr_Clear();
        PyErr_Format(module.programming_error, "You did not supply a value for binding parameter :%U.", name);
      }
      return false;
    }
    bool bound = bind_object(statement, i + 1, item, Binding::Copy);
    Py_DECREF(item);
    if (!bound) return false;
  }
  return true;
}

}  // namespace

bool bind_object(StatementObject* statement, uint32_t number, PyObject* object, Binding binding) {
  PyTypeObject* type = Py_TYPE(object);
  if (!module.base_types_adapted) [[likely]] {
    if (type == &PyLong_Type) return bind_integer(statement, number, object);
    if (type == &PyUnicode_Type) return bind_str(statement, number, object, binding);
    if (type == &PyFloat_Type) return accepted(statement->statement.bind(number, PyFloat_AS_DOUBLE(object)));
    if (object == Py_None) return accepted(statement->statement.bind(number, nullptr));
    if (type == &PyBytes_Type) {
      return bind_bytes(statement, number, PyBytes_AS_STRING(object), PyBytes_GET_SIZE(object), binding);
    }
    if (type == &PyBool_Type)
      return accepted(statement->statement.bind(number, static_cast<int64_t>(object == Py_True)));
    if (type == &PyByteArray_Type) return bind_adapted(statement, number, object);
  }
  PyObject* adapted = adapt(object);
  if (adapted == nullptr) return false;
  bool bound = bind_adapted(statement, number, adapted);
  Py_DECREF(adapted);
  return bound;
}

bool bind_parameters(StatementObject* statement, PyObject* parameters, Binding binding) {
  const uint32_t count = statement->parameter_count;
  if (PyTuple_CheckExact(parameters)) [[likely]] {
    if (PyTuple_GET_SIZE(parameters) != static_cast<Py_ssize_t>(count))
      return refuse_count(statement, PyTuple_GET_SIZE(parameters));
    for (uint32_t i = 0; i < count; ++i) {
      if (!bind_object(statement, i + 1, PyTuple_GET_ITEM(parameters, i), binding)) return false;
    }
    return true;
  }
  if (PyList_CheckExact(parameters) || (!PyDict_Check(parameters) && PySequence_Check(parameters))) {
    Py_ssize_t given = PySequence_Size(parameters);
    if (given < 0) return false;
    if (given != static_cast<Py_ssize_t>(count)) return refuse_count(statement, given);
    for (uint32_t i = 0; i < count; ++i) {
      PyObject* item = PySequence_GetItem(parameters, i);  // adapters may change a list meanwhile
      if (item == nullptr) return false;
      bool bound = bind_object(statement, i + 1, item, Binding::Copy);
      Py_DECREF(item);
      if (!bound) return false;
    }
    return true;
  }
  if (PyMapping_Check(parameters)) return bind_mapping(statement, parameters);
  PyErr_SetString(module.programming_error, "parameters are of unsupported type");
  return false;
}

// Most texts are ASCII: the string is made with its size at once, and eight bytes are looked at in one step.
PyObject* text_to_str(const char* bytes, size_t size) {
  constexpr uint64_t kHighBits = 0x8080808080808080ull;
  if (size > 1) [[likely]] {
    uint64_t seen = 0;
    size_t at = 0;
    for (; at + 8 <= size; at += 8) {
      uint64_t word;
      std::memcpy(&word, bytes + at, 8);
      seen |= word;
    }
    for (; at < size; ++at) seen |= static_cast<uint64_t>(static_cast<uint8_t>(bytes[at]));
    if ((seen & kHighBits) == 0) {
      PyObject* text = PyUnicode_New(static_cast<Py_ssize_t>(size), 127);
      if (text != nullptr) std::memcpy(PyUnicode_1BYTE_DATA(text), bytes, size);
      return text;
    }
  }
  return PyUnicode_DecodeUTF8(bytes, static_cast<Py_ssize_t>(size), "strict");
}

bool to_int64(PyObject* object, int64_t* value) {
  int overflow = 0;
  *value = PyLong_AsLongLongAndOverflow(object, &overflow);
  if (overflow != 0) {
    PyErr_SetString(PyExc_OverflowError, "Python int too large to convert to SQLite INTEGER");
    return false;
  }
  return *value != -1 || PyErr_Occurred() == nullptr;
}

PyObject* to_object(const sqlrite::Value& value) {
  switch (value.type) {
    case sqlrite::ValueType::Integer: return PyLong_FromLongLong(value.integer);
    case sqlrite::ValueType::Real: return PyFloat_FromDouble(value.real);
    case sqlrite::ValueType::Text: return text_to_str(value.bytes, value.length);
    case sqlrite::ValueType::Blob: return PyBytes_FromStringAndSize(value.bytes, static_cast<Py_ssize_t>(value.length));
    case sqlrite::ValueType::Null: break;
  }
  return none();
}

}  // namespace sqlrite_python
