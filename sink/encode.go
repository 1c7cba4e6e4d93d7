package sink

import (
	stdjson "encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/goccy/go-json"

	"github.com/leadhub/leadhub/lead"
)

// Saved is a record as it goes into the pool: its parts for the columns, and the JSON of all of it.
type Saved struct {
	*lead.Record
	JSON []byte
}

// Decode reads what Encode wrote.
//
// Encoding and decoding leads is a third of what a batch costs with encoding/json, and a tenth with go-json, which
// gives the same bytes; a test compares the two.
func Decode(doc []byte) (*lead.Record, error) {
	r := &lead.Record{}
	if err := json.Unmarshal(doc, r); err != nil {
		return nil, fmt.Errorf("a lead of the pool cannot be read: %w", err)
	}
	if r.Said == nil && r.Scored == nil && len(r.Tags) > 0 { // written before rules could give tags
		r.Said = slices.Clone(r.Tags)
	}
	return r, nil
}

// DecodeAll reads many.
func DecodeAll(docs [][]byte) ([]*lead.Record, error) {
	out := make([]*lead.Record, len(docs))
	err := halves(len(docs), func(i int) error {
		r, err := Decode(docs[i])
		out[i] = r
		return err
	})
	return out, err
}

// DecodeProfile reads the part of a record that is compared.
func DecodeProfile(doc []byte) (*Profile, error) {
	p := &Profile{}
	if err := json.Unmarshal(doc, p); err != nil {
		return nil, fmt.Errorf("a lead of the pool cannot be read: %w", err)
	}
	return p, nil
}

// Encode makes records ready to be saved.
func Encode(records ...*lead.Record) ([]Saved, error) {
	return encodeRecords(records, nil)
}

// recordRest is lead.Record without its Lead.
type recordRest struct {
	Values     map[string][]lead.Value `json:"values"`
	Identities []lead.HeldIdentity     `json:"identities"`
	OwnerBy    string                  `json:"owner_by,omitempty"`
	StageBy    string                  `json:"stage_by,omitempty"`
	Said       []string                `json:"said_tags,omitempty"`
	Scored     []lead.Scored           `json:"scored,omitempty"`
	Own        *lead.Standing          `json:"own,omitempty"`
	Told       map[string]time.Time    `json:"told,omitempty"`
	Pins       []lead.Pin              `json:"pins,omitempty"`
	Apart      bool                    `json:"apart,omitempty"`
}

// encodeLead is the JSON of a lead. Most have no Course yet, and go-json is slow with its omitzero times: they are left out, or
// encoded by encoding/json.
func encodeLead(l *lead.Lead) ([]byte, error) {
	head, err := json.Marshal(bareLead{Lead: l})
	if err != nil || l.Course == (lead.Course{}) {
		return head, err
	}
	tail, err := stdjson.Marshal(l.Course)
	if err != nil {
		return nil, err
	}
	return spliced(head, tail), nil
}

// bareLead is a lead without its Course, whose fields these hide. A test compares it with the whole.
type bareLead struct {
	*lead.Lead
	Pool          *struct{} `json:"pool,omitempty"`
	PooledAt      *struct{} `json:"pooled_at,omitempty"`
	Rule          *struct{} `json:"rule,omitempty"`
	OwnedAt       *struct{} `json:"owned_at,omitempty"`
	AssignedAt    *struct{} `json:"first_assigned_at,omitempty"`
	AcceptedAt    *struct{} `json:"accepted_at,omitempty"`
	PreviousOwner *struct{} `json:"previous_owner,omitempty"`
	LeftAt        *struct{} `json:"left_at,omitempty"`
	Returns       *struct{} `json:"returns,omitempty"`
	ContactedAt   *struct{} `json:"first_contacted_at,omitempty"`
	FollowedAt    *struct{} `json:"followed_at,omitempty"`
	NextAt        *struct{} `json:"next_follow_up,omitempty"`
	Reason        *struct{} `json:"reason,omitempty"`
	ConvertedAt   *struct{} `json:"converted_at,omitempty"`
	Amount        *struct{} `json:"amount,omitempty"`
	Currency      *struct{} `json:"currency,omitempty"`
	Customer      *struct{} `json:"customer,omitempty"`
}

// encodeRecords encodes records; leads may hold the JSON of their Lead by id.
func encodeRecords(records []*lead.Record, leads map[string][]byte) ([]Saved, error) {
	out := make([]Saved, len(records))
	err := halves(len(records), func(i int) error {
		r := records[i]
		head := leads[r.ID]
		var err error
		if head == nil {
			head, err = encodeLead(&r.Lead)
		}
		if err == nil {
			out[i].Record = r
			out[i].JSON, err = joined(head, recordRest{r.Values, r.Identities, r.OwnerBy, r.StageBy, r.Said, r.Scored, r.Own, r.Told, r.Pins, r.Apart})
		}
		if err != nil {
			return fmt.Errorf("encode lead %s: %w", r.ID, err)
		}
		return nil
	})
	return out, err
}

// halves calls fn for 0 to n-1, for a large n on two cores: others wait for this transaction.
func halves(n int, fn func(i int) error) error {
	part := func(from, to int) error {
		for i := from; i < to; i++ {
			if err := fn(i); err != nil {
				return err
			}
		}
		return nil
	}
	if n < 50 {
		return part(0, n)
	}
	second := make(chan error, 1)
	go func() { second <- part(n/2, n) }()
	return errors.Join(part(0, n/2), <-second)
}

// encodeChanges encodes changes, and returns the JSON of the last Lead by id. The state of a lead goes on the stream and
// into the pool; most of the time that a batch takes outside the database goes into this encoding, so it is done once.
func encodeChanges(changes []lead.Change) ([]Outgoing, map[string][]byte, error) {
	out := make([]Outgoing, len(changes))
	heads := make([][]byte, len(changes))
	err := halves(len(changes), func(i int) error {
		c := &changes[i]
		head, err := encodeLead(&c.Lead)
		var value []byte
		if err == nil {
			value, err = joined(head, struct {
				Change *lead.ChangeNote `json:"change"`
			}{&c.Change})
		}
		if err != nil {
			return fmt.Errorf("encode a change of lead %s: %w", c.ID, err)
		}
		heads[i] = head
		out[i] = Outgoing{Lead: c.ID, Version: c.Version, Type: c.Change.Type, Value: value}
		return nil
	})
	leads := make(map[string][]byte, len(changes))
	for i := range changes {
		leads[changes[i].ID] = heads[i]
	}
	return out, leads, err
}

// joined is the JSON object head with the fields of rest behind its own, as encoding/json writes an embedded struct.
func joined(head []byte, rest any) ([]byte, error) {
	tail, err := json.Marshal(rest)
	if err != nil {
		return nil, err
	}
	return spliced(head, tail), nil
}

// spliced is one JSON object of two that are not empty.
func spliced(head, tail []byte) []byte {
	out := make([]byte, 0, len(head)+len(tail))
	out = append(out, head[:len(head)-1]...)
	out = append(out, ',')
	return append(out, tail[1:]...)
}
