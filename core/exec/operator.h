// Operators: the running form of plan nodes. Pull model over batches.
//
//   make_operator(node)  ->  open() -> next()* -> close() -> open() ...  ->  destruction
//
// open() starts (or restarts) a run; next() fills a batch, an empty one (selected_count 0) means the end; close() gives
// pins, cursors and large buffers back, keeping small ones for the next run. A batch and what it points to stays valid
// until the operator's next call.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/arena.h"
#include "batch/batch.h"
#include "exec/spill/memory_budget.h"
#include "expr/evaluator.h"
#include "plan/physical.h"
#include "storage/pager/pager.h"

namespace sqlrite::exec {

class Operator;

// One attached database as a running statement sees it.
struct DatabaseHandle {
  storage::Pager* pager = nullptr;
  storage::View view;  // pinned at the statement's first step
  TextEncoding encoding = TextEncoding::Utf8;
};

// Resolves table functions (pragma_*, json_each). Implemented by engine.
class TableFunctionRunner {
 public:
  virtual ~TableFunctionRunner() = default;
  // Produces all rows of one call: `emit` gets each row's visible columns.
  virtual Status run(const bind::BoundSource& source, std::span<const Value> arguments, Arena& heap,
                     Status (*emit)(void* context, std::span<const Value> row), void* context) = 0;
};

// What a running statement shares among its operators. Owned by the statement.
struct ExecContext {
  const plan::StatementPlan* plan = nullptr;
  std::span<DatabaseHandle> databases;  // by DatabaseId
  const Value* parameters = nullptr;
  uint32_t parameter_count = 0;
  functions::FunctionContext* connection = nullptr;
  TableFunctionRunner* table_functions = nullptr;
  expr::SubqueryRunner* subqueries = nullptr;  // set by Executor
  // Checked once per batch and per page-sized piece of work: returns INTERRUPT when the statement must stop.
  Status (*check_interrupt)(void* context) = nullptr;
  void* interrupt_context = nullptr;
  MemoryBudget* memory = nullptr;  // of all operators of the statement; beyond it they spill
  bool temp_in_memory = false;     // temp_store = memory: never spill to files
  os::Vfs* vfs = nullptr;          // for temporary files
  const Value* outer = nullptr;    // outer_args of the query block that is running
  // The running query calls user functions: every operator then hands out one row at a time, so that no function is
  // called ahead of the row delivered. Set by QueryExecutor and the sub-query runner for their own copies.
  bool row_by_row = false;

  // Null where nothing may be written to files.
  MemoryBudget* spill_budget() const { return temp_in_memory || vfs == nullptr ? nullptr : memory; }
  // The owner of `share` holds `held_bytes` now. True: it is to spill. Counts for the hard limit either way.
  bool must_spill(MemoryShare& share, size_t held_bytes) const {
    if (memory == nullptr) return false;
    share.report(*memory, held_bytes);
    return spill_budget() != nullptr && memory->asks_to_spill(held_bytes);
  }
  // An interrupt, or more memory held than the hard limit allows.
  Status interrupted() const {
    if (memory != nullptr && memory->is_exhausted()) return Code::NoMem;
    return check_interrupt != nullptr ? check_interrupt(interrupt_context) : Status();
  }
};

// Lives in the arena of its executor: deleting it runs its destructor, the memory goes with the arena.
class Operator {
 public:
  static void* operator new(size_t size_bytes, Arena& arena) { return arena.allocate(size_bytes); }
  static void operator delete(void*) noexcept {}
  static void operator delete(void*, Arena&) noexcept {}
  virtual ~Operator() = default;
  // `outer_row`: for the inner side of a nested loop, the batch (one live row in `row`) whose slots keys and filters may
  // use; null otherwise.
  virtual Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) = 0;
  // `rows_wanted`: no more than this many rows are of use to the caller now (1 for a first step); a hint to keep
  // batches small, never more than kBatchRowsMax.
  virtual Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) = 0;
  virtual void close(ExecContext& context) = 0;
};

Result<std::unique_ptr<Operator>> make_operator(const plan::Node* node, const plan::StatementPlan& plan, Arena& arena);

// Runs the sub-queries of a statement's expressions and holds its shared CTEs. A QueryExecutor makes its own when
// context.subqueries is null; a change statement makes one for all its executors and evaluators and puts it there.
// REQUIRES: context.subqueries, when set, points to what make_subquery_runner() returned.
class StatementSubqueries : public expr::SubqueryRunner {
 public:
  // Results of the last run are forgotten. `context` must stay where it is until end_run().
  virtual Status begin_run(ExecContext& context) = 0;
  // Data changed under the statement: cached results no longer hold.
  virtual void invalidate() = 0;
  virtual void end_run() = 0;
};
std::unique_ptr<StatementSubqueries> make_subquery_runner(const plan::StatementPlan& plan);

// A whole query with its sub-queries: what the statement (and INSERT ... SELECT, UPDATE finders) drives.
class QueryExecutor {
 public:
  QueryExecutor();
  ~QueryExecutor();
  Status prepare(const plan::QueryPlan* query, const plan::StatementPlan& plan);
  Status open(ExecContext& context);
  // Result layout: columns 0..result_count-1. An empty batch is the end.
  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out);
  void close(ExecContext& context);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlrite::exec
