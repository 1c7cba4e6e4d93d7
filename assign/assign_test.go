package assign_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/leadhub/leadhub/assign"
	"github.com/leadhub/leadhub/lead"
)

func TestWeightsAreMetWithinOneLeadAtEveryPrefix(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.IntRange(0, 9), 1, 6).Draw(t, "weights")
		var reps []lead.Rep
		sum := 0
		for i, w := range weights {
			reps = append(reps, lead.Rep{Key: string(rune('a' + i)), Weight: w, Active: true})
			sum += w
		}
		if sum == 0 {
			t.Skip("nobody has a weight")
		}
		staff := &lead.Staff{Reps: reps}
		got := map[string]int{}
		for n := 1; n <= 200; n++ {
			a := assign.RoundRobin{}.Choose(&lead.Record{}, staff, time.Time{})
			got[a.Owner]++
			for _, r := range reps {
				share := float64(n) * float64(r.Weight) / float64(sum)
				require.LessOrEqual(t, math.Abs(share-float64(got[r.Key])), 1.0, "rep %s after %d leads", r.Key, n)
			}
		}
	})
}

func TestNobodyActiveLeavesTheLeadWithAReason(t *testing.T) {
	reps := []lead.Rep{{Key: "a", Weight: 1}, {Key: "b", Active: true}}
	staff := &lead.Staff{Reps: reps}
	a := assign.RoundRobin{}.Choose(&lead.Record{}, staff, time.Time{})
	require.Empty(t, a.Owner)
	require.Contains(t, a.Why, "no rep is active")
	require.Zero(t, staff.States["a"].Credit, "a rep that may not have it earns no credit")
}

func TestAnAssignmentSaysWhy(t *testing.T) {
	reps := []lead.Rep{{Key: "li", Weight: 2, Active: true}, {Key: "wang", Weight: 1, Active: true}}
	a := assign.RoundRobin{}.Choose(&lead.Record{Lead: lead.Lead{ID: "ld_1"}}, &lead.Staff{Reps: reps}, time.Time{})
	require.Equal(t, lead.Assignment{Lead: "ld_1", Owner: "li", Rule: assign.Rule,
		Why: "li had the most credit (2) with weight 2 of 3, after 0 leads"}, a)
}
