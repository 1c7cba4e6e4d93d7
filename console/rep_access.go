package console

import (
	"slices"

	"github.com/leadhub/leadhub/lead"
)

type repAccessPage struct {
	Rep    lead.Rep
	Tokens []lead.Token // of this rep
	Secret string       // of the one that was just made: nobody can see it again
	Error  *lead.Error
}

// repAccessShow lists with what a rep signs in.
func (s *site) repAccessShow(v *visit) error {
	p, err := v.accessPage()
	if err != nil {
		return err
	}
	return v.render("rep_access", p)
}

func (v *visit) accessPage() (repAccessPage, error) {
	c, err := v.config()
	if err != nil {
		return repAccessPage{}, err
	}
	i := slices.IndexFunc(c.Reps, func(r lead.Rep) bool { return r.Key == v.param("key") })
	if i < 0 {
		return repAccessPage{}, lead.NotFound("rep_not_found", "there is no such rep", "")
	}
	p := repAccessPage{Rep: c.Reps[i]}
	all, err := v.site.Access.Tokens(v.Context())
	if err != nil {
		return repAccessPage{}, err
	}
	for _, t := range all {
		if t.Rep == p.Rep.Key {
			p.Tokens = append(p.Tokens, t)
		}
	}
	return p, nil
}

// repAccessGive makes a token with which a rep signs in and works, and shows its secret this once: it is in no address and in no log.
func (s *site) repAccessGive(v *visit) error {
	p, err := v.accessPage()
	if err != nil {
		return err
	}
	refuse := func(err error) error {
		return v.refused("rep_access", err, func(e *lead.Error) any { p.Error = e; return p })
	}
	if !p.Rep.Active {
		return refuse(wrongField("rep", "rep_inactive", "the rep is not active", "have him set active first"))
	}
	secret, token, err := s.Access.CreateToken(v.Context(), lead.Token{Name: p.Rep.Key, Rep: p.Rep.Key, Scopes: []string{lead.ScopeLeadsRead, lead.ScopeLeadsWork}})
	if err != nil {
		return refuse(err)
	}
	p.Secret, p.Tokens = secret, append(p.Tokens, token)
	return v.render("rep_access", p)
}

// repAccessTake takes a token back: whoever is signed in with it is out at the next request.
func (s *site) repAccessTake(v *visit) error {
	p, err := v.accessPage()
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(p.Tokens, func(t lead.Token) bool { return t.ID == v.param("id") }) {
		return lead.NotFound("token_not_found", "the rep has no such token", "it may have been taken back already")
	}
	if err := s.Access.DeleteToken(v.Context(), v.param("id")); err != nil {
		return err
	}
	return v.done("/reps/"+p.Rep.Key+"/access", "access_taken")
}
