package hub

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/normalize"
)

// shownFailures bounds how many expectations that are not kept an error tells of.
const shownFailures = 10

// keeps runs the expectations of a valid configuration. The error tells of each that is not kept what happened instead.
func (c *Configuration) keeps(config *lead.Config) error {
	if len(config.Expect) == 0 {
		return nil
	}
	settings := withDefaults(config.Settings)
	zone, err := time.LoadLocation(settings.TimeZone)
	if err != nil {
		return err
	}
	n, err := normalize.New(normalize.Config{Country: settings.Country, Location: zone, NeverKeys: settings.NeverKeys})
	if err != nil {
		return err
	}
	rules, err := assign.Compile(config, zone)
	if err != nil {
		return err
	}
	r := rehearsal{config: config, zone: zone, normalizer: n, judge: judge{c.policy(*config, n), rules}}
	var failed, fields []string
	for i := range config.Expect {
		if wrong := r.try(&config.Expect[i]); wrong != "" {
			fields = append(fields, fmt.Sprintf("expect[%d]", i))
			failed = append(failed, wrong)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	more := ""
	if len(failed) > shownFailures {
		failed, more = failed[:shownFailures], fmt.Sprintf("\nand %d more", len(failed)-shownFailures)
	}
	e := lead.Invalid("expectation_failed", strings.Join(failed, "\n")+more, "mend the rules, or the expectation when it is wrong")
	e.Fields = fields
	return e
}

// rehearsal plays imagined leads through a configuration, as if each were the first of an empty hub.
type rehearsal struct {
	config     *lead.Config
	zone       *time.Location
	normalizer *normalize.Normalizer
	judge      judge
}

// try says how an expectation is not kept; "" when it is.
func (r *rehearsal) try(e *lead.Expectation) string {
	at, timed := e.At, true
	if at.IsZero() {
		at, timed = time.Date(2026, 1, 5, 10, 0, 0, 0, r.zone), false
	}
	record, why := r.record(e, at)
	if why != "" {
		return fmt.Sprintf("%q: there would be no lead: %s", e.Name, why)
	}
	staff := &lead.Staff{Reps: slices.SortedFunc(slices.Values(r.config.Reps), func(a, b lead.Rep) int { return strings.Compare(a.Key, b.Key) })}
	choose := r.judge.rules.Anytime
	if timed {
		choose = r.judge.rules.Explain
	}
	got := choose(record, staff, at)
	team := ""
	if i := slices.IndexFunc(staff.Reps, func(rep lead.Rep) bool { return rep.Key == got.Owner }); i >= 0 {
		team = staff.Reps[i].Team
	}
	var wants []string
	want := func(what, wanted, is string) {
		if wanted != "" && wanted != is {
			wants = append(wants, what+" "+wanted)
		}
	}
	want("rule", e.Rule, got.Rule)
	want("team", e.Team, team)
	want("owner", e.Owner, got.Owner)
	want("pool", e.Pool, got.Pool)
	want("grade", e.Grade, record.Grade)
	if e.Score != nil {
		want("score", fmt.Sprint(*e.Score), fmt.Sprint(record.Score))
	}
	if len(wants) == 0 {
		return ""
	}
	return fmt.Sprintf("%q: expected %s, and got %s", e.Name, strings.Join(wants, ", "), happened(&got, team, record))
}

// record is the lead that an expectation imagines, scored.
func (r *rehearsal) record(e *lead.Expectation, at time.Time) (*lead.Record, string) {
	raw := lead.Raw{ID: lead.DeriveID("sub_", "expectation", e.Name), Source: "expectation", ReceivedAt: at.UTC()}
	draft, trust := lead.Draft{}, 50
	for field, value := range e.Lead {
		if field != "source" {
			draft.Add(field, value)
		}
	}
	if i := slices.IndexFunc(r.config.Sources, func(s lead.Source) bool { return s.Key == e.Lead["source"] }); i >= 0 {
		s := &r.config.Sources[i]
		raw.Source, raw.Channel, trust = s.Key, s.Channel, s.Trust
		for field, value := range s.Defaults {
			if len(draft.Fields[field]) == 0 {
				draft.Add(field, value)
			}
		}
	}
	sub, err := r.normalizer.Submission(raw, 0, draft, trust)
	if err != nil {
		return nil, lead.AsError(err).Message
	}
	if signals := r.judge.rules.Spam(sub); lead.SpamScore(signals) >= lead.SpamThreshold {
		return nil, fmt.Sprintf("held as spam: %d points of %d, by %s", lead.SpamScore(signals), lead.SpamThreshold, signals[0].Code)
	}
	out := &lead.Record{Lead: lead.Lead{ID: lead.NewID("ld_", at), Status: lead.StatusNew}}
	r.judge.Add(out, sub)
	r.judge.Score(out)
	return out, ""
}

// happened is a decision in words.
func happened(a *lead.Assignment, team string, r *lead.Record) string {
	to := "nobody"
	switch {
	case a.Owner != "" && team != "":
		to = a.Owner + " of team " + team
	case a.Owner != "":
		to = a.Owner
	case a.Pool != "":
		to = "pool " + a.Pool
	}
	out := fmt.Sprintf("%s by rule %s (%s); score %d", to, a.Rule, a.Why, r.Score)
	if r.Grade != "" {
		out += ", grade " + r.Grade
	}
	for _, t := range a.Trace {
		if !t.Matched {
			out += "\n    rule " + t.Rule + ": " + t.Why
		}
	}
	return out
}
