// Package sqlrite is a driver for database/sql that carries its database engine with it. Its files are SQLite 3 files.
//
//	import (
//		"database/sql"
//
//		_ "github.com/joaoh82/rust_sqlite/sdk/go"
//	)
//
//	db, err := sql.Open("sqlrite", "app.db")
//
// # Data source names
//
// A name is a path ("app.db", "/var/lib/app.db"), ":memory:", or a URI ("file:app.db?mode=ro"). Parameters follow behind a
// question mark, with a path as well as with a URI ("app.db?_foreign_keys=on"):
//
//	mode                     ro (read an existing file only), rw (the file must exist), rwc (default), memory
//	immutable                1 is the same as mode=ro
//	cache                    private or shared; connections to one file share its pages in any case
//	_busy_timeout, _timeout  milliseconds to wait for a lock before ErrBusy; default 5000
//	_txlock                  what Begin means: deferred (default), immediate or exclusive
//	_loc                     time zone of times that are read: auto (the local one) or a name; default UTC, or the text's own
//	_stmt_cache_size         statements each connection keeps compiled for Exec and Query; default 32
//	_pragma                  run on each new connection, may be repeated: _pragma=journal_mode(wal)
//
// and as PRAGMAs by their own names: _auto_vacuum (_vacuum), _cache_size, _case_sensitive_like (_cslike),
// _defer_foreign_keys (_defer_fk), _foreign_keys (_fk), _ignore_check_constraints, _journal_mode (_journal), _locking_mode
// (_locking), _query_only, _recursive_triggers (_rt), _secure_delete, _synchronous (_sync), _writable_schema. A parameter
// with an underscore that is not in this list is an error.
//
// # Databases in memory
//
// With ":memory:" every connection of the pool has a database of its own, which ends with the connection. A program that
// wants one database in memory has to keep to one connection for as long as it needs it:
//
//	db.SetMaxOpenConns(1)
//	db.SetMaxIdleConns(1)
//	db.SetConnMaxLifetime(0)
//	db.SetConnMaxIdleTime(0)
//
// # Values
//
//	stored as   read as    column declared BOOLEAN   declared TIMESTAMP, DATETIME or DATE
//	INTEGER     int64      bool (is it above 0?)     time.Time from seconds (or milliseconds) since 1970
//	REAL        float64
//	TEXT        string                               time.Time, if it is one; else string
//	BLOB        []byte
//	NULL        nil
//
// Arguments may be of every type that database/sql knows, and []float32 for vectors. A bool is stored as 0 or 1, a
// time.Time as text like "2006-01-02 15:04:05.999999999-07:00", a nil []byte as NULL, an empty one as an empty BLOB.
// sql.Named("a", v) fills the parameters :a, @a and $a; positional arguments fill the others in the order of their numbers.
//
// # Statements
//
// Exec and Query take several statements in one text; positional arguments are dealt out to them in turn. Query gives the
// rows of the first statement that has columns; NextResultSet runs what follows it. Prepare takes one statement.
//
// # Transactions
//
// All transactions are serializable, so every isolation level but Linearizable is accepted. With TxOptions.ReadOnly the
// transaction refuses changes. When the context of a call ends, the running statement is interrupted.
//
// # Errors
//
// What the engine reports is an *Error with SQLite's codes. errors.Is(err, ErrBusy) and errors.Is(err, ErrBusySnapshot)
// recognise the two kinds that may go away; IsRetryable knows both.
package sqlrite
