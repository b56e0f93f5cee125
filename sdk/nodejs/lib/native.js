'use strict';
// Loads the add-on that belongs to this machine.
const path = require('path');
const { SqliteError } = require('./errors');

// Debian and most others have glibc; musl (Alpine) needs a binary of its own.
function libcSuffix() {
  if (process.platform !== 'linux') return '';
  const report = process.report?.getReport?.();
  return report?.header?.glibcVersionRuntime ? '' : '-musl';
}

function load() {
  const target = `${process.platform}-${process.arch}${libcSuffix()}`;
  const file = path.join(__dirname, '..', 'prebuilds', target, 'sqlrite.node');
  try {
    return require(file);
  } catch (cause) {
    const problem = cause.code === 'MODULE_NOT_FOUND' ? 'this package has no binary for it' : cause.message;
    throw new Error(`SQLRite cannot be loaded on ${target}: ${problem} (${file})`, { cause });
  }
}

const native = load();
native.configure(SqliteError, (...values) => values);
module.exports = native;
