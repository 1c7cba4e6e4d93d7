package hub

import (
	"fmt"
	"regexp"
	"time"

	"github.com/leadhub/leadhub/connectors"
	"github.com/leadhub/leadhub/lead"
)

var keyPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)

// validate checks what concerns the configuration as a whole.
func validate(config *lead.Config) error {
	seen := map[string]bool{}
	key := func(kind, key string) error {
		if !keyPattern.MatchString(key) {
			return lead.Invalid("bad_key", fmt.Sprintf("%s key %q is not usable", kind, key),
				"use 1 to 64 letters, digits, dashes and underscores")
		}
		if seen[kind+key] {
			return lead.Invalid("duplicate_key", fmt.Sprintf("%s %q stands there twice", kind, key), "give each its own key")
		}
		seen[kind+key] = true
		return nil
	}
	for i := range config.Sources {
		s := &config.Sources[i]
		if err := key("source", s.Key); err != nil {
			return err
		}
		if s.Trust < 0 || s.Trust > 100 {
			return lead.Invalid("bad_trust", fmt.Sprintf("source %s: trust %d is not between 0 and 100", s.Key, s.Trust), "50 is the usual trust")
		}
	}
	for _, t := range config.Teams {
		if err := key("team", t.Key); err != nil {
			return err
		}
	}
	for _, r := range config.Reps {
		if err := key("rep", r.Key); err != nil {
			return err
		}
		if r.Weight < 0 {
			return lead.Invalid("bad_weight", fmt.Sprintf("rep %s: weight %d is below zero", r.Key, r.Weight), "0 gets no leads, 1 is the usual share")
		}
		if r.Team != "" && !seen["team"+r.Team] {
			return lead.Invalid("unknown_team", fmt.Sprintf("rep %s: team %q does not exist", r.Key, r.Team), "add the team, or leave it out")
		}
	}
	s := withDefaults(config.Settings)
	if _, err := time.LoadLocation(s.TimeZone); err != nil {
		return lead.Invalid("bad_time_zone", fmt.Sprintf("time zone %q is not known", s.TimeZone), "use an IANA name such as Asia/Shanghai")
	}
	if !regexp.MustCompile(`^[A-Z]{2}$`).MatchString(s.Country) {
		return lead.Invalid("bad_country", fmt.Sprintf("country %q is not a country code", s.Country), "use two letters such as CN")
	}
	return nil
}

// Check tells whether a configuration could be used by a hub with these connectors, without a hub.
func Check(config *lead.Config, with []connectors.Connector) error {
	keys, err := newKeyring(make([]byte, 32)) // nothing is sealed in what a person wrote
	if err != nil {
		return err
	}
	c := newConfiguration(Config{Connectors: with, Now: time.Now}, keys)
	for _, s := range config.Sources {
		if _, err := c.openSource(s); err != nil {
			return err
		}
	}
	return validate(config)
}
