#include "fuzz/mutation.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "base/endian.h"

namespace sqlrite::fuzz {

namespace {

using Bytes = std::vector<uint8_t>;

constexpr size_t kWalHeaderSizeBytes = 32;
constexpr size_t kFrameHeaderSizeBytes = 24;

std::string at(const char* what, size_t offset) { return std::string(what) + "@" + std::to_string(offset) + " "; }

// Values that sit at the edges of what a field may hold.
uint32_t edge_value(Random& random, uint32_t page_count) {
  const uint32_t values[] = {0,          1,          2,          3,          0x7f,       0x80,
                             0xff,       0x100,      0x7fff,     0x8000,     0xffff,     0x10000,
                             0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff, page_count, page_count + 1};
  uint32_t pick = random.below(24);
  return pick < 18 ? values[pick] : 1 + random.below(page_count + 2);
}

std::string change_bytes(Bytes& bytes, size_t from, size_t to, Random& random, uint32_t page_count) {
  if (to > bytes.size()) to = bytes.size();
  if (from >= to) return "";
  size_t offset = from + random.below(static_cast<uint32_t>(to - from));
  switch (random.below(5)) {
    case 0: bytes[offset] ^= static_cast<uint8_t>(1u << random.below(8)); return at("bit", offset);
    case 1: bytes[offset] = static_cast<uint8_t>(random.below(256)); return at("byte", offset);
    case 2: bytes[offset] = random.below(2) == 0 ? 0 : 0xff; return at("edge", offset);
    case 3:
      if (offset + 2 <= bytes.size()) store_be16(&bytes[offset], static_cast<uint16_t>(edge_value(random, page_count)));
      return at("word", offset);
    default:
      if (offset + 4 <= bytes.size()) store_be32(&bytes[offset], edge_value(random, page_count));
      return at("long", offset);
  }
}

// Four bytes that may be a page number (a child, an overflow page, a free page, a parent) become another one.
std::string change_page_number(Bytes& bytes, size_t from, size_t to, Random& random, uint32_t page_count) {
  if (to > bytes.size()) to = bytes.size();
  if (from + 4 > to) return "";
  size_t start = from + random.below(static_cast<uint32_t>(to - from));
  for (size_t i = 0; i < to - from; ++i) {
    size_t offset = from + (start - from + i) % (to - from);
    if (offset + 4 > to) continue;
    uint32_t value = load_be32(&bytes[offset]);
    if (value < 2 || value > page_count) continue;
    store_be32(&bytes[offset], edge_value(random, page_count));
    return at("page-number", offset);
  }
  return "";
}

std::string change_page(Bytes& bytes, size_t page_size, size_t page_offset, Random& random) {
  uint32_t page_count = static_cast<uint32_t>(bytes.size() / page_size);
  size_t head = page_offset == 0 ? 100 : page_offset;
  size_t end = std::min(page_offset + page_size, bytes.size());
  if (head + 12 > end) return "";
  switch (random.below(7)) {
    case 0: {  // its head: kind, first free block, cell count, start of content, fragments, right child
      return "head " + change_bytes(bytes, head, head + 12, random, page_count);
    }
    case 1: {  // an entry of the cell pointer array
      uint32_t cells = load_be16(&bytes[head + 3]);
      size_t array = head + (bytes[head] == 2 || bytes[head] == 5 ? 12 : 8);
      size_t entry = array + 2 * random.below(cells + 1);
      if (entry + 2 > end) return "";
      store_be16(&bytes[entry],
                 static_cast<uint16_t>(random.below(2) == 0 ? random.below(static_cast<uint32_t>(page_size))
                                                            : edge_value(random, page_count)));
      return at("cell-pointer", entry);
    }
    case 2: {  // the start of a cell: child, payload size, key, record header
      uint32_t cells = load_be16(&bytes[head + 3]);
      size_t array = head + (bytes[head] == 2 || bytes[head] == 5 ? 12 : 8);
      size_t entry = array + 2 * random.below(cells);
      if (entry + 2 > end) return "";
      size_t cell = page_offset + load_be16(&bytes[entry]);
      return "cell " + change_bytes(bytes, cell, std::min(cell + 12, end), random, page_count);
    }
    case 3: return change_page_number(bytes, page_offset, end, random, page_count);
    case 4:
      return "chain " + change_page_number(bytes, page_offset, std::min(page_offset + 8, end), random, page_count);
    case 5: return change_bytes(bytes, page_offset, end, random, page_count);
    default: {
      for (uint32_t i = 2 + random.below(20); i > 0; --i)
        bytes[page_offset + random.below(static_cast<uint32_t>(end - page_offset))] =
            static_cast<uint8_t>(random.below(256));
      return at("noise", page_offset);
    }
  }
}

std::string change_database(FileImage* image, Random& random) {
  Bytes& bytes = image->database;
  const size_t page_size = image->page_size_bytes;
  if (bytes.size() < page_size) return "";
  uint32_t page_count = static_cast<uint32_t>(bytes.size() / page_size);
  auto page = [&] { return page_size * random.below(page_count); };
  switch (random.below(16)) {
    case 0: return "header " + change_bytes(bytes, 0, 100, random, page_count);
    case 1: return "header " + change_bytes(bytes, 16, 72, random, page_count);
    case 2: {
      size_t size = random.below(static_cast<uint32_t>(bytes.size()));
      bytes.resize(size);
      return at("truncated", size);
    }
    case 3: {
      size_t size = page_size * random.below(page_count);
      bytes.resize(size);
      return at("truncated", size);
    }
    case 4: {
      size_t a = page(), b = page();
      std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(a),
                       bytes.begin() + static_cast<std::ptrdiff_t>(a + page_size),
                       bytes.begin() + static_cast<std::ptrdiff_t>(b));
      return at("swap", a) + at("with", b);
    }
    case 5: {
      size_t a = page(), b = page();
      std::memmove(&bytes[b], &bytes[a], page_size);
      return at("copy", a) + at("over", b);
    }
    case 6: {
      size_t a = page();
      std::memset(&bytes[a], random.below(2) == 0 ? 0 : 0xff, page_size);
      return at("wiped", a);
    }
    case 7: {  // longer than it says
      bytes.resize(bytes.size() + 1 + random.below(static_cast<uint32_t>(2 * page_size)),
                   static_cast<uint8_t>(random.below(256)));
      return "longer ";
    }
    case 8: return change_page(bytes, page_size, 0, random);
    case 9:  // page 2: the pointer map where there is one
      return page_count > 1 ? change_page(bytes, page_size, page_size, random) : "";
    default: return change_page(bytes, page_size, page(), random);
  }
}

// SQLite's running checksum over big- or little-endian words.
void add_checksum(bool big_endian, const uint8_t* bytes, size_t size_bytes, uint32_t* sum) {
  for (size_t i = 0; i + 8 <= size_bytes; i += 8) {
    uint32_t first = big_endian ? load_be32(bytes + i) : __builtin_bswap32(load_be32(bytes + i));
    uint32_t second = big_endian ? load_be32(bytes + i + 4) : __builtin_bswap32(load_be32(bytes + i + 4));
    sum[0] += first + sum[1];
    sum[1] += second + sum[0];
  }
}

// Makes checksums fit, so that what was damaged is believed.
void seal_log(Bytes& wal, size_t page_size) {
  if (wal.size() < kWalHeaderSizeBytes) return;
  bool big_endian = (load_be32(&wal[0]) & 1) != 0;
  uint32_t sum[2] = {0, 0};
  add_checksum(big_endian, &wal[0], 24, sum);
  store_be32(&wal[24], sum[0]);
  store_be32(&wal[28], sum[1]);
  for (size_t frame = kWalHeaderSizeBytes; frame + kFrameHeaderSizeBytes + page_size <= wal.size();
       frame += kFrameHeaderSizeBytes + page_size) {
    std::memcpy(&wal[frame + 8], &wal[16], 8);
    add_checksum(big_endian, &wal[frame], 8, sum);
    add_checksum(big_endian, &wal[frame + kFrameHeaderSizeBytes], page_size, sum);
    store_be32(&wal[frame + 16], sum[0]);
    store_be32(&wal[frame + 20], sum[1]);
  }
}

std::string change_log(FileImage* image, Random& random) {
  Bytes& wal = image->wal;
  const size_t page_size = image->page_size_bytes;
  const size_t frame_size = kFrameHeaderSizeBytes + page_size;
  if (wal.size() < kWalHeaderSizeBytes + frame_size) return "";
  uint32_t frame_count = static_cast<uint32_t>((wal.size() - kWalHeaderSizeBytes) / frame_size);
  uint32_t page_count = static_cast<uint32_t>(image->database.size() / page_size);
  size_t frame = kWalHeaderSizeBytes + frame_size * random.below(frame_count);
  std::string what = "wal ";
  switch (random.below(7)) {
    case 0: what += "header " + change_bytes(wal, 0, kWalHeaderSizeBytes, random, page_count); break;
    case 1: what += "frame " + change_bytes(wal, frame, frame + kFrameHeaderSizeBytes, random, page_count); break;
    case 2: what += "frame " + change_bytes(wal, frame, frame + 8, random, page_count); break;
    case 3:
      wal.resize(random.below(static_cast<uint32_t>(wal.size())));
      what += at("truncated", wal.size());
      break;
    case 4: {
      size_t other = kWalHeaderSizeBytes + frame_size * random.below(frame_count);
      std::memmove(&wal[frame], &wal[other], frame_size);
      what += at("frame", other) + at("over", frame);
      break;
    }
    case 5: what += change_bytes(wal, frame + kFrameHeaderSizeBytes, frame + frame_size, random, page_count); break;
    default: {
      Bytes content(wal.begin() + static_cast<std::ptrdiff_t>(frame + kFrameHeaderSizeBytes),
                    wal.begin() + static_cast<std::ptrdiff_t>(frame + frame_size));
      what += "frame" + std::to_string(frame) + " " + change_page(content, page_size, 0, random);
      std::copy(content.begin(), content.end(),
                wal.begin() + static_cast<std::ptrdiff_t>(frame + kFrameHeaderSizeBytes));
    }
  }
  if (random.below(3) != 0) {
    seal_log(wal, page_size);
    what += "sealed ";
  }
  return what;
}

std::string change_journal(FileImage* image, Random& random) {
  Bytes& journal = image->journal;
  uint32_t page_count = static_cast<uint32_t>(image->database.size() / image->page_size_bytes);
  uint32_t size = static_cast<uint32_t>(journal.size());
  switch (random.below(5)) {
    case 0: return "journal header " + change_bytes(journal, 0, 28, random, page_count);
    case 1: journal.resize(random.below(size)); return at("journal truncated", journal.size());
    case 2: {  // number or checksum of a record
      size_t record_size = image->page_size_bytes + 8;
      if (size < 512 + record_size) return "";
      size_t record = 512 + record_size * random.below(static_cast<uint32_t>((size - 512) / record_size));
      return "journal record " + change_bytes(journal, record, record + 4, random, page_count);
    }
    case 3:
      for (uint32_t i = 1 + random.below(40); i > 0; --i) journal.push_back(static_cast<uint8_t>(random.below(256)));
      return "journal longer ";
    default: return "journal " + change_bytes(journal, 0, size, random, page_count);
  }
}

}  // namespace

std::string mutate(FileImage* image, Random& random) {
  std::string what;
  uint32_t count = 1 + random.below(random.below(3) == 0 ? 5 : 1);
  for (uint32_t i = 0; i < count; ++i) {
    uint32_t pick = random.below(4);
    if (!image->wal.empty() && pick != 0) {
      what += change_log(image, random);
    } else if (!image->journal.empty() && pick != 0) {
      what += change_journal(image, random);
    } else {
      what += change_database(image, random);
    }
  }
  return what;
}

}  // namespace sqlrite::fuzz
