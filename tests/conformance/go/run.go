package main

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// connection is one connection of a scenario: a pool of one, and that one.
type connection struct {
	pool *sql.DB
	conn *sql.Conn
}

// run is a scenario in progress.
type run struct {
	folder      string
	connections map[string]*connection
	statements  map[string]*sql.Stmt
	rows        map[string]*sql.Rows
}

func newRun(folder string) *run {
	return &run{folder, map[string]*connection{}, map[string]*sql.Stmt{}, map[string]*sql.Rows{}}
}

func (r *run) close() {
	for _, rows := range r.rows {
		rows.Close()
	}
	for _, statement := range r.statements {
		statement.Close()
	}
	for _, c := range r.connections {
		c.conn.Close()
		c.pool.Close()
	}
}

func (s *step) on() string {
	if s.On == "" {
		return "db"
	}
	return s.On
}

func (r *run) connection(s *step) (*sql.Conn, error) {
	c, found := r.connections[s.on()]
	if !found {
		return nil, mismatch("no connection is named %s", s.on())
	}
	return c.conn, nil
}

func (r *run) open(s *step, name string) error {
	source := ":memory:"
	if s.Path != "" {
		mode := "rwc"
		if s.ReadOnly {
			mode = "ro"
		}
		source = fmt.Sprintf("file:%s?mode=%s&_busy_timeout=%d", filepath.Join(r.folder, s.Path), mode, s.TimeoutMs)
	}
	pool, err := sql.Open("sqlrite", source)
	if err != nil {
		return err
	}
	conn, err := pool.Conn(context.Background())
	if err != nil {
		pool.Close()
		return err
	}
	r.connections[name] = &connection{pool, conn}
	return nil
}

func (r *run) writeFile(s *step) error {
	content := []byte(s.Text)
	if s.Hex != "" {
		var err error
		if content, err = hex.DecodeString(s.Hex); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(r.folder, s.Path), content, 0o644)
}

// arguments are the values of a step: a list, or an object of named ones.
func (s *step) arguments() ([]any, error) {
	if s.Params == nil {
		return nil, nil
	}
	var list []json.RawMessage
	if json.Unmarshal(s.Params, &list) == nil {
		values := make([]any, len(list))
		for i := range list {
			var err error
			if values[i], err = valueOf(list[i]); err != nil {
				return nil, err
			}
		}
		return values, nil
	}
	var named map[string]json.RawMessage
	if err := json.Unmarshal(s.Params, &named); err != nil {
		return nil, err
	}
	var values []any
	for name, notation := range named {
		value, err := valueOf(notation)
		if err != nil {
			return nil, err
		}
		values = append(values, sql.Named(name, value))
	}
	return values, nil
}

// start runs the query of a step up to its first row.
func (r *run) start(s *step) (*sql.Rows, error) {
	arguments, err := s.arguments()
	if err != nil {
		return nil, err
	}
	if s.Of != "" {
		return r.statements[s.Of].Query(arguments...)
	}
	conn, err := r.connection(s)
	if err != nil {
		return nil, err
	}
	return conn.QueryContext(context.Background(), s.SQL, arguments...)
}

// fetch takes up to count rows, all of them for -1.
func fetch(rows *sql.Rows, count int) (*answer, error) {
	columns, err := rows.Columns()
	if err != nil {
		return &answer{}, err
	}
	a := &answer{columns: columns}
	for ; count != 0; count-- {
		if !rows.Next() {
			a.done = true
			break
		}
		row := make([]any, len(columns))
		places := make([]any, len(columns))
		for i := range row {
			places[i] = &row[i]
		}
		if err := rows.Scan(places...); err != nil {
			return a, err
		}
		a.rows = append(a.rows, row)
	}
	return a, rows.Err()
}

func (r *run) query(s *step) (*answer, error) {
	rows, err := r.start(s)
	if err != nil {
		return &answer{}, err
	}
	defer rows.Close()
	return fetch(rows, -1)
}

// change runs a statement without rows.
func (r *run) change(s *step) (*answer, error) {
	arguments, err := s.arguments()
	if err != nil {
		return &answer{}, err
	}
	var result sql.Result
	if s.Of != "" {
		result, err = r.statements[s.Of].Exec(arguments...)
	} else {
		var conn *sql.Conn
		if conn, err = r.connection(s); err == nil {
			result, err = conn.ExecContext(context.Background(), s.SQL, arguments...)
		}
	}
	if err != nil {
		return &answer{}, err
	}
	a := &answer{}
	if a.changes, err = result.RowsAffected(); err != nil {
		return a, err
	}
	a.lastRowid, err = result.LastInsertId()
	return a, err
}

func (r *run) closeConnection(s *step) error {
	c, found := r.connections[s.on()]
	if !found {
		return mismatch("no connection is named %s", s.on())
	}
	// The second Close of a sql.Conn tells that it was closed; the pool's does not.
	if err := c.conn.Close(); err != nil && err != sql.ErrConnDone {
		return err
	}
	return c.pool.Close()
}

func (r *run) take(s *step) (*answer, error) {
	none := &answer{}
	switch s.Do {
	case "open":
		return none, r.open(s, s.on())
	case "sibling":
		return none, r.open(s, s.As)
	case "close":
		return none, r.closeConnection(s)
	case "file":
		return none, r.writeFile(s)
	case "script":
		conn, err := r.connection(s)
		if err == nil {
			_, err = conn.ExecContext(context.Background(), s.SQL)
		}
		return none, err
	case "prepare":
		conn, err := r.connection(s)
		if err == nil {
			r.statements[s.As], err = conn.PrepareContext(context.Background(), s.SQL)
		}
		return none, err
	case "query":
		return r.query(s)
	case "run":
		return r.change(s)
	case "start":
		rows, err := r.start(s)
		if err == nil {
			r.rows[s.As] = rows
		}
		return none, err
	case "next":
		count := 1
		if s.Count != nil {
			count = *s.Count
		}
		return fetch(r.rows[s.Of], count)
	case "end":
		err := r.rows[s.Of].Close()
		delete(r.rows, s.Of)
		return none, err
	case "state":
		conn, err := r.connection(s)
		if err == nil {
			err = conn.QueryRowContext(context.Background(), "SELECT total_changes()").Scan(&none.totalChanges)
		}
		return none, err
	}
	return none, mismatch("no such verb: %s", s.Do)
}
