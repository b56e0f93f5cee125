// Functions, aggregates, collations and hooks written in Python.
//
// The engine calls back on the thread that runs the statement, which gave the GIL away: each call takes it. An
// exception becomes an error of the statement; only those of collations come out as they are, since a comparison cannot
// fail.
#include <string>

#include "objects.h"
#include "type_table.h"

namespace sqlrite_python {

namespace {

using sqlrite::Code;
using sqlrite::FunctionCall;
using sqlrite::Status;

ConnectionObject* connection_of(PyObject* self) { return reinterpret_cast<ConnectionObject*>(self); }

void drop_object(void* object) {
  Callback gil;
  Py_DECREF(static_cast<PyObject*>(object));
}

// ---------------------------------------------------------------- arguments and results

// The arguments of one call as Python objects; a few live on the stack.
class Arguments {
 public:
  explicit Arguments(FunctionCall& call) : count_(call.argument_count()) {
    if (count_ > kInlineCount) many_.resize(static_cast<size_t>(count_));
    PyObject** at = objects();
    for (int i = 0; i < count_; ++i) {
      sqlrite::Value value = call.argument(i);
      if (value.is_bytes()) {
        std::string_view bytes = call.argument_bytes(i);
        value.bytes = bytes.data();
        value.length = static_cast<uint32_t>(bytes.size());
      }
      at[i] = to_object(value);
      if (at[i] == nullptr) {
        count_ = i;
        good_ = false;
        return;
      }
    }
  }
  Arguments(const Arguments&) = delete;
  Arguments& operator=(const Arguments&) = delete;
  ~Arguments() {
    for (int i = 0; i < count_; ++i) Py_DECREF(objects()[i]);
  }
  bool good() const { return good_; }
  PyObject* call(PyObject* callable) {
    if (!good_) return nullptr;
    PyObject* tuple = PyTuple_New(count_);
    if (tuple == nullptr) return nullptr;
    for (int i = 0; i < count_; ++i) PyTuple_SET_ITEM(tuple, i, new_ref(objects()[i]));
    PyObject* result = PyObject_CallObject(callable, tuple);
    Py_DECREF(tuple);
    return result;
  }

 private:
  static constexpr int kInlineCount = 8;
  PyObject** objects() { return many_.empty() ? few_ : many_.data(); }
  PyObject* few_[kInlineCount];
  std::vector<PyObject*> many_;
  int count_;
  bool good_ = true;
};

// Turns the exception that is set into the statement's error.
void fail(FunctionCall& call, const char* message) {
  if (PyErr_ExceptionMatches(PyExc_MemoryError)) {
    call.set_error(Status(Code::NoMem));
  } else if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
    call.set_error(Status(Code::TooBig));
  } else {
    call.set_error(message);
  }
  report_callback_error(static_cast<PyObject*>(call.data()));
}

// False with an exception set.
bool set_result(FunctionCall& call, PyObject* object) {
  if (object == Py_None) {
    call.set_null();
  } else if (PyLong_Check(object)) {
    int64_t value = 0;
    if (!to_int64(object, &value)) return false;
    call.set_int64(value);
  } else if (PyFloat_Check(object)) {
    call.set_double(PyFloat_AS_DOUBLE(object));
  } else if (PyUnicode_Check(object)) {
    Py_ssize_t size = 0;
    const char* text = PyUnicode_AsUTF8AndSize(object, &size);
    if (text == nullptr) return false;
    call.set_text({text, static_cast<size_t>(size)});
  } else if (PyObject_CheckBuffer(object)) {
    Py_buffer view;
    if (PyObject_GetBuffer(object, &view, PyBUF_SIMPLE) != 0) return false;
    call.set_blob({static_cast<const char*>(view.buf), static_cast<size_t>(view.len)});
    PyBuffer_Release(&view);
  } else {
    PyErr_Format(PyExc_TypeError, "a function cannot return %.200s", Py_TYPE(object)->tp_name);
    return false;
  }
  return true;
}

// ---------------------------------------------------------------- functions

void call_function(FunctionCall& call) {
  constexpr char kRaised[] = "user-defined function raised exception";
  Callback gil;
  if (PyErr_Occurred() != nullptr) {  // a collation raised before: the statement is about to end
    call.set_error(kRaised);
    return;
  }
  PyObject* result = Arguments(call).call(static_cast<PyObject*>(call.data()));
  if (result == nullptr || !set_result(call, result)) fail(call, kRaised);
  Py_XDECREF(result);
}

// State of one group: the instance of the aggregate's class, made at its first row.
struct Group {
  PyObject* instance;
};

std::string method_error(const char* method, const char* what) {
  return std::string("user-defined aggregate's '") + method + "' method " + what;
}

// The method of the instance; null and the call has failed.
PyObject* method_of(FunctionCall& call, PyObject* instance, const char* name) {
  PyObject* method = PyObject_GetAttrString(instance, name);
  if (method == nullptr) {
    bool missing = PyErr_ExceptionMatches(PyExc_AttributeError) != 0;
    fail(call, method_error(name, missing ? "not defined" : "raised error").c_str());
  }
  return method;
}

void step_group(FunctionCall& call, void* state) {
  Callback gil;
  auto* group = static_cast<Group*>(state);
  if (group->instance == nullptr) {
    group->instance = PyObject_CallNoArgs(static_cast<PyObject*>(call.data()));
    if (group->instance == nullptr) return fail(call, method_error("__init__", "raised error").c_str());
  }
  PyObject* method = method_of(call, group->instance, "step");
  if (method == nullptr) return;
  PyObject* result = Arguments(call).call(method);
  Py_DECREF(method);
  if (result == nullptr) fail(call, method_error("step", "raised error").c_str());
  Py_XDECREF(result);
}

void inverse_group(FunctionCall& call, void* state) {
  Callback gil;
  auto* group = static_cast<Group*>(state);
  if (group->instance == nullptr) return;
  PyObject* method = method_of(call, group->instance, "inverse");
  if (method == nullptr) return;
  PyObject* result = Arguments(call).call(method);
  Py_DECREF(method);
  if (result == nullptr) fail(call, method_error("inverse", "raised error").c_str());
  Py_XDECREF(result);
}

void answer_group(FunctionCall& call, Group* group, const char* name) {
  if (group->instance == nullptr) return;  // no row: NULL
  PyObject* method = method_of(call, group->instance, name);
  if (method == nullptr) return;
  PyObject* result = PyObject_CallNoArgs(method);
  Py_DECREF(method);
  if (result == nullptr || !set_result(call, result)) fail(call, method_error(name, "raised error").c_str());
  Py_XDECREF(result);
}

void drop_group(void* state) {
  Callback gil;
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  Py_CLEAR(static_cast<Group*>(state)->instance);
  PyErr_Restore(type, value, traceback);
}

void value_of_group(FunctionCall& call, void* state) {
  Callback gil;
  answer_group(call, static_cast<Group*>(state), "value");
}

void finalize_group(FunctionCall& call, void* state) {
  Callback gil;
  answer_group(call, static_cast<Group*>(state), "finalize");
  drop_group(state);
}

// A failed definition has one text, as in the standard module.
PyObject* answer_definition(const Status& status, const char* message) {
  if (status.ok()) return none();
  PyErr_SetString(module.operational_error, message);
  return nullptr;
}

// Calls change(db) on the open connection.
template <typename Change>
Status on_connection(ConnectionObject* connection, Change&& change) {
  EngineCall call(*connection->session);  // replaced definitions are dropped, which takes the GIL
  if (!connection->session->db) return Status(Code::Misuse);
  return change(*connection->session->db);
}

PyObject* create_function(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"name", "narg", "func", "deterministic", nullptr};
  const char* name = nullptr;
  int count = 0;
  PyObject* function = nullptr;
  int deterministic = 0;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "siO|$p:create_function", const_cast<char**>(names), &name,
                                   &count, &function, &deterministic)) {
    return nullptr;
  }
  if (!check_connection(connection_of(self))) return nullptr;
  Status status = on_connection(connection_of(self), [&](sqlrite::Connection& db) {
    if (function == Py_None) return db.remove_function(name, count);
    Callback gil;
    sqlrite::ScalarFunction definition{&call_function, new_ref(function), &drop_object};
    return db.create_function(name, count, definition, {.deterministic = deterministic != 0});
  });
  return answer_definition(status, "Error creating function");
}

PyObject* create_group_function(PyObject* self, const char* name, int count, PyObject* type, bool window) {
  if (!check_connection(connection_of(self))) return nullptr;
  Status status = on_connection(connection_of(self), [&](sqlrite::Connection& db) {
    if (type == Py_None) return db.remove_function(name, count);
    Callback gil;
    sqlrite::AggregateFunction definition;
    definition.state_size_bytes = sizeof(Group);
    definition.step = &step_group;
    definition.finalize = &finalize_group;
    definition.value = window ? &value_of_group : nullptr;
    definition.inverse = window ? &inverse_group : nullptr;
    definition.destroy_state = &drop_group;
    definition.data = new_ref(type);
    definition.destroy = &drop_object;
    return db.create_function(name, count, definition);
  });
  return answer_definition(status, window ? "Error creating window function" : "Error creating aggregate");
}

PyObject* create_aggregate(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"name", "n_arg", "aggregate_class", nullptr};
  const char* name = nullptr;
  int count = 0;
  PyObject* type = nullptr;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "siO:create_aggregate", const_cast<char**>(names), &name,
                                   &count, &type)) {
    return nullptr;
  }
  return create_group_function(self, name, count, type, false);
}

PyObject* create_window_function(PyObject* self, PyObject* arguments) {
  const char* name = nullptr;
  int count = 0;
  PyObject* type = nullptr;
  if (!PyArg_ParseTuple(arguments, "siO:create_window_function", &name, &count, &type)) return nullptr;
  return create_group_function(self, name, count, type, true);
}

// ---------------------------------------------------------------- collations

int compare_texts(void* callable, std::string_view a, std::string_view b) {
  Callback gil;
  if (PyErr_Occurred() != nullptr) return 0;  // raised in an earlier comparison
  PyObject* left = text_to_str(a.data() != nullptr ? a.data() : "", a.size());
  PyObject* right = left != nullptr ? text_to_str(b.data() != nullptr ? b.data() : "", b.size()) : nullptr;
  PyObject* result =
      right != nullptr ? PyObject_CallFunctionObjArgs(static_cast<PyObject*>(callable), left, right, nullptr) : nullptr;
  Py_XDECREF(left);
  Py_XDECREF(right);
  if (result == nullptr) return 0;
  int overflow = 0;
  long long order = PyLong_AsLongLongAndOverflow(result, &overflow);
  Py_DECREF(result);
  if (overflow != 0) return overflow;
  return order > 0 ? 1 : order < 0 ? -1 : 0;
}

PyObject* create_collation(PyObject* self, PyObject* arguments) {
  const char* name = nullptr;
  PyObject* callable = nullptr;
  if (!PyArg_ParseTuple(arguments, "sO:create_collation", &name, &callable)) return nullptr;
  if (!check_connection(connection_of(self))) return nullptr;
  if (callable != Py_None && PyCallable_Check(callable) == 0) {
    PyErr_SetString(PyExc_TypeError, "parameter must be callable");
    return nullptr;
  }
  Status status = on_connection(connection_of(self), [&](sqlrite::Connection& db) {
    if (callable == Py_None) return db.remove_collation(name);
    Callback gil;
    sqlrite::CollationFunction definition{&compare_texts, new_ref(callable), &drop_object};
    return db.create_collation(name, definition);
  });
  if (status.ok()) return none();
  set_error(status);
  return nullptr;
}

// ---------------------------------------------------------------- hooks

int ask_progress(void* context) {
  Callback gil;
  PyObject* handler = connection_of(static_cast<PyObject*>(context))->progress;
  if (handler == nullptr) return 0;
  Py_INCREF(handler);
  PyObject* result = PyObject_CallNoArgs(handler);
  int stop = result != nullptr ? PyObject_IsTrue(result) : -1;
  Py_XDECREF(result);
  if (stop < 0) report_callback_error(handler);
  Py_DECREF(handler);
  return stop != 0 ? 1 : 0;
}

int ask_authorizer(void* context, int action, const char* first, const char* second, const char* database,
                   const char* trigger) {
  constexpr int kDeny = 1;
  Callback gil;
  PyObject* authorizer = connection_of(static_cast<PyObject*>(context))->authorizer;
  if (authorizer == nullptr) return 0;
  Py_INCREF(authorizer);
  PyObject* result = PyObject_CallFunction(authorizer, "issss", action, first, second, database, trigger);
  int answer = kDeny;
  if (result != nullptr && PyLong_Check(result)) {
    long number = PyLong_AsLong(result);
    answer = PyErr_Occurred() != nullptr || number != static_cast<int>(number) ? kDeny : static_cast<int>(number);
  }
  Py_XDECREF(result);
  report_callback_error(authorizer);
  Py_DECREF(authorizer);
  return answer;
}

void tell_trace(void* context, const sqlrite::TraceRecord& record) {
  Callback gil;
  ConnectionObject* connection = connection_of(static_cast<PyObject*>(context));
  PyObject* hook = connection->trace;
  if (hook == nullptr) return;
  Py_INCREF(hook);
  std::string text = record.expanded_sql();
  if (text.size() > static_cast<size_t>(connection->session->db->limit(sqlrite::Limit::Length))) {
    PyErr_SetString(module.data_error, "Expanded SQL string exceeds the maximum string length");
    report_callback_error(hook);
    text = record.sql;
  }
  PyObject* sql = PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "replace");
  PyObject* result = sql != nullptr ? PyObject_CallFunctionObjArgs(hook, sql, nullptr) : nullptr;
  Py_XDECREF(sql);
  Py_XDECREF(result);
  report_callback_error(hook);
  Py_DECREF(hook);
}

PyObject* hook_argument(PyObject* object) { return object == Py_None ? nullptr : new_ref(object); }

PyObject* set_authorizer(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"authorizer_callback", nullptr};
  PyObject* callback = nullptr;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O:set_authorizer", const_cast<char**>(names), &callback))
    return nullptr;
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return nullptr;
  QuickCall call(*connection->session);
  if (!check_open(connection)) return nullptr;
  connection->session->db->set_authorizer(callback != Py_None ? &ask_authorizer : nullptr, self);
  set_ref(connection->authorizer, hook_argument(callback));
  return none();
}

PyObject* set_progress_handler(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"progress_handler", "n", nullptr};
  PyObject* handler = nullptr;
  int interval = 0;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "Oi:set_progress_handler", const_cast<char**>(names), &handler,
                                   &interval)) {
    return nullptr;
  }
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return nullptr;
  QuickCall call(*connection->session);
  if (!check_open(connection)) return nullptr;
  connection->session->db->set_progress_handler(handler != Py_None ? &ask_progress : nullptr, self, interval);
  set_ref(connection->progress, hook_argument(handler));
  return none();
}

PyObject* set_trace_callback(PyObject* self, PyObject* arguments, PyObject* keywords) {
  static const char* names[] = {"trace_callback", nullptr};
  PyObject* callback = nullptr;
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O:set_trace_callback", const_cast<char**>(names), &callback))
    return nullptr;
  ConnectionObject* connection = connection_of(self);
  if (!check_connection(connection)) return nullptr;
  QuickCall call(*connection->session);
  if (!check_open(connection)) return nullptr;
  connection->session->db->set_trace(callback != Py_None ? &tell_trace : nullptr, self);
  set_ref(connection->trace, hook_argument(callback));
  return none();
}

}  // namespace

void clear_callbacks(ConnectionObject* connection) {
  if (connection->session->db) {
    QuickCall call(*connection->session);
    connection->session->db->set_authorizer(nullptr, nullptr);
    connection->session->db->set_progress_handler(nullptr, nullptr, 0);
    connection->session->db->set_trace(nullptr, nullptr);
  }
  Py_CLEAR(connection->authorizer);
  Py_CLEAR(connection->progress);
  Py_CLEAR(connection->trace);
}

PyMethodDef callback_methods[] = {
    {"create_function", as_method(&create_function), METH_VARARGS | METH_KEYWORDS,
     "create_function($self, /, name, narg, func, *, deterministic=False)\n--\n\nMakes func an SQL function; None "
     "removes it."},
    {"create_aggregate", as_method(&create_aggregate), METH_VARARGS | METH_KEYWORDS,
     "create_aggregate($self, /, name, n_arg, aggregate_class)\n--\n\nMakes a class with step() and finalize() an "
     "aggregate."},
    {"create_window_function", &create_window_function, METH_VARARGS,
     "create_window_function($self, name, num_params, aggregate_class, /)\n--\n\n"
     "Makes a class with step(), inverse(), value() and finalize() a window function."},
    {"create_collation", &create_collation, METH_VARARGS,
     "create_collation($self, name, callback, /)\n--\n\nMakes a comparison of two str a collation; None removes it."},
    {"set_authorizer", as_method(&set_authorizer), METH_VARARGS | METH_KEYWORDS,
     "set_authorizer($self, /, authorizer_callback)\n--\n\nAsks before each access that a statement wants."},
    {"set_progress_handler", as_method(&set_progress_handler), METH_VARARGS | METH_KEYWORDS,
     "set_progress_handler($self, /, progress_handler, n)\n--\n\nCalls back now and then; a true answer stops the "
     "statement."},
    {"set_trace_callback", as_method(&set_trace_callback), METH_VARARGS | METH_KEYWORDS,
     "set_trace_callback($self, /, trace_callback)\n--\n\nTells each statement that runs."},
    {nullptr, nullptr, 0, nullptr},
};

}  // namespace sqlrite_python
