#include "exec/operator/operator_base.h"

#include <algorithm>
#include <new>

namespace sqlrite::exec {

using bind::BoundExpr;
using bind::BoundKind;

int32_t plain_slot(const BoundExpr* expr) {
  while (expr->kind == BoundKind::Collate) expr = expr->as<bind::BoundCollate>()->operand;
  if (expr->kind == BoundKind::Column) return expr->as<bind::BoundColumn>()->slot;
  if (expr->kind == BoundKind::Slot) return expr->as<bind::BoundSlot>()->slot;
  return -1;
}

Status ColumnExpr::make(const BoundExpr* expr, Arena& arena) {
  slot_ = plain_slot(expr);
  if (slot_ >= 0) return {};
  if (expr->kind == BoundKind::Constant) {
    constant_ = true;
    value_ = expr->as<bind::BoundConstant>()->value;
    return {};
  }
  return node_.make(expr, arena);
}

Result<ColumnExprs> make_column_exprs(std::span<BoundExpr* const> exprs, Arena& arena) {
  ColumnExprs made(new ColumnExpr[exprs.size()]);
  for (size_t i = 0; i < exprs.size(); ++i) SQLRITE_TRY(made[i].make(exprs[i], arena));
  return made;
}

Status gather_column(const Column& from, const uint16_t* rows, uint32_t count, ColumnBuffer& buffer, Column* to) {
  if (from.constant || from.rep == Column::Rep::Nulls) {
    *to = from;
    return {};
  }
  SQLRITE_TRY(buffer.reserve(count));
  buffer.attach(*to, from.rep);
  if (from.rep == Column::Rep::Cells) {
    for (uint32_t i = 0; i < count; ++i) to->cells[i] = from.cells[rows[i]];
    return {};
  }
  for (uint32_t i = 0; i < count; ++i) to->ints[i] = from.ints[rows[i]];  // or reals, of the same size
  to->has_nulls = from.has_nulls;
  if (!from.has_nulls) return {};
  for (uint32_t i = 0; i < count; ++i) to->nulls[i] = from.nulls[rows[i]];
  return {};
}

void shrink_arena(Arena& arena) {
  if (arena.size_bytes() > 4096) {
    arena.~Arena();
    new (&arena) Arena(512);
  } else {
    arena.reset();
  }
}

uint16_t* BaseOperator::selection_buffer(const Batch& batch) {
  if (!selection_) selection_ = make_buffer_array<uint16_t>(2 * kBatchRowsMax);
  return batch.selection == selection_.get() ? selection_.get() + kBatchRowsMax : selection_.get();
}

Status BaseOperator::keep_error(Status status, Batch& batch) {
  uint32_t position = eval_.failed_row;
  if (position == kNoRow) return status;
  if (batch.selection != nullptr) {
    position = static_cast<uint32_t>(
        std::lower_bound(batch.selection, batch.selection + batch.selected_count, position) - batch.selection);
  }
  if (position == 0 || position >= batch.selected_count) return status;
  cut_batch(batch, position);
  pending_ = std::move(status);
  return {};
}

Status BaseOperator::filter_or_cut(expr::Evaluator& condition, Batch& batch) {
  if (batch.selected_count == 1) {
    uint32_t row = batch.live_row(0);
    Value truth;
    SQLRITE_TRY(condition->evaluate_row(eval_, batch, row, &truth));
    if (expr::truth_of(truth) != 1) batch.selected_count = 0;
    return {};
  }
  if (batch.selected_count == 0) return {};
  uint16_t* kept = selection_buffer(batch);
  uint32_t count = 0;
  eval_.failed_row = kNoRow;
  Status status = condition->filter(eval_, batch, kept, &count);
  if (!status.ok()) {
    // A second evaluation of the rows before the failing one: they cannot fail and have no effects (user functions run
    // in batches of one).
    SQLRITE_TRY(keep_error(std::move(status), batch));
    SQLRITE_TRY(condition->filter(eval_, batch, kept, &count));
  }
  if (count < batch.selected_count) {
    batch.selection = kept;
    batch.selected_count = count;
  }
  return {};
}

// ---------------------------------------------------------------- walking plans

namespace {

void add_slot(std::vector<int32_t>& slots, int32_t slot) {
  if (slot < 0) return;
  auto at = std::lower_bound(slots.begin(), slots.end(), slot);
  if (at == slots.end() || *at != slot) slots.insert(at, slot);
}

void collect_child(void* context, BoundExpr** child) {
  if (*child != nullptr) collect_slots(*child, *static_cast<std::vector<int32_t>*>(context));
}

struct ExprVisit {
  void (*visit)(void* context, const BoundExpr* expr);
  void* context;
  void operator()(const BoundExpr* expr) const {
    if (expr != nullptr) visit(context, expr);
  }
  template <typename Span>
  void all(const Span& exprs) const {
    for (const BoundExpr* expr : exprs) (*this)(expr);
  }
  void range(const plan::KeyRange& key_range) const {
    for (const plan::KeyEqual& equal : key_range.equals) {
      (*this)(equal.value);
      all(equal.values);
      if (equal.in_query != nullptr) all(equal.in_query->query->outer_args);
    }
    (*this)(key_range.lower);
    (*this)(key_range.upper);
    if (key_range.prefix_of != nullptr) {
      (*this)(key_range.prefix_of->pattern);
      (*this)(key_range.prefix_of->escape);
    }
  }
  void access(const plan::TableAccess& table_access) const {
    range(table_access.range);
    (*this)(table_access.index_filter);
    (*this)(table_access.filter);
  }
};

// Expressions on one node, and its children of the same query core. `queries` is called for FROM sub-queries.
template <typename OnNode, typename OnQuery>
void visit_node(const plan::Node* node, const ExprVisit& exprs, OnNode&& on_node, OnQuery&& on_query) {
  using plan::NodeKind;
  switch (node->kind) {
    case NodeKind::SingleRow: break;
    case NodeKind::Values:
      for (const auto& row : static_cast<const plan::ValuesNode*>(node)->rows) exprs.all(row);
      break;
    case NodeKind::TableScan:
    case NodeKind::IndexScan: exprs.access(static_cast<const plan::ScanNode*>(node)->access); break;
    case NodeKind::MultiIndexOr: {
      const auto* multi = static_cast<const plan::MultiIndexOrNode*>(node);
      exprs.access(multi->table);
      for (const plan::TableAccess& branch : multi->branches) exprs.access(branch);
      break;
    }
    case NodeKind::QueryScan: {
      const auto* scan = static_cast<const plan::QueryScanNode*>(node);
      exprs(scan->filter);
      exprs.all(scan->key_values);
      exprs.all(scan->query->outer_args);
      on_query(scan->query);
      break;
    }
    case NodeKind::RecursiveScan: exprs(static_cast<const plan::RecursiveScanNode*>(node)->filter); break;
    case NodeKind::TableFunctionScan: {
      const auto* scan = static_cast<const plan::TableFunctionNode*>(node);
      exprs.all(scan->arguments);
      exprs(scan->filter);
      break;
    }
    case NodeKind::Filter: {
      const auto* filter = static_cast<const plan::FilterNode*>(node);
      exprs(filter->condition);
      on_node(filter->input);
      break;
    }
    case NodeKind::NestedLoopJoin: {
      const auto* join = static_cast<const plan::NestedLoopJoinNode*>(node);
      exprs(join->on);
      exprs(join->filter);
      on_node(join->outer);
      on_node(join->inner);
      break;
    }
    case NodeKind::HashJoin: {
      const auto* join = static_cast<const plan::HashJoinNode*>(node);
      exprs.all(join->probe_keys);
      exprs.all(join->build_keys);
      exprs(join->on);
      exprs(join->filter);
      on_node(join->probe);
      on_node(join->build);
      break;
    }
    case NodeKind::Aggregate: {
      const auto* aggregate = static_cast<const plan::AggregateNode*>(node);
      exprs.all(aggregate->keys);
      for (const bind::BoundAggregate* call : aggregate->aggregates) exprs(call);
      exprs.all(aggregate->bare);
      on_node(aggregate->input);
      break;
    }
    case NodeKind::Project: {
      const auto* project = static_cast<const plan::ProjectNode*>(node);
      exprs.all(project->exprs);
      on_node(project->input);
      break;
    }
    case NodeKind::Distinct: on_node(static_cast<const plan::DistinctNode*>(node)->input); break;
    case NodeKind::Sort: {
      const auto* sort = static_cast<const plan::SortNode*>(node);
      for (const bind::OrderTerm& term : sort->terms) exprs(term.expr);
      exprs(sort->limit);
      exprs(sort->offset);
      on_node(sort->input);
      break;
    }
    case NodeKind::Limit: {
      const auto* limit = static_cast<const plan::LimitNode*>(node);
      exprs(limit->limit);
      exprs(limit->offset);
      on_node(limit->input);
      break;
    }
    case NodeKind::Compound:
      for (const plan::Node* input : static_cast<const plan::CompoundNode*>(node)->inputs) on_node(input);
      break;
    case NodeKind::RecursiveUnion: {
      const auto* recursive = static_cast<const plan::RecursiveUnionNode*>(node);
      on_node(recursive->seed);
      on_node(recursive->step);
      exprs(recursive->limit);
      exprs(recursive->offset);
      break;
    }
  }
}

bool user_function_in(const BoundExpr* expr);
void user_function_child(void* context, BoundExpr** child) {
  if (*child != nullptr && user_function_in(*child)) *static_cast<bool*>(context) = true;
}
bool user_function_in(const BoundExpr* expr) {
  if (expr->kind == BoundKind::Function &&
      (expr->as<bind::BoundFunction>()->function->flags & functions::function_flags::kUser) != 0) {
    return true;
  }
  if (expr->kind == BoundKind::Like && expr->as<bind::BoundLike>()->function != nullptr) return true;
  bool found = false;
  bind::for_each_child(const_cast<BoundExpr*>(expr), user_function_child, &found);
  return found;
}

}  // namespace

void collect_slots(const BoundExpr* expr, std::vector<int32_t>& slots) {
  if (expr->kind == BoundKind::Column) {
    add_slot(slots, expr->as<bind::BoundColumn>()->slot);
  } else if (expr->kind == BoundKind::Slot) {
    add_slot(slots, expr->as<bind::BoundSlot>()->slot);
  } else {
    bind::for_each_child(const_cast<BoundExpr*>(expr), collect_child, &slots);
  }
}

void collect_slots(const plan::Node* node, std::vector<int32_t>& slots) {
  ExprVisit exprs{
      [](void* context, const BoundExpr* expr) { collect_slots(expr, *static_cast<std::vector<int32_t>*>(context)); },
      &slots};
  visit_node(node, exprs, [&](const plan::Node* child) { collect_slots(child, slots); }, [](const plan::QueryPlan*) {});
}

bool calls_user_function(const plan::Node* node) {
  bool found = false;
  ExprVisit exprs{[](void* context, const BoundExpr* expr) {
                    if (user_function_in(expr)) *static_cast<bool*>(context) = true;
                  },
                  &found};
  visit_node(
      node, exprs, [&](const plan::Node* child) { found = found || calls_user_function(child); },
      [&](const plan::QueryPlan* query) { found = found || calls_user_function(query->root); });
  return found;
}

}  // namespace sqlrite::exec
