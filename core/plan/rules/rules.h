// Rewriting rules over the bound tree, applied to a query block before it is planned, outer blocks first.
// Each rule lives in a file of its own; the list of them stands in rules.cc, in the order they run. What needs the chosen
// accesses (unused LEFT JOINs, redundant sorts, MIN/MAX by index) is decided where nodes are built; implied conditions
// (transitive equalities, LIKE prefixes, OR as IN) are terms, see logical/terms.cc.
#pragma once

#include "plan/logical/core_plan.h"

namespace sqlrite::plan {

Status apply_rules(PlanContext& context, BoundQuery& query);

// Replaces deterministic sub-trees of constants by their value.
void fold_constants(PlanContext& context, BoundCore& core);
// A UNION ALL in FROM, joined with other sources: the query becomes a UNION ALL of joins.
void split_compound_sources(PlanContext& context, BoundQuery& query);
// Views and FROM sub-queries that are plain SELECTs become part of the block around them.
void flatten_subqueries(PlanContext& context, BoundQuery& query, BoundCore& core);
// Conditions on the columns of a FROM sub-query move into it (into each arm of a compound).
void push_down_predicates(PlanContext& context, BoundQuery& query, BoundCore& core);
// Outer joins whose null rows a WHERE condition throws away become inner joins.
void strengthen_joins(PlanContext& context, BoundCore& core);
}  // namespace sqlrite::plan
