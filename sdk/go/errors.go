package sqlrite

import (
	"errors"
	"fmt"
)

// Status is what a call of the C library answers.
type Status uint32

const (
	StatusOK              Status = 0
	StatusError           Status = 1
	StatusInvalidArgument Status = 2
	StatusBusy            Status = 5
	StatusBusySnapshot    Status = 6
	StatusDone            Status = 101
	StatusRow             Status = 102
)

// Code is one of SQLite's primary result codes.
type Code int

const (
	CodeError      Code = 1
	CodeInternal   Code = 2
	CodePerm       Code = 3
	CodeAbort      Code = 4
	CodeBusy       Code = 5
	CodeLocked     Code = 6
	CodeNoMem      Code = 7
	CodeReadOnly   Code = 8
	CodeInterrupt  Code = 9
	CodeIOErr      Code = 10
	CodeCorrupt    Code = 11
	CodeNotFound   Code = 12
	CodeFull       Code = 13
	CodeCantOpen   Code = 14
	CodeProtocol   Code = 15
	CodeSchema     Code = 17
	CodeTooBig     Code = 18
	CodeConstraint Code = 19
	CodeMismatch   Code = 20
	CodeMisuse     Code = 21
	CodeAuth       Code = 23
	CodeRange      Code = 25
	CodeNotADB     Code = 26
)

// String is SQLite's text for the code, such as "database is locked".
func (c Code) String() string { return codeText(int(c)) }

// ExtendedCode is one of SQLite's extended result codes; its low byte is the primary one.
type ExtendedCode int

const (
	CodeBusySnapshot         ExtendedCode = 5 | 2<<8
	CodeConstraintCheck      ExtendedCode = 19 | 1<<8
	CodeConstraintForeignKey ExtendedCode = 19 | 3<<8
	CodeConstraintNotNull    ExtendedCode = 19 | 5<<8
	CodeConstraintPrimaryKey ExtendedCode = 19 | 6<<8
	CodeConstraintTrigger    ExtendedCode = 19 | 7<<8
	CodeConstraintUnique     ExtendedCode = 19 | 8<<8
	CodeConstraintRowID      ExtendedCode = 19 | 10<<8
)

// Error is a failure that the engine reported. Ask for it with errors.As.
type Error struct {
	// Op is what was being done: "open", "prepare", "exec", "query", "begin", "commit" ...
	Op string
	// Status is what the C library answered.
	Status Status
	// Code is SQLite's primary result code.
	Code Code
	// ExtendedCode is SQLite's extended result code.
	ExtendedCode ExtendedCode
	// Message is the engine's sentence, without "sqlrite: " and the operation.
	Message string
	// Offset is the byte in the SQL text that the message is about, -1 when it is not about a place.
	Offset int64
}

func newError(op string, status Status, extended int, message string, offset int64) *Error {
	return &Error{Op: op, Status: status, Code: Code(extended & 0xff), ExtendedCode: ExtendedCode(extended), Message: message, Offset: offset}
}

func (e *Error) Error() string { return "sqlrite: " + e.Op + ": " + e.Message }

// Is makes errors.Is(err, ErrBusy) and errors.Is(err, ErrBusySnapshot) true for the errors of those kinds.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrBusy:
		return e.Status == StatusBusy
	case ErrBusySnapshot:
		return e.Status == StatusBusySnapshot
	}
	return false
}

var (
	// ErrBusy: somebody else holds a lock, and went on holding it for the busy timeout. The same work may succeed later.
	ErrBusy = errors.New("sqlrite: database is locked")
	// ErrBusySnapshot: what the transaction has read was changed since by somebody else. Roll back and begin anew.
	ErrBusySnapshot = errors.New("sqlrite: database has changed since it was read")
)

// IsRetryable tells whether the same transaction may succeed when it is tried again from its beginning.
func IsRetryable(err error) bool { return errors.Is(err, ErrBusy) || errors.Is(err, ErrBusySnapshot) }

// misuse is a mistake of the caller that the driver finds before the engine is asked.
func misuse(op, format string, arguments ...any) error {
	return newError(op, StatusInvalidArgument, int(CodeMisuse), fmt.Sprintf(format, arguments...), -1)
}
