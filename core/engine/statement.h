// Statement: one SQL statement from text to rows.
//
//             prepare            step (first)          step -> DONE / reset
//    text ---------------> Idle -------------> Running ---------------------> Idle -> finalize
//
// While Running it holds pinned views of its databases and counts among the connection's active statements.
// A plan that has become stale (schema, functions, settings) is made again at the first step; bindings stay.
//
// Ownership of what accessors hand out: unchanged until the next step, reset or finalize of this statement, or until that
// column is converted to another form. Texts and blobs are followed by a NUL.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "batch/batch.h"
#include "engine/connection.h"
#include "engine/row_set.h"
#include "exec/change/change_executor.h"
#include "exec/operator.h"
#include "exec/spill/memory_budget.h"
#include "plan/physical.h"
#include "sql/ast/statements.h"
#include "sql/parser/parser.h"

namespace sqlrite::engine {

struct PragmaDef;

// How bytes given to bind_text and bind_blob live on.
enum class Bytes : uint8_t { Copy, Static };

// Everything made from the text: the tree, the plan and its executors. Replaced as a whole when it is stale.
struct Program {
  plan::StatementPlan plan;  // its arena also holds the text and the syntax tree
  std::string_view text;     // of this statement, with its semicolon
  sql::ParsedStatement parsed;
  uint64_t epoch = 0;
  uint64_t databases_used = 0;
  uint32_t write_database = 0;  // change statements
  std::string_view sql_text;    // what spans of the tree refer to
  bool is_query = false;        // rows come from `query`
  bool is_change = false;
  bool counts_changes = false;  // PRAGMA count_changes: a change answers one row, how many rows it changed
  bool is_command = false;
  bool single_row_max = false;    // the query has at most one row
  bool names_terminated = false;  // column names are followed by a NUL
  bool read_only = true;
  bool row_by_row = false;         // user functions: never ahead of the row handed out
  uint32_t first_rows_wanted = 1;  // by the first step of a query
  bool keep_on_failure = false;    // OR FAIL
  const PragmaDef* pragma = nullptr;
  std::span<bind::ResultColumn> columns;
  std::unique_ptr<exec::QueryExecutor> query;
  std::unique_ptr<exec::ChangeExecutor> change;
  catalog::SchemaRef schemas[kDatabaseCountMax];  // keeps alive what the plan points to
};

class Statement {
 public:
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // ROW or DONE (both codes), else the error. The connection's error state is set.
  Code step();
  // Ends the run. Returns the code of a failed run, as sqlite3_reset does.
  Code reset();
  // Resets and gives the statement back to its connection; the pointer is dead afterwards.
  static Code finalize(Statement* statement);
  Connection& connection() const { return *connection_; }
  Statement* next_statement() const { return next_; }

  // --- Parameters, from 1. RANGE when there is no such one, MISUSE while running.
  uint32_t parameter_count() const { return parameter_count_; }
  const char* parameter_name(uint32_t number) const;             // null: nameless
  uint32_t parameter_index(std::string_view name) const;         // 0: none
  Status bind_value(uint32_t number, Value value, Bytes bytes);  // by value: two registers
  Status bind_null(uint32_t number) { return bind_value(number, Value::null(), Bytes::Static); }
  Status bind_int64(uint32_t number, int64_t value) { return bind_number(number, Value::from_integer(value)); }
  Status bind_double(uint32_t number, double value) { return bind_number(number, Value::from_real(value)); }
  Status bind_text(uint32_t number, std::string_view text, Bytes bytes) {
    return bind_value(number, Value::from_text(text, ValueOwner::Caller), bytes);
  }
  Status bind_blob(uint32_t number, std::string_view blob, Bytes bytes) {
    return bind_value(number, Value::from_blob(blob, ValueOwner::Caller), bytes);
  }
  Status bind_zeroblob(uint32_t number, uint64_t size_bytes);
  void clear_bindings();
  const Value* parameters() const { return parameters_; }

  // --- The current row.
  uint32_t column_count() const { return column_count_; }
  uint32_t data_count() const { return has_row_ ? column_count_ : 0; }
  bool has_row() const { return has_row_; }
  ValueType column_type(uint32_t column) {
    if (!has_row_ || column >= column_count_) return ValueType::Null;
    if (row_values_ != nullptr) return row_values_[column].type;
    const Column& from = batch_->columns[column];
    uint32_t row = from.constant ? 0 : row_;
    switch (from.rep) {
      case Column::Rep::Cells: return from.cells[row].type;
      case Column::Rep::Ints: return from.has_nulls && from.nulls[row] != 0 ? ValueType::Null : ValueType::Integer;
      case Column::Rep::Reals: return from.has_nulls && from.nulls[row] != 0 ? ValueType::Null : ValueType::Real;
      case Column::Rep::Nulls: break;
    }
    return ValueType::Null;
  }
  int64_t column_int64(uint32_t column) {
    if (!has_row_ || column >= column_count_) [[unlikely]]
      return 0;
    if (row_values_ == nullptr) [[likely]] {
      const Column& from = batch_->columns[column];
      if (from.rep == Column::Rep::Ints && !from.has_nulls) return from.ints[from.constant ? 0 : row_];
    }
    return int64_slow(column);
  }
  double column_double(uint32_t column) {
    if (!has_row_ || column >= column_count_) [[unlikely]]
      return 0;
    if (row_values_ == nullptr) [[likely]] {
      const Column& from = batch_->columns[column];
      if (from.rep == Column::Rep::Reals && !from.has_nulls) return from.reals[from.constant ? 0 : row_];
    }
    return double_slow(column);
  }
  // The value as it is; bytes complete (no overflow left, no zeroblob) and NUL-terminated.
  const Value& column_value(uint32_t column);
  // The same without a copy where it can be helped: valid until the next step, no NUL promised. REQUIRES has_row().
  Value peek(uint32_t column) {
    Value value = raw(column);
    constexpr uint8_t kIncomplete = value_flags::kOverflow | value_flags::kZeroBlob;
    return (value.flags & kIncomplete) == 0 ? value : column_value(column);
  }
  // As text / blob, converted if need be. A null data() for NULL.
  std::string_view column_text(uint32_t column);
  std::string_view column_blob(uint32_t column);
  // UTF-16 in the machine's byte order, two NUL bytes behind it. A null data() for NULL.
  std::string_view column_text16(uint32_t column);
  // Bytes of the column as column_blob/column_text (or column_text16) gave or would give it.
  uint32_t column_bytes(uint32_t column);
  uint32_t column_bytes16(uint32_t column);

  // Up to `row_count_max` rows from here as columns; the empty batch is the end. Not to be mixed with step() in one run.
  // The batch is valid until the next call.
  Status next_batch(uint32_t row_count_max, const Batch** out);
  // A value of the latest batch with all its bytes: what was not read yet (overflow pages, zero blobs) is read now.
  // Valid until the next value is completed, and at most as long as the batch.
  Result<Value> complete(const Value& value);

  // --- Facts.
  std::string_view sql() const { return program_->text; }
  std::string expanded_sql() const;
  bool is_read_only() const { return program_->read_only; }
  bool is_running() const { return running_; }
  int explain_mode() const;  // 0 no, 1 EXPLAIN, 2 EXPLAIN QUERY PLAN
  const char* column_name(uint32_t column) const;
  // Null for expressions.
  const char* column_declared_type(uint32_t column) const;
  const char* column_database(uint32_t column) const;
  const char* column_table(uint32_t column) const;
  const char* column_origin(uint32_t column) const;
  uint32_t prepare_flags() const { return prepare_flags_; }
  // Counters of sqlite3_stmt_status by its numbers: 5 re-prepares, 6 runs; the others are zero.
  int64_t status_counter(int op, bool reset_after);
  // How often it was compiled anew after a change of the schema or of settings: its columns may be others since.
  int64_t recompile_count() const { return recompile_count_; }
  uint64_t row_stamp() const { return row_stamp_; }  // changes with every row: borders key their copies by it

  void* owner = nullptr;  // the border's own object
  void (*owner_destroy)(void*) = nullptr;

 private:
  friend class Connection;
  friend class Transaction;
  struct ColumnCell {
    Value value;            // complete form, in row_heap_
    std::string_view text;  // a number's text, once asked for
    std::string_view text16;
    uint64_t stamp = 0;  // row_stamp_ it belongs to; else not made
    uint64_t stamp16 = 0;
  };
  Statement(Connection* connection, uint32_t prepare_flags) : connection_(connection), prepare_flags_(prepare_flags) {}
  ~Statement();

  Status compile(std::string_view sql, size_t* tail);
  Status compile_once(std::string_view sql, size_t* tail, std::unique_ptr<Program>* out);
  Status compile_rows(Program& program, const sql::Statement& statement);
  void compile_command(Program& program, const sql::Statement& statement);
  Status recompile();
  void adopt(std::unique_ptr<Program> program);
  // The next row, or the end of the run, without touching the connection's error state. Here, and in next_batch(), ends
  // what a run may throw: the run is over, and what it did undone.
  Status advance(bool* has_row);
  Status next_row(bool* has_row);
  Status fetch_batch(uint32_t row_count_max, const Batch** out);
  Status fetch_values(const Batch** out);
  Status start();
  Status run_change();
  Status start_databases();
  Status run_command();
  Status fetch(bool* has_row);
  // Ends the run: closes executors and views, commits or rolls back. Returns the run's final status.
  Status finish(Status status);
  // NULL for a NaN.
  Status bind_number(uint32_t number, Value value) {
    if (number - 1 < parameter_count_ && !running_) [[likely]] {
      parameters_[number - 1] = value;
      return {};
    }
    return bind_refused(number);
  }
  Status bind_refused(uint32_t number) const;
  void trace_start();
  void trace_end();
  Value raw(uint32_t column) const {
    if (row_values_ != nullptr) return row_values_[column];
    const Column& from = batch_->columns[column];
    return from.rep == Column::Rep::Cells ? from.cells[from.constant ? 0 : row_] : from.at(row_);
  }
  // What `convert` gives. Without memory nothing (a null pointer, an empty view): the connection's error tells.
  template <typename T, typename Convert>
  T or_nothing(Convert&& convert) const;
  ColumnCell& cell(uint32_t column);  // may throw
  Status complete_cell(Value& value);
  const Value& cell_value(uint32_t column);
  std::string_view text_of_cell(uint32_t column);
  std::string_view text16_of_cell(uint32_t column);
  const char* name_of_parameter(uint32_t number) const;
  int64_t int64_slow(uint32_t column);
  double double_slow(uint32_t column);
  void terminate_names() const;
  const char* name_at(uint32_t column, std::string_view bind::ResultColumn::* field) const;

  Connection* connection_;
  std::unique_ptr<Program> program_;
  uint32_t prepare_flags_ = 0;
  uint32_t column_count_ = 0;
  bool running_ = false;
  bool has_row_ = false;
  bool row_converted_ = false;  // a cell was made for this row
  bool writes_ = false;         // this run takes part as a writer
  bool aborted_ = false;        // by a rollback of the schema
  bool internal_ = false;
  // Row source: a batch, or one row of values.
  Batch* batch_ = nullptr;
  uint32_t batch_position_ = 0;
  uint32_t batch_wanted_ = 1;
  uint32_t row_ = 0;
  const Value* row_values_ = nullptr;
  uint32_t row_set_position_ = 0;
  uint64_t row_stamp_ = 1;
  exec::ExecContext context_;
  exec::MemoryBudget memory_;
  exec::DatabaseHandle handles_[kDatabaseCountMax];
  uint64_t views_open_ = 0;  // bit per database
  exec::ChangeOutcome outcome_;
  Value change_count_;  // the row of PRAGMA count_changes
  bool change_count_given_ = false;

  Value* parameters_ = nullptr;
  uint32_t parameter_count_ = 0;
  struct OwnedBytes {  // per parameter: copied bytes
    char* data = nullptr;
    size_t capacity_bytes = 0;
  };
  OwnedBytes* parameter_bytes_ = nullptr;

  ColumnCell* cells_ = nullptr;
  Arena row_heap_{256};
  std::unique_ptr<RowSet> rows_;  // commands
  Batch returned_batch_;          // next_batch over rows of values
  std::unique_ptr<Column[]> returned_columns_;
  std::unique_ptr<Value[]> returned_values_;
  int last_error_code_ = 0;
  int64_t started_ns_ = 0;
  int64_t run_count_ = 0;
  int64_t reprepare_count_ = 0;  // until somebody resets the counter
  int64_t recompile_count_ = 0;
  std::string cache_key_;  // the whole text given to prepare; empty: not cached
  uint64_t cache_hash_ = 0;
  Statement* next_ = nullptr;
  Statement* previous_ = nullptr;
};

}  // namespace sqlrite::engine
