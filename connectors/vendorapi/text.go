package vendorapi

import (
	"bytes"
	"encoding/json"
)

// Text is a member that a vendor writes as a text here and as a number there, like a country code or an id. Numbers keep their digits;
// anything else is "".
type Text string

// UnmarshalJSON never fails on JSON that is whole.
func (t *Text) UnmarshalJSON(b []byte) error {
	*t = ""
	b = bytes.TrimSpace(b)
	if len(b) == 0 {
		return nil
	}
	switch c := b[0]; {
	case c == '"':
		var s string
		if err := json.Unmarshal(b, &s); err != nil {
			return err
		}
		*t = Text(s)
	case c == '-' || c >= '0' && c <= '9':
		*t = Text(b)
	}
	return nil
}
