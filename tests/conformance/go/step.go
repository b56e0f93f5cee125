package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"

	sqlrite "github.com/joaoh82/rust_sqlite/sdk/go"
)

// mismatchError is an outcome that is not what the scenario says, or a scenario that makes no sense.
type mismatchError struct{ text string }

func (e *mismatchError) Error() string { return e.text }

func mismatch(format string, arguments ...any) error {
	return &mismatchError{fmt.Sprintf(format, arguments...)}
}

// step is one step as the file has it. Expectations that are not there are nil.
type step struct {
	Do            string                       `json:"do"`
	On            string                       `json:"on"`
	As            string                       `json:"as"`
	Of            string                       `json:"of"`
	SQL           string                       `json:"sql"`
	Params        json.RawMessage              `json:"params"`
	Path          string                       `json:"path"`
	Text          string                       `json:"text"`
	Hex           string                       `json:"hex"`
	ReadOnly      bool                         `json:"read_only"`
	TimeoutMs     int                          `json:"timeout_ms"`
	Count         *int                         `json:"count"`
	Rows          *[][]json.RawMessage         `json:"rows"`
	RowCount      *int                         `json:"row_count"`
	RowsAt        map[string][]json.RawMessage `json:"rows_at"`
	Columns       *[]string                    `json:"columns"`
	Changes       *int64                       `json:"changes"`
	LastRowid     json.RawMessage              `json:"last_rowid"`
	TotalChanges  *int64                       `json:"total_changes"`
	Done          *bool                        `json:"done"`
	InTransaction *bool                        `json:"in_transaction"` // database/sql does not tell it
	Error         map[string]json.RawMessage   `json:"error"`
	Note          string                       `json:"note"`
}

// UnmarshalJSON refuses keys that nobody looks at.
func (s *step) UnmarshalJSON(text []byte) error {
	type plain step
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode((*plain)(s))
}

func (s *step) brief() string {
	return shortened(fmt.Sprintf("%s %q%s params %s", s.Do, s.SQL, s.Of, s.Params))
}

func shortened(text string) string {
	if len(text) <= 400 {
		return text
	}
	return fmt.Sprintf("%s... (%d bytes)", text[:400], len(text))
}

// answer is what a step brought to light.
type answer struct {
	rows         [][]any
	columns      []string
	done         bool
	changes      int64
	lastRowid    int64
	totalChanges int64
}

func (a *answer) brief(err error) string {
	if err != nil {
		return "error: " + err.Error()
	}
	return shortened(fmt.Sprintf("%+v", *a))
}

// text is a TEXT value, unlike a BLOB's []byte.
func valueOf(notation json.RawMessage) (any, error) {
	var plain any
	decoder := json.NewDecoder(bytes.NewReader(notation))
	decoder.UseNumber()
	if err := decoder.Decode(&plain); err != nil {
		return nil, err
	}
	switch v := plain.(type) {
	case nil, string:
		return v, nil
	case json.Number:
		return v.Int64()
	case map[string]any:
		return taggedValue(v)
	}
	return nil, mismatch("not a value: %s", notation)
}

func taggedValue(tagged map[string]any) (any, error) {
	times := int64(1)
	if number, ok := tagged["times"].(json.Number); ok {
		times, _ = number.Int64()
	}
	if v, ok := tagged["int"].(string); ok {
		return strconv.ParseInt(v, 10, 64)
	}
	if v, ok := tagged["bool"].(bool); ok {
		return v, nil
	}
	if v, ok := tagged["real"].(string); ok {
		return strconv.ParseFloat(v, 64)
	}
	if v, ok := tagged["text"].(string); ok {
		return strings.Repeat(v, int(times)), nil
	}
	if v, ok := tagged["text_hex"].(string); ok {
		raw, err := hex.DecodeString(v)
		return string(raw), err
	}
	if v, ok := tagged["blob"].(string); ok {
		raw, err := hex.DecodeString(strings.Repeat(v, int(times)))
		return raw, err
	}
	if _, ok := tagged["object"]; ok {
		return struct{ a int }{1}, nil
	}
	return nil, mismatch("not a value: %v", tagged)
}

// same is equality to the bit, and of types.
func same(expected, actual any) bool {
	if a, ok := expected.(float64); ok {
		b, ok := actual.(float64)
		return ok && math.Float64bits(a) == math.Float64bits(b)
	}
	if a, ok := expected.([]byte); ok {
		b, ok := actual.([]byte)
		return ok && bytes.Equal(a, b)
	}
	return expected == actual
}

func checkRow(where string, expected []json.RawMessage, row []any) error {
	values := make([]any, len(expected))
	equal := len(expected) == len(row)
	for i := range expected {
		var err error
		if values[i], err = valueOf(expected[i]); err != nil {
			return err
		}
		equal = equal && same(values[i], row[i])
	}
	if !equal {
		return mismatch("row %s: expected %s, got %s", where, shortened(fmt.Sprintf("%#v", values)), shortened(fmt.Sprintf("%#v", row)))
	}
	return nil
}

// check compares what came out of the step with what it says.
func (s *step) check(a *answer, err error) error {
	if s.Error != nil {
		return checkFailure(s.Error, err)
	}
	if err != nil {
		return mismatch("failed: %v", err)
	}
	if err := s.checkRows(a); err != nil {
		return err
	}
	if s.Columns != nil && !reflect.DeepEqual(*s.Columns, a.columns) {
		return mismatch("columns: expected %q, got %q", *s.Columns, a.columns)
	}
	if s.Done != nil && *s.Done != a.done {
		return mismatch("at the end: expected %v, got %v", *s.Done, a.done)
	}
	if s.Changes != nil && *s.Changes != a.changes {
		return mismatch("changes: expected %d, got %d", *s.Changes, a.changes)
	}
	if s.TotalChanges != nil && *s.TotalChanges != a.totalChanges {
		return mismatch("total changes: expected %d, got %d", *s.TotalChanges, a.totalChanges)
	}
	if s.LastRowid != nil {
		expected, err := valueOf(s.LastRowid)
		if err != nil || expected != a.lastRowid {
			return mismatch("last rowid: expected %s, got %d", s.LastRowid, a.lastRowid)
		}
	}
	return nil
}

func (s *step) checkRows(a *answer) error {
	count := len(a.rows)
	if s.RowCount != nil {
		count = *s.RowCount
	}
	if s.Rows != nil {
		count = len(*s.Rows)
		for i := 0; i < min(count, len(a.rows)); i++ {
			if err := checkRow(strconv.Itoa(i), (*s.Rows)[i], a.rows[i]); err != nil {
				return err
			}
		}
	}
	if count != len(a.rows) {
		return mismatch("number of rows: expected %d, got %d", count, len(a.rows))
	}
	for position, row := range s.RowsAt {
		i, err := strconv.Atoi(position)
		if err != nil || i >= len(a.rows) {
			return mismatch("no row %s", position)
		}
		if err := checkRow(position, row, a.rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// hasKind tells whether an error is a mistake of this kind in the use of the interface.
func hasKind(kind string, err error) bool {
	text := err.Error()
	switch kind {
	case "closed":
		return strings.Contains(text, "already closed") || strings.Contains(text, "is closed")
	case "parameter":
		return strings.Contains(text, "argument")
	case "type":
		return strings.Contains(text, "unsupported type")
	}
	return false
}

func checkFailure(expected map[string]json.RawMessage, err error) error {
	if err == nil {
		return mismatch("expected an error, but it went well")
	}
	var failure *sqlrite.Error
	isEngines := errors.As(err, &failure)
	for key, raw := range expected {
		var value any
		if err := json.Unmarshal(raw, &value); err != nil {
			return err
		}
		fits := false
		switch key {
		case "kind":
			fits = hasKind(value.(string), err)
		case "message":
			fits = isEngines && failure.Message == value
		case "code":
			fits = isEngines && float64(failure.Code) == value
		case "extended":
			fits = isEngines && float64(failure.ExtendedCode) == value
		default:
			return mismatch("no such expectation of an error: %s", key)
		}
		if !fits {
			return mismatch("expected the error %s %s, got %#v: %v", key, raw, err, err)
		}
	}
	return nil
}

func contains(text, part string) bool { return strings.Contains(text, part) }
