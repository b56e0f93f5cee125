// Join order: the best few partial orders are kept for each length and extended by every access path that fits
// (as SQLite does): exact for small joins in practice, linear in the number of sources for large ones.
#include "plan/logical/core_plan.h"

namespace sqlrite::plan {

namespace {

constexpr int kPathsTwo = 5;    // partial orders kept in a join of two
constexpr int kPathsMany = 12;  // of more
constexpr int kPathsStar = 18;  // when one source is joined to three or more others
constexpr LogEst kStartRows = 0;
constexpr LogEst kHashOuterRows = 3;  // with fewer outer rows a look-up structure is not worth building

struct Partial {
  SourceMask mask = 0;
  SourceMask reverse = 0;
  LogEst rows = kStartRows;
  LogEst cost = 0;
  LogEst unsorted = 0;
  int8_t ordered = -1;  // leading terms of the wanted order; -1: not decided yet
  AccessPath** paths = nullptr;
};

LogEst sort_cost(const CorePlan& plan, LogEst rows, int wanted, int sorted) {
  // Groups and distinct rows are hashed: about twice the cost of a row, whatever their number.
  if (plan.order.hashed) return static_cast<LogEst>(rows + 10);
  LogEst columns = log_est((plan.core.results.size() + 59) / 30);
  int cost = rows + columns;
  if (sorted > 0) cost += log_est(static_cast<uint64_t>((wanted - sorted) * 100 / wanted)) - 66;
  if (plan.order.limit > 0) {
    cost += 10;
    if (sorted != 0) cost += 6;
    if (plan.order.limit < rows) rows = plan.order.limit;
  } else if (plan.order.distinct && rows > 10) {
    rows = static_cast<LogEst>(rows - 10);
  }
  return static_cast<LogEst>(cost + log_of(rows));
}

// Is the column fixed to one value by an equality with something already known when `source` is read?
bool fixed_by_equality(const CorePlan& plan, int source, int16_t column, const BoundExpr* expr, SourceMask ready,
                       const Collation* collation) {
  for (const Term* term : plan.terms) {
    if (term->source != source || (term->op & (term_op::kEquality | term_op::kIsNull)) == 0) continue;
    if ((term->mask_right & ~ready) != 0) continue;
    if (term->column != column) continue;
    if (column == catalog::kExpressionColumn && !bind::equal_exprs(term->left, expr)) continue;
    // An ON condition says nothing of the NULL row of its join.
    if (term->on_source >= 0 || !usable_at(plan, *term, source)) continue;
    if ((term->op & term_op::kEquality) != 0) {
      if (!same_collation(term->collation, collation)) continue;
      // Values that a comparison makes equal by converting them (5 and '5') are not one value.
      Affinity own = term->left->affinity;
      if (column == catalog::kRowIdColumn) own = Affinity::Integer;
      if (term->affinity == Affinity::Text && own != Affinity::Text) continue;
      if (term->affinity >= Affinity::Numeric && own < Affinity::Numeric) continue;
    }
    return true;
  }
  return false;
}

// Number of partial paths worth keeping: more where one table has many dimension tables.
int paths_to_keep(const CorePlan& plan, bool star) {
  if (plan.source_count <= 1) return 1;
  if (plan.source_count == 2) return kPathsTwo;
  return star ? kPathsStar : kPathsMany;
}

// Star joins: scanning a small dimension table first looks cheap and makes everything after it expensive. As SQLite
// does, full scans of tables that hang on a common fact table are made as dear as the fact table's own scan.
bool raise_dimension_scans(CorePlan& plan) {
  bool star = false;
  if (plan.source_count < 4) return false;
  for (int fact = 0; fact < plan.source_count; ++fact) {
    JoinKind join = plan.sources[fact].join;
    bool pinned = join != JoinKind::Inner;
    SourceMask seen = 0, self_joins = 0;
    int dependents = 0;
    if (pinned && fact + 3 > plan.source_count) break;
    for (int other = 0; other < plan.source_count; ++other) {
      if (pinned && other <= fact) continue;
      if (plan.sources[other].join != JoinKind::Inner) continue;
      for (AccessPath* path = plan.paths; path != nullptr; path = path->next) {
        if (path->source != other || (path->prerequisite & bit(fact)) == 0) continue;
        if ((seen & bit(other)) != 0 || (self_joins & bit(other)) != 0) break;
        if (plan.sources[other].table != nullptr && plan.sources[other].table == plan.sources[fact].table) {
          self_joins |= bit(other);
        } else {
          ++dependents;
          seen |= bit(other);
        }
      }
    }
    if (dependents <= 2) continue;
    LogEst most = 0;
    for (AccessPath* path = plan.paths; path != nullptr; path = path->next) {
      if (path->source == fact && path->run > most) most = path->run;
    }
    ++most;
    star = true;
    for (AccessPath* path = plan.paths; path != nullptr; path = path->next) {
      if ((seen & bit(path->source)) != 0 && path->terms.empty() && path->run < most) path->run = most;
    }
  }
  return star;
}

}  // namespace

int ordered_prefix(const CorePlan& plan, AccessPath* const* paths, int count, std::span<OrderTerm> terms, OrderUse use,
                   SourceMask* reverse) {
  *reverse = 0;
  const int wanted = static_cast<int>(terms.size());
  if (wanted == 0) return 0;
  if (wanted > 63) return 0;
  if (plan.last_right_join >= 0) return 0;  // rows without a partner come last, whatever their order
  const uint64_t all = bit(wanted) - 1;
  uint64_t satisfied = 0;
  bool any_place = use != OrderUse::OrderBy;  // GROUP BY and DISTINCT: terms in any sequence and direction
  SourceMask ready = 0;                       // sources read before this one
  SourceMask distinct_mask = 0;               // sources whose rows are pinned down by the order so far
  bool order_distinct = true;
  for (int level = 0; level < count && order_distinct && satisfied != all; ++level) {
    if (level > 0) ready |= bit(paths[level - 1]->source);
    const AccessPath* path = paths[level];
    const SourceInfo& info = plan.sources[path->source];
    // Terms that are constant while this source is read.
    for (int i = 0; i < wanted; ++i) {
      if ((satisfied & bit(i)) != 0) continue;
      BoundExpr* expr = strip_collate(terms[static_cast<size_t>(i)].expr);
      if (expr->kind == BoundKind::Constant || (!expr->has_column && !expr->is_volatile && !expr->has_subquery)) {
        satisfied |= bit(i);
        continue;
      }
      int16_t column = catalog::kExpressionColumn;
      if (expr->kind == BoundKind::Column) {
        auto* reference = expr->as<BoundColumn>();
        if (reference->source != info.source) continue;
        column = normal_column(*reference->source, reference->column);
      } else if (expr_mask(expr) != bit(path->source)) {
        continue;
      }
      if (fixed_by_equality(plan, path->source, column, expr, ready, terms[static_cast<size_t>(i)].collation)) {
        satisfied |= bit(i);
      }
    }
    if ((path->flags & path_flag::kOneRow) == 0) {
      int key_count, field_count;
      if (path->kind == PathKind::Table) {
        key_count = 0;
        field_count = 1;
      } else if (path->kind == PathKind::Index && !path->index->unordered) {
        key_count = path->index->key_field_count;
        field_count = path->index->is_without_rowid_table ? key_count : static_cast<int>(path->index->fields.size());
        order_distinct = path->index->unique;
      } else {
        return 0;  // no order that could be relied on
      }
      bool distinct_columns = false;
      bool reverse_set = false, reversed = false;
      for (int field = 0; field < field_count; ++field) {
        const catalog::IndexField* key =
            path->kind == PathKind::Index ? &path->index->fields[static_cast<size_t>(field)] : nullptr;
        bool once = true;
        if (field < path->equal_count) {
          uint16_t op = path->terms[static_cast<size_t>(field)]->op;
          if ((op & (term_op::kEquality | term_op::kIsNull)) != 0) {
            if ((op & term_op::kIsNull) != 0 || op == term_op::kIs) order_distinct = false;
            continue;  // one value only
          }
        }
        int16_t column = key == nullptr                              ? catalog::kRowIdColumn
                         : key->column == catalog::kExpressionColumn ? key->column
                                                                     : normal_column(*info.source, key->column);
        bool key_descending = key != nullptr && key->descending;
        // A NULL may repeat in a unique index.
        if (order_distinct && field >= path->equal_count && key != nullptr && column != catalog::kRowIdColumn) {
          if (column < 0 || !info.table->columns[static_cast<size_t>(column)].not_null) {
            if (!path->index->is_without_rowid_table) order_distinct = false;
          }
        }
        bool match = false;
        int at = 0;
        for (int i = 0; i < wanted && once; ++i) {
          if ((satisfied & bit(i)) != 0) continue;
          if (!any_place) once = false;
          const OrderTerm& term = terms[static_cast<size_t>(i)];
          BoundExpr* expr = strip_collate(term.expr);
          if (expr->kind == BoundKind::Column) {
            auto* reference = expr->as<BoundColumn>();
            if (reference->source != info.source) continue;
            int16_t number = normal_column(*reference->source, reference->column);
            if (column == catalog::kExpressionColumn || number != column) continue;
          } else {
            if (key == nullptr || !field_matches(path->index, field, info.source, catalog::kExpressionColumn, expr))
              continue;
          }
          if (column != catalog::kRowIdColumn && key != nullptr && !same_collation(term.collation, key->collation))
            continue;
          match = true;
          at = i;
          break;
        }
        if (match && !any_place) {
          const OrderTerm& term = terms[static_cast<size_t>(at)];
          if (term.nulls_last != term.descending) {
            // NULLs are wanted where the index does not have them.
            bool never_null =
                column == catalog::kRowIdColumn ||
                (column >= 0 && info.table->columns[static_cast<size_t>(column)].not_null && !info.null_extended);
            if (!never_null) match = false;
          }
          if (match && reverse_set) {
            if ((reversed != key_descending) != term.descending) match = false;
          } else if (match) {
            reversed = key_descending != term.descending;
            if (reversed) *reverse |= bit(path->source);
            reverse_set = true;
          }
        }
        if (match) {
          if (column == catalog::kRowIdColumn) distinct_columns = true;
          satisfied |= bit(at);
        } else {
          if (field == 0 || field < key_count) order_distinct = false;
          break;
        }
      }
      if (distinct_columns) order_distinct = true;
    }
    if (order_distinct) {
      distinct_mask |= bit(path->source);
      for (int i = 0; i < wanted; ++i) {
        if ((satisfied & bit(i)) != 0) continue;
        BoundExpr* expr = terms[static_cast<size_t>(i)].expr;
        if (expr->is_volatile || expr->has_subquery) continue;
        if ((expr_mask(expr) & ~distinct_mask) == 0) satisfied |= bit(i);
      }
    }
  }
  if (satisfied == all) return wanted;
  if (!order_distinct || use != OrderUse::OrderBy) {
    if (use != OrderUse::OrderBy) return order_distinct ? -1 : 0;
    for (int i = wanted - 1; i > 0; --i) {
      if ((satisfied & (bit(i) - 1)) == bit(i) - 1) return i;
    }
    return 0;
  }
  return -1;
}

Status choose_join(CorePlan& plan, ChosenPath* chosen) {
  const int count = plan.source_count;
  chosen->count = count;
  if (count == 0) {
    chosen->ordered_terms = static_cast<int>(plan.order.terms.size());
    return {};
  }
  if (AccessPath* only = short_cut_path(plan); only != nullptr) {
    chosen->path[0] = only;
    chosen->row_count = 1;
    chosen->ordered_terms = static_cast<int>(plan.order.terms.size());
    chosen->distinct_ordered = true;
    return {};
  }
  SQLRITE_TRY(add_paths(plan));
  const int keep = paths_to_keep(plan, raise_dimension_scans(plan));
  Arena& scratch = plan.context.scratch;
  std::span<Partial> from = scratch.make_array<Partial>(static_cast<size_t>(keep));
  std::span<Partial> to = scratch.make_array<Partial>(static_cast<size_t>(keep));
  for (int i = 0; i < keep; ++i) {
    from[static_cast<size_t>(i)].paths = scratch.make_array<AccessPath*>(static_cast<size_t>(count)).data();
    to[static_cast<size_t>(i)].paths = scratch.make_array<AccessPath*>(static_cast<size_t>(count)).data();
  }
  AccessPath** candidate = scratch.make_array<AccessPath*>(static_cast<size_t>(count)).data();
  std::span<OrderTerm> wanted = plan.order.terms;
  const int order_count = static_cast<int>(wanted.size()) > 63 ? 0 : static_cast<int>(wanted.size());

  // The cost of a sort depends on how many rows come out, which is known only after a first round without the order.
  LogEst row_estimate = 0;
  for (int round = order_count > 0 ? 0 : 1; round < 2; ++round) {
    const int orders = round == 0 ? 0 : order_count;
    int from_count = 1;
    from[0] = Partial{0, 0, kStartRows, 0, 0, static_cast<int8_t>(orders > 0 ? -1 : 0), from[0].paths};
    for (int level = 0; level < count; ++level) {
      int to_count = 0, worst = 0;
      for (int f = 0; f < from_count; ++f) {
        const Partial& base = from[static_cast<size_t>(f)];
        for (AccessPath* path = plan.paths; path != nullptr; path = path->next) {
          if ((path->prerequisite & ~base.mask) != 0 || (base.mask & bit(path->source)) != 0) continue;
          if (path->kind == PathKind::Hash && base.rows < kHashOuterRows) continue;
          LogEst unsorted = static_cast<LogEst>(path->run + base.rows);
          if (path->setup > 0) unsorted = log_add(path->setup, unsorted);
          unsorted = log_add(unsorted, base.unsorted);
          LogEst rows = static_cast<LogEst>(base.rows + path->out);
          SourceMask mask = base.mask | bit(path->source);
          int ordered = base.ordered;
          SourceMask reverse = base.reverse;
          if (orders > 0 && ordered < 0) {
            for (int i = 0; i < level; ++i) candidate[i] = base.paths[i];
            candidate[level] = path;
            ordered = ordered_prefix(plan, candidate, level + 1, wanted, plan.order.use, &reverse);
            if (ordered < 0 && level == count - 1) ordered = 0;
          }
          LogEst cost;
          if (ordered >= 0 && ordered < orders) {
            LogEst penalty = plan.order.hashed ? 0 : 3;
            cost = static_cast<LogEst>(log_add(unsorted, sort_cost(plan, row_estimate, orders, ordered)) + penalty);
          } else {
            cost = unsorted;
            unsorted = static_cast<LogEst>(unsorted - 2);
          }
          int slot = 0;
          for (; slot < to_count; ++slot) {
            const Partial& other = to[static_cast<size_t>(slot)];
            if (other.mask == mask && ((other.ordered < 0) == (ordered < 0) || level == count - 1)) break;
          }
          if (slot >= to_count) {
            if (to_count < keep) {
              slot = to_count++;
            } else {
              const Partial& dear = to[static_cast<size_t>(worst)];
              if (cost > dear.cost || (cost == dear.cost && unsorted >= dear.unsorted)) continue;
              slot = worst;
            }
          } else {
            const Partial& other = to[static_cast<size_t>(slot)];
            if (other.cost < cost || (other.cost == cost && other.rows < rows) ||
                (other.cost == cost && other.rows == rows && other.unsorted <= unsorted)) {
              continue;
            }
          }
          Partial& made = to[static_cast<size_t>(slot)];
          for (int i = 0; i < level; ++i) made.paths[i] = base.paths[i];
          made.paths[level] = path;
          made.mask = mask;
          made.reverse = reverse;
          made.rows = rows;
          made.cost = cost;
          made.unsorted = unsorted;
          made.ordered = static_cast<int8_t>(ordered);
          if (to_count >= keep) {
            worst = 0;
            for (int i = 1; i < keep; ++i) {
              const Partial& a = to[static_cast<size_t>(i)];
              const Partial& b = to[static_cast<size_t>(worst)];
              if (a.cost > b.cost || (a.cost == b.cost && a.unsorted > b.unsorted)) worst = i;
            }
          }
        }
      }
      std::swap(from, to);
      from_count = to_count;
      if (from_count == 0) return Status(Code::Error, "no query solution");
    }
    int best = 0;
    for (int i = 1; i < from_count; ++i) {
      if (from[static_cast<size_t>(i)].cost < from[static_cast<size_t>(best)].cost) best = i;
    }
    if (round == 0) {
      row_estimate = static_cast<LogEst>(from[static_cast<size_t>(best)].rows + 1);
      continue;
    }
    const Partial& result = from[static_cast<size_t>(best)];
    for (int i = 0; i < count; ++i) chosen->path[i] = result.paths[i];
    chosen->row_count = result.rows;
    chosen->ordered_terms = orders > 0 && result.ordered > 0 ? result.ordered : 0;
    chosen->reverse = result.reverse;
    if (plan.order.use != OrderUse::OrderBy && chosen->ordered_terms < orders) {
      chosen->ordered_terms = 0;
      chosen->reverse = 0;
    }
    if (plan.order.use == OrderUse::Distinct) chosen->distinct_ordered = orders > 0 && result.ordered == orders;
  }
  return {};
}

}  // namespace sqlrite::plan
