// Databases: opening, scripts, facts, the image of a whole database.
#include "addon.h"
#include "values.h"

namespace sqlrite::node {

namespace {

// V8 has no longer strings, and values must be able to leave: 2^29 - 24 characters (64-bit builds of Node.js).
constexpr int kLengthLimitBytes = 536870888;

void set_up(Session& session, int busy_timeout_ms) {
  Connection& connection = *session.connection;
  connection.set_busy_timeout(busy_timeout_ms);
  connection.set_limit(Limit::Length, kLengthLimitBytes);
  connection.set_limit(Limit::SqlLength, kLengthLimitBytes);
  connection.set_setting(Setting::Defensive, true);
  connection.set_setting(Setting::DoubleQuotedDml, false);
  connection.set_setting(Setting::DoubleQuotedDdl, false);
}

// Gives the connection to a new Session that belongs to `owner`; returns its number.
Napi::Value adopt(Napi::Env env, Addon& addon, Connection connection, int busy_timeout_ms, Napi::Object owner) {
  auto* session = new Session;
  session->addon = addon.self;
  session->connection.emplace(std::move(connection));
  set_up(*session, busy_timeout_ms);
  track(env, owner, session, addon.sessions);
  return Napi::Number::New(env, session->number);
}

// (path, mode, busy timeout, image or null, owner): the session's number.
Napi::Value open(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto& addon = *static_cast<Addon*>(info.Data());
  OpenOptions options;
  options.mode = static_cast<OpenMode>(info[1].As<Napi::Number>().Uint32Value());
  Result<Connection> connection = Connection::open(to_utf8(env, info[0]), options);
  Status status = connection.ok() ? Status() : connection.take_status();
  if (status.ok() && !info[3].IsNull()) {
    auto image = info[3].As<Napi::Uint8Array>();
    status = connection.value().deserialize({reinterpret_cast<const char*>(image.Data()), image.ByteLength()});
  }
  if (!status.ok()) {
    // Extended codes begin with the open connection.
    throw_status(addon, nullptr, Status(status.primary(), status.message()));
    return env.Undefined();
  }
  return adopt(env, addon, connection.take(), info[2].As<Napi::Number>().Int32Value(), info[4].As<Napi::Object>());
}

// (session, busy timeout, owner): the number of a session beside it on the same database.
Napi::Value connect(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto& addon = *static_cast<Addon*>(info.Data());
  Session* session = session_of(env, addon, info[0]);
  if (session == nullptr) return env.Undefined();
  Result<Connection> connection = session->connection->connect();
  if (!connection.ok()) {
    throw_status(addon, session, connection.status());
    return env.Undefined();
  }
  return adopt(env, addon, connection.take(), info[1].As<Napi::Number>().Int32Value(), info[2].As<Napi::Object>());
}

void close(const Napi::CallbackInfo& info) {
  auto& addon = *static_cast<Addon*>(info.Data());
  Session* session = addon.sessions.get(info[0].As<Napi::Number>().Uint32Value());
  if (session != nullptr) session->close();
}

// What may stand between two statements without being part of one.
std::string_view skip_separators(std::string_view sql) {
  size_t begin = sql.find_first_not_of(" ;\t\n\v\f\r");
  return begin == std::string_view::npos ? std::string_view() : sql.substr(begin);
}

// Runs `sql` statement by statement, each shown to `log` first.
Status exec_logged(Napi::Env env, Session& session, std::string_view sql, Napi::Function log) {
  while (!(sql = skip_separators(sql)).empty()) {
    size_t tail = 0;
    SQLRITE_TRY_ASSIGN(Statement statement, session.connection->prepare(sql, &tail));
    sql.remove_prefix(tail);
    if (!statement) continue;
    napi_value text = nullptr;
    make_text(env, statement.expanded_sql(), &text);
    log.Call(env.Undefined(), {text});
    // The exception that is pending is the one to be seen.
    if (env.IsExceptionPending()) return Code::Abort;
    SQLRITE_TRY(statement.run());
  }
  return {};
}

// (session, sql, log function or null)
void exec(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto& addon = *static_cast<Addon*>(info.Data());
  Session* session = session_of(env, addon, info[0]);
  if (session == nullptr) return;
  std::string script = to_utf8(env, info[1]);
  std::string_view sql(script.c_str());  // a NUL ends the text, as it does in C
  Guard guard(session);
  Status status = info[2].IsFunction() ? exec_logged(env, *session, sql, info[2].As<Napi::Function>())
                                       : session->connection->exec(sql);
  if (!status.ok()) throw_status(addon, session, status);
}

Napi::Value in_transaction(const Napi::CallbackInfo& info) {
  auto& addon = *static_cast<Addon*>(info.Data());
  Session* session = addon.sessions.get(info[0].As<Napi::Number>().Uint32Value());
  bool open = session != nullptr && session->connection.has_value();
  return Napi::Boolean::New(info.Env(), open && !session->connection->is_autocommit());
}

// (session, name of the database): a Buffer.
Napi::Value serialize(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto& addon = *static_cast<Addon*>(info.Data());
  Session* session = session_of(env, addon, info[0]);
  if (session == nullptr) return env.Undefined();
  Result<std::string> image = session->connection->serialize(to_utf8(env, info[1]));
  if (!image.ok()) {
    throw_status(addon, session, image.status());
    return env.Undefined();
  }
  napi_value buffer = nullptr;
  if (make_blob(env, image.value(), &buffer) != napi_ok) return env.Undefined();
  return Napi::Value(env, buffer);
}

// (session, unsafe): lifts the guards against writing the schema table and shadow tables.
void set_unsafe(const Napi::CallbackInfo& info) {
  auto& addon = *static_cast<Addon*>(info.Data());
  Session* session = session_of(info.Env(), addon, info[0]);
  if (session == nullptr) return;
  session->connection->set_setting(Setting::Defensive, !info[1].As<Napi::Boolean>().Value());
}

}  // namespace

void export_database(Napi::Env env, Addon* addon, Napi::Object exports) {
  exports.Set("open", Napi::Function::New<open>(env, "open", addon));
  exports.Set("connect", Napi::Function::New<connect>(env, "connect", addon));
  exports.Set("close", Napi::Function::New<close>(env, "close", addon));
  exports.Set("exec", Napi::Function::New<exec>(env, "exec", addon));
  exports.Set("inTransaction", Napi::Function::New<in_transaction>(env, "inTransaction", addon));
  exports.Set("serialize", Napi::Function::New<serialize>(env, "serialize", addon));
  exports.Set("setUnsafe", Napi::Function::New<set_unsafe>(env, "setUnsafe", addon));
}

}  // namespace sqlrite::node
