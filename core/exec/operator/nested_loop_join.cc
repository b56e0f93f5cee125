// NestedLoopJoin: per outer row the inner side runs again; the outer row stands in the inner's batches as constants.
//
// RIGHT and FULL joins need to know which inner rows were never matched: the inner side, which then must not depend on
// the outer row, is run once and kept.
#include <algorithm>

#include "base/buffer_memory.h"
#include "exec/operator/operators.h"
#include "exec/operator/row_store.h"

namespace sqlrite::exec {

namespace {

using bind::JoinKind;

class NestedLoopJoin final : public BaseOperator {
 public:
  Status prepare(const plan::NestedLoopJoinNode& node, OperatorBuild& build) {
    Arena& arena = *build.arena;
    node_ = &node;
    left_ = node.join == JoinKind::Left || node.join == JoinKind::Full;
    keeps_inner_ = node.join == JoinKind::Right || node.join == JoinKind::Full;
    inherited_broadcast_ = build.broadcast;
    SQLRITE_TRY_ASSIGN(outer_, build_operator(node.outer, build));
    // The inner side's leaves show the outer columns that expressions inside read, ours and those we were given.
    std::vector<int32_t> used;
    collect_slots(node.inner, used);
    ArenaVector<int32_t> wanted(arena);
    for (int32_t slot : used) {
      bool outer = std::find(node.outer_slots.begin(), node.outer_slots.end(), slot) != node.outer_slots.end() ||
                   std::find(build.broadcast.begin(), build.broadcast.end(), slot) != build.broadcast.end();
      bool inner = std::find(node.inner_slots.begin(), node.inner_slots.end(), slot) != node.inner_slots.end();
      if (outer && !inner) wanted.push_back(slot);
    }
    OperatorBuild inner_build = build;
    inner_build.broadcast = wanted.span();
    SQLRITE_TRY_ASSIGN(inner_, build_operator(node.inner, inner_build));
    if (node.on != nullptr) SQLRITE_TRY(on_.make(node.on, arena));
    if (node.filter != nullptr) SQLRITE_TRY(filter_.make(node.filter, arena));
    auto* lookup = dynamic_cast<BatchLookup*>(inner_.get());
    bool simple = !keeps_inner_ && !node.inner_once && !(left_ && node.on != nullptr);
    if (lookup != nullptr && simple && lookup->can_look_up(left_)) {
      lookup_ = lookup;
      // Columns shown in place: the outer side's and those of enclosing loops that are wanted here.
      ArenaVector<int32_t> shown(arena);
      for (int32_t slot : node.outer_slots) shown.push_back(slot);
      for (int32_t slot : build.broadcast) shown.push_back(slot);
      shown_slots_ = shown.span();
    }
    init_batch(node.slot_count, arena);
    kept_.init(static_cast<uint32_t>(node.inner_slots.size()));
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    outer_rows_ = nullptr;
    inner_active_ = false;
    kept_ready_ = false;
    in_unmatched_ = false;
    finished_ = false;
    given_batch_ = outer_batch;
    given_row_ = outer_row;
    lookup_open_ = false;
    more_found_ = false;
    return outer_->open(context, outer_batch, outer_row);
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (has_pending()) return take_pending();
    if (finished_) return finish(out);
    uint32_t wanted = rows_wanted;
    for (;;) {
      if (in_unmatched_) return next_unmatched(out);
      if (inner_active_) {
        Batch* batch = nullptr;
        SQLRITE_TRY(next_inner(context, wanted, &batch));
        if (batch->selected_count > 0) {
          SQLRITE_TRY(check_match(*batch));
          if (batch->selected_count > 0) {
            *out = batch;
            return {};
          }
          if (has_pending()) return take_pending();
          if (wanted < 64) wanted = grow_wanted(context, wanted);
          continue;
        }
        inner_active_ = false;
        if (left_ && !matched_) {
          SQLRITE_TRY(null_extended(out));
          if (batch_.selected_count > 0) return {};
        }
        // Outer rows without a partner are taken more at a time, or a selective join goes row by row to its end.
        if (!matched_) wanted = grow_wanted(context, wanted);
        continue;
      }
      // The next outer row.
      if (!more_found_ && (outer_rows_ == nullptr || ++outer_position_ >= outer_rows_->selected_count)) {
        if (lookup_open_) SQLRITE_TRY(lookup_->look_up_error());
        SQLRITE_TRY(outer_->next(context, wanted, &outer_rows_));
        outer_position_ = 0;
        if (outer_rows_->selected_count == 0) {
          if (keeps_inner_) {
            if (!kept_ready_) SQLRITE_TRY(keep_inner(context));
            in_unmatched_ = true;
            kept_next_ = 0;
            continue;
          }
          finished_ = true;
          return finish(out);
        }
      }
      if (lookup_ != nullptr && (more_found_ || (outer_position_ == 0 && outer_rows_->selected_count > 1))) {
        SQLRITE_TRY(look_up(context, out));
        if ((*out)->selected_count > 0) return {};
        if (has_pending()) return take_pending();
        wanted = grow_wanted(context, wanted);
        continue;
      }
      outer_row_ = outer_rows_->live_row(outer_position_);
      matched_ = false;
      inner_active_ = true;
      if (keeps_inner_) {
        if (!kept_ready_) SQLRITE_TRY(keep_inner(context));
        kept_next_ = 0;
      } else {
        SQLRITE_TRY(inner_->open(context, outer_rows_, outer_row_));
      }
    }
  }

  void close(ExecContext& context) override {
    outer_->close(context);
    inner_->close(context);
    kept_.clear();
    inner_matched_.clear();
    outer_rows_ = nullptr;
    BaseOperator::close(context);
  }

 private:
  void show_outer_row(Column* columns) {
    for (int32_t slot : node_->outer_slots) broadcast_column(outer_rows_->columns[slot], outer_row_, &columns[slot]);
    for (int32_t slot : inherited_broadcast_) broadcast_column(outer_rows_->columns[slot], outer_row_, &columns[slot]);
  }

  // Inner rows for the whole outer batch.
  Status look_up(ExecContext& context, Batch** out) {
    if (!lookup_open_) SQLRITE_TRY(lookup_->open_lookup(context));
    lookup_open_ = true;
    outer_position_ = outer_rows_->selected_count - 1;
    SQLRITE_TRY(lookup_->look_up(context, *outer_rows_, shown_slots_, left_, out, &more_found_));
    Batch& batch = **out;
    heap_.reset();
    if (on_ && batch.selected_count > 0) SQLRITE_TRY(filter_or_cut(on_, batch));
    if (filter_ && batch.selected_count > 0) SQLRITE_TRY(filter_or_cut(filter_, batch));
    return {};
  }

  Status next_inner(ExecContext& context, uint32_t wanted, Batch** out) {
    if (!keeps_inner_) {
      SQLRITE_TRY(inner_->next(context, wanted, out));
      if ((*out)->selected_count > 0) show_outer_row((*out)->columns);
      return {};
    }
    uint32_t rows = std::min<uint32_t>(std::min(wanted, kBatchRowsMax), kept_.row_count() - kept_next_);
    view_kept(rows);
    if (rows > 0) show_outer_row(columns_.data());
    *out = &batch_;
    return {};
  }

  void view_kept(uint32_t rows) {
    for (size_t i = 0; i < node_->inner_slots.size(); ++i) {
      kept_.view(static_cast<uint32_t>(i), kept_next_, &columns_[static_cast<size_t>(node_->inner_slots[i])]);
    }
    kept_first_ = kept_next_;
    kept_next_ += rows;
    batch_.select_all(rows);
  }

  // ON decides what matches, then WHERE what leaves.
  Status check_match(Batch& batch) {
    if (on_) {
      heap_.reset();
      SQLRITE_TRY(filter_or_cut(on_, batch));
    }
    if (batch.selected_count > 0) {
      matched_ = true;
      if (keeps_inner_) {
        for (uint32_t i = 0; i < batch.selected_count; ++i) inner_matched_[kept_first_ + batch.live_row(i)] = 1;
      }
      if (node_->inner_once) {
        cut_batch(batch, 1);
        inner_active_ = false;
      }
      if (filter_) {
        if (!on_) heap_.reset();
        SQLRITE_TRY(filter_or_cut(filter_, batch));
      }
    }
    return {};
  }

  Status null_extended(Batch** out) {
    for (int32_t slot : node_->inner_slots) {
      columns_[static_cast<size_t>(slot)] = Column();
    }
    show_outer_row(columns_.data());
    batch_.select_all(1);
    *out = &batch_;
    if (!filter_) return {};
    heap_.reset();
    return filter_or_cut(filter_, batch_);
  }

  Status keep_inner(ExecContext& context) {
    kept_.clear();
    SQLRITE_TRY(inner_->open(context, given_batch_, given_row_));
    for (;;) {
      Batch* batch = nullptr;
      SQLRITE_TRY(inner_->next(context, all_rows(context), &batch));
      if (batch->selected_count == 0) break;
      SQLRITE_TRY(kept_.append(*batch, node_->inner_slots));
    }
    inner_matched_.assign(kept_.row_count(), 0);
    kept_ready_ = true;
    return {};
  }

  // Inner rows without a partner, after everything else, in their own order.
  Status next_unmatched(Batch** out) {
    for (int32_t slot : node_->outer_slots) columns_[static_cast<size_t>(slot)] = Column();
    if (given_batch_ != nullptr) {
      for (int32_t slot : inherited_broadcast_)
        broadcast_column(given_batch_->columns[slot], given_row_, &columns_[slot]);
    }
    while (kept_next_ < kept_.row_count()) {
      uint32_t rows = std::min<uint32_t>(kBatchRowsMax, kept_.row_count() - kept_next_);
      view_kept(rows);
      uint16_t* live = selection_buffer(batch_);
      uint32_t count = 0;
      for (uint32_t i = 0; i < rows; ++i) {
        live[count] = static_cast<uint16_t>(i);
        count += inner_matched_[kept_first_ + i] == 0;
      }
      batch_.selection = live;
      batch_.selected_count = count;
      if (count > 0 && filter_) {
        heap_.reset();
        SQLRITE_TRY(filter_or_cut(filter_, batch_));
      }
      if (batch_.selected_count > 0) {
        *out = &batch_;
        return {};
      }
    }
    finished_ = true;
    return finish(out);
  }

  const plan::NestedLoopJoinNode* node_ = nullptr;
  std::unique_ptr<Operator> outer_, inner_;
  expr::Evaluator on_, filter_;
  std::span<const int32_t> inherited_broadcast_;
  BatchLookup* lookup_ = nullptr;  // the inner side, when it finds rows by key
  std::span<const int32_t> shown_slots_;
  bool lookup_open_ = false;
  bool more_found_ = false;  // the look-up of outer_rows_ goes on
  bool left_ = false;
  bool keeps_inner_ = false;
  Batch* outer_rows_ = nullptr;
  uint32_t outer_position_ = 0;
  uint32_t outer_row_ = 0;
  bool inner_active_ = false;
  bool matched_ = false;
  bool finished_ = false;
  const Batch* given_batch_ = nullptr;  // the row of an enclosing loop
  uint32_t given_row_ = 0;
  RowStore kept_;
  BufferVector<uint8_t> inner_matched_;
  bool kept_ready_ = false;
  bool in_unmatched_ = false;
  uint32_t kept_next_ = 0;
  uint32_t kept_first_ = 0;
};

}  // namespace

OperatorResult make_nested_loop_join(const plan::NestedLoopJoinNode& node, OperatorBuild& build) {
  std::unique_ptr<NestedLoopJoin> made(new (*build.arena) NestedLoopJoin());
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
