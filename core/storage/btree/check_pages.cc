// Page-level part of PRAGMA integrity_check, in SQLite's words, so that scripts that read them keep working.
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "base/check.h"
#include "storage/btree/btree.h"
#include "storage/btree/page_edit.h"
#include "storage/btree/pointer_map.h"
#include "storage/record/serial.h"

namespace sqlrite::storage {
namespace {

// Do the values of a record end before its payload does? SQLite then refuses to read the last one. Headers that go on in
// overflow pages are left to whoever reads the row.
bool has_bytes_behind_record(const uint8_t* payload, const CellInfo& info) {
  uint64_t header_size;
  const uint32_t n = read_varint(payload, &header_size);
  if (info.payload_size_bytes == 0 || header_size < n || header_size > info.local_size_bytes) return false;
  uint64_t size = header_size;
  const uint8_t* at = payload + n;
  while (at < payload + header_size) {
    uint64_t type;
    at += read_varint(at, &type);
    size += serial_size(type);
  }
  return at == payload + header_size && size < info.payload_size_bytes;
}

struct Checker {
  Pager& pager;
  View view;
  PayloadLimits limits;
  int errors_left;
  void (*report)(void*, std::string_view);
  void* context;
  bool mapped = false;
  uint32_t page_count = 0;
  uint8_t* seen = nullptr;  // one bit a page
  uint32_t error_count = 0;
  const char* prefix = nullptr;  // printf format over tree, page, cell
  uint32_t tree = 0;
  uint32_t page = 0;
  uint32_t cell = 0;
  uint32_t depth = 0;
  uint64_t* ranges = nullptr;  // (start << 32 | end) of cells and freeblocks of one page
  bool out_of_memory = false;  // nothing is known about the rest, and nothing is said

  ~Checker() {
    std::free(seen);
    std::free(ranges);
  }

  Result<PageRef> get(uint32_t id) {
    Result<PageRef> fetched = pager.fetch(PageId{id}, view);
    if (!fetched.ok()) note(fetched.status());
    return fetched;
  }

  void note(const Status& status) {
    if (status.primary() != Code::NoMem) return;
    out_of_memory = true;
    errors_left = 0;
  }

  [[gnu::format(printf, 2, 3)]] void message(const char* format, ...) {
    if (errors_left <= 0) return;
    --errors_left;
    ++error_count;
    char text[256];
    int length = 0;
    if (prefix != nullptr) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
      length = std::snprintf(text, sizeof text, prefix, tree, page, cell);
#pragma GCC diagnostic pop
    }
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text + length, sizeof text - static_cast<size_t>(length), format, arguments);
    va_end(arguments);
    report(context, text);
  }

  bool is_seen(uint32_t id) const { return (seen[id / 8] >> (id % 8)) & 1; }
  void mark(uint32_t id) { seen[id / 8] = static_cast<uint8_t>(seen[id / 8] | (1u << (id % 8))); }
  // False (with a message) when the page cannot be used here.
  bool reference(uint32_t id) {
    if (id > page_count || id == 0) {
      message("invalid page number %u", id);
      return false;
    }
    if (is_seen(id)) {
      message("2nd reference to page %u", id);
      return false;
    }
    mark(id);
    return true;
  }

  void pointer(uint32_t child, PointerKind kind, uint32_t parent) {
    // Pages without an entry (0, 1, beyond the end) cannot be looked up.
    Result<PointerEntry> entry =
        child < 2 ? Result<PointerEntry>(Code::Corrupt) : get_pointer(pager, PageId{child}, view);
    if (!entry.ok()) {
      note(entry.status());
      message("Failed to read ptrmap key=%u", child);
      return;
    }
    if (entry.value().kind != kind || entry.value().parent.value != parent) {
      message("Bad ptr map entry key=%u expected=(%u,%u) got=(%u,%u)", child, static_cast<unsigned>(kind), parent,
              static_cast<unsigned>(entry.value().kind), entry.value().parent.value);
    }
  }

  // The freelist, or one overflow chain, which should have `expected` pages.
  void list(bool free_pages, uint32_t id, uint32_t expected) {
    uint32_t left = expected;
    uint32_t errors_before = error_count;
    while (id != 0 && errors_left > 0) {
      if (!reference(id)) break;
      --left;
      Result<PageRef> fetched = get(id);
      if (!fetched.ok()) {
        message("failed to get page %u", id);
        break;
      }
      const uint8_t* bytes = fetched.value().data();
      if (free_pages) {
        uint32_t leaf_count = load_be32(bytes + 4);
        if (mapped) pointer(id, PointerKind::Free, 0);
        if (leaf_count > limits.usable_size_bytes / 4 - 2) {
          message("freelist leaf count too big on page %u", id);
          --left;
        } else {
          for (uint32_t i = 0; i < leaf_count; ++i) {
            uint32_t leaf = load_be32(bytes + 8 + 4 * i);
            if (mapped) pointer(leaf, PointerKind::Free, 0);
            reference(leaf);
          }
          left -= leaf_count;
        }
      } else if (mapped && left > 0) {
        pointer(load_be32(bytes), PointerKind::OverflowLater, id);
      }
      id = load_be32(bytes);
    }
    if (left != 0 && errors_before == error_count) {
      message("%s is %u but should be %u", free_pages ? "size" : "overflow list length", expected - left, expected);
    }
  }

  // Returns the height of the subtree. *smallest is the smallest rowid below; `largest` bounds the rowids.
  int subtree(uint32_t id, RowId* smallest, RowId largest) {
    if (errors_left <= 0 || id == 0) return 0;
    if (!reference(id)) return 0;
    const char* saved_prefix = prefix;
    uint32_t saved_page = page;
    uint32_t saved_cell = cell;
    prefix = "Tree %u page %u: ";
    page = id;
    ++depth;
    int height = subtree_at(id, smallest, largest);
    --depth;
    prefix = saved_prefix;
    page = saved_page;
    cell = saved_cell;
    return height;
  }

  int subtree_at(uint32_t id, RowId* smallest, RowId largest) {
    Result<PageRef> fetched = get(id);
    if (!fetched.ok()) {
      message("unable to get the page. error code=%d", static_cast<int>(fetched.status().code()));
      return 0;
    }
    if (depth > kDepthLimit) {
      message("btree depth exceeds %u", kDepthLimit);
      return 0;
    }
    const uint8_t* bytes = fetched.value().data();
    PageView p;
    bool table = is_table_type(bytes[page_head(PageId{id})]);
    if (!p.parse(bytes, PageId{id}, limits.usable_size_bytes, table) ||
        p.cell_count > (limits.usable_size_bytes - 8) / 6) {
      message("btreeInitPage() returns error code 11");
      return 0;
    }
    PageEdit edit;
    // Only reads: free_size_bytes() walks and checks the freeblocks.
    bool sound = edit.open(const_cast<uint8_t*>(bytes), PageId{id}, limits, table);
    if (!sound || !edit.free_size_bytes().ok()) {
      message("free space corruption");
      return 0;
    }
    bool all_read = true;
    int height = cells(id, p, &largest, &all_read);
    *smallest = largest;
    prefix = nullptr;
    if (all_read && errors_left > 0) content_area(id, p);
    return height + 1;
  }

  // The page's cells and what they lead to, from the last to the first; *largest moves down from key to key. Returns the
  // height of the subtrees. *all_read is false where a cell makes no sense.
  int cells(uint32_t id, const PageView& p, RowId* largest, bool* all_read) {
    const bool table = p.table();
    int height = -1;
    bool equal_allowed = true;  // only the very first key may equal the bound
    prefix = "Tree %u page %u cell %u: ";
    if (!p.leaf()) {
      uint32_t child = p.right_child().value;
      if (mapped) {
        prefix = "Tree %u page %u right child: ";
        pointer(child, PointerKind::Child, id);
      }
      // In pointer map files SQLite keeps this prefix for the page's cells too.
      height = subtree(child, largest, *largest);
      equal_allowed = false;
    }
    for (uint32_t i = p.cell_count; i-- > 0 && errors_left > 0;) {
      cell = i;
      CellInfo info;
      if (!read_cell(p, i, &info)) {
        *all_read = false;
        continue;
      }
      if (table) {
        if (equal_allowed ? info.rowid > *largest : info.rowid >= *largest) {
          message("Rowid %lld out of order", static_cast<long long>(info.rowid));
        }
        *largest = info.rowid;
        equal_allowed = false;
      }
      if (info.payload_size_bytes > info.local_size_bytes) {
        uint32_t pages = (info.payload_size_bytes - info.local_size_bytes + limits.usable_size_bytes - 5) /
                         (limits.usable_size_bytes - 4);
        if (mapped) pointer(info.overflow.value, PointerKind::OverflowFirst, id);
        list(false, info.overflow.value, pages);
      }
      if (!p.leaf()) {
        uint32_t child = info.child.value;
        if (mapped) pointer(child, PointerKind::Child, id);
        int child_height = subtree(child, largest, *largest);
        equal_allowed = false;
        if (child_height != height) {
          message("Child page depth differs");
          height = child_height;
        }
      }
    }
    return height;
  }

  // False, with a message, where the cell is not within the page's content.
  bool read_cell(const PageView& p, uint32_t index, CellInfo* info) {
    const uint32_t content = p.content_start();
    const uint32_t offset = p.cell_offset(index);
    if (offset < content || offset > limits.usable_size_bytes - 4) {
      message("Offset %u out of range %u..%u", offset, content, limits.usable_size_bytes - 4);
      return false;
    }
    const uint8_t* bytes = p.data + offset;
    if (!parse_cell_at(bytes, p.data + limits.usable_size_bytes, p.type, limits, info) ||
        offset + info->size_bytes > limits.usable_size_bytes) {
      message("Extends off end of page");
      return false;
    }
    if (info->payload_size_bytes > 0 && bytes[info->payload_offset] < 2) {
      message("Bad cell header size");
      return false;
    }
    if (p.type == kTableLeaf && has_bytes_behind_record(bytes + info->payload_offset, *info)) {
      message("Payload goes on behind its record");
    }
    return true;
  }

  // Every byte of the content area belongs to one cell, one freeblock or is counted as fragment.
  void content_area(uint32_t id, const PageView& p) {
    uint32_t range_count = 0;
    for (uint32_t i = 0; i < p.cell_count; ++i) {
      CellInfo info;
      uint32_t offset = p.cell_offset(i);
      if (!parse_cell(p, i, limits, &info)) return;
      ranges[range_count++] = (uint64_t{offset} << 32) | (offset + info.size_bytes - 1);
    }
    uint32_t block = load_be16(p.data + p.head + 1);
    while (block != 0) {
      uint32_t size = load_be16(p.data + block + 2);
      ranges[range_count++] = (uint64_t{block} << 32) | (block + size - 1);
      block = load_be16(p.data + block);
    }
    std::sort(ranges, ranges + range_count);
    uint32_t fragments = 0;
    uint32_t end = p.content_start() - 1;
    bool overlap = false;
    for (uint32_t i = 0; i < range_count; ++i) {
      uint32_t start = static_cast<uint32_t>(ranges[i] >> 32);
      if (end >= start) {
        message("Multiple uses for byte %u of page %u", start, id);
        overlap = i + 1 < range_count;
        break;
      }
      fragments += start - end - 1;
      end = static_cast<uint32_t>(ranges[i]);
    }
    fragments += limits.usable_size_bytes - end - 1;
    if (!overlap && fragments != p.data[p.head + 7]) {
      message("Fragmentation of %u bytes reported as %u on page %u", fragments, p.data[p.head + 7], id);
    }
  }
};

}  // namespace

Status check_pages(Pager& pager, View view, std::span<const PageId> roots, int error_count_max,
                   void (*report)(void* context, std::string_view message), void* context) {
  Checker c{.pager = pager,
            .view = view,
            .limits = PayloadLimits(pager.usable_size_bytes()),
            .errors_left = error_count_max,
            .report = report,
            .context = context};
  c.page_count = pager.page_count(view);
  if (c.page_count == 0) return {};
  c.seen = static_cast<uint8_t*>(std::calloc(c.page_count / 8 + size_t{1}, 1));
  // Cells take at least 4 bytes and a pointer, freeblocks 4.
  c.ranges = static_cast<uint64_t*>(std::malloc(sizeof(uint64_t) * (pager.usable_size_bytes() / 2 + size_t{16})));
  if (c.seen == nullptr || c.ranges == nullptr) return Code::NoMem;
  uint32_t lock = pager.lock_byte_page().value;
  if (lock <= c.page_count) c.mark(lock);

  uint32_t first_trunk, free_count, largest_root, incremental;
  {
    SQLRITE_TRY_ASSIGN(PageRef page, pager.fetch(PageId{1}, view));
    first_trunk = load_be32(page.data() + kHeaderFirstTrunk);
    free_count = load_be32(page.data() + kHeaderFreeCount);
    largest_root = load_be32(page.data() + kHeaderLargestRoot);
    incremental = load_be32(page.data() + kHeaderIncremental);
  }
  c.mapped = largest_root != 0;
  // A leading zero root says that not all trees are given: pages without owner are then no error.
  bool partial = !roots.empty() && roots[0].value == 0;
  if (!partial || (roots.size() > 1 && roots[1].value == 1)) {
    c.prefix = "Freelist: ";
    c.list(true, first_trunk, free_count);
    c.prefix = nullptr;
  }
  if (!partial) {
    if (c.mapped) {
      uint32_t largest = 0;
      for (PageId root : roots) largest = std::max(largest, root.value);
      if (largest != largest_root) c.message("max rootpage (%u) disagrees with header (%u)", largest, largest_root);
    } else if (incremental != 0) {
      c.message("incremental_vacuum enabled with a max rootpage of zero");
    }
  }
  for (PageId root : roots) {
    if (c.errors_left <= 0) break;
    if (!root) continue;
    if (c.mapped && root.value > 1 && !partial) c.pointer(root.value, PointerKind::Root, 0);
    c.tree = root.value;
    RowId smallest;
    c.subtree(root.value, &smallest, INT64_MAX);
  }
  c.prefix = nullptr;
  if (c.out_of_memory) return Code::NoMem;
  if (partial) return {};
  for (uint32_t id = 1; id <= c.page_count && c.errors_left > 0; ++id) {
    bool map_page = c.mapped && is_pointer_map_page(pager, PageId{id});
    if (!c.is_seen(id) && !map_page) c.message("Page %u: never used", id);
    if (c.is_seen(id) && map_page) c.message("Page %u: pointer map referenced", id);
  }
  return {};
}

}  // namespace sqlrite::storage
