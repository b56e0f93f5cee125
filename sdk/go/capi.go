package sqlrite

// Everything that crosses into C stands in this file. Values cross as arrays of plain structs, so that a query costs one
// call for its first rows and one more for each further chunk, and a change costs one call.

/*
#cgo CFLAGS: -I${SRCDIR}/include
#cgo nocallback sqlrite_open_mode
#cgo nocallback sqlrite_close
#cgo nocallback sqlrite_prepare
#cgo noescape sqlrite_prepare
#cgo nocallback sqlrite_finalize
#cgo nocallback sqlrite_reset
#cgo nocallback sqlrite_clear_bindings
#cgo nocallback sqlrite_run
#cgo noescape sqlrite_run
#cgo nocallback sqlrite_start
#cgo noescape sqlrite_start
#cgo nocallback sqlrite_fetch
#cgo noescape sqlrite_fetch
#cgo nocallback sqlrite_columns
#cgo noescape sqlrite_columns
#cgo nocallback sqlrite_interrupt
#include <stdlib.h>
#include "sqlrite.h"
*/
import "C"

import (
	"runtime"
	"unsafe"
)

type (
	connectionHandle = *C.SqlriteConnection
	statementHandle  = *C.SqlriteStatement
)

// cell is SqlriteValue: payload is an integer, the bits of a double, an address, or an offset.
type cell struct {
	payload uint64
	size    uint32
	kind    uint8
	_       [3]uint8
}

// The two have one layout; this does not compile if they have not.
var _ = [1]struct{}{}[unsafe.Sizeof(cell{})-unsafe.Sizeof(C.SqlriteValue{})]

const (
	kindInteger = uint8(C.SQLRITE_INTEGER)
	kindReal    = uint8(C.SQLRITE_REAL)
	kindText    = uint8(C.SQLRITE_TEXT)
	kindBlob    = uint8(C.SQLRITE_BLOB)
	kindNull    = uint8(C.SQLRITE_NULL)
)

// LibraryVersion is the version of the engine inside, such as "0.1.0".
func LibraryVersion() string { return C.GoString(C.sqlrite_version()) }

func codeText(code int) string { return C.GoString(C.sqlrite_code_text(C.int(code))) }

func openHandle(path string, mode openMode, busyTimeoutMs int) (connectionHandle, error) {
	// A failure of opening has no connection to ask: it is told to the thread.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	var handle connectionHandle
	status := C.sqlrite_open_mode(name, C.SqlriteOpenMode(mode), C.int(busyTimeoutMs), &handle)
	if status != C.SQLRITE_OK {
		return nil, newError("open", Status(status), int(C.sqlrite_last_extended_code()), C.GoString(C.sqlrite_last_error()), -1)
	}
	return handle, nil
}

func closeHandle(handle connectionHandle)     { C.sqlrite_close(handle) }
func interruptHandle(handle connectionHandle) { C.sqlrite_interrupt(handle) }

// failure makes an error of the connection's latest failure, which does not depend on the thread.
func failure(handle connectionHandle, op string, status Status) error {
	message := C.sqlrite_error_message(handle)
	text := "unknown error"
	if message != nil {
		text = C.GoString(message)
	}
	return newError(op, status, int(C.sqlrite_extended_code(handle)), text, int64(C.sqlrite_error_offset(handle)))
}

func inTransaction(handle connectionHandle) bool { return C.sqlrite_in_transaction(handle) == 1 }

// prepareHandle compiles the first statement of a text; nil when there is none. used tells how many bytes it took.
func prepareHandle(handle connectionHandle, text string) (prepared statementHandle, used int, status Status) {
	var out statementHandle
	var tail C.size_t
	begin := unsafe.StringData(text)
	if begin == nil {
		return nil, 0, StatusOK
	}
	status = Status(C.sqlrite_prepare(handle, (*C.char)(unsafe.Pointer(begin)), C.int64_t(len(text)), &out, &tail))
	return out, int(tail), status
}

func finalizeHandle(handle statementHandle) { C.sqlrite_finalize(handle) }
func resetHandle(handle statementHandle)    { C.sqlrite_reset(handle) }
func clearHandle(handle statementHandle)    { C.sqlrite_clear_bindings(handle) }

// parameterNames lists the names with their prefixes by number - 1; nil when no parameter has a name.
func parameterNames(handle statementHandle) (count int, names []string) {
	count = int(C.sqlrite_parameter_count(handle))
	for i := 0; i < count; i++ {
		name := C.sqlrite_parameter_name(handle, C.int(i+1))
		if name == nil {
			continue
		}
		if names == nil {
			names = make([]string, count)
		}
		names[i] = C.GoString(name)
	}
	return count, names
}

// columnsOf describes the columns of a statement.
func columnsOf(handle statementHandle) []column {
	var list *C.SqlriteColumn
	var count C.int
	if C.sqlrite_columns(handle, &list, &count) != C.SQLRITE_OK || count == 0 {
		return nil
	}
	columns := make([]column, int(count))
	for i, from := range unsafe.Slice(list, int(count)) {
		columns[i] = newColumn(goText(from.name), goText(from.declared_type))
	}
	return columns
}

func goText(text *C.char) string {
	if text == nil {
		return ""
	}
	return C.GoString(text)
}

// runHandle binds the arguments and runs the statement to its end.
func runHandle(handle statementHandle, arguments *argumentBuffer, out *result) Status {
	var did C.SqlriteRunResult
	values, count, base := arguments.pointers()
	status := Status(C.sqlrite_run(handle, (*C.SqlriteValue)(values), C.int(count), (*C.char)(base), &did))
	out.rowsAffected, out.lastInsertID = int64(did.changes), int64(did.last_insert_rowid)
	return status
}

// chunk is a number of rows in memory of the C library, valid until the next call on the statement.
type chunk struct {
	cells       unsafe.Pointer
	rowCount    int
	columnCount int
	done        bool
	generation  int
}

func (c *chunk) set(rows *C.SqlriteRows) {
	c.cells = unsafe.Pointer(rows.values)
	c.rowCount = int(rows.row_count)
	c.columnCount = int(rows.column_count)
	c.done = rows.done != 0
	c.generation = int(rows.generation)
}

// startHandle binds the arguments, begins a run and fetches its first rows.
func startHandle(handle statementHandle, arguments *argumentBuffer, rowCountMax int, out *chunk) Status {
	var rows C.SqlriteRows
	values, count, base := arguments.pointers()
	status := Status(C.sqlrite_start(handle, (*C.SqlriteValue)(values), C.int(count), (*C.char)(base), C.int(rowCountMax), &rows))
	out.set(&rows)
	return status
}

func fetchHandle(handle statementHandle, rowCountMax int, out *chunk) Status {
	var rows C.SqlriteRows
	status := Status(C.sqlrite_fetch(handle, C.int(rowCountMax), &rows))
	out.set(&rows)
	return status
}
