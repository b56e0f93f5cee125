// EXPLAIN: our own plan, one node per row, and expressions as short text.
#include "plan/explain/explain.h"
#include "plan/explain/node_expressions.h"

namespace sqlrite::plan {

namespace {

using namespace bind;

const char* kind_name(NodeKind kind) {
  switch (kind) {
    case NodeKind::SingleRow: return "SingleRow";
    case NodeKind::Values: return "Values";
    case NodeKind::TableScan: return "TableScan";
    case NodeKind::IndexScan: return "IndexScan";
    case NodeKind::MultiIndexOr: return "MultiIndexOr";
    case NodeKind::QueryScan: return "QueryScan";
    case NodeKind::RecursiveScan: return "RecursiveScan";
    case NodeKind::TableFunctionScan: return "TableFunctionScan";
    case NodeKind::Filter: return "Filter";
    case NodeKind::NestedLoopJoin: return "NestedLoopJoin";
    case NodeKind::HashJoin: return "HashJoin";
    case NodeKind::Aggregate: return "Aggregate";
    case NodeKind::Project: return "Project";
    case NodeKind::Distinct: return "Distinct";
    case NodeKind::Sort: return "Sort";
    case NodeKind::Limit: return "Limit";
    case NodeKind::Compound: return "Compound";
    case NodeKind::RecursiveUnion: return "RecursiveUnion";
  }
  return "";
}

std::string list_text(std::span<BoundExpr* const> exprs) {
  std::string text;
  for (const BoundExpr* expr : exprs) {
    if (!text.empty()) text += ", ";
    text += expr_text(expr);
  }
  return text;
}

std::string value_text(const Value& value) {
  switch (value.type) {
    case ValueType::Null: return "NULL";
    case ValueType::Integer: return std::to_string(value.integer);
    case ValueType::Real: {
      char buffer[40];
      std::snprintf(buffer, sizeof(buffer), "%.15g", value.real);
      return buffer;
    }
    case ValueType::Text: return "'" + std::string(value.view()) + "'";
    case ValueType::Blob: return "x'..." + std::to_string(value.length) + "'";
  }
  return "";
}

std::string join_name(JoinKind kind) {
  switch (kind) {
    case JoinKind::Left: return " left";
    case JoinKind::Right: return " right";
    case JoinKind::Full: return " full";
    case JoinKind::Inner:
    case JoinKind::Cross: break;
  }
  return "";
}

std::string access_text(const TableAccess& access) {
  std::string text = std::string(access.table->name);
  if (!access.source->alias.empty() && access.source->alias != access.table->name)
    text += " as " + std::string(access.source->alias);
  if (access.index != nullptr) text += " index " + std::string(access.index->name);
  if (access.covering) text += " covering";
  const catalog::Index* index = access.index != nullptr ? access.index : access.table->primary_key_index;
  auto field = [&](size_t i) -> std::string {
    if (index == nullptr || i >= index->fields.size() || index->fields[i].column == catalog::kRowIdColumn)
      return "rowid";
    if (index->fields[i].column == catalog::kExpressionColumn) return "<expr>";
    return std::string(access.table->columns[static_cast<size_t>(index->fields[i].column)].name);
  };
  for (size_t i = 0; i < access.range.equals.size(); ++i) {
    const KeyEqual& key = access.range.equals[i];
    text += (i == 0 ? " key " : ", ") + field(i);
    if (key.in_query != nullptr) {
      text += " in (query)";
    } else if (!key.values.empty()) {
      text += " in (" + list_text(key.values) + ")";
    } else {
      text += (key.null_matches ? " is " : "=") + expr_text(key.value);
    }
  }
  size_t next = access.range.equals.size();
  if (access.range.lower != nullptr)
    text += " from " + field(next) + (access.range.lower_inclusive ? ">=" : ">") + expr_text(access.range.lower);
  if (access.range.upper != nullptr)
    text += " to " + field(next) + (access.range.upper_inclusive ? "<=" : "<") + expr_text(access.range.upper);
  if (access.range.prefix_of != nullptr) text += " prefix of " + expr_text(access.range.prefix_of->pattern);
  if (access.descending) text += " descending";
  if (access.key_is_unique) text += " unique";
  if (access.count_only) text += " count only";
  if (access.index_filter != nullptr) text += " index filter " + expr_text(access.index_filter);
  if (access.filter != nullptr) text += " filter " + expr_text(access.filter);
  return text;
}

std::string terms_text(std::span<const OrderTerm> terms) {
  std::string text;
  for (const OrderTerm& term : terms) {
    if (!text.empty()) text += ", ";
    text += term.expr != nullptr ? expr_text(term.expr) : "column " + std::to_string(term.result_column);
    if (term.descending) text += " desc";
  }
  return text;
}

std::string detail_of(const Node& node) {
  std::string text = kind_name(node.kind);
  switch (node.kind) {
    case NodeKind::TableScan:
    case NodeKind::IndexScan: return text + " " + access_text(static_cast<const ScanNode&>(node).access);
    case NodeKind::MultiIndexOr: {
      const auto& scan = static_cast<const MultiIndexOrNode&>(node);
      for (const TableAccess& branch : scan.branches) text += " [" + access_text(branch) + "]";
      if (scan.table.filter != nullptr) text += " filter " + expr_text(scan.table.filter);
      return text;
    }
    case NodeKind::Values: return text + " rows " + std::to_string(static_cast<const ValuesNode&>(node).rows.size());
    case NodeKind::QueryScan: {
      const auto& scan = static_cast<const QueryScanNode&>(node);
      if (scan.source != nullptr) text += " " + std::string(scan.source->alias);
      if (scan.materialize) text += " materialized";
      if (scan.shared_index >= 0) text += " shared " + std::to_string(scan.shared_index);
      if (scan.filter != nullptr) text += " filter " + expr_text(scan.filter);
      return text;
    }
    case NodeKind::RecursiveScan: {
      const auto& scan = static_cast<const RecursiveScanNode&>(node);
      if (scan.filter != nullptr) text += " filter " + expr_text(scan.filter);
      return text;
    }
    case NodeKind::TableFunctionScan: {
      const auto& scan = static_cast<const TableFunctionNode&>(node);
      if (scan.filter != nullptr) text += " filter " + expr_text(scan.filter);
      return text;
    }
    case NodeKind::Filter: {
      const auto& filter = static_cast<const FilterNode&>(node);
      return text + (filter.once ? " once " : " ") + expr_text(filter.condition);
    }
    case NodeKind::NestedLoopJoin: {
      const auto& join = static_cast<const NestedLoopJoinNode&>(node);
      text += join_name(join.join);
      if (join.on != nullptr) text += " on " + expr_text(join.on);
      if (join.filter != nullptr) text += " filter " + expr_text(join.filter);
      return text;
    }
    case NodeKind::HashJoin: {
      const auto& join = static_cast<const HashJoinNode&>(node);
      text += join_name(join.join) + " keys " + list_text(join.probe_keys) + " = " + list_text(join.build_keys);
      if (join.on != nullptr) text += " on " + expr_text(join.on);
      if (join.filter != nullptr) text += " filter " + expr_text(join.filter);
      return text;
    }
    case NodeKind::Aggregate: {
      const auto& aggregate = static_cast<const AggregateNode&>(node);
      text += aggregate.mode == AggregateMode::Plain     ? " plain"
              : aggregate.mode == AggregateMode::Ordered ? " ordered"
                                                         : " hash";
      if (!aggregate.keys.empty()) text += " by " + list_text(aggregate.keys);
      for (const BoundAggregate* call : aggregate.aggregates) text += " " + expr_text(call);
      if (aggregate.mode == AggregateMode::Hash && aggregate.output_in_key_order) text += " in key order";
      return text;
    }
    case NodeKind::Project: return text + " " + list_text(static_cast<const ProjectNode&>(node).exprs);
    case NodeKind::Distinct: return text + (static_cast<const DistinctNode&>(node).input_is_grouped ? " grouped" : "");
    case NodeKind::Sort: {
      const auto& sort = static_cast<const SortNode&>(node);
      text += " by " + terms_text(sort.terms);
      if (sort.ordered_prefix > 0) text += " prefix " + std::to_string(sort.ordered_prefix);
      if (sort.limit != nullptr) text += " limit " + expr_text(sort.limit);
      return text;
    }
    case NodeKind::Limit: {
      const auto& limit = static_cast<const LimitNode&>(node);
      if (limit.limit != nullptr) text += " " + expr_text(limit.limit);
      if (limit.offset != nullptr) text += " offset " + expr_text(limit.offset);
      return text;
    }
    default: return text;
  }
}

struct TreeText {
  std::vector<ExplainRow> rows;
  int32_t next_id = 0;

  void add(int32_t parent, int depth, const Node& node) {
    int32_t id = ++next_id;
    rows.push_back({id, parent, 0, std::string(static_cast<size_t>(depth) * 2, ' ') + detail_of(node)});
    for (const Node* child : child_nodes(node)) add(id, depth + 1, *child);
    if (node.kind == NodeKind::QueryScan) {
      const QueryPlan* query = static_cast<const QueryScanNode&>(node).query;
      if (query != nullptr && query->root != nullptr) add(id, depth + 1, *query->root);
    }
  }
  void title(std::string text) { rows.push_back({++next_id, 0, 0, std::move(text)}); }
};

}  // namespace

std::string expr_text(const BoundExpr* expr) {
  if (expr == nullptr) return "";
  switch (expr->kind) {
    case BoundKind::Constant: return value_text(expr->as<BoundConstant>()->value);
    case BoundKind::Parameter: return "?" + std::to_string(expr->as<BoundParameter>()->number);
    case BoundKind::Column: {
      const auto* column = expr->as<BoundColumn>();
      std::string text = std::string(column->source->alias);
      if (text.empty() && column->source->table != nullptr) text = std::string(column->source->table->name);
      if (!text.empty()) text += ".";
      auto at = static_cast<size_t>(column->column);
      text += column->column < 0 || at >= column->source->columns.size()
                  ? "rowid"
                  : std::string(column->source->columns[at].name);
      return text;
    }
    case BoundKind::Outer: return "outer" + std::to_string(expr->as<BoundOuter>()->index);
    case BoundKind::Slot: return "$" + std::to_string(expr->as<BoundSlot>()->slot);
    case BoundKind::Unary: {
      static constexpr const char* kOps[] = {"-", "~", "+"};
      return kOps[static_cast<size_t>(expr->as<BoundUnary>()->op)] + expr_text(expr->as<BoundUnary>()->operand);
    }
    case BoundKind::Arithmetic: {
      static constexpr const char* kOps[] = {"+", "-", "*", "/", "%", "&", "|", "<<", ">>"};
      const auto* node = expr->as<BoundArithmetic>();
      return "(" + expr_text(node->left) + kOps[static_cast<size_t>(node->op)] + expr_text(node->right) + ")";
    }
    case BoundKind::Concat:
      return "(" + expr_text(expr->as<BoundConcat>()->left) + "||" + expr_text(expr->as<BoundConcat>()->right) + ")";
    case BoundKind::Compare: {
      static constexpr const char* kOps[] = {"=", "<>", "<", "<=", ">", ">=", " is ", " is not "};
      const auto* node = expr->as<BoundCompare>();
      return expr_text(node->left) + kOps[static_cast<size_t>(node->op)] + expr_text(node->right);
    }
    case BoundKind::And:
      return "(" + expr_text(expr->as<BoundBinaryLogic>()->left) + " and " +
             expr_text(expr->as<BoundBinaryLogic>()->right) + ")";
    case BoundKind::Or:
      return "(" + expr_text(expr->as<BoundBinaryLogic>()->left) + " or " +
             expr_text(expr->as<BoundBinaryLogic>()->right) + ")";
    case BoundKind::Not: return "not " + expr_text(expr->as<BoundNot>()->operand);
    case BoundKind::IsNull:
      return expr_text(expr->as<BoundIsNull>()->operand) +
             (expr->as<BoundIsNull>()->negated ? " is not null" : " is null");
    case BoundKind::Truth: {
      const auto* truth = expr->as<BoundTruth>();
      return expr_text(truth->operand) + (truth->negated ? " is not " : " is ") + (truth->value ? "true" : "false");
    }
    case BoundKind::Between: {
      const auto* node = expr->as<BoundBetween>();
      return expr_text(node->operand) + (node->negated ? " not between " : " between ") + expr_text(node->low) +
             " and " + expr_text(node->high);
    }
    case BoundKind::InList: {
      const auto* node = expr->as<BoundInList>();
      return expr_text(node->operand) + (node->negated ? " not in (" : " in (") + list_text(node->items) + ")";
    }
    case BoundKind::InQuery: {
      const auto* node = expr->as<BoundInQuery>();
      return list_text(node->operands) + (node->negated ? " not in subquery " : " in subquery ") +
             std::to_string(node->subquery_index + 1);
    }
    case BoundKind::Like: {
      static constexpr const char* kOps[] = {" like ", " glob ", " regexp ", " match "};
      const auto* node = expr->as<BoundLike>();
      return expr_text(node->operand) + (node->negated ? " not" : "") + kOps[static_cast<size_t>(node->op)] +
             expr_text(node->pattern);
    }
    case BoundKind::Case: return "case";
    case BoundKind::Cast: return "cast(" + expr_text(expr->as<BoundCast>()->operand) + ")";
    case BoundKind::Collate:
      return expr_text(expr->as<BoundCollate>()->operand) + " collate " +
             std::string(expr->collation != nullptr ? expr->collation->name : "?");
    case BoundKind::Function:
      return std::string(expr->as<BoundFunction>()->function->name) + "(" +
             list_text(expr->as<BoundFunction>()->arguments) + ")";
    case BoundKind::Aggregate: {
      const auto* node = expr->as<BoundAggregate>();
      return std::string(node->function->name) + "(" + (node->distinct ? "distinct " : "") +
             (node->arguments.empty() ? "*" : list_text(node->arguments)) + ")";
    }
    case BoundKind::ScalarQuery: return "subquery " + std::to_string(expr->as<BoundScalarQuery>()->subquery_index + 1);
    case BoundKind::Exists: return "exists subquery " + std::to_string(expr->as<BoundExists>()->subquery_index + 1);
    case BoundKind::RowValue: return "(" + list_text(expr->as<BoundRowValue>()->items) + ")";
    case BoundKind::RowCompare: {
      static constexpr const char* kOps[] = {"=", "<>", "<", "<=", ">", ">=", " is ", " is not "};
      const auto* node = expr->as<BoundRowCompare>();
      return "(" + list_text(node->left) + ")" + kOps[static_cast<size_t>(node->op)] + "(" + list_text(node->right) +
             ")";
    }
    case BoundKind::Raise: return "raise()";
  }
  return "";
}

std::vector<ExplainRow> explain_plan_tree(const StatementPlan& plan) {
  TreeText text;
  const QueryPlan* query = nullptr;
  switch (plan.kind) {
    case StatementKind::Select: query = plan.query; break;
    case StatementKind::Insert:
      text.title("Insert " + std::string(plan.insert->bound->target.table->name));
      query = plan.insert->source;
      break;
    case StatementKind::Update:
      text.title("Update " + std::string(plan.update->bound->target.table->name));
      query = plan.update->finder;
      break;
    case StatementKind::Delete:
      text.title("Delete " + std::string(plan.remove->bound->target.table->name) +
                 (plan.remove->truncate ? " all rows" : ""));
      query = plan.remove->truncate ? nullptr : plan.remove->finder;
      break;
  }
  if (query != nullptr && query->root != nullptr) text.add(0, plan.kind == StatementKind::Select ? 0 : 1, *query->root);
  for (size_t i = 0; i < plan.subplans.size(); ++i) {
    if (plan.subplans[i] == nullptr || plan.subplans[i]->root == nullptr) continue;
    text.title("Subquery " + std::to_string(i + 1));
    text.add(0, 1, *plan.subplans[i]->root);
  }
  return std::move(text.rows);
}

}  // namespace sqlrite::plan
