// make_operator(): from plan nodes to operators.
#include "exec/operator/operators.h"

namespace sqlrite::exec {

Result<std::unique_ptr<Operator>> build_operator(const plan::Node* node, OperatorBuild& build) {
  using plan::NodeKind;
  SQLRITE_ENSURE(node != nullptr);
  switch (node->kind) {
    case NodeKind::SingleRow: return make_single_row(*node, build);
    case NodeKind::Values: return make_values(*static_cast<const plan::ValuesNode*>(node), build);
    case NodeKind::TableScan: {
      const auto& scan = *static_cast<const plan::ScanNode*>(node);
      return scan.access.table->without_rowid ? make_index_scan(scan, build) : make_table_scan(scan, build);
    }
    case NodeKind::IndexScan: return make_index_scan(*static_cast<const plan::ScanNode*>(node), build);
    case NodeKind::MultiIndexOr: return make_multi_index_or(*static_cast<const plan::MultiIndexOrNode*>(node), build);
    case NodeKind::QueryScan: return make_query_scan(*static_cast<const plan::QueryScanNode*>(node), build);
    case NodeKind::RecursiveScan: return make_recursive_scan(*static_cast<const plan::RecursiveScanNode*>(node), build);
    case NodeKind::TableFunctionScan:
      return make_table_function_scan(*static_cast<const plan::TableFunctionNode*>(node), build);
    case NodeKind::Filter: return make_filter(*static_cast<const plan::FilterNode*>(node), build);
    case NodeKind::NestedLoopJoin:
      return make_nested_loop_join(*static_cast<const plan::NestedLoopJoinNode*>(node), build);
    case NodeKind::HashJoin: return make_hash_join(*static_cast<const plan::HashJoinNode*>(node), build);
    case NodeKind::Aggregate: return make_aggregate(*static_cast<const plan::AggregateNode*>(node), build);
    case NodeKind::Project: {
      const auto& project = *static_cast<const plan::ProjectNode*>(node);
      return is_row_lookup(project) ? make_row_lookup(project, build) : make_project(project, build);
    }
    case NodeKind::Distinct: return make_distinct(*static_cast<const plan::DistinctNode*>(node), build);
    case NodeKind::Sort: return make_sort(*static_cast<const plan::SortNode*>(node), build);
    case NodeKind::Limit: return make_limit(*static_cast<const plan::LimitNode*>(node), build);
    case NodeKind::Compound: return make_compound(*static_cast<const plan::CompoundNode*>(node), build);
    case NodeKind::RecursiveUnion:
      return make_recursive_union(*static_cast<const plan::RecursiveUnionNode*>(node), build);
  }
  return ensure_failed("known plan node", __FILE__, __LINE__);
}

Result<std::unique_ptr<Operator>> make_operator(const plan::Node* node, const plan::StatementPlan& plan, Arena& arena) {
  std::vector<OperatorBuild::Recursion> recursions;
  OperatorBuild build;
  build.plan = &plan;
  build.arena = &arena;
  build.recursions = &recursions;
  return build_operator(node, build);
}

}  // namespace sqlrite::exec
