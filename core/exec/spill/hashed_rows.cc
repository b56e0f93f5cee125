#include "exec/spill/hashed_rows.h"

#include <algorithm>

#include "exec/spill/run_merge.h"

namespace sqlrite::exec {

namespace {

constexpr size_t kRunsMax = 16;
// A look-up passes half of a block on average: about 50 rows of one integer.
constexpr uint64_t kBlockSizeBytes = 2048;
constexpr uint64_t kFilterRowsPerWord = 5;  // 13 bits a row: 2 % of the hashes that are not there pass
constexpr size_t kFilterPart = 4;           // of the memory budget, for each run
constexpr size_t kOutSizeBytes = 256 * 1024;

// Four of the 64 bits of the word that the upper half of the hash selects.
uint64_t filter_bits(uint64_t hash) {
  return uint64_t{1} << (hash & 63) | uint64_t{1} << (hash >> 6 & 63) | uint64_t{1} << (hash >> 12 & 63) |
         uint64_t{1} << (hash >> 18 & 63);
}
size_t filter_word(uint64_t hash, size_t word_count) { return static_cast<size_t>((hash >> 32) * word_count >> 32); }

}  // namespace

void HashedRows::Run::expect(uint64_t rows, size_t filter_size_bytes_max) {
  uint64_t words = std::min<uint64_t>(rows / kFilterRowsPerWord, filter_size_bytes_max / sizeof(uint64_t));
  filter.assign(static_cast<size_t>(words) + 1, 0);
  row_count = rows;
}

void HashedRows::Run::note(int64_t hash, uint64_t offset) {
  if (blocks.empty() || offset - blocks.back().offset >= kBlockSizeBytes) blocks.push_back({hash, offset});
  auto bits = static_cast<uint64_t>(hash);
  filter[filter_word(bits, filter.size())] |= filter_bits(bits);
}

bool HashedRows::Run::may_have(int64_t hash) const {
  auto bits = static_cast<uint64_t>(hash);
  uint64_t wanted = filter_bits(bits);
  return (filter[filter_word(bits, filter.size())] & wanted) == wanted;
}

Status HashedRows::add_run(ExecContext& context, const RowStore& rows, std::span<const uint64_t> hashes) {
  if (rows.row_count() == 0) return {};
  struct Entry {
    int64_t hash;
    uint32_t row;
  };
  BufferVector<Entry> order(rows.row_count());
  for (uint32_t row = 0; row < rows.row_count(); ++row) order[row] = {static_cast<int64_t>(hashes[row]), row};
  std::sort(order.begin(), order.end(),
            [](const Entry& a, const Entry& b) { return a.hash != b.hash ? a.hash < b.hash : a.row < b.row; });
  if (!file_.is_open()) SQLRITE_TRY(file_.create(context));
  Run run;
  run.expect(rows.row_count(), context.memory->limit_bytes / kFilterPart);
  BufferVector<Value> values(column_count_ + 1);
  uint32_t until_check = kBatchRowsMax;
  for (const Entry& entry : order) {
    values[0] = Value::from_integer(entry.hash);
    for (uint32_t c = 0; c < column_count_; ++c) values[c + 1] = rows.at(c, entry.row);
    run.note(entry.hash, file_.size_bytes());
    SQLRITE_TRY(file_.write(values.data(), column_count_ + 1));
    if (--until_check > 0) continue;
    until_check = kBatchRowsMax;
    SQLRITE_TRY(context.interrupted());
  }
  SQLRITE_TRY(file_.flush());
  run.end = file_.size_bytes();
  runs_.push_back(std::move(run));
  return runs_.size() > kRunsMax ? merge_runs(context) : Status();
}

Status HashedRows::merge_runs(ExecContext& context) {
  SortKey by_hash;
  RunMerge merge;
  merge.start({&by_hash, 1}, column_count_ + 1, runs_.size());
  uint64_t begin = 0;
  uint64_t row_count = 0;
  for (const Run& run : runs_) {
    SQLRITE_TRY(merge.add(file_.file(), begin, run.end));
    begin = run.end;
    row_count += run.row_count;
  }
  SpillFile merged;
  SQLRITE_TRY(merged.create(context));
  Run all;
  all.expect(row_count, context.memory->limit_bytes / kFilterPart);
  for (uint64_t done = 0; !merge.is_empty(); ++done) {
    if (done % kBatchRowsMax == 0) SQLRITE_TRY(context.interrupted());
    all.note(merge.first_rows().at(0, merge.first_row()).integer, merged.size_bytes());
    SQLRITE_TRY(merged.write(merge.first_rows(), merge.first_row()));
    SQLRITE_TRY(merge.advance());
  }
  SQLRITE_TRY(merged.flush());
  all.end = merged.size_bytes();
  runs_.clear();
  runs_.push_back(std::move(all));
  file_ = std::move(merged);
  return {};
}

size_t HashedRows::size_bytes() const {
  size_t size = 0;
  for (const Run& run : runs_) {
    size += run.blocks.capacity() * sizeof(Block) + run.filter.capacity() * sizeof(uint64_t);
  }
  return size;
}

void HashedRows::clear() {
  std::vector<Run>().swap(runs_);
  file_.close();
}

void HashedRowsLookup::start(const HashedRows& rows, uint64_t hash) {
  rows_ = &rows;
  hash_ = static_cast<int64_t>(hash);
  run_ = 0;
  in_run_ = false;
}

Status HashedRowsLookup::next(RowStore& out, uint32_t rows) {
  out.clear();
  for (; run_ < rows_->runs_.size(); ++run_, in_run_ = false) {
    const HashedRows::Run& run = rows_->runs_[run_];
    if (!in_run_) {
      if (!run.may_have(hash_)) continue;
      // Rows of this hash may begin in the block before the first one that begins with it.
      auto first =
          std::lower_bound(run.blocks.begin(), run.blocks.end(), hash_,
                           [](const HashedRows::Block& block, int64_t hash) { return block.first_hash < hash; });
      auto last = std::upper_bound(first, run.blocks.end(), hash_, [](int64_t hash, const HashedRows::Block& block) {
        return hash < block.first_hash;
      });
      if (first != run.blocks.begin()) --first;
      reader_.start(rows_->file_.file(), first->offset, last != run.blocks.end() ? last->offset : run.end,
                    rows_->column_count_ + 1);
      in_run_ = true;
    }
    SQLRITE_TRY(reader_.read_equal(hash_, out, rows - out.row_count(), kOutSizeBytes));
    if (out.row_count() >= rows || out.size_bytes() > kOutSizeBytes) return {};
  }
  return {};
}

}  // namespace sqlrite::exec
