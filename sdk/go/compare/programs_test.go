package compare

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sqlrite "github.com/joaoh82/rust_sqlite/sdk/go"
)

// Programs as they are written for database/sql and mattn/go-sqlite3: only the driver's name is theirs to choose. What
// they print has to be equal.

// program writes to out and returns the first error that it does not expect.
type program func(driver, path string, out *strings.Builder) error

func runOnBoth(t *testing.T, p program) {
	t.Helper()
	var printed [2]string
	for i, driver := range []string{sqlrite.DriverName, "sqlite3"} {
		var out strings.Builder
		if err := p(driver, filepath.Join(t.TempDir(), "program.db"), &out); err != nil {
			t.Fatalf("%s: %v", driver, err)
		}
		printed[i] = out.String()
	}
	if printed[0] != printed[1] || printed[0] == "" {
		t.Errorf("sqlrite prints\n%s\nsqlite3 prints\n%s", printed[0], printed[1])
	}
}

// A job queue: workers claim jobs in immediate transactions, failed jobs come back later.
func TestProgramJobQueue(t *testing.T) {
	runOnBoth(t, func(driver, path string, out *strings.Builder) error {
		db, err := sql.Open(driver, "file:"+path+"?_txlock=immediate&_journal_mode=WAL&_busy_timeout=5000&_synchronous=normal")
		if err != nil {
			return err
		}
		defer db.Close()
		now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
		if err := enqueueJobs(db, now); err != nil {
			return err
		}
		for minute := 0; minute < 8; minute++ {
			if err := workOff(db, now.Add(time.Duration(minute)*time.Minute), out); err != nil {
				return err
			}
		}
		return reportJobs(db, out)
	})
}

func enqueueJobs(db *sql.DB, now time.Time) error {
	if _, err := db.Exec(`
		CREATE TABLE job (
			id INTEGER PRIMARY KEY AUTOINCREMENT,
			payload TEXT NOT NULL,
			state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'running', 'done', 'failed')),
			attempts INTEGER NOT NULL DEFAULT 0,
			not_before DATETIME NOT NULL,
			finished DATETIME
		);
		CREATE INDEX job_waiting ON job (not_before) WHERE state = 'waiting';`); err != nil {
		return err
	}
	for i := 0; i < 12; i++ {
		at := now.Add(time.Duration(i%4) * time.Minute)
		if _, err := db.Exec("INSERT INTO job (payload, not_before) VALUES (?, ?)", fmt.Sprintf(`{"n": %d}`, i), at); err != nil {
			return err
		}
	}
	return nil
}

// claimJob takes the oldest job that may run; sql.ErrNoRows when there is none.
func claimJob(db *sql.DB, at time.Time) (id int64, payload string, err error) {
	tx, err := db.Begin()
	if err != nil {
		return 0, "", err
	}
	defer tx.Rollback()
	row := tx.QueryRow("SELECT id, payload FROM job WHERE state = 'waiting' AND not_before <= ? ORDER BY not_before, id LIMIT 1", at)
	if err := row.Scan(&id, &payload); err != nil {
		return 0, "", err
	}
	if _, err := tx.Exec("UPDATE job SET state = 'running', attempts = attempts + 1 WHERE id = ?", id); err != nil {
		return 0, "", err
	}
	return id, payload, tx.Commit()
}

// workOff runs all jobs that are due; every third one fails and waits, twice.
func workOff(db *sql.DB, at time.Time, out *strings.Builder) error {
	for {
		id, payload, err := claimJob(db, at)
		if err == sql.ErrNoRows {
			return nil
		}
		if err != nil {
			return err
		}
		fmt.Fprintln(out, at.Format(time.TimeOnly), "claimed", id, payload)
		if id%3 == 0 {
			_, err = db.Exec("UPDATE job SET state = CASE WHEN attempts < 2 THEN 'waiting' ELSE 'failed' END, not_before = ? WHERE id = ?", at.Add(3*time.Minute), id)
		} else {
			_, err = db.Exec("UPDATE job SET state = 'done', finished = ? WHERE id = ?", at, id)
		}
		if err != nil {
			return err
		}
	}
}

func reportJobs(db *sql.DB, out *strings.Builder) error {
	rows, err := db.Query("SELECT state, count(*), sum(attempts), max(finished) FROM job GROUP BY state ORDER BY state")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var state string
		var count, attempts int
		var finished sql.NullString
		if err := rows.Scan(&state, &count, &attempts, &finished); err != nil {
			return err
		}
		fmt.Fprintln(out, state, count, attempts, finished.String)
	}
	var first time.Time
	if err := db.QueryRow("SELECT finished FROM job WHERE state = 'done' ORDER BY finished LIMIT 1").Scan(&first); err != nil {
		return err
	}
	fmt.Fprintln(out, "first finished", first.Format(time.RFC3339))
	_, err = db.Exec("UPDATE job SET state = 'lost' WHERE id = 1")
	fmt.Fprintln(out, "a wrong state is refused:", err != nil)
	return rows.Err()
}

// A catalogue with migrations, JSON, searching and paging.
func TestProgramCatalogue(t *testing.T) {
	runOnBoth(t, func(driver, path string, out *strings.Builder) error {
		for start := 0; start < 2; start++ { // the second start finds nothing to migrate
			db, err := sql.Open(driver, path)
			if err != nil {
				return err
			}
			for _, part := range []func(*sql.DB, *strings.Builder) error{migrate, enterBooks, searchBooks, lendBooks} {
				if err := part(db, out); err != nil {
					return err
				}
			}
			if err := db.Close(); err != nil {
				return err
			}
		}
		return nil
	})
}

func migrate(db *sql.DB, out *strings.Builder) error {
	migrations := []string{
		"CREATE TABLE book (id INTEGER PRIMARY KEY, title TEXT NOT NULL COLLATE NOCASE, year INTEGER, details TEXT)",
		"CREATE UNIQUE INDEX book_title ON book (title); ALTER TABLE book ADD COLUMN price REAL NOT NULL DEFAULT 9.5",
		"CREATE TABLE loan (book INTEGER NOT NULL REFERENCES book (id), reader TEXT NOT NULL, since DATE, PRIMARY KEY (book, reader)) WITHOUT ROWID",
	}
	var version int
	if err := db.QueryRow("PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	fmt.Fprintln(out, "version", version)
	for ; version < len(migrations); version++ {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		if _, err := tx.Exec(migrations[version]); err != nil {
			return err
		}
		if _, err := tx.Exec(fmt.Sprintf("PRAGMA user_version = %d", version+1)); err != nil {
			return err
		}
		if err := tx.Commit(); err != nil {
			return err
		}
	}
	return nil
}

func enterBooks(db *sql.DB, out *strings.Builder) error {
	insert, err := db.Prepare("INSERT INTO book (title, year, details) VALUES (:title, :year, :details) " +
		"ON CONFLICT (title) DO UPDATE SET year = excluded.year RETURNING id, title, price")
	if err != nil {
		return err
	}
	defer insert.Close()
	for i, title := range []string{"Dune", "Emma", "dune", "Middlemarch", "Ulysses", "Solaris"} {
		var id int
		var kept string
		var price float64
		details := fmt.Sprintf(`{"pages": %d, "tags": ["t%d", "all"]}`, 100*(i+1), i)
		row := insert.QueryRow(sql.Named("title", title), sql.Named("details", details), sql.Named("year", 1900+i))
		if err := row.Scan(&id, &kept, &price); err != nil {
			return err
		}
		fmt.Fprintln(out, id, kept, price)
	}
	return nil
}

func searchBooks(db *sql.DB, out *strings.Builder) error {
	for page := 0; page < 3; page++ {
		rows, err := db.Query(`
			SELECT b.id, b.title, b.year, json_extract(b.details, '$.pages'), (SELECT count(*) FROM json_each(b.details, '$.tags'))
			FROM book AS b WHERE b.title LIKE ? ORDER BY b.title LIMIT ? OFFSET ?`, "%u%", 2, 2*page)
		if err != nil {
			return err
		}
		for rows.Next() {
			var id, pages, tags int
			var title string
			var year *int
			if err := rows.Scan(&id, &title, &year, &pages, &tags); err != nil {
				return err
			}
			fmt.Fprintln(out, "page", page, id, title, *year, pages, tags)
		}
		if err := rows.Err(); err != nil {
			return err
		}
		rows.Close()
	}
	return nil
}

func lendBooks(db *sql.DB, out *strings.Builder) error {
	result, err := db.Exec("INSERT OR IGNORE INTO loan SELECT id, 'Ada', ? FROM book WHERE year >= ?", "2024-02-29", 1903)
	if err != nil {
		return err
	}
	count, _ := result.RowsAffected()
	fmt.Fprintln(out, "lent", count)
	var since time.Time
	if err := db.QueryRow("SELECT since FROM loan JOIN book ON book.id = loan.book WHERE title = 'SOLARIS'").Scan(&since); err != nil {
		return err
	}
	fmt.Fprintln(out, since.Weekday(), since.Format(time.DateOnly))
	return nil
}

// Measurements: many rows in one transaction, windows by date functions, blobs and NULL.
func TestProgramMeasurements(t *testing.T) {
	runOnBoth(t, func(driver, path string, out *strings.Builder) error {
		db, err := sql.Open(driver, path+"?_cache_size=-4000")
		if err != nil {
			return err
		}
		defer db.Close()
		db.SetMaxOpenConns(4)
		if _, err := db.Exec("CREATE TABLE sample (sensor INTEGER, at TIMESTAMP, value REAL, raw BLOB, ok BOOLEAN)"); err != nil {
			return err
		}
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		insert, err := tx.Prepare("INSERT INTO sample VALUES (?, ?, ?, ?, ?)")
		if err != nil {
			return err
		}
		begin := time.Date(2024, 3, 30, 22, 0, 0, 0, time.UTC)
		for i := 0; i < 20000; i++ {
			var value any = float64(i%97) / 8
			if i%50 == 0 {
				value = nil
			}
			if _, err := insert.Exec(i%5, begin.Add(time.Duration(i)*time.Second), value, []byte{byte(i), byte(i >> 8)}, i%3 != 0); err != nil {
				return err
			}
		}
		insert.Close()
		if err := tx.Commit(); err != nil {
			return err
		}
		rows, err := db.Query(`
			SELECT sensor, strftime('%H', at) AS hour, count(*), count(value), round(avg(value), 6), min(at), total(value) FILTER (WHERE ok)
			FROM sample GROUP BY 1, 2 HAVING count(*) > 10 ORDER BY 1, 2`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var sensor, count, values int
			var hour, first string
			var mean, total sql.NullFloat64
			if err := rows.Scan(&sensor, &hour, &count, &values, &mean, &first, &total); err != nil {
				return err
			}
			fmt.Fprintln(out, sensor, hour, count, values, mean, first, total)
			// A second query while the first one is open takes another connection of the pool.
			var raw []byte
			var ok bool
			var at time.Time
			if err := db.QueryRow("SELECT raw, ok, at FROM sample WHERE sensor = ? AND value IS NULL ORDER BY at DESC LIMIT 1", sensor).Scan(&raw, &ok, &at); err == nil {
				fmt.Fprintf(out, "  %x %v %s\n", raw, ok, at.Format(time.RFC3339))
			} else if err != sql.ErrNoRows {
				return err
			}
		}
		return rows.Err()
	})
}
