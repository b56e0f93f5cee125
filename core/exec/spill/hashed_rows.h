// HashedRows: rows on a file, to be looked up by the hash of their key. For hash tables beyond the memory budget.
#pragma once

#include <span>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/row_store.h"
#include "exec/spill/spill_file.h"

namespace sqlrite::exec {

// Rows come in runs, each sorted by hash on the file:
//
//   row: hash (an integer) | columns of the row      block: rows of about kBlockSizeBytes together
//
// In memory a run has the first hash of each of its blocks, and a Bloom filter of all its hashes. So a look-up reads one
// block of each run that may know the hash. Too many runs are merged into one.
class HashedRows {
 public:
  // `column_count`: of the rows without their hash.
  void init(uint32_t column_count) { column_count_ = column_count; }
  bool is_empty() const { return runs_.empty(); }
  // hashes[i] is that of row i.
  Status add_run(ExecContext& context, const RowStore& rows, std::span<const uint64_t> hashes);
  // Of what is kept in memory.
  size_t size_bytes() const;
  void clear();

 private:
  friend class HashedRowsLookup;
  struct Block {
    int64_t first_hash;
    uint64_t offset;
  };
  struct Run {
    BufferVector<Block> blocks;
    BufferVector<uint64_t> filter;
    uint64_t end = 0;
    uint64_t row_count = 0;
    void expect(uint64_t rows, size_t filter_size_bytes_max);
    void note(int64_t hash, uint64_t offset);
    bool may_have(int64_t hash) const;
  };
  Status merge_runs(ExecContext& context);
  uint32_t column_count_ = 0;
  SpillFile file_;
  std::vector<Run> runs_;
};

// The rows of one hash, in the order in which they were added.
class HashedRowsLookup {
 public:
  void start(const HashedRows& rows, uint64_t hash);
  // Replaces the content of `out` by the next rows, `rows` at most; none at the end. Column 0 is the hash.
  Status next(RowStore& out, uint32_t rows);

 private:
  const HashedRows* rows_ = nullptr;
  int64_t hash_ = 0;
  size_t run_ = 0;
  bool in_run_ = false;
  SpillReader reader_;
};

}  // namespace sqlrite::exec
