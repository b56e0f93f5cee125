// GroupedSubquery: the answers of a correlated sub-query for all values of its keys, made in one pass over what it reads
// (see plan/physical/grouped_form.h) and looked up from then on.
//
//   make() -> [is_worthwhile() -> build()] -> find() ... -> forget() -> ...
//
// The pass is made once the searches done so far have cost about as much: in all, a statement never takes more than
// about twice as long as with the better of the two ways.
#pragma once

#include <memory>

#include "exec/operator/key_hash.h"
#include "exec/operator/key_range.h"
#include "exec/spill/memory_budget.h"
#include "plan/physical/grouped_form.h"

namespace sqlrite::exec {

class GroupedSubquery {
 public:
  // Searches before the form is thought of at all.
  static constexpr uint64_t kSearchesMin = 64;

  // Null when the sub-query has no such form. It lives in `arena`, as its operators do.
  static Result<std::unique_ptr<GroupedSubquery>> make(const plan::QueryPlan& subquery, bool for_existence,
                                                       const plan::StatementPlan& plan, Arena& arena);

  bool is_built() const { return built_; }
  // After so many searches in this run.
  Result<bool> is_worthwhile(ExecContext& context, uint64_t searches);
  // Makes the pass. When a group fails or there is no memory for all, it is left at that, and is_built() stays false.
  Status build(ExecContext& context);
  // The group for an outer row, kNoRow when the sub-query finds nothing there.
  Result<uint32_t> find(ExecContext& context, const Value* outer_args);
  Value result(uint32_t column, uint32_t group) const { return results_.at(column, group); }
  // Data may have changed: all starts anew.
  void forget();

 private:
  GroupedSubquery() = default;
  Status prepare(const plan::GroupedForm& form, const plan::StatementPlan& plan, Arena& arena);
  Status run(ExecContext& context);
  Status add(Batch& batch);
  void start(ExecContext& context, const Value* outer_args);

  const plan::GroupedForm* form_ = nullptr;
  std::unique_ptr<Operator> root_;
  KeyRangeExprs key_exprs_;
  std::span<Value> key_values_;
  ColumnExprs result_exprs_;
  std::span<Column> result_columns_;
  KeyTable keys_;
  RowStore results_;
  MemoryShare share_;
  Arena heap_{512};
  expr::EvalContext eval_;
  uint64_t searches_enough_ = 0;  // in this run; 0: not known yet
  bool built_ = false;
  bool refused_ = false;
};

}  // namespace sqlrite::exec
