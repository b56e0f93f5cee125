// QueryExecutor: the operators of one query, the sub-queries of its expressions, and the context they run in.
#include "exec/operator.h"
#include "exec/operator/operator_base.h"
#include "exec/subquery.h"

namespace sqlrite::exec {

struct QueryExecutor::Impl {
  Arena arena{2048};
  std::unique_ptr<Operator> root;
  std::unique_ptr<SubqueryRuntime> subqueries;  // null: the statement has none, or brings its own
  ExecContext context;
  bool row_by_row = false;
  bool opened = false;
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
  impl_->context = context;
  impl_->context.row_by_row = impl_->row_by_row;
  if (context.subqueries == nullptr && impl_->subqueries) {
    impl_->context.subqueries = impl_->subqueries.get();
    SQLRITE_TRY(impl_->subqueries->begin_run(impl_->context));
  }
  impl_->opened = true;
  return impl_->root->open(impl_->context, nullptr, 0);
}

Status QueryExecutor::next(ExecContext&, uint32_t rows_wanted, Batch** out) {
  return impl_->root->next(impl_->context, impl_->row_by_row ? 1 : rows_wanted, out);
}

void QueryExecutor::close(ExecContext&) {
  if (!impl_ || !impl_->opened) return;
  impl_->opened = false;
  impl_->root->close(impl_->context);
  if (impl_->context.subqueries == impl_->subqueries.get() && impl_->subqueries) impl_->subqueries->end_run();
}

}  // namespace sqlrite::exec
