// The library itself: version, configuration, memory, mutexes, error texts, randomness.
#include <atomic>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/log.h"
#include "functions/library_version.h"
#include "handles.h"
#include "os/vfs.h"
#include "sql/lexer/token.h"
#include "types/utf.h"

using namespace sqlrite;
using namespace sqlrite::compat;

namespace {

// ---- State of the process. Written by sqlite3_config() before the first connection.
std::atomic<bool> initialized{false};
int thread_mode = 1;  // as sqlite3_threadsafe(): 1 serialized, 0 single thread
bool uri_names = false;
void (*log_hook)(void*, int, const char*) = nullptr;
void* log_context = nullptr;

// ---- Memory handed out by this interface. A block is preceded by its size.
struct BlockHeader {
  size_t size_bytes;
  size_t unused;  // keeps 16-byte alignment
};
std::atomic<int64_t> memory_used{0};
std::atomic<int64_t> memory_highwater{0};
std::atomic<int64_t> memory_count{0};
std::atomic<int64_t> largest_block{0};
std::atomic<int64_t> soft_limit{0};
std::atomic<int64_t> hard_limit{0};

void raise_highwater(std::atomic<int64_t>& mark, int64_t value) {
  int64_t seen = mark.load(std::memory_order_relaxed);
  while (value > seen && !mark.compare_exchange_weak(seen, value, std::memory_order_relaxed)) {
  }
}

BlockHeader* header_of(void* block) { return static_cast<BlockHeader*>(block) - 1; }

void pass_log(void*, Code code, std::string_view message) {
  if (log_hook == nullptr) return;
  char text[256];
  std::snprintf(text, sizeof text, "%.*s", static_cast<int>(message.size()), message.data());
  log_hook(log_context, static_cast<int>(code), text);
}

os::Mutex extensions_mutex;
std::vector<void (*)()>& auto_extensions() {
  static auto* list = new std::vector<void (*)()>();
  return *list;
}

}  // namespace

namespace sqlrite::compat {

bool uri_names_by_default() { return uri_names; }

void run_auto_extensions(sqlite3* db, int* code) {
  std::vector<void (*)()> entries;
  {
    os::LockGuard<os::Mutex> guard(extensions_mutex);
    entries = auto_extensions();
  }
  for (auto entry : entries) {
    // An extension linked into the program has no use for the table of routines.
    auto init = reinterpret_cast<int (*)(sqlite3*, char**, const sqlite3_api_routines*)>(entry);
    char* message = nullptr;
    int result = init(db, &message, nullptr);
    if (result != SQLITE_OK) {
      *code = answer(db, status_format(static_cast<Code>(result), "automatic extension loading failed: %s",
                                       message != nullptr ? message : ""));
    }
    sqlite3_free(message);
    if (result != SQLITE_OK) return;
  }
}

}  // namespace sqlrite::compat

extern "C" {

SQLITE_API extern const char sqlite3_version[];
const char sqlite3_version[] = SQLITE_VERSION;
char* sqlite3_temp_directory = nullptr;
char* sqlite3_data_directory = nullptr;

static_assert(std::string_view(SQLITE_VERSION) == functions::kSqliteVersion &&
              SQLITE_VERSION_NUMBER == functions::kSqliteVersionNumber);

const char* sqlite3_libversion(void) { return functions::kSqliteVersion; }
int sqlite3_libversion_number(void) { return functions::kSqliteVersionNumber; }
const char* sqlite3_sourceid(void) { return functions::kSqliteSourceId; }
int sqlite3_threadsafe(void) { return thread_mode; }

int sqlite3_compileoption_used(const char* name) {
  return name != nullptr && functions::compile_option_used(name) ? 1 : 0;
}
const char* sqlite3_compileoption_get(int number) { return number < 0 ? nullptr : functions::compile_option(number); }

int sqlite3_initialize(void) {
  initialized.store(true, std::memory_order_relaxed);
  return SQLITE_OK;
}
int sqlite3_shutdown(void) {
  initialized.store(false, std::memory_order_relaxed);
  return SQLITE_OK;
}
int sqlite3_os_init(void) { return SQLITE_OK; }
int sqlite3_os_end(void) { return SQLITE_OK; }

int sqlite3_config(int op, ...) {
  if (initialized.load(std::memory_order_relaxed) && op != SQLITE_CONFIG_LOG && op != SQLITE_CONFIG_PCACHE_HDRSZ)
    return SQLITE_MISUSE;
  va_list arguments;
  va_start(arguments, op);
  int code = SQLITE_OK;
  switch (op) {
    case SQLITE_CONFIG_SINGLETHREAD: thread_mode = 0; break;
    case SQLITE_CONFIG_MULTITHREAD: thread_mode = 0; break;  // no connection mutexes; what is shared stays guarded
    case SQLITE_CONFIG_SERIALIZED: thread_mode = 1; break;
    case SQLITE_CONFIG_URI: uri_names = va_arg(arguments, int) != 0; break;
    case SQLITE_CONFIG_LOG:
      log_hook = va_arg(arguments, void (*)(void*, int, const char*));
      log_context = va_arg(arguments, void*);
      set_log_sink(log_hook != nullptr ? &pass_log : nullptr, nullptr);
      break;
    case SQLITE_CONFIG_PCACHE_HDRSZ: *va_arg(arguments, int*) = 0; break;
    // Tuning of SQLite's own memory, which this engine does not have.
    case SQLITE_CONFIG_SCRATCH:
    case SQLITE_CONFIG_PAGECACHE:
    case SQLITE_CONFIG_MEMSTATUS:
    case SQLITE_CONFIG_LOOKASIDE:
    case SQLITE_CONFIG_COVERING_INDEX_SCAN:
    case SQLITE_CONFIG_MMAP_SIZE:
    case SQLITE_CONFIG_PMASZ:
    case SQLITE_CONFIG_STMTJRNL_SPILL:
    case SQLITE_CONFIG_SMALL_MALLOC:
    case SQLITE_CONFIG_SORTERREF_SIZE:
    case SQLITE_CONFIG_MEMDB_MAXSIZE: break;
    default: code = SQLITE_ERROR; break;  // allocators, mutexes and page caches of the application are not taken
  }
  va_end(arguments);
  return code;
}

void sqlite3_log(int code, const char* format, ...) {
  if (log_hook == nullptr) return;
  va_list arguments;
  va_start(arguments, format);
  char* text = sqlite3_vmprintf(format, arguments);
  va_end(arguments);
  log_hook(log_context, code, text != nullptr ? text : "");
  sqlite3_free(text);
}

int sqlite3_sleep(int duration_ms) {
  if (duration_ms < 0) return 0;
  os::default_vfs().clock().sleep_us(int64_t{duration_ms} * 1000);
  return duration_ms;
}

void sqlite3_randomness(int size, void* out) {
  if (size > 0 && out != nullptr) os::default_vfs().random().fill(out, static_cast<size_t>(size));
}

// ---------------------------------------------------------------- errors

int sqlite3_errcode(sqlite3* db) {
  if (db == nullptr) return SQLITE_NOMEM;
  if (!is_handle(db)) return SQLITE_MISUSE;
  Lock lock(db);
  return masked(db, db->connection->extended_error_code());
}

int sqlite3_extended_errcode(sqlite3* db) {
  if (db == nullptr) return SQLITE_NOMEM;
  if (!is_handle(db)) return SQLITE_MISUSE;
  Lock lock(db);
  return db->connection->extended_error_code();
}

int sqlite3_extended_result_codes(sqlite3* db, int on) {
  if (!is_handle(db)) return SQLITE_MISUSE;
  db->error_mask = on != 0 ? -1 : 0xff;
  return SQLITE_OK;
}

const char* sqlite3_errmsg(sqlite3* db) {
  if (db == nullptr) return code_text(Code::NoMem);
  if (!is_handle(db)) return code_text(Code::Misuse);
  return db->connection->error_message().data();
}

const void* sqlite3_errmsg16(sqlite3* db) {
  static const char16_t kNoMemory[] = u"out of memory";
  static const char16_t kMisuse[] = u"bad parameter or other API misuse";
  if (db == nullptr) return kNoMemory;
  if (!is_handle(db)) return kMisuse;
  Lock lock(db);
  return attempt<const void*>(nullptr, kNoMemory, [&]() -> const void* {
    Arena heap(256);
    auto text = utf8_to_utf16(db->connection->error_message(), kNativeUtf16, heap);
    if (!text.ok()) return kNoMemory;
    db->message16.assign(text.value().begin(), text.value().end());
    db->message16.insert(db->message16.end(), 2, '\0');
    return db->message16.data();
  });
}

const char* sqlite3_errstr(int code) { return code_text(static_cast<Code>(code)); }

int sqlite3_error_offset(sqlite3* db) { return is_handle(db) ? static_cast<int>(db->connection->error_offset()) : -1; }

int sqlite3_set_errmsg(sqlite3* db, int code, const char* message) {
  if (!usable(db)) return SQLITE_MISUSE;
  Lock lock(db);
  db->connection->set_error(message != nullptr ? Status(static_cast<Code>(code), message)
                                               : Status(static_cast<Code>(code)));
  return SQLITE_OK;
}

// ---------------------------------------------------------------- memory

void* sqlite3_malloc64(sqlite3_uint64 size) {
  constexpr sqlite3_uint64 kBlockSizeMax = 0x7fffff00;
  if (size == 0 || size > kBlockSizeMax) return nullptr;
  int64_t limit = hard_limit.load(std::memory_order_relaxed);
  if (limit > 0 && memory_used.load(std::memory_order_relaxed) + static_cast<int64_t>(size) > limit) return nullptr;
  size_t rounded = (size + 7) & ~size_t{7};
  auto* header = static_cast<BlockHeader*>(std::malloc(rounded + sizeof(BlockHeader)));
  if (header == nullptr) return nullptr;
  header->size_bytes = rounded;
  int64_t now =
      memory_used.fetch_add(static_cast<int64_t>(rounded), std::memory_order_relaxed) + static_cast<int64_t>(rounded);
  raise_highwater(memory_highwater, now);
  raise_highwater(largest_block, static_cast<int64_t>(size));
  memory_count.fetch_add(1, std::memory_order_relaxed);
  return header + 1;
}

void* sqlite3_malloc(int size) { return size > 0 ? sqlite3_malloc64(static_cast<sqlite3_uint64>(size)) : nullptr; }

void sqlite3_free(void* block) {
  if (block == nullptr) return;
  BlockHeader* header = header_of(block);
  memory_used.fetch_sub(static_cast<int64_t>(header->size_bytes), std::memory_order_relaxed);
  memory_count.fetch_sub(1, std::memory_order_relaxed);
  std::free(header);
}

void* sqlite3_realloc64(void* block, sqlite3_uint64 size) {
  if (block == nullptr) return sqlite3_malloc64(size);
  if (size == 0) {
    sqlite3_free(block);
    return nullptr;
  }
  size_t old_size = header_of(block)->size_bytes;
  if (size <= old_size && size * 2 > old_size) return block;
  void* grown = sqlite3_malloc64(size);
  if (grown == nullptr) return nullptr;
  std::memcpy(grown, block, old_size < size ? old_size : size);
  sqlite3_free(block);
  return grown;
}

void* sqlite3_realloc(void* block, int size) {
  return sqlite3_realloc64(block, size < 0 ? 0 : static_cast<sqlite3_uint64>(size));
}
sqlite3_uint64 sqlite3_msize(void* block) { return block != nullptr ? header_of(block)->size_bytes : 0; }
sqlite3_int64 sqlite3_memory_used(void) { return memory_used.load(std::memory_order_relaxed); }

sqlite3_int64 sqlite3_memory_highwater(int reset) {
  int64_t most = memory_highwater.load(std::memory_order_relaxed);
  if (reset != 0) memory_highwater.store(memory_used.load(std::memory_order_relaxed), std::memory_order_relaxed);
  return most;
}

int sqlite3_release_memory(int) { return 0; }
int sqlite3_memory_alarm(void (*)(void*, sqlite3_int64, int), void*, sqlite3_int64) { return SQLITE_OK; }

sqlite3_int64 sqlite3_soft_heap_limit64(sqlite3_int64 limit) {
  int64_t old = soft_limit.load(std::memory_order_relaxed);
  if (limit >= 0) {
    int64_t hard = hard_limit.load(std::memory_order_relaxed);
    soft_limit.store(hard > 0 && (limit == 0 || limit > hard) ? hard : limit, std::memory_order_relaxed);
  }
  return old;
}

void sqlite3_soft_heap_limit(int limit) { sqlite3_soft_heap_limit64(limit < 0 ? 0 : limit); }

sqlite3_int64 sqlite3_hard_heap_limit64(sqlite3_int64 limit) {
  int64_t old = hard_limit.load(std::memory_order_relaxed);
  if (limit >= 0) {
    hard_limit.store(limit, std::memory_order_relaxed);
    int64_t soft = soft_limit.load(std::memory_order_relaxed);
    if (soft == 0 || limit < soft) soft_limit.store(limit, std::memory_order_relaxed);
  }
  return old;
}

int sqlite3_status64(int op, sqlite3_int64* current, sqlite3_int64* highwater, int reset) {
  if (current == nullptr || highwater == nullptr || op < 0 || op > SQLITE_STATUS_MALLOC_COUNT) return SQLITE_MISUSE;
  *current = *highwater = 0;
  if (op == SQLITE_STATUS_MEMORY_USED) {
    *current = sqlite3_memory_used();
    *highwater = sqlite3_memory_highwater(reset);
  } else if (op == SQLITE_STATUS_MALLOC_COUNT) {
    *current = *highwater = memory_count.load(std::memory_order_relaxed);
  } else if (op == SQLITE_STATUS_MALLOC_SIZE) {
    *highwater = reset != 0 ? largest_block.exchange(0) : largest_block.load();
  }
  return SQLITE_OK;
}

int sqlite3_status(int op, int* current, int* highwater, int reset) {
  if (current == nullptr || highwater == nullptr) return SQLITE_MISUSE;
  sqlite3_int64 now = 0, most = 0;
  int code = sqlite3_status64(op, &now, &most, reset);
  if (code != SQLITE_OK) return code;
  *current = static_cast<int>(now);
  *highwater = static_cast<int>(most);
  return SQLITE_OK;
}

// ---------------------------------------------------------------- mutexes

sqlite3_mutex* sqlite3_mutex_alloc(int kind) {
  static auto* fixed = new sqlite3_mutex[SQLITE_MUTEX_STATIC_VFS3 + 1];
  if (thread_mode == 0) return nullptr;
  if (kind == SQLITE_MUTEX_FAST || kind == SQLITE_MUTEX_RECURSIVE) return new (std::nothrow) sqlite3_mutex();
  if (kind < 0 || kind > SQLITE_MUTEX_STATIC_VFS3) return nullptr;
  fixed[kind].fixed = true;
  return &fixed[kind];
}

void sqlite3_mutex_free(sqlite3_mutex* mutex) {
  if (mutex != nullptr && !mutex->fixed) delete mutex;
}
void sqlite3_mutex_enter(sqlite3_mutex* mutex) {
  if (mutex != nullptr) mutex->enter();
}
int sqlite3_mutex_try(sqlite3_mutex* mutex) { return mutex == nullptr || mutex->try_enter() ? SQLITE_OK : SQLITE_BUSY; }
void sqlite3_mutex_leave(sqlite3_mutex* mutex) {
  if (mutex != nullptr) mutex->leave();
}
int sqlite3_mutex_held(sqlite3_mutex* mutex) { return mutex == nullptr || mutex->held() ? 1 : 0; }
int sqlite3_mutex_notheld(sqlite3_mutex* mutex) { return mutex == nullptr || !mutex->held() ? 1 : 0; }

// ---------------------------------------------------------------- extensions linked into the program

int sqlite3_auto_extension(void (*entry)(void)) {
  if (entry == nullptr) return SQLITE_MISUSE;
  os::LockGuard<os::Mutex> guard(extensions_mutex);
  for (auto known : auto_extensions()) {
    if (known == entry) return SQLITE_OK;
  }
  return attempt(nullptr, [&] {
    auto_extensions().push_back(entry);
    return SQLITE_OK;
  });
}

int sqlite3_cancel_auto_extension(void (*entry)(void)) {
  os::LockGuard<os::Mutex> guard(extensions_mutex);
  auto& list = auto_extensions();
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i] != entry) continue;
    list.erase(list.begin() + static_cast<ptrdiff_t>(i));
    return 1;
  }
  return 0;
}

void sqlite3_reset_auto_extension(void) {
  os::LockGuard<os::Mutex> guard(extensions_mutex);
  auto_extensions().clear();
}

int sqlite3_enable_shared_cache(int) { return SQLITE_OK; }  // connections of a process share pages in any case
int sqlite3_global_recover(void) { return SQLITE_OK; }
void sqlite3_thread_cleanup(void) {}

}  // extern "C"
