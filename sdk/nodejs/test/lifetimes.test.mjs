// Lifetimes: garbage collection in any order and at any time, worker threads that end in the middle, memory that does not grow.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import Database from '@joaoh82/sqlrite';

const here = path.dirname(fileURLToPath(import.meta.url));
// Finalizers run in turns of the event loop after the collection.
async function collect() {
  for (let i = 0; i < 4; ++i) {
    globalThis.gc();
    await new Promise((resolve) => { setImmediate(resolve); });
  }
}

function inFolder(action) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlrite-life-'));
  return Promise.resolve(action(folder)).finally(() => fs.rmSync(folder, { recursive: true }));
}

test('a statement outlives the variable of its database', async () => {
  let statement = (() => {
    const db = new Database(':memory:');
    db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)');
    return db.prepare('SELECT a FROM t');
  })();
  await collect();
  assert.deepEqual(statement.all(), [{ a: 1 }, { a: 2 }]);
  assert.equal(statement.database.open, true);
  statement = null;
  await collect();
});

test('an iterator outlives its statement and database', async () => {
  const iterator = (() => {
    const db = new Database(':memory:');
    return db.prepare('SELECT value AS v FROM json_each(?)').iterate(JSON.stringify(Array.from({ length: 3000 }, (_, i) => i)));
  })();
  let sum = 0;
  let count = 0;
  for (const { v } of iterator) {
    sum += v;
    if (++count % 500 === 0) await collect();
  }
  assert.equal(sum, (2999 * 3000) / 2);
});

test('collected databases and statements give their files back', () => inFolder(async (folder) => {
  const openFiles = () => (fs.existsSync('/proc/self/fd') ? fs.readdirSync('/proc/self/fd').length : 0);
  const before = openFiles();
  for (let i = 0; i < 50; ++i) {
    const db = new Database(path.join(folder, `${i}.db`));
    db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1)');
    db.prepare('SELECT * FROM t').get();
    if (i % 3 === 0) db.prepare('SELECT * FROM t').iterate().next();
    if (i % 3 === 1) db.function('f', () => db.name);
  }
  await collect();
  assert.ok(openFiles() <= before + 3, `${openFiles() - before} files are still open`);
}));

test('the garbage collector runs inside functions, while the statement runs', () => {
  const db = new Database(':memory:');
  db.function('churn', (x) => { globalThis.gc(); return `${x}${'-'.repeat(10)}`; });
  db.aggregate('churned', { start: () => [], step: (list, x) => { globalThis.gc(); list.push(x); }, result: (list) => { globalThis.gc(); return list.join(); } });
  assert.equal(db.prepare("SELECT churn(value) AS v FROM json_each('[1,2,3]')").all()[2].v, '3----------');
  assert.equal(db.prepare("SELECT churned(value) AS v FROM json_each('[1,2,3]')").get().v, '1,2,3');
  assert.equal(new Database(':memory:').function('g', () => { globalThis.gc(); return 1; }).prepare('SELECT g() AS v').all()[0].v, 1);
  db.close();
});

test('a function may use other databases in the middle of a statement', () => {
  const outer = new Database(':memory:');
  const inner = new Database(':memory:');
  inner.exec('CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT)');
  const put = inner.prepare('INSERT INTO t VALUES (?, ?)');
  const get = inner.prepare('SELECT v, k FROM t WHERE k = ?').safeIntegers();
  outer.function('through', (k, v) => { put.run(k, v); return get.all(k)[0].v + get.get(k).k; });
  const rows = outer.prepare("SELECT ? AS first, through(value, 'text ' || value) AS v, value FROM json_each('[5,6,7]')").all('parameter');
  assert.deepEqual(rows, [5, 6, 7].map((value) => ({ first: 'parameter', v: `text ${value}${value}`, value })));
  outer.close();
  inner.close();
});

test('getters among the parameters may run statements', () => {
  const db = new Database(':memory:');
  const answer = db.prepare('SELECT :a AS a, :b AS b').get({ a: 'first', get b() { return db.prepare('SELECT ? AS x').get('second').x; } });
  assert.deepEqual(answer, { a: 'first', b: 'second' });
  const proxy = new Proxy([1, 2], { get: (target, key) => { db.prepare('SELECT ?, ?').get('x', 'y'); return Reflect.get(target, key); } });
  assert.deepEqual(db.prepare('SELECT ? AS a, ? AS b').get(proxy), { a: 1, b: 2 });
  db.close();
});

test('workers use databases of their own, and end with them open', () => inFolder(async (folder) => {
  const file = path.join(folder, 'shared.db');
  const db = new Database(file);
  db.pragma('journal_mode = wal');
  db.exec('CREATE TABLE t (worker, n)');
  const program = `
    const { workerData, parentPort } = require('node:worker_threads');
    const Database = require('node:module').createRequire(workerData.from)('@joaoh82/sqlrite');
    const db = new Database(workerData.file, { timeout: 20000 });
    const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
    db.function('f', (x) => x);
    const add = db.transaction((n) => insert.run(workerData.id, n));
    for (let n = 0; n < 200; ++n) add.immediate(n);
    const iterator = db.prepare('SELECT f(n) FROM t').iterate();
    iterator.next();
    parentPort.postMessage('done');`;
  await Promise.all([1, 2, 3, 4].map((id) => new Promise((resolve, reject) => {
    const worker = new Worker(program, { eval: true, workerData: { from: fileURLToPath(import.meta.url), file, id } });
    worker.on('error', reject);
    worker.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))));
  })));
  assert.deepEqual(db.prepare('SELECT worker, count(*) AS n, sum(n) AS s FROM t GROUP BY 1').all(), [1, 2, 3, 4].map((worker) => ({ worker, n: 200, s: 19900 })));
  assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
  db.close();
}));

test('a worker is terminated while it works', () => inFolder(async (folder) => {
  const program = `
    const { workerData, parentPort } = require('node:worker_threads');
    const Database = require('node:module').createRequire(workerData.from)('@joaoh82/sqlrite');
    const db = new Database(workerData.file);
    db.exec('CREATE TABLE t (n)');
    db.function('tell', (x) => { parentPort.postMessage('running'); return x; });
    const insert = db.prepare('INSERT INTO t SELECT tell(?)');
    for (let n = 0; ; ++n) insert.run(n);`;
  for (let i = 0; i < 5; ++i) {
    const worker = new Worker(program, { eval: true, workerData: { from: fileURLToPath(import.meta.url), file: path.join(folder, `${i}.db`) } });
    await new Promise((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    await worker.terminate();
    const db = new Database(path.join(folder, `${i}.db`));
    assert.equal(db.pragma('integrity_check', { simple: true }), 'ok');
    db.close();
  }
}));

test('the process ends well from everywhere', () => {
  const programs = [
    "db.function('bye', () => process.exit(3)); db.prepare('SELECT bye()').get()",
    "db.function('bye', () => process.exit(3)); for (const r of db.prepare('SELECT bye()').iterate()) r",
    "globalThis.i = db.prepare('SELECT 1 UNION SELECT 2').iterate(); i.next(); process.exit(3)",
    "db.exec('CREATE TABLE t (a)'); db.backup(require('os').tmpdir() + '/sqlrite-exit-test.db', { progress: () => process.exit(3) }).then(() => process.exit(3))",
    "globalThis.s = db.prepare('SELECT 1'); db.aggregate('a', { step() { process.exit(3); } }); db.exec('SELECT a()')",
    "globalThis.keep = [db, db.prepare('SELECT 1')]; process.exitCode = 3",
  ];
  for (const program of programs) {
    const run = spawnSync(process.execPath, ['-e', `const db = new (require('@joaoh82/sqlrite'))(':memory:'); ${program}`], { cwd: path.join(here, '..'), encoding: 'utf8' });
    assert.equal(run.signal, null, `${program}: ${run.stderr}`);
    assert.equal(run.status, 3, `${program}: ${run.stderr}`);
  }
  fs.rmSync(path.join(os.tmpdir(), 'sqlrite-exit-test.db'), { force: true });
});

test('memory does not grow over millions of calls', () => {
  // A process of its own: the heap of this one is full of other tests. Its young generation is held small, since that one
  // grows in steps for as long as a program is busy.
  const run = spawnSync(process.execPath, ['--expose-gc', '--max-semi-space-size=2', path.join(here, 'memory.mjs')], { encoding: 'utf8' });
  assert.equal(run.stderr, '');
  const [before, after] = run.stdout.trim().split(' ').map(Number);
  assert.ok(after - before < 8, `${before} MiB have become ${after} MiB`);
});
