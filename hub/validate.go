package hub

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

var keyPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// wrongAt is an error that names its place in the configuration.
func wrongAt(path, code, message, hint string) error {
	e := lead.Invalid(code, message, hint)
	e.Fields = []string{path}
	return e
}

// inside puts the place of what an error speaks of before the fields that it names.
func inside(path string, err error) error {
	e := *lead.AsError(err)
	fields := make([]string, 0, len(e.Fields))
	for _, f := range e.Fields {
		fields = append(fields, path+"."+f)
	}
	if e.Fields = fields; len(fields) == 0 {
		e.Fields = []string{path}
	}
	return &e
}

// inSource is inside for what a channel says of a source: it names settings.
func inSource(i int, err error) error {
	path := fmt.Sprintf("sources[%d]", i)
	if e := lead.AsError(err); e.Code == "unknown_channel" {
		return wrongAt(path+".channel", e.Code, e.Message, e.Hint)
	}
	return inside(path+".settings", err)
}

// validate checks what concerns the configuration as a whole.
func validate(config *lead.Config) error {
	seen := map[string]bool{"gradeA": true, "gradeB": true, "gradeC": true, "gradeD": true}
	key := func(kind, path, key string) error {
		if !keyPattern.MatchString(key) {
			return wrongAt(path+".key", "bad_key", fmt.Sprintf("%s key %q is not usable", kind, key),
				"use 1 to 64 letters, digits, dashes and underscores")
		}
		if seen[kind+key] {
			return wrongAt(path+".key", "duplicate_key", fmt.Sprintf("%s %q stands there twice", kind, key), "give each its own key")
		}
		seen[kind+key] = true
		return nil
	}
	for i := range config.Sources {
		s, path := &config.Sources[i], fmt.Sprintf("sources[%d]", i)
		if err := key("source", path, s.Key); err != nil {
			return err
		}
		if s.Trust < 0 || s.Trust > 100 {
			return wrongAt(path+".trust", "bad_trust", fmt.Sprintf("source %s: trust %d is not between 0 and 100", s.Key, s.Trust), "50 is the usual trust")
		}
	}
	for i, t := range config.Teams {
		if err := key("team", fmt.Sprintf("teams[%d]", i), t.Key); err != nil {
			return err
		}
	}
	for i, r := range config.Reps {
		path := fmt.Sprintf("reps[%d]", i)
		if err := key("rep", path, r.Key); err != nil {
			return err
		}
		if r.Weight < 0 {
			return wrongAt(path+".weight", "bad_weight", fmt.Sprintf("rep %s: weight %d is below zero", r.Key, r.Weight), "0 gets no leads, 1 is the usual share")
		}
		if r.Team != "" && !seen["team"+r.Team] {
			return wrongAt(path+".team", "unknown_team", fmt.Sprintf("rep %s: team %q does not exist", r.Key, r.Team), "add the team, or leave it out")
		}
	}
	for i, t := range config.Notify {
		if err := key("target", fmt.Sprintf("notify[%d]", i), t.Key); err != nil {
			return err
		}
	}
	if err := validateNotify(config, func(kind, key string) bool { return seen[kind+key] }); err != nil {
		return err
	}
	if err := validateMerge(config.Settings.Merge); err != nil {
		return err
	}
	s := withDefaults(config.Settings)
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return wrongAt("settings.time_zone", "bad_time_zone", fmt.Sprintf("time zone %q is not known", s.TimeZone), "use an IANA name such as Asia/Shanghai")
	}
	if !regexp.MustCompile(`^[A-Z]{2}$`).MatchString(s.Country) {
		return wrongAt("settings.country", "bad_country", fmt.Sprintf("country %q is not a country code", s.Country), "use two letters such as CN")
	}
	_, err = assign.Compile(config, zone)
	return err
}

// validateMerge checks the rules of merging. Zero stands for the default of each number.
func validateMerge(m lead.MergeRules) error {
	wrong := func(field, message, hint string) error {
		return wrongAt("settings.merge."+field, "bad_merge_rules", "merge: "+message, hint)
	}
	for _, kind := range slices.Sorted(maps.Keys(m.Generic)) {
		if !(lead.Identity{Kind: kind}).Strong() {
			return wrong("generic."+kind, fmt.Sprintf("%q is no kind of identity that joins leads", kind), "the kinds are "+strings.Join(strongKinds, ", "))
		}
		if n := m.Generic[kind]; n < 1 || n > 10_000 {
			return wrong("generic."+kind, fmt.Sprintf("generic.%s is %d, not between 1 and 10000", kind, n), "leave the kind out for the default")
		}
	}
	for _, r := range []struct {
		field     string
		value, to int
	}{{"generic_names", m.GenericNames, 10_000}, {"silence_days", m.SilenceDays, 36_500}, {"bridge_size", m.BridgeSize, 10_000}, {"max_identities", m.MaxIdentities, 10_000}} {
		if r.value < 0 || r.value > r.to {
			return wrong(r.field, fmt.Sprintf("%s is %d, not between 1 and %d", r.field, r.value, r.to), "0, or leaving it out, stands for the default")
		}
	}
	switch {
	case math.IsNaN(m.Possible) || m.Possible < 0 || m.Possible > 100:
		return wrong("possible", fmt.Sprintf("possible is %g, not between 0 and 100 bits", m.Possible), "0, or leaving it out, stands for the default")
	case math.IsNaN(m.Likely) || m.Likely < 0 || m.Likely > 100:
		return wrong("likely", fmt.Sprintf("likely is %g, not between 0 and 100 bits", m.Likely), "0, or leaving it out, stands for the default")
	case m.Likely > 0 && m.Possible > m.Likely:
		return wrong("likely", fmt.Sprintf("likely is %g, less than possible, %g", m.Likely, m.Possible), "what is likely is possible, too")
	}
	return nil
}

// strongKinds are the kinds of identity that join leads by themselves.
var strongKinds = []string{lead.IdentityMobile, lead.IdentityEmail, lead.IdentityUnionID, lead.IdentityWecom, lead.IdentityOpenID,
	lead.IdentityBuyer, lead.IdentityExternal}

// valid checks a configuration as a whole, what it names, and its expectations.
func (c *Configuration) valid(config *lead.Config) error {
	b, err := json.Marshal(config)
	if err != nil {
		return err
	}
	if bytes.Contains(bytes.ReplaceAll(b, []byte(`\\`), nil), []byte(`\u0000`)) { // which PostgreSQL cannot keep
		return lead.Invalid("bad_text", "a text of the configuration holds a NUL", "send UTF-8 without NUL")
	}
	if err := validate(config); err != nil {
		return err
	}
	if _, err := assign.Named(config, c.channelNames()); err != nil {
		return err
	}
	return c.keeps(config)
}

// Doubts are what is probably a mistake in a configuration that was taken.
func (c *Configuration) Doubts(config *lead.Config) []lead.Doubt {
	doubts, _ := assign.Named(config, c.channelNames())
	return doubts
}

func (c *Configuration) channelNames() []string { return slices.Sorted(maps.Keys(c.channels)) }

// Check tells whether a configuration could be used by a hub with these connectors, without a hub, and what is doubtful in it.
func Check(config *lead.Config, with []connectors.Connector) ([]lead.Doubt, error) {
	keys, err := newKeyring(make([]byte, 32)) // nothing is sealed in what a person wrote
	if err != nil {
		return nil, err
	}
	c := newConfiguration(Config{Connectors: with, Now: time.Now}, keys)
	for i, s := range config.Sources {
		if _, err := c.openSource(s); err != nil {
			return nil, inSource(i, err)
		}
	}
	if err := c.takeTargets(config.Notify, nil); err != nil {
		return nil, err
	}
	return c.Doubts(config), c.valid(config)
}
