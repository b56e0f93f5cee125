// UPDATE: keys first, from the state at statement start; then row by row in the newest state.
#include <algorithm>

#include "exec/change/changes.h"

namespace sqlrite::exec {

using catalog::ConflictAction;
using catalog::kRowIdColumn;

namespace {

class Update final : public Change {
 public:
  ~Update() override {
    for (expr::ExprNode* node : set_nodes_) expr::destroy_evaluator(node);
  }

  Status prepare(const plan::StatementPlan& plan, Arena& arena) override {
    plan_ = plan.update;
    const bind::BoundUpdate& bound = *plan_->bound;
    SQLRITE_TRY(core.prepare(bound.target, bound.on_conflict, bound.returning, arena));
    SQLRITE_TRY(finder_.prepare(plan_->finder, plan));
    SQLRITE_TRY(update_.prepare(core, bound.columns, arena));
    uint32_t width = core.writer.column_count() + 1;
    before_.attach(arena.make_array<Value>(width).data(), width, arena);
    after_.attach(arena.make_array<Value>(width).data(), width, arena);
    auto key_width = static_cast<uint16_t>(plan_->key_count + (plan_->set_from_finder ? bound.columns.size() : 0));
    keys_.set_width(key_width);
    if (plan_->set_from_finder) return {};
    set_nodes_ = arena.make_array<expr::ExprNode*>(bound.columns.size());
    for (size_t i = 0; i < set_nodes_.size(); ++i) {
      SQLRITE_TRY_ASSIGN(set_nodes_[i], expr::make_evaluator(bound.core->results[i], arena));
    }
    return {};
  }

  bool needs_mark() const override { return !plan_->finder->root->single_row_max || core.may_replace(); }
  bool needs_pinned_source() const override { return false; }

  Status run(ChangeRun& run, ExecContext& source, ConflictAction* action) override {
    SQLRITE_TRY(keys_.collect(finder_, source));
    SQLRITE_TRY(core.writer.open(*run.context));
    uint32_t rowid_slot = core.writer.rowid_slot();
    uint32_t width = rowid_slot + 1;
    for (size_t i = 0; i < keys_.size(); ++i) {
      if ((i & 1023) == 0 && source.check_interrupt != nullptr) {
        SQLRITE_TRY(source.check_interrupt(source.interrupt_context));
      }
      if (plan_->set_from_finder && i + 1 < keys_.size() && same_target(i, i + 1)) continue;  // the last match counts
      run.eval.heap->reset();
      SQLRITE_TRY_ASSIGN(bool found, core.writer.find(keys_.at(i)));
      if (!found) continue;  // an earlier row's REPLACE removed it
      SQLRITE_TRY(core.writer.read(*run.eval.heap, before_.slots()));
      for (uint32_t slot = 0; slot < width; ++slot) after_.slots()[slot] = before_.slots()[slot];
      std::span<const int16_t> columns = update_.columns();
      for (size_t k = 0; k < columns.size(); ++k) {
        Value& target = after_.slots()[columns[k] == kRowIdColumn ? rowid_slot : static_cast<uint32_t>(columns[k])];
        if (plan_->set_from_finder) {
          target = keys_.at(i)[plan_->key_count + k];
        } else {
          SQLRITE_TRY(set_nodes_[k]->evaluate_row(run.eval, before_.batch(), 0, &target));
        }
      }
      RowFate fate;
      SQLRITE_TRY(update_.apply(run, core, before_, after_, &fate, action));
    }
    return {};
  }

  void close() override {
    core.writer.close();
    keys_.clear();
  }

 private:
  // UPDATE ... FROM: the finder delivers all matches of a target row next to each other.
  bool same_target(size_t a, size_t b) {
    for (uint16_t i = 0; i < plan_->key_count; ++i) {
      if (compare_values(keys_.at(a)[i], keys_.at(b)[i], kBinaryCollation) != 0) return false;
    }
    return true;
  }

  const plan::UpdatePlan* plan_ = nullptr;
  QueryExecutor finder_;
  KeyList keys_;
  RowUpdate update_;
  SlotRow before_, after_;
  std::span<expr::ExprNode*> set_nodes_;
};

}  // namespace

std::unique_ptr<Change> make_update() { return std::make_unique<Update>(); }

}  // namespace sqlrite::exec
