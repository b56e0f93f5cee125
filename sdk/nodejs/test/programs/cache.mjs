// A cache with expiry: upserts, pragmas, pluck, BLOB values, a prepared statement per operation.
export default function run(Database, file, print) {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec(`CREATE TABLE IF NOT EXISTS cache (
    key TEXT PRIMARY KEY, value BLOB, expires INTEGER, hits INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS cache_expires ON cache (expires);`);
  const statements = {
    set: db.prepare(`INSERT INTO cache (key, value, expires) VALUES (@key, @value, @expires)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires`),
    get: db.prepare('SELECT value FROM cache WHERE key = ? AND (expires IS NULL OR expires > ?)').pluck(),
    hit: db.prepare('UPDATE cache SET hits = hits + 1 WHERE key = ? RETURNING hits').pluck(),
    purge: db.prepare('DELETE FROM cache WHERE expires <= ?'),
    size: db.prepare('SELECT count(*), coalesce(sum(length(value)), 0) FROM cache').raw(),
  };
  const set = (key, value, expires = null) => statements.set.run({ key, value: Buffer.from(JSON.stringify(value)), expires });
  const get = (key, now) => {
    const value = statements.get.get(key, now);
    if (value === undefined) return undefined;
    return { value: JSON.parse(value), hits: statements.hit.get(key) };
  };
  const fill = db.transaction((count) => { for (let i = 0; i < count; ++i) set(`key ${i}`, { i, square: i * i }, 1000 + i); });
  fill(500);
  print(set('forever', ['a', 'b']).changes, statements.size.get());
  print(get('key 7', 0), get('key 7', 0), get('key 7', 2000), get('nothing', 0), get('forever', 1e12));
  print(statements.purge.run(1249).changes, statements.size.get());
  print(set('key 400', 'new', 5).changes, get('key 400', 1), get('key 400', 9));
  db.close();
  const reader = new Database(file, { readonly: true, fileMustExist: true });
  print(reader.prepare('SELECT key, hits FROM cache WHERE hits > 0 ORDER BY key').all(), reader.pragma('integrity_check'));
  try { reader.prepare('DELETE FROM cache').run(); } catch (error) { print(error.code, error.message); }
  reader.close();
}
