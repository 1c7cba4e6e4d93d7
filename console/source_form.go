package console

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// sourceForm is a source as its form shows it; a secret is never among its values.
type sourceForm struct {
	New      bool
	Key      string
	Name     string
	Trust    string
	Enabled  bool
	Channel  Channel
	Settings []settingField
	Mapping  string // one "their field = our field" per line
	Defaults string // one "field = value" per line
	Fields   []string
	URL      string // where to post; "" for a channel that is not pushed to
	Snippet  string
	Fetching *lead.Fetching // nil when the hub does not ask it
	Error    *lead.Error
}

// settingField is one setting with what stands in its control.
type settingField struct {
	Setting
	Value   string
	Checked bool
	Set     bool // a secret that has a value
	Wrong   bool
}

func (s *site) channel(name string) (Channel, bool) {
	all := s.Channels()
	i := slices.IndexFunc(all, func(c Channel) bool { return c.Channel == name })
	if i < 0 {
		return Channel{Channel: name}, false
	}
	return all[i], true
}

// formOf fills the form of a source.
func (v *visit) formOf(src lead.Source, ch Channel) sourceForm {
	f := sourceForm{Key: src.Key, Name: src.Name, Trust: strconv.Itoa(src.Trust), Enabled: src.Enabled, Channel: ch,
		Mapping: lines(src.Mapping), Defaults: lines(src.Defaults), Fields: knownFields}
	for _, set := range ch.Settings {
		value, given := src.Settings[set.Name]
		if !given {
			value = set.Default
		}
		field := settingField{Setting: set}
		switch {
		case set.Secret:
			field.Set = given && fmt.Sprint(value) != "" && fmt.Sprint(value) != "[]"
		case set.Type == "bool":
			field.Checked = value == true
		default:
			field.Value = shown(value)
		}
		f.Settings = append(f.Settings, field)
	}
	if ch.Push && src.Key != "" {
		f.URL = v.base() + "/in/" + src.Key
	}
	return f
}

// shown is a value as its control holds it: a list has a line for each.
func shown(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case []string:
		return strings.Join(value, "\n")
	case []any:
		out := make([]string, len(value))
		for i, e := range value {
			out[i] = fmt.Sprint(e)
		}
		return strings.Join(out, "\n")
	case float64: // a number that went through JSON
		return strconv.FormatFloat(value, 'f', -1, 64)
	}
	return fmt.Sprint(value)
}

// readSource reads the form onto a source. The hub checks the settings against the Spec.
func readSource(form url.Values, ch Channel, src *lead.Source) error {
	src.Channel = ch.Channel
	src.Name = either(strings.TrimSpace(form.Get("name")), src.Key)
	src.Enabled = form.Get("enabled") == "on"
	var err error
	if src.Trust, err = strconv.Atoi(strings.TrimSpace(form.Get("trust"))); err != nil {
		return wrongField("trust", "bad_trust", "the trust is not a number", "give a number from 0 to 100; 50 is the usual trust")
	}
	if src.Mapping, err = pairs("mapping", form, strings.LastIndex); err != nil {
		return err
	}
	if src.Defaults, err = pairs("defaults", form, strings.Index); err != nil {
		return err
	}
	src.Settings = readSettings(form, ch)
	return nil
}

func wrongField(field, code, message, hint string) error {
	e := lead.Invalid(code, message, hint)
	e.Fields = []string{field}
	return e
}

// readSettings leaves out what stands at its default, so that the source follows when a default changes, and a secret
// that was not typed, which keeps its value. What was emptied against a default is set to be empty.
func readSettings(form url.Values, ch Channel) map[string]any {
	out := map[string]any{}
	for _, set := range ch.Settings {
		typed := strings.TrimSpace(strings.ReplaceAll(form.Get("setting."+set.Name), "\r\n", "\n"))
		switch {
		case set.Type == "bool":
			if on, byDefault := typed == "on", set.Default == true; on != byDefault {
				out[set.Name] = on
			}
		case set.Secret && typed == "", set.Type == "int" && typed == "", !set.Required && typed == shown(set.Default):
		case set.Type == "list":
			out[set.Name] = split(typed)
		case set.Type == "int":
			out[set.Name] = number(typed)
		default:
			out[set.Name] = typed
		}
	}
	return out
}

// number leaves what is not one a string, for the hub to refuse by its name.
func number(typed string) any {
	if n, err := strconv.Atoi(typed); err == nil {
		return n
	}
	return typed
}

// split takes the lines of a text area that hold something.
func split(text string) []string {
	out := []string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

func lines(m map[string]string) string {
	var b strings.Builder
	for _, k := range slices.SortedFunc(maps.Keys(m), cmp.Compare[string]) {
		fmt.Fprintf(&b, "%s = %s\n", k, m[k])
	}
	return b.String()
}

// pairs reads "a = b" lines; at tells which equals sign parts them, as a channel's field may hold one and ours never does.
func pairs(name string, form url.Values, at func(s, sep string) int) (map[string]string, error) {
	out := map[string]string{}
	for _, line := range split(form.Get(name)) {
		i := at(line, "=")
		if i <= 0 || i == len(line)-1 {
			return nil, wrongField(name, "bad_line", "a line of "+name+" is not of the form a = b: "+line, "write one pair per line")
		}
		out[strings.TrimSpace(line[:i])] = strings.TrimSpace(line[i+1:])
	}
	return out, nil
}

// withError shows the form again as it was sent, with what was wrong.
func (f sourceForm) withError(form url.Values, e *lead.Error) sourceForm {
	f.Error = e
	f.Name, f.Trust, f.Enabled = form.Get("name"), form.Get("trust"), form.Get("enabled") == "on"
	f.Mapping, f.Defaults = form.Get("mapping"), form.Get("defaults")
	if f.New {
		f.Key = form.Get("key")
	}
	for i := range f.Settings {
		set := &f.Settings[i]
		set.Wrong = slices.Contains(e.Fields, set.Name)
		if set.Secret {
			continue // typed again: it must not travel back in a page
		}
		set.Value = form.Get("setting." + set.Name)
		set.Checked = set.Value == "on"
	}
	return f
}
