package main

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"github.com/leadhub/leadhub/api"
	"github.com/leadhub/leadhub/lead"
)

// configFile is what `leadhub apply` reads. It is decoded strictly: a key that is not here is an error that names its line.
type configFile struct {
	Sources  []fileSource  `yaml:"sources" json:"sources,omitempty"`
	Teams    []fileTeam    `yaml:"teams" json:"teams,omitempty"`
	Reps     []fileRep     `yaml:"reps" json:"reps,omitempty"`
	Notify   []fileTarget  `yaml:"notify" json:"notify,omitempty"`
	Settings *fileSettings `yaml:"settings" json:"settings,omitempty"`
	// A list that stands there empty empties what the hub has.
	Rules   []fileRule         `yaml:"rules" json:"rules,omitzero"`
	Pools   []filePool         `yaml:"pools" json:"pools,omitzero"`
	Scoring *fileScoring       `yaml:"scoring" json:"scoring,omitempty"`
	Expect  []lead.Expectation `yaml:"expect" json:"expect,omitzero"`
	Subs    []any              `yaml:"subscriptions" json:"-"`

	path string
	form *ast.File // of what was read; nil for what was made
}

type fileSource struct {
	Key      string            `yaml:"key" json:"key"`
	Channel  string            `yaml:"channel" json:"channel,omitempty"`
	Name     *string           `yaml:"name" json:"name,omitempty"`
	Trust    *int              `yaml:"trust" json:"trust,omitempty"`
	Enabled  *bool             `yaml:"enabled" json:"enabled,omitempty"`
	Settings map[string]any    `yaml:"settings" json:"settings,omitempty"`
	Mapping  map[string]string `yaml:"mapping" json:"mapping,omitempty"`
	Defaults map[string]string `yaml:"defaults" json:"defaults,omitempty"`
}

type fileTeam struct {
	Key   string      `yaml:"key" json:"key"`
	Name  *string     `yaml:"name" json:"name,omitempty"`
	Hours *lead.Hours `yaml:"hours" json:"hours,omitempty"`
}

type fileRep struct {
	Key     string       `yaml:"key" json:"key"`
	Name    *string      `yaml:"name" json:"name,omitempty"`
	Team    *string      `yaml:"team" json:"team,omitempty"`
	Weight  *int         `yaml:"weight" json:"weight,omitempty"`
	Active  *bool        `yaml:"active" json:"active,omitempty"`
	OffDuty *bool        `yaml:"off_duty" json:"off_duty,omitempty"`
	Role    *string      `yaml:"role" json:"role,omitempty"`
	Skills  []string     `yaml:"skills" json:"skills,omitzero"`
	Level   *int         `yaml:"level" json:"level,omitempty"`
	Daily   *int         `yaml:"daily" json:"daily,omitempty"`
	Holding *int         `yaml:"holding" json:"holding,omitempty"`
	Leave   []lead.Leave `yaml:"leave" json:"leave,omitzero"`
	Notify  *fileContact `yaml:"notify" json:"notify,omitempty"`
}

type fileSettings struct {
	NumberPrefix *string    `yaml:"number_prefix" json:"number_prefix,omitempty"`
	TimeZone     *string    `yaml:"time_zone" json:"time_zone,omitempty"`
	Country      *string    `yaml:"country" json:"country,omitempty"`
	DefaultPool  *string    `yaml:"default_pool" json:"default_pool,omitempty"`
	PublicURL    *string    `yaml:"public_url" json:"public_url,omitempty"`
	NeverKeys    []string   `yaml:"never_keys" json:"never_keys,omitempty"`
	Merge        *fileMerge `yaml:"merge" json:"merge,omitempty"`
}

// fileMerge is a lead.MergeRules.
type fileMerge struct {
	Generic       map[string]int `yaml:"generic" json:"generic,omitempty"`
	GenericNames  int            `yaml:"generic_names" json:"generic_names,omitempty"`
	SilenceDays   int            `yaml:"silence_days" json:"silence_days,omitempty"`
	BridgeSize    int            `yaml:"bridge_size" json:"bridge_size,omitempty"`
	MaxIdentities int            `yaml:"max_identities" json:"max_identities,omitempty"`
	Possible      float64        `yaml:"possible" json:"possible,omitempty"`
	Likely        float64        `yaml:"likely" json:"likely,omitempty"`
}

// readConfigFile reads and checks a file; "-" is standard input.
func readConfigFile(p process, path string) (*configFile, error) {
	var data []byte
	var err error
	if path == "-" {
		data, err = io.ReadAll(p.stdin)
	} else {
		data, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, err
	}
	var f configFile
	form, err := parseFile(data)
	if err == nil {
		err = yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&f)
	}
	if err != nil && err != io.EOF {
		return nil, unreadable(path, data, err)
	}
	f.path, f.form = path, form
	return &f, f.unsupported()
}

// unsupported refuses what this version would have to ignore.
func (f *configFile) unsupported() error {
	if len(f.Subs) > 0 {
		return lead.Invalid("not_supported", "subscriptions are not supported by this version", "leave subscriptions out")
	}
	return nil
}

type applyCmd struct {
	serverFlags
	File string `help:"YAML file; - for standard input." short:"f" required:"" placeholder:"FILE"`
}

// Run sends the file to the hub, which takes all of it or nothing.
func (c *applyCmd) Run(p process) error {
	f, err := readConfigFile(p, c.File)
	if err != nil {
		return err
	}
	var done api.Applied
	if err := c.client().call(p.ctx, "PUT", "/v1/config", f, &done); err != nil {
		return f.located(err)
	}
	f.sayDoubts(p, done.Doubts)
	for _, what := range done.Created {
		fmt.Fprintf(p.stdout, "created   %s\n", what)
	}
	for _, what := range done.Changed {
		fmt.Fprintf(p.stdout, "changed   %s\n", what)
	}
	for _, what := range done.Removed {
		fmt.Fprintf(p.stdout, "removed   %s\n", what)
	}
	fmt.Fprintf(p.stdout, "unchanged %d\nconfiguration version %d is in use\n", done.Unchanged, done.Version)
	if done.Recompute {
		fmt.Fprintln(p.stdout, "rules of merging, trust or scoring changed: `leadhub recompute --dry-run` shows what that does to the leads of now, `leadhub recompute` does it")
	}
	return nil
}

// config is what the file makes of an empty hub, with the same defaults as the API's.
func (f *configFile) config() lead.Config {
	var c lead.Config
	for _, s := range f.Sources {
		c.Sources = append(c.Sources, lead.Source{Key: s.Key, Channel: s.Channel, Name: or(s.Name, s.Key), Trust: or(s.Trust, 50),
			Enabled: or(s.Enabled, true), Settings: s.Settings, Mapping: s.Mapping, Defaults: s.Defaults})
	}
	for _, t := range f.Teams {
		c.Teams = append(c.Teams, lead.Team{Key: t.Key, Name: or(t.Name, t.Key), Hours: or(t.Hours, lead.Hours{})})
	}
	for _, r := range f.Reps {
		c.Reps = append(c.Reps, lead.Rep{Key: r.Key, Name: or(r.Name, r.Key), Team: or(r.Team, ""), Weight: or(r.Weight, 1), Active: or(r.Active, true),
			OffDuty: or(r.OffDuty, false), Role: or(r.Role, ""), Skills: r.Skills, Level: or(r.Level, 0), Daily: or(r.Daily, 0), Holding: or(r.Holding, 0), Leave: r.Leave,
			Notify: lead.RepContact(or(r.Notify, fileContact{}))})
	}
	for _, t := range f.Notify {
		c.Notify = append(c.Notify, t.target())
	}
	f.whoGetsWhat(&c)
	if s := f.Settings; s != nil {
		c.Settings = lead.Settings{NumberPrefix: or(s.NumberPrefix, ""), TimeZone: or(s.TimeZone, ""), Country: or(s.Country, ""), DefaultPool: or(s.DefaultPool, ""),
			NeverKeys: s.NeverKeys, PublicURL: or(s.PublicURL, "")}
		if s.Merge != nil {
			c.Settings.Merge = lead.MergeRules(*s.Merge)
		}
	}
	return c
}

func or[T any](v *T, otherwise T) T {
	if v == nil {
		return otherwise
	}
	return *v
}
