#include "plan/physical/build_changes.h"

#include "plan/explain/node_expressions.h"
#include "plan/physical/builders.h"

namespace sqlrite::plan {

namespace {

// Gives columns of target rows their places and plans the sub-queries of such expressions.
struct TargetWalk {
  PlanContext& context;
  const bind::BoundTarget& target;
  const BoundSource* excluded = nullptr;
  Status status;

  void visit(BoundExpr* expr) {
    if (expr == nullptr || !status.ok()) return;
    switch (expr->kind) {
      case BoundKind::Constant:
      case BoundKind::Parameter: return;
      case BoundKind::Column: {
        auto* column = expr->as<BoundColumn>();
        auto count = static_cast<int32_t>(target.table->columns.size());
        int32_t base = column->source == excluded && excluded != nullptr ? count + 1 : 0;
        column->slot = base + (column->column == catalog::kRowIdColumn ? count : column->column);
        return;
      }
      case BoundKind::ScalarQuery:
        plan_into(*expr->as<bind::BoundScalarQuery>()->query, &expr->as<bind::BoundScalarQuery>()->subquery_index);
        break;
      case BoundKind::Exists:
        plan_into(*expr->as<bind::BoundExists>()->query, &expr->as<bind::BoundExists>()->subquery_index);
        break;
      case BoundKind::InQuery:
        plan_into(*expr->as<bind::BoundInQuery>()->query, &expr->as<bind::BoundInQuery>()->subquery_index);
        break;
      default: break;
    }
    bind::for_each_child(
        expr, [](void* self, BoundExpr** child) { static_cast<TargetWalk*>(self)->visit(*child); }, this);
  }
  void visit(std::span<BoundExpr*> exprs) {
    for (BoundExpr* expr : exprs) visit(expr);
  }
  void plan_into(BoundQuery& query, int32_t* index) {
    Result<int32_t> planned = plan_subquery(context, query);
    if (planned.ok()) {
      *index = planned.value();
    } else {
      status = planned.take_status();
    }
  }
  void visit_target() {
    visit(target.defaults);
    visit(target.checks);
    visit(target.generated);
    for (bind::BoundTarget::IndexExprs& index : target.indexes) {
      visit(index.fields);
      visit(index.where);
    }
  }
};

bool calls_user_function(BoundExpr* expr) {
  if (expr == nullptr) return false;
  if (expr->kind == BoundKind::Function &&
      (expr->as<bind::BoundFunction>()->function->flags & functions::function_flags::kUser) != 0) {
    return true;
  }
  if (expr->kind == BoundKind::Like && expr->as<bind::BoundLike>()->function != nullptr) return true;
  bool found = false;
  bind::for_each_child(
      expr, [](void* context, BoundExpr** child) { *static_cast<bool*>(context) |= calls_user_function(*child); },
      &found);
  return found;
}

// Changes of a rowid table that are the same whether the rows are found before the first of them is changed, or one by one
// in a state that the changes do not reach: no row is found through another, no code of the user runs in between.
bool may_stream(const BoundCore& core, const bind::BoundTarget& target, std::span<OrderTerm> order_by,
                const BoundExpr* limit) {
  return core.sources.size() == 1 && !target.table->without_rowid && target.table->triggers.empty() &&
         order_by.empty() && limit == nullptr && !calls_user_function(core.where) &&
         (core.where == nullptr || !core.where->has_subquery);
}

// May its SET values be computed along with the search? Not if they could see rows changed before, or if a row could be
// replaced, or get another key, before its turn.
bool may_set_from_finder(const bind::BoundUpdate& update) {
  const catalog::Table& table = *update.target.table;
  if (!may_stream(*update.core, update.target, update.order_by, update.limit)) return false;
  bool replaces = update.on_conflict == catalog::ConflictAction::Replace;
  for (const bind::BoundTarget::IndexExprs& index : update.target.indexes) {
    replaces |= index.index->conflict == catalog::ConflictAction::Replace;
  }
  if (replaces) return false;
  for (size_t i = 0; i < update.columns.size(); ++i) {
    int16_t column = update.columns[i];
    if (column == catalog::kRowIdColumn || column == table.rowid_alias) return false;
    BoundExpr* value = update.core->results[i];
    if (calls_user_function(value)) return false;
    if (value->has_subquery && (update.reads_target || update.target.calls_user_function)) return false;
  }
  return true;
}

// A query that finds the rows to change: the key of the target, then `more` values.
Result<QueryPlan*> plan_finder(PlanContext& context, const BoundCore& core, const bind::BoundTarget& target,
                               std::span<BoundExpr* const> more, std::span<OrderTerm> order_by, BoundExpr* limit,
                               BoundExpr* offset, uint16_t* key_count) {
  Arena& arena = context.arena;
  const catalog::Table& table = *target.table;
  BoundSource* source = core.sources[0];
  size_t keys = table.without_rowid ? table.primary_key_index->key_field_count : 1;
  auto* finder = arena.make<BoundCore>(core);
  finder->results = arena.make_array<BoundExpr*>(keys + more.size());
  for (size_t i = 0; i < keys; ++i) {
    auto* column = arena.make<BoundColumn>();
    column->kind = BoundKind::Column;
    column->source = source;
    column->column = table.without_rowid ? table.primary_key_index->fields[i].column : catalog::kRowIdColumn;
    column->has_column = true;
    if (table.without_rowid) {
      const catalog::TableColumn& definition = table.columns[static_cast<size_t>(column->column)];
      column->affinity = definition.affinity;
      column->collation = definition.collation;
    } else {
      column->affinity = Affinity::Integer;
    }
    finder->results[i] = column;
  }
  for (size_t i = 0; i < more.size(); ++i) finder->results[keys + i] = more[i];
  auto* query = arena.make<BoundQuery>();
  query->cores = arena.make_array<BoundCore*>(1);
  query->cores[0] = finder;
  query->operators = arena.make_array<bind::CompoundOp>(1);
  query->order_by = order_by;
  query->limit = limit;
  query->offset = offset;
  *key_count = static_cast<uint16_t>(keys);
  if (core.sources.size() == 1) context.finder = query;
  SQLRITE_TRY_ASSIGN(QueryPlan * plan, plan_query(context, *query));
  if (more.empty() || core.sources.size() == 1) return plan;
  // UPDATE ... FROM: all matches of a target row side by side, the last one counts.
  const Node* first = plan->root;
  for (auto below = child_nodes(*first); !below.empty(); below = child_nodes(*first)) first = below[0];
  bool target_outermost = (first->kind == NodeKind::TableScan || first->kind == NodeKind::IndexScan) &&
                          static_cast<const ScanNode*>(first)->access.source == source;
  if (target_outermost) return plan;
  auto* sort = arena.make<SortNode>();
  sort->kind = NodeKind::Sort;
  sort->slot_count = plan->root->slot_count;
  sort->rows_estimate = plan->root->rows_estimate;
  sort->input = plan->root;
  sort->terms = arena.make_array<OrderTerm>(keys);
  for (size_t i = 0; i < keys; ++i) {
    sort->terms[i].expr = make_slot(arena, static_cast<int32_t>(i), *finder->results[i]);
    const Collation* collation = finder->results[i]->collation;
    sort->terms[i].collation = collation != nullptr ? collation : &kBinaryCollation;
  }
  sort->payload_slots = arena.make_array<int32_t>(sort->slot_count);
  for (int32_t i = 0; i < sort->slot_count; ++i) sort->payload_slots[static_cast<size_t>(i)] = i;
  plan->root = sort;
  return plan;
}

}  // namespace

Status build_insert(PlanContext& context, bind::BoundInsert* insert) {
  auto* made = context.arena.make<InsertPlan>();
  made->bound = insert;
  context.plan.insert = made;
  if (insert->source != nullptr) {
    SQLRITE_TRY_ASSIGN(made->source, plan_query(context, *insert->source));
  }
  context.written = insert->target.table;
  TargetWalk walk{context, insert->target, nullptr, {}};
  walk.visit_target();
  for (bind::BoundUpsert& upsert : insert->upserts) {
    walk.excluded = upsert.excluded;
    walk.visit(upsert.values);
    walk.visit(upsert.where);
  }
  walk.excluded = nullptr;
  if (insert->returning != nullptr) {
    walk.visit(insert->returning->results);
    context.plan.columns = insert->returning->columns;
  }
  return std::move(walk.status);
}

Status build_update(PlanContext& context, bind::BoundUpdate* update) {
  auto* made = context.arena.make<UpdatePlan>();
  made->bound = update;
  context.plan.update = made;
  made->streams = may_set_from_finder(*update);
  made->set_from_finder = update->core->sources.size() > 1 || made->streams;
  std::span<BoundExpr*> values = made->set_from_finder ? update->core->results : std::span<BoundExpr*>();
  SQLRITE_TRY_ASSIGN(made->finder, plan_finder(context, *update->core, update->target, values, update->order_by,
                                               update->limit, update->offset, &made->key_count));
  context.written = update->target.table;
  TargetWalk walk{context, update->target, nullptr, {}};
  walk.visit_target();
  if (!made->set_from_finder) walk.visit(update->core->results);
  if (update->returning != nullptr) {
    walk.visit(update->returning->results);
    context.plan.columns = update->returning->columns;
  }
  return std::move(walk.status);
}

Status build_delete(PlanContext& context, bind::BoundDelete* remove) {
  auto* made = context.arena.make<DeletePlan>();
  made->bound = remove;
  context.plan.remove = made;
  made->truncate = remove->core->where == nullptr && remove->limit == nullptr && remove->returning == nullptr &&
                   remove->target.table->triggers.empty() && remove->core->sources.size() == 1;
  made->streams = may_stream(*remove->core, remove->target, remove->order_by, remove->limit);
  SQLRITE_TRY_ASSIGN(made->finder, plan_finder(context, *remove->core, remove->target, {}, remove->order_by,
                                               remove->limit, remove->offset, &made->key_count));
  context.written = remove->target.table;
  TargetWalk walk{context, remove->target, nullptr, {}};
  walk.visit_target();
  if (remove->returning != nullptr) {
    walk.visit(remove->returning->results);
    context.plan.columns = remove->returning->columns;
  }
  return std::move(walk.status);
}

}  // namespace sqlrite::plan
