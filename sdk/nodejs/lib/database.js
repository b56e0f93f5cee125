'use strict';
// Databases. What the statements of a database need to know of it is in its session: { number, open, busy, iterators,
// safeIntegers, unsafe, verbose }.
const fs = require('fs');
const path = require('path');
const util = require('util');
const native = require('./native');
const Statement = require('./statement');
const { SqliteError, ErrorKind, errorKind } = require('./errors');
const { booleanOption, switchArgument } = require('./options');
const { scalarFunction, aggregateFunction } = require('./functions');
const { makeTransaction } = require('./transaction');
const { backup } = require('./backup');

const DEFAULT_TIMEOUT_MS = 5000;
const TIMEOUT_MS_MAX = 0x7fffffff;

// As src/database.cc has them.
const MODE_CREATE = 0;
const MODE_READ_WRITE = 1;
const MODE_READ_ONLY = 2;

const sessions = new WeakMap();

function sessionOf(database) {
  const session = sessions.get(database);
  if (session === undefined) throw new TypeError('Illegal invocation');
  return session;
}

function requireIdle(session, { iterators = true } = {}) {
  if (!session.open) throw new TypeError('The database connection is not open');
  if (session.busy || (iterators && session.iterators > 0)) {
    throw new TypeError('This database connection is busy executing a query');
  }
}

function readOptions(filename, options, image) {
  if (typeof options !== 'object') throw new TypeError('Expected second argument to be an options object');
  if ('readOnly' in options) throw new TypeError('Misspelled option "readOnly" should be "readonly"');
  if ('memory' in options) {
    throw new TypeError('Option "memory" was removed in v7.0.0 (use ":memory:" filename instead)');
  }
  const read = {
    readonly: booleanOption(options, 'readonly'),
    fileMustExist: booleanOption(options, 'fileMustExist'),
    timeout: 'timeout' in options ? options.timeout : DEFAULT_TIMEOUT_MS,
    verbose: 'verbose' in options ? options.verbose ?? null : null,
  };
  if (read.readonly && isPrivate(filename) && image === null) {
    throw new TypeError('In-memory/temporary databases cannot be readonly');
  }
  if (!Number.isInteger(read.timeout) || read.timeout < 0) {
    throw new TypeError('Expected the "timeout" option to be a positive integer');
  }
  if (read.timeout > TIMEOUT_MS_MAX) {
    throw new RangeError(`Option "timeout" cannot be greater than ${TIMEOUT_MS_MAX}`);
  }
  if (read.verbose !== null && typeof read.verbose !== 'function') {
    throw new TypeError('Expected the "verbose" option to be a function');
  }
  return read;
}

const isPrivate = (filename) => filename === '' || filename === ':memory:';

// Calling without `new` is allowed, as it is for better-sqlite3: a function, not a class.
function Database(filenameGiven, options) {
  if (new.target === undefined) return new Database(filenameGiven, options);
  let image = null;
  if (Buffer.isBuffer(filenameGiven)) {
    image = filenameGiven;
    filenameGiven = ':memory:';
  }
  filenameGiven ??= '';
  if (typeof filenameGiven !== 'string') throw new TypeError('Expected first argument to be a string');
  const filename = filenameGiven.trim();
  const read = readOptions(filename, options ?? {}, image);
  if (!isPrivate(filename) && !fs.existsSync(path.dirname(filename))) {
    throw new TypeError('Cannot open database because the directory does not exist');
  }
  const mode = read.readonly && image === null ? MODE_READ_ONLY : read.fileMustExist ? MODE_READ_WRITE : MODE_CREATE;
  const number = native.open(filename, isPrivate(filename) ? MODE_CREATE : mode, read.timeout, image, this);
  begin(this, number, filenameGiven, isPrivate(filename), read);
  // An image that is only to be read is a private database that refuses to be changed.
  if (read.readonly && image !== null) this.pragma('query_only = 1');
}

function begin(database, number, name, memory, { readonly, timeout, verbose }) {
  const session = {
    number, open: true, busy: false, iterators: 0, safeIntegers: false, unsafe: false, verbose,
    name, memory, readonly, timeout, functions: new Map(),
  };
  sessions.set(database, session);
}

const methods = {
  prepare(sql) {
    const session = sessionOf(this);
    if (typeof sql !== 'string') throw new TypeError('Expected first argument to be a string');
    requireIdle(session, { iterators: false });
    return Statement.prepare(session, this, sql, false);
  },

  exec(sql) {
    const session = sessionOf(this);
    if (typeof sql !== 'string') throw new TypeError('Expected first argument to be a string');
    requireIdle(session, { iterators: !session.unsafe });
    session.busy = true;
    try {
      native.exec(session.number, sql, session.verbose);
    } finally {
      session.busy = false;
    }
    return this;
  },

  pragma(source, options) {
    const session = sessionOf(this);
    options ??= {};
    if (typeof source !== 'string') throw new TypeError('Expected first argument to be a string');
    if (typeof options !== 'object') throw new TypeError('Expected second argument to be an options object');
    const simple = booleanOption(options, 'simple');
    requireIdle(session, { iterators: !session.unsafe });
    const statement = Statement.prepare(session, this, `PRAGMA ${source}`, true);
    try {
      return simple ? statement.pluck().get() : statement.all();
    } finally {
      Statement.finalize(statement);
    }
  },

  transaction(fn) {
    if (typeof fn !== 'function') throw new TypeError('Expected first argument to be a function');
    const session = sessionOf(this);
    requireIdle(session, { iterators: false });
    return makeTransaction(this, session, fn);
  },

  function(name, options, fn) {
    const session = sessionOf(this);
    const definition = scalarFunction(name, options, fn);
    requireIdle(session);
    defineFunction(session, definition);
    return this;
  },

  aggregate(name, options) {
    const session = sessionOf(this);
    const definition = aggregateFunction(name, options);
    requireIdle(session);
    defineFunction(session, definition);
    return this;
  },

  async backup(filename, options) {
    return backup(this, sessionOf(this), requireIdle, filename, options);
  },

  serialize(options) {
    const session = sessionOf(this);
    options ??= {};
    if (typeof options !== 'object') throw new TypeError('Expected first argument to be an options object');
    const attached = 'attached' in options ? options.attached : 'main';
    if (typeof attached !== 'string') throw new TypeError('Expected the "attached" option to be a string');
    if (attached === '') throw new TypeError('The "attached" option cannot be an empty string');
    requireIdle(session);
    return native.serialize(session.number, attached);
  },

  // A second connection to the same file, opened with the same options.
  connect() {
    const session = sessionOf(this);
    requireIdle(session, { iterators: false });
    const sibling = Object.create(Object.getPrototypeOf(this));
    const number = native.connect(session.number, session.timeout, sibling);
    begin(sibling, number, session.name, session.memory, session);
    return sibling;
  },

  close() {
    const session = sessionOf(this);
    if (!session.open) return this;
    requireIdle(session);
    session.open = false;
    native.close(session.number);
    return this;
  },

  defaultSafeIntegers(...args) {
    sessionOf(this).safeIntegers = switchArgument(args);
    return this;
  },

  unsafeMode(...args) {
    const session = sessionOf(this);
    const use = switchArgument(args);
    if (session.open) native.setUnsafe(session.number, use);
    session.unsafe = use;
    return this;
  },

  [util.inspect.custom](depth, options, inspect) {
    const { name, open, inTransaction, readonly, memory } = this;
    return `Database ${inspect({ name, open, inTransaction, readonly, memory }, options)}`;
  },
};

// The add-on refers to the functions weakly: the session keeps them.
function defineFunction(session, { name, argumentCount, safeIntegers, deterministic, directOnly, functions }) {
  native.defineFunction(
    session.number, name, argumentCount, safeIntegers ?? session.safeIntegers, deterministic, directOnly, functions);
  // To the engine, names that differ in the case of ASCII letters are the same.
  const key = name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
  session.functions.set(`${argumentCount} ${key}`, functions);
}

for (const key of Reflect.ownKeys(methods)) {
  Object.defineProperty(Database.prototype, key, {
    value: methods[key], writable: true, enumerable: false, configurable: true,
  });
}

const getters = {
  name: (session) => session.name,
  open: (session) => session.open,
  inTransaction: (session) => session.open && native.inTransaction(session.number),
  readonly: (session) => session.readonly,
  memory: (session) => session.memory,
};
for (const [key, read] of Object.entries(getters)) {
  Object.defineProperty(Database.prototype, key, {
    get() { return read(sessionOf(this)); }, enumerable: true, configurable: true,
  });
}

Database.openReadOnly = (filename, options) => new Database(filename, { ...options, readonly: true });

Object.assign(Database, { Database, SqliteError, SQLRiteError: SqliteError, ErrorKind, errorKind });
module.exports = Database;
