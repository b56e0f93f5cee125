'use strict';
// Loads the add-on that belongs to this machine.
const path = require('path');
const { SqliteError } = require('./errors');

// A binary for glibc does not load where musl is the C library (Alpine Linux); that has one of its own.
const SUFFIXES = process.platform === 'linux' ? ['', '-musl'] : [''];

function load() {
  const target = `${process.platform}-${process.arch}`;
  const problems = [];
  for (const suffix of SUFFIXES) {
    const file = path.join(__dirname, '..', 'prebuilds', `${target}${suffix}`, 'sqlrite.node');
    try {
      return require(file);
    } catch (error) {
      problems.push(error.code === 'MODULE_NOT_FOUND' ? `there is no ${file}` : error.message);
    }
  }
  throw new Error(`SQLRite cannot be loaded on ${target}: ${problems.join('; ')}`);
}

const native = load();
native.configure(SqliteError, (...values) => values);
module.exports = native;
