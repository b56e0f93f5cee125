// Plans of INSERT, UPDATE and DELETE: how the rows are found, and the layout their expressions read.
//
// Layout of a target row (see StatementPlan): slot i is column i, slot column-count is the rowid; a row of `excluded`
// follows in the same form.
#pragma once

#include "plan/logical/core_plan.h"

namespace sqlrite::plan {

Status build_insert(PlanContext& context, bind::BoundInsert* insert);
Status build_update(PlanContext& context, bind::BoundUpdate* update);
Status build_delete(PlanContext& context, bind::BoundDelete* remove);

}  // namespace sqlrite::plan
