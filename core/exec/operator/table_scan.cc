// TableScan: rows of a rowid table, by rowid, by rowid range, or all of them leaf by leaf.
#include <algorithm>

#include "exec/operator/key_range.h"
#include "exec/operator/operators.h"

namespace sqlrite::exec {

namespace {

constexpr size_t kHeapSizeBytesMax = 256 * 1024;
constexpr uint8_t kNoPlace = 255;

class TableScan final : public BaseOperator, public BatchLookup, public ExistenceProbe {
 public:
  Status prepare(const plan::ScanNode& node, OperatorBuild& build) {
    access_ = &node.access;
    init_batch(node.slot_count, *build.arena);
    broadcast_slots_ = build.broadcast;
    SQLRITE_TRY(walk_.prepare(node.access, *build.arena));
    SQLRITE_TRY(fetch_.prepare_table(*node.access.table, node.access.fetch, *build.arena));
    if (node.access.filter != nullptr) SQLRITE_TRY(filter_.make(node.access.filter, *build.arena));
    single_ = node.access.key_is_unique || node.single_row_max;
    counts_only_ = node.access.count_only && node.access.fetch.empty() && node.access.filter == nullptr;
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    heap_.reset();
    pins_.clear();
    broadcast(outer_batch, outer_row, broadcast_slots_);
    done_ = false;
    counting_ = false;
    returned_ = 0;
    return walk_.open(context, eval_, outer_batch, outer_row);
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (has_pending()) return take_pending();
    if (counting_) return next_counted(out);
    if (single_) return next_single(out);
    if (counts_only_ && rows_wanted >= 64 && returned_ == 0 && walk_.is_full_scan()) return start_counting(out);
    uint32_t wanted = std::min(rows_wanted, kBatchRowsMax);
    for (;;) {
      if (walk_.at_end()) break;
      SQLRITE_TRY(check_interrupt(context));
      SQLRITE_TRY(fill(wanted));
      if (batch_.row_count == 0) break;
      returned_ += batch_.row_count;
      if (filter_) {
        SQLRITE_TRY(filter_or_cut(filter_, batch_));
        if (batch_.selected_count == 0) {
          if (has_pending()) return take_pending();
          wanted = grow_wanted(context, wanted);
          continue;
        }
      }
      *out = &batch_;
      return {};
    }
    return finish(out);
  }

  Status look_up_error() override { return take_pending(); }
  bool can_look_up(bool keep_unmatched) const override {
    return single_ && walk_.has_single_key() && !(keep_unmatched && filter_);
  }

  Status open_lookup(ExecContext& context) override {
    start(context);
    return walk_.open_tree(context);
  }

  Status look_up(ExecContext& context, const Batch& outer, std::span<const int32_t> outer_slots, bool keep_unmatched,
                 Batch** out, bool* more) override {
    *out = &batch_;
    *more = false;
    SQLRITE_TRY(check_interrupt(context));
    heap_.reset();
    Column keys;
    Batch live_outer = outer;
    SQLRITE_TRY(evaluate_or_cut(walk_.single_key(), live_outer, &keys));
    SQLRITE_TRY(fetch_.begin(outer.row_count));
    uint16_t* found_rows = selection_buffer(outer);
    uint32_t count = 0;
    constexpr uint32_t kGroup = storage::BatchTableCursor::kRowsMax;
    bool typed = keys.rep == Column::Rep::Ints && !keys.constant && !keys.has_nulls;
    for (uint32_t first = 0; first < live_outer.selected_count; first += kGroup) {
      uint32_t end = std::min(first + kGroup, live_outer.selected_count);
      RowId rowids[kGroup];
      uint8_t place[kGroup];  // which of the keys that are rowids, kNoPlace for others
      uint32_t key_count = 0;
      for (uint32_t i = first; i < end; ++i) {
        uint32_t row = outer.live_row(i);
        RowId rowid = 0;
        bool usable = true;
        if (typed) {
          rowid = keys.ints[row];
        } else {
          usable = rowid_of(keys.at(row), &rowid);
        }
        place[i - first] = kNoPlace;
        if (!usable) continue;
        // Equal keys in a row are looked up once.
        if (key_count == 0 || rowids[key_count - 1] != rowid) rowids[key_count++] = rowid;
        place[i - first] = static_cast<uint8_t>(key_count - 1);
      }
      storage::CellRef found[kGroup];
      storage::CellRef run[kGroup];
      storage::PageRef pins[kGroup];
      SQLRITE_TRY(walk_.cursor().find_rows(rowids, key_count, found, pins));
      // Runs of neighbouring rows that have a partner are decoded together.
      uint32_t run_size = 0;
      for (uint32_t i = first; i < end; ++i) {
        uint32_t row = outer.live_row(i);
        uint8_t at = place[i - first];
        bool hit = at != kNoPlace && found[at].payload != nullptr;
        found_rows[count] = static_cast<uint16_t>(row);
        count += hit || keep_unmatched;
        if (run_size > 0 && (!hit || fetch_.row_count() + run_size != row)) {
          SQLRITE_TRY(fetch_.add_unpinned(run, run_size, walk_.source(), heap_));
          run_size = 0;
        }
        if (!hit) continue;
        if (run_size == 0) fetch_.add_missing(row);
        run[run_size++] = found[at];
      }
      if (run_size > 0) SQLRITE_TRY(fetch_.add_unpinned(run, run_size, walk_.source(), heap_));
    }
    fetch_.add_missing(outer.row_count);
    fetch_.finish(columns_);
    attached_ = false;
    for (int32_t slot : outer_slots) columns_[static_cast<size_t>(slot)] = outer.columns[slot];
    batch_.row_count = outer.row_count;
    batch_.selection = count == outer.row_count ? nullptr : found_rows;
    batch_.selected_count = count;
    return filter_ && count > 0 ? filter_or_cut(filter_, batch_) : Status();
  }

  bool can_probe() const override { return !filter_; }
  Result<bool> probe(ExecContext& context) override {
    start(context);
    SQLRITE_TRY(check_interrupt(context));
    SQLRITE_TRY(walk_.open(context, eval_, nullptr, 0));
    storage::CellRef cell;
    storage::PageRef pin;
    SQLRITE_TRY_ASSIGN(uint32_t count, walk_.next(&cell, 1, &pin));
    return count > 0;
  }

  void close(ExecContext& context) override {
    pins_.clear();
    walk_.close();
    BaseOperator::close(context);
  }

 private:
  Status next_single(Batch** out) {
    if (done_) return finish(out);
    done_ = true;
    storage::CellRef cell;
    storage::PageRef pin;
    for (;;) {
      SQLRITE_TRY_ASSIGN(uint32_t count, walk_.next(&cell, 1, &pin));
      if (count == 0) return finish(out);
      if (!attached_) {
        fetch_.attach_single(columns_);
        attached_ = true;
      }
      SQLRITE_TRY(fetch_.decode_single(cell, walk_.source(), heap_));
      batch_.select_all(1);
      if (filter_) {
        Value truth;
        SQLRITE_TRY(filter_->evaluate_row(eval_, batch_, 0, &truth));
        if (expr::truth_of(truth) != 1) continue;
      }
      *out = &batch_;
      return {};
    }
  }

  Status start_counting(Batch** out) {
    const TreeSource& source = walk_.source();
    SQLRITE_TRY_ASSIGN(left_, storage::count_entries(*source.pager, access_->table->root, source.view));
    counting_ = true;
    return next_counted(out);
  }

  Status next_counted(Batch** out) {
    auto rows = static_cast<uint32_t>(std::min<uint64_t>(left_, kBatchRowsMax));
    left_ -= rows;
    batch_.select_all(rows);
    *out = &batch_;
    return {};
  }

  Status fill(uint32_t wanted) {
    heap_.reset();
    pins_.clear();
    SQLRITE_TRY(fetch_.begin(wanted));
    storage::CellRef* cells = leaf_cells_.get();
    if (cells == nullptr) return Code::NoMem;
    uint32_t rows = 0;
    // The heap keeps its largest block, which one long value may have made: what is limited is what comes on top of it.
    size_t heap_size_max = heap_.size_bytes() + kHeapSizeBytesMax;
    while (rows < wanted && heap_.size_bytes() < heap_size_max && !walk_.at_end()) {
      storage::PageRef pin;
      SQLRITE_TRY_ASSIGN(uint32_t count, walk_.next(cells, std::min(wanted - rows, LeafCells::kCount), &pin));
      if (count == 0) break;
      if (pin) pins_.add(std::move(pin));
      SQLRITE_TRY(fetch_.add(cells, count, walk_.source(), heap_, walk_.cursor().leaf_ahead()));
      rows += count;
    }
    fetch_.finish(columns_);
    attached_ = false;
    batch_.select_all(rows);
    return {};
  }

  const plan::TableAccess* access_ = nullptr;
  std::span<const int32_t> broadcast_slots_;
  RowIdWalk walk_;
  LeafCells leaf_cells_;
  RowFetch fetch_;
  expr::Evaluator filter_;
  PagePins pins_;
  uint64_t returned_ = 0;
  uint64_t left_ = 0;
  bool single_ = false;
  bool counts_only_ = false;
  bool counting_ = false;
  bool done_ = false;
  bool attached_ = false;
};

}  // namespace

OperatorResult make_table_scan(const plan::ScanNode& node, OperatorBuild& build) {
  std::unique_ptr<TableScan> made(new (*build.arena) TableScan);
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
