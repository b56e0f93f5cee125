// HashJoin with a build side beyond the memory budget.
//
//   build rows  ->  parts by hash of the key      probe rows  ->  the same parts
//   per part: build rows into the table, probe rows look up, pairs to a run in the order of the probe rows
//   the runs merged by the number of the probe row  ->  output
//
// A part whose build rows are still too many is split again by further bits of the hash. Where that does not help (one
// key has most of the rows) or was done often enough, the table takes as many rows as it may, all probe rows of the part
// look up, and the table takes the next ones.
#include <algorithm>

#include "base/buffer_memory.h"
#include "exec/operator/hash_join_spilled.h"
#include "kernels/hash.h"

namespace sqlrite::exec {

namespace {
constexpr uint32_t kPartBits = 4;
constexpr uint32_t kLevelsMax = 4;
constexpr size_t kPartBufferSizeBytes = 64 * 1024;

uint32_t part_of(uint64_t hash, uint32_t level) {
  // The table uses the low bits.
  return static_cast<uint32_t>(hash >> (64 - kPartBits * (level + 1))) & ((1u << kPartBits) - 1);
}
}  // namespace

// What the table holds goes to the parts. Rows with equal keys keep their order, which is all that matters within a part.
Status HashJoin::start_spill(ExecContext& context) {
  spilled_ = std::make_unique<Spilled>();
  Spilled& spilled = *spilled_;
  for (uint32_t p = 0; p < kPartCount; ++p) SQLRITE_TRY(spilled.parts[p].build.create(context, kPartBufferSizeBytes));
  spilled.row.resize(std::max(probe_stored_count(), build_stored_count()));
  spilled.columns.resize(node_->slot_count);
  auto pair_columns = static_cast<uint32_t>(node_->probe_slots.size() + node_->build_slots.size());
  spilled.number_key.column = pair_columns;
  spilled.shown.init(pair_columns + 1);
  auto build_columns = static_cast<uint32_t>(node_->build_slots.size());
  spilled.unmatched_key.column = build_columns;
  spilled.unmatched.init(build_columns + 1, {&spilled.unmatched_key, 1});
  spilled.shown_unmatched.init(build_columns + 1);
  spilled.chunk.init(build_stored_count());
  for (uint32_t id = 0; id < table_.count(); ++id) {
    uint64_t hash = 0;
    for (uint32_t k = 0; k < key_count_; ++k) {
      spilled.row[k] = table_.keys().at(k, id);
      uint64_t part = hash_value(spilled.row[k], *node_->key_collations[k]);
      hash = k > 0 ? kernels::combine_hashes(hash, part) : part;
    }
    SpillFile& file = spilled.parts[part_of(hash, 0)].build;
    for (uint32_t row = first_[id]; row != kNoRow; row = next_row_[row]) {
      for (uint32_t c = 0; c < build_columns; ++c) spilled.row[key_count_ + c] = rows_.at(c, row);
      spilled.row[key_count_ + build_columns] = Value::from_integer(row);
      SQLRITE_TRY(file.write(spilled.row.data(), build_stored_count()));
    }
  }
  spilled.build_row_count = rows_.row_count();
  clear_table();
  table_.expect(0);
  return {};
}

Status HashJoin::spill_build_rows(const Batch& batch, const Column* columns) {
  Spilled& spilled = *spilled_;
  hash_keys(batch, key_columns_.data(), node_->key_collations, spilled.hashes.get());
  size_t column_count = node_->build_slots.size();
  for (uint32_t i = 0; i < batch.selected_count; ++i) {
    uint32_t row = batch.live_row(i);
    for (uint32_t k = 0; k < key_count_; ++k) spilled.row[k] = key_columns_[k].at(row);
    for (size_t c = 0; c < column_count; ++c) spilled.row[key_count_ + c] = columns[c].at(row);
    spilled.row[key_count_ + column_count] = Value::from_integer(spilled.build_row_count++);
    SQLRITE_TRY(spilled.parts[part_of(spilled.hashes[i], 0)].build.write(spilled.row.data(), build_stored_count()));
  }
  return {};
}

Status HashJoin::flush_build_parts() {
  for (uint32_t p = 0; p < kPartCount; ++p) SQLRITE_TRY(spilled_->parts[p].build.flush());
  return {};
}

Status HashJoin::join_parts(ExecContext& context) {
  Spilled& spilled = *spilled_;
  spilled.pairs.reset();
  spilled.unmatched.clear();
  spilled.in_unmatched = false;
  spilled.error = Status();
  spilled.error_number = INT64_MAX;
  SQLRITE_TRY(spill_probe_rows(context));
  for (uint32_t p = 0; p < kPartCount; ++p) {
    SQLRITE_TRY(join_part(context, spilled.parts[p], 0));
    spilled.parts[p].probe.close();
    // The build files serve again when the same build side meets other probe rows.
    if (!node_->build_invariant) spilled.parts[p].build.close();
  }
  clear_table();
  SQLRITE_TRY(spilled.pairs.start_merge(context, {&spilled.number_key, 1}, spilled.number_key.column + 1));
  return right_ ? spilled.unmatched.finish(context) : Status();
}

Status HashJoin::spill_probe_rows(ExecContext& context) {
  Spilled& spilled = *spilled_;
  for (uint32_t p = 0; p < kPartCount; ++p) SQLRITE_TRY(spilled.parts[p].probe.create(context, kPartBufferSizeBytes));
  size_t column_count = node_->probe_slots.size();
  int64_t number = 0;
  for (;;) {
    Batch* batch = nullptr;
    SQLRITE_TRY(probe_->next(context, all_rows(context), &batch));
    if (batch->selected_count == 0) break;
    heap_.reset();
    SQLRITE_TRY(make_keys(probe_keys_, *batch));
    if (!left_) drop_null_keys(*batch);
    hash_keys(*batch, key_columns_.data(), node_->key_collations, spilled.hashes.get());
    for (uint32_t i = 0; i < batch->selected_count; ++i) {
      uint32_t row = batch->live_row(i);
      for (uint32_t k = 0; k < key_count_; ++k) spilled.row[k] = key_columns_[k].at(row);
      for (size_t c = 0; c < column_count; ++c)
        spilled.row[key_count_ + c] = batch->columns[node_->probe_slots[c]].at(row);
      spilled.row[key_count_ + column_count] = Value::from_integer(number++);
      SQLRITE_TRY(spilled.parts[part_of(spilled.hashes[i], 0)].probe.write(spilled.row.data(), probe_stored_count()));
    }
  }
  for (uint32_t p = 0; p < kPartCount; ++p) SQLRITE_TRY(spilled.parts[p].probe.flush());
  return {};
}

Status HashJoin::join_part(ExecContext& context, Part& part, uint32_t level) {
  if (part.probe.row_count() == 0 && !right_) return {};
  if (part.build.row_count() == 0 && !left_) return {};
  Spilled& spilled = *spilled_;
  SpillReader reader;
  reader.start(part.build.file(), 0, part.build.size_bytes(), build_stored_count());
  uint64_t rows_left = part.build.row_count();
  uint32_t column_count = build_stored_count() - key_count_ - 1;
  bool first_step = true;
  hold_unmatched_ = false;
  do {
    clear_table();
    spilled.build_numbers.clear();
    bool full = false;
    while (rows_left > 0 && !full) {
      SQLRITE_TRY(check_interrupt(context));
      RowStore& chunk = spilled.chunk;
      chunk.clear();
      SQLRITE_TRY(reader.read(chunk, kBatchRowsMax, kPartBufferSizeBytes));
      SQLRITE_ENSURE(chunk.row_count() > 0);
      rows_left -= chunk.row_count();
      for (uint32_t k = 0; k < key_count_; ++k) chunk.view(k, 0, &key_columns_[k]);
      for (uint32_t c = 0; c < column_count; ++c) chunk.view(key_count_ + c, 0, &build_columns_[c]);
      Batch batch;
      batch.select_all(chunk.row_count());
      SQLRITE_TRY(add_to_table(batch, build_columns_.data()));
      for (uint32_t row = 0; row < chunk.row_count() && right_; ++row) {
        spilled.build_numbers.push_back(chunk.at(key_count_ + column_count, row).integer);
      }
      size_t size = table_size_bytes() + spilled.build_numbers.capacity() * sizeof(int64_t);
      full = context.must_spill(share_, size);
    }
    // Splitting pays while several keys share the table.
    if (full && rows_left > 0 && first_step && level + 1 < kLevelsMax && table_.count() > 1) {
      clear_table();
      return split_part(context, part, level + 1);
    }
    if (first_step && rows_left > 0 && left_) {
      hold_unmatched_ = true;
      spilled.matched.assign(part.probe.row_count(), 0);
    }
    first_step = false;
    if (right_) build_matched_.assign(rows_.row_count(), 0);
    SQLRITE_TRY(probe_part(context, part));
    if (right_) SQLRITE_TRY(keep_unmatched_build(context));
  } while (rows_left > 0);
  if (!hold_unmatched_) return {};
  hold_unmatched_ = false;
  clear_table();
  return keep_unmatched_probe(context, part);
}

Status HashJoin::split_part(ExecContext& context, Part& part, uint32_t level) {
  Spilled& spilled = *spilled_;
  std::unique_ptr<Part[]> parts(new Part[kPartCount]);
  for (int side = 0; side < 2; ++side) {
    uint32_t column_count = side == 0 ? build_stored_count() : probe_stored_count();
    SpillFile& from = side == 0 ? part.build : part.probe;
    auto file_of = [&](uint32_t p) -> SpillFile& { return side == 0 ? parts[p].build : parts[p].probe; };
    for (uint32_t p = 0; p < kPartCount; ++p) SQLRITE_TRY(file_of(p).create(context, kPartBufferSizeBytes));
    SpillReader reader;
    reader.start(from.file(), 0, from.size_bytes(), column_count);
    for (;;) {
      SQLRITE_TRY(check_interrupt(context));
      // A store of its own: columns of other stores differ in number.
      RowStore chunk;
      chunk.init(column_count);
      SQLRITE_TRY(reader.read(chunk, kBatchRowsMax, kPartBufferSizeBytes));
      if (chunk.row_count() == 0) break;
      for (uint32_t k = 0; k < key_count_; ++k) chunk.view(k, 0, &key_columns_[k]);
      Batch batch;
      batch.select_all(chunk.row_count());
      hash_keys(batch, key_columns_.data(), node_->key_collations, spilled.hashes.get());
      for (uint32_t row = 0; row < chunk.row_count(); ++row) {
        SQLRITE_TRY(file_of(part_of(spilled.hashes[row], level)).write(chunk, row));
      }
    }
    for (uint32_t p = 0; p < kPartCount; ++p) SQLRITE_TRY(file_of(p).flush());
  }
  for (uint32_t p = 0; p < kPartCount; ++p) {
    SQLRITE_TRY(join_part(context, parts[p], level));
    parts[p].build.close();
    parts[p].probe.close();
  }
  return {};
}

// All probe rows of a part meet the table: one run of pairs.
Status HashJoin::probe_part(ExecContext& context, Part& part) {
  Spilled& spilled = *spilled_;
  SpillReader reader;
  reader.start(part.probe.file(), 0, part.probe.size_bytes(), probe_stored_count());
  spilled.batch_begin = 0;
  RowStore chunk;
  chunk.init(probe_stored_count());
  auto column_count = static_cast<uint32_t>(node_->probe_slots.size());
  for (;;) {
    SQLRITE_TRY(check_interrupt(context));
    chunk.clear();
    SQLRITE_TRY(reader.read(chunk, kBatchRowsMax, kPartBufferSizeBytes));
    if (chunk.row_count() == 0) break;
    for (uint32_t k = 0; k < key_count_; ++k) chunk.view(k, 0, &key_columns_[k]);
    for (uint32_t c = 0; c < column_count; ++c) {
      chunk.view(key_count_ + c, 0, &spilled.columns[static_cast<size_t>(node_->probe_slots[c])]);
    }
    spilled.numbers = chunk.ints(key_count_ + column_count);
    spilled.batch.columns = spilled.columns.data();
    spilled.batch.column_count = static_cast<uint32_t>(spilled.columns.size());
    spilled.batch.select_all(chunk.row_count());
    SQLRITE_TRY(probe_rows(context));
    spilled.batch_begin += chunk.row_count();
  }
  return spilled.pairs.end_run();
}

Status HashJoin::probe_rows(ExecContext& context) {
  Spilled& spilled = *spilled_;
  probe_batch_ = &spilled.batch;
  heap_.reset();
  if (spilled.skip_matched) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < spilled.batch.row_count; ++i) {
      if (spilled.matched[spilled.batch_begin + i] == 0) spilled.live[count++] = static_cast<uint16_t>(i);
    }
    spilled.batch.selection = spilled.live.get();
    spilled.batch.selected_count = count;
  }
  SQLRITE_TRY(table_.find(spilled.batch, key_columns_.data(), true, probe_ids_.get()));
  start_pairs();
  if (!chains_ && !on_ && !left_) {
    eval_.failed_row = kNoRow;
    Status status = emit_unique();
    return keep_pairs(context, std::move(status), true);
  }
  while (position_ < spilled.batch.selected_count) {
    SQLRITE_TRY(check_interrupt(context));
    eval_.failed_row = kNoRow;
    Status status = emit_pairs(context);
    SQLRITE_TRY(keep_pairs(context, std::move(status), false));
  }
  for (uint32_t i = 0; i < spilled.batch.selected_count && hold_unmatched_; ++i) {
    spilled.matched[spilled.batch_begin + i] |= probe_matched_[i];
  }
  return {};
}

// The rows of batch_ go to the run of pairs. `in_place`: row r of batch_ is row r of the probe batch, else pair r.
Status HashJoin::keep_pairs(ExecContext& context, Status status, bool in_place) {
  Spilled& spilled = *spilled_;
  auto number_of = [&](uint32_t row) {
    return spilled.numbers[in_place ? row : probe_batch_->live_row(pair_probe_[row])];
  };
  bool failed = !status.ok();
  if (failed || has_pending()) {
    Status error = failed ? std::move(status) : take_pending();
    if (eval_.failed_row == kNoRow) return error;
    int64_t number = number_of(eval_.failed_row);
    if (number < spilled.error_number) {
      spilled.error_number = number;
      spilled.error = std::move(error);
    }
    if (failed) return {};
  }
  size_t probe_count = node_->probe_slots.size();
  size_t build_count = node_->build_slots.size();
  BufferVector<Value>& row = spilled.pair;
  row.resize(probe_count + build_count + 1);
  for (uint32_t i = 0; i < batch_.selected_count; ++i) {
    uint32_t live = batch_.live_row(i);
    for (size_t c = 0; c < probe_count; ++c) row[c] = columns_[static_cast<size_t>(node_->probe_slots[c])].at(live);
    for (size_t c = 0; c < build_count; ++c) {
      row[probe_count + c] = columns_[static_cast<size_t>(node_->build_slots[c])].at(live);
    }
    row.back() = Value::from_integer(number_of(live));
    SQLRITE_TRY(spilled.pairs.append(context, row.data(), static_cast<uint32_t>(row.size())));
  }
  return {};
}

// Left join in several steps: the table is empty, and rows that met a partner leave the probe batches.
Status HashJoin::keep_unmatched_probe(ExecContext& context, Part& part) {
  spilled_->skip_matched = true;
  Status status = probe_part(context, part);
  spilled_->skip_matched = false;
  return status;
}

Status HashJoin::keep_unmatched_build(ExecContext& context) {
  Spilled& spilled = *spilled_;
  uint32_t column_count = rows_.column_count();
  for (uint32_t row = 0; row < rows_.row_count(); ++row) {
    if (build_matched_[row] != 0) continue;
    for (uint32_t c = 0; c < column_count; ++c) spilled.row[c] = rows_.at(c, row);
    spilled.row[column_count] = Value::from_integer(spilled.build_numbers[row]);
    SQLRITE_TRY(spilled.unmatched.add_row(context, spilled.row.data()));
  }
  return {};
}

Status HashJoin::next_spilled(ExecContext& context, uint32_t rows_wanted, Batch** out) {
  Spilled& spilled = *spilled_;
  uint32_t rows = std::min(std::max<uint32_t>(rows_wanted, 1), kBatchRowsMax);
  auto probe_count = static_cast<uint32_t>(node_->probe_slots.size());
  if (!spilled.in_unmatched) {
    SQLRITE_TRY(spilled.pairs.next(context, spilled.shown, rows));
    uint32_t count = spilled.shown.row_count();
    for (uint32_t c = 0; c < probe_count; ++c) {
      spilled.shown.view(c, 0, &columns_[static_cast<size_t>(node_->probe_slots[c])]);
    }
    for (uint32_t c = 0; c < node_->build_slots.size(); ++c) {
      spilled.shown.view(probe_count + c, 0, &columns_[static_cast<size_t>(node_->build_slots[c])]);
    }
    if (!spilled.error.ok()) {
      const int64_t* numbers = count > 0 ? spilled.shown.ints(spilled.number_key.column) : nullptr;
      auto good = static_cast<uint32_t>(std::upper_bound(numbers, numbers + count, spilled.error_number) - numbers);
      if (good == 0) return std::move(spilled.error);
      count = good;
    }
    batch_.select_all(count);
    *out = &batch_;
    if (count > 0) return {};
    if (!right_) {
      finished_ = true;
      return finish(out);
    }
    spilled.in_unmatched = true;
    for (int32_t slot : node_->probe_slots) columns_[static_cast<size_t>(slot)] = Column();
  }
  for (;;) {
    RowStore& shown = spilled.shown_unmatched;
    SQLRITE_TRY(spilled.unmatched.next(context, shown, rows));
    if (shown.row_count() == 0) break;
    for (uint32_t c = 0; c < node_->build_slots.size(); ++c) {
      shown.view(c, 0, &columns_[static_cast<size_t>(node_->build_slots[c])]);
    }
    batch_.select_all(shown.row_count());
    heap_.reset();
    if (filter_) SQLRITE_TRY(filter_or_cut(filter_, batch_));
    if (batch_.selected_count > 0) {
      *out = &batch_;
      return {};
    }
    if (has_pending()) return take_pending();
  }
  finished_ = true;
  return finish(out);
}

}  // namespace sqlrite::exec
