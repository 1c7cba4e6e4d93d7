package console

import (
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

type repListPage struct {
	Teams []teamRows
	Zone  *time.Location // of the hub
	teams []lead.Team
	now   time.Time
	Error *lead.Error
	speech
}

// teamRows are the reps of a team; of none with Key "".
type teamRows struct {
	Key  string
	Reps []repRow
}

// repRow is a rep with what is counted of him today.
type repRow struct {
	lead.Rep
	Held    int
	Today   int
	Claimed map[string]int // today, by pool
	Away    *lead.Leave    // he is on leave now
	Gone    bool           // he is in the configuration no more and still owns leads
}

func (s *site) repList(v *visit) error { return v.renderReps(nil) }

// renderReps shows the reps, and what was refused about one.
func (v *visit) renderReps(refused error) error {
	if refused != nil && lead.AsError(refused).Kind == lead.KindInternal {
		return refused
	}
	c, err := v.config()
	if err != nil {
		return err
	}
	states, err := v.site.Care.RepStates(v.Context())
	if err != nil {
		return err
	}
	now := v.site.now()
	p := repListPage{Teams: teamsOf(c, repRows(c.Reps, states, now, v.zone())), Zone: v.zone(), teams: c.Teams, now: now, Error: lead.AsError(refused), speech: v.speech(c)}
	if p.Error != nil {
		v.renderStatus(statuses[p.Error.Kind], "rep_list", p)
		return nil
	}
	return v.render("rep_list", p)
}

func repRows(reps []lead.Rep, states []lead.RepState, now time.Time, zone *time.Location) []repRow {
	byKey := map[string]lead.RepState{}
	for _, st := range states {
		byKey[st.Rep] = st
	}
	var rows []repRow
	for _, r := range reps {
		row := repRow{Rep: r, Held: byKey[r.Key].Held}
		if st := byKey[r.Key]; st.Day == now.In(zone).Format("20060102") { // counters of a day before say nothing of today
			row.Today, row.Claimed = st.Today, st.Claimed
		}
		if i := slices.IndexFunc(r.Leave, func(l lead.Leave) bool { return !now.Before(l.From) && now.Before(l.To) }); i >= 0 {
			row.Away = &r.Leave[i]
		}
		rows = append(rows, row)
		delete(byKey, r.Key)
	}
	for _, st := range states {
		if _, gone := byKey[st.Rep]; gone {
			rows = append(rows, repRow{Rep: lead.Rep{Key: st.Rep, Name: st.Rep}, Held: st.Held, Gone: true})
		}
	}
	return rows
}

func teamsOf(c lead.Config, rows []repRow) []teamRows {
	var out []teamRows
	for _, t := range c.Teams {
		out = append(out, teamRows{Key: t.Key})
	}
	out = append(out, teamRows{})
	for _, r := range rows {
		i := slices.IndexFunc(out, func(t teamRows) bool { return t.Key == r.Team })
		if i < 0 {
			i = len(out) - 1
		}
		out[i].Reps = append(out[i].Reps, r)
	}
	return slices.DeleteFunc(out, func(t teamRows) bool { return len(t.Reps) == 0 })
}

// Used is how much of a limit is used, in hundredths.
func (repListPage) Used(n, limit int) int { return percent(float64(n), float64(limit)) }

// Coming are the leaves of a rep that are not over.
func (p repListPage) Coming(r repRow) []lead.Leave {
	return slices.DeleteFunc(slices.Clone(r.Leave), func(l lead.Leave) bool { return !l.To.After(p.now) })
}

// Days says a leave by its first and its last day, where the rep works.
func (p repListPage) Days(r repRow, l lead.Leave) string {
	zone := zoneOf(p.teams, r.Team, p.Zone)
	from, to := l.From.In(zone).Format(time.DateOnly), l.To.Add(-time.Nanosecond).In(zone).Format(time.DateOnly)
	if from == to {
		return from
	}
	return from + " – " + to
}

// zoneOf is where a team works: the hub's zone unless its hours name another.
func zoneOf(teams []lead.Team, key string, hub *time.Location) *time.Location {
	i := slices.IndexFunc(teams, func(t lead.Team) bool { return t.Key == key })
	if i < 0 || teams[i].Hours.TimeZone == "" {
		return hub
	}
	if zone, err := time.LoadLocation(teams[i].Hours.TimeZone); err == nil {
		return zone
	}
	return hub
}
