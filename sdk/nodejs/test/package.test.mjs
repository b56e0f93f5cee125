// What this package has beyond better-sqlite3 or does in its own way, and inputs at the edges.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import vm from 'node:vm';
import Database, { ErrorKind, SqliteError, errorKind } from '@joaoh82/sqlrite';

const here = path.dirname(fileURLToPath(import.meta.url));

function withFile(action) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlrite-test-'));
  try {
    return action(path.join(folder, 'test.db'));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
}

const memory = (sql = '') => new Database(':memory:').exec(sql);

test('connect() gives a sibling on the same file', () => withFile((file) => {
  const log = [];
  const db = new Database(file, { timeout: 30, verbose: (sql) => log.push(sql) });
  db.exec('CREATE TABLE t (a)');
  const sibling = db.connect();
  assert.ok(sibling instanceof Database);
  assert.deepEqual([sibling.name, sibling.open, sibling.readonly, sibling.memory], [file, true, false, false]);
  sibling.exec('INSERT INTO t VALUES (1)');
  assert.deepEqual(db.prepare('SELECT * FROM t').all(), [{ a: 1 }]);
  assert.ok(log.includes('INSERT INTO t VALUES (1)'));
  db.close();
  assert.deepEqual(sibling.prepare('SELECT * FROM t').all(), [{ a: 1 }]);
  sibling.close();
  assert.throws(() => sibling.connect(), TypeError);
  const reader = Database.openReadOnly(file);
  const second = reader.connect();
  assert.equal(second.readonly, true);
  assert.throws(() => second.exec('DELETE FROM t'), { code: 'SQLITE_READONLY' });
  reader.close();
  second.close();
  assert.throws(() => memory().connect(), { name: 'SqliteError', code: 'SQLITE_ERROR' });
}));

test('openReadOnly() needs a file that is there', () => withFile((file) => {
  assert.throws(() => Database.openReadOnly(file), { code: 'SQLITE_CANTOPEN' });
  assert.throws(() => Database.openReadOnly(':memory:'), TypeError);
}));

test('errorKind tells what may be tried again', () => withFile((file) => {
  const one = new Database(file);
  const two = new Database(file, { timeout: 0 });
  one.pragma('journal_mode = wal');
  one.exec('CREATE TABLE t (a)');
  const caught = (action) => { try { action(); } catch (error) { return error; } throw new Error('no error'); };
  one.exec('BEGIN IMMEDIATE');
  assert.equal(errorKind(caught(() => two.exec('INSERT INTO t VALUES (1)'))), ErrorKind.Busy);
  one.exec('COMMIT; BEGIN');
  one.prepare('SELECT * FROM t').all();
  two.exec('INSERT INTO t VALUES (2)');
  assert.equal(errorKind(caught(() => one.exec('INSERT INTO t VALUES (3)'))), ErrorKind.BusySnapshot);
  one.exec('ROLLBACK');
  assert.equal(errorKind(caught(() => one.exec('SELECT'))), ErrorKind.Other);
  assert.equal(errorKind('database is locked'), 'Busy');
  assert.equal(errorKind('Busy: write-write conflict'), 'Busy');
  assert.equal(errorKind('BusySnapshot: the row has changed'), 'BusySnapshot');
  assert.equal(errorKind(new Error('Busy')), 'Busy');
  assert.equal(errorKind('syntax error'), 'Other');
  assert.throws(() => errorKind(5), TypeError);
  one.close();
  two.close();
}));

test('errors carry code, place and a stack', () => {
  const db = memory();
  assert.throws(() => db.prepare('SELECT 1 FROM nowhere'), (error) => {
    assert.ok(error instanceof SqliteError && error instanceof Error);
    assert.equal(error.name, 'SqliteError');
    assert.equal(error.code, 'SQLITE_ERROR');
    assert.match(error.stack, /package\.test\.mjs/);
    return true;
  });
  assert.throws(() => db.prepare('SELECT nothing'), { offset: 7 });
  assert.throws(() => new SqliteError('text'), TypeError);
  assert.equal(new SqliteError('text', 'SQLITE_ERROR').message, 'text');
});

test('numbered parameters take positional values', () => {
  const db = memory();
  assert.deepEqual(db.prepare('SELECT ?1 AS a, ?2 AS b, ?1 AS c').get('x', 'y'), { a: 'x', b: 'y', c: 'x' });
  assert.deepEqual(db.prepare('SELECT ?2 AS b, ?1 AS a').get(['x', 'y']), { b: 'y', a: 'x' });
  assert.throws(() => db.prepare('SELECT ?1 AS a').get('x', 'y'), RangeError);
  assert.throws(() => db.prepare('SELECT ?3 AS a').get('x'), { message: 'Missing named parameters' });
});

test('a surrogate without its partner becomes U+FFFD', () => {
  const db = memory();
  assert.deepEqual(db.prepare('SELECT ? AS v, hex(?) AS h').get('x\ud800y', '\udc00'), { v: 'x\ufffdy', h: 'EFBFBD' });
  assert.deepEqual(db.prepare("SELECT 'a\ud800' AS v").get(), { v: 'a\ufffd' });
});

test('names of columns are properties, whatever they are', () => {
  const db = memory();
  const sql = 'SELECT 1 AS "__proto__", 2 AS "constructor", 3 AS "a b", 4 AS "", 5 AS "\'", 6 AS "\u2028"';
  for (let i = 0; i < 100; ++i) {
    const row = db.prepare(sql).get();
    assert.deepEqual(Object.entries(row), [['__proto__', 1], ['constructor', 2], ['a b', 3], ['', 4], ["'", 5], ['\u2028', 6]]);
    assert.equal(Object.getPrototypeOf(row), Object.prototype);
    assert.deepEqual(Object.keys(db.prepare(sql).expand().get()), ['$']);
  }
});

test('rows as wide as can be, and many parameters', () => {
  const db = memory();
  const width = 2000;
  const list = Array.from({ length: width }, (_, i) => `value - ${i} AS c${i}`).join(', ');
  const statement = db.prepare(`WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < 60) SELECT ${list} FROM n`);
  const rows = statement.all();
  assert.equal(rows.length, 60);
  assert.equal(rows[59].c1999, 60 - 1999);
  assert.deepEqual([...statement.raw().iterate()].map((row) => row.length), new Array(60).fill(width));
  const values = Array.from({ length: 32766 }, (_, i) => (i % 3 === 0 ? `v${i}` : i));
  const sum = db.prepare(`SELECT count(*) AS n FROM (VALUES ${values.map(() => '(?)').join(', ')})`);
  assert.deepEqual(sum.get(values), { n: values.length });
  assert.throws(() => sum.get(values.slice(1)), RangeError);
});

test('huge values', () => {
  const db = memory();
  const text = 'é'.repeat(20_000_000);
  const bytes = Buffer.alloc(60_000_000, 9);
  const row = db.prepare('SELECT ? AS text, ? AS bytes, length(?) AS n').get(text, bytes, text);
  assert.equal(row.text, text);
  assert.ok(row.bytes.equals(bytes));
  assert.equal(row.n, text.length);
  db.exec('CREATE TABLE t (v)');
  db.prepare('INSERT INTO t VALUES (?)').run(bytes);
  assert.ok(db.prepare('SELECT v FROM t').pluck().get().equals(bytes));
  assert.throws(() => db.prepare('SELECT zeroblob(600000000)').get(), { code: 'SQLITE_TOOBIG' });
});

test('buffers are copies, both ways', () => {
  const db = memory('CREATE TABLE t (v)');
  const bytes = Buffer.from('before');
  db.prepare('INSERT INTO t VALUES (?)').run(bytes);
  bytes.fill(0);
  const [first, second] = [1, 2].map(() => db.prepare('SELECT v FROM t').get().v);
  assert.equal(first.toString(), 'before');
  first.fill(0);
  assert.equal(second.toString(), 'before');
  const bound = db.prepare('SELECT ? AS v').bind(second);
  second.fill(0);
  assert.equal(bound.get().v.toString(), 'before');
});

test('plain objects of other realms are named parameters', () => {
  const db = memory();
  assert.deepEqual(db.prepare('SELECT :a AS a').get(vm.runInNewContext('({ a: 5 })')), { a: 5 });
});

test('an iterator in unsafe mode sees its statement as it began', () => {
  const db = memory("CREATE TABLE t (id INTEGER PRIMARY KEY, v); INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')").unsafeMode();
  const seen = [];
  for (const row of db.prepare('SELECT * FROM t').iterate()) {
    seen.push(row.v);
    db.prepare("UPDATE t SET v = v || '!'").run();
  }
  assert.deepEqual(seen, ['a', 'b', 'c']);
  assert.deepEqual(db.prepare('SELECT v FROM t').pluck().all(), ['a!!!', 'b!!!', 'c!!!']);
});

test('an exception belongs to the statement that failed by it', () => {
  const db = memory('CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)');
  let count = 0;
  db.function('boom', (x) => { throw new Error(`boom ${++count} ${x}`); });
  for (let i = 1; i < 20; ++i) {
    assert.throws(() => db.prepare('SELECT boom(a) FROM t').all(), { message: `boom ${i} 1` });
    assert.throws(() => db.exec('INSERT INTO t VALUES (1)'), { code: 'SQLITE_CONSTRAINT_UNIQUE' });
  }
  db.function('outer', () => { try { memory().function('inner', () => { throw new Error('inner'); }).exec('SELECT inner()'); } catch { return 'caught'; } });
  assert.equal(db.prepare('SELECT outer() AS v').get().v, 'caught');
});

test('methods refuse other objects', () => {
  assert.throws(() => Database.prototype.exec.call({}, 'SELECT 1'), TypeError);
  assert.throws(() => Reflect.get(Database.prototype, 'open', {}), TypeError);
  const statement = memory().prepare('SELECT 1');
  assert.throws(() => statement.get.call({}), TypeError);
  assert.throws(() => new statement.constructor(), /db\.prepare/);
});

test('rows can be had where code may not be made from text', () => {
  const program = `const db = new (require('@joaoh82/sqlrite'))(':memory:');
    const rows = db.prepare("SELECT value AS v, 'x' AS x FROM json_each(?)").all(JSON.stringify(Array.from({ length: 500 }, (_, i) => i)));
    console.log(rows.length, JSON.stringify(rows[499]))`;
  const run = spawnSync(process.execPath, ['--disallow-code-generation-from-strings', '-e', program], { cwd: path.join(here, '..'), encoding: 'utf8' });
  assert.equal(run.stderr, '');
  assert.equal(run.stdout, '500 {"v":499,"x":"x"}\n');
});

test('a platform without a binary is told', () => {
  const program = "Object.defineProperty(process, 'platform', { value: 'plan9' }); require('@joaoh82/sqlrite')";
  const run = spawnSync(process.execPath, ['-e', program], { cwd: path.join(here, '..'), encoding: 'utf8' });
  assert.match(run.stderr, /SQLRite cannot be loaded on plan9-\w+: there is no .*plan9/);
});

test('views of shared, resized and given-away memory', () => {
  const db = memory();
  const shared = new Uint8Array(new SharedArrayBuffer(4)).fill(7);
  assert.deepEqual(db.prepare('SELECT ? AS v').pluck().get(shared), Buffer.from([7, 7, 7, 7]));
  const given = new Uint8Array([1, 2, 3]);
  structuredClone(given.buffer, { transfer: [given.buffer] });
  assert.deepEqual(db.prepare('SELECT ? AS v, length(?) AS n').get(given, given), { v: Buffer.alloc(0), n: 0 });
  const big = new Uint8Array(1 << 20).subarray(5, 9);
  assert.equal(db.prepare('SELECT length(?) AS n').get(big).n, 4);
});

test('inspection shows the facts', () => {
  const db = memory();
  assert.match(inspect(db), /Database.*':memory:'/s);
  assert.match(inspect(db.prepare('SELECT 1')), /Statement.*SELECT 1/s);
  db.close();
  assert.match(inspect(db), /open: false/);
});
