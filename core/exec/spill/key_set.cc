#include "exec/spill/key_set.h"

#include <algorithm>
#include <vector>

namespace sqlrite::exec {

void KeySet::init(std::span<const Collation* const> collations) {
  collations_ = collations;
  table_.init(collations);
}

Status KeySet::add(ExecContext& context, const Batch& batch, const Column* keys, uint16_t* fresh,
                   uint32_t* fresh_count) {
  uint32_t ids[kBatchRowsMax];
  uint32_t known = table_.count();
  SQLRITE_TRY(table_.find_or_add(batch, keys, ids));
  uint32_t count = 0;
  if (spilled_ == nullptr) {
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      if (ids[i] != known) continue;
      ++known;
      fresh[count++] = static_cast<uint16_t>(batch.live_row(i));
    }
  } else {
    uint64_t hashes[kBatchRowsMax];
    hash_keys(batch, keys, collations_, hashes);
    BufferVector<Value>& key = spilled_->key;
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      if (ids[i] != known) continue;
      ++known;
      for (size_t k = 0; k < key.size(); ++k) key[k] = keys[k].at(batch.live_row(i));
      SQLRITE_TRY_ASSIGN(bool old, is_on_file(hashes[i], key.data()));
      if (!old) fresh[count++] = static_cast<uint16_t>(batch.live_row(i));
    }
  }
  *fresh_count = count;
  return context.must_spill(share_, table_.size_bytes()) ? spill(context) : Status();
}

Status KeySet::spill(ExecContext& context) {
  if (spilled_ == nullptr) {
    spilled_ = std::make_unique<Spilled>();
    auto column_count = static_cast<uint32_t>(collations_.size());
    spilled_->keys.init(column_count);
    spilled_->found.init(column_count + 1);
    spilled_->key.resize(column_count);
  }
  const RowStore& keys = table_.keys();
  BufferVector<uint64_t> hashes(keys.row_count());
  std::vector<Column> columns(collations_.size());
  for (uint32_t first = 0; first < keys.row_count(); first += kBatchRowsMax) {
    Batch batch;
    batch.select_all(std::min<uint32_t>(kBatchRowsMax, keys.row_count() - first));
    for (uint32_t c = 0; c < columns.size(); ++c) keys.view(c, first, &columns[c]);
    hash_keys(batch, columns.data(), collations_, hashes.data() + first);
  }
  SQLRITE_TRY(spilled_->keys.add_run(context, keys, hashes));
  spilled_->share.report(*context.memory, spilled_->keys.size_bytes());
  table_.clear();
  share_.report(*context.memory, table_.size_bytes());
  return {};
}

Result<bool> KeySet::is_on_file(uint64_t hash, const Value* key) {
  Spilled& spilled = *spilled_;
  spilled.lookup.start(spilled.keys, hash);
  for (;;) {
    // More than one key of the same hash is rare.
    SQLRITE_TRY(spilled.lookup.next(spilled.found, 1));
    if (spilled.found.row_count() == 0) return false;
    bool equal = true;
    for (uint32_t k = 0; k < collations_.size() && equal; ++k) {
      equal = equal_values(spilled.found.at(k + 1, 0), key[k], *collations_[k]);
    }
    if (equal) return true;
  }
}

void KeySet::clear() {
  table_.clear();
  share_.release();
  if (spilled_ != nullptr) spilled_->share.release();
  spilled_.reset();
}

}  // namespace sqlrite::exec
