// SubqueryRuntime: runs the sub-plans of a statement's expressions, caching results while their arguments stay equal,
// and holds the rows of CTEs that are used several times.
#pragma once

#include <memory>
#include <vector>

#include "exec/operator.h"
#include "exec/operator/row_store.h"
#include "exec/spill/row_spool.h"

namespace sqlrite::exec {

class SubqueryRuntime final : public StatementSubqueries {
 public:
  explicit SubqueryRuntime(const plan::StatementPlan& plan);
  ~SubqueryRuntime() override;
  Status begin_run(ExecContext& context) override;
  void invalidate() override;
  void end_run() override;

  Status first_row(int32_t index, const Value* outer_args, const Value** row, bool* found) override;
  Status exists(int32_t index, const Value* outer_args, bool* found) override;
  Status contains(const bind::BoundInQuery& in, const Value* outer_args, const Value* operands, int* truth) override;
  // Every row of a sub-plan; valid until it runs again with other arguments.
  Status all_rows_of(int32_t index, const Value* outer_args, const RowStore** rows);

  // Rows of a shared CTE. *complete tells whether they were filled in this run; the caller fills them and says so.
  struct SharedRows {
    RowSpool rows;
    bool complete = false;
  };
  SharedRows& shared_rows(int32_t shared_index) { return *shared_[static_cast<size_t>(shared_index)]; }

 private:
  struct Subplan;
  enum class Use : uint8_t { Rows, Existence };
  Result<Subplan*> prepare(int32_t index, Use use = Use::Rows);
  Result<bool> same_arguments(Subplan& subplan, const Value* outer_args);
  void enter(Subplan& subplan);
  Status open(Subplan& subplan);
  Result<bool> find_group(Subplan& subplan, Use use, uint32_t* group);
  Result<bool> take_group(Subplan& subplan, bool* grouped);
  Status collect(Subplan& subplan, const Value* outer_args);
  Status contains_correlated(Subplan& subplan, const bind::BoundInQuery& in, const Value* outer_args,
                             const Value* operands, int* truth);
  void prepare_set(Subplan& subplan, const bind::BoundInQuery& in);
  Status add_to_set(Subplan& subplan, const bind::BoundInQuery& in, const Batch& rows);
  Status make_set(Subplan& subplan, const bind::BoundInQuery& in, const Value* outer_args);
  static Result<bool> may_equal_any(const Subplan& subplan, const bind::BoundInQuery& in, const Value* operands,
                                    const RowSpool& rows);
  const plan::StatementPlan* plan_;
  ExecContext* context_ = nullptr;
  Arena arena_{1024};
  std::vector<std::unique_ptr<Subplan>> subplans_;
  std::vector<std::unique_ptr<SharedRows>> shared_;
};

}  // namespace sqlrite::exec
