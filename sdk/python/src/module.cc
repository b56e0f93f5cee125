// sqlrite._sqlrite: the extension module under the package sqlrite.
#include <pybind11/pybind11.h>

#include "objects.h"

namespace py = pybind11;

namespace sqlrite_python {
Module module;
}

PYBIND11_MODULE(_sqlrite, target) {
  using namespace sqlrite_python;
  target.doc() = "The engine of SQLRite for Python; use the package sqlrite.";
  PyObject* raw = target.ptr();
  if (!add_exceptions(raw) || !add_adapters(raw) || !add_statement_type(raw) || !add_row_type(raw) ||
      !add_cursor_type(raw) || !add_connection_type(raw) || !add_constants(raw)) {
    throw py::error_already_set();
  }
  add_blob_type(raw);
  target.attr("engine_version") = sqlrite::version();
  target.def(
      "complete_statement",
      [](py::handle statement) {
        if (PyUnicode_Check(statement.ptr()) == 0) {
          PyErr_Format(PyExc_TypeError, "complete_statement() argument 'statement' must be str, not %.200s",
                       Py_TYPE(statement.ptr())->tp_name);
          throw py::error_already_set();
        }
        Py_ssize_t size = 0;
        const char* text = PyUnicode_AsUTF8AndSize(statement.ptr(), &size);
        if (text == nullptr) throw py::error_already_set();
        return is_complete({text, static_cast<size_t>(size)});
      },
      py::arg("statement"), "True when the text ends with a whole statement.");
  target.def(
      "enable_callback_tracebacks", [](bool enable) { module.callback_tracebacks = enable; }, py::arg("enable"),
      py::pos_only(), "Shows what callbacks raise through sys.unraisablehook.");
}
