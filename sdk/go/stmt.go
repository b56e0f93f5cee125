package sqlrite

import (
	"context"
	"database/sql/driver"
)

// stmt is a prepared statement. Rows that are still open do not hinder it: it runs a second copy then.
type stmt struct {
	c    *conn
	s    *statement // nil: closed
	text string
}

var (
	_ driver.Stmt              = (*stmt)(nil)
	_ driver.StmtExecContext   = (*stmt)(nil)
	_ driver.StmtQueryContext  = (*stmt)(nil)
	_ driver.NamedValueChecker = (*stmt)(nil)
)

// NumInput is unknown to database/sql: one named argument may serve several parameters. The driver counts itself.
func (st *stmt) NumInput() int { return -1 }

func (st *stmt) CheckNamedValue(argument *driver.NamedValue) error { return checkArgument(argument) }

func (st *stmt) ExecContext(ctx context.Context, arguments []driver.NamedValue) (driver.Result, error) {
	s, err := st.acquire(ctx, "exec")
	if err != nil {
		return nil, err
	}
	out := &result{}
	_, err = st.c.run(ctx, s, arguments, out)
	if s != st.s {
		st.c.release(s)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (st *stmt) QueryContext(ctx context.Context, arguments []driver.NamedValue) (driver.Rows, error) {
	s, err := st.acquire(ctx, "query")
	if err != nil {
		return nil, err
	}
	r := &rows{c: st.c, ctx: ctx, s: s, owner: st}
	if s != st.s {
		r.owner = nil
	}
	s.busy = true
	if _, err := r.start(arguments); err != nil {
		return nil, err
	}
	return r, nil
}

// acquire is the statement itself, or a copy while its rows are being read.
func (st *stmt) acquire(ctx context.Context, op string) (*statement, error) {
	if err := st.c.usable(ctx); err != nil {
		return nil, err
	}
	if st.s == nil {
		return nil, misuse(op, "the statement is closed")
	}
	if !st.s.busy {
		return st.s, nil
	}
	return st.c.prepare(st.text)
}

func (st *stmt) Exec(arguments []driver.Value) (driver.Result, error) {
	return st.ExecContext(context.Background(), named(arguments))
}

func (st *stmt) Query(arguments []driver.Value) (driver.Rows, error) {
	return st.QueryContext(context.Background(), named(arguments))
}

func named(arguments []driver.Value) []driver.NamedValue {
	out := make([]driver.NamedValue, len(arguments))
	for i, value := range arguments {
		out[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	return out
}

func (st *stmt) Close() error {
	s := st.s
	st.s = nil
	switch {
	case s == nil:
	case s.busy:
		s.orphaned = true // the rows give it back
	default:
		st.c.release(s)
	}
	return nil
}
