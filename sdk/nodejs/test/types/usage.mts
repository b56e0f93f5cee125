// Compiled by tsc, never run: what the types must allow and (with ts-expect-error) forbid. ES module form.
import Database, { Database as Named, ErrorKind, SQLRiteError, SqliteError, errorKind } from '@joaoh82/sqlrite';

const db: Database.Database = new Database('app.db', { readonly: false, fileMustExist: true, timeout: 100, verbose: console.log });
const sibling: Database.Database = db.connect();
const reader = Database.openReadOnly('app.db');
new Named();
Database(':memory:').close();
new Database(Buffer.alloc(0));

interface Person { id: number; name: string }
const byId = db.prepare<[number], Person>('SELECT id, name FROM people WHERE id = ?');
const name: string | undefined = byId.get(1)?.name;
const all: Person[] = byId.all(1);
for (const person of byId.iterate(2)) person.id.toFixed();
const named = db.prepare<{ id: number }, Person>('SELECT id, name FROM people WHERE id = :id');
named.get({ id: 1 });
const loose: Database.Statement = db.prepare('SELECT 1');
const row: unknown = loose.get(1, 'x', null, 5n, Buffer.alloc(1));
const { changes, lastInsertRowid }: Database.RunResult = loose.run();
const columns: string[] = loose.columns().map((column) => column.name);
loose.pluck().raw(false).expand().safeIntegers().bind(1);

const insert = db.transaction((list: Person[], why: string) => list.length + why.length);
const count: number = insert([], 'why');
insert.immediate([], 'why');
insert.exclusive.name;
db.function('twice', { deterministic: true }, (x: number) => x * 2).aggregate<number>('total', {
  start: 0, step: (total, x: number) => total + x, inverse: (total, x: number) => total - x, result: (total) => total,
});
db.aggregate('list', { start: () => [] as string[], step: (list, x: string) => { list.push(x); } });
const done: Promise<Database.BackupMetadata> = db.backup('copy.db', { progress: ({ remainingPages }) => remainingPages });
const image: Buffer = db.serialize();
db.exec('SELECT 1').pragma('user_version', { simple: true });

try {
  db.exec('');
} catch (error) {
  if (error instanceof SqliteError || error instanceof SQLRiteError) {
    const code: string = error.code;
    const kind: Database.ErrorKind = errorKind(error);
    if (kind === ErrorKind.BusySnapshot) console.log(code, error.offset);
  }
}

// @ts-expect-error: a number is no path
new Database(5);
// @ts-expect-error: the option is spelled readonly
new Database('x', { readOnly: true });
// @ts-expect-error: one parameter, a number
byId.get('1');
// @ts-expect-error: fields are those of Person
byId.get(1)?.age;
// @ts-expect-error: parameters of the function
insert([]);
// @ts-expect-error: facts are not to be written
db.open = false;
// @ts-expect-error: step is required
db.aggregate('x', { start: 0 });
console.log(name, all, row, changes, lastInsertRowid, columns, count, done, image, sibling, reader);
