package connectors

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// Check turns the settings that a person wrote into Settings: unknown names, wrong types and missing ones are one
// error that names every field.
func (s Spec) Check(src lead.Source) (Settings, error) {
	out := Settings{Source: src.Key, Values: map[string]any{}, Mapping: src.Mapping, Defaults: src.Defaults,
		Now: time.Now}
	var wrong []string
	var fields []string
	complain := func(name, format string, args ...any) {
		fields = append(fields, name)
		wrong = append(wrong, name+" "+fmt.Sprintf(format, args...))
	}
	known := map[string]bool{}
	for _, f := range s.Settings {
		known[f.Name] = true
		v, given := src.Settings[f.Name]
		if !given || v == nil {
			if f.Required {
				complain(f.Name, "is missing")
			}
			out.Values[f.Name] = f.zero()
			continue
		}
		typed, ok := f.typed(v)
		switch {
		case !ok:
			complain(f.Name, "must be a %s", f.typeName())
		case len(f.OneOf) > 0 && !f.allows(typed):
			complain(f.Name, "must be one of %s", strings.Join(f.OneOf, ", "))
		case f.Required && empty(typed):
			complain(f.Name, "must not be empty")
		}
		out.Values[f.Name] = typed
	}
	for name := range src.Settings {
		if !known[name] {
			complain(name, "is not a setting of channel %s", s.Channel)
		}
	}
	if len(wrong) == 0 {
		return out, nil
	}
	sort.Strings(wrong)
	sort.Strings(fields)
	e := lead.Invalid("bad_settings", fmt.Sprintf("source %s: %s", src.Key, strings.Join(wrong, "; ")),
		"the settings of channel "+s.Channel+" are: "+strings.Join(s.names(), ", "))
	e.Fields = fields
	return Settings{}, e
}

// Secrets returns the names of the secret settings.
func (s Spec) Secrets() []string {
	var out []string
	for _, f := range s.Settings {
		if f.Secret {
			out = append(out, f.Name)
		}
	}
	return out
}

func (s Spec) names() []string {
	out := make([]string, len(s.Settings))
	for i, f := range s.Settings {
		out[i] = f.Name
	}
	return out
}

func (f Field) typeName() string {
	if f.Type == "" {
		return TypeString
	}
	return f.Type
}

func (f Field) zero() any {
	if f.Default != nil {
		return f.Default
	}
	switch f.Type {
	case TypeInt:
		return 0
	case TypeBool:
		return false
	case TypeList:
		return []string(nil)
	}
	return ""
}

// typed accepts what YAML and JSON decoders make of a value of the field's type.
func (f Field) typed(v any) (any, bool) {
	switch f.Type {
	case TypeInt:
		switch n := v.(type) {
		case int:
			return n, true
		case int64:
			return int(n), true
		case uint64:
			return int(n), true
		case float64:
			return int(n), n == float64(int(n))
		}
		return nil, false
	case TypeBool:
		b, ok := v.(bool)
		return b, ok
	case TypeList:
		return stringList(v)
	}
	s, ok := v.(string)
	return s, ok
}

func (f Field) allows(v any) bool {
	if list, ok := v.([]string); ok {
		return !slices.ContainsFunc(list, func(s string) bool { return !slices.Contains(f.OneOf, s) })
	}
	return slices.Contains(f.OneOf, fmt.Sprint(v))
}

func empty(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v) == ""
	case []string:
		return len(v) == 0
	}
	return false
}

func stringList(v any) (any, bool) {
	switch l := v.(type) {
	case []string:
		return l, true
	case string:
		return []string{l}, true
	case []any:
		out := make([]string, len(l))
		for i, e := range l {
			s, ok := e.(string)
			if !ok {
				return nil, false
			}
			out[i] = s
		}
		return out, true
	}
	return nil, false
}

// String returns a string setting.
func (s Settings) String(name string) string { v, _ := s.Values[name].(string); return v }

// Int returns an int setting.
func (s Settings) Int(name string) int { v, _ := s.Values[name].(int); return v }

// Bool returns a bool setting.
func (s Settings) Bool(name string) bool { v, _ := s.Values[name].(bool); return v }

// List returns a list setting.
func (s Settings) List(name string) []string { v, _ := s.Values[name].([]string); return v }
