// Rows: from the engine's batches to tuples.
//
// A batch is converted row by row for fetchone() and iteration, and column by column for fetchall() and fetchmany(),
// where the kind of a column is looked at once per batch. Rows of plain values (numbers, str, bytes, None) cannot be
// part of a cycle: the garbage collector is told so at once, as it would find out later by itself.
#include <algorithm>
#include <cstring>

#include "objects.h"

namespace sqlrite_python {

namespace {

using sqlrite::Batch;
using sqlrite::Column;
using sqlrite::Value;

constexpr uint32_t kBatchGrowth = 8;
// Reading a longer value from its overflow pages is worth giving the GIL away.
constexpr uint32_t kLongValueSizeMin = 64 * 1024;

bool is_incomplete(const Value& value) {
  return (value.flags & (sqlrite::value_flags::kOverflow | sqlrite::value_flags::kZeroBlob)) != 0;
}

bool complete(StatementObject* statement, Value* value) {
  sqlrite::Result<Value> whole = [&] {
    if (value->length >= kLongValueSizeMin) {
      EngineCall call(*statement->session);
      return statement->statement.complete(*value);
    }
    QuickCall call(*statement->session);
    return statement->statement.complete(*value);
  }();
  if (!whole.ok()) {
    set_error(whole.status());
    return false;
  }
  *value = whole.take();
  return true;
}

void refuse_text(StatementObject* statement, uint32_t column, const Value& value) {
  PyErr_Clear();
  std::string_view name = statement->statement.column_name(column);
  PyObject* text = PyUnicode_DecodeUTF8(value.bytes, static_cast<Py_ssize_t>(value.length), "replace");
  PyObject* label = PyUnicode_DecodeUTF8(name.data(), static_cast<Py_ssize_t>(name.size()), "replace");
  if (text != nullptr && label != nullptr) {
    PyErr_Format(module.operational_error, "Could not decode to UTF-8 column '%U' with text '%U'", label, text);
  }
  Py_XDECREF(text);
  Py_XDECREF(label);
}

// A cell as it comes without converters, texts as str.
PyObject* convert_cell(StatementObject* statement, uint32_t column, Value value) {
  if (is_incomplete(value) && !complete(statement, &value)) return nullptr;
  PyObject* object = to_object(value);
  if (object == nullptr && value.type == sqlrite::ValueType::Text && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError)) {
    refuse_text(statement, column, value);
  }
  return object;
}

PyObject* make_text(PyObject* text_factory, const Value& value) {
  const auto size = static_cast<Py_ssize_t>(value.length);
  if (text_factory == reinterpret_cast<PyObject*>(&PyBytes_Type)) return PyBytes_FromStringAndSize(value.bytes, size);
  if (text_factory == reinterpret_cast<PyObject*>(&PyByteArray_Type))
    return PyByteArray_FromStringAndSize(value.bytes, size);
  PyObject* bytes = PyBytes_FromStringAndSize(value.bytes, size);
  if (bytes == nullptr) return nullptr;
  PyObject* made = PyObject_CallFunctionObjArgs(text_factory, bytes, nullptr);
  Py_DECREF(bytes);
  return made;
}

PyObject* run_converter(StatementObject* statement, PyObject* converter, Value value) {
  if (value.is_null()) return none();
  if (is_incomplete(value) && !complete(statement, &value)) return nullptr;
  if (value.is_bytes() && value.length == 0)
    return none();  // a value of no bytes is a null pointer to SQLite's interfaces
  PyObject* bytes = nullptr;
  if (value.is_bytes()) {
    bytes = PyBytes_FromStringAndSize(value.bytes, static_cast<Py_ssize_t>(value.length));
  } else {
    // Converters get the text that SQL would make of a number.
    PyObject* number = to_object(value);
    PyObject* text = number != nullptr ? PyObject_Str(number) : nullptr;
    bytes = text != nullptr ? PyUnicode_AsUTF8String(text) : nullptr;
    Py_XDECREF(number);
    Py_XDECREF(text);
  }
  if (bytes == nullptr) return nullptr;
  PyObject* made = PyObject_CallFunctionObjArgs(converter, bytes, nullptr);
  Py_DECREF(bytes);
  return made;
}

bool texts_are_str(const ConnectionObject* connection) {
  return connection->text_factory == reinterpret_cast<PyObject*>(&PyUnicode_Type);
}

// One row of a batch as a tuple. User code may run (converters, text_factory): the cursor is locked meanwhile.
PyObject* convert_row(CursorObject* cursor, uint32_t row) {
  const Batch& batch = *cursor->batch;
  StatementObject* statement = cursor->statement;
  const uint32_t count = batch.column_count;
  PyObject* tuple = PyTuple_New(count);
  if (tuple == nullptr) return nullptr;
  const bool plain = cursor->converters == nullptr && texts_are_str(cursor->connection);
  for (uint32_t i = 0; i < count; ++i) {
    Value value = batch.columns[i].at(row);
    PyObject* converter = cursor->converters != nullptr && i < PyTuple_GET_SIZE(cursor->converters)
                              ? PyTuple_GET_ITEM(cursor->converters, i)
                              : Py_None;
    PyObject* object = nullptr;
    if (converter != Py_None) {
      object = run_converter(statement, converter, value);
    } else if (plain || value.type != sqlrite::ValueType::Text || texts_are_str(cursor->connection)) {
      object = convert_cell(statement, i, value);
    } else if (!is_incomplete(value) || complete(statement, &value)) {
      object = make_text(cursor->connection->text_factory, value);
    }
    if (object == nullptr) {
      Py_DECREF(tuple);
      return nullptr;
    }
    PyTuple_SET_ITEM(tuple, i, object);
  }
  if (plain) PyObject_GC_UnTrack(tuple);
  return tuple;
}

// What the row factory makes of a tuple; takes the tuple's reference over.
PyObject* make_row(CursorObject* cursor, PyObject* tuple) {
  PyObject* factory = cursor->row_factory;
  if (factory == Py_None) [[likely]]
    return tuple;
  PyObject* row = nullptr;
  if (factory == reinterpret_cast<PyObject*>(module.row_type)) {
    row = new_row(tuple, cursor->description);
  } else {
    Py_INCREF(factory);
    row = PyObject_CallFunctionObjArgs(factory, reinterpret_cast<PyObject*>(cursor), tuple, nullptr);
    Py_DECREF(factory);
  }
  Py_DECREF(tuple);
  return row;
}

// Fills one column of `count` tuples from the live rows that begin at `first`.
bool fill_column(StatementObject* statement, const Batch& batch, uint32_t column, uint32_t first, PyObject** tuples,
                 uint32_t count) {
  const Column& from = batch.columns[column];
  auto put = [&](uint32_t i, PyObject* object) {
    if (object == nullptr) [[unlikely]]
      return false;
    PyTuple_SET_ITEM(tuples[i], column, object);
    return true;
  };
  if (from.constant || from.rep == Column::Rep::Nulls) {
    PyObject* object = convert_cell(statement, column, from.at(0));
    for (uint32_t i = 0; i < count && object != nullptr; ++i) PyTuple_SET_ITEM(tuples[i], column, new_ref(object));
    Py_XDECREF(object);
    return object != nullptr;
  }
  switch (from.rep) {
    case Column::Rep::Ints:
      for (uint32_t i = 0; i < count; ++i) {
        const uint32_t row = batch.live_row(first + i);
        if (!put(i, from.has_nulls && from.nulls[row] != 0 ? none() : PyLong_FromLongLong(from.ints[row])))
          return false;
      }
      return true;
    case Column::Rep::Reals:
      for (uint32_t i = 0; i < count; ++i) {
        const uint32_t row = batch.live_row(first + i);
        if (!put(i, from.has_nulls && from.nulls[row] != 0 ? none() : PyFloat_FromDouble(from.reals[row])))
          return false;
      }
      return true;
    default:
      for (uint32_t i = 0; i < count; ++i) {
        if (!put(i, convert_cell(statement, column, from.cells[batch.live_row(first + i)]))) return false;
      }
      return true;
  }
}

// Appends `count` plain rows of the batch to the list.
bool append_plain_rows(CursorObject* cursor, uint32_t count, PyObject* list) {
  PyObject* tuples[sqlrite::kBatchRowsMax];
  const Batch& batch = *cursor->batch;
  uint32_t made = 0;
  bool good = true;
  while (made < count && good) {
    tuples[made] = PyTuple_New(batch.column_count);
    good = tuples[made] != nullptr;
    if (good && batch.column_count > 0) PyObject_GC_UnTrack(tuples[made]);
    if (good) ++made;
  }
  for (uint32_t column = 0; column < batch.column_count && good; ++column) {
    good = fill_column(cursor->statement, batch, column, cursor->position, tuples, count);
  }
  const bool as_rows = cursor->row_factory == reinterpret_cast<PyObject*>(module.row_type);
  for (uint32_t i = 0; i < made; ++i) {
    if (good && as_rows) {
      PyObject* row = new_row(tuples[i], cursor->description);
      good = row != nullptr;
      if (good) set_ref(tuples[i], row);
    }
    good = good && PyList_Append(list, tuples[i]) == 0;
    Py_DECREF(tuples[i]);
  }
  return good;
}

bool has_builtin_factory(const CursorObject* cursor) {
  return cursor->row_factory == Py_None || cursor->row_factory == reinterpret_cast<PyObject*>(module.row_type);
}

// Behind the last row of a batch comes the next one at once, so that a statement ends with its last row.
bool step_forward(CursorObject* cursor, uint32_t count) {
  cursor->position += count;
  return cursor->position < cursor->batch->selected_count || advance(cursor);
}

}  // namespace

bool advance(CursorObject* cursor) {
  StatementObject* statement = cursor->statement;
  Session& session = *statement->session;
  cursor->batch = nullptr;
  auto result = [&] {
    EngineCall call(session);
    return statement->statement.next_batch(cursor->wanted);
  }();
  if (!result.ok()) {
    sqlrite::Status status = result.take_status();
    release_statement(cursor);
    set_error_unless_raised(status);
    return false;
  }
  if (PyErr_Occurred() != nullptr) [[unlikely]] {
    release_statement(cursor);
    return false;
  }
  const Batch* batch = result.value();
  if (batch->selected_count > 0) [[likely]] {
    cursor->batch = batch;
    cursor->position = 0;
    cursor->wanted = std::min(cursor->wanted * kBatchGrowth, sqlrite::kBatchRowsMax);
    return true;
  }
  if (statement->is_dml && session.db) {
    QuickCall call(session);
    cursor->rowcount = session.db->changes();
  }
  release_statement(cursor);
  return true;
}

PyObject* fetch_row(CursorObject* cursor) {
  PyObject* tuple = convert_row(cursor, cursor->batch->live_row(cursor->position));
  if (tuple == nullptr) return nullptr;
  if (!step_forward(cursor, 1)) {
    Py_DECREF(tuple);
    return nullptr;
  }
  return make_row(cursor, tuple);
}

PyObject* fetch_rows(CursorObject* cursor, int64_t row_count_max) {
  PyObject* list = PyList_New(0);
  if (list == nullptr) return nullptr;
  int64_t left = row_count_max;
  while (cursor->batch != nullptr && left > 0) {
    cursor->wanted = static_cast<uint32_t>(std::min<int64_t>(left, sqlrite::kBatchRowsMax));
    const auto count = static_cast<uint32_t>(std::min<int64_t>(left, cursor->batch->selected_count - cursor->position));
    const bool plain =
        cursor->converters == nullptr && texts_are_str(cursor->connection) && has_builtin_factory(cursor);
    bool good = false;
    uint32_t done = plain ? count : 1;
    if (plain) {
      good = append_plain_rows(cursor, count, list) && step_forward(cursor, count);
    } else {
      PyObject* row = fetch_row(cursor);
      good = row != nullptr && PyList_Append(list, row) == 0;
      Py_XDECREF(row);
    }
    if (!good) {
      Py_DECREF(list);
      return nullptr;
    }
    left -= done;
  }
  return list;
}

PyObject* build_converters(CursorObject* cursor) {
  constexpr int kParseDeclaredTypes = 1;
  constexpr int kParseColumnNames = 2;
  const int detect = cursor->connection->detect_types;
  if (detect == 0) return nullptr;
  sqlrite::Statement& statement = cursor->statement->statement;
  const uint32_t count = statement.column_count();
  PyObject* converters = PyTuple_New(count);
  if (converters == nullptr) return nullptr;
  bool any = false;
  for (uint32_t i = 0; i < count; ++i) {
    PyObject* found = nullptr;
    auto look_up = [&found](std::string_view type) {
      PyObject* name = PyUnicode_DecodeUTF8(type.data(), static_cast<Py_ssize_t>(type.size()), "replace");
      PyObject* key = name != nullptr ? PyObject_CallMethodObjArgs(name, module.upper_name, nullptr) : nullptr;
      if (key != nullptr) found = PyDict_GetItemWithError(module.converters, key);
      Py_XDECREF(name);
      Py_XDECREF(key);
    };
    if ((detect & kParseColumnNames) != 0) {
      std::string_view name = statement.column_name(i);
      size_t open = name.find('[');
      size_t close = open != std::string_view::npos ? name.find(']', open) : std::string_view::npos;
      if (close != std::string_view::npos) look_up(name.substr(open + 1, close - open - 1));
    }
    if (found == nullptr && (detect & kParseDeclaredTypes) != 0) {
      std::string_view type = statement.column_declared_type(i);
      if (!type.empty()) look_up(type.substr(0, type.find_first_of(" (")));
    }
    if (PyErr_Occurred() != nullptr) {
      Py_DECREF(converters);
      return nullptr;
    }
    any = any || found != nullptr;
    PyTuple_SET_ITEM(converters, i, new_ref(found != nullptr ? found : Py_None));
  }
  if (!any) {
    Py_DECREF(converters);
    return nullptr;
  }
  return converters;
}

}  // namespace sqlrite_python
