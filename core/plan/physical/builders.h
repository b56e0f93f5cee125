// Builders: the steps from a bound query to nodes, in the order they run.
#pragma once

#include "plan/logical/core_plan.h"

namespace sqlrite::plan {

// What the consumer of one core wants from it.
struct CoreRequest {
  std::span<OrderTerm> order_by;
  BoundExpr* limit = nullptr;
  BoundExpr* offset = nullptr;
};

// One core with everything above its joins: result columns in slots 0..n-1.
Result<Node*> build_core(PlanContext& context, BoundQuery& query, BoundCore& core, const CoreRequest& request,
                         QueryPlan& out);
Result<Node*> build_values(PlanContext& context, BoundQuery& query, BoundCore& core, QueryPlan& out);
Node* build_limit(PlanContext& context, Node* input, BoundExpr* limit, BoundExpr* offset);

// Aggregation: rewrites what stands above it to slots. Layout: keys, aggregates, bare columns.
struct AggregateRewrite {
  CorePlan& plan;
  std::span<BoundExpr*> keys;
  ArenaVector<BoundExpr*> bare;
  bool follows_extreme = false;  // bare columns come from the row of a MIN or MAX
  explicit AggregateRewrite(CorePlan& p);
  void apply(BoundExpr** expr);
};

BoundExpr* make_slot(Arena& arena, int32_t slot, const BoundExpr& like);
// Estimate of a LIMIT's rows: 0 unless it is a constant.
uint64_t constant_limit(const BoundExpr* limit, const BoundExpr* offset);
// Can DISTINCT change nothing, because a unique key is among the results?
bool distinct_is_redundant(const CorePlan& plan);

}  // namespace sqlrite::plan
