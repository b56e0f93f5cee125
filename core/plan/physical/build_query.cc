// A whole query: compounds, recursive queries, and the sub-queries that hang on expressions.
#include "plan/physical/builders.h"
#include "plan/rules/rules.h"

namespace sqlrite::plan {

namespace {

constexpr int kDepthMax = 400;  // nested sub-queries and views: about 10 KiB of stack each

void common_fields(Node* node, NodeKind kind, size_t width, double rows) {
  node->kind = kind;
  node->slot_count = static_cast<uint16_t>(width);
  node->rows_estimate = rows;
}

Result<Node*> build_compound(PlanContext& context, BoundQuery& query, size_t first, size_t count, bool whole,
                             QueryPlan& out) {
  Arena& arena = context.arena;
  if (count == 1) return build_core(context, query, *query.cores[first], CoreRequest(), out);
  std::span<Node*> inputs = arena.make_array<Node*>(count);
  double rows = 0;
  bool only_union_all = true;
  for (size_t i = 0; i < count; ++i) {
    SQLRITE_TRY_ASSIGN(inputs[i], build_core(context, query, *query.cores[first + i], CoreRequest(), out));
    rows += inputs[i]->rows_estimate;
    if (i > 0) only_union_all &= query.operators[first + i] == bind::CompoundOp::UnionAll;
  }
  auto* node = arena.make<CompoundNode>();
  common_fields(node, NodeKind::Compound, inputs[0]->slot_count, rows);
  node->inputs = inputs;
  node->operators =
      arena.copy_array<bind::CompoundOp>(std::span<const bind::CompoundOp>(query.operators.data() + first, count));
  node->operators[0] = bind::CompoundOp::None;
  node->collations = query.cores[0]->result_collations;
  if (whole && !only_union_all) {
    // A set operation delivers sorted by all columns; with ORDER BY, by its terms first.
    node->order_by = query.order_by;
  }
  return static_cast<Node*>(node);
}

Node* sort_results(PlanContext& context, Node* input, BoundQuery& query) {
  Arena& arena = context.arena;
  auto* node = arena.make<SortNode>();
  common_fields(node, NodeKind::Sort, input->slot_count, input->rows_estimate);
  node->input = input;
  node->terms = arena.copy_array<OrderTerm>(std::span<const OrderTerm>(query.order_by.data(), query.order_by.size()));
  for (OrderTerm& term : node->terms) {
    BoundExpr* like = query.cores[0]->results[static_cast<size_t>(term.result_column)];
    term.expr = make_slot(arena, term.result_column, *like);
  }
  node->payload_slots = arena.make_array<int32_t>(input->slot_count);
  for (int32_t i = 0; i < input->slot_count; ++i) node->payload_slots[static_cast<size_t>(i)] = i;
  node->limit = query.limit;
  node->offset = query.offset;
  return node;
}

Result<Node*> build_recursive(PlanContext& context, BoundQuery& query, QueryPlan& out) {
  Arena& arena = context.arena;
  auto* node = arena.make<RecursiveUnionNode>();
  node->query = &query;
  SQLRITE_TRY_ASSIGN(node->seed, build_compound(context, query, 0, query.recursive_from, false, out));
  QueryPlan step_facts;
  SQLRITE_TRY_ASSIGN(node->step, build_compound(context, query, query.recursive_from,
                                                query.cores.size() - query.recursive_from, false, step_facts));
  out.is_volatile |= step_facts.is_volatile;
  common_fields(node, NodeKind::RecursiveUnion, node->seed->slot_count, node->seed->rows_estimate * 100);
  node->distinct = query.recursive_distinct;
  node->collations = query.cores[0]->result_collations;
  node->order_by =
      arena.copy_array<OrderTerm>(std::span<const OrderTerm>(query.order_by.data(), query.order_by.size()));
  for (OrderTerm& term : node->order_by) {
    if (term.result_column >= 0) {
      term.expr =
          make_slot(arena, term.result_column, *query.cores[0]->results[static_cast<size_t>(term.result_column)]);
    }
  }
  node->limit = query.limit;
  node->offset = query.offset;
  return static_cast<Node*>(node);
}

// Sub-queries in LIMIT and OFFSET belong to no core.
Status collect_limits(PlanContext& context, BoundQuery& query) {
  for (BoundExpr* expr : {query.limit, query.offset}) {
    if (expr == nullptr || !expr->has_subquery) continue;
    BoundCore none;
    CorePlan plan(context, query, none);
    SQLRITE_TRY(collect_expr(plan, expr, nullptr));
  }
  return {};
}

}  // namespace

Result<QueryPlan*> plan_query(PlanContext& context, BoundQuery& query) {
  if (context.depth > kDepthMax) return Status(Code::Error, "too many levels of nested queries");
  ++context.depth;
  QueryPlan* plan = context.arena.make<QueryPlan>();
  SQLRITE_TRY(apply_rules(context, query));
  plan->query = &query;
  SQLRITE_TRY(collect_limits(context, query));
  Node* root = nullptr;
  if (query.is_recursive) {
    SQLRITE_TRY_ASSIGN(root, build_recursive(context, query, *plan));
    // What a step reads of its own working table is settled inside.
  } else if (query.cores.size() == 1) {
    CoreRequest request{query.order_by, query.limit, query.offset};
    SQLRITE_TRY_ASSIGN(root, build_core(context, query, *query.cores[0], request, *plan));
  } else {
    SQLRITE_TRY_ASSIGN(root, build_compound(context, query, 0, query.cores.size(), true, *plan));
    bool only_union_all = true;
    for (size_t i = 1; i < query.operators.size(); ++i)
      only_union_all &= query.operators[i] == bind::CompoundOp::UnionAll;
    if (only_union_all && !query.order_by.empty()) root = sort_results(context, root, query);
    root = build_limit(context, root, query.limit, query.offset);
  }
  plan->root = root;
  plan->result_count = static_cast<uint16_t>(root->slot_count);
  plan->outer_args = query.outer_args;
  if (context.written != nullptr && query.is_correlated()) plan->is_volatile = true;
  --context.depth;
  return plan;
}

Result<int32_t> plan_subquery(PlanContext& context, BoundQuery& query) {
  for (const PlanContext::Planned& known : context.subplan_queries) {
    if (known.query == &query) return known.index;
  }
  // Its place first: sub-queries inside it come later in the list.
  auto index = static_cast<int32_t>(context.subplans.size());
  context.subplans.push_back(nullptr);
  context.subplan_queries.push_back({&query, index});
  Result<QueryPlan*> plan = plan_query(context, query);
  if (!plan.ok()) return plan.take_status();
  context.subplans[static_cast<size_t>(index)] = plan.value();
  return index;
}

}  // namespace sqlrite::plan
