package sqlrite

import (
	"context"
	"database/sql/driver"
	"io"
	"math"
	"reflect"
	"slices"
	"unsafe"
)

// rows reads the rows of a query in chunks that grow, so that a look-up costs little and a long scan few calls.
type rows struct {
	c         *conn
	ctx       context.Context
	s         *statement // nil: closed
	owner     *stmt      // the Stmt that keeps s, nil when s goes back to the cache
	chunk     chunk
	position  int // of the next row in the chunk
	fetchNext int
	rest      string // the text behind s, and what is left of the arguments for it
	arguments []driver.NamedValue
}

const (
	fetchFirst  = 8
	fetchGrowth = 4
	fetchMax    = 512
)

var (
	_ driver.Rows                           = (*rows)(nil)
	_ driver.RowsNextResultSet              = (*rows)(nil)
	_ driver.RowsColumnTypeDatabaseTypeName = (*rows)(nil)
	_ driver.RowsColumnTypeLength           = (*rows)(nil)
	_ driver.RowsColumnTypeNullable         = (*rows)(nil)
	_ driver.RowsColumnTypePrecisionScale   = (*rows)(nil)
	_ driver.RowsColumnTypeScanType         = (*rows)(nil)
)

// open runs the statements of rest up to the first one that has columns. Without one, the rows are empty.
func (r *rows) open() error {
	for r.rest != "" {
		s, err := r.c.prepare(r.rest)
		if err != nil {
			return err
		}
		r.rest = ""
		if s == nil {
			break
		}
		r.rest = s.rest
		r.s, r.owner = s, nil
		s.busy = true
		if r.arguments, err = r.start(r.arguments); err != nil {
			return err
		}
		if r.chunk.columnCount > 0 {
			return nil
		}
		r.giveBack()
	}
	if left := positionalCount(r.arguments); left > 0 {
		return misuse("query", "%d arguments are left over after the last statement", left)
	}
	return nil
}

// start binds, runs and reads the first rows of r.s. A failure gives the statement back.
func (r *rows) start(arguments []driver.NamedValue) ([]driver.NamedValue, error) {
	left, err := r.c.bind("query", r.s, arguments)
	if err != nil {
		r.giveBack()
		return nil, err
	}
	r.position, r.fetchNext = 0, fetchFirst*fetchGrowth
	var status Status
	if r.ctx.Done() == nil {
		status = startHandle(r.s.handle, &r.c.arguments, fetchFirst, &r.chunk)
	} else {
		watch := r.c.watch(r.ctx)
		status = startHandle(r.s.handle, &r.c.arguments, fetchFirst, &r.chunk)
		watch.end()
	}
	if status != StatusRow && status != StatusDone {
		err := r.c.failureIn(r.ctx, "query", status)
		r.giveBack()
		return nil, err
	}
	r.s.describe(&r.chunk)
	return left, nil
}

// fetch reads the next rows; io.EOF when there are none.
func (r *rows) fetch() error {
	if r.s == nil || r.chunk.done {
		return io.EOF
	}
	if err := r.c.usable(r.ctx); err != nil {
		return err
	}
	r.position = 0
	var status Status
	if r.ctx.Done() == nil {
		status = fetchHandle(r.s.handle, r.fetchNext, &r.chunk)
	} else {
		watch := r.c.watch(r.ctx)
		status = fetchHandle(r.s.handle, r.fetchNext, &r.chunk)
		watch.end()
	}
	r.fetchNext = min(r.fetchNext*fetchGrowth, fetchMax)
	switch status {
	case StatusRow:
		return nil
	case StatusDone:
		return io.EOF
	}
	r.chunk = chunk{done: true, columnCount: r.chunk.columnCount}
	return r.c.failureIn(r.ctx, "query", status)
}

// Next writes the next row into dest. INTEGER, REAL, TEXT, BLOB and NULL become int64, float64, string, []byte and nil;
// a column declared BOOLEAN gives bool for integers, one declared TIMESTAMP, DATETIME or DATE gives time.Time.
func (r *rows) Next(dest []driver.Value) error {
	if r.position == r.chunk.rowCount {
		if err := r.fetch(); err != nil {
			return err
		}
	}
	width := r.chunk.columnCount
	cells := unsafe.Slice((*cell)(unsafe.Add(r.chunk.cells, r.position*width*int(unsafe.Sizeof(cell{})))), width)
	r.position++
	for i := range dest {
		from := &cells[i]
		switch from.kind {
		case kindInteger:
			switch number := int64(from.payload); r.s.columns[i].convert {
			case convertNothing:
				dest[i] = number
			case convertBool:
				dest[i] = number > 0
			case convertTime:
				dest[i] = unixTime(number, r.c.config.location)
			}
		case kindReal:
			dest[i] = math.Float64frombits(from.payload)
		case kindText:
			text := string(from.bytes())
			dest[i] = text
			if r.s.columns[i].convert == convertTime {
				if t, ok := parseTime(text, r.c.config.location); ok {
					dest[i] = t
				}
			}
		case kindBlob:
			dest[i] = append([]byte{}, from.bytes()...)
		default:
			dest[i] = nil
		}
	}
	return nil
}

// bytes are the text or blob where they lie, in memory of the C library.
func (c *cell) bytes() []byte {
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&c.payload)), int(c.size))
}

// Columns are the names in the result. The caller gets a list of its own: the statement's serves later rows, too.
func (r *rows) Columns() []string {
	if r.s == nil {
		return nil
	}
	return slices.Clone(r.s.columnNames)
}

// HasNextResultSet tells whether there is text behind the statement whose rows these are.
func (r *rows) HasNextResultSet() bool { return r.rest != "" }

// NextResultSet ends these rows and moves on to the next statement that has columns; io.EOF when there is none.
func (r *rows) NextResultSet() error {
	r.giveBack()
	if err := r.ctx.Err(); err != nil {
		return err
	}
	if err := r.open(); err != nil {
		r.rest = ""
		return err
	}
	if r.s == nil {
		return io.EOF
	}
	return nil
}

// Close ends the reading. Statements behind these rows that nobody asked for do not run.
func (r *rows) Close() error {
	r.rest = ""
	r.giveBack()
	return nil
}

// giveBack ends the run and returns the statement to where it came from.
func (r *rows) giveBack() {
	s := r.s
	if s == nil {
		return
	}
	r.s = nil
	if !r.chunk.done {
		resetHandle(s.handle)
	}
	r.chunk = chunk{}
	r.position = 0
	s.busy = false
	if r.owner == nil || s.orphaned {
		s.orphaned = false
		r.c.release(s)
	}
}

func (r *rows) column(i int) *column { return &r.s.columns[i] }

// ColumnTypeDatabaseTypeName is the declared type in upper case, without sizes: "VARCHAR". Expressions have none.
func (r *rows) ColumnTypeDatabaseTypeName(i int) string { return r.column(i).typeName() }

// ColumnTypeNullable: any column of a result may be NULL, as outer joins show.
func (r *rows) ColumnTypeNullable(int) (nullable, ok bool) { return true, true }

// ColumnTypeScanType is a type that takes every value of the declared type, NULL among them.
func (r *rows) ColumnTypeScanType(i int) reflect.Type { return r.column(i).scanType() }

// ColumnTypeLength is the 10 of VARCHAR(10). The engine does not enforce it.
func (r *rows) ColumnTypeLength(i int) (length int64, ok bool) {
	sizes := r.column(i).typeSizes()
	if len(sizes) != 1 {
		return 0, false
	}
	return sizes[0], true
}

// ColumnTypePrecisionScale are the 10 and 2 of DECIMAL(10, 2). The engine does not enforce them.
func (r *rows) ColumnTypePrecisionScale(i int) (precision, scale int64, ok bool) {
	sizes := r.column(i).typeSizes()
	if len(sizes) != 2 {
		return 0, 0, false
	}
	return sizes[0], sizes[1], true
}
