#!/usr/bin/env node
// The conformance scenarios through a Node.js package of better-sqlite3's kind.
//   node_runner.mjs [--module PATH-OR-NAME] [--only TEXT] [--show] SCENARIO-FOLDER
// With better-sqlite3 it shows that this runner asks for nothing that the library does not do.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isDeepStrictEqual, inspect, parseArgs } from 'node:util';
import { createRequire } from 'node:module';

const STEP_KEYS = new Set(['do', 'on', 'as', 'of', 'sql', 'params', 'path', 'count', 'text', 'hex', 'read_only', 'timeout_ms', 'rows',
  'row_count', 'rows_at', 'columns', 'changes', 'last_rowid', 'total_changes', 'done', 'in_transaction', 'error', 'note']);

// SQLite's result codes by name; extended ones are their primary code plus 256 times a number.
const PRIMARY = ['OK', 'ERROR', 'INTERNAL', 'PERM', 'ABORT', 'BUSY', 'LOCKED', 'NOMEM', 'READONLY', 'INTERRUPT', 'IOERR', 'CORRUPT',
  'NOTFOUND', 'FULL', 'CANTOPEN', 'PROTOCOL', 'EMPTY', 'SCHEMA', 'TOOBIG', 'CONSTRAINT', 'MISMATCH', 'MISUSE', 'NOLFS', 'AUTH', 'FORMAT',
  'RANGE', 'NOTADB'];
const EXTENDED = {
  ERROR_MISSING_COLLSEQ: 257, BUSY_RECOVERY: 261, BUSY_SNAPSHOT: 517, BUSY_TIMEOUT: 773, READONLY_RECOVERY: 264, READONLY_DIRECTORY: 1544,
  CANTOPEN_ISDIR: 526, CONSTRAINT_CHECK: 275, CONSTRAINT_COMMITHOOK: 531, CONSTRAINT_FOREIGNKEY: 787, CONSTRAINT_FUNCTION: 1043,
  CONSTRAINT_NOTNULL: 1299, CONSTRAINT_PRIMARYKEY: 1555, CONSTRAINT_TRIGGER: 1811, CONSTRAINT_UNIQUE: 2067, CONSTRAINT_ROWID: 2579,
  CONSTRAINT_DATATYPE: 3091,
};
const CODES = new Map([...PRIMARY.map((name, code) => [`SQLITE_${name}`, code]),
  ...Object.entries(EXTENDED).map(([name, code]) => [`SQLITE_${name}`, code])]);

class Mismatch extends Error {}

function brief(value) {
  const text = inspect(value, { depth: 8, breakLength: Infinity, maxStringLength: 200, maxArrayLength: 40 });
  return text.length <= 600 ? text : `${text.slice(0, 600)}... (${text.length} characters)`;
}

function realOf(text) {
  const special = { inf: Infinity, '-inf': -Infinity, nan: NaN };
  return text in special ? special[text] : Number(text);
}

// Integers are BigInt on both ways, so that they differ from reals.
function valueOf(notation) {
  if (notation === null || typeof notation === 'string') return notation;
  if (typeof notation === 'number') return BigInt(notation);
  const times = notation.times ?? 1;
  if ('int' in notation) return BigInt(notation.int);
  if ('bool' in notation) return BigInt(notation.bool);
  if ('real' in notation) return realOf(notation.real);
  if ('text' in notation) return notation.text.repeat(times);
  if ('blob' in notation) return Buffer.from(notation.blob.repeat(times), 'hex');
  if ('bigint' in notation) return BigInt(notation.bigint);
  if ('object' in notation) return Symbol('no SQL value');
  throw new Mismatch(`not a value: ${brief(notation)}`);
}

function same(expected, actual) {
  if (Buffer.isBuffer(expected)) return actual instanceof Uint8Array && Buffer.compare(expected, actual) === 0;
  return Object.is(expected, actual);
}

function kindsOf(error) {
  const kinds = new Set();
  if (error instanceof TypeError && /not open/.test(error.message)) kinds.add('closed');
  if (error instanceof TypeError && /can only bind/.test(error.message)) kinds.add('type');
  if (error instanceof RangeError && /parameter/i.test(error.message)) kinds.add('parameter');
  if (error instanceof RangeError && /too big/.test(error.message)) kinds.add('range');
  return kinds;
}

function checkFailure(expected, error) {
  const code = CODES.get(error.code);
  for (const [key, value] of Object.entries(expected)) {
    let fits;
    if (key === 'kind') fits = kindsOf(error).has(value);
    else if (key === 'message') fits = value === error.message;
    else if (key === 'code') fits = code !== undefined && value === (code & 0xff);
    else if (key === 'extended') fits = value === code;
    else throw new Mismatch(`no such expectation of an error: ${key}`);
    // Mistakes in the use of the interface have no code.
    if (!fits && key !== 'kind' && key !== 'message' && expected.kind !== undefined) fits = true;
    if (!fits) throw new Mismatch(`expected the error ${brief(expected)}, got ${brief(error)}`);
  }
}

class ScenarioRun {
  constructor(Database, folder) {
    this.Database = Database;
    this.folder = folder;
    this.databases = new Map();
    this.prepared = new Map();
    this.iterators = new Map();
  }

  static at(map, name) {
    if (!map.has(name)) throw new Mismatch(`nothing is named ${name}`);
    return map.get(name);
  }

  database(step) { return ScenarioRun.at(this.databases, step.on ?? 'db'); }

  open(step) {
    const file = step.path === undefined ? ':memory:' : path.join(this.folder, step.path);
    return new this.Database(file, { readonly: step.read_only ?? false, timeout: step.timeout_ms ?? 0 });
  }

  sibling(step) {
    const database = this.database(step);
    return typeof database.connect === 'function' ? database.connect() : this.open(step);
  }

  // The statement of a step, and its values as the arguments of run(), all() and iterate().
  statement(step) {
    const statement = step.of !== undefined ? ScenarioRun.at(this.prepared, step.of) : this.database(step).prepare(step.sql).safeIntegers();
    const params = step.params ?? [];
    if (Array.isArray(params)) return { statement, values: ScenarioRun.positional(statement.source, params.map(valueOf)) };
    return { statement, values: [Object.fromEntries(Object.entries(params).map(([name, value]) => [name, valueOf(value)]))] };
  }

  // better-sqlite3 takes numbered parameters (?2) for named ones, and counts only the others as positional.
  static positional(sql, values) {
    if (!/\?\d/.test(sql)) return values;
    const named = {};
    const rest = [];
    let largest = 0;
    for (const [, digits] of sql.matchAll(/\?(\d*)/g)) {
      const number = digits === '' ? largest + 1 : Number(digits);
      largest = Math.max(largest, number);
      if (digits !== '') named[digits] = values[number - 1];
      else rest.push(values[number - 1]);
    }
    return [...rest, named];
  }

  query(step) {
    const { statement, values } = this.statement(step);
    if (!statement.reader) return { rows: [], columns: [], ...ScenarioRun.counts(statement.run(...values)) };
    const rows = statement.raw().all(...values);
    return { rows, columns: statement.columns().map((column) => column.name) };
  }

  static counts({ changes, lastInsertRowid }) { return { changes, last_rowid: BigInt(lastInsertRowid) }; }

  next(step) {
    const entry = ScenarioRun.at(this.iterators, step.of);
    const answer = { rows: [], columns: entry.columns, done: false };
    for (let count = step.count ?? 1; count > 0 && !answer.done; --count) {
      const { value, done } = entry.iterator.next();
      answer.done = done;
      if (!done) answer.rows.push(value);
    }
    return answer;
  }

  take(step) {
    switch (step.do) {
      case 'open': this.databases.set(step.on ?? 'db', this.open(step)); return {};
      case 'sibling': this.databases.set(step.as, this.sibling(step)); return {};
      case 'close': this.database(step).close(); return {};
      case 'file':
        fs.writeFileSync(path.join(this.folder, step.path), step.hex !== undefined ? Buffer.from(step.hex, 'hex') : step.text);
        return {};
      case 'script': this.database(step).exec(step.sql); return {};
      case 'prepare': this.prepared.set(step.as, this.database(step).prepare(step.sql).safeIntegers()); return {};
      case 'query':
      case 'run': return this.query(step);
      case 'start': {
        const { statement, values } = this.statement(step);
        const iterator = statement.raw().iterate(...values);
        this.iterators.set(step.as, { iterator, columns: statement.columns().map((column) => column.name) });
        return {};
      }
      case 'next': return this.next(step);
      case 'end':
        ScenarioRun.at(this.iterators, step.of).iterator.return();
        this.iterators.delete(step.of);
        return {};
      case 'state': {
        const database = this.database(step);
        return { in_transaction: database.inTransaction, total_changes: database.prepare('SELECT total_changes()').pluck().get() };
      }
      default: throw new Mismatch(`no such verb: ${step.do}`);
    }
  }

  runStep(step, shows) {
    let answer;
    try {
      answer = this.take(step);
    } catch (error) {
      if (error instanceof Mismatch) throw error;
      if (shows) console.log(`  ${brief(step)}\n    ${brief(error)}`);
      if (step.error === undefined) throw new Mismatch(`failed: ${error.stack}`);
      checkFailure(step.error, error);
      return;
    }
    if (shows) console.log(`  ${brief(step)}\n    ${brief(answer)}`);
    if (step.error !== undefined) throw new Mismatch(`expected the error ${brief(step.error)}, but it went well`);
    ScenarioRun.checkRows(step, answer);
    for (const key of ['columns', 'done', 'changes', 'last_rowid', 'total_changes', 'in_transaction']) {
      if (step[key] === undefined) continue;
      const expected = key === 'last_rowid' ? valueOf(step[key]) : step[key];
      if (!isDeepStrictEqual(expected, answer[key])) throw new Mismatch(`${key}: expected ${brief(expected)}, got ${brief(answer[key])}`);
    }
  }

  static checkRows(step, { rows = [] }) {
    const check = (index, expected) => {
      const values = expected.map(valueOf);
      const row = rows[index];
      if (row === undefined || row.length !== values.length || !values.every((value, i) => same(value, row[i]))) {
        throw new Mismatch(`row ${index}: expected ${brief(values)}, got ${brief(row)}`);
      }
    };
    step.rows?.slice(0, rows.length).forEach((row, index) => check(index, row));
    const count = step.rows?.length ?? step.row_count ?? rows.length;
    if (rows.length !== count) throw new Mismatch(`number of rows: expected ${count}, got ${rows.length}`);
    for (const [index, row] of Object.entries(step.rows_at ?? {})) check(Number(index), row);
  }

  run(steps, shows) {
    steps.forEach((step, index) => {
      const unknown = Object.keys(step).filter((key) => !STEP_KEYS.has(key));
      if (unknown.length > 0) throw new Mismatch(`step ${index + 1} has an unknown key: ${unknown}`);
      try {
        this.runStep(step, shows);
      } catch (error) {
        throw new Mismatch(`step ${index + 1} ${brief(step)}: ${error instanceof Mismatch ? error.message : error.stack}`);
      }
    });
  }

  close() {
    for (const { iterator } of this.iterators.values()) iterator.return();
    for (const database of this.databases.values()) database.close();
  }
}

function* load(folder) {
  for (const name of fs.readdirSync(folder).filter((file) => file.endsWith('.json')).sort()) {
    for (const scenario of JSON.parse(fs.readFileSync(path.join(folder, name), 'utf8')).scenarios) {
      const only = scenario.only ?? ['node'];
      if (only.includes('node') || only.includes('host')) yield { name: `${name.slice(0, -5)}: ${scenario.name}`, steps: scenario.steps };
    }
  }
}

const { values: options, positionals } = parseArgs({
  options: { module: { type: 'string', default: '@joaoh82/sqlrite' }, only: { type: 'string', default: '' }, show: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const Database = createRequire(path.join(process.cwd(), 'package.json'))(options.module);
let passed = 0;
let failed = 0;
for (const { name, steps } of load(positionals[0])) {
  if (!name.includes(options.only)) continue;
  if (options.show) console.log(name);
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'conformance-'));
  const run = new ScenarioRun(Database, folder);
  try {
    run.run(steps, options.show);
    passed += 1;
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n  ${error.message}`);
  } finally {
    run.close();
    fs.rmSync(folder, { recursive: true });
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
