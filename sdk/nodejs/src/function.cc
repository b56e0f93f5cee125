// Functions and aggregates of the application, written in JavaScript.
//
// What a JavaScript function throws is kept in the Session and makes the statement fail; throw_status() then throws it
// on. An aggregate's state is a number that JavaScript gave: lib/functions.js keeps the accumulators, since Node-API
// has no references to numbers and texts.
#include "addon.h"
#include "values.h"

namespace sqlrite::node {

namespace {

struct UserFunction {
  Addon* addon;
  Session* session;
  std::string name;
  bool safe_integers;
  Napi::FunctionReference call;     // function: itself; aggregate: (state, ...arguments) => undefined
  Napi::FunctionReference start;    // aggregates: () => state
  Napi::FunctionReference inverse;  // as call
  Napi::FunctionReference result;   // (state, final) => value
  Napi::FunctionReference destroy;  // (state)
  std::vector<double> dropped;      // states of groups that ended without a result; destroyed by the next start
};

void destroy_function(void* data) { delete static_cast<UserFunction*>(data); }

// Keeps the pending exception for throw_status(), which knows it by the message of the failure.
void keep_exception(UserFunction& self, FunctionCall& call) {
  Napi::Env env = self.addon->env;
  Session& session = *self.session;
  std::string message = self.name + "() threw exception " + std::to_string(++session.thrown_count);
  call.set_error(Status(Code::Error, message));
  napi_value thrown = nullptr;
  if (napi_get_and_clear_last_exception(env, &thrown) != napi_ok) return;
  Napi::Object holder = Napi::Object::New(env);
  holder.Set("value", thrown);
  if (session.thrown.size() == Session::kThrownMax) session.thrown.erase(session.thrown.begin());
  session.thrown.push_back({std::move(message), Napi::Reference<Napi::Value>::New(holder, 1)});
}

// The arguments of a call as JavaScript values, behind `values` that are there already.
bool add_arguments(UserFunction& self, FunctionCall& call, std::vector<napi_value>& values) {
  for (int i = 0; i < call.argument_count(); ++i) {
    Value value = call.argument(i);
    if (value.is_bytes()) {
      std::string_view bytes = call.argument_bytes(i);
      value = value.type == ValueType::Text ? Value::from_text(bytes, ValueOwner::Caller)
                                            : Value::from_blob(bytes, ValueOwner::Caller);
    }
    napi_value argument = nullptr;
    if (make_value(self.addon->env, value, self.safe_integers, &argument) != napi_ok) return false;
    values.push_back(argument);
  }
  return true;
}

// Calls `function`; null (and the statement fails) when it throws.
napi_value call_javascript(UserFunction& self, FunctionCall& call, Napi::FunctionReference& function,
                           const std::vector<napi_value>& arguments) {
  napi_env env = self.addon->env;
  napi_value undefined = nullptr;
  napi_value result = nullptr;
  napi_get_undefined(env, &undefined);
  napi_value callee = function.Value();
  if (callee == nullptr) {
    call.set_error(Status(Code::Error, self.name + "(): the database it belongs to is gone"));
    return nullptr;
  }
  if (napi_call_function(env, undefined, callee, arguments.size(), arguments.data(), &result) == napi_ok) {
    return result;
  }
  keep_exception(self, call);
  return nullptr;
}

void refuse_result(UserFunction& self, FunctionCall& call, bool is_bigint) {
  std::string message = "User-defined function " + self.name + "() returned ";
  Napi::Env env = self.addon->env;
  if (is_bigint) {
    Napi::RangeError::New(env, message + "a bigint that was too big").ThrowAsJavaScriptException();
  } else {
    Napi::TypeError::New(env, message + "an invalid value").ThrowAsJavaScriptException();
  }
  keep_exception(self, call);
}

void set_result(UserFunction& self, FunctionCall& call, napi_value value) {
  napi_env env = self.addon->env;
  napi_valuetype type = napi_undefined;
  napi_typeof(env, value, &type);
  switch (type) {
    case napi_undefined:
    case napi_null: call.set_null(); return;
    case napi_number: {
      double number = 0;
      napi_get_value_double(env, value, &number);
      call.set_double(number);
      return;
    }
    case napi_bigint: {
      int64_t number = 0;
      bool lossless = false;
      napi_get_value_bigint_int64(env, value, &number, &lossless);
      if (!lossless) return refuse_result(self, call, true);
      call.set_int64(number);
      return;
    }
    case napi_string: call.set_text(to_utf8(env, value)); return;
    default: break;
  }
  Napi::Value object(env, value);
  if (object.IsTypedArray() || object.IsDataView()) {
    void* bytes = nullptr;
    size_t size_bytes = 0;
    if (napi_get_buffer_info(env, value, &bytes, &size_bytes) == napi_ok) {
      call.set_blob({static_cast<const char*>(bytes), size_bytes});
      return;
    }
  }
  refuse_result(self, call, false);
}

void call_function(FunctionCall& call) {
  auto& self = *static_cast<UserFunction*>(call.data());
  Napi::HandleScope scope(self.addon->env);
  std::vector<napi_value> arguments;
  if (!add_arguments(self, call, arguments)) return keep_exception(self, call);
  napi_value result = call_javascript(self, call, self.call, arguments);
  if (result != nullptr) set_result(self, call, result);
}

// ---------------------------------------------------------------- aggregates

// Zeroed by the engine. The data is repeated since destroy_state() gets nothing else.
struct AggregateState {
  UserFunction* owner;
  double state;
  bool started;
  bool failed;
};

// False: start() threw.
bool ensure_started(UserFunction& self, FunctionCall& call, AggregateState& state) {
  if (state.failed) return false;
  if (state.started) return true;
  state.owner = &self;
  for (; !self.dropped.empty(); self.dropped.pop_back()) {
    if (call_javascript(self, call, self.destroy, {Napi::Number::New(self.addon->env, self.dropped.back())}) ==
        nullptr) {
      break;
    }
  }
  napi_value number = call_javascript(self, call, self.start, {});
  state.failed = number == nullptr;
  if (state.failed) return false;
  napi_get_value_double(self.addon->env, number, &state.state);
  state.started = true;
  return true;
}

void step_with(FunctionCall& call, void* memory, Napi::FunctionReference UserFunction::* member) {
  auto& self = *static_cast<UserFunction*>(call.data());
  auto& state = *static_cast<AggregateState*>(memory);
  Napi::HandleScope scope(self.addon->env);
  if (!ensure_started(self, call, state)) return;
  std::vector<napi_value> arguments{Napi::Number::New(self.addon->env, state.state)};
  if (!add_arguments(self, call, arguments)) return keep_exception(self, call);
  call_javascript(self, call, self.*member, arguments);
}

void step(FunctionCall& call, void* memory) { step_with(call, memory, &UserFunction::call); }
void inverse(FunctionCall& call, void* memory) { step_with(call, memory, &UserFunction::inverse); }

void give_result(FunctionCall& call, void* memory, bool is_final) {
  auto& self = *static_cast<UserFunction*>(call.data());
  auto& state = *static_cast<AggregateState*>(memory);
  Napi::Env env = self.addon->env;
  Napi::HandleScope scope(env);
  if (!ensure_started(self, call, state)) return;
  napi_value result = call_javascript(self, call, self.result,
                                      {Napi::Number::New(env, state.state), Napi::Boolean::New(env, is_final)});
  if (result != nullptr) set_result(self, call, result);
}

void value(FunctionCall& call, void* memory) { give_result(call, memory, false); }
void finalize(FunctionCall& call, void* memory) { give_result(call, memory, true); }

// No JavaScript here: the garbage collector may have ended the statement.
void destroy_state(void* memory) {
  auto& state = *static_cast<AggregateState*>(memory);
  if (state.started) state.owner->dropped.push_back(state.state);
}

// ---------------------------------------------------------------- registration

Napi::FunctionReference weak_reference(Napi::Value value) {
  return value.IsFunction() ? Napi::Weak(value.As<Napi::Function>()) : Napi::FunctionReference();
}

// (session, name, argument count, safe integers, deterministic, direct only, functions): `functions` holds call and,
// for an aggregate, start, result, destroy and perhaps inverse.
void define(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto& addon = *static_cast<Addon*>(info.Data());
  Session* session = session_of(env, addon, info[0]);
  if (session == nullptr) return;
  std::string name = to_utf8(env, info[1]);
  int argument_count = info[2].As<Napi::Number>().Int32Value();
  FunctionOptions options;
  options.deterministic = info[4].As<Napi::Boolean>().Value();
  options.direct_only = info[5].As<Napi::Boolean>().Value();
  Napi::Object functions = info[6].As<Napi::Object>();
  auto* user = new UserFunction{&addon,
                                session,
                                name,
                                info[3].As<Napi::Boolean>().Value(),
                                weak_reference(functions.Get("call")),
                                weak_reference(functions.Get("start")),
                                weak_reference(functions.Get("inverse")),
                                weak_reference(functions.Get("result")),
                                weak_reference(functions.Get("destroy")),
                                {}};
  Connection& connection = *session->connection;
  Status status;
  if (user->start.IsEmpty()) {
    status = connection.create_function(
        name, argument_count, ScalarFunction{.call = &call_function, .data = user, .destroy = &destroy_function},
        options);
  } else {
    AggregateFunction aggregate{.state_size_bytes = sizeof(AggregateState),
                                .step = &step,
                                .finalize = &finalize,
                                .value = nullptr,
                                .inverse = nullptr,
                                .destroy_state = &destroy_state,
                                .data = user,
                                .destroy = &destroy_function};
    if (!user->inverse.IsEmpty()) {
      aggregate.value = &value;
      aggregate.inverse = &inverse;
    }
    status = connection.create_function(name, argument_count, aggregate, options);
  }
  if (!status.ok()) throw_status(addon, session, status);
}

}  // namespace

void export_functions(Napi::Env env, Addon* addon, Napi::Object exports) {
  exports.Set("defineFunction", Napi::Function::New<define>(env, "defineFunction", addon));
}

}  // namespace sqlrite::node
