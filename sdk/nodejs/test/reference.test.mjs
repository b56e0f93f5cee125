// What the first SQLRite's Node.js package promised, row by row; where it and better-sqlite3 disagree, the latter counts.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import Default, { Database, ErrorKind, errorKind } from '@joaoh82/sqlrite';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlrite-reference-'));
after(() => fs.rmSync(folder, { recursive: true }));
const file = path.join(folder, 'app.db');
const users = (db) => {
  db.exec("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, age INTEGER); INSERT INTO users (name, age) VALUES ('alice', 30), ('bob', 25)");
  return db;
};

test('N1: Database, openReadOnly, exec, prepare, close', () => {
  const db = users(new Database(file));
  assert.equal(db.prepare('SELECT count(*) AS n FROM users').get().n, 2);
  db.close();
  assert.throws(() => db.exec('SELECT 1'), /not open/);
  const reader = Database.openReadOnly(file);
  assert.throws(() => reader.exec('DELETE FROM users'), { code: 'SQLITE_READONLY' });
  reader.close();
});

test('N2: run, get, all, iterate, columns; get gives undefined, columns objects', () => {
  const db = users(new Database(':memory:'));
  assert.deepEqual(db.prepare('SELECT name FROM users WHERE id = 1').get(), { name: 'alice' });
  assert.equal(db.prepare('SELECT name FROM users WHERE id = 9').get(), undefined);
  assert.deepEqual(db.prepare('SELECT name FROM users ORDER BY id').all(), [{ name: 'alice' }, { name: 'bob' }]);
  assert.deepEqual([...db.prepare('SELECT age FROM users ORDER BY id').iterate()], [{ age: 30 }, { age: 25 }]);
  assert.deepEqual(db.prepare('SELECT id, name FROM users').columns().map((column) => column.name), ['id', 'name']);
  assert.equal(db.prepare('DELETE FROM users').run().changes, 2);
});

test('N3: errorKind and ErrorKind', () => {
  assert.deepEqual({ ...ErrorKind }, { Other: 'Other', Busy: 'Busy', BusySnapshot: 'BusySnapshot' });
  assert.equal(errorKind('Busy: row changed'), ErrorKind.Busy);
  assert.equal(errorKind('BusySnapshot: row changed'), ErrorKind.BusySnapshot);
  assert.equal(errorKind('no such table: x'), ErrorKind.Other);
});

test('N4: inTransaction, readonly, connect', () => {
  const db = new Database(file);
  assert.deepEqual([db.inTransaction, db.readonly], [false, false]);
  db.exec('BEGIN');
  assert.equal(db.inTransaction, true);
  db.exec('COMMIT');
  const sibling = db.connect();
  db.close();
  assert.equal(sibling.prepare('SELECT count(*) AS n FROM users').get().n, 2);
  sibling.close();
});

test("N5: run('alice'), all([...]), named parameters", () => {
  const db = users(new Default(':memory:'));
  assert.equal(db.prepare('DELETE FROM users WHERE name = ?').run('alice').changes, 1);
  assert.deepEqual(db.prepare('SELECT name FROM users WHERE age BETWEEN ? AND ?').all([20, 40]), [{ name: 'bob' }]);
  assert.deepEqual(db.prepare('SELECT name FROM users WHERE age < :age').get({ age: 26 }), { name: 'bob' });
  db.prepare('INSERT INTO users (name) VALUES (?)').run("x'); DROP TABLE users; --");
  assert.equal(db.prepare('SELECT count(*) AS n FROM users').get().n, 2);
});

test('N6: changes and lastInsertRowid are real', () => {
  const db = users(new Database(':memory:'));
  assert.deepEqual(db.prepare('INSERT INTO users (id, name) VALUES (77, ?)').run('eve'), { changes: 1, lastInsertRowid: 77 });
  assert.deepEqual(db.prepare('UPDATE users SET age = 1').run(), { changes: 3, lastInsertRowid: 77 });
});

test('N7: iterate is lazy; exec takes several statements', () => {
  const db = new Database(':memory:');
  const numbers = db.prepare('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n').pluck();
  let sum = 0;
  for (const i of numbers.iterate()) {
    if (i > 1000) break;
    sum += i;
  }
  assert.equal(sum, 500500);
  db.exec("CREATE TABLE t (a); INSERT INTO t VALUES (';'); -- comment; with semicolon\nINSERT INTO t VALUES (2);");
  assert.deepEqual(db.prepare('SELECT a FROM t').pluck().all(), [';', 2]);
});

test('N9: BigInt', () => {
  const db = new Database(':memory:');
  const big = 2n ** 62n + 1n;
  assert.equal(db.prepare('SELECT ? AS v').safeIntegers().get(big).v, big);
  assert.equal(db.prepare('SELECT ? AS v').get(big).v, Number(big));
});

test('N12: columns of one name are all there in arrays', () => {
  const db = new Database(':memory:');
  const statement = db.prepare('SELECT 1 AS a, 2 AS a');
  assert.deepEqual(statement.get(), { a: 2 });
  assert.deepEqual(statement.raw().get(), [1, 2]);
});
