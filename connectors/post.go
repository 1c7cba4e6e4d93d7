package connectors

import (
	"net/http"

	"github.com/leadhub/leadhub/lead"
)

var errMethod = lead.Invalid("method_not_allowed", "this address is posted to", "send it with the method POST")

// ReadPost reads the body of a POST and has it verified (by a *Verifier or Verifiers). The body is returned only when all of it is
// there and it is the vendor's.
func ReadPost(r *http.Request, v interface {
	Verify(r *http.Request, body []byte) error
}) ([]byte, error) {
	if r.Method != http.MethodPost {
		return nil, errMethod
	}
	body, err := ReadBody(r)
	if err != nil {
		return nil, err
	}
	if err := v.Verify(r, body); err != nil {
		return nil, err
	}
	return body, nil
}

// BadJSON is the rejection of a body that is not the vendor's JSON; shape names what was expected: "an update of a bot".
func BadJSON(shape string) error {
	return lead.Invalid("bad_json", "the body is not "+shape, "look at what arrived: the vendor may have changed its shape. It can be replayed")
}
