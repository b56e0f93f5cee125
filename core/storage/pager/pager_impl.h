// Inside of Pager: pin tables, the overlay of changed pages, marks and views.
//
// Overlay invariants
//   1. The versions of a page are linked newest first, by falling stamp. A view or mark with stamp g sees the first
//      version with stamp <= g, or, if there is none, the shared version of its snapshot.
//   2. A version is changed in place only if its stamp is above copy_floor_: the largest stamp any mark or view has, and
//      the start of the transaction.
//   3. An entry is dirty when its newest version belongs to the running transaction and differs from the shared one.
//   4. Where old versions cannot be read again after the commit (no log), the chain of a dirty page ends in a version with
//      a stamp at or below the start of the transaction: the content before it.
//   5. Without open views nothing stays in the overlay between transactions.
//
// The newest table holds what the pager sees as newest. Views opened over an unchanged state share it ("attached");
// the first change detaches them to the view table, where each has a tag of its own.
#pragma once

#include <cstring>
#include <string>

#include "base/grow_array.h"
#include "storage/pager/database_file.h"
#include "storage/pager/pager.h"

namespace sqlrite::storage {

// Operations on the two tables of a pager.
class PinTables {
 public:
  explicit PinTables(DatabaseFile* file);
  ~PinTables();
  PinTable* newest() { return &newest_; }
  PinTable* views() { return &views_; }
  void set_slot_count_max(uint32_t count) { slot_count_max_ = count; }
  // Takes over the caller's pin of `frame`. Returns a pin with one reference, or null (memory; the frame is unpinned).
  PagePin* insert(PinTable* table, uint32_t page, uint32_t tag, Frame* frame, uint32_t stamp);
  void remove(PinTable* table, uint32_t page);
  void clear(PinTable* table);
  // Lets go of some pins nobody uses, so that their frames can be evicted.
  void sweep(PinTable* table);

 private:
  bool resize(PinTable* table, uint32_t slot_count);
  void empty_slot(PinTable* table, PinTable::Slot& slot);
  DatabaseFile* file_;
  PinTable newest_;
  PinTable views_;
  uint32_t slot_count_max_ = 4096;
  uint32_t sweep_hand_ = 0;
};

struct OverlayVersion {
  enum class Kind : uint8_t { Content, UseShared };
  Frame* frame;
  uint64_t spilled_sequence;  // where in the log (or spill file) its content is; 0: nowhere
  uint32_t stamp;
  Kind kind;
  OverlayVersion* older;
};

struct OverlayEntry {
  uint32_t page;
  bool dirty;
  bool forgotten;  // nobody will read its content
  bool spill_candidate;
  bool was_spilled;  // to the log
  bool in_multi_list;
  OverlayVersion* newest;
};

struct Mark {
  uint32_t stamp;
  uint32_t page_count;  // UINT32_MAX: taken before the transaction wrote
};

struct ViewSlot {
  bool open = false;
  bool attached = false;
  uint64_t sequence = 0;
  uint32_t stamp = 0;
  uint32_t page_count = 0;
};

struct Pager::Impl {
  Impl(Pager* pager, DatabaseFile* file, const PagerOptions& options);
  // False when memory is gone; nothing may be done with the pager then.
  bool prepare();
  ~Impl();

  // --- Transactions.
  Status begin_read_slow();
  void install_snapshot(const Snapshot& snapshot, bool own);
  void finish_write();
  void update_mark();
  bool has_changes() const;
  void stamp_header(uint8_t* header, uint32_t change_counter) const;
  Status prepare_header();
  Status collect_commit_pages(bool journaled, bool* any_in_memory);
  DatabaseFile::CommitRequest empty_request();
  Result<DatabaseFile::CommitRequest> request_of_overlay();
  void settle_overlay();
  void finish_commit(const DatabaseFile::CommitOutcome& outcome);
  Status commit();
  Status end_failed_commit(Status status);
  Status replace_in_memory(PageSource& pages, const Snapshot& content);
  Status replace_in_log(PageSource& pages, const Snapshot& content);
  Status replace_in_file(PageSource& pages, const Snapshot& content);
  // Frames of the current page size that the pager keeps for itself. REQUIRES no open views.
  void clear_pins();
  Status change_journal_mode(JournalMode mode, bool in_transaction);
  BusyPolicy busy() const { return {options_.busy_handler, options_.busy_context, 0}; }
  bool is_write_protected() const { return options_.read_only || file_->is_read_only() || file_->is_write_protected(); }

  // --- Pages.
  uint32_t newest_page_count() const { return writing_ ? page_count_ : snapshot_.page_count; }
  Result<PagePin*> pin_newest(uint32_t page);
  Result<PagePin*> pin_view(uint32_t page, uint32_t slot);
  Result<Frame*> version_frame(OverlayVersion* version);  // pinned once more
  Result<uint8_t*> make_mutable(uint32_t page, bool fresh);
  Status out_of_range(uint32_t page) const;
  Status maybe_spill();
  void drop_original(OverlayEntry& entry);
  Status restore_originals();
  Status restore_visible();
  void count_spilled();
  Result<Frame*> take_frame();
  void drop_frame(Frame* frame);
  void give_back_spares();

  // --- Overlay.
  OverlayEntry* find_entry(uint32_t page);
  OverlayEntry* add_entry(uint32_t page);
  OverlayVersion* push_version(OverlayEntry* entry, Frame* frame, uint32_t stamp, OverlayVersion::Kind kind);
  void drop_version(OverlayVersion* version);
  void drop_invisible(OverlayEntry* entry);
  void prune();
  void clear_overlay();
  // Brings every page back to its state at `stamp`.
  Status undo_to(uint32_t stamp);
  void undo_all();

  // --- Marks and views.
  void detach_views();
  void recompute_floor();
  uint32_t max_view_stamp() const;
  bool is_visible(uint32_t stamp, uint32_t newer_stamp) const;
  bool grow_views(size_t count);

  Pager* pager_;
  DatabaseFile* file_;
  PagerOptions options_;
  ReadMark mark_;
  Snapshot snapshot_;
  PinTables tables_;
  uint64_t table_sequence_ = 0;  // the state the newest table shows
  bool reading_ = false;
  bool writing_ = false;
  bool counted_ = false;  // this transaction holds the file's locks
  bool rolled_back_by_error_ = false;
  bool writer_released_ = false;

  static constexpr uint32_t kSpareFramesMax = 4;
  Frame* spare_frames_[kSpareFramesMax];  // without pins
  uint32_t spare_frame_count_ = 0;
  GrowArray<OverlayEntry> entries_;
  GrowArray<uint32_t> entry_slots_;  // open addressing: index + 1 into entries_
  GrowArray<uint32_t> multi_entries_;
  OverlayVersion* free_versions_ = nullptr;
  GrowArray<OverlayVersion*> version_blocks_;
  uint32_t generation_ = 1;
  uint32_t transaction_floor_ = 0;
  uint32_t undo_floor_ = 0;
  uint32_t page_count_ = 0;
  uint32_t dirty_count_ = 0;
  uint32_t spilled_count_ = 0;
  uint64_t slow_touch_count_ = 0;
  uint64_t spill_mark_touch_ = 0;
  bool spill_marked_ = false;
  GrowArray<Mark> marks_;
  GrowArray<ViewSlot> views_;
  GrowArray<ViewState> view_state_storage_;
  uint32_t open_view_count_ = 0;
  uint32_t attached_view_count_ = 0;
  uint32_t next_tag_ = 1;
  GrowArray<DirtyPage> commit_pages_;
  DatabaseFile::CommitRequest prepared_request_ = {};
  GrowArray<uint32_t> changed_pages_;

  Synchronous synchronous_ = Synchronous::Full;
  int64_t cache_size_ = -2000;
  bool cache_size_is_default_ = true;
  int64_t spill_size_pages_ = 1;
  bool spilling_ = true;
  int auto_checkpoint_ = 1000;
  uint32_t max_page_count_ = 0xfffffffe;
  int empty_reserved_size_bytes_ = 0;
  uint64_t data_version_ = 1;
  uint64_t last_own_sequence_ = 0;
  bool data_version_known_ = false;
  void (*wal_hook_)(void* context, int frame_count) = nullptr;
  void* wal_hook_context_ = nullptr;
};

}  // namespace sqlrite::storage
