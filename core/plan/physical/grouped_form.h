// The grouped form of a correlated block: one pass over what it reads answers for every value of its keys.
//
//   SELECT sum(v) FROM u WHERE u.k = <outer> AND v > 5   for each outer row: a search of the index on u(k) and a walk
//   SELECT k, sum(v) FROM u WHERE v > 5 GROUP BY k       once, in the order of that index, kept by k
//
// Both read the rows of one key in the same order, so that answers are equal to the last digit. Which of the two is run
// is decided while the statement runs (exec): the block starts with searches, and changes to its groups when it has been
// run so often that the pass costs no more than the searches did.
#pragma once

#include "plan/physical.h"

namespace sqlrite::plan {

struct GroupedForm {
  const Node* groups = nullptr;  // the keys, each once, in slots 0.., then the aggregates
  KeyRange keys;                 // equals: what the outer row's block compares with the keys
  const catalog::Index* index = nullptr;
  bool looks_up_rows = false;  // each entry costs a search of the table
  std::span<const Collation*> key_collations;
  std::span<BoundExpr*> results;  // over the slots behind the keys; none where only existence is asked for
};

// Null: there is none. `for_existence`: whether the block has a row is all that is asked.
const GroupedForm* make_grouped_form(const QueryPlan& block, bool for_existence, Arena& arena);

}  // namespace sqlrite::plan
