#include "plan/planner.h"

#include "plan/physical/build_changes.h"
#include "plan/physical/builders.h"

namespace sqlrite::plan {

namespace {

// Working memory of planning, kept per thread so that the common statement allocates nothing for it.
Arena& planning_scratch() {
  thread_local Arena scratch(8192);
  scratch.reset();
  return scratch;
}

void keep_subplans(PlanContext& context) { context.plan.subplans = context.subplans.span(); }

}  // namespace

Status plan_select(bind::BoundQuery* query, StatementPlan& plan) {
  PlanContext context(plan, planning_scratch());
  plan.kind = StatementKind::Select;
  SQLRITE_TRY_ASSIGN(plan.query, plan_query(context, *query));
  plan.columns = query->columns;
  keep_subplans(context);
  return {};
}

Status plan_insert(bind::BoundInsert* insert, StatementPlan& plan) {
  PlanContext context(plan, planning_scratch());
  plan.kind = StatementKind::Insert;
  SQLRITE_TRY(build_insert(context, insert));
  keep_subplans(context);
  return {};
}

Status plan_update(bind::BoundUpdate* update, StatementPlan& plan) {
  PlanContext context(plan, planning_scratch());
  plan.kind = StatementKind::Update;
  SQLRITE_TRY(build_update(context, update));
  keep_subplans(context);
  return {};
}

Status plan_delete(bind::BoundDelete* remove, StatementPlan& plan) {
  PlanContext context(plan, planning_scratch());
  plan.kind = StatementKind::Delete;
  SQLRITE_TRY(build_delete(context, remove));
  keep_subplans(context);
  return {};
}

}  // namespace sqlrite::plan
