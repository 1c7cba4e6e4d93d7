package lead

import (
	"errors"
	"fmt"
	"time"
)

// Kind steers what happens after an error: which HTTP status is answered, whether a stage rejects or tries again.
type Kind string

// Kinds of error.
const (
	KindInvalid      Kind = "invalid"      // the input is wrong and stays wrong: 400 or 422, rejected in a stage
	KindUnauthorized Kind = "unauthorized" // who are you: 401
	KindForbidden    Kind = "forbidden"    // not allowed: 403
	KindNotFound     Kind = "not_found"    // 404
	KindConflict     Kind = "conflict"     // 409
	KindTooLarge     Kind = "too_large"    // 413
	KindLimited      Kind = "limited"      // too often: 429
	KindTransient    Kind = "transient"    // not now: 503, retried in a stage
	KindPending      Kind = "pending"      // not all of it is there yet: the hub fetches the rest (connectors.Fetcher)
	KindInternal     Kind = "internal"     // our fault: 500; the sentence is never shown to a stranger
)

// Error is the one error type that people and programs outside see: a code, a sentence and a hint that names the
// next step. None of them may carry a secret, a phone number or an email address.
type Error struct {
	Kind       Kind
	Code       string        // stable, snake_case: "bad_signature", "no_identity"
	Message    string        // one sentence
	Hint       string        // what to do next; "" when there is nothing to do
	Fields     []string      // names of the fields concerned
	RetryAfter time.Duration // with KindTransient and KindLimited; 0 = the caller's default
	Err        error         // cause, for the log only
}

func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return e.Code + ": " + e.Message
}

func (e *Error) Unwrap() error { return e.Err }

// AsError returns err as an *Error; any other error becomes KindInternal with code "internal". nil stays nil.
func AsError(err error) *Error {
	if err == nil {
		return nil
	}
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return &Error{Kind: KindInternal, Code: "internal", Message: "something went wrong inside the hub",
		Hint: "look into the hub's log; the same request may succeed later", Err: err}
}

// Invalid makes an error for input that is wrong and stays wrong.
func Invalid(code, message, hint string) *Error {
	return &Error{Kind: KindInvalid, Code: code, Message: message, Hint: hint}
}

// Unauthorized makes an error for a caller that did not prove who it is. The texts must not tell what was expected.
func Unauthorized(code, message, hint string) *Error {
	return &Error{Kind: KindUnauthorized, Code: code, Message: message, Hint: hint}
}

// NotFound makes an error for a thing that is not there.
func NotFound(code, message, hint string) *Error {
	return &Error{Kind: KindNotFound, Code: code, Message: message, Hint: hint}
}

// Transient makes an error for something that will pass; after 0 leaves the wait to the caller.
func Transient(code, message string, after time.Duration, err error) *Error {
	return &Error{Kind: KindTransient, Code: code, Message: message, RetryAfter: after, Err: err,
		Hint: "try again; the hub recovers by itself"}
}

// IsTransient reports whether err is an Error of KindTransient.
func IsTransient(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind == KindTransient
}
