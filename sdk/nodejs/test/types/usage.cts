// Compiled by tsc, never run: the CommonJS form.
import Database = require('@joaoh82/sqlrite');

const { SqliteError, errorKind } = Database;
const db: Database.Database = new Database(':memory:');
const statement: Database.Statement<[number]> = db.prepare<[number]>('SELECT ?');
const kind: Database.ErrorKind = errorKind(new SqliteError('database is locked', 'SQLITE_BUSY'));
const run: Database.Transaction<(x: number) => string> = db.transaction((x: number) => String(x));
console.log(statement.get(1), kind, run(1));
