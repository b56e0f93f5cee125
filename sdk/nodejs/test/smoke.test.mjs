// The package as it is installed: both module systems, the names it exports, and a database in a file.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import Default, { Database, ErrorKind, SQLRiteError, SqliteError, errorKind } from '@joaoh82/sqlrite';

test('ESM and CommonJS give the same names', () => {
  const required = createRequire(import.meta.url)('@joaoh82/sqlrite');
  assert.equal(Default, Database);
  assert.equal(required, Database);
  assert.equal(required.Database, Database);
  assert.equal(required.SqliteError, SqliteError);
  assert.equal(SQLRiteError, SqliteError);
  assert.equal(required.errorKind, errorKind);
  assert.equal(required.ErrorKind, ErrorKind);
});

test('a file is written, closed, and read again', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlrite-'));
  try {
    const file = path.join(folder, 'app.db');
    let db = new Database(file);
    db.exec('CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)');
    assert.deepEqual(db.prepare('INSERT INTO users (name) VALUES (?)').run('Ada'), { changes: 1, lastInsertRowid: 1 });
    db.close();
    db = Database.openReadOnly(file);
    assert.deepEqual(db.prepare('SELECT * FROM users').all(), [{ id: 1, name: 'Ada' }]);
    assert.throws(() => db.exec("INSERT INTO users (name) VALUES ('Bob')"), { code: 'SQLITE_READONLY' });
    db.close();
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('the package holds its binary and has nothing to do at installation', () => {
  const manifest = createRequire(import.meta.url)('@joaoh82/sqlrite/package.json');
  assert.equal(manifest.scripts, undefined);
  assert.equal(manifest.dependencies, undefined);
});
