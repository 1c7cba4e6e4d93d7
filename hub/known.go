package hub

import (
	"context"
	"slices"
	"strings"

	"github.com/leadhub/leadhub/lead"
)

// Known looks for the lead of a phone, written in any way but complete: parts of a number find nothing. rep is who asks, "" for
// somebody who is none. KindInvalid when it is no phone.
func (h *Hub) Known(ctx context.Context, phone, rep string) (lead.Known, error) {
	config := h.configuration.current.Load()
	number, ok := readPhone(config, phone)
	if !ok {
		e := lead.Invalid("bad_phone", "this cannot be read as one phone number", "write the whole number, abroad with + and the country code")
		e.Fields = []string{"phone"}
		return lead.Known{}, e
	}
	for q := (lead.LeadQuery{Text: number, Limit: 200}); ; {
		page, err := h.cfg.Store.Leads(ctx, q)
		if err != nil {
			return lead.Known{}, err
		}
		for _, l := range page.Items {
			if !slices.ContainsFunc(l.Phones, func(p string) bool { return p == number || strings.HasPrefix(p, number+";") }) {
				continue
			}
			out := lead.Known{Known: true}
			if l.Owner != "" && l.Owner == rep {
				out.Yours, out.Lead = true, l.ID
			}
			for _, r := range config.config.Reps {
				if r.Key == l.Owner {
					out.Team = r.Team
				}
			}
			return out, nil
		}
		if q.Cursor = page.Next; q.Cursor == "" {
			return lead.Known{}, nil
		}
	}
}

// readPhone reads one phone as if a form had sent it.
func readPhone(config *snapshot, phone string) (string, bool) {
	d := lead.Draft{Identities: []lead.Identity{{Kind: lead.IdentityExternal, Scope: "known", Value: "known"}}}
	d.Add(lead.FieldPhone, strings.TrimSpace(phone))
	sub, err := config.normalizer.Submission(lead.Raw{ID: "known", Source: "known"}, 0, d, 0)
	if err != nil || len(sub.Phones) != 1 || len(sub.Notes) > 0 {
		return "", false
	}
	return sub.Phones[0].E164, true
}
