// DELETE: keys first, then row by row, or batch by batch where that cannot be told apart; without WHERE the trees are
// emptied as a whole.
#include "exec/change/changes.h"

namespace sqlrite::exec {

using catalog::ConflictAction;

namespace {

class Delete final : public Change {
 public:
  Status prepare(const plan::StatementPlan& plan, Arena& arena) override {
    plan_ = plan.remove;
    const bind::BoundDelete& bound = *plan_->bound;
    SQLRITE_TRY(core.prepare(bound.target, ConflictAction::Default, bound.returning, arena));
    if (plan_->finder != nullptr) SQLRITE_TRY(finder_.prepare(plan_->finder, plan));
    keys_.set_width(plan_->key_count);
    streams_ = plan_->streams && plan_->finder != nullptr && !plan_->finder->root->single_row_max;
    uint32_t width = core.writer.column_count() + 1;
    row_.attach(arena.make_array<Value>(width).data(), width, arena);
    return {};
  }

  bool needs_mark() const override { return plan_->finder == nullptr || !plan_->finder->root->single_row_max; }
  bool may_query_between() const override { return plan_->bound->returning != nullptr; }
  bool needs_pinned_source() const override { return streams_; }

  Status run(ChangeRun& run, ExecContext& source, ConflictAction*) override {
    if (plan_->truncate && (!run.host->wants_row_changes() || plan_->finder == nullptr)) {
      SQLRITE_TRY(core.writer.open(*run.context));
      run.wrote = true;
      SQLRITE_TRY_ASSIGN(uint64_t removed, core.writer.clear());
      run.outcome->changes = static_cast<int64_t>(removed);
      return {};
    }
    if (streams_) {
      SQLRITE_TRY(core.writer.open(*run.context));
      return run_streaming(run, source);
    }
    SQLRITE_TRY(keys_.collect(finder_, source));
    SQLRITE_TRY(core.writer.open(*run.context));
    for (size_t i = 0; i < keys_.size(); ++i) {
      if ((i & 1023) == 0) SQLRITE_TRY(source.interrupted());
      SQLRITE_TRY(keys_.need(i));
      SQLRITE_TRY(remove_row(run, keys_.at(i)));
    }
    return {};
  }

  void close() override {
    core.writer.close();
    keys_.clear();
    if (source_open_) finder_.close(*source_context_);
    source_open_ = false;
  }

 private:
  Status remove_row(ChangeRun& run, const Value* key) {
    const catalog::Table& table = core.writer.table();
    run.eval.heap->reset();
    SQLRITE_TRY_ASSIGN(bool found, core.writer.find(key));
    if (!found) return {};
    SQLRITE_TRY(core.writer.read(*run.eval.heap, row_.slots()));
    run.wrote = true;
    SQLRITE_TRY(core.add_returned(run, row_));
    SQLRITE_TRY(core.writer.erase(run.eval, row_));
    ++run.outcome->changes;
    if (run.host->wants_row_changes() && !table.without_rowid) {
      run.host->row_changed(RowChange::Delete, table.database, table.name, key[0].integer);
    }
    return {};
  }

  // Rows go while the finder still reads: it sees the state before the statement.
  Status run_streaming(ChangeRun& run, ExecContext& source) {
    source_context_ = &source;
    source_open_ = true;
    SQLRITE_TRY(finder_.open(source));
    const bool whole_leaves =
        core.writer.index_count() == 0 && plan_->bound->returning == nullptr && !run.host->wants_row_changes();
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(finder_.next(source, kBatchRowsMax, &batch));
      const uint32_t count = batch->selected_count;
      if (count == 0) return {};
      SQLRITE_TRY(source.interrupted());
      if (!whole_leaves) {
        for (uint32_t i = 0; i < count; ++i) {
          Value key = batch->columns[0].at(batch->live_row(i));
          SQLRITE_TRY(remove_row(run, &key));
        }
        continue;
      }
      RowId rowids[kBatchRowsMax];
      for (uint32_t i = 0; i < count; ++i) rowids[i] = batch->columns[0].at(batch->live_row(i)).integer;
      run.wrote = true;
      for (uint32_t done = 0; done < count;) {
        uint32_t erased;
        SQLRITE_TRY_ASSIGN(uint32_t dealt_with, core.writer.erase_rows({rowids + done, count - done}, &erased));
        done += dealt_with;
        run.outcome->changes += erased;
      }
    }
  }

  const plan::DeletePlan* plan_ = nullptr;
  QueryExecutor finder_;
  KeyList keys_;
  SlotRow row_;
  bool streams_ = false;
  ExecContext* source_context_ = nullptr;
  bool source_open_ = false;
};

}  // namespace

std::unique_ptr<Change> make_delete() { return std::make_unique<Delete>(); }

}  // namespace sqlrite::exec
