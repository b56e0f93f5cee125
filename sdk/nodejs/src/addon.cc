// The module: state of one environment and what its parts share.
#include "addon.h"

#include <cstdio>

#include "values.h"

namespace sqlrite::node {

namespace {

constexpr size_t kTextBufferBytes = 64 * 1024;

// process.exit() in a function of the application ends the environment above a running call, which never goes on: what
// that call uses stays as it is.
bool can_close(const Session* session) { return session != nullptr && session->calls == 0; }

// (SqliteError, collect): what the add-on needs from JavaScript.
void configure(const Napi::CallbackInfo& info) {
  auto* addon = static_cast<Addon*>(info.Data());
  addon->error_constructor = Napi::Persistent(info[0].As<Napi::Function>());
  addon->collect = Napi::Persistent(info[1].As<Napi::Function>());
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto owner = std::make_shared<Addon>(env);
  Addon* addon = owner.get();
  addon->self = std::move(owner);
  addon->text.resize(kTextBufferBytes);
  Napi::ArrayBuffer buffer = Napi::ArrayBuffer::New(env, sizeof(frame::Frame));
  addon->frame = static_cast<frame::Frame*>(buffer.Data());
  addon->frame_buffer = Napi::Reference<Napi::ArrayBuffer>::New(buffer, 1);
  env.AddCleanupHook([](Addon* ending) { ending->close_all(); }, addon);

  exports.Set("frame", buffer);
  exports.Set("version", Napi::String::New(env, version()));
  exports.Set("configure", Napi::Function::New<configure>(env, "configure", addon));
  export_database(env, addon, exports);
  export_statement(env, addon, exports);
  export_functions(env, addon, exports);
  export_backup(env, addon, exports);
  return exports;
}

}  // namespace

// ---------------------------------------------------------------- lifetimes

Session::~Session() {
  close();
  if (is_listed) addon->sessions.remove(number);
}

void Session::close() {
  while (!copies.empty()) (*copies.begin())->close();
  while (!statements.empty()) (*statements.begin())->close();
  connection.reset();
  thrown.clear();
}

PreparedStatement::~PreparedStatement() {
  close();
  if (is_listed) addon->statements.remove(number);
}

void PreparedStatement::close() {
  if (session == nullptr) return;
  session->statements.erase(this);
  session = nullptr;
  statement.finalize();
  int64_t total_bytes = 0;
  napi_adjust_external_memory(addon->env, -kSizeBytes, &total_bytes);
}

Copy::~Copy() {
  close();
  if (is_listed) addon->copies.remove(number);
}

void Copy::close() {
  if (session == nullptr) return;
  session->copies.erase(this);
  session = nullptr;
  backup.reset();
  target.reset();
  if (!unlink_path.empty()) std::remove(unlink_path.c_str());
}

// Finalizers that come later find closed objects; the last of them ends the Addon.
void Addon::close_all() {
  for (Session* session : sessions.all()) {
    if (can_close(session)) session->close();
  }
  frame_buffer.Reset();
  error_constructor.Reset();
  collect.Reset();
  std::shared_ptr<Addon> last = std::move(self);
}

// ---------------------------------------------------------------- errors

namespace {
// True: the failure comes from an exception in a function of the application, which is thrown now.
bool throw_kept(Napi::Env env, Session& session, std::string_view message) {
  for (Session::Thrown& candidate : session.thrown) {
    if (candidate.message != message) continue;
    Napi::Value value = candidate.holder.Value().As<Napi::Object>().Get("value");
    session.thrown.clear();
    napi_throw(env, value);
    return true;
  }
  return false;
}
}  // namespace

void throw_status(Addon& addon, Session* session, const Status& status) {
  Napi::Env env = addon.env;
  if (session != nullptr && throw_kept(env, *session, status.message())) return;
  if (env.IsExceptionPending()) return;
  napi_value message = nullptr;
  if (make_text(env, status.message(), &message) != napi_ok) return;
  Napi::String code = Napi::String::New(env, code_name_of(status.code()));
  Napi::Object error = addon.error_constructor.New({message, code});
  if (env.IsExceptionPending()) return;
  if (status.sql_offset() >= 0) error.Set("offset", Napi::Number::New(env, static_cast<double>(status.sql_offset())));
  napi_throw(env, error);
}

std::string code_name_of(Code code) {
  const char* name = code_name(code);
  return name != nullptr ? name : "UNKNOWN_SQLITE_ERROR_" + std::to_string(static_cast<int>(code));
}

Session* session_of(Napi::Env env, Addon& addon, Napi::Value number) {
  Session* session = addon.sessions.get(number.As<Napi::Number>().Uint32Value());
  if (session != nullptr && session->connection.has_value()) return session;
  Napi::TypeError::New(env, "The database connection is not open").ThrowAsJavaScriptException();
  return nullptr;
}

PreparedStatement* statement_of(Napi::Env env, Addon& addon, Napi::Value number) {
  PreparedStatement* statement = addon.statements.get(number.As<Napi::Number>().Uint32Value());
  if (statement != nullptr && statement->session != nullptr) return statement;
  Napi::TypeError::New(env, "The database connection is not open").ThrowAsJavaScriptException();
  return nullptr;
}

Napi::Object start(Napi::Env env, Napi::Object exports) { return initialize(env, exports); }

}  // namespace sqlrite::node

using sqlrite::node::start;
NODE_API_MODULE(sqlrite, start)
