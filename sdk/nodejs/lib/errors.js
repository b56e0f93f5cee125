'use strict';
// The errors that come from the database, and what kind they are of.

// `code` is SQLite's extended result code by its name: 'SQLITE_CONSTRAINT_UNIQUE'. `offset`, where there is one, is the
// place in the SQL text (in bytes) that the message is about.
class SqliteError extends Error {
  constructor(message, code) {
    if (typeof code !== 'string') throw new TypeError('Expected second argument to be a string');
    super(message);
    this.code = code;
  }
}
Object.defineProperty(SqliteError.prototype, 'name', {
  value: 'SqliteError', writable: true, enumerable: false, configurable: true,
});

const ErrorKind = Object.freeze({ Other: 'Other', Busy: 'Busy', BusySnapshot: 'BusySnapshot' });

function kindOfCode(code) {
  if (code === 'SQLITE_BUSY_SNAPSHOT') return ErrorKind.BusySnapshot;
  return code === 'SQLITE_BUSY' || code.startsWith('SQLITE_BUSY_') ? ErrorKind.Busy : ErrorKind.Other;
}

// Of an error, by its code, or of a message, by how it begins. Busy and BusySnapshot may be tried again, the latter from the
// beginning of the transaction.
function errorKind(error) {
  if (typeof error === 'object' && error !== null) {
    if (typeof error.code === 'string') return kindOfCode(error.code);
    error = error.message;
  }
  if (typeof error !== 'string') throw new TypeError('Expected first argument to be an error or a message');
  if (error.startsWith('BusySnapshot')) return ErrorKind.BusySnapshot;
  return error.startsWith('Busy') || error.startsWith('database is locked') ? ErrorKind.Busy : ErrorKind.Other;
}

module.exports = { SqliteError, ErrorKind, errorKind };
