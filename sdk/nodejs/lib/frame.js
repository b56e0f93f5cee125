'use strict';
// Views of the memory shared with the add-on; src/frame.h draws it and says who may touch it when.
const native = require('./native');

const WORD_COUNT = 16;
const CELL_COUNT = 32768;
const CELLS_AT = 4 * WORD_COUNT;
const TAGS_AT = CELLS_AT + 8 * CELL_COUNT;

module.exports = {
  CELL_COUNT,
  header: new Int32Array(native.frame, 0, WORD_COUNT),
  // Four views of the same cells; an int32 is in the low half (every machine Node.js runs on is little-endian here).
  int32s: new Int32Array(native.frame, CELLS_AT, 2 * CELL_COUNT),
  doubles: new Float64Array(native.frame, CELLS_AT, CELL_COUNT),
  int64s: new BigInt64Array(native.frame, CELLS_AT, CELL_COUNT),
  tags: new Uint8Array(native.frame, TAGS_AT, CELL_COUNT),

  // Words of the header.
  STATEMENT: 0,
  PARAMETER_COUNT: 1,
  ROW_COUNT_MAX: 2,
  SAFE_INTEGERS: 3,
  ROW_COUNT: 4,
  COLUMN_COUNT: 5,
  SHAPE: 6,
  HEAP_COUNT: 7,
  FLAGS: 8,
  REMAINING_PAGES: 9,
  TOTAL_PAGES: 10,

  KEEP_BINDINGS: -1,

  // Bits of FLAGS.
  IS_READER: 1,
  IS_READ_ONLY: 2,
  HAS_NAMED_PARAMETERS: 4,

  // Tags.
  TAG_INT32: 0,
  TAG_DOUBLE: 1,
  TAG_NULL: 2,
  TAG_HEAP: 3,
  TAG_INT64: 4,
};
