package console

import (
	"regexp"

	"github.com/leadhub/leadhub/lead"
)

// told is a sentence of the hub about what was done with a lead, with what a person said of it behind a colon, and how another language says it.
type told struct {
	en *regexp.Regexp
	as func(s speech, m []string) string
}

func tells(en string, as func(s speech, m []string) string) told {
	return told{regexp.MustCompile(`(?s)^` + en + `(?:: (.+))?$`), as}
}

// toldWhy are the sentences that a page does not need, because it shows the move itself.
var toldWhy = []told{
	tells(`given to (\S+?)`, func(s speech, m []string) string { return s.text("moved.assign", s.RepName(m[0])) }),
	tells(`transferred from (\S+) to (\S+?)`, func(s speech, m []string) string { return s.text("moved.transfer", s.RepName(m[0]), s.RepName(m[1])) }),
	tells(`handed over from (\S+) to the rules`, func(s speech, m []string) string {
		return s.text("moved.handover", s.RepName(m[0]), s.text("moved.therules"))
	}),
	tells(`handed over from (\S+) to (\S+?)`, func(s speech, m []string) string { return s.text("moved.handover", s.RepName(m[0]), s.RepName(m[1])) }),
	tells(`handed over from (\S+) into (\S+?)`, func(s speech, m []string) string { return s.text("moved.handover", s.RepName(m[0]), s.PoolName(m[1])) }),
	tells(`claimed from (\S*) by (\S+?)`, func(s speech, m []string) string { return s.text("moved.claim", s.RepName(m[1]), s.PoolName(m[0])) }),
	tells(`taken back into (\S+?)`, func(s speech, m []string) string { return s.text("told.recycle", s.PoolName(m[0])) }),
	tells(`archived: it came back too often`, func(s speech, _ []string) string { return s.text("told.archived") }),
	tells(`it is the same person as a lead of (\S+?)`, func(s speech, m []string) string { return s.text("told.same", s.RepName(m[0])) }),
	tells(`a new submission of (\S+?)`, func(s speech, m []string) string { return s.text("told.returned", s.SourceName(m[0])) }),
}

// Told says why a rep is told of a lead. What a person wrote stays as it is.
func (w Words) Told(n lead.Notification) string {
	for _, t := range toldWhy {
		if m := t.en.FindStringSubmatch(n.Why); m != nil {
			said, words := t.as(w.speech, m[1:]), m[len(m)-1]
			if words != "" {
				said += w.text("told.colon") + w.Reason(words)
			}
			return said
		}
	}
	return w.Reason(n.Why)
}
