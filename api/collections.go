package api

import (
	"time"

	"github.com/leadhub/leadhub/lead"
)

// What is left out of a sourceIn, teamIn or repIn keeps its value, or gets the default on a new one.

type sourceIn struct {
	_        struct{}          `additionalProperties:"false"`
	Key      string            `json:"key,omitempty" doc:"In the URL: /in/{key}."`
	Channel  *string           `json:"channel,omitempty" doc:"One of /v1/channels."`
	Name     *string           `json:"name,omitempty" maxLength:"200"`
	Trust    *int              `json:"trust,omitempty" minimum:"0" maximum:"100" doc:"Which source wins when two say different things; 50 on a new one."`
	Enabled  *bool             `json:"enabled,omitempty" doc:"True on a new one."`
	Settings map[string]any    `json:"settings,omitempty" doc:"Replaced as a whole, but a secret that is absent or •••••• keeps its value."`
	Mapping  map[string]string `json:"mapping,omitempty" doc:"The channel's field to ours; replaced as a whole."`
	Defaults map[string]string `json:"defaults,omitempty" doc:"Values for what the channel left empty; replaced as a whole."`
}

var sources = collection[sourceIn, lead.Source]{
	path: "sources", noun: "source",
	of:    func(c *lead.Config) *[]lead.Source { return &c.Sources },
	key:   func(s *lead.Source) string { return s.Key },
	keyIn: func(s *sourceIn) string { return s.Key },
	fresh: func(key string) lead.Source { return lead.Source{Key: key, Name: key, Trust: 50, Enabled: true} },
	onto: func(in *sourceIn, s *lead.Source) {
		set(&s.Channel, in.Channel)
		set(&s.Name, in.Name)
		set(&s.Trust, in.Trust)
		set(&s.Enabled, in.Enabled)
		if in.Settings != nil {
			s.Settings = in.Settings
		}
		if in.Mapping != nil {
			s.Mapping = in.Mapping
		}
		if in.Defaults != nil {
			s.Defaults = in.Defaults
		}
	},
}

type teamIn struct {
	_     struct{} `additionalProperties:"false"`
	Key   string   `json:"key,omitempty"`
	Name  *string  `json:"name,omitempty" maxLength:"200"`
	Hours *hoursIn `json:"hours,omitempty" doc:"When its reps get leads; replaced as a whole."`
}

var teams = collection[teamIn, lead.Team]{
	path: "teams", noun: "team",
	of:    func(c *lead.Config) *[]lead.Team { return &c.Teams },
	key:   func(t *lead.Team) string { return t.Key },
	keyIn: func(t *teamIn) string { return t.Key },
	fresh: func(key string) lead.Team { return lead.Team{Key: key, Name: key} },
	onto: func(in *teamIn, t *lead.Team) {
		set(&t.Name, in.Name)
		if h := in.Hours; h != nil {
			t.Hours = lead.Hours{TimeZone: h.TimeZone, Week: h.Week, Holidays: h.Holidays, Workdays: h.Workdays}
		}
	},
}

type hoursIn struct {
	_        struct{}            `additionalProperties:"false"`
	TimeZone string              `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name; the hub's unless set."`
	Week     map[string][]string `json:"week,omitempty" doc:"By day, mon to sun: spans like 09:00-12:00; one that ends before it begins ends on the next day."`
	Holidays []string            `json:"holidays,omitempty" maxItems:"1000" doc:"2026-10-01, or 2026-10-01/2026-10-07."`
	Workdays []string            `json:"workdays,omitempty" maxItems:"1000" doc:"Days that are worked as a Monday is, whatever day they are."`
}

type leaveIn struct {
	_    struct{}  `additionalProperties:"false"`
	From time.Time `json:"from"`
	To   time.Time `json:"to" doc:"The first moment after it."`
}

type repIn struct {
	_        struct{}   `additionalProperties:"false"`
	Key      string     `json:"key,omitempty"`
	Name     *string    `json:"name,omitempty" maxLength:"200"`
	Team     *string    `json:"team,omitempty" maxLength:"64" doc:"Key of a team."`
	Weight   *int       `json:"weight,omitempty" minimum:"0" maximum:"1000" doc:"Share of the leads; 1 on a new one, 0 gets none."`
	Active   *bool      `json:"active,omitempty" doc:"True on a new one."`
	OffDuty  *bool      `json:"off_duty,omitempty" doc:"Gets no leads until it is cleared."`
	Role     *string    `json:"role,omitempty" maxLength:"64"`
	Skills   []string   `json:"skills,omitempty" maxItems:"100" doc:"Products, languages, industries; replaced as a whole."`
	Level    *int       `json:"level,omitempty" minimum:"0" maximum:"1000" doc:"Higher is better."`
	Daily    *int       `json:"daily,omitempty" minimum:"0" doc:"Leads from rules per day; 0 is no limit."`
	Holding  *int       `json:"holding,omitempty" minimum:"0" doc:"Leads owned and open at once; 0 is no limit."`
	Leave    []leaveIn  `json:"leave,omitempty" maxItems:"200" doc:"Replaced as a whole."`
	Notify   *contactIn `json:"notify,omitempty" doc:"Where the rep is reached; replaced as a whole."`
	Assigned int64      `json:"assigned,omitempty" doc:"Passed over: the hub counts."`
}

var reps = collection[repIn, lead.Rep]{
	path: "reps", noun: "rep",
	of:    func(c *lead.Config) *[]lead.Rep { return &c.Reps },
	key:   func(r *lead.Rep) string { return r.Key },
	keyIn: func(r *repIn) string { return r.Key },
	fresh: func(key string) lead.Rep { return lead.Rep{Key: key, Name: key, Weight: 1, Active: true} },
	onto: func(in *repIn, r *lead.Rep) {
		set(&r.Name, in.Name)
		set(&r.Team, in.Team)
		set(&r.Weight, in.Weight)
		set(&r.Active, in.Active)
		set(&r.OffDuty, in.OffDuty)
		set(&r.Role, in.Role)
		set(&r.Level, in.Level)
		set(&r.Daily, in.Daily)
		set(&r.Holding, in.Holding)
		if in.Skills != nil {
			r.Skills = in.Skills
		}
		if in.Leave != nil {
			r.Leave = make([]lead.Leave, 0, len(in.Leave))
			for _, l := range in.Leave {
				r.Leave = append(r.Leave, lead.Leave{From: l.From, To: l.To})
			}
		}
		set(&r.Notify, in.Notify.contact())
	},
}
