// SQLRite's C++ interface: connections, statements, rows, batches, backup. Functions and collations of the application are
// in function.h, hooks in hooks.h, incremental blobs in blob.h.
//
//   auto db = sqlrite::Connection::open("app.db").take();
//   auto insert = db.prepare("INSERT INTO t(name) VALUES (?1)").take();
//   insert.bind(1, "Ada").ignore();
//   if (sqlrite::Status status = insert.run(); !status.ok()) { ... status.message() ... }
//   auto query = db.prepare("SELECT id, name FROM t").take();
//   while (query.step().take()) use(query.column_int64(0), query.column_text(1));
//
// Every call that can fail returns a Status or a Result; codes are SQLite's: Status::code() is the extended one, primary()
// its low byte, sql_offset() the place in the text. code_name() gives "SQLITE_BUSY_SNAPSHOT". Nothing throws.
//
// Thread safety: a connection and its statements belong to one thread at a time; only interrupt() may come from another. No
// call locks. Who lets several threads in holds the connection's own lock (Connection is Lockable) around his calls.
//
// Lifetimes: statements, blobs and backups may outlive their Connection; the session ends with the last of them.
//
// What accessors hand out stays unchanged until the next step(), reset() or end of that statement, or until that column
// is read in another form. Texts and blobs end in a NUL that is not part of the view.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/code_name.h"
#include "base/status.h"
#include "batch/batch.h"
#include "sqlrite/blob.h"
#include "sqlrite/function.h"
#include "sqlrite/hooks.h"
#include "types/value.h"

namespace sqlrite {

namespace engine {
class Backup;
class Connection;
class Statement;
}  // namespace engine

enum class OpenMode : uint8_t { ReadWriteCreate, ReadWrite, ReadOnly };

struct OpenOptions {
  OpenMode mode = OpenMode::ReadWriteCreate;
  bool uri = false;         // "file:path?mode=ro&immutable=1" is taken apart
  int busy_timeout_ms = 0;  // how long to wait for locks of others
};

// How long bytes given to bind_text() and bind_blob() stay where they are.
enum class Lifetime : uint8_t {
  Copy,    // the statement takes a copy now
  Borrow,  // unchanged until the parameter is bound anew, clear_bindings() or the end of the statement
};

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
};

// Switches of a connection, numbered as SQLITE_DBCONFIG_*.
enum class Setting : int {
  ForeignKeys = 1002,
  Triggers = 1003,
  LoadExtension = 1005,  // accepted; extensions cannot be loaded
  NoCheckpointOnClose = 1006,
  TriggerQueryPlan = 1008,  // accepted without effect
  Defensive = 1010,
  WritableSchema = 1011,
  LegacyAlterTable = 1012,
  DoubleQuotedDml = 1013,
  DoubleQuotedDdl = 1014,
  Views = 1015,
  LegacyFileFormat = 1016,
  TrustedSchema = 1017,
  ReverseScanOrder = 1019,
  AttachCreate = 1020,
  AttachWrite = 1021,
  Comments = 1022,
};

enum class TransactionState : int { None = 0, Read = 1, Write = 2 };

class Statement {
 public:
  Statement() = default;
  Statement(Statement&& other) noexcept : impl_(other.impl_) { other.impl_ = nullptr; }
  Statement& operator=(Statement&& other) noexcept;
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { finalize(); }
  // False for a text without a statement (only white space or comments).
  explicit operator bool() const { return impl_ != nullptr; }

  // Parameters are numbered from 1; RANGE when there is no such one, MISUSE while the statement runs. NaN becomes NULL.
  Status bind(uint32_t number, int64_t value);
  Status bind(uint32_t number, int value) { return bind(number, static_cast<int64_t>(value)); }
  Status bind(uint32_t number, double value);
  Status bind(uint32_t number, std::string_view text);
  Status bind(uint32_t number, const char* text) { return bind(number, std::string_view(text)); }
  Status bind(uint32_t number, std::nullptr_t);
  Status bind_text(uint32_t number, std::string_view text, Lifetime lifetime);
  Status bind_blob(uint32_t number, std::string_view bytes, Lifetime lifetime = Lifetime::Copy);
  Status bind_zeroblob(uint32_t number, uint64_t size_bytes);
  Status bind_value(uint32_t number, const Value& value);
  uint32_t parameter_count() const;
  std::string_view parameter_name(uint32_t number) const;  // with its prefix; empty: it has none
  uint32_t parameter_index(std::string_view name) const;   // with its prefix (":a"); 0: there is none
  void clear_bindings();

  // True: a row is there. False: done.
  Result<bool> step();
  // Runs to the end, dropping rows, and resets.
  Status run();
  // Ready to run again; bindings stay. Returns the error of the last run, if it failed.
  Status reset();
  void finalize();
  // Rows may follow: begun and neither at its end nor reset.
  bool is_running() const;

  // The current row; columns are numbered from 0. Values are converted as SQLite does. The number of columns may change
  // when a first step finds a new schema.
  uint32_t column_count() const;
  ValueType column_type(uint32_t column) const;
  bool is_null(uint32_t column) const { return column_type(column) == ValueType::Null; }
  int64_t column_int64(uint32_t column) const;
  double column_double(uint32_t column) const;
  std::string_view column_text(uint32_t column) const;
  std::string_view column_blob(uint32_t column) const;
  const Value& column_value(uint32_t column) const;
  std::string_view column_name(uint32_t column) const;
  // Where the column comes from; empty for expressions.
  std::string_view column_declared_type(uint32_t column) const;
  std::string_view column_database(uint32_t column) const;
  std::string_view column_table(uint32_t column) const;
  std::string_view column_origin(uint32_t column) const;

  // The next rows, column by column: up to `row_count_max`, no row at the end (the statement is then reset). Rows before a
  // failing one come first. Valid until the next call. Texts may lie in database pages and carry no NUL. Small counts at
  // first keep queries for a few rows cheap. Not to be mixed with step() in one run.
  Result<const Batch*> next_batch(uint32_t row_count_max = kBatchRowsMax);
  // A value of that batch with all its bytes: those of kOverflow and kZeroBlob are read only when asked for. Valid until
  // the next such value is completed, and at most as long as the batch.
  Result<Value> complete(const Value& value) {
    constexpr uint8_t kIncomplete = value_flags::kOverflow | value_flags::kZeroBlob;
    if ((value.flags & kIncomplete) == 0) return value;
    return complete_slow(value);
  }

  std::string_view sql() const;
  std::string expanded_sql() const;  // with the bound values in place of the parameters
  bool is_read_only() const;         // changes no database by itself
  bool is_explain() const;
  // Grows when the plan is made again because the schema changed: what was read about columns before may be stale.
  int64_t recompile_count() const;

  engine::Statement* impl() const { return impl_; }

 private:
  friend class Connection;
  explicit Statement(engine::Statement* impl) : impl_(impl) {}
  Result<Value> complete_slow(const Value& value);
  engine::Statement* impl_ = nullptr;
};

// Copies a whole database page by page while its source stays in use.
class Backup {
 public:
  Backup(Backup&&) noexcept;
  Backup& operator=(Backup&&) noexcept;
  ~Backup();
  // Copies up to `page_count` pages (negative: the rest). True: all is copied. BUSY and LOCKED may be tried again.
  Result<bool> step(int page_count = -1);
  int remaining_page_count() const;
  int total_page_count() const;

 private:
  friend class Connection;
  explicit Backup(std::unique_ptr<engine::Backup> impl);
  std::unique_ptr<engine::Backup> impl_;
};

class Connection {
 public:
  // ":memory:" and "" open private databases.
  static Result<Connection> open(const std::string& path, const OpenOptions& options);
  static Result<Connection> open(const std::string& path, OpenMode mode = OpenMode::ReadWriteCreate) {
    return open(path, OpenOptions{.mode = mode});
  }
  // One that was moved from is closed: prepare(), exec() and connect() answer MISUSE, nothing else may be called.
  Connection(Connection&& other) noexcept : impl_(other.impl_) { other.impl_ = nullptr; }
  Connection& operator=(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();
  // A second connection to the same main database, opened in the same way; ATTACHed databases, functions, hooks and settings
  // are not carried over, the busy timeout is. A private database (":memory:", "") belongs to one connection: ERROR.
  Result<Connection> connect() const;

  // The first statement of the text; `tail` (may be null) gets the offset of what follows it.
  Result<Statement> prepare(std::string_view sql, size_t* tail = nullptr);
  // Runs every statement of the text and drops their rows.
  Status exec(std::string_view sql);

  int64_t last_insert_rowid() const;
  int64_t changes() const;  // rows changed by the last INSERT, UPDATE or DELETE
  int64_t total_changes() const;
  bool is_autocommit() const;
  // Of one database by its name; empty: the highest of all.
  TransactionState transaction_state(std::string_view database = {}) const;

  // Databases: 0 is main, 1 temp, then the ATTACHed ones.
  uint32_t database_count() const;
  std::string_view database_name(uint32_t number) const;
  int find_database(std::string_view name) const;  // -1: unknown
  // Absolute path; empty for private databases and unknown names.
  std::string_view file_name(std::string_view database = "main") const;
  // False for unknown names.
  bool is_read_only(std::string_view database = "main") const;

  void set_busy_timeout(int timeout_ms);  // takes the busy handler's place
  int busy_timeout_ms() const;
  void set_busy_handler(BusyHandler handler, void* context);  // takes the busy timeout's place
  // Makes running statements stop with INTERRUPT. Any thread.
  void interrupt();
  bool is_interrupted() const;
  int limit(Limit limit) const;
  int set_limit(Limit limit, int value);  // cut to its maximum; returns the old value
  bool setting(Setting setting) const;
  void set_setting(Setting setting, bool on);
  // Memory that can be had again from files is given back.
  void release_memory();

  // Names are UTF-8, up to 255 bytes; `argument_count` -1 takes any number. A function of the same name and count is
  // replaced, built-in ones too; BUSY while statements run that might use it. The definition's data is taken over in any case.
  Status create_function(std::string_view name, int argument_count, const ScalarFunction& function,
                         FunctionOptions options = {});
  Status create_function(std::string_view name, int argument_count, const AggregateFunction& function,
                         FunctionOptions options = {});
  Status remove_function(std::string_view name, int argument_count);
  Status create_collation(std::string_view name, const CollationFunction& collation);
  Status remove_collation(std::string_view name);

  void set_authorizer(Authorizer authorizer, void* context);
  // About every `interval` instructions as SQLite counts them, at most once per batch of rows or page; 0 takes it away.
  void set_progress_handler(ProgressHandler handler, void* context, int interval);
  // `events`: a sum of trace_events.
  void set_trace(TraceHook trace, void* context, uint32_t events = trace_events::kStatement);
  void set_update_hook(UpdateHook hook, void* context);
  void set_commit_hook(CommitHook hook, void* context);
  void set_rollback_hook(RollbackHook hook, void* context);

  Result<Blob> open_blob(std::string_view database, std::string_view table, std::string_view column, int64_t rowid,
                         bool writable);
  // Copies `source_name` of this connection over `target_name` of `target`.
  Result<Backup> backup_to(Connection& target, std::string_view target_name = "main",
                           std::string_view source_name = "main");
  // The bytes that a file of this database would have.
  Result<std::string> serialize(std::string_view database = "main");
  // The database becomes a private one with the content of `image`, the bytes of a database file. BUSY in a transaction.
  Status deserialize(std::string_view image, std::string_view database = "main");

  // The connection's own recursive lock, for std::lock_guard<Connection>. See Thread safety above.
  void lock();
  bool try_lock();
  void unlock();

  engine::Connection* impl() const { return impl_; }

 private:
  explicit Connection(engine::Connection* impl) : impl_(impl) {}
  engine::Connection* impl_ = nullptr;
};

// "0.x.y"
const char* version();

}  // namespace sqlrite
