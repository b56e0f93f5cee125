#include "exec/change/table_writer.h"

#include "base/check.h"
#include "types/affinity.h"
#include "types/value_text.h"

namespace sqlrite::exec {

using catalog::kExpressionColumn;
using catalog::kRowIdColumn;

TableWriter::IndexState::~IndexState() {
  for (expr::ExprNode* node : exprs) expr::destroy_evaluator(node);
  expr::destroy_evaluator(where);
}

TableWriter::~TableWriter() {
  for (IndexState& index : indexes_) index.~IndexState();
}

Status TableWriter::prepare(const bind::BoundTarget& target, Arena& arena) {
  target_ = &target;
  table_ = target.table;
  const auto& columns = table_->columns;

  size_t stored_count = 0;
  for (const auto& column : columns) stored_count += column.storage_position >= 0;
  // The tree of a WITHOUT ROWID table may hold a column twice: PRIMARY KEY(a COLLATE nocase, a).
  const catalog::Index* own_tree = table_->primary_key_index;
  if (own_tree != nullptr) stored_count = own_tree->fields.size();
  record_ = arena.make_array<Value>(stored_count);
  record_real_ = arena.make_array<bool>(stored_count);
  stored_positions_ = arena.make_array<uint16_t>(stored_count);
  stored_columns_ = arena.make_array<int16_t>(stored_count);
  decoded_ = arena.make_array<Value>(stored_count);
  defaults_ = arena.make_array<Value>(columns.size());
  for (size_t position = 0; own_tree != nullptr && position < stored_count; ++position) {
    int16_t column = own_tree->fields[position].column;
    stored_columns_[position] = column;
    stored_positions_[position] = static_cast<uint16_t>(position);
    record_real_[position] = columns[static_cast<size_t>(column)].affinity == Affinity::Real;
  }
  for (size_t i = 0; i < columns.size(); ++i) {
    if (columns[i].storage_position < 0) continue;
    auto position = static_cast<size_t>(columns[i].storage_position);
    SQLRITE_ENSURE(position < stored_count);
    stored_columns_[position] = static_cast<int16_t>(i);
    stored_positions_[position] = static_cast<uint16_t>(position);
    record_real_[position] = columns[i].affinity == Affinity::Real;
    const bind::BoundExpr* fallback = target.defaults.empty() ? nullptr : target.defaults[i];
    if (fallback != nullptr && fallback->kind == bind::BoundKind::Constant) {
      defaults_[i] = fallback->as<bind::BoundConstant>()->value;
      SQLRITE_TRY(apply_affinity(defaults_[i], columns[i].affinity, arena));
    }
  }

  size_t field_count_max = key_count();  // keys of the table itself are put together there too
  auto* states = static_cast<IndexState*>(arena.allocate(sizeof(IndexState) * (target.indexes.size() + 1)));
  for (size_t number = 0; number < target.indexes.size(); ++number) {
    auto* state = new (states + number) IndexState();
    indexes_ = {states, number + 1};
    const bind::BoundTarget::IndexExprs& bound = target.indexes[number];
    state->bound = &bound;
    size_t field_count = bound.index->fields.size();
    field_count_max = std::max(field_count_max, field_count);
    state->exprs = arena.make_array<expr::ExprNode*>(field_count);
    state->real_fields = arena.make_array<bool>(field_count);
    for (size_t field = 0; field < field_count; ++field) {
      int16_t column = bound.index->fields[field].column;
      if (column >= 0) state->real_fields[field] = columns[static_cast<size_t>(column)].affinity == Affinity::Real;
      if (column != kExpressionColumn) continue;
      SQLRITE_ENSURE(field < bound.fields.size() && bound.fields[field] != nullptr);
      SQLRITE_TRY_ASSIGN(state->exprs[field], expr::make_evaluator(bound.fields[field], arena));
    }
    if (bound.where != nullptr) {
      SQLRITE_TRY_ASSIGN(state->where, expr::make_evaluator(bound.where, arena));
    }
  }
  if (table_->without_rowid)
    field_count_max = std::max<size_t>(field_count_max, table_->primary_key_index->key_field_count);
  fields_ = arena.make_array<Value>(field_count_max);
  return {};
}

Status TableWriter::open(ExecContext& context) {
  const DatabaseHandle& database = context.databases[table_->database.value];
  pager_ = database.pager;
  encoding_ = database.encoding;
  if (table_->without_rowid) {
    const catalog::Index* primary = table_->primary_key_index;
    SQLRITE_TRY(primary_.open(pager_, primary->root, storage::kNewestView, &primary->key_info));
  } else {
    SQLRITE_TRY(rows_.open(pager_, table_->root, storage::kNewestView));
  }
  for (IndexState& index : indexes_) {
    const catalog::Index* catalog_index = index.bound->index;
    SQLRITE_TRY(index.cursor.open(pager_, catalog_index->root, storage::kNewestView, &catalog_index->key_info));
  }
  return {};
}

void TableWriter::close() {
  rows_.rest();
  primary_.rest();
  for (IndexState& index : indexes_) {
    index.cursor.rest();
    if (index.defers) index.changes->clear();
    index.defers = false;
  }
}

void TableWriter::defer_index_changes(bool unique_too) {
  constexpr size_t kSizeBytesMax = size_t{16} << 20;  // of all indexes
  for (IndexState& index : indexes_) {
    if (!unique_too && index.bound->index->unique) continue;
    if (!index.changes) {
      index.changes =
          std::make_unique<IndexChanges>(*index.bound->index, index.real_fields, kSizeBytesMax / indexes_.size());
    }
    index.defers = true;
  }
}

Status TableWriter::defer(IndexState& index, bool erases) {
  SQLRITE_TRY(index.changes->add(fields_.data(), erases));
  return index.changes->is_full() ? index.changes->apply(index.cursor, encoding_) : Status();
}

Status TableWriter::apply_deferred() {
  for (IndexState& index : indexes_) {
    if (index.defers) SQLRITE_TRY(index.changes->apply(index.cursor, encoding_));
  }
  return {};
}

Result<bool> TableWriter::find(const Value* key) {
  if (!table_->without_rowid) return rows_.seek(key[0].integer, storage::Seek::Equal);
  return primary_.seek({key, table_->primary_key_index->key_field_count}, storage::Seek::Equal);
}

Status TableWriter::read(Arena& heap, Value* slots) {
  storage::CursorBase& cursor = table_->without_rowid ? static_cast<storage::CursorBase&>(primary_) : rows_;
  const storage::CellRef& cell = cursor.cell();
  auto stored_count = static_cast<uint32_t>(decoded_.size());
  uint32_t missing_from = stored_count;
  SQLRITE_TRY(storage::decode_record(cell, *pager_, storage::kNewestView, encoding_, stored_positions_.data(),
                                     stored_count, decoded_.data(), &missing_from, &heap));
  for (uint32_t i = 0; i < column_count(); ++i) slots[i] = Value::null();
  for (uint32_t position = 0; position < stored_count; ++position) {
    auto column = static_cast<uint32_t>(stored_columns_[position]);
    Value value = position < missing_from ? decoded_[position] : defaults_[column];
    if (value.is_bytes() && value.owner == ValueOwner::Page) {
      value.bytes = heap.copy(value.view()).data();
      value.owner = ValueOwner::Heap;
    }
    if (record_real_[position] && value.type == ValueType::Integer) {
      value = Value::from_real(static_cast<double>(value.integer));
    }
    slots[column] = value;
  }
  slots[rowid_slot()] = Value::null();
  if (!table_->without_rowid) {
    Value rowid = Value::from_integer(cell.rowid);
    slots[rowid_slot()] = rowid;
    if (table_->rowid_alias >= 0) slots[table_->rowid_alias] = rowid;
  }
  return {};
}

void TableWriter::key_of(const Value* slots, Value* key) const {
  if (!table_->without_rowid) {
    key[0] = slots[rowid_slot()];
    return;
  }
  const catalog::Index* primary = table_->primary_key_index;
  for (uint16_t i = 0; i < primary->key_field_count; ++i) key[i] = slots[primary->fields[i].column];
}

bool TableWriter::same_key(const Value* a, const Value* b) const {
  if (!table_->without_rowid) return a[0].integer == b[0].integer;
  const catalog::Index* primary = table_->primary_key_index;
  for (uint16_t i = 0; i < primary->key_field_count; ++i) {
    if (compare_values(a[i], b[i], *primary->fields[i].collation) != 0) return false;
  }
  return true;
}

Status TableWriter::find_key_conflict(const Value* slots, bool* conflict) {
  if (!table_->without_rowid) {
    SQLRITE_TRY_ASSIGN(*conflict, rows_.seek(slots[rowid_slot()].integer, storage::Seek::Equal));
    return {};
  }
  key_of(slots, fields_.data());
  SQLRITE_TRY_ASSIGN(*conflict,
                     primary_.seek({fields_.data(), table_->primary_key_index->key_field_count}, storage::Seek::Equal));
  return {};
}

Status TableWriter::index_record(expr::EvalContext& eval, IndexState& index, const SlotRow& row, bool* belongs) {
  *belongs = true;
  if (index.where != nullptr) {
    Value passes;
    SQLRITE_TRY(index.where->evaluate_row(eval, row.batch(), 0, &passes));
    *belongs = expr::truth_of(passes) == 1;
    if (!*belongs) return {};
  }
  const auto& fields = index.bound->index->fields;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].column >= 0) {
      fields_[i] = row.slots()[fields[i].column];
    } else if (fields[i].column == kRowIdColumn) {
      fields_[i] = row.slots()[rowid_slot()];
    } else {
      SQLRITE_TRY(index.exprs[i]->evaluate_row(eval, row.batch(), 0, &fields_[i]));
      SQLRITE_TRY(make_bytes(fields_[i], *eval.heap));
    }
  }
  return {};
}

Status TableWriter::find_index_conflict(expr::EvalContext& eval, size_t number, const SlotRow& row, const Value* self,
                                        Arena& heap, bool* conflict, Value* other_key) {
  *conflict = false;
  IndexState& index = indexes_[number];
  bool belongs;
  SQLRITE_TRY(index_record(eval, index, row, &belongs));
  if (!belongs) return {};
  const catalog::Index* catalog_index = index.bound->index;
  for (uint16_t i = 0; i < catalog_index->key_field_count; ++i) {
    if (fields_[i].is_null()) return {};  // NULLs are never equal
  }
  SQLRITE_TRY_ASSIGN(bool found,
                     index.cursor.seek({fields_.data(), catalog_index->key_field_count}, storage::Seek::Equal));
  if (!found) return {};
  // The entry's key of the table row: the rowid is the last field; primary key columns lie anywhere among the fields.
  const storage::CellRef& cell = index.cursor.cell();
  uint32_t missing_from;
  const auto& fields = catalog_index->fields;
  if (!table_->without_rowid) {
    auto position = static_cast<uint16_t>(fields.size() - 1);
    SQLRITE_TRY(storage::decode_record(cell, *pager_, storage::kNewestView, encoding_, &position, 1, other_key,
                                       &missing_from, &heap));
    if (other_key[0].type != ValueType::Integer) return Code::Corrupt;
  } else {
    const catalog::Index* primary = table_->primary_key_index;
    for (uint16_t key = 0; key < primary->key_field_count; ++key) {
      uint16_t position = 0;
      while (position < fields.size() && fields[position].column != primary->fields[key].column) ++position;
      if (position == fields.size()) return Code::Corrupt;
      SQLRITE_TRY(storage::decode_record(cell, *pager_, storage::kNewestView, encoding_, &position, 1, &other_key[key],
                                         &missing_from, &heap));
      if (other_key[key].is_bytes()) other_key[key].bytes = heap.copy(other_key[key].view()).data();
    }
  }
  *conflict = self == nullptr || !same_key(other_key, self);
  return {};
}

Status TableWriter::insert_index_entry(expr::EvalContext& eval, IndexState& index, const SlotRow& row) {
  bool belongs;
  SQLRITE_TRY(index_record(eval, index, row, &belongs));
  if (!belongs) return {};
  if (index.defers) return defer(index, false);
  auto field_count = static_cast<uint16_t>(index.bound->index->fields.size());
  SQLRITE_TRY_ASSIGN(storage::Payload record,
                     encoder_.encode(fields_.data(), field_count, encoding_, index.real_fields.data()));
  return index.cursor.insert(record, {fields_.data(), field_count});
}

Status TableWriter::erase_index_entry(expr::EvalContext& eval, IndexState& index, const SlotRow& row) {
  bool belongs;
  SQLRITE_TRY(index_record(eval, index, row, &belongs));
  if (!belongs) return {};
  if (index.defers) return defer(index, true);
  auto field_count = static_cast<uint16_t>(index.bound->index->fields.size());
  SQLRITE_TRY_ASSIGN(bool found, index.cursor.seek({fields_.data(), field_count}, storage::Seek::Equal));
  if (!found) return Code::CorruptIndex;
  return index.cursor.erase();
}

Status TableWriter::write_row(const Value* slots) {
  for (size_t position = 0; position < record_.size(); ++position) {
    int16_t column = stored_columns_[position];
    record_[position] = column == table_->rowid_alias ? Value::null() : slots[column];
  }
  SQLRITE_TRY_ASSIGN(storage::Payload payload, encoder_.encode(record_.data(), static_cast<uint32_t>(record_.size()),
                                                               encoding_, record_real_.data()));
  if (table_->without_rowid) {
    return primary_.insert(payload, {record_.data(), static_cast<uint16_t>(record_.size())});
  }
  return rows_.insert(slots[rowid_slot()].integer, payload);
}

Status TableWriter::insert(expr::EvalContext& eval, const SlotRow& row) {
  for (IndexState& index : indexes_) SQLRITE_TRY(insert_index_entry(eval, index, row));
  return write_row(row.slots());
}

Status TableWriter::erase(expr::EvalContext& eval, const SlotRow& row) {
  for (IndexState& index : indexes_) SQLRITE_TRY(erase_index_entry(eval, index, row));
  return erase_row(row.slots());
}

Status TableWriter::erase_row(const Value* slots) {
  if (!table_->without_rowid) return rows_.erase();
  // Changes to other trees have unsettled the cursor: find the row again.
  key_of(slots, fields_.data());
  SQLRITE_TRY_ASSIGN(bool found,
                     primary_.seek({fields_.data(), table_->primary_key_index->key_field_count}, storage::Seek::Equal));
  if (!found) return Code::CorruptIndex;
  return primary_.erase();
}

Status TableWriter::replace(expr::EvalContext& eval, const SlotRow& before, const SlotRow& after,
                            const bool* index_changed, bool key_changed) {
  for (size_t number = 0; number < indexes_.size(); ++number) {
    if (index_changed[number]) SQLRITE_TRY(erase_index_entry(eval, indexes_[number], before));
  }
  if (key_changed || table_->without_rowid) SQLRITE_TRY(erase_row(before.slots()));
  for (size_t number = 0; number < indexes_.size(); ++number) {
    if (index_changed[number]) SQLRITE_TRY(insert_index_entry(eval, indexes_[number], after));
  }
  return write_row(after.slots());
}

Result<uint64_t> TableWriter::clear() {
  close();
  for (IndexState& index : indexes_) SQLRITE_TRY(storage::clear_tree(*pager_, index.bound->index->root).take_status());
  return storage::clear_tree(*pager_, table_->without_rowid ? table_->primary_key_index->root : table_->root);
}

bool TableWriter::index_uses_column(size_t number, int16_t column) const {
  const bind::BoundTarget::IndexExprs& bound = *indexes_[number].bound;
  if (bound.where != nullptr) return true;
  for (const catalog::IndexField& field : bound.index->fields) {
    if (field.column == kExpressionColumn || field.column == column) return true;
    if (field.column == kRowIdColumn && column == table_->rowid_alias) return true;
  }
  return false;
}

}  // namespace sqlrite::exec
