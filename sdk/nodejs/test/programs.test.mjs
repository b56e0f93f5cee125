// Programs in the style of those that people write for better-sqlite3 print the same on both: only the import is another.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { inspect } from 'node:util';
import Ours from '@joaoh82/sqlrite';

const Theirs = createRequire(path.join(process.env.SQLRITE_DEVELOPMENT, 'index.js'))('better-sqlite3');

async function output(name, Database) {
  const { default: run } = await import(new URL(`programs/${name}.mjs`, import.meta.url));
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sqlrite-program-'));
  const lines = [];
  try {
    run(Database, path.join(folder, 'app.db'), (...values) => lines.push(values.map((value) => inspect(value, { depth: 9 })).join(' ')));
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
  return lines.join('\n');
}

for (const name of ['cache', 'queue', 'shop']) {
  test(`the program ${name} prints the same`, async () => {
    const expected = await output(name, Theirs);
    assert.ok(expected.length > 100);
    assert.equal(await output(name, Ours), expected);
  });
}
