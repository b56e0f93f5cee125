// SQLRite in Node.js: open a file, insert in a transaction, query with parameters, see an error, roll back, open read-only.
import Database from '@joaoh82/sqlrite';

const books = [['Dune', 412, 4.5], ['Emma', 474, null], ['Ulysses', 730, 3.75]];

function change(path) {
  const db = new Database(path);
  db.exec('CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, pages INTEGER, rating REAL)');
  const insert = db.prepare('INSERT INTO book(title, pages, rating) VALUES (?, ?, ?)');
  const insertAll = db.transaction((rows) => rows.map((row) => insert.run(...row)).at(-1));
  console.log(`inserted 3 books, the last one has id ${insertAll(books).lastInsertRowid}`);

  const query = db.prepare('SELECT id, title, pages, rating FROM book WHERE pages > :pages ORDER BY title');
  for (const { id, title, pages, rating } of query.iterate({ pages: 420 })) {
    console.log(`${id} ${title}: ${pages} pages, ${rating === null ? 'not rated' : `rated ${rating.toFixed(2)}`}`);
  }

  const { changes } = db.prepare('UPDATE book SET rating = ? WHERE title = ?').run(4.25, 'Emma');
  console.log(`changed ${changes} book`);

  try {
    db.prepare('INSERT INTO book(title) VALUES (?)').run('Dune');
  } catch (error) {
    if (error.code !== 'SQLITE_CONSTRAINT_UNIQUE') throw error;
    console.log(`refused: ${error.message}`);
  }

  try {
    db.transaction(() => {
      db.exec('DELETE FROM book');
      throw new Error('changed my mind');
    })();
  } catch {
    console.log(`after a rollback: ${db.prepare('SELECT count(*) FROM book').pluck().get()} books`);
  }
  db.close();
}

function look(path) {
  const db = Database.openReadOnly(path);
  console.log(`read-only: ${db.prepare('SELECT sum(pages) FROM book').pluck().get()} pages in all`);
  try {
    db.exec('DELETE FROM book');
  } catch (error) {
    console.log(`read-only: ${error.message}`);
  }
  db.close();
}

const path = process.argv[2] ?? 'quickstart.db';
change(path);
look(path);
