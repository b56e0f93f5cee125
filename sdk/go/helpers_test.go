package sqlrite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// open gives a pool on a new file, or on the name that follows.
func open(t testing.TB, name ...string) *sql.DB {
	t.Helper()
	source := filepath.Join(t.TempDir(), "test.db")
	if len(name) > 0 {
		source = name[0]
	}
	db, err := sql.Open(DriverName, source)
	if err != nil {
		t.Fatalf("open %s: %v", source, err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

type execer interface {
	Exec(text string, arguments ...any) (sql.Result, error)
}

func exec(t testing.TB, db execer, text string, arguments ...any) sql.Result {
	t.Helper()
	done, err := db.Exec(text, arguments...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return done
}

type querier interface {
	Query(text string, arguments ...any) (*sql.Rows, error)
}

// lines are the rows of a query as text: cells by "|", each with its Go type's verb.
func lines(t testing.TB, db querier, text string, arguments ...any) []string {
	t.Helper()
	rows, err := db.Query(text, arguments...)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	defer rows.Close()
	return drain(t, rows)
}

func drain(t testing.TB, rows *sql.Rows) []string {
	t.Helper()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		texts := make([]string, len(cells))
		for i := range cells {
			texts[i] = fmt.Sprintf("%#v", *cells[i].(*any))
		}
		all = append(all, strings.Join(texts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

func equal(t testing.TB, what string, got, wanted any) {
	t.Helper()
	if !reflect.DeepEqual(got, wanted) {
		t.Errorf("%s: got %#v, wanted %#v", what, got, wanted)
	}
}

// fails expects an error with a text in it.
func fails(t testing.TB, what string, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%s: got error %v, wanted one with %q", what, err, text)
	}
}
