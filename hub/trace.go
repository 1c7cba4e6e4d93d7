package hub

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"
)

var traceparent = regexp.MustCompile(`^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$`)

// traceOf returns the caller's W3C trace context when it is a valid one, else a new one. It travels as a record header through every topic, so
// that a lead can be followed from the website's own trace to the change stream.
func traceOf(inbound string) string {
	if traceparent.MatchString(inbound) {
		return inbound
	}
	var id [24]byte
	_, _ = rand.Read(id[:]) // never fails (crypto/rand)
	return "00-" + hex.EncodeToString(id[:16]) + "-" + hex.EncodeToString(id[16:]) + "-01"
}
