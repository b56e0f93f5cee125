// Functions and collations of the application: adapters from the engine's calling convention to FunctionCall.
#include "sqlrite/function.h"

#include <new>

#include "base/guarded.h"
#include "engine/connection.h"
#include "sqlrite/sqlrite.h"
#include "types/cast.h"
#include "types/value_text.h"

namespace sqlrite {

// ---------------------------------------------------------------- one call

int64_t FunctionCall::argument_int64(int number) const { return to_integer(arguments_[number]); }
double FunctionCall::argument_double(int number) const { return to_real(arguments_[number]); }

std::string_view FunctionCall::argument_bytes(int number) {
  Value value = arguments_[number];
  if (value.is_null()) return {};
  if (value.is_numeric()) {
    NumberText buffer;
    std::string_view copy = context_->heap->try_copy(text_of(value, buffer));
    if (copy.data() == nullptr) set_error(Status(Code::NoMem));
    return copy;
  }
  if ((value.flags & value_flags::kZeroBlob) != 0) {
    if (Status status = make_bytes(value, *context_->heap); !status.ok()) {
      set_error(std::move(status));
      return {};
    }
  }
  return value.length > 0 ? value.view() : std::string_view("", 0);
}

void FunctionCall::set_null() { result_ = Value::null(); }
void FunctionCall::set_int64(int64_t value) { result_ = Value::from_integer(value); }
void FunctionCall::set_double(double value) { result_ = Value::from_real(value); }
void FunctionCall::set_text(std::string_view text) { set_bytes(text, ValueType::Text); }
void FunctionCall::set_blob(std::string_view bytes) { set_bytes(bytes, ValueType::Blob); }

void FunctionCall::set_bytes(std::string_view bytes, ValueType type) {
  if (bytes.size() > static_cast<uint64_t>(context_->connection->length_limit_bytes())) {
    set_error(Status(Code::TooBig));
    return;
  }
  std::string_view copy = context_->heap->try_copy(bytes);
  if (copy.data() == nullptr) {
    set_error(Status(Code::NoMem));
    return;
  }
  result_ = Value::from_text(copy, ValueOwner::Heap);
  result_.type = type;
  result_.flags = value_flags::kNulFollows;
}

void FunctionCall::set_zeroblob(uint64_t size_bytes) {
  if (size_bytes > static_cast<uint64_t>(context_->connection->length_limit_bytes())) {
    set_error(Status(Code::TooBig));
    return;
  }
  Value value;
  value.type = ValueType::Blob;
  value.bytes = nullptr;
  value.length = static_cast<uint32_t>(size_bytes);
  value.flags = value_flags::kZeroBlob;
  if (Status status = make_bytes(value, *context_->heap); !status.ok()) {
    set_error(std::move(status));
    return;
  }
  result_ = value;
}

void FunctionCall::set_value(const Value& value) {
  if (!value.is_bytes()) {
    result_ = value;
    return;
  }
  if ((value.flags & value_flags::kZeroBlob) != 0) {
    set_zeroblob(value.length);
    return;
  }
  set_bytes(value.view(), value.type);
  result_.subtype = value.subtype;
}

void FunctionCall::set_error(Status error) { error_ = error.ok() ? Status(Code::Error) : std::move(error); }

Status FunctionCall::take(Value* result) {
  if (!error_.ok()) return std::move(error_);
  *result = result_;
  return {};
}

// ---------------------------------------------------------------- adapters

namespace {

struct UserScalar {
  ScalarFunction function;
};

struct UserAggregate {
  AggregateFunction function;
};

// In front of the application's state, which follows it in the same zeroed memory.
struct AggregateState {
  const UserAggregate* owner = nullptr;
  bool stepped = false;
  bool finalized = false;

  void* user_state() { return this + 1; }
};

Status call_scalar(functions::CallContext& context, const Value* arguments, int count, Value* result) {
  const auto& user = *static_cast<const UserScalar*>(context.function->user_data);
  FunctionCall call(&context, user.function.data, arguments, count);
  user.function.call(call);
  return call.take(result);
}

const UserAggregate& aggregate_of(functions::CallContext& context) {
  return *static_cast<const UserAggregate*>(context.function->user_data);
}

Status call_step(functions::CallContext& context, void* memory, const Value* arguments, int count) {
  auto* state = static_cast<AggregateState*>(memory);
  const UserAggregate& user = aggregate_of(context);
  state->owner = &user;
  state->stepped = true;
  FunctionCall call(&context, user.function.data, arguments, count);
  user.function.step(call, state->user_state());
  Value unused;
  return call.take(&unused);
}

Status call_inverse(functions::CallContext& context, void* memory, const Value* arguments, int count) {
  const UserAggregate& user = aggregate_of(context);
  FunctionCall call(&context, user.function.data, arguments, count);
  user.function.inverse(call, static_cast<AggregateState*>(memory)->user_state());
  Value unused;
  return call.take(&unused);
}

Status call_value(functions::CallContext& context, void* memory, Value* result) {
  const UserAggregate& user = aggregate_of(context);
  FunctionCall call(&context, user.function.data, nullptr, 0);
  user.function.value(call, static_cast<AggregateState*>(memory)->user_state());
  return call.take(result);
}

Status call_finalize(functions::CallContext& context, void* memory, Value* result) {
  auto* state = static_cast<AggregateState*>(memory);
  const UserAggregate& user = aggregate_of(context);
  state->finalized = true;
  FunctionCall call(&context, user.function.data, nullptr, 0);
  user.function.finalize(call, state->user_state());
  return call.take(result);
}

// A group that ends without its result: an error, a LIMIT, a window that is over.
void destroy_state(void* memory) {
  auto* state = static_cast<AggregateState*>(memory);
  if (!state->stepped || state->finalized || state->owner->function.destroy_state == nullptr) return;
  state->finalized = true;
  state->owner->function.destroy_state(state->user_state());
}

template <typename User>
void destroy_user(void* data) {
  auto* user = static_cast<User*>(data);
  if (user->function.destroy != nullptr) user->function.destroy(user->function.data);
  delete user;
}

constexpr size_t kNameSizeMax = 255;
constexpr int kArgumentCountMax = 1000;

Status check_definition(std::string_view name, int argument_count, bool complete) {
  if (!complete)
    return Status(
        Code::Misuse,
        "a function needs its call, an aggregate its step and finalize, a window function both value and inverse");
  if (name.empty() || name.size() > kNameSizeMax) {
    return status_format(Code::Misuse, "the name of a function has 1 to %zu bytes, this one %zu", kNameSizeMax,
                         name.size());
  }
  if (argument_count < -1 || argument_count > kArgumentCountMax) {
    return status_format(Code::Misuse, "a function takes -1 (any number) to %d arguments, not %d", kArgumentCountMax,
                         argument_count);
  }
  return {};
}

functions::FunctionDef definition(std::string_view name, int argument_count, FunctionOptions options) {
  namespace flags = functions::function_flags;
  functions::FunctionDef def;
  def.name = name;
  def.argument_count = static_cast<int16_t>(argument_count);
  def.flags = flags::kUser | (options.deterministic ? flags::kDeterministic : 0) |
              (options.direct_only ? flags::kDirectOnly : 0) | (options.innocuous ? flags::kInnocuous : 0);
  return def;
}

// Registers `def` with the object behind it; what was given is destroyed in every failure.
template <typename User, typename Function>
Status add_function(engine::Connection& connection, functions::FunctionDef def, const Function& function,
                    Status checked) {
  User* user = checked.ok() ? new (std::nothrow) User{function} : nullptr;
  if (user == nullptr) {
    if (function.destroy != nullptr) function.destroy(function.data);
    return checked.ok() ? Status(Code::NoMem) : std::move(checked);
  }
  def.user_data = user;
  Status status = guarded([&] { return connection.create_function(def, &destroy_user<User>); });
  if (!status.ok()) destroy_user<User>(user);
  return status;
}

struct UserCollation {
  CollationFunction function;
};

int call_collation(void* context, std::string_view a, std::string_view b) {
  const auto& user = *static_cast<const UserCollation*>(context);
  return user.function.compare(user.function.data, a, b);
}

}  // namespace

Status Connection::create_function(std::string_view name, int argument_count, const ScalarFunction& function,
                                   FunctionOptions options) {
  functions::FunctionDef def = definition(name, argument_count, options);
  def.scalar = &call_scalar;
  return add_function<UserScalar>(*impl_, def, function,
                                  check_definition(name, argument_count, function.call != nullptr));
}

Status Connection::create_function(std::string_view name, int argument_count, const AggregateFunction& function,
                                   FunctionOptions options) {
  functions::FunctionDef def = definition(name, argument_count, options);
  def.type = functions::FunctionType::Aggregate;
  def.aggregate.state_size_bytes = static_cast<uint32_t>(sizeof(AggregateState)) + function.state_size_bytes;
  def.aggregate.step = &call_step;
  def.aggregate.finalize = &call_finalize;
  def.aggregate.destroy = &destroy_state;
  if (function.value != nullptr) {
    def.aggregate.value = &call_value;
    def.aggregate.inverse = &call_inverse;
  }
  bool complete = function.step != nullptr && function.finalize != nullptr &&
                  (function.value == nullptr) == (function.inverse == nullptr);
  return add_function<UserAggregate>(*impl_, def, function, check_definition(name, argument_count, complete));
}

Status Connection::remove_function(std::string_view name, int argument_count) {
  SQLRITE_TRY(check_definition(name, argument_count, true));
  return guarded([&] { return impl_->create_function(definition(name, argument_count, {}), nullptr); });
}

Status Connection::create_collation(std::string_view name, const CollationFunction& collation) {
  Status status;
  UserCollation* user = nullptr;
  if (name.empty() || collation.compare == nullptr) {
    status = Status(Code::Misuse, "a collation needs a name and a comparison");
  } else if ((user = new (std::nothrow) UserCollation{collation}) == nullptr) {
    status = Code::NoMem;
  } else {
    status =
        guarded([&] { return impl_->create_collation(name, &call_collation, user, &destroy_user<UserCollation>); });
  }
  if (!status.ok()) {
    delete user;
    if (collation.destroy != nullptr) collation.destroy(collation.data);
  }
  return status;
}

Status Connection::remove_collation(std::string_view name) {
  return guarded([&] { return impl_->create_collation(name, nullptr, nullptr, nullptr); });
}

}  // namespace sqlrite
