package sqlrite

import (
	"database/sql/driver"
	"encoding/binary"
	"math"
	"time"
	"unsafe"
)

// argumentBuffer holds the arguments of one call: a cell per parameter, and the bytes of texts and blobs one behind the
// other. It holds no Go pointers, so that it may be handed to C as it is, and is used again call after call.
type argumentBuffer struct {
	cells []cell
	heap  []byte
}

const (
	heapKeptMax    = 1 << 20 // what one huge argument needed is not kept
	boundKeptMax   = 4096    // nor are larger bindings, inside a statement that waits for its next use
	heapSizeFirst  = 256
	timestampWrite = "2006-01-02 15:04:05.999999999-07:00"
)

func (b *argumentBuffer) pointers() (cells unsafe.Pointer, count int, base unsafe.Pointer) {
	if len(b.cells) == 0 {
		return nil, 0, nil
	}
	// The heap has an address even when it is empty: with none, C would take offsets for addresses.
	return unsafe.Pointer(&b.cells[0]), len(b.cells), unsafe.Pointer(unsafe.SliceData(b.heap))
}

// encode lays out arguments for a statement: by position, and by name for those that have one. It returns how many of
// the positional arguments the statement took; each parameter must get a value.
func (b *argumentBuffer) encode(op string, s *statement, arguments []driver.NamedValue) (taken int, err error) {
	if cap(b.heap) == 0 || cap(b.heap) > heapKeptMax {
		b.heap = make([]byte, 0, heapSizeFirst)
	}
	b.heap = b.heap[:0]
	if cap(b.cells) < s.parameterCount {
		b.cells = make([]cell, s.parameterCount)
	}
	b.cells = b.cells[:s.parameterCount]
	if s.names == nil {
		// Only positions: the common case.
		for i := range arguments {
			if arguments[i].Name != "" {
				return 0, misuse(op, "no parameter is named %q", arguments[i].Name)
			}
		}
		if len(arguments) < s.parameterCount {
			return 0, misuse(op, "expected %d arguments, got %d", s.parameterCount, len(arguments))
		}
		for i := range b.cells {
			if err := b.put(op, i, arguments[i].Value); err != nil {
				return 0, err
			}
		}
		return s.parameterCount, nil
	}
	return b.encodeNamed(op, s, arguments)
}

const kindMissing = 0

func (b *argumentBuffer) encodeNamed(op string, s *statement, arguments []driver.NamedValue) (taken int, err error) {
	for i := range b.cells {
		b.cells[i] = cell{kind: kindMissing}
	}
	for i := range arguments {
		name := arguments[i].Name
		if name == "" {
			continue
		}
		found := false
		for k, parameter := range s.names {
			// :name, @name and $name are all meant by sql.Named("name", ...).
			if len(parameter) > 1 && parameter[0] != '?' && parameter[1:] == name {
				found = true
				if err := b.put(op, k, arguments[i].Value); err != nil {
					return 0, err
				}
			}
		}
		if !found {
			return 0, misuse(op, "no parameter is named %q", name)
		}
	}
	// The positional arguments go to the parameters that are left, in the order of their numbers.
	next := 0
	for k := range b.cells {
		if b.cells[k].kind != kindMissing {
			continue
		}
		for next < len(arguments) && arguments[next].Name != "" {
			next++
		}
		if next == len(arguments) {
			if s.names[k] != "" {
				return 0, misuse(op, "no argument for parameter %s", s.names[k])
			}
			return 0, misuse(op, "expected %d arguments, got %d", s.parameterCount, len(arguments))
		}
		if err := b.put(op, k, arguments[next].Value); err != nil {
			return 0, err
		}
		next++
		taken++
	}
	return taken, nil
}

// put writes one argument. Everything that CheckNamedValue lets through is known here.
func (b *argumentBuffer) put(op string, i int, value driver.Value) error {
	c := &b.cells[i]
	*c = cell{kind: kindNull}
	switch v := value.(type) {
	case nil:
	case int64:
		c.kind, c.payload = kindInteger, uint64(v)
	case float64:
		c.kind, c.payload = kindReal, math.Float64bits(v)
	case bool:
		c.kind = kindInteger
		if v {
			c.payload = 1
		}
	case string:
		return b.putBytes(op, i, kindText, v)
	case []byte:
		if v != nil {
			return b.putBytes(op, i, kindBlob, unsafe.String(unsafe.SliceData(v), len(v)))
		}
	case time.Time:
		begin := len(b.heap)
		b.heap = v.AppendFormat(b.heap, timestampWrite)
		*c = cell{payload: uint64(begin), size: uint32(len(b.heap) - begin), kind: kindText}
	default:
		return misuse(op, "argument %d has the unsupported type %T", i+1, value)
	}
	return nil
}

func (b *argumentBuffer) putBytes(op string, i int, kind uint8, bytes string) error {
	if len(bytes) > math.MaxInt32 {
		return newError(op, StatusError, int(CodeTooBig), codeText(int(CodeTooBig)), -1)
	}
	b.cells[i] = cell{payload: uint64(len(b.heap)), size: uint32(len(bytes)), kind: kind}
	b.heap = append(b.heap, bytes...)
	return nil
}

// checkArgument turns what a program passes into what put knows.
func checkArgument(argument *driver.NamedValue) error {
	switch v := argument.Value.(type) {
	case nil, int64, float64, bool, string, []byte, time.Time:
		return nil
	case int:
		argument.Value = int64(v)
		return nil
	case []float32:
		// A vector: little-endian float32, as the VECTOR type keeps it.
		if v == nil {
			argument.Value = nil
			return nil
		}
		bytes := make([]byte, 0, 4*len(v))
		for _, number := range v {
			bytes = binary.LittleEndian.AppendUint32(bytes, math.Float32bits(number))
		}
		argument.Value = bytes
		return nil
	}
	value, err := driver.DefaultParameterConverter.ConvertValue(argument.Value)
	if err != nil {
		return err
	}
	argument.Value = value
	return nil
}
