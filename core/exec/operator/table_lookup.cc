#include "exec/operator/table_lookup.h"

#include <algorithm>

namespace sqlrite::exec {

Status TableLookup::prepare(const catalog::Table& table, const catalog::Index& index, Arena& arena) {
  table_ = &table;
  if (!table.without_rowid) {
    positions_ = arena.make_array<uint16_t>(1);
    positions_[0] = static_cast<uint16_t>(index.fields.size() - 1);
    decoded_ = arena.make_array<Value>(1);
    return {};
  }
  const catalog::Index& primary = *table.primary_key_index;
  uint16_t count = primary.key_field_count;
  positions_ = arena.make_array<uint16_t>(count);
  key_order_ = arena.make_array<uint16_t>(count);
  decoded_ = arena.make_array<Value>(count);
  key_ = arena.make_array<Value>(count);
  auto found = arena.make_array<uint16_t>(count);
  for (uint16_t k = 0; k < count; ++k) {
    size_t position = 0;
    while (position < index.fields.size() && index.fields[position].column != primary.fields[k].column) ++position;
    if (position == index.fields.size()) return Status(Code::Internal, "index entry lacks a primary key column");
    found[k] = positions_[k] = static_cast<uint16_t>(position);
  }
  std::sort(positions_.begin(), positions_.end());
  for (uint16_t k = 0; k < count; ++k) {
    key_order_[k] =
        static_cast<uint16_t>(std::lower_bound(positions_.begin(), positions_.end(), found[k]) - positions_.begin());
  }
  return {};
}

Status TableLookup::open(const TreeSource& source) {
  if (open_ && source_.pager == source.pager && source_.view.slot == source.view.slot) return {};
  source_ = source;
  open_ = true;
  if (table_->without_rowid) {
    const catalog::Index& primary = *table_->primary_key_index;
    return key_rows_.open(source.pager, primary.root, source.view, &primary.key_info);
  }
  return rows_.open(source.pager, table_->root, source.view);
}

Result<RowId> TableLookup::rowid_of(const storage::CellRef& index_cell, Arena& heap) {
  SQLRITE_TRY(decode_fields(index_cell, source_, positions_, decoded_.data(), heap));
  if (decoded_[0].type != ValueType::Integer) return Status(Code::Corrupt);
  return decoded_[0].integer;
}

Status TableLookup::find_rowid(RowId rowid, storage::CellRef* out, bool* found) {
  SQLRITE_TRY_ASSIGN(*found, rows_.find(rowid));
  if (*found) *out = rows_.cell();
  return {};
}

Status TableLookup::find(const storage::CellRef& index_cell, Arena& heap, storage::CellRef* out) {
  bool found = false;
  if (table_->without_rowid) {
    SQLRITE_TRY(decode_fields(index_cell, source_, positions_, decoded_.data(), heap));
    for (size_t k = 0; k < key_.size(); ++k) key_[k] = decoded_[key_order_[k]];
    SQLRITE_TRY_ASSIGN(found, key_rows_.seek({key_.data(), static_cast<uint16_t>(key_.size())}, storage::Seek::Equal));
    if (found) *out = key_rows_.cell();
  } else {
    SQLRITE_TRY_ASSIGN(RowId rowid, rowid_of(index_cell, heap));
    SQLRITE_TRY(find_rowid(rowid, out, &found));
  }
  return found ? Status() : Status(Code::Corrupt);
}

Status TableLookup::find_rowids(const RowId* rowids, uint32_t count, storage::CellRef* out, storage::PageRef* pins) {
  SQLRITE_TRY(rows_.find_rows(rowids, count, out, pins));
  for (uint32_t i = 0; i < count; ++i) {
    if (out[i].payload == nullptr) return Code::Corrupt;
  }
  return {};
}

Status TableLookup::find_many(const storage::CellRef* index_cells, uint32_t count, Arena& heap, storage::CellRef* out,
                              storage::PageRef* pins) {
  RowId rowids[storage::BatchTableCursor::kRowsMax];
  for (uint32_t i = 0; i < count; ++i) {
    SQLRITE_TRY_ASSIGN(rowids[i], rowid_of(index_cells[i], heap));
  }
  return find_rowids(rowids, count, out, pins);
}

void TableLookup::close() {
  rows_.close();
  key_rows_.close();
  open_ = false;
}

}  // namespace sqlrite::exec
