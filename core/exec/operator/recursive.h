// RecursiveUnionOperator: the queue of WITH RECURSIVE, and the working rows that RecursiveScans read.
#pragma once

#include <memory>
#include <vector>

#include "exec/operator/operators.h"
#include "exec/operator/row_store.h"
#include "exec/operator/sorter.h"
#include "exec/spill/key_set.h"
#include "exec/spill/memory_budget.h"
#include "exec/spill/ordered_queue.h"
#include "exec/spill/spill_file.h"

namespace sqlrite::exec {

class RecursiveUnionOperator final : public BaseOperator {
 public:
  Status prepare(const plan::RecursiveUnionNode& node, OperatorBuild& build);
  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override;
  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override;
  void close(ExecContext& context) override;
  const RowStore& working_rows() const { return *working_; }
  uint32_t working_begin() const { return 0; }
  uint32_t working_end() const { return working_->row_count(); }

 private:
  Status run(ExecContext& context, Operator& input);
  Status enqueue(ExecContext& context, Batch& batch);
  Status refill_queue();
  Status show(const RowStore& rows, uint32_t first, uint32_t count, Batch** out);
  Status take(ExecContext& context, uint32_t rows_wanted);
  const plan::RecursiveUnionNode* node_ = nullptr;
  std::unique_ptr<Operator> seed_, step_;
  LimitExprs limit_;
  uint32_t column_count_ = 0;
  std::span<int32_t> slots_;
  std::span<SortKey> keys_;
  RowStore stores_[4];
  RowStore* queue_ = &stores_[0];
  RowStore* working_ = &stores_[1];  // the rows handed out last
  RowStore* spare_ = &stores_[2];
  RowStore* results_ = &stores_[3];  // small steps are gathered into one batch
  // Without ORDER BY the end of a long queue is on a file: rows behind those of queue_, which is filled again from it.
  struct Tail {
    SpillFile file;
    SpillReader reader;
    uint64_t begin = 0;  // of the rows in the file that wait
    uint64_t rows_left = 0;
  };
  std::unique_ptr<Tail> tail_;
  MemoryShare share_;
  OrderedQueue ordered_;  // the queue when there is an ORDER BY
  KeySet seen_;
  uint32_t head_ = 0;
  int64_t left_ = -1;
  int64_t skip_ = 0;
  bool many_at_once_ = false;
  bool seeded_ = false;
  bool pending_step_ = false;
  const Batch* outer_batch_ = nullptr;
  uint32_t outer_row_ = 0;
};

}  // namespace sqlrite::exec
