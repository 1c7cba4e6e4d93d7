package console

import (
	"cmp"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

type leadPage struct {
	lead.LeadDetail
	Asked  string          // the id or number in the URL, when it led to another lead
	Hidden map[string]bool // fields that a pool does not show before the claim
	Values []goldenValue
	Steps  []step    // latest first
	Why    *lead.Why // nil when the hub cannot tell now
	Error  *lead.Error
	leadWork
	speech
}

// goldenValue is one field with the value that won and those that lost.
type goldenValue struct {
	Field  string
	Winner lead.Value
	Losers []lead.Value
}

// step is one entry of the timeline: a touch or an event.
type step struct {
	At    time.Time
	Touch *lead.Touch
	Event *lead.Event
}

func (s *site) leadShow(v *visit) error { return v.renderLead(v.param("id"), nil) }

// renderLead shows a lead, and what was refused about it.
func (v *visit) renderLead(id string, refused error) error {
	if refused != nil && lead.AsError(refused).Kind == lead.KindInternal {
		return refused
	}
	if v.view != nil {
		return v.renderOwnLead(id, refused)
	}
	d, err := v.lead(id)
	if err != nil {
		return err
	}
	c, err := v.config()
	if err != nil {
		return err
	}
	p := leadPage{LeadDetail: d, Values: goldenValues(d.Provenance), Steps: timeline(d), Error: lead.AsError(refused),
		leadWork: v.leadWork(&d, c), speech: v.speech(c)}
	if id != d.ID && id != d.Number {
		p.Asked = id
	}
	if w, err := v.site.Merging.Why(v.Context(), d.ID, ""); err == nil {
		p.Why = &w
	} else {
		v.site.Logger.Warn("a lead cannot be explained", slog.String("lead", d.ID), slog.Any("error", err))
	}
	if p.Error != nil {
		v.renderStatus(statuses[p.Error.Kind], "lead_show", p)
		return nil
	}
	return v.render("lead_show", p)
}

// Missing are the fields that a person can set and that have no value.
func (p leadPage) Missing() []string {
	return slices.DeleteFunc(slices.Clone(pinnables), func(f string) bool { return len(p.Provenance[f]) > 0 })
}

// fieldOrder is the order in which people read a lead; a field that is not in it comes after, by name.
var fieldOrder = []string{"name", "honorific", "phones", "emails", "company", "title", "region", "address", "first_from", "last_from"}

func goldenValues(provenance map[string][]lead.Value) []goldenValue {
	rank := func(field string) int {
		if i := slices.Index(fieldOrder, field); i >= 0 {
			return i
		}
		return len(fieldOrder)
	}
	fields := slices.SortedFunc(maps.Keys(provenance), func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	var out []goldenValue
	for _, f := range fields {
		if values := provenance[f]; len(values) > 0 {
			out = append(out, goldenValue{Field: strings.TrimPrefix(f, lead.ExtraPrefix), Winner: values[0], Losers: values[1:]})
		}
	}
	return out
}

// timeline lays touches and events together. What a touch itself caused (created, updated, merged at the same moment) is
// told by the touch, with the verdict's reasons.
func timeline(d lead.LeadDetail) []step {
	var out []step
	touched := map[int64]bool{}
	for i := range d.TouchList {
		out = append(out, step{At: d.TouchList[i].At, Touch: &d.TouchList[i]})
		touched[d.TouchList[i].At.UnixMicro()] = true
	}
	for i := range d.History {
		e := &d.History[i]
		if (e.Type == lead.ChangeCreated || e.Type == lead.ChangeUpdated) && touched[e.At.UnixMicro()] {
			continue
		}
		out = append(out, step{At: e.At, Event: e})
	}
	slices.SortStableFunc(out, func(a, b step) int { return b.At.Compare(a.At) })
	return out
}
