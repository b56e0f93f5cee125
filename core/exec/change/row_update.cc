#include "exec/change/row_update.h"

#include "types/affinity.h"

namespace sqlrite::exec {

using catalog::ConflictAction;

Status RowUpdate::prepare(ChangeCore& core, std::span<const int16_t> columns, Arena& arena) {
  columns_ = columns;
  const catalog::Table& table = core.writer.table();
  index_changed_ = arena.make_array<bool>(core.writer.index_count());
  index_all_ = arena.make_array<bool>(core.writer.index_count());
  self_ = arena.make_array<Value>(core.writer.key_count());
  for (bool& all : index_all_) all = true;
  for (int16_t column : columns) {
    if (table.without_rowid) {
      const catalog::Index* primary = table.primary_key_index;
      for (uint16_t i = 0; i < primary->key_field_count; ++i) assigns_key_ |= primary->fields[i].column == column;
    } else {
      assigns_key_ |= column == catalog::kRowIdColumn || column == table.rowid_alias;
    }
    for (size_t number = 0; number < index_changed_.size(); ++number) {
      index_changed_[number] |= core.writer.index_uses_column(number, column);
    }
  }
  table_only_ = !table.without_rowid && !assigns_key_;
  for (bool changed : index_changed_) table_only_ &= !changed;
  return {};
}

Status RowUpdate::apply(ChangeRun& run, ChangeCore& core, SlotRow& before, SlotRow& after, RowFate* fate,
                        ConflictAction* action) {
  TableWriter& writer = core.writer;
  const catalog::Table& table = writer.table();
  bool key_changed = false;
  if (!table.without_rowid) {
    Value& rowid = after.slots()[writer.rowid_slot()];
    if (assigns_key_) {
      for (int16_t column : columns_) {
        if (column == table.rowid_alias && column >= 0) rowid = after.slots()[column];
      }
      SQLRITE_TRY(apply_affinity(rowid, Affinity::Integer, *run.eval.heap));
      if (rowid.type != ValueType::Integer) return Code::Mismatch;
      if (table.rowid_alias >= 0) after.slots()[table.rowid_alias] = rowid;
    }
    key_changed = rowid.integer != before.slots()[writer.rowid_slot()].integer;
  }
  SQLRITE_TRY(core.checker.check(run.eval, after, fate, action));
  if (*fate == RowFate::Skip) return {};
  bool types_left = core.checker.leaves_types();
  bool moved = types_left && key_changed;
  if (types_left) SQLRITE_TRY(core.check_types_unless_taken(after, key_changed, &types_left));
  writer.key_of(before.slots(), self_.data());
  if (table.without_rowid && assigns_key_) {
    const catalog::Index* primary = table.primary_key_index;
    for (uint16_t i = 0; i < primary->key_field_count && !key_changed; ++i) {
      int16_t column = primary->fields[i].column;
      key_changed = compare_values(before.slots()[column], after.slots()[column], *primary->fields[i].collation) != 0;
    }
  }
  const bool* changed = assigns_key_ ? index_all_.data() : index_changed_.data();
  SQLRITE_TRY(core.resolve_conflicts(run, after, self_.data(), key_changed, changed, fate, action, &moved));
  if (*fate == RowFate::Skip) return {};
  if (moved) {
    SQLRITE_TRY_ASSIGN(bool found, writer.find(self_.data()));
    if (!found) return Code::Corrupt;
  }
  if (types_left) SQLRITE_TRY(core.checker.check_types(after.slots()));
  run.wrote = true;
  SQLRITE_TRY(writer.replace(run.eval, before, after, changed, key_changed));
  ++run.outcome->changes;
  if (run.host->wants_row_changes() && !table.without_rowid) {
    run.host->row_changed(RowChange::Update, table.database, table.name, after.slots()[writer.rowid_slot()].integer);
  }
  return core.add_returned(run, after);
}

}  // namespace sqlrite::exec
