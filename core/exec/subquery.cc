#include "exec/subquery.h"

#include "base/buffer_memory.h"
#include "exec/grouped_subquery.h"
#include "exec/operator/operator_base.h"
#include "exec/spill/key_set.h"
#include "types/affinity.h"

namespace sqlrite::exec {

// One sub-plan: its operators, the arguments of its last run, and what is known of the result for them.
struct SubqueryRuntime::Subplan {
  const plan::QueryPlan* plan = nullptr;
  std::unique_ptr<Operator> root;
  ExistenceProbe* probe = nullptr;  // root, where it is asked for existence only and can tell
  ExecContext context;
  bool row_by_row = false;
  std::span<Value> arguments;
  Arena argument_bytes{256};
  std::span<Value> row;
  std::span<int32_t> slots;
  bool opened = false;
  bool arguments_known = false;
  // The same answers from one pass; null: there is no such form, or it was not worth a thought yet.
  std::unique_ptr<GroupedSubquery> groups;
  bool groups_considered = false;
  uint64_t run_count = 0;  // with arguments that changed, in this run of the statement
  bool empty_known = false;
  std::span<Value> empty_row;  // what is answered for arguments without a group
  Arena empty_bytes{256};
  // Results for these arguments.
  bool row_known = false;
  bool row_found = false;
  bool exists_known = false;
  bool exists = false;
  bool rows_known = false;
  RowStore rows;
  MemoryShare share;
  // The right side of an IN.
  bool set_known = false;
  bool set_ready = false;  // `set` and the spools were initialized
  bool is_empty = true;
  bool has_nulls = false;
  KeySet set;  // of the rows without NULLs
  std::span<const Collation*> set_collations;
  std::span<int32_t> set_slots;
  std::span<Column> set_columns;
  std::unique_ptr<ColumnBuffer[]> set_buffers;
  RowSpool set_rows;   // row values: all rows, affinities applied
  RowSpool null_rows;  // and those of them with a NULL
  Arena heap{512};

  void clear_set() {
    is_empty = true;
    has_nulls = false;
    set.clear();
    set_rows.clear();
    null_rows.clear();
  }
  void forget() { row_known = exists_known = rows_known = set_known = false; }
  void keep_empty_row() {
    empty_bytes.reset();
    for (size_t i = 0; i < row.size(); ++i) {
      Value& value = empty_row[i];
      value = row[i];
      if (value.is_bytes() && (value.flags & value_flags::kZeroBlob) == 0) {
        value.bytes = empty_bytes.copy(value.view()).data();
        value.owner = ValueOwner::Heap;
      }
    }
    empty_known = true;
  }
  // The data may have changed.
  void forget_all() {
    opened = arguments_known = empty_known = false;
    run_count = 0;
    if (groups) groups->forget();
    forget();
  }
};

SubqueryRuntime::SubqueryRuntime(const plan::StatementPlan& plan) : plan_(&plan) {
  subplans_.resize(plan.subplans.size());
  shared_.resize(plan.shared_count);
  for (auto& shared : shared_) shared = std::make_unique<SharedRows>();
}

SubqueryRuntime::~SubqueryRuntime() = default;

Status SubqueryRuntime::begin_run(ExecContext& context) {
  context_ = &context;
  invalidate();
  return {};
}

void SubqueryRuntime::invalidate() {
  for (auto& subplan : subplans_) {
    if (!subplan) continue;
    // Operators keep hash tables and materialized rows from one opening to the next.
    if (subplan->opened) subplan->root->close(subplan->context);
    subplan->forget_all();
  }
  for (auto& shared : shared_) shared->complete = false;
}

void SubqueryRuntime::end_run() {
  for (auto& subplan : subplans_) {
    if (!subplan) continue;
    if (subplan->opened) subplan->root->close(subplan->context);
    subplan->forget_all();
    subplan->rows.clear();
    subplan->share.release();
    if (subplan->set_ready) subplan->clear_set();
    shrink_arena(subplan->heap);
    shrink_arena(subplan->argument_bytes);
  }
  for (auto& shared : shared_) {
    shared->complete = false;
    shared->rows.clear();
  }
}

Result<SubqueryRuntime::Subplan*> SubqueryRuntime::prepare(int32_t index, Use use) {
  SQLRITE_ENSURE(index >= 0 && static_cast<size_t>(index) < subplans_.size());
  auto& slot = subplans_[static_cast<size_t>(index)];
  if (slot) return slot.get();
  const plan::QueryPlan* query = plan_->subplans[static_cast<size_t>(index)];
  SQLRITE_ENSURE(query != nullptr && query->root != nullptr);
  auto made = std::make_unique<Subplan>();
  made->plan = query;
  const plan::Node* root = query->root;
  // EXISTS evaluates no result columns.
  if (use == Use::Existence && root->kind == plan::NodeKind::Project) {
    root = static_cast<const plan::ProjectNode*>(root)->input;
  }
  SQLRITE_TRY_ASSIGN(made->root, make_operator(root, *plan_, arena_));
  if (use == Use::Existence) made->probe = dynamic_cast<ExistenceProbe*>(made->root.get());
  if (made->probe != nullptr && !made->probe->can_probe()) made->probe = nullptr;
  made->row_by_row = calls_user_function(root);
  made->arguments = arena_.make_array<Value>(query->outer_args.size());
  made->row = arena_.make_array<Value>(query->result_count);
  made->slots = arena_.make_array<int32_t>(query->result_count);
  for (uint16_t i = 0; i < query->result_count; ++i) made->slots[i] = i;
  made->rows.init(query->result_count);
  slot = std::move(made);
  return slot.get();
}

// Whether the last run had these arguments; if not, they become the present ones and results are forgotten.
Result<bool> SubqueryRuntime::same_arguments(Subplan& subplan, const Value* outer_args) {
  size_t count = subplan.arguments.size();
  if (subplan.arguments_known && !subplan.plan->is_volatile) {
    bool same = true;
    for (size_t i = 0; i < count && same; ++i) {
      const Value& a = subplan.arguments[i];
      const Value& b = outer_args[i];
      same = a.type == b.type &&
             (a.type == ValueType::Null ? a.flags == b.flags : compare_values(a, b, kBinaryCollation) == 0);
    }
    if (same) return true;
  }
  subplan.forget();
  subplan.argument_bytes.reset();
  for (size_t i = 0; i < count; ++i) {
    subplan.arguments[i] = outer_args[i];
    Value& value = subplan.arguments[i];
    if (value.is_bytes() && value.owner != ValueOwner::Static && (value.flags & value_flags::kZeroBlob) == 0) {
      value.bytes = subplan.argument_bytes.copy(value.view()).data();
      value.owner = ValueOwner::Heap;
    }
  }
  subplan.arguments_known = true;
  return false;
}

void SubqueryRuntime::enter(Subplan& subplan) {
  if (subplan.opened) return;  // the arguments stay where they are
  subplan.context = *context_;
  subplan.context.outer = subplan.arguments.data();
  subplan.context.row_by_row = subplan.row_by_row;
  subplan.opened = true;
}

Status SubqueryRuntime::open(Subplan& subplan) {
  SQLRITE_ENSURE(context_ != nullptr);
  enter(subplan);
  return subplan.root->open(subplan.context, nullptr, 0);
}

// After a change of arguments: whether the answers lie in groups by now, `*group` being that of the arguments (kNoRow: the
// sub-query finds nothing).
Result<bool> SubqueryRuntime::find_group(Subplan& subplan, Use use, uint32_t* group) {
  if (!subplan.groups || !subplan.groups->is_built()) {
    if (++subplan.run_count < GroupedSubquery::kSearchesMin || subplan.row_by_row) return false;
    if (!subplan.groups_considered) {
      subplan.groups_considered = true;
      SQLRITE_TRY_ASSIGN(subplan.groups, GroupedSubquery::make(*subplan.plan, use == Use::Existence, *plan_, arena_));
      if (subplan.groups) subplan.empty_row = arena_.make_array<Value>(subplan.row.size());
    }
    if (!subplan.groups) return false;
    SQLRITE_TRY_ASSIGN(bool worthwhile, subplan.groups->is_worthwhile(*context_, subplan.run_count));
    if (!worthwhile) return false;
    SQLRITE_TRY(subplan.groups->build(*context_));
    if (!subplan.groups->is_built()) return false;
  }
  SQLRITE_TRY_ASSIGN(*group, subplan.groups->find(*context_, subplan.arguments.data()));
  return true;
}

// Whether the row could be taken from the groups.
Result<bool> SubqueryRuntime::take_group(Subplan& subplan, bool* grouped) {
  uint32_t group = kNoRow;
  SQLRITE_TRY_ASSIGN(*grouped, find_group(subplan, Use::Rows, &group));
  if (!*grouped || (group == kNoRow && !subplan.empty_known)) return false;
  for (uint32_t i = 0; i < subplan.row.size(); ++i) {
    subplan.row[i] = group == kNoRow ? subplan.empty_row[i] : subplan.groups->result(i, group);
  }
  subplan.row_found = true;
  subplan.row_known = true;
  return true;
}

Status SubqueryRuntime::first_row(int32_t index, const Value* outer_args, const Value** row, bool* found) {
  SQLRITE_TRY_ASSIGN(Subplan * subplan, prepare(index));
  SQLRITE_TRY_ASSIGN(bool same, same_arguments(*subplan, outer_args));
  *row = subplan->row.data();
  if (same && subplan->row_known) {
    *found = subplan->row_found;
    return {};
  }
  SQLRITE_ENSURE(context_ != nullptr);
  bool grouped = false;
  SQLRITE_TRY_ASSIGN(bool taken, take_group(*subplan, &grouped));
  if (taken) {
    *found = true;
    return {};
  }
  SQLRITE_TRY(open(*subplan));
  Batch* batch = nullptr;
  SQLRITE_TRY(subplan->root->next(subplan->context, 1, &batch));
  subplan->row_found = batch->selected_count > 0;
  uint32_t live = subplan->row_found ? batch->live_row(0) : 0;
  for (size_t i = 0; i < subplan->row.size(); ++i) {
    subplan->row[i] = subplan->row_found ? batch->columns[i].at(live) : Value();
  }
  if (grouped) subplan->keep_empty_row();  // an aggregate over nothing: the same for all that find nothing
  subplan->row_known = true;
  *found = subplan->row_found;
  return {};
}

Status SubqueryRuntime::exists(int32_t index, const Value* outer_args, bool* found) {
  SQLRITE_TRY_ASSIGN(Subplan * subplan, prepare(index, Use::Existence));
  SQLRITE_TRY_ASSIGN(bool same, same_arguments(*subplan, outer_args));
  if (same && subplan->exists_known) {
    *found = subplan->exists;
    return {};
  }
  SQLRITE_ENSURE(context_ != nullptr);
  uint32_t group = kNoRow;
  SQLRITE_TRY_ASSIGN(bool grouped, find_group(*subplan, Use::Existence, &group));
  if (grouped) {
    subplan->exists = group != kNoRow;
  } else if (subplan->probe != nullptr) {
    enter(*subplan);
    SQLRITE_TRY_ASSIGN(subplan->exists, subplan->probe->probe(subplan->context));
  } else {
    SQLRITE_TRY(open(*subplan));
    Batch* batch = nullptr;
    SQLRITE_TRY(subplan->root->next(subplan->context, 1, &batch));
    subplan->exists = batch->selected_count > 0;
  }
  subplan->exists_known = true;
  *found = subplan->exists;
  return {};
}

Status SubqueryRuntime::collect(Subplan& subplan, const Value* outer_args) {
  SQLRITE_TRY_ASSIGN(bool same, same_arguments(subplan, outer_args));
  if (same && subplan.rows_known) return {};
  subplan.rows.clear();
  SQLRITE_TRY(open(subplan));
  uint32_t wanted = subplan.row_by_row ? 1 : kBatchRowsMax;
  for (;;) {
    Batch* batch = nullptr;
    SQLRITE_TRY(subplan.root->next(subplan.context, wanted, &batch));
    if (batch->selected_count == 0) break;
    SQLRITE_TRY(subplan.rows.append(*batch, subplan.slots));
    if (subplan.context.memory != nullptr) subplan.share.report(*subplan.context.memory, subplan.rows.size_bytes());
  }
  subplan.rows_known = true;
  return {};
}

Status SubqueryRuntime::all_rows_of(int32_t index, const Value* outer_args, const RowStore** rows) {
  SQLRITE_TRY_ASSIGN(Subplan * subplan, prepare(index));
  SQLRITE_TRY(collect(*subplan, outer_args));
  *rows = &subplan->rows;
  return {};
}

namespace {

// operands = row: 1, 0, or -1 when a NULL leaves it open.
int compare_operands(const bind::BoundInQuery& in, const Value* operands, const Value* row) {
  bool open = false;
  for (size_t i = 0; i < in.operands.size(); ++i) {
    if (operands[i].is_null() || row[i].is_null()) {
      open = true;
    } else if (!equal_values(operands[i], row[i], *in.compare_collations[i])) {
      return 0;
    }
  }
  return open ? -1 : 1;
}

}  // namespace

// The rows differ from call to call: looks for a match while they come.
Status SubqueryRuntime::contains_correlated(Subplan& subplan, const bind::BoundInQuery& in, const Value* outer_args,
                                            const Value* operands, int* truth) {
  auto count = static_cast<uint32_t>(in.operands.size());
  SQLRITE_TRY_ASSIGN(bool same, same_arguments(subplan, outer_args));
  static_cast<void>(same);
  subplan.rows_known = false;
  SQLRITE_TRY(open(subplan));
  *truth = 0;
  uint32_t wanted = subplan.row_by_row ? 1 : 8;
  for (;;) {
    Batch* batch = nullptr;
    SQLRITE_TRY(subplan.root->next(subplan.context, wanted, &batch));
    if (batch->selected_count == 0) return {};
    subplan.heap.reset();
    for (uint32_t r = 0; r < batch->selected_count; ++r) {
      for (uint32_t i = 0; i < count; ++i) {
        subplan.row[i] = batch->columns[i].at(batch->live_row(r));
        SQLRITE_TRY(apply_affinity(subplan.row[i], in.operand_affinities[i], subplan.heap));
      }
      int equal = compare_operands(in, operands, subplan.row.data());
      if (equal == 1) {
        *truth = 1;
        return {};
      }
      if (equal < 0) *truth = -1;
    }
    wanted = grow_wanted(subplan.context, wanted);
  }
}

void SubqueryRuntime::prepare_set(Subplan& subplan, const bind::BoundInQuery& in) {
  size_t count = in.operands.size();
  subplan.set_collations = arena_.make_array<const Collation*>(count);
  subplan.set_slots = arena_.make_array<int32_t>(count);
  for (size_t i = 0; i < count; ++i) {
    const Collation* collation = in.compare_collations[i];
    subplan.set_collations[i] = collation != nullptr ? collation : &kBinaryCollation;
    subplan.set_slots[i] = static_cast<int32_t>(i);
  }
  subplan.set_columns = arena_.make_array<Column>(count);
  subplan.set_buffers = std::make_unique<ColumnBuffer[]>(count);
  subplan.set.init(subplan.set_collations);
  subplan.set_rows.init(static_cast<uint32_t>(count));
  subplan.null_rows.init(static_cast<uint32_t>(count));
  subplan.set_ready = true;
}

Status SubqueryRuntime::add_to_set(Subplan& subplan, const bind::BoundInQuery& in, const Batch& rows) {
  std::span<Column> columns = subplan.set_columns;
  subplan.is_empty = false;
  subplan.heap.reset();
  Batch batch = rows;
  batch.columns = columns.data();
  batch.column_count = static_cast<uint32_t>(columns.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    const Column& given = rows.columns[i];
    Affinity affinity = in.operand_affinities[i];
    if (given.rep == Column::Rep::Ints && affinity != Affinity::Text && affinity != Affinity::Real) {
      columns[i] = given;
      continue;
    }
    ColumnBuffer& buffer = subplan.set_buffers[i];
    SQLRITE_TRY(buffer.reserve(rows.row_count));
    buffer.attach(columns[i], Column::Rep::Cells);
    for (uint32_t r = 0; r < rows.selected_count; ++r) {
      uint32_t row = rows.live_row(r);
      Value value = given.at(row);
      SQLRITE_TRY(apply_affinity(value, affinity, subplan.heap));
      columns[i].cells[row] = value;
    }
  }
  if (columns.size() > 1) SQLRITE_TRY(subplan.set_rows.append(subplan.context, batch, subplan.set_slots));
  uint16_t live[kBatchRowsMax];
  uint16_t with_null[kBatchRowsMax];
  uint32_t live_count = 0;
  uint32_t null_count = 0;
  for (uint32_t r = 0; r < rows.selected_count; ++r) {
    auto row = static_cast<uint16_t>(rows.live_row(r));
    bool null = false;
    for (const Column& column : columns) null |= column.at(row).is_null();
    if (null) {
      with_null[null_count++] = row;
    } else {
      live[live_count++] = row;
    }
  }
  if (null_count > 0) {
    subplan.has_nulls = true;
    batch.selection = with_null;
    batch.selected_count = null_count;
    if (columns.size() > 1) SQLRITE_TRY(subplan.null_rows.append(subplan.context, batch, subplan.set_slots));
  }
  batch.selection = live;
  batch.selected_count = live_count;
  uint16_t fresh[kBatchRowsMax];
  uint32_t fresh_count = 0;
  return subplan.set.add(subplan.context, batch, columns.data(), fresh, &fresh_count);
}

Status SubqueryRuntime::make_set(Subplan& subplan, const bind::BoundInQuery& in, const Value* outer_args) {
  SQLRITE_TRY_ASSIGN(bool same, same_arguments(subplan, outer_args));
  if (same && subplan.set_known) return {};
  if (!subplan.set_ready) prepare_set(subplan, in);
  subplan.clear_set();
  SQLRITE_TRY(open(subplan));
  uint32_t wanted = subplan.row_by_row ? 1 : kBatchRowsMax;
  for (;;) {
    Batch* batch = nullptr;
    SQLRITE_TRY(subplan.root->next(subplan.context, wanted, &batch));
    if (batch->selected_count == 0) break;
    SQLRITE_TRY(add_to_set(subplan, in, *batch));
  }
  SQLRITE_TRY(subplan.set_rows.finish());
  SQLRITE_TRY(subplan.null_rows.finish());
  subplan.set_known = true;
  return {};
}

// Whether a row value with NULLs on either side may equal one of `rows`, as it differs from it in no known component.
Result<bool> SubqueryRuntime::may_equal_any(const Subplan& subplan, const bind::BoundInQuery& in, const Value* operands,
                                            const RowSpool& rows) {
  RowSpoolScan scan;
  scan.start(rows);
  for (;;) {
    SQLRITE_TRY(subplan.context.interrupted());
    RowSpoolScan::Piece piece;
    SQLRITE_TRY_ASSIGN(piece, scan.next(kBatchRowsMax));
    if (piece.count == 0) return false;
    for (uint32_t r = 0; r < piece.count; ++r) {
      for (size_t i = 0; i < in.operands.size(); ++i) {
        subplan.row[i] = piece.rows->at(static_cast<uint32_t>(i), piece.first + r);
      }
      if (compare_operands(in, operands, subplan.row.data()) < 0) return true;
    }
  }
}

Status SubqueryRuntime::contains(const bind::BoundInQuery& in, const Value* outer_args, const Value* operands,
                                 int* truth) {
  size_t count = in.operands.size();
  // The common case once the set is made: one probe.
  Subplan* subplan = subplans_[static_cast<size_t>(in.subquery_index)].get();
  bool ready = subplan != nullptr && subplan->set_known && subplan->arguments.empty() && !subplan->plan->is_volatile;
  if (!ready) {
    SQLRITE_TRY_ASSIGN(subplan, prepare(in.subquery_index));
    if (in.query->is_correlated()) return contains_correlated(*subplan, in, outer_args, operands, truth);
    SQLRITE_TRY(make_set(*subplan, in, outer_args));
  }
  *truth = 0;
  if (subplan->is_empty) return {};
  bool operand_null = false;
  for (size_t i = 0; i < count; ++i) operand_null |= operands[i].is_null();
  if (!operand_null) {
    SQLRITE_TRY_ASSIGN(bool found, subplan->set.contains(operands));
    *truth = found ? 1 : count == 1 && subplan->has_nulls ? -1 : 0;
    if (found || count == 1 || !subplan->has_nulls) return {};
  } else if (count == 1) {
    *truth = -1;
    return {};
  }
  SQLRITE_TRY_ASSIGN(bool open,
                     may_equal_any(*subplan, in, operands, operand_null ? subplan->set_rows : subplan->null_rows));
  if (open) *truth = -1;
  return {};
}

std::unique_ptr<StatementSubqueries> make_subquery_runner(const plan::StatementPlan& plan) {
  return std::make_unique<SubqueryRuntime>(plan);
}

}  // namespace sqlrite::exec
