'use strict';
// Functions that run in a transaction of their own or, inside another, in a savepoint.
const Statement = require('./statement');

// Nested savepoints of the same name shadow each other, so one name is enough.
const SAVEPOINT = '"sqlrite.transaction"';

// The statements that begin and end transactions, prepared when first used and kept with the session.
function controlOf(database, session, sql) {
  session.controls ??= new Map();
  let statement = session.controls.get(sql);
  if (statement === undefined) {
    statement = Statement.prepare(session, database, sql, false);
    session.controls.set(sql, statement);
  }
  return statement;
}

function variant(database, session, fn, beginSql) {
  const execute = (sql) => controlOf(database, session, sql).run();
  return function sqliteTransaction(...args) {
    const nested = database.inTransaction;
    execute(nested ? `SAVEPOINT ${SAVEPOINT}` : beginSql);
    try {
      const result = Reflect.apply(fn, this, args);
      if (typeof result?.then === 'function') throw new TypeError('Transaction function cannot return a promise');
      execute(nested ? `RELEASE ${SAVEPOINT}` : 'COMMIT');
      return result;
    } catch (error) {
      // Some errors have ended the transaction already.
      if (database.inTransaction) {
        execute(nested ? `ROLLBACK TO ${SAVEPOINT}` : 'ROLLBACK');
        if (nested) execute(`RELEASE ${SAVEPOINT}`);
      }
      throw error;
    }
  };
}

function makeTransaction(database, session, fn) {
  const variants = {
    default: variant(database, session, fn, 'BEGIN'),
    deferred: variant(database, session, fn, 'BEGIN DEFERRED'),
    immediate: variant(database, session, fn, 'BEGIN IMMEDIATE'),
    exclusive: variant(database, session, fn, 'BEGIN EXCLUSIVE'),
  };
  for (const wrapped of Object.values(variants)) {
    for (const [name, value] of Object.entries(variants)) Object.defineProperty(wrapped, name, { value });
    Object.defineProperty(wrapped, 'database', { value: database, enumerable: true });
  }
  return variants.default;
}

module.exports = { makeTransaction };
