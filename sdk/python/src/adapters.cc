// Adapters and converters: how objects of the application become values of SQL, and the names under which values come
// back.
#include "objects.h"
#include "type_table.h"

namespace sqlrite_python {

namespace {

bool is_base_type(PyTypeObject* type) {
  return type == &PyLong_Type || type == &PyFloat_Type || type == &PyUnicode_Type || type == &PyByteArray_Type ||
         type == &PyBool_Type || type == &PyBytes_Type || type == Py_TYPE(Py_None);
}

PyObject* register_adapter(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  if (count != 2) {
    PyErr_Format(PyExc_TypeError, "register_adapter expected 2 arguments, got %zd", count);
    return nullptr;
  }
  if (!PyType_Check(arguments[0])) {
    PyErr_Format(PyExc_TypeError, "register_adapter() argument 1 must be type, not %.200s",
                 Py_TYPE(arguments[0])->tp_name);
    return nullptr;
  }
  if (is_base_type(reinterpret_cast<PyTypeObject*>(arguments[0]))) module.base_types_adapted = true;
  PyObject* key = PyTuple_Pack(2, arguments[0], module.protocol_type);
  if (key == nullptr) return nullptr;
  int failed = PyDict_SetItem(module.adapters, key, arguments[1]);
  Py_DECREF(key);
  return failed != 0 ? nullptr : none();
}

PyObject* register_converter(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  if (count != 2) {
    PyErr_Format(PyExc_TypeError, "register_converter expected 2 arguments, got %zd", count);
    return nullptr;
  }
  if (!PyUnicode_Check(arguments[0])) {
    PyErr_Format(PyExc_TypeError, "register_converter() argument 1 must be str, not %.200s",
                 Py_TYPE(arguments[0])->tp_name);
    return nullptr;
  }
  PyObject* name = PyObject_CallMethodObjArgs(arguments[0], module.upper_name, nullptr);
  if (name == nullptr) return nullptr;
  int failed = PyDict_SetItem(module.converters, name, arguments[1]);
  Py_DECREF(name);
  return failed != 0 ? nullptr : none();
}

PyObject* adapt_call(PyObject*, PyObject* const* arguments, Py_ssize_t count) {
  if (count < 1 || count > 3) {
    PyErr_Format(PyExc_TypeError, "adapt expected 1 to 3 arguments, got %zd", count);
    return nullptr;
  }
  PyObject* protocol = count > 1 ? arguments[1] : reinterpret_cast<PyObject*>(module.protocol_type);
  return adapt_to(arguments[0], protocol, count > 2 ? arguments[2] : nullptr);
}

PyMethodDef methods[] = {
    {"register_adapter", as_method(&register_adapter), METH_FASTCALL,
     "register_adapter(type, adapter, /)\n--\n\nUses adapter(object) for parameters of that type."},
    {"register_converter", as_method(&register_converter), METH_FASTCALL,
     "register_converter(typename, converter, /)\n--\n\nUses converter(bytes) for columns of that declared type or "
     "name."},
    {"adapt", as_method(&adapt_call), METH_FASTCALL,
     "adapt(obj, proto=PrepareProtocol, alt=..., /)\n--\n\nWhat the object becomes as a parameter."},
    {nullptr, nullptr, 0, nullptr},
};

// Calls object.<name>(argument) where there is such a method. False with an error set; *out null: there is none, or it
// declined with None or a TypeError.
bool ask(PyObject* object, PyObject* name, PyObject* argument, PyObject** out) {
  *out = nullptr;
  PyObject* method = PyObject_GetAttr(object, name);
  if (method == nullptr) {
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return false;
    PyErr_Clear();
    return true;
  }
  PyObject* result = PyObject_CallFunctionObjArgs(method, argument, nullptr);
  Py_DECREF(method);
  if (result == nullptr) {
    if (!PyErr_ExceptionMatches(PyExc_TypeError)) return false;
    PyErr_Clear();
  } else if (result == Py_None) {
    Py_DECREF(result);
  } else {
    *out = result;
  }
  return true;
}

}  // namespace

PyObject* adapt_to(PyObject* object, PyObject* protocol, PyObject* otherwise) {
  PyObject* key = PyTuple_Pack(2, Py_TYPE(object), protocol);
  if (key == nullptr) return nullptr;
  PyObject* adapter = PyDict_GetItemWithError(module.adapters, key);
  Py_DECREF(key);
  if (adapter != nullptr) {
    Py_INCREF(adapter);
    PyObject* adapted = PyObject_CallFunctionObjArgs(adapter, object, nullptr);
    Py_DECREF(adapter);
    return adapted;
  }
  if (PyErr_Occurred() != nullptr) return nullptr;
  PyObject* adapted = nullptr;
  if (!ask(protocol, module.adapt_name, object, &adapted)) return nullptr;
  if (adapted == nullptr && !ask(object, module.conform_name, protocol, &adapted)) return nullptr;
  if (adapted != nullptr) return adapted;
  if (otherwise != nullptr) return new_ref(otherwise);
  PyErr_SetString(module.programming_error, "can't adapt");
  return nullptr;
}

PyObject* adapt(PyObject* object) {
  return adapt_to(object, reinterpret_cast<PyObject*>(module.protocol_type), object);
}

bool add_adapters(PyObject* target) {
  module.adapters = PyDict_New();
  module.converters = PyDict_New();
  module.adapt_name = PyUnicode_InternFromString("__adapt__");
  module.conform_name = PyUnicode_InternFromString("__conform__");
  module.upper_name = PyUnicode_InternFromString("upper");
  static PyType_Slot slots[] = {
      {Py_tp_doc,
       const_cast<char*>("What an object is asked to conform to by its __conform__ method when it is a parameter.")},
      {0, nullptr},
  };
  static PyType_Spec spec = {"sqlrite.PrepareProtocol", sizeof(PyObject), 0, Py_TPFLAGS_DEFAULT, slots};
  module.protocol_type = make_type(spec);
  return module.adapters != nullptr && module.converters != nullptr && module.adapt_name != nullptr &&
         module.conform_name != nullptr && module.upper_name != nullptr &&
         PyObject_SetAttrString(target, "adapters", module.adapters) == 0 &&
         PyObject_SetAttrString(target, "converters", module.converters) == 0 &&
         add_to_module(target, "PrepareProtocol", module.protocol_type) && PyModule_AddFunctions(target, methods) == 0;
}

}  // namespace sqlrite_python
