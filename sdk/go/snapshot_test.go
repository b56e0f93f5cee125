package sqlrite

import (
	"errors"
	"path/filepath"
	"testing"
)

// A transaction that has read cannot write once somebody else has: waiting would not help it, beginning anew does.
func TestBusySnapshot(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "wal.db")+"?_journal_mode=wal&_busy_timeout=50")
	exec(t, db, "CREATE TABLE t(a); INSERT INTO t VALUES (1)")
	transaction := func(between func()) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		defer tx.Rollback()
		lines(t, tx, "SELECT a FROM t")
		between()
		if _, err := tx.Exec("UPDATE t SET a = a + 1"); err != nil {
			return err
		}
		return tx.Commit()
	}
	err := transaction(func() { exec(t, db, "UPDATE t SET a = 10") })
	var failed *Error
	if !errors.Is(err, ErrBusySnapshot) || errors.Is(err, ErrBusy) || !IsRetryable(err) || !errors.As(err, &failed) || failed.ExtendedCode != CodeBusySnapshot {
		t.Errorf("a write after a read that is out of date: %#v", err)
	}
	if err := transaction(func() {}); err != nil {
		t.Errorf("the second attempt: %v", err)
	}
	equal(t, "rows", lines(t, db, "SELECT a FROM t"), []string{"11"})
}

// With a rollback journal a commit waits for readers. One that gave up has rolled back, and leaves nothing open behind.
func TestCommitThatIsBusyRollsBack(t *testing.T) {
	db := open(t, filepath.Join(t.TempDir(), "journal.db")+"?_journal_mode=delete&_busy_timeout=20")
	db.SetMaxOpenConns(2)
	exec(t, db, "CREATE TABLE t(a); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) INSERT INTO t SELECT i FROM n")
	rows, err := db.Query("SELECT a FROM t")
	if err != nil || !rows.Next() {
		t.Fatal(err)
	}
	defer rows.Close()
	tx, err := db.Begin()
	if err != nil {
		t.Fatal(err)
	}
	exec(t, tx, "DELETE FROM t")
	err = tx.Commit()
	var failed *Error
	if !errors.Is(err, ErrBusy) || !errors.As(err, &failed) || failed.Op != "commit" {
		t.Errorf("a commit beside a reader: %v", err)
	}
	// The connection that failed is the one that is free: it has no transaction.
	exec(t, db, "BEGIN")
	exec(t, db, "ROLLBACK")
	rows.Close()
	equal(t, "rows", lines(t, db, "SELECT count(*) FROM t"), []string{"5000"})
	exec(t, db, "DELETE FROM t")
}
