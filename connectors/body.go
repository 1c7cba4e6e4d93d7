package connectors

import (
	"errors"
	"io"
	"net/http"

	"github.com/leadhub/leadhub/lead"
)

// prealloc bounds the memory that a mere Content-Length header can claim before a byte has arrived.
const prealloc = 64 << 10

// ReadBody reads all of r.Body, or says why there is no whole body: KindTooLarge "body_too_large" when the hub's
// http.MaxBytesReader stopped it, KindInvalid "body_cut" when it ended before its announced length or the connection
// broke. A part of a body is never returned.
func ReadBody(r *http.Request) ([]byte, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	// One byte more than announced leaves room for the read that finds the end.
	size := int64(512)
	if r.ContentLength >= 0 {
		size = min(r.ContentLength, prealloc) + 1
	}
	body := make([]byte, 0, size)
	for {
		if len(body) == cap(body) {
			body = append(body, 0)[:len(body)]
		}
		n, err := r.Body.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		if err == nil {
			continue
		}
		if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return nil, &lead.Error{Kind: lead.KindTooLarge, Code: "body_too_large", Err: tooLarge,
				Message: "the body is larger than this hub accepts",
				Hint:    "send less at once, or raise the hub's limit of a body"}
		}
		if err != io.EOF || r.ContentLength > int64(len(body)) {
			return nil, &lead.Error{Kind: lead.KindInvalid, Code: "body_cut", Err: err,
				Message: "the body ended before it was complete", Hint: "send the whole request again"}
		}
		return body, nil
	}
}
