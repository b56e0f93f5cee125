// UPDATE: keys first, from the state at statement start; then row by row in the newest state. Where the two cannot be told
// apart, batch by batch.
#include <algorithm>

#include "exec/change/changes.h"
#include "types/affinity.h"

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
    found_ = arena.make_array<Value>(key_width);
    prepare_changes(arena);
    if (plan_->set_from_finder) return {};
    set_nodes_ = arena.make_array<expr::ExprNode*>(bound.columns.size());
    for (size_t i = 0; i < set_nodes_.size(); ++i) {
      SQLRITE_TRY_ASSIGN(set_nodes_[i], expr::make_evaluator(bound.core->results[i], arena));
    }
    return {};
  }

  bool needs_mark() const override { return !plan_->finder->root->single_row_max || core.may_replace(); }
  bool may_query_between() const override { return plan_->bound->returning != nullptr || !plan_->set_from_finder; }
  bool needs_pinned_source() const override { return plan_->streams && !plan_->finder->root->single_row_max; }

  Status run(ChangeRun& run, ExecContext& source, ConflictAction* action) override {
    SQLRITE_TRY(core.writer.open(*run.context));
    if (needs_pinned_source()) return run_streaming(run, source, action);
    SQLRITE_TRY(keys_.collect(finder_, source));
    for (size_t i = 0; i < keys_.size(); ++i) {
      if ((i & 1023) == 0) SQLRITE_TRY(source.interrupted());
      SQLRITE_TRY(keys_.need(i));
      if (plan_->set_from_finder && i + 1 < keys_.size() && same_target(i, i + 1)) continue;  // the last match counts
      run.eval.heap->reset();
      SQLRITE_TRY(update_row(run, keys_.at(i), action));
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
  // Rows change while the finder still reads: it sees the state before the statement.
  Status run_streaming(ChangeRun& run, ExecContext& source, ConflictAction* action) {
    source_context_ = &source;
    source_open_ = true;
    SQLRITE_TRY(finder_.open(source));
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(finder_.next(source, kBatchRowsMax, &batch));
      if (batch->selected_count == 0) return {};
      SQLRITE_TRY(source.interrupted());
      for (uint32_t i = 0; i < batch->selected_count; ++i) {
        uint32_t row = batch->live_row(i);
        run.eval.heap->reset();
        for (size_t k = 0; k < found_.size(); ++k) found_[k] = batch->columns[k].at(row);
        SQLRITE_TRY(update_row(run, found_.data(), action));
      }
    }
  }

  // `found`: a row of the finder. Values it does not bring are evaluated over the row as it is now.
  Status update_row(ChangeRun& run, const Value* found, ConflictAction* action) {
    SQLRITE_TRY_ASSIGN(bool exists, core.writer.find(found));
    if (!exists) return {};  // an earlier row's REPLACE removed it
    std::span<const int16_t> columns = update_.columns();
    if (changes_.size() > 0 && !run.host->wants_row_changes()) {
      SQLRITE_TRY_ASSIGN(bool done, change_fields(run, found + plan_->key_count));
      if (done) return {};
    }
    uint32_t rowid_slot = core.writer.rowid_slot();
    SQLRITE_TRY(core.writer.read(*run.eval.heap, before_.slots()));
    for (uint32_t slot = 0; slot <= rowid_slot; ++slot) after_.slots()[slot] = before_.slots()[slot];
    for (size_t k = 0; k < columns.size(); ++k) {
      Value& target = after_.slots()[columns[k] == kRowIdColumn ? rowid_slot : static_cast<uint32_t>(columns[k])];
      if (plan_->set_from_finder) {
        target = found[plan_->key_count + k];
      } else {
        SQLRITE_TRY(set_nodes_[k]->evaluate_row(run.eval, before_.batch(), 0, &target));
      }
    }
    RowFate fate;
    return update_.apply(run, core, before_, after_, &fate, action);
  }

  // The short way: the values go into the record where it lies. False: something has to be looked at more closely.
  Result<bool> change_fields(ChangeRun& run, const Value* values) {
    const catalog::Table& table = core.writer.table();
    for (size_t i = 0; i < changes_.size(); ++i) {
      Value& value = changes_[i].value;
      const catalog::TableColumn& column = table.columns[static_cast<size_t>(update_.columns()[change_order_[i]])];
      value = values[change_order_[i]];
      SQLRITE_TRY(apply_affinity(value, column.affinity, *run.eval.heap));
      if (value.is_null() && column.not_null) return false;
      if ((value.flags & value_flags::kZeroBlob) != 0) return false;
      if (value.type == ValueType::Text && core.writer.encoding() != TextEncoding::Utf8) return false;
    }
    run.wrote = true;
    SQLRITE_TRY_ASSIGN(bool done, core.writer.change_fields({changes_.data(), changes_.size()}));
    if (done) ++run.outcome->changes;
    return done;
  }

  // Fields can be changed in place when nothing has to be checked but the new values themselves.
  void prepare_changes(Arena& arena) {
    const bind::BoundUpdate& bound = *plan_->bound;
    const catalog::Table& table = core.writer.table();
    bool plain = plan_->set_from_finder && update_.touches_table_only() && !table.strict &&
                 bound.target.checks.empty() && bound.returning == nullptr;
    for (const catalog::TableColumn& column : table.columns)
      plain = plain && column.generated == catalog::GeneratedKind::None;
    if (!plain) return;
    std::span<const int16_t> columns = update_.columns();
    change_order_ = arena.make_array<uint16_t>(columns.size());
    for (size_t i = 0; i < columns.size(); ++i) change_order_[i] = static_cast<uint16_t>(i);
    auto position = [&](uint16_t i) { return table.columns[static_cast<size_t>(columns[i])].storage_position; };
    std::sort(change_order_.begin(), change_order_.end(),
              [&](uint16_t a, uint16_t b) { return position(a) < position(b); });
    for (size_t i = 1; i < columns.size(); ++i) {
      if (position(change_order_[i - 1]) == position(change_order_[i])) return;  // a column set twice
    }
    changes_ = arena.make_array<storage::FieldChange>(columns.size());
    for (size_t i = 0; i < columns.size(); ++i) {
      changes_[i].position = static_cast<uint16_t>(position(change_order_[i]));
      changes_[i].real_as_integer =
          table.columns[static_cast<size_t>(columns[change_order_[i]])].affinity == Affinity::Real;
    }
  }

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
  std::span<Value> found_;  // a row of the finder
  std::span<storage::FieldChange>
      changes_;                       // in the order of their places in the record; empty: rows are written whole
  std::span<uint16_t> change_order_;  // number of the SET column of each
  ExecContext* source_context_ = nullptr;
  bool source_open_ = false;
};

}  // namespace

std::unique_ptr<Change> make_update() { return std::make_unique<Update>(); }

}  // namespace sqlrite::exec
