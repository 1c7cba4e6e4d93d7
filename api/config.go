package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

type settingsIn struct {
	_            struct{}      `additionalProperties:"false"`
	NumberPrefix *string       `json:"number_prefix,omitempty" pattern:"^[A-Z]{1,6}$"`
	TimeZone     *string       `json:"time_zone,omitempty" maxLength:"64" doc:"IANA name."`
	Country      *string       `json:"country,omitempty" pattern:"^[A-Z]{2}$" doc:"Of phone numbers without a country code."`
	DefaultPool  *string       `json:"default_pool,omitempty" maxLength:"64" doc:"Key of the public pool for leads that no rule fits; empty lets them wait."`
	NeverKeys    []string      `json:"never_keys,omitempty" maxItems:"10000" doc:"Phones and emails that are never identities."`
	PublicURL    *string       `json:"public_url,omitempty" maxLength:"500" doc:"Where people reach the console, for links in messages."`
	Merge        *mergeRulesIn `json:"merge,omitempty" doc:"When submissions are one person; replaced as a whole, what is left out has its default."`
}

func (in settingsIn) onto(s *lead.Settings) {
	set(&s.NumberPrefix, in.NumberPrefix)
	set(&s.TimeZone, in.TimeZone)
	set(&s.Country, in.Country)
	set(&s.DefaultPool, in.DefaultPool)
	if in.NeverKeys != nil {
		s.NeverKeys = in.NeverKeys
	}
	set(&s.PublicURL, in.PublicURL)
	set(&s.Merge, in.Merge.rules())
}

// set lays a value over one that is kept when nothing was sent.
func set[T any](to *T, sent *T) {
	if sent != nil {
		*to = *sent
	}
}

func (s *server) settings(ctx context.Context, _ *struct{}) (*body[lead.Settings], error) {
	c, err := s.readConfig(ctx)
	return &body[lead.Settings]{c.Settings}, err
}

func (s *server) putSettings(ctx context.Context, in *struct{ Body settingsIn }) (*body[lead.Settings], error) {
	c, err := s.Configuration.EditConfig(ctx, actor(ctx), func(c *lead.Config) error {
		in.Body.onto(&c.Settings)
		return nil
	})
	fillConfig(&c)
	return &body[lead.Settings]{c.Settings}, err
}

func (s *server) config(ctx context.Context, _ *struct{}) (*body[lead.Config], error) {
	c, err := s.readConfig(ctx)
	return &body[lead.Config]{c}, err
}

func (s *server) readConfig(ctx context.Context) (lead.Config, error) {
	c, err := s.Configuration.Config(ctx)
	fillConfig(&c)
	return c, err
}

func fillConfig(c *lead.Config) {
	c.Sources, c.Teams, c.Reps = list(c.Sources), list(c.Teams), list(c.Reps)
	c.Settings.NeverKeys = list(c.Settings.NeverKeys)
}

// configIn is what leadhub apply sends. What it names is made or changed; what it does not name stays.
type configIn struct {
	Body struct {
		_        struct{}         `additionalProperties:"false"`
		Version  int64            `json:"version,omitempty" doc:"Passed over, so that what was read can be sent."`
		Sources  []sourceIn       `json:"sources,omitempty" maxItems:"5000"`
		Teams    []teamIn         `json:"teams,omitempty" maxItems:"5000"`
		Reps     []repIn          `json:"reps,omitempty" maxItems:"50000"`
		Rules    []ruleIn         `json:"rules,omitempty" maxItems:"1000" doc:"Replaced as a whole, in the order they are tried; what a rule leaves out has its default."`
		Pools    []poolIn         `json:"pools,omitempty" maxItems:"200"`
		Scoring  *scoringIn       `json:"scoring,omitempty" doc:"Replaced as a whole."`
		Notify   []notifyTargetIn `json:"notify,omitempty" maxItems:"1000"`
		Settings *settingsIn      `json:"settings,omitempty"`
		Expect   []expectIn       `json:"expect,omitempty" maxItems:"1000" doc:"Replaced as a whole: cases that the rules must keep. One that they do not keep makes the whole fail."`
	}
}

// Applied says what PUT /v1/config did: names like "source price-page".
type Applied struct {
	Version   int64    `json:"version"`
	Created   []string `json:"created"`
	Changed   []string `json:"changed"`
	Removed   []string `json:"removed,omitempty" doc:"Rules that the list sent does not name."`
	Unchanged int      `json:"unchanged"`
	// Recompute tells that what is in the pool does not follow by itself: a rule of merging, a never key or the trust of a
	// source is another, or what a lead is worth.
	Recompute bool `json:"recompute" doc:"Whether merging, trust or scoring changed, so that the leads of now follow only after a recompute."`
	// Doubts are of the whole configuration, not only of what was sent.
	Doubts []lead.Doubt `json:"doubts,omitempty" doc:"What was taken and is probably a mistake, like a condition that names a source that is not there."`
}

func (s *server) applyConfig(ctx context.Context, in *configIn) (*body[Applied], error) {
	var out Applied
	var edited *lead.Config
	c, err := s.Configuration.EditConfig(ctx, actor(ctx), func(c *lead.Config) error {
		edited, out = nil, Applied{Created: []string{}, Changed: []string{}} // this may run again from the start
		before := judgedBy(c)
		if err := applyAll(&out, c, teams, in.Body.Teams); err != nil {
			return err
		}
		if err := applyAll(&out, c, reps, in.Body.Reps); err != nil {
			return err
		}
		if err := applyAll(&out, c, sources, in.Body.Sources); err != nil {
			return err
		}
		if err := applyAll(&out, c, pools, in.Body.Pools); err != nil {
			return err
		}
		if err := out.rules(c, in.Body.Rules); err != nil {
			return err
		}
		if scoring := in.Body.Scoring.scoring(); scoring != nil {
			out.note("scoring", !reflect.DeepEqual(c.Scoring, lead.Scoring{}), !sameJSON(c.Scoring, *scoring))
			c.Scoring = *scoring
		}
		if in.Body.Expect != nil {
			expect := expectations(in.Body.Expect)
			out.note("expectations", len(c.Expect) > 0, !sameJSON(c.Expect, expect))
			c.Expect = expect
		}
		if err := applyAll(&out, c, targets, in.Body.Notify); err != nil {
			return err
		}
		if in.Body.Settings != nil {
			settings := c.Settings
			in.Body.Settings.onto(&c.Settings)
			out.note("settings", true, !reflect.DeepEqual(settings, c.Settings))
		}
		edited, out.Recompute = c, !before.same(judgedBy(c))
		return nil
	})
	if err != nil {
		return nil, in.asSent(edited, err)
	}
	out.Version, out.Doubts = c.Version, s.Configuration.Doubts(&c)
	for i := range out.Doubts {
		out.Doubts[i].Path = in.pathAsSent(&c, out.Doubts[i].Path)
	}
	return &body[Applied]{out}, nil
}

// asSent gives the places of an error as they are in what was sent. The hub counts teams, reps, sources, pools and targets as it has them, and
// what was sent may name a few of them: one that it does not name has its key for a number, reps[li].
func (in *configIn) asSent(c *lead.Config, err error) error {
	var e *lead.Error
	if c == nil || !errors.As(err, &e) || len(e.Fields) == 0 {
		return err
	}
	sent := *e
	sent.Fields = make([]string, 0, len(e.Fields))
	for _, path := range e.Fields {
		sent.Fields = append(sent.Fields, in.pathAsSent(c, path))
	}
	return &sent
}

func (in *configIn) pathAsSent(c *lead.Config, path string) string {
	for _, renumber := range []func(string) string{
		numbered(c, "teams", teams, in.Body.Teams), numbered(c, "reps", reps, in.Body.Reps), numbered(c, "sources", sources, in.Body.Sources),
		numbered(c, "pools", pools, in.Body.Pools), numbered(c, "notify", targets, in.Body.Notify),
	} {
		path = renumber(path)
	}
	return path
}

// numbered changes the number in a path of one collection to that of what was sent.
func numbered[In, T any](c *lead.Config, list string, col collection[In, T], in []In) func(string) string {
	return func(path string) string {
		rest, ok := strings.CutPrefix(path, list+"[")
		number, rest, closed := strings.Cut(rest, "]")
		i, err := strconv.Atoi(number)
		if !ok || !closed || err != nil || i < 0 || i >= len(*col.of(c)) {
			return path
		}
		key := col.key(&(*col.of(c))[i])
		if j := slices.IndexFunc(in, func(one In) bool { return col.keyIn(&one) == key }); j >= 0 {
			key = strconv.Itoa(j)
		}
		return list + "[" + key + "]" + rest
	}
}

// judged is what of a configuration bears on who is who and on which value wins.
type judged struct {
	merge lead.MergeRules
	never []string
	trust map[string]int
	worth lead.Scoring
}

func judgedBy(c *lead.Config) judged {
	j := judged{merge: c.Settings.Merge, never: c.Settings.NeverKeys, trust: map[string]int{}, worth: c.Scoring}
	for _, s := range c.Sources {
		j.trust[s.Key] = s.Trust
	}
	return j
}

// same passes over sources that are new: nothing came from them.
func (j judged) same(next judged) bool {
	for key, trust := range j.trust {
		if now, ok := next.trust[key]; ok && now != trust {
			return false
		}
	}
	return slices.Equal(j.never, next.never) && sameJSON(j.worth, next.worth) && reflect.DeepEqual(j.merge, next.merge)
}

func applyAll[In, T any](out *Applied, c *lead.Config, col collection[In, T], in []In) error {
	seen := make(map[string]bool, len(in))
	for i := range in {
		key := col.keyIn(&in[i])
		if seen[key] {
			return twice(col.noun, key, fmt.Sprintf("%s[%d].key", col.path, i))
		}
		seen[key] = true
		existed, changed, err := col.put(c, key, &in[i])
		if err != nil {
			return at(err, fmt.Sprintf("%s[%d].key", col.path, i))
		}
		out.note(col.noun+" "+key, existed, changed)
	}
	return nil
}

// rules puts a list of rules in the place of those there are; nil leaves them.
func (a *Applied) rules(c *lead.Config, in []ruleIn) error {
	if in == nil {
		return nil
	}
	before, seen := c.Rules, make(map[string]bool, len(in))
	c.Rules = make([]lead.Rule, 0, len(in))
	for i := range in {
		existed, changed := false, false
		if seen[in[i].Key] {
			return twice("rule", in[i].Key, fmt.Sprintf("rules[%d].key", i))
		}
		seen[in[i].Key] = true
		was := slices.IndexFunc(before, func(r lead.Rule) bool { return r.Key == in[i].Key })
		if _, _, err := rules.put(c, in[i].Key, &in[i]); err != nil {
			return at(err, fmt.Sprintf("rules[%d].key", i))
		}
		if was >= 0 {
			existed, changed = true, was != i || !sameJSON(before[was], c.Rules[len(c.Rules)-1])
		}
		a.note("rule "+in[i].Key, existed, changed)
	}
	for _, r := range before {
		if rules.find(c, r.Key) < 0 {
			a.Removed = append(a.Removed, "rule "+r.Key)
		}
	}
	return nil
}

func twice(noun, key, place string) error {
	return at(lead.Invalid("duplicate_key", fmt.Sprintf("%s %q stands there twice", noun, key), "give each its own key"), place)
}

// at names the field that an error is about.
func at(err error, field string) error {
	e := *lead.AsError(err)
	e.Fields = []string{field}
	return &e
}

// sameJSON compares what is kept, whatever is nil in the one and empty in the other.
func sameJSON(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}

func (a *Applied) note(what string, existed, changed bool) {
	switch {
	case !existed:
		a.Created = append(a.Created, what)
	case changed:
		a.Changed = append(a.Changed, what)
	default:
		a.Unchanged++
	}
}
