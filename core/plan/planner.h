// Planner: turns a bound statement into the physical plan that exec runs.
//
// The caller makes a StatementPlan, binds the statement into the plan's arena, then calls one of the functions below,
// which rewrite the bound tree in place (rules), choose access paths and join order (cost), and fill the plan.
// Planning reads the catalogue and nothing else; it needs no connection and no lock.
#pragma once

#include "base/status.h"
#include "bind/bound.h"
#include "plan/physical.h"

namespace sqlrite::plan {

// REQUIRES: the bound tree lives in plan.arena; plan is freshly made.
Status plan_select(bind::BoundQuery* query, StatementPlan& plan);
Status plan_insert(bind::BoundInsert* insert, StatementPlan& plan);
Status plan_update(bind::BoundUpdate* update, StatementPlan& plan);
Status plan_delete(bind::BoundDelete* remove, StatementPlan& plan);

}  // namespace sqlrite::plan
