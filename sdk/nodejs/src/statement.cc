// Statements: preparing, binding from the frame, running, and rows into the frame.
//
// run(), first() and fetch() are called for every query and row block. They take the number of the statement and the
// parameters from the frame, texts and blobs among the parameters as arguments, and leave rows in the frame; the texts
// and blobs of the rows are what they return: one value by itself, several as an array.
#include <cstring>

#include "addon.h"
#include "values.h"

namespace sqlrite::node {

namespace {

// ---------------------------------------------------------------- one call

// Arguments beyond these are fetched a second time into memory of their own.
constexpr size_t kInlineArgumentCount = 8;

class Call {
 public:
  Call(napi_env env, napi_callback_info info) : env_(env) {
    void* data = nullptr;
    argument_count_ = kInlineArgumentCount;
    napi_get_cb_info(env, info, &argument_count_, inline_, nullptr, &data);
    addon_ = static_cast<Addon*>(data);
    if (argument_count_ > kInlineArgumentCount) [[unlikely]] {
      more_.resize(argument_count_);
      napi_get_cb_info(env, info, &argument_count_, more_.data(), nullptr, nullptr);
    }
  }
  Addon& addon() const { return *addon_; }
  frame::Frame& frame() const { return *addon_->frame; }
  size_t argument_count() const { return argument_count_; }
  napi_value argument(size_t number) const { return more_.empty() ? inline_[number] : more_[number]; }
  // The statement that the frame names; throws when its database is closed.
  PreparedStatement* statement() const {
    PreparedStatement* found = addon_->statements.get(static_cast<uint32_t>(addon_->frame->header[frame::kStatement]));
    if (found != nullptr && found->session != nullptr) [[likely]]
      return found;
    napi_throw_type_error(env_, nullptr, "The database connection is not open");
    return nullptr;
  }

 private:
  napi_env env_;
  Addon* addon_;
  size_t argument_count_;
  napi_value inline_[kInlineArgumentCount];
  std::vector<napi_value> more_;
};

// ---------------------------------------------------------------- parameters

// Errors of binding are the caller's: they have the classes that better-sqlite3 gives them.
void throw_bind_error(Napi::Env env, const Status& status) {
  switch (status.primary()) {
    case Code::TooBig:
      Napi::RangeError::New(env, "The bound string, buffer, or bigint is too big").ThrowAsJavaScriptException();
      return;
    case Code::Range:
      Napi::RangeError::New(env, "Too many parameter values were provided").ThrowAsJavaScriptException();
      return;
    case Code::NoMem: Napi::Error::New(env, "Out of memory").ThrowAsJavaScriptException(); return;
    default: Napi::Error::New(env, std::string(status.message())).ThrowAsJavaScriptException();
  }
}

Status bind_text(napi_env env, Addon& addon, Statement& statement, uint32_t number, napi_value value) {
  std::string overflow;
  std::string_view text;
  SQLRITE_TRY(utf8_of(env, value, addon.text, overflow, &text));
  return statement.bind(number, text);
}

Status bind_heap_value(napi_env env, Addon& addon, Statement& statement, uint32_t number, napi_value value) {
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  if (type == napi_string) return bind_text(env, addon, statement, number, value);
  void* bytes = nullptr;
  size_t size_bytes = 0;
  if (napi_get_buffer_info(env, value, &bytes, &size_bytes) != napi_ok) return Code::Mismatch;
  return statement.bind_blob(
      number, size_bytes > 0 ? std::string_view(static_cast<const char*>(bytes), size_bytes) : std::string_view("", 0));
}

Status bind_cell(napi_env env, const Call& call, Statement& statement, uint32_t number, size_t* heap_position) {
  const frame::Cell& cell = call.frame().cells[number - 1];
  switch (call.frame().tags[number - 1]) {
    case frame::kInt32: return statement.bind(number, static_cast<int64_t>(cell.int32[0]));
    case frame::kDouble: return statement.bind(number, cell.real);
    case frame::kInt64: return statement.bind(number, cell.int64);
    case frame::kHeap:
      if (*heap_position >= call.argument_count()) return Code::Misuse;
      return bind_heap_value(env, call.addon(), statement, number, call.argument((*heap_position)++));
    default: return statement.bind(number, nullptr);
  }
}

bool bind_parameters(napi_env env, const Call& call, Statement& statement) {
  int32_t count = call.frame().header[frame::kParameterCount];
  size_t heap_position = 0;
  for (int32_t i = 0; i < count; ++i) {
    Status status = bind_cell(env, call, statement, static_cast<uint32_t>(i) + 1, &heap_position);
    if (!status.ok()) [[unlikely]] {
      statement.clear_bindings();
      throw_bind_error(env, status);
      return false;
    }
  }
  return true;
}

// ---------------------------------------------------------------- rows

// Writes rows of a batch into the frame, row by row, and collects their texts and blobs.
class RowWriter {
 public:
  RowWriter(napi_env env, Addon& addon, Statement& statement, bool safe_integers)
      : env_(env), frame_(*addon.frame), heap_(addon.heap), statement_(statement), safe_integers_(safe_integers) {
    heap_.clear();
  }

  Status write(const Batch& batch) {
    if (uint64_t{batch.column_count} * batch.selected_count > frame::kCellCount) return Code::Internal;
    for (uint32_t column = 0; column < batch.column_count; ++column) SQLRITE_TRY(write_column(batch, column));
    return {};
  }

  Status write_value(uint32_t place, const Value& value) {
    switch (value.type) {
      case ValueType::Integer: write_integer(place, value.integer); return {};
      case ValueType::Real: write_real(place, value.real); return {};
      case ValueType::Null: frame_.tags[place] = frame::kNull; return {};
      case ValueType::Text:
      case ValueType::Blob: break;
    }
    return write_bytes(place, value);
  }

 private:
  void write_integer(uint32_t place, int64_t value) {
    frame::Cell& cell = frame_.cells[place];
    if (safe_integers_) {
      cell.int64 = value;
      frame_.tags[place] = frame::kInt64;
    } else if (value == static_cast<int32_t>(value)) {
      cell.int32[0] = static_cast<int32_t>(value);
      frame_.tags[place] = frame::kInt32;
    } else {
      write_real(place, static_cast<double>(value));
    }
  }

  void write_real(uint32_t place, double value) {
    frame_.cells[place].real = value;
    frame_.tags[place] = frame::kDouble;
  }

  Status write_bytes(uint32_t place, const Value& cell) {
    SQLRITE_TRY_ASSIGN(Value value, statement_.complete(cell));
    napi_value handle = nullptr;
    napi_status status =
        value.type == ValueType::Text ? make_text(env_, value.view(), &handle) : make_blob(env_, value.view(), &handle);
    if (status != napi_ok) return Code::TooBig;
    frame_.cells[place].int32[0] = static_cast<int32_t>(heap_.size());
    frame_.tags[place] = frame::kHeap;
    heap_.push_back(handle);
    return {};
  }

  Status write_column(const Batch& batch, uint32_t number) {
    const Column& column = batch.columns[number];
    uint32_t place = number;
    for (uint32_t position = 0; position < batch.selected_count; ++position, place += batch.column_count) {
      uint32_t row = column.constant ? 0 : batch.live_row(position);
      switch (column.rep) {
        case Column::Rep::Ints:
          if (column.has_nulls && column.nulls[row]) break;
          write_integer(place, column.ints[row]);
          continue;
        case Column::Rep::Reals:
          if (column.has_nulls && column.nulls[row]) break;
          write_real(place, column.reals[row]);
          continue;
        case Column::Rep::Cells: SQLRITE_TRY(write_value(place, column.cells[row])); continue;
        case Column::Rep::Nulls: break;
      }
      frame_.tags[place] = frame::kNull;
    }
    return {};
  }

  napi_env env_;
  frame::Frame& frame_;
  std::vector<napi_value>& heap_;
  Statement& statement_;
  bool safe_integers_;
};

// What goes back beside the frame: nothing, the only text or blob, or all of them in an array.
napi_value heap_values(napi_env env, Addon& addon) {
  size_t count = addon.heap.size();
  addon.frame->header[frame::kHeapCount] = static_cast<int32_t>(count);
  if (count == 0) return nullptr;
  if (count == 1) return addon.heap[0];
  napi_value undefined = nullptr;
  napi_value array = nullptr;
  napi_get_undefined(env, &undefined);
  napi_call_function(env, undefined, addon.collect.Value(), count, addon.heap.data(), &array);
  return array;
}

void describe_rows(Addon& addon, const Statement& statement, uint32_t row_count) {
  addon.frame->header[frame::kRowCount] = static_cast<int32_t>(row_count);
  addon.frame->header[frame::kColumnCount] = static_cast<int32_t>(statement.column_count());
  addon.frame->header[frame::kShape] = static_cast<int32_t>(statement.recompile_count());
}

void fail(Addon& addon, PreparedStatement& prepared, const Status& status) {
  prepared.statement.reset().ignore();
  throw_status(addon, prepared.session, status);
}

// ---------------------------------------------------------------- the calls

// Runs to the end. Cells: 0 rows changed, 1 last inserted rowid.
napi_value run(napi_env env, napi_callback_info info) {
  Call call(env, info);
  PreparedStatement* prepared = call.statement();
  if (prepared == nullptr || !bind_parameters(env, call, prepared->statement)) return nullptr;
  Guard guard(prepared);
  Guard session_guard(prepared->session);
  Connection& connection = *prepared->session->connection;
  frame::Frame& frame = call.frame();
  bool safe_integers = frame.header[frame::kSafeIntegers] != 0;
  int64_t changes_before = connection.total_changes();
  Status status = prepared->statement.run();
  if (!status.ok()) [[unlikely]] {
    fail(call.addon(), *prepared, status);
    return nullptr;
  }
  frame.cells[0].real = connection.total_changes() == changes_before ? 0 : static_cast<double>(connection.changes());
  int64_t rowid = connection.last_insert_rowid();
  if (safe_integers) {
    frame.cells[1].int64 = rowid;
  } else {
    frame.cells[1].real = static_cast<double>(rowid);
  }
  return nullptr;
}

// Runs on to the next rows and writes them into the frame. The header is read before, since functions of the
// application may run other statements.
bool next_rows(napi_env env, const Call& call, PreparedStatement& prepared, uint32_t row_count_max) {
  Addon& addon = call.addon();
  Statement& statement = prepared.statement;
  bool safe_integers = call.frame().header[frame::kSafeIntegers] != 0;
  Result<const Batch*> batch = statement.next_batch(row_count_max);
  if (!batch.ok()) [[unlikely]] {
    fail(addon, prepared, batch.status());
    return false;
  }
  Status status = RowWriter(env, addon, statement, safe_integers).write(*batch.value());
  if (!status.ok()) [[unlikely]] {
    fail(addon, prepared, status);
    return false;
  }
  describe_rows(addon, statement, batch.value()->selected_count);
  return true;
}

// The first row; the statement is then reset.
napi_value first(napi_env env, napi_callback_info info) {
  Call call(env, info);
  PreparedStatement* prepared = call.statement();
  if (prepared == nullptr || !bind_parameters(env, call, prepared->statement)) return nullptr;
  Guard guard(prepared);
  Guard session_guard(prepared->session);
  if (!next_rows(env, call, *prepared, 1)) return nullptr;
  Status status = prepared->statement.reset();
  if (!status.ok()) [[unlikely]] {
    fail(call.addon(), *prepared, status);
    return nullptr;
  }
  return heap_values(env, call.addon());
}

// The next rows, at most kRowCountMax; none: the statement is at its end and reset.
napi_value fetch(napi_env env, napi_callback_info info) {
  Call call(env, info);
  PreparedStatement* prepared = call.statement();
  if (prepared == nullptr || !bind_parameters(env, call, prepared->statement)) return nullptr;
  Guard guard(prepared);
  Guard session_guard(prepared->session);
  auto row_count_max = static_cast<uint32_t>(call.frame().header[frame::kRowCountMax]);
  if (!next_rows(env, call, *prepared, row_count_max)) return nullptr;
  return heap_values(env, call.addon());
}

// Binds and runs nothing.
napi_value bind(napi_env env, napi_callback_info info) {
  Call call(env, info);
  PreparedStatement* prepared = call.statement();
  if (prepared != nullptr) bind_parameters(env, call, prepared->statement);
  return nullptr;
}

napi_value reset(napi_env env, napi_callback_info info) {
  Call call(env, info);
  PreparedStatement* prepared = call.statement();
  if (prepared != nullptr) prepared->statement.reset().ignore();
  return nullptr;
}

// ---------------------------------------------------------------- preparing and describing

// True when nothing but white space, semicolons and comments is left.
bool is_blank(Connection& connection, std::string_view rest) {
  while (!rest.empty()) {
    size_t tail = 0;
    Result<Statement> next = connection.prepare(rest, &tail);
    // What does not even parse is more than nothing.
    if (!next.ok() || next.value()) return false;
    if (tail == 0) break;
    rest.remove_prefix(tail);
  }
  return true;
}

bool has_named_parameters(const Statement& statement) {
  for (uint32_t number = 1; number <= statement.parameter_count(); ++number) {
    if (!statement.parameter_name(number).empty()) return true;
  }
  return false;
}

// (session, sql, owner): the statement's number and, in the header, what it is.
void prepare(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto& addon = *static_cast<Addon*>(info.Data());
  Session* session = session_of(env, addon, info[0]);
  if (session == nullptr) return;
  std::string overflow;
  std::string_view sql;
  Status status = utf8_of(env, info[1], addon.text, overflow, &sql);
  if (!status.ok()) return throw_status(addon, session, status);
  Guard guard(session);
  // A NUL ends the text, as it does in C.
  sql = sql.substr(0, sql.find('\0'));
  size_t tail = 0;
  Result<Statement> statement = session->connection->prepare(sql, &tail);
  if (!statement.ok()) return throw_status(addon, session, statement.status());
  if (!statement.value()) {
    Napi::RangeError::New(env, "The supplied SQL string contains no statements").ThrowAsJavaScriptException();
    return;
  }
  if (!is_blank(*session->connection, sql.substr(tail))) {
    Napi::RangeError::New(env, "The supplied SQL string contains more than one statement").ThrowAsJavaScriptException();
    return;
  }
  auto* prepared = new PreparedStatement;
  prepared->addon = addon.self;
  prepared->session = session;
  prepared->statement = statement.take();
  session->statements.insert(prepared);
  track(env, info[2].As<Napi::Object>(), prepared, addon.statements);
  int64_t total_bytes = 0;
  napi_adjust_external_memory(env, PreparedStatement::kSizeBytes, &total_bytes);
  const Statement& made = prepared->statement;
  int32_t* header = addon.frame->header;
  header[frame::kStatement] = static_cast<int32_t>(prepared->number);
  header[frame::kParameterCount] = static_cast<int32_t>(made.parameter_count());
  header[frame::kFlags] = (made.column_count() > 0 ? frame::kIsReader : 0) |
                          (made.is_read_only() ? frame::kIsReadOnly : 0) |
                          (has_named_parameters(made) ? frame::kHasNamedParameters : 0);
}

void finalize(const Napi::CallbackInfo& info) {
  auto& addon = *static_cast<Addon*>(info.Data());
  PreparedStatement* prepared = addon.statements.get(info[0].As<Napi::Number>().Uint32Value());
  if (prepared != nullptr && prepared->calls == 0) prepared->close();
}

// With their prefixes; null for parameters without a name.
Napi::Value parameter_names(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  PreparedStatement* prepared = statement_of(env, *static_cast<Addon*>(info.Data()), info[0]);
  if (prepared == nullptr) return env.Undefined();
  uint32_t count = prepared->statement.parameter_count();
  Napi::Array names = Napi::Array::New(env, count);
  for (uint32_t number = 1; number <= count; ++number) {
    std::string_view name = prepared->statement.parameter_name(number);
    napi_value text = env.Null();
    if (!name.empty()) make_text(env, name, &text);
    names.Set(number - 1, text);
  }
  return names;
}

napi_value text_or_null(Napi::Env env, std::string_view text) {
  napi_value value = env.Null();
  if (!text.empty()) make_text(env, text, &value);
  return value;
}

Napi::Value column_names(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  PreparedStatement* prepared = statement_of(env, *static_cast<Addon*>(info.Data()), info[0]);
  if (prepared == nullptr) return env.Undefined();
  uint32_t count = prepared->statement.column_count();
  Napi::Array names = Napi::Array::New(env, count);
  for (uint32_t column = 0; column < count; ++column) {
    napi_value name = nullptr;
    make_text(env, prepared->statement.column_name(column), &name);
    names.Set(column, name);
  }
  return names;
}

// For each column: name, column, table, database, type; null where an expression has none.
Napi::Value columns(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  PreparedStatement* prepared = statement_of(env, *static_cast<Addon*>(info.Data()), info[0]);
  if (prepared == nullptr) return env.Undefined();
  const Statement& statement = prepared->statement;
  uint32_t count = statement.column_count();
  Napi::Array all = Napi::Array::New(env, count);
  for (uint32_t column = 0; column < count; ++column) {
    napi_value name = nullptr;
    make_text(env, statement.column_name(column), &name);
    Napi::Object one = Napi::Object::New(env);
    one.Set("name", name);
    one.Set("column", text_or_null(env, statement.column_origin(column)));
    one.Set("table", text_or_null(env, statement.column_table(column)));
    one.Set("database", text_or_null(env, statement.column_database(column)));
    one.Set("type", text_or_null(env, statement.column_declared_type(column)));
    all.Set(column, one);
  }
  return all;
}

Napi::Value expanded_sql(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  PreparedStatement* prepared = statement_of(env, *static_cast<Addon*>(info.Data()), info[0]);
  if (prepared == nullptr) return env.Undefined();
  napi_value text = nullptr;
  make_text(env, prepared->statement.expanded_sql(), &text);
  return Napi::Value(env, text);
}

void export_call(napi_env env, Addon* addon, napi_value exports, const char* name, napi_callback function) {
  napi_value value = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, function, addon, &value);
  napi_set_named_property(env, exports, name, value);
}

}  // namespace

void export_statement(Napi::Env env, Addon* addon, Napi::Object exports) {
  export_call(env, addon, exports, "run", &run);
  export_call(env, addon, exports, "first", &first);
  export_call(env, addon, exports, "fetch", &fetch);
  export_call(env, addon, exports, "bind", &bind);
  export_call(env, addon, exports, "reset", &reset);
  exports.Set("prepare", Napi::Function::New<prepare>(env, "prepare", addon));
  exports.Set("finalize", Napi::Function::New<finalize>(env, "finalize", addon));
  exports.Set("parameterNames", Napi::Function::New<parameter_names>(env, "parameterNames", addon));
  exports.Set("columnNames", Napi::Function::New<column_names>(env, "columnNames", addon));
  exports.Set("columns", Napi::Function::New<columns>(env, "columns", addon));
  exports.Set("expandedSql", Napi::Function::New<expanded_sql>(env, "expandedSql", addon));
}

}  // namespace sqlrite::node
