package sinktest

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

var fairnessTests = map[string]func(*testing.T, Harness){
	"three assigners meet the weights within one lead per rep at every one of 10,000 leads": func(t *testing.T, h Harness) {
		const leads, batch = 10000, 500
		weights := map[string]int{"anna": 5, "bo": 3, "chen": 2, "dai": 1, "eva": 1}
		total := 0
		c := lead.Config{Rules: []lead.Rule{{Key: "all", Enabled: true}}}
		for key, w := range weights {
			c.Reps = append(c.Reps, rep(key, w))
			total += w
		}
		d := openRules(t, h, c)
		var subs []*lead.Submission
		for i := range leads {
			if subs = append(subs, Sub(fmt.Sprintf("sub_%05d", i), Mobile(i))); len(subs) == batch {
				d.record(subs...)
				subs = nil
			}
		}
		d.drain()
		together(t, 3, func(int) error {
			for {
				if n, err := d.rules.Step(d.ctx); err != nil || n == 0 {
					return err
				}
			}
		})
		// Who assigns holds the states of the reps from before he chooses until commit: changes come onto the stream in the order of the choices.
		counts, n := map[string]int{}, 0
		for _, o := range d.drain() {
			var l lead.Lead
			require.NoError(t, json.Unmarshal(o.Value, &l))
			counts[l.Owner]++
			n++
			for key, w := range weights {
				if off := counts[key]*total - n*w; off > total || off < -total {
					require.Failf(t, "unfair", "%s has %d of the first %d leads with weight %d of %d", key, counts[key], n, w, total)
				}
			}
		}
		require.Equal(t, leads, n)
		for key, s := range d.states() {
			require.Equal(t, []int{counts[key], counts[key]}, []int{s.Held, s.Today})
		}
		require.Zero(t, d.figures().Due)
	},
}
