// The expressions that hang on a node, and the nodes below it, in running order.
#pragma once

#include <vector>

#include "plan/physical.h"

namespace sqlrite::plan {

void append_node_exprs(const Node& node, std::vector<const bind::BoundExpr*>& out);
// Nodes of the same query block (not those inside sub-queries of FROM).
std::vector<const Node*> child_nodes(const Node& node);

}  // namespace sqlrite::plan
