package console

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// officeLead is a lead with everything in it that a pool may conceal, also in places where nobody looks for it.
func officeLead(id, owner, pool string) lead.LeadDetail {
	d := cannedLead()
	d.ID, d.Number, d.Owner, d.Status, d.Pool = id, "XL20260102-9"+id, owner, lead.StatusAssigned, pool
	d.Name, d.Address, d.Tags, d.Score, d.Grade = "赵敏 13912345678", "软件园 139-1234-5678", []string{"回拨 13912345678"}, 55, "A"
	d.OwnedAt = canned
	d.PreviousOwner, d.Reason = "wu", "say 139 1234 5678"
	d.FirstFrom = lead.Origin{Page: "https://www.example.cn/?phone=13912345678"}
	d.History[0].Trace = cannedTrace()
	d.History = append(d.History, lead.Event{Type: lead.EventDuplicate, At: canned, Why: "may be the same as XL20260102-0theirs of li, score 8.0: same name"})
	d.Duplicates = []lead.LeadDuplicate{{Lead: "theirs", Number: "XL20260102-0theirs", Name: "王芳", Owner: "li"}, {Lead: "mine2", Number: "XL20260102-0mine2", Owner: "chen"}}
	if owner == "" {
		d.Status = lead.StatusNew
	}
	return d
}

// office has leads of the rep chen, in his pool, in pools that are not for him, and of somebody else. What is listed is not filtered by
// who owns it or in which pool it lies: what a page leaves out, the console leaves out.
func office() *fakes {
	f := cannedFakes()
	f.config.Teams = append(f.config.Teams, lead.Team{Key: "north", Name: "华北"})
	f.config.Pools = append(f.config.Pools, lead.Pool{Key: "far", Name: "北海", Teams: []string{"north"}, Enabled: true})
	leads := map[string]lead.LeadDetail{}
	for _, d := range []lead.LeadDetail{officeLead("mine", "chen", ""), officeLead("mine2", "chen", ""), officeLead("pooled", "", "sea"), officeLead("far", "", "far"),
		officeLead("old", "", "old"), officeLead("theirs", "li", ""), officeLead("waits", "", "")} {
		leads[d.ID] = d
	}
	worked := leads["mine2"]
	worked.Status, worked.AcceptedAt, worked.NextAt = lead.StatusWorking, canned, canned.Add(time.Hour)
	leads["mine2"] = worked
	f.lead = func(id string) (lead.LeadDetail, error) {
		if d, ok := leads[id]; ok {
			return d, nil
		}
		return lead.LeadDetail{}, lead.UnknownLead()
	}
	f.leads = func(q lead.LeadQuery) (lead.LeadPage, error) {
		f.asked = append(f.asked, q)
		var p lead.LeadPage
		for _, id := range []string{"mine", "mine2", "pooled", "far", "old", "theirs", "waits"} {
			l := leads[id].Lead
			if (q.Pool == "") == (l.Owner != "") && (q.Status == "" || l.Status == q.Status) && (q.FollowBy.IsZero() || !l.NextAt.IsZero() && !l.NextAt.After(q.FollowBy)) {
				p.Items = append(p.Items, l)
			}
		}
		return p, nil
	}
	return f
}

// rep signs chen in.
func (f *fakes) rep(t *testing.T) *browser { t.Helper(); return f.signedInWith(t, repToken) }

// setToken changes the token of chen, or takes it back.
func (f *fakes) setToken(change func(*lead.Token) error) {
	before := f.token
	f.token = func(id string) (lead.Token, error) {
		t, err := before(id)
		if err != nil {
			return t, err
		}
		t.Scopes = slices.Clone(t.Scopes)
		return t, change(&t)
	}
}

// secrets are what must not be on a page about a lead that nobody has claimed.
var secrets = []string{"13912345678", "139-1234-5678", "139 1234 5678", "xiaoming", "赵敏", "示例科技", "深圳市", "Wu Lin", "王芳", "想了解价格"}

func requireConcealed(t *testing.T, page, where string) {
	t.Helper()
	for _, s := range secrets {
		require.NotContains(t, page, s, where)
	}
}
