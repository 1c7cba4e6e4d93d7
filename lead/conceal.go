package lead

import (
	"regexp"
	"slices"
	"strings"
)

// Known tells whether somebody is in the pool, and who looks after him: enough to keep out of each other's way 撞单, and no more.
type Known struct {
	Known bool   `json:"known"`
	Team  string `json:"team,omitempty"` // key of the team whose rep owns the lead; "" when nobody does, or the rep has no team
	Yours bool   `json:"yours"`          // the lead is the asker's own
	Lead  string `json:"lead,omitempty"` // its id, when it is
}

// Conceal is a lead of the pool as it is shown before somebody claims it: without what the pool hides, with a part of what it masks
// (phones and emails when it names nothing), and with none of the places in which people write such things, too.
func (p *Pool) Conceal(l Lead) Lead {
	masked := p.Masked
	if len(masked) == 0 {
		masked = []string{"phones", "emails"}
	}
	text := func(field, value string, keep int) string {
		switch {
		case slices.Contains(p.Hidden, field):
			return ""
		case slices.Contains(masked, field):
			return maskText(value, keep)
		}
		return WithoutContacts(value)
	}
	l.Name, l.Honorific, l.Title = text("name", l.Name, 1), text("honorific", l.Honorific, 0), text("title", l.Title, 1)
	l.Company, l.Address = text("company", l.Company, 2), text("address", l.Address, 2)
	l.Phones, l.Emails = concealAll(p, "phones", l.Phones, MaskPhone), concealAll(p, "emails", l.Emails, MaskEmail)
	switch {
	case slices.Contains(p.Hidden, "region"):
		l.Region = Region{}
	case slices.Contains(masked, "region"):
		l.Region.City, l.Region.District, l.Region.Code = "", "", ""
	}
	l.Tags, l.Products = eachWithout(l.Tags), eachWithout(l.Products)
	l.Reason, l.PreviousOwner, l.Customer, l.Amount, l.Currency = WithoutContacts(l.Reason), "", "", "", ""
	l.Consents, l.FirstFrom, l.LastFrom = nil, l.FirstFrom.concealed(), l.LastFrom.concealed()
	return l
}

// concealed leaves what tells of an advertisement, not of a person: pages carry what a form was filled with.
func (o Origin) concealed() Origin {
	out := Origin{Source: o.Source}
	for k, v := range o.UTM {
		if out.UTM == nil {
			out.UTM = map[string]string{}
		}
		out.UTM[k] = WithoutContacts(v)
	}
	return out
}

func concealAll(p *Pool, field string, values []string, mask func(string) string) []string {
	out := make([]string, 0, len(values))
	if slices.Contains(p.Hidden, field) {
		return out
	}
	if len(p.Masked) > 0 && !slices.Contains(p.Masked, field) {
		return append(out, values...)
	}
	for _, v := range values {
		out = append(out, mask(v))
	}
	return out
}

func eachWithout(values []string) []string {
	out := make([]string, 0, len(values))
	for _, v := range values {
		out = append(out, WithoutContacts(v))
	}
	return out
}

var contacts = regexp.MustCompile(`\S+[@＠]\S+|[+＋]?\p{Nd}(?:[\s\-‐–—_.·()（）]{0,2}\p{Nd}){6,}`)

// WithoutContacts puts *** for everything in a text that may be a phone or an email.
func WithoutContacts(text string) string { return contacts.ReplaceAllString(text, "***") }

// MaskPhone shows how a mobile of China begins and ends, 138****8000, and of any other number the last two digits.
func MaskPhone(phone string) string {
	number, _, _ := strings.Cut(phone, ";")
	if m, ok := strings.CutPrefix(number, "+86"); ok && len(m) == 11 && m[0] == '1' {
		return m[:3] + "****" + m[7:]
	}
	return "****" + number[max(0, len(number)-2):]
}

// MaskEmail shows the first character and the domain: l***@example.com.
func MaskEmail(email string) string {
	i := strings.LastIndex(email, "@")
	if i < 0 {
		return "***"
	}
	return maskText(email[:i], 1) + email[i:]
}

// maskText shows the first characters of a text, never all of it.
func maskText(text string, keep int) string {
	if text == "" {
		return ""
	}
	runes := []rune(text)
	return string(runes[:min(keep, len(runes)-1)]) + "***"
}
