// INSERT and REPLACE, with upsert clauses.
#include "base/check.h"
#include "exec/change/changes.h"
#include "types/affinity.h"

namespace sqlrite::exec {

using catalog::ConflictAction;
using catalog::kRowIdColumn;

namespace {

bool has_subquery(std::span<bind::BoundExpr*> exprs) {
  for (const bind::BoundExpr* expr : exprs) {
    if (expr->has_subquery) return true;
  }
  return false;
}

// One ON CONFLICT clause.
struct Upsert {
  const bind::BoundUpsert* bound = nullptr;
  RowUpdate update;
  std::span<expr::ExprNode*> values;
  expr::ExprNode* where = nullptr;
  ~Upsert() {
    for (expr::ExprNode* node : values) expr::destroy_evaluator(node);
    expr::destroy_evaluator(where);
  }
};

class Insert final : public Change {
 public:
  ~Insert() override {
    for (expr::ExprNode* node : value_nodes_) expr::destroy_evaluator(node);
    for (Upsert& upsert : upserts_) upsert.~Upsert();
  }

  Status prepare(const plan::StatementPlan& plan, Arena& arena) override {
    plan_ = plan.insert;
    bound_ = plan_->bound;
    SQLRITE_TRY(core.prepare(bound_->target, bound_->on_conflict, bound_->returning, arena));
    column_count_ = core.writer.column_count();
    row_.attach(arena.make_array<Value>(column_count_ + 1).data(), column_count_ + 1, arena);

    std::span<bool> assigned = arena.make_array<bool>(column_count_);
    for (int16_t column : bound_->columns) {
      if (column >= 0) assigned[static_cast<size_t>(column)] = true;
    }
    size_t default_count = 0;
    for (bool given : assigned) default_count += !given;
    default_columns_ = arena.make_array<uint16_t>(default_count);
    default_count = 0;
    for (uint16_t i = 0; i < column_count_; ++i) {
      if (!assigned[i]) default_columns_[default_count++] = i;
    }

    SQLRITE_TRY(prepare_source(plan, arena));
    SQLRITE_TRY(prepare_upserts(arena));
    return {};
  }

  bool needs_mark() const override {
    bool single = bound_->source == nullptr || (direct_ && direct_row_count_ == 1);
    return !single || core.may_replace() || !upserts_.empty();
  }
  bool may_query_between() const override {
    return bound_->returning != nullptr || !bound_->upserts.empty() || direct_;
  }
  bool needs_pinned_source() const override { return bound_->source != nullptr && !direct_; }

  Status run(ChangeRun& run, ExecContext& source, ConflictAction* action) override {
    SQLRITE_TRY(core.writer.open(*run.context));
    const catalog::Table& table = core.writer.table();
    if (table.autoincrement) SQLRITE_TRY(sequence_.load(*run.context, *run.host, table));
    SQLRITE_TRY(restart_row());  // a run that failed left the rowid of its last row
    Status status = run_rows(run, source, action);
    // OR FAIL keeps its rows but, as in SQLite, not the sequence.
    if (table.autoincrement && status.ok()) return sequence_.store();
    return status;
  }

  void close() override {
    core.writer.close();
    if (source_open_) source_.close(*source_context_);
    source_open_ = false;
  }

 private:
  Status prepare_source(const plan::StatementPlan& plan, Arena& arena) {
    if (bound_->source == nullptr) return {};
    const bind::BoundQuery& query = *bound_->source;
    direct_ = query.cores.size() == 1 && !query.cores[0]->values.empty() && query.order_by.empty() &&
              query.limit == nullptr && query.offset == nullptr;
    if (direct_) {
      for (std::span<bind::BoundExpr*> row : query.cores[0]->values) direct_ = direct_ && !has_subquery(row);
    }
    if (!direct_) return source_.prepare(plan_->source, plan);
    size_t width = bound_->columns.size();
    direct_row_count_ = query.cores[0]->values.size();
    value_nodes_ = arena.make_array<expr::ExprNode*>(width * direct_row_count_);
    parameter_numbers_ = arena.make_array<uint32_t>(width * direct_row_count_);
    size_t at = 0;
    for (std::span<bind::BoundExpr*> row : query.cores[0]->values) {
      SQLRITE_ENSURE(row.size() == width);
      for (bind::BoundExpr* expr : row) {
        SQLRITE_TRY_ASSIGN(value_nodes_[at], expr::make_evaluator(expr, arena));
        if (expr->kind == bind::BoundKind::Parameter) parameter_numbers_[at] = expr->as<bind::BoundParameter>()->number;
        ++at;
      }
    }
    return {};
  }

  Status prepare_upserts(Arena& arena) {
    auto* upserts =
        static_cast<Upsert*>(arena.allocate(sizeof(Upsert) * (bound_->upserts.size() + 1), alignof(Upsert)));
    for (size_t i = 0; i < bound_->upserts.size(); ++i) {
      auto* upsert = new (upserts + i) Upsert();
      upserts_ = {upserts, i + 1};
      upsert->bound = &bound_->upserts[i];
      if (upsert->bound->do_nothing) continue;
      std::span<int16_t> columns = arena.make_array<int16_t>(upsert->bound->columns.size());
      upsert->values = arena.make_array<expr::ExprNode*>(columns.size());
      for (size_t k = 0; k < columns.size(); ++k) {
        columns[k] = static_cast<int16_t>(upsert->bound->columns[k]);
        SQLRITE_TRY_ASSIGN(upsert->values[k], expr::make_evaluator(upsert->bound->values[k], arena));
      }
      SQLRITE_TRY(upsert->update.prepare(core, columns, arena));
      if (upsert->bound->where != nullptr) {
        SQLRITE_TRY_ASSIGN(upsert->where, expr::make_evaluator(upsert->bound->where, arena));
      }
    }
    if (!upserts_.empty()) {
      uint32_t width = column_count_ + 1;
      existing_.attach(arena.make_array<Value>(2 * width).data(), 2 * width, arena);
      updated_.attach(arena.make_array<Value>(width).data(), width, arena);
      conflict_key_ = arena.make_array<Value>(core.writer.key_count());
    }
    return {};
  }

  Status run_rows(ChangeRun& run, ExecContext& source, ConflictAction* action) {
    static const Batch kNoInput = [] {
      Batch batch;
      batch.select_all(1);
      return batch;
    }();
    if (bound_->source == nullptr) return insert_row(run, action);
    size_t width = bound_->columns.size();
    if (direct_) {
      for (size_t row = 0; row < direct_row_count_; ++row) {
        run.eval.heap->reset();
        for (size_t i = 0; i < width; ++i) {
          Value value;
          if (uint32_t number = parameter_numbers_[row * width + i];
              number != 0 && number <= run.eval.parameter_count) {
            value = run.eval.parameters[number - 1];
          } else {
            SQLRITE_TRY(value_nodes_[row * width + i]->evaluate_row(run.eval, kNoInput, 0, &value));
          }
          assign(i, value);
        }
        SQLRITE_TRY(insert_row(run, action));
      }
      return {};
    }
    source_context_ = &source;
    source_open_ = true;
    SQLRITE_TRY(source_.open(source));
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(source_.next(source, kBatchRowsMax, &batch));
      if (batch->selected_count == 0) return {};
      SQLRITE_TRY(source.interrupted());
      for (uint32_t i = 0; i < batch->selected_count; ++i) {
        run.eval.heap->reset();
        uint32_t from = batch->live_row(i);
        for (size_t k = 0; k < width; ++k) assign(k, batch->columns[k].at(from));
        SQLRITE_TRY(insert_row(run, action));
      }
    }
  }

  void assign(size_t position, const Value& value) {
    int16_t column = bound_->columns[position];
    if (column == catalog::kExpressionColumn) return;  // a column named twice takes its first value
    row_.slots()[column == kRowIdColumn ? column_count_ : static_cast<uint32_t>(column)] = value;
  }

  Status insert_row(ChangeRun& run, ConflictAction* action) {
    const catalog::Table& table = core.writer.table();
    Value* slots = row_.slots();
    for (uint16_t column : default_columns_) {
      if (column == table.rowid_alias) {
        slots[column] = Value::null();  // a new rowid, whatever DEFAULT says
        continue;
      }
      SQLRITE_TRY(core.checker.default_value(run.eval, row_, column, &slots[column]));
    }
    bool check_key = true;
    if (!table.without_rowid) SQLRITE_TRY(decide_rowid(run, &check_key));
    // A rowid counts as used from here on, even if its row is then ignored.
    if (table.autoincrement) sequence_.raise(slots[column_count_].integer);
    RowFate fate;
    SQLRITE_TRY(core.checker.check(run.eval, row_, &fate, action));
    if (fate == RowFate::Skip) return restart_row();
    bool types_left = core.checker.leaves_types();
    if (types_left) SQLRITE_TRY(core.check_types_unless_taken(row_, check_key, &types_left));
    if (!upserts_.empty()) {
      bool handled = false;
      SQLRITE_TRY(try_upserts(run, check_key, &handled, action));
      if (handled) return restart_row();
    }
    bool moved = false;
    SQLRITE_TRY(core.resolve_conflicts(run, row_, nullptr, check_key, nullptr, &fate, action, &moved));
    if (fate == RowFate::Skip) return restart_row();
    if (types_left) SQLRITE_TRY(core.checker.check_types(slots));
    run.wrote = true;
    SQLRITE_TRY(core.writer.insert(run.eval, row_));
    ++run.outcome->changes;
    if (!table.without_rowid) {
      RowId rowid = slots[column_count_].integer;
      run.host->set_last_insert_rowid(rowid);
      if (run.host->wants_row_changes()) run.host->row_changed(RowChange::Insert, table.database, table.name, rowid);
    }
    SQLRITE_TRY(core.add_returned(run, row_));
    return restart_row();
  }

  // The next row starts without a rowid of its own.
  Status restart_row() {
    row_.slots()[column_count_] = Value::null();
    return {};
  }

  Status decide_rowid(ChangeRun& run, bool* check_key) {
    const catalog::Table& table = core.writer.table();
    Value* slots = row_.slots();
    Value& rowid = slots[column_count_];
    if (table.rowid_alias >= 0 && rowid.is_null()) rowid = slots[table.rowid_alias];
    if (!rowid.is_null()) {
      SQLRITE_TRY(apply_affinity(rowid, Affinity::Integer, *run.eval.heap));
      if (rowid.type != ValueType::Integer) return Code::Mismatch;
    } else {
      SQLRITE_TRY(new_rowid(run, &rowid));
      *check_key = false;
    }
    if (table.rowid_alias >= 0) slots[table.rowid_alias] = rowid;
    return {};
  }

  Status new_rowid(ChangeRun& run, Value* rowid) {
    const catalog::Table& table = core.writer.table();
    RowId last = 0;
    SQLRITE_TRY_ASSIGN(bool found, core.writer.last_rowid(&last));
    if (!found) last = 0;
    if (table.autoincrement && sequence_.value() > last) last = sequence_.value();
    if (last < INT64_MAX) {
      *rowid = Value::from_integer(last + 1);
      return {};
    }
    if (table.autoincrement) return Code::Full;
    // The largest rowid is taken: try positive random ones, as SQLite does.
    for (int attempt = 0; attempt < 100; ++attempt) {
      uint64_t random = 0;
      run.context->connection->random_bytes(&random, sizeof random);
      *rowid = Value::from_integer(static_cast<int64_t>(random & (attempt < 50 ? 0xffffffu : INT64_MAX >> 1)) + 1);
      SlotRow& row = row_;
      row.slots()[column_count_] = *rowid;
      bool conflict = false;
      SQLRITE_TRY(core.writer.find_key_conflict(row.slots(), &conflict));
      if (!conflict) return {};
    }
    return Code::Full;
  }

  // Runs the first clause, in the order they are written, whose constraint the row violates. A clause without a target
  // stands for every constraint.
  Status try_upserts(ChangeRun& run, bool check_key, bool* handled, ConflictAction* action) {
    const catalog::Table& table = core.writer.table();
    for (Upsert& upsert : upserts_) {
      const bind::BoundUpsert& bound = *upsert.bound;
      bool any = bound.index == nullptr && !bound.conflict_on_rowid;
      bool key_wanted = table.without_rowid ? bound.index == table.primary_key_index : bound.conflict_on_rowid;
      bool conflict = false;
      if (check_key && (any || key_wanted)) {
        SQLRITE_TRY(core.writer.find_key_conflict(row_.slots(), &conflict));
        if (conflict) core.writer.key_of(row_.slots(), conflict_key_.data());
      }
      for (size_t number = 0; !conflict && number < core.writer.index_count(); ++number) {
        const catalog::Index& index = core.writer.index(number);
        if (!index.unique || !(any || bound.index == &index)) continue;
        SQLRITE_TRY(core.writer.find_index_conflict(run.eval, number, row_, nullptr, *run.eval.heap, &conflict,
                                                    conflict_key_.data()));
      }
      if (!conflict) continue;
      *handled = true;
      return run_upsert(run, upsert, action);
    }
    return {};
  }

  Status run_upsert(ChangeRun& run, Upsert& upsert, ConflictAction* action) {
    if (upsert.bound->do_nothing) return {};
    SQLRITE_TRY_ASSIGN(bool found, core.writer.find(conflict_key_.data()));
    if (!found) return Code::CorruptIndex;
    SQLRITE_TRY(core.writer.read(*run.eval.heap, existing_.slots()));
    uint32_t width = column_count_ + 1;
    for (uint32_t i = 0; i < width; ++i) existing_.slots()[width + i] = row_.slots()[i];
    if (upsert.where != nullptr) {
      Value passes;
      SQLRITE_TRY(upsert.where->evaluate_row(run.eval, existing_.batch(), 0, &passes));
      if (expr::truth_of(passes) != 1) return {};
    }
    for (uint32_t i = 0; i < width; ++i) updated_.slots()[i] = existing_.slots()[i];
    for (size_t i = 0; i < upsert.values.size(); ++i) {
      int16_t column = upsert.update.columns()[i];
      uint32_t slot = column == kRowIdColumn ? column_count_ : static_cast<uint32_t>(column);
      SQLRITE_TRY(upsert.values[i]->evaluate_row(run.eval, existing_.batch(), 0, &updated_.slots()[slot]));
    }
    RowFate fate;
    const int64_t changes_before = run.outcome->changes;
    SQLRITE_TRY(upsert.update.apply(run, core, existing_, updated_, &fate, action));
    run.outcome->upserted += run.outcome->changes - changes_before;
    return {};
  }

  const plan::InsertPlan* plan_ = nullptr;
  const bind::BoundInsert* bound_ = nullptr;
  uint32_t column_count_ = 0;
  SlotRow row_;
  std::span<uint16_t> default_columns_;
  bool direct_ = false;  // VALUES evaluated here, without operators
  size_t direct_row_count_ = 0;
  std::span<expr::ExprNode*> value_nodes_;
  std::span<uint32_t> parameter_numbers_;  // of values that are parameters as they are; else 0
  QueryExecutor source_;
  ExecContext* source_context_ = nullptr;
  bool source_open_ = false;
  Sequence sequence_;
  std::span<Upsert> upserts_;
  SlotRow existing_, updated_;
  std::span<Value> conflict_key_;
};

}  // namespace

std::unique_ptr<Change> make_insert() { return std::make_unique<Insert>(); }

}  // namespace sqlrite::exec
