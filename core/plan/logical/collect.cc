// The walk over a core: which columns it reads, which sources they belong to, which sub-queries its expressions hold.
#include "base/check.h"
#include "plan/logical/core_plan.h"
#include "sql/ast/ast.h"

namespace sqlrite::plan {

namespace {

struct Walk {
  CorePlan* plan;
  SourceMask mask;
  Status status;
};

void note_use(SourceInfo& info, int16_t column, Arena& scratch) {
  if (column == catalog::kRowIdColumn) {
    info.used |= bit(63);
  } else if (column < 63) {
    info.used |= bit(column);
  } else {
    size_t word = static_cast<size_t>(column - 63) / 64;
    if (info.used_more.empty())
      info.used_more = scratch.make_array<uint64_t>((info.source->columns.size() + 64) / 64 + 1);
    info.used_more[word] |= bit((column - 63) % 64);
  }
}

void visit_child(void* context, BoundExpr** child);

void walk_expr(Walk& walk, BoundExpr* expr) {
  CorePlan& plan = *walk.plan;
  switch (expr->kind) {
    case BoundKind::Constant:
    case BoundKind::Parameter:
    case BoundKind::Outer:
    case BoundKind::Slot:
    case BoundKind::Aggregate:  // arguments are walked with the core's list of aggregates
      return;
    case BoundKind::Column: {
      auto* column = expr->as<BoundColumn>();
      int position = column->source->position;
      if (position < plan.source_count && plan.sources[position].source == column->source) {
        walk.mask |= bit(position);
        note_use(plan.sources[position], normal_column(*column->source, column->column), plan.context.scratch);
      }
      plan.columns.push_back(column);
      return;
    }
    case BoundKind::ScalarQuery:
    case BoundKind::Exists:
    case BoundKind::InQuery: {
      BoundQuery* query = expr->kind == BoundKind::ScalarQuery ? expr->as<bind::BoundScalarQuery>()->query
                          : expr->kind == BoundKind::Exists    ? expr->as<bind::BoundExists>()->query
                                                               : expr->as<bind::BoundInQuery>()->query;
      Result<int32_t> index = plan_subquery(plan.context, *query);
      if (!index.ok()) {
        if (walk.status.ok()) walk.status = index.take_status();
        return;
      }
      if (expr->kind == BoundKind::ScalarQuery) {
        expr->as<bind::BoundScalarQuery>()->subquery_index = index.value();
      } else if (expr->kind == BoundKind::Exists) {
        expr->as<bind::BoundExists>()->subquery_index = index.value();
      } else {
        expr->as<bind::BoundInQuery>()->subquery_index = index.value();
      }
      break;
    }
    default: break;
  }
  bind::for_each_child(expr, &visit_child, &walk);
}

void visit_child(void* context, BoundExpr** child) {
  if (*child != nullptr) walk_expr(*static_cast<Walk*>(context), *child);
}

void mask_child(void* context, BoundExpr** child) {
  if (*child != nullptr) *static_cast<SourceMask*>(context) |= expr_mask(*child);
}

LogEst column_width(const catalog::TableColumn& column) {
  if (column.affinity >= Affinity::Numeric) return 1;
  // A length in the type ("VARCHAR(40)") tells the width; texts without one count as 16 bytes.
  int length = 0;
  bool found = false;
  for (char c : column.declared_type) {
    if (c >= '0' && c <= '9') {
      length = length < 100000 ? length * 10 + (c - '0') : length;
      found = true;
    } else if (found) {
      break;
    }
  }
  if (!found) length = 16;
  int width = length / 4 + 1;
  return static_cast<LogEst>(width > 255 ? 255 : width);
}

}  // namespace

int16_t normal_column(const BoundSource& source, int16_t column) {
  return source.table != nullptr && column == source.table->rowid_alias && !source.table->without_rowid
             ? catalog::kRowIdColumn
             : column;
}

bool is_used(const SourceInfo& info, int16_t column) {
  if (column == catalog::kRowIdColumn) return (info.used & bit(63)) != 0;
  if (column < 63) return (info.used & bit(column)) != 0;
  if (info.used_more.empty()) return false;
  return (info.used_more[static_cast<size_t>(column - 63) / 64] & bit((column - 63) % 64)) != 0;
}

SourceMask expr_mask(const BoundExpr* expr) {
  if (expr->kind == BoundKind::Column) return bit(expr->as<BoundColumn>()->source->position);
  SourceMask mask = 0;
  bind::for_each_child(const_cast<BoundExpr*>(expr), &mask_child, &mask);
  return mask;
}

Status collect_expr(CorePlan& plan, BoundExpr* expr, SourceMask* mask) {
  if (expr == nullptr) return {};
  Walk walk{&plan, 0, {}};
  walk_expr(walk, expr);
  if (mask != nullptr) *mask |= walk.mask;
  return std::move(walk.status);
}

uint16_t table_width(const catalog::Table& table) {
  int width = table.rowid_alias < 0 ? 1 : 0;
  for (const catalog::TableColumn& column : table.columns) width += column_width(column);
  return static_cast<uint16_t>(log_est(static_cast<uint64_t>(width) * 4));
}

uint16_t index_width(const catalog::Index& index) {
  int width = 0;
  for (const catalog::IndexField& field : index.fields) {
    width += field.column < 0 ? 1 : column_width(index.table->columns[static_cast<size_t>(field.column)]);
  }
  return static_cast<uint16_t>(log_est(static_cast<uint64_t>(width) * 4));
}

Status collect_sources(CorePlan& plan) {
  BoundCore& core = plan.core;
  if (core.sources.size() > kSourcesMax) return Status(Code::Error, "at most 64 tables in a join");
  plan.source_count = static_cast<int>(core.sources.size());
  if (plan.source_count == 0) return {};
  plan.sources = plan.context.scratch.make_array<SourceInfo>(core.sources.size()).data();
  SourceMask earlier = 0, required = 0;
  bool after_right = false;
  bool cross_seen = false;
  for (int i = 0; i < plan.source_count; ++i) {
    if (core.sources[static_cast<size_t>(i)]->join == JoinKind::Right ||
        core.sources[static_cast<size_t>(i)]->join == JoinKind::Full) {
      plan.last_right_join = i;
    }
  }
  for (int i = 0; i < plan.source_count; ++i) {
    BoundSource* source = core.sources[static_cast<size_t>(i)];
    SourceInfo& info = plan.sources[i];
    source->position = static_cast<uint16_t>(i);
    info.source = source;
    info.join = i == 0 ? JoinKind::Inner : source->join;
    info.null_extended = info.join == JoinKind::Left || info.join == JoinKind::Full;
    info.order_fixed = i <= plan.last_right_join;
    bool outer = info.join == JoinKind::Left || info.join == JoinKind::Right || info.join == JoinKind::Full;
    bool left_of_right = i < plan.last_right_join;
    // Inner sources may move freely, unless an outer or cross join pins what stands before them.
    if (after_right || outer || info.join == JoinKind::Cross || left_of_right) {
      if (left_of_right || info.join == JoinKind::Cross) cross_seen = true;
      required |= earlier;
      after_right = info.join == JoinKind::Right || info.join == JoinKind::Full;
    } else if (!cross_seen) {
      required = 0;
    }
    info.before = required | (info.order_fixed ? earlier : 0);
    if (plan.last_right_join >= 0 && i > plan.last_right_join) info.before |= (bit(plan.last_right_join) << 1) - 1;
    earlier |= bit(i);
    switch (source->kind) {
      case SourceKind::Table:
        info.table = source->table;
        info.row_count = log_est(source->table->row_count_estimate);
        break;
      case SourceKind::Query: {
        for (const PlanContext::Shared& shared : plan.context.shared) {
          if (shared.query == source->query) {
            info.query_plan = shared.plan;
            info.shared_index = shared.index;
          }
        }
        if (info.query_plan == nullptr) {
          SQLRITE_TRY_ASSIGN(info.query_plan, plan_query(plan.context, *source->query));
          if (source->materialize && source->query->outer_args.empty())
            info.shared_index = plan.context.plan.shared_count++;
          if (source->from_cte) plan.context.shared.push_back({source->query, info.query_plan, info.shared_index});
        }
        info.depends_on_outer = !source->query->outer_args.empty();
        double rows = info.query_plan->root->rows_estimate;
        info.row_count = log_est(rows < 1 ? 1 : rows > 1e15 ? uint64_t{1000000000000000} : static_cast<uint64_t>(rows));
        break;
      }
      case SourceKind::CteRecursive: info.row_count = 200; break;
      case SourceKind::TableFunction:
        info.row_count = 46;
        for (BoundExpr* argument : source->arguments) {
          if (argument != nullptr) info.before |= expr_mask(argument);
        }
        break;
    }
  }
  return {};
}

}  // namespace sqlrite::plan
