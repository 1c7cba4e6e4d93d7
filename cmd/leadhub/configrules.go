package main

import "github.com/leadhub/leadhub/lead"

type fileRule struct {
	Key      string         `yaml:"key" json:"key"`
	Name     *string        `yaml:"name" json:"name,omitempty"`
	When     *string        `yaml:"when" json:"when,omitempty"`
	To       *lead.Target   `yaml:"to" json:"to,omitempty"`
	Strategy *string        `yaml:"strategy" json:"strategy,omitempty"`
	Sticky   *bool          `yaml:"sticky" json:"sticky,omitempty"`
	Pool     *string        `yaml:"pool" json:"pool,omitempty"`
	Patience *lead.Duration `yaml:"patience" json:"patience,omitempty"`
	Enabled  *bool          `yaml:"enabled" json:"enabled,omitempty"`
}

type filePool struct {
	Key          string         `yaml:"key" json:"key"`
	Name         *string        `yaml:"name" json:"name,omitempty"`
	Teams        []string       `yaml:"teams" json:"teams,omitzero"`
	Enabled      *bool          `yaml:"enabled" json:"enabled,omitempty"`
	ClaimsPerDay *int           `yaml:"claims_per_day" json:"claims_per_day,omitempty"`
	ClaimGap     *lead.Duration `yaml:"claim_gap" json:"claim_gap,omitempty"`
	CoolDown     *lead.Duration `yaml:"cool_down" json:"cool_down,omitempty"`
	HoldNew      *lead.Duration `yaml:"hold_new" json:"hold_new,omitempty"`
	Hidden       []string       `yaml:"hidden" json:"hidden,omitzero"`
	Masked       []string       `yaml:"masked" json:"masked,omitzero"`
	ArchiveAfter *int           `yaml:"archive_after" json:"archive_after,omitempty"`
	Reasons      []string       `yaml:"reasons" json:"reasons,omitzero"`
	Recycle      []lead.Recycle `yaml:"recycle" json:"recycle,omitzero"`
	AutoAssign   *bool          `yaml:"auto_assign" json:"auto_assign,omitempty"`
}

type fileScoring struct {
	Rules  []fileScoreRule `yaml:"rules" json:"rules,omitempty"`
	Grades map[string]int  `yaml:"grades" json:"grades,omitempty"`
}

type fileScoreRule struct {
	Key     string   `yaml:"key" json:"key"`
	Name    string   `yaml:"name" json:"name,omitempty"`
	When    string   `yaml:"when" json:"when,omitempty"`
	Points  int      `yaml:"points" json:"points,omitempty"`
	Tags    []string `yaml:"tags" json:"tags,omitempty"`
	Grade   string   `yaml:"grade" json:"grade,omitempty"`
	Product string   `yaml:"product" json:"product,omitempty"`
	Stage   string   `yaml:"stage" json:"stage,omitempty"`
	Spam    int      `yaml:"spam" json:"spam,omitempty"`
	Enabled *bool    `yaml:"enabled" json:"enabled,omitempty"`
}

// whoGetsWhat writes what the file says of it into an empty configuration, with the same defaults as the API's.
func (f *configFile) whoGetsWhat(c *lead.Config) {
	for _, r := range f.Rules {
		c.Rules = append(c.Rules, lead.Rule{Key: r.Key, Name: or(r.Name, r.Key), When: or(r.When, ""), To: or(r.To, lead.Target{}),
			Strategy: or(r.Strategy, lead.StrategyWeighted), Sticky: or(r.Sticky, false), Pool: or(r.Pool, ""), Patience: or(r.Patience, 0),
			Enabled: or(r.Enabled, true)})
	}
	for _, p := range f.Pools {
		one := lead.Pool{Key: p.Key, Name: or(p.Name, p.Key), Teams: p.Teams, Enabled: or(p.Enabled, true), ClaimsPerDay: or(p.ClaimsPerDay, 0),
			ClaimGap: or(p.ClaimGap, 0), CoolDown: or(p.CoolDown, 0), HoldNew: or(p.HoldNew, 0), Hidden: p.Hidden, Masked: p.Masked,
			ArchiveAfter: or(p.ArchiveAfter, 0), Reasons: p.Reasons, Recycle: p.Recycle, AutoAssign: or(p.AutoAssign, false)}
		if one.Masked == nil {
			one.Masked = []string{"phones", "emails"}
		}
		c.Pools = append(c.Pools, one)
	}
	if f.Scoring != nil {
		c.Scoring.Grades = f.Scoring.Grades
		for _, r := range f.Scoring.Rules {
			name := r.Name
			if name == "" {
				name = r.Key
			}
			c.Scoring.Rules = append(c.Scoring.Rules, lead.ScoreRule{Key: r.Key, Name: name, When: r.When, Points: r.Points, Tags: r.Tags,
				Grade: r.Grade, Product: r.Product, Stage: r.Stage, Spam: r.Spam, Enabled: or(r.Enabled, true)})
		}
	}
	c.Expect = f.Expect
}
