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
