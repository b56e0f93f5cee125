// MultiIndexOr: the rows whose rowids any of several accesses yields, in rowid order, each once.
#include <algorithm>

#include "base/buffer_memory.h"
#include "exec/operator/key_range.h"
#include "exec/operator/operators.h"
#include "exec/operator/table_lookup.h"

namespace sqlrite::exec {

namespace {

struct Branch {
  const plan::TableAccess* access = nullptr;
  bool by_rowid = false;
  RowIdWalk rowids;
  IndexWalk index;
  TableLookup lookup;
};

class MultiIndexOr final : public BaseOperator {
 public:
  Status prepare(const plan::MultiIndexOrNode& node, OperatorBuild& build) {
    Arena& arena = *build.arena;
    node_ = &node;
    if (node.table.table->without_rowid) {
      return Status(Code::Internal, "several indexes can be united for rowid tables only");
    }
    init_batch(node.slot_count, arena);
    broadcast_slots_ = build.broadcast;
    branches_.reset(new Branch[node.branches.size()]);
    for (size_t i = 0; i < node.branches.size(); ++i) {
      Branch& branch = branches_[i];
      branch.access = &node.branches[i];
      branch.by_rowid = branch.access->index == nullptr;
      if (branch.by_rowid) {
        SQLRITE_TRY(branch.rowids.prepare(*branch.access, arena));
      } else {
        SQLRITE_TRY(branch.index.prepare(*branch.access, *branch.access->index, arena));
        SQLRITE_TRY(branch.lookup.prepare(*node.table.table, *branch.access->index, arena));
      }
    }
    lookup_.prepare(*node.table.table);
    SQLRITE_TRY(fetch_.prepare_table(*node.table.table, node.table.fetch, arena));
    if (node.table.filter != nullptr) SQLRITE_TRY(filter_.make(node.table.filter, arena));
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    heap_.reset();
    broadcast(outer_batch, outer_row, broadcast_slots_);
    rowids_.clear();
    next_ = 0;
    DatabaseHandle& database = context.databases[node_->table.table->database.value];
    source_ = {database.pager, database.view, database.encoding};
    for (size_t i = 0; i < node_->branches.size(); ++i) {
      Branch& branch = branches_[i];
      storage::CellRef cells[128];
      if (branch.by_rowid) {
        SQLRITE_TRY(branch.rowids.open(context, eval_, outer_batch, outer_row));
      } else {
        SQLRITE_TRY(branch.index.open(context, eval_, outer_batch, outer_row));
        SQLRITE_TRY(branch.lookup.open(source_));
      }
      for (;;) {
        storage::PageRef pin;
        uint32_t count = 0;
        if (branch.by_rowid) {
          SQLRITE_TRY_ASSIGN(count, branch.rowids.next(cells, 128, &pin));
        } else {
          SQLRITE_TRY_ASSIGN(count, branch.index.next(cells, 128, &pin));
        }
        if (count == 0) break;
        SQLRITE_TRY(check_interrupt(context));
        for (uint32_t c = 0; c < count; ++c) {
          RowId rowid = cells[c].rowid;
          if (!branch.by_rowid) {
            SQLRITE_TRY_ASSIGN(rowid, branch.lookup.rowid_of(cells[c], heap_));
          }
          rowids_.push_back(rowid);
        }
      }
    }
    std::sort(rowids_.begin(), rowids_.end());
    rowids_.erase(std::unique(rowids_.begin(), rowids_.end()), rowids_.end());
    return lookup_.open(source_);
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (has_pending()) return take_pending();
    uint32_t wanted = std::min(rows_wanted, kBatchRowsMax);
    while (next_ < rowids_.size()) {
      SQLRITE_TRY(check_interrupt(context));
      heap_.reset();
      SQLRITE_TRY(fetch_.begin(wanted));
      uint32_t rows = 0;
      while (rows < wanted && next_ < rowids_.size()) {
        constexpr uint32_t kGroup = storage::BatchTableCursor::kRowsMax;
        auto part = static_cast<uint32_t>(std::min<size_t>(std::min(kGroup, wanted - rows), rowids_.size() - next_));
        storage::CellRef cells[kGroup];
        storage::PageRef pins[kGroup];
        SQLRITE_TRY(lookup_.find_rowids(rowids_.data() + next_, part, cells, pins));
        SQLRITE_TRY(fetch_.add_unpinned(cells, part, source_, heap_));
        next_ += part;
        rows += part;
      }
      fetch_.finish(columns_);
      batch_.select_all(rows);
      if (filter_) SQLRITE_TRY(filter_or_cut(filter_, batch_));
      if (batch_.selected_count > 0) {
        *out = &batch_;
        return {};
      }
      if (has_pending()) return take_pending();
      wanted = grow_wanted(context, wanted);
    }
    return finish(out);
  }

  void close(ExecContext& context) override {
    for (size_t i = 0; i < node_->branches.size(); ++i) {
      branches_[i].rowids.close();
      branches_[i].index.close();
      branches_[i].lookup.close();
    }
    lookup_.close();
    if (rowids_.capacity() > 1024) BufferVector<RowId>().swap(rowids_);
    BaseOperator::close(context);
  }

 private:
  const plan::MultiIndexOrNode* node_ = nullptr;
  std::span<const int32_t> broadcast_slots_;
  std::unique_ptr<Branch[]> branches_;
  TableLookup lookup_;
  TreeSource source_;
  RowFetch fetch_;
  expr::Evaluator filter_;
  BufferVector<RowId> rowids_;
  size_t next_ = 0;
};

}  // namespace

OperatorResult make_multi_index_or(const plan::MultiIndexOrNode& node, OperatorBuild& build) {
  std::unique_ptr<MultiIndexOr> made(new (*build.arena) MultiIndexOr());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
