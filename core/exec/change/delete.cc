// DELETE: keys first, then row by row; without WHERE the trees are emptied as a whole.
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
    uint32_t width = core.writer.column_count() + 1;
    row_.attach(arena.make_array<Value>(width).data(), width, arena);
    return {};
  }

  bool needs_mark() const override { return plan_->finder == nullptr || !plan_->finder->root->single_row_max; }
  bool needs_pinned_source() const override { return false; }

  Status run(ChangeRun& run, ExecContext& source, ConflictAction*) override {
    const catalog::Table& table = core.writer.table();
    if (plan_->truncate && (!run.host->wants_row_changes() || plan_->finder == nullptr)) {
      SQLRITE_TRY(core.writer.open(*run.context));
      run.wrote = true;
      SQLRITE_TRY_ASSIGN(uint64_t removed, core.writer.clear());
      run.outcome->changes = static_cast<int64_t>(removed);
      return {};
    }
    SQLRITE_TRY(keys_.collect(finder_, source));
    SQLRITE_TRY(core.writer.open(*run.context));
    for (size_t i = 0; i < keys_.size(); ++i) {
      if ((i & 1023) == 0 && source.check_interrupt != nullptr) {
        SQLRITE_TRY(source.check_interrupt(source.interrupt_context));
      }
      run.eval.heap->reset();
      SQLRITE_TRY_ASSIGN(bool found, core.writer.find(keys_.at(i)));
      if (!found) continue;
      SQLRITE_TRY(core.writer.read(*run.eval.heap, row_.slots()));
      run.wrote = true;
      SQLRITE_TRY(core.add_returned(run, row_));
      SQLRITE_TRY(core.writer.erase(run.eval, row_));
      ++run.outcome->changes;
      if (run.host->wants_row_changes() && !table.without_rowid) {
        run.host->row_changed(RowChange::Delete, table.database, table.name, keys_.at(i)[0].integer);
      }
    }
    return {};
  }

  void close() override {
    core.writer.close();
    keys_.clear();
  }

 private:
  const plan::DeletePlan* plan_ = nullptr;
  QueryExecutor finder_;
  KeyList keys_;
  SlotRow row_;
};

}  // namespace

std::unique_ptr<Change> make_delete() { return std::make_unique<Delete>(); }

}  // namespace sqlrite::exec
