// One query core: joins, then aggregation, HAVING, ORDER BY, result columns, DISTINCT and LIMIT on top of them.
#include "plan/physical/builders.h"
#include "plan/rules/rules.h"

namespace sqlrite::plan {

using bind::BoundAggregate;
using functions::BuiltinKind;

BoundExpr* make_slot(Arena& arena, int32_t slot, const BoundExpr& like) {
  auto* made = arena.make<bind::BoundSlot>();
  made->kind = BoundKind::Slot;
  made->affinity = like.affinity;
  made->collation = like.collation;
  made->explicit_collation = like.explicit_collation;
  made->has_column = true;
  made->span_begin = like.span_begin;
  made->span_end = like.span_end;
  made->slot = slot;
  return made;
}

namespace {

bool is_extreme(const BoundAggregate& call) {
  BuiltinKind kind = call.function->kind;
  return (kind == BuiltinKind::Min || kind == BuiltinKind::Max) && call.arguments.size() == 1;
}

// May a column's equal values look different: 'a' and 'A', 1 and 1.0?
bool looks_vary(const BoundExpr& column) {
  bool exact_text = column.collation == nullptr || column.collation->kind == Collation::Kind::Binary;
  return !exact_text || column.affinity <= Affinity::Blob || column.affinity == Affinity::Numeric;
}

}  // namespace

AggregateRewrite::AggregateRewrite(CorePlan& p) : plan(p), keys(p.core.group_by), bare(p.context.arena) {
  for (const BoundAggregate* call : p.core.aggregates) follows_extreme |= is_extreme(*call);
}

void AggregateRewrite::apply(BoundExpr** expr) {
  BoundExpr* node = *expr;
  if (node == nullptr) return;
  Arena& arena = plan.context.arena;
  // With MIN or MAX a key column is shown as in the row of the extreme, like every other column.
  bool as_bare = follows_extreme && node->kind == BoundKind::Column && looks_vary(*node);
  for (size_t i = 0; i < keys.size() && !as_bare; ++i) {
    if (node == keys[i] || bind::equal_exprs(node, keys[i])) {
      *expr = make_slot(arena, static_cast<int32_t>(i), *node);
      return;
    }
  }
  switch (node->kind) {
    case BoundKind::Aggregate:
      *expr = make_slot(arena, static_cast<int32_t>(keys.size()) + node->as<BoundAggregate>()->aggregate_index, *node);
      return;
    case BoundKind::Column: {
      size_t at = 0;
      while (at < bare.size() && !bind::equal_exprs(bare[at], node)) ++at;
      if (at == bare.size()) bare.push_back(node);
      *expr = make_slot(arena, static_cast<int32_t>(keys.size() + plan.core.aggregates.size() + at), *node);
      return;
    }
    case BoundKind::Constant:
    case BoundKind::Parameter:
    case BoundKind::Outer:
    case BoundKind::Slot: return;
    default:
      bind::for_each_child(
          node, [](void* context, BoundExpr** child) { static_cast<AggregateRewrite*>(context)->apply(child); }, this);
  }
}

uint64_t constant_limit(const BoundExpr* limit, const BoundExpr* offset) {
  auto number = [](const BoundExpr* expr) -> int64_t {
    if (expr == nullptr || expr->kind != BoundKind::Constant) return -1;
    const Value& value = expr->as<bind::BoundConstant>()->value;
    return value.type == ValueType::Integer ? value.integer : -1;
  };
  int64_t rows = number(limit);
  if (rows < 0 || rows > 1000000000) return 0;
  int64_t skipped = offset == nullptr ? 0 : number(offset);
  if (skipped < 0 || skipped > 1000000000) return 0;
  return static_cast<uint64_t>(rows + skipped);
}

Node* build_limit(PlanContext& context, Node* input, BoundExpr* limit, BoundExpr* offset) {
  if (limit == nullptr && offset == nullptr) return input;
  auto* node = context.arena.make<LimitNode>();
  node->kind = NodeKind::Limit;
  node->slot_count = input->slot_count;
  node->rows_estimate = input->rows_estimate;
  uint64_t rows = constant_limit(limit, nullptr);
  if (rows > 0 && static_cast<double>(rows) < node->rows_estimate) node->rows_estimate = static_cast<double>(rows);
  node->single_row_max = input->single_row_max || rows == 1;
  node->input = input;
  node->limit = limit;
  node->offset = offset;
  return node;
}

bool distinct_is_redundant(const CorePlan& plan) {
  if (plan.source_count != 1 || plan.core.is_aggregate) return false;
  const SourceInfo& info = plan.sources[0];
  if (info.table == nullptr) return false;
  auto in_results = [&](int16_t column, const Collation* collation) {
    for (BoundExpr* result : plan.core.results) {
      BoundExpr* expr = strip_collate(result);
      if (expr->kind != BoundKind::Column) continue;
      if (normal_column(*info.source, expr->as<BoundColumn>()->column) != column) continue;
      if (collation == nullptr || same_collation(result->collation, collation)) return true;
    }
    return false;
  };
  auto fixed = [&](int16_t column, const Collation* collation) {
    for (const Term* term : plan.terms) {
      if (term->source == 0 && term->column == column && term->op == term_op::kEq && term->mask_right == 0 &&
          same_collation(term->collation, collation)) {
        return true;
      }
    }
    return false;
  };
  if (!info.table->without_rowid && in_results(catalog::kRowIdColumn, nullptr)) return true;
  auto unique_in_results = [&](const catalog::Index& index) {
    if (!index.unique || index.where != nullptr || !index.unusable_reason.empty()) return false;
    for (int i = 0; i < index.key_field_count; ++i) {
      const catalog::IndexField& field = index.fields[static_cast<size_t>(i)];
      if (field.column == catalog::kExpressionColumn) return false;
      int16_t column = normal_column(*info.source, field.column);
      if (fixed(column, field.collation)) continue;
      bool not_null = column == catalog::kRowIdColumn || index.is_without_rowid_table ||
                      info.table->columns[static_cast<size_t>(column)].not_null;
      if (!not_null || !in_results(column, field.collation)) return false;
    }
    return true;
  };
  if (info.table->without_rowid && unique_in_results(*info.table->primary_key_index)) return true;
  for (const catalog::Index* index : info.table->indexes) {
    if (unique_in_results(*index)) return true;
  }
  return false;
}

namespace {

struct CoreBuilder {
  PlanContext& context;
  Arena& arena;
  CorePlan plan;
  const CoreRequest& request;
  QueryPlan& out;
  std::span<OrderTerm> order_by;   // own copy: rewritten above an aggregation
  bool group_gives_order = false;  // ORDER BY asks for the group keys
  bool volatile_seen = false;

  CoreBuilder(PlanContext& c, BoundQuery& query, BoundCore& core, const CoreRequest& r, QueryPlan& o)
      : context(c), arena(c.arena), plan(c, query, core), request(r), out(o) {}

  Status collect(BoundExpr* expr) {
    if (expr == nullptr) return {};
    volatile_seen |= expr->is_volatile;
    return collect_expr(plan, expr, nullptr);
  }
  Result<Node*> build();
  Status collect_above(AggregateRewrite& rewrite);
  void want_order();
  void want_min_max();
  Node* aggregate(Node* input, const ChosenPath& chosen, const AggregateRewrite& rewrite);
  Node* min_max_limit(Node* input);
  Node* finish(Node* input, const ChosenPath& chosen);
  Node* sort(Node* input, std::span<OrderTerm> terms, std::span<int32_t> payload, int ordered_prefix);
  Node* project(Node* input, std::span<BoundExpr*> exprs);
};

template <typename T>
T* make_above(Arena& arena, NodeKind kind, const Node* input) {
  T* node = arena.make<T>();
  node->kind = kind;
  node->slot_count = input->slot_count;
  node->rows_estimate = input->rows_estimate;
  node->single_row_max = input->single_row_max;
  return node;
}

bool same_terms(std::span<OrderTerm> order, std::span<BoundExpr*> keys, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    if (!bind::equal_exprs(order[i].expr, keys[i])) return false;
  }
  return true;
}

const Collation* collation_of(const BoundExpr* expr) {
  return expr->collation != nullptr ? expr->collation : &kBinaryCollation;
}

void CoreBuilder::want_min_max() {
  const BoundCore& core = plan.core;
  if (core.aggregates.size() != 1 || plan.source_count == 0) return;
  const BoundAggregate& aggregate = *core.aggregates[0];
  bool is_min = aggregate.function->kind == BuiltinKind::Min;
  if ((!is_min && aggregate.function->kind != BuiltinKind::Max) || aggregate.arguments.size() != 1) return;
  if (aggregate.filter != nullptr || aggregate.arguments[0]->kind == BoundKind::Constant) return;
  OrderTerm term;
  term.expr = aggregate.arguments[0];
  term.descending = !is_min;
  term.nulls_last = !is_min;
  term.collation = aggregate.call_collation != nullptr ? aggregate.call_collation : collation_of(term.expr);
  plan.order.use = OrderUse::OrderBy;
  plan.order.terms = arena.copy_array<OrderTerm>(std::span<const OrderTerm>(&term, 1));
  plan.order.min_max = true;
}

void CoreBuilder::want_order() {
  const BoundCore& core = plan.core;
  uint64_t limit = constant_limit(request.limit, request.offset);
  plan.order.limit = request.limit == nullptr ? LogEst{0} : limit > 0 ? log_est(limit) : LogEst{0};
  if (request.limit != nullptr && plan.order.limit <= 0) plan.order.limit = limit > 0 ? LogEst{1} : LogEst{160};
  if (core.is_aggregate) {
    plan.order.limit = 0;
    if (core.group_by.empty()) {
      want_min_max();
      return;
    }
    plan.order.use = OrderUse::GroupBy;
    size_t keys = core.group_by.size();
    plan.order.terms = arena.make_array<OrderTerm>(keys);
    bool ordered_as_keys = order_by.size() == keys && !core.distinct && same_terms(order_by, core.group_by, keys);
    if (ordered_as_keys) plan.order.use = OrderUse::OrderBy;
    for (size_t i = 0; i < keys; ++i) {
      OrderTerm& term = plan.order.terms[i];
      term.expr = core.group_by[i];
      term.collation = collation_of(term.expr);
      if (ordered_as_keys) {
        term.descending = order_by[i].descending;
        term.nulls_last = order_by[i].nulls_last;
        if (!same_collation(order_by[i].collation, term.collation)) ordered_as_keys = false;
      }
    }
    if (!ordered_as_keys && plan.order.use == OrderUse::OrderBy) {
      plan.order.use = OrderUse::GroupBy;
      for (OrderTerm& term : plan.order.terms) term.descending = term.nulls_last = false;
    }
    group_gives_order = ordered_as_keys;
    // With a LIMIT and groups that leave as they come, the first groups of an index are all that is read.
    plan.order.hashed = request.limit == nullptr || (!order_by.empty() && !ordered_as_keys);
    return;
  }
  plan.order.distinct = core.distinct;
  if (!order_by.empty()) {
    plan.order.use = OrderUse::OrderBy;
    plan.order.terms = order_by;
  } else if (core.distinct && !core.results.empty()) {
    plan.order.use = OrderUse::Distinct;
    plan.order.hashed = request.limit == nullptr;
    plan.order.terms = arena.make_array<OrderTerm>(core.results.size());
    for (size_t i = 0; i < core.results.size(); ++i) {
      plan.order.terms[i].expr = core.results[i];
      plan.order.terms[i].collation = core.result_collations.empty() ? &kBinaryCollation : core.result_collations[i];
    }
  }
}

// What stands above the joins: for an aggregation the keys and arguments, else results and order terms.
Status CoreBuilder::collect_above(AggregateRewrite& rewrite) {
  BoundCore& core = plan.core;
  for (BoundSource* source : core.sources) {
    for (BoundExpr* argument : source->arguments) SQLRITE_TRY(collect(argument));
  }
  if (!core.is_aggregate) {
    for (BoundExpr* result : core.results) SQLRITE_TRY(collect(result));
    for (OrderTerm& term : order_by) {
      if (term.result_column < 0 || term.expr != core.results[static_cast<size_t>(term.result_column)])
        SQLRITE_TRY(collect(term.expr));
    }
    return {};
  }
  // Everything above is rewritten first; what remains are columns below: keys, arguments, bare columns.
  core.results = arena.copy_array<BoundExpr*>(std::span<BoundExpr* const>(core.results.data(), core.results.size()));
  for (BoundExpr*& result : core.results) rewrite.apply(&result);
  rewrite.apply(&core.having);
  for (OrderTerm& term : order_by) rewrite.apply(&term.expr);
  for (BoundExpr* result : core.results) SQLRITE_TRY(collect(result));
  SQLRITE_TRY(collect(core.having));
  for (OrderTerm& term : order_by) SQLRITE_TRY(collect(term.expr));
  for (BoundExpr* key : core.group_by) SQLRITE_TRY(collect(key));
  for (BoundAggregate* call : core.aggregates) {
    for (BoundExpr* argument : call->arguments) SQLRITE_TRY(collect(argument));
    SQLRITE_TRY(collect(call->filter));
    for (OrderTerm& term : call->order_by) SQLRITE_TRY(collect(term.expr));
    volatile_seen |= (call->function->flags & functions::function_flags::kUser) != 0;
  }
  for (BoundExpr* column : rewrite.bare) SQLRITE_TRY(collect(column));
  return {};
}

// MIN or MAX over rows that come in order: the first row is all that is needed.
Node* CoreBuilder::min_max_limit(Node* input) {
  const OrderTerm& term = plan.order.terms[0];
  if (input->kind == NodeKind::IndexScan && !term.descending && term.expr->kind == BoundKind::Column) {
    // NULLs come first in the index: start behind them, when the argument is the field that is walked.
    TableAccess& access = static_cast<ScanNode*>(input)->access;
    size_t field = access.range.equals.size();
    bool walked = field < access.index->fields.size() &&
                  access.index->fields[field].column == term.expr->as<BoundColumn>()->column;
    if (walked && access.range.lower == nullptr && access.range.upper == nullptr && access.range.prefix_of == nullptr) {
      access.range.skip_nulls = true;
    }
  }
  if (!term.descending) {
    auto* is_null = arena.make<bind::BoundIsNull>();
    is_null->kind = BoundKind::IsNull;
    is_null->operand = term.expr;
    is_null->negated = true;
    is_null->has_column = true;
    auto* filter = make_above<FilterNode>(arena, NodeKind::Filter, input);
    filter->input = input;
    filter->condition = is_null;
    input = filter;
  }
  auto* one = arena.make<bind::BoundConstant>();
  one->kind = BoundKind::Constant;
  one->value = Value::from_integer(1);
  return build_limit(context, input, one, nullptr);
}

Node* CoreBuilder::aggregate(Node* input, const ChosenPath& chosen, const AggregateRewrite& rewrite) {
  BoundCore& core = plan.core;
  bool first_row_suffices =
      plan.order.min_max && chosen.ordered_terms == 1 && (plan.order.terms[0].descending || rewrite.bare.empty());
  if (first_row_suffices && !input->single_row_max) input = min_max_limit(input);
  auto* node = arena.make<AggregateNode>();
  node->kind = NodeKind::Aggregate;
  node->input = input;
  size_t keys = core.group_by.size();
  node->keys = core.group_by;
  node->key_collations = arena.make_array<const Collation*>(keys);
  for (size_t i = 0; i < keys; ++i) node->key_collations[i] = collation_of(core.group_by[i]);
  node->aggregates = core.aggregates;
  node->bare = arena.copy_array<BoundExpr*>(std::span<BoundExpr* const>(rewrite.bare.begin(), rewrite.bare.size()));
  node->slot_count = static_cast<uint16_t>(keys + core.aggregates.size() + rewrite.bare.size());
  // Bare columns follow the only MIN or MAX.
  int min_max = -1, min_max_count = 0;
  for (size_t i = 0; i < core.aggregates.size(); ++i) {
    if (is_extreme(*core.aggregates[i])) {
      min_max = static_cast<int>(i);
      ++min_max_count;
    }
  }
  if (min_max_count >= 1 && !rewrite.bare.empty()) node->bare_follows = min_max;
  if (keys == 0) {
    node->mode = AggregateMode::Plain;
    node->rows_estimate = 1;
    node->single_row_max = true;
    if (core.aggregates.size() == 1 && core.aggregates[0]->function->kind == BuiltinKind::CountStar &&
        core.aggregates[0]->filter == nullptr && rewrite.bare.empty() &&
        (input->kind == NodeKind::TableScan || input->kind == NodeKind::IndexScan)) {
      TableAccess& access = static_cast<ScanNode*>(input)->access;
      bool no_key = access.range.equals.empty() && access.range.lower == nullptr && access.range.upper == nullptr;
      access.count_only = no_key && access.filter == nullptr && access.index_filter == nullptr && access.fetch.empty();
    }
    return node;
  }
  double groups = input->rows_estimate / 2;
  node->groups_estimate = groups < 1 ? 1 : groups;
  node->rows_estimate = node->groups_estimate;
  node->single_row_max = input->single_row_max;
  if (chosen.ordered_terms == static_cast<int>(keys) || input->single_row_max) {
    node->mode = AggregateMode::Ordered;
    node->ordered_descending = arena.make_array<bool>(keys);
    if (plan.order.use == OrderUse::OrderBy) {
      for (size_t i = 0; i < keys; ++i) node->ordered_descending[i] = plan.order.terms[i].descending;
    }
  } else {
    node->mode = AggregateMode::Hash;
    // A sort that covers every key follows: the order of the groups before it would not be seen.
    node->output_in_key_order = true;
    if (group_gives_order) {
      bool ascending = true;
      for (const OrderTerm& term : order_by) ascending &= !term.descending && !term.nulls_last;
      node->output_in_key_order = ascending;
    }
  }
  return node;
}

Node* CoreBuilder::sort(Node* input, std::span<OrderTerm> terms, std::span<int32_t> payload, int ordered_prefix) {
  auto* node = make_above<SortNode>(arena, NodeKind::Sort, input);
  node->input = input;
  node->terms = terms;
  node->payload_slots = payload;
  node->ordered_prefix = static_cast<uint16_t>(ordered_prefix);
  node->limit = request.limit;
  node->offset = request.offset;
  return node;
}

Node* CoreBuilder::project(Node* input, std::span<BoundExpr*> exprs) {
  auto* node = make_above<ProjectNode>(arena, NodeKind::Project, input);
  node->input = input;
  node->exprs = exprs;
  node->slot_count = static_cast<uint16_t>(exprs.size());
  return node;
}

// Slots that expressions read, for the columns a sort must carry.
struct SlotSet {
  ArenaVector<int32_t> slots;
  explicit SlotSet(Arena& arena) : slots(arena) {}
  void add(BoundExpr* expr) {
    int32_t slot = expr->kind == BoundKind::Column ? expr->as<BoundColumn>()->slot
                   : expr->kind == BoundKind::Slot ? expr->as<bind::BoundSlot>()->slot
                                                   : -1;
    if (slot >= 0) {
      for (int32_t known : slots) {
        if (known == slot) return;
      }
      slots.push_back(slot);
      return;
    }
    bind::for_each_child(
        expr,
        [](void* self, BoundExpr** child) {
          if (*child != nullptr) static_cast<SlotSet*>(self)->add(*child);
        },
        this);
  }
};

Node* CoreBuilder::finish(Node* node, const ChosenPath& chosen) {
  BoundCore& core = plan.core;
  bool ordered = order_by.empty() || node->single_row_max;
  int prefix = 0;
  if (!ordered) {
    if (!core.is_aggregate) {
      prefix = chosen.ordered_terms;
      ordered = prefix == static_cast<int>(order_by.size());
    } else if (group_gives_order) {
      auto* groups =
          static_cast<AggregateNode*>(node->kind == NodeKind::Filter ? static_cast<FilterNode*>(node)->input : node);
      ordered = groups->mode == AggregateMode::Ordered || groups->output_in_key_order;
    } else if (order_by.size() <= core.group_by.size()) {
      // Groups leave in ascending key order: enough for a leading part of the keys.
      auto* groups =
          static_cast<AggregateNode*>(node->kind == NodeKind::Filter ? static_cast<FilterNode*>(node)->input : node);
      if (groups->mode == AggregateMode::Hash && groups->output_in_key_order) {
        ordered = true;
        for (size_t i = 0; i < order_by.size(); ++i) {
          const OrderTerm& term = order_by[i];
          bool is_key =
              term.expr->kind == BoundKind::Slot && term.expr->as<bind::BoundSlot>()->slot == static_cast<int32_t>(i);
          ordered &= is_key && !term.descending && !term.nulls_last &&
                     same_collation(term.collation, groups->key_collations[i]);
        }
      }
    }
  }
  bool distinct = core.distinct && !node->single_row_max && !distinct_is_redundant(plan);
  // Sorting the rows below the results evaluates them only for rows that leave. DISTINCT, and terms that must not be
  // evaluated twice, need the results first.
  bool results_first = distinct;
  for (const OrderTerm& term : order_by) results_first |= term.expr->is_volatile || term.expr->has_subquery;
  if (ordered || !results_first) {
    if (!ordered) {
      SlotSet payload(arena);
      for (BoundExpr* result : core.results) payload.add(result);
      node = sort(node, order_by, payload.slots.span(), prefix);
    }
    node = project(node, core.results);
    if (distinct) {
      auto* unique = make_above<DistinctNode>(arena, NodeKind::Distinct, node);
      unique->input = node;
      unique->key_count = static_cast<uint16_t>(core.results.size());
      unique->collations = core.result_collations;
      unique->input_is_grouped = chosen.distinct_ordered && !core.is_aggregate;
      node = unique;
    }
    return build_limit(context, node, request.limit, request.offset);
  }
  // Results, then the order terms that are not among them.
  size_t result_count = core.results.size();
  ArenaVector<BoundExpr*> exprs(arena);
  for (BoundExpr* result : core.results) exprs.push_back(result);
  std::span<OrderTerm> terms =
      arena.copy_array<OrderTerm>(std::span<const OrderTerm>(order_by.data(), order_by.size()));
  for (OrderTerm& term : terms) {
    size_t at = term.result_column >= 0 ? static_cast<size_t>(term.result_column) : exprs.size();
    if (term.result_column < 0) {
      for (size_t i = 0; i < exprs.size(); ++i) {
        if (!term.expr->is_volatile && bind::equal_exprs(exprs[i], term.expr)) {
          at = i;
          break;
        }
      }
      if (at == exprs.size()) exprs.push_back(term.expr);
    }
    term.expr = make_slot(arena, static_cast<int32_t>(at), *term.expr);
  }
  node = project(node, exprs.span());
  if (distinct) {
    auto* unique = make_above<DistinctNode>(arena, NodeKind::Distinct, node);
    unique->input = node;
    unique->key_count = static_cast<uint16_t>(result_count);
    unique->collations = core.result_collations;
    node = unique;
  }
  std::span<int32_t> payload = arena.make_array<int32_t>(result_count);
  for (size_t i = 0; i < result_count; ++i) payload[i] = static_cast<int32_t>(i);
  node = sort(node, terms, payload, prefix);
  node = build_limit(context, node, request.limit, request.offset);
  if (exprs.size() > result_count) {
    std::span<BoundExpr*> kept = arena.make_array<BoundExpr*>(result_count);
    for (size_t i = 0; i < result_count; ++i) kept[i] = make_slot(arena, static_cast<int32_t>(i), *core.results[i]);
    node = project(node, kept);
  }
  return node;
}

Result<Node*> CoreBuilder::build() {
  BoundCore& core = plan.core;
  order_by = arena.copy_array<OrderTerm>(std::span<const OrderTerm>(request.order_by.data(), request.order_by.size()));
  for (OrderTerm& term : order_by) {
    if (term.result_column >= 0) term.expr = core.results[static_cast<size_t>(term.result_column)];
  }
  SQLRITE_TRY(collect_sources(plan));
  // Wanted before the rewrite, while group keys and order terms still read columns.
  want_order();
  AggregateRewrite rewrite(plan);
  SQLRITE_TRY(collect_above(rewrite));
  SQLRITE_TRY(collect_terms(plan));
  for (const Term* term : plan.terms) volatile_seen |= term->expr != nullptr && term->expr->is_volatile;
  if (plan.order.use == OrderUse::Distinct && distinct_is_redundant(plan)) plan.order = WantedOrder();
  ChosenPath chosen;
  SQLRITE_TRY(choose_join(plan, &chosen));
  Result<Node*> joined = build_joins(plan, chosen);
  if (!joined.ok()) return joined;
  Node* node = joined.value();
  if (core.is_aggregate) {
    node = aggregate(node, chosen, rewrite);
    if (core.having != nullptr) {
      auto* filter = make_above<FilterNode>(arena, NodeKind::Filter, node);
      filter->input = node;
      filter->condition = core.having;
      node = filter;
    }
  }
  for (int i = 0; i < plan.source_count; ++i) {
    const SourceInfo& info = plan.sources[i];
    if (info.query_plan != nullptr) {
      volatile_seen |= info.query_plan->is_volatile;
      plan.reads_working_table |= info.query_plan->reads_working_table;
    }
    volatile_seen |= info.source->kind == SourceKind::TableFunction;
  }
  out.is_volatile |= volatile_seen;
  out.reads_working_table |= plan.reads_working_table;
  return finish(node, chosen);
}

}  // namespace

Result<Node*> build_core(PlanContext& context, BoundQuery& query, BoundCore& core, const CoreRequest& request,
                         QueryPlan& out) {
  if (!core.values.empty()) {
    Result<Node*> rows = build_values(context, query, core, out);
    if (!rows.ok()) return rows;
    Node* node = rows.value();
    if (!request.order_by.empty()) {
      auto* sort = make_above<SortNode>(context.arena, NodeKind::Sort, node);
      sort->input = node;
      sort->terms = context.arena.copy_array<OrderTerm>(
          std::span<const OrderTerm>(request.order_by.data(), request.order_by.size()));
      sort->payload_slots = context.arena.make_array<int32_t>(node->slot_count);
      for (int32_t i = 0; i < node->slot_count; ++i) sort->payload_slots[static_cast<size_t>(i)] = i;
      for (OrderTerm& term : sort->terms) {
        if (term.result_column >= 0)
          term.expr =
              make_slot(context.arena, term.result_column, *core.results[static_cast<size_t>(term.result_column)]);
      }
      sort->limit = request.limit;
      sort->offset = request.offset;
      node = sort;
    }
    return build_limit(context, node, request.limit, request.offset);
  }
  CoreBuilder builder(context, query, core, request, out);
  return builder.build();
}

Result<Node*> build_values(PlanContext& context, BoundQuery& query, BoundCore& core, QueryPlan& out) {
  CorePlan plan(context, query, core);
  auto* node = context.arena.make<ValuesNode>();
  node->kind = NodeKind::Values;
  size_t width = core.values[0].size();
  node->slot_count = static_cast<uint16_t>(width);
  node->rows = core.values;
  node->rows_estimate = static_cast<double>(core.values.size());
  node->single_row_max = core.values.size() == 1;
  node->slots = context.arena.make_array<int32_t>(width);
  for (size_t i = 0; i < width; ++i) node->slots[i] = static_cast<int32_t>(i);
  for (std::span<BoundExpr*> row : core.values) {
    for (BoundExpr* expr : row) {
      if (expr->kind == BoundKind::Constant || expr->kind == BoundKind::Parameter) continue;
      out.is_volatile |= expr->is_volatile;
      SQLRITE_TRY(collect_expr(plan, expr, nullptr));
    }
  }
  return static_cast<Node*>(node);
}

}  // namespace sqlrite::plan
