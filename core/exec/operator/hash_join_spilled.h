// What a hash join in parts keeps: its files, and the pairs found so far.
#pragma once

#include <memory>
#include <vector>

#include "base/buffer_memory.h"
#include "exec/operator/hash_join.h"

namespace sqlrite::exec {

// Rows on the files: keys, the side's columns, the row's number in its side.
struct HashJoin::Spilled {
  std::unique_ptr<Part[]> parts{new Part[kPartCount]};
  int64_t build_row_count = 0;
  BufferArray<uint64_t> hashes = make_buffer_array<uint64_t>(kBatchRowsMax);
  BufferVector<Value> row;
  // The batch that a file gives.
  RowStore chunk;
  std::vector<Column> columns;  // of the probe side, by slot
  Batch batch;
  BufferVector<int64_t> build_numbers;  // right join: per row of the table
  const int64_t* numbers = nullptr;     // of the rows of `batch`
  uint64_t batch_begin = 0;             // place of its first row in the part's probe file
  // Left join in several steps: the rows of the part's probe file that met a partner, to be skipped in the last step.
  BufferVector<uint8_t> matched;
  bool skip_matched = false;
  BufferArray<uint16_t> live = make_buffer_array<uint16_t>(kBatchRowsMax);
  BufferVector<Value> pair;
  SortKey number_key;
  SortedRuns pairs;  // probe columns, build columns, number of the probe row
  SortKey unmatched_key;
  ExternalSorter unmatched;  // right join: build columns, number
  RowStore shown, shown_unmatched;
  bool in_unmatched = false;
  // The first row whose condition failed: pairs up to it are delivered, then the error.
  Status error;
  int64_t error_number = INT64_MAX;
};

}  // namespace sqlrite::exec
