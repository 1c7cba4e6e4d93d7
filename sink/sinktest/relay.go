package sinktest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/leadhub/leadhub/lead"
	"github.com/leadhub/leadhub/sink"
)

var relayTests = map[string]func(*testing.T, Harness){
	"folding the stream gives the pool": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.staff(rep("anna", 1), rep("bo", 2))
		for i := range 10 {
			p.record(people(100)[i*10 : i*10+10]...)
			_, err := p.assigner(3, day).Step(p.ctx)
			require.NoError(t, err)
		}
		stream := p.drain()
		require.Equal(t, living(p), folded(t, stream))
		ordered(t, stream)
		require.Zero(t, p.figures().Outbox)
	},
	"a change that was published but not forgotten is published again, and none is lost": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.fill(10)
		away := errors.New("the broker is away")
		var first []sink.Outgoing
		n, err := p.store.Relay(p.ctx, 4, func(list []sink.Outgoing) error {
			first = list
			return away
		})
		require.ErrorIs(t, err, away)
		require.Zero(t, n)
		require.Len(t, first, 4)
		all := p.drain()
		require.Len(t, all, 10)
		require.Equal(t, first, all[:4])
	},
	"only one relay runs at a time": func(t *testing.T, h Harness) {
		p := open(t, h)
		p.fill(3)
		n, err := p.store.Relay(p.ctx, 10, func([]sink.Outgoing) error {
			other, err := p.store.Relay(p.ctx, 10, func([]sink.Outgoing) error { return errors.New("not me") })
			require.Zero(t, other)
			return err
		})
		require.NoError(t, err)
		require.Equal(t, 3, n)
	},
	"the changes of one lead come in order while many write": func(t *testing.T, h Harness) {
		p := open(t, h)
		var stream []sink.Outgoing
		const writers, each = 6, 40
		together(t, writers+1, func(w int) error {
			if w == writers {
				for len(stream) < writers*each {
					_, err := p.store.Relay(p.ctx, 7, func(list []sink.Outgoing) error {
						stream = append(stream, list...)
						return nil
					})
					if err != nil {
						return err
					}
				}
				return nil
			}
			for i := range each {
				if _, err := p.sink.Record(p.ctx, Items(Sub(fmt.Sprintf("sub_%d_%d", w, i), Mobile(i%5)))); err != nil {
					return err
				}
			}
			return nil
		})
		ordered(t, stream)
		require.Len(t, stream, writers*each)
		require.Equal(t, living(p), folded(t, stream))
	},
}

// ordered checks that the versions of every lead start at 1 and grow by one.
func ordered(t testing.TB, stream []sink.Outgoing) {
	t.Helper()
	last := map[string]int64{}
	for _, o := range stream {
		require.Equal(t, last[o.Lead]+1, o.Version, "lead %s", o.Lead)
		last[o.Lead] = o.Version
	}
}

// folded is the last state of every living lead on a stream.
func folded(t testing.TB, stream []sink.Outgoing) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, o := range stream {
		if len(o.Value) == 0 { // a tombstone
			delete(out, o.Lead)
			continue
		}
		var c lead.Change
		require.NoError(t, json.Unmarshal(o.Value, &c))
		require.Equal(t, o.Lead, c.ID)
		require.Equal(t, o.Version, c.Version)
		if c.MergedInto != "" {
			delete(out, c.ID)
			continue
		}
		b, err := json.Marshal(c.Lead)
		require.NoError(t, err)
		out[c.ID] = string(b)
	}
	return out
}

// living is the same of the pool.
func living(p *hub) map[string]string {
	p.t.Helper()
	out := map[string]string{}
	for _, l := range p.leads(lead.LeadQuery{Limit: 200}) {
		b, err := json.Marshal(l)
		require.NoError(p.t, err)
		out[l.ID] = string(b)
	}
	return out
}
