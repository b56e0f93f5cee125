// Hooks go to the engine as they are, but for traces, whose records are made here.
#include "sqlrite/hooks.h"

#include <new>

#include "engine/connection.h"
#include "engine/statement.h"
#include "sqlrite/sqlrite.h"

namespace sqlrite {

namespace {

// What this interface keeps for a connection beside the engine's state: Connection::owner.
struct TraceState {
  TraceHook hook = nullptr;
  void* context = nullptr;
};

int tell_trace(uint32_t event, void* context, void* subject, void* detail) {
  const auto& state = *static_cast<const TraceState*>(context);
  TraceRecord record;
  record.event = event;
  if (event != trace_events::kClose) {
    record.statement = static_cast<engine::Statement*>(subject);
    record.sql = record.statement->sql();
  }
  if (event == trace_events::kProfile) record.duration_ns = *static_cast<const int64_t*>(detail);
  state.hook(state.context, record);
  return 0;
}

}  // namespace

std::string TraceRecord::expanded_sql() const {
  return statement != nullptr ? statement->expanded_sql() : std::string();
}

void Connection::set_authorizer(Authorizer authorizer, void* context) { impl_->set_authorizer(authorizer, context); }

void Connection::set_progress_handler(ProgressHandler handler, void* context, int interval) {
  engine::Hooks& hooks = impl_->hooks();
  bool on = handler != nullptr && interval > 0;
  hooks.progress = on ? handler : nullptr;
  hooks.progress_context = on ? context : nullptr;
  hooks.progress_interval = on ? interval : 0;
  hooks.progress_count = 0;
}

void Connection::set_trace(TraceHook trace, void* context, uint32_t events) {
  engine::Hooks& hooks = impl_->hooks();
  bool on = trace != nullptr && events != 0;
  if (on && impl_->owner == nullptr) {
    impl_->owner = new (std::nothrow) TraceState();
    impl_->owner_destroy = [](void* owner) { delete static_cast<TraceState*>(owner); };
    on = impl_->owner != nullptr;
  }
  if (on) *static_cast<TraceState*>(impl_->owner) = {trace, context};
  hooks.trace = on ? &tell_trace : nullptr;
  hooks.trace_context = impl_->owner;
  hooks.trace_mask = on ? events & 15 : 0;
}

void Connection::set_update_hook(UpdateHook hook, void* context) {
  impl_->hooks().update = hook;
  impl_->hooks().update_context = context;
}

void Connection::set_commit_hook(CommitHook hook, void* context) {
  impl_->hooks().commit = hook;
  impl_->hooks().commit_context = context;
}

void Connection::set_rollback_hook(RollbackHook hook, void* context) {
  impl_->hooks().rollback = hook;
  impl_->hooks().rollback_context = context;
}

}  // namespace sqlrite
