// Restores a tree after an edit left a page too full or too empty: splits, redistribution among siblings, new levels.
//
// A page that its cells no longer fit is held *loose*: as a list of cells in memory, its bytes in the file being stale
// until balance() has written them to pages. Invariant: between public calls that end with balance(), no page is loose.
#pragma once

#include "base/arena.h"
#include "storage/btree/btree.h"
#include "storage/btree/page_edit.h"
#include "storage/pager/pager.h"

namespace sqlrite::storage {

class TreeWriter {
 public:
  TreeWriter(Pager& pager, const PayloadLimits& limits, bool table) : pager_(pager), limits_(limits), table_(table) {}
  // The path from the root to the page to edit: page and the index (child or cell) on it.
  void push(PageId id, uint32_t index) { steps_[++depth_] = Step{id, index, nullptr, false}; }
  int depth() const { return depth_; }
  Arena& arena() { return arena_; }
  template <typename T>
  Result<T*> make_array(size_t count) {
    void* memory = arena_.try_allocate(sizeof(T) * (count + 1), alignof(T));
    if (memory == nullptr) return Code::NoMem;
    return static_cast<T*>(memory);
  }

  // Puts a cell in as cell `index` of the page at `depth`, in place or loose. The draft's bytes may go afterwards.
  Status insert_cell(int depth, uint32_t index, const CellDraft& draft);
  // Takes the page at `depth` apart; its cells are to be given back, changed, before anything else is done.
  Result<std::span<const LooseCell>> take_cells(int depth);
  // False: the page is too full or too empty for them and has to be balanced. `cells` are in this writer's arena.
  Result<bool> give_cells(int depth, LooseCell* cells, uint32_t count);
  // A row beyond all others, for which the right-most leaf (at `depth`, its last rowid `last`) has no room: the leaf stays
  // as it is, the row begins a new leaf. Mends what is above.
  Status append_leaf(int depth, const CellDraft& draft, RowId last);
  // Mends the page at `depth` and everything above it. `bulk`: the insert was at the right edge of sorted input, so
  // left pages are left full instead of being evened out.
  Status balance(int depth, bool bulk);
  // The least depth balance() looked at; what lies above was not touched.
  int balanced_up_to() const { return balanced_up_to_; }

 private:
  struct LooseNode {
    LooseCell* cells = nullptr;
    uint32_t count = 0;
    PageId right_child;
    uint8_t type = 0;
  };
  struct Step {
    PageId id;
    uint32_t index = 0;
    LooseNode* loose = nullptr;
    bool fresh = false;  // made by deepen_root(): its bytes in the file hold none of the cells
  };
  struct Sibling : LooseNode {
    PageId id;
  };
  struct Redistribution;
  static constexpr int kSiblingsMax = 3;
  static constexpr int kPagesMax = 6;

  Status read_sibling(PageId id, uint32_t extra_cells, Sibling* out);
  // The cells of a page of the path, loose or not.
  Status read_step(const Step& step, Sibling* out);
  Status loosen(int depth);
  Status insert_loose(int depth, uint32_t index, LooseCell cell);
  Result<LooseCell> copy_cell(const uint8_t* bytes, uint32_t size_bytes);
  Status deepen_root();
  Status split_append(int depth);
  Status link_leaf(int depth, PageId fresh, RowId last);

  // tree_redistribute.cc
  Status redistribute(int depth, bool bulk);
  Status read_siblings(Redistribution* work);
  Status gather_cells(Redistribution* work);
  Status deal_out(Redistribution* work);
  Status even_out(Redistribution* work);
  Status take_pages(Redistribution* work);
  Status replace_children(const Redistribution& work);
  Status insert_dividers(const Redistribution& work, bool mapped);

  Status put_page(PageId id, uint8_t type, const LooseCell* cells, uint32_t count, PageId right_child);

  Pager& pager_;
  PayloadLimits limits_;
  bool table_;
  int depth_ = -1;
  int balanced_up_to_ = static_cast<int>(kDepthLimit);
  Step steps_[kDepthLimit + 2];
  Arena arena_{16384};
};

}  // namespace sqlrite::storage
