// The bound tree: a statement with every name, type, affinity and collation resolved. Made by bind from the AST,
// consumed and rewritten by plan; its expressions are what expr evaluates. Everything lives in the plan's arena.
//
// Columns. A BoundColumn names (source, column). plan gives each used column of a query block a *slot* in the block's
// batch and writes it into BoundColumn::slot; an expression that is evaluated over two different layouts (before and
// after aggregation, inside and outside a sub-query) is cloned for each.
// The rowid of a table that has an alias for it is that column; kRowIdColumn is used for the others only. A virtual
// generated column read from a table is not a column but its expression (wrapped so that it keeps the column's
// affinity and collation): scans never see one.
// Outer references. A name that resolves in an enclosing block becomes BoundOuter{index}: position `index` of its
// query's `outer_args`, whose expression is bound in the *parent* block. So each query block sees its correlation as
// a row of parameters, and a sub-plan is re-run only when that row changes.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/tagged_node.h"
#include "catalog/schema.h"
#include "functions/function.h"
#include "types/value.h"

namespace sqlrite::bind {

struct BoundQuery;
struct BoundSource;

enum class BoundKind : uint8_t {
  Constant,
  Parameter,
  Column,
  Outer,
  Slot,
  Unary,
  Arithmetic,
  Concat,
  Compare,
  And,
  Or,
  Not,
  IsNull,
  Between,
  InList,
  InQuery,
  Like,
  Case,
  Cast,
  Collate,
  Function,
  Aggregate,
  ScalarQuery,
  Exists,
  RowValue,
  RowCompare,
  Raise,
  Truth,
};

struct BoundExpr : TaggedNode<BoundKind> {
  // Of the expression's value, as SQLite defines it: columns and CAST have one.
  Affinity affinity = Affinity::None;
  // The collation that the expression carries, a column's or that of a COLLATE operator; null: none.
  const Collation* collation = nullptr;
  bool explicit_collation = false;  // from a COLLATE operator: takes precedence
  // What the subtree contains; plan and expr use these to place and to batch evaluation.
  bool has_aggregate = false;
  bool has_subquery = false;
  bool has_outer = false;    // refers to an enclosing block
  bool has_column = false;   // refers to a column of the own block
  bool is_volatile = false;  // non-deterministic or user function: row by row, never folded, never moved
  // Bytes of the statement text.
  uint32_t span_begin = 0;
  uint32_t span_end = 0;
};

struct BoundConstant : BoundExpr {
  Value value;  // its bytes are in the plan's arena, or static
};
struct BoundParameter : BoundExpr {
  uint16_t number = 0;  // from 1
};
struct BoundColumn : BoundExpr {
  BoundSource* source = nullptr;
  int16_t column = 0;  // kRowIdColumn for the rowid
  int32_t slot = -1;   // written by plan
};
struct BoundOuter : BoundExpr {
  uint16_t index = 0;  // into the own query's outer_args
};
// A column of the batch as such; made by plan.
struct BoundSlot : BoundExpr {
  int32_t slot = -1;
};

enum class UnaryOp : uint8_t { Negate, BitNot, Plus };
struct BoundUnary : BoundExpr {
  UnaryOp op;
  BoundExpr* operand;
};
enum class ArithmeticOp : uint8_t { Add, Subtract, Multiply, Divide, Modulo, BitAnd, BitOr, ShiftLeft, ShiftRight };
struct BoundArithmetic : BoundExpr {
  ArithmeticOp op;
  BoundExpr* left;
  BoundExpr* right;
};
struct BoundConcat : BoundExpr {
  BoundExpr* left;
  BoundExpr* right;
};
enum class CompareOp : uint8_t { Eq, Ne, Lt, Le, Gt, Ge, Is, IsNot };
struct BoundCompare : BoundExpr {
  CompareOp op;
  BoundExpr* left;
  BoundExpr* right;
  Affinity operand_affinity = Affinity::None;    // applied to both sides first: None, Text or Numeric
  const Collation* compare_collation = nullptr;  // never null
};
// AND and OR, by its kind.
struct BoundBinaryLogic : BoundExpr {
  BoundExpr* left;
  BoundExpr* right;
};
struct BoundNot : BoundExpr {
  BoundExpr* operand;
};
// IS NULL, IS NOT NULL.
struct BoundIsNull : BoundExpr {
  BoundExpr* operand;
  bool negated;
};
// IS [NOT] TRUE, IS [NOT] FALSE.
struct BoundTruth : BoundExpr {
  BoundExpr* operand;
  bool negated;
  bool value;
};
// Two comparisons with one operand, which is evaluated once.
struct BoundBetween : BoundExpr {
  BoundExpr* operand;
  BoundExpr* low;
  BoundExpr* high;
  bool negated;
  Affinity low_affinity = Affinity::None;
  Affinity high_affinity = Affinity::None;
  const Collation* low_collation = nullptr;
  const Collation* high_collation = nullptr;
};
struct BoundInList : BoundExpr {
  BoundExpr* operand;
  std::span<BoundExpr*> items;
  bool negated;
  Affinity operand_affinity = Affinity::None;  // applied to operand and items
  const Collation* compare_collation = nullptr;
};
struct BoundInQuery : BoundExpr {
  std::span<BoundExpr*> operands;  // one, or a row value
  BoundQuery* query;
  bool negated;
  std::span<Affinity> operand_affinities;  // applied to both sides
  std::span<const Collation*> compare_collations;
  int32_t subquery_index = -1;  // position in the statement's list of sub-plans, written by plan
};
enum class LikeOp : uint8_t { Like, Glob, Regexp, Match };
struct BoundLike : BoundExpr {
  LikeOp op;
  BoundExpr* operand;
  BoundExpr* pattern;
  BoundExpr* escape = nullptr;
  bool negated;
  const functions::FunctionDef* function = nullptr;  // null: the built-in matcher; else an overload by the user
};
struct BoundCase : BoundExpr {
  struct Arm {
    BoundExpr* when;
    BoundExpr* then;
  };
  BoundExpr* base = nullptr;  // CASE base WHEN value: evaluated once per row; null: every `when` is a condition
  std::span<Arm> arms;
  BoundExpr* otherwise = nullptr;  // null: NULL
  // With a base: how it is compared with the value of each arm.
  std::span<Affinity> base_affinities;
  std::span<const Collation*> base_collations;
};
struct BoundCast : BoundExpr {
  BoundExpr* operand;
  Affinity target;  // of the type name
};
struct BoundCollate : BoundExpr {
  BoundExpr* operand;
};
struct BoundFunction : BoundExpr {
  const functions::FunctionDef* function;
  std::span<BoundExpr*> arguments;
  const Collation* call_collation = nullptr;  // for kNeedsCollation
  const char* stored_in = nullptr;            // as CallContext::stored_in
};
struct OrderTerm {
  BoundExpr* expr = nullptr;
  bool descending = false;
  bool nulls_last = false;               // where the text says nothing: first ascending, last descending
  const Collation* collation = nullptr;  // never null
  int32_t result_column = -1;            // >= 0: the term is that result column
};
struct BoundAggregate : BoundExpr {
  const functions::FunctionDef* function;
  std::span<BoundExpr*> arguments;  // bound over the block's sources
  bool distinct = false;
  BoundExpr* filter = nullptr;
  std::span<OrderTerm> order_by;  // inside the call
  const Collation* call_collation = nullptr;
  int32_t aggregate_index = -1;  // position in the core's aggregates
};
struct BoundScalarQuery : BoundExpr {
  BoundQuery* query;
  int32_t result_column = 0;
  int32_t subquery_index = -1;
};
struct BoundExists : BoundExpr {
  BoundQuery* query;
  int32_t subquery_index = -1;
};
struct BoundRowValue : BoundExpr {
  std::span<BoundExpr*> items;
  BoundQuery* query = nullptr;  // of (SELECT a, b ...); null: a list of expressions
};
// (a, b) op (c, d): lexicographic with three-valued logic; pairs as in BoundCompare. One side may come from a query,
// whose columns are then read with BoundScalarQuery of equal `query` and different result_column (run once per row).
struct BoundRowCompare : BoundExpr {
  CompareOp op;
  std::span<BoundExpr*> left;
  std::span<BoundExpr*> right;
  std::span<Affinity> operand_affinities;
  std::span<const Collation*> compare_collations;
};
struct BoundRaise : BoundExpr {
  catalog::ConflictAction action;
  BoundExpr* message = nullptr;
};

// ---- Queries ----------------------------------------------------------------------------------------------------

enum class SourceKind : uint8_t { Table, Query, CteRecursive, TableFunction };
// Cross is Inner that keeps the written order.
enum class JoinKind : uint8_t { Inner, Cross, Left, Right, Full };

struct SourceColumn {
  std::string_view name;
  Affinity affinity = Affinity::None;
  const Collation* collation = nullptr;
  std::string_view declared_type;
  bool hidden = false;
};

// Columns of a nested join (see BoundSource) are found by the name and table they had inside it.
struct NestedColumn {
  std::string_view table_alias;  // "": merged by USING
  std::string_view inner_name;
  bool merged_away = false;  // behind a USING column: only found with its table's name
  bool is_rowid = false;     // the rowid of that table
};

// A table-valued function, offered by the engine: its columns, of which the hidden ones at the end are its arguments.
struct TableFunctionInfo {
  std::string_view name;
  std::span<const SourceColumn> columns;
  uint16_t hidden_count = 0;
  const void* implementation = nullptr;  // the owner's
};

struct BoundSource {
  SourceKind kind = SourceKind::Table;
  uint16_t position = 0;            // in its core's list
  JoinKind join = JoinKind::Inner;  // to everything before it
  // ON and USING/NATURAL equalities for Left/Right/Full. Inner ones are in WHERE; where such a join stands left of a
  // Right or Full one, which must see its result, it has become a Query source (a nested join).
  BoundExpr* on = nullptr;
  std::string_view alias;                 // name in this query
  const catalog::Table* table = nullptr;  // Table
  BoundQuery* query = nullptr;            // Query; a CTE used several times shares one BoundQuery (materialized once)
  bool materialize = false;               // shared or MATERIALIZED CTE: do not flatten
  bool from_cte = false;
  BoundQuery* recursive_of = nullptr;  // CteRecursive: the query whose working table this reads
  std::span<SourceColumn> columns;
  std::span<BoundExpr*> arguments;  // TableFunction; fewer than its hidden columns when arguments are left out
  const TableFunctionInfo* function = nullptr;  // TableFunction
  std::string_view database_name;               // Table: as ATTACHed
  // Query made from a parenthesised join, whose columns go by their tables' names: parallel to `columns`; else empty.
  std::span<NestedColumn> nested;
  bool is_nested_join() const { return !nested.empty(); }
  std::string_view indexed_by;  // INDEXED BY name
  const catalog::Index* indexed_by_index = nullptr;
  bool not_indexed = false;
  // Which columns the block uses: bit per column; bit of columns.size() is the rowid.
  std::span<uint64_t> used_columns;
};

// One SELECT core or VALUES list.
struct BoundCore {
  std::span<BoundSource*> sources;
  BoundExpr* where = nullptr;  // with the ON conditions of inner joins; null: all rows
  std::span<BoundExpr*> group_by;
  bool is_aggregate = false;              // GROUP BY, or an aggregate in the result
  std::span<BoundAggregate*> aggregates;  // of this core, duplicates merged
  BoundExpr* having = nullptr;
  std::span<BoundExpr*> results;  // the result columns, stars expanded
  bool distinct = false;
  std::span<const Collation*> result_collations;  // for DISTINCT and compound comparison; never null entries
  std::span<std::span<BoundExpr*>> values;        // VALUES: rows (then sources is empty and results is values[0])
};

enum class CompoundOp : uint8_t { None, UnionAll, Union, Intersect, Except };

struct ResultColumn {
  std::string_view name;           // as SQLite names it
  std::string_view declared_type;  // column metadata; empty for expressions
  std::string_view source_name;    // its name as a column of a sub-query, view or CREATE TABLE AS, before numbering
  bool has_alias = false;          // named by AS, or by a star
  std::string_view origin_database, origin_table, origin_column;
  Affinity affinity = Affinity::None;
  const Collation* collation = nullptr;
};

struct BoundQuery {
  std::span<BoundCore*> cores;      // compound: left to right
  std::span<CompoundOp> operators;  // operators[i] joins cores[i-1] and cores[i]; operators[0] is None
  std::span<ResultColumn> columns;
  std::span<OrderTerm> order_by;  // compound: every term has result_column
  BoundExpr* limit = nullptr;
  BoundExpr* offset = nullptr;
  std::span<BoundExpr*> outer_args;  // bound in the parent block: see "Outer references" on top
  // WITH RECURSIVE: the first `recursive_from` cores are the seed; the others read the working table.
  bool is_recursive = false;
  uint16_t recursive_from = 0;
  bool recursive_distinct = false;       // UNION instead of UNION ALL
  const BoundQuery* clone_of = nullptr;  // the query this is a deep copy of
  bool is_correlated() const { return !outer_args.empty(); }
};

// ---- Changes ----------------------------------------------------------------------------------------------------

struct BoundReturning {
  std::span<BoundExpr*> results;  // over the target's new (DELETE: old) row, source = target
  std::span<ResultColumn> columns;
};

// Everything a written row must pass: expressions are bound over `target` (columns of the new row).
struct BoundTarget {
  BoundSource* target = nullptr;  // kind Table
  const catalog::Table* table = nullptr;
  std::span<BoundExpr*> defaults;   // per column; null: NULL
  std::span<BoundExpr*> checks;     // parallel to table->checks
  std::span<BoundExpr*> generated;  // per column; null when not generated
  struct IndexExprs {
    const catalog::Index* index = nullptr;
    std::span<BoundExpr*> fields;  // per index field that is an expression; else null
    BoundExpr* where = nullptr;    // partial index condition
  };
  std::span<IndexExprs> indexes;     // every secondary index of the table
  bool calls_user_function = false;  // the statement, anywhere
};

struct BoundUpsert {
  const catalog::Index* index = nullptr;  // conflict target; null with conflict_on_rowid false: any
  bool conflict_on_rowid = false;
  bool do_nothing = false;
  std::span<uint16_t> columns;   // SET
  std::span<BoundExpr*> values;  // over target (existing row) and `excluded`
  BoundExpr* where = nullptr;
  BoundSource* excluded = nullptr;
};

struct BoundInsert {
  BoundTarget target;
  catalog::ConflictAction on_conflict = catalog::ConflictAction::Default;
  // Target column of each source column; kRowIdColumn: the rowid; kExpressionColumn: dropped (column named twice).
  std::span<int16_t> columns;
  BoundQuery* source = nullptr;      // VALUES or SELECT; null: DEFAULT VALUES
  bool source_reads_target = false;  // then it is read to the end first
  std::span<BoundUpsert> upserts;
  BoundReturning* returning = nullptr;
};

struct BoundUpdate {
  BoundTarget target;
  catalog::ConflictAction on_conflict = catalog::ConflictAction::Default;
  BoundCore* core = nullptr;   // sources[0] is the target, then FROM; where as written; results: SET values
  std::span<int16_t> columns;  // SET column of each of core->results
  bool reads_target = false;   // a sub-query, CTE or view in it reads the target too
  std::span<OrderTerm> order_by;
  BoundExpr* limit = nullptr;
  BoundExpr* offset = nullptr;
  BoundReturning* returning = nullptr;
};

struct BoundDelete {
  BoundTarget target;
  BoundCore* core = nullptr;  // sources[0] is the target
  std::span<OrderTerm> order_by;
  BoundExpr* limit = nullptr;
  BoundExpr* offset = nullptr;
  BoundReturning* returning = nullptr;
};

// Deep copy into `arena`. Columns keep their source; slots are kept too.
BoundExpr* clone_expr(const BoundExpr* expr, Arena& arena);
// Structural equality as GROUP BY matching needs it (constants by value and type, columns by source and number).
bool equal_exprs(const BoundExpr* a, const BoundExpr* b);
// Calls visit(context, child_pointer) for each direct child expression (not into sub-queries, but into their outer_args).
void for_each_child(BoundExpr* expr, void (*visit)(void* context, BoundExpr** child), void* context);

}  // namespace sqlrite::bind
