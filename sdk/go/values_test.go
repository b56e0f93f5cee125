package sqlrite

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestValuesReadBackAsTheyWere(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE t(a)")
	long := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	text := "x"
	for _, c := range []struct{ in, out any }{
		{nil, nil},
		{int64(math.MaxInt64), int64(math.MaxInt64)},
		{int64(math.MinInt64), int64(math.MinInt64)},
		{int8(-3), int64(-3)},
		{uint32(7), int64(7)},
		{true, int64(1)},
		{false, int64(0)},
		{0.1, 0.1},
		{float32(0.5), 0.5},
		{1e300, 1e300},
		{16777217.0, 16777217.0},
		{math.Inf(1), math.Inf(1)},
		{math.NaN(), nil},
		{"", ""},
		{"Null", "Null"},
		{"grüße 😀", "grüße 😀"},
		{"a\x00b", "a\x00b"},
		{"not UTF-8: \xff\xfe", "not UTF-8: \xff\xfe"},
		{long, long},
		{[]byte(nil), nil},
		{[]byte{}, []byte{}},
		{[]byte{0, 1, 255}, []byte{0, 1, 255}},
		{[]byte(long), []byte(long)},
		{json.RawMessage(`{"a":1}`), []byte(`{"a":1}`)},
		{[]float32{1, -2.5}, []byte{0, 0, 128, 63, 0, 0, 32, 192}},
		{[]float32(nil), nil},
		{sql.NullString{}, nil},
		{sql.NullInt64{Int64: 5, Valid: true}, int64(5)},
		{&text, "x"},
		{(*string)(nil), nil},
	} {
		exec(t, db, "DELETE FROM t")
		exec(t, db, "INSERT INTO t VALUES (?)", c.in)
		var got any
		if err := db.QueryRow("SELECT a FROM t").Scan(&got); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, c.out) {
			t.Errorf("%T %.40v came back as %T %.40v", c.in, c.in, got, got)
		}
	}
	// REAL 2.0 stays a float64, 1 an int64.
	equal(t, "types", lines(t, db, "SELECT 2.0, 1, typeof(2.0)"), []string{`2|1|"real"`})
	var any20 any
	if err := db.QueryRow("SELECT 2.0").Scan(&any20); err != nil || any20 != 2.0 {
		t.Errorf("2.0 is %T", any20)
	}
}

func TestHugeValues(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE t(id INTEGER PRIMARY KEY, a BLOB)")
	big := bytes.Repeat([]byte{7}, 20<<20)
	exec(t, db, "INSERT INTO t VALUES (1, ?), (2, zeroblob(3000000)), (3, x'')", big)
	rows, err := db.Query("SELECT a FROM t ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var sizes []int
	for rows.Next() {
		var got sql.RawBytes
		if err := rows.Scan(&got); err != nil {
			t.Fatal(err)
		}
		if len(sizes) == 0 && !bytes.Equal(got, big) {
			t.Error("20 MiB came back changed")
		}
		sizes = append(sizes, len(got))
	}
	equal(t, "sizes", sizes, []int{20 << 20, 3000000, 0})
	_, err = db.Exec("SELECT zeroblob(2000000000)")
	fails(t, "too big", err, "string or blob too big")
}

func TestDeclaredTypes(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE t(at TIMESTAMP, dt DATETIME, d DATE, ok BOOLEAN, n INTEGER)")
	zone := time.FixedZone("", 2*3600)
	at := time.Date(2024, 2, 29, 23, 59, 58, 123456789, zone)
	exec(t, db, "INSERT INTO t VALUES (?, ?, ?, ?, ?)", at, at.UTC(), "2024-02-29", true, at.Unix())
	var gotAt, gotDt, gotD time.Time
	var ok bool
	var n int64
	if err := db.QueryRow("SELECT * FROM t").Scan(&gotAt, &gotDt, &gotD, &ok, &n); err != nil {
		t.Fatal(err)
	}
	if !gotAt.Equal(at) || !gotDt.Equal(at) || !gotD.Equal(time.Date(2024, 2, 29, 0, 0, 0, 0, time.UTC)) || !ok || n != at.Unix() {
		t.Errorf("got %v %v %v %v %v", gotAt, gotDt, gotD, ok, n)
	}
	if _, offset := gotAt.Zone(); offset != 7200 {
		t.Errorf("the offset is %d", offset)
	}
	// An expression has no declared type.
	equal(t, "expression", lines(t, db, "SELECT at || '', ok + 0 FROM t"), []string{`"2024-02-29 23:59:58.123456789+02:00"|1`})

	for _, c := range []struct {
		in  any
		out any
	}{
		{int64(1709251198), time.Unix(1709251198, 0).UTC()},
		{int64(1709251198123), time.UnixMilli(1709251198123).UTC()},
		{int64(-1), time.Unix(-1, 0).UTC()},
		{"2024-02-29T23:59:58Z", time.Date(2024, 2, 29, 23, 59, 58, 0, time.UTC)},
		{"2024-02-29 23:59", time.Date(2024, 2, 29, 23, 59, 0, 0, time.UTC)},
		{"2024-02-29T23:59:58.5+00:00", time.Date(2024, 2, 29, 23, 59, 58, 500000000, time.UTC)},
		{"yesterday", "yesterday"}, // no time: the text is handed out as it is
		{2.5, 2.5},
		{nil, nil},
	} {
		exec(t, db, "UPDATE t SET at = ?", c.in)
		var got any
		if err := db.QueryRow("SELECT at FROM t").Scan(&got); err != nil {
			t.Fatal(err)
		}
		if gotTime, isTime := got.(time.Time); isTime {
			got = gotTime.UTC()
		}
		equal(t, "timestamp", got, c.out)
	}
	for in, out := range map[int64]bool{0: false, 1: true, 2: true, -1: false} {
		exec(t, db, "UPDATE t SET ok = ?", in)
		var got any
		if err := db.QueryRow("SELECT ok FROM t").Scan(&got); err != nil || got != out {
			t.Errorf("BOOLEAN %d is %v, %v", in, got, err)
		}
	}
	local := open(t, "file:"+t.TempDir()+"/zone.db?_loc=America/New_York")
	exec(t, local, "CREATE TABLE t(at DATETIME); INSERT INTO t VALUES ('2024-07-01 12:00:00'), (1719835200)")
	rows, err := local.Query("SELECT at FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var got time.Time
		if err := rows.Scan(&got); err != nil {
			t.Fatal(err)
		}
		equal(t, "in New York", got.Format(time.RFC3339), "2024-07-01T08:00:00-04:00")
	}
}

func TestColumnTypes(t *testing.T) {
	db := open(t)
	exec(t, db, "CREATE TABLE t(i BIGINT, v VARCHAR(10), d DECIMAL(10, 2), b BLOB, r REAL, at DATETIME, ok BOOLEAN, x)")
	rows, err := db.Query("SELECT *, 1 + 1 AS e FROM t")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		t.Fatal(err)
	}
	wanted := []struct {
		name, database string
		scan           reflect.Type
	}{
		{"i", "BIGINT", reflect.TypeFor[sql.NullInt64]()},
		{"v", "VARCHAR", reflect.TypeFor[sql.NullString]()},
		{"d", "DECIMAL", reflect.TypeFor[sql.NullFloat64]()},
		{"b", "BLOB", reflect.TypeFor[sql.RawBytes]()},
		{"r", "REAL", reflect.TypeFor[sql.NullFloat64]()},
		{"at", "DATETIME", reflect.TypeFor[sql.NullTime]()},
		{"ok", "BOOLEAN", reflect.TypeFor[sql.NullBool]()},
		{"x", "", reflect.TypeFor[any]()},
		{"e", "", reflect.TypeFor[any]()},
	}
	equal(t, "count", len(types), len(wanted))
	for i, w := range wanted {
		equal(t, "name", types[i].Name(), w.name)
		equal(t, "type of "+w.name, types[i].DatabaseTypeName(), w.database)
		equal(t, "scan type of "+w.name, types[i].ScanType(), w.scan)
		nullable, ok := types[i].Nullable()
		equal(t, "nullable "+w.name, []bool{nullable, ok}, []bool{true, true})
	}
	length, ok := types[1].Length()
	equal(t, "length", []any{length, ok}, []any{int64(10), true})
	precision, scale, ok := types[2].DecimalSize()
	equal(t, "decimal", []any{precision, scale, ok}, []any{int64(10), int64(2), true})
	_, ok = types[0].Length()
	equal(t, "no length", ok, false)
}
