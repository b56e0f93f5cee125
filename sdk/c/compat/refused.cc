// Parts of the interface that this version does not offer. Each answers with an error and, where there is a connection,
// a message that says so.
#include <cstring>

#include "handles.h"
#include "os/vfs.h"

using namespace sqlrite;
using namespace sqlrite::compat;

namespace {

int refuse(sqlite3* db, const char* message) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  return answer(db, Status(Code::Error, message));
}

constexpr char kNoModules[] = "virtual table modules of the application are not available in this version";

// ---- The description of the built-in file system.
int vfs_open(sqlite3_vfs*, sqlite3_filename, sqlite3_file* file, int, int*) {
  file->pMethods = nullptr;
  return SQLITE_CANTOPEN;  // files are opened by the engine, not through this table
}
int vfs_delete(sqlite3_vfs*, const char* path, int sync) {
  return static_cast<int>(os::default_vfs().remove(path, sync != 0).code());
}
int vfs_access(sqlite3_vfs*, const char* path, int, int* out) {
  auto exists = os::default_vfs().exists(path);
  *out = exists.ok() && exists.value() ? 1 : 0;
  return SQLITE_OK;
}
int vfs_full_path(sqlite3_vfs*, const char* path, int size, char* out) {
  auto full = os::default_vfs().full_path(path);
  if (!full.ok() || full.value().size() >= static_cast<size_t>(size)) return SQLITE_CANTOPEN;
  std::memcpy(out, full.value().c_str(), full.value().size() + 1);
  return SQLITE_OK;
}
int vfs_randomness(sqlite3_vfs*, int size, char* out) {
  sqlite3_randomness(size, out);
  return size;
}
int vfs_sleep(sqlite3_vfs*, int duration_us) {
  os::default_vfs().clock().sleep_us(duration_us);
  return duration_us;
}
int vfs_time64(sqlite3_vfs*, sqlite3_int64* out) {
  constexpr sqlite3_int64 kUnixEpochJulianMs = 210866760000000;
  *out = os::default_vfs().clock().wall_ms() + kUnixEpochJulianMs;
  return SQLITE_OK;
}
int vfs_time(sqlite3_vfs* vfs, double* out) {
  sqlite3_int64 now = 0;
  vfs_time64(vfs, &now);
  *out = static_cast<double>(now) / 86400000.0;
  return SQLITE_OK;
}
int vfs_last_error(sqlite3_vfs*, int, char*) { return 0; }

sqlite3_vfs* unix_vfs() {
  static sqlite3_vfs vfs = [] {
    sqlite3_vfs made = {};
    made.iVersion = 2;
    made.szOsFile = sizeof(sqlite3_file);
    made.mxPathname = 4096;
    made.zName = "unix";
    made.xOpen = &vfs_open;
    made.xDelete = &vfs_delete;
    made.xAccess = &vfs_access;
    made.xFullPathname = &vfs_full_path;
    made.xRandomness = &vfs_randomness;
    made.xSleep = &vfs_sleep;
    made.xCurrentTime = &vfs_time;
    made.xGetLastError = &vfs_last_error;
    made.xCurrentTimeInt64 = &vfs_time64;
    return made;
  }();
  return &vfs;
}

}  // namespace

extern "C" {

// ---------------------------------------------------------------- virtual tables

int sqlite3_create_module_v2(sqlite3* db, const char*, const sqlite3_module*, void* data, void (*destroy)(void*)) {
  if (destroy != nullptr) destroy(data);
  return refuse(db, kNoModules);
}
int sqlite3_create_module(sqlite3* db, const char* name, const sqlite3_module* module, void* data) {
  return sqlite3_create_module_v2(db, name, module, data, nullptr);
}
int sqlite3_drop_modules(sqlite3* db, const char**) { return usable(db) ? SQLITE_OK : SQLITE_MISUSE; }
int sqlite3_declare_vtab(sqlite3* db, const char*) { return refuse(db, kNoModules); }
int sqlite3_vtab_config(sqlite3* db, int, ...) { return refuse(db, kNoModules); }
int sqlite3_vtab_on_conflict(sqlite3*) { return SQLITE_ABORT; }
int sqlite3_vtab_nochange(sqlite3_context*) { return 0; }
const char* sqlite3_vtab_collation(sqlite3_index_info*, int) { return nullptr; }
int sqlite3_vtab_distinct(sqlite3_index_info*) { return 0; }
int sqlite3_vtab_in(sqlite3_index_info*, int, int) { return 0; }
int sqlite3_vtab_in_first(sqlite3_value*, sqlite3_value** out) {
  *out = nullptr;
  return SQLITE_ERROR;
}
int sqlite3_vtab_in_next(sqlite3_value*, sqlite3_value** out) {
  *out = nullptr;
  return SQLITE_ERROR;
}
int sqlite3_vtab_rhs_value(sqlite3_index_info*, int, sqlite3_value** out) {
  *out = nullptr;
  return SQLITE_NOTFOUND;
}

// ---------------------------------------------------------------- loadable extensions

int sqlite3_enable_load_extension(sqlite3* db, int on) {
  if (!usable(db)) return SQLITE_MISUSE;
  if (on == 0) return SQLITE_OK;
  return refuse(db, "loading extensions is not available in this version");
}

int sqlite3_load_extension(sqlite3* db, const char*, const char*, char** message) {
  constexpr char kText[] = "loading extensions is not available in this version";
  if (message != nullptr) *message = allocated_copy(kText);
  return refuse(db, kText);
}

// ---------------------------------------------------------------- pre-update hook

void* sqlite3_preupdate_hook(sqlite3* db,
                             void (*)(void*, sqlite3*, int, const char*, const char*, sqlite3_int64, sqlite3_int64),
                             void*) {
  refuse(db, "the pre-update hook is not available in this version");
  return nullptr;
}
int sqlite3_preupdate_old(sqlite3*, int, sqlite3_value** out) {
  *out = nullptr;
  return SQLITE_MISUSE;
}
int sqlite3_preupdate_new(sqlite3*, int, sqlite3_value** out) {
  *out = nullptr;
  return SQLITE_MISUSE;
}
int sqlite3_preupdate_count(sqlite3*) { return 0; }
int sqlite3_preupdate_depth(sqlite3*) { return 0; }
int sqlite3_preupdate_blobwrite(sqlite3*) { return -1; }

// Without shared caches nobody ever waits for another connection's unlock: the call comes at once.
int sqlite3_unlock_notify(sqlite3* db, void (*notify)(void**, int), void* argument) {
  if (!usable(db)) return SQLITE_MISUSE;
  if (notify != nullptr) notify(&argument, 1);
  return SQLITE_OK;
}

// ---------------------------------------------------------------- file systems of the application

sqlite3_vfs* sqlite3_vfs_find(const char* name) {
  if (name == nullptr) return unix_vfs();
  for (const char* known : {"unix", "unix-excl", "unix-dotfile", "unix-none", "unix-namedsem"}) {
    if (std::strcmp(name, known) == 0) return unix_vfs();
  }
  return nullptr;
}
int sqlite3_vfs_register(sqlite3_vfs* vfs, int) { return vfs == unix_vfs() ? SQLITE_OK : SQLITE_ERROR; }
int sqlite3_vfs_unregister(sqlite3_vfs*) { return SQLITE_ERROR; }

int sqlite3_test_control(int, ...) { return SQLITE_ERROR; }

}  // extern "C"
