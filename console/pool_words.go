package console

import "github.com/leadhub/leadhub/lead"

// Terms are the rules of a public pool, each in a sentence.
func (s speech) Terms(p lead.Pool) []string {
	out := []string{s.text("terms.everybody")}
	if len(p.Teams) > 0 {
		out[0] = s.text("terms.teams", s.Names(p.Teams, s.TeamName))
	}
	out = append(out, s.ClaimTerms(p)...)
	for _, r := range p.Recycle {
		out = append(out, s.recycled(r))
	}
	if p.ArchiveAfter > 0 {
		out = append(out, s.text("terms.archive", p.ArchiveAfter))
	}
	if p.AutoAssign {
		out = append(out, s.text("terms.auto"))
	}
	return out
}

// ClaimTerms are those of the rules that concern whoever claims and gives back.
func (s speech) ClaimTerms(p lead.Pool) []string {
	var out []string
	say := func(key string, args ...any) { out = append(out, s.text(key, args...)) }
	if p.ClaimsPerDay > 0 {
		say("terms.perday", p.ClaimsPerDay)
	}
	if p.ClaimGap > 0 {
		say("terms.gap", s.Span(p.ClaimGap))
	}
	if p.CoolDown > 0 {
		say("terms.cooldown", s.Span(p.CoolDown))
	}
	if p.HoldNew > 0 {
		say("terms.holdnew", s.Span(p.HoldNew))
	}
	mask := p.Masked
	if len(mask) == 0 {
		mask = []string{"phones", "emails"}
	}
	say("terms.masked", s.words("field", mask))
	if len(p.Hidden) > 0 {
		say("terms.hidden", s.words("field", p.Hidden))
	}
	if len(p.Reasons) > 0 {
		say("terms.reasons", s.Names(p.Reasons, func(r string) string { return r }))
	}
	return out
}

func (s speech) recycled(r lead.Recycle) string {
	after := s.Span(r.After)
	if r.WorkingTime {
		after = s.text("terms.working", after)
	}
	out := s.text("terms.recycle", s.or("recycle."+r.Kind, r.Kind), after)
	if r.When != "" {
		out = s.text("terms.when", out, r.When)
	}
	if r.Remind > 0 {
		out = s.text("terms.remind", out, s.Span(r.Remind))
	}
	return out
}
