package console

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// speech says what the hub keeps as keys and codes, in the language of a visit.
type speech struct {
	names
	catalogue
	lang string
}

func (v *visit) speech(c lead.Config) speech {
	return speech{names: namesOf(c), catalogue: v.site.pages.catalogues[v.lang], lang: v.lang}
}

// RuleName is the name of a rule of assignment; those that decide when none of the configuration does have one, too.
func (s speech) RuleName(key string) string {
	return either(s.rules[key], s.or("rule."+strings.ReplaceAll(key, " ", "_"), key))
}

// Span is a duration in words.
func (s speech) Span(d lead.Duration) string {
	t := time.Duration(d)
	var parts []string
	for _, u := range []struct {
		size time.Duration
		key  string
	}{{24 * time.Hour, "span.days"}, {time.Hour, "span.hours"}, {time.Minute, "span.minutes"}, {time.Second, "span.seconds"}} {
		if n := t / u.size; n > 0 {
			parts, t = append(parts, s.text(u.key, int(n))), t%u.size
		}
	}
	if len(parts) == 0 {
		return s.text("span.seconds", 0)
	}
	return strings.Join(parts, " ")
}

// Names lists keys by name.
func (s speech) Names(keys []string, name func(string) string) string {
	out := make([]string, len(keys))
	for i, k := range keys {
		out[i] = name(k)
	}
	return strings.Join(out, s.text("list.separator"))
}

// words lists codes of a group of the catalogue.
func (s speech) words(group string, codes []string) string {
	return s.Names(codes, func(code string) string { return s.or(group+"."+code, code) })
}

// Who names who did something: a rule by its name.
func (s speech) Who(actor string) string {
	if key, ok := strings.CutPrefix(actor, "rule:"); ok {
		return s.actor("rule:" + s.RuleName(key))
	}
	return s.actor(actor)
}

// Moved says what was done with a lead; "" for an event that is no move.
func (s speech) Moved(e lead.Event) string {
	from, to, pool := s.RepName(e.From), s.RepName(e.To), s.PoolName(e.Pool)
	switch e.Move {
	case lead.MoveAssign:
		return s.text("moved.assign", either(to, s.text("lead.nobody")))
	case lead.MoveTransfer:
		return s.text("moved.transfer", from, to)
	case lead.MoveClaim:
		return s.text("moved.claim", to, pool)
	case lead.MoveAccept:
		return s.text("moved.accept")
	case lead.MoveRelease:
		switch {
		case strings.HasPrefix(e.Why, archivedWhy):
			return s.text("moved.releasedlast", from)
		case pool == "":
			return s.text("moved.rules")
		case from == "":
			return s.text("moved.pool", pool)
		}
		return s.text("moved.release", from, pool)
	case lead.MoveRecycle:
		if pool == "" {
			return s.text("moved.archived", from)
		}
		return s.text("moved.recycle", from, pool)
	case lead.MovePool:
		return s.text("moved.pool", pool)
	case lead.MoveHandover:
		return s.text("moved.handover", from, either(to, either(pool, s.text("moved.therules"))))
	case lead.MoveReopen:
		return s.text("moved.reopen")
	case lead.MoveFollow:
		return s.text("moved.follow")
	}
	return ""
}

// Because is why something was done, without what Moved says already.
func (s speech) Because(e lead.Event) string {
	switch {
	case e.FollowUp != nil || e.Move == lead.MoveAccept && !strings.Contains(e.Why, ": "):
		return ""
	case e.Move == "" || len(e.Trace) > 0 || strings.HasPrefix(e.Actor, "rule:"):
		return s.Reason(e.Why)
	}
	_, words, _ := strings.Cut(e.Why, ": ") // what follows is a person's, or the hub's when it took the lead back
	if strings.HasPrefix(e.Why, archivedWhy) {
		_, words, _ = strings.Cut(words, ": ") // behind how often it came back
	}
	return s.Reason(words)
}

// archivedWhy begins why a lead was archived that came back too often.
const archivedWhy = "archived: it came back "

var (
	ownerFirst = regexp.MustCompile(`^(?:level (\d+) is the highest that may have it; )?(\S+) (had the most credit|was due first|held the fewest|was asked for|owns a lead)`)
	nobodyNow  = regexp.MustCompile(`^nobody may have it now: ((?:\d+ [a-z_]+(?:, )?)+); (.+)$`)
	asked      = regexp.MustCompile(`^(.+), but ([a-z_]+)$`)
	notSo      = regexp.MustCompile(`(?s)^it is (not )?so that (.+?)(?:: ([a-z_]+) is (.+))?$`)
)

// Reason says a sentence of the rules, with the names of reps in the place of their keys.
func (s speech) Reason(why string) string {
	if m := nobodyNow.FindStringSubmatch(why); m != nil {
		var parts []string
		for _, p := range strings.Split(m[1], ", ") {
			n, code, _ := strings.Cut(p, " ")
			count, _ := strconv.Atoi(n)
			parts = append(parts, s.text("trace.ofthem", s.or("repcode."+code, code), count))
		}
		return s.text("trace.nobody", strings.Join(parts, s.text("list.separator")), s.reason(s.lang, m[2]))
	}
	if m := notSo.FindStringSubmatch(why); m != nil {
		switch ruledOut := m[1] == ""; {
		case ruledOut && m[3] == "":
			return s.text("trace.so", m[2])
		case ruledOut:
			return s.text("trace.sois", m[2], m[3], m[4])
		case m[3] == "":
			return s.text("trace.notso", m[2])
		}
		return s.text("trace.notsois", m[2], m[3], m[4])
	}
	if m := ownerFirst.FindStringSubmatchIndex(why); m != nil {
		why = why[:m[4]] + strings.ReplaceAll(s.RepName(why[m[4]:m[5]]), " ", "\u00a0") + why[m[5]:]
	}
	if strings.HasSuffix(why, "; ") { // what a sticky rule tried in vain
		var parts []string
		for _, p := range strings.Split(strings.TrimSuffix(why, "; "), "; ") {
			if m := asked.FindStringSubmatch(p); m != nil {
				parts = append(parts, s.text("trace.but", s.reason(s.lang, m[1]), s.or("repcode."+m[2], m[2])))
				continue
			}
			parts = append(parts, s.reason(s.lang, p))
		}
		return strings.Join(parts, s.text("list.separator"))
	}
	return s.reason(s.lang, why)
}
