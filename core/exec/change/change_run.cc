#include "exec/change/change_run.h"

#include <string>

#include "base/buffer_memory.h"
#include "types/value_text.h"

namespace sqlrite::exec {

using catalog::ConflictAction;

Status KeyList::add(const Batch& batch, uint32_t row) {
  Value* key = values_.append(width_);
  if (key == nullptr) return Code::NoMem;
  for (uint16_t i = 0; i < width_; ++i) {
    key[i] = batch.columns[i].at(row);
    if (key[i].is_bytes() && (key[i].flags & value_flags::kZeroBlob) == 0) {
      key[i].bytes = heap_.copy(key[i].view()).data();
      key[i].owner = ValueOwner::Heap;
    }
  }
  return {};
}

Status KeyList::collect(QueryExecutor& finder, ExecContext& source) {
  clear();
  Status status = finder.open(source);
  while (status.ok()) {
    Batch* batch = nullptr;
    status = finder.next(source, kBatchRowsMax, &batch);
    if (!status.ok() || batch->selected_count == 0) break;
    for (uint32_t i = 0; i < batch->selected_count && status.ok(); ++i) status = add(*batch, batch->live_row(i));
    size_ += batch->selected_count;
    if (status.ok() && source.must_spill(share_, values_.size() * sizeof(Value) + heap_.size_bytes())) {
      status = spill(source);
    }
  }
  finder.close(source);
  end_ = size_;
  if (!status.ok() || !spilled_) return status;
  SQLRITE_TRY(spill(source));
  SQLRITE_TRY(spilled_->file.flush());
  spilled_->reader.start(spilled_->file.file(), 0, spilled_->file.size_bytes(), width_);
  end_ = 0;
  return {};
}

Status KeyList::spill(ExecContext& context) {
  if (!spilled_) {
    auto made = std::make_unique<Spilled>();
    SQLRITE_TRY(made->file.create(context));
    made->rows.init(width_);
    spilled_ = std::move(made);
  }
  for (size_t at = 0; at < values_.size(); at += width_) SQLRITE_TRY(spilled_->file.write(values_.data() + at, width_));
  values_.shrink(4096);
  shrink_arena(heap_);
  share_.release();
  return {};
}

// The row at `index`, where it is readable already, stays in front of the next ones from the file.
Status KeyList::load(size_t index) {
  BufferVector<Value>& first = spilled_->row;
  first.clear();
  Arena kept(256);
  if (index < end_) {
    first.assign(at(index), at(index) + width_);
    for (Value& value : first) {
      if (value.is_bytes() && (value.flags & value_flags::kZeroBlob) == 0) value.bytes = kept.copy(value.view()).data();
    }
  }
  RowStore& rows = spilled_->rows;
  rows.clear();
  SQLRITE_TRY(spilled_->reader.read(rows, kBatchRowsMax, 256 * 1024));
  values_.clear();
  heap_.reset();
  Value* out = values_.append((rows.row_count() + (first.empty() ? 0 : 1)) * width_);
  if (out == nullptr) return Code::NoMem;
  for (Value value : first) {
    if (value.is_bytes() && (value.flags & value_flags::kZeroBlob) == 0) value.bytes = heap_.copy(value.view()).data();
    *out++ = value;
  }
  for (uint32_t row = 0; row < rows.row_count(); ++row) {
    for (uint16_t i = 0; i < width_; ++i) *out++ = rows.at(i, row);
  }
  begin_ = first.empty() ? end_ : index;
  end_ = begin_ + values_.size() / width_;
  return {};
}

ChangeCore::~ChangeCore() {
  for (expr::ExprNode* node : returning_) expr::destroy_evaluator(node);
}

Status ChangeCore::prepare(const bind::BoundTarget& target, ConflictAction action,
                           const bind::BoundReturning* returning, Arena& arena) {
  SQLRITE_TRY(writer.prepare(target, arena));
  SQLRITE_TRY(checker.prepare(target, action, arena));
  const catalog::Table& table = writer.table();
  may_replace_ = action == ConflictAction::Replace || table.rowid_conflict == ConflictAction::Replace ||
                 (table.without_rowid && table.primary_key_index->conflict == ConflictAction::Replace);
  for (size_t i = 0; i < writer.index_count(); ++i) may_replace_ |= writer.index(i).conflict == ConflictAction::Replace;
  uint32_t slot_count = writer.column_count() + 1;
  victim_.attach(arena.make_array<Value>(slot_count).data(), slot_count, arena);
  other_key_ = arena.make_array<Value>(writer.key_count());
  if (returning != nullptr) {
    returning_ = arena.make_array<expr::ExprNode*>(returning->results.size());
    for (size_t i = 0; i < returning->results.size(); ++i) {
      SQLRITE_TRY_ASSIGN(returning_[i], expr::make_evaluator(returning->results[i], arena));
    }
  }
  return {};
}

Status ChangeCore::collision_status(int index_number) const {
  const catalog::Table& table = writer.table();
  std::string columns;
  Code code = Code::ConstraintUnique;
  auto add = [&](std::string_view column) {
    if (!columns.empty()) columns += ", ";
    columns.append(table.name).append(".").append(column);
  };
  if (index_number < 0) {
    if (table.without_rowid) {
      code = Code::ConstraintPrimaryKey;
      for (uint16_t i = 0; i < table.primary_key_index->key_field_count; ++i) {
        add(table.columns[static_cast<size_t>(table.primary_key_index->fields[i].column)].name);
      }
    } else if (table.rowid_alias >= 0) {
      code = Code::ConstraintPrimaryKey;
      add(table.columns[static_cast<size_t>(table.rowid_alias)].name);
    } else {
      code = Code::ConstraintRowId;
      add("rowid");
    }
  } else {
    const catalog::Index& index = writer.index(static_cast<size_t>(index_number));
    if (index.origin == catalog::IndexOrigin::PrimaryKey) code = Code::ConstraintPrimaryKey;
    for (uint16_t i = 0; i < index.key_field_count; ++i) {
      if (index.fields[i].column == catalog::kExpressionColumn) {
        columns = "index '" + std::string(index.name) + "'";
        break;
      }
      add(index.fields[i].column < 0 ? "rowid" : table.columns[static_cast<size_t>(index.fields[i].column)].name);
    }
  }
  return Status(code, "UNIQUE constraint failed: " + columns);
}

Status ChangeCore::remove_row(ChangeRun& run, const Value* key) {
  SQLRITE_TRY_ASSIGN(bool found, writer.find(key));
  if (!found) return Code::CorruptIndex;
  SQLRITE_TRY(writer.read(*run.eval.heap, victim_.slots()));
  run.wrote = true;
  return writer.erase(run.eval, victim_);
}

Status ChangeCore::check_types_unless_taken(const SlotRow& row, bool check_key, bool* left) {
  *left = false;
  if (check_key && !writer.table().without_rowid) SQLRITE_TRY(writer.find_key_conflict(row.slots(), left));
  return *left ? Status() : checker.check_types(row.slots());
}

Status ChangeCore::resolve_conflicts(ChangeRun& run, SlotRow& row, const Value* self, bool check_key,
                                     const bool* check_index, RowFate* fate, ConflictAction* action, bool* moved) {
  *fate = RowFate::Write;
  const catalog::Table& table = writer.table();
  ConflictAction key_own = table.without_rowid ? table.primary_key_index->conflict : table.rowid_conflict;
  // First every constraint that may refuse the row, then those that make room for it: nothing is removed for a row that
  // is not written in the end.
  for (bool replacing : {false, true}) {
    if (check_key && (checker.resolve(key_own) == ConflictAction::Replace) == replacing) {
      bool conflict = false;
      *moved = true;
      SQLRITE_TRY(writer.find_key_conflict(row.slots(), &conflict));
      if (conflict) {
        if (replacing) {
          writer.key_of(row.slots(), other_key_.data());
          SQLRITE_TRY(remove_row(run, other_key_.data()));
        } else {
          *action = checker.resolve(key_own);
          if (*action != ConflictAction::Ignore) return collision_status(-1);
          *fate = RowFate::Skip;
          return {};
        }
      }
    }
    for (size_t number = 0; number < writer.index_count(); ++number) {
      const catalog::Index& index = writer.index(number);
      if (!index.unique || (check_index != nullptr && !check_index[number])) continue;
      if ((checker.resolve(index.conflict) == ConflictAction::Replace) != replacing) continue;
      bool conflict = false;
      SQLRITE_TRY(
          writer.find_index_conflict(run.eval, number, row, self, *run.eval.heap, &conflict, other_key_.data()));
      if (!conflict) continue;
      if (replacing) {
        *moved = true;
        SQLRITE_TRY(remove_row(run, other_key_.data()));
        continue;
      }
      *action = checker.resolve(index.conflict);
      if (*action != ConflictAction::Ignore) return collision_status(static_cast<int>(number));
      *fate = RowFate::Skip;
      return {};
    }
  }
  return {};
}

Status ChangeCore::add_returned(ChangeRun& run, const SlotRow& row) {
  if (returning_.empty()) return {};
  Value* out = returned_.append(returning_.size());
  if (out == nullptr) return Code::NoMem;
  for (size_t i = 0; i < returning_.size(); ++i) {
    SQLRITE_TRY(returning_[i]->evaluate_row(run.eval, row.batch(), 0, &out[i]));
    if (out[i].is_bytes()) {
      SQLRITE_TRY(make_bytes(out[i], returned_heap_));
      out[i].bytes = returned_heap_.copy(out[i].view()).data();
      out[i].owner = ValueOwner::Heap;
      out[i].flags = value_flags::kNulFollows;
    }
  }
  return {};
}

const Value* ChangeCore::next_returned() {
  if (returning_.empty() || returned_at_ >= returned_.size()) return nullptr;
  const Value* row = returned_.data() + returned_at_;
  returned_at_ += returning_.size();
  return row;
}

void ChangeCore::forget_returned() {
  returned_.shrink(1024);
  returned_at_ = 0;
  returned_heap_.reset();
}

}  // namespace sqlrite::exec
