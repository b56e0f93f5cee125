// Conditions on the columns of a FROM sub-query move into it, where they may use its indexes and leave fewer rows to
// materialize. Into a compound they go arm by arm; over an aggregation they become HAVING, or WHERE when they read
// nothing but group keys.
#include "plan/rules/rewrite.h"
#include "plan/rules/rules.h"
#include "types/affinity.h"

namespace sqlrite::plan {

namespace {

bool accepts_conditions(const BoundQuery& inner) {
  if (inner.is_recursive || inner.limit != nullptr || inner.offset != nullptr) return false;
  bool only_union_all = true;
  for (size_t i = 1; i < inner.operators.size(); ++i)
    only_union_all &= inner.operators[i] == bind::CompoundOp::UnionAll;
  for (const BoundCore* core : inner.cores) {
    if (!core->values.empty()) return false;
    for (const BoundExpr* result : core->results) {
      if (result->is_volatile || result->has_subquery) return false;
    }
    // Rows that count as equal must be judged equally by the condition.
    if (core->distinct || !only_union_all) {
      for (const Collation* collation : core->result_collations) {
        if (collation->kind != Collation::Kind::Binary) return false;
      }
    }
  }
  return true;
}

struct ColumnCheck {
  const BoundSource* source;
  bool only_source = true;
  bool any = false;
};

void check_columns(ColumnCheck& check, BoundExpr* expr) {
  if (expr->kind == BoundKind::Column) {
    check.any = true;
    check.only_source &= expr->as<BoundColumn>()->source == check.source;
    return;
  }
  bind::for_each_child(
      expr,
      [](void* context, BoundExpr** child) {
        if (*child != nullptr) check_columns(*static_cast<ColumnCheck*>(context), *child);
      },
      &check);
}

bool movable(BoundExpr* condition, const BoundSource* source) {
  if (condition->is_volatile || condition->has_subquery || condition->has_outer) return false;
  ColumnCheck check{source};
  check_columns(check, condition);
  return check.any && check.only_source;
}

// Does the condition read only results that are group keys of `core`?
bool reads_only_keys(BoundExpr* condition, const BoundCore& core) {
  struct Check {
    const BoundCore* core;
    bool keys = true;
  } check{&core};
  auto visit = [](auto&& self, Check& state, BoundExpr* expr) -> void {
    if (expr->kind == BoundKind::Column) {
      const BoundExpr* result = state.core->results[static_cast<size_t>(expr->as<BoundColumn>()->column)];
      bool is_key = false;
      for (const BoundExpr* key : state.core->group_by) is_key |= bind::equal_exprs(result, key);
      state.keys &= is_key;
      return;
    }
    struct Step {
      decltype(self)& again;
      Check& state;
    } step{self, state};
    bind::for_each_child(
        expr,
        [](void* context, BoundExpr** child) {
          auto* at = static_cast<Step*>(context);
          if (*child != nullptr) at->again(at->again, at->state, *child);
        },
        &step);
  };
  visit(visit, check, condition);
  if (!check.keys) return false;
  for (const BoundExpr* key : core.group_by) {
    if (key->collation != nullptr && key->collation->kind != Collation::Kind::Binary) return false;
  }
  return true;
}

// Arms of a compound may have columns of different affinities; in an arm a comparison is the arm's own.
struct AffinityRefresh {
  Arena& arena;
  bool changed = false;

  static Affinity of(const BoundExpr* left, const BoundExpr* right) {
    Affinity affinity = comparison_affinity(left->affinity, right->affinity);
    return affinity >= Affinity::Numeric ? Affinity::Numeric
           : affinity == Affinity::Text  ? Affinity::Text
                                         : Affinity::None;
  }
  void set(Affinity& affinity, Affinity now) {
    bool same = affinity == now || (affinity <= Affinity::Blob && now <= Affinity::Blob) ||
                (affinity >= Affinity::Numeric && now >= Affinity::Numeric);
    if (same) return;
    affinity = now;
    changed = true;
  }
  void visit(BoundExpr* expr) {
    switch (expr->kind) {
      case BoundKind::Compare: {
        auto* compare = expr->as<bind::BoundCompare>();
        set(compare->operand_affinity, of(compare->left, compare->right));
        break;
      }
      case BoundKind::Between: {
        auto* between = expr->as<bind::BoundBetween>();
        set(between->low_affinity, of(between->operand, between->low));
        set(between->high_affinity, of(between->operand, between->high));
        break;
      }
      case BoundKind::InList: {
        auto* in = expr->as<bind::BoundInList>();
        Affinity own = in->operand->affinity;
        set(in->operand_affinity, own >= Affinity::Numeric ? Affinity::Numeric
                                  : own == Affinity::Text  ? own
                                                           : Affinity::None);
        break;
      }
      case BoundKind::RowCompare: {
        auto* row = expr->as<bind::BoundRowCompare>();
        row->operand_affinities =
            arena.copy_array<Affinity>(row->operand_affinities);  // copies of expressions share it
        for (size_t i = 0; i < row->left.size(); ++i) set(row->operand_affinities[i], of(row->left[i], row->right[i]));
        break;
      }
      default: break;
    }
    bind::for_each_child(
        expr,
        [](void* self, BoundExpr** child) {
          if (*child != nullptr) static_cast<AffinityRefresh*>(self)->visit(*child);
        },
        this);
  }
};

// True when the condition means the same everywhere inside, so that it need not be checked again outside.
bool move_into(PlanContext& context, BoundExpr* condition, const BoundSource& source) {
  bool same = true;
  for (BoundCore* core : source.query->cores) {
    BoundExpr* copy = bind::clone_expr(condition, context.arena);
    Substitution columns{context.arena, &source, core->results, false, {}};
    columns.apply(&copy);
    if (source.query->cores.size() > 1) {
      AffinityRefresh refresh{context.arena};
      refresh.visit(copy);
      same &= !refresh.changed;
    }
    bool before_groups = !core->is_aggregate || (!core->group_by.empty() && reads_only_keys(condition, *core));
    BoundExpr*& target = before_groups ? core->where : core->having;
    target = conjunction(context.arena, target, copy);
  }
  return same;
}

// Moves what can be moved out of `condition`; returns what stays.
BoundExpr* move_conjuncts(PlanContext& context, BoundExpr* condition, const BoundSource& source) {
  ArenaVector<BoundExpr*> conjuncts(context.scratch);
  split_conjuncts(condition, conjuncts);
  BoundExpr* rest = nullptr;
  bool moved = false;
  for (BoundExpr* conjunct : conjuncts) {
    if (movable(conjunct, &source)) {
      moved = true;
      if (!move_into(context, conjunct, source)) rest = conjunction(context.arena, rest, conjunct);
    } else {
      rest = conjunction(context.arena, rest, conjunct);
    }
  }
  return moved ? rest : condition;
}

}  // namespace

void push_down_predicates(PlanContext& context, BoundQuery& query, BoundCore& core) {
  (void)query;
  bool right = false;
  for (size_t i = core.sources.size(); i > 0; --i) {
    BoundSource& source = *core.sources[i - 1];
    JoinKind join = i == 1 ? JoinKind::Inner : source.join;
    bool candidate =
        source.kind == SourceKind::Query && !source.materialize && !right && accepts_conditions(*source.query);
    if (candidate && (join == JoinKind::Inner || join == JoinKind::Cross) && core.where != nullptr) {
      core.where = move_conjuncts(context, core.where, source);
    } else if (candidate && join == JoinKind::Left && source.on != nullptr) {
      source.on = move_conjuncts(context, source.on, source);
    }
    right |= join == JoinKind::Right || join == JoinKind::Full;
  }
}

}  // namespace sqlrite::plan
