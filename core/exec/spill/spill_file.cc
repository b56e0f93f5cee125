#include "exec/spill/spill_file.h"

#include <algorithm>
#include <cstring>

#include "base/buffer_memory.h"

namespace sqlrite::exec {

namespace {
constexpr size_t kReadSizeBytes = 64 * 1024;
}  // namespace

Status SpillFile::create(ExecContext& context, size_t buffer_size_bytes) {
  close();
  buffer_size_bytes_ = buffer_size_bytes;
  SQLRITE_TRY_ASSIGN(std::string path, context.vfs->temp_name());
  os::OpenOptions options;
  options.role = os::FileRole::Temporary;
  options.exclusive = true;
  options.fall_back_to_read_only = false;
  options.delete_on_close = true;
  SQLRITE_TRY_ASSIGN(file_, context.vfs->open(path, options));
  return {};
}

void SpillFile::close() {
  file_.reset();
  BufferVector<char>().swap(buffer_);
  flushed_size_bytes_ = 0;
  row_count_ = 0;
}

void SpillFile::put(const Value& value) {
  size_t at = buffer_.size();
  buffer_.push_back(static_cast<char>(static_cast<uint8_t>(value.type) | (value.subtype != 0 ? 0x80 : 0)));
  if (value.is_numeric()) {
    buffer_.resize(at + 9);
    std::memcpy(&buffer_[at + 1], &value.integer, 8);
  } else if (value.is_bytes()) {
    buffer_.resize(at + 5 + value.length);
    std::memcpy(&buffer_[at + 1], &value.length, 4);
    if ((value.flags & value_flags::kZeroBlob) != 0) {
      std::memset(buffer_.data() + at + 5, 0, value.length);
    } else if (value.length > 0) {
      std::memcpy(buffer_.data() + at + 5, value.bytes, value.length);
    }
  }
  if (value.subtype != 0) buffer_.push_back(static_cast<char>(value.subtype));
}

Status SpillFile::write(const RowStore& store, uint32_t row) {
  for (uint32_t c = 0; c < store.column_count(); ++c) put(store.at(c, row));
  ++row_count_;
  return buffer_.size() >= buffer_size_bytes_ ? flush() : Status();
}

Status SpillFile::write(const Value* values, uint32_t count) {
  for (uint32_t c = 0; c < count; ++c) put(values[c]);
  ++row_count_;
  return buffer_.size() >= buffer_size_bytes_ ? flush() : Status();
}

Status SpillFile::flush() {
  if (buffer_.empty()) return {};
  SQLRITE_TRY(file_->write_at(flushed_size_bytes_, buffer_.data(), buffer_.size()));
  flushed_size_bytes_ += buffer_.size();
  if (buffer_.size() > 2 * buffer_size_bytes_) BufferVector<char>().swap(buffer_);
  buffer_.clear();
  return {};
}

void SpillReader::start(os::File* file, uint64_t begin, uint64_t end, uint32_t column_count) {
  file_ = file;
  offset_ = begin;
  end_ = end;
  buffer_.clear();
  at_ = 0;
  row_.resize(column_count);
  offsets_.resize(column_count);
}

// Makes `size_bytes` bytes readable at buffer_[at_]; false at the end of the range.
Result<bool> SpillReader::need(size_t size_bytes) {
  if (buffer_.size() - at_ >= size_bytes) return true;
  if (offset_ == end_ && buffer_.size() == at_) return false;
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(at_));
  at_ = 0;
  size_t have = buffer_.size();
  auto more = static_cast<size_t>(std::min<uint64_t>(std::max(kReadSizeBytes, size_bytes - have), end_ - offset_));
  buffer_.resize(have + more);
  SQLRITE_TRY_ASSIGN(size_t got, file_->read_at(offset_, buffer_.data() + have, more));
  offset_ += got;
  if (got != more || buffer_.size() < size_bytes) return Status(Code::IoErrShortRead);
  return true;
}

// Makes the next row readable as a whole and sets row_ to its values, but for where the bytes of texts and blobs are:
// offsets_ tells that, as the buffer moves while it grows. Returns the size of the row, 0 at the end of the range.
Result<size_t> SpillReader::parse_row() {
  size_t size = 0;
  for (size_t c = 0; c < row_.size(); ++c) {
    SQLRITE_TRY_ASSIGN(bool more, need(size + 1));
    if (!more && c == 0) return size_t{0};
    auto tag = static_cast<uint8_t>(buffer_[at_ + size]);
    auto type = static_cast<ValueType>(tag & 0x7f);
    bool has_subtype = (tag & 0x80) != 0;
    Value value;
    value.type = type;
    ++size;
    offsets_[c] = 0;
    if (type == ValueType::Integer || type == ValueType::Real) {
      SQLRITE_TRY_ASSIGN(more, need(size + 8));
      std::memcpy(&value.integer, &buffer_[at_ + size], 8);
      size += 8;
    } else if (type != ValueType::Null) {
      SQLRITE_TRY_ASSIGN(more, need(size + 4));
      std::memcpy(&value.length, &buffer_[at_ + size], 4);
      size += 4;
      SQLRITE_TRY_ASSIGN(more, need(size + value.length));
      offsets_[c] = size;
      size += value.length;
      value.owner = ValueOwner::Caller;
    }
    if (has_subtype) {
      SQLRITE_TRY_ASSIGN(more, need(size + 1));
      value.subtype = static_cast<uint8_t>(buffer_[at_ + size]);
      ++size;
    }
    row_[c] = value;
  }
  return size;
}

// The row of parse_row(), which is left behind.
Status SpillReader::take_row(size_t size_bytes, RowStore& store) {
  for (size_t c = 0; c < row_.size(); ++c) {
    if (row_[c].is_bytes()) row_[c].bytes = buffer_.data() + at_ + offsets_[c];
  }
  SQLRITE_TRY(store.append_row(row_.data()));
  at_ += size_bytes;
  return {};
}

Status SpillReader::read(RowStore& store, uint32_t rows, size_t size_bytes) {
  for (uint32_t r = 0; r < rows; ++r) {
    if (r > 0 && store.size_bytes() > size_bytes) return {};
    SQLRITE_TRY_ASSIGN(size_t size, parse_row());
    if (size == 0) return {};
    SQLRITE_TRY(take_row(size, store));
  }
  return {};
}

Status SpillReader::read_equal(int64_t value, RowStore& store, uint32_t rows, size_t size_bytes) {
  for (uint32_t r = 0; r < rows;) {
    if (r > 0 && store.size_bytes() > size_bytes) return {};
    SQLRITE_TRY_ASSIGN(size_t size, parse_row());
    if (size == 0 || row_[0].integer > value) return {};
    if (row_[0].integer < value) {
      at_ += size;
      continue;
    }
    SQLRITE_TRY(take_row(size, store));
    ++r;
  }
  return {};
}

}  // namespace sqlrite::exec
