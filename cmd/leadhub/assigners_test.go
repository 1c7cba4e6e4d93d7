//go:build chaos

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/dedupe"
	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
	"github.com/leadhub/leadhub/sink/postgres"
)

// Three processes assign what lies in one PostgreSQL. Of 104,000 leads 94,000 go to thirty reps by weight, and twenty reps with a
// quota of 300 a day take 6,000 of the others.
func TestChaosThreeProcessesHandOutAHundredThousandLeadsExactly(t *testing.T) {
	const weighted, limited, sellers, juniors, quota = 94_000, 10_000, 30, 20, 300
	ctx, f := context.Background(), kafkaPostgresFlags(t)
	db, err := postgres.Open(ctx, f.Database, postgres.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Migrate(ctx))
	weights, total := map[string]int{}, 0
	_, err = db.EditConfig(ctx, func(c *lead.Config) error {
		c.Teams = []lead.Team{{Key: "sellers"}, {Key: "juniors"}}
		c.Sources = []lead.Source{{Key: "site", Channel: "webform"}, {Key: "expo", Channel: "webform"}}
		for i := range sellers {
			r := lead.Rep{Key: fmt.Sprintf("seller-%02d", i), Team: "sellers", Weight: 1 + i%3, Active: true}
			weights[r.Key], total = r.Weight, total+r.Weight
			c.Reps = append(c.Reps, r)
		}
		for i := range juniors {
			c.Reps = append(c.Reps, lead.Rep{Key: fmt.Sprintf("junior-%02d", i), Team: "juniors", Weight: 1, Active: true, Daily: quota})
		}
		c.Rules = []lead.Rule{{Key: "expo", When: `source == "expo"`, To: lead.Target{Teams: []string{"juniors"}}, Enabled: true},
			{Key: "rest", To: lead.Target{Teams: []string{"sellers"}}, Enabled: true}}
		return nil
	})
	require.NoError(t, err)
	pool := sink.New(sink.Config{Pool: db, Judge: func() sink.Judge { return dedupe.Policy{} }})
	for from := 0; from < weighted+limited; from += 1000 {
		items := make([]sink.Item, 1000)
		for i := range items {
			items[i] = strangerAt(t, from+i, (from+i)%104 < 10)
		}
		_, err := pool.Record(ctx, items)
		require.NoError(t, err)
	}

	began := time.Now()
	for i := range 3 {
		p, err := startHub(ctx, []string{"--data", filepath.Join(t.TempDir(), fmt.Sprint(i)), "--kafka", f.Kafka, "--topic-prefix", f.TopicPrefix,
			"--database", f.Database, "--roles", "assign", "--log-level", "warn"})
		require.NoError(t, err)
		t.Cleanup(p.end)
	}
	count := func(query string) (n int) {
		require.NoError(t, db.Read.QueryRow(query).Scan(&n))
		return n
	}
	require.Eventually(t, func() bool {
		return count("SELECT count(*) FROM leads WHERE owner = '' AND waits = ''") == 0
	}, 3*time.Minute, 200*time.Millisecond)
	took := time.Since(began)
	t.Logf("%d leads in %s, three processes started meanwhile: %.0f/s", weighted+limited, took.Round(time.Millisecond), float64(weighted+limited)/took.Seconds())

	require.Equal(t, limited-juniors*quota, count("SELECT count(*) FROM leads WHERE owner = '' AND waits = 'expo'"), "what the quotas leave waits")
	require.Equal(t, weighted+juniors*quota, count("SELECT count(*) FROM leads WHERE owner <> ''"))
	require.Zero(t, count("SELECT count(*) FROM (SELECT lead FROM events WHERE version = 2 GROUP BY lead HAVING count(*) > 1) AS x"))
	require.Zero(t, count("SELECT count(*) FROM events WHERE version > 2"), "nobody was given a lead that had an owner")
	states, err := db.RepStates(ctx)
	require.NoError(t, err)
	handed := 0
	for _, s := range states {
		owned := count("SELECT count(*) FROM leads WHERE owner = '" + s.Rep + "'")
		require.Equal(t, []int{owned, owned, owned}, []int{s.Held, s.Today, int(s.Assigned)}, s.Rep)
		handed += owned
		if w := weights[s.Rep]; w > 0 {
			require.InDelta(t, float64(weighted)*float64(w)/float64(total), owned, 1, "%s with weight %d", s.Rep, w)
		} else {
			require.Equal(t, quota, owned, s.Rep)
		}
	}
	require.Equal(t, weighted+juniors*quota, handed)
}

// strangerAt is a submission by somebody who was never here before.
func strangerAt(t testing.TB, n int, expo bool) sink.Item {
	phone := fmt.Sprintf("+86139%08d", n)
	s := &lead.Submission{ID: fmt.Sprintf("sub_%06d", n), Source: "site", Channel: "webform", Trust: 50, EventTime: time.Now(), ReceivedAt: time.Now(),
		Phones:     []lead.Phone{{E164: phone, Type: lead.PhoneMobile}},
		Identities: []lead.Identity{{Kind: lead.IdentityMobile, Value: phone}}}
	if expo {
		s.Source = "expo"
	}
	s.Origin.Source = s.Source
	doc, err := json.Marshal(s)
	require.NoError(t, err)
	return sink.Item{Submission: s, JSON: doc}
}
