package sqlrite

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// conn is one connection of the pool. database/sql hands it to one goroutine at a time; only interrupts come from others.
type conn struct {
	handle    connectionHandle
	config    *config
	cache     statementCache
	arguments argumentBuffer
	closed    bool
}

var (
	_ driver.Conn               = (*conn)(nil)
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.Pinger             = (*conn)(nil)
	_ driver.SessionResetter    = (*conn)(nil)
	_ driver.Validator          = (*conn)(nil)
	_ driver.NamedValueChecker  = (*conn)(nil)
)

// result is what a change did.
type result struct {
	rowsAffected int64
	lastInsertID int64
}

// LastInsertId is the rowid of the connection's latest successful INSERT.
func (r *result) LastInsertId() (int64, error) { return r.lastInsertID, nil }

// RowsAffected counts the rows that the statement inserted, updated or deleted; 0 for statements of other kinds.
func (r *result) RowsAffected() (int64, error) { return r.rowsAffected, nil }

func (c *conn) Prepare(text string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), text)
}

// PrepareContext compiles one statement.
func (c *conn) PrepareContext(ctx context.Context, text string) (driver.Stmt, error) {
	if err := c.usable(ctx); err != nil {
		return nil, err
	}
	s, err := c.prepare(text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, misuse("prepare", "the text holds no statement")
	}
	if s.rest != "" {
		// A comment may follow, nothing else.
		next, err := c.prepare(s.rest)
		if next != nil {
			c.release(next)
		}
		if next != nil || err != nil {
			c.release(s)
			return nil, misuse("prepare", "the text holds more than one statement")
		}
		s.rest = ""
	}
	return &stmt{c: c, s: s, text: text}, nil
}

// ExecContext runs every statement of the text and drops their rows. Positional arguments are dealt out to the statements
// in turn, named ones are there for all of them. The result is that of the last statement.
func (c *conn) ExecContext(ctx context.Context, text string, arguments []driver.NamedValue) (driver.Result, error) {
	if err := c.usable(ctx); err != nil {
		return nil, err
	}
	last := &result{}
	for text != "" {
		s, err := c.prepare(text)
		if err != nil {
			return nil, err
		}
		if s == nil {
			break
		}
		text = s.rest
		arguments, err = c.run(ctx, s, arguments, last)
		c.release(s)
		if err != nil {
			return nil, err
		}
	}
	if left := positionalCount(arguments); left > 0 {
		return nil, misuse("exec", "%d arguments are left over after the last statement", left)
	}
	return last, nil
}

// run binds and runs one statement to its end, and returns the arguments that are left for those after it.
func (c *conn) run(ctx context.Context, s *statement, arguments []driver.NamedValue, out *result) ([]driver.NamedValue, error) {
	left, err := c.bind("exec", s, arguments)
	if err != nil {
		return nil, err
	}
	var status Status
	if ctx.Done() == nil {
		status = runHandle(s.handle, &c.arguments, out)
	} else {
		watch := c.watch(ctx)
		status = runHandle(s.handle, &c.arguments, out)
		watch.end()
	}
	if status != StatusOK {
		return nil, c.failureIn(ctx, "exec", status)
	}
	return left, nil
}

// bind lays out the arguments of one statement; with nothing after it, it has to take all of them.
func (c *conn) bind(op string, s *statement, arguments []driver.NamedValue) ([]driver.NamedValue, error) {
	taken, err := c.arguments.encode(op, s, arguments)
	if err != nil {
		return nil, err
	}
	left := withoutPositional(arguments, taken)
	if s.rest == "" {
		if extra := positionalCount(left); extra > 0 {
			return nil, misuse(op, "expected %d arguments, got %d", taken, taken+extra)
		}
	}
	s.boundLarge = len(c.arguments.heap) > boundKeptMax
	return left, nil
}

func positionalCount(arguments []driver.NamedValue) int {
	count := 0
	for i := range arguments {
		if arguments[i].Name == "" {
			count++
		}
	}
	return count
}

// withoutPositional leaves the first `taken` positional arguments out.
func withoutPositional(arguments []driver.NamedValue, taken int) []driver.NamedValue {
	if taken == 0 {
		return arguments
	}
	if taken == len(arguments) {
		return nil
	}
	left := make([]driver.NamedValue, 0, len(arguments)-taken)
	for _, argument := range arguments {
		if argument.Name == "" && taken > 0 {
			taken--
			continue
		}
		left = append(left, argument)
	}
	return left
}

// QueryContext runs the statements of the text up to the first one that has columns, and hands out its rows. The ones
// behind it run when the caller moves on with NextResultSet.
func (c *conn) QueryContext(ctx context.Context, text string, arguments []driver.NamedValue) (driver.Rows, error) {
	if err := c.usable(ctx); err != nil {
		return nil, err
	}
	r := &rows{c: c, ctx: ctx, rest: text, arguments: arguments}
	if err := r.open(); err != nil {
		return nil, err
	}
	return r, nil
}

// BeginTx begins a transaction of the kind that _txlock names (deferred by default). A read-only one is deferred and
// refuses changes. All of SQLite's transactions are serializable, which every other level is content with.
func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	if err := c.usable(ctx); err != nil {
		return nil, err
	}
	switch level := sql.IsolationLevel(options.Isolation); level {
	case sql.LevelDefault, sql.LevelReadUncommitted, sql.LevelReadCommitted, sql.LevelWriteCommitted, sql.LevelRepeatableRead,
		sql.LevelSnapshot, sql.LevelSerializable:
	default:
		return nil, misuse("begin", "isolation level %s is not supported", level)
	}
	begin := c.config.begin
	if options.ReadOnly {
		begin = "BEGIN"
	}
	if err := c.command(ctx, "begin", begin); err != nil {
		return nil, err
	}
	t := &tx{c: c}
	if options.ReadOnly && !c.config.queryOnly {
		if err := c.command(ctx, "begin", "PRAGMA query_only = 1"); err != nil {
			return nil, both(err, c.command(context.Background(), "rollback", "ROLLBACK"))
		}
		t.endsQueryOnly = true
	}
	return t, nil
}

func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

// command runs a statement of the driver's own.
func (c *conn) command(ctx context.Context, op, text string) error {
	if c.closed {
		return driver.ErrBadConn
	}
	s, err := c.prepare(text)
	if err != nil {
		return err
	}
	if s == nil || s.rest != "" {
		return misuse(op, "%q is not one statement", text)
	}
	_, err = c.run(ctx, s, nil, &result{})
	c.release(s)
	var failed *Error
	if errors.As(err, &failed) {
		failed.Op = op
	}
	return err
}

// Ping finds out whether the database can be read.
func (c *conn) Ping(ctx context.Context) error {
	if err := c.usable(ctx); err != nil {
		return err
	}
	return c.command(ctx, "ping", "PRAGMA schema_version")
}

// ResetSession leaves the connection as it is: a transaction begun with Exec("BEGIN") goes on, as with other drivers for
// SQLite. Whoever begins transactions so keeps the connection with DB.Conn.
func (c *conn) ResetSession(context.Context) error {
	if c.closed {
		return driver.ErrBadConn
	}
	return nil
}

func (c *conn) IsValid() bool { return !c.closed }

// CheckNamedValue turns arguments into the types the engine knows: beyond database/sql's own, int and []float32.
func (c *conn) CheckNamedValue(argument *driver.NamedValue) error { return checkArgument(argument) }

// Close ends the connection; an open transaction is rolled back.
func (c *conn) Close() error {
	if c.closed {
		return nil
	}
	c.closed = true
	c.cache.clear()
	closeHandle(c.handle)
	return nil
}

func (c *conn) usable(ctx context.Context) error {
	if c.closed {
		return driver.ErrBadConn
	}
	return ctx.Err()
}

// failureIn is the error of a call; an interrupt that the context asked for is the context's error.
func (c *conn) failureIn(ctx context.Context, op string, status Status) error {
	err := failure(c.handle, op, status)
	var failed *Error
	if errors.As(err, &failed) && failed.Code == CodeInterrupt && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// tx is a transaction that BeginTx began.
type tx struct {
	c             *conn
	endsQueryOnly bool
}

func (t *tx) Commit() error {
	err := t.c.command(context.Background(), "commit", "COMMIT")
	if err != nil && inTransaction(t.c.handle) {
		// For database/sql the transaction is over, and the next user of the connection must not find it open.
		err = both(err, t.c.command(context.Background(), "rollback", "ROLLBACK"))
	}
	return t.end(err)
}

func (t *tx) Rollback() error {
	var err error
	if inTransaction(t.c.handle) { // some errors roll back by themselves
		err = t.c.command(context.Background(), "rollback", "ROLLBACK")
	}
	return t.end(err)
}

func (t *tx) end(err error) error {
	if t.endsQueryOnly {
		err = both(err, t.c.command(context.Background(), "end", "PRAGMA query_only = 0"))
	}
	return err
}

// both joins two errors where there are two; one alone keeps its type.
func both(first, second error) error {
	if first == nil || second == nil {
		return cmp.Or(first, second)
	}
	return errors.Join(first, second)
}
