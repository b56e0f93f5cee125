'use strict';
// Prepared statements and the iterators over their rows.
//
// State of a statement:   ready ---- iterate() ----> locked ---- end, return() or an error ----> ready
// While it is locked only its iterator may run it. While any statement of a database runs (busy), nothing else may: functions
// of the application are called then.
const util = require('util');
const native = require('./native');
const frame = require('./frame');
const { FLAT, PLUCK, RAW, EXPAND, builderFor, asList } = require('./rows');
const { switchArgument } = require('./options');
const { ParameterNames, writeParameters } = require('./parameters');

const { header, doubles, int64s } = frame;
const { STATEMENT, PARAMETER_COUNT, ROW_COUNT_MAX, SAFE_INTEGERS, ROW_COUNT, COLUMN_COUNT, SHAPE, KEEP_BINDINGS } = frame;

const NOTHING = [];

// Rows per block of all(): few at first, since most queries have few and a block of the widest rows must fit into the frame,
// then as many as the engine's batches hold.
const FIRST_ROWS = 16;
const BLOCK_ROWS = 1024;
// Values per block, so that a block stays in the processor's cache.
const BLOCK_CELLS = 8192;
// Rows that an iterator reads ahead at most: enough to make the crossing into the add-on cheap.
const ITERATOR_ROWS = 128;
const ITERATORS_MAX = 65535;

const NOT_OPEN = 'The database connection is not open';
const DATABASE_BUSY = 'This database connection is busy executing a query';
const STATEMENT_BUSY = 'This statement is busy executing a query';

// What an iterator may do with its statement; set by the class.
let friend;

class Statement {
  #session;          // shared state of the database, see database.js
  #database;
  #source;
  #number;
  #parameterCount;
  #parameterNames;   // null: all nameless
  #isReader;
  #isReadOnly;
  #mode = FLAT;
  #safeIntegers;
  #bound = false;
  #locked = false;
  #builder = null;   // made for #shape, #columnCount and #mode
  #shape = -1;
  #columnCount = -1;

  // Made by Database.prepare() only.
  constructor(key, session, database, source, isPragma) {
    if (key !== Statement.#key) throw new TypeError('Statements can only be constructed by the db.prepare() method');
    native.prepare(session.number, source, this);
    const flags = header[frame.FLAGS];
    this.#session = session;
    this.#database = database;
    this.#source = source;
    this.#number = header[STATEMENT];
    this.#parameterCount = header[PARAMETER_COUNT];
    this.#isReader = isPragma || (flags & frame.IS_READER) !== 0;
    this.#isReadOnly = (flags & frame.IS_READ_ONLY) !== 0;
    this.#safeIntegers = session.safeIntegers;
    this.#parameterNames = (flags & frame.HAS_NAMED_PARAMETERS) !== 0
      ? new ParameterNames(native.parameterNames(this.#number)) : null;
  }

  static #key = Symbol('prepare');
  static prepare(session, database, source, isPragma) {
    return new Statement(Statement.#key, session, database, source, isPragma);
  }

  // For statements that nobody else has: what the engine holds for it is free at once, not when it is collected.
  static finalize(statement) {
    native.finalize(statement.#number);
  }

  [util.inspect.custom](depth, options, inspect) {
    const { source, reader, readonly, busy } = this;
    return `Statement ${inspect({ source, reader, readonly, busy }, options)}`;
  }

  get database() { return this.#database; }
  get source() { return this.#source; }
  get reader() { return this.#isReader; }
  get readonly() { return this.#isReadOnly; }
  get busy() { return this.#locked; }

  run(...args) {
    const session = this.#session;
    this.#requireReady();
    if (session.iterators > 0 && !session.unsafe) throw new TypeError(DATABASE_BUSY);
    const heap = this.#writeCall(args);
    session.busy = true;
    try {
      if (session.verbose !== null) this.#log(heap);
      if (heap.length === 0) native.run();
      else if (heap.length === 1) native.run(heap[0]);
      else native.run(...heap);
    } finally {
      session.busy = false;
    }
    return { changes: doubles[0], lastInsertRowid: this.#safeIntegers ? int64s[1] : doubles[1] };
  }

  get(...args) {
    const session = this.#session;
    this.#requireReader();
    this.#requireReady();
    const heap = this.#writeCall(args);
    let values;
    session.busy = true;
    try {
      if (session.verbose !== null) this.#log(heap);
      if (heap.length === 0) values = native.first();
      else if (heap.length === 1) values = native.first(heap[0]);
      else values = native.first(...heap);
    } finally {
      session.busy = false;
    }
    if (header[ROW_COUNT] === 0) return undefined;
    return this.#currentBuilder().one(0, asList(values));
  }

  all(...args) {
    const session = this.#session;
    this.#requireReader();
    this.#requireReady();
    let heap = this.#writeCall(args);
    const rows = [];
    let rowCountMax = FIRST_ROWS;
    session.busy = true;
    try {
      if (session.verbose !== null) this.#log(heap);
      for (;;) {
        const values = this.#fetch(heap, rowCountMax);
        const count = header[ROW_COUNT];
        if (count === 0) break;
        this.#currentBuilder().many(count, asList(values), rows);
        rowCountMax = this.#blockRows(BLOCK_ROWS);
        header[PARAMETER_COUNT] = KEEP_BINDINGS;
        heap = NOTHING;
      }
    } catch (error) {
      this.#reset();
      throw error;
    } finally {
      session.busy = false;
    }
    return rows;
  }

  iterate(...args) {
    const session = this.#session;
    this.#requireReader();
    this.#requireReady();
    if (session.iterators >= ITERATORS_MAX) throw new RangeError('Too many active database iterators');
    const heap = this.#writeCall(args);
    if (header[PARAMETER_COUNT] !== KEEP_BINDINGS) native.bind(...heap);
    this.#locked = true;
    ++session.iterators;
    return new StatementIterator(this, session);
  }

  bind(...args) {
    if (this.#bound) throw new TypeError('The bind() method can only be invoked once per statement object');
    this.#requireReady();
    const heap = this.#writeCall(args);
    native.bind(...heap);
    this.#bound = true;
    return this;
  }

  pluck(...args) { return this.#setMode('pluck', PLUCK, args); }
  raw(...args) { return this.#setMode('raw', RAW, args); }
  expand(...args) { return this.#setMode('expand', EXPAND, args); }

  safeIntegers(...args) {
    this.#requireIdle();
    this.#safeIntegers = switchArgument(args);
    return this;
  }

  columns() {
    if (!this.#isReader) throw new TypeError('The columns() method is only for statements that return data');
    if (!this.#session.open) throw new TypeError(NOT_OPEN);
    if (this.#session.busy) throw new TypeError(DATABASE_BUSY);
    return native.columns(this.#number);
  }

  // ---------------------------------------------------------------- what may be done now

  #requireReader() {
    if (!this.#isReader) throw new TypeError('This statement does not return data. Use run() instead');
  }

  #requireIdle() {
    if (this.#session.busy) throw new TypeError(DATABASE_BUSY);
    if (this.#locked) throw new TypeError(STATEMENT_BUSY);
  }

  #requireReady() {
    if (!this.#session.open) throw new TypeError(NOT_OPEN);
    this.#requireIdle();
  }

  #setMode(name, mode, args) {
    if (!this.#isReader) throw new TypeError(`The ${name}() method is only for statements that return data`);
    this.#requireIdle();
    if (switchArgument(args)) this.#mode = mode;
    else if (this.#mode === mode) this.#mode = FLAT;
    this.#shape = -1;
    return this;
  }

  // ---------------------------------------------------------------- calls of the add-on

  // Parameters and header; returns the texts and blobs that go along as arguments.
  #writeCall(args) {
    let heap = NOTHING;
    if (!this.#bound) {
      heap = writeParameters(args, this.#parameterNames, this.#parameterCount);
    } else if (args.length > 0) {
      throw new TypeError('This statement already has bound parameters');
    } else {
      header[PARAMETER_COUNT] = KEEP_BINDINGS;
    }
    this.#aim();
    return heap;
  }

  #aim() {
    header[STATEMENT] = this.#number;
    header[SAFE_INTEGERS] = this.#safeIntegers ? 1 : 0;
  }

  #fetch(heap, rowCountMax) {
    this.#aim();
    header[ROW_COUNT_MAX] = rowCountMax;
    if (heap.length === 0) return native.fetch();
    return heap.length === 1 ? native.fetch(heap[0]) : native.fetch(...heap);
  }

  // Rows of a statement that runs already, or begins to; none at the end.
  #fetchRows(rowCountMax) {
    const rows = [];
    header[PARAMETER_COUNT] = KEEP_BINDINGS;
    const values = this.#fetch(NOTHING, this.#blockRows(rowCountMax));
    const count = header[ROW_COUNT];
    if (count > 0) this.#currentBuilder().many(count, asList(values), rows);
    return rows;
  }

  static {
    friend = {
      log: (statement) => statement.#logBound(),
      fetchRows: (statement, rowCountMax) => statement.#fetchRows(rowCountMax),
      unlock(statement) {
        statement.#locked = false;
        --statement.#session.iterators;
        if (statement.#session.open) statement.#reset();
      },
    };
  }

  #reset() {
    this.#aim();
    native.reset();
  }

  #blockRows(max) {
    return Math.max(1, Math.min(max, Math.floor(BLOCK_CELLS / Math.max(1, this.#columnCount))));
  }

  // Shows the statement to `verbose` as it will run; binding is then done.
  #log(heap) {
    if (header[PARAMETER_COUNT] !== KEEP_BINDINGS) native.bind(...heap);
    heap.length = 0;
    this.#logBound();
    this.#aim();
    header[PARAMETER_COUNT] = KEEP_BINDINGS;
  }

  #logBound() {
    this.#session.verbose(native.expandedSql(this.#number));
  }

  // The builder for the rows that lie in the frame.
  #currentBuilder() {
    if (header[SHAPE] !== this.#shape || header[COLUMN_COUNT] !== this.#columnCount) {
      this.#shape = header[SHAPE];
      this.#columnCount = header[COLUMN_COUNT];
      const names = native.columnNames(this.#number);
      const tables = this.#mode === EXPAND
        ? native.columns(this.#number).map((column) => column.table ?? '$') : null;
      this.#builder = builderFor(this.#mode, names, tables);
    }
    return this.#builder;
  }
}

// The rows of one run, lazily. Rows are read ahead in growing blocks, where nobody can tell.
class StatementIterator {
  #statement;
  #session;
  #alive = true;
  #logged;
  #rows = NOTHING;
  #position = 0;
  #rowCountMax = 1;

  constructor(statement, session) {
    this.#statement = statement;
    this.#session = session;
    this.#logged = session.verbose === null;
  }

  get statement() { return this.#statement; }

  next() {
    if (this.#session.busy) throw new TypeError(DATABASE_BUSY);
    if (this.#position === this.#rows.length) this.#readAhead();
    if (!this.#alive) return { value: undefined, done: true };
    return { value: this.#rows[this.#position++], done: false };
  }

  return() {
    if (this.#session.busy) throw new TypeError(DATABASE_BUSY);
    if (this.#alive) this.#end();
    return { value: undefined, done: true };
  }

  [Symbol.iterator]() { return this; }

  #readAhead() {
    if (!this.#alive) return;
    const session = this.#session;
    session.busy = true;
    try {
      if (!this.#logged) {
        this.#logged = true;
        friend.log(this.#statement);
      }
      this.#rows = friend.fetchRows(this.#statement, this.#rowCountMax);
      this.#position = 0;
    } catch (error) {
      this.#end();
      throw error;
    } finally {
      session.busy = false;
    }
    // In unsafe mode the application may change what is still to come.
    if (!session.unsafe) this.#rowCountMax = Math.min(ITERATOR_ROWS, this.#rowCountMax * 8);
    if (this.#rows.length === 0) this.#end();
  }

  #end() {
    this.#alive = false;
    this.#rows = NOTHING;
    this.#position = 0;
    friend.unlock(this.#statement);
  }
}

module.exports = Statement;
