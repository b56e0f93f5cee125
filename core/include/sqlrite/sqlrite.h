// SQLRite's C++ interface: connections, statements, rows, batches, backup.
//
//   auto db = sqlrite::Connection::open("app.db").take();
//   auto insert = db.prepare("INSERT INTO t(name) VALUES (?1)").take();
//   insert.bind(1, "Ada").ignore();
//   if (sqlrite::Status status = insert.run(); !status.ok()) { ... status.message() ... }
//   auto query = db.prepare("SELECT id, name FROM t").take();
//   while (query.step().take()) use(query.column_int64(0), query.column_text(1));
//
// Every call that can fail returns a Status or a Result; codes are SQLite's. A connection and its statements belong to one
// thread at a time; only interrupt() may come from another.
//
// What accessors hand out stays unchanged until the next step(), reset() or end of that statement, or until that column
// is read in another form. Texts and blobs end in a NUL that is not part of the view.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "batch/batch.h"
#include "types/value.h"

namespace sqlrite {

namespace engine {
class Backup;
class Connection;
class Statement;
}  // namespace engine

enum class OpenMode : uint8_t { ReadWriteCreate, ReadWrite, ReadOnly };

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

  // Parameters are numbered from 1. Bytes are copied.
  Status bind(uint32_t number, int64_t value);
  Status bind(uint32_t number, int value) { return bind(number, static_cast<int64_t>(value)); }
  Status bind(uint32_t number, double value);
  Status bind(uint32_t number, std::string_view text);
  Status bind(uint32_t number, const char* text) { return bind(number, std::string_view(text)); }
  Status bind(uint32_t number, std::nullptr_t);
  Status bind_blob(uint32_t number, std::string_view bytes);
  Status bind_value(uint32_t number, const Value& value);
  uint32_t parameter_count() const;
  uint32_t parameter_index(std::string_view name) const;  // with its prefix (":a"); 0: there is none
  std::string_view parameter_name(uint32_t number) const; // with its prefix; empty for nameless ones
  void clear_bindings();

  // True: a row is there. False: done.
  Result<bool> step();
  // Runs to the end, dropping rows, and resets.
  Status run();
  // Ready to run again; bindings stay. Returns the error of the last run, if it failed.
  Status reset();
  void finalize();

  // The current row; columns are numbered from 0. Values are converted as SQLite does.
  uint32_t column_count() const;
  ValueType column_type(uint32_t column) const;
  bool is_null(uint32_t column) const { return column_type(column) == ValueType::Null; }
  int64_t column_int64(uint32_t column) const;
  double column_double(uint32_t column) const;
  std::string_view column_text(uint32_t column) const;
  std::string_view column_blob(uint32_t column) const;
  const Value& column_value(uint32_t column) const;
  std::string_view column_name(uint32_t column) const;
  // What a column of a table comes from; empty for expressions. Valid until the statement runs again or ends.
  std::string_view column_declared_type(uint32_t column) const;
  std::string_view column_database(uint32_t column) const;
  std::string_view column_table(uint32_t column) const;
  std::string_view column_origin(uint32_t column) const;

  // The next rows, column by column: up to `row_count_max`, no row at the end. Valid until the next call. Texts may lie in
  // database pages and carry no NUL. Not to be mixed with step() in one run.
  Result<const Batch*> next_batch(uint32_t row_count_max = kBatchRowsMax);
  // A value of that batch with all its bytes: those in overflow pages are read only when asked for. Valid until the next
  // call of complete(), and at most as long as the batch.
  Result<Value> complete(const Value& value);

  std::string_view sql() const;
  std::string expanded_sql() const;      // with the bound values in place of the parameters
  bool is_read_only() const;
  bool is_running() const;               // between its first step and its end or reset
  // How often it was compiled anew after a change of the schema or of settings: its columns may be others since.
  int64_t recompile_count() const;

  engine::Statement* impl() const { return impl_; }

 private:
  friend class Connection;
  explicit Statement(engine::Statement* impl) : impl_(impl) {}
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
  static Result<Connection> open(const std::string& path, OpenMode mode = OpenMode::ReadWriteCreate);
  Connection(Connection&& other) noexcept : impl_(other.impl_) { other.impl_ = nullptr; }
  Connection& operator=(Connection&& other) noexcept;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  // Statements that are still alive keep the session until they end.
  ~Connection();

  // The first statement of the text; `tail` (may be null) gets the offset of what follows it.
  Result<Statement> prepare(std::string_view sql, size_t* tail = nullptr);
  // Runs every statement of the text and drops their rows.
  Status exec(std::string_view sql);

  int64_t last_insert_rowid() const;
  int64_t changes() const;               // rows changed by the last INSERT, UPDATE or DELETE
  int64_t total_changes() const;
  bool is_autocommit() const;
  void set_busy_timeout(int timeout_ms);
  int busy_timeout_ms() const;
  // Makes running statements stop with INTERRUPT. Any thread.
  void interrupt();

  // Copies `source_name` of this connection over `target_name` of `target`.
  Result<Backup> backup_to(Connection& target, std::string_view target_name = "main", std::string_view source_name = "main");

  engine::Connection* impl() const { return impl_; }

 private:
  explicit Connection(engine::Connection* impl) : impl_(impl) {}
  engine::Connection* impl_ = nullptr;
};

// "0.x.y"
const char* version();

}  // namespace sqlrite
