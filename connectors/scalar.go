package connectors

import (
	"bytes"
	"encoding/json"
)

// Scalar is a member of a vendor's JSON that holds one value: a text, or the digits of a number, or true or false as they are written.
// Ids keep every digit, and a vendor may write them as a number today and as a text tomorrow. Null, lists and objects are "".
type Scalar string

// UnmarshalJSON takes any value and refuses none.
func (s *Scalar) UnmarshalJSON(b []byte) error {
	*s = ""
	if b = bytes.TrimSpace(b); len(b) == 0 {
		return nil
	}
	switch b[0] {
	case '{', '[', 'n':
	case '"':
		var text string
		if err := json.Unmarshal(b, &text); err != nil {
			return err
		}
		*s = Scalar(text)
	default:
		*s = Scalar(b)
	}
	return nil
}

// String is the value.
func (s Scalar) String() string { return string(s) }
