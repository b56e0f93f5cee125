#include "exec/change/index_changes.h"

#include <cstring>

namespace sqlrite::exec {

IndexChanges::IndexChanges(const catalog::Index& index, std::span<const bool> real_fields, size_t size_bytes_max)
    : field_count_(static_cast<uint32_t>(index.fields.size())),
      real_fields_(real_fields),
      size_bytes_max_(size_bytes_max) {
  rows_.init(field_count_ + 1);
  row_.resize(field_count_ + 1);
  keys_.resize(field_count_);
  for (uint32_t i = 0; i < field_count_; ++i) {
    keys_[i].column = i;
    keys_[i].descending = keys_[i].nulls_last = index.key_info.descending[i];
    if (index.key_info.collations[i] != nullptr) keys_[i].collation = index.key_info.collations[i];
  }
}

Status IndexChanges::add(const Value* fields, bool erases) {
  std::copy(fields, fields + field_count_, row_.begin());
  row_[field_count_] = Value::from_bool(erases);
  return rows_.append_row(row_.data());
}

// Whether one entry is erased and then comes again as it was, as REPLACE does in indexes of columns that stay the same.
bool IndexChanges::cancel_out(uint32_t erasing, uint32_t inserting) const {
  if (rows_.at(field_count_, erasing).integer == 0 || rows_.at(field_count_, inserting).integer != 0) return false;
  for (uint32_t i = field_count_; i-- > 0;) {
    const Value before = rows_.at(i, erasing);
    const Value after = rows_.at(i, inserting);
    if (before.type != after.type || compare_values(before, after, kBinaryCollation) != 0) return false;
  }
  return true;
}

Status IndexChanges::apply(storage::IndexCursor& cursor, TextEncoding encoding) {
  if (rows_.row_count() == 0) return {};
  SQLRITE_TRY(sort_rows(rows_, 0, keys_, order_));
  uint32_t kept = 0;
  for (uint32_t i = 0; i < order_.size(); ++i) {
    if (kept > 0 && cancel_out(order_[kept - 1], order_[i])) {
      --kept;
    } else {
      order_[kept++] = order_[i];
    }
  }
  Status status;
  for (uint32_t first = 0; first < kept && status.ok(); first += kPartMax) {
    status = apply_part(cursor, encoding, {order_.data() + first, std::min(kPartMax, kept - first)});
  }
  rows_.clear();
  if (order_.capacity() > 1024) BufferVector<uint32_t>().swap(order_);
  return status;
}

Status IndexChanges::apply_part(storage::IndexCursor& cursor, TextEncoding encoding, std::span<const uint32_t> part) {
  values_.resize(part.size() * field_count_);
  changes_.resize(part.size());
  records_.reset();
  for (size_t i = 0; i < part.size(); ++i) {
    Value* fields = values_.data() + i * field_count_;
    for (uint32_t k = 0; k < field_count_; ++k) fields[k] = rows_.at(k, part[i]);
    storage::IndexChange& change = changes_[i];
    change.key = {fields, static_cast<uint16_t>(field_count_)};
    change.erases = rows_.at(field_count_, part[i]).integer != 0;
    change.record = {};
    if (change.erases) continue;
    SQLRITE_TRY_ASSIGN(change.record, encoder_.encode(fields, field_count_, encoding, real_fields_.data()));
    auto* bytes = static_cast<uint8_t*>(records_.try_allocate(change.record.bytes.size() + 16, 1));
    if (bytes == nullptr) return Code::NoMem;
    std::memcpy(bytes, change.record.bytes.data(), change.record.bytes.size());
    std::memset(bytes + change.record.bytes.size(), 0, 16);
    change.record.bytes = {bytes, change.record.bytes.size()};
  }
  for (size_t done = 0; done < part.size();) {
    SQLRITE_TRY_ASSIGN(uint32_t made, cursor.apply({changes_.data() + done, part.size() - done}));
    done += made;
  }
  return {};
}

}  // namespace sqlrite::exec
