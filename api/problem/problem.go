// Package problem writes a [lead.Error] as HTTP problem details (RFC 9457) with three members of our own: code, hint
// and fields. It holds the one map from kind to status, for the API and for the intake alike.
package problem

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// ContentType is that of a problem.
const ContentType = "application/problem+json"

// Codes of KindInvalid that are answered 422 instead of 400: the request was understood, its fields are wrong.
const (
	CodeValidation    = "validation"
	CodeMissingFields = "missing_fields"
)

// CodeMethodNotAllowed is answered 405.
const (
	CodeMethodNotAllowed = "method_not_allowed"
)

// DefaultRetryAfter is told with 429 and 503 when the error names no time of its own.
const DefaultRetryAfter = 5 * time.Second

var statuses = map[lead.Kind]int{
	lead.KindInvalid:      http.StatusBadRequest,
	lead.KindUnauthorized: http.StatusUnauthorized,
	lead.KindForbidden:    http.StatusForbidden,
	lead.KindNotFound:     http.StatusNotFound,
	lead.KindConflict:     http.StatusConflict,
	lead.KindTooLarge:     http.StatusRequestEntityTooLarge,
	lead.KindLimited:      http.StatusTooManyRequests,
	lead.KindTransient:    http.StatusServiceUnavailable,
	lead.KindInternal:     http.StatusInternalServerError,
}

// Problem is the body of an error answer. Its type is about:blank, so Title is the phrase of the status; programs go
// by Code.
type Problem struct {
	Title  string   `json:"title" example:"Not Found"`
	Status int      `json:"status" example:"404"`
	Code   string   `json:"code" example:"no_such_lead" doc:"Stable, snake_case; what programs go by."`
	Detail string   `json:"detail,omitempty" doc:"One sentence."`
	Hint   string   `json:"hint,omitempty" doc:"What to do next."`
	Fields []string `json:"fields,omitempty" doc:"The fields concerned."`

	retryAfter time.Duration
}

// Status is the HTTP status of an error.
func Status(err error) int {
	e := lead.AsError(err)
	if e.Kind == lead.KindInvalid && slices.Contains([]string{CodeValidation, CodeMissingFields}, e.Code) {
		return http.StatusUnprocessableEntity
	}
	if e.Code == CodeMethodNotAllowed {
		return http.StatusMethodNotAllowed
	}
	if status, ok := statuses[e.Kind]; ok {
		return status
	}
	return http.StatusInternalServerError
}

// Of makes the Problem of an error. One of KindInternal says nothing of its cause.
func Of(err error) *Problem {
	e := lead.AsError(err)
	p := &Problem{Status: Status(e), Code: e.Code, Detail: e.Message, Hint: e.Hint, Fields: e.Fields}
	if p.Status == http.StatusInternalServerError {
		hidden := lead.AsError(errors.New(""))
		p.Code, p.Detail, p.Hint, p.Fields = hidden.Code, hidden.Message, hidden.Hint, nil
	}
	p.Title = http.StatusText(p.Status)
	if e.Kind == lead.KindTransient || e.Kind == lead.KindLimited {
		p.retryAfter = max(e.RetryAfter, 0)
		if p.retryAfter == 0 {
			p.retryAfter = DefaultRetryAfter
		}
	}
	return p
}

// Write answers with the problem of err. It does not log.
func Write(w http.ResponseWriter, r *http.Request, err error) { Send(w, r, Of(err)) }

// Send answers with p and sets Retry-After where it applies. Headers that were set on w before are sent too.
func Send(w http.ResponseWriter, r *http.Request, p *Problem) {
	h := w.Header()
	for name, values := range p.GetHeaders() {
		h[name] = values
	}
	h.Set("Content-Type", ContentType)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Del("Content-Length")
	w.WriteHeader(p.Status)
	if r.Method != http.MethodHead {
		_ = json.NewEncoder(w).Encode(p) // it fails when the caller went away: there is nobody to tell
	}
}

// Error, GetStatus, GetHeaders and ContentType let a router that knows errors with a status write a Problem itself.
func (p *Problem) Error() string { return p.Code + ": " + p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders is Retry-After, in whole seconds rounded up, where it applies.
func (p *Problem) GetHeaders() http.Header {
	h := http.Header{}
	if p.retryAfter > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((p.retryAfter+time.Second-1)/time.Second), 10))
	}
	return h
}

// ContentType is always that of a problem.
func (p *Problem) ContentType(string) string { return ContentType }
