// Row: a tuple whose values also have names.
#include "objects.h"
#include "type_table.h"

namespace sqlrite_python {

namespace {

RowObject* row_of(PyObject* self) { return reinterpret_cast<RowObject*>(self); }

PyObject* row_new(PyTypeObject* type, PyObject* arguments, PyObject* keywords) {
  PyObject *cursor = nullptr, *values = nullptr;
  if (keywords != nullptr && PyDict_GET_SIZE(keywords) > 0) {
    PyErr_SetString(PyExc_TypeError, "Row() takes no keyword arguments");
    return nullptr;
  }
  if (!PyArg_UnpackTuple(arguments, "Row", 2, 2, &cursor, &values)) return nullptr;
  if (!PyObject_TypeCheck(cursor, module.cursor_type)) {
    PyErr_Format(PyExc_TypeError, "Row() argument 1 must be sqlrite.Cursor, not %.200s", Py_TYPE(cursor)->tp_name);
    return nullptr;
  }
  if (!PyTuple_Check(values)) {
    PyErr_Format(PyExc_TypeError, "Row() argument 2 must be tuple, not %.200s", Py_TYPE(values)->tp_name);
    return nullptr;
  }
  PyObject* self = type->tp_alloc(type, 0);
  if (self == nullptr) return nullptr;
  PyObject* description = reinterpret_cast<CursorObject*>(cursor)->description;
  row_of(self)->values = new_ref(values);
  row_of(self)->description = description != nullptr ? new_ref(description) : none();
  return self;
}

int row_traverse(PyObject* self, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(row_of(self)->values);
  return 0;
}

int row_clear(PyObject* self) {
  Py_CLEAR(row_of(self)->values);
  return 0;
}

void row_dealloc(PyObject* self) {
  PyObject_GC_UnTrack(self);
  row_clear(self);
  Py_CLEAR(row_of(self)->description);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);
}

Py_ssize_t row_length(PyObject* self) { return PyTuple_GET_SIZE(row_of(self)->values); }

PyObject* row_item(PyObject* self, Py_ssize_t index) {
  PyObject* item = PyTuple_GetItem(row_of(self)->values, index);
  Py_XINCREF(item);
  return item;
}

// Names are compared as SQL does: A-Z and a-z are one.
bool same_name(PyObject* a, PyObject* b) {
  if (a == b) return true;
  Py_ssize_t size_a = 0, size_b = 0;
  const char* text_a = PyUnicode_AsUTF8AndSize(a, &size_a);
  const char* text_b = text_a != nullptr ? PyUnicode_AsUTF8AndSize(b, &size_b) : nullptr;
  if (text_b == nullptr || size_a != size_b) return false;
  for (Py_ssize_t i = 0; i < size_a; ++i) {
    auto fold = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    if (fold(text_a[i]) != fold(text_b[i])) return false;
  }
  return true;
}

PyObject* row_by_name(RowObject* row, PyObject* name) {
  Py_ssize_t count = row->description == Py_None ? 0 : PyTuple_GET_SIZE(row->description);
  for (Py_ssize_t i = 0; i < count; ++i) {
    if (same_name(name, PyTuple_GET_ITEM(PyTuple_GET_ITEM(row->description, i), 0)))
      return row_item(reinterpret_cast<PyObject*>(row), i);
    if (PyErr_Occurred() != nullptr) return nullptr;
  }
  PyErr_SetString(PyExc_IndexError, "No item with that key");
  return nullptr;
}

PyObject* row_subscript(PyObject* self, PyObject* index) {
  if (PyLong_Check(index)) {
    Py_ssize_t position = PyNumber_AsSsize_t(index, PyExc_IndexError);
    if (position == -1 && PyErr_Occurred() != nullptr) return nullptr;
    if (position < 0) position += row_length(self);
    return row_item(self, position);
  }
  if (PyUnicode_Check(index)) return row_by_name(row_of(self), index);
  if (PySlice_Check(index)) return PyObject_GetItem(row_of(self)->values, index);
  PyErr_SetString(PyExc_IndexError, "Index must be int or string");
  return nullptr;
}

PyObject* row_keys(PyObject* self, PyObject*) {
  PyObject* description = row_of(self)->description;
  PyObject* keys = PyList_New(0);
  if (keys == nullptr || description == Py_None) return keys;
  for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(description); ++i) {
    if (PyList_Append(keys, PyTuple_GET_ITEM(PyTuple_GET_ITEM(description, i), 0)) != 0) {
      Py_DECREF(keys);
      return nullptr;
    }
  }
  return keys;
}

PyObject* row_iter(PyObject* self) { return PyObject_GetIter(row_of(self)->values); }

Py_hash_t row_hash(PyObject* self) {
  Py_hash_t names = PyObject_Hash(row_of(self)->description);
  Py_hash_t values = names != -1 ? PyObject_Hash(row_of(self)->values) : -1;
  if (values == -1) return -1;
  Py_hash_t hash = names ^ values;
  return hash == -1 ? -2 : hash;
}

PyObject* row_compare(PyObject* self, PyObject* other, int operation) {
  if ((operation != Py_EQ && operation != Py_NE) || !PyObject_TypeCheck(other, module.row_type))
    Py_RETURN_NOTIMPLEMENTED;
  int equal = PyObject_RichCompareBool(row_of(self)->description, row_of(other)->description, Py_EQ);
  if (equal < 0) return nullptr;
  if (equal == 1) return PyObject_RichCompare(row_of(self)->values, row_of(other)->values, operation);
  return PyBool_FromLong(operation == Py_NE);
}

PyMethodDef methods[] = {
    {"keys", &row_keys, METH_NOARGS, "keys($self, /)\n--\n\nThe names of the columns."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace

PyObject* new_row(PyObject* values, PyObject* description) {
  PyObject* self = module.row_type->tp_alloc(module.row_type, 0);
  if (self == nullptr) return nullptr;
  row_of(self)->values = new_ref(values);
  row_of(self)->description = new_ref(description);
  return self;
}

bool add_row_type(PyObject* target) {
  static PyType_Slot slots[] = {
      {Py_tp_doc,
       const_cast<char*>("Row(cursor, data, /)\n--\n\nA row whose values are found by position or by name.")},
      type_slot(Py_tp_new, &row_new),
      type_slot(Py_tp_dealloc, &row_dealloc),
      type_slot(Py_tp_traverse, &row_traverse),
      type_slot(Py_tp_clear, &row_clear),
      type_slot(Py_tp_hash, &row_hash),
      type_slot(Py_tp_iter, &row_iter),
      type_slot(Py_tp_richcompare, &row_compare),
      {Py_tp_methods, methods},
      type_slot(Py_mp_length, &row_length),
      type_slot(Py_mp_subscript, &row_subscript),
      type_slot(Py_sq_length, &row_length),
      type_slot(Py_sq_item, &row_item),
      {0, nullptr},
  };
  static PyType_Spec spec = {"sqlrite.Row", sizeof(RowObject), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  module.row_type = make_type(spec);
  return add_to_module(target, "Row", module.row_type);
}

}  // namespace sqlrite_python
