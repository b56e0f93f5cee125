'use strict';
// Makes rows out of the frame. A builder belongs to a mode and a list of columns and is shared by all statements that have
// the same; it begins with plain loops and, once it has made a few rows, compiles code for exactly these columns: an object
// literal per row, which engines make much faster than an object that gets one property after the other.
const {
  header, int32s, doubles, int64s, tags, HEAP_COUNT, TAG_INT32, TAG_DOUBLE, TAG_NULL, TAG_HEAP,
} = require('./frame');

const FLAT = 0;
const PLUCK = 1;
const RAW = 2;
const EXPAND = 3;

// Rows made by loops before code is compiled: compiling costs about as much as a hundred rows.
const ROWS_BEFORE_COMPILING = 64;
// Columns beyond which the loops stay.
const COMPILED_COLUMNS_MAX = 100;
const BUILDERS_MAX = 500;

// `heap` is what the add-on returned: undefined, the only text or blob, or an array of them.
function cell(place, heap) {
  switch (tags[place]) {
    case TAG_INT32: return int32s[2 * place];
    case TAG_DOUBLE: return doubles[place];
    case TAG_NULL: return null;
    case TAG_HEAP: return heap[int32s[2 * place]];
    default: return int64s[place];
  }
}

// An own property, whatever its name: assigning to __proto__ would do something else.
function define(object, name, value) {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
  } else {
    object[name] = value;
  }
}

function flatLoop(names) {
  return (at, heap) => {
    const row = {};
    for (let i = 0; i < names.length; ++i) define(row, names[i], cell(at + i, heap));
    return row;
  };
}

function rawLoop(count) {
  return (at, heap) => {
    const row = new Array(count);
    for (let i = 0; i < count; ++i) row[i] = cell(at + i, heap);
    return row;
  };
}

// Columns of expressions are under '$'.
function expandLoop(names, tables) {
  return (at, heap) => {
    const row = {};
    for (let i = 0; i < names.length; ++i) {
      if (!Object.hasOwn(row, tables[i])) define(row, tables[i], {});
      define(Object.getOwnPropertyDescriptor(row, tables[i]).value, names[i], cell(at + i, heap));
    }
    return row;
  };
}

// Source of the expression that reads a cell.
function cellSource(offset) {
  const place = offset === 0 ? 'at' : `at + ${offset}`;
  return `((tag = tags[${place}]) === ${TAG_INT32} ? int32s[2 * (${place})] : tag === ${TAG_DOUBLE} ? doubles[${place}] : ` +
    `tag === ${TAG_NULL} ? null : tag === ${TAG_HEAP} ? heap[int32s[2 * (${place})]] : int64s[${place}])`;
}

// A computed key makes __proto__ a property like any other.
const keySource = (name) => (name === '__proto__' ? '["__proto__"]' : JSON.stringify(name));

function flatSource(names) {
  return `{ ${names.map((name, i) => `${keySource(name)}: ${cellSource(i)}`).join(', ')} }`;
}

function rawSource(count) {
  return `[${Array.from({ length: count }, (_, i) => cellSource(i)).join(', ')}]`;
}

// Where code may not be made from text (--disallow-code-generation-from-strings), the loops stay.
function compile(rowSource, stride) {
  try {
    return new Function('int32s', 'doubles', 'int64s', 'tags', `'use strict';
      return {
        one(at, heap) { let tag; return ${rowSource}; },
        many(count, heap, rows) {
          let tag;
          for (let end = count * ${stride}, at = 0; at < end; at += ${stride}) rows.push(${rowSource});
        },
      };`)(int32s, doubles, int64s, tags);
  } catch (error) {
    if (error instanceof EvalError) return null;
    throw error;
  }
}

class Builder {
  constructor(one, stride, source) {
    this.made = 0;
    this.source = source;       // null: the loops stay
    this.stride = stride;
    this.one = (at, heap) => {
      this.count(1);
      return one(at, heap);
    };
    this.many = (count, heap, rows) => {
      for (let i = 0; i < count; ++i) rows.push(one(i * stride, heap));
      this.count(count);
    };
  }

  count(rows) {
    this.made += rows;
    if (this.source === null || this.made < ROWS_BEFORE_COMPILING) return;
    const compiled = compile(this.source(), this.stride);
    this.source = null;
    if (compiled !== null) {
      this.one = compiled.one;
      this.many = compiled.many;
    }
  }
}

function makeBuilder(mode, names, tables) {
  const count = names.length;
  const small = count <= COMPILED_COLUMNS_MAX;
  switch (mode) {
    case PLUCK: return new Builder(cell, count, () => cellSource(0));
    case RAW: return new Builder(rawLoop(count), count, small ? () => rawSource(count) : null);
    case EXPAND: return new Builder(expandLoop(names, tables), count, null);
    default: return new Builder(flatLoop(names), count, small ? () => flatSource(names) : null);
  }
}

const builders = new Map();

function builderFor(mode, names, tables) {
  const key = JSON.stringify([mode, mode === FLAT || mode === EXPAND ? names : names.length, tables]);
  let builder = builders.get(key);
  if (builder === undefined) {
    if (builders.size >= BUILDERS_MAX) builders.delete(builders.keys().next().value);
    builder = makeBuilder(mode, names, tables);
    builders.set(key, builder);
  }
  return builder;
}

// The add-on returns a single text or blob as itself; builders want a list.
const asList = (heap) => (header[HEAP_COUNT] === 1 ? [heap] : heap);

module.exports = { FLAT, PLUCK, RAW, EXPAND, builderFor, asList };
