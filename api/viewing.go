package api

import (
	"context"

	"github.com/leadhub/leadhub/lead"
)

type viewKey struct{}

// seenBy is what the caller may see. It is nil for a token that is no rep's.
func seenBy(ctx context.Context) *lead.RepView {
	v, _ := ctx.Value(viewKey{}).(*lead.RepView)
	return v
}

// viewOf reads who a rep is at this moment.
func (s *server) viewOf(ctx context.Context, rep string) (*lead.RepView, error) {
	c, err := s.Configuration.Config(ctx)
	if err != nil {
		return nil, err
	}
	return c.RepView(rep)
}

// ownLead lets a rep decide about his own leads alone: of one he has not claimed, a merge or a split would show all.
func (s *server) ownLead(ctx context.Context, ids ...string) error {
	v := seenBy(ctx)
	if v == nil {
		return nil
	}
	for _, id := range ids {
		d, err := s.Leads.Lead(ctx, id)
		if err != nil {
			return err
		}
		if !v.Owns(&d.Lead) {
			return lead.UnknownLead()
		}
	}
	return nil
}

func wrongField(field, code, message, hint string) error {
	e := lead.Invalid(code, message, hint)
	e.Fields = []string{field}
	return e
}
