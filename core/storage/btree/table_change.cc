// Changing rows of a table tree where they lie: single fields of a record, and many rows of one leaf at once.
#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "storage/btree/btree.h"
#include "storage/btree/overflow.h"
#include "storage/btree/page_edit.h"
#include "storage/btree/tree_writer.h"
#include "storage/format/corruption.h"
#include "storage/record/serial.h"

namespace sqlrite::storage {
namespace {

constexpr uint32_t kChangesMax = 16;             // more fields at once: the row is written as a whole
constexpr uint32_t kRebuiltSizeBytesMax = 2048;  // the same for longer records whose fields change their sizes

// A field to be changed: where its type and bytes lie in the old record, and the type of the new value.
struct FieldPlace {
  uint32_t type_offset;
  uint32_t type_size_bytes;
  uint32_t body_offset;
  uint32_t body_size_bytes;
  uint64_t new_type;
};

void write_field_body(const Value& value, uint64_t type, uint8_t* out) {
  uint64_t size = serial_size(type);
  if (type >= 12) {
    if (size > 0) std::memcpy(out, value.bytes, size);
  } else if (type >= 1 && type <= 7) {
    uint8_t bytes[8];
    store_be64(bytes, serial_number_bits(value, type));
    std::memcpy(out, bytes, size);
  }
}

// Finds the fields in a record that lies on its page as a whole. False: too long a header, or not that many fields.
bool find_fields(const uint8_t* record, uint32_t size_bytes, std::span<const FieldChange> changes, FieldPlace* places,
                 uint32_t* header_size_bytes) {
  if (size_bytes == 0 || record[0] >= 0x80 || record[0] < 1 || record[0] > size_bytes) return false;
  *header_size_bytes = record[0];
  const uint8_t* h = record + 1;
  const uint8_t* h_end = record + record[0];
  uint64_t body = record[0];
  uint32_t position = 0;
  for (size_t i = 0; i < changes.size(); ++position) {
    if (h >= h_end) return false;
    uint64_t type;
    uint32_t type_size = read_varint(h, &type);
    uint64_t size = serial_size(type);
    if (size > size_bytes || body + size > size_bytes) return false;
    if (position == changes[i].position) {
      places[i] = FieldPlace{static_cast<uint32_t>(h - record), type_size, static_cast<uint32_t>(body),
                             static_cast<uint32_t>(size), serial_type_of(changes[i].value, changes[i].real_as_integer)};
      ++i;
    }
    h += type_size;
    body += size;
  }
  return h <= h_end;
}

}  // namespace

Result<bool> TableCursor::change_fields(std::span<const FieldChange> changes) {
  SQLRITE_ENSURE(valid_ && view_.is_newest());
  if (cell_.local_size_bytes != cell_.payload_size_bytes || changes.size() > kChangesMax) return false;
  const uint8_t* record = cell_.payload;
  const uint32_t size_bytes = cell_.payload_size_bytes;
  FieldPlace places[kChangesMax];
  uint32_t header_size;
  if (!find_fields(record, size_bytes, changes, places, &header_size)) return false;
  bool same_sizes = true;
  uint64_t new_size = size_bytes;
  for (size_t i = 0; i < changes.size(); ++i) {
    const FieldPlace& place = places[i];
    uint64_t new_body = serial_size(place.new_type);
    uint32_t new_type_size = varint_length(place.new_type);
    same_sizes = same_sizes && new_body == place.body_size_bytes && new_type_size == place.type_size_bytes;
    new_size += new_body + new_type_size - place.body_size_bytes - place.type_size_bytes;
  }
  if (same_sizes) {
    Level& level = levels_[depth_];
    uint32_t offset = static_cast<uint32_t>(record - level.data());
    SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_->fetch_mut(level.id));
    pager_->note_tree_change(root_);
    for (size_t i = 0; i < changes.size(); ++i) {
      write_varint(bytes + offset + places[i].type_offset, places[i].new_type);
      write_field_body(changes[i].value, places[i].new_type, bytes + offset + places[i].body_offset);
    }
    if (level.data() != bytes) {
      SQLRITE_TRY_ASSIGN(level.page, pager_->fetch(level.id, kNewestView));
    }
    stamp_ = pager_->change_count(root_);
    gap_rowid_ = cell_.rowid;
    ++level.index;
    valid_ = false;
    place_ = Place::Gap;
    return true;
  }
  // The pieces between the changed fields go over as they are.
  if (new_size > kRebuiltSizeBytesMax) return false;
  uint8_t rebuilt[kRebuiltSizeBytesMax + 16];
  uint32_t new_header_size = header_size;
  for (size_t i = 0; i < changes.size(); ++i)
    new_header_size += varint_length(places[i].new_type) - places[i].type_size_bytes;
  if (new_header_size >= 0x80) return false;
  rebuilt[0] = static_cast<uint8_t>(new_header_size);
  uint8_t* out = rebuilt + 1;
  uint32_t from = 1;
  for (size_t i = 0; i < changes.size(); ++i) {
    std::memcpy(out, record + from, places[i].type_offset - from);
    out += places[i].type_offset - from;
    out += write_varint(out, places[i].new_type);
    from = places[i].type_offset + places[i].type_size_bytes;
  }
  std::memcpy(out, record + from, header_size - from);
  out += header_size - from;
  from = header_size;
  for (size_t i = 0; i < changes.size(); ++i) {
    std::memcpy(out, record + from, places[i].body_offset - from);
    out += places[i].body_offset - from;
    write_field_body(changes[i].value, places[i].new_type, out);
    out += serial_size(places[i].new_type);
    from = places[i].body_offset + places[i].body_size_bytes;
  }
  std::memcpy(out, record + from, size_bytes - from);
  out += size_bytes - from;
  SQLRITE_ENSURE(static_cast<uint64_t>(out - rebuilt) == new_size);
  std::memset(out, 0, 16);
  SQLRITE_TRY(insert(cell_.rowid, Payload{{rebuilt, static_cast<size_t>(new_size)}, 0}));
  return true;
}

Status TableCursor::overwrite(uint64_t offset, std::span<const uint8_t> bytes) {
  SQLRITE_ENSURE(valid_ && view_.is_newest() && offset + bytes.size() <= cell_.payload_size_bytes);
  pager_->note_tree_change(root_);
  if (offset < cell_.local_size_bytes) {
    Level& level = levels_[depth_];
    const size_t payload_at = static_cast<size_t>(cell_.payload - level.data());
    const size_t part = std::min<size_t>(bytes.size(), cell_.local_size_bytes - offset);
    SQLRITE_TRY_ASSIGN(uint8_t* page, pager_->fetch_mut(level.id));
    std::memcpy(page + payload_at + offset, bytes.data(), part);
    SQLRITE_TRY_ASSIGN(level.page, pager_->fetch(level.id, kNewestView));
    cell_.payload = level.data() + payload_at;
    bytes = bytes.subspan(part);
    offset += part;
  }
  stamp_ = pager_->change_count(root_);
  return bytes.empty() ? Status() : overwrite_overflow(*pager_, cell_, offset, bytes);
}

Result<uint32_t> TableCursor::erase_rows(std::span<const RowId> rowids, uint32_t* erased) {
  SQLRITE_ENSURE(pager_ != nullptr && view_.is_newest() && !rowids.empty());
  *erased = 0;
  bool exact;
  SQLRITE_TRY(locate(rowids[0], &exact));
  // Merges the rowids with those of the leaf.
  uint16_t indexes[65536 / 6];
  uint32_t count = 0;
  uint32_t done = 0;
  Level& level = levels_[depth_];
  uint32_t index = level.index;
  for (; done < rowids.size() && rowids[done] <= leaf_max_ && (done == 0 || rowids[done] > rowids[done - 1]); ++done) {
    RowId found = 0;
    uint64_t payload_size = 0;
    for (; index < level.cell_count; ++index) {
      uint32_t offset = load_be16(level.data() + level.pointers + 2 * index);
      if (offset > limits_.usable_size_bytes - kMinCellSizeBytes)
        return corrupt_page(level.id, "a cell pointer leads outside of its content");
      const uint8_t* p = level.data() + offset;
      p += read_varint(p, &payload_size);
      uint64_t rowid;
      read_varint(p, &rowid);
      found = static_cast<RowId>(rowid);
      if (found >= rowids[done]) break;
    }
    if (index == level.cell_count) {
      // The rest of what belongs on this leaf is not there.
      while (done < rowids.size() && rowids[done] <= leaf_max_ && (done == 0 || rowids[done] > rowids[done - 1]))
        ++done;
      break;
    }
    if (found != rowids[done]) continue;
    if (payload_size > limits_.table_local_max) {
      level.index = static_cast<uint16_t>(index);
      SQLRITE_TRY_ASSIGN(bool standing, stand());
      static_cast<void>(standing);
      valid_ = false;
      SQLRITE_TRY(free_overflow(*pager_, cell_.overflow, cell_.payload_size_bytes - cell_.local_size_bytes));
    }
    if (count == sizeof indexes / sizeof indexes[0]) return corrupt_page(level.id, "it has more cells than fit");
    indexes[count++] = static_cast<uint16_t>(index++);
  }
  place_ = Place::Nowhere;
  if (done == 0)
    return corrupt_page(
        level.id,
        "its keys are not those that lead to it");  // the leaf found for a rowid has to be the one where it belongs
  if (count == 0) return done;
  *erased = count;
  pager_->note_tree_change(root_);
  SQLRITE_TRY_ASSIGN(uint8_t* bytes, pager_->fetch_mut(level.id));
  PageEdit edit;
  if (!edit.open(bytes, level.id, limits_, true)) return corrupt_page(level.id, "it is no page of this tree");
  SQLRITE_TRY(edit.remove_cells(indexes, count));
  SQLRITE_TRY_ASSIGN(uint32_t free_size, edit.free_size_bytes());
  if (depth_ == 0 || free_size * 3 <= limits_.usable_size_bytes * 2) {
    if (level.data() != bytes) {
      SQLRITE_TRY_ASSIGN(level.page, pager_->fetch(level.id, kNewestView));
    }
    level.cell_count = edit.view().cell_count;
    level.index = 0;
    last_known_ = false;
    stamp_ = pager_->change_count(root_);
    return done;
  }
  TreeWriter writer(*pager_, limits_, true);
  for (int depth = 0; depth <= depth_; ++depth) writer.push(levels_[depth].id, levels_[depth].index);
  Status status = writer.balance(depth_, false);
  forget_levels();
  stamp_ = pager_->change_count(root_);
  if (!status.ok()) return status;
  return done;
}

}  // namespace sqlrite::storage
