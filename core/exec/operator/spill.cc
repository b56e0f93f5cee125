#include "exec/operator/spill.h"

#include <algorithm>
#include <cstring>

namespace sqlrite::exec {

namespace {
constexpr size_t kWriteBufferSizeBytes = 256 * 1024;
constexpr size_t kReadSizeBytes = 64 * 1024;
constexpr uint32_t kRunRowsPerRead = 512;
}  // namespace

SpillFile::~SpillFile() {
  file_.reset();
  if (vfs_ != nullptr) vfs_->remove(path_, false).ignore();
}

Status SpillFile::create(ExecContext& context) {
  SQLRITE_TRY_ASSIGN(path_, context.vfs->temp_name());
  os::OpenOptions options;
  options.role = os::FileRole::Temporary;
  options.exclusive = true;
  options.fall_back_to_read_only = false;
  SQLRITE_TRY_ASSIGN(file_, context.vfs->open(path_, options));
  vfs_ = context.vfs;
  return {};
}

Status SpillFile::write(const RowStore& store, uint32_t row) {
  for (uint32_t c = 0; c < store.column_count(); ++c) {
    Value value = store.at(c, row);
    size_t at = buffer_.size();
    buffer_.push_back(static_cast<char>(static_cast<uint8_t>(value.type) | (value.subtype != 0 ? 0x80 : 0)));
    if (value.is_numeric()) {
      buffer_.resize(at + 9);
      std::memcpy(&buffer_[at + 1], &value.integer, 8);
    } else if (value.is_bytes()) {
      buffer_.resize(at + 5 + value.length);
      std::memcpy(&buffer_[at + 1], &value.length, 4);
      if ((value.flags & value_flags::kZeroBlob) != 0) {
        std::memset(&buffer_[at + 5], 0, value.length);
      } else if (value.length > 0) {
        std::memcpy(&buffer_[at + 5], value.bytes, value.length);
      }
    }
    if (value.subtype != 0) buffer_.push_back(static_cast<char>(value.subtype));
  }
  return buffer_.size() >= kWriteBufferSizeBytes ? flush() : Status();
}

Status SpillFile::flush() {
  if (buffer_.empty()) return {};
  SQLRITE_TRY(file_->write_at(size_bytes_, buffer_.data(), buffer_.size()));
  size_bytes_ += buffer_.size();
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

Status SpillReader::read(RowStore& store, uint32_t rows) {
  std::vector<size_t> offsets(row_.size());
  for (uint32_t r = 0; r < rows; ++r) {
    // The whole row is made readable first, as the buffer moves while it grows.
    size_t size = 0;
    for (size_t c = 0; c < row_.size(); ++c) {
      SQLRITE_TRY_ASSIGN(bool more, need(size + 1));
      if (!more && c == 0) return {};
      auto tag = static_cast<uint8_t>(buffer_[at_ + size]);
      auto type = static_cast<ValueType>(tag & 0x7f);
      bool has_subtype = (tag & 0x80) != 0;
      Value value;
      value.type = type;
      ++size;
      offsets[c] = 0;
      if (type == ValueType::Integer || type == ValueType::Real) {
        SQLRITE_TRY_ASSIGN(more, need(size + 8));
        std::memcpy(&value.integer, &buffer_[at_ + size], 8);
        size += 8;
      } else if (type != ValueType::Null) {
        SQLRITE_TRY_ASSIGN(more, need(size + 4));
        std::memcpy(&value.length, &buffer_[at_ + size], 4);
        size += 4;
        SQLRITE_TRY_ASSIGN(more, need(size + value.length));
        offsets[c] = size;
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
    for (size_t c = 0; c < row_.size(); ++c) {
      if (row_[c].is_bytes()) row_[c].bytes = buffer_.data() + at_ + offsets[c];
    }
    SQLRITE_TRY(store.append_row(row_.data()));
    at_ += size;
  }
  return {};
}

Status SortedRuns::add_run(ExecContext& context, const RowStore& store, std::span<const uint32_t> order) {
  if (!file_) {
    file_ = std::make_unique<SpillFile>();
    SQLRITE_TRY(file_->create(context));
  }
  for (uint32_t row : order) SQLRITE_TRY(file_->write(store, row));
  SQLRITE_TRY(file_->flush());
  ends_.push_back(file_->size_bytes());
  return {};
}

Status SortedRuns::refill(Run& run) {
  run.rows.clear();
  run.next = 0;
  SQLRITE_TRY(run.reader.read(run.rows, kRunRowsPerRead));
  run.done = run.rows.row_count() == 0;
  return {};
}

bool SortedRuns::before(uint32_t a, uint32_t b) const {
  int order = compare_rows(runs_[a]->rows, runs_[a]->next, runs_[b]->rows, runs_[b]->next, keys_);
  return order != 0 ? order < 0 : a < b;
}

Status SortedRuns::start_merge(ExecContext&, std::span<const SortKey> keys, uint32_t column_count) {
  keys_ = keys;
  merging_ = true;
  uint64_t begin = 0;
  for (uint64_t end : ends_) {
    runs_.push_back(std::make_unique<Run>());
    Run& run = *runs_.back();
    run.rows.init(column_count);
    run.reader.start(file_->file(), begin, end, column_count);
    begin = end;
    SQLRITE_TRY(refill(run));
    if (!run.done) heap_.push_back(static_cast<uint32_t>(runs_.size() - 1));
  }
  std::make_heap(heap_.begin(), heap_.end(), [this](uint32_t a, uint32_t b) { return before(b, a); });
  return {};
}

Status SortedRuns::next(RowStore& out, uint32_t rows) {
  out.clear();
  auto after = [this](uint32_t a, uint32_t b) { return before(b, a); };
  while (out.row_count() < rows && !heap_.empty()) {
    std::pop_heap(heap_.begin(), heap_.end(), after);
    Run& run = *runs_[heap_.back()];
    SQLRITE_TRY(out.append_from(run.rows, &run.next, 1));
    if (++run.next == run.rows.row_count()) SQLRITE_TRY(refill(run));
    if (run.done) {
      heap_.pop_back();
    } else {
      std::push_heap(heap_.begin(), heap_.end(), after);
    }
  }
  return {};
}

void SortedRuns::reset() {
  runs_.clear();
  heap_.clear();
  ends_.clear();
  file_.reset();
  merging_ = false;
}

}  // namespace sqlrite::exec
