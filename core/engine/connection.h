// Connection: one user's session. Owns the list of databases with their schemas, the functions and collations, settings
// and hooks, the transaction, and the statements prepared on it.
//
// Life: open() -> prepare()/exec() ... -> close(). A connection with open statements is not closed (BUSY), or, by
// close_deferred(), ends with its last statement.
// Thread safety: one thread at a time. interrupt() may be called from any thread. `border_mutex` is for the C ABI's
// serialized mode and is never taken in here.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bind/binder.h"
#include "catalog/schema.h"
#include "engine/open_target.h"
#include "engine/transaction.h"
#include "exec/change/change_executor.h"
#include "functions/function.h"
#include "os/sync.h"
#include "os/vfs.h"
#include "storage/pager/pager.h"

namespace sqlrite::engine {

class Statement;
class Backup;
class Blob;
class TableFunctions;
struct CollationEntry;

// Flags of open(), numbered as SQLITE_OPEN_*.
namespace open_flags {
inline constexpr uint32_t kReadOnly = 0x1;
inline constexpr uint32_t kReadWrite = 0x2;
inline constexpr uint32_t kCreate = 0x4;
inline constexpr uint32_t kUri = 0x40;
inline constexpr uint32_t kMemory = 0x80;
inline constexpr uint32_t kNoMutex = 0x8000;
inline constexpr uint32_t kFullMutex = 0x10000;
}  // namespace open_flags

// Run-time limits, numbered as SQLITE_LIMIT_*.
enum class Limit : int {
  Length,
  SqlLength,
  Column,
  ExprDepth,
  CompoundSelect,
  VdbeOp,
  FunctionArg,
  Attached,
  LikePatternLength,
  VariableNumber,
  TriggerDepth,
  WorkerThreads,
  ParserDepth,
};
inline constexpr int kLimitCount = 13;

// What PRAGMAs and sqlite3_db_config() switch. Plain state without further effect is kept here too.
struct Settings {
  bool foreign_keys = false;
  bool defer_foreign_keys = false;
  bool recursive_triggers = false;
  bool triggers_enabled = true;
  bool views_enabled = true;
  bool writable_schema = false;
  bool query_only = false;
  bool automatic_index = true;
  bool case_sensitive_like = false;
  bool legacy_alter_table = false;
  bool legacy_file_format = false;
  bool reverse_unordered_selects = false;
  bool trusted_schema = true;
  bool cell_size_check = false;
  bool ignore_check_constraints = false;
  bool read_uncommitted = false;
  bool full_column_names = false;
  bool short_column_names = true;
  bool count_changes = false;
  bool empty_result_callbacks = false;
  bool full_fsync = false;
  bool checkpoint_full_fsync = false;
  bool cache_spill = true;
  bool defensive = false;
  bool dqs_ddl = true;
  bool dqs_dml = true;
  bool load_extension = false;
  bool no_checkpoint_on_close = false;
  bool attach_create = true;
  bool attach_write = true;
  bool comments = true;
  bool explain_program = false;
  int secure_delete = 0;  // 0 off, 1 on, 2 fast
  int temp_store = 0;     // 0 default, 1 file, 2 memory
  int64_t thread_count = 0;
  int64_t soft_heap_limit = 0;
  int64_t hard_heap_limit = 0;
  int64_t analysis_limit = 0;
  int64_t mmap_size = 0;
  int64_t vacuum_page_size = 0;  // PRAGMA page_size, whatever its database; what is no page size changes nothing
  int vacuum_auto_vacuum = -1;   // PRAGMA auto_vacuum, likewise; negative: never set

  // The switch that SQLITE_DBCONFIG_* number `op` means; null when there is none here.
  bool* switch_at(int op);
};

struct Hooks {
  void (*update)(void* context, int action, const char* database, const char* table, int64_t rowid) = nullptr;
  void* update_context = nullptr;
  int (*commit)(void* context) = nullptr;  // non-zero turns the commit into a rollback
  void* commit_context = nullptr;
  void (*rollback)(void* context) = nullptr;
  void* rollback_context = nullptr;
  int (*wal)(void* context, Connection* connection, const char* database, int frame_count) = nullptr;
  void* wal_context = nullptr;
  // SQLITE_TRACE_* events: 1 statement (x: its text), 2 profile (x: int64_t* ns), 4 row, 8 close.
  uint32_t trace_mask = 0;
  int (*trace)(uint32_t event, void* context, void* subject, void* x) = nullptr;
  void* trace_context = nullptr;
  int (*progress)(void* context) = nullptr;  // non-zero interrupts
  void* progress_context = nullptr;
  int progress_interval = 0;  // in instructions of SQLite's machine; see check_interrupt()
  int progress_count = 0;     // ... since the last call
  int (*authorizer)(void* context, int action, const char* a, const char* b, const char* database,
                    const char* trigger) = nullptr;
  void* authorizer_context = nullptr;
  void (*collation_needed)(void* context, Connection* connection, int encoding, const char* name) = nullptr;
  void* collation_needed_context = nullptr;
  int (*autovacuum_pages)(void* context, const char* database, uint32_t pages, uint32_t free_pages,
                          uint32_t page_size) = nullptr;
  void* autovacuum_context = nullptr;
};

struct Database {
  std::string name;                       // "main", "temp", as ATTACHed
  std::string file;                       // as opened: absolute path, "" for private ones
  std::unique_ptr<storage::Pager> pager;  // temp: null until something is created there
  catalog::SchemaRef schema;              // null: to be loaded
  TextEncoding encoding = TextEncoding::Utf8;
  storage::AutoVacuum auto_vacuum_wanted = storage::AutoVacuum::None;  // for a new file
  bool exclusive_locking = false;
  bool auto_vacuum_full = false;  // commits move free pages off the end
  int wal_frame_count = -1;       // of the commit just made, for the WAL hook; -1: none
};

class Connection final : public functions::FunctionContext,
                         public catalog::CollationSource,
                         public exec::ChangeHost,
                         public bind::SchemaSource {
 public:
  // On failure *out may still hold a connection that only knows its error (as sqlite3_open does).
  static Status open(const std::string& path, uint32_t flags, os::Vfs* vfs, std::unique_ptr<Connection>* out);
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  // Opens the main database of this connection once more, in the same way. Private databases cannot be shared: ERROR.
  Status open_sibling(std::unique_ptr<Connection>* out) const;
  // BUSY ("unable to close due to unfinalized statements or unfinished backups") when something is still open.
  static Status close(Connection* connection);
  // Ends now, or with the last statement or backup.
  static void close_deferred(Connection* connection);

  // --- Statements. *out is null when the text holds no statement. `tail`: offset behind the first statement.
  Status prepare(std::string_view sql, uint32_t prepare_flags, Statement** out, size_t* tail);
  // Runs all statements of a text, dropping rows. For the engine's own use and Connection::exec of the public API.
  Status exec(std::string_view sql);
  // The same without touching changes(), hooks of trace and errmsg: statements the engine runs for itself.
  // `on_row` may be null.
  Status exec_internal(std::string_view sql, Status (*on_row)(void* context, Statement& row), void* context,
                       const Value* parameters = nullptr, uint32_t parameter_count = 0);
  // What the expressions of the engine's own statements are part of ("an index" while it is filled), null: of nothing.
  const char* stored_in() const { return stored_in_; }
  void set_stored_in(const char* stored_in) { stored_in_ = stored_in; }
  Statement* first_statement() const { return first_statement_; }

  // --- State of the last call.
  int error_code() const { return error_code_ & 0xff; }
  int extended_error_code() const { return error_code_; }
  std::string_view error_message() const;
  int64_t error_offset() const { return error_.sql_offset(); }
  // Sets the state; returns the code, so that borders write `return connection.set_error(status)`.
  int set_error(const Status& status);
  void set_result_code(int code) {
    error_code_ = code;
    if (!error_.ok()) error_ = Status();
  }

  int64_t changes() const override { return changes_; }
  int64_t total_changes() const override { return total_changes_; }
  int64_t last_insert_rowid() const override { return last_insert_rowid_; }
  void set_last_insert_rowid(RowId rowid) override { last_insert_rowid_ = rowid; }
  void set_changes(int64_t changes) {
    changes_ = changes;
    total_changes_ += changes;
  }
  bool is_autocommit() const { return transaction_.is_autocommit(); }
  // 0 none, 1 read, 2 write; `database` < 0: the highest of all; -1 when there is no such database.
  int transaction_state(int database) const;

  // --- Databases.
  uint32_t database_count() const { return database_count_; }
  Database& database(uint32_t index) { return databases_[index]; }
  const Database& database(uint32_t index) const { return databases_[index]; }
  // -1: unknown. "main" always names database 0, whatever it is called.
  int find_database(std::string_view name) const;
  Status attach(std::string_view file, std::string_view name);
  Status detach(std::string_view name);
  // Opens the temp database if it is not there yet.
  Status ensure_temp();
  // Closes the temp database and what is in it.
  Status drop_temp();
  bool is_read_only(uint32_t database) const;
  // `database` < 0: all. Frame counts are those of the first one.
  Status checkpoint(int database, storage::CheckpointMode mode, storage::Pager::CheckpointResult* result);
  void set_auto_checkpoint(int frame_count);

  // --- Schemas.
  // Loads what is missing. Opens read transactions for it and ends them if none was open.
  Status load_schemas();
  // Loads the schema of `database` from its newest state and publishes it.
  Status reload_schema(uint32_t database);
  void publish_schema(uint32_t database, catalog::SchemaRef schema);
  // Why the last look-up of a name found no schema at all; cleared by taking it.
  Status take_lookup_error() { return std::move(lookup_error_); }
  // Drops schemas in memory whose file has changed. True when one was dropped.
  Result<bool> refresh_schemas();
  // Changes whenever plans made before may be wrong: schemas, functions, collations, databases, settings.
  uint64_t epoch() const { return epoch_; }
  void bump_epoch() { ++epoch_; }

  // --- Functions and collations.
  functions::Registry& registry() { return registry_; }
  Status create_function(const functions::FunctionDef& def, void (*destroy)(void*));
  Status create_collation(std::string_view name, Collation::CompareFn compare, void* context, void (*destroy)(void*));
  void for_each_collation(void (*visit)(void* context, std::string_view name), void* context) const;

  // --- Settings, hooks, limits.
  Settings& settings() { return settings_; }
  const Settings& settings() const { return settings_; }
  Hooks& hooks() { return hooks_; }
  // Statements compiled before are compiled again, so that the hook is asked about them too.
  void set_authorizer(int (*hook)(void*, int, const char*, const char*, const char*, const char*), void* context) {
    hooks_.authorizer = hook;
    hooks_.authorizer_context = context;
    bump_epoch();
  }
  // The engine is running a statement for itself.
  bool is_internal() const { return internal_depth_ > 0; }
  // Tells the pagers whether to report WAL commits.
  void set_wal_hook(int (*hook)(void*, Connection*, const char*, int), void* context);
  // Sets and returns the old value; a negative one only asks.
  int limit(Limit limit, int value);
  int limit(Limit limit) const { return limits_[static_cast<int>(limit)]; }
  void set_busy_timeout(int timeout_ms);
  int busy_timeout() const { return busy_timeout_ms_; }
  void set_busy_handler(int (*handler)(void* context, int attempt), void* context);
  void interrupt() { interrupted_.store(true, std::memory_order_relaxed); }
  bool is_interrupted() const { return interrupted_.load(std::memory_order_relaxed); }
  static Status check_interrupt(void* connection);
  // The progress handler hears of statements that have no batch to check after, too.
  Status count_progress(int instructions);

  TableFunctions& table_functions();
  Transaction& transaction() { return transaction_; }
  os::Vfs& vfs() { return *vfs_; }
  void release_memory();
  // Statements kept for reuse are dropped.
  void clear_statement_cache();

  // --- Interfaces of the layers below.
  int64_t statement_time_julian_ms() override;
  void random_bytes(void* out, size_t size_bytes) override;
  bool local_time(int64_t unix_seconds, functions::LocalTime* out) override;
  int64_t length_limit_bytes() const override { return limits_[0]; }
  int64_t like_pattern_limit_bytes() const override { return limits_[8]; }
  bool case_sensitive_like() const override { return settings_.case_sensitive_like; }
  TextEncoding text_encoding() const override { return databases_[0].encoding; }
  const Collation* find_collation(std::string_view name) override;
  void row_changed(exec::RowChange change, DatabaseId database, std::string_view table, RowId rowid) override;
  bool wants_row_changes() const override { return hooks_.update != nullptr || first_blob_ != nullptr; }
  PageId sequence_table_root(DatabaseId database) override;
  bind::FoundTable find_table(std::string_view schema_name, std::string_view table_name) override;
  bind::FoundTable find_table_in(DatabaseId database, std::string_view table_name) override;
  // The index of that name (temp, main, attached; or in one database), null when unknown; *database says where.
  const catalog::Index* find_index(std::string_view schema_name, std::string_view index_name, uint32_t* database);

  os::RecursiveMutex border_mutex;  // used by the C ABI only
  bool serialized = false;
  void* owner = nullptr;  // the border's own object
  void (*owner_destroy)(void*) = nullptr;

 private:
  friend class Statement;
  friend class Transaction;
  friend class Backup;
  friend class Blob;
  Connection();
  Status open_databases(const OpenTarget& target, uint32_t flags, os::Vfs* vfs);
  Result<std::unique_ptr<storage::Pager>> open_pager(const OpenTarget& target, std::string* full_path);
  static bool busy_callback(void* connection, int attempt);
  static void wal_callback(void* context, int frame_count);
  void link(Statement* statement);
  void unlink(Statement* statement);
  void finalize(Statement* statement);  // back to the cache, or gone
  Statement* take_cached(std::string_view sql, uint64_t hash, uint32_t prepare_flags);
  void end_if_orphaned();
  bool is_in_use() const { return first_statement_ != nullptr || backup_count_ > 0 || first_blob_ != nullptr; }

  os::Vfs* vfs_ = nullptr;
  Database databases_[kDatabaseCountMax];
  uint32_t database_count_ = 0;
  uint32_t open_flags_ = 0;
  OpenTarget main_target_;  // what the main database was opened as
  uint64_t epoch_ = 1;
  Transaction transaction_{*this};
  Settings settings_;
  Hooks hooks_;
  int limits_[kLimitCount];
  functions::Registry registry_;
  std::vector<std::unique_ptr<CollationEntry>> collations_;
  std::unique_ptr<TableFunctions> table_functions_;

  Status lookup_error_;
  Status error_;
  int error_code_ = 0;
  int64_t changes_ = 0;
  int64_t total_changes_ = 0;
  int64_t last_insert_rowid_ = 0;
  int64_t statement_time_ms_ = 0;  // 0: not asked in this step
  const char* stored_in_ = nullptr;
  int internal_depth_ = 0;  // > 0: the engine runs statements for itself
  std::atomic<bool> interrupted_{false};
  int busy_timeout_ms_ = 0;
  int (*busy_handler_)(void* context, int attempt) = nullptr;
  void* busy_context_ = nullptr;

  Statement* first_statement_ = nullptr;
  static constexpr uint32_t kCachedStatementsMax = 32;
  struct CachedStatement {
    uint64_t hash = 0;
    uint64_t used_at = 0;
    Statement* statement = nullptr;
  };
  CachedStatement cache_[kCachedStatementsMax];
  uint32_t cached_count_ = 0;
  uint64_t cache_clock_ = 0;
  // Hashes of texts prepared before, where they were last put. Only a text that comes again is worth a place in the cache:
  // statements that come once would fill it with cold memory, and each would push out one that is still of use.
  static constexpr uint32_t kSeenTextsCount = 256;
  uint64_t seen_texts_[kSeenTextsCount] = {};
  uint32_t backup_count_ = 0;
  Blob* first_blob_ = nullptr;  // all open handles
  bool zombie_ = false;
};

}  // namespace sqlrite::engine
