package console

import (
	"strings"

	"github.com/leadhub/leadhub/lead"
)

type duplicateListPage struct {
	State string // of the pairs: open or dismissed
	Lead  string // only those of this lead, as it was asked for
	Items []lead.Duplicate
	Next  string
	First string
	names
}

func (s *site) duplicateList(v *visit) error {
	c, err := v.config()
	if err != nil {
		return err
	}
	q := lead.DuplicateQuery{State: v.URL.Query().Get("state"), Lead: strings.TrimSpace(v.URL.Query().Get("lead")), Cursor: v.URL.Query().Get("cursor")}
	if q.State != lead.DuplicateDismissed {
		q.State = lead.DuplicateOpen
	}
	found, err := s.Duplicates.Duplicates(v.Context(), q)
	if err != nil {
		return err
	}
	return v.render("duplicate_list", duplicateListPage{State: q.State, Lead: q.Lead, Items: found.Items, Next: nextPage(v.URL, found.Next),
		First: firstPage(v.URL), names: namesOf(c)})
}

// duplicateDecide dismisses a pair or opens it again.
func (s *site) duplicateDecide(v *visit) error {
	o := lead.Order{Actor: v.actor(), Why: strings.TrimSpace(v.PostForm.Get("why"))}
	decision := v.PostForm.Get("decision")
	if _, err := s.Duplicates.DecideDuplicate(v.Context(), v.param("a"), v.param("b"), decision, o); err != nil {
		return err
	}
	if decision == lead.DuplicateReopen {
		return v.done("/duplicates", "duplicate_reopened")
	}
	return v.done("/duplicates", "duplicate_dismissed")
}
