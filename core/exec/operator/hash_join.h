// HashJoin: the build side is kept under a hash of its keys; probe rows look their partners up. Output keeps the order of
// the probe rows and, per probe row, that of the build rows. NULL keys match nothing.
//
// A build side beyond the memory budget is joined in parts: both sides go to files by the hash of the key, part after
// part is joined in memory, and the pairs of all parts are merged by the number of their probe row.
#pragma once

#include <memory>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/key_hash.h"
#include "exec/operator/operators.h"
#include "exec/operator/row_store.h"
#include "exec/spill/external_sorter.h"
#include "exec/spill/memory_budget.h"
#include "exec/spill/sorted_runs.h"
#include "exec/spill/spill_file.h"

namespace sqlrite::exec {

class HashJoin final : public BaseOperator {
 public:
  Status prepare(const plan::HashJoinNode& node, OperatorBuild& build);
  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override;
  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override;
  void close(ExecContext& context) override;

 private:
  static constexpr uint32_t kPartCount = 16;
  struct Part {
    SpillFile build, probe;
  };
  struct Spilled;

  // Key columns of a batch with the join's affinity applied.
  Status make_keys(ColumnExprs& exprs, const Batch& batch);
  Status build_table(ExecContext& context);
  void clear_table();
  // Rows to the end of the table. `columns`: the build columns in store order; key_columns_ holds the keys.
  Status add_to_table(const Batch& batch, const Column* columns);
  size_t table_size_bytes() const;
  void drop_null_keys(Batch& batch);
  Status look_up(Batch& batch);
  void start_pairs();
  Status emit_unique();
  Status emit_pairs(ExecContext& context);
  Status settle_matches(uint32_t pairs);
  Status gather_probe(const Batch& probe, uint32_t pairs);
  Status next_unmatched(Batch** out);

  // --- A build side on files (hash_join_spill.cc).
  Status start_spill(ExecContext& context);
  Status spill_build_rows(const Batch& batch, const Column* columns);
  Status flush_build_parts();
  Status join_parts(ExecContext& context);
  Status spill_probe_rows(ExecContext& context);
  Status join_part(ExecContext& context, Part& part, uint32_t level);
  Status split_part(ExecContext& context, Part& part, uint32_t level);
  Status probe_part(ExecContext& context, Part& part);
  Status probe_rows(ExecContext& context);
  Status keep_pairs(ExecContext& context, Status status, bool in_place);
  Status keep_unmatched_probe(ExecContext& context, Part& part);
  Status keep_unmatched_build(ExecContext& context);
  Status next_spilled(ExecContext& context, uint32_t rows_wanted, Batch** out);
  uint32_t probe_stored_count() const { return key_count_ + static_cast<uint32_t>(node_->probe_slots.size()) + 1; }
  uint32_t build_stored_count() const { return key_count_ + static_cast<uint32_t>(node_->build_slots.size()) + 1; }

  const plan::HashJoinNode* node_ = nullptr;
  std::unique_ptr<Operator> probe_, build_;
  ColumnExprs probe_keys_, build_keys_;
  std::unique_ptr<ColumnBuffer[]> converted_;
  std::span<Column> key_columns_;
  std::span<Column> build_columns_;  // of the present batch, in store order
  expr::Evaluator on_, filter_;
  std::span<const int32_t> broadcast_slots_;
  uint32_t key_count_ = 0;
  bool left_ = false, right_ = false;
  RowStore rows_;   // build side
  KeyTable table_;  // its distinct keys
  MemoryShare share_;
  BufferVector<uint32_t> first_, last_;  // per key: first and last build row
  BufferVector<uint32_t> next_row_;      // per build row: the next one with the same key
  bool chains_ = false;                  // some key has several rows
  BufferVector<uint8_t> build_matched_;
  Batch* probe_batch_ = nullptr;
  BufferArray<uint32_t> probe_ids_;  // per live probe row: key number
  uint8_t probe_matched_[kBatchRowsMax];
  uint16_t real_pairs_[kBatchRowsMax];
  uint32_t position_ = 0;  // live probe row being paired
  uint32_t chain_ = kNoRow;
  bool fresh_ = true;
  bool hold_unmatched_ = false;  // left join in several steps: rows without a partner are known at the end
  BufferArray<uint16_t> pair_probe_;
  BufferArray<uint32_t> pair_build_, row_numbers_;
  std::unique_ptr<ColumnBuffer[]> buffers_;
  bool table_ready_ = false;
  bool in_unmatched_ = false;
  bool finished_ = false;
  uint32_t unmatched_next_ = 0;
  std::unique_ptr<Spilled> spilled_;
};

}  // namespace sqlrite::exec
