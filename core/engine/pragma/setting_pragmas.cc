// PRAGMAs that switch or tell settings of the connection.
#include <algorithm>

#include "engine/pragma/pragma.h"

namespace sqlrite::engine {

namespace {

struct Flag {
  const char* name;
  bool Settings::* field;
};
constexpr Flag kFlags[] = {
    {"automatic_index", &Settings::automatic_index},
    {"cell_size_check", &Settings::cell_size_check},
    {"checkpoint_fullfsync", &Settings::checkpoint_full_fsync},
    {"count_changes", &Settings::count_changes},
    {"defer_foreign_keys", &Settings::defer_foreign_keys},
    {"empty_result_callbacks", &Settings::empty_result_callbacks},
    {"foreign_keys", &Settings::foreign_keys},
    {"full_column_names", &Settings::full_column_names},
    {"fullfsync", &Settings::full_fsync},
    {"ignore_check_constraints", &Settings::ignore_check_constraints},
    {"legacy_alter_table", &Settings::legacy_alter_table},
    {"query_only", &Settings::query_only},
    {"read_uncommitted", &Settings::read_uncommitted},
    {"recursive_triggers", &Settings::recursive_triggers},
    {"reverse_unordered_selects", &Settings::reverse_unordered_selects},
    {"short_column_names", &Settings::short_column_names},
    {"trusted_schema", &Settings::trusted_schema},
    {"writable_schema", &Settings::writable_schema},
};

constexpr int64_t kThreadCountMax = 8;

}  // namespace

Status pragma_flag(PragmaCall& call) {
  Settings& settings = call.connection.settings();
  for (const Flag& flag : kFlags) {
    if (!iequals(flag.name, call.def.name)) continue;
    bool& value = settings.*flag.field;
    if (!call.has_value) {
      call.rows.add_integer(value ? 1 : 0);
      return {};
    }
    // Foreign keys cannot be switched inside a transaction.
    if (flag.field == &Settings::foreign_keys && !call.connection.is_autocommit()) return {};
    if (flag.field == &Settings::writable_schema && iequals(call.value, "reset")) {
      value = false;
      for (uint32_t i = 0; i < call.connection.database_count(); ++i) call.connection.publish_schema(i, nullptr);
      return {};
    }
    value = pragma_boolean(call.value, false);
    call.connection.bump_epoch();
    return {};
  }
  return {};
}

Status pragma_case_sensitive_like(PragmaCall& call) {
  if (!call.has_value) return {};
  call.connection.settings().case_sensitive_like = pragma_boolean(call.value, false);
  call.connection.bump_epoch();
  return {};
}

Status pragma_busy_timeout(PragmaCall& call) {
  if (call.has_value) call.connection.set_busy_timeout(pragma_int32_or_zero(call.value));
  call.rows.add_integer(call.connection.busy_timeout());
  return {};
}

Status pragma_temp_store(PragmaCall& call) {
  Settings& settings = call.connection.settings();
  if (!call.has_value) {
    call.rows.add_integer(settings.temp_store);
    return {};
  }
  int wanted = iequals(call.value, "memory") ? 2 : iequals(call.value, "file") ? 1 : 0;
  if (!call.value.empty() && call.value[0] >= '0' && call.value[0] <= '2') wanted = call.value[0] - '0';
  if (wanted == settings.temp_store) return {};
  if (call.connection.database(1).pager != nullptr) {
    if (!call.connection.is_autocommit())
      return Status(Code::Error, "temporary storage cannot be changed from within a transaction");
    SQLRITE_TRY(call.connection.drop_temp());
  }
  settings.temp_store = wanted;
  call.connection.bump_epoch();
  return {};
}

Status pragma_secure_delete(PragmaCall& call) {
  Settings& settings = call.connection.settings();
  if (call.has_value) {
    settings.secure_delete = iequals(call.value, "fast") ? 2 : pragma_boolean(call.value, false) ? 1 : 0;
  }
  call.rows.add_integer(settings.secure_delete);
  return {};
}

Status pragma_analysis_limit(PragmaCall& call) {
  int64_t& limit = call.connection.settings().analysis_limit;
  int64_t wanted = 0;
  if (call.has_value && pragma_whole_integer(call.value, &wanted) && wanted >= 0) limit = wanted & INT32_MAX;
  call.rows.add_integer(limit);
  return {};
}

Status pragma_threads(PragmaCall& call) {
  int64_t& count = call.connection.settings().thread_count;
  int64_t wanted = 0;
  if (call.has_value && pragma_whole_integer(call.value, &wanted) && wanted >= 0)
    count = std::min(wanted, kThreadCountMax);
  call.rows.add_integer(count);
  return {};
}

Status pragma_soft_heap_limit(PragmaCall& call) {
  Settings& settings = call.connection.settings();
  int64_t wanted = 0;
  if (call.has_value && pragma_whole_integer(call.value, &wanted) && wanted >= 0) {
    const int64_t hard = settings.hard_heap_limit;
    settings.soft_heap_limit = hard > 0 && (wanted == 0 || wanted > hard) ? hard : wanted;
  }
  call.rows.add_integer(settings.soft_heap_limit);
  return {};
}

// SQL may only lower it: who set it keeps the last word. The soft limit is never above.
Status pragma_hard_heap_limit(PragmaCall& call) {
  Settings& settings = call.connection.settings();
  int64_t& hard = settings.hard_heap_limit;
  int64_t& soft = settings.soft_heap_limit;
  int64_t wanted = 0;
  if (call.has_value && pragma_whole_integer(call.value, &wanted) && wanted > 0 && (hard == 0 || wanted < hard)) {
    hard = wanted;
    if (soft == 0 || soft > hard) soft = hard;
  }
  call.rows.add_integer(hard);
  return {};
}

Status pragma_nothing(PragmaCall&) { return {}; }

}  // namespace sqlrite::engine
