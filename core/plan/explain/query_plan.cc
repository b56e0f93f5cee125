// EXPLAIN QUERY PLAN in the words of SQLite, so that tools and people who read those can read ours.
#include <algorithm>

#include "plan/explain/explain.h"
#include "plan/explain/node_expressions.h"

namespace sqlrite::plan {

namespace {

struct QueryPlanText {
  const StatementPlan& plan;
  std::vector<ExplainRow> rows;
  int32_t next_id = 1;
  bool finds_rows_to_change = false;              // UPDATE and DELETE go on to the table row
  std::vector<const bind::BoundSource*> unnamed;  // numbered as they are met
  std::vector<int32_t> told_shared;
  std::vector<const bind::BoundExpr*> told_subqueries;

  int32_t add(int32_t parent, std::string detail) {
    int32_t id = ++next_id;
    rows.push_back({id, parent, 0, std::move(detail)});
    return id;
  }

  void query(int32_t parent, const QueryPlan* query_plan) {
    if (query_plan != nullptr && query_plan->root != nullptr) block(parent, *query_plan->root);
  }
  void block(int32_t parent, const Node& node);
  void scans(int32_t parent, const Node& node, bool min_max);
  void access_row(int32_t parent, const TableAccess& access, bool left_join, bool min_max);
  void subqueries(int32_t parent, const Node& node);
  void subqueries_in(int32_t parent, const bind::BoundExpr* expr);
  void compound(int32_t parent, const CompoundNode& node);
  std::string query_name(const bind::BoundSource& source);
};

std::string source_name(const bind::BoundSource& source) {
  if (!source.alias.empty()) return std::string(source.alias);
  if (source.table != nullptr) return std::string(source.table->name);
  return "(subquery)";
}

std::string QueryPlanText::query_name(const bind::BoundSource& source) {
  if (!source.alias.empty()) return std::string(source.alias);
  auto found = std::find(unnamed.begin(), unnamed.end(), &source);
  auto number = found - unnamed.begin() + 1;
  if (found == unnamed.end()) unnamed.push_back(&source);
  return "(subquery-" + std::to_string(number) + ")";
}

std::string_view field_name(const TableAccess& access, size_t field) {
  const catalog::Index* index = access.index != nullptr ? access.index : access.table->primary_key_index;
  if (index == nullptr || field >= index->fields.size()) return "rowid";
  int16_t column = index->fields[field].column;
  if (column == catalog::kRowIdColumn) return "rowid";
  if (column == catalog::kExpressionColumn) return "<expr>";
  return access.table->columns[static_cast<size_t>(column)].name;
}

void append_condition(std::string& text, std::string_view name, const char* op) {
  text += text.empty() ? "(" : " AND ";
  text += name;
  text += op;
}

// A join key by its column's name.
std::string_view key_name(const bind::BoundExpr& expr) {
  if (expr.kind != bind::BoundKind::Column) return "<expr>";
  const auto* column = expr.as<bind::BoundColumn>();
  if (column->column < 0) return "rowid";
  auto at = static_cast<size_t>(column->column);
  return at < column->source->columns.size() ? column->source->columns[at].name : std::string_view("<expr>");
}

// The loops of one block, down to the first one.
const Node* below_everything(const Node& node) {
  const Node* at = &node;
  while (true) {
    switch (at->kind) {
      case NodeKind::Limit:
      case NodeKind::Project:
      case NodeKind::Distinct:
      case NodeKind::Sort:
      case NodeKind::Aggregate:
      case NodeKind::Filter: at = child_nodes(*at)[0]; break;
      default: return at;
    }
  }
}

void QueryPlanText::access_row(int32_t parent, const TableAccess& access, bool left_join, bool min_max) {
  const KeyRange& range = access.range;
  bool search = !range.equals.empty() || range.lower != nullptr || range.upper != nullptr || range.prefix_of != nullptr;
  std::string text = search || min_max ? "SEARCH " : "SCAN ";
  text += source_name(*access.source);
  std::string conditions;
  for (size_t i = 0; i < range.equals.size(); ++i) append_condition(conditions, field_name(access, i), "=?");
  size_t next = range.equals.size();
  if (range.lower != nullptr || range.prefix_of != nullptr)
    append_condition(conditions, field_name(access, next), ">?");
  if (range.upper != nullptr || range.prefix_of != nullptr)
    append_condition(conditions, field_name(access, next), "<?");
  if (!conditions.empty()) conditions += ")";
  if (access.index != nullptr) {
    text += access.covering && !finds_rows_to_change ? " USING COVERING INDEX " : " USING INDEX ";
    text += access.index->name;
    if (!conditions.empty()) text += " " + conditions;
  } else if (search) {
    text += access.table->without_rowid ? " USING PRIMARY KEY " : " USING INTEGER PRIMARY KEY ";
    text += conditions;
  }
  if (left_join) text += " LEFT-JOIN";
  add(parent, std::move(text));
}

void QueryPlanText::scans(int32_t parent, const Node& node, bool min_max) {
  switch (node.kind) {
    case NodeKind::SingleRow: add(parent, "SCAN CONSTANT ROW"); return;
    case NodeKind::Values: {
      size_t count = static_cast<const ValuesNode&>(node).rows.size();
      add(parent, count == 1 ? "SCAN CONSTANT ROW" : "SCAN " + std::to_string(count) + "-ROW VALUES CLAUSE");
      return;
    }
    case NodeKind::TableScan:
    case NodeKind::IndexScan: access_row(parent, static_cast<const ScanNode&>(node).access, false, min_max); return;
    case NodeKind::MultiIndexOr: {
      const auto& scan = static_cast<const MultiIndexOrNode&>(node);
      int32_t id = add(parent, "MULTI-INDEX OR");
      int number = 0;
      for (const TableAccess& branch : scan.branches) {
        int32_t branch_id = add(id, "INDEX " + std::to_string(++number));
        access_row(branch_id, branch, false, false);
      }
      return;
    }
    case NodeKind::QueryScan: {
      const auto& scan = static_cast<const QueryScanNode&>(node);
      bool told = false;
      if (scan.shared_index >= 0) {
        told = std::find(told_shared.begin(), told_shared.end(), scan.shared_index) != told_shared.end();
        told_shared.push_back(scan.shared_index);
      }
      std::string name = scan.source != nullptr ? query_name(*scan.source) : std::string("(subquery)");
      if (!told) {
        int32_t id = add(parent, (scan.materialize ? "MATERIALIZE " : "CO-ROUTINE ") + name);
        query(id, scan.query);
      }
      add(parent, "SCAN " + name);
      return;
    }
    case NodeKind::RecursiveScan: {
      const auto& scan = static_cast<const RecursiveScanNode&>(node);
      add(parent, "SCAN " + (scan.source != nullptr ? source_name(*scan.source) : std::string("recursive")));
      return;
    }
    case NodeKind::TableFunctionScan:
      add(parent,
          "SCAN " + source_name(*static_cast<const TableFunctionNode&>(node).source) + " VIRTUAL TABLE INDEX 0:");
      return;
    case NodeKind::NestedLoopJoin: {
      const auto& join = static_cast<const NestedLoopJoinNode&>(node);
      scans(parent, *join.outer, min_max);
      size_t before = rows.size();
      scans(parent, *join.inner, false);
      if (join.join == bind::JoinKind::Left && rows.size() > before) rows.back().detail += " LEFT-JOIN";
      if (join.join == bind::JoinKind::Right && rows.size() > before) rows.back().detail += " RIGHT-JOIN";
      return;
    }
    case NodeKind::HashJoin: {
      const auto& join = static_cast<const HashJoinNode&>(node);
      if (join.probe->kind != NodeKind::SingleRow) scans(parent, *join.probe, min_max);
      size_t before = rows.size();
      scans(parent, *join.build, false);
      if (rows.size() == before) return;
      // Where SQLite would build an automatic index, said in its words.
      std::string conditions;
      for (const bind::BoundExpr* key : join.build_keys) append_condition(conditions, key_name(*key), "=?");
      std::string& detail = rows.back().detail;
      size_t space = detail.find(' ');
      size_t end = detail.find(' ', space + 1);
      std::string name = detail.substr(space + 1, end == std::string::npos ? std::string::npos : end - space - 1);
      bool partial = static_cast<const Node*>(join.build)->kind == NodeKind::TableScan &&
                     static_cast<const ScanNode*>(join.build)->access.filter != nullptr;
      detail = "SEARCH " + name +
               (partial ? " USING AUTOMATIC PARTIAL COVERING INDEX " : " USING AUTOMATIC COVERING INDEX ") +
               conditions + ")";
      if (join.join == bind::JoinKind::Left) detail += " LEFT-JOIN";
      if (join.join == bind::JoinKind::Right) detail += " RIGHT-JOIN";
      return;
    }
    default:
      for (const Node* child : child_nodes(node)) block(parent, *child);
      return;
  }
}

void QueryPlanText::subqueries_in(int32_t parent, const bind::BoundExpr* expr) {
  int32_t index = -1;
  const char* what = "SCALAR SUBQUERY";
  const bind::BoundQuery* bound = nullptr;
  if (expr->kind == bind::BoundKind::ScalarQuery) {
    index = expr->as<bind::BoundScalarQuery>()->subquery_index;
    bound = expr->as<bind::BoundScalarQuery>()->query;
  } else if (expr->kind == bind::BoundKind::Exists) {
    index = expr->as<bind::BoundExists>()->subquery_index;
    bound = expr->as<bind::BoundExists>()->query;
  } else if (expr->kind == bind::BoundKind::InQuery) {
    index = expr->as<bind::BoundInQuery>()->subquery_index;
    bound = expr->as<bind::BoundInQuery>()->query;
    what = "LIST SUBQUERY";
  }
  if (index >= 0 && std::find(told_subqueries.begin(), told_subqueries.end(), expr) == told_subqueries.end()) {
    told_subqueries.push_back(expr);
    int32_t id =
        add(parent, std::string(bound->is_correlated() ? "CORRELATED " : "") + what + " " + std::to_string(index + 1));
    query(id, plan.subplans[static_cast<size_t>(index)]);
  }
  struct Visit {
    QueryPlanText* text;
    int32_t parent;
  } visit{this, parent};
  bind::for_each_child(
      const_cast<bind::BoundExpr*>(expr),
      [](void* context, bind::BoundExpr** child) {
        auto* at = static_cast<Visit*>(context);
        if (*child != nullptr) at->text->subqueries_in(at->parent, *child);
      },
      &visit);
}

void QueryPlanText::subqueries(int32_t parent, const Node& node) {
  std::vector<const bind::BoundExpr*> exprs;
  for (const Node* child : child_nodes(node)) {
    if (node.kind != NodeKind::Compound && node.kind != NodeKind::RecursiveUnion) subqueries(parent, *child);
  }
  append_node_exprs(node, exprs);
  for (const bind::BoundExpr* expr : exprs) {
    if (expr->has_subquery || expr->kind == bind::BoundKind::InQuery) subqueries_in(parent, expr);
  }
}

void QueryPlanText::compound(int32_t parent, const CompoundNode& node) {
  int32_t id = add(parent, "COMPOUND QUERY");
  for (size_t i = 0; i < node.inputs.size(); ++i) {
    const char* title = "LEFT-MOST SUBQUERY";
    if (i > 0) {
      switch (node.operators[i]) {
        case bind::CompoundOp::UnionAll: title = "UNION ALL"; break;
        case bind::CompoundOp::Union: title = "UNION USING TEMP B-TREE"; break;
        case bind::CompoundOp::Intersect: title = "INTERSECT USING TEMP B-TREE"; break;
        case bind::CompoundOp::Except: title = "EXCEPT USING TEMP B-TREE"; break;
        case bind::CompoundOp::None: break;
      }
    }
    block(add(id, title), *node.inputs[i]);
  }
}

void QueryPlanText::block(int32_t parent, const Node& node) {
  const Node* base = below_everything(node);
  // What stands above the loops, innermost first.
  std::vector<const Node*> above;
  for (const Node* at = &node; at != base; at = child_nodes(*at)[0]) above.push_back(at);
  std::reverse(above.begin(), above.end());
  if (base->kind == NodeKind::Compound) {
    compound(parent, static_cast<const CompoundNode&>(*base));
  } else if (base->kind == NodeKind::RecursiveUnion) {
    const auto& recursive = static_cast<const RecursiveUnionNode&>(*base);
    block(add(parent, "SETUP"), *recursive.seed);
    block(add(parent, "RECURSIVE STEP"), *recursive.step);
  } else {
    bool min_max = false;
    for (const Node* at : above) {
      if (at->kind != NodeKind::Aggregate) continue;
      const Node* input = static_cast<const AggregateNode*>(at)->input;
      const auto& aggregate = *static_cast<const AggregateNode*>(at);
      bool extreme = aggregate.keys.empty() && aggregate.aggregates.size() == 1 &&
                     (aggregate.aggregates[0]->function->kind == functions::BuiltinKind::Min ||
                      aggregate.aggregates[0]->function->kind == functions::BuiltinKind::Max);
      min_max = input->kind == NodeKind::Limit || (extreme && aggregate.aggregates[0]->arguments.size() == 1);
    }
    scans(parent, *base, min_max);
  }
  subqueries(parent, node);
  for (const Node* at : above) {
    if (at->kind == NodeKind::Aggregate) {
      const auto& aggregate = *static_cast<const AggregateNode*>(at);
      if (aggregate.mode == AggregateMode::Hash) add(parent, "USE TEMP B-TREE FOR GROUP BY");
      for (const bind::BoundAggregate* call : aggregate.aggregates) {
        if (call->distinct) add(parent, "USE TEMP B-TREE FOR " + std::string(call->function->name) + "(DISTINCT)");
      }
    } else if (at->kind == NodeKind::Distinct) {
      if (!static_cast<const DistinctNode*>(at)->input_is_grouped) add(parent, "USE TEMP B-TREE FOR DISTINCT");
    } else if (at->kind == NodeKind::Sort) {
      const Node* input = static_cast<const SortNode*>(at)->input;
      // Groups sorted the way ORDER BY wants them: one sort, told above.
      if (input->kind == NodeKind::Filter) input = static_cast<const FilterNode*>(input)->input;
      if (input->kind == NodeKind::Aggregate && static_cast<const AggregateNode*>(input)->mode == AggregateMode::Hash &&
          !static_cast<const AggregateNode*>(input)->output_in_key_order) {
        continue;
      }
      const auto& sort = *static_cast<const SortNode*>(at);
      size_t rest = sort.terms.size() - sort.ordered_prefix;
      if (sort.ordered_prefix == 0) {
        add(parent, "USE TEMP B-TREE FOR ORDER BY");
      } else if (rest == 1) {
        add(parent, "USE TEMP B-TREE FOR LAST TERM OF ORDER BY");
      } else {
        add(parent, "USE TEMP B-TREE FOR LAST " + std::to_string(rest) + " TERMS OF ORDER BY");
      }
    }
  }
}

}  // namespace

std::vector<ExplainRow> explain_query_plan(const StatementPlan& plan) {
  QueryPlanText text{plan, {}, 1, plan.kind == StatementKind::Update || plan.kind == StatementKind::Delete, {}, {}, {}};
  switch (plan.kind) {
    case StatementKind::Select: text.query(0, plan.query); break;
    case StatementKind::Insert: text.query(0, plan.insert->source); break;
    case StatementKind::Update: {
      const Node* root = plan.update->finder->root;
      // UPDATE ... FROM sorts its matches by target, which SQLite does unsaid.
      if (plan.update->set_from_finder && plan.update->bound->order_by.empty() && root->kind == NodeKind::Sort) {
        root = static_cast<const SortNode*>(root)->input;
      }
      text.block(0, *root);
      break;
    }
    case StatementKind::Delete:
      if (!plan.remove->truncate) text.query(0, plan.remove->finder);
      break;
  }
  return std::move(text.rows);
}

}  // namespace sqlrite::plan
