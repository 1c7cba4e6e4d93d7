package api

import (
	"context"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// What is left out of a ruleIn or poolIn keeps its value, or gets the default on a new one.

type ruleIn struct {
	_        struct{}       `additionalProperties:"false"`
	Key      string         `json:"key,omitempty"`
	Name     *string        `json:"name,omitempty" maxLength:"200"`
	When     *string        `json:"when,omitempty" maxLength:"4000" doc:"Condition over the lead; every lead when empty."`
	To       *targetIn      `json:"to,omitempty" doc:"Who may get it: what is named narrows; every rep when nothing is. Replaced as a whole."`
	Strategy *string        `json:"strategy,omitempty" doc:"weighted, least_loaded or level."`
	Sticky   *bool          `json:"sticky,omitempty" doc:"First to the rep who was asked for by name, or owns a lead of the same company."`
	Pool     *string        `json:"pool,omitempty" maxLength:"64" doc:"Key of the public pool it goes to: at once without to, else when nobody may have it within patience."`
	Patience *lead.Duration `json:"patience,omitempty" doc:"Like 30m or 7d."`
	Enabled  *bool          `json:"enabled,omitempty" doc:"True on a new one."`
}

var rules = collection[ruleIn, lead.Rule]{
	path: "rules", noun: "rule",
	of:    func(c *lead.Config) *[]lead.Rule { return &c.Rules },
	key:   func(r *lead.Rule) string { return r.Key },
	keyIn: func(r *ruleIn) string { return r.Key },
	fresh: func(key string) lead.Rule {
		return lead.Rule{Key: key, Name: key, Strategy: lead.StrategyWeighted, Enabled: true}
	},
	onto: func(in *ruleIn, r *lead.Rule) {
		set(&r.Name, in.Name)
		set(&r.When, in.When)
		if in.To != nil {
			r.To = lead.Target{Teams: in.To.Teams, Roles: in.To.Roles, Skills: in.To.Skills, MinLevel: in.To.MinLevel, Reps: in.To.Reps}
		}
		set(&r.Strategy, in.Strategy)
		set(&r.Sticky, in.Sticky)
		set(&r.Pool, in.Pool)
		set(&r.Patience, in.Patience)
		set(&r.Enabled, in.Enabled)
	},
}

type targetIn struct {
	_        struct{} `additionalProperties:"false"`
	Teams    []string `json:"teams,omitempty" maxItems:"1000"`
	Roles    []string `json:"roles,omitempty" maxItems:"100"`
	Skills   []string `json:"skills,omitempty" maxItems:"100" doc:"All of them."`
	MinLevel int      `json:"min_level,omitempty" minimum:"0"`
	Reps     []string `json:"reps,omitempty" maxItems:"10000"`
}

type recycleIn struct {
	_           struct{}      `additionalProperties:"false"`
	Kind        string        `json:"kind" doc:"not_accepted, not_followed or not_converted."`
	When        string        `json:"when,omitempty" maxLength:"4000"`
	After       lead.Duration `json:"after"`
	Remind      lead.Duration `json:"remind,omitzero" doc:"How long before it the owner is reminded."`
	WorkingTime bool          `json:"working_time,omitempty" doc:"Whether after counts the working hours of the owner's team alone."`
}

type poolIn struct {
	_            struct{}       `additionalProperties:"false"`
	Key          string         `json:"key,omitempty"`
	Name         *string        `json:"name,omitempty" maxLength:"200"`
	Teams        []string       `json:"teams,omitempty" maxItems:"1000" doc:"Who may see and claim; every rep when empty."`
	Enabled      *bool          `json:"enabled,omitempty" doc:"True on a new one."`
	ClaimsPerDay *int           `json:"claims_per_day,omitempty" minimum:"0" doc:"Of one rep; 0 is no limit."`
	ClaimGap     *lead.Duration `json:"claim_gap,omitempty" doc:"Between two claims of one rep."`
	CoolDown     *lead.Duration `json:"cool_down,omitempty" doc:"Before the previous owner may claim a lead back."`
	HoldNew      *lead.Duration `json:"hold_new,omitempty" doc:"After a lead came into the pool, before anybody may claim it."`
	Hidden       []string       `json:"hidden,omitempty" maxItems:"20" doc:"Fields that are not shown before the claim."`
	Masked       []string       `json:"masked,omitempty" maxItems:"20" doc:"Fields that are shown in part; phones and emails on a new one."`
	ArchiveAfter *int           `json:"archive_after,omitempty" minimum:"0" doc:"Returns; 0 is never."`
	Reasons      []string       `json:"reasons,omitempty" maxItems:"100" doc:"Of a release; any text when empty."`
	Recycle      []recycleIn    `json:"recycle,omitempty" maxItems:"100" doc:"How owned leads come back; replaced as a whole."`
	AutoAssign   *bool          `json:"auto_assign,omitempty" doc:"Whether rules may hand its leads out."`
}

var pools = collection[poolIn, lead.Pool]{
	path: "pools", noun: "pool",
	of:    func(c *lead.Config) *[]lead.Pool { return &c.Pools },
	key:   func(p *lead.Pool) string { return p.Key },
	keyIn: func(p *poolIn) string { return p.Key },
	fresh: func(key string) lead.Pool {
		return lead.Pool{Key: key, Name: key, Enabled: true, Masked: []string{"phones", "emails"}}
	},
	onto: func(in *poolIn, p *lead.Pool) {
		set(&p.Name, in.Name)
		set(&p.Enabled, in.Enabled)
		set(&p.ClaimsPerDay, in.ClaimsPerDay)
		set(&p.ClaimGap, in.ClaimGap)
		set(&p.CoolDown, in.CoolDown)
		set(&p.HoldNew, in.HoldNew)
		set(&p.ArchiveAfter, in.ArchiveAfter)
		set(&p.AutoAssign, in.AutoAssign)
		for _, l := range []struct {
			to   *[]string
			sent []string
		}{{&p.Teams, in.Teams}, {&p.Hidden, in.Hidden}, {&p.Masked, in.Masked}, {&p.Reasons, in.Reasons}} {
			if l.sent != nil {
				*l.to = l.sent
			}
		}
		if in.Recycle != nil {
			p.Recycle = make([]lead.Recycle, 0, len(in.Recycle))
			for _, r := range in.Recycle {
				p.Recycle = append(p.Recycle, lead.Recycle{Kind: r.Kind, When: r.When, After: r.After, Remind: r.Remind, WorkingTime: r.WorkingTime})
			}
		}
	},
}

type scoringIn struct {
	_      struct{}       `additionalProperties:"false"`
	Rules  []scoreRuleIn  `json:"rules,omitempty" maxItems:"1000"`
	Grades map[string]int `json:"grades,omitempty" doc:"Least score of A, B and C; D is the rest. 80, 50 and 20 unless set."`
}

type scoreRuleIn struct {
	_       struct{} `additionalProperties:"false"`
	Key     string   `json:"key" maxLength:"64"`
	Name    string   `json:"name,omitempty" maxLength:"200"`
	When    string   `json:"when,omitempty" maxLength:"4000"`
	Points  int      `json:"points,omitempty"`
	Tags    []string `json:"tags,omitempty" maxItems:"50"`
	Grade   string   `json:"grade,omitempty" doc:"Sets the grade whatever the points."`
	Product string   `json:"product,omitempty" maxLength:"200" doc:"Product line."`
	Stage   string   `json:"stage,omitempty" maxLength:"64" doc:"Lifecycle stage, unless a person set one."`
	Spam    int      `json:"spam,omitempty" doc:"Points for spam, counted before there is a lead; from 100 it is held back."`
	Enabled *bool    `json:"enabled,omitempty" doc:"True unless set."`
}

func (in *scoringIn) scoring() *lead.Scoring {
	if in == nil {
		return nil
	}
	out := &lead.Scoring{Grades: in.Grades}
	for _, r := range in.Rules {
		name := r.Name
		if name == "" {
			name = r.Key
		}
		one := lead.ScoreRule{Key: r.Key, Name: name, When: r.When, Points: r.Points, Tags: r.Tags, Grade: r.Grade,
			Product: r.Product, Stage: r.Stage, Spam: r.Spam, Enabled: true}
		set(&one.Enabled, r.Enabled)
		out.Rules = append(out.Rules, one)
	}
	return out
}

func (s *server) scoring(ctx context.Context, _ *struct{}) (*body[lead.Scoring], error) {
	c, err := s.readConfig(ctx)
	return &body[lead.Scoring]{c.Scoring}, err
}

func (s *server) putScoring(ctx context.Context, in *struct{ Body scoringIn }) (*body[lead.Scoring], error) {
	c, err := s.Configuration.EditConfig(ctx, actor(ctx), func(c *lead.Config) error {
		c.Scoring = *in.Body.scoring()
		return nil
	})
	return &body[lead.Scoring]{c.Scoring}, err
}

type expectIn struct {
	_     struct{}          `additionalProperties:"false"`
	Name  string            `json:"name" maxLength:"200"`
	Lead  map[string]string `json:"lead" doc:"As a channel would say it, like name and phone; and source."`
	At    time.Time         `json:"at,omitzero" doc:"When; without it hours, leave and duty are passed over."`
	Rule  string            `json:"rule,omitempty"`
	Team  string            `json:"team,omitempty"`
	Owner string            `json:"owner,omitempty"`
	Pool  string            `json:"pool,omitempty"`
	Grade string            `json:"grade,omitempty"`
	Score *int              `json:"score,omitempty"`
}

func expectations(in []expectIn) []lead.Expectation {
	out := make([]lead.Expectation, 0, len(in))
	for _, e := range in {
		out = append(out, lead.Expectation{Name: e.Name, Lead: e.Lead, At: e.At, Rule: e.Rule, Team: e.Team, Owner: e.Owner, Pool: e.Pool,
			Grade: e.Grade, Score: e.Score})
	}
	return out
}
