// One factory per operator; build_operator() dispatches on the node kind.
#pragma once

#include "exec/operator/operator_base.h"

namespace sqlrite::exec {

using OperatorResult = Result<std::unique_ptr<Operator>>;

OperatorResult make_single_row(const plan::Node& node, OperatorBuild& build);
OperatorResult make_values(const plan::ValuesNode& node, OperatorBuild& build);
OperatorResult make_table_scan(const plan::ScanNode& node, OperatorBuild& build);
OperatorResult make_index_scan(const plan::ScanNode& node, OperatorBuild& build);
OperatorResult make_multi_index_or(const plan::MultiIndexOrNode& node, OperatorBuild& build);
OperatorResult make_query_scan(const plan::QueryScanNode& node, OperatorBuild& build);
OperatorResult make_recursive_scan(const plan::RecursiveScanNode& node, OperatorBuild& build);
OperatorResult make_table_function_scan(const plan::TableFunctionNode& node, OperatorBuild& build);
OperatorResult make_filter(const plan::FilterNode& node, OperatorBuild& build);
OperatorResult make_nested_loop_join(const plan::NestedLoopJoinNode& node, OperatorBuild& build);
OperatorResult make_hash_join(const plan::HashJoinNode& node, OperatorBuild& build);
OperatorResult make_aggregate(const plan::AggregateNode& node, OperatorBuild& build);
OperatorResult make_project(const plan::ProjectNode& node, OperatorBuild& build);
// Whether the node only picks columns of the one row that a scan finds by its rowid, which make_row_lookup() does at
// once.
bool is_row_lookup(const plan::ProjectNode& node);
OperatorResult make_row_lookup(const plan::ProjectNode& node, OperatorBuild& build);
OperatorResult make_distinct(const plan::DistinctNode& node, OperatorBuild& build);
OperatorResult make_sort(const plan::SortNode& node, OperatorBuild& build);
OperatorResult make_limit(const plan::LimitNode& node, OperatorBuild& build);
OperatorResult make_compound(const plan::CompoundNode& node, OperatorBuild& build);
OperatorResult make_recursive_union(const plan::RecursiveUnionNode& node, OperatorBuild& build);

// Evaluates LIMIT and OFFSET (either may be null): *limit is -1 for none. A value that is no integer is a MISMATCH.
class LimitExprs {
 public:
  Status make(const bind::BoundExpr* limit, const bind::BoundExpr* offset, Arena& arena);
  Status evaluate(expr::EvalContext& eval, int64_t* limit, int64_t* offset);
  bool has_limit() const { return has_limit_; }

 private:
  ColumnExpr limit_, offset_;
  bool has_limit_ = false, has_offset_ = false;
};

}  // namespace sqlrite::exec
