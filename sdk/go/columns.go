package sqlrite

import (
	"database/sql"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// conversion is what a column's declared type asks for beyond the value's own type.
type conversion uint8

const (
	convertNothing conversion = iota
	convertBool
	convertTime
)

// column is what is known of a result column before its values.
type column struct {
	name     string
	declared string // as in CREATE TABLE, "" for expressions
	convert  conversion
}

func newColumn(name, declared string) column {
	c := column{name: name, declared: declared}
	switch strings.ToLower(declared) {
	case "boolean":
		c.convert = convertBool
	case "timestamp", "datetime", "date":
		c.convert = convertTime
	}
	return c
}

// typeName is the declared type in upper case without what stands in parentheses.
func (c *column) typeName() string {
	name, _, _ := strings.Cut(c.declared, "(")
	return strings.ToUpper(strings.TrimSpace(name))
}

// typeSizes are the numbers in parentheses behind the type: VARCHAR(10), DECIMAL(10, 2).
func (c *column) typeSizes() []int64 {
	_, inside, found := strings.Cut(c.declared, "(")
	inside, _, closed := strings.Cut(inside, ")")
	if !found || !closed {
		return nil
	}
	var sizes []int64
	for _, part := range strings.Split(inside, ",") {
		size, err := strconv.ParseInt(strings.TrimSpace(part), 10, 64)
		if err != nil {
			return nil
		}
		sizes = append(sizes, size)
	}
	return sizes
}

// scanType is a type that takes every value the column should have, NULL among them.
func (c *column) scanType() reflect.Type {
	name := c.typeName()
	switch {
	case strings.Contains(name, "INT"):
		return reflect.TypeFor[sql.NullInt64]()
	case name == "CLOB" || name == "TEXT" || strings.Contains(name, "CHAR"):
		return reflect.TypeFor[sql.NullString]()
	case name == "BLOB" || name == "VECTOR":
		return reflect.TypeFor[sql.RawBytes]()
	case name == "REAL" || name == "FLOAT" || strings.Contains(name, "DOUBLE"),
		name == "NUMERIC" || strings.Contains(name, "DECIMAL"):
		return reflect.TypeFor[sql.NullFloat64]()
	case name == "DATE" || name == "DATETIME" || name == "TIMESTAMP":
		return reflect.TypeFor[sql.NullTime]()
	case name == "BOOLEAN":
		return reflect.TypeFor[sql.NullBool]()
	}
	return reflect.TypeFor[any]()
}

// timestampFormats are the texts that count as times, the one that is written first.
var timestampFormats = []string{
	timestampWrite,
	"2006-01-02T15:04:05.999999999-07:00",
	"2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04:05.999999999",
	"2006-01-02 15:04:05",
	"2006-01-02T15:04:05",
	"2006-01-02 15:04",
	"2006-01-02T15:04",
	"2006-01-02",
}

// parseTime reads a text of a TIMESTAMP, DATETIME or DATE column. Without an offset it is in UTC.
func parseTime(text string, location *time.Location) (time.Time, bool) {
	text = strings.TrimSuffix(text, "Z")
	for _, format := range timestampFormats {
		if t, err := time.ParseInLocation(format, text, time.UTC); err == nil {
			if location != nil {
				t = t.In(location)
			}
			return t, true
		}
	}
	return time.Time{}, false
}

// unixTime reads an integer of such a column: seconds since 1970, or milliseconds where it is too large for those.
func unixTime(number int64, location *time.Location) time.Time {
	t := time.Unix(number, 0)
	if number > 1e12 || number < -1e12 {
		t = time.UnixMilli(number)
	}
	if location != nil {
		return t.In(location)
	}
	return t.UTC()
}
