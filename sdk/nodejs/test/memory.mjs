// Calls of every kind, millions of them; prints the resident memory in MiB when a part of it is done and at the end.
import Database from '@joaoh82/sqlrite';

const db = new Database(':memory:');
db.exec('CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT, c BLOB)');
const put = db.prepare('INSERT OR REPLACE INTO t VALUES (?, ?, ?)');
const get = db.prepare('SELECT a, b, c FROM t WHERE a = ?');
const named = db.prepare('SELECT b FROM t WHERE a = :key').safeIntegers();
const all = db.prepare('SELECT a, b FROM t WHERE a < 5').raw();
db.function('twice', (x) => x * 2);
const twice = db.prepare('SELECT twice(?) AS x').pluck();
db.aggregate('list', { start: () => [], step: (list, x) => { list.push(x); }, result: String });
const list = db.prepare('SELECT list(a) FROM t WHERE a < 4').pluck();
const bytes = Buffer.alloc(40, 7);
const big = 'x'.repeat(200_000);
const failing = [
  () => get.get(Symbol('x')),
  () => db.prepare('SELECT nothing FROM t'),
  () => db.prepare('INSERT INTO t (a) VALUES (0)').run(),
  () => db.prepare('SELECT 1; SELECT 2'),
];

function rounds(count) {
  for (let i = 0; i < count; ++i) {
    put.run(i % 100, `text number ${i}`, bytes);
    get.get(i % 100);
    named.get({ key: i % 100 });
    twice.get(i);
    if (i % 10 === 0) {
      all.all();
      list.get();
      for (const row of all.iterate()) if (row[0] > 1) break;
      db.prepare(`SELECT ${i % 1000} AS x`).get();
      db.pragma('user_version');
      for (const fail of failing) {
        try { fail(); } catch { continue; }
        throw new Error(`no error: ${fail}`);
      }
    }
    if (i % 5000 === 0) put.run(101, big, null);
  }
}

async function resident() {
  for (let i = 0; i < 4; ++i) {
    globalThis.gc();
    await new Promise((resolve) => { setImmediate(resolve); });
  }
  return process.memoryUsage().rss / 2 ** 20;
}

rounds(200_000);
const before = await resident();
rounds(300_000);
console.log(before.toFixed(1), (await resident()).toFixed(1));
