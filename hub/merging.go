package hub

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
	"github.com/leadhub/leadhub/sink"
)

// Kinds of what people decide about leads, as the metric names them.
const (
	decidedMerge = "merge"
	decidedSplit = "split"
	decidedPin   = "pin"
	decidedUnpin = "unpin"
)

// Merge makes one lead of two, named by id or number, and returns every lead that changed. An id that was merged away
// stands for the lead that took it over.
func (h *Hub) Merge(ctx context.Context, id, with string, o lead.Order) ([]lead.Change, error) {
	a, err := h.living(ctx, id)
	if err != nil {
		return nil, err
	}
	b, err := h.living(ctx, with)
	if err != nil {
		return nil, err
	}
	return h.decided(decidedMerge, o, func(s *sink.Sink, o lead.Order) ([]lead.Change, error) { return s.Merge(ctx, a, b, o) })
}

// Split takes touches, by their submissions, out of a lead, and returns every lead that changed.
func (h *Hub) Split(ctx context.Context, id string, submissions []string, o lead.Order) ([]lead.Change, error) {
	id, err := h.living(ctx, id)
	if err != nil {
		return nil, err
	}
	return h.decided(decidedSplit, o, func(s *sink.Sink, o lead.Order) ([]lead.Change, error) { return s.Split(ctx, id, submissions, o) })
}

// Pin sets a value by hand, cleaned as one that arrives would be. Nothing is returned when the lead shows it already.
func (h *Hub) Pin(ctx context.Context, id, field, value string, o lead.Order) ([]lead.Change, error) {
	pin, err := h.configuration.current.Load().pin(field, value)
	if err != nil {
		return nil, err
	}
	if id, err = h.living(ctx, id); err != nil {
		return nil, err
	}
	return h.decided(decidedPin, o, func(s *sink.Sink, o lead.Order) ([]lead.Change, error) { return s.Pin(ctx, id, pin, o) })
}

// Unpin takes away what people set for a field.
func (h *Hub) Unpin(ctx context.Context, id, field string, o lead.Order) ([]lead.Change, error) {
	if err := pinnable(field); err != nil {
		return nil, err
	}
	id, err := h.living(ctx, id)
	if err != nil {
		return nil, err
	}
	return h.decided(decidedUnpin, o, func(s *sink.Sink, o lead.Order) ([]lead.Change, error) { return s.Unpin(ctx, id, field, o) })
}

// living is the id of the lead that an id or a number stands for now.
func (h *Hub) living(ctx context.Context, id string) (string, error) {
	d, err := h.cfg.Store.Lead(ctx, id)
	return d.ID, err
}

// decided does what a person ordered, and wakes those who have to know.
func (h *Hub) decided(kind string, o lead.Order, do func(*sink.Sink, sink.Order) ([]lead.Change, error)) ([]lead.Change, error) {
	changes, err := do(h.newSink(), o)
	if err != nil || o.Preview {
		return changes, err
	}
	h.metrics.decided.WithLabelValues(kind).Inc()
	h.due.raise()
	h.outbox.raise()
	return changes, nil
}

// pinnables are the fields with one value.
var pinnables = []string{lead.FieldName, lead.FieldHonorific, lead.FieldCompany, lead.FieldTitle, lead.FieldAddress, fieldRegion}

const fieldRegion = "region"

func pinnable(field string) error {
	if slices.Contains(pinnables, field) {
		return nil
	}
	e := lead.Invalid("not_pinnable", fmt.Sprintf("the field %q cannot be pinned", field), "the fields are "+strings.Join(pinnables, ", "))
	e.Fields = []string{"field"}
	return e
}

// pin reads what a person typed, as if it had arrived.
func (s *snapshot) pin(field, value string) (lead.Pin, error) {
	if err := pinnable(field); err != nil {
		return lead.Pin{}, err
	}
	drafts := []map[string]string{{field: value}}
	if field == fieldRegion {
		drafts = regionDrafts(strings.Fields(value))
	}
	for _, fields := range drafts {
		if pin, ok := readPin(s.normalizer, field, fields); ok && (field != fieldRegion || readToTheEnd(value, pin.Value)) {
			return pin, nil
		}
	}
	e := lead.Invalid("unreadable_value", "this value cannot be read as the field "+field, "write it as a form would send it")
	if field == fieldRegion {
		e.Hint = "write province, city and district with spaces, like 广东省 深圳市 南山区, or a country"
	}
	e.Fields = []string{"value"}
	return lead.Pin{}, e
}

// readPin cleans one draft. A note tells that part of the value was not understood: the whole is refused then, as nobody
// would see what was left out.
func readPin(n *normalize.Normalizer, field string, fields map[string]string) (lead.Pin, bool) {
	// The draft needs something to recognise a person by; a pin does not, so it gets an id that is thrown away.
	d := lead.Draft{Identities: []lead.Identity{{Kind: lead.IdentityExternal, Scope: "pin", Value: "pin"}}}
	for f, v := range fields {
		d.Add(f, v)
	}
	sub, err := n.Submission(lead.Raw{ID: "pin", Source: "pin"}, 0, d, 0)
	if err != nil || len(sub.Notes) > 0 {
		return lead.Pin{}, false
	}
	return dedupe.PinOf(field, sub)
}

// regionDrafts are the ways to read the words of a place, the likeliest first.
func regionDrafts(words []string) []map[string]string {
	all := strings.Join(words, "")
	switch len(words) {
	case 0:
		return nil
	case 1:
		return []map[string]string{{lead.FieldProvince: all}, {lead.FieldCity: all}, {lead.FieldDistrict: all}, {lead.FieldAddress: all}, {lead.FieldCountry: all}}
	}
	within := func(words []string) map[string]string {
		out := map[string]string{}
		for i, f := range []string{lead.FieldProvince, lead.FieldCity, lead.FieldDistrict} {
			if i < len(words) {
				out[f] = words[i]
			}
		}
		return out
	}
	var out []map[string]string
	if len(words) <= 4 {
		abroad := within(words[1:])
		abroad[lead.FieldCountry] = words[0]
		out = append(out, abroad)
	}
	if len(words) <= 3 {
		out = append(out, within(words))
	}
	return append(out, map[string]string{lead.FieldCountry: strings.Join(words, " ")}, map[string]string{lead.FieldCity: strings.Join(words, " ")})
}

// readToTheEnd reports whether the last that was typed is the finest place that was found, in full or short: 广东省火星市 is
// no way to say 广东省.
func readToTheEnd(typed, found string) bool {
	names := strings.Fields(found)
	if len(names) == 0 {
		return false
	}
	finest, said := []rune(names[len(names)-1]), []rune(strings.Join(strings.Fields(typed), ""))
	if !unicode.Is(unicode.Han, finest[0]) {
		return true
	}
	for n := min(len(said), len(finest)); n >= 2; n-- {
		if string(said[len(said)-n:]) == string(finest[:n]) {
			return true
		}
	}
	return false
}
