package sinktest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

// openRules is openDesk with the rules of the configuration in force.
func openRules(t testing.TB, h Harness, c lead.Config) *desk {
	d := openDesk(t, h, c)
	d.apply(c)
	return d
}

// apply replaces the configuration, and the rules with it.
func (d *desk) apply(c lead.Config) {
	d.t.Helper()
	d.setUp(c)
	compiled, err := assign.Compile(&c, time.FixedZone("", 8*60*60))
	require.NoError(d.t, err)
	d.rules = sink.NewAssigner(sink.AssignerConfig{Desk: d.store, Chooser: func() sink.Chooser { return compiled.Round() }, Now: d.clock.Now, Batch: 250})
}

// of is a submission that names a company.
func of(company string, s *lead.Submission) *lead.Submission {
	s.Company = lead.Company{Display: company, Key: company}
	return s
}

func holding(key string, n int) lead.Rep {
	r := rep(key, 1)
	r.Holding = n
	return r
}

var backlogTests = map[string]func(*testing.T, Harness){
	"when two leads of a rep become one, the best that waits is his at once": func(t *testing.T, h Harness) {
		d := openRules(t, h, lead.Config{Reps: []lead.Rep{holding("anna", 2)}})
		d.record(Sub("a", Mobile(1)), Sub("b", Email(2)))
		d.assignAll()
		d.record(Sub("c", Mobile(3)), Sub("d", Mobile(4)), Sub("e", Mobile(5)))
		d.assignAll()
		require.Equal(t, 2, d.states()["anna"].Held)

		d.record(Sub("ab", Mobile(1), Email(2)))
		d.assignAll()
		require.Equal(t, "anna", d.lead(d.on("c")).Owner, "who waits longest")
		require.Empty(t, d.lead(d.on("d")).Owner, "there was room for one")

		_, err := d.sink.Merge(d.ctx, d.on("ab"), d.on("c"), lead.Order{Actor: "person:x"})
		require.NoError(t, err)
		d.assignAll()
		require.Equal(t, "anna", d.lead(d.on("d")).Owner)

		_, err = d.sink.Withdraw(d.ctx, []string{"d"}, lead.Order{Actor: "person:x"})
		require.NoError(t, err)
		d.assignAll()
		require.Equal(t, "anna", d.lead(d.on("e")).Owner)
		d.exact()
	},
	"a lead that waits is offered to the rules when it says more": func(t *testing.T, h Harness) {
		d := openRules(t, h, lead.Config{Reps: []lead.Rep{rep("anna", 1), {Key: "bo", Active: true, Weight: 1, Daily: 1}}, Rules: []lead.Rule{
			{Key: "big", When: `company != ""`, To: lead.Target{Reps: []string{"anna"}}, Enabled: true},
			{Key: "south", When: `province == "广东省"`, To: lead.Target{Reps: []string{"bo"}}, Enabled: true}}})
		south := Sub("s", Mobile(9))
		south.Region = lead.Region{Country: "CN", Province: "广东省"}
		d.record(south)
		d.assignAll()
		again := Sub("b", Mobile(2))
		again.Region = south.Region
		d.record(Sub("a", Mobile(1)), again, Sub("c", Mobile(3), Email(3)))
		d.assignAll()
		for _, s := range []string{"a", "b", "c"} {
			require.Empty(t, d.lead(d.on(s)).Owner, "no rule fits, or nobody has room until tomorrow")
		}
		d.record(of("云帆", Sub("a2", Mobile(1))), of("云帆", Sub("b2", Mobile(2))))
		d.assignAll()
		require.Equal(t, "anna", d.lead(d.on("a")).Owner)
		require.Equal(t, "anna", d.lead(d.on("b")).Owner, "it need not wait for tomorrow any more")
		require.Empty(t, d.lead(d.on("c")).Owner)

		_, err := d.sink.Pin(d.ctx, d.on("c"), lead.Pin{Field: "company", Value: "海衡"}, sink.Order{Actor: "person:x"})
		require.NoError(t, err)
		d.assignAll()
		require.Equal(t, "anna", d.lead(d.on("c")).Owner)
		d.exact()
	},
	"a lead that rules put into a public pool is offered to them again when it says more, until a person or an owner had to do with it": func(t *testing.T, h Harness) {
		c := lead.Config{Settings: lead.Settings{DefaultPool: "sea"}, Pools: []lead.Pool{{Key: "sea", Enabled: true}, {Key: "lake", Enabled: true}},
			Reps: []lead.Rep{holding("anna", 3)}, Rules: []lead.Rule{{Key: "big", When: `company != ""`, To: lead.Target{Reps: []string{"anna"}}, Enabled: true}}}
		d := openRules(t, h, c)
		d.record(Sub("a", Mobile(1)), Sub("b", Mobile(2)), Sub("c", Mobile(3)), Sub("d", Mobile(4)), Sub("e", Mobile(5)))
		d.assignAll()
		require.Equal(t, "sea", d.lead(d.on("a")).Pool)

		d.record(Sub("a2", Mobile(1)))
		d.assignAll()
		require.Equal(t, "sea", d.lead(d.on("a")).Pool, "still no rule fits")
		require.Zero(t, d.figures().Due, "and nothing waits")

		d.record(of("云帆", Sub("a3", Mobile(1))))
		d.assignAll()
		require.Equal(t, []string{"anna", ""}, []string{d.lead(d.on("a")).Owner, d.lead(d.on("a")).Pool})

		_, err := d.mover.Release(d.ctx, d.on("a"), "sea", "because", boss)
		require.NoError(t, err)
		_, err = d.mover.Release(d.ctx, d.on("b"), "lake", "", boss)
		require.NoError(t, err)
		d.record(of("云帆", Sub("a4", Mobile(1))), of("云帆", Sub("b2", Mobile(2))))
		d.assignAll()
		require.Equal(t, "sea", d.lead(d.on("a")).Pool, "it had an owner")
		require.Equal(t, "lake", d.lead(d.on("b")).Pool, "a person put it there")

		// One whose rep has no room lies where it lies, and waits: whoever is first has it.
		d.add(3)
		c.Reps[0].Holding = 0
		c.Rules = append(c.Rules, lead.Rule{Key: "rest", To: lead.Target{Reps: []string{"anna"}}, Enabled: true})
		d.apply(c)
		d.assignAll()
		c.Reps[0].Holding = 3
		c.Reps = append(c.Reps, rep("bo", 1))
		c.Rules = c.Rules[:1]
		d.apply(c)
		d.record(of("云帆", Sub("c2", Mobile(3))), of("云帆", Sub("d2", Mobile(4))))
		d.assignAll()
		require.Equal(t, []string{"", "sea"}, []string{d.lead(d.on("c")).Owner, d.lead(d.on("c")).Pool})
		_, err = d.mover.Claim(d.ctx, d.on("c"), by("bo"))
		require.NoError(t, err)
		d.record(of("云帆", Sub("c3", Mobile(3))))
		_, err = d.mover.Follow(d.ctx, lead.Feedback{Lead: d.leads(lead.LeadQuery{Owner: "anna"})[0].ID, Status: lead.StatusConverted}, boss)
		require.NoError(t, err)
		d.assignAll()
		require.Equal(t, "bo", d.lead(d.on("c")).Owner)
		require.Equal(t, "anna", d.lead(d.on("d")).Owner)
		require.Equal(t, "sea", d.lead(d.on("e")).Pool)
		d.exact()
	},
}
