package sinktest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
)

var concurrencyTests = map[string]func(*testing.T, Harness){
	"eight writers with overlapping people give the clusters of one": func(t *testing.T, h Harness) {
		p := open(t, h)
		rnd := rand.New(rand.NewPCG(1, 2))
		var subs []*lead.Submission
		for i := range 600 {
			person := rnd.IntN(120)
			ids := [][]lead.Identity{{Mobile(person)}, {Email(person)}, {OpenID(person)}, {Mobile(person), Email(person)}, {Email(person), OpenID(person)},
				{Mobile(person), Mobile(person + 1000)}}
			subs = append(subs, Sub(fmt.Sprintf("sub_%04d", i), ids[rnd.IntN(len(ids))]...))
		}
		// Every submission is delivered twice, to different writers, in batches that overlap.
		const writers = 8
		together(t, writers, func(w int) error {
			rnd := rand.New(rand.NewPCG(uint64(w), 7))
			mine := make([]*lead.Submission, 0, len(subs)/4)
			for i, s := range subs {
				if i%writers == w || (i/3)%writers == w {
					mine = append(mine, s)
				}
			}
			rnd.Shuffle(len(mine), func(i, j int) { mine[i], mine[j] = mine[j], mine[i] })
			for len(mine) > 0 {
				n := min(1+rnd.IntN(25), len(mine))
				if _, err := p.sink.Record(p.ctx, Items(mine[:n]...)); err != nil {
					return err
				}
				mine = mine[n:]
			}
			return nil
		})
		require.Equal(t, model(subs), clusters(p, subs))
		f := p.figures()
		require.EqualValues(t, len(subs), f.Touches)
		seen := map[string]string{}
		for _, l := range p.leads(lead.LeadQuery{Limit: 200}) {
			d := p.lead(l.ID)
			require.Len(t, d.TouchList, l.Touches, "no touch is lost and none is counted twice")
			for _, touch := range d.TouchList {
				require.Empty(t, seen[touch.Submission.ID], "a touch is on exactly one lead")
				seen[touch.Submission.ID] = l.ID
			}
		}
		require.Len(t, seen, len(subs))
		numbers(t, p, int(f.Leads+f.Merged))
		require.Equal(t, folded(t, p.drain()), living(p))
	},
	"the same new submission delivered to many writers at once is one touch of one lead": func(t *testing.T, h Harness) {
		p := open(t, h)
		for i := range 20 {
			s := Sub(fmt.Sprintf("sub_%d", i), Mobile(i), Email(i))
			together(t, 6, func(int) error {
				_, err := p.sink.Record(p.ctx, Items(s))
				return err
			})
		}
		require.EqualValues(t, 20, p.figures().Leads)
		require.EqualValues(t, 20, p.figures().Touches)
		numbers(t, p, 20)
	},
	"a submission and its rejection at the same moment end as a touch alone": func(t *testing.T, h Harness) {
		p := open(t, h)
		for i := range 20 {
			id := fmt.Sprintf("sub_%d", i)
			together(t, 4, func(w int) error {
				if w%2 == 0 {
					_, err := p.sink.Record(p.ctx, Items(Sub(id, Mobile(i))))
					return err
				}
				return p.sink.Reject(p.ctx, []lead.Rejection{rejection(id, w)})
			})
			o, err := p.store.Outcomes(p.ctx, []string{id})
			require.NoError(t, err)
			require.Equal(t, 1, o[id].Touches)
			require.Zero(t, o[id].Rejections)
		}
	},
}

// together runs fn n times at once and waits for all.
func together(t testing.TB, n int, fn func(i int) error) {
	t.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = fn(i)
		})
	}
	close(start)
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
}
