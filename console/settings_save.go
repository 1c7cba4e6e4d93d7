package console

import (
	"slices"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

func (s *site) settingsSave(v *visit) error {
	return v.editSettings("settings_saved", func(c *lead.Config) error {
		c.Settings.NumberPrefix = v.typed("number_prefix")
		c.Settings.TimeZone = v.typed("time_zone")
		c.Settings.Country = strings.ToUpper(v.typed("country"))
		c.Settings.NeverKeys = split(v.PostForm.Get("never_keys"))
		return nil
	})
}

// teamSave makes a team or renames it.
func (s *site) teamSave(v *visit) error {
	return v.editSettings("team_saved", func(c *lead.Config) error {
		t := lead.Team{Key: v.typed("key"), Name: either(v.typed("name"), v.typed("key"))}
		if i := slices.IndexFunc(c.Teams, func(o lead.Team) bool { return o.Key == t.Key }); i >= 0 {
			c.Teams[i].Name = t.Name // its hours stay
			return nil
		}
		c.Teams = append(c.Teams, t)
		return nil
	})
}

// repSave makes a rep or changes one.
func (s *site) repSave(v *visit) error {
	return v.editSettings("rep_saved", func(c *lead.Config) error {
		weight, err := strconv.Atoi(v.typed("weight"))
		if err != nil {
			return wrongField("weight", "bad_weight", "the weight is not a number", "1 is the usual share, 0 gets no leads")
		}
		r := lead.Rep{Key: v.typed("key")}
		i := slices.IndexFunc(c.Reps, func(o lead.Rep) bool { return o.Key == r.Key })
		if i >= 0 {
			r = c.Reps[i] // with its counters
		}
		r.Name, r.Team, r.Weight = either(v.typed("name"), r.Key), v.typed("team"), weight
		r.Active = v.typed("active") == "on"
		if err := v.repLimits(&r); err != nil {
			return err
		}
		if i >= 0 {
			c.Reps[i] = r
			return nil
		}
		c.Reps = append(c.Reps, r)
		return nil
	})
}

// repLimits sets what the form has of limits and abilities; what it does not have stays.
func (v *visit) repLimits(r *lead.Rep) error {
	for name, to := range map[string]*int{"daily": &r.Daily, "holding": &r.Holding, "level": &r.Level} {
		if !v.PostForm.Has(name) {
			continue
		}
		n, err := strconv.Atoi(either(v.typed(name), "0"))
		if err != nil || n < 0 {
			return wrongField(name, "bad_limit", "a limit or a level is not a number", "0 is no limit")
		}
		*to = n
	}
	if v.PostForm.Has("role") {
		r.Role = v.typed("role")
	}
	if v.PostForm.Has("skills") {
		r.Skills = listed(v.typed("skills"))
	}
	return nil
}

// listed reads a list that stands on one line.
func listed(text string) []string {
	if text == "" {
		return nil
	}
	return strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",，、;； ", r) })
}

func (v *visit) typed(name string) string { return strings.TrimSpace(v.PostForm.Get(name)) }

// editSettings changes the configuration and comes back to the settings, with what was wrong when the hub refuses.
func (v *visit) editSettings(done string, fn func(*lead.Config) error) error {
	_, err := v.site.Configuration.EditConfig(v.Context(), v.actor(), fn)
	if err == nil {
		return v.done("/settings", done)
	}
	p, readErr := v.settingsPage()
	if readErr != nil {
		return err
	}
	return v.refused("settings_show", err, func(e *lead.Error) any { p.Error = e; return p })
}
