package sqlrite

import (
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

func TestArguments(t *testing.T) {
	db := open(t)
	for _, c := range []struct {
		text      string
		arguments []any
		row       string
	}{
		{"SELECT ?, ?", []any{1, "b"}, `1|"b"`},
		{"SELECT ?2, ?1", []any{1, "b"}, `"b"|1`},
		{"SELECT :a, @a, $a", []any{sql.Named("a", 7)}, "7|7|7"},
		{"SELECT :a, :b, :a", []any{sql.Named("b", 2), sql.Named("a", 1)}, "1|2|1"},
		{"SELECT :a, ?, :b", []any{sql.Named("b", 3), 2, sql.Named("a", 1)}, "1|2|3"},
		{"SELECT :a, :b", []any{1, 2}, "1|2"},
		{"SELECT 'O''Brien' = ?", []any{"O'Brien"}, "1"},
		{"SELECT ?", []any{"'; DROP TABLE t; --"}, `"'; DROP TABLE t; --"`},
	} {
		equal(t, c.text, lines(t, db, c.text, c.arguments...), []string{c.row})
		statement, err := db.Prepare(c.text)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := statement.Query(c.arguments...)
		if err != nil {
			t.Errorf("%s, prepared: %v", c.text, err)
			continue
		}
		equal(t, c.text+", prepared", drain(t, rows), []string{c.row})
		statement.Close()
	}
	for _, c := range []struct {
		text      string
		arguments []any
		message   string
	}{
		{"SELECT ?, ?", []any{1}, "expected 2 arguments, got 1"},
		{"SELECT ?", []any{1, 2, 3}, "expected 1 arguments, got 3"},
		{"SELECT 1", []any{1}, "expected 0 arguments, got 1"},
		{"SELECT :a", []any{sql.Named("b", 1)}, `no parameter is named "b"`},
		{"SELECT ?", []any{sql.Named("b", 1)}, `no parameter is named "b"`},
		{"SELECT :a, :b", []any{sql.Named("a", 1)}, "no argument for parameter :b"},
		{"SELECT ?", []any{struct{ X int }{1}}, "unsupported type struct"},
		{"SELECT ?", []any{uint64(1 << 63)}, "high bit set"},
	} {
		_, err := db.Query(c.text, c.arguments...)
		fails(t, "Query "+c.text, err, c.message)
		_, err = db.Exec(c.text, c.arguments...)
		fails(t, "Exec "+c.text, err, c.message)
		statement, err := db.Prepare(c.text)
		if err != nil {
			t.Fatal(err)
		}
		_, err = statement.Exec(c.arguments...)
		fails(t, "Stmt.Exec "+c.text, err, c.message)
		statement.Close()
	}
}

func TestSeveralStatementsInOneText(t *testing.T) {
	db := open(t)
	db.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE t(a, b); INSERT INTO t VALUES (?, ?); -- one\n INSERT INTO t VALUES (?, 'x;y'); ", 1, 2, 3)
	equal(t, "rows", lines(t, db, "SELECT * FROM t"), []string{"1|2", `3|"x;y"`})
	exec(t, db, "INSERT INTO t VALUES (:v, 0); UPDATE t SET b = :v WHERE b = 0", sql.Named("v", 9))
	equal(t, "named in both", lines(t, db, "SELECT b FROM t WHERE a = 9"), []string{"9"})
	_, err := db.Exec("INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (?, ?)", 1)
	fails(t, "too few", err, "expected 2 arguments, got 1")
	_, err = db.Exec("DELETE FROM t; INSERT INTO t VALUES (?, ?); ", 1, 2, 3)
	fails(t, "too many", err, "expected 2 arguments, got 3")
	_, err = db.Exec("DELETE FROM t; SELECT nonsense")
	fails(t, "an error in the second", err, "no such column: nonsense")

	// Statements without columns run on the way to the first result set; NextResultSet goes on.
	for repeat := 0; repeat < 3; repeat++ { // also from the cache of statements
		rows, err := db.Query("DELETE FROM t; INSERT INTO t VALUES (?, 0); SELECT a FROM t; INSERT INTO t VALUES (6, 0); SELECT b, a FROM t WHERE a > ?; -- end", 5, 5)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "first set", drain(t, rows), []string{"5"})
		if !rows.NextResultSet() {
			t.Fatal("no second set: ", rows.Err())
		}
		equal(t, "second set", drain(t, rows), []string{"0|6"})
		names, _ := rows.Columns()
		equal(t, "its columns", names, []string{"b", "a"})
		equal(t, "no third set", rows.NextResultSet(), false)
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
	}
	var a int
	if err := db.QueryRow("INSERT INTO t VALUES (7, 0); SELECT max(a) FROM t").Scan(&a); err != nil || a != 7 {
		t.Errorf("max is %d, %v", a, err)
	}
	rows, err := db.Query("SELECT 1; SELECT nonsense")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "next set fails", rows.NextResultSet(), false)
	fails(t, "next set", rows.Err(), "no such column: nonsense")
	rows.Close()
	rows, err = db.Query("CREATE TABLE u(a)")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "no columns", drain(t, rows), []string(nil))

	for text, message := range map[string]string{
		"SELECT 1; SELECT 2": "more than one statement", "": "no statement", " -- x": "no statement", "SELECT 1; nonsense": "more than one",
	} {
		_, err := db.Prepare(text)
		fails(t, "Prepare "+text, err, message)
	}
	statement, err := db.Prepare("SELECT 1; -- with a comment behind it")
	if err != nil {
		t.Fatal(err)
	}
	statement.Close()
	equal(t, "a NUL ends the text", lines(t, db, "SELECT 1\x00 nonsense"), []string{"1"})
}

func TestRowsStayOpenWhileTheirStatementRunsAgain(t *testing.T) {
	db := open(t)
	db.SetMaxOpenConns(1)
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	defer tx.Rollback()
	statement, err := tx.Prepare("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) SELECT i + ? FROM n")
	if err != nil {
		t.Fatal(err)
	}
	const count = 4
	var open [count]*sql.Rows
	for i := range open {
		if open[i], err = statement.Query(i * 10000); err != nil {
			t.Fatal(err)
		}
	}
	for i := 1; i <= 3000; i++ {
		for k, rows := range open {
			var got int
			if !rows.Next() {
				t.Fatal(rows.Err())
			}
			if err := rows.Scan(&got); err != nil || got != i+k*10000 {
				t.Fatalf("row %d of query %d is %d, %v", i, k, got, err)
			}
		}
		if i == 1000 {
			statement.Close() // the rows go on
		}
	}
	for _, rows := range open {
		equal(t, "end", rows.Next(), false)
	}
	// Half-read rows do not hold the connection.
	rows, err := tx.Query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n")
	if err != nil {
		t.Fatal(err)
	}
	rows.Next()
	rows.Close()
	exec(t, tx, "CREATE TABLE t(a)")
}

func TestSchemaChangesUnderCachedStatements(t *testing.T) {
	db := open(t)
	db.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE t(a BOOLEAN); INSERT INTO t VALUES (1)")
	equal(t, "boolean", lines(t, db, "SELECT * FROM t"), []string{"true"})
	exec(t, db, "ALTER TABLE t ADD COLUMN b INTEGER DEFAULT 5")
	equal(t, "one more", lines(t, db, "SELECT * FROM t"), []string{"true|5"})
	for i := 0; i < 2; i++ {
		rows, err := db.Query("SELECT * FROM t")
		if err != nil {
			t.Fatal(err)
		}
		names, _ := rows.Columns()
		equal(t, "names", names, []string{"a", "b"})
		names[0] = "changed by the caller"
		rows.Close()
	}
	exec(t, db, "DROP TABLE t; CREATE TABLE t(a INTEGER, b BOOLEAN); INSERT INTO t VALUES (1, 0)")
	equal(t, "other types", lines(t, db, "SELECT * FROM t"), []string{"1|false"})
}

func TestStatementCache(t *testing.T) {
	for _, size := range []int{0, 1, 3, 32} {
		db := open(t, fmt.Sprintf(":memory:?_stmt_cache_size=%d", size))
		db.SetMaxOpenConns(1)
		exec(t, db, "CREATE TABLE t(a)")
		for i := 0; i < 50; i++ {
			exec(t, db, fmt.Sprintf("INSERT INTO t VALUES (? + %d)", i%7), i)
			equal(t, "count", lines(t, db, fmt.Sprintf("SELECT count(*) + %d FROM t", i%5)), []string{strconv.Itoa(i + 1 + i%5)})
		}
	}
}

func TestNames(t *testing.T) {
	folder := t.TempDir()
	exec(t, open(t, folder+"/a b%c.db"), "CREATE TABLE t(a); INSERT INTO t VALUES (1)")
	for _, name := range []string{
		folder + "/a b%c.db", "file:" + folder + "/a%20b%25c.db", "file://" + folder + "/a%20b%25c.db",
		"file://localhost" + folder + "/a%20b%25c.db?mode=rw#part", folder + "/a b%c.db?cache=shared&_mutex=no",
	} {
		equal(t, name, lines(t, open(t, name), "SELECT a FROM t"), []string{"1"})
	}
	for name, message := range map[string]string{
		"x.db?_foreign_keys=maybe":           "_foreign_keys=maybe: expected one of 0, no,",
		"x.db?_unknown=1":                    "unknown parameter _unknown",
		"x.db?mode=readwrite":                "mode=readwrite: expected ro, rw, rwc or memory",
		"x.db?_busy_timeout=soon":            "_busy_timeout=soon: expected milliseconds",
		"x.db?_timeout=-1":                   "_timeout=-1: expected milliseconds",
		"x.db?_loc=Nowhere/Land":             "_loc=Nowhere/Land: expected auto or a time zone",
		"x.db?_cache_size=big":               "_cache_size=big: expected a number",
		"x.db?_stmt_cache_size=-2":           "expected a number of statements",
		"x.db?_mutex=half":                   "expected no or full",
		"x.db?cache=some":                    "expected shared or private",
		"x.db?vfs=unix":                      "other file systems cannot be chosen",
		"file:x.db?mode=memory&cache=shared": "each connection has its own",
		"file://elsewhere/x.db":              `the host "elsewhere"`,
		"file:x%zz.db":                       "invalid URL escape",
		"x.db?a=%zz":                         "invalid URL escape",
	} {
		_, err := sql.Open(DriverName, name)
		fails(t, name, err, message)
	}
	db := open(t, "file:"+folder+"/set.db?_journal_mode=WAL&_sync=normal&_fk=1&_cache_size=-4000&_vacuum=full&_pragma=user_version(42)&_pragma=application_id(7)")
	for pragma, value := range map[string]string{
		"journal_mode": `"wal"`, "synchronous": "1", "foreign_keys": "1", "cache_size": "-4000", "user_version": "42", "application_id": "7",
	} {
		equal(t, pragma, lines(t, db, "PRAGMA "+pragma), []string{value})
	}
	fails(t, "a wrong pragma", open(t, folder+"/set.db?_pragma=user_version(1)%3B+DROP+TABLE+t").Ping(), "is not one statement")
	fails(t, "mode=rw", open(t, "file:"+folder+"/missing.db?mode=rw").Ping(), "unable to open database file")
	equal(t, "memory", lines(t, open(t, "file:x?mode=memory"), "SELECT file FROM pragma_database_list"), []string{`""`})
	if _, err := os.Stat("x"); err == nil {
		t.Error("a database in memory made a file")
	}
}

// Millions of calls need no more memory than thousands.
func TestMemoryDoesNotGrow(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	db := open(t)
	db.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a TEXT)")
	work := func(rounds int) {
		for i := 0; i < rounds; i++ {
			exec(t, db, "INSERT OR REPLACE INTO t VALUES (?, ?)", i%100, "some text of this row")
			var text string
			if err := db.QueryRow("SELECT a FROM t WHERE id = ?", i%100).Scan(&text); err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec("SELECT * FROM missing"); err == nil {
				t.Fatal("no error")
			}
			if i%10 == 0 { // not cached, and closed before its end
				rows, err := db.Query(fmt.Sprintf("SELECT * FROM t WHERE id >= %d", i%1000))
				if err != nil {
					t.Fatal(err)
				}
				rows.Next()
				rows.Close()
			}
		}
	}
	exec(t, db, "PRAGMA journal_mode = MEMORY")
	exec(t, db, "PRAGMA synchronous = OFF")
	work(20000)
	before := residentKiB(t)
	work(60000)
	if grown := residentKiB(t) - before; grown > 8<<10 {
		t.Errorf("%d KiB more after 60,000 rounds", grown)
	}
}

func residentKiB(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc")
	}
	for _, line := range strings.Split(string(status), "\n") {
		if rest, found := strings.CutPrefix(line, "VmRSS:"); found {
			size, err := strconv.Atoi(strings.TrimSpace(strings.TrimSuffix(rest, "kB")))
			if err != nil {
				t.Fatal(err)
			}
			return size
		}
	}
	t.Fatal("no VmRSS")
	return 0
}
