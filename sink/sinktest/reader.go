package sinktest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

var readerTests = map[string]func(*testing.T, Harness){
	"pages hold every lead once while leads are added": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.fill(30)
		seen := map[string]bool{}
		q := lead.LeadQuery{Limit: 7}
		for round := 0; ; round++ {
			page, err := p.store.Leads(p.ctx, q)
			require.NoError(t, err)
			for _, l := range page.Items {
				require.False(t, seen[l.ID], "a lead stands on two pages")
				seen[l.ID] = true
			}
			if q.Cursor = page.Next; q.Cursor == "" {
				break
			}
			later := newSinkAt(p.store, day.Add(time.Duration(round+1)*time.Second))
			_, err = later.Record(p.ctx, Items(Sub(fmt.Sprintf("later_%d", round), Mobile(1000+round))))
			require.NoError(t, err)
		}
		require.Len(t, seen, 30)
	},
	"newer leads come first, and a limit is kept within its bounds": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.record(Sub("sub_1", Mobile(1)))
		_, err := newSinkAt(p.store, day.Add(time.Second)).Record(p.ctx, Items(Sub("sub_2", Mobile(2))))
		require.NoError(t, err)
		all := p.leads(lead.LeadQuery{Limit: -1})
		require.Equal(t, []string{p.on("sub_2"), p.on("sub_1")}, []string{all[0].ID, all[1].ID})
		page, err := p.store.Leads(p.ctx, lead.LeadQuery{Limit: 100000})
		require.NoError(t, err)
		require.Empty(t, page.Next)
		require.Len(t, page.Items, 2)
	},
	"a search finds parts of names, companies, phones, emails and numbers, in any case": func(t *testing.T, h Harness) {
		p := open(t, h)
		a, b, c := Sub("sub_a", Mobile(12345678)), Sub("sub_b", Email(77)), Sub("sub_c", Mobile(2))
		a.Name.Display, a.Company.Display = "王小明", "海风科技（深圳）有限公司"
		b.Name.Display, b.Company.Display = "Ann O'Neill", "100% Pure_Water Co"
		c.Name.Display, c.Company.Display = "李雷", "1000 Pure Waters"
		p.record(a, b, c)
		for text, want := range map[string][]string{
			"小明": {"sub_a"}, "海风": {"sub_a"}, "2345678": {"sub_a"}, "LI77@": {"sub_b"}, "o'ne": {"sub_b"}, "100%": {"sub_b"}, "pure_w": {"sub_b"},
			"100": {"sub_b", "sub_c"}, "%": {"sub_b"}, "_": {"sub_b"}, `\`: {}, "xl20260102-000003": {"sub_c"}, " 李雷 ": {"sub_c"}, "nobody": {}, "*": {}, "?": {},
		} {
			var got, ids []string
			for _, l := range p.leads(lead.LeadQuery{Text: text}) {
				got = append(got, l.ID)
			}
			for _, s := range want {
				ids = append(ids, p.on(s))
			}
			require.ElementsMatch(t, ids, got, "search for %q", text)
		}
	},
	"filters restrict, alone and together": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.staff(rep("anna", 1))
		a, b, c := Sub("sub_a", Mobile(1)), Sub("sub_b", Mobile(2)), Sub("sub_c", Mobile(3))
		a.Region.Province, b.Region.Province = "广东省", "北京市"
		a.Source, b.Source, c.Source = "site", "site-2", "si_e"
		a.EventTime, b.EventTime, c.EventTime = day, day.Add(time.Hour), day.Add(2*time.Hour)
		p.record(a, b)
		_, err := p.assigner(1, day).Step(p.ctx)
		require.NoError(t, err)
		p.record(c)
		owned, free := p.leads(lead.LeadQuery{Owner: "anna"}), p.leads(lead.LeadQuery{Owner: "-"})
		require.Len(t, owned, 1)
		require.Len(t, free, 2)
		require.Len(t, p.leads(lead.LeadQuery{Status: lead.StatusNew}), 2)
		require.Len(t, p.leads(lead.LeadQuery{Owner: "nobody"}), 0)
		for name, q := range map[string]lead.LeadQuery{
			"sub_a": {Source: "site"}, "sub_b": {Province: "北京市"}, "sub_c": {Since: day.Add(2 * time.Hour)},
		} {
			got := p.leads(q)
			require.Len(t, got, 1, name)
			require.Equal(t, p.on(name), got[0].ID)
		}
		require.Len(t, p.leads(lead.LeadQuery{Until: day.Add(2 * time.Hour)}), 2)
		require.Len(t, p.leads(lead.LeadQuery{Source: "site", Province: "北京市"}), 0)
	},
	"a lead that is not there is a clear answer": func(t *testing.T, h Harness) {
		p := open(t, h)
		for _, id := range []string{"ld_none", "", "XL20260102-000001", "\x00", "'; DROP TABLE leads"} {
			_, err := p.store.Lead(p.ctx, id)
			require.Equal(t, "lead_not_found", lead.AsError(err).Code)
		}
		page, err := p.store.Leads(p.ctx, lead.LeadQuery{})
		require.NoError(t, err)
		require.NotNil(t, page.Items)
	},
	"the figures count the pool": func(t *testing.T, h Harness) {
		p := open(t, h)
		require.Equal(t, lead.PoolFigures{}, p.figures())
		p.staff(rep("anna", 1))
		p.record(Sub("sub_1", Mobile(1)), Sub("sub_2", Email(1)), Sub("sub_3", Mobile(1), Email(1)), Sub("sub_4", Mobile(4)), Sub("sub_5", Mobile(5)))
		_, err := p.assigner(1, day).Step(p.ctx)
		require.NoError(t, err)
		require.Equal(t, lead.PoolFigures{Leads: 3, Merged: 1, Touches: 5, Assigned: 1, Unassigned: 2, Due: 2, Outbox: 7}, p.figures())
	},
	"the database answers": func(t *testing.T, h Harness) {
		require.NoError(t, open(t, h).store.Ping(t.Context()))
	},
}
