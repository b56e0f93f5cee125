#include "exec/change/change_executor.h"

#include <algorithm>

#include "base/guarded.h"
#include "exec/change/changes.h"

namespace sqlrite::exec {

using catalog::ConflictAction;

struct ChangeExecutor::Impl {
  const plan::StatementPlan& plan;
  Arena arena{1024};
  Arena row_heap{1024};
  std::unique_ptr<Change> change;
  std::unique_ptr<StatementSubqueries> subqueries;
  DatabaseId database;
  ExecContext newest;  // the caller's context with every view at the newest state
  ExecContext source;  // for the rows read
  std::span<DatabaseHandle> newest_databases, source_databases;

  explicit Impl(const plan::StatementPlan& statement) : plan(statement) {}

  Status run(ExecContext& context, ChangeHost& host, ChangeOutcome* outcome);
  void take_context(const ExecContext& context);
  Status open_source_views();
  bool may_defer(ChangeHost& host) const;
};

ChangeExecutor::ChangeExecutor(const plan::StatementPlan& plan) : impl_(std::make_unique<Impl>(plan)) {}
ChangeExecutor::~ChangeExecutor() = default;

Status ChangeExecutor::prepare() {
  const plan::StatementPlan& plan = impl_->plan;
  switch (plan.kind) {
    case plan::StatementKind::Insert: impl_->change = make_insert(); break;
    case plan::StatementKind::Update: impl_->change = make_update(); break;
    case plan::StatementKind::Delete: impl_->change = make_delete(); break;
    case plan::StatementKind::Select: return Code::Misuse;
  }
  SQLRITE_TRY(impl_->change->prepare(plan, impl_->arena));
  impl_->database = impl_->change->core.writer.table().database;
  if (!plan.subplans.empty()) impl_->subqueries = make_subquery_runner(plan);
  return {};
}

Status ChangeExecutor::run(ExecContext& context, ChangeHost& host, ChangeOutcome* outcome) {
  *outcome = ChangeOutcome();
  impl_->change->core.forget_returned();
  return impl_->run(context, host, outcome);
}

Status ChangeExecutor::Impl::open_source_views() {
  for (DatabaseHandle& handle : source_databases) {
    if (handle.pager == nullptr || !handle.pager->is_reading()) continue;
    SQLRITE_TRY_ASSIGN(handle.view, handle.pager->open_view());
  }
  return {};
}

// Whether nothing looks into the table's indexes while rows are changed: the rows are found in a state before the changes
// or all of them ahead; what is left are sub-queries between the changes, functions and hooks of the user.
bool ChangeExecutor::Impl::may_defer(ChangeHost& host) const {
  const TableWriter& writer = change->core.writer;
  return change->needs_mark() && writer.index_count() > 0 && !host.wants_row_changes() &&
         (subqueries == nullptr || !change->may_query_between()) && !writer.target().calls_user_function &&
         newest_databases[database.value].encoding == TextEncoding::Utf8;
}

// `newest` and the databases of both contexts, all of them at the newest state.
void ChangeExecutor::Impl::take_context(const ExecContext& context) {
  if (newest_databases.size() != context.databases.size()) {
    newest_databases = arena.make_array<DatabaseHandle>(context.databases.size());
    source_databases = arena.make_array<DatabaseHandle>(context.databases.size());
  }
  for (size_t i = 0; i < context.databases.size(); ++i) {
    newest_databases[i] = context.databases[i];
    newest_databases[i].view = storage::kNewestView;
  }
  newest = context;
  newest.databases = newest_databases;
  newest.subqueries = subqueries.get();
  std::copy(newest_databases.begin(), newest_databases.end(), source_databases.begin());
}

// OR FAIL keeps what was changed before the failure.
static bool keeps_changes(const Status& status, ConflictAction action) {
  return status.ok() || (action == ConflictAction::Fail && status.primary() == Code::Constraint);
}

Status ChangeExecutor::Impl::run(ExecContext& context, ChangeHost& host, ChangeOutcome* outcome) {
  take_context(context);
  // Without sub-queries, and where nothing is pinned, the rows are read in the very same context.
  const bool pinned = change->needs_pinned_source();
  ExecContext* reading = &newest;
  if (pinned || subqueries != nullptr) {
    source = newest;
    source.databases = source_databases;
    source.subqueries = nullptr;
    reading = &source;
  }

  ChangeRun run;
  run.context = &newest;
  run.host = &host;
  run.outcome = outcome;
  run.pager = newest_databases[database.value].pager;
  run.eval.parameters = context.parameters;
  run.eval.parameter_count = context.parameter_count;
  run.eval.heap = &row_heap;
  run.eval.connection = context.connection;
  run.eval.subqueries = subqueries.get();
  run.eval.encoding = newest_databases[database.value].encoding;

  ConflictAction action = ConflictAction::Abort;
  bool marked = false;
  Status status = guarded([&]() -> Status {
    if (pinned) SQLRITE_TRY(open_source_views());
    if (change->needs_mark()) {
      SQLRITE_TRY_ASSIGN(run.mark, run.pager->open_mark());
      marked = true;
    }
    if (subqueries != nullptr) SQLRITE_TRY(subqueries->begin_run(newest));
    TableWriter& writer = change->core.writer;
    const bool defers = may_defer(host);
    if (defers) writer.defer_index_changes(plan.kind == plan::StatementKind::Delete);
    Status changed = change->run(run, *reading, &action);
    if (!defers || !keeps_changes(changed, action)) return changed;
    Status applied = writer.apply_deferred();
    if (applied.ok()) return changed;
    action = ConflictAction::Abort;
    return applied;
  });
  change->close();
  if (subqueries != nullptr) subqueries->end_run();
  for (DatabaseHandle& handle : source_databases) {
    if (handle.view.is_newest()) continue;
    handle.pager->close_view(handle.view);
    handle.view = storage::kNewestView;
  }

  if (keeps_changes(status, action)) {
    if (marked) run.pager->release(run.mark);
    return status;
  }
  outcome->changes = 0;
  if (action == ConflictAction::Rollback && status.primary() == Code::Constraint) {
    outcome->failure_scope = FailureScope::Transaction;
  }
  if (marked) {
    Status undone = run.pager->rollback_to(run.mark);
    run.pager->release(run.mark);
    if (!undone.ok()) outcome->failure_scope = FailureScope::Transaction;
  } else if (run.wrote) {
    outcome->failure_scope = FailureScope::Transaction;
  }
  return status;
}

const Value* ChangeExecutor::next_returned() { return impl_->change->core.next_returned(); }

void ChangeExecutor::reset() {
  impl_->change->core.forget_returned();
  impl_->row_heap.reset();
}

}  // namespace sqlrite::exec
