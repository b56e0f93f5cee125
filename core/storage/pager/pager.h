// Pager: the pages of one database file as one connection sees them.
//
// Many connections of this process share one DatabaseFile (page cache, WAL index, file locks). Each holds a Pager: its
// read snapshot, and while it writes, its *overlay* of changed pages. Readers get immutable page versions and never
// wait for the writer.
//
// Views and generations. Every change is stamped with the overlay's current generation. A page is changed in place
// only if its newest overlay version carries the current generation; else it is copied first. The generation advances
// when a statement asks for undo, when a SAVEPOINT opens, and when a view opens over a dirty overlay. So a view pinned
// to (snapshot, generation) keeps seeing exactly the state of its opening, whatever its connection writes, commits or
// rolls back meanwhile.
//
//            begin_read            begin_write            commit / rollback
//     Idle ------------> Reading -------------> Writing --------------------> Reading -> end_read -> Idle
//
// Thread safety: a Pager belongs to its connection's thread; DatabaseFile locks its own shared state.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/ids.h"
#include "base/status.h"
#include "types/value.h"

namespace sqlrite::os {
class Vfs;
}

namespace sqlrite::storage {

class DatabaseFile;
class LeafMaps;
class Pager;

enum class JournalMode : uint8_t { Delete, Truncate, Persist, Memory, Off, Wal };
enum class Synchronous : uint8_t { Off = 0, Normal = 1, Full = 2, Extra = 3 };
enum class CheckpointMode : uint8_t { Passive = 0, Full = 1, Restart = 2, Truncate = 3 };
enum class AutoVacuum : uint8_t { None = 0, Full = 1, Incremental = 2 };

// What a file without pages becomes. The pragma journal_mode reports it from the start.
inline constexpr JournalMode kDefaultJournalMode = JournalMode::Wal;

struct PagerOptions {
  bool read_only = false;
  bool create = true;
  bool immutable = false;
  bool temporary = false;           // the file is new, and goes when the last pager on it is closed
  uint32_t page_size_bytes = 4096;  // for databases that have no pages yet
  JournalMode default_journal_mode = kDefaultJournalMode;  // for databases that have no pages yet
  // Called before giving up with BUSY: returns true to try again. Null: give up at once.
  bool (*busy_handler)(void* context, int attempt) = nullptr;
  void* busy_context = nullptr;
};

struct Frame;
class PinTable;

// A pager's handle of one page version: holds one pin of the shared frame, so that pinning the page again costs a plain
// increment. Belongs to the pager's thread.
struct PagePin {
  uint8_t* data;
  uint32_t pins;  // PageRefs alive
  uint32_t page;
  uint32_t tag;    // which state of the pager it shows
  uint32_t stamp;  // generation of the overlay version behind it; 0: a shared, immutable version
  bool in_table;   // found by fetch(); else dropped with its last PageRef
  Frame* frame;
  PinTable* table;
  PagePin* next_free;
};
void release_page_pin(PagePin* pin);

// Pins one immutable page version. Cheap to move; the bytes never change while it lives.
// 64 readable bytes follow the page, so wide loads may run past the last cell.
// A PageRef must not outlive its Pager.
class PageRef {
 public:
  PageRef() = default;
  PageRef(PageRef&& other) noexcept : data_(other.data_), pin_(other.pin_) {
    other.pin_ = nullptr;
    other.data_ = nullptr;
  }
  PageRef& operator=(PageRef&& other) noexcept {
    if (this != &other) {
      release();
      data_ = std::exchange(other.data_, nullptr);
      pin_ = std::exchange(other.pin_, nullptr);
    }
    return *this;
  }
  PageRef(const PageRef&) = delete;
  PageRef& operator=(const PageRef&) = delete;
  ~PageRef() { release(); }
  const uint8_t* data() const { return data_; }
  explicit operator bool() const { return data_ != nullptr; }
  void release() {
    if (pin_ == nullptr) return;
    if (--pin_->pins == 0 && !pin_->in_table) [[unlikely]]
      release_page_pin(pin_);
    pin_ = nullptr;
    data_ = nullptr;
  }
  // A second pin of the same version.
  PageRef clone() const {
    if (pin_ != nullptr) ++pin_->pins;
    return PageRef(pin_, data_);
  }

 private:
  friend class Pager;
  PageRef(PagePin* pin, const uint8_t* data) : data_(data), pin_(pin) {}
  const uint8_t* data_ = nullptr;
  PagePin* pin_ = nullptr;
};

// Direct-mapped table of the page versions a pager used last.
class PinTable {
 public:
  // `data` stands here too, so that the bytes can be read before the pin has come from memory.
  struct Slot {
    uint32_t page;
    uint32_t tag;
    PagePin* pin;
    const uint8_t* data;
  };
  // Null when the page is not here.
  const Slot* find_slot(uint32_t page, uint32_t tag) const {
    const Slot& slot = slots_[page & mask_];
    return slot.page == page && slot.tag == tag ? &slot : nullptr;
  }
  PagePin* find(uint32_t page, uint32_t tag) const {
    const Slot* slot = find_slot(page, tag);
    return slot != nullptr ? slot->pin : nullptr;
  }

 private:
  friend class PinTables;
  friend void release_page_pin(PagePin* pin);
  Slot* slots_ = nullptr;
  uint32_t mask_ = 0;
  uint32_t insert_count_ = 0;
  DatabaseFile* file_ = nullptr;
  PagePin* free_pins_ = nullptr;
};

// What a cursor reads: a pinned state, or the newest state (for the write cursors of the running statement).
struct View {
  uint32_t slot = 0;  // index into the pager's table of open views; 0 is "newest"
  bool is_newest() const { return slot == 0; }
};
inline constexpr View kNewestView{};

class Pager {
 public:
  // `path` empty or ":memory:" gives a private database that is never shared. A relative path is resolved by the Vfs.
  // Does no I/O on the file beyond opening it; a file that is not a database is reported by begin_read().
  static Result<std::unique_ptr<Pager>> open(os::Vfs& vfs, const std::string& path, const PagerOptions& options);
  ~Pager();
  Pager(const Pager&) = delete;
  Pager& operator=(const Pager&) = delete;

  // --- Transaction. begin_read pins one snapshot token (WAL position, page count, header) in one step.
  Status begin_read();
  void end_read();  // no-op while views are open is the caller's duty: close them first
  bool is_reading() const;
  // Upgrades to the (single) writer; REQUIRES is_reading(). BUSY when another has it, at once: in rollback mode that writer
  // may be waiting for this very reader to end. BUSY_SNAPSHOT when the read snapshot is no longer the newest.
  // `exclusive`: BEGIN EXCLUSIVE.
  Status begin_write(bool exclusive = false);
  bool is_writing() const;
  bool has_changes() const;  // of this transaction
  // BEGIN IMMEDIATE and single writing statements: begin_read and begin_write in one step, on the newest snapshot
  // (no BUSY_SNAPSHOT when another commit slips in between the two), waiting as the busy handler says without holding
  // anything meanwhile. Already reading: the same as begin_write.
  Status begin_immediate(bool exclusive = false);
  // Publishes the overlay. On failure the transaction stays as SQLite leaves it (BUSY: may be tried again; I/O error or
  // FULL: rolled back). Leaves the pager reading the state it published.
  Status commit();
  void rollback();
  // Commits in one step what `source` holds, in place of everything here. The page size becomes that of `source`; in memory
  // and with a log it has to be the same already. Fails as commit() does.
  // REQUIRES is_writing() without changes, marks or views; source.is_reading().
  Status replace_content(const Pager& source);
  // So much has been changed that more would be written out ahead of the commit: who may commit in steps does it now.
  bool has_many_changes() const;
  // A commit that can be taken back until its last step, for transactions over several files (joint_commit.h): the
  // first two can be followed by rollback(). lock_commit() alone answers BUSY, and suits every pager that is writing; the
  // others REQUIRE commits_in_steps().
  bool commits_in_steps() const;
  bool needs_super_journal() const;  // a power cut between its steps and those of others must not part them
  Status lock_commit();
  Status prepare_commit(std::string_view super_journal);
  Status finish_commit();
  // True after a failure that rolled the transaction back on its own.
  bool rolled_back_by_error() const;

  // --- Generations: marks to come back to. Numbers grow; rollback_to(mark) drops every change made since the mark
  // was taken and keeps the mark; release(mark) forgets it (changes merge downwards).
  Result<uint32_t> open_mark();
  Status rollback_to(uint32_t mark);
  void release(uint32_t mark);

  // --- Views. REQUIRES is_reading(). A view outlives commit and rollback of its connection.
  Result<View> open_view();
  void close_view(View view);

  // --- Pages. Ids beyond the view's page count, and id 0, are CORRUPT.
  Result<PageRef> fetch(PageId id, View view) {
    const ViewState& state = view_states_[view.slot];
    const PinTable::Slot* slot = state.table->find_slot(id.value, state.tag);
    if (slot != nullptr && slot->pin != nullptr) [[likely]] {
      ++slot->pin->pins;
      return PageRef(slot->pin, slot->data);
    }
    return fetch_slow(id, view);
  }
  // The same into a pin that is there already.
  Status fetch_into(PageId id, View view, PageRef* out) {
    const ViewState& state = view_states_[view.slot];
    const PinTable::Slot* slot = state.table->find_slot(id.value, state.tag);
    if (slot == nullptr || slot->pin == nullptr) [[unlikely]] {
      SQLRITE_TRY_ASSIGN(*out, fetch_slow(id, view));
      return {};
    }
    ++slot->pin->pins;
    out->release();
    out->data_ = slot->data;
    out->pin_ = slot->pin;
    return {};
  }
  // Whether a view sees just what the newest view sees.
  bool shows_newest(View view) const {
    return view_states_[view.slot].table == view_states_[0].table && view_states_[view.slot].tag == view_states_[0].tag;
  }
  // The page's bytes if this pager has them at hand, else null: for prefetching only.
  const uint8_t* peek(PageId id, View view) const {
    const ViewState& state = view_states_[view.slot];
    const PinTable::Slot* slot = state.table->find_slot(id.value, state.tag);
    return slot != nullptr ? slot->data : nullptr;
  }
  // Bytes of the newest version, to be changed in place until the next call that can advance the generation (and for
  // at most 1,000 further calls of fetch_mut, after which a large transaction may have written the page out).
  // REQUIRES is_writing().
  Result<uint8_t*> fetch_mut(PageId id) {
    PagePin* pin = view_states_[0].table->find(id.value, view_states_[0].tag);
    if (pin != nullptr && pin->stamp > copy_floor_) [[likely]]
      return pin->data;
    return fetch_mut_slow(id, false);
  }
  // The same for a page whose old content does not matter (fresh from the freelist): zeroed, nothing is read.
  Result<uint8_t*> fetch_mut_fresh(PageId id) { return fetch_mut_slow(id, true); }
  uint32_t page_count(View view) const;
  // Appends a zeroed page (skipping the lock-byte page) and returns its id.
  Result<PageId> append_page();
  // Counts the changes of a tree in the newest state, for cursors that remember places in it: every edit of the tree adds
  // to it (note_tree_change), and so does whatever may concern any tree (note_change): rollback, rollback_to, pages that
  // move, the commits of others. No two pagers of a process ever give the same count.
  uint64_t change_count(PageId root) const {
    return change_count_ + tree_change_counts_[root.value % kTreeCounterCount];
  }
  void note_change() { ++change_count_; }
  void note_tree_change(PageId root) { ++tree_change_counts_[root.value % kTreeCounterCount]; }
  // Cuts the database at commit (auto-vacuum, VACUUM). The dropped pages must be unreferenced.
  void truncate_pages(uint32_t page_count);
  // A page that nobody will read in this transaction any more (freelist leaf): its bytes need not be written.
  void forget_content(PageId id);

  // --- Facts. Page size and reserved bytes hold once begin_read() succeeded (or a page size was set on an empty file).
  uint32_t page_size_bytes() const;
  uint32_t usable_size_bytes() const;
  uint32_t reserved_size_bytes() const;
  PageId lock_byte_page() const { return PageId{static_cast<uint32_t>(0x40000000u / page_size_bytes()) + 1}; }
  bool is_read_only() const;
  bool is_memory() const;
  const std::string& path() const;  // absolute; empty for private databases
  uint32_t schema_cookie() const;   // of the current read snapshot
  uint64_t data_version() const;    // PRAGMA data_version: changes when another connection committed
  // Identifies a snapshot's content for caches beside pages: equal numbers mean equal pages.
  uint64_t snapshot_id() const;

  // --- Settings (PRAGMAs). Errors are SQLite's.
  Status set_page_size(uint32_t page_size_bytes, int reserved_size_bytes);  // effective on an empty file and in VACUUM
  JournalMode journal_mode() const;
  Result<JournalMode> set_journal_mode(JournalMode mode);  // the mode in force afterwards
  void set_synchronous(Synchronous level);
  Synchronous synchronous() const;
  void set_cache_size(int64_t cache_size);  // as PRAGMA cache_size: pages, or -KiB
  int64_t cache_size() const;
  // PRAGMA cache_spill: from how many pages on (given as for the cache size) changed ones may be written ahead of the
  // commit, if at all. What is told is never less than the cache holds.
  void set_spill_size(int64_t spill_size);
  int64_t spill_size_pages() const;
  void set_spilling(bool allowed);
  void set_exclusive_locking(bool exclusive);
  void set_auto_checkpoint(int frame_count);  // 0: off
  int auto_checkpoint() const;
  void set_max_page_count(uint32_t page_count);
  uint32_t max_page_count() const;
  void set_journal_size_limit(int64_t size_bytes);
  int64_t journal_size_limit() const;
  void set_busy_handler(bool (*handler)(void* context, int attempt), void* context);
  struct CheckpointResult {
    bool busy = false;
    int wal_frame_count = -1;
    int checkpointed_frame_count = -1;
  };
  Result<CheckpointResult> checkpoint(CheckpointMode mode);
  // Called after each WAL commit with the frame count; replaces nothing (auto-checkpoint runs besides).
  void set_wal_hook(void (*hook)(void* context, int frame_count), void* context);
  // What look-ups remember about the trees of this database.
  LeafMaps& leaf_maps() { return *leaf_maps_; }
  // Drops unpinned pages (sqlite3_db_release_memory, PRAGMA shrink_memory).
  void release_memory();

 private:
  struct Impl;
  friend struct Impl;
  // What fetch() needs of an open view: where to look, and which tag marks its state there.
  struct ViewState {
    PinTable* table;
    uint32_t tag;
    uint32_t unused;
  };
  Pager();
  Result<PageRef> fetch_slow(PageId id, View view);
  Result<uint8_t*> fetch_mut_slow(PageId id, bool fresh);

  // Trees whose roots share a counter only look changed more often than they are.
  static constexpr uint32_t kTreeCounterCount = 64;

  ViewState* view_states_ = nullptr;
  uint64_t change_count_;
  uint64_t tree_change_counts_[kTreeCounterCount] = {};
  // Pages stamped above this may be changed in place: nobody can see them but the running statement.
  uint32_t copy_floor_ = UINT32_MAX;
  std::unique_ptr<LeafMaps> leaf_maps_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sqlrite::storage
