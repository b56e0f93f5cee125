package sqlrite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestCreateInsertQueryAndReopen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	db := open(t, path)
	exec(t, db, "CREATE TABLE person(id INTEGER PRIMARY KEY, name TEXT, score REAL)")
	done := exec(t, db, "INSERT INTO person(name, score) VALUES (?, ?), (?, ?)", "Ada", 1.5, "Grace", 2)
	id, _ := done.LastInsertId()
	count, _ := done.RowsAffected()
	equal(t, "LastInsertId", id, int64(2))
	equal(t, "RowsAffected", count, int64(2))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	db = open(t, path)
	equal(t, "rows", lines(t, db, "SELECT id, name, score FROM person ORDER BY id"), []string{`1|"Ada"|1.5`, `2|"Grace"|2`})
	var score float64
	if err := db.QueryRow("SELECT score FROM person WHERE id = ?", 2).Scan(&score); err != nil || score != 2.0 {
		t.Errorf("score %v, %v", score, err)
	}
	equal(t, "no row", db.QueryRow("SELECT 1 FROM person WHERE id = 99").Scan(&score), sql.ErrNoRows)
}

func TestRowsAffectedCountsChangesOnly(t *testing.T) {
	db := open(t)
	for _, step := range []struct {
		text string
		rows int64
	}{
		{"CREATE TABLE t(a)", 0},
		{"INSERT INTO t VALUES (1), (2), (3)", 3},
		{"CREATE INDEX i ON t(a)", 0},
		{"UPDATE t SET a = a + 1 WHERE a > 1", 2},
		{"UPDATE t SET a = 0 WHERE a > 100", 0},
		{"SELECT * FROM t", 0},
		{"DELETE FROM t", 3},
		{"PRAGMA user_version = 7", 0},
		{"", 0},
		{"-- nothing", 0},
	} {
		count, err := exec(t, db, step.text).RowsAffected()
		if err != nil || count != step.rows {
			t.Errorf("%s: %d rows, %v, wanted %d", step.text, count, err, step.rows)
		}
	}
}

func TestReadOnly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	exec(t, open(t, path), "CREATE TABLE t(a); INSERT INTO t VALUES (1)")
	for _, db := range []*sql.DB{OpenReadOnly(path), open(t, "file:"+path+"?mode=ro"), open(t, path+"?immutable=1")} {
		equal(t, "rows", lines(t, db, "SELECT a FROM t"), []string{"1"})
		_, err := db.Exec("INSERT INTO t VALUES (2)")
		var failed *Error
		if !errors.As(err, &failed) || failed.Code != CodeReadOnly {
			t.Errorf("a change of a read-only database: %v", err)
		}
		db.Close()
	}
	missing := OpenReadOnly(filepath.Join(t.TempDir(), "missing.db"))
	defer missing.Close()
	fails(t, "a missing file", missing.Ping(), "unable to open database file")
	wrong := OpenReadOnly("x.db?_txlock=never")
	defer wrong.Close()
	fails(t, "a wrong name", wrong.Ping(), "_txlock=never")
}

func TestTransactions(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE t(a)")
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, "INSERT INTO t VALUES (1)")
	equal(t, "inside", lines(t, tx, "SELECT count(*) FROM t"), []string{"1"})
	equal(t, "outside", lines(t, db, "SELECT count(*) FROM t"), []string{"0"})
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}
	equal(t, "after rollback", lines(t, db, "SELECT count(*) FROM t"), []string{"0"})
	if tx, err = db.Begin(); err != nil {
		t.Fatal(err)
	}
	exec(t, tx, "INSERT INTO t VALUES (1)")
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	equal(t, "after commit", lines(t, db, "SELECT count(*) FROM t"), []string{"1"})
	equal(t, "a second commit", tx.Commit(), sql.ErrTxDone)
	_, err = tx.Exec("INSERT INTO t VALUES (2)")
	equal(t, "use after commit", err, sql.ErrTxDone)

	// A read-only transaction refuses changes, the next user of the connection does not feel it.
	db.SetMaxOpenConns(1)
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Commit, (*sql.Tx).Rollback} {
		if tx, err = db.BeginTx(context.Background(), &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelSerializable}); err != nil {
			t.Fatal(err)
		}
		_, err = tx.Exec("INSERT INTO t VALUES (2)")
		fails(t, "a change in a read-only transaction", err, "attempt to write a readonly database")
		if err := end(tx); err != nil {
			t.Fatal(err)
		}
		exec(t, db, "INSERT INTO t VALUES (3)")
	}
	_, err = db.BeginTx(context.Background(), &sql.TxOptions{Isolation: sql.LevelLinearizable})
	fails(t, "an isolation level above serializable", err, "isolation level Linearizable is not supported")

	// A cancelled context rolls back.
	ctx, cancel := context.WithCancel(context.Background())
	if tx, err = db.BeginTx(ctx, nil); err != nil {
		t.Fatal(err)
	}
	exec(t, tx, "DELETE FROM t")
	cancel()
	if err := tx.Commit(); err == nil {
		t.Error("a cancelled transaction committed")
	}
	equal(t, "after cancel", lines(t, db, "SELECT count(*) FROM t"), []string{"3"})
}

func TestBusyIsRetryable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "app.db")
	first := open(t, path+"?_txlock=immediate")
	second := open(t, path+"?_txlock=immediate&_busy_timeout=20")
	exec(t, first, "CREATE TABLE t(a)")
	tx, err := first.Begin()
	if err != nil {
		t.Fatal(err)
	}
	_, err = second.Begin()
	if !errors.Is(err, ErrBusy) || !IsRetryable(err) || errors.Is(err, ErrBusySnapshot) {
		t.Errorf("begin beside another writer: %v", err)
	}
	var failed *Error
	if !errors.As(err, &failed) || failed.Code != CodeBusy || failed.Status != StatusBusy || failed.Op != "begin" {
		t.Errorf("the error is %#v", failed)
	}
	// The second one waits as long as it may.
	waiting := make(chan error)
	third := open(t, path)
	go func() {
		_, err := third.Exec("INSERT INTO t VALUES (1)")
		waiting <- err
	}()
	time.Sleep(30 * time.Millisecond)
	if err := tx.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := <-waiting; err != nil {
		t.Errorf("a writer that waited: %v", err)
	}
	if IsRetryable(nil) || IsRetryable(sql.ErrNoRows) {
		t.Error("nil and other errors are not retryable")
	}
	equal(t, "snapshot", IsRetryable(newError("commit", StatusBusySnapshot, int(CodeBusySnapshot), "changed", -1)), true)
}

func TestErrorsAreTyped(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE t(a UNIQUE NOT NULL); INSERT INTO t VALUES (1)")
	for _, c := range []struct {
		text     string
		message  string
		extended ExtendedCode
		offset   int64
	}{
		{"INSERT INTO t VALUES (1)", "sqlrite: exec: UNIQUE constraint failed: t.a", CodeConstraintUnique, -1},
		{"INSERT INTO t VALUES (NULL)", "sqlrite: exec: NOT NULL constraint failed: t.a", CodeConstraintNotNull, -1},
		{"SELECT missing FROM t", "sqlrite: prepare: no such column: missing", ExtendedCode(CodeError), 7},
		{"SELEC", `sqlrite: prepare: near "SELEC": syntax error`, ExtendedCode(CodeError), 0},
	} {
		_, err := db.Exec(c.text)
		var failed *Error
		if !errors.As(err, &failed) {
			t.Errorf("%s: %v is no *Error", c.text, err)
			continue
		}
		equal(t, c.text, failed.Error(), c.message)
		equal(t, c.text, failed.ExtendedCode, c.extended)
		equal(t, c.text, failed.Code, Code(c.extended&0xff))
		equal(t, c.text, failed.Offset, c.offset)
		equal(t, c.text, failed.Status, StatusError)
	}
	equal(t, "text of a code", CodeBusy.String(), "database is locked")
	fails(t, "a folder", open(t, t.TempDir()).Ping(), "unable to open database file")
	path := filepath.Join(t.TempDir(), "text.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	fails(t, "a text file", open(t, path).Ping(), "file is not a database")
}

func TestErrorTextsOfManyGoroutines(t *testing.T) {
	db := open(t)
	var group sync.WaitGroup
	for g := 0; g < 8; g++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < 200; i++ {
				_, err := db.Exec(fmt.Sprintf("SELECT * FROM missing_%d_%d", g, i))
				wanted := fmt.Sprintf("sqlrite: prepare: no such table: missing_%d_%d", g, i)
				if err == nil || err.Error() != wanted {
					t.Errorf("got %v, wanted %s", err, wanted)
				}
			}
		}()
	}
	group.Wait()
}

func TestPoolOfConnectionsOnOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pool.db")
	link := filepath.Join(t.TempDir(), "link.db")
	db := open(t, path+"?_txlock=immediate")
	db.SetMaxOpenConns(8)
	exec(t, db, "CREATE TABLE t(worker, i)")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	linked := open(t, link) // the same file by another name
	var group sync.WaitGroup
	for g := 0; g < 8; g++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for i := 0; i < 50; i++ {
				tx, err := db.Begin()
				if err != nil {
					t.Errorf("begin: %v", err)
					return
				}
				if _, err := tx.Exec("INSERT INTO t VALUES (?, ?)", g, i); err != nil {
					t.Errorf("insert: %v", err)
				}
				if err := tx.Commit(); err != nil {
					t.Errorf("commit: %v", err)
				}
				var count int
				if err := linked.QueryRow("SELECT count(*) FROM t WHERE worker = ?", g).Scan(&count); err != nil || count != i+1 {
					t.Errorf("worker %d sees %d of its %d rows: %v", g, count, i+1, err)
				}
			}
		}()
	}
	group.Wait()
	equal(t, "all rows", lines(t, db, "SELECT count(*), count(DISTINCT worker * 100 + i) FROM t"), []string{"400|400"})
}

func TestContextInterrupts(t *testing.T) {
	db := open(t)
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
	for _, c := range []struct {
		name string
		run  func(ctx context.Context) error
	}{
		{"QueryRow", func(ctx context.Context) error {
			var count int
			return db.QueryRowContext(ctx, endless+"SELECT count(*) FROM n").Scan(&count)
		}},
		{"Exec", func(ctx context.Context) error {
			_, err := db.ExecContext(ctx, endless+"SELECT count(*) FROM n")
			return err
		}},
		{"Rows", func(ctx context.Context) error {
			rows, err := db.QueryContext(ctx, endless+"SELECT i FROM n")
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
			}
			return rows.Err()
		}},
		{"rows that take long", func(ctx context.Context) error {
			rows, err := db.QueryContext(ctx, "SELECT 1 UNION ALL SELECT 2 UNION ALL "+
				"SELECT count(*) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n)")
			if err != nil {
				return err
			}
			defer rows.Close()
			for rows.Next() {
			}
			return rows.Err()
		}},
		{"Prepared", func(ctx context.Context) error {
			statement, err := db.PrepareContext(ctx, endless+"SELECT count(*) FROM n WHERE i < ?")
			if err != nil {
				return err
			}
			defer statement.Close()
			_, err = statement.ExecContext(ctx, 0)
			return err
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			begun := time.Now()
			if err := c.run(ctx); err != context.DeadlineExceeded {
				t.Errorf("got %v", err)
			}
			if waited := time.Since(begun); waited > 5*time.Second {
				t.Errorf("it took %v", waited)
			}
			// The connection is as good as before.
			equal(t, "afterwards", lines(t, db, "SELECT 1"), []string{"1"})
		})
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := db.ExecContext(ctx, "CREATE TABLE never(a)"); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that has ended: %v", err)
	}
}

// An interrupt must never reach the call after the one whose context ended.
func TestInterruptsDoNotLeak(t *testing.T) {
	db := open(t)
	db.SetMaxOpenConns(1)
	exec(t, db, "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) INSERT INTO t SELECT i FROM n")
	for i := 0; i < 300; i++ {
		ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*time.Microsecond)
		var sum int
		err := db.QueryRowContext(ctx, "SELECT sum(a) FROM t").Scan(&sum)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("round %d: %v", i, err)
		}
		if err := db.QueryRow("SELECT sum(a) FROM t").Scan(&sum); err != nil || sum != 2001000 {
			t.Fatalf("round %d: the next query: %d, %v", i, sum, err)
		}
	}
}

func TestPingAndClosedThings(t *testing.T) {
	db := open(t)
	if err := db.Ping(); err != nil {
		t.Fatal(err)
	}
	statement, err := db.Prepare("SELECT 1")
	if err != nil {
		t.Fatal(err)
	}
	statement.Close()
	_, err = statement.Query()
	fails(t, "a closed statement", err, "statement is closed")
	db.Close()
	fails(t, "a closed pool", db.Ping(), "database is closed")

	// Below database/sql, which would not let this through.
	direct, err := (&Driver{}).Open(filepath.Join(t.TempDir(), "direct.db"))
	if err != nil {
		t.Fatal(err)
	}
	prepared, err := direct.Prepare("SELECT 1 UNION ALL SELECT 2")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := prepared.(driver.StmtQueryContext).QueryContext(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(direct.Close(), direct.Close()); err != nil {
		t.Fatal(err)
	}
	_, err = direct.Prepare("SELECT 1")
	equal(t, "prepare on a closed connection", err, driver.ErrBadConn)
	_, err = direct.Begin()
	equal(t, "begin on a closed connection", err, driver.ErrBadConn)
	_, err = prepared.(driver.StmtExecContext).ExecContext(context.Background(), nil)
	equal(t, "exec on a closed connection", err, driver.ErrBadConn)
	equal(t, "IsValid", direct.(driver.Validator).IsValid(), false)
	equal(t, "ResetSession", direct.(driver.SessionResetter).ResetSession(context.Background()), driver.ErrBadConn)
	if err := errors.Join(rows.Close(), rows.Close(), prepared.Close(), prepared.Close()); err != nil {
		t.Fatal(err)
	}
}
