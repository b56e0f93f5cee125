// Functions and collations of the application: adapters from the engine's calling convention to sqlite3_context.
#include <cstring>
#include <memory>

#include "handles.h"
#include "types/utf.h"
#include "types/value_text.h"

using namespace sqlrite;
using namespace sqlrite::compat;

namespace {

struct UserFunction {
  sqlite3* db = nullptr;
  void* data = nullptr;
  void (*scalar)(sqlite3_context*, int, sqlite3_value**) = nullptr;
  void (*step)(sqlite3_context*, int, sqlite3_value**) = nullptr;
  void (*inverse)(sqlite3_context*, int, sqlite3_value**) = nullptr;
  void (*value)(sqlite3_context*) = nullptr;
  void (*finalize)(sqlite3_context*) = nullptr;
  void (*destroy)(void*) = nullptr;
};

// Per group, in zeroed memory of the engine.
struct AggregateState {
  void* memory;
  const UserFunction* function;
  uint8_t started;
  uint8_t finalized;
};

}  // namespace

struct sqlite3_context {
  functions::CallContext* call = nullptr;
  const UserFunction* function = nullptr;
  AggregateState* state = nullptr;
  Arena* heap = nullptr;
  Value result;
  Status error;
};

namespace {

// The arguments of one call as sqlite3_value objects; a few live on the stack.
class Arguments {
 public:
  Arguments(const Value* values, int count) {
    if (count > kInlineCount) {
      many_ = std::make_unique<sqlite3_value[]>(static_cast<size_t>(count));
      pointers_many_ = std::make_unique<sqlite3_value*[]>(static_cast<size_t>(count));
    }
    sqlite3_value* wrapped = count > kInlineCount ? many_.get() : few_;
    pointers_ = count > kInlineCount ? pointers_many_.get() : pointers_few_;
    for (int i = 0; i < count; ++i) {
      wrapped[i].value = values[i];
      pointers_[i] = &wrapped[i];
    }
  }
  sqlite3_value** pointers() { return pointers_; }

 private:
  static constexpr int kInlineCount = 6;
  sqlite3_value few_[kInlineCount];
  sqlite3_value* pointers_few_[kInlineCount];
  std::unique_ptr<sqlite3_value[]> many_;
  std::unique_ptr<sqlite3_value*[]> pointers_many_;
  sqlite3_value** pointers_;
};

const UserFunction* function_of(functions::CallContext& ctx) {
  return static_cast<const UserFunction*>(ctx.function->user_data);
}

Status call_scalar(functions::CallContext& ctx, const Value* arguments, int count, Value* result) {
  sqlite3_context context{&ctx, function_of(ctx), nullptr, ctx.heap, {}, {}};
  Arguments wrapped(arguments, count);
  context.function->scalar(&context, count, wrapped.pointers());
  if (!context.error.ok()) return std::move(context.error);
  *result = context.result;
  return {};
}

Status call_step(functions::CallContext& ctx, void* memory, const Value* arguments, int count) {
  auto* state = static_cast<AggregateState*>(memory);
  sqlite3_context context{&ctx, function_of(ctx), state, ctx.heap, {}, {}};
  state->function = context.function;
  state->started = 1;
  Arguments wrapped(arguments, count);
  context.function->step(&context, count, wrapped.pointers());
  return std::move(context.error);
}

Status call_inverse(functions::CallContext& ctx, void* memory, const Value* arguments, int count) {
  auto* state = static_cast<AggregateState*>(memory);
  sqlite3_context context{&ctx, function_of(ctx), state, ctx.heap, {}, {}};
  Arguments wrapped(arguments, count);
  context.function->inverse(&context, count, wrapped.pointers());
  return std::move(context.error);
}

Status call_value(functions::CallContext& ctx, void* memory, Value* result) {
  sqlite3_context context{&ctx, function_of(ctx), static_cast<AggregateState*>(memory), ctx.heap, {}, {}};
  context.function->value(&context);
  if (!context.error.ok()) return std::move(context.error);
  *result = context.result;
  return {};
}

Status call_finalize(functions::CallContext& ctx, void* memory, Value* result) {
  auto* state = static_cast<AggregateState*>(memory);
  sqlite3_context context{&ctx, function_of(ctx), state, ctx.heap, {}, {}};
  state->finalized = 1;
  context.function->finalize(&context);
  if (!context.error.ok()) return std::move(context.error);
  *result = context.result;
  return {};
}

// A group that ends without its result (error, LIMIT, window frames): the program's finalizer frees what it keeps.
void destroy_state(void* memory) {
  auto* state = static_cast<AggregateState*>(memory);
  if (state->started && !state->finalized && state->function != nullptr) {
    Arena heap(64);
    sqlite3_context context{nullptr, state->function, state, &heap, {}, {}};
    state->finalized = 1;
    state->function->finalize(&context);
    context.error.ignore();
  }
  sqlite3_free(state->memory);
  state->memory = nullptr;
  state->started = 0;
}

void destroy_function(void* data) {
  auto* function = static_cast<UserFunction*>(data);
  if (function->destroy != nullptr) function->destroy(function->data);
  delete function;
}

int create_function(sqlite3* db, const char* name, int argument_count, int flags, UserFunction function) {
  auto refuse = [&function](int code) {
    if (function.destroy != nullptr) function.destroy(function.data);
    return code;
  };
  if (!usable(db) || name == nullptr) return refuse(SQLITE_MISUSE);
  bool scalar = function.scalar != nullptr;
  bool bad = (scalar && (function.step != nullptr || function.finalize != nullptr)) ||
             (function.step == nullptr) != (function.finalize == nullptr) ||
             (function.value == nullptr) != (function.inverse == nullptr) ||
             (function.value != nullptr && function.step == nullptr) || argument_count < -1 || argument_count > 1000 ||
             std::strlen(name) > 255;
  Lock lock(db);
  if (bad) {
    db->connection->set_error(Code::Misuse);
    return refuse(SQLITE_MISUSE);
  }
  functions::FunctionDef def;
  def.name = name;
  def.argument_count = static_cast<int16_t>(argument_count);
  def.flags = functions::function_flags::kUser;
  if ((flags & SQLITE_DETERMINISTIC) != 0) def.flags |= functions::function_flags::kDeterministic;
  if ((flags & SQLITE_DIRECTONLY) != 0) def.flags |= functions::function_flags::kDirectOnly;
  if ((flags & SQLITE_INNOCUOUS) != 0) def.flags |= functions::function_flags::kInnocuous;
  if ((flags & SQLITE_RESULT_SUBTYPE) != 0) def.flags |= functions::function_flags::kSubtypeResult;
  if (scalar) {
    def.scalar = &call_scalar;
  } else if (function.step != nullptr) {
    def.type = functions::FunctionType::Aggregate;
    def.aggregate.state_size_bytes = sizeof(AggregateState);
    def.aggregate.step = &call_step;
    def.aggregate.finalize = &call_finalize;
    def.aggregate.destroy = &destroy_state;
    if (function.value != nullptr) {
      def.aggregate.value = &call_value;
      def.aggregate.inverse = &call_inverse;
    }
  }
  function.db = db;
  auto* kept = new (std::nothrow) UserFunction(function);
  if (kept == nullptr) return refuse(answer(db, Code::NoMem));
  def.user_data = kept;
  Status status = guarded([&] { return db->connection->create_function(def, &destroy_function); });
  if (!status.ok()) destroy_function(kept);
  return answer(db, status);
}

// ---------------------------------------------------------------- results

void set_bytes(sqlite3_context* context, const void* bytes, uint64_t size, void (*destroy)(void*), bool text) {
  if (bytes == nullptr) {
    context->result = Value::null();
    return;
  }
  uint64_t limit = static_cast<uint64_t>(context->function->db->connection->length_limit_bytes());
  if (size > limit) {
    destroy_bytes(destroy, bytes);
    sqlite3_result_error_toobig(context);
    return;
  }
  std::string_view view(static_cast<const char*>(bytes), size);
  ValueOwner owner = ValueOwner::Static;
  uint8_t flags = 0;
  if (destroy != SQLITE_STATIC) {
    view = context->heap->try_copy(view);
    destroy_bytes(destroy, bytes);
    if (view.data() == nullptr) {
      sqlite3_result_error_nomem(context);
      return;
    }
    owner = ValueOwner::Heap;
    flags = value_flags::kNulFollows;
  }
  context->result = text ? Value::from_text(view, owner) : Value::from_blob(view, owner);
  context->result.flags = flags;
}

void set_utf16(sqlite3_context* context, const void* text, int64_t size, void (*destroy)(void*),
               TextEncoding encoding) {
  if (text == nullptr) {
    context->result = Value::null();
    return;
  }
  std::string_view bytes = bytes16_of(text, size);
  if (encoding == TextEncoding::Utf16Le && bytes.size() >= 2 && static_cast<uint8_t>(bytes[0]) == 0xff &&
      static_cast<uint8_t>(bytes[1]) == 0xfe) {
    bytes.remove_prefix(2);  // a byte order mark is no part of the text
  }
  auto utf8 = utf16_to_utf8(bytes, encoding, *context->heap);
  destroy_bytes(destroy, text);
  if (!utf8.ok()) {
    sqlite3_result_error_nomem(context);
    return;
  }
  set_bytes(context, utf8.value().data() != nullptr ? utf8.value().data() : "", utf8.value().size(), SQLITE_TRANSIENT,
            true);
}

// ---------------------------------------------------------------- collations

struct UserCollation {
  sqlite3* db = nullptr;
  int encoding = SQLITE_UTF8;
  void* data = nullptr;
  int (*compare)(void*, int, const void*, int, const void*) = nullptr;
  void (*destroy)(void*) = nullptr;
};

int call_collation(void* context, std::string_view a, std::string_view b) {
  const auto& collation = *static_cast<UserCollation*>(context);
  if (collation.encoding == SQLITE_UTF8) {
    return collation.compare(collation.data, static_cast<int>(a.size()), a.data() != nullptr ? a.data() : "",
                             static_cast<int>(b.size()), b.data() != nullptr ? b.data() : "");
  }
  Arena heap(256);
  TextEncoding encoding = collation.encoding == SQLITE_UTF16BE   ? TextEncoding::Utf16Be
                          : collation.encoding == SQLITE_UTF16LE ? TextEncoding::Utf16Le
                                                                 : kNativeUtf16;
  auto a16 = utf8_to_utf16(a, encoding, heap);
  auto b16 = utf8_to_utf16(b, encoding, heap);
  if (!a16.ok() || !b16.ok()) return 0;
  return collation.compare(collation.data, static_cast<int>(a16.value().size()), a16.value().data(),
                           static_cast<int>(b16.value().size()), b16.value().data());
}

void destroy_collation(void* context) {
  auto* collation = static_cast<UserCollation*>(context);
  if (collation->destroy != nullptr) collation->destroy(collation->data);
  delete collation;
}

void collation_is_needed(void* context, engine::Connection*, int, const char* name) {
  sqlite3* db = static_cast<sqlite3*>(context);
  if (db->collation_needed != nullptr) {
    db->collation_needed(db->collation_needed_context, db, SQLITE_UTF8, name);
  } else if (db->collation_needed16 != nullptr) {
    Arena heap(256);
    auto wide = utf8_to_utf16(name, kNativeUtf16, heap);
    if (wide.ok()) db->collation_needed16(db->collation_needed_context, db, SQLITE_UTF16, wide.value().data());
  }
}

int watch_collations(sqlite3* db, void* context, void (*needed)(void*, sqlite3*, int, const char*),
                     void (*needed16)(void*, sqlite3*, int, const void*)) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  db->collation_needed = needed;
  db->collation_needed16 = needed16;
  db->collation_needed_context = context;
  engine::Hooks& hooks = db->connection->hooks();
  bool on = needed != nullptr || needed16 != nullptr;
  hooks.collation_needed = on ? &collation_is_needed : nullptr;
  hooks.collation_needed_context = db;
  return SQLITE_OK;
}

void refuse_call(sqlite3_context* context, int, sqlite3_value**) {
  const char* name = static_cast<const char*>(sqlite3_user_data(context));
  context->error = status_format(Code::Error, "unable to use function %s in the requested context", name);
}

}  // namespace

extern "C" {

int sqlite3_create_function(sqlite3* db, const char* name, int argument_count, int flags, void* data,
                            void (*scalar)(sqlite3_context*, int, sqlite3_value**),
                            void (*step)(sqlite3_context*, int, sqlite3_value**), void (*finalize)(sqlite3_context*)) {
  return create_function(db, name, argument_count, flags,
                         {nullptr, data, scalar, step, nullptr, nullptr, finalize, nullptr});
}

int sqlite3_create_function16(sqlite3* db, const void* name, int argument_count, int flags, void* data,
                              void (*scalar)(sqlite3_context*, int, sqlite3_value**),
                              void (*step)(sqlite3_context*, int, sqlite3_value**),
                              void (*finalize)(sqlite3_context*)) {
  return attempt(usable(db) ? db : nullptr, [&] {
    std::string utf8 = utf8_of(name, -1);
    return create_function(db, utf8.c_str(), argument_count, flags,
                           {nullptr, data, scalar, step, nullptr, nullptr, finalize, nullptr});
  });
}

int sqlite3_create_function_v2(sqlite3* db, const char* name, int argument_count, int flags, void* data,
                               void (*scalar)(sqlite3_context*, int, sqlite3_value**),
                               void (*step)(sqlite3_context*, int, sqlite3_value**), void (*finalize)(sqlite3_context*),
                               void (*destroy)(void*)) {
  return create_function(db, name, argument_count, flags,
                         {nullptr, data, scalar, step, nullptr, nullptr, finalize, destroy});
}

int sqlite3_create_window_function(sqlite3* db, const char* name, int argument_count, int flags, void* data,
                                   void (*step)(sqlite3_context*, int, sqlite3_value**),
                                   void (*finalize)(sqlite3_context*), void (*value)(sqlite3_context*),
                                   void (*inverse)(sqlite3_context*, int, sqlite3_value**), void (*destroy)(void*)) {
  return create_function(db, name, argument_count, flags,
                         {nullptr, data, nullptr, step, inverse, value, finalize, destroy});
}

int sqlite3_overload_function(sqlite3* db, const char* name, int argument_count) {
  if (!usable(db) || name == nullptr || argument_count < -2) return SQLITE_MISUSE;
  Lock lock(db);
  bool known = false;
  if (db->connection->registry().find(name, argument_count, &known) != nullptr) return SQLITE_OK;
  char* copy = allocated_copy(name);
  if (copy == nullptr) return SQLITE_NOMEM;
  return sqlite3_create_function_v2(db, name, argument_count, SQLITE_UTF8, copy, &refuse_call, nullptr, nullptr,
                                    &sqlite3_free);
}

void* sqlite3_user_data(sqlite3_context* context) { return context != nullptr ? context->function->data : nullptr; }
sqlite3* sqlite3_context_db_handle(sqlite3_context* context) {
  return context != nullptr ? context->function->db : nullptr;
}

void* sqlite3_aggregate_context(sqlite3_context* context, int size) {
  if (context == nullptr || context->state == nullptr) return nullptr;
  AggregateState& state = *context->state;
  if (state.memory == nullptr && size > 0) {
    state.memory = sqlite3_malloc(size);
    if (state.memory != nullptr) std::memset(state.memory, 0, static_cast<size_t>(size));
  }
  return state.memory;
}

int sqlite3_aggregate_count(sqlite3_context*) { return 0; }

void* sqlite3_get_auxdata(sqlite3_context* context, int number) {
  if (context == nullptr || context->call == nullptr || number < 0 || number >= context->call->aux_count)
    return nullptr;
  return context->call->aux_data[number];
}

void sqlite3_set_auxdata(sqlite3_context* context, int number, void* data, void (*destroy)(void*)) {
  if (context == nullptr || context->call == nullptr || context->call->aux_data == nullptr || number < 0 ||
      number >= context->call->aux_count) {
    if (destroy != nullptr) destroy(data);
    return;
  }
  functions::CallContext& call = *context->call;
  if (call.aux_data[number] != nullptr && call.aux_destroy[number] != nullptr)
    call.aux_destroy[number](call.aux_data[number]);
  call.aux_data[number] = data;
  call.aux_destroy[number] = destroy;
}

void sqlite3_result_blob(sqlite3_context* context, const void* bytes, int size, void (*destroy)(void*)) {
  if (context == nullptr) return destroy_bytes(destroy, bytes);
  set_bytes(context, bytes, size < 0 ? 0 : static_cast<uint64_t>(size), destroy, false);
}

void sqlite3_result_blob64(sqlite3_context* context, const void* bytes, sqlite3_uint64 size, void (*destroy)(void*)) {
  if (context == nullptr) return destroy_bytes(destroy, bytes);
  set_bytes(context, bytes, size, destroy, false);
}

void sqlite3_result_double(sqlite3_context* context, double value) {
  if (context != nullptr) context->result = Value::from_real(value);
}

void sqlite3_result_int(sqlite3_context* context, int value) { sqlite3_result_int64(context, value); }

void sqlite3_result_int64(sqlite3_context* context, sqlite3_int64 value) {
  if (context != nullptr) context->result = Value::from_integer(value);
}

void sqlite3_result_null(sqlite3_context* context) {
  if (context != nullptr) context->result = Value::null();
}

void sqlite3_result_text(sqlite3_context* context, const char* text, int size, void (*destroy)(void*)) {
  if (context == nullptr) return destroy_bytes(destroy, text);
  set_bytes(context, text, bytes_of(text, size).size(), destroy, true);
}

void sqlite3_result_text64(sqlite3_context* context, const char* text, sqlite3_uint64 size, void (*destroy)(void*),
                           unsigned char encoding) {
  if (context == nullptr) return destroy_bytes(destroy, text);
  if (encoding == SQLITE_UTF8 || encoding == SQLITE_UTF8_ZT) return set_bytes(context, text, size, destroy, true);
  if (size > 0x7fffffff) {
    destroy_bytes(destroy, text);
    return sqlite3_result_error_toobig(context);
  }
  TextEncoding from = encoding == SQLITE_UTF16LE   ? TextEncoding::Utf16Le
                      : encoding == SQLITE_UTF16BE ? TextEncoding::Utf16Be
                                                   : kNativeUtf16;
  set_utf16(context, text, static_cast<int64_t>(size), destroy, from);
}

void sqlite3_result_text16(sqlite3_context* context, const void* text, int size, void (*destroy)(void*)) {
  if (context == nullptr) return destroy_bytes(destroy, text);
  set_utf16(context, text, size, destroy, kNativeUtf16);
}
void sqlite3_result_text16le(sqlite3_context* context, const void* text, int size, void (*destroy)(void*)) {
  if (context == nullptr) return destroy_bytes(destroy, text);
  set_utf16(context, text, size, destroy, TextEncoding::Utf16Le);
}
void sqlite3_result_text16be(sqlite3_context* context, const void* text, int size, void (*destroy)(void*)) {
  if (context == nullptr) return destroy_bytes(destroy, text);
  set_utf16(context, text, size, destroy, TextEncoding::Utf16Be);
}

void sqlite3_result_value(sqlite3_context* context, sqlite3_value* value) {
  if (context == nullptr) return;
  if (value == nullptr) {
    context->result = Value::null();
    return;
  }
  context->result = value->value;
  Value& result = context->result;
  if (!result.is_bytes() || (result.flags & value_flags::kZeroBlob) != 0) return;
  result.bytes = context->heap->try_copy(result.view()).data();
  if (result.bytes == nullptr) {
    result = Value::null();
    return sqlite3_result_error_nomem(context);
  }
  result.owner = ValueOwner::Heap;
  result.flags = value_flags::kNulFollows;
}

void sqlite3_result_pointer(sqlite3_context* context, void* pointer, const char* type, void (*destroy)(void*)) {
  if (context == nullptr) {
    if (destroy != nullptr) destroy(pointer);
    return;
  }
  sqlite3* db = context->function->db;
  auto* box = new (std::nothrow) PointerBox{pointer, type != nullptr ? type : "", destroy, 0, db->result_boxes};
  if (box == nullptr) {
    if (destroy != nullptr) destroy(pointer);
    return sqlite3_result_error_nomem(context);
  }
  db->result_boxes = box;
  context->result = Value::null();
  context->result.bytes = reinterpret_cast<const char*>(box);
  context->result.flags = value_flags::kPointer;
}

void sqlite3_result_zeroblob(sqlite3_context* context, int size) {
  sqlite3_result_zeroblob64(context, size < 0 ? 0 : static_cast<sqlite3_uint64>(size));
}

int sqlite3_result_zeroblob64(sqlite3_context* context, sqlite3_uint64 size) {
  if (context == nullptr) return SQLITE_MISUSE;
  if (size > static_cast<uint64_t>(context->function->db->connection->length_limit_bytes())) {
    sqlite3_result_error_toobig(context);
    return SQLITE_TOOBIG;
  }
  Value value;
  value.type = ValueType::Blob;
  value.bytes = nullptr;
  value.length = static_cast<uint32_t>(size);
  value.flags = value_flags::kZeroBlob;
  if (!make_bytes(value, *context->heap).ok()) {
    sqlite3_result_error_nomem(context);
    return SQLITE_NOMEM;
  }
  context->result = value;
  return SQLITE_OK;
}

void sqlite3_result_subtype(sqlite3_context* context, unsigned int subtype) {
  if (context != nullptr) context->result.subtype = static_cast<uint8_t>(subtype);
}

void sqlite3_result_error(sqlite3_context* context, const char* message, int size) {
  if (context == nullptr) return;
  context->error = Status(Code::Error, message != nullptr ? bytes_of(message, size) : std::string_view());
}

void sqlite3_result_error16(sqlite3_context* context, const void* message, int size) {
  if (context == nullptr) return;
  Status converted = guarded([&] {
    context->error = Status(Code::Error, utf8_of(message, size));
    return Status();
  });
  if (!converted.ok()) context->error = std::move(converted);
}

void sqlite3_result_error_toobig(sqlite3_context* context) {
  if (context != nullptr) context->error = Status(Code::TooBig, "string or blob too big");
}

void sqlite3_result_error_nomem(sqlite3_context* context) {
  if (context != nullptr) context->error = Status(Code::NoMem);
}

void sqlite3_result_error_code(sqlite3_context* context, int code) {
  if (context == nullptr) return;
  // A message given before stays.
  if (code == SQLITE_OK) code = SQLITE_ERROR;
  if (context->error.has_message()) {
    context->error = Status(static_cast<Code>(code), context->error.message());
  } else {
    context->error = Status(static_cast<Code>(code));
  }
}

// ---------------------------------------------------------------- collations

int sqlite3_create_collation_v2(sqlite3* db, const char* name, int encoding, void* data,
                                int (*compare)(void*, int, const void*, int, const void*), void (*destroy)(void*)) {
  if (!usable(db) || name == nullptr) return SQLITE_MISUSE;
  Lock lock(db);
  int kind = encoding & ~SQLITE_UTF16_ALIGNED;
  if (kind < SQLITE_UTF8 || kind > SQLITE_UTF16) {
    db->connection->set_error(Code::Misuse);
    return SQLITE_MISUSE;
  }
  UserCollation* collation = nullptr;
  if (compare != nullptr) {
    collation = new (std::nothrow) UserCollation{db, kind, data, compare, destroy};
    if (collation == nullptr) return answer(db, Code::NoMem);
  }
  Status status = guarded([&] {
    return db->connection->create_collation(name, compare != nullptr ? &call_collation : nullptr, collation,
                                            &destroy_collation);
  });
  if (!status.ok()) delete collation;  // the program's data stays the program's
  return answer(db, status);
}

int sqlite3_create_collation(sqlite3* db, const char* name, int encoding, void* data,
                             int (*compare)(void*, int, const void*, int, const void*)) {
  return sqlite3_create_collation_v2(db, name, encoding, data, compare, nullptr);
}

int sqlite3_create_collation16(sqlite3* db, const void* name, int encoding, void* data,
                               int (*compare)(void*, int, const void*, int, const void*)) {
  if (!usable(db) || name == nullptr) return SQLITE_MISUSE;
  return attempt(
      db, [&] { return sqlite3_create_collation_v2(db, utf8_of(name, -1).c_str(), encoding, data, compare, nullptr); });
}

int sqlite3_collation_needed(sqlite3* db, void* context, void (*needed)(void*, sqlite3*, int, const char*)) {
  return watch_collations(db, context, needed, nullptr);
}

int sqlite3_collation_needed16(sqlite3* db, void* context, void (*needed)(void*, sqlite3*, int, const void*)) {
  return watch_collations(db, context, nullptr, needed);
}

}  // extern "C"
