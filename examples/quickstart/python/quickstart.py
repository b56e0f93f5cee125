"""SQLRite in Python: open a file, insert in a transaction, query with parameters, see an error, roll back, open read-only."""
import sys

import sqlrite

BOOKS = [("Dune", 412, 4.5), ("Emma", 474, None), ("Ulysses", 730, 3.75)]


def change(path):
    db = sqlrite.connect(path)
    db.execute("CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, pages INTEGER, rating REAL)")
    with db:
        for book in BOOKS:
            cursor = db.execute("INSERT INTO book(title, pages, rating) VALUES (?, ?, ?)", book)
    print(f"inserted 3 books, the last one has id {cursor.lastrowid}")

    query = "SELECT id, title, pages, rating FROM book WHERE pages > :pages ORDER BY title"
    for number, title, pages, rating in db.execute(query, {"pages": 420}):
        print(f"{number} {title}: {pages} pages, {'not rated' if rating is None else f'rated {rating:.2f}'}")

    with db:
        cursor = db.execute("UPDATE book SET rating = ? WHERE title = ?", (4.25, "Emma"))
    print(f"changed {cursor.rowcount} book")

    try:
        db.execute("INSERT INTO book(title) VALUES (?)", ("Dune",))
    except sqlrite.IntegrityError as error:
        print(f"refused: {error}")
    db.rollback()

    db.execute("DELETE FROM book")
    db.rollback()
    print(f"after a rollback: {db.execute('SELECT count(*) FROM book').fetchone()[0]} books")
    db.close()


def look(path):
    db = sqlrite.connect_read_only(path)
    print(f"read-only: {db.execute('SELECT sum(pages) FROM book').fetchone()[0]} pages in all")
    try:
        db.execute("DELETE FROM book")
    except sqlrite.OperationalError as error:
        print(f"read-only: {error}")
    db.close()


path = sys.argv[1] if len(sys.argv) > 1 else "quickstart.db"
change(path)
look(path)
