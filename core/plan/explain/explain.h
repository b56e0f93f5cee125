// Explain: plans as text. EXPLAIN QUERY PLAN answers in SQLite's words and shape; EXPLAIN prints our own plan tree.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/physical.h"

namespace sqlrite::plan {

struct ExplainRow {
  int32_t id = 0;
  int32_t parent = 0;  // 0: top level
  int32_t not_used = 0;
  std::string detail;
};

// Rows of EXPLAIN QUERY PLAN (columns id, parent, notused, detail), parents before children.
std::vector<ExplainRow> explain_query_plan(const StatementPlan& plan);
// Rows of EXPLAIN: one node per row, indented by depth in `detail`.
std::vector<ExplainRow> explain_plan_tree(const StatementPlan& plan);
// A bound expression as short SQL-like text, for plan texts and tests.
std::string expr_text(const bind::BoundExpr* expr);

}  // namespace sqlrite::plan
