// IndexScan: entries of an index (or of a WITHOUT ROWID table's own tree) in a key range, with the table row unless the
// entry has every column.
#include <algorithm>

#include "base/buffer_memory.h"
#include "exec/operator/key_range.h"
#include "exec/operator/operators.h"
#include "exec/operator/table_lookup.h"

namespace sqlrite::exec {

namespace {

constexpr size_t kHeapSizeBytesMax = 256 * 1024;
constexpr uint32_t kFirstRows = 64;  // that a key has few entries is likelier than that it has many

class IndexScan final : public BaseOperator, public BatchLookup, public ExistenceProbe {
 public:
  Status prepare(const plan::ScanNode& node, OperatorBuild& build) {
    Arena& arena = *build.arena;
    access_ = &node.access;
    const catalog::Table& table = *node.access.table;
    const catalog::Index* index = node.access.index != nullptr ? node.access.index : table.primary_key_index;
    init_batch(node.slot_count, arena);
    broadcast_slots_ = build.broadcast;
    SQLRITE_TRY(walk_.prepare(node.access, *index, arena));
    if (index->is_without_rowid_table) {
      SQLRITE_TRY(fetch_.prepare_table(table, node.access.fetch, arena));
    } else if (node.access.covering) {
      SQLRITE_TRY(fetch_.prepare_index(*index, node.access.fetch, arena));
    } else {
      looks_up_ = true;
      SQLRITE_TRY(fetch_.prepare_table(table, node.access.fetch, arena));
      SQLRITE_TRY(lookup_.prepare(table, *index, arena));
    }
    if (node.access.index_filter != nullptr) {
      SQLRITE_TRY(index_filter_.make(node.access.index_filter, arena));
      if (looks_up_) {
        SQLRITE_TRY(index_fetch_.prepare_index(*index, node.access.index_fetch, arena));
        index_columns_ = arena.make_array<Column>(node.slot_count);
        index_batch_.columns = index_columns_.data();
        index_batch_.column_count = node.slot_count;
      }
    }
    if (node.access.filter != nullptr) SQLRITE_TRY(filter_.make(node.access.filter, arena));
    single_ = node.access.key_is_unique || node.single_row_max;
    one_row_of_many_ = node.single_row_max && !node.access.key_is_unique;
    const plan::KeyRange& range = node.access.range;
    counts_only_ = node.access.count_only && node.access.fetch.empty() && !filter_ && !index_filter_ &&
                   range.equals.empty() && range.lower == nullptr && range.upper == nullptr && !range.skip_nulls &&
                   range.prefix_of == nullptr;
    return {};
  }

  Status open(ExecContext& context, const Batch* outer_batch, uint32_t outer_row) override {
    start(context);
    heap_.reset();
    pins_.clear();
    broadcast(outer_batch, outer_row, broadcast_slots_);
    if (outer_batch != nullptr && !index_columns_.empty()) {
      for (int32_t slot : broadcast_slots_)
        broadcast_column(outer_batch->columns[slot], outer_row, &index_columns_[slot]);
    }
    done_ = false;
    counting_ = false;
    fresh_ = true;
    rows_at_once_ = kFirstRows;
    SQLRITE_TRY(walk_.open(context, eval_, outer_batch, outer_row));
    return looks_up_ ? lookup_.open(walk_.source()) : Status();
  }

  Status next(ExecContext& context, uint32_t rows_wanted, Batch** out) override {
    if (has_pending()) return take_pending();
    if (single_) return next_single(out);
    if (counting_ || (counts_only_ && fresh_ && rows_wanted >= 64)) return next_counted(out);
    fresh_ = false;
    uint32_t wanted = std::min(rows_wanted, kBatchRowsMax);
    while (!done_) {
      SQLRITE_TRY(check_interrupt(context));
      SQLRITE_TRY(looks_up_ ? fill_with_rows(wanted) : fill(wanted));
      if (batch_.selected_count > 0 && filter_) SQLRITE_TRY(filter_or_cut(filter_, batch_));
      if (batch_.selected_count > 0) {
        *out = &batch_;
        return {};
      }
      if (has_pending()) return take_pending();
      wanted = grow_wanted(context, wanted);
    }
    return finish(out);
  }

  Status look_up_error() override { return take_pending(); }
  bool can_look_up(bool keep_unmatched) const override {
    return !one_row_of_many_ && !counts_only_ && !(keep_unmatched && (filter_ || index_filter_));
  }

  Status open_lookup(ExecContext& context) override {
    start(context);
    outer_position_ = 0;
    outer_started_ = false;
    walk_.pin_all();
    return {};
  }

  Status look_up(ExecContext& context, const Batch& outer, std::span<const int32_t> outer_slots, bool keep_unmatched,
                 Batch** out, bool* more) override {
    *out = &batch_;
    if (has_pending()) return take_pending();
    SQLRITE_TRY(check_interrupt(context));
    heap_.reset();
    pins_.clear();
    if (!cells_) cells_ = make_buffer_array<storage::CellRef>(kBatchRowsMax);
    if (!owners_) owners_ = make_buffer_array<uint16_t>(kBatchRowsMax);
    SQLRITE_TRY_ASSIGN(uint32_t entries, collect_entries(context, outer, keep_unmatched));
    *more = outer_position_ < outer.selected_count && !has_pending();
    if (!*more) {
      outer_position_ = 0;
      outer_started_ = false;
    }
    if (looks_up_) SQLRITE_TRY(lookup_.open(walk_.source()));
    SQLRITE_TRY(decode_found(outer, outer_slots, &entries));
    attached_ = false;
    batch_.select_all(entries);
    if (entries > 0 && !looks_up_ && index_filter_) SQLRITE_TRY(filter_or_cut(index_filter_, batch_));
    if (batch_.selected_count > 0 && filter_) SQLRITE_TRY(filter_or_cut(filter_, batch_));
    return {};
  }

  bool can_probe() const override { return !filter_ && !index_filter_; }
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
    lookup_.close();
    BaseOperator::close(context);
  }

 private:
  Status next_single(Batch** out) {
    while (!done_) {
      storage::CellRef cell;
      storage::PageRef pin;
      SQLRITE_TRY_ASSIGN(uint32_t count, walk_.next(&cell, 1, &pin));
      if (count == 0) break;
      if (!attached_) {
        fetch_.attach_single(columns_);
        if (!index_columns_.empty()) index_fetch_.attach_single(index_columns_);
        attached_ = true;
      }
      if (looks_up_) {
        if (index_filter_) {
          SQLRITE_TRY(index_fetch_.decode_single(cell, walk_.source(), heap_));
          index_batch_.select_all(1);
          SQLRITE_TRY_ASSIGN(bool passes, passes_filter(index_filter_, index_batch_));
          if (!passes) continue;
        }
        SQLRITE_TRY(lookup_.find(cell, heap_, &cell));
      }
      SQLRITE_TRY(fetch_.decode_single(cell, walk_.source(), heap_));
      batch_.select_all(1);
      if (!looks_up_ && index_filter_) {
        SQLRITE_TRY_ASSIGN(bool passes, passes_filter(index_filter_, batch_));
        if (!passes) continue;
      }
      if (filter_) {
        SQLRITE_TRY_ASSIGN(bool passes, passes_filter(filter_, batch_));
        if (!passes) continue;
      }
      done_ = true;
      if (pin) pins_.add(std::move(pin));
      *out = &batch_;
      return {};
    }
    done_ = true;
    return finish(out);
  }

  // Every entry is a row and nothing of it is wanted: their number will do.
  Status next_counted(Batch** out) {
    if (!counting_) {
      const TreeSource& source = walk_.source();
      SQLRITE_TRY_ASSIGN(left_, storage::count_entries(*source.pager, walk_.index().root, source.view));
      counting_ = true;
    }
    auto rows = static_cast<uint32_t>(std::min<uint64_t>(left_, kBatchRowsMax));
    left_ -= rows;
    batch_.select_all(rows);
    *out = &batch_;
    return {};
  }

  Result<bool> passes_filter(expr::Evaluator& condition, const Batch& batch) {
    Value truth;
    SQLRITE_TRY(condition->evaluate_row(eval_, batch, 0, &truth));
    return expr::truth_of(truth) == 1;
  }

  // Entries of one leaf; the pin joins the batch's pins.
  Result<uint32_t> next_cells(storage::CellRef* cells, uint32_t max) {
    storage::PageRef pin;
    SQLRITE_TRY_ASSIGN(uint32_t count, walk_.next(cells, max, &pin));
    if (pin) pins_.add(std::move(pin));
    if (count == 0) done_ = true;
    return count;
  }

  Status fill(uint32_t wanted) {
    heap_.reset();
    pins_.clear();
    wanted = std::min(wanted, rows_at_once_);
    if (rows_at_once_ < kBatchRowsMax) rows_at_once_ *= 4;
    SQLRITE_TRY(fetch_.begin(wanted));
    storage::CellRef* cells = leaf_cells_.get();
    if (cells == nullptr) return Code::NoMem;
    uint32_t rows = 0;
    // The heap keeps its largest block, which one long value may have made: what is limited is what comes on top of it.
    size_t heap_size_max = heap_.size_bytes() + kHeapSizeBytesMax;
    while (rows < wanted && heap_.size_bytes() < heap_size_max) {
      SQLRITE_TRY_ASSIGN(uint32_t count, next_cells(cells, std::min(wanted - rows, LeafCells::kCount)));
      if (count == 0) break;
      SQLRITE_TRY(fetch_.add(cells, count, walk_.source(), heap_));
      rows += count;
    }
    fetch_.finish(columns_);
    attached_ = false;
    batch_.select_all(rows);
    if (rows > 0 && index_filter_) return filter_or_cut(index_filter_, batch_);
    return {};
  }

  Status fill_with_rows(uint32_t wanted) {
    heap_.reset();
    pins_.clear();
    if (!cells_) cells_ = make_buffer_array<storage::CellRef>(kBatchRowsMax);
    uint32_t entries = 0;
    while (entries < wanted) {
      SQLRITE_TRY_ASSIGN(uint32_t count, next_cells(cells_.get() + entries, wanted - entries));
      if (count == 0) break;
      entries += count;
    }
    if (index_filter_ && entries > 0) SQLRITE_TRY(filter_entries(&entries));
    SQLRITE_TRY(fetch_.begin(std::max<uint32_t>(entries, 1)));
    SQLRITE_TRY(decode_run(cells_.get(), entries));
    fetch_.finish(columns_);
    attached_ = false;
    batch_.select_all(entries);
    return {};
  }

  // Keeps the entries of cells_ that pass the part of the filter that needs nothing else.
  Status filter_entries(uint32_t* entries) {
    SQLRITE_TRY(index_fetch_.begin(*entries));
    SQLRITE_TRY(index_fetch_.add(cells_.get(), *entries, walk_.source(), heap_));
    index_fetch_.finish(index_columns_);
    index_batch_.select_all(*entries);
    SQLRITE_TRY(filter_or_cut(index_filter_, index_batch_));
    *entries = index_batch_.selected_count;
    for (uint32_t i = 0; i < *entries; ++i) cells_[i] = cells_[index_batch_.live_row(i)];
    return {};
  }

  Status fetch_group(const storage::CellRef* entries, uint32_t count) {
    storage::CellRef rows[storage::BatchTableCursor::kRowsMax];
    storage::PageRef row_pins[storage::BatchTableCursor::kRowsMax];
    SQLRITE_TRY(lookup_.find_many(entries, count, heap_, rows, row_pins));
    return fetch_.add_unpinned(rows, count, walk_.source(), heap_);
  }

  // Entries for the outer rows from outer_position_ on, in cells_, and in owners_ the outer row of each. An outer row
  // without an entry is left out or, with `keep_unmatched`, has a cell without payload.
  Result<uint32_t> collect_entries(ExecContext& context, const Batch& outer, bool keep_unmatched) {
    uint32_t entries = 0;
    while (outer_position_ < outer.selected_count && entries < kBatchRowsMax) {
      uint32_t row = outer.live_row(outer_position_);
      if (!outer_started_) {
        Status status = walk_.open(context, eval_, &outer, row);
        if (!status.ok()) {
          if (entries == 0) return status;
          pending_ = std::move(status);
          return entries;
        }
        outer_started_ = true;
        outer_matched_ = false;
      }
      storage::PageRef pin;
      uint32_t room = kBatchRowsMax - entries;
      SQLRITE_TRY_ASSIGN(uint32_t count, walk_.next(cells_.get() + entries, room, &pin));
      if (pin) pins_.add(std::move(pin));
      if (count == 0) {
        ++outer_position_;
        outer_started_ = false;
        if (outer_matched_ || !keep_unmatched) continue;
        cells_[entries] = storage::CellRef();
        count = 1;
      }
      outer_matched_ = true;
      std::fill_n(owners_.get() + entries, count, static_cast<uint16_t>(row));
      entries += count;
    }
    return entries;
  }

  // The rows of the entries collected and the columns of their outer rows; what index_filter_ says of entries alone is
  // done before rows are looked up.
  Status decode_found(const Batch& outer, std::span<const int32_t> outer_slots, uint32_t* entries) {
    if (index_filter_ && looks_up_ && *entries > 0) {
      SQLRITE_TRY(show_owners(outer, outer_slots, *entries, index_columns_));
      SQLRITE_TRY(filter_entries(entries));
      for (uint32_t i = 0; i < *entries; ++i) owners_[i] = owners_[index_batch_.live_row(i)];
    }
    SQLRITE_TRY(fetch_.begin(std::max<uint32_t>(*entries, 1)));
    for (uint32_t i = 0; i < *entries;) {
      uint32_t end = i;
      while (end < *entries && cells_[end].payload != nullptr) ++end;
      if (end > i) SQLRITE_TRY(decode_run(cells_.get() + i, end - i));
      for (i = end; i < *entries && cells_[i].payload == nullptr;) ++i;
      fetch_.add_missing(i);
    }
    fetch_.finish(columns_);
    return show_owners(outer, outer_slots, *entries, columns_);
  }

  Status decode_run(const storage::CellRef* entries, uint32_t count) {
    if (!looks_up_) return fetch_.add(entries, count, walk_.source(), heap_);
    if (!lookup_.finds_many() || count == 1) {
      for (uint32_t i = 0; i < count; ++i) {
        storage::CellRef row;
        SQLRITE_TRY(lookup_.find(entries[i], heap_, &row));
        SQLRITE_TRY(fetch_.add_unpinned(row, walk_.source(), heap_));
      }
      return {};
    }
    constexpr uint32_t kGroup = storage::BatchTableCursor::kRowsMax;
    for (uint32_t first = 0; first < count; first += kGroup) {
      SQLRITE_TRY(fetch_group(entries + first, std::min(kGroup, count - first)));
    }
    return {};
  }

  Status show_owners(const Batch& outer, std::span<const int32_t> outer_slots, uint32_t count,
                     std::span<Column> columns) {
    if (!owner_buffers_) owner_buffers_.reset(new ColumnBuffer[outer_slots.size()]);
    for (size_t i = 0; i < outer_slots.size(); ++i) {
      const auto slot = static_cast<size_t>(outer_slots[i]);
      SQLRITE_TRY(gather_column(outer.columns[slot], owners_.get(), count, owner_buffers_[i], &columns[slot]));
    }
    return {};
  }

  const plan::TableAccess* access_ = nullptr;
  std::span<const int32_t> broadcast_slots_;
  IndexWalk walk_;
  RowFetch fetch_, index_fetch_;
  TableLookup lookup_;
  expr::Evaluator index_filter_, filter_;
  PagePins pins_;
  BufferArray<storage::CellRef> cells_;
  LeafCells leaf_cells_;
  std::span<Column> index_columns_;
  Batch index_batch_;
  // Of a look-up for an outer batch.
  BufferArray<uint16_t> owners_;  // outer row of each of cells_
  std::unique_ptr<ColumnBuffer[]> owner_buffers_;
  uint32_t outer_position_ = 0;
  bool outer_started_ = false;  // walk_ goes through the entries of that row
  bool outer_matched_ = false;
  bool one_row_of_many_ = false;
  uint64_t left_ = 0;
  uint32_t rows_at_once_ = kFirstRows;
  bool counts_only_ = false;
  bool counting_ = false;
  bool fresh_ = true;
  bool looks_up_ = false;
  bool single_ = false;
  bool done_ = false;
  bool attached_ = false;
};

}  // namespace

OperatorResult make_index_scan(const plan::ScanNode& node, OperatorBuild& build) {
  std::unique_ptr<IndexScan> made(new (*build.arena) IndexScan);
  SQLRITE_TRY(made->prepare(node, build));
  return OperatorResult(std::move(made));
}

}  // namespace sqlrite::exec
