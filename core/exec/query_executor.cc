// QueryExecutor: the operators of one query, the sub-queries of its expressions, and the context they run in.
#include "exec/operator.h"
#include "exec/operator/operator_base.h"
#include "exec/subquery.h"

namespace sqlrite::exec {

struct QueryExecutor::Impl {
  Arena arena{2048};
  std::unique_ptr<Operator> root;
  std::unique_ptr<SubqueryRuntime> subqueries;  // null: the statement has none, or brings its own
  ExecContext own_context;                      // a copy with what this query adds to the caller's
  ExecContext* context = nullptr;               // the caller's where it adds nothing; null while it is not open
  bool row_by_row = false;
};

QueryExecutor::QueryExecutor() = default;
QueryExecutor::~QueryExecutor() = default;

Status QueryExecutor::prepare(const plan::QueryPlan* query, const plan::StatementPlan& plan) {
  auto impl = std::make_unique<Impl>();
  SQLRITE_TRY_ASSIGN(impl->root, make_operator(query->root, plan, impl->arena));
  impl->row_by_row = calls_user_function(query->root);
  if (!plan.subplans.empty() || plan.shared_count > 0) impl->subqueries = std::make_unique<SubqueryRuntime>(plan);
  impl_ = std::move(impl);
  return {};
}

Status QueryExecutor::open(ExecContext& context) {
  SQLRITE_ENSURE(impl_ != nullptr);
  const bool brings_subqueries = context.subqueries == nullptr && impl_->subqueries != nullptr;
  ExecContext* running = &context;
  if (brings_subqueries || context.row_by_row != impl_->row_by_row) {
    running = &impl_->own_context;
    *running = context;
    running->row_by_row = impl_->row_by_row;
  }
  if (brings_subqueries) {
    running->subqueries = impl_->subqueries.get();
    SQLRITE_TRY(impl_->subqueries->begin_run(*running));
  }
  impl_->context = running;
  return impl_->root->open(*running, nullptr, 0);
}

Status QueryExecutor::next(ExecContext&, uint32_t rows_wanted, Batch** out) {
  return impl_->root->next(*impl_->context, impl_->row_by_row ? 1 : rows_wanted, out);
}

void QueryExecutor::close(ExecContext&) {
  if (!impl_ || impl_->context == nullptr) return;
  ExecContext& context = *impl_->context;
  impl_->context = nullptr;
  impl_->root->close(context);
  if (impl_->subqueries != nullptr && context.subqueries == impl_->subqueries.get()) impl_->subqueries->end_run();
}

}  // namespace sqlrite::exec
