// ChangeExecutor: runs INSERT, UPDATE and DELETE over a table and all its indexes as one atomic statement.
//
// The statement's database must be writing (Pager::begin_write) before run(). A change that may fail after its first
// write takes a pager mark and undoes itself; what remains for the connection to do is told in ChangeOutcome.
#pragma once

#include <memory>

#include "exec/operator.h"

namespace sqlrite::exec {

// SQLite's action codes, for hooks
enum class RowChange : uint8_t { Insert = 18, Delete = 9, Update = 23 };

// What a change tells its connection. Implemented by engine.
class ChangeHost {
 public:
  virtual ~ChangeHost() = default;
  virtual void row_changed(RowChange change, DatabaseId database, std::string_view table, RowId rowid) = 0;
  virtual bool wants_row_changes() const = 0;  // an update hook is set
  virtual void set_last_insert_rowid(RowId rowid) = 0;
  // Root page of sqlite_sequence in the target's database; none when it does not exist.
  virtual PageId sequence_table_root(DatabaseId database) = 0;
};

enum class FailureScope : uint8_t {
  Statement,    // undone: the transaction goes on (ABORT), or kept so far (FAIL)
  Transaction,  // OR ROLLBACK, or an error the storage cannot come back from: the connection rolls back
};

struct ChangeOutcome {
  int64_t changes = 0;   // rows, as sqlite3_changes counts them
  int64_t upserted = 0;  // those of them that an INSERT updated instead
  FailureScope failure_scope = FailureScope::Statement;
};

class ChangeExecutor {
 public:
  explicit ChangeExecutor(const plan::StatementPlan& plan);
  ~ChangeExecutor();
  ChangeExecutor(const ChangeExecutor&) = delete;
  ChangeExecutor& operator=(const ChangeExecutor&) = delete;
  // Builds operators and evaluators; done once per statement.
  Status prepare();
  // Runs the whole change. Rows of RETURNING are kept and handed out by next_returned().
  Status run(ExecContext& context, ChangeHost& host, ChangeOutcome* outcome);
  // The next RETURNING row (values valid until the next call), or null at the end.
  const Value* next_returned();
  // Gives cursors and buffers back; prepare() stays valid.
  void reset();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlrite::exec
