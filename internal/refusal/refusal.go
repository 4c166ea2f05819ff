// Package refusal is the error of a run that will not start: nothing was
// changed, and the words say what was seen and how to go on. A refusal exits 5.
// Every room may raise one, so it stands above them all.
package refusal

import "fmt"

// Error is a refusal. Code is one of the fixed words of the JSON schema.
type Error struct {
	Code    string
	Message string // lower case, no full stop
	Hint    string // what the user can do; may be empty
}

// New makes a refusal whose message is formatted.
func New(code, hint, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Hint: hint}
}

func (e *Error) Error() string { return e.Message }
