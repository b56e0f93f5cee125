// What a program asks to be told: commits, changes, the write-ahead log, traces, authorization.
#include "handles.h"

using namespace sqlrite;
using namespace sqlrite::compat;

namespace {

void tell_update(void* context, int action, const char* database, const char* table, int64_t rowid) {
  sqlite3* db = static_cast<sqlite3*>(context);
  if (db->update_hook != nullptr) db->update_hook(db->update_context, action, database, table, rowid);
}

int tell_wal(void* context, engine::Connection*, const char* database, int frame_count) {
  sqlite3* db = static_cast<sqlite3*>(context);
  return db->wal_hook != nullptr ? db->wal_hook(db->wal_context, db, database, frame_count) : SQLITE_OK;
}

int tell_trace(uint32_t event, void* context, void* subject, void* x) {
  sqlite3* db = static_cast<sqlite3*>(context);
  if (event == SQLITE_TRACE_CLOSE) return db->trace_v2 != nullptr ? db->trace_v2(event, db->trace_context, db, x) : 0;
  sqlite3_stmt* statement = slot_of(static_cast<engine::Statement*>(subject));
  if (statement == nullptr) return 0;  // one of the engine's own
  if (db->trace_v2 != nullptr) return db->trace_v2(event, db->trace_context, statement, x);
  // A trace that there is no memory for is left out.
  return attempt(nullptr, 0, [&] {
    if (event == SQLITE_TRACE_STMT && db->trace != nullptr) {
      std::string text = statement->impl->expanded_sql();
      db->trace(db->trace_context, text.c_str());
    }
    if (event == SQLITE_TRACE_PROFILE && db->profile != nullptr) {
      std::string text(statement->impl->sql());
      db->profile(db->profile_context, text.c_str(), static_cast<sqlite3_uint64>(*static_cast<int64_t*>(x)));
    }
    return 0;
  });
}

void set_trace(sqlite3* db, uint32_t mask) {
  engine::Hooks& hooks = db->connection->hooks();
  hooks.trace_mask = mask;
  hooks.trace = mask != 0 ? &tell_trace : nullptr;
  hooks.trace_context = db;
}

}  // namespace

extern "C" {

void* sqlite3_commit_hook(sqlite3* db, int (*hook)(void*), void* context) {
  if (!usable(db)) return nullptr;
  Lock lock(db);
  engine::Hooks& hooks = db->connection->hooks();
  void* old = hooks.commit_context;
  hooks.commit = hook;
  hooks.commit_context = context;
  return old;
}

void* sqlite3_rollback_hook(sqlite3* db, void (*hook)(void*), void* context) {
  if (!usable(db)) return nullptr;
  Lock lock(db);
  engine::Hooks& hooks = db->connection->hooks();
  void* old = hooks.rollback_context;
  hooks.rollback = hook;
  hooks.rollback_context = context;
  return old;
}

void* sqlite3_update_hook(sqlite3* db, void (*hook)(void*, int, const char*, const char*, sqlite3_int64),
                          void* context) {
  if (!usable(db)) return nullptr;
  Lock lock(db);
  void* old = db->update_hook != nullptr ? db->update_context : nullptr;
  db->update_hook = hook;
  db->update_context = context;
  engine::Hooks& hooks = db->connection->hooks();
  hooks.update = hook != nullptr ? &tell_update : nullptr;
  hooks.update_context = db;
  return old;
}

void* sqlite3_wal_hook(sqlite3* db, int (*hook)(void*, sqlite3*, const char*, int), void* context) {
  if (!usable(db)) return nullptr;
  Lock lock(db);
  void* old = db->wal_hook != nullptr ? db->wal_context : nullptr;
  db->wal_hook = hook;
  db->wal_context = context;
  db->connection->set_wal_hook(hook != nullptr ? &tell_wal : nullptr, db);
  // The program's hook takes the place of the automatic checkpoint.
  if (hook != nullptr) db->connection->set_auto_checkpoint(0);
  return old;
}

int sqlite3_autovacuum_pages(sqlite3* db, unsigned (*pages)(void*, const char*, unsigned, unsigned, unsigned),
                             void* context, void (*destroy)(void*)) {
  if (!usable(db)) {
    if (destroy != nullptr) destroy(context);
    return SQLITE_MISUSE;
  }
  Lock lock(db);
  engine::Hooks& hooks = db->connection->hooks();
  if (db->autovacuum_destroy != nullptr) db->autovacuum_destroy(hooks.autovacuum_context);
  db->autovacuum_destroy = destroy;
  hooks.autovacuum_pages = reinterpret_cast<int (*)(void*, const char*, uint32_t, uint32_t, uint32_t)>(pages);
  hooks.autovacuum_context = context;
  return SQLITE_OK;
}

int sqlite3_trace_v2(sqlite3* db, unsigned mask, int (*trace)(unsigned, void*, void*, void*), void* context) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  if (trace == nullptr || mask == 0) {
    mask = 0;
    trace = nullptr;
  }
  db->trace_v2 = trace;
  db->trace = nullptr;
  db->profile = nullptr;
  db->trace_context = context;
  set_trace(db, mask & 15);
  return SQLITE_OK;
}

void* sqlite3_trace(sqlite3* db, void (*trace)(void*, const char*), void* context) {
  if (!usable(db)) return nullptr;
  Lock lock(db);
  void* old = db->trace_context;
  db->trace_v2 = nullptr;
  db->trace = trace;
  db->trace_context = context;
  set_trace(db, (trace != nullptr ? SQLITE_TRACE_STMT : 0u) | (db->profile != nullptr ? SQLITE_TRACE_PROFILE : 0u));
  return old;
}

void* sqlite3_profile(sqlite3* db, void (*profile)(void*, const char*, sqlite3_uint64), void* context) {
  if (!usable(db)) return nullptr;
  Lock lock(db);
  void* old = db->profile_context;
  db->trace_v2 = nullptr;
  db->profile = profile;
  db->profile_context = context;
  set_trace(db, (profile != nullptr ? SQLITE_TRACE_PROFILE : 0u) | (db->trace != nullptr ? SQLITE_TRACE_STMT : 0u));
  return old;
}

int sqlite3_set_authorizer(sqlite3* db,
                           int (*authorizer)(void*, int, const char*, const char*, const char*, const char*),
                           void* context) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  engine::Hooks& hooks = db->connection->hooks();
  hooks.authorizer = authorizer;
  hooks.authorizer_context = context;
  db->connection->bump_epoch();  // statements made before are judged again
  return SQLITE_OK;
}

}  // extern "C"
