// Backups: a copy of a database into a file, some pages at a time.
#include "addon.h"
#include "values.h"

namespace sqlrite::node {

namespace {

Copy* copy_of(const Napi::CallbackInfo& info) {
  auto& addon = *static_cast<Addon*>(info.Data());
  Copy* copy = addon.copies.get(info[0].As<Napi::Number>().Uint32Value());
  if (copy != nullptr && copy->session != nullptr) return copy;
  Napi::TypeError::New(info.Env(), "The database connection is not open").ThrowAsJavaScriptException();
  return nullptr;
}

// (session, name of the database, file, is the file new, owner): the backup's number.
Napi::Value start(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  auto& addon = *static_cast<Addon*>(info.Data());
  Session* session = session_of(env, addon, info[0]);
  if (session == nullptr) return env.Undefined();
  std::string path = to_utf8(env, info[2]);
  auto* copy = new Copy;
  copy->addon = addon.self;
  copy->session = session;
  session->copies.insert(copy);
  track(env, info[4].As<Napi::Object>(), copy, addon.copies);
  Status status;
  Result<Connection> target = Connection::open(path);
  if (target.ok()) {
    copy->target.emplace(target.take());
    if (info[3].As<Napi::Boolean>().Value()) copy->unlink_path = path;
    Result<Backup> backup = session->connection->backup_to(*copy->target, "main", to_utf8(env, info[1]));
    if (backup.ok()) {
      copy->backup.emplace(backup.take());
    } else {
      status = backup.take_status();
    }
  } else {
    status = target.take_status();
  }
  if (!status.ok()) {
    copy->close();
    throw_status(addon, nullptr, status);
    return env.Undefined();
  }
  return Napi::Number::New(env, copy->number);
}

// (backup, pages): header words kRemainingPages and kTotalPages. A busy database is not a failure: nothing was copied.
void step(const Napi::CallbackInfo& info) {
  auto& addon = *static_cast<Addon*>(info.Data());
  Copy* copy = copy_of(info);
  if (copy == nullptr) return;
  Result<bool> done = copy->backup->step(info[1].As<Napi::Number>().Int32Value());
  if (!done.ok() && done.status().primary() != Code::Busy) return throw_status(addon, nullptr, done.status());
  if (done.ok() && done.value()) copy->unlink_path.clear();
  addon.frame->header[frame::kRemainingPages] = copy->backup->remaining_page_count();
  addon.frame->header[frame::kTotalPages] = copy->backup->total_page_count();
}

void close(const Napi::CallbackInfo& info) {
  auto& addon = *static_cast<Addon*>(info.Data());
  Copy* copy = addon.copies.get(info[0].As<Napi::Number>().Uint32Value());
  if (copy != nullptr) copy->close();
}

}  // namespace

void export_backup(Napi::Env env, Addon* addon, Napi::Object exports) {
  exports.Set("backupStart", Napi::Function::New<start>(env, "backupStart", addon));
  exports.Set("backupStep", Napi::Function::New<step>(env, "backupStep", addon));
  exports.Set("backupClose", Napi::Function::New<close>(env, "backupClose", addon));
}

}  // namespace sqlrite::node
