// The types compile, and forbid what test/types says they must, in both module systems.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

test('index.d.ts and index.d.mts hold what the programs in test/types use', () => {
  const modules = path.join(process.env.SQLRITE_DEVELOPMENT, 'node_modules');
  const folder = fileURLToPath(new URL('types/', import.meta.url));
  const compiler = spawnSync(process.execPath, [path.join(modules, 'typescript/bin/tsc'), '--noEmit', '--strict', '--target', 'es2022', '--module', 'node16',
    '--moduleResolution', 'node16', '--types', 'node', '--typeRoots', path.join(modules, '@types'), path.join(folder, 'usage.mts'), path.join(folder, 'usage.cts')],
  { encoding: 'utf8', cwd: path.join(folder, '..') });
  assert.equal(compiler.stdout + compiler.stderr, '');
  assert.equal(compiler.status, 0);
});
