// CorePlan: what the planner knows about one query core (one SELECT block) while it plans it.
//
// Life of a core:  rules rewrite the bound tree -> collect() walks it once: sources, used columns, WHERE terms
// -> add_paths() makes the possible accesses of each source -> choose_join() picks order and accesses
// -> build nodes, which decides the slots of the columns that are really read.
// Everything here is scratch memory of one planning call; only bound expressions and nodes go into the plan's arena.
#pragma once

#include <cstdint>

#include "base/arena.h"
#include "base/status.h"
#include "bind/bound.h"
#include "plan/cost/log_est.h"
#include "plan/physical.h"

namespace sqlrite::plan {

using bind::BoundColumn;
using bind::BoundCore;
using bind::BoundKind;
using bind::BoundQuery;
using bind::BoundSource;
using bind::JoinKind;
using bind::SourceKind;

using SourceMask = uint64_t;
inline constexpr int kSourcesMax = 64;

constexpr SourceMask bit(int position) { return SourceMask{1} << position; }

// One statement being planned.
struct PlanContext {
  StatementPlan& plan;
  Arena& arena;  // the plan's
  Arena& scratch;
  struct Planned {
    const BoundQuery* query;
    int32_t index;
  };
  struct Shared {
    const BoundQuery* query;
    QueryPlan* plan;
    int32_t index;
  };
  ArenaVector<QueryPlan*> subplans;
  ArenaVector<Planned> subplan_queries;  // parallel to subplans: found again by query
  ArenaVector<Shared> shared;            // common table expressions that are run once
  int depth = 0;
  const catalog::Table* written = nullptr;  // while sub-queries are planned that run between single changes of it
  const BoundQuery* finder = nullptr;       // of UPDATE and DELETE: rows are best found in the order they are changed

  PlanContext(StatementPlan& p, Arena& s)
      : plan(p), arena(p.arena), scratch(s), subplans(p.arena), subplan_queries(s), shared(s) {}
};

// What a WHERE term can do for an access, as bits.
namespace term_op {
inline constexpr uint16_t kEq = 1, kIs = 2, kIn = 4, kIsNull = 8, kLt = 16, kLe = 32, kGt = 64, kGe = 128, kOr = 256;
inline constexpr uint16_t kEquality = kEq | kIs, kUpper = kLt | kLe, kLower = kGt | kGe;
inline constexpr uint16_t kKeyed = kEq | kIs | kIn | kIsNull;
}  // namespace term_op

struct Term;

// `a OR b OR ...` as alternatives that an index each could serve.
struct OrAlternative {
  std::span<Term*> terms;  // conjuncts of this alternative, implied ones included
};

struct Term {
  BoundExpr* expr = nullptr;                 // the condition; for virtual terms the implied one, or null
  SourceMask mask = 0;                       // sources it reads
  SourceMask mask_right = 0;                 // sources that `right` reads
  int32_t column_begin = 0, column_end = 0;  // its column references, in CorePlan::columns
  int16_t source = -1;                       // source of the left side when usable for access
  int16_t column = 0;                        // its column; kExpressionColumn: see left
  uint16_t op = 0;                           // term_op bits
  BoundExpr* left = nullptr;
  BoundExpr* right = nullptr;             // Eq, Is and ranges: the other operand
  const bind::BoundLike* like = nullptr;  // the prefix of this pattern gives both bounds of a range
  Affinity affinity = Affinity::None;     // of the comparison
  const Collation* collation = nullptr;
  Term* parent = nullptr;  // virtual: the written condition that this one follows from
  uint8_t children = 0;    // virtual terms which together mean this one
  uint8_t children_done = 0;
  int16_t on_source = -1;  // condition of that outer join; -1: WHERE
  bool is_virtual = false;
  bool implies_parent = false;  // all such children together replace the parent
  bool commuted = false;        // `right op left` of the parent: replaces it alone
  bool consumed = false;        // checked by the chosen accesses: no filter needed
  bool placed = false;
  bool small_constant = false;  // equality with -1, 0 or 1: not selective
  LogEst truth = 1;             // <= 0: likelihood() given
  std::span<OrAlternative> alternatives;
};

struct SourceInfo {
  BoundSource* source = nullptr;
  const catalog::Table* table = nullptr;
  JoinKind join = JoinKind::Inner;
  SourceMask before = 0;          // sources that must come earlier (outer and cross joins)
  bool null_extended = false;     // right side of LEFT or FULL: WHERE terms must wait until after the join
  bool order_fixed = false;       // at or left of a RIGHT or FULL join
  bool depends_on_outer = false;  // reads BoundOuter
  uint64_t used = 0;              // columns 0..62 by bit; bit 63: rowid
  std::span<uint64_t> used_more;  // columns from 63 on
  LogEst row_count = 0;
  uint16_t table_width = 0;         // of a row, when first needed
  QueryPlan* query_plan = nullptr;  // SourceKind::Query
  int32_t shared_index = -1;
};

enum class PathKind : uint8_t { Table, Index, MultiOr, Hash, Query, Recursive, TableFunction };

namespace path_flag {
inline constexpr uint16_t kOneRow = 1, kCovering = 2, kHasIn = 4, kHasNull = 8, kRange = 16, kEqual = 32, kRowId = 64,
                          kLower = 128, kUpper = 256, kUnique = 512, kPrefix = 1024;
}

// One way to read one source: SQLite would call it a loop.
struct AccessPath {
  AccessPath* next = nullptr;
  PathKind kind = PathKind::Table;
  uint8_t source = 0;
  uint16_t flags = 0;
  uint16_t sort_index = 0;  // paths that may deliver a wanted order are compared among equals only
  uint16_t equal_count = 0;
  SourceMask prerequisite = 0;
  LogEst setup = 0, run = 0, out = 0;
  const catalog::Index* index = nullptr;  // null: table's rowid tree
  std::span<Term*> terms;                 // equal_count key terms, then lower, upper
  // MultiOr
  Term* or_term = nullptr;
  std::span<AccessPath*> branches;

  // LIKE or GLOB: one term for both bounds.
  Term* prefix() const { return (flags & path_flag::kPrefix) ? terms[equal_count] : nullptr; }
  Term* lower() const { return (flags & path_flag::kLower) ? terms[equal_count] : nullptr; }
  Term* upper() const {
    return (flags & path_flag::kUpper) ? terms[equal_count + ((flags & path_flag::kLower) ? 1 : 0)] : nullptr;
  }
};

enum class OrderUse : uint8_t { None, OrderBy, GroupBy, Distinct };

// The order that the core's consumer would like rows in.
struct WantedOrder {
  OrderUse use = OrderUse::None;
  std::span<OrderTerm> terms;
  LogEst limit = 0;  // > 0: about so many rows are wanted at all
  bool distinct = false;
  bool min_max = false;  // one row wanted: first of the order
  bool hashed = false;   // groups or distinct rows, all of them: a hash table serves as well as an order
};

struct ChosenPath {
  AccessPath* path[kSourcesMax];
  int count = 0;
  SourceMask reverse = 0;  // sources scanned backwards
  int ordered_terms = 0;   // leading terms of the wanted order that hold
  bool distinct_ordered = false;
  LogEst row_count = 0;
};

struct CorePlan {
  PlanContext& context;
  BoundQuery& query;
  BoundCore& core;
  int source_count = 0;
  SourceInfo* sources = nullptr;
  SourceMask outer_ahead = 0;  // sources left of (or at) the last RIGHT/FULL join
  int last_right_join = -1;
  ArenaVector<BoundColumn*> columns;  // every column reference of this core
  int32_t term_columns_begin = 0;     // references before this one belong to results, keys, aggregates...
  ArenaVector<Term*> terms;           // implied ones follow the written ones
  AccessPath* paths = nullptr;
  WantedOrder order;
  bool reads_working_table = false;  // scans the working table of a recursive query, here or deeper

  CorePlan(PlanContext& c, BoundQuery& q, BoundCore& k)
      : context(c), query(q), core(k), columns(c.scratch), terms(c.scratch) {}
};

// ---- logical: the walk and the terms
// Plans sub-queries of expressions under `expr`, notes its columns, returns the sources it reads.
Status collect_expr(CorePlan& plan, BoundExpr* expr, SourceMask* mask);
Status collect_sources(CorePlan& plan);
// Splits WHERE and ON into terms and analyses them. REQUIRES: everything else was collected.
Status collect_terms(CorePlan& plan);
// Analyses `term` (expr, mask, on_source set), appending implied terms to `out`.
void analyze_term(CorePlan& plan, Term* term, ArenaVector<Term*>& implied);

bool same_collation(const Collation* a, const Collation* b);
BoundExpr* strip_collate(BoundExpr* expr);
// Column of a term's left side in normal form: INTEGER PRIMARY KEY columns are the rowid.
uint16_t table_width(const catalog::Table& table);
uint16_t index_width(const catalog::Index& index);
int16_t normal_column(const BoundSource& source, int16_t column);
bool is_used(const SourceInfo& info, int16_t column);
// May this condition restrict the rows that are read from the source (and not only those that leave its join)?
bool usable_at(const CorePlan& plan, const Term& term, int source);
int16_t find_expression_field(const BoundSource& source, const BoundExpr* expr);
SourceMask expr_mask(const BoundExpr* expr);

// ---- cost: paths and join order
Status add_paths(CorePlan& plan);
AccessPath* short_cut_path(CorePlan& plan);
Status choose_join(CorePlan& plan, ChosenPath* chosen);
// How many leading terms of `terms` the rows of these paths are ordered by; `reverse` gets the sources to scan backwards.
int ordered_prefix(const CorePlan& plan, AccessPath* const* paths, int count, std::span<OrderTerm> terms, OrderUse use,
                   SourceMask* reverse);
// Is the index complete for this source, its partial condition implied by `terms`?
bool index_usable_for(const CorePlan& plan, const SourceInfo& info, const catalog::Index& index,
                      std::span<Term* const> terms);
// Does the expression in the schema (over the table's columns) mean the same as a bound expression over `source`?
bool matches_schema_expr(const sql::Expr* schema_expr, const BoundExpr* expr, const BoundSource* source);
bool field_matches(const catalog::Index* index, int field, const BoundSource* source, int16_t column,
                   const BoundExpr* expr);

// ---- physical
Result<QueryPlan*> plan_query(PlanContext& context, BoundQuery& query);
// Plans a sub-query of an expression once; returns its place among the statement's sub-plans.
Result<int32_t> plan_subquery(PlanContext& context, BoundQuery& query);
Result<Node*> build_joins(CorePlan& plan, ChosenPath& chosen);

}  // namespace sqlrite::plan
