package sinktest

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

// sticky is a rule by which leads of one company go to one rep; chen has most of the weight, so that nobody else gets one by chance.
func sticky() lead.Config {
	return lead.Config{Reps: []lead.Rep{rep("anna", 1), rep("bo", 1), rep("chen", 1000)}, Rules: []lead.Rule{{Key: "all", Sticky: true, Enabled: true}}}
}

var stickyTests = map[string]func(*testing.T, Harness){
	"a lead of a company goes to the rep who has another lead of it, as long as he may have it": func(t *testing.T, h Harness) {
		c := sticky()
		d := openRules(t, h, c)
		n := 0
		// next records somebody of a company and returns who gets the lead, and the lead.
		next := func(company string) (owner, id string) {
			n++
			s := fmt.Sprint("sub_", n)
			d.record(of(company, Sub(s, Mobile(n))))
			d.assignAll()
			return d.lead(d.on(s)).Owner, d.on(s)
		}
		give := func(id, rep string) {
			_, err := d.mover.Assign(d.ctx, id, rep, boss)
			require.NoError(t, err)
		}
		owner, first := next("云帆")
		require.Equal(t, "chen", owner)
		give(first, "anna")
		owner, second := next("云帆")
		require.Equal(t, "anna", owner)
		require.Contains(t, d.lead(second).History[0].Why, "owns a lead of the same company")
		owners, err := d.store.Owners(d.ctx, "云帆")
		require.NoError(t, err)
		require.Equal(t, []string{"anna"}, owners)
		owner, _ = next("海衡")
		require.Equal(t, "chen", owner, "another company")
		owner, _ = next("")
		require.Equal(t, "chen", owner, "no company is not one company")

		// Off duty, somebody else; back again, whoever got the latest, as long as he may have it.
		c.Reps[0].OffDuty = true
		d.apply(c)
		owner, third := next("云帆")
		require.Equal(t, "chen", owner)
		c.Reps[0].OffDuty, c.Reps[2].Leave = false, []lead.Leave{{From: day, To: day.Add(time.Hour)}}
		d.apply(c)
		owner, fourth := next("云帆")
		require.Equal(t, "anna", owner)

		// A closed lead counts: who won the company knows it.
		c.Reps[2].Leave = nil
		d.apply(c)
		give(third, "anna")
		for _, id := range []string{first, second, third, fourth} {
			_, err := d.mover.Follow(d.ctx, lead.Feedback{Lead: id, Status: lead.StatusConverted}, boss)
			require.NoError(t, err)
		}
		owner, fifth := next("云帆")
		require.Equal(t, "anna", owner)

		// What is released is nobody's.
		for _, id := range []string{first, second, third, fourth} {
			_, err := d.mover.Reopen(d.ctx, id, boss)
			require.NoError(t, err)
		}
		for _, id := range []string{first, second, third, fourth, fifth} {
			give(id, "bo")
		}
		owner, _ = next("云帆")
		require.Equal(t, "bo", owner, "anna has none any more")
		d.exact()
	},
	"a lead that went into one of another rep counts for him": func(t *testing.T, h Harness) {
		d := openRules(t, h, sticky())
		d.record(of("云帆", Sub("a", Mobile(1))), of("海衡", Sub("b", Email(2))))
		_, err := d.mover.Assign(d.ctx, d.on("a"), "anna", boss)
		require.NoError(t, err)
		_, err = d.mover.Assign(d.ctx, d.on("b"), "bo", boss)
		require.NoError(t, err)
		d.record(of("云帆", Sub("ab", Mobile(1), Email(2)))) // the lower id lives on: anna's, with the company that was said last
		require.Equal(t, "anna", d.lead(d.on("b")).Owner)
		company := d.lead(d.on("b")).Company
		d.record(of(company, Sub("c", Mobile(3))), of(map[string]string{"云帆": "海衡", "海衡": "云帆"}[company], Sub("d", Mobile(4))))
		d.assignAll()
		require.Equal(t, []string{"anna", "chen"}, []string{d.lead(d.on("c")).Owner, d.lead(d.on("d")).Owner}, "bo has no lead of either")
	},
	"leads of a company that come together stay together, whichever assigner has them": func(t *testing.T, h Harness) {
		c := lead.Config{Rules: []lead.Rule{{Key: "all", Sticky: true, Enabled: true}}}
		for i := range 10 {
			c.Reps = append(c.Reps, rep(fmt.Sprint("rep", i), 1))
		}
		d := openRules(t, h, c)
		const leads, companies = 1000, 60
		var subs []*lead.Submission
		for i := range leads {
			subs = append(subs, of(fmt.Sprint("公司", i%companies), Sub(fmt.Sprintf("sub_%03d", i), Mobile(i))))
		}
		d.record(subs...)
		together(t, 3, func(int) error {
			for {
				if n, err := d.rules.Step(d.ctx); err != nil || n == 0 {
					return err
				}
			}
		})
		owners := map[string]map[string]bool{}
		for _, l := range d.leads(lead.LeadQuery{Limit: 200}) {
			if owners[l.Company] == nil {
				owners[l.Company] = map[string]bool{}
			}
			owners[l.Company][l.Owner] = true
		}
		require.Len(t, owners, companies)
		for company, reps := range owners {
			require.Len(t, reps, 1, company)
			require.False(t, reps[""])
		}
	},
}
