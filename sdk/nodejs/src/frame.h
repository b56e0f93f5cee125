// The frame: memory that JavaScript and the add-on share. Numbers, NULLs and the words that steer a call travel through
// it without a call of Node-API each; only texts and blobs are passed as values.
//
//   offset  size            content
//        0  4 * 16          header: words in both directions (frame::Word)
//       64  8 * kCellCount  cells: parameters on the way in, a block of rows on the way out, row by row
//   262208  1 * kCellCount  tags: what the cell of the same number holds (frame::Tag)
//
// lib/frame.js lays its typed arrays over it and repeats the numbers. Nobody's code runs between a write and the read
// it is meant for: values are collected from the caller's objects before the frame is touched, and rows are taken out
// of it before the caller sees the first of them.
#pragma once

#include <cstdint>

namespace sqlrite::node::frame {

enum Word : uint32_t {
  kStatement,       // in: number of the statement
  kParameterCount,  // in: how many cells to bind; kKeepBindings: none
  kRowCountMax,     // in: fetch
  kSafeIntegers,    // in: 1: integers leave as Tag::Int64
  kRowCount,        // out
  kColumnCount,     // out
  kShape,           // out: changes whenever names and number of the columns may have changed
  kHeapCount,       // out: how many texts and blobs came with the rows
  kFlags,           // out of prepare: kIsReader ...
  kRemainingPages,  // out of a step of a backup
  kTotalPages,
  kWordCount = 16,
};

inline constexpr int32_t kKeepBindings = -1;

enum Flag : int32_t {
  kIsReader = 1,    // has columns
  kIsReadOnly = 2,  // changes nothing by itself
  kHasNamedParameters = 4,
};

enum Tag : uint8_t {
  kInt32,  // the low half of the cell
  kDouble,
  kNull,
  kHeap,  // in: the next of the call's arguments; out: its place among the values returned, in the low half
  kInt64,
};

// More than any statement has parameters or columns.
inline constexpr uint32_t kCellCount = 32768;

union Cell {
  int64_t int64;
  double real;
  int32_t int32[2];
};
static_assert(sizeof(Cell) == 8);

struct Frame {
  int32_t header[kWordCount];
  Cell cells[kCellCount];
  uint8_t tags[kCellCount];
};
static_assert(sizeof(Frame) == 4 * kWordCount + 9 * kCellCount);

}  // namespace sqlrite::node::frame
