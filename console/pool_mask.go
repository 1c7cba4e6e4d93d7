package console

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/leadhub/leadhub/lead"
)

// shownLead is a lead of a public pool as whoever has not claimed it may see it.
type shownLead struct {
	lead.Lead
	Hidden map[string]bool // fields that are not shown at all, by name
}

// unclaimed leaves out what the pool hides and masks what it masks; phones and emails unless it names fields.
func unclaimed(l lead.Lead, p *lead.Pool) shownLead {
	out := shownLead{Lead: l, Hidden: map[string]bool{}}
	for _, f := range p.Hidden {
		out.Hidden[f] = true
	}
	mask := p.Masked
	if len(mask) == 0 {
		mask = []string{"phones", "emails"}
	}
	for _, f := range slices.Concat(mask, p.Hidden) {
		hide := out.Hidden[f]
		conceal := func(value *string, keep int) {
			if hide {
				*value = ""
			} else {
				*value = masked(*value, keep)
			}
		}
		switch f {
		case "name":
			conceal(&out.Name, 1)
		case "honorific":
			conceal(&out.Honorific, 0)
		case "company":
			conceal(&out.Company, 2)
		case "title":
			conceal(&out.Title, 1)
		case "address":
			conceal(&out.Address, 2)
		case "region":
			out.Region.City, out.Region.District, out.Region.Code = "", "", ""
			if hide {
				out.Region = lead.Region{}
			}
		case "phones":
			out.Phones = maskedAll(out.Phones, hide, maskedPhone)
		case "emails":
			out.Emails = maskedAll(out.Emails, hide, maskedEmail)
		}
	}
	return out
}

func maskedAll(values []string, hide bool, mask func(string) string) []string {
	if hide {
		return nil
	}
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = mask(v)
	}
	return out
}

// maskedPhone shows how a mobile of China begins and ends, and of any other number how it ends.
func maskedPhone(phone string) string {
	number, _, _ := strings.Cut(phone, ";")
	if m, ok := strings.CutPrefix(number, "+86"); ok && len(m) == 11 {
		return m[:3] + "****" + m[7:]
	}
	return "****" + number[max(0, len(number)-2):]
}

func maskedEmail(email string) string {
	name, domain, ok := strings.Cut(email, "@")
	if !ok {
		return "***"
	}
	return masked(name, 1) + "@" + domain
}

// masked shows the first characters of a text, never all of it.
func masked(text string, keep int) string {
	if text == "" {
		return ""
	}
	keep = min(keep, utf8.RuneCountInString(text)-1)
	return string([]rune(text)[:keep]) + "***"
}
