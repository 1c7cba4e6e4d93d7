package connectors

import (
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"github.com/leadhub/leadhub/lead"
)

// FieldEventTime is a name that a mapping may target beside the fields of a Draft: its value becomes Draft.EventTime.
const FieldEventTime = "event_time"

// FieldIgnore is the target of a mapping for what is not to be kept at all.
const FieldIgnore = "-"

// Pair is one thing a channel said, under the channel's own name for it. A name inside another is written "a.b".
type Pair struct{ Name, Value string }

// Mapper turns a channel's names of fields into those of a Draft: the mapping of the source first, then the aliases
// that are known in Chinese and English. Upper and lower case, width, spaces and punctuation do not matter. It is safe
// for concurrent use.
type Mapper struct {
	mapping  map[string]string // by folded name
	defaults map[string]string
	known    sync.Map // answers of Field by name; a source has few names, but strangers can make up more
	room     atomic.Int64
}

// cached bounds what a Mapper remembers: names, and bytes of each.
const (
	cachedNames = 1000
	cachedBytes = 100
)

// NewMapper makes the Mapper of a source.
func NewMapper(s Settings) *Mapper {
	m := &Mapper{mapping: make(map[string]string, len(s.Mapping)), defaults: s.Defaults}
	m.room.Store(cachedNames)
	for name, field := range s.Mapping {
		m.mapping[fold(name)] = strings.TrimSpace(field)
	}
	return m
}

// Field returns the field of the Draft that name goes to, or "" when neither the mapping nor an alias knows it.
// FieldEventTime and FieldIgnore are possible answers.
func (m *Mapper) Field(name string) string {
	if field, ok := m.known.Load(name); ok {
		return field.(string)
	}
	field := m.find(name)
	if len(name) <= cachedBytes && m.room.Add(-1) >= 0 {
		m.known.Store(strings.Clone(name), field)
	}
	return field
}

func (m *Mapper) find(name string) string {
	folded := fold(name)
	if field, ok := m.mapping[folded]; ok {
		if field == "" {
			return FieldIgnore
		}
		return field
	}
	return alias(name, folded)
}

// Mapped reports whether the source's own mapping names this field.
func (m *Mapper) Mapped(name string) bool { _, ok := m.mapping[fold(name)]; return ok }

// Add puts one pair where it belongs; a name that nobody knows is kept as it is.
func (m *Mapper) Add(d *lead.Draft, p Pair) {
	switch field := m.Field(p.Name); field {
	case FieldIgnore:
	case FieldEventTime:
		if d.EventTime == "" {
			d.EventTime = strings.TrimSpace(p.Value)
		}
	case "":
		d.Add(strings.TrimSpace(p.Name), p.Value)
	default:
		d.Add(field, p.Value)
	}
}

// AddAnswer puts what a person answered to a question that the vendor names in several ways: by its id, by its text. The source's mapping
// decides first, then an alias of any of them, and what nobody knows is kept under the last name there is. An answer dates the
// event only where the mapping says so: a question for a time is not when it was asked.
func (m *Mapper) AddAnswer(d *lead.Draft, value string, names ...string) {
	last := "answer"
	for _, name := range names {
		if m.Mapped(name) {
			m.Add(d, Pair{name, value})
			return
		}
		if name = strings.TrimSpace(name); name != "" {
			last = name
		}
	}
	for _, name := range names {
		if field := m.Field(name); field != "" && field != FieldEventTime {
			d.Add(field, value)
			return
		}
	}
	d.Add(last, value)
}

// Keep is Add for a name that the vendor made up, which no alias may take for something else: without a mapping it is kept as it is.
func (m *Mapper) Keep(d *lead.Draft, p Pair) {
	if m.Mapped(p.Name) {
		m.Add(d, p)
	} else if name := strings.TrimSpace(p.Name); name != "" {
		d.Add(name, p.Value)
	}
}

// AddDefaults fills the fields that are still empty with the defaults of the source.
func (m *Mapper) AddDefaults(d *lead.Draft) {
	for field, value := range m.defaults {
		if strings.TrimSpace(d.First(field)) == "" {
			delete(d.Fields, field)
			d.Add(field, value)
		}
	}
}

// Draft is Add for every pair, then AddDefaults.
func (m *Mapper) Draft(pairs []Pair) lead.Draft {
	var d lead.Draft
	for _, p := range pairs {
		m.Add(&d, p)
	}
	m.AddDefaults(&d)
	return d
}

// fold is the form in which names are compared: width and case folded, letters and digits only. What stands in round
// brackets is a remark of the form's author (必填, optional) and left out, unless nothing else is there.
func fold(name string) string {
	var b, inside strings.Builder
	depth := 0
	for _, r := range name {
		if r >= '！' && r <= '～' { // full-width ASCII
			r -= '！' - '!'
		}
		switch {
		case r == '(' || r == '【':
			depth++
		case r == ')' || r == '】':
			depth = max(depth-1, 0)
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
		case depth > 0:
			inside.WriteRune(unicode.ToLower(r))
		default:
			b.WriteRune(unicode.ToLower(r))
		}
	}
	if b.Len() == 0 {
		return inside.String()
	}
	return b.String()
}

// alias looks name up, from its full form to what is left when wrappers that say nothing are taken off.
func alias(name, folded string) string {
	for {
		if field := bare(folded); field != "" {
			return field
		}
		head, rest, ok := cutSegment(name)
		if !ok || !wrappers[fold(head)] {
			return ""
		}
		name, folded = rest, fold(rest)
	}
}

// bare looks a folded name up, then without the politeness before it ("您的") and the number behind it ("tel-123").
func bare(folded string) string {
	if field, ok := aliases[folded]; ok {
		return field
	}
	if short := strings.TrimRight(folded, "0123456789"); short != "" {
		folded = short
		if field, ok := aliases[folded]; ok {
			return field
		}
	}
	for range 2 {
		before := folded
		for _, p := range politeness {
			if rest, ok := strings.CutPrefix(folded, p); ok && rest != "" {
				folded = rest
				break
			}
		}
		if field, ok := aliases[folded]; ok {
			return field
		}
		if folded == before {
			break
		}
	}
	return ""
}

// cutSegment cuts "a.b" and "a[b]" after a.
func cutSegment(name string) (head, rest string, ok bool) {
	i := strings.IndexAny(name, ".[")
	if i <= 0 || i == len(name)-1 {
		return "", "", false
	}
	return name[:i], strings.TrimSuffix(name[i+1:], "]"), true
}
