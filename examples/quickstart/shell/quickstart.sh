#!/usr/bin/env bash
# SQLRite's shell: a script of SQL, an error, a rollback, and a file that is opened read-only.
#   quickstart.sh DATABASE [SHELL]
set -euo pipefail
path=${1:-quickstart.db}
shell=${2:-sqlrite}

"$shell" -batch "$path" <<'SQL'
CREATE TABLE book(id INTEGER PRIMARY KEY, title TEXT NOT NULL UNIQUE, pages INTEGER, rating REAL);
BEGIN;
INSERT INTO book(title, pages, rating) VALUES ('Dune', 412, 4.5), ('Emma', 474, NULL), ('Ulysses', 730, 3.75);
COMMIT;
SELECT printf('inserted %d books, the last one has id %d', changes(), last_insert_rowid());
SELECT printf('%d %s: %d pages, ', id, title, pages) || iif(rating IS NULL, 'not rated', printf('rated %.2f', rating))
  FROM book WHERE pages > 420 ORDER BY title;
UPDATE book SET rating = 4.25 WHERE title = 'Emma';
SELECT printf('changed %d book', changes());
SQL

# A failure is told on standard error, with SQLite's code at the end, and in the exit status.
if ! message=$("$shell" -batch "$path" "INSERT INTO book(title) VALUES ('Dune')" 2>&1); then
  echo "refused: $(sed -E 's/^.*(UNIQUE.*) \([0-9]+\)$/\1/' <<<"$message")"
fi

"$shell" -batch "$path" "BEGIN; DELETE FROM book; ROLLBACK; SELECT printf('after a rollback: %d books', count(*)) FROM book"
"$shell" -batch -readonly "$path" "SELECT printf('read-only: %d pages in all', sum(pages)) FROM book"
if ! message=$("$shell" -batch -readonly "$path" "DELETE FROM book" 2>&1); then
  echo "read-only: $(sed -E 's/^.*(attempt.*) \([0-9]+\)$/\1/' <<<"$message")"
fi
