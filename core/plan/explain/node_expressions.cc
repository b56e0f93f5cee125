#include "plan/explain/node_expressions.h"

namespace sqlrite::plan {

namespace {

void add(std::vector<const bind::BoundExpr*>& out, const bind::BoundExpr* expr) {
  if (expr != nullptr) out.push_back(expr);
}

void add_access(std::vector<const bind::BoundExpr*>& out, const TableAccess& access) {
  for (const KeyEqual& key : access.range.equals) {
    add(out, key.value);
    for (const bind::BoundExpr* value : key.values) add(out, value);
    add(out, key.in_query);
  }
  add(out, access.range.lower);
  add(out, access.range.upper);
  add(out, access.index_filter);
  add(out, access.filter);
}

}  // namespace

void append_node_exprs(const Node& node, std::vector<const bind::BoundExpr*>& out) {
  switch (node.kind) {
    case NodeKind::SingleRow: return;
    case NodeKind::Values:
      for (auto row : static_cast<const ValuesNode&>(node).rows) {
        for (const bind::BoundExpr* expr : row) add(out, expr);
      }
      return;
    case NodeKind::TableScan:
    case NodeKind::IndexScan: add_access(out, static_cast<const ScanNode&>(node).access); return;
    case NodeKind::MultiIndexOr: {
      const auto& scan = static_cast<const MultiIndexOrNode&>(node);
      for (const TableAccess& branch : scan.branches) add_access(out, branch);
      add_access(out, scan.table);
      return;
    }
    case NodeKind::QueryScan:
      for (const bind::BoundExpr* expr : static_cast<const QueryScanNode&>(node).key_values) add(out, expr);
      add(out, static_cast<const QueryScanNode&>(node).filter);
      return;
    case NodeKind::RecursiveScan: add(out, static_cast<const RecursiveScanNode&>(node).filter); return;
    case NodeKind::TableFunctionScan:
      for (const bind::BoundExpr* expr : static_cast<const TableFunctionNode&>(node).arguments) add(out, expr);
      add(out, static_cast<const TableFunctionNode&>(node).filter);
      return;
    case NodeKind::Filter: add(out, static_cast<const FilterNode&>(node).condition); return;
    case NodeKind::NestedLoopJoin:
      add(out, static_cast<const NestedLoopJoinNode&>(node).on);
      add(out, static_cast<const NestedLoopJoinNode&>(node).filter);
      return;
    case NodeKind::HashJoin: {
      const auto& join = static_cast<const HashJoinNode&>(node);
      for (const bind::BoundExpr* expr : join.probe_keys) add(out, expr);
      for (const bind::BoundExpr* expr : join.build_keys) add(out, expr);
      add(out, join.on);
      add(out, join.filter);
      return;
    }
    case NodeKind::Aggregate: {
      const auto& aggregate = static_cast<const AggregateNode&>(node);
      for (const bind::BoundExpr* expr : aggregate.keys) add(out, expr);
      for (const bind::BoundExpr* expr : aggregate.aggregates) add(out, expr);
      return;
    }
    case NodeKind::Project:
      for (const bind::BoundExpr* expr : static_cast<const ProjectNode&>(node).exprs) add(out, expr);
      return;
    case NodeKind::Distinct: return;
    case NodeKind::Sort:
      for (const OrderTerm& term : static_cast<const SortNode&>(node).terms) add(out, term.expr);
      return;
    case NodeKind::Limit:
      add(out, static_cast<const LimitNode&>(node).limit);
      add(out, static_cast<const LimitNode&>(node).offset);
      return;
    case NodeKind::Compound:
    case NodeKind::RecursiveUnion: return;
  }
}

std::vector<const Node*> child_nodes(const Node& node) {
  switch (node.kind) {
    case NodeKind::SingleRow:
    case NodeKind::Values:
    case NodeKind::TableScan:
    case NodeKind::IndexScan:
    case NodeKind::MultiIndexOr:
    case NodeKind::QueryScan:
    case NodeKind::RecursiveScan:
    case NodeKind::TableFunctionScan: return {};
    case NodeKind::Filter: return {static_cast<const FilterNode&>(node).input};
    case NodeKind::NestedLoopJoin: {
      const auto& join = static_cast<const NestedLoopJoinNode&>(node);
      return {join.outer, join.inner};
    }
    case NodeKind::HashJoin: {
      const auto& join = static_cast<const HashJoinNode&>(node);
      return {join.probe, join.build};
    }
    case NodeKind::Aggregate: return {static_cast<const AggregateNode&>(node).input};
    case NodeKind::Project: return {static_cast<const ProjectNode&>(node).input};
    case NodeKind::Distinct: return {static_cast<const DistinctNode&>(node).input};
    case NodeKind::Sort: return {static_cast<const SortNode&>(node).input};
    case NodeKind::Limit: return {static_cast<const LimitNode&>(node).input};
    case NodeKind::Compound: {
      const auto& compound = static_cast<const CompoundNode&>(node);
      return {compound.inputs.begin(), compound.inputs.end()};
    }
    case NodeKind::RecursiveUnion: {
      const auto& recursive = static_cast<const RecursiveUnionNode&>(node);
      return {recursive.seed, recursive.step};
    }
  }
  return {};
}

}  // namespace sqlrite::plan
