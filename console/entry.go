package console

import (
	"net/http"
	"slices"
	"time"

	"github.com/leadhub/leadhub/lead"
)

// recognise finds who is signed in, as the hub knows him at this moment. [shut] tells the errors of somebody whom nothing lets in from
// trouble of the hub.
func (v *visit) recognise() error {
	if v.session.Token == "" {
		return lead.Unauthorized("not_signed_in", "nobody is signed in", "sign in")
	}
	t, err := v.site.Authenticator.Token(v.Context(), v.session.Token)
	if err != nil {
		return err
	}
	if v.session.Stamp != stamp(t, v.site.SessionKey) {
		return lead.Unauthorized("token_changed", "the token is another than that which signed in", "sign in again")
	}
	return v.enter(t)
}

// enter lets the holder of a token in: somebody above with the scope admin, or a rep who is active. The token of a rep is never more than
// a rep's, whatever its scopes are.
func (v *visit) enter(t lead.Token) error {
	if t.Rep == "" {
		if !slices.Contains(t.Scopes, lead.ScopeAdmin) {
			return &lead.Error{Kind: lead.KindForbidden, Code: "not_admin", Message: "this token is no rep's, and lacks the scope admin"}
		}
		v.token, v.view = t, nil
		return nil
	}
	if !slices.Contains(t.Scopes, lead.ScopeLeadsRead) {
		return noScope(lead.ScopeLeadsRead)
	}
	c, err := v.config()
	if err != nil {
		return err
	}
	view, err := c.RepView(t.Rep)
	if err != nil {
		return err
	}
	v.token, v.view = t, view
	return nil
}

// shut reports whether an error of [visit.recognise] means that this person may not come in.
func shut(err error) bool {
	return slices.Contains([]lead.Kind{lead.KindUnauthorized, lead.KindForbidden, lead.KindNotFound}, lead.AsError(err).Kind)
}

// signOut ends the session; what a visitor who never was signed in has stays.
func (v *visit) signOut() {
	if v.session.Token != "" {
		http.SetCookie(v.w, cookie(v.Request, sessionCookie, "", -time.Second))
	}
}

// byWho answers somebody above and a rep each in their way. Where one of them has none the page is not there for him.
func byWho(above, rep handler) handler {
	return func(v *visit) error {
		h := above
		if v.view != nil {
			h = rep
		}
		if h == nil {
			return noPage()
		}
		return h(v)
	}
}

// working refuses what changes leads when the token of the rep may only read.
func working(h handler) handler {
	return func(v *visit) error {
		if !v.works() {
			return noScope(lead.ScopeLeadsWork)
		}
		return h(v)
	}
}

func (v *visit) works() bool { return slices.Contains(v.token.Scopes, lead.ScopeLeadsWork) }

func noScope(scope string) error {
	return &lead.Error{Kind: lead.KindForbidden, Code: "missing_scope", Message: "this token lacks the scope " + scope,
		Hint: "ask for a token that has it"}
}

func noPage() error { return lead.NotFound("no_such_page", "there is no such page", "") }

// lead is all there is of a lead, as far as who visits may see it. Everything that the console shows of leads comes from here or from
// [visit.leads].
func (v *visit) lead(id string) (lead.LeadDetail, error) {
	d, err := v.site.Leads.Lead(v.Context(), id)
	if err != nil {
		return lead.LeadDetail{}, err
	}
	return v.view.Detail(d)
}

// leads are those of a query that who visits may see, as he may see them.
func (v *visit) leads(q lead.LeadQuery) (lead.LeadPage, error) {
	q, err := v.view.Narrow(q)
	if err != nil {
		return lead.LeadPage{}, err
	}
	p, err := v.site.Leads.Leads(v.Context(), q)
	if err != nil {
		return lead.LeadPage{}, err
	}
	return v.view.Page(p), nil
}
