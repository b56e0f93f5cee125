// A queue of jobs that two connections work on, in immediate transactions, with 64-bit ids and an iterator over the log.
export default function run(Database, file, print) {
  const open = () => {
    const db = new Database(file, { timeout: 50 });
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = NORMAL');
    return db;
  };
  const one = open();
  one.exec(`CREATE TABLE job (id INTEGER PRIMARY KEY, kind TEXT, payload TEXT, state TEXT DEFAULT 'new', worker TEXT);
    CREATE TABLE log (at INTEGER, job INTEGER, what TEXT)`);
  const two = open();
  const first = 2n ** 60n;
  const add = one.prepare('INSERT INTO job (id, kind, payload) VALUES (?, ?, json(?))');
  one.transaction(() => { for (let i = 0; i < 20; ++i) add.run(first + BigInt(i), i % 2 ? 'mail' : 'print', JSON.stringify({ to: `user ${i}`, tries: i % 3 })); })();

  const claimer = (db, worker) => {
    const next = db.prepare("SELECT * FROM job WHERE state = 'new' AND kind = ? ORDER BY id LIMIT 1").safeIntegers();
    const mark = db.prepare('UPDATE job SET state = ?, worker = ? WHERE id = ?');
    const log = db.prepare('INSERT INTO log VALUES (?, ?, ?)');
    let tick = 0;
    return db.transaction((kind) => {
      const job = next.get(kind);
      if (!job) return null;
      mark.run('done', worker, job.id);
      log.run(++tick, job.id, `${worker} took ${job.kind}`);
      return `${job.id} ${job.payload}`;
    });
  };
  const a = claimer(one, 'a');
  const b = claimer(two, 'b');
  print(a.immediate('mail'), b.immediate('mail'), a.immediate('print'), b.exclusive('print'));
  one.exec('BEGIN IMMEDIATE');
  try { b.immediate('mail'); } catch (error) { print(error.code, error.message, two.inTransaction); }
  one.exec('ROLLBACK');
  while (b.immediate('mail') !== null);
  print(one.prepare('SELECT worker, state, count(*) AS n FROM job GROUP BY 1, 2 ORDER BY 1, 2').all());
  let seen = 0;
  for (const { job, what } of one.prepare('SELECT job, what FROM log ORDER BY rowid').safeIntegers().iterate()) {
    print(job - first, what);
    if (++seen === 5) break;
  }
  print(one.prepare("SELECT json_extract(payload, '$.tries') AS tries, group_concat(kind) AS kinds FROM job GROUP BY tries ORDER BY tries").raw().all());
  print(two.prepare('SELECT max(id) AS id FROM job').get(), two.prepare('SELECT max(id) AS id FROM job').safeIntegers().get());
  one.close();
  two.close();
}
