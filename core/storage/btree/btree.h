// B-trees: tables (by rowid) and indexes (by record), over a Pager.
//
// TableCursor and IndexCursor read at a View; opened at kNewestView while the pager writes, they also change the tree.
// A cursor at kNewestView stays valid over changes made through it; changes made through another cursor on the same
// tree are seen after its next seek. Table cursors go on by rowid after such a change (the pager's change count tells);
// next() and previous() of an index cursor then end the walk with ABORT, unless it stands where it erased.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/arena.h"
#include "base/ids.h"
#include "base/status.h"
#include "storage/format/page_layout.h"
#include "storage/pager/pager.h"
#include "types/value.h"

namespace sqlrite::storage {

// How the entries of an index compare: per field a collation and a direction. Lives as long as its catalog version.
struct KeyInfo {
  const Collation* const* collations = nullptr;  // [field_count]
  const bool* descending = nullptr;              // [field_count]
  uint16_t field_count = 0;                      // all fields of the record, rowid or primary key suffix included
  TextEncoding encoding = TextEncoding::Utf8;
};

// A search key: the first `count` fields of an index record.
struct SearchKey {
  const Value* fields = nullptr;
  uint16_t count = 0;
};

enum class FirstFieldKind : uint8_t { None, Integer, Text };
enum class Seek : uint8_t { Equal, GreaterOrEqual, Greater, LessOrEqual, Less };

// One cell as it lies on its page. `payload` has `local_size_bytes` readable bytes; the rest, if payload_size_bytes is
// larger, is in the overflow chain that starts at `overflow`.
struct CellRef {
  const uint8_t* payload = nullptr;
  uint32_t local_size_bytes = 0;
  uint32_t payload_size_bytes = 0;
  RowId rowid = 0;  // table trees only
  PageId overflow;
};

// Bytes to store: `bytes` followed by `zero_tail_size_bytes` zeros (zeroblob).
struct Payload {
  std::span<const uint8_t> bytes;
  uint64_t zero_tail_size_bytes = 0;
};

// An entry to come into an index, or to go.
struct IndexChange {
  SearchKey key;   // all fields of the entry
  Payload record;  // the same, encoded; not needed to erase
  bool erases = false;
};

// One field of a record to be given another value.
struct FieldChange {
  uint16_t position = 0;         // in the record
  bool real_as_integer = false;  // as in RecordEncoder::encode
  Value value;
};

// Bytes that will be read soon and that the processor is asked for, line by line.
struct BytesAhead {
  static constexpr uint32_t kSizeBytesMax = 8192;
  const uint8_t* bytes = nullptr;
  uint32_t size_bytes = 0;
  uint32_t done = 0;

  void prefetch(uint32_t line_count) {
    for (; line_count > 0 && done < size_bytes; --line_count, done += 64) __builtin_prefetch(bytes + done, 0, 1);
  }
  void prefetch_all() { prefetch(kSizeBytesMax / 64); }
};

class CursorBase {
 public:
  CursorBase() = default;
  CursorBase(const CursorBase&) = delete;
  CursorBase& operator=(const CursorBase&) = delete;
  ~CursorBase();
  bool is_valid() const { return valid_; }
  // The current entry. REQUIRES is_valid(). The bytes live until the cursor moves or the page is changed.
  const CellRef& cell() const { return cell_; }
  // Copies payload bytes [offset, offset + size) to `out`, following overflow pages.
  Status read_payload(uint64_t offset, uint32_t size_bytes, uint8_t* out);
  // The whole payload as one piece: in place when it is local, else copied to `heap`.
  Result<std::span<const uint8_t>> whole_payload(Arena& heap);
  // Moves. The bool is false when there is no such entry (the cursor is then not valid).
  Result<bool> first();
  Result<bool> last();
  Result<bool> next();
  Result<bool> previous();
  // Removes the current entry; the cursor then stands between its neighbours: next() goes to the following one.
  Status erase();
  // Page pin for batches that point into the current leaf; empty when the cursor is nowhere.
  PageRef pin_current_page();
  void close();
  // Gives the pins back, but an open() of the same tree at the newest state finds its place again if nothing changed.
  void rest();

 protected:
  static constexpr int kDepthMax = kDepthLimit;
  struct Level {
    PageRef page;
    PageId id;
    uint16_t index = 0;  // cell index on this page; on the way down: child index (cell_count is the right-most child)
    uint16_t cell_count = 0;
    uint16_t pointers = 0;  // offset of the cell pointer array
    uint8_t type = 0;
    bool leaf() const { return is_leaf_type(type); }
    const uint8_t* data() const { return page.data(); }
  };
  // Where the cursor is:
  //   Nowhere  nothing is known (closed, fresh, or the tree changed under it)
  //   Entry    on levels_[depth_].index; valid_ is true
  //   Gap      between entries of the leaf levels_[depth_]: `index` is the entry that follows (may be cell_count);
  //            tables: gap_rowid_ is a rowid in the gap or at its edge, already handed out or erased
  //   Key      between entries, found again by key: gap_rowid_ or saved_key_ (the entry that was erased)
  enum class Place : uint8_t { Nowhere, Entry, Gap, Key };

  Status open_tree(Pager* pager, PageId root, View view, bool table);
  bool wake(Pager* pager, PageId root, View view);
  // Drops what is remembered when the tree may have changed since. Returns false when the place was lost.
  bool refresh();
  void forget_levels();
  Status enter(int depth, PageId id);
  Result<PageId> child_page(Level& level);
  BytesAhead look_ahead();
  Status descend_left();
  Status descend_right();
  Result<bool> next_leaf();  // from the leaf depth_ to the entry (index trees: maybe interior) after it
  Result<bool> previous_leaf();
  Result<bool> stand();              // loads the cell at levels_[depth_].index
  Result<bool> stand_or_next();      // the same, or the first entry of what follows when index is cell_count
  Result<bool> stand_or_previous();  // the entry before levels_[depth_].index
  Result<bool> seek_saved(bool forward);
  bool at_right_edge() const;
  // The schema table of a database that has no pages yet has no rows.
  bool is_without_pages() const { return root_.value == 1 && pager_->page_count(view_) == 0; }
  Result<bool> nowhere() {
    place_ = Place::Nowhere;
    valid_ = false;
    return false;
  }
  Status insert_cell(struct CellDraft& draft, bool append);
  Status save_key();

  Pager* pager_ = nullptr;
  PageId root_;
  View view_;
  bool valid_ = false;
  bool table_ = true;
  bool key_is_entry_ = false;      // Place::Key: gap_rowid_ is an entry not handed out yet
  bool leaf_range_known_ = false;  // leaf_min_ and leaf_max_ are those of levels_[depth_]
  bool last_known_ = false;        // levels_[depth_] is the right-most leaf and leaf_last_ the tree's largest rowid
  bool resting_ = false;           // without pins, between rest() and open_tree()
  Place place_ = Place::Nowhere;
  int8_t depth_ = -1;
  int8_t deepest_ = -1;      // levels below this one were never entered since forget_levels()
  uint32_t leaf_moves_ = 0;  // leaves passed in one direction since the last seek: bounds walks on damaged trees
  uint64_t stamp_ = 0;       // pager change count for which levels_ hold
  CellRef cell_;
  PayloadLimits limits_;
  RowId leaf_min_ = 0;  // rowids that belong on this leaf, by the keys above it
  RowId leaf_max_ = 0;
  RowId leaf_last_ = 0;
  RowId gap_rowid_ = 0;
  uint8_t* saved_key_ = nullptr;
  uint32_t saved_key_size_bytes_ = 0;
  uint32_t overflow_page_index_ = 0;  // place in the current cell's overflow chain, while overflow_page_ is set
  PageId overflow_page_;
  const KeyInfo* key_info_ = nullptr;
  PageId ahead_id_;  // the next leaf of a scan, fetched early so that its bytes are on their way
  PageRef ahead_;
  Level levels_[kDepthMax];
};

class TableCursor : public CursorBase {
 public:
  Status open(Pager* pager, PageId root, View view);
  // Stands on the entry that satisfies `op` for rowid (Equal: exactly; GreaterOrEqual: the first >= ...).
  Result<bool> seek(RowId rowid, Seek op);
  // seek(rowid, Equal) for reading: quicker on trees that are looked up often. next() and previous() descend again.
  Result<bool> find(RowId rowid);
  RowId rowid() const { return cell_.rowid; }
  // Whole-leaf access for scans: fills `cells` with up to `max` entries from the current one onwards, all on one leaf,
  // ascending (or descending), and moves behind them. 0 at the end. The page stays pinned through *pin.
  Result<uint32_t> next_cells(CellRef* cells, uint32_t max, bool descending, PageRef* pin);
  // After next_cells(): what of the next leaf the processor may still be asked for while these cells are worked on. Until
  // the cursor moves.
  BytesAhead* leaf_ahead() { return &leaf_ahead_; }
  // Inserts or replaces. An append to the right edge is recognised and costs no descent.
  Status insert(RowId rowid, const Payload& payload);
  // Changes fields of the current row, ascending by position, where its record can be changed without decoding it. False:
  // nothing was done, the row has to be read and inserted as a whole. Values are text in the file's encoding, or numbers.
  Result<bool> change_fields(std::span<const FieldChange> changes);
  // Puts bytes in place of those at `offset` of the current entry's payload. REQUIRES is_valid(), the newest view, and that
  // the range lies in the payload.
  Status overwrite(uint64_t offset, std::span<const uint8_t> bytes);
  // Removes rows as long as their rowids rise and lie on one leaf, which is rewritten once. Returns how many of the rowids
  // were dealt with (at least one); *erased counts the rows that were there.
  Result<uint32_t> erase_rows(std::span<const RowId> rowids, uint32_t* erased);
  // Position for `rowid` without loading an entry; *exact tells whether it is there.
  Status locate(RowId rowid, bool* exact);
  // Largest rowid in the tree (0 and false when empty), from the right edge.
  Result<bool> last_rowid(RowId* rowid);

 protected:
  void prefetch_row(PageId leaf, RowId rowid, RowId least, RowId most) const;

 private:
  BytesAhead leaf_ahead_;
};

class IndexCursor : public CursorBase {
 public:
  Status open(Pager* pager, PageId root, View view, const KeyInfo* key_info);
  // Equal: the first entry whose leading fields equal the key; the others as named, comparing only key.count fields
  // (GreaterOrEqual: first entry with prefix >= key; LessOrEqual: last entry with prefix <= key ...).
  Result<bool> seek(const SearchKey& key, Seek op);
  // Compares the current entry's leading fields with `key` (sign of entry - key, in index order).
  Result<int> compare_current(const SearchKey& key);
  Result<uint32_t> next_cells(CellRef* cells, uint32_t max, bool descending, PageRef* pin);
  // Inserts a record (all fields). REQUIRES that no equal record exists (callers check uniqueness first).
  Status insert(const Payload& record);
  // The same where the record's fields are at hand as values.
  Status insert(const Payload& record, const SearchKey& fields);
  // Makes the first of these changes and, where several of those behind it concern the same leaf, these too: the leaf is
  // then rewritten once. Returns how many were made (at least one). Of an entry to erase that is not there: CORRUPT_INDEX.
  // REQUIRES: they come in the order of the index; changes of one entry in the order in which they are to be made.
  Result<uint32_t> apply(std::span<const IndexChange> changes);

 private:
  // A key's first field as a number that sorts like it (see first_field.h), and the same of the entries around a page.
  struct FirstField {
    FirstFieldKind kind = FirstFieldKind::None;  // None: neither an integer nor BINARY text, ascending
    bool is_whole_key = false;                   // an equal number means an equal key
    bool has_low = false;                        // the entry before the page's first one, on the pages above
    bool has_high = false;                       // the entry behind its last one
    bool is_sure = true;                         // without `low` (`high`) there is no such entry
    uint64_t key = 0;
    uint64_t low = 0;
    uint64_t high = 0;
  };
  static constexpr uint32_t kNoHint = UINT32_MAX;
  // Stands before the first entry whose prefix is >= key (or > key), on its leaf.
  Status locate(const SearchKey& key, bool after_equal);
  FirstField first_field_of(const SearchKey& key) const;
  bool read_first_field(const Level& level, uint32_t index, FirstFieldKind kind, uint64_t* number) const;
  void narrow(const Level& level, uint32_t index, FirstField* around) const;
  Result<int> compare_cell(const Level& level, uint32_t index, const SearchKey& key);
  Result<int> order_of_cell(const Level& level, uint32_t index, const SearchKey& key, const FirstField& first);
  Result<bool> is_on_leaf(const SearchKey& key, bool after_equal, const FirstField& first);
  Result<uint32_t> lower_bound(const Level& level, const SearchKey& key, bool after_equal, const FirstField& first,
                               uint32_t hint);
  template <FirstFieldKind kKind>
  bool narrow_by_numbers(const Level& level, const FirstField& first, bool after_equal, uint32_t hint, uint32_t* low,
                         uint32_t* high) const;

  // After locate() for what is changed.
  Status insert_here(const Payload& record);
  Status apply_here(const IndexChange& change);
  Result<uint32_t> count_for_leaf(std::span<const IndexChange> changes);
  Result<uint32_t> merge_into_leaf(std::span<const IndexChange> changes);

  FirstField leaf_around_;  // while leaf_range_known_: around levels_[depth_]
  uint8_t near_score_ = 2;  // how often a key was on the leaf where the cursor was, lately
  uint32_t near_skip_count_ = 0;
};

// Fills an empty index tree (a fresh root from create_tree or clear_tree) with records that come in index order: pages
// are packed full from left to right and nothing is searched or compared.
class IndexBuilder {
 public:
  IndexBuilder() = default;
  IndexBuilder(const IndexBuilder&) = delete;
  IndexBuilder& operator=(const IndexBuilder&) = delete;
  Status open(Pager* pager, PageId root);
  // REQUIRES: record > every record before.
  Status append(const Payload& record);
  // Must be called at the end: mends the sparse pages at the right edge.
  Status finish();

 private:
  Status append_cell(int height, const uint8_t* cell, uint32_t size_bytes);
  Status split_root();

  struct Edge {
    PageId id;
  };
  Pager* pager_ = nullptr;
  PageId root_;
  PayloadLimits limits_;
  int depth_ = 0;           // level of the leaf; level 0 is the root
  Edge edge_[kDepthLimit];  // the right-most page of each level
};

// --- Whole trees. All REQUIRE pager.is_writing().
enum class TreeKind : uint8_t { Table, Index };
// In auto-vacuum files the new root goes to the front of the file, moving the page that was there.
Result<PageId> create_tree(Pager& pager, TreeKind kind);
// Frees every page but the root, which becomes an empty leaf. Returns the number of entries removed.
Result<uint64_t> clear_tree(Pager& pager, PageId root);
struct DropResult {
  PageId moved_from;  // in auto-vacuum files: the root that had to move ...
  PageId moved_to;    // ... and where it is now (catalog must follow); none when zero
};
Result<DropResult> drop_tree(Pager& pager, PageId root);
// Number of entries; reads every leaf header (table) or every page (index), no cells.
Result<uint64_t> count_entries(Pager& pager, PageId root, View view);
// About how many there are, from one page of each level.
Result<uint64_t> estimate_entries(Pager& pager, PageId root, View view);

// --- Free pages and header fields.
Result<PageId> allocate_page(Pager& pager, PageId near);
Status free_page(Pager& pager, PageId id);
Result<uint32_t> freelist_count(Pager& pager, View view);
// Header meta values, numbered as in SQLite's header: 1 schema cookie, 2 file format, 3 cache size, 4 largest root
// (auto-vacuum), 5 text encoding, 6 user version, 7 incremental vacuum, 8 application id. Slot n is at 36 + 4n.
Result<uint32_t> read_meta(Pager& pager, View view, int slot);
Status write_meta(Pager& pager, int slot, uint32_t value);
// Gives an empty file its first page (header, empty schema table) if it has none.
Status initialize_database(Pager& pager, TextEncoding encoding, AutoVacuum auto_vacuum);
// Moves up to `page_count_max` free pages off the end (PRAGMA incremental_vacuum; 0: all). Returns whether more remain.
Result<bool> incremental_vacuum_step(Pager& pager, uint32_t page_count_max);
// Auto-vacuum FULL: run before commit.
Status auto_vacuum_commit(Pager& pager);

// Page-level integrity check of the trees with the given roots, freelist, pointer map and unused pages, in the words of
// PRAGMA integrity_check. Appends at most `error_count_max` messages, one per line text, through `report`.
Status check_pages(Pager& pager, View view, std::span<const PageId> roots, int error_count_max,
                   void (*report)(void* context, std::string_view message), void* context);

}  // namespace sqlrite::storage
