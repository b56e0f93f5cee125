// The physical plan: immutable data that exec turns into operators. Made by plan in the statement's arena.
//
// Layouts. Every query core has one batch layout, its *slots*: one per used (source, column). All scans, joins and
// filters of the core produce batches of that layout; a scan fills its own slots only. Aggregate, Project, Compound and
// Query nodes start a new layout. Expressions hanging on a node are evaluated over the layout of its *input* (scans: over
// their own output for filters; over the outer row, in the same layout, for key expressions).
//
// Nested loops. A join's inner side may use slots of the outer side in its keys and filters. The join hands the outer
// row down: in batches that the inner side produces, the slots of the outer side are constant columns.
//
// Changes. The row that is written has a layout of its own: slot i is column i, the slot after the last column is the
// rowid, and the columns of `excluded` follow.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "bind/bound.h"
#include "catalog/schema.h"

namespace sqlrite::plan {

using bind::BoundExpr;
using bind::OrderTerm;

enum class NodeKind : uint8_t {
  SingleRow,      // one row without columns (SELECT without FROM)
  Values,         // rows of expressions
  TableScan,      // full scan or rowid range / point
  IndexScan,      // index range, then the table row unless covering
  MultiIndexOr,   // rowids from several accesses, united, then table rows
  QueryScan,      // rows of a sub-query in FROM
  RecursiveScan,  // the working table of a recursive CTE
  TableFunctionScan,
  Filter,
  NestedLoopJoin,
  HashJoin,
  Aggregate,
  Project,
  Distinct,
  Sort,
  Limit,
  Compound,
  RecursiveUnion,
};

struct Node {
  NodeKind kind;
  uint16_t slot_count = 0;      // columns of the output layout
  bool single_row_max = false;  // at most one row: batches of one
  double rows_estimate = 1;
};

// Column of a stored row -> slot. Sorted by storage position.
struct ColumnFetch {
  int16_t column = 0;  // table column; kRowIdColumn for the rowid
  int32_t slot = -1;
};

// One leading key field of a range, fixed to one or several values.
struct KeyEqual {
  BoundExpr* value = nullptr;                    // column = value
  std::span<BoundExpr*> values;                  // column IN (list): sorted and made unique at run time
  const bind::BoundInQuery* in_query = nullptr;  // column IN (SELECT ...)
  bool null_matches = false;                     // IS: NULL finds NULLs; else a NULL key finds nothing
  Affinity affinity = Affinity::None;            // applied to the key value before the seek (the column's)
};

struct KeyRange {
  std::span<KeyEqual> equals;  // leading fields
  BoundExpr* lower = nullptr;  // next field: > or >=
  BoundExpr* upper = nullptr;  // next field: < or <=
  bool lower_inclusive = false;
  bool upper_inclusive = false;
  bool skip_nulls = false;  // upper bound only (or LIKE prefix): NULLs are not in the range
  Affinity lower_affinity = Affinity::None;
  Affinity upper_affinity = Affinity::None;
  // The LIKE or GLOB whose prefix became the range. When the pattern's value (a parameter) does not allow it, the range
  // is ignored and the residual filter does the work.
  const bind::BoundLike* prefix_of = nullptr;
};

struct TableAccess {
  bind::BoundSource* source = nullptr;
  const catalog::Table* table = nullptr;
  const catalog::Index* index = nullptr;  // null: the table's own tree (rowid order, or WITHOUT ROWID key order)
  bool covering = false;                  // the index has every wanted column
  KeyRange range;                         // over rowid (no index, rowid table: at most one KeyEqual) or index fields
  bool descending = false;
  bool order_needed = false;           // the consumer relies on key order (IN lists are then walked in order)
  std::span<ColumnFetch> fetch;        // from the table row, or all from the index when covering
  std::span<ColumnFetch> index_fetch;  // not covering: columns that index_filter needs, read from the index entry
  BoundExpr* index_filter = nullptr;   // checked before the table row is fetched
  BoundExpr* filter = nullptr;         // residual condition over the slots of this scan (and outer slots)
  bool key_is_unique = false;          // at most one row per outer row
  bool count_only = false;             // no column wanted, no filter: entries may be counted without being read
};

// TableScan and IndexScan.
struct ScanNode : Node {
  TableAccess access;
};
struct MultiIndexOrNode : Node {
  TableAccess table;                // fetch and filter of the row
  std::span<TableAccess> branches;  // each yields rowids
};
struct ValuesNode : Node {
  std::span<std::span<BoundExpr*>> rows;
  std::span<int32_t> slots;
};

struct QueryPlan;
struct QueryScanNode : Node {
  const bind::BoundSource* source = nullptr;  // its name, for explain
  QueryPlan* query = nullptr;
  std::span<ColumnFetch> fetch;  // result column -> slot
  bool materialize = false;      // run once, keep the rows (inner side of a loop, shared CTE)
  int32_t shared_index = -1;     // >= 0: CTE used several times, materialized once per statement run
  bool invariant = false;        // materialized rows stay valid for the whole statement run
  BoundExpr* filter = nullptr;
  // Automatic index: hash look-up into the materialized rows by these columns = outer expressions.
  std::span<uint16_t> key_columns;
  std::span<BoundExpr*> key_values;
  std::span<Affinity> key_affinities;
  std::span<const Collation*> key_collations;
};
struct RecursiveScanNode : Node {
  const bind::BoundSource* source = nullptr;
  const bind::BoundQuery* recursive_of = nullptr;
  std::span<ColumnFetch> fetch;
  BoundExpr* filter = nullptr;
};
struct TableFunctionNode : Node {
  bind::BoundSource* source = nullptr;
  std::span<BoundExpr*> arguments;
  std::span<ColumnFetch> fetch;
  BoundExpr* filter = nullptr;
};
struct FilterNode : Node {
  Node* input = nullptr;
  BoundExpr* condition = nullptr;
  bool once = false;  // reads no column: decided before the input is opened
};

struct NestedLoopJoinNode : Node {
  bind::JoinKind join = bind::JoinKind::Inner;
  Node* outer = nullptr;
  Node* inner = nullptr;
  // What each side fills, so that the other side's rows can be null-extended and outer columns broadcast.
  std::span<int32_t> outer_slots;
  std::span<int32_t> inner_slots;
  BoundExpr* on = nullptr;      // Left/Right/Full: decides the match (beyond what the inner access checks)
  BoundExpr* filter = nullptr;  // WHERE part, after null extension
  bool inner_once = false;      // semi-join shape: stop after the first match
};
struct HashJoinNode : Node {
  bind::JoinKind join = bind::JoinKind::Inner;
  Node* probe = nullptr;  // outer (left) side, order kept
  Node* build = nullptr;  // inner (right) side; does not depend on the probe's slots
  std::span<int32_t> probe_slots;
  std::span<int32_t> build_slots;
  std::span<BoundExpr*> probe_keys;
  std::span<BoundExpr*> build_keys;
  std::span<Affinity> key_affinities;  // applied to both sides
  std::span<const Collation*> key_collations;
  BoundExpr* on = nullptr;      // further ON conditions
  BoundExpr* filter = nullptr;  // WHERE part, after null extension
  double build_rows_estimate = 0;
  bool build_invariant = false;  // the build side gives the same rows for the whole statement run
};

// Plain: no GROUP BY, exactly one group.
enum class AggregateMode : uint8_t { Plain, Hash, Ordered };
struct AggregateNode : Node {
  Node* input = nullptr;
  AggregateMode mode = AggregateMode::Hash;
  // The output's slots: keys, then aggregates, then bare columns. All three are expressions over the input's layout.
  std::span<BoundExpr*> keys;
  std::span<const Collation*> key_collations;
  std::span<bind::BoundAggregate*> aggregates;
  std::span<BoundExpr*> bare;
  int32_t bare_follows = -1;  // bare columns are of the row of this min() or max(); -1: of the group's first row
  std::span<bool> ordered_descending;  // Ordered: direction of each key in the input
  double groups_estimate = 0;
  bool output_in_key_order = false;  // Hash: rows must leave sorted by the keys (as SQLite's GROUP BY delivers)
};
struct ProjectNode : Node {
  Node* input = nullptr;
  std::span<BoundExpr*> exprs;  // into slots 0..n-1
};
struct DistinctNode : Node {
  Node* input = nullptr;
  uint16_t key_count = 0;  // the first so many slots are compared
  std::span<const Collation*> collations;
  bool input_is_grouped = false;  // equal rows are adjacent
};
struct SortNode : Node {
  Node* input = nullptr;
  std::span<OrderTerm> terms;        // over the input layout
  std::span<int32_t> payload_slots;  // columns that must survive
  uint16_t ordered_prefix = 0;       // leading terms the input is already ordered by
  BoundExpr* limit = nullptr;        // top-k: keep limit + offset rows (the Limit node above still cuts)
  BoundExpr* offset = nullptr;
};
struct LimitNode : Node {
  Node* input = nullptr;
  BoundExpr* limit = nullptr;
  BoundExpr* offset = nullptr;
};
struct CompoundNode : Node {
  std::span<Node*> inputs;                // each with result layout 0..n-1
  std::span<bind::CompoundOp> operators;  // as in BoundQuery; UnionAll streams, others deliver sorted by all columns
  std::span<const Collation*> collations;
  std::span<OrderTerm> order_by;  // the order in which a sorted result must leave (result_column set)
};
struct RecursiveUnionNode : Node {
  const bind::BoundQuery* query = nullptr;
  Node* seed = nullptr;
  Node* step = nullptr;  // contains RecursiveScan nodes; several step cores: a UnionAll compound
  bool distinct = false;
  std::span<const Collation*> collations;
  std::span<OrderTerm> order_by;  // priority queue order; empty: first in, first out
  BoundExpr* limit = nullptr;
  BoundExpr* offset = nullptr;
};

// One query block with everything below it. Its root's layout is the result columns in slots 0..n-1.
struct QueryPlan {
  const bind::BoundQuery* query = nullptr;
  Node* root = nullptr;
  uint16_t result_count = 0;
  std::span<BoundExpr*> outer_args;  // evaluated in the parent's layout before each run
  bool is_volatile = false;          // must run again even if outer_args are unchanged
  bool reads_working_table = false;  // inside a recursive step: must run again for each step
};

struct InsertPlan {
  bind::BoundInsert* bound = nullptr;
  QueryPlan* source = nullptr;
};
// The finder delivers, for each row to change, the target's key (rowid, or the columns of the primary key) and behind
// it, for UPDATE ... FROM and where nothing can tell when they are computed, the SET values.
struct UpdatePlan {
  bind::BoundUpdate* bound = nullptr;
  QueryPlan* finder = nullptr;
  uint16_t key_count = 1;
  bool set_from_finder = false;  // SET values follow the key in the finder's row
  bool streams = false;          // rows may change while the finder still reads the state before the statement
};
struct DeletePlan {
  bind::BoundDelete* bound = nullptr;
  QueryPlan* finder = nullptr;
  uint16_t key_count = 1;
  bool truncate = false;  // DELETE without WHERE and nothing that must see single rows
  bool streams = false;   // as in UpdatePlan
};

enum class StatementKind : uint8_t { Select, Insert, Update, Delete };

// Everything to run a statement any number of times. Shared by equal statements; never changed after planning.
struct StatementPlan {
  Arena arena{1024};
  StatementKind kind = StatementKind::Select;
  QueryPlan* query = nullptr;  // Select
  InsertPlan* insert = nullptr;
  UpdatePlan* update = nullptr;
  DeletePlan* remove = nullptr;
  std::span<QueryPlan*> subplans;  // expression sub-queries, by subquery_index
  uint16_t shared_count = 0;       // materialized CTEs, by shared_index
  std::span<bind::ResultColumn> columns;
};

}  // namespace sqlrite::plan
