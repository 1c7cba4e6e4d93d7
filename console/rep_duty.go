package console

import (
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// editRep changes one rep of the configuration and comes back to the reps, with what was wrong when the hub refuses.
func (v *visit) editRep(done string, fn func(*lead.Rep) error) error {
	if err := v.changeRep(v.param("key"), fn); err != nil {
		return v.renderReps(err)
	}
	return v.done("/reps", done)
}

// changeRep changes one rep of the configuration.
func (v *visit) changeRep(key string, fn func(*lead.Rep) error) error {
	_, err := v.site.Configuration.EditConfig(v.Context(), v.actor(), func(c *lead.Config) error {
		i := slices.IndexFunc(c.Reps, func(r lead.Rep) bool { return r.Key == key })
		if i < 0 {
			return lead.NotFound("rep_not_found", "there is no such rep", "")
		}
		return fn(&c.Reps[i])
	})
	return err
}

// repDuty switches a rep off duty and on again: off duty he gets no lead from rules.
func (s *site) repDuty(v *visit) error {
	done := "on_duty"
	off := v.typed("off") == "on"
	if off {
		done = "off_duty"
	}
	return v.editRep(done, func(r *lead.Rep) error { r.OffDuty = off; return nil })
}

// repLeave notes days on which a rep is away, or takes them back.
func (s *site) repLeave(v *visit) error {
	if from := v.typed("remove"); from != "" {
		return v.editRep("leave_removed", func(r *lead.Rep) error {
			r.Leave = slices.DeleteFunc(slices.Clone(r.Leave), func(l lead.Leave) bool { return l.From.Format(time.RFC3339Nano) == from })
			return nil
		})
	}
	c, err := v.config()
	if err != nil {
		return err
	}
	zone := v.zone()
	if i := slices.IndexFunc(c.Reps, func(r lead.Rep) bool { return r.Key == v.param("key") }); i >= 0 {
		zone = zoneOf(c.Teams, c.Reps[i].Team, zone) // his days are those of where he works
	}
	from, to := day(v.typed("from"), zone), day(v.typed("to"), zone)
	if to.IsZero() {
		to = from
	}
	if from.IsZero() || to.Before(from) {
		return v.renderReps(wrongField("from", "bad_leave", "the leave has no first day, or ends before it begins", "choose the first and the last day"))
	}
	return v.editRep("leave_added", func(r *lead.Rep) error {
		l := lead.Leave{From: from.UTC(), To: to.AddDate(0, 0, 1).UTC()}
		r.Leave = slices.DeleteFunc(slices.Clone(r.Leave), func(o lead.Leave) bool { return o.From.Equal(l.From) })
		r.Leave = append(r.Leave, l)
		slices.SortFunc(r.Leave, func(a, b lead.Leave) int { return a.From.Compare(b.From) })
		return nil
	})
}
