#include "exec/operator/hash_join.h"

#include <algorithm>

#include "base/buffer_memory.h"
#include "exec/operator/hash_join_spilled.h"
#include "types/affinity.h"
#include "types/value_text.h"

namespace sqlrite::exec {

using bind::JoinKind;

Status HashJoin::prepare(const plan::HashJoinNode& node, OperatorBuild& build) {
  Arena& arena = *build.arena;
  node_ = &node;
  left_ = node.join == JoinKind::Left || node.join == JoinKind::Full;
  right_ = node.join == JoinKind::Right || node.join == JoinKind::Full;
  broadcast_slots_ = build.broadcast;
  SQLRITE_TRY_ASSIGN(probe_, build_operator(node.probe, build));
  SQLRITE_TRY_ASSIGN(build_, build_operator(node.build, build));
  key_count_ = static_cast<uint32_t>(node.probe_keys.size());
  SQLRITE_TRY_ASSIGN(probe_keys_, make_column_exprs(node.probe_keys, arena));
  SQLRITE_TRY_ASSIGN(build_keys_, make_column_exprs(node.build_keys, arena));
  converted_.reset(new ColumnBuffer[key_count_]);
  key_columns_ = arena.make_array<Column>(key_count_);
  if (node.on != nullptr) SQLRITE_TRY(on_.make(node.on, arena));
  if (node.filter != nullptr) SQLRITE_TRY(filter_.make(node.filter, arena));
  init_batch(node.slot_count, arena);
  rows_.init(static_cast<uint32_t>(node.build_slots.size()));
  table_.init(node.key_collations);
  buffers_.reset(new ColumnBuffer[node.slot_count]);
  probe_ids_ = make_buffer_array<uint32_t>(kBatchRowsMax);
  pair_probe_ = make_buffer_array<uint16_t>(kBatchRowsMax);
  pair_build_ = make_buffer_array<uint32_t>(kBatchRowsMax);
  build_columns_ = arena.make_array<Column>(node.build_slots.size());
  return {};
}

Status HashJoin::open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) {
  start(context);
  probe_batch_ = nullptr;
  in_unmatched_ = false;
  finished_ = false;
  broadcast(outer_batch, outer_row, broadcast_slots_);
  if (!table_ready_ || !node_->build_invariant) {
    table_ready_ = false;
    SQLRITE_TRY(build_->open(context, outer_batch, outer_row));
    SQLRITE_TRY(build_table(context));
    table_ready_ = true;
  }
  if (spilled_) {
    SQLRITE_TRY(probe_->open(context, outer_batch, outer_row));
    return join_parts(context);
  }
  if (right_) build_matched_.assign(rows_.row_count(), 0);
  // An inner join with nothing to find need not read the probe side.
  if (rows_.row_count() == 0 && !left_) {
    finished_ = true;
    return {};
  }
  return probe_->open(context, outer_batch, outer_row);
}

Status HashJoin::next(ExecContext& context, uint32_t rows_wanted, Batch** out) {
  if (has_pending()) return take_pending();
  if (finished_) return finish(out);
  if (spilled_) return next_spilled(context, rows_wanted, out);
  uint32_t wanted = rows_wanted;
  for (;;) {
    if (in_unmatched_) return next_unmatched(out);
    if (probe_batch_ == nullptr) {
      SQLRITE_TRY(probe_->next(context, wanted, &probe_batch_));
      if (probe_batch_->selected_count == 0) {
        if (right_) {
          in_unmatched_ = true;
          unmatched_next_ = 0;
          continue;
        }
        finished_ = true;
        return finish(out);
      }
      SQLRITE_TRY(look_up(*probe_batch_));
      start_pairs();
      if (!chains_ && !on_ && !left_) {
        SQLRITE_TRY(emit_unique());
        probe_batch_ = nullptr;
        if (batch_.selected_count > 0) {
          *out = &batch_;
          return {};
        }
        if (has_pending()) return take_pending();
        wanted = grow_wanted(context, wanted);
        continue;
      }
    }
    SQLRITE_TRY(emit_pairs(context));
    if (position_ == probe_batch_->selected_count) probe_batch_ = nullptr;
    if (batch_.selected_count > 0) {
      *out = &batch_;
      return {};
    }
    if (has_pending()) return take_pending();
    if (probe_batch_ == nullptr) wanted = grow_wanted(context, wanted);
  }
}

void HashJoin::close(ExecContext& context) {
  probe_->close(context);
  build_->close(context);
  table_ready_ = false;
  clear_table();
  spilled_.reset();
  BaseOperator::close(context);
}

// Key columns of a batch with the join's affinity applied.
Status HashJoin::make_keys(ColumnExprs& exprs, const Batch& batch) {
  for (uint32_t k = 0; k < key_count_; ++k) {
    SQLRITE_TRY(exprs[k].evaluate(eval_, batch, &key_columns_[k]));
    Affinity affinity = node_->key_affinities.empty() ? Affinity::None : node_->key_affinities[k];
    Column& column = key_columns_[k];
    bool numeric = is_numeric_affinity(affinity);
    bool to_text = affinity == Affinity::Text && column.rep != Column::Rep::Nulls;
    if (!to_text && !(numeric && column.rep == Column::Rep::Cells)) continue;
    SQLRITE_TRY(converted_[k].reserve(batch.row_count));
    Column changed;
    converted_[k].attach(changed, Column::Rep::Cells);
    for (uint32_t i = 0; i < batch.selected_count; ++i) {
      uint32_t row = batch.live_row(i);
      Value value = column.at(row);
      if (numeric) {
        apply_numeric_to_text(value, false);
      } else if (value.is_numeric()) {
        SQLRITE_TRY(make_text(value, heap_));
      }
      changed.cells[row] = value;
    }
    column = changed;
  }
  return {};
}

Status HashJoin::build_table(ExecContext& context) {
  clear_table();
  spilled_.reset();
  if (node_->build_rows_estimate > 1000) {
    table_.expect(MemoryBudget::keys_expected(context.spill_budget(), node_->build_rows_estimate));
  }
  for (;;) {
    Batch* batch = nullptr;
    SQLRITE_TRY(build_->next(context, all_rows(context), &batch));
    if (batch->selected_count == 0) break;
    heap_.reset();
    SQLRITE_TRY(make_keys(build_keys_, *batch));
    if (!right_) drop_null_keys(*batch);
    if (batch->selected_count == 0) continue;
    for (size_t i = 0; i < build_columns_.size(); ++i) build_columns_[i] = batch->columns[node_->build_slots[i]];
    if (spilled_) {
      SQLRITE_TRY(spill_build_rows(*batch, build_columns_.data()));
      continue;
    }
    SQLRITE_TRY(add_to_table(*batch, build_columns_.data()));
    if (context.must_spill(share_, table_size_bytes())) SQLRITE_TRY(start_spill(context));
  }
  BufferVector<uint32_t>().swap(last_);
  return spilled_ ? flush_build_parts() : Status();
}

void HashJoin::clear_table() {
  rows_.clear();
  table_.clear();
  BufferVector<uint32_t>().swap(first_);
  BufferVector<uint32_t>().swap(last_);
  BufferVector<uint32_t>().swap(next_row_);
  BufferVector<uint8_t>().swap(build_matched_);
  chains_ = false;
  share_.release();
}

Status HashJoin::add_to_table(const Batch& batch, const Column* columns) {
  SQLRITE_TRY(table_.find_or_add(batch, key_columns_.data(), probe_ids_.get()));
  uint32_t first_row = rows_.row_count();
  SQLRITE_TRY(rows_.append(batch, columns));
  next_row_.resize(rows_.row_count(), kNoRow);
  for (uint32_t i = 0; i < batch.selected_count; ++i) {
    uint32_t id = probe_ids_[i];
    uint32_t row = first_row + i;
    if (id == first_.size()) {
      first_.push_back(row);
      last_.push_back(row);
    } else {
      next_row_[last_[id]] = row;
      last_[id] = row;
      chains_ = true;
    }
  }
  return {};
}

size_t HashJoin::table_size_bytes() const {
  return rows_.size_bytes() + table_.size_bytes() +
         (first_.capacity() + last_.capacity() + next_row_.capacity()) * sizeof(uint32_t) + build_matched_.capacity();
}

void HashJoin::drop_null_keys(Batch& batch) {
  bool may_be_null = false;
  for (const Column& key : key_columns_)
    may_be_null |= key.has_nulls || key.rep == Column::Rep::Cells || key.rep == Column::Rep::Nulls;
  if (!may_be_null) return;
  uint16_t* kept = selection_buffer(batch);
  uint32_t count = 0;
  for (uint32_t i = 0; i < batch.selected_count; ++i) {
    uint32_t row = batch.live_row(i);
    bool null = false;
    for (const Column& key : key_columns_) null |= key.at(row).is_null();
    kept[count] = static_cast<uint16_t>(row);
    count += !null;
  }
  batch.selection = kept;
  batch.selected_count = count;
}

Status HashJoin::look_up(Batch& batch) {
  heap_.reset();
  SQLRITE_TRY(make_keys(probe_keys_, batch));
  return table_.find(batch, key_columns_.data(), true, probe_ids_.get());
}

// The pairs of probe_batch_ come next.
void HashJoin::start_pairs() {
  position_ = 0;
  chain_ = kNoRow;
  fresh_ = true;
  std::fill_n(probe_matched_, probe_batch_->selected_count, uint8_t{0});
}

// No key has two rows: probe columns stay in place, build columns are put beside them.
Status HashJoin::emit_unique() {
  Batch& probe = *probe_batch_;
  uint16_t* live = selection_buffer(probe);
  uint32_t count = 0;
  if (row_numbers_ == nullptr) row_numbers_ = make_buffer_array<uint32_t>(kBatchRowsMax);
  if (probe.selected_count < probe.row_count) std::fill_n(row_numbers_.get(), probe.row_count, uint32_t{0});
  for (uint32_t i = 0; i < probe.selected_count; ++i) {
    uint32_t row = probe.live_row(i);
    bool hit = probe_ids_[i] != kNoRow;
    uint32_t build_row = hit ? first_[probe_ids_[i]] : 0;
    row_numbers_[row] = build_row;
    live[count] = static_cast<uint16_t>(row);
    count += hit;
    if (right_ && hit) build_matched_[build_row] = 1;
  }
  batch_.row_count = probe.row_count;
  batch_.selection = live;
  batch_.selected_count = count;
  if (count == 0) return {};
  if (count == probe.row_count) batch_.selection = nullptr;
  for (int32_t slot : node_->probe_slots) columns_[static_cast<size_t>(slot)] = probe.columns[slot];
  for (size_t i = 0; i < node_->build_slots.size(); ++i) {
    auto slot = static_cast<size_t>(node_->build_slots[i]);
    SQLRITE_TRY(
        rows_.gather(static_cast<uint32_t>(i), row_numbers_.get(), probe.row_count, buffers_[slot], &columns_[slot]));
  }
  return filter_ ? filter_or_cut(filter_, batch_) : Status();
}

// Pairs from position_ on, up to a full batch. In a left join each probe row ends with a pair without build row, which
// stays only if none of its others matched.
Status HashJoin::emit_pairs(ExecContext& context) {
  SQLRITE_TRY(check_interrupt(context));
  Batch& probe = *probe_batch_;
  uint32_t pairs = 0;
  while (position_ < probe.selected_count && pairs < kBatchRowsMax) {
    if (fresh_) {
      uint32_t id = probe_ids_[position_];
      chain_ = id == kNoRow ? kNoRow : first_[id];
      fresh_ = false;
    }
    if (chain_ != kNoRow) {
      pair_probe_[pairs] = static_cast<uint16_t>(position_);
      pair_build_[pairs++] = chain_;
      chain_ = next_row_[chain_];
      continue;
    }
    if (left_ && !hold_unmatched_) {
      pair_probe_[pairs] = static_cast<uint16_t>(position_);
      pair_build_[pairs++] = kNoRow;
    }
    ++position_;
    fresh_ = true;
  }
  batch_.select_all(pairs);
  if (pairs == 0) return {};
  SQLRITE_TRY(gather_probe(probe, pairs));
  for (size_t i = 0; i < node_->build_slots.size(); ++i) {
    auto slot = static_cast<size_t>(node_->build_slots[i]);
    SQLRITE_TRY(rows_.gather(static_cast<uint32_t>(i), pair_build_.get(), pairs, buffers_[slot], &columns_[slot]));
  }
  if (on_ || left_) {
    SQLRITE_TRY(settle_matches(pairs));
  } else if (right_) {
    for (uint32_t i = 0; i < pairs; ++i) build_matched_[pair_build_[i]] = 1;
  }
  return filter_ && batch_.selected_count > 0 ? filter_or_cut(filter_, batch_) : Status();
}

Status HashJoin::settle_matches(uint32_t pairs) {
  Batch real = batch_;
  if (left_) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < pairs; ++i) {
      real_pairs_[count] = static_cast<uint16_t>(i);
      count += pair_build_[i] != kNoRow;
    }
    real.selection = real_pairs_;
    real.selected_count = count;
  }
  if (on_ && real.selected_count > 0) {
    SQLRITE_TRY(filter_or_cut(on_, real));
    // An error leaves the pairs before it.
    if (has_pending() && eval_.failed_row < pairs) pairs = eval_.failed_row;
  }
  uint16_t* live = selection_buffer(real);
  uint32_t count = 0;
  uint32_t next_real = 0;
  for (uint32_t i = 0; i < pairs; ++i) {
    bool keep;
    if (pair_build_[i] == kNoRow) {
      keep = probe_matched_[pair_probe_[i]] == 0;
    } else {
      keep = next_real < real.selected_count && real.live_row(next_real) == i;
      if (keep) {
        ++next_real;
        probe_matched_[pair_probe_[i]] = 1;
        if (right_) build_matched_[pair_build_[i]] = 1;
      }
    }
    live[count] = static_cast<uint16_t>(i);
    count += keep;
  }
  batch_.selection = live;
  batch_.selected_count = count;
  return {};
}

Status HashJoin::gather_probe(const Batch& probe, uint32_t pairs) {
  for (int32_t slot_number : node_->probe_slots) {
    auto slot = static_cast<size_t>(slot_number);
    const Column& from = probe.columns[slot];
    Column& to = columns_[slot];
    if (from.constant || from.rep == Column::Rep::Nulls) {
      to = from;
      continue;
    }
    SQLRITE_TRY(buffers_[slot].reserve(pairs));
    buffers_[slot].attach(to, from.rep);
    if (from.rep == Column::Rep::Cells) {
      for (uint32_t i = 0; i < pairs; ++i) to.cells[i] = from.cells[probe.live_row(pair_probe_[i])];
      continue;
    }
    for (uint32_t i = 0; i < pairs; ++i) to.ints[i] = from.ints[probe.live_row(pair_probe_[i])];
    if (from.has_nulls) {
      to.has_nulls = true;
      for (uint32_t i = 0; i < pairs; ++i) to.nulls[i] = from.nulls[probe.live_row(pair_probe_[i])];
    }
  }
  return {};
}

// Build rows that found no partner.
Status HashJoin::next_unmatched(Batch** out) {
  for (int32_t slot : node_->probe_slots) columns_[static_cast<size_t>(slot)] = Column();
  while (unmatched_next_ < rows_.row_count()) {
    uint32_t first = unmatched_next_;
    uint32_t rows = std::min<uint32_t>(kBatchRowsMax, rows_.row_count() - first);
    unmatched_next_ += rows;
    for (size_t i = 0; i < node_->build_slots.size(); ++i) {
      rows_.view(static_cast<uint32_t>(i), first, &columns_[static_cast<size_t>(node_->build_slots[i])]);
    }
    uint16_t* live = selection_buffer(batch_);
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows; ++i) {
      live[count] = static_cast<uint16_t>(i);
      count += build_matched_[first + i] == 0;
    }
    batch_.select_all(rows);
    batch_.selection = live;
    batch_.selected_count = count;
    if (count > 0 && filter_) SQLRITE_TRY(filter_or_cut(filter_, batch_));
    if (batch_.selected_count > 0) {
      *out = &batch_;
      return {};
    }
  }
  finished_ = true;
  return finish(out);
}

OperatorResult make_hash_join(const plan::HashJoinNode& node, OperatorBuild& build) {
  std::unique_ptr<HashJoin> made(new (*build.arena) HashJoin());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
