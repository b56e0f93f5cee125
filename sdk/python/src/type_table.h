// The tables from which CPython makes types: entries of every function type, and the step from table to type.
#pragma once

#include <Python.h>

namespace sqlrite_python {

// CPython's tables hold pointers of one type and cast back to the one that belongs to the slot or the METH_ flags.
template <class Function>
PyType_Slot type_slot(int id, Function* function) {
  return {id, reinterpret_cast<void*>(function)};
}
template <class Function>
PyCFunction as_method(Function* function) {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void*>(function));
}

// The type that the table describes; null with an error set.
inline PyTypeObject* make_type(PyType_Spec& spec) { return reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec)); }

inline bool add_to_module(PyObject* target, const char* name, PyTypeObject* type) {
  return type != nullptr && PyObject_SetAttrString(target, name, reinterpret_cast<PyObject*>(type)) == 0;
}

}  // namespace sqlrite_python
