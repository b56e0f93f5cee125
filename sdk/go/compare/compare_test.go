package compare

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"path/filepath"
	"strings"
	"testing"
	"time"

	sqlrite "github.com/joaoh82/rust_sqlite/sdk/go"
	sqlite3 "github.com/mattn/go-sqlite3"
)

// both opens one new file with each driver. Nothing here waits for the disk.
func both(t *testing.T, parameters string) (ours, theirs *sql.DB) {
	t.Helper()
	folder := t.TempDir()
	open := func(driver string) *sql.DB {
		db, err := sql.Open(driver, filepath.Join(folder, driver+".db")+"?_synchronous=off"+parameters)
		if err != nil {
			t.Fatal(err)
		}
		db.SetMaxOpenConns(1)
		t.Cleanup(func() { db.Close() })
		return db
	}
	return open(sqlrite.DriverName), open("sqlite3")
}

// transcript is all that a call shows: rows with the Go types of their cells, or the result, or the error's message.
type transcript []string

func (s *transcript) add(format string, arguments ...any) {
	*s = append(*s, fmt.Sprintf(format, arguments...))
}

// code gives SQLite's code and message of an error of either driver.
func code(err error) string {
	var ours *sqlrite.Error
	var theirs sqlite3.Error
	switch {
	case errors.As(err, &ours):
		return fmt.Sprintf("%d %d %s", ours.Code, ours.ExtendedCode, ours.Message)
	case errors.As(err, &theirs):
		return fmt.Sprintf("%d %d %s", theirs.Code, theirs.ExtendedCode, theirs.Error())
	}
	return err.Error()
}

func show(value any) string {
	if t, isTime := value.(time.Time); isTime {
		return "time " + t.Format(time.RFC3339Nano)
	}
	return fmt.Sprintf("%T %v", value, value)
}

type runner interface {
	Query(text string, arguments ...any) (*sql.Rows, error)
	Exec(text string, arguments ...any) (sql.Result, error)
}

func (s *transcript) query(db runner, text string, arguments ...any) {
	rows, err := db.Query(text, arguments...)
	if err != nil {
		s.add("%s: %s", text, code(err))
		return
	}
	defer rows.Close()
	names, err := rows.Columns()
	s.add("%s: columns %q %v", text, names, err)
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			s.add("scan: %v", err)
		}
		var line []string
		for _, cell := range cells {
			line = append(line, show(*cell.(*any)))
		}
		s.add("  %s", strings.Join(line, " | "))
	}
	if err := rows.Err(); err != nil {
		s.add("rows: %s", code(err))
	}
}

// change records what the result tells of a statement that inserts, updates or deletes.
func (s *transcript) change(db runner, text string, arguments ...any) {
	done, err := db.Exec(text, arguments...)
	if err != nil {
		s.add("%s: %s", text, code(err))
		return
	}
	id, idErr := done.LastInsertId()
	count, countErr := done.RowsAffected()
	s.add("%s: id %d %v, %d rows %v", text, id, idErr, count, countErr)
}

func (s *transcript) exec(db runner, text string, arguments ...any) {
	if _, err := db.Exec(text, arguments...); err != nil {
		s.add("%s: %s", text, code(err))
		return
	}
	s.add("%s: ok", text)
}

// same runs a scenario on both drivers and compares the transcripts line by line.
func same(t *testing.T, parameters string, scenario func(db *sql.DB, s *transcript)) {
	t.Helper()
	ours, theirs := both(t, parameters)
	var our, their transcript
	scenario(ours, &our)
	scenario(theirs, &their)
	for i := 0; i < max(len(our), len(their)); i++ {
		line := func(s transcript) string {
			if i < len(s) {
				return s[i]
			}
			return "(nothing)"
		}
		if line(our) != line(their) {
			t.Errorf("line %d\n  sqlrite: %s\n  sqlite3: %s", i, line(our), line(their))
			return
		}
	}
	if len(our) == 0 {
		t.Error("the scenario shows nothing")
	}
}

func TestValues(t *testing.T) {
	values := []any{
		nil, int64(0), int64(1), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), 0.5, 1e300, -0.0, math.Inf(1), math.NaN(), true, false,
		"", "text", "5", "5.5", "nul\x00inside", "not UTF-8 \xff", "grüße", []byte(nil), []byte{}, []byte{0, 255}, []byte("text"),
		time.Date(2024, 2, 29, 12, 30, 15, 123456789, time.UTC), time.Date(1969, 12, 31, 23, 0, 0, 0, time.FixedZone("", -5*3600)),
		strings.Repeat("long ", 50000),
	}
	types := []string{"", "INTEGER", "REAL", "TEXT", "BLOB", "NUMERIC", "BOOLEAN", "boolean", "VARCHAR(10)", "DECIMAL(10,2)"}
	same(t, "", func(db *sql.DB, s *transcript) {
		for i, name := range types {
			s.exec(db, fmt.Sprintf("CREATE TABLE t%d(v %s)", i, name))
			for _, value := range values {
				s.change(db, fmt.Sprintf("INSERT INTO t%d VALUES (?)", i), value)
			}
			s.query(db, fmt.Sprintf("SELECT v, typeof(v), v || '', quote(v) FROM t%d", i))
		}
		for _, value := range values {
			s.query(db, "SELECT ?, typeof(?1), ?1 IS NULL", value)
		}
	})
}

func TestTimes(t *testing.T) {
	for _, parameters := range []string{"", "&_loc=America/New_York", "&_loc=UTC"} {
		same(t, parameters, func(db *sql.DB, s *transcript) {
			s.exec(db, "CREATE TABLE t(a TIMESTAMP, b DATETIME, c DATE, d timestamp, e TIME, f TIMESTAMP(3))")
			for _, value := range []any{
				"2024-02-29", "2024-02-29 12:30", "2024-02-29T12:30", "2024-02-29 12:30:15", "2024-02-29T12:30:15Z", "2024-02-29 12:30:15.25",
				"2024-02-29 12:30:15.123456789+02:00", "2024-02-29T12:30:15-07:00", int64(0), int64(1709209815), int64(-5), int64(1709209815123),
				int64(-1709209815123), int64(1000000000000), 1.5, nil, []byte("2024-02-29"),
				time.Date(2024, 2, 29, 12, 30, 15, 123456789, time.FixedZone("", 3600)),
			} {
				s.change(db, "INSERT INTO t VALUES (?1, ?1, ?1, ?1, ?1, ?1)", value)
			}
			s.query(db, "SELECT * FROM t")
			s.query(db, "SELECT max(a), min(b), coalesce(c, 1) FROM t")
			s.query(db, "SELECT a AS x, (SELECT b FROM t LIMIT 1) FROM t LIMIT 3")
		})
	}
}

func TestArguments(t *testing.T) {
	same(t, "", func(db *sql.DB, s *transcript) {
		s.query(db, "SELECT ?, ?, ?", 1, "b", 2.5)
		s.query(db, "SELECT ?3, ?1, ?2", 1, 2, 3)
		s.query(db, "SELECT :a, :b, :a", sql.Named("a", 1), sql.Named("b", 2))
		s.query(db, "SELECT :a, @b, $c", sql.Named("a", 1), sql.Named("b", 2), sql.Named("c", 3))
		s.query(db, "SELECT :a, :b", 1, 2)
		s.query(db, "SELECT 1 WHERE ? IN (SELECT ? UNION SELECT ?)", 3, 2, 3)
		s.exec(db, "CREATE TABLE t(a, b)")
		s.change(db, "INSERT INTO t VALUES (?, ?); INSERT INTO t VALUES (?, ?)", 1, 2, 3, 4)
		s.query(db, "SELECT * FROM t")
	})
}

func TestChangesAndErrors(t *testing.T) {
	same(t, "", func(db *sql.DB, s *transcript) {
		s.exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT UNIQUE NOT NULL, b INTEGER CHECK (b > 0))")
		s.change(db, "INSERT INTO t(a, b) VALUES ('x', 1), ('y', 2)")
		s.change(db, "INSERT INTO t(id, a) VALUES (100, 'z')")
		s.change(db, "UPDATE t SET b = 5 WHERE id < 10")
		s.change(db, "UPDATE t SET b = 5 WHERE id < 0")
		s.change(db, "INSERT OR IGNORE INTO t(a) VALUES ('x')")
		s.change(db, "INSERT OR REPLACE INTO t(a) VALUES ('x')")
		s.change(db, "INSERT INTO t(a) VALUES ('x') ON CONFLICT(a) DO UPDATE SET b = 77")
		s.change(db, "DELETE FROM t WHERE id = 100")
		for _, wrong := range []string{
			"INSERT INTO t(a) VALUES ('x')", "INSERT INTO t(a) VALUES (NULL)", "INSERT INTO t(a, b) VALUES ('q', -1)", "INSERT INTO t(id, a) VALUES ('q', 'q')",
			"SELECT * FROM missing", "SELECT missing FROM t", "SELEC 1", "SELECT (", "SELECT 'open", "INSERT INTO t VALUES (1)", "CREATE TABLE t(a)",
			"SELECT abs(-9223372036854775808)", "SELECT count(*) FROM t GROUP BY", "ROLLBACK", "COMMIT", "SELECT zeroblob(2000000000)",
		} {
			s.exec(db, wrong)
		}
		s.query(db, "INSERT INTO t(a, b) VALUES ('r', 9), ('s', 10) RETURNING id, a, b * 2 AS twice")
		s.query(db, "SELECT * FROM t ORDER BY id")
		s.query(db, "UPDATE t SET b = b + 1 RETURNING *")
		s.query(db, "PRAGMA table_info(t)")
	})
}

func TestTransactions(t *testing.T) {
	same(t, "&_txlock=immediate", func(db *sql.DB, s *transcript) {
		s.exec(db, "CREATE TABLE t(a PRIMARY KEY)")
		for round := 0; round < 3; round++ {
			tx, err := db.BeginTx(context.Background(), nil)
			if err != nil {
				s.add("begin: %s", code(err))
				return
			}
			s.change(tx, "INSERT INTO t VALUES (?)", round)
			s.exec(tx, "SAVEPOINT s; DELETE FROM t; ROLLBACK TO s; RELEASE s")
			s.exec(tx, "INSERT INTO t VALUES (?)", round) // a duplicate, the transaction goes on
			s.query(tx, "SELECT count(*) FROM t")
			if round == 1 {
				s.add("rollback %v", tx.Rollback())
			} else {
				s.add("commit %v", tx.Commit())
			}
			s.add("again %v", tx.Commit())
		}
		s.query(db, "SELECT * FROM t ORDER BY a")
		s.exec(db, "BEGIN")
		s.exec(db, "INSERT INTO t VALUES (50)")
		s.exec(db, "ROLLBACK")
		s.query(db, "SELECT count(*) FROM t")
	})
}

func TestPreparedStatements(t *testing.T) {
	same(t, "", func(db *sql.DB, s *transcript) {
		s.exec(db, "CREATE TABLE t(a, b)")
		insert, err := db.Prepare("INSERT INTO t VALUES (?, ?)")
		if err != nil {
			s.add("prepare: %s", code(err))
			return
		}
		defer insert.Close()
		for i := 0; i < 1000; i++ {
			if _, err := insert.Exec(i, fmt.Sprint("value ", i)); err != nil {
				s.add("insert: %s", code(err))
			}
		}
		_, err = insert.Exec(1)
		s.add("one argument is refused: %v", err != nil)
		query, err := db.Prepare("SELECT b FROM t WHERE a = ?")
		if err != nil {
			s.add("prepare: %s", code(err))
			return
		}
		defer query.Close()
		for i := 990; i < 1010; i++ {
			var b string
			s.add("%d: %v %s", i, query.QueryRow(i).Scan(&b), b)
		}
		s.exec(db, "ALTER TABLE t RENAME COLUMN b TO c")
		var b string
		s.add("after the column has gone: %v", query.QueryRow(1).Scan(&b) != nil)
		s.query(db, "SELECT count(*), sum(a), max(c) FROM t")
		_, err = db.Prepare("SELECT nonsense")
		s.add("prepare: %s", code(err))
	})
}

func TestScanning(t *testing.T) {
	same(t, "", func(db *sql.DB, s *transcript) {
		s.exec(db, "CREATE TABLE t(i INTEGER, r REAL, x TEXT, b BLOB, ok BOOLEAN, at DATETIME)")
		s.exec(db, "INSERT INTO t VALUES (42, 2.5, 'text', x'0102', 1, '2024-02-29 12:00:00'), (NULL, NULL, NULL, NULL, NULL, NULL), ('x', 'y', 5, 'z', 'no', 7)")
		rows, err := db.Query("SELECT * FROM t")
		if err != nil {
			s.add("query: %s", code(err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			var i sql.NullInt64
			var r sql.NullFloat64
			var x sql.NullString
			var b []byte
			var ok sql.NullBool
			var at sql.NullTime
			err := rows.Scan(&i, &r, &x, &b, &ok, &at)
			s.add("%v %v %v %q %v %v | %v", i, r, x, b, ok, at, err)
			var text [6]sql.NullString
			err = rows.Scan(&text[0], &text[1], &text[2], &text[3], &text[4], &text[5])
			s.add("%v | %v", text, err)
			var raw [6]sql.RawBytes
			err = rows.Scan(&raw[0], &raw[1], &raw[2], &raw[3], &raw[4], &raw[5])
			s.add("%q | %v", raw, err)
			var n int8
			s.add("%v", rows.Scan(&n, &n, &n, &n, &n, &n) != nil)
		}
		s.add("end: %v", rows.Err())
	})
}

// Statements that a seed makes, on tables that they change: what both drivers show stays equal.
func TestRandomWork(t *testing.T) {
	for seed := int64(1); seed <= 5; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			same(t, "", func(db *sql.DB, s *transcript) {
				random := rand.New(rand.NewSource(seed))
				s.exec(db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a, b TEXT, c REAL, at TIMESTAMP); CREATE INDEX i ON t(a)")
				value := func() any {
					switch random.Intn(6) {
					case 0:
						return nil
					case 1:
						return random.Intn(20)
					case 2:
						return float64(random.Intn(100)) / 4
					case 3:
						return fmt.Sprint("text ", random.Intn(20))
					case 4:
						return []byte{byte(random.Intn(256)), 1}
					}
					return time.Unix(int64(random.Intn(2000000000)), 0).UTC()
				}
				for i := 0; i < 400; i++ {
					switch random.Intn(8) {
					case 0, 1, 2:
						s.change(db, "INSERT OR REPLACE INTO t VALUES (?, ?, ?, ?, ?)", random.Intn(200), value(), value(), value(), random.Intn(2000000000))
					case 3:
						s.change(db, "UPDATE t SET a = ?, b = ? WHERE id % 7 = ?", value(), value(), random.Intn(7))
					case 4:
						s.change(db, "DELETE FROM t WHERE id % 31 = ?", random.Intn(31))
					case 5:
						s.query(db, "SELECT * FROM t WHERE a = ? ORDER BY id", value())
					case 6:
						s.query(db, "SELECT typeof(a), count(*), sum(c), min(b), max(at) FROM t WHERE id > :from GROUP BY 1 ORDER BY 1", sql.Named("from", random.Intn(200)))
					case 7:
						s.query(db, "SELECT id, at FROM t WHERE b >= ? ORDER BY id LIMIT ?", value(), random.Intn(40))
					}
				}
				s.query(db, "SELECT * FROM t ORDER BY id")
				s.query(db, "PRAGMA integrity_check")
			})
		})
	}
}

// Each driver's file is the other one's: read, changed and read again.
func TestFilesOfTheOtherDriver(t *testing.T) {
	for _, mode := range []string{"DELETE", "WAL"} {
		path := filepath.Join(t.TempDir(), "shared.db")
		for round := 0; round < 6; round++ {
			driver := []string{"sqlite3", sqlrite.DriverName}[round%2]
			db, err := sql.Open(driver, path+"?_synchronous=off&_journal_mode="+mode)
			if err != nil {
				t.Fatal(err)
			}
			db.SetMaxOpenConns(1)
			if _, err := db.Exec("CREATE TABLE IF NOT EXISTS t(id INTEGER PRIMARY KEY, name TEXT UNIQUE)"); err != nil {
				t.Fatalf("%s: %v", driver, err)
			}
			for i := 0; i < 500; i++ {
				if _, err := db.Exec("INSERT INTO t(name) VALUES (?)", fmt.Sprintf("%s %d %d", driver, round, i)); err != nil {
					t.Fatalf("%s: %v", driver, err)
				}
			}
			var count int
			var check string
			if err := db.QueryRow("SELECT count(*), (SELECT * FROM pragma_integrity_check) FROM t").Scan(&count, &check); err != nil {
				t.Fatalf("%s: %v", driver, err)
			}
			if count != 500*(round+1) || check != "ok" {
				t.Errorf("%s, round %d: %d rows, %s", driver, round, count, check)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
		}
	}
}
