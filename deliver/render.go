package deliver

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// item is one thing to be told, with the lead as it is when it is told.
type item struct {
	n    lead.Notification
	lead lead.Lead
	rep  lead.Rep
	test bool
}

// mostLines is how many leads a message names: nobody reads more of them there.
const mostLines = 100

// render writes a message as people read it, within the size of the target: one lead in full, several a line each.
func render(t *Target, setup *Setup, m *message) string {
	w, items := languages[t.Language], once(m.items)
	if len(items) == 1 {
		return fit(one(t, setup, w, items[0]), t.maxBytes)
	}
	slices.SortStableFunc(items, func(a, b item) int { return cmp.Compare(a.rep.Key, b.rep.Key) })
	reps := map[string]int{}
	for _, it := range items {
		reps[it.rep.Key]++
	}
	lines := []string{"【" + w.heading(items) + "】"}
	if len(reps) == 1 {
		lines[0] += plain(items[0].rep.Name)
	}
	tail := func(left int) []string {
		var out []string
		if left > 0 {
			out = append(out, fmt.Sprintf(w.more, left))
		}
		if link := setup.list(items, len(reps) == 1); link != "" {
			out = append(out, w.all+w.colon+link)
		}
		return out
	}
	size := func(lines []string) int { return len(strings.Join(lines, "\n")) }
	previous := ""
	for i, it := range items {
		if i == mostLines {
			return strings.Join(append(lines, tail(len(items)-i)...), "\n")
		}
		next := slices.Clone(lines)
		if it.rep.Key != previous && len(reps) > 1 {
			next = append(next, fmt.Sprintf("%s (%d)", plain(it.rep.Name), reps[it.rep.Key]))
		}
		previous = it.rep.Key
		next = append(next, line(t, setup, w, it, mixed(items)))
		if size(next)+1+size(tail(len(items))) > t.maxBytes {
			return fit(strings.Join(append(lines, tail(len(items)-i)...), "\n"), t.maxBytes)
		}
		lines = next
	}
	return strings.Join(append(lines, tail(0)...), "\n")
}

// once leaves out what would be read twice: the same of one lead, to one rep, as a lead that may be the same as each of three others. Of a lead
// as it is now, the line would be the same.
func once(items []item) []item {
	type said struct{ rep, kind, lead string }
	seen := make(map[said]bool, len(items))
	out := make([]item, 0, len(items))
	for _, it := range items {
		key := said{it.rep.Key, it.n.Kind, it.lead.ID}
		if !seen[key] {
			seen[key], out = true, append(out, it)
		}
	}
	return out
}

func mixed(items []item) bool {
	return slices.ContainsFunc(items, func(it item) bool { return it.n.Kind != items[0].n.Kind })
}

// fit cuts a text to a number of bytes, between characters.
func fit(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most-len("…")], "") + "…"
}

// one is a message about one lead.
func one(t *Target, setup *Setup, w words, it item) string {
	l := &it.lead
	lines := []string{"【" + w.heading([]item{it}) + "】" + l.Number}
	if it.test {
		lines = append(lines, w.test)
	}
	add := func(label, value string) {
		if value != "" {
			lines = append(lines, label+w.colon+value)
		}
	}
	if t.Detail != lead.DetailMinimal {
		if who := person(t, l); who != "" {
			lines = append(lines, who)
		}
		if t.Detail == lead.DetailFull {
			for _, email := range l.Emails {
				lines = append(lines, plain(email))
			}
			add(w.company, plain(l.Company))
		} else {
			add(w.company, masked(l.Company))
		}
		add(w.region, region(l))
	}
	add(w.source, setup.source(l))
	add(w.grade, gradeOf(w, l))
	if t.Detail != lead.DetailMinimal {
		add(w.why, cut(masked(setup.why(t, it.n)), 200))
	}
	if t.group {
		add(w.owner, plain(it.rep.Name))
	}
	if link := setup.link(l); link != "" {
		lines = append(lines, link)
	}
	return strings.Join(lines, "\n")
}

// line is a lead among several.
func line(t *Target, setup *Setup, w words, it item, kinds bool) string {
	l := &it.lead
	parts := []string{l.Number}
	if kinds {
		parts = append(parts, w.kindOf(it.n.Kind))
	}
	if t.Detail != lead.DetailMinimal {
		parts = append(parts, person(t, l), cut(masked(l.Company), 30))
	}
	parts = append(parts, plain(l.Grade), setup.source(l))
	return "· " + strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), " ")
}

// person is name and phones, as far as the target may tell.
func person(t *Target, l *lead.Lead) string {
	if t.Detail == lead.DetailFull {
		return strings.TrimSpace(plain(l.Name+" "+l.Honorific) + " " + plain(strings.Join(l.Phones, " ")))
	}
	phone := ""
	if len(l.Phones) > 0 {
		phone = maskPhone(l.Phones[0])
	}
	return strings.TrimSpace(surname(t.Language, l) + " " + phone)
}

func gradeOf(w words, l *lead.Lead) string {
	if l.Grade == "" {
		return ""
	}
	return fmt.Sprintf(w.score, plain(l.Grade), l.Score)
}

func cut(text string, runes int) string {
	if r := []rune(text); len(r) > runes {
		return string(r[:runes]) + "…"
	}
	return text
}

// source is the name of the source that brought the lead last.
func (s *Setup) source(l *lead.Lead) string {
	key := l.LastFrom.Source
	if key == "" && len(l.Sources) > 0 {
		key = l.Sources[0]
	}
	return masked(cmp.Or(s.sources[key], key))
}

// link leads to a lead in the console, "" when nobody said where that is.
func (s *Setup) link(l *lead.Lead) string {
	if s.base == "" {
		return ""
	}
	return s.base + "/leads/" + url.PathEscape(l.ID)
}

// list leads to the leads of a rep, or to all.
func (s *Setup) list(items []item, ofOne bool) string {
	switch {
	case s.base == "":
		return ""
	case ofOne:
		return s.base + "/leads?owner=" + url.QueryEscape(items[0].rep.Key)
	}
	return s.base + "/leads"
}

// subject of a mail: without a word about the person, as many programs show it on locked screens.
func subject(lang string, m *message) string {
	w, items := languages[lang], once(m.items)
	if len(items) == 1 {
		return w.heading(items) + " " + items[0].lead.Number
	}
	return w.heading(items)
}

// sample is what a test sends: an invented lead.
func sample(t *Target, rep lead.Rep, now time.Time) *message {
	l := lead.Lead{ID: "ld_test", Number: "XL20260102-000123", Name: "王小明", Honorific: "先生", Phones: []string{"+8613800138000"}, Emails: []string{"wang@example.com"},
		Company: "海衡科技", Region: lead.Region{Country: "CN", Province: "广东省", City: "深圳市"}, Grade: "A", Score: 85}
	if t.Language == "en" {
		l.Name, l.Honorific, l.Company = "John Smith", "Mr", "Haiheng Technology"
	}
	n := lead.Notification{ID: "ntf_test", Rep: rep.Key, Kind: lead.NotifyAssigned, Lead: l.ID, Number: l.Number, At: now.UTC()}
	return &message{id: lead.NewID("msg_", now), attempt: 1, items: []item{{n: n, lead: l, rep: rep, test: true}}}
}
