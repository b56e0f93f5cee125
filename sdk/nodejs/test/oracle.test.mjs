// The same small programs on better-sqlite3 and on this package: equal results, equal errors (class, code and message). Each
// step of a program is recorded; a step that throws is recorded as what it threw.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import Ours from '@joaoh82/sqlrite';

const Theirs = createRequire(path.join(process.env.SQLRITE_DEVELOPMENT, 'index.js'))('better-sqlite3');

const describeError = (error) => ({
  class: error?.constructor?.name, name: error?.name, code: error?.code, message: error?.message ?? error,
});

class Recorder {
  steps = [];
  step(action) {
    try {
      this.steps.push({ value: action() });
    } catch (error) {
      this.steps.push({ error: describeError(error) });
    }
  }
  note(value) { this.steps.push({ value }); }
}

async function record(Database, program) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlrite-oracle-'));
  const recorder = new Recorder();
  const db = new Database(':memory:');
  try {
    await program({
      Database, db, folder, step: (action) => recorder.step(action), note: (value) => recorder.note(value),
      file: (name) => path.join(folder, name),
    });
  } finally {
    db.close();
    fs.rmSync(folder, { recursive: true });
  }
  // Paths are those of this run.
  return JSON.parse(JSON.stringify(recorder.steps, (key, value) => {
    if (typeof value === 'bigint') return `${value}n`;
    if (value === undefined) return '<undefined>';
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    if (Object.is(value, -0)) return '-0';
    if (typeof value === 'string') return value.replaceAll(folder, '<folder>');
    return value;
  }));
}

function same(name, program) {
  test(name, async () => {
    const theirs = await record(Theirs, program);
    const ours = await record(Ours, program);
    assert.ok(theirs.length > 0, 'the program records nothing');
    assert.deepEqual(ours, theirs);
  });
}

const people = (db) => db.exec(`
  CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, age REAL, picture BLOB);
  INSERT INTO people VALUES (1, 'Ada', 36.5, x'0001ff'), (2, 'Bob', NULL, NULL), (3, 'Čeněk', -1, x'');`);

// ---------------------------------------------------------------- rows

same('get, all and iterate in every mode', ({ db, step }) => {
  people(db);
  const modes = [(s) => s, (s) => s.pluck(), (s) => s.raw(), (s) => s.expand(), (s) => s.raw().pluck(false),
    (s) => s.raw().raw(false), (s) => s.expand().expand(false), (s) => s.pluck().raw()];
  for (const mode of modes) {
    for (const sql of ['SELECT * FROM people ORDER BY id', 'SELECT id FROM people WHERE id = 99', 'SELECT 1 AS a, 2 AS a, 3',
      'SELECT p.id, q.name, 5 AS five FROM people p, people q WHERE p.id < q.id ORDER BY 1, 2', 'PRAGMA table_info(people)',
      "SELECT 'x' AS \"1\", 'y' AS \"0\", 'z' AS b", 'VALUES (1, 2), (3, NULL)']) {
      step(() => mode(db.prepare(sql)).get());
      step(() => mode(db.prepare(sql)).all());
      step(() => [...mode(db.prepare(sql)).iterate()]);
    }
  }
});

same('rows beyond the number at which code is compiled', ({ db, step }) => {
  db.exec(`CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c)`);
  const insert = db.prepare('INSERT INTO t (b, c) VALUES (?, ?)');
  const kinds = [null, 1, 2.5, 'text', Buffer.from([1, 2, 3]), 3n, -0.0, 2 ** 53, 'ž', ''];
  db.transaction(() => {
    for (let i = 0; i < 5000; ++i) insert.run(`row ${i}`, kinds[i % kinds.length]);
  })();
  for (const mode of ['raw', 'pluck', 'expand', 'safeIntegers']) {
    step(() => db.prepare('SELECT c, a, b, a AS d FROM t')[mode]().all());
    step(() => [...db.prepare('SELECT c, a, b FROM t')[mode]().iterate()]);
  }
  step(() => db.prepare('SELECT * FROM t').all());
  step(() => db.prepare('SELECT * FROM t').all());
  const get = db.prepare('SELECT * FROM t WHERE a = ?');
  for (let i = 0; i < 200; ++i) step(() => get.get(i));
});

same('values of every kind, at their edges', ({ db, step }) => {
  const echo = db.prepare('SELECT ?1 AS v, typeof(?1) AS t');
  step(() => echo.get({ 1: 5 }));
  const typed = (value) => db.prepare('SELECT ? AS v, typeof(?) AS t, hex(?) AS h').get(value, value, value);
  for (const value of [0, 1, -1, 1.5, -0, NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31), 2 ** 53, 1e308, 5e-324, 0n, 1n, -1n,
    9223372036854775807n, -9223372036854775808n, 9223372036854775808n, -9223372036854775809n, 10n ** 30n, '', 'a', 'a\0b', '😀', 'é'.repeat(70000), null, undefined, Buffer.alloc(0), Buffer.from('bytes'), new Uint8Array([1, 2]),
    new Uint16Array([1, 2]), new Float64Array([1]), new DataView(new ArrayBuffer(3)), new Uint8Array(8).subarray(2, 5),
    new ArrayBuffer(3), true, false, Symbol('s'), () => 1, new Date(0), [], [[]], new Map(), {}]) {
    step(() => typed(value));
  }
  for (const sql of ['9223372036854775807', '-9223372036854775808', '9007199254740993', '2147483647', '2147483648', '-2147483648',
    '1e400', '-1e400', '0.1 + 0.2', "CAST(x'ff41fe' AS TEXT)", "x'00ff'", 'zeroblob(5)', "''", "x''", 'NULL', '1 = 1', "'a' || char(0) || 'b'"]) {
    step(() => db.prepare(`SELECT ${sql}`).get());
    step(() => db.prepare(`SELECT ${sql}`).pluck().safeIntegers().get());
  }
});

same('numbers take the affinity of their column', ({ db, step }) => {
  db.exec('CREATE TABLE t (i INTEGER, r REAL, t TEXT, n NUMERIC, b BLOB)');
  const insert = db.prepare('INSERT INTO t VALUES (?, ?, ?, ?, ?)');
  for (const value of [5, 5.5, 5n, '5', null, 2 ** 60, Buffer.from('5')]) step(() => insert.run(value, value, value, value, value));
  step(() => db.prepare('SELECT *, typeof(i), typeof(r), typeof(t), typeof(n), typeof(b) FROM t').raw().all());
  step(() => db.prepare('SELECT count(*) FROM t WHERE i = ?').pluck().get(5));
});

// ---------------------------------------------------------------- parameters

same('positional, named and list parameters', ({ db, step }) => {
  const calls = {
    'SELECT ? AS a, ? AS b': [[], [1], [1, 2], [1, 2, 3], [[1, 2]], [[1], [2]], [[1], 2], [[]], [{}], [{ a: 1 }], [1, {}, 2], [[1, 2], {}],
      [[1, [2]]], [undefined, null], [new (class A {})()], [Object.create(null)], [1, true]],
    'SELECT :a AS a, @b AS b, $c AS c': [[], [{}], [{ a: 1 }], [{ a: 1, b: 2, c: 3 }], [{ a: 1, b: 2, c: 3, d: 4 }], [1, 2, 3],
      [{ a: 1 }, { b: 2, c: 3 }], [Object.assign(Object.create(null), { a: 1, b: 2, c: 3 })], [Object.create({ a: 1, b: 2, c: 3 })],
      [new (class A { a = 1; b = 2; c = 3; })()], [new Map()], [[]], [{ a: 1, b: {}, c: 3 }], [null], [{ a: 1, b: 2, c: true }],
      [() => 1], [{ get a() { throw new RangeError('getter'); }, b: 1, c: 2 }]],
    'SELECT :a AS a, ? AS b, :a AS c, ? AS d': [[{ a: 1 }, 2, 3], [2, { a: 1 }, 3], [2, 3, { a: 1 }], [2, 3], [{ a: 1 }, 2], [[2, 3], { a: 1 }],
      [{ a: 1 }, 2, 3, 4], [{ a: 1 }]],
    'SELECT ?2 AS a, ?1 AS b': [[{ 1: 'x', 2: 'y' }], [{ 1: 'x' }], [[]], [{}]],
    'SELECT :a AS a, @a AS b, $a AS c': [[{ a: 7 }]],
    'SELECT 1 AS one': [[], [1], [[]], [{}], [{ a: 1 }], [[1]], [null], [undefined]],
  };
  for (const [sql, lists] of Object.entries(calls)) {
    for (const args of lists) {
      step(() => db.prepare(sql).get(...args));
      step(() => db.prepare(sql).all(...args));
      step(() => [...db.prepare(sql).iterate(...args)]);
      step(() => db.prepare(sql).bind(...args).get());
    }
  }
});

same('bound statements', ({ db, step }) => {
  const statement = db.prepare('SELECT ? AS a');
  step(() => statement.bind(5) === statement);
  step(() => statement.get());
  step(() => statement.get(6));
  step(() => statement.bind(6));
  step(() => statement.all());
  step(() => [...statement.iterate()]);
  step(() => db.prepare('SELECT ? AS a').bind());
  step(() => db.prepare('SELECT ? AS a').bind({}));
});

same('a NUL ends the text of SQL', ({ db, step }) => {
  step(() => db.prepare('SELECT 1 AS a\0 this is not read').get());
  step(() => db.exec('SELECT 1;\0 this is not read') === db);
  step(() => db.prepare('\0SELECT 1'));
  step(() => db.prepare("SELECT 'a\0b'").get());
});

same('classes may extend Database', ({ Database, step }) => {
  class Store extends Database {
    constructor() { super(':memory:'); this.exec('CREATE TABLE t (a)'); }
    add(value) { return this.prepare('INSERT INTO t VALUES (?)').run(value); }
  }
  step(() => {
    const store = new Store();
    const result = [store instanceof Database, store instanceof Store, store.add(5), store.prepare('SELECT * FROM t').all(), store.open];
    store.close();
    return result;
  });
});

same('a failed binding leaves the statement usable', ({ db, step }) => {
  const statement = db.prepare('SELECT ? AS a, ? AS b');
  step(() => statement.get(1, Symbol('x')));
  step(() => statement.get(1, 2));
  step(() => statement.get(1));
  step(() => statement.get(3, 4));
});

// ---------------------------------------------------------------- changes

same('run gives changes and lastInsertRowid', ({ db, step }) => {
  step(() => db.prepare('CREATE TABLE t (a INTEGER PRIMARY KEY, b UNIQUE)').run());
  const insert = db.prepare('INSERT INTO t (b) VALUES (?)');
  step(() => insert.run('x'));
  step(() => insert.run('y'));
  step(() => insert.run('x'));
  step(() => db.prepare('INSERT OR IGNORE INTO t (b) VALUES (?)').run('x'));
  step(() => db.prepare('UPDATE t SET b = b || ?').run('!'));
  step(() => db.prepare('DELETE FROM t').run());
  step(() => db.prepare('SELECT 1').run());
  step(() => db.prepare('INSERT INTO t VALUES (?, 1)').run(9007199254740993n));
  step(() => db.prepare('INSERT INTO t VALUES (?, 2)').safeIntegers().run(9007199254740995n));
  step(() => db.prepare('INSERT INTO t (b) VALUES (?) RETURNING a, b').safeIntegers().get('r'));
  step(() => db.prepare('INSERT INTO t (b) VALUES (?) RETURNING a, b').run('s'));
  step(() => db.prepare('INSERT INTO t (b) VALUES (?), (?) RETURNING b').pluck().all('u', 'v'));
  step(() => [...db.prepare('DELETE FROM t WHERE b IN (?, ?) RETURNING b').pluck().iterate('u', 'v')]);
  step(() => db.prepare('DROP TABLE t').run());
});

same('errors of SQL', ({ db, step }) => {
  db.pragma('foreign_keys = off');
  db.exec(`CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT NOT NULL, c UNIQUE, d CHECK (d > 0), e);
    CREATE TABLE s (x INTEGER PRIMARY KEY, y TEXT) STRICT;
    CREATE TABLE w (k PRIMARY KEY) WITHOUT ROWID;
    INSERT INTO t VALUES (1, 'b', 'c', 1, NULL); INSERT INTO w VALUES (1);`);
  for (const sql of ["INSERT INTO t VALUES (1, 'b', 'd', 1, NULL)", "INSERT INTO t VALUES (2, NULL, 'd', 1, NULL)",
    "INSERT INTO t VALUES (2, 'b', 'c', 1, NULL)", "INSERT INTO t VALUES (2, 'b', 'd', 0, NULL)", 
    'DELETE FROM t', "INSERT INTO s VALUES (1, x'00')", "INSERT INTO s VALUES ('x', 'y')", 'INSERT INTO w VALUES (1)', 'SELEC 1', 'SELECT', '',
    ';', '-- only a comment', 'SELECT 1; SELECT 2', 'SELECT 1; -- comment', 'SELECT 1 /* x */ ; ;', 'SELECT 1; SELEC', 'SELECT * FROM missing',
    'SELECT missing FROM t', 'SELECT nothing(1)', 'SELECT abs(1, 2)', "SELECT 'unfinished", 'SELECT 1 +', 'INSERT INTO t (zz) VALUES (1)',
    'CREATE TABLE t (a)', 'DROP TABLE missing', 'COMMIT', 'ROLLBACK', 'RELEASE nothing', 'SELECT abs(-9223372036854775808)',
    "SELECT json('{')", 'ATTACH \'/missing/folder/x.db\' AS x', 'DETACH x', 'SELECT (SELECT 1, 2)',
    'INSERT INTO t VALUES (1)', "INSERT INTO sqlite_master VALUES (1,2,3,4,5)", 'SELECT zeroblob(2000000000)',
    'SELECT sum(9223372036854775807) FROM (VALUES (1), (2))', "SELECT 1 LIKE 2 ESCAPE 'ab'"]) {
    step(() => db.prepare(sql).run());
    if (/SELECT/.test(sql)) step(() => db.prepare(sql).all());
    step(() => db.exec(sql) === db);
  }
});

// ---------------------------------------------------------------- the statement object

same('facts about statements', ({ db, step }) => {
  people(db);
  for (const sql of ['SELECT * FROM people', 'INSERT INTO people (name) VALUES (?)', 'BEGIN', 'COMMIT', 'PRAGMA user_version', 'PRAGMA user_version = 3',
    'CREATE TABLE x (a)', 'EXPLAIN SELECT 1', 'UPDATE people SET name = 1 RETURNING id', 'SELECT 1 WHERE 0', 'ATTACH \':memory:\' AS y']) {
    step(() => {
      const statement = db.prepare(sql);
      return [statement.reader, statement.readonly, statement.source, statement.busy, statement.database === db];
    });
  }
});

same('columns', ({ db, step }) => {
  people(db);
  db.exec('CREATE VIEW v AS SELECT name AS n, id + 1 AS next FROM people; ATTACH \':memory:\' AS other; CREATE TABLE other.z (q VARCHAR(9))');
  for (const sql of ['SELECT * FROM people', 'SELECT id AS i, name, age + 1, 5, count(*) FROM people', 'SELECT * FROM v', 'SELECT * FROM other.z',
    'SELECT * FROM (SELECT id AS k FROM people)', 'INSERT INTO people (name) VALUES (1) RETURNING id, name || 1', 'SELECT rowid, * FROM people p', 'DELETE FROM people']) {
    step(() => db.prepare(sql).columns());
  }
  step(() => db.pragma('table_xinfo(people)'));
});

same('methods that need rows, and wrong arguments', ({ db, step }) => {
  people(db);
  const change = db.prepare('DELETE FROM people WHERE id = ?');
  for (const method of ['get', 'all', 'iterate', 'pluck', 'raw', 'expand', 'columns']) step(() => change[method](1) && 1);
  const query = db.prepare('SELECT id FROM people');
  for (const method of ['pluck', 'raw', 'expand', 'safeIntegers']) {
    for (const value of [1, 'true', null, undefined, {}]) step(() => query[method](value) === query);
    step(() => query[method](true) === query);
    step(() => query[method](false) === query);
  }
  for (const value of [undefined, null, 5, {}, [], Buffer.from('SELECT 1')]) {
    step(() => db.prepare(value));
    step(() => db.exec(value));
    step(() => db.pragma(value));
  }
  step(() => db.pragma('user_version', { simple: 1 }));
  step(() => db.pragma('user_version', 'simple'));
  step(() => db.transaction(5));
  step(() => db.defaultSafeIntegers(1));
  step(() => db.unsafeMode('x'));
});

same('a statement follows the schema', ({ db, step }) => {
  db.exec('CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)');
  const statement = db.prepare('SELECT * FROM t');
  step(() => statement.get());
  db.exec('ALTER TABLE t RENAME COLUMN b TO c');
  step(() => statement.get());
  db.exec('ALTER TABLE t ADD COLUMN d DEFAULT 7');
  step(() => statement.all());
  step(() => [...statement.iterate()]);
  db.exec('DROP TABLE t');
  step(() => statement.get());
  db.exec('CREATE TABLE t (z); INSERT INTO t VALUES (9)');
  step(() => statement.raw().get());
});

same('pragma', ({ db, step }) => {
  people(db);
  for (const source of ['user_version', 'user_version = 7', 'user_version', 'table_info(people)', 'encoding',
    'page_size', 'nonsense', 'integrity_check', 'journal_mode', 'index_list(people)', 'user_version; SELECT 1', 'writable_schema']) {
    step(() => db.pragma(source));
    step(() => db.pragma(source, { simple: true }));
  }
});

// ---------------------------------------------------------------- iterators

same('iterators', ({ db, step, note }) => {
  people(db);
  const statement = db.prepare('SELECT id, name FROM people ORDER BY id');
  const iterator = statement.iterate();
  step(() => [statement.busy, iterator[Symbol.iterator]() === iterator, iterator.statement === statement]);
  step(() => iterator.next());
  step(() => statement.get());
  step(() => statement.all());
  step(() => statement.iterate());
  step(() => statement.bind());
  step(() => statement.pluck());
  step(() => statement.safeIntegers());
  step(() => statement.columns().length);
  step(() => db.prepare('SELECT 1 AS one').get());
  step(() => db.prepare('SELECT 1 AS one').run());
  step(() => db.prepare('DELETE FROM people').run());
  step(() => db.exec('SELECT 1'));
  step(() => db.pragma('user_version'));
  step(() => db.close());
  step(() => db.serialize());
  step(() => db.function('f', () => 1));
  step(() => db.aggregate('f', { step() {} }));
  step(() => db.transaction(() => 1)());
  step(() => iterator.return());
  step(() => iterator.next());
  step(() => iterator.return());
  step(() => [statement.busy, statement.get()]);
  for (const row of statement.iterate()) { note(row); break; }
  step(() => statement.busy);
  step(() => { for (const row of statement.iterate()) throw new Error(row.name); });
  step(() => statement.busy);
  step(() => [...statement.iterate(), ...statement.iterate()]);
  const outer = statement.iterate();
  const inner = db.prepare('SELECT name FROM people').pluck().iterate();
  step(() => [outer.next(), inner.next(), outer.next(), inner.next(), outer.next(), outer.next(), outer.next(), inner.return(), inner.next()]);
});

same('an iterator gives the rows before an error', ({ db, step }) => {
  db.exec('CREATE TABLE t (x); INSERT INTO t VALUES (1), (2), (3), (\'{\'), (5)');
  const statement = db.prepare('SELECT json(x) AS j FROM t');
  const iterator = statement.iterate();
  for (let i = 0; i < 6; ++i) step(() => iterator.next());
  step(() => statement.busy);
  step(() => statement.all());
  step(() => statement.get());
});

same('unsafe mode', ({ db, step }) => {
  people(db);
  step(() => db.unsafeMode() === db);
  step(() => {
    for (const row of db.prepare('SELECT id, name FROM people').iterate()) {
      db.prepare('UPDATE people SET name = name || ? WHERE id <= ?').run('!', row.id);
    }
  });
  step(() => db.prepare('SELECT name FROM people').pluck().all());
  step(() => db.unsafeMode(false) === db);
  step(() => { for (const row of db.prepare('SELECT id FROM people').iterate()) db.prepare('DELETE FROM people WHERE id = ?').run(row.id); });
});

// ---------------------------------------------------------------- functions

same('functions of the application', ({ db, step, note }) => {
  step(() => db.function('add2', (a, b) => a + b) === db);
  step(() => db.prepare('SELECT add2(1, 2) AS x').get());
  step(() => db.prepare("SELECT add2('a', 'b') AS x").get());
  step(() => db.prepare('SELECT add2(1) AS x').get());
  db.function('echo', { varargs: true }, (...args) => args[args.length - 1]);
  db.function('show', { varargs: true, safeIntegers: true }, (...args) => args.map((arg) => `${typeof arg} ${arg}`).join(', '));
  step(() => db.prepare("SELECT show(1, 2.5, 'x', NULL, x'0102') AS x").get());
  step(() => db.prepare('SELECT show() AS x, echo() AS y').get());
  const results = { number: 1.5, integer: 3, big: 2n ** 62n, tooBig: 2n ** 63n, text: 'é', bytes: Buffer.from([1]), view: new Uint16Array([1]), nothing: undefined,
    nil: null, flag: true, object: {}, list: [], symbol: Symbol('s'), date: new Date(0), fn: () => 1 };
  for (const [key, value] of Object.entries(results)) {
    db.function(`give_${key}`, () => value);
    step(() => db.prepare(`SELECT give_${key}() AS v, typeof(give_${key}()) AS t`).get());
  }
  for (const thrown of [new Error('mine'), new TypeError('type'), 'text', 5, null, undefined]) {
    db.function('boom', () => { throw thrown; });
    step(() => db.prepare('SELECT boom()').get());
    step(() => db.exec('SELECT boom()'));
    step(() => db.prepare('SELECT boom()').run());
    step(() => [...db.prepare('SELECT boom()').iterate()]);
  }
  db.function('busy', () => db.prepare('SELECT 1').get());
  step(() => db.prepare('SELECT busy()').get());
  const other = db.prepare('SELECT 5');
  db.function('busy', () => other.get());
  step(() => db.prepare('SELECT busy()').get());
  db.function('busy', () => db.close());
  step(() => db.prepare('SELECT busy()').get());
  let calls = 0;
  db.function('counted', (x) => { ++calls; return x; });
  step(() => db.prepare('SELECT counted(value) AS v FROM json_each(?)').get('[1,2,3,4,5]'));
  note(calls);
  const iterator = db.prepare('SELECT counted(value) AS v FROM json_each(?)').iterate('[1,2,3,4,5]');
  step(() => iterator.next());
  note(calls);
  step(() => iterator.return());
  db.exec('CREATE TABLE t (a)');
  db.function('pure', { deterministic: true }, (x) => x * 2);
  step(() => db.exec('CREATE INDEX i ON t (pure(a))') === db);
  step(() => db.exec('CREATE INDEX j ON t (counted(a))'));
  step(() => db.exec('INSERT INTO t VALUES (3)') === db);
  db.function('direct', { directOnly: true }, () => 1);
  db.exec('CREATE VIEW v AS SELECT direct() AS d');
  step(() => db.prepare('SELECT direct() AS d').get());
  step(() => db.prepare('SELECT * FROM v').get());
  step(() => db.function());
  step(() => db.function('x'));
  step(() => db.function(5, () => 1));
  step(() => db.function('', () => 1));
  step(() => db.function('x', 5, () => 1));
  step(() => db.function('x', { varargs: 1 }, () => 1));
  step(() => db.function('x', { deterministic: 'yes' }, () => 1));
  step(() => db.function('many', Object.defineProperty(() => 1, 'length', { value: 101 })));
  step(() => db.function('odd', Object.defineProperty(() => 1, 'length', { value: -1 })));
});

same('defaultSafeIntegers', ({ db, step }) => {
  db.function('before', (x) => typeof x);
  step(() => db.defaultSafeIntegers() === db);
  db.function('after', (x) => typeof x);
  db.function('never', { safeIntegers: false }, (x) => typeof x);
  step(() => db.prepare('SELECT before(1) AS b, after(1) AS a, never(1) AS n, 7 AS seven').get());
  step(() => db.prepare('SELECT 7 AS seven').safeIntegers(false).get());
  db.defaultSafeIntegers(false);
  step(() => db.prepare('SELECT 7 AS seven').get());
  step(() => db.pragma('user_version'));
});

same('aggregates', ({ db, step }) => {
  db.exec('CREATE TABLE t (g, x); INSERT INTO t VALUES (1, 1), (1, 2), (2, 3), (2, NULL), (3, 5)');
  db.aggregate('total_of', { start: 0, step: (sum, x) => sum + x });
  db.aggregate('list_of', { start: () => [], step: (list, x) => { list.push(x); }, result: (list) => JSON.stringify(list) });
  db.aggregate('window_sum', { start: 0, step: (sum, x) => sum + x, inverse: (sum, x) => sum - x, result: (sum) => sum });
  db.aggregate('count_all', { start: 10, varargs: true, step: (n, ...args) => n + args.length });
  db.aggregate('no_start', { step: (sum, x) => (sum ?? 0) + x });
  db.aggregate('wrong', { start: 0, step: () => {}, result: () => ({}) });
  db.aggregate('fails_start', { start: () => { throw new Error('start'); }, step: () => {} });
  db.aggregate('fails_step', { start: 0, step: () => { throw new Error('step'); } });
  db.aggregate('fails_result', { start: 0, step: () => 1, result: () => { throw new Error('result'); } });
  db.aggregate('fails_inverse', { start: 0, step: () => 1, inverse: () => { throw new Error('inverse'); } });
  for (const name of ['total_of', 'list_of', 'window_sum', 'no_start', 'wrong', 'fails_start', 'fails_step', 'fails_result', 'fails_inverse']) {
    step(() => db.prepare(`SELECT ${name}(x) AS v FROM t`).get());
    step(() => db.prepare(`SELECT g, ${name}(x) AS v FROM t GROUP BY g`).all());
    step(() => db.prepare(`SELECT ${name}(x) AS v FROM t WHERE 0`).get());
  }
  step(() => db.prepare('SELECT count_all(g, x, 1) AS v FROM t').get());
  step(() => db.prepare('SELECT total_of(x, 1) AS v FROM t').get());
  step(() => db.aggregate('x'));
  step(() => db.aggregate('x', {}));
  step(() => db.aggregate('x', { step: 5 }));
  step(() => db.aggregate('x', { step() {}, inverse: 1 }));
  step(() => db.aggregate('x', { step() {}, result: 'r' }));
  step(() => db.aggregate('', { step() {} }));
  step(() => db.aggregate(5, { step() {} }));
});

// ---------------------------------------------------------------- transactions

same('transactions', ({ db, step, note }) => {
  db.exec('CREATE TABLE t (a UNIQUE)');
  const insert = db.prepare('INSERT INTO t VALUES (?)');
  const rows = () => db.prepare('SELECT a FROM t ORDER BY a').pluck().all();
  const add = db.transaction(function add(...values) {
    for (const value of values) insert.run(value);
    return [this === undefined, values.length, db.inTransaction];
  });
  step(() => add(1, 2));
  step(() => add.call(undefined, 3));
  note([rows(), db.inTransaction]);
  step(() => add(4, 1));
  note([rows(), db.inTransaction]);
  for (const name of ['default', 'deferred', 'immediate', 'exclusive']) {
    step(() => add[name](`${name}`));
    step(() => [typeof add[name], add[name].database === db, add[name].immediate === add.immediate]);
  }
  const outer = db.transaction((fail) => {
    insert.run('outer');
    try { add('inner', 'inner'); } catch (error) { note(describeError(error)); }
    add('second');
    if (fail) throw new Error('outer fails');
  });
  step(() => outer(true));
  note(rows());
  step(() => outer(false));
  note(rows());
  step(() => db.transaction(() => Promise.resolve(1))());
  step(() => db.transaction(async () => 1)());
  note(db.inTransaction);
  step(() => db.transaction(() => { db.exec('COMMIT'); })());
  step(() => db.transaction(() => { db.exec('ROLLBACK'); throw new Error('after'); })());
  step(() => { db.exec('BEGIN'); const inside = db.inTransaction; add('in begin'); db.exec('ROLLBACK'); return [inside, db.inTransaction]; });
  note(rows());
});

// ---------------------------------------------------------------- databases

same('opening', ({ Database, step, file }) => {
  for (const [name, options] of [[file('a.db'), { readonly: true }], [file('a.db'), { fileMustExist: true }], [file('missing/a.db')], [5], [{}], [file('b.db'), 5],
    [file('b.db'), { readonly: 1 }], [file('b.db'), { readOnly: true }], [file('b.db'), { memory: true }], [file('b.db'), { timeout: 'x' }],
    [file('b.db'), { timeout: -1 }], [file('b.db'), { timeout: 1.5 }], [file('b.db'), { timeout: 0x80000000 }], [file('b.db'), { verbose: 5 }],
    [':memory:', { readonly: true }], ['', { readonly: true }], [file('.')], [file('b.db'), { verbose: null }]]) {
    step(() => { new Database(name, options).close(); });
  }
  for (const name of [':memory:', '', undefined, null, file('c.db'), ` ${file('d.db')} `, Buffer.alloc(0)]) {
    step(() => {
      const db = new Database(name);
      const facts = [db.name, db.memory, db.readonly, db.open, db.inTransaction];
      db.exec('CREATE TABLE t (a)');
      const closed = db.close();
      return [facts, closed === db, db.open, db.inTransaction, db.name];
    });
  }
  step(() => { const db = Database(':memory:'); const made = db instanceof Database; db.close(); return made; });
  const reader = new Database(file('c.db'), { readonly: true });
  step(() => [reader.readonly, reader.prepare('SELECT * FROM t').all()]);
  step(() => reader.exec('INSERT INTO t VALUES (1)'));
  step(() => reader.exec('CREATE TABLE u (a)'));
  reader.close();
});

same('a file that is no database', async ({ Database, step, file }) => {
  fs.writeFileSync(file('text.db'), 'this is only a text, and no database at all '.repeat(100));
  const db = new Database(file('text.db'));
  step(() => db.prepare('SELECT * FROM sqlite_master').all());
  step(() => db.exec('CREATE TABLE t (a)'));
  step(() => db.pragma('journal_mode'));
  db.close();
  step(() => new Database(Buffer.from('no database')).prepare('SELECT * FROM sqlite_master').all());
});

same('closed databases', ({ Database, step, note, file }) => {
  const db = new Database(file('x.db'));
  db.exec('CREATE TABLE t (a)');
  const statement = db.prepare('SELECT * FROM t WHERE a IS NOT ?');
  const transaction = db.transaction(() => 1);
  db.close();
  note([db.open, db.inTransaction, db.readonly, db.memory, statement.busy, statement.reader]);
  step(() => db.close() === db);
  for (const action of [() => db.prepare('SELECT 1'), () => db.exec('SELECT 1'), () => db.pragma('user_version'), () => transaction(),
    () => db.serialize(), () => db.function('f', () => 1), () => db.aggregate('f', { step() {} }), () => statement.get(1), () => statement.all(1), () => statement.run(1),
    () => statement.iterate(1), () => statement.bind(1), () => statement.columns(), () => db.defaultSafeIntegers() === db]) step(action);
});

same('busy databases', ({ Database, step, file }) => {
  const one = new Database(file('x.db'));
  const two = new Database(file('x.db'), { timeout: 20 });
  one.exec('CREATE TABLE t (a)');
  one.exec('BEGIN IMMEDIATE; INSERT INTO t VALUES (1)');
  step(() => two.exec('INSERT INTO t VALUES (2)'));
  step(() => two.prepare('BEGIN IMMEDIATE').run());
  step(() => two.transaction(() => 1).immediate());
  step(() => two.prepare('SELECT * FROM t').all());
  one.exec('COMMIT');
  step(() => two.prepare('INSERT INTO t VALUES (2)').run());
  one.pragma('journal_mode = wal');
  two.exec('BEGIN');
  two.prepare('SELECT * FROM t').all();
  one.exec('INSERT INTO t VALUES (3)');
  step(() => two.exec('INSERT INTO t VALUES (4)'));
  two.exec('ROLLBACK');
  one.close();
  two.close();
});

same('verbose', ({ Database, step, note }) => {
  const log = [];
  const db = new Database(':memory:', { verbose: (...args) => log.push(args) });
  db.exec('CREATE TABLE t (a, b); INSERT INTO t VALUES (1, 2)');
  db.prepare('INSERT INTO t VALUES (?, :b)').run(1.5, { b: "it's" });
  db.prepare('INSERT INTO t VALUES (?, ?)').run(null, Buffer.from('x'));
  db.prepare('SELECT * FROM t WHERE a = ?').get(5n);
  db.prepare('SELECT * FROM t WHERE a = ?').bind(5).all();
  [...db.prepare('SELECT * FROM t WHERE a = ?').iterate('x')];
  db.pragma('user_version');
  note(log);
  db.close();
  const failing = new Database(':memory:', { verbose: () => { throw new Error('logger'); } });
  step(() => failing.exec('SELECT 1'));
  step(() => failing.prepare('SELECT 1').get());
  step(() => failing.prepare('SELECT 1').run());
  const statement = failing.prepare('SELECT 1');
  const iterator = statement.iterate();
  step(() => iterator.next());
  step(() => [iterator.next(), statement.busy]);
  failing.close();
});

same('serialize and images', ({ Database, db, step }) => {
  people(db);
  const image = db.serialize();
  step(() => [Buffer.isBuffer(image), image.subarray(0, 15).toString(), image.length % 512]);
  const copy = new Database(image);
  step(() => [copy.memory, copy.prepare('SELECT id, name FROM people').all()]);
  step(() => copy.prepare("INSERT INTO people (name) VALUES ('new')").run());
  step(() => [copy.prepare('SELECT count(*) FROM people').pluck().get(), db.prepare('SELECT count(*) FROM people').pluck().get()]);
  const reader = new Database(image, { readonly: true });
  step(() => [reader.readonly, reader.prepare('SELECT count(*) FROM people').pluck().get()]);
  step(() => reader.exec('DELETE FROM people'));
  step(() => db.serialize({ attached: 'main' }).equals(image));
  step(() => db.serialize({ attached: '' }));
  step(() => db.serialize({ attached: 5 }));
  step(() => db.serialize(5));
  copy.close();
  reader.close();
});

same('backup', async ({ Database, db, note, file }) => {
  people(db);
  const fill = db.prepare('INSERT INTO people (name, picture) VALUES (?, zeroblob(3000))');
  db.transaction(() => { for (let i = 0; i < 300; ++i) fill.run(`p${i}`); })();
  const outcome = async (promise) => note(await promise.then((value) => ({ value }), (error) => ({ error: describeError(error) })));
  await outcome(db.backup(file('copy.db')));
  const copy = new Database(file('copy.db'), { readonly: true });
  note(copy.prepare('SELECT count(*) FROM people').pluck().get());
  copy.close();
  const progress = [];
  await outcome(db.backup(file('copy2.db'), { progress: (state) => { progress.push(state); return 50; } }));
  note(progress);
  await outcome(db.backup(file('copy3.db'), { progress: () => { throw new Error('stop'); } }));
  note(fs.existsSync(file('copy3.db')));
  await outcome(db.backup(file('copy4.db'), { progress: () => 'x' }));
  await outcome(db.backup(file('missing/copy.db')));
  for (const args of [[], [5], [''], [':memory:'], [file('x'), 5], [file('x'), { attached: 5 }], [file('x'), { attached: '' }], [file('x'), { attached: 'nowhere' }], [file('x'), { progress: 5 }]]) {
    await outcome(db.backup(...args));
  }
  const closing = new Database(file('copy.db'));
  const pending = closing.backup(file('copy5.db'), { progress: () => { closing.close(); return 1; } });
  await outcome(pending);
});
